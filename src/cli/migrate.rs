//! `sendgate migrate`: copies everything of one store into another empty one, and verifies the copy.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Console, Exit, Failure};
use crate::{
    clock::Clock,
    config::{self, Log, LogFormat, LogLevel, StoreTls, StoreUrl, is_key_prefix},
    migrate::{Copied, MigrateError, Migration, Survey, Verified},
    server::{open_store, waiting_in},
    telemetry,
};

/// How long one write may take; nobody waits for a single one here.
const WRITE: Duration = Duration::from_secs(30);

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// The store to copy: `file:PATH` or a Redis URL. Nobody may write to it meanwhile.
    #[arg(long, value_name = "URL", env = "SENDGATE_MIGRATE_FROM", hide_env_values = true)]
    pub from: String,
    /// The store to copy into: empty, or left behind by an interrupted copy of the same store.
    #[arg(long, value_name = "URL", env = "SENDGATE_MIGRATE_TO", hide_env_values = true)]
    pub to: String,
    /// Look at both stores, say what would be copied, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// What begins the keys of the source, when it is Redis (`store.prefix`).
    #[arg(long, value_name = "PREFIX", default_value = "sg")]
    pub from_prefix: String,
    /// What begins the keys of the target, when it is Redis (`store.prefix`).
    #[arg(long, value_name = "PREFIX", default_value = "sg")]
    pub to_prefix: String,
    /// A journal of a sidecar on the source (`store.journal`), to make sure that nothing waits in it; for each sidecar one
    /// [default: the journal in the user's data directory, if there is one]
    #[arg(long, value_name = "FILE")]
    pub journal: Vec<PathBuf>,
    /// Authorities of Redis's certificates, PEM, for `rediss` URLs (`store.tls.ca`).
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Our certificate chain for Redis, PEM (`store.tls.cert`).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key, PEM (`store.tls.key`).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

pub(super) async fn run(
    args: &MigrateArgs,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let from = args.store("--from", &args.from, &args.from_prefix)?;
    let mut to = args.store("--to", &args.to, &args.to_prefix)?;
    refuse_the_same(args, &from.url, &to.url)?;
    match (&from.url, &to.url) {
        (StoreUrl::File(path), _) if !path.is_file() => {
            return Err(Failure::Usage(format!("there is no store file {}", path.display())));
        }
        // A look makes no file: what would be made is empty.
        (_, StoreUrl::File(path)) if args.dry_run && !path.exists() => to.url = StoreUrl::Memory,
        _ => {}
    }
    if matches!(from.url, StoreUrl::Redis(_)) {
        nothing_waits(args).await?;
    }
    let open = async |name: &str, store: &config::Store| {
        open_store(store, WRITE).await.map_err(|error| Failure::Usage(format!("{name}: {error}")))
    };
    // Redis is warned of as it is when a server starts.
    telemetry::init(&Log { level: LogLevel::Warn, format: LogFormat::Text });
    let (from, to) = (open("--from", &from).await?, open("--to", &to).await?);
    let migration = Migration::new(Arc::clone(&from), Arc::clone(&to), Clock::System);
    let ended = carry_out(&migration, args.dry_run, as_json, console).await;
    drop(migration);
    let closed = to.close().await.and(from.close().await);
    let exit = ended?;
    closed.map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(exit)
}

/// Refuses while a journal has refusals that the source never had: they were acknowledged, and the target would lack them.
async fn nothing_waits(args: &MigrateArgs) -> Result<(), Failure> {
    let mut journals = args.journal.clone();
    if journals.is_empty() {
        journals.extend(config::default_journal(&super::serve::environment()).filter(|path| path.is_file()));
    }
    for path in journals {
        let waiting = async {
            if !path.is_file() {
                return Err(Failure::Usage(format!("there is no journal {}", path.display())));
            }
            let told = |error| {
                Failure::Usage(format!(
                    "{error}; stop the sidecar that has it, since nobody may write meanwhile"
                ))
            };
            waiting_in(path.clone()).await.map_err(told)
        };
        let waiting = waiting.await?;
        if waiting > 0 {
            return Err(Failure::Usage(format!(
                "{waiting} refusals wait in the journal {}, and the source does not have them: start its sidecar until `/readyz` no \
                 longer tells of them, then migrate",
                path.display()
            )));
        }
    }
    Ok(())
}

async fn carry_out(
    migration: &Migration,
    dry_run: bool,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let survey = migration.survey().await.map_err(stopped)?;
    if dry_run {
        let done = if as_json { survey_json(&survey).to_string() } else { found(&survey, "dry run: ") };
        writeln!(console.out, "{done}")?;
        return Ok(Exit::Yes);
    }
    if !as_json {
        writeln!(console.out, "{}", found(&survey, ""))?;
        console.out.flush()?;
    }
    let bar = bar(&survey, console);
    let advanced = |contacts| bar.inc(contacts);
    bar.set_message("copying");
    let copied = migration.copy(&advanced).await.map_err(stopped)?;
    bar.set_message("verifying");
    let verified = migration.verify(&advanced).await.map_err(stopped)?;
    bar.finish_and_clear();
    report(&survey, copied, &verified, as_json, console)?;
    Ok(if verified.differences == 0 { Exit::Yes } else { Exit::No })
}

