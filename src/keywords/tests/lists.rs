//! The tables themselves, and additions to them.

use std::collections::HashMap;

use super::{all_are, kind, read};
use crate::keywords::{
    ExtraWord, Intent, KeywordError, Keywords, MAX_EXTRA_CHARS, Operation, builtin_words, fold, phrases,
    words,
};

fn expected(operation: Operation) -> &'static str {
    kind(&operation.intent(String::new()))
}

fn extra(operation: Operation, text: &str) -> ExtraWord {
    ExtraWord { language: "xx".into(), operation, text: text.into() }
}

#[test]
fn every_word_is_read_as_its_operation_in_any_dress() {
    let mut wrong = Vec::new();
    for (language, operation, word) in builtin_words() {
        let upper = word.to_uppercase();
        let dressed = [
            word.to_owned(),
            upper.clone(),
            word.to_lowercase(),
            format!("  {word}.  "),
            format!("{word}!!!"),
            format!("*{upper}*"),
            format!("🙏 {word} 🙏🏽"),
            format!("“{word}”"),
            format!("please {word}"),
            format!("{word}, thank you"),
            format!("Hello! {word}. Thanks!"),
            format!("{word}\n{word}\n{word}"),
            format!("{word} {word} {word}"),
            format!("\u{200f}{word}\u{200b}"),
        ];
        for text in dressed {
            let intent = read(&text);
            if kind(&intent) != expected(operation) {
                wrong.push((language, text, intent));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_word_is_read_between_courtesies_of_its_language() {
    let mut wrong = Vec::new();
    for language in words::languages() {
        for (_, operation, word) in builtin_words().filter(|(tag, _, _)| *tag == language.tag) {
            for courtesy in words::entries(language.courtesy) {
                for text in [
                    format!("{courtesy} {word}"),
                    format!("{word}, {courtesy}!"),
                    format!("{courtesy}. {word}"),
                ] {
                    let intent = read(&text);
                    if kind(&intent) != expected(operation) {
                        wrong.push((text, intent));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_unequivocal_opt_out_is_read_before_a_code() {
    for language in words::languages() {
        for word in words::entries(language.opt_out) {
            assert_eq!(kind(&read(&format!("{word} 12345"))), "opt-out", "{word}");
        }
    }
}

#[test]
fn one_built_in_word_belongs_to_one_operation() {
    let mut seen: HashMap<String, Operation> = HashMap::new();
    for (_, operation, word) in builtin_words() {
        let key = fold::key(word).unwrap();
        assert!(!key.is_empty(), "{word}");
        let earlier = seen.insert(key, operation);
        assert!(earlier.is_none_or(|earlier| earlier == operation), "{word}: {earlier:?} and {operation:?}");
    }
}

#[test]
fn no_courtesy_is_a_keyword() {
    let keys: HashMap<_, _> = builtin_words().map(|(tag, _, word)| (fold::key(word).unwrap(), tag)).collect();
    for language in words::languages() {
        for courtesy in words::entries(language.courtesy) {
            assert_eq!(keys.get(&fold::key(courtesy).unwrap()), None, "{courtesy}");
            assert_eq!(read(courtesy), Intent::None, "{courtesy}");
        }
    }
}

#[test]
fn every_word_of_the_vocabularies_is_folded() {
    for word in phrases::vocabulary_words() {
        assert_eq!(fold::key(word).as_deref(), Some(word));
    }
}

#[test]
fn the_words_of_providers_are_all_there() {
    all_are(
        "opt-out",
        &[
            "STOP",
            "STOPALL",
            "UNSUBSCRIBE",
            "CANCEL",
            "END",
            "QUIT",
            "REVOKE",
            "OPTOUT",
            "opt out",
            "ARRET",
            "OPT-OUT",
            "REMOVE",
            "TD",
            "STOP ALL",
            "PARAR",
            "SAIR",
            "CANCELAR",
            "REMOVER",
            "DESCADASTRAR",
            "PARE",
            "BAJA",
            "SALIR",
            "DETENER",
            "no más",
            "no mas",
            "no enviar",
            "DESUSCRIBIR",
            "darme de baja",
            "no me escribas",
            "no quiero recibir mensajes",
            "arrêt",
            "arret",
            "arreter",
            "arrêter",
            "désabonner",
            "se désabonner",
            "ne plus m'envoyer",
            "stopp",
            "beenden",
            "Abbestellen",
            "Annulla iscrizione",
            "Afmelden",
            "iptal",
            "стоп",
            "Отписаться",
            "توقف",
            "وقف",
            "ايقاف",
            "إيقاف",
            "الغاء",
            "إلغاء",
            "الغاء الاشتراك",
            "لا تراسلني",
            "توقف عن المراسلة",
            "रोको",
            "रोक",
            "बंद",
            "बंद करो",
            "band karo",
            "bandh karo",
            "rok",
            "rokdo",
            "બંધ",
            "બંધ કરો",
            "बंदकरा",
            "நிறுத்து",
            "ఆపండి",
            "বন্ধ",
            "berhenti",
            "henti",
            "matikan",
            "hentikan",
            "cukup",
            "tidak mau lagi",
            "tumigil",
            "dung",
            "停止",
            "取消",
            "退订",
            "退訂",
            "キャンセル",
            "중지",
            "취소",
        ],
    );
    all_are(
        "opt-in",
        &[
            "START",
            "UNSTOP",
            "SUBSCRIBE",
            "CONTINUE",
            "RESUME",
            "BEGIN",
            "ALTA",
            "चालू करो",
            "shuru karo",
            "શરૂ કરો",
            "订阅",
            "訂閱",
        ],
    );
    all_are("yes", &["YES", "SIM", "OK", "CONFIRMO"]);
}

#[test]
fn an_added_word_is_read() {
    let keywords =
        Keywords::with_extras(&[extra(Operation::OptOut, "Zurück-Taste"), extra(Operation::Yes, "Jepp")])
            .unwrap();
    assert_eq!(keywords.read("bitte ZURÜCK TASTE!"), Intent::OptOut { keyword: "zuruck taste".into() });
    assert_eq!(keywords.read("jepp"), Intent::Yes { keyword: "jepp".into() });
    assert_eq!(keywords.read("jepp zurück taste links"), Intent::None);
    assert_eq!(keywords.read("STOP"), Intent::OptOut { keyword: "stop".into() });
}

#[test]
fn an_added_word_is_unknown_to_the_built_in_lists() {
    assert_eq!(read("zurück taste"), Intent::None);
}

#[test]
fn an_added_word_that_is_a_courtesy_counts() {
    let keywords = Keywords::with_extras(&[extra(Operation::OptOut, "goodbye")]).unwrap();
    assert_eq!(keywords.read("Goodbye!"), Intent::OptOut { keyword: "goodbye".into() });
}

#[test]
fn a_built_in_word_cannot_be_reassigned() {
    let errors = Keywords::with_extras(&[extra(Operation::OptIn, "Stop!")]).unwrap_err();
    let conflict = KeywordError::Conflict {
        language: "xx".into(),
        text: "Stop!".into(),
        wanted: Operation::OptIn,
        existing: Operation::OptOut,
    };
    assert_eq!(errors, [conflict]);
}

#[test]
fn a_built_in_word_can_be_named_again_for_its_own_operation() {
    assert!(Keywords::with_extras(&[extra(Operation::OptOut, "STOP")]).is_ok());
}

#[test]
fn all_errors_of_additions_come_at_once() {
    let long = "x".repeat(MAX_EXTRA_CHARS + 1);
    let endless = "x ".repeat(100_000);
    let errors = Keywords::with_extras(&[
        extra(Operation::OptOut, "!?"),
        extra(Operation::OptOut, &long),
        extra(Operation::OptOut, &endless),
        extra(Operation::OptOut, "pronto"),
        extra(Operation::Yes, "Prontó"),
        extra(Operation::No, "yes"),
    ])
    .unwrap_err();
    assert!(matches!(
        errors.as_slice(),
        [
            KeywordError::Empty { .. },
            KeywordError::TooLong { .. },
            KeywordError::TooLong { .. },
            KeywordError::Conflict { existing: Operation::OptOut, .. },
            KeywordError::Conflict { existing: Operation::Yes, .. },
        ]
    ));
}

#[test]
fn the_longest_allowed_addition_is_read() {
    let word = "ab".repeat(MAX_EXTRA_CHARS / 2);
    let keywords = Keywords::with_extras(&[extra(Operation::Ambiguous, &word)]).unwrap();
    assert_eq!(keywords.read(&word), Intent::Ambiguous { keyword: word });
}
