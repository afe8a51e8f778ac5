//! The settings of the rules, as decisions see them: resolved for one sender, valid, without a file format.

use super::RuleSet;
use crate::{
    limits::{FrequencyCap, PairRate, Quota},
    model::{Category, Millis, Time},
    quality::RatingRules,
};

/// All settings of the rules for one sender. The defaults are the stricter reading of the sources, except where a
/// comment says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Rules that are evaluated, counted and traced, but not enforced.
    pub shadow: RuleSet,
    /// A08: deducted from the window's end, for the time that sending takes. Default 0: exactly 24 hours.
    pub window_margin: Millis,
    /// A08: a free-form reply needs an opt-in too (the platform's API pages say so; the source documents do not).
    pub free_form_requires_opt_in: bool,
    /// A05: a free-form reply to someone who wrote again after opting out.
    pub reply_after_opt_out: bool,
    /// A15: categories whose templates need no opt-in inside the window.
    pub window_covers_templates: Vec<Category>,
    /// A10: an automated reply must offer a way to a human.
    pub escalation_required: bool,
    /// A11: a template nobody told sendgate about is not sendable.
    pub require_known_templates: bool,
    /// A13: categories this sender may send. Service replies are always permitted.
    pub permitted_categories: Vec<Category>,
    /// A13: the platform's pauses of marketing by country, with the time they are in force.
    pub marketing_pauses: Vec<DatedPause>,
    /// A16: an opt-in with weak evidence does not count, and evidence is checked strictly when recorded.
    pub strict_evidence: bool,
    /// A18: this sender sends opt-in prompts.
    pub opt_in_prompt: bool,
    /// A18: the time before an unanswered prompt may be repeated.
    pub opt_in_prompt_again_after: Millis,
    /// A03: how long "not on WhatsApp" is believed without a sign of life.
    pub not_on_whatsapp_for: Millis,
    /// A03: how long an undeliverable message (131026), which may mean several things, is taken for it.
    pub undeliverable_for: Millis,
    /// A20: quiet hours; none by default, since the law that asks for them exempts messages sent with consent.
    pub quiet_hours: Option<QuietHours>,
    /// A20: the zone of a recipient whose own is unknown; none = then there are no quiet hours to keep.
    pub sender_zone: Option<jiff::tz::TimeZone>,
    /// A20, B10: what single jurisdictions ask for.
    pub jurisdictions: Vec<JurisdictionRules>,
    /// A25: how long marketing rests after error 131049.
    pub cool_off: Millis,
    /// A28: only contacts of the business are written to.
    pub contacts_only: bool,
    /// A21: caps per recipient; none by default, since no source names a number.
    pub frequency_caps: Vec<FrequencyCap>,
    /// A22: what a low quality rating stops.
    pub quality: QualityRules,
    /// A23: how many people a portfolio may reach outside a window.
    pub messaging_limit: MessagingLimit,
    /// A24: the platform's rate to one person; none = not kept here.
    pub pair_rate: Option<PairRate>,
    /// A24: messages of one number within a second; none = not kept here.
    pub throughput: Option<u32>,
}

/// Where the messaging limit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagingLimit {
    /// What the platform told last; nothing was told = nothing is kept.
    Platform,
    /// So many people.
    People(u32),
    /// Not kept here.
    Unlimited,
}

/// A22: how numbers become a rating, and what a low one stops.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityRules {
    /// How numbers become a rating.
    pub rating: RatingRules,
    /// What low quality does.
    pub low: Measure,
    /// What it does once it is sustained.
    pub sustained_low: Measure,
    /// What throttling leaves.
    pub throttle: Quota,
    /// The categories that it stops.
    pub categories: Vec<Category>,
}

/// What is done about low quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Nothing.
    Nothing = 0,
    /// Only some messages go out.
    Throttle = 1,
    /// None does.
    Pause = 2,
}

