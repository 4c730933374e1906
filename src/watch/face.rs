//! What a session shows itself through: a screen for people, lines for everything else.

use std::{
    process::ExitStatus,
    time::{Duration, Instant},
};

use super::{
    job::Job,
    report::{Heard, Report},
};

/// One run of a command.
#[derive(Debug, Clone)]
pub struct Run {
    /// Counted from 1.
    pub number: u64,
    pub job: Job,
    /// Files that have changed, for people; nothing if it was asked for.
    pub because: Vec<String>,
    pub started: Instant,
    pub report: Report,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    Failed(Option<ExitStatus>),
    /// By us: something has changed, or was asked for.
    Interrupted,
    /// In words.
    NotStarted(String),
}

impl Verdict {
    /// One word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed(_) => "failed",
            Self::Interrupted => "interrupted",
            Self::NotStarted(_) => "not-started",
        }
    }
}

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    Switch(Job),
    Again,
    Quit,
}

/// Something that shows.
pub trait Face {
    /// So many directories are watched; why others are not.
    fn watching(&mut self, dirs: usize, trouble: Option<&str>);
    /// A run begins.
    fn begin(&mut self, run: &Run);
    /// A run has said something.
    fn heard(&mut self, run: &Run, heard: &Heard);
    /// A run is over.
    fn end(&mut self, run: &Run, verdict: &Verdict, took: Duration);
    /// What is being compiled ahead.
    fn ahead(&mut self, what: Option<&str>);
    /// A key, or another size.
    fn event(&mut self, event: &crossterm::event::Event) -> Wish;
    /// Shows what has changed; `run` is the one that goes on.
    fn show(&mut self, run: Option<&Run>, now: Instant);
    /// When to show again without any event.
    fn next(&self, is_running: bool) -> Option<Instant>;
    /// Nobody sees it any more.
    fn is_gone(&self) -> bool;
}
