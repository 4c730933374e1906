//! The tools that are compared: how each builds without touching anything of the user's, and what it is called.
//!
//! Every tool gets directories of its own below one that is thrown away, and nothing of the user's settings: no wrapper, no
//! target directory, no configuration of ours. Cargo's home and rustup's are the user's: what cargo has downloaded is needed.

use std::{
    ffi::OsString,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::base::{
    env::{EnvSnapshot, names},
    process::which,
};

/// One of those that this file knows how to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    Plain,
    Hyperopt,
    Sccache,
    Kache,
    Mbx,
}

/// Variables that would make a build use what is not its own.
const LEFT_OUT: [&str; 10] = [
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_INCREMENTAL",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
];
const LEFT_OUT_PREFIXES: [&str; 4] = [names::PREFIX, "SCCACHE_", "KACHE_", "MBX_"];

/// Where everything is.
pub struct Programs {
    env: EnvSnapshot,
    cwd: PathBuf,
    pub cargo: PathBuf,
    hyperopt: PathBuf,
    cargo_home: Option<PathBuf>,
    /// Not that of the user's own server.
    sccache_port: u16,
    /// A configuration without a word.
    empty: PathBuf,
}

impl Tool {
    /// Other caches.
    pub const OTHERS: [Self; 3] = [Self::Sccache, Self::Kache, Self::Mbx];

    /// As it is given on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hyperopt => "hyperopt",
            Self::Sccache => "sccache",
            Self::Kache => "kache",
            Self::Mbx => "mbx",
        }
    }

    /// As people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain cargo",
            Self::Hyperopt => "rustc-hyperopt",
            other => other.name(),
        }
    }
}

impl FromStr for Tool {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::OTHERS.map(Self::name).join(", ");
        Self::OTHERS.into_iter().find(|t| t.name() == text).ok_or_else(|| format!("one of {names}"))
    }
}

