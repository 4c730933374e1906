//! Whether a path is baked into machine code or data of an output, as opposed to its debug information.
//!
//! Only sections that are loaded at run time are searched; in an archive, those of every member. A file that cannot be
//! parsed is searched whole.

use std::{fs, io, path::Path};

use memchr::memmem::Finder;
use object::{Object, ObjectSection, SectionFlags, elf, read::archive::ArchiveFile};

/// Which of `needles` occur in the loaded parts of the file.
///
/// # Errors
/// If the file cannot be read.
pub fn baked_in(file: &Path, needles: &[&[u8]]) -> io::Result<Vec<bool>> {
    let bytes = fs::read(file).map_err(|e| crate::base::fs::at(file, e))?;
    let finders: Vec<Finder<'_>> = needles.iter().map(Finder::new).collect();
    let mut found = vec![false; needles.len()];
    match ArchiveFile::parse(&*bytes) {
        Ok(archive) => {
            for member in archive.members().flatten() {
                // Metadata names the sources of its crate; that is no code.
                if member.name() == b"lib.rmeta" {
                    continue;
                }
                if let Ok(data) = member.data(&*bytes) {
                    search(data, &finders, &mut found);
                }
            }
        }
        Err(_) => search(&bytes, &finders, &mut found),
    }
    Ok(found)
}

fn search(bytes: &[u8], finders: &[Finder<'_>], found: &mut [bool]) {
    let Ok(object) = object::File::parse(bytes) else { return mark(bytes, finders, found) };
    for section in object.sections() {
        let loaded = match section.flags() {
            SectionFlags::Elf { sh_flags } => sh_flags & u64::from(elf::SHF_ALLOC) != 0,
            _ => true,
        };
        if let (true, Ok(data)) = (loaded, section.data()) {
            mark(data, finders, found);
        }
    }
}

fn mark(data: &[u8], finders: &[Finder<'_>], found: &mut [bool]) {
    for (finder, found) in finders.iter().zip(found) {
        *found |= finder.find(data).is_some();
    }
}

/// What rustc's encoder writes behind every string, and not behind the bytes of a constant.
const END_OF_STRING: u8 = 0xC1;

/// Whether metadata names `root` in any other way than as the place of a known source.
///
/// A crate's metadata always names its working directory and its sources by absolute path, as strings; a path to anything
/// else, or one among the bytes of a constant, is one that a macro has put into the program.
///
/// # Errors
/// If the file cannot be read.
pub fn metadata_names_more(file: &Path, root: &[u8], sources: &[Vec<u8>]) -> io::Result<bool> {
    let bytes = fs::read(file).map_err(|e| crate::base::fs::at(file, e))?;
    let ends = |rest: &[u8]| rest.first() == Some(&END_OF_STRING);
    let is_source = |rest: &[u8]| {
        let below = rest.strip_prefix(b"/");
        below.is_some_and(|below| sources.iter().any(|s| below.strip_prefix(s.as_slice()).is_some_and(ends)))
    };
    let known = |rest: &[u8]| ends(rest) || is_source(rest);
    Ok(Finder::new(root).find_iter(&bytes).any(|at| !known(&bytes[at + root.len()..])))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn code_counts_and_debug_information_does_not() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = dir.path().canonicalize().expect("exists");
        let source =
            |body: &str| fs::write(root.join("a.rs"), format!("pub fn f() -> &'static str {{ {body} }}")).expect("written");
        let needle = root.to_str().expect("plain").to_owned();
        let compile = || {
            let out =
                Command::new("rustc").args(["--crate-type=lib", "--crate-name=a", "-g", "a.rs"]).current_dir(&root).status();
            assert!(out.expect("rustc runs").success());
            baked_in(&root.join("liba.rlib"), &[needle.as_bytes()]).expect("readable")
        };
        source("\"x\"");
        assert_eq!(compile(), [false], "the compilation directory stands in DWARF only");
        source(&format!("\"{needle}\""));
        assert_eq!(compile(), [true]);
    }
}
