//! Imports from the file to the calls a server sees, and the two files they leave.

mod quotes;

use std::{fs, path::PathBuf, sync::atomic::Ordering};

use tempfile::TempDir;
use tonic::Status;

use crate::{
    cli::{
        Exit,
        fake::{Call, Fake, Ran, by_person},
    },
    grpc::pb::{Category, ConsentAction, ConsentMethod, MessageKind, OptOutChannel},
};

struct Case {
    fake: Fake,
    directory: TempDir,
    name: &'static str,
}

const HEADER: &str = "sender,recipient,status,scope,occurred_at,business_name,action";

impl Case {
    fn csv(rows: &[&str]) -> Self {
        Self::file("list.csv", &format!("{HEADER}\n{}\n", rows.join("\n")))
    }

    fn file(name: &'static str, text: &str) -> Self {
        let case = Self { fake: Fake::start(), directory: TempDir::new().unwrap(), name };
        fs::write(case.path(""), text).unwrap();
        case
    }

    fn path(&self, suffix: &str) -> PathBuf {
        self.directory.path().join(format!("{}{suffix}", self.name))
    }

    fn import(&self, args: &[&str]) -> Ran {
        let file = self.path("");
        let mut line = vec!["import", file.to_str().unwrap(), "--retry-wait", "1ms"];
        line.extend(args);
        self.fake.run(&line)
    }

    fn rejects(&self) -> String {
        fs::read_to_string(self.path(".rejects.csv")).unwrap()
    }
}

/// So many good rows of so many people, each row with its own key `PERSON-ROW`.
fn many(rows: usize, people: usize) -> String {
    let mut text = "recipient,status,occurred_at,idempotency_key\n".to_owned();
    for row in 0..rows {
        let person = row % people;
        text.push_str(&format!(
            "+1650555{person:04},opted_out,2025-01-01T00:00:{:02}Z,{person}-{row}\n",
            row % 60
        ));
    }
    text
}

#[test]
fn rows_become_requests_with_all_their_columns() {
    let case = Case::file(
        "list.csv",
        "recipient,status,scope,occurred_at,expires_at,method,action,business_name,disclosure_text,displayed_number,\
         source_uri,locale,jurisdiction,collected_by,channel,keyword,time_zone,confirmed_at,idempotency_key,attributes\n\
         +1 650-555-1234,opted_in,marketing;topic:orders,2025-01-01,2026-01-01T00:00:00Z,landing_page,box-checked,\
         Acme,\"Receive offers, on WhatsApp\",+16505551234,https://a.example,en,US-CA,summer,,,America/New_York,\
         2025-01-02T00:00:00Z,k1,\"{\"\"form\"\":\"\"v2\"\"}\"\n\
         US.1349,Opted Out,,1740000000,,,,,,,,,,,website,stop,,,k2,\n\
         16505551235,contact,,,,,,,,,,,,,,,Europe/Berlin,,,\n",
    );
    let ran = case.import(&["--sender", "15550001111", "--concurrency", "1"]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Yes, ""));
    assert_eq!(ran.out, "3 rows read: 3 applied, 0 kept but not applied, 0 rejected\n");
    let calls = case.fake.calls();
    let [Call::Consent(consent), Call::Confirmation(confirmation), Call::OptOut(out), Call::Contact(contact)] =
        calls.as_slice()
    else {
        panic!("{calls:?}")
    };
    assert_eq!((consent.sender.as_str(), consent.recipient.as_str()), ("15550001111", "+1 650-555-1234"));
    let scope = consent.scope.as_ref().unwrap();
    assert_eq!(scope.categories, [i32::from(Category::Marketing)]);
    assert_eq!(scope.topics, ["orders"]);
    assert_eq!(consent.occurred_at.unwrap().seconds, 1_735_689_600);
    assert_eq!(consent.expires_at.unwrap().seconds, 1_767_225_600);
    assert_eq!((consent.idempotency_key.as_str(), consent.time_zone.as_str()), ("k1", "America/New_York"));
    let evidence = consent.evidence.as_ref().unwrap();
    assert_eq!(evidence.method(), ConsentMethod::LandingPage);
    assert_eq!(evidence.action(), ConsentAction::BoxChecked);
    assert_eq!(evidence.disclosure_text, "Receive offers, on WhatsApp");
    assert_eq!((evidence.jurisdiction.as_str(), evidence.locale.as_str()), ("US-CA", "en"));
    assert_eq!(
        (evidence.collected_by.as_str(), evidence.source_uri.as_str()),
        ("summer", "https://a.example")
    );
    assert_eq!(evidence.attributes["form"], "v2");
    assert_eq!(confirmation.kind(), MessageKind::OptInConfirmation);
    assert_eq!(confirmation.occurred_at.unwrap().seconds, 1_735_776_000);
    assert_eq!((out.channel(), out.keyword.as_str()), (OptOutChannel::Website, "stop"));
    assert!(out.scope.as_ref().unwrap().categories.is_empty(), "no scope is everything");
    assert_eq!(contact.time_zone, "Europe/Berlin");
}

