//! `check`, `contact`, `history`, `watch`, `verify`.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::{
    cli::{
        Exit,
        fake::{Call, Fake, NOW_MS, hour, log},
    },
    grpc::pb::{
        Block, BlockState, Category, CheckSendResponse, ConsentMethod, ConsentStatus, Contact, Decision,
        EntryKind, ExportContactsResponse, MessageKind, Obligation, OptOutChannel, Outcome, PromptState,
        Reason, Scope, ScopeStatus, TraceStep, Voice, Window, consistency::Requirement,
    },
};

const CHECK: [&str; 5] = ["check", "15550001111", "+16505551234", "--category", "marketing"];

fn later(minutes: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: NOW_MS / 1000 + minutes * 60, nanos: 0 }
}

#[test]
fn a_denial_is_exit_1_with_reason_retry_and_remedy() {
    let fake = Fake::start();
    *fake.state.check.lock().unwrap() = CheckSendResponse {
        decision: Decision::Deny.into(),
        reason: Reason::QuietHours.into(),
        rule: "A20".to_owned(),
        retry_at: Some(later(192)),
        window_expires_at: Some(later(60)),
        obligations: vec![Obligation::IncludeOptOutInstructions.into()],
        ..Default::default()
    };
    let ran = fake.run(&CHECK);
    assert_eq!(ran.exit, Exit::No);
    assert_eq!(
        ran.out,
        "DENY  It is quiet hours where the person is.\n  \
           rule A20, REASON_QUIET_HOURS\n  \
           retry at 2025-03-01T12:42:00Z (in 3h 12m)\n  \
           window open until 2025-03-01T10:30:00Z (in 1h)\n  \
           - say in the message how to opt out, of its category too\n"
    );
    let Call::Check(request) = fake.only_call() else { panic!() };
    assert_eq!((request.kind(), request.category()), (MessageKind::Template, Category::Marketing));
    assert_eq!((request.sender.as_str(), request.recipient.as_str()), ("15550001111", "+16505551234"));
    assert!(request.consistency.is_none() && !request.reserve);
}

#[test]
fn every_option_of_check_reaches_the_server() {
    let fake = Fake::start();
    let mut line = CHECK.to_vec();
    line.extend([
        "--kind",
        "free-form",
        "--topic",
        "orders",
        "--template",
        "t",
        "--template-language",
        "pt_BR",
    ]);
    line.extend(["--automated", "--human-escalation", "--explain", "--consistency", "at-least=r7"]);
    fake.run(&line);
    let Call::Check(request) = fake.only_call() else { panic!() };
    assert_eq!(request.kind(), MessageKind::FreeForm);
    assert_eq!((request.topic.as_str(), request.template.as_str()), ("orders", "t"));
    assert_eq!(request.template_language, "pt_BR");
    assert!(request.automated && request.human_escalation && request.explain);
    assert_eq!(request.consistency.unwrap().requirement, Some(Requirement::AtLeastAsFresh("r7".to_owned())));
}

#[test]
fn explain_shows_the_rules_in_order_in_columns() {
    let fake = Fake::start();
    let step = |rule: &str, outcome: Outcome, reason: Reason, facts: &[(&str, &str)]| TraceStep {
        rule: rule.to_owned(),
        outcome: outcome.into(),
        reason: reason.into(),
        facts: facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    *fake.state.check.lock().unwrap() = CheckSendResponse {
        decision: Decision::Allow.into(),
        reason: Reason::OptedIn.into(),
        rule: "A29".to_owned(),
        trace: vec![
            step("A01", Outcome::Pass, Reason::Unspecified, &[]),
            step("A20", Outcome::ShadowDeny, Reason::QuietHours, &[("zone", "UTC"), ("hour", "9")]),
            step("A29", Outcome::Allow, Reason::OptedIn, &[("scope", "marketing")]),
        ],
        ..Default::default()
    };
    let ran = fake.run(&CHECK);
    assert_eq!(ran.exit, Exit::Yes);
    assert_eq!(
        ran.out,
        "ALLOW  The person opted in to this.\n  rule A29, REASON_OPTED_IN\n\n \
         RULE  OUTCOME      REASON       FACTS\n \
         A01   pass\n \
         A20   shadow-deny  QUIET_HOURS  hour=9 zone=UTC\n \
         A29   allow        OPTED_IN     scope=marketing\n"
    );
}

#[test]
fn an_invalid_argument_is_exit_2_with_each_field_on_its_line() {
    let fake = Fake::start();
    fake.refuse(|_| {
        let mut faults = ErrorDetails::new();
        faults.add_bad_request_violation("category", "is required for a template");
        Some(Status::with_error_details(Code::InvalidArgument, "a field is malformed", faults))
    });
    let ran = fake.run(&["check", "15550001111", "+16505551234"]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Failed, ""));
    assert_eq!(
        ran.err,
        "error: INVALID_ARGUMENT: a field is malformed\n  category: is required for a template\n"
    );
}

