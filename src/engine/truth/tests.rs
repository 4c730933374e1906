//! Against the real compiler: three crates in a chain, compiled as cargo does, with and without old metadata.

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use super::*;
use crate::{
    artifact::{Manifest, record::Action},
    base::fs::umask,
    engine::{
        Answer,
        plan::{Compiled, Made, Query},
    },
    events::HitKind,
    store::{Claim, Limits, Store},
};

/// `top` uses `mid` and `low`, `mid` uses `low`.
const CRATES: [(&str, &[&str]); 3] = [("low", &[]), ("mid", &["low"]), ("top", &["low", "mid"])];
const LOW: &str = "pub struct Plain; // one\npub trait Show { fn show(&self) -> String; }\n\
                   pub fn need<T: Show>(t: T) -> String { t.show() }\n#[inline]\npub fn sum(a: u32) -> u32 { a + 1 }\n";
const MID: &str = "pub use low::*;\npub fn made() -> Plain { Plain }\npub fn twice<T: Copy + Into<u64>>(t: T) -> u64 { \
                   t.into() + u64::from(low::sum(1)) }\n";
const TOP: &str = "pub fn f() -> String { let unused = 1; mid::need(mid::made()) + &low::need(1u8) }\n";

struct Chain {
    dir: TempDir,
    engine: Engine,
}

impl Chain {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let store = Store::open(&dir.path().join("store"), Limits { max_bytes: 1 << 40, retention_days: 0 }).expect("opens");
        let chain = Self { dir, engine: Engine::new(store) };
        for (name, text) in [("low", LOW), ("mid", MID), ("top", TOP)] {
            chain.write(name, text);
        }
        chain
    }

    fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().expect("exists")
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.root().join("ws").join(name)).expect("created");
        fs::write(self.root().join("ws").join(name).join("lib.rs"), text).expect("written");
    }

    fn deps(&self, target: &str) -> PathBuf {
        self.root().join(target).join("deps")
    }

    fn stem(&self, target: &str, name: &str) -> PathBuf {
        self.deps(target).join(format!("lib{name}-{name}0"))
    }

    /// What cargo would ask for.
    fn query(&self, target: &str, name: &str, emit: &str, more: &str) -> Query {
        let deps = self.deps(target);
        fs::create_dir_all(&deps).expect("created");
        let deps = deps.display().to_string();
        let line = format!(
            "--crate-name {name} --edition=2021 {name}/lib.rs --error-format=json \
             --json=diagnostic-rendered-ansi,artifacts,future-incompat --crate-type lib --emit={emit} \
             -C debuginfo=2 -C metadata={name}0 -C extra-filename=-{name}0 --out-dir {deps} -L dependency={deps} {more}"
        );
        let mut args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let (_, externs) = CRATES.iter().find(|(n, _)| *n == name).expect("one of them");
        for dep in *externs {
            args.extend(["--extern".into(), format!("{dep}={deps}/lib{dep}-{dep}0.rmeta")]);
        }
        let vars = ["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
        let env = vars.iter().filter_map(|n| crate::base::env::text(n).map(|v| (n.as_bytes().to_vec(), v.into_bytes())));
        Query {
            compiler: rustc().into(),
            args: args.into_iter().map(|a| ByteBuf::from(a.into_bytes())).collect(),
            cwd: self.root().join("ws").into_os_string(),
            env: env.chain([(b"CARGO_PKG_NAME".to_vec(), name.as_bytes().to_vec())]).collect(),
            umask: umask(),
        }
    }

    /// Compiles in a target directory and stores the result.
    fn build(&self, target: &str, name: &str, emit: &str, more: &str) -> Output {
        let query = self.query(target, name, emit, more);
        let prepared = self.engine.prepare(query.clone()).expect("cacheable");
        drop(self.engine.find(&prepared).expect("looked up"));
        let started = crate::base::clock::wall_nanos();
        let output = Command::new(&query.compiler)
            .args(query.os_args())
            .args(prepared.extra_args())
            .current_dir(&query.cwd)
            .output()
            .expect("runs");
        if output.status.success() {
            let artifacts = output.stderr.split(|b| *b == b'\n').filter_map(crate::rustc::messages::artifact);
            let made = artifacts.map(|a| Made {
                name: crate::base::names::OutputName::new(a.artifact.file_name().expect("a file").to_str().expect("plain"))
                    .expect("plain"),
                emit: a.emit,
                sig: crate::base::fs::FileSig::of(&a.artifact).expect("exists"),
            });
            let result = Compiled {
                outputs: made.collect(),
                stdout: vec![],
                stderr: output.stderr.clone(),
                wall_ms: 1,
                cpu_ms: 1,
                max_rss_kib: 1,
                rmeta_ms: None,
                started,
                secret: None,
                linked: crate::engine::plan::Linked::Plainly,
            };
            self.engine.publish(&prepared, &result).expect("stored");
        }
        output
    }

    fn scratch(&self, name: &str) -> PathBuf {
        self.root().join("scratch").join(name)
    }
}

