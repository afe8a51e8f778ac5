//! `sendgate export`: contacts as JSON Lines, statements as CSV that `import` reads, or consent receipts.

mod receipts;
mod statements;

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{Exit, Failure, json, session::Session};
use crate::grpc::pb::{ExportContactsRequest, ExportContactsResponse};

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// `csv`: statements, one a row, that `import` reads. `jsonl`: contacts, one a line, everything known.
    #[arg(long, default_value = "jsonl")]
    pub format: Format,
    /// Only the contacts of this sender's business [default: all].
    #[arg(long, default_value = "", hide_default_value = true)]
    pub sender: String,
    /// With jsonl: the attestation log of each contact. With csv: statements that later ones replaced, too.
    #[arg(long)]
    pub history: bool,
    /// Write a consent receipt for each opt-in, one a line, instead.
    #[arg(long, conflicts_with_all = ["format", "history"])]
    pub receipts: bool,
    /// The file to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Statements.
    Csv,
    /// Contacts.
    Jsonl,
}

pub(super) async fn run(args: &ExportArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let mut form = if args.receipts {
        Form::Receipts
    } else {
        match args.format {
            Format::Csv => Form::Statements(statements::Statements::new(args.history)),
            Format::Jsonl => Form::Contacts,
        }
    };
    let include_history = args.history || !matches!(form, Form::Contacts);
    let request = ExportContactsRequest { sender: args.sender.clone(), include_history };
    let mut stream = session.consent.export_contacts(request).await?.into_inner();
    let mut file = args.output.as_deref().map(create).transpose()?;
    let mut write = |text: &[u8], session: &mut Session<'_, '_>| match (&mut file, &args.output) {
        (Some(file), Some(path)) => file.write_all(text).map_err(writing(path)),
        _ => Ok(session.console.out.write_all(text)?),
    };
    write(&form.header(), session)?;
    let mut contacts = 0_u64;
    while let Some(item) = stream.message().await? {
        contacts += 1;
        let text = form.text(&item, &args.sender)?;
        write(&text, session)?;
    }
    if let (Some(mut file), Some(path)) = (file, &args.output) {
        file.flush().and_then(|()| file.get_ref().sync_all()).map_err(writing(path))?;
        writeln!(session.console.err, "contacts exported to {}: {contacts}", path.display())?;
    }
    if let Form::Statements(statements) = &form
        && let Some(note) = statements.note()
    {
        writeln!(session.console.err, "{note}")?;
    }
    Ok(Exit::Yes)
}

/// What an export consists of.
enum Form {
    Contacts,
    Statements(statements::Statements),
    Receipts,
}

impl Form {
    fn header(&self) -> Vec<u8> {
        match self {
            Self::Statements(_) => statements::header(),
            Self::Contacts | Self::Receipts => Vec::new(),
        }
    }

    /// What one contact becomes.
    fn text(&mut self, item: &ExportContactsResponse, sender: &str) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Contacts => Ok(format!("{}\n", json::line(item)?).into_bytes()),
            Self::Statements(statements) => Ok(statements.rows(item, sender)),
            Self::Receipts => Ok(receipts::lines(item).into_bytes()),
        }
    }
}

/// A file for its owner only: people's data.
fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(BufWriter::new).map_err(writing(path))
}

fn writing(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |source| Failure::Io { what: format!("writing {}", path.display()), source }
}
