//! Compiling ahead: what a user will probably ask for next, in a target directory of ours, so that it arrives as hits.
//!
//! Cargo locks the directory that it builds in. In the user's, a build that nobody has asked for would make one wait that
//! somebody has; so this one works below the store, at the lowest priority, and ends as soon as anybody locks the user's. It
//! must never download anything, write into the project, or say a word: what fails here is found again when it is asked for.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
    wait::{WaitPidFlag, waitpid},
};

use crate::{
    base::{clock::Stopwatch, digest::Digest, env::names, locks, process},
    cargo::{
        call::Call,
        layout::LOCKS,
        words::{Flag, SHORT_WITH_VALUE},
        workspace,
    },
    cli::{
        cargo,
        context::Context,
        daemon::Daemon,
        exit, signals,
        warmup::{
            limits::Stop,
            link::Link,
            run::{self, End},
            station::Station,
        },
        wiring::{Wired, Wiring},
    },
    config::{self, LineDrift},
    engine::units::Site,
    ipc::protocol::{Reply, Request},
    seed,
};

/// How long what was killed may take to be counted.
const LATE: Duration = Duration::from_millis(300);

/// Where the projects' directories are.
fn dir(store: &Path) -> PathBuf {
    store.join("ahead")
}

/// Results with other line numbers are other results, and what is built on them are others: they have a directory of their own.
fn station(store: &Path, root: &Path, drift: LineDrift) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    let name = &Digest::of(root.as_os_str().as_bytes()).to_string()[..16];
    dir(store).join(match drift {
        LineDrift::Exact => name.to_owned(),
        LineDrift::Allow => format!("{name}-drift"),
    })
}

/// Removes what was built for this project, and for others that nobody watches any more. What of it was of use is in the store.
pub fn clear(store: &Path, root: &Path) {
    let own = [LineDrift::Exact, LineDrift::Allow].map(|drift| station(store, root, drift));
    let all = fs::read_dir(dir(store)).into_iter().flatten().flatten().map(|entry| entry.path());
    for dir in all {
        let is_old =
            || fs::metadata(&dir).and_then(|m| m.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|d| d.as_secs() > 86_400));
        // Somebody who works there has it locked.
        if (own.contains(&dir) || is_old()) && matches!(Station::take_at(&dir), Ok(Some(_))) {
            drop(fs::remove_dir_all(&dir));
        }
    }
}

/// Compiles for a command line of cargo's and gives the exit code; nobody reads what went wrong.
pub fn run(ctx: &mut Context, words: &[OsString]) -> i32 {
    process::lower_priority();
    signals::notice();
    // What is killed is to be counted, and to be gone with us.
    process::adopt_orphans();
    let (toolchain, words) = match words {
        [first, rest @ ..] if first.as_encoded_bytes().starts_with(b"+") => (Some(first.clone()), rest),
        _ => (None, words),
    };
    let done = compile(ctx, toolchain, words);
    if done == Some(End::Done) { exit::OK } else { exit::NO }
}

fn compile(ctx: &mut Context, toolchain: Option<OsString>, words: &[OsString]) -> Option<End> {
    let Wiring::On(wired) = Wiring::of(ctx, true) else { return None };
    let cargo = cargo::find(ctx, toolchain.is_some())?;
    let build = Call::understand(words, toolchain.as_deref(), &ctx.env, &ctx.cwd)?;
    let users = seed::site(build, &ctx.env, &ctx.cwd);
    let mut link = Link::new(&wired.store, &wired.exe).ok()?;
    fs::create_dir_all(dir(&wired.store)).ok()?;
    let root = workspace::root(&ctx.cwd, None).unwrap_or_else(|| PathBuf::from(&users.root));
    let drift = config::load(&ctx.env, &ctx.cwd, &[]).ok()?.settings.ai.line_drift;
    let station = Station::take_at(&station(&wired.store, &root, drift)).ok()??;
    let target = station.target();
    let mut site = users.clone();
    site.call.target = target.clone().into_os_string();
    let session = format!("{}{}", names::AHEAD, wired.session);
    let wired = wired.in_session(&session);
    let mut command = std::process::Command::new(cargo);
    command.args(&toolchain).args(before_the_end(words, &target)).current_dir(&ctx.cwd);
    command.env("CARGO_BUILD_BUILD_DIR", &target).envs(Wiring::On(wired.clone()).environment());
    if is_wanted(&users) {
        return None;
    }
    if wired.seeds && seed::is_worth_asking(&site.call) {
        drop(seed::prepare(&mut link.client, &site));
    }
    let end = run::run(&mut command, |_| match signals::noticed() {
        Some(signal) => Some(Stop::Signal(signal)),
        None => is_wanted(&users).then_some(Stop::Wanted),
    });
    let end = end.ok()?;
    let cut_short = matches!(end, End::Stopped(_));
    drop(link.ask(&Request::Ahead { cpu_ms: cpu_ms(), cut_short }));
    if end == End::Done {
        take_in(&mut link, &wired, &site);
    }
    Some(end)
}

