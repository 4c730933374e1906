//! Layer 13: putting whole units into a target directory before cargo looks at it.
//!
//! Cargo decides afterwards what is fresh, so that a wrong guess costs a few links. It must never touch a directory in which
//! somebody is building, never delay a build by more than a moment, and leave at any point a directory that cargo can use:
//! whatever is cut off is not fresh. Without a daemon, an answer, or a lock, nothing is put anywhere.

pub mod place;
mod tools;

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use nix::fcntl::{Flock, FlockArg};

use crate::{
    artifact::marker::Marker,
    base::{
        clock::Stopwatch,
        digest::Digest,
        env::EnvSnapshot,
        failpoint,
        fs::{Durability, umask, write_atomic},
        process::stderr_width,
        secret::is_secret_name,
    },
    cargo::{
        call::{Call, Understood},
        layout::LOCKS,
    },
    engine::units::{Layout, Own, Site},
    events::Outcome,
    ipc::{
        client::Client,
        protocol::{Reply, Request},
    },
};

/// As cargo writes it (source: <https://bford.info/cachedir/>), so that backups pass the directory over.
const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by cargo.
# For information about cache directory tags see https://bford.info/cachedir/
";

/// All that is to be known of a build. Reads its lock file and looks at the tools around it.
pub fn site(build: Understood, env: &EnvSnapshot, cwd: &Path) -> Site {
    let packages = build.packages();
    let tools = tools::digest(env, cwd);
    Site { call: build.call, root: build.root.into_os_string(), packages, tools, umask: umask(), own: None }
}

/// The same for a build that we start: what its members are made from is known.
pub fn own_site(build: Understood, env: &EnvSnapshot, cwd: &Path) -> Site {
    let env_of_cargo = env.clone().map_values(|name, value| Some(if is_secret_name(name) { Vec::new() } else { value }));
    Site { own: Some(Own { env: env_of_cargo, width: stderr_width() }), ..site(build, env, cwd) }
}

/// Whether there may be anything to put there. Costs a look at a small file.
pub fn is_worth_asking(call: &Call) -> bool {
    let marker = Marker::read_head(call.target());
    let stands = || call.places().iter().all(|p| call.target().join(p).is_dir());
    !(marker.never || (marker.call == Some(call.exact) && stands()))
}

/// Whether what a build has left is still to be taken into the store.
pub fn is_worth_taking(call: &Call) -> bool {
    let marker = Marker::read_head(call.target());
    !(marker.never || (marker.taken && marker.call == Some(call.exact)))
}

/// Notes that a build was successful, so that nothing is to be put there for another one like it, and whether what it has left
/// is in the store.
pub fn note_built(call: &Call, taken: bool) {
    let marker = Marker::read(call.target());
    let noted = Marker { call: Some(call.exact), taken, ..marker.clone() };
    // Without the note the next build asks again.
    if noted != marker {
        drop(noted.write(call.target()));
    }
}

/// What was put in place.
pub struct Done {
    pub outcome: Outcome,
    /// `<package>-<hash>`.
    pub units: Vec<String>,
    /// Files with stored contents that share nothing with the store.
    pub copies: place::Copies,
}

/// Asks for units and puts them in place; what there is to tell of it, if anything.
pub fn prepare(client: &mut Client, site: &Site) -> Option<Done> {
    let watch = Stopwatch::start();
    let Ok(Reply::Seeds(layout)) = client.ask(&Request::Seeds(Box::new(site.clone()))) else { return None };
    let target = site.call.target();
    if layout.units.is_empty() && !target.is_dir() {
        return None;
    }
    let _locks = lock(site).ok()?;
    failpoint::reach("seed-before-place");
    let done = place::all(target, &layout);
    let placed: Vec<_> = layout.units.iter().zip(&done).filter(|(_, whole)| whole.is_some()).map(|(unit, _)| unit).collect();
    if !layout.rustc_info.is_empty() && !target.join(".rustc_info.json").exists() {
        // Without it cargo asks the compiler again.
        drop(write_atomic(&target.join(".rustc_info.json"), &layout.rustc_info, 0o666, Durability::Lazy));
    }
    failpoint::reach("seed-before-marker");
    let complete = layout.complete && placed.len() == layout.units.len();
    note(site, &layout, complete, placed.iter().map(|u| (u.place.clone(), u.name.clone(), u.id)).collect());
    if placed.is_empty() && layout.refused.is_empty() {
        return None;
    }
    let bytes = placed.iter().flat_map(|u| &u.files).map(|f| place::size(&f.source)).sum();
    let left_out = layout.refused.into_iter().collect();
    let took_ms = watch.millis();
    let units = placed.iter().map(|u| u.name.clone()).collect();
    let copies = done.into_iter().flatten().flatten().collect();
    Some(Done { outcome: Outcome::Seeded { units: placed.len() as u64, bytes, took_ms, saved_ms: 0, left_out }, units, copies })
}

/// What was put there by us, now and before, as far as it stands there still.
fn note(site: &Site, layout: &Layout, taken: bool, placed: Vec<(String, String, Digest)>) {
    let before = Marker::read(site.call.target());
    let mut units = before.units;
    units.retain(|(place, name, _)| !placed.iter().any(|(p, n, _)| p == place && n == name));
    units.extend(placed);
    units.extend(layout.present.iter().cloned());
    units.sort();
    units.dedup();
    drop(Marker { call: Some(site.call.exact), taken, never: false, units }.write(site.call.target()));
}

/// The locks that cargo takes, for as long as the files live; fails if somebody has one of them.
fn lock(site: &Site) -> io::Result<Vec<Flock<File>>> {
    let target = site.call.target();
    if !target.is_dir() {
        fs::create_dir_all(target)?;
        write_atomic(&target.join("CACHEDIR.TAG"), CACHEDIR_TAG.as_bytes(), 0o666, Durability::Lazy)?;
    }
    let open = |path: PathBuf| {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, e)| io::Error::from(e))
    };
    let mut locks = Vec::new();
    for dir in site.call.places().into_iter().map(|place| target.join(place)) {
        fs::create_dir_all(&dir)?;
        for name in LOCKS {
            locks.push(open(dir.join(name))?);
        }
    }
    Ok(locks)
}
