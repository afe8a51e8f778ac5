//! Names and lists.
