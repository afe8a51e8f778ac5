//! Messages with a known answer.

use super::{all_are, read};
use crate::keywords::{Intent, Keywords};
use proptest::prelude::*;

#[test]
fn portuguese_requests_to_stop_are_opt_outs() {
    all_are(
        "opt-out",
        &[
            "pode parar de mandar mensagem",
            "pare de me enviar essas mensagens",
            "não quero mais receber nada de vocês",
            "me tira dessa lista",
            "quero cancelar a inscrição",
            "me descadastra aí",
            "SAIR!",
            "Parar.",
            "para de me mandar mensagem",
            "por favor, parem de enviar propaganda",
            "nao quero receber mais mensagens",
            "Não me mande mais mensagens, por favor",
            "quero sair da lista",
            "gostaria de me descadastrar",
            "nunca mais me mande nada",
        ],
    );
}

#[test]
fn portuguese_talk_of_stopping_something_else_is_nothing() {
    all_are(
        "none",
        &[
            "tem como parar a dor?",
            "quero cancelar o pedido",
            "posso sair antes das 15h?",
            "vocês vão parar no feriado?",
            "o remédio fez a dor parar",
            "quero parar o tratamento por enquanto",
            "quero cancelar a consulta",
            "não quero cancelar a inscrição",
            "não pare de mandar mensagem",
            "pode mandar mensagem para mim",
            "não recebi a mensagem",
            "não consigo abrir a lista",
            "quero receber mensagens",
        ],
    );
}

#[test]
fn portuguese_outbursts_are_for_a_person() {
    all_are(
        "ambiguous",
        &[
            "me deixa em paz",
            "já disse que não quero",
            "para com isso",
            "Para",
            "não quero mais",
            "não tenho interesse",
        ],
    );
}

#[test]
fn a_switch_of_channel_is_no_opt_out() {
    all_are(
        "none",
        &[
            "não quero receber ligação, só whatsapp",
            "não quero receber ligação só whatsapp",
            "don't call me, only whatsapp",
            "no quiero llamadas, solo whatsapp",
        ],
    );
}

#[test]
fn english_requests_to_stop_are_opt_outs() {
    all_are(
        "opt-out",
        &[
            "stop sending me messages",
            "Please stop sending me these messages!",
            "please remove me from your list",
            "Remove my number from your list, thanks",
            "don't message me any more",
            "Do not contact me again.",
            "don’t text me",
            "I don't want to receive any more messages from you",
            "I no longer wish to receive messages",
            "no more messages please",
            "stop messaging me",
            "Stop the spam",
            "I want to unsubscribe",
            "unsubscribe me from this list",
            "please opt me out of these messages",
            "cancel my subscription",
            "take me off your list",
            "never message me again",
            "No, stop messaging me",
            "Could you please stop texting me",
            "end my subscription",
            "no promos",
            "don't keep sending me ads",
            "quit spamming me",
        ],
    );
}

#[test]
fn english_talk_of_something_else_is_nothing() {
    all_are(
        "none",
        &[
            "don't stop",
            "Do not unsubscribe me",
            "please don't stop sending me messages",
            "I don't want to unsubscribe",
            "unstoppable",
            "bus stop",
            "stop by the shop",
            "non-stop",
            "non stop",
            "nonstop flight",
            "which stop do I get off at?",
            "please cancel my appointment",
            "cancel my order",
            "stop the treatment",
            "can I end the call early",
            "I did not receive your message",
            "I don't receive your messages",
            "I can't receive messages",
            "I have no messages from you",
            "you can send me messages",
            "is the weekend ok",
            "stop sending the invoices to my old address",
            "never stop",
            "quit smoking",
            "I will start on Monday",
            "yes the blue one",
            "ok see you at the stop",
            "no problem",
            "thanks",
            "yes cancel?",
            "did you get my message",
            "please send me a message",
            "no I want messages",
            "remove the stain",
            "the end of the list",
            "take care",
            "leave a message",
            "cancel the delivery",
            "I will be off on holiday and cannot text",
            "Is your stop near the bank?",
            "No. I want to keep my subscription",
            "my subscription",
            "drop me a message",
            "please stop on the way",
            "take the list",
            "I need your number and name",
            "I never got the messages",
            "I don't need a doctor",
            "not now, tomorrow",
            "send more offers",
            "",
            "   ",
            "👍",
            "?!",
        ],
    );
}

#[test]
fn english_doubtful_refusals_are_for_a_person() {
    all_are(
        "ambiguous",
        &[
            "STOP?",
            "leave me alone",
            "I am not interested",
            "STOP I am not interested",
            "I said stop",
            "stop it",
            "I already told you I don't want this",
            "stop sending me messages about shoes",
            "I have told you many times already, stop sending me messages or I will go to the police",
            "STOP, I have moved abroad",
            "can you stop sending me messages?",
            "how do I stop these messages?",
            "wrong number",
            "stop 2",
            "cancel 48213",
            "start, stop",
            "yes cancel",
            "no, cancel",
            "no stop",
            "no promos, only order updates",
        ],
    );
}

