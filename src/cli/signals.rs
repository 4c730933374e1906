//! Signals while cargo runs: the build decides what they do, and we outlive it to pass its end on.
//!
//! What the terminal sends (Ctrl-C) reaches cargo by itself and must not be sent twice, because a second one means more
//! than the first; what a process sends to us alone is handed on. It must never block or fail a build. Commands of ours that
//! have to clean up notice signals instead.

use std::{
    ffi::{c_int, c_void},
    process::Child,
    sync::atomic::{AtomicI32, Ordering},
};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static CHILD: AtomicI32 = AtomicI32::new(0);

/// While it lives, signals are handed on.
pub struct HandingOn(Vec<(Signal, SigAction)>);

impl HandingOn {
    /// To `child`, until it has been waited for.
    pub fn to(child: &Child) -> Self {
        CHILD.store(child.id().cast_signed(), Ordering::SeqCst);
        let action = SigAction::new(SigHandler::SigAction(hand_on), SaFlags::SA_RESTART, SigSet::empty());
        let install = |signal| {
            // SAFETY: the handler only loads an atomic and calls `kill`, which is async-signal-safe.
            let before = unsafe { sigaction(signal, &action) }.ok()?;
            let kept = (signal, before);
            // What is ignored stays ignored (`nohup` and the like).
            if matches!(before.handler(), SigHandler::SigIgn) {
                restore(&kept);
            }
            Some(kept)
        };
        Self([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT].into_iter().filter_map(install).collect())
    }
}

impl Drop for HandingOn {
    fn drop(&mut self) {
        // The child is gone, and its number may be given to somebody else.
        CHILD.store(0, Ordering::SeqCst);
        self.0.iter().for_each(restore);
    }
}

static NOTICED: AtomicI32 = AtomicI32::new(0);

/// From now on, a signal that asks for an end is noticed and does nothing else; a second one of its kind ends the process, as it would
/// have without us. What is ignored stays ignored.
pub fn notice() {
    let action = SigAction::new(SigHandler::Handler(note), SaFlags::SA_RESTART | SaFlags::SA_RESETHAND, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler only stores into an atomic.
        let before = unsafe { sigaction(signal, &action) };
        if let Ok(before) = before
            && matches!(before.handler(), SigHandler::SigIgn)
        {
            restore(&(signal, before));
        }
    }
}

/// The signal that was noticed, if any.
pub fn noticed() -> Option<i32> {
    Some(NOTICED.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
}

extern "C" fn note(signal: c_int) {
    NOTICED.store(signal, Ordering::SeqCst);
}

fn restore((signal, before): &(Signal, SigAction)) {
    // SAFETY: puts back what was there. It was valid before, and cannot fail for a signal that could be set.
    let _ = unsafe { sigaction(*signal, before) };
}

extern "C" fn hand_on(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel gives a valid pointer to handlers that are installed with `SA_SIGINFO`.
    let sent_by_a_process = unsafe { (*info).si_code } <= 0;
    let child = CHILD.load(Ordering::SeqCst);
    if sent_by_a_process && child > 0 {
        // SAFETY: async-signal-safe, and the child has not been waited for.
        unsafe { libc::kill(child, signal) };
    }
}

#[cfg(test)]
mod tests {
    use nix::{
        sys::{
            signal::raise,
            wait::{WaitStatus, waitpid},
        },
        unistd::{ForkResult, fork},
    };

    use super::*;

    #[test]
    fn the_first_is_noticed_and_the_second_ends_it() {
        // SAFETY: the child calls nothing but `sigaction`, `raise` and `_exit`.
        match unsafe { fork() }.expect("forked") {
            ForkResult::Parent { child } => {
                let ended = waitpid(child, None).expect("waited for");
                assert!(matches!(ended, WaitStatus::Signaled(_, Signal::SIGHUP, _)), "{ended:?}");
            }
            ForkResult::Child => {
                // Whoever runs the tests may ignore it.
                // SAFETY: sets what every process begins with.
                let reset = unsafe { nix::sys::signal::signal(Signal::SIGHUP, SigHandler::SigDfl) };
                notice();
                let first = reset.is_ok() && raise(Signal::SIGHUP).is_ok() && noticed() == Some(Signal::SIGHUP as i32);
                if first {
                    let _ = raise(Signal::SIGHUP);
                }
                // SAFETY: ends the process and nothing else.
                unsafe { libc::_exit(i32::from(first)) }
            }
        }
    }
}
