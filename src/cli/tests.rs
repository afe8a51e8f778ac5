//! Commands from their arguments to what they print, against a server that records calls.

mod asking;
mod exporting;
mod recording;

use std::io::{self, Write};

use clap::{CommandFactory, Parser};

use super::{Cli, Command, Console, Exit, fake::run_at};
use crate::model::Time;

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let ran = run_at("http://127.0.0.1:1", &["contact", "15550001111", "16505551234"], "");
    assert_eq!(ran.exit, Exit::Failed);
    assert!(
        ran.err.starts_with("error: no server answers at http://127.0.0.1:1: Connection refused"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("\n  start one with `sendgate serve`, or say where it is with --endpoint"));
    let ran = run_at("unix:/nowhere/sendgate.sock", &["contact", "15550001111", "16505551234"], "");
    assert!(ran.err.contains("unix:/nowhere/sendgate.sock: No such file"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_server_is_reached_through_its_socket() {
    let directory = tempfile::TempDir::new().unwrap();
    let fake = super::fake::Fake::start_on_socket(&directory.path().join("s.sock"));
    let ran = fake.run(&["add-contact", "15550001111", "16505551234"]);
    assert_eq!(
        (ran.exit, ran.out.as_str()),
        (Exit::Yes, "contact recorded, without any consent\n"),
        "{ran:?}"
    );
}

#[test]
fn a_silent_server_is_not_waited_for_longer_than_asked() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let ran = run_at(&endpoint, &["contact", "15550001111", "16505551234", "--timeout", "50ms"], "");
    assert_eq!(ran.exit, Exit::Failed);
    assert!(ran.err.contains("imeout"), "{}", ran.err);
}

#[test]
fn serve_takes_its_fixed_names_and_settings_by_path() {
    let line = "sendgate serve --grpc 127.0.0.1:7070 --http 127.0.0.1:7071 --socket /run/s --store memory: --config c.yaml \
                --set a.b=1 --set c=2";
    let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
    let Command::Serve(args) = cli.command else { panic!() };
    assert_eq!(args.set, ["a.b=1", "c=2"]);
    assert_eq!((args.store.as_deref(), args.socket.as_deref()), (Some("memory:"), Some("/run/s")));
}

#[test]
fn mistakes_at_the_command_line_are_told_what_is_accepted() {
    let told = |args: &[&str]| Cli::try_parse_from(args).unwrap_err().to_string();
    let error = told(&["sendgate", "check", "1", "2", "--category", "promo"]);
    assert!(error.contains("[possible values: marketing, utility, authentication, service]"), "{error}");
    let error = told(&["sendgate", "consent", "1", "2", "--occurred-at", "yesterday"]);
    assert!(error.contains("must be a time with its zone"), "{error}");
    let error = told(&["sendgate", "opt-out", "1", "2", "--scope", "orders"]);
    assert!(error.contains("`orders` is neither `everything`, a category nor `topic:NAME`"), "{error}");
    assert!(Cli::try_parse_from(["sendgate", "check", "1", "2", "--category", "CATEGORY_MARKETING"]).is_ok());
}

#[test]
fn completions_are_printed_for_every_shell_without_a_server() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run_at("http://127.0.0.1:1", &["completions", shell], "");
        assert_eq!(ran.exit, Exit::Yes);
        assert!(ran.out.contains("add-contact") && ran.out.contains("displayed-number"), "{shell}");
    }
}

#[test]
fn a_reader_that_went_away_ends_a_command_quietly_and_not_with_success() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let cli = Cli::try_parse_from(["sendgate", "completions", "bash"]).unwrap();
    let mut err = Vec::new();
    let mut console = Console {
        input: &mut io::empty(),
        out: &mut Closed,
        err: &mut err,
        progress: false,
        terminal: false,
        now: Time::EPOCH,
    };
    assert_eq!(super::run(&cli, &mut console), Exit::Failed);
    assert!(err.is_empty());
}
