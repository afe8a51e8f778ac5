//! sendgate.

fn main() {}
