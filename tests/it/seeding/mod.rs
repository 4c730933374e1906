//! Whole units of what cargo has downloaded, put into a fresh target directory before cargo looks at it.

mod donor;
mod fresh;
mod links;
mod mixed;
mod places;
mod sharing;
