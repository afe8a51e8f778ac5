//! Each rule of recording, by name.

use super::*;
use crate::model::{Millis, Topic, evidence::Jurisdiction, scope::Scope};
use crate::policy::JurisdictionRules;

const TEXT: &str =
    "Yes, I want to receive order updates and offers on WhatsApp at +1 650 555 1234 from Acme Shoes.";

fn evidence() -> Evidence {
    let mut evidence =
        Evidence::new(Method::Website, Action::BoxChecked, "Acme Shoes".to_owned(), TEXT.to_owned());
    evidence.displayed_number = "+1 650 555 1234".to_owned();
    evidence.source_uri = "https://acme.example/checkout".to_owned();
    evidence
}

fn marketing() -> ScopeSet {
    ScopeSet::category(Category::Marketing)
}

fn assess_with(rules: &Rules, names: &[&str], scope: &ScopeSet, evidence: &Evidence) -> Assessment {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let claims = Claims { rules, business_names: &names, general_permission: false };
    let recipient = Recipient::parse("16505551234").unwrap();
    assess(&claims, &recipient, scope, evidence, Time::from_seconds(1_700_000_000).unwrap(), None)
}

fn assessed(scope: &ScopeSet, evidence: &Evidence) -> Assessment {
    assess_with(&Rules::default(), &["Acme Shoes"], scope, evidence)
}

fn errors(assessment: &Assessment) -> Vec<(&'static str, &'static str)> {
    assessment.errors.iter().map(|error| (error.rule, error.field)).collect()
}

fn findings(assessment: &Assessment) -> Vec<(&'static str, &'static str)> {
    assessment.findings.iter().map(|finding| (finding.rule, finding.field)).collect()
}

#[test]
fn sound_evidence_has_neither_errors_nor_findings() {
    let assessment = assessed(&marketing(), &evidence());
    assert_eq!((errors(&assessment), findings(&assessment)), (vec![], vec![]));
}

#[test]
fn b02_wording_that_does_not_name_whatsapp_is_refused() {
    let text = "Receive order updates and offers at 16505551234 from Acme Shoes";
    let weak = Evidence { disclosure_text: text.to_owned(), ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &weak)), [("B02", "evidence.disclosure_text")]);
}

#[test]
fn b02_a_general_permission_may_be_set_to_suffice() {
    let text = "Receive order updates and offers at 16505551234 from Acme Shoes";
    let weak = Evidence { disclosure_text: text.to_owned(), ..evidence() };
    let rules = Rules::default();
    let claims = Claims { rules: &rules, business_names: &[], general_permission: true };
    let recipient = Recipient::parse("16505551234").unwrap();
    let assessment = assess(&claims, &recipient, &marketing(), &weak, Time::EPOCH, None);
    assert!(assessment.errors.is_empty());
}

#[test]
fn b02_without_wording_the_request_must_have_mentioned_whatsapp() {
    let silent = Evidence { disclosure_text: String::new(), ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &silent)), [("B02", "evidence.disclosure_text")]);
    let said = Evidence { mentions_whatsapp: true, ..silent };
    assert_eq!(errors(&assessed(&marketing(), &said)), []);
}

#[test]
fn b04_wording_that_refuses_is_no_opt_in() {
    let no = TEXT.replace("Yes, I want", "No, I do NOT want");
    let refusing = Evidence { disclosure_text: no.clone(), ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &refusing)), [("B04", "evidence.disclosure_text")]);
    let form = Evidence { disclosure_text: format!("{TEXT} / {no}"), ..evidence() };
    let assessment = assessed(&marketing(), &form);
    assert_eq!(
        (errors(&assessment), findings(&assessment)),
        (vec![], vec![("B04", "evidence.disclosure_text")])
    );
    let careful = Evidence { disclosure_text: format!("{TEXT} You can opt out at any time."), ..evidence() };
    assert_eq!(findings(&assessed(&marketing(), &careful)), []);
}

#[test]
fn b03_another_business_name_is_refused() {
    let other = Evidence {
        business_name: "Other Shop".to_owned(),
        disclosure_text: TEXT.replace("Acme Shoes", "Other Shop"),
        ..evidence()
    };
    assert_eq!(errors(&assessed(&marketing(), &other)), [("B03", "evidence.business_name")]);
}

