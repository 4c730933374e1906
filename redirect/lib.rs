//! A library that is loaded before all others into compilers whose outputs nobody wants (`LD_PRELOAD`): what they write
//! below one directory goes to another one, and what was written is found there again.
//!
//! rustc hashes the text of `--out-dir` into its incremental state, so a compile for the sake of that state has to be
//! given the very directory that the next real compile will be given, and must not write there. The daemon makes sure of the
//! latter by other means (`src/base/confine.rs`): a call that is not replaced here fails, and with it a compile that nobody
//! waits for.
//!
//! `build.rs` compiles it, for linux-gnu on processors where variadic functions take whole numbers as others do. It has no
//! standard library: only `getenv` and `syscall`, which sets `errno`.

#![no_std]

use core::ffi::{c_char, c_int, c_long, c_uint, c_void};

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn getenv(name: *const c_char) -> *const c_char;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// The numbers of system calls, as far as they are the same everywhere or asked for here.
mod number {
    #[cfg(target_arch = "x86_64")]
    pub const ALL: [i64; 8] = [257, 258, 263, 264, 265, 267, 269, 332];
    #[cfg(target_arch = "aarch64")]
    pub const ALL: [i64; 8] = [56, 34, 35, 276, 37, 78, 48, 291];
    pub const OPENAT: i64 = ALL[0];
    pub const MKDIRAT: i64 = ALL[1];
    pub const UNLINKAT: i64 = ALL[2];
    /// `renameat2` where there is no `renameat`.
    pub const RENAMEAT: i64 = ALL[3];
    pub const LINKAT: i64 = ALL[4];
    pub const READLINKAT: i64 = ALL[5];
    pub const FACCESSAT: i64 = ALL[6];
    pub const STATX: i64 = ALL[7];
}

const HERE: c_int = -100;
const REMOVE_DIR: c_int = 0x200;
/// `O_WRONLY | O_RDWR | O_CREAT | O_TRUNC`; the same on all Linux processors that matter.
const WRITES: c_int = 0o1 | 0o2 | 0o100 | 0o1000;
const LONGEST: usize = 4096;

/// Room for a path.
///
/// Nothing below may panic, not even where the compiler cannot see that it does not: what the core library does then wants
/// a symbol that only programs written in Rust have. Hence the pointers.
struct Path([u8; LONGEST]);

impl Path {
    fn new() -> Self {
        Self([0; LONGEST])
    }

    /// Where a path leads to. What is only read is taken from where it is.
    ///
    /// # Safety
    /// `path` is a C string or null.
    unsafe fn of(&mut self, path: *const c_char, writes: bool) -> *const c_char {
        unsafe {
            let from: *const u8 = getenv(c"HYPEROPT_REDIRECT_FROM".as_ptr()).cast();
            let to: *const u8 = getenv(c"HYPEROPT_REDIRECT_TO".as_ptr()).cast();
            if path.is_null() || from.is_null() || to.is_null() {
                return path;
            }
            let Some(rest) = below(path.cast(), from) else { return path };
            let start: *mut u8 = (&raw mut self.0).cast();
            let mut at = start;
            let end = start.add(LONGEST - 1);
            if !append(&mut at, to, end) || !append(&mut at, rest, end) {
                return path;
            }
            let there = writes || syscall(number::FACCESSAT, HERE, start, 0) == 0;
            if there { start.cast() } else { path }
        }
    }
}

/// What follows a directory in a path: nothing, or a slash and more.
///
/// # Safety
/// Both are C strings.
unsafe fn below(mut path: *const u8, mut dir: *const u8) -> Option<*const u8> {
    unsafe {
        while *dir != 0 {
            if *path != *dir {
                return None;
            }
            (path, dir) = (path.add(1), dir.add(1));
        }
        (*path == 0 || *path == b'/').then_some(path)
    }
}

/// Copies up to the end of `text`, if there is room. What follows is zero already.
///
/// # Safety
/// `text` is a C string, and everything from `at` to `end` may be written.
unsafe fn append(at: &mut *mut u8, mut text: *const u8, end: *mut u8) -> bool {
    unsafe {
        while *text != 0 && *at < end {
            **at = *text;
            (*at, text) = ((*at).add(1), text.add(1));
        }
        *text == 0
    }
}

/// # Safety
/// As `openat`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    unsafe { syscall(number::OPENAT, dir, Path::new().of(path, flags & WRITES != 0), flags, mode) as c_int }
}

/// # Safety
/// As `open`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    unsafe { openat(HERE, path, flags, mode) }
}

/// # Safety
/// As `open64`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    unsafe { openat(HERE, path, flags, mode) }
}

/// # Safety
/// As `openat64`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    unsafe { openat(dir, path, flags, mode) }
}

/// # Safety
/// As `mkdir`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: c_uint) -> c_int {
    unsafe { syscall(number::MKDIRAT, HERE, Path::new().of(path, true), mode) as c_int }
}

/// # Safety
/// As `unlinkat`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
    unsafe { syscall(number::UNLINKAT, dir, Path::new().of(path, true), flags) as c_int }
}

/// # Safety
/// As `unlink`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    unsafe { unlinkat(HERE, path, 0) }
}

/// # Safety
/// As `rmdir`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    unsafe { unlinkat(HERE, path, REMOVE_DIR) }
}

/// # Safety
/// As `rename`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    unsafe { syscall(number::RENAMEAT, HERE, Path::new().of(from, true), HERE, Path::new().of(to, true), 0) as c_int }
}

/// # Safety
/// As `linkat`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linkat(from_dir: c_int, from: *const c_char, to_dir: c_int, to: *const c_char, flags: c_int) -> c_int {
    unsafe { syscall(number::LINKAT, from_dir, Path::new().of(from, false), to_dir, Path::new().of(to, true), flags) as c_int }
}

/// # Safety
/// As `link`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    unsafe { linkat(HERE, from, HERE, to, 0) }
}

/// # Safety
/// As `readlink`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn readlink(path: *const c_char, to: *mut c_char, size: usize) -> isize {
    unsafe { syscall(number::READLINKAT, HERE, Path::new().of(path, false), to, size) as isize }
}

/// # Safety
/// As `statx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn statx(dir: c_int, path: *const c_char, flags: c_int, mask: c_uint, to: *mut c_void) -> c_int {
    unsafe { syscall(number::STATX, dir, Path::new().of(path, false), flags, mask, to) as c_int }
}
