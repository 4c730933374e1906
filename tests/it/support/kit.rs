//! Crates that count as downloaded, without a network: a git repository behind a `file://` address, and a local registry
//! in place of the public one; a program that uses them all; and what cargo said about every package.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Run, Sandbox, exe, oracle, processes::wait_until, write};

/// Packages of the repository that a build of the program needs.
pub const GIT: [&str; 6] = ["kit-base", "kit-gen", "kit-mac", "kit-mid", "kit-native", "kit-top"];
/// Packages of the registry that it needs.
pub const REGISTRY: [&str; 2] = ["leaf", "twig"];

fn package(name: &str, more: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{more}")
}

const GEN_BUILD: &str = "fn main() {
    let out = std::env::var(\"OUT_DIR\").unwrap();
    std::fs::write(format!(\"{out}/gen.rs\"), \"pub const GENERATED: u32 = 7;\").unwrap();
    println!(\"cargo:rerun-if-changed=build.rs\");
}
";
const NATIVE_BUILD: &str = "use std::process::Command;
fn run(program: &str, args: &[&str]) {
    assert!(Command::new(program).args(args).status().unwrap().success());
}
fn main() {
    let out = std::env::var(\"OUT_DIR\").unwrap();
    run(\"cc\", &[\"-O1\", \"-c\", \"src/add.c\", \"-o\", &format!(\"{out}/add.o\")]);
    run(\"ar\", &[\"crsD\", &format!(\"{out}/libkitadd.a\"), &format!(\"{out}/add.o\")]);
    std::fs::create_dir_all(format!(\"{out}/empty\")).unwrap();
    println!(\"cargo:rerun-if-changed=src/add.c\");
    println!(\"cargo:rustc-link-search=native={out}\");
    println!(\"cargo:rustc-link-lib=static=kitadd\");
    println!(\"cargo:root={out}\");
}
";
const TOP: &str = "extern \"C\" { fn kit_add(a: i32, b: i32) -> i32; }
pub fn sum() -> i32 { kit_native::touch(); unsafe { kit_add(2, 3) } }
pub fn all() -> String { format!(\"{} {} {}\", kit_mid::tell(), sum(), twig::name()) }
";
const APP: &str = "fn main() {
    println!(\"{} {} {}\", kit_top::all(), kit_base::pick(&[1, 2, 3], 1), kit_gen::GENERATED);
}
#[test]
fn works() { assert_eq!(kit_dev::two(), 2); }
";

/// The repository, the registry, and a program that uses both and has a lock file.
pub struct Kit {
    pub sandbox: Sandbox,
    /// The program's directory; nothing is built there yet.
    pub app: PathBuf,
}

impl Kit {
    pub fn new() -> Self {
        Self::with(&[], "", APP)
    }

    /// With more (or other) files in the repository, more dependencies and another `main.rs`.
    pub fn with(more: &[(&str, &str)], dependencies: &str, main: &str) -> Self {
        let kit = Self { app: PathBuf::new(), sandbox: Sandbox::new() };
        kit.registry();
        kit.repository(more);
        let names = ["kit-base", "kit-gen", "kit-top"].map(|name| kit.needs(name, "")).concat();
        let manifest = kit.manifest("app", &(names + dependencies)) + "[dev-dependencies]\n" + &kit.needs("kit-dev", "");
        let app = kit.program("first", &(manifest + "[profile.fast]\ninherits = \"release\"\nopt-level = 1\n"), main);
        Self { app, ..kit }
    }

    /// A line of a manifest: a package of the repository.
    pub fn needs(&self, name: &str, more: &str) -> String {
        format!("{name} = {{ git = \"file://{}\"{more} }}\n", self.sandbox.path("kit").display())
    }

    pub fn manifest(&self, name: &str, dependencies: &str) -> String {
        package(name, &format!("[dependencies]\n{dependencies}"))
    }

    /// A program with a lock file.
    pub fn program(&self, dir: &str, manifest: &str, main: &str) -> PathBuf {
        let app = self.sandbox.project(dir, [("Cargo.toml", manifest), ("src/main.rs", main)]);
        self.sandbox.cargo(&app, &["generate-lockfile"]).success();
        app
    }

    fn repository(&self, more: &[(&str, &str)]) {
        let needs = |name: &str| format!("{name} = {{ path = \"../{name}\" }}\n");
        let library = |name: &str, more: &str| package(name, more);
        let files: Vec<(&str, String)> = vec![
            ("kit-base/Cargo.toml", library("kit-base", "[features]\nextra = []\n")),
            (
                "kit-base/src/lib.rs",
                "pub fn pick<T: Copy>(v: &[T], i: usize) -> T { v[i] }\n\
                 pub fn name() -> &'static str { if cfg!(feature = \"extra\") { \"base+extra\" } else { \"base\" } }\n"
                    .into(),
            ),
            ("kit-mac/Cargo.toml", library("kit-mac", "[lib]\nproc-macro = true\n")),
            (
                "kit-mac/src/lib.rs",
                "#[proc_macro]\npub fn answer(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"42u32\".parse().unwrap() }\n"
                    .into(),
            ),
            ("kit-gen/Cargo.toml", library("kit-gen", "")),
            ("kit-gen/build.rs", GEN_BUILD.into()),
            ("kit-gen/src/lib.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/gen.rs\"));\n".into()),
            ("kit-native/Cargo.toml", library("kit-native", "links = \"kitadd\"\n")),
            ("kit-native/build.rs", NATIVE_BUILD.into()),
            ("kit-native/src/add.c", "int kit_add(int a, int b) { return a + b; }\n".into()),
            ("kit-native/src/lib.rs", "pub fn touch() {}\n".into()),
            (
                "kit-mid/Cargo.toml",
                library("kit-mid", &format!("[dependencies]\n{}{}{}", needs("kit-base"), needs("kit-mac"), needs("kit-gen"))),
            ),
            (
                "kit-mid/src/lib.rs",
                "pub fn tell() -> String { format!(\"{} {} {}\", kit_base::name(), kit_mac::answer!(), kit_gen::GENERATED) }\n"
                    .into(),
            ),
            (
                "kit-top/Cargo.toml",
                library("kit-top", &format!("[dependencies]\n{}{}twig = \"1\"\n", needs("kit-mid"), needs("kit-native"))),
            ),
            ("kit-top/src/lib.rs", TOP.into()),
            ("kit-dev/Cargo.toml", library("kit-dev", "")),
            ("kit-dev/src/lib.rs", "pub fn two() -> u32 { 2 }\n".into()),
        ];
        let dir = self.sandbox.path("kit");
        for (file, text) in files.iter().map(|(f, t)| (*f, t.as_str())).chain(more.iter().copied()) {
            write(&dir.join(file), text);
        }
        self.commit("kit");
    }

    /// Commits everything that lies in a directory of the sandbox.
    pub fn commit(&self, dir: &str) {
        let git = |args: &[&str]| {
            let mut command = self.sandbox.command("git", &self.sandbox.path(dir));
            command.args(["-c", "user.name=kit", "-c", "user.email=kit@localhost", "-c", "init.defaultBranch=main"]);
            Run::of(command.args(args)).success();
        };
        git(&["init", "--quiet"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message=kit"]);
    }

    fn registry(&self) {
        let leaf_build = "fn main() { println!(\"cargo:rerun-if-changed=build.rs\\ncargo:rustc-cfg=told\\ncargo::rustc-check-cfg=cfg(told)\"); }\n";
        self.publish(
            "leaf",
            &[],
            &[],
            &[("build.rs", leaf_build), ("src/lib.rs", "pub const TOLD: bool = cfg!(told);\npub fn id<T>(t: T) -> T { t }\n")],
        );
        self.publish(
            "twig",
            &["leaf"],
            &[],
            &[("src/lib.rs", "pub fn name() -> String { format!(\"twig {}\", leaf::id(leaf::TOLD)) }\n")],
        );
        let config = format!(
            "[source.crates-io]\nreplace-with = \"local\"\n[source.local]\nlocal-registry = \"{}\"\n",
            self.sandbox.path("registry").display()
        );
        write(&self.sandbox.path("home/.cargo/config.toml"), &config);
    }

    /// Puts version 1.0.0 of a package into the registry.
    pub fn publish(&self, name: &str, needs: &[&str], features: &[&str], files: &[(&str, &str)]) {
        self.publish_version("1.0.0", name, needs, features, files);
    }

    /// Puts a version of a package into the registry, besides those that are there.
    pub fn publish_version(&self, version: &str, name: &str, needs: &[&str], features: &[&str], files: &[(&str, &str)]) {
        let (registry, whole) = (self.sandbox.path("registry"), format!("{name}-{version}"));
        let dir = self.sandbox.path("unpacked").join(&whole);
        let dependencies: String = needs.iter().map(|n| format!("{n} = \"1\"\n")).collect();
        let named: String = features.iter().map(|f| format!("{f} = []\n")).collect();
        let manifest = package(name, &format!("[features]\n{named}[dependencies]\n{dependencies}")).replace("0.1.0", version);
        for (file, text) in files.iter().copied().chain([("Cargo.toml", manifest.as_str())]) {
            write(&dir.join(file), text);
        }
        fs::create_dir_all(&registry).expect("created");
        let archive = registry.join(format!("{whole}.crate"));
        Run::of(Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(self.sandbox.path("unpacked")).arg(&whole)).success();
        let sum = Run::of(Command::new("sha256sum").arg(&archive)).success().stdout();
        let deps: Vec<_> = needs
            .iter()
            .map(|n| {
                serde_json::json!({ "name": n, "req": "^1", "features": [], "optional": false, "default_features": true,
                    "target": null, "kind": "normal" })
            })
            .collect();
        let features: serde_json::Map<_, _> = features.iter().map(|f| ((*f).to_owned(), serde_json::json!([]))).collect();
        let line = serde_json::json!({ "name": name, "vers": version, "deps": deps, "features": features, "yanked": false,
            "cksum": sum.split(' ').next() });
        // All names here have four letters or more.
        let index = registry.join("index").join(&name[..2]).join(&name[2..4]).join(name);
        let others = fs::read_to_string(&index).unwrap_or_default();
        write(&index, &format!("{others}{line}\n"));
    }

    /// The program's sources in another place.
    pub fn copy(&self, name: &str) -> PathBuf {
        self.sandbox.copy(&self.app, name)
    }

    /// Our cargo, `-v`. A daemon that is slow to start on a busy machine is waited for.
    #[track_caller]
    pub fn ours(&self, dir: &Path, args: &[&str]) -> Said {
        self.sandbox.ready();
        Said::of(Run::of(self.sandbox.command(exe(), dir).args(args).arg("-v")))
    }

    /// Plain cargo with our wrapper, `-v`.
    #[track_caller]
    pub fn wrapped(&self, dir: &Path, args: &[&str]) -> Said {
        self.sandbox.ready();
        Said::of(Run::of(self.sandbox.command("cargo", dir).args(args).arg("-v").env("RUSTC_WRAPPER", exe())))
    }

    /// Plain cargo, `-v`.
    #[track_caller]
    pub fn plain(&self, dir: &Path, args: &[&str]) -> Said {
        Said::of(Run::of(self.sandbox.command("cargo", dir).args(args).arg("-v")))
    }

    /// Builds with us and has everything that was made taken into the store.
    #[track_caller]
    pub fn fill(&self, dir: &Path, args: &[&str]) -> Said {
        let said = self.ours(dir, args);
        self.settle();
        let note = || fs::read_to_string(dir.join("target/.rustc-hyperopt/seeded")).unwrap_or_default();
        // On a busy machine a daemon may not answer in time; then the next build tells it.
        wait_until("what was built to be taken in", || {
            let done = !dir.join("target").is_dir() || ["\ntaken\n", "\nnever\n"].iter().any(|word| note().contains(word));
            if !done {
                self.ours(dir, args);
                self.settle();
            }
            done
        });
        said
    }

    /// Waits until everything is stored; the daemon ends.
    pub fn settle(&self) {
        wait_until("the daemon's end", || {
            drop(fs::remove_file(self.sandbox.store().join("run/breaker")));
            self.sandbox.ours(&self.sandbox.path("home"), &["cache", "stop"]).0.status.success()
        });
    }

    /// Plain cargo's build of the same sources, in `plain/<name>`.
    #[track_caller]
    pub fn reference(&self, name: &str, args: &[&str]) -> PathBuf {
        let dir = self.copy(&format!("plain/{name}"));
        self.plain(&dir, args);
        dir
    }

    /// The program in `dir` is the one in `plain`, in what it prints and in its machine code, and cargo finds nothing to do.
    #[track_caller]
    pub fn assert_like(&self, dir: &Path, plain: &Path, args: &[&str], program: &str) {
        let (ours, theirs) = (dir.join(program), plain.join(program));
        let print = |path: &Path| Run::of(self.sandbox.command(path, dir).arg("x")).success().stdout();
        assert_eq!(print(&ours), print(&theirs), "{}", ours.display());
        oracle::assert_same_code(&ours, &theirs);
        self.plain(dir, args).assert_nothing_done();
    }
}

/// What cargo has said with `-v`.
#[derive(Debug)]
pub struct Said {
    pub text: String,
    /// Packages of which something was compiled or run.
    pub made: BTreeSet<String>,
    /// Packages that were not looked at any further.
    pub fresh: BTreeSet<String>,
}

impl Said {
    #[track_caller]
    pub fn of(run: Run) -> Self {
        let text = run.success().stderr();
        let after = |verbs: &[&str]| {
            let words = |line: &str| line.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
            let lines = text.lines().map(words).filter(|w| w.len() == 2 && verbs.contains(&w[0].as_str()));
            lines.map(|mut w| w.remove(1)).collect()
        };
        Self { made: after(&["Compiling", "Checking", "Dirty"]), fresh: after(&["Fresh"]), text }
    }

    /// Nothing but these packages was compiled or run.
    #[track_caller]
    pub fn assert_made(&self, packages: &[&str]) -> &Self {
        let expected: BTreeSet<String> = packages.iter().map(|p| (*p).to_owned()).collect();
        assert_eq!(self.made, expected, "{}", self.text);
        self
    }

    /// These packages are as they were put there.
    #[track_caller]
    pub fn assert_fresh<'a>(&self, packages: impl IntoIterator<Item = &'a &'a str>) -> &Self {
        let missing: Vec<_> = packages.into_iter().filter(|p| !self.fresh.contains(**p)).collect();
        assert!(missing.is_empty(), "{missing:?} not fresh: {}", self.text);
        self
    }

    #[track_caller]
    pub fn assert_nothing_done(&self) -> &Self {
        assert!(!self.text.contains("Running `"), "{}", self.text);
        self.assert_made(&[])
    }
}
