//! What is made for shells and for `man` is understood by those that are installed; the others are named on stderr.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::support::{Run, Sandbox, exe, write};

/// Shells, and how each is told to read a file without running it.
const SHELLS: [(&str, &str, &[&str]); 5] = [
    ("bash", "bash", &["-n"]),
    ("zsh", "zsh", &["-n"]),
    ("fish", "fish", &["--no-execute"]),
    ("elvish", "elvish", &["-compileonly"]),
    (
        "powershell",
        "pwsh",
        &[
            "-NoProfile",
            "-Command",
            "$e = $null; [void][System.Management.Automation.Language.Parser]::ParseFile($args[0], [ref]$null, [ref]$e); exit $e.Count",
            "-args",
        ],
    ),
];

#[expect(clippy::print_stderr, reason = "a check that is left out must not look like one that passed")]
fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok() || Command::new(program).arg("-version").output().is_ok();
    if !there {
        eprintln!("LEFT OUT: {program} is not installed");
    }
    there
}

/// A project with a lock file, and a script per shell.
fn scripts() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let lock = "version = 4\n[[package]]\nname = \"serde-json\"\nversion = \"1.0.0\"\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n";
    let project = sandbox.project("project", [("Cargo.lock", lock)]);
    for (shell, ..) in SHELLS {
        let text = sandbox.ours(&project, &["completions", shell]).success().stdout();
        assert!(text.contains("RUSTC_HYPEROPT_COMPLETE") && text.contains(exe()), "{text}");
        // Elvish has its editor only where there is a terminal, and checks names as well as grammar.
        let text = if shell == "elvish" { text.replace("set edit:completion:arg-completer", "var t = [&]; set t") } else { text };
        write(&project.join(shell), &text);
    }
    (sandbox, project)
}

fn shell(sandbox: &Sandbox, dir: &Path, program: &str, args: &[&str]) -> String {
    Run::of(sandbox.command(program, dir).args(args)).success().stdout()
}

#[test]
fn every_script_is_understood_by_its_shell() {
    let (sandbox, project) = scripts();
    for (name, program, args) in SHELLS {
        if is_there(program) {
            shell(&sandbox, &project, program, &[args, &[name]].concat());
            fs::write(project.join("broken"), "if ( { [").expect("written");
            let broken = Run::of(sandbox.command(program, &project).args(args).arg("broken"));
            assert!(!broken.0.status.success(), "{program} reads anything");
        }
    }
}

#[test]
fn crates_of_the_lock_file_and_flags_are_completed() {
    let (sandbox, project) = scripts();
    let ask = |words: &str, at: usize| {
        let script = format!(
            "source ./bash; COMP_WORDS=({words}); COMP_CWORD={at}; COMP_TYPE=9; \
             _clap_complete_rustc_hyperopt rustc-hyperopt \"${{COMP_WORDS[COMP_CWORD]}}\" x; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        shell(&sandbox, &project, "bash", &["--norc", "-c", &script])
    };
    assert_eq!(ask("rustc-hyperopt why se", 2), "serde-json\n");
    let all = ask("rustc-hyperopt why ''", 2);
    assert!(all.starts_with("app\nserde-json\n--"), "{all}");
    assert_eq!(ask("rustc-hyperopt stats --det", 2), "--detailed\n");
    assert!(!sandbox.store().exists(), "asking for completions starts no daemon");
    if is_there("fish") {
        let script = "source ./fish; complete -C 'rustc-hyperopt why se'";
        assert_eq!(shell(&sandbox, &project, "fish", &["--no-config", "-c", script]).trim(), "serde-json");
    }
}

#[test]
fn manual_pages_are_sound() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path("home");
    sandbox.ours(&dir, &["man", "--dir", "pages"]).success();
    let pages: Vec<_> = fs::read_dir(dir.join("pages")).expect("listed").flatten().map(|e| e.path()).collect();
    assert!(pages.len() > 10, "{pages:?}");
    if is_there("groff") {
        for page in pages {
            let run = Run::of(sandbox.command("groff", &dir).args(["-man", "-ww", "-Tutf8", "-z"]).arg(&page)).success();
            assert_eq!(run.stderr(), "", "{}", page.display());
        }
    }
}
