//! Reading whether the wording of an opt-in request says no ("I do NOT want to receive …"). Only what the person says of
//! receiving counts, and only outright: "you can opt out at any time", "we will not share" and "if I no longer want to
//! receive them" are in good wordings too.

use super::wording::{contains_phrase, fold, names_messages, receives};

/// A no by itself, up to the word for receiving.
const REFUSALS: [&str; 56] = [
    "i do not want to receive",
    "i don t want to receive",
    "i dont want to receive",
    "i do not wish to receive",
    "i don t wish to receive",
    "i do not agree to receive",
    "i don t agree to receive",
    "i do not consent to receive",
    "i do not consent to receiving",
    "i no longer want to receive",
    "i no longer wish to receive",
    "i do not want to get",
    "i don t want to get",
    "i would not like to receive",
    "i would rather not receive",
    "i prefer not to receive",
    "i refuse to receive",
    "do not send me",
    "don t send me",
    "box if you do not",
    "box if you don t",
    "box if you would prefer not",
    "box if you would rather not",
    "here if you do not",
    "here if you don t",
    "nao quero receber",
    "nao quero mais receber",
    "nao desejo receber",
    "nao aceito receber",
    "nao concordo em receber",
    "nao autorizo receber",
    "nao gostaria de receber",
    "no quiero recibir",
    "no deseo recibir",
    "no acepto recibir",
    "no autorizo recibir",
    "no me gustaria recibir",
    "ne veux pas recevoir",
    "ne veux plus recevoir",
    "ne souhaite pas recevoir",
    "ne souhaite plus recevoir",
    "n accepte pas de recevoir",
    "refuse de recevoir",
    "non voglio ricevere",
    "non desidero ricevere",
    "non accetto di ricevere",
    "non acconsento a ricevere",
    "almak istemiyorum",
    "tidak ingin menerima",
    "tidak mau menerima",
    "tidak setuju menerima",
    "не хочу получать",
    "не желаю получать",
    "не согласен получать",
    "не согласна получать",
    "لا اريد استلام",
];

/// Where the word for receiving stands at the end: how a no begins.
const REFUSALS_BEFORE: [&str; 11] = [
    "ich mochte keine",
    "ich mochte nicht",
    "ich mochte keinerlei",
    "ich will keine",
    "ich will nicht",
    "ich wunsche keine",
    "mochte ich keine",
    "mochte ich nicht",
    "ik wil geen",
    "ik wil niet",
    "ik wens geen",
];

/// Where the messages themselves stand next, or nothing more: a no to them. "I don't want to miss" is none, and "I do not
/// agree to the sale of my data" is one to something else.
const REFUSALS_OF: [&str; 47] = [
    "i do not want",
    "i don t want",
    "i dont want",
    "i want no",
    "i want no more",
    "i no longer want",
    "i am not interested in",
    "i m not interested in",
    "i am not interested",
    "i m not interested",
    "i do not agree to",
    "i do not agree",
    "i don t agree",
    "i do not consent to",
    "i do not consent",
    "i don t consent",
    "i do not accept",
    "i withdraw my consent",
    "i withdraw my consent to",
    "i revoke my consent",
    "i object to",
    "i object",
    "i decline",
    "i refuse",
    "remove me from",
    "take me off",
    "no quiero",
    "no deseo",
    "no acepto",
    "no estoy de acuerdo",
    "no me interesa",
    "no me interesan",
    "retiro mi consentimiento",
    "nao quero",
    "nao aceito",
    "nao concordo",
    "nao tenho interesse em",
    "retiro meu consentimento",
    "je refuse",
    "je m oppose",
    "je retire mon consentement",
    "ich widerspreche",
    "ich widerrufe",
    "ich lehne",
    "kein interesse an",
    "non accetto",
    "non acconsento",
];

/// Words between such a no and what it is said to.
const BETWEEN: [&str; 46] = [
    "any", "more", "your", "the", "these", "those", "this", "such", "to", "all", "from", "of", "further",
    "please", "mas", "sus", "tus", "las", "los", "ningun", "ninguna", "mais", "suas", "seus", "as", "os",
    "nenhuma", "nenhum", "les", "vos", "aux", "a", "de", "der", "den", "dem", "die", "jeder", "ab", "piu",
    "le", "i", "e", "business", "getting", "list",
];

