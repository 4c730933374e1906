//! The absolute directories that a compile happens in, and texts that name them.
//!
//! Dep-info files and diagnostics name the working directory, the output directory and `OUT_DIR` by absolute path. They are
//! stored with placeholders and given back with the paths of the build they are restored into.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::WhyNot;

/// Marks a placeholder; this byte occurs in no path we accept and in no JSON text or dep-info file of rustc's.
pub(super) const MARK: u8 = 0x01;

/// Where a compile happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The working directory: the workspace's root for members, the package's for others.
    pub cwd: PathBuf,
    /// `--out-dir`.
    pub out_dir: PathBuf,
    /// `OUT_DIR`, for packages with a build script.
    pub build_out: Option<PathBuf>,
}

impl Places {
    /// Checks that the paths can be found and replaced without doubt.
    ///
    /// # Errors
    /// [`WhyNot::AwkwardPath`] for quotes, backslashes, control characters, or bytes that are not Unicode.
    pub fn new(cwd: PathBuf, out_dir: &Path, build_out: Option<PathBuf>) -> Result<Self, WhyNot> {
        let out_dir = cwd.join(out_dir);
        for path in [Some(&cwd), Some(&out_dir), build_out.as_ref()].into_iter().flatten() {
            let plain = path.to_str().is_some_and(|p| !p.chars().any(|c| c.is_control() || "\"\\'`".contains(c)));
            if !plain || path.parent().is_none() {
                return Err(WhyNot::AwkwardPath(path.to_string_lossy().into_owned()));
            }
        }
        Ok(Self { cwd, out_dir, build_out })
    }

    /// Placeholder letter and path, longest path first so that nested directories are found before their parents.
    fn table(&self) -> Vec<(u8, &Path)> {
        let mut all: Vec<(u8, &Path)> = vec![(b'C', &self.cwd), (b'O', &self.out_dir)];
        all.extend(self.build_out.iter().map(|b| (b'B', b.as_path())));
        all.sort_by_key(|(_, p)| std::cmp::Reverse(p.as_os_str().len()));
        all
    }

    /// Replaces the paths in `text` by placeholders.
    pub fn encode(&self, text: &[u8]) -> Vec<u8> {
        let all = self.table().into_iter();
        all.fold(text.to_vec(), |out, (letter, path)| replace_path(&out, path.as_os_str().as_bytes(), &[MARK, letter]))
    }

    /// As [`Places::encode`] for text in which spaces are escaped by a backslash, whether these paths have any or not.
    pub fn encode_escaped(&self, text: &[u8]) -> Vec<u8> {
        let all = self.table().into_iter();
        all.fold(text.to_vec(), |out, (letter, path)| {
            replace_path(&out, &escape_spaces(path.as_os_str().as_bytes()), &[MARK, letter.to_ascii_lowercase()])
        })
    }

    /// The inverse of [`Places::encode`], for these places.
    pub fn decode(&self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 64);
        let mut bytes = text.iter();
        while let Some(&b) = bytes.next() {
            if b != MARK {
                out.push(b);
                continue;
            }
            let letter = bytes.next().copied().unwrap_or(MARK);
            let path = match letter.to_ascii_uppercase() {
                b'C' => Some(&self.cwd),
                b'O' => Some(&self.out_dir),
                b'B' => self.build_out.as_ref(),
                _ => None,
            };
            let raw = path.map(|p| p.as_os_str().as_bytes().to_vec()).unwrap_or_default();
            out.extend(if letter.is_ascii_lowercase() { escape_spaces(&raw) } else { raw });
        }
        out
    }

    /// An input's path in a form that means the same file in another checkout.
    pub fn relative(&self, file: &Path) -> Vec<u8> {
        self.encode(self.cwd.join(file).as_os_str().as_bytes())
    }

    /// The inverse of [`Places::relative`].
    pub fn absolute(&self, stored: &[u8]) -> PathBuf {
        PathBuf::from(std::ffi::OsStr::from_bytes(&self.decode(stored)))
    }
}

fn escape_spaces(path: &[u8]) -> Vec<u8> {
    crate::base::text::replace(path, b" ", b"\\ ")
}

/// Whether a byte may stand in the middle of a path's component.
pub(super) fn in_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_-.+~@".contains(&b) || b >= 0x80
}

/// Replaces `path` where it stands as a whole path or as leading components of one.
pub(super) fn replace_path(text: &[u8], path: &[u8], with: &[u8]) -> Vec<u8> {
    let in_name = |b: &u8| in_name(*b);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = 0;
    for at in memchr::memmem::find_iter(text, path) {
        let end = at + path.len();
        let starts = at == 0 || !(in_name(&text[at - 1]) || text[at - 1] == b'/');
        let ends = text.get(end).is_none_or(|b| !in_name(b));
        if at >= rest && starts && ends {
            out.extend_from_slice(&text[rest..at]);
            out.extend_from_slice(with);
            rest = end;
        }
    }
    out.extend_from_slice(&text[rest..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(root: &str) -> Places {
        Places::new(format!("{root}/w s").into(), Path::new("target/deps"), Some(format!("{root}/w s/target/build/x/out").into()))
            .expect("plain paths")
    }

    #[test]
    fn texts_move_from_one_checkout_to_another() {
        let (a, b) = (places("/a"), places("/home/b"));
        let text = b"see /a/w s/src/lib.rs and /a/w s/target/deps/x";
        assert_eq!(b.decode(&a.encode(text)), b"see /home/b/w s/src/lib.rs and /home/b/w s/target/deps/x");
        assert_eq!(b.decode(&a.encode_escaped(b"/a/w\\ s/x")), b"/home/b/w\\ s/x");
        assert_eq!(a.decode(&a.encode(text)), text);
    }

    #[test]
    fn neighbours_with_the_same_prefix_stay() {
        let p = Places::new("/a/w".into(), Path::new("/t"), None).expect("plain");
        for text in ["/a/w2/x", "/x/a/w/y", "/a/w.old", "b/a/w"] {
            assert_eq!(p.encode(text.as_bytes()), text.as_bytes(), "{text}");
        }
        assert_eq!(p.encode(b"/a/w:/a/w/x"), b"\x01C:\x01C/x");
    }

    #[test]
    fn awkward_paths_are_refused() {
        for bad in ["/a\"b", "/a\\b", "/a\nb", "/"] {
            assert!(Places::new(bad.into(), Path::new("/t"), None).is_err(), "{bad:?}");
        }
    }
}
