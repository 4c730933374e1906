//! What the compiler reads of an `.rlib`: its metadata, as opposed to the machine code, which only the linker reads.
//!
//! It must never guess: a file that is not a GNU archive with metadata in it counts whole. Only headers and the members in
//! question are read; nothing is written.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use crate::base::{
    digest::{Digest, KeyHasher, hash_reader},
    fs::at,
};

const MAGIC: &[u8] = b"!<arch>\n";
/// Bytes of a member's header.
const HEADER: usize = 60;
/// How the names of all members begin that are written for the compiler; there may be more of them in other versions.
const FOR_COMPILER: &str = "lib.rmeta";

/// The digest of an archive's metadata members; `None` if it has none, or is no archive that we can read.
///
/// # Errors
/// If the file cannot be read.
pub fn digest(file: &Path) -> io::Result<Option<Digest>> {
    read(file).map_err(|e| at(file, e))
}

fn read(file: &Path) -> io::Result<Option<Digest>> {
    let mut file = File::open(file)?;
    let end = file.metadata()?.len();
    let mut magic = [0; MAGIC.len()];
    if file.read_exact(&mut magic).is_err() || magic != MAGIC {
        return Ok(None);
    }
    let mut key = KeyHasher::new("metadata of an archive");
    let mut found = false;
    let mut position = MAGIC.len() as u64;
    while position < end {
        file.seek(SeekFrom::Start(position))?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        let text = |range: std::ops::Range<usize>| std::str::from_utf8(&header[range]).map(str::trim_end).ok();
        let size: Option<u64> = text(48..58).and_then(|t| t.parse().ok());
        let (Some(name), Some(size)) = (text(0..16), size.filter(|_| header.ends_with(b"`\n"))) else { return Ok(None) };
        let start = position + HEADER as u64;
        if start + size > end {
            return Ok(None);
        }
        let name = name.strip_suffix('/').unwrap_or(name);
        if name.starts_with(FOR_COMPILER) {
            let (content, _) = hash_reader((&mut file).take(size))?;
            key.field(name, &content.0);
            found |= name == FOR_COMPILER;
        }
        position = start + size + size % 2;
    }
    Ok(found.then(|| key.finish()))
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;

    fn compile(dir: &Path, body: &str) -> Option<Digest> {
        fs::write(dir.join("a.rs"), format!("pub fn f() -> u32 {{ {body} }}\n")).expect("written");
        let args = ["--crate-type=rlib", "--crate-name=a", "a.rs", "-Copt-level=0"];
        assert!(Command::new("rustc").args(args).current_dir(dir).status().expect("rustc runs").success());
        digest(&dir.join("liba.rlib")).expect("readable")
    }

    #[test]
    fn metadata_counts_and_machine_code_does_not() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let first = compile(dir.path(), "1");
        assert!(first.is_some());
        fs::write(dir.path().join("more.o"), "not really an object").expect("written");
        let grown = Command::new("ar").args(["r", "liba.rlib", "more.o"]).current_dir(dir.path()).status();
        assert!(grown.expect("ar runs").success());
        assert_eq!(digest(&dir.path().join("liba.rlib")).expect("readable"), first, "another member");
        assert_ne!(compile(dir.path(), "2"), first, "the source's checksum is part of the metadata");
    }

    #[test]
    fn what_is_no_rlib_counts_whole() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let file = dir.path().join("x");
        for bytes in [&b""[..], b"ELF", b"!<arch>\n", b"!<arch>\nlib.rmeta/      0           0     0     644     99999     `\nx"]
        {
            fs::write(&file, bytes).expect("written");
            assert_eq!(digest(&file).expect("readable"), None, "{bytes:?}");
        }
        fs::write(&file, b"!<arch>\nshort").expect("written");
        assert!(digest(&file).is_err());
    }
}
