//! Where a source text can be edited: its tokens, its functions, its items, as byte ranges.

use std::ops::Range;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::{
    Attribute, Block, Generics, ImplItemFn, ItemFn, ItemImpl, ItemTrait, Lit, Signature, TraitItemFn, Type, Visibility,
    spanned::Spanned,
    visit::{self, Visit},
};

/// A function with a body.
pub struct Function {
    /// What other crates can see of it decides how edits of it are counted.
    pub class: &'static str,
    /// With attributes and documentation.
    pub whole: Range<usize>,
    /// Behind the brace that opens the body.
    pub body: usize,
    pub is_const: bool,
    pub in_trait_impl: bool,
    /// Integers in its body.
    pub numbers: Vec<Range<usize>>,
}

pub struct Sites {
    /// Each token; those of one documentation comment are one.
    pub tokens: Vec<Range<usize>>,
    /// The gaps between two tokens (by the number of the first) that may become wider.
    pub gaps: Vec<usize>,
    pub functions: Vec<Function>,
    /// The items of the file itself, in order.
    pub items: Vec<Item>,
}

pub struct Item {
    pub whole: Range<usize>,
    pub is_function: bool,
}

impl Sites {
    /// Nothing for a text that is no Rust.
    pub fn of(text: &str) -> Option<Self> {
        proc_macro2::extra::invalidate_current_thread_spans();
        let file = syn::parse_file(text).ok()?;
        let mut finder = Finder::default();
        finder.visit_file(&file);
        let items =
            file.items.iter().map(|item| Item { whole: item.span().byte_range(), is_function: matches!(item, syn::Item::Fn(_)) });
        let mut sites = Self { tokens: Vec::new(), gaps: Vec::new(), functions: finder.functions, items: items.collect() };
        sites.add(text.parse().ok()?, &mut false);
        let gap = |n: usize| &text[sites.tokens[n].end..sites.tokens[n + 1].start];
        let is_white = |n: &usize| !gap(*n).is_empty() && gap(*n).chars().all(char::is_whitespace);
        sites.gaps =
            std::mem::take(&mut sites.gaps).into_iter().filter(|n| n + 1 < sites.tokens.len()).filter(is_white).collect();
        Some(sites)
    }

    fn add(&mut self, stream: TokenStream, joint: &mut bool) {
        for tree in stream {
            match tree {
                TokenTree::Group(group) => {
                    let visible = group.delimiter() != Delimiter::None;
                    if visible {
                        self.push(group.span_open().byte_range(), *joint);
                    }
                    *joint = false;
                    self.add(group.stream(), joint);
                    if visible {
                        self.push(group.span_close().byte_range(), *joint);
                    }
                }
                other => {
                    self.push(other.span().byte_range(), *joint);
                    *joint = matches!(&other, TokenTree::Punct(p) if p.spacing() == Spacing::Joint);
                }
            }
        }
    }

    fn push(&mut self, token: Range<usize>, after_joint: bool) {
        // `/// text` is several tokens with the place of one.
        if self.tokens.last().is_some_and(|last| token.start < last.end) {
            return;
        }
        if !after_joint && !self.tokens.is_empty() {
            self.gaps.push(self.tokens.len() - 1);
        }
        self.tokens.push(token);
    }
}

#[derive(Default)]
struct Finder {
    functions: Vec<Function>,
    /// Of the impls and traits around.
    generic: bool,
    in_trait: bool,
    in_trait_impl: bool,
    /// Functions around, by number.
    around: Vec<usize>,
}

