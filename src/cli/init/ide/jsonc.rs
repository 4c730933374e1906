//! The edit of editors' settings, JSON with comments and trailing commas, as text: what was there stays byte for byte, and the
//! edit can be taken back exactly.
//!
//! The text is parsed to find places, never printed. What is added stands on lines of its own, each marked by a comment; every
//! edit is checked before it is used, as in [`crate::cli::init::edit`].

use std::ops::Range;

use jsonc_parser::{CollectOptions, ParseOptions, ast};
use serde_json::{Map, Value};

use crate::cli::init::{InitError, edit::Made};

/// Stands behind each setting of ours; the word in it says what else the edit has made.
const MARK: &str = "/* added by rustc-hyperopt init, with this ";
const END: &str = " */";
/// The line was broken behind the setting.
const BREAK: &str = "break";
/// The file was there and empty.
const BRACES: &str = "braces";
const FILES: [(&str, Made); 4] =
    [("line", Made::Line), (BRACES, Made::Table), ("file", Made::File), ("directory", Made::Directory)];

/// Whether `text` holds an edit of ours.
pub fn is_edited(text: &str) -> bool {
    text.contains(MARK)
}

/// The text at a path of keys.
///
/// # Errors
/// If it is not JSON.
pub fn string(text: &str, path: &[&str]) -> Result<Option<String>, InitError> {
    let root = parse(text)?;
    let Some((last, path)) = path.split_last() else { return Ok(None) };
    let object = path.iter().try_fold(root.as_ref().and_then(ast::Value::as_object), |object, key| {
        object.map(|o| o.get(key).and_then(|p| p.value.as_object()))
    });
    Ok(object.flatten().and_then(|o| o.get_string(last)).map(|s| s.value.clone().into_owned()))
}

/// `text` with `wanted` laid over it; what is set already stays. `made` is what had to be created to have a text at all.
///
/// # Errors
/// If the text is not JSON, or cannot be edited so that the edit can be taken back.
pub fn add(text: &str, wanted: &Map<String, Value>, made: Option<Made>) -> Result<String, InitError> {
    let made = text.is_empty().then(|| made.unwrap_or(Made::Table));
    let base = if made.is_some() { "{\n}\n" } else { text };
    let root = parse(base)?;
    let object = root.as_ref().and_then(ast::Value::as_object).ok_or_else(|| InitError::Json("no `{`".into()))?;
    let mut places = Vec::new();
    collect(object, wanted, &mut places)?;
    let mut new = base.to_owned();
    for place in places.iter().rev() {
        let word = made.and_then(|made| FILES.iter().find(|(_, m)| *m == made)).map(|(word, _)| *word);
        new.insert_str(place.object.start + 1, &place.lines(base, word));
    }
    let back = remove(&new, wanted).map_err(|_| InitError::Awkward)?;
    if back.is_some_and(|(old, _)| old == text) { Ok(new) } else { Err(InitError::Awkward) }
}

/// `text` without our edit, and what the edit had made. Nothing if there is no edit of ours.
///
/// # Errors
/// If the edit is no longer what we have written: then nobody knows what belongs to whom.
pub fn remove(text: &str, wanted: &Map<String, Value>) -> Result<Option<(String, Made)>, InitError> {
    if !is_edited(text) {
        return Ok(None);
    }
    let mut text = text.to_owned();
    let mut made = Made::Line;
    while let Some(mark) = text.find(MARK) {
        let word = text[mark + MARK.len()..].split(END).next().unwrap_or_default().to_owned();
        made = FILES.iter().find(|(w, _)| *w == word).map_or(made, |(_, m)| *m);
        let start = text[..mark].rfind('\n').ok_or(InitError::Changed)?;
        let body = text[start..mark].trim();
        if !is_ours(body.strip_suffix(',').unwrap_or(body), wanted) {
            return Err(InitError::Changed);
        }
        let mut end = mark + MARK.len() + word.len() + END.len();
        // A comma that stands behind the mark was put there for what follows, which now follows something else.
        if !body.ends_with(',') && text[end..].starts_with(',') {
            end += 1;
        }
        if word == BREAK {
            let line = text[..start].rsplit('\n').next().unwrap_or_default();
            let broken = ["\r\n", "\n"].iter().find_map(|eol| text[end..].strip_prefix(eol)?.strip_prefix(leading(line)));
            end = text.len() - broken.ok_or(InitError::Changed)?.len();
        }
        let start = if text[..start].ends_with('\r') { start - 1 } else { start };
        text.replace_range(start..end, "");
    }
    parse(&text).map_err(|_| InitError::Changed)?;
    let ours_alone = made != Made::Line && text.chars().filter(|c| !c.is_whitespace()).eq("{}".chars());
    Ok(Some((if ours_alone { String::new() } else { text }, made)))
}

