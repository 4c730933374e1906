//! The key of a provider: read from the environment, given to the one request that needs it, and to nobody else.
//!
//! It has no `Debug`, `Display` or `Serialize`, cannot be compared or cloned, and is never written anywhere.

use super::error::LlmError;
use crate::{
    base::env::{EnvSnapshot, names},
    config::Provider,
};

/// A key that can stand in a header.
pub(super) struct Key(String);

/// The variable that holds a provider's key.
pub fn variable(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "ANTHROPIC_API_KEY",
        Provider::OpenAi => "OPENAI_API_KEY",
        Provider::Local => names::LLM_KEY,
    }
}

/// Whether that variable is set to something.
pub fn is_there(provider: Provider, env: &EnvSnapshot) -> bool {
    env.get(variable(provider)).is_some_and(|value| !value.is_empty())
}

impl Key {
    /// The key; none if there is none and none is needed.
    pub fn of(provider: Provider, env: &EnvSnapshot) -> Result<Option<Self>, LlmError> {
        let variable = variable(provider);
        let Some(value) = env.get(variable).filter(|value| !value.is_empty()) else {
            return match provider {
                Provider::Local => Ok(None),
                _ => Err(LlmError::NoKey { provider: super::endpoint::name(provider), variable }),
            };
        };
        let text = value.to_str().ok_or(LlmError::BadKey { variable, why: "it is not text" })?.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(LlmError::BadKey { variable, why: "it has spaces or characters that no key has" });
        }
        Ok(Some(Self(text.to_owned())))
    }

    /// For the header of a request.
    pub fn for_header(&self) -> &str {
        &self.0
    }

    /// A text of a server, should it repeat what it was sent.
    pub fn out_of(&self, text: &str) -> String {
        text.replace(&self.0, crate::advise::redact::REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(value: &str) -> EnvSnapshot {
        [(b"ANTHROPIC_API_KEY".to_vec(), value.as_bytes().to_vec())].into_iter().collect()
    }

    #[test]
    fn keys_are_one_word() {
        assert_eq!(
            Key::of(Provider::Anthropic, &env(" abc\n")).ok().flatten().map(|key| key.for_header().to_owned()),
            Some("abc".into())
        );
        for bad in [" ", "a b", "a\r\nx-evil: 1", "ä"] {
            assert!(matches!(Key::of(Provider::Anthropic, &env(bad)), Err(LlmError::BadKey { .. })), "{bad:?}");
        }
        assert!(matches!(Key::of(Provider::OpenAi, &env("abc")), Err(LlmError::NoKey { .. })), "that of another provider");
        assert!(matches!(Key::of(Provider::Local, &env("abc")), Ok(None)));
        assert!(is_there(Provider::Anthropic, &env("x")) && !is_there(Provider::Anthropic, &env("")));
    }
}
