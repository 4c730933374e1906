//! From marked tokens to digests. Tokens are written down once with positions and once without; each level hashes the parts
//! that it keeps.

use crate::base::digest::{Digest, KeyHasher};

use super::{
    lex::{Kind, Lexed, Token},
    marks::{BLANK, END, FIXED, GONE, INPUT, LOOSE, Marks, PRIVATE, WORDLESS, is_blank},
    names,
};

/// Every token as bytes, once for all levels of a kind.
struct Records {
    bytes: Vec<u8>,
    /// Where each token's record ends.
    ends: Vec<usize>,
    /// Whether positions count everywhere.
    placed: bool,
}

/// Stands for everything that is left out in one place.
const GAP: u8 = 0xff;

impl Records {
    /// With positions and without.
    fn both(lexed: &Lexed<'_>, marks: &Marks) -> [Self; 2] {
        [true, false].map(|placed| {
            let count = lexed.tokens.len();
            let mut this = Self { bytes: Vec::with_capacity(count * 12), ends: Vec::with_capacity(count), placed };
            for (at, flags) in marks.flags.iter().enumerate() {
                token(&mut this.bytes, lexed, *flags, at, placed, placed || flags & FIXED != 0);
                this.ends.push(this.bytes.len());
            }
            this
        })
    }

    /// The digest of `from..to` at one level. `blank` says which bodies are left out: none, those of the interface, those of
    /// metadata without code.
    fn digest(&self, source: Source<'_>, blank: Option<bool>, without_private: bool) -> Digest {
        let Source { lexed, marks, from, to, .. } = source;
        let start = |at: usize| if at == 0 { 0 } else { self.ends[at - 1] };
        if blank.is_none() && !without_private {
            return finish(source.domain, source.has_crlf, &self.bytes[start(from)..start(to)]);
        }
        let mut bytes = Vec::with_capacity(start(to) - start(from));
        let mut run = from;
        let mut in_gap = false;
        // The place of an item's last brace is part of no interface.
        let moved = if self.placed && blank.is_some() { END } else { 0 };
        let private = if without_private { PRIVATE } else { 0 };
        let blanks = blank.map_or(0, |loose| BLANK | GONE | if loose { LOOSE } else { 0 });
        for (at, flags) in (from..to).zip(marks.flags.get(from..to).unwrap_or_default()) {
            let is_blank = flags & blanks != 0 && blank.is_some_and(|loose| is_blank(*flags, loose));
            if flags & (private | moved) == 0 && !is_blank {
                in_gap = false;
                continue;
            }
            bytes.extend_from_slice(&self.bytes[start(run)..start(at.max(run))]);
            run = at + 1;
            match (flags & private != 0, is_blank) {
                (true, _) => {}
                (false, true) if in_gap => {}
                (false, true) => {
                    bytes.push(GAP);
                    in_gap = true;
                }
                (false, false) => token(&mut bytes, lexed, *flags, at, true, false),
            }
        }
        bytes.extend_from_slice(&self.bytes[start(run.min(to))..start(to)]);
        finish(source.domain, source.has_crlf, &bytes)
    }
}

/// A text, or a part of it, and what its digests are for.
#[derive(Clone, Copy)]
struct Source<'a> {
    lexed: &'a Lexed<'a>,
    marks: &'a Marks,
    from: usize,
    to: usize,
    domain: &'static str,
    has_crlf: bool,
}

/// One token's record. Whether it touches the one before it follows from positions; where those do not count (`level_placed`
/// is false) it counts where it can be seen.
fn token(bytes: &mut Vec<u8>, lexed: &Lexed<'_>, flags: u16, at: usize, level_placed: bool, place: bool) {
    let token = &lexed.tokens[at];
    let (kind, joint) = match token.kind {
        Kind::Ident => (0, false),
        Kind::Punct { joint } => (1, joint),
        Kind::Literal => (2, false),
        Kind::Open(_) | Kind::Close => (3, false),
        Kind::Doc(kind) => (3 + kind, false),
    };
    let glued = !level_placed && flags & INPUT != 0 && lexed.is_glued(at);
    bytes.push(kind | u8::from(joint) << 4 | u8::from(glued) << 5 | u8::from(place) << 6);
    if place {
        number(bytes, token.line);
        number(bytes, token.column);
        number(bytes, token.chars);
    }
    if flags & WORDLESS == 0 {
        let text = lexed.text_of(at).as_bytes();
        number(bytes, text.len() as u32);
        bytes.extend_from_slice(text);
    }
}

