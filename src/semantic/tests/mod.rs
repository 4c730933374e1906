//! Tables of edits: what each changes at each level, and what it does not.

mod compiler;
mod interface;
mod meaning;
mod names;
mod pieces;
mod private;
mod tokens;
mod tree;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    facts::{self, Facts, Rules, Unclear},
    keys::{self, Level},
    macros::Sight,
    tree::{Part, Reduced, Sources, reduce},
};
use crate::base::digest::Digest;

/// Rules of a build with code, under macros that read documentation.
const BUILD: Rules = Rules { metadata_only: false, docs_seen: true, test: false, trust_macros: true, trust_derives: true };

fn of(text: &str) -> Facts {
    with(text, BUILD)
}

fn with(text: &str, rules: Rules) -> Facts {
    facts::of(text, rules).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Fails with all cases that are not as they should be.
fn check(what: &str, cases: &[(&str, &str)], should_be_same: bool, digest: impl Fn(&str) -> Digest) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(before, after)| (digest(before) == digest(after)) != should_be_same)
        .map(|(before, after)| format!("--- before\n{before}\n--- after\n{after}\n"))
        .collect();
    let is = if should_be_same { "differs" } else { "is the same" };
    assert!(wrong.is_empty(), "{what} {is}:\n{}", wrong.concat());
}

/// A crate of made-up files, the root first.
struct Crate(Vec<(PathBuf, String)>);

impl Crate {
    fn new(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(name, text)| (PathBuf::from(name), (*text).to_owned())).collect())
    }

    fn reduced(&self, sight: &Sight) -> Reduced {
        let texts: BTreeMap<&Path, &str> = self.0.iter().map(|(n, t)| (n.as_path(), t.as_str())).collect();
        let files: Vec<PathBuf> = self.0.iter().map(|(n, _)| n.clone()).collect();
        let mut facts =
            |path: &Path, rules: Rules| -> Result<Arc<Facts>, Unclear> { facts::of(texts[path], rules).map(Arc::new) };
        reduce(Sources { files: &files, rules: BUILD, sight, unstable: true }, &mut facts)
    }

    fn key(&self, level: Level) -> Option<Digest> {
        let texts: BTreeMap<&Path, &str> = self.0.iter().map(|(n, t)| (n.as_path(), t.as_str())).collect();
        let mut file = |path: &Path| (path.display().to_string(), Digest::of(texts[path].as_bytes()));
        keys::digest(&self.reduced(&Sight::Docs), level, &mut file)
    }

    /// `facts`, or why a file counts as it stands.
    fn parts(&self) -> Vec<String> {
        let reduced = self.reduced(&Sight::Docs);
        let each = reduced.files.iter().map(|(path, part)| match part {
            Part::Facts(_) => format!("{}: facts", path.display()),
            Part::AsBytes(reason) => format!("{}: {reason}", path.display()),
        });
        each.collect()
    }
}
