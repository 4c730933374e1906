//! The order of `pub mod` lines in `src/lib.rs` is the order of layers: a layer imports only from those before it.

use crate::source::{Source, Token, assert_bites, assert_clean, tree};

/// The order of the design; `src/lib.rs` may lack some, but has no others and no other order.
const ORDER: &str = "base config rustc cargo semantic fingerprint artifact events store remote engine ipc daemon wrapper seed predict ui advise \
                     analyze watch bench cli";

/// The layers as `src/lib.rs` lists them, with their lines.
fn listed(files: &[Source]) -> Vec<(String, usize)> {
    let text = files.iter().find(|f| f.path == "src/lib.rs").map_or("", |f| f.text.as_str());
    let items = syn::parse_file(text).unwrap().items;
    let modules = items.iter().filter_map(|item| if let syn::Item::Mod(m) = item { Some(m) } else { None });
    modules.map(|m| (m.ident.to_string(), m.ident.span().start().line)).collect()
}

/// `src/lib.rs` against the design.
fn order(files: &[Source]) -> Vec<String> {
    let rank = |name: &str| ORDER.split_whitespace().position(|l| l == name);
    let mut complaints = Vec::new();
    let mut last: Option<(String, usize)> = None;
    for (name, line) in listed(files) {
        let Some(rank) = rank(&name) else {
            complaints.push(format!("src/lib.rs:{line}: {name} is not a layer of the design"));
            continue;
        };
        if let Some((above, above_rank)) = &last
            && *above_rank > rank
        {
            complaints.push(format!("src/lib.rs:{line}: {name} stands before {above} in the design"));
        }
        last = Some((name, rank));
    }
    complaints
}

/// Every edge from one layer to another.
fn direction(files: &[Source]) -> Vec<String> {
    let layers: Vec<String> = listed(files).into_iter().map(|(name, _)| name).collect();
    let rank = |name: &str| layers.iter().position(|l| l == name);
    let mut complaints = Vec::new();
    for file in files.iter().filter(|f| f.is_src()) {
        // `lib.rs`, `main.rs` and the modules of the binary stand above all layers.
        let Some(layer) = file.layer() else { continue };
        let Some(own) = rank(layer) else {
            complaints.push(format!("{}:1: {layer} is not listed in src/lib.rs", file.path));
            continue;
        };
        let tokens = file.tokens();
        for (name, line) in crate_heads(&tokens) {
            match rank(&name) {
                Some(other) if other <= own => {}
                Some(_) => complaints.push(format!("{}:{line}: {layer} may not import {name}", file.path)),
                None => complaints.push(format!("{}:{line}: crate::{name} names no layer", file.path)),
            }
        }
        complaints
            .extend(supers(&tokens, depth(&file.path)).into_iter().map(|(line, what)| format!("{}:{line}: {what}", file.path)));
    }
    complaints
}

/// The first names behind `crate::`, one by one for `crate::{a::x, b}`.
fn crate_heads(tokens: &[Token]) -> Vec<(String, usize)> {
    let mut heads = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        if pair[0].text != "crate" || pair[1].text != "::" {
            continue;
        }
        let Some(next) = tokens.get(at + 2) else { continue };
        if next.text != "{" {
            heads.push((next.text.clone(), next.line));
            continue;
        }
        let (mut depth, mut expecting) = (0_usize, true);
        for token in &tokens[at + 2..] {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                "," if depth == 1 => expecting = true,
                _ if expecting => {
                    heads.push((token.text.clone(), token.line));
                    expecting = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    heads
}

/// How many modules a file is below the crate's root: 1 for `src/base/mod.rs`, 2 for `src/base/fs.rs`.
fn depth(path: &str) -> usize {
    path.split('/').skip(1).filter(|part| *part != "mod.rs").count()
}

/// `super` that climbs more than one step or reaches the crate's root, where it would hide an edge between layers.
fn supers(tokens: &[Token], depth: usize) -> Vec<(usize, String)> {
    let text = |at: usize| tokens.get(at).map_or("", |t| t.text.as_str());
    let mut found = Vec::new();
    let mut braces: Vec<bool> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => braces.push(at >= 2 && text(at - 2) == "mod"),
            "}" => drop(braces.pop()),
            "super" if text(at + 1) == "::" => {
                let inside = depth + braces.iter().filter(|is_mod| **is_mod).count();
                if text(at + 2) == "super" {
                    found.push((token.line, "super::super: write the path from crate::".to_owned()));
                } else if inside <= 1 {
                    found.push((token.line, "super:: is the crate's root here: write the path from crate::".to_owned()));
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn layers_stand_in_the_order_of_the_design() {
    assert_clean(&order(&tree()));
}

#[test]
fn no_layer_imports_one_above_it() {
    assert_clean(&direction(&tree()));
}

#[test]
fn a_wrong_order_is_found() {
    let sample = [Source::new("src/lib.rs", "pub mod rustc;\npub mod base;\npub mod misc;\n")];
    assert_bites(
        &order(&sample),
        &["src/lib.rs:2: base stands before rustc in the design", "src/lib.rs:3: misc is not a layer of the design"],
    );
}

#[test]
fn upward_edges_are_found_wherever_they_hide() {
    let lib = Source::new("src/lib.rs", "pub mod base;\npub mod rustc;\npub mod store;\n");
    let bad = "use crate::{\n    base::{fs, clock},\n    store::Store,\n};\nfn f() -> crate::store::Id {\n    format!(\"{}\", crate::store::X)\n}\n";
    let good = "//! See [`crate::store`].\nuse crate::base::fs;\npub(crate) fn g() -> &'static str { \"crate::store\" }\n";
    let files =
        [lib, Source::new("src/rustc/args.rs", bad), Source::new("src/rustc/flags.rs", good), Source::new("src/main.rs", bad)];
    let expected = [3, 5, 6].map(|line| format!("src/rustc/args.rs:{line}: rustc may not import store"));
    assert_eq!(direction(&files), expected);
}

#[test]
fn ways_round_the_rule_are_found() {
    let lib = Source::new("src/lib.rs", "pub mod base;\n");
    let climbs = "use super::super::store;\nmod tests {\n    use super::*;\n}\n";
    let files = [
        lib,
        Source::new("src/base/mod.rs", "use super::store;\nmod tests {\n    use super::*;\n}\n"),
        Source::new("src/base/fs.rs", climbs),
        Source::new("src/base/all.rs", "use crate::*;\n"),
        Source::new("src/misc/mod.rs", "\n"),
    ];
    assert_bites(
        &direction(&files),
        &[
            "src/base/mod.rs:1: super:: is the crate's root here: write the path from crate::",
            "src/base/fs.rs:1: super::super: write the path from crate::",
            "src/base/all.rs:1: crate::* names no layer",
            "src/misc/mod.rs:1: misc is not listed in src/lib.rs",
        ],
    );
}
