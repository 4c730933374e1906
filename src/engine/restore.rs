//! From a manifest to a plan: which bytes go where, and how they may be placed.

use std::path::{Path, PathBuf};

use super::{
    Engine, Prepared,
    plan::{Plan, Restore, Source},
};
use crate::{
    artifact::{Content, Manifest, Output},
    base::{clock::Nanos, digest::Digest, fs::FileSig},
    store::BlobFile,
};

impl Engine {
    /// The plan for a result; `None` if one of its blobs is damaged or gone.
    pub(super) fn plan(&self, prepared: &Prepared, manifest: &Manifest) -> Option<Plan> {
        let newest = newest_dependency(prepared);
        let outputs = manifest.outputs.iter().map(|o| self.output(prepared, o, newest)).collect::<Option<Vec<_>>>()?;
        Some(Plan {
            out_dir: prepared.places.out_dir.clone().into_os_string(),
            outputs,
            stdout: prepared.places.decode(&manifest.stdout),
            stderr: prepared.places.decode(&manifest.stderr),
        })
    }

    /// The way one output is put back alone.
    pub(super) fn restore_one(&self, prepared: &Prepared, output: &Output) -> Option<Restore> {
        self.output(prepared, output, newest_dependency(prepared))
    }

    /// A blob, read again before it is used where the user wants that.
    pub(super) fn blob(&self, prepared: &Prepared, digest: &Digest) -> Option<BlobFile> {
        if prepared.verify_always { self.store.verified_blob(digest) } else { self.store.blob(digest) }
    }

    fn output(&self, prepared: &Prepared, output: &Output, newest: Nanos) -> Option<Restore> {
        let mode = if output.executable { 0o777 } else { 0o666 };
        let source = match &output.content {
            Content::Inline(bytes) => Source::Bytes(bytes.clone()),
            Content::Relocatable(text) => Source::Bytes(prepared.places.decode(text)),
            Content::Blob(digest) => {
                let blob = self.blob(prepared, digest)?;
                // A shared inode keeps its time and mode: cargo must not find it older than what it was made from, and
                // the user must not find other permissions than the compiler would have given.
                let link = output.linkable && blob.sig.mtime >= newest && blob.sig.mode == mode & !prepared.umask;
                Source::Blob { path: blob.path.into_os_string(), digest: *digest, sig: blob.sig, reflink: self.reflink, link }
            }
        };
        Some(Restore { name: output.name.clone(), source, mode })
    }
}

/// The latest time among the files that cargo compares with a unit's outputs (source: `check_filesystem` in cargo's
/// `fingerprint/mod.rs`): its dependencies' outputs, its build script's, and the binaries of an integration test.
fn newest_dependency(prepared: &Prepared) -> Nanos {
    let mut files: Vec<PathBuf> = prepared.closure.direct.iter().flat_map(|d| compared(d)).collect();
    if let Some(unit) = prepared.places.build_out.as_deref().and_then(Path::parent) {
        // `output` is today's name; the new build-directory layout has `run/stdout`.
        files.extend(["output", "stdout", "run/stdout", "run/output"].map(|n| unit.join(n)));
    }
    let binaries = prepared.env.iter().filter(|(name, _)| name.starts_with(b"CARGO_BIN_EXE_"));
    files.extend(binaries.map(|(_, path)| PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path))));
    files.iter().filter_map(|f| FileSig::of(f).ok()).map(|s| s.mtime).max().unwrap_or(Nanos::MIN)
}

/// The outputs of a dependency that cargo compares: its metadata alone where that is what the dependent was given, else all
/// of them. One of them may be newer than the others: what is kept in the index is written anew.
fn compared(given: &Path) -> Vec<PathBuf> {
    let all = ["rlib", "rmeta"].into_iter().filter(|_| given.extension().is_some_and(|e| e != "rmeta"));
    let others = all.map(|e| given.with_extension(e)).filter(|p| p != given);
    std::iter::once(given.to_owned()).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_compares_what_the_dependent_needs() {
        for (given, files) in
            [("d/liba-1.rmeta", &["d/liba-1.rmeta"][..]), ("d/liba-1.rlib", &["d/liba-1.rlib", "d/liba-1.rmeta"])]
        {
            assert_eq!(compared(Path::new(given)), files.iter().map(PathBuf::from).collect::<Vec<_>>());
        }
        assert!(compared(Path::new("d/liba-1.so")).contains(&PathBuf::from("d/liba-1.rmeta")), "a dylib has metadata as well");
    }
}