/// Not rustup's proxy: its toolchain follows from the environment of this process.
fn rustc() -> String {
    let asked = Command::new("rustc").arg("--print=sysroot").output().expect("runs");
    format!("{}/bin/rustc", String::from_utf8_lossy(&asked.stdout).trim())
}

/// Runs the steps; the last one's messages as they would stand in the target directory.
fn run(steps: &[Step]) -> Vec<u8> {
    let mut said = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        let env = step.env.iter().map(|(n, v)| (OsStr::from_bytes(n), OsStr::from_bytes(v)));
        let mut command = Command::new(&step.program);
        command.args(step.os_args()).current_dir(&step.cwd).env_clear().envs(env).stdin(Stdio::null());
        let output = command.output().expect("runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || n + 1 == steps.len(), "{}: {text}", step.crate_name);
        said = diagnostics(&step.in_place(&output.stderr));
    }
    said
}

fn diagnostics(stderr: &[u8]) -> Vec<u8> {
    let lines = stderr.split_inclusive(|b| *b == b'\n').filter(|l| crate::rustc::messages::artifact(l).is_none());
    lines.flatten().copied().collect()
}

fn names(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|s| s.crate_name.as_str()).collect()
}

const CHECK: &str = "dep-info,metadata";
const BUILD: &str = "dep-info,metadata,link";

/// The same text for old metadata, for what the steps say, and for plain compiles in a target directory of the same length.
fn old_true_plain(chain: &Chain, emit: &str, edit: impl Fn(&Chain)) -> [Vec<u8>; 3] {
    for (name, _) in &CRATES[..2] {
        chain.build("old", name, emit, "");
    }
    edit(chain);
    let old = diagnostics(&chain.build("old", "top", emit, "").stderr);
    let steps = chain.engine.steps(&chain.stem("old", "top"), &chain.scratch("s"), Mode::Metadata).expect("known");
    assert_eq!(names(&steps), ["low", "mid", "top"]);
    let said = run(&steps);
    let mut plain = Vec::new();
    for (name, _) in CRATES {
        plain = diagnostics(&chain.build("new", name, emit, "").stderr);
    }
    let plain = crate::base::text::replace(&plain, chain.deps("new").as_os_str().as_bytes(), b"/deps");
    let in_old = |text: Vec<u8>| crate::base::text::replace(&text, chain.deps("old").as_os_str().as_bytes(), b"/deps");
    [in_old(old), in_old(said), plain]
}

