//! How far a long command is: a bar on a terminal, now and then a line elsewhere.
//!
//! It must never be the only place where something is said: what matters afterwards is printed as a line. Nothing here fails;
//! a terminal that goes away silences it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Printer;
use crate::base::clock::Stopwatch;

/// How often a line is written where nobody watches.
const RARELY: Duration = Duration::from_secs(30);

/// The state of one command.
pub struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    said: Stopwatch,
}

impl Progress {
    /// Shows a bar if a person watches `printer`, and nothing if it is quiet.
    pub fn new(printer: &Printer) -> Self {
        let colored = printer.err_theme().is_on();
        let template = if colored { "{prefix:>12.bold.green}" } else { "{prefix:>12}" };
        let style = ProgressStyle::with_template(&format!("{template} [{{bar:25}}] {{pos}}/{{len}} {{wide_msg}}"));
        let bar = style.ok().filter(|_| printer.err_is_terminal && !printer.quiet).map(|style| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
            bar.set_style(style.progress_chars("=> "));
            bar
        });
        Self { bar, what: String::new(), said: Stopwatch::start() }
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
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
    }
}
