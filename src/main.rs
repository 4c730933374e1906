//! Chooses the personality and nothing else. A wrapper on linux-gnu never comes this far: see [`early`].

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use rustc_hyperopt::{base::personality::Personality, cli, daemon, wrapper};

mod early;

fn main() {
    let args: Vec<OsString> = std::env::args_os().collect();
    let code = match Personality::of(&args) {
        Personality::Wrapper => wrapper::run(args),
        Personality::Linker => wrapper::linker::run(&args),
        Personality::Daemon => daemon::run(Path::new(args.get(2).map_or(OsStr::new(""), OsString::as_os_str))),
        Personality::Cli => cli::main(args),
    };
    std::process::exit(code);
}
