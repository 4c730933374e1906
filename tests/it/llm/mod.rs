//! Asking a model, against a server on this machine that speaks each provider's protocol.

use std::{cell::RefCell, path::Path, time::Duration};

use rustc_hyperopt::{
    advise::{
        answer::Answer,
        context::{Context, Piece},
        llm::{self, Asking, Budget, Limits, LlmError},
    },
    base::env::EnvSnapshot,
    config::{LlmSettings, Provider},
};

mod canaries;
mod compiler;
mod failures;
mod hostile;
mod protocols;
pub mod server;

use server::Server;

pub const PROVIDERS: [Provider; 3] = [Provider::Anthropic, Provider::OpenAi, Provider::Local];
/// The key of every provider in these tests.
pub const KEY: &str = "key-0123456789-for-tests";

/// A user with a key, a configuration, and an error.
pub struct User {
    pub dir: tempfile::TempDir,
    pub settings: LlmSettings,
    pub vars: Vec<(String, String)>,
    pub context: Context,
    pub limits: Limits,
    pub budget: Budget,
}

impl User {
    pub fn of(provider: Provider, server: &Server) -> Self {
        let context = Context {
            diagnostics: "error[E0308]: mismatched types\n --> src/lib.rs:2:5".into(),
            pieces: vec![Piece {
                file: "src/lib.rs".into(),
                line: 1,
                text: "fn f() -> u8 {\n    \"ä\"\n}".into(),
                involved: true,
            }],
        };
        Self {
            dir: tempfile::tempdir().expect("temporary directory"),
            settings: LlmSettings { provider, endpoint: Some(server.url()), ..LlmSettings::default() },
            vars: vec![(llm::variable(provider).into(), KEY.into())],
            context,
            limits: Limits { first_wait: Duration::from_millis(1), longest_wait: Duration::from_secs(5), ..Limits::default() },
            budget: Budget::new(1_000_000),
        }
    }

    pub fn store(&self) -> &Path {
        self.dir.path()
    }

    fn with<T>(&self, stop: &dyn Fn() -> bool, then: impl FnOnce(&Asking<'_>) -> T) -> T {
        let env: EnvSnapshot = self.vars.iter().map(|(k, v)| (k.clone().into_bytes(), v.clone().into_bytes())).collect();
        then(&Asking {
            settings: &self.settings,
            env: &env,
            store: self.store(),
            context: &self.context,
            notes: &[],
            budget: &self.budget,
            limits: self.limits.clone(),
            stop,
        })
    }

    /// The answer, and what was told meanwhile.
    pub fn asks(&self) -> (Result<Answer, LlmError>, String) {
        self.asks_until(&|| false)
    }

    pub fn asks_until(&self, stop: &dyn Fn() -> bool) -> (Result<Answer, LlmError>, String) {
        let told = RefCell::new(String::new());
        let result = self.with(stop, |asking| llm::ask(asking, &mut |text| told.borrow_mut().push_str(text)));
        (result, told.into_inner())
    }

    pub fn looks(&self) -> String {
        self.with(&|| false, llm::show).expect("shown")
    }

    pub fn fails(&self) -> LlmError {
        let error = self.asks().0.expect_err("no answer");
        assert!(!error.hint().is_empty() && !error.to_string().contains(KEY), "{error}");
        error
    }
}
