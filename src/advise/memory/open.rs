//! Errors that were explained and are not mended yet, in one file for each workspace below the cache's directory.
//!
//! The file is there only as long as there is such an error, and the directory only as long as there is a file, so that a build that
//! succeeds has to look for one name. What is written has no secrets in it. A file that cannot be read holds no errors.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs, io,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    FILES, difference,
    items::{self, Name},
    kinds,
};
use crate::{
    advise::{
        diagnostic::{Diagnostic, Report, Span},
        fix::phase::Phase,
        group::Group,
        redact::{REDACTED, Redactor},
    },
    base::{
        digest::Digest,
        fs::{Durability, private_dir, write_atomic},
    },
    store::{KnownMend, MendKind, MendedFile},
};

/// Of the file; another one is no error.
const FORMAT: u32 = 1;
/// Open errors of a workspace; the oldest are let go.
const MOST: usize = 20;
/// Of one error.
const PIECES: usize = 6;
/// Bytes of one piece.
const LARGEST_PIECE: usize = 16 << 10;
/// Sources that are larger are not read.
const LARGEST_SOURCE: u64 = 2 << 20;
/// Seconds after which nobody is taken to be at it still.
const OLDEST: u64 = 7 * 86_400;
/// Characters of a line that is kept.
const WIDEST: usize = 200;

/// An error that was explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    kinds: Vec<MendKind>,
    code: String,
    /// Where it was found; the first is that of the error that speaks for all.
    units: Vec<Unit>,
    branch: String,
    command: Digest,
    /// Seconds since 1970.
    at: u64,
    /// The first is what the error is in.
    pieces: Vec<Piece>,
}

/// A target of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Unit {
    package: String,
    crate_name: String,
    is_test: bool,
}

/// An item as it stood there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Piece {
    /// Below the root of the workspace.
    file: PathBuf,
    name: Name,
    text: String,
    /// Lines of the text that the error points at, from 0.
    lines: Vec<usize>,
}

/// What is known of one build.
pub struct Build<'a> {
    /// Of the workspace.
    pub root: &'a Path,
    /// The command line with the directory in which it was given.
    pub command: Digest,
    pub succeeded: bool,
    /// Packages in which a compile has failed.
    pub failed: HashSet<String>,
    /// Compiles and hits: `name version (kind)`, and the crate's name.
    pub compiled: Vec<(String, String)>,
    /// Seconds since 1970.
    pub now: u64,
    pub redactor: &'a Redactor,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    errors: Vec<Open>,
}

fn dir(store: &Path) -> PathBuf {
    store.join("open-errors")
}

fn file(store: &Path, root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    dir(store).join(&Digest::of(root.as_os_str().as_encoded_bytes()).to_string()[..16])
}

/// Whether there is an open error in any workspace.
pub fn any(store: &Path) -> bool {
    dir(store).is_dir()
}

/// The open errors of a workspace.
pub fn read(store: &Path, root: &Path) -> Vec<Open> {
    let Ok(text) = fs::read(file(store, root)) else { return Vec::new() };
    serde_json::from_slice::<File>(&text).ok().filter(|f| f.format == FORMAT).map(|f| f.errors).unwrap_or_default()
}

/// Puts them down; without any, nothing is left.
///
/// # Errors
/// With the path.
pub fn write(store: &Path, root: &Path, errors: &[Open]) -> io::Result<()> {
    let file = file(store, root);
    if errors.is_empty() {
        drop(fs::remove_file(file));
        // Others may have some.
        drop(fs::remove_dir(dir(store)));
        return Ok(());
    }
    private_dir(&dir(store))?;
    let text = serde_json::to_vec(&File { format: FORMAT, errors: errors.to_vec() })?;
    write_atomic(&file, &text, 0o600, Durability::Lazy)
}

/// Forgets those of all workspaces.
pub fn clear(store: &Path) {
    // They are no more than what may come to be remembered.
    drop(fs::remove_dir_all(dir(store)));
}

/// Takes out what is mended, and gives what it teaches.
pub fn settle(open: &mut Vec<Open>, build: &Build<'_>) -> Vec<KnownMend> {
    let branch = branch(build.root);
    open.retain(|error| build.now.saturating_sub(error.at) < OLDEST);
    let all = open.clone();
    let mut learned: Vec<KnownMend> = Vec::new();
    open.retain(|error| {
        let is_mended = error.branch == branch && build.has_mended(error);
        if is_mended {
            learned.extend(error.mend(&all, build));
        }
        !is_mended
    });
    learned
}

