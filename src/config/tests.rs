//! The whole layer: files, environment and flags together.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{raw::KEYS, stack::show, *};
use crate::base::env::EnvSnapshot;

/// A home directory with a user's file, and a project in a repository below it.
struct Sandbox {
    _dir: tempfile::TempDir,
    home: PathBuf,
    project: PathBuf,
}

impl Sandbox {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        let home = dir.path().canonicalize().expect("it exists").join("home");
        let project = home.join("project");
        fs::create_dir_all(project.join(".git")).expect("directories");
        Self { _dir: dir, home, project }
    }

    fn user_file(&self) -> PathBuf {
        self.home.join(".config/rustc-hyperopt/config.toml")
    }

    fn project_file(&self) -> PathBuf {
        self.project.join(PROJECT_FILE)
    }

    fn user(self, text: &str) -> Self {
        fs::create_dir_all(self.user_file().parent().expect("a parent")).expect("directory");
        fs::write(self.user_file(), text).expect("file");
        self
    }

    fn project(self, text: &str) -> Self {
        fs::write(self.project_file(), text).expect("file");
        self
    }

    fn env(&self, vars: &[(&str, &str)]) -> EnvSnapshot {
        let home = self.home.to_str().expect("a readable path");
        let all = vars.iter().copied().chain([("HOME", home)]);
        all.map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
    }

    fn with(&self, vars: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
        let flags: Vec<_> = flags.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        load(&self.env(vars), &self.project, &flags)
    }

    fn load(&self) -> Loaded {
        self.with(&[], &[]).expect("nothing is wrong")
    }

    /// The errors with the sandbox's paths shortened.
    fn errors(&self) -> String {
        self.shorten(&self.with(&[], &[]).expect_err("something is wrong").to_string())
    }

    fn shorten(&self, text: &str) -> String {
        text.replace(self.home.to_str().expect("a readable path"), "~")
    }
}

fn value<'a>(loaded: &'a Loaded, key: &str) -> &'a Effective {
    loaded.values.iter().find(|v| v.key == key).expect("a known key")
}

#[test]
fn without_anything_there_are_defaults() {
    let sandbox = Sandbox::new();
    let loaded = sandbox.load();
    assert_eq!(loaded.settings.cache.path, sandbox.home.join(".rustc-hyperopt/cache"));
    let mut expected = Settings::default();
    expected.cache.path = loaded.settings.cache.path.clone();
    assert_eq!(loaded.settings, expected);
    assert_eq!(loaded.values.len(), KEYS.len());
    assert!(loaded.values.iter().all(|v| v.origin == Origin::Default && v.also.is_empty() && !v.doc.is_empty()));
    assert_eq!((loaded.project_file, loaded.user_file, loaded.warnings), (None, None, vec![]));
    assert_eq!(Settings::default().performance.memory_limit_gb, None);
}

#[test]
fn later_layers_win_and_every_value_knows_its_origin() {
    let key = "performance.max_parallel_jobs";
    let var = "RUSTC_HYPEROPT_PERFORMANCE_MAX_PARALLEL_JOBS";
    let sandbox = Sandbox::new();
    assert_eq!(value(&sandbox.load(), key).origin, Origin::Default);
    let sandbox = sandbox.user("\n[performance]\nmax_parallel_jobs = 60\n");
    let in_user_file = Origin::UserFile { path: sandbox.user_file(), line: 3 };
    let seen = |loaded: &Loaded| (loaded.settings.performance.max_parallel_jobs, value(loaded, key).origin.clone());
    assert_eq!(seen(&sandbox.load()), (Some(60), in_user_file.clone()));
    let sandbox = sandbox.project("[performance]\nmax_parallel_jobs = 50\n");
    let in_project = Origin::ProjectFile { path: sandbox.project_file(), line: 2 };
    assert_eq!(seen(&sandbox.load()), (Some(50), in_project));
    let loaded = sandbox.with(&[(var, "70")], &[]).expect("fine");
    assert_eq!(seen(&loaded), (Some(70), Origin::Environment(var.into())));
    let loaded = sandbox.with(&[(var, "70")], &[(key, "80")]).expect("fine");
    assert_eq!(seen(&loaded), (Some(80), Origin::Flag));
    assert_eq!(
        (loaded.user_file.clone(), loaded.project_file.clone()),
        (Some(sandbox.user_file()), Some(sandbox.project_file()))
    );

    let sandbox = sandbox.project("[performance]\nmax_parallel_jobs = 61\n");
    assert_eq!(seen(&sandbox.load()), (Some(60), in_user_file), "a project can lower, never raise");
    let loaded = sandbox.with(&[(var, "")], &[]).expect("an empty variable is none");
    assert_eq!(loaded.settings.performance.max_parallel_jobs, Some(60));
    assert_eq!(sandbox.shorten(&value(&loaded, key).origin.to_string()), "~/.config/rustc-hyperopt/config.toml:3");
}

