//! What a recorded link takes with each linker: the same objects, arguments and driver as in a build, one linker after the other
//! in each round, so that what disturbs the machine disturbs all of them.
//!
//! It must never run what was linked, nor write outside of the scratch directory. A linker that cannot do it is told as such
//! with its own words; only where that without us fails is there nothing to compare with.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    process::Output,
};

use super::statistics::Summary;
use crate::{
    base::clock::{self, Stopwatch},
    engine::last_link::{LastLink, Way},
    events::{LinkTimes, LinkerTime},
    ui::sanitize::clean,
    wrapper::relink::{self, Work},
};

/// Rounds that count; one before them does not.
pub const ROUNDS: u32 = 3;
/// Characters of a message that are kept.
const LONGEST: usize = 200;

/// A linker in the making of its figures.
struct Candidate<'a> {
    way: &'a Way,
    version: Option<String>,
    /// In microseconds.
    samples: Vec<f64>,
    bytes: u64,
    failed: Option<String>,
}

/// Measures; `unit` and `program` say what it is. `told` hears how many links of how many are done.
///
/// # Errors
/// If the scratch directory cannot be filled.
pub fn measure(link: &LastLink, unit: &str, program: &str, mut told: impl FnMut(u64, u64)) -> io::Result<LinkTimes> {
    let work = Work::lay(&link.link, PathBuf::from(&link.scratch))?;
    let candidate = |way| Candidate { way, version: None, samples: Vec::new(), bytes: 0, failed: None };
    let mut candidates: Vec<Candidate<'_>> = link.ways.iter().map(candidate).collect();
    for candidate in &mut candidates {
        candidate.version = version(&link.link.program, &link.link.environment, &candidate.way.select);
    }
    let (mut done, total) = (0, (ROUNDS as u64 + 1) * candidates.len() as u64);
    for round in 0..=ROUNDS {
        for candidate in &mut candidates {
            if candidate.failed.is_none() {
                candidate.link(link, &work, round > 0);
            }
            done += 1;
            told(done, total);
        }
    }
    Ok(LinkTimes {
        unit: unit.to_owned(),
        program: program.to_owned(),
        at: clock::wall_secs(),
        driver: link.link.program.clone(),
        environment: link.link.environment.clone(),
        linkers: candidates.into_iter().map(Candidate::into_time).collect(),
    })
}

impl Candidate<'_> {
    fn link(&mut self, link: &LastLink, work: &Work, counts: bool) {
        let made = work.made(&link.link);
        // A linker may do more, or less, where there is a file already.
        drop(fs::remove_file(&made));
        let watch = Stopwatch::start();
        let output = work.link(&link.link, Path::new(&link.cwd), &self.way.select);
        let took = watch.micros();
        match output.map(|output| (complaint(&output), fs::metadata(&made).map(|m| m.len()))) {
            Ok((None, Ok(bytes))) => {
                self.bytes = bytes;
                if counts {
                    self.samples.push(took as f64);
                }
            }
            Ok((Some(said), _)) => self.failed = Some(said),
            Ok((None, Err(_))) => self.failed = Some("it says that it was successful, and has made nothing".into()),
            Err(error) => self.failed = Some(error.to_string()),
        }
    }

    fn into_time(self) -> LinkerTime {
        let summary = Summary::of(&self.samples).filter(|_| self.failed.is_none());
        let us = |of: fn(&Summary) -> f64| summary.as_ref().map_or(0, |s| of(s).round() as u64);
        let refused =
            self.way.is_refused.then(|| "it has failed in a build, and is not used for this program any more".to_owned());
        LinkerTime {
            setting: self.way.setting.clone(),
            version: self.version.unwrap_or_default(),
            select: self.way.select.clone(),
            is_auto: self.way.is_auto,
            median_us: us(|s| s.median),
            min_us: us(|s| s.min),
            max_us: us(|s| s.max),
            bytes: self.bytes,
            unusable: self.failed.or(refused),
        }
    }
}

/// The line of a failed linker that says what is wrong.
fn complaint(output: &Output) -> Option<String> {
    if output.status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = || said.lines().map(str::trim).filter(|l| !l.is_empty());
    let line = lines().find(|l| l.contains("error")).or_else(|| lines().next());
    let line = line.map_or_else(|| format!("it ends with {}", output.status), |l| clean(l).into_owned());
    Some(line.chars().take(LONGEST).collect())
}

/// What the linker says of itself that the driver takes with these arguments; nothing if it does not say, or is not there.
pub fn version(driver: &OsStr, environment: &[(String, OsString)], select: &[OsString]) -> Option<String> {
    let output = relink::driver(driver, environment).args(select).arg("-Wl,--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().filter(|_| output.status.success())?;
    Some(without_asides(&clean(line)))
}

/// Without what stands in parentheses, and in single spaces: `GNU ld (GNU Binutils for Debian) 2.40` is `GNU ld 2.40`.
fn without_asides(line: &str) -> String {
    let mut depth = 0_u32;
    let mut kept = String::new();
    for c in line.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn versions_are_told_in_short() {
        for (line, short) in [
            ("GNU ld (GNU Binutils for Debian) 2.40", "GNU ld 2.40"),
            ("LLD 22.1.2 (/checkout/llvm 1cb4) (compatible with GNU linkers)", "LLD 22.1.2"),
            ("mold 1.10.1 (compatible with GNU ld)", "mold 1.10.1"),
            ("odd ((nested) once) more", "odd more"),
        ] {
            assert_eq!(without_asides(line), short);
        }
    }

    #[test]
    fn a_failure_is_told_by_the_line_that_says_what_is_wrong() {
        let output = |code: i32, stderr: &str| Output {
            status: std::process::ExitStatus::from_raw(code << 8),
            stdout: Vec::new(),
            stderr: stderr.into(),
        };
        assert_eq!(complaint(&output(0, "warning: old\n")), None, "it has linked");
        let said = "some words\n mold: error: undefined symbol: x\ncollect2: error: ld returned 1 exit status\n";
        assert_eq!(complaint(&output(1, said)).as_deref(), Some("mold: error: undefined symbol: x"));
        assert_eq!(complaint(&output(1, "broken\n")).as_deref(), Some("broken"));
        assert_eq!(complaint(&output(3, "")).as_deref(), Some("it ends with exit status: 3"));
    }
}
