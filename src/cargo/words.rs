//! Cargo's command line as words: which are flags, which flags take the next word as their value.
//!
//! It must never reject anything: a command line that cargo would refuse is cargo's to refuse.

use std::ffi::{OsStr, OsString};

/// Long options whose value may be the next argument.
pub const LONG_WITH_VALUE: [&str; 18] = [
    "color",
    "config",
    "explain",
    "manifest-path",
    "lockfile-path",
    "target-dir",
    "target",
    "package",
    "exclude",
    "features",
    "jobs",
    "profile",
    "message-format",
    "bin",
    "example",
    "test",
    "bench",
    "artifact-dir",
];
/// Short options whose value may be the next argument.
pub const SHORT_WITH_VALUE: [u8; 5] = *b"CZpFj";
/// Short options that take a value in front of the subcommand.
pub const SHORT_BEFORE: [u8; 2] = *b"CZ";

/// One word.
pub enum Flag<'a> {
    /// `--`: nothing behind it is cargo's.
    End,
    Word,
    Long {
        name: &'a str,
        value: Option<&'a str>,
    },
    Short {
        letters: &'a [u8],
        /// The letter that takes a value, and the value if it is in the same word.
        last: Option<(u8, &'a [u8])>,
    },
}

impl<'a> Flag<'a> {
    /// Reads a word; `with_value` are the short options that take a value here.
    pub fn read(arg: &'a OsStr, with_value: &[u8]) -> Self {
        let bytes = arg.as_encoded_bytes();
        if bytes == b"--" {
            Self::End
        } else if bytes.starts_with(b"--") {
            let text = arg.to_str().unwrap_or_default().trim_start_matches('-');
            let (name, value) = text.split_once('=').map_or((text, None), |(n, v)| (n, Some(v)));
            Self::Long { name, value }
        } else if bytes.len() > 1 && bytes[0] == b'-' {
            let cluster = &bytes[1..];
            let end = cluster.iter().position(|c| with_value.contains(c));
            let last = end.map(|e| (cluster[e], &cluster[e + 1..]));
            Self::Short { letters: &cluster[..end.unwrap_or(cluster.len())], last }
        } else {
            Self::Word
        }
    }

    /// The value is the next word.
    pub fn wants_next(&self) -> bool {
        match self {
            Self::Long { name, value } => value.is_none() && LONG_WITH_VALUE.contains(name),
            Self::Short { last, .. } => last.is_some_and(|(_, rest)| rest.is_empty()),
            Self::End | Self::Word => false,
        }
    }
}

/// The place of cargo's subcommand in `args` (without program name and toolchain).
pub fn subcommand(args: &[OsString]) -> Option<usize> {
    let mut i = 0;
    while i < args.len() {
        let flag = Flag::read(&args[i], &SHORT_BEFORE);
        match flag {
            Flag::End => return None,
            Flag::Word => return Some(i),
            _ => i += 1 + usize::from(flag.wants_next()),
        }
    }
    None
}

/// Calls `each` with every option that has a value or might have one: name (one letter for short options) and value.
pub fn options(args: &[OsString], mut each: impl FnMut(&str, Option<&str>)) {
    let start = subcommand(args).unwrap_or(args.len());
    let mut i = 0;
    while i < args.len() {
        let flag = Flag::read(&args[i], if i < start { &SHORT_BEFORE } else { &SHORT_WITH_VALUE });
        let next = || args.get(i + 1).and_then(|v| v.to_str());
        match &flag {
            Flag::End => return,
            Flag::Word => {}
            Flag::Long { name, value } => each(name, value.or_else(|| next().filter(|_| flag.wants_next()))),
            Flag::Short { letters, last } => {
                letters.iter().for_each(|l| each(std::str::from_utf8(std::slice::from_ref(l)).unwrap_or_default(), None));
                if let Some((letter, rest)) = last {
                    let value = if rest.is_empty() { next() } else { std::str::from_utf8(rest).ok() };
                    each(std::str::from_utf8(std::slice::from_ref(letter)).unwrap_or_default(), value);
                }
            }
        }
        i += 1 + usize::from(flag.wants_next());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_subcommand_is_found_behind_global_flags() {
        let cases = [
            ("build", Some(0)),
            ("-q build", Some(1)),
            ("--color never -Z x -Zy -C dir --config k=v b", Some(9)),
            ("--color=never b", Some(1)),
            ("-vC dir b", Some(2)),
            ("--offline --locked --frozen t", Some(3)),
            ("--explain E0308", None),
            ("--list", None),
            ("-- build", None),
            ("", None),
        ];
        for (line, expected) in cases {
            assert_eq!(subcommand(&words(line)), expected, "{line}");
        }
    }

    #[test]
    fn options_are_read_in_all_their_forms() {
        let mut seen = Vec::new();
        let line = "-C dir build -r --target a --target=b -pfoo -F x -qj4 -Zy -- --target c";
        options(&words(line), |name, value| seen.push(format!("{name}={}", value.unwrap_or("-"))));
        assert_eq!(seen, ["C=dir", "r=-", "target=a", "target=b", "p=foo", "F=x", "q=-", "j=4", "Z=y"]);
    }
}
