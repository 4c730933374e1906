//! Layer 9: the wire between wrapper or CLI and daemon: versioned, size-capped frames over a unix socket that is ours.
//!
//! It must never know what a request means. Every failure is an [`client::IpcError`]; the wrapper answers each of them by
//! running the compiler.

pub mod address;
pub mod breaker;
pub mod client;
pub mod frame;
pub mod protocol;
