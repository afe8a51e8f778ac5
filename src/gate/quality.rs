//! The quality of senders: what was counted, rated and remembered. The standing is a row of the registry, so that every
//! sidecar goes by the same one and a restart forgets nothing.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{Gate, GateError, Observed};
use crate::{
    model::{SenderId, Time},
    quality::{Counts, Grades, PERIODS, Rating, RatingRules, Splits, Standing, rated, worse},
    senders::{LearnedSender, StandingRow},
};

/// How often the senders whose messages something happened to are rated.
const RATE_EVERY: Duration = Duration::from_secs(30);

/// What is known of the quality of a sender.
#[derive(Clone, Debug, PartialEq)]
pub struct SenderQuality {
    /// The sender, as it is counted.
    pub sender: SenderId,
    /// The rating that rules: the worse of ours and the platform's, and since when.
    pub ruling: (Rating, Time),
    /// Ours.
    pub standing: Standing,
    /// Ours is low, and has been for so long that more is to be done about it (E04).
    pub sustained: bool,
    /// The platform's last word.
    pub platform: Option<(Rating, Time)>,
    /// The counts over 1 hour, 24 hours and 7 days.
    pub periods: [Counts; PERIODS.len()],
    /// Those of 7 days told apart (E05).
    pub splits: Splits,
}

/// The senders that something was counted of since this process began.
#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<BTreeSet<SenderId>>);

impl Counted {
    pub(super) fn note(&self, sender: &SenderId) {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !senders.contains(sender) {
            senders.insert(sender.clone());
        }
    }

    fn all(&self) -> Vec<SenderId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Gate {
    /// Counts and rating of a sender now. A rating that changed is kept for all.
    ///
    /// # Errors
    /// When the sender is unknown, or the store failed.
    pub async fn quality(&self, sender: &SenderId) -> Result<SenderQuality, GateError> {
        let now = self.clock.now();
        self.directory.load().find(sender).ok_or(GateError::UnknownSender)?;
        let sender = self.counted_as(sender);
        let tallied = self.tallied(&sender, now).await?;
        let rules = RatingRules::default();
        let before = self.standing(&sender).unwrap_or_else(|| Standing::unrated(now));
        let standing = rated(&rules, before, Grades::of(&rules, &tallied.history, now), now);
        if standing != before {
            let standing = Some(StandingRow::of(standing, now));
            let learned = LearnedSender { standing, ..LearnedSender::default() };
            // Who asks is answered all the same; whoever rates next keeps it.
            if let Err(error) = self.observe(&Observed::Sender(sender.clone(), learned)).await {
                tracing::debug!(%error, "a rating was not kept");
            }
        }
        let platform = self.platform_rating(&sender);
        Ok(SenderQuality {
            ruling: worse(standing, platform),
            sustained: standing.is_sustained(&rules, now),
            standing,
            platform,
            periods: PERIODS.map(|period| tallied.history.over(period, now)),
            splits: tallied.splits,
            sender,
        })
    }

    fn standing(&self, sender: &SenderId) -> Option<Standing> {
        let directory = self.directory.load();
        let (_, row) = directory.learned().senders.get(sender)?;
        row.standing.as_ref()?.standing()
    }

    /// The platform's word: a flagged number is low, one that is flagged no longer is not.
    fn platform_rating(&self, sender: &SenderId) -> Option<(Rating, Time)> {
        let directory = self.directory.load();
        let names = directory.get(sender.as_str())?.sender.clone();
        let rows = std::iter::once(&names.id).chain(&names.number).chain([sender]);
        let words = rows.filter_map(|name| directory.learned().senders.get(name)?.1.quality.clone());
        let (at, word) = words.max()?;
        let rating = match word.as_str() {
            "FLAGGED" | "RED" => Rating::Low,
            "YELLOW" => Rating::Medium,
            "UNFLAGGED" | "GREEN" => Rating::High,
            _ => return None,
        };
        Some((rating, Time::from_millis(at)?))
    }

    /// Rates the senders that something was counted of, for as long as the server runs: a rating gets better, and lasts, by time
    /// alone.
    pub(super) async fn rate(&self) {
        loop {
            tokio::time::sleep(RATE_EVERY).await;
            for sender in self.counted.all() {
                if let Err(error) = self.quality(&sender).await {
                    tracing::debug!(%error, "a sender was not rated");
                }
            }
        }
    }
}
