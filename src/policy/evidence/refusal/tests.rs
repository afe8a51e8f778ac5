//! Wordings with a known answer.

use proptest::prelude::*;

use super::*;

fn refusal_in(wording: &str) -> Option<Refusal> {
    read(wording).refusal
}

const NO: &[&str] = &[
    "I hereby withdraw any consent for Shop A offers on WhatsApp",
    "I am opting out of Shop A offers on WhatsApp",
    "No offers from Shop A on WhatsApp please",
    "I never want to receive offers from Shop A on WhatsApp",
    "I do NOT give consent to offers on WhatsApp",
    "Do not contact me with offers on WhatsApp",
    "Shop A may not send me offers on WhatsApp",
    "Ich möchte von Shop A keine Angebote per WhatsApp erhalten",
    "Bitte keine Angebote von Shop A per WhatsApp",
    "Ich stimme nicht zu, Angebote von Shop A per WhatsApp zu erhalten",
    "Ich willige nicht ein, Angebote per WhatsApp zu erhalten",
    "No quiero que me envíen ofertas por WhatsApp",
    "Je ne veux pas d'offres de Shop A sur WhatsApp",
    "Je ne consens pas à recevoir des offres sur WhatsApp",
    "Non voglio offerte di Shop A su WhatsApp",
    "Ik wil van Shop A geen aanbiedingen via WhatsApp",
    "Я не хочу скидки в WhatsApp",
    "Do not send me messages or SMS",
    "Keine Werbung",
    "I dont want offers from Acme Shoes on WhatsApp",
    "I don't want any more WhatsApp messages",
    "I am not interested in offers of Acme Shoes on WhatsApp",
    "I am not interested",
    "I withdraw my consent to WhatsApp messages of Acme Shoes",
    "I do not agree",
    "I do not consent to marketing on WhatsApp",
    "Remove me from the WhatsApp list of Acme Shoes",
    "I object to receiving offers on WhatsApp",
    "Não quero mensagens da Acme no WhatsApp",
    "No quiero más mensajes de Acme por WhatsApp",
    "Je m'oppose aux messages WhatsApp d'Acme",
    "Ich widerspreche der Werbung über WhatsApp",
    "Non acconsento",
    "Stop sending me offers from Acme Shoes on WhatsApp",
    "Never send me offers on WhatsApp",
    "Opt out of WhatsApp marketing from Acme Shoes",
    "I want to unsubscribe from offers of Acme Shoes on WhatsApp",
    "Don't receive marketing from Acme Shoes on WhatsApp",
    "Untick to stop receiving offers on WhatsApp",
    "Acme Shoes WhatsApp offers: no thanks",
    "Não me envie ofertas no WhatsApp",
    "I do NOT want to receive offers on WhatsApp from Acme Shoes",
    "I don't want to receive offers on WhatsApp",
    "No, I don’t wish to receive messages from Acme Shoes.",
    "Tick this box if you do not want to receive offers on WhatsApp",
    "Please do not send me offers on WhatsApp",
    "I no longer wish to receive order updates on WhatsApp",
    "NÃO quero receber ofertas da Acme no WhatsApp",
    "Não desejo receber novidades",
    "No quiero recibir ofertas por WhatsApp",
    "No deseo recibir promociones",
    "Je ne souhaite pas recevoir d'offres sur WhatsApp",
    "Je ne veux plus recevoir vos messages",
    "Ich möchte keine Angebote von Acme über WhatsApp erhalten",
    "Nein, ich will keine Nachrichten empfangen.",
    "Non voglio ricevere offerte su WhatsApp",
    "Ik wil geen aanbiedingen via WhatsApp ontvangen",
    "WhatsApp'tan kampanya almak istemiyorum",
    "Saya tidak ingin menerima promosi di WhatsApp",
    "Я не хочу получать предложения в WhatsApp",
    "لا أريد استلام عروض على واتساب",
];

