//! What words mean, in the order in which things were said.

use super::*;
use crate::model::{Event, OptIn, OptOut, StatementId, Topic, Voice, statement::Weak};

const PROMPT: &str = "wamid.prompt";

fn at(seconds: i64) -> Time {
    Time::from_seconds(1_772_409_600 + seconds).unwrap()
}

fn orders() -> ScopeSet {
    ScopeSet::of(vec![Scope::Topic(Topic::parse("orders").unwrap())])
}

fn contact(events: &[Event]) -> Contact {
    let mut contact = Contact::default();
    for event in events {
        contact.apply(event);
    }
    contact
}

fn opted_out(scope: ScopeSet, seconds: i64) -> Event {
    Event::OptOut(Voice::Own, scope, OptOut { at: at(seconds), id: StatementId([1; 16]), channel: 1 })
}

fn opted_in(voice: Voice, scope: ScopeSet, seconds: i64) -> Event {
    let said =
        OptIn { at: at(seconds), id: StatementId([2; 16]), expires_at: None, weak: Weak(0), method: 1 };
    Event::OptIn(voice, scope, said)
}

fn prompted(seconds: i64) -> Event {
    Event::PromptSent(at(seconds), PROMPT.to_owned())
}

fn heard(events: &[Event], said: Said<'_>, seconds: i64) -> Effect {
    read(&contact(events), &contact(events), &Keywords::builtin(), &orders(), said, None, at(seconds))
}

fn wrote(events: &[Event], text: &str, seconds: i64) -> Effect {
    heard(events, Said { text, ..Said::default() }, seconds)
}

/// The scope of an opt-in, and whether it answers the prompt.
fn yes(effect: Effect) -> Option<(ScopeSet, bool)> {
    match effect {
        Effect::OptIn { scope, answers_prompt, .. } => Some((scope, answers_prompt)),
        Effect::None | Effect::OptOut(..) | Effect::Held(_) | Effect::Declined => None,
    }
}

#[test]
fn a_yes_answers_an_open_prompt_with_its_scope() {
    assert_eq!(yes(wrote(&[prompted(1)], "Yes!", 2)), Some((orders(), true)));
}

#[test]
fn a_no_declines_an_open_prompt_and_says_nothing_otherwise() {
    assert_eq!(wrote(&[prompted(1)], "no", 2), Effect::Declined);
    assert_eq!(wrote(&[], "no", 2), Effect::None);
    assert_eq!(wrote(&[prompted(1), declined(2)], "no", 3), Effect::None);
}

#[test]
fn a_yes_from_before_the_prompt_is_no_answer_to_it() {
    assert_eq!(wrote(&[prompted(5)], "yes", 4), Effect::None);
}

#[test]
fn a_yes_to_nothing_is_no_opt_in() {
    for text in ["yes", "sim", "ok", "START", "subscribe"] {
        assert_eq!(wrote(&[], text, 5), Effect::None, "{text}");
    }
}

#[test]
fn a_yes_counts_at_any_time_after_a_decline() {
    let events = [prompted(1), declined(2), Event::Wrote(at(3))];
    assert_eq!(yes(wrote(&events, "yes", 900_000)), Some((orders(), true)));
}

#[test]
fn a_yes_from_before_the_decline_does_not_lift_it() {
    let events = [prompted(1), declined(5)];
    assert_eq!(wrote(&events, "hello", 4), Effect::None);
    // Said to the prompt, before the no: still an answer, which the later no then overrules.
    let late = wrote(&[prompted(1), declined(5)], "yes", 4);
    assert_eq!(yes(late), None, "an answered prompt is not open");
}

#[test]
fn a_yes_counts_as_the_first_word_after_opting_out() {
    let out = [opted_out(ScopeSet::everything(), 1)];
    assert_eq!(yes(wrote(&out, "yes", 2)), Some((ScopeSet::everything(), false)));
    assert_eq!(yes(wrote(&out, "yes", 900_000)), Some((ScopeSet::everything(), false)));
}

/// A decline of the prompt.
fn declined(seconds: i64) -> Event {
    Event::PromptDeclined(orders(), at(seconds))
}

/// An opt-out of everything by e-mail.
fn opted_out_by_mail(seconds: i64) -> Event {
    let (id, channel) = (StatementId([1; 16]), Channel::Email.code());
    Event::OptOut(Voice::Own, ScopeSet::everything(), OptOut { at: at(seconds), id, channel })
}

