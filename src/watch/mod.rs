//! Layer 16: a command of ours, run again whenever something has changed that cargo reads.
//!
//! It starts other programs and looks at files; it must never know of the store, the engine or the daemon: what a run does with
//! the cache is that run's affair. It ends by itself only when nobody sees it any more. Where changes cannot be seen, it says so.
//!
//! ```text
//! tree ─▶ calm ─▶ session ─▶ child ─▶ report ─▶ face: screen (view, text, keys) or headless
//! ```

pub mod ahead;
pub mod calm;
pub mod child;
pub mod face;
pub mod headless;
pub mod job;
pub mod keys;
pub mod report;
pub mod rules;
pub mod scope;
pub mod screen;
pub mod seen;
pub mod session;
pub mod tree;
pub mod view;

use std::{io, sync::mpsc::channel, thread};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use self::{
    ahead::Ahead,
    face::Face,
    scope::Asking,
    session::{Event, Session, Setup},
};

/// Why it cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error("changes cannot be watched for: {0}")]
    Notify(#[from] notify::Error),
    #[error("the terminal cannot be used: {0}")]
    Terminal(io::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Watches until it is asked to end; the signal that has asked, if it was one. `keys` says whether a terminal is read.
///
/// # Errors
/// If changes cannot be seen at all.
pub fn run(setup: Setup, asking: Asking, face: &mut dyn Face, ahead: Ahead, keys: bool) -> Result<Option<i32>, WatchError> {
    let (sender, receiver) = channel();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let told = sender.clone();
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if told.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    })?;
    let told = sender.clone();
    tree::start(asking, move |what| told.send(Event::Told(what)).is_ok())?;
    if keys {
        let told = sender.clone();
        screen::listen(move |event| told.send(Event::Terminal(event)).is_ok()).map_err(WatchError::Terminal)?;
    }
    Ok(Session::new(setup, face, (sender, receiver), ahead).run())
}
