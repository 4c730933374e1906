//! Two tiny crates, what plain cargo makes of them, and the proof that the cache is whole again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Run, Sandbox, oracle};

/// How many compiles one build of it has.
pub const UNITS: u64 = 2;
pub const BUILD: [&str; 2] = ["build", "--workspace"];

impl Sandbox {
    /// A library and a program that uses it. What the program prints, and all outputs, differ by `tag`.
    pub fn small(&self, name: &str, tag: &str) -> PathBuf {
        let package = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        let low = format!(
            "/// Known here and in metadata.\npub const TAG: &str = \"{tag}\";\n\
             pub fn unused_warning() {{ let not_used = 1; }}\n\
             pub fn pick<T: Copy>(v: &[T], i: usize) -> T {{ v[i] }}\n\
             pub fn tag() -> String {{ format!(\"{{}} of {{}}\", TAG, file!()) }}\n"
        );
        self.project(
            name,
            [
                ("Cargo.toml", "[workspace]\nmembers = [\"low\", \"app\"]\nresolver = \"2\"\n"),
                ("low/Cargo.toml", &package("low")),
                ("low/src/lib.rs", &low),
                ("app/Cargo.toml", &(package("app") + "[dependencies]\nlow = { path = \"../low\" }\n")),
                ("app/src/main.rs", "fn main() { println!(\"{} {}\", low::tag(), low::pick(&[1, 2], 1)); }\n"),
            ],
        )
    }

    /// A build that a fault may disturb: it must end as cargo's, and the program must be the right one.
    #[track_caller]
    pub fn assert_builds(&self, dir: &Path, envs: &[(&str, &str)]) -> Run {
        let run = self.ours_with(dir, &BUILD, envs).success();
        self.assert_like_plain(dir);
        run
    }

    /// The outputs in `dir` are those that plain cargo makes of the same sources.
    #[track_caller]
    pub fn assert_like_plain(&self, dir: &Path) {
        let plain = self.plain(dir);
        oracle::assert_same_outputs(&plain, dir, "debug");
        assert_eq!(output(dir), output(&plain), "{}", dir.display());
    }

    /// Plain cargo's build of the same sources, made once.
    #[track_caller]
    fn plain(&self, dir: &Path) -> PathBuf {
        let lib = fs::read_to_string(dir.join("low/src/lib.rs")).expect("a small project");
        let tag = lib.split('"').nth(1).expect("has a tag");
        let plain = self.path(&format!("plain-{tag}"));
        if !plain.exists() {
            self.copy(dir, &format!("plain-{tag}"));
            self.cargo(&plain, &BUILD).success();
        }
        plain
    }

    /// A build in a new directory is right, and the one after that, in yet another, is all hits; nothing is damaged.
    #[track_caller]
    pub fn assert_heals(&self, from: &Path) {
        let name = from.file_name().expect("has a name").to_string_lossy().into_owned();
        let fresh = |what: &str| {
            let n = (0..).find(|n| !self.path(&format!("{name}-{what}{n}")).exists()).expect("endless");
            self.copy(from, &format!("{name}-{what}{n}"))
        };
        let (second, third) = (fresh("second"), fresh("third"));
        self.ready();
        self.ours(&second, &BUILD).success();
        self.assert_like_plain(&second);
        self.assert_hits(&third);
        self.cargo(&third, &BUILD).assert_no_op();
        self.assert_sound();
    }

    /// A first build in this directory compiles nothing, and is right.
    #[track_caller]
    pub fn assert_hits(&self, dir: &Path) {
        self.ready();
        self.take_stats();
        self.ours(dir, &BUILD).success();
        self.take_stats().assert_all_hits(UNITS);
        self.assert_like_plain(dir);
    }

    /// `cache verify` finds nothing.
    #[track_caller]
    pub fn assert_sound(&self) {
        let run = self.ours(&self.path("home"), &["cache", "verify"]);
        assert!(run.0.status.success(), "{}{}", run.stdout(), run.stderr());
    }
}

/// What the built program prints.
#[track_caller]
pub fn output(dir: &Path) -> String {
    Run::of(&mut std::process::Command::new(dir.join("target/debug/app"))).success().stdout()
}