#[test]
fn b03_wording_without_the_business_name_is_refused() {
    let nameless = Evidence { disclosure_text: TEXT.replace("Acme Shoes", "us"), ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &nameless)), [("B03", "evidence.disclosure_text")]);
    let empty = Evidence { business_name: String::new(), ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &empty)), [("B03", "evidence.business_name")]);
}

#[test]
fn b03_the_business_is_named_with_particles_and_marks_too() {
    use super::wording::contains_name;
    for (wording, name) in [
        ("Shop A의 할인 소식을 WhatsApp으로 받겠습니다", "Shop A"),
        ("WhatsApp으로 Shop A에서 보내는 소식", "Shop A"),
        ("Shop A로부터 메시지를 받습니다", "Shop A"),
        ("Shop A는 WhatsApp으로", "Shop A"),
        ("한빛상점의 소식", "한빛상점"),
        ("אני רוצה לקבל הודעות מShop A", "Shop A"),
        ("הודעות מהחנות שלנו", "החנות"),
        ("Receive offers from Shop A™ on WhatsApp", "Shop A"),
        ("Shop A® offers", "Shop A"),
    ] {
        assert!(contains_name(wording, name), "{wording}");
    }
    for (wording, name) in [
        ("Shop Atlas offers", "Shop A"),
        ("Workshop A offers", "Shop A"),
        ("한빛상점관 소식", "한빛상점"),
        ("", "Shop A"),
    ] {
        assert!(!contains_name(wording, name), "{wording}");
    }
}

#[test]
fn b03_an_unconfigured_business_is_named_by_its_evidence() {
    assert!(assess_with(&Rules::default(), &[], &marketing(), &evidence()).errors.is_empty());
}

#[test]
fn b04_a_scope_wider_than_the_wording_is_refused() {
    let narrow = Evidence { disclosure_text: TEXT.replace(" and offers", ""), ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &narrow)), [("B04", "scope")]);
    assert_eq!(errors(&assessed(&ScopeSet::everything(), &narrow)), [("B04", "scope")]);
    assert_eq!(errors(&assessed(&ScopeSet::category(Category::Utility), &narrow)), []);
}

#[test]
fn b04_wording_that_names_no_kind_is_a_finding_and_strictly_an_error() {
    let text = "I want to receive messages on WhatsApp at +1 650 555 1234 from Acme Shoes.";
    let vague = Evidence { disclosure_text: text.to_owned(), ..evidence() };
    assert_eq!(findings(&assessed(&marketing(), &vague)), [("B04", "evidence.disclosure_text")]);
    let strict = Rules { strict_evidence: true, ..Rules::default() };
    let assessment = assess_with(&strict, &["Acme Shoes"], &marketing(), &vague);
    assert_eq!(errors(&assessment), [("B04", "evidence.disclosure_text")]);
}

#[test]
fn b04_topics_are_the_businesss_own_words_and_not_compared() {
    let topic = ScopeSet::of(vec![Scope::Topic(Topic::parse("vip_club").unwrap())]);
    assert_eq!(errors(&assessed(&topic, &evidence())), []);
}

#[test]
fn b05_another_form_than_the_recommended_one_is_a_finding() {
    let text = "Acme Shoes offers on WhatsApp? Tick here.";
    let other = Evidence { disclosure_text: text.to_owned(), ..evidence() };
    assert_eq!(findings(&assessed(&marketing(), &other)), [("B05", "evidence.disclosure_text")]);
}

#[test]
fn b05_the_form_is_read_in_other_languages() {
    let text = "Quero receber ofertas no WhatsApp pelo número 5511987654321 da Acme Shoes";
    let pt = Evidence { disclosure_text: text.to_owned(), displayed_number: String::new(), ..evidence() };
    assert_eq!(findings(&assessed(&marketing(), &pt)), [("B06", "evidence.displayed_number")]);
}

#[test]
fn b06_another_number_than_the_consented_one_is_refused() {
    let other = Evidence { displayed_number: "+1 650 555 9999".to_owned(), ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &other)), [("B06", "evidence.displayed_number")]);
    let garbage = Evidence { displayed_number: "call me".to_owned(), ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &garbage)), [("B06", "evidence.displayed_number")]);
}

