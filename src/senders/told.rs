//! What the platform said of a number, and how it was rated: what decisions go by.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Directory, LearnedSender, SenderProfile, configured::Configured, learned::Learned};
use crate::{
    model::{BusinessId, Time},
    policy::MessagingLimit,
    quality::{Rating, Standing, worse},
};

/// The quality of a number: as it was rated here, and the platform's last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Quality {
    /// Ours, and how it came about.
    pub standing: Option<Standing>,
    /// The platform's.
    pub platform: Option<(Rating, Time)>,
}

/// The limit of a portfolio: when it was told, and how many people; `u32::MAX` = without limit. Of two words at once the
/// stricter one is the greater.
type Told = (i64, Reverse<u32>);

/// The limits of portfolios of configured businesses, as far as the platform told them.
pub(super) type Limits = BTreeMap<BusinessId, Told>;

impl Quality {
    /// The quality that the rows of a number's names tell of.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a LearnedSender> + Clone) -> Self {
        let standing = rows.clone().filter_map(|row| row.standing.as_ref()).max();
        let word = rows.filter_map(|row| row.quality.as_ref()).max();
        Self {
            standing: standing.and_then(super::StandingRow::standing),
            platform: word.and_then(|(at, word)| Some((platform_rating(word)?, Time::from_millis(*at)?))),
        }
    }

    /// The worse of both, and since when it rules; none while nothing is known.
    #[must_use]
    pub fn ruling(&self) -> Option<(Rating, Time)> {
        match self.standing {
            Some(standing) => Some(worse(standing, self.platform)),
            None => self.platform,
        }
    }
}

/// A flagged number is low, one that is flagged no longer is not.
fn platform_rating(word: &str) -> Option<Rating> {
    match word {
        "FLAGGED" | "RED" => Some(Rating::Low),
        "YELLOW" => Some(Rating::Medium),
        "UNFLAGGED" | "GREEN" => Some(Rating::High),
        _ => None,
    }
}

/// Since 7 October 2025 a limit is one of the whole portfolio, whichever number or account it is told for: the last word is.
pub(super) fn limits(configured: &Configured, learned: &Learned) -> Limits {
    let mut limits = Limits::new();
    for business in &configured.businesses {
        let mut words = Vec::new();
        for sender in &business.senders {
            for name in learned.names_of(sender.given()) {
                let row = learned.senders.get(&name).map(|(_, row)| row);
                words.extend(row.and_then(|row| told(row.limit.as_ref())));
                let on = row.and_then(LearnedSender::account);
                for account in [sender.sender.account.clone(), on].into_iter().flatten() {
                    let state = learned.accounts.get(account.as_str());
                    words.extend(state.and_then(|(_, state)| told(state.limit.as_ref())));
                }
            }
        }
        if let Some(told) = words.into_iter().max() {
            let last = limits.entry(business.portfolio.clone()).or_insert(told);
            *last = told.max(*last);
        }
    }
    limits
}

/// A limit that says something.
fn told(word: Option<&(i64, String)>) -> Option<Told> {
    let (at, word) = word?;
    match word.as_str() {
        "UNLIMITED" => Some((*at, Reverse(u32::MAX))),
        people => Some((*at, Reverse(people.parse().ok()?))),
    }
}

fn people_of((_, Reverse(people)): &Told) -> Option<u32> {
    (*people != u32::MAX).then_some(*people)
}

impl Directory {
    /// A23: how many people the portfolio of a sender may reach; none = without limit, or not known.
    #[must_use]
    pub fn messaging_limit(&self, sender: &SenderProfile) -> Option<u32> {
        match sender.profile.rules.messaging_limit {
            MessagingLimit::People(people) => Some(people),
            MessagingLimit::Unlimited => None,
            MessagingLimit::Platform if sender.configured => {
                self.limits.get(&sender.portfolio).and_then(people_of)
            }
            MessagingLimit::Platform => {
                let row = self.learned.senders.get(&sender.sender.id);
                let account = sender.sender.account.as_deref();
                let account = account.and_then(|account| self.learned.accounts.get(account));
                let of_number = row.and_then(|(_, row)| told(row.limit.as_ref()));
                let of_account = account.and_then(|(_, state)| told(state.limit.as_ref()));
                of_number.max(of_account).as_ref().and_then(people_of)
            }
        }
    }
}
