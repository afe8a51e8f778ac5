//! Structured logs on standard error: text for people, JSON for collectors. No recipient can be in them: its type has
//! no way to be printed.

pub mod traces;

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Log, LogFormat, LogLevel};

/// Sets up the log of this process. A second call changes nothing.
pub fn init(log: &Log) {
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // What libraries say below a warning is about themselves.
    let filter = EnvFilter::new(format!("warn,sendgate={level}"));
    // Colours are for people who look on; in a file they are noise.
    let colours = std::io::stderr().is_terminal();
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    let set = match log.format {
        LogFormat::Text => {
            lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).compact().try_init()
        }
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    // Set up already: by a test, or by whoever embeds this library.
    drop(set);
}
