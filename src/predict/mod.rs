//! Layer 14: which crates a machine will need, guessed.
//!
//! A guess is only ever used where a wrong one costs nothing but idle time or disk: to compile ahead, never to skip a compile.
//! It must never look at the network or at sources, and never start anything. A predictor that knows nothing names nothing.

pub mod popular;

/// A crate that may be needed.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub name: String,
    /// As in a manifest.
    pub requirement: String,
    /// Besides the default ones.
    pub features: Vec<String>,
    pub default_features: bool,
    /// From 0 to 1: the share of projects that need it, as far as the predictor can tell.
    pub confidence: f64,
}

/// Something that guesses.
pub trait Predictor {
    /// Crates that a project which needs those `known` will need besides, the likeliest first.
    fn candidates(&self, known: &[&str]) -> Vec<Candidate>;
}
