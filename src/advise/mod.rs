//! Help with errors: what the compiler knows, said plainly, and mends that were tried before they are offered.
//!
//! It must never change a source that was not shown to change, never trust a text that came from elsewhere, and never send
//! anything unless the user has asked for it and has set it up. Whatever fails in here, cargo's own output and exit code are
//! those that the user gets.

pub mod answer;
pub mod answers;
pub mod captured;
pub mod causes;
pub mod context;
pub mod diagnostic;
pub mod explain;
pub mod fix;
pub mod group;
#[cfg(feature = "llm")]
pub mod llm;
pub mod memory;
pub mod redact;
pub mod replacement;
pub mod show;
pub mod suggestion;
