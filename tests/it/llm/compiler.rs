//! What a model would see of errors that a real compiler has told.

use std::{fs, path::Path, process::Command};

use rustc_hyperopt::{
    advise::{
        context::{self, Context, Sources},
        diagnostic::{Diagnostic, Report},
        llm,
    },
    config::Provider,
};

use super::{User, server::Server};

const APP: &str = "use shapes::{Measured, total};

struct Circle {
    radius: f64,
}

fn unrelated() -> u32 {
    let body_of_unrelated = 41;
    body_of_unrelated + 1
}

fn main() {
    let circles = vec![Circle { radius: 1.0 }];
    println!(\"{} {}\", total(&circles), unrelated());
}
";
const LIB: &str = "/// Has a size.
pub trait Measured {
    fn size(&self) -> f64;
    fn twice(&self) -> f64 {
        let body_of_twice = self.size();
        body_of_twice * 2.0
    }
}

pub struct Square(pub f64);

impl Measured for Square {
    fn size(&self) -> f64 {
        let body_of_size = self.0;
        body_of_size * body_of_size
    }
}

pub fn total<M>(all: &[M]) -> f64
where
    M: Measured,
{
    let body_of_total = all.iter().map(Measured::size);
    body_of_total.sum()
}
";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("created");
    fs::write(path, text).expect("written");
}

fn errors(root: &Path) -> Vec<Diagnostic> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--message-format", "json-diagnostic-rendered-ansi"]).current_dir(root);
    let out = cargo.env("RUSTC_WRAPPER", "").env_remove("CARGO_TARGET_DIR").output().expect("cargo runs");
    let reports = String::from_utf8_lossy(&out.stdout).lines().filter_map(Report::read).collect::<Vec<_>>();
    reports.into_iter().map(|report| report.message).filter(Diagnostic::is_error).collect()
}

fn context_of_a_bound() -> (tempfile::TempDir, Context) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let root = dir.path();
    write(&root.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"app\", \"shapes\"]\n");
    write(
        &root.join("app/Cargo.toml"),
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nshapes = { path = \"../shapes\" }\n",
    );
    write(&root.join("shapes/Cargo.toml"), "[package]\nname = \"shapes\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    write(&root.join("app/src/main.rs"), APP);
    write(&root.join("shapes/src/lib.rs"), LIB);
    let errors = errors(root);
    assert_eq!(errors.iter().map(Diagnostic::code).collect::<Vec<_>>(), ["E0277"]);
    let members = ["app", "shapes"].map(|name| root.join(name)).to_vec();
    let context = context::gather(&errors, &Sources { root: root.to_owned(), members }, llm::CONTEXT_BYTES);
    (dir, context)
}

#[test]
fn a_missing_implementation_in_a_workspace() {
    let (_dir, context) = context_of_a_bound();
    assert!(
        context
            .diagnostics
            .starts_with("error[E0277]: the trait bound `Circle: Measured` is not satisfied\n  --> app/src/main.rs:14:")
    );
    let texts: Vec<&str> = context.pieces.iter().map(|piece| piece.text.as_str()).collect();
    for wanted in [
        "use shapes::{Measured, total};",
        "fn main() {\n    let circles = vec![Circle { radius: 1.0 }];",
        "struct Circle {\n    radius: f64,\n}",
        "/// Has a size.\npub trait Measured {\n    fn size(&self) -> f64;\n    fn twice(&self) -> f64 { … }\n}",
        "pub struct Square(pub f64);",
        "impl Measured for Square {\n",
        "fn unrelated() -> u32 { … }",
        "M: Measured",
    ] {
        assert!(texts.iter().any(|text| text.contains(wanted)), "{wanted}\n{texts:#?}");
    }
    assert!(!texts.iter().any(|text| text.contains("body_of_")), "{texts:#?}");
}

#[test]
fn it_is_in_the_prompt_as_data() {
    let (_dir, context) = context_of_a_bound();
    let server = Server::new(Vec::new());
    let user = User { context, ..User::of(Provider::Anthropic, &server) };
    let shown = user.looks();
    let (_, body) = shown.split_once("\n\n").expect("head and body");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let prompt = body["messages"][0]["content"].as_str().expect("text");
    let mark = prompt.split(['<', ' ']).nth(1).expect("a mark");
    let outside: String =
        prompt.split(&format!("<{mark} ")).map(|part| part.split(&format!("</{mark}>")).last().unwrap_or("")).collect();
    assert_eq!(outside.trim(), "", "nothing stands outside of the marks");
    assert!(!prompt.contains('\u{1b}') && body["system"].as_str().is_some_and(|system| system.contains(mark)));
}
