//! The components of a key, named, so that a key that differs can say why.

use serde::{Deserialize, Serialize};

use crate::base::digest::{Digest, KeyHasher};

/// The kinds of things that a key consists of: a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The compiler and everything it consists of.
    Toolchain,
    /// A compiler argument.
    Argument,
    /// `--cfg feature="…"`.
    Feature,
    /// A variable in the environment.
    Environment,
    /// Something in the user's or project's configuration that is part of the key.
    Configuration,
    /// The linker, its start files, its arguments.
    Linker,
    /// A source file, or a file that is included.
    Source,
    /// A crate given by `--extern`, or one that those depend on.
    Dependency,
    /// A native library or a file that the linker reads.
    Native,
    /// A file that a procedural macro may read without telling.
    MacroInput,
    /// An absolute path that is baked into the outputs.
    Location,
    /// The terminal's width, for which diagnostics were laid out.
    Width,
}

/// One named component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    pub part: Part,
    /// What it is called: a path, a variable, a crate.
    pub name: String,
    /// The start of its digest; enough to see a difference, never part of a key.
    pub short: u64,
}

/// A key in the making together with the list of what went into it.
pub struct Components {
    key: KeyHasher,
    list: Vec<Component>,
}

impl Components {
    /// Starts a key under `domain`.
    pub fn new(domain: &str) -> Self {
        Self { key: KeyHasher::new(domain), list: Vec::new() }
    }

    /// Adds a component by its value.
    pub fn value(&mut self, part: Part, name: &str, value: &[u8]) {
        self.digest(part, name, Digest::of(value));
    }

    /// Adds a component by its digest.
    pub fn digest(&mut self, part: Part, name: &str, digest: Digest) {
        self.key.field(name, &[&[part as u8], &digest.0[..]].concat());
        self.list.push(Component { part, name: name.to_owned(), short: digest.start() });
    }

    /// The key and its components.
    pub fn finish(self) -> (Digest, Vec<Component>) {
        (self.key.finish(), self.list)
    }
}
