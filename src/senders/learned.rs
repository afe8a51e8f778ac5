//! What was learned of senders, accounts and templates: small rows, each a join like a contact, stored as JSON.

use serde::{Deserialize, Serialize};

use super::{TemplateState, shards::Shards};
use crate::{
    model::{SenderId, Time},
    policy::{Restrictions, Until},
    quality::{Rating, Standing},
    store::RegistryRow,
};

/// A number that was seen in a webhook or registered itself by a write.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LearnedSender {
    /// The business it registered as, when no configuration named one.
    pub business: Option<String>,
    /// Its E.164 digits.
    pub number: Option<String>,
    /// Its WhatsApp Business Account: seen on it when (ms), and its ID. A number may move to another one.
    #[serde(default)]
    pub on_account: Option<(i64, String)>,
    /// Another name of the same number that is its canonical one.
    pub same_as: Option<String>,
    /// The platform's last word on its quality: when (ms), and the word.
    pub quality: Option<(i64, String)>,
    /// The platform's last word on its limit: when (ms), and the word.
    pub limit: Option<(i64, String)>,
    /// How its quality was rated last.
    #[serde(default)]
    pub standing: Option<StandingRow>,
    /// The configured businesses under which something was stored for it, in order.
    #[serde(default)]
    pub stored_under: Vec<String>,
}

/// How the quality of a sender was rated. Times in milliseconds; the one rated last is the greatest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StandingRow {
    /// When.
    pub rated_at: i64,
    /// How.
    pub rating: String,
    /// Since when.
    pub since: i64,
    /// Since when the numbers were better.
    pub better_since: Option<i64>,
}

impl StandingRow {
    /// The row of a standing.
    #[must_use]
    pub fn of(standing: Standing, rated_at: Time) -> Self {
        Self {
            rated_at: rated_at.millis(),
            rating: standing.rating.word().to_owned(),
            since: standing.since.millis(),
            better_since: standing.better_since.map(Time::millis),
        }
    }

    /// The standing; none when a newer version wrote words that are not known here.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        Some(Standing {
            rating: Rating::from_word(&self.rating)?,
            since: Time::from_millis(self.since)?,
            better_since: self.better_since.and_then(Time::from_millis),
        })
    }
}

/// What the platform did to an account. Times in milliseconds; a restriction is (said at, until; `None` = further notice).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountState {
    /// Business-initiated messages.
    pub business_initiated: Option<(i64, Option<i64>)>,
    /// Replies.
    pub replies: Option<(i64, Option<i64>)>,
    /// As `business_initiated`, concluded from a message that was refused: for a while.
    #[serde(default)]
    pub refused: Option<(i64, Option<i64>)>,
    /// As `replies`, concluded likewise.
    #[serde(default)]
    pub refused_replies: Option<(i64, Option<i64>)>,
    /// Disabled since.
    pub disabled: Option<i64>,
    /// Reinstated since.
    pub reinstated: Option<i64>,
    /// The platform's last word on its messaging limit: when, and the word.
    pub limit: Option<(i64, String)>,
}

/// A template in one language: the locale, the version of its row, its state.
pub type TemplateRow = (String, u64, TemplateState);

/// Everything learned, with the version of each row.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// By name.
    pub senders: Shards<SenderId, (u64, LearnedSender)>,
    /// By account.
    pub accounts: Shards<String, (u64, AccountState)>,
    /// By account, then name, then language.
    pub templates: Shards<(String, String), Vec<TemplateRow>>,
    /// By name, the rows of senders that name it, in order.
    told_by: Shards<SenderId, Vec<SenderId>>,
}

