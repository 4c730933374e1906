//! Birth and death: the lock, the socket, the end.

use std::{io, path::Path, sync::Arc, time::Duration};

use tokio::net::UnixListener;

use super::{
    keeper, server,
    state::State,
    tenure::Tenure,
    verifier::{self, Verifier},
};
use crate::{
    base::{env::EnvSnapshot, failpoint, fs, process::exit_now},
    config::{self, Settings},
    ipc::{address, breaker},
    store::{Limits, Store},
};

/// Runs until the end.
///
/// # Errors
/// If there is no private directory for the socket, or it cannot be bound.
pub fn run(root: &Path) -> io::Result<()> {
    fs::private_dir(root)?;
    address::run_dir(root)?;
    let socket = address::socket(root);
    let Some(tenure) = Tenure::acquire(root, &socket)? else { return Ok(()) };
    survive_size_limits();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(64).enable_all().build()?;
    failpoint::reach("daemon-before-bind");
    // Ours is the only daemon now, so whatever stands there is left over.
    if std::fs::remove_file(&socket).is_err() {
        drop(std::fs::remove_dir(&socket));
    }
    let settings = user_settings();
    let (verifier, claims) = Verifier::new(settings.cache.verify_sample);
    let state = Arc::new(State::new(root, settings.daemon.idle(), verifier, tenure));
    verifier::start(state.clone(), claims);
    let served = runtime.block_on(async {
        let listener = bind(&socket)?;
        breaker::reset(root);
        address::clear_failure(root);
        let opening = state.clone();
        tokio::task::spawn_blocking(move || {
            opening.open(|root| open_store(root, &settings));
            #[cfg(feature = "metrics")]
            super::observer::start(&opening, &settings);
            keeper::start(opening);
        });
        server::serve(listener, state.clone()).await
    });
    if state.is_gone() {
        // What stands at our paths by now is another daemon's: closing the database would write there.
        exit_now(0);
    }
    drop(std::fs::remove_file(&socket));
    state.finish();
    runtime.shutdown_timeout(Duration::from_millis(200));
    served
}

/// Under a limit on the size of files, a write that is too long is to fail, not to end the daemon.
fn survive_size_limits() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    // SAFETY: no handler of ours is involved. If it cannot be ignored, the builds go on without a daemon.
    let _ = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
}

/// Binds with mode 0600 from the first moment on.
fn bind(socket: &Path) -> io::Result<UnixListener> {
    use nix::sys::stat::{Mode, umask};
    let before = umask(Mode::from_bits_truncate(0o177));
    let listener = UnixListener::bind(socket);
    umask(before);
    listener.map_err(|e| fs::at(socket, e))
}

/// The user's own layers only: a daemon serves many projects.
fn user_settings() -> Settings {
    config::load(&EnvSnapshot::current(), Path::new("/"), &[]).map(|l| l.settings).unwrap_or_default()
}

fn open_store(root: &Path, settings: &Settings) -> Result<Store, String> {
    let limits = Limits {
        max_bytes: settings.cache.max_size_bytes(),
        retention_days: u32::try_from(settings.cache.retention_days).unwrap_or(u32::MAX),
    };
    failpoint::reach("daemon-before-open");
    Store::open(root, limits).map_err(|e| e.to_string())
}
