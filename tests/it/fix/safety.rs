//! Nothing is made worse, nothing of the user's is lost, and nothing that comes from elsewhere reaches beyond the sources.

use std::process::Command;

use rustc_hyperopt::advise::replacement::Replacement;

use super::*;

const TYPO: &str = "fn main() {\n    let counter = 1;\n    println!(\"{}\", countr);\n}\n";
const MENDED: &str = "fn main() {\n    let counter = 1;\n    println!(\"{}\", counter);\n}\n";

fn app(sandbox: &Sandbox, name: &str, source: &str) -> PathBuf {
    let toml = manifest("app");
    sandbox.project(name, [("Cargo.toml", toml.as_str()), ("src/main.rs", source)])
}

fn main_of(dir: &Path) -> String {
    fs::read_to_string(dir.join("src/main.rs")).expect("there")
}

#[test]
fn a_mend_is_shown_and_taken_back() {
    let sandbox = Sandbox::new();
    let dir = app(&sandbox, "app", TYPO);
    let done = mend(&sandbox, &dir, &["build"], NO_VCS);
    assert_eq!(done.mended(), Mended { files: 1, errors: 1, left: 0 });
    for part in
        ["error[E0425]", "Changing src/main.rs", "-     println!(\"{}\", countr);", "+     println!(\"{}\", counter);", "--undo"]
    {
        assert!(done.said.contains(part), "{part}: {}", done.said);
    }
    assert_eq!(main_of(&dir), MENDED);
    let place = rustc_hyperopt::advise::fix::scratch::place(&sandbox.store(), &dir);
    assert_eq!(fs::read_dir(place.join("work")).expect("there").count(), 0, "no copy is left");
    let (result, said) = undo(&sandbox, &dir);
    assert!(result.is_ok() && said.contains("Restored 1 file"), "{said}");
    assert_eq!(main_of(&dir), TYPO);
    assert!(undo(&sandbox, &dir).0.is_err());
}

#[test]
fn what_was_edited_since_is_not_taken_back() {
    let sandbox = Sandbox::new();
    let dir = app(&sandbox, "app", TYPO);
    mend(&sandbox, &dir, &["build"], NO_VCS).mended();
    write(&dir.join("src/main.rs"), &(MENDED.to_owned() + "// mine\n"));
    let error = undo(&sandbox, &dir).0.expect_err("edited");
    assert!(matches!(&error, FixError::ChangedSince(files) if files == &[PathBuf::from("src/main.rs")]), "{error}");
    assert!(main_of(&dir).ends_with("// mine\n"));
}

/// One member needs the other; both have errors, and those of the second are seen only when the first is mended.
#[test]
fn a_workspace_of_two() {
    let sandbox = Sandbox::new();
    let low = manifest("low");
    let top = manifest("top") + "[dependencies]\nlow = { path = \"../low\" }\n";
    let dir = sandbox.project(
        "ws",
        [
            ("Cargo.toml", "[workspace]\nmembers = [\"low\", \"top\"]\nresolver = \"2\"\n"),
            ("low/Cargo.toml", low.as_str()),
            ("low/src/lib.rs", "pub fn name() -> String {\n    \"low\"\n}\n"),
            ("top/Cargo.toml", top.as_str()),
            (
                "top/src/main.rs",
                "fn main() {\n    let names = Vec::new();\n    names.push(low::name());\n    println!(\"{names:?}\");\n}\n",
            ),
        ],
    );
    // From within a member.
    let done = mend(&sandbox, &dir.join("top"), &["run", "--", "--flag"], NO_VCS);
    assert_eq!((done.mended().files, done.mended().left), (2, 0), "{}", done.said);
    compiles(&sandbox, &dir, &["check", "--workspace"]).expect("mended");
    undo(&sandbox, &dir.join("top")).0.expect("taken back");
    assert!(compiles(&sandbox, &dir, &["check", "--workspace"]).is_err());
}

