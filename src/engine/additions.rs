//! What the user's configuration adds to a compile: a faster linker, another code generator.
//!
//! Both are tried, never relied on: whatever the wrapper sees fail with them is compiled without, and is compiled without
//! from then on until the unit's link arguments, the linker or the toolchain change. It must never add anything to a compile
//! whose key does not say so.

use std::{ffi::OsString, path::Path};

use super::{Engine, Prepared};
use crate::{
    artifact::record::Action,
    base::{
        digest::{Digest, DigestFile, KeyHasher},
        env::EnvSnapshot,
        fs,
    },
    config::{Backend, PerformanceSettings},
    events::Tools,
    fingerprint::Part,
    rustc::{
        Invocation, Tool, WhyNot,
        fast_linker::{self, Installed},
        toolchain::Toolchain,
    },
};

/// The name that is shown and stored.
const CRANELIFT: &str = "cranelift";

/// What is added to one compile.
#[derive(Debug, Clone, Default)]
pub struct Additions {
    /// For rustc, behind everything else.
    pub args: Vec<OsString>,
    /// For the C compiler that links, among [`Additions::args`].
    pub search: Option<OsString>,
    /// For the key.
    pub parts: Vec<(Part, String, Digest)>,
    pub tools: Tools,
    /// What they are remembered by if they fail.
    failures: Vec<Digest>,
}

/// What a compile is, as far as additions go.
pub(super) struct Subject<'a> {
    pub inv: &'a Invocation,
    pub toolchain: &'a Toolchain,
    pub env: &'a EnvSnapshot,
    pub cwd: &'a Path,
    /// [`Prepared::label`]
    pub label: &'a str,
    pub member: bool,
}

impl Engine {
    /// What is added to this compile.
    ///
    /// # Errors
    /// [`WhyNot::Linker`] if the linker cannot be read.
    pub(super) fn additions(&self, settings: &PerformanceSettings, subject: &Subject<'_>) -> Result<Additions, WhyNot> {
        let mut all = Additions::default();
        self.add_linker(&mut all, settings, subject)?;
        self.add_backend(&mut all, settings, subject);
        Ok(all)
    }

    fn add_linker(&self, all: &mut Additions, settings: &PerformanceSettings, subject: &Subject<'_>) -> Result<(), WhyNot> {
        let Subject { inv, toolchain, env, cwd, .. } = subject;
        if inv.runs_linker() {
            let chosen = fast_linker::is_chosen(inv);
            let name = if chosen { "the linker that cargo was told to use" } else { fast_linker::without_us(toolchain) };
            all.tools.linker = Some(name.to_owned());
        }
        let Some(installed) = fast_linker::pick(settings.linker, inv, toolchain, env, cwd) else { return Ok(()) };
        let files: &dyn DigestFile = &self.store;
        let (digest, _) = files.digest(&installed.program).map_err(|e| WhyNot::Linker(e.to_string()))?;
        let name = installed.brand.name();
        let failure = linker_failure(inv, subject.label, digest);
        if self.has_failed(&failure) {
            all.tools.failed.push(name.to_owned());
            return Ok(());
        }
        // Without the directory there is nothing that could be said to rustc.
        let Some(dir) = self.linker_dir(&installed) else { return Ok(()) };
        all.args.extend(fast_linker::arguments(&dir, toolchain));
        all.search = Some(fast_linker::search(&dir));
        all.parts.push((Part::Linker, format!("performance.linker: {name}"), digest));
        all.tools.linker = Some(name.to_owned());
        all.failures.push(failure);
        Ok(())
    }

    /// Members that are compiled in a hurry: not optimised, for this machine, by a compiler that can.
    fn add_backend(&self, all: &mut Additions, settings: &PerformanceSettings, subject: &Subject<'_>) {
        let Subject { inv, toolchain, label, member, .. } = subject;
        let hurried = inv.codegen("opt-level").is_none_or(|level| level == "0") && inv.links;
        let here = inv.target.as_ref().is_none_or(|t| *t == toolchain.host);
        let wanted = settings.codegen_backend == Backend::Cranelift && toolchain.cranelift;
        if !(wanted && hurried && here && *member && inv.tool == Tool::Rustc) {
            return;
        }
        let failure = KeyHasher::new("failed backend").field("unit", label.as_bytes()).field("by", &toolchain.key.0).finish();
        if self.has_failed(&failure) {
            all.tools.failed.push(CRANELIFT.to_owned());
            return;
        }
        all.args.push("-Zcodegen-backend=cranelift".into());
        all.parts.push((Part::Argument, "-Z codegen-backend".into(), Digest::of(CRANELIFT.as_bytes())));
        all.tools.backend = Some(CRANELIFT.to_owned());
        all.failures.push(failure);
    }

    /// Whether this linker has failed to link the unit, and is not used for it any more.
    pub(super) fn has_linker_failed(&self, prepared: &Prepared, installed: &Installed) -> bool {
        let files: &dyn DigestFile = &self.store;
        let digest = files.digest(&installed.program);
        digest.is_ok_and(|(digest, _)| self.has_failed(&linker_failure(&prepared.inv, &prepared.label, digest)))
    }

    fn has_failed(&self, failure: &Digest) -> bool {
        let failed = matches!(self.store.action(failure), Some(Action::Refused(_)));
        if failed {
            self.store.touch(failure);
        }
        failed
    }

    /// A directory of the store in which this linker is called `ld`, as C compilers look for it.
    pub(super) fn linker_dir(&self, installed: &Installed) -> Option<std::path::PathBuf> {
        let name = Digest::of(installed.program.as_os_str().as_encoded_bytes()).to_string();
        let dir = self.store.root().join("linkers").join(format!("{}-{}", installed.brand.name(), &name[..16]));
        let link = dir.join("ld");
        if std::fs::read_link(&link).is_ok_and(|to| to == installed.program) {
            return Some(dir);
        }
        fs::private_dir(dir.parent()?).ok()?;
        fs::private_dir(&dir).ok()?;
        // Whoever else makes it at the same time makes the same.
        drop(std::os::unix::fs::symlink(&installed.program, &link));
        std::fs::read_link(&link).is_ok_and(|to| to == installed.program).then_some(dir)
    }

    /// Remembers that a compile failed with what was added to it and succeeded without, and understands it anew.
    ///
    /// # Errors
    /// Why the compile cannot be cached as it was made.
    pub fn without_additions(&self, prepared: Prepared) -> Result<Prepared, WhyNot> {
        for failure in &prepared.additions.failures {
            let why = WhyNot::Linker("it failed where another one did not".into());
            // Where it cannot be remembered it is tried again.
            drop(self.store.put_action_if_absent(failure, &Action::Refused(why)));
        }
        self.store.trouble("tried-in-vain");
        let again = self.prepare(prepared.into_query())?;
        // It must not be kept under a key that says something else.
        if again.additions.args.is_empty() { Ok(again) } else { Err(WhyNot::Disabled) }
    }
}

/// What it is remembered by that a linker has failed.
fn linker_failure(inv: &Invocation, label: &str, linker: Digest) -> Digest {
    let mut failure = KeyHasher::new("failed linker");
    failure.field("unit", label.as_bytes()).field("linker", &linker.0);
    failure.list("arguments", inv.link_args.iter().map(|a| a.as_encoded_bytes()));
    failure.finish()
}
