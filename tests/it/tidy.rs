//! The architecture, held as facts over the source text: who may know what.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// No file is longer; who needs more has two subjects.
const LINES_MAX: usize = 500;

/// A file of the product, without its tests and comments.
struct Source {
    /// From `src/`, such as `policy/window.rs`.
    path: String,
    /// Its text as written.
    whole: String,
    /// Its lines that are code.
    code: String,
}

impl Source {
    /// True for a module's own file and those below it.
    fn is_of(&self, module: &str) -> bool {
        self.path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules of a file that are compiled for tests only, as paths from `src/` without ending.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let directory = match path {
        "lib.rs" | "main.rs" => String::new(),
        other => format!("{}/", other.trim_end_matches(".rs")),
    };
    let module = |declared: &str| {
        let mut lines = declared.lines();
        let first = lines.next()?;
        // A file under another name than the module's stands beside the file that declares it.
        let Some(file) = first.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix(".rs\"]"))
        else {
            return Some(format!("{directory}{}", first.split_once("mod ")?.1.strip_suffix(';')?));
        };
        let beside = path.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
        Some(format!("{beside}{file}"))
    };
    text.split("#[cfg(test)]\n").skip(1).filter_map(module).collect()
}

fn code(text: &str) -> String {
    let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    product
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    let mut all: Vec<Source> = Vec::new();
    for file in files {
        let whole = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(root().join("src")).unwrap().display().to_string();
        all.push(Source { path, code: code(&whole), whole });
    }
    let of_tests: Vec<String> =
        all.iter().flat_map(|source| test_modules(&source.path, &source.whole)).collect();
    assert!(of_tests.contains(&"config/tests".to_owned()), "{of_tests:?}");
    all.retain(|source| !of_tests.iter().any(|module| source.is_of(module)));
    assert!(all.len() > 100, "the product is found");
    all
}

/// Asserts that none of some words is in the code of a file, except in some modules.
#[track_caller]
fn only_in(allowed: &[&str], words: &[&str]) {
    for source in sources().iter().filter(|source| !allowed.iter().any(|module| source.is_of(module))) {
        for word in words {
            let line = source.code.lines().find(|line| line.contains(word));
            assert!(line.is_none(), "`{word}` in src/{}: {}", source.path, line.unwrap_or_default().trim());
        }
    }
}

#[test]
fn pure_modules_know_no_io_no_clock_no_async_and_no_wire() {
    let words = [
        "tokio",
        "async ",
        ".await",
        "std::time",
        "std::fs",
        "std::net",
        "std::env",
        "std::io",
        "std::thread",
        "std::process",
        "serde",
        "tonic",
        "prost",
        "redb",
        "axum",
        "tracing",
        "http::",
    ];
    for module in ["policy", "model", "conversation", "keywords", "numbering", "quality", "limits"] {
        for source in sources().iter().filter(|source| source.is_of(module)) {
            for word in words {
                let line = source.code.lines().find(|line| line.contains(word));
                assert!(line.is_none(), "`{word}` in src/{}: {}", source.path, line.unwrap_or_default());
            }
        }
    }
}

#[test]
fn arrows_between_modules_point_one_way() {
    for (module, unknown) in [
        (
            "model",
            [
                "policy", "gate", "store", "grpc", "http", "server", "cli", "config", "senders", "attest",
                "metrics",
            ]
            .as_slice(),
        ),
        (
            "policy",
            &[
                "gate",
                "store",
                "grpc",
                "http",
                "server",
                "cli",
                "config",
                "senders",
                "attest",
                "metrics",
                "conversation",
            ],
        ),
        ("keywords", &["gate", "store", "grpc", "http", "server", "cli", "config", "senders", "policy"]),
        ("numbering", &["gate", "store", "grpc", "http", "server", "cli", "config", "senders", "policy"]),
        ("conversation", &["gate", "store", "grpc", "http", "server", "cli", "config", "senders"]),
        ("quality", &["gate", "store", "grpc", "http", "server", "cli", "config", "senders", "policy"]),
        ("attest", &["gate", "store", "grpc", "http", "server", "cli", "config", "senders", "conversation"]),
        ("store", &["policy", "gate", "grpc", "http", "server", "cli", "config", "senders", "conversation"]),
        ("cache", &["policy", "gate", "grpc", "http", "server", "cli", "config", "senders"]),
        ("senders", &["gate", "grpc", "http", "server", "cli", "config"]),
        ("gate", &["grpc", "http", "server", "cli", "config"]),
        ("config", &["gate", "grpc", "http", "server", "cli", "store"]),
        ("http/payload", &["gate", "store", "grpc", "server", "cli", "config", "clock"]),
        ("cli", &["gate", "store", "http"]),
    ] {
        // The one command that reads a store file by itself, with no server.
        let offline = |path: &str| {
            // And the one setting that is parsed by the store it names, once, at the edge.
            path == "cli/verify/offline.rs" || path == "config/store_url.rs"
        };
        for source in sources().iter().filter(|source| source.is_of(module) && !offline(&source.path)) {
            for other in unknown {
                let used = format!("crate::{other}::");
                let grouped = source.code.lines().any(|line| {
                    line.strip_prefix("    ").is_some_and(|line| line.starts_with(&format!("{other}::")))
                });
                let knows = source.code.contains(&used) || grouped && source.code.contains("use crate::{");
                assert!(!knows, "src/{} knows `{other}`", source.path);
            }
        }
    }
}

