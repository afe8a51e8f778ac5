//! What is learned of senders, accounts and templates: kept in the store, and in the directory that checks look into.

use std::{collections::BTreeMap, sync::Arc};

use super::{Consistency, Gate, GateError, UNREAD, within};
use crate::{
    model::{BusinessId, SenderId, Time},
    senders::{
        AccountState, Directory, LearnedSender, SenderProfile, TemplateState, account_key, sender_key,
        template_key,
    },
    store::{Committed, RegistryRow, StoreError},
};

const ATTEMPTS_MAX: usize = 16;

/// A sender under every name a webhook gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderNames {
    /// The phone number ID.
    pub id: Option<SenderId>,
    /// The E.164 digits.
    pub number: Option<SenderId>,
    /// The WhatsApp Business Account that it was seen on, and when.
    pub account: Option<(Time, String)>,
}

/// Something learned that is not about a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Of a sender.
    Sender(SenderId, LearnedSender),
    /// Of an account.
    Account(String, AccountState),
    /// Of a template: account, name, language.
    Template(String, String, String, TemplateState),
}

/// Learners of the same row wait for each other, which keeps their compare-and-set simple; those of different rows share
/// the syncs of the disk. Never waited for by a check.
#[derive(Debug)]
pub(super) struct Learning {
    rows: Vec<tokio::sync::Mutex<()>>,
}

const LOCKS: usize = 64;

impl Default for Learning {
    fn default() -> Self {
        Self { rows: (0..LOCKS).map(|_| tokio::sync::Mutex::new(())).collect() }
    }
}

impl Learning {
    async fn of(&self, key: &str) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        let sum = key.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Some(self.rows.get(sum % LOCKS)?.lock().await)
    }
}

