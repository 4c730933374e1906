//! Canaries of many kinds. They are put together here so that no scanner takes this file for a leak.

use super::*;

fn redactor(vars: &[(&str, &str)]) -> Redactor {
    Redactor::new(&vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect())
}

fn canaries() -> Vec<(&'static str, String, String)> {
    let long = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY";
    let whole = |name, secret: String| (name, format!("let x = f({secret});"), secret);
    let within = |name, around: &str, secret: String| (name, around.replace("{}", &secret), secret);
    vec![
        whole("AWS", format!("AKIA{}", "IOSFODNN7ABCDEFG")),
        whole("GitHub", format!("ghp_{long}abcd")),
        whole("GitHub, fine-grained", format!("github_pat_{long}_{long}")),
        whole("GitLab", format!("glpat-{}", &long[..20])),
        whole("Slack", format!("xoxb-{}-{}", "123456789012", &long[..16])),
        whole("OpenAI", format!("sk-proj-{long}")),
        whole("Anthropic", format!("sk-ant-api03-{long}-{long}")),
        whole("Stripe", format!("sk_live_{}", &long[..24])),
        whole("Google", format!("AIza{}", "SyA1234567890abcdefghijklmnopqrstuv")),
        whole("JWT", format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0.{}", &long[..20])),
        whole("npm", format!("npm_{long}abcd")),
        whole("crates.io", format!("cio{long}")),
        whole("base64", format!("{long}{long}")),
        within("random literal", "const X: &str = \"{}\";", long.to_owned()),
        within("hex literal", "const X: &str = \"{}\";", "3f786850e387550fdab836ed7e6dc881de23001b".to_owned()),
        within("PEM", "A\n-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\nB", "c2hvcnQ=".to_owned()),
        within("PEM, cut off", "  3 | -----BEGIN PRIVATE KEY-----\n  4 | {}\n", "c2hvcnQ=".to_owned()),
        within("address", "let db = connect(\"postgres://admin:{}@db.internal:5432/app\");", "hunter2".to_owned()),
        within("address with a token", "git = \"https://{}@git.example/x\"", "oauth2tok".to_owned()),
        within("password", "let password = \"{}\";", "hunter2".to_owned()),
        within("typed constant", "const API_KEY: &'static str = \"{}\";", "hunter2".to_owned()),
        within("String", "    db_passwd: String::from(\"{}\"),", "hunter2".to_owned()),
        within("argument", "builder.password(\"{}\")", "hunter2".to_owned()),
        within("pair", "headers.insert(\"x-api-key\", \"{}\")", "hunter2".to_owned()),
        within("TOML", "token = '{}'", "hunter2".to_owned()),
        within(".env line in a message", "error: unexpected token: DB_PASSWORD={}", "hunter2hunter2".to_owned()),
        within("header", "Authorization: Basic {}", "dXNlcjpodW50ZXIy".to_owned()),
        within("bearer", "\"Bearer {}\"", "0123456789abcdef-xyz".to_owned()),
    ]
}

#[test]
fn every_pattern_can_be_made() {
    assert_eq!(SECRETS.as_ref().map(Vec::len), Some(forms::FORMS.len() + forms::LITERALS.len()));
    let count = |env: &[(&str, &str)]| redactor(env).people.map(|patterns| patterns.len());
    assert_eq!((count(&[]), count(&[("HOME", "/home/you"), ("USER", "jane(")])), (Some(1), Some(4)));
    let broken = Redactor { values: Vec::new(), people: None };
    assert_eq!(broken.redact("anything"), REDACTED);
}

#[test]
fn canaries_of_all_kinds_are_taken_out() {
    let redactor = redactor(&[]);
    for (name, text, secret) in canaries() {
        let redacted = redactor.redact(&text);
        assert!(!redacted.contains(&secret) && redacted.contains(REDACTED), "{name}: {redacted}");
    }
    let pem = &canaries()[15].1;
    assert_eq!(redactor.redact(pem), format!("A\n{REDACTED}\nB"));
}

#[test]
fn values_of_the_environment_are_taken_out_in_every_shape() {
    let redactor = redactor(&[
        ("MY_API_TOKEN", "correct horse"),
        ("SIGNING_KEY", "-- first line of it\nsecond line of that key\n"),
        ("DB_PASSWORD", "with \"quotes\" in it"),
        ("SHORT_TOKEN", "true"),
        ("PATH", "/usr/bin/and/more"),
    ]);
    let text =
        "let a = \"correct horse\"; // true\n  7 | second line of that key\nb = \"with \\\"quotes\\\" in it\"; /usr/bin/and/more";
    let redacted = redactor.redact(text);
    assert_eq!(redacted, format!("let a = \"{REDACTED}\"; // true\n  7 | {REDACTED}\nb = \"{REDACTED}\"; /usr/bin/and/more"));
}

#[test]
fn nobody_is_named() {
    let redactor = redactor(&[("HOME", "/home/you"), ("USER", "jane.doe")]);
    let cases = [
        ("--> /home/you/p/src/lib.rs:1:1", "--> ~/p/src/lib.rs:1:1"),
        (concat!("/ho", "me/yours"), "~"),
        ("in `/home/b/.cargo/registry/x`", "in `~/.cargo/registry/x`"),
        ("/mnt/data/jane.doe/p/src", "/mnt/data/user/p/src"),
        ("--> src/jane.doe/mod.rs", "--> src/jane.doe/mod.rs"),
        ("(/jane.doe)", "(/user)"),
    ];
    for (text, expected) in cases {
        assert_eq!(redactor.redact(text), expected);
    }
}

#[test]
fn code_stays_as_it_is() {
    let code = "\
fn parse(token: &Token, key: Key) -> Result<Secret, Error> {\n    let secret = compute(token)?;\n    let n: usize = \"12\";\n    \
if tokens.next() == Some(Token::Ident) { return Err(Error::expected(\"identifier or literal\")); }\n    \
println!(\"{secret:?} at https://docs.rs/syn/2.0.1/syn/index.html\");\n    let t = \"x86_64-unknown-linux-gnu\";\n    map.insert(key, value);\n}\n\
error[E0308]: mismatched types\n --> src/lib.rs:10:5\n  = note: expected reference `&'a std::collections::HashMap<String, Vec<u8>>`\n";
    assert_eq!(redactor(&[("HOME", "/home/you")]).redact(code), code);
}