#[test]
fn a_yes_after_opting_out_elsewhere_answers_nothing_but_the_confirmation() {
    let out = opted_out_by_mail(5);
    assert_eq!(wrote(std::slice::from_ref(&out), "yes", 6), Effect::None);
    assert_eq!(yes(wrote(std::slice::from_ref(&out), "START", 6)), Some((ScopeSet::everything(), false)));
    let told = |seconds| [out.clone(), Event::ConfirmedOut(at(seconds))];
    assert!(yes(wrote(&told(7), "yes", 8)).is_some());
    assert_eq!(wrote(&told(7), "yes", 7), Effect::None, "said before it was asked");
    assert_eq!(wrote(&told(4), "yes", 8), Effect::None, "the confirmation of another opt-out");
    let chat = [out.clone(), Event::ConfirmedOut(at(7)), Event::Wrote(at(8))];
    assert_eq!(wrote(&chat, "yes", 9), Effect::None, "the first word after it was another");
}

#[test]
fn a_yes_after_the_confirmation_counts_whatever_was_said_before_it() {
    let chat = [opted_out_by_mail(1), Event::Wrote(at(2)), Event::ConfirmedOut(at(3))];
    assert!(yes(wrote(&chat, "yes", 4)).is_some());
    let here = [opted_out(ScopeSet::everything(), 1), Event::Wrote(at(2)), Event::ConfirmedOut(at(3))];
    assert!(yes(wrote(&here, "yes", 4)).is_some());
}

#[test]
fn a_yes_that_quotes_an_earlier_prompt_answers_it() {
    let sent = |seconds, id: &str| Event::PromptSent(at(seconds), id.to_owned());
    let events = [sent(1, "p1"), sent(100, "p2"), sent(200, "p3")];
    for (quoted, answers) in [("p1", true), ("p2", true), ("p3", true), ("p4", false)] {
        let reply = Said { text: "yes", context_id: quoted, ..Said::default() };
        assert_eq!(yes(heard(&events, reply, 300)).is_some(), answers, "{quoted}");
    }
    // Said to the first before the second was sent, and heard after it.
    let early = Said { text: "yes", context_id: "p1", ..Said::default() };
    assert!(yes(heard(&events, early, 50)).is_some());
}

#[test]
fn a_yes_in_a_later_conversation_answers_somebody_else() {
    let events = [opted_out(ScopeSet::everything(), 1), Event::Wrote(at(2))];
    assert_eq!(wrote(&events, "yes", 3), Effect::None);
    assert_eq!(yes(wrote(&events, "START", 3)), Some((ScopeSet::everything(), false)), "start is no answer");
}

#[test]
fn a_yes_that_comes_again_does_not_do_what_it_did_not_do_before() {
    let out = opted_out(ScopeSet::everything(), 1);
    for last in [3, 4] {
        let events = [out.clone(), Event::Wrote(at(2)), Event::Wrote(at(last))];
        assert_eq!(wrote(&events, "yes", 3), Effect::None, "last message at {last}");
    }
}

#[test]
fn a_yes_after_opting_out_again_counts_again() {
    let events = [opted_out(ScopeSet::everything(), 5), Event::Wrote(at(2)), Event::Wrote(at(5))];
    assert!(yes(wrote(&events, "yes", 6)).is_some());
}

fn from<'a>(who: &'a Recipient, text: &'a str) -> Said<'a> {
    Said { text, who: Some(who), ..Said::default() }
}

#[test]
fn a_short_yes_of_one_language_counts_only_where_it_is_spoken() {
    let out = [opted_out(ScopeSet::everything(), 1)];
    for (word, home, away) in [
        ("Ja", "+49 151 1234567", "+34 612 345 678"),
        ("ja ja ja", "NL.1349", "ES.1349"),
        ("YA", "+62 812 3456 7890", "+52 55 1234 5678"),
        ("Ya por favor", "ID.1349", "MX.1349"),
        ("SIM", "+55 11 98404 1234", "+49 151 1234567"),
        ("oo", "+63 917 123 4567", "+1 650 555 1234"),
        ("haan", "+91 98765 43210", "+31 6 12345678"),
    ] {
        let [home, away] = [home, away].map(|who| Recipient::parse(who).unwrap());
        for events in [out.to_vec(), vec![prompted(1)], vec![prompted(1), declined(2)]] {
            assert!(yes(heard(&events, from(&home, word), 3)).is_some(), "{word} at home");
            assert_eq!(heard(&events, from(&away, word), 3), Effect::None, "{word} elsewhere");
            assert_eq!(wrote(&events, word, 3), Effect::None, "{word} from nobody knows where");
            assert!(yes(heard(&events, from(&away, "Yes"), 3)).is_some(), "an unmistakable yes");
        }
        let label = Said { button: "b1", button_text: word, context_id: PROMPT, ..Said::default() };
        assert!(
            yes(heard(&[prompted(1)], Said { who: Some(&away), ..label }, 2)).is_some(),
            "{word} on a button"
        );
    }
}

