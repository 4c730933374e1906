//! From a recorded run of the linker to one that can be done again, here or in another checkout: every argument is
//! understood, or there is no record.
//!
//! It must never keep an argument whose meaning could have changed unnoticed by the time it is used again: what is not a
//! file of the unit's own, a crate, a place that we know how to name, or keyed as it stands, is refused.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::Prepared;
use crate::{
    artifact::{
        link::{Value, Word},
        spool::{self, Spool},
    },
    base::names::OutputName,
    rustc::{Roots, roots},
};

/// The arguments and the environment of a run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Understood {
    pub words: Vec<Word>,
    pub environment: Vec<(String, Value)>,
    /// Files of the unit's own, in the order of [`Word::Object`].
    pub objects: Vec<(OutputName, PathBuf)>,
}

/// Understands a run; `None` if there is anything about it that is not understood.
pub(super) fn understand(prepared: &Prepared, spool: &Spool, output: &Path) -> Option<Understood> {
    let roots = Roots::new(&prepared.places, &prepared.toolchain.sysroot);
    let mut understood = Understood { words: Vec::new(), environment: Vec::new(), objects: Vec::new() };
    let beside = output.parent()?;
    for (n, argument) in spool.arguments.iter().enumerate() {
        let path = Path::new(argument);
        let word = if let Some(object) = spool.objects.get(&n) {
            let name = OutputName::new(path.file_name()?.to_str()?).ok()?;
            if understood.objects.iter().any(|(known, _)| *known == name) {
                return None;
            }
            understood.objects.push((name, object.clone()));
            Word::Object(u32::try_from(understood.objects.len() - 1).ok()?)
        } else if prepared.additions.search.as_ref() == Some(argument) {
            Word::Linker
        } else if path == output {
            Word::Output
        } else if path.parent().is_some_and(|dir| spool::is_temporary(dir, beside)) {
            Word::Directory(OutputName::new(path.file_name()?.to_str()?).ok()?)
        } else if let Some(stem) = crate_at(prepared, path) {
            Word::Crate(stem)
        } else {
            text(prepared, &roots, argument, beside)?
        };
        understood.words.push(word);
    }
    let outputs = understood.words.iter().filter(|w| **w == Word::Output).count();
    understood.environment = environment(prepared, &roots, spool)?;
    (outputs == 1).then_some(understood)
}

/// The crate behind the unit whose file this is.
fn crate_at(prepared: &Prepared, path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let found = |name: &str| prepared.closure.files.get(name).is_some_and(|file| file == path).then(|| name.to_owned());
    found(stem).or_else(|| found(path.file_name()?.to_str()?))
}

/// Anything else: an option, or a file that is part of the key.
fn text(prepared: &Prepared, roots: &Roots, argument: &OsStr, beside: &Path) -> Option<Word> {
    let bytes = argument.as_bytes();
    let keyed = || prepared.inv.link_args.iter().any(|a| a == argument);
    let searched = || prepared.inv.native_dirs.iter().any(|d| d == Path::new(argument));
    let stored = roots.encode(bytes);
    let whole = roots::is_whole(&stored) || keyed() || searched();
    // Crates stand in the key by their metadata alone: every one that is read must be one that is found anew. Of what lies
    // in rustc's temporary directory, only whole arguments are understood.
    let of_rustc = |ending: &str| bytes.ends_with(ending.as_bytes());
    let is_crate = of_rustc(".rlib") && !Path::new(argument).starts_with(&prepared.toolchain.sysroot);
    let temporary = memchr::memmem::find(bytes, &[beside.as_os_str().as_bytes(), b"/rustc"].concat()).is_some();
    (roots::is_plain(bytes) && whole && !is_crate && !temporary && !of_rustc(".rcgu.o")).then_some(Word::Text(stored))
}

/// What rustc sets for the linker, as opposed to what it passes on.
fn environment(prepared: &Prepared, roots: &Roots, spool: &Spool) -> Option<Vec<(String, Value)>> {
    let mut all = Vec::new();
    for name in spool::VARIABLES {
        let outer = prepared.env.get_bytes(name.as_bytes());
        let inner = spool.environment.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_bytes());
        let value = match (inner, outer) {
            (None, None) => continue,
            (None, Some(_)) => return None,
            (Some(inner), _) if !is_path_list(name) => Value::Set(inner.to_vec()),
            (Some(inner), outer) => {
                let before = inner.strip_suffix(outer.unwrap_or_default())?;
                let joined = before.is_empty() || before.ends_with(b":") || outer.is_none();
                if !joined || !roots::is_plain(before) {
                    return None;
                }
                Value::Before(roots.encode(before))
            }
        };
        all.push((name.to_owned(), value));
    }
    Some(all)
}

fn is_path_list(name: &str) -> bool {
    name.ends_with("PATH")
}

/// The variables for a run here; `None` if they name a directory that there is not here.
pub(super) fn environment_here(prepared: &Prepared, roots: &Roots, stored: &[(String, Value)]) -> Option<Vec<(String, Vec<u8>)>> {
    let one = |(name, value): &(String, Value)| {
        let value = match value {
            Value::Set(value) => value.clone(),
            Value::Before(before) => {
                let outer = prepared.env.get_bytes(name.as_bytes()).unwrap_or_default();
                [&roots.decode(before)?, outer].concat()
            }
        };
        Some((name.clone(), value))
    };
    stored.iter().map(one).collect()
}
