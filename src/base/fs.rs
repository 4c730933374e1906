//! Files: the only place that creates, links, copies or replaces them.
//!
//! Whatever is written appears under its final name complete or not at all (temporary file in the same directory, then
//! rename). Errors carry the path.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};

use super::{
    clock::{Nanos, nanos},
    copy,
    digest::{Digest, hash_reader},
};

/// Clocks of file systems tick every 1 to 10 ms.
const TICK: Nanos = 100_000_000;
/// The same where times have whole seconds.
const COARSE_TICK: Nanos = 2_100_000_000;

/// A write after `now` could still bear this time, so that a signature would not tell.
pub fn is_recent(time: Nanos, now: Nanos) -> bool {
    time > now.saturating_sub(if time % 1_000_000_000 == 0 { COARSE_TICK } else { TICK })
}

/// What `stat` says of a file's identity; equal signatures mean that the content has not been written in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileSig {
    /// Device and inode.
    pub inode: (u64, u64),
    /// Bytes.
    pub size: u64,
    /// Last write of the content.
    pub mtime: Nanos,
    /// Last change of content or metadata; links and renames move it too.
    pub ctime: Nanos,
    /// When the inode came into use, 0 where the file system does not say. Numbers of inodes are given out again, and write
    /// times can be chosen; this cannot.
    pub born: Nanos,
    /// Permission bits.
    pub mode: u32,
}

impl FileSig {
    /// Follows symbolic links.
    ///
    /// # Errors
    /// As `stat`, with the path.
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|m| Self::from_metadata(&m)).map_err(|e| at(path, e))
    }

    /// From what is known already.
    pub fn from_metadata(meta: &fs::Metadata) -> Self {
        Self {
            inode: (meta.dev(), meta.ino()),
            size: meta.size(),
            mtime: meta.mtime() * 1_000_000_000 + meta.mtime_nsec(),
            ctime: meta.ctime() * 1_000_000_000 + meta.ctime_nsec(),
            born: meta.created().map_or(0, nanos),
            mode: meta.permissions().mode() & 0o7777,
        }
    }

    /// One file, however often it was changed.
    fn is_file_of(&self, other: &Self) -> bool {
        (self.inode, self.born) == (other.inode, other.born)
    }

    /// Same file, not written to since `earlier`. Its write time may have been set back: cargo does that to the outputs of
    /// `cargo check` as soon as the compiler has ended.
    pub fn not_written_since(&self, earlier: &Self) -> bool {
        self.is_file_of(earlier) && self.size == earlier.size && self.mtime <= earlier.mtime
    }

    /// Same file with the same content, whatever links were made to it since.
    pub fn same_content(&self, other: &Self) -> bool {
        self.is_file_of(other) && (self.size, self.mtime) == (other.size, other.mtime)
    }

    /// Looks whether this is the file at `path`, with the same content.
    ///
    /// # Errors
    /// If it is not, or cannot be looked at; with the path.
    pub fn stands_at(&self, path: &Path) -> io::Result<()> {
        if Self::of(path)?.same_content(self) { Ok(()) } else { Err(at(path, io::Error::other("has been written to"))) }
    }
}

/// Adds the path to an error's text and keeps its kind.
pub fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Creates `dir` and its parents, the last one with mode 0700, and checks that it is ours.
///
/// # Errors
/// If it cannot be created, is not a directory, belongs to somebody else, or others may write to it.
pub fn private_dir(dir: &Path) -> io::Result<()> {
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).map_err(|e| at(parent, e))?;
    }
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(at(dir, e)),
        _ => {}
    }
    let meta = fs::symlink_metadata(dir).map_err(|e| at(dir, e))?;
    let meta = if meta.is_symlink() { fs::metadata(dir).map_err(|e| at(dir, e))? } else { meta };
    if !meta.is_dir() {
        return Err(at(dir, io::Error::other("not a directory")));
    }
    if meta.uid() != nix::unistd::geteuid().as_raw() {
        return Err(at(dir, io::Error::new(io::ErrorKind::PermissionDenied, "belongs to another user")));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(at(dir, io::Error::new(io::ErrorKind::PermissionDenied, "other users may write to it")));
    }
    Ok(())
}

/// Whether bytes must have reached the disk before the name appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the machine may lose the file.
    Lazy,
    /// The content is synced before the rename.
    Synced,
}

/// Replaces `path` by a file with these bytes and this mode (before the umask).
///
/// # Errors
/// With the path; on failure the old file, if any, still stands.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32, durability: Durability) -> io::Result<()> {
    replace(path, mode, |file| {
        file.write_all(bytes)?;
        if durability == Durability::Synced { file.sync_data() } else { Ok(()) }
    })
}

/// Replaces the text of a file and keeps its permissions; one that is not there yet is made, for everybody to read.
///
/// # Errors
/// With the path; on failure the old file, if any, still stands.
pub fn rewrite(path: &Path, text: &str) -> io::Result<()> {
    let permissions = fs::metadata(path).ok().map(|m| m.permissions());
    replace(path, 0o644, |file| {
        file.write_all(text.as_bytes())?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        file.sync_data()
    })
}

