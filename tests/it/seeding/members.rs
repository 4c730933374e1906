//! The workspace's own crates in a directory that was removed: none of them is compiled or looked up if everything it was
//! made from is what it was, and each of them is if anything is not.

use std::{
    fs::{self, FileTimes},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use nix::sys::signal::Signal;

use crate::support::{
    Run, edit, exe,
    kit::{Kit, Said},
    oracle,
    processes::wait_until,
    write,
};

const BUILD: [&str; 3] = ["build", "--package", "app"];
const PROGRAM: &str = "target/debug/app";
const ALL: [&str; 4] = ["app", "basis", "mac", "user"];

const MANIFEST: &str = "[workspace]
members = ['app', 'basis', 'mac', 'user', 'wild']
resolver = '2'
[profile.fast]
inherits = 'release'
opt-level = 1
";
const BASIS_BUILD: &str = "fn main() {
    let out = std::env::var(\"OUT_DIR\").unwrap();
    let input = std::fs::read_to_string(\"input.txt\").unwrap();
    let listed = std::fs::read_dir(\"listed\").unwrap().count();
    let knob = std::env::var(\"KNOB\").unwrap_or_default();
    let text = format!(\"pub const MADE: &str = \\\"{} {listed} {knob}\\\";\", input.trim());
    std::fs::write(format!(\"{out}/made.rs\"), text).unwrap();
    println!(\"cargo:rerun-if-changed=input.txt\");
    println!(\"cargo:rerun-if-changed=listed\");
    println!(\"cargo:rerun-if-env-changed=KNOB\");
    println!(\"cargo:rustc-env=TOLD=told\");
}
";
const BASIS: &str = "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));
fn nobody_calls_this() {}
pub fn text() -> String {
    let more = if cfg!(feature = \"more\") { \"more\" } else { \"less\" };
    format!(\"{} {} {} {more} {}\", MADE, include_str!(\"data.txt\").trim(), env!(\"TOLD\"), env!(\"CARGO_PKG_DESCRIPTION\"))
}
";
const MAC: &str = "use proc_macro::TokenStream;
#[proc_macro]
pub fn table(_: TokenStream) -> TokenStream {
    let file = format!(\"{}/table.txt\", std::env::var(\"CARGO_MANIFEST_DIR\").unwrap());
    format!(\"{:?}\", std::fs::read_to_string(file).unwrap().trim()).parse().unwrap()
}
#[proc_macro]
pub fn variable(_: TokenStream) -> TokenStream {
    format!(\"{:?}\", std::env::var(\"WHISPERED\").unwrap_or_default()).parse().unwrap()
}
";
const APP: &str = "fn main() {
    println!(\"{} {} {}\", basis::text(), user::text(), option_env!(\"FLAVOUR\").unwrap_or(\"plain\"));
}
";
/// What the program says of all that.
const SAYS: &str = "input 1  data told less described table  plain";

fn package(name: &str, more: &str) -> String {
    format!("[package]\nname = '{name}'\nversion = '0.1.0'\nedition = '2021'\ndescription = 'described'\n{more}")
}

struct Workspace {
    kit: Kit,
    dir: PathBuf,
}

impl Workspace {
    fn new() -> Self {
        let kit = Kit::new();
        let app = "[dependencies]\nbasis = { path = '../basis' }\nuser = { path = '../user' }\nleaf = '1'\n";
        let user = "[dependencies]\nmac = { path = '../mac' }\nbasis = { path = '../basis' }\n";
        let files = [
            ("Cargo.toml", MANIFEST.to_owned()),
            ("app/Cargo.toml", package("app", app)),
            ("app/src/main.rs", APP.into()),
            ("basis/Cargo.toml", package("basis", "[features]\nmore = []\n")),
            ("basis/build.rs", BASIS_BUILD.into()),
            ("basis/src/lib.rs", BASIS.into()),
            ("basis/src/data.txt", "data\n".into()),
            ("basis/input.txt", "input\n".into()),
            ("basis/listed/one", String::new()),
            ("mac/Cargo.toml", package("mac", "[lib]\nproc-macro = true\n")),
            ("mac/src/lib.rs", MAC.into()),
            ("user/Cargo.toml", package("user", user)),
            ("user/src/lib.rs", "pub fn text() -> String { format!(\"{} {}\", mac::table!(), mac::variable!()) }\n".into()),
            ("user/table.txt", "table\n".into()),
            ("wild/Cargo.toml", package("wild", "")),
            ("wild/build.rs", "fn main() { println!(\"cargo:rustc-env=WHEN={:?}\", std::time::SystemTime::now()); }\n".into()),
            ("wild/src/main.rs", "fn main() { println!(\"{}\", env!(\"WHEN\")); }\n".into()),
        ];
        let dir = kit.sandbox.project("work", files.iter().map(|(f, t)| (*f, t.as_str())));
        kit.sandbox.cargo(&dir, &["generate-lockfile"]).success();
        Self { kit, dir }
    }

    /// Built, and all of it taken into the store.
    fn filled() -> Self {
        let work = Self::new();
        work.kit.fill(&work.dir, &BUILD).assert_made(&["app", "basis", "leaf", "mac", "user"]);
        work
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    fn without_target(&self) -> &Self {
        fs::remove_dir_all(self.path("target")).expect("removed");
        self
    }

    /// Until a source was not written in the last ticks of the clock of file times: such a one may still be changing.
    fn let_sources_age(&self, last: &str) -> &Self {
        let written = fs::metadata(self.path(last)).and_then(|m| m.modified()).expect("has a time");
        wait_until("sources that are not new", || written.elapsed().is_ok_and(|age| age > Duration::from_millis(100)));
        self
    }

    #[track_caller]
    fn build(&self, env: &[(&str, &str)]) -> Said {
        self.kit.sandbox.ready();
        let mut command = self.kit.sandbox.command(exe(), &self.dir);
        Said::of(Run::of(command.args(BUILD).arg("-v").envs(env.iter().copied())))
    }

    fn says(&self) -> String {
        Run::of(&mut self.kit.sandbox.command(self.path(PROGRAM), &self.dir)).success().stdout().trim_end().to_owned()
    }

    /// The program is what plain cargo makes of these sources in this very place.
    #[track_caller]
    fn assert_as_plain(&self, args: &[&str], program: &str) {
        let kept = self.kit.sandbox.path("kept");
        fs::copy(self.path(program), &kept).expect("copied");
        self.kit.plain(&self.dir, args).assert_nothing_done();
        self.without_target();
        self.kit.plain(&self.dir, args);
        oracle::assert_same_code(&kept, &self.path(program));
    }
}

#[test]
fn a_directory_that_was_removed_is_filled() {
    let work = Workspace::filled();
    assert_eq!(work.says(), SAYS);
    work.without_target().build(&[]).assert_nothing_done().assert_fresh(&ALL);
    assert_eq!(work.says(), SAYS);
    // And once more, from what was put there.
    work.kit.settle();
    work.kit.sandbox.cargo(&work.dir, &["clean"]).success();
    work.build(&[]).assert_nothing_done();
    work.build(&[("RUSTC_HYPEROPT", "off")]).assert_nothing_done();
    let totals = &work.kit.sandbox.take_stats().0["totals"];
    assert!(totals["seeded"].as_u64() >= Some(12), "{totals}");
    work.assert_as_plain(&BUILD, PROGRAM);
}

#[test]
fn whatever_is_built() {
    let work = Workspace::new();
    for (args, program) in [
        (&["build", "--package", "app", "--profile", "fast"][..], Some("target/fast/app")),
        (&["check", "--package", "app"], None),
        (&["test", "--no-run", "--package", "app"], None),
    ] {
        work.kit.fill(&work.dir, args);
        work.without_target().kit.ours(&work.dir, args).assert_nothing_done();
        work.kit.plain(&work.dir, args).assert_nothing_done();
        if let Some(program) = program {
            work.assert_as_plain(args, program);
        }
        work.without_target();
    }
}

#[test]
fn every_input_counts() {
    type Change = fn(&Workspace);
    let work = Workspace::filled();
    let files: [(&str, Change, &[&str], &str); 8] = [
        ("a source", |w| edit(&w.path("user/src/lib.rs"), "{} {}", "{}-{}"), &["user", "app"], "table- plain"),
        ("a file that is included", |w| write(&w.path("basis/src/data.txt"), "other\n"), &["basis"], "other"),
        ("what a script reads", |w| write(&w.path("basis/input.txt"), "another\n"), &["basis"], "another 1"),
        ("what a script lists", |w| write(&w.path("basis/listed/two"), ""), &["basis"], "input 2"),
        ("a script", |w| edit(&w.path("basis/build.rs"), "=told", "=said"), &["basis"], "said"),
        ("what a macro reads", |w| write(&w.path("user/table.txt"), "chair\n"), &["user"], "chair"),
        ("a manifest", |w| edit(&w.path("basis/Cargo.toml"), "described", "depicted"), &["basis"], "depicted"),
        (
            "a feature",
            |w| edit(&w.path("app/Cargo.toml"), "'../basis' }", "'../basis', features = ['more'] }"),
            &["basis", "app"],
            "more",
        ),
    ];
    let sources = work.kit.sandbox.path("sources");
    // With their times: what was written just now is not laid out.
    let copy = |from: &Path, to: &Path| drop(Run::of(Command::new("cp").arg("-a").arg(from).arg(to)).success());
    work.without_target();
    copy(&work.dir, &sources);
    work.build(&[]).assert_nothing_done();
    for (what, change, made, said) in files {
        work.without_target();
        change(&work);
        let told = work.build(&[]);
        assert!(made.iter().all(|m| told.made.contains(*m)), "{what}: {}", told.text);
        assert!(work.says().contains(said), "{what}: {}", work.says());
        // As it was.
        fs::remove_dir_all(&work.dir).expect("removed");
        copy(&sources, &work.dir);
        let told = work.build(&[]);
        assert!(told.made.is_empty(), "{what}: {} {:#}", told.text, work.kit.sandbox.take_stats().0["totals"]);
        assert_eq!(work.says(), SAYS, "{what}");
    }
    let variables: [(&str, &str, &str); 4] = [
        ("KNOB", "basis", "input 1 x"),
        ("FLAVOUR", "app", "table  x"),
        ("WHISPERED", "user", "table x plain"),
        ("RUSTFLAGS", "user", SAYS),
    ];
    for (name, made, said) in variables {
        let told = work.without_target().build(&[(name, if name == "RUSTFLAGS" { "-Cdebug-assertions=no" } else { "x" })]);
        assert!(told.made.contains(made), "{name}: {}", told.text);
        assert!(work.says().contains(said), "{name}: {}", work.says());
        work.without_target().build(&[]).assert_nothing_done();
        assert_eq!(work.says(), SAYS, "{name}");
    }
}

#[test]
fn a_time_that_was_set_back_deceives_nobody() {
    let work = Workspace::filled();
    let source = work.path("user/src/lib.rs");
    let time = fs::metadata(&source).and_then(|m| m.modified()).expect("has a time");
    for at in [time, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)] {
        edit(&source, "{}", "<{}>");
        let file = fs::OpenOptions::new().write(true).open(&source).expect("opened");
        file.set_times(FileTimes::new().set_modified(at)).expect("set");
        let told = work.without_target().build(&[]);
        assert!(told.made.contains("user") && !told.made.contains("basis"), "{}", told.text);
        assert!(work.says().contains("<table>"), "{}", work.says());
    }
}

#[test]
fn a_time_to_come_is_left_to_cargo() {
    let work = Workspace::filled();
    let file = fs::OpenOptions::new().write(true).open(work.path("user/src/lib.rs")).expect("opened");
    file.set_times(FileTimes::new().set_modified(SystemTime::now() + Duration::from_secs(3600))).expect("set");
    let told = work.without_target().build(&[]);
    assert!(told.made.contains("user") && !told.made.contains("basis"), "{}", told.text);
    assert_eq!(work.says(), SAYS);
    let stats = work.kit.sandbox.take_stats();
    assert_eq!(stats.0["totals"]["not_seeded"]["recent"], 1, "{:#}", stats.0);
}

#[test]
fn branches_there_and_back() {
    let work = Workspace::filled();
    let git = |args: &[&str]| {
        let mut command = work.kit.sandbox.command("git", &work.dir);
        command.args(["-c", "user.name=kit", "-c", "user.email=kit@localhost", "-c", "init.defaultBranch=main"]);
        Run::of(command.args(args)).success();
    };
    write(&work.path(".gitignore"), "/target\n");
    work.kit.commit("work");
    git(&["checkout", "--quiet", "-b", "side"]);
    edit(&work.path("user/src/lib.rs"), "{} {}", "{} side {}");
    edit(&work.path("basis/src/lib.rs"), "{} {} {} {more}", "{} / {} {} {more}");
    git(&["commit", "--quiet", "--all", "--message=side"]);
    let side = "input 1  / data told less described table side  plain";
    assert!(work.build(&[]).made.contains("user"));
    work.kit.settle();
    for (branch, says) in [("main", SAYS), ("side", side), ("main", SAYS)] {
        git(&["checkout", "--quiet", branch]);
        work.build(&[]);
        assert_eq!(work.says(), says, "in place");
        work.kit.settle();
        work.without_target().build(&[]).assert_nothing_done();
        assert_eq!(work.says(), says, "anew");
    }
    // Without a build on the way.
    git(&["checkout", "--quiet", "side"]);
    work.let_sources_age("user/src/lib.rs").without_target().build(&[]).assert_nothing_done();
    assert_eq!(work.says(), side);
    work.assert_as_plain(&BUILD, PROGRAM);
}

#[test]
fn edits_are_taken_in_as_they_are_built() {
    let work = Workspace::filled();
    for (from, to) in [("{} {}", "{} 1 {}"), ("{} 1 {}", "{} 2 {}")] {
        edit(&work.path("user/src/lib.rs"), from, to);
        work.build(&[]).assert_made(&["user", "app"]);
        work.kit.settle();
    }
    work.without_target().build(&[]).assert_nothing_done();
    assert!(work.says().contains("table 2"), "{}", work.says());
    work.assert_as_plain(&BUILD, PROGRAM);
}

/// A daemon that goes on running knows what it has looked at before.
#[test]
fn what_stands_still_is_not_looked_at_again() {
    let work = Workspace::filled();
    let (source, data) = (work.path("user/src/lib.rs"), work.path("basis/src/data.txt"));
    edit(&source, "{} {}", "{} 1 {}");
    work.build(&[]).assert_made(&["user", "app"]);
    work.kit.sandbox.wait_for_queue();
    // To another look the library would not be made of these files, and what is compiled against it would be left out.
    let meta = fs::metadata(&data).expect("there");
    let time = meta.modified().expect("has a time");
    let set = |text: &str| {
        write(&data, text);
        let file = fs::OpenOptions::new().write(true).open(&data).expect("opened");
        file.set_times(FileTimes::new().set_modified(time)).expect("set");
    };
    set("atad\n");
    edit(&source, "{} 1 {}", "{} 2 {}");
    work.build(&[]).assert_made(&["user", "app"]).assert_fresh(&["basis"]);
    work.kit.sandbox.wait_for_queue();
    // It is not put there as long as the file is another.
    let told = work.without_target().build(&[]);
    assert!(told.made.contains("basis"), "{}", told.text);
    assert!(work.says().contains("atad"), "{}", work.says());
    set("data\n");
    work.without_target().build(&[]).assert_nothing_done();
    assert_eq!(work.says(), SAYS.replace("table", "table 2"));
    work.assert_as_plain(&BUILD, PROGRAM);
}

/// Whatever was going on when a build began.
#[test]
fn builds_in_quick_succession() {
    let work = Workspace::filled();
    for n in 0..4 {
        edit(&work.path("user/src/lib.rs"), "format!(\"", &format!("format!(\"{n} "));
        work.build(&[]);
        edit(&work.path("basis/src/lib.rs"), "format!(\"", &format!("format!(\"{n} "));
        work.build(&[]);
    }
    let says = work.says();
    work.kit.sandbox.wait_for_queue();
    work.without_target().build(&[]).assert_nothing_done();
    assert_eq!(work.says(), says);
    work.assert_as_plain(&BUILD, PROGRAM);
}

#[test]
fn another_version_in_the_lock_file() {
    let work = Workspace::new();
    edit(&work.path("app/src/main.rs"), "option_env!", "leaf::TOLD, option_env!");
    edit(&work.path("app/src/main.rs"), "{} {} {}", "{} {} {} {}");
    work.kit.fill(&work.dir, &BUILD);
    assert!(work.says().ends_with("true plain"), "{}", work.says());
    work.kit.publish_version("1.1.0", "leaf", &[], &[], &[("src/lib.rs", "pub const TOLD: bool = false;\n")]);
    work.without_target().build(&[]).assert_nothing_done();
    for (version, told) in [("1.1.0", "false plain"), ("1.0.0", "true plain")] {
        work.kit.sandbox.cargo(&work.dir, &["update", "leaf", "--precise", version]).success();
        let said = work.without_target().build(&[]);
        if version == "1.1.0" {
            assert!(["app", "leaf"].iter().all(|one| said.made.contains(*one)), "{}", said.text);
        } else {
            said.assert_nothing_done();
        }
        assert!(work.says().ends_with(told), "{version}: {}", work.says());
        work.kit.settle();
        work.without_target().build(&[]).assert_nothing_done();
        assert!(work.says().ends_with(told), "{version}: {}", work.says());
    }
    work.assert_as_plain(&BUILD, PROGRAM);
}

/// To cargo it is the same: it says the same of itself.
#[test]
fn another_compiler() {
    let work = Workspace::new();
    edit(&work.path("user/src/lib.rs"), "mac::variable!()", "cfg!(other)");
    let compiler = work.kit.sandbox.compiler("# The first.");
    let env = [("RUSTC", compiler.to_str().expect("text"))];
    work.build(&env);
    work.kit.settle();
    work.without_target().build(&env).assert_nothing_done();
    assert_eq!(work.says(), SAYS.replace("table ", "table false"));
    work.kit.settle();
    work.kit.sandbox.compiler("case \"$*\" in *'--crate-name user '*) set -- \"$@\" --cfg=other;; esac");
    let told = work.without_target().build(&env);
    assert!(ALL.iter().all(|member| told.made.contains(*member)), "{}", told.text);
    assert_eq!(work.says(), SAYS.replace("table ", "table true"));
    // And the one that has always been there.
    let told = work.without_target().build(&[]);
    assert!(ALL.iter().all(|member| told.made.contains(*member)), "{}", told.text);
    assert_eq!(work.says(), SAYS.replace("table ", "table false"));
    work.assert_as_plain(&BUILD, PROGRAM);
}

#[test]
fn a_script_that_does_not_say_what_it_depends_on_runs() {
    let work = Workspace::new();
    let args = ["build", "--package", "wild"];
    work.kit.fill(&work.dir, &args);
    let program = work.path("target/debug/wild");
    let says = || Run::of(&mut work.kit.sandbox.command(&program, &work.dir)).success().stdout();
    let first = says();
    work.without_target().kit.ours(&work.dir, &args).assert_made(&["wild"]);
    assert_ne!(says(), first);
    let stats = work.kit.sandbox.take_stats();
    let left_out = stats.0["totals"].to_string() + &stats.0["units"].to_string();
    assert!(left_out.contains("undeclared"), "{:#}", stats.0);
}

#[test]
fn warnings_are_told_again() {
    let work = Workspace::filled();
    let warnings = |text: &str| {
        let is_other = |line: &&str| ["Fresh", "Finished", "Hyperopt"].iter().any(|word| line.trim_start().starts_with(word));
        let lines = text.lines().filter(|l| !is_other(l));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let told = work.without_target().build(&[]);
    told.assert_nothing_done();
    let again = work.kit.plain(&work.dir, &BUILD);
    assert!(told.text.contains("nobody_calls_this"), "{}", told.text);
    assert_eq!(warnings(&told.text), warnings(&again.text));
    work.without_target();
    let compiled = work.kit.plain(&work.dir, &BUILD);
    assert!(compiled.text.contains("warning: function `nobody_calls_this` is never used\n"), "{}", compiled.text);
    let warned = |text: &str| {
        text.lines().skip_while(|l| !l.starts_with("warning: function")).take(7).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(warned(&told.text), warned(&compiled.text));
}

#[test]
fn elsewhere_nothing_comes_of_it() {
    let work = Workspace::filled();
    let copy = work.kit.sandbox.copy(&work.dir, "elsewhere");
    work.kit.ours(&copy, &BUILD).assert_made(&ALL).assert_fresh(&["leaf"]);
    let moved = work.kit.sandbox.path("moved");
    work.kit.sandbox.ready();
    let mut command = work.kit.sandbox.command(exe(), &work.dir);
    Said::of(Run::of(command.args(BUILD).arg("-v").env("CARGO_TARGET_DIR", &moved))).assert_made(&ALL);
}

#[test]
fn killed_half_way() {
    let work = Workspace::filled();
    let note = work.kit.sandbox.path("reached");
    let mut met = 0;
    for n in [1, 7, 16, 28, 40, 47] {
        work.without_target();
        work.kit.sandbox.ready();
        let point = format!("seed-between-files:{n}@{}", note.display());
        let run = work.kit.sandbox.ours_with(&work.dir, &BUILD, &[("RUSTC_HYPEROPT_FAILPOINT", &point)]);
        if fs::remove_file(&note).is_err() {
            run.success();
            continue;
        }
        met += 1;
        assert_eq!(run.0.status.signal(), Some(Signal::SIGKILL as i32));
        let again = if n % 2 == 0 { work.build(&[]) } else { work.kit.plain(&work.dir, &BUILD) };
        assert_eq!(work.says(), SAYS, "{}", again.text);
        work.kit.plain(&work.dir, &BUILD).assert_nothing_done();
    }
    assert!(met >= 4, "{met} points");
}

/// What stands on the metadata of an earlier version is no exact result.
#[test]
fn after_a_cut_off_and_a_hit_by_meaning() {
    let work = Workspace::filled();
    for (from, to) in [
        ("pub fn text() -> String {", "pub fn text() -> String {\n    let _unused = 1 + 1;"),
        ("fn nobody_calls_this() {}", "// A comment.\nfn nobody_calls_this() {}"),
        ("// A comment.", "// Another comment."),
    ] {
        edit(&work.path("basis/src/lib.rs"), from, to);
        work.build(&[]);
        work.kit.settle();
        work.without_target().build(&[]);
        assert_eq!(work.says(), SAYS);
        work.kit.plain(&work.dir, &BUILD).assert_nothing_done();
    }
    let all: &Path = &work.path("target/debug/deps");
    assert!(all.is_dir());
}
