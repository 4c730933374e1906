//! Prompt mode from the command line, as a whole: the compiler's proposals first, a model's last, each tried before it is made.

use std::{fs, path::PathBuf};

use rustc_hyperopt::config::Provider;

use crate::{
    llm::server::{Server, Turn, spoken},
    support::{Run, Sandbox, write},
};

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
/// One mend is sure.
const MUTABLE: &str = "fn main() {\n    let n = 1;\n    n += 1;\n    println!(\"{n}\");\n}\n";
/// The compiler proposes nothing.
const WRONG: &str = "fn byte() -> u8 {\n    \"byte\"\n}\nfn main() {\n    println!(\"{}\", byte());\n}\n";
const KEY: &str = "key-0123456789-for-tests";

struct User {
    sandbox: Sandbox,
    dir: PathBuf,
}

impl User {
    fn with(main: &str) -> Self {
        let sandbox = Sandbox::new();
        let dir = sandbox.project("app", [("Cargo.toml", MANIFEST), ("src/main.rs", main)]);
        Self { sandbox, dir }
    }

    fn main(&self) -> String {
        fs::read_to_string(self.dir.join("src/main.rs")).expect("a source")
    }

    fn run(&self, words: &str, envs: &[(&str, &str)]) -> Run {
        self.sandbox.ours_with(&self.dir, &words.split(' ').collect::<Vec<_>>(), envs)
    }

    fn asks(&self, words: &str, server: &Server) -> Run {
        let url = server.url();
        self.run(words, &[("RUSTC_HYPEROPT_LLM_PROVIDER", "local"), ("RUSTC_HYPEROPT_LLM_ENDPOINT", &url)])
    }

    fn config(&self, text: &str) {
        write(&self.sandbox.path("home/.config/rustc-hyperopt/config.toml"), text);
    }
}

fn answer(file: &str, new: &str) -> Vec<u8> {
    let block = format!(r#"{{"confidence": 0.9, "replacements": [{{"file": "{file}", "old": "\"byte\"", "new": "{new}"}}]}}"#);
    spoken(Provider::Local, &format!("Text is no byte.\n\n```json\n{block}\n```\n"))
}

#[test]
fn what_the_compiler_proposes_is_made_and_taken_back() {
    let user = User::with(MUTABLE);
    let refused = user.run("build -p --fix", &[]);
    assert_eq!((refused.code(), user.main().as_str()), (Some(101), MUTABLE), "{}", refused.stderr());
    assert!(refused.stderr().contains("--allow-no-vcs"), "{}", refused.stderr());

    let mended = user.run("build -p --fix --allow-no-vcs", &[]);
    assert_eq!(mended.code(), Some(0), "{}", mended.stderr());
    assert_eq!(user.main(), MUTABLE.replace("let n", "let mut n"));
    assert!(mended.stderr().contains("+     let mut n = 1;"), "it was shown: {}", mended.stderr());
    assert!(user.dir.join("target/debug/app").exists(), "built after the mend");
    user.sandbox.cargo(&user.dir, &["build"]).assert_no_op();

    let back = user.run("build -p --undo", &[]);
    assert_eq!((back.code(), user.main().as_str()), (Some(0), MUTABLE), "{}", back.stderr());
    assert_eq!(user.run("build -p --undo", &[]).code(), Some(1), "once");
}

#[test]
fn only_the_user_can_have_it_done_without_being_asked() {
    let user = User::with(MUTABLE);
    write(&user.dir.join(".rustc-hyperopt.toml"), "[llm]\nauto_fix = true\n");
    assert_eq!(user.run("check -p --allow-no-vcs", &[]).code(), Some(101));
    assert_eq!(user.main(), MUTABLE);
    fs::remove_file(user.dir.join(".rustc-hyperopt.toml")).expect("removed");
    user.config("[llm]\nauto_fix = true\n");
    assert_eq!(user.run("check", &[]).code(), Some(101), "nobody asked for help");
    assert_eq!(user.main(), MUTABLE);
    assert_eq!(user.run("check -p --allow-no-vcs", &[]).code(), Some(0));
    assert_ne!(user.main(), MUTABLE);
}

#[test]
fn a_model_is_asked_where_the_compiler_proposes_nothing() {
    let user = User::with(WRONG);
    let server = Server::new(vec![Turn::events(answer("src/main.rs", "7"))]);
    let told = user.asks("check -p", &server);
    assert_eq!((told.code(), user.main().as_str(), server.connections()), (Some(101), WRONG, 1), "{}", told.stderr());
    let said = told.stderr();
    let order = ["error[E0308]", "Help", "Asking", "Text is no byte.", "Answered", "Proposed", "+     7", "--fix"];
    let places: Vec<Option<usize>> = order.iter().map(|word| said.find(word)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{said}");
    assert!(!String::from_utf8_lossy(&server.recorded()[0].body).contains("println"), "only the item that it is about");

    let mended = user.asks("check -p --fix --allow-no-vcs", &server);
    assert_eq!((mended.code(), server.connections()), (Some(0), 1), "the answer was kept: {}", mended.stderr());
    assert_eq!(user.main(), WRONG.replace("\"byte\"", "7"));
    user.sandbox.cargo(&user.dir, &["check"]).success();
}

#[test]
fn what_a_model_proposes_is_not_believed() {
    let user = User::with(WRONG);
    // One that reaches out of the workspace, one that leaves the error.
    for (file, new) in [("../other/src/main.rs", "7"), ("src/main.rs", "\\\"other\\\"")] {
        let server = Server::new(vec![Turn::events(answer(file, new))]);
        let said = user.asks("check -p --fix --allow-no-vcs", &server);
        assert_eq!((said.code(), user.main().as_str(), server.connections()), (Some(101), WRONG, 1), "{}", said.stderr());
        user.run("cache clean --all", &[]).success();
    }
}

#[test]
fn what_would_be_sent_is_shown_and_not_sent() {
    let user = User::with(WRONG);
    let server = Server::new(Vec::new());
    let url = server.url();
    let envs = [("RUSTC_HYPEROPT_LLM_ENDPOINT", url.as_str()), ("ANTHROPIC_API_KEY", KEY)];
    let shown = user.run("check -p --show-prompt", &envs);
    assert!(shown.stdout().starts_with("POST http://") && shown.stdout().contains("fn byte()"), "{}", shown.stdout());
    assert!(!shown.stdout().contains(KEY) && !shown.stderr().contains(KEY));
    assert_eq!((shown.code(), server.connections()), (Some(101), 0));
}

#[test]
fn nobody_is_asked_without_a_key_or_without_being_asked_for_help() {
    let user = User::with(WRONG);
    let server = Server::new(Vec::new());
    let url = server.url();
    let endpoint = ("RUSTC_HYPEROPT_LLM_ENDPOINT", url.as_str());
    let silent = user.run("check -p", &[endpoint]);
    assert!(silent.stderr().contains("Help") && !silent.stderr().contains("Asking"), "{}", silent.stderr());
    user.run("check", &[endpoint, ("ANTHROPIC_API_KEY", KEY)]);
    // A repository names a server, and a provider that needs no key.
    write(&user.dir.join(".rustc-hyperopt.toml"), &format!("[llm]\nprovider = \"local\"\nendpoint = \"{url}\"\n"));
    user.run("check -p", &[]);
    assert_eq!(server.connections(), 0);
}