#[test]
fn b07_other_methods_need_a_description() {
    let other = Evidence { method: Method::Other, ..evidence() };
    assert_eq!(errors(&assessed(&marketing(), &other)), [("B07", "evidence.method_description")]);
    let described = Evidence { method_description: "trade fair terminal".to_owned(), ..other };
    assert_eq!(errors(&assessed(&marketing(), &described)), []);
}

#[test]
fn b09_evidence_that_cannot_be_looked_up_is_a_finding() {
    let bare = Evidence {
        disclosure_text: String::new(),
        source_uri: String::new(),
        mentions_whatsapp: true,
        ..evidence()
    };
    assert!(findings(&assessed(&marketing(), &bare)).contains(&("B09", "evidence.source_uri")));
}

#[test]
fn b10_a_jurisdiction_may_ask_for_age_and_second_confirmation_and_limit_validity() {
    let germany = JurisdictionRules {
        code: "DE".to_owned(),
        validity: Some(Millis::days(30)),
        quiet_hours: None,
        double_opt_in: true,
        minimum_age: 16,
    };
    let rules = Rules { jurisdictions: vec![germany], ..Rules::default() };
    let here = Evidence { jurisdiction: Jurisdiction::parse("DE"), ..evidence() };
    let assessment = assess_with(&rules, &["Acme Shoes"], &marketing(), &here);
    assert_eq!(errors(&assessment), [("B10", "evidence.double_opt_in_at"), ("B10", "evidence.age_years")]);
    let now = Time::from_seconds(1_700_000_000).unwrap();
    let sound = Evidence { double_opt_in_at: Some(now), age_years: 30, ..here };
    let assessment = assess_with(&rules, &["Acme Shoes"], &marketing(), &sound);
    assert_eq!(errors(&assessment), []);
    assert_eq!(assessment.expires_at, Some(now + Millis::days(30)));
    let before = Evidence { double_opt_in_at: Some(now - Millis::new(1)), ..sound };
    let assessment = assess_with(&rules, &["Acme Shoes"], &marketing(), &before);
    assert_eq!(errors(&assessment), [("B10", "evidence.double_opt_in_at")]);
}

#[test]
fn b14_an_sms_that_only_invited_is_no_opt_in() {
    for method in [Method::Sms, Method::Email] {
        let invited = Evidence { method, action: Action::SpokenYes, ..evidence() };
        assert_eq!(errors(&assessed(&marketing(), &invited)), [("B14", "evidence.action")]);
        let answered = Evidence { method, action: Action::KeywordReply, ..evidence() };
        assert_eq!(errors(&assessed(&marketing(), &answered)), []);
    }
}

#[test]
fn every_field_named_is_listed() {
    let source = include_str!("../evidence.rs");
    for field in FIELDS {
        assert!(source.contains(field));
    }
}

#[test]
fn b04_marketing_may_be_refused_beside_what_the_scope_has() {
    let utility = ScopeSet::category(Category::Utility);
    for text in [
        "Bestellstatus per WhatsApp: Shop A informiert mich über meine Bestellung und Lieferung. Ich möchte keine \
         Werbung erhalten.",
        "Je veux suivre ma commande Shop A sur WhatsApp. Je ne veux pas recevoir de publicité.",
        "Ja, bitte senden Sie mir Lieferupdates von Shop A auf WhatsApp. Keine Werbung.",
        "Shop A will send appointment reminders on WhatsApp. Do not send me SMS instead.",
        "Keep me posted about my order from Shop A on WhatsApp. To stop, reply \"I no longer want to receive \
         messages\".",
    ] {
        let said =
            Evidence { disclosure_text: text.to_owned(), business_name: "Shop A".to_owned(), ..evidence() };
        let assessed = |scope: &ScopeSet| errors(&assess_with(&Rules::default(), &[], scope, &said));
        assert_eq!(assessed(&utility), [], "{text}");
        assert!(!assessed(&marketing()).is_empty(), "{text}");
        assert!(!assessed(&ScopeSet::everything()).is_empty(), "{text}");
    }
}