impl Gate {
    /// Reads everything learned from the store, unless it is as it was: what other processes on the same store learned, too. To be
    /// called at start, and where there are others whenever they may have learned something.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn refresh_registry(&self) -> Result<(), StoreError> {
        // No caller waits for this within a check: a machine that is busy while it starts must not be turned away.
        self.patient_read(self.ledger.read()).await
    }

    /// True when decisions may go by what is known of senders and templates: nothing was written to the registry that would
    /// have to be known, and nothing fresher is asked for.
    pub(super) fn knows_registry(&self, consistency: Consistency) -> bool {
        let content = consistency == Consistency::MinimizeLatency || self.cache.is_alone();
        content && self.cache.knows_registry()
    }

    /// Waits until everything that was written to the registry before is known. Whatever it is that fails: nothing is wrong with
    /// what is remembered of a contact.
    pub(super) async fn catch_up(&self, limit: std::time::Duration) -> Result<(), StoreError> {
        let read = within(limit, self.ledger.catch_up()).await;
        read.map_err(|error| StoreError::Unavailable(format!("{UNREAD}: {error}")))
    }

    /// The senders as they are known to a reader who asks for a state so fresh.
    ///
    /// # Errors
    /// When the store cannot be read, and has to be.
    pub async fn directory_as(&self, consistency: Consistency) -> Result<Arc<Directory>, StoreError> {
        if !self.knows_registry(consistency) {
            self.catch_up(self.settings.read_timeout).await?;
        }
        Ok(self.directory())
    }

    /// Says of which configured numbers contacts are stored where they are not looked for: the business has another id
    /// now, and nothing else would tell that its opt-outs are not seen.
    pub(super) fn warn_of_unread(&self) {
        for unread in self.directory.load().unread() {
            let (stored_under, business) = (unread.stored_under.join(", "), unread.business.as_str());
            if unread.is_configured {
                tracing::warn!(
                    sender = unread.path,
                    business,
                    stored_under,
                    "what people said to this number before belongs to a business that is configured too, and is not read for it any more"
                );
            } else {
                tracing::warn!(
                    sender = unread.path,
                    business,
                    stored_under,
                    "what people said to this number, opt-outs too, is stored under another id of its business and is not read; add that id to `previous_ids` of the business"
                );
            }
        }
    }

    /// Keeps what was learned. What is known already costs nothing.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn observe(&self, observed: &Observed) -> Result<(), GateError> {
        let Some(RegistryRow { key, .. }) = self.row_after(observed) else { return Ok(()) };
        let _one_at_a_time = self.learning.of(&key).await;
        for _ in 0..ATTEMPTS_MAX {
            let Some(row) = self.row_after(observed) else { return Ok(()) };
            match self.timed_write(self.store.commit_registry(row.clone())).await? {
                Committed::Done(version) => {
                    self.ledger.take(&[RegistryRow { version, ..row }]);
                    return Ok(());
                }
                // Another process was first, or an earlier attempt was and never heard of it.
                Committed::Conflict | Committed::Known(..) => {
                    match self.patient_read(self.store.registry_row(&key)).await? {
                        Some(row) => self.ledger.take(&[row]),
                        None => self.ledger.lost(&key),
                    }
                }
            }
        }
        Err(GateError::Contention)
    }

    /// Keeps of each configured number for which business it is, so that a later start can tell when it looks elsewhere.
    /// One commit a number, once; what cannot be kept now is at the next start.
    pub(super) async fn note_configured(&self) {
        for profile in self.directory.load().senders().into_iter().filter(|profile| profile.configured) {
            let stored_under = vec![profile.business.as_str().to_owned()];
            let learned = LearnedSender { stored_under, ..LearnedSender::default() };
            if let Err(error) = self.observe(&Observed::Sender(profile.sender.id.clone(), learned)).await {
                tracing::warn!(%error, "the businesses of the configured numbers were not noted");
                return;
            }
        }
    }

    /// A sender registers itself by its first write, so that a later configuration finds what was said to it.
    pub(super) async fn register(&self, profile: &SenderProfile) -> Result<(), GateError> {
        if profile.configured {
            return Ok(());
        }
        let business = Some(profile.business.as_str().to_owned());
        let learned = LearnedSender { business, ..LearnedSender::default() };
        self.observe(&Observed::Sender(profile.sender.id.clone(), learned)).await
    }

    /// The sender of a webhook, if it is known under any of its names.
    #[must_use]
    pub fn sender_known(&self, names: &SenderNames) -> Option<SenderId> {
        Some(known_as(&self.directory.load(), names)?.sender.id.clone())
    }

    /// True of a name of a sender that is configured.
    #[must_use]
    pub fn is_configured(&self, name: &SenderId) -> bool {
        self.directory.load().get(name.as_str()).is_some_and(|profile| profile.configured)
    }

    /// A configured sender of each business on an account.
    #[must_use]
    pub fn configured_on(&self, account: Option<&str>) -> Vec<SenderId> {
        let Some(account) = account else { return Vec::new() };
        let senders = self.directory.load().senders();
        let meant = senders
            .iter()
            .filter(|profile| profile.configured && profile.sender.account.as_deref() == Some(account));
        one_of_each_business(meant)
    }

    /// A sender of the only business that is configured.
    #[must_use]
    pub fn only_configured(&self) -> Option<SenderId> {
        let directory = self.directory.load();
        let all = directory.senders();
        let mut senders = one_of_each_business(all.iter().filter(|profile| profile.configured));
        senders.pop().filter(|_| senders.is_empty())
    }

    /// A sender of the only business there is.
    #[must_use]
    pub fn only_sender(&self) -> Option<SenderId> {
        let mut senders = one_of_each_business(self.directory.load().senders().iter());
        senders.pop().filter(|_| senders.is_empty())
    }

    /// The sender of a webhook, under whichever name it is known; learns the names it is not known by. A sender that
    /// is not configured is learned too: what people said to it must not be lost when it is configured later.
    ///
    /// # Errors
    /// When no name was given, or the store failed.
    pub async fn sender_named(&self, names: &SenderNames) -> Result<SenderId, GateError> {
        let directory = self.directory.load();
        let known = known_as(&directory, names).cloned();
        // Two numbers of the configuration are not one because a payload mixes them up.
        let names = &unmixed(&directory, names);
        let canonical = match (&known, &names.id, &names.number) {
            (Some(known), ..) => known.sender.id.clone(),
            (None, Some(name), _) | (None, None, Some(name)) => name.clone(),
            (None, None, None) => return Err(GateError::UnknownSender),
        };
        // Written when it changes, not with every message.
        let row = directory.learned().senders.get(&canonical);
        let last = row.and_then(|(_, row)| row.on_account.as_ref());
        let is_news = |account: &String| last.is_none_or(|(_, last)| last != account);
        let on_account = names.account.as_ref().filter(|(_, account)| is_news(account));
        let on_account = on_account.map(|(at, account)| (at.millis(), account.clone()));
        drop(directory);
        let configured = known.is_some_and(|known| known.configured);
        let text = |name: &SenderId| name.as_str().to_owned();
        let other_number = names.number.as_ref().filter(|number| **number != canonical);
        let learned = LearnedSender {
            business: (!configured).then(|| BusinessId::of_sender(&canonical).as_str().to_owned()),
            number: other_number.map(text),
            on_account,
            ..LearnedSender::default()
        };
        self.observe(&Observed::Sender(canonical.clone(), learned)).await?;
        for name in names.id.iter().chain(&names.number).filter(|name| **name != canonical) {
            let learned = LearnedSender { same_as: Some(text(&canonical)), ..LearnedSender::default() };
            self.observe(&Observed::Sender(name.clone(), learned)).await?;
        }
        Ok(canonical)
    }

    /// The row that holds what is known together with what was observed; none when that is nothing new.
    fn row_after(&self, observed: &Observed) -> Option<RegistryRow> {
        let directory = self.directory.load();
        let learned = directory.learned();
        let (key, version, value) = match observed {
            Observed::Sender(sender, new) => {
                let (version, mut state) = learned.senders.get(sender).cloned().unwrap_or_default();
                (sender_key(sender), version, state.join(new).then(|| serde_json::to_vec(&state))?)
            }
            Observed::Account(account, new) => {
                let (version, mut state) = learned.accounts.get(account).cloned().unwrap_or_default();
                (account_key(account), version, state.join(new).then(|| serde_json::to_vec(&state))?)
            }
            Observed::Template(account, name, language, new) => {
                let rows = learned.templates.get(&(account.clone(), name.clone()));
                let row = rows.and_then(|rows| rows.iter().find(|(known, ..)| known == language));
                let (version, mut state) =
                    row.map(|(_, version, state)| (*version, state.clone())).unwrap_or_default();
                (
                    template_key(account, name, language),
                    version,
                    state.join(new).then(|| serde_json::to_vec(&state))?,
                )
            }
        };
        Some(RegistryRow { key, version, value: value.ok()? })
    }
}

fn one_of_each_business<'a>(senders: impl Iterator<Item = &'a Arc<SenderProfile>>) -> Vec<SenderId> {
    let by_business: BTreeMap<_, _> =
        senders.map(|profile| (profile.business.clone(), profile.sender.id.clone())).collect();
    by_business.into_values().collect()
}

fn known_as<'a>(directory: &'a Directory, names: &SenderNames) -> Option<&'a Arc<SenderProfile>> {
    names.id.iter().chain(&names.number).find_map(|name| directory.get(name.as_str()))
}

/// The names without the number, where the configuration has that under another ID.
fn unmixed(directory: &Directory, names: &SenderNames) -> SenderNames {
    let of = |name: &Option<SenderId>| {
        let name = name.as_ref()?;
        directory.get(name.as_str()).filter(|profile| profile.configured).map(|profile| &profile.sender.id)
    };
    let mixed = of(&names.id).zip(of(&names.number)).is_some_and(|(id, number)| id != number);
    if mixed {
        tracing::warn!(
            "a webhook names one configured number by its ID and another by its number; the ID counts"
        );
    }
    SenderNames { number: names.number.clone().filter(|_| !mixed), ..names.clone() }
}