#[test]
fn lists_and_the_salt_add_up() {
    let sandbox = Sandbox::new()
        .user("[cache]\nexclude = ['a', 'b']\nkey_salt = 'user'\n")
        .project("[cache]\nkey_salt = 'project'\nexclude = ['b', 'c']\n");
    let loaded = sandbox.with(&[("RUSTC_HYPEROPT_CACHE_EXCLUDE", "d,a")], &[]).expect("fine");
    assert_eq!(loaded.settings.cache.exclude, ["a", "b", "c", "d"]);
    assert_eq!(loaded.settings.cache.key_salt, "user/project");
    let shown = value(&loaded, "cache.exclude");
    assert_eq!(shown.value, r#"["a", "b", "c", "d"]"#);
    assert_eq!(shown.origin, Origin::Environment("RUSTC_HYPEROPT_CACHE_EXCLUDE".into()));
    let files =
        [Origin::UserFile { path: sandbox.user_file(), line: 2 }, Origin::ProjectFile { path: sandbox.project_file(), line: 3 }];
    assert_eq!(shown.also, files);
    let loaded = sandbox.project("[cache]\nexclude = []\nkey_salt = ''\n").load();
    assert_eq!(loaded.settings.cache.exclude, ["a", "b"], "an empty list takes nothing away");
    assert_eq!(loaded.settings.cache.key_salt, "user");
}

/// For every key of the table: a value that is not its default, as TOML.
fn unusual(spec: &raw::Spec) -> &'static str {
    match spec.name().as_str() {
        "cache.path" => "\"/elsewhere\"",
        "cache.verify" => "\"always\"",
        "cache.exclude" => "[\"x\"]",
        "cache.extra_inputs" => "[\"x/y\"]",
        "cache.key_env" => "[\"X\"]",
        "cache.key_salt" => "\"x\"",
        "ai.semantic_analysis" | "ai.cold_start_optimization" | "ai.fix_memory" | "performance.speculative_compilation" => {
            "false"
        }
        "ai.line_drift" => "\"allow\"",
        "ai.confidence_threshold" | "cache.verify_sample" => "0.5",
        "llm.provider" => "\"local\"",
        "performance.linker" => "\"mold\"",
        "ui.progress" => "\"cargo\"",
        "performance.codegen_backend" => "\"cranelift\"",
        "llm.model" | "llm.endpoint" => "\"x\"",
        "llm.auto_fix" | "daemon.event_log" => "true",
        "cache.max_size_gb" | "performance.memory_limit_gb" => "7.5",
        _ => "777",
    }
}

#[test]
fn every_key_can_be_set_in_every_users_layer_and_changes_a_setting_of_its_own() {
    let mut seen = Vec::new();
    for spec in &KEYS {
        let toml = unusual(spec);
        let text = toml.replace(['"', '[', ']'], "");
        let sandbox = Sandbox::new();
        let by_env = sandbox.with(&[(&spec.env_name(), &text)], &[]).expect("fine");
        let by_flag = sandbox.with(&[], &[(&spec.name(), &text)]).expect("fine");
        assert_ne!(by_env.settings, sandbox.load().settings, "{}", spec.name());
        let by_file = sandbox.user(&format!("[{}]\n{} = {toml}\n", spec.section, spec.key)).load();
        assert_eq!(value(&by_file, &spec.name()).value, toml);
        assert_eq!((&by_env.settings, &by_flag.settings), (&by_file.settings, &by_file.settings));
        assert!(!seen.contains(&by_file.settings), "{} sets the place of another key", spec.name());
        seen.push(by_file.settings);
    }
}

