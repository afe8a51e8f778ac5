//! What is configured for a business and its numbers.

use crate::{
    keywords::ExtraWord,
    model::{BusinessId, ScopeSet, SenderId},
    policy::Rules,
};

/// Everything that can be set per business and again per sender; a sender's settings win over its business's, and
/// those over the general ones.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// The rules of decisions and of evidence.
    pub rules: Rules,
    /// B02: the wording must name WhatsApp. The source documents ask for it; newer platform policy accepts a general
    /// permission where the law does.
    pub general_permission: bool,
    /// Words added to the built-in lists.
    pub keywords: Vec<ExtraWord>,
    /// The opt-in prompt's wording and scope, kept as evidence when it is accepted.
    pub prompt: PromptSettings,
}

/// The opt-in prompt, as sent.
#[derive(Clone, Debug)]
pub struct PromptSettings {
    /// Its wording; empty when it is not configured.
    pub disclosure_text: String,
    /// What accepting it opts in to.
    pub scope: ScopeSet,
}

impl Default for PromptSettings {
    fn default() -> Self {
        Self { disclosure_text: String::new(), scope: ScopeSet::everything() }
    }
}

/// A business and its numbers.
#[derive(Clone, Debug)]
pub struct Business {
    /// Its permanent name: consent is stored under it.
    pub id: BusinessId,
    /// The names it shows to people (B03); empty for an auto-registered one.
    pub names: Vec<String>,
    /// Names it was stored under before: their consents and opt-outs hold too.
    pub previous_ids: Vec<BusinessId>,
    /// Its numbers.
    pub senders: Vec<SenderSettings>,
}

/// One configured number.
#[derive(Clone, Debug)]
pub struct SenderSettings {
    /// The number.
    pub sender: Sender,
    /// What is set for it.
    pub profile: Profile,
}

/// A business number under all its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Its canonical name: the phone number ID, or the number where that is all that is known.
    pub id: SenderId,
    /// Its E.164 digits.
    pub number: Option<SenderId>,
    /// The WhatsApp Business Account it belongs to.
    pub account: Option<String>,
}
