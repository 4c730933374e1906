//! `rustc-hyperopt build -p` and its like, from the command line to the last line of help.

use std::path::Path;

use crate::support::{Run, Sandbox, edit, exe};

const TOP: &str = "[workspace]\nmembers = [\"low\", \"app\"]\nresolver = \"2\"\n";
const LOW: &str = "[package]\nname = \"low\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const APP: &str =
    "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nlow = { path = \"../low\" }\n";

/// A library and a program that uses it.
fn workspace<'a>(low: &'a str, app: &'a str) -> [(&'a str, &'a str); 5] {
    [("Cargo.toml", TOP), ("low/Cargo.toml", LOW), ("low/src/lib.rs", low), ("app/Cargo.toml", APP), ("app/src/main.rs", app)]
}

const GOOD_LOW: &str =
    "pub struct User { pub name: String }\npub fn user(name: &str) -> User { User { name: name.to_string() } }\n";
const GOOD_APP: &str = "fn main() { println!(\"{}\", low::user(\"x\").name); }\n";

fn help(run: &Run) -> String {
    let text = run.stderr();
    text.split_once("        Help ").map(|(_, help)| help.to_owned()).unwrap_or_default()
}

/// What cargo says, without times and without what we add.
fn without_help(text: &str) -> String {
    let text = text.split_once("\n        Help ").map_or(text, |(before, _)| before);
    let kept = text.lines().filter(|l| !l.contains("Hyperopt") && !l.contains("Finished") && !l.contains("Blocking"));
    kept.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[test]
fn help_stands_below_cargos_own_output_and_the_exit_code_is_cargos() {
    let sandbox = Sandbox::new();
    let app =
        "fn main() {\n    let name = low::user(\"x\").name;\n    let other = name;\n    println!(\"{}{}\", name, other);\n}\n";
    let dir = sandbox.project("p", workspace(GOOD_LOW, app));
    let plain = sandbox.cargo(&dir, &["build", "-j1"]);
    std::fs::remove_dir_all(dir.join("target")).expect("removed");
    let run = sandbox.ours(&dir, &["build", "-j1", "-p"]);
    assert_eq!((run.code(), plain.code()), (Some(101), Some(101)));
    assert_eq!(without_help(&run.stderr()), without_help(&plain.stderr()));
    let help = help(&run);
    for part in [
        "1 error\n",
        "1. E0382: borrow of moved value: `name`",
        "app/src/main.rs:4:22 (app, bin app)   rustc --explain E0382",
        "`name` was given away in line 3 and can no longer be used here. A `String` is moved, not copied.",
        "4 |     println!(\"{}{}\", name, other);",
        "(can be applied: --fix)",
        "     3 -     let other = name;",
        "     3 +     let other = name.clone();",
    ] {
        assert!(help.contains(part), "{part:?} in\n{help}");
    }
    // Nothing is left behind, and a second run says the same.
    let again = sandbox.ours(&dir, &["build", "-j1", "-p"]);
    assert_eq!(self::help(&again), help);
    edit(&dir.join("app/src/main.rs"), "let other = name;", "let other = &name;");
    let good = sandbox.ours(&dir, &["build", "-p"]).success();
    assert!(!good.stderr().contains("Help"), "{}", good.stderr());
}

#[test]
fn one_cause_in_a_library_and_its_tests_is_one() {
    let sandbox = Sandbox::new();
    let low = "pub fn a() -> HashMap<u8, u8> { HashMap::new() }\n#[cfg(test)]\nmod tests { #[test] fn t() { super::a(); } }\n";
    let dir = sandbox.project("p", workspace(low, GOOD_APP));
    for command in [&["test", "--workspace", "-p"][..], &["check", "--all-targets", "--keep-going", "--prompt"]] {
        let run = sandbox.ours(&dir, command);
        assert_eq!(run.code(), Some(101));
        let help = help(&run);
        assert!(help.starts_with("2 errors, 1 cause\n"), "{command:?}: {help}");
        assert!(help.contains("use std::collections::HashMap;"), "{help}");
        // Without `--keep-going` cargo may not have begun with the second.
        let both = help.contains("(low, lib and test low)") || help.contains("(low, test low and lib)");
        assert!(both || command[0] == "test", "{help}");
    }
}

#[test]
fn errors_of_several_packages_and_of_clippy_and_run() {
    let sandbox = Sandbox::new();
    let low = "pub struct User { pub name: String }\npub fn user(name: &str) -> User { let x = name; return User { name: x.to_string() }; }\n";
    let dir = sandbox.project("p", workspace(low, "fn main() { low::user(\"x\"); undefined_here(); }\n"));
    let clippy = sandbox.ours(&dir, &["clippy", "-p", "--", "-D", "clippy::needless_return"]);
    assert_eq!(clippy.code(), Some(101), "{}", clippy.stderr());
    let text = help(&clippy);
    assert!(text.contains("The lint `clippy::needless_return`"), "{}", clippy.stderr());
    let run = sandbox.ours(&dir, &["run", "--prompt", "--", "-p", "--fix"]);
    assert_eq!(run.code(), Some(101));
    assert!(help(&run).contains("`undefined_here`"), "{}", run.stderr());
    // A program that fails is no error of the compiler's.
    edit(
        &dir.join("app/src/main.rs"),
        "undefined_here();",
        "assert_eq!(std::env::args().nth(1).as_deref(), Some(\"-p\")); std::process::exit(7);",
    );
    let run = sandbox.ours(&dir, &["run", "-p", "--", "-p"]);
    assert_eq!((run.code(), help(&run)), (Some(7), String::new()), "{}", run.stderr());
}

#[test]
fn one_wrong_type_in_forty_places() {
    let sandbox = Sandbox::new();
    let calls: String = (0..40).map(|n| format!("    low::user({n});\n")).collect();
    let app = format!("fn main() {{\n{calls}}}\n");
    let dir = sandbox.project("p", workspace(GOOD_LOW, &app));
    let run = sandbox.ours(&dir, &["check", "-p"]);
    let help = help(&run);
    assert!(help.starts_with("40 errors, 1 cause\n") && help.contains("and 39 more of the same cause: "), "{help}");
    assert!(help.lines().count() <= 16, "{help}");
}

#[test]
fn without_the_cache_and_beside_other_wrappers_there_is_help_all_the_same() {
    let sandbox = Sandbox::new();
    let app = "fn main() { low::user(\"x\").nam; }\n";
    let dir = sandbox.project("p", workspace(GOOD_LOW, app));
    let wanted = sandbox.ours(&dir, &["build", "-p"]);
    assert!(help(&wanted).contains("`User` has no field `nam`; there is `name`"), "{}", wanted.stderr());
    for env in [("RUSTC_HYPEROPT", "off"), ("RUSTC_WORKSPACE_WRAPPER", "ENV"), ("TMPDIR", "TMP")] {
        let value = match env.1 {
            "ENV" => script(&sandbox, "wrapper", "exec \"$@\""),
            "TMP" => sandbox.path("made on the way").display().to_string(),
            other => other.to_owned(),
        };
        for command in ["build", "run", "test"] {
            let run = sandbox.ours_with(&dir, &[command, "-p"], &[(env.0, &value)]);
            assert_eq!(run.code(), Some(101), "{env:?} {command}");
            let text = help(&run);
            assert!(text.contains("`User` has no field `nam`; there is `name`"), "{env:?} {command}: {}", run.stderr());
        }
    }
    let off = sandbox.ours_with(&dir, &["build", "-p", "low", "-p"], &[("RUSTC_HYPEROPT", "off")]).success();
    assert_eq!(help(&off), "");
}

fn script(sandbox: &Sandbox, name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = sandbox.path(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    path.display().to_string()
}

#[test]
fn colours_and_other_formats_are_as_asked_for() {
    let sandbox = Sandbox::new();
    let dir = sandbox.project("p", workspace(GOOD_LOW, "fn main() { nobody(); }\n"));
    let coloured = sandbox.ours(&dir, &["build", "-p", "--color", "always"]);
    assert!(coloured.stderr().contains("\u{1b}[1m\u{1b}[32m        Help") || coloured.stderr().contains("Help\u{1b}[0m"));
    let plain = sandbox.ours(&dir, &["build", "-p", "--color", "never"]);
    assert!(!plain.stderr().contains('\u{1b}'), "{}", plain.stderr());
    let json = sandbox.ours(&dir, &["build", "-p", "--message-format=json"]);
    assert!(json.stdout().lines().all(|l| l.starts_with('{')) && !json.stdout().contains("Help"), "{}", json.stdout());
    assert!(help(&json).contains("`nobody`"), "{}", json.stderr());
    let quiet = sandbox.ours(&dir, &["build", "-p", "-q"]);
    assert!(help(&quiet).contains("`nobody`"), "{}", quiet.stderr());
}

#[test]
fn what_a_test_compiles_is_not_explained() {
    let sandbox = Sandbox::new();
    let low = "#[test]\nfn compiles() {\n    let run = std::process::Command::new(\"cargo\").args([\"check\", \"--message-format=json\"])\
               .current_dir(std::env::var(\"OTHER\").unwrap()).output().unwrap();\n    assert!(run.status.success());\n}\n";
    let dir = sandbox.project("p", workspace(low, GOOD_APP));
    let other = sandbox.project("other", workspace("pub fn f() { wrong(); }\n", GOOD_APP));
    let mut command = sandbox.command(exe(), &dir);
    let run = Run::of(command.args(["test", "-p", "low", "-p"]).env("OTHER", &other));
    assert_eq!(run.code(), Some(101));
    assert!(run.stdout().contains("test compiles ... FAILED"), "{}{}", run.stdout(), run.stderr());
    assert_eq!(help(&run), "", "{}", run.stderr());
}

#[test]
fn the_variable_is_no_part_of_a_key_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    let dir = sandbox.project("p", workspace(GOOD_LOW, GOOD_APP));
    let tmp = sandbox.path("tmp");
    std::fs::create_dir(&tmp).expect("created");
    let tmp_text = tmp.display().to_string();
    sandbox.ours_with(&dir, &["build"], &[("TMPDIR", &tmp_text)]).success();
    sandbox.take_stats();
    let copy = sandbox.copy(&dir, "copy");
    sandbox.ours_with(&copy, &["build", "-p"], &[("TMPDIR", &tmp_text)]).success();
    sandbox.take_stats().assert_all_hits(2);
    edit(&copy.join("low/src/lib.rs"), "name: name.to_string()", "name");
    let run = sandbox.ours_with(&copy, &["build", "-p"], &[("TMPDIR", &tmp_text)]);
    assert!(help(&run).contains("E0308"), "{}", run.stderr());
    assert_eq!(leftovers(&tmp), Vec::<String>::new());
}

fn leftovers(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).expect("readable").flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    names.filter(|n| n.starts_with("rustc-hyperopt-")).collect()
}
