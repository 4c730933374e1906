//! The directory that rustc keeps a unit's state in.
//!
//! Its name has a hash of the crate's name, of `-C metadata`, of the compiler's version and of whether it is a program. It
//! is not computed here: the compiler is asked, by having it compile an empty crate of the same name. A name that cannot be
//! found out means that state is neither kept nor made.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use super::{StateUnit, Turn};
use crate::{
    artifact::record::encode,
    base::{digest::Digest, env::names, sync::lock},
    engine::{Engine, truth::Scratch},
    rustc::{
        rewrite::{Change, rewrite},
        sessions,
    },
    store::StoredCommand,
};

/// Names that were found out, by what they depend on.
#[derive(Default)]
pub struct Names(Mutex<HashMap<Digest, OsString>>);

impl Engine {
    /// Where a unit's state is or will be; `None` if that cannot be found out.
    pub(super) fn state_dir(&self, unit: &StateUnit, command: &StoredCommand, turn: &dyn Turn) -> Option<PathBuf> {
        let there = sessions::crate_dirs(&unit.incremental, &unit.crate_name);
        if there.is_empty() {
            return None;
        }
        let arguments = naming(&command.args.iter().map(|a| OsString::from_vec(a.to_vec())).collect::<Vec<_>>());
        let of_it = |name: &[u8]| name.starts_with(b"RUST") || name == b"PATH" || name == b"HOME";
        let env: Vec<_> = command.env.iter().filter(|(name, _)| of_it(name)).collect();
        let key = Digest::of(&encode(&(&command.compiler, &arguments, &command.cwd, env)));
        let known = lock(&self.state_names.0).get(&key).cloned();
        let name = match known {
            Some(name) => name,
            None => {
                let name = self.ask_name(&arguments, command, &unit.crate_name, turn)?;
                lock(&self.state_names.0).insert(key, name.clone());
                name
            }
        };
        Some(unit.incremental.join(name))
    }

    fn ask_name(&self, arguments: &[OsString], command: &StoredCommand, crate_name: &str, turn: &dyn Turn) -> Option<OsString> {
        let scratch = Scratch::new(self);
        let dir = scratch.path();
        std::fs::create_dir_all(dir).ok()?;
        let source = dir.join("empty.rs");
        std::fs::write(&source, "fn main() {}\n").ok()?;
        let mut asked = Command::new(&command.compiler);
        asked.args(arguments).arg("--emit=metadata").arg("--out-dir").arg(dir);
        asked.arg("-C").arg(joined("incremental=", dir)).arg(source);
        asked.current_dir(&command.cwd).env_clear();
        asked.envs(command.env.iter().map(|(n, v)| (OsStr::from_bytes(n), OsStr::from_bytes(v)))).env(names::NESTED, "1");
        turn.run(&mut asked).ok()?;
        let made = sessions::crate_dirs(dir, crate_name);
        made.first().and_then(|d| d.file_name()).map(OsStr::to_owned)
    }
}

/// Of a command line, what makes the name.
fn naming(args: &[OsString]) -> Vec<OsString> {
    let mut kept: Vec<OsString> = Vec::new();
    let test = args.iter().any(|a| a == "--test");
    rewrite(args, |name, value| {
        match name {
            "--crate-name" => kept.extend([name.into(), value.to_owned()]),
            "--crate-type" if !test => kept.extend([name.into(), value.to_owned()]),
            "-C" if value.as_bytes().starts_with(b"metadata=") => kept.extend([name.into(), value.to_owned()]),
            _ => {}
        }
        Change::Keep
    });
    // A test harness is a program.
    if test {
        kept.extend(["--crate-type".into(), "bin".into()]);
    }
    kept
}

pub(super) fn joined(label: &str, path: &Path) -> OsString {
    let mut value = OsString::from(label);
    value.push(path);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_depends_on_little() {
        let args: Vec<OsString> = "--crate-name a --edition=2021 src/lib.rs --crate-type lib --test -Cmetadata=1 -C opt-level=3"
            .split(' ')
            .map(Into::into)
            .collect();
        assert_eq!(naming(&args), ["--crate-name", "a", "-C", "metadata=1", "--crate-type", "bin"]);
    }
}
