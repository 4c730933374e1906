//! A language model that explains an error, for users who want one and have set one up.
//!
//! [`ask`] is the only way to the network in the whole program, and nothing calls it unless the user has asked for help with an
//! error ([`crate::cli`], `-p`). Who is asked, and with which model, stands in the user's configuration alone; the key stands in
//! the environment alone. What is sent is what [`show`] shows, after [`redact`](super::redact). What comes back is data: stripped,
//! limited, never run, never part of a key. Whatever fails is an [`LlmError`] with a hint, and the build is what it was.

use std::{cell::Cell, path::Path, time::Duration};

mod endpoint;
mod error;
mod key;
mod prompt;
mod reply;
mod transport;
mod wire;

pub use endpoint::{Endpoint, default_endpoint, default_model, name};
pub use error::LlmError;
pub use key::{is_there, variable};

use super::{
    answer::{Answer, Usage},
    answers::Answers,
    context::Context,
    redact::Redactor,
};
use crate::{
    base::{
        digest::{Digest, KeyHasher},
        env::EnvSnapshot,
    },
    config::{LlmSettings, Provider},
};
use key::Key;
use prompt::Prompt;
use reply::Telling;
use wire::{Dialect, Request};

/// Bytes of context that make a good question and no dear one.
pub const CONTEXT_BYTES: usize = 24 << 10;
/// Tokens that the questions of one build may cost together, with their answers.
pub const TOKENS_PER_BUILD: u64 = 100_000;
/// Bytes of code that make a token, on the careful side.
const BYTES_PER_TOKEN: u64 = 3;

/// How long and how often is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub connect: Duration,
    /// Of silence, before the answer and in it.
    pub idle: Duration,
    /// Everything, attempts and waits included.
    pub total: Duration,
    /// Attempts after the first.
    pub retries: usize,
    /// Before the second attempt; it doubles from then on, and is never quite the same.
    pub first_wait: Duration,
    /// A server that wants more is not waited for.
    pub longest_wait: Duration,
    /// Of one answer, with what a model thinks before it.
    pub output_tokens: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            // A local model reads the question in silence, and may take its time.
            idle: Duration::from_secs(120),
            total: Duration::from_secs(300),
            retries: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            output_tokens: 8_192,
        }
    }
}

/// What the questions of one build may still cost.
#[derive(Debug)]
pub struct Budget(Cell<u64>);

impl Budget {
    /// So many tokens.
    pub fn new(tokens: u64) -> Self {
        Self(Cell::new(tokens))
    }

    /// Tokens that are left.
    pub fn left(&self) -> u64 {
        self.0.get()
    }

    fn spend(&self, tokens: u64) {
        self.0.set(self.left().saturating_sub(tokens));
    }
}

/// A question.
pub struct Asking<'a> {
    pub settings: &'a LlmSettings,
    /// Has the key, and tells what is secret.
    pub env: &'a EnvSnapshot,
    /// The directory of the cache, in which answers are kept.
    pub store: &'a Path,
    pub context: &'a Context,
    /// What else may help, such as how the user has mended such an error before.
    pub notes: &'a [String],
    pub budget: &'a Budget,
    pub limits: Limits,
    /// Whether the user wants an end; looked at again and again.
    pub stop: &'a dyn Fn() -> bool,
}

/// A question that is ready to be sent.
struct Prepared {
    endpoint: Endpoint,
    prompt: Prompt,
}

impl Asking<'_> {
    fn prepare(&self) -> Result<Prepared, LlmError> {
        let endpoint = Endpoint::of(self.settings)?;
        let prompt = Prompt::new(self.context, self.notes, &Redactor::new(self.env));
        Ok(Prepared { endpoint, prompt })
    }
}

impl Prepared {
    fn request(&self, dialect: Dialect, limits: &Limits) -> Request {
        wire::request(dialect, &self.endpoint, &self.prompt, limits.output_tokens)
    }

    /// Under which the answer is kept.
    fn key(&self) -> Digest {
        let mut key = KeyHasher::new("answer of a model");
        key.field("provider", name(self.endpoint.provider).as_bytes()).field("endpoint", self.endpoint.base().as_bytes());
        key.field("model", self.endpoint.model.as_bytes()).field("question", &self.prompt.digest.0).finish()
    }
}

/// Who would be asked, if there is a key where one is needed.
///
/// # Errors
/// [`LlmError::NoKey`], [`LlmError::BadKey`] or [`LlmError::BadEndpoint`].
pub fn ready(settings: &LlmSettings, env: &EnvSnapshot) -> Result<Endpoint, LlmError> {
    Key::of(settings.provider, env)?;
    Endpoint::of(settings)
}

/// Asks, unless the same was asked before. The explanation is given to `tell` as it comes, harmless for terminals, in pieces that
/// may end anywhere.
///
/// # Errors
/// [`LlmError`]; what was told until then is no answer.
pub fn ask(asking: &Asking<'_>, tell: &mut dyn FnMut(&str)) -> Result<Answer, LlmError> {
    let key = Key::of(asking.settings.provider, asking.env)?;
    let prepared = asking.prepare()?;
    let answers = Answers::below(asking.store);
    let kept_as = prepared.key();
    if let Some(answer) = answers.get(&kept_as) {
        tell(&answer.explanation);
        return Ok(answer);
    }
    let body = prepared.request(Dialect::of(asking.settings.provider), &asking.limits).body.len() as u64;
    let (input, output) = (body.div_ceil(BYTES_PER_TOKEN), asking.limits.output_tokens);
    let (wanted, left) = (input + output, asking.budget.left());
    if wanted > left {
        return Err(LlmError::Budget { wanted, left });
    }
    let mut telling = Telling::new(tell);
    let transport =
        transport::Asking { endpoint: &prepared.endpoint, key: key.as_ref(), limits: &asking.limits, stop: asking.stop };
    let outcome = transport.run(&|dialect| prepared.request(dialect, &asking.limits), &mut |text| telling.push(text));
    // Servers that do not count, or broke off, cost about what was expected.
    let counted = outcome.as_ref().map(|outcome| outcome.usage).unwrap_or_default();
    asking.budget.spend(if counted == Usage::default() { input } else { counted.total() });
    let has_told = telling.finish();
    let outcome = outcome?;
    let reply = reply::read(&outcome.text, outcome.cut);
    if !has_told {
        tell(&reply.explanation);
    }
    let answer = Answer {
        explanation: reply.explanation,
        confidence: reply.confidence,
        replacements: reply.replacements,
        usage: outcome.usage,
        from_cache: false,
        cut: outcome.cut,
    };
    if !answer.cut && !answer.explanation.is_empty() {
        // An answer that cannot be kept is asked for again.
        drop(answers.put(&kept_as, &answer));
    }
    Ok(answer)
}

/// Exactly what [`ask`] would send first, but for the key, which need not be there. Sends nothing.
///
/// # Errors
/// [`LlmError::BadEndpoint`].
pub fn show(asking: &Asking<'_>) -> Result<String, LlmError> {
    let provider = asking.settings.provider;
    let prepared = asking.prepare()?;
    let Request { dialect, url, headers, body } = prepared.request(Dialect::of(provider), &asking.limits);
    let mut lines = vec![format!("POST {url}")];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if provider != Provider::Local || is_there(provider, asking.env) {
        let (name, before) = dialect.key_header();
        lines.push(format!("{name}: {before}[the value of {}]", variable(provider)));
    }
    Ok(format!("{}\n\n{}\n", lines.join("\n"), String::from_utf8_lossy(&body)))
}
