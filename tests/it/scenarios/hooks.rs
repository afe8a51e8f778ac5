//! What a webhook of a scenario is on the wire: the provider's JSON, with its whole seconds. Must not know the server.

use sendgate::model::Time;
use serde_json::{Value, json};

use super::format::{Scenario, Webhook};

/// The account and the phone number ID of the sender that most scenarios have.
const ACCOUNT: &str = "77";
const PHONE_NUMBER_ID: &str = "1001";

/// A webhook step with its texts read.
pub(super) struct Told<'a> {
    pub(super) webhook: &'a Webhook,
    pub(super) sender: &'a str,
    pub(super) recipient: &'a str,
    pub(super) at: Time,
    pub(super) effective_at: Option<Time>,
}

/// Why a scenario cannot be told in the provider's words, if so.
pub(super) fn why_not(scenario: &Scenario) -> Option<&'static str> {
    let mut now = scenario.time(&scenario.start);
    for step in &scenario.steps {
        now = step.at.as_deref().map_or(now, |at| scenario.time(at));
        let Some(webhook) = &step.webhook else { continue };
        let given = [&webhook.who.occurred_at, &webhook.effective_at].into_iter().flatten();
        let mut times = given.map(|at| scenario.time(at)).chain([now]);
        if times.any(|time| time.millis() % 1000 != 0) {
            return Some("a webhook tells whole seconds");
        }
    }
    None
}

impl Told<'_> {
    /// The body of the delivery.
    pub(super) fn body(&self) -> Value {
        let word = self.webhook.event.as_str();
        match word {
            "stop" | "resume" | "signup" => self.conversation("user_preferences", &self.preference(word)),
            "sent" | "delivered" => self.conversation("statuses", &self.status(word, &[])),
            "limit" => {
                let told = json!({"max_daily_conversations_per_business": self.webhook.state});
                self.entry("business_capability_update", &told)
            }
            "flagged" => self.entry("phone_number_quality_update", &self.flagged()),
            "131026" | "131047" | "131049" | "131050" => {
                let code: u32 = word.parse().unwrap();
                self.conversation("statuses", &self.status("failed", &[code]))
            }
            "identity" => {
                let mut status = self.status("delivered", &[]);
                status["recipient_user_id"] = json!(self.only_user_id());
                self.conversation("statuses", &status)
            }
            "number_changed" => self.conversation("messages", &self.changed_number()),
            "template_status" => self.entry("message_template_status_update", &self.template_status()),
            "template_category" => self.entry("template_category_update", &self.template_category()),
            "account" => self.entry("account_update", &self.account()),
            other => panic!("unknown event {other}"),
        }
    }

    fn preference(&self, value: &str) -> Value {
        let mut preference = json!({"category": "marketing_messages", "value": value,
            "timestamp": seconds(self.at), "detail": "as the person set it"});
        preference[self.named("wa_id", "user_id")] = json!(self.person());
        if value == "signup" {
            preference["signup_id"] = json!("signup-1");
        }
        preference
    }

    fn status(&self, word: &str, codes: &[u32]) -> Value {
        let id = if self.webhook.message_id.is_empty() { "wamid.ours" } else { &self.webhook.message_id };
        let mut status = json!({"id": id, "status": word, "timestamp": seconds(self.at).to_string()});
        status[self.named("recipient_id", "recipient_user_id")] = json!(self.person());
        if !self.webhook.category.is_empty() {
            status["pricing"] = json!({"billable": true, "category": self.webhook.category});
        }
        if !codes.is_empty() {
            status["errors"] =
                codes.iter().map(|code| json!({"code": code, "title": "not sent"})).collect::<Value>();
        }
        status
    }

    fn changed_number(&self) -> Value {
        json!({"from": self.person(), "id": "wamid.system", "timestamp": seconds(self.at).to_string(),
            "type": "system", "system": {"type": "user_changed_number", "body": "changed",
            "wa_id": digits(&self.webhook.new_number)}})
    }

    fn template_status(&self) -> Value {
        json!({"event": self.webhook.state, "message_template_id": 1, "reason": "NONE",
            "message_template_name": self.webhook.template, "message_template_language": "en"})
    }

    /// A change that is announced names the category to come `correct_category`, and today's `new_category`.
    fn template_category(&self) -> Value {
        let webhook = self.webhook;
        let mut value = json!({"message_template_id": 1, "message_template_name": webhook.template,
            "message_template_language": "en", "new_category": webhook.category});
        if let Some(effective_at) = self.effective_at {
            let today = webhook.category_before.as_deref().expect("an announcement names today's category");
            value["new_category"] = json!(today);
            value["correct_category"] = json!(webhook.category);
            value["category_update_timestamp"] = json!(seconds(effective_at));
        } else if let Some(before) = &webhook.category_before {
            value["previous_category"] = json!(before);
        }
        value
    }

    fn flagged(&self) -> Value {
        json!({"display_phone_number": digits(self.sender), "event": "FLAGGED", "current_limit": "TIER_10K"})
    }

    fn account(&self) -> Value {
        let restricted = |kind: &str| {
            let end = self.effective_at.map(seconds);
            let restriction = json!([{"restriction_type": kind, "expiration": end}]);
            json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": restriction})
        };
        let banned = |state: &str| json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state}});
        match self.webhook.state.as_str() {
            "business_initiated" => restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"),
            "replies" => restricted("RESTRICTED_CUSTOMER_INITIATED_MESSAGING"),
            "disabled" => banned("DISABLE"),
            "reinstated" => banned("REINSTATE"),
            other => panic!("unknown account state {other}"),
        }
    }

    /// A delivery about people, with one item in one list.
    fn conversation(&self, list: &str, item: &Value) -> Value {
        let mut value = json!({
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": digits(self.sender), "phone_number_id": PHONE_NUMBER_ID},
        });
        value[list] = json!([item]);
        let field = if list == "user_preferences" { list } else { "messages" };
        self.entry(field, &value)
    }

    fn entry(&self, field: &str, value: &Value) -> Value {
        let changes = json!([{"field": field, "value": value}]);
        let entry = json!([{"id": ACCOUNT, "time": seconds(self.at), "changes": changes}]);
        json!({"object": "whatsapp_business_account", "entry": entry})
    }

    /// The member that names the person: one of numbers, or one of user IDs.
    fn named<'a>(&self, number: &'a str, user_id: &'a str) -> &'a str {
        if is_number(self.recipient) { number } else { user_id }
    }

    fn person(&self) -> String {
        if is_number(self.recipient) { digits(self.recipient) } else { self.recipient.to_owned() }
    }

    fn only_user_id(&self) -> &str {
        let [user_id] = self.webhook.user_ids.as_slice() else { panic!("a status names one user ID") };
        user_id
    }
}

fn is_number(recipient: &str) -> bool {
    recipient.starts_with('+')
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

fn seconds(time: Time) -> i64 {
    assert_eq!(time.millis() % 1000, 0, "a webhook tells whole seconds");
    time.millis() / 1000
}
