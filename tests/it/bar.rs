//! Cargo's bar on a terminal: what it says besides, that it goes, and that nothing else of what cargo writes becomes different.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::support::{Sandbox, edit, exe, gate::Gate, processes, terminal::Terminal};

/// `base`, `low` on it, and `app` on that. The gate stands before `low`.
struct Held {
    sandbox: Sandbox,
    dir: PathBuf,
    gate: Gate,
}

impl Held {
    /// All of it was built, the target directory is gone, and `low` was edited: one unit is put in place, or, in another target directory,
    /// restored; two are compiled.
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let package = |name: &str, needs: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{needs}")
        };
        let dir = sandbox.project(
            "work",
            [
                ("Cargo.toml", "[workspace]\nmembers = [\"base\", \"low\", \"app\"]\nresolver = \"2\"\n"),
                ("base/Cargo.toml", &*package("base", "")),
                ("base/src/lib.rs", "pub fn base() -> u32 { 1 }\n"),
                ("low/Cargo.toml", &*package("low", "base = { path = \"../base\" }\n")),
                ("low/src/lib.rs", "pub fn low() -> u32 { base::base() + 1 }\n"),
                ("app/Cargo.toml", &*package("app", "low = { path = \"../low\" }\n")),
                ("app/src/main.rs", "fn main() { println!(\"{}\", low::low()); }\n"),
            ],
        );
        let gate = Gate::closed(&sandbox);
        gate.open();
        let rustc = gate.rustc.to_str().expect("text");
        sandbox.ours_with(&dir, &["build"], &[("RUSTC", rustc)]).success();
        sandbox.ours(&dir, &["cache", "settle"]).success();
        let held = Self { sandbox, dir, gate };
        fs::remove_dir_all(held.dir.join("target")).expect("removed");
        edit(&held.dir.join("low/src/lib.rs"), "pub fn low()", "pub fn other() -> u32 { 2 }\npub fn low()");
        held.gate.close();
        held
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command(exe(), &self.dir);
        command.args(args).env("RUSTC", &self.gate.rustc);
        command
    }

    fn on_terminal(&self, columns: u16, envs: &[(&str, &str)]) -> Terminal {
        Terminal::start(self.command(&["build"]).envs(envs.iter().copied()), columns, false)
    }
}

#[test]
fn the_bar_says_what_the_cache_knows_and_goes() {
    let held = Held::new();
    let mut terminal = held.on_terminal(120, &[]);
    let line = terminal.line_with("left");
    assert_eq!(line, "    Building [========>                ] 1/3 · 1 seeded · 1 compiling · ~1 s left: low");
    terminal.resize(40);
    let line = terminal.line_with("…");
    assert_eq!(line, "    Building 1/3 · 1 seeded · 1 compil…");
    held.gate.open();
    assert!(terminal.finish().success());
    let screen = terminal.screen();
    assert!(!screen.contains("Building") && screen.contains("Finished"), "{screen}");
    assert!(screen.contains("Hyperopt 1 unit seeded, 2 compiled"), "{screen}");
}

#[test]
fn who_wants_no_bar_of_ours_gets_none_and_colours_make_no_difference() {
    let held = Held::new();
    let never = held.on_terminal(120, &[("CARGO_TERM_PROGRESS_WHEN", "never"), ("CARGO_TARGET_DIR", "never")]);
    let cargos = held.on_terminal(120, &[("RUSTC_HYPEROPT_UI_PROGRESS", "cargo"), ("CARGO_TARGET_DIR", "cargos")]);
    processes::wait_until("both are held", || {
        ["never", "cargos"].iter().all(|dir| processes::wrapper_of("low", &held.dir.join(dir)).is_some())
    });
    // Whoever comes later and has shown a bar has waited for it for longer than the others would have.
    let colored = held.on_terminal(120, &[("CARGO_TERM_COLOR", "always"), ("CARGO_TARGET_DIR", "colored")]);
    let plain = held.on_terminal(120, &[("NO_COLOR", "1"), ("CARGO_TERM_COLOR", "auto"), ("CARGO_TARGET_DIR", "plain")]);
    let line = colored.line_with("1 hit");
    assert!(line.starts_with("    Building [========>                ] 1/3 · 1 hit"), "{line}");
    assert_eq!(plain.line_with("1 hit"), line);
    let text = |terminal: &Terminal| String::from_utf8(terminal.bytes()).expect("text");
    assert!(text(&colored).contains("\u{1b}[1m") && !text(&plain).contains("\u{1b}[1m"));
    assert_eq!(cargos.line_with("Building").split(']').nth(1), Some(" 1/3: low"));
    assert!(!text(&never).contains("Building") && text(&never).contains("Compiling"), "{}", text(&never));
    held.gate.open();
    for mut terminal in [never, cargos, colored, plain] {
        assert!(terminal.finish().success());
        assert!(!terminal.screen().contains("Building"), "{}", terminal.screen());
    }
}

#[test]
fn whatever_ends_the_build_takes_the_bar_with_it() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let held = Held::new();
        let mut terminal = held.on_terminal(120, &[]);
        terminal.line_with("compiling");
        match signal {
            Signal::SIGINT => terminal.press("\u{3}"),
            _ => kill(Pid::from_raw(terminal.pid()), signal).expect("sent"),
        }
        let status = terminal.finish();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(signal as i32));
        let screen = terminal.screen();
        assert!(!screen.contains("Building") && screen.contains("Compiling"), "{screen}");
        held.gate.open();
        processes::wait_until("nothing is left", || processes::wrapper_of("low", &held.dir).is_none());
    }
    let held = Held::new();
    fs::write(held.dir.join("low/src/lib.rs"), "pub fn low() -> u32 { \"\" }\n").expect("written");
    let mut terminal = held.on_terminal(120, &[]);
    terminal.line_with("compiling");
    held.gate.open();
    assert_eq!(terminal.finish().code(), Some(101));
    let screen = terminal.screen();
    assert!(!screen.contains("Building") && screen.contains("error[E0308]"), "{screen}");
}

