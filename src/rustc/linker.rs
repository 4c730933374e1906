//! Who links: the identity of the linker, the start files and the system libraries behind a linked output.
//!
//! The driver (`cc`) is asked once where its parts are; afterwards signatures decide whether that is still true.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

use super::WhyNot;
use crate::base::{
    digest::{Digest, DigestFile, KeyHasher},
    env::EnvSnapshot,
    fs::FileSig,
    process::which,
    sync::lock,
};

/// Programs that a C compiler driver starts to link.
const PROGRAMS: [&str; 2] = ["ld", "collect2"];
/// Start files and libraries that end up in, or decide about, every linked output on ELF systems.
const FILES: [&str; 18] = [
    "crt1.o",
    "Scrt1.o",
    "rcrt1.o",
    "crti.o",
    "crtn.o",
    "crtbegin.o",
    "crtbeginS.o",
    "crtbeginT.o",
    "crtend.o",
    "crtendS.o",
    "libc.so",
    "libc.so.6",
    "libc_nonshared.a",
    "libm.so",
    "libm.so.6",
    "libgcc.a",
    "libgcc_s.so.1",
    "libpthread.a",
];
/// Variables that C compiler drivers and linkers read.
pub const ENVIRONMENT: [&str; 8] = [
    "LIBRARY_PATH",
    "COMPILER_PATH",
    "GCC_EXEC_PREFIX",
    "LD_RUN_PATH",
    "SDKROOT",
    "MACOSX_DEPLOYMENT_TARGET",
    "SOURCE_DATE_EPOCH",
    "ZERO_AR_DATE",
];

/// Identified linkers.
#[derive(Default)]
pub struct Linkers {
    known: Mutex<HashMap<Asked, Known>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Asked {
    driver: PathBuf,
    flavour: Vec<OsString>,
    environment: Vec<Option<OsString>>,
}

#[derive(Clone)]
struct Known {
    key: Digest,
    files: Vec<(PathBuf, FileSig)>,
}

impl Linkers {
    /// The identity of the linker that `-C linker` and the link arguments select.
    ///
    /// # Errors
    /// [`WhyNot::Linker`] if the program is not found or its parts cannot be read.
    pub fn identify(
        &self,
        linker: Option<&OsStr>,
        link_args: &[OsString],
        env: &EnvSnapshot,
        cwd: &Path,
        digests: &dyn DigestFile,
    ) -> Result<Digest, WhyNot> {
        let name = linker.unwrap_or(OsStr::new("cc"));
        let path = env.get("PATH").unwrap_or_default();
        let driver =
            which(name, path, cwd).ok_or_else(|| WhyNot::Linker(format!("`{}` is not found", name.to_string_lossy())))?;
        // Selects another linker or another set of libraries.
        let selects =
            |a: &&OsString| ["-fuse-ld=", "-B", "--sysroot", "-m", "--target"].iter().any(|p| a.to_string_lossy().starts_with(p));
        let asked = Asked {
            driver,
            flavour: link_args.iter().filter(selects).cloned().collect(),
            environment: ENVIRONMENT.iter().map(|n| env.get(n).map(OsStr::to_owned)).collect(),
        };
        let lock = || lock(&self.known);
        let current = |k: &Known| k.files.iter().all(|(p, s)| FileSig::of(p).is_ok_and(|now| now == *s));
        if let Some(known) = lock().get(&asked).filter(|k| current(k)) {
            return Ok(known.key);
        }
        let known = examine(&asked, env, cwd, digests)?;
        let key = known.key;
        lock().insert(asked, known);
        Ok(key)
    }
}

fn examine(asked: &Asked, env: &EnvSnapshot, cwd: &Path, digests: &dyn DigestFile) -> Result<Known, WhyNot> {
    let mut questions: Vec<String> = PROGRAMS.iter().map(|p| format!("-print-prog-name={p}")).collect();
    for arg in &asked.flavour {
        if let Some(name) = arg.to_string_lossy().strip_prefix("-fuse-ld=") {
            questions.push(format!("-print-prog-name=ld.{name}"));
            questions.push(format!("-print-prog-name={name}"));
        }
    }
    questions.extend(FILES.iter().map(|f| format!("-print-file-name={f}")));
    let mut files = vec![asked.driver.clone()];
    for question in questions {
        // A driver that does not know the question (a bare linker, say) has no such parts.
        if let Some(answer) = ask(asked, env, cwd, &question) {
            let path = env.get("PATH").unwrap_or_default();
            files.extend(which(answer.as_os_str(), path, cwd).filter(|p| p.is_absolute()));
        }
    }
    let mut key = KeyHasher::new("linker");
    key.list("flavour", asked.flavour.iter().map(|f| f.as_encoded_bytes()));
    key.list("environment", asked.environment.iter().map(|v| v.as_ref().map_or(&b"\0"[..], |v| v.as_encoded_bytes())));
    let mut signed = Vec::new();
    for file in files {
        let (digest, sig) = digests.digest(&file).map_err(|e| WhyNot::Linker(e.to_string()))?;
        key.field(&file.to_string_lossy(), &digest.0);
        signed.push((file, sig));
    }
    Ok(Known { key: key.finish(), files: signed })
}

fn ask(asked: &Asked, env: &EnvSnapshot, cwd: &Path, question: &str) -> Option<PathBuf> {
    let mut command = Command::new(&asked.driver);
    command.args(&asked.flavour).arg(question).current_dir(cwd).stdin(Stdio::null()).stderr(Stdio::null()).env_clear();
    for name in ENVIRONMENT.iter().chain(&["PATH", "HOME"]) {
        if let Some(value) = env.get(name) {
            command.env(name, value);
        }
    }
    let output = command.output().ok().filter(|o| o.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim())).filter(|p| !p.as_os_str().is_empty())
}
