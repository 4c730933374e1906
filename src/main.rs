//! Chooses the personality and nothing else. A wrapper on linux-gnu never comes this far: see [`early`].

use std::{ffi::OsString, process::ExitCode};

use rustc_hyperopt::{base::personality::Personality, wrapper};

mod early;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    match Personality::of(&args) {
        Personality::Wrapper => wrapper::run(args),
        // Links RocksDB, so that the early start has something to avoid; the daemon takes this place.
        Personality::Daemon => {
            let database = args.get(2).map(rocksdb::DB::open_default);
            ExitCode::from(u8::from(!matches!(std::hint::black_box(database), Some(Ok(_)))))
        }
        Personality::Cli => ExitCode::SUCCESS,
    }
}