#[test]
fn what_a_project_may_not_set_is_refused() {
    let allowed = ["cache.exclude", "cache.extra_inputs", "cache.key_env", "cache.key_salt", "cache.verify"];
    let allowed = allowed.into_iter().chain(["ai.semantic_analysis", "ai.cold_start_optimization", "ai.fix_memory"]);
    let allowed: Vec<_> = allowed.chain(["performance.max_parallel_jobs", "performance.speculative_compilation"]).collect();
    for spec in &KEYS {
        let text = format!("[{}]\n{} = {}\n", spec.section, spec.key, unusual(spec));
        let sandbox = Sandbox::new().project(&text);
        let result = sandbox.with(&[], &[]);
        assert_eq!(result.is_ok(), allowed.contains(&spec.name().as_str()), "{}", spec.name());
        if let Err(error) = result {
            let shown = error.to_string();
            assert!(shown.contains(".rustc-hyperopt.toml:2:"), "{shown}");
            assert!(shown.contains("config.toml or with the variable") && shown.contains(&spec.env_name()), "{shown}");
        }
    }
    let careless = "[cache]\nverify = 'linked'\n[ai]\nsemantic_analysis = true\ncold_start_optimization = true\nfix_memory = true\n\
                    [performance]\nspeculative_compilation = true\n";
    let error = Sandbox::new().project(careless).with(&[], &[]).expect_err("refused");
    assert_eq!(error.diagnostics().len(), 5, "{error}");
    Sandbox::new().project("[performance]\nspeculative_compilation = false\n").load();
}

#[test]
fn a_refusal_as_it_is_shown() {
    let sandbox = Sandbox::new().project("[cache]\n  path = \"/tmp/evil\"\n\n[ai]\nsemantic_analysis = true\n");
    assert_eq!(
        sandbox.errors(),
        "error: `cache.path` cannot be set by a project
 --> ~/project/.rustc-hyperopt.toml:2:3
  |
2 |   path = \"/tmp/evil\"
  |   ^^^^
  = hint: set it in ~/.config/rustc-hyperopt/config.toml or with the variable RUSTC_HYPEROPT_CACHE_PATH

error: a project may set `ai.semantic_analysis` to `false` only
 --> ~/project/.rustc-hyperopt.toml:5:21
  |
5 | semantic_analysis = true
  |                     ^^^^
  = hint: set it in ~/.config/rustc-hyperopt/config.toml or with the variable RUSTC_HYPEROPT_AI_SEMANTIC_ANALYSIS"
    );
}

