//! Doing only the last step of a compile again: when nothing but the machine code of crates behind a program has changed,
//! its own objects would come out the same, and the linker alone has to run.
//!
//! The *link key* is the action key with every crate counted by what the compiler reads of it, its metadata, and not by what
//! only the linker reads. Under it stands a [`LinkRecord`] with the objects. A program is never taken from a record: it is
//! linked from the crates that lie in the target directory now.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStringExt,
    path::Path,
};

use super::{
    Engine, Prepared,
    find::extended_key,
    link_words,
    plan::{Plan, Restore, Source},
};
use crate::{
    artifact::{
        Content, Cost, LinkRecord,
        link::{Object, Word},
        metadata,
        record::Action,
    },
    base::{
        digest::{Digest, DigestFile, KeyHasher},
        names::OutputName,
        sync::lock,
    },
    events::Reason,
    fingerprint::{InputSet, Part, closure::Closure, inputs::Given},
    rustc::{CrateType, Roots, Tool, WhyNot, flags},
};

/// Archives whose metadata is remembered; more are forgotten at once.
const REMEMBERED: usize = 20_000;

/// A link to be done again, as it is done here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Relink {
    pub program: OsString,
    pub words: Vec<Piece>,
    pub environment: Vec<(String, OsString)>,
    /// To be put into a temporary directory beside the output.
    pub objects: Vec<Restore>,
    pub output: OutputName,
    /// What else the compile has made, and its messages.
    pub rest: Plan,
    /// What the whole compile cost.
    pub cost: Cost,
    /// Where the record stands.
    pub key: Digest,
}

/// One argument of the linker.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Piece {
    Text(OsString),
    /// The path of one of the objects.
    Object(u32),
    /// The path of an empty directory beside the objects.
    Directory(OutputName),
    /// The path of the program that is made.
    Output,
}

impl Prepared {
    /// Whether the last step of this compile can be recorded, and done again alone: a program of somebody's own, linked
    /// without optimisation across crates, by a linker that rustc calls by a name that we know.
    pub fn can_link_again(&self) -> bool {
        let inv = &self.inv;
        let program = inv.test || inv.crate_types == [CrateType::Bin];
        let off = |name: &str| inv.codegen(name).is_none_or(flags::is_off);
        let linux = |triple: &str| triple.contains("-linux-") && !triple.ends_with(".json");
        let host = self.toolchain.host.as_str();
        let target = inv.target.as_deref().unwrap_or(host);
        // Only there is it certain that a linker that is not named is `cc`.
        let known = inv.linker.is_some() || (target == host && ["gnu", "musl"].iter().any(|libc| host.ends_with(libc)));
        cfg!(target_os = "linux")
            && inv.tool == Tool::Rustc
            && self.is_local()
            && self.ai.semantic_analysis
            && inv.links
            && program
            && inv.kind() != "build-script"
            && ["lto", "linker-plugin-lto", "rpath", "prefer-dynamic"].into_iter().all(off)
            && linux(target)
            && known
    }

    /// What rustc runs to link.
    pub fn linker(&self) -> &OsStr {
        self.inv.linker.as_deref().unwrap_or(OsStr::new("cc"))
    }
}

impl Engine {
    /// A link that would make what the compile would make, if only machine code of other crates has changed.
    ///
    /// # Errors
    /// [`WhyNot`] if an input turns out to be one that forbids caching.
    pub(super) fn relink(&self, prepared: &Prepared, sets: &[InputSet], reason: &Reason) -> Result<Option<Box<Relink>>, WhyNot> {
        // What a result depends on besides its key is not known before there is one, and looks like a change.
        let may_pass = |part| matches!(part, Part::Dependency | Part::Location | Part::Width);
        let crates_only = matches!(reason, Reason::Changed(changes) if changes.iter().all(|c| may_pass(c.part)));
        if !crates_only || !prepared.can_link_again() {
            return Ok(None);
        }
        Ok(self.recorded(prepared, sets)?.map(Box::new))
    }

    /// The recorded last step of a compile of what these sets of inputs are now.
    ///
    /// # Errors
    /// As [`Engine::relink`].
    pub(super) fn recorded(&self, prepared: &Prepared, sets: &[InputSet]) -> Result<Option<Relink>, WhyNot> {
        let Some(given) = self.given_by_metadata(prepared)? else { return Ok(None) };
        for set in sets {
            let Some(mut key) = self.link_key(prepared, &given, set)? else { continue };
            let mut action = self.store.action(&key);
            if let Some(Action::Split(split)) = action {
                self.store.touch(&key);
                key = extended_key(prepared, key, split);
                action = self.store.action(&key);
            }
            let Some(Action::Link(record)) = action else { continue };
            match self.link_here(prepared, *record, key) {
                Some(relink) => {
                    self.store.touch(&key);
                    return Ok(Some(relink));
                }
                // The compile that follows is to be recorded instead.
                None => drop(self.store.remove_action(&key)),
            }
        }
        Ok(None)
    }

