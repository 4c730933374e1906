//! What a model said of an error, as data: it is shown and tried, never believed.
//!
//! Everything in it has been stripped of what could drive a terminal. It is never part of a key, nor of what a compiler said.

use serde::{Deserialize, Serialize};

use super::replacement::Replacement;

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// In plain words.
    pub explanation: String,
    /// How sure the model says that it is, from 0 to 1.
    pub confidence: Option<f32>,
    /// What it would change. They belong together; none if it proposed nothing, or nothing that could be understood.
    pub replacements: Vec<Replacement>,
    pub usage: Usage,
    /// It was asked before, and this is what it said then.
    #[serde(skip)]
    pub from_cache: bool,
    /// It had more to say than it was allowed to.
    pub cut: bool,
}

/// What an answer cost, as the provider counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
}

impl Usage {
    /// Both together.
    pub fn total(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}