/// A registry row that cannot be read, by its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("registry row `{}` cannot be read", .0.replace('\0', "/"))]
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
    /// Takes a row in, together with what was known under its key: a store that forgot some writes may have an older one, or
    /// another of the same version. The version is the store's. Tells of which sender it was, when it changed one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn take(&mut self, row: &RegistryRow) -> Result<Option<SenderId>, RowError> {
        let error = || RowError(row.key.clone());
        let parts: Vec<&str> = row.key.split('\0').collect();
        match parts.as_slice() {
            ["sender", name] => {
                let sender = SenderId::parse(name).map_err(|_| error())?;
                let state = serde_json::from_slice(&row.value).map_err(|_| error())?;
                return Ok(self.take_sender(sender, row.version, state));
            }
            ["account", account] => {
                let mut state: AccountState = serde_json::from_slice(&row.value).map_err(|_| error())?;
                if let Some((at, known)) = self.accounts.get(*account) {
                    let (mut base, other) =
                        if row.version < *at { (known.clone(), state) } else { (state, known.clone()) };
                    base.join(&other);
                    state = base;
                }
                self.accounts.insert((*account).to_owned(), (row.version, state));
            }
            ["template", account, name, language] => {
                let mut state: TemplateState = serde_json::from_slice(&row.value).map_err(|_| error())?;
                let key = ((*account).to_owned(), (*name).to_owned());
                let mut rows = self.templates.get(&key).cloned().unwrap_or_default();
                if let Some((_, at, known)) = rows.iter().find(|(known, ..)| known == language) {
                    let (mut base, other) =
                        if row.version < *at { (known.clone(), state) } else { (state, known.clone()) };
                    base.join(&other);
                    state = base;
                }
                rows.retain(|(known, ..)| known != language);
                rows.push(((*language).to_owned(), row.version, state));
                self.templates.insert(key, rows);
            }
            _ => return Err(error()),
        }
        Ok(None)
    }

    /// The store has no row of this name any more: the next one is written as a first one.
    pub fn lost(&mut self, key: &str) {
        match key.split('\0').collect::<Vec<_>>().as_slice() {
            ["sender", name] => {
                if let Some((_, state)) = self.senders.get(*name).cloned()
                    && let Ok(sender) = SenderId::parse(name)
                {
                    self.senders.insert(sender, (0, state));
                }
            }
            ["account", account] => {
                if let Some((_, state)) = self.accounts.get(*account).cloned() {
                    self.accounts.insert((*account).to_owned(), (0, state));
                }
            }
            ["template", account, name, language] => {
                let key = ((*account).to_owned(), (*name).to_owned());
                let mut rows = self.templates.get(&key).cloned().unwrap_or_default();
                for (_, version, _) in rows.iter_mut().filter(|(known, ..)| known == language) {
                    *version = 0;
                }
                self.templates.insert(key, rows);
            }
            _ => {}
        }
    }

    fn take_sender(&mut self, sender: SenderId, version: u64, mut state: LearnedSender) -> Option<SenderId> {
        if let Some((at, known)) = self.senders.get(&sender) {
            let (mut base, other) =
                if version < *at { (known.clone(), state) } else { (state, known.clone()) };
            base.join(&other);
            if *at == version && base == *known {
                return None;
            }
            state = base;
        }
        for told in state.told() {
            let mut by = self.told_by.get(&told).cloned().unwrap_or_default();
            if let Err(place) = by.binary_search(&sender) {
                by.insert(place, sender.clone());
                self.told_by.insert(told, by);
            }
        }
        self.senders.insert(sender.clone(), (version, state));
        Some(sender)
    }

    /// The names that were learned to be the same sender as one, by its own row or by that of the other.
    pub(super) fn told_with(&self, name: &SenderId) -> Vec<SenderId> {
        let own = self.senders.get(name).map(|(_, learned)| learned.told()).unwrap_or_default();
        let others = self.told_by.get(name).into_iter().flatten().cloned();
        own.into_iter().chain(others).collect()
    }

    /// Some names of one sender, and every other name that was learned of it.
    #[must_use]
    pub fn names_of(&self, given: Vec<SenderId>) -> Vec<SenderId> {
        let mut names: Vec<SenderId> = Vec::with_capacity(given.len());
        let mut queue = std::collections::VecDeque::from(given);
        while let Some(name) = queue.pop_front() {
            if !names.contains(&name) {
                queue.extend(self.told_with(&name));
                names.push(name);
            }
        }
        names
    }

    /// The restrictions of an account.
    #[must_use]
    pub fn restrictions(&self, account: Option<&str>) -> Restrictions {
        let state = account.and_then(|account| self.accounts.get(account));
        state.map(|(_, state)| state.restrictions()).unwrap_or_default()
    }

    /// What was learned of a template, by language.
    #[must_use]
    pub fn template(&self, account: &str, name: &str) -> &[TemplateRow] {
        let rows = self.templates.get(&(account.to_owned(), name.to_owned()));
        rows.map(Vec::as_slice).unwrap_or_default()
    }
}

impl LearnedSender {
    /// Merges what is newly learned; returns whether anything changed.
    pub fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        for (mine, other) in [
            (&mut self.business, &other.business),
            (&mut self.number, &other.number),
            (&mut self.same_as, &other.same_as),
        ] {
            if mine.is_none() {
                mine.clone_from(other);
            }
        }
        self.on_account = self.on_account.take().max(other.on_account.clone());
        self.quality = self.quality.take().max(other.quality.clone());
        self.limit = self.limit.take().max(other.limit.clone());
        self.standing = self.standing.take().max(other.standing.clone());
        self.stored_under.extend(other.stored_under.iter().cloned());
        self.stored_under.sort();
        self.stored_under.dedup();
        *self != before
    }

    /// The account that it was last seen on.
    pub(super) fn account(&self) -> Option<String> {
        self.on_account.as_ref().map(|(_, account)| account.clone())
    }

    /// The other names that it gives.
    fn told(&self) -> Vec<SenderId> {
        let names = [&self.same_as, &self.number].into_iter().flatten();
        names.filter_map(|name| SenderId::parse(name).ok()).collect()
    }
}

impl AccountState {
    /// Merges what is newly learned; returns whether anything changed.
    pub fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.business_initiated = later_restriction(self.business_initiated, other.business_initiated);
        self.replies = later_restriction(self.replies, other.replies);
        self.refused = later_restriction(self.refused, other.refused);
        self.refused_replies = later_restriction(self.refused_replies, other.refused_replies);
        self.disabled = self.disabled.max(other.disabled);
        self.reinstated = self.reinstated.max(other.reinstated);
        self.limit = self.limit.take().max(other.limit.clone());
        *self != before
    }

    /// What it means for messages.
    #[must_use]
    pub fn restrictions(&self) -> Restrictions {
        let lifted = |at: i64| self.reinstated.is_some_and(|reinstated| reinstated > at);
        // What the platform said and what follows from a refused message do not shorten each other.
        let until = |told: Option<(i64, Option<i64>)>, concluded: Option<(i64, Option<i64>)>| {
            let in_force = told.into_iter().chain(concluded).filter(|(at, _)| !lifted(*at));
            let ends = in_force.map(|(_, until)| until.unwrap_or(i64::MAX));
            ends.max().map(|end| Time::from_millis(end).map_or(Until::FurtherNotice, Until::Time))
        };
        Restrictions {
            business_initiated: until(self.business_initiated, self.refused),
            replies: until(self.replies, self.refused_replies),
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
