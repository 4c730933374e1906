//! What a command sees of the world: environment, directory, our executable, the two streams. Tests plant all of it.
//!
//! It must never be read from anywhere else in this layer, so that every command can be run in a test.

use std::path::{Path, PathBuf};

use crate::{
    base::env::EnvSnapshot,
    ui::{ColorChoice, Printer},
};

/// The surroundings of one run.
pub struct Context {
    pub env: EnvSnapshot,
    pub cwd: PathBuf,
    /// Absolute path of this program.
    pub exe: PathBuf,
    pub printer: Printer,
}

impl Context {
    /// Those of this process.
    pub fn current(color: Option<ColorChoice>) -> Self {
        let env = EnvSnapshot::current();
        let printer = Printer::new(ColorChoice::resolve(color, &env));
        // A directory that was removed under us, or no /proc: the commands that need either will say so.
        let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let exe = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("rustc-hyperopt"));
        Self { env, cwd, exe, printer }
    }

    /// Cargo's home.
    pub fn cargo_home(&self) -> Option<PathBuf> {
        let given = self.env.path("CARGO_HOME").map(|p| self.cwd.join(p));
        given.or_else(|| self.env.path("HOME").map(|h| h.join(".cargo")))
    }

    /// Whether `program`, looked up as a shell would, is this program.
    pub fn is_us(&self, program: &std::ffi::OsStr) -> bool {
        let path = self.env.get("PATH").unwrap_or_default();
        crate::base::process::which(program, path, &self.cwd).is_some_and(|found| same_file(&found, &self.exe))
    }
}

/// Whether two paths lead to one file.
pub fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
pub mod planted {
    //! A context in a temporary directory.

    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::ui::printer::Captured;

    /// A home with `bin` on the path and an executable of ours; dropped with everything in it.
    pub struct Planted {
        pub dir: tempfile::TempDir,
        pub ctx: Context,
        pub said: Captured,
    }

    impl Planted {
        /// An environment of `HOME`, `PATH` and `vars`.
        pub fn new(vars: &[(&str, &str)]) -> Self {
            let dir = tempfile::tempdir().expect("temporary directory");
            let root = dir.path().canonicalize().expect("canonical");
            for sub in ["home", "bin", "work"] {
                fs::create_dir(root.join(sub)).expect("directory");
            }
            let own = [("HOME", root.join("home")), ("PATH", root.join("bin"))];
            let own = own.map(|(k, v)| (k.as_bytes().to_vec(), v.into_os_string().into_encoded_bytes()));
            let given = vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec()));
            let env = given.chain(own).collect();
            let (printer, said) = Printer::captured(ColorChoice::Never);
            let planted =
                Self { ctx: Context { env, cwd: root.join("work"), exe: root.join("bin/rustc-hyperopt"), printer }, dir, said };
            planted.program("rustc-hyperopt", "exit 9");
            planted
        }

        /// Puts a shell script on the path.
        pub fn program(&self, name: &str, script: &str) -> PathBuf {
            let file = self.root().join("bin").join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("script");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
            file
        }

        /// The directory that holds it all.
        pub fn root(&self) -> PathBuf {
            self.dir.path().canonicalize().expect("canonical")
        }
    }
}
