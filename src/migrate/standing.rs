//! How far a contact of the target has come.

use crate::{
    model::{Millis, SenderId, Time},
    policy::Rules,
    store::{ContactId, Loaded, Store, StoreError},
};

/// Windows that end this soon are not compared: the target may have ended them by its own clock.
const ENDING: Millis = Millis::seconds(60);

/// A contact of the target beside that of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is not there.
    Missing,
    /// What is there is the beginning of what the source has.
    Behind,
    /// It is as in the source.
    Same,
    /// Something is there that the source has not.
    Other,
}

/// Compares a contact of two stores.
pub(super) async fn standing(
    from: &dyn Store,
    id: ContactId,
    source: &Loaded,
    target: &Loaded,
    now: Time,
) -> Result<Standing, StoreError> {
    if target.version == 0 {
        return Ok(Standing::Missing);
    }
    if target.head == source.head {
        return Ok(match windows(source, target, now) {
            _ if target.record != source.record => Standing::Other,
            standing => standing,
        });
    }
    if !begins_with(from, id, source, target).await? {
        return Ok(Standing::Other);
    }
    Ok(match windows(source, target, now) {
        Standing::Other => Standing::Other,
        Standing::Missing | Standing::Behind | Standing::Same => Standing::Behind,
    })
}

/// True when the target's log is the beginning of the source's.
async fn begins_with(
    from: &dyn Store,
    id: ContactId,
    source: &Loaded,
    target: &Loaded,
) -> Result<bool, StoreError> {
    let length = target.head.length;
    if length >= source.head.length {
        return Ok(false);
    }
    let Some(before) = length.checked_sub(1) else { return Ok(true) };
    // A hash stands for everything before it.
    let last = from.history(id, before, 1).await?;
    Ok(last.first().is_some_and(|entry| entry.hash == target.head.hash))
}

fn windows(source: &Loaded, target: &Loaded, now: Time) -> Standing {
    let open = |loaded: &Loaded, sender: &SenderId| {
        loaded.windows.iter().find(|(name, _)| name == sender).map(|(_, wrote)| *wrote)
    };
    let lasts = |(_, wrote): &&(SenderId, Time)| now + ENDING < *wrote + Rules::WINDOW;
    if target.windows.iter().filter(lasts).any(|(sender, wrote)| open(source, sender) < Some(*wrote)) {
        return Standing::Other;
    }
    if source.windows.iter().filter(lasts).any(|(sender, wrote)| open(target, sender) < Some(*wrote)) {
        return Standing::Behind;
    }
    Standing::Same
}