/// Where something is missing.
struct Place<'a> {
    object: Range<usize>,
    /// The start of the object's first setting.
    first: Option<usize>,
    missing: Vec<(&'a String, &'a Value)>,
}

fn collect<'a>(object: &ast::Object<'_>, wanted: &'a Map<String, Value>, places: &mut Vec<Place<'a>>) -> Result<(), InitError> {
    let missing: Vec<_> = wanted.iter().filter(|(key, _)| object.get(key).is_none()).collect();
    let first = object.properties.first().map(|p| p.range.start);
    if !missing.is_empty() {
        places.push(Place { object: object.range.start..object.range.end, first, missing });
    }
    let mut inner = Vec::new();
    for (key, value) in wanted {
        let (Some(there), Some(more)) = (object.get(key), value.as_object()) else { continue };
        let object = there.value.as_object().ok_or_else(|| InitError::Kind(key.clone()))?;
        inner.push((object, more));
    }
    // From the top of the file downwards, so that places can be filled from its end.
    inner.sort_by_key(|(object, _)| object.range.start);
    inner.into_iter().try_for_each(|(object, more)| collect(object, more, places))
}

impl Place<'_> {
    /// What goes behind the object's brace.
    fn lines(&self, text: &str, file: Option<&str>) -> String {
        let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let own = indentation(text, self.object.start).unwrap_or_default();
        let indent = self.first.and_then(|at| indentation(text, at)).map_or_else(|| format!("{own}  "), str::to_owned);
        let breaks = self.first.is_none() && !text[self.object.clone()].contains('\n');
        let mut lines = String::new();
        for (n, (key, value)) in self.missing.iter().enumerate() {
            let last = n + 1 == self.missing.len();
            let comma = if last && self.first.is_none() { "" } else { "," };
            let word = if last && breaks { BREAK } else { file.unwrap_or("line") };
            lines += &format!("{eol}{indent}{}: {}{comma} {MARK}{word}{END}", Value::from(key.as_str()), spaced(value));
        }
        if breaks {
            lines += &format!("{eol}{}", text[..self.object.start].rsplit('\n').next().map_or("", leading));
        }
        lines
    }
}

/// White space in front of `at`, if there is nothing else in its line before it.
fn indentation(text: &str, at: usize) -> Option<&str> {
    let line = &text[text[..at].rfind('\n').map_or(0, |n| n + 1)..at];
    line.trim().is_empty().then_some(line).or_else(|| (text.as_bytes().get(at) == Some(&b'{')).then(|| leading(line)))
}