/// How a clause begins that takes back, of what is received; "opt out at any time" is in good wordings, too.
const TAKES_BACK: [&str; 26] = [
    "stop sending",
    "stop receiving",
    "stop getting",
    "stop messaging",
    "never send",
    "never message",
    "never receive",
    "opt out of",
    "opt me out",
    "unsubscribe from",
    "unsubscribe me",
    "do not receive",
    "don t receive",
    "no longer receive",
    "pare de enviar",
    "parar de receber",
    "nao me envie",
    "nao me mande",
    "deje de enviar",
    "dejar de recibir",
    "no me envie",
    "no me envien",
    "arretez de",
    "ne m envoyez",
    "schickt mir keine",
    "senden sie mir keine",
];

/// What may stand before that, with the same meaning.
const LEADING: [&str; 20] = [
    "please", "yes", "no", "i", "want", "to", "would", "like", "wish", "tick", "untick", "uncheck", "check",
    "click", "tap", "here", "box", "this", "por", "favor",
];

/// A no by itself, whatever it is said to.
const NO_THANKS: [&str; 6] =
    ["no thanks", "no thank you", "nao obrigado", "no gracias", "non merci", "nein danke"];

/// A way out that is offered, not taken.
const OFFERED: [&str; 8] = [
    "any time",
    "anytime",
    "any moment",
    "by replying",
    "by sending",
    "reply",
    "qualquer momento",
    "cualquier momento",
];

/// What makes a "no" in the same clause a case that may come, or no "no" at all.
const CONDITIONS: [&str; 26] = [
    "if",
    "when",
    "whenever",
    "should",
    "once",
    "unless",
    "until",
    "si",
    "cuando",
    "se",
    "caso",
    "quando",
    "quand",
    "lorsque",
    "wenn",
    "falls",
    "sobald",
    "als",
    "indien",
    "wanneer",
    "если",
    "когда",
    "jika",
    "apabila",
    "kalau",
    "eger",
];

/// What makes a "not" no refusal: not only, not to be missed.
const ONLY: [&str; 4] = ["nicht nur", "verpassen", "niet alleen", "missen"];

/// How a wording refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing else in it asks to receive anything.
    Whole,
    /// Something else in it does: both choices of a form, perhaps.
    Beside,
}

/// How a wording refuses, if it does.
pub(super) fn refusal_in(wording: &str) -> Option<Refusal> {
    let clauses: Vec<String> = wording.split(ends_clause).map(fold).filter(|c| !c.is_empty()).collect();
    let asks = clauses.iter().any(|clause| !refuses(clause) && receives(clause));
    clauses.iter().any(|clause| refuses(clause)).then_some(if asks {
        Refusal::Beside
    } else {
        Refusal::Whole
    })
}

fn ends_clause(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '/' | '|' | '\n' | '–' | '—' | '،' | '؟')
}

fn refuses(clause: &str) -> bool {
    if ONLY.iter().any(|phrase| contains_phrase(clause, phrase)) {
        return false;
    }
    let outright = |phrase: &&str| {
        clause.split_once(*phrase).is_some_and(|(before, _)| {
            let offered = phrase.contains(" if ");
            contains_phrase(clause, phrase) && (offered || !conditional(before))
        })
    };
    let around = |phrase: &&str| {
        contains_phrase(clause, phrase)
            && clause
                .split_once(*phrase)
                .is_some_and(|(before, after)| !conditional(before) && receives(after))
    };
    let of_messages = |phrase: &&str| {
        contains_phrase(clause, phrase)
            && clause
                .split_once(*phrase)
                .is_some_and(|(before, after)| !conditional(before) && is_about_messages(after))
    };
    REFUSALS.iter().any(outright)
        || REFUSALS_OF.iter().any(of_messages)
        || REFUSALS_BEFORE.iter().any(around)
        || takes_back(clause)
}

/// True when the messages are all that follows, or what follows first.
fn is_about_messages(after: &str) -> bool {
    let mut words = after.split(' ').filter(|word| !word.is_empty());
    words
        .find(|word| !BETWEEN.contains(word))
        .is_none_or(|word| word != "sale" && (names_messages(word) || receives(word)))
}

fn takes_back(clause: &str) -> bool {
    let contains = |phrase: &&str| contains_phrase(clause, phrase);
    if NO_THANKS.iter().any(contains) {
        return true;
    }
    let said = clause.split(' ').skip_while(|word| LEADING.contains(word)).collect::<Vec<_>>().join(" ");
    let begins = |phrase: &&str| {
        said.strip_prefix(*phrase).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    TAKES_BACK.iter().any(begins) && !OFFERED.iter().any(contains) && !conditional(clause)
}

fn conditional(before: &str) -> bool {
    before.split(' ').any(|word| CONDITIONS.contains(&word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NO: [&str; 42] = [
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

    const YES: [&str; 30] = [
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
}
