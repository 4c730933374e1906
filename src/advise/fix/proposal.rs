//! What somebody else proposes, a model above all: checked for where it reaches before anything is done with it.
//!
//! It must never let through what could run during a trial (build scripts, procedural macros and what they need), what lies
//! outside of the members' sources, or what a person who looks at the difference would not see.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::{
    patch::{Edit, Patch},
    project::{Owner, Project},
};
use crate::advise::replacement::Replacement;

/// The largest source that is changed, and the largest text that is put into one, in bytes.
const MOST_SOURCE: u64 = 1 << 20;
const MOST_TEXT: usize = 64 << 10;
/// Replacements of one proposal.
const MOST_PARTS: usize = 20;

/// Why a proposal is not even tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it changes nothing")]
    Nothing,
    #[error("it has {0} parts, more than {MOST_PARTS}")]
    ManyParts(usize),
    #[error("{}: the path is not valid", .0.display())]
    Path(PathBuf),
    #[error("{}: the path leads upwards", .0.display())]
    Upwards(PathBuf),
    #[error("{}: outside of the workspace", .0.display())]
    Outside(PathBuf),
    #[error("{}: hidden, or made by builds", .0.display())]
    Hidden(PathBuf),
    #[error("{}: no Rust source", .0.display())]
    NoSource(PathBuf),
    #[error("{}: there is no such file", .0.display())]
    Missing(PathBuf),
    #[error("{}: a link, or no plain file", .0.display())]
    NoFile(PathBuf),
    #[error("{}: belongs to no member of the workspace", .0.display())]
    Nobodys(PathBuf),
    #[error("{}: runs while the workspace is compiled", .0.display())]
    Runs(PathBuf),
    #[error("{}: larger than 1 MiB, or not UTF-8", .0.display())]
    Unreadable(PathBuf),
    #[error("{}: a text larger than 64 KiB", .0.display())]
    Large(PathBuf),
    #[error("{}: has characters that a person would not see", .0.display())]
    Invisible(PathBuf),
    #[error("{}: the text to be replaced is not there", .0.display())]
    NotThere(PathBuf),
    #[error("{}: the text to be replaced is there more than once", .0.display())]
    Ambiguous(PathBuf),
}

/// Makes a patch of a proposal.
///
/// # Errors
/// The first reason not to; then nothing of it is used.
pub fn patch(title: &str, parts: &[Replacement], project: &Project) -> Result<Patch, Refusal> {
    if parts.len() > MOST_PARTS {
        return Err(Refusal::ManyParts(parts.len()));
    }
    let edits = parts.iter().map(|part| edit(part, project)).collect::<Result<Vec<_>, _>>()?;
    if edits.is_empty() || parts.iter().all(|p| p.old == p.new) {
        return Err(Refusal::Nothing);
    }
    Ok(Patch { title: title.to_owned(), edits })
}

fn edit(part: &Replacement, project: &Project) -> Result<Edit, Refusal> {
    let named = || PathBuf::from(&part.file);
    if part.old.len() > MOST_TEXT || part.new.len() > MOST_TEXT {
        return Err(Refusal::Large(named()));
    }
    if part.new.chars().any(is_invisible) {
        return Err(Refusal::Invisible(named()));
    }
    let (file, below) = place(Path::new(&part.file), project)?;
    let is_small = fs::metadata(&file).is_ok_and(|m| m.len() <= MOST_SOURCE);
    let text = is_small.then(|| fs::read_to_string(&file).ok()).flatten().ok_or_else(|| Refusal::Unreadable(named()))?;
    let mut found = text.match_indices(&part.old);
    let (start, _) = found.next().filter(|_| !part.old.is_empty()).ok_or_else(|| Refusal::NotThere(named()))?;
    // Overlapping occurrences are more than one as well.
    let again = text.get(start + part.old.chars().next().map_or(1, char::len_utf8)..).unwrap_or_default();
    if again.contains(&part.old) {
        return Err(Refusal::Ambiguous(named()));
    }
    Ok(Edit { file: below, start, end: start + part.old.len(), text: part.new.clone() })
}