#[test]
fn json_lines_are_read_with_lists_numbers_and_objects() {
    let case = Case::file(
        "list.jsonl",
        "{\"sender\":\"15550001111\",\"recipient\":\"16505551234\",\"status\":\"opted_in\",\
         \"scope\":[\"marketing\",\"topic:a\"],\"occurred_at\":1740000000,\"action\":\"button\",\
         \"business_name\":\"Acme\",\"attributes\":{\"form\":\"v2\"},\"mentions_whatsapp\":true,\"expires_at\":null}\n\
         \n[1]\n{\"recipient\":\"16505551234\",\"ocurred_at\":1}\n",
    );
    let ran = case.import(&[]);
    assert_eq!(ran.exit, Exit::No);
    assert_eq!(ran.out.lines().next().unwrap(), "3 rows read: 1 applied, 0 kept but not applied, 2 rejected");
    let Call::Consent(consent) = &case.fake.calls()[0] else { panic!() };
    assert_eq!(consent.scope.as_ref().unwrap().topics, ["a"]);
    let evidence = consent.evidence.as_ref().unwrap();
    assert!(evidence.mentions_whatsapp && evidence.attributes["form"] == "v2");
    let rejects = fs::read_to_string(case.path(".rejects.jsonl")).unwrap();
    let rejects: Vec<serde_json::Value> =
        rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&rejects[0]["reject_line"], &rejects[0]["reject_original"]), (&3.into(), &"[1]".into()));
    assert_eq!(rejects[1]["reject_reason"], "`ocurred_at` has no meaning here");
    assert_eq!((&rejects[1]["reject_line"], &rejects[1]["recipient"]), (&4.into(), &"16505551234".into()));
}

