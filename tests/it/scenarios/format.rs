//! The form of the scenario files. Every word is the contract's word in lower case, without the prefix of its
//! enumeration; times are RFC 3339, or `+` or `-` and a length, from the scenario's start.

use std::collections::BTreeMap;

use sendgate::model::{Millis, Time};
use serde::Deserialize;

/// One scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// The rules it is about; the first is the one it is named after.
    pub(crate) rules: Vec<String>,
    #[serde(default = "default_start")]
    pub(crate) start: String,
    /// The configuration file; without `businesses` it gets the one that most scenarios use.
    #[serde(default)]
    pub(crate) settings: String,
    #[serde(default = "default_sender")]
    pub(crate) sender: String,
    #[serde(default = "default_recipient")]
    pub(crate) recipient: String,
    pub(crate) steps: Vec<Step>,
}

/// One step: a time, one thing that happens then, and what is expected of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    /// When; the clock is set to it. None = the time of the step before.
    pub(crate) at: Option<String>,
    pub(crate) check: Option<Check>,
    pub(crate) consent: Option<Consent>,
    pub(crate) opt_out: Option<OptOut>,
    pub(crate) prompt: Option<Prompt>,
    pub(crate) inbound: Option<Inbound>,
    pub(crate) confirmation: Option<Confirmation>,
    pub(crate) block: Option<Block>,
    pub(crate) settle_hold: Option<Whom>,
    pub(crate) contact: Option<ContactStep>,
    pub(crate) link: Option<Link>,
    pub(crate) erase: Option<Whom>,
    /// The reservation that was made last is given back.
    pub(crate) release: bool,
    /// What only the platform's webhooks tell.
    pub(crate) webhook: Option<Webhook>,
    /// How the store behaves from now on: `none`, `unavailable`, `corrupt`.
    pub(crate) fault: Option<String>,
    pub(crate) expect: Expect,
}

/// `CheckSendRequest`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Check {
    pub(crate) sender: Option<String>,
    pub(crate) recipient: Option<String>,
    /// Default: `template`.
    pub(crate) kind: Option<String>,
    /// Default: what the contract has for the kind; `marketing` for templates.
    pub(crate) category: Option<String>,
    pub(crate) topic: String,
    pub(crate) template: String,
    pub(crate) template_language: String,
    pub(crate) automated: bool,
    pub(crate) human_escalation: bool,
    /// Counted when allowed; asked once only.
    pub(crate) reserve: bool,
}

/// Whom a step is about, and under which key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Whom {
    pub(crate) sender: Option<String>,
    pub(crate) recipient: Option<String>,
    pub(crate) occurred_at: Option<String>,
    pub(crate) key: String,
}

/// `RecordConsentRequest`: what is not given is that of a sound opt-in on a web site.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Consent {
    pub(crate) who: Whom,
    /// Categories, and topics as `topic:orders`; none = everything.
    pub(crate) scope: Vec<String>,
    pub(crate) method: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) business_name: Option<String>,
    pub(crate) disclosure_text: Option<String>,
    pub(crate) displayed_number: Option<String>,
    pub(crate) mentions_whatsapp: bool,
    pub(crate) source_uri: Option<String>,
    pub(crate) jurisdiction: Option<String>,
    pub(crate) method_description: String,
    pub(crate) double_opt_in_at: Option<String>,
    pub(crate) age_years: u32,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) expires_at: Option<String>,
    pub(crate) time_zone: Option<String>,
}

/// `RecordOptOutRequest`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OptOut {
    pub(crate) who: Whom,
    pub(crate) scope: Vec<String>,
    /// Default: not given.
    pub(crate) channel: Option<String>,
}

/// `RecordOptInPromptRequest`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Prompt {
    pub(crate) who: Whom,
    pub(crate) outcome: String,
    pub(crate) message_id: String,
}

/// `RecordInboundRequest`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Inbound {
    pub(crate) who: Whom,
    pub(crate) message_id: String,
    pub(crate) text: String,
    pub(crate) button_id: String,
    pub(crate) context_message_id: String,
}

/// `RecordConfirmationRequest`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Confirmation {
    pub(crate) who: Whom,
    /// `opt_in_confirmation` or `opt_out_confirmation`.
    pub(crate) kind: String,
}

/// `RecordBlockRequest`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Block {
    pub(crate) who: Whom,
    pub(crate) state: String,
}

