//! What the platform's error codes say about our state (E06).

/// What an error code corrects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorEffect {
    /// The customer service window is closed, whatever we believed.
    ClosesWindow,
    /// The person wants no marketing from this business.
    MarketingOptOut,
    /// The person has had enough marketing, from anybody: none for at least 24 hours. No opt-out.
    CoolOff,
    /// The person cannot be reached: no WhatsApp, an old one, or terms not accepted. No opt-out.
    Undeliverable,
    /// The template is paused or disabled.
    TemplatePaused,
    /// The number or account is restricted.
    Restricted,
    /// Too much or too fast, or an outage: the same message may go a little later.
    RetrySoon,
    /// Says nothing about any state kept here.
    None,
}

/// The person wants no marketing from this business.
pub(super) const MARKETING_REFUSED: u32 = 131_050;

/// What an error code means for what we keep. Codes decide, since titles and texts change.
#[must_use]
pub const fn effect_of(code: u32) -> ErrorEffect {
    match code {
        131_047 => ErrorEffect::ClosesWindow,
        MARKETING_REFUSED => ErrorEffect::MarketingOptOut,
        131_049 => ErrorEffect::CoolOff,
        131_026 => ErrorEffect::Undeliverable,
        132_015 | 132_016 => ErrorEffect::TemplatePaused,
        131_048 | 131_031 | 368 => ErrorEffect::Restricted,
        4 | 80_007 | 130_429 | 131_000 | 131_016 | 131_056 | 131_057 => ErrorEffect::RetrySoon,
        _ => ErrorEffect::None,
    }
}
