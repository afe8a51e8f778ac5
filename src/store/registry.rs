//! What a store keeps that concerns no contact: rows by name, each written by compare-and-set.

/// A small record that concerns no contact: a learned sender, an account, a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryRow {
    /// Its name.
    pub key: String,
    /// Counts the commits.
    pub version: u64,
    /// Its content, as the registry encodes it.
    pub value: Vec<u8>,
}

/// A state of the registry: two reads that tell the same one found the same rows, whatever a failover forgot in between.
/// Opaque, and only for the store that gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryState(pub Vec<u8>);

/// All of the registry, read at once.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Registry {
    /// The rows that can be read.
    pub rows: Vec<RegistryRow>,
    /// The names of the others, which are left as they are.
    pub unreadable: Vec<String>,
    /// The state it was in, where the store can tell.
    pub state: Option<RegistryState>,
}
