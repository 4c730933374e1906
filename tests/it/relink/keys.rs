//! What must be the same for a program to be linked from its old objects.

use super::{archive, configure, edited_machine_code, fates, new_machine_code, output, project};
use crate::support::{Sandbox, edit, write};

const BUILD: [&str; 1] = ["build"];

/// Machine code and something else have changed.
#[track_caller]
fn also(what: &str, change: impl FnOnce(&std::path::Path)) {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "", &[]);
    configure(&dir, "[build]\nrustflags = []\n");
    sandbox.ours(&dir, &BUILD).success();
    sandbox.take_stats();
    new_machine_code(&sandbox, &dir, &BUILD, "black_box(1)", "black_box(9)");
    change(&dir);
    sandbox.ours(&dir, &BUILD).success();
    let stats = sandbox.take_stats();
    assert!(!fates(&stats).iter().any(|f| f == "relinked"), "{what}: {:#}", stats.0);
}

#[test]
fn sources_arguments_and_metadata_count() {
    also("a source of the program", |dir| edit(&dir.join("app/src/other.rs"), "2]", "2, 3]"));
    also("a profile", |dir| {
        edit(&dir.join("Cargo.toml"), "resolver = \"2\"\n", "resolver = \"2\"\n[profile.dev]\npanic = \"abort\"\n")
    });
    also("an argument of the linker", |dir| configure(dir, "[build]\nrustflags = [\"-Clink-arg=-Wl,-z,now\"]\n"));
    also("metadata", |dir| edit(&dir.join("base/src/lib.rs"), "-> Vec<T> {", "-> Vec<T> { let v = v;"));
}

#[test]
fn a_second_edit_and_one_that_is_undone() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "", &[]);
    sandbox.ours(&dir, &BUILD).success();
    sandbox.take_stats();
    let saved = sandbox.path("saved.rlib");
    for (number, fate) in [("5", "relinked"), ("6", "relinked"), ("5", "exact")] {
        if fate == "relinked" {
            new_machine_code(&sandbox, &dir, &BUILD, "black_box(1)", &format!("black_box({number})"));
        } else {
            std::fs::copy(&saved, archive(&dir, &BUILD)).expect("put back");
        }
        if !saved.exists() {
            std::fs::copy(archive(&dir, &BUILD), &saved).expect("saved");
        }
        sandbox.ours(&dir, &BUILD).success();
        assert_eq!(output(&dir), format!("{number} 2\n"));
        assert_eq!(fates(&sandbox.take_stats()), [fate], "what was linked is stored like any other result");
    }
}

/// The first edit after a build that was restored: there is no incremental state to compile the program with.
#[test]
fn in_another_checkout_with_another_target_directory() {
    let sandbox = Sandbox::new();
    let first = project(&sandbox, "first", "", &[]);
    sandbox.ours(&first, &BUILD).success();
    sandbox.take_stats();
    let second = sandbox.copy(&first, "other place/second");
    let target = sandbox.path("elsewhere");
    configure(&second, &format!("[build]\ntarget-dir = \"{}\"\n", target.display()));
    sandbox.ours(&second, &BUILD).success();
    sandbox.take_stats().assert_all_hits(2);
    std::os::unix::fs::symlink(&target, second.join("target")).expect("linked");
    edited_machine_code(&sandbox, &second, "black_box(1)", "black_box(7)");
    std::fs::remove_dir_all(first).expect("removed");
    sandbox.ours(&second, &BUILD).success();
    let stats = sandbox.take_stats();
    assert_eq!(fates(&stats), ["relinked"], "{:#}", stats.0);
    assert_eq!(output(&second), "7 2\n");
    sandbox.cargo(&second, &BUILD).assert_no_op();
}

/// A directory that is baked into the program keeps it to that directory.
#[test]
fn baked_in_places_are_respected() {
    let sandbox = Sandbox::new();
    let main = "fn main() { println!(\"{} {}\", base::answer(), env!(\"CARGO_MANIFEST_DIR\")); }\n";
    let first = project(&sandbox, "first", "", &[("app/src/main.rs", main)]);
    sandbox.ours(&first, &BUILD).success();
    let second = sandbox.copy(&first, "second");
    sandbox.ours(&second, &BUILD).success();
    for (dir, number) in [(&first, 8), (&second, 9)] {
        edited_machine_code(&sandbox, dir, "black_box(1)", &format!("black_box({number})"));
        sandbox.ours(dir, &BUILD).success();
        assert_eq!(output(dir), format!("{number} {}/app\n", dir.display()));
        assert_eq!(fates(&sandbox.take_stats()), ["relinked"]);
    }
}

#[test]
fn switched_off_means_compiled() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "", &[]);
    write(&dir.join(".rustc-hyperopt.toml"), "[ai]\nsemantic_analysis = false\n");
    sandbox.ours(&dir, &BUILD).success();
    sandbox.take_stats();
    new_machine_code(&sandbox, &dir, &BUILD, "black_box(1)", "black_box(9)");
    sandbox.ours(&dir, &BUILD).success();
    assert_eq!(fates(&sandbox.take_stats()), ["dependency-changed"]);
    assert_eq!(output(&dir), "9 2\n");
}
