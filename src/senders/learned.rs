//! What was learned of senders, accounts and templates: small rows, each a join like a contact, stored as JSON.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    model::{Category, SenderId, Time},
    policy::{Restrictions, Template, TemplateCategory, TemplateStatus, Until},
    store::RegistryRow,
};

/// A number that was seen in a webhook or registered itself by a write.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LearnedSender {
    /// The business it registered as, when no configuration named one.
    pub business: Option<String>,
    /// Its E.164 digits.
    pub number: Option<String>,
    /// Its WhatsApp Business Account.
    pub account: Option<String>,
    /// Another name of the same number that is its canonical one.
    pub same_as: Option<String>,
    /// The platform's last word on its quality: when (ms), and the word.
    pub quality: Option<(i64, String)>,
    /// The platform's last word on its limit: when (ms), and the word.
    pub limit: Option<(i64, String)>,
}

/// What the platform did to an account. Times in milliseconds; a restriction is (said at, until; `None` = further notice).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountState {
    /// Business-initiated messages.
    pub business_initiated: Option<(i64, Option<i64>)>,
    /// Replies.
    pub replies: Option<(i64, Option<i64>)>,
    /// Disabled since.
    pub disabled: Option<i64>,
    /// Reinstated since.
    pub reinstated: Option<i64>,
}

/// What the platform said of a template. Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TemplateState {
    /// Its status: said at, the platform's word.
    pub status: Option<(i64, String)>,
    /// Its category: effective at, category, the category before.
    pub category: Option<(i64, String, Option<String>)>,
    /// Its quality: said at, the platform's word.
    pub quality: Option<(i64, String)>,
}

/// A template in one language: the language, the row's version, and what the platform said.
type TemplateRow = (String, u64, TemplateState);

/// Everything learned, with the version of each row.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// By name.
    pub senders: HashMap<SenderId, (u64, LearnedSender)>,
    /// By account.
    pub accounts: HashMap<String, (u64, AccountState)>,
    /// By account, then name, then language.
    pub templates: HashMap<(String, String), Vec<TemplateRow>>,
}

/// A registry row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("registry row `{0}` cannot be read")]
pub struct RowError(pub String);

/// The key of a sender's row.
#[must_use]
pub fn sender_key(sender: &SenderId) -> String {
    format!("sender\0{sender}")
}

/// The key of an account's row.
#[must_use]
pub fn account_key(account: &str) -> String {
    format!("account\0{account}")
}

/// The key of a template's row.
#[must_use]
pub fn template_key(account: &str, name: &str, language: &str) -> String {
    format!("template\0{account}\0{name}\0{language}")
}

impl Learned {
    /// Takes a row in, in place of what was known under its key.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn take(&mut self, row: &RegistryRow) -> Result<(), RowError> {
        let error = || RowError(row.key.replace('\0', "/"));
        let parts: Vec<&str> = row.key.split('\0').collect();
        match parts.as_slice() {
            ["sender", name] => {
                let sender = SenderId::parse(name).map_err(|_| error())?;
                let state = serde_json::from_slice(&row.value).map_err(|_| error())?;
                self.senders.insert(sender, (row.version, state));
            }
            ["account", account] => {
                let state = serde_json::from_slice(&row.value).map_err(|_| error())?;
                self.accounts.insert((*account).to_owned(), (row.version, state));
            }
            ["template", account, name, language] => {
                let state = serde_json::from_slice(&row.value).map_err(|_| error())?;
                let rows = self.templates.entry(((*account).to_owned(), (*name).to_owned())).or_default();
                rows.retain(|(known, ..)| known != language);
                rows.push(((*language).to_owned(), row.version, state));
            }
            _ => return Err(error()),
        }
        Ok(())
    }

    /// Some names of one sender, and every other name that was learned of it.
    #[must_use]
    pub fn names_of(&self, mut names: Vec<SenderId>) -> Vec<SenderId> {
        let mut rows: Vec<_> = self.senders.iter().collect();
        rows.sort_by_key(|(name, _)| *name);
        loop {
            let before = names.len();
            for (name, (_, learned)) in &rows {
                let told = [&learned.same_as, &learned.number].into_iter().flatten();
                let group: Vec<SenderId> = told
                    .filter_map(|told| SenderId::parse(told).ok())
                    .chain(std::iter::once((*name).clone()))
                    .collect();
                if group.iter().any(|one| names.contains(one)) {
                    names.extend(group);
                }
            }
            let mut seen = std::collections::HashSet::new();
            names.retain(|name| seen.insert(name.clone()));
            if names.len() == before {
                return names;
            }
        }
    }

    /// The restrictions of an account.
    #[must_use]
    pub fn restrictions(&self, account: Option<&str>) -> Restrictions {
        let state = account.and_then(|account| self.accounts.get(account));
        state.map(|(_, state)| state.restrictions()).unwrap_or_default()
    }

    /// A template, in one language or, when none is named, in whichever could be sent.
    #[must_use]
    pub fn template(&self, account: &str, name: &str, language: &str) -> Option<Template> {
        let rows = self.templates.get(&(account.to_owned(), name.to_owned()))?;
        let states = rows.iter().filter(|(known, ..)| language.is_empty() || same_locale(known, language));
        let templates = states.map(|(_, _, state)| state.template());
        templates.max_by_key(|template| template.status.is_some_and(TemplateStatus::is_sendable))
    }
}

