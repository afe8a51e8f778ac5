//! Every call of the contract over real gRPC: what it does, and what it says of bad input.

mod checks;
mod doors;
mod errors;
mod feed;
mod limits;
mod log;
mod quality;
mod streams;
mod tls;
mod traces;
mod watching;
mod writes;
