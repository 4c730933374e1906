//! Several builds at once on one store: each compile happens once.

use std::{fs, path::Path};

use nix::sys::signal::Signal;

use crate::support::{
    Sandbox, exe,
    gate::Gate,
    processes::{Running, compiler_of, wait_for, wait_until, wrapper_of},
    projects::WORKSPACE,
    small::{BUILD, UNITS},
};

#[test]
fn two_builds_at_once_share_every_compile() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "shared");
    let second = sandbox.copy(&first, "second");
    sandbox.ready();
    let both = [sandbox.start(&first, &BUILD), sandbox.start(&second, &BUILD)];
    for build in both {
        build.finish().success();
    }
    let stats = sandbox.take_stats();
    assert_eq!((stats.misses(), stats.hits(), stats.bypasses()), (UNITS, UNITS, 0), "{:#}", stats.0);
    sandbox.assert_like_plain(&first);
    sandbox.assert_like_plain(&second);
    sandbox.assert_heals(&first);
}

#[test]
fn three_builds_of_every_crate_type_at_once() {
    let sandbox = Sandbox::new();
    let first = sandbox.project("first", WORKSPACE);
    let dirs = [first.clone(), sandbox.copy(&first, "second"), sandbox.copy(&first, "third")];
    sandbox.ready();
    let args = ["test", "--workspace", "--no-run", "--all-targets"];
    let builds = dirs.each_ref().map(|dir| sandbox.start(dir, &args));
    for build in builds {
        build.finish().success();
    }
    let stats = sandbox.take_stats();
    assert_eq!((stats.hits(), stats.bypasses()), (2 * stats.misses(), 0), "each compile once: {:#}", stats.0);
    dirs.iter().for_each(|dir| sandbox.cargo(dir, &args).assert_no_op());
    let fourth = sandbox.copy(&first, "fourth");
    sandbox.ours(&fourth, &args).success();
    sandbox.take_stats().assert_all_hits(10);
    sandbox.assert_sound();
}

#[test]
fn a_follower_whose_leader_is_killed_compiles_itself() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "follower");
    let second = sandbox.copy(&first, "second");
    let gate = Gate::closed(&sandbox);
    let start = |dir: &Path| Running::start(sandbox.command(exe(), dir).args(BUILD).env("RUSTC", &gate.rustc));
    sandbox.ready();
    let leading = start(&first);
    wait_for("the leader's compiler", || compiler_of("low", &first));
    let following = start(&second);
    wait_until("a follower", || wrapper_of("low", &second).is_some_and(|w| w.has_socket()));
    wrapper_of("low", &first).expect("the leader waits at the gate").signal(Signal::SIGKILL);
    assert_eq!(leading.finish().0.status.code(), Some(101));
    wait_for("the follower's own compiler", || compiler_of("low", &second));
    gate.open();
    following.finish().success();
    sandbox.assert_like_plain(&second);
    sandbox.assert_heals(&second);
}

#[test]
fn of_64_equal_compiles_at_once_one_runs() {
    let sandbox = Sandbox::new();
    let dir = sandbox.project("one", [("src/lib.rs", "pub fn one() -> u32 { 1 }\n")]);
    let log = sandbox.path("compiles");
    let note = format!("case \"$*\" in *--crate-name*--out-dir*) echo \"$*\" >> '{}';; esac", log.display());
    let rustc = sandbox.compiler(&note);
    fs::create_dir_all(dir.join("target")).expect("created");
    sandbox.ready();
    let line = "--crate-name one --edition=2021 src/lib.rs --error-format=json --json=diagnostic-rendered-ansi,artifacts \
                --crate-type lib --emit=dep-info,metadata,link -C metadata=0123 -C extra-filename=-0123 --out-dir";
    let wrappers: Vec<Running> = (0..64)
        .map(|_| {
            let mut command = sandbox.command(exe(), &dir);
            command.env("CARGO_PKG_NAME", "one").arg(&rustc).args(line.split_whitespace()).arg(dir.join("target"));
            Running::start(&mut command)
        })
        .collect();
    let messages: Vec<String> = wrappers.into_iter().map(|w| w.finish().success().stderr()).collect();
    assert!(messages[0].contains("libone-0123.rlib"), "{}", messages[0]);
    assert!(messages.iter().all(|m| *m == messages[0]), "everybody is told the same: {messages:#?}");
    let compiles = fs::read_to_string(&log).expect("read");
    assert_eq!(compiles.lines().count(), 1, "{compiles}");
    let stats = sandbox.take_stats();
    assert_eq!((stats.misses(), stats.hits(), stats.bypasses()), (1, 63, 0), "{:#}", stats.0);
    sandbox.assert_sound();
}
