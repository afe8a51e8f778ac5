//! What is configured of businesses and numbers, made ready once: profiles and word lists are shared by all that is made
//! of them later.

use std::{collections::HashMap, sync::Arc};

use super::{Business, Profile, Sender, profile::TemplateSettings};
use crate::{
    keywords::{ExtraWord, Keywords},
    model::{BusinessId, SenderId},
};

/// The configuration of a directory.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) businesses: Vec<ConfiguredBusiness>,
    /// By each name of a configured number.
    pub(super) places: HashMap<SenderId, Place>,
    pub(super) default_keywords: Arc<Keywords>,
}

/// A configured number: the place of its business, and its own place there.
pub(super) type Place = (usize, usize);

/// A business.
#[derive(Debug)]
pub(super) struct ConfiguredBusiness {
    pub(super) id: BusinessId,
    pub(super) names: Vec<String>,
    pub(super) previous_ids: Vec<BusinessId>,
    pub(super) portfolio: BusinessId,
    pub(super) templates: Arc<Vec<TemplateSettings>>,
    pub(super) senders: Vec<ConfiguredSender>,
}

/// One of its numbers.
#[derive(Debug)]
pub(super) struct ConfiguredSender {
    pub(super) sender: Sender,
    pub(super) profile: Arc<Profile>,
    pub(super) keywords: Arc<Keywords>,
}

/// Word lists made already, by the words added to the built-in ones: most numbers have the same.
type Made = Vec<(Vec<ExtraWord>, Arc<Keywords>)>;

impl Configured {
    pub(super) fn new(businesses: &[Business], default_profile: &Profile) -> Self {
        let mut made = Made::new();
        let default_keywords = keywords(default_profile, &mut made);
        let businesses: Vec<_> =
            businesses.iter().map(|business| ConfiguredBusiness::new(business, &mut made)).collect();
        let mut places = HashMap::new();
        for (of, business) in businesses.iter().enumerate() {
            for (at, sender) in business.senders.iter().enumerate() {
                places.extend(sender.given().into_iter().map(|name| (name, (of, at))));
            }
        }
        Self { businesses, places, default_keywords }
    }

    pub(super) fn get(&self, (of, at): Place) -> Option<(&ConfiguredBusiness, &ConfiguredSender)> {
        let business = self.businesses.get(of)?;
        Some((business, business.senders.get(at)?))
    }
}

impl ConfiguredBusiness {
    fn new(business: &Business, made: &mut Made) -> Self {
        let mut previous_ids = business.previous_ids.clone();
        previous_ids.retain(|id| *id != business.id);
        previous_ids.sort();
        previous_ids.dedup();
        let senders = business.senders.iter().map(|settings| ConfiguredSender {
            sender: settings.sender.clone(),
            profile: Arc::new(settings.profile.clone()),
            keywords: keywords(&settings.profile, made),
        });
        Self {
            id: business.id.clone(),
            names: business.names.clone(),
            previous_ids,
            portfolio: business.portfolio.clone().unwrap_or_else(|| business.id.clone()),
            templates: Arc::new(business.templates.clone()),
            senders: senders.collect(),
        }
    }
}

impl ConfiguredSender {
    /// The names that the configuration gives.
    pub(super) fn given(&self) -> Vec<SenderId> {
        std::iter::once(&self.sender.id).chain(&self.sender.number).cloned().collect()
    }
}

/// The word lists of a profile. Its extra words were checked when the configuration was read; should one not fit all the
/// same, the others do.
fn keywords(profile: &Profile, made: &mut Made) -> Arc<Keywords> {
    if let Some((_, keywords)) = made.iter().find(|(extra, _)| *extra == profile.keywords) {
        return Arc::clone(keywords);
    }
    let keywords = Arc::new(Keywords::with_what_fits(&profile.keywords));
    made.push((profile.keywords.clone(), Arc::clone(&keywords)));
    keywords
}