/// Adds what has failed now. What is open already stays as it was: the whole way from the error to its end is the mend.
pub fn note(open: &mut Vec<Open>, groups: &[Group], build: &Build<'_>) {
    let branch = branch(build.root);
    for group in groups.iter().take(MOST) {
        let Some(new) = Open::of(group, build, &branch) else { continue };
        match open.iter_mut().find(|old| old.is_same(&new)) {
            Some(old) => old.command = new.command,
            None => open.push(new),
        }
    }
    let surplus = open.len().saturating_sub(MOST);
    open.drain(..surplus);
}

impl Build<'_> {
    /// All packages that had it have compiled, and without errors.
    fn has_mended(&self, error: &Open) -> bool {
        if error.units.iter().any(|unit| self.failed.contains(&unit.package)) {
            return false;
        }
        let packages: BTreeSet<&str> = error.units.iter().map(|unit| unit.package.as_str()).collect();
        let is_of = |unit: &Unit, (name, krate): &(String, String)| {
            let rest = name.strip_prefix(&unit.package).is_some_and(|rest| rest.starts_with(' '));
            rest && *krate == unit.crate_name && name.ends_with("(test)") == unit.is_test
        };
        let was_compiled = |package: &str| {
            error.units.iter().filter(|unit| unit.package == package).any(|unit| self.compiled.iter().any(|c| is_of(unit, c)))
        };
        (self.succeeded && self.command == error.command) || packages.into_iter().all(was_compiled)
    }
}

impl Open {
    fn of(group: &Group, build: &Build<'_>, branch: &str) -> Option<Self> {
        let code = group.lead().message.code().to_owned();
        let mut units: Vec<Unit> = Vec::new();
        for finding in &group.errors {
            for target in &finding.targets {
                let unit = Unit {
                    package: finding.report.package().to_owned(),
                    crate_name: target.name.replace('-', "_"),
                    is_test: target.kind.first().is_some_and(|kind| kind == "test"),
                };
                if !units.contains(&unit) {
                    units.push(unit);
                }
            }
        }
        let mut pieces = Pieces { build, found: Vec::new() };
        group.errors.iter().for_each(|finding| pieces.of(&finding.report));
        let pieces = pieces.found;
        let is_something = !pieces.is_empty() && !units.is_empty();
        is_something.then(|| Self {
            kinds: kinds(group),
            code,
            units,
            branch: branch.to_owned(),
            command: build.command,
            at: build.now,
            pieces,
        })
    }

    fn is_same(&self, other: &Self) -> bool {
        let place = |error: &Self| error.pieces.first().map(|piece| (piece.file.clone(), piece.name.clone()));
        self.branch == other.branch
            && self.kinds == other.kinds
            && self.units[..1] == other.units[..1]
            && place(self) == place(other)
    }

    /// What has become of it, if that teaches anything.
    fn mend(&self, all: &[Self], build: &Build<'_>) -> Option<KnownMend> {
        let mut files: BTreeMap<&Path, Vec<String>> = BTreeMap::new();
        let (mut changed, mut adds) = (0, false);
        for (n, piece) in self.pieces.iter().enumerate() {
            let now = source(&build.root.join(&piece.file)).and_then(|source| items::later(&source, &piece.name, &piece.text));
            let Some(now) = now else {
                if n == 0 {
                    return None;
                }
                continue;
            };
            // What was a secret then may not be known for one now, and the other way round.
            let (old, new) = (build.redactor.redact(&piece.text), build.redactor.redact(&now));
            if old.matches(REDACTED).count() != new.matches(REDACTED).count() {
                continue;
            }
            let is_beside = |p: &&Piece| (&p.file, &p.name, &p.text) == (&piece.file, &piece.name, &piece.text);
            let strangers = all.iter().filter(|other| other.kinds != self.kinds);
            let others: Vec<usize> =
                strangers.flat_map(|other| &other.pieces).filter(is_beside).flat_map(|p| p.lines.clone()).collect();
            let difference = difference::between(&old, &new, &piece.lines, &others);
            changed += difference.changed;
            adds |= difference.adds;
            if difference.changed > 0 && (files.len() < FILES || files.contains_key(piece.file.as_path())) {
                files.entry(&piece.file).or_default().extend(difference.lines.iter().map(|line| narrow(line)));
            }
        }
        let teaches = changed > 0 && changed <= difference::MOST && (adds || difference::may_only_remove(&self.code));
        let files =
            files.into_iter().map(|(file, lines)| MendedFile { file: build.redactor.redact(&file.display().to_string()), lines });
        teaches.then(|| KnownMend {
            kinds: self.kinds.clone(),
            at: build.now,
            package: self.units.first().map(|unit| build.redactor.redact(&unit.package)).unwrap_or_default(),
            files: files.collect(),
        })
    }
}

