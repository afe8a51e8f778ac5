//! From numbers to a rating, and from one rating to the next.

use super::{Counts, History, PERIODS};
use crate::model::{Millis, Time};

/// A sender's quality rating, the worse the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Rating {
    /// Too few messages to say.
    #[default]
    Unrated,
    /// Green.
    High,
    /// Yellow.
    Medium,
    /// Red.
    Low,
}

impl Rating {
    /// Every rating.
    pub const ALL: [Self; 4] = [Self::Unrated, Self::High, Self::Medium, Self::Low];

    /// Its name in stored rows and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unrated => "UNRATED",
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }

    /// The rating of a name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rating| rating.word() == word)
    }
}

/// How numbers become a rating.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatingRules {
    /// Over a period with fewer messages that reached somebody, nothing is said. Default 100: one block is then at most 1 %.
    pub volume_min: u64,
    /// Fewer blocks and reports than this over a period lower no rating: one angry person is no trend. Default 3.
    pub negatives_min: u64,
    /// Blocks and reports per message from which a sender is medium. Default 1 %.
    pub medium_from: f64,
    /// Blocks and reports per message from which a sender is low. Default 3 %.
    pub low_from: f64,
    /// Below this part of deliveries read over 7 days a sender is medium; 0 = reads do not matter. Default 5 %.
    pub read_min: f64,
    /// Deliveries over 7 days below which reads say nothing. Default 1,000.
    pub read_volume_min: u64,
    /// Within the 7 days, what happened this long ago weighs half. Default 24 hours.
    pub half_life: Millis,
    /// To become better, a sender must be below this part of the bounds. Default 0.8.
    pub recovery: f64,
    /// For how long it must be, before it is. Default 6 hours.
    pub recovered_after: Millis,
    /// Low for this long is *sustained*. Default 24 hours.
    pub sustained_after: Millis,
}

impl Default for RatingRules {
    fn default() -> Self {
        Self {
            volume_min: 100,
            negatives_min: 3,
            medium_from: 0.01,
            low_from: 0.03,
            read_min: 0.05,
            read_volume_min: 1000,
            half_life: Millis::hours(24),
            recovery: 0.8,
            recovered_after: Millis::hours(6),
            sustained_after: Millis::hours(24),
        }
    }
}

/// What numbers come to at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grades {
    /// By the bounds: what the sender becomes at once if it is worse.
    pub strict: Rating,
    /// By the bounds of recovery: what the sender may become if it is better.
    pub recovering: Rating,
}

impl Grades {
    /// The grades of a history.
    #[must_use]
    pub fn of(rules: &RatingRules, history: &History, now: Time) -> Self {
        Self {
            strict: grade(rules, history, 1.0, now),
            recovering: grade(rules, history, rules.recovery, now),
        }
    }
}

/// The worst that any period says, with the bounds scaled.
fn grade(rules: &RatingRules, history: &History, scale: f64, now: Time) -> Rating {
    let sums = PERIODS.map(|period| history.over(period, now));
    let week = sums.last().copied().unwrap_or_default();
    let weighted = ratio_of(rules, &week).map(|_| {
        let (negative, reached) = history.weighted(rules.half_life, now);
        if week.negative() < rules.negatives_min { 0.0 } else { negative / reached.max(f64::MIN_POSITIVE) }
    });
    let plain = sums.iter().map(|sum| ratio_of(rules, sum));
    let worst = plain.chain([weighted]).flatten().map(|ratio| {
        if ratio >= rules.low_from * scale {
            Rating::Low
        } else if ratio >= rules.medium_from * scale {
            Rating::Medium
        } else {
            Rating::High
        }
    });
    // Where no read was ever told, nobody tells of reads.
    let is_unread = week.get(super::Counter::Delivered) >= rules.read_volume_min.max(1)
        && week.get(super::Counter::Read) > 0
        && week.read_ratio().is_some_and(|read| read * scale < rules.read_min);
    let unread = is_unread.then_some(Rating::Medium);
    worst.chain(unread).max().unwrap_or_default()
}

/// Blocks and reports per message over a period, if it says anything.
fn ratio_of(rules: &RatingRules, sum: &Counts) -> Option<f64> {
    let ratio = sum.negative_ratio().filter(|_| sum.reached() >= rules.volume_min)?;
    Some(if sum.negative() < rules.negatives_min { 0.0 } else { ratio })
}

/// How a sender stands: its rating, and what it takes to leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The rating in force.
    pub rating: Rating,
    /// Since when it is.
    pub since: Time,
    /// Since when a better one would be in force, were it not for `recovered_after`.
    pub better_since: Option<Time>,
}

impl Standing {
    /// Of a sender that nothing is known of.
    #[must_use]
    pub const fn unrated(since: Time) -> Self {
        Self { rating: Rating::Unrated, since, better_since: None }
    }

    /// E04: low for so long that more is done about it.
    #[must_use]
    pub fn is_sustained(&self, rules: &RatingRules, now: Time) -> bool {
        self.rating == Rating::Low && now.since(self.since) >= rules.sustained_after
    }
}

/// The standing after a look at the numbers: worse at once, better only after it held. A first rating is given at once.
#[must_use]
pub fn rated(rules: &RatingRules, before: Standing, grades: Grades, now: Time) -> Standing {
    let becomes = |rating| Standing { rating, since: now, better_since: None };
    let is_first = before.rating == Rating::Unrated && grades.strict != Rating::Unrated;
    if grades.strict > before.rating || is_first {
        return becomes(grades.strict);
    }
    if grades.recovering >= before.rating {
        return Standing { better_since: None, ..before };
    }
    let better_since = before.better_since.unwrap_or(now);
    if now.since(better_since) >= rules.recovered_after {
        return becomes(grades.recovering);
    }
    Standing { better_since: Some(better_since), ..before }
}

/// The worse of our standing and the platform's word; at equal ratings the one that is older.
#[must_use]
pub fn worse(ours: Standing, platform: Option<(Rating, Time)>) -> (Rating, Time) {
    let ours = (ours.rating, ours.since);
    let Some(theirs) = platform else { return ours };
    match ours.0.cmp(&theirs.0) {
        std::cmp::Ordering::Less => theirs,
        std::cmp::Ordering::Greater => ours,
        std::cmp::Ordering::Equal => (ours.0, ours.1.min(theirs.1)),
    }
}
