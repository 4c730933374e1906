//! Secrets in the environment, in sources, in messages and in paths: none of them leaves, and none is kept.

use std::{fs, path::Path};

use rustc_hyperopt::{
    advise::{
        context::{self, Sources},
        diagnostic::{Diagnostic, Span},
        llm,
    },
    config::Provider,
};

use super::{
    KEY, PROVIDERS, User,
    server::{Server, Turn, spoken},
};

/// Put together here, so that no scanner takes this file for a leak.
fn secrets() -> Vec<(&'static str, String)> {
    let random = "q7Rt2Yp9Kx4Mz8Wc1Vb5Nh3Jd6Lf0Gs";
    vec![
        ("AWS_ACCESS_KEY_ID", format!("AKIA{}", "QWERTYUIOP123456")),
        ("AWS_SECRET_ACCESS_KEY", format!("{random}ABCDEF12")),
        ("GITHUB_TOKEN", format!("ghp_{random}1234")),
        ("GITLAB_TOKEN", format!("glpat-{}", &random[..20])),
        ("SLACK_TOKEN", format!("xoxb-1234567890-{}", &random[..20])),
        ("OPENAI_API_KEY", format!("sk-proj-{random}")),
        ("CARGO_REGISTRY_TOKEN", format!("cio{random}")),
        ("NPM_TOKEN", format!("npm_{random}abcd")),
        ("GOOGLE_API_KEY", format!("AIza{random}abc")),
        ("STRIPE_KEY", format!("sk_live_{}", &random[..24])),
        ("DB_PASSWORD", "correct-horse-battery".into()),
        ("JWT_SECRET", format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{random}")),
        ("MY_CREDENTIALS", "login and a phrase of words".into()),
    ]
}

/// Everything below a directory, as one text.
fn kept(dir: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        all.push_str(&path.to_string_lossy());
        if path.is_dir() {
            all.push_str(&kept(&path));
        } else {
            all.push_str(&String::from_utf8_lossy(&fs::read(path).expect("readable")));
        }
    }
    all
}

#[test]
fn no_secret_leaves_and_none_is_kept() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let home = dir.path().canonicalize().expect("canonical").join("jane.canary");
    let project = home.join("project");
    fs::create_dir_all(project.join("src")).expect("created");
    let secrets = secrets();
    // As literals, in comments, and without anything around them that tells.
    let literals: String =
        secrets.iter().map(|(name, value)| format!("    let x = (\"{name}\", \"{value}\"); // {value}\n")).collect();
    let pem = "-----BEGIN PRIVATE KEY-----\\nc2hvcnQga2V5IGNhbmFyeQ==\\n-----END PRIVATE KEY-----";
    let source = format!(
        "const PEM: &str = \"{pem}\";\nconst UNKNOWN: &str = \"Zx81Qw92Er73Ty64Ui55\";\nfn main() {{\n{literals}    \
         let url = \"https://bob:s3cr3t-in-url@example.com/\";\n    let password = \"tiny-pw\";\n    use_it(PEM, UNKNOWN);\n}}\n"
    );
    fs::write(project.join("src/main.rs"), source).expect("written");
    let rendered: String = secrets.iter().map(|(name, value)| format!("note: {name}={value} read `{value}`\n")).collect();
    let file = project.join("src/main.rs");
    let diagnostic = Diagnostic {
        message: "cannot find function `use_it`, with `PEM` and `UNKNOWN`".into(),
        level: "error".into(),
        spans: vec![Span { file_name: file.display().to_string(), line_start: 5, is_primary: true, ..Span::default() }],
        rendered: Some(format!("error: x\n --> {}:5:1\n{rendered}", file.display())),
        ..Diagnostic::default()
    };
    let context = context::gather(&[diagnostic], &Sources { root: project.clone(), members: vec![project] }, llm::CONTEXT_BYTES);
    assert!(context.pieces.len() >= 3, "the sources with the canaries are in it: {context:#?}");
    let more = ["c2hvcnQga2V5IGNhbmFyeQ", "Zx81Qw92Er73Ty64Ui55", "s3cr3t-in-url", "tiny-pw", "jane.canary"];
    for provider in PROVIDERS {
        let server = Server::new(vec![Turn::events(spoken(provider, "An explanation."))]);
        let mut user = User::of(provider, &server);
        user.vars.retain(|(name, _)| !secrets.iter().any(|(other, _)| other == name));
        user.vars.extend(secrets.iter().map(|(name, value)| (name.to_string(), value.clone())));
        user.vars.extend([("HOME".into(), home.display().to_string()), ("USER".into(), "jane.canary".into())]);
        user.context = context.clone();
        let shown = user.looks();
        let (result, told) = user.asks();
        let answer = result.expect("answered");
        let request = server.recorded().remove(0);
        let key = if provider == Provider::OpenAi { &secrets[5].1 } else { KEY };
        let header = format!(" {key}\r\n");
        let sent = String::from_utf8_lossy(&request.all).replacen(&header, "", 1);
        let body = String::from_utf8_lossy(&request.body);
        assert!(body.contains("[redacted]") && body.contains("use_it"), "there is something to see");
        let kept = kept(user.store());
        assert!(kept.contains("An explanation."));
        let canaries = secrets.iter().map(|(_, value)| value.as_str()).chain(more).chain([KEY]);
        for canary in canaries {
            for (place, text) in
                [("sent", &*sent), ("shown", &shown), ("kept", &kept), ("told", &told), ("answer", &format!("{answer:?}"))]
            {
                assert!(!text.contains(canary), "{canary} is {place} ({provider:?}):\n{text}");
            }
        }
    }
}
