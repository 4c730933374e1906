//! Directories that paths in a linker's arguments begin with: given a letter when an argument is stored, and given back
//! with the directories of the build that uses it.
//!
//! It must never let a path pass that begins with none of them: whoever stores an argument asks [`is_whole`] first.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{
    Places,
    places::{MARK, in_name, replace_path},
};

/// Directories by letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots(Vec<(u8, PathBuf)>);

impl Roots {
    /// The places of a compile, the directory that dependencies write to, and the toolchain's.
    pub fn new(places: &Places, sysroot: &Path) -> Self {
        let mut all = vec![(b'C', places.cwd.clone()), (b'O', places.out_dir.clone()), (b'S', sysroot.to_owned())];
        all.extend(places.build_out.iter().map(|b| (b'B', b.clone())));
        all.extend(places.out_dir.parent().filter(|t| !places.cwd.starts_with(t)).map(|t| (b'T', t.to_owned())));
        // Nested directories are to be found before their parents.
        all.sort_by_key(|(_, path)| std::cmp::Reverse(path.as_os_str().len()));
        Self(all)
    }

    /// Replaces the directories by their letters.
    pub fn encode(&self, argument: &[u8]) -> Vec<u8> {
        let (flag, rest) = split_flag(argument);
        let with =
            |out: Vec<u8>, (letter, path): &(u8, PathBuf)| replace_path(&out, path.as_os_str().as_bytes(), &[MARK, *letter]);
        [flag, &self.0.iter().fold(rest.to_vec(), with)].concat()
    }

    /// The inverse of [`Roots::encode`], for these directories; `None` if there is no such directory here.
    pub fn decode(&self, stored: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(stored.len() + 64);
        let mut bytes = stored.iter();
        while let Some(&b) = bytes.next() {
            if b == MARK {
                let letter = bytes.next()?;
                let (_, path) = self.0.iter().find(|(l, _)| l == letter)?;
                out.extend_from_slice(path.as_os_str().as_bytes());
            } else {
                out.push(b);
            }
        }
        Some(out)
    }
}

/// Whether an encoded argument names no absolute path any more.
pub fn is_whole(encoded: &[u8]) -> bool {
    let (_, rest) = split_flag(encoded);
    let continues = |i: usize| {
        let placeholder = i >= 2 && rest[i - 2] == MARK;
        i >= 1 && (placeholder || in_name(rest[i - 1]) || rest[i - 1] == b'/')
    };
    (0..rest.len()).all(|i| rest[i] != b'/' || continues(i))
}

/// Whether a text has nothing in it that would be taken for one of our letters.
pub fn is_plain(argument: &[u8]) -> bool {
    !argument.contains(&MARK)
}

/// `-L/x` has no boundary between the flag and the path.
fn split_flag(argument: &[u8]) -> (&[u8], &[u8]) {
    let attached =
        argument.len() > 2 && argument[0] == b'-' && matches!(argument[2], b'/' | MARK) && argument[1].is_ascii_alphabetic();
    argument.split_at(if attached { 2 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(root: &str, sysroot: &str) -> Roots {
        let places = Places::new(root.into(), Path::new("target/debug/deps"), None).expect("plain");
        Roots::new(&places, Path::new(sysroot))
    }

    #[test]
    fn arguments_move_to_another_checkout_and_toolchain() {
        let (a, b) = (roots("/a/w", "/a/rust"), roots("/b", "/usr"));
        for (from, to) in [
            ("-B/a/rust/bin/gcc-ld", "-B/usr/bin/gcc-ld"),
            ("/a/w/target/debug/deps/x.o", "/b/target/debug/deps/x.o"),
            ("-Wl,-T,/a/w/s.ld,/a/rust/x", "-Wl,-T,/b/s.ld,/usr/x"),
            ("/a/w/target/debug/build/z/out", "/b/target/debug/build/z/out"),
            ("-Wl,-z,relro", "-Wl,-z,relro"),
            ("-Wl,-rpath,$ORIGIN/../lib", "-Wl,-rpath,$ORIGIN/../lib"),
        ] {
            let stored = a.encode(from.as_bytes());
            assert!(is_whole(&stored), "{from}");
            assert_eq!(b.decode(&stored).as_deref(), Some(to.as_bytes()));
        }
    }

    #[test]
    fn other_paths_are_seen() {
        let a = roots("/a/w", "/a/rust");
        for other in ["/usr/lib", "-L/usr/lib", "-Wl,-T,/x.ld", "--sysroot=/x", "/a/w2/x", "-Wl,/a/w/x,/usr/y"] {
            assert!(!is_whole(&a.encode(other.as_bytes())), "{other}");
        }
        assert_eq!(a.decode(b"\x01B/x"), None, "no build script here");
        assert!(!is_plain(b"a\x01C"));
    }
}
