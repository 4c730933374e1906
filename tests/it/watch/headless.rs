//! Changes, and what is no change.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Stdio},
};

use nix::sys::signal::Signal;

use super::watcher::Watcher;
use crate::support::{Run, Sandbox, edit, exe, gate::Gate, processes, write};

fn git(sandbox: &Sandbox, dir: &Path, args: &[&str]) {
    let mut command = sandbox.command("git", dir);
    command.args(["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "init.defaultBranch=main"]);
    Run::of(command.args(args)).success();
}

#[test]
fn an_error_is_reported_and_its_end_as_well() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let (mut watch, first) = Watcher::start(&sandbox, &dir, &["check"]);
    assert_eq!((&first["result"], &first["warnings"], &first["errors"]), (&"ok".into(), &1.into(), &0.into()), "{first}");
    edit(&dir.join("app/src/main.rs"), "low::tag()", "low::gone()");
    assert_eq!(watch.event("started")["because"], serde_json::json!(["app/src/main.rs"]));
    let found = loop {
        let found = watch.event("diagnostic");
        if found["level"] == "error" {
            break found;
        }
    };
    assert_eq!(
        (&found["code"], &found["file"], &found["line"]),
        (&"E0425".into(), &"app/src/main.rs".into(), &1.into()),
        "{found}"
    );
    let result = watch.result();
    assert_eq!((&result["result"], &result["errors"], &result["exit_code"]), (&"failed".into(), &1.into(), &101.into()));
    edit(&dir.join("app/src/main.rs"), "low::gone()", "low::tag()");
    let result = watch.result();
    assert_eq!((&result["result"], &result["errors"]), (&"ok".into(), &0.into()));
    assert!(result["cache"].as_str().is_some_and(|c| c.contains("hit")), "{result}");
    assert_eq!(watch.runs(), 3);
    assert_eq!(watch.end(Signal::SIGINT, &dir).signal(), Some(Signal::SIGINT as i32));
}

#[test]
fn a_change_during_a_run_begins_it_anew() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let gate = Gate::closed(&sandbox);
    gate.open();
    let mut command = sandbox.command(exe(), &dir);
    command.env("RUSTC", &gate.rustc);
    let (mut watch, first) = Watcher::with(command, &["build"]);
    assert_eq!(first["result"], "ok", "{first}");
    gate.close();
    edit(&dir.join("low/src/lib.rs"), "let not_used = 1", "let not_used = 2");
    watch.event("started");
    processes::wait_for("the compiler", || processes::compiler_of("low", &dir));
    edit(&dir.join("low/src/lib.rs"), "let not_used = 2", "let not_used = 3");
    assert_eq!(watch.event("ended")["result"], "interrupted");
    watch.event("started");
    gate.open();
    let result = watch.result();
    assert_eq!(result["result"], "ok", "{result}");
    watch.end(Signal::SIGTERM, &dir);
}

#[test]
fn a_checkout_is_one_run() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    write(&dir.join(".gitignore"), "/target\n*.log\n/generated/\n");
    let files = |text: &str| {
        (0..300).for_each(|n| write(&dir.join(format!("low/src/many/d{}/f{n}.rs", n % 20)), &format!("// {text} {n}\n")));
    };
    files("main");
    git(&sandbox, &dir, &["init", "--quiet"]);
    git(&sandbox, &dir, &["add", "."]);
    git(&sandbox, &dir, &["commit", "--quiet", "--message=one"]);
    git(&sandbox, &dir, &["checkout", "--quiet", "-b", "other"]);
    files("other");
    edit(&dir.join("low/src/lib.rs"), "\"one\"", "\"two\"");
    write(&dir.join("low/src/only_here/mod.rs"), "");
    git(&sandbox, &dir, &["add", "."]);
    git(&sandbox, &dir, &["commit", "--quiet", "--message=two"]);
    let (mut watch, _) = Watcher::start(&sandbox, &dir, &["check"]);
    for (branch, run) in [("main", 2), ("other", 3), ("main", 4)] {
        git(&sandbox, &dir, &["checkout", "--quiet", branch]);
        let result = watch.event("ended");
        assert_eq!((&result["result"], &result["run"]), (&"ok".into(), &run.into()), "{:#?}", watch.said);
    }
    watch.assert_idle();
    watch.end(Signal::SIGTERM, &dir);
}

