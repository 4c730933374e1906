//! Who is asked, and where: the provider's own address, or the one that the user's configuration names.
//!
//! Only https, or http to this machine itself. A project cannot set any of it (`config::policy`), so a key never goes where the
//! user has not sent it.

use std::net::IpAddr;

use reqwest::Url;

use super::error::LlmError;
use crate::config::{LlmSettings, Provider};

/// The one who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub provider: Provider,
    pub model: String,
    /// Without the last part of the path; never ends in `/`.
    base: String,
    /// With the port, if it is not the usual one.
    pub host: String,
    /// It is on this machine, and the connection must not leave it.
    pub is_loopback: bool,
}

/// The name of a provider for people.
pub fn name(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "Anthropic",
        Provider::OpenAi => "OpenAI",
        Provider::Local => "the local model",
    }
}

/// The model that is asked if the user has not chosen one: one that is good at code and quick to answer.
pub fn default_model(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "claude-sonnet-4-6",
        Provider::OpenAi => "gpt-5.4-mini",
        Provider::Local => "qwen2.5-coder",
    }
}

/// The provider's own address; for a local model that of Ollama.
pub fn default_endpoint(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "https://api.anthropic.com/v1",
        Provider::OpenAi => "https://api.openai.com/v1",
        Provider::Local => "http://127.0.0.1:11434/v1",
    }
}

impl Endpoint {
    /// As the settings say.
    ///
    /// # Errors
    /// [`LlmError::BadEndpoint`].
    pub fn of(settings: &LlmSettings) -> Result<Self, LlmError> {
        let provider = settings.provider;
        let given = settings.endpoint.as_deref().unwrap_or_else(|| default_endpoint(provider)).trim();
        let bad = |why| LlmError::BadEndpoint { given: shown(given), why };
        let url = Url::parse(given).map_err(|_| bad("this is no address"))?;
        let host = url.host_str().ok_or_else(|| bad("it names no host"))?.to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("a key belongs in the environment, not in the address"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("it must end with the path"));
        }
        let is_loopback = is_loopback(&host);
        match url.scheme() {
            "https" => {}
            "http" if is_loopback => {}
            "http" => return Err(bad("what is sent could be read on its way")),
            _ => return Err(bad("only https and http are spoken")),
        }
        let path = url.path().trim_end_matches('/');
        let path = if path.is_empty() { "/v1" } else { path };
        let host = url.port().map_or(host.clone(), |port| format!("{host}:{port}"));
        let base = format!("{}://{host}{path}", url.scheme());
        let model = settings.model.clone().unwrap_or_else(|| default_model(provider).to_owned());
        Ok(Self { provider, model, base, host, is_loopback })
    }

    /// The address of `/messages`, say.
    pub fn url(&self, last: &str) -> String {
        format!("{}{last}", self.base)
    }

    /// The address without its last part.
    pub fn base(&self) -> &str {
        &self.base
    }
}

/// Without what may be a secret in it.
fn shown(given: &str) -> String {
    match (given.find("://"), given.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &given[..scheme], &given[at..]),
        (None, Some(at)) => format!("…{}", &given[at..]),
        _ => given.to_owned(),
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(provider: Provider, endpoint: &str) -> Result<Endpoint, LlmError> {
        Endpoint::of(&LlmSettings { provider, endpoint: Some(endpoint.into()), ..LlmSettings::default() })
    }

    #[test]
    fn defaults() {
        for (provider, expected) in [
            (Provider::Anthropic, "https://api.anthropic.com/v1/x"),
            (Provider::OpenAi, "https://api.openai.com/v1/x"),
            (Provider::Local, "http://127.0.0.1:11434/v1/x"),
        ] {
            let endpoint = Endpoint::of(&LlmSettings { provider, ..LlmSettings::default() }).expect("fine");
            assert_eq!((endpoint.url("/x").as_str(), endpoint.is_loopback), (expected, provider == Provider::Local));
            assert_eq!(endpoint.model, default_model(provider));
        }
    }

    #[test]
    fn only_https_or_this_machine() {
        let good = [
            ("https://gateway.example", "https://gateway.example/v1/x", false),
            ("https://gateway.example:8443/a/b/", "https://gateway.example:8443/a/b/x", false),
            ("http://localhost:8080", "http://localhost:8080/v1/x", true),
            ("http://127.9.9.9/v1/", "http://127.9.9.9/v1/x", true),
            ("http://[::1]:1234/api", "http://[::1]:1234/api/x", true),
        ];
        for (given, url, loopback) in good {
            let endpoint = at(Provider::Local, given).expect(given);
            assert_eq!((endpoint.url("/x").as_str(), endpoint.is_loopback), (url, loopback));
        }
        for bad in [
            "",
            "api.openai.com",
            "http://api.openai.com/v1",
            "http://127.0.0.1.evil.example/v1",
            "http://localhost.evil.example/v1",
            "http://10.0.0.1/v1",
            "ftp://localhost/",
            "file:///etc/passwd",
            "https://user:pass@host/v1",
            "https://host/v1?key=x",
            "https://host/v1#x",
        ] {
            assert!(matches!(at(Provider::OpenAi, bad), Err(LlmError::BadEndpoint { .. })), "{bad}");
        }
        let error = at(Provider::OpenAi, "https://user:hunter2@host/v1").expect_err("refused").to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
