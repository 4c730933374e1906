//! State of the same directory: taken when it rests or before `clean`, put back when the unit is compiled without.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{assert_derived, assert_like, build, counted, edit_low, objects, program, project, sessions, settle};
use crate::support::{Sandbox, edit, small::BUILD};

/// A built project of which the state is kept, cleaned and restored; and the same history with plain cargo.
fn restored(sandbox: &Sandbox) -> (PathBuf, PathBuf) {
    let dir = project(sandbox, "ours");
    let plain = sandbox.copy(&dir, "plain");
    build(sandbox, &dir);
    sandbox.cargo(&plain, &BUILD).success();
    sandbox.ours(&dir, &["clean"]).success();
    assert!(!dir.join("target").exists());
    build(sandbox, &dir);
    assert!(sessions(&dir, "low").is_empty(), "it was restored, and nothing is made");
    (dir, plain)
}

#[test]
fn an_edit_after_clean_goes_on_where_it_was() {
    let sandbox = Sandbox::new();
    let (dir, plain) = restored(&sandbox);
    assert_eq!((counted(&sandbox, "kept"), counted(&sandbox, "placed")), (2, 0));
    for dir in [&dir, &plain] {
        edit_low(dir, 1);
    }
    // The objects as they are put back can be seen if the compile fails after that.
    let broken = "compile_error!(\"not yet\");\n";
    let lib = dir.join("low/src/lib.rs");
    let good = fs::read_to_string(&lib).expect("there");
    fs::write(&lib, good.clone() + broken).expect("written");
    assert!(!sandbox.ours(&dir, &BUILD).0.status.success());
    let before = objects(&dir, "low");
    fs::write(&lib, good).expect("written");
    build(&sandbox, &dir);
    sandbox.cargo(&plain, &BUILD).success();
    assert_derived(&before, &objects(&dir, "low"));
    assert_like(&dir, &plain);
    assert_eq!(counted(&sandbox, "placed"), 1, "the program is not compiled again");
    sandbox.assert_sound();
    sandbox.cargo(&dir, &BUILD).assert_no_op();
}

#[test]
fn a_newer_state_takes_the_place_of_an_older_one() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "ours");
    let blobs = || {
        settle(&sandbox);
        each_state_blob(&sandbox.store(), |_| ())
    };
    build(&sandbox, &dir);
    let first = blobs();
    assert!(first >= 4, "graph and results of queries of two crates: {first}");
    edit_low(&dir, 1);
    build(&sandbox, &dir);
    assert_eq!(blobs(), first);
    edit(&dir.join("low/src/lib.rs"), "{x} 1", "{x} 2");
    build(&sandbox, &dir);
    let all = (blobs(), counted(&sandbox, "kept"));
    assert_eq!(all, (first, 4), "the program was not compiled again");
    sandbox.assert_sound();
}

#[test]
fn damaged_state_costs_nothing_but_time() {
    let sandbox = Sandbox::new();
    let (dir, plain) = restored(&sandbox);
    for dir in [&dir, &plain] {
        edit_low(dir, 1);
    }
    sandbox.stop_daemon();
    // Blobs are files of the store; those of state are told by what is in them.
    let truncated = truncate_states(&sandbox.store());
    assert!(truncated > 0);
    build(&sandbox, &dir);
    sandbox.cargo(&plain, &BUILD).success();
    assert_eq!(program(&dir), program(&plain));
    let troubles = sandbox.take_stats().troubles();
    assert!(troubles.contains_key("state-damaged") || troubles.contains_key("damaged-blob"), "{troubles:?}");
    assert!(sandbox.ours(&dir, &["cache", "verify"]).code().is_some(), "what else is damaged is set aside");
    sandbox.assert_sound();
}

#[test]
fn bytes_that_changed_behind_an_equal_signature_are_not_placed() {
    let sandbox = Sandbox::new();
    let (dir, plain) = restored(&sandbox);
    for dir in [&dir, &plain] {
        edit_low(dir, 1);
    }
    sandbox.stop_daemon();
    let changed = each_state_blob(&sandbox.store(), |path| {
        let times = fs::metadata(path).expect("there").modified().expect("a time");
        let mut bytes = fs::read(path).expect("there");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        let file = writable(path);
        std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).expect("written");
        file.set_modified(times).expect("set");
    });
    assert!(changed > 0);
    build(&sandbox, &dir);
    sandbox.cargo(&plain, &BUILD).success();
    assert_eq!(program(&dir), program(&plain));
    assert_eq!(sessions(&dir, "low").len(), 1, "the compiler has made its own");
}

#[test]
fn state_of_other_flags_or_of_another_directory_is_not_placed() {
    let sandbox = Sandbox::new();
    let (dir, _) = restored(&sandbox);
    let before = counted(&sandbox, "placed");
    let debug = [("CARGO_PROFILE_DEV_DEBUG", "0")];
    sandbox.ours_with(&dir, &BUILD, &debug).success();
    let moved = sandbox.copy(&dir, "moved");
    edit_low(&moved, 1);
    build(&sandbox, &moved);
    assert_eq!(counted(&sandbox, "placed"), before);
}

#[test]
fn killed_while_it_is_placed() {
    let sandbox = Sandbox::new();
    let (dir, plain) = restored(&sandbox);
    for dir in [&dir, &plain] {
        edit_low(dir, 1);
    }
    for point in ["wrapper-between-state-files", "wrapper-after-state"] {
        assert!(!sandbox.ours_with(&dir, &BUILD, &[("RUSTC_HYPEROPT_FAILPOINT", point)]).0.status.success(), "{point}");
    }
    build(&sandbox, &dir);
    sandbox.cargo(&plain, &BUILD).success();
    assert_like(&dir, &plain);
}

fn truncate_states(store: &Path) -> usize {
    each_state_blob(store, |path| {
        let file = writable(path);
        file.set_len(file.metadata().expect("there").len() / 2).expect("truncated");
    })
}

fn writable(path: &Path) -> fs::File {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("set");
    fs::File::options().write(true).open(path).expect("opened")
}

/// Dependency graphs, caches of queries and lists of work products begin with `RSIC`.
fn each_state_blob(dir: &Path, change: impl Fn(&Path)) -> usize {
    fn walk(dir: &Path, change: &dyn Fn(&Path)) -> usize {
        let entries = fs::read_dir(dir).expect("readable").flatten();
        let one = |path: PathBuf| {
            if path.is_dir() {
                return walk(&path, change);
            }
            let is_state = fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"RSIC"));
            if is_state {
                change(&path);
            }
            usize::from(is_state)
        };
        entries.map(|e| one(e.path())).sum()
    }
    walk(dir, &change)
}