const YES: &[&str] = &[
    "Shop A will send appointment reminders on WhatsApp. Do not send me SMS instead.",
    "Keep me posted about my order from Shop A on WhatsApp. To stop, reply \"I no longer want to receive messages\".",
    "Receive offers on WhatsApp. No purchase necessary. No message fees apply.",
    "I agree to receive offers on WhatsApp. I can withdraw my consent at any time.",
    "Ich möchte Angebote per WhatsApp und nicht per E-Mail erhalten",
    "Ich stimme nicht zu, dass meine Daten verkauft werden. Angebote per WhatsApp erhalten: ja",
    "Shop A may not send me more than 4 offers a month on WhatsApp",
    "Je ne veux pas manquer les offres sur WhatsApp",
    "Receive offers on WhatsApp. I do not want to receive e-mails",
    "I do not agree to the sale of my data, and want offers on WhatsApp",
    "I don't want paper: send my invoices on WhatsApp",
    "I want no spam, only order updates on WhatsApp",
    "No quiero perderme las ofertas de Acme en WhatsApp",
    "If I object to marketing I reply STOP",
    "Receive offers on WhatsApp. Not interested any more? Reply STOP",
    "Receive offers on WhatsApp. Opt out of them at any time.",
    "Get offers from Acme Shoes on WhatsApp. Unsubscribe from them by replying STOP",
    "Receive offers on WhatsApp; opt out whenever you like",
    "I agree to receive offers on WhatsApp and can stop receiving them at any time",
    "Yes, I want to receive offers on WhatsApp from Acme Shoes. You can opt out at any time.",
    "Receive offers on WhatsApp from Acme Shoes. We will not share your number.",
    "I agree to receive offers. If I do not want to receive them any more, I reply STOP.",
    "Receive offers on WhatsApp. If at any time you do not wish to receive messages, reply STOP",
    "I don't want to miss offers: send them on WhatsApp",
    "I want to receive order updates on WhatsApp, not marketing",
    "Receive updates on WhatsApp; consent is not a condition of purchase",
    "You will not receive more than 4 messages a month on WhatsApp",
    "Do not reply with personal data. Receive offers on WhatsApp.",
    "Quero receber ofertas no WhatsApp. Caso não queira mais receber, envie SAIR.",
    "Quiero recibir ofertas. Si no quiero recibir más, respondo BAJA",
    "Je souhaite recevoir des offres. Vous pouvez vous désabonner à tout moment",
    "Ich möchte nicht nur Bestellungen, sondern auch Angebote erhalten",
    "Ich möchte keine Angebote verpassen und Neuigkeiten über WhatsApp erhalten",
    "Ich möchte Angebote erhalten. Wenn ich keine mehr erhalten möchte, schreibe ich STOPP",
    "Ich möchte keine E-Mails, sondern Angebote über WhatsApp erhalten",
    "Voglio ricevere offerte. Puoi disiscriverti quando vuoi",
    "Ik wil aanbiedingen via WhatsApp ontvangen, geen e-mail",
    "Хочу получать предложения в WhatsApp",
    "Saya ingin menerima promosi di WhatsApp",
];

#[test]
fn an_outright_no_is_read_in_each_language() {
    let missed: Vec<_> = NO.iter().filter(|text| refusal_in(text) != Some(Refusal::Whole)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_yes_with_another_no_in_it_is_none() {
    let wrong: Vec<_> = YES.iter().filter(|text| refusal_in(text).is_some()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_form_with_both_choices_refuses_beside_asking() {
    let form = "Yes, I want to receive offers on WhatsApp / No, I do not want to receive offers";
    assert_eq!(refusal_in(form), Some(Refusal::Beside));
}

proptest! {
    #[test]
    fn no_wording_panics_and_dress_does_not_matter(text in ".{0,200}", at in 0..NO.len()) {
        let _ = refusal_in(&text);
        if let Some(text) = NO.get(at) {
            let dressed = format!("  {}  !!", text.to_uppercase().replace(' ', "  "));
            prop_assert_eq!(refusal_in(&dressed), Some(Refusal::Whole));
        }
    }
}

#[test]
fn what_is_refused_is_told_from_the_rest() {
    assert_eq!(read("Send \"OFFERS\" to Shop A").rest, "send offers to shop a");
    let reading = read("Bestellstatus per WhatsApp. Ich möchte keine Werbung erhalten.");
    assert!(reading.of_marketing);
    assert_eq!(reading.rest, "bestellstatus per whatsapp");
    assert!(!read("I do not want to receive offers on WhatsApp").of_marketing);
    assert!(!read("Receive offers on WhatsApp").of_marketing);
}
