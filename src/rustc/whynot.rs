//! The closed set of reasons for not caching an invocation, each with one sentence for people.

use serde::{Deserialize, Serialize};

/// Why an invocation is passed to the compiler without a look into the cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNot {
    /// A query such as `-vV` or `--print`, or a compile that cargo did not ask for.
    NotACompile,
    /// An argument that this version does not know.
    UnknownArgument(String),
    /// A response file (`@file`) that cannot be read.
    ResponseFile(String),
    /// `--emit` with something else than `dep-info`, `metadata` and `link`.
    Emit(String),
    /// A crate type that this version does not know.
    CrateType(String),
    /// A `-Z` flag.
    UnstableFlag(String),
    /// Coverage, profile-guided optimisation, `save-temps` and the like leave or need files that nobody declares.
    SideEffect(String),
    /// `--sysroot` or a compiler whose sysroot cannot be determined.
    Toolchain(String),
    /// A linker that cannot be found or identified.
    Linker(String),
    /// The compile reads an environment variable whose name says that it holds a secret.
    Secret(String),
    /// The user's or project's configuration excludes this crate.
    Excluded,
    /// A path that cannot be told apart from its surroundings when it is replaced.
    AwkwardPath(String),
    /// An input cannot be read.
    Input(String),
    /// The user has switched caching off.
    Disabled,
}

impl WhyNot {
    /// One sentence, lower-case, without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotACompile => "it is a query to the compiler, not a compile that cargo tracks".into(),
            Self::UnknownArgument(a) => format!("the compiler argument `{a}` is not known to this version"),
            Self::ResponseFile(f) => format!("the response file `{f}` cannot be read"),
            Self::Emit(e) => format!("`--emit {e}` makes files that cargo does not track"),
            Self::CrateType(t) => format!("the crate type `{t}` is not known to this version"),
            Self::UnstableFlag(f) => format!("the unstable flag `{f}` may change anything"),
            Self::SideEffect(f) => format!("`{f}` reads or leaves files that are not declared"),
            Self::Toolchain(t) => format!("the toolchain cannot be identified: {t}"),
            Self::Linker(l) => format!("the linker cannot be identified: {l}"),
            Self::Secret(v) => format!("it reads `{v}`, which looks like a secret"),
            Self::Excluded => "the configuration excludes this crate".into(),
            Self::AwkwardPath(p) => format!("the path `{p}` holds characters that cannot be replaced safely"),
            Self::Input(p) => format!("an input cannot be read: {p}"),
            Self::Disabled => "caching is switched off".into(),
        }
    }

    /// The reason's name alone, as statistics count it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotACompile => "not-a-compile",
            Self::UnknownArgument(_) => "unknown-argument",
            Self::ResponseFile(_) => "response-file",
            Self::Emit(_) => "emit",
            Self::CrateType(_) => "crate-type",
            Self::UnstableFlag(_) => "unstable-flag",
            Self::SideEffect(_) => "side-effect",
            Self::Toolchain(_) => "toolchain",
            Self::Linker(_) => "linker",
            Self::Secret(_) => "secret",
            Self::Excluded => "excluded",
            Self::AwkwardPath(_) => "awkward-path",
            Self::Input(_) => "input",
            Self::Disabled => "disabled",
        }
    }
}
