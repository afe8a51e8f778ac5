//! Which sender a name means: configuration first, then what was learned, then auto-registration.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use super::{
    Business, Learned, Profile, RowError, Sender, account_key,
    configured::Configured,
    profile::TemplateSettings,
    sender_key,
    shards::Shards,
    template, template_key,
    told::{Limits, Quality, limits},
};
use crate::{
    keywords::Keywords,
    limits::FrequencyCap,
    model::{BusinessId, SenderId, Time},
    policy::{TemplateFacts, TemplateName},
    store::RegistryRow,
};

/// A sender with everything that decisions and writes need of it.
#[derive(Clone, Debug)]
pub struct SenderProfile {
    /// Its names.
    pub sender: Sender,
    /// Whose consent it uses.
    pub business: BusinessId,
    /// Names the same business was stored under before: read too.
    pub also: Vec<BusinessId>,
    /// The names shown to people; empty for an auto-registered one.
    pub business_names: Vec<String>,
    /// Its settings.
    pub profile: Arc<Profile>,
    /// Its word lists.
    pub keywords: Arc<Keywords>,
    /// Its listed templates.
    pub(super) templates: Arc<Vec<TemplateSettings>>,
    /// It is in the configuration.
    pub configured: bool,
    /// The portfolio whose messaging limit it shares.
    pub portfolio: BusinessId,
    /// Its quality, as it was rated and told last.
    pub quality: Quality,
}

impl SenderProfile {
    /// Its word lists, knowing the names of its business.
    #[must_use]
    pub fn words(&self) -> Keywords {
        Keywords::clone(&self.keywords).naming(&self.business_names)
    }
}

/// Every sender under every name.
#[derive(Clone, Debug)]
pub struct Directory {
    pub(super) by_name: Shards<SenderId, Arc<SenderProfile>>,
    pub(super) learned: Learned,
    /// The names of rows that cannot be read.
    unreadable: Arc<BTreeSet<String>>,
    pub(super) configured: Arc<Configured>,
    /// For each configured business the other names it is stored under.
    pub(super) also: Vec<Vec<BusinessId>>,
    pub(super) limits: Arc<Limits>,
    default_profile: Arc<Profile>,
    default_keywords: Arc<Keywords>,
    pub(super) auto_register: bool,
}

impl Directory {
    /// Puts configuration and what was learned together.
    #[must_use]
    pub fn new(
        businesses: &[Business],
        default_profile: Profile,
        auto_register: bool,
        learned: Learned,
    ) -> Self {
        let configured = Configured::new(businesses, &default_profile);
        let mut directory = Self {
            by_name: Shards::default(),
            learned,
            unreadable: Arc::default(),
            also: configured.businesses.iter().map(|business| business.previous_ids.clone()).collect(),
            default_profile: Arc::new(default_profile),
            default_keywords: Arc::clone(&configured.default_keywords),
            limits: Arc::default(),
            configured: Arc::new(configured),
            auto_register,
        };
        directory.limits = Arc::new(limits(&directory.configured, &directory.learned));
        let names = directory.configured.places.keys().cloned();
        let names = names.chain(directory.learned.senders.iter().map(|(name, _)| name.clone())).collect();
        directory.renew(names);
        directory
    }

    /// The same with newer rows; only what they are about is made again. Rows that cannot be read are told.
    #[must_use]
    pub fn with_rows(&self, rows: &[RegistryRow]) -> (Self, Vec<RowError>) {
        let mut directory = self.clone();
        let (mut changed, mut errors) = (Vec::new(), Vec::new());
        for row in rows {
            match directory.learned.take(row) {
                Ok(sender) => changed.extend(sender),
                Err(error) => errors.push(error),
            }
        }
        directory.limits = Arc::new(limits(&directory.configured, &directory.learned));
        directory.renew(changed);
        (directory, errors)
    }

