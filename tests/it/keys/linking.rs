//! Native archives, the linker and what it reads.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::support::{
    Run,
    case::{APP, Case},
    edit, oracle, write,
};

const MAKE_ARCHIVE: &str = r#"
use std::process::Command;
fn run(program: &str, args: &[&str]) { assert!(Command::new(program).args(args).status().unwrap().success()); }
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    run("cc", &["-c", "answer.c", "-o", &format!("{out}/answer.o")]);
    run("ar", &["crsD", &format!("{out}/libanswer.a"), &format!("{out}/answer.o")]);
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rerun-if-changed=answer.c");
    if std::env::var_os("CARGO_FEATURE_BY_ATTRIBUTE").is_none() { println!("cargo:rustc-link-lib=static=answer"); }
}
"#;
const SYS: &str = "#[cfg_attr(feature = \"by-attribute\", link(name = \"answer\", kind = \"static\"))]\n\
                   extern \"C\" { fn answer() -> i32; }\npub fn get() -> i32 { unsafe { answer() } }\n";

/// A program, a library, and below it one that bundles a C function.
fn two_crates_down() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\nmembers = [\"mid\", \"sys\"]\n\
             [dependencies]\nmid = { path = \"mid\" }\n[features]\nby-attribute = [\"mid/by-attribute\"]\n",
        ),
        ("src/main.rs", "fn main() { println!(\"{}\", mid::get()); }\n"),
        (
            "mid/Cargo.toml",
            "[package]\nname = \"mid\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nsys = { path = \"../sys\" }\n\
             [features]\nby-attribute = [\"sys/by-attribute\"]\n",
        ),
        ("mid/src/lib.rs", "pub fn get() -> i32 { sys::get() }\n"),
        ("sys/Cargo.toml", "[package]\nname = \"sys\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[features]\nby-attribute = []\n"),
        ("sys/build.rs", MAKE_ARCHIVE),
        ("sys/src/lib.rs", SYS),
        ("sys/answer.c", "int answer(void) { return 41; }\n"),
    ]
}

#[test]
fn an_archive_two_crates_down() {
    let case = Case::new(two_crates_down());
    case.again().all_hits().prints("41");
    let built = case.changed(|dir| edit(&dir.join("sys/answer.c"), "41", "42"));
    built.prints("42").missed("sys lib", "native-changed", "native library").hit("build_script_build build-script");
    built.missed("app", "native-changed", "native library");
}

#[test]
fn an_archive_that_only_the_source_names() {
    let case = Case::unbuilt(two_crates_down());
    let args = ["--features", "by-attribute"];
    case.build(case.first.clone(), &args, &[]).prints("41");
    case.changed_with(|_| (), &args, &[]).all_hits().prints("41");
    let built = case.changed_with(|dir| edit(&dir.join("sys/answer.c"), "41", "42"), &args, &[]);
    built.prints("42").missed("sys lib", "native-changed", "native library");
}

/// An archive that is not made by any build script.
fn archive(dir: &Path, answer: u8) {
    write(&dir.join("answer.c"), &format!("int answer(void) {{ return {answer}; }}\n"));
    let run = |program: &str, args: &[&str]| {
        Run::of(std::process::Command::new(program).args(args).current_dir(dir)).success();
    };
    run("cc", &["-c", "answer.c", "-o", "answer.o"]);
    run("ar", &["crsD", "libanswer.a", "answer.o"]);
    fs::remove_file(dir.join("answer.o")).expect("removed");
}

const CALLS_ANSWER: &str = "extern \"C\" { fn answer() -> i32; }\nfn main() { println!(\"{}\", unsafe { answer() }); }\n";

