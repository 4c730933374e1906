//! What is sent and how answers are read, for every provider.

use rustc_hyperopt::{
    advise::{
        answer::Usage,
        answers::Answers,
        llm::{self, LlmError},
        replacement::Replacement,
    },
    config::{self, Provider},
};

use super::{
    KEY, PROVIDERS, User,
    server::{Server, Turn, beginning, spoken, words},
};

const EXPLANATION: &str = "A byte is no text → see `f`. Größer geht nicht.";

fn answer() -> String {
    let block = r#"{"confidence": 0.75, "replacements": [{"file": "src/lib.rs", "old": "\"ä\"", "new": "0"}]}"#;
    format!("{EXPLANATION}\n\n```json\n{block}\n```\n")
}

#[test]
fn answers_stream_whatever_the_pieces() {
    for provider in PROVIDERS {
        for pieces in [1, 2, 3, 7, 64, 100_000] {
            let server = Server::new(vec![Turn::Stream { events: spoken(provider, &answer()), pieces }]);
            let user = User::of(provider, &server);
            let (result, told) = user.asks();
            let got = result.expect("answered");
            assert_eq!((got.explanation.as_str(), told.trim()), (EXPLANATION, EXPLANATION), "{provider:?} {pieces}");
            let wanted = Replacement { file: "src/lib.rs".into(), old: "\"ä\"".into(), new: "0".into() };
            assert_eq!((got.confidence, got.replacements), (Some(0.75), vec![wanted]));
            assert_eq!((got.usage, got.cut, got.from_cache), (Usage { input_tokens: 40, output_tokens: 12 }, false, false));
            assert_eq!(user.budget.left(), 1_000_000 - 52);
        }
    }
}

#[test]
fn what_is_sent_is_what_is_shown() {
    for provider in PROVIDERS {
        let server = Server::new(vec![Turn::events(spoken(provider, &answer()))]);
        let user = User::of(provider, &server);
        let shown = user.looks();
        assert_eq!(server.connections(), 0, "looking sends nothing");
        user.asks().0.expect("answered");
        let [request] = &server.recorded()[..] else { panic!("one request") };
        let (head, body) = shown.split_once("\n\n").expect("head and body");
        assert_eq!(body.trim_end().as_bytes(), request.body, "{provider:?}");
        let mut lines = head.lines();
        assert_eq!(lines.next(), Some(format!("POST http://{}{}", server.addr, request.path).as_str()));
        for line in lines {
            let (name, value) = line.split_once(": ").expect("a header");
            let value = value.replace(&format!("[the value of {}]", llm::variable(provider)), KEY);
            assert_eq!(request.header(name), Some(value.as_str()), "{name}");
        }
        // The rest belongs to HTTP.
        let shown_names: Vec<&str> = head.lines().skip(1).filter_map(|line| line.split(':').next()).collect();
        let others: Vec<&str> = request.headers.iter().map(|(n, _)| n.as_str()).filter(|n| !shown_names.contains(n)).collect();
        assert!(others.iter().all(|name| ["host", "content-length"].contains(name)), "{others:?}");
        assert!(!shown.contains(KEY), "{shown}");
    }
}

#[test]
fn requests_are_those_of_the_protocols() {
    let asked = |provider| {
        let server = Server::new(vec![Turn::events(spoken(provider, "x"))]);
        let mut user = User::of(provider, &server);
        user.settings.model = Some("the-model".into());
        user.asks().0.expect("answered");
        server.recorded().remove(0)
    };
    let request = asked(Provider::Anthropic);
    let body = request.json();
    assert_eq!(request.path, "/v1/messages");
    assert_eq!((request.header("x-api-key"), request.header("anthropic-version")), (Some(KEY), Some("2023-06-01")));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(
        (body["model"].as_str(), body["stream"].as_bool(), body["max_tokens"].as_u64()),
        (Some("the-model"), Some(true), Some(8192))
    );
    assert_eq!(body["messages"][0]["role"], "user");
    assert!(body["system"].as_str().is_some_and(|system| system.contains("replacements")));

    let request = asked(Provider::OpenAi);
    let body = request.json();
    assert_eq!(
        (request.path.as_str(), request.header("authorization")),
        ("/v1/responses", Some(format!("Bearer {KEY}").as_str()))
    );
    assert_eq!((body["store"].as_bool(), body["max_output_tokens"].as_u64()), (Some(false), Some(8192)));
    assert!(body["instructions"].is_string() && body["input"].is_string());

    let request = asked(Provider::Local);
    let body = request.json();
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!((body["messages"][0]["role"].as_str(), body["messages"][1]["role"].as_str()), (Some("system"), Some("user")));
    assert_eq!(body["stream_options"]["include_usage"], true);
}

#[test]
fn a_local_model_needs_no_key() {
    let server = Server::new(vec![Turn::events(spoken(Provider::Local, "yes"))]);
    let user = User { vars: Vec::new(), ..User::of(Provider::Local, &server) };
    assert_eq!(user.asks().0.expect("answered").explanation, "yes");
    assert_eq!(server.recorded()[0].header("authorization"), None);
    assert!(!user.looks().contains("authorization"));
}

