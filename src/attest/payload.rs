//! The payload of an entry as JSON, version 1. Field names are for the people who read an exported log in years.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{Content, Entry, PromptStep, digest};
use crate::model::{
    Category, Phone, Recipient, Scope, ScopeSet, SenderId, Time, Topic,
    event::Block,
    evidence::{Action, Channel, Evidence, Finding, Jurisdiction, Method},
    statement::Weak,
};

/// A payload that this version cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not the JSON of an entry.
    #[error("not an entry")]
    Malformed,
    /// Of a newer version.
    #[error("an entry of version {0}, newer than this program")]
    Version(u32),
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    salt: String,
    recipient: Option<String>,
    sender: String,
    occurred_at_ms: i64,
    recorded_at_ms: i64,
    applied: bool,
    request_digest: String,
    content: Kind,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Kind {
    OptIn {
        scope: Vec<String>,
        evidence: Box<Proof>,
        disclosure_sha256: String,
        expires_at_ms: Option<i64>,
        findings: Vec<(String, String, String)>,
    },
    OptOut {
        scope: Vec<String>,
        channel: u8,
        keyword: String,
    },
    PlatformStop {
        channel: u8,
    },
    PlatformResume {},
    Held {
        keyword: String,
    },
    HoldSettled {},
    Prompt {
        step: String,
        message_id: String,
        /// What a declined prompt asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scope: Vec<String>,
    },
    Confirmation {
        of_opt_in: bool,
    },
    Block {
        state: String,
    },
    Linked {
        other: String,
        proven: bool,
        moved: bool,
    },
    Erased {
        entries: u64,
    },
}

#[derive(Serialize, Deserialize)]
struct Proof {
    method: u8,
    method_description: String,
    action: u8,
    business_name: String,
    disclosure_text: String,
    displayed_number: String,
    mentions_whatsapp: bool,
    source_uri: String,
    locale: String,
    jurisdiction: Option<String>,
    collected_by: String,
    attributes: Vec<(String, String)>,
    double_opt_in_at_ms: Option<i64>,
    age_years: u32,
}

impl Entry {
    /// The payload, with a salt that makes its digest unsearchable.
    #[must_use]
    pub fn to_payload(&self, salt: [u8; 16]) -> Vec<u8> {
        let document = Document {
            version: 1,
            salt: HEXLOWER.encode(&salt),
            recipient: self.recipient.as_ref().map(Recipient::reveal),
            sender: self.sender.as_str().to_owned(),
            occurred_at_ms: self.occurred_at.millis(),
            recorded_at_ms: self.recorded_at.millis(),
            applied: self.applied,
            request_digest: HEXLOWER.encode(&self.request_digest),
            content: write(&self.content),
        };
        // A document of strings and numbers always has a JSON form.
        serde_json::to_vec(&document).unwrap_or_default()
    }

    /// Reads a payload back.
    ///
    /// # Errors
    /// When it is no entry, or one of a newer version.
    pub fn from_payload(payload: &[u8]) -> Result<Self, PayloadError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_slice(payload).map_err(|_| PayloadError::Malformed)?;
        if version != 1 {
            return Err(PayloadError::Version(version));
        }
        let document: Document = serde_json::from_slice(payload).map_err(|_| PayloadError::Malformed)?;
        read(document).ok_or(PayloadError::Malformed)
    }
}

fn write(content: &Content) -> Kind {
    match content {
        Content::OptIn { scope, evidence, expires_at, findings } => Kind::OptIn {
            scope: write_scope(scope),
            disclosure_sha256: disclosure_sha256(evidence),
            evidence: Box::new(write_proof(evidence)),
            expires_at_ms: expires_at.map(Time::millis),
            findings: findings
                .iter()
                .map(|f| (f.rule.to_owned(), f.field.to_owned(), f.message.clone()))
                .collect(),
        },
        Content::OptOut { scope, channel, keyword } => {
            Kind::OptOut { scope: write_scope(scope), channel: channel.code(), keyword: keyword.clone() }
        }
        Content::PlatformStop(channel) => Kind::PlatformStop { channel: channel.code() },
        Content::PlatformResume => Kind::PlatformResume {},
        Content::Held(keyword) => Kind::Held { keyword: keyword.clone() },
        Content::HoldSettled => Kind::HoldSettled {},
        Content::Prompt { step, message_id, declined } => Kind::Prompt {
            step: step.word().to_owned(),
            message_id: message_id.clone(),
            scope: declined.as_ref().map(write_scope).unwrap_or_default(),
        },
        Content::Confirmation { of_opt_in } => Kind::Confirmation { of_opt_in: *of_opt_in },
        Content::Block(block) => Kind::Block { state: block_word(*block).to_owned() },
        Content::Linked { other, proven, moved } => {
            Kind::Linked { other: other.reveal(), proven: *proven, moved: *moved }
        }
        Content::Erased { entries } => Kind::Erased { entries: *entries },
    }
}

/// A recipient as it was written: what callers may not write any more is read all the same.
fn stored_recipient(text: &str) -> Option<Recipient> {
    match text.parse() {
        Ok(digits) => Phone::from_digits(digits).map(Recipient::Phone),
        Err(_) => Recipient::parse(text).ok(),
    }
}

fn read(document: Document) -> Option<Entry> {
    let digest = HEXLOWER.decode(document.request_digest.as_bytes()).ok()?;
    Some(Entry {
        recipient: match document.recipient {
            Some(recipient) => Some(stored_recipient(&recipient)?),
            None => None,
        },
        sender: SenderId::parse(&document.sender).ok()?,
        occurred_at: Time::from_millis(document.occurred_at_ms)?,
        recorded_at: Time::from_millis(document.recorded_at_ms)?,
        applied: document.applied,
        content: read_content(document.content)?,
        request_digest: digest.try_into().ok()?,
    })
}

