//! The `sendgate` binary: reads the command line, runs the command, exits with its code.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use clap::Parser;
use sendgate::{
    cli::{self, Cli, Console},
    clock,
};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
    let mut console = Console {
        input: &mut stdin.lock(),
        // Whole blocks, not lines: an export writes millions of them.
        out: &mut io::BufWriter::new(stdout.lock()),
        progress: stderr.is_terminal(),
        terminal: stdout.is_terminal(),
        err: &mut io::stderr(),
        now: clock::system_now(),
    };
    cli::run(&cli, &mut console).into()
}