#[test]
fn without_a_key_nobody_is_asked() {
    for provider in [Provider::Anthropic, Provider::OpenAi] {
        let server = Server::new(Vec::new());
        let mut user = User::of(provider, &server);
        for vars in [
            vec![],
            vec![(llm::variable(provider).to_owned(), String::new())],
            vec![("RUSTC_HYPEROPT_LLM_KEY".into(), KEY.into())],
        ] {
            user.vars = vars;
            assert!(matches!(user.fails(), LlmError::NoKey { .. }));
        }
        // That of another provider is none.
        let other = if provider == Provider::OpenAi { Provider::Anthropic } else { Provider::OpenAi };
        user.vars = vec![(llm::variable(other).into(), KEY.into())];
        assert!(matches!(user.fails(), LlmError::NoKey { .. }));
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn servers_without_responses_get_chat_completions() {
    for status in [404, 405] {
        let turns = vec![Turn::status(status, "404 page not found"), Turn::events(spoken(Provider::Local, "as before"))];
        let server = Server::new(turns);
        assert_eq!(User::of(Provider::OpenAi, &server).asks().0.expect("answered").explanation, "as before");
        let paths: Vec<String> = server.recorded().into_iter().map(|request| request.path).collect();
        assert_eq!(paths, ["/v1/responses", "/v1/chat/completions"]);
    }
    let missing = r#"{"error":{"message":"The model does not exist","type":"invalid_request_error","code":"model_not_found"}}"#;
    let server = Server::new(vec![Turn::status(404, missing)]);
    assert!(matches!(User::of(Provider::OpenAi, &server).fails(), LlmError::NotFound { status: 404, .. }));
    assert_eq!(server.connections(), 1, "another path would not help");
}

#[test]
fn the_same_question_is_asked_once() {
    let turn = || Turn::events(spoken(Provider::Local, &answer()));
    let server = Server::new(vec![turn(), turn(), turn()]);
    let mut user = User::of(Provider::Local, &server);
    let first = user.asks().0.expect("answered");
    // The error has moved.
    user.context.diagnostics = user.context.diagnostics.replace(":2:5", ":20:5");
    user.context.pieces[0].line = 19;
    let (again, told) = user.asks();
    let again = again.expect("answered");
    assert!(again.from_cache && told == EXPLANATION);
    assert_eq!((&again.explanation, &again.replacements, server.connections()), (&first.explanation, &first.replacements, 1));
    user.settings.model = Some("another".into());
    assert!(!user.asks().0.expect("answered").from_cache);
    user.context.pieces[0].text.push(' ');
    assert!(!user.asks().0.expect("answered").from_cache);
    assert_eq!((server.connections(), Answers::below(user.store()).clear().0), (3, 3));
}

#[test]
fn a_build_has_a_budget() {
    let server = Server::new(vec![Turn::events(spoken(Provider::Local, &answer())); 2]);
    let mut user = User::of(Provider::Local, &server);
    user.budget = llm::Budget::new(9_500);
    user.asks().0.expect("answered");
    assert_eq!(user.budget.left(), 9_500 - 52);
    user.budget = llm::Budget::new(8_192);
    user.context.diagnostics.push('!');
    assert!(matches!(user.fails(), LlmError::Budget { left: 8_192, .. }));
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_answer_that_was_not_allowed_to_end_proposes_nothing() {
    for provider in PROVIDERS {
        let text = String::from_utf8(spoken(provider, &answer())).expect("text");
        let cut = text
            .replace("end_turn", "max_tokens")
            .replace("\"stop\"", "\"length\"")
            .replace("response.completed", "response.incomplete");
        assert_ne!(cut, text, "{provider:?}");
        let server = Server::new(vec![Turn::events(cut.into_bytes())]);
        let user = User::of(provider, &server);
        let got = user.asks().0.expect("answered");
        assert!(got.cut && got.replacements.is_empty() && got.explanation == EXPLANATION, "{got:?}");
        assert_eq!(Answers::below(user.store()).clear().0, 0, "and is not kept");
    }
}

#[test]
fn a_stream_may_end_without_its_last_word() {
    // Some servers close the connection where others say `[DONE]`.
    let text = String::from_utf8(spoken(Provider::Local, "fine")).expect("text").replace("data: [DONE]\n\n", "");
    let server = Server::new(vec![Turn::events(text.into_bytes())]);
    assert_eq!(User::of(Provider::Local, &server).asks().0.expect("answered").usage.total(), 52);
    let mut open = beginning(Provider::Local);
    open.extend(words(Provider::Local, "half of it"));
    let server = Server::new(vec![Turn::events(open)]);
    assert!(matches!(User::of(Provider::Local, &server).fails(), LlmError::BrokeOff { .. }));
}

#[test]
fn a_project_decides_nothing_of_it() {
    let dir = tempfile::tempdir().expect("temporary directory");
    std::fs::create_dir(dir.path().join(".git")).expect("created");
    let env = std::iter::once((b"HOME".to_vec(), dir.path().join("home").into_os_string().into_encoded_bytes())).collect();
    let load = |text: &str| {
        std::fs::write(dir.path().join(".rustc-hyperopt.toml"), text).expect("written");
        config::load(&env, dir.path(), &[])
    };
    assert!(load("").is_ok());
    for line in [
        "provider = 'local'",
        "model = 'x'",
        "endpoint = 'https://evil.example'",
        "auto_fix = true",
        "auto_fix = false",
        "key = 'x'",
    ] {
        let error = load(&format!("[llm]\n{line}\n")).expect_err(line).to_string();
        let key = line.split(' ').next().expect("a key");
        assert!(
            error.contains(&format!("`llm.{key}` cannot be set by a project")) || error.contains("unknown key `key`"),
            "{error}"
        );
    }
}

/// Runs a test of this program again, with a proxy in its environment.
#[test]
fn no_proxy_comes_between_us_and_this_machine() {
    let proxy = Server::new(Vec::new());
    let mut again = std::process::Command::new(std::env::current_exe().expect("this program"));
    again.args(["--exact", "llm::protocols::a_local_model_needs_no_key"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        again.env(name, format!("http://{}", proxy.addr));
    }
    let out = again.env_remove("NO_PROXY").env_remove("no_proxy").output().expect("it runs");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.connections(), 0);
}
