//! The walk through a file's syntax tree that tells bodies from what other crates can see.
//!
//! Whatever the walk does not reach (macro input, syntax known only by its extent) stays as it is: nothing is left out
//! unless this walk has said so.

use proc_macro2::{Span, TokenStream};
use syn::{
    spanned::Spanned,
    visit::{self, Visit},
};

use super::{
    attributes::Class,
    facts::Rules,
    functions::{self, Openness},
    lex::{Kind, Lexed},
    marks::{BLANK, END, FIXED, GONE, INPUT, KEEP, LOOSE, Marks, ModDecl, Private, WORDLESS},
    source::Lines,
    survey::{Call, Survey, is_cfg_test},
    tables::{begins_item, is_expression_macro, is_placeless},
};

/// Marks every token of a parsed file, or of some of its items: then `head` is the class of the file's attributes.
pub fn walk(lexed: &Lexed<'_>, lines: &Lines<'_>, file: &syn::File, survey: &Survey, rules: Rules, head: Option<Class>) -> Marks {
    let mut marks = Marks::new(lexed);
    for call in &survey.calls {
        marks.paint(call.open, call.close + 1, INPUT);
        if may_define(lexed, call, survey, rules) {
            marks.paint(call.at, call.close + 1, KEEP);
        }
    }
    let mut walk = Walk { lexed, lines, head, survey, rules, marks, around: Around::default(), inline: Vec::new() };
    walk.visit_file(file);
    let mut marks = walk.marks;
    marks.settle_private();
    marks
}

/// Whether a call may stand for more than an expression made of its arguments.
fn may_define(lexed: &Lexed<'_>, call: &Call, survey: &Survey, rules: Rules) -> bool {
    let is_expression = rules.trust_macros && call.std.is_some_and(is_expression_macro);
    let attributes = survey.attributes.partition_point(|a| a.at < call.open);
    let has_attribute = survey.attributes.get(attributes).is_some_and(|a| a.at < call.close);
    !is_expression || has_attribute || (call.open..call.close).any(|at| lexed.ident(at).is_some_and(begins_item))
}

/// What stands around the node that is being visited.
#[derive(Clone, Copy)]
struct Around {
    /// What the items around allow for the bodies of functions.
    open: Openness,
    /// Some attribute may be a macro that gets to see all of this.
    opaque: bool,
    /// In a body or an expression.
    inside: bool,
    /// In something that is evaluated during compilation.
    constant: bool,
    /// Directly in a module.
    in_module: bool,
}

impl Default for Around {
    fn default() -> Self {
        Self { open: Openness::ALWAYS, opaque: false, inside: false, constant: false, in_module: true }
    }
}

struct Walk<'a> {
    lexed: &'a Lexed<'a>,
    lines: &'a Lines<'a>,
    head: Option<Class>,
    survey: &'a Survey,
    rules: Rules,
    marks: Marks,
    around: Around,
    inline: Vec<(String, Vec<(bool, String)>)>,
}

