//! Layer 15: how things look: the two streams, the palette, tables, the summary line of a build.
//!
//! It sees events and sizes, never the engine or the store, and decides nothing. A stream that nobody reads any more
//! (broken pipe) is not a failure: the rest of the output is dropped.

pub mod frames;
pub mod lines;
pub mod live;
pub mod printer;
pub mod progress;
pub mod sanitize;
pub mod summary;
pub mod table;
pub mod theme;

pub use printer::Printer;
pub use theme::{ColorChoice, Theme};