    pub(super) fn link_key(&self, prepared: &Prepared, given: &Given, set: &InputSet) -> Result<Option<Digest>, WhyNot> {
        let files: &dyn DigestFile = &self.store;
        Ok(prepared.context(files).action(given, set)?.ok().map(|(key, _)| key))
    }

    /// As what the action key is made of besides the input set, but with crates by their metadata; `None` if a crate is not
    /// the one any more that the unit was looked up with.
    pub(super) fn given_by_metadata(&self, prepared: &Prepared) -> Result<Option<Given>, WhyNot> {
        let mut closure = Closure { files: prepared.closure.files.clone(), ..Closure::default() };
        for (stem, digest) in &prepared.closure.crates {
            let seen = match prepared.closure.files.get(stem) {
                Some(file) if file.extension().is_some_and(|e| e == "rlib") => match self.metadata(file, digest) {
                    Some(seen) => seen,
                    None => return Ok(None),
                },
                _ => *digest,
            };
            closure.crates.insert(stem.clone(), seen);
        }
        let files: &dyn DigestFile = &self.store;
        let context = prepared.context(files);
        let given = context.given(prepared.key.key, &closure, &prepared.extra_inputs, &prepared.macro_variables)?;
        Ok(Some(Given { key: KeyHasher::new("link").field("given", &given.key.0).finish(), ..given }))
    }

    /// What the compiler may read of a crate whose archive has this content: the metadata in it, and the copy beside it.
    fn metadata(&self, archive: &Path, content: &Digest) -> Option<Digest> {
        let (now, _) = self.store.digest(archive).ok()?;
        if now != *content {
            return None;
        }
        let known = lock(&self.metadata).get(content).copied();
        let inside = match known {
            Some(known) => known,
            None => {
                // What is no archive as we know them counts whole.
                let read = metadata::digest(archive).ok()?.unwrap_or(*content);
                let mut all = lock(&self.metadata);
                if all.len() >= REMEMBERED {
                    all.clear();
                }
                all.insert(*content, read);
                read
            }
        };
        let copy = archive.with_extension("rmeta");
        let beside = if copy.exists() { self.store.digest(&copy).ok()?.0 } else { Digest([0; 32]) };
        Some(KeyHasher::new("metadata").field("inside", &inside.0).field("beside", &beside.0).finish())
    }

    fn link_here(&self, prepared: &Prepared, record: LinkRecord, key: Digest) -> Option<Relink> {
        let roots = Roots::new(&prepared.places, &prepared.toolchain.sysroot);
        let word = |word: Word| {
            Some(match word {
                Word::Text(stored) => Piece::Text(OsString::from_vec(roots.decode(&stored)?)),
                Word::Crate(stem) => Piece::Text(prepared.closure.files.get(&stem)?.clone().into_os_string()),
                Word::Object(n) => Piece::Object(n),
                Word::Directory(name) => Piece::Directory(name),
                Word::Output => Piece::Output,
                Word::Linker => Piece::Text(prepared.additions.search.clone()?),
            })
        };
        let environment = link_words::environment_here(prepared, &roots, &record.environment)?;
        let rest = Plan {
            out_dir: prepared.places.out_dir.clone().into_os_string(),
            outputs: record.others.iter().map(|o| self.restore_one(prepared, o)).collect::<Option<_>>()?,
            stdout: prepared.places.decode(&record.stdout),
            stderr: prepared.places.decode(&record.stderr),
        };
        Some(Relink {
            program: OsString::from_vec(record.program),
            words: record.words.into_iter().map(word).collect::<Option<_>>()?,
            environment: environment.into_iter().map(|(name, value)| (name, OsString::from_vec(value))).collect(),
            objects: record.objects.into_iter().map(|o| self.object(prepared, o)).collect::<Option<_>>()?,
            output: record.output,
            rest,
            cost: record.cost,
            key,
        })
    }

    fn object(&self, prepared: &Prepared, object: Object) -> Option<Restore> {
        let source = match object.content {
            Content::Inline(bytes) | Content::Relocatable(bytes) => Source::Bytes(bytes),
            Content::Blob(digest) => {
                let blob = self.blob(prepared, &digest)?;
                // Linkers only read what they are given.
                Source::Blob { path: blob.path.into_os_string(), digest, sig: blob.sig, reflink: self.reflink, link: true }
            }
        };
        Some(Restore { name: object.name, source, mode: 0o666 })
    }
}
