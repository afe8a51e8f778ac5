//! Listeners, layers, health and the drain: what turns a gate into a server.
//!
//! One `Guard` layer stands around every gRPC call, whichever door it came through (TCP, Unix socket, JSON): it sheds
//! load, sets the deadline, and counts. The doors share it, so their limits are one limit.

mod guard;
mod listen;
mod open;
mod services;
mod spoken;
mod start;

pub use guard::{Guard, GuardSettings};
pub use open::{OpenStoreError, open_store, waiting_in};
pub use start::{Running, StartError, start, start_with_store};
