//! Standing in for the linker: run it exactly as rustc would have, and put down what it was given.
//!
//! It must never be seen: the linker's arguments, environment, streams and exit code are what they would be without us.
//! Whatever cannot be put down is not recorded, and the link is as good as any.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    artifact::spool,
    base::{clock::Stopwatch, env::EnvSnapshot, process},
};

/// Runs the linker that `args` (own name first) stand for, and ends as it has ended.
pub fn run(args: &[OsString]) -> ! {
    let Some((own, rest)) = args.split_first() else { process::exit_now(1) };
    let Some((dir, program)) = spool::behind(Path::new(own)) else { process::exit_now(1) };
    let mut command = Command::new(&program);
    command.args(rest).stdin(Stdio::inherit()).stdout(Stdio::piped()).stderr(Stdio::piped());
    process::dies_with_us(&mut command);
    let watch = Stopwatch::start();
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            process::exit_saying(127, &format!("could not run `{}`: {error}\n", program.to_string_lossy()));
        }
    };
    spool::note_time(&dir, watch.millis());
    drop(io::stdout().write_all(&output.stdout).and_then(|()| io::stdout().flush()));
    drop(io::stderr().write_all(&output.stderr));
    if !output.status.success() {
        spool::note_failure(&dir);
    }
    // A linker that has something to say would have to say it again.
    if output.status.success() && output.stdout.is_empty() && output.stderr.is_empty() {
        drop(spool::write(&dir, rest, &EnvSnapshot::current()));
    }
    process::exit_like(output.status)
}
