//! Why there is no answer. None of them is a failure of the build.
//!
//! What a server said in an error is sanitised and short before it comes here, and holds no key.

use std::time::Duration;

/// No answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LlmError {
    #[error("no key for {provider}: `{variable}` is not set")]
    NoKey { provider: &'static str, variable: &'static str },
    #[error("the key in `{variable}` cannot be sent: {why}")]
    BadKey { variable: &'static str, why: &'static str },
    #[error("`llm.endpoint` is `{given}`: {why}")]
    BadEndpoint { given: String, why: &'static str },
    #[error("the question is about {wanted} tokens with its answer, and {left} are left for this build")]
    Budget { wanted: u64, left: u64 },
    #[error("{host} cannot be reached: {cause}")]
    Unreachable { host: String, cause: String },
    #[error("{host} refuses the key ({status}): {said}")]
    KeyRefused { host: String, status: u16, said: String },
    #[error("{host} does not know the model `{model}`, or is no such server ({status}): {said}")]
    NotFound { host: String, model: String, status: u16, said: String },
    #[error("{host} is asked too often: {said}")]
    RateLimited { host: String, said: String, wait: Option<Duration> },
    #[error("{host} is overloaded or out of order ({status}): {said}")]
    Overloaded { host: String, status: u16, said: String },
    #[error("{host} does not accept the question ({status}): {said}")]
    Refused { host: String, status: u16, said: String },
    #[error("{host} points elsewhere ({status}), which is not followed")]
    Redirected { host: String, status: u16 },
    #[error("{host} broke off: {said}")]
    BrokeOff { host: String, said: String },
    #[error("{host} does not speak the protocol of {provider}: {said}")]
    Protocol { host: String, provider: &'static str, said: String },
    #[error("{host} has said nothing for {} s", .after.as_secs())]
    Idle { host: String, after: Duration },
    #[error("{host} has not finished within {} s", .after.as_secs())]
    Deadline { host: String, after: Duration },
    #[error("stopped")]
    Stopped,
    /// TLS or the runtime could not be set up.
    #[error("nothing can be asked from here: {0}")]
    SetUp(String),
}

impl LlmError {
    /// What the user can do.
    pub fn hint(&self) -> String {
        match self {
            Self::NoKey { variable, .. } => {
                format!(
                    "set `{variable}`, or `llm.provider = \"local\"` for a model on this machine; help without a model needs neither"
                )
            }
            Self::BadKey { variable, .. } => format!("set `{variable}` to the key alone, in one line"),
            Self::BadEndpoint { .. } => {
                "use an address that begins with `https://`, or with `http://` and names this machine".into()
            }
            Self::Budget { .. } => "mend some of the errors and build again".into(),
            Self::Unreachable { .. } => {
                "is it running, and is `llm.endpoint` right? proxies are taken from `HTTPS_PROXY` and `NO_PROXY`".into()
            }
            Self::KeyRefused { .. } => "look at the key in the environment: is it for this provider, and still valid?".into(),
            Self::NotFound { .. } => "set `llm.model` to a model that is there, and look at `llm.endpoint`".into(),
            Self::RateLimited { wait: Some(wait), .. } => format!("try again in {} s", wait.as_secs().max(1)),
            Self::RateLimited { wait: None, .. } | Self::Overloaded { .. } => "try again later".into(),
            Self::Refused { .. } => "`--show-prompt` shows what would be sent; a smaller model may take less".into(),
            Self::Redirected { .. } => "set `llm.endpoint` to where it points, if you trust that".into(),
            Self::BrokeOff { .. } | Self::Stopped => "ask again".into(),
            Self::Protocol { .. } => "look at `llm.provider` and `llm.endpoint`".into(),
            Self::Idle { .. } | Self::Deadline { .. } => "try again, or set `llm.model` to a faster one".into(),
            Self::SetUp(_) => "build again without `-p`; `rustc-hyperopt doctor` tells more of this machine".into(),
        }
    }
}
