//! Which language model would be asked about errors, and whether it could be.
//!
//! It must never connect to it, and never tell a key. Doing without a model is no fault.

use super::Finding;
use crate::{base::env::EnvSnapshot, config::LlmSettings};

const TOPIC: &str = "language model";

/// The one of the configuration.
#[cfg(feature = "llm")]
pub fn who(settings: &LlmSettings, env: &EnvSnapshot) -> Finding {
    use crate::advise::llm::{self, LlmError};
    match llm::ready(settings, env) {
        Ok(endpoint) => {
            let variable = llm::variable(settings.provider);
            let key = if llm::is_there(settings.provider, env) { format!("key in {variable}") } else { "no key needed".into() };
            Finding::good(TOPIC, format!("`{}` at {} ({key}); it is asked with `-p` only", endpoint.model, endpoint.base()))
        }
        Err(LlmError::NoKey { variable, .. }) => Finding::good(TOPIC, format!("none is asked: `{variable}` is not set")),
        Err(error) => Finding::remark(TOPIC, error.to_string(), error.hint()),
    }
}

/// This program was built without.
#[cfg(not(feature = "llm"))]
pub fn who(_: &LlmSettings, _: &EnvSnapshot) -> Finding {
    Finding::good(TOPIC, "none is asked: this program was built without the feature `llm`")
}
