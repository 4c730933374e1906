//! The blocking client that wrapper and CLI use.

use std::{
    ffi::OsStr,
    io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, ExitStatus},
    time::Duration,
};

use super::{
    address, breaker, frame,
    protocol::{Hello, MAGIC, Reply, Request, VERSION, Welcome},
};
use crate::base::{
    clock::Stopwatch,
    env,
    fs::{self, FileSig},
    process,
};

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
    #[error("the daemon for {store} cannot be started: {cause}")]
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
        Self::greet(store)
    }

    /// The process that listens for a store, whether it answers or not.
    pub fn daemon_of(store: &Path) -> Option<i32> {
        peer(&dial(&address::socket(store)).ok()?)
    }

    fn greet(store: &Path) -> Result<Self, IpcError> {
        let stream = match dial(&address::socket(store)) {
            Ok(stream) => stream,
            // A daemon that hangs for long has a full queue.
            Err(e) if is_silence(&e) => return Err(silent(store, e)),
            Err(_) => return Err(IpcError::NotRunning(store.into())),
        };
        if !is_ours(&stream) {
            return Err(IpcError::Foreign(store.into()));
        }
        let mut client = Self { stream, store: store.into() };
        client.stream.set_read_timeout(Some(SILENCE)).map_err(|e| client.failed(e))?;
        let build = std::env::current_exe().and_then(|exe| FileSig::of(&exe)).map_err(|e| client.failed(e))?;
        let greeting = client.send_frame(&Hello { magic: MAGIC, version: VERSION, build });
        match greeting.and_then(|()| client.receive()) {
            Ok(Welcome::Ready) => Ok(client),
            Ok(Welcome::Draining) => Err(IpcError::Draining(store.into())),
            // It ended before it had seen us.
            Err(IpcError::Io { cause, .. }) if is_hang_up(&cause) => Err(IpcError::NotRunning(store.into())),
            Err(e) => Err(e),
        }
    }

    /// Connects, starting a daemon if there is none, or a new one if the old one is of another build.
    ///
    /// # Errors
    /// [`IpcError`] after at most the time that a start may take.
    pub fn connect_or_start(store: &Path, exe: &Path) -> Result<Self, IpcError> {
        let watch = Stopwatch::start();
        let mut daemon = None;
        loop {
            match Self::connect(store) {
                Err(IpcError::NotRunning(_) | IpcError::Draining(_)) if watch.elapsed() < START => {}
                Err(IpcError::NotRunning(_) | IpcError::Draining(_)) => return Self::give_up_waiting(store),
                result => return result,
            }
            match &mut daemon {
                None => daemon = Some(start(store, exe)?),
                // Another daemon may be serving; one that could not start will not do better for the next client.
                Some(ended) => match ended.try_wait() {
                    Ok(Some(status)) if !status.success() => {
                        return Err(IpcError::Start { store: store.into(), cause: why_not_started(store, status) });
                    }
                    _ => {}
                },
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    /// A daemon closes the breaker when it is ready, so nobody else needs to wait until then.
    fn give_up_waiting(store: &Path) -> Result<Self, IpcError> {
        breaker::trip(store);
        // It may have become ready, and closed the breaker, just before.
        let last = Self::greet(store);
        if last.is_ok() {
            breaker::reset(store);
        }
        last
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
        if is_silence(&cause) {
            return silent(&self.store, cause);
        }
        IpcError::Io { store: self.store.clone(), cause }
    }
}

fn silent(store: &Path, cause: io::Error) -> IpcError {
    breaker::trip(store);
    IpcError::Io { store: store.into(), cause }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn is_hang_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

/// Connects, and waits no longer than for an answer if the daemon's queue is full. Writing is limited as well.
fn dial(socket: &Path) -> io::Result<UnixStream> {
    use nix::sys::{
        socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, setsockopt, socket as open, sockopt::SendTimeout},
        time::{TimeVal, TimeValLike},
    };
    let address = UnixAddr::new(socket)?;
    #[cfg(target_os = "linux")]
    let flags = SockFlag::SOCK_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = SockFlag::empty();
    let stream = open(AddressFamily::Unix, SockType::Stream, flags, None)?;
    let limit = i64::try_from(SILENCE.as_millis()).map_err(io::Error::other)?;
    setsockopt(&stream, SendTimeout, &TimeVal::milliseconds(limit))?;
    connect(std::os::fd::AsRawFd::as_raw_fd(&stream), &address)?;
    Ok(UnixStream::from(stream))
}

/// What keeps a daemon from starting: found by trying the same, else what it has noted, else how it ended.
fn why_not_started(store: &Path, status: ExitStatus) -> io::Error {
    let tried = fs::private_dir(store).and_then(|()| address::run_dir(store)).and_then(|_| address::open_lock(store));
    let noted = status.code().and_then(|_| address::failure_note(store));
    tried.err().unwrap_or_else(|| io::Error::other(noted.unwrap_or_else(|| status.to_string())))
}

/// Starts a daemon and does not wait for it. Of several started at once, all but one end by themselves, and successfully.
///
/// # Errors
/// [`IpcError::Start`] if the program cannot be started.
pub fn start(store: &Path, exe: &Path) -> Result<Child, IpcError> {
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

/// The process at the other end.
#[cfg(target_os = "linux")]
fn peer(stream: &UnixStream) -> Option<i32> {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
    getsockopt(stream, PeerCredentials).ok().map(|peer| peer.pid())
}

#[cfg(not(target_os = "linux"))]
fn peer(_: &UnixStream) -> Option<i32> {
    None
}