fn leading(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// One line, with spaces inside braces.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let inner: Vec<_> = map.iter().map(|(k, v)| format!("{}: {}", Value::from(k.as_str()), spaced(v))).collect();
            format!("{{ {} }}", inner.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// Whether `body` is one setting with nothing in it but what we write, whatever the values.
fn is_ours(body: &str, wanted: &Map<String, Value>) -> bool {
    let within = |map: &Map<String, Value>| part_of(map, wanted) || below(map, wanted);
    serde_json::from_str::<Map<String, Value>>(&format!("{{{body}}}")).is_ok_and(|map| within(&map))
}

/// `map` fits somewhere inside `wanted`.
fn below(map: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    wanted.values().filter_map(Value::as_object).any(|inner| part_of(map, inner) || below(map, inner))
}

fn part_of(map: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    map.iter().all(|(key, value)| match (value, wanted.get(key)) {
        (Value::Object(inner), Some(Value::Object(more))) => part_of(inner, more),
        (value, Some(like)) => value.is_string() == like.is_string() && value.is_boolean() == like.is_boolean(),
        (_, None) => false,
    })
}

/// As editors read it: comments and trailing commas, and nothing else that JSON has not.
fn parse(text: &str) -> Result<Option<ast::Value<'_>>, InitError> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options);
    parsed.map(|parsed| parsed.value).map_err(|e| InitError::Json(e.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flat() -> Map<String, Value> {
        map(json!({ "ra.targetDir": true, "ra.extraEnv": { "RUSTC_WRAPPER": "/opt/a \"b\"/hyperopt" } }))
    }

    fn deep() -> Map<String, Value> {
        map(json!({ "lsp": { "ra": { "cargo": { "targetDir": true, "extraEnv": { "RUSTC_WRAPPER": "/opt/x" } } } } }))
    }

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    /// What is wanted is in it.
    fn holds(text: &str, wanted: &Map<String, Value>) -> bool {
        fn within(object: &ast::Object<'_>, wanted: &Map<String, Value>) -> bool {
            wanted.iter().all(|(key, value)| match (object.get(key).map(|p| &p.value), value) {
                (Some(ast::Value::Object(o)), Value::Object(w)) => within(o, w),
                (Some(there), value) => there.as_object().is_none() && !value.is_object(),
                (None, _) => false,
            })
        }
        parse(text).expect("JSON").is_some_and(|v| v.as_object().is_some_and(|o| within(o, wanted)))
    }

    const TEXTS: [&str; 16] = [
        "",
        "{}",
        "{}\n",
        "{\n}\n",
        "{ \"a\": 1 }",
        "// mine\n{\n    // a comment\n    \"a\": [1, 2,], // here\n    \"b\": \"//\",\n}\n",
        "{ // first\n\t\"a\": 1\n}",
        "{\r\n  \"a\": 1\r\n}\r\n",
        "{\n  \"ra.extraEnv\": {}\n}\n",
        "{\n  \"ra.extraEnv\": { \"CC\": \"gcc\" },\n  \"z\": 0\n}\n",
        "{\n  \"ra.targetDir\": \"elsewhere\",\n  \"ra.extraEnv\": {\n    \"CC\": \"gcc\", /* c */\n  },\n}\n",
        "{\n  \"lsp\": {\n    \"ra\": { \"cargo\": { \"features\": \"all\" } }\n  }\n}\n",
        "{\n  \"lsp\": {\n    \"gopls\": {}\n  },\n  \"ra.extraEnv\": {\n  }\n}\n",
        "{ \"lsp\": { \"ra\": { } } }",
        "/* a */ { /* b */ } // c",
        "{\n  \"text\": \"with \\\"{ braces } and \\u00e9\"\n}",
    ];

    #[test]
    fn adding_says_what_we_mean_and_removing_gives_back_every_byte() {
        for text in TEXTS {
            for wanted in [flat(), deep()] {
                let new = add(text, &wanted, None).unwrap_or_else(|e| panic!("{text:?}: {e}"));
                assert!(holds(&new, &wanted) && is_edited(&new) && !is_edited(text), "{new}");
                assert_eq!(remove(&new, &wanted).expect("ours").expect("edited").0, text);
            }
        }
        let text = "{\n  \"ra.targetDir\": \"elsewhere\"\n}\n";
        let new = add(text, &flat(), None).expect("edited");
        assert_eq!(string(&new, &["ra.targetDir"]).expect("JSON").as_deref(), Some("elsewhere"), "what is set stays");
        assert_eq!(string(&new, &["ra.extraEnv", "RUSTC_WRAPPER"]).expect("JSON").as_deref(), Some("/opt/a \"b\"/hyperopt"));
    }

    #[test]
    fn a_file_of_ours_is_told_from_one_that_was_there() {
        for made in [Made::File, Made::Directory] {
            let new = add("", &flat(), Some(made)).expect("edited");
            assert_eq!(remove(&new, &flat()).expect("ours"), Some((String::new(), made)));
            let more = new.replacen("{\n", "{\n  \"mine\": 1,\n", 1);
            assert_eq!(remove(&more, &flat()).expect("ours"), Some(("{\n  \"mine\": 1,\n}\n".into(), made)));
        }
    }

    #[test]
    fn edits_made_since_survive_and_what_was_mixed_is_left_alone() {
        let new = add("{\n}\n", &flat(), None).expect("edited");
        let more = new.replace("\n}\n", ",\n  \"mine\": 1\n}\n");
        assert_eq!(remove(&more, &flat()).expect("ours").expect("edited").0, "{\n  \"mine\": 1\n}\n");
        let mixed = new.replace("\"RUSTC_WRAPPER\"", "\"CC\": \"gcc\", \"RUSTC_WRAPPER\"");
        assert!(matches!(remove(&mixed, &flat()), Err(InitError::Changed)), "{mixed}");
        let reformatted = new.replace("{ \"RUSTC", "{\n    \"RUSTC");
        assert!(matches!(remove(&reformatted, &flat()), Err(InitError::Changed)), "{reformatted}");
        assert_eq!(remove("{\n  \"a\": 1\n}\n", &flat()).expect("read"), None);
    }

    #[test]
    fn what_cannot_be_edited_is_refused() {
        for (text, wanted) in
            [("{", flat()), ("[]", flat()), ("\n", flat()), ("{ 'a': 1 }", flat()), ("{ \"a\": 1 \"b\": 2 }", flat())]
        {
            assert!(matches!(add(text, &wanted, None), Err(InitError::Json(_))), "{text}");
        }
        assert!(matches!(add("{ \"lsp\": 3 }", &deep(), None), Err(InitError::Kind(key)) if key == "lsp"));
    }
}