/// Our binary with a script in place of cargo.
fn with_cargo(sandbox: &Sandbox, dir: &Path, script: &str, args: &[&str]) -> Command {
    let cargo = sandbox.script("fake/cargo", script);
    let mut command = sandbox.command(exe(), dir);
    command.args(args).env("CARGO", cargo);
    command
}

#[test]
fn every_byte_of_cargo_arrives_in_order() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("small", "one");
    let mut text = Vec::new();
    for n in 0..30_000 {
        text.extend_from_slice(
            format!("\u{1b}[1m\u{1b}[33mwarning\u{1b}[0m: {n}\t\u{1b}]8;;file:///x\u{1b}\\ä\u{1b}]8;;\u{1b}\\\r\n").as_bytes(),
        );
        text.extend((0..=255_u8).filter(|_| n % 1_000 == 0));
    }
    text.extend_from_slice(b"    Building [=> ] 1/2: no frame, it has ended\n    Build");
    assert!(text.len() > 1 << 20);
    fs::write(sandbox.path("text"), &text).expect("written");
    let script = format!("cat '{}' >&2; exit 3", sandbox.path("text").display());
    let mut terminal = Terminal::start(&mut with_cargo(&sandbox, &dir, &script, &["build"]), 80, true);
    assert_eq!(terminal.finish().code(), Some(3));
    let bytes = terminal.bytes();
    let said = bytes.get(..text.len()).expect("all of it");
    let at = said.iter().zip(&text).position(|(a, b)| a != b);
    assert_eq!(at, None, "the first byte that differs");
    assert_eq!(&bytes[text.len()..], b"", "and nothing else");
}

#[test]
fn whoever_cargo_leaves_behind_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("small", "one");
    let script = format!("(trap '' HUP; exec sleep 600) & echo $! > '{}'; echo said >&2", sandbox.path("pid").display());
    let mut terminal = Terminal::start(&mut with_cargo(&sandbox, &dir, &script, &["build"]), 80, true);
    processes::wait_until("its end", || processes::Process::by_pid(terminal.pid()).is_none_or(|p| !p.is_running()));
    let left: i32 = fs::read_to_string(sandbox.path("pid")).expect("written").trim().parse().expect("a number");
    let was_left = processes::Process::by_pid(left).expect("still there");
    was_left.signal(Signal::SIGKILL);
    assert!(terminal.finish().success());
    assert!(terminal.bytes().starts_with(b"said\n"), "{:?}", String::from_utf8_lossy(&terminal.bytes()));
}

#[test]
fn programs_keep_the_real_terminal() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("small", "one");
    let note = sandbox.path("note");
    let script = format!("readlink /proc/$$/fd/2 > '{}'", note.display());
    let is_lent = |args: &[&str], envs: &[(&str, &str)]| {
        let mut command = with_cargo(&sandbox, &dir, &script, args);
        let mut terminal = Terminal::start(command.envs(envs.iter().copied()), 80, true);
        assert!(terminal.finish().success());
        let stderr = fs::read_to_string(&note).expect("noted");
        assert!(stderr.starts_with("/dev/pts/"), "{args:?}: {stderr}");
        Path::new(stderr.trim()) != terminal.name
    };
    for lent in ["build", "b --release", "check -v", "c", "clippy", "doc", "test --no-run", "bench --no-run", "build -p low -j 1"]
    {
        let words: Vec<&str> = lent.split(' ').collect();
        let words = if words[0] == "bench" { [&["cargo"], &words[..]].concat() } else { words };
        assert!(is_lent(&words, &[]), "{lent}");
    }
    for kept in
        ["run", "r -- build", "test", "t x -- --no-run", "build -q", "build --message-format=json", "doc --open", "nextest run"]
    {
        assert!(!is_lent(&kept.split(' ').collect::<Vec<_>>(), &[]), "{kept}");
    }
    for (name, value) in [
        ("CI", "true"),
        ("TERM", "dumb"),
        ("CARGO_TERM_PROGRESS_WHEN", "never"),
        ("CARGO_ALIAS_BUILD", "run"),
        ("RUSTC_HYPEROPT_UI_PROGRESS", "cargo"),
        ("RUSTC_HYPEROPT", "off"),
    ] {
        assert!(!is_lent(&["build"], &[(name, value)]), "{name}");
    }
    assert!(is_lent(&["b"], &[]));
    fs::create_dir(dir.join(".cargo")).expect("created");
    fs::write(dir.join(".cargo/config.toml"), "[alias]\nb = \"run\"\n").expect("written");
    assert!(!is_lent(&["b"], &[]) && is_lent(&["build"], &[]));
}

#[test]
fn a_pipe_gets_no_control_characters() {
    let held = Held::new();
    held.gate.open();
    let run = held.sandbox.ours_with(&held.dir, &["build"], &[("RUSTC", held.gate.rustc.to_str().expect("text"))]).success();
    assert!(run.0.stderr.iter().all(|b| *b == b'\n' || !b.is_ascii_control()), "{}", run.stderr());
}