#[test]
fn packages_beside_the_workspace_are_copied() {
    let sandbox = Sandbox::new();
    let helper = manifest("helper");
    sandbox.project("beside/helper", [("Cargo.toml", helper.as_str()), ("src/lib.rs", "pub fn one() -> u8 { 1 }\n")]);
    let dir = app(&sandbox, "here/app", "fn main() {\n    let counter = helper::one();\n    println!(\"{}\", countr);\n}\n");
    write(&dir.join("Cargo.toml"), &(manifest("app") + "[dependencies]\nhelper = { path = \"../../beside/helper\" }\n"));
    let done = mend(&sandbox, &dir, &["build"], NO_VCS);
    assert_eq!(done.mended().left, 0, "{}", done.said);
    compiles(&sandbox, &dir, &["check"]).expect("mended");
}

/// What only tests have is mended if the command was about tests.
#[test]
fn errors_of_tests() {
    let sandbox = Sandbox::new();
    let toml = manifest("app");
    let lib = "pub fn total() -> u8 { 1 }\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() { assert_eq!(total(), 1); }\n}\n";
    let dir = sandbox.project("app", [("Cargo.toml", toml.as_str()), ("src/lib.rs", lib)]);
    let done = mend(&sandbox, &dir, &["test", "--no-run"], NO_VCS);
    assert_eq!((done.mended().files, done.mended().left), (1, 0), "{}", done.said);
    compiles(&sandbox, &dir, &["check", "--tests"]).expect("mended");
    for words in [["test", "--lib"], ["test", "t"]] {
        undo(&sandbox, &dir).0.expect("taken back");
        assert_eq!(mend(&sandbox, &dir, &words, NO_VCS).mended().files, 1, "{words:?}");
    }
}

#[test]
fn errors_that_were_hidden_are_told() {
    let sandbox = Sandbox::new();
    let hides = "fn main() {\n    let mut v = vec![1];\n    let s: String = \"text\";\n    let a = &mut v;\n    let b = &mut v;\n    \
                 a.push(1);\n    b.push(2);\n    println!(\"{s}\");\n}\n";
    let dir = app(&sandbox, "app", hides);
    let done = mend(&sandbox, &dir, &["build"], NO_VCS);
    assert_eq!(done.mended(), Mended { files: 1, errors: 1, left: 1 }, "{}", done.said);
    assert!(done.said.contains("Revealed error[E0499]"), "{}", done.said);
    assert!(main_of(&dir).contains("\"text\".to_string()"));
}

/// A guess that only moves the error on is taken back, also if the compiler sees the second one later.
#[test]
fn a_guess_that_brings_another_error_is_taken_back() {
    let sandbox = Sandbox::new();
    let source = "fn main() {\n    let mut v = vec![1];\n    let counter = &mut v;\n    let b = &mut v;\n    countr.push(1);\n    \
                  b.push(2);\n}\n";
    let dir = app(&sandbox, "app", source);
    let done = mend(&sandbox, &dir, &["build"], NO_VCS);
    assert_eq!(done.mended().files, 0, "{}", done.said);
    assert!(done.said.contains("it leads to another: error[E0499]"), "{}", done.said);
    assert_eq!(main_of(&dir), source);
}

#[test]
fn a_dirty_tree_is_left_alone() {
    let sandbox = Sandbox::new();
    let dir = app(&sandbox, "app", TYPO);
    write(&dir.join(".gitignore"), "target\n");
    let refused = mend(&sandbox, &dir, &["build"], Allowed::default());
    assert!(refused.refused().hint().is_some_and(|h| h.contains("--allow-no-vcs")), "{}", refused.refused());
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=x", "-c", "user.email=x@localhost"];
        let output = Command::new("git").args(who).args(args).current_dir(&dir).output().expect("started");
        assert!(output.status.success(), "{output:?}");
    };
    git(&["init", "-q"]);
    let refused = mend(&sandbox, &dir, &["build"], Allowed::default());
    assert!(refused.refused().to_string().contains("src/main.rs (dirty)"), "{}", refused.refused());
    git(&["add", "."]);
    let refused = mend(&sandbox, &dir, &["build"], Allowed::default());
    assert!(refused.refused().hint().is_some_and(|h| h.contains("--allow-staged")), "{}", refused.refused());
    assert_eq!(main_of(&dir), TYPO);
    git(&["commit", "-qm", "x"]);
    assert_eq!(mend(&sandbox, &dir, &["build"], Allowed::default()).mended().files, 1);
    assert_eq!(main_of(&dir), MENDED);
}

