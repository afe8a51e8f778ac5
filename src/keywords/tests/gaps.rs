//! Refusals that are long, disguised, of consent itself, or in a language that is read by lists.

use super::{all_are, kind, read};
use crate::keywords::Keywords;

/// Fails with every text that is not at least held for a person's look.
#[track_caller]
fn all_are_held(texts: &[&str]) {
    let wrong: Vec<_> = texts
        .iter()
        .map(|text| (text, read(text)))
        .filter(|(_, intent)| !matches!(kind(intent), "opt-out" | "ambiguous"))
        .collect();
    assert!(wrong.is_empty(), "neither opt-out nor ambiguous: {wrong:#?}");
}

#[test]
fn a_refusal_at_either_end_of_a_long_message_is_for_a_person() {
    let words = "river window yellow kitchen ".repeat(10);
    let pages = "river window yellow kitchen. ".repeat(400);
    all_are(
        "ambiguous",
        &[
            &format!("STOP. {words}"),
            &format!("{words}. STOP"),
            &format!("STOP. {pages}"),
            &format!("{pages} STOP"),
            &format!("Hello! Stop! {words}"),
            &format!("Please stop sending me messages. {words}"),
            &format!("Please stop sending me messages {words}"),
            &format!("{words}. Please stop sending me messages"),
            &format!("{pages}\nPlease stop sending me messages"),
            &format!("STOP{}x", "\n".repeat(4100)),
            "Unsubscribe\n--\nMaria Oliveira\nHead of kitchen windows, Yellow River Ltd\nTelephone 020 7946 0000",
        ],
    );
    all_are(
        "none",
        &[
            &format!("Cancel. {words}"),
            &format!("{words} stop {words}"),
            &format!("stop {words}"),
            &format!("{words} stop"),
            &format!("yes. {words}"),
            &format!("{pages} no"),
            &format!("{pages}. yes"),
            &format!("start. {pages}"),
        ],
    );
}

#[test]
fn a_word_with_decoration_alone_is_an_opt_out_however_long() {
    all_are(
        "opt-out",
        &[
            &"stop please ".repeat(30),
            &format!("{}stop", "stop please ".repeat(30)),
            &format!("STOP{}", "!".repeat(5000)),
            &format!("STOP{}", "😡".repeat(4100)),
            &format!("STOP{}", "\n.".repeat(4100)),
        ],
    );
}

#[test]
fn who_takes_consent_back_opts_out() {
    all_are(
        "opt-out",
        &[
            "I withdraw my consent",
            "I revoke my consent",
            "I revoke my consent to receive messages",
            "I object to marketing",
            "Ich widerrufe meine Einwilligung",
            "Ich ziehe meine Einwilligung zurück",
            "Ich widerspreche",
            "Ich widerspreche der Werbung",
            "Retiro mi consentimiento",
            "Revoco mi consentimiento",
            "Je retire mon consentement",
            "Revogo meu consentimento",
            "Retiro meu consentimento",
            "Revoco il consenso",
            "Ik trek mijn toestemming in",
            "Отзываю согласие",
            "Cofam zgodę",
        ],
    );
    all_are("none", &["Retiro en tienda", "I do not object", "Ik trek mijn jas uit", "Ritiro in negozio"]);
}

#[test]
fn more_english_refusals_are_held() {
    all_are_held(&[
        "wrong number stop",
        "stop wrong number",
        "stop or I report you",
        "Stop or I'll call the police",
        "You do not have my permission to text me",
        "I no longer wish to hear from you",
        "Please delete me from your contacts",
    ]);
    all_are(
        "none",
        &[
            "stop or go",
            "I want to hear from you",
            "no quiero stop",
            "delete the contacts of the window cleaner",
        ],
    );
}

#[test]
fn italian_and_dutch_phrases_are_read() {
    all_are(
        "opt-out",
        &[
            "Non voglio più ricevere messaggi",
            "non voglio più messaggi",
            "niente messaggi",
            "Interrompi promozioni",
            "smettete di mandarmi messaggi",
            "non inviatemi più pubblicità",
            "toglietemi dalla lista",
            "vorrei disiscrivermi",
            "non contattatemi più",
            "Ik wil geen berichten meer ontvangen",
            "stuur mij geen berichten meer",
            "Haal mij van de lijst",
            "Ik wil mij afmelden",
            "stop met het sturen van berichten",
            "verwijder mijn nummer uit de lijst",
        ],
    );
    all_are(
        "none",
        &[
            "voglio annullare l'ordine",
            "non ho ricevuto messaggi",
            "non posso ricevere messaggi",
            "non ho nessun messaggio",
            "basta la carta d'identità per il ritiro?",
            "dove si ferma l'autobus?",
            "niente di grave",
            "non voglio aspettare",
            "ik heb geen berichten",
            "ik kan geen berichten ontvangen",
            "ik krijg geen berichten meer",
            "stuur mij meer berichten",
            "ik wil de bestelling annuleren",
            "de bus stopt hier niet",
            "ik wil geen telefoontjes, alleen whatsapp",
            "geen probleem",
        ],
    );
}

#[test]
fn common_sentences_of_listed_languages_are_held() {
    all_are_held(&[
        "не присылайте мне сообщения",
        "Отписаться от рассылки",
        "удалите меня из рассылки",
        "proszę nie wysyłać mi wiadomości",
        "Μην μου στέλνετε μηνύματα",
        "θέλω διαγραφή",
        "Bana mesaj atmayın",
        "لا اريد استقبال رسائل",
        "توقف عن إرسال الرسائل",
        "תפסיקו לשלוח הודעות",
        "请不要再给我发信息",
        "不要再給我發訊息",
        "문자 보내지 마",
        "ไม่รับข่าวสาร",
        "saya tidak mau menerima pesan",
        "Tôi không muốn nhận tin nhắn",
        "कृपया संदेश भेजना बंद करें",
        "wag na po kayo mag text",
        "Interromper promoções",
        "plus de pub",
    ]);
}

#[test]
fn letters_of_another_look_are_read() {
    all_are(
        "opt-out",
        &[
            "SТОР",
            "ЅТОР",
            "ꜱᴛᴏᴘ",
            "🆂🆃🅾🅿",
            "🆂🆃🅾\u{fe0f}🅿\u{fe0f}",
            "🆂 🆃 🅾 🅿",
            "🅢🅣🅞🅟",
            "🅂🅃🄾🄿",
            "🇸 🇹 🇴 🇵",
            "st0p",
            "5T0P!",
            "stopstop",
            "StopStopStop",
            "cтоп",
            "stop 🅿\u{fe0f}",
            "stop 🇧🇷",
        ],
    );
    all_are("ambiguous", &["🛑", "🛑🛑🛑", "🛑 please"]);
    all_are(
        "none",
        &["но", "рот", "сто", "топор", "потоп", "μην", "🅿\u{fe0f}", "🇧🇷", "🙏", "stop0ver", "bonbon"],
    );
}

#[test]
fn a_refusal_beside_the_name_of_the_business_is_for_a_person() {
    let named = Keywords::builtin().naming(&["Shop A".to_owned(), "Example Store".to_owned()]);
    for text in ["STOP Shop A", "stop Example Store!", "Unsubscribe from Shop A", "Shop A stop, please"] {
        assert_eq!(kind(&named.read(text)), "ambiguous", "{text}");
    }
    for text in [
        "stop by the shop",
        "cancel Shop A",
        "stop at Shop A on the way",
        "Shop A",
        "stop Shop A?",
        "bus stop",
    ] {
        assert_eq!(kind(&named.read(text)), "none", "{text}");
    }
}
