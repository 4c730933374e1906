//! Servers that mean harm.

use rustc_hyperopt::{
    advise::{answers::Answers, llm::LlmError},
    config::Provider,
};

use super::{
    PROVIDERS, User,
    server::{Server, Turn, beginning, spoken, words},
};

fn acts(text: &str) -> bool {
    text.chars()
        .any(|c| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'))
}

#[test]
fn ten_megabytes_are_not_read() {
    for provider in PROVIDERS {
        // In one event.
        let mut events = beginning(provider);
        events.extend(words(provider, &"x".repeat(10 << 20)));
        let server = Server::new(vec![Turn::Stream { events, pieces: 60_000 }]);
        assert!(matches!(User::of(provider, &server).fails(), LlmError::Protocol { .. }));
        // In many.
        let mut events = beginning(provider);
        let word = words(provider, &"word ".repeat(2_000));
        (0..1_000).for_each(|_| events.extend(&word));
        let server = Server::new(vec![Turn::Stream { events, pieces: 60_000 }]);
        let user = User::of(provider, &server);
        let (result, told) = user.asks();
        let answer = result.expect("the beginning of it");
        assert!(answer.cut && answer.explanation.len() <= 64 << 10 && told.len() <= 64 << 10, "{}", told.len());
        assert_eq!(Answers::below(user.store()).clear().0, 0);
    }
    // As a refusal.
    let server = Server::new(vec![Turn::status(400, &"no ".repeat(4 << 20))]);
    assert!(User::of(Provider::Local, &server).fails().to_string().len() < 1_000);
}

#[test]
fn terminals_are_not_driven() {
    let evil = "\u{1b}]0;owned\u{7}Look: \u{1b}[2J\u{1b}[1;1Hall \u{9b}8mgone \u{202e}txt.exe\u{200b} \u{1b}]8;;https://evil.example\u{1b}\\here\u{1b}]8;;\u{1b}\\ \
                \u{1b}P+q\u{1b}\\ \rover\u{8}write\n```json\n{\"confidence\": 1, \"replacements\": []}\n```";
    for provider in PROVIDERS {
        let server = Server::new(vec![Turn::Stream { events: spoken(provider, evil), pieces: 5 }]);
        let (result, told) = User::of(provider, &server).asks();
        let answer = result.expect("answered");
        assert!(!acts(&told) && !acts(&answer.explanation), "{told:?} {answer:?}");
        assert!(answer.explanation.starts_with("Look: all gone "), "{answer:?}");
    }
    let server = Server::new(vec![Turn::status(400, &format!("{{\"error\": {}}}", serde_json::json!({"message": evil})))]);
    assert!(!acts(&User::of(Provider::Local, &server).fails().to_string()));
}

#[test]
fn commands_are_text_and_other_peoples_files_are_left_alone() {
    let marker = tempfile::tempdir().expect("temporary directory");
    let file = marker.path().join("touched");
    let command = format!("$(touch {0}) `touch {0}`; touch {0}\n```sh\ntouch {0}\n```", file.display());
    for target in ["../../outside.rs", "/etc/passwd", "src/../../x.rs", "~/.bashrc\u{0}"] {
        let block = serde_json::json!({"confidence": 1.0, "replacements": [
            {"file": "src/lib.rs", "old": "u8", "new": "u16"}, {"file": target, "old": "", "new": command}]});
        let text = format!("Run this: {command}\n```json\n{block}\n```");
        let server = Server::new(vec![Turn::events(spoken(Provider::Local, &text))]);
        let answer = User::of(Provider::Local, &server).asks().0.expect("answered");
        assert!(answer.explanation.contains("$(touch ") && answer.replacements.is_empty(), "{target}: {answer:?}");
        assert!(!file.exists());
    }
}
