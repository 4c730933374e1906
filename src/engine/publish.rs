//! From a finished compile to a stored result.
//!
//! Blobs first, then the action, then the records that lead to it: whatever is cut off in between leaves a miss.

use std::path::{Path, PathBuf};

use super::{
    Engine, NotStored, Prepared,
    find::{drifted_key, extended_key, place_digest, split_components},
    levels::{Interface, Levels},
    plan::{Compiled, Linked, Made},
    split,
};
use crate::{
    artifact::{
        Content, Cost, Manifest, Output,
        record::{Action, Split},
    },
    base::{
        digest::{Digest, DigestFile},
        env::names,
        failpoint,
        fs::FileSig,
    },
    fingerprint::{InputSet, environ, guard, inputs},
    rustc::{
        CrateType, Tool, WhyNot,
        depinfo::{self, DepInfo},
        messages,
    },
    semantic::keys::Level,
    store::{Alike, FileSketch, Snapshot, StoreError, Variant},
};

/// Outputs up to this size are kept in the index, in bytes.
pub(in crate::engine) const SMALL: u64 = 4096;
/// Input sets kept under one invocation key.
const SETS: usize = 8;

impl Engine {
    /// Stores a result. The first result under a key stays.
    ///
    /// # Errors
    /// Why it was not stored.
    pub fn publish(&self, prepared: &Prepared, result: &Compiled) -> Result<(), NotStored> {
        let dep_info = result.outputs.iter().find(|o| o.emit == "dep-info").ok_or(NotStored::NoDepInfo)?;
        let dep_path = prepared.places.out_dir.join(dep_info.name.as_str());
        let info = DepInfo::parse(&String::from_utf8_lossy(&std::fs::read(&dep_path)?));
        let shown = shown(prepared, &info, &result.stderr);
        let unchanged = || self.check_unchanged(prepared, info.files.iter().chain(&shown), result);
        unchanged()?;
        let set = input_set(prepared, &info, &shown);
        let files: &dyn DigestFile = &self.store;
        let (action, mut components) =
            prepared.context(files).action(&prepared.given, &set)?.map_err(|c| NotStored::InputChanged(c.name))?;
        // What was read meanwhile is what the compiler has read only if nobody has written to it since.
        unchanged()?;
        if let Some(name) = result.secret.as_deref().or_else(|| environ::set_secret(&prepared.env, &set.env)) {
            // The next lookup is to know it without a compile in between that is reported as one that could be kept.
            let why = WhyNot::Secret(name.to_owned());
            self.store.put_action_if_absent(&action, &Action::Refused(why.clone()))?;
            self.remember(prepared, &set, components, action, Vec::new())?;
            return Err(why.into());
        }
        let split = split::decide(prepared, result, &info)?;
        let externs = prepared.extern_names();
        let mut outputs = Vec::with_capacity(result.outputs.len());
        failpoint::reach("publish-before-ingest");
        for made in &result.outputs {
            match self.take(prepared, made, &externs) {
                Ok(output) => outputs.push(output),
                Err(error) => {
                    self.store.release(blobs(&outputs));
                    return Err(error);
                }
            }
        }
        let taken: Vec<Digest> = blobs(&outputs).collect();
        let others = outputs.iter().filter(|o| o.emit != "link").cloned().collect();
        let manifest = Manifest {
            unit: prepared.unit.clone(),
            outputs,
            stdout: prepared.places.encode(&result.stdout),
            stderr: prepared.places.encode(&result.stderr),
            externs,
            cost: Cost { wall_ms: result.wall_ms, cpu_ms: result.cpu_ms, max_rss_kib: result.max_rss_kib },
        };
        failpoint::reach("publish-after-blobs");
        let under = if prepared.drifted { drifted_key(&action) } else { action };
        let stored = self.store_action(prepared, under, split, manifest);
        let key = stored.inspect_err(|_| self.store.release(taken))?;
        failpoint::reach("publish-after-action");
        components.extend(split_components(prepared, split));
        let sketch = self.note_meaning(prepared, &set, under, key, &unchanged)?;
        self.remember(prepared, &set, components, key, sketch)?;
        if prepared.session.starts_with(names::AHEAD) {
            self.store.made_ahead(key, result.wall_ms);
        }
        self.note_command(prepared, set.env.iter().map(String::as_str), Some(action));
        if matches!(result.linked, Linked::Again { .. }) {
            self.claim_relinked(prepared, key, action);
        }
        self.publish_link(prepared, result, &set, split, others, &unchanged)
    }

