//! What is remembered of mends, from the mistake in one project to the same mistake in another.

use std::{fs, path::Path};

use crate::support::{Run, Sandbox, edit, write};

fn manifest(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
}

fn project(sandbox: &Sandbox, name: &str, source: &str) -> std::path::PathBuf {
    sandbox.project(name, [("Cargo.toml", manifest(name).as_str()), ("src/main.rs", source)])
}

const FIRST: &str =
    "fn main() {\n    let name = String::from(\"x\");\n    let other = name;\n    println!(\"{}{}\", name, other);\n}\n";
const SECOND: &str = "fn rows() -> Vec<u8> { vec![1] }\nfn main() {\n    let rows = rows();\n    let kept = rows;\n    println!(\"{:?}{:?}\", rows, kept);\n}\n";
const TOLD: &str = "memory: you mended one like it before";

#[track_caller]
fn fails(sandbox: &Sandbox, dir: &Path, words: &[&str]) -> String {
    let run = sandbox.ours(dir, words);
    assert_eq!(run.code(), Some(101), "{}", run.stderr());
    run.stderr()
}

fn mended(sandbox: &Sandbox, dir: &Path) -> Run {
    edit(&dir.join("src/main.rs"), "let other = name;", "let other = name.clone();");
    sandbox.ours(dir, &["build", "-p"]).success()
}

fn open(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.store().join("open-errors")).into_iter().flatten().count()
}

#[test]
fn a_mistake_is_told_elsewhere_with_other_names_and_forgotten_by_cleaning() {
    let sandbox = Sandbox::new();
    let first = project(&sandbox, "first", FIRST);
    assert!(!fails(&sandbox, &first, &["build", "-p"]).contains("memory:"));
    assert_eq!(open(&sandbox), 1);
    let good = mended(&sandbox, &first);
    assert!(!good.stderr().contains("memory"), "{}", good.stderr());
    assert!(!sandbox.store().join("open-errors").exists(), "nothing is open");
    let second = project(&sandbox, "second", SECOND);
    let told = fails(&sandbox, &second, &["check", "--prompt"]);
    for part in [TOLD, "in `first`, like so:", "-     let other = name;", "+     let other = name.clone();"] {
        assert!(told.contains(part) || told.contains(&part.replace("    let", "let")), "{part:?} in\n{told}");
    }
    // The same again, with the same names; and after a restart of the process that keeps it.
    sandbox.stop_daemon();
    edit(&first.join("src/main.rs"), "name.clone()", "name");
    let again = fails(&sandbox, &first, &["build", "-p"]);
    assert!(again.contains("memory: you mended this before, on 20"), "{again}");
    // A model is told as well, but for the date.
    let asked = sandbox.ours(&first, &["build", "-p", "--show-prompt"]);
    assert!(asked.stdout().contains("has mended the same error before, in the package `first`"), "{}", asked.stdout());
    let cleaned = sandbox.ours(&first, &["cache", "clean"]).success();
    assert!(cleaned.stderr().contains("Removed 1 remembered mend, "), "{}", cleaned.stderr());
    assert_eq!(open(&sandbox), 0);
    assert!(!fails(&sandbox, &second, &["check", "-p"]).contains("memory:"));
    sandbox.stop_daemon();
}

#[test]
fn without_the_flag_or_with_the_switch_off_nothing_is_kept() {
    let sandbox = Sandbox::new();
    let first = project(&sandbox, "first", FIRST);
    fails(&sandbox, &first, &["build"]);
    assert_eq!(open(&sandbox), 0);
    mended(&sandbox, &first);
    // Mended before anybody asked.
    let second = project(&sandbox, "second", SECOND);
    assert!(!fails(&sandbox, &second, &["build", "-p"]).contains("memory:"));
    // A project may say no, for itself.
    let third = project(&sandbox, "third", FIRST);
    write(&third.join(".rustc-hyperopt.toml"), "[ai]\nfix_memory = false\n");
    let before = open(&sandbox);
    fails(&sandbox, &third, &["build", "-p"]);
    assert_eq!(open(&sandbox), before);
    mended(&sandbox, &third);
    assert!(!fails(&sandbox, &second, &["build", "-p"]).contains("memory:"));
    // Nor without the cache.
    let fourth = project(&sandbox, "fourth", FIRST);
    let off = sandbox.ours_with(&fourth, &["build", "-p"], &[("RUSTC_HYPEROPT", "off")]);
    assert!(off.stderr().contains("E0382") && open(&sandbox) == before, "{}", off.stderr());
    sandbox.stop_daemon();
}

#[test]
fn another_branch_is_no_mend() {
    let sandbox = Sandbox::new();
    let first = project(&sandbox, "first", &FIRST.replace("= name;", "= name.clone();"));
    write(&first.join(".gitignore"), "target\n");
    let git = |words: &[&str]| {
        let mut command = sandbox.command("git", &first);
        command.args(["-c", "user.name=x", "-c", "user.email=x@example.com"]).args(words);
        Run::of(&mut command).success()
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "good"]);
    git(&["switch", "-qc", "work"]);
    edit(&first.join("src/main.rs"), "name.clone()", "name");
    git(&["commit", "-qam", "bad"]);
    fails(&sandbox, &first, &["build", "-p"]);
    git(&["switch", "-q", "main"]);
    sandbox.ours(&first, &["build", "-p"]).success();
    let second = project(&sandbox, "second", SECOND);
    assert!(!fails(&sandbox, &second, &["build", "-p"]).contains("memory:"));
    // Back on the branch, the mend is one.
    git(&["switch", "-q", "work"]);
    mended(&sandbox, &first);
    assert!(fails(&sandbox, &second, &["build", "-p"]).contains(TOLD));
    sandbox.stop_daemon();
}

