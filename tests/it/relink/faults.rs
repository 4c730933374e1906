//! Links that fail, programs that are killed, records that are damaged.

use std::fs;

use super::{fates, new_machine_code, output, project};
use crate::support::{Run, Sandbox, processes::wait_until, write};

const BUILD: [&str; 1] = ["build"];
const FAILPOINT: &str = "RUSTC_HYPEROPT_FAILPOINT";

/// What cargo shows, without what is another name in every run.
fn words(run: &Run, root: &str) -> Vec<String> {
    let is_time = |l: &&str| !["Finished", "Compiling", "Hyperopt", "Blocking"].iter().any(|w| l.trim_start().starts_with(w));
    let text = run.stderr().replace(root, "<root>");
    // Temporary directories and objects have another name in every run.
    let is_random = |t: &str| (t.starts_with("rustc") && t.len() == 12) || (t.len() == 8 && t.ends_with(['.', ',']));
    let stable =
        |line: &str| -> String { line.split_inclusive(['/', '.', '"', ',', '{', '}', ' ']).filter(|t| !is_random(t)).collect() };
    text.lines()
        .filter(is_time)
        .map(|l| if l.contains("linking with") || l.contains("note:") { stable(l) } else { l.to_owned() })
        .collect()
}

/// The message of a link that fails names the linker, its arguments and what it said.
#[test]
fn a_link_that_fails_reads_as_ever() {
    let sandbox = Sandbox::new();
    let main = "extern \"C\" { fn nobody_has_this(); }\nfn main() { let x = 1; unsafe { nobody_has_this() } }\n";
    let settings = "[profile.dev]\nincremental = false\ncodegen-units = 1\ndebug = 0\n";
    let (ours, plain) = (
        project(&sandbox, "a", settings, &[("app/src/main.rs", main)]),
        project(&sandbox, "b", settings, &[("app/src/main.rs", main)]),
    );
    let (run, reference) = (sandbox.ours(&ours, &BUILD), sandbox.cargo(&plain, &BUILD));
    assert_eq!((run.code(), reference.code()), (Some(101), Some(101)));
    assert!(run.stderr().contains("linking with `cc` failed"), "{}", run.stderr());
    assert!(!run.stderr().contains("hyperopt-linker"), "{}", run.stderr());
    assert_eq!(words(&run, ours.to_str().expect("plain")), words(&reference, plain.to_str().expect("plain")));
    assert_eq!(left_in_tmp(&sandbox), 0);
}

/// What is below the store's directory for files in the making.
fn left_in_tmp(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.store().join("tmp")).expect("a store").count()
}

/// The stand-in is gone when rustc wants to run it: somebody has removed the cache, or another daemon has swept it.
#[test]
fn a_stand_in_that_is_gone_is_not_missed() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "", &[]);
    let (rustc, note) = (sandbox.path("tools/rustc"), sandbox.path("note"));
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *hyperopt-linker*) rm -rf {}/tmp/.link*; echo x >> {};; esac\nexec {} \"$@\"\n",
        sandbox.store().display(),
        note.display(),
        sandbox.real_rustc().display()
    );
    write(&rustc, &script);
    Run::of(std::process::Command::new("chmod").arg("+x").arg(&rustc)).success();
    let run = sandbox.ours_with(&dir, &BUILD, &[("RUSTC", rustc.to_str().expect("plain"))]).success();
    assert!(note.exists(), "it was gone");
    assert_eq!(output(&dir), "1 2\n");
    assert_eq!(run.stderr().matches("unused variable").count(), 1, "{}", run.stderr());
    assert!(!run.stderr().contains("error"), "{}", run.stderr());
    let stats = sandbox.take_stats();
    assert_eq!((stats.hits(), stats.misses()), (0, 2));
    fs::remove_dir_all(dir.join("target")).expect("removed");
    sandbox.ours_with(&dir, &BUILD, &[("RUSTC", rustc.to_str().expect("plain"))]).success();
    sandbox.take_stats().assert_all_hits(2);
}