#[test]
fn what_looks_like_a_yes_without_its_accent_is_none() {
    let pole = Recipient::parse("+48 512 345 678").unwrap();
    let out = [opted_out(ScopeSet::everything(), 1)];
    for (events, text) in
        [(&out[..], "Co"), (&out[..], "أبداً"), (&out[..], "ابدا"), (&[prompted(1)][..], "Co")]
    {
        assert_eq!(heard(events, from(&pole, text), 2), Effect::None, "{text}");
    }
    assert_eq!(wrote(&[prompted(1)], "أبداً", 2), Effect::Declined);
    assert!(yes(wrote(&out, "có", 2)).is_some());
}

#[test]
fn every_yes_that_is_an_everyday_word_of_another_language_is_bound_to_a_place() {
    let bound: Vec<_> = home::words().collect();
    let clashes = crate::keywords::yes_words_of_other_uses();
    let unbound: Vec<_> = clashes.iter().filter(|word| !bound.contains(&word.as_str())).collect();
    assert!(unbound.is_empty(), "{unbound:?}");
    assert!(clashes.iter().any(|word| word == "ya"));
}

#[test]
fn a_yes_that_quotes_another_message_does_not_answer_a_prompt_whose_id_nobody_recorded() {
    let events = [Event::PromptSent(at(1), String::new())];
    let below = |button, text| {
        let (button_text, context_id) = (text, "wamid.appointment");
        heard(&events, Said { button, button_text, context_id, ..Said::default() }, 2)
    };
    assert_eq!(below("CONFIRM_APPOINTMENT", "Yes"), Effect::None);
    assert_eq!(below("b1", "Start"), Effect::None);
    assert_eq!(below("b1", "No"), Effect::Declined, "a no is taken for one");
    assert!(yes(wrote(&events, "Yes", 2)).is_some(), "what quotes nothing answers what was asked last");
}

#[test]
fn a_yes_to_a_prompt_for_everything_takes_back_what_was_declined_of_an_earlier_one() {
    let events = [prompted(1), declined(2)];
    let mut contact = Contact::default();
    for event in &events {
        contact.apply(event);
    }
    let all = accepted_scope(&contact, &ScopeSet::everything());
    assert_eq!(all.scopes(), [&[Scope::Everything], orders().scopes()].concat());
    let marketing = ScopeSet::category(Category::Marketing);
    assert_eq!(
        accepted_scope(&contact, &marketing),
        marketing,
        "what a narrower one does not ask for stays declined"
    );
}

#[test]
fn a_yes_of_the_same_instant_as_the_opt_out_is_no_opt_in() {
    assert_eq!(wrote(&[opted_out(ScopeSet::everything(), 2)], "yes", 2), Effect::None);
}

#[test]
fn a_yes_does_not_lift_an_opt_out_of_a_part() {
    let out = [opted_out(ScopeSet::category(Category::Marketing), 1)];
    assert_eq!(wrote(&out, "yes", 2), Effect::None);
}

#[test]
fn start_lifts_exactly_what_was_refused() {
    let marketing = ScopeSet::category(Category::Marketing);
    let out = [opted_out(marketing.clone(), 1), opted_out(orders(), 1)];
    let both = ScopeSet::of([marketing.scopes(), orders().scopes()].concat());
    assert_eq!(yes(wrote(&out, "START", 2)), Some((both, false)));
    assert_eq!(yes(wrote(&[Event::Held(at(1))], "START", 2)), Some((marketing, false)));
}

#[test]
fn start_lifts_no_stop_of_the_platform() {
    assert_eq!(wrote(&[Event::PlatformStop(at(1))], "START", 2), Effect::None);
}

#[test]
fn a_reply_to_the_prompt_answers_it_even_when_it_is_no_longer_open() {
    let events = [prompted(1), opted_out(ScopeSet::everything(), 2), Event::Wrote(at(3))];
    let reply = Said { text: "yes", context_id: PROMPT, ..Said::default() };
    assert_eq!(yes(heard(&events, reply, 4)), Some((orders(), true)));
    let other = Said { text: "yes", context_id: "wamid.other", ..Said::default() };
    assert_eq!(heard(&events, other, 4), Effect::None);
}