/// `RecordContactRequest`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ContactStep {
    pub(crate) who: Whom,
    pub(crate) time_zone: Option<String>,
}

/// `LinkContactsRequest`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Link {
    pub(crate) who: Whom,
    pub(crate) other: String,
}

/// What a webhook tells.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Webhook {
    pub(crate) who: Whom,
    /// `stop`, `resume`, `signup`, `sent`, `delivered`, `flagged` (the number), `limit` (of the portfolio, in `state`), an error code (`131026`, `131047`, `131049`, `131050`), `identity`,
    /// `number_changed`, `template_status`, `template_category`, `account`.
    pub(crate) event: String,
    pub(crate) message_id: String,
    /// Of `identity`.
    pub(crate) user_ids: Vec<String>,
    /// Of `number_changed`.
    pub(crate) new_number: String,
    pub(crate) template: String,
    /// Of `template_status`: the platform's word. Of `account`: `business_initiated`, `replies`, `disabled`,
    /// `reinstated`.
    pub(crate) state: String,
    pub(crate) category: String,
    pub(crate) category_before: Option<String>,
    /// When a category takes effect, or a restriction ends.
    pub(crate) effective_at: Option<String>,
}

/// What is expected. A field that is not given is not compared, but: `retry_at` of a check is none when not given, and
/// a write succeeds unless `error` names what was wrong.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expect {
    /// Allowed, with this reason.
    pub(crate) allow: Option<String>,
    /// Denied, with this reason.
    pub(crate) deny: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) retry_at: Option<String>,
    /// `none` = no window is open.
    pub(crate) window_expires_at: Option<String>,
    /// All of them.
    pub(crate) obligations: Option<Vec<String>>,
    pub(crate) applied: Option<bool>,
    /// Of an inbound message.
    pub(crate) effect: Option<String>,
    /// The rules of the findings.
    pub(crate) findings: Option<Vec<String>>,
    /// The fields at fault, or the kind of the error.
    pub(crate) error: Option<Vec<String>>,
}

const BUSINESS: &str = "
businesses:
  - id: acme
    names: [Acme Shoes]
    senders: [{id: '1001', number: '+15550001111', account: '77'}]
";

impl Consent {
    /// With what is not given filled in.
    pub(crate) fn completed(&self, recipient: &str) -> Self {
        let wording = format!(
            "Yes, I want to receive order updates, codes and offers on WhatsApp at {recipient} from Acme Shoes."
        );
        let or = |given: &Option<String>, usual: &str| given.clone().or_else(|| Some(usual.to_owned()));
        Self {
            method: or(&self.method, "website"),
            action: or(&self.action, "box_checked"),
            business_name: or(&self.business_name, "Acme Shoes"),
            disclosure_text: or(&self.disclosure_text, &wording),
            displayed_number: or(&self.displayed_number, recipient),
            source_uri: or(&self.source_uri, "https://acme.example/form"),
            ..self.clone()
        }
    }
}

impl Check {
    /// What would be sent.
    pub(crate) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("template")
    }
}

impl Scenario {
    /// The configuration file, complete.
    pub(crate) fn configuration(&self) -> String {
        let mut text = self.settings.clone();
        if !text.contains("businesses:") && !text.contains("auto_register: true") {
            text.push_str(BUSINESS);
        }
        text
    }

    /// The instant of a text.
    pub(crate) fn time(&self, text: &str) -> Time {
        let start = || absolute(&self.start);
        let length = |text: &str| {
            let length = humantime::parse_duration(text.trim()).unwrap_or_else(|e| panic!("{text}: {e}"));
            Millis::new(i64::try_from(length.as_millis()).unwrap())
        };
        match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(after), _) => start() + length(after),
            (_, Some(before)) => start() - length(before),
            (None, None) => absolute(text),
        }
    }
}

fn absolute(text: &str) -> Time {
    let timestamp: jiff::Timestamp = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    Time::from_millis(timestamp.as_millisecond()).unwrap()
}

fn default_start() -> String {
    "2026-03-02T10:00:00Z".to_owned()
}

fn default_sender() -> String {
    "+15550001111".to_owned()
}

/// In the United Kingdom: one time zone, and no pause of marketing.
fn default_recipient() -> String {
    "+44 7700 900123".to_owned()
}