fn narrow(line: &str) -> String {
    match line.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// The items that an error is about.
struct Pieces<'a> {
    build: &'a Build<'a>,
    found: Vec<Piece>,
}

impl Pieces<'_> {
    fn of(&mut self, report: &Report) {
        let error = &report.message;
        // Where a name is missing, an import is what mends most often.
        let imports = matches!(Phase::of(error), Phase::Imports | Phase::Names) || error.code() == "E0599";
        let primary = error.spans.iter().filter(|span| span.is_primary);
        primary.for_each(|span| self.at(report, span, imports));
        error.spans.iter().filter(|span| !span.is_primary).for_each(|span| self.at(report, span, false));
        let noted = |note: &Diagnostic| note.spans.clone();
        error.children.iter().flat_map(noted).for_each(|span| self.at(report, &span, false));
    }

    fn at(&mut self, report: &Report, span: &Span, imports: bool) {
        let Some((file, line)) = self.place(report, span) else { return };
        let Some(source) = source(&self.build.root.join(&file)) else { return };
        for held in items::holding(&source, line, imports) {
            let at: Vec<usize> = line.checked_sub(held.first).filter(|_| held.first > 0).into_iter().collect();
            let has_room = self.found.len() < PIECES && held.text.len() <= LARGEST_PIECE;
            let known = self.found.iter_mut().find(|piece| (&piece.file, &piece.name) == (&file, &held.name));
            match known {
                Some(piece) => piece.lines.extend(at.into_iter().filter(|line| !piece.lines.contains(line)).collect::<Vec<_>>()),
                None if has_room => {
                    let text = self.build.redactor.redact(&held.text);
                    self.found.push(Piece { file: file.clone(), name: held.name, text, lines: at });
                }
                None => {}
            }
        }
    }

    /// The source that a place is in, below the root, or where the macro was called that made it.
    fn place(&self, report: &Report, span: &Span) -> Option<(PathBuf, usize)> {
        let mut span = span;
        loop {
            if let Some(file) = below(self.build.root, &report.file(span)) {
                return Some((file, span.line_start));
            }
            span = &span.expansion.as_ref()?.span;
        }
    }
}

/// The path of a source of the user's own.
fn below(root: &Path, file: &Path) -> Option<PathBuf> {
    let file = file.canonicalize().ok()?;
    let file = file.strip_prefix(root.canonicalize().ok()?).ok()?;
    // What a build has made is nobody's own.
    let is_made = file.components().any(|part| part == Component::Normal("target".as_ref()));
    (!is_made && file.extension().is_some_and(|extension| extension == "rs")).then(|| file.to_owned())
}

fn source(file: &Path) -> Option<String> {
    fs::metadata(file).ok().filter(|meta| meta.is_file() && meta.len() <= LARGEST_SOURCE)?;
    fs::read_to_string(file).ok()
}

/// What git has checked out: a branch, or a commit; nothing where there is no repository.
fn branch(root: &Path) -> String {
    let git = root.ancestors().map(|dir| dir.join(".git")).find(|git| git.exists());
    let head = git.and_then(|git| {
        let dir = match fs::read_to_string(&git) {
            // A worktree or a submodule has its own directory elsewhere.
            Ok(text) => git.parent()?.join(text.strip_prefix("gitdir:")?.trim()),
            Err(_) => git,
        };
        fs::read_to_string(dir.join("HEAD")).ok()
    });
    head.map(|text| text.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