#[test]
fn a_no_that_quotes_the_prompt_declines_whatever_was_said_since() {
    let reply = Said { text: "No, sorry", context_id: PROMPT, ..Said::default() };
    let pressed = Said { button_text: "No", context_id: PROMPT, ..Said::default() };
    for voice in [Voice::Own, Voice::Asserted] {
        let events = [prompted(1), opted_in(voice, orders(), 2)];
        assert_eq!(heard(&events, reply, 3), Effect::Declined, "{voice:?}");
        assert_eq!(heard(&events, pressed, 3), Effect::Declined, "{voice:?}");
        let other = Said { context_id: "wamid.other", ..reply };
        assert_eq!(heard(&events, other, 3), Effect::None, "{voice:?}");
    }
}

#[test]
fn a_no_declines_though_the_business_answered_the_prompt_itself() {
    assert_eq!(wrote(&[prompted(1), opted_in(Voice::Asserted, orders(), 2)], "no", 3), Effect::Declined);
    assert_eq!(wrote(&[prompted(1), opted_in(Voice::Own, orders(), 2)], "no", 3), Effect::None);
}

#[test]
fn a_no_by_a_clock_behind_the_one_that_recorded_the_prompt_declines_it() {
    assert_eq!(wrote(&[prompted(1000)], "No, thanks", 880), Effect::Declined);
    assert_eq!(wrote(&[prompted(1000)], "No, thanks", 100), Effect::None);
}

#[test]
fn a_yes_that_quotes_the_prompt_answers_it_whatever_the_business_recorded_since() {
    let reply = Said { button_text: "Yes", context_id: PROMPT, ..Said::default() };
    let utility = ScopeSet::category(Category::Utility);
    let ways = [
        vec![prompted(1), opted_in(Voice::Asserted, utility.clone(), 2)],
        vec![prompted(1), opted_in(Voice::Own, utility, 2)],
        vec![prompted(1), opted_in(Voice::Own, orders(), 2), opted_out(ScopeSet::everything(), 3)],
    ];
    for events in ways {
        assert_eq!(yes(heard(&events, reply, 5)), Some((orders(), true)), "{events:?}");
    }
}

#[test]
fn an_unclear_refusal_declines_the_prompt_that_it_answers_and_holds_elsewhere() {
    assert_eq!(wrote(&[prompted(1)], "not interested", 2), Effect::Declined);
    assert!(matches!(wrote(&[], "not interested", 2), Effect::Held(_)));
}

#[test]
fn a_no_in_some_later_chat_declines_nothing_that_the_business_has_answered() {
    let day = 24 * 3600;
    let events = [prompted(1), opted_in(Voice::Asserted, orders(), day)];
    assert_eq!(wrote(&events, "no", 10 * day), Effect::None);
    assert_eq!(wrote(&[prompted(1)], "no", 10 * day), Effect::Declined);
}

#[test]
fn tak_is_a_yes_to_some_and_a_no_to_others_and_so_neither() {
    assert_eq!(wrote(&[prompted(1)], "Tak", 2), Effect::None);
}

#[test]
fn okay_lifts_no_refusal() {
    let refusals = [
        vec![opted_out(ScopeSet::everything(), 1)],
        vec![opted_in(Voice::Own, orders(), 1), opted_out(ScopeSet::everything(), 2)],
        vec![prompted(1), declined(2)],
    ];
    for events in refusals {
        for okay in [
            "Ok",
            "Okay thanks",
            "ok, gracias",
            "d'accord",
            "vale",
            "sure",
            "claro",
            "تمام",
            "y",
            "Confirm",
            "ठीक है",
        ] {
            assert_eq!(heard(&events, Said { text: okay, ..Said::default() }, 9), Effect::None, "{okay}");
        }
        assert!(yes(wrote(&events, "Yes, please", 9)).is_some());
    }
    for okay in ["Ok", "vale", "in Ordnung"] {
        assert_eq!(yes(wrote(&[prompted(1)], okay, 2)), Some((orders(), true)), "{okay}");
        let reply = Said { text: okay, context_id: PROMPT, ..Said::default() };
        let declined = [prompted(1), declined(2)];
        assert_eq!(yes(heard(&declined, reply, 3)), Some((orders(), true)), "{okay} to what it quotes");
    }
}

#[test]
fn an_empty_prompt_id_is_not_what_an_empty_context_replies_to() {
    let events =
        [Event::PromptSent(at(1), String::new()), opted_out(ScopeSet::everything(), 2), Event::Wrote(at(3))];
    assert_eq!(wrote(&events, "yes", 4), Effect::None);
}

