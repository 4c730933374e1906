//! The accept loop, and when it ends.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::{UnixListener, UnixStream},
    signal::unix::{SignalKind, signal},
    time::{Instant, interval},
};

use super::{session::Session, state::State};

/// Serves until idle, told to stop, or terminated.
///
/// # Errors
/// If signals cannot be awaited.
pub async fn serve(listener: UnixListener, state: Arc<State>) -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut look = interval((state.idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(5)));
    let mut quiet_since = Instant::now();
    let mut seen = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    if is_ours(&stream) {
                        tokio::spawn(connection(stream, state.clone()));
                    }
                } else {
                    // Out of descriptors, most likely: leave the running connections some time to end.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
            _ = look.tick() => {
                if state.is_gone() {
                    return Ok(());
                }
                let activity = state.activity.load(Ordering::Relaxed);
                if activity != seen || !state.is_quiet() || state.verifier.is_busy() || state.keeper.is_busy() {
                    (seen, quiet_since) = (activity, Instant::now());
                } else if quiet_since.elapsed() >= state.idle {
                    return Ok(());
                }
            }
            () = state.stopping.notified() => return Ok(()),
            _ = terminated.recv() => return Ok(()),
        }
    }
}

fn is_ours(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == nix::unistd::geteuid().as_raw())
}

async fn connection(stream: UnixStream, state: Arc<State>) {
    let _counted = Counted::new(&state.connections);
    // A broken connection ends its own session and nothing else.
    drop(Session::new(stream, state.clone()).run().await);
}

/// Counts while it lives.
struct Counted<'a>(&'a AtomicU64);

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Ordering::AcqRel);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
