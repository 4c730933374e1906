//! What was prepared ahead of time is there when it is wanted, and preparing leaves no trace anywhere else.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;

use crate::support::{
    Run, exe,
    kit::{GIT, Kit, REGISTRY, Said},
    processes::{self, Running, wait_until},
    write,
};

/// Every file below a directory with its bytes and its time.
fn listing(dir: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(listing(&path));
        } else {
            let time = entry.metadata().and_then(|m| m.modified()).expect("has one");
            all.push((path.clone(), fs::read(&path).expect("readable"), time));
        }
    }
    all.sort();
    all
}

/// A member was restored, and everything that was downloaded was there before cargo began.
#[track_caller]
fn assert_all_there(kit: &Kit, said: &Said) {
    said.assert_made(&["app"]).assert_fresh(GIT.iter().chain(&REGISTRY));
    kit.sandbox.take_stats().assert_all_hits(1);
}

fn warmup(kit: &Kit, dir: &Path, args: &[&str]) -> Run {
    kit.sandbox.ours(dir, &[&["warmup"], args].concat())
}

/// A package without dependencies, with a build script that notes that it was run.
fn telling(kit: &Kit, name: &str) -> (PathBuf, PathBuf) {
    let note = kit.sandbox.path(&format!("{}-was-run", name.replace('/', "-")));
    let script = format!("fn main() {{ std::fs::write({note:?}, \"\").unwrap(); }}");
    let manifest = "[package]\nname = \"telling\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let dir = kit.sandbox.project(name, [("Cargo.toml", manifest), ("build.rs", &*script), ("src/lib.rs", "")]);
    kit.sandbox.cargo(&dir, &["generate-lockfile"]).success();
    (dir, note)
}

#[test]
fn a_project_and_its_copies_find_everything_and_the_project_is_not_touched() {
    let kit = Kit::new();
    let before = listing(&kit.app);
    let said = warmup(&kit, &kit.app, &[]).success().stderr();
    assert!(said.contains("cargo build") && said.contains("cargo test --no-run"), "{said}");
    assert!(listing(&kit.app) == before, "something in the project was changed");
    assert!(!kit.sandbox.store().join("warmup/target").exists());
    kit.sandbox.take_stats();

    let copy = kit.copy("copies of/app");
    for (dir, args) in [(&kit.app, &["build"][..]), (&copy, &["build"])] {
        assert_all_there(&kit, &kit.ours(dir, args));
        kit.assert_like(dir, &kit.reference(if dir == &copy { "copy" } else { "app" }, args), args, "target/debug/app");
    }
    for args in [&["check"][..], &["test", "--no-run"], &["check", "--workspace", "--all-targets"]] {
        let copy = kit.copy(&format!("for {}", args.join(" ")));
        assert_all_there(&kit, &kit.ours(&copy, args));
        kit.plain(&copy, args).assert_nothing_done();
    }
}

#[test]
fn a_second_run_has_nothing_to_do_until_something_changes() {
    let kit = Kit::new();
    let nothing = |args: &[&str]| warmup(&kit, &kit.app, args).success().stderr().contains("nothing to do");
    assert!(!nothing(&["--build"]));
    assert!(nothing(&["--build"]));
    assert!(!nothing(&["--build", "--release"]), "another profile");
    write(&kit.app.join("src/main.rs"), "fn main() { println!(\"{}\", kit_top::all()); }\n");
    assert!(!nothing(&["--build"]) && nothing(&["--build"]));
    kit.sandbox.ours(&kit.app, &["cache", "clean", "--all"]).success();
    assert!(!nothing(&["--build"]) && nothing(&["--build"]));
    kit.sandbox.take_stats();
    assert_all_there(&kit, &kit.ours(&kit.copy("copy"), &["build"]));
}