impl Programs {
    /// Builds are started in an environment that is made of `env`; `scratch` must exist.
    ///
    /// # Errors
    /// If nothing can be written into `scratch`.
    pub fn new(env: EnvSnapshot, cwd: &Path, cargo: PathBuf, hyperopt: PathBuf, scratch: &Path) -> std::io::Result<Self> {
        let empty = scratch.join("empty.toml");
        std::fs::write(&empty, "")?;
        let home = |name: &str, dir: &str| env.path(name).or_else(|| env.path("HOME").map(|h| h.join(dir)));
        let cargo_home = home("CARGO_HOME", ".cargo").map(|h| cwd.join(h));
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).map_or(24_226, |a| a.port());
        Ok(Self { cwd: cwd.to_owned(), cargo, hyperopt, cargo_home, sccache_port: port, empty, env })
    }

    /// The program of a tool.
    pub fn file(&self, tool: Tool) -> Option<PathBuf> {
        match tool {
            Tool::Plain => Some(self.cargo.clone()),
            Tool::Hyperopt => Some(self.hyperopt.clone()),
            other => which(other.name().as_ref(), self.env.get("PATH").unwrap_or_default(), &self.cwd),
        }
    }

    /// The compiler that cargo runs.
    pub fn rustc(&self) -> PathBuf {
        self.env.path("RUSTC").unwrap_or_else(|| "rustc".into())
    }

    /// What a tool says of its version, in one line.
    pub fn version(&self, tool: Tool) -> String {
        let said = self.file(tool).and_then(|file| Command::new(file).arg("--version").output().ok());
        let text = said.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        text.lines().next().unwrap_or("unknown").trim().to_owned()
    }

    /// A program in the environment that all builds have in common.
    pub fn command(&self, program: &Path, dir: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(dir);
        for (name, _) in self.env.iter() {
            let Ok(name) = std::str::from_utf8(name) else { continue };
            if LEFT_OUT.contains(&name) || LEFT_OUT_PREFIXES.iter().any(|p| name.starts_with(p)) {
                command.env_remove(name);
            }
        }
        // An empty name overrides a wrapper in cargo's configuration.
        command.env("RUSTC_WRAPPER", "").env("RUSTC_WORKSPACE_WRAPPER", "").env("CARGO_TERM_COLOR", "never");
        command
    }

    /// A build by a tool with its own store.
    pub fn build(&self, tool: Tool, store: &Path, dir: &Path, words: &[OsString]) -> Command {
        let program = if tool == Tool::Mbx { self.file(tool).unwrap_or_else(|| "mbx".into()) } else { self.cargo.clone() };
        let program = if tool == Tool::Hyperopt { self.hyperopt.clone() } else { program };
        let mut command = self.command(&program, dir);
        command.args(words);
        if Tool::OTHERS.contains(&tool) {
            let at_home = |dir: &str| self.env.path("HOME").map(|h| h.join(dir));
            let rustup = self.env.path("RUSTUP_HOME").or_else(|| at_home(".rustup"));
            command.envs(self.cargo_home.as_ref().map(|dir| ("CARGO_HOME", dir)));
            command.envs(rustup.map(|dir| ("RUSTUP_HOME", self.cwd.join(dir))));
            for (name, below) in [
                ("HOME", "home"),
                ("XDG_CACHE_HOME", "cache"),
                ("XDG_CONFIG_HOME", "config"),
                ("XDG_DATA_HOME", "data"),
                ("XDG_STATE_HOME", "state"),
            ] {
                command.env(name, store.join(below));
            }
        }
        match tool {
            Tool::Plain | Tool::Mbx => {}
            Tool::Hyperopt => {
                command.env_remove("RUSTC_WRAPPER");
                command.env(names::CACHE_PATH, hyperopt_store(store)).env(names::CONFIG, &self.empty);
            }
            // It cannot cache incremental builds.
            Tool::Sccache => {
                let port = self.sccache_port.to_string();
                command.env("SCCACHE_DIR", store.join("sccache")).env("SCCACHE_SERVER_PORT", port);
                command.env("CARGO_INCREMENTAL", "0").env("RUSTC_WRAPPER", "sccache");
            }
            Tool::Kache => {
                command.env("KACHE_CACHE_DIR", store.join("kache")).env("RUSTC_WRAPPER", "kache");
            }
        }
        command
    }
}

/// Where our own cache lies in a store.
pub fn hyperopt_store(store: &Path) -> PathBuf {
    store.join("hyperopt")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn nothing_of_the_users_takes_part() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let vars = [
            ("HOME", "/users/u"),
            ("RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB", "1"),
            ("CARGO_TARGET_DIR", "/shared"),
            ("SCCACHE_BUCKET", "b"),
            ("RUSTC_WRAPPER", "other"),
        ];
        let env = vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect();
        let programs = Programs::new(env, Path::new("/w"), "/bin/cargo".into(), "/bin/ours".into(), dir.path()).expect("made");
        for tool in [Tool::Plain, Tool::Hyperopt, Tool::Sccache, Tool::Kache, Tool::Mbx] {
            let command = programs.build(tool, Path::new("/s"), Path::new("/w"), &["build".into()]);
            let set = |name: &str| command.get_envs().find(|(k, _)| *k == name).map(|(_, v)| v);
            for gone in ["RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB", "CARGO_TARGET_DIR", "SCCACHE_BUCKET"] {
                assert_eq!(set(gone), Some(None), "{gone} {tool:?}");
            }
            assert_ne!(set("RUSTC_WRAPPER"), Some(Some(OsStr::new("other"))));
            if Tool::OTHERS.contains(&tool) {
                assert_eq!(set("HOME"), Some(Some(OsStr::new("/s/home"))));
                assert_eq!(set("CARGO_HOME"), Some(Some(OsStr::new("/users/u/.cargo"))));
            }
        }
    }
}