#[test]
fn spanish_phrases_are_read() {
    all_are(
        "opt-out",
        &[
            "no quiero recibir más mensajes",
            "darme de baja",
            "quiero darme de baja por favor",
            "deja de enviarme mensajes",
            "dejen de mandarme publicidad",
            "no me envíen más mensajes",
            "no me escriban más",
            "sáquenme de la lista",
            "quiero cancelar la suscripción",
            "no más mensajes",
            "bórrenme de su lista por favor",
        ],
    );
    all_are(
        "none",
        &[
            "quiero cancelar el pedido",
            "la temperatura baja por la noche y no quiero salir",
            "no quiero darme de baja",
            "deja un mensaje",
            "no dejes de enviarme mensajes",
            "para mañana",
            "¿puedo salir antes?",
            "no puedo recibir mensajes",
            "mensaje para mi",
        ],
    );
    all_are("ambiguous", &["no quiero", "déjenme en paz", "no me interesa", "Basta"]);
}

#[test]
fn french_phrases_are_read() {
    all_are(
        "opt-out",
        &[
            "arrêtez de m'envoyer des messages",
            "Arrêtez de m’envoyer des messages svp",
            "je ne veux plus recevoir de messages",
            "ne m'envoyez plus de messages",
            "n'envoyez plus de messages",
            "ne m'écrivez plus",
            "désabonnez-moi",
            "je veux me désabonner",
            "retirez-moi de votre liste",
            "supprimez mon numéro de votre liste",
            "merci d'arrêter les messages",
        ],
    );
    all_are(
        "none",
        &[
            "je veux annuler ma commande",
            "n'arrêtez pas",
            "l'arrêt de bus",
            "ne me désabonnez pas",
            "je ne peux pas recevoir vos messages",
            "où est l'arrêt ?",
        ],
    );
    all_are("ambiguous", &["laissez-moi tranquille", "je ne veux pas", "ça suffit"]);
}

#[test]
fn german_phrases_are_read() {
    all_are(
        "opt-out",
        &[
            "bitte keine Nachrichten mehr",
            "Ich möchte keine Nachrichten mehr erhalten",
            "Schicken Sie mir keine Nachrichten mehr",
            "Schreiben Sie mir nicht mehr",
            "Hören Sie auf, mir zu schreiben",
            "hör auf mir Nachrichten zu schicken",
            "Bitte streichen Sie mich von der Liste",
            "nehmt mich aus dem Verteiler",
            "Melden Sie mich bitte ab",
            "Ich will mich abmelden",
            "Keine Werbung mehr!",
            "AUFHÖREN",
        ],
    );
    all_are(
        "none",
        &[
            "ich möchte den Termin absagen",
            "Bestellung stornieren bitte",
            "nicht abmelden",
            "hör nicht auf",
            "ich kann keine Nachrichten empfangen",
            "ich möchte von Ihnen hören",
            "wir stoppen die Behandlung",
        ],
    );
    all_are("ambiguous", &["kein Interesse", "lasst mich in Ruhe", "ich will nicht mehr", "es reicht"]);
}

#[test]
fn dress_does_not_matter() {
    all_are(
        "opt-out",
        &[
            "Stop. Thank you",
            "STOP 12345",
            "STOP STOP STOP",
            "stop!!!",
            "Stop! Stop! Please stop!",
            "*STOP*",
            "_stop_",
            "'stop'",
            "ＳＴＯＰ",
            "𝐒𝐓𝐎𝐏",
            "s.t.o.p",
            "S T O P",
            "stoooop",
            "STOPPPP!!",
            "s\u{200b}to\u{200d}p",
            "\u{feff}STOP\u{202c}",
            "stop 🛑🛑 ™️",
            "stop\nstop",
            "Hi, please stop, thanks",
            "OK stop",
            "No. Stop.",
            "Opt-Out",
            "stop / parar",
            "opt out opt out",
            "İPTAL",
            "ıptal",
            "arre\u{302}t",
            "إيقـــاف",
            "إِيقَاف",
            "ايقاف",
            "请停止，谢谢",
            "配信停止してください。",
            "ｷｬﾝｾﾙ",
            "중지해주세요",
            "수신 거부",
            "कृपया बंद करो 🙏",
        ],
    );
    let angry = format!("STOP{}", "!".repeat(3000));
    let many = "stop ".repeat(500);
    all_are("opt-out", &[&angry, &many]);
}

