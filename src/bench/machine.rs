//! What has to be known of a machine to make something of its figures.
//!
//! It must never hide that others were at work. What cannot be found out is absent.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::base::{fs::supports_reflink, memory::line_of};

/// From which load per processor on, and from which share of others on, a machine was not idle.
const BUSY_LOAD: f64 = 0.25;
const BUSY_SHARE: f64 = 0.05;

/// Facts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub system: String,
    pub processors: u64,
    pub memory_bytes: Option<u64>,
    /// Of the scratch directory.
    pub file_system: Option<String>,
    pub reflink: bool,
    /// In the first line of `rustc -V`.
    pub rustc: String,
    /// Averages over one minute.
    pub load_at_start: Option<f64>,
    pub load_at_end: Option<f64>,
    /// Share of the processors' time that others used in between, from 0 to 1.
    pub others: Option<f64>,
}

/// A look at the processors' clocks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Ticks of all processors: spent, and altogether.
    ticks: Option<(u64, u64)>,
}

impl Machine {
    /// Of now; `dir` is where builds happen.
    pub fn look(dir: &Path, rustc: String) -> Self {
        Self {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processors: std::thread::available_parallelism().map_or(1, |n| n.get() as u64),
            memory_bytes: fs::read_to_string("/proc/meminfo").ok().and_then(|text| memory(&text)),
            file_system: fs::read_to_string("/proc/self/mounts").ok().and_then(|text| file_system(&text, dir)),
            reflink: supports_reflink(dir),
            rustc,
            load_at_start: load(),
            load_at_end: None,
            others: None,
        }
    }

    /// Afterwards; our own builds have used so many CPU seconds since the first look.
    pub fn look_again(&mut self, first: Look, own: f64) {
        self.load_at_end = load();
        let spans = first.ticks.zip(Look::now().ticks).map(|((b0, t0), (b1, t1))| (b1 - b0.min(b1), t1 - t0.min(t1)));
        if let Some((busy, total)) = spans.filter(|(_, total)| *total > 0) {
            let own = own * 100.0;
            self.others = Some(((busy as f64 - own) / total as f64).max(0.0));
        }
    }

    /// Why the figures may say little.
    pub fn warnings(&self) -> Vec<String> {
        let mut said = Vec::new();
        if let Some(load) = self.load_at_start.filter(|l| *l > BUSY_LOAD * self.processors as f64) {
            said.push(format!("the machine was not idle at the start: load {load:.1} on {} processors", self.processors));
        }
        if let Some(others) = self.others.filter(|o| *o > BUSY_SHARE) {
            said.push(format!("other processes used {:.0} % of the processors meanwhile", others * 100.0));
        }
        said
    }
}

impl Look {
    /// Now.
    pub fn now() -> Self {
        Self { ticks: fs::read_to_string("/proc/stat").ok().and_then(|text| ticks(&text)) }
    }
}

fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn memory(meminfo: &str) -> Option<u64> {
    line_of(meminfo, "MemTotal:")
}

/// `cpu user nice system idle iowait irq softirq steal …`, in hundredths of a second.
fn ticks(stat: &str) -> Option<(u64, u64)> {
    let numbers: Vec<u64> = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8).flat_map(str::parse).collect();
    let [user, nice, system, idle, wait, irq, soft, steal] = *numbers.first_chunk()?;
    let busy = user + nice + system + irq + soft + steal;
    Some((busy, busy + idle + wait))
}

/// The type of the innermost mount.
fn file_system(mounts: &str, dir: &Path) -> Option<String> {
    let fields = mounts.lines().map(|l| l.split(' ').collect::<Vec<_>>()).filter(|f| f.len() > 2 && dir.starts_with(f[1]));
    // Of several on one place the last one counts.
    fields.max_by_key(|f| f[1].len()).map(|f| f[2].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_tells_is_understood() {
        assert_eq!(ticks("cpu  10 1 5 100 4 2 2 0 0 0\ncpu0 1\n"), Some((20, 124)));
        assert_eq!(memory("MemTotal:       16384 kB\nMemFree: 1 kB\n"), Some(16_777_216));
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmpx xfs rw 0 0\n";
        assert_eq!(file_system(mounts, Path::new("/tmp/x")), Some("tmpfs".into()));
        assert_eq!(file_system(mounts, Path::new("/home")), Some("ext4".into()));
    }

    #[test]
    fn a_machine_that_was_not_idle_is_told_apart() {
        let idle = Machine { processors: 4, load_at_start: Some(0.9), others: Some(0.01), ..Machine::default() };
        assert!(idle.warnings().is_empty());
        let busy = Machine { load_at_start: Some(1.1), others: Some(0.2), ..idle };
        assert_eq!(busy.warnings().len(), 2, "{:?}", busy.warnings());
    }
}
