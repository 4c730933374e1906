//! The early start: as a wrapper or a stand-in for a linker, the program does its work and ends before C++ constructors run.
//!
//! RocksDB is part of this binary, and its static constructors alone cost more than everything the wrapper does. A wrapper
//! starts once per compile and never opens the database, so on linux-gnu it begins here: the C library calls the functions
//! of `.init_array` in the order of the sections' numbers, std's own (00099, which keeps the command line) first, this one
//! next, constructors of ordinary priority last. `_exit` then sees to it that no destructor runs without its constructor.
//!
//! Code that runs from here must not need what std sets up later: the main thread has no name and no message on stack
//! overflow, and a panic that is not caught aborts. Everything else (threads, processes, sockets, `catch_unwind`) works.
//! Where there is no such start, or for any other personality, nothing happens here and `main` chooses.
//!
//! It must never touch anything that links to C++.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::ffi::OsString;

use rustc_hyperopt::{
    base::{personality::Personality, process::exit_now},
    wrapper,
};

#[used]
#[unsafe(link_section = ".init_array.00100")]
static EARLY: extern "C" fn() = start_early;

extern "C" fn start_early() {
    let args: Vec<OsString> = std::env::args_os().collect();
    let personality = Personality::of(&args);
    if matches!(personality, Personality::Wrapper | Personality::Linker) {
        open_missing_streams();
        ignore_broken_pipes();
        match personality {
            Personality::Linker => wrapper::linker::run(&args),
            _ => wrapper::run(args),
        }
    }
}

/// As std does before `main`: a descriptor below 3 that is closed would be given to the next socket or file.
fn open_missing_streams() {
    for stream in 0..3 {
        // SAFETY: asks about a number, and opens a file on it only if it is free (the lowest free one is taken).
        let is_open = unsafe { libc::fcntl(stream, libc::F_GETFD) } != -1
            || unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) } == stream;
        if !is_open {
            exit_now(1);
        }
    }
}

/// As std does before `main`: writing to a closed pipe is an error, not the end. Children get the default again.
fn ignore_broken_pipes() {
    // SAFETY: no handler of ours is involved.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}