/// Puts a new file in place of the one at `path` as soon as `fill` is done with it.
fn replace(path: &Path, mode: u32, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let temp = temp_beside(path);
    let result = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temp)?;
        fill(&mut file)?;
        drop(file);
        fs::rename(&temp, path)
    })();
    result.map_err(|e| {
        drop(fs::remove_file(&temp));
        at(path, e)
    })
}

/// How a file came to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placed {
    /// Shared blocks, separate inode.
    Reflink,
    /// Same inode.
    Link,
    /// Bytes copied.
    Copy,
}

/// The ways that are open to [`place`], tried in this order; a copy is always possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    pub reflink: bool,
    pub link: bool,
    /// What the bytes must hash to if they are copied.
    pub digest: Option<Digest>,
}

/// Puts the content of `from` at `to`: a reflink where the file system can, a hard link if that is allowed, else a copy.
///
/// `mode` is applied to reflinks and copies under this process's umask; a link keeps the inode's mode.
///
/// # Errors
/// With the path; `to` is either what it was or complete. [`io::ErrorKind::InvalidData`] if copied bytes are not those of
/// the digest.
pub fn place(from: &Path, to: &Path, ways: Ways, mode: u32) -> io::Result<Placed> {
    let temp = temp_beside(to);
    let result = fill(from, &temp, ways, mode).and_then(|how| fs::rename(&temp, to).map(|()| how));
    // Renaming one link of an inode onto another is a no-op that leaves both names.
    if result.is_err() || matches!(result, Ok(Placed::Link)) {
        drop(fs::remove_file(&temp));
    }
    result.map_err(|e| at(to, e))
}

/// Makes `standing` do where [`place`] would copy: if it is another inode than that of `from` (of this signature) with the same
/// permissions and the same bytes, which are read, it is given the present time, as a new one would have, and linked to `to`
/// unless it is there already. Whether all that was so.
pub fn reuse(from: &FileSig, digest: &Digest, mode: u32, standing: &Path, to: &Path) -> bool {
    use nix::sys::{
        stat::{UtimensatFlags, utimensat},
        time::TimeSpec,
    };
    let fits = fs::symlink_metadata(standing).is_ok_and(|meta| {
        let sig = FileSig::from_metadata(&meta);
        meta.is_file() && sig.size == from.size && sig.inode != from.inode && sig.mode == mode & !umask()
    });
    let same = || File::open(standing).and_then(hash_reader).is_ok_and(|(found, _)| found == *digest);
    let (now, as_itself) = (TimeSpec::UTIME_NOW, UtimensatFlags::NoFollowSymlink);
    let renew = || utimensat(nix::fcntl::AT_FDCWD, standing, &now, &now, as_itself).is_ok();
    fits && same()
        && renew()
        && (standing == to || place(standing, to, Ways { reflink: false, link: true, digest: Some(*digest) }, mode).is_ok())
}

/// As [`place`], but `to` is a fresh name that nobody reads yet.
///
/// # Errors
/// As the system calls; a partial `to` may remain. [`io::ErrorKind::AlreadyExists`] if something has that name, which stays
/// as it is.
pub fn fill(from: &Path, to: &Path, ways: Ways, mode: u32) -> io::Result<Placed> {
    let taken = |e: &io::Error| e.kind() == io::ErrorKind::AlreadyExists;
    if ways.reflink {
        match reflink_copy::reflink(from, to) {
            Ok(()) => {
                set_mode_under_umask(to, mode)?;
                return Ok(Placed::Reflink);
            }
            Err(e) if taken(&e) => return Err(e),
            Err(_) => drop(fs::remove_file(to)),
        }
    }
    if ways.link {
        match fs::hard_link(from, to) {
            Ok(()) => return Ok(Placed::Link),
            Err(e) if taken(&e) => return Err(e),
            Err(_) => {}
        }
    }
    let mut source = File::open(from)?;
    let target = OpenOptions::new().write(true).create_new(true).mode(mode).open(to)?;
    match ways.digest {
        None => drop(io::copy(&mut source, &mut &target)?),
        Some(digest) if copy::hashed(&mut source, &target)? == digest => {}
        Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "the bytes are not those that were stored")),
    }
    Ok(Placed::Copy)
}

/// Bytes that may still be written below `dir`, and the size of its file system.
///
/// # Errors
/// With the path.
pub fn room(dir: &Path) -> io::Result<(u64, u64)> {
    let told = nix::sys::statvfs::statvfs(dir).map_err(|e| at(dir, e.into()))?;
    let block = told.fragment_size();
    Ok((told.blocks_available().saturating_mul(block), told.blocks().saturating_mul(block)))
}

/// Whether files in `dir` can share blocks.
pub fn supports_reflink(dir: &Path) -> bool {
    let (a, b) = (temp_beside(&dir.join("a")), temp_beside(&dir.join("b")));
    let works = fs::write(&a, b"x").is_ok() && reflink_copy::reflink(&a, &b).is_ok();
    drop(fs::remove_file(&a));
    drop(fs::remove_file(&b));
    works
}

fn set_mode_under_umask(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode & !umask()))
}

