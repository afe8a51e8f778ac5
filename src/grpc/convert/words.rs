//! Enumerations, both ways, each match exhaustive: a new value on either side does not compile until it is here.

use crate::{
    conversation::Effect,
    grpc::pb,
    model::{
        Category, Voice,
        event::Block,
        evidence::{Action, Channel, Finding, Method},
    },
    policy::{Kind, Obligation, Obligations, Outcome, Reason},
    store::Durability,
};

pub(super) const CATEGORIES: &str =
    "must be CATEGORY_MARKETING, CATEGORY_UTILITY, CATEGORY_AUTHENTICATION or CATEGORY_SERVICE";

/// None for a value that is not in the contract; `Some(None)` for the unspecified one.
pub(super) fn category(code: i32) -> Option<Option<Category>> {
    Some(match pb::Category::try_from(code).ok()? {
        pb::Category::Unspecified => None,
        pb::Category::Marketing => Some(Category::Marketing),
        pb::Category::Utility => Some(Category::Utility),
        pb::Category::Authentication => Some(Category::Authentication),
        pb::Category::Service => Some(Category::Service),
    })
}

pub(super) fn category_code(category: Category) -> pb::Category {
    match category {
        Category::Marketing => pb::Category::Marketing,
        Category::Utility => pb::Category::Utility,
        Category::Authentication => pb::Category::Authentication,
        Category::Service => pb::Category::Service,
    }
}

pub(super) fn kind(code: i32) -> Option<Kind> {
    match pb::MessageKind::try_from(code).ok()? {
        pb::MessageKind::Unspecified => None,
        pb::MessageKind::Template => Some(Kind::Template),
        pb::MessageKind::FreeForm => Some(Kind::FreeForm),
        pb::MessageKind::OptInPrompt => Some(Kind::OptInPrompt),
        pb::MessageKind::OptInConfirmation => Some(Kind::OptInConfirmation),
        pb::MessageKind::OptOutConfirmation => Some(Kind::OptOutConfirmation),
    }
}

pub(super) fn reason(reason: Reason) -> pb::Reason {
    match reason {
        Reason::OptedIn => pb::Reason::OptedIn,
        Reason::WindowOpen => pb::Reason::WindowOpen,
        Reason::OptInPrompt => pb::Reason::OptInPrompt,
        Reason::OptOutConfirmation => pb::Reason::OptOutConfirmation,
        Reason::NotEnforced => pb::Reason::NotEnforced,
        Reason::UnknownSender => pb::Reason::UnknownSender,
        Reason::SenderRestricted => pb::Reason::SenderRestricted,
        Reason::NotOnWhatsapp => pb::Reason::NotOnWhatsapp,
        Reason::OptedOut => pb::Reason::OptedOut,
        Reason::BlockedByUser => pb::Reason::BlockedByUser,
        Reason::BlockedByBusiness => pb::Reason::BlockedByBusiness,
        Reason::CategoryOptedOut => pb::Reason::CategoryOptedOut,
        Reason::TemplateRequired => pb::Reason::TemplateRequired,
        Reason::EscalationRequired => pb::Reason::EscalationRequired,
        Reason::TemplateNotSendable => pb::Reason::TemplateNotSendable,
        Reason::CategoryMismatch => pb::Reason::CategoryMismatch,
        Reason::CategoryNotPermitted => pb::Reason::CategoryNotPermitted,
        Reason::NoOptIn => pb::Reason::NoOptIn,
        Reason::OptInExpired => pb::Reason::OptInExpired,
        Reason::OptInInsufficient => pb::Reason::OptInInsufficient,
        Reason::OptInPending => pb::Reason::OptInPending,
        Reason::OptInDeclined => pb::Reason::OptInDeclined,
        Reason::OptInPromptDisabled => pb::Reason::OptInPromptDisabled,
        Reason::OptInPromptTooSoon => pb::Reason::OptInPromptTooSoon,
        Reason::QuietHours => pb::Reason::QuietHours,
        Reason::FrequencyCapped => pb::Reason::FrequencyCapped,
        Reason::QualityPaused => pb::Reason::QualityPaused,
        Reason::QualityThrottled => pb::Reason::QualityThrottled,
        Reason::MessagingLimit => pb::Reason::MessagingLimit,
        Reason::PairRateLimited => pb::Reason::PairRateLimited,
        Reason::ThroughputLimited => pb::Reason::ThroughputLimited,
        Reason::PlatformCoolOff => pb::Reason::PlatformCoolOff,
        Reason::StateUnavailable => pb::Reason::StateUnavailable,
        Reason::NotAContact => pb::Reason::NotAContact,
        Reason::AlreadyOptedIn => pb::Reason::AlreadyOptedIn,
        Reason::AlreadyConfirmed => pb::Reason::AlreadyConfirmed,
    }
}

pub(super) fn outcome(outcome: Outcome) -> pb::Outcome {
    match outcome {
        Outcome::Pass => pb::Outcome::Pass,
        Outcome::NotApplicable => pb::Outcome::NotApplicable,
        Outcome::Allow => pb::Outcome::Allow,
        Outcome::Deny => pb::Outcome::Deny,
        Outcome::ShadowDeny => pb::Outcome::ShadowDeny,
        Outcome::NotEvaluated => pb::Outcome::NotEvaluated,
    }
}