#[test]
fn only_projects_that_were_named_or_built() {
    let kit = Kit::new();
    let sandbox = &kit.sandbox;
    let (named, was_named) = telling(&kit, "code/named");
    let (_, was_beside) = telling(&kit, "beside");
    let (built, was_built) = telling(&kit, "built");
    let broken = sandbox.project("code/broken", [("Cargo.toml", "[package]\nname = \"broken\"\n"), ("Cargo.lock", "x")]);
    let code = sandbox.path("code");

    let none = warmup(&kit, &code, &["--scan-crates"]).success();
    assert!(none.stderr().contains("no project was found"), "{}", none.stderr());
    let listed = warmup(&kit, &code, &["--scan-crates", ".", "--list"]).success();
    let line = format!("{}: build, check", named.display());
    assert!(listed.stdout().contains(&line) && !listed.stdout().contains("beside"), "{}", listed.stdout());
    assert!(!was_named.exists(), "listing runs nothing");

    let said = warmup(&kit, &code, &["--scan-crates", "."]).success().stderr();
    assert!(was_named.exists() && !was_beside.exists() && !was_built.exists());
    assert!(said.contains("1 project prepared, 1 project failed"), "{said}");
    assert!(said.contains(&format!("{} is not prepared", broken.display())), "{said}");
    let again = warmup(&kit, &code, &["--scan-crates", "."]).success().stderr();
    assert!(again.contains("1 project had nothing to do"), "{again}");

    kit.ours(&built, &["build"]);
    kit.settle();
    [&was_built, &was_named].into_iter().for_each(|note| fs::remove_file(note).expect("noted"));
    let known = warmup(&kit, &code, &["--scan-crates", "--list"]).success().stdout();
    assert!(known.contains("built: build") && known.lines().count() == 1, "what was only prepared is not known: {known}");
    warmup(&kit, &code, &["--scan-crates"]).success();
    assert!(was_built.exists() && !was_named.exists() && !was_beside.exists());
}

#[test]
fn the_popular_crates_that_can_be_had() {
    let kit = Kit::new();
    kit.publish("serde", &[], &["derive"], &[("src/lib.rs", "pub fn name() -> &'static str { \"serde\" }\n")]);
    let run = warmup(&kit, &kit.app, &["--popular", "3"]).success();
    assert!(run.stderr().contains("left out") && run.stderr().contains("serde_json, tokio"), "{}", run.stderr());
    kit.settle();
    let manifest = kit.manifest("other", "serde = { version = \"1\", features = [\"derive\"] }\n");
    let other = kit.program("other", &manifest, "fn main() { println!(\"{}\", serde::name()); }\n");
    kit.ours(&other, &["build"]).assert_made(&["other"]).assert_fresh(&["serde"]);
    kit.ours(&other, &["check"]).assert_made(&["other"]).assert_fresh(&["serde"]);
    let known = warmup(&kit, &kit.app, &["--scan-crates", "--list"]).success().stdout();
    assert!(!known.contains("popular"), "{known}");
}

#[test]
fn without_any_popular_crate_it_says_so_and_ends() {
    let kit = Kit::new();
    let run = warmup(&kit, &kit.app, &["--popular", "2", "--offline"]);
    assert_eq!(run.code(), Some(1), "{}", run.stderr());
    assert!(run.stderr().contains("popular crates is not prepared"), "{}", run.stderr());
}

/// A compiler that lets builds of other kinds pass, and a warm-up wait in front of this crate.
struct Held {
    rustc: PathBuf,
    hold: PathBuf,
    here: PathBuf,
}

impl Held {
    fn before(kit: &Kit, name: &str) -> Self {
        let (hold, here) = (kit.sandbox.path("hold"), kit.sandbox.path("here"));
        fs::write(&hold, "").expect("written");
        let rustc = kit.sandbox.compiler(&format!(
            "case \"$RUSTC_HYPEROPT_SESSION $*\" in warmup-*'--crate-name {name} '*) \
             : >'{here}'; while [ -e '{hold}' ]; do sleep 0.02; done;; esac",
            here = here.display(),
            hold = hold.display()
        ));
        Self { rustc, hold, here }
    }

    /// Until the compiler itself has come: its wrapper alone may still be looking whether it is needed.
    fn wait(&self) {
        wait_until("the warm-up to be held", || self.here.exists());
    }
}

