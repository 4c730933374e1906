//! The terminal: another screen, keys as they are pressed, and back to how it was, whatever happens.
//!
//! Only lines that are not what they were are written, all at once, so that nothing flickers. A terminal that goes away ends the session.

use std::{
    io::{self, Write},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossterm::{
    cursor::{Hide, MoveTo, Show},
    event::{self, Event},
    execute, queue,
    style::Print,
    terminal::{
        self, BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
        EnterAlternateScreen, LeaveAlternateScreen,
    },
};

use super::{
    face::{Face, Run, Verdict, Wish},
    keys::{self, Action},
    report::Heard,
    view::{Manner, Past, View},
};
use crate::ui::Theme;

/// Between two pictures, while much is said.
const APART: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);

/// The other screen; dropping it brings the first one back.
pub struct Terminal<W: Write> {
    out: W,
    /// What stands there.
    shown: Vec<String>,
}

impl<W: Write> Terminal<W> {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If it is none.
    pub fn take(mut out: W) -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        if let Err(error) = execute!(out, EnterAlternateScreen, Hide, DisableLineWrap) {
            drop(terminal::disable_raw_mode());
            return Err(error);
        }
        Ok(Self { out, shown: Vec::new() })
    }

    fn paint(&mut self, lines: Vec<String>) -> io::Result<()> {
        let all = self.shown.len() != lines.len();
        if !all && self.shown == lines {
            return Ok(());
        }
        queue!(self.out, BeginSynchronizedUpdate)?;
        if all {
            queue!(self.out, Clear(ClearType::All))?;
        }
        for (n, line) in lines.iter().enumerate() {
            if all || self.shown.get(n) != Some(line) {
                let row = u16::try_from(n).unwrap_or(u16::MAX);
                // Cleared first: behind the last column stands the last column.
                queue!(self.out, MoveTo(0, row), Clear(ClearType::CurrentLine), Print(line))?;
            }
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        self.shown = lines;
        self.out.flush()
    }
}

impl<W: Write> Drop for Terminal<W> {
    fn drop(&mut self) {
        // Nothing is left to be done about a terminal that takes none of it.
        drop(execute!(self.out, EnableLineWrap, Show, LeaveAlternateScreen));
        drop(terminal::disable_raw_mode());
    }
}

/// Reads keys until nobody wants them any more.
pub fn listen(tell: impl Fn(Event) -> bool + Send + 'static) -> io::Result<()> {
    let work = move || {
        while let Ok(event) = event::read() {
            if !tell(event) {
                return;
            }
        }
    };
    thread::Builder::new().name("keys".into()).spawn(work).map(drop)
}

/// What is shown, and how.
pub struct Screen<W: Write> {
    terminal: Terminal<W>,
    name: Arc<str>,
    theme: Theme,
    size: (u16, u16),
    manner: Manner,
    most: usize,
    past: Option<Past>,
    ahead: Option<String>,
    trouble: Option<String>,
    /// When the next picture may be shown.
    free: Instant,
    is_stale: bool,
    is_gone: bool,
}

impl<W: Write> Screen<W> {
    /// On a terminal of this size (columns, rows).
    pub fn new(terminal: Terminal<W>, name: &str, theme: Theme, size: (u16, u16)) -> Self {
        let manner = Manner { wrap: true, summary: false, help: false, scroll: 0 };
        let name = name.into();
        let (past, ahead, trouble, free) = (None, None, None, Instant::now());
        Self { terminal, name, theme, size, manner, most: 0, past, ahead, trouble, free, is_stale: true, is_gone: false }
    }

    fn at_once(&mut self) {
        (self.free, self.is_stale) = (Instant::now(), true);
    }

    fn act(&mut self, action: Action) -> Wish {
        let page = usize::from(self.size.1).saturating_sub(3).max(1);
        let at = self.manner.scroll.min(self.most);
        self.at_once();
        match action {
            Action::Quit => return Wish::Quit,
            Action::Switch(job) => return Wish::Switch(job),
            Action::Again => return Wish::Again,
            Action::Summary => (self.manner.summary, self.manner.scroll) = (!self.manner.summary, 0),
            Action::Wrap => (self.manner.wrap, self.manner.scroll) = (!self.manner.wrap, 0),
            Action::Help => (self.manner.help, self.manner.scroll) = (!self.manner.help, 0),
            Action::Back => (self.manner.help, self.manner.scroll) = (false, 0),
            Action::Up => self.manner.scroll = at.saturating_sub(1),
            Action::Down => self.manner.scroll = at + 1,
            Action::PageUp => self.manner.scroll = at.saturating_sub(page),
            Action::PageDown => self.manner.scroll = at + page,
            Action::Top => self.manner.scroll = 0,
            Action::Bottom => self.manner.scroll = self.most,
        }
        self.manner.scroll = self.manner.scroll.min(self.most);
        Wish::Nothing
    }
}

impl<W: Write> Face for Screen<W> {
    fn watching(&mut self, _: usize, trouble: Option<&str>) {
        self.is_stale |= self.trouble.as_deref() != trouble;
        self.trouble = trouble.map(str::to_owned);
    }

    fn begin(&mut self, _: &Run) {
        self.is_stale = true;
    }

    fn heard(&mut self, _: &Run, heard: &Heard) {
        self.is_stale |= *heard != Heard::Nothing;
    }

    fn end(&mut self, run: &Run, verdict: &Verdict, took: Duration) {
        self.is_stale = true;
        // The next one is about to begin; what the last one has said is still true of it.
        if *verdict == Verdict::Interrupted && self.past.as_ref().is_some_and(|p| p.run.job == run.job) {
            return;
        }
        self.manner.scroll = 0;
        self.at_once();
        self.past = Some(Past { run: run.clone(), verdict: verdict.clone(), took });
    }

    fn ahead(&mut self, what: Option<&str>) {
        self.is_stale = true;
        self.ahead = what.map(str::to_owned);
    }

    fn event(&mut self, event: &Event) -> Wish {
        match event {
            Event::Key(key) => keys::action(key).map_or(Wish::Nothing, |action| self.act(action)),
            Event::Resize(columns, rows) => {
                self.size = (*columns, *rows);
                self.terminal.shown.clear();
                self.at_once();
                Wish::Nothing
            }
            _ => Wish::Nothing,
        }
    }

    fn show(&mut self, run: Option<&Run>, now: Instant) {
        let due = self.next(run.is_some()).is_some_and(|at| at <= now);
        if !due {
            return;
        }
        let view = View {
            name: &self.name,
            theme: self.theme,
            columns: self.size.0.into(),
            rows: self.size.1.into(),
            manner: self.manner,
            running: run.map(|run| (run, now.saturating_duration_since(run.started))),
            past: self.past.as_ref(),
            ahead: self.ahead.as_deref(),
            trouble: self.trouble.as_deref(),
        };
        let (lines, most) = view.lines();
        self.most = most;
        self.is_gone |= self.terminal.paint(lines).is_err();
        (self.free, self.is_stale) = (now + APART, false);
    }

    fn next(&self, is_running: bool) -> Option<Instant> {
        match (self.is_stale, is_running) {
            (true, _) => Some(self.free),
            // The seconds that it takes.
            (false, true) => Some(self.free + SECOND - APART),
            (false, false) => None,
        }
    }

    fn is_gone(&self) -> bool {
        self.is_gone
    }
}
