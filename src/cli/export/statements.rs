//! Statements as rows of CSV with the columns of `import`.
//!
//! What decides later is, for each scope, the last yes and the last no of the person and of the business: those four
//! are what is exported of a scope, so that an import of the export decides the same. A no of the person is not left
//! out because the business said no later: only the person lifts the former.

use std::collections::{BTreeMap, BTreeSet};

use csv::StringRecord;

use super::super::{import::COLUMNS, scopes, times, words};
use crate::{
    grpc::pb::{
        ConsentAction, ConsentEntry, ConsentMethod, EntryKind, ExportContactsResponse, OptOutChannel,
    },
    model::SenderId,
};

/// Turns contacts into rows.
pub(super) struct Statements {
    /// Replaced statements too.
    all: bool,
    /// Contacts with something that rows cannot carry.
    partial: u64,
    /// Contacts that have no name left.
    nameless: u64,
}

/// The names of the columns.
pub(super) fn header() -> Vec<u8> {
    written([StringRecord::from(COLUMNS.to_vec())])
}

impl Statements {
    pub(super) const fn new(all: bool) -> Self {
        Self { all, partial: 0, nameless: 0 }
    }

    /// What could not be exported this way.
    pub(super) fn note(&self) -> Option<String> {
        (self.partial + self.nameless > 0).then(|| {
            format!(
                "not in the rows: blocks, holds, prompts or links (contacts: {}), erased contacts ({}); \
                 --format jsonl --history is complete",
                self.partial, self.nameless
            )
        })
    }

    /// The rows of one contact: its statements, or that it is one.
    pub(super) fn rows(&mut self, item: &ExportContactsResponse, sender: &str) -> Vec<u8> {
        let contact = item.contact.clone().unwrap_or_default();
        let number = Some(format!("+{}", contact.phone_number)).filter(|number| number.len() > 1);
        let Some(recipient) = number.or_else(|| contact.user_ids.first().cloned()) else {
            self.nameless += 1;
            return Vec::new();
        };
        let (statements, left_out) = self.choose(&item.history);
        self.partial += u64::from(left_out);
        let sender_of = |entry: Option<&ConsentEntry>| {
            let own = entry.map(|entry| entry.sender.as_str()).filter(|own| !own.is_empty());
            let given = Some(sender).filter(|given| SenderId::parse(given).is_ok());
            own.or(given).unwrap_or(&contact.business).to_owned()
        };
        if statements.is_empty() {
            let mut row = Row::default();
            row.put("sender", sender_of(None));
            row.put("recipient", recipient);
            row.put("status", "contact".to_owned());
            row.put("time_zone", contact.time_zone.clone());
            return written([row.record()]);
        }
        written(statements.into_iter().map(|entry| {
            let mut row = statement(entry);
            row.put("sender", sender_of(Some(entry)));
            row.put("recipient", recipient.clone());
            if entry.kind() == EntryKind::OptIn {
                row.put("time_zone", contact.time_zone.clone());
            }
            row.record()
        }))
    }

    /// The entries to export, in their order, and whether the log has others that rows cannot carry.
    fn choose<'a>(&self, history: &'a [ConsentEntry]) -> (Vec<&'a ConsentEntry>, bool) {
        let mut last: BTreeMap<(String, i32, Way), (Instant, u64)> = BTreeMap::new();
        let mut chosen = BTreeSet::new();
        let mut left_out = false;
        let resumed = history.iter().filter(|e| e.kind() == EntryKind::PlatformResume).map(said).max();
        for entry in history.iter().filter(|entry| !entry.erased) {
            let key = match entry.kind() {
                EntryKind::OptIn => Way::Yes,
                EntryKind::OptOut => Way::No,
                EntryKind::PlatformStop if resumed < Some(said(entry)) => Way::Stop,
                // Lifted, or with its statement already: nothing is lost.
                EntryKind::PlatformStop | EntryKind::PlatformResume | EntryKind::HoldSettled => continue,
                EntryKind::Unspecified
                | EntryKind::Hold
                | EntryKind::Prompt
                | EntryKind::Confirmation
                | EntryKind::Block
                | EntryKind::Link
                | EntryKind::Erased => {
                    left_out |= entry.kind() != EntryKind::Confirmation;
                    continue;
                }
            };
            if self.all {
                chosen.insert(entry.sequence);
            }
            for scope in scopes::items(entry.scope.as_ref()) {
                let place = last.entry((scope, entry.voice, key)).or_default();
                *place = (*place).max((said(entry), entry.sequence));
            }
        }
        chosen.extend(last.into_values().map(|(_, sequence)| sequence));
        (history.iter().filter(|entry| chosen.contains(&entry.sequence)).collect(), left_out)
    }
}

/// An instant that can be compared.
type Instant = (i64, i32);

/// Which way a statement goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Yes,
    No,
    Stop,
}

fn said(entry: &ConsentEntry) -> Instant {
    entry.occurred_at.map_or((0, 0), |at| (at.seconds, at.nanos))
}

/// What an entry says, without who said it to whom.
fn statement(entry: &ConsentEntry) -> Row {
    let mut row = Row::default();
    row.put("occurred_at", times::show(entry.occurred_at.as_ref()));
    row.put("scope", scopes::items(entry.scope.as_ref()).join(";"));
    match entry.kind() {
        EntryKind::OptIn => {
            row.put("status", "opted_in".to_owned());
            row.put("expires_at", times::show(entry.expires_at.as_ref()));
            let evidence = entry.evidence.clone().unwrap_or_default();
            row.put("method", words::word_of::<ConsentMethod>(evidence.method));
            row.put("method_description", evidence.method_description);
            row.put("action", words::word_of::<ConsentAction>(evidence.action));
            row.put("business_name", evidence.business_name);
            row.put("disclosure_text", evidence.disclosure_text);
            row.put("mentions_whatsapp", evidence.mentions_whatsapp.to_string());
            row.put("displayed_number", evidence.displayed_number);
            row.put("source_uri", evidence.source_uri);
            row.put("locale", evidence.locale);
            row.put("jurisdiction", evidence.jurisdiction);
            row.put("collected_by", evidence.collected_by);
            row.put("double_opt_in_at", times::show(evidence.double_opt_in_at.as_ref()));
            if !evidence.attributes.is_empty() {
                let sorted: BTreeMap<_, _> = evidence.attributes.into_iter().collect();
                row.put("attributes", serde_json::json!(sorted).to_string());
            }
            if evidence.age_years > 0 {
                row.put("age_years", evidence.age_years.to_string());
            }
        }
        kind => {
            row.put("status", "opted_out".to_owned());
            if entry.channel() != OptOutChannel::Unspecified {
                row.put("channel", words::word(entry.channel()));
            }
            row.put("keyword", entry.keyword.clone());
            if kind == EntryKind::PlatformStop {
                row.put("scope", "marketing".to_owned());
                row.put("channel", words::word(OptOutChannel::PlatformPreference));
            }
        }
    }
    row
}

/// One row by column.
#[derive(Default)]
struct Row(BTreeMap<&'static str, String>);

impl Row {
    fn put(&mut self, column: &'static str, value: String) {
        self.0.insert(column, value);
    }

    fn record(mut self) -> StringRecord {
        COLUMNS.iter().map(|column| self.0.remove(column).unwrap_or_default()).collect()
    }
}

fn written(records: impl IntoIterator<Item = StringRecord>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        // A vector takes everything.
        let _ = writer.write_record(&record);
    }
    writer.into_inner().unwrap_or_default()
}
