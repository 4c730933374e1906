//! What the kernel tells of a process in `/proc/<pid>/stat` (source: proc_pid_stat(5)). On Linux; elsewhere nothing is known.
//!
//! It must never be taken for more than a look: the process may be gone by then, and its number somebody else's.

use nix::unistd::{SysconfVar, sysconf};

/// A process at one moment. Ticks are those of [`ticks_per_second`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub name: String,
    pub parent: u32,
    /// It has ended, and nobody has waited for it yet.
    pub is_zombie: bool,
    /// Processor time, with that of the children that were waited for.
    pub ticks: u64,
    /// When it was started, in ticks since the machine was.
    pub started: u64,
}

impl Status {
    /// Of a process that there is.
    pub fn of(pid: u32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// `pid (name) state ppid …`; the name may hold anything, parentheses among it.
    fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.rsplit_once(')')?;
        let (_, name) = head.split_once('(')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok());
        Some(Self {
            name: name.to_owned(),
            parent: fields.get(1)?.parse().ok()?,
            is_zombie: matches!(*fields.first()?, "Z" | "X"),
            ticks: number(11)? + number(12)? + number(13)? + number(14)?,
            started: number(19)?,
        })
    }
}

/// The kernel's unit of time in `/proc`.
pub fn ticks_per_second() -> Option<f64> {
    sysconf(SysconfVar::CLK_TCK).ok().flatten().filter(|n| *n > 0).map(|n| n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_understood_whatever_the_name() {
        let line = "42 (a) R 1 (b) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 5 6";
        let found = Status::parse(line).expect("understood");
        assert_eq!((found.parent, found.ticks, found.is_zombie), (7, 124, false));
        assert_eq!((found.name.as_str(), found.started), ("a) R 1 (b", 5));
        assert!(Status::parse("1 (x").is_none());
    }
}
