//! What need not be parsed: the insides of braces in which nothing stands that any mark could be set on.
//!
//! Most bodies of functions are made of names, literals, punctuation and calls of std's macros. Neither an item nor
//! documentation nor the call of an unknown macro hides in those, so the walk through the syntax tree would find nothing; and
//! parsing them is what most of the time of reading a file goes to. They are taken out of the parser's input. Whether they
//! are well-formed is for the compiler to say: no digest leaves out anything on that account that it would not have left
//! out of a body that parses.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{
    lex::{Kind, Lexed, Token},
    survey::{Call, Survey},
    tables::begins_item,
};

/// Fewer tokens are parsed as fast.
const WORTH: usize = 8;

/// Words that begin an item in some edition, or syntax that is younger than the parser. A name that is spelt so is none the
/// worse for being parsed.
const RARE: [&str; 22] = [
    "abstract", "auto", "become", "box", "builtin", "default", "do", "final", "gen", "macro", "override", "pin", "priv", "reuse",
    "safe", "super", "try", "typeof", "union", "unsized", "virtual", "yield",
];

/// `stream` with the insides of such braces taken out; `lexed` and `survey` are made of it.
pub fn hollow(lexed: &Lexed<'_>, survey: &Survey, trusted: bool, stream: TokenStream) -> TokenStream {
    let plain = plain(lexed, &survey.calls, trusted);
    if plain.is_empty() { stream } else { Rebuild { lexed, plain: &plain, at: 0 }.stream(stream) }
}

/// The opening braces of all such groups that stand in no other one, in order. What stands in parentheses or brackets is
/// always parsed: there it may be part of a signature.
fn plain(lexed: &Lexed<'_>, calls: &[Call], trusted: bool) -> Vec<usize> {
    let mut plain: Vec<usize> = Vec::new();
    let mut calls = calls.iter().peekable();
    let mut open = Vec::new();
    // How many of those are no braces.
    let mut inner = 0;
    // The last token that must be parsed.
    let mut odd = None;
    let mut at = 0;
    while at < lexed.tokens.len() {
        while calls.next_if(|c| c.bang < at).is_some() {}
        match lexed.tokens[at].kind {
            Kind::Doc(_) => odd = Some(at),
            Kind::Ident if is_odd(lexed, at) => odd = Some(at),
            Kind::Punct { .. } if lexed.is_punct(at, '#') => odd = Some(at),
            Kind::Punct { .. } => {
                if let Some(call) = calls.next_if(|c| c.bang == at) {
                    // What stands in its input is parsed by nobody.
                    if !trusted || call.std.is_none() {
                        odd = Some(at);
                    }
                    at = call.close;
                }
            }
            Kind::Open(_) => {
                open.push(at);
                inner += usize::from(lexed.text_of(at) != "{");
            }
            Kind::Close => {
                let Some(begin) = open.pop() else { break };
                let is_brace = lexed.text_of(at) == "}";
                inner -= usize::from(!is_brace);
                if is_brace && inner == 0 && odd.is_none_or(|odd| odd < begin) && at - begin > WORTH {
                    plain.truncate(plain.partition_point(|other| *other < begin));
                    plain.push(begin);
                }
            }
            Kind::Ident | Kind::Literal => {}
        }
        at += 1;
    }
    plain
}

fn is_odd(lexed: &Lexed<'_>, at: usize) -> bool {
    let text = lexed.text_of(at);
    // `'static` is no item.
    (begins_item(text) || RARE.contains(&text)) && !(at > 0 && lexed.is_punct(at - 1, '\''))
}

/// Goes through the tokens of a stream in the order of `lexed`.
struct Rebuild<'a> {
    lexed: &'a Lexed<'a>,
    /// Those that are still to come.
    plain: &'a [usize],
    /// Index of the next token.
    at: usize,
}

impl Rebuild<'_> {
    fn stream(&mut self, stream: TokenStream) -> TokenStream {
        let mut trees = Vec::new();
        let mut in_doc = false;
        for tree in stream {
            match tree {
                TokenTree::Group(group) if !in_doc && group.delimiter() != Delimiter::None => trees.push(self.group(group)),
                tree if in_doc => {
                    // All tokens of a doc comment are one.
                    in_doc = !matches!(tree, TokenTree::Group(_));
                    trees.push(tree);
                }
                tree => {
                    in_doc = matches!(self.lexed.tokens.get(self.at), Some(Token { kind: Kind::Doc(_), .. }));
                    self.at += 1;
                    trees.push(tree);
                }
            }
        }
        TokenStream::from_iter(trees)
    }

    fn group(&mut self, group: Group) -> TokenTree {
        let begin = self.at;
        let end = self.lexed.mate(begin).unwrap_or(begin);
        self.at = end + 1;
        let is_hollow = match self.plain {
            [first, rest @ ..] if *first == begin => {
                self.plain = rest;
                true
            }
            [first, ..] if *first < end => false,
            _ => return group.into(),
        };
        let (delimiter, span, inside) = (group.delimiter(), group.span(), group.stream());
        // What nobody else holds is moved, not copied.
        drop(group);
        let inside = if is_hollow {
            TokenStream::new()
        } else {
            self.at = begin + 1;
            let inside = self.stream(inside);
            self.at = end + 1;
            inside
        };
        let mut group = Group::new(delimiter, inside);
        group.set_span(span);
        group.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::{attributes::Trust, parsing, source::Lines, survey::survey};

    fn hollowed(text: &str) -> String {
        parsing(|| {
            let stream: TokenStream = text.parse().expect("tokens");
            let lexed = Lexed::new(&Lines::new(text), stream.clone());
            let survey = survey(&lexed, Trust { macros: true, derives: true }, false);
            hollow(&lexed, &survey, true, stream).to_string()
        })
    }

    #[test]
    fn what_the_parser_does_not_get_to_see() {
        let fill = "a + b + c + d + e;";
        for (text, hollow) in [
            ("fn f() { FILL } /// d\nfn g() { FILL }", true),
            ("impl A { //! d\n fn f() { if FILL { FILL } } }", true),
            ("fn f() { fn g() {} { FILL } }", true),
            ("fn f() { println!(\"{}\", |x| { struct A; }); FILL }", true),
            ("fn f() -> &'static str { let _: &'static str = FILL }", true),
            ("fn f() { let a = 1; }", false),
            ("fn f() { use a::b; FILL }", false),
            ("fn f() { union U { a: u8 } FILL }", false),
            ("fn f() { other!(a); FILL }", false),
            ("fn f() { #[cfg(a)] FILL }", false),
            ("fn f() { /** d */ FILL }", false),
            ("fn f(a: [u8; { FILL }]) -> ([u8; { FILL }]);", false),
        ] {
            let text = text.replace("FILL", fill);
            let as_it_stands: TokenStream = text.parse().expect("tokens");
            assert_eq!(hollowed(&text) != as_it_stands.to_string(), hollow, "{text}");
        }
        let text = "/// é\nimpl A { /*! d */ fn f() { 1 + 1 + 1 + 1 + 1 } const B: u8 = 1; }";
        let expected: TokenStream = "/// é\nimpl A { /*! d */ fn f() { } const B: u8 = 1; }".parse().expect("tokens");
        assert_eq!(hollowed(text), expected.to_string());
    }
}
