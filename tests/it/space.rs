//! Making room, file modes, and people who write into what was restored.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::support::{
    Run, Sandbox, Stats, exe, files_below,
    small::{BUILD, UNITS, output},
};

#[test]
fn a_cap_under_which_nothing_fits() {
    let sandbox = Sandbox::new();
    let cap = [("RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB", "0.001")];
    for n in 0..3 {
        let dir = sandbox.small(&format!("p{n}"), &format!("p{n}"));
        sandbox.assert_builds(&dir, &cap);
    }
    let stats = sandbox.take_stats();
    let size = |name: &str| stats.0["cache"][name].as_u64().unwrap_or(u64::MAX);
    assert_eq!(size("max_bytes"), 1_000_000);
    // Statistics come after everything is stored; the program alone is larger than the cap.
    sandbox.ours_with(&sandbox.path("home"), &["cache", "clean"], &cap).success();
    let after = Stats(sandbox.ours(&sandbox.path("home"), &["stats", "--json"]).success().json());
    let used = after.0["cache"]["blob_bytes"].as_u64().expect("a number");
    assert!(used <= 1_000_000, "{:#}", after.0);
    let on_disk: u64 =
        files_below(&sandbox.store().join("blobs")).iter().filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum();
    assert_eq!(on_disk, used, "files and sums agree");
    assert!(size("blob_bytes") <= 1_000_000 + 5_000_000, "at most what was in flight: {:#}", stats.0);
    sandbox.assert_sound();
    sandbox.stop_daemon();
    sandbox.assert_heals(&sandbox.path("p2"));
}

#[test]
fn everything_removed_again_and_again_during_builds() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "cleaned");
    sandbox.assert_builds(&first, &[]);
    let dirs: Vec<PathBuf> = (0..4).map(|n| sandbox.copy(&first, &format!("p{n}"))).collect();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                drop(sandbox.ours(&sandbox.path("home"), &["cache", "clean", "--all"]));
            }
        });
        let builds: Vec<_> = dirs.iter().map(|dir| sandbox.start(dir, &BUILD)).collect();
        let runs: Vec<Run> = builds.into_iter().map(crate::support::processes::Running::finish).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        runs.into_iter().for_each(|run| drop(run.success()));
    });
    dirs.iter().for_each(|dir| sandbox.assert_like_plain(dir));
    sandbox.assert_sound();
    sandbox.assert_heals(&first);
}

/// Modes of everything in `deps`.
fn modes(dir: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(dir.join("target/debug/deps")).expect("built").flatten();
    let mut all: Vec<_> = entries
        .map(|e| (e.file_name().to_string_lossy().into_owned(), e.metadata().expect("exists").permissions().mode() & 0o7777))
        .filter(|(name, _)| !name.contains(".rcgu."))
        .collect();
    all.sort();
    all
}

#[test]
fn restored_files_have_the_modes_that_the_compiler_would_give() {
    let sandbox = Sandbox::new();
    let under = |program: &str, umask: &str, dir: &Path| {
        let script = format!("umask {umask}; exec \"$@\"");
        let mut command = sandbox.command("sh", dir);
        Run::of(command.args(["-c", &script, "sh", program]).args(BUILD)).success();
    };
    let first = sandbox.small("first", "modes");
    sandbox.ready();
    under(exe(), "077", &first);
    let mut compared = 0;
    for umask in ["022", "077", "002", "027"] {
        let (ours, plain) = (sandbox.copy(&first, &format!("ours{umask}")), sandbox.copy(&first, &format!("modes{umask}")));
        sandbox.take_stats();
        under(exe(), umask, &ours);
        sandbox.take_stats().assert_all_hits(UNITS);
        under("cargo", umask, &plain);
        assert_eq!(modes(&ours), modes(&plain), "umask {umask}");
        compared += 1;
    }
    assert_eq!(compared, 4);
}

fn append(file: &Path) {
    let mut file = File::options().append(true).open(file).expect("writable");
    file.write_all(b"something at the end\n").expect("written");
}

fn library(dir: &Path) -> PathBuf {
    let entries = fs::read_dir(dir.join("target/debug/deps")).expect("built").flatten().map(|e| e.path());
    entries.into_iter().find(|p| p.extension().is_some_and(|e| e == "rlib")).expect("a library")
}

#[test]
fn writing_into_a_restored_program_changes_nothing_elsewhere() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "stripped");
    sandbox.assert_builds(&first, &[]);
    sandbox.assert_hits(&sandbox.copy(&first, "second"));
    for (n, dir) in ["first", "second"].into_iter().enumerate() {
        let program = sandbox.path(dir).join("target/debug/app");
        let before = fs::metadata(&program).expect("built").len();
        Run::of(sandbox.command("strip", &sandbox.path(dir)).arg(&program)).success();
        assert!(fs::metadata(&program).expect("built").len() < before);
        append(&program);
        append(&fs::canonicalize(&program).expect("exists"));
        assert!(output(&sandbox.path(dir)).starts_with("stripped"));
        sandbox.assert_hits(&sandbox.copy(&first, &format!("after{n}")));
    }
    sandbox.assert_sound();
}

#[test]
fn writing_into_a_restored_library_is_noticed() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "appended");
    sandbox.assert_builds(&first, &[]);
    sandbox.assert_hits(&sandbox.copy(&first, "second"));
    for (n, dir) in ["first", "second"].into_iter().enumerate() {
        let file = library(&sandbox.path(dir));
        let shared = fs::metadata(&file).expect("built").nlink() > 1;
        append(&file);
        let again = sandbox.copy(&first, &format!("after{n}"));
        sandbox.ready();
        sandbox.take_stats();
        sandbox.assert_builds(&again, &[]);
        let stats = sandbox.take_stats();
        assert!(shared || stats.misses() == 0, "{:#}", stats.0);
        sandbox.assert_hits(&sandbox.copy(&first, &format!("healed{n}")));
    }
    sandbox.assert_sound();
}
