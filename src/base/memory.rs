//! How much memory there is to be had, who uses it, and how hard the machine is pressed. On Linux; elsewhere nothing is known.
//!
//! It must never wait or cost more than a few small reads of `/proc` and `/sys`. What cannot be read is not known, which is
//! for the caller to make the best of.

use std::{fs, path::Path};

/// The machine at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Machine {
    /// Bytes that can be had without anybody being killed: what is free or can be freed, and what the control group is
    /// still allowed.
    pub free: Option<u64>,
    /// Percent of the last ten seconds in which somebody waited for memory.
    pub memory_pressure: f64,
    /// The same for processors.
    pub cpu_pressure: f64,
}

impl Machine {
    /// As it is now.
    pub fn now() -> Self {
        let available = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
        let allowed = fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| allowed(&text, Path::new("/sys/fs/cgroup")));
        Self {
            free: available.into_iter().chain(allowed).min(),
            memory_pressure: pressure("/proc/pressure/memory"),
            cpu_pressure: pressure("/proc/pressure/cpu"),
        }
    }
}

/// `MemAvailable` in bytes.
fn available(meminfo: &str) -> Option<u64> {
    line_of(meminfo, "MemAvailable:")
}

/// A line of `/proc/meminfo` in bytes; `name` ends with its colon.
pub fn line_of(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|l| l.strip_prefix(name))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// What the control group of this process, and those above it, still allow; `None` without a limit.
fn allowed(groups: &str, root: &Path) -> Option<u64> {
    let of = |name: &str| groups.lines().find_map(|l| l.split_once(':')?.1.split_once(':').filter(|(n, _)| *n == name));
    let (dir, path, names) = match (of("memory"), of("")) {
        // The first version has a hierarchy for each resource.
        (Some((_, path)), _) => (root.join("memory"), path, ["memory.limit_in_bytes", "memory.usage_in_bytes"]),
        (None, Some((_, path))) => (root.to_owned(), path, ["memory.max", "memory.current"]),
        (None, None) => return None,
    };
    let here = dir.join(path.trim_start_matches('/'));
    // In a container the group's own path may not be visible; the root is the group then.
    let groups = here.ancestors().take_while(|group| group.starts_with(&dir));
    groups.filter_map(|group| left(group, names)).min()
}

/// What one group still allows.
fn left(group: &Path, [limit, used]: [&str; 2]) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    // `max`, and the largest number there is, mean none.
    let limit = number(limit).filter(|n| *n < 1 << 60)?;
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let value = |name: &str| stat.lines().find_map(|l| l.split_once(' ').filter(|(n, _)| *n == name)?.1.parse::<u64>().ok());
    // Files that were read and can be read again are given up before anybody is killed.
    let files = value("total_inactive_file").or_else(|| value("inactive_file")).unwrap_or(0);
    Some(limit.saturating_sub(number(used)?.saturating_sub(files)))
}

/// `some avg10`.
fn pressure(file: &str) -> f64 {
    fs::read_to_string(file).ok().and_then(|text| average(&text)).unwrap_or(0.0)
}

fn average(text: &str) -> Option<f64> {
    text.lines().find_map(|l| l.strip_prefix("some avg10="))?.split(' ').next()?.parse().ok()
}

/// Bytes that a process and everything it has started hold in memory; pages that they share count for each.
pub fn resident_below(pid: u32) -> u64 {
    let dir = Path::new("/proc").join(pid.to_string());
    let children = fs::read_to_string(dir.join("task").join(pid.to_string()).join("children")).unwrap_or_default();
    let below: u64 = children.split_whitespace().filter_map(|child| child.parse().ok()).map(resident_below).sum();
    resident(&dir).unwrap_or(0) + below
}

/// Bytes that this process holds in memory.
pub fn resident_bytes() -> Option<u64> {
    resident(Path::new("/proc/self"))
}

fn resident(process: &Path) -> Option<u64> {
    let pages: u64 = fs::read_to_string(process.join("statm")).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * page_size())
}

fn page_size() -> u64 {
    let size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
    size.ok().flatten().and_then(|n| u64::try_from(n).ok()).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes() {
        assert_eq!(available("MemTotal:  9 kB\nMemAvailable:   21000 kB\n"), Some(21_000 * 1024));
        assert_eq!(available("MemTotal: 9 kB\n"), None);
        assert_eq!(average("some avg10=90.12 avg60=83.77\nfull avg10=1.00\n"), Some(90.12));
    }

    #[test]
    fn the_tightest_group_counts() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("has one")).expect("created");
            fs::write(path, text).expect("written");
        };
        write("a/b/memory.max", "max\n");
        write("a/b/memory.current", "5\n");
        assert_eq!(allowed("0::/a/b\n", dir.path()), None, "no limit");
        write("a/memory.max", "1000\n");
        write("a/memory.current", "700\n");
        write("a/memory.stat", "anon 600\ninactive_file 100\n");
        assert_eq!(allowed("0::/a/b\n", dir.path()), Some(400), "of a group above");
        write("a/b/memory.max", "300\n");
        assert_eq!(allowed("0::/a/b\n", dir.path()), Some(295));
        write("memory/x/memory.limit_in_bytes", "1000");
        write("memory/x/memory.usage_in_bytes", "900");
        write("memory/x/memory.stat", "inactive_file 1\ntotal_inactive_file 50\n");
        assert_eq!(allowed("4:memory:/x\n0::/a\n", dir.path()), Some(150), "of the first version");
        assert_eq!(allowed("0::/not/visible\n", dir.path()), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_and_its_children() {
        assert!(Machine::now().free.is_some_and(|free| free > 0));
        assert!(resident_below(std::process::id()) > 100_000);
        assert_eq!(resident_below(u32::MAX), 0, "nobody");
    }
}
