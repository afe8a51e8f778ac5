//! What is learned of senders, accounts and templates: kept in the store, and in the directory that checks look into.

use std::sync::Arc;

use super::{Gate, GateError, GateSettings};
use crate::{
    model::{BusinessId, SenderId},
    senders::{
        AccountState, Directory, Learned, LearnedSender, SenderProfile, TemplateState, account_key,
        sender_key, template_key,
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
    /// The WhatsApp Business Account.
    pub account: Option<String>,
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

/// The directory of a configuration and what was learned.
pub(super) fn directory(settings: &GateSettings, learned: Learned) -> Directory {
    Directory::new(&settings.businesses, settings.default_profile.clone(), settings.auto_register, learned)
}

impl Gate {
    /// Reads everything learned from the store.
    pub(super) async fn reload_registry(&self) -> Result<(), StoreError> {
        let mut learned = Learned::default();
        // No caller waits for this within a check: a machine that is busy while it starts must not be turned away.
        for row in self.patient_read(self.store.registry()).await? {
            if let Err(error) = learned.take(&row) {
                // Left as it is: a newer version may have written it.
                tracing::error!(%error, "a learned row is not used");
            }
        }
        self.directory.store(Arc::new(directory(&self.settings, learned)));
        Ok(())
    }

    /// Keeps what was learned. What is known already costs nothing.
    ///
    /// # Errors
    /// When the store failed.
    pub async fn observe(&self, observed: &Observed) -> Result<(), GateError> {
        if self.row_after(observed).is_none() {
            return Ok(());
        }
        let _one_at_a_time = self.registering.lock().await;
        for _ in 0..ATTEMPTS_MAX {
            let Some(row) = self.row_after(observed) else { return Ok(()) };
            match self.timed_write(self.store.commit_registry(row)).await? {
                Committed::Done(_) => {
                    self.reload_registry().await?;
                    return Ok(());
                }
                Committed::Conflict | Committed::Known(..) => self.reload_registry().await?,
            }
        }
        Err(GateError::Contention)
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

    /// The sender of a webhook, under whichever name it is known; learns the names it is not known by. A sender that
    /// is not configured is learned too: what people said to it must not be lost when it is configured later.
    ///
    /// # Errors
    /// When no name was given, or the store failed.
    pub async fn sender_named(&self, names: &SenderNames) -> Result<SenderId, GateError> {
        let directory = self.directory.load();
        let known =
            names.id.iter().chain(&names.number).find_map(|name| directory.get(name.as_str()).cloned());
        let canonical = match (&known, &names.id, &names.number) {
            (Some(known), ..) => known.sender.id.clone(),
            (None, Some(name), _) | (None, None, Some(name)) => name.clone(),
            (None, None, None) => return Err(GateError::UnknownSender),
        };
        drop(directory);
        let configured = known.is_some_and(|known| known.configured);
        let text = |name: &SenderId| name.as_str().to_owned();
        let other_number = names.number.as_ref().filter(|number| **number != canonical);
        let learned = LearnedSender {
            business: (!configured).then(|| BusinessId::of_sender(&canonical).as_str().to_owned()),
            number: other_number.map(text),
            account: names.account.clone(),
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