impl Default for QualityRules {
    fn default() -> Self {
        Self {
            rating: RatingRules::default(),
            low: Measure::Throttle,
            sustained_low: Measure::Pause,
            throttle: Quota { max: 100, per: Millis::hours(1) },
            categories: vec![Category::Marketing],
        }
    }
}

/// A pause of marketing to the numbers of one country, with the time it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedPause {
    /// ISO 3166-1 alpha-2; only `US` is known to the platform so far.
    pub country: String,
    /// In force from.
    pub from: Time,
    /// In force until; open when none.
    pub until: Option<Time>,
}

/// When messages rest, in the recipient's local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// Start of the quiet time, minutes after local midnight.
    pub start_minute: u16,
    /// End of the quiet time, minutes after local midnight; earlier than the start when it spans midnight.
    pub end_minute: u16,
}

/// What one jurisdiction asks for, by ISO 3166 code; a subdivision's rules win over its country's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JurisdictionRules {
    /// `BR`, or `US-CA`.
    pub code: String,
    /// How long an opt-in is valid.
    pub validity: Option<Millis>,
    /// Quiet hours, in place of the general ones.
    pub quiet_hours: Option<QuietHours>,
    /// An opt-in needs a second confirmation.
    pub double_opt_in: bool,
    /// The least age in years; 0 = none.
    pub minimum_age: u32,
}

impl Rules {
    /// What a jurisdiction asks for: the subdivision's rules, else the country's.
    #[must_use]
    pub fn jurisdiction(&self, code: &str) -> Option<&JurisdictionRules> {
        let find = |code: &str| self.jurisdictions.iter().find(|rules| rules.code == code);
        find(code).or_else(|| code.split_once('-').and_then(|(country, _)| find(country)))
    }

    /// B10: when an opt-in of somebody in a jurisdiction ends, where that limits it.
    #[must_use]
    pub fn opt_in_ends(&self, jurisdiction: &str, said_at: Time) -> Option<Time> {
        let validity = self.jurisdiction(jurisdiction)?.validity?;
        (validity > Millis::ZERO).then(|| said_at + validity)
    }

    /// A24: the period of a number's throughput.
    pub const THROUGHPUT_PER: Millis = Millis::seconds(1);

    /// A23: the period of the messaging limit.
    pub const MESSAGING_LIMIT_PER: Millis = Millis::hours(24);

    /// The length of the customer service window.
    pub const WINDOW: Millis = Millis::hours(24);

    /// When the platform paused marketing templates to US numbers: 1 April 2025.
    pub const US_MARKETING_PAUSE_FROM_SECONDS: i64 = 1_743_465_600;
}

impl Default for Rules {
    fn default() -> Self {
        let us_pause = Time::from_seconds(Self::US_MARKETING_PAUSE_FROM_SECONDS).map(|from| DatedPause {
            country: "US".to_owned(),
            from,
            until: None,
        });
        Self {
            shadow: RuleSet::default(),
            window_margin: Millis::ZERO,
            free_form_requires_opt_in: false,
            reply_after_opt_out: false,
            window_covers_templates: Vec::new(),
            escalation_required: true,
            require_known_templates: false,
            permitted_categories: Category::ALL.to_vec(),
            marketing_pauses: us_pause.into_iter().collect(),
            strict_evidence: false,
            opt_in_prompt: false,
            opt_in_prompt_again_after: Millis::hours(24),
            not_on_whatsapp_for: Millis::days(30),
            undeliverable_for: Millis::hours(24),
            quiet_hours: None,
            sender_zone: None,
            jurisdictions: Vec::new(),
            cool_off: Millis::hours(24),
            contacts_only: false,
            frequency_caps: Vec::new(),
            quality: QualityRules::default(),
            messaging_limit: MessagingLimit::Platform,
            pair_rate: Some(PairRate { every: Millis::seconds(6), burst: 45 }),
            throughput: Some(80),
        }
    }
}
