//! `export`, and that what it writes can be imported.

use std::fs;

use tempfile::TempDir;

use crate::{
    cli::{
        Exit,
        fake::{Call, Fake, hour, log},
    },
    grpc::pb::{
        self, Block, BlockState, ConsentEntry, ConsentStatus, Contact, EntryKind, ExportContactsResponse,
        MessageKind, OptInPromptOutcome, OptOutChannel, PromptState, Scope, ScopeStatus, Voice,
    },
};

fn contact(number: &str, history: Vec<ConsentEntry>) -> ExportContactsResponse {
    ExportContactsResponse {
        contact: Some(Contact {
            business: "acme".to_owned(),
            phone_number: number.to_owned(),
            time_zone: "America/New_York".to_owned(),
            ..Default::default()
        }),
        history,
        ..Default::default()
    }
}

fn rows(text: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
}

#[test]
fn json_lines_are_contacts_with_and_without_their_logs() {
    let fake = Fake::start();
    *fake.state.export.lock().unwrap() = vec![contact("16505551234", log(2)), contact("16505551235", log(1))];
    let ran = fake.run(&["export"]);
    assert_eq!((ran.exit, ran.out.lines().count()), (Exit::Yes, 2));
    assert!(!ran.out.contains("history"));
    let ran = fake.run(&["export", "--history", "--sender", "15550001111"]);
    let first: serde_json::Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["history"][1]["kind"], "ENTRY_KIND_OPT_OUT");
    let Some(Call::Export(request)) = fake.calls().pop() else { panic!() };
    assert!(request.include_history && request.sender == "15550001111");
}

#[test]
fn csv_has_the_last_yes_and_no_of_each_voice_and_all_with_history() {
    let fake = Fake::start();
    let mut history = log(6);
    // The business's own no is later than the person's, and must not take its place.
    history[5].voice = Voice::Asserted.into();
    *fake.state.export.lock().unwrap() =
        vec![contact("16505551234", history), contact("16505551235", Vec::new())];
    let ran = fake.run(&["export", "--format", "csv"]);
    let found = rows(&ran.out);
    let shown: Vec<(&str, &str, &str)> = found.iter().map(|row| (&row[1], &row[2], &row[4])).collect();
    assert_eq!(
        shown,
        [
            ("+16505551234", "opted_out", "2025-02-19T13:30:00Z"),
            ("+16505551234", "opted_in", "2025-02-19T14:30:00Z"),
            ("+16505551234", "opted_out", "2025-02-19T15:30:00Z"),
            ("+16505551235", "contact", ""),
        ]
    );
    assert_eq!(rows(&fake.run(&["export", "--format", "csv", "--history"]).out).len(), 7);
}

#[test]
fn what_rows_cannot_carry_is_counted() {
    let fake = Fake::start();
    let mut erased = contact("", log(1));
    erased.history[0].erased = true;
    erased.history[0].recipient = String::new();
    let mut waiting = contact("16505551234", log(4));
    // A link whose content is of a newer version.
    waiting.history[3].kind = EntryKind::Link.into();
    waiting.contact.as_mut().unwrap().cool_off_until = Some(hour(9));
    *fake.state.export.lock().unwrap() = vec![waiting, erased];
    let ran = fake.run(&["export", "--format", "csv"]);
    for told in [
        "1 erased contacts, with what they refused: their names are gone",
        "1 waits for marketing that the platform asked for (131049)",
        "1 log entries that this version cannot read",
    ] {
        assert!(ran.err.contains(told), "{}", ran.err);
    }
}

#[test]
fn opt_ins_that_no_longer_count_are_no_rows() {
    let fake = Fake::start();
    let mut history = log(3);
    history[2].expires_at = Some(hour(99));
    let mut of_others = contact("16505551234", history);
    of_others.opt_ins_count_after = of_others.history[0].occurred_at;
    of_others.sender = "15550001111".to_owned();
    *fake.state.export.lock().unwrap() = vec![of_others];
    for with in [&["export", "--format", "csv", "--history"] as &[&str], &["export", "--format", "csv"]] {
        let found = rows(&fake.run(with).out);
        let shown: Vec<&str> = found.iter().map(|row| &row[2]).collect();
        assert_eq!(shown, ["opted_out", "opted_in"]);
    }
}

