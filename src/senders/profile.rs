//! What is configured for a business and its numbers.

use crate::{
    keywords::ExtraWord,
    model::{BusinessId, Category, ScopeSet, SenderId},
    policy::{Rules, TemplateStatus},
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
    /// The portfolio it belongs to, when it shares one; otherwise it is one by itself.
    pub portfolio: Option<BusinessId>,
    /// Its numbers.
    pub senders: Vec<SenderSettings>,
    /// Its templates, when listed: then one that is not listed, and that no webhook told of, does not exist (A11).
    pub templates: Vec<TemplateSettings>,
}

/// A listed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateSettings {
    /// The account it belongs to; none for every account of the business.
    pub account: Option<String>,
    /// Its name.
    pub name: String,
    /// Its locale code; empty for any.
    pub language: String,
    /// Its category.
    pub category: Category,
    /// Its status when it was listed.
    pub status: TemplateStatus,
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
