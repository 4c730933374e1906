//! Making state where there is none: the unit is compiled again exactly as it was asked for, at the lowest priority, in a
//! scratch directory, and only the session that comes out of it is put into the unit's own incremental directory.
//!
//! The text of `--out-dir` is part of what rustc compares (machine code is made again if it is another one: measured on
//! ripgrep's program, such a state saves an eighth of the compile instead of seven eighths), so it stays what it was, and a
//! library that is loaded into the compiler leads what is written there to the scratch directory (`redirect/lib.rs`). The
//! kernel sees to it that nothing is written elsewhere ([`Confinement`]), by procedural macros neither; where it cannot, no
//! state is made. Nothing is created that was removed meanwhile, and no linker is run. Secrets are not in the environment
//! that was noted; a unit that reads one is never restored, so it never comes here.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use super::{StateUnit, Turn, name::joined};
use crate::{
    base::{
        clock::Nanos,
        confine::Confinement,
        env::names,
        fs::{FileSig, Ways, at, place},
    },
    engine::{Engine, truth::Scratch},
    rustc::{
        depinfo::DepInfo,
        rewrite::{Change, rewrite},
        sessions,
    },
    store::StoredCommand,
};

/// What a compile may need on the disk besides what must stay free, in bytes.
const NEEDED: u64 = 1 << 29;

/// The library of `redirect/lib.rs`; empty where there is none.
static REDIRECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/redirect.so"));

/// A compile for the sake of its state.
pub struct Ahead {
    unit: StateUnit,
    command: StoredCommand,
    scratch: Scratch,
}

impl Engine {
    /// Prepares it; nothing if the unit has state, if some is kept for it, if its target directory is gone, or if there
    /// is no room.
    pub fn ahead(&self, unit: &StateUnit, turn: &dyn Turn) -> Option<Ahead> {
        if REDIRECT.is_empty() || !unit.speculative || !unit.incremental.is_dir() || self.store.state(&unit.key).is_some() {
            return None;
        }
        let command = self.store.command(&unit.stem)?;
        if self.state_dir(unit, &command, turn).is_some_and(|dir| sessions::latest(&dir).is_some()) {
            return None;
        }
        let scratch = Scratch::new(self);
        let roomy = [self.store.root(), &unit.incremental].iter().all(|dir| self.has_room(dir, NEEDED));
        roomy.then(|| Ahead { unit: unit.clone(), command, scratch })
    }

    /// When the newest source of a unit was written, as its dep-info tells.
    pub fn newest_source(&self, unit: &StateUnit) -> Nanos {
        let Some(command) = self.store.command(&unit.stem) else { return Nanos::MIN };
        let name = unit.stem.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = unit.stem.with_file_name(format!("{}.d", name.strip_prefix("lib").unwrap_or(&name)));
        let info = DepInfo::parse(&fs::read_to_string(file).unwrap_or_default());
        let times = info.files.iter().filter_map(|f| FileSig::of(&Path::new(&command.cwd).join(f)).ok());
        times.map(|sig| sig.mtime).max().unwrap_or(Nanos::MIN)
    }
}

impl Ahead {
    /// The compiler, ready to be run.
    ///
    /// # Errors
    /// If there is no scratch directory, or nothing keeps the compiler in it.
    pub fn command(&self) -> io::Result<Command> {
        let out = self.scratch.path().join("out");
        fs::create_dir_all(&out).map_err(|e| at(&out, e))?;
        let confinement = Confinement::to(self.scratch.path())?;
        let library = self.scratch.path().join("redirect.so");
        fs::write(&library, REDIRECT).map_err(|e| at(&library, e))?;
        // Without tokens in it, one thread generates code.
        let tokens = self.scratch.path().join("tokens");
        nix::unistd::mkfifo(&tokens, nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR)?;
        let jobserver = joined("-j --jobserver-auth=fifo:", &tokens);
        let mut command = Command::new(&self.command.compiler);
        command.args(self.arguments()).current_dir(&self.command.cwd).env_clear();
        command.envs(self.command.env.iter().map(|(n, v)| (OsStr::from_bytes(n), OsStr::from_bytes(v))));
        command.env(names::NESTED, "1").env("MAKEFLAGS", &jobserver).env("CARGO_MAKEFLAGS", &jobserver);
        let others = self.command.env.get("LD_PRELOAD").unwrap_or_default();
        command.env("LD_PRELOAD", [library.as_os_str(), others].join(OsStr::new(":")));
        command
            .env("HYPEROPT_REDIRECT_FROM", self.unit.stem.parent().unwrap_or(Path::new("/")))
            .env("HYPEROPT_REDIRECT_TO", &out);
        confinement.apply(&mut command);
        let umask = self.command.umask;
        // SAFETY: one system call between fork and exec.
        unsafe {
            command.pre_exec(move || {
                libc::umask(umask as libc::mode_t);
                Ok(())
            });
        }
        Ok(command)
    }

    /// Puts the state that was made into the unit's directory, if it still has none.
    ///
    /// # Errors
    /// If nothing was made, or it cannot be put there.
    pub fn finish(self) -> io::Result<()> {
        let made = sessions::crate_dirs(&self.incremental(), &self.unit.crate_name);
        let nothing = || io::Error::other("the compiler has left no state");
        let made = made.first().ok_or_else(nothing)?;
        let session = sessions::latest(made).ok_or_else(nothing)?;
        let crate_dir = self.unit.incremental.join(made.file_name().unwrap_or_default());
        if sessions::latest(&crate_dir).is_some() {
            return Ok(());
        }
        sessions::install(&crate_dir, &session, |to| move_files(&made.join(session.as_str()), to))
    }

    fn incremental(&self) -> PathBuf {
        self.scratch.path().join("incremental")
    }

    /// What the compiler tracks stays as it was, or the state would not be for this unit.
    fn arguments(&self) -> Vec<OsString> {
        let given: Vec<OsString> = self.command.args.iter().map(|a| OsString::from_vec(a.to_vec())).collect();
        let mut args = rewrite(&given, |name, value| match (name, value.as_bytes()) {
            ("-C", setting) if setting.starts_with(b"incremental=") => Change::Value(joined("incremental=", &self.incremental())),
            _ => Change::Keep,
        });
        args.extend(self.command.extra_args.iter().cloned());
        // The program is of no use. Nor is it a fault if this one cannot be run: state comes before it.
        args.push("-Clinker=true".into());
        args
    }
}

/// Files that are in one file system are renamed, others copied.
fn move_files(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if fs::rename(entry.path(), &target).is_err() {
            place(&entry.path(), &target, Ways { reflink: false, link: false, digest: None }, 0o666)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use object::{Object, ObjectSymbol};

    use super::*;

    /// It is loaded into shells and linkers as well, which have no Rust in them.
    #[test]
    fn the_library_needs_nothing_but_the_c_library() {
        if REDIRECT.is_empty() {
            return;
        }
        let file = object::File::parse(REDIRECT).expect("a library");
        let wanted: Vec<_> = file.dynamic_symbols().filter(|s| s.is_undefined() && !s.is_weak()).collect();
        let names: Vec<&str> = wanted.iter().map(|s| s.name().expect("a name")).filter(|n| !n.is_empty()).collect();
        let known = ["syscall", "getenv", "memset", "memcpy"];
        assert!(names.iter().all(|n| known.contains(n)), "{names:?}");
        let given: Vec<_> = file.dynamic_symbols().filter(|s| s.is_definition()).filter_map(|s| s.name().ok()).collect();
        assert!(given.contains(&"open64") && given.len() < 20, "{given:?}");
    }
}
