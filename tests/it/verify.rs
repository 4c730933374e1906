//! `stats --verify`: what was reused is compiled again, plainly, and compared.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rustc_hyperopt::{
    artifact::{Manifest, record::Action},
    engine::{Answer, Engine, plan::Query},
    events::HitKind,
    store::{Claim, Limits, Store},
};
use serde_json::Value;

use crate::support::{
    Sandbox, edit,
    processes::{wait_for, wait_until},
    projects,
};

/// The store, while no daemon has it.
fn engine(sandbox: &Sandbox) -> Engine {
    sandbox.stop_daemon();
    let limits = Limits { max_bytes: 1 << 40, retention_days: 0 };
    Engine::new(wait_for("the daemon's end", || Store::open(&sandbox.store(), limits).ok()))
}

/// Claims everything in these directories as if it had been reused after an edit.
fn claim_all(engine: &Engine, dirs: &[PathBuf]) -> Vec<Claim> {
    let files = dirs.iter().flat_map(|d| fs::read_dir(d).into_iter().flatten().flatten());
    let mut stems: Vec<PathBuf> = files
        .filter_map(|f| {
            let name = f.path().with_extension("").file_name()?.to_str()?.to_owned();
            Some(f.path().with_file_name(format!("lib{}", name.strip_prefix("lib").unwrap_or(&name))))
        })
        .collect();
    stems.sort();
    stems.dedup();
    let claim = |stem: PathBuf| {
        let c = engine.store.command(&stem)?;
        let query = Query { compiler: c.compiler, args: c.args, cwd: c.cwd, env: c.env, umask: c.umask };
        let prepared = engine.prepare(query).expect("cacheable");
        match engine.find(&prepared).expect("looked up") {
            Answer::Hit { mut found, .. } => {
                found.kind = HitKind::Semantic;
                Some(engine.claim(&prepared, &found))
            }
            Answer::Miss(reason) => panic!("{}: {reason:?}", stem.display()),
        }
    };
    stems.into_iter().filter_map(claim).collect()
}

fn verify(sandbox: &Sandbox, dir: &Path) -> (i32, Value) {
    let run = sandbox.ours(dir, &["stats", "--verify", "--json"]);
    (run.0.status.code().expect("an exit code"), run.json())
}

/// Unit and details of everything with this verdict.
fn of_kind(document: &Value, verdict: &str) -> Vec<(String, String)> {
    let rows = document["results"].as_array().expect("a list");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let wanted = rows.iter().filter(|r| r["verdict"] == verdict);
    let mut all: Vec<_> = wanted.map(|r| (text(&r["unit"]), text(&r["details"][0]))).collect();
    all.sort();
    all
}

#[test]
fn every_kind_of_crate_compiles_to_the_same_again() {
    let sandbox = Sandbox::new();
    let dir = sandbox.project("p", projects::WORKSPACE);
    let mut all = BTreeSet::new();
    for (args, target) in
        [(&["build", "--all-targets"][..], "debug"), (&["build", "--release"], "release"), (&["check"], "debug")]
    {
        sandbox.ours(&dir, args).success();
        let deps = dir.join("target").join(target).join("deps");
        let builds = fs::read_dir(dir.join("target").join(target).join("build")).expect("listed").flatten().map(|e| e.path());
        let dirs: Vec<PathBuf> = std::iter::once(deps).chain(builds).collect();
        let claims = claim_all(&engine(&sandbox), &dirs);
        assert!(claims.len() >= 6, "{claims:?}");
        all.extend(claims.iter().map(|c| c.action.to_string()));
        let (code, document) = verify(&sandbox, &dir);
        assert_eq!((code, &document["same"]), (0, &all.len().into()), "{document:#}");
    }
    wait_until("scratch directories to be removed", || fs::read_dir(sandbox.store().join("tmp")).expect("listed").count() == 0);
}

#[test]
fn a_wrong_result_is_loud_and_goes() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("p", "verified");
    let lib = dir.join("low/src/lib.rs");
    let deps = [dir.join("target/debug/deps")];
    let manifest = |engine: &Engine, claim: &Claim| -> Manifest {
        match engine.store.action(&claim.action) {
            Some(Action::Done(manifest)) => manifest,
            other => panic!("{other:?}"),
        }
    };
    let low = |claims: Vec<Claim>| claims.into_iter().find(|c| c.unit.starts_with("low ")).expect("claimed");
    // Another text of the same length, and its result under the key of the first.
    sandbox.ours(&dir, &["build"]).success();
    edit(&lib, "{} of {}", "{} by {}");
    sandbox.ours(&dir, &["build"]).success();
    let wrong = {
        let engine = engine(&sandbox);
        let claim = low(claim_all(&engine, &deps));
        manifest(&engine, &claim)
    };
    edit(&lib, "{} by {}", "{} of {}");
    sandbox.ours(&dir, &["build"]).success();
    let count = {
        let engine = engine(&sandbox);
        let claims = claim_all(&engine, &deps);
        let claim = low(claims.clone());
        engine.store.remove_action(&claim.action).expect("removed");
        assert!(engine.store.put_action_if_absent(&claim.action, &Action::Done(wrong)).expect("put"));
        claims.len()
    };
    let (code, document) = verify(&sandbox, &dir);
    assert_eq!(code, 1);
    let found = of_kind(&document, "different");
    assert!(matches!(&found[..], [(unit, what)] if unit.starts_with("low ") && what.contains(".rlib: ")), "{document:#}");
    assert_eq!((&document["same"], &document["skipped"]), (&(count - 1).into(), &count.into()), "{document:#}");
    assert_eq!(sandbox.take_stats().troubles(), [("verify-mismatch".to_owned(), 1)].into());
    sandbox.cargo(&dir, &["clean", "-p", "low"]).success();
    sandbox.ours(&dir, &["build"]).success();
    assert_eq!(sandbox.take_stats().reasons()["not-stored"], 1, "it is gone");
    sandbox.assert_like_plain(&dir);
}

#[test]
fn what_has_changed_since_is_skipped() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("p", "skipped");
    sandbox.ours(&dir, &["build"]).success();
    let claims = claim_all(&engine(&sandbox), &[dir.join("target/debug/deps")]);
    assert_eq!(claims.len(), 2);
    edit(&dir.join("low/src/lib.rs"), "v[i]", "v[0]");
    let (code, document) = verify(&sandbox, &dir);
    assert_eq!((code, &document["skipped"]), (0, &2.into()), "{document:#}");
    assert!(of_kind(&document, "skipped").iter().all(|(_, why)| why.contains("sources of `low` have changed")));
    let run = sandbox.ours(&dir, &["stats", "--verify", "--sample", "1"]).success();
    assert_eq!(run.stderr().matches("Verifying").count(), 1, "{}", run.stderr());
}
