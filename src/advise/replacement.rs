//! A piece of text that is to stand in place of another.
//!
//! It says nothing of who proposes it, or whether it is any good: whoever applies it must look whether the file is one of the
//! user's, whether the old text stands there once, and whether the result compiles.

use serde::{Deserialize, Serialize};

/// In one file, relative to the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    pub file: String,
    /// What stands there now, to the letter.
    pub old: String,
    pub new: String,
}
