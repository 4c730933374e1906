//! What a compiled library shows to crates that were compiled against it, as far as its files tell: the symbols it
//! defines, the dependencies it recorded, the native objects it carries.
//!
//! It is small enough to be kept beside a result, so that an old `.rlib` need not be read again. What cannot be read is
//! [`Refused`], never taken for empty.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{
    refused::{Refused, Side},
    rlib::{Rlib, RlibError},
    rmeta::{self, DependencyKind},
};

/// How many symbols are named in a refusal.
const EXAMPLES: usize = 3;

/// A crate that the compile was given by `--extern`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extern {
    /// For people.
    pub name: String,
    /// Its `-C extra-filename`, by which metadata records it.
    pub extra_filename: String,
}

impl Extern {
    /// From the file's name: no crate's name has a `-`, so `extra-filename` begins with the first one. `None` if there is
    /// none, as with files that cargo did not name: then metadata cannot be searched for it.
    pub fn of(file: &Path) -> Option<Self> {
        let stem = file.file_stem()?.to_str()?;
        let (name, _) = stem.split_once('-')?;
        let extra_filename = stem[name.len()..].to_owned();
        // Longer ones are recorded with a length of two bytes, which no search here expects.
        if extra_filename.len() > 127 {
            return None;
        }
        Some(Self { name: name.strip_prefix("lib").unwrap_or(name).to_owned(), extra_filename })
    }
}

/// What a library shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surface {
    /// Of the archive's index, without those that only the code generator knows; empty for metadata alone.
    pub symbols: BTreeSet<String>,
    /// Recorded dependencies by `-C extra-filename`.
    pub dependencies: BTreeMap<String, DependencyKind>,
    /// Members of the archive that are not rustc's.
    pub native_members: BTreeSet<String>,
}

impl Surface {
    /// Of an `.rlib`; `externs` are those of its compile.
    ///
    /// # Errors
    /// If the bytes are not understood.
    pub fn of_rlib(bytes: &[u8], externs: &[Extern], side: Side) -> Result<Self, Refused> {
        let refuse = |e: RlibError| Refused::not_an_rlib(side, &e);
        let rlib = Rlib::parse(bytes).map_err(refuse)?;
        let metadata = rlib.metadata().map_err(refuse)?;
        let dependencies = dependencies(metadata, externs, side)?;
        let native_members = rlib.native_members().map(str::to_owned).collect();
        let symbols = rlib.symbols().iter().filter(|symbol| !is_private(symbol)).cloned().collect();
        Ok(Self { symbols, dependencies, native_members })
    }

    /// Of an `.rmeta` file, for compiles that make nothing else.
    ///
    /// # Errors
    /// If the bytes are not understood.
    pub fn of_rmeta(bytes: &[u8], externs: &[Extern], side: Side) -> Result<Self, Refused> {
        Ok(Self { dependencies: dependencies(bytes, externs, side)?, ..Self::default() })
    }
}

/// Whether a global symbol is one that no metadata tells dependents about, because the code generator made it up.
///
/// ThinLTO within a crate makes local symbols visible to the crate's other objects, under names that end in a hash of the
/// module's content (any edit changes it). References to the personality function go through a pointer of which every
/// object that needs one has its own copy.
fn is_private(symbol: &str) -> bool {
    let promoted = symbol.rsplit_once(".llvm.").is_some_and(|(_, hash)| hash.bytes().all(|b| b.is_ascii_digit()));
    promoted || symbol.starts_with("DW.ref.")
}

fn dependencies(rmeta: &[u8], externs: &[Extern], side: Side) -> Result<BTreeMap<String, DependencyKind>, Refused> {
    let expected: Vec<&str> = externs.iter().map(|e| e.extra_filename.as_str()).collect();
    rmeta::dependencies(rmeta, &expected).ok_or(Refused::UnknownMetadata(side))
}

/// What to search metadata for.
///
/// # Errors
/// If one of the files has a name that says nothing.
pub fn searchable(externs: &[&Path]) -> Result<Vec<Extern>, Refused> {
    let refuse = |name: String| Err(Refused::UnsearchableDependency(name));
    let mut found: Vec<Extern> = Vec::new();
    for file in externs {
        let Some(next) = Extern::of(file) else { return refuse(file.display().to_string()) };
        // One string for two crates would answer for the wrong one.
        if found.iter().any(|other| other.extra_filename == next.extra_filename && other.name != next.name) {
            return refuse(next.name);
        }
        found.push(next);
    }
    Ok(found)
}

/// Whether the metadata of `old` may stand around the objects of `new`, two compiles of one unit; `externs` give names.
///
/// # Errors
/// The first reason against it.
pub fn judge(old: &Surface, new: &Surface, externs: &[Extern]) -> Result<(), Refused> {
    for (extra, kind) in &new.dependencies {
        if old.dependencies.get(extra) != Some(kind) {
            let known = externs.iter().find(|e| e.extra_filename == *extra);
            return Err(Refused::NewDependency(known.map_or_else(|| format!("*{extra}"), |e| e.name.clone())));
        }
    }
    let lost: Vec<&String> = old.symbols.difference(&new.symbols).collect();
    if !lost.is_empty() {
        let name = |symbol: &&String| format!("{:#}", rustc_demangle::demangle(symbol));
        let examples = lost.iter().take(EXAMPLES).map(name).collect();
        return Err(Refused::LostSymbols { count: lost.len(), examples });
    }
    match old.native_members.symmetric_difference(&new.native_members).next() {
        Some(name) => Err(Refused::NativeMembers(name.clone())),
        None => Ok(()),
    }
}
