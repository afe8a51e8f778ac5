//! Which sender a name means: configuration first, then what was learned, then auto-registration.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    Business, Learned, LearnedSender, Profile, Sender, learned::same_locale, profile::TemplateSettings,
};
use crate::{
    keywords::Keywords,
    model::{BusinessId, SenderId},
    policy::{Template, TemplateCategory, TemplateFacts, TemplateName},
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
    templates: Arc<Vec<TemplateSettings>>,
    /// It is in the configuration.
    pub configured: bool,
}

/// Every sender under every name.
#[derive(Clone, Debug)]
pub struct Directory {
    by_name: HashMap<SenderId, Arc<SenderProfile>>,
    learned: Learned,
    default_profile: Arc<Profile>,
    default_keywords: Arc<Keywords>,
    auto_register: bool,
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
        let default_keywords = Arc::new(keywords(&default_profile));
        let mut directory = Self {
            by_name: HashMap::new(),
            learned,
            default_profile: Arc::new(default_profile),
            default_keywords,
            auto_register,
        };
        let configured: HashSet<SenderId> = businesses
            .iter()
            .flat_map(|business| &business.senders)
            .flat_map(|settings| std::iter::once(&settings.sender.id).chain(&settings.sender.number))
            .cloned()
            .collect();
        for business in businesses {
            directory.add_business(business, &configured);
        }
        directory.add_learned();
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

    /// The sender of a name that is known already, without allocation.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<SenderProfile>> {
        self.by_name.get(name)
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
    pub fn template(&self, sender: &SenderProfile, name: &TemplateName) -> TemplateFacts {
        let account = sender.sender.account.as_deref();
        let listed = sender.templates.iter().any(|template| template.is_of(account));
        let from_list = sender.templates.iter().find(|template| {
            template.is_of(account)
                && template.name == name.name
                && (name.language.is_empty()
                    || template.language.is_empty()
                    || same_locale(&template.language, &name.language))
        });
        let told = account.and_then(|account| self.learned.template(account, &name.name, &name.language));
        let from_list = from_list.map(|template| Template {
            status: Some(template.status),
            category: Some(TemplateCategory {
                before: None,
                after: template.category,
                from: crate::model::Time::EPOCH,
            }),
        });
        let known = match (told, from_list) {
            // The platform's word is newer than the list.
            (Some(told), Some(from_list)) => Some(Template {
                status: told.status.or(from_list.status),
                category: told.category.or(from_list.category),
            }),
            (told, from_list) => told.or(from_list),
        };
        TemplateFacts { known, listed }
    }

    fn add_business(&mut self, business: &Business, configured: &HashSet<SenderId>) {
        let templates = Arc::new(business.templates.clone());
        let mut profiles = Vec::with_capacity(business.senders.len());
        // What any of its numbers registered as before it was configured holds for all of them, since consent belongs
        // to the business: its opt-outs above all.
        let mut also = business.previous_ids.clone();
        for settings in &business.senders {
            let mut sender = settings.sender.clone();
            let given: Vec<SenderId> =
                std::iter::once(sender.id.clone()).chain(sender.number.clone()).collect();
            let mut names = self.learned.names_of(given.clone());
            // A name that is configured for another sender is that sender's, whatever was learned of it.
            names.retain(|name| given.contains(name) || !configured.contains(name));
            // Configured by one of its names; what was said under the other holds as well.
            let other =
                names.iter().find(|name| **name != sender.id && Some(*name) != sender.number.as_ref());
            if sender.number.is_none() {
                sender.number = other.cloned();
            } else if let Some(id) = other.filter(|_| sender.number.as_ref() == Some(&sender.id)) {
                sender.id = id.clone();
            }
            for name in &names {
                if let Some((_, learned)) = self.learned.senders.get(name) {
                    also.extend(learned.business.as_deref().and_then(|id| BusinessId::parse(id).ok()));
                    sender.account = sender.account.or_else(|| learned.account.clone());
                    sender.number = sender
                        .number
                        .or_else(|| learned.number.as_deref().and_then(|n| SenderId::parse(n).ok()));
                }
            }
            let profile = SenderProfile {
                business: business.id.clone(),
                also: Vec::new(),
                business_names: business.names.clone(),
                keywords: Arc::new(keywords(&settings.profile)),
                profile: Arc::new(settings.profile.clone()),
                templates: Arc::clone(&templates),
                configured: true,
                sender,
            };
            names.extend(profile.sender.number.clone());
            profiles.push((names, profile));
        }
        also.retain(|id| *id != business.id);
        also.sort();
        also.dedup();
        for (names, profile) in profiles {
            let profile = Arc::new(SenderProfile { also: also.clone(), ..profile });
            for name in names {
                self.by_name.insert(name, Arc::clone(&profile));
            }
        }
    }

    /// Adds senders that registered themselves, then the other names of senders that are known.
    fn add_learned(&mut self) {
        let mut rows: Vec<_> =
            self.learned.senders.iter().map(|(name, (_, learned))| (name.clone(), learned.clone())).collect();
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        let (others, canonical): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|(_, row)| row.same_as.is_some());
        if self.auto_register {
            for (name, learned) in canonical {
                self.add_registered(name, &learned);
            }
        }
        for (name, learned) in others {
            let same_as = learned.same_as.as_deref().and_then(|same| SenderId::parse(same).ok());
            let Some(known) = same_as.and_then(|same| self.by_name.get(&same)).cloned() else { continue };
            // Registered under both names before they were known to be one: what was said to either holds for both.
            let also = learned.business.as_deref().and_then(|id| BusinessId::parse(id).ok());
            let known = self.with_also(&known, also);
            if self.by_name.get(&name).is_none_or(|other| !other.configured) {
                self.by_name.insert(name, known);
            }
        }
    }

    fn add_registered(&mut self, name: SenderId, learned: &LearnedSender) {
        let business = learned.business.as_deref().and_then(|id| BusinessId::parse(id).ok());
        let Some(business) = business.filter(|_| !self.by_name.contains_key(&name)) else { return };
        let number = learned.number.as_deref().and_then(|number| SenderId::parse(number).ok());
        let profile = Arc::new(SenderProfile {
            sender: Sender { id: name.clone(), number: number.clone(), account: learned.account.clone() },
            business,
            ..self.unregistered(&name)
        });
        for name in std::iter::once(name).chain(number) {
            self.by_name.entry(name).or_insert_with(|| Arc::clone(&profile));
        }
    }

    /// A sender that two businesses registered as under different names reads both from now on.
    fn with_also(&mut self, known: &Arc<SenderProfile>, also: Option<BusinessId>) -> Arc<SenderProfile> {
        let Some(also) = also.filter(|also| *also != known.business && !known.also.contains(also)) else {
            return Arc::clone(known);
        };
        let mut profile = SenderProfile::clone(known);
        profile.also.push(also);
        let profile = Arc::new(profile);
        for entry in self.by_name.values_mut().filter(|entry| entry.sender.id == profile.sender.id) {
            *entry = Arc::clone(&profile);
        }
        profile
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
        }
    }
}

impl TemplateSettings {
    fn is_of(&self, account: Option<&str>) -> bool {
        self.account.is_none() || self.account.as_deref() == account
    }
}

/// The word lists of a profile. Its extra words were checked when the configuration was read.
fn keywords(profile: &Profile) -> Keywords {
    Keywords::with_extras(&profile.keywords).unwrap_or_else(|_| Keywords::builtin())
}
