//! One unit's files as the store keeps them.
//!
//! It must never let a path of this checkout into the store except as a placeholder: a file that names one in any other way
//! refuses the unit.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{Refused, found::Found};
use crate::{
    artifact::{
        Content,
        location::{baked_in, metadata_names_more},
        unit::{Role, TARGET, UnitFile, leads_down},
    },
    base::{fs::FileSig, text},
    cargo::{fingerprint::parse_hash, layout::UnitFiles},
    engine::{publish::SMALL, split},
    rustc::depinfo::DepInfo,
    store::Store,
};

/// The directories that a unit may name.
pub(super) struct Surroundings<'a> {
    pub target: &'a Path,
    pub root: &'a Path,
    /// `<target>/<place>`.
    pub profile: &'a Path,
}

/// Files that cargo writes about a run, which name directories.
const SPEAKING: [&str; 4] = ["output", "stdout", "root-output", "stderr"];
/// Larger than this nobody's generated source is.
const LONGEST_TEXT: u64 = 64 << 20;

impl Surroundings<'_> {
    /// The files of a unit in the store, the fingerprint's hash last. On refusal what was taken in stays until the next
    /// clean-up.
    pub fn files(&self, store: &Store, found: &Found, role: Role) -> Result<Vec<UnitFile>, Refused> {
        let (unit, fingerprint) = (&found.files, &found.fingerprint);
        if unit.odd {
            return Err(Refused::Unclear);
        }
        let mut files = Vec::with_capacity(unit.files.len() + 3);
        for (path, sig) in unit.files.iter().zip(&found.sigs) {
            files.push(match role {
                Role::Run => self.of_run(store, path, sig)?,
                _ => self.output(store, path, sig, role)?,
            });
        }
        for name in [format!("dep-{}", fingerprint.file), format!("{}.json", fingerprint.file), fingerprint.file.clone()] {
            let path = unit.fingerprint.join(&name);
            if self.profile.join(&path).exists() {
                let bytes = fs::read(self.profile.join(&path)).map_err(|_| Refused::Unclear)?;
                if self.names_us(&bytes) {
                    return Err(Refused::Location);
                }
                // Cargo empties it when it begins to build the unit anew.
                if name == fingerprint.file && parse_hash(&bytes) != Some(fingerprint.hash) {
                    return Err(Refused::Unclear);
                }
                files.push(file(&path, Content::Inline(bytes), None)?);
            }
        }
        Ok(files)
    }

    /// What a compiler has made.
    fn output(&self, store: &Store, path: &Path, sig: &FileSig, role: Role) -> Result<UnitFile, Refused> {
        let full = self.profile.join(path);
        let linkable = path.extension().is_some_and(|e| e == "rlib" || e == "rmeta" || e == "so") || role == Role::BuildScript;
        // Cargo sets the write times of what `check` makes, and times belong to the inode.
        let digest = store.ingest(&full, sig, linkable && role != Role::Metadata).map_err(|_| Refused::Unclear)?;
        Ok(UnitFile { linkable, ..file(path, Content::Blob(digest), Some(sig))? })
    }

    /// What a build script has made or said.
    fn of_run(&self, store: &Store, path: &Path, sig: &FileSig) -> Result<UnitFile, Refused> {
        let full = self.profile.join(path);
        if sig.size > LONGEST_TEXT {
            return Err(Refused::Unclear);
        }
        let bytes = fs::read(&full).map_err(|_| Refused::Unclear)?;
        if !FileSig::of(&full).is_ok_and(|now| now.same_content(sig)) {
            return Err(Refused::Unclear);
        }
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let is_cargos = SPEAKING.contains(&name) && !path.iter().any(|part| part == "out");
        if is_cargos {
            let text = text::replace(&bytes, self.target.as_os_str().as_bytes(), TARGET);
            // The directory as cargo writes it, which may be another way to the same place.
            let astray = name == "root-output" && !text.starts_with(TARGET);
            let ambiguous = astray || bytes.contains(&TARGET[0]) || self.names_us(&text);
            return if ambiguous { Err(Refused::Location) } else { file(path, Content::Relocatable(text), Some(sig)) };
        }
        if self.names_us(&bytes) {
            return Err(Refused::Location);
        }
        if sig.size <= SMALL {
            return file(path, Content::Inline(bytes), Some(sig));
        }
        let digest = store.ingest(&full, sig, false).map_err(|_| Refused::Unclear)?;
        file(path, Content::Blob(digest), Some(sig))
    }

    fn names_us(&self, bytes: &[u8]) -> bool {
        let is_in = |path: &Path| memchr::memmem::find(bytes, path.as_os_str().as_bytes()).is_some();
        is_in(self.target) || is_in(self.root)
    }

    /// Whether nothing is missing of what the unit's own records speak of: of what the compiler has `made`, or a script's run.
    /// Somebody may be removing the directory.
    pub fn is_complete(&self, unit: &UnitFiles, role: Role, made: &[PathBuf]) -> bool {
        let has = |name: &OsStr| unit.files.iter().any(|f| f.file_name() == Some(name));
        if role != Role::Run {
            let mut others = made.iter().filter(|t| t.extension().is_none_or(|e| e != "d"));
            return !made.is_empty() && others.all(|t| t.file_name().is_some_and(has));
        }
        // Cargo writes it last; what the script has said bears the time of the script's start (source: `custom_build.rs`).
        let last = unit.files.iter().find(|f| f.file_name() == Some(OsStr::new("root-output")));
        let Some(last) = last.and_then(|f| FileSig::of(&self.profile.join(f)).ok()) else { return false };
        let older = |dir: &PathBuf| FileSig::of(&self.profile.join(dir)).is_ok_and(|d| d.mtime <= last.mtime);
        let said = ["output", "stdout"].iter().any(|n| has(OsStr::new(n)));
        said && has(OsStr::new("stderr")) && unit.dirs.iter().all(older)
    }

    /// Whether a crate that is given an `OUT_DIR` holds for that directory only.
    pub fn is_tied(&self, unit: &UnitFiles, info: &DepInfo, build_out: &Path) -> bool {
        if split::inputs_tie_to(build_out, info) {
            return true;
        }
        let needle = self.target.as_os_str().as_bytes();
        let below = |f: &PathBuf| f.strip_prefix(self.target).ok().map(|p| p.as_os_str().as_bytes().to_vec());
        let known: Vec<Vec<u8>> = info.files.iter().filter_map(below).collect();
        unit.files.iter().any(|path| {
            let full = self.profile.join(path);
            match path.extension().and_then(|e| e.to_str()) {
                Some("rmeta") => metadata_names_more(&full, needle, &known).unwrap_or(true),
                _ => baked_in(&full, &[needle]).map_or(true, |found| found.contains(&true)),
            }
        })
    }
}

fn file(path: &Path, content: Content, sig: Option<&FileSig>) -> Result<UnitFile, Refused> {
    let path = path.to_str().filter(|p| leads_down(p)).ok_or(Refused::Unclear)?.to_owned();
    let len = match (&content, sig) {
        (Content::Inline(bytes) | Content::Relocatable(bytes), _) => bytes.len() as u64,
        (Content::Blob(_), sig) => sig.map_or(0, |s| s.size),
    };
    let executable = sig.is_some_and(|s| s.mode & 0o100 != 0);
    Ok(UnitFile { path, content, len, executable, linkable: false })
}
