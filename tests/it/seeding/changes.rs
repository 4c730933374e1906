//! What was true when a directory was prepared is not true any more: it was cleaned, the lock file or the tools have
//! changed, the store is gone, or nobody wants this at all.

use std::{fs, path::Path};

use crate::support::{
    Run, edit, exe,
    kit::{GIT, Kit, REGISTRY, Said},
    processes::wait_until,
};

const BUILD: [&str; 1] = ["build"];
const PROGRAM: &str = "target/debug/app";
const ALL: [&str; 9] = ["app", "kit-base", "kit-gen", "kit-mac", "kit-mid", "kit-native", "kit-top", "leaf", "twig"];

type Env<'a> = &'a [(&'a str, &'a str)];

#[track_caller]
fn with(kit: &Kit, program: &str, dir: &Path, env: Env<'_>) -> Said {
    kit.sandbox.ready();
    Said::of(Run::of(kit.sandbox.command(program, dir).args(["build", "-v"]).envs(env.iter().copied())))
}

#[test]
fn cleaned() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let (dir, plain) = (kit.copy("copy"), kit.reference("first", &BUILD));
    let all = || GIT.iter().chain(&REGISTRY);
    kit.fill(&dir, &BUILD).assert_made(&["app"]);
    kit.sandbox.cargo(&dir, &["clean"]).success();
    kit.fill(&dir, &BUILD).assert_made(&[]).assert_fresh(all());
    fs::remove_dir_all(dir.join("target/debug")).expect("removed");
    kit.fill(&dir, &BUILD).assert_made(&[]).assert_fresh(all());
    kit.assert_like(&dir, &plain, &BUILD, PROGRAM);
    for part in ["deps", ".fingerprint", "build"] {
        fs::remove_dir_all(dir.join("target/debug").join(part)).expect("removed");
        kit.fill(&dir, &BUILD);
        kit.assert_like(&dir, &plain, &BUILD, PROGRAM);
    }
    kit.sandbox.cargo(&dir, &["clean", "--package", "kit-mid"]).success();
    kit.ours(&dir, &BUILD);
    kit.assert_like(&dir, &plain, &BUILD, PROGRAM);
}

#[test]
fn another_lock_file() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let changed = kit.copy("changed");
    edit(&kit.sandbox.path("kit/kit-base/src/lib.rs"), "\"base\"", "\"other base\"");
    kit.commit("kit");
    kit.sandbox.cargo(&changed, &["update"]).success();
    let said = kit.fill(&changed, &BUILD);
    // Of a repository, every package is another one; those of the registry are the same.
    said.assert_fresh(&REGISTRY);
    assert_eq!(said.made.len(), 1 + GIT.len(), "{}", said.text);
    let (copy, plain) = (kit.sandbox.copy(&changed, "copy"), kit.sandbox.copy(&changed, "plain/changed"));
    kit.ours(&copy, &BUILD).assert_made(&["app"]);
    kit.plain(&plain, &BUILD);
    for dir in [&changed, &copy] {
        kit.assert_like(dir, &plain, &BUILD, PROGRAM);
    }
    // In a directory that was prepared for the old one.
    let old = kit.copy("old");
    kit.ours(&old, &BUILD).assert_made(&["app"]);
    fs::copy(changed.join("Cargo.lock"), old.join("Cargo.lock")).expect("copied");
    kit.ours(&old, &BUILD).assert_fresh(&REGISTRY);
    kit.assert_like(&old, &plain, &BUILD, PROGRAM);
}

#[test]
fn no_lock_file_yet() {
    let kit = Kit::new();
    let (first, second) = (kit.copy("a"), kit.copy("b"));
    for dir in [&first, &second] {
        fs::remove_file(dir.join("Cargo.lock")).expect("there");
    }
    kit.fill(&first, &BUILD).assert_made(&ALL);
    kit.ours(&kit.copy("c"), &BUILD).assert_made(&["app"]);
    kit.ours(&second, &BUILD);
    kit.assert_like(&second, &kit.reference("first", &BUILD), &BUILD, PROGRAM);
}

#[test]
fn the_store_is_gone() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let (seeded, copy, plain) = (kit.copy("seeded"), kit.copy("copy"), kit.reference("first", &BUILD));
    kit.fill(&seeded, &BUILD).assert_made(&["app"]);
    fs::remove_dir_all(kit.sandbox.store()).expect("removed");
    kit.fill(&seeded, &BUILD).assert_nothing_done();
    kit.ours(&copy, &BUILD).assert_made(&ALL);
    edit(&seeded.join("src/main.rs"), "fn main() {\n", "fn main() {\n\n");
    kit.ours(&seeded, &BUILD).assert_made(&["app"]);
    for dir in [&seeded, &copy] {
        kit.assert_like(dir, &plain, &BUILD, PROGRAM);
    }
}