#[test]
fn a_reject_file_names_line_and_reason_and_can_be_imported_once_mended() {
    let case = Case::csv(&[
        "15550001111,+16505551234,opted_out,,2025-01-01,,",
        "15550001111,nobody,opted_out,,2025-01-01,,",
        "15550001111,\"+16505551235\",opted_in,\"marketing,\nutility\",,Acme,button",
        "15550001111,+16505551236,opted_out,,2030-01-01,,",
        "15550001111,+16505551237,opted_out",
    ]);
    let ran = case.import(&[]);
    assert_eq!(ran.exit, Exit::No);
    assert!(ran.out.contains("5 rows read: 1 applied, 0 kept but not applied, 4 rejected"), "{}", ran.out);
    let rejects = case.rejects();
    let mut reader = csv::Reader::from_reader(rejects.as_bytes());
    assert_eq!(
        reader.headers().unwrap().iter().collect::<Vec<_>>().join(","),
        format!("reject_line,reject_reason,{HEADER}")
    );
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(rejects.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let place: Vec<(&str, &str)> = rows.iter().map(|row| (&row[0], &row[1])).collect();
    assert_eq!(
        place,
        [
            ("3", "recipient must be an E.164 number or a business-scoped user ID such as `US.1349…`"),
            ("4", "occurred_at is missing: a statement without a time would count as made now"),
            ("6", "occurred_at is in the future"),
            ("7", "has 3 fields where the header has 7"),
        ]
    );
    assert_eq!((&rows[1][3], &rows[1][5]), ("+16505551235", "marketing,\nutility"), "the row as it stood");

    let mended = rejects.replace("nobody", "+16505551239").replace(",2030-", ",2024-");
    let mended = mended.replace("utility\",,", "utility\",2025-01-01,");
    fs::write(case.path(""), mended).unwrap();
    let ran = case.import(&[]);
    assert!(ran.out.contains("4 rows read: 3 applied, 0 kept but not applied, 1 rejected"), "{ran:?}");
    assert!(case.rejects().starts_with(&format!("reject_line,reject_reason,{HEADER}\n")), "no column twice");
}

#[test]
fn lines_are_those_an_editor_shows() {
    let case = Case::file(
        "list.csv",
        "\u{feff}recipient,status\r\n\r\n\r\nx,contact\r\n\"y\r\n\",contact\r\n\r\nz,contact",
    );
    assert_eq!(case.import(&["--sender", "15550001111", "--dry-run"]).exit, Exit::No);
    let rejects = case.rejects();
    let mut reader = csv::Reader::from_reader(rejects.as_bytes());
    let lines: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(lines, ["4", "5", "8"]);
}

#[test]
fn a_server_that_goes_away_stops_the_import_and_rejects_nothing() {
    let case = Case::file("list.csv", &many(100, 5));
    let stop = case.fake.stopper();
    let mut calls = 0;
    case.fake.refuse(move |_| {
        calls += 1;
        if calls == 40 {
            stop.lock().unwrap().take();
        }
        None
    });
    let ran = case.import(&["--sender", "15550001111", "--retries", "1"]);
    assert_eq!(ran.exit, Exit::Failed, "{ran:?}");
    assert!(ran.out.contains(" 0 rejected\n"), "{}", ran.out);
    assert!(ran.err.contains("run the same command again to go on"), "{}", ran.err);
    assert!(case.path(".sendgate-state").exists() && !case.path(".rejects.csv").exists());
}

#[test]
fn what_the_server_refuses_is_rejected_with_its_reason() {
    let case = Case::csv(&["15550001111,+16505551234,opted_out,,2025-01-01,,"]);
    case.fake.refuse(|_| Some(Status::failed_precondition("the sender is not configured")));
    assert_eq!(case.import(&[]).exit, Exit::No);
    assert!(case.rejects().contains("2,FAILED_PRECONDITION: the sender is not configured,15550001111"));
}

#[test]
fn a_row_that_is_kept_and_not_applied_is_counted_as_such() {
    let case = Case::csv(&["15550001111,+16505551234,opted_in,,2025-01-01,Acme,button"]);
    case.fake.state.consent.lock().unwrap().applied = false;
    let ran = case.import(&["--json"]);
    assert_eq!(ran.exit, Exit::Yes);
    let counts: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&counts["read"], &counts["applied"], &counts["kept"]), (&1.into(), &0.into(), &1.into()));
}

