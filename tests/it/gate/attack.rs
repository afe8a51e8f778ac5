//! Random conversations against a naive oracle, and what they found.

mod exports;
mod found;
mod hunt;
mod model;
mod oracle;
mod renames;
