//! An entry of the attestation log.

use data_encoding::HEXLOWER;

use super::{finding, scope, timestamp, words};
use crate::{
    attest::{Content, Entry, PromptStep, disclosure_sha256},
    gate::Revision,
    grpc::pb,
    model::evidence::Evidence,
    store::SealedEntry,
};

/// An entry, sealed and, where its content is still there, read.
pub(in crate::grpc) fn entry(
    state: Revision,
    sealed: &SealedEntry,
    read: Option<&Entry>,
) -> pb::ConsentEntry {
    let mut message = pb::ConsentEntry {
        sequence: sealed.sequence,
        erased: sealed.payload.is_none(),
        payload: sealed.payload.clone().unwrap_or_default(),
        payload_sha256: HEXLOWER.encode(&sealed.payload_digest),
        previous_hash: HEXLOWER.encode(&sealed.previous),
        hash: HEXLOWER.encode(&sealed.hash),
        revision: state.token(),
        log: HEXLOWER.encode(&state.contact),
        ..pb::ConsentEntry::default()
    };
    if let Some(read) = read {
        fill(&mut message, read);
    }
    message
}

fn fill(message: &mut pb::ConsentEntry, read: &Entry) {
    message.occurred_at = Some(timestamp(read.occurred_at));
    message.recorded_at = Some(timestamp(read.recorded_at));
    message.applied = read.applied;
    message.voice = words::voice(read.voice()) as i32;
    message.sender = read.sender.as_str().to_owned();
    message.recipient = read.recipient.as_ref().map(crate::model::Recipient::reveal).unwrap_or_default();
    message.kind = kind(&read.content) as i32;
    match &read.content {
        Content::OptIn { scope: of, evidence, expires_at, findings } => {
            message.scope = Some(scope(of.scopes()));
            message.disclosure_sha256 = disclosure_sha256(evidence);
            message.evidence = Some(proof(evidence));
            message.expires_at = expires_at.map(timestamp);
            message.findings = findings.iter().map(finding).collect();
        }
        Content::OptOut { scope: of, channel, keyword } => {
            message.scope = Some(scope(of.scopes()));
            message.channel = i32::from(channel.code());
            message.keyword.clone_from(keyword);
        }
        Content::PlatformStop(channel) => message.channel = i32::from(channel.code()),
        Content::Held(keyword) => message.keyword.clone_from(keyword),
        Content::Prompt { step, declined, .. } => {
            message.prompt = prompt(*step) as i32;
            message.scope = declined.as_ref().map(|of| scope(of.scopes()));
        }
        Content::Block(block) => message.block = words::block_state(*block) as i32,
        Content::PlatformResume
        | Content::HoldSettled
        | Content::Confirmation { .. }
        | Content::Linked { .. }
        | Content::Erased { .. } => {}
    }
}

const fn kind(content: &Content) -> pb::EntryKind {
    match content {
        Content::OptIn { .. } => pb::EntryKind::OptIn,
        Content::OptOut { .. } => pb::EntryKind::OptOut,
        Content::PlatformStop(_) => pb::EntryKind::PlatformStop,
        Content::PlatformResume => pb::EntryKind::PlatformResume,
        Content::Held(_) => pb::EntryKind::Hold,
        Content::HoldSettled => pb::EntryKind::HoldSettled,
        Content::Prompt { .. } => pb::EntryKind::Prompt,
        Content::Confirmation { .. } => pb::EntryKind::Confirmation,
        Content::Block(_) => pb::EntryKind::Block,
        Content::Linked { .. } => pb::EntryKind::Link,
        Content::Erased { .. } => pb::EntryKind::Erased,
    }
}

const fn prompt(step: PromptStep) -> pb::OptInPromptOutcome {
    match step {
        PromptStep::Sent => pb::OptInPromptOutcome::Sent,
        PromptStep::Accepted => pb::OptInPromptOutcome::Accepted,
        PromptStep::Declined => pb::OptInPromptOutcome::Declined,
        PromptStep::NotOnWhatsapp => pb::OptInPromptOutcome::NotOnWhatsapp,
    }
}

fn proof(evidence: &Evidence) -> pb::Evidence {
    pb::Evidence {
        method: i32::from(evidence.method.code()),
        action: i32::from(evidence.action.code()),
        business_name: evidence.business_name.clone(),
        disclosure_text: evidence.disclosure_text.clone(),
        displayed_number: evidence.displayed_number.clone(),
        mentions_whatsapp: evidence.mentions_whatsapp,
        source_uri: evidence.source_uri.clone(),
        locale: evidence.locale.clone(),
        jurisdiction: evidence.jurisdiction.as_ref().map(|code| code.as_str().to_owned()).unwrap_or_default(),
        collected_by: evidence.collected_by.clone(),
        attributes: evidence.attributes.iter().cloned().collect(),
        method_description: evidence.method_description.clone(),
        double_opt_in_at: evidence.double_opt_in_at.map(timestamp),
        age_years: evidence.age_years,
    }
}
