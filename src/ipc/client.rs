//! The blocking client that wrapper and CLI use.

use std::{
    ffi::OsStr,
    io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    address, breaker, frame,
    protocol::{Hello, MAGIC, Reply, Request, VERSION, Welcome},
};
use crate::base::{clock::Stopwatch, env, fs::FileSig, process};

/// How long a daemon may be silent before it counts as hung. While it works it says so several times in this span.
const SILENCE: Duration = Duration::from_millis(1000);
/// How long a daemon may take to come up.
const START: Duration = Duration::from_millis(1500);

/// A connection to the daemon of one store.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    store: PathBuf,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum IpcError {
    #[error("no daemon is running for {0}")]
    NotRunning(PathBuf),
    #[error("the daemon for {0} did not answer in time and is left alone for a while")]
    BreakerOpen(PathBuf),
    #[error("the socket of {0} belongs to another user")]
    Foreign(PathBuf),
    #[error("the daemon for {0} is of another version and is ending")]
    Draining(PathBuf),
    #[error("the daemon for {store} cannot be started: {cause}\nhint: `rustc-hyperopt doctor` looks for the reason")]
    Start { store: PathBuf, cause: io::Error },
    #[error("talking to the daemon for {store} failed: {cause}")]
    Io { store: PathBuf, cause: io::Error },
    #[error("the daemon failed: {0}")]
    Failed(String),
}

impl Client {
    /// Connects to a running daemon.
    ///
    /// # Errors
    /// [`IpcError`] without any waiting, except for a daemon that accepts and says nothing.
    pub fn connect(store: &Path) -> Result<Self, IpcError> {
        if breaker::is_open(store) {
            return Err(IpcError::BreakerOpen(store.into()));
        }
        let stream = UnixStream::connect(address::socket(store)).map_err(|_| IpcError::NotRunning(store.into()))?;
        if !is_ours(&stream) {
            return Err(IpcError::Foreign(store.into()));
        }
        let mut client = Self { stream, store: store.into() };
        let timeouts =
            client.stream.set_read_timeout(Some(SILENCE)).and_then(|()| client.stream.set_write_timeout(Some(SILENCE)));
        timeouts.map_err(|e| client.failed(e))?;
        let build = std::env::current_exe().and_then(|exe| FileSig::of(&exe)).map_err(|e| client.failed(e))?;
        client.send_frame(&Hello { magic: MAGIC, version: VERSION, build })?;
        match client.receive()? {
            Welcome::Ready => Ok(client),
            Welcome::Draining => Err(IpcError::Draining(store.into())),
        }
    }

    /// Connects, starting a daemon if there is none, or a new one if the old one is of another build.
    ///
    /// # Errors
    /// [`IpcError`] after at most the time that a start may take.
    pub fn connect_or_start(store: &Path, exe: &Path) -> Result<Self, IpcError> {
        let watch = Stopwatch::start();
        let mut started = false;
        loop {
            match Self::connect(store) {
                Err(IpcError::NotRunning(_) | IpcError::Draining(_)) if watch.elapsed() < START => {}
                result => return result,
            }
            if !started {
                start(store, exe)?;
                started = true;
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// Sends a request and waits for its answer, however long the daemon says that it is working on it.
    ///
    /// # Errors
    /// [`IpcError`]; [`Reply::Failed`] becomes [`IpcError::Failed`].
    pub fn ask(&mut self, request: &Request) -> Result<Reply, IpcError> {
        self.send(request)?;
        loop {
            match self.receive()? {
                Reply::Working => {}
                Reply::Failed(text) => return Err(IpcError::Failed(text)),
                reply => return Ok(reply),
            }
        }
    }

    /// Sends a report that has no answer.
    ///
    /// # Errors
    /// [`IpcError::Io`].
    pub fn send(&mut self, request: &Request) -> Result<(), IpcError> {
        self.send_frame(request)
    }

    /// Waits until the daemon has hung up, which it does when it is at its end; at most a few seconds.
    pub fn wait_for_end(mut self) {
        let watch = Stopwatch::start();
        while address::socket(&self.store).exists() && watch.elapsed() < START {
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(self.receive::<Reply>());
    }

    fn send_frame<T: serde::Serialize>(&mut self, message: &T) -> Result<(), IpcError> {
        frame::write(&self.stream, message).map_err(|e| self.failed(e))
    }

    fn receive<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, IpcError> {
        frame::read(&self.stream).map_err(|e| self.failed(e))
    }

    fn failed(&self, cause: io::Error) -> IpcError {
        // Only silence opens the breaker; a daemon that died is replaced.
        if matches!(cause.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            breaker::trip(&self.store);
        }
        IpcError::Io { store: self.store.clone(), cause }
    }
}

/// Starts a daemon and does not wait for it. Of several started at once, all but one end by themselves.
///
/// # Errors
/// [`IpcError::Start`] if the program cannot be started.
pub fn start(store: &Path, exe: &Path) -> Result<(), IpcError> {
    let args = [OsStr::new(crate::base::personality::DAEMON), store.as_os_str()];
    process::spawn_detached(exe, &args, &[(env::names::NESTED, OsStr::new("1"))])
        .map_err(|cause| IpcError::Start { store: store.into(), cause })
}

/// Whether the process at the other end runs as this user.
#[cfg(target_os = "linux")]
fn is_ours(stream: &UnixStream) -> bool {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
    getsockopt(stream, PeerCredentials).is_ok_and(|peer| peer.uid() == nix::unistd::geteuid().as_raw())
}

#[cfg(not(target_os = "linux"))]
fn is_ours(stream: &UnixStream) -> bool {
    nix::unistd::getpeereid(stream).is_ok_and(|(uid, _)| uid == nix::unistd::geteuid())
}
