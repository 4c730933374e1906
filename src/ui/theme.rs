//! The palette and the rule for when to use it. The only file that knows of colours.
//!
//! Colour never carries meaning alone: without it the same words stand in the same places.

use std::fmt;

use anstyle::{AnsiColor, Style};

use crate::base::env::EnvSnapshot;

/// What the user asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColorChoice {
    Always,
    Never,
    /// If the stream is a terminal.
    #[default]
    Auto,
}

impl ColorChoice {
    /// Reads the value of `--color`; anything unknown is left to cargo to refuse.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            "auto" => Some(Self::Auto),
            _ => None,
        }
    }

    /// From the flag if there is one, else `CARGO_TERM_COLOR`, `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, `TERM`, in
    /// that order, which is cargo's.
    pub fn resolve(flag: Option<Self>, env: &EnvSnapshot) -> Self {
        let set = |name| env.get(name).filter(|v| !v.is_empty());
        let cargo = || set("CARGO_TERM_COLOR").and_then(|v| v.to_str()).and_then(Self::parse);
        match flag.or_else(cargo) {
            Some(choice @ (Self::Always | Self::Never)) => choice,
            _ if set("NO_COLOR").is_some() => Self::Never,
            _ if set("CLICOLOR_FORCE").is_some_and(|v| v != "0") => Self::Always,
            _ if set("CLICOLOR").is_some_and(|v| v == "0") || set("TERM").is_some_and(|v| v == "dumb") => Self::Never,
            _ => Self::Auto,
        }
    }
}

/// Roles of text on one stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Theme {
    on: bool,
}

impl Theme {
    /// For a stream.
    pub fn new(choice: ColorChoice, is_terminal: bool) -> Self {
        Self { on: choice == ColorChoice::Always || (choice == ColorChoice::Auto && is_terminal) }
    }

    /// Whether colours are used; for text that is coloured elsewhere.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// Something went well.
    pub fn good(self, text: impl fmt::Display) -> String {
        self.paint(AnsiColor::Green.on_default().bold(), text)
    }

    /// Something failed.
    pub fn bad(self, text: impl fmt::Display) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// Something to look at.
    pub fn warning(self, text: impl fmt::Display) -> String {
        self.paint(AnsiColor::Yellow.on_default().bold(), text)
    }

    /// Hints, paths, literals.
    pub fn literal(self, text: impl fmt::Display) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    /// Headings.
    pub fn heading(self, text: impl fmt::Display) -> String {
        self.paint(Style::new().bold(), text)
    }

    fn paint(self, style: Style, text: impl fmt::Display) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)]) -> EnvSnapshot {
        vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
    }

    #[test]
    fn who_decides_about_colour() {
        use ColorChoice::{Always, Auto, Never};
        type Case<'a> = (Option<ColorChoice>, &'a [(&'a str, &'a str)], ColorChoice);
        let cases: [Case<'_>; 10] = [
            (None, &[], Auto),
            (None, &[("NO_COLOR", "1")], Never),
            (None, &[("NO_COLOR", "")], Auto),
            (None, &[("CLICOLOR_FORCE", "1")], Always),
            (None, &[("CLICOLOR_FORCE", "0")], Auto),
            (None, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], Never),
            (None, &[("CARGO_TERM_COLOR", "always"), ("NO_COLOR", "1")], Always),
            (Some(Never), &[("CARGO_TERM_COLOR", "always")], Never),
            (Some(Always), &[("NO_COLOR", "1")], Always),
            (None, &[("TERM", "dumb")], Never),
        ];
        for (flag, vars, expected) in cases {
            assert_eq!(ColorChoice::resolve(flag, &env(vars)), expected, "{flag:?} {vars:?}");
        }
    }

    #[test]
    fn no_colour_means_no_escape() {
        assert_eq!(Theme::new(ColorChoice::Auto, false).good("x"), "x");
        assert_eq!(Theme::new(ColorChoice::Never, true).bad("x"), "x");
        assert!(Theme::new(ColorChoice::Auto, true).good("x").contains("\u{1b}[32m"));
    }
}
