//! The walbound program.

fn main() {}
