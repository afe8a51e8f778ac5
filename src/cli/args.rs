//! Arguments that several commands share.

use clap::Args;
use prost_types::Timestamp;

use super::{
    scopes,
    times::{self, stamp},
};
use crate::{grpc::pb::Scope, model::Time};

/// Who says it to whom.
#[derive(Clone, Debug, Args)]
pub struct Person {
    /// The business number: its phone number ID or its E.164 number.
    pub sender: String,
    /// The person: an E.164 number or a business-scoped user ID.
    pub recipient: String,
}

/// When something happened.
#[derive(Clone, Debug, Args)]
pub struct When {
    /// When it happened: a time with its zone, a date, or seconds since 1970 [default: now].
    #[arg(long, value_name = "TIME", value_parser = times::read)]
    pub occurred_at: Option<Time>,
}

/// Makes a repetition harmless.
#[derive(Clone, Debug, Args)]
pub struct Once {
    /// Makes a repetition harmless: the same key is recorded once.
    #[arg(long, value_name = "KEY", default_value = "", hide_default_value = true)]
    pub key: String,
}

/// What a statement is about.
#[derive(Clone, Debug, Args)]
pub struct About {
    /// Categories and topics, such as `marketing,topic:order_updates` [default: everything].
    #[arg(long, value_name = "SCOPE", value_parser = scopes::read)]
    pub scope: Option<Scope>,
}

impl When {
    /// On the wire.
    pub(super) fn stamp(&self) -> Option<Timestamp> {
        self.occurred_at.map(stamp)
    }
}
