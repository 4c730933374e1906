//! The table of command lines.

use std::os::unix::ffi::OsStringExt;

use super::*;

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').filter(|w| !w.is_empty()).map(OsString::from).collect()
}

fn plan_of(program: &str, line: &[OsString]) -> Plan {
    plan(&[&[OsString::from(program)], line].concat())
}

/// Command lines as people and scripts write them, one a line.
const CARGO: &str = "
build
b
check --workspace --all-targets
c -p foo
build -p foo
build -p foo -p bar --release
build --release --target x86_64-unknown-linux-musl
build --profile dist --features a,b --no-default-features
build --manifest-path ../x/Cargo.toml
build --message-format=json-render-diagnostics
build --message-format json
build --color never
build -vv
build -q
build -j1 --keep-going
build --timings
build --config build.jobs=1
build --config=profile.dev.debug=0
build -Zbuild-std
build -Z unstable-options --artifact-dir out
build --help
build -h
test
t --no-run
test -- --nocapture
test some_name -- --exact --test-threads=1
test --doc
test -p foo --lib -- --skip stats
test -- stats
run
run --release -- -p x
run -- stats --json
run stats
r --bin tool -- --help
run --example hello -q -- -- --
bench-all
clippy --all-targets -- -D warnings
clippy --fix --allow-dirty
fmt --all -- --check
doc --no-deps --open
d
rustc -p foo -- -C opt-level=3 --emit asm
rustdoc -- --document-private-items
install --path . --locked
install ripgrep --version 14.1.0
fix --edition
publish --dry-run
package --list
clean
clean -p foo --release
clean --dry-run
update -p serde --precise 1.0.200
tree -i serde -e features
metadata --format-version 1 --no-deps
fetch --target x86_64-unknown-linux-gnu
add serde --features derive
remove serde
new stats --lib
search cache
nextest run --no-fail-fast
my-alias --flag
biuld
help build
help clean
-q build
-v test
--color never build
--color=always check
--config net.offline=true build
-C dir build
-Z unstable-options -C dir build
--offline --locked build
--frozen test
--manifest-path x/Cargo.toml build
--list
--explain E0308
-Zhelp
-p
--help build
-- stats
";

#[test]
fn cargos_command_lines_pass_unchanged() {
    let lines: Vec<_> = CARGO.lines().filter(|l| !l.is_empty()).collect();
    assert!(lines.len() >= 50, "{}", lines.len());
    for line in lines {
        let args = words(line);
        let Plan::Cargo(call) = plan_of("rustc-hyperopt", &args) else { panic!("`{line}` is cargo's") };
        assert_eq!((call.toolchain, call.args), (None, args.clone()), "{line}");

        let plugin = [&words("hyperopt"), &args[..]].concat();
        assert_eq!(plan_of("/bin/cargo-hyperopt", &plugin), plan_of("rustc-hyperopt", &args), "{line}, as cargo's plugin");

        let hatch = [&words("cargo"), &args[..]].concat();
        let Plan::Cargo(call) = plan_of("rustc-hyperopt", &hatch) else { panic!("`cargo {line}` is cargo's") };
        assert_eq!(call.args, args, "cargo {line}");

        let toolchain = [&words("+nightly"), &args[..]].concat();
        let Plan::Cargo(call) = plan_of("rustc-hyperopt", &toolchain) else { panic!("`+nightly {line}` is cargo's") };
        assert_eq!((call.toolchain, call.args), (Some("+nightly".into()), args), "+nightly {line}");
    }
}

#[test]
fn arguments_need_not_be_unicode_and_may_be_empty() {
    let odd = OsString::from_vec(b"\xff\xfe=\n ".to_vec());
    for args in
        [vec!["run".into(), "--".into(), odd.clone(), "".into()], vec![odd.clone()], vec!["-C".into(), odd, "build".into()]]
    {
        let Plan::Cargo(call) = plan_of("rustc-hyperopt", &args) else { panic!("{args:?} is cargo's") };
        assert_eq!(call.args, args);
    }
}

#[test]
fn ours_are_ours() {
    for line in [
        "",
        "--help",
        "-h",
        "--version",
        "-V",
        "-vV",
        "-q --help",
        "help",
        "help stats",
        "help cache size",
        "version",
        "stats",
        "stats --json",
        "--color never stats",
        "-q cache --size",
        "cache clean --all",
        "why serde",
        "doctor",
        "completions fish",
        "man --dir x",
        "init --check",
        "warmup --scan-crates a b",
        "stats --help",
        "bench --iterations 2",
        "-q bench",
        "watch test -p a",
        "help watch",
        "analyze --html x",
    ] {
        assert_eq!(plan_of("rustc-hyperopt", &words(line)), Plan::Own { toolchain: None, args: words(line) }, "{line}");
    }
}

#[test]
fn the_escape_hatch_reaches_every_name_of_cargos() {
    let cases = [
        ("cargo bench --no-run", None, "bench --no-run"),
        ("cargo init --lib", None, "init --lib"),
        ("cargo +nightly bench", Some("+nightly"), "bench"),
        ("+nightly cargo version", Some("+nightly"), "version"),
        ("-q cargo bench", None, "-q bench"),
        ("cargo", None, ""),
        ("cargo cargo", None, "cargo"),
    ];
    for (line, toolchain, args) in cases {
        let Plan::Cargo(call) = plan_of("rustc-hyperopt", &words(line)) else { panic!("`{line}` is cargo's") };
        assert_eq!((call.toolchain, call.args), (toolchain.map(OsString::from), words(args)), "{line}");
    }
}

#[test]
fn only_a_plugin_call_drops_its_name() {
    let Plan::Cargo(call) = plan_of("rustc-hyperopt", &words("hyperopt build")) else { panic!("cargo's") };
    assert_eq!(call.args, words("hyperopt build"));
    assert_eq!(plan_of("cargo-hyperopt", &words("hyperopt stats")), Plan::Own { toolchain: None, args: words("stats") });
    assert!(matches!(plan(&[]), Plan::Own { .. }));
}

#[test]
fn what_builds() {
    let builds = |line: &str| matches!(plan_of("rustc-hyperopt", &words(line)), Plan::Cargo(CargoCall { builds: true, .. }));
    for yes in ["build", "b", "t", "run -- --help", "clippy", "install x", "my-alias", "nextest run", "cargo bench", "-q build"] {
        assert!(builds(yes), "{yes}");
    }
    for no in ["clean", "metadata", "build --help", "--list", "fmt", "tree", "help build", "new x"] {
        assert!(!builds(no), "{no}");
    }
}