fn part(file: impl AsRef<Path>, old: &str, new: &str) -> Replacement {
    Replacement { file: file.as_ref().to_string_lossy().into_owned(), old: old.into(), new: new.into() }
}

fn propose(sandbox: &Sandbox, dir: &Path, parts: Vec<Replacement>) -> Done {
    let proposal = Proposal { title: "proposed".into(), parts };
    mend_with(sandbox, dir, &["build"], NO_VCS, &[proposal], || ())
}

/// Not even the compiler's proposal would have helped here.
const NO_IDEA: &str = "fn sum(v: &[u8]) -> u64 {\n    v.iter().total()\n}\nfn main() {\n    println!(\"{}\", sum(&[1]));\n}\n";

#[test]
fn somebody_elses_proposal_is_tried_as_well() {
    let sandbox = Sandbox::new();
    let dir = app(&sandbox, "app", NO_IDEA);
    let bad = propose(&sandbox, &dir, vec![part("src/main.rs", "v.iter().total()", "v.iter().sum()")]);
    assert_eq!(bad.mended().files, 0, "{}", bad.said);
    assert_eq!(main_of(&dir), NO_IDEA);
    let good = propose(&sandbox, &dir, vec![part("src/main.rs", "v.iter().total()", "v.iter().map(|n| u64::from(*n)).sum()")]);
    assert_eq!(good.mended(), Mended { files: 1, errors: 1, left: 0 }, "{}", good.said);
    compiles(&sandbox, &dir, &["check"]).expect("mended");
}

/// The compiler's proposals come first, and do not put others out of place.
#[test]
fn proposals_of_both_kinds() {
    let sandbox = Sandbox::new();
    let dir = app(
        &sandbox,
        "app",
        &NO_IDEA.replace("fn main() {\n", "fn main() {\n    let counter: u8 = 1;\n    println!(\"{}\", countr);\n"),
    );
    let text = main_of(&dir);
    let first = text.replace("fn sum", "fn main2() {\n    let v: String = \"a\";\n    drop(v);\n}\npub fn sum");
    write(&dir.join("src/main.rs"), &first);
    let done = propose(&sandbox, &dir, vec![part("src/main.rs", "v.iter().total()", "v.iter().map(|n| u64::from(*n)).sum()")]);
    assert_eq!(done.mended(), Mended { files: 1, errors: 3, left: 0 }, "{}", done.said);
    compiles(&sandbox, &dir, &["check"]).expect("mended");
}

#[test]
fn hostile_proposals_change_nothing() {
    let sandbox = Sandbox::new();
    let outside = sandbox.path("outside.rs");
    write(&outside, NO_IDEA);
    let dir = app(&sandbox, "app", NO_IDEA);
    let flag = sandbox.path("ran");
    let run = format!("std::fs::write({flag:?}, \"x\").unwrap();");
    write(&dir.join("build.rs"), "fn main() { one(); }\nfn one() {}\n");
    write(&dir.join("src/twice.rs"), "fn a() {}\nfn a() {}\n");
    let before = || {
        let files = ["Cargo.toml", "build.rs", "src/main.rs", "src/twice.rs"].map(|f| dir.join(f));
        files.into_iter().chain([outside.clone()]).map(|f| fs::read_to_string(f).expect("there")).collect::<Vec<_>>()
    };
    let all = before();
    let large = "x".repeat(10 << 20);
    for (file, old, new) in [
        (PathBuf::from("../outside.rs"), "total", "sum"),
        ("src/../../outside.rs".into(), "total", "sum"),
        (outside.clone(), "total", "sum"),
        ("/etc/passwd".into(), "root", "toor"),
        ("Cargo.toml".into(), "[package]", "[package]\nbuild = \"x.rs\""),
        ("build.rs".into(), "one();", &run),
        ("src/twice.rs".into(), "fn a() {}", ""),
        ("src/main.rs".into(), "total", &large),
        ("src/main.rs".into(), "total()", "sum() /* \u{202e} */"),
        ("src/main.rs".into(), "total()", "sum() // \u{1b}]0;owned\u{7}"),
        ("target/debug/x.rs".into(), "x", "y"),
        (".git/hooks/pre-commit".into(), "x", "rm -rf ~"),
    ] {
        let done = propose(&sandbox, &dir, vec![part(&file, old, new)]);
        assert_eq!(done.mended().files, 0, "{}", file.display());
        assert!(done.said.contains("was refused") && !done.said.contains('\u{1b}'), "{}: {}", file.display(), done.said);
    }
    assert!(before() == all && !flag.exists());
}

