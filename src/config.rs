//! The settings: from a YAML file, the environment and the command line, in this order; later ones win.
//!
//! Owns what can be set, what is accepted, and the defaults. Every mistake of all sources is reported at once, each
//! with its source, its path and what is accepted. Must not know: the process's environment, its files, the clock;
//! all of it is passed in.
//!
//! `table` lists every setting once; `tree` and `layers` bring the sources into one tree; `reader` walks it;
//! `server`, `store`, `policy` and `businesses` say what each part means. Of the store it knows one thing: how the URL
//! of a Redis is read.

mod businesses;
mod errors;
mod layers;
mod limits;
mod nearest;
mod policy;
mod reader;
mod secret;
mod server;
mod store;
mod store_url;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod values;

use std::{collections::BTreeMap, path::Path};

pub use errors::{ConfigError, ConfigErrors, Origin};
pub use secret::Secret;
pub use server::{
    Cache, Deadlines, DecisionLog, DecisionLogTo, Events, Grpc, Http, Limits, Log, LogFormat, LogLevel,
    Shutdown, Tls, Tracing, Webhook,
};
pub use store::{Store, StoreTls, WhileAway, default_journal, is_key_prefix};
pub use store_url::{StoreUrl, StoreUrlError};
pub use table::{Kind, Setting, markdown_table, settings};

use crate::senders::{Business, Profile};
use errors::Report;
use reader::Item;
use tree::{Node, Value};

/// Everything that can be set, valid.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The gRPC service.
    pub grpc: Grpc,
    /// The HTTP port.
    pub http: Http,
    /// Where the state is kept.
    pub store: Store,
    /// Key of the pseudonyms of contacts in the store.
    pub identity_key: Option<Secret<[u8; 32]>>,
    /// The cache.
    pub cache: Cache,
    /// The platform's webhooks.
    pub webhook: Webhook,
    /// Bounds of what is accepted.
    pub limits: Limits,
    /// How long requests may take.
    pub deadlines: Deadlines,
    /// What is told of messages.
    pub events: Events,
    /// How the process stops.
    pub shutdown: Shutdown,
    /// The log.
    pub log: Log,
    /// The decision log.
    pub decision_log: DecisionLog,
    /// Traces.
    pub tracing: Tracing,
    /// Senders that are not configured.
    pub senders: Senders,
    /// The configured businesses and their numbers.
    pub businesses: Vec<Business>,
}

/// What is set for senders that are not configured.
#[derive(Clone, Debug)]
pub struct Senders {
    /// They are accepted, each as its own business.
    pub auto_register: bool,
    /// Their profile: the general one.
    pub profile: Profile,
}

impl Settings {
    /// Reads the settings from the text of a file, the environment, and flags as pairs of a setting's path and its
    /// value.
    ///
    /// # Errors
    /// When anything is wrong: all mistakes at once.
    pub fn load(
        file: Option<(&Path, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[(&str, String)],
    ) -> Result<Self, ConfigErrors> {
        let environment: BTreeMap<String, String> = environment.into_iter().collect();
        let report = Report::default();
        let root = match file {
            Some((path, text)) => tree::parse_file(&path.to_string_lossy().into(), text),
            None => Ok(Node { value: Value::Null, origin: Origin::CommandLine }),
        };
        let unreadable = root.is_err();
        let mut root = root.unwrap_or_else(|(origin, wrong)| {
            report.add(&origin, "", wrong);
            Node { value: Value::Null, origin }
        });
        layers::overlay_environment(&mut root, &environment, &report);
        layers::overlay_flags(&mut root, flags, &report);
        // Without the file, what seems to be missing may well be in it.
        let settings = if unreadable { None } else { read(&root, &environment, &report) };
        report.finish(settings)
    }
}

/// Reads the tree; the settings, when nothing that has no default is missing.
fn read(root: &Node, environment: &BTreeMap<String, String>, report: &Report) -> Option<Settings> {
    let root = Item::root(root, report).section()?;
    let general = policy::Layer::default().below(&root);
    let businesses = businesses::read(&root, &general);
    let auto_register = root.section("senders").read("auto_register", values::flag);
    let lists_businesses = root.get("businesses").is_some_and(|item| match item.value() {
        Value::List(items) => !items.is_empty(),
        _ => true,
    });
    let senders = Senders {
        auto_register: auto_register.unwrap_or(!lists_businesses),
        profile: general.profile.clone(),
    };
    if senders.auto_register {
        general.check(report);
    }
    let (grpc, http) = server::listeners(&root);
    let deadlines = server::deadlines(&root);
    let store = store::store(&root, &deadlines, environment, report);
    Some(Settings {
        grpc,
        http,
        identity_key: root.read("identity_key", values::key),
        cache: server::cache(&root),
        webhook: server::webhook(&root),
        limits: server::limits(&root),
        deadlines,
        events: server::events(&root),
        shutdown: server::shutdown(&root),
        log: server::log(&root),
        decision_log: server::decision_log(&root),
        tracing: server::tracing(&root),
        senders,
        businesses,
        // Last: a store that cannot be read must not keep the mistakes of the others from being found.
        store: store?,
    })
}
