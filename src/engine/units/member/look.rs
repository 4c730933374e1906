//! Whether a member would be made today as it was made before.
//!
//! It must never be laxer than the lookup of a single compile, and never write anything.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::{Untracked, given_by_cargo, replaced, values};
use crate::{
    artifact::member::{Compile, StoredMember},
    base::{
        clock::{self, Nanos, Stopwatch},
        digest::{Digest, DigestFile, KeyHasher},
        fs::FileSig,
        sync::lock,
    },
    engine::{
        Engine,
        plan::Query,
        units::{Own, Refused},
    },
    fingerprint::macro_env::MacroCrate,
    semantic::macros,
};

/// Longer than this nobody is kept waiting for a comparison. A daemon that has just started asks the compiler and the linker
/// who they are, as it would for the first compile.
const PATIENCE: Duration = Duration::from_secs(2);
/// The clock of file times may lag behind by some ticks.
const LAG: Nanos = 20_000_000;
const THREADS: usize = 4;
/// Entries of a directory that a build script names, with all below it.
const MOST: usize = 2_000;

/// One look at what members were made from.
pub struct Look<'a> {
    engine: &'a Engine,
    own: &'a Own,
    target: &'a Path,
    /// Before anything was read: what is written later bears a later time.
    began: Nanos,
    watch: Stopwatch,
}

impl<'a> Look<'a> {
    pub fn begin(engine: &'a Engine, own: &'a Own, target: &'a Path) -> Self {
        Self { engine, own, target, began: clock::wall_nanos().saturating_sub(LAG), watch: Stopwatch::start() }
    }

    /// Of each, the latest write time among what it was made from, or why it is not what would be made today.
    pub fn all(&self, members: &[(Digest, StoredMember)]) -> HashMap<Digest, Result<Nanos, Refused>> {
        let (next, found) = (AtomicUsize::new(0), Mutex::new(HashMap::new()));
        let work = || {
            while let Some((id, member)) = members.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = self.one(member);
                lock(&found).insert(*id, result);
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS).min(members.len());
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            work();
            // What a thread that panicked has not answered is not laid out.
            others.into_iter().for_each(|other| drop(other.join()));
        });
        found.into_inner().unwrap_or_default()
    }

    fn one(&self, member: &StoredMember) -> Result<Nanos, Refused> {
        if member.target != self.target {
            return Err(Refused::Location);
        }
        let (variables, then) = &member.variables;
        if values(&self.own.env, variables) != *then {
            return Err(Refused::Changed);
        }
        let mut latest = Nanos::MIN;
        for (path, then) in &member.files {
            let path = Path::new(path);
            match then {
                None if path.exists() => return Err(Refused::Changed),
                None => {}
                Some(then) => {
                    let (now, sig) = self.engine.store.digest(path).map_err(|_| Refused::Changed)?;
                    if now != *then {
                        return Err(Refused::Changed);
                    }
                    latest = latest.max(sig.mtime);
                }
            }
            if self.watch.elapsed() > PATIENCE {
                return Err(Refused::Slow);
            }
        }
        for (dir, then) in &member.dirs {
            let list = Listed::of(Path::new(dir))?;
            if list.names != *then {
                return Err(Refused::Changed);
            }
            latest = latest.max(list.latest);
        }
        if let Some(compile) = &member.compile {
            self.compile(compile)?;
        }
        if latest > self.began { Err(Refused::Recent) } else { Ok(latest) }
    }

    /// Everything but files.
    fn compile(&self, compile: &Compile) -> Result<(), Refused> {
        let changed = |_| Refused::Changed;
        if replaced(&self.own.env, &compile.set) != compile.replaced {
            return Err(Refused::Changed);
        }
        let begun = self.engine.begin(query(compile, given_by_cargo(&self.own.env, &compile.set))).map_err(changed)?;
        if begun.key.key != compile.key {
            return Err(Refused::Changed);
        }
        if compile.has_width && begun.inv.diagnostic_width != self.own.width {
            return Err(Refused::Width);
        }
        let files: &dyn DigestFile = &self.engine.store;
        let macros = self.macros(compile)?;
        let variables = self.engine.read_by_macros(&macros, &begun.env, &begun.places.cwd, files).map_err(changed)?;
        let macro_root = compile.macro_root.as_ref().map(Path::new);
        let untracked = Untracked { variables: [&compile.read, &variables], macro_root, extra: &begun.extra };
        let now = untracked.digest(&begun.env, &begun.places, files).map_err(changed)?;
        if now == compile.untracked { Ok(()) } else { Err(Refused::Changed) }
    }

    /// The macros where the store has them: in the target directory there may be nothing yet.
    fn macros(&self, compile: &Compile) -> Result<Vec<MacroCrate>, Refused> {
        let of = |(name, content): &(String, Digest)| {
            let is_read = macros::may_read_files(name);
            let file = if is_read { self.engine.store.blob(content).ok_or(Refused::Gone)?.path } else { PathBuf::new() };
            Ok(MacroCrate { name: name.clone(), file })
        };
        compile.macros.iter().map(of).collect()
    }
}

/// The compile as a question, with these variables.
pub(super) fn query(compile: &Compile, env: crate::base::env::EnvSnapshot) -> Query {
    let Compile { compiler, args, cwd, umask, .. } = compile;
    Query { compiler: compiler.clone(), args: args.clone(), cwd: cwd.clone(), env, umask: *umask }
}

/// Everything below a directory.
pub(super) struct Listed {
    pub files: Vec<PathBuf>,
    /// Digest of all names.
    pub names: Digest,
    /// The latest write time of a directory.
    pub latest: Nanos,
    /// The latest change of one.
    pub changed: Nanos,
}

impl Listed {
    /// # Errors
    /// If there is a link in it, or too much.
    pub fn of(dir: &Path) -> Result<Self, Refused> {
        let (mut files, mut names, mut dirs) = (Vec::new(), Vec::<OsString>::new(), vec![dir.to_owned()]);
        let (mut latest, mut changed) = (Nanos::MIN, Nanos::MIN);
        while let Some(dir) = dirs.pop() {
            let sig = FileSig::of(&dir).map_err(|_| Refused::Changed)?;
            (latest, changed) = (latest.max(sig.mtime), changed.max(sig.ctime));
            for entry in fs::read_dir(&dir).map_err(|_| Refused::Changed)? {
                let entry = entry.map_err(|_| Refused::Changed)?;
                let path = entry.path();
                names.push(path.clone().into_os_string());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => dirs.push(path),
                    Ok(kind) if kind.is_file() => files.push(path),
                    _ => return Err(Refused::Unclear),
                }
                if names.len() > MOST {
                    return Err(Refused::Unclear);
                }
            }
        }
        names.sort();
        files.sort();
        let names = KeyHasher::new("names").list("names", names.iter().map(|n| n.as_encoded_bytes())).finish();
        Ok(Self { files, names, latest, changed })
    }
}
