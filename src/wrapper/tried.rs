//! Compiling with something that the user has asked for and that may not do: a faster linker, another code generator.
//!
//! It must never make a build fail that would succeed without, nor show what only its own failure has to say: such messages
//! are held back, and the compile is done once more, plainly. A mistake in the sources is one with everything, and shown at
//! once.

use std::{ffi::OsString, os::unix::process::ExitStatusExt, process::ExitStatus};

use crate::rustc::messages;

/// What is tried.
pub struct Tried {
    pub args: Vec<OsString>,
    /// Machine code is made by somebody else: whatever has no code of an error may be owed to that.
    backend: bool,
    /// The sources are wrong, so nothing is to be held back.
    excused: bool,
}

impl Tried {
    pub fn new(args: Vec<OsString>) -> Self {
        let backend = args.iter().any(|a| a.to_string_lossy().starts_with("-Zcodegen-backend"));
        Self { args, backend, excused: false }
    }

    /// Whether this line, with everything behind it, may be the fault of what is tried. The first error decides.
    pub fn speaks(&mut self, line: &[u8]) -> bool {
        if self.args.is_empty() || self.excused {
            return false;
        }
        if !line.starts_with(b"{") {
            return self.backend && memchr::memmem::find(line, b"panicked at").is_some();
        }
        let Some(error) = messages::error(line) else { return false };
        let suspect = error.message.starts_with("linking with `") || (self.backend && error.code.is_none());
        self.excused = !suspect;
        suspect
    }

    /// Whether the compile is to be done again without it.
    pub fn is_suspect(&self, held: &[u8], status: ExitStatus) -> bool {
        // Illegal instruction, abort, bus error, floating point, segmentation fault.
        let crashed = matches!(status.signal(), Some(4 | 6 | 7 | 8 | 11));
        !self.args.is_empty() && !status.success() && (!held.is_empty() || (self.backend && crashed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &[u8] = br#"{"$message_type":"diagnostic","message":"linking with `cc` failed: exit status: 1","code":null,"level":"error","spans":[]}"#;
    const TYPES: &[u8] =
        br#"{"$message_type":"diagnostic","message":"mismatched types","code":{"code":"E0308"},"level":"error","spans":[]}"#;
    const ASM: &[u8] =
        br#"{"$message_type":"diagnostic","message":"asm! is not supported","code":null,"level":"error","spans":[]}"#;
    const WARNING: &[u8] =
        br#"{"$message_type":"diagnostic","message":"linking with `x`","code":null,"level":"warning","spans":[]}"#;

    fn linker() -> Tried {
        Tried::new(vec!["-Clink-arg=-B/x".into()])
    }

    #[test]
    fn only_what_may_be_its_fault_is_held_back() {
        let backend = || Tried::new(vec!["-Zcodegen-backend=cranelift".into()]);
        let nothing = || Tried::new(Vec::new());
        for (line, by) in [(LINK, [false, true, true]), (TYPES, [false; 3]), (ASM, [false, false, true]), (WARNING, [false; 3])] {
            let text = String::from_utf8_lossy(line);
            assert_eq!([nothing().speaks(line), linker().speaks(line), backend().speaks(line)], by, "{text}");
        }
        assert!(backend().speaks(b"thread 'rustc' panicked at x.rs:1:1:\n") && !linker().speaks(b"thread 'rustc' panicked at\n"));
        let mut wrong = backend();
        assert!(!wrong.speaks(TYPES) && !wrong.speaks(ASM), "the sources are wrong: no second compile");
    }

    #[test]
    fn a_second_compile_only_for_what_failed() {
        let (good, failed, crashed) = (ExitStatus::from_raw(0), ExitStatus::from_raw(256), ExitStatus::from_raw(11));
        assert!(linker().is_suspect(b"x", failed));
        assert!(!linker().is_suspect(b"", failed) && !linker().is_suspect(b"x", good) && !linker().is_suspect(b"", crashed));
        let backend = Tried::new(vec!["-Zcodegen-backend=cranelift".into()]);
        assert!(backend.is_suspect(b"", crashed));
        assert!(!backend.is_suspect(b"", ExitStatus::from_raw(9)), "somebody has killed it");
        assert!(!Tried::new(Vec::new()).is_suspect(b"x", failed));
    }
}
