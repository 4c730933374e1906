//! Debug information of restored programs: backtraces and debuggers find the sources of the directory they stand in.

use crate::support::{
    Run,
    case::{APP, Case, without_thread_id},
};

const PROGRAM: [(&str, &str); 4] = [
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = { path = \"dep\" }\n",
    ),
    (
        "src/main.rs",
        "fn main() {\n    let number = std::env::args().count();\n    println!(\"marker of main\");\n    dep::check(number);\n}\n",
    ),
    ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
    (
        "dep/src/lib.rs",
        "pub fn check(n: usize) {\n    inner(n)\n}\n\nfn inner(n: usize) {\n    assert!(n > 9, \"too few\");\n}\n",
    ),
];

#[test]
fn a_backtrace_is_the_one_of_plain_cargo() {
    let case = Case::new(PROGRAM);
    let built = case.again();
    built.all_hits();
    std::fs::remove_dir_all(&case.first).expect("removed");
    let trace = || {
        let mut command = case.sandbox.command(built.dir.join("target/debug/app"), &built.dir);
        without_thread_id(&Run::of(command.env("RUST_BACKTRACE", "1")).stderr())
    };
    let ours = trace();
    assert!(ours.contains("at ./dep/src/lib.rs:6:5") && ours.contains("at ./src/main.rs:4:5"), "{ours}");
    std::fs::remove_dir_all(built.dir.join("target")).expect("removed");
    case.sandbox.cargo(&built.dir, &["build", "--quiet"]).success();
    assert_eq!(ours, trace(), "the left one is ours");
}

/// A debugger that is started in the workspace's root, as `cargo` is.
#[test]
fn a_debugger_shows_the_sources() {
    let case = Case::new(PROGRAM);
    if std::process::Command::new("gdb").arg("--version").output().is_err() {
        eprintln!("left out: gdb is not installed");
        return;
    }
    let built = case.again();
    built.all_hits();
    std::fs::remove_dir_all(&case.first).expect("removed");
    let mut gdb = case.sandbox.command("gdb", &built.dir);
    let commands = ["-batch", "-nx", "-ex", "list app::main", "-ex", "info line dep::inner", "-ex", "list dep::inner"];
    let said = Run::of(gdb.args(commands).arg("target/debug/app"));
    let text = said.stdout();
    assert!(text.contains("println!(\"marker of main\");"), "{text}{}", said.stderr());
    assert!(text.contains("assert!(n > 9, \"too few\");"), "{text}{}", said.stderr());
}

/// The first directory is not named anywhere in what stands in the second.
#[test]
fn the_first_directory_is_forgotten() {
    let case = Case::new([
        ("Cargo.toml", APP),
        PROGRAM[1],
        ("src/lib.rs", "pub fn f() {}\n"),
        ("src/main.rs", "fn main() { app::f() }\n"),
    ]);
    let built = case.again();
    built.all_hits();
    let program = std::fs::read(built.dir.join("target/debug/app")).expect("readable");
    let first = case.first.to_str().expect("plain").as_bytes();
    assert!(memchr::memmem::find(&program, first).is_none(), "the program names the first directory");
}
