//! Whether a function's body can reach another crate by way of its signature or of what it stands in.

use syn::visit::{self, Visit};

/// Where a body may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Openness {
    /// In metadata and objects of a crate.
    pub exact: bool,
    /// In metadata that was made without code.
    pub loose: bool,
}

impl Openness {
    pub const ALWAYS: Self = Self { exact: true, loose: true };
    pub const NEVER: Self = Self { exact: false, loose: false };

    pub fn and(self, other: Self) -> Self {
        Self { exact: self.exact && other.exact, loose: self.loose && other.loose }
    }
}

/// What the signature allows.
pub fn of_signature(sig: &syn::Signature) -> Openness {
    if sig.constness.is_some() || sig.asyncness.is_some() || sig.variadic.is_some() {
        return Openness::NEVER;
    }
    let mut whole = Oddities::default();
    whole.visit_signature(sig);
    let mut output = Oddities::default();
    output.visit_return_type(&sig.output);
    Openness {
        exact: !whole.odd && !whole.impl_trait && is_monomorphic(&sig.generics),
        // An `impl Trait` that is returned is what the body makes of it; one that is taken is a type parameter.
        loose: !whole.odd && !output.impl_trait,
    }
}

/// What `impl … { }` allows for its methods.
pub fn of_impl(item: &syn::ItemImpl) -> Openness {
    if item.modifiers.require_empty().is_err() {
        return Openness::NEVER;
    }
    let mut odd = Oddities::default();
    odd.visit_generics(&item.generics);
    odd.visit_type(&item.self_ty);
    if let Some((path, _)) = &item.trait_ {
        odd.visit_path(path);
    }
    let loose = !odd.odd && !odd.impl_trait;
    Openness { exact: loose && is_monomorphic(&item.generics), loose }
}

/// No parameter but lifetimes: the code is made where the function stands, once.
fn is_monomorphic(generics: &syn::Generics) -> bool {
    generics.params.iter().all(|p| matches!(p, syn::GenericParam::Lifetime(_)))
}

/// What a signature may hide its true face behind.
#[derive(Default)]
struct Oddities {
    impl_trait: bool,
    /// A macro, or syntax that the parser knows only by its extent.
    odd: bool,
}

impl<'ast> Visit<'ast> for Oddities {
    fn visit_type(&mut self, ty: &'ast syn::Type) {
        self.impl_trait |= matches!(ty, syn::Type::ImplTrait(_));
        self.odd |= matches!(ty, syn::Type::Verbatim(_));
        visit::visit_type(self, ty);
    }

    fn visit_type_param_bound(&mut self, bound: &'ast syn::TypeParamBound) {
        self.odd |= matches!(bound, syn::TypeParamBound::Verbatim(_));
        visit::visit_type_param_bound(self, bound);
    }

    fn visit_expr(&mut self, expr: &'ast syn::Expr) {
        self.odd |= matches!(expr, syn::Expr::Verbatim(_) | syn::Expr::Block(_) | syn::Expr::Const(_) | syn::Expr::Unsafe(_));
        visit::visit_expr(self, expr);
    }

    fn visit_pat(&mut self, pat: &'ast syn::Pat) {
        self.odd |= matches!(pat, syn::Pat::Verbatim(_));
        visit::visit_pat(self, pat);
    }

    fn visit_macro(&mut self, _: &'ast syn::Macro) {
        self.odd = true;
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        // On a parameter; `cfg` and lint levels are all that can stand there without a macro around.
        self.odd |= !["cfg", "allow", "warn", "deny", "expect", "doc"].iter().any(|n| attribute.path().is_ident(n));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> (bool, bool) {
        let found = of_signature(&syn::parse_str(text).expect("a signature"));
        (found.exact, found.loose)
    }

    #[test]
    fn signatures() {
        for plain in
            ["fn f()", "unsafe extern \"C\" fn f<'a>(x: &'a [u8; 4]) -> Box<dyn Fn() + 'a>", "fn f(&self) where String: Clone"]
        {
            assert_eq!(signature(plain), (true, true), "{plain}");
        }
        for generic in ["fn f<T>(t: T)", "fn f<const N: usize>()", "fn f(x: impl Clone)", "fn f(x: &dyn Fn(impl Clone))"] {
            assert_eq!(signature(generic), (false, true), "{generic}");
        }
        for open in [
            "const fn f()",
            "async fn f()",
            "fn f() -> impl Clone",
            "fn f<T>() -> Box<dyn Iterator<Item = impl Clone>>",
            "fn f(x: m!())",
            "fn f() -> [u8; m!()]",
            "fn f() -> [u8; { fn g() {} 1 }]",
            "fn f(#[odd] x: u8)",
        ] {
            assert_eq!(signature(open), (false, false), "{open}");
        }
    }
}
