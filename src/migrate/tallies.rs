//! What was counted of messages, and which of them were told of: copied row by row, and compared.

use super::{MigrateError, Migration, PAGE, as_u64};
use crate::{
    model::{Millis, Time},
    store::{Cursor, Store, StoreError, TallyKey},
};

/// Rows that can be forgotten this soon are not compared: either store may have done so.
const ENDING: Millis = Millis::seconds(60);

type Row = (TallyKey, u64);

impl Migration {
    /// Refuses a target that counted something the source has not.
    pub(super) async fn look_at_tallies(&self) -> Result<(), MigrateError> {
        let mut walk = Some(None);
        while let Some(from) = walk {
            let (rows, next) = self.page(&*self.to, from).await.map_err(MigrateError::Target)?;
            walk = next.map(Some);
            let there = values(&*self.from, &rows).await.map_err(MigrateError::Source)?;
            for ((key, value), source) in rows.iter().zip(there) {
                // Of messages a copy remembers longer than the source.
                let forgotten = source == 0 && matches!(key, TallyKey::Message(..));
                if !forgotten && key.is_beyond(*value, source) {
                    return Err(MigrateError::OtherCounts);
                }
            }
        }
        Ok(())
    }

    /// Copies what is missing; how many rows that were.
    pub(super) async fn copy_tallies(&self) -> Result<u64, MigrateError> {
        let (mut copied, mut walk) = (0, Some(None));
        while let Some(from) = walk {
            let (rows, next) = self.page(&*self.from, from).await.map_err(MigrateError::Source)?;
            walk = next.map(Some);
            for some in rows.chunks(PAGE) {
                let there = values(&*self.to, some).await.map_err(MigrateError::Target)?;
                let missing = some.iter().zip(there).filter(|((_, value), there)| value != there);
                let missing: Vec<Row> = missing.map(|(row, _)| row.clone()).collect();
                if !missing.is_empty() {
                    copied += as_u64(missing.len());
                    self.to.put_tally(missing).await.map_err(MigrateError::Target)?;
                }
            }
        }
        Ok(copied)
    }

    /// How many rows the source has, and how many are not the same in the target.
    pub(super) async fn compare_tallies(&self) -> Result<(u64, u64), MigrateError> {
        let (mut all, mut different, mut walk) = (0, 0, Some(None));
        while let Some(from) = walk {
            let (rows, next) = self.page(&*self.from, from).await.map_err(MigrateError::Source)?;
            walk = next.map(Some);
            let there = values(&*self.to, &rows).await.map_err(MigrateError::Target)?;
            all += as_u64(rows.len());
            different += as_u64(rows.iter().zip(there).filter(|((_, value), there)| value != there).count());
        }
        Ok((all, different))
    }

    /// Some rows that count for a while yet, and where it goes on.
    async fn page(
        &self,
        store: &dyn Store,
        from: Option<Cursor>,
    ) -> Result<(Vec<Row>, Option<Cursor>), StoreError> {
        let page = store.tally_page(from, PAGE).await?;
        let soon: Time = self.clock.now() + ENDING;
        let rows = page.rows.into_iter().filter(|(key, _)| key.forgotten_at() > soon);
        Ok((rows.collect(), page.next))
    }
}

async fn values(store: &dyn Store, rows: &[Row]) -> Result<Vec<u64>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<TallyKey> = rows.iter().map(|(key, _)| key.clone()).collect();
    store.tally_values(&keys).await
}
