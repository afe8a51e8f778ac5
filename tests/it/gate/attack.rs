//! Random conversations against a naive oracle, and what they found.

mod found;
mod hunt;
mod model;
mod oracle;
mod renames;
