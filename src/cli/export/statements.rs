//! Everything that decides, as rows of CSV with the columns of `import`.
//!
//! Of yes and no, what decides later is, for each scope, the last of each of the person and of the business: those four
//! are what is exported of a scope, so that an import of the export decides the same. A no of the person is not left
//! out because the business said no later: only the person lifts the former.
//!
//! What the log no longer tells, or another identity of the person does, is taken from the state: every "no" that counts
//! for whoever has the number or user ID now has a row under it. A yes is nobody's but of who said it.

use std::collections::{BTreeMap, BTreeSet};

use csv::StringRecord;
use prost_types::Timestamp;

use super::super::{import::COLUMNS, scopes, times, words};
use crate::{
    attest::{Content, Entry},
    grpc::pb::{
        Block, BlockState, ConsentAction, ConsentEntry, ConsentMethod, ConsentStatus, Contact, EntryKind,
        ExportContactsResponse, OptInPromptOutcome, OptOutChannel, PromptState, ScopeStatus, Voice,
    },
    model::{Recipient, SenderId},
};

/// Turns contacts into rows.
pub(super) struct Statements {
    /// Replaced statements too.
    all: bool,
    /// Contacts that have no name left.
    nameless: u64,
    /// Waits that the platform asked for (131049).
    waits: u64,
    /// Entries that this version cannot read.
    unreadable: u64,
}

/// The rows of one contact, as they are found.
struct Rows<'a> {
    item: &'a ExportContactsResponse,
    contact: &'a Contact,
    recipient: String,
    /// The sender of what names none.
    sender: String,
    found: Vec<Row>,
    /// The refusals among them: scope, instant, whose word.
    refusals: BTreeSet<(String, Instant, i32)>,
}

/// The names of the columns.
pub(super) fn header() -> Vec<u8> {
    written([StringRecord::from(COLUMNS.to_vec())])
}

impl Statements {
    pub(super) const fn new(all: bool) -> Self {
        Self { all, nameless: 0, waits: 0, unreadable: 0 }
    }

