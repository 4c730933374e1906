//! Where the tokens of a text stand, found by going through the text along with them.
//!
//! Asking `proc-macro2` costs two searches for every token, which would be a tenth of all that reading a file costs. The text
//! itself tells as much of most tokens; it is asked for the rest: literals, documentation, and whatever is not ASCII.

use proc_macro2::Span;

use super::{
    lex::{Kind, Token},
    source::Lines,
};

/// A place in the text that only moves on: tokens must be asked for in their order.
pub struct Places<'t, 'a> {
    lines: &'t Lines<'a>,
    text: &'a [u8],
    /// Where the last token ended.
    at: usize,
    /// Index of the line behind the one of the last token.
    next_line: usize,
    /// Where the line of the last token begins, and whether it is all ASCII.
    line: (usize, bool),
}

impl<'t, 'a> Places<'t, 'a> {
    pub fn new(lines: &'t Lines<'a>) -> Self {
        Self { lines, text: lines.text().as_bytes(), at: 0, next_line: 0, line: (0, true) }
    }

    /// A delimiter or punctuation.
    pub fn one_byte(&mut self, span: impl FnOnce() -> Span, kind: Kind) -> Token {
        let start = self.start().unwrap_or_else(|| self.lines.offset(span().start()).0);
        self.token(start, start + 1, kind)
    }

    /// An identifier, perhaps with `r#`.
    pub fn word(&mut self, span: Span) -> Token {
        let ends = self.start().and_then(|start| Some((start, self.end_of_word(start)?)));
        match ends {
            Some((start, end)) => self.token(start, end, Kind::Ident),
            None => self.spanned(span, Kind::Ident),
        }
    }

    /// Whatever the text alone does not tell.
    pub fn spanned(&mut self, span: Span, kind: Kind) -> Token {
        let start = self.start().unwrap_or_else(|| self.lines.offset(span.start()).0);
        self.token(start, self.lines.offset(span.end()).0, kind)
    }

    fn token(&mut self, start: usize, end: usize, kind: Kind) -> Token {
        while let Some(line) = self.lines.line(self.next_line).filter(|(begin, _)| *begin <= start) {
            self.line = line;
            self.next_line += 1;
        }
        self.at = end;
        let (begin, ascii) = self.line;
        let column = start - begin;
        let chars = if ascii { column } else { self.lines.text()[begin..start].chars().count() };
        Token {
            start: start as u32,
            end: end as u32,
            line: self.next_line as u32,
            column: column as u32,
            chars: chars as u32,
            kind,
        }
    }

    /// Where the next token begins: behind white space and comments that are no documentation. None at what is not ASCII.
    fn start(&self) -> Option<usize> {
        let mut at = self.at;
        loop {
            match self.text.get(at..)? {
                [b' ' | 0x09..=0x0d, ..] => at += 1,
                [b'/', b'/', rest @ ..] if !is_line_doc(rest) => {
                    at += memchr::memchr(b'\n', &self.text[at..])?;
                }
                [b'/', b'*', rest @ ..] if !is_block_doc(rest) => at += block(&self.text[at..])?,
                [byte, ..] if byte.is_ascii() => return Some(at),
                _ => return None,
            }
        }
    }

    fn end_of_word(&self, start: usize) -> Option<usize> {
        let rest = &self.text[start..];
        let prefix = if rest.starts_with(b"r#") { 2 } else { 0 };
        let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii();
        let word = &rest[prefix..];
        let length = word.iter().position(|b| !is_part(b)).unwrap_or(word.len());
        word[..length].is_ascii().then_some(start + prefix + length)
    }
}

/// What follows `//`.
fn is_line_doc(rest: &[u8]) -> bool {
    match rest {
        [b'/', b'/', ..] => false,
        [b'/' | b'!', ..] => true,
        _ => false,
    }
}

/// What follows `/*`.
fn is_block_doc(rest: &[u8]) -> bool {
    match rest {
        [b'!', ..] => true,
        [b'*', b'*' | b'/', ..] => false,
        [b'*', ..] => true,
        _ => false,
    }
}

/// Length of the block comment that `text` begins with; they nest.
pub fn block(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        match text[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proc_macro2::{TokenStream, TokenTree};

    use super::*;
    use crate::semantic::{lex::Lexed, parsing};

    type Place = (usize, usize, usize, usize);

    /// Start, end, line and column of every token, as `proc-macro2` has them.
    fn spans(lines: &Lines<'_>, stream: TokenStream, into: &mut Vec<Place>) {
        let place = |span: Span| {
            let (start, end) = (span.start(), span.end());
            (lines.offset(start).0, lines.offset(end).0, start.line, start.column)
        };
        let mut trees = stream.into_iter().peekable();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Group(group) => {
                    into.push(place(group.span_open()));
                    spans(lines, group.stream(), into);
                    into.push(place(group.span_close()));
                }
                tree => {
                    let own = place(tree.span());
                    into.push(own);
                    // All tokens of a doc comment stand where it stands.
                    while trees.next_if(|next| place(next.span()) == own).is_some() {}
                }
            }
        }
    }

    #[test]
    fn places_are_those_of_the_tokeniser() {
        for text in [
            "#![a]\n// a /* b\nfn é<'a>(r#type: u8,/* x /* y */ */éa:aé) -> &'a str {\n\t\"é\n\"; b'x'; 1.0e5..=2 // end\n}",
            "//// é\n/***/ r#fn /**/ x!{ a/b, 'é', r#\"a\"#s }\u{2003}z /* é */ + y\u{85}; //\n+ '/' \u{200e} w //",
            "/// doc é\n//! doc\n/** a\n */ fn /*! b */ f() /***/ {} ///",
            "r#\"\n\n\"# /* \n\n */ x /* é\n */ y é /*/ */ */ z",
            "",
        ] {
            parsing(|| {
                let lines = Lines::new(text);
                let stream: TokenStream = text.parse().expect("tokens");
                let mut expected = Vec::new();
                spans(&lines, stream.clone(), &mut expected);
                let found = Lexed::new(&lines, stream).tokens;
                let place = |t: &Token| (t.start as usize, t.end as usize, t.line as usize, t.chars as usize);
                assert_eq!(found.iter().map(place).collect::<Vec<Place>>(), expected, "{text}");
            });
        }
    }
}
