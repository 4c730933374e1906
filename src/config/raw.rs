//! The one table of all keys: type, place in [`Settings`], what a project may do with it, and what it means.
//!
//! A key that does not stand here does not exist. Defaults are not repeated: they are what the place holds in
//! `Settings::default()`.

use std::path::PathBuf;

use crate::{
    base::env::names,
    config::{
        policy::Project,
        settings::{Choice, Settings},
    },
};

/// One key.
pub struct Spec {
    pub section: &'static str,
    pub key: &'static str,
    pub kind: Kind,
    /// What a project's file may do with it.
    pub project: Project,
    /// The default in words, where it is not the same everywhere; also what is shown for a value that is not set.
    pub varies: Option<&'static str>,
    /// One sentence.
    pub doc: &'static str,
}

/// The type of a value, its limits, and its place in the settings.
pub enum Kind {
    Switch(fn(&mut Settings) -> &mut bool),
    Count {
        low: u64,
        high: u64,
        at: fn(&mut Settings) -> &mut u64,
    },
    /// A count that need not be set.
    Cap {
        low: u64,
        high: u64,
        at: fn(&mut Settings) -> &mut Option<u64>,
    },
    Number {
        low: f64,
        high: f64,
        at: fn(&mut Settings) -> &mut f64,
    },
    Limit {
        low: f64,
        high: f64,
        at: fn(&mut Settings) -> &mut Option<f64>,
    },
    /// Absolute, or beginning with `~/`.
    Path(fn(&mut Settings) -> &mut PathBuf),
    /// Text to which every layer adds.
    Salt(fn(&mut Settings) -> &mut String),
    OptionalText(fn(&mut Settings) -> &mut Option<String>),
    Choice(fn(&mut Settings) -> &mut dyn Choice),
    List {
        item: Item,
        at: fn(&mut Settings) -> &mut Vec<String>,
    },
}

/// What the items of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    CrateName,
    /// A path inside the workspace.
    InsidePath,
    /// The name of a variable that holds no secret.
    EnvName,
}

impl Spec {
    /// `section.key`
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// The variable that sets this key.
    pub fn env_name(&self) -> String {
        format!("{}{}_{}", names::PREFIX, self.section, self.key).to_ascii_uppercase()
    }
}

/// The key of this name in this section.
pub fn find(section: &str, key: &str) -> Option<&'static Spec> {
    KEYS.iter().find(|spec| spec.section == section && spec.key == key)
}

/// All sections in order.
pub const SECTIONS: [&str; 6] = ["cache", "ai", "llm", "performance", "daemon", "ui"];

