//! Reasons and obligations in plain words. No `_` arm: a new code must be put into words here.

use crate::grpc::pb::{Obligation, Reason};

/// Why a decision is what it is.
pub(super) const fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Unspecified => "The server gave no reason this client knows.",
        Reason::OptedIn => "The person opted in to this.",
        Reason::WindowOpen => "The person wrote within the last 24 hours.",
        Reason::OptInPrompt => "An opt-in prompt may be sent now.",
        Reason::OptOutConfirmation => "The one confirmation of the opt-out may be sent.",
        Reason::NotEnforced => "Only a rule in shadow mode speaks against it.",
        Reason::UnknownSender => "The sender is not configured.",
        Reason::SenderRestricted => "WhatsApp disabled or restricted the sender.",
        Reason::NotOnWhatsapp => "The person is not reachable on WhatsApp.",
        Reason::OptedOut => "The person opted out of everything.",
        Reason::BlockedByUser => "The person blocked or reported the sender.",
        Reason::BlockedByBusiness => "The business blocked the person.",
        Reason::CategoryOptedOut => "The person opted out of this category or topic.",
        Reason::TemplateRequired => "The person has not written within 24 hours: only a template may go out.",
        Reason::EscalationRequired => "An automated message must offer a way to a human.",
        Reason::TemplateNotSendable => "The template is not approved, paused, disabled or unknown.",
        Reason::CategoryMismatch => {
            "WhatsApp files the template under another category, which changes the answer."
        }
        Reason::CategoryNotPermitted => "This category is not permitted for this sender or recipient.",
        Reason::NoOptIn => "No opt-in covers this category or topic.",
        Reason::OptInExpired => "The opt-in that covered it has expired.",
        Reason::OptInInsufficient => "The evidence of the opt-in is not sufficient.",
        Reason::OptInPending => "An opt-in prompt is waiting for its answer.",
        Reason::OptInDeclined => "The person declined the opt-in prompt.",
        Reason::OptInPromptDisabled => "This sender does not send opt-in prompts.",
        Reason::OptInPromptTooSoon => "The last prompt is less than 24 hours old and unanswered.",
        Reason::QuietHours => "It is quiet hours where the person is.",
        Reason::FrequencyCapped => "The person has had as many messages as the cap allows.",
        Reason::QualityPaused => "The sender's quality is low: paused.",
        Reason::QualityThrottled => "The sender's quality is low: throttled.",
        Reason::MessagingLimit => "The portfolio's messaging limit is reached.",
        Reason::PairRateLimited => "Too many messages to this person in a short time.",
        Reason::ThroughputLimited => "The sender's throughput is used up.",
        Reason::PlatformCoolOff => "WhatsApp holds back marketing messages to this person.",
        Reason::CustomRule => "A rule of the operator denies it.",
        Reason::StateUnavailable => "The person's state cannot be read, so nothing is sent.",
        Reason::NotAContact => "The person is not a contact of the business.",
        Reason::AlreadyOptedIn => "The person is opted in already: no prompt is due.",
        Reason::AlreadyConfirmed => "The one confirmation was sent, or there is nothing to confirm.",
    }
}

/// What the caller must or should do.
pub(super) const fn duty(obligation: Obligation) -> &'static str {
    match obligation {
        Obligation::Unspecified => "do what a newer version of this client could name",
        Obligation::UseTemplate => "send an approved template instead",
        Obligation::RequestOptIn => "obtain an opt-in first",
        Obligation::SendOptInConfirmation => "confirm the opt-in to the person on WhatsApp",
        Obligation::SendOptOutConfirmation => "confirm the opt-out once, telling the person how to come back",
        Obligation::FallBackToSms => "offer SMS instead",
        Obligation::IncludeOptOutInstructions => "say in the message how to opt out, of its category too",
        Obligation::AskAPerson => "have a person look at the conversation: the refusal was ambiguous",
    }
}
