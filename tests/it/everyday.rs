//! What people set up once: the subcommand of cargo, and a job of a CI system.

use std::{fs, os::unix::fs::symlink, path::Path};

use super::support::{Run, Sandbox, exe, write};

fn project(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    sandbox.project(
        name,
        [("Cargo.toml", manifest), ("src/lib.rs", "pub fn f() -> u32 { 3 }\n#[test]\nfn t() { assert_eq!(f(), 3); }\n")],
    )
}

/// The path with a directory in front.
fn path_with(dir: &Path) -> std::ffi::OsString {
    let outer = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(dir.to_owned()).chain(std::env::split_paths(&outer))).expect("a path")
}

#[test]
fn cargo_finds_us_by_the_second_program_and_by_the_link() {
    for linked in [false, true] {
        let sandbox = Sandbox::new();
        let (app, bin) = (project(&sandbox, "app"), sandbox.path("bin"));
        fs::create_dir(&bin).expect("created");
        fs::copy(exe(), bin.join("rustc-hyperopt")).expect("copied");
        if linked {
            symlink("rustc-hyperopt", bin.join("cargo-hyperopt")).expect("linked");
        } else {
            fs::copy(env!("CARGO_BIN_EXE_cargo-hyperopt"), bin.join("cargo-hyperopt")).expect("copied");
        }
        let cargo = |args: &[&str]| Run::of(sandbox.command("cargo", &app).env("PATH", path_with(&bin)).args(args));
        let version = cargo(&["hyperopt", "--version"]).success().stdout();
        assert_eq!(version, format!("rustc-hyperopt {}\n", env!("CARGO_PKG_VERSION")));
        let built = cargo(&["hyperopt", "build", "-v"]).success().stderr();
        assert!(built.contains("Hyperopt 1 compiled"), "{built}");
        assert_eq!(cargo(&["hyperopt", "build", "--no-such-flag"]).code(), Some(1), "cargo's own exit code");
        // `init` finds that there is nothing to do for it.
        let init = Run::of(sandbox.command(bin.join("rustc-hyperopt"), &app).args(["init"])).success().stderr();
        assert!(!init.contains("will not work") && !init.contains("Linked"), "{init}");
    }
}

#[test]
fn the_second_program_is_small_and_says_so_when_it_is_alone() {
    let alone = Sandbox::new();
    let program = alone.path("home/cargo-hyperopt");
    fs::copy(env!("CARGO_BIN_EXE_cargo-hyperopt"), &program).expect("copied");
    let (own, other) = (fs::metadata(&program).expect("there").len(), fs::metadata(exe()).expect("there").len());
    assert!(own * 10 < other, "{own} bytes, {other} in the program");
    let run = Run::of(alone.command(&program, &alone.path("home")).arg("hyperopt").env("PATH", alone.path("none")));
    assert_eq!(run.code(), Some(127));
    assert!(run.stderr().contains("hint: install rustc-hyperopt"), "{}", run.stderr());
}

/// The shell scripts of the steps, in their order, without what fetches or saves.
fn scripts(workflow: &str) -> Vec<String> {
    use saphyr::{LoadableYamlNode, Yaml};
    let yaml = Yaml::load_from_str(workflow).expect("YAML").remove(0);
    let steps = yaml["jobs"]["build"]["steps"].as_sequence().expect("steps").clone();
    steps.iter().filter_map(|s| s.as_mapping_get("run").and_then(Yaml::as_str).map(str::to_owned)).collect()
}

#[test]
fn what_is_printed_for_github_works() {
    let sandbox = Sandbox::new();
    let workflow = sandbox.ours(&sandbox.path("home"), &["init", "--ci", "github"]).success().stdout();
    let scripts = scripts(&workflow);
    assert_eq!(scripts.len(), 3, "{scripts:?}");
    // Two jobs with a home each; in between nothing survives but what the steps name as paths.
    let job = |name: &str| {
        let home = sandbox.path(&format!("{name}/home"));
        let app = project(&sandbox, &format!("{name}/work"));
        let bin = home.join(".local/rustc-hyperopt/bin");
        fs::create_dir_all(&bin).expect("created");
        if !bin.join("rustc-hyperopt").exists() {
            symlink(exe(), bin.join("rustc-hyperopt")).expect("linked");
        }
        write(&home.join("path"), "");
        let said: Vec<String> = scripts
            .iter()
            .map(|script| {
                let mut command = sandbox.command("bash", &app);
                command.args(["-eo", "pipefail", "-c", script]).env("HOME", &home).env("GITHUB_PATH", home.join("path"));
                command.env("RUSTC_HYPEROPT_CACHE_PATH", "~/.cache/rustc-hyperopt").env("CARGO_INCREMENTAL", "0");
                let added = fs::read_to_string(home.join("path")).expect("read");
                if !added.is_empty() {
                    command.env("PATH", path_with(Path::new(added.trim())));
                }
                Run::of(&mut command).success().stdout()
            })
            .collect();
        assert!(!home.join(".cache/rustc-hyperopt/run/daemon.sock").exists(), "nothing runs any more");
        (home, said.concat())
    };
    let (first, said) = job("one");
    assert!(said.contains("Compiled 2"), "{said}");
    let second = sandbox.path("two/home");
    fs::create_dir_all(second.join(".cache")).expect("created");
    let archive = sandbox.path("cache.tar");
    let tar = |args: &[&str], dir: &Path| {
        Run::of(sandbox.command("tar", dir).args(args).arg(&archive).args([".cache/rustc-hyperopt"])).success()
    };
    tar(&["--posix", "-cf"], &first);
    tar(&["-xf"], &second);
    let (_, said) = job("two");
    assert!(said.contains("Restored 2"), "{said}");
}

#[test]
fn a_socket_that_nobody_listens_on_is_no_trouble_and_the_doctor_knows() {
    let sandbox = Sandbox::new();
    let app = project(&sandbox, "app");
    sandbox.ours(&app, &["build"]).success();
    sandbox.stop_daemon();
    let socket = sandbox.store().join("run/daemon.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).expect("bound"));
    assert!(socket.exists(), "a listener leaves its socket behind");
    let said = sandbox.ours(&app, &["doctor"]);
    assert!(said.stdout().contains("    ok  daemon: version") && !said.stdout().contains(" fault  "), "{}", said.stdout());
    assert_eq!(said.code(), Some(0));
}

#[test]
fn nothing_that_is_piped_holds_a_control_character() {
    let sandbox = Sandbox::new();
    let app = project(&sandbox, "app");
    let commands: [&[&str]; 8] = [
        &["build"],
        &["test", "-v"],
        &["stats", "--detailed"],
        &["doctor"],
        &["warmup", "--check"],
        &["init", "--dry-run"],
        &["init", "--ide", "vscode", "--dry-run"],
        &["no-such-command"],
    ];
    for args in commands {
        // Windows Terminal and the like would be told of progress; a pipe is none of them.
        let run = sandbox.ours_with(&app, args, &[("WT_SESSION", "1"), ("TERM", "xterm-256color")]);
        let said = run.stdout() + &run.stderr();
        assert!(!said.is_empty() && !said.chars().any(|c| c.is_control() && c != '\n'), "{args:?}: {said:?}");
    }
}
