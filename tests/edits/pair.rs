//! Two directories with the same sources: one is built by plain cargo, one by us, and nobody may be able to tell which.
//!
//! The directories differ in their paths. We map the working directory to `.` in debug information, so plain cargo's
//! compiler gets the same two arguments from a script; nothing else is different, and everything is compared byte by byte.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use serde_json::Value;

use crate::{
    config::Config,
    objects,
    subject::{Subject, cargo_home},
    support::{Run, Sandbox, case::without_thread_id, copy_tree, exe, write},
};

const REMAPPING: &str = r#"for a in "$@"; do
    case $a in
    -* | /*) ;;
    *.rs) exec "$@" "--remap-path-prefix=$PWD=." --remap-path-scope=debuginfo ;;
    esac
done
exec "$@""#;

type Stamp = (SystemTime, u64);

pub struct Pair<'a> {
    pub sandbox: Sandbox,
    subject: &'a Subject,
    config: &'static Config,
    wrapper: PathBuf,
    /// As written in both directories.
    written: BTreeMap<String, String>,
    before: BTreeMap<String, String>,
    /// Files that were found equal, as they were then.
    equal: HashMap<PathBuf, (Stamp, Stamp)>,
    pub compared: usize,
}

/// What a build has shown.
pub struct Verdict {
    /// The first error, if plain cargo could not build it.
    pub error: Option<String>,
    /// How the two directories differ.
    pub differences: Vec<String>,
}

impl<'a> Pair<'a> {
    pub fn new(subject: &'a Subject, config: &'static Config) -> Self {
        let sandbox = Sandbox::new();
        for name in ["plain", "ours"] {
            copy_tree(&subject.base, &sandbox.path(name));
        }
        let wrapper = sandbox.script("remapping", REMAPPING);
        let nothing = BTreeMap::new;
        let equal = HashMap::new();
        let mut pair = Self { sandbox, subject, config, wrapper, written: nothing(), before: nothing(), equal, compared: 0 };
        // As it came: templates and what they stand for have the same names.
        pair.written = subject.start.files.clone();
        pair
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// Makes both directories consist of these files.
    pub fn write(&mut self, files: BTreeMap<String, String>) {
        for name in ["plain", "ours"] {
            let root = self.dir(name);
            for gone in self.written.keys().filter(|path| !files.contains_key(*path)) {
                fs::remove_file(root.join(gone)).expect("removed");
            }
            for (path, text) in files.iter().filter(|(path, text)| self.written.get(*path) != Some(text)) {
                write(&root.join(path), text);
            }
        }
        self.before = std::mem::replace(&mut self.written, files);
    }

    fn command(&self, name: &str, program: &str) -> Command {
        let mut command = self.sandbox.command(program, &self.dir(name));
        command.args(self.config.args).args(["--keep-going", "--offline", "--message-format=json-diagnostic-rendered-ansi"]);
        command.env("CARGO_HOME", cargo_home()).envs(self.config.env.iter().copied());
        if name == "plain" {
            command.env("RUSTC_WRAPPER", &self.wrapper);
        }
        command
    }

    /// Builds both at the same time.
    pub fn build(&mut self) -> Verdict {
        let (mut plain, mut ours) = (self.command("plain", "cargo"), self.command("ours", exe()));
        let (plain, ours) = std::thread::scope(|scope| {
            let plain = scope.spawn(|| Run::of(&mut plain));
            let ours = Run::of(&mut ours);
            (plain.join().expect("ends"), ours)
        });
        let compiles = plain.0.status.success();
        let mut found = Vec::new();
        if compiles != ours.0.status.success() {
            found.push(format!("plain cargo said:\n{}\nwe said:\n{}", plain.stderr(), ours.stderr()));
        }
        let [theirs, said] = [("plain", &plain), ("ours", &ours)].map(|(name, built)| messages(built, &self.dir(name)));
        found.extend(multisets_differ(&theirs, &said));
        if compiles && ours.0.status.success() {
            found.extend(self.compare("ours"));
        }
        let error = theirs.iter().find(|m| m.contains("\"level\": \"error\"")).map(|m| first_words(m));
        Verdict { error: (!compiles).then(|| error.unwrap_or_default()), differences: found }
    }

    /// Nothing is left to do in our directory, neither for us nor for plain cargo.
    pub fn check_no_op(&self) -> Vec<String> {
        let mut plain = self.command("ours", "cargo");
        let runs = [("we", Run::of(&mut self.command("ours", exe()))), ("plain cargo", Run::of(plain.env("RUSTC_WRAPPER", "")))];
        let busy = runs.into_iter().filter(|(_, r)| ["Compiling", "Checking", "error"].iter().any(|w| r.stderr().contains(w)));
        busy.map(|(who, r)| format!("a second build is no no-op, {who} said:\n{}", r.stderr())).collect()
    }

    /// Our directory without its target directory is built again, with what the cache puts there; all that was built is in the
    /// cache by then, and the daemon is another one unless it is `kept`.
    pub fn check_removed(&mut self, kept: bool) -> Vec<String> {
        if kept {
            self.sandbox.wait_for_queue()
        } else {
            self.sandbox.stop_daemon()
        }
        fs::remove_dir_all(self.dir("ours").join("target")).expect("removed");
        let mut found = self.build_again("ours");
        if found.is_empty() {
            found = self.check_no_op();
        }
        found
    }

    /// A copy of our directory in another place is built from the cache.
    pub fn check_elsewhere(&mut self) -> Vec<String> {
        let name = "some/other place";
        copy_tree(&self.dir("ours"), &self.dir(name));
        let found = self.build_again(name);
        if found.is_empty() {
            fs::remove_dir_all(self.dir(name)).expect("removed");
        }
        found
    }

    fn build_again(&mut self, name: &str) -> Vec<String> {
        let run = Run::of(&mut self.command(name, exe()));
        if !run.0.status.success() {
            return vec![format!("what compiles does not compile again in {name}:\n{}", run.stderr())];
        }
        let plain = Run::of(&mut self.command("plain", "cargo"));
        let mut found = multisets_differ(&messages(&plain, &self.dir("plain")), &messages(&run, &self.dir(name)));
        found.extend(self.compare(name));
        found.into_iter().map(|d| format!("built again in {name}: {d}")).collect()
    }

    /// Compares a directory that we have built with plain cargo's.
    fn compare(&mut self, name: &str) -> Vec<String> {
        let Some(profile) = self.config.dir else { return Vec::new() };
        let target = |name: &str| self.dir(name).join("target").join(profile);
        let (plain, ours) = (target("plain"), target(name));
        let mut found = self.compare_files(&plain, &ours);
        found.extend(self.compare_programs(name, &plain, &ours));
        found
    }

    fn compare_files(&mut self, plain: &Path, ours: &Path) -> Vec<String> {
        let list = |root: &Path| {
            let entries = fs::read_dir(root.join("deps")).expect("built").flatten();
            let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
            let mut names: Vec<String> = names.filter(|n| n.ends_with(".rlib") || !n.contains('.')).collect();
            names.sort();
            names
        };
        let (names, others) = (list(plain), list(ours));
        let mut found = Vec::new();
        if names != others {
            found.push(format!("files: {names:?} and {others:?}"));
        }
        for name in names {
            let (a, b) = (plain.join("deps").join(&name), ours.join("deps").join(&name));
            let stamps = (stamp(&a), stamp(&b));
            if self.equal.get(&b) == Some(&stamps) {
                continue;
            }
            let differences = objects::differences(&a, &b);
            self.compared += 1;
            if differences.is_empty() {
                self.equal.insert(b, stamps);
            }
            found.extend(differences.into_iter().map(|d| format!("{name}: {d}")));
        }
        found
    }

    fn compare_programs(&self, name: &str, plain: &Path, ours: &Path) -> Vec<String> {
        let say = |name: &str, target: &Path, args: &[&str]| {
            let dir = self.dir(name);
            let mut command = self.sandbox.command("timeout", &dir);
            command.arg("60").arg(target.join(self.subject.program)).args(args);
            let run = Run::of(command.env("RUST_BACKTRACE", "1"));
            let text = |text: String| without_thread_id(&text).replace(&*dir.to_string_lossy(), "DIR");
            (run.0.status.to_string(), text(run.stdout()), text(run.stderr()))
        };
        let mut found = Vec::new();
        for args in self.subject.runs {
            let (theirs, ours) = (say("plain", plain, args), say(name, ours, args));
            // What an endless program has said so far depends on the machine.
            let is_endless = theirs.0 == ours.0 && theirs.0.contains("124");
            if theirs != ours && !is_endless {
                found.push(format!("the program with {args:?} said\n{theirs:#?}\nand ours\n{ours:#?}"));
            }
        }
        found
    }

    /// Leaves everything where it is and says where; the daemon is stopped.
    pub fn keep(self) -> PathBuf {
        self.sandbox.stop_daemon();
        let root = self.dir("");
        std::mem::forget(self.sandbox);
        root
    }

    /// The last change, as a diff.
    pub fn diff(&self) -> String {
        let root = self.dir("before");
        for (path, text) in &self.before {
            write(&root.join(path), text);
        }
        for (path, text) in &self.written {
            write(&self.dir("after").join(path), text);
        }
        Run::of(self.sandbox.command("diff", &self.dir("")).args(["-ruN", "before", "after"])).stdout()
    }
}

fn stamp(file: &Path) -> Stamp {
    fs::metadata(file).map_or((SystemTime::UNIX_EPOCH, 0), |m| (m.modified().expect("has a time"), m.len()))
}

/// What cargo passed on of the compilers' messages: a text for each, with the crate before it.
fn messages(run: &Run, dir: &Path) -> Vec<String> {
    let text = run.stdout().replace(&*dir.to_string_lossy(), "DIR");
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_compilers = lines.filter(|v| v["reason"] == "compiler-message");
    let mut messages: Vec<String> = of_compilers.map(|v| format!("{}: {:#}", v["target"]["name"], v["message"])).collect();
    messages.sort();
    messages
}

/// `crate: what is wrong` of a message.
fn first_words(message: &str) -> String {
    let name = message.split(':').next().unwrap_or_default();
    let text = message.lines().find_map(|l| l.strip_prefix("  \"message\": ")).unwrap_or_default();
    format!("{name}: {text}")
}

fn multisets_differ(a: &[String], b: &[String]) -> Vec<String> {
    let mut rest = b.to_vec();
    let mut found = Vec::new();
    for message in a {
        match rest.iter().position(|m| m == message) {
            Some(at) => drop(rest.swap_remove(at)),
            None => found.push(format!("only plain cargo said: {message}")),
        }
    }
    found.extend(rest.into_iter().map(|m| format!("only we said: {m}")));
    found
}
