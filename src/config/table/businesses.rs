//! The settings of businesses, their numbers, words and templates.

use super::{Kind, Setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        path: "keywords",
        kind: Kind::List("list of words"),
        default: "[]",
        reason: "C03: words added to the built-in lists, for every sender. Inner levels add to outer ones; built-in words stay.",
    },
    Setting {
        path: "keywords[].language",
        kind: Kind::Text,
        default: "",
        reason: "Language of the word, as a BCP 47 tag.",
    },
    Setting {
        path: "keywords[].operation",
        kind: Kind::Word("`opt_out`, `ambiguous`, `opt_in`, `yes` or `no`"),
        default: "",
        reason: "What the word does when it is the whole message.",
    },
    Setting { path: "keywords[].text", kind: Kind::Text, default: "", reason: "The word or phrase." },
    Setting {
        path: "businesses",
        kind: Kind::List("list of businesses"),
        default: "[]",
        reason: "Who is spoken for. Without any, every sender is its own business.",
    },
    Setting {
        path: "businesses[].id",
        kind: Kind::Text,
        default: "",
        reason: "Permanent name: consent is stored under it.",
    },
    Setting {
        path: "businesses[].names",
        kind: Kind::List("list of texts"),
        default: "",
        reason: "B03: names that it shows to people; the wording of an opt-in must hold one of them. At least one.",
    },
    Setting {
        path: "businesses[].previous_ids",
        kind: Kind::List("list of names"),
        default: "[]",
        reason: "Ids under which its consents were stored before, so that these and its opt-outs go on to hold. Nothing is moved: they are read where they are, so that an id stays here for ever.",
    },
    Setting {
        path: "businesses[].portfolio",
        kind: Kind::Text,
        default: "",
        reason: "A23: the business portfolio it belongs to, when several businesses share one and its messaging limit. Without it a business is a portfolio by itself.",
    },
    Setting {
        path: "businesses[].policy",
        kind: Kind::Map,
        default: "",
        reason: "Settings of `policy` for this business; each one given wins over the general one.",
    },
    Setting {
        path: "businesses[].keywords",
        kind: Kind::List("list of words"),
        default: "[]",
        reason: "C03: further words for this business, as `keywords`.",
    },
    Setting {
        path: "businesses[].templates",
        kind: Kind::List("list of templates"),
        default: "[]",
        reason: "A11, A12: templates known without a webhook. What the platform tells later wins.",
    },
    Setting {
        path: "businesses[].templates[].account",
        kind: Kind::Text,
        default: "",
        reason: "WhatsApp Business Account that has it; any of the business's when not given.",
    },
    Setting { path: "businesses[].templates[].name", kind: Kind::Text, default: "", reason: "Its name." },
    Setting {
        path: "businesses[].templates[].language",
        kind: Kind::Text,
        default: "",
        reason: "Its language, as WhatsApp writes it (`en_US`).",
    },
    Setting {
        path: "businesses[].templates[].category",
        kind: Kind::Word("`marketing`, `utility` or `authentication`"),
        default: "",
        reason: "The platform's category of it.",
    },
    Setting {
        path: "businesses[].templates[].status",
        kind: Kind::Word("`approved`, `pending`, `rejected`, `paused`, `disabled` or `archived`"),
        default: "approved",
        reason: "Its state; a template listed by hand is normally one in use.",
    },
    Setting {
        path: "businesses[].senders",
        kind: Kind::List("list of numbers, or of maps"),
        default: "",
        reason: "Its numbers, at least one: `\"+15550001111\"`, or a map of what follows.",
    },
    Setting {
        path: "businesses[].senders[].id",
        kind: Kind::Text,
        default: "",
        reason: "Cloud API phone number ID; the number's digits when not given.",
    },
    Setting {
        path: "businesses[].senders[].number",
        kind: Kind::Text,
        default: "",
        reason: "The number in E.164. One of `id` and `number` is needed; with both, callers may use either.",
    },
    Setting {
        path: "businesses[].senders[].account",
        kind: Kind::Text,
        default: "",
        reason: "WhatsApp Business Account that it belongs to, for webhooks about the account.",
    },
    Setting {
        path: "businesses[].senders[].policy",
        kind: Kind::Map,
        default: "",
        reason: "Settings of `policy` for this number; each one given wins over the business's.",
    },
    Setting {
        path: "businesses[].senders[].keywords",
        kind: Kind::List("list of words"),
        default: "[]",
        reason: "C03: further words for this number, as `keywords`.",
    },
];
