//! rustc's dep-info (`.d`) files: which files and environment variables a compile has read.
//!
//! Format: makefile rules `target: input…` with spaces escaped by a backslash, one empty rule per input, and comment lines
//! `# env-dep:NAME` or `# env-dep:NAME=VALUE` (source: `rustc_interface::passes::write_out_deps`).

use std::path::{Path, PathBuf};

use super::Places;

/// The output path without extension, as libraries have it (`deps/libname-hash`), of a unit with this dep-info (`deps/name-hash.d`).
pub fn stem(dep_info: &Path) -> Option<PathBuf> {
    Some(dep_info.with_file_name(format!("lib{}", dep_info.file_stem()?.to_str()?)))
}

/// The dep-info of a unit, the other way round.
pub fn of_stem(stem: &Path) -> Option<PathBuf> {
    Some(stem.with_file_name(format!("{}.d", stem.file_name()?.to_str()?.strip_prefix("lib")?)))
}

/// What a compile has read, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DepInfo {
    /// Source files and everything else the compiler has opened as an input.
    pub files: Vec<PathBuf>,
    /// Environment variables by name; the value is `None` where it was looked for and not set.
    pub env: Vec<(String, Option<String>)>,
}

impl DepInfo {
    /// Parses the text of a `.d` file. Lines of an unknown kind are ignored, as cargo does.
    pub fn parse(text: &str) -> Self {
        let mut info = Self::default();
        for line in text.lines() {
            if let Some(env) = line.strip_prefix("# env-dep:") {
                let (name, value) = match env.split_once('=') {
                    Some((name, value)) => (name, Some(unescape_env(value))),
                    None => (env, None),
                };
                info.env.push((unescape_env(name), value));
            } else if !line.starts_with('#')
                && let Some((_, inputs)) = line.split_once(": ")
            {
                for file in split_escaped(inputs) {
                    let file = PathBuf::from(file);
                    if !info.files.contains(&file) {
                        info.files.push(file);
                    }
                }
            }
        }
        info
    }
}

/// What the compile has made, by the rules of a `.d` file; the file itself is one of them.
pub fn targets(text: &str) -> Vec<PathBuf> {
    let rules = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(": "));
    rules.map(|(target, _)| PathBuf::from(target)).collect()
}

/// The text with placeholders for paths. Inputs have their spaces escaped; targets and variables have not.
pub fn relocatable(text: &[u8], places: &Places) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|b| *b == b'\n') {
        let rule = memchr::memmem::find(line, b": ").filter(|_| !line.starts_with(b"#"));
        match rule {
            Some(at) => {
                out.extend(places.encode(&line[..at + 2]));
                out.extend(places.encode_escaped(&line[at + 2..]));
            }
            // An input as a target of its own, so that make does not mind when it is gone.
            None if line.trim_ascii_end().ends_with(b":") && !line.starts_with(b"#") => out.extend(places.encode_escaped(line)),
            None => out.extend(places.encode(line)),
        }
    }
    out
}

fn split_escaped(inputs: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    let mut join = false;
    for word in inputs.split(' ').filter(|w| !w.is_empty()) {
        let (text, continues) = match word.strip_suffix('\\') {
            Some(head) => (head, true),
            None => (word, false),
        };
        match files.last_mut().filter(|_| join) {
            Some(last) => {
                last.push(' ');
                last.push_str(text);
            }
            None => files.push(text.to_owned()),
        }
        join = continues;
    }
    files
}

fn unescape_env(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            (c, _) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_a_plain_directory_to_one_with_a_space_and_back() {
        let places =
            |root: &str| Places::new(root.into(), std::path::Path::new("t"), Some(format!("{root}/o").into())).expect("plain");
        let text = |raw: &str, escaped: &str| {
            format!(
                "{raw}/t/a.d: src/lib.rs {escaped}/o/g.rs {escaped}/x.txt\n\n{escaped}/o/g.rs:\nsrc/lib.rs:\n\n# env-dep:OUT_DIR={raw}/o\n"
            )
        };
        let (plain, spaced) = (text("/a/w", "/a/w"), text("/b/w s", "/b/w\\ s"));
        let moved = |from: &str, to: &str, text: &str| {
            String::from_utf8_lossy(&places(to).decode(&relocatable(text.as_bytes(), &places(from)))).into_owned()
        };
        assert_eq!(moved("/a/w", "/b/w s", &plain), spaced);
        assert_eq!(moved("/b/w s", "/a/w", &spaced), plain);
    }

    #[test]
    fn files_and_variables() {
        let info = DepInfo::parse(
            "/t/a.d: src/lib.rs src/my\\ mod.rs /o/gen.rs\n\n/t/liba.rmeta: src/lib.rs src/my\\ mod.rs /o/gen.rs\n\n\
             src/lib.rs:\nsrc/my\\ mod.rs:\n\n# env-dep:A=x\\ny\\\\\n# env-dep:B\n# env-dep:C=\n# checksum:abc file\n",
        );
        assert_eq!(info.files, ["src/lib.rs", "src/my mod.rs", "/o/gen.rs"].map(PathBuf::from));
        let env = [("A", Some("x\ny\\")), ("B", None), ("C", Some(""))];
        assert_eq!(info.env, env.map(|(n, v)| (n.to_owned(), v.map(str::to_owned))));
    }
}
