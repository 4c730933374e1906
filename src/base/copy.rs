//! Copies whose bytes are hashed on their way.
//!
//! Large files go from the buffer to the disk, where file system and disk take that (`O_DIRECT`): pages for a copy that
//! nobody reads yet cost more than its hash, above all in a virtual machine that has to be given them first. A disk that
//! takes them slowly gets the rest in the usual way, and so does whatever cannot be written directly. It must never decide
//! what is copied. Errors are those of the system calls, without a path; the target may then be partial.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    sync::Mutex,
    thread,
};

use super::{digest::Digest, sync::lock};

/// Most bytes that are copied at a time: what is between reading and writing should stay in the processor's cache, and the
/// file system makes longer extents of longer writes.
const CHUNK: usize = 1 << 20;

/// Copies what is left of `source` to the start of the empty `target`, and gives the digest of what was written.
///
/// # Errors
/// If one cannot be read or the other not written.
pub fn hashed(source: &mut File, target: &File) -> io::Result<Digest> {
    let len = source.metadata()?.len();
    let direct = direct::Direct::new(target, len);
    let state = Mutex::new(State { source, hasher: blake3::Hasher::new(), at: 0, over: false });
    // One reads and hashes while the other waits for the disk.
    let threads = if direct.is_used() { 2 } else { 1 };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| chunks(&state, target, &direct, len))).collect();
        let mine = chunks(&state, target, &direct, len);
        others
            .into_iter()
            .try_fold((), |(), t| t.join().unwrap_or_else(|_| Err(io::Error::other("a copying thread panicked"))))?;
        mine
    })?;
    Ok(Digest(*lock(&state).hasher.finalize().as_bytes()))
}

/// Where reading stands.
struct State<'a> {
    source: &'a mut File,
    hasher: blake3::Hasher,
    at: u64,
    /// At its end, or at an error that one of the threads returns.
    over: bool,
}

impl State<'_> {
    /// Fills `buffer` as far as the source goes, and tells for which place and how far.
    fn next(&mut self, buffer: &mut [u8]) -> io::Result<(u64, usize)> {
        if self.over {
            return Ok((self.at, 0));
        }
        self.over = true;
        let (at, mut filled) = (self.at, 0);
        while filled < buffer.len() {
            match self.source.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.hasher.update(&buffer[..filled]);
        self.at += filled as u64;
        self.over = filled < buffer.len();
        Ok((at, filled))
    }
}

fn chunks(state: &Mutex<State>, target: &File, direct: &direct::Direct, len: u64) -> io::Result<()> {
    // One more, so that a small file is read at once.
    let size = usize::try_from(len).map_or(CHUNK, |len| CHUNK.min(len + 1));
    let mut room = vec![0; size + direct::ALIGNMENT];
    let start = room.as_ptr().align_offset(direct::ALIGNMENT);
    let buffer = &mut room[start..start + size];
    loop {
        let (at, n) = lock(state).next(buffer)?;
        if n == 0 {
            return Ok(());
        }
        let bytes = &buffer[..n];
        if !(n == CHUNK && direct.write(target, bytes, at)) {
            let written = direct.end(target).and_then(|()| target.write_all_at(bytes, at));
            // The other thread need not go on.
            written.inspect_err(|_| lock(state).over = true)?;
        }
    }
}

/// Past the page cache, where the system has a way.
mod direct {
    use std::{
        fs::File,
        io,
        os::unix::fs::FileExt,
        sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        time::{Duration, Instant},
    };

    /// Of buffers and places in files, in bytes; no disk asks for more than a page.
    pub const ALIGNMENT: usize = 4096;
    /// Shorter files, in bytes, are not worth a look.
    pub const SHORTEST: u64 = 16 << 20;
    /// After so many bytes it is clear how fast the disk is.
    const TRIAL: u64 = 8 << 20;
    /// The page cache takes bytes five times as fast where it has memory, and as fast where it has none.
    const SLOWEST_BYTES_PER_MS: u64 = 600_000;
    /// A disk that is busy for a moment is not slow.
    const GRACE: Duration = Duration::from_millis(20);

    /// Whether a file is still written directly.
    pub struct Direct {
        tried: bool,
        used: AtomicBool,
        written: AtomicU64,
        since: Instant,
    }

