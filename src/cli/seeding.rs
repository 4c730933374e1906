//! Around a build: units into the target directory before, units out of it afterwards.
//!
//! It must never fail or hold up a build: whatever goes wrong here, cargo compiles.

use std::{ffi::OsString, path::Path};

use super::{context::Context, plan::CargoCall, wiring::Wired};
use crate::{
    artifact::marker,
    base::env::{EnvSnapshot, names},
    cargo::caller::Caller,
    engine::units::Site,
    ipc::{
        client::Client,
        protocol::{Reply, Request},
    },
    seed::{self, Done},
};

/// What is known of a build beforehand.
pub struct Seeding {
    /// Nothing if there is no lock file yet.
    site: Option<Site>,
    wired: Wired,
}

impl Seeding {
    /// Of a command that builds where this is wanted.
    pub fn of(ctx: &Context, call: &CargoCall, wired: &Wired) -> Option<Self> {
        wired.seeds.then(|| Self { site: site(ctx, call), wired: wired.clone() })
    }

    /// Puts units in place, if there may be any.
    pub fn before(&self) {
        // What an earlier build has found is no reason to try this one twice.
        self.was_withdrawn();
        if let Some(site) = &self.site
            && seed::is_worth_asking(site)
            && let Ok(mut client) = Client::connect_or_start(&self.wired.store, &self.wired.exe)
            && let Some(done) = seed::prepare(&mut client, site)
        {
            tell(&mut client, &self.wired.session, &self.wired.session, site, done);
        }
    }

    /// Has what a successful build has left taken into the store, if it is not there yet.
    pub fn after(&self, ctx: &Context, call: &CargoCall) {
        if let Some(site) = self.site.clone().or_else(|| site(ctx, call))
            && seed::is_worth_taking(&site)
            && let Ok(mut client) = Client::connect(&self.wired.store)
        {
            let reply = client.ask(&Request::Built { site: Box::new(site.clone()), cargo: None });
            if matches!(reply, Ok(Reply::Warm(true))) {
                seed::note_taken(&site);
            }
        }
    }

    /// What had been put in place did not fit, and is gone: the build can be tried again.
    pub fn was_withdrawn(&self) -> bool {
        self.site.as_ref().is_some_and(|site| marker::was_withdrawn(site.call.target()))
    }
}

fn site(ctx: &Context, call: &CargoCall) -> Option<Site> {
    seed::site(&call.args, call.toolchain.as_deref(), &ctx.env, &ctx.cwd)
}

/// As [`Seeding::before`] for a cargo that was started without us: `pid` has asked our wrapper its first question.
pub fn for_cargo(ctx: &Context, pid: &OsString) {
    let Some((toolchain, args)) = pid.to_str().and_then(command_of) else { return };
    let Some(store) = crate::config::store_path(&ctx.env).map(|s| ctx.cwd.join(s)) else { return };
    let loaded = crate::config::load(&ctx.env, &ctx.cwd, &[]);
    if !loaded.is_ok_and(|l| l.settings.may_seed()) {
        return;
    }
    let Some(site) = seed::site(&args, toolchain.as_deref(), &ctx.env, &ctx.cwd) else { return };
    let Ok(mut client) = Client::connect_or_start(&store, &ctx.exe) else { return };
    if seed::is_worth_asking(&site)
        && let Some(done) = seed::prepare(&mut client, &site)
    {
        let session = session(&ctx.env);
        let cargo = pid.to_str().and_then(|p| Caller::at(p.parse().ok()?)).map(|c| c.name()).unwrap_or_default();
        tell(&mut client, &session, if session.is_empty() { &cargo } else { &session }, &site, done);
    }
    if seed::is_worth_taking(&site) {
        let cargo = pid.to_str().and_then(|p| p.parse().ok());
        drop(client.ask(&Request::Built { site: Box::new(site), cargo }));
    }
}

/// `build` is the name under which the daemon knows the build: the session, where there is one.
fn tell(client: &mut Client, session: &str, build: &str, site: &Site, done: Done) {
    drop(client.ask(&Request::Seeded { session: session.to_owned(), outcome: done.outcome }));
    let Done { units, took_ms, .. } = done;
    let (build, target) = (build.to_owned(), site.call.target.clone());
    drop(client.ask(&Request::SeededUnits { build, target, units, took_ms }));
}

fn session(env: &EnvSnapshot) -> String {
    env.get(names::SESSION).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The words of a running cargo: toolchain, and everything behind the program's name.
fn command_of(pid: &str) -> Option<(Option<OsString>, Vec<OsString>)> {
    use std::os::unix::ffi::OsStringExt;
    let line = std::fs::read(Path::new("/proc").join(pid).join("cmdline")).ok()?;
    let words = line.strip_suffix(b"\0")?.split(|b| *b == 0).map(|w| OsString::from_vec(w.to_vec()));
    let mut words: Vec<OsString> = words.skip(1).collect();
    let toolchain = words.first().filter(|w| w.as_encoded_bytes().starts_with(b"+")).cloned();
    if toolchain.is_some() {
        words.remove(0);
    }
    Some((toolchain, words))
}
