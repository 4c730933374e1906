//! Messages of an old compile made true for sources that have changed since in nothing that counts.

use std::path::Path;

use super::{Engine, Prepared, plan::Plan, understand::Understood};
use crate::{
    base::digest::Digest,
    rustc::messages,
    semantic::{
        diagnostics::{self, Moved},
        facts::Facts,
        keys::Level,
        tree::Part,
    },
};

/// A source that is another one than when the messages were written.
struct Newer {
    at: usize,
    text: String,
    /// Old and new line of every line on which tokens start; nothing where lines have stayed.
    lines: Option<Vec<(u32, u32)>>,
}

impl Engine {
    /// Corrects the plan's messages; `None` if that cannot be done exactly, and the crate has to be compiled.
    pub(super) fn retarget(
        &self,
        prepared: &Prepared,
        understood: &Understood,
        level: Level,
        before: &[Digest],
        plan: &mut Plan,
    ) -> Option<()> {
        if !messages::has_diagnostics(&plan.stderr) {
            return Some(());
        }
        if before.len() != understood.contents.len() {
            return None;
        }
        let mut newer = Vec::new();
        for (at, (old, new)) in before.iter().zip(&understood.contents).enumerate().filter(|(_, (old, new))| old != new) {
            let text = std::fs::read_to_string(&understood.paths[at]).ok()?;
            if Digest::of(text.as_bytes()) != *new {
                return None;
            }
            let lines = if level == Level::Tokens { Some(self.line_map(understood, at, old)?) } else { None };
            newer.push(Newer { at, text, lines });
        }
        let maps: Vec<_> = newer.iter().map(|n| move |line: u32| map_line(n, line)).collect();
        let moved = |name: &str| {
            let path = prepared.places.cwd.join(Path::new(name));
            let at = newer.iter().position(|n| understood.paths[n.at] == path)?;
            Some(Moved { new_text: &newer[at].text, line: &maps[at] })
        };
        plan.stderr = diagnostics::retarget(&plan.stderr, &moved).ok()?;
        Some(())
    }

    /// The lines on which tokens start, old and new: the token sequences are equal, so the nth is the nth.
    fn line_map(&self, understood: &Understood, at: usize, old: &Digest) -> Option<Vec<(u32, u32)>> {
        let Part::Facts(new) = understood.part(at) else { return None };
        let old: Facts = self.store.facts(old, understood.reduced.rules)?.ok()?;
        let starts = |lines: &[(u32, u32)]| {
            let mut tokens = 0;
            let each = lines.iter().map(|(line, count)| {
                let first = tokens;
                tokens += count;
                (first, *line)
            });
            each.collect::<Vec<_>>()
        };
        let after = starts(&new.lines);
        let line_of = |token: u32| {
            let at = after.partition_point(|(first, _)| *first <= token);
            after.get(at.checked_sub(1)?).map(|(_, line)| *line)
        };
        starts(&old.lines).into_iter().map(|(token, line)| Some((line, line_of(token)?))).collect()
    }
}

fn map_line(newer: &Newer, line: u32) -> Option<u32> {
    match &newer.lines {
        None => Some(line),
        Some(lines) => lines.binary_search_by_key(&line, |(old, _)| *old).ok().map(|i| lines[i].1),
    }
}
