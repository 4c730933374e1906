//! What the background process tells others while it works: figures at a port, lines in a file; nothing unless it is asked to.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
};

use serde_json::Value;

use crate::support::{Sandbox, case::APP};

const FILES: [(&str, &str); 3] = [
    ("Cargo.toml", APP),
    ("src/main.rs", "fn main() { app::say() }\n"),
    ("src/lib.rs", "pub fn say() { println!(\"hello\") }\n"),
];
const PORT: &str = "RUSTC_HYPEROPT_DAEMON_METRICS_PORT";
const LOG: &str = "RUSTC_HYPEROPT_DAEMON_EVENT_LOG";

fn figures(port: u16) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("somebody listens");
    let request = format!("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// The value of a figure; its labels as they stand in braces.
fn figure(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// A port that nobody had a moment ago.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).expect("a port").port()
}

#[test]
fn figures_and_lines_say_what_happened() {
    let sandbox = Sandbox::new();
    let (first, second) = (sandbox.project("alpha", FILES), sandbox.project("beta", FILES));
    let port = free_port();
    let envs: &[(&str, &str)] = &[(PORT, &port.to_string()), (LOG, "true")];
    sandbox.ours_with(&first, &["build"], envs).success();
    sandbox.ours_with(&second, &["build"], envs).success();
    let stats = sandbox.ours_with(&second, &["stats", "--json"], envs).success().json();
    let counted =
        |part: &str| -> f64 { stats["totals"][part].as_object().expect("sums").values().filter_map(Value::as_f64).sum() };
    let text = figures(port);
    assert!(counted("hits") > 0.0 && counted("misses") > 0.0, "{stats}");
    assert_eq!(figure(&text, r#"hyperopt_units_total{outcome="hit",why="exact"}"#), Some(counted("hits")), "{text}");
    assert_eq!(figure(&text, r#"hyperopt_units_total{outcome="miss",why="first-seen"}"#), Some(counted("misses")), "{text}");
    assert_eq!(figure(&text, "hyperopt_compile_seconds_count"), Some(counted("misses")), "{text}");
    assert_eq!(figure(&text, "hyperopt_restore_seconds_count"), Some(counted("hits")), "{text}");
    assert!(figure(&text, "hyperopt_store_max_bytes").is_some_and(|n| n > 0.0), "{text}");
    let names = ["alpha", "beta", "app", "main.rs"];
    assert!(!names.iter().any(|name| text.contains(name)), "no names of crates and no paths: {text}");

    let log = std::fs::read_to_string(sandbox.store().join("events.jsonl")).expect("a log");
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |outcome: &str| events.iter().filter(|e| e["outcome"].get(outcome).is_some()).count();
    assert_eq!((of("hit") as f64, of("miss") as f64), (counted("hits"), counted("misses")), "{log}");
}

#[test]
fn a_port_that_is_taken_is_told_and_harms_no_build() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let dir = sandbox.project("one", FILES);
    sandbox.ours_with(&dir, &["build"], &[(PORT, &port)]).success();
    let stats = sandbox.ours_with(&dir, &["stats", "--json"], &[(PORT, &port)]).success().json();
    assert_eq!(stats["totals"]["troubles"]["metrics-not-served"], 1, "{stats}");
    assert!(!sandbox.store().join("events.jsonl").exists());
}
