//! The resolved settings: one small struct per subsystem, so that each is handed only what is its own.
//!
//! The `Default` of each struct is the one place where defaults stand. Nothing here reads files or can fail.

use std::{path::PathBuf, time::Duration};

use super::{performance::PerformanceSettings, ui::UiSettings};
use crate::base::env;

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    pub cache: CacheSettings,
    pub ai: AiSettings,
    pub llm: LlmSettings,
    pub performance: PerformanceSettings,
    pub daemon: DaemonSettings,
    pub ui: UiSettings,
}

/// `[cache]`
#[derive(Debug, Clone, PartialEq)]
pub struct CacheSettings {
    /// The store's directory, absolute. Empty only in a default made without a home directory.
    pub path: PathBuf,
    /// Gigabytes of 1000³ bytes.
    pub max_size_gb: f64,
    /// Days without use after which an entry goes.
    pub retention_days: u64,
    pub verify: Verify,
    /// Share, from 0 to 1, of the hits that are not exact which are compiled again in the background and compared.
    pub verify_sample: f64,
    /// Crates that are never cached, as the user wrote them; ask [`CacheSettings::excludes`].
    pub exclude: Vec<String>,
    /// Files and directories, relative to the workspace's root, that count as inputs of all its crates.
    pub extra_inputs: Vec<String>,
    /// Environment variables whose values are part of every key.
    pub key_env: Vec<String>,
    /// Text that is part of every key.
    pub key_salt: String,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            path: env::home().map(|h| h.join(DEFAULT_STORE)).unwrap_or_default(),
            max_size_gb: 20.0,
            retention_days: 30,
            verify: Verify::default(),
            verify_sample: 0.0,
            exclude: Vec::new(),
            extra_inputs: Vec::new(),
            key_env: Vec::new(),
            key_salt: String::new(),
        }
    }
}

impl Settings {
    /// Whether whole units may be put into target directories and taken from there. They are found by cargo's own names,
    /// which know nothing of what a user has excluded, added to keys, or wants to be read before every use.
    pub fn may_seed(&self) -> bool {
        let CacheSettings { verify, exclude, key_env, key_salt, .. } = &self.cache;
        let by_name = *verify == Verify::Linked && exclude.is_empty() && key_env.is_empty() && key_salt.is_empty();
        self.ai.cold_start_optimization && by_name
    }
}

impl CacheSettings {
    /// The size cap in bytes.
    pub fn max_size_bytes(&self) -> u64 {
        // The range in the table keeps this far from the limits of u64.
        (self.max_size_gb * 1e9) as u64
    }

    /// How long an entry stays without being used.
    pub fn retention(&self) -> Duration {
        Duration::from_secs(self.retention_days.saturating_mul(86_400))
    }

    /// Whether this crate is never cached; `-` and `_` are the same.
    pub fn excludes(&self, crate_name: &str) -> bool {
        names_crate(&self.exclude, crate_name)
    }
}

/// Where the store is below the home directory unless something else is said.
pub(super) const DEFAULT_STORE: &str = ".rustc-hyperopt/cache";

/// Whether a list of crate names has this one; package names and crate names differ in `-` and `_`.
pub(super) fn names_crate(list: &[String], crate_name: &str) -> bool {
    let same = |a: &str, b: &str| a.replace('-', "_") == b.replace('-', "_");
    list.iter().any(|name| same(name, crate_name))
}

/// When the bytes of a stored output are hashed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// When they are copied, and when a file that is only linked no longer looks as it was recorded.
    #[default]
    Linked,
    /// Before every use.
    Always,
}

/// `[ai]`
#[derive(Debug, Clone, PartialEq)]
pub struct AiSettings {
    pub semantic_analysis: bool,
    pub line_drift: LineDrift,
    pub cold_start_optimization: bool,
    /// From 0 to 1.
    pub confidence_threshold: f64,
    pub fix_memory: bool,
}