#[test]
fn nobody_waits_for_it_and_what_it_has_done_before_an_interrupt_is_kept() {
    let kit = Kit::new();
    let held = Held::before(&kit, "kit_mid");
    let command = |dir: &Path, args: &[&str]| {
        let mut command = kit.sandbox.command(exe(), dir);
        command.args(args).env("RUSTC", &held.rustc);
        command
    };
    let work = kit.sandbox.store().join("warmup/target");
    let running = Running::start(&mut command(&kit.app, &["warmup", "--build"]));
    held.wait();
    let wrapper = processes::wrapper_of("kit_mid", &work).expect("held");
    let stat = fs::read_to_string(format!("/proc/{}/stat", wrapper.pid)).expect("running");
    let field = |n: usize| stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(n - 3)).expect("there");
    assert_eq!((field(19), field(41)), ("19", &*libc::SCHED_IDLE.to_string()), "nice, and the idle policy: {stat}");
    // Waits until what was compiled so far is stored.
    kit.sandbox.take_stats();
    // Equal compiles wait for each other, but not for one that nobody waits for.
    Run::of(command(&kit.copy("meanwhile"), &["build"]).arg("-q")).success();
    let why = Run::of(&mut command(&kit.app, &["why", "kit-base", "--json"])).success().json();
    assert_eq!(why["units"][0]["outcome"], "hit", "what the warm-up has compiled is kept: {why}");
    let busy = Run::of(&mut command(&kit.app, &["warmup", "--check"]));
    assert_eq!(busy.code(), Some(2), "{}", busy.stderr());
    assert!(busy.stderr().contains("under way already"), "{}", busy.stderr());

    nix::sys::signal::kill(nix::unistd::Pid::from_raw(running.pid()), Signal::SIGINT).expect("sent");
    let ended = running.finish();
    assert_eq!(ended.0.status.signal(), Some(Signal::SIGINT as i32), "{}", ended.stderr());
    assert!(ended.stderr().contains("interrupted"), "{}", ended.stderr());
    wait_until("everything that it has started", || processes::wrapper_of("kit_mid", &work).is_none());
    assert!(!work.exists(), "what it was building is gone");

    fs::remove_file(&held.hold).expect("there");
    kit.sandbox.take_stats();
    Run::of(&mut command(&kit.app, &["warmup", "--build"])).success();
    let stats = kit.sandbox.take_stats();
    assert!(stats.misses() == 0 && stats.troubles().is_empty(), "{:#}", stats.0);
}

#[test]
fn in_the_background_with_a_log_and_a_way_to_end_it() {
    let kit = Kit::new();
    let held = Held::before(&kit, "kit_mid");
    let envs = [("RUSTC", held.rustc.to_str().expect("text"))];
    let ours = |args: &[&str]| kit.sandbox.ours_with(&kit.app, args, &envs);
    assert!(ours(&["warmup", "--status"]).success().stdout().contains("no warm-up yet"));
    assert_eq!(ours(&["warmup", "--stop"]).code(), Some(2));
    let started = ours(&["warmup", "--build", "--background"]).success();
    assert!(started.stderr().contains("--status"), "{}", started.stderr());
    let status = || ours(&["warmup", "--status"]).success().stdout();
    wait_until("it to be under way", || status().contains("under way") && status().contains("cargo build"));
    let work = kit.sandbox.store().join("warmup/target");
    held.wait();
    ours(&["warmup", "--stop"]).success();
    wait_until("its end", || status().contains("ended"));
    assert!(status().contains("interrupted"), "{}", status());
    wait_until("everything that it has started", || processes::wrapper_of("kit_mid", &work).is_none());
    let log = fs::read_to_string(kit.sandbox.store().join("warmup/log")).expect("written");
    assert!(log.contains("Warming up") && log.contains("Stopped"), "{log}");
}

#[test]
fn a_budget_ends_it_and_a_failure_is_told() {
    let kit = Kit::new();
    let over = warmup(&kit, &kit.app, &["--budget-minutes", "0.000001"]).success();
    assert!(over.stderr().contains("the time is over"), "{}", over.stderr());
    write(&kit.app.join("src/main.rs"), "fn main() { nothing }\n");
    let failed = warmup(&kit, &kit.app, &["--build"]);
    assert_eq!(failed.code(), Some(1));
    assert!(failed.stderr().contains("cannot find value `nothing`"), "{}", failed.stderr());
    assert!(!kit.sandbox.store().join("warmup/target").exists());
    let nowhere = warmup(&kit, &kit.sandbox.path("home"), &[]);
    assert_eq!(nowhere.code(), Some(2));
    assert!(nowhere.stderr().contains("hint: "), "{}", nowhere.stderr());
}
