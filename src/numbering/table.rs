//! The prefix table: parsed once from the data file, then only searched.

use std::ops::Range;
use std::sync::LazyLock;

/// Zones by prefix, as released by libphonenumber and regrouped; its first lines say how.
pub(super) static SOURCE: &str = include_str!("zones.tsv");

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(SOURCE));

/// Zones of the longest known prefix of `digits`.
pub(super) fn zones(digits: u64) -> &'static [&'static str] {
    TABLE.longest(digits)
}

struct Table {
    /// Each set of zones once, one after the other.
    names: Vec<&'static str>,
    /// Prefixes in rising order with the place of their zones in `names`. No prefix begins with a
    /// zero, so that its value alone identifies it.
    rows: Vec<(u64, Range<usize>)>,
}

impl Table {
    /// Reads what it can: a malformed line is left out rather than fatal, since the file is part of
    /// the program and a test holds that all of it is read.
    fn parse(source: &'static str) -> Self {
        let mut names = Vec::new();
        let mut rows = Vec::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let Some((zones, prefixes)) = line.split_once('\t') else {
                continue;
            };
            let start = names.len();
            names.extend(zones.split(';'));
            let place = start..names.len();
            let prefixes = prefixes.split(' ').filter_map(|prefix| prefix.parse().ok());
            rows.extend(prefixes.map(|prefix| (prefix, place.clone())));
        }
        rows.sort_unstable_by_key(|(prefix, _)| *prefix);
        Self { names, rows }
    }

    fn longest(&self, digits: u64) -> &[&'static str] {
        // The largest prefix bounds the work: nothing longer can match.
        let largest = self.rows.last().map_or(0, |(prefix, _)| *prefix);
        let mut prefix = digits;
        while prefix > 0 {
            if prefix <= largest
                && let Ok(at) = self.rows.binary_search_by_key(&prefix, |(known, _)| *known)
            {
                return self
                    .rows
                    .get(at)
                    .and_then(|(_, place)| self.names.get(place.clone()))
                    .unwrap_or_default();
            }
            prefix /= 10;
        }
        &[]
    }
}