#[test]
fn a_dry_run_reads_everything_and_asks_the_server_nothing() {
    let case = Case::csv(&[
        "15550001111,+16505551234,opted_in,marketing,2025-01-01,Acme,button",
        "15550001111,+16505551234,opted_in,marketing,2025-01-01,Acme,implied",
        "15550001111,+16505551234,perhaps,,2025-01-01,,",
    ]);
    let ran = case.import(&["--dry-run"]);
    assert_eq!(ran.exit, Exit::No);
    assert!(ran.out.starts_with("dry run: 3 rows read, 1 well-formed, 2 rejected\n"), "{}", ran.out);
    assert_eq!(case.fake.calls(), []);
    assert!(!case.path(".sendgate-state").exists());
    assert!(case.rejects().contains("action implied is no opt-in: the person did nothing"));
    let ran = case.import(&["--dry-run", "--json"]);
    assert!(ran.out.contains("\"wellFormed\":1") && !ran.out.contains("applied"), "{}", ran.out);
    // It does not even look for a server.
    let file = case.path("");
    let ran =
        crate::cli::fake::run_at("http://127.0.0.1:1", &["import", file.to_str().unwrap(), "--dry-run"], "");
    assert_eq!(ran.exit, Exit::No);
}

#[test]
fn keys_are_stable_and_tell_statements_apart() {
    let rows = [
        "15550001111,+16505551234,opted_out,,2025-01-01T00:00:00Z,,",
        // The same statement, written otherwise.
        "+1 555 000 1111,1 650 555 1234,OPTED-OUT,everything,1735689600,,",
        // Each differs in one thing.
        "15550001112,+16505551234,opted_out,,2025-01-01T00:00:00Z,,",
        "15550001111,+16505551235,opted_out,,2025-01-01T00:00:00Z,,",
        "15550001111,+16505551234,opted_out,marketing,2025-01-01T00:00:00Z,,",
        "15550001111,+16505551234,opted_out,,2025-01-01T00:00:01Z,,",
        "15550001111,+16505551234,opted_in,,2025-01-01T00:00:00Z,Acme,button",
        // One person's two spellings.
        "15550001111,5511987654321,opted_out,,2025-01-01T00:00:00Z,,",
        "15550001111,551187654321,opted_out,,2025-01-01T00:00:00Z,,",
    ];
    let case = Case::csv(&rows);
    let keys = |case: &Case| -> Vec<String> {
        assert_eq!(case.import(&["--concurrency", "1"]).exit, Exit::Yes);
        let keys = case.fake.calls().into_iter().map(|call| match call {
            Call::Consent(request) => request.idempotency_key,
            Call::OptOut(request) => request.idempotency_key,
            other => panic!("{other:?}"),
        });
        let keys = keys.collect();
        case.fake.forget_calls();
        keys
    };
    let first = keys(&case);
    assert_eq!(first, keys(&case), "a second run says the same");
    assert_eq!((&first[0], &first[7]), (&first[1], &first[8]));
    let different: std::collections::BTreeSet<&String> = first.iter().collect();
    assert_eq!(different.len(), 7);
    // Pinned: another version of this program must not record everything a second time.
    assert_eq!(first[0], PINNED_KEY);
}

const PINNED_KEY: &str = "import-33af4977c4b94617a69748deb58d49cb9ea2f453d302bb800104fcb61b7fcdf4";

#[test]
fn rows_of_one_person_stay_in_order_while_others_overtake() {
    let case = Case::file("list.csv", &many(400, 23));
    *case.fake.state.slow.lock().unwrap() = true;
    let ran = case.import(&["--sender", "15550001111", "--concurrency", "8"]);
    assert_eq!(
        (ran.exit, ran.out.lines().next()),
        (Exit::Yes, Some("400 rows read: 400 applied, 0 kept but not applied, 0 rejected"))
    );
    let calls = case.fake.calls();
    assert_eq!(calls.len(), 400);
    for (person, keys) in by_person(&calls) {
        let rows: Vec<usize> =
            keys.iter().map(|key| key.split_once('-').unwrap().1.parse().unwrap()).collect();
        assert!(rows.is_sorted(), "{person}: {rows:?}");
    }
    let busiest = case.fake.state.busiest.load(Ordering::SeqCst);
    assert!((2..=8).contains(&busiest), "{busiest} at once");
}

