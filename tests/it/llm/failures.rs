//! Servers that refuse, break off, or say nothing.

use std::time::{Duration, SystemTime};

use rustc_hyperopt::{advise::llm::LlmError, config::Provider};

use super::{
    KEY, PROVIDERS, User,
    server::{Server, Turn, beginning, end, spoken, trouble, words},
};

fn limited(after: &str) -> Turn {
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#.to_owned();
    Turn::Plain { status: 429, headers: vec![("retry-after", after.into())], body }
}

#[test]
fn a_wait_that_is_asked_for_is_kept_if_it_is_short() {
    let past = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777));
    for after in ["0", "0.01", &past] {
        let server = Server::new(vec![limited(after), limited(after), Turn::events(spoken(Provider::Anthropic, "at last"))]);
        assert_eq!(User::of(Provider::Anthropic, &server).asks().0.expect("answered").explanation, "at last", "{after}");
        assert_eq!(server.connections(), 3);
    }
    let tomorrow = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(86_400));
    for after in ["3600", &tomorrow] {
        let server = Server::new(vec![limited(after)]);
        let error = User::of(Provider::Anthropic, &server).fails();
        let LlmError::RateLimited { wait: Some(wait), said, .. } = &error else { panic!("{error:?}") };
        assert!(wait.as_secs() >= 3_600 && said == "slow down");
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn refusals_have_their_kinds_and_only_some_are_tried_again() {
    let body = format!(r#"{{"error":{{"type":"some_error","message":"\u001b[2Jnot {KEY} so"}}}}"#);
    for provider in PROVIDERS {
        for (status, times) in
            [(400, 1), (401, 1), (403, 1), (413, 1), (404, 1), (429, 3), (500, 3), (502, 3), (503, 3), (529, 3)]
        {
            let server = Server::new(vec![Turn::status(status, &body); 6]);
            let mut user = User::of(provider, &server);
            user.limits.retries = 2;
            let error = user.fails();
            let fits = match &error {
                LlmError::Refused { .. } => [400, 413].contains(&status),
                LlmError::KeyRefused { .. } => [401, 403].contains(&status),
                LlmError::NotFound { .. } => status == 404,
                LlmError::RateLimited { .. } => status == 429,
                LlmError::Overloaded { .. } => status >= 500,
                _ => false,
            };
            assert!(fits && error.to_string().contains("not [redacted] so"), "{status}: {error:?}");
            // OpenAI's language is followed by the older one.
            let times = if status == 404 && provider == Provider::OpenAi { 2 } else { times };
            assert_eq!(server.connections(), times, "{provider:?} {status}");
        }
    }
}

#[test]
fn redirects_are_not_followed() {
    for status in [301, 302, 307, 308] {
        let elsewhere = Server::new(Vec::new());
        let location = vec![("location", format!("{}/messages", elsewhere.url()))];
        let server = Server::new(vec![Turn::Plain { status, headers: location, body: String::new() }]);
        assert!(matches!(User::of(Provider::Anthropic, &server).fails(), LlmError::Redirected { .. }));
        assert_eq!((server.connections(), elsewhere.connections()), (1, 0));
    }
}

#[test]
fn an_error_in_the_middle_ends_it_and_one_before_the_first_word_is_tried_again() {
    for provider in PROVIDERS {
        let mut middle = beginning(provider);
        middle.extend(words(provider, "so far "));
        middle.extend(trouble(provider, "overloaded_error", "Overloaded"));
        let server = Server::new(vec![Turn::events(middle)]);
        let user = User::of(provider, &server);
        let (result, told) = user.asks();
        let error = result.expect_err("no answer");
        assert!(matches!(&error, LlmError::BrokeOff { said, .. } if said == "overloaded_error: Overloaded"), "{error:?}");
        assert_eq!((told.as_str(), server.connections()), ("so far ", 1));

        let mut early = beginning(provider);
        early.extend(trouble(provider, "overloaded_error", "Overloaded"));
        let server = Server::new(vec![Turn::events(early), Turn::events(spoken(provider, "again"))]);
        assert_eq!(User::of(provider, &server).asks().0.expect("answered").explanation, "again");

        let mut wrong = beginning(provider);
        wrong.extend(trouble(provider, "invalid_request_error", "no"));
        let server = Server::new(vec![Turn::events(wrong)]);
        assert!(matches!(User::of(provider, &server).fails(), LlmError::BrokeOff { .. }));
        assert_eq!(server.connections(), 1, "another attempt would not help");
    }
}

#[test]
fn cut_connections() {
    for provider in PROVIDERS {
        let whole = || Turn::events(spoken(provider, "whole"));
        for before in [Turn::Gone, Turn::Cut { events: Vec::new() }, Turn::Cut { events: beginning(provider) }] {
            let server = Server::new(vec![before, whole()]);
            let (result, told) = User::of(provider, &server).asks();
            assert_eq!((result.expect("answered").explanation.as_str(), told.as_str()), ("whole", "whole"));
            assert_eq!(server.connections(), 2);
        }
        let mut events = beginning(provider);
        events.extend(words(provider, "half of "));
        let server = Server::new(vec![Turn::Cut { events }, whole()]);
        let (result, told) = User::of(provider, &server).asks();
        assert!(matches!(result, Err(LlmError::BrokeOff { .. })) && told == "half of ");
        assert_eq!(server.connections(), 1, "what was told cannot be taken back");

        let server = Server::new(vec![Turn::Gone; 9]);
        let mut user = User::of(provider, &server);
        user.limits.retries = 3;
        assert!(matches!(user.fails(), LlmError::BrokeOff { .. }));
        assert_eq!(server.connections(), 4);
    }
}

#[test]
fn nobody_listens() {
    let server = Server::new(Vec::new());
    let mut user = User::of(Provider::Local, &server);
    user.limits.retries = 1;
    drop(server);
    let error = user.fails();
    assert!(matches!(&error, LlmError::Unreachable { host, .. } if host.starts_with("127.0.0.1:")), "{error:?}");
}

#[test]
fn silence_has_an_end() {
    let mut middle = beginning(Provider::OpenAi);
    middle.extend(words(Provider::OpenAi, "and then"));
    for events in [None, Some(beginning(Provider::OpenAi)), Some(middle)] {
        let server = Server::new(vec![Turn::Silence { events }]);
        let mut user = User::of(Provider::OpenAi, &server);
        user.limits.idle = Duration::from_millis(300);
        assert!(matches!(user.fails(), LlmError::Idle { .. }));
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn so_has_a_server_that_is_busy_with_nothing() {
    for events in [&b": still here\n\n"[..], b"event: ping\ndata: {\"type\":\"ping\"}\n\n"] {
        let server = Server::new(vec![Turn::Forever { events: events.to_vec() }]);
        let mut user = User::of(Provider::Anthropic, &server);
        user.limits.total = Duration::from_millis(500);
        // Fast machines see so much of it that it is too much before it is too late.
        assert!(matches!(user.fails(), LlmError::Deadline { .. } | LlmError::Protocol { .. }));
    }
}

#[test]
fn the_user_can_stop_it() {
    for turn in [Turn::Silence { events: None }, Turn::Silence { events: Some(beginning(Provider::Local)) }, limited("4")] {
        let server = Server::new(vec![turn]);
        let (result, _) = User::of(Provider::Local, &server).asks_until(&server.has_been_asked());
        assert_eq!(result, Err(LlmError::Stopped));
    }
}

#[test]
fn what_is_not_the_protocol() {
    for provider in PROVIDERS {
        let broken: [&[u8]; 3] = [b"data: {\"type\": \n\n", b"data: hello\n\n", b"data: \xff\xfe\n\n"];
        for events in broken {
            let server = Server::new(vec![Turn::events(events.to_vec())]);
            let error = User::of(provider, &server).fails();
            assert!(matches!(error, LlmError::Protocol { .. }), "{error:?}");
        }
        // Another server altogether, and one that says nothing at all.
        for body in ["<html>Welcome</html>", "", "{\"choices\": []}"] {
            let server = Server::new(vec![Turn::status(200, body); 9]);
            assert!(matches!(User::of(provider, &server).fails(), LlmError::BrokeOff { .. } | LlmError::Protocol { .. }));
        }
        let server = Server::new(vec![Turn::events([&beginning(provider)[..], &end(provider)].concat())]);
        let empty = User::of(provider, &server).asks().0.expect("an answer, if an empty one");
        assert!(empty.explanation.is_empty() && empty.replacements.is_empty());
    }
}
