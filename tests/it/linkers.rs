//! A configured linker is used where it can be, told of where it was, and done without where it fails.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::support::{Run, Sandbox, edit, small::output};

pub const SETTING: &str = "RUSTC_HYPEROPT_PERFORMANCE_LINKER";

/// A program called `name`, before everything else that can be run.
pub fn with_program(sandbox: &Sandbox, name: &str, script: &str) -> String {
    let dir = sandbox.path("programs");
    fs::create_dir_all(&dir).expect("created");
    fs::write(dir.join(name), format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).expect("set");
    format!("{}:{}", dir.display(), std::env::var("PATH").expect("set"))
}

fn build(sandbox: &Sandbox, dir: &Path, linker: &str, path: &str) -> Run {
    sandbox.ours_with(dir, &["build"], &[(SETTING, linker), ("PATH", path)])
}

fn why(sandbox: &Sandbox, dir: &Path) -> String {
    let told = sandbox.ours(dir, &["why", "app"]).success().stdout();
    told.lines().find(|l| l.contains("(bin)")).expect("a program").to_owned()
}

fn again(dir: &Path) {
    fs::remove_dir_all(dir.join("target")).expect("removed");
}

/// The program's own word on who linked it.
fn is_linked_by(dir: &Path, name: &str) -> bool {
    let program = fs::read(dir.join("target/debug/app")).expect("built");
    program.windows(name.len()).any(|w| w.eq_ignore_ascii_case(name.as_bytes()))
}

pub fn installed(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|d| d.join(name)).find(|p| p.is_file())
}

#[test]
fn a_linker_that_fails_is_done_without_and_not_tried_again() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let log = sandbox.path("calls");
    let path = with_program(&sandbox, "mold", &format!("echo call >> {}; echo broken linker >&2; exit 1", log.display()));
    let run = build(&sandbox, &dir, "mold", &path).success();
    assert!(!run.stderr().contains("broken linker"), "{}", run.stderr());
    sandbox.assert_like_plain(&dir);
    assert_eq!(fs::read_to_string(&log).expect("it was tried"), "call\n");
    let told = why(&sandbox, &dir);
    assert!(told.contains("mold was tried and failed"), "{told}");
    assert_eq!(sandbox.take_stats().0["totals"]["troubles"]["tried-in-vain"], 1);

    // What was made without it is kept as such.
    again(&dir);
    build(&sandbox, &dir, "mold", &path).success();
    sandbox.take_stats().assert_all_hits(2);
    edit(&dir.join("app/src/main.rs"), "[1, 2]", "[1, 3]");
    build(&sandbox, &dir, "mold", &path).success();
    assert_eq!(output(&dir), "one of low/src/lib.rs 3\n");
    assert_eq!(fs::read_to_string(&log).expect("there"), "call\n", "it was not tried a second time");
    // Another program of the same name is.
    with_program(&sandbox, "mold", &format!("echo new >> {}; exit 1", log.display()));
    edit(&dir.join("app/src/main.rs"), "[1, 3]", "[1, 4]");
    build(&sandbox, &dir, "mold", &path).success();
    assert_eq!(fs::read_to_string(&log).expect("there"), "call\nnew\n");
}

#[test]
fn an_error_of_the_sources_is_shown_as_it_is_without_it() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let path = with_program(&sandbox, "mold", "exit 1");
    let missing = "unsafe extern \"C\" { fn gone(); }\nfn main() { unsafe { gone() }; ";
    edit(&dir.join("app/src/main.rs"), "fn main() { ", missing);
    let ours = build(&sandbox, &dir, "mold", &path);
    assert!(!ours.0.status.success());
    let shown = ours.stderr();
    assert_eq!(shown.matches("linking with `cc` failed").count(), 1, "{shown}");
    assert!(shown.contains("gone"), "{shown}");
    edit(&dir.join("app/src/main.rs"), "{ gone() }", "{ gone(1) }");
    let shown = build(&sandbox, &dir, "mold", &path).stderr();
    assert!(shown.contains("E0061") && !shown.contains("linking"), "{shown}");
}

#[test]
fn a_linker_that_the_user_has_named_stays() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let path = with_program(&sandbox, "mold", "exit 1");
    let named = [(SETTING, "mold"), ("PATH", path.as_str()), ("RUSTFLAGS", "-Clink-arg=-fuse-ld=bfd")];
    sandbox.ours_with(&dir, &["build"], &named).success();
    let told = why(&sandbox, &dir);
    assert!(told.ends_with("linked by the linker that cargo was told to use"), "{told}");
    assert_eq!(sandbox.take_stats().0["totals"]["troubles"], serde_json::json!({}));
}

#[test]
fn what_is_installed_links_and_links_again() {
    for (name, program) in [("mold", "mold"), ("wild", "wild")] {
        if installed(program).is_none() {
            eprintln!("SKIPPED: {name} is not installed, so that it links was not tested");
            continue;
        }
        let sandbox = Sandbox::new();
        let dir = sandbox.small("w", "one");
        let path = std::env::var("PATH").expect("set");
        build(&sandbox, &dir, name, &path).success();
        assert!(is_linked_by(&dir, name) && why(&sandbox, &dir).contains(&format!("linked by {name}")), "{name}");
        // Only the machine code of a crate behind it changes: the recorded link is done again, by the same linker.
        edit(&dir.join("low/src/lib.rs"), "{ let not_used = 1; }", "{ let not_used = 2; }");
        build(&sandbox, &dir, name, &path).success();
        let stats = sandbox.take_stats();
        assert_eq!(stats.0["totals"]["hits"]["relinked"], 1, "{:?}", stats.0["totals"]);
        assert!(is_linked_by(&dir, name), "{name}");
        // Without it, nobody gets what it has linked.
        again(&dir);
        build(&sandbox, &dir, "system", &path).success();
        assert!(!is_linked_by(&dir, name), "{name}");
        sandbox.assert_like_plain(&dir);
    }
}
