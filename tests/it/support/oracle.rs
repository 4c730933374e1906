//! Comparing what two builds made: machine code and data byte by byte, debug information left out.

use std::{collections::BTreeMap, fs, path::Path};

use object::{Object, ObjectSection, SectionFlags, elf, read::archive::ArchiveFile};

/// Loaded sections by name (of every archive member).
type Code = BTreeMap<String, Vec<u8>>;

/// How LLVM bitcode begins.
const BITCODE: &[u8] = b"BC\xC0\xDE";

/// The code and data of a linked file, object or archive. Metadata is left out.
pub fn code_of(file: &Path) -> Code {
    let bytes = fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut code = Code::new();
    match ArchiveFile::parse(&*bytes) {
        Ok(archive) => {
            for member in archive.members().flatten() {
                let name = stable_name(&String::from_utf8_lossy(member.name()));
                if name != "lib.rmeta" {
                    add(&mut code, &name, member.data(&*bytes).expect("a member has data"));
                }
            }
        }
        Err(_) => add(&mut code, "", &bytes),
    }
    assert!(!code.is_empty(), "{} has no code", file.display());
    code
}

/// Object names hold a token that is another one in every run of rustc: `crate.unit.TOKEN.rcgu.o`.
fn stable_name(member: &str) -> String {
    let parts: Vec<&str> = member.split('.').collect();
    match parts.as_slice() {
        [head @ .., _, "rcgu", "o"] => format!("{}.rcgu.o", head.join(".")),
        _ => member.to_owned(),
    }
}

fn add(code: &mut Code, prefix: &str, bytes: &[u8]) {
    if bytes.starts_with(BITCODE) {
        // What is meant for link-time optimisation counts as it stands.
        code.insert(format!("{prefix}:bitcode"), bytes.to_vec());
        return;
    }
    let object = object::File::parse(bytes).expect("an object file");
    for (n, section) in object.sections().enumerate() {
        let loaded = matches!(section.flags(), SectionFlags::Elf { sh_flags } if sh_flags & u64::from(elf::SHF_ALLOC) != 0);
        let name = section.name().unwrap_or_default();
        // A procedural macro exports its metadata, which names the sources' directory: its size stands in the symbol table.
        if loaded && !name.starts_with(".note") && name != ".dynsym" {
            code.insert(format!("{prefix}:{n}:{name}"), section.data().unwrap_or_default().to_vec());
        }
    }
}

/// Both files consist of the same code.
#[track_caller]
pub fn assert_same_code(a: &Path, b: &Path) {
    let (left, right) = (code_of(a), code_of(b));
    let names = |c: &Code| c.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&left), names(&right), "{} and {}", a.display(), b.display());
    for (name, data) in &left {
        assert!(right[name] == *data, "section {name} differs between {} and {}", a.display(), b.display());
    }
}

/// Every library and program in the target directories' `deps` of `a` is there in `b` with the same code.
#[track_caller]
pub fn assert_same_outputs(a: &Path, b: &Path, profile: &str) -> usize {
    let dir = a.join("target").join(profile).join("deps");
    let mut compared = 0;
    for entry in fs::read_dir(&dir).expect("built").flatten() {
        let path = entry.path();
        let name = path.file_name().expect("has a name").to_string_lossy().into_owned();
        let is_code = name.ends_with(".rlib") || name.ends_with(".so") || name.ends_with(".a") || !name.contains('.');
        if is_code && path.is_file() {
            assert_same_code(&path, &b.join("target").join(profile).join("deps").join(&name));
            compared += 1;
        }
    }
    assert!(compared > 0, "nothing to compare in {}", dir.display());
    compared
}
