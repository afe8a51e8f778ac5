//! The real program: started, killed, drained, and used from the command line.

mod client;
mod crash;
mod decisions;
mod exports;
mod migrate;
mod private;
mod readme;
mod redis;
mod start;
mod views;
