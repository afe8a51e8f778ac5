//! One entry of an attestation log on one line.

use super::{scopes, times, words};
use crate::grpc::pb::{
    BlockState, ConsentAction, ConsentEntry, ConsentMethod, EntryKind, OptInPromptOutcome, OptOutChannel,
    Voice,
};

/// The entry: its place, when it was said, what was said, and how.
pub(super) fn of(entry: &ConsentEntry) -> String {
    let at = times::show(entry.occurred_at.as_ref());
    if entry.erased {
        return format!("{:>4}  {at:<24}  (content erased)", entry.sequence);
    }
    let mut text = format!("{:>4}  {at:<24}  {}", entry.sequence, what(entry));
    if entry.voice == i32::from(Voice::Asserted) {
        text.push_str(", asserted by the business");
    }
    if !entry.applied && is_statement(entry.kind()) {
        text.push_str(" — kept, not applied");
    }
    text
}

/// What was said, and how.
pub(super) fn what(entry: &ConsentEntry) -> String {
    let scope = scopes::show(entry.scope.as_ref());
    match entry.kind() {
        EntryKind::OptIn => format!("opted in to {scope}{}{}", how(entry), until(entry)),
        EntryKind::OptOut => format!("opted out of {scope}{}", through(entry)),
        EntryKind::PlatformStop => "stopped marketing in WhatsApp".to_owned(),
        EntryKind::PlatformResume => "resumed marketing in WhatsApp".to_owned(),
        EntryKind::Hold => "ambiguous refusal: marketing held".to_owned(),
        EntryKind::HoldSettled => "hold on marketing lifted".to_owned(),
        EntryKind::Prompt => format!("opt-in prompt {}", words::word_of::<OptInPromptOutcome>(entry.prompt)),
        EntryKind::Confirmation => "confirmation sent".to_owned(),
        EntryKind::Block => words::word_of::<BlockState>(entry.block),
        EntryKind::Link => "linked with another identity".to_owned(),
        EntryKind::Erased => "personal data erased".to_owned(),
        EntryKind::Unspecified => "an entry of a kind this client does not know".to_owned(),
    }
}

/// True for what can be applied or merely kept.
pub(super) const fn is_statement(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::OptIn | EntryKind::OptOut)
}

fn how(entry: &ConsentEntry) -> String {
    entry.evidence.as_ref().map_or_else(String::new, |evidence| {
        let method = words::word_of::<ConsentMethod>(evidence.method);
        let action = words::word_of::<ConsentAction>(evidence.action);
        format!(" via {method} ({action})")
    })
}

fn until(entry: &ConsentEntry) -> String {
    entry.expires_at.as_ref().map_or_else(String::new, |end| format!(", until {}", times::show(Some(end))))
}

fn through(entry: &ConsentEntry) -> String {
    let mut text = match entry.channel() {
        OptOutChannel::Unspecified => String::new(),
        channel => format!(" via {}", words::word(channel)),
    };
    if !entry.keyword.is_empty() {
        text.push_str(&format!(" `{}`", entry.keyword));
    }
    text
}
