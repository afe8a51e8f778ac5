//! The vocabulary: every value here is valid by construction, so nothing inside checks it again.
//!
//! Owns what a sender, a recipient, a scope, a statement and a contact *are*, and how two states of one contact
//! merge. Must not know: the wire, the store, the clock, any rule of policy.

pub mod contact;
pub mod event;
pub mod evidence;
pub mod person;
pub mod recipient;
pub mod scope;
pub mod sender;
pub mod statement;
pub mod ties;
pub mod time;
pub mod vec_map;

pub use contact::Contact;
pub use event::Event;
pub use person::People;
pub use recipient::{Phone, Recipient, UserId};
pub use scope::{Category, Scope, ScopeSet, Topic};
pub use sender::{BusinessId, SenderId};
pub use statement::{OptIn, OptOut, StatementId, Voice};
pub use ties::{ContactId, Ties};
pub use time::{Millis, Time};
pub use vec_map::VecMap;
