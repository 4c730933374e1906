//! A copy of the workspace below the store, and checks in it.
//!
//! ```text
//! <store>/mend/<workspace>/lock     held while somebody tries something
//!                          work/    the copy during a trial, with the packages beside it where they are beside it
//!                          target/  kept, so that the next trial compiles little
//!                          last     what `--undo` takes back
//! ```
//!
//! Cargo is started through this program, so that what a trial needs comes from the cache. It must never write below the
//! workspace: files of the copy are replaced, never written through, and a link in it is not followed.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use nix::fcntl::{Flock, FlockArg};
use serde::Deserialize;

use super::{
    FixError,
    fault::{Unit, faults},
    judge::Checked,
    patch::Texts,
    project::{Owner, Project},
    rounds::Trial,
    words::{self, CheckWords},
};
use crate::{
    advise::diagnostic::Report,
    base::{
        digest::Digest,
        env::{EnvSnapshot, names},
        fs::{at, private_dir, rewrite},
        process::dies_with_us,
    },
    cargo::{metadata::Metadata, sources, toolchain},
};

/// Another workspace's copy is removed if nobody has used it for so long, in seconds.
const OLD: u64 = 7 * 86_400;
/// A workspace with more than this in it is not copied, in bytes.
const MOST: u64 = 2 << 30;

/// What the user has asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// This program.
    pub exe: PathBuf,
    /// `+name`.
    pub toolchain: Option<OsString>,
    /// Cargo's words, the subcommand among them.
    pub words: Vec<OsString>,
    pub cwd: PathBuf,
    pub env: EnvSnapshot,
    pub store: PathBuf,
}

/// The copy; nobody else uses it while this lives.
pub struct Scratch {
    pub project: Project,
    asked: Asked,
    check: CheckWords,
    /// Of the copied workspace.
    root: PathBuf,
    cwd: PathBuf,
    target: PathBuf,
    work: PathBuf,
    /// What differs from the copied state.
    written: Texts,
    _lock: Flock<File>,
}

/// Where everything about the mends of a workspace is.
pub fn place(store: &Path, root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    store.join("mend").join(&Digest::of(root.as_os_str().as_encoded_bytes()).to_string()[..16])
}

impl Asked {
    fn command(&self, cwd: &Path) -> Command {
        let mut command = Command::new(&self.exe);
        let vars = self.env.iter().map(|(k, v)| (os(k), os(v)));
        command.env_clear().envs(vars).env(names::CACHE_PATH, &self.store).env(names::SUMMARY, "never");
        command.args(&self.toolchain).current_dir(cwd).stdin(Stdio::null());
        dies_with_us(&mut command);
        command
    }

    fn run(&self, command: &mut Command) -> Result<Output, FixError> {
        let output = command.output().map_err(|cause| FixError::Start { what: self.exe.clone(), cause })?;
        match output.status.signal() {
            Some(signal) => Err(FixError::Stopped(signal)),
            None => Ok(output),
        }
    }

    /// What cargo says of the workspace. It writes nothing: cargo has been there before.
    ///
    /// # Errors
    /// In cargo's words.
    pub fn project(&self) -> Result<Project, FixError> {
        let mut command = self.command(&self.cwd);
        command.args(["metadata", "--format-version", "1", "--offline"]);
        if let Some(manifest) = words::check(&self.words)?.manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        let output = self.run(&mut command)?;
        if !output.status.success() {
            return Err(FixError::Metadata(last_words(&output)));
        }
        let metadata = Metadata::parse(&output.stdout).map_err(|e| FixError::Metadata(e.to_string()))?;
        Ok(Project::of(&metadata))
    }
}

impl Scratch {
    /// Copies the workspace.
    ///
    /// # Errors
    /// If somebody else tries something in it, or it cannot be copied.
    pub fn new(asked: Asked, project: Project) -> Result<Self, FixError> {
        let check = words::check(&asked.words)?;
        let (root, top) = (project.root.clone(), project.top());
        let dir = place(&asked.store, &root);
        for dir in [&asked.store, &asked.store.join("mend"), &dir] {
            private_dir(dir)?;
        }
        forget_others(&dir);
        let lock = lock(&dir)?;
        let work = dir.join("work");
        clear(&work)?;
        for from in std::iter::once(&root).chain(&project.beside) {
            if sources::size_except(from, &asked.store) > MOST {
                return Err(FixError::Copy(format!("{} is larger than 2 GiB", from.display())));
            }
            sources::copy_except(from, &words::moved(from, &top, &work)?, &asked.store)?;
        }
        for manifest in project.manifests_beside.iter().filter(|m| m.is_file()) {
            let to = words::moved(manifest, &top, &work)?;
            fs::create_dir_all(to.parent().unwrap_or(&work)).map_err(|e| at(&to, e))?;
            fs::copy(manifest, &to).map_err(|e| at(manifest, e))?;
        }
        let copied = words::moved(&root, &top, &work)?;
        // The compiler names files by real paths.
        let copied = copied.canonicalize().map_err(|e| at(&copied, e))?;
        let users = asked.cwd.canonicalize().unwrap_or_else(|_| asked.cwd.clone());
        let cwd = words::moved(&users, &root, &copied).unwrap_or_else(|_| copied.clone());
        Ok(Self {
            work,
            target: dir.join("target"),
            root: copied,
            cwd,
            project,
            check,
            asked,
            written: Texts::new(),
            _lock: lock,
        })
    }

