//! Environment variables that a procedural macro may read without telling.
//!
//! A macro that calls `std::env::var` leaves no trace in dep-info, but the variable's name stands in its machine code. For
//! macros that are not known to be pure, every variable that is set and whose name occurs in one of them counts as an input.
//! A name that is put together at run time is not found.

use std::{collections::HashMap, path::PathBuf, sync::Mutex};

use crate::{
    base::{
        digest::{Digest, DigestFile},
        env::EnvSnapshot,
        secret::is_secret_name,
        sync::lock,
    },
    rustc::WhyNot,
    semantic::macros,
};

/// Names that std, the compiler or the shell mention everywhere, and that no macro bases its result on.
const EVERYWHERE: [&str; 20] = [
    "PATH",
    "HOME",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "TERM",
    "COLORTERM",
    "USER",
    "LOGNAME",
    "LANG",
    "SHELL",
    "HOSTNAME",
    "DISPLAY",
    "EDITOR",
    "TMPDIR",
    "OUT_DIR",
    "LD_LIBRARY_PATH",
    "MAKEFLAGS",
    "MFLAGS",
    "NUM_JOBS",
];
/// Cargo's own (the package's count always, the rest are places), the toolchain's, ours, and a session's.
const FAMILIES: [&str; 6] = ["CARGO", "RUST", "XDG_", "SSH_", "LC_", "DBUS_"];
/// Shorter names are found by chance in any binary.
const SHORTEST: usize = 4;

/// One procedural macro behind a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroCrate {
    /// Without `lib` and hash.
    pub name: String,
    pub file: PathBuf,
}

/// What is known of macros by content: name of a variable to whether it occurs.
#[derive(Default)]
pub struct MacroVariables(Mutex<HashMap<Digest, HashMap<Vec<u8>, bool>>>);

impl MacroVariables {
    /// The variables that are set and that one of the macros may read, sorted.
    ///
    /// # Errors
    /// [`WhyNot::Secret`] if one of them looks like a secret, [`WhyNot::Input`] if a macro cannot be read.
    pub fn read_by(&self, macros: &[MacroCrate], env: &EnvSnapshot, files: &dyn DigestFile) -> Result<Vec<String>, WhyNot> {
        let mut found = Vec::new();
        let unreadable = |e: std::io::Error| WhyNot::Input(e.to_string());
        for one in macros.iter().filter(|m| macros::may_read_files(&m.name)) {
            let (digest, _) = files.digest(&one.file).map_err(unreadable)?;
            let mut known = lock(&self.0);
            let occurs = known.entry(digest).or_default();
            let mut bytes = None;
            for (name, _) in env.iter().filter(|(name, _)| counts(name)) {
                if !occurs.contains_key(name) {
                    let text = match &bytes {
                        Some(bytes) => bytes,
                        None => bytes.insert(std::fs::read(&one.file).map_err(unreadable)?),
                    };
                    occurs.insert(name.to_vec(), memchr::memmem::find(text, name).is_some());
                }
                if occurs[name] {
                    found.push(String::from_utf8_lossy(name).into_owned());
                }
            }
        }
        found.sort();
        found.dedup();
        match found.iter().find(|n| is_secret_name(n.as_bytes())) {
            Some(secret) => Err(WhyNot::Secret(secret.clone())),
            None => Ok(found),
        }
    }
}

fn counts(name: &[u8]) -> bool {
    let known = EVERYWHERE.iter().any(|n| n.as_bytes() == name) || FAMILIES.iter().any(|f| name.starts_with(f.as_bytes()));
    name.len() >= SHORTEST && !known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::testing::Read;

    fn read_by(macro_name: &str, code: &str, set: &[&str]) -> Result<Vec<String>, WhyNot> {
        let dir = tempfile::tempdir().expect("temporary directory");
        let file = dir.path().join("libm-1.so");
        std::fs::write(&file, code).expect("written");
        let env = set.iter().map(|n| (n.as_bytes().to_vec(), b"1".to_vec())).collect();
        MacroVariables::default().read_by(&[MacroCrate { name: macro_name.into(), file }], &env, &Read)
    }

    #[test]
    fn names_in_the_code_of_macros_that_are_not_known_to_be_pure() {
        let code = "..DATABASE_MODEand other text PATH CARGO_MANIFEST_DIR MY_TOKEN XY";
        let names = |set: &[&str]| read_by("unheard_of", code, set);
        assert_eq!(names(&["DATABASE_MODE", "ELSEWHERE", "PATH", "CARGO_MANIFEST_DIR", "XY"]), Ok(vec!["DATABASE_MODE".into()]));
        assert_eq!(names(&["MY_TOKEN"]), Err(WhyNot::Secret("MY_TOKEN".into())));
        assert_eq!(read_by("serde_derive", code, &["DATABASE_MODE"]), Ok(vec![]));
    }
}
