//! Help with errors, on the command line.

pub mod fix;
