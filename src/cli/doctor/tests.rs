//! Planted environments, each with one fault.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
};

use super::*;
use crate::{
    cli::{
        args::{Editor, InitArgs},
        context::planted::Planted,
        error::CliError,
    },
    ipc::{self, address, client::Client, protocol::HealthReply},
};

/// A world in which every program is there.
fn sound(vars: &[(&str, &str)]) -> Planted {
    let planted = Planted::new(vars);
    for program in ["cargo", "rustc", "cc"] {
        planted.program(program, &format!("echo {program} 1.95.0"));
    }
    planted
}

fn look(planted: &Planted) -> Vec<Finding> {
    let well = HealthReply { version: env!("CARGO_PKG_VERSION").into(), ..HealthReply::default() };
    examine(&planted.ctx, |_, _| Ok(well))
}

fn found(planted: &Planted, topic: &str) -> Vec<Finding> {
    look(planted).into_iter().filter(|f| f.topic == topic && f.verdict != Verdict::Good).collect()
}

fn only_fault(planted: &Planted, topic: &str, text: &str, mend: &str) {
    let found = found(planted, topic);
    let faults: Vec<_> = found.iter().filter(|f| f.verdict == Verdict::Fault).collect();
    let [fault] = faults[..] else { panic!("one fault with {topic}: {found:?}") };
    assert!(fault.text.contains(text) && fault.mend.as_ref().is_some_and(|m| m.contains(mend)), "{fault:?}");
}

#[test]
fn a_sound_world_has_no_faults() {
    let mut planted = sound(&[]);
    let findings = look(&planted);
    assert!(findings.iter().all(|f| f.verdict != Verdict::Fault), "{findings:?}");
    assert_eq!(report(&mut planted.ctx, &findings), crate::cli::exit::OK);
}

