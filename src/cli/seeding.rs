//! Around a build: units into the target directory before, units out of it afterwards.
//!
//! It must never fail or hold up a build: whatever goes wrong here, cargo compiles.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use super::{context::Context, plan::CargoCall, wiring::Wired};
use crate::{
    artifact::marker,
    cargo::{
        call::{Call, Understood},
        caller::Caller,
    },
    engine::units::Site,
    ipc::{
        client::Client,
        protocol::{Reply, Request},
    },
    seed,
};

/// What is known of a build beforehand.
pub struct Seeding {
    /// The directory that is built in; nothing if there is no lock file yet.
    target: Option<OsString>,
    /// The build, unless the directory says by itself that there is nothing to be done. Made before the build, since tools
    /// may become others meanwhile.
    site: Option<Site>,
    wired: Wired,
}

impl Seeding {
    /// Of a command that builds where this is wanted.
    pub fn of(ctx: &Context, call: &CargoCall, wired: &Wired) -> Option<Self> {
        wired.seeds.then(|| {
            let build = understand(ctx, &call.args, call.toolchain.as_deref());
            let target = build.as_ref().map(|b| b.call.target.clone());
            Self { target, site: build.and_then(|b| own_site(ctx, b)), wired: wired.clone() }
        })
    }

    /// Puts units in place, if there may be any.
    pub fn before(&self) {
        // What an earlier build has found is no reason to try this one twice.
        self.was_withdrawn();
        if let Some(site) = &self.site
            && seed::is_worth_asking(&site.call)
            && let Ok(mut client) = Client::connect_or_start(&self.wired.store, &self.wired.exe)
        {
            put(&mut client, site, &self.wired.session, &self.wired.session);
        }
    }

    /// Has what a successful build has left taken into the store, if it is not there yet or if something was `made`.
    pub fn after(&self, ctx: &Context, call: &CargoCall, made: bool) {
        let late = || {
            let build = understand(ctx, &call.args, call.toolchain.as_deref())?;
            if made { Some(seed::own_site(build, &ctx.env, &ctx.cwd)) } else { own_site(ctx, build) }
        };
        let is_known = self.site.is_some() || (self.target.is_some() && !made);
        let site = if is_known { self.site.clone() } else { late() };
        if let Some(site) = site
            && (made || seed::is_worth_taking(&site.call))
            && let Ok(mut client) = Client::connect(&self.wired.store)
        {
            let mut ask = |members_only| {
                let reply = client.ask(&Request::Built { site: Box::new(site.clone()), cargo: None, members_only });
                matches!(reply, Ok(Reply::Warm(true)))
            };
            let taken = !seed::is_worth_taking(&site.call) || ask(false);
            if taken && made {
                ask(true);
            }
            seed::note_built(&site.call, taken);
        }
    }

    /// What had been put in place did not fit, and is gone: the build can be tried again.
    pub fn was_withdrawn(&self) -> bool {
        self.target.as_ref().is_some_and(|target| marker::was_withdrawn(Path::new(target)))
    }
}

fn understand(ctx: &Context, args: &[OsString], toolchain: Option<&OsStr>) -> Option<Understood> {
    Call::understand(args, toolchain, &ctx.env, &ctx.cwd)
}

/// Nothing in a directory that has been prepared for this build, and taken in after it.
fn own_site(ctx: &Context, build: Understood) -> Option<Site> {
    is_worth_it(&build).then(|| seed::own_site(build, &ctx.env, &ctx.cwd))
}

fn is_worth_it(build: &Understood) -> bool {
    seed::is_worth_asking(&build.call) || seed::is_worth_taking(&build.call)
}

/// As [`Seeding::before`] for a cargo that was started without us: `pid` has asked our wrapper its first question.
pub fn for_cargo(ctx: &Context, pid: &OsString) {
    let Some((toolchain, args)) = pid.to_str().and_then(command_of) else { return };
    let Some(store) = crate::config::store_path(&ctx.env).map(|s| ctx.cwd.join(s)) else { return };
    let loaded = crate::config::load(&ctx.env, &ctx.cwd, &[]);
    if !loaded.is_ok_and(|l| l.settings.may_seed()) {
        return;
    }
    let build = understand(ctx, &args, toolchain.as_deref());
    let Some(site) = build.filter(is_worth_it).map(|b| seed::site(b, &ctx.env, &ctx.cwd)) else { return };
    let Ok(mut client) = Client::connect_or_start(&store, &ctx.exe) else { return };
    let cargo: Option<u32> = pid.to_str().and_then(|p| p.parse().ok());
    if seed::is_worth_asking(&site.call) {
        // Builds of ours are prepared by ourselves: this one is in no session.
        let build = cargo.and_then(Caller::at).map(|c| c.name()).unwrap_or_default();
        put(&mut client, &site, "", &build);
    }
    if seed::is_worth_taking(&site.call) {
        drop(client.ask(&Request::Built { site: Box::new(site), cargo, members_only: false }));
    }
}

/// Puts units in place, and has it counted. `build` is the name under which the daemon knows the build: the session, where
/// there is one.
fn put(client: &mut Client, site: &Site, session: &str, build: &str) {
    if let Some(done) = seed::prepare(client, site) {
        let (session, build, target) = (session.to_owned(), build.to_owned(), site.call.target.clone());
        let seed::Done { outcome, units, copies } = done;
        drop(client.ask(&Request::Seeded { session, build, target, units, copies, outcome }));
    }
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