/// A trial takes a while, and whoever edits meanwhile wins.
#[test]
fn a_file_that_is_edited_during_the_trial_stays() {
    let sandbox = Sandbox::new();
    let dir = app(&sandbox, "app", TYPO);
    // The compiler of the trial edits the source, as a user would at that moment.
    let main = dir.join("src/main.rs");
    let compiler = sandbox.compiler(&format!("case \"$PWD\" in */mend/*) echo '// mine' >> '{}';; esac", main.display()));
    write(&sandbox.path("home/.cargo/config.toml"), &format!("[build]\nrustc = {:?}\n", compiler));
    let done = mend(&sandbox, &dir, &["build"], NO_VCS);
    assert!(matches!(done.refused(), FixError::Edited(file) if file == Path::new("src/main.rs")), "{}", done.said);
    let now = main_of(&dir);
    assert!(now.starts_with(TYPO) && now.ends_with("// mine\n"), "{now}");
    assert!(undo(&sandbox, &dir).0.is_err());
}

/// Nothing by itself: the next test starts it in a process of its own, which dies in the middle of a mend.
#[test]
fn dies_in_the_middle() {
    let Some(place) = std::env::var_os("FIX_DIES_IN") else { return };
    let place = PathBuf::from(place);
    let mend = fs::read(place.join("mend.json")).expect("there");
    let mend: rustc_hyperopt::advise::fix::mend::Mend = serde_json::from_slice(&mend).expect("a mend");
    drop(mend.apply(&place.join("store")));
}

#[test]
fn killed_in_the_middle_every_file_is_whole_and_can_be_restored() {
    use rustc_hyperopt::advise::fix::mend::{Changed, Mend};
    let sandbox = Sandbox::new();
    let dir = app(&sandbox, "app", "before 0");
    write(&dir.join("src/other.rs"), "before 1");
    let root = dir.canonicalize().expect("exists");
    let changed = |file: &str, n: u8| Changed { file: file.into(), before: format!("before {n}"), after: format!("after {n}") };
    let mend = Mend { root: root.clone(), made: 1, files: vec![changed("src/main.rs", 0), changed("src/other.rs", 1)] };
    write(&sandbox.path("mend.json"), &serde_json::to_string(&mend).expect("JSON"));
    let note = sandbox.path("reached");
    let mut child = Command::new(std::env::current_exe().expect("this one"));
    child.args(["--exact", "fix::safety::dies_in_the_middle"]);
    child.env("FIX_DIES_IN", sandbox.path("")).env("RUSTC_HYPEROPT_FAILPOINT", format!("mend-file@{}", note.display()));
    let output = child.output().expect("started");
    assert!(!output.status.success() && note.exists(), "{output:?}");
    let texts = || ["src/main.rs", "src/other.rs"].map(|f| fs::read_to_string(dir.join(f)).expect("there"));
    assert_eq!(texts(), ["after 0", "before 1"]);
    let (result, said) = undo(&sandbox, &dir);
    assert!(result.is_ok(), "{said}");
    assert_eq!(texts(), ["before 0", "before 1"]);
}

/// The user's process is killed while a trial runs: sources are as they were, and the next mend works.
#[test]
fn what_a_killed_trial_leaves_is_in_nobodys_way() {
    let sandbox = Sandbox::new();
    let dir = app(&sandbox, "app", TYPO);
    let place = rustc_hyperopt::advise::fix::scratch::place(&sandbox.store(), &dir);
    write(&place.join("work/src/main.rs"), "half of ");
    write(&place.join("lock"), "");
    for private in [sandbox.store(), sandbox.store().join("mend"), place] {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(private, fs::Permissions::from_mode(0o700)).expect("set");
    }
    assert_eq!(mend(&sandbox, &dir, &["build"], NO_VCS).mended().files, 1);
    assert_eq!(main_of(&dir), MENDED);
}
