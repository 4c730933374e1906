//! What procedural macros look at besides the tokens they are given: documentation, layout, files.
//!
//! Known from their sources. A macro that is not listed may do anything.

/// What a macro is known to leave alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reads {
    /// Tokens. Documentation is at most passed on to where it is documentation again.
    Tokens,
    /// Tokens and the words of documentation.
    Docs,
}
use Reads::{Docs, Tokens};

/// Procedural macros that work on their input tokens alone (and cargo's package variables, which always count): they open no
/// files, read no other variables, and ask for no source text or position. By the name of the crate.
///
/// `Tokens` stands where the sources mention no documentation, and where all macros are function-like: documentation in
/// their input counts in any case. `Docs` stands where they do mention it, and where nobody has looked.
const PURE_MACROS: [(&str, Reads); 60] = [
    ("async_recursion", Tokens),
    ("async_stream_impl", Tokens),
    ("async_trait", Tokens),
    ("bincode_derive", Docs),
    ("borsh_derive", Tokens),
    ("bytemuck_derive", Docs),
    ("clap_derive", Docs),
    ("cfg_aliases", Tokens),
    ("const_random_macro", Tokens),
    ("darling_macro", Docs),
    ("derivative", Docs),
    ("derive_arbitrary", Tokens),
    ("derive_builder_macro", Docs),
    ("derive_more", Docs),
    ("derive_more_impl", Tokens),
    ("derive_new", Docs),
    ("derive_setters", Docs),
    ("displaydoc", Docs),
    ("educe", Docs),
    ("enum_dispatch", Docs),
    ("enumflags2_derive", Docs),
    ("futures_macro", Tokens),
    ("getset", Docs),
    ("heck", Tokens),
    ("indoc", Tokens),
    ("linkme_impl", Docs),
    ("miette_derive", Tokens),
    ("monostate_impl", Tokens),
    ("num_derive", Tokens),
    ("num_enum_derive", Tokens),
    ("openssl_macros", Docs),
    ("paste", Tokens),
    ("phf_macros", Tokens),
    ("pin_project_internal", Tokens),
    ("proc_macro_error_attr", Docs),
    ("proc_macro_hack", Tokens),
    ("prost_derive", Tokens),
    ("ref_cast_impl", Docs),
    ("rkyv_derive", Tokens),
    ("rustversion", Tokens),
    ("schemars_derive", Docs),
    ("scroll_derive", Docs),
    ("seq_macro", Tokens),
    ("serde_derive", Tokens),
    ("serde_repr", Tokens),
    ("serde_with_macros", Tokens),
    ("smart_default", Docs),
    ("static_assertions", Tokens),
    ("strum_macros", Docs),
    ("synstructure", Tokens),
    ("thiserror_impl", Tokens),
    ("time_macros", Tokens),
    ("tokio_macros", Tokens),
    ("tracing_attributes", Tokens),
    ("typed_builder_macro", Docs),
    ("yoke_derive", Tokens),
    ("zerocopy_derive", Docs),
    ("zerofrom_derive", Tokens),
    ("zeroize_derive", Tokens),
    ("zerovec_derive", Tokens),
];

/// Derives, attributes and macros that use no names in the code they make but those of their input, words of strings
/// included, and those of their own crate. By name alone: another macro of that name would have to make up the very name of
/// a private function to be mistaken.
const GIVEN_NAMES: [&str; 29] = [
    "Args",
    "Deserialize",
    "Error",
    "Parser",
    "Serialize",
    "Subcommand",
    "ValueEnum",
    "anyhow",
    "arg",
    "async_trait",
    "backtrace",
    "bail",
    "bitflags",
    "cfg_if",
    "clap",
    "command",
    "debug",
    "ensure",
    "error",
    "from",
    "info",
    "instrument",
    "json",
    "lazy_static",
    "log",
    "serde",
    "source",
    "trace",
    "warn",
];

/// What the procedural macros behind a crate may see of its sources besides tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sight {
    /// Nothing.
    Blind,
    /// Documentation.
    Docs,
    /// Anything; with the name of one that is not known.
    Nosy(String),
}

/// Sums up what the procedural macros of these crates may see.
pub fn sight<'a>(proc_macro_crates: impl IntoIterator<Item = &'a str>) -> Sight {
    let mut sight = Sight::Blind;
    for name in proc_macro_crates {
        match reads(name) {
            Some(Reads::Tokens) => {}
            Some(Reads::Docs) => sight = Sight::Docs,
            None => return Sight::Nosy(name.to_owned()),
        }
    }
    sight
}

/// Whether a macro of this crate name may read files.
pub fn may_read_files(macro_crate: &str) -> bool {
    reads(macro_crate).is_none()
}

/// Whether a macro, attribute or derive of this name uses the names it is given and no others.
pub fn uses_given_names(name: &str) -> bool {
    GIVEN_NAMES.contains(&name)
}

fn reads(macro_crate: &str) -> Option<Reads> {
    PURE_MACROS.iter().find(|(name, _)| *name == macro_crate).map(|(_, reads)| *reads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_curious_decides() {
        assert_eq!(sight([]), Sight::Blind);
        assert_eq!(sight(["serde_derive", "clap_derive"]), Sight::Docs);
        assert_eq!(sight(["clap_derive", "sqlx_macros", "other"]), Sight::Nosy("sqlx_macros".into()));
    }
}
