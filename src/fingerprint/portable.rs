//! The content of native archives and objects, apart from where they were built.
//!
//! A build script that compiles C code with debug information leaves the paths of headers below `OUT_DIR` in the line
//! tables, so the same archive is another file in every checkout. Here everything counts but that: those paths below the
//! target directory, the lengths they imply, and the positions in the file. Paths of sources outside it (C code of the
//! checkout itself) count. What cannot be parsed, or has another form than is expected, counts byte by byte: that can only
//! cost a hit.

use std::{collections::HashMap, fs, io, path::Path, sync::Mutex};

use object::{
    Endianness,
    read::{
        archive::ArchiveFile,
        elf::{ElfFile64, FileHeader as _, SectionHeader as _},
    },
};

use crate::base::{
    digest::{Digest, DigestFile, KeyHasher},
    sync::lock,
    text,
};

type File<'a> = ElfFile64<'a, Endianness>;

/// Content and root, to what they come to.
type Known = HashMap<(Digest, Vec<u8>), Digest>;

/// What is known; it follows from content and root alone.
static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
/// Most of them.
const MOST: usize = 4096;

/// The digest of a native file, in which paths below `root` in debug information do not count.
///
/// # Errors
/// If the file cannot be read.
pub fn digest(path: &Path, root: &[u8], files: &dyn DigestFile) -> io::Result<Digest> {
    let (plain, _) = files.digest(path)?;
    let key = (plain, root.to_vec());
    if let Some(known) = lock(&KNOWN).get_or_insert_default().get(&key) {
        return Ok(*known);
    }
    let bytes = fs::read(path)?;
    // The file may have been written in between; then neither content is to be remembered for the other.
    if Digest::of(&bytes) != plain {
        return Ok(plain);
    }
    let portable = of(&bytes, root).unwrap_or(plain);
    let mut known = lock(&KNOWN);
    let known = known.get_or_insert_default();
    if known.len() >= MOST {
        known.clear();
    }
    known.insert(key, portable);
    Ok(portable)
}

/// `None` if nothing in it depends on `root`, or its form is not known.
fn of(bytes: &[u8], root: &[u8]) -> Option<Digest> {
    memchr::memmem::find(bytes, root)?;
    let mut key = KeyHasher::new("native code");
    match ArchiveFile::parse(bytes) {
        Ok(archive) if archive.is_thin() => return None,
        Ok(archive) => {
            for member in archive.members() {
                let member = member.ok()?;
                let data = member.data(bytes).ok()?;
                key.field("member", member.name());
                add(&mut key, data, root);
            }
        }
        Err(_) => add(&mut key, bytes, root),
    }
    Some(key.finish())
}

fn add(key: &mut KeyHasher, object: &[u8], root: &[u8]) {
    let sections = memchr::memmem::find(object, root).and_then(|_| sections(object, root));
    match sections {
        Some(fields) => key.list("sections", &fields),
        None => key.field("bytes", object),
    };
}

/// Every section of an object: its header without positions, and its content.
fn sections(bytes: &[u8], root: &[u8]) -> Option<Vec<Vec<u8>>> {
    let file = File::parse(bytes).ok()?;
    let endian = file.endian();
    let header = file.elf_header();
    if header.e_type(endian) != object::elf::ET_REL {
        return None;
    }
    let mut fields = vec![bytes.get(..40)?.to_vec(), bytes.get(48..64)?.to_vec()];
    let table = file.elf_section_table();
    for section in table.iter() {
        let name = table.section_name(endian, section).ok()?;
        let data = section.data(endian, bytes).ok()?;
        let flags = section.sh_flags(endian);
        let numbers = [section.sh_type(endian), section.sh_link(endian), section.sh_info(endian)].map(u64::from);
        let others = [flags, section.sh_addr(endian), section.sh_addralign(endian), section.sh_entsize(endian)];
        fields.push(name.to_vec());
        fields.push(numbers.iter().chain(&others).flat_map(|n| n.to_le_bytes()).collect());
        let loaded = flags & u64::from(object::elf::SHF_ALLOC) != 0;
        fields.push(match name {
            _ if loaded => data.to_vec(),
            b".debug_line" => line_table(data, root)?,
            // Says where in the line table addresses stand, which moves with the paths before them.
            b".rela.debug_line" => Vec::new(),
            _ => data.to_vec(),
        });
    }
    Some(fields)
}

/// A line table without `root`, and without the two lengths that count it.
fn line_table(data: &[u8], root: &[u8]) -> Option<Vec<u8>> {
    let [_, _, _, _, v0, v1, ..] = *data else { return Some(data.to_vec()) };
    let header_length = match u16::from_le_bytes([v0, v1]) {
        2..=4 => 6..10,
        _ => return None,
    };
    let mut counted = data.get(4..header_length.start)?.to_vec();
    counted.extend(text::replace(data.get(header_length.end..)?, root, b"\x01"));
    Some(counted)
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, process::Command};

    use super::*;
    use crate::base::fs::FileSig;

    struct Read;
    impl DigestFile for Read {
        fn digest(&self, path: &Path) -> io::Result<(Digest, FileSig)> {
            Ok((Digest::of(&fs::read(path)?), FileSig::of(path)?))
        }
    }

    /// Builds an archive as a build script in `target` does, from sources in `src` and a header below `target`.
    fn archive(dir: &Path, src: &str, target: &str, value: u32) -> PathBuf {
        let (src, target) = (dir.join(src), dir.join(target));
        fs::create_dir_all(&src).expect("created");
        fs::create_dir_all(target.join("include")).expect("created");
        fs::write(src.join("a.c"), "#include \"h.h\"\nint f(void) { return g(); }\n").expect("written");
        let header = format!("static inline int g(void) {{ return {value}; }}\n");
        fs::write(target.join("include/h.h"), header).expect("written");
        let run = |program: &str, args: &[&str]| {
            let status = Command::new(program).args(args).current_dir(&src).status().expect("a C compiler");
            assert!(status.success(), "{program} {args:?}");
        };
        let [include, object, archive] = ["include", "a.o", "liba.a"].map(|n| target.join(n).display().to_string());
        run("cc", &["-c", "-g", "-gdwarf-4", "-O0", "-I", &include, "-o", &object, "a.c"]);
        run("ar", &["crD", &archive, &object]);
        archive.into()
    }

    #[test]
    fn only_the_target_directory_does_not_count() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let dir = dir.path().canonicalize().expect("exists");
        let digest = |src: &str, target: &str, value: u32| {
            let archive = archive(&dir, src, target, value);
            let root = dir.join(target).display().to_string();
            digest(&archive, root.as_bytes(), &Read).expect("readable")
        };
        let first = digest("src", "one/target", 1);
        assert_eq!(digest("src", "another/place/target", 1), first);
        assert_ne!(digest("src", "one/target", 2), first, "the code is another one");
        assert_ne!(digest("elsewhere", "one/target", 1), first, "sources are in another place");
    }
}