fn found(survey: &Survey, before: &str) -> String {
    let Survey { contacts, entries, windows, rows, same, behind } = survey;
    format!(
        "{before}source: {contacts} contacts, {entries} log entries, {windows} open windows, {rows} registry rows; \
         in the target already: {same} contacts, and {behind} in part"
    )
}

fn survey_json(survey: &Survey) -> serde_json::Value {
    let Survey { contacts, entries, windows, rows, same, behind } = survey;
    json!({
        "contacts": contacts, "entries": entries, "windows": windows, "rows": rows,
        "same": same, "behind": behind,
    })
}

fn report(
    survey: &Survey,
    copied: Copied,
    verified: &Verified,
    as_json: bool,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let Verified { contacts, entries, rows, counts, differences, told } = verified;
    if as_json {
        let line = json!({
            "source": survey_json(survey),
            "copied": {"contacts": copied.contacts, "entries": copied.entries, "rows": copied.rows, "counts": copied.counts},
            "verified": {"contacts": contacts, "entries": entries, "rows": rows, "counts": counts},
            "differences": differences, "told": told,
        });
        return Ok(writeln!(console.out, "{line}")?);
    }
    writeln!(
        console.out,
        "copied: {} contacts, {} log entries, {} registry rows, {} counts of delivery events and their messages; there already: {} contacts",
        copied.contacts, copied.entries, copied.rows, copied.counts, copied.same
    )?;
    for difference in told {
        writeln!(console.out, "DIFFERS  {difference}")?;
    }
    let result = match differences {
        0 => "equal, every log intact".to_owned(),
        some => format!("{some} differences"),
    };
    writeln!(
        console.out,
        "verified: {contacts} contacts, {entries} log entries, {rows} registry rows, {counts} counts: {result}"
    )?;
    writeln!(
        console.out,
        "the feed of changes begins anew in the target: old positions (`resume_after`) mean nothing there"
    )?;
    Ok(())
}

fn bar(survey: &Survey, console: &Console<'_>) -> ProgressBar {
    if !console.progress {
        return ProgressBar::hidden();
    }
    // Once for copying, once for verifying.
    let bar = ProgressBar::new(survey.contacts.saturating_mul(2));
    let style = ProgressStyle::with_template("{bar:40} {percent}% {msg} {eta}");
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

#[expect(clippy::needless_pass_by_value, reason = "the form map_err takes")]
fn stopped(error: MigrateError) -> Failure {
    Failure::Usage(match error {
        MigrateError::Source(_) | MigrateError::Target(_) | MigrateError::Contended(_) => {
            format!("{error}\n  nothing is lost: run the same command again to go on")
        }
        MigrateError::NothingThere
        | MigrateError::OtherKey
        | MigrateError::OtherContacts(_)
        | MigrateError::OtherState(_)
        | MigrateError::OtherRegistry
        | MigrateError::OtherCounts
        | MigrateError::BrokenLog(_) => error.to_string(),
    })
}

/// A store is no copy of itself.
fn refuse_the_same(args: &MigrateArgs, from: &StoreUrl, to: &StoreUrl) -> Result<(), Failure> {
    let same = match (from, to) {
        (StoreUrl::File(from), StoreUrl::File(to)) => {
            from == to
                || from.canonicalize().ok().is_some_and(|from| to.canonicalize().is_ok_and(|to| from == to))
        }
        (StoreUrl::Redis(_), StoreUrl::Redis(_)) => {
            args.from.trim() == args.to.trim() && args.from_prefix == args.to_prefix
        }
        (StoreUrl::Memory | StoreUrl::File(_) | StoreUrl::Redis(_), _) => false,
    };
    if same { Err(Failure::Usage("--from and --to are the same store".to_owned())) } else { Ok(()) }
}

impl MigrateArgs {
    fn store(&self, name: &str, url: &str, prefix: &str) -> Result<config::Store, Failure> {
        let wrong = |why: String| Failure::Usage(format!("{name} {why}"));
        let url = StoreUrl::parse(url).map_err(|error| wrong(error.to_string()))?;
        if matches!(url, StoreUrl::Memory) {
            return Err(wrong("is `memory:`, which ends with this command".to_owned()));
        }
        if !is_key_prefix(prefix) {
            return Err(wrong(
                "has a prefix that is none: up to 64 letters, digits, `_`, `:` and `.`".to_owned(),
            ));
        }
        let identity = self.tls_cert.clone().zip(self.tls_key.clone());
        let tls = StoreTls { ca: self.tls_ca.clone(), identity };
        Ok(config::Store { prefix: prefix.to_owned(), tls, ..config::Store::at(url) })
    }
}
