//! Files that a compile did not read but that could change it: rivals in `mod` resolution, and whatever a procedural macro
//! may list or open without telling the compiler.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Components, Part, inputs};
use crate::{
    base::digest::DigestFile,
    rustc::{Places, WhyNot},
};

/// More files than this in a package are not guarded but refused.
const MOST: usize = 20_000;

/// For every module file its rival (`a.rs` for `a/mod.rs` and the reverse), which must not exist. `files` as in the
/// dep-info, the crate root first.
pub fn rivals(files: &[PathBuf]) -> Vec<PathBuf> {
    let modules = files.iter().skip(1).filter(|f| f.extension().is_some_and(|e| e == "rs"));
    modules
        .filter_map(|file| {
            let dir = file.parent()?;
            if file.file_name()? == "mod.rs" {
                Some(dir.with_extension("rs"))
            } else {
                Some(file.with_extension("").join("mod.rs"))
            }
        })
        .collect()
}

/// Adds every file below `root` that a macro may read: names of all, contents of those that are not Rust sources (those
/// count where they are compiled). Leaves out build outputs, hidden directories and nested packages.
///
/// # Errors
/// [`WhyNot::Input`] if there are too many, or one cannot be read.
pub fn add_macro_inputs(parts: &mut Components, root: &Path, places: &Places, files: &dyn DigestFile) -> Result<(), WhyNot> {
    let mut found = Vec::new();
    collect(root, places, &mut found)?;
    found.sort();
    for path in found {
        let name = inputs::display(&places.relative(&path));
        if path.extension().is_some_and(|e| e == "rs") {
            parts.value(Part::MacroInput, &name, b"there");
        } else {
            let (digest, _) = files.digest(&path).map_err(|e| WhyNot::Input(e.to_string()))?;
            parts.digest(Part::MacroInput, &name, digest);
        }
    }
    Ok(())
}

/// Adds `path` itself, or every plain file below it; links are not followed into directories.
///
/// # Errors
/// [`WhyNot::Input`] if there are too many.
pub fn files_below(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), WhyNot> {
    let Ok(entries) = fs::read_dir(path) else {
        found.push(path.to_owned());
        return Ok(());
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            files_below(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
        if found.len() > MOST {
            return Err(WhyNot::Input(format!("more than {MOST} files below {}", path.display())));
        }
    }
    Ok(())
}

fn collect(dir: &Path, places: &Places, found: &mut Vec<PathBuf>) -> Result<(), WhyNot> {
    let entries = fs::read_dir(dir).map_err(|e| WhyNot::Input(format!("{}: {e}", dir.display())))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        // `.sqlx`, `.env` and `.cargo` are what macros and their build scripts are known to read.
        let hidden = name.as_encoded_bytes().starts_with(b".") && ![".sqlx", ".env"].iter().any(|n| name == *n);
        if hidden || name == "Cargo.lock" {
            continue;
        }
        if path.is_dir() {
            let output = name == "target"
                || name == "node_modules"
                || places.out_dir.starts_with(&path)
                || path.join("CACHEDIR.TAG").exists();
            if !output && !path.join("Cargo.toml").exists() {
                collect(&path, places, found)?;
            }
        } else if path.is_file() {
            found.push(path);
        }
        if found.len() > MOST {
            return Err(WhyNot::Input(format!("more than {MOST} files that a procedural macro may read in {}", dir.display())));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::testing::Read;

    #[test]
    fn rivals_of_modules() {
        let files = ["src/lib.rs", "src/a.rs", "src/b/mod.rs", "data.txt"].map(PathBuf::from);
        assert_eq!(rivals(&files), ["src/a/mod.rs", "src/b.rs"].map(PathBuf::from));
    }

    #[test]
    fn what_a_macro_may_read() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("created");
            fs::write(path, text).expect("written");
        };
        let key = || {
            let places = Places::new(dir.path().to_owned(), Path::new("out/deps"), None).expect("plain");
            let mut parts = Components::new("t");
            add_macro_inputs(&mut parts, dir.path(), &places, &Read).expect("readable");
            parts.finish().0
        };
        put("templates/a.html", "a");
        put("src/lib.rs", "a");
        let base = key();
        for harmless in ["target/x", "out/deps/y", ".git/z", "nested/Cargo.toml", "Cargo.lock"] {
            put(harmless, "1");
            assert_eq!(key(), base, "{harmless}");
        }
        put("src/lib.rs", "b");
        assert_eq!(key(), base, "sources count where they are compiled");
        put("templates/a.html", "b");
        let changed = key();
        assert_ne!(changed, base);
        put("src/new.rs", "");
        assert_ne!(key(), changed, "a macro may list sources");
    }
}
