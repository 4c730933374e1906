//! Layer 1: what the user asked for, and where each value was said.
//!
//! Later layers win: defaults, the user's file, the project's file, environment variables, flags. Lists and the salt add up
//! instead: each item was put there so that a build comes out right, and losing one could reuse a wrong result. A project
//! can only reduce what is cached (`policy`), because it arrives with code that others wrote.
//!
//! This layer must never know of rustc, the store or the network, and never act on a value. Everything that is wrong is
//! collected and reported at once ([`ConfigError`]); only [`store_path`] never fails, because a build depends on it.

mod diagnostic;
mod discover;
mod document;
mod layers;
mod performance;
mod policy;
mod project;
mod raw;
mod read;
mod settings;
mod source;
mod stack;
mod ui;

pub use diagnostic::{ConfigError, Diagnostic};
pub use discover::{PROJECT_FILE, store_path, user_file};
pub use layers::{Effective, Loaded, Origin, load};
pub use performance::{Backend, Linker, PerformanceSettings};
pub use project::{ProjectRules, project_rules};
pub use settings::{AiSettings, CacheSettings, DaemonSettings, LineDrift, LlmSettings, Provider, Settings, Verify};
pub use ui::{Bar, UiSettings};

#[cfg(test)]
mod tests;