#[test]
fn the_keyword_is_reported_folded() {
    assert_eq!(read("  Please, ARRÊTER!! "), Intent::OptOut { keyword: "arreter".into() });
    assert_eq!(read("Stop. Thank you"), Intent::OptOut { keyword: "stop".into() });
}

#[test]
fn a_phrase_is_reported_without_the_persons_other_words() {
    let intent = read("stop sending me horrible messages, says Maria Oliveira");
    assert_eq!(intent, Intent::Ambiguous { keyword: "stop sending me messages".into() });
}

#[test]
fn words_unsafe_alone_have_their_stated_meaning() {
    all_are(
        "no",
        &[
            "NO",
            "no thanks",
            "No, gracias",
            "não",
            "não, obrigado",
            "nein danke",
            "нет",
            "いいえ",
            "no no no",
        ],
    );
    all_are(
        "yes",
        &[
            "OK",
            "yes",
            "Yes please",
            "sim",
            "Sí",
            "oui merci",
            "ja",
            "confirmo",
            "yes, I agree",
            "네",
            "हाँ जी हाँ".get(..9).unwrap(),
        ],
    );
    all_are("opt-out", &["end", "cancel", "取消", "취소"]);
    all_are("ambiguous", &["para", "band"]);
    all_are("opt-in", &["START", "unstop", "Subscribe", "alta", "darme de alta", "订阅", "चालू करो"]);
}

#[test]
fn a_question_is_no_answer() {
    all_are("none", &["yes?", "ok?", "start?", "cancel?", "no?", "para?", "¿sí?", "取消？"]);
}

#[test]
fn a_yes_and_a_no_together_are_nothing() {
    all_are("none", &["yes, no", "no, start", "yes 3"]);
}

#[test]
fn an_accent_that_changes_the_word_is_heeded() {
    all_are("opt-out", &["dừng", "dung", "DỪNG"]);
    all_are("yes", &["đúng", "Đúng rồi ạ", "ja"]);
    all_are("none", &["já", "Já!"]);
}

#[test]
fn vowel_signs_of_indic_scripts_tell_words_apart() {
    all_are("opt-out", &["रोको", "நிறுத்து", "বন্ধ", "ఆపండి", "બંધ"]);
    // "Rice", "what kind" and other words that share the consonants alone.
    all_are("none", &["रका", "நறத", "বনধ", "బడ", "બાંધ"]);
}

#[test]
fn a_long_text_is_nothing_whatever_it_begins_with() {
    let long = format!("STOP {}", "lorem ipsum dolor ".repeat(300));
    let huge = "stop ".repeat(200_000);
    let marks = format!("a{}", "\u{301}".repeat(500_000));
    let solid = "न".repeat(350_000);
    all_are("none", &[&long, &huge, &marks, &solid]);
}

/// Words that belong to no vocabulary and no list.
const ORDINARY: [&str; 16] = [
    "river",
    "window",
    "yellow",
    "kitchen",
    "cachorro",
    "janela",
    "ventana",
    "zapato",
    "fenêtre",
    "jardin",
    "Fenster",
    "Garten",
    "treatment",
    "doctor",
    "tomorrow",
    "elephant",
];

fn ordinary() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&ORDINARY[..]), 1..12)
}

fn opt_out_word() -> impl Strategy<Value = &'static str> {
    let words: Vec<_> = crate::keywords::builtin_words()
        .filter(|(_, operation, _)| *operation == crate::keywords::Operation::OptOut)
        .map(|(_, _, word)| word)
        .collect();
    prop::sample::select(words)
}

proptest! {
    #[test]
    fn reading_never_panics(text in any::<String>()) {
        let _ = Keywords::builtin().read(&text);
    }

    #[test]
    fn reading_mixed_scripts_never_panics(text in "[a-zA-ZßİığéÀ-ž\u{300}-\u{310}अ-ह\u{93c}-\u{94d}أ-ي\u{64b}-\u{652}가-힣ぁ-ヿ停止取消 ?!.,'’\\-\u{200b}-\u{200f}0-9]{0,80}") {
        let _ = Keywords::builtin().read(&text);
    }

    #[test]
    fn a_keyword_inside_a_sentence_is_no_opt_out(before in ordinary(), word in opt_out_word(), after in ordinary()) {
        let sentence = format!("{} {word} {}", before.join(" "), after.join(" "));
        let intent = read(&sentence);
        let is_opt_out = matches!(intent, Intent::OptOut { .. });
        prop_assert!(!is_opt_out, "{sentence}: {intent:?}");
    }

    #[test]
    fn a_keyword_inside_a_word_is_nothing(word in opt_out_word(), before in "[bgkx]{2,5}", after in "[bgkx]{2,5}") {
        prop_assert_eq!(read(&format!("{before}{word}{after}").replace([' ', '-', '\''], "")), Intent::None);
    }
}
