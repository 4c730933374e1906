//! What one cargo command is going to build, and where, as far as its words, settings and files tell.
//!
//! It must never run cargo to find out. A guess that is wrong costs preparations that nobody needs; what cannot be told at
//! all is no [`Call`].

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{layout::Layout, package::PackageId, settings::Settings, toolchain, words, workspace};
use crate::base::{
    digest::{Digest, KeyHasher},
    env::EnvSnapshot,
};

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// Metadata only: `check`, `clippy`, `doc`, `fix`.
    Check,
    /// Programs.
    Build,
    /// Programs and tests.
    Test,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The directory below which intermediate files go: cargo's build directory, by default the target directory.
    pub target: OsString,
    pub cargo_home: OsString,
    /// The directory of the profile: `debug`, `release`, or the profile's own name.
    pub profile: String,
    /// Targets that were asked for by name; none means the host without a directory of its own.
    pub triples: Vec<String>,
    pub purpose: Purpose,
    /// `--message-format`: how compilers are asked to put what they say, which cargo keeps and repeats.
    pub messages: String,
    pub layout: Layout,
    /// The toolchain's name, as far as rustup is involved.
    pub toolchain: String,
    /// Digest of the lock file.
    pub lock: Digest,
    /// Everything that decides which units there are, except sources.
    pub exact: Digest,
    /// As `exact`, without words, manifests and settings.
    pub roughly: Digest,
    /// Cargo's home and the layout: what units of other projects must agree in to be of use at all.
    pub scope: Digest,
}

/// A command, and what its lock file lists.
pub struct Understood {
    pub call: Call,
    pub root: PathBuf,
    pub lock_text: String,
}

/// Words that make no difference to what is built.
const NO_MATTER: [&str; 18] = [
    "q",
    "quiet",
    "v",
    "verbose",
    "color",
    "j",
    "jobs",
    "target-dir",
    "manifest-path",
    "locked",
    "offline",
    "frozen",
    "keep-going",
    "future-incompat-report",
    "timings",
    "no-run",
    "no-fail-fast",
    "ignore-rust-version",
];
/// Variables that do, by their beginnings.
const MATTER: [&str; 8] = [
    "RUSTFLAGS",
    "RUSTC_BOOTSTRAP",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_PROFILE_",
    "CARGO_TARGET_X",
    "CARGO_UNSTABLE_",
];

impl Call {
    /// Reads a command line (without program and toolchain) in the light of its surroundings; nothing if it builds
    /// nothing, or if there is no lock file yet.
    pub fn understand(args: &[OsString], given: Option<&OsStr>, env: &EnvSnapshot, cwd: &Path) -> Option<Understood> {
        let command = args.get(words::subcommand(args)?)?.to_str()?;
        let purpose = purpose(command)?;
        let mut seen = Words::default();
        words::options(args, |name, value| seen.take(name, value));
        if seen.profile.is_empty() {
            seen.profile = if command == "bench" { "release" } else { "debug" }.into();
        }
        let cwd = seen.dir.as_ref().map_or_else(|| cwd.to_owned(), |d| cwd.join(d)).canonicalize().ok()?;
        let root = workspace::root(&cwd, seen.manifest.as_deref())?;
        let cargo_home = env.path("CARGO_HOME").map(|p| cwd.join(p)).or_else(|| Some(env.path("HOME")?.join(".cargo")))?;
        if !cargo_home.is_dir() {
            return None;
        }
        let settings = Settings::read(&cwd, &cargo_home, &seen.config, env);
        let target = seen.target_dir.as_ref().map(|d| cwd.join(d)).or(settings.target_dir).unwrap_or_else(|| root.join("target"));
        let target = match settings.build_dir {
            None => target,
            Some(template) => build_dir(template, &root, &cargo_home)?,
        };
        let lock_text = fs::read_to_string(root.join("Cargo.lock")).ok()?;
        let triples = if seen.triples.is_empty() { settings.target } else { seen.triples };
        if triples.iter().any(|t| t.contains(['/', '*']) || t.ends_with(".json") || t == "host-tuple") {
            return None;
        }
        let layout = if seen.per_unit || settings.per_unit { Layout::PerUnit } else { Layout::Classic };
        let lock = Digest::of(lock_text.as_bytes());
        let toolchain = format!(
            "{}{}",
            toolchain::name(given.and_then(OsStr::to_str), &cwd, env),
            settings.rustc.map(|r| format!(" {r}")).unwrap_or_default()
        );
        let scope = KeyHasher::new("seed scope")
            .field("cargo home", cargo_home.as_os_str().as_bytes())
            .field("layout", &[u8::from(layout == Layout::PerUnit)])
            .finish();
        let mut roughly = KeyHasher::new("seed list");
        roughly.field("scope", &scope.0).field("lock", &lock.0).field("toolchain", toolchain.as_bytes());
        roughly.field("profile", seen.profile.as_bytes()).list("targets", &triples).field("purpose", &[purpose as u8]);
        let roughly = roughly.finish();
        let mut exact = KeyHasher::new("seed list exactly");
        exact.field("roughly", &roughly.0).list("words", &seen.others).list("settings", &settings.texts);
        exact.field("manifest", &fs::read(root.join("Cargo.toml")).unwrap_or_default());
        let matters = |name: &[u8]| MATTER.iter().any(|m| name.starts_with(m.as_bytes()));
        exact.list("variables", env.iter().filter(|(n, _)| matters(n)).map(|(n, v)| [n, b"=", v].concat()));
        let call = Self {
            target: target.into_os_string(),
            cargo_home: cargo_home.into_os_string(),
            profile: seen.profile,
            triples,
            purpose,
            messages: seen.messages.join(","),
            layout,
            toolchain,
            lock,
            exact: exact.finish(),
            roughly,
            scope,
        };
        Some(Understood { call, root, lock_text })
    }

