//! A long text read in pieces, each of which is made of whole items: pieces that have not changed since they were last read
//! need not be parsed again, and those that have can be parsed at the same time.
//!
//! Where to cut is a guess, made without looking at tokens; that it was right follows from every piece being parsed on its
//! own. A cut within a string, a comment, a group or an item leaves a piece that is none of these; then there is no reading
//! in pieces, and the text must be read as a whole.

use std::{num::NonZero, sync::Arc, thread};

use super::{
    attributes::Class,
    facts::Rules,
    hollow::hollow,
    lex::{EASY, Lexed, Token},
    marks::Marks,
    parsing,
    source::Lines,
    survey::survey,
    walk::walk,
};
use crate::base::digest::{Digest, KeyHasher};

/// Shorter texts are read as a whole, in a few milliseconds.
const SHORTEST: usize = 8 << 10;
/// Small items share a piece.
const SMALLEST: usize = 1 << 10;
/// So much text is worth a thread.
const THREAD: usize = 32 << 10;
const THREADS: usize = 4;

/// A piece of a text as if it stood alone.
#[derive(Debug)]
pub struct Piece {
    tokens: Vec<Token>,
    marks: Marks,
    /// Ends of lines.
    lines: u32,
}

/// What is known of a piece; nothing if it does not stand alone.
pub type Known = Option<Arc<Piece>>;

/// Keeps pieces by what they were made of.
pub trait Memory: Sync {
    fn get(&self, key: &Digest) -> Option<Known>;
    fn put(&self, key: Digest, known: Known);
}

/// Keeps nothing.
pub struct NoMemory;

impl Memory for NoMemory {
    fn get(&self, _: &Digest) -> Option<Known> {
        None
    }

    fn put(&self, _: Digest, _: Known) {}
}

impl Piece {
    /// Reads what stands in a file under attributes of the class `head`; at the beginning of a file those are in the text.
    fn read(text: &str, rules: Rules, head: Option<Class>) -> Option<Self> {
        parsing(|| {
            let lines = Lines::new(text);
            let stream: proc_macro2::TokenStream = text.parse().ok()?;
            let lexed = Lexed::new(&lines, stream.clone());
            if !lexed.strain().within(EASY) {
                return None;
            }
            let survey = survey(&lexed, rules.trust(), rules.test);
            let stream = hollow(&lexed, &survey, rules.trust_macros, stream);
            let file: syn::File = syn::parse2(stream).ok()?;
            if head.is_some() && !file.attrs.is_empty() {
                return None;
            }
            let marks = walk(&lexed, &lines, &file, &survey, rules, head);
            Some(Self { tokens: lexed.tokens, marks, lines: lines.ends() })
        })
    }

    /// Bytes in memory, about.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.tokens.len() * (size_of::<Token>() + size_of::<u16>()) + self.marks.names()
    }
}

/// One piece of a text.
struct Cut<'a> {
    text: &'a str,
    key: Digest,
    known: Option<Known>,
}

/// The tokens of `text` and what is said of them, as reading the whole would have found them; nothing if it is too short or
/// cannot be cut.
pub fn read<'a>(text: &'a str, rules: Rules, memory: &dyn Memory) -> Option<(Lexed<'a>, Marks)> {
    if text.len() < SHORTEST {
        return None;
    }
    let mut texts = super::cut::cut(text, SMALLEST);
    let first = texts.next().filter(|first| first.len() < text.len())?;
    let first = look(first, rules, None, memory).or_read(rules, None, memory)?;
    let head = Some(first.marks.head);
    let mut cuts: Vec<Cut<'_>> = texts.map(|text| look(text, rules, head, memory)).collect();
    if cuts.iter().any(|c| matches!(c.known, Some(None))) {
        return None;
    }
    read_missing(&mut cuts, rules, head, memory);
    let mut joined =
        Joined { lexed: Lexed { text, tokens: Vec::with_capacity(text.len() / 4) }, marks: Marks::default(), lines: 0 };
    joined.add(&first, 0);
    for cut in cuts {
        let from = cut.text.as_ptr().addr() - text.as_ptr().addr();
        joined.add(&*cut.known??, from);
    }
    Some((joined.lexed, joined.marks))
}

fn look<'a>(text: &'a str, rules: Rules, head: Option<Class>, memory: &dyn Memory) -> Cut<'a> {
    let mut key = KeyHasher::new("piece of a source");
    let key = key.field("rules", &[rules.bits(), head.map_or(u8::MAX, |c| c as u8)]).field("text", text.as_bytes()).finish();
    Cut { text, key, known: memory.get(&key) }
}

impl Cut<'_> {
    fn or_read(self, rules: Rules, head: Option<Class>, memory: &dyn Memory) -> Known {
        self.known.unwrap_or_else(|| {
            let read = Piece::read(self.text, rules, head).map(Arc::new);
            memory.put(self.key, read.clone());
            read
        })
    }
}

/// Reads the pieces that are not known, on several threads where there are many.
fn read_missing(cuts: &mut [Cut<'_>], rules: Rules, head: Option<Class>, memory: &dyn Memory) {
    let mut missing: Vec<&mut Cut<'_>> = cuts.iter_mut().filter(|c| c.known.is_none()).collect();
    let size: usize = missing.iter().map(|c| c.text.len()).sum();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = size.div_ceil((size / THREAD).min(cores).clamp(1, THREADS));
    let read = |cuts: &mut [&mut Cut<'_>]| {
        for cut in cuts {
            let known = Piece::read(cut.text, rules, head).map(Arc::new);
            memory.put(cut.key, known.clone());
            let is_none = known.is_none();
            cut.known = Some(known);
            if is_none {
                return; // The others are not needed.
            }
        }
    };
    thread::scope(|scope| {
        let mut rest = &mut missing[..];
        loop {
            let mut sum = 0;
            let end = rest.iter().position(|c| {
                sum += c.text.len();
                sum > share
            });
            let (mine, others) = rest.split_at_mut(end.map_or(rest.len(), |end| end.max(1)));
            rest = others;
            if rest.is_empty() {
                return read(mine);
            }
            let started = thread::Builder::new().name("parser".into()).spawn_scoped(scope, || read(mine));
            if started.is_err() {
                return; // What was not read is missing, and the text is read as a whole.
            }
        }
    });
}

/// Pieces put together again.
struct Joined<'a> {
    lexed: Lexed<'a>,
    marks: Marks,
    lines: u32,
}

impl Joined<'_> {
    /// Adds the piece that begins at `from` in the text.
    fn add(&mut self, piece: &Piece, from: usize) {
        let (first, from, lines) = (self.lexed.tokens.len(), from as u32, self.lines);
        self.lexed.tokens.extend(piece.tokens.iter().map(|t| t.moved(from, lines, first as u32)));
        self.marks.append(&piece.marks, first);
        self.lines += piece.lines;
    }
}
