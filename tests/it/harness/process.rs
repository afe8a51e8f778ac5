//! The real program, as a child process on free ports, with its log.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread::JoinHandle,
};

use super::{PATIENCE, PATIENT};

/// A command of the program, without the environment of whoever runs the tests.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendgate"));
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    let output = program(arguments).output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `sendgate serve` that runs; killed when dropped.
pub(crate) struct Served {
    child: Child,
    log: Receiver<String>,
    reader: Option<JoinHandle<()>>,
    seen: Vec<String>,
    pub(crate) grpc: String,
    pub(crate) http: String,
}

impl Served {
    /// Starts a server with JSON logs and waits until it says that it is ready.
    pub(crate) fn start(store: &Path, more: &[&str]) -> Self {
        Self::start_logging(store, "json", more)
    }

    /// The same with an environment.
    pub(crate) fn start_in(store: &Path, environment: &[(&str, &str)]) -> Self {
        Self::launch(&format!("file:{}", store.display()), "json", environment, &[])
    }

    /// The same on any store.
    pub(crate) fn on(url: &str, more: &[&str]) -> Self {
        Self::launch(url, "json", &[], more)
    }

    /// The same with an environment as well.
    pub(crate) fn on_in(url: &str, environment: &[(&str, &str)], more: &[&str]) -> Self {
        Self::launch(url, "json", environment, more)
    }

    /// The same with a choice of log format.
    pub(crate) fn start_logging(store: &Path, format: &str, more: &[&str]) -> Self {
        Self::launch(&format!("file:{}", store.display()), format, &[], more)
    }

    fn launch(url: &str, format: &str, environment: &[(&str, &str)], more: &[&str]) -> Self {
        let format = format!("log.format={format}");
        let mut arguments = vec!["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", url];
        let patient = PATIENT.map(|(path, value)| format!("{path}={value}"));
        for setting in patient.iter().chain([&format]) {
            arguments.extend(["--set", setting]);
        }
        arguments.extend(more);
        let mut child = program(&arguments).envs(environment.iter().copied()).spawn().unwrap();
        let (lines, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let reader = std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    break;
                }
            }
        });
        let mut served = Self {
            child,
            log,
            reader: Some(reader),
            seen: Vec::new(),
            grpc: String::new(),
            http: String::new(),
        };
        let ready = served.wait_for("ready");
        served.grpc = format!("http://{}", field(&ready, "grpc"));
        served.http = field(&ready, "http");
        served
    }

    /// The next line of the log that holds a word.
    pub(crate) fn wait_for(&mut self, word: &str) -> String {
        loop {
            let line = self.log.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("{error}: no `{word}` in {:#?}", self.seen));
            self.seen.push(line.clone());
            if line.contains(word) {
                return line;
            }
        }
    }

    /// What the log has said so far.
    pub(crate) fn said(&mut self) -> String {
        self.seen.extend(self.log.try_iter());
        self.seen.join("\n")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, as an orchestrator sends it.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// SIGKILL, and what is left of the process taken away.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until nothing more is written to standard output: all of it.
    pub(crate) fn out(&mut self) -> String {
        let mut text = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// Waits for the end: how it ended, and the whole log.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        // The log ends when the process does.
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        let status = self.child.wait().unwrap();
        self.seen.extend(self.log.try_iter());
        (status, self.seen.join("\n"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Gone already, or gone now.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A field of a line of the log, in either of its formats.
fn field(line: &str, name: &str) -> String {
    let json = line.split_once(&format!("\"{name}\":\"")).and_then(|(_, rest)| rest.split_once('"'));
    let text = line.split_once(&format!("{name}=")).map(|(_, rest)| rest);
    let text = text.map(|rest| rest.split_once(' ').map_or(rest, |(value, _)| value).trim_matches('"'));
    json.map(|(value, _)| value).or(text).unwrap_or_else(|| panic!("no {name} in {line}")).to_owned()
}

/// Writes a file of a test.
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}
