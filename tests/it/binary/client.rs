//! The command line against a server that runs.

use crate::harness::process::{Ran, Served, run, write};

const SENDER: &str = "15550001111";
const PERSON: &str = "+4915112345678";
const WORDING: &str = "I agree to receive order updates and offers from Acme on WhatsApp at this number.";

struct Shell {
    served: Served,
    directory: tempfile::TempDir,
}

impl Shell {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let served = Served::start(&directory.path().join("store.redb"), &[]);
        Self { served, directory }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        run(&[arguments, &["--endpoint", &self.served.grpc]].concat())
    }

    /// Runs a command that is expected to end with a code.
    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        ran.out
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        write(&path, text);
        path.display().to_string()
    }
}

const CONSENT: [&str; 11] = [
    "consent",
    SENDER,
    PERSON,
    "--method",
    "website",
    "--action",
    "box-checked",
    "--business-name",
    "Acme",
    "--text",
    WORDING,
];
const CHECK: [&str; 5] = ["check", SENDER, PERSON, "--category", "utility"];

#[test]
fn a_consent_is_recorded_checked_shown_withdrawn_and_verified() {
    let shell = Shell::new();
    assert!(
        shell.ends(1, &CHECK).contains("NO_OPT_IN") || shell.ends(1, &CHECK).to_lowercase().contains("opt")
    );
    shell.ends(0, &CONSENT);
    assert!(shell.ends(0, &CHECK).to_uppercase().contains("ALLOW"));
    let json: serde_json::Value =
        serde_json::from_str(&shell.ends(0, &[&CHECK[..], &["--json"]].concat())).unwrap();
    assert_eq!((&json["decision"], &json["reason"]), (&"DECISION_ALLOW".into(), &"REASON_OPTED_IN".into()));
    let card = shell.ends(0, &["contact", SENDER, PERSON]);
    assert!(card.contains("4915112345678") && card.to_lowercase().contains("opted in"), "{card}");
    shell.ends(0, &["opt-out", SENDER, PERSON, "--channel", "phone-call"]);
    assert!(shell.ends(1, &CHECK).to_uppercase().contains("DENY"));
    let history = shell.ends(0, &["history", SENDER, PERSON]);
    assert!(history.lines().count() >= 2, "{history}");
    shell.ends(0, &["verify", SENDER, PERSON]);
    shell.ends(0, &["verify"]);
    shell.ends(0, &["erase", SENDER, PERSON, "--yes"]);
    assert!(shell.ends(1, &CHECK).to_uppercase().contains("DENY"), "the opt-out outlives the erasure");
    shell.ends(0, &["verify"]);
}

#[test]
fn a_malformed_request_ends_with_two_and_names_the_field() {
    let shell = Shell::new();
    for (arguments, field) in [
        (["check", SENDER, "12", "--category", "utility"].as_slice(), "recipient"),
        (&["check", "acme", PERSON, "--category", "utility"], "sender"),
        (&["check", SENDER, PERSON], "category"),
    ] {
        let ran = shell.run(arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains(field), "{ran:?}");
    }
}

#[test]
fn many_recipients_are_checked_from_a_file() {
    let shell = Shell::new();
    shell.ends(0, &CONSENT);
    let file = shell.file("people.txt", "# a campaign\n+4915112345678\n\n+4915112345679\n");
    let out =
        shell.ends(1, &["check", SENDER, "--recipients-file", &file, "--category", "utility", "--json"]);
    let answers: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(
        (&answers[0]["recipient"], &answers[0]["decision"]),
        (&PERSON.into(), &"DECISION_ALLOW".into())
    );
    assert_eq!(answers[1]["decision"], "DECISION_DENY");
}

#[test]
fn an_import_with_bad_rows_takes_the_good_ones_and_its_export_reads_back() {
    let shell = Shell::new();
    let file = shell.file(
        "people.csv",
        "sender,recipient,status,scope,occurred_at,method,action,business_name,disclosure_text,channel\n\
         15550001111,+4915100000001,opted_in,everything,2026-01-05T10:00:00Z,website,box-checked,Acme,\"I agree to receive order updates, offers and login codes from Acme on WhatsApp at this number.\",\n\
         15550001111,+4915100000002,opted_out,everything,2026-01-06T10:00:00Z,,,,,website\n\
         15550001111,not-a-number,opted_out,everything,2026-01-06T10:00:00Z,,,,,website\n\
         15550001111,+4915100000004,maybe,everything,2026-01-06T10:00:00Z,,,,,website\n\
         15550001111,+4915100000005,opted_in,everything,2026-01-06T10:00:00Z,website,implied,Acme,WhatsApp offers from Acme,\n",
    );
    let imported = shell.run(&["import", &file]);
    assert_eq!(imported.code, Some(1), "rows were rejected: {imported:?}");
    let rejects = std::fs::read_to_string(format!("{file}.rejects.csv"))
        .or_else(|_| std::fs::read_to_string(file.replace(".csv", ".rejects.csv")))
        .unwrap();
    assert_eq!(rejects.lines().count(), 4, "a header and three rows: {rejects}");
    let check = |number: &str| shell.run(&["check", SENDER, number, "--category", "utility"]).code;
    assert_eq!(check("+4915100000001"), Some(0));
    assert_eq!(check("+4915100000002"), Some(1));
    let exported = shell.ends(0, &["export", "--format", "csv"]);
    assert_eq!(exported.lines().count(), 3, "{exported}");
    let second = Shell::new();
    let copy = second.file("copy.csv", &exported);
    second.ends(0, &["import", &copy]);
    assert_eq!(second.run(&["check", SENDER, "+4915100000001", "--category", "utility"]).code, Some(0));
    let again = second.run(&["check", SENDER, "+4915100000002", "--category", "utility", "--json"]);
    assert!(again.out.contains("REASON_OPTED_OUT"), "{again:?}");
    let receipts = shell.ends(0, &["export", "--receipts"]);
    assert_eq!(receipts.lines().count(), 1, "one opt-in, one receipt: {receipts}");
}
