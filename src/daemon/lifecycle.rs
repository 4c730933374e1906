//! Birth and death: the lock, the socket, the signals, the idle end.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::net::UnixListener;

use super::{server, state::State};
use crate::{
    base::{clock::Stopwatch, env::EnvSnapshot, failpoint, fs},
    config::{self, Settings},
    ipc::{address, breaker},
    store::{Limits, Store},
};

/// How long a successor waits for a draining predecessor.
const HANDOVER: Duration = Duration::from_secs(5);

/// Runs until the end.
///
/// # Errors
/// If there is no private directory for the socket, or it cannot be bound.
pub fn run(root: &Path) -> io::Result<()> {
    fs::private_dir(root)?;
    let dir = address::run_dir(root)?;
    let Some(_lock) = acquire(root, &dir)? else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(64).enable_all().build()?;
    let socket = address::socket(root);
    failpoint::reach("daemon-before-bind");
    // Ours is the only daemon now, so whatever stands there is left over.
    drop(std::fs::remove_file(&socket));
    let settings = user_settings();
    let state = Arc::new(State::new(root, settings.daemon.idle()));
    let served = runtime.block_on(async {
        let listener = bind(&socket)?;
        breaker::reset(root);
        let opening = state.clone();
        tokio::task::spawn_blocking(move || opening.open(|root| open_store(root, &settings)));
        server::serve(listener, state.clone()).await
    });
    drop(std::fs::remove_file(&socket));
    state.finish();
    runtime.shutdown_timeout(Duration::from_millis(200));
    served
}

/// The lock that makes a daemon the only one, or nothing if another is serving.
fn acquire(root: &Path, dir: &Path) -> io::Result<Option<File>> {
    let path = root.join("daemon.lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| fs::at(&path, e))?;
    let watch = Stopwatch::start();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(e)) => return Err(fs::at(&path, e)),
            // A predecessor without a socket is on its way out.
            Err(TryLockError::WouldBlock) if !dir.join("daemon.sock").exists() && watch.elapsed() < HANDOVER => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return Ok(None),
        }
    }
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

/// Leaves a note for `doctor` and for the CLI; nobody sees what a daemon prints.
pub fn note_failure(root: &Path, error: &io::Error) {
    let path = address::location(root).join("last-failure");
    drop(fs::write_atomic(&path, format!("{error}\n").as_bytes(), 0o600, fs::Durability::Lazy));
}
