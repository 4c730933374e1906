//! What `analyze` says of builds that were really made: every unit with its time, build scripts with theirs, and the same
//! costs after a build of hits; the page; and a change that is made and taken back.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{
    Run, Sandbox, edit,
    kit::{GIT, Kit, REGISTRY},
    projects::WORKSPACE,
};

#[track_caller]
fn analyze(sandbox: &Sandbox, dir: &Path) -> Value {
    sandbox.ours(dir, &["analyze", "--json"]).success().json()
}

fn unit<'a>(document: &'a Value, package: &str, kind: &str) -> &'a Value {
    let units = document["units"].as_array().expect("a list");
    let found: Vec<&Value> = units.iter().filter(|u| u["package"] == package && u["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{package} {kind} in {document:#}");
    found[0]
}

fn ms(unit: &Value, key: &str) -> u64 {
    unit[key].as_u64().unwrap_or_else(|| panic!("{key} of {unit}"))
}

/// Makes the build script of `gen` take its time, so that what is slow is known.
fn project(sandbox: &Sandbox) -> std::path::PathBuf {
    let dir = sandbox.project("work", WORKSPACE);
    let slow = "fn main() {\n    std::thread::sleep(std::time::Duration::from_millis(2500));";
    edit(&dir.join("gen/build.rs"), "fn main() {", slow);
    dir
}

#[test]
fn a_build_is_put_down_with_all_its_units() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    sandbox.ours(&dir, &["build", "-p", "app"]).success();
    let document = analyze(&sandbox, &dir);
    assert_eq!((&document["schema_version"], &document["project"]["command"]), (&1.into(), &"cargo build".into()));
    assert_eq!(document["last"]["outcomes"], serde_json::json!({"compiled": 5, "build script run": 1}), "{document:#}");

    let (script, run, library) =
        (unit(&document, "gen", "build-script"), unit(&document, "gen", "run"), unit(&document, "gen", "lib"));
    // Times of files are those of the kernel's last tick.
    assert!(ms(run, "full_ms") >= 2_400, "{run}");
    assert_eq!((&run["needs"][0], &library["needs"][0]), (&script["id"], &run["id"]), "each waits for the one before");
    assert!(ms(script, "end_ms") <= ms(run, "start_ms") + 50 && ms(run, "end_ms") <= ms(library, "start_ms") + 50);
    assert!(ms(library, "metadata_ms") <= ms(library, "full_ms"));
    let app = unit(&document, "app", "bin");
    assert!(ms(app, "link_ms") > 0 && ms(app, "link_ms") <= ms(app, "full_ms"), "{app}");
    assert_eq!(app["needs"].as_array().map(Vec::len), Some(3));

    // The build script decides; nothing else comes near.
    assert_eq!(document["slowest"][0], run["id"]);
    let path: Vec<&Value> = document["scratch"]["path"].as_array().expect("a list").iter().map(|s| &s["id"]).collect();
    assert!(path.contains(&&script["id"]) && path.contains(&&run["id"]) && path.last() == Some(&&app["id"]), "{path:?}");

    let text = sandbox.ours(&dir, &["analyze"]).success().stdout();
    assert!(text.contains("gen (running its build script)") && text.contains("an edit of gen"), "{text}");
}

#[test]
fn a_build_of_hits_knows_what_compiling_would_cost() {
    let kit = Kit::new();
    kit.ours(&kit.app, &["build"]);
    kit.settle();
    let first = analyze(&kit.sandbox, &kit.app);
    let copy = kit.copy("elsewhere/app");
    kit.ours(&copy, &["build"]);
    let second = analyze(&kit.sandbox, &copy);
    assert!(second["last"].is_null(), "nothing was compiled there: {:#}", second["last"]);
    for package in GIT.iter().chain(&REGISTRY) {
        let kind = if *package == "kit-mac" { "proc-macro" } else { "lib" };
        let (there, here) = (unit(&first, package, kind), unit(&second, package, kind));
        assert_eq!((&there["outcome"], &here["outcome"]), (&"compiled".into(), &"seeded".into()), "{package}");
        assert_eq!((&there["id"], &there["full_ms"]), (&here["id"], &here["full_ms"]), "{package}");
        assert!(ms(here, "full_ms") > 0);
    }
    assert_eq!(unit(&second, "app", "bin")["outcome"], "restored");
    assert_eq!(second["scratch"]["work_ms"], first["scratch"]["work_ms"]);
}

#[test]
fn plain_cargo_builds_are_told_apart_and_survive_the_daemon() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    let build = |args: &[&str]| {
        let mut command = sandbox.command("cargo", &dir);
        Run::of(command.args(args).env("RUSTC_WRAPPER", crate::support::exe())).success();
    };
    build(&["build", "-p", "app"]);
    edit(&dir.join("base/src/lib.rs"), "pub fn pick", "pub fn more() {}\npub fn pick");
    build(&["build", "-p", "app"]);
    build(&["check", "-p", "base"]);
    sandbox.stop_daemon();
    let check = analyze(&sandbox, &dir);
    assert_eq!((&check["project"]["command"], &check["builds"]), (&"cargo check".into(), &1.into()));
    build(&["build", "-p", "native"]);
    edit(&dir.join("base/src/lib.rs"), "pub fn more", "pub fn still_more() {}\npub fn more");
    build(&["build", "-p", "app"]);
    let document = analyze(&sandbox, &dir);
    assert_eq!((&document["project"]["command"], &document["builds"]), (&"cargo build".into(), &4.into()));
    assert_eq!(document["last"]["outcomes"]["compiled"], 2, "the library and what is on it: {:#}", document["last"]);
    assert_eq!(unit(&document, "gen", "run")["outcome"], "fresh");
    assert!(ms(unit(&document, "gen", "run"), "full_ms") >= 2_400, "still known");
    let spots: Vec<&Value> =
        document["findings"].as_array().expect("a list").iter().filter(|f| f["name"] == "hot-spot").collect();
    assert!(spots.iter().any(|f| f["title"].as_str().is_some_and(|t| t.contains("an edit of base"))), "{spots:?}");
}

#[test]
fn the_page_is_written_and_a_change_made_and_taken_back() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    let nothing = sandbox.ours(&dir, &["analyze"]);
    assert_eq!(nothing.code(), Some(1), "there is no lock file yet: {}", nothing.stderr());
    sandbox.ours(&dir, &["build", "-p", "app"]).success();
    sandbox.ours(&dir, &["analyze", "--html", "out.html"]).success();
    let page = fs::read_to_string(dir.join("out.html")).expect("written");
    assert!(page.contains("gen (running its build script)") && page.len() < 1_000_000, "{}", page.len());

    edit(&dir.join("Cargo.toml"), "[profile.dev]\ndebug = 2\n", "# as it was\n");
    let before = fs::read(dir.join("Cargo.toml")).expect("readable");
    let said = sandbox.ours(&dir, &["analyze", "--apply", "dependency-debug-info"]).success().stderr();
    assert!(said.contains("+ debug = \"line-tables-only\""), "{said}");
    let told = sandbox.cargo(&dir, &["build", "-p", "app", "-v"]).success().stderr();
    assert!(!told.contains("unused manifest key"), "cargo understands it: {told}");
    sandbox.ours(&dir, &["analyze", "--undo"]).success();
    assert_eq!(fs::read(dir.join("Cargo.toml")).expect("readable"), before);
    assert_eq!(sandbox.ours(&dir, &["analyze", "--undo"]).code(), Some(1), "once");
}
