//! The columns of an import, and one row's values by column.

use std::collections::BTreeMap;

/// Columns that have a meaning.
pub(in crate::cli) const COLUMNS: [&str; 27] = [
    "sender",
    "recipient",
    "status",
    "scope",
    "occurred_at",
    "expires_at",
    "method",
    "method_description",
    "action",
    "business_name",
    "disclosure_text",
    "mentions_whatsapp",
    "displayed_number",
    "source_uri",
    "locale",
    "jurisdiction",
    "collected_by",
    "attributes",
    "double_opt_in_at",
    "age_years",
    "channel",
    "keyword",
    "time_zone",
    "confirmed_at",
    "idempotency_key",
    "other",
    "message_id",
];

/// Columns that a reject file adds: known and skipped, so that it can be imported once it is mended.
pub(super) const REJECT_COLUMNS: [&str; 2] = ["reject_line", "reject_reason"];

/// One row's values; a value that is empty is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// The value of a column, trimmed.
    pub(super) fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// Puts a value; nothing happens for an empty one.
    pub(super) fn put(&mut self, column: &'static str, value: &str) {
        let value = value.trim();
        if !value.is_empty() {
            self.0.insert(column, value.to_owned());
        }
    }
}

/// What a name in a header means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// One of [`COLUMNS`].
    Known(&'static str),
    /// One of [`REJECT_COLUMNS`].
    Reject,
    /// None.
    Unknown,
}

/// Reads a name in a header, in any case, with spaces or dashes for underscores.
pub(super) fn column(name: &str) -> Column {
    let folded = name.trim_start_matches('\u{feff}').trim().to_ascii_lowercase().replace([' ', '-'], "_");
    if REJECT_COLUMNS.contains(&folded.as_str()) {
        return Column::Reject;
    }
    COLUMNS.into_iter().find(|known| *known == folded).map_or(Column::Unknown, Column::Known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_in_every_spelling_people_use() {
        for name in ["occurred_at", "Occurred At", "OCCURRED-AT", "\u{feff}occurred_at "] {
            assert_eq!(column(name), Column::Known("occurred_at"), "{name}");
        }
        assert_eq!(column("reject_reason"), Column::Reject);
        assert_eq!(column("ocurred_at"), Column::Unknown);
    }
}