fn number(bytes: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

fn finish(domain: &str, has_crlf: bool, bytes: &[u8]) -> Digest {
    KeyHasher::new(domain).field("crlf", &[u8::from(has_crlf)]).field("tokens", bytes).finish()
}

/// The digests of a file; see [`super::facts::Facts`].
pub struct Digests {
    pub meaning: Digest,
    pub tokens: Digest,
    pub interface: Digest,
    pub interface_loose: Digest,
    pub interface_x: Digest,
    pub interface_loose_x: Digest,
}

/// Both kinds of records of one text.
pub struct Digester<'a> {
    lexed: &'a Lexed<'a>,
    marks: &'a Marks,
    has_crlf: bool,
    placed: Records,
    loose: Records,
}

impl<'a> Digester<'a> {
    pub fn new(lexed: &'a Lexed<'a>, marks: &'a Marks, has_crlf: bool) -> Self {
        let [placed, loose] = Records::both(lexed, marks);
        Self { lexed, marks, has_crlf, placed, loose }
    }

    fn source(&self, from: usize, to: usize, domain: &'static str) -> Source<'_> {
        Source { lexed: self.lexed, marks: self.marks, from, to, domain, has_crlf: self.has_crlf }
    }

    pub fn all(&self) -> Digests {
        let source = self.source(0, self.lexed.tokens.len(), "reduced source");
        let interface = self.placed.digest(source, Some(false), false);
        let interface_loose = self.loose.digest(source, Some(true), false);
        let has_private = !self.marks.private.is_empty();
        Digests {
            meaning: self.placed.digest(source, None, false),
            tokens: self.loose.digest(source, None, false),
            interface,
            interface_loose,
            interface_x: if has_private { self.placed.digest(source, Some(false), true) } else { interface },
            interface_loose_x: if has_private { self.loose.digest(source, Some(true), true) } else { interface_loose },
        }
    }

    /// Digests of a private function without its body: with and without positions.
    pub fn skeleton(&self, from: usize, to: usize) -> (Digest, Digest) {
        let source = self.source(from, to, "private function");
        (self.placed.digest(source, Some(false), false), self.loose.digest(source, Some(true), false))
    }
}

/// Hashes of all names that the interface mentions, words of strings included; sorted.
pub fn retained(lexed: &Lexed<'_>, marks: &Marks) -> Vec<u32> {
    let mut hashes = Vec::new();
    for (at, (token, flags)) in lexed.tokens.iter().zip(&marks.flags).enumerate() {
        if flags & PRIVATE != 0 || is_blank(*flags, false) {
            continue;
        }
        match token.kind {
            Kind::Ident => hashes.extend(lexed.ident(at).map(names::hash)),
            Kind::Literal if flags & WORDLESS == 0 => {
                // The value where there is one: `"\nname"` has the word `name`.
                let text = lexed.text_of(at);
                match names::string(text) {
                    Some(value) => hashes.extend(names::words(&value).map(names::hash)),
                    None => hashes.extend(names::words(text).map(names::hash)),
                }
            }
            _ => {}
        }
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// For every line on which tokens begin: the line and how many do.
pub fn lines(tokens: &[Token]) -> Vec<(u32, u32)> {
    let mut lines: Vec<(u32, u32)> = Vec::new();
    for token in tokens {
        match lines.last_mut() {
            Some((line, count)) if *line == token.line => *count += 1,
            _ => lines.push((token.line, 1)),
        }
    }
    lines
}

/// The columns of all tokens and which of them share a line: equal for two texts whose lines have only moved.
pub fn layout(tokens: &[Token]) -> Digest {
    let mut bytes = Vec::with_capacity(tokens.len() * 3);
    let mut line = 0;
    for token in tokens {
        bytes.push(u8::from(token.line != line));
        line = token.line;
        number(&mut bytes, token.column);
        number(&mut bytes, token.chars);
    }
    finish("layout", false, &bytes)
}
