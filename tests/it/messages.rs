//! Diagnostics of a hit are those of the compile, as cargo, editors and terminals want them.

use std::path::Path;

use serde_json::Value;

use crate::support::{
    Run, Sandbox,
    case::{APP, Case},
    exe, write,
};

const WARNS: [(&str, &str); 3] = [
    ("Cargo.toml", APP),
    ("src/main.rs", "mod inner;\nfn main() {\n    let unused = inner::old();\n}\n"),
    ("src/inner.rs", "pub fn old() {}\npub fn never() { let mut x = 1; }\n"),
];

#[test]
fn warnings_are_shown_again_by_us_and_by_cargo() {
    let case = Case::new(WARNS);
    let dir = case.copy();
    let without_time = |run: Run| -> Vec<String> {
        let text = run.success().stderr();
        text.lines().filter(|l| !l.contains("Finished") && !l.contains("Compiling")).map(str::to_owned).collect()
    };
    let ours = without_time(case.sandbox.ours(&dir, &["build"]));
    case.sandbox.take_stats().assert_all_hits(1);
    let fresh = without_time(case.sandbox.cargo(&dir, &["build"]));
    std::fs::remove_dir_all(dir.join("target")).expect("removed");
    let plain = without_time(case.sandbox.cargo(&dir, &["build"]));
    assert_eq!(ours, plain);
    assert_eq!(fresh, plain, "replayed by cargo from what we said");
    assert!(plain.iter().any(|l| l.contains("unused variable")), "{plain:?}");
}

#[test]
fn messages_as_json() {
    let case = Case::unbuilt(WARNS);
    for format in ["json", "json-diagnostic-short,json-diagnostic-rendered-ansi", "json-render-diagnostics"] {
        let args = ["build", "--message-format", format];
        case.sandbox.ours(&case.first, &args).success();
        case.sandbox.take_stats();
        let dir = case.copy();
        let ours = case.sandbox.ours(&dir, &args).success();
        case.sandbox.take_stats().assert_all_hits(1);
        std::fs::remove_dir_all(dir.join("target")).expect("removed");
        let plain = case.sandbox.cargo(&dir, &args).success();
        assert_eq!(messages(&ours), messages(&plain), "{format}");
        assert_eq!(ours.stderr().matches("warning").count(), plain.stderr().matches("warning").count(), "{format}");
        std::fs::remove_dir_all(case.first.join("target")).expect("removed");
    }
}

/// Everything cargo says on standard output.
fn messages(run: &Run) -> Vec<Value> {
    run.stdout().lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
}

#[test]
fn colours() {
    let case = Case::with(WARNS, &[("CARGO_TERM_COLOR", "always")]);
    let dir = case.copy();
    let coloured = |program: &str| {
        let mut command = case.sandbox.command(program, &dir);
        Run::of(command.args(["build", "--quiet"]).env("CARGO_TERM_COLOR", "always")).success().stderr()
    };
    let ours = coloured(exe());
    case.sandbox.take_stats().assert_all_hits(1);
    // Cargo asks for coloured messages always; the plain ones are the same result.
    let uncoloured = case.build(case.copy(), &[], &[]);
    uncoloured.all_hits();
    assert!(!uncoloured.run.stderr().contains('\u{1b}'), "{}", uncoloured.run.stderr());
    std::fs::remove_dir_all(dir.join("target")).expect("removed");
    assert_eq!(ours, coloured("cargo"));
    assert!(ours.contains('\u{1b}'));
}

/// The wrapper as cargo starts it in a terminal of this width; what rustc says to people, laid out.
fn at_width(sandbox: &Sandbox, dir: &Path, wrapped: bool, width: &str) -> Vec<u8> {
    let out = dir.join("target/debug/deps");
    std::fs::create_dir_all(&out).expect("created");
    let rustc = sandbox.real_rustc();
    let mut command = if wrapped {
        let mut command = sandbox.command(exe(), dir);
        command.arg(&rustc);
        command
    } else {
        sandbox.command(&rustc, dir)
    };
    let width = format!("--diagnostic-width={width}");
    let args =
        ["--crate-name", "app", "src/lib.rs", "--crate-type", "lib", "--emit=dep-info,metadata", "-C", "extra-filename=-1"];
    let output = command
        .args(args)
        .args(["--error-format=json", "--json=diagnostic-rendered-ansi,artifacts,future-incompat", &width])
        .arg("--out-dir")
        .arg(&out)
        .env("CARGO_PKG_NAME", "app")
        .output()
        .expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stderr
}

#[test]
fn the_width_of_the_terminal() {
    let sandbox = Sandbox::new();
    let long = format!("pub fn f() {{ let unused_with_a_long_name = \"{}\"; }}\n", "word ".repeat(40));
    let dir = sandbox.project("p", [("src/lib.rs", long.as_str())]);
    let (narrow, wide) = (at_width(&sandbox, &dir, true, "60"), at_width(&sandbox, &dir, true, "150"));
    assert_ne!(narrow, wide);
    assert_eq!(sandbox.take_stats().reasons(), [("first-seen".to_owned(), 1), ("width-changed".to_owned(), 1)].into());
    assert_eq!(narrow, at_width(&sandbox, &dir, true, "60"));
    assert_eq!(wide, at_width(&sandbox, &dir, true, "150"));
    sandbox.take_stats().assert_all_hits(2);
    assert_eq!(narrow, at_width(&sandbox, &dir, false, "60"));
    // Without anything to lay out, the width does not count.
    write(&dir.join("src/lib.rs"), "pub fn f() {}\n");
    at_width(&sandbox, &dir, true, "60");
    sandbox.take_stats();
    at_width(&sandbox, &dir, true, "150");
    sandbox.take_stats().assert_all_hits(1);
}