#[test]
fn generated_types_stay_in_grpc_and_the_command_line() {
    // `server/services` puts the generated servers on the wire and sees nothing else of them.
    only_in(&["grpc", "cli", "server/services"], &["pb::", "grpc::pb"]);
}

#[test]
fn json_values_stay_at_the_edges_and_in_the_log() {
    only_in(
        &[
            "http/payload",
            "http/json",
            "cli",
            // An entry of the log is a JSON document, and so is a line of the decision log.
            "attest/payload",
            "decisions/line",
            // Rows of what was learned are stored as JSON.
            "senders/learned",
            "gate/registry",
        ],
        &["serde_json"],
    );
}

#[test]
fn a_status_is_built_in_one_place() {
    only_in(
        // The guard and the JSON gateway answer where no service was reached.
        &["grpc/status", "server/guard", "http/json"],
        &[
            "Status::new(",
            "Status::with_",
            "Status::internal(",
            "Status::unavailable(",
            "Status::invalid_argument(",
            "Status::not_found(",
            "Status::deadline_exceeded(",
            "Status::unimplemented(",
            "Status::cancelled(",
        ],
    );
}

#[test]
fn time_is_read_in_one_place() {
    only_in(&["clock"], &["SystemTime", "Timestamp::now", "Zoned::now", "UNIX_EPOCH"]);
    // How long a call took is measured where it is counted; how long memory is trusted is compared where it is kept.
    only_in(&["grpc/policy", "gate/record", "clock", "cache", "store"], &["time::Instant"]);
    only_in(&["grpc/policy", "gate/record", "clock"], &["Instant::now"]);
}

#[test]
fn names_of_metrics_stand_in_one_place() {
    only_in(&["metrics"], &["prometheus_client", "\"sendgate_"]);
}

#[test]
fn the_database_is_known_to_the_embedded_store_and_the_journal_only() {
    only_in(&["store/embedded", "store/journal"], &["redb::"]);
}

#[test]
fn the_environment_is_read_by_the_command_line_only() {
    only_in(&["cli", "main"], &["env::var", "env::args"]);
}

#[test]
fn a_number_is_revealed_only_where_it_is_stored_named_or_shown() {
    let places: BTreeSet<String> = sources()
        .into_iter()
        .filter(|source| source.code.contains(".reveal()"))
        .map(|source| source.path.split(['/', '.']).next().unwrap().to_owned())
        .collect();
    // `policy` reads the country that a user ID begins with.
    let known = ["attest", "cli", "config", "gate", "grpc", "http", "model", "policy", "server", "store"];
    assert!(places.iter().all(|place| known.contains(&place.as_str())), "{places:?}");
    for source in sources() {
        let logged = source.code.lines().find(|line| line.contains("tracing::") && line.contains("reveal"));
        assert!(logged.is_none(), "src/{}: {}", source.path, logged.unwrap_or_default());
    }
}

#[test]
fn no_file_is_too_long_and_none_is_called_mod() {
    let mut files = Vec::new();
    for directory in ["src", "tests", "benches"] {
        let directory = root().join(directory);
        if directory.exists() {
            rust_files(&directory, &mut files);
        }
    }
    for file in files {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= LINES_MAX, "{}: {lines} lines", file.display());
        assert_ne!(file.file_name().unwrap(), "mod.rs", "{}", file.display());
    }
}

#[test]
fn main_is_short() {
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 60);
}

#[test]
fn lints_are_expected_and_never_allowed() {
    for source in sources() {
        assert!(
            !source.whole.contains("#[allow") && !source.whole.contains("#![allow"),
            "src/{}",
            source.path
        );
    }
}

#[test]
fn the_product_does_not_panic_on_purpose() {
    only_in(
        &[],
        &[".unwrap()", ".expect(\"", "panic!(", "unreachable!(", "todo!(", "unimplemented!(", " assert!("],
    );
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for source in sources() {
        assert!(source.whole.starts_with("//! "), "src/{} has no module comment", source.path);
    }
}
