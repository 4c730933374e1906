//! A text as a flat list of tokens with their places; comments are gone, a doc comment is one token.
//!
//! The text of a token is the very slice of the source. Anything between tokens is white space or a comment.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

use super::{
    places::{Places, block},
    source::Lines,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ident,
    /// Whether the next token is punctuation that follows at once.
    Punct {
        joint: bool,
    },
    Literal,
    /// An opening delimiter and the index of its mate; for the last token of a text that is cut off, its own.
    Open(u32),
    Close,
    /// A doc comment: `1 ///`, `2 //!`, `3 /**`, `4 /*!`.
    Doc(u8),
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub start: u32,
    pub end: u32,
    /// From 1.
    pub line: u32,
    /// From 0, in bytes.
    pub column: u32,
    /// From 0, in characters.
    pub chars: u32,
    pub kind: Kind,
}

impl Token {
    /// The same behind `bytes`, `lines` and `tokens` that are put before it.
    pub fn moved(self, bytes: u32, lines: u32, tokens: u32) -> Self {
        let kind = match self.kind {
            Kind::Open(mate) => Kind::Open(mate + tokens),
            kind => kind,
        };
        Self { start: self.start + bytes, end: self.end + bytes, line: self.line + lines, kind, ..self }
    }
}

/// A text and its tokens.
pub struct Lexed<'a> {
    pub text: &'a str,
    pub tokens: Vec<Token>,
}

/// How hard a text is on programs that descend into it recursively.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strain {
    /// Groups within groups.
    pub depth: usize,
    /// Tokens in one group between two that end a statement, an element or an arm.
    pub run: usize,
}

/// What a thread of the usual size takes, debug builds included.
pub const EASY: Strain = Strain { depth: 24, run: 400 };

impl Strain {
    pub fn within(self, most: Self) -> bool {
        self.depth <= most.depth && self.run <= most.run
    }
}

impl<'a> Lexed<'a> {
    /// Flattens the tokens of a text, which `stream` was made of.
    pub fn new(lines: &Lines<'a>, stream: TokenStream) -> Self {
        let text = lines.text();
        let mut this = Self { text, tokens: Vec::with_capacity(text.len() / 4) };
        let mut places = Places::new(lines);
        let mut stack = vec![(stream.into_iter(), None::<(Group, u32)>)];
        while let Some((trees, group)) = stack.last_mut() {
            match trees.next() {
                Some(TokenTree::Group(inner)) => {
                    let at = this.tokens.len() as u32;
                    if inner.delimiter() != Delimiter::None {
                        this.tokens.push(places.one_byte(|| inner.span_open(), Kind::Open(at)));
                    }
                    stack.push((inner.stream().into_iter(), Some((inner, at))));
                }
                Some(TokenTree::Ident(ident)) => this.tokens.push(places.word(ident.span())),
                Some(TokenTree::Literal(literal)) => this.tokens.push(places.spanned(literal.span(), Kind::Literal)),
                Some(TokenTree::Punct(punct)) => {
                    let joint = punct.spacing() == Spacing::Joint;
                    let may_be_doc = punct.as_char() == '#';
                    this.tokens.push(match may_be_doc {
                        true => places.spanned(punct.span(), Kind::Punct { joint }),
                        false => places.one_byte(|| punct.span(), Kind::Punct { joint }),
                    });
                    if may_be_doc && this.make_doc() {
                        // `#`, perhaps `!`, and `[doc = "…"]` all stand where the comment stands.
                        while let Some(TokenTree::Punct(_)) = trees.next() {}
                    }
                }
                None => {
                    if let Some((group, open)) = group
                        && group.delimiter() != Delimiter::None
                    {
                        let (mate, open) = (this.tokens.len() as u32, *open as usize);
                        this.tokens.push(places.one_byte(|| group.span_close(), Kind::Close));
                        this.tokens[open].kind = Kind::Open(mate);
                    }
                    stack.pop();
                }
            }
        }
        this
    }

    /// Turns the last token into a doc comment if it is one.
    fn make_doc(&mut self) -> bool {
        let Some(last) = self.tokens.last_mut() else { return false };
        let kind = match &self.text.as_bytes()[last.start as usize..] {
            // A lone `/` is one byte long.
            _ if last.end - last.start < 3 => return false,
            [b'/', b'/', b'/', ..] => 1,
            [b'/', b'/', b'!', ..] => 2,
            [b'/', b'*', b'*', ..] => 3,
            [b'/', b'*', b'!', ..] => 4,
            _ => return false,
        };
        last.kind = Kind::Doc(kind);
        true
    }

