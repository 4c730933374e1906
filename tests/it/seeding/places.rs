//! Paths that a downloaded crate can get hold of: what is put into another directory says there what it would say if it had
//! been built there, or is not put there.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use crate::support::{Run, case::without_thread_id, kit::Kit};

const SCRIPT: &str = "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); }\n";
/// Tells where its `OUT_DIR` is when the program runs.
const OUT: &str = "pub fn told() -> &'static str { env!(\"OUT_DIR\") }\n";
/// A path in another crate's `OUT_DIR`, in the words of its build script.
const DEP_SCRIPT: &str = "fn main() {
    let root = std::env::var(\"DEP_KITADD_ROOT\").unwrap();
    println!(\"cargo:rerun-if-changed=build.rs\\ncargo:rustc-link-search=native={root}\\ncargo:rustc-env=ROOT={root}\");
}
";
const DEP: &str = "pub const ROOT: &str = env!(\"ROOT\");\npub fn told() -> String { kit_native::touch(); ROOT.into() }\n";
/// The same without anything that is compiled in.
const WORDS_SCRIPT: &str = "fn main() {
    let root = std::env::var(\"DEP_KITADD_ROOT\").unwrap();
    println!(\"cargo:rerun-if-changed=build.rs\\ncargo:rustc-link-search=native={root}\");
}
";
const WORDS: &str = "pub fn told() -> &'static str { kit_native::touch(); \"words\" }\n";
/// The workspace's directory, which a build script can find by looking upwards.
const ROOT_SCRIPT: &str = "fn main() {
    let out = std::path::PathBuf::from(std::env::var(\"OUT_DIR\").unwrap());
    let root = out.ancestors().find(|d| d.join(\"Cargo.lock\").is_file()).unwrap();
    println!(\"cargo:rerun-if-changed=build.rs\\ncargo:rustc-env=TOP={}\", root.display());
}
";
const ROOT: &str = "#[inline]\npub fn told() -> &'static str { env!(\"TOP\") }\n";
/// The same in a file that is no source.
const TEXT_SCRIPT: &str = "fn main() {
    let out = std::env::var(\"OUT_DIR\").unwrap();
    std::fs::write(format!(\"{out}/text\"), &out).unwrap();
    println!(\"cargo:rerun-if-changed=build.rs\");
}
";
const TEXT: &str = "pub const TOLD: &str = include_str!(concat!(env!(\"OUT_DIR\"), \"/text\"));\n";
/// Code that knows where it stands.
const PANIC_SCRIPT: &str = "fn main() {
    let out = std::env::var(\"OUT_DIR\").unwrap();
    std::fs::write(format!(\"{out}/code.rs\"), \"pub fn at(v: &[u8], i: usize) -> u8 { v[i] }\").unwrap();
    println!(\"cargo:rerun-if-changed=build.rs\");
}
";
const PANIC: &str = "include!(concat!(env!(\"OUT_DIR\"), \"/code.rs\"));\n";
/// A link leads anywhere.
const LINK_SCRIPT: &str = "fn main() {
    let out = std::env::var(\"OUT_DIR\").unwrap();
    let _ = std::fs::remove_file(format!(\"{out}/link\"));
    std::os::unix::fs::symlink(\"target\", format!(\"{out}/link\")).unwrap();
    println!(\"cargo:rerun-if-changed=build.rs\");
}
";
const PLAIN: &str = "pub fn told() -> &'static str { env!(\"CARGO_MANIFEST_DIR\") }\n";
const MAIN: &str = "fn main() {
    println!(\"{}\\n{}\\n{}\\n{}\", trap_plain::told(), trap_out::told(), trap_dep::told(), trap_words::told());
    println!(\"{}\\n{}\\n{}\", trap_root::told(), trap_text::TOLD, trap_link::told());
    trap_panic::at(&[], std::env::args().count());
}
";
const TRAPS: [(&str, &str, &str, bool); 8] = [
    ("plain", "", PLAIN, false),
    ("out", SCRIPT, OUT, false),
    ("dep", DEP_SCRIPT, DEP, true),
    ("words", WORDS_SCRIPT, WORDS, true),
    ("root", ROOT_SCRIPT, ROOT, false),
    ("text", TEXT_SCRIPT, TEXT, false),
    ("panic", PANIC_SCRIPT, PANIC, false),
    ("link", LINK_SCRIPT, PLAIN, false),
];

fn traps() -> Kit {
    let mut files = Vec::new();
    for (name, script, lib, native) in TRAPS {
        let needs = if native { "[dependencies]\nkit-native = { path = \"../kit-native\" }\n" } else { "" };
        let manifest = format!("[package]\nname = \"trap-{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{needs}");
        files.push((format!("trap-{name}/Cargo.toml"), manifest));
        files.push((format!("trap-{name}/src/lib.rs"), lib.to_owned()));
        if !script.is_empty() {
            files.push((format!("trap-{name}/build.rs"), script.to_owned()));
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(f, t)| (f.as_str(), t.as_str())).collect();
    let kit = Kit::with(&files, "", "fn main() {}\n");
    let needs: String = TRAPS.iter().map(|(name, ..)| kit.needs(&format!("trap-{name}"), "")).collect();
    let app = kit.program("traps", &kit.manifest("traps", &needs), MAIN);
    Kit { app, ..kit }
}

/// Everything the program says.
fn words(kit: &Kit, dir: &Path) -> (Option<i32>, String, String) {
    let run = Run::of(&mut kit.sandbox.command(dir.join("target/debug/traps"), dir));
    (run.code(), run.stdout(), without_thread_id(&run.stderr()))
}

#[test]
fn a_path_is_that_of_this_directory() {
    let kit = traps();
    kit.fill(&kit.app, &["build"]);
    let stats = kit.sandbox.take_stats();
    let left_out = |why: &str, package: &str| {
        let units = stats.0["units"]["left_out"][why]["units"].as_array().into_iter().flatten();
        units.filter_map(|u| u.as_str()).any(|unit| unit.rsplit_once('-').is_some_and(|(name, _)| name == package))
    };
    let reasons = [("location", "trap-out"), ("location", "trap-text"), ("unclear", "trap-link"), ("member", "traps")];
    for (why, package) in reasons {
        assert!(left_out(why, package), "{why} {package}: {:#}", stats.0["units"]);
    }
    assert!(!left_out("location", "trap-plain") && stats.0["units"]["builds"] == 1, "{:#}", stats.0["units"]);
    let copy = kit.copy("elsewhere/copy");
    // Whatever knows where it is was built there.
    let made = ["traps", "trap-dep", "trap-link", "trap-out", "trap-panic", "trap-root", "trap-text"];
    kit.ours(&copy, &["build"]).assert_made(&made).assert_fresh(&["kit-native", "trap-plain", "trap-words"]);
    let ours = words(&kit, &copy);
    kit.plain(&copy, &["build"]).assert_nothing_done();
    fs::rename(copy.join("target"), copy.join("ours")).expect("moved");
    kit.plain(&copy, &["build"]);
    assert_eq!(ours, words(&kit, &copy), "the left one is ours");
    assert!(ours.0 == Some(101) && ours.2.contains(&copy.display().to_string()), "{ours:?}");

    // Nothing in the seeded directory leads to the first one.
    let first = kit.app.display().to_string();
    let output = |dir: &Path| {
        let scripts = fs::read_dir(dir.join("debug/build")).expect("built").flatten();
        scripts.filter_map(|e| fs::read_to_string(e.path().join("output")).ok()).collect::<String>()
    };
    let said = output(&copy.join("ours"));
    assert!(said.contains("link-search") && !said.contains(&first), "{said}");
}

#[test]
fn a_path_far_away_is_watched_by_cargo() {
    let kit = Kit::with(&[], "", "fn main() {}\n");
    let watched = kit.sandbox.path("watched");
    fs::write(&watched, "one").expect("written");
    let script = format!(
        "fn main() {{\n    let text = std::fs::read_to_string({watched:?}).unwrap();\n\
         println!(\"cargo:rustc-env=TEXT={{text}}\\ncargo:rerun-if-changed={}\\ncargo:rerun-if-env-changed=KIT_WORD\");\n\
         println!(\"cargo:rustc-env=WORD={{}}\", std::env::var(\"KIT_WORD\").unwrap_or_default());\n}}\n",
        watched.display()
    );
    let far = kit.sandbox.path("far");
    for (file, text) in [
        ("Cargo.toml", "[package]\nname = \"far\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("build.rs", &script),
        ("src/lib.rs", "pub fn told() -> &'static str { concat!(env!(\"TEXT\"), \" \", env!(\"WORD\")) }\n"),
    ] {
        crate::support::write(&far.join(file), text);
    }
    kit.commit("far");
    let needs = format!("far = {{ git = \"file://{}\" }}\n", far.display());
    let first = kit.program("watcher", &kit.manifest("watcher", &needs), "fn main() { println!(\"{}\", far::told()); }\n");
    kit.fill(&first, &["build"]);
    let prints = |name: &str, env: &[(&str, &str)], expected: &str| {
        let dir = kit.sandbox.copy(&first, name);
        kit.sandbox.ready();
        let mut command = kit.sandbox.command(crate::support::exe(), &dir);
        Run::of(command.args(["build", "-v"]).envs(env.iter().copied())).success();
        assert_eq!(Run::of(&mut kit.sandbox.command(dir.join("target/debug/watcher"), &dir)).stdout().trim(), expected);
    };
    prints("a", &[], "one");
    prints("b", &[("KIT_WORD", "word")], "one word");
    prints("c", &[], "one");
    fs::write(&watched, "two").expect("written");
    prints("d", &[], "two");
    prints("e", &[("KIT_WORD", "word")], "two word");
    fs::write(&watched, "one").expect("written");
    prints("f", &[("KIT_WORD", "word")], "one word");
    prints("g", &[], "one");
    // A script that was run again in a seeded directory has said something else, which is nothing that was put there.
    fs::write(&watched, "two").expect("written");
    kit.fill(&kit.sandbox.path("g"), &["build", "--config", "net.retry=7"]).assert_made(&["far", "watcher"]);
    fs::write(&watched, "one").expect("written");
    prints("g again", &[], "one");
    // As a package manager does it: another file, with a time of long ago.
    kit.settle();
    fs::write(&watched, "three").expect("written");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(&watched).and_then(|f| f.set_modified(long_ago)).expect("set");
    prints("h", &[], "three");
    // What a file says that has not changed is put in place, however old it is.
    kit.fill(&kit.sandbox.path("h"), &["build"]).assert_nothing_done();
    kit.ours(&kit.sandbox.copy(&first, "i"), &["build"]).assert_made(&["watcher"]).assert_fresh(&["far"]);
}
