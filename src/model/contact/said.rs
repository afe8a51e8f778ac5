//! Telling apart what was said when: for a number that went from one person to another.

use super::{Contact, PlatformFlag, Prompt, Reach, SenderRegisters};
use crate::model::{statement::Registers, time::Time};

impl Contact {
    /// What was said at instants of which `when` is true, without names. Of each register only the latest is known, so that
    /// an earlier word that it replaced is not found again. An erasure concerns whoever there was.
    #[must_use]
    pub fn said(&self, when: impl Fn(Time) -> bool) -> Self {
        let at = |time: Option<Time>| time.filter(|time| when(*time));
        let registers = |r: &Registers| Registers {
            own_in: r.own_in.filter(|opt_in| when(opt_in.at)),
            asserted_in: r.asserted_in.filter(|opt_in| when(opt_in.at)),
            own_out: r.own_out.filter(|out| when(out.at)),
            asserted_out: r.asserted_out.filter(|out| when(out.at)),
        };
        let of_sender = |r: &SenderRegisters| SenderRegisters {
            blocked_by_user: at(r.blocked_by_user),
            reported_by_user: at(r.reported_by_user),
            blocked_by_business: at(r.blocked_by_business),
            unblocked_by_business: at(r.unblocked_by_business),
            window_closed: at(r.window_closed),
        };
        let scopes = self.scopes.iter().map(|(scope, r)| (scope.clone(), registers(r)));
        let by_sender = self.by_sender.iter().map(|(sender, r)| (sender.clone(), of_sender(r)));
        let declined = self.prompt.declined.iter().map(|(scope, declined)| (scope.clone(), at(*declined)));
        let told = self.told.iter().map(|(scope, told)| (scope.clone(), at(*told)));
        Self {
            phone: None,
            user_ids: Vec::new(),
            scopes: scopes.filter(|(_, r)| *r != Registers::default()).collect(),
            platform: PlatformFlag { stopped: at(self.platform.stopped), resumed: at(self.platform.resumed) },
            held: at(self.held),
            hold_cleared: at(self.hold_cleared),
            prompt: Prompt {
                recent: self.prompt.recent.iter().filter(|(sent, _)| when(*sent)).cloned().collect(),
                accepted: at(self.prompt.accepted),
                declined: declined.filter(|(_, declined)| declined.is_some()).collect(),
            },
            confirmed_in: at(self.confirmed_in),
            confirmed_out: at(self.confirmed_out),
            told: told.filter(|(_, told)| told.is_some()).collect(),
            reach: Reach {
                not_on_whatsapp: at(self.reach.not_on_whatsapp),
                undeliverable: at(self.reach.undeliverable),
                alive: at(self.reach.alive),
            },
            cooled: at(self.cooled),
            by_sender: by_sender.filter(|(_, r)| *r != SenderRegisters::default()).collect(),
            last_inbound: at(self.last_inbound),
            time_zone: self.time_zone.clone().filter(|(told, _)| when(*told)),
            jurisdiction: self.jurisdiction.clone().filter(|(told, _)| when(*told)),
            erased: self.erased,
            known: at(self.known),
        }
    }
}
