//! Arguments of `import`: the file, how to send it, and what rows have that do not say it themselves.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum};

use super::super::{Failure, scopes, words};
use crate::grpc::pb::{ConsentAction, ConsentMethod, OptOutChannel, Scope};

/// What `--help` says beyond the options.
const COLUMNS_HELP: &str = "\
Columns:
  sender, recipient  as in `check`
  status             opted_in, opted_out or contact; and what `export` writes besides:
                       held                  an unclear refusal, recorded as the person's own opt-out
                                             of marketing: nobody can settle it any more
                       prompted, declined, not_on_whatsapp
                                             the opt-in request, and what came of it
                       blocked_by_user, reported_by_user, blocked_by_business, unblocked_by_business
                       linked                `other` is the same person: opt-outs cross, opt-ins do not
                       same_person           the same, where WhatsApp had proven it or the number changed;
                                             recorded as the business's word, so that opt-ins no longer
                                             cross, and of all times, so that every refusal does
                       opt_in_confirmed, opt_out_confirmed
                                             a confirmation was sent
                       wrote                 the person wrote: opens the 24-hour window
  scope              everything, or such as marketing;topic:orders
  occurred_at        when it was said: a time with its zone, seconds since 1970, or a date (its first
                     instant in UTC for an opt-in, its last for an opt-out); contacts need none
  idempotency_key    makes a repetition harmless [default: derived from the five columns above]
  confirmed_at       when its opt-in or opt-out confirmation was sent
  opt-ins            method, method_description, action, business_name, disclosure_text,
                     mentions_whatsapp, displayed_number, source_uri, locale, jurisdiction,
                     collected_by, attributes (a JSON object), double_opt_in_at, age_years,
                     expires_at, time_zone
  opt-outs           channel, keyword
  contacts           time_zone
  links              other: the other number or user ID of the person
  prompts            message_id
  skipped            reject_line, reject_reason: a reject file, mended, is imported as it is";

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_long_help = COLUMNS_HELP)]
pub struct ImportArgs {
    /// The file: CSV with a header, or one JSON object a line.
    pub file: PathBuf,
    /// How the file is written [default: by its extension].
    #[arg(long)]
    pub format: Option<Format>,
    /// Read and check every row, and send none.
    #[arg(long)]
    pub dry_run: bool,
    /// Where rejected rows go, with line and reason [default: FILE.rejects.csv or .jsonl].
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Where the place reached is kept, to go on after a stop [default: FILE.sendgate-state].
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Save the place reached after every so many rows.
    #[arg(long, value_name = "ROWS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub state_every: u64,
    /// People to record at once; rows of one person stay in order.
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrency: u16,
    /// How often to repeat a call that found the server busy or gone, before stopping.
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub retries: u32,
    /// The first pause before a repetition; each one doubles it, up to 10 seconds.
    #[arg(long, value_name = "DURATION", default_value = "200ms", value_parser = humantime::parse_duration)]
    pub retry_wait: Duration,
    /// Leave out columns that have no meaning here, rather than refuse the file.
    #[arg(long)]
    pub ignore_unknown_columns: bool,
    /// What rows have that do not say it themselves.
    #[command(flatten)]
    pub defaults: Defaults,
}

/// What rows have that do not say it themselves.
#[derive(Debug, Args)]
#[command(next_help_heading = "For rows that do not say it themselves")]
pub struct Defaults {
    /// The business number.
    #[arg(long, value_name = "SENDER")]
    pub sender: Option<String>,
    /// What the row records: `opted_in`, `opted_out`, `contact` or another status below.
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// What opt-ins are about [default: everything]. An opt-out that names no scope is always about everything.
    #[arg(long, value_name = "SCOPE", value_parser = scopes::read)]
    pub scope: Option<Scope>,
    /// Where opt-ins were obtained.
    #[arg(long, ignore_case = true, default_value = "import", value_parser = words::argument::<ConsentMethod>())]
    pub method: ConsentMethod,
    /// What the person did.
    #[arg(long, ignore_case = true, value_parser = words::argument::<ConsentAction>())]
    pub action: Option<ConsentAction>,
    /// The business name that was shown.
    #[arg(long, value_name = "NAME")]
    pub business_name: Option<String>,
    /// The wording that was shown.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// The request named WhatsApp, where no wording is at hand.
    #[arg(long)]
    pub mentions_whatsapp: bool,
    /// The page, document or recording.
    #[arg(long, value_name = "URI")]
    pub source_uri: Option<String>,
    /// The language of the request, BCP 47.
    #[arg(long)]
    pub locale: Option<String>,
    /// The law that applies: `BR`, `US-CA`.
    #[arg(long, value_name = "CODE")]
    pub jurisdiction: Option<String>,
    /// The flow, campaign or staff member that collected it.
    #[arg(long, value_name = "WHO")]
    pub collected_by: Option<String>,
    /// How opt-outs were said [default: unknown, which counts as the person's own word].
    #[arg(long, ignore_case = true, value_parser = words::argument::<OptOutChannel>())]
    pub channel: Option<OptOutChannel>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// CSV with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl ImportArgs {
    pub(super) fn format(&self) -> Result<Format, Failure> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        match self.file.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Format::Csv),
            Some("jsonl" | "ndjson") => Ok(Format::Jsonl),
            _ => {
                let name = self.file.display();
                Err(Failure::Usage(format!("{name} is neither .csv nor .jsonl: give --format")))
            }
        }
    }

    pub(super) fn rejects_path(&self, format: Format) -> PathBuf {
        let suffix = match format {
            Format::Csv => ".rejects.csv",
            Format::Jsonl => ".rejects.jsonl",
        };
        self.rejects.clone().unwrap_or_else(|| with_suffix(&self.file, suffix))
    }

    pub(super) fn state_path(&self) -> PathBuf {
        self.state.clone().unwrap_or_else(|| with_suffix(&self.file, ".sendgate-state"))
    }

    /// Everything but the file that decides what its rows mean. An import goes on only with the same.
    pub(super) fn meaning(&self, format: Format) -> String {
        format!("{format:?} {:?} {:?}", self.defaults, self.rejects_path(format))
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
