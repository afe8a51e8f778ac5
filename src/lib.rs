//! sendgate.

pub mod model;
pub mod numbering;
pub mod store;
