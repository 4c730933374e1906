//! Help with errors: what the real compiler says about wrong programs, and what we make of it.

mod builds;
mod explained;
mod memory;
