//! Opening the store that the settings name.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    config::{self, StoreUrl},
    store::{
        Store, StoreError,
        embedded::{self, Embedded, OpenError},
        journal::{Journal, JournalError},
        redis::{self, Redis, RedisTls},
    },
};

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// The store file.
    #[error(transparent)]
    File(#[from] OpenError),
    /// Redis.
    #[error("the Redis of `store.url` cannot be used: {0}")]
    Redis(String),
    /// A file of its TLS.
    #[error("cannot read {path} (`{setting}`): {reason}", path = .path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// The setting that names it.
        setting: &'static str,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The process is ending.
    #[error("opening the store was interrupted")]
    Interrupted,
}

/// Opens a store. Writes take at most `write` before their outcome is unknown.
///
/// # Errors
/// When there is no such store, or it cannot be used.
pub async fn open_store(settings: &config::Store, write: Duration) -> Result<Arc<dyn Store>, OpenStoreError> {
    match &settings.url {
        StoreUrl::Memory => Ok(Arc::new(Embedded::in_memory()?)),
        StoreUrl::File(path) => {
            let path = path.clone();
            let opening = move || Embedded::open(path, &embedded::Options::default());
            let opened = tokio::task::spawn_blocking(opening).await;
            Ok(Arc::new(opened.map_err(|_| OpenStoreError::Interrupted)??))
        }
        StoreUrl::Redis(target) => {
            let options = options(settings, write).await?;
            let opened = Redis::open(target.as_ref().clone(), options).await;
            Ok(Arc::new(opened.map_err(|error| OpenStoreError::Redis(why(error)))?))
        }
    }
}

/// Opens the journal of the settings, if there is to be one.
pub(super) async fn open_journal(settings: &config::Store) -> Result<Option<Arc<Journal>>, OpenStoreError> {
    let Some(path) = settings.journal.clone() else {
        if matches!(settings.url, StoreUrl::Redis(_)) {
            tracing::warn!(
                "there is no journal (`store.journal`): while Redis is away opt-outs are not acknowledged"
            );
        }
        return Ok(None);
    };
    let opened = tokio::task::spawn_blocking(move || Journal::open(path)).await;
    Ok(Some(Arc::new(opened.map_err(|_| OpenStoreError::Interrupted)??)))
}

async fn options(settings: &config::Store, write: Duration) -> Result<redis::Options, OpenStoreError> {
    let config::StoreTls { ca, identity } = &settings.tls;
    let mut tls = RedisTls::default();
    if let Some(ca) = ca {
        tls.ca = Some(read(ca, "store.tls.ca").await?);
    }
    if let Some((cert, key)) = identity {
        tls.identity = Some((read(cert, "store.tls.cert").await?, read(key, "store.tls.key").await?));
    }
    let given = tls.ca.is_some() || tls.identity.is_some();
    Ok(redis::Options {
        prefix: settings.prefix.clone(),
        tls: given.then_some(tls),
        connect: settings.connect_timeout,
        response: write,
        heartbeat: settings.heartbeat,
        trust: settings.trust,
        replicas: settings.replicas,
        fsync: settings.fsync,
        durability: settings.durability_timeout,
    })
}

async fn read(path: &Path, setting: &'static str) -> Result<Vec<u8>, OpenStoreError> {
    let failed = |reason| OpenStoreError::Tls { path: path.to_owned(), setting, reason };
    tokio::fs::read(path).await.map_err(failed)
}

/// The reason without the words that a running server puts before it.
fn why(error: StoreError) -> String {
    match error {
        StoreError::Unavailable(why) | StoreError::Corrupt(why) => why,
        StoreError::UnknownOutcome => error.to_string(),
    }
}

/// How many refusals wait in a journal, which the store they are for never had.
///
/// # Errors
/// When the journal cannot be read, or a process has it.
pub async fn waiting_in(journal: PathBuf) -> Result<u64, OpenStoreError> {
    let opened = tokio::task::spawn_blocking(move || Journal::open(journal)).await;
    let journal = opened.map_err(|_| OpenStoreError::Interrupted)??;
    journal.waiting().await.map_err(|_| OpenStoreError::Interrupted)
}
