//! Every contact of a store, once.

use std::{collections::HashSet, sync::Arc};

use super::PAGE;
use crate::{
    model::Time,
    store::{ContactId, Cursor, Loaded, Store, StoreError},
};

/// A walk through a store. A store that repeats a contact is heard once.
pub(super) struct Walk<'a> {
    store: &'a Arc<dyn Store>,
    from: Option<Cursor>,
    seen: HashSet<ContactId>,
    ended: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn over(store: &'a Arc<dyn Store>) -> Self {
        Self { store, from: None, seen: HashSet::new(), ended: false }
    }

    /// The next contacts; nothing after the last. A page may be empty.
    pub(super) async fn next(&mut self, now: Time) -> Result<Option<Vec<(ContactId, Loaded)>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let mut page = self.store.contacts(self.from.take(), PAGE, now).await?;
        page.contacts.retain(|(id, _)| self.seen.insert(*id));
        self.from = page.next;
        self.ended = self.from.is_none();
        Ok(Some(page.contacts))
    }
}