    /// What could not be exported this way.
    pub(super) fn note(&self) -> Option<String> {
        let left_out = [
            (self.nameless, "erased contacts, with what they refused: their names are gone"),
            (self.waits, "waits for marketing that the platform asked for (131049)"),
            (self.unreadable, "log entries that this version cannot read"),
        ];
        let left_out: Vec<String> = left_out
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!left_out.is_empty())
            .then(|| format!("not in the rows: {}; --format jsonl --history shows them", left_out.join("; ")))
    }

    /// The rows of one contact.
    pub(super) fn rows(&mut self, item: &ExportContactsResponse, sender: &str) -> Vec<u8> {
        let contact = item.contact.clone().unwrap_or_default();
        let number = Some(format!("+{}", contact.phone_number)).filter(|number| number.len() > 1);
        let logged = || item.history.iter().rev().map(|entry| &entry.recipient).find(|name| !name.is_empty());
        let named = number.or_else(|| contact.user_ids.first().cloned()).or_else(|| logged().cloned());
        let Some(recipient) = named else {
            self.nameless += 1;
            return Vec::new();
        };
        self.waits += u64::from(contact.cool_off_until.is_some());
        let given = [item.sender.as_str(), sender].into_iter().find(|given| SenderId::parse(given).is_ok());
        let sender = given.unwrap_or(&contact.business).to_owned();
        let (found, refusals) = (Vec::new(), BTreeSet::new());
        let mut rows = Rows { item, contact: &contact, recipient, sender, found, refusals };
        for entry in self.choose(item) {
            self.unreadable += u64::from(!rows.logged(entry));
        }
        rows.standing();
        rows.known();
        written(rows.found.into_iter().map(Row::record))
    }

    /// The entries that have a row, in their order.
    fn choose<'a>(&self, item: &'a ExportContactsResponse) -> Vec<&'a ConsentEntry> {
        let mut last: BTreeMap<(String, i32, Way), (Instant, u64)> = BTreeMap::new();
        let mut chosen = BTreeSet::new();
        let resumed = item.history.iter().filter(|e| e.kind() == EntryKind::PlatformResume).map(said).max();
        let counts_after = item.opt_ins_count_after.as_ref().map(|at| (at.seconds, at.nanos));
        let outdone = outdone(item);
        for entry in item.history.iter().filter(|entry| !entry.erased && !outdone.contains(&entry.sequence)) {
            let key = match entry.kind() {
                EntryKind::OptIn if counts_after.is_none_or(|after| said(entry) > after) => Way::Yes,
                EntryKind::OptOut => Way::No,
                EntryKind::PlatformStop if resumed.is_none_or(|resumed| resumed <= said(entry)) => Way::Stop,
                EntryKind::Confirmation => {
                    // It told of what was refused then, whatever was said later.
                    chosen.insert(entry.sequence);
                    chosen.extend(last.values().map(|(_, sequence)| *sequence));
                    continue;
                }
                EntryKind::Link | EntryKind::Unspecified => {
                    chosen.insert(entry.sequence);
                    continue;
                }
                EntryKind::Prompt if entry.prompt() == OptInPromptOutcome::Declined => {
                    chosen.insert(entry.sequence);
                    continue;
                }
                EntryKind::Block if self.all => {
                    chosen.insert(entry.sequence);
                    continue;
                }
                // Lifted, or of nobody who is there now, or told by the state while it still matters.
                EntryKind::OptIn
                | EntryKind::PlatformStop
                | EntryKind::PlatformResume
                | EntryKind::Hold
                | EntryKind::HoldSettled
                | EntryKind::Prompt
                | EntryKind::Block
                | EntryKind::Erased => continue,
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
        item.history.iter().filter(|entry| chosen.contains(&entry.sequence)).collect()
    }
}

/// Opt-ins beside another one of the same instant, scope and voice: one of them counts, which one is told by the state; else
/// it is taken for the one that ends first.
fn outdone(item: &ExportContactsResponse) -> BTreeSet<u64> {
    let scopes = item.contact.iter().flat_map(|contact| &contact.scopes);
    let standing: Vec<_> = scopes.map(|it| (it.since, it.voice, it.expires_at)).collect();
    let mut first: BTreeMap<_, (_, u64)> = BTreeMap::new();
    let mut outdone = BTreeSet::new();
    for entry in item.history.iter().filter(|entry| entry.kind() == EntryKind::OptIn) {
        let counts = standing.contains(&(entry.occurred_at, entry.voice, entry.expires_at));
        let end = entry.expires_at.map_or((i64::MAX, 0), |end| (end.seconds, end.nanos));
        let place = ((!counts, end), entry.sequence);
        let key = (scopes::items(entry.scope.as_ref()), entry.voice, said(entry));
        let other = first.get(&key).copied();
        let best = other.map_or(place, |other| other.min(place));
        outdone
            .extend(other.into_iter().chain([place]).filter(|it| *it != best).map(|(_, sequence)| sequence));
        first.insert(key, best);
    }
    outdone
}

