//! The house rules, as tests: each rule is a function from sources to complaints, run on the tree and on bad samples.
//!
//! A complaint reads `file:line: what is wrong`. There is no list of exceptions: a rule that is wrong is changed here.

#[cfg(test)]
#[path = "tidy/layers.rs"]
mod layers;
#[cfg(test)]
#[path = "tidy/paths.rs"]
mod paths;
#[cfg(test)]
#[path = "tidy/protocol.rs"]
mod protocol;
#[cfg(test)]
#[path = "tidy/reference.rs"]
mod reference;
#[cfg(test)]
#[path = "tidy/shape.rs"]
mod shape;
#[cfg(test)]
#[path = "tidy/source.rs"]
mod source;
#[cfg(test)]
#[path = "tidy/voice.rs"]
mod voice;
#[cfg(test)]
#[path = "tidy/words.rs"]
mod words;
