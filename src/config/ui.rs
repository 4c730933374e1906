//! `[ui]`: what is shown while something is going on.
//!
//! It changes nothing about what is built. Nothing here reads files or can fail.

use super::settings::Choice;

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

impl Choice for Bar {
    fn words(&self) -> &'static [&'static str] {
        &["auto", "cargo"]
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cargo => "cargo",
        }
    }

    fn choose(&mut self, word: &str) {
        *self = [Self::Auto, Self::Cargo].into_iter().find(|v| v.word() == word).unwrap_or(*self);
    }
}