#[test]
fn missing_and_broken_programs() {
    for (program, topic) in [("cargo", "cargo"), ("rustc", "rustc"), ("cc", "linker")] {
        let planted = sound(&[]);
        fs::remove_file(planted.root().join("bin").join(program)).expect("removed");
        only_fault(&planted, topic, "not found", "install");
    }
    let planted = sound(&[]);
    planted.program("rustc", "echo no toolchain >&2; exit 1");
    only_fault(&planted, "rustc", "no toolchain", "rustup show");
    let planted = sound(&[("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "mold-clang")]);
    only_fault(&planted, "linker", "mold-clang", "install");
}

#[test]
fn switches() {
    only_fault(&sound(&[("RUSTC_HYPEROPT", "off")]), "environment", "switches the cache off", "unset RUSTC_HYPEROPT");
    let remarks = found(&sound(&[("CARGO_INCREMENTAL", "0")]), "environment");
    assert!(matches!(&remarks[..], [r] if r.verdict == Verdict::Remark && r.text.contains("CARGO_INCREMENTAL=0")), "{remarks:?}");
}

#[test]
fn wrappers() {
    let none = found(&sound(&[]), "wrapper");
    assert!(
        matches!(&none[..], [r] if r.verdict == Verdict::Remark && r.mend.as_deref() == Some("rustc-hyperopt init")),
        "{none:?}"
    );
    only_fault(&sound(&[("RUSTC_WRAPPER", "sccache")]), "wrapper", "`sccache`", "unset RUSTC_WRAPPER");

    let with_config = |dir: &str, text: String| {
        let planted = sound(&[]);
        let dir = planted.root().join(dir).join(".cargo");
        fs::create_dir(&dir).expect("directory");
        fs::write(dir.join("config.toml"), text).expect("written");
        planted
    };
    let other = || "[build]\nrustc-wrapper = \"kache\"\n".to_owned();
    only_fault(&with_config("home", other()), "wrapper", "`kache`", "init --force");
    only_fault(&with_config("work", other()), "wrapper", "`kache`", "--project");
    only_fault(&with_config("home", "[build".into()), "wrapper", "TOML", "correct");

    let mut planted = sound(&[]);
    crate::cli::init::run(&mut planted.ctx, &crate::cli::args::InitArgs::default()).expect("set up");
    assert_eq!(found(&planted, "wrapper"), []);
    planted.ctx.exe = planted.program("moved", "");
    only_fault(&planted, "wrapper", "another executable", "rustc-hyperopt init");
}

#[test]
fn stores() {
    let planted = sound(&[]);
    let dir = planted.root().join("store");
    assert_eq!(store::directory(&dir).verdict, Verdict::Good, "may be made");
    fs::create_dir(&dir).expect("directory");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("mode");
    let open = store::directory(&dir);
    assert_eq!((open.verdict, open.mend), (Verdict::Fault, Some(format!("chmod 700 {}", dir.display()))));
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).expect("mode");
    assert_eq!(store::directory(&dir).verdict, Verdict::Good);
    let link = planted.root().join("link");
    symlink(&dir, &link).expect("link");
    assert_eq!(store::directory(&link).verdict, Verdict::Good);
    let file = planted.program("file", "");
    assert_eq!(store::directory(&file).verdict, Verdict::Fault);
    assert_eq!(store::directory(&file.join("below")).verdict, Verdict::Fault);

    let verdicts = [0, 1_000_000_000, 3_000_000_000].map(|free| store::judge_room(free).verdict);
    assert_eq!(verdicts, [Verdict::Fault, Verdict::Remark, Verdict::Good]);
}

#[test]
fn daemons() {
    let well = HealthReply { version: env!("CARGO_PKG_VERSION").into(), pid: 7, ..HealthReply::default() };
    let judged = |health: Result<HealthReply, CliError>| store::daemon("/none".as_ref(), &health).remove(0);
    assert_eq!(judged(Ok(well.clone())).verdict, Verdict::Good);
    let old = judged(Ok(HealthReply { version: "0.0.1".into(), ..well.clone() }));
    assert!(old.verdict == Verdict::Fault && old.text.contains("0.0.1") && old.mend.is_some_and(|m| m.contains("kill 7")));
    let full = judged(Ok(HealthReply { degraded: Some("disk full".into()), ..well }));
    assert!(full.verdict == Verdict::Fault && full.text.contains("disk full"));
    assert_eq!(judged(Err(CliError::Misunderstood)).verdict, Verdict::Fault);
}

#[test]
fn a_bad_configuration_is_a_fault_and_the_exit_code_tells() {
    let mut planted = sound(&[("RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB", "lots")]);
    only_fault(&planted, "configuration", "lots", "correct");
    let findings = look(&planted);
    assert_eq!(report(&mut planted.ctx, &findings), crate::cli::exit::NO);
    let out = planted.said.out();
    assert!(out.contains(" fault  configuration: ") && out.contains("    ok  cargo: cargo 1.95.0"), "{out}");
    assert_eq!(planted.said.err(), "");
}

#[test]
fn a_daemon_that_hangs_is_named_and_the_pause_after_it_is_ended() {
    let planted = sound(&[]);
    let store = planted.root().join("home/.rustc-hyperopt/cache");
    address::run_dir(&store).expect("made");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o700)).expect("mode");
    let _never_answers = UnixListener::bind(address::socket(&store)).expect("bound");
    let own = format!("kill -9 {}; rm -f {}", std::process::id(), ipc::breaker::file(&store).display());
    for text in ["talking to the daemon", "left alone for a while"] {
        let findings = examine(&planted.ctx, |_, store| Ok(Client::connect(store).map(|_| HealthReply::default())?));
        let fault = findings.iter().find(|f| f.verdict == Verdict::Fault).expect("a fault");
        assert!(fault.topic == "daemon" && fault.text.contains(text), "{fault:?}");
        assert!(fault.mend.as_ref().is_some_and(|m| m.starts_with(&own)), "{fault:?}");
    }
}

