//! Layer 12: what stands between cargo and the compiler.
//!
//! It must never change what cargo sees: outputs, streams and exit code are the compiler's. Whatever goes wrong, the
//! compiler runs as if we were not there.

use std::{
    ffi::OsString,
    io::Write,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

use crate::base::process::exit_now;

/// Acts as the compiler; `args` is the whole command line, own name first.
pub fn run(args: Vec<OsString>) -> ! {
    let mut args = args.into_iter().skip(1);
    let compiler = args.next().unwrap_or_default();
    let error = Command::new(&compiler).args(args).stdin(Stdio::inherit()).exec();
    let _ = writeln!(std::io::stderr(), "error: cannot run {}: {error}", compiler.display());
    exit_now(127)
}