/// Cargo's words with ours, in front of what is not cargo's. No option may be given twice.
fn before_the_end(words: &[OsString], target: &Path) -> Vec<OsString> {
    let (mut kept, mut i) = (Vec::new(), 0);
    while i < words.len() {
        let flag = Flag::read(&words[i], &SHORT_WITH_VALUE);
        let next = (i + 1 + usize::from(flag.wants_next())).min(words.len());
        match flag {
            Flag::End => break,
            Flag::Long { name: "offline" | "locked" | "target-dir", .. } => {}
            _ => kept.extend_from_slice(&words[i..next]),
        }
        i = next;
    }
    kept.extend(["--offline".into(), "--locked".into(), "--target-dir".into(), target.as_os_str().to_owned()]);
    kept.extend_from_slice(&words[i..]);
    kept
}

/// Somebody builds in the user's target directory.
fn is_wanted(site: &Site) -> bool {
    let dirs = |dir: &Path| {
        fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect::<Vec<_>>()
    };
    let target = site.call.target();
    let places = dirs(target).into_iter().flat_map(|dir| {
        // `debug` has the locks itself; `<triple>` has directories that have them.
        let inner = if LOCKS.iter().any(|l| dir.join(l).exists()) { Vec::new() } else { dirs(&dir) };
        std::iter::once(dir).chain(inner).collect::<Vec<_>>()
    });
    locks::any_held(places.flat_map(|dir| LOCKS.map(|lock| dir.join(lock))))
}

/// Downloaded packages are seeded from now on; the project's own are in the store already.
fn take_in(link: &mut Link, wired: &Wired, site: &Site) {
    if wired.seeds && seed::is_worth_taking(&site.call) {
        let reply = link.ask(&Request::Built { site: Box::new(site.clone()), cargo: None, members_only: false });
        if matches!(reply, Ok(Reply::Warm(true))) {
            seed::note_built(&site.call, true);
        }
    }
}

/// CPU time of everything that has run here.
fn cpu_ms() -> u64 {
    let watch = Stopwatch::start();
    // What was orphaned by a kill is ours now. A daemon that was started meanwhile is as well, and stays.
    while watch.elapsed() < LATE {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(nix::sys::wait::WaitStatus::StillAlive) => std::thread::sleep(LATE / 30),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    let millis =
        getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |u| u.user_time().num_milliseconds() + u.system_time().num_milliseconds());
    millis.try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::context::planted::Planted;

    #[test]
    fn our_words_stand_before_the_end_of_cargos() {
        let words = |line: &str| line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        let made = before_the_end(&words("test --no-run a -- b"), Path::new("/t"));
        assert_eq!(made, words("test --no-run a --offline --locked --target-dir /t -- b"));
        let made = before_the_end(&words("build --locked --target-dir x -p y --target-dir=z"), Path::new("/t"));
        assert_eq!(made, words("build -p y --offline --locked --target-dir /t"));
    }

    #[test]
    fn whoever_builds_is_seen_by_the_lock() {
        let planted = Planted::new(&[]);
        let root = planted.root();
        fs::create_dir_all(root.join("home/.cargo")).expect("made");
        fs::write(root.join("Cargo.toml"), "[package]\nname = \"a\"\nversion = \"0.1.0\"\n").expect("written");
        fs::write(root.join("Cargo.lock"), "version = 4\n").expect("written");
        let build = Call::understand(&["build".into()], None, &planted.ctx.env, &root).expect("a build");
        let site = seed::site(build, &planted.ctx.env, &root);
        assert!(!is_wanted(&site));
        for place in ["debug", "x86_64-unknown-linux-gnu/release"] {
            let dir = site.call.target().join(place);
            fs::create_dir_all(&dir).expect("made");
            let file = fs::File::create(dir.join(".cargo-lock")).expect("created");
            assert!(!is_wanted(&site));
            let held = nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).expect("free");
            assert!(is_wanted(&site), "{place}");
            drop(held);
        }
    }

    #[test]
    fn what_nobody_watches_any_more_goes() {
        let planted = Planted::new(&[]);
        let store = planted.root().join("store");
        let (mine, other) = (Path::new("/p/mine"), Path::new("/p/other"));
        let make = |root: &Path| {
            fs::create_dir_all(dir(&store)).expect("made");
            let held = Station::take_at(&station(&store, root, LineDrift::Exact)).expect("taken").expect("free");
            fs::create_dir_all(held.target()).expect("made");
            held
        };
        drop(make(other));
        let held = make(mine);
        clear(&store, mine);
        assert!(station(&store, mine, LineDrift::Exact).exists(), "somebody works there");
        drop(held);
        clear(&store, mine);
        assert!(!station(&store, mine, LineDrift::Exact).exists() && station(&store, other, LineDrift::Exact).exists());
    }
}
