//! Asking over HTTP: one connection at a time, on a runtime that lives as long as the question.
//!
//! Everything has a limit: connecting, silence, the whole, the size of an event and of the answer, the number of attempts. Only
//! what failed before a word of the answer was told is tried again. No redirect is followed; proxies are those of the
//! environment, and a connection to this machine uses none. What is sent is never logged; the key goes into one header and is
//! taken out of whatever the server says.

use std::{
    cell::Cell,
    error::Error as _,
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    rc::Rc,
    time::{Duration, SystemTime},
};

use backon::{BackoffBuilder, ExponentialBuilder};
use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::{StreamExt, stream};
use reqwest::{
    Client, Response, StatusCode,
    header::{HeaderMap, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use tokio::time::{sleep, timeout};

use super::{
    Limits,
    endpoint::{Endpoint, name},
    error::LlmError,
    key::Key,
    wire::{self, Dialect, Fault, Reading, Request},
};
use crate::{advise::answer::Usage, ui::sanitize};

/// Of an answer; what comes after it is not read.
pub(super) const LONGEST_REPLY: usize = 64 << 10;
/// Of one event: OpenAI's repeat the whole question.
const LONGEST_EVENT: usize = 1 << 20;
/// Of all that a server sends.
const LONGEST_STREAM: usize = 16 << 20;
/// Of a refusal, as far as it is read and as far as it is told.
const LONGEST_REFUSAL: usize = 16 << 10;
const TOLD_OF_REFUSAL: usize = 300;
/// How often it is looked whether the user wants an end.
const TICK: Duration = Duration::from_millis(50);

/// What came back.
#[derive(Debug)]
pub(super) struct Outcome {
    pub text: String,
    pub usage: Usage,
    pub cut: bool,
}

/// An attempt that failed.
struct Failure {
    error: LlmError,
    /// It may go better another time, after this wait at least.
    again: bool,
    wait: Option<Duration>,
}

impl From<LlmError> for Failure {
    fn from(error: LlmError) -> Self {
        Self { error, again: false, wait: None }
    }
}

impl Failure {
    fn passing(error: LlmError) -> Self {
        Self { error, again: true, wait: None }
    }
}

/// A question on its way.
pub(super) struct Asking<'a> {
    pub endpoint: &'a Endpoint,
    pub key: Option<&'a Key>,
    pub limits: &'a Limits,
    pub stop: &'a dyn Fn() -> bool,
}

impl Asking<'_> {
    /// Sends what `request` makes for a dialect, and gives the answer piece by piece to `tell`.
    ///
    /// # Errors
    /// Whatever kept it from being answered whole.
    pub fn run(&self, request: &dyn Fn(Dialect) -> Request, tell: &mut dyn FnMut(&str)) -> Result<Outcome, LlmError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| LlmError::SetUp(e.to_string()))?;
        let client = self.client()?;
        runtime.block_on(async {
            let stopped = async {
                while !(self.stop)() {
                    sleep(TICK).await;
                }
            };
            tokio::select! {
                biased;
                () = stopped => Err(LlmError::Stopped),
                () = sleep(self.limits.total) => Err(LlmError::Deadline { host: self.host(), after: self.limits.total }),
                result = self.attempts(&client, request, tell) => result,
            }
        })
    }

    fn host(&self) -> String {
        self.endpoint.host.clone()
    }

    fn client(&self) -> Result<Client, LlmError> {
        // Fails if it has been done before, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = Client::builder().connect_timeout(self.limits.connect).redirect(Policy::none()).referer(false);
        if self.endpoint.is_loopback {
            let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].map(|ip| SocketAddr::new(ip, 0));
            builder = builder.no_proxy().resolve_to_addrs("localhost", &here);
        } else {
            builder = builder.https_only(true);
        }
        if self.endpoint.base().starts_with("http://") {
            // A machine without certificates can have a model, too.
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|e| LlmError::SetUp(causes(e)))
    }

    async fn attempts(
        &self,
        client: &Client,
        request: &dyn Fn(Dialect) -> Request,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Outcome, LlmError> {
        let mut request_now = request(Dialect::of(self.endpoint.provider));
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(self.limits.first_wait)
            .with_max_delay(self.limits.longest_wait)
            .with_max_times(self.limits.retries)
            .with_jitter()
            .build();
        loop {
            let mut has_told = false;
            let mut noting = |text: &str| {
                has_told = true;
                tell(text);
            };
            let failure = match self.attempt(client, &request_now, &mut noting).await {
                Ok(outcome) => return Ok(outcome),
                Err(failure) => failure,
            };
            // Servers that speak OpenAI's language speak the older one at least.
            if request_now.dialect == Dialect::Responses
                && matches!(&failure.error, LlmError::NotFound { said, .. } if !is_about_model(said))
            {
                request_now = request(Dialect::Chat);
                continue;
            }
            if has_told || !failure.again {
                return Err(failure.error);
            }
            let Some(delay) = delays.next() else { return Err(failure.error) };
            match failure.wait {
                Some(wait) if wait > self.limits.longest_wait => return Err(failure.error),
                wait => sleep(wait.unwrap_or(delay)).await,
            }
        }
    }

    async fn attempt(&self, client: &Client, request: &Request, tell: &mut dyn FnMut(&str)) -> Result<Outcome, Failure> {
        let sent = client.post(&request.url).headers(self.headers(request)?).body(request.body.clone()).send();
        let response = self.patiently(sent).await?.map_err(|e| self.unanswered(e))?;
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        self.read(response, request.dialect, tell).await
    }

    fn headers(&self, request: &Request) -> Result<HeaderMap, LlmError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            headers.insert(*name, HeaderValue::from_str(value).map_err(|e| LlmError::SetUp(e.to_string()))?);
        }
        if let Some(key) = self.key {
            let (name, before) = request.dialect.key_header();
            let mut value = HeaderValue::from_str(&format!("{before}{}", key.for_header()))
                .map_err(|_| LlmError::SetUp("the key cannot stand in a header".into()))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// Waits no longer than a server may be silent.
    async fn patiently<T>(&self, what: impl Future<Output = T>) -> Result<T, LlmError> {
        let after = self.limits.idle;
        timeout(after, what).await.map_err(|_| LlmError::Idle { host: self.host(), after })
    }

    /// There is no answer at all.
    fn unanswered(&self, error: reqwest::Error) -> Failure {
        let is_connect = error.is_connect();
        let (host, cause) = (self.host(), causes(error));
        Failure::passing(if is_connect {
            LlmError::Unreachable { host, cause }
        } else {
            LlmError::BrokeOff { host, said: cause }
        })
    }

    async fn refused(&self, mut response: Response) -> Failure {
        let status = response.status();
        let wait = wait(response.headers(), SystemTime::now());
        let mut body = Vec::new();
        while body.len() < LONGEST_REFUSAL
            && let Ok(Ok(Some(chunk))) = timeout(self.limits.idle, response.chunk()).await
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(LONGEST_REFUSAL);
        let (kind, said) = wire::refusal(&String::from_utf8_lossy(&body));
        let said = self.told(&if kind == "model_not_found" { format!("{kind}: {said}") } else { said });
        let (host, code) = (self.host(), status.as_u16());
        let again =
            matches!(code, 408 | 429 | 500 | 502 | 503 | 504 | 529) || wire::is_passing(&kind) && status.is_server_error();
        let error = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => LlmError::KeyRefused { host, status: code, said },
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                LlmError::NotFound { host, model: self.endpoint.model.clone(), status: code, said }
            }
            StatusCode::TOO_MANY_REQUESTS => LlmError::RateLimited { host, said, wait },
            status if status.is_redirection() => LlmError::Redirected { host, status: code },
            status if status.is_server_error() => LlmError::Overloaded { host, status: code, said },
            _ => LlmError::Refused { host, status: code, said },
        };
        Failure { error, again, wait }
    }

    /// The events of an answer.
    async fn read(&self, response: Response, dialect: Dialect, tell: &mut dyn FnMut(&str)) -> Result<Outcome, Failure> {
        // Bytes since the last event, and altogether.
        let since = Rc::new(Cell::new((0, 0)));
        let counted = Rc::clone(&since);
        let idle = self.limits.idle;
        let chunks = stream::try_unfold((response, counted), |(mut response, counted)| async move {
            let chunk = match timeout(idle, response.chunk()).await {
                Err(_) => return Err(Broken::Idle),
                Ok(Err(e)) => return Err(Broken::Off(causes(e))),
                Ok(Ok(None)) => return Ok(None),
                Ok(Ok(Some(chunk))) => chunk,
            };
            let (event, all) = counted.get();
            counted.set((event + chunk.len(), all + chunk.len()));
            if event + chunk.len() > LONGEST_EVENT || all + chunk.len() > LONGEST_STREAM {
                return Err(Broken::TooLong);
            }
            Ok(Some((chunk, (response, counted))))
        });
        let mut events = pin!(chunks.eventsource());
        let mut reading = Reading::new(dialect);
        let mut text = String::new();
        while !reading.has_ended {
            let Some(event) = events.next().await else { break };
            since.set((0, since.get().1));
            let event = event.map_err(|e| self.broken(e))?;
            if let Some(piece) = reading.take(&event.data).map_err(|fault| self.faulty(fault))? {
                let room = piece.floor_char_boundary(LONGEST_REPLY - text.len());
                text.push_str(&piece[..room]);
                tell(&piece[..room]);
                if room < piece.len() {
                    return Ok(Outcome { text, usage: reading.usage, cut: true });
                }
            }
        }
        if reading.is_complete || reading.has_ended {
            return Ok(Outcome { text, usage: reading.usage, cut: reading.cut });
        }
        let said = if since.get().1 == 0 { "the answer is empty" } else { "the answer ends before its end" };
        Err(Failure::passing(LlmError::BrokeOff { host: self.host(), said: said.into() }))
    }

    fn broken(&self, error: EventStreamError<Broken>) -> Failure {
        let host = self.host();
        match error {
            EventStreamError::Transport(Broken::Idle) => LlmError::Idle { host, after: self.limits.idle }.into(),
            EventStreamError::Transport(Broken::Off(said)) => Failure::passing(LlmError::BrokeOff { host, said }),
            EventStreamError::Transport(Broken::TooLong) => self.misunderstood("it sends more than any answer is long").into(),
            EventStreamError::Utf8(_) | EventStreamError::Parser(_) => self.misunderstood("it sends no events").into(),
        }
    }

    fn faulty(&self, fault: Fault) -> Failure {
        match fault {
            Fault::NotUnderstood(said) => self.misunderstood(&said).into(),
            Fault::Said(kind, said) => {
                let again = wire::is_passing(&kind);
                let said = self.told(&format!("{kind}: {said}"));
                Failure { error: LlmError::BrokeOff { host: self.host(), said }, again, wait: None }
            }
        }
    }

    fn misunderstood(&self, said: &str) -> LlmError {
        LlmError::Protocol { host: self.host(), provider: name(self.endpoint.provider), said: self.told(said) }
    }

    /// What a server says, in one line for people.
    fn told(&self, said: &str) -> String {
        let said = self.key.map_or_else(|| said.to_owned(), |key| key.out_of(said));
        let line = sanitize::plain(&said).split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(TOLD_OF_REFUSAL) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None if line.is_empty() => "no reason given".into(),
            None => line,
        }
    }
}

/// Why no more bytes come.
#[derive(Debug)]
enum Broken {
    Idle,
    Off(String),
    TooLong,
}

fn is_about_model(said: &str) -> bool {
    said.starts_with("model_not_found")
}

/// How long a server wants to be left alone: seconds, or a date.
fn wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(secs).ok();
    }
    let then = httpdate::parse_http_date(value).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

/// An error with all its causes, without the address.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        cause = inner.source();
    }
    sanitize::plain(&told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_seconds_or_dates() {
        let told = |value: &str| {
            let headers = [(RETRY_AFTER, HeaderValue::from_str(value).expect("a value"))].into_iter().collect();
            let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:30 GMT").expect("a date");
            wait(&headers, now)
        };
        assert_eq!(told("7"), Some(Duration::from_secs(7)));
        assert_eq!(told("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(told("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(told("Sun, 06 Nov 1994 08:49:07 GMT"), Some(Duration::ZERO));
        for nonsense in ["soon", "-1", "NaN", "inf", ""] {
            assert_eq!(told(nonsense), None, "{nonsense}");
        }
        assert_eq!(wait(&HeaderMap::new(), SystemTime::now()), None);
    }
}
