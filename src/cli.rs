//! The command line.
//!
//! One file a command, each with its arguments and one `run`. A command talks to a server through `session::Session`
//! and writes to the console it is given, never to the process's own streams, so that tests read what a person would.
//! Must not know: how a server decides or stores.
//!
//! # Layout
//! `endpoint` and `session` reach the server; `failure` says what went wrong; `args` is what several commands take;
//! `json`, `words`, `reasons`, `times`, `scopes`, `plot` and `entry_line` put the contract into words, `digest` into hex; the
//! other modules are the commands.

pub mod add_contact;
pub mod block;
pub mod check;
pub mod completions;
pub mod confirm;
pub mod consent;
pub mod contact;
pub mod erase;
pub mod export;
pub mod history;
pub mod import;
pub mod inbound;
pub mod link;
pub mod migrate;
pub mod opt_out;
pub mod prompt;
pub mod quality;
pub mod release;
pub mod serve;
pub mod settle;
pub mod top;
pub mod verify;
pub mod watch;

mod args;
mod digest;
mod endpoint;
mod entry_line;
mod failure;
mod json;
mod plot;
mod reasons;
mod scopes;
mod session;
mod times;
mod words;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

use std::{
    io::{BufRead, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};

use crate::model::Time;

pub use endpoint::Endpoint;
pub use failure::Failure;

/// May this business number message this person now? Asks and feeds a sendgate server, or is one.
#[derive(Debug, Parser)]
#[command(name = "sendgate", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// Where the server is: `http://HOST:PORT` or `unix:PATH`.
    #[arg(
        long,
        global = true,
        help_heading = "Server and output",
        env = "SENDGATE_ENDPOINT",
        value_name = "ENDPOINT",
        default_value = "http://127.0.0.1:7070"
    )]
    pub endpoint: Endpoint,
    /// Print the server's answer as JSON (the proto3 mapping), one object a line.
    #[arg(long, global = true, help_heading = "Server and output")]
    pub json: bool,
    /// How long to wait for one answer, such as `500ms` or `10s`. Streams have no end.
    #[arg(
        long,
        global = true,
        help_heading = "Server and output",
        value_name = "DURATION",
        default_value = "10s",
        value_parser = humantime::parse_duration
    )]
    pub timeout: Duration,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server.
    Serve(serve::ServeArgs),
    /// Ask whether a message may go out now. Exits 0 on ALLOW, 1 on DENY, 2 on error.
    Check(Box<check::CheckArgs>),
    /// Record that a person said yes, with the proof.
    Consent(Box<consent::ConsentArgs>),
    /// Record that a person said no.
    OptOut(opt_out::OptOutArgs),
    /// Record that a person wrote: opens the 24 h window, reads opt-out and opt-in words.
    Inbound(inbound::InboundArgs),
    /// Record a step of the opt-in conversation.
    Prompt(prompt::PromptArgs),
    /// Record that an opt-in or opt-out confirmation was sent.
    Confirm(confirm::ConfirmArgs),
    /// Record a block or report between a person and a sender.
    Block(block::BlockArgs),
    /// Record that two identities are one person: opt-outs cross, opt-ins do not.
    Link(link::LinkArgs),
    /// Lift the hold that an ambiguous refusal put on marketing, after a person looked at it.
    Settle(settle::SettleArgs),
    /// Give back what `check --reserve` counted of a message that was not sent.
    Release(release::ReleaseArgs),
    /// Record that a person is a contact of the business, without any consent.
    AddContact(add_contact::AddContactArgs),
    /// Erase a person's data; a standing opt-out stays in force.
    Erase(erase::EraseArgs),
    /// Show everything known of one person.
    Contact(contact::ContactArgs),
    /// Show one person's attestation log, oldest first.
    History(history::HistoryArgs),
    /// Follow consent changes as they are recorded.
    Watch(watch::WatchArgs),
    /// Show how a sender's messages were received over an hour, a day and a week, and how it is rated.
    Quality(quality::QualityArgs),
    /// Watch all senders: decisions a second, ratings, what happened to their messages.
    Top(top::TopArgs),
    /// Recompute the hash chain of attestation logs. Exits 1 when an entry was tampered with.
    Verify(verify::VerifyArgs),
    /// Import statements from CSV or JSON Lines. Exits 1 when rows were rejected, 2 when it stopped.
    Import(Box<import::ImportArgs>),
    /// Export contacts, statements or consent receipts.
    Export(export::ExportArgs),
    /// Copy everything of one store into another empty one, and verify. Exits 1 when the copy differs, 2 when it stopped.
    Migrate(Box<migrate::MigrateArgs>),
    /// Print a completion script for a shell.
    Completions(completions::CompletionsArgs),
}