#[test]
fn what_fix_mends_is_remembered_and_a_package_that_compiles_beside_one_that_fails() {
    let sandbox = Sandbox::new();
    let first = project(&sandbox, "first", FIRST);
    sandbox.ours(&first, &["build", "-p", "--fix", "--allow-no-vcs"]).success();
    assert!(!sandbox.store().join("open-errors").exists());
    let second = project(&sandbox, "second", SECOND);
    assert!(fails(&sandbox, &second, &["build", "-p"]).contains(TOLD));
    // Here another package goes on failing.
    let other = "pub fn f() { let mut v = vec![1]; let a = &v; v.push(2); println!(\"{a:?}\"); }\n";
    let both = sandbox.project(
        "both",
        [
            ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"2\"\n"),
            ("a/Cargo.toml", &manifest("a")),
            ("a/src/lib.rs", other),
            ("b/Cargo.toml", &manifest("b")),
            ("b/src/lib.rs", "pub fn g() -> u8 { \"x\" }\n"),
        ],
    );
    fails(&sandbox, &both, &["check", "--keep-going", "-p"]);
    write(&both.join("a/src/lib.rs"), &other.replace("v.push(2); println!(\"{a:?}\");", "println!(\"{a:?}\"); v.push(2);"));
    fails(&sandbox, &both, &["check", "--keep-going", "-p"]);
    let third = project(
        &sandbox,
        "third",
        "fn main() {\n    let mut list = vec![1];\n    let one = &list;\n    list.push(2);\n    println!(\"{one:?}\");\n}\n",
    );
    let told = fails(&sandbox, &third, &["build", "-p"]);
    assert!(told.contains(TOLD) && told.contains("in `a`, like so:"), "{told}");
    sandbox.stop_daemon();
}

/// Everything below a directory, as one text.
fn kept(dir: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.push_str(&kept(&path));
        } else {
            all.push_str(&String::from_utf8_lossy(&fs::read(path).unwrap_or_default()));
        }
    }
    all
}

#[test]
fn no_secret_is_kept() {
    let sandbox = Sandbox::new();
    // Put together here, so that no scanner takes this file for a leak.
    let random = "q7Rt2Yp9Kx4Mz8Wc1Vb5Nh3Jd6Lf0Gs";
    let canaries = [
        format!("ghp_{random}1234"),
        "correct-horse-battery".to_owned(),
        "tiny-canary-pw".to_owned(),
        format!("AKIA{}", "QWERTYUIOP123456"),
    ];
    let source = format!(
        "fn main() {{\n    let token = \"{}\";\n    let words = \"{}\"; // {}\n    let password = \"{}\";\n    let other = token.to_string();\n    \
         let moved = other;\n    println!(\"{{other}}{{moved}}{{words}}{{password}}\");\n    let n: u8 = \"{}\";\n}}\n",
        canaries[0], canaries[1], canaries[1], canaries[2], canaries[3]
    );
    let first = project(&sandbox, "first", &source);
    let env = [("MY_PASSPHRASE", canaries[1].as_str())];
    let run = sandbox.ours_with(&first, &["build", "-p"], &env);
    assert_eq!(run.code(), Some(101));
    let check = |what: &str, marked: bool| {
        let text = kept(&sandbox.store());
        assert_eq!(text.contains("[redacted]"), marked, "{what}: there is something to see");
        for canary in &canaries {
            assert!(!text.contains(canary.as_str()), "{canary} is kept ({what})");
        }
    };
    check("open", true);
    edit(&first.join("src/main.rs"), "let moved = other;", "let moved = other.clone(); // let password = \"tiny-canary-pw\";");
    edit(&first.join("src/main.rs"), &format!("let n: u8 = \"{}\";", canaries[3]), "let n: u8 = 1; println!(\"{n}\");");
    sandbox.ours_with(&first, &["check", "-p"], &env);
    sandbox.ours_with(&first, &["build", "-p"], &env).success();
    let second = project(&sandbox, "second", SECOND);
    let told = fails(&sandbox, &second, &["check", "-p"]);
    sandbox.stop_daemon();
    for canary in &canaries {
        assert!(!told.contains(canary.as_str()), "{canary}: {told}");
    }
    // The compiled program has its own strings, and so has what is stored of it.
    fs::remove_dir_all(sandbox.store().join("blobs")).expect("removed");
    let text = kept(&sandbox.store());
    assert!(text.contains("let moved = other.clone();"), "the mend can be read in the index");
    for canary in &canaries {
        assert!(!text.contains(canary.as_str()), "{canary} is kept");
    }
}