    pub fn text_of(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |t| &self.text[t.start as usize..t.end as usize])
    }

    /// An identifier without `r#`; nothing for other tokens.
    pub fn ident(&self, at: usize) -> Option<&'a str> {
        let is_ident = self.tokens.get(at).is_some_and(|t| t.kind == Kind::Ident);
        is_ident.then(|| self.text_of(at)).map(|t| t.strip_prefix("r#").unwrap_or(t))
    }

    pub fn is_punct(&self, at: usize, c: char) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        matches!(token.kind, Kind::Punct { .. }) && self.text[token.start as usize..].starts_with(c)
    }

    /// Whether `::` stands at `at`.
    pub fn is_path_separator(&self, at: usize) -> bool {
        self.is_punct(at, ':') && matches!(self.tokens[at].kind, Kind::Punct { joint: true }) && self.is_punct(at + 1, ':')
    }

    /// Index of the closing delimiter, if `at` is an opening one.
    pub fn mate(&self, at: usize) -> Option<usize> {
        match self.tokens.get(at)?.kind {
            Kind::Open(mate) => Some(mate as usize),
            _ => None,
        }
    }

    /// Whether the token follows the one before it at once.
    pub fn is_glued(&self, at: usize) -> bool {
        at > 0 && self.tokens[at - 1].end == self.tokens[at].start
    }

    /// Index of the token that begins at `offset`, or of the next one.
    pub fn index_at(&self, offset: usize) -> usize {
        self.tokens.partition_point(|t| (t.start as usize) < offset)
    }

    /// What stands between tokens, without its comments.
    pub fn gaps(&self) -> impl Iterator<Item = &'a str> {
        let starts = self.tokens.iter().map(|t| t.start as usize).chain([self.text.len()]);
        let ends = [0].into_iter().chain(self.tokens.iter().map(|t| t.end as usize));
        ends.zip(starts).filter_map(|(end, start)| self.text.get(end..start)).flat_map(spaces)
    }

    /// Splits `from..to` at the commas that are not in a group within.
    pub fn split(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let mut parts = Vec::new();
        let (mut start, mut at) = (from, from);
        while at < to {
            if self.is_punct(at, ',') {
                parts.push((start, at));
                start = at + 1;
            }
            at = self.mate(at).map_or(at, |mate| mate.max(at)) + 1;
        }
        if start < to {
            parts.push((start, to));
        }
        parts
    }

    pub fn strain(&self) -> Strain {
        let mut strain = Strain { depth: 0, run: 0 };
        let mut runs = vec![0_usize];
        for (at, token) in self.tokens.iter().enumerate() {
            let ends = match token.kind {
                Kind::Open(_) => {
                    runs.push(0);
                    strain.depth = strain.depth.max(runs.len() - 1);
                    continue;
                }
                Kind::Doc(_) => continue,
                Kind::Close => {
                    runs.pop();
                    // Items and statements may follow a block without a separator.
                    let next = self.ident(at + 1).is_some_and(|n| n != "else" && n != "as") || self.is_punct(at + 1, '#');
                    next && self.text_of(at) == "}"
                }
                _ => self.is_punct(at, ';') || self.is_punct(at, ','),
            };
            if let Some(run) = runs.last_mut() {
                *run = if ends { 0 } else { *run + 1 };
                strain.run = strain.run.max(*run);
            }
        }
        strain
    }
}

/// The parts of a gap that are no comments. Doc comments are tokens and stand in no gap.
fn spaces(gap: &str) -> Vec<&str> {
    let mut spaces = Vec::new();
    let mut rest = gap;
    while let Some(at) = rest.find('/') {
        spaces.push(&rest[..at]);
        let comment = &rest[at..];
        let length = if comment.starts_with("//") { comment.find('\n') } else { block(comment.as_bytes()) };
        rest = length.map_or("", |length| &comment[length..]);
    }
    spaces.push(rest);
    spaces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::parsing;

    fn texts(text: &str) -> Vec<String> {
        parsing(|| {
            let lexed = Lexed::new(&Lines::new(text), text.parse().expect("tokens"));
            (0..lexed.tokens.len()).map(|i| lexed.text_of(i).to_owned()).collect()
        })
    }

    #[test]
    fn tokens_are_slices_of_the_source() {
        let text = "/// Döc.\n//! x\nfn é<'a>(r#type: u8) -> &'a str { r#\"ü\"# /* c */ + 0x1_u8 } /** b */ // end";
        let expected = [
            "/// Döc.",
            "//! x",
            "fn",
            "é",
            "<",
            "'",
            "a",
            ">",
            "(",
            "r#type",
            ":",
            "u8",
            ")",
            "-",
            ">",
            "&",
            "'",
            "a",
            "str",
            "{",
            "r#\"ü\"#",
            "+",
            "0x1_u8",
            "}",
            "/** b */",
        ];
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn places_and_mates() {
        parsing(|| {
            let text = "fn f() {\n    \"é\"; x\n}";
            let lexed = Lexed::new(&Lines::new(text), text.parse().expect("tokens"));
            let x = lexed.tokens.iter().position(|t| &text[t.start as usize..t.end as usize] == "x").expect("x");
            let token = lexed.tokens[x];
            assert_eq!((token.line, token.column, token.chars), (2, 10, 9));
            assert_eq!(lexed.mate(4).map(|m| lexed.text_of(m)), Some("}"));
            assert!(lexed.is_glued(2) && !lexed.is_glued(1));
        });
    }

    #[test]
    fn gaps_without_comments() {
        let of = |text: &str| parsing(|| Lexed::new(&Lines::new(text), text.parse().expect("tokens")).gaps().collect::<String>());
        assert_eq!(of(" a/* x /* y */ */ b // c\n\t\"/* d */\" /***/ /// e\n"), "   \n\t  \n");
    }

    #[test]
    fn strain_of_deep_and_long_texts() {
        let strain = |text: &str| parsing(|| Lexed::new(&Lines::new(text), text.parse().expect("tokens")).strain());
        assert_eq!(strain("fn a() {} fn b() { 1; 2 }"), Strain { depth: 1, run: 4 });
        assert_eq!(strain(&format!("const A: u8 = {}1;", "1 + ".repeat(100))).run, 206);
        assert_eq!(strain(&format!("{}{}", "(".repeat(50), ")".repeat(50))).depth, 50);
        assert!(strain(&format!("fn f() {{ {} {{}} }}", "if a {} else ".repeat(100))).run > 200);
    }
}