#[test]
fn what_makes_no_difference_begins_nothing() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let far = sandbox.path("far");
    write(&far.join("Cargo.toml"), "[package]\nname = \"far\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    write(&far.join("src/lib.rs"), "pub fn far() {}\n");
    let manifest = dir.join("app/Cargo.toml");
    fs::write(&manifest, fs::read_to_string(&manifest).expect("read") + "far = { path = \"../../far\" }\n").expect("written");
    git(&sandbox, &dir, &["init", "--quiet"]);
    write(&dir.join(".gitignore"), "/target\n*.log\n/generated/\n");
    fs::create_dir_all(dir.join("generated")).expect("made");
    let (mut watch, _) = Watcher::start(&sandbox, &dir, &["check"]);
    for file in ["a.log", "generated/x.rs", "target/debug/x", "low/src/.lib.rs.swp", "low/src/lib.rs~", "low/src/4913", ".git/x"]
    {
        write(&dir.join(file), "x");
    }
    fs::create_dir(dir.join("low/empty")).expect("made");
    fs::remove_dir(dir.join("low/empty")).expect("removed");
    // Events come in order: if one of those had counted, this run would be the third, or name them.
    edit(&far.join("src/lib.rs"), "far()", "farther()");
    let started = watch.event("started");
    assert_eq!((&started["run"], started["because"].as_array().map(Vec::len)), (&2.into(), Some(1)), "{started}");
    assert!(started["because"][0].as_str().is_some_and(|f| f.ends_with("far/src/lib.rs")), "{started}");
    assert_eq!(watch.result()["result"], "ok");
    // What is excluded by git counts if it is cargo's own.
    write(&dir.join(".cargo/config.toml"), "[build]\nrustflags = [\"--cfg=x\"]\n");
    assert_eq!(watch.event("started")["because"], serde_json::json!([".cargo/config.toml"]));
    assert_eq!(watch.result()["result"], "ok");
    watch.end(Signal::SIGTERM, &dir);
}

#[test]
fn a_build_script_that_writes_sources_comes_to_rest() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    write(&dir.join("low/build.rs"), "fn main() { std::fs::write(\"src/made.rs\", \"pub fn made() {}\\n\").unwrap(); }\n");
    let lib = dir.join("low/src/lib.rs");
    fs::write(&lib, format!("pub mod made;\n{}", fs::read_to_string(&lib).expect("read"))).expect("written");
    let (mut watch, first) = Watcher::start(&sandbox, &dir, &["check"]);
    let mut last = first;
    while last["result"] == "interrupted" {
        last = watch.event("ended");
    }
    edit(&dir.join("app/src/main.rs"), "low::tag()", "low::gone()");
    while last["result"] != "failed" {
        last = watch.event("ended");
    }
    assert!(watch.runs() <= 5, "{:#?}", watch.said);
    watch.end(Signal::SIGTERM, &dir);
}

#[test]
fn a_program_ends_with_its_change_and_with_us() {
    let sandbox = Sandbox::new();
    let dir = sandbox.project(
        "w",
        [
            ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("src/main.rs", "fn main() { println!(\"one\"); loop { std::thread::park(); } }\n"),
        ],
    );
    let mut watch = Watcher::begin(sandbox.command(exe(), &dir), &["run"]);
    let program = || processes::all().into_iter().find(|p| p.argv[0].ends_with("target/debug/app"));
    assert_eq!(watch.event("output")["text"], "one");
    let first = program().expect("it runs");
    edit(&dir.join("src/main.rs"), "one", "two");
    assert_eq!(watch.event("output")["text"], "two", "{:#?}", watch.said);
    assert!(!first.is_running());
    let second = program().expect("it runs");
    assert_eq!(watch.end(Signal::SIGINT, &dir).signal(), Some(Signal::SIGINT as i32));
    assert!(!second.is_running());
}

#[test]
fn plain_lines_have_no_control_bytes_and_their_streams() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    write(
        &dir.join("app/src/main.rs"),
        "fn main() { println!(\"\\u{1b}[2Jdone\"); }\n#[test] fn bad() { assert_eq!(low::pick(&[1], 0), 2); }\n#[test] fn good() {}\n",
    );
    let (out, err) = (sandbox.path("out"), sandbox.path("err"));
    let mut command = sandbox.command(exe(), &dir);
    command.args(["watch", "test"]).stdin(Stdio::null());
    command.stdout(fs::File::create(&out).expect("created")).stderr(fs::File::create(&err).expect("created"));
    let mut child = command.spawn().expect("started");
    processes::wait_until("the tests", || fs::read_to_string(&err).is_ok_and(|text| text.contains("Watch test: ")));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("sent");
    assert_eq!(child.wait().expect("waited").signal(), Some(Signal::SIGINT as i32));
    let (out, err) = (fs::read_to_string(&out).expect("read"), fs::read_to_string(&err).expect("read"));
    for text in [&out, &err] {
        assert!(text.bytes().all(|b| b >= b' ' || b == b'\n' || b == b'\t'), "{text:?}");
    }
    assert!(out.contains("test bad ... FAILED") && !out.contains("Watch"), "{out}");
    assert!(err.contains("Watch test") && err.contains("1 failed, 1 passed"), "{err}");
}

#[test]
fn what_cannot_be_watched_is_an_error_of_usage() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    for (args, said) in [(["watch", "chekc"], "did you mean `check`?"), (["watch", "--message-format=json"], "--json")] {
        let run = sandbox.ours(&dir, &args);
        assert_eq!(run.code(), Some(2));
        assert!(run.stderr().contains(said), "{}", run.stderr());
    }
    let run = Run::of(Command::new(exe()).arg("watch").current_dir("/").env("HOME", sandbox.path("home")));
    assert!(run.code() == Some(2) && run.stderr().contains("no `Cargo.toml`"), "{}", run.stderr());
}
