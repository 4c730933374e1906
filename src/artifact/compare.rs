//! Whether two results of the same compile are the same program: every byte that is loaded, every relocation, every
//! symbol, all debug information.
//!
//! It compares everything and leaves out only what is listed here and in [`object`], each with its reason, so that
//! something new in a file is reported and not overlooked. Metadata in archives is not looked at: it holds hashes of sources,
//! and the list of objects their random names. What it returns is for people; an empty list means equal.

use std::{fs, io, path::Path};

use object::read::archive::ArchiveFile;

use super::rlib::{METADATA_MEMBER, OBJECT_LIST_MEMBER};
use crate::base::fs::at;

mod object_file;
mod symbols;

/// How two files differ, one sentence per member and section, symbol or relocation.
///
/// Archives are compared member by member, ELF files section by section, anything else byte by byte.
///
/// # Errors
/// If a file cannot be read.
pub fn differences(a: &Path, b: &Path) -> io::Result<Vec<String>> {
    let [a, b] = [a, b].map(|path| fs::read(path).map_err(|e| at(path, e)));
    Ok(of_bytes(&a?, &b?))
}

/// As [`differences`], from memory.
pub fn of_bytes(a: &[u8], b: &[u8]) -> Vec<String> {
    if a == b {
        return Vec::new();
    }
    match (members(a), members(b)) {
        (Some(a), Some(b)) => archives(&a, &b),
        (None, None) => objects(a, b),
        _ => vec!["only one of them is an archive".into()],
    }
}

/// One member of an archive, by the name that it has in every compile.
struct Member<'a> {
    name: String,
    data: &'a [u8],
}

/// `None` if it is no archive; one that is damaged halfway is its readable members.
fn members(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let archive = ArchiveFile::parse(bytes).ok()?;
    let readable = archive.members().map_while(|m| {
        let member = m.ok()?;
        Some(Member { name: stable_name(&String::from_utf8_lossy(member.name())), data: member.data(bytes).ok()? })
    });
    Some(readable.filter(|m| ![METADATA_MEMBER, OBJECT_LIST_MEMBER].contains(&m.name.as_str())).collect())
}

/// The name of an object without the seven random characters that incremental compiles put into it.
fn stable_name(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let is_token = |text: &str| text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    match *parts {
        [ref kept @ .., token, rcgu @ "rcgu", kind] if kept.len() >= 2 && is_token(token) => {
            format!("{}.{rcgu}.{kind}", kept.join("."))
        }
        _ => name.to_owned(),
    }
}

fn archives(a: &[Member<'_>], b: &[Member<'_>]) -> Vec<String> {
    let [names_a, names_b] = [a, b].map(|members| members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>());
    if names_a != names_b {
        return vec![format!("the members are {} in one and {} in the other", names_a.join(", "), names_b.join(", "))];
    }
    let mut found = Vec::new();
    for (a, b) in a.iter().zip(b) {
        found.extend(objects(a.data, b.data).into_iter().map(|what| format!("{}: {what}", a.name)));
    }
    found
}

fn objects(a: &[u8], b: &[u8]) -> Vec<String> {
    if a == b {
        return Vec::new();
    }
    let parsed = [a, b].map(|bytes| object::File::parse(bytes).ok());
    match parsed {
        [Some(a), Some(b)] => object_file::differences(&a, &b),
        _ => bytes(a, b).into_iter().collect(),
    }
}

/// Where two runs of bytes first differ.
fn bytes(a: &[u8], b: &[u8]) -> Option<String> {
    let at = a.iter().zip(b).position(|(a, b)| a != b);
    match at {
        Some(at) if a.len() == b.len() => Some(format!("differs from byte {at:#x} on")),
        Some(at) => Some(format!("differs from byte {at:#x} on, and has {} bytes in one and {} in the other", a.len(), b.len())),
        None if a.len() != b.len() => Some(format!("has {} bytes in one and {} in the other", a.len(), b.len())),
        None => None,
    }
}
