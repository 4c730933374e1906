//! `watch` on real projects: what changes is built again, once, and nothing is left behind.

mod ahead;
mod headless;
pub mod watcher;