#[test]
fn what_stands_is_exported_where_the_log_does_not_tell_it() {
    let fake = Fake::start();
    let marketing = Scope { categories: vec![pb::Category::Marketing.into()], topics: Vec::new() };
    let status = |status: ConsentStatus, voice: Voice| ScopeStatus {
        scope: Some(marketing.clone()),
        status: status.into(),
        since: Some(hour(2)),
        voice: voice.into(),
        ..Default::default()
    };
    let mut stands = contact("16505551234", Vec::new());
    stands.sender = "15550001111".to_owned();
    let known = stands.contact.as_mut().unwrap();
    known.scopes = vec![
        status(ConsentStatus::OptedOut, Voice::Own),
        status(ConsentStatus::OptedOut, Voice::Platform),
        status(ConsentStatus::Held, Voice::Own),
    ];
    let blocked = BlockState::BlockedByUser.into();
    known.blocks = vec![Block { sender: "15550002222".to_owned(), state: blocked, since: Some(hour(3)) }];
    known.prompt_state = PromptState::Declined.into();
    known.erased_at = Some(hour(1));
    known.not_on_whatsapp_since = Some(hour(4));
    known.last_inbound_at = Some(hour(5));
    *fake.state.export.lock().unwrap() = vec![stands];
    let found = rows(&fake.run(&["export", "--format", "csv"]).out);
    let shown: Vec<(&str, &str, &str)> = found.iter().map(|row| (&row[0], &row[2], &row[20])).collect();
    assert_eq!(
        shown,
        [
            ("15550001111", "opted_out", ""),
            ("15550001111", "opted_out", "platform-preference"),
            ("15550001111", "held", ""),
            ("15550002222", "blocked_by_user", ""),
            ("15550001111", "declined", ""),
            ("15550001111", "opt_out_confirmed", ""),
            ("15550001111", "contact", ""),
            ("15550001111", "wrote", ""),
            ("15550001111", "not_on_whatsapp", ""),
        ]
    );
}

#[test]
fn a_platform_stop_is_exported_until_it_is_resumed() {
    let fake = Fake::start();
    let entry = |sequence: u64, kind: EntryKind| ConsentEntry {
        sequence,
        kind: kind.into(),
        occurred_at: Some(hour(sequence)),
        voice: Voice::Platform.into(),
        scope: Some(Scope::default()),
        ..Default::default()
    };
    let stop = vec![entry(1, EntryKind::PlatformStop)];
    let lifted = vec![entry(1, EntryKind::PlatformStop), entry(2, EntryKind::PlatformResume)];
    *fake.state.export.lock().unwrap() = vec![contact("16505551234", stop), contact("16505551235", lifted)];
    let found = rows(&fake.run(&["export", "--format", "csv"]).out);
    let shown: Vec<(&str, &str, &str)> = found.iter().map(|row| (&row[2], &row[3], &row[20])).collect();
    // The contact's time zone comes with an opt-in, else with a row of its own.
    let stopped = ("opted_out", "marketing", "platform-preference");
    assert_eq!(shown, [stopped, ("contact", "", ""), ("contact", "", "")]);
}

#[test]
fn an_export_can_be_imported_and_says_the_same() {
    let fake = Fake::start();
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("all.csv");
    let file = file.to_str().unwrap();
    let history = log(2);
    *fake.state.export.lock().unwrap() = vec![contact("16505551234", history.clone())];
    let ran = fake.run(&["export", "--format", "csv", "-o", file]);
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Yes, ""));
    assert_eq!(ran.err, format!("contacts exported to {file}: 1\n"));
    fake.forget_calls();
    let ran = fake.run(&["import", file, "--concurrency", "1"]);
    assert_eq!(ran.exit, Exit::Yes, "{ran:?} {:?}", fs::read_to_string(file));
    let calls = fake.calls();
    let [Call::Consent(consent), Call::OptOut(out)] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(consent.evidence, history[0].evidence);
    assert_eq!((&consent.scope, consent.occurred_at), (&history[0].scope, history[0].occurred_at));
    assert_eq!(consent.time_zone, "America/New_York");
    assert_eq!((out.channel(), out.keyword.as_str()), (OptOutChannel::Keyword, "stop"));
    assert_eq!((&out.scope, out.occurred_at), (&history[1].scope, history[1].occurred_at));
}

