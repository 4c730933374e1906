//! A text read in pieces has the facts that it has as a whole, and an edit costs reading one piece.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{BUILD, Digest, Rules, facts};
use crate::semantic::{
    pieces::{Known, Memory},
    source,
};

/// Remembers everything and counts what it is told.
#[derive(Default)]
struct Counting {
    known: Mutex<HashMap<Digest, Known>>,
    told: AtomicUsize,
}

impl Memory for Counting {
    fn get(&self, key: &Digest) -> Option<Known> {
        self.known.lock().expect("lock").get(key).cloned()
    }

    fn put(&self, key: Digest, known: Known) {
        self.told.fetch_add(1, Ordering::Relaxed);
        self.known.lock().expect("lock").insert(key, known);
    }
}

impl Counting {
    /// Fails if reading with this memory finds something else than reading the whole; how many pieces were read.
    fn read(&self, text: &str) -> usize {
        let before = self.told.load(Ordering::Relaxed);
        let other = Rules { metadata_only: true, test: true, docs_seen: false, trust_macros: false, trust_derives: false };
        for rules in [BUILD, Rules { docs_seen: false, ..BUILD }, other] {
            let whole = source::normalise(text).and_then(|(unix, crlf)| facts::whole(&unix, rules, crlf).map_err(|u| u.why));
            let pieces = facts::with(text, rules, self).map_err(|unclear| unclear.why);
            assert!(whole == pieces, "{rules:?}\n{whole:?}\n{pieces:?}\n{text}");
        }
        (self.told.load(Ordering::Relaxed) - before) / 3
    }
}

/// Items of many kinds, about 200 bytes each.
fn items(count: usize) -> String {
    let kinds = [
        "/// Döc \"N\".\npub fn fN<'a>(x: &'a str) -> u32 {\n    let y = [x.len() as u32; 2]; // é }\n    println!(\"{{ {y:?}\");\n    y[0] + N\n}\n\n",
        "#[derive(Debug, Other)]\npub struct SN {\n    /// Field.\n    pub a: [u8; m!(N)],\n}\n\n",
        "impl SN {\n    fn private(&self) -> u32 {\n        fn inner() {}\n        self.a.len() as u32\n    }\n}\n\n",
        "mod mN;\nuse a::{\n    bN,\n    c,\n};\n",
        "fn privateN() -> u32 {\n    other!(N, line!());\n    let x = 1 + 2 + 3 + 4;\n    x\n}\n\n",
        "mod inlineN {\n    #[path = \"x.rs\"]\n    mod deep;\n}\n",
        "macro_rules! mN {\n    ($a:expr) => {\n        $a\n    };\n}\n",
        "#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn f() {\n        assert_eq!(1, 1);\n    }\n}\n",
        "const CN: S = S {\n    a: 1,\n} /* } */;\n",
    ];
    (0..count).map(|n| kinds[n % kinds.len()].replace('N', &n.to_string())).collect()
}

#[test]
fn facts_are_those_of_the_whole() {
    let heads = ["", "//! Docs.\n#![allow(a)]\n", "#![other::attribute]\n", "#![inline]\n", "#![cfg_attr(docsrs, feature(x))]\n"];
    for head in heads {
        let memory = Counting::default();
        let text = format!("{head}{}", items(200));
        assert!(memory.read(&text) > 5, "{head}");
        assert_eq!(memory.read(&text), 0, "{head}");
        memory.read(&text.replace('\n', "\r\n"));
    }
}

#[test]
fn an_edit_costs_one_piece() {
    let memory = Counting::default();
    let text = items(200);
    memory.read(&text);
    let body = text.replace("y[0] + 99\n", "y[0]\n        + 1000\n");
    assert_ne!(body, text);
    assert_eq!(memory.read(&body), 1);
    let comment = body.replace("// é }\n    println!(\"{{ {y:?}\");\n    y[0] + 180\n", "\n\n// {\n\"é\";\n}\n");
    assert_ne!(comment, body);
    assert!(memory.read(&comment) <= 2);
    let new = format!("use first::line;\n{comment}fn last() {{\n}}\n");
    assert!(memory.read(&new) <= 3);
}

#[test]
fn what_looks_like_the_end_of_an_item() {
    let (fill, memory) = (items(140), Counting::default());
    for trap in [
        "const A: &str = \"{\n}\n\";\n",
        "const A: &str = r#\"\nfn f() {\n}\n\"#;\n",
        "/* {\n}\n */\n",
        "/** {\n}\n */ fn f() {}\n",
        "mod m {\nfn f() {\n}\nfn g() {\n}\n}\n",
        "const A: S = S {\n}\n.b;\n",
        "const A: S = match x {\n}\n+ S {\n};\n",
        "fn f() where [u8; 1]: {\n}\n}\n",
        "#![late]\nfn f() {}\n",
        "//! Late.\n",
        "/// Nothing follows.\n",
        "#[nothing]\n",
        "fn f() { let = ; }\n",
        "fn f( {\n}\n",
        "const A: char = '{';\nfn f() {\n}\n",
        "\u{a0}\n",
        "fn f() { \"\n",
        "static A: &str = cr\"x\";\n",
        "---\n",
        "\"unfinished\n}\n",
    ] {
        memory.read(&format!("{fill}{trap}{fill}"));
        memory.read(&format!("{trap}{fill}"));
        memory.read(&format!("{fill}{trap}"));
    }
}
