//! Files into a target directory, several units at a time.
//!
//! The file that makes cargo look at a unit comes last, so that a unit that was cut off is none. A unit that cannot be put
//! in place is left to cargo.

use std::{
    collections::BTreeSet,
    fs::{self, FileTimes, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use crate::{
    base::{
        clock::Nanos,
        digest::Digest,
        failpoint,
        fs::{FileSig, Placed, Ways, fill},
    },
    engine::{
        plan::Source,
        units::{Laid, LaidFile, Layout},
    },
};

/// Threads at most: beyond this the file system is what they wait for.
const THREADS: usize = 4;

/// Files with stored contents that share nothing with the store.
pub type Copies = Vec<(Digest, FileSig)>;

/// Puts all units in place; gives of each that is whole what was copied for it.
pub fn all(target: &Path, layout: &Layout) -> Vec<Option<Copies>> {
    make_dirs(target, layout);
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS).min(layout.units.len().div_ceil(16).max(1));
    let work = || {
        let mut whole = Vec::new();
        while let Some((n, unit)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, layout.units.get(n)?))) {
            if let Ok(copies) = one(target, unit) {
                whole.push((n, copies));
            }
        }
        whole
    };
    let mut done = vec![None; layout.units.len()];
    let found = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        // A thread that panicked has placed what it has placed; cargo sees the rest.
        found.extend(others.into_iter().filter_map(|t| t.join().ok()).flatten());
        found
    });
    found.into_iter().for_each(|(n, copies)| done[n] = Some(copies));
    done
}

/// Bytes that a file will have.
pub fn size(source: &Source) -> u64 {
    match source {
        Source::Bytes(bytes) => bytes.len() as u64,
        Source::Blob { sig, .. } => sig.size,
    }
}

/// All directories that the units need. What cannot be made fails with the files in it.
fn make_dirs(target: &Path, layout: &Layout) {
    let mut dirs: BTreeSet<(&str, &str)> = BTreeSet::new();
    for unit in &layout.units {
        let of_files = unit.files.iter().filter_map(|f| f.path.rsplit_once('/')).map(|(dir, _)| dir);
        dirs.extend(of_files.chain(unit.dirs.iter().map(String::as_str)).map(|dir| (unit.place.as_str(), dir)));
    }
    // Sorted, so that most parents are there before their children.
    for (place, dir) in dirs {
        let dir = target.join(place).join(dir);
        match fs::create_dir(&dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => drop(fs::create_dir_all(&dir)),
            _ => {}
        }
    }
}

fn one(target: &Path, unit: &Laid) -> io::Result<Copies> {
    let profile = target.join(&unit.place);
    let mut copies = Copies::new();
    for file in &unit.files {
        copies.extend(put(file, &profile.join(&file.path))?);
        failpoint::reach("seed-between-files");
    }
    Ok(copies)
}

fn put(file: &LaidFile, path: &Path) -> io::Result<Option<(Digest, FileSig)>> {
    match fresh(file, path) {
        // Left over from a build that was cut off.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            fresh(file, path)
        }
        result => result,
    }
}

fn fresh(file: &LaidFile, path: &Path) -> io::Result<Option<(Digest, FileSig)>> {
    match &file.source {
        Source::Bytes(bytes) => {
            let mut out = OpenOptions::new().write(true).create_new(true).mode(file.mode).open(path)?;
            out.write_all(bytes)?;
            out.set_times(times(file.mtime)).map(|()| None)
        }
        Source::Blob { path: blob, digest, sig, reflink, link } => {
            sig.stands_at(Path::new(blob))?;
            let ways = Ways { reflink: *reflink, link: *link, digest: Some(*digest) };
            match fill(Path::new(blob), path, ways, file.mode)? {
                // It keeps the time of its inode, which was chosen to fit.
                Placed::Link => Ok(None),
                Placed::Reflink | Placed::Copy => {
                    let copy = fs::File::open(path)?;
                    copy.set_times(times(file.mtime))?;
                    Ok(Some((*digest, FileSig::from_metadata(&copy.metadata()?))))
                }
            }
        }
    }
}

fn times(at: Nanos) -> FileTimes {
    let at = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(at).unwrap_or(0));
    FileTimes::new().set_modified(at)
}
