//! Whether the path of a build directory can reach a result through source code.
//!
//! `OUT_DIR` (and `CARGO_MANIFEST_DIR`) name another place in every checkout. Used inside `include!`, `include_str!` or
//! `include_bytes!` they only say where to read; anywhere else their value may end up in the program. Sources included from
//! there carry their path into panic messages of every function in them. Both questions are answered on tokens; whatever
//! cannot be parsed counts as "yes".

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

use crate::semantic::parsing;

/// Whether every use of `env!(name)` in these sources stands inside an including macro, and there is at least one.
///
/// A variable that is read although no source names it is read by a macro from elsewhere, which may do anything with it.
pub fn only_included(sources: &[&str], name: &str) -> bool {
    let mut uses = Uses { name, included: 0, elsewhere: 0 };
    let mut each = sources.iter().filter(|s| s.contains(name));
    let all = each.all(|source| parsing(|| source.parse::<TokenStream>().map(|tokens| uses.count(tokens, false))).is_ok());
    all && uses.included > 0 && uses.elsewhere == 0
}

struct Uses<'a> {
    name: &'a str,
    included: usize,
    elsewhere: usize,
}

impl Uses<'_> {
    fn count(&mut self, tokens: TokenStream, included: bool) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        for (i, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Group(group) => {
                    let including = i >= 2 && is_punct(&trees[i - 1], '!') && is_including(&trees[i - 2]);
                    self.count(group.stream(), included || including);
                }
                TokenTree::Literal(literal) if literal.to_string().trim_matches('"') == self.name => {
                    if included {
                        self.included += 1;
                    } else {
                        self.elsewhere += 1;
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_punct(tree: &TokenTree, c: char) -> bool {
    matches!(tree, TokenTree::Punct(p) if p.as_char() == c)
}

fn is_including(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Ident(i) if ["include", "include_str", "include_bytes"].iter().any(|n| i == n))
}

/// Whether the text is a Rust file or expression, whatever its name says.
pub fn is_rust(source: &str) -> bool {
    parsing(|| syn::parse_file(source).is_ok() || syn::parse_str::<syn::Expr>(source).is_ok())
}

/// Whether a generated source file can carry its own path into machine code, here or in a crate that depends on this one:
/// it has a function body, a closure, or a macro call (an attribute, a derive) that might expand to one.
pub fn may_carry_its_path(source: &str) -> bool {
    // Generated files are often fragments (an expression for `include!`); tables of literals are the common case.
    parsing(|| match syn::parse_file(source) {
        Ok(file) => {
            let mut bodies = Bodies(false);
            bodies.visit_file(&file);
            bodies.0
        }
        Err(_) => match syn::parse_str::<syn::Expr>(source) {
            Ok(expr) => {
                let mut bodies = Bodies(false);
                bodies.visit_expr(&expr);
                bodies.0
            }
            Err(_) => true,
        },
    })
}

struct Bodies(bool);

impl<'ast> Visit<'ast> for Bodies {
    fn visit_block(&mut self, _: &'ast syn::Block) {
        self.0 = true;
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {
        self.0 = true;
    }

    fn visit_expr_index(&mut self, _: &'ast syn::ExprIndex) {
        self.0 = true;
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        item.attrs.iter().for_each(|a| self.visit_attribute(a));
        self.visit_type(&item.ty);
        let mut initialiser = Initialiser(false);
        initialiser.visit_expr(&item.expr);
        self.0 |= initialiser.0;
    }

    fn visit_macro(&mut self, _: &'ast syn::Macro) {
        self.0 = true;
    }

    fn visit_item_macro(&mut self, _: &'ast syn::ItemMacro) {
        self.0 = true;
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        self.0 |= !is_harmless(attribute);
    }
}

/// Attributes that expand to nothing, and derives whose code does not panic.
fn is_harmless(attribute: &syn::Attribute) -> bool {
    const INERT: [&str; 22] = [
        "allow",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "export_name",
        "forbid",
        "inline",
        "link",
        "link_name",
        "must_use",
        "no_mangle",
        "non_exhaustive",
        "path",
        "repr",
        "rustfmt",
        "clippy",
        "target_feature",
        "used",
        "warn",
    ];
    const DERIVES: [&str; 9] = ["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];
    let first = attribute.path().segments.first().map(|s| s.ident.to_string()).unwrap_or_default();
    if first == "derive" {
        let mut all = true;
        let each = attribute.parse_nested_meta(|meta| {
            all &= DERIVES.iter().any(|d| meta.path.is_ident(d));
            Ok(())
        });
        return all && each.is_ok();
    }
    INERT.contains(&first.as_str())
}

/// The value of a static. Its code belongs to the crate that has the static and is never made again in another one, so
/// what it carries is found in the crate's own machine code. Items and macros in it may be more than that.
struct Initialiser(bool);

impl<'ast> Visit<'ast> for Initialiser {
    fn visit_item(&mut self, _: &'ast syn::Item) {
        self.0 = true;
    }

    fn visit_macro(&mut self, _: &'ast syn::Macro) {
        self.0 = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_variable_is_used() {
        let yes = r#"include!(concat!(env!("OUT_DIR"), "/g.rs")); const T: &str = include_str!(concat!(env!("OUT_DIR"), "/t"));"#;
        assert!(only_included(&[yes, "fn other() {}"], "OUT_DIR"));
        for no in [
            r#"const D: &str = env!("OUT_DIR");"#,
            r#"include!(concat!(env!("OUT_DIR"), "/g.rs")); static P: &str = concat!(env!("OUT_DIR"), "/x");"#,
            r#"proto::include_proto!("x");"#,
            r#"fn f() { unbalanced(env!("OUT_DIR") }"#,
        ] {
            assert!(!only_included(&[no], "OUT_DIR"), "{no}");
        }
    }

    #[test]
    fn what_carries_a_path() {
        for no in [
            "#[doc(hidden)] pub mod __private228 { pub use crate::private::*; }",
            "pub static T: [(&str, u8); 2] = [(\"a\", 1), (\"b\", 2)];",
            "&[1, 2, 3]",
            "static T: [Lazy<u8>; 2] = [Lazy::new(|| f(\"a\")), Lazy::new(|| { let x = g(); x[1] })];",
            "pub const X: usize = 3; extern \"C\" { pub fn f(a: i32); }",
            "#[derive(Debug, Clone, PartialEq)] #[repr(C)] /// Text.\npub struct S { #[doc(hidden)] pub a: u8 }",
        ] {
            assert!(!may_carry_its_path(no), "{no}");
        }
        for yes in [
            "fn f() {}",
            "impl A { pub fn g(&self) -> u8 { 1 } }",
            "thread_local!(static X: u8 = 1);",
            "static T: u8 = { fn f() {} 1 };",
            "static T: u8 = m!();",
            "const C: F = || 1;",
            "|x| x",
            "let x",
        ] {
            assert!(may_carry_its_path(yes), "{yes}");
        }
        for yes in ["#[derive(Clone, Parser)] struct S;", "#[tracing::instrument] struct S;", "#[derive(serde::Debug)] struct S;"]
        {
            assert!(may_carry_its_path(yes), "{yes}");
        }
        assert!(is_rust("fn f() {}") && is_rust("&[1, 2]") && !is_rust("syntax = \"proto3\"; message"));
    }
}
