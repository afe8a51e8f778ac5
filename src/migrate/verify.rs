//! Whether the target is what the source is.

use tokio::task::JoinSet;

use super::{AT_ONCE, MigrateError, Migration, PAGE, Standing, Walk, as_u64, standing};
use crate::{
    attest,
    store::{ContactId, Loaded, SealedEntry, Store, StoreError},
};

/// Differences that are told one by one; more say nothing more.
const TOLD_MAX: usize = 20;

/// What was compared, and what is not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Contacts that were compared.
    pub contacts: u64,
    /// Entries that were compared.
    pub entries: u64,
    /// Rows that were compared.
    pub rows: u64,
    /// Counts of delivery events and marks of messages that were compared.
    pub counts: u64,
    /// How many differences there are.
    pub differences: u64,
    /// The first of them, in words.
    pub told: Vec<String>,
}

impl Verified {
    fn tell(&mut self, what: String) {
        self.differences += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(what);
        }
    }
}

impl Migration {
    /// Compares everything, and tells how many contacts are done.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn verify(&self, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<Verified, MigrateError> {
        let mut verified = Verified::default();
        if self.to.known_identity_key().await.map_err(MigrateError::Target)? != Some(self.key().await?) {
            verified.tell("the target has another identity key".to_owned());
        }
        match self.missing_rows().await {
            Ok((all, missing)) => {
                verified.rows = as_u64(all.len());
                for row in missing {
                    verified.tell(format!("the registry row `{}` is missing", row.key));
                }
            }
            Err(MigrateError::OtherRegistry) => verified.tell("the registries differ".to_owned()),
            Err(error) => return Err(error),
        }
        let (counts, different) = self.compare_tallies().await?;
        verified.counts = counts;
        if different > 0 {
            verified.tell(format!("{different} counts of delivery events and marks of messages differ"));
        }
        let mut walk = Walk::over(&self.from);
        while let Some(page) = walk.next(self.clock.now()).await.map_err(MigrateError::Source)? {
            let mut page = page.into_iter();
            loop {
                let mut tasks = JoinSet::new();
                for (id, source) in page.by_ref().take(AT_ONCE) {
                    let migration = self.clone();
                    tasks.spawn(async move { (id, migration.compare(id, source).await) });
                }
                if tasks.is_empty() {
                    break;
                }
                while let Some(done) = tasks.join_next().await {
                    let (id, compared) = done.map_err(|_| interrupted())?;
                    let (entries, difference) = compared?;
                    verified.contacts += 1;
                    verified.entries += entries;
                    if let Some(difference) = difference {
                        verified.tell(format!("{id:?}: {difference}"));
                    }
                    progress(1);
                }
            }
        }
        self.count_target(&mut verified).await?;
        Ok(verified)
    }

    /// Contacts that only the target has.
    async fn count_target(&self, verified: &mut Verified) -> Result<(), MigrateError> {
        let (mut there, mut walk) = (0, Walk::over(&self.to));
        while let Some(page) = walk.next(self.clock.now()).await.map_err(MigrateError::Target)? {
            there += as_u64(page.len());
        }
        if there != verified.contacts {
            verified.tell(format!("the source has {} contacts, the target {there}", verified.contacts));
        }
        Ok(())
    }

    /// The length of a contact's log, and what of it differs.
    async fn compare(&self, id: ContactId, source: Loaded) -> Result<(u64, Option<String>), MigrateError> {
        let now = self.clock.now();
        let target = self.to.load(id, now).await.map_err(MigrateError::Target)?;
        let found = standing(&*self.from, id, &source, &target, now).await.map_err(MigrateError::Source)?;
        let log = whole(&*self.from, id).await.map_err(MigrateError::Source)?;
        let copy = whole(&*self.to, id).await.map_err(MigrateError::Target)?;
        let length = as_u64(log.len());
        let difference = match found {
            Standing::Missing => Some("it is missing".to_owned()),
            Standing::Behind => Some("a part of it is missing".to_owned()),
            Standing::Other => Some("it is in another state".to_owned()),
            Standing::Same if log != copy => Some("its logs differ".to_owned()),
            // Both are the same; what is wrong with one was wrong before.
            Standing::Same => attest::verify(&copy, target.head).err().map(|fault| fault.to_string()),
        };
        Ok((length, difference))
    }
}

async fn whole(store: &dyn Store, id: ContactId) -> Result<Vec<SealedEntry>, StoreError> {
    let mut log: Vec<SealedEntry> = Vec::new();
    loop {
        let after = log.last().map_or(0, |entry| entry.sequence);
        let page = store.history(id, after, PAGE).await?;
        if page.is_empty() {
            return Ok(log);
        }
        log.extend(page);
    }
}

fn interrupted() -> MigrateError {
    MigrateError::Target(StoreError::Unavailable("comparing was interrupted".to_owned()))
}
