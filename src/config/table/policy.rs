//! The settings of the rules: the same under `policy`, `businesses[].policy` and `businesses[].senders[].policy`.

use super::{Kind, Setting};

const TEMPLATE_CATEGORIES: Kind = Kind::List("list of `marketing`, `utility`, `authentication`");

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        path: "policy.shadow",
        kind: Kind::List("list of rules, such as `A20`"),
        default: "[]",
        reason: "Rules that are evaluated, counted and traced, but not enforced: to see what a rule would do before it does.",
    },
    Setting {
        path: "policy.window_margin",
        kind: Kind::Duration,
        default: "0s",
        reason: "A08: taken off the end of the customer service window, for the time that sending takes. Without it the window is the platform's 24 hours.",
    },
    Setting {
        path: "policy.free_form_requires_opt_in",
        kind: Kind::Flag,
        default: "false",
        reason: "A08: replies need an opt-in too. The source documents ask it of templates only; some API pages of the platform ask it of every message.",
    },
    Setting {
        path: "policy.reply_after_opt_out",
        kind: Kind::Flag,
        default: "false",
        reason: "A05: allow a free-form reply to someone who wrote again after opting out. Stricter by default: no means no until they opt in.",
    },
    Setting {
        path: "policy.window_covers_templates",
        kind: TEMPLATE_CATEGORIES,
        default: "[]",
        reason: "A15: categories whose templates need no opt-in inside the window. None, since writing to a business is no opt-in; the platform itself asks for one outside the window only.",
    },
    Setting {
        path: "policy.escalation_required",
        kind: Kind::Flag,
        default: "true",
        reason: "A10: an automated reply must offer a way to a human, as the platform's business policy asks.",
    },
    Setting {
        path: "policy.require_known_templates",
        kind: Kind::Flag,
        default: "false",
        reason: "A11: refuse templates that neither `templates` nor a webhook has told of. Off, since nobody has told of any at first.",
    },
    Setting {
        path: "policy.permitted_categories",
        kind: Kind::List("list of `marketing`, `utility`, `authentication`, `service`"),
        default: "[marketing, utility, authentication, service]",
        reason: "A13: categories that may be sent. Service replies are always permitted.",
    },
    Setting {
        path: "policy.marketing_pauses",
        kind: Kind::List("list of pauses"),
        default: "[{country: US, from: 2025-04-01}]",
        reason: "A13: pauses of marketing by country. By default the platform's own pause for US numbers since 1 April 2025, which has no end yet.",
    },
    Setting {
        path: "policy.marketing_pauses[].country",
        kind: Kind::Word("`US`"),
        default: "",
        reason: "The country; the platform pauses only the United States.",
    },
    Setting {
        path: "policy.marketing_pauses[].from",
        kind: Kind::Time,
        default: "",
        reason: "In force from.",
    },
    Setting {
        path: "policy.marketing_pauses[].until",
        kind: Kind::Time,
        default: "",
        reason: "In force until; open when not given.",
    },
    Setting {
        path: "policy.strict_evidence",
        kind: Kind::Flag,
        default: "false",
        reason: "A16, B05: evidence must have the recommended form, and weak evidence does not count. Off, since the form is recommended, not required.",
    },
    Setting {
        path: "policy.general_permission",
        kind: Kind::Flag,
        default: "false",
        reason: "B02: accept wordings that do not name WhatsApp. The source documents ask for the name; newer platform policy accepts a general permission where the law does.",
    },
    Setting {
        path: "policy.opt_in_prompt.enabled",
        kind: Kind::Flag,
        default: "false",
        reason: "A18: this sender asks for opt-in on WhatsApp. Off, since most sources want opt-in elsewhere first.",
    },
    Setting {
        path: "policy.opt_in_prompt.disclosure_text",
        kind: Kind::Text,
        default: "",
        reason: "A18: the prompt's wording, kept as evidence when someone accepts. Needed where prompts are enabled.",
    },
    Setting {
        path: "policy.opt_in_prompt.scope.categories",
        kind: TEMPLATE_CATEGORIES,
        default: "[]",
        reason: "A18: categories that accepting opts in to. No category and no topic means everything.",
    },
    Setting {
        path: "policy.opt_in_prompt.scope.topics",
        kind: Kind::List("list of topics"),
        default: "[]",
        reason: "A18: topics that accepting opts in to.",
    },
    Setting {
        path: "policy.opt_in_prompt.again_after",
        kind: Kind::Duration,
        default: "24h",
        reason: "A18: time before an unanswered prompt may be repeated. At most once every 24 hours, so never shorter.",
    },
    Setting {
        path: "policy.not_on_whatsapp_for",
        kind: Kind::Duration,
        default: "30d",
        reason: "A03: how long someone is believed not to be on WhatsApp without a sign of life. People join; a month is soon enough to try again.",
    },
    Setting {
        path: "policy.undeliverable_for",
        kind: Kind::Duration,
        default: "24h",
        reason: "A03: the same after error 131026, which may have other causes; hence shorter.",
    },
    Setting {
        path: "policy.quiet_hours",
        kind: Kind::Map,
        default: "none",
        reason: "A20: when marketing rests, in the recipient's time zone; `none` takes an outer level's away. None by default: the laws that ask for them exempt messages sent with consent.",
    },
    Setting {
        path: "policy.quiet_hours.start",
        kind: Kind::TimeOfDay,
        default: "",
        reason: "Start of the quiet time.",
    },
    Setting {
        path: "policy.quiet_hours.end",
        kind: Kind::TimeOfDay,
        default: "",
        reason: "End of the quiet time; earlier than its start when it spans midnight.",
    },
    Setting {
        path: "policy.time_zone",
        kind: Kind::Text,
        default: "none",
        reason: "A20: the sender's IANA time zone, for recipients whose own is unknown. Without it these have no quiet hours.",
    },
    Setting {
        path: "policy.jurisdictions",
        kind: Kind::List("list of jurisdictions"),
        default: "[]",
        reason: "A20, B10: what single laws ask for, by the jurisdiction recorded with the opt-in. A subdivision's entry wins over its country's.",
    },
    Setting {
        path: "policy.jurisdictions[].code",
        kind: Kind::Text,
        default: "",
        reason: "ISO 3166 code of a country or subdivision: `BR`, `US-CA`.",
    },
    Setting {
        path: "policy.jurisdictions[].validity",
        kind: Kind::Duration,
        default: "",
        reason: "How long an opt-in is valid; for ever when not given.",
    },
    Setting {
        path: "policy.jurisdictions[].quiet_hours",
        kind: Kind::Map,
        default: "",
        reason: "Quiet hours in place of the general ones.",
    },
    Setting {
        path: "policy.jurisdictions[].quiet_hours.start",
        kind: Kind::TimeOfDay,
        default: "",
        reason: "Start of the quiet time.",
    },
    Setting {
        path: "policy.jurisdictions[].quiet_hours.end",
        kind: Kind::TimeOfDay,
        default: "",
        reason: "End of the quiet time.",
    },
    Setting {
        path: "policy.jurisdictions[].double_opt_in",
        kind: Kind::Flag,
        default: "false",
        reason: "An opt-in counts only once it was confirmed a second time.",
    },
    Setting {
        path: "policy.jurisdictions[].minimum_age",
        kind: Kind::Count,
        default: "0",
        reason: "The least stated age in years; 0 for none.",
    },
    Setting {
        path: "policy.cool_off",
        kind: Kind::Duration,
        default: "24h",
        reason: "A25: how long marketing rests after the platform held a message back (131049). It asks for at least 24 hours, so never shorter.",
    },
    Setting {
        path: "policy.contacts_only",
        kind: Kind::Flag,
        default: "false",
        reason: "A28: write only to people the business already knows.",
    },
];
