//! `bench` measures what it says, tells what is not valid, and leaves nothing behind.

use std::{fs, path::Path};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{
    Sandbox,
    processes::{self, wait_until},
};

const LIBRARY: &str = "/// Public.\npub fn total(x: u64) -> u64 {\n    weigh(x) + 1\n}\n\nfn weigh(x: u64) -> u64 {\n    let y = x * 2;\n    y + 1\n}\n";

/// A program over a library, and a scratch directory that is watched.
fn workspace(sandbox: &Sandbox, script: &str) -> std::path::PathBuf {
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{more}")
    };
    fs::create_dir(sandbox.path("scratch")).expect("made");
    let ws = sandbox.project(
        "ws",
        [
            ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"base\"]\nresolver = \"2\"\n"),
            ("base/Cargo.toml", &*package("base", "")),
            ("base/src/lib.rs", LIBRARY),
            ("app/Cargo.toml", &*package("app", "base = { path = \"../base\" }\n")),
            ("app/build.rs", script),
            ("app/src/main.rs", "fn main() { println!(\"{}\", base::total(3)); }\n"),
        ],
    );
    // A target directory that a project of a user's has.
    fs::create_dir(ws.join("target")).expect("made");
    fs::write(ws.join("target/mine"), "x").expect("written");
    ws
}

/// Names and contents of all files.
fn contents(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for path in fs::read_dir(dir).expect("readable").flatten().map(|e| e.path()) {
        if path.is_dir() { all.extend(contents(&path)) } else { all.push((path.clone(), fs::read(&path).expect("readable"))) }
    }
    all.sort();
    all
}

fn left_behind(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.path("scratch")).expect("readable").count()
}

fn cell<'a>(report: &'a Value, scenario: &str, tool: &str) -> &'a Value {
    let cells = report["cells"].as_array().expect("a list");
    cells.iter().find(|c| c["scenario"] == scenario && c["tool"] == tool).expect("measured")
}

#[test]
fn the_table_of_the_readme_takes_one_command_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let ws = workspace(&sandbox, "fn main() {}\n");
    let before = contents(&ws);
    let (scratch, file) = (sandbox.path("scratch"), sandbox.path("out.json"));
    let words = ["bench", "--iterations", "2", "--scenario", "other,comment", "--export", "md", "--export"];
    let run =
        sandbox.ours(&ws, &[&words[..], &[file.to_str().expect("text"), "--scratch", scratch.to_str().expect("text")]].concat());
    let (markdown, said) = (run.stdout(), run.stderr());
    run.success();
    for row in ["| another directory | ", "| edit of a comment | "] {
        assert!(markdown.lines().any(|l| l.starts_with(row) && l.contains('×')), "{row} in\n{markdown}\n{said}");
    }
    let report: Value = serde_json::from_slice(&fs::read(&file).expect("written")).expect("JSON");
    assert_eq!((report["edited"]["function"].as_str(), report["edited"]["dependents"].as_u64()), (Some("weigh"), Some(1)));
    assert_eq!(report["cells"].as_array().map(Vec::len), Some(4), "{report}");
    for (scenario, note) in [("other", "3 restored, 0 compiled"), ("comment", "2 restored, 0 compiled")] {
        let ours = cell(&report, scenario, "hyperopt");
        assert_eq!((ours["samples"].as_array().map(Vec::len), ours["invalid"].as_str()), (Some(2), None), "{ours}");
        assert_eq!(ours["note"], note, "{ours}");
        assert!(ours["faster"]["value"].as_f64().is_some_and(|f| f > 0.0), "{ours}");
        assert!(ours["wall"]["stddev"].as_f64().is_some() && ours["cpu"]["median"].as_f64().is_some(), "{ours}");
    }
    assert!(contents(&ws) == before, "something in the project was changed");
    assert!(!sandbox.store().exists(), "the user's own cache was used");
    assert_eq!(left_behind(&sandbox), 0);
}

#[test]
fn what_the_cache_did_not_do_is_invalid() {
    let sandbox = Sandbox::new();
    let ws = workspace(&sandbox, "fn main() {}\n");
    // This project asks not to be cached.
    fs::write(ws.join(".rustc-hyperopt.toml"), "[cache]\nexclude = [\"base\", \"app\", \"build_script_build\"]\n")
        .expect("written");
    let scratch = sandbox.path("scratch");
    let words = ["bench", "--iterations", "1", "--scenario", "other", "--json", "--scratch", scratch.to_str().expect("text")];
    let run = sandbox.ours(&ws, &words);
    assert_eq!(run.code(), Some(1), "{}", run.stderr());
    let report = run.json();
    assert_eq!(cell(&report, "other", "hyperopt")["invalid"], "3 of 3 were compiled", "{report}");
    assert_eq!(cell(&report, "other", "plain")["invalid"], Value::Null, "{report}");
}

#[test]
fn an_interrupt_ends_everything_and_removes_it() {
    let sandbox = Sandbox::new();
    let note = sandbox.path("runs");
    // The trial goes through; the build that is measured waits for its end.
    let script = format!(
        "fn main() {{\n    if std::fs::exists({note:?}).unwrap() {{\n        std::fs::write({:?}, \"\").unwrap();\n        \
         loop {{ std::thread::sleep(std::time::Duration::from_secs(1)); }}\n    }}\n    std::fs::write({note:?}, \"\").unwrap();\n}}\n",
        sandbox.path("waits")
    );
    let ws = workspace(&sandbox, &script);
    let scratch = sandbox.path("scratch");
    let running = sandbox.start(&ws, &["bench", "--scenario", "cold", "--scratch", scratch.to_str().expect("text")]);
    wait_until("a build", || sandbox.path("waits").exists());
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(running.pid()), Signal::SIGINT).expect("sent");
    let run = running.finish();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&run.0.status), Some(Signal::SIGINT as i32), "{}", run.stderr());
    assert_eq!(left_behind(&sandbox), 0);
    let prefix = scratch.display().to_string();
    let left: Vec<_> = processes::all().into_iter().filter(|p| p.argv.iter().any(|a| a.contains(&prefix))).collect();
    assert!(left.is_empty(), "{left:?}");
}