/// This process's file mode mask.
pub fn umask() -> u32 {
    use nix::sys::stat::{Mode, umask};
    let mask = umask(Mode::from_bits_truncate(0o077));
    umask(mask);
    mask.bits()
}

/// A name in the same directory that no other process or thread uses; recognisable, so that leftovers can be swept.
pub fn temp_beside(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let n = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let short: String = name.chars().take(100).collect();
    path.with_file_name(format!(".{short}.{}-{n}.{TEMP_SUFFIX}", std::process::id()))
}

/// How names made by [`temp_beside`] end.
pub const TEMP_SUFFIX: &str = "hyperopt-tmp";

/// Bytes used by the files below `dir`; unreadable entries count as nothing.
pub fn tree_size(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|e| match e.metadata() {
            Ok(m) if m.is_dir() => tree_size(&e.path()),
            Ok(m) => m.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir() -> tempfile::TempDir {
        tempfile::tempdir().expect("temporary directory")
    }

    #[test]
    fn placing_leaves_no_temporary_files_and_links_only_when_allowed() -> io::Result<()> {
        let d = dir();
        let (a, b, c) = (d.path().join("a"), d.path().join("b"), d.path().join("c"));
        fs::write(&a, b"one")?;
        let (may_link, may_not) = (
            Ways { reflink: false, link: true, digest: None },
            Ways { reflink: true, link: false, digest: Some(Digest::of(b"one")) },
        );
        let linked = place(&a, &b, may_link, 0o644)?;
        assert_ne!(place(&a, &c, may_not, 0o755)?, Placed::Link);
        if linked == Placed::Link {
            assert_eq!(FileSig::of(&a)?.inode, FileSig::of(&b)?.inode);
            assert_eq!(place(&a, &b, may_link, 0o644)?, Placed::Link, "again onto the same inode");
        }
        assert_ne!(FileSig::of(&a)?.inode, FileSig::of(&c)?.inode);
        assert_eq!(FileSig::of(&c)?.mode, 0o755 & !umask());
        assert_eq!(fs::read(&c)?, b"one");
        let wrong = Ways { reflink: false, link: false, digest: Some(Digest::of(b"two")) };
        assert_eq!(place(&a, &c, wrong, 0o644).expect_err("other bytes").kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read(&c)?, b"one");
        assert_eq!(fs::read_dir(d.path())?.count(), 3);
        for ways in [may_link, may_not, Ways { link: false, ..may_link }] {
            fs::write(&b, "two")?;
            let error = fill(&c, &b, ways, 0o644).expect_err("something is there");
            assert_eq!((error.kind(), fs::read(&b)?.as_slice()), (io::ErrorKind::AlreadyExists, &b"two"[..]));
        }
        Ok(())
    }

    #[test]
    fn only_a_copy_that_is_whole_is_used_again() -> io::Result<()> {
        let dir = dir();
        let (from, to, link) = (dir.path().join("from"), dir.path().join("to"), dir.path().join("link"));
        fs::write(&from, b"one")?;
        let (sig, digest) = (FileSig::of(&from)?, Digest::of(b"one"));
        let stands = |path: &Path| reuse(&sig, &digest, 0o644, path, path);
        assert!(!stands(&to), "there is nothing");
        place(&from, &to, Ways { reflink: false, link: false, digest: None }, 0o644)?;
        File::open(&to)?.set_modified(std::time::UNIX_EPOCH)?;
        assert!(stands(&to));
        assert!(FileSig::of(&to)?.mtime > 0, "as if it were new");
        fs::write(&to, b"two")?;
        assert!(!stands(&to), "other bytes");
        fs::write(&to, b"one")?;
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600))?;
        assert!(!stands(&to), "other permissions");
        fs::hard_link(&from, &link)?;
        assert!(!stands(&link), "the time of a shared inode is not ours to change");
        fs::remove_file(&link)?;
        std::os::unix::fs::symlink(&to, &link)?;
        fs::set_permissions(&to, fs::Permissions::from_mode(0o644))?;
        assert!(!stands(&link) && stands(&to), "a link is no file");
        let other = dir.path().join("other");
        assert!(reuse(&sig, &digest, 0o644, &to, &other));
        assert_eq!(FileSig::of(&other)?, FileSig::of(&to)?, "one file of two names");
        Ok(())
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() -> io::Result<()> {
        let d = dir();
        let file = d.path().join("x");
        write_atomic(&file, b"old", 0o644, Durability::Synced)?;
        let missing = d.path().join("no/such/x");
        let error = write_atomic(&missing, b"new", 0o644, Durability::Lazy).expect_err("no directory");
        assert!(error.to_string().contains("no/such/x"), "{error}");
        assert_eq!(fs::read(&file)?, b"old");
        assert_eq!(fs::read_dir(d.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn private_directories_are_private() -> io::Result<()> {
        let d = dir();
        let p = d.path().join("a/b");
        private_dir(&p)?;
        private_dir(&p)?;
        assert_eq!(fs::metadata(&p)?.mode() & 0o777, 0o700);
        fs::set_permissions(&p, fs::Permissions::from_mode(0o777))?;
        assert!(private_dir(&p).is_err());
        Ok(())
    }
}