#[test]
fn all_errors_of_a_file_in_its_order() {
    let text = "\
daemon.idle_sec = 20
path = '/x'
llm = 5

[performence]
max_parallel_jobs = 2

[ai]
confidence_threshold = 75
model = 'x'
zzz = 1

[cache]
key_env = ['HOME', \"GITHUB_TOKEN\", 7]
";
    assert_eq!(
        Sandbox::new().user(text).errors(),
        "error: unknown key `idle_sec` in [daemon]
 --> ~/.config/rustc-hyperopt/config.toml:1:8
  |
1 | daemon.idle_sec = 20
  |        ^^^^^^^^
  = hint: did you mean `idle_secs`?

error: `path` stands outside of any section
 --> ~/.config/rustc-hyperopt/config.toml:2:1
  |
2 | path = '/x'
  | ^^^^
  = hint: `path` belongs in [cache]

error: `llm` must be a section
 --> ~/.config/rustc-hyperopt/config.toml:3:1
  |
3 | llm = 5
  | ^^^
  = hint: write `[llm]` and its keys below

error: unknown section `[performence]`
 --> ~/.config/rustc-hyperopt/config.toml:5:2
  |
5 | [performence]
  |  ^^^^^^^^^^^
  = hint: did you mean `[performance]`?

error: `ai.confidence_threshold` must be between 0 and 1, found `75`
 --> ~/.config/rustc-hyperopt/config.toml:9:24
  |
9 | confidence_threshold = 75
  |                        ^^

error: unknown key `model` in [ai]
  --> ~/.config/rustc-hyperopt/config.toml:10:1
   |
10 | model = 'x'
   | ^^^^^
   = hint: `model` belongs in [llm]

error: unknown key `zzz` in [ai]
  --> ~/.config/rustc-hyperopt/config.toml:11:1
   |
11 | zzz = 1
   | ^^^
   = hint: [ai] has semantic_analysis, line_drift, cold_start_optimization, confidence_threshold, fix_memory

error: `GITHUB_TOKEN` looks like a secret and cannot be part of a key
  --> ~/.config/rustc-hyperopt/config.toml:14:20
   |
14 | key_env = ['HOME', \"GITHUB_TOKEN\", 7]
   |                    ^^^^^^^^^^^^^^
   = hint: secrets are kept out of keys; use `cache.key_salt` to separate builds

error: `cache.key_env` must be a list of strings, found the number `7`
  --> ~/.config/rustc-hyperopt/config.toml:14:36
   |
14 | key_env = ['HOME', \"GITHUB_TOKEN\", 7]
   |                                    ^"
    );
}

#[test]
fn wrong_syntax_is_reported_from_top_to_bottom_and_alone() {
    assert_eq!(
        Sandbox::new().user("[cache]\nunknown = 1\npath =\n\n[ai\n").errors(),
        "error: string values must be quoted, expected literal string
 --> ~/.config/rustc-hyperopt/config.toml:3:7
  |
3 | path =
  |       ^

error: unclosed table, expected `]`
 --> ~/.config/rustc-hyperopt/config.toml:5:4
  |
5 | [ai
  |    ^"
    );
    let shown = Sandbox::new().user("[ai]\nauto = 1\nauto = 2\n[ai]\n").errors();
    assert!(shown.contains(":3:1\n") && shown.contains(":4:2\n") && shown.contains("duplicate key"), "{shown}");
}

#[test]
fn errors_of_all_files_come_together() {
    let sandbox = Sandbox::new().user("[cache]\nx = 1\n").project("[cache]\ny = 1\n");
    let error = sandbox.with(&[("RUSTC_HYPEROPT_LLM_AUTO_FIX", "z")], &[("a.b", "c")]).expect_err("wrong");
    let messages: Vec<String> = error.diagnostics().iter().map(Diagnostic::message).collect();
    let expected = ["unknown key `x`", "unknown key `y`", "`llm.auto_fix` must be", "unknown key `a.b`"];
    assert_eq!(messages.len(), expected.len(), "{error}");
    assert!(messages.iter().zip(expected).all(|(m, e)| m.starts_with(e)), "{messages:?}");
}

#[test]
fn the_environment_is_named_in_its_errors() {
    let sandbox = Sandbox::new();
    let vars = [("RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB", "b\x1b[1mig"), ("RUSTC_HYPEROPT_CACHE_KEY_ENV", "A,MY_SECRET,B_TOKEN")];
    let flags = [("cache.pth", "x"), ("llm.provider", "openal")];
    assert_eq!(
        sandbox.with(&vars, &flags).expect_err("wrong").to_string(),
        "error: `cache.max_size_gb` must be a number, found the text `b␛[1mig`
 --> environment variable RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB

error: `MY_SECRET` looks like a secret and cannot be part of a key
 --> environment variable RUSTC_HYPEROPT_CACHE_KEY_ENV
  = hint: secrets are kept out of keys; use `cache.key_salt` to separate builds

error: `B_TOKEN` looks like a secret and cannot be part of a key
 --> environment variable RUSTC_HYPEROPT_CACHE_KEY_ENV
  = hint: secrets are kept out of keys; use `cache.key_salt` to separate builds

error: unknown key `cache.pth`
 --> command line, cache.pth
  = hint: did you mean `cache.path`?

error: `llm.provider` must be `anthropic` or `openai` or `local`, found `openal`
 --> command line, llm.provider
  = hint: did you mean `openai`?"
    );
    let bytes = [(b"HOME".to_vec(), b"/h".to_vec()), (b"RUSTC_HYPEROPT_LLM_MODEL".to_vec(), vec![0xff])];
    let shown = load(&bytes.into_iter().collect(), &sandbox.project, &[]).expect_err("wrong").to_string();
    assert!(shown.contains("not valid UTF-8\n --> environment variable RUSTC_HYPEROPT_LLM_MODEL"), "{shown}");
}

#[test]
fn strange_variables_are_warned_of() {
    let vars = [
        ("RUSTC_HYPEROPT", "on"),
        ("RUSTC_HYPEROPT_SESSION", "1"),
        ("RUSTC_HYPEROPT_DAEMON_IDLE_SECS", "5"),
        ("RUSTC_HYPEROPT_CACHE_MAX_SIZE", "5"),
        ("RUSTC_HYPEROPT_\x1bQQQQQQQQQQQQQQ", "5"),
    ];
    let loaded = Sandbox::new().with(&vars, &[]).expect("only warnings");
    assert_eq!(loaded.settings.daemon.idle_secs, 5);
    assert_eq!(
        loaded.warnings,
        [
            "the variable RUSTC_HYPEROPT_␛QQQQQQQQQQQQQQ means nothing",
            "the variable RUSTC_HYPEROPT_CACHE_MAX_SIZE means nothing; did you mean RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB?",
        ]
    );
}

#[test]
fn a_named_file_must_exist_and_a_home_is_needed_for_a_default() {
    let sandbox = Sandbox::new();
    let error = sandbox.with(&[("RUSTC_HYPEROPT_CONFIG", "/no/such.toml")], &[]).expect_err("wrong").to_string();
    assert_eq!(error, "error: there is no file `/no/such.toml`\n --> environment variable RUSTC_HYPEROPT_CONFIG");
    let loaded = sandbox.with(&[("RUSTC_HYPEROPT_CONFIG", "/dev/null")], &[]).expect("an empty file");
    assert_eq!(loaded.user_file, Some("/dev/null".into()));
    let error = load(&EnvSnapshot::default(), &sandbox.project, &[]).expect_err("no home").to_string();
    assert!(error.contains("HOME is not set") && error.contains("hint: set RUSTC_HYPEROPT_CACHE_PATH"), "{error}");
}

#[test]
fn hostile_projects() {
    let sandbox = Sandbox::new().project("[cache]\nextra_inputs = ['${HOME}/x', '~/y', '$(id)']\n");
    assert_eq!(sandbox.load().settings.cache.extra_inputs, ["${HOME}/x", "~/y", "$(id)"]);
    let sandbox = sandbox.project("[cache]\n\"p\\u001b[2J\" = 1 # \u{202e}evil\nextra_inputs = ['../x', '/etc']\n");
    let shown = sandbox.errors();
    assert!(shown.contains("unknown key `p␛[2J` in [cache]"), "{shown}");
    assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown}");
    assert_eq!(shown.matches("must hold paths inside the workspace").count(), 2, "{shown}");

    let refused = |sandbox: &Sandbox, what: &str| {
        let (by_load, by_rules) = (sandbox.errors(), project_rules(&sandbox.project).expect_err(what).to_string());
        assert!(by_load.contains(what), "{by_load}");
        assert!(by_rules.contains(what), "{by_rules}");
    };
    let nested = format!("[cache]\nexclude = {}", "[".repeat(200_000));
    let sandbox = sandbox.project(&nested);
    assert!(sandbox.errors().contains(".rustc-hyperopt.toml:2:"), "a bottomless list is an error like any other");
    fs::remove_file(sandbox.project_file()).expect("remove");
    std::os::unix::fs::symlink("/etc/hostname", sandbox.project.join("link")).expect("link");
    fs::rename(sandbox.project.join("link"), sandbox.project_file()).expect("rename");
    refused(&sandbox, "leads out of its directory");
    fs::remove_file(sandbox.project_file()).expect("remove");
    let sandbox = sandbox.project("");
    fs::set_permissions(sandbox.project_file(), std::os::unix::fs::PermissionsExt::from_mode(0o666)).expect("mode");
    refused(&sandbox, "may be changed by everyone");
}

#[test]
fn the_wrapper_and_the_full_load_agree_on_the_store() {
    let sandbox = Sandbox::new();
    let agree = |vars: &[(&str, &str)], end: &str| {
        let full = sandbox.with(vars, &[]).expect("fine").settings.cache.path;
        assert_eq!(store_path(&sandbox.env(vars)), Some(full.clone()));
        assert!(full.ends_with(end), "{}", full.display());
    };
    agree(&[], ".rustc-hyperopt/cache");
    agree(&[("RUSTC_HYPEROPT_CACHE_PATH", "~/from-env")], "home/from-env");
    let sandbox = Sandbox::new().user("[cache]\npath = '~/from-file'\n");
    assert_eq!(store_path(&sandbox.env(&[])), Some(sandbox.home.join("from-file")));
    assert_eq!(sandbox.load().settings.cache.path, sandbox.home.join("from-file"));
}

const EXAMPLE: &str = include_str!("../../.rustc-hyperopt.toml.example");

/// The example with its keys switched on: comments that begin with a key lose their `# `.
fn example_in_use() -> String {
    let is_key = |line: &str| KEYS.iter().any(|spec| line.starts_with(&format!("# {} = ", spec.key)));
    EXAMPLE.lines().map(|line| if is_key(line) { &line[2..] } else { line }).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_sets_nothing_and_may_stand_anywhere() {
    let plain = Sandbox::new().load().settings;
    let loaded = Sandbox::new().user(EXAMPLE).project(EXAMPLE).load();
    assert!(loaded.values.iter().all(|v| v.origin == Origin::Default));
    assert_eq!(loaded.settings.ai, plain.ai);
}

#[test]
fn the_example_tells_every_key_with_its_real_default() {
    let sandbox = Sandbox::new();
    let defaults = sandbox.load();
    let sandbox = sandbox.user(&example_in_use());
    let loaded = sandbox.load();
    for spec in &KEYS {
        let name = spec.name();
        let Origin::UserFile { line, .. } = value(&loaded, &name).origin else { panic!("{name} is missing") };
        let lines: Vec<&str> = EXAMPLE.lines().collect();
        let above = lines[..line - 1].iter().rev().take_while(|l| l.starts_with('#')).copied().collect::<Vec<_>>();
        assert!(above.contains(&format!("# {}", spec.doc).as_str()), "{name} is not explained by the table's sentence");
        assert_eq!(above.iter().any(|l| l.starts_with("# [project]")), spec.project != policy::Project::Never, "{name}");
        match spec.varies {
            Some(words) => assert!(above.contains(&format!("# (default: {words})").as_str()), "{name}"),
            None => assert_eq!(value(&loaded, &name).value, value(&defaults, &name).value, "{name}"),
        }
    }
}

#[test]
fn the_table_is_sound() {
    let mut settings = Settings::default();
    for (n, spec) in KEYS.iter().enumerate() {
        assert!(raw::SECTIONS.contains(&spec.section));
        assert!(KEYS[..n].iter().all(|other| other.env_name() != spec.env_name()), "{}", spec.env_name());
        assert!(spec.doc.ends_with('.') && spec.doc.starts_with(char::is_uppercase), "{}", spec.doc);
        assert!(!show(spec, &mut settings).is_empty());
        assert!(spec.doc.chars().count() <= 118, "{}", spec.doc);
    }
    assert!(KEYS.is_sorted_by_key(|spec| raw::SECTIONS.iter().position(|s| *s == spec.section)));
    assert!(Path::new(PROJECT_FILE).is_relative());
}
