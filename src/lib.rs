//! Policy-decision sidecar for WhatsApp senders.

pub mod numbering;
