//! What cargo's flags tell us without changing them: where the subcommand is, quiet or verbose, colour.
//!
//! It must never reject anything: a command line that cargo would refuse is passed on, and cargo refuses it. A wrong
//! guess here costs a summary line, never a build.

use std::ffi::OsString;

use crate::ui::ColorChoice;

/// Long options whose value may be the next argument.
const LONG_WITH_VALUE: [&str; 15] = [
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
];
/// Short options whose value may be the next argument.
const SHORT_WITH_VALUE: [u8; 5] = *b"CZpFj";
/// Short options that take a value in front of the subcommand.
const SHORT_BEFORE: [u8; 2] = *b"CZ";

/// What was seen before `--` and before the arguments of a program that `run` starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub quiet: bool,
    pub verbose: bool,
    pub help: bool,
    pub version: bool,
    pub color: Option<ColorChoice>,
}

/// The place of cargo's subcommand in `args` (without program name and toolchain).
pub fn subcommand(args: &[OsString]) -> Option<usize> {
    let mut i = 0;
    while i < args.len() {
        match Flag::read(&args[i], &SHORT_BEFORE) {
            Flag::End => return None,
            Flag::Word => return Some(i),
            Flag::Long { name, value } if value.is_none() && LONG_WITH_VALUE.contains(&name) => i += 2,
            Flag::Short { wants_value: true, .. } => i += 2,
            Flag::Long { .. } | Flag::Short { .. } => i += 1,
        }
    }
    None
}

/// Reads the flags of a whole command line.
pub fn observe(args: &[OsString]) -> Seen {
    let (mut seen, mut words, mut i) = (Seen::default(), Vec::new(), 0);
    while i < args.len() {
        let before = words.is_empty();
        let mut step = 1;
        match Flag::read(&args[i], if before { &SHORT_BEFORE } else { &SHORT_WITH_VALUE }) {
            Flag::End => break,
            Flag::Word => {
                words.push(&args[i]);
                if words.len() == 2 && (words[0] == "run" || words[0] == "r") {
                    break;
                }
            }
            Flag::Short { letters, wants_value } => {
                seen.quiet |= letters.contains(&b'q');
                seen.verbose |= letters.contains(&b'v');
                seen.help |= letters.contains(&b'h');
                seen.version |= letters.contains(&b'V');
                step += usize::from(wants_value);
            }
            Flag::Long { name, value } => {
                seen.quiet |= name == "quiet";
                seen.verbose |= name == "verbose";
                seen.help |= name == "help";
                seen.version |= name == "version";
                let takes = value.is_none() && LONG_WITH_VALUE.contains(&name);
                step += usize::from(takes);
                if name == "color" {
                    let given = value.or_else(|| args.get(i + 1).and_then(|v| v.to_str()));
                    seen.color = given.and_then(ColorChoice::parse).or(seen.color);
                }
            }
        }
        i += step;
    }
    seen
}

enum Flag<'a> {
    /// `--`: nothing behind it is cargo's.
    End,
    Word,
    Long {
        name: &'a str,
        value: Option<&'a str>,
    },
    Short {
        letters: &'a [u8],
        wants_value: bool,
    },
}

impl<'a> Flag<'a> {
    fn read(arg: &'a OsString, with_value: &[u8]) -> Self {
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
            Self::Short {
                letters: &cluster[..end.unwrap_or(cluster.len())],
                wants_value: end.is_some_and(|e| e + 1 == cluster.len()),
            }
        } else {
            Self::Word
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn quiet_and_colour_are_seen_where_cargo_sees_them() {
        let quiet = |line: &str| observe(&words(line)).quiet;
        for yes in ["-q build", "build -q", "build --quiet", "build -vq", "run -q", "run --bin x -q", "build -p x -q"] {
            assert!(quiet(yes), "{yes}");
        }
        for no in ["build", "run x -q", "test -- -q", "run --bin -q", "build -p -q", "build -pq", "-C -q build"] {
            assert!(!quiet(no), "{no}");
        }
        let color = |line: &str| observe(&words(line)).color;
        assert_eq!(color("--color never build"), Some(ColorChoice::Never));
        assert_eq!(color("build --color=always"), Some(ColorChoice::Always));
        assert_eq!(color("build --color=purple"), None);
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
}