/// `pt_BR` and `pt-br` are one locale.
#[must_use]
pub(super) fn same_locale(a: &str, b: &str) -> bool {
    let fold = |c: char| if c == '-' { '_' } else { c.to_ascii_lowercase() };
    a.chars().map(fold).eq(b.chars().map(fold))
}

impl LearnedSender {
    /// Merges what is newly learned; returns whether anything changed.
    pub fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        for (mine, other) in [
            (&mut self.business, &other.business),
            (&mut self.number, &other.number),
            (&mut self.account, &other.account),
            (&mut self.same_as, &other.same_as),
        ] {
            if mine.is_none() {
                mine.clone_from(other);
            }
        }
        self.quality = self.quality.take().max(other.quality.clone());
        self.limit = self.limit.take().max(other.limit.clone());
        *self != before
    }
}

impl AccountState {
    /// Merges what is newly learned; returns whether anything changed.
    pub fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.business_initiated = later_restriction(self.business_initiated, other.business_initiated);
        self.replies = later_restriction(self.replies, other.replies);
        self.disabled = self.disabled.max(other.disabled);
        self.reinstated = self.reinstated.max(other.reinstated);
        *self != before
    }

    /// What it means for messages.
    #[must_use]
    pub fn restrictions(&self) -> Restrictions {
        let lifted = |at: i64| self.reinstated.is_some_and(|reinstated| reinstated >= at);
        let until = |restriction: Option<(i64, Option<i64>)>| {
            restriction
                .filter(|(at, _)| !lifted(*at))
                .map(|(_, until)| until.and_then(Time::from_millis).map_or(Until::FurtherNotice, Until::Time))
        };
        Restrictions {
            business_initiated: until(self.business_initiated),
            replies: until(self.replies),
            disabled: self.disabled.is_some_and(|at| !lifted(at)),
        }
    }
}

/// The later word; of two at once the longer restriction.
fn later_restriction(
    a: Option<(i64, Option<i64>)>,
    b: Option<(i64, Option<i64>)>,
) -> Option<(i64, Option<i64>)> {
    let key = |(at, until): &(i64, Option<i64>)| (*at, until.unwrap_or(i64::MAX));
    a.into_iter().chain(b).max_by_key(key)
}

impl TemplateState {
    /// Merges what is newly learned; returns whether anything changed.
    pub fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.status = self.status.take().max(other.status.clone());
        self.category = match (self.category.take(), other.category.clone()) {
            (Some(mine), Some(other)) if other.0 > mine.0 => {
                // The category before an announced change is the one that was in force, whoever said so.
                let before = other.2.or(Some(mine.1));
                Some((other.0, other.1, before))
            }
            (mine, other) => mine.or(other),
        };
        self.quality = self.quality.take().max(other.quality.clone());
        *self != before
    }

    /// What it means for messages.
    #[must_use]
    pub fn template(&self) -> Template {
        let status = self.status.as_ref().and_then(|(_, word)| TemplateStatus::from_word(word));
        let category = self.category.as_ref().and_then(|(from, after, before)| {
            Some(TemplateCategory {
                before: before.as_deref().and_then(Category::from_word),
                after: Category::from_word(after)?,
                from: Time::from_millis(*from)?,
            })
        });
        Template { status, category }
    }
}