impl Rows<'_> {
    fn add(&mut self, status: &str, sender: &str, said: Option<&Timestamp>, mut row: Row) {
        // A new store knows a number by the name that the configuration gives it, and not by those learned since.
        let configured = self.item.senders.iter().find(|known| known.name == sender);
        let sender = configured.map_or(sender, |known| known.configured.as_str());
        let sender = if sender.is_empty() { self.sender.clone() } else { sender.to_owned() };
        row.put("sender", sender);
        row.put("recipient", self.recipient.clone());
        row.put("status", status.to_owned());
        row.put("occurred_at", times::show(said));
        self.found.push(row);
    }

    /// Adds an entry of the log; false when it cannot be read.
    fn logged(&mut self, entry: &ConsentEntry) -> bool {
        let mut row = Row::default();
        if !entry.log.is_empty() {
            row.put("idempotency_key", format!("export-{}-{}", entry.log, entry.sequence));
        }
        let read = || Entry::from_payload(&entry.payload).ok().map(|read| read.content);
        let status = match entry.kind() {
            EntryKind::OptIn => {
                opt_in(&mut row, entry);
                row.put("time_zone", self.contact.time_zone.clone());
                "opted_in".to_owned()
            }
            EntryKind::OptOut | EntryKind::PlatformStop => {
                let stop = entry.kind() == EntryKind::PlatformStop;
                let of =
                    if stop { vec!["marketing".to_owned()] } else { scopes::items(entry.scope.as_ref()) };
                let of_voice = |scope: &String| (scope.clone(), said(entry), entry.voice);
                self.refusals.extend(of.iter().map(of_voice));
                opt_out(&mut row, entry.channel(), stop, &of.join(";"));
                row.put("keyword", entry.keyword.clone());
                "opted_out".to_owned()
            }
            EntryKind::Block => status_of(entry.block()),
            EntryKind::Prompt => "declined".to_owned(),
            EntryKind::Confirmation => match read() {
                Some(Content::Confirmation { of_opt_in: true }) => "opt_in_confirmed".to_owned(),
                Some(_) => "opt_out_confirmed".to_owned(),
                None => return false,
            },
            EntryKind::Link => {
                let Some(Content::Linked { other, proven, .. }) = read() else { return false };
                let plus = if matches!(other, Recipient::Phone(_)) { "+" } else { "" };
                row.put("other", format!("{plus}{}", other.reveal()));
                if proven { "same_person".to_owned() } else { "linked".to_owned() }
            }
            EntryKind::Unspecified
            | EntryKind::PlatformResume
            | EntryKind::Hold
            | EntryKind::HoldSettled
            | EntryKind::Erased => return false,
        };
        self.add(&status, &entry.sender, entry.occurred_at.as_ref(), row);
        true
    }

    /// Adds every "no" that stands and has no row yet.
    fn standing(&mut self) {
        let before = self.found.len();
        let contact = self.contact;
        for scope in &contact.scopes {
            self.refused(scope);
        }
        for Block { sender, state, since } in &contact.blocks {
            let status = status_of(BlockState::try_from(*state).unwrap_or_default());
            self.add(&status, sender, since.as_ref(), Row::default());
        }
        let declined = self.item.history.iter().any(|entry| entry.prompt() == OptInPromptOutcome::Declined);
        if contact.prompt_state() == PromptState::Declined && !declined && contact.erased_at.is_some() {
            self.add("declined", "", contact.erased_at.as_ref(), Row::default());
        }
        if contact.prompt_state() == PromptState::Open {
            self.prompted();
        }
        let added = self.found.iter().skip(before).any(Row::is_to_be_told);
        let latest = self.refusals.iter().map(|(_, at, _)| *at).max();
        if let Some((seconds, nanos)) = latest.filter(|_| added && !contact.opt_out_confirmation_due) {
            // Told under another name, or before the log was erased: not to be told again.
            self.add("opt_out_confirmed", "", Some(&Timestamp { seconds, nanos }), Row::default());
        }
    }

    fn refused(&mut self, of: &ScopeStatus) {
        let at = of.since.as_ref().map_or((0, 0), |at| (at.seconds, at.nanos));
        let scope = scopes::items(of.scope.as_ref()).join(";");
        match of.status() {
            ConsentStatus::OptedOut if self.refusals.insert((scope.clone(), at, of.voice)) => {
                let mut row = Row::default();
                // Not in this log, so another said it, under another name: in no chat with whoever has this one, who has
                // nothing to answer with a bare "yes".
                let channel = match of.channel() {
                    OptOutChannel::Keyword | OptOutChannel::Button => OptOutChannel::Unspecified,
                    channel => channel,
                };
                opt_out(&mut row, channel, of.voice() == Voice::Platform, &scope);
                self.add("opted_out", "", of.since.as_ref(), row);
            }
            ConsentStatus::Held => {
                let held = self.item.history.iter().find(|e| e.kind() == EntryKind::Hold && said(e) == at);
                let mut row = Row::default();
                row.put("keyword", held.map(|entry| entry.keyword.clone()).unwrap_or_default());
                let sender = held.map(|entry| entry.sender.clone()).unwrap_or_default();
                self.add("held", &sender, of.since.as_ref(), row);
            }
            ConsentStatus::OptedOut
            | ConsentStatus::Unspecified
            | ConsentStatus::OptedIn
            | ConsentStatus::Expired => {}
        }
    }

    /// The prompt that waits for its answer.
    fn prompted(&mut self) {
        let sent = self.contact.prompted_at;
        let entry = self.item.history.iter().find(|entry| {
            entry.prompt() == OptInPromptOutcome::Sent && entry.occurred_at == sent && !entry.erased
        });
        let mut row = Row::default();
        let content =
            entry.and_then(|entry| Entry::from_payload(&entry.payload).ok()).map(|read| read.content);
        if let Some(Content::Prompt { message_id, .. }) = content {
            row.put("message_id", message_id);
        }
        let sender = entry.map(|entry| entry.sender.clone()).unwrap_or_default();
        self.add("prompted", &sender, sent.as_ref(), row);
    }

    /// Adds that the person is a contact, where no statement says it, the windows that are open, and that nobody is there.
    fn known(&mut self) {
        let opted_in = self.found.iter().any(|row| row.is("status", "opted_in"));
        if self.found.is_empty() || (!opted_in && !self.contact.time_zone.is_empty()) {
            let mut row = Row::default();
            row.put("time_zone", self.contact.time_zone.clone());
            self.add("contact", "", None, row);
        }
        // Late: that somebody wrote after their opt-out is noted only where the opt-out is known.
        for window in self.contact.windows.iter().filter(|window| window.open) {
            self.add("wrote", &window.sender, window.last_inbound_at.as_ref(), Row::default());
        }
        if let Some(at) = &self.contact.last_inbound_at {
            self.add("wrote", "", Some(at), Row::default());
        }
        // After them: it is believed in spite of them, if it was told later of an earlier instant.
        if let Some(since) = &self.contact.not_on_whatsapp_since {
            self.add("not_on_whatsapp", "", Some(since), Row::default());
        }
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

fn status_of(block: BlockState) -> String {
    words::word(block).replace('-', "_")
}

fn opt_in(row: &mut Row, entry: &ConsentEntry) {
    row.put("scope", scopes::items(entry.scope.as_ref()).join(";"));
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

fn opt_out(row: &mut Row, channel: OptOutChannel, of_platform: bool, scope: &str) {
    row.put("scope", scope.to_owned());
    match channel {
        OptOutChannel::Unspecified if of_platform => {
            row.put("channel", words::word(OptOutChannel::PlatformPreference));
        }
        OptOutChannel::Unspecified => {}
        channel => row.put("channel", words::word(channel)),
    }
}

/// One row by column.
#[derive(Default)]
struct Row(BTreeMap<&'static str, String>);

impl Row {
    fn put(&mut self, column: &'static str, value: String) {
        self.0.insert(column, value);
    }

    fn is(&self, column: &str, value: &str) -> bool {
        self.0.get(column).is_some_and(|found| found == value)
    }

    /// True for what an opt-out confirmation tells of; WhatsApp's own stop is confirmed by nobody here.
    fn is_to_be_told(&self) -> bool {
        let of_platform = [OptOutChannel::PlatformPreference, OptOutChannel::DeliveryError];
        self.is("status", "declined")
            || self.is("status", "opted_out")
                && !of_platform.into_iter().any(|channel| self.is("channel", &words::word(channel)))
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
