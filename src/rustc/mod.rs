//! Layer 2: what cargo asks the compiler to do. Pure parsing: nothing here touches the cache or decides about hits.
//!
//! It must never guess: an argument it does not know makes the invocation uncacheable ([`WhyNot`]), and the compiler runs
//! as if we were not there.

pub mod args;
pub mod depinfo;
pub mod fast_linker;
pub mod flags;
pub mod linker;
pub mod messages;
pub mod places;
pub mod rewrite;
pub mod roots;
pub mod sessions;
pub mod toolchain;
pub mod whynot;

pub use args::{CrateType, Extern, Invocation, Tool};
pub use places::Places;
pub use roots::Roots;
pub use whynot::WhyNot;
