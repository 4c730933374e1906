//! Small readings of single tokens: the value of a string literal, the file it may name, hashes of names.

use syn::LitStr;

/// The value of a string literal (`"…"` or `r"…"`); nothing for other tokens.
pub fn string(literal: &str) -> Option<String> {
    if let Some(inner) = literal.strip_prefix('"').and_then(|l| l.strip_suffix('"'))
        && !inner.contains('\\')
    {
        return Some(inner.to_owned());
    }
    if let Some(inner) = raw(literal) {
        return Some(inner.to_owned());
    }
    let is_string = literal.starts_with('"') || literal.starts_with("r\"") || literal.starts_with("r#");
    let parsed = is_string.then(|| syn::parse_str::<LitStr>(literal).ok())?;
    parsed.map(|l| l.value())
}

/// What stands in `r"…"`, `r#"…"#` and so on.
fn raw(literal: &str) -> Option<&str> {
    let rest = literal.strip_prefix('r')?;
    let inner = rest.trim_start_matches('#');
    let hashes = &rest[..rest.len() - inner.len()];
    inner.strip_prefix('"')?.strip_suffix(hashes)?.strip_suffix('"')
}

/// The last part of a path in a string.
pub fn last_component(value: &str) -> &str {
    value.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Whether a string that stands anywhere may be the name of a file that somebody reads.
pub fn may_be_file(component: &str) -> bool {
    let fits = (3..=100).contains(&component.len());
    fits && component.contains('.') && !component.contains(char::is_whitespace)
}

/// Words in a string that could be names.
pub fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

/// A short hash of a name; two names that share one are taken for the same, which is never wrong here.
pub fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        assert_eq!(string(r#""a.rs""#).as_deref(), Some("a.rs"));
        assert_eq!(string(r#""a\n\"b""#).as_deref(), Some("a\n\"b"));
        assert_eq!(string(r###"r##"a"#b"##"###).as_deref(), Some("a\"#b"));
        assert_eq!(string("r\"\\d\"").as_deref(), Some("\\d"));
        assert_eq!(string("r#\"a\"#x").as_deref(), Some("a"), "a suffix");
        for other in ["b\"a\"", "c\"a\"", "'a'", "1", "r"] {
            assert_eq!(string(other), None, "{other}");
        }
    }

    #[test]
    fn files_and_words() {
        assert_eq!(last_component("../src/lib.rs"), "lib.rs");
        assert!(may_be_file("a.rs") && !may_be_file("a.") && !may_be_file("one. two"));
        assert_eq!(words("{foo:?}, a::b_c").collect::<Vec<_>>(), ["foo", "a", "b_c"]);
    }
}
