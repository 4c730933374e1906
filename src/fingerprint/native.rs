//! Native inputs of a link or of a library that bundles an archive: what stands in `-L` directories, and files named in
//! link arguments.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{Components, Part, inputs, portable};
use crate::{
    base::digest::{Digest, DigestFile, KeyHasher},
    rustc::{Invocation, Places, WhyNot},
};

/// Beyond this many libraries a directory is taken for a system directory, and sizes and times stand for contents.
const MANY: usize = 256;

/// Adds every native file that the compile can pick up.
///
/// # Errors
/// [`WhyNot::Input`] if a file is there but cannot be read.
pub fn add(parts: &mut Components, inv: &Invocation, places: &Places, files: &dyn DigestFile) -> Result<(), WhyNot> {
    // A library bundles the archives that its own sources name in `#[link]`, without any `-l` to be seen here.
    if !inv.links {
        return Ok(());
    }
    for dir in &inv.native_dirs {
        let dir = places.cwd.join(dir);
        let digest = directory(&dir, target_root(&dir, places).as_deref(), names_objects(inv), files)?;
        parts.digest(Part::Native, &name_of(&dir, places), digest);
    }
    for arg in &inv.link_args {
        for path in paths_in(arg.as_bytes(), &places.cwd) {
            let digest = if path.is_dir() {
                directory(&path, target_root(&path, places).as_deref(), true, files)?
            } else {
                files.digest(&path).map_err(|e| WhyNot::Input(e.to_string()))?.0
            };
            parts.digest(Part::Native, &name_of(&path, places), digest);
        }
    }
    Ok(())
}

/// A name that is the same in another checkout with another target directory.
fn name_of(path: &Path, places: &Places) -> String {
    match target_root(path, places).and_then(|root| path.strip_prefix(&root).ok().map(Path::to_owned)) {
        Some(below) => format!("<target>/{}", below.display()),
        None => inputs::display(&places.relative(path)),
    }
}

/// The directory that dependencies and build scripts write to, if `dir` lies in it.
fn target_root(dir: &Path, places: &Places) -> Option<PathBuf> {
    let root = places.out_dir.parent()?;
    (dir.starts_with(root) && !places.cwd.starts_with(root)).then(|| root.to_owned())
}

/// Whether a library may be an object: only where it is asked for by its whole name.
fn names_objects(inv: &Invocation) -> bool {
    let verbatim = inv.native_libs.iter().any(|lib| lib.contains("verbatim"));
    verbatim || inv.link_args.iter().any(|arg| memchr::memmem::find(arg.as_bytes(), b"-l:").is_some())
}

fn directory(dir: &Path, root: Option<&Path>, objects: bool, files: &dyn DigestFile) -> Result<Digest, WhyNot> {
    let mut key = KeyHasher::new("native directory");
    let Ok(entries) = std::fs::read_dir(dir) else { return Ok(key.finish()) };
    let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| is_native(p, objects)).collect();
    found.sort();
    let few = found.len() <= MANY;
    for path in found {
        let name = path.file_name().unwrap_or_default();
        if few {
            let digest = match root {
                Some(root) => portable::digest(&path, root.as_os_str().as_bytes(), files),
                None => files.digest(&path).map(|(digest, _)| digest),
            };
            let digest = digest.map_err(|e| WhyNot::Input(e.to_string()))?;
            key.field("file", name.as_bytes()).field("digest", &digest.0);
        } else if let Ok(sig) = crate::base::fs::FileSig::of(&path) {
            key.field("file", name.as_bytes()).field("size", &sig.size.to_le_bytes()).field("mtime", &sig.mtime.to_le_bytes());
        }
    }
    Ok(key.finish())
}

/// Archives, shared libraries with or without a version behind `.so`, and objects if they can be meant; not Rust's own.
fn is_native(path: &Path, objects: bool) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let by_extension = path.extension().is_some_and(|e| ["a", "lib", "dylib", "so", "tbd"].iter().any(|x| e == *x));
    let by_extension = by_extension || objects && path.extension().is_some_and(|e| e == "o" || e == "obj");
    (by_extension || name.contains(".so.")) && path.is_file()
}

/// What the link arguments would name if it were there: files and directories.
pub fn named(inv: &Invocation, cwd: &Path) -> Vec<PathBuf> {
    inv.link_args.iter().filter(|_| inv.links).flat_map(|arg| named_in(arg.as_bytes(), cwd)).collect()
}

/// Existing files and directories that a link argument names.
fn paths_in(arg: &[u8], cwd: &Path) -> Vec<PathBuf> {
    named_in(arg, cwd).into_iter().filter(|path| path.exists()).collect()
}

/// What a link argument may name, whole or behind `=`, `,` or a known prefix.
fn named_in(arg: &[u8], cwd: &Path) -> Vec<PathBuf> {
    let as_path = |piece: &[u8]| {
        let prefixes: [&[u8]; 3] = [b"-T", b"-L", b"@"];
        let piece = prefixes.iter().find_map(|p| piece.strip_prefix(*p)).unwrap_or(piece);
        (!piece.is_empty()).then(|| cwd.join(std::ffi::OsStr::from_bytes(piece)))
    };
    arg.split(|b| *b == b',' || *b == b'=').filter_map(as_path).collect()
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, fs};

    use super::*;
    use crate::{base::digest::testing::Read, rustc::Tool};

    fn key(dir: &Path, extra: &str) -> Digest {
        let d = dir.display();
        let line = format!(
            "--crate-name a src/lib.rs --json=artifacts --crate-type bin --emit=link --out-dir {d}/t -L native={d}/n {extra}"
        );
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let inv = Invocation::parse(Tool::Rustc, &args, dir).expect("parses");
        let places = Places::new(dir.to_owned(), &inv.out_dir, None).expect("plain");
        let mut parts = Components::new("t");
        add(&mut parts, &inv, &places, &Read).expect("readable");
        parts.finish().0
    }

    #[test]
    fn archives_and_named_files_count() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("written");
        fs::create_dir(dir.path().join("n")).expect("created");
        put("n/libz.a", "1");
        put("script.ld", "1");
        let arg = format!("-C link-arg=-Wl,--version-script={}/script.ld", dir.path().display());
        let (plain, with_script) = (key(dir.path(), ""), key(dir.path(), &arg));
        put("n/readme.txt", "x");
        assert_eq!(key(dir.path(), ""), plain, "not a library");
        put("script.ld", "2");
        assert_eq!(key(dir.path(), ""), plain);
        assert_ne!(key(dir.path(), &arg), with_script);
        put("n/libz.a", "2");
        assert_ne!(key(dir.path(), ""), plain, "an archive replaced in place");
        put("n/libz.a", "1");
        put("n/libz.so.1", "1");
        assert_ne!(key(dir.path(), ""), plain, "a library added");
    }
}
