//! Early cut-off: the metadata of an earlier compile around the machine code of a new one, when dependents cannot tell.
//!
//! It must never touch a byte of rustc's metadata: what dependents were compiled against stays as it was, or is replaced as
//! a whole. Whatever does not fit is refused, and the new files stay as the compiler has made them.

use std::{
    collections::HashSet,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{
    Engine, Prepared,
    find::place_digest,
    plan::{Made, Plan, Restore, Source},
};
use crate::{
    artifact::{
        Content, Manifest, Output,
        graft::{self, Libraries},
        record::Action,
        rmeta,
    },
    base::digest::{Digest, DigestFile},
    events::Refusal,
    store::Variant,
};

/// Earlier results of a unit with the interface that its sources have now.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The one that stands in the target directory first, then the newest.
    actions: Vec<Digest>,
    /// The new metadata must be equal but for hashes.
    pub masked: bool,
    /// Those of which positions are other ones than in the sources now.
    drifted: Vec<Digest>,
    /// What the compile reads.
    sources: Vec<PathBuf>,
}

/// A graft that is ready to be put in place.
pub struct Graft {
    pub plan: Plan,
    /// The lines that dependents take from it are not those of the sources.
    pub drifts: bool,
    _files: Scratch,
}

/// Files of the store that go when they are not needed any more.
#[derive(Default)]
struct Scratch(Vec<PathBuf>);

impl Scratch {
    fn add(&mut self, path: PathBuf) -> PathBuf {
        self.0.push(path.clone());
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is removed when the store is opened again.
        self.0.iter().for_each(|path| drop(fs::remove_file(path)));
    }
}

impl Candidate {
    /// The results with this interface that could stand here; `None` if there is none.
    pub(super) fn new(
        engine: &Engine,
        prepared: &Prepared,
        interface: &Digest,
        masked: bool,
        sources: &[PathBuf],
    ) -> Option<Self> {
        let fits = |v: &Variant| v.place == place_digest(prepared, v.split);
        let mut variants: Vec<Variant> = engine.store.variants(interface).into_iter().filter(fits).collect();
        let present = engine.store.digest(&prepared.stem().with_extension("rmeta")).ok().map(|(d, _)| d);
        let stands = |v: &Variant| present.is_some() && engine.metadata_of(&v.action) == present;
        variants.sort_by_key(|v| !stands(v));
        let actions: Vec<Digest> = variants.into_iter().map(|v| v.action).collect();
        (!actions.is_empty()).then(|| Self { actions, masked, drifted: Vec::new(), sources: sources.to_vec() })
    }

    /// Notes which of them do not stand for the lines of the sources: all but those with one of these interfaces.
    pub(super) fn may_drift(&mut self, engine: &Engine, placed: &[Digest]) {
        let exact: HashSet<Digest> = placed.iter().flat_map(|key| engine.store.variants(key)).map(|v| v.action).collect();
        self.drifted = self.actions.iter().filter(|a| !exact.contains(a)).copied().collect();
    }
}

impl Engine {
    fn metadata_of(&self, action: &Digest) -> Option<Digest> {
        let Some(Action::Done(manifest)) = self.store.action(action) else { return None };
        match &output(&manifest, "rmeta")?.content {
            Content::Blob(digest) => Some(*digest),
            Content::Inline(bytes) => Some(Digest::of(bytes)),
            Content::Relocatable(_) => None,
        }
    }

    /// Whether metadata that has just been written says the same as that of a candidate: the first question of an optimised
    /// build, answered before machine code is made.
    pub fn same_metadata(&self, candidate: &Candidate, metadata: &Path) -> bool {
        candidate.actions.iter().any(|action| {
            let Some(Action::Done(manifest)) = self.store.action(action) else { return false };
            let mut files = Scratch::default();
            let old = output(&manifest, "rmeta").and_then(|o| self.file(o, &mut files));
            old.is_some_and(|old| same_but_for_hashes(&candidate.sources, &old, metadata))
        })
    }

    /// Puts old metadata around what the compiler has just made.
    ///
    /// # Errors
    /// Why dependents have to be compiled again; the files are as the compiler has made them.
    pub fn graft(&self, prepared: &Prepared, candidate: &Candidate, made: &[Made]) -> Result<Graft, Refusal> {
        let mut refused = Refusal::NothingLeft;
        for action in &candidate.actions {
            let Some(Action::Done(manifest)) = self.store.action(action) else { continue };
            match self.graft_onto(prepared, candidate, &manifest, made) {
                Ok(Some(graft)) => return Ok(Graft { drifts: candidate.drifted.contains(action), ..graft }),
                Ok(None) => {}
                Err(why) => refused = why,
            }
        }
        Err(refused)
    }