#[test]
fn scripts_without_spaces_name_businesses_and_kinds() {
    let said = |text: &str, category| {
        let said =
            Evidence { disclosure_text: text.to_owned(), business_name: "Shop A".to_owned(), ..evidence() };
        errors(&assess_with(&Rules::default(), &[], &ScopeSet::category(category), &said))
    };
    assert_eq!(said("我同意通过WhatsApp接收Shop A的优惠信息", Category::Marketing), []);
    assert_eq!(said("我同意通过WhatsApp接收Shop A的订单信息", Category::Utility), []);
    assert_eq!(said("我同意通过WhatsApp接收Shop A的验证码", Category::Authentication), []);
    assert_eq!(said("我同意通过WhatsApp接收Shop A的验证码", Category::Marketing), [("B04", "scope")]);
    let other = [("B03", "evidence.disclosure_text")];
    assert_eq!(said("我同意通过WhatsApp接收Shop Ab的优惠信息", Category::Marketing), other);
}

#[test]
fn b04_marketing_that_the_wording_rules_out_is_not_named() {
    for said in [
        "Receive order updates, but no marketing messages, from Acme Shoes on WhatsApp",
        "Receive order updates from Acme Shoes on WhatsApp. We never send advertising.",
        "Receive order updates from Acme Shoes on WhatsApp. This is not marketing.",
        "Receive order updates from Acme Shoes on WhatsApp - without any marketing",
        "Receive order updates from Acme Shoes on WhatsApp. You will not receive promotions.",
        "Receive order updates only, not offers, from Acme Shoes on WhatsApp",
        "Bestell-Updates von Acme Shoes per WhatsApp erhalten, keine Werbung",
    ] {
        let worded = Evidence { disclosure_text: said.to_owned(), ..evidence() };
        let refused = |scope: &ScopeSet| errors(&assessed(scope, &worded)).contains(&("B04", "scope"));
        assert!(refused(&marketing()), "{said}");
        assert!(refused(&ScopeSet::everything()), "{said}");
        assert!(!refused(&ScopeSet::category(Category::Utility)), "{said}");
    }
    for said in [
        "Never miss our offers: receive them and order updates from Acme Shoes on WhatsApp",
        "Not only order updates but offers too: receive them from Acme Shoes on WhatsApp",
        "No purchase necessary. Receive offers from Acme Shoes on WhatsApp",
    ] {
        let worded = Evidence { disclosure_text: said.to_owned(), ..evidence() };
        assert_eq!(errors(&assessed(&marketing(), &worded)), [], "{said}");
    }
}

#[test]
fn b02_whatsapp_is_named_in_other_scripts_too() {
    for name in ["واتساب", "ватсап", "וואטסאפ", "왓츠앱", "व्हाट्सएप", "ワッツアップ", "WhatsApp", "Whats App"]
    {
        let text = format!("Receive order updates and offers by {name} at 16505551234 from Acme Shoes");
        let worded = Evidence { disclosure_text: text, ..evidence() };
        assert!(
            !errors(&assessed(&marketing(), &worded)).contains(&("B02", "evidence.disclosure_text")),
            "{name}"
        );
    }
}

#[test]
fn b04_what_is_not_to_be_missed_is_named_and_a_way_out_is_no_refusal() {
    for said in [
        "Sign up for Acme Shoes deals on WhatsApp. To stop receiving messages, reply STOP.",
        "Get Acme Shoes offers on WhatsApp. To unsubscribe from offers, text STOP.",
        "Offers from Acme Shoes on WhatsApp: reply YES to subscribe or NO THANKS",
        "Verpassen Sie keine Angebote: von Acme Shoes per WhatsApp",
        "Keine Angebote verpassen mit Acme Shoes auf WhatsApp",
        "Lass dir keine Angebote von Acme Shoes auf WhatsApp entgehen",
        "No te pierdas ninguna oferta de Acme Shoes en WhatsApp",
        "Non lasciarti sfuggire le offerte di Acme Shoes su WhatsApp",
        "Non-stop deals from Acme Shoes on WhatsApp",
    ] {
        let worded = Evidence { disclosure_text: said.to_owned(), ..evidence() };
        assert_eq!(errors(&assessed(&marketing(), &worded)), [], "{said}");
    }
}
