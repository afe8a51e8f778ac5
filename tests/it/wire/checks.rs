//! CheckSend and CheckSendBatch: answers, and how exact they are.

use sendgate::grpc::pb;

use crate::harness::{
    Server,
    say::{PERSON, SENDER, fresh, opt_in, opt_out, reply, scope, stamp, template, wrote},
    slow::Slow,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn batch(recipients: Vec<String>) -> pb::CheckSendBatchRequest {
    pb::CheckSendBatchRequest {
        sender: SENDER.to_owned(),
        recipients,
        category: pb::Category::Utility as i32,
        kind: pb::MessageKind::Template as i32,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_template_to_a_stranger_is_denied_with_the_remedy() {
    let server = Server::new().await;
    let answer = server.ask(template(PERSON, pb::Category::Utility)).await;
    assert_eq!((answer.decision(), answer.reason()), (pb::Decision::Deny, pb::Reason::NoOptIn));
    assert_eq!(answer.rule, "A14");
    assert_eq!(answer.obligations, [pb::Obligation::RequestOptIn as i32]);
    assert!(answer.trace.is_empty() && answer.reservation_id.is_empty() && answer.error.is_none());
    assert!(!answer.revision.is_empty());
}

#[tokio::test]
async fn explain_returns_every_rule_in_order() {
    let server = Server::new().await;
    let request = pb::CheckSendRequest { explain: true, ..template(PERSON, pb::Category::Utility) };
    let trace = server.ask(request).await.trace;
    let rules: Vec<&str> = trace.iter().map(|step| step.rule.as_str()).collect();
    assert_eq!(rules.len(), 29);
    assert_eq!((rules[0], rules[26], rules[28]), ("A01", "A27", "A29"));
    assert!(trace.iter().all(|step| step.outcome() != pb::Outcome::Unspecified));
    let denied = trace.iter().find(|step| step.rule == "A14").unwrap();
    assert_eq!((denied.outcome(), denied.reason()), (pb::Outcome::Deny, pb::Reason::NoOptIn));
    let facts = trace.iter().flat_map(|step| step.facts.values());
    assert!(
        facts.into_iter().all(|value| !value.contains(PERSON.split_at(2).1)),
        "no fact is a phone number"
    );
}

#[tokio::test]
async fn an_opted_in_person_is_allowed_until_they_opt_out() {
    let server = Server::new().await;
    let request = || template(PERSON, pb::Category::Utility);
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    let answer = server.ask(request()).await;
    assert_eq!((answer.decision(), answer.reason()), (pb::Decision::Allow, pb::Reason::OptedIn));
    server.turn_to(1);
    server.consent().record_opt_out(opt_out(PERSON)).await.unwrap();
    let answer = server.ask(request()).await;
    assert_eq!((answer.decision(), answer.reason()), (pb::Decision::Deny, pb::Reason::OptedOut));
    assert_eq!(answer.rule, "A04");
}

#[tokio::test]
async fn a_window_ends_at_exactly_its_millisecond() {
    let server = Server::new().await;
    server.turn_to(123);
    let inbound = server.consent().record_inbound(wrote(PERSON, "hello")).await.unwrap().into_inner();
    assert_eq!(inbound.window_expires_at, Some(stamp(123 + DAY)));
    assert_eq!(inbound.effect(), pb::InboundEffect::None);
    server.turn_to(122 + DAY);
    let answer = server.ask(reply(PERSON)).await;
    assert_eq!(answer.reason(), pb::Reason::WindowOpen);
    assert_eq!(answer.window_expires_at, Some(stamp(123 + DAY)));
    server.turn_to(123 + DAY);
    let answer = server.ask(reply(PERSON)).await;
    assert_eq!(answer.reason(), pb::Reason::TemplateRequired);
    assert_eq!((answer.window_expires_at, answer.retry_at), (None, None));
    assert_eq!(answer.obligations, [pb::Obligation::UseTemplate as i32]);
}

#[tokio::test]
async fn retry_at_is_exactly_the_instant_of_the_first_allow() {
    let server = Server::with("policy: {opt_in_prompt: {enabled: true, disclosure_text: x}}").await;
    server.turn_to(7);
    let prompt = pb::RecordOptInPromptRequest {
        sender: SENDER.to_owned(),
        recipient: PERSON.to_owned(),
        outcome: pb::OptInPromptOutcome::Sent as i32,
        ..Default::default()
    };
    server.consent().record_opt_in_prompt(prompt).await.unwrap();
    let request = || pb::CheckSendRequest { kind: pb::MessageKind::OptInPrompt as i32, ..reply(PERSON) };
    server.turn_to(HOUR);
    let answer = server.ask(request()).await;
    assert_eq!(answer.reason(), pb::Reason::OptInPromptTooSoon);
    assert_eq!(answer.retry_at, Some(stamp(7 + DAY)));
    server.turn_to(6 + DAY);
    assert_eq!(server.reason(request()).await, pb::Reason::OptInPromptTooSoon);
    server.turn_to(7 + DAY);
    assert_eq!(server.reason(request()).await, pb::Reason::OptInPrompt);
}

#[tokio::test]
async fn a_batch_answers_in_order_and_puts_an_error_in_the_place_of_a_malformed_recipient() {
    let server = Server::new().await;
    server.consent().record_consent(opt_in("4915100000001")).await.unwrap();
    let names = ["4915100000000", "", "4915100000001", "12", "US.13491208655302741918"];
    let request = batch(names.map(str::to_owned).to_vec());
    let results = server.policy().check_send_batch(request).await.unwrap().into_inner().results;
    let reasons: Vec<pb::Reason> = results.iter().map(pb::CheckSendResponse::reason).collect();
    use pb::Reason::{NoOptIn, OptedIn, Unspecified};
    assert_eq!(reasons, [NoOptIn, Unspecified, OptedIn, Unspecified, NoOptIn]);
    for at in [1, 3] {
        let error = results[at].error.as_ref().unwrap();
        assert_eq!((error.field.as_str(), error.reason.as_str()), ("recipient", "INVALID_REQUEST"));
        assert_eq!(results[at].decision(), pb::Decision::Unspecified);
        assert!(!error.message.is_empty());
    }
    assert!([0, 2, 4].into_iter().all(|at| results[at].error.is_none()));
}

#[tokio::test]
async fn a_batch_of_a_thousand_answers_each_as_a_single_check_does() {
    let server = Server::new().await;
    let number = |n: usize| (4_915_100_000_000 + n).to_string();
    for n in (0..1000).step_by(100) {
        server.consent().record_consent(opt_in(&number(n))).await.unwrap();
    }
    let request = batch((0..1000).map(number).collect());
    let results = server.policy().check_send_batch(request).await.unwrap().into_inner().results;
    assert_eq!(results.len(), 1000);
    for (n, result) in results.iter().enumerate() {
        let expected = if n % 100 == 0 { pb::Reason::OptedIn } else { pb::Reason::NoOptIn };
        assert_eq!(result.reason(), expected, "recipient {n}");
    }
    for n in [0, 1, 500, 999] {
        assert_eq!(server.ask(template(&number(n), pb::Category::Utility)).await, results[n]);
    }
}

#[tokio::test]
async fn an_empty_batch_has_no_results() {
    let server = Server::new().await;
    let response = server.policy().check_send_batch(batch(Vec::new())).await.unwrap();
    assert!(response.into_inner().results.is_empty());
}

#[tokio::test]
async fn a_check_as_fresh_as_an_opt_out_sees_it() {
    let server = Server::new().await;
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    let before = server.ask(template(PERSON, pb::Category::Utility)).await;
    server.turn_to(1);
    let out = server.consent().record_opt_out(opt_out(PERSON)).await.unwrap().into_inner();
    assert_eq!(out.durability(), pb::Durability::Stored);
    assert_ne!(before.revision, out.revision);
    let request = |revision: &str| pb::CheckSendRequest {
        consistency: fresh(revision),
        ..template(PERSON, pb::Category::Utility)
    };
    let answer = server.ask(request(&out.revision)).await;
    assert_eq!((answer.reason(), &answer.revision), (pb::Reason::OptedOut, &out.revision));
    // An older token is satisfied by the newer state, and a token of somebody else says nothing.
    assert_eq!(server.reason(request(&before.revision)).await, pb::Reason::OptedOut);
    let other = server.ask(template("4915112345679", pb::Category::Utility)).await;
    assert_eq!(server.reason(request(&other.revision)).await, pb::Reason::OptedOut);
}

#[tokio::test]
async fn freshness_reaches_past_what_is_in_memory_to_what_another_server_recorded() {
    let store = Slow::new();
    let (one, two) = (Server::over(store.clone(), "").await, Server::over(store.clone(), "").await);
    one.consent().record_consent(opt_in(PERSON)).await.unwrap();
    let request = |requirement| pb::CheckSendRequest {
        consistency: Some(pb::Consistency { requirement }),
        ..template(PERSON, pb::Category::Utility)
    };
    assert_eq!(one.reason(request(None)).await, pb::Reason::OptedIn);
    two.turn_to(1);
    let out = two.consent().record_opt_out(opt_out(PERSON)).await.unwrap().into_inner();
    one.turn_to(1);
    use pb::consistency::Requirement::{AtLeastAsFresh, FullyConsistent, MinimizeLatency};
    // One server alone owns an embedded store, so that memory is right by itself; here it shows who answers.
    assert_eq!(one.reason(request(Some(MinimizeLatency(true)))).await, pb::Reason::OptedIn);
    assert_eq!(one.reason(request(Some(FullyConsistent(false)))).await, pb::Reason::OptedIn);
    assert_eq!(one.reason(request(Some(AtLeastAsFresh(out.revision)))).await, pb::Reason::OptedOut);
    two.turn_to(2);
    two.consent().record_consent(opt_in(PERSON)).await.unwrap();
    one.turn_to(2);
    assert_eq!(one.reason(request(None)).await, pb::Reason::OptedOut);
    assert_eq!(one.reason(request(Some(FullyConsistent(true)))).await, pb::Reason::OptedIn);
}

#[tokio::test]
async fn an_opt_out_of_a_category_leaves_the_others() {
    let server = Server::new().await;
    server.consent().record_consent(opt_in(PERSON)).await.unwrap();
    let request = pb::RecordOptOutRequest { scope: scope(&[pb::Category::Marketing]), ..opt_out(PERSON) };
    server.turn_to(1);
    server.consent().record_opt_out(request).await.unwrap();
    let of = |category| server.reason(template(PERSON, category));
    assert_eq!(of(pb::Category::Marketing).await, pb::Reason::CategoryOptedOut);
    assert_eq!(of(pb::Category::Utility).await, pb::Reason::OptedIn);
}

#[tokio::test]
async fn decoration_of_numbers_does_not_matter() {
    let server = Server::new().await;
    server.consent().record_opt_out(opt_out("+49 151-1234 5678")).await.unwrap();
    let request = pb::CheckSendRequest {
        sender: "+1 555 000-1111".to_owned(),
        ..template(" 49 (151) 12345678", pb::Category::Utility)
    };
    assert_eq!(server.reason(request).await, pb::Reason::OptedOut);
}
