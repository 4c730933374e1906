//! Whatever can change a result is part of its key: a change is a miss with the right reason, and nothing else is.

mod environment;
mod flags;
mod linking;
mod macros;
mod sources;
