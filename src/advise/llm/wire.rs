//! Requests and events of three protocols, as JSON: Anthropic's messages, OpenAI's responses, and the chat completions that
//! nearly every other server speaks.
//!
//! Events and fields that are not known are passed over, as their makers ask for. Nothing here connects anywhere. Sources:
//! <https://platform.claude.com/docs/en/build-with-claude/streaming>,
//! <https://platform.openai.com/docs/api-reference/responses-streaming>,
//! <https://platform.openai.com/docs/api-reference/chat-streaming>.

use serde_json::{Value, json};

use super::{endpoint::Endpoint, prompt::Prompt};
use crate::{advise::answer::Usage, config::Provider};

/// A language that servers speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Messages,
    Responses,
    Chat,
}

/// Everything that is sent, except the key and what belongs to HTTP itself.
pub(super) struct Request {
    pub dialect: Dialect,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Dialect {
    /// The one to begin with.
    pub fn of(provider: Provider) -> Self {
        match provider {
            Provider::Anthropic => Self::Messages,
            Provider::OpenAi => Self::Responses,
            Provider::Local => Self::Chat,
        }
    }

    /// The header that holds a key, and what stands before the key in it.
    pub fn key_header(self) -> (&'static str, &'static str) {
        match self {
            Self::Messages => ("x-api-key", ""),
            Self::Responses | Self::Chat => ("authorization", "Bearer "),
        }
    }
}

/// The request for an answer of at most so many tokens.
pub(super) fn request(dialect: Dialect, endpoint: &Endpoint, prompt: &Prompt, most_tokens: u64) -> Request {
    let mut headers = vec![
        ("accept", "text/event-stream".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("user-agent", concat!("rustc-hyperopt/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    let model = &endpoint.model;
    let messages = || json!([{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]);
    let (last, body) = match dialect {
        Dialect::Messages => {
            headers.push(("anthropic-version", "2023-06-01".to_owned()));
            let messages = json!([{"role": "user", "content": prompt.user}]);
            (
                "/messages",
                json!({"model": model, "max_tokens": most_tokens, "stream": true, "system": prompt.system, "messages": messages}),
            )
        }
        Dialect::Responses => {
            // `store`: the provider is not to keep it for later requests.
            let limit = json!({"model": model, "max_output_tokens": most_tokens, "stream": true, "store": false});
            ("/responses", merged(limit, json!({"instructions": prompt.system, "input": prompt.user})))
        }
        Dialect::Chat => {
            let options = json!({"include_usage": true});
            let limit = json!({"model": model, "max_tokens": most_tokens, "stream": true, "stream_options": options});
            ("/chat/completions", merged(limit, json!({"messages": messages()})))
        }
    };
    Request { dialect, url: endpoint.url(last), headers, body: body.to_string().into_bytes() }
}

fn merged(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

/// What a stream of events has said so far.
pub(super) struct Reading {
    dialect: Dialect,
    pub usage: Usage,
    /// The model has said all that it has to say.
    pub is_complete: bool,
    /// It was not allowed to say more.
    pub cut: bool,
    /// No more events are expected.
    pub has_ended: bool,
}

/// Why a stream is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server says so itself: kind and message.
    Said(String, String),
    NotUnderstood(String),
}

impl Reading {
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, usage: Usage::default(), is_complete: false, cut: false, has_ended: false }
    }

    /// The text of an event.
    pub fn take(&mut self, data: &str) -> Result<Option<String>, Fault> {
        if data == "[DONE]" {
            self.has_ended = true;
            return Ok(None);
        }
        let event: Value = serde_json::from_str(data).map_err(|e| Fault::NotUnderstood(format!("an event is not JSON ({e})")))?;
        if let Some(error) = event.get("error").filter(|error| !error.is_null()) {
            return Err(said(error));
        }
        Ok(match self.dialect {
            Dialect::Messages => self.message(&event),
            Dialect::Responses => return self.response(&event),
            Dialect::Chat => self.completion(&event),
        })
    }

    fn message(&mut self, event: &Value) -> Option<String> {
        match event["type"].as_str()? {
            "message_start" => self.count(&event["message"]["usage"], "input_tokens", "output_tokens"),
            "content_block_start" => return text(&event["content_block"]["text"]),
            "content_block_delta" => return text(&event["delta"]["text"]),
            "message_delta" => {
                self.count(&event["usage"], "input_tokens", "output_tokens");
                if let Some(reason) = event["delta"]["stop_reason"].as_str() {
                    self.is_complete = true;
                    self.cut |= matches!(reason, "max_tokens" | "model_context_window_exceeded");
                }
            }
            "message_stop" => (self.is_complete, self.has_ended) = (true, true),
            _ => {}
        }
        None
    }

    fn response(&mut self, event: &Value) -> Result<Option<String>, Fault> {
        match event["type"].as_str().unwrap_or_default() {
            "response.output_text.delta" | "response.refusal.delta" => return Ok(text(&event["delta"])),
            kind @ ("response.completed" | "response.incomplete") => {
                self.count(&event["response"]["usage"], "input_tokens", "output_tokens");
                (self.is_complete, self.has_ended) = (true, true);
                self.cut = kind == "response.incomplete";
            }
            "response.failed" => return Err(said(&event["response"]["error"])),
            // In this protocol, the fields of an error may stand in the event itself.
            "error" => return Err(said(event)),
            _ => {}
        }
        Ok(None)
    }

    fn completion(&mut self, event: &Value) -> Option<String> {
        self.count(&event["usage"], "prompt_tokens", "completion_tokens");
        let choice = &event["choices"][0];
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.is_complete = true;
            self.cut |= reason == "length";
        }
        text(&choice["delta"]["content"])
    }

    fn count(&mut self, usage: &Value, input: &str, output: &str) {
        self.usage.input_tokens = usage[input].as_u64().unwrap_or(self.usage.input_tokens);
        self.usage.output_tokens = usage[output].as_u64().unwrap_or(self.usage.output_tokens);
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// An error as servers write it: an object with a message, or the message itself.
fn said(error: &Value) -> Fault {
    let kind = ["type", "code"].iter().filter_map(|name| error[*name].as_str()).find(|kind| *kind != "error").unwrap_or("error");
    let message = error.as_str().or_else(|| error["message"].as_str()).unwrap_or("no message");
    Fault::Said(kind.to_owned(), message.to_owned())
}

/// Kind and message in the body of a refusal; the body itself if it is nothing of that sort.
pub(super) fn refusal(body: &str) -> (String, String) {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    match parsed.as_ref().and_then(|body| body.get("error")).map(said) {
        Some(Fault::Said(kind, message)) => {
            // The code says more than the type, if there are both.
            let code = parsed.as_ref().and_then(|body| body["error"]["code"].as_str());
            (code.map_or(kind, str::to_owned), message)
        }
        _ => (String::new(), body.trim().to_owned()),
    }
}

/// Whether a server that says this may be well again in a moment.
pub(super) fn is_passing(kind: &str) -> bool {
    ["overloaded", "rate_limit", "server_error", "api_error", "timeout", "unavailable"].iter().any(|word| kind.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: Dialect, events: &[&str]) -> (String, Reading) {
        let mut reading = Reading::new(dialect);
        let text = events.iter().filter_map(|event| reading.take(event).expect("understood")).collect();
        (text, reading)
    }

    #[test]
    fn messages() {
        let (text, reading) = read(
            Dialect::Messages,
            &[
                r#"{"type":"message_start","message":{"id":"m","role":"assistant","content":[],"stop_reason":null,"usage":{"input_tokens":25,"output_tokens":1}}}"#,
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                r#"{"type":"ping"}"#,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}"#,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}"#,
                r#"{"type":"content_block_stop","index":0}"#,
                r#"{"type":"something_new","x":1}"#,
                r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":15}}"#,
                r#"{"type":"message_stop"}"#,
            ],
        );
        assert_eq!(text, "Hello");
        assert_eq!(reading.usage, Usage { input_tokens: 25, output_tokens: 15 });
        assert!(reading.is_complete && reading.has_ended && reading.cut);
        let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        assert_eq!(Reading::new(Dialect::Messages).take(error), Err(Fault::Said("overloaded_error".into(), "Overloaded".into())));
        assert!(is_passing("overloaded_error") && !is_passing("invalid_request_error"));
    }

    #[test]
    fn responses() {
        let (text, reading) = read(
            Dialect::Responses,
            &[
                r#"{"type":"response.created","response":{"id":"r","status":"in_progress","error":null,"usage":null}}"#,
                r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning"}}"#,
                r#"{"type":"response.output_text.delta","delta":"Hi"}"#,
                r#"{"type":"response.output_text.done","text":"Hi"}"#,
                r#"{"type":"response.completed","response":{"status":"completed","error":null,"usage":{"input_tokens":9,"output_tokens":12}}}"#,
            ],
        );
        assert_eq!((text.as_str(), reading.usage.total(), reading.cut, reading.has_ended), ("Hi", 21, false, true));
        let incomplete = r#"{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}}"#;
        assert!(read(Dialect::Responses, &[incomplete]).1.cut);
        for error in [
            r#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"oh"}}}"#,
            r#"{"type":"error","code":"server_error","message":"oh","param":null}"#,
            r#"{"type":"error","error":{"code":"server_error","message":"oh"}}"#,
        ] {
            assert_eq!(
                Reading::new(Dialect::Responses).take(error),
                Err(Fault::Said("server_error".into(), "oh".into())),
                "{error}"
            );
        }
    }

    #[test]
    fn chat_completions() {
        let (text, reading) = read(
            Dialect::Chat,
            &[
                r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
                r#"{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}"#,
                r#"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
                r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
                "[DONE]",
            ],
        );
        assert_eq!((text.as_str(), reading.usage.total(), reading.cut, reading.has_ended), ("Hi", 7, true, true));
        let plain = r#"{"error":"model 'x' not found"}"#;
        assert_eq!(Reading::new(Dialect::Chat).take(plain), Err(Fault::Said("error".into(), "model 'x' not found".into())));
        assert!(matches!(Reading::new(Dialect::Chat).take("{\"choices\":"), Err(Fault::NotUnderstood(_))));
    }

    #[test]
    fn refusals() {
        let openai = r#"{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}"#;
        assert_eq!(refusal(openai), ("model_not_found".into(), "no such model".into()));
        let anthropic =
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"r"}"#;
        assert_eq!(refusal(anthropic), ("authentication_error".into(), "invalid x-api-key".into()));
        assert_eq!(refusal("<html>Bad gateway</html>\n"), (String::new(), "<html>Bad gateway</html>".into()));
    }
}
