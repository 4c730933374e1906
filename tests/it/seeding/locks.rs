//! Cargo's locks: nothing is put into a directory in which somebody builds, and nobody waits because of us.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt,
};

use nix::fcntl::{Flock, FlockArg};

use crate::support::{
    Run, exe,
    gate::Gate,
    kit::{Kit, Said},
    processes::{self, Running, wait_for, wait_until},
};

const BUILD: [&str; 1] = ["build"];
const WAITS: &str = "Blocking waiting for file lock";

#[test]
fn where_somebody_builds_nothing_is_put() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let copy = kit.copy("copy");
    let lock = copy.join("target/debug/.cargo-lock");
    fs::create_dir_all(copy.join("target/debug")).expect("created");
    let held = Flock::lock(File::create(&lock).expect("created"), FlockArg::LockExclusive).expect("free");
    kit.sandbox.take_stats();
    let ours = Running::start(kit.sandbox.command(exe(), &copy).args(["build", "-v"]));
    let inode = format!(":{} ", fs::metadata(&lock).expect("there").ino());
    let waits = |l: &str| l.contains("->") && l.contains(&inode);
    wait_until("cargo to wait", || fs::read_to_string("/proc/locks").expect("Linux").lines().any(waits));
    assert!(!copy.join("target/.rustc-hyperopt").exists());
    assert_eq!(fs::read_dir(copy.join("target/debug")).expect("there").flatten().filter(|e| e.path() != lock).count(), 1);
    drop(held);
    let said = Said::of(ours.finish());
    assert!(said.text.contains(WAITS) && said.made.len() > 5 && said.fresh.is_empty(), "{}", said.text);
    let stats = kit.sandbox.take_stats();
    assert_eq!(stats.0["totals"]["seeded"], 0, "{:#}", stats.0);
    kit.assert_like(&copy, &kit.reference("first", &BUILD), &BUILD, "target/debug/app");
}

#[test]
fn nobody_waits_while_units_are_taken_in() {
    let kit = Kit::new();
    kit.plain(&kit.app, &BUILD);
    for _ in 0..5 {
        drop(fs::remove_dir_all(kit.app.join("target/.rustc-hyperopt")));
        kit.ours(&kit.app, &BUILD).assert_nothing_done();
        // The daemon is at it now, or will be in a moment.
        for _ in 0..3 {
            let said = kit.plain(&kit.app, &BUILD);
            assert!(!said.text.contains(WAITS), "{}", said.text);
        }
    }
    kit.settle();
    kit.ours(&kit.copy("copy"), &BUILD).assert_made(&["app"]);
}

#[test]
fn what_is_being_built_is_not_taken_in() {
    let kit = Kit::with(&[], "", "fn main() {}\n");
    // A member called `low` whose compiler waits, behind all that was downloaded.
    let main = "fn main() { println!(\"{}\", kit_top::all()); }\n";
    let app = kit.program("low", &kit.manifest("low", &kit.needs("kit-top", "")), main);
    let gate = Gate::closed(&kit.sandbox);
    let rustc = gate.rustc.to_str().expect("text").to_owned();
    let mut command = kit.sandbox.command("cargo", &app);
    let build = Running::start(command.args(["build", "-v"]).env("RUSTC_WRAPPER", exe()).env("RUSTC", &rustc));
    wait_for("the compiler", || processes::wrapper_of("low", &app));
    assert!(!app.join("target/.rustc-hyperopt/seeded").exists());
    gate.open();
    Said::of(build.finish());
    kit.settle();
    let copy = kit.sandbox.copy(&app, "copy");
    kit.sandbox.ready();
    let mut command = kit.sandbox.command(exe(), &copy);
    Said::of(Run::of(command.args(["build", "-v"]).env("RUSTC", &rustc))).assert_made(&["low"]).assert_fresh(&["kit-top"]);
}
