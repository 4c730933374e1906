//! The graft: new object files under the metadata of an earlier compile, so that dependents see no change.
//!
//! Whether the *sources* allow it is decided elsewhere; here are the checks that only the artefacts can answer, and the
//! archive work. No byte of rustc's own formats is edited: one member is taken whole from another archive. Refusing is
//! always right, it only costs the recompilation of dependents.
//!
//! Nothing is ever written in place: rustc hard-links `.rmeta` files into its incremental directory, and a write through
//! such a link would spoil that. The caller places grafted files, and the old `.rmeta` file, by rename.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    ops::Range,
    path::Path,
};

use super::{
    refused::{Refused, Side},
    rlib::{Rlib, RlibError},
    surface::{self, Extern, Surface},
};
use crate::base::fs::at;

/// Bytes of a member's header, which ends in its size and two bytes of mark.
const MEMBER_HEADER: usize = 60;
/// Where the data of the first member, the symbol index, stands.
const INDEX_AT: usize = 8 + MEMBER_HEADER;

/// Two `.rlib` files of one unit, each read once.
#[derive(Debug)]
pub struct Libraries<'p> {
    old: (&'p Path, Vec<u8>),
    new: (&'p Path, Vec<u8>),
}

impl<'p> Libraries<'p> {
    /// Reads both.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub fn read(old: &'p Path, new: &'p Path) -> Result<Self, Refused> {
        Ok(Self { old: (old, read(old)?), new: (new, read(new)?) })
    }

    /// Whether the metadata of the old one may stand around the objects of the new one.
    ///
    /// `externs` are the files that the new compile was given by `--extern`, without those that have no file.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn judge(&self, externs: &[&Path]) -> Result<(), Refused> {
        judge_by(&self.old.1, &self.new.1, externs, Surface::of_rlib)
    }

    /// Writes to `into`, which must not exist yet, the new archive with `lib.rmeta` of the old one.
    ///
    /// It differs from the new one in nothing but that member, the size in its header, and the offsets in the symbol index
    /// of the members behind it: the bytes that rustc would have written, and always the same ones.
    ///
    /// # Errors
    /// With the path; of kind [`io::ErrorKind::InvalidData`] if an archive is not one that rustc writes. A partial `into`
    /// may remain.
    pub fn graft(&self, into: &Path) -> io::Result<()> {
        let invalid = |path: &Path, e: RlibError| at(path, io::Error::new(io::ErrorKind::InvalidData, e));
        let old = Rlib::parse(&self.old.1).map_err(|e| invalid(self.old.0, e))?;
        let parts = splice(&self.new.1, old.metadata_member().data).map_err(|e| invalid(self.new.0, e))?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(into).map_err(|e| at(into, e))?;
        let mut parts = [&*parts.head, parts.member, parts.padding, parts.tail].into_iter();
        parts.try_for_each(|p| file.write_all(p)).map_err(|e| at(into, e))
    }
}

/// As [`Libraries::judge`], for two `.rmeta` files of a compile that makes nothing else (`cargo check`).
///
/// # Errors
/// The first reason against it.
pub fn judge_metadata(old: &Path, new: &Path, externs: &[&Path]) -> Result<(), Refused> {
    judge_by(&read(old)?, &read(new)?, externs, Surface::of_rmeta)
}

fn read(path: &Path) -> Result<Vec<u8>, Refused> {
    fs::read(path).map_err(|e| Refused::Io(at(path, e).to_string()))
}

type Look = fn(&[u8], &[Extern], Side) -> Result<Surface, Refused>;

fn judge_by(old: &[u8], new: &[u8], externs: &[&Path], look: Look) -> Result<(), Refused> {
    let externs = surface::searchable(externs)?;
    let (old, new) = (look(old, &externs, Side::Old)?, look(new, &externs, Side::New)?);
    surface::judge(&old, &new, &externs)
}

/// The pieces of a grafted archive.
struct Parts<'a> {
    /// Everything up to the member's data: index and header are corrected.
    head: Vec<u8>,
    member: &'a [u8],
    /// Members begin at even offsets.
    padding: &'static [u8],
    tail: &'a [u8],
}

fn splice<'a>(new: &'a [u8], member: &'a [u8]) -> Result<Parts<'a>, RlibError> {
    let damaged = |what: &str| RlibError::Unreadable(what.into());
    let rlib = Rlib::parse(new)?;
    let Range { start, end } = rlib.metadata_member().range.clone();
    let mut head = new.get(..start).ok_or_else(|| damaged("no header"))?.to_vec();
    let header = start.checked_sub(MEMBER_HEADER).ok_or_else(|| damaged("no header"))?;
    if head.get(header..header + 10) != Some(b"lib.rmeta/") || head.get(start - 2..) != Some(b"`\n") {
        return Err(damaged("an unusual header of `lib.rmeta`"));
    }
    let size = format!("{:<10}", member.len());
    head.splice(start - 12..start - 2, size.bytes().take(10));
    let padded = |n: usize| n + n % 2;
    let tail = new.get(padded(end).min(new.len())..).unwrap_or_default();
    let moved = (padded(member.len()) as i64) - (padded(end - start) as i64);
    move_offsets(&mut head, header, moved).ok_or_else(|| damaged("an unusual symbol index"))?;
    let padding: &[u8] = if member.len() % 2 == 1 { b"\n" } else { b"" };
    Ok(Parts { head, member, padding, tail })
}

/// Corrects what the symbol index (a count and that many offsets of members, big-endian) says of members behind `header`.
fn move_offsets(head: &mut [u8], header: usize, moved: i64) -> Option<()> {
    let index = head.get_mut(INDEX_AT..header)?;
    let (count, offsets) = index.split_first_chunk_mut::<4>()?;
    let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
    for offset in offsets.get_mut(..count.checked_mul(4)?)?.chunks_exact_mut(4) {
        let at = u32::from_be_bytes(offset.try_into().ok()?);
        if usize::try_from(at).ok()? > header {
            let at = u32::try_from(i64::from(at).checked_add(moved)?).ok()?;
            offset.copy_from_slice(&at.to_be_bytes());
        }
    }
    Some(())
}
