//! `sendgate import`: statements from a CSV or JSON Lines file.
//!
//! Rows go to the server in file order per person, many people at once. What is done is known up to one place in the
//! file, the mark, which is saved with the counts and the length of the reject file: an import that stops goes on there.
//! Every row has an idempotency key, so that rows after the mark that were sent already change nothing when sent again.
//!
//! # Layout
//! `source` reads rows, `place` counts their lines, `fields` names their columns, `row` checks them and makes requests, `send` sends one with
//! retries, `pipeline` sends many in order, `ledger` keeps count, `rejects` and `state` are the two files it writes.

mod fields;
mod ledger;
mod options;
mod pipeline;
mod place;
mod rejects;
mod row;
mod send;
mod source;
mod state;

#[cfg(test)]
mod tests;

use std::path::Path;

use tonic::Status;

pub(super) use fields::COLUMNS;
pub use options::{Defaults, Format, ImportArgs};

use self::{
    ledger::{Ledger, Outcome},
    send::Sender,
    source::Source,
    state::State,
};
use super::{Console, Exit, Failure, failure::one_line, session::Session};
use crate::model::Time;

pub(super) async fn run(args: &ImportArgs, session: &mut Session<'_, '_>) -> Result<Exit, Failure> {
    let format = args.format()?;
    let mut source = open(args, format, session.console)?;
    let fingerprint = state::fingerprint(&args.file, &args.meaning(format))?;
    let state_path = args.state_path();
    let state = match State::load(&state_path)? {
        Some(state) if state.fingerprint == fingerprint => {
            writeln!(session.console.err, "going on at line {}", state.mark.line)?;
            source.seek(state.mark)?;
            state
        }
        found => {
            if found.is_some() {
                writeln!(session.console.err, "the file or the options changed since: starting again")?;
            }
            State::new(fingerprint, source.mark())
        }
    };
    let rejects = rejects::Rejects::new(args.rejects_path(format), source.header(), state.rejects_bytes)?;
    let mut ledger =
        Ledger::new(state, rejects, bar(args, session.console)?).saved_to(state_path, args.state_every);
    let sender = Sender::new(session, args);
    let plan = pipeline::Plan { lanes: args.concurrency.into(), options: args, now: session.console.now };
    let stopped = pipeline::run(&mut source, &mut ledger, &sender, &plan).await?;
    ledger.finish(stopped.is_none())?;
    report(args, format, &ledger, session.json, session.console)?;
    match stopped {
        Some((line, status)) => stop(line, &status, session.console),
        None => Ok(ledger.exit()),
    }
}

/// Reads and checks every row, and asks no server anything.
pub(super) fn dry_run(args: &ImportArgs, json: bool, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let format = args.format()?;
    let state = args.state_path();
    if args.rejects.is_none() && state.exists() {
        return Err(Failure::Usage(format!(
            "{} says that an import of this file can go on; a dry run would overwrite its reject file: give --rejects",
            state.display()
        )));
    }
    let mut source = open(args, format, console)?;
    let rejects = rejects::Rejects::new(args.rejects_path(format), source.header(), 0)?;
    let mut ledger = Ledger::new(State::new(String::new(), source.mark()), rejects, bar(args, console)?);
    while let Some(item) = source.next()? {
        let outcome = check(&item.fields, args, console.now);
        ledger.complete(item.number, item, outcome)?;
    }
    ledger.finish(true)?;
    report(args, format, &ledger, json, console)?;
    Ok(ledger.exit())
}

fn check(fields: &Result<fields::Fields, String>, args: &ImportArgs, now: Time) -> Outcome {
    match fields.as_ref().map_err(Clone::clone).and_then(|fields| row::read(fields, args, now)) {
        Ok(_) => Outcome::Applied,
        Err(reason) => Outcome::Rejected(reason),
    }
}

fn open(args: &ImportArgs, format: Format, console: &mut Console<'_>) -> Result<Source, Failure> {
    let source = Source::open(&args.file, format, args.ignore_unknown_columns)?;
    if !source.ignored().is_empty() {
        writeln!(console.err, "ignored columns: {}", source.ignored().join(", "))?;
    }
    Ok(source)
}

/// A bar over the bytes of the file, drawn only for a person who watches.
fn bar(args: &ImportArgs, console: &Console<'_>) -> Result<indicatif::ProgressBar, Failure> {
    if !console.progress {
        return Ok(indicatif::ProgressBar::hidden());
    }
    let length = args.file.metadata().map_err(reading(&args.file))?.len();
    let style = indicatif::ProgressStyle::with_template("{bar:40} {percent}% {msg} {eta}");
    let bar = indicatif::ProgressBar::new(length);
    Ok(style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style)))
}

fn report(
    args: &ImportArgs,
    format: Format,
    ledger: &Ledger,
    json: bool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let counts = ledger.counts();
    let rejects = args.rejects_path(format);
    if json {
        // A dry run applies nothing; what it counts so is well-formed.
        let good = if args.dry_run { "wellFormed" } else { "applied" };
        let line = serde_json::json!({
            "read": counts.read, good: counts.applied, "kept": counts.kept, "rejected": counts.rejected,
            "rejects": (counts.rejected > 0).then(|| rejects.display().to_string()),
        });
        return Ok(writeln!(console.out, "{line}")?);
    }
    if args.dry_run {
        let (read, good) = (counts.read, counts.applied);
        writeln!(console.out, "dry run: {read} rows read, {good} well-formed, {} rejected", counts.rejected)?;
    } else {
        writeln!(
            console.out,
            "{} rows read: {} applied, {} kept but not applied, {} rejected",
            counts.read, counts.applied, counts.kept, counts.rejected
        )?;
    }
    if counts.rejected > 0 {
        writeln!(console.out, "mend the rejected rows in {} and import that file", rejects.display())?;
    }
    Ok(())
}

fn stop(line: u64, status: &Status, console: &mut Console<'_>) -> Result<Exit, Failure> {
    console.out.flush()?;
    writeln!(
        console.err,
        "error: stopped at line {line}: {}\n  nothing is lost: run the same command again to go on",
        one_line(status)
    )?;
    Ok(Exit::Failed)
}

/// Puts the file into an error about reading it.
fn reading(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |source| Failure::Io { what: format!("reading {}", path.display()), source }
}

/// Puts the file into an error about writing it.
fn writing(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |source| Failure::Io { what: format!("writing {}", path.display()), source }
}
