//! Layer 3: from an invocation to its keys. Contents of inputs come through
//! [`crate::base::digest::DigestFile`], so that a file that has not changed is not read again.
//!
//! Two steps, as in ccache's direct mode: the invocation key (arguments, toolchain, crate root) finds recorded input sets;
//! an input set digested gives the action key, under which the result stands.
//! It must never know what is stored. An input that cannot be read is a [`crate::rustc::WhyNot`], never a guess.

pub mod closure;
pub mod environ;
pub mod explain;
pub mod generated;
pub mod guard;
pub mod inputs;
pub mod invocation;
pub mod macro_env;
pub mod native;
pub mod parts;
pub mod portable;

pub use inputs::InputSet;
pub use parts::{Component, Components, Part};
