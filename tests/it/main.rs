//! The integration tests, in one binary.

#[cfg(test)]
mod binary;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod http;
#[cfg(test)]
mod learned;
#[cfg(test)]
mod prometheus;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod redis_cluster;
#[cfg(test)]
mod redis_sentinel;
#[cfg(test)]
mod redis_server;
#[cfg(test)]
mod redis_store;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod webhook;
#[cfg(test)]
mod wire;
