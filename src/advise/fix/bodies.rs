//! Functions and constants of a source with the lines they cover: errors in one do not hide those of another.
//!
//! It must never fail: a source that cannot be read has none.

use std::ops::Range;

use syn::{Attribute, Block, Expr, Ident, spanned::Spanned, visit::Visit};

/// The bodies of one source.
#[derive(Debug, Default)]
pub struct Bodies(Vec<(Range<usize>, String)>);

impl Bodies {
    /// Reads a source.
    pub fn of(text: &str) -> Self {
        let mut walk = Walk::default();
        if let Ok(file) = syn::parse_file(text) {
            walk.visit_file(&file);
        }
        Self(walk.found)
    }

    /// The innermost one that has this line, by a name that stays when lines move.
    pub fn at(&self, line: usize) -> Option<&str> {
        self.with_lines(line).map(|(_, name)| name.as_str())
    }

    /// The same, with its lines.
    pub fn with_lines(&self, line: usize) -> Option<&(Range<usize>, String)> {
        let all = self.0.iter().filter(|(lines, _)| lines.contains(&line));
        all.min_by_key(|(lines, _)| lines.len())
    }
}

#[derive(Default)]
struct Walk {
    path: Vec<String>,
    found: Vec<(Range<usize>, String)>,
}

impl Walk {
    fn add(&mut self, name: &Ident, body: Range<usize>) {
        let path = format!("{}/{name}", self.path.join("/"));
        let same = self.found.iter().filter(|(_, other)| other.split('#').next() == Some(&path)).count();
        self.found.push((body, format!("{path}#{same}")));
    }

    fn inside(&mut self, name: String, walk: impl FnOnce(&mut Self)) {
        self.path.push(name);
        walk(self);
        self.path.pop();
    }
}

fn lines(node: &impl Spanned) -> Range<usize> {
    node.span().start().line..node.span().end().line + 1
}

/// With the line of its name, where rustc points when it means the whole.
fn with_head(head: &Ident, block: &Block) -> Range<usize> {
    head.span().start().line..lines(block).end
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig.ident, with_head(&item.sig.ident, &item.block));
        self.inside(item.sig.ident.to_string(), |w| syn::visit::visit_item_fn(w, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig.ident, with_head(&item.sig.ident, &item.block));
        self.inside(item.sig.ident.to_string(), |w| syn::visit::visit_impl_item_fn(w, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig.ident, with_head(&item.sig.ident, block));
        }
        self.inside(item.sig.ident.to_string(), |w| syn::visit::visit_trait_item_fn(w, item));
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.add(&item.ident, expression(&item.expr));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.add(&item.ident, expression(&item.expr));
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.inside(item.ident.to_string(), |w| syn::visit::visit_item_mod(w, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let number = self.found.len();
        self.inside(format!("impl {number}"), |w| syn::visit::visit_item_impl(w, item));
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn expression(expr: &Expr) -> Range<usize> {
    lines(expr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_body_by_a_name_that_stays() {
        let text = "fn a() {\n  fn b() {\n  }\n}\nimpl T {\n  fn a(&self)\n  {\n  }\n}\nstruct S;\nconst C: u8 = 1;\n";
        let (bodies, moved) = (Bodies::of(text), Bodies::of(&format!("use x;\n\n{text}")));
        for line in 1..12 {
            assert_eq!(bodies.at(line), moved.at(line + 2), "{line}");
        }
        assert_ne!(bodies.at(1), bodies.at(2));
        assert_ne!(bodies.at(1), bodies.at(6), "of the same name");
        assert_eq!((bodies.at(10), bodies.at(5)), (None, None));
        assert!(bodies.at(11).is_some() && bodies.at(4) == bodies.at(1));
        assert_eq!(Bodies::of("fn a( {").at(1), None);
    }
}
