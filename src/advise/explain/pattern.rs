//! Texts with holes: `` cannot find {kind} `{name}` in {where} `` matches a message and tells what stood in the holes.
//!
//! A hole takes as little as it can, the last one all that is left; `{_}` is forgotten. There is no other syntax, and nothing fails.

/// What stood in each hole, in order; nothing if the text is another.
pub fn matches(pattern: &str, text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let (start, mut holes) = pieces(pattern);
    let mut rest = text.strip_prefix(start)?;
    if holes.is_empty() {
        return rest.is_empty().then_some(found);
    }
    let last = holes.pop();
    for (name, literal) in holes {
        let at = rest.find(literal)?;
        found.push((name.to_owned(), rest[..at].to_owned()));
        rest = &rest[at + literal.len()..];
    }
    if let Some((name, literal)) = last {
        found.push((name.to_owned(), rest.strip_suffix(literal)?.to_owned()));
    }
    found.retain(|(name, _)| name != "_");
    Some(found)
}

/// What stands before the first hole, and each hole with what follows it.
fn pieces(pattern: &str) -> (&str, Vec<(&str, &str)>) {
    let mut parts = pattern.split('{');
    let start = parts.next().unwrap_or_default();
    (start, parts.filter_map(|part| part.split_once('}')).collect())
}

/// What stands between backticks, in order.
pub fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Option<String> {
        let pairs = matches(pattern, text)?;
        Some(pairs.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn holes_are_filled_from_both_ends() {
        let cases = [
            ("no hole", "no hole", Some("")),
            ("no hole", "no hole at all", None),
            ("type `{t}` is", "type `Vec<u8>` is", Some("t=Vec<u8>")),
            ("type `{t}` is", "type `u8` is not", None),
            ("{a} and {b}", "x and y and z", Some("a=x b=y and z")),
            ("{_} of `{n}`{_}", "use of `x`, again", Some("n=x")),
            ("`{n}`", "`a` or `b`", Some("n=a` or `b")),
            ("{all}", "", Some("all=")),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(found(pattern, text).as_deref(), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn names_stand_in_backticks() {
        assert_eq!(quoted("`a` is no `b::C`, but c"), ["a", "b::C"]);
        assert_eq!(quoted("nothing"), Vec::<&str>::new());
    }
}
