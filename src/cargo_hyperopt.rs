//! `cargo-hyperopt`, the name by which cargo finds us as `cargo hyperopt …`: starts `rustc-hyperopt` with the same arguments.
//!
//! It stands beside the program so that `cargo install` gives both, and is a program of its own, without the library, because the
//! same one under two names would be linked and installed twice. It must never do anything itself; where the program
//! is not beside it, the one on the path is taken.

use std::{
    env,
    io::Write,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, exit},
};

const PROGRAM: &str = "rustc-hyperopt";

fn main() {
    let beside = env::current_exe().map(|own| own.with_file_name(PROGRAM)).ok().filter(|program| program.is_file());
    let program = beside.unwrap_or_else(|| PathBuf::from(PROGRAM));
    // Our own name tells the program that cargo's word for us comes first.
    let error = Command::new(&program).arg0("cargo-hyperopt").args(env::args_os().skip(1)).exec();
    let _ =
        writeln!(std::io::stderr(), "error: {}: {error}\nhint: install rustc-hyperopt beside cargo-hyperopt", program.display());
    exit(127);
}
