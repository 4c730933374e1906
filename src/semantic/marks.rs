//! What the walk through the syntax tree found out about each token.

use super::{attributes::Class, lex::Lexed};

/// Part of a body that no other crate can see.
pub const BLANK: u16 = 1;
/// Part of a body that no other crate can see in metadata alone.
pub const LOOSE: u16 = 2;
/// Stays although a body around it goes.
pub const KEEP: u16 = 4;
/// Input of a macro: whether tokens touch may be seen.
pub const INPUT: u16 = 8;
/// Where it stands may be seen even when no code is generated.
pub const FIXED: u16 = 16;
/// Documentation whose words nobody reads.
pub const WORDLESS: u16 = 32;
/// Part of a private function that may come and go.
pub const PRIVATE: u16 = 64;

/// The end of an item whose place no other crate can see.
pub const END: u16 = 128;

/// Taken away before it is compiled.
pub const GONE: u16 = 256;

/// Whether the text of a token with these flags is gone from the interface; `loose` as for metadata alone.
pub fn is_blank(flags: u16, loose: bool) -> bool {
    let blank = if loose { BLANK | LOOSE } else { BLANK };
    flags & GONE != 0 || flags & blank != 0 && flags & KEEP == 0
}

/// Flags of each token, and what has a name.
#[derive(Debug)]
pub struct Marks {
    pub flags: Vec<u16>,
    /// Of the attributes of the file itself.
    pub head: Class,
    pub private: Vec<Private>,
    pub modules: Vec<ModDecl>,
}

/// A private free function whose body is blank: its tokens are `from..to`.
#[derive(Clone, Debug)]
pub struct Private {
    pub name: String,
    pub from: usize,
    pub to: usize,
}

/// `mod name;`
#[derive(serde::Serialize, serde::Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct ModDecl {
    pub name: String,
    /// `#[path]`, and whether a `cfg_attr` decides if it counts.
    pub paths: Vec<(bool, String)>,
    /// The inline modules around it, outermost first, with their `#[path]`.
    pub inline: Vec<(String, Vec<(bool, String)>)>,
    /// Something around it may rewrite it, so that its file must count as it stands.
    pub doubtful: bool,
}

impl Default for Marks {
    fn default() -> Self {
        Self { flags: Vec::new(), head: Class::Inert, private: Vec::new(), modules: Vec::new() }
    }
}

impl Marks {
    pub fn new(lexed: &Lexed<'_>) -> Self {
        Self { flags: vec![0; lexed.tokens.len()], ..Self::default() }
    }

    /// Adds what is said of the tokens from `first` on.
    pub fn append(&mut self, other: &Self, first: usize) {
        self.flags.extend_from_slice(&other.flags);
        self.private.extend(other.private.iter().map(|p| Private {
            name: p.name.clone(),
            from: p.from + first,
            to: p.to + first,
        }));
        self.modules.extend_from_slice(&other.modules);
    }

    /// Bytes of everything with a name, about.
    pub fn names(&self) -> usize {
        64 * (self.private.len() + self.modules.len())
    }

    /// Sets `flag` on `from..to`.
    pub fn paint(&mut self, from: usize, to: usize, flag: u16) {
        let to = to.min(self.flags.len());
        if let Some(flags) = self.flags.get_mut(from..to) {
            flags.iter_mut().for_each(|f| *f |= flag);
        }
    }

    /// Keeps of the private functions only those with nothing in them that stays.
    pub fn settle_private(&mut self) {
        let flags = &self.flags;
        self.private.retain(|p| flags.get(p.from..p.to).is_some_and(|f| f.iter().all(|f| f & KEEP == 0)));
        for index in 0..self.private.len() {
            let (from, to) = (self.private[index].from, self.private[index].to);
            self.paint(from, to, PRIVATE);
        }
    }
}
