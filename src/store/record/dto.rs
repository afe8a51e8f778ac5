//! What a stored record looks like to the encoder: the shape of `Loaded`, in numbers and borrowed text.
//!
//! The order of the fields is the format. Text borrows from the bytes that are read, so decoding copies it once.

mod parts;

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        BusinessId, Contact, Scope, Time,
        contact::{PlatformFlag, Prompt, Reach},
        vec_map::VecMap,
    },
    store::{Loaded, LogHead, Record},
};
use parts::{About, BySender, Instant, Related, Scoped, ascending, instant, pair, same, time, user_id};

/// Names what is wrong with a record.
type Invalid = &'static str;

/// A whole record.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored<'a, D> {
    version: u64,
    length: u64,
    hash: [u8; 32],
    business: Option<&'a str>,
    #[serde(borrow)]
    contact: Person<'a, D>,
    #[serde(borrow)]
    earlier: Vec<(u64, Person<'a, D>)>,
    ties: Related,
}

#[derive(Serialize, Deserialize)]
struct Person<'a, D> {
    phone: Option<u64>,
    #[serde(borrow)]
    user_ids: Vec<&'a str>,
    scopes: Vec<Scoped<'a>>,
    stopped: Instant,
    resumed: Instant,
    held: Instant,
    hold_cleared: Instant,
    prompts: Vec<(u64, &'a str)>,
    accepted: Instant,
    declined: D,
    confirmed_in: Instant,
    confirmed_out: Instant,
    told: ByScope<'a>,
    not_on_whatsapp: Instant,
    undeliverable: Instant,
    alive: Instant,
    cooled: Instant,
    by_sender: Vec<BySender<'a>>,
    last_inbound: Instant,
    time_zone: Option<(u64, &'a str)>,
    jurisdiction: Option<(u64, &'a str)>,
    erased: Instant,
    known: Instant,
}

/// What was declined, in some version of the format.
pub(super) trait Declined {
    fn into_map(self) -> Result<VecMap<Scope, Option<Time>>, Invalid>;
}

/// By scope.
pub(super) type ByScope<'a> = Vec<(About<'a>, Instant)>;

impl Declined for ByScope<'_> {
    fn into_map(self) -> Result<VecMap<Scope, Option<Time>>, Invalid> {
        ascending(self.into_iter().map(|(scope, at)| Ok((scope.into_scope()?, time(at)?))))
    }
}

/// Until version 4 nobody noted what a prompt had asked for: everything.
pub(super) type OfEverything = Instant;

impl Declined for OfEverything {
    fn into_map(self) -> Result<VecMap<Scope, Option<Time>>, Invalid> {
        let declined = time(self)?.map(|at| (Scope::Everything, Some(at)));
        Ok(declined.into_iter().collect())
    }
}

impl<'a> Stored<'a, ByScope<'a>> {
    pub(super) fn of(record: &'a Record, version: u64, head: LogHead) -> Self {
        Self {
            version,
            length: head.length,
            hash: head.hash,
            business: record.business.as_ref().map(BusinessId::as_str),
            contact: Person::of(&record.contact),
            earlier: record.earlier.iter().map(|(until, said)| (same(*until), Person::of(said))).collect(),
            ties: Related::of(&record.ties),
        }
    }
}

impl<D: Declined> Stored<'_, D> {
    pub(super) fn into_loaded(self) -> Result<Loaded, Invalid> {
        // Version 0 means that nothing is stored: a record that claims it would be overwritten as if it were not there.
        if self.version == 0 {
            return Err("version");
        }
        let business =
            self.business.map(|text| BusinessId::parse(text).map_err(|_| "business")).transpose()?;
        let earlier = self.earlier.into_iter().map(|(until, said)| pair(until, said.into_contact()?));
        let earlier = earlier.collect::<Result<Vec<_>, _>>()?;
        if !earlier.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err("order of holders");
        }
        Ok(Loaded {
            record: Record {
                business,
                contact: self.contact.into_contact()?,
                earlier,
                ties: self.ties.into_ties()?,
            },
            windows: Vec::new(),
            version: self.version,
            head: LogHead { length: self.length, hash: self.hash },
        })
    }
}

