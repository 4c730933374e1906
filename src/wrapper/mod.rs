//! Layer 11: the `RUSTC_WRAPPER` personality. Parse as little as possible, ask the daemon, put outputs in place or run the
//! compiler.
//!
//! It must never print anything of its own (cargo stores and replays what a wrapper writes), open RocksDB, start an async
//! runtime, or read more configuration than the place of the store. Whatever goes wrong, the compiler runs as if we were
//! not there.

pub mod compile;
pub mod command;
pub mod failure;
mod first_look;
mod hold;
mod misfit;
pub mod linker;
pub mod place;
mod record;
pub mod relink;
mod secrets;
mod state;
pub mod stream;
mod tried;
mod truth;

use std::{
    ffi::OsString,
    os::unix::ffi::OsStrExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use command::Command;
use record::Recorder;
use serde_bytes::ByteBuf;
use tried::Tried;

use crate::{
    base::{
        env::{EnvSnapshot, names},
        failpoint, fs, process,
        secret::is_secret_name,
    },
    engine::plan::Query,
    ipc::{
        client::{self, Client},
        protocol::{Link, Reply, Request},
    },
};

/// Runs as the wrapper; `args` is the whole command line, own name first. Ends the process as the compiler would have.
pub fn run(args: Vec<OsString>) -> ! {
    let Some(command) = Command::parse(args) else { process::exit_now(1) };
    // A fault of ours must not be seen: no message, and the compiler runs.
    std::panic::set_hook(Box::new(|_| {}));
    drop(catch_unwind(AssertUnwindSafe(|| serve(&command))));
    drop(catch_unwind(AssertUnwindSafe(|| failure::listening(&command))));
    command.exec()
}

/// Returns only if the compiler is to be run as if we were not there.
fn serve(command: &Command) {
    let env = EnvSnapshot::current();
    if env.switched_off() || env.path(names::NESTED).is_some() {
        return;
    }
    let Some(store) = crate::config::store_path(&env) else { return };
    let Ok(exe) = std::env::current_exe() else { return };
    if !command.is_cacheable() {
        if first_look::is_one(command.compiler_args()) && env.path(names::SESSION).is_none() {
            first_look::prepare(&exe);
        }
        // Cargo's first question in a fresh target directory is the moment to have a daemon ready for the first compile.
        // It would inherit the priority of a build that nobody waits for; whoever asked for that has one ready.
        if !env.is_in_background() && !crate::ipc::address::socket(&store).exists() {
            drop(client::start(&store, &exe));
        }
        return;
    }
    let Some((mut client, reply)) = ask(command, env, &store, &exe) else { return };
    match reply {
        Reply::Hit { ticket, plan } => match place::all(&plan) {
            Ok(placed) => {
                drop(client.send(&Request::Placed { ticket, files: placed.files, took_us: placed.took_us }));
                failpoint::reach("wrapper-before-replay");
                place::replay(&plan);
                process::exit_now(0)
            }
            Err(failure) => {
                drop(client.send(&Request::PlaceFailed { ticket, detail: failure.detail, blob: failure.blob }));
            }
        },
        Reply::Miss { ticket, extra_args, hold, link, state, tried } => {
            let recording = match link {
                Link::Plain => None,
                Link::Record(recording) => Some(recording),
                Link::Again(relink, recording) => {
                    if let Some(result) = relink::run(&relink) {
                        drop(client.send(&Request::Compiled { ticket, result: Box::new(result) }));
                        failpoint::reach("wrapper-before-replay");
                        place::replay(&relink.rest);
                        process::exit_now(0)
                    }
                    drop(client.send(&Request::RelinkFailed { ticket }));
                    Some(recording)
                }
            };
            if let Some(Err(blob)) = state.map(|state| state::put(&state)) {
                drop(client.send(&Request::StateFailed { ticket, blob }));
            }
            failpoint::reach("wrapper-after-state");
            let recorder = recording.and_then(|recording| Recorder::new(recording, &exe));
            compile::run(command, extra_args, Tried::new(tried), hold, recorder, client, ticket)
        }
        _ => {}
    }
}

fn ask(command: &Command, env: EnvSnapshot, store: &Path, exe: &Path) -> Option<(Client, Reply)> {
    let in_background = env.is_in_background();
    let query = Query {
        compiler: command.compiler().to_owned(),
        args: command.compiler_args().iter().map(|a| ByteBuf::from(a.as_bytes())).collect(),
        cwd: std::env::current_dir().ok()?.into_os_string(),
        // Presence matters, values of secrets do not leave this process. Who wants to hear of failures is no input of a compile.
        env: env.map_values(|name, value| match name {
            name if name == names::FAILURES.as_bytes() => None,
            name => Some(if is_secret_name(name) { Vec::new() } else { value }),
        }),
        umask: fs::umask(),
    };
    failpoint::reach("wrapper-before-connect");
    let client = if in_background { Client::connect(store) } else { Client::connect_or_start(store, exe) };
    let mut client = client.ok()?;
    let reply = client.ask(&Request::Lookup(Box::new(query))).ok()?;
    failpoint::reach("wrapper-after-lookup");
    Some((client, reply))
}
