//! All kinds of programs and linkers.

use super::{configure, fates, new_machine_code, output, profile, project, run_case};
use crate::support::{Run, Sandbox, write};

/// So many units of `app` were linked again, and no other has changed.
#[track_caller]
fn check(settings: &str, args: &[&str], plain: bool, expected: usize) {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", settings, &[]);
    let stats = run_case(&sandbox, &dir, args, plain);
    assert_eq!(fates(&stats), vec!["relinked"; expected], "{:#}", stats.0);
    assert!(stats.troubles().is_empty(), "{:#}", stats.0);
    let told = sandbox.ours(&dir, &["cache", "verify"]).success().stdout();
    assert!(!told.is_empty());
    assert!(dir.join("target").join(profile(args)).join("app").exists());
}

#[test]
fn development_builds() {
    check("", &["build"], false, 1);
    check("[profile.dev]\ndebug = 0\n", &["build"], true, 1);
}

#[test]
fn development_builds_without_incremental_compilation() {
    check("[profile.dev]\nincremental = false\ncodegen-units = 1\ndebug = 0\n", &["build"], true, 1);
    check("[profile.dev]\nincremental = false\ndebug = 1\nopt-level = 1\n", &["build"], false, 1);
}

#[test]
fn release_builds() {
    check("", &["build", "--release"], true, 1);
    check("[profile.release]\ndebug = 2\nincremental = true\n", &["build", "--release"], false, 1);
    check("[profile.release]\nstrip = \"symbols\"\npanic = \"abort\"\nopt-level = \"s\"\n", &["build", "--release"], true, 1);
}

#[test]
fn link_time_optimisation_is_left_alone() {
    let sandbox = Sandbox::new();
    for lto in ["\"thin\"", "true"] {
        let dir = project(&sandbox, lto.trim_matches('"'), &format!("[profile.dev]\nlto = {lto}\n"), &[]);
        sandbox.ours(&dir, &["build"]).success();
        sandbox.take_stats();
        new_machine_code(&sandbox, &dir, &["build"], "pub fn all", "pub  fn all");
        sandbox.ours(&dir, &["build"]).success();
        assert!(!fates(&sandbox.take_stats()).iter().any(|f| f == "relinked"), "{lto}");
    }
}

#[test]
fn tests_and_examples() {
    // The program, its unit tests, the example and the integration test.
    check("[profile.dev]\ndebug = 0\n", &["build", "--all-targets"], true, 4);
}

#[test]
fn other_linkers() {
    let installed = |name: &str| Run::of(std::process::Command::new("which").arg(name)).0.status.success();
    for name in ["bfd", "gold", "lld", "mold"] {
        if installed(&format!("ld.{name}")) || installed(name) {
            let sandbox = Sandbox::new();
            let dir = project(&sandbox, "w", "[profile.dev]\ndebug = 0\n", &[]);
            configure(&dir, &format!("[build]\nrustflags = [\"-Clink-arg=-fuse-ld={name}\"]\n"));
            let stats = run_case(&sandbox, &dir, &["build"], true);
            assert_eq!(fates(&stats), ["relinked"], "{name}: {:#}", stats.0);
        }
    }
}

/// A linker of the user's own, named by path, that leaves a note of how it was called.
#[test]
fn a_linker_that_is_a_script() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox, "w", "[profile.dev]\ndebug = 0\n", &[]);
    let (script, note) = (sandbox.path("tools/my-gcc"), sandbox.path("note"));
    write(&script, &format!("#!/bin/sh\necho \"$0 $LC_ALL $HYPEROPT_LINKER\" >> {}\nexec cc \"$@\"\n", note.display()));
    Run::of(std::process::Command::new("chmod").arg("+x").arg(&script)).success();
    configure(&dir, &format!("[target.x86_64-unknown-linux-gnu]\nlinker = \"{}\"\n", script.display()));
    let stats = run_case(&sandbox, &dir, &["build"], true);
    assert_eq!(fates(&stats), ["relinked"], "{:#}", stats.0);
    let note = std::fs::read_to_string(note).expect("it was run");
    // Others are questions about the linker.
    let calls: Vec<&str> = note.lines().filter(|l| l.ends_with(" C ")).collect();
    // First build, link, compile by us, compile by cargo.
    assert_eq!(calls, vec![format!("{} C ", script.display()); 4], "the same however it is called");
}