    /// The directory below which the build goes.
    pub fn target(&self) -> &Path {
        Path::new(&self.target)
    }

    /// Directories of units, relative to the target directory: the host's first.
    pub fn places(&self) -> Vec<String> {
        let of = |triple: &String| format!("{triple}/{}", self.profile);
        std::iter::once(self.profile.clone()).chain(self.triples.iter().map(of)).collect()
    }
}

impl Understood {
    /// The packages that do not lie in the workspace.
    pub fn packages(&self) -> Vec<PackageId> {
        super::lockfile::packages(&self.lock_text)
    }
}

fn purpose(command: &str) -> Option<Purpose> {
    match command {
        "build" | "b" | "run" | "r" | "rustc" => Some(Purpose::Build),
        "check" | "c" | "clippy" | "doc" | "d" | "rustdoc" | "fix" => Some(Purpose::Check),
        "test" | "t" | "bench" | "nextest" => Some(Purpose::Test),
        _ => None,
    }
}

/// `{workspace-path-hash}` is made by a hasher of cargo's own.
fn build_dir(template: PathBuf, root: &Path, cargo_home: &Path) -> Option<PathBuf> {
    let mut text = template.into_os_string().into_vec();
    for (name, value) in [("{workspace-root}", root), ("{cargo-cache-home}", cargo_home)] {
        // A template that begins with an absolute placeholder was joined to a base before.
        if let Some(at) = memchr::memmem::find(&text, name.as_bytes()) {
            text = [value.as_os_str().as_bytes(), &text[at + name.len()..]].concat();
        }
    }
    let path = PathBuf::from(OsString::from_vec(text));
    (!path.as_os_str().as_bytes().contains(&b'{')).then_some(path)
}

#[derive(Default)]
struct Words {
    dir: Option<PathBuf>,
    manifest: Option<PathBuf>,
    target_dir: Option<PathBuf>,
    triples: Vec<String>,
    profile: String,
    config: Vec<String>,
    messages: Vec<String>,
    per_unit: bool,
    others: Vec<String>,
}