#[test]
fn what_refuses_is_recorded_as_what_it_was() {
    let (fake, directory) = (Fake::start(), TempDir::new().unwrap());
    let file = directory.path().join("list.csv");
    fs::write(
        &file,
        "recipient,status,occurred_at,other,message_id,keyword\n\
         +16505551234,held,2025-01-01T00:00:00Z,,,not interested\n\
         +16505551234,prompted,2025-01-01T00:00:00Z,,wamid.1,\n\
         +16505551234,Declined,2025-01-02T00:00:00Z,,,\n\
         +16505551234,not-on-whatsapp,2025-01-02T00:00:00Z,,,\n\
         +16505551234,reported_by_user,2025-01-02T00:00:00Z,,,\n\
         +16505551234,linked,2025-01-03T00:00:00Z,US.1349,,\n\
         +16505551234,same_person,2025-01-03T00:00:00Z,US.1350,,\n\
         +16505551234,opt_out_confirmed,2025-01-04T00:00:00Z,,,\n\
         +16505551234,wrote,2025-01-05T00:00:00Z,,,\n\
         +16505551234,linked,2025-01-03T00:00:00Z,,,\n\
         +16505551234,accepted,2025-01-03T00:00:00Z,,,\n",
    )
    .unwrap();
    let ran = fake.run(&["import", file.to_str().unwrap(), "--sender", "15550001111", "--concurrency", "1"]);
    assert_eq!(ran.exit, Exit::No);
    let calls = fake.calls();
    let [
        Call::OptOut(held),
        Call::Prompt(sent),
        Call::Prompt(declined),
        Call::Prompt(gone),
        Call::Block(block),
        Call::Link(linked),
        Call::Link(same),
        Call::Confirmation(confirmed),
        Call::Inbound(wrote),
    ] = calls.as_slice()
    else {
        panic!("{calls:?}")
    };
    assert_eq!(held.scope.as_ref().unwrap().categories, [i32::from(pb::Category::Marketing)]);
    assert_eq!((held.channel(), held.keyword.as_str()), (OptOutChannel::Keyword, "not interested"));
    assert_eq!((sent.outcome(), sent.message_id.as_str()), (OptInPromptOutcome::Sent, "wamid.1"));
    let outcomes = (OptInPromptOutcome::Declined, OptInPromptOutcome::NotOnWhatsapp);
    assert_eq!((declined.outcome(), gone.outcome()), outcomes);
    assert_eq!(block.state(), BlockState::ReportedByUser);
    assert_eq!((linked.other.as_str(), linked.occurred_at.unwrap().seconds), ("US.1349", 1_735_862_400));
    assert_eq!((same.other.as_str(), same.occurred_at.unwrap().seconds), ("US.1350", 0), "of all times");
    assert_eq!(confirmed.kind(), MessageKind::OptOutConfirmation);
    assert_eq!((wrote.text.as_str(), wrote.message_id.is_empty()), ("", false));
    let rejects = fs::read_to_string(directory.path().join("list.csv.rejects.csv")).unwrap();
    assert!(rejects.contains("11,other is missing"), "{rejects}");
    assert!(rejects.contains("12,\"status must be one of opted_in, opted_out, contact, held,"), "{rejects}");
}

#[test]
fn receipts_tell_what_was_agreed_and_prove_it() {
    let fake = Fake::start();
    let mut history = log(4);
    history[2].erased = true;
    *fake.state.export.lock().unwrap() = vec![contact("16505551234", history.clone())];
    let ran = fake.run(&["export", "--receipts"]);
    assert_eq!(ran.out.lines().count(), 1, "one opt-in is left to be proven");
    let receipt: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(receipt["version"], "KI-CR-v1.1.0");
    assert_eq!(receipt["consentTimestamp"], history[0].occurred_at.unwrap().seconds);
    assert_eq!(receipt["collectionMethod"], "website, box-checked");
    assert_eq!(receipt["piiPrincipalId"], "16505551234");
    assert_eq!(receipt["piiControllers"][0]["piiController"], "Acme");
    assert_eq!(receipt["services"][0]["purposes"][0]["purpose"], "WhatsApp messages: marketing");
    assert_eq!(receipt["evidence"]["disclosureText"], "Receive offers on WhatsApp, \"Acme\"");
    assert_eq!(receipt["log"]["hash"], history[0].hash.as_str());
}
