//! A scratch directory in which several plain rebuilds are made, one after the other, and what was made for one serves the
//! next.
//!
//! Compilers run here at the lowest priority, with the environment that was noted and nothing of this process's.

use std::{
    collections::HashMap,
    ffi::OsStr,
    io,
    os::unix::{ffi::OsStrExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::{Scratch, Step, farm::INCREMENTAL};
use crate::{
    base::{digest::Digest, env::names},
    engine::Engine,
};

/// The directory, and what was made in it.
#[derive(Debug)]
pub struct Workshop {
    scratch: Scratch,
    made: HashMap<PathBuf, Made>,
}

#[derive(Debug)]
struct Made {
    step: Step,
    sources: Digest,
    output: Output,
}

impl Workshop {
    /// With nothing in it.
    pub fn new(engine: &Engine) -> Self {
        Self { scratch: Scratch::new(engine), made: HashMap::new() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// Runs a step, unless it was run for the same sources. `stem` is the unit's name.
    pub fn make(&mut self, stem: &Path, step: &Step, sources: Digest) -> io::Result<&Output> {
        let is_made = self.made.get(stem).is_some_and(|m| m.step == *step && m.sources == sources);
        if !is_made {
            self.made.remove(stem);
            // What an earlier text left there makes other objects.
            let incremental = stem.file_name().map(|name| self.path().join(INCREMENTAL).join(name));
            incremental.map(std::fs::remove_dir_all);
            let output = run(step)?;
            self.made.insert(stem.into(), Made { step: step.clone(), sources, output });
        }
        self.made.get(stem).map(|m| &m.output).ok_or_else(|| io::Error::other("not made"))
    }
}

fn run(step: &Step) -> io::Result<Output> {
    let mut command = Command::new(&step.program);
    command.args(step.os_args()).current_dir(&step.cwd).stdin(Stdio::null());
    command.env_clear().envs(step.env.iter().map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value))));
    command.env(names::NESTED, "1");
    // SAFETY: two system calls between fork and exec. Nobody waits for it, and nobody needs it when we are gone.
    unsafe {
        command.pre_exec(|| {
            libc::setpriority(libc::PRIO_PROCESS, 0, 19);
            #[cfg(target_os = "linux")]
            nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
            Ok(())
        });
    }
    command.output()
}