fn read_content(kind: Kind) -> Option<Content> {
    Some(match kind {
        Kind::OptIn { scope, evidence, expires_at_ms, findings, .. } => Content::OptIn {
            scope: read_scope(&scope)?,
            evidence: Box::new(read_proof(*evidence)?),
            expires_at: match expires_at_ms {
                Some(millis) => Some(Time::from_millis(millis)?),
                None => None,
            },
            findings: findings.into_iter().filter_map(read_finding).collect(),
        },
        Kind::OptOut { scope, channel, keyword } => {
            Content::OptOut { scope: read_scope(&scope)?, channel: Channel::from_code(channel)?, keyword }
        }
        Kind::PlatformStop { channel } => Content::PlatformStop(Channel::from_code(channel)?),
        Kind::PlatformResume {} => Content::PlatformResume,
        Kind::Held { keyword } => Content::Held(keyword),
        Kind::HoldSettled {} => Content::HoldSettled,
        Kind::Prompt { step, message_id, scope } => {
            let declined = if scope.is_empty() { None } else { Some(read_scope(&scope)?) };
            Content::Prompt { step: PromptStep::from_word(&step)?, message_id, declined }
        }
        Kind::Confirmation { of_opt_in } => Content::Confirmation { of_opt_in },
        Kind::Block { state } => {
            Content::Block(BLOCKS.into_iter().find(|block| block_word(*block) == state)?)
        }
        Kind::Linked { other, proven, moved } => {
            Content::Linked { other: stored_recipient(&other)?, proven, moved }
        }
        Kind::Erased { entries } => Content::Erased { entries },
    })
}

/// The digest of the wording; empty where there is none.
#[must_use]
pub(crate) fn disclosure_sha256(evidence: &Evidence) -> String {
    if evidence.disclosure_text.is_empty() {
        String::new()
    } else {
        HEXLOWER.encode(&digest(evidence.disclosure_text.as_bytes()))
    }
}

fn write_scope(scope: &ScopeSet) -> Vec<String> {
    let word = |scope: &Scope| match scope {
        Scope::Everything => "everything".to_owned(),
        Scope::Category(category) => format!("category:{}", category.word()),
        Scope::Topic(topic) => format!("topic:{}", topic.as_str()),
    };
    scope.scopes().iter().map(word).collect()
}

fn read_scope(words: &[String]) -> Option<ScopeSet> {
    let scope = |word: &String| match word.split_once(':') {
        None if word == "everything" => Some(Scope::Everything),
        Some(("category", category)) => Category::from_word(category).map(Scope::Category),
        Some(("topic", topic)) => Topic::parse(topic).ok().map(Scope::Topic),
        Some(_) | None => None,
    };
    words.iter().map(scope).collect::<Option<Vec<_>>>().filter(|scopes| !scopes.is_empty()).map(ScopeSet::of)
}

fn write_proof(evidence: &Evidence) -> Proof {
    let Evidence {
        method,
        method_description,
        action,
        business_name,
        disclosure_text,
        displayed_number,
        mentions_whatsapp,
        source_uri,
        locale,
        jurisdiction,
        collected_by,
        attributes,
        double_opt_in_at,
        age_years,
    } = evidence.clone();
    Proof {
        method: method.code(),
        method_description,
        action: action.code(),
        business_name,
        disclosure_text,
        displayed_number,
        mentions_whatsapp,
        source_uri,
        locale,
        jurisdiction: jurisdiction.map(|code| code.as_str().to_owned()),
        collected_by,
        attributes,
        double_opt_in_at_ms: double_opt_in_at.map(Time::millis),
        age_years,
    }
}

fn read_proof(proof: Proof) -> Option<Evidence> {
    Some(Evidence {
        method: Method::from_code(proof.method)?,
        method_description: proof.method_description,
        action: Action::from_code(proof.action)?,
        business_name: proof.business_name,
        disclosure_text: proof.disclosure_text,
        displayed_number: proof.displayed_number,
        mentions_whatsapp: proof.mentions_whatsapp,
        source_uri: proof.source_uri,
        locale: proof.locale,
        jurisdiction: match proof.jurisdiction {
            Some(code) => Some(Jurisdiction::parse(&code)?),
            None => None,
        },
        collected_by: proof.collected_by,
        attributes: proof.attributes,
        double_opt_in_at: match proof.double_opt_in_at_ms {
            Some(millis) => Some(Time::from_millis(millis)?),
            None => None,
        },
        age_years: proof.age_years,
    })
}

fn read_finding((rule, field, message): (String, String, String)) -> Option<Finding> {
    let rule = Weak::RULES.into_iter().find(|known| *known == rule)?;
    let field = crate::policy::evidence::FIELDS.into_iter().find(|known| *known == field)?;
    Some(Finding { rule, field, message })
}

const BLOCKS: [Block; 4] = [Block::ByUser, Block::ReportedByUser, Block::ByBusiness, Block::LiftedByBusiness];

const fn block_word(block: Block) -> &'static str {
    match block {
        Block::ByUser => "blocked_by_user",
        Block::ReportedByUser => "reported_by_user",
        Block::ByBusiness => "blocked_by_business",
        Block::LiftedByBusiness => "unblocked_by_business",
    }
}

impl PromptStep {
    const ALL: [Self; 4] = [Self::Sent, Self::Accepted, Self::Declined, Self::NotOnWhatsapp];

    /// The word for it in payloads.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::NotOnWhatsapp => "not_on_whatsapp",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }
}