#[test]
fn diagnostics_over_old_metadata_are_those_of_a_plain_build() {
    for emit in [CHECK, BUILD] {
        // The crate hash stays, the source's own hash does not; lines move; names come.
        for (from, to) in [("// one", "// two"), ("pub struct", "\n\npub struct"), ("#[inline]", "pub struct Other;\n#[inline]")]
        {
            let chain = Chain::new();
            let [old, said, plain] = old_true_plain(&chain, emit, |c| c.write("low", &LOW.replace(from, to)));
            assert_ne!(old, plain, "nothing to repair: {emit} {to:?}");
            let text = String::from_utf8_lossy;
            assert_eq!(text(&said), text(&plain), "{emit} {to:?}");
            assert!(text(&plain).contains("required by this bound"), "{}", text(&plain));
        }
    }
}

#[test]
fn only_what_stands_on_a_file_is_made_anew() {
    let chain = Chain::new();
    for (name, _) in &CRATES[..2] {
        chain.build("t", name, CHECK, "");
    }
    let prepared = chain.engine.prepare(chain.query("t", "top", CHECK, "")).expect("cacheable");
    let steps = |n: &str, files: &[&str]| {
        let files: Vec<PathBuf> = files.iter().map(|f| chain.root().join("ws").join(f)).collect();
        let steps = chain.engine.steps_for(&prepared, &files, &chain.scratch(n)).expect("known");
        run(&steps);
        steps.iter().map(|s| s.crate_name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(steps("1", &["mid/lib.rs"]), ["mid", "top"]);
    assert_eq!(steps("2", &["low/lib.rs"]), ["low", "mid", "top"]);
    assert_eq!(steps("3", &["other.rs"]), ["low", "mid", "top"], "nobody's");
}

#[test]
fn what_a_full_rebuild_makes_is_what_was_made() {
    let chain = Chain::new();
    chain.write("top", "pub fn f() -> u64 { let unused = 1; mid::twice(3u32) }\n");
    let incremental = format!("-C incremental={}", chain.root().join("inc").display());
    for more in ["", incremental.as_str()] {
        for (name, _) in CRATES {
            assert!(chain.build("t", name, BUILD, more).status.success());
        }
        let scratch = chain.scratch(if more.is_empty() { "plain" } else { "incremental" });
        let said = run(&chain.engine.steps(&chain.stem("t", "top"), &scratch, Mode::Full).expect("known"));
        assert!(String::from_utf8_lossy(&said).contains("unused variable"));
        for kind in ["rmeta", "rlib"] {
            let name = format!("libtop-top0.{kind}");
            let [made, plain] = [chain.deps("t").join(&name), scratch.join("deps").join(&name)];
            let same = crate::artifact::compare::differences(&made, &plain).expect("both are there");
            assert_eq!(same, [""; 0], "{name} {more}");
        }
        assert_eq!(scratch.join("incremental").exists(), !more.is_empty());
    }
}

#[test]
fn what_is_not_known_has_no_truth() {
    let chain = Chain::new();
    let nothing = chain.engine.steps(&chain.stem("t", "top"), &chain.scratch("s"), Mode::Full);
    assert!(matches!(nothing, Err(NoTruth::Unknown(_))));
    chain.build("t", "low", CHECK, "");
    fs::remove_dir_all(chain.deps("t")).expect("removed");
    chain.engine.steps(&chain.stem("t", "low"), &chain.scratch("s"), Mode::Full).expect("needs nothing");
}

/// Looks up what was built, and claims it as if it had been reused after an edit.
fn claim(chain: &Chain, name: &str, emit: &str) -> Claim {
    let prepared = chain.engine.prepare(chain.query("t", name, emit, "")).expect("cacheable");
    match chain.engine.find(&prepared).expect("looked up") {
        Answer::Hit { mut found, .. } => {
            found.kind = HitKind::Semantic;
            chain.engine.claim(&prepared, &found)
        }
        Answer::Miss(reason) => panic!("{reason:?}"),
    }
}

fn skipped(verdict: &Verdict, why: &str) -> bool {
    matches!(verdict, Verdict::Skipped(text) if text.contains(why))
}

#[test]
fn claims_hold_while_nothing_has_changed() {
    let chain = Chain::new();
    chain.write("top", "pub fn f() -> u64 { let unused = 1; mid::twice(3u32) }\n");
    for (name, _) in CRATES {
        chain.build("t", name, BUILD, "");
    }
    let mut workshop = Workshop::new(&chain.engine);
    for (name, _) in CRATES {
        let claim = claim(&chain, name, BUILD);
        assert_eq!(chain.engine.verify_claim_in(&claim, &mut workshop), Verdict::Same, "{name}");
        assert_eq!(chain.engine.store.claim_of(&claim.action).as_ref(), Some(&claim));
    }
    let scratch = workshop.path().to_owned();
    assert!(scratch.exists());
    drop(workshop);
    assert!(!scratch.exists());

    // The unit itself, a crate behind it, how it is compiled.
    let top = claim(&chain, "top", BUILD);
    chain.write("low", &LOW.replace("a + 1", "a + 2"));
    assert!(skipped(&chain.engine.verify_claim(&top), "sources of `low` have changed"));
    chain.write("low", LOW);
    assert_eq!(chain.engine.verify_claim(&top), Verdict::Same, "back again");
    let other = chain.engine.prepare(chain.query("t", "top", BUILD, "--diagnostic-width=70")).expect("cacheable");
    drop(chain.engine.find(&other).expect("looked up"));
    assert!(skipped(&chain.engine.verify_claim(&top), "another way"));
    chain.engine.store.remove_action(&top.action).expect("removed");
    assert!(skipped(&chain.engine.verify_claim(&top), "no longer stored"));
    assert_eq!(chain.engine.store.claim_of(&top.action), None);
}

/// Puts the outputs and messages of one result under the key of another.
fn tamper(chain: &Chain, claim: &Claim, change: impl Fn(&mut Manifest)) {
    let Some(Action::Done(mut manifest)) = chain.engine.store.action(&claim.action) else { panic!("not there") };
    change(&mut manifest);
    chain.engine.store.remove_action(&claim.action).expect("removed");
    assert!(chain.engine.store.put_action_if_absent(&claim.action, &Action::Done(manifest)).expect("put"));
}

#[test]
fn a_wrong_object_or_message_is_found_and_goes() {
    for emit in [BUILD, CHECK] {
        let chain = Chain::new();
        chain.write("top", "pub fn f() -> u64 { let unused = 1; mid::twice(4u32) }\n");
        for (name, _) in CRATES {
            chain.build("t", name, emit, "");
        }
        let wrong = claim(&chain, "top", emit);
        let Some(Action::Done(wrong)) = chain.engine.store.action(&wrong.action) else { panic!("not there") };
        chain.write("top", "pub fn f() -> u64 { let unused = 1; mid::twice(3u32) }\n");
        chain.build("t", "top", emit, "");
        let claim = claim(&chain, "top", emit);
        assert_eq!(chain.engine.verify_claim(&claim), Verdict::Same);

        // Line and columns are the same, so the text of the line alone is another.
        tamper(&chain, &claim, |m| m.stderr.clone_from(&wrong.stderr));
        let found = chain.engine.verify_claim(&claim);
        assert_eq!(found, Verdict::Different(vec!["the compiler's messages are others".into()]), "{emit}");
        tamper(&chain, &claim, |m| m.stderr = wrong.stderr.iter().map(|b| if *b == b'4' { b'3' } else { *b }).collect());
        if emit == BUILD {
            tamper(&chain, &claim, |m| m.outputs.clone_from(&wrong.outputs));
            let Verdict::Different(details) = chain.engine.verify_claim(&claim) else { panic!("not found") };
            assert!(details.iter().any(|d| d.starts_with("libtop-top0.rlib: ")), "{details:?}");
        }
        chain.engine.disown(&claim);
        assert_eq!(chain.engine.store.action(&claim.action), None);
        assert_eq!(chain.engine.store.claims().expect("listed").len(), 1, "only that of the other text");
        assert_eq!(chain.engine.store.totals().troubles["verify-mismatch"], 1);
    }
}