/// The real file, and its path below the root.
fn place(file: &Path, project: &Project) -> Result<(PathBuf, PathBuf), Refusal> {
    let named = || file.to_owned();
    if file.as_os_str().is_empty() || file.as_os_str().as_encoded_bytes().iter().any(u8::is_ascii_control) {
        return Err(Refusal::Path(named()));
    }
    if file.components().any(|c| c == Component::ParentDir) {
        return Err(Refusal::Upwards(named()));
    }
    let root = project.root.canonicalize().map_err(|_| Refusal::Outside(named()))?;
    // An absolute path stays itself here.
    let whole = root.join(file);
    let below = whole.strip_prefix(&root).or_else(|_| whole.strip_prefix(&project.root));
    let below: PathBuf = below.map_err(|_| Refusal::Outside(named()))?.components().filter(|c| *c != Component::CurDir).collect();
    let is_hidden = |c: Component<'_>| {
        let name = c.as_os_str().as_encoded_bytes();
        name.starts_with(b".") || name.eq_ignore_ascii_case(b"target")
    };
    if below.components().any(is_hidden) {
        return Err(Refusal::Hidden(named()));
    }
    if below.extension().is_none_or(|e| e != "rs") {
        return Err(Refusal::NoSource(named()));
    }
    let whole = root.join(&below);
    let real = whole.canonicalize().map_err(|_| Refusal::Missing(named()))?;
    if !real.starts_with(&root) {
        return Err(Refusal::Outside(named()));
    }
    // A link inside of the workspace leads to a file that can be named itself.
    if real != whole || !fs::symlink_metadata(&whole).is_ok_and(|m| m.is_file()) {
        return Err(Refusal::NoFile(named()));
    }
    if below.ancestors().any(|dir| root.join(dir).join("CACHEDIR.TAG").exists()) {
        return Err(Refusal::Hidden(named()));
    }
    match project.owner(&project.root.join(&below)) {
        Owner::Compiled => Ok((real, below)),
        Owner::Running => Err(Refusal::Runs(named())),
        Owner::Nobody => Err(Refusal::Nobodys(named())),
    }
}

