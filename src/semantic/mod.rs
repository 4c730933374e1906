//! Layer 2: what Rust source text means to the compiler, told without compiling it.
//!
//! Each file is reduced to [`facts::Facts`]: digests that stay the same under edits the compiler (or a dependent crate) cannot
//! see, and what one file has to tell of itself for the whole crate's sake. [`tree`] joins the files of a crate, [`keys`]
//! makes one digest per level.
//!
//! Pure functions of text: this layer reads no file, knows no store and never guesses. What is not understood is
//! [`facts::Unclear`] or counts as bytes with a reason, so that a mistake costs a compile and never a wrong program.

mod attributes;
mod cut;
pub mod diagnostics;
mod digests;
pub mod facts;
pub mod functions;
mod hollow;
mod imports;
mod include;
pub mod keys;
mod lex;
pub mod macros;
mod marks;
mod names;
pub mod pieces;
mod places;
mod resolve;
mod source;
mod survey;
mod tables;
pub mod tree;
mod walk;

#[cfg(test)]
mod tests;

/// Runs `parse`, which uses `syn` or `proc-macro2`, and gives back what those keep of every text they have seen.
///
/// No span may outlive the call.
pub fn parsing<T>(parse: impl FnOnce() -> T) -> T {
    let result = parse();
    proc_macro2::extra::invalidate_current_thread_spans();
    result
}