#[test]
fn a_busy_server_is_asked_again() {
    let case = Case::file("list.csv", &many(20, 5));
    let mut left = 12;
    case.fake.refuse(move |_| {
        left -= 1;
        match left {
            0.. if left % 2 == 0 => Some(Status::unavailable("the store cannot be reached")),
            0.. => Some(Status::aborted("contention")),
            _ => None,
        }
    });
    let ran = case.import(&["--sender", "15550001111", "--retries", "12"]);
    assert_eq!(ran.exit, Exit::Yes, "{ran:?}");
    assert_eq!(case.fake.calls().len(), 32);
    assert!(!case.path(".sendgate-state").exists());
}

#[test]
fn an_import_that_stops_goes_on_where_it_was() {
    let mut text = many(300, 7);
    text.push_str("nobody,opted_out,2025-01-01,bad-1\n");
    let text = text.replacen("+16505550003,opted_out,2025-01-01T00:00:03Z", "nobody,opted_out,2025-01-01", 1);
    let case = Case::file("list.csv", &text);
    case.fake.refuse(|call| match call {
        Call::OptOut(request) if request.idempotency_key == "4-200" => {
            Some(Status::unavailable("store away"))
        }
        _ => None,
    });
    let args = ["--sender", "15550001111", "--retries", "2", "--concurrency", "4"];
    let ran = case.import(&args);
    assert_eq!(ran.exit, Exit::Failed);
    assert_eq!(
        ran.err,
        "error: stopped at line 202: UNAVAILABLE: store away\n  \
         nothing is lost: run the same command again to go on\n"
    );
    assert!(
        ran.out.starts_with("200 rows read: 199 applied, 0 kept but not applied, 1 rejected\n"),
        "{ran:?}"
    );
    let tries = case
        .fake
        .calls()
        .iter()
        .filter(|c| matches!(c, Call::OptOut(r) if r.idempotency_key == "4-200"))
        .count();
    assert_eq!(tries, 3, "once, and two repetitions");
    assert!(case.path(".sendgate-state").exists());

    let ran = case.import(&["--sender", "15550001111", "--dry-run"]);
    assert!(ran.err.contains("a dry run would overwrite its reject file"), "{}", ran.err);

    case.fake.refuse(|_| None);
    case.fake.forget_calls();
    // What a crash left behind the state is cut off.
    let kept = case.rejects();
    fs::write(case.path(".rejects.csv"), format!("{kept}half a ro")).unwrap();
    let ran = case.import(&args);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::No, "going on at line 202\n"));
    assert!(
        ran.out.starts_with("301 rows read: 299 applied, 0 kept but not applied, 2 rejected\n"),
        "{ran:?}"
    );
    assert_eq!(case.fake.calls().len(), 100, "only what was not known to be done");
    assert!(!case.path(".sendgate-state").exists());
    let rejects = case.rejects();
    assert!(rejects.starts_with(&kept) && !rejects.contains("half"), "{rejects}");
    assert_eq!(rejects.lines().count(), 3);
    assert!(rejects.contains("\n302,recipient must be"), "lines are counted on: {rejects}");
}

#[test]
fn an_import_of_a_changed_file_starts_again() {
    let case = Case::file("list.csv", &many(10, 2));
    case.fake.refuse(|call| match call {
        Call::OptOut(request) if request.idempotency_key == "0-6" => Some(Status::internal("broken")),
        _ => None,
    });
    let args = ["--sender", "15550001111", "--concurrency", "1"];
    assert_eq!(case.import(&args).exit, Exit::Failed);
    case.fake.refuse(|_| None);
    case.fake.forget_calls();
    fs::write(case.path(""), many(11, 2)).unwrap();
    let ran = case.import(&args);
    assert_eq!(ran.err, "the file or the options changed since: starting again\n");
    assert_eq!((ran.exit, case.fake.calls().len()), (Exit::Yes, 11));
}