/// Old objects that do not go with the new machine code: the compiler has the last word, whatever it is.
#[test]
fn a_relink_that_fails_is_compiled() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "", &[]);
    sandbox.ours(&dir, &BUILD).success();
    sandbox.take_stats();
    new_machine_code(&sandbox, &dir, &BUILD, "pub fn answer() -> u32 { secret() }", "pub fn another() -> u32 { secret() }");
    let run = sandbox.ours(&dir, &BUILD);
    assert_eq!(run.code(), Some(101), "{}", run.stderr());
    assert_eq!(run.stderr().matches("linking with `cc` failed").count(), 1, "{}", run.stderr());
    assert_eq!(run.stderr().matches("unused variable").count(), 1, "{}", run.stderr());
    let stats = sandbox.take_stats();
    assert_eq!(stats.troubles().get("relink-failed"), Some(&1), "{:#}", stats.0);
    new_machine_code(&sandbox, &dir, &BUILD, "black_box(1)", "black_box(3)");
    sandbox.ours(&dir, &BUILD).success();
    assert_eq!(output(&dir), "3 2\n");
}

/// A linker that warns is heard every time.
#[test]
fn a_linker_with_something_to_say_is_not_recorded() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "", &[]);
    super::configure(&dir, "[build]\nrustflags = [\"-Clink-arg=-Wl,--verbose\"]\n");
    sandbox.ours(&dir, &BUILD).success();
    sandbox.take_stats();
    new_machine_code(&sandbox, &dir, &BUILD, "black_box(1)", "black_box(3)");
    sandbox.ours(&dir, &BUILD).success();
    assert_eq!(fates(&sandbox.take_stats()), ["dependency-changed"]);
    assert_eq!(left_in_tmp(&sandbox), 0);
}

#[test]
fn killed_in_the_middle() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "", &[]);
    sandbox.ours(&dir, &BUILD).success();
    for (n, name) in ["wrapper-before-link", "wrapper-after-link", "wrapper-before-replay"].into_iter().enumerate() {
        new_machine_code(&sandbox, &dir, &BUILD, "black_box(1)", &format!("black_box({n}+10)"));
        let note = sandbox.path(&format!("{name}.reached"));
        let run = sandbox.ours_with(&dir, &BUILD, &[(FAILPOINT, &format!("{name}@{}", note.display()))]);
        assert!(run.code() == Some(101) && run.stderr().contains("SIGKILL"), "{name}: {}", run.stderr());
        assert!(note.exists(), "{name} was not reached");
        sandbox.ours(&dir, &BUILD).success();
        assert_eq!(output(&dir), format!("{} 2\n", n + 10));
    }
}

#[test]
fn the_daemon_is_killed_while_it_keeps_a_link() {
    let sandbox = Sandbox::new();
    for name in ["publish-before-objects", "publish-after-link"] {
        let dir = project(&sandbox, name, &format!("[profile.dev]\n# {name}\n"), &[]);
        let note = sandbox.path(&format!("{name}.reached"));
        sandbox.stop_daemon();
        sandbox.ours_with(&dir, &BUILD, &[(FAILPOINT, &format!("{name}@{}", note.display()))]).success();
        wait_until("a daemon that dies", || note.exists());
        sandbox.kill_daemons();
        sandbox.ready();
        new_machine_code(&sandbox, &dir, &BUILD, "black_box(1)", "black_box(3)");
        sandbox.ours(&dir, &BUILD).success();
        assert_eq!(output(&dir), "3 2\n");
        sandbox.ours(&dir, &["cache", "verify"]).success();
        sandbox.ours(&dir, &["cache", "clean", "--all"]).success();
    }
}

/// Objects that were damaged or removed: the program is compiled, and the record made anew.
#[test]
fn damaged_objects_are_made_again() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "", &[]);
    sandbox.ours(&dir, &BUILD).success();
    sandbox.take_stats();
    let blobs = sandbox.store().join("blobs");
    let files =
        fs::read_dir(&blobs).expect("a store").flatten().flat_map(|d| fs::read_dir(d.path()).expect("readable").flatten());
    let mut removed = 0;
    for file in files.map(|f| f.path()) {
        let is_object = fs::read(&file).is_ok_and(|b| b.get(16..18) == Some(&[1, 0]));
        if is_object {
            fs::remove_file(&file).expect("removed");
            removed += 1;
        }
    }
    assert!(removed > 0, "objects are kept");
    for (number, fate) in [("3", "dependency-changed"), ("4", "relinked")] {
        new_machine_code(&sandbox, &dir, &BUILD, "black_box(1)", &format!("black_box({number})"));
        sandbox.ours(&dir, &BUILD).success();
        assert_eq!(output(&dir), format!("{number} 2\n"));
        assert_eq!(fates(&sandbox.take_stats()), [fate]);
    }
}
