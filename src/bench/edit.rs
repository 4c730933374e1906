//! Edits of one function. Each is a number in a text that is otherwise what it was, so that any number of edits can follow each
//! other and none is ever undone by hand.
//!
//! No edit but that of a signature moves a token that was there: whatever is inserted stands at the end of a line.

use super::site::{Doc, Site};

/// What is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A statement at the beginning of the body, of which every edit changes a literal.
    Private,
    /// A comment behind it.
    Comment,
    Doc,
    /// The name of a lifetime that no caller has to know of.
    Signature,
}

/// Which edit of each kind stands in a text; 0 is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Edits {
    private: u32,
    comment: u32,
    doc: u32,
    signature: u32,
}

impl Edits {
    /// All kinds at once.
    pub fn all(number: u32) -> Self {
        Self { private: number, comment: number, doc: number, signature: number }
    }

    /// One more edit. Numbers of six digits, so that nothing becomes longer from one to the next.
    pub fn make(&mut self, kind: Kind, number: u32) {
        let place = match kind {
            Kind::Private => &mut self.private,
            Kind::Comment => &mut self.comment,
            Kind::Doc => &mut self.doc,
            Kind::Signature => &mut self.signature,
        };
        *place = number;
    }

    /// The text with all edits. `text` is the one that the site was found in.
    pub fn render(&self, text: &str, site: &Site) -> String {
        let mut body = String::new();
        if self.private > 0 {
            // What the optimiser cannot remove, in any edition that knows paths of this kind.
            body = format!(" let _ = ::core::hint::black_box({}_u64);", self.private);
        }
        if self.comment > 0 {
            body += &format!(" // {}", self.comment);
        }
        let (doc_at, doc) = match site.doc {
            Doc::Longer(at) => (at, format!(" {}", self.doc)),
            Doc::New(at) => (at, format!(" /** {} */", self.doc)),
        };
        let lifetime = format!("<'edit_{}>", self.signature);
        let mut inserted = vec![
            (site.body, body),
            (doc_at, if self.doc > 0 { doc } else { String::new() }),
            (site.generics, if self.signature > 0 { lifetime } else { String::new() }),
        ];
        inserted.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut out = text.to_owned();
        for (at, what) in inserted {
            out.insert_str(at, &what);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::site::sites;

    #[test]
    fn edits_stay_in_their_lines_and_go_when_another_comes() {
        let text = "pub mod x;\n\n/// Documented.\nfn f(x: u8) -> u8 {\n    x + 1\n}\n";
        let site = &sites(text)[0];
        let mut edits = Edits::default();
        assert_eq!(edits.render(text, site), text);
        edits.make(Kind::Private, 100_001);
        edits.make(Kind::Private, 100_002);
        edits.make(Kind::Doc, 100_003);
        let expected = "pub mod x;\n\n/// Documented. 100003\nfn f(x: u8) -> u8 { let _ = ::core::hint::black_box(100002_u64);\n    x + 1\n}\n";
        assert_eq!(edits.render(text, site), expected);
        let all = Edits::all(100_004).render(text, site);
        assert!(all.contains("fn f<'edit_100004>(x: u8) -> u8 {") && all.contains("; // 100004\n"), "{all}");
        assert_eq!(all.lines().count(), text.lines().count());
        syn::parse_file(&all).expect("still Rust");
    }

    #[test]
    fn documentation_is_added_where_there_is_none() {
        let text = "struct S;\nimpl S {\n    fn f(&self) -> u8 {\n        1\n    }\n}\n";
        let all = Edits::all(100_001).render(text, &sites(text)[0]);
        assert!(all.contains("impl S { /** 100001 */\n    fn f<'edit_100001>(&self)"), "{all}");
        syn::parse_file(&all).expect("still Rust");
    }
}