#[test]
fn the_state_is_saved_as_rows_are_done() {
    let case = Case::file("list.csv", &many(50, 5));
    let state = case.path(".sendgate-state");
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = std::sync::Arc::clone(&seen);
    case.fake.refuse(move |_| {
        if let Ok(text) = fs::read_to_string(&state) {
            let state: serde_json::Value = serde_json::from_str(&text).unwrap();
            noted.lock().unwrap().push(state["counts"]["read"].as_u64().unwrap());
        }
        None
    });
    let ran = case.import(&["--sender", "15550001111", "--state-every", "10", "--concurrency", "1"]);
    assert_eq!(ran.exit, Exit::Yes);
    let seen = seen.lock().unwrap();
    assert!(seen.contains(&10) && seen.contains(&40), "{seen:?}");
}

#[test]
fn a_file_that_cannot_mean_what_it_says_is_refused_whole() {
    for (text, error) in [
        ("recipient,status,ocurred_at\n", "columns without a meaning here: `ocurred_at`"),
        ("number,status\n", "columns without a meaning here: `number`"),
        ("sender,status\n", "the header has no column `recipient`"),
    ] {
        let case = Case::file("list.csv", text);
        let ran = case.import(&[]);
        assert_eq!(ran.exit, Exit::Failed);
        assert!(ran.err.contains(error), "{}", ran.err);
    }
    let case =
        Case::file("list.csv", "recipient,status,occurred_at,e-mail\n16505551234,opted_out,2025-01-01,x\n");
    let ran = case.import(&["--sender", "15550001111", "--ignore-unknown-columns"]);
    assert_eq!((ran.exit, ran.err.as_str()), (Exit::Yes, "ignored columns: `e-mail`\n"));
    let case = Case::file("list.txt", "");
    assert!(case.import(&[]).err.contains("is neither .csv nor .jsonl: give --format"));
}

#[test]
fn a_day_without_a_time_begins_for_an_opt_in_and_ends_for_an_opt_out() {
    let case = Case::csv(&[
        "15550001111,+16505551234,opted_in,,2025-01-01,Acme,button",
        "15550001111,+16505551234,opted_out,,2025-01-01,,",
        // Today, which is not over: its end would be another time at each run.
        "15550001111,+16505551234,opted_out,,2025-03-01,,",
    ]);
    assert_eq!(case.import(&[]).exit, Exit::No);
    let times: Vec<String> = case
        .fake
        .calls()
        .iter()
        .map(|call| match call {
            Call::Consent(request) => crate::cli::times::show(request.occurred_at.as_ref()),
            Call::OptOut(request) => crate::cli::times::show(request.occurred_at.as_ref()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(times, ["2025-01-01T00:00:00Z", "2025-01-01T23:59:59.999Z"]);
}

#[test]
fn defaults_fill_in_what_rows_do_not_say_and_never_narrow_an_opt_out() {
    let case = Case::file(
        "list.csv",
        "recipient,status,occurred_at\n16505551234,,2025-01-01\n16505551235,opted_out,2025-01-01\n",
    );
    let ran = case.import(&[
        "--sender=15550001111",
        "--status=opted_in",
        "--scope=marketing",
        "--action=signature",
        "--business-name=Acme",
        "--channel=staff",
        "--concurrency=1",
    ]);
    assert_eq!(ran.exit, Exit::Yes, "{ran:?}");
    let calls = case.fake.calls();
    let [Call::Consent(consent), Call::OptOut(out)] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(consent.scope.as_ref().unwrap().categories.len(), 1);
    assert_eq!(consent.evidence.as_ref().unwrap().method(), ConsentMethod::Import);
    assert_eq!(consent.evidence.as_ref().unwrap().action(), ConsentAction::Signature);
    assert!(out.scope.as_ref().unwrap().categories.is_empty());
    assert_eq!(out.channel(), OptOutChannel::Staff);
}
