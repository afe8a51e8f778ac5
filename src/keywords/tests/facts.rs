//! Messages with a known answer.

use super::{all_are, read};
use crate::keywords::{Intent, Keywords};
use proptest::prelude::*;

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
    let spaces = format!("STOP{}", " \n".repeat(35_000));
    all_are("opt-out", &[&spaces]);
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
        &["OK", "yes", "Yes please", "sim", "Sí", "oui merci", "ja", "confirmo", "yes, I agree", "네", "हाँ"],
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
    all_are("yes", &["có", "Có ạ"]);
    all_are("none", &["co", "Co!", "có?"]);
    all_are("opt-in", &["ابدأ", "ابدأ من فضلك", "اِبدأ"]);
    all_are("no", &["أبداً", "أبدا", "أبدًا", "أبداً!"]);
    all_are("none", &["ابدا", "ابداً", "ابدأ؟"]);
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

#[test]
fn words_of_the_field_are_opt_outs() {
    all_are(
        "opt-out",
        &[
            "หยุด",
            "หยุดครับ",
            "ยกเลิกค่ะ",
            "กรุณาหยุดส่งข้อความ",
            "ไม่ต้องส่งมาอีกนะคะ",
            "ΣΤΟΠ",
            "Διαγραφή",
            "ΔΕΝ ΘΕΛΩ ΜΗΝΥΜΑΤΑ",
            "Απεγγραφή, ευχαριστώ",
            "הסר",
            "הסר בבקשה",
            "הסירו אותי!",
            "ביטול מנוי",
            "WYPISZ",
            "wypisz mnie, proszę",
            "rezygnuję",
            "REZYGNUJE",
            "Nie chcę więcej wiadomości!",
            "отказ",
            "Отказ!",
            "unsuscribe",
            "Unsubcribe please",
            "desubscribir",
            "darme de vaja",
            "désabonement svp",
        ],
    );
}

#[test]
fn words_of_the_field_in_another_use_are_none() {
    all_are(
        "none",
        &[
            "ร้านหยุดวันไหนครับ",
            "ขอยกเลิกออเดอร์ 1234",
            "ยกเลิกแล้ว",
            "สมัครงานที่ไหนได้บ้างคะ",
            "Πότε σταματήστε να δέχεστε παραγγελίες;",
            "Θέλω ακύρωση της παραγγελίας μου",
            "אפשר להסיר את הבצל מההזמנה?",
            "ביטול הזמנה 1234 בבקשה אם אפשר היום",
            "Chcę anulować zamówienie",
            "rezygnuję z dostawy, odbiorę osobiście",
            "Как оформить отказ от товара?",
            "отказ от доставки оформили вчера",
            "how many people unsubscribed from it last year?",
        ],
    );
}