impl Default for AiSettings {
    fn default() -> Self {
        Self {
            semantic_analysis: true,
            line_drift: LineDrift::default(),
            cold_start_optimization: true,
            confidence_threshold: 0.75,
            fix_memory: true,
        }
    }
}

/// Whether line numbers in panics and debug information may lag behind the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineDrift {
    /// Code that has moved is compiled again.
    #[default]
    Exact,
    /// Code that has only moved counts as unchanged, whatever it says of its lines.
    Allow,
}

/// `[llm]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LlmSettings {
    pub provider: Provider,
    /// Without one, the provider's part chooses.
    pub model: Option<String>,
    /// Without one, the provider's own.
    pub endpoint: Option<String>,
    pub auto_fix: bool,
}

/// Who answers a request for an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    #[default]
    Anthropic,
    OpenAi,
    /// Any server on this machine that speaks the OpenAI protocol.
    Local,
}

/// `[daemon]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonSettings {
    /// Seconds without work after which the daemon ends.
    pub idle_secs: u64,
    /// On loopback; without one, nothing is served.
    pub metrics_port: Option<u64>,
    pub event_log: bool,
}

impl Default for DaemonSettings {
    fn default() -> Self {
        Self { idle_secs: 900, metrics_port: None, event_log: false }
    }
}

impl DaemonSettings {
    /// How long the daemon waits for work.
    pub fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_secs)
    }
}

/// A setting that is one word out of a few.
pub(super) trait Choice {
    /// What may be written, in the order of the documentation.
    fn words(&self) -> Vec<&'static str>;
    /// What stands for the present value.
    fn word(&self) -> &'static str;
    /// Takes the value of a word; an unknown one changes nothing.
    fn choose(&mut self, word: &str);
}

/// Its values and their words.
pub(super) trait Words: Copy + PartialEq + 'static {
    /// In the order of the documentation.
    const ALL: &'static [(Self, &'static str)];
}

impl<T: Words> Choice for T {
    fn words(&self) -> Vec<&'static str> {
        T::ALL.iter().map(|(_, word)| *word).collect()
    }

    fn word(&self) -> &'static str {
        T::ALL.iter().find(|(value, _)| value == self).map_or("", |(_, word)| word)
    }

    fn choose(&mut self, word: &str) {
        *self = T::ALL.iter().find(|(_, known)| *known == word).map_or(*self, |(value, _)| *value);
    }
}

impl Words for Verify {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Linked, "linked"), (Self::Always, "always")];
}

impl Words for LineDrift {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Exact, "exact"), (Self::Allow, "allow")];
}

impl Words for Provider {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Anthropic, "anthropic"), (Self::OpenAi, "openai"), (Self::Local, "local")];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        performance::{Backend, Linker},
        ui::Bar,
    };

    #[test]
    fn units() {
        let cache = CacheSettings { max_size_gb: 0.5, retention_days: 2, ..Default::default() };
        assert_eq!((cache.max_size_bytes(), cache.retention().as_secs()), (500_000_000, 172_800));
        assert_eq!(PerformanceSettings::default().memory_limit_bytes(), None);
        assert_eq!(DaemonSettings::default().idle().as_secs(), 900);
    }

    #[test]
    fn exclusion_does_not_care_for_dashes() {
        let cache = CacheSettings { exclude: vec!["my-crate".into()], ..Default::default() };
        assert!(cache.excludes("my_crate") && cache.excludes("my-crate") && !cache.excludes("my"));
    }

    #[test]
    fn every_word_can_be_chosen() {
        let (mut verify, mut provider, mut drift) = (Verify::default(), Provider::default(), LineDrift::default());
        let (mut linker, mut backend, mut bar) = (Linker::default(), Backend::default(), Bar::default());
        for choice in [&mut verify as &mut dyn Choice, &mut provider, &mut drift, &mut linker, &mut backend, &mut bar] {
            for word in choice.words() {
                choice.choose(word);
                assert_eq!(choice.word(), word);
            }
            let before = choice.word();
            choice.choose("nonsense");
            assert_eq!(choice.word(), before);
        }
    }
}
