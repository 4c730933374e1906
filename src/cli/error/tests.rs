//! How every error of a command is told, in one text that a person can read through: `said.txt`.
//!
//! `HYPEROPT_BLESS=1 cargo test --lib cli::error` writes it anew. A new variant has to be added here, or nothing compiles.

use std::{fmt::Write, io, path::PathBuf};

use super::*;
use crate::{
    advise::fix::{FixError, vcs::Dirty},
    analyze::remedy::Refused,
    base::{env::EnvSnapshot, fs::at},
    bench::error::BenchError,
    cli::{analyze::AnalyzeError, init::InitError, warmup::error::WarmupError, watch::WatchStart},
    ui::ColorChoice,
    watch::{WatchError, job::Job},
};

/// Of each pattern of a `match` that has to know all variants, some values.
macro_rules! all {
    ($enum:ty: $($pattern:pat => $($value:expr),+;)+) => {{
        let known = |error: &$enum| match error { $($pattern => (),)+ };
        let all: Vec<$enum> = vec![$($($value),+),+];
        all.iter().for_each(known);
        all
    }};
}

fn file() -> PathBuf {
    "/srv/project/Cargo.toml".into()
}

fn dir() -> PathBuf {
    "/srv/project".into()
}

fn denied() -> io::Error {
    at(&file(), io::Error::from(io::ErrorKind::PermissionDenied))
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

fn json() -> serde_json::Error {
    serde_json::from_str::<u8>("x").expect_err("no number")
}

fn config() -> ConfigError {
    let flags = [("cache.max_size".into(), "many".into()), ("cache.max_size_gb".into(), "many".into())];
    crate::config::load(&EnvSnapshot::default(), &dir(), &flags).expect_err("both are wrong")
}

fn ipc() -> Vec<IpcError> {
    let store = || PathBuf::from("/srv/cache");
    all! { IpcError:
        IpcError::NotRunning(_) => IpcError::NotRunning(store());
        IpcError::BreakerOpen(_) => IpcError::BreakerOpen(store());
        IpcError::Foreign(_) => IpcError::Foreign(store());
        IpcError::Draining(_) => IpcError::Draining(store());
        IpcError::Start { .. } => IpcError::Start { store: store(), cause: missing() };
        IpcError::Io { .. } => IpcError::Io { store: store(), cause: io::Error::from(io::ErrorKind::ConnectionReset) };
        IpcError::Failed(_) => IpcError::Failed("the database is closed".into());
    }
}

fn init() -> Vec<InitError> {
    let other = || "/usr/bin/other".to_owned();
    all! { InitError:
        InitError::Syntax(_) => InitError::Syntax("line 3: expected `=`".into());
        InitError::Inline(_) => InitError::Inline("build");
        InitError::Json(_) => InitError::Json("line 3: expected `,`".into());
        InitError::Kind(_) => InitError::Kind("rust-analyzer.cargo".into());
        InitError::Changed => InitError::Changed;
        InitError::OtherInEditor { .. } => InitError::OtherInEditor { file: ".vscode/settings.json".into(), wrapper: other() };
        InitError::Awkward => InitError::Awkward;
        InitError::At { .. } => InitError::At { file: file(), cause: Box::new(InitError::Changed) };
        InitError::Other { .. } => InitError::Other { file: ".cargo/config.toml".into(), wrapper: other() };
        InitError::Io(_) => InitError::Io(denied());
        InitError::NoHome => InitError::NoHome;
        InitError::Exe(_) => InitError::Exe("/srv/bin/rustc-hyperopt".into());
    }
}

fn warmup() -> Vec<WarmupError> {
    all! { WarmupError:
        WarmupError::Off => WarmupError::Off;
        WarmupError::NoStore(_) => WarmupError::NoStore("the daemon failed: the database is closed".into());
        WarmupError::NoProject(_) => WarmupError::NoProject(dir());
        WarmupError::Busy => WarmupError::Busy;
        WarmupError::Idle => WarmupError::Idle;
        WarmupError::Io(_) => WarmupError::Io(denied());
    }
}

fn bench() -> Vec<BenchError> {
    all! { BenchError:
        BenchError::NoProject(_) => BenchError::NoProject(dir());
        BenchError::Cargo { .. } => BenchError::Cargo { what: "`cargo build` fails in a copy".into(), said: "error[E0425]".into() };
        BenchError::Outside(..) => BenchError::Outside("/srv/other".into(), dir());
        BenchError::NoSite(_) => BenchError::NoSite(" in src/main.rs".into());
        BenchError::NotInstalled(_) => BenchError::NotInstalled("sccache");
        BenchError::Io(_) => BenchError::Io(denied());
        BenchError::Start(..) => BenchError::Start("/usr/bin/cargo".into(), missing());
        BenchError::Export(_) => BenchError::Export(json());
        BenchError::Stopped(_) => BenchError::Stopped(2);
    }
}

fn watch() -> Vec<WatchStart> {
    let inner = all! { WatchError:
        WatchError::Notify(_) => WatchError::Notify(notify::Error::new(notify::ErrorKind::MaxFilesWatch));
        WatchError::Terminal(_) => WatchError::Terminal(io::Error::other("not a terminal"));
        WatchError::Io(_) => WatchError::Io(denied());
    };
    let mut all = all! { WatchStart:
        WatchStart::NoProject(_) => WatchStart::NoProject(dir());
        WatchStart::NoJob { .. } =>
            WatchStart::NoJob { name: "chekc".into(), meant: Some(Job::Check) }, WatchStart::NoJob { name: "dance".into(), meant: None };
        WatchStart::Format => WatchStart::Format;
        WatchStart::Watch(_) => WatchStart::Watch(WatchError::Io(denied()));
    };
    all.pop();
    all.extend(inner.into_iter().map(WatchStart::Watch));
    all
}

fn analyze() -> Vec<AnalyzeError> {
    let refused = all! { Refused:
        Refused::Syntax(_) => Refused::Syntax("line 3: expected `=`".into());
        Refused::NoTable(_) => Refused::NoTable("profile".into());
        Refused::Set(_) => Refused::Set("debug = 1".into());
    };
    let mut all = all! { AnalyzeError:
        AnalyzeError::NoProject => AnalyzeError::NoProject;
        AnalyzeError::NoBuilds => AnalyzeError::NoBuilds;
        AnalyzeError::Unknown { .. } =>
            AnalyzeError::Unknown { name: "dependency-debug".into(), meant: Some("dependency-debug-info".into()) },
            AnalyzeError::Unknown { name: "speed".into(), meant: None };
        AnalyzeError::ChangedSince(_) => AnalyzeError::ChangedSince(file());
        AnalyzeError::NothingApplied(_) => AnalyzeError::NothingApplied(file());
        AnalyzeError::NoStore => AnalyzeError::NoStore;
        AnalyzeError::NoConfiguration => AnalyzeError::NoConfiguration;
        AnalyzeError::NoLink(_) =>
            AnalyzeError::NoLink(None), AnalyzeError::NoLink(Some(("rg".into(), "it was linked by another driver".into())));
        AnalyzeError::LinkFails { .. } =>
            AnalyzeError::LinkFails { program: "rg".into(), said: "ld.lld: error: cannot open crt1.o".into() };
        AnalyzeError::Io(_) => AnalyzeError::Io(denied());
        AnalyzeError::Refused { .. } => AnalyzeError::Refused { file: file(), cause: Refused::Set("debug = 1".into()) };
    };
    all.pop();
    all.extend(refused.into_iter().map(|cause| AnalyzeError::Refused { file: file(), cause }));
    all
}

fn fix() -> Vec<FixError> {
    let dirty = all! { Dirty:
        Dirty::NoVcs(_) => Dirty::NoVcs(dir());
        Dirty::Unsaved(_) =>
            Dirty::Unsaved(vec![("src/main.rs".into(), false)]), Dirty::Unsaved(vec![("src/main.rs".into(), true)]);
    };
    let mut all = all! { FixError:
        FixError::Metadata(_) => FixError::Metadata("error: failed to parse manifest".into());
        FixError::Word(_) => FixError::Word("--lockfile-path".into());
        FixError::Outside(..) => FixError::Outside("/srv/other/Cargo.toml".into(), dir());
        FixError::Busy => FixError::Busy;
        FixError::Copy(_) => FixError::Copy("error: failed to run custom build command".into());
        FixError::NotThere => FixError::NotThere;
        FixError::Edited(_) => FixError::Edited("src/main.rs".into());
        FixError::NothingMended(_) => FixError::NothingMended(dir());
        FixError::ChangedSince(_) => FixError::ChangedSince(vec!["src/main.rs".into(), "src/lib.rs".into()]);
        FixError::Io(_) => FixError::Io(denied());
        FixError::Kept(_) => FixError::Kept(json());
        FixError::Start { .. } => FixError::Start { what: "/usr/bin/cargo".into(), cause: missing() };
        FixError::Stopped(_) => FixError::Stopped(2);
        FixError::Dirty(_) => FixError::Dirty(Dirty::NoVcs(dir()));
    };
    all.pop();
    all.extend(dirty.into_iter().map(FixError::Dirty));
    all
}

/// Those that only pass another one on stand for themselves in the functions above.
fn own() -> Vec<CliError> {
    all! { CliError:
        CliError::Config(_) => CliError::Config(config());
        CliError::Daemon(_) | CliError::Init(_) | CliError::Warmup(_) | CliError::Bench(_) | CliError::Watch(_) | CliError::Analyze(_)
        | CliError::Fix(_) => CliError::Misunderstood;
        CliError::Refused(_) => CliError::Refused("the database is closed".into());
        CliError::Misunderstood => CliError::Misunderstood;
        CliError::UnknownCrate { .. } =>
            CliError::UnknownCrate { name: "sered".into(), meant: Some("serde".into()) },
            CliError::UnknownCrate { name: "none".into(), meant: None };
        CliError::Toolchain(_) => CliError::Toolchain("+nightly".into());
        CliError::NotCleaning => CliError::NotCleaning;
        CliError::NoCargo => CliError::NoCargo;
        CliError::Start { .. } => CliError::Start { what: "/usr/bin/cargo".into(), cause: missing() };
        CliError::Json(_) => CliError::Json(json());
    }
}

fn told(error: &CliError) -> String {
    let (mut printer, captured) = Printer::captured(ColorChoice::Never);
    error.tell(&mut printer);
    format!("exit {}\n{}\n", error.exit(), captured.err())
}

#[test]
fn each_is_told_as_it_stands_in_the_file() {
    let groups: Vec<(&str, Vec<CliError>)> = vec![
        ("any command", own()),
        ("the daemon", ipc().into_iter().map(Into::into).collect()),
        ("init", init().into_iter().map(Into::into).collect()),
        ("warmup", warmup().into_iter().map(Into::into).collect()),
        ("bench", bench().into_iter().map(Into::into).collect()),
        ("watch", watch().into_iter().map(Into::into).collect()),
        ("analyze", analyze().into_iter().map(Into::into).collect()),
        ("build -p --fix", fix().into_iter().map(Into::into).collect()),
    ];
    let mut text = String::new();
    for (name, errors) in &groups {
        write!(text, "== {name}\n\n").expect("written");
        errors.iter().for_each(|error| text.push_str(&told(error)));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/error/said.txt");
    if std::env::var_os("HYPEROPT_BLESS").is_some() {
        std::fs::write(path, &text).expect("written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let different = text.lines().zip(kept.lines()).find(|(made, kept)| made != kept);
    assert!(text == kept, "{path} differs (HYPEROPT_BLESS=1 writes it anew), first at {different:?}");

    let all: Vec<_> = groups.into_iter().flat_map(|(_, errors)| errors).collect();
    let hinted = all.iter().filter(|e| told(e).contains("hint: ")).count();
    assert!(hinted * 10 >= all.len() * 8, "{hinted} of {} say what to do about it", all.len());
}