/// All keys, section by section.
pub static KEYS: [Spec; 27] = [
    Spec {
        section: "cache",
        key: "path",
        kind: Kind::Path(|s| &mut s.cache.path),
        project: Project::Never,
        varies: None,
        doc: "The directory of the cache: an absolute path, or one that begins with `~/`.",
    },
    Spec {
        section: "cache",
        key: "max_size_gb",
        kind: Kind::Number { low: 0.001, high: 1e6, at: |s| &mut s.cache.max_size_gb },
        project: Project::Never,
        varies: None,
        doc: "The cache is trimmed to this size, in gigabytes; what was not used for the longest time goes first.",
    },
    Spec {
        section: "cache",
        key: "retention_days",
        kind: Kind::Count { low: 1, high: 36_500, at: |s| &mut s.cache.retention_days },
        project: Project::Never,
        varies: None,
        doc: "Entries that were not used for so many days are removed.",
    },
    Spec {
        section: "cache",
        key: "verify",
        kind: Kind::Choice(|s| &mut s.cache.verify),
        project: Project::Only("always"),
        varies: None,
        doc: "When stored bytes are hashed again: \"linked\" (when copied, or when a linked file looks changed) or \"always\".",
    },
    Spec {
        section: "cache",
        key: "verify_sample",
        kind: Kind::Number { low: 0.0, high: 1.0, at: |s| &mut s.cache.verify_sample },
        project: Project::Never,
        varies: None,
        doc: "The share, from 0 to 1, of results reused after an edit that are later compiled again, and compared.",
    },
    Spec {
        section: "cache",
        key: "exclude",
        kind: Kind::List { item: Item::CrateName, at: |s| &mut s.cache.exclude },
        project: Project::Adds,
        varies: None,
        doc: "Crates that are never cached.",
    },
    Spec {
        section: "cache",
        key: "extra_inputs",
        kind: Kind::List { item: Item::InsidePath, at: |s| &mut s.cache.extra_inputs },
        project: Project::Adds,
        varies: None,
        doc: "Files and directories inside the workspace that every crate of it depends on, though the compiler does not say so.",
    },
    Spec {
        section: "cache",
        key: "key_env",
        kind: Kind::List { item: Item::EnvName, at: |s| &mut s.cache.key_env },
        project: Project::Adds,
        varies: None,
        doc: "Environment variables whose values every crate depends on, though the compiler does not say so.",
    },
    Spec {
        section: "cache",
        key: "key_salt",
        kind: Kind::Salt(|s| &mut s.cache.key_salt),
        project: Project::Adds,
        varies: None,
        doc: "Any text; builds with different texts share nothing.",
    },
    Spec {
        section: "ai",
        key: "semantic_analysis",
        kind: Kind::Switch(|s| &mut s.ai.semantic_analysis),
        project: Project::Only("false"),
        varies: None,
        doc: "Reuse results when an edit provably cannot change them, such as one in a comment.",
    },
    Spec {
        section: "ai",
        key: "line_drift",
        kind: Kind::Choice(|s| &mut s.ai.line_drift),
        project: Project::Only("exact"),
        varies: None,
        doc: "Whether line numbers in panics and debuggers may lag behind when code has only moved: \"exact\" or \"allow\".",
    },
    Spec {
        section: "ai",
        key: "cold_start_optimization",
        kind: Kind::Switch(|s| &mut s.ai.cold_start_optimization),
        project: Project::Only("false"),
        varies: None,
        doc: "Fill an empty target directory with everything the cache knows before cargo starts.",
    },
    Spec {
        section: "ai",
        key: "confidence_threshold",
        kind: Kind::Number { low: 0.0, high: 1.0, at: |s| &mut s.ai.confidence_threshold },
        project: Project::Never,
        varies: None,
        doc: "How sure a prediction must be, from 0 to 1, before crates are prepared ahead of time.",
    },
    Spec {
        section: "ai",
        key: "fix_memory",
        kind: Kind::Switch(|s| &mut s.ai.fix_memory),
        project: Project::Only("false"),
        varies: None,
        doc: "Remember how errors that `-p` has explained were mended, and tell when one of their kind comes again.",
    },
    Spec {
        section: "llm",
        key: "provider",
        kind: Kind::Choice(|s| &mut s.llm.provider),
        project: Project::Never,
        varies: None,
        doc: "Who explains errors: \"anthropic\", \"openai\" or \"local\".",
    },
    Spec {
        section: "llm",
        key: "model",
        kind: Kind::OptionalText(|s| &mut s.llm.model),
        project: Project::Never,
        varies: Some("chosen for the provider"),
        doc: "The model that explains errors.",
    },
    Spec {
        section: "llm",
        key: "endpoint",
        kind: Kind::OptionalText(|s| &mut s.llm.endpoint),
        project: Project::Never,
        varies: Some("the provider's own"),
        doc: "Where the model is asked: an address with https, or with http on this machine. The provider's key is sent there.",
    },
    Spec {
        section: "llm",
        key: "auto_fix",
        kind: Kind::Switch(|s| &mut s.llm.auto_fix),
        project: Project::Never,
        varies: None,
        doc: "Apply suggested fixes without asking, if the patched copy compiles.",
    },
    Spec {
        section: "performance",
        key: "max_parallel_jobs",
        kind: Kind::Cap { low: 1, high: 4096, at: |s| &mut s.performance.max_parallel_jobs },
        project: Project::Lowers,
        varies: Some("as many as cargo starts"),
        doc: "At most so many compilers run at a time, of all builds together.",
    },
    Spec {
        section: "performance",
        key: "speculative_compilation",
        kind: Kind::Switch(|s| &mut s.performance.speculative_compilation),
        project: Project::Only("false"),
        varies: None,
        doc: "Compile restored workspace members once more while nothing is built, so that the first edit is incremental.",
    },
    Spec {
        section: "performance",
        key: "memory_limit_gb",
        kind: Kind::Limit { low: 0.1, high: 1e6, at: |s| &mut s.performance.memory_limit_gb },
        project: Project::Never,
        varies: Some("no limit"),
        doc: "Compilers wait for one another rather than use more memory than this, in gigabytes.",
    },
    Spec {
        section: "performance",
        key: "linker",
        kind: Kind::Choice(|s| &mut s.performance.linker),
        project: Project::Only("system"),
        varies: None,
        doc: "Who links programs, tests and shared libraries: \"system\" (as without us), \"auto\", \"mold\", \"lld\" or \"wild\".",
    },
    Spec {
        section: "performance",
        key: "codegen_backend",
        kind: Kind::Choice(|s| &mut s.performance.codegen_backend),
        project: Project::Only("llvm"),
        varies: None,
        doc: "Who makes machine code of members that are not optimised: \"llvm\", or \"cranelift\" on a nightly that has it.",
    },
    Spec {
        section: "daemon",
        key: "idle_secs",
        kind: Kind::Count { low: 1, high: 2_592_000, at: |s| &mut s.daemon.idle_secs },
        project: Project::Never,
        varies: None,
        doc: "The background process ends after so many seconds without work.",
    },
    Spec {
        section: "daemon",
        key: "metrics_port",
        kind: Kind::Cap { low: 1, high: 65_535, at: |s| &mut s.daemon.metrics_port },
        project: Project::Never,
        varies: Some("not served"),
        doc: "The port on this machine's loopback address where Prometheus can read figures.",
    },
    Spec {
        section: "daemon",
        key: "event_log",
        kind: Kind::Switch(|s| &mut s.daemon.event_log),
        project: Project::Never,
        varies: None,
        doc: "Write a line of JSON for every unit to `events.jsonl` in the cache's directory.",
    },
    Spec {
        section: "ui",
        key: "progress",
        kind: Kind::Choice(|s| &mut s.ui.progress),
        project: Project::Never,
        varies: None,
        doc: "What cargo's progress bar says on a terminal: \"auto\" (with hits, time saved and time left) or \"cargo\" (as without us).",
    },
];
