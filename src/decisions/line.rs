//! A decision as a line of JSON.

use data_encoding::HEXLOWER;
use serde::Serialize;

use super::Decision;
use crate::model::{BusinessId, SenderId, Topic};

/// What every line of a process says.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) process: u64,
    pub(super) policy: String,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    id: String,
    policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    business: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a str>,
    kind: &'a str,
    category: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    decision: &'static str,
    reason: String,
    rule: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shadow_denials: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    degraded: bool,
}

/// Appends a line.
pub(super) fn write(names: &Names, number: u64, decision: &Decision, lines: &mut Vec<u8>) {
    let Decision { asked, verdict, .. } = decision;
    let template = asked.template.as_ref();
    let line = Line {
        time: decision.at.to_string(),
        id: format!("{:016x}-{number}", names.process),
        policy: &names.policy,
        sender: decision.sender.as_ref().map(SenderId::as_str),
        business: decision.business.as_ref().map(BusinessId::as_str),
        contact: decision.contact.map(|contact| HEXLOWER.encode(&contact)),
        revision: decision.revision.as_deref(),
        kind: asked.kind,
        category: asked.category,
        topic: asked.topic.as_ref().map(Topic::as_str),
        template: template.map(|template| template.name.as_str()),
        language: template.map(|template| template.language.as_str()).filter(|language| !language.is_empty()),
        decision: if verdict.allowed { "ALLOW" } else { "DENY" },
        reason: verdict.reason.label().to_ascii_uppercase(),
        rule: verdict.rule.name(),
        shadow_denials: verdict.shadow_denials.iter().map(|rule| rule.name()).collect(),
        retry_at: verdict.retry_at.map(|at| at.to_string()),
        degraded: decision.degraded,
    };
    // Texts and numbers in memory: nothing that can fail. A line that did would be left out as a whole.
    if let Ok(json) = serde_json::to_vec(&line) {
        lines.extend(json);
        lines.push(b'\n');
    }
}
