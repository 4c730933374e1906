//! Programs that are linked again and not compiled, because nothing but machine code behind them has changed: they are, byte
//! for byte, what a compile makes.
//!
//! The change is made by hand: the archive of the library `base` gets the machine code of other sources and keeps its
//! metadata, as early cut-off leaves it.

mod edits;
mod faults;
mod keys;
mod links;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::support::{Run, Sandbox, Stats, edit, write};

/// `app` uses `base`.
const FILES: [(&str, &str); 8] = [
    ("Cargo.toml", "[workspace]\nmembers = [\"base\", \"app\"]\nresolver = \"2\"\n"),
    ("base/Cargo.toml", "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
    (
        "base/src/lib.rs",
        "#[inline(never)]\npub fn answer() -> u32 { secret() }\n#[inline(never)]\nfn secret() -> u32 { std::hint::black_box(1) }\n\
         pub fn all<T: Copy>(v: &[T]) -> Vec<T> { v.to_vec() }\n",
    ),
    (
        "app/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nbase = { path = \"../base\" }\n",
    ),
    (
        "app/src/main.rs",
        "mod other;\nfn main() { let not_used = 1; println!(\"{} {}\", base::answer(), other::count()); }\n\
         #[test]\nfn works() { assert!(base::answer() > 0); }\n",
    ),
    ("app/src/other.rs", "pub fn count() -> usize { base::all(&[1u8, 2]).len() }\n"),
    ("app/examples/show.rs", "fn main() { println!(\"example {}\", base::answer()); }\n"),
    ("app/tests/whole.rs", "#[test]\nfn whole() { assert!(base::answer() > 0); }\n"),
];

/// The project with a profile or other settings behind the workspace's.
fn project(sandbox: &Sandbox, name: &str, settings: &str, more: &[(&str, &str)]) -> PathBuf {
    let others = FILES.iter().filter(|(n, _)| more.iter().all(|(m, _)| m != n));
    let dir = sandbox.project(name, others.chain(more).copied());
    edit(&dir.join("Cargo.toml"), "resolver = \"2\"\n", &format!("resolver = \"2\"\n{settings}"));
    dir
}

fn profile(args: &[&str]) -> &'static str {
    if args.contains(&"--release") { "release" } else { "debug" }
}

/// Gives `base` the machine code that it has when `from` is `to` in its source, and its present metadata.
fn new_machine_code(sandbox: &Sandbox, dir: &Path, args: &[&str], from: &str, to: &str) {
    let other = sandbox.copy(dir, "other machine code");
    edit(&other.join("base/src/lib.rs"), from, to);
    let options: Vec<&str> = args.iter().copied().filter(|a| *a == "--release").collect();
    let mut command = sandbox.command("cargo", &other);
    command.args(["build", "--quiet", "--package", "base"]).args(&options).env("CARGO_TARGET_DIR", other.join("target"));
    Run::of(&mut command).success();
    let (ours, theirs) = (archive(dir, args), archive(&other, args));
    let run = |program: &str, args: &[&str]| Run::of(sandbox.command(program, &other).args(args)).success();
    run("ar", &["x", ours.to_str().expect("plain"), "lib.rmeta"]);
    run("ar", &["r", theirs.to_str().expect("plain"), "lib.rmeta"]);
    // Under its name by renaming: what stands there may be a link into the store.
    fs::copy(&theirs, ours.with_extension("new")).expect("copied");
    fs::rename(ours.with_extension("new"), &ours).expect("renamed");
    fs::remove_dir_all(&other).expect("removed");
}

/// The same by an edit that is compiled in place, through the cache; nothing else of the crate changes.
fn edited_machine_code(sandbox: &Sandbox, dir: &Path, from: &str, to: &str) {
    let path = archive(dir, &[]);
    let metadata = path.with_extension("rmeta");
    let scratch = sandbox.path("scratch");
    fs::create_dir_all(&scratch).expect("created");
    let run = |args: &[&str]| Run::of(sandbox.command("ar", &scratch).args(args)).success();
    let plain = path.to_str().expect("plain");
    run(&["x", plain, "lib.rmeta"]);
    let before = fs::read(&metadata).expect("readable");
    edit(&dir.join("base/src/lib.rs"), from, to);
    sandbox.ours(dir, &["build", "--package", "base"]).success();
    fs::copy(&path, scratch.join("new.rlib")).expect("copied");
    run(&["r", "new.rlib", "lib.rmeta"]);
    fs::write(scratch.join("new.rmeta"), before).expect("written");
    // By renaming: what stands there may have other links.
    for (name, to) in [("new.rlib", &path), ("new.rmeta", &metadata)] {
        fs::copy(scratch.join(name), to.with_extension("tmp")).expect("copied");
        fs::rename(to.with_extension("tmp"), to).expect("renamed");
    }
}

