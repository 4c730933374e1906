//! Command lines as cargo 1.95 writes them, and the ones that must not be cached.

use super::*;

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn parse(line: &str) -> Result<Invocation, WhyNot> {
    Invocation::parse(Tool::Rustc, &words(line), Path::new("/"))
}

const LIB: &str = "--crate-name a --edition=2021 src/lib.rs --error-format=json --json=diagnostic-rendered-ansi,artifacts \
    --crate-type lib --emit=dep-info,metadata,link -C embed-bitcode=no -C debuginfo=2 --cfg feature=\"x\" \
    --check-cfg cfg(docsrs) -C metadata=1 -C extra-filename=-1 --out-dir /t/deps -C incremental=/t/inc \
    -L dependency=/t/deps -L native=/usr/lib/x --extern b=/t/deps/libb-2.rmeta --extern proc_macro -l static=z --cap-lints allow";

#[test]
fn a_library() {
    let inv = parse(LIB).expect("parses");
    assert_eq!((inv.crate_name.as_str(), inv.kind(), inv.links), ("a", "lib", true));
    assert_eq!((inv.source, inv.out_dir), (PathBuf::from("src/lib.rs"), PathBuf::from("/t/deps")));
    assert_eq!(inv.externs.len(), 2);
    assert_eq!(inv.externs[1], Extern { name: "proc_macro".into(), path: None });
    assert_eq!((inv.native_dirs, inv.dependency_dirs), (vec![PathBuf::from("/usr/lib/x")], vec![PathBuf::from("/t/deps")]));
    assert_eq!((inv.native_libs, inv.extra_filename), (vec!["static=z".to_owned()], "-1".to_owned()));
}

#[test]
fn places_and_widths_are_not_keyed_but_everything_else_is() {
    let base = parse(LIB).expect("parses").keyed;
    for same in ["--out-dir /u", "-C incremental=/other", "--diagnostic-width=80", "-L dependency=/u"] {
        assert_eq!(parse(&format!("{LIB} {same}")).expect(same).keyed, base, "{same}");
    }
    for other in ["--cfg y", "-C opt-level=3", "-Cdebuginfo=1", "-D warnings", "--cap-lints=warn", "-g", "--test", "-C lto"] {
        assert_ne!(parse(&format!("{LIB} {other}")).expect(other).keyed, base, "{other}");
    }
}

#[test]
fn what_must_not_be_cached() {
    for (extra, name) in [
        ("-Z threads=4", "unstable-flag"),
        ("-Zfoo", "unstable-flag"),
        ("-C instrument-coverage", "side-effect"),
        ("-C profile-use=/x", "side-effect"),
        ("-C save-temps", "side-effect"),
        ("-C split-debuginfo=packed", "side-effect"),
        ("-o x", "side-effect"),
        ("--emit=asm", "emit"),
        ("--crate-type sdylib", "crate-type"),
        ("--sysroot /s", "toolchain"),
        ("--from-the-future", "unknown-argument"),
        ("--from-the-future=1", "unknown-argument"),
        ("-C from-the-future=1", "unknown-argument"),
        ("-Q", "unknown-argument"),
        ("second.rs", "unknown-argument"),
        ("@/no/such/file", "response-file"),
        ("--print file-names", "not-a-compile"),
    ] {
        assert_eq!(parse(&format!("{LIB} {extra}")).expect_err(extra).name(), name, "{extra}");
    }
}

#[test]
fn probes_are_not_compiles() {
    for probe in [
        "-vV",
        "- --crate-name ___ --print=file-names --crate-type bin",
        "--crate-name build_script_probe --out-dir /t --emit=metadata src/probe.rs",
        "--print sysroot",
    ] {
        assert!(!is_tracked_compile(&words(probe)), "{probe}");
        assert!(parse(probe).is_err(), "{probe}");
    }
    assert!(is_tracked_compile(&words(LIB)));
}

#[test]
fn response_files_are_read() {
    let dir = tempfile::tempdir().expect("temporary directory");
    std::fs::write(dir.path().join("args"), LIB.split_whitespace().collect::<Vec<_>>().join("\n")).expect("written");
    let direct = parse(LIB).expect("parses");
    let inv = Invocation::parse(Tool::Rustc, &words("@args"), dir.path()).expect("parses");
    assert_eq!((inv.keyed, inv.externs), (direct.keyed, direct.externs));
}