impl Finder {
    fn function(&mut self, attrs: &[Attribute], vis: Option<&Visibility>, sig: &Signature, block: &Block, whole: Range<usize>) {
        let is_generic = self.generic || has_types(&sig.generics) || sig.inputs.iter().any(is_opaque);
        let class = if !self.around.is_empty() {
            "nested-body"
        } else if sig.constness.is_some() {
            "const-body"
        } else if self.in_trait {
            "default-body"
        } else if is_generic {
            "generic-body"
        } else if attrs.iter().any(|a| a.path().is_ident("inline")) {
            "inline-body"
        } else if matches!(&sig.output, syn::ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_))) {
            "impl-trait-body"
        } else if sig.asyncness.is_some() {
            "async-body"
        } else if matches!(vis, Some(Visibility::Public(_))) || self.in_trait_impl {
            "public-body"
        } else {
            "private-body"
        };
        self.functions.push(Function {
            class,
            whole,
            body: block.brace_token.span.open().byte_range().end,
            is_const: sig.constness.is_some(),
            in_trait_impl: self.in_trait_impl || self.in_trait,
            numbers: Vec::new(),
        });
        self.around.push(self.functions.len() - 1);
    }
}

fn has_types(generics: &Generics) -> bool {
    generics.type_params().next().is_some() || generics.const_params().next().is_some()
}

fn is_opaque(input: &syn::FnArg) -> bool {
    matches!(input, syn::FnArg::Typed(arg) if matches!(*arg.ty, Type::ImplTrait(_)))
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.attrs, Some(&item.vis), &item.sig, &item.block, item.span().byte_range());
        visit::visit_item_fn(self, item);
        self.around.pop();
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.attrs, Some(&item.vis), &item.sig, &item.block, item.span().byte_range());
        visit::visit_impl_item_fn(self, item);
        self.around.pop();
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.attrs, None, &item.sig, block, item.span().byte_range());
            visit::visit_trait_item_fn(self, item);
            self.around.pop();
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let before = (self.generic, self.in_trait_impl);
        (self.generic, self.in_trait_impl) = (has_types(&item.generics), item.trait_.is_some());
        visit::visit_item_impl(self, item);
        (self.generic, self.in_trait_impl) = before;
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        let before = std::mem::replace(&mut self.in_trait, true);
        visit::visit_item_trait(self, item);
        self.in_trait = before;
    }

    fn visit_expr_lit(&mut self, literal: &'ast syn::ExprLit) {
        if let (Lit::Int(int), Some(around)) = (&literal.lit, self.around.last()) {
            self.functions[*around].numbers.push(int.span().byte_range());
        }
    }
}

#[test]
fn functions_are_told_apart() {
    let text = "fn a() { 1 }\n#[inline] pub fn b() { fn c() {} }\nimpl<T> S<T> { const fn d() {} pub fn e(&self) {} }\n\
                trait R { fn f(&self) { \"é\"; 7; } fn g(); }\npub fn h() -> impl R { 0 }\n";
    let sites = Sites::of(text).expect("parses");
    let classes: Vec<_> = sites.functions.iter().map(|f| f.class).collect();
    assert_eq!(
        classes,
        ["private-body", "inline-body", "nested-body", "const-body", "generic-body", "default-body", "impl-trait-body"]
    );
    assert!(sites.functions.iter().all(|f| text[..f.body].ends_with('{')));
    assert_eq!(&text[sites.functions[5].numbers[0].clone()], "7");
    assert!(text[sites.functions[1].whole.clone()].starts_with("#[inline]"));
}

#[test]
fn gaps_are_white_and_break_no_token() {
    let text = "/// Doc.\nfn a<'x>(b: &'x u8) -> u8 { /* c */ b && d; x :: y }\n";
    let sites = Sites::of(text).expect("parses");
    assert_eq!(&text[sites.tokens[0].clone()], "/// Doc.");
    let around: Vec<_> =
        sites.gaps.iter().map(|n| (&text[sites.tokens[*n].clone()], &text[sites.tokens[n + 1].clone()])).collect();
    assert!(around.contains(&("fn", "a")) && around.contains(&("&", "d")) && !around.contains(&("{", "b")), "{around:?}");
    assert!(!around.contains(&("'", "x")) && !around.contains(&(":", ":")), "{around:?}");
}