    /// The names of the rows that cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> &BTreeSet<String> {
        &self.unreadable
    }

    /// From now on these rows cannot be read.
    pub fn cannot_read(&mut self, rows: BTreeSet<String>) {
        if rows != *self.unreadable {
            self.unreadable = Arc::new(rows);
        }
    }

    /// A row that cannot be read and that a message of a sender would be decided by.
    #[must_use]
    pub fn unreadable_of(&self, sender: &SenderProfile, template: Option<&TemplateName>) -> Option<RowError> {
        if self.unreadable.is_empty() {
            return None;
        }
        let Sender { id, number, account } = &sender.sender;
        let names = std::iter::once(id).chain(number).map(sender_key);
        let mut rows: Vec<String> = names.chain(account.as_deref().map(account_key)).collect();
        if let Some((account, template)) = account.as_ref().zip(template) {
            // In whichever language: where that of the message is not known, another is gone by.
            let prefix = template_key(account, &template.name, "");
            let of_template =
                self.unreadable.range(prefix.clone()..).take_while(|row| row.starts_with(&prefix));
            rows.extend(of_template.cloned());
        }
        rows.into_iter().find(|row| self.unreadable.contains(row)).map(RowError)
    }

    /// The same, where the store has no row of a name any more.
    #[must_use]
    pub fn with_lost(&self, key: &str) -> Self {
        let mut directory = self.clone();
        directory.learned.lost(key);
        directory
    }

    /// The sender of a name; with auto-registration, a new one for a name never heard of.
    #[must_use]
    pub fn find(&self, name: &SenderId) -> Option<Arc<SenderProfile>> {
        self.by_name
            .get(name)
            .cloned()
            .or_else(|| self.auto_register.then(|| Arc::new(self.unregistered(name))))
    }

    /// The sender of a name that the platform told of, configured or not.
    #[must_use]
    pub fn as_told(&self, name: &SenderId) -> Arc<SenderProfile> {
        self.by_name.get(name).cloned().unwrap_or_else(|| Arc::new(self.unregistered(name)))
    }

    /// The sender of a name that is known already, without allocation.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<SenderProfile>> {
        self.by_name.get(name)
    }

    /// The name that the configuration gives a sender, which may be known by another since.
    #[must_use]
    pub fn as_configured(&self, name: &str) -> Option<&SenderId> {
        let sender = &self.by_name.get(name)?.sender;
        let is_given = |name: &&SenderId| self.configured.places.contains_key(*name);
        std::iter::once(&sender.id).chain(&sender.number).find(is_given)
    }

    /// Any sender of a business: for what concerns the business as a whole. A business that is no longer configured is
    /// shown under the general settings.
    #[must_use]
    pub fn of_business(&self, business: &BusinessId) -> Option<Arc<SenderProfile>> {
        let known = self.by_name.values().find(|profile| profile.business == *business).cloned();
        known.or_else(|| {
            SenderId::parse(business.as_str()).ok().map(|name| Arc::new(self.unregistered(&name)))
        })
    }

    /// The frequency caps of the configured numbers of a business.
    #[must_use]
    pub fn caps_of(&self, business: &BusinessId) -> Vec<FrequencyCap> {
        let of = self.configured.businesses.iter().filter(|known| known.id == *business);
        let senders = of.flat_map(|business| &business.senders);
        senders.flat_map(|sender| sender.profile.rules.frequency_caps.iter().cloned()).collect()
    }

    /// Every sender, once.
    #[must_use]
    pub fn senders(&self) -> Vec<Arc<SenderProfile>> {
        let mut seen = HashSet::new();
        let mut senders: Vec<_> =
            self.by_name.values().filter(|profile| seen.insert(profile.sender.id.clone())).cloned().collect();
        senders.sort_by(|a, b| a.sender.id.cmp(&b.sender.id));
        senders
    }

    /// What was learned.
    #[must_use]
    pub const fn learned(&self) -> &Learned {
        &self.learned
    }

    /// What is known of a template of a sender's account.
    #[must_use]
    pub fn template(&self, sender: &SenderProfile, name: &TemplateName, now: Time) -> TemplateFacts {
        let account = sender.sender.account.as_deref();
        let learned = account.map(|account| self.learned.template(account, &name.name));
        template::facts(sender, learned.unwrap_or_default(), name, now)
    }

    /// A sender as one of a business that it may no longer be of, or that may have another name by now: what was said to
    /// one business is no other's.
    #[must_use]
    pub fn as_of(&self, name: &SenderId, business: &BusinessId) -> Arc<SenderProfile> {
        let is_of =
            |profile: &Arc<SenderProfile>| profile.business == *business || profile.also.contains(business);
        let own = self.by_name.get(name).filter(|profile| is_of(profile));
        let known = own.or_else(|| self.by_name.values().find(|profile| is_of(profile)));
        let Some(known) = known else {
            // As if configured: whether it is to be registered was decided when the sender was known.
            let profile = self.unregistered(name);
            return Arc::new(SenderProfile { business: business.clone(), configured: true, ..profile });
        };
        if known.business == *business {
            return Arc::clone(known);
        }
        // Under the id it was said to: those who still have that id in their configuration look nowhere else.
        let others = known.also.iter().filter(|other| *other != business);
        let also = std::iter::once(&known.business).chain(others).cloned().collect();
        Arc::new(SenderProfile { business: business.clone(), also, ..SenderProfile::clone(known) })
    }

    /// A sender that nobody configured, under the general settings.
    #[must_use]
    pub fn unregistered(&self, name: &SenderId) -> SenderProfile {
        SenderProfile {
            sender: Sender { id: name.clone(), number: None, account: None },
            business: BusinessId::of_sender(name),
            also: Vec::new(),
            business_names: Vec::new(),
            profile: Arc::clone(&self.default_profile),
            keywords: Arc::clone(&self.default_keywords),
            templates: Arc::default(),
            configured: false,
            portfolio: BusinessId::of_sender(name),
            // It may have been rated without having registered itself.
            quality: Quality::of(self.learned.senders.get(name).map(|(_, row)| row).into_iter()),
        }
    }
}

impl SenderProfile {
    /// True when a name is one of its two.
    #[must_use]
    pub fn is_named(&self, name: &SenderId) -> bool {
        *name == self.sender.id || Some(name) == self.sender.number.as_ref()
    }
}

impl TemplateSettings {
    pub(super) fn is_of(&self, account: Option<&str>) -> bool {
        self.account.is_none() || self.account.as_deref() == account
    }
}