#[test]
fn json_is_the_answer_on_one_line() {
    let fake = Fake::start();
    *fake.state.check.lock().unwrap() = CheckSendResponse {
        decision: Decision::Deny.into(),
        reason: Reason::OptedOut.into(),
        rule: "A04".to_owned(),
        ..Default::default()
    };
    let mut line = CHECK.to_vec();
    line.push("--json");
    let ran = fake.run(&line);
    assert_eq!(ran.exit, Exit::No);
    assert_eq!(
        ran.out,
        "{\"decision\":\"DECISION_DENY\",\"reason\":\"REASON_OPTED_OUT\",\"rule\":\"A04\"}\n"
    );
}

#[test]
fn several_recipients_are_asked_for_in_chunks_and_answered_one_a_line() {
    let fake = Fake::start();
    let ran = fake.run(&["check", "15550001111", "16505551230", "16505551231", "--category=utility"]);
    assert_eq!(ran.exit, Exit::No);
    assert_eq!(
        ran.out,
        "16505551230\tALLOW\tOPTED_IN\tA29\n16505551231\tDENY\tNO_OPT_IN\tA14\tobtain an opt-in first\n"
    );
    fake.forget_calls();
    let input: String = (0..2500).map(|n| format!("1650555{:04}\n", n * 2)).collect();
    let ran = fake.run_with(&["check", "15550001111", "-", "--category=utility"], &input);
    assert_eq!((ran.exit, ran.out.lines().count()), (Exit::Yes, 2500));
    let sizes = fake.calls().into_iter().map(|call| match call {
        Call::Batch(request) => request.recipients.len(),
        other => panic!("{other:?}"),
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [1000, 1000, 500]);
    let ran = fake.run_with(
        &["check", "15550001111", "--recipients-file", "-", "--category=utility", "--json"],
        "16505551230\nnobody\n",
    );
    assert_eq!(ran.exit, Exit::Failed, "an item that could not be read is an error");
    let last: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!((&last["recipient"], &last["error"]["field"]), (&"nobody".into(), &"recipient".into()));
}

#[test]
fn the_card_of_a_contact_tells_everything_known() {
    let fake = Fake::start();
    *fake.state.log.lock().unwrap() = log(7);
    *fake.state.contact.lock().unwrap() = Contact {
        business: "acme".to_owned(),
        phone_number: "16505551234".to_owned(),
        user_ids: vec!["US.1349".to_owned()],
        scopes: vec![
            ScopeStatus {
                scope: Some(Scope { categories: vec![Category::Marketing.into()], topics: Vec::new() }),
                status: ConsentStatus::OptedOut.into(),
                since: Some(later(-60)),
                voice: Voice::Own.into(),
                channel: OptOutChannel::Keyword.into(),
                ..Default::default()
            },
            ScopeStatus {
                scope: Some(Scope { categories: Vec::new(), topics: vec!["orders".to_owned()] }),
                status: ConsentStatus::OptedIn.into(),
                since: Some(hour(0)),
                voice: Voice::Asserted.into(),
                method: ConsentMethod::Import.into(),
                expires_at: Some(later(1440)),
                ..Default::default()
            },
        ],
        windows: vec![Window {
            sender: "15550001111".to_owned(),
            expires_at: Some(later(192)),
            open: true,
            ..Default::default()
        }],
        prompt_state: PromptState::Declined.into(),
        prompted_at: Some(later(-2880)),
        blocks: vec![Block {
            sender: "15550001111".to_owned(),
            state: BlockState::BlockedByUser.into(),
            since: Some(later(-30)),
        }],
        opt_out_confirmation_due: true,
        time_zone: "America/New_York".to_owned(),
        history_entries: 7,
        known: true,
        ..Default::default()
    };
    let ran = fake.run(&["contact", "15550001111", "16505551234", "--entries", "2"]);
    assert_eq!(ran.exit, Exit::Yes);
    let rows: Vec<&str> = ran.out.lines().map(|row| row.trim_matches(['│', ' '])).collect();
    let expected = [
        "business    acme",
        "number      +16505551234",
        "user ID     US.1349",
        "time zone   America/New_York",
        "consent     marketing: opted-out since 2025-03-01T08:30:00Z (1h ago), via keyword (own)",
        "topic:orders: opted-in since 2025-02-19T09:30:00Z (10d ago), via import (asserted), ends 2025-03-02T09:30:00Z (in 1d)",
        "window      with 15550001111: open until 2025-03-01T12:42:00Z (in 3h 12m)",
        "prompt      declined, sent 2025-02-27T09:30:00Z (2d ago)",
        "block       blocked-by-user, sender 15550001111, since 2025-03-01T09:00:00Z (30m ago)",
        "WhatsApp    reachable",
        "due         confirm the opt-out",
        "history     7 entries",
        "6  2025-02-19T15:30:00Z      opted out of marketing via keyword `stop`",
        "7  2025-02-19T16:30:00Z      opted in to marketing via website (box-checked)",
    ];
    assert_eq!(rows[1..rows.len() - 1], expected, "{}", ran.out);
    fake.state.contact.lock().unwrap().known = false;
    assert_eq!(fake.run(&["contact", "15550001111", "16505551234"]).out, "nothing is known of this person\n");
}

#[test]
fn history_pages_through_the_whole_log() {
    let fake = Fake::start();
    let mut entries = log(5);
    entries[1].applied = false;
    entries[2].voice = Voice::Asserted.into();
    entries[3].erased = true;
    *fake.state.log.lock().unwrap() = entries;
    let ran = fake.run(&["history", "15550001111", "16505551234"]);
    assert_eq!(ran.exit, Exit::Yes);
    assert_eq!(
        ran.out,
        "   1  2025-02-19T10:30:00Z      opted in to marketing via website (box-checked)\n   \
            2  2025-02-19T11:30:00Z      opted out of marketing via keyword `stop` — kept, not applied\n   \
            3  2025-02-19T12:30:00Z      opted in to marketing via website (box-checked), asserted by the business\n   \
            4  2025-02-19T13:30:00Z      (content erased)\n   \
            5  2025-02-19T14:30:00Z      opted in to marketing via website (box-checked)\n"
    );
    let tokens = fake.calls().into_iter().map(|call| match call {
        Call::List(request) => request.page_token,
        other => panic!("{other:?}"),
    });
    assert_eq!(tokens.collect::<Vec<_>>(), ["", "2", "4"]);
    let ran = fake.run(&["history", "15550001111", "16505551234", "--json"]);
    let first: serde_json::Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!((ran.out.lines().count(), &first["kind"]), (5, &"ENTRY_KIND_OPT_IN".into()));
}

#[test]
fn watch_tells_where_to_go_on_when_the_server_goes_away() {
    let fake = Fake::start();
    *fake.state.log.lock().unwrap() = log(2);
    let ran = fake.run(&["watch", "15550001111", "--resume-after", "0"]);
    assert_eq!(ran.exit, Exit::Failed);
    assert_eq!(
        ran.out,
        "2025-02-19T10:30:00Z  acme  16505551234  opted in to marketing via website (box-checked)\n\
         2025-02-19T11:30:00Z  acme  16505551234  opted out of marketing via keyword `stop`\n"
    );
    assert_eq!(ran.err, "go on with --resume-after r2\nerror: UNAVAILABLE: draining\n");
    let Call::Watch(request) = fake.only_call() else { panic!() };
    assert_eq!((request.sender.as_str(), request.resume_after.as_str()), ("15550001111", "0"));
}

#[test]
fn verify_names_the_entry_that_was_tampered_with() {
    let fake = Fake::start();
    *fake.state.log.lock().unwrap() = log(5);
    fake.state.contact.lock().unwrap().history_entries = 5;
    let line = ["verify", "15550001111", "16505551234"];
    let ran = fake.run(&line);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Yes, "logs 1, entries 5: intact\n"));
    fake.state.log.lock().unwrap()[2].payload = b"{}".to_vec();
    let ran = fake.run(&line);
    assert_eq!(ran.exit, Exit::No);
    assert_eq!(
        ran.out,
        "TAMPERED  16505551234  entry 3: the payload was changed, it does not match payload_sha256\n\
         logs 1, entries 5: tampered with: 1\n"
    );
    *fake.state.log.lock().unwrap() = log(4);
    let ran = fake.run(&line);
    assert_eq!(ran.exit, Exit::No, "the end is missing");
    let ran = fake.run(&["verify", "15550001111", "16505551234", "--json"]);
    let result: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&result["intact"], &result["faults"][0]["sequence"]), (&false.into(), &5.into()));
}

#[test]
fn verify_reads_every_contact_when_none_is_named() {
    let fake = Fake::start();
    let contact = |number: &str, history: Vec<crate::grpc::pb::ConsentEntry>| ExportContactsResponse {
        contact: Some(Contact {
            business: "acme".to_owned(),
            phone_number: number.to_owned(),
            history_entries: 4,
            ..Default::default()
        }),
        history,
        ..Default::default()
    };
    let mut swapped = log(4);
    swapped.swap(1, 2);
    let mut erased = log(4);
    erased.iter_mut().take(3).for_each(|entry| entry.payload.clear());
    erased[3].kind = EntryKind::Erased.into();
    *fake.state.export.lock().unwrap() =
        vec![contact("16505551234", log(4)), contact("16505551235", swapped), contact("", erased)];
    let ran = fake.run(&["verify"]);
    assert_eq!(ran.exit, Exit::No);
    assert_eq!(
        ran.out,
        "TAMPERED  acme 16505551235  entry 2 does not stand in its place\nlogs 3, entries 12: tampered with: 1\n"
    );
    let Call::Export(request) = fake.only_call() else { panic!() };
    assert!(request.include_history && request.sender.is_empty());
}