fn archive(dir: &Path, args: &[&str]) -> PathBuf {
    let deps = dir.join("target").join(profile(args)).join("deps");
    let is_it = |p: &PathBuf| p.extension().is_some_and(|e| e == "rlib") && name(p).starts_with("libbase-");
    let mut found = fs::read_dir(&deps).expect("built").flatten().map(|e| e.path()).filter(is_it);
    found.next().expect("an archive")
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Every program in the target directory, by name.
fn programs(dir: &Path, args: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let root = dir.join("target").join(profile(args));
    let entries = ["deps", "examples"].into_iter().filter_map(|d| fs::read_dir(root.join(d)).ok()).flatten().flatten();
    let runs =
        |p: &PathBuf| p.extension().is_none() && p.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o100 != 0);
    entries.map(|e| e.path()).filter(runs).map(|p| (name(&p), fs::read(&p).expect("readable"))).collect()
}

/// What became of the units of `app` in the last build, without those of the library and of build scripts.
fn fates(stats: &Stats) -> Vec<String> {
    let events = stats.0["events"].as_array().cloned().unwrap_or_default();
    let last = events.first().map(|e| e["session"].clone());
    let of_last = events.iter().filter(|e| Some(&e["session"]) == last.as_ref());
    let of_app = of_last.filter(|e| e["unit"].as_str().is_some_and(|u| u.starts_with("app ") && !u.contains("build-script")));
    of_app.map(|e| e["reason"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Makes cargo ask for every unit of `app` again.
fn forget_app(dir: &Path, args: &[&str]) {
    let fingerprints = dir.join("target").join(profile(args)).join(".fingerprint");
    for entry in fs::read_dir(fingerprints).expect("built").flatten() {
        if name(&entry.path()).starts_with("app-") {
            fs::remove_dir_all(entry.path()).expect("removed");
        }
    }
}

/// Builds, changes the machine code behind the program, builds again, and compares with what a compile makes, ours and, where
/// `plain` says that it is to be the same in every byte, cargo's. Gives what the second build did.
fn run_case(sandbox: &Sandbox, dir: &Path, args: &[&str], plain: bool) -> Stats {
    let first = sandbox.ours(dir, args).success();
    let before = programs(dir, args);
    sandbox.take_stats();
    new_machine_code(sandbox, dir, args, "black_box(1)", "black_box(17) * 3");
    let second = sandbox.ours(dir, args).success();
    let (linked, stats) = (programs(dir, args), sandbox.take_stats());
    assert_eq!(warnings(&first), warnings(&second), "the messages of the compile");
    assert_ne!(before, linked, "something has changed");
    sandbox.cargo(dir, args).assert_no_op();
    sandbox.ours(dir, &["cache", "clean", "--all"]).success();
    forget_app(dir, args);
    sandbox.ours(dir, args).success();
    assert!(!fates(&sandbox.take_stats()).iter().any(|f| f == "relinked"), "the store was empty");
    assert_same(&linked, &programs(dir, args), "our compile");
    if plain {
        forget_app(dir, args);
        sandbox.cargo(dir, args).success();
        assert_same(&linked, &programs(dir, args), "plain cargo");
    }
    stats
}

fn assert_same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>, what: &str) {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in left {
        assert!(right[name] == *bytes, "{name} is not what {what} makes of it");
    }
}

fn warnings(run: &Run) -> Vec<String> {
    let said = run.stderr();
    said.lines().filter(|l| l.starts_with("warning: unused") || l.contains("-->")).map(str::to_owned).collect()
}

fn output(dir: &Path) -> String {
    Run::of(&mut std::process::Command::new(dir.join("target/debug/app"))).success().stdout()
}

/// A setting of cargo's for this project alone.
fn configure(dir: &Path, text: &str) {
    write(&dir.join(".cargo/config.toml"), text);
}
