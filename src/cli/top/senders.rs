//! What is known of the senders, as it comes in.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use clap::ValueEnum;

use crate::grpc::pb::{GetActivityResponse, QualityPeriod, Rating, SenderActivity, SenderQuality};

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Decisions a second, the most first.
    Rate,
    /// Rating, the worst first.
    Rating,
    /// Messages sent within 24 hours, the most first.
    Sent,
    /// Blocks and reports per delivered message within 24 hours, the most first.
    Negative,
    /// The name.
    Sender,
}

/// One sender.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) sender: String,
    /// None until it was told.
    pub(super) quality: Option<SenderQuality>,
    /// ALLOW and DENY a second.
    pub(super) rates: (f64, f64),
    decided: (u64, u64),
}

/// All of them, and the sidecar that tells of them.
#[derive(Clone, Debug)]
pub(super) struct Senders {
    pub(super) endpoint: String,
    pub(super) version: String,
    pub(super) ready: bool,
    pub(super) in_part: Vec<String>,
    /// Why nothing comes, if so.
    pub(super) trouble: Option<String>,
    /// Of senders that are not counted by themselves.
    others: Row,
    rows: BTreeMap<String, Row>,
    sort: Sort,
    scrolled: usize,
}

impl Sort {
    fn moved(self, by: usize) -> Self {
        let all = Self::value_variants();
        let at = all.iter().position(|sort| *sort == self).unwrap_or_default();
        all.get((at + by) % all.len()).copied().unwrap_or(self)
    }

    pub(super) fn next(self) -> Self {
        self.moved(1)
    }

    pub(super) fn previous(self) -> Self {
        self.moved(Self::value_variants().len() - 1)
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Rate => "decisions a second",
            Self::Rating => "rating",
            Self::Sent => "sent",
            Self::Negative => "blocks and reports",
            Self::Sender => "sender",
        }
    }
}

impl Row {
    fn count(&mut self, now: &SenderActivity, after: Option<Duration>) {
        let rate = |now: u64, before: u64| {
            // It counts from nothing again when it was restarted.
            let more = now.checked_sub(before).unwrap_or(now);
            after.map_or(0.0, |after| number(more) / after.as_secs_f64().max(f64::MIN_POSITIVE))
        };
        self.rates = (rate(now.allowed, self.decided.0), rate(now.denied, self.decided.1));
        self.decided = (now.allowed, now.denied);
    }

    /// The counts of 24 hours.
    pub(super) fn day(&self) -> Option<&QualityPeriod> {
        let periods = &self.quality.as_ref()?.periods;
        periods.iter().find(|period| period.period.as_ref().is_some_and(|period| period.seconds == 86_400))
    }

    pub(super) fn rating(&self) -> Rating {
        self.quality.as_ref().map(SenderQuality::rating).unwrap_or_default()
    }
}

impl Senders {
    pub(super) const fn new(endpoint: String, sort: Sort) -> Self {
        Self {
            endpoint,
            version: String::new(),
            ready: false,
            in_part: Vec::new(),
            trouble: None,
            others: Row { sender: String::new(), quality: None, rates: (0.0, 0.0), decided: (0, 0) },
            rows: BTreeMap::new(),
            sort,
            scrolled: 0,
        }
    }

    /// Takes in what was decided, so long after it was counted before.
    pub(super) fn count(&mut self, answer: GetActivityResponse, after: Option<Duration>) {
        self.version = answer.version;
        self.ready = answer.ready;
        self.in_part = answer.in_part;
        self.trouble = None;
        for activity in &answer.senders {
            self.row(&activity.sender).count(activity, after);
        }
        if let Some(others) = &answer.others {
            self.others.count(others, after);
        }
    }

    /// Takes in the quality of a sender.
    pub(super) fn rate(&mut self, quality: SenderQuality) {
        let sender = quality.sender.clone();
        self.row(&sender).quality = Some(quality);
    }

    /// Nothing comes.
    pub(super) fn fail(&mut self, why: &str) {
        self.ready = false;
        self.trouble = Some(why.to_owned());
        for row in self.rows.values_mut() {
            row.rates = (0.0, 0.0);
        }
    }

    fn row(&mut self, sender: &str) -> &mut Row {
        let row = self.rows.entry(sender.to_owned()).or_default();
        sender.clone_into(&mut row.sender);
        row
    }

    /// ALLOW and DENY a second, of all.
    pub(super) fn rates(&self) -> (f64, f64) {
        let all = self.rows.values().chain([&self.others]);
        all.fold((0.0, 0.0), |sum, row| (sum.0 + row.rates.0, sum.1 + row.rates.1))
    }

    /// The names of those with the most decisions.
    pub(super) fn busiest(&self, most: usize) -> Vec<String> {
        let mut rows: Vec<_> = self.rows.values().collect();
        rows.sort_by_key(|row| Reverse(row.decided.0 + row.decided.1));
        rows.into_iter().take(most).map(|row| row.sender.clone()).collect()
    }

    /// All of them in order.
    pub(super) fn sorted(&self) -> Vec<&Row> {
        let mut rows: Vec<_> = self.rows.values().collect();
        let day = |row: &Row| row.day().map_or((0.0, 0.0), |day| (number(day.sent), day.negative_ratio));
        let weight = |row: &Row| match self.sort {
            Sort::Rate => row.rates.0 + row.rates.1,
            Sort::Rating => f64::from(i32::from(row.rating())),
            Sort::Sent => day(row).0,
            Sort::Negative => day(row).1,
            Sort::Sender => 0.0,
        };
        rows.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
        rows
    }

    pub(super) const fn sort(&self) -> Sort {
        self.sort
    }

    pub(super) const fn sort_by(&mut self, sort: Sort) {
        self.sort = sort;
        self.scrolled = 0;
    }

    pub(super) fn scroll(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        self.scrolled = self.scrolled.saturating_add_signed(by).min(last);
    }

    /// How many rows are above the first that is shown.
    pub(super) const fn scrolled(&self) -> usize {
        self.scrolled
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const fn number(count: u64) -> f64 {
    count as f64
}