impl Walk<'_> {
    /// Goes on with other surroundings.
    fn within(&mut self, around: Around, go: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.around, around);
        go(self);
        self.around = before;
    }

    fn as_constant(&mut self, go: impl FnOnce(&mut Self)) {
        self.within(Around { constant: true, inside: true, ..self.around }, go);
    }

    /// Index of the token that begins where `span` begins, or of the next one.
    fn index(&self, span: Span) -> usize {
        self.lexed.index_at(self.lines.offset(span.start()).0)
    }

    /// Index of the first token that begins where `span` ends, or later.
    fn index_after(&self, span: Span) -> usize {
        self.lexed.index_at(self.lines.offset(span.end()).0)
    }

    /// The index of an attribute that is not a doc comment in the survey.
    fn surveyed(&self, attribute: &syn::Attribute) -> Option<usize> {
        let at = self.index(attribute.pound_token.span);
        self.survey.attributes.binary_search_by_key(&at, |a| a.at).ok()
    }

    /// The worst class among attributes.
    fn class(&self, attributes: &[syn::Attribute]) -> Class {
        let one = |a: &syn::Attribute| {
            let is_comment =
                self.lexed.tokens.get(self.index(a.pound_token.span)).is_some_and(|t| matches!(t.kind, Kind::Doc(_)));
            match self.surveyed(a) {
                Some(index) => self.survey.attributes[index].class,
                None if is_comment => Class::Inert,
                None => Class::Unknown,
            }
        };
        attributes.iter().map(one).max().unwrap_or(Class::Inert)
    }

    fn paths(&self, attributes: &[syn::Attribute]) -> Vec<(bool, String)> {
        attributes.iter().filter_map(|a| self.surveyed(a)).flat_map(|i| self.survey.attributes[i].paths.clone()).collect()
    }

    /// What stays when a body around it goes.
    fn keep(&mut self, span: Span) {
        let from = self.index(span);
        self.marks.paint(from, self.index_after(span), KEEP);
    }

    fn keep_unparsed(&mut self, tokens: &TokenStream) {
        if !tokens.is_empty() {
            self.keep(tokens.span());
        }
    }

    /// An item of any kind under `attributes`, which are also visited by `go`.
    fn item(&mut self, attributes: &[syn::Attribute], span: impl Fn() -> Span, go: impl FnOnce(&mut Self)) {
        let class = self.class(attributes);
        if self.around.inside {
            self.keep(span());
        }
        let mut around = self.around;
        if class == Class::Unknown {
            let span = span();
            self.marks.paint(self.index(span), self.index_after(span), INPUT);
            around.opaque = true;
        }
        around.open.exact &= class == Class::Inert;
        around.open.loose &= class <= Class::Inline;
        self.within(around, go);
    }

    /// A function whose surroundings have been entered.
    fn function(&mut self, sig: &syn::Signature, is_plain: bool, allowed: Openness, block: &syn::Block) -> Openness {
        let mut open = self.around.open.and(allowed).and(functions::of_signature(sig));
        if !is_plain || self.around.inside || self.around.opaque {
            open = Openness::NEVER;
        }
        let from = self.index(block.brace_token.span.open()) + 1;
        let to = self.index(block.brace_token.span.close()) + 1;
        if open.exact {
            self.marks.paint(from, to, BLANK);
        } else if open.loose && self.rules.metadata_only {
            self.marks.paint(from, to, LOOSE);
        }
        self.visit_signature(sig);
        let constant = self.around.constant || sig.constness.is_some();
        self.within(Around { inside: true, in_module: false, constant, ..self.around }, |this| visit::visit_block(this, block));
        open
    }

    fn free_function(&mut self, item: &syn::ItemFn) {
        item.attrs.iter().for_each(|a| self.visit_attribute(a));
        self.visit_visibility(&item.vis);
        let is_plain = item.modifiers.require_empty().is_ok();
        let open = self.function(&item.sig, is_plain, Openness::ALWAYS, &item.block);
        let name = item.sig.ident.to_string();
        let is_private = matches!(item.vis, syn::Visibility::Inherited) && item.sig.abi.is_none() && name != "main";
        if !(open.exact && self.around.in_module && is_private) {
            return;
        }
        let to = self.index(item.block.brace_token.span.close()) + 1;
        // From the first attribute, or else from `unsafe` or `fn`.
        let word = self.index(item.sig.fn_token.span);
        let first = if self.lexed.ident(word.wrapping_sub(1)) == Some("unsafe") { word - 1 } else { word };
        let outer = item.attrs.iter().find(|a| matches!(a.style, syn::AttrStyle::Outer));
        let from = outer.map_or(first, |a| self.index(a.pound_token.span));
        let is_exported = |at| matches!(self.lexed.ident(at), Some("no_mangle" | "export_name" | "link_section" | "used"));
        if !(from..first).any(is_exported) {
            let name = name.trim_start_matches("r#").to_owned();
            self.marks.private.push(Private { name, from, to });
        }
    }

    fn module(&mut self, item: &syn::ItemMod) {
        item.attrs.iter().for_each(|a| self.visit_attribute(a));
        let name = item.ident.to_string().trim_start_matches("r#").to_owned();
        let paths = self.paths(&item.attrs);
        match &item.content {
            Some((brace, items)) => {
                self.end(brace);
                let is_gone =
                    !self.rules.test && item.attrs.iter().any(|a| is_cfg_test(self.lexed, self.index(a.pound_token.span)));
                if is_gone && !self.around.opaque && !self.around.inside {
                    let from = self.index(brace.span.open()) + 1;
                    self.marks.paint(from, self.index(brace.span.close()) + 1, GONE);
                }
                let around = Around { in_module: self.around.in_module && !is_gone, ..self.around };
                self.inline.push((name, paths));
                self.within(around, |this| items.iter().for_each(|i| this.visit_item(i)));
                self.inline.pop();
            }
            None => {
                let doubtful = self.around.opaque || self.around.inside || !self.around.open.exact;
                self.marks.modules.push(ModDecl { name, paths, inline: self.inline.clone(), doubtful });
            }
        }
    }

    /// The last brace of an item that is made of items: no code and no name stands there.
    fn end(&mut self, brace: &syn::token::Brace) {
        if !self.around.opaque && !self.around.inside {
            let at = self.index(brace.span.close());
            self.marks.paint(at, at + 1, END);
        }
    }

    /// A call that stands where items or types do, or whose value is needed during compilation.
    fn fixed(&mut self, call: &syn::Macro) {
        let close = self.index(call.delimiter.span().close());
        let Ok(index) = self.survey.calls.binary_search_by_key(&self.index(call.bang_token.span), |c| c.bang) else {
            return self.marks.paint(close, close + 1, FIXED);
        };
        let call = &self.survey.calls[index];
        let name = self.lexed.ident(call.bang.wrapping_sub(1));
        let is_known = call.std.is_some() && self.rules.trust_macros || name.is_some_and(is_placeless);
        if !is_known {
            self.marks.paint(call.at, call.close + 1, FIXED);
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_file(&mut self, file: &'ast syn::File) {
        let class = self.head.unwrap_or_else(|| self.class(&file.attrs));
        self.marks.head = class;
        if class == Class::Unknown {
            self.marks.paint(0, self.lexed.tokens.len(), INPUT);
        }
        let open = Openness { exact: class == Class::Inert, loose: class <= Class::Inline };
        let opaque = class == Class::Unknown;
        self.within(Around { open, opaque, ..self.around }, |this| visit::visit_file(this, file));
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if self.rules.metadata_only || self.around.opaque && self.rules.docs_seen {
            return;
        }
        let at = self.index(attribute.pound_token.span);
        let is_comment = self.lexed.tokens.get(at).is_some_and(|t| matches!(t.kind, Kind::Doc(_)));
        let literal = self.surveyed(attribute).and_then(|index| self.survey.attributes[index].doc);
        if let Some(at) = literal.or(is_comment.then_some(at)) {
            self.marks.paint(at, at + 1, WORDLESS);
        }
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        use syn::Item;
        let attributes: &[syn::Attribute] = match item {
            Item::Const(i) => &i.attrs,
            Item::Enum(i) => &i.attrs,
            Item::ExternCrate(i) => &i.attrs,
            Item::Fn(i) => &i.attrs,
            Item::ForeignMod(i) => &i.attrs,
            Item::Impl(i) => &i.attrs,
            Item::Macro(i) => &i.attrs,
            Item::Mod(i) => &i.attrs,
            Item::Static(i) => &i.attrs,
            Item::Struct(i) => &i.attrs,
            Item::Trait(i) => &i.attrs,
            Item::TraitAlias(i) => &i.attrs,
            Item::Type(i) => &i.attrs,
            Item::Union(i) => &i.attrs,
            Item::Use(i) => &i.attrs,
            // Syntax that the parser knows only by its extent.
            _ => return self.keep(item.span()),
        };
        self.item(
            attributes,
            || item.span(),
            |this| match item {
                Item::Fn(item) => this.free_function(item),
                Item::Mod(item) => this.module(item),
                Item::Impl(item) => {
                    this.end(&item.brace_token);
                    let open = this.around.open.and(functions::of_impl(item));
                    this.within(Around { open, in_module: false, ..this.around }, |this| visit::visit_item_impl(this, item));
                }
                Item::Trait(item) => {
                    this.end(&item.brace_token);
                    let open = Openness { exact: false, ..this.around.open };
                    this.within(Around { open, in_module: false, ..this.around }, |this| visit::visit_item_trait(this, item));
                }
                Item::Macro(item) => {
                    item.attrs.iter().for_each(|a| this.visit_attribute(a));
                    this.fixed(&item.mac);
                }
                Item::Const(_) | Item::Static(_) => this.as_constant(|this| visit::visit_item(this, item)),
                _ => visit::visit_item(this, item),
            },
        );
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        use syn::ImplItem;
        let attributes: &[syn::Attribute] = match item {
            ImplItem::Const(i) => &i.attrs,
            ImplItem::Fn(i) => &i.attrs,
            ImplItem::Type(i) => &i.attrs,
            ImplItem::Macro(i) => &i.attrs,
            _ => return,
        };
        self.item(
            attributes,
            || item.span(),
            |this| match item {
                ImplItem::Fn(item) => {
                    item.attrs.iter().for_each(|a| this.visit_attribute(a));
                    let is_plain = item.modifiers.require_empty().is_ok();
                    this.function(&item.sig, is_plain, Openness::ALWAYS, &item.block);
                }
                ImplItem::Macro(item) => this.fixed(&item.mac),
                ImplItem::Const(_) => this.as_constant(|this| visit::visit_impl_item(this, item)),
                _ => visit::visit_impl_item(this, item),
            },
        );
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        use syn::TraitItem;
        let attributes: &[syn::Attribute] = match item {
            TraitItem::Const(i) => &i.attrs,
            TraitItem::Fn(i) => &i.attrs,
            TraitItem::Type(i) => &i.attrs,
            TraitItem::Macro(i) => &i.attrs,
            _ => return,
        };
        self.item(
            attributes,
            || item.span(),
            |this| match item {
                TraitItem::Fn(syn::TraitItemFn { attrs, modifiers, sig, default: Some(block), .. }) => {
                    attrs.iter().for_each(|a| this.visit_attribute(a));
                    let is_plain = modifiers.require_empty().is_ok();
                    this.function(sig, is_plain, Openness { exact: false, loose: true }, block);
                }
                TraitItem::Macro(item) => this.fixed(&item.mac),
                TraitItem::Const(_) => this.as_constant(|this| visit::visit_trait_item(this, item)),
                _ => visit::visit_trait_item(this, item),
            },
        );
    }

    fn visit_foreign_item(&mut self, item: &'ast syn::ForeignItem) {
        use syn::ForeignItem;
        let attributes: &[syn::Attribute] = match item {
            ForeignItem::Fn(i) => &i.attrs,
            ForeignItem::Static(i) => &i.attrs,
            ForeignItem::Type(i) => &i.attrs,
            ForeignItem::Macro(i) => &i.attrs,
            _ => return,
        };
        self.item(attributes, || item.span(), |this| visit::visit_foreign_item(this, item));
    }

    fn visit_expr(&mut self, expr: &'ast syn::Expr) {
        match expr {
            syn::Expr::Verbatim(tokens) => self.keep_unparsed(tokens),
            syn::Expr::Const(block) => self.keep(block.span()),
            _ => {}
        }
        let constant = self.around.constant || matches!(expr, syn::Expr::Const(_));
        self.within(Around { inside: true, in_module: false, constant, ..self.around }, |this| visit::visit_expr(this, expr));
    }

    fn visit_expr_repeat(&mut self, expr: &'ast syn::ExprRepeat) {
        self.visit_expr(&expr.expr);
        self.as_constant(|this| this.visit_expr(&expr.len));
    }

    fn visit_type(&mut self, ty: &'ast syn::Type) {
        match ty {
            syn::Type::Macro(ty) => self.fixed(&ty.mac),
            syn::Type::Verbatim(tokens) => self.keep_unparsed(tokens),
            _ => visit::visit_type(self, ty),
        }
    }

    fn visit_type_array(&mut self, ty: &'ast syn::TypeArray) {
        self.visit_type(&ty.elem);
        self.as_constant(|this| this.visit_expr(&ty.len));
    }

    fn visit_generic_argument(&mut self, argument: &'ast syn::GenericArgument) {
        let constant = self.around.constant || matches!(argument, syn::GenericArgument::Const(_));
        self.within(Around { constant, ..self.around }, |this| visit::visit_generic_argument(this, argument));
    }

    fn visit_const_param(&mut self, param: &'ast syn::ConstParam) {
        self.as_constant(|this| visit::visit_const_param(this, param));
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.as_constant(|this| visit::visit_variant(this, variant));
    }

    fn visit_pat(&mut self, pat: &'ast syn::Pat) {
        match pat {
            syn::Pat::Verbatim(tokens) => self.keep_unparsed(tokens),
            _ => visit::visit_pat(self, pat),
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if self.around.constant || !self.around.inside {
            self.fixed(call);
        }
    }
}
