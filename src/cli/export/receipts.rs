//! Consent receipts: what a person agreed to, with the field names of the Kantara consent receipt (version 1.1), which
//! ISO/IEC TS 27560 builds on, and beside them the proof: wording, digest, and the place in the hash chain.

use serde_json::{Value, json};

use super::super::{scopes, times, words};
use crate::grpc::pb::{
    ConsentAction, ConsentEntry, ConsentMethod, Contact, EntryKind, ExportContactsResponse, Voice,
};

/// The receipts of one contact, one a line. What was erased can no longer be proven, and has none.
pub(super) fn lines(item: &ExportContactsResponse) -> String {
    let contact = item.contact.clone().unwrap_or_default();
    let opt_ins = item.history.iter().filter(|entry| entry.kind() == EntryKind::OptIn && !entry.erased);
    opt_ins.map(|entry| format!("{}\n", receipt(&contact, entry))).collect()
}

fn receipt(contact: &Contact, entry: &ConsentEntry) -> Value {
    let evidence = entry.evidence.clone().unwrap_or_default();
    let principal = [entry.recipient.as_str(), contact.phone_number.as_str()]
        .into_iter()
        .chain(contact.user_ids.iter().map(String::as_str))
        .find(|name| !name.is_empty())
        .unwrap_or_default();
    let purposes: Vec<Value> = scopes::items(entry.scope.as_ref())
        .into_iter()
        .map(|scope| {
            json!({
                "purpose": format!("WhatsApp messages: {scope}"),
                "consentType": "EXPLICIT",
                "piiCategory": ["phone number"],
                "primaryPurpose": true,
                "termination": termination(entry),
                "thirdPartyDisclosure": true,
                "thirdPartyName": "WhatsApp",
            })
        })
        .collect();
    json!({
        "version": "KI-CR-v1.1.0",
        "jurisdiction": evidence.jurisdiction,
        "consentTimestamp": entry.occurred_at.map(|at| at.seconds),
        "collectionMethod": format!(
            "{}, {}",
            words::word_of::<ConsentMethod>(evidence.method),
            words::word_of::<ConsentAction>(evidence.action)
        ),
        // The hash names one entry of one log, and proves it.
        "consentReceiptID": entry.hash,
        "language": evidence.locale,
        "piiPrincipalId": principal,
        "piiControllers": [{ "piiController": evidence.business_name, "contact": entry.sender }],
        "policyUrl": evidence.source_uri,
        "services": [{ "service": "WhatsApp", "purposes": purposes }],
        "sensitive": false,
        "spiCat": [],
        "evidence": {
            "disclosureText": evidence.disclosure_text,
            "disclosureSha256": entry.disclosure_sha256,
            "displayedNumber": evidence.displayed_number,
            "collectedBy": evidence.collected_by,
            "doubleOptInAt": times::show(evidence.double_opt_in_at.as_ref()),
            "attributes": evidence.attributes,
            "voice": words::word_of::<Voice>(entry.voice),
            "applied": entry.applied,
            "recordedAt": times::show(entry.recorded_at.as_ref()),
        },
        "log": {
            "sequence": entry.sequence,
            "payloadSha256": entry.payload_sha256,
            "previousHash": entry.previous_hash,
            "hash": entry.hash,
        },
    })
}

fn termination(entry: &ConsentEntry) -> String {
    entry.expires_at.as_ref().map_or_else(
        || "until the person opts out".to_owned(),
        |end| format!("until the person opts out, at the latest {}", times::show(Some(end))),
    )
}