    /// Notes the result under what its sources mean, at every level that a later lookup may ask for.
    fn note_meaning(
        &self,
        prepared: &Prepared,
        set: &InputSet,
        action: Digest,
        key: Digest,
        unchanged: &dyn Fn() -> Result<(), NotStored>,
    ) -> Result<Vec<FileSketch>, NotStored> {
        let Ok(levels) = Levels::of(prepared) else { return Ok(Vec::new()) };
        let Some(understood) = self.understand(prepared, &levels, set)? else { return Ok(Vec::new()) };
        unchanged()?;
        // What drifts is of use where it may: the other levels, and interfaces, are looked up where it may not.
        for level in levels.semantic.iter().filter(|level| !prepared.drifted || **level == Level::Tokens) {
            if let Some(meaning) = understood.key(*level) {
                self.store.put_alike(&meaning, &Alike { action, contents: understood.contents.clone() })?;
            }
        }
        if let Interface::At(wanted) | Interface::Masked(wanted) = levels.interface
            && !prepared.drifted
        {
            let split = match self.store.action(&action) {
                Some(Action::Split(split)) => split,
                _ => Split::default(),
            };
            let variant = Variant { action: key, split, place: place_digest(prepared, split) };
            for level in wanted {
                if let Some(interface) = understood.key(*level) {
                    self.store.add_variant(&interface, variant)?;
                }
            }
        }
        Ok(understood.sketch())
    }

    fn store_action(&self, prepared: &Prepared, action: Digest, split: Split, manifest: Manifest) -> Result<Digest, NotStored> {
        if !split.any() {
            self.store.put_action_if_absent(&action, &Action::Done(manifest))?;
            return Ok(action);
        }
        self.store.put_action_if_absent(&action, &Action::Split(split))?;
        // Another compile may have found that more (or less) matters; what stands there decides.
        let standing = match self.store.action(&action) {
            Some(Action::Split(standing)) => standing,
            _ => return Ok(action),
        };
        let extended = extended_key(prepared, action, standing);
        self.store.put_action_if_absent(&extended, &Action::Done(manifest))?;
        Ok(extended)
    }

    fn remember(
        &self,
        prepared: &Prepared,
        set: &InputSet,
        action: Vec<crate::fingerprint::Component>,
        key: Digest,
        sketch: Vec<FileSketch>,
    ) -> Result<(), NotStored> {
        let digest = inputs::set_key(set);
        let mut record = self.store.invocation(&prepared.key.key).unwrap_or_default();
        record.input_sets.retain(|s| *s != digest);
        record.input_sets.insert(0, digest);
        record.input_sets.truncate(SETS);
        self.store.put_input_set(&digest, set)?;
        failpoint::reach("publish-after-input-set");
        self.store.put_invocation(&prepared.key.key, &record)?;
        failpoint::reach("publish-after-invocation");
        let components = [&prepared.key.components[..], &prepared.given.components[..], &action[..]].concat();
        self.store.remember_unit(&prepared.label, Snapshot { components, action: key, sketch })?;
        Ok(())
    }

    /// An input that was written after the compiler had started may not be what it has read. The inode's change time
    /// tells, since nobody can set it back.
    fn check_unchanged<'a>(
        &self,
        prepared: &Prepared,
        files: impl Iterator<Item = &'a PathBuf>,
        result: &Compiled,
    ) -> Result<(), NotStored> {
        for file in files {
            let path = prepared.places.cwd.join(file);
            if FileSig::of(&path)?.ctime > result.started {
                return Err(NotStored::InputChanged(path.display().to_string()));
            }
        }
        Ok(())
    }

    fn ingest(&self, path: &Path, made: &FileSig, linkable: bool) -> Result<Digest, NotStored> {
        match self.store.ingest(path, &unwritten(path, made)?, linkable) {
            // Cargo may have set the time back just now.
            Err(StoreError::Changed { .. }) => Ok(self.store.ingest(path, &unwritten(path, made)?, linkable)?),
            result => Ok(result?),
        }
    }

    /// Takes one output into the store.
    fn take(&self, prepared: &Prepared, made: &Made, externs: &[String]) -> Result<Output, NotStored> {
        let name = made.name.as_str();
        if !is_declared(prepared, name) {
            return Err(NotStored::Undeclared(name.into()));
        }
        let path = prepared.places.out_dir.join(name);
        let linkable = is_linkable(prepared, Path::new(name));
        let content = if made.emit == "dep-info" {
            Content::Relocatable(depinfo::relocatable(&read_same(&path, &made.sig)?, &prepared.places))
        } else {
            let (digest, content) = if made.sig.size <= SMALL {
                let bytes = read_same(&path, &made.sig)?;
                (Digest::of(&bytes), Content::Inline(bytes))
            } else {
                let digest = self.ingest(&path, &made.sig, linkable)?;
                (digest, Content::Blob(digest))
            };
            self.store.learn(&made.sig, digest);
            self.store.put_externs(&digest, externs)?;
            content
        };
        Ok(Output {
            name: made.name.clone(),
            emit: made.emit.clone(),
            content,
            len: made.sig.size,
            executable: made.sig.mode & 0o100 != 0,
            linkable,
        })
    }
}

