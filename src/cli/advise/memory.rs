//! The memory of mends around one build: what has been mended since is learned, what fails is looked up and noted.
//!
//! The daemon that has served the build keeps it; where it does not answer, nothing is remembered and nothing is said. A build that
//! succeeds asks nobody anything unless an error is open in its workspace.

use std::path::PathBuf;

use super::manifest;
use crate::{
    advise::{
        captured::Failures,
        group::Group,
        memory::{
            self, Past,
            open::{self, Build},
        },
        redact::Redactor,
    },
    base::{clock::wall_secs, digest::KeyHasher},
    cargo::workspace,
    cli::{context::Context, plan::CargoCall, wiring::Wired},
    config,
    events::Outcome,
    ipc::{
        client::Client,
        protocol::{Reply, Request},
    },
};

/// What the memory needs to know of a command.
#[derive(Debug, Clone)]
pub struct Memory {
    store: PathBuf,
    session: String,
}

impl Memory {
    /// Of a build through the cache.
    pub fn of(wired: &Wired) -> Self {
        Self { store: wired.store.clone(), session: wired.session.clone() }
    }

    /// Learns from a build, and gives for each group of its errors how such were mended before.
    pub fn after(&self, ctx: &Context, call: &CargoCall, succeeded: bool, failed: &Failed<'_>) -> Vec<Vec<Past>> {
        let nothing = || vec![Vec::new(); failed.groups.len()];
        if failed.groups.is_empty() && !open::any(&self.store) {
            return nothing();
        }
        if !config::load(&ctx.env, &ctx.cwd, &[]).is_ok_and(|loaded| loaded.settings.ai.fix_memory) {
            return nothing();
        }
        let Some(root) = workspace::root(&ctx.cwd, manifest(ctx, call).as_deref()) else { return nothing() };
        let mut errors = open::read(&self.store, &root);
        if failed.groups.is_empty() && errors.is_empty() {
            return nothing();
        }
        let Ok(mut client) = Client::connect(&self.store) else { return nothing() };
        let redactor = Redactor::new(&ctx.env);
        let build = Build {
            root: &root,
            command: command(ctx, call),
            succeeded,
            failed: failed.packages.iter().cloned().collect(),
            compiled: if errors.is_empty() { Vec::new() } else { self.compiled(&mut client) },
            now: wall_secs(),
            redactor: &redactor,
        };
        let learned = open::settle(&mut errors, &build);
        if !learned.is_empty() && client.ask(&Request::Remember(learned)).is_err() {
            return nothing();
        }
        let told = recall(&mut client, failed.groups);
        if told.is_some() {
            open::note(&mut errors, failed.groups, &build);
        }
        // What cannot be put down is not remembered.
        drop(open::write(&self.store, &root, &errors));
        told.unwrap_or_else(nothing)
    }

    /// The units of this build.
    fn compiled(&self, client: &mut Client) -> Vec<(String, String)> {
        let Ok(Reply::Stats(stats)) = client.ask(&Request::Stats { session: Some(self.session.clone()) }) else {
            return Vec::new();
        };
        let is_compile =
            |outcome: &Outcome| matches!(outcome, Outcome::Hit { .. } | Outcome::Miss { .. } | Outcome::Bypass { .. });
        stats.events.into_iter().filter(|e| is_compile(&e.outcome)).map(|e| (e.unit, e.crate_name)).collect()
    }
}

/// What has failed.
pub struct Failed<'a> {
    pub groups: &'a [Group],
    /// Packages of which a compile has failed, whatever it said.
    pub packages: Vec<String>,
}

impl<'a> Failed<'a> {
    /// Of a build that has failed, with the failures of all its runs: what was compiled is not known for each of them.
    pub fn of(groups: &'a [Group], failures: Option<&Failures>) -> Self {
        let mut packages = failures.map(Failures::packages).unwrap_or_default();
        packages.extend(groups.iter().flat_map(|g| g.errors.iter().chain(&g.follows)).map(|f| f.report.package().to_owned()));
        Self { groups, packages }
    }
}

fn recall(client: &mut Client, groups: &[Group]) -> Option<Vec<Vec<Past>>> {
    let kinds: Vec<_> = groups.iter().map(memory::kinds).collect();
    if kinds.is_empty() {
        return Some(Vec::new());
    }
    let Ok(Reply::Recalled(known)) = client.ask(&Request::Recall(kinds.concat())) else { return None };
    Some(kinds.iter().map(|kinds| memory::past(kinds, &known)).collect())
}

fn command(ctx: &Context, call: &CargoCall) -> crate::base::digest::Digest {
    let words = call.toolchain.iter().chain(&call.args).map(|word| word.as_encoded_bytes());
    KeyHasher::new("command of a build").field("cwd", ctx.cwd.as_os_str().as_encoded_bytes()).list("words", words).finish()
}