#[test]
fn wrappers_that_switch_us_off_or_stand_before_us() {
    for name in ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"] {
        only_fault(&sound(&[(name, "")]), "wrapper", "set to nothing", &format!("unset {name}"));
    }
    for name in ["RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"] {
        only_fault(&sound(&[(name, "/opt/other")]), "wrapper", "`/opt/other` and are not cached", &format!("unset {name}"));
    }
    assert!(
        found(&sound(&[("RUSTC_WORKSPACE_WRAPPER", "rustc-hyperopt")]), "wrapper").iter().all(|f| f.verdict != Verdict::Fault)
    );
}

#[test]
fn an_editor_that_names_a_program_that_has_moved() {
    let mut planted = sound(&[]);
    let args = InitArgs { ide: Some(Editor::Helix), ..InitArgs::default() };
    crate::cli::init::run(&mut planted.ctx, &args).expect("set up");
    assert_eq!(found(&planted, "editor"), []);
    planted.ctx.exe = planted.program("moved", "");
    only_fault(&planted, "editor", "another executable", "rustc-hyperopt init --ide helix");
}

#[test]
fn files_from_the_future() {
    let planted = sound(&[]);
    let file = planted.ctx.cwd.join("Cargo.toml");
    fs::write(&file, "").expect("written");
    assert_eq!(found(&planted, "clock"), []);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    fs::File::options().write(true).open(&file).and_then(|f| f.set_modified(later)).expect("set");
    only_fault(&planted, "clock", "from the future", &format!("touch {}", file.display()));
}

#[test]
fn file_systems_on_which_a_store_does_worse() {
    for (number, name) in [(0x6969_i64, "NFS"), (0xff53_4d42, "Windows share"), (0x6573_5546, "sshfs"), (0x0102_1994, "tmpfs")] {
        let finding = store::judge_file_system(number).expect("a remark");
        assert!(finding.verdict == Verdict::Remark && finding.text.contains(name), "{finding:?}");
        assert!(finding.mend.is_some_and(|m| m.contains("RUSTC_HYPEROPT_CACHE_PATH")));
    }
    assert_eq!(store::judge_file_system(0xef53_i64), None, "ext4");
}

#[test]
fn a_store_of_another_user() {
    let planted = sound(&[]);
    let dir = planted.root().join("store");
    fs::create_dir(&dir).expect("directory");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).expect("mode");
    // Only root can give a directory away; others cannot write into one that they were not given either.
    if std::os::unix::fs::chown(&dir, Some(4243), None).is_ok() {
        let finding = store::directory(&dir);
        assert!(finding.verdict == Verdict::Fault && finding.text.contains("another user"), "{finding:?}");
    }
}

#[cfg(feature = "llm")]
#[test]
fn the_model_is_named_and_the_key_is_not() {
    let told = |vars: &[(&str, &str)]| {
        let all: Vec<Finding> = look(&sound(vars)).into_iter().filter(|f| f.topic == "language model").collect();
        let [finding] = &all[..] else { panic!("one line: {all:?}") };
        finding.clone()
    };
    let without = told(&[]);
    assert!(without.verdict == Verdict::Good && without.text.contains("`ANTHROPIC_API_KEY` is not set"), "{without:?}");
    let with = told(&[("ANTHROPIC_API_KEY", "hunter2hunter2")]);
    assert!(with.text.contains("https://api.anthropic.com/v1 (key in ANTHROPIC_API_KEY)"), "{with:?}");
    assert!(!format!("{with:?}").contains("hunter2"), "{with:?}");
    let local = told(&[("RUSTC_HYPEROPT_LLM_PROVIDER", "local"), ("RUSTC_HYPEROPT_LLM_MODEL", "mine")]);
    assert!(local.text.contains("`mine` at http://127.0.0.1:11434/v1 (no key needed)"), "{local:?}");
    let wrong = told(&[("ANTHROPIC_API_KEY", "hunter2hunter2"), ("RUSTC_HYPEROPT_LLM_ENDPOINT", "http://evil.example/")]);
    assert!(wrong.verdict == Verdict::Remark && wrong.mend.is_some_and(|mend| mend.contains("https://")));
}
