//! What cargo's flags tell us without changing them: where the subcommand is, quiet or verbose, colour.
//!
//! It must never reject anything: a command line that cargo would refuse is passed on, and cargo refuses it. A wrong
//! guess here costs a summary line, never a build.

use std::ffi::OsString;

use crate::{
    cargo::words::{Flag, LONG_WITH_VALUE, SHORT_BEFORE, SHORT_WITH_VALUE},
    ui::ColorChoice,
};

/// What was seen before `--` and before the arguments of a program that `run` starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub quiet: bool,
    pub verbose: bool,
    pub help: bool,
    pub version: bool,
    pub color: Option<ColorChoice>,
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
            Flag::Short { letters, last } => {
                seen.quiet |= letters.contains(&b'q');
                seen.verbose |= letters.contains(&b'v');
                seen.help |= letters.contains(&b'h');
                seen.version |= letters.contains(&b'V');
                step += usize::from(last.is_some_and(|(_, rest)| rest.is_empty()));
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
}
