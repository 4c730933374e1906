//! How far a long command is: a bar on a terminal, now and then a line elsewhere.
//!
//! It must never be the only place where something is said: what matters afterwards is printed as a line. Nothing here fails;
//! a terminal that goes away silences it.
//!
//! It is never shown while cargo builds: two programs that draw on one terminal tear each other's lines. There, cargo's own bar says
//! what we have to say ([`super::frames`], [`super::live`]).

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Printer;
use crate::base::{clock::Stopwatch, env::EnvSnapshot};

/// How often a line is written where nobody watches.
const RARELY: Duration = Duration::from_secs(30);

/// The state of one command.
pub struct Progress {
    bar: Option<ProgressBar>,
    /// The terminal shows progress outside of the text, and is told.
    tells: bool,
    what: String,
    said: Stopwatch,
}

impl Progress {
    /// Shows a bar if a person watches `printer` and wants one, and nothing if it is quiet.
    pub fn new(printer: &Printer, env: &EnvSnapshot) -> Self {
        let drawn = is_wanted(env, printer.err_is_terminal) && !printer.quiet;
        let colored = printer.err_theme().is_on();
        let template = if colored { "{prefix:>12.bold.green}" } else { "{prefix:>12}" };
        let style = ProgressStyle::with_template(&format!("{template} [{{bar:25}}] {{pos}}/{{len}} {{wide_msg}}"));
        let bar = style.ok().filter(|_| drawn).map(|style| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
            bar.set_style(style.progress_chars("=> "));
            bar
        });
        Self { tells: bar.is_some() && is_told(env), bar, what: String::new(), said: Stopwatch::start() }
    }

    /// Something begins that will take a while.
    pub fn begin(&mut self, printer: &mut Printer, verb: &str, what: &str) {
        self.what = what.to_owned();
        self.said = Stopwatch::start();
        self.aside(|| printer.status(verb, what));
        if let Some(bar) = &self.bar {
            bar.set_prefix(verb.to_owned());
            bar.set_message(super::sanitize::clean(what).into_owned());
        }
    }

    /// So much of it is done.
    pub fn at(&mut self, printer: &mut Printer, verb: &str, done: u64, total: u64) {
        match &self.bar {
            Some(bar) => {
                // Not before there is anything to show.
                if bar.is_hidden() {
                    bar.reset();
                    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
                }
                bar.set_length(total);
                bar.set_position(done);
                if self.tells && total > 0 {
                    printer.tell_terminal(Some(done.saturating_mul(100) / total));
                }
            }
            None if self.said.elapsed() > RARELY => {
                self.said = Stopwatch::start();
                printer.status(verb, format_args!("{}: {done} of {total}", self.what));
            }
            None => {}
        }
    }

    /// Prints while the bar is out of the way.
    pub fn aside(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Nothing more is to be shown.
    pub fn end(&self, printer: &mut Printer) {
        if self.tells {
            printer.tell_terminal(None);
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
    }
}

/// Whether a bar may be drawn, by the rules that cargo has for its own.
pub fn is_wanted(env: &EnvSnapshot, is_terminal: bool) -> bool {
    let is = |name, value: &str| env.get(name).is_some_and(|v| v == value);
    let set = |name| env.get(name).is_some();
    is_terminal && !is("CARGO_TERM_PROGRESS_WHEN", "never") && !is("TERM", "dumb") && !set("CI") && !set("TF_BUILD")
}

/// Whether the terminal understands OSC 9;4. Others show it as text, or a notification for each.
fn is_told(env: &EnvSnapshot) -> bool {
    let program = env.get("TERM_PROGRAM").and_then(|v| v.to_str()).unwrap_or_default();
    let windows = env.get("WT_SESSION").is_some() || env.get("ConEmuANSI").is_some_and(|v| v == "ON");
    let switch = env.get("CARGO_TERM_PROGRESS_TERM_INTEGRATION").and_then(|v| v.to_str());
    match switch {
        Some("true") => true,
        Some("false") => false,
        _ => windows || ["WezTerm", "ghostty"].contains(&program),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::ColorChoice;

    fn env(vars: &[(&str, &str)]) -> EnvSnapshot {
        vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
    }

    #[test]
    fn who_gets_a_bar() {
        let cases: [(&[(&str, &str)], bool); 5] = [
            (&[], true),
            (&[("CI", "true")], false),
            (&[("TERM", "dumb")], false),
            (&[("CARGO_TERM_PROGRESS_WHEN", "never")], false),
            (&[("CARGO_TERM_PROGRESS_WHEN", "auto"), ("NO_COLOR", "1")], true),
        ];
        for (vars, expected) in cases {
            assert_eq!(is_wanted(&env(vars), true), expected, "{vars:?}");
            assert!(!is_wanted(&env(vars), false), "{vars:?} in a pipe");
        }
    }

    #[test]
    fn a_terminal_that_understands_is_told_and_told_of_the_end() {
        let said = |vars: &[(&str, &str)], is_terminal| {
            let (mut printer, captured) = Printer::captured(ColorChoice::Never);
            printer.err_is_terminal = is_terminal;
            let mut progress = Progress::new(&printer, &env(vars));
            progress.begin(&mut printer, "Warming", "x");
            progress.at(&mut printer, "Warming", 1, 4);
            progress.end(&mut printer);
            captured.err()
        };
        assert_eq!(said(&[("WT_SESSION", "1")], true), "     Warming x\n\u{1b}]9;4;1;25\u{1b}\\\u{1b}]9;4;0\u{1b}\\");
        for (vars, is_terminal) in [(("WT_SESSION", "1"), false), (("TERM_PROGRAM", "vscode"), true)] {
            assert_eq!(said(&[vars], is_terminal), "     Warming x\n");
        }
        assert_eq!(said(&[("WT_SESSION", "1"), ("CARGO_TERM_PROGRESS_TERM_INTEGRATION", "false")], true), "     Warming x\n");
    }
}