fn blobs(outputs: &[Output]) -> impl Iterator<Item = Digest> {
    outputs.iter().filter_map(|o| o.content.blob())
}

fn read_same(path: &Path, made: &FileSig) -> Result<Vec<u8>, NotStored> {
    let bytes = std::fs::read(path)?;
    unwritten(path, made)?;
    Ok(bytes)
}

/// The file as it is now, if nobody has written to it since it was made.
fn unwritten(path: &Path, made: &FileSig) -> Result<FileSig, NotStored> {
    let now = FileSig::of(path)?;
    if now.not_written_since(made) { Ok(now) } else { Err(NotStored::OutputChanged(path.display().to_string())) }
}

/// rustc names every output after the crate and `-C extra-filename`, with or without a prefix.
fn is_declared(prepared: &Prepared, name: &str) -> bool {
    let stem = format!("{}{}", prepared.inv.crate_name, prepared.inv.extra_filename);
    let name = name.strip_prefix("lib").filter(|n| n.starts_with(&stem)).unwrap_or(name);
    name.strip_prefix(&stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Files that compilers and linkers replace and never write into, and that nobody strips, patches or installs.
fn is_linkable(prepared: &Prepared, name: &Path) -> bool {
    if !prepared.inv.links {
        return false; // Cargo sets the write time of what `cargo check` makes, and times belong to the inode.
    }
    let library = name.extension().is_some_and(|e| e == "rlib" || e == "rmeta");
    let only = |kind: CrateType| prepared.inv.crate_types == [kind] && !prepared.inv.test;
    library || only(CrateType::ProcMacro) || prepared.inv.kind() == "build-script"
}

/// Files of other crates that the diagnostics name: their text is shown, so it is an input as well. Packages that nobody
/// edits and the standard library do not count.
fn shown(prepared: &Prepared, info: &DepInfo, stderr: &[u8]) -> Vec<PathBuf> {
    let cwd = &prepared.places.cwd;
    let read: Vec<PathBuf> = info.files.iter().map(|f| cwd.join(f)).collect();
    let fixed = |path: &str| ["/registry/src/", "/git/checkouts/", "/lib/rustlib/src/"].iter().any(|p| path.contains(p));
    let named = messages::files(stderr).into_iter().filter(|name| !fixed(name)).map(|name| cwd.join(name));
    named.filter(|path| !read.contains(path) && path.is_file()).collect()
}

/// What the compile has read, and what its diagnostics show, in a form that holds in every checkout.
fn input_set(prepared: &Prepared, info: &DepInfo, shown: &[PathBuf]) -> InputSet {
    let places = &prepared.places;
    let mut absent = Vec::new();
    if prepared.is_local() {
        absent.extend(guard::rivals(&info.files));
    }
    let manifest_dir = prepared.env.path("CARGO_MANIFEST_DIR");
    if prepared.inv.tool == Tool::Clippy
        && let Some(dir) = &manifest_dir
    {
        // Clippy takes the first configuration file on the way up; one that appears nearer would count.
        let dirs = dir.ancestors().take_while(|d| d.starts_with(&places.cwd));
        let names = dirs.flat_map(|d| [d.join("clippy.toml"), d.join(".clippy.toml")]);
        absent.extend(names.filter(|p| !p.exists()));
    }
    InputSet {
        files: info.files.iter().chain(shown).map(|f| places.relative(f)).collect(),
        env: info.env.iter().map(|(name, _)| name.clone()).collect(),
        absent: absent.iter().map(|p| places.relative(p)).collect(),
        macro_root: manifest_dir.filter(|_| prepared.nosy_macros && prepared.is_local()).map(|d| places.relative(&d)),
    }
}