/// What a command reads from and writes to.
pub struct Console<'a> {
    /// Answers to questions, and recipients from `-`.
    pub input: &'a mut dyn BufRead,
    /// Results.
    pub out: &'a mut dyn Write,
    /// Errors, notes and questions.
    pub err: &'a mut dyn Write,
    /// Whether to draw progress on standard error: only when it is a terminal.
    pub progress: bool,
    /// Whether standard output is a terminal, for what draws there.
    pub terminal: bool,
    /// The time when the command began.
    pub now: Time,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; for `check`: ALLOW.
    Yes,
    /// Done, and the answer is no: DENY, a tampered log, rejected rows.
    No,
    /// Not done.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Yes => Self::SUCCESS,
            Exit::No => Self::from(1),
            Exit::Failed => Self::from(2),
        }
    }
}

/// Runs one command to its end. What goes wrong is written to `console.err`.
pub fn run(cli: &Cli, console: &mut Console<'_>) -> Exit {
    let ended = dispatch(cli, console).and_then(|exit| {
        console.out.flush()?;
        Ok(exit)
    });
    match ended {
        Ok(exit) => exit,
        Err(failure) => {
            // What was found so far stands before the error on a terminal. If it cannot be written, the error is told.
            let _ = console.out.flush();
            failure.report(console.err);
            Exit::Failed
        }
    }
}

fn dispatch(cli: &Cli, console: &mut Console<'_>) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Serve(args) => serve::run(args, console),
        Command::Completions(args) => completions::run(args, console),
        // One thread: a client waits for the network, it has nothing to compute.
        _ => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| Failure::Io { what: "starting".to_owned(), source })?
            .block_on(ask(cli, console)),
    }
}

async fn ask(cli: &Cli, console: &mut Console<'_>) -> Result<Exit, Failure> {
    // What needs no server, since it reads files and stores itself.
    if let Command::Import(args) = &cli.command
        && args.dry_run
    {
        return import::dry_run(args, cli.json, console);
    }
    if let Command::Verify(args) = &cli.command
        && let Some(store) = &args.store
    {
        return verify::offline::run(store, cli.json, console).await;
    }
    if let Command::Migrate(args) = &cli.command {
        return migrate::run(args, cli.json, console).await;
    }
    let mut session = session::Session::open(cli, console).await?;
    let session = &mut session;
    match &cli.command {
        Command::Check(args) => check::run(args, session).await,
        Command::Consent(args) => consent::run(args, session).await,
        Command::OptOut(args) => opt_out::run(args, session).await,
        Command::Inbound(args) => inbound::run(args, session).await,
        Command::Prompt(args) => prompt::run(args, session).await,
        Command::Confirm(args) => confirm::run(args, session).await,
        Command::Block(args) => block::run(args, session).await,
        Command::Link(args) => link::run(args, session).await,
        Command::Settle(args) => settle::run(args, session).await,
        Command::Release(args) => release::run(args, session).await,
        Command::AddContact(args) => add_contact::run(args, session).await,
        Command::Erase(args) => erase::run(args, session).await,
        Command::Contact(args) => contact::run(args, session).await,
        Command::History(args) => history::run(args, session).await,
        Command::Watch(args) => watch::run(args, session).await,
        Command::Quality(args) => quality::run(args, session).await,
        Command::Top(args) => top::run(args, session).await,
        Command::Verify(args) => verify::run(args, session).await,
        Command::Import(args) => import::run(args, session).await,
        Command::Export(args) => export::run(args, session).await,
        // They need no server, and ended before one was looked for.
        Command::Serve(_) | Command::Migrate(_) | Command::Completions(_) => Ok(Exit::Failed),
    }
}
