//! Putting a hit in place: every output under its name, then the compiler's messages.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    base::{
        clock::Stopwatch,
        digest::Digest,
        env, failpoint,
        fs::{self, FileSig, Ways},
    },
    engine::plan::{Plan, Restore, Source},
};

/// What was put where.
#[derive(Debug)]
pub struct Placed {
    pub files: Vec<(OsString, FileSig)>,
    pub took_us: u64,
}

/// What could not be put in place, and the blob that is to blame, if it is one.
#[derive(Debug)]
pub struct Failure {
    pub detail: String,
    pub blob: Option<Digest>,
}

/// Places all outputs; those placed before a failure are complete, and the compiler overwrites them.
///
/// # Errors
/// The first failure.
pub fn all(plan: &Plan) -> Result<Placed, Failure> {
    let watch = Stopwatch::start();
    let dir = Path::new(&plan.out_dir);
    let mut files = Vec::with_capacity(plan.outputs.len());
    for output in &plan.outputs {
        let path = dir.join(output.name.as_str());
        one(output, &path)?;
        let sig = FileSig::of(&path).map_err(|e| Failure { detail: e.to_string(), blob: None })?;
        files.push((path.into_os_string(), sig));
        failpoint::reach("wrapper-between-outputs");
    }
    Ok(Placed { files, took_us: watch.micros() })
}

pub(super) fn one(output: &Restore, path: &Path) -> Result<(), Failure> {
    match &output.source {
        Source::Bytes(bytes) => fs::write_atomic(path, bytes, output.mode, fs::Durability::Lazy)
            .map_err(|e| Failure { detail: e.to_string(), blob: None }),
        Source::Blob { path: blob, digest, sig, reflink, link } => {
            let blob = Path::new(blob);
            let failed = |e: io::Error, at_fault: bool| Failure { detail: e.to_string(), blob: at_fault.then_some(*digest) };
            // To read what stands there already costs less than to write it again.
            let again = |standing: &Path| fs::reuse(sig, digest, output.mode, standing, path);
            if !reflink && !link && (again(path) || uplifted(path).is_some_and(|standing| again(&standing))) {
                return Ok(());
            }
            sig.stands_at(blob).map_err(|e| failed(e, true))?;
            let ways = Ways { reflink: *reflink, link: *link, digest: Some(*digest) };
            fs::place(blob, path, ways, output.mode).map(drop).map_err(|e| {
                let damaged = e.kind() == io::ErrorKind::InvalidData;
                failed(e, damaged)
            })
        }
    }
}

/// Where cargo has linked a program under its own name: above `deps`, or beside it in `examples`. Before a compile it removes
/// the name with the hash and leaves that one.
fn uplifted(output: &Path) -> Option<PathBuf> {
    let (name, dir) = (env::var("CARGO_BIN_NAME")?, output.parent()?);
    if output.exists() || output.extension().is_some() {
        return None;
    }
    let above = if dir.ends_with("deps") { dir.parent()? } else { dir };
    Some(above.join(name))
}

/// Writes what the compiler wrote. A reader that is gone is no concern of ours.
pub fn replay(plan: &Plan) {
    drop(io::stdout().write_all(&plan.stdout));
    drop(io::stdout().flush());
    drop(io::stderr().write_all(&plan.stderr));
}
