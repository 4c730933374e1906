//! Diagnostics that show a line of another crate show the line as it is, even where that crate's metadata is older.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{Run, Sandbox, edit, processes::wait_until, write};

const LOW: &str = "pub struct Plain; // one\n\npub trait Show {\n    fn show(&self) -> String;\n}\n\
                   pub fn need<T: Show>(t: T) -> String { t.show() } // needs it\n\
                   pub struct Point { pub x: u32 }\npub const ORIGIN: Point = Point { x: 0 }; // any\n";
const MID: &str = "pub use low::*;\npub fn made() -> Plain { Plain }\n";
const GOOD: &str = "pub fn f() -> u32 { 1 }\n";
const WRONG: &str = "pub fn f() -> String { let unused = 1; mid::need(mid::made()) + &low::need(1u8) }\n";
/// A warning that shows a line of `low`.
const MUTATES: &str = "pub fn f() { low::ORIGIN.x = 1; }\n";

fn chain(sandbox: &Sandbox) -> PathBuf {
    let package = |name: &str, deps: &[&str]| {
        let mut text = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n");
        deps.iter().for_each(|d| text.push_str(&format!("{d} = {{ path = \"../{d}\" }}\n")));
        text
    };
    let top = package("top", &["low", "mid"]);
    sandbox.project(
        "p",
        [
            ("Cargo.toml", "[workspace]\nmembers = [\"low\", \"mid\", \"top\"]\nresolver = \"2\"\n"),
            ("low/Cargo.toml", &package("low", &[])),
            ("low/src/lib.rs", LOW),
            ("mid/Cargo.toml", &package("mid", &["low"])),
            ("mid/src/lib.rs", MID),
            ("top/Cargo.toml", &top),
            ("top/src/lib.rs", GOOD),
        ],
    )
}

/// Cargo does not see this edit, so metadata in the target directory stays as it was: as after a hit that is not exact.
fn edit_unseen(file: &Path, from: &str, to: &str) {
    let time = fs::metadata(file).and_then(|m| m.modified()).expect("has a time");
    edit(file, from, to);
    fs::File::options().append(true).open(file).and_then(|f| f.set_modified(time)).expect("set back");
}

/// What the compiler said.
fn said(run: &Run) -> String {
    let stderr = run.stderr();
    let lines = stderr.lines().filter(|l| !["Compiling", "Checking", "Finished", "Hyperopt"].iter().any(|v| l.contains(v)));
    lines.map(|l| format!("{l}\n")).collect()
}

fn nothing_is_left_behind(sandbox: &Sandbox) {
    let left = || fs::read_dir(sandbox.store().join("tmp")).expect("there").count();
    wait_until("scratch directories to be removed", || left() == 0);
}

#[test]
fn errors_show_other_crates_as_they_are() {
    let sandbox = Sandbox::new();
    let dir = chain(&sandbox);
    let (low, top) = (dir.join("low/src/lib.rs"), dir.join("top/src/lib.rs"));
    for command in ["check", "build", "clippy"] {
        for (from, to) in [("// needs it", "// needs him"), ("pub struct Plain; // one\n", "//! Low.\n\npub struct Plain;\n")] {
            write(&low, LOW);
            write(&top, GOOD);
            sandbox.ours(&dir, &[command]).success();
            edit_unseen(&low, from, to);
            write(&top, WRONG);
            let ours = sandbox.ours(&dir, &[command]);
            let stale = sandbox.cargo(&dir, &[command]);
            fs::remove_dir_all(dir.join("target")).expect("removed");
            let plain = sandbox.cargo(&dir, &[command]);
            assert_ne!(said(&stale), said(&plain), "nothing to repair");
            assert_eq!(said(&ours), said(&plain), "{command} {to:?}");
            assert!(said(&plain).contains("required by this bound"), "{}", said(&plain));
            assert_eq!(ours.0.status.code(), plain.0.status.code());
            fs::remove_dir_all(dir.join("target")).expect("removed");
        }
    }
    nothing_is_left_behind(&sandbox);
}

#[test]
fn what_cannot_be_found_out_is_shown_as_the_compiler_said_it() {
    let sandbox = Sandbox::new();
    let dir = chain(&sandbox);
    let (low, top) = (dir.join("low/src/lib.rs"), dir.join("top/src/lib.rs"));
    sandbox.ours(&dir, &["check"]).success();
    edit_unseen(&low, "pub struct Plain;", "pub struct Plain");
    write(&top, WRONG);
    let ours = sandbox.ours(&dir, &["check"]);
    let stale = sandbox.cargo(&dir, &["check"]);
    assert_eq!(said(&ours), said(&stale), "`low` does not even compile");
    assert!(said(&ours).contains("required by a bound in `need`"), "{}", said(&ours));
    nothing_is_left_behind(&sandbox);
}

#[test]
fn a_stored_warning_about_another_crates_line_is_not_shown_once_the_line_is_another() {
    let sandbox = Sandbox::new();
    let dir = chain(&sandbox);
    write(&dir.join("top/src/lib.rs"), MUTATES);
    for command in ["check", "build"] {
        let first = sandbox.ours(&dir, &[command]).success();
        assert!(said(&first).contains("x: 0 }; // any"), "{}", said(&first));
        let again = || {
            sandbox.take_stats();
            sandbox.cargo(&dir, &["clean", "-p", "top"]).success();
            said(&sandbox.ours(&dir, &[command]).success())
        };
        assert_eq!(again(), said(&first));
        sandbox.take_stats().assert_all_hits(1);
        edit_unseen(&dir.join("low/src/lib.rs"), "// any", "// none");
        let second = again();
        assert_eq!(sandbox.take_stats().reasons(), [("source-changed".to_owned(), 1)].into());
        assert_eq!(second, said(&first).replace("// any", "// none"), "{command}");
        assert_eq!(again(), second);
        sandbox.take_stats().assert_all_hits(1);
        edit_unseen(&dir.join("low/src/lib.rs"), "// none", "// any");
    }
    nothing_is_left_behind(&sandbox);
}