impl<'a> Person<'a, ByScope<'a>> {
    fn of(contact: &'a Contact) -> Self {
        let text = |of: &'a Option<(_, String)>| of.as_ref().map(|(at, text)| (same(*at), text.as_str()));
        Self {
            phone: contact.phone.map(|phone| phone.digits()),
            user_ids: contact.user_ids.iter().map(|id| id.reveal()).collect(),
            scopes: contact.scopes.iter().map(Scoped::of).collect(),
            stopped: instant(contact.platform.stopped),
            resumed: instant(contact.platform.resumed),
            held: instant(contact.held),
            hold_cleared: instant(contact.hold_cleared),
            prompts: contact.prompt.recent.iter().map(|(at, id)| (same(*at), id.as_str())).collect(),
            accepted: instant(contact.prompt.accepted),
            declined: by_scope(&contact.prompt.declined),
            confirmed_in: instant(contact.confirmed_in),
            confirmed_out: instant(contact.confirmed_out),
            told: by_scope(&contact.told),
            not_on_whatsapp: instant(contact.reach.not_on_whatsapp),
            undeliverable: instant(contact.reach.undeliverable),
            alive: instant(contact.reach.alive),
            cooled: instant(contact.cooled),
            by_sender: contact.by_sender.iter().map(BySender::of).collect(),
            last_inbound: instant(contact.last_inbound),
            time_zone: text(&contact.time_zone),
            jurisdiction: text(&contact.jurisdiction),
            erased: instant(contact.erased),
            known: instant(contact.known),
        }
    }
}

impl<D: Declined> Person<'_, D> {
    fn into_contact(self) -> Result<Contact, Invalid> {
        let user_ids: Vec<_> = self.user_ids.into_iter().map(user_id).collect::<Result<_, _>>()?;
        if !user_ids.is_sorted_by(|a, b| a < b) {
            return Err("order of user IDs");
        }
        let text = |of: Option<(u64, &str)>| of.map(|(at, text)| pair(at, text.to_owned())).transpose();
        Ok(Contact {
            phone: self.phone.map(parts::phone).transpose()?,
            user_ids,
            scopes: ascending(self.scopes.into_iter().map(Scoped::into_entry))?,
            platform: PlatformFlag { stopped: time(self.stopped)?, resumed: time(self.resumed)? },
            held: time(self.held)?,
            hold_cleared: time(self.hold_cleared)?,
            prompt: Prompt {
                recent: prompts(self.prompts)?,
                accepted: time(self.accepted)?,
                declined: self.declined.into_map()?,
            },
            confirmed_in: time(self.confirmed_in)?,
            confirmed_out: time(self.confirmed_out)?,
            told: self.told.into_map()?,
            reach: Reach {
                not_on_whatsapp: time(self.not_on_whatsapp)?,
                undeliverable: time(self.undeliverable)?,
                alive: time(self.alive)?,
            },
            cooled: time(self.cooled)?,
            by_sender: ascending(self.by_sender.into_iter().map(BySender::into_entry))?,
            last_inbound: time(self.last_inbound)?,
            time_zone: text(self.time_zone)?,
            jurisdiction: text(self.jurisdiction)?,
            erased: time(self.erased)?,
            known: time(self.known)?,
        })
    }
}

fn by_scope(of: &VecMap<Scope, Option<Time>>) -> ByScope<'_> {
    of.iter().map(|(scope, at)| (About::of(scope), instant(*at))).collect()
}

/// The latest prompts in their order, each once.
fn prompts(all: Vec<(u64, &str)>) -> Result<Vec<(Time, String)>, Invalid> {
    let all = all.into_iter().map(|(at, id)| pair(at, id.to_owned()));
    let all: Vec<_> = all.collect::<Result<_, _>>()?;
    if all.len() <= Prompt::RECENT_MAX && all.is_sorted_by(|a, b| a < b) {
        Ok(all)
    } else {
        Err("order of prompts")
    }
}
