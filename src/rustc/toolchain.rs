//! Who compiles: the identity of a compiler by the content of everything it consists of.
//!
//! A version string is not enough (a nightly rebuilt in place, a swapped sysroot), so the compiler, its shared libraries,
//! its linker and the libraries of the host and the target are digested. The result is kept in memory and is valid as long
//! as no signature of those files has changed; `rustc` itself is started only when they have.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use super::WhyNot;
use crate::base::{
    digest::{Digest, DigestFile, KeyHasher},
    env::{self, EnvSnapshot},
    fs::FileSig,
    sync::lock,
};

/// One compiler, identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// Changes when any file of the toolchain changes.
    pub key: Digest,
    /// The first line of `rustc -vV`.
    pub version: String,
    /// The host triple.
    pub host: String,
    /// Where its libraries lie.
    pub sysroot: PathBuf,
    /// `--remap-path-scope` is stable from 1.95 on; without it members are keyed by their directory.
    pub can_scope_remaps: bool,
    /// Programs for the host are linked by the lld that it brings, unless it is told otherwise.
    pub links_with_lld: bool,
    /// It can make machine code with Cranelift.
    pub cranelift: bool,
}

/// Identified toolchains, by what they were asked for.
#[derive(Default)]
pub struct Toolchains {
    known: Mutex<HashMap<Asked, Known>>,
    /// Held while a toolchain is read: of many compiles that begin together, one reads it.
    examining: Mutex<()>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Asked {
    compiler: PathBuf,
    rustup: Option<OsString>,
    target: Option<String>,
}

struct Known {
    toolchain: Arc<Toolchain>,
    files: Vec<(PathBuf, FileSig)>,
    dirs: Vec<(PathBuf, FileSig)>,
}

impl Toolchains {
    /// The identity of `compiler` as it would run in `cwd` with `env`, for `target`.
    ///
    /// # Errors
    /// [`WhyNot::Toolchain`] if it cannot be found, started, or its files cannot be read.
    pub fn identify(
        &self,
        compiler: &OsStr,
        env: &EnvSnapshot,
        cwd: &Path,
        target: Option<&str>,
        files: &dyn DigestFile,
    ) -> Result<Arc<Toolchain>, WhyNot> {
        let compiler = locate(compiler, env, cwd)?;
        let asked = Asked {
            compiler: compiler.clone(),
            rustup: env.get("RUSTUP_TOOLCHAIN").map(OsStr::to_owned),
            target: target.map(str::to_owned),
        };
        let current = || self.lock().get(&asked).filter(|k| k.is_current()).map(|k| k.toolchain.clone());
        if let Some(toolchain) = current() {
            return Ok(toolchain);
        }
        let _examining = lock(&self.examining);
        if let Some(toolchain) = current() {
            return Ok(toolchain);
        }
        let known = examine(&compiler, env, cwd, target, files)?;
        let toolchain = known.toolchain.clone();
        self.lock().insert(asked, known);
        Ok(toolchain)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Asked, Known>> {
        lock(&self.known)
    }
}

impl Known {
    fn is_current(&self) -> bool {
        let same = |(path, sig): &(PathBuf, FileSig)| FileSig::of(path).is_ok_and(|now| now == *sig);
        self.dirs.iter().all(same) && self.files.iter().all(same)
    }
}

/// The compiler's own file. A rustup proxy is followed to the toolchain that `RUSTUP_TOOLCHAIN` names.
fn locate(compiler: &OsStr, env: &EnvSnapshot, cwd: &Path) -> Result<PathBuf, WhyNot> {
    let path = env.get("PATH").unwrap_or_default();
    let found = crate::base::process::which(compiler, path, cwd)
        .ok_or_else(|| WhyNot::Toolchain(format!("`{}` is not found", compiler.to_string_lossy())))?;
    let real = found.canonicalize().map_err(|e| WhyNot::Toolchain(e.to_string()))?;
    if real.file_stem() != Some(OsStr::new("rustup")) {
        return Ok(real);
    }
    let name = env.get("RUSTUP_TOOLCHAIN").ok_or_else(|| WhyNot::Toolchain("a rustup proxy without RUSTUP_TOOLCHAIN".into()))?;
    let home = env.path("RUSTUP_HOME").or_else(|| env.path("HOME").map(|h| h.join(".rustup")));
    let base =
        if Path::new(name).is_absolute() { Some(PathBuf::from(name)) } else { home.map(|h| h.join("toolchains").join(name)) };
    let file = found.file_name().unwrap_or_default();
    base.map(|b| b.join("bin").join(file))
        .and_then(|p| p.canonicalize().ok())
        .ok_or_else(|| WhyNot::Toolchain(format!("no toolchain `{}`", name.to_string_lossy())))
}

fn examine(
    compiler: &Path,
    env: &EnvSnapshot,
    cwd: &Path,
    target: Option<&str>,
    digests: &dyn DigestFile,
) -> Result<Known, WhyNot> {
    let verbose = ask(compiler, env, cwd, "-vV")?;
    let sysroot = PathBuf::from(ask(compiler, env, cwd, "--print=sysroot")?.trim());
    let host = verbose.lines().find_map(|l| l.strip_prefix("host: ")).unwrap_or_default().to_owned();
    let rustlib = sysroot.join("lib/rustlib");
    let mut dirs = vec![sysroot.join("lib"), rustlib.join(&host).join("lib"), rustlib.join(&host).join("bin")];
    dirs.extend([rustlib.join(&host).join("bin/gcc-ld"), rustlib.join(&host).join("codegen-backends")]);
    let mut files = vec![compiler.to_owned()];
    match target {
        Some(spec) if spec.ends_with(".json") => files.push(cwd.join(spec)),
        Some(triple) if triple != host => dirs.push(rustlib.join(triple).join("lib")),
        _ => {}
    }
    let has_lld = rustlib.join(&host).join("bin/gcc-ld").is_dir();
    let backends = plain_files(&rustlib.join(&host).join("codegen-backends"));
    for dir in &dirs {
        files.extend(plain_files(dir));
    }
    let mut key = KeyHasher::new("toolchain");
    key.field("version", verbose.as_bytes());
    let mut signed = Vec::with_capacity(files.len());
    for file in files {
        let (digest, sig) = digests.digest(&file).map_err(|e| WhyNot::Toolchain(e.to_string()))?;
        let name = file.strip_prefix(&sysroot).unwrap_or(&file);
        key.field(&name.to_string_lossy(), &digest.0);
        signed.push((file, sig));
    }
    let dirs = dirs.into_iter().filter_map(|d| FileSig::of(&d).ok().map(|s| (d, s))).collect();
    let release = verbose.lines().find_map(|l| l.strip_prefix("release: ")).unwrap_or_default();
    let from = |first: u32| minor(release).is_some_and(|m| m >= first);
    let toolchain = Toolchain {
        key: key.finish(),
        version: verbose.lines().next().unwrap_or_default().to_owned(),
        links_with_lld: has_lld && from(90) && host == "x86_64-unknown-linux-gnu",
        host,
        sysroot,
        can_scope_remaps: from(95),
        // What is found there is of no use to a compiler that takes no `-Z`.
        cranelift: ["nightly", "dev"].iter().any(|c| release.ends_with(c)) && backends.iter().any(|file| is_cranelift(file)),
    };
    Ok(Known { toolchain: Arc::new(toolchain), files: signed, dirs })
}

/// Whether a toolchain of any host brings Cranelift.
pub fn has_cranelift(sysroot: &Path) -> bool {
    let hosts = std::fs::read_dir(sysroot.join("lib/rustlib")).into_iter().flatten().flatten();
    hosts.flat_map(|host| plain_files(&host.path().join("codegen-backends"))).any(|file| is_cranelift(&file))
}

fn is_cranelift(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("librustc_codegen_cranelift"))
}

/// `95` of `1.95.0`.
fn minor(release: &str) -> Option<u32> {
    release.strip_prefix("1.")?.split('.').next()?.parse().ok()
}

fn plain_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
    files.sort();
    files
}