pub(in crate::grpc) fn obligations(obligations: Obligations) -> Vec<i32> {
    let code = |obligation| match obligation {
        Obligation::UseTemplate => pb::Obligation::UseTemplate,
        Obligation::RequestOptIn => pb::Obligation::RequestOptIn,
        Obligation::SendOptInConfirmation => pb::Obligation::SendOptInConfirmation,
        Obligation::SendOptOutConfirmation => pb::Obligation::SendOptOutConfirmation,
        Obligation::FallBackToSms => pb::Obligation::FallBackToSms,
        Obligation::IncludeOptOutInstructions => pb::Obligation::IncludeOptOutInstructions,
        Obligation::AskAPerson => pb::Obligation::AskAPerson,
    };
    obligations.iter().map(|obligation| code(obligation) as i32).collect()
}

pub(super) fn method(code: i32) -> Option<Method> {
    let known = pb::ConsentMethod::try_from(code).ok()?;
    Method::from_code(u8::try_from(known as i32).ok()?)
}

/// None for a value not in the contract, the unspecified one, and those that are always refused.
pub(super) fn action(code: i32) -> Result<Action, &'static str> {
    match pb::ConsentAction::try_from(code) {
        Ok(pb::ConsentAction::PreTickedBox) => {
            Err("B01: a pre-ticked box is no opt-in; the person must do something")
        }
        Ok(pb::ConsentAction::Implied) => Err("B01: consent is never implied; the person must do something"),
        Ok(pb::ConsentAction::PurchasedList) => {
            Err("B01: a bought list holds no opt-ins; the person must say yes to this business")
        }
        Ok(known) => u8::try_from(known as i32)
            .ok()
            .and_then(Action::from_code)
            .ok_or("B01: must say what the person did"),
        Err(_) => Err("B01: must be one of ConsentAction: what the person did"),
    }
}

/// None for a value not in the contract. The unspecified one counts as the person's own word.
pub(super) fn channel(code: i32) -> Option<Channel> {
    match pb::OptOutChannel::try_from(code).ok()? {
        pb::OptOutChannel::Unspecified => Some(Channel::Other),
        known => Channel::from_code(u8::try_from(known as i32).ok()?),
    }
}

pub(super) fn block(code: i32) -> Option<Block> {
    match pb::BlockState::try_from(code).ok()? {
        pb::BlockState::Unspecified => None,
        pb::BlockState::BlockedByUser => Some(Block::ByUser),
        pb::BlockState::ReportedByUser => Some(Block::ReportedByUser),
        pb::BlockState::BlockedByBusiness => Some(Block::ByBusiness),
        pb::BlockState::UnblockedByBusiness => Some(Block::LiftedByBusiness),
    }
}

pub(super) fn block_state(block: Block) -> pb::BlockState {
    match block {
        Block::ByUser => pb::BlockState::BlockedByUser,
        Block::ReportedByUser => pb::BlockState::ReportedByUser,
        Block::ByBusiness => pb::BlockState::BlockedByBusiness,
        Block::LiftedByBusiness => pb::BlockState::UnblockedByBusiness,
    }
}

pub(super) fn voice(voice: Option<Voice>) -> pb::Voice {
    match voice {
        None => pb::Voice::Unspecified,
        Some(Voice::Own) => pb::Voice::Own,
        Some(Voice::Asserted) => pb::Voice::Asserted,
        Some(Voice::Platform) => pb::Voice::Platform,
    }
}

pub(in crate::grpc) fn inbound_effect(effect: &Effect) -> pb::InboundEffect {
    match effect {
        Effect::None => pb::InboundEffect::None,
        Effect::OptOut(..) => pb::InboundEffect::OptedOut,
        Effect::OptIn { .. } => pb::InboundEffect::OptedIn,
        Effect::Declined => pb::InboundEffect::Declined,
        Effect::Held(_) => pb::InboundEffect::MarketingHeld,
    }
}

pub(in crate::grpc) fn finding(finding: &Finding) -> pb::Finding {
    pb::Finding {
        rule: finding.rule.to_owned(),
        field: finding.field.to_owned(),
        message: finding.message.clone(),
    }
}

/// Every store has written before it answers.
pub(in crate::grpc) const fn durability(stored: Option<Durability>) -> i32 {
    let durability = match stored {
        Some(Durability::Stored) => pb::Durability::Stored,
        Some(Durability::Replicated) => pb::Durability::Replicated,
        None => pb::Durability::Journaled,
    };
    durability as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_codes_and_the_contracts_numbers_are_the_same() {
        for (at, method) in Method::ALL.into_iter().enumerate() {
            let name = pb::ConsentMethod::try_from(i32::try_from(at + 1).unwrap()).unwrap();
            let plain = name.as_str_name().replace("CONSENT_METHOD_", "").replace('_', "");
            assert_eq!(plain, format!("{method:?}").to_uppercase());
        }
        for (at, action) in Action::ALL.into_iter().enumerate() {
            let name = pb::ConsentAction::try_from(i32::try_from(at + 1).unwrap()).unwrap();
            let plain = name.as_str_name().replace("CONSENT_ACTION_", "").replace('_', "");
            assert_eq!(plain, format!("{action:?}").to_uppercase());
        }
        for (at, channel) in Channel::ALL.into_iter().enumerate() {
            let name = pb::OptOutChannel::try_from(i32::try_from(at + 1).unwrap()).unwrap();
            let plain = name.as_str_name().replace("OPT_OUT_CHANNEL_", "").replace('_', "");
            assert_eq!(plain, format!("{channel:?}").to_uppercase());
        }
    }

    #[test]
    fn every_reason_has_its_own_code() {
        let codes: std::collections::BTreeSet<i32> =
            Reason::ALL.into_iter().map(|r| reason(r) as i32).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for known in Reason::ALL {
            let name = reason(known).as_str_name().replace("REASON_", "").to_lowercase();
            assert_eq!(name, known.label());
        }
    }
}
