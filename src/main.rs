//! Chooses the personality and nothing else.

fn main() {}