    fn graft_onto(
        &self,
        prepared: &Prepared,
        candidate: &Candidate,
        old: &Manifest,
        made: &[Made],
    ) -> Result<Option<Graft>, Refusal> {
        let new = |extension: &str| made.iter().find(|o| has_extension(&o.name, extension));
        let (Some(old_meta), Some(new_meta)) = (output(old, "rmeta"), new("rmeta")) else { return Ok(None) };
        let new_meta = path_of(prepared, new_meta);
        let mut files = Scratch::default();
        let Some(old_meta_file) = self.file(old_meta, &mut files) else { return Ok(None) };
        if candidate.masked && !same_but_for_hashes(&candidate.sources, &old_meta_file, &new_meta) {
            return Err(Refusal::Optimised);
        }
        let Some(metadata) = self.restore_one(prepared, old_meta) else { return Ok(None) };
        let mut outputs = vec![metadata];
        let externs: Vec<&Path> = prepared.closure.direct.iter().map(PathBuf::as_path).collect();
        if let Some(new_rlib) = new("rlib") {
            let Some(old_rlib) = output(old, "rlib").and_then(|o| self.file(o, &mut files)) else { return Ok(None) };
            let new_path = path_of(prepared, new_rlib);
            let libraries = Libraries::read(&old_rlib, &new_path).map_err(Refusal::Artifacts)?;
            libraries.judge(&externs).map_err(Refusal::Artifacts)?;
            let into = files.add(self.store.temp_path("graft"));
            let Ok(rlib) = self.grafted_library(prepared, &libraries, &into, new_rlib) else { return Ok(None) };
            // The library first: dependents that only type-check never look at it.
            outputs.insert(0, rlib);
        } else {
            graft::judge_metadata(&old_meta_file, &new_meta, &externs).map_err(Refusal::Artifacts)?;
        }
        let plan =
            Plan { out_dir: prepared.places.out_dir.clone().into_os_string(), outputs, stdout: Vec::new(), stderr: Vec::new() };
        Ok(Some(Graft { plan, drifts: false, _files: files }))
    }

    fn grafted_library(&self, prepared: &Prepared, libraries: &Libraries<'_>, into: &Path, made: &Made) -> io::Result<Restore> {
        libraries.graft(into)?;
        let mode = 0o666;
        fs::set_permissions(into, fs::Permissions::from_mode(mode & !prepared.umask))?;
        let (digest, sig) = self.store.digest(into)?;
        // Nobody else knows this file: it may as well be moved.
        let source = Source::Blob { path: into.as_os_str().to_owned(), digest, sig, reflink: self.reflink, link: true };
        Ok(Restore { name: made.name.clone(), source, mode })
    }

    /// A stored output as a file: its blob, verified, or a copy of what is kept in the index.
    fn file(&self, output: &Output, files: &mut Scratch) -> Option<PathBuf> {
        match &output.content {
            Content::Inline(bytes) => {
                let path = files.add(self.store.temp_path("graft"));
                fs::write(&path, bytes).ok()?;
                Some(path)
            }
            Content::Relocatable(_) => None,
            Content::Blob(digest) => Some(self.store.verified_blob(digest)?.path),
        }
    }
}

fn same_but_for_hashes(sources: &[PathBuf], old: &Path, new: &Path) -> bool {
    let (Ok(old), Ok(new)) = (fs::read(old), fs::read(new)) else { return false };
    let contents = sources.iter().filter_map(|s| fs::read(s).ok());
    let hashes: Vec<_> = contents.map(|content| rmeta::source_hash(&content)).collect();
    rmeta::equal_but_for_hashes(&old, &new, &hashes)
}

fn path_of(prepared: &Prepared, made: &Made) -> PathBuf {
    prepared.places.out_dir.join(made.name.as_str())
}

fn output<'a>(manifest: &'a Manifest, extension: &str) -> Option<&'a Output> {
    manifest.outputs.iter().find(|o| has_extension(&o.name, extension))
}

fn has_extension(name: &crate::base::names::OutputName, extension: &str) -> bool {
    Path::new(name.as_str()).extension().is_some_and(|e| e == extension)
}