fn ask(compiler: &Path, env: &EnvSnapshot, cwd: &Path, question: &str) -> Result<String, WhyNot> {
    use std::os::unix::ffi::OsStrExt;
    let mut command = Command::new(compiler);
    command.arg(question).current_dir(cwd).stdin(Stdio::null()).env_clear().env(env::names::NESTED, "1");
    // What cargo set up for the build (library paths, the toolchain's name) matters; nothing else does.
    for name in ["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HOME", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"]
    {
        if let Some(value) = env.get_bytes(name.as_bytes()) {
            command.env(name, OsStr::from_bytes(value));
        }
    }
    let output = command.output().map_err(|e| WhyNot::Toolchain(format!("{}: {e}", compiler.display())))?;
    if !output.status.success() {
        return Err(WhyNot::Toolchain(format!("`{} {question}` failed", compiler.display())));
    }
    String::from_utf8(output.stdout).map_err(|_| WhyNot::Toolchain("output is not Unicode".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::testing::Read;

    /// A compiler made of a script and a sysroot of two files.
    fn fake(dir: &Path) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let lib = dir.join("lib/rustlib/h/lib");
        std::fs::create_dir_all(&lib).expect("created");
        std::fs::write(lib.join("libstd.rlib"), "std").expect("written");
        let rustc = dir.join("rustc");
        let script = format!(
            "#!/bin/sh\ncase $1 in -vV) printf 'rustc 1.95.0\\nhost: h\\nrelease: 1.95.0\\n';; *) echo {};; esac\n",
            dir.display()
        );
        std::fs::write(&rustc, script).expect("written");
        std::fs::set_permissions(&rustc, std::fs::Permissions::from_mode(0o755)).expect("set");
        rustc
    }

    fn key(all: &Toolchains, rustc: &Path) -> Digest {
        let env = EnvSnapshot::current();
        all.identify(rustc.as_os_str(), &env, Path::new("/"), None, &Read).expect("identified").key
    }

    #[test]
    fn a_toolchain_is_its_files() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let rustc = fake(dir.path());
        let all = Toolchains::default();
        let first = key(&all, &rustc);
        assert_eq!(key(&all, &rustc), first);
        let std = dir.path().join("lib/rustlib/h/lib/libstd.rlib");
        std::fs::write(&std, "STD").expect("written");
        assert_ne!(key(&all, &rustc), first, "a library replaced in place");
        std::fs::write(&std, "std").expect("written");
        assert_eq!(key(&all, &rustc), first, "content counts, not times");
        std::fs::write(dir.path().join("lib/librustc_driver.so"), "x").expect("written");
        assert_ne!(key(&all, &rustc), first, "a library added");
    }

    #[test]
    fn versions() {
        assert_eq!((minor("1.95.0"), minor("1.97.0-nightly"), minor("2.0")), (Some(95), Some(97), None));
    }
}
