//! One digest per level over all files of a reduced crate.

use std::path::Path;

use super::{
    facts::{Facts, Private},
    macros, names,
    tree::{Part, Reduced},
};
use crate::base::digest::{Digest, KeyHasher};

/// How much of the sources counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// All that the compiler can tell; see [`Facts::meaning`].
    Meaning,
    /// The same without positions; see [`Facts::tokens`].
    Tokens,
    /// What other crates can tell; see [`Facts::interface`].
    Interface,
    /// The same without positions; see [`Facts::interface_loose`].
    InterfaceLoose,
    /// The interface without private functions that nothing in it mentions.
    InterfaceX,
    /// The same without positions.
    InterfaceLooseX,
}

impl Level {
    pub const ALL: [Self; 6] =
        [Self::Meaning, Self::Tokens, Self::Interface, Self::InterfaceLoose, Self::InterfaceX, Self::InterfaceLooseX];

    fn is_x(self) -> bool {
        matches!(self, Self::InterfaceX | Self::InterfaceLooseX)
    }

    fn is_placed(self) -> bool {
        matches!(self, Self::Meaning | Self::Interface | Self::InterfaceX)
    }

    /// A file's digest. Where a position can matter the level with positions stands in.
    fn of(self, facts: &Facts) -> Digest {
        match self {
            Self::Meaning => facts.meaning,
            Self::Tokens => facts.tokens.unwrap_or(facts.meaning),
            Self::Interface => facts.interface,
            Self::InterfaceLoose => facts.interface_loose.unwrap_or(facts.interface),
            Self::InterfaceX => facts.interface_x,
            Self::InterfaceLooseX => facts.interface_loose_x.unwrap_or(facts.interface_x),
        }
    }
}

/// The digest of a crate at `level`; none if the level says nothing about this crate. `file` gives the name that a file has
/// in keys and the digest of its bytes.
pub fn digest(reduced: &Reduced, level: Level, file: &mut dyn FnMut(&Path) -> (String, Digest)) -> Option<Digest> {
    let traits = &reduced.traits;
    if reduced.whole.is_none() && !level.is_placed() && traits.asks_caller {
        return None;
    }
    if level.is_x() && !may_leave_out_private(reduced) {
        return None;
    }
    // Whether a crate unwinds through foreign calls stands in its metadata, and its bodies decide it.
    let level = match level {
        Level::Interface | Level::InterfaceX if traits.unwinds => Level::Meaning,
        Level::InterfaceLoose | Level::InterfaceLooseX if traits.unwinds => Level::Tokens,
        level => level,
    };
    let mut key = KeyHasher::new("reduced crate");
    let mut parts: Vec<(String, &Part, Digest)> = Vec::with_capacity(reduced.files.len());
    for (path, part) in &reduced.files {
        let (name, content) = file(path);
        parts.push((name, part, content));
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, part, content) in &parts {
        match part {
            Part::Facts(facts) => key.field("file", name.as_bytes()).field("facts", &level.of(facts).0),
            Part::AsBytes(_) => key.field("file", name.as_bytes()).field("bytes", &content.0),
        };
    }
    if level.is_x() {
        for (name, private) in put_back(parts.iter().map(|(name, part, _)| (name.as_str(), *part))) {
            let skeleton = if level.is_placed() { private.placed } else { private.loose };
            key.field("in", name.as_bytes()).field("private", private.name.as_bytes()).field("skeleton", &skeleton.0);
        }
    }
    Some(key.finish())
}

/// Whether all names that code may use stand in the files: no code that counts byte by byte, and no macro that might make up
/// names of its own.
fn may_leave_out_private(reduced: &Reduced) -> bool {
    let traits = &reduced.traits;
    let is_plain = |name: &String| macros::uses_given_names(name) || traits.defined_macros.binary_search(name).is_ok();
    reduced.whole.is_none() && !reduced.has_unread_code && traits.unknown_macros.iter().all(is_plain)
}

/// The private functions whose names the interface of any file mentions.
fn put_back<'a>(parts: impl Iterator<Item = (&'a str, &'a Part)>) -> Vec<(&'a str, &'a Private)> {
    let files: Vec<(&str, &Facts)> = parts
        .filter_map(|(name, part)| match part {
            Part::Facts(facts) => Some((name, &**facts)),
            Part::AsBytes(_) => None,
        })
        .collect();
    let is_mentioned = |private: &Private| {
        let hash = names::hash(&private.name);
        files.iter().any(|(_, facts)| facts.retained.binary_search(&hash).is_ok())
    };
    let all = files.iter().flat_map(|(name, facts)| facts.private.iter().map(move |p| (*name, p)));
    all.filter(|(_, private)| is_mentioned(private)).collect()
}
