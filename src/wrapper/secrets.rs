//! Whether the value of a secret variable has got into what a compile made, by whatever way: `env!`, a macro, a build
//! script, or a crate that has it from one of these.
//!
//! It runs in the wrapper, because values of secrets must not leave the process that was given them; all that is told is
//! a name. A file that cannot be read counts as one that holds a secret.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use memchr::memmem::Finder;

use crate::base::{env::EnvSnapshot, secret::is_secret_name};

/// Shorter values, in bytes, occur anywhere by chance.
const SHORTEST: usize = 8;
/// Bytes looked at in one go.
const PIECE: usize = 1 << 20;

/// The name of the first secret variable of this process whose value is in one of the files.
pub fn in_files(files: &[PathBuf]) -> Option<String> {
    search(files, &EnvSnapshot::current())
}

fn search(files: &[PathBuf], env: &EnvSnapshot) -> Option<String> {
    // The place of an agent's socket or a password store is no secret, and a home directory is in every output.
    let is_place = |value: &[u8]| value.starts_with(b"/") && Path::new(std::ffi::OsStr::from_bytes(value)).exists();
    let secrets: Vec<(&[u8], Finder<'_>)> = env
        .iter()
        .filter(|(name, value)| is_secret_name(name) && value.len() >= SHORTEST && !is_place(value))
        .map(|(name, value)| (name, Finder::new(value)))
        .collect();
    if secrets.is_empty() {
        return None;
    }
    let found = files.iter().find_map(|f| in_file(f, &secrets).unwrap_or(Some(0)));
    found.map(|i| String::from_utf8_lossy(secrets[i].0).into_owned())
}

fn in_file(file: &Path, secrets: &[(&[u8], Finder<'_>)]) -> io::Result<Option<usize>> {
    let mut file = File::open(file)?;
    let longest = secrets.iter().map(|(_, f)| f.needle().len()).max().unwrap_or(0);
    let mut piece = Vec::with_capacity(PIECE + longest);
    loop {
        let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
        if let Some(i) = secrets.iter().position(|(_, f)| f.find(&piece).is_some()) {
            return Ok(Some(i));
        }
        if read == 0 {
            return Ok(None);
        }
        // What lies across the border is found with the next piece.
        piece.drain(..piece.len().saturating_sub(longest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_anywhere_and_only_those_of_secrets() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let file = dir.path().join("out");
        let place = dir.path().to_str().expect("plain").to_owned();
        let vars = [("MY_TOKEN", "correct horse"), ("SHORT_TOKEN", "1"), ("OTHER", "battery staple"), ("PASSWORD_DIR", &*place)];
        let env: EnvSnapshot = vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect();
        let found = |content: &[u8]| {
            std::fs::write(&file, content).expect("written");
            search(std::slice::from_ref(&file), &env)
        };
        let harmless = format!("1 battery staple correct {place}");
        assert_eq!(found(harmless.as_bytes()), None);
        for before in [0, 5, PIECE - 5, PIECE, 2 * PIECE - 13] {
            let content = [&vec![b'x'; before][..], b"correct horse", &[b'y'; 100][..]].concat();
            assert_eq!(found(&content).as_deref(), Some("MY_TOKEN"), "behind {before} bytes");
        }
        assert_eq!(search(&[dir.path().join("gone")], &env).as_deref(), Some("MY_TOKEN"));
    }
}
