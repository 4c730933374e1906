//! A digest of what build scripts find outside the toolchain: compilers, linkers, and descriptions of system libraries.
//!
//! Cargo asks nobody whether these have changed, so what was built with others is not put into a fresh directory. They are
//! told apart by place, size and time of writing; no program is started.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use crate::base::{
    digest::{Digest, KeyHasher},
    env::EnvSnapshot,
    fs::FileSig,
    process::which,
};

/// Programs that build scripts run.
const PROGRAMS: [&str; 14] =
    ["cc", "c++", "gcc", "g++", "clang", "clang++", "ar", "ld", "as", "pkg-config", "cmake", "make", "nasm", "protoc"];
/// Where pkg-config looks, besides its variables. Installing or removing a library touches the directory.
const LIBRARIES: [&str; 6] = [
    "/usr/lib/pkgconfig",
    "/usr/share/pkgconfig",
    "/usr/lib64/pkgconfig",
    "/usr/local/lib/pkgconfig",
    "/usr/lib/x86_64-linux-gnu/pkgconfig",
    "/usr/lib/aarch64-linux-gnu/pkgconfig",
];
/// Variables that such programs read without a build script that says so.
const VARIABLES: [&str; 8] = [
    "PKG_CONFIG_PATH",
    "PKG_CONFIG_LIBDIR",
    "PKG_CONFIG_SYSROOT_DIR",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "LIBRARY_PATH",
    "CMAKE_PREFIX_PATH",
];

/// The digest for this environment.
pub fn digest(env: &EnvSnapshot, cwd: &Path) -> Digest {
    let path = env.get("PATH").unwrap_or_default();
    let mut key = KeyHasher::new("tools of build scripts");
    for name in PROGRAMS {
        let found = which(OsStr::new(name), path, cwd).and_then(|p| p.canonicalize().ok());
        key.field(name, &found.map(|p| described(&p)).unwrap_or_default());
    }
    for dir in LIBRARIES {
        key.field(dir, &described(Path::new(dir)));
    }
    for name in VARIABLES {
        key.field(name, env.get(name).unwrap_or_default().as_bytes());
    }
    key.finish()
}

fn described(path: &Path) -> Vec<u8> {
    let Ok(sig) = FileSig::of(path) else { return Vec::new() };
    [path.as_os_str().as_bytes(), b"\0", &sig.size.to_le_bytes(), &sig.mtime.to_le_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn another_compiler_is_another_digest() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let env: EnvSnapshot = [(b"PATH".to_vec(), dir.path().as_os_str().as_bytes().to_vec())].into_iter().collect();
        let none = digest(&env, dir.path());
        assert_eq!(none, digest(&env, Path::new("/")), "the directory is no part of it");
        let write = |text: &str| {
            fs::write(dir.path().join("cc"), text).expect("written");
            fs::set_permissions(dir.path().join("cc"), fs::Permissions::from_mode(0o755)).expect("executable");
            digest(&env, dir.path())
        };
        let (one, two) = (write("#!/bin/sh\n"), write("#!/bin/bash\n"));
        assert!(none != one && one != two);
        let more: EnvSnapshot =
            [(b"PATH".to_vec(), dir.path().as_os_str().as_bytes().to_vec()), (b"LIBRARY_PATH".to_vec(), b"/x".to_vec())]
                .into_iter()
                .collect();
        assert_ne!(digest(&more, dir.path()), two);
    }
}
