//! The integration tests, in one binary.

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod tamper;