    fn command(&self) -> Result<Command, FixError> {
        let mut command = self.asked.command(&self.cwd);
        command.args(&self.check.words);
        command.args(["--offline", "--keep-going", "--message-format=json", "--target-dir"]).arg(&self.target);
        command.env("CARGO_BUILD_BUILD_DIR", &self.target);
        if let Some(manifest) = &self.check.manifest {
            let manifest = self.asked.cwd.join(manifest);
            let manifest = manifest.canonicalize().map_err(|e| at(&manifest, e))?;
            command.arg("--manifest-path").arg(words::moved(&manifest, &self.project.root, &self.root)?);
        }
        let above = self.project.root.ancestors().skip(1).collect::<Vec<_>>();
        for dir in above.iter().rev() {
            command.args(config_in(dir, &self.asked).into_iter().flat_map(|file| ["--config".into(), file]));
        }
        let is_named_here = ["rust-toolchain", "rust-toolchain.toml"].iter().any(|n| self.project.root.join(n).exists());
        if self.asked.toolchain.is_none() && !is_named_here {
            let name = toolchain::name(None, &self.asked.cwd, &self.asked.env);
            command.envs((!name.is_empty()).then_some(("RUSTUP_TOOLCHAIN", name)));
        }
        if !self.check.behind.is_empty() {
            command.arg("--").args(&self.check.behind);
        }
        Ok(command)
    }

    /// Makes the copy say this.
    fn write(&mut self, texts: &Texts) -> Result<(), FixError> {
        for (file, text) in texts {
            // The state of the copy without changes is known only by what was read from it.
            if self.written.get(file) != Some(text) {
                rewrite(&self.root.join(file), text)?;
                self.written.insert(file.clone(), text.clone());
            }
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Sources are nobody else's business. The empty directory says when it was used.
        drop(clear(&self.work));
        drop(fs::create_dir(&self.work));
    }
}

impl Trial for Scratch {
    fn root(&self) -> &Path {
        &self.root
    }

    fn load(&mut self, file: &Path) -> Option<String> {
        let own = self.root.join(file);
        let is_source = file.extension().is_some_and(|e| e == "rs");
        let is_itself = own.canonicalize().is_ok_and(|real| real == own) && own.is_file();
        let is_members = self.project.owner(&self.project.root.join(file)) != Owner::Nobody;
        let text = if is_source && is_itself && is_members { fs::read_to_string(&own).ok()? } else { return None };
        self.written.entry(file.to_owned()).or_insert_with(|| text.clone());
        Some(text)
    }

    fn check(&mut self, texts: &Texts) -> Result<Checked, FixError> {
        self.write(texts)?;
        let output = self.asked.run(&mut self.command()?)?;
        let (reports, clean) = read(&output.stdout);
        let faults = faults(&reports, &self.root);
        if !output.status.success() && faults.is_empty() {
            return Err(FixError::Copy(last_words(&output)));
        }
        Ok(Checked { faults, clean })
    }
}

/// Messages and what was compiled, as cargo tells them.
fn read(stdout: &[u8]) -> (Vec<Report>, Vec<Unit>) {
    #[derive(Deserialize)]
    struct Artifact {
        reason: String,
        package_id: String,
        target: crate::advise::diagnostic::Target,
    }
    let text = String::from_utf8_lossy(stdout);
    let reports = text.lines().filter_map(Report::read).collect();
    let artifact = |line: &str| serde_json::from_str::<Artifact>(line).ok().filter(|a| a.reason == "compiler-artifact");
    let unit = |a: Artifact| Unit::new(&a.package_id, &a.target.kind, &a.target.name);
    (reports, text.lines().filter_map(artifact).map(unit).collect())
}

/// Settings of cargo above the workspace, which a copy elsewhere does not see. The user's own are found wherever it is.
fn config_in(dir: &Path, asked: &Asked) -> Option<OsString> {
    let home = asked.env.path("CARGO_HOME").or_else(|| Some(asked.env.path("HOME")?.join(".cargo")));
    let own = dir.join(".cargo");
    if home.is_some_and(|home| home == own) {
        return None;
    }
    ["config", "config.toml"].into_iter().map(|n| own.join(n)).find(|f| f.is_file()).map(PathBuf::into_os_string)
}

fn lock(dir: &Path) -> Result<Flock<File>, FixError> {
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| at(&path, e))?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(lock),
        Err((_, nix::errno::Errno::EWOULDBLOCK)) => Err(FixError::Busy),
        Err((_, e)) => Err(at(&path, e.into()).into()),
    }
}

fn clear(dir: &Path) -> Result<(), FixError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(at(dir, e).into()),
        _ => Ok(()),
    }
}

/// Removes the copies of workspaces that were not mended for long. What can be taken back stays.
fn forget_others(own: &Path) {
    for dir in all(own.parent().unwrap_or(own)) {
        let is_old = |m: fs::Metadata| m.modified().is_ok_and(|at| at.elapsed().is_ok_and(|d| d.as_secs() > OLD));
        if dir != own && fs::metadata(dir.join("work")).is_ok_and(is_old) {
            forget(&dir, false);
        }
    }
}

/// Removes all copies below a store in which nobody works; with `mends`, what can be taken back as well. How many there were.
pub fn forget_all(store: &Path, mends: bool) -> u64 {
    all(&store.join("mend")).map(|dir| u64::from(forget(&dir, mends))).sum()
}

fn all(mend: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(mend).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Whether there was anything.
fn forget(dir: &Path, mends: bool) -> bool {
    let Ok(_lock) = lock(dir) else { return false };
    if mends {
        return fs::remove_dir_all(dir).is_ok();
    }
    // Not in a chain: both have to go.
    let gone = ["work", "target"].map(|name| fs::remove_dir_all(dir.join(name)).is_ok());
    gone.contains(&true)
}

fn os(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes.to_vec())
}

/// What cargo has said last of all, without its bars.
fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let from = text.find("error").unwrap_or(0);
    text[from..].lines().take(12).collect::<Vec<_>>().join("\n")
}