/// Builds with an archive in one fixed place, replaces it, and builds again.
fn replaced_in_place(flags: impl Fn(&Path) -> String) {
    let case = Case::unbuilt([("Cargo.toml", APP), ("src/main.rs", CALLS_ANSWER)]);
    let libs = case.sandbox.path("libs");
    archive(&libs, 41);
    let flags = flags(&libs);
    let env = [("RUSTFLAGS", flags.as_str())];
    case.build(case.first.clone(), &[], &env).prints("41");
    case.again_with(&env).all_hits().prints("41");
    archive(&libs, 42);
    case.again_with(&env).prints("42").missed("app", "native-changed", "libs");
}

#[test]
fn an_archive_replaced_in_place() {
    replaced_in_place(|libs| format!("-L native={} -l static=answer", libs.display()));
}

#[test]
fn an_archive_that_only_the_linker_is_told_of() {
    replaced_in_place(|libs| format!("-C link-arg=-L{} -C link-arg=-lanswer", libs.display()));
    replaced_in_place(|libs| format!("-C link-args=-L -C link-arg={} -C link-arg=-lanswer", libs.display()));
    replaced_in_place(|libs| format!("-C link-arg={}/libanswer.a", libs.display()));
}

fn script(path: &Path, text: &str) {
    write(path, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("made executable");
}

const SAYS_HI: [(&str, &str); 2] = [("Cargo.toml", APP), ("src/main.rs", "fn main() { println!(\"hi\"); }\n")];

#[test]
fn the_linker() {
    let case = Case::unbuilt(SAYS_HI);
    let linker = case.sandbox.path("tools/cc.sh");
    script(&linker, "#!/bin/sh\nexec cc \"$@\"\n");
    let flags = format!("-C linker={}", linker.display());
    let env = [("RUSTFLAGS", flags.as_str())];
    case.build(case.first.clone(), &[], &env).prints("hi");
    case.again_with(&env).all_hits().prints("hi");
    script(&linker, "#!/bin/sh\nexec cc -Wl,-rpath,/wrapped \"$@\"\n");
    let built = case.again_with(&env);
    built.prints("hi").missed("app", "linker-changed", "linker");
    let dynamic = Run::of(case.sandbox.command("readelf", &built.dir).args(["-d", "target/debug/app"])).stdout();
    assert!(dynamic.contains("/wrapped"), "{dynamic}");
    case.again().missed("app", "linker-changed", "linker");
}

/// The program is linked with a script given as link argument; a changed script is a changed program.
fn a_script_of_the_linker(texts: [&str; 2], argument: impl Fn(&Path) -> String) {
    let case = Case::unbuilt([
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\ncrate-type = [\"cdylib\"]\n"),
        ("src/lib.rs", "#[no_mangle]\npub extern \"C\" fn one() -> i32 { 1 }\n"),
    ]);
    let file = case.sandbox.path("scripts/link.map");
    write(&file, texts[0]);
    let flags = format!("-C link-arg={}", argument(&file));
    let env = [("RUSTFLAGS", flags.as_str())];
    // All in one directory: the linker writes the library's path into its version definitions.
    let fresh = || {
        drop(fs::remove_dir_all(case.first.join("target")));
        case.first.clone()
    };
    case.build(fresh(), &[], &env).run.success();
    case.build(fresh(), &[], &env).all_hits();
    write(&file, texts[1]);
    case.build(fresh(), &[], &env).missed("app", "native-changed", "link.map");
    let made = case.first.join("target/debug/libapp.so");
    let ours = case.sandbox.path("ours.so");
    fs::copy(&made, &ours).expect("copied");
    Run::of(case.sandbox.command("cargo", &fresh()).args(["build", "--quiet"]).env("RUSTFLAGS", &flags)).success();
    oracle::assert_same_code(&made, &ours);
}

#[test]
fn a_version_script() {
    let texts = ["V1 { global: one; };\n", "V2 { global: one; };\n"];
    a_script_of_the_linker(texts, |file| format!("-Wl,--version-script={}", file.display()));
}

#[test]
fn an_implicit_linker_script() {
    a_script_of_the_linker(["PROVIDE(x = 1);\n", "PROVIDE(x = 2);\n"], |file| file.display().to_string());
}