/// Control characters, and those that turn the direction of a text or take no room.
fn is_invisible(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t' | '\r')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::advise::fix::project::tests::project;

    struct Case {
        dir: tempfile::TempDir,
        project: Project,
    }

    impl Case {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("temporary directory");
            let root = dir.path().canonicalize().expect("exists").join("w");
            let project = project(&root, &[("app", "bin", true, &[("derive", "")]), ("derive", "proc-macro", false, &[])]);
            Self { dir, project }
        }

        fn write(&self, file: &str, text: &[u8]) -> PathBuf {
            let file = self.project.root.join(file);
            fs::create_dir_all(file.parent().expect("has one")).expect("made");
            fs::write(&file, text).expect("written");
            file
        }

        fn refused(&self, file: impl Into<PathBuf>, old: &str, new: &str) -> Refusal {
            let part = Replacement { file: file.into().to_string_lossy().into_owned(), old: old.into(), new: new.into() };
            patch("x", &[part], &self.project).expect_err("refused")
        }
    }

    #[test]
    fn a_plain_replacement_is_a_patch() {
        let case = Case::new();
        let part =
            |file: PathBuf| Replacement { file: file.to_string_lossy().into_owned(), old: "f()".into(), new: "g()".into() };
        let expected = Edit { file: "app/src/lib.rs".into(), start: 7, end: 10, text: "g()".into() };
        for file in ["app/src/lib.rs".into(), "./app/src/lib.rs".into(), case.project.root.join("app/src/lib.rs")] {
            let made = patch("x", &[part(file)], &case.project).expect("fine");
            assert_eq!(made.edits, std::slice::from_ref(&expected));
        }
    }

    #[test]
    fn paths_that_lead_elsewhere() {
        let case = Case::new();
        let root = case.project.root.clone();
        let secret = case.dir.path().join("secret.rs");
        fs::write(&secret, "fn f() {}").expect("written");
        symlink(&secret, root.join("app/src/link.rs")).expect("linked");
        symlink(root.join("app/src/lib.rs"), root.join("app/src/inner.rs")).expect("linked");
        symlink(case.dir.path(), root.join("app/src/up")).expect("linked");
        for file in [".cargo/x.rs", ".git/hooks/x.rs", "target/debug/x.rs", "app/target/x.rs", "app/.x.rs", "outside/src/x.rs"] {
            case.write(file, b"fn f() {}");
        }
        case.write("made/CACHEDIR.TAG", b"");
        case.write("made/x.rs", b"fn f() {}");
        fs::create_dir_all(root.join("app/src/dir.rs")).expect("made");
        type Check = fn(&Refusal) -> bool;
        let cases: [(&str, Check); 19] = [
            ("../secret.rs", |r| matches!(r, Refusal::Upwards(_))),
            ("app/../../secret.rs", |r| matches!(r, Refusal::Upwards(_))),
            ("/etc/passwd", |r| matches!(r, Refusal::Outside(_))),
            ("/etc/passwd.rs", |r| matches!(r, Refusal::Outside(_))),
            ("app/src/link.rs", |r| matches!(r, Refusal::Outside(_))),
            ("app/src/up/secret.rs", |r| matches!(r, Refusal::Outside(_))),
            ("app/src/inner.rs", |r| matches!(r, Refusal::NoFile(_))),
            ("app/src/dir.rs", |r| matches!(r, Refusal::NoFile(_))),
            (".cargo/x.rs", |r| matches!(r, Refusal::Hidden(_))),
            (".git/hooks/x.rs", |r| matches!(r, Refusal::Hidden(_))),
            ("target/debug/x.rs", |r| matches!(r, Refusal::Hidden(_))),
            ("app/target/x.rs", |r| matches!(r, Refusal::Hidden(_))),
            ("app/.x.rs", |r| matches!(r, Refusal::Hidden(_))),
            ("made/x.rs", |r| matches!(r, Refusal::Hidden(_))),
            ("app/Cargo.toml", |r| matches!(r, Refusal::NoSource(_))),
            ("app/src/none.rs", |r| matches!(r, Refusal::Missing(_))),
            ("app/src/li\nb.rs", |r| matches!(r, Refusal::Path(_))),
            ("outside/src/x.rs", |r| matches!(r, Refusal::Nobodys(_))),
            ("", |r| matches!(r, Refusal::Path(_))),
        ];
        for (file, is_it) in cases {
            let refusal = case.refused(file, "f()", "g()");
            assert!(is_it(&refusal), "{file}: {refusal:?}");
        }
        assert!(matches!(case.refused(secret, "f()", "g()"), Refusal::Outside(_)));
    }

    #[test]
    fn what_would_run_is_not_tried() {
        let case = Case::new();
        for file in ["app/build.rs", "derive/src/lib.rs"] {
            assert!(matches!(case.refused(file, "f", "g"), Refusal::Runs(_)), "{file}");
        }
        case.write("app/helper.rs", b"fn f() {}");
        assert!(matches!(case.refused("app/helper.rs", "f()", "g()"), Refusal::Runs(_)), "a module of the build script");
    }

    #[test]
    fn texts_that_do_not_fit() {
        let case = Case::new();
        let lib = "app/src/lib.rs";
        assert_eq!(case.refused(lib, "nowhere", ""), Refusal::NotThere(lib.into()));
        assert_eq!(case.refused(lib, "", "x"), Refusal::NotThere(lib.into()));
        case.write("app/src/a.rs", b"aaa f f");
        assert_eq!(case.refused("app/src/a.rs", "f", "g"), Refusal::Ambiguous("app/src/a.rs".into()));
        assert_eq!(case.refused("app/src/a.rs", "aa", "g"), Refusal::Ambiguous("app/src/a.rs".into()));
        assert_eq!(case.refused(lib, "f()", "f()"), Refusal::Nothing);
        assert_eq!(case.refused(lib, "f()", &"x".repeat(MOST_TEXT + 1)), Refusal::Large(lib.into()));
        for hidden in ["\u{202e}", "\u{1b}[2J", "\u{200b}", "\0"] {
            assert_eq!(case.refused(lib, "f()", hidden), Refusal::Invisible(lib.into()), "{hidden:?}");
        }
        case.write("app/src/b.rs", b"f() \xff");
        assert_eq!(case.refused("app/src/b.rs", "f()", "g()"), Refusal::Unreadable("app/src/b.rs".into()));
        case.write("app/src/c.rs", &b" ".repeat(MOST_SOURCE as usize + 1));
        assert_eq!(case.refused("app/src/c.rs", "f()", "g()"), Refusal::Unreadable("app/src/c.rs".into()));
        assert_eq!(patch("x", &[], &case.project), Err(Refusal::Nothing));
        let many = vec![Replacement { file: lib.into(), old: "f".into(), new: "g".into() }; MOST_PARTS + 1];
        assert_eq!(patch("x", &many, &case.project), Err(Refusal::ManyParts(MOST_PARTS + 1)));
    }
}