    impl Direct {
        /// Prepares `target` for `len` bytes, if they are worth it.
        pub fn new(target: &File, len: u64) -> Self {
            let tried = len >= SHORTEST && allocate(target, len).is_ok();
            let used = tried && set(target, true).is_ok();
            Self { tried, used: AtomicBool::new(used), written: AtomicU64::new(0), since: Instant::now() }
        }

        pub fn is_used(&self) -> bool {
            self.used.load(Relaxed)
        }

        /// Writes `bytes` at `at` unless that cannot be done directly, in which case this was the last attempt.
        pub fn write(&self, target: &File, bytes: &[u8], at: u64) -> bool {
            if !self.is_used() || target.write_all_at(bytes, at).is_err() {
                return false;
            }
            let written = self.written.fetch_add(bytes.len() as u64, Relaxed) + bytes.len() as u64;
            let due = GRACE + Duration::from_millis(written / SLOWEST_BYTES_PER_MS);
            if written >= TRIAL && self.since.elapsed() > due {
                self.used.store(false, Relaxed);
            }
            true
        }

        /// From here on `target` is written as any other file.
        pub fn end(&self, target: &File) -> io::Result<()> {
            self.used.store(false, Relaxed);
            if self.tried { set(target, false) } else { Ok(()) }
        }
    }

    /// Room for `len` bytes, which direct writing would otherwise have to find again with every chunk.
    #[cfg(target_os = "linux")]
    fn allocate(file: &File, len: u64) -> io::Result<()> {
        let len = i64::try_from(len).map_err(io::Error::other)?;
        Ok(nix::fcntl::fallocate(file, nix::fcntl::FallocateFlags::empty(), 0, len)?)
    }

    #[cfg(target_os = "linux")]
    fn set(file: &File, direct: bool) -> io::Result<()> {
        use nix::fcntl::{FcntlArg, OFlag, fcntl};

        let before = OFlag::from_bits_retain(fcntl(file, FcntlArg::F_GETFL)?);
        let mut after = before;
        after.set(OFlag::O_DIRECT, direct);
        if after != before {
            fcntl(file, FcntlArg::F_SETFL(after))?;
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn allocate(_: &File, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[cfg(not(target_os = "linux"))]
    fn set(_: &File, _: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Bytes of which no chunk is like another.
    fn bytes(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    fn copies_right(below: &Path) -> io::Result<()> {
        let dir = tempfile::tempdir_in(below)?;
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let direct = usize::try_from(direct::SHORTEST).map_err(io::Error::other)?;
        let lens =
            [0, 1, 4096, CHUNK - 1, CHUNK, CHUNK + 1, direct - 1, direct, direct + 4095, direct + CHUNK, 3 * direct + 12_345];
        for len in lens {
            let content = bytes(len);
            fs::write(&from, &content)?;
            let target = File::create(&to)?;
            assert_eq!(hashed(&mut File::open(&from)?, &target)?, Digest::of(&content), "{len} bytes below {}", below.display());
            assert!(fs::read(&to)? == content, "{len} bytes below {}", below.display());
            drop(target);
            fs::remove_file(&to)?;
        }
        Ok(())
    }

    #[test]
    fn short_and_long_files_are_copied_and_hashed() -> io::Result<()> {
        copies_right(&std::env::temp_dir())
    }

    /// Where nothing is written directly, or where that does nothing.
    #[cfg(target_os = "linux")]
    #[test]
    fn files_in_memory_are_copied_as_well() -> io::Result<()> {
        copies_right(Path::new("/dev/shm"))
    }

    /// As where the disk takes no direct writes, or turns out to be slow.
    #[test]
    fn what_cannot_be_written_directly_is_written() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("to");
        let target = File::create(&path)?;
        let content = bytes(usize::try_from(direct::SHORTEST).map_err(io::Error::other)? + 1);
        let direct = direct::Direct::new(&target, content.len() as u64);
        // Neither place nor length fit.
        if !direct.write(&target, &content[..100], 1) {
            direct.end(&target)?;
            assert!(!direct.is_used());
            target.write_all_at(&content[..100], 1)?;
        }
        assert_eq!(fs::read(&path)?[1..101], content[..100]);
        Ok(())
    }

    #[test]
    fn an_error_of_writing_is_returned() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        for len in [1000, 40 << 20] {
            fs::write(dir.path().join("from"), bytes(len))?;
            fs::write(dir.path().join("to"), "")?;
            let unwritable = File::open(dir.path().join("to"))?;
            assert!(hashed(&mut File::open(dir.path().join("from"))?, &unwritable).is_err());
        }
        Ok(())
    }
}