const MAKE_ARCHIVE: &str = r#"
use std::process::Command;
fn run(program: &str, args: &[&str]) { assert!(Command::new(program).args(args).status().unwrap().success()); }
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    run("cc", &["-c", "twice.c", "-o", &format!("{out}/twice.o")]);
    run("ar", &["crsD", &format!("{out}/libtwice.a"), &format!("{out}/twice.o")]);
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=twice");
    println!("cargo:rustc-link-arg=-Wl,--build-id=sha1");
    println!("cargo:rerun-if-changed=twice.c");
}
"#;

#[test]
fn a_native_archive_and_link_arguments() {
    let sandbox = Sandbox::new();
    let main = "extern \"C\" { fn twice(x: u32) -> u32; }\nfn main() { println!(\"{}\", unsafe { twice(base::answer()) }); }\n";
    let more = [
        ("app/build.rs", MAKE_ARCHIVE),
        ("app/twice.c", "unsigned twice(unsigned x) { return 2 * x; }\n"),
        ("app/src/main.rs", main),
    ];
    let dir = project(&sandbox, "w", "[profile.dev]\ndebug = 0\n", &more);
    let stats = run_case(&sandbox, &dir, &["build", "--bins"], true);
    assert_eq!(fates(&stats), ["relinked"], "{:#}", stats.0);
    assert_eq!(output(&dir), "102\n");
}

/// A whole archive that a library bundles is linked out of rustc's temporary directory: that is not recorded.
#[test]
fn an_archive_that_a_library_bundles_whole() {
    let sandbox = Sandbox::new();
    let build = MAKE_ARCHIVE
        .replace("static=twice", "static:+whole-archive=twice")
        .replace("println!(\"cargo:rustc-link-arg=-Wl,--build-id=sha1\");", "");
    let lib = "extern \"C\" { fn twice(x: u32) -> u32; }\n#[inline(never)]\npub fn answer() -> u32 { unsafe { twice(std::hint::black_box(1)) } }\n\
               pub fn all<T: Copy>(v: &[T]) -> Vec<T> { v.to_vec() }\n";
    let more = [
        ("base/build.rs", &*build),
        ("base/twice.c", "unsigned twice(unsigned x) { return 2 * x; }\n"),
        ("base/src/lib.rs", lib),
    ];
    let dir = project(&sandbox, "w", "[profile.dev]\ndebug = 0\n", &more);
    let stats = run_case(&sandbox, &dir, &["build", "--bins"], true);
    assert_eq!(fates(&stats), ["dependency-changed"], "{:#}", stats.0);
}

/// More arguments than a process can be started with.
#[test]
fn a_response_file() {
    let sandbox = Sandbox::new();
    // Options would be too long for the C compiler itself, which keeps them in a variable; names of files are not.
    let archive = sandbox.path(&format!("{}/empty.a", "a".repeat(200)));
    write(&archive, "!<arch>\n");
    let build = format!(
        "fn main() {{\n    println!(\"cargo:rerun-if-changed=build.rs\");\n    for _ in 0..12_000 {{ println!(\"cargo:rustc-link-arg={}\"); }}\n}}\n",
        archive.display()
    );
    let dir = project(&sandbox, "w", "[profile.dev]\ndebug = 0\n", &[("app/build.rs", &*build)]);
    let stats = run_case(&sandbox, &dir, &["build", "--bins"], true);
    assert_eq!(fates(&stats), ["relinked"], "{:#}", stats.0);
    assert_eq!(output(&dir), "51 2\n");
}
