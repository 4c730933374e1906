//! `[ui]`: what is shown while something is going on.
//!
//! It changes nothing about what is built. Nothing here reads files or can fail.

use super::settings::Words;

/// `[ui]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UiSettings {
    pub progress: Bar,
}

/// Whose bar there is while cargo compiles. Whether there is one is cargo's setting, `term.progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bar {
    /// Cargo's, with what the cache knows of the build.
    #[default]
    Auto,
    /// Cargo's as it is, on a terminal that nobody stands in front of.
    Cargo,
}

impl Words for Bar {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Auto, "auto"), (Self::Cargo, "cargo")];
}
