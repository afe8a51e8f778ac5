//! Policy-decision sidecar for WhatsApp senders: may this business number message this person now?

pub mod keywords;
