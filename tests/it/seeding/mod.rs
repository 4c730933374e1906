//! Whole units of what cargo has downloaded, put into a fresh target directory before cargo looks at it.

mod changes;
mod donor;
mod fresh;
mod kills;
mod links;
mod locks;
mod members;
mod mixed;
mod places;
mod secrets;
mod sharing;
mod strangers;
