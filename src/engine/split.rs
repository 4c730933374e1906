//! Whether a finished result holds anywhere, or only in this directory, for this `OUT_DIR`, or at this terminal width.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{NotStored, Prepared, plan::Compiled};
use crate::{
    artifact::{
        location::{baked_in, metadata_names_more},
        record::Split,
    },
    fingerprint::generated::{is_rust, may_carry_its_path, only_included},
    rustc::{depinfo::DepInfo, messages},
};

/// What the result depends on besides its key.
///
/// # Errors
/// If an output cannot be read.
pub(super) fn decide(prepared: &Prepared, result: &Compiled, info: &DepInfo) -> Result<Split, NotStored> {
    let places = &prepared.places;
    let mut split = Split { width: messages::has_diagnostics(&result.stderr), ..Split::default() };
    let cwd = places.cwd.as_os_str().as_bytes();
    let build_out = places.build_out.as_ref().map(|p| p.as_os_str().as_bytes());
    let sources = Sources::read(&places.cwd, places.build_out.as_deref(), info);
    for (name, value) in &info.env {
        let Some(value) = value.as_deref().map(str::as_bytes) else { continue };
        let names = |path: &[u8]| memchr::memmem::find(value, path).is_some();
        let in_build_out = build_out.is_some_and(names);
        if (in_build_out || names(cwd)) && !sources.only_includes(name) {
            split.build_out |= in_build_out;
            split.cwd |= !in_build_out;
        }
    }
    split.build_out |= carries_its_path(&sources.generated);
    split.cwd |= prepared.is_member() && carries_its_path(&sources.placed);
    let mut needles = vec![cwd];
    needles.extend(build_out);
    for made in &result.outputs {
        let path = places.out_dir.join(made.name.as_str());
        match made.emit.as_str() {
            "link" => {
                let found = baked_in(&path, &needles)?;
                let in_build_out = found.get(1).is_some_and(|f| *f);
                split.build_out |= in_build_out;
                // A build directory inside the checkout is found as both.
                split.cwd |= found[0] && prepared.is_member() && !(in_build_out && build_out.is_some_and(|b| b.starts_with(cwd)));
            }
            // Text that a macro put into metadata can surface in another crate's code.
            "metadata" if prepared.nosy_macros && prepared.is_member() && !split.cwd => {
                let known: Vec<Vec<u8>> =
                    info.files.iter().map(|f| places.cwd.join(f)).filter_map(|f| below(&f, &places.cwd)).collect();
                split.cwd |= metadata_names_more(&path, cwd, &known)?;
            }
            _ => {}
        }
    }
    Ok(split)
}

/// Whether what was compiled from these inputs holds for one `OUT_DIR` only, as far as the inputs tell.
pub(super) fn inputs_tie_to(build_out: &Path, info: &DepInfo) -> bool {
    let sources = Sources::read(Path::new("/"), Some(build_out), info);
    let path = build_out.as_os_str().as_bytes();
    let named = info.env.iter().filter(|(_, v)| v.as_deref().is_some_and(|v| memchr::memmem::find(v.as_bytes(), path).is_some()));
    carries_its_path(&sources.generated) || named.into_iter().any(|(name, _)| !sources.only_includes(name))
}

fn below(file: &Path, dir: &Path) -> Option<Vec<u8>> {
    file.strip_prefix(dir).ok().map(|p| p.as_os_str().as_bytes().to_vec())
}

/// A file and its text, if it is text.
type File = (PathBuf, Option<String>);

/// What a compile has read: Rust sources that are named relative to the working directory, files below it that are named
/// by absolute path, and what was generated into `OUT_DIR`.
struct Sources {
    written: Vec<String>,
    placed: Vec<File>,
    generated: Vec<File>,
}

impl Sources {
    fn read(cwd: &Path, build_out: Option<&Path>, info: &DepInfo) -> Self {
        let mut sources = Self { written: Vec::new(), placed: Vec::new(), generated: Vec::new() };
        // Only asked for when a build directory or a tracked variable is in play; most compiles read nothing here.
        if build_out.is_none() && info.env.is_empty() {
            return sources;
        }
        for named in &info.files {
            let file = cwd.join(named);
            let text = std::fs::read_to_string(&file).ok();
            if build_out.is_some_and(|d| file.starts_with(d)) {
                sources.generated.push((file, text));
            } else if named.is_absolute() && file.starts_with(cwd) {
                sources.placed.push((file, text));
            } else if file.extension().is_some_and(|e| e == "rs") {
                sources.written.extend(text);
            }
        }
        sources
    }

    fn only_includes(&self, variable: &str) -> bool {
        let others = self.placed.iter().chain(&self.generated).filter_map(|(_, text)| text.as_deref());
        let all: Vec<&str> = self.written.iter().map(String::as_str).chain(others).collect();
        only_included(&all, variable)
    }
}

/// One of the files is Rust and has code in it. Whether it was included as code or as text is not known; what neither
/// looks like Rust by name nor can be parsed is text.
fn carries_its_path(files: &[File]) -> bool {
    files.iter().any(|(path, text)| {
        let by_name = path.extension().is_none_or(|e| e == "rs" || e == "in" || e == "inc");
        match text.as_deref() {
            Some(text) if by_name => may_carry_its_path(text),
            Some(text) => is_rust(text) && may_carry_its_path(text),
            None => by_name,
        }
    })
}