#[test]
fn what_was_removed_to_make_room_is_compiled() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    kit.sandbox.ours(&kit.app, &["cache", "clean", "--all"]).success();
    let (copy, again) = (kit.copy("copy"), kit.copy("again"));
    kit.fill(&copy, &BUILD).assert_made(&ALL);
    kit.assert_like(&copy, &kit.reference("first", &BUILD), &BUILD, PROGRAM);
    kit.ours(&again, &BUILD).assert_made(&["app"]);
}

#[test]
fn nobody_wants_it() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let no_seeds = [("RUSTC_HYPEROPT_AI_COLD_START_OPTIMIZATION", "false")];
    let off = [("RUSTC_HYPEROPT", "off")];
    let wrapper = ("RUSTC_WRAPPER", exe());
    let cases: [(&str, &str, Env<'_>); 4] = [
        ("a", exe(), &no_seeds),
        ("b", exe(), &off),
        ("c", "cargo", &[no_seeds[0], wrapper]),
        ("d", "cargo", &[off[0], wrapper]),
    ];
    for (name, program, env) in cases {
        let dir = kit.copy(name);
        with(&kit, program, &dir, env).assert_made(&ALL);
        kit.settle();
        assert!(!dir.join("target/.rustc-hyperopt").exists(), "{name}");
    }
}

/// Units are found by cargo's names, which know nothing of what is excluded, added to keys, or to be read before every use.
#[test]
fn what_a_configuration_asks_for_is_kept() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let cases = [
        ("exclude", "[cache]\nexclude = ['kit-base']\n"),
        ("salt", "[cache]\nkey_salt = 'x'\n"),
        ("variable", "[cache]\nkey_env = ['X']\n"),
        ("verify", "[cache]\nverify = 'always'\n"),
        ("unreadable", "[cache\n"),
    ];
    for (name, text) in cases {
        let dir = kit.copy(name);
        fs::write(dir.join(".rustc-hyperopt.toml"), text).expect("written");
        for (program, env) in [(exe(), None), ("cargo", Some(("RUSTC_WRAPPER", exe())))] {
            with(&kit, program, &dir, env.as_slice()).assert_made(&ALL);
            kit.settle();
            assert!(!dir.join("target/.rustc-hyperopt").exists(), "{name}");
            fs::remove_dir_all(dir.join("target")).expect("removed");
        }
    }
}

#[test]
fn other_tools() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    kit.sandbox.script("tools/cc", "exec /usr/bin/env -i PATH=/usr/bin:/bin cc \"$@\"");
    let path = format!("{}:{}", kit.sandbox.path("tools").display(), std::env::var("PATH").expect("set"));
    let (other, again) = (kit.copy("other"), kit.copy("again"));
    kit.sandbox.take_stats();
    let env = [("PATH", path.as_str())];
    // What the script has made may owe something to the compiler; everything else does not.
    let said = with(&kit, exe(), &other, &env);
    said.assert_made(&["app", "kit-native", "kit-gen", "kit-mid", "kit-top"])
        .assert_fresh(&["kit-base", "kit-mac", "leaf", "twig"]);
    let told = kit.sandbox.ours(&other, &["stats", "--detailed"]).success().stdout();
    assert!(told.contains("its build script ran with other tools"), "{told}");
    let stats = kit.sandbox.take_stats();
    let left_out = &stats.0["totals"]["not_seeded"];
    assert!(left_out["tools"] == 2 && left_out["dependency"].as_u64() >= Some(2), "{:#}", stats.0);
    kit.assert_like(&other, &kit.reference("first", &BUILD), &BUILD, PROGRAM);
    kit.settle();
    with(&kit, exe(), &again, &env).assert_made(&["app"]);
    // Both ways of building are remembered.
    kit.settle();
    kit.ours(&kit.copy("back"), &BUILD).assert_made(&["app"]);
}

#[test]
fn what_is_known_is_not_taken_in_again() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    // A daemon that would die of it.
    let note = kit.sandbox.path("taken in");
    let value = format!("ingest-before-note@{}", note.display());
    let ready = || kit.sandbox.ours_with(&kit.app, &["cache", "--size"], &[("RUSTC_HYPEROPT_FAILPOINT", &value)]);
    wait_until("a daemon", || ready().0.status.success());
    kit.ours(&kit.copy("copy"), &BUILD).assert_made(&["app"]);
    kit.settle();
    assert!(!note.exists());
}
