//! Is the store usable: directory, room, daemon, and can results be linked into the target directory?

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

use super::Finding;
use crate::{
    base::text,
    cli::{context::Context, daemon::Daemon, error::CliError},
    ipc::{
        client::{Client, IpcError},
        protocol::{HealthReply, Reply, Request},
    },
};

const TOPIC: &str = "store";
/// Less free space than this is worth a remark; less than a tenth of it is a fault.
const ROOM: u64 = 2_000_000_000;
const NETWORK: &str = "slow, and locks may not hold between machines";

/// What the daemon says of itself.
pub type Health = Result<HealthReply, CliError>;

/// All checks of this file.
pub fn all(ctx: &Context, store: &Path, ask: impl FnOnce(&Context, &Path) -> Health) -> Vec<Finding> {
    let mut findings = vec![directory(store), room(store), same_file_system(ctx, store)];
    findings.extend(file_system(store));
    // A daemon cannot do better than its directory: one cause, one fault.
    if findings.iter().all(|f| f.verdict != super::Verdict::Fault) {
        findings.extend(daemon(store, &ask(ctx, store)));
    }
    findings
}

/// Starts the daemon if need be, and asks it.
///
/// # Errors
/// If there is no answer.
pub fn ask_daemon(ctx: &Context, store: &Path) -> Health {
    let mut client = Client::connect_or_start(store, &ctx.exe)?;
    match Daemon::ask(&mut client, &Request::Health)? {
        Reply::Health(health) => Ok(health),
        _ => Err(CliError::Misunderstood),
    }
}

/// The nearest directory that exists.
fn existing(path: &Path) -> PathBuf {
    path.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/")).to_owned()
}

/// Exists or can be made; ours, private, writable.
pub fn directory(store: &Path) -> Finding {
    let at = store.display();
    let elsewhere = "set `RUSTC_HYPEROPT_CACHE_PATH` to a directory of yours";
    let stands = existing(store);
    if !stands.is_dir() {
        return Finding::fault(TOPIC, format!("{} is not a directory", stands.display()), elsewhere);
    }
    if access(&stands, AccessFlags::W_OK | AccessFlags::X_OK).is_err() {
        return Finding::fault(TOPIC, format!("{} cannot be written to", stands.display()), elsewhere);
    }
    if stands != store {
        return Finding::good(TOPIC, format!("{at} (does not exist yet)"));
    }
    match fs::metadata(store) {
        Err(e) => Finding::fault(TOPIC, format!("{at}: {e}"), elsewhere),
        Ok(meta) if meta.uid() != nix::unistd::geteuid().as_raw() => {
            Finding::fault(TOPIC, format!("{at} belongs to another user"), elsewhere)
        }
        Ok(meta) if meta.permissions().mode() & 0o077 != 0 => Finding::fault(
            TOPIC,
            format!("{at} is open to other users (mode {:03o})", meta.permissions().mode() & 0o777),
            format!("chmod 700 {at}"),
        ),
        Ok(_) => Finding::good(TOPIC, at.to_string()),
    }
}

fn room(store: &Path) -> Finding {
    match nix::sys::statvfs::statvfs(&existing(store)) {
        Ok(stat) => judge_room(stat.blocks_available() * stat.fragment_size()),
        Err(e) => Finding::remark("disk", format!("free space cannot be determined: {e}"), "df"),
    }
}

/// The verdict on so many free bytes.
pub fn judge_room(free: u64) -> Finding {
    let (text, mend) = (format!("{} free", text::bytes(free)), "rustc-hyperopt cache clean");
    match free {
        0..200_000_000 => Finding::fault("disk", text, mend),
        200_000_000..ROOM => Finding::remark("disk", text, mend),
        _ => Finding::good("disk", text),
    }
}

fn same_file_system(ctx: &Context, store: &Path) -> Finding {
    let given = ctx.env.path("CARGO_TARGET_DIR").or_else(|| ctx.env.path("CARGO_BUILD_TARGET_DIR"));
    let target = existing(&ctx.cwd.join(given.unwrap_or_else(|| "target".into())));
    let device = |p: &Path| fs::metadata(p).map(|m| m.dev()).ok();
    if device(&target) == device(&existing(store)) {
        return Finding::good("links", "store and target directory are on one file system");
    }
    let text = format!("the store and {} are on different file systems: results are copied, not linked", target.display());
    Finding::remark("links", text, "set `RUSTC_HYPEROPT_CACHE_PATH` to a directory on the same file system")
}

/// Where a store works less well than elsewhere.
#[cfg(target_os = "linux")]
fn file_system(store: &Path) -> Option<Finding> {
    let stat = nix::sys::statfs::statfs(&existing(store)).ok()?;
    judge_file_system(stat.filesystem_type().0)
}

#[cfg(not(target_os = "linux"))]
fn file_system(_: &Path) -> Option<Finding> {
    None
}

/// The verdict on a file system's number, as `statfs(2)` lists them; nothing if there is nothing to say.
pub fn judge_file_system(number: impl TryInto<i64>) -> Option<Finding> {
    // The type differs between processors and C libraries.
    let (name, why) = match number.try_into().ok()? {
        0x6969 => ("NFS", NETWORK),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => ("a Windows share", NETWORK),
        0x0102_1997 => ("9P", NETWORK),
        0x00c3_6400 => ("Ceph", NETWORK),
        0x5346_414f => ("AFS", NETWORK),
        0x6573_5546 => ("FUSE, such as sshfs", NETWORK),
        0x0102_1994 => ("tmpfs", "it takes memory, and is gone when the machine restarts"),
        _ => return None,
    };
    let elsewhere = "set `RUSTC_HYPEROPT_CACHE_PATH` to a directory on a disk of this machine";
    Some(Finding::remark("disk", format!("the store is on {name}: {why}"), elsewhere))
}

/// The verdict on what the daemon says of itself.
pub fn daemon(store: &Path, health: &Health) -> Vec<Finding> {
    const TOPIC: &str = "daemon";
    let ours = env!("CARGO_PKG_VERSION");
    let health = match health {
        Ok(health) => health,
        Err(e) => return vec![Finding::fault(TOPIC, e.to_string(), way_out(store, e))],
    };
    let mut findings = Vec::new();
    if health.version != ours {
        let text = format!("version {} is running, this program is {ours}", health.version);
        findings.push(Finding::fault(TOPIC, text, format!("kill {} (the next build starts the new one)", health.pid)));
    }
    if let Some(reason) = &health.degraded {
        findings.push(Finding::fault(TOPIC, format!("no new results are kept: {reason}"), "rustc-hyperopt cache clean"));
    }
    if findings.is_empty() {
        let queued = text::count(health.queued, "result");
        findings.push(Finding::good(TOPIC, format!("version {ours}, process {}, {queued} waiting to be stored", health.pid)));
    }
    findings
}

/// How a daemon that gives no answer is got rid of.
fn way_out(store: &Path, error: &CliError) -> String {
    let silent = matches!(error, CliError::Daemon(IpcError::BreakerOpen(_) | IpcError::Io { .. }));
    let breaker = crate::ipc::breaker::file(store);
    match Client::daemon_of(store).filter(|_| silent) {
        // It waits in the daemon's queue as a client would, so a process that was stopped is found as well.
        Some(pid) => format!("kill -9 {pid}; rm -f {} (the next build starts another)", breaker.display()),
        None if silent => format!("rm -f {} (the next build starts another)", breaker.display()),
        None => "`RUSTC_HYPEROPT=off` builds without it until this is mended".into(),
    }
}