#[test]
fn buttons_speak_before_the_text() {
    let pressed = Said { button: "STOP", text: "yes", ..Said::default() };
    assert_eq!(heard(&[prompted(1)], pressed, 2), Effect::OptOut("stop".to_owned(), Pressed::Button));
    let payload = Said { button: "OPT_OUT", ..Said::default() };
    assert!(matches!(heard(&[], payload, 2), Effect::OptOut(_, Pressed::Button)));
    let titled = Said { button: "b-17", button_text: "Yes", ..Said::default() };
    let effect = heard(&[prompted(1)], titled, 2);
    assert!(matches!(effect, Effect::OptIn { action: Action::Button, .. }));
}

#[test]
fn a_button_of_some_menu_lifts_nothing_and_one_made_for_it_does() {
    let out = [opted_out(ScopeSet::everything(), 1)];
    for label in ["Continue", "Join", "Start", "Continuar", "Продолжить"] {
        let menu = Said { button: "b1", button_text: label, context_id: "wamid.menu", ..Said::default() };
        assert_eq!(heard(&out, menu, 2), Effect::None, "{label}");
        let payload = Said { button: label, button_text: label, ..Said::default() };
        assert_eq!(heard(&out, payload, 2), Effect::None, "{label} as payload");
        let in_answer = Said { context_id: PROMPT, ..menu };
        assert!(yes(heard(&[prompted(1)], in_answer, 2)).is_some(), "{label} answers the prompt");
    }
    for payload in ["UNSTOP", "opt_in", "subscribe", "resubscribe", "OPT-IN"] {
        let made = Said { button: payload, button_text: "Messages again", ..Said::default() };
        assert_eq!(yes(heard(&out, made, 2)), Some((ScopeSet::everything(), false)), "{payload}");
    }
    assert!(yes(wrote(&out, "START", 2)).is_some(), "typed, it is meant");
}

#[test]
fn a_button_that_cancels_something_holds_marketing_and_stops_no_order() {
    for label in ["Cancel", "END", "Cancelar", "Salir"] {
        let pressed = Said { button: "b7", button_text: label, context_id: "wamid.menu", ..Said::default() };
        assert!(matches!(heard(&[], pressed, 2), Effect::Held(_)), "{label}");
        assert!(matches!(wrote(&[], label, 2), Effect::OptOut(..)), "{label} written alone");
    }
    let stop = Said { button: "b7", button_text: "Stop promotions", ..Said::default() };
    assert!(matches!(heard(&[], stop, 2), Effect::OptOut(..)));
}

#[test]
fn a_stop_counts_whatever_was_asked() {
    for events in [vec![], vec![prompted(1)], vec![opted_in(Voice::Own, ScopeSet::everything(), 1)]] {
        assert_eq!(wrote(&events, "Stop.", 2), Effect::OptOut("stop".to_owned(), Pressed::Typed));
    }
}

#[test]
fn an_unclear_refusal_holds_and_a_keyword_inside_a_sentence_does_nothing() {
    assert!(matches!(wrote(&[], "me deixa em paz", 2), Effect::Held(_)));
    assert_eq!(wrote(&[], "I will stop by the shop tomorrow", 2), Effect::None);
}

#[test]
fn what_the_business_asserts_does_not_end_a_decline() {
    let events = [prompted(1), declined(2), opted_in(Voice::Asserted, ScopeSet::everything(), 3)];
    assert_eq!(yes(wrote(&events, "yes", 4)), Some((orders(), true)), "there is still a decline to lift");
}

/// Words in a place that nobody knows may refuse, and nothing else.
#[test]
fn stray_words_refuse_and_do_nothing_else() {
    let stray = |words: &str| vec!["hello".to_owned(), words.to_owned()];
    let events = [prompted(0)];
    for words in ["yes", "no", "start", "subscribe"] {
        assert_eq!(
            heard(&events, Said { stray: &stray(words), ..Said::default() }, 1),
            Effect::None,
            "{words}"
        );
    }
    let refused = heard(&events, Said { text: "yes", stray: &stray("STOP"), ..Said::default() }, 1);
    assert_eq!(refused, Effect::OptOut("stop".to_owned(), Pressed::Typed));
    // What the row of a list says below its title is no refusal of who presses it.
    for below in ["You can stop at any time", "Reply STOP to opt out", "No spam, stop anytime"] {
        let row = Said { button: "b-1", button_text: "Yes", stray: &stray(below), ..Said::default() };
        assert!(matches!(heard(&events, row, 1), Effect::OptIn { .. }), "{below}");
    }
}