impl Words {
    fn take(&mut self, name: &str, value: Option<&str>) {
        match (name, value) {
            ("C", Some(v)) => self.dir = Some(v.into()),
            ("manifest-path", Some(v)) => self.manifest = Some(v.into()),
            ("target-dir", Some(v)) => self.target_dir = Some(v.into()),
            ("target", Some(v)) => self.triples.push(v.to_owned()),
            ("r" | "release", _) => self.profile = "release".into(),
            ("profile", Some(v)) => self.profile = profile_dir(v).to_owned(),
            ("config", Some(v)) => self.config.push(v.to_owned()),
            ("message-format", Some(v)) => self.messages.push(v.to_owned()),
            ("Z", Some("build-dir-new-layout")) => self.per_unit = true,
            _ if NO_MATTER.contains(&name) => {}
            (name, value) => self.others.push(format!("{name}={}", value.unwrap_or_default())),
        }
    }
}

/// Profiles that come with cargo share directories.
fn profile_dir(name: &str) -> &str {
    match name {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Project(tempfile::TempDir);

    impl Project {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("temporary directory");
            fs::create_dir_all(dir.path().join("home/.cargo")).expect("created");
            fs::create_dir_all(dir.path().join("p/src")).expect("created");
            fs::write(dir.path().join("p/Cargo.toml"), "[package]\nname = 'p'\nversion = '0.1.0'\n").expect("written");
            fs::write(dir.path().join("p/Cargo.lock"), "version = 4\n").expect("written");
            Self(dir)
        }

        fn call(&self, line: &str, vars: &[(&str, &str)]) -> Option<Call> {
            let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let home = self.0.path().join("home");
            let own = [("HOME", home.to_str().expect("text"))];
            let env = own.iter().chain(vars).map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect();
            Call::understand(&args, None, &env, &self.0.path().join("p/src")).map(|u| u.call)
        }
    }

    #[test]
    fn where_it_goes() {
        let project = Project::new();
        let top = project.0.path().canonicalize().expect("exists").join("p");
        let call = project.call("build", &[]).expect("understood");
        assert_eq!((call.target(), call.places()), (top.join("target").as_path(), vec!["debug".to_owned()]));
        let call = project.call("test --target-dir ../t -r --target x-y-z", &[]).expect("understood");
        assert_eq!((call.purpose, call.places()), (Purpose::Test, vec!["release".to_owned(), "x-y-z/release".to_owned()]));
        assert_eq!(call.target(), top.join("src/../t"));
        assert_eq!(project.call("check --profile fast", &[]).expect("understood").profile, "fast");
        assert_eq!(project.call("bench", &[]).map(|c| c.profile), Some("release".into()));
        let moved = project.call("build", &[("CARGO_BUILD_BUILD_DIR", "{workspace-root}/b")]).expect("understood");
        assert_eq!(moved.target(), top.join("b"));
        for nothing in ["fmt", "build --target ./x.json", "--list", "build --manifest-path no/Cargo.toml"] {
            assert_eq!(project.call(nothing, &[]), None, "{nothing}");
        }
        assert_eq!(project.call("build", &[("CARGO_BUILD_BUILD_DIR", "{cargo-cache-home}/{workspace-path-hash}")]), None);
    }

    #[test]
    fn what_makes_a_difference() {
        let project = Project::new();
        let keys =
            |line: &str, vars: &[(&str, &str)]| project.call(line, vars).map(|c| (c.exact, c.roughly)).expect("understood");
        let plain = keys("build", &[]);
        for same in ["build -q", "-v build", "build -j 3 --color never", "run", "build --locked --offline"] {
            assert_eq!(keys(same, &[]), plain, "{same}");
        }
        for other in ["build --features x", "build -p p", "build --workspace"] {
            let (exact, roughly) = keys(other, &[]);
            assert!(exact != plain.0 && roughly == plain.1, "{other}");
        }
        for other in ["build -r", "check", "test", "build --target t"] {
            let (exact, roughly) = keys(other, &[]);
            assert!(exact != plain.0 && roughly != plain.1, "{other}");
        }
        assert_ne!(keys("build", &[("RUSTFLAGS", "-g")]).0, plain.0);
        assert_eq!(keys("build", &[("CARGO_TERM_COLOR", "never")]), plain);
        fs::write(project.0.path().join("p/Cargo.lock"), "version = 4\n#\n").expect("written");
        assert_ne!(keys("build", &[]).1, plain.1);
    }
}
