//! A server on this machine that speaks the protocols of three providers as they do, and misbehaves as it is told.
//!
//! One connection at a time, one request per connection. Every request is recorded to the byte.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use rustc_hyperopt::config::Provider;
use serde_json::{Value, json};

/// What is done with one request.
#[derive(Clone)]
pub enum Turn {
    /// A whole answer with its length.
    Plain { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// Events, in pieces of so many bytes, each a chunk of its own.
    Stream { events: Vec<u8>, pieces: usize },
    /// The same, and then the connection is closed without an end.
    Cut { events: Vec<u8> },
    /// The connection is closed at once.
    Gone,
    /// Events, and then nothing until the other side gives up.
    Silence { events: Option<Vec<u8>> },
    /// These events again and again until the other side gives up.
    Forever { events: Vec<u8> },
}

impl Turn {
    pub fn status(status: u16, body: &str) -> Self {
        Self::Plain { status, headers: Vec::new(), body: body.into() }
    }

    pub fn events(events: Vec<u8>) -> Self {
        Self::Stream { events, pieces: 4096 }
    }
}

/// A request as it came.
#[derive(Clone)]
pub struct Recorded {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub all: Vec<u8>,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

#[derive(Default)]
struct Shared {
    turns: Mutex<Vec<Turn>>,
    recorded: Mutex<Vec<Recorded>>,
    connections: AtomicUsize,
    ends: AtomicBool,
}

/// Ends when it is dropped.
pub struct Server {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Does these turns, one after the other; what comes after them is refused as if the server were broken for good.
    pub fn new(turns: Vec<Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { turns: Mutex::new(turns), ..Shared::default() });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if theirs.ends.load(Ordering::SeqCst) {
                    break;
                }
                theirs.connections.fetch_add(1, Ordering::SeqCst);
                // The other side may go whenever it likes.
                drop(serve(&stream, &theirs));
            }
        });
        Self { addr, shared, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub fn recorded(&self) -> Vec<Recorded> {
        self.shared.recorded.lock().expect("not poisoned").clone()
    }

    /// Something that can be asked from inside of a question.
    pub fn has_been_asked(&self) -> impl Fn() -> bool + use<> {
        let shared = Arc::clone(&self.shared);
        move || !shared.recorded.lock().expect("not poisoned").is_empty()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.addr));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn serve(mut stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let Some(request) = read(stream)? else { return Ok(()) };
    shared.recorded.lock().expect("not poisoned").push(request);
    let turn = {
        let mut turns = shared.turns.lock().expect("not poisoned");
        if turns.is_empty() { Turn::status(418, "nothing more was planned") } else { turns.remove(0) }
    };
    match turn {
        Turn::Plain { status, headers, body } => {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
        }
        Turn::Stream { events, pieces } => {
            head(stream)?;
            events.chunks(pieces).try_for_each(|piece| chunk(stream, piece))?;
            stream.write_all(b"0\r\n\r\n")
        }
        Turn::Cut { events } => {
            head(stream)?;
            chunk(stream, &events)
        }
        Turn::Gone => Ok(()),
        Turn::Silence { events } => {
            if let Some(events) = events {
                head(stream)?;
                chunk(stream, &events)?;
            }
            // Ends when the other side has closed the connection.
            stream.read(&mut [0]).map(drop)
        }
        Turn::Forever { events } => {
            head(stream)?;
            loop {
                chunk(stream, &events)?;
            }
        }
    }
}

fn head(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )
}

fn chunk(mut stream: &TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    stream.write_all(&[format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Recorded>> {
    let mut reader = BufReader::new(stream);
    let mut all = Vec::new();
    while !all.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut all)? == 0 {
            return Ok(None);
        }
    }
    let text = String::from_utf8_lossy(&all).into_owned();
    let mut lines = text.lines();
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let length = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-length")).and_then(|(_, v)| v.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    all.extend_from_slice(&body);
    Ok(Some(Recorded { path, headers, body, all }))
}

/// One event, as each provider frames it.
fn event(provider: Provider, data: &Value) -> String {
    match (provider, data["type"].as_str()) {
        (Provider::Local, _) | (_, None) => format!("data: {data}\n\n"),
        (Provider::Anthropic, Some(kind)) => format!("event: {kind}\ndata: {data}\n\n"),
        (Provider::OpenAi, Some(kind)) => format!("event: {kind}\r\ndata: {data}\r\n\r\n"),
    }
}

/// The events in front of the first word.
pub fn beginning(provider: Provider) -> Vec<u8> {
    let events = match provider {
        Provider::Anthropic => vec![
            json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": [],
                "model": "m", "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 40, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "ping"}),
        ],
        Provider::OpenAi => vec![
            json!({"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "object": "response",
                "status": "in_progress", "error": null, "incomplete_details": null, "output": [], "usage": null}}),
            json!({"type": "response.in_progress", "sequence_number": 1, "response": {"id": "resp_1", "error": null}}),
            json!({"type": "response.output_item.added", "output_index": 0, "item": {"id": "msg_1", "type": "message", "content": []}}),
        ],
        Provider::Local => vec![json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]})],
    };
    let text: String = events.iter().map(|data| event(provider, data)).collect();
    // Comments keep connections open, and mean nothing.
    [b": keep-alive\n\n", text.as_bytes()].concat()
}

/// Some words.
pub fn words(provider: Provider, text: &str) -> Vec<u8> {
    let data = match provider {
        Provider::Anthropic => json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
        Provider::OpenAi => json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "delta": text}),
        Provider::Local => {
            json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
        }
    };
    event(provider, &data).into_bytes()
}

/// The events behind the last word: 40 tokens in, 12 out.
pub fn end(provider: Provider) -> Vec<u8> {
    let events = match provider {
        Provider::Anthropic => vec![
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 12}}),
            json!({"type": "message_stop"}),
        ],
        Provider::OpenAi => vec![json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed",
            "error": null, "usage": {"input_tokens": 40, "output_tokens": 12, "total_tokens": 52}}})],
        Provider::Local => vec![
            json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
            json!({"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52}}),
        ],
    };
    let mut text: String = events.iter().map(|data| event(provider, data)).collect();
    if provider == Provider::Local {
        text.push_str("data: [DONE]\n\n");
    }
    text.into_bytes()
}

/// An error in the middle.
pub fn trouble(provider: Provider, kind: &str, message: &str) -> Vec<u8> {
    let error = json!({"type": kind, "code": kind, "message": message});
    let data = match provider {
        Provider::OpenAi => json!({"type": "error", "code": kind, "message": message, "param": null}),
        _ => json!({"type": "error", "error": error}),
    };
    event(provider, &data).into_bytes()
}

/// A whole answer, word by word.
pub fn spoken(provider: Provider, text: &str) -> Vec<u8> {
    let mut all = beginning(provider);
    text.split_inclusive(' ').for_each(|word| all.extend(words(provider, word)));
    all.extend(end(provider));
    all
}
