//! A contact, as people read it.

use super::{scope, timestamp, words};
use crate::{
    gate::View,
    grpc::pb,
    model::{
        Category, Contact, Scope, Time,
        contact::{SenderRegisters, Status},
    },
    policy::{Rules, unreachable},
    senders::SenderProfile,
};

/// Everything known of one person.
pub(in crate::grpc) fn contact(view: &View, profile: &SenderProfile, now: Time) -> pb::Contact {
    let known = &view.record.contact;
    let rules = &profile.profile.rules;
    let (_, own) = view.of_sender(profile);
    pb::Contact {
        business: profile.business.as_str().to_owned(),
        phone_number: known.phone.map(|phone| phone.digits().to_string()).unwrap_or_default(),
        user_ids: known.user_ids.iter().map(|id| id.reveal().to_owned()).collect(),
        scopes: scopes(known, now),
        windows: windows(view, profile, now),
        prompt_state: prompt_state(known) as i32,
        prompted_at: known.prompt.sent().map(timestamp),
        not_on_whatsapp_since: unreachable(rules, known, now).map(|belief| timestamp(belief.since)),
        cool_off_until: known.cooled.map(|at| at + rules.cool_off).filter(|end| now < *end).map(timestamp),
        blocks: blocks(known, profile, own),
        opt_in_confirmation_due: known.opt_in_confirmation_due(now),
        opt_out_confirmation_due: known.opt_out_confirmation_due(),
        time_zone: known.time_zone.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        history_entries: view.head.length,
        revision: view.revision().token(),
        // Under an earlier name of the business it has a version of its own.
        known: view.version > 0 || *known != Contact::default(),
        erased_at: known.erased.map(timestamp),
        // Before that a window tells, or is closed for a reason of its own.
        last_inbound_at: known.last_inbound.filter(|wrote| now >= *wrote + Rules::WINDOW).map(timestamp),
    }
}

fn scopes(contact: &Contact, now: Time) -> Vec<pb::ScopeStatus> {
    let said = contact.scopes.keys().map(|scope| scope_status(scope, contact.status(scope, now)));
    let marketing = Scope::Category(crate::model::Category::Marketing);
    let of_marketing = |at: Time, status: pb::ConsentStatus, voice: pb::Voice| pb::ScopeStatus {
        scope: Some(scope(std::slice::from_ref(&marketing))),
        status: status as i32,
        since: Some(timestamp(at)),
        voice: voice as i32,
        ..pb::ScopeStatus::default()
    };
    let stop =
        contact.platform_stop().map(|at| of_marketing(at, pb::ConsentStatus::OptedOut, pb::Voice::Platform));
    let hold = contact.hold().map(|at| of_marketing(at, pb::ConsentStatus::Held, pb::Voice::Own));
    said.chain(stop).chain(hold).collect()
}

/// Where one scope stands.
pub(in crate::grpc) fn scope_status(of: &Scope, status: Status) -> pb::ScopeStatus {
    let mut message =
        pb::ScopeStatus { scope: Some(scope(std::slice::from_ref(of))), ..pb::ScopeStatus::default() };
    match status {
        Status::Nothing => {}
        Status::OptedIn(voice, opt_in) | Status::Expired(voice, opt_in) => {
            let standing = matches!(status, Status::OptedIn(..));
            let code = if standing { pb::ConsentStatus::OptedIn } else { pb::ConsentStatus::Expired };
            message.status = code as i32;
            message.since = Some(timestamp(opt_in.at));
            message.voice = words::voice(Some(voice)) as i32;
            message.expires_at = opt_in.expires_at.map(timestamp);
            message.method = i32::from(opt_in.method);
        }
        Status::OptedOut(voice, out) => {
            message.status = pb::ConsentStatus::OptedOut as i32;
            message.since = Some(timestamp(out.at));
            message.voice = words::voice(Some(voice)) as i32;
            message.channel = i32::from(out.channel);
        }
    }
    message
}

fn windows(view: &View, profile: &SenderProfile, now: Time) -> Vec<pb::Window> {
    let open = view.windows.iter().filter_map(|(sender, wrote)| {
        let end = view.window_with(profile, sender, *wrote, now)?;
        Some(pb::Window {
            sender: sender.as_str().to_owned(),
            last_inbound_at: Some(timestamp(*wrote)),
            expires_at: Some(timestamp(end)),
            open: true,
        })
    });
    open.collect()
}

/// Where the opt-in conversation stands.
pub(in crate::grpc) fn prompt_state(contact: &Contact) -> pb::PromptState {
    let sent = contact.prompt.sent();
    if contact.decline().is_some() {
        pb::PromptState::Declined
    } else if contact.open_prompt().is_some() {
        pb::PromptState::Open
    } else if contact.reach.not_on_whatsapp.is_some() && contact.reach.not_on_whatsapp >= sent {
        pb::PromptState::NotOnWhatsapp
    } else if contact.prompt.accepted.is_some() {
        pb::PromptState::Accepted
    } else {
        pb::PromptState::Unspecified
    }
}

fn blocks(contact: &Contact, profile: &SenderProfile, own: SenderRegisters) -> Vec<pb::Block> {
    let mut blocks = Vec::new();
    let others = contact.by_sender.iter().filter(|(sender, _)| **sender != profile.sender.id);
    for (sender, registers) in others.map(|(s, r)| (s, *r)).chain(std::iter::once((&profile.sender.id, own)))
    {
        let lifted = registers.unblocked_by_business;
        let by_business =
            registers.blocked_by_business.filter(|at| lifted.is_none_or(|lifted| lifted <= *at));
        // A newer opt-in of their own ends the person's block for what it covers; shown while anything is left of it.
        let left = |at: &Time| {
            Category::ALL.into_iter().any(|category| {
                contact.latest_own_opt_in(category, None).is_none_or(|opted_in| opted_in <= *at)
            })
        };
        for (state, at) in [
            (pb::BlockState::BlockedByUser, registers.blocked_by_user.filter(left)),
            (pb::BlockState::ReportedByUser, registers.reported_by_user.filter(left)),
            (pb::BlockState::BlockedByBusiness, by_business),
        ] {
            if let Some(at) = at {
                let sender = sender.as_str().to_owned();
                blocks.push(pb::Block { sender, state: state as i32, since: Some(timestamp(at)) });
            }
        }
    }
    blocks
}
