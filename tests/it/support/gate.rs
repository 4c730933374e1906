//! Compilers that do something else first: note, wait, die.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{Run, Sandbox, write};

impl Sandbox {
    /// An executable shell script at this place in the sandbox.
    pub fn script(&self, path: &str, text: &str) -> PathBuf {
        let file = self.path(path);
        write(&file, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
        file
    }

    /// The compiler itself, whoever stands in front of it.
    pub fn real_rustc(&self) -> PathBuf {
        let sysroot = Run::of(self.command("rustc", Path::new("/")).arg("--print=sysroot")).success().stdout();
        Path::new(sysroot.trim()).join("bin/rustc")
    }

    /// A program named `rustc` that runs these lines and then becomes the real one.
    pub fn compiler(&self, lines: &str) -> PathBuf {
        self.script("toolchain/rustc", &format!("{lines}\nexec '{}' \"$@\"", self.real_rustc().display()))
    }
}

/// A compiler that does not begin with the crate `low` before it is let through.
pub struct Gate {
    pub rustc: PathBuf,
    hold: PathBuf,
}

impl Gate {
    pub fn closed(sandbox: &Sandbox) -> Self {
        let hold = sandbox.path("hold");
        fs::write(&hold, "").expect("written");
        let wait = format!("while [ -e '{}' ]; do sleep 0.02; done", hold.display());
        let rustc = sandbox.compiler(&format!("case \"$*\" in *'--crate-name low '*) {wait};; esac"));
        Self { rustc, hold }
    }

    pub fn close(&self) {
        fs::write(&self.hold, "").expect("written");
    }

    pub fn open(&self) {
        fs::remove_file(&self.hold).expect("closed until now");
    }
}
