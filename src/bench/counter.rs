//! Counts how often a compiler is started, by whomever: each start opens the library that the compiler consists of.
//!
//! It disturbs nobody: the kernel tells (inotify), no process is traced and no program is put in between. Questions to the
//! compiler (`-vV`) count as well, and whoever reads the toolchain; so the figure is for comparisons. Where it cannot be had,
//! nothing is counted.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

/// Counts until it is dropped.
pub struct Counter {
    opened: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Counter {
    /// For the toolchain in this directory; nothing if that cannot be watched.
    pub fn of(sysroot: &Path) -> Option<Self> {
        let library = std::fs::read_dir(sysroot.join("lib")).ok()?.flatten().map(|e| e.path());
        let library = library.into_iter().find(|p| {
            p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("librustc_driver-") && n.ends_with(".so"))
        })?;
        let (opened, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let thread = watch(&library, opened.clone(), ended.clone())?;
        Some(Self { opened, ended, thread: Some(thread) })
    }

    /// So far.
    pub fn count(&self) -> u64 {
        self.opened.load(Ordering::Acquire)
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell, not even if it has failed.
            drop(thread.join());
        }
    }
}

#[cfg(target_os = "linux")]
fn watch(file: &Path, opened: Arc<AtomicU64>, ended: Arc<AtomicBool>) -> Option<JoinHandle<()>> {
    use std::os::fd::AsFd;

    use nix::{
        poll::{PollFd, PollFlags, PollTimeout, poll},
        sys::inotify::{AddWatchFlags, InitFlags, Inotify},
    };
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).ok()?;
    inotify.add_watch(file, AddWatchFlags::IN_OPEN).ok()?;
    let work = move || {
        while !ended.load(Ordering::Acquire) {
            let mut fds = [PollFd::new(inotify.as_fd(), PollFlags::POLLIN)];
            // Read at once, or the kernel makes one of several.
            if matches!(poll(&mut fds, PollTimeout::from(100_u8)), Ok(1..))
                && let Ok(events) = inotify.read_events()
            {
                opened.fetch_add(events.len() as u64, Ordering::AcqRel);
            }
        }
    };
    std::thread::Builder::new().name("count".into()).spawn(work).ok()
}

#[cfg(not(target_os = "linux"))]
fn watch(_: &Path, _: Arc<AtomicU64>, _: Arc<AtomicBool>) -> Option<JoinHandle<()>> {
    None
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn every_start_is_seen() {
        let dir = tempfile::tempdir().expect("temporary directory");
        std::fs::create_dir(dir.path().join("lib")).expect("made");
        assert!(Counter::of(dir.path()).is_none());
        let library = dir.path().join("lib/librustc_driver-1.so");
        std::fs::write(&library, "x").expect("written");
        let counter = Counter::of(dir.path()).expect("watched");
        for n in 1..=3 {
            std::fs::read(&library).expect("read");
            let clock = crate::base::clock::Stopwatch::start();
            while counter.count() < n && clock.millis() < 10_000 {
                std::thread::yield_now();
            }
            assert_eq!(counter.count(), n);
        }
    }
}
