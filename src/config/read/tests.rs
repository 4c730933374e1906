//! Paths and numbers as they are written.

use super::*;
use crate::config::raw;

fn spec(name: &str) -> &'static Spec {
    let (section, key) = name.split_once('.').expect("a section");
    raw::find(section, key).expect("a known key")
}

fn text(name: &str, value: &str) -> Result<Value, String> {
    let join = |all: Vec<Problem>| all.into_iter().map(|p| p.message).collect::<Vec<_>>().join("; ");
    from_text(spec(name), value, Some(Path::new("/home/you"))).map_err(join)
}

fn toml(name: &str, value: &str) -> Result<Value, Problem> {
    let value = DeValue::parse(value).expect("a TOML value");
    from_toml(spec(name), value.get_ref(), None).map_err(|mut all| all.remove(0))
}

#[test]
fn text_of_every_type() {
    assert_eq!(text("llm.auto_fix", " On "), Ok(Value::Switch(true)));
    assert_eq!(text("llm.auto_fix", "0"), Ok(Value::Switch(false)));
    assert_eq!(text("cache.retention_days", "7"), Ok(Value::Count(7)));
    assert_eq!(text("cache.max_size_gb", "0.5"), Ok(Value::Number(0.5)));
    assert_eq!(text("performance.memory_limit_gb", "8"), Ok(Value::Number(8.0)));
    assert_eq!(text("cache.path", "~/c"), Ok(Value::Path("/home/you/c".into())));
    assert_eq!(text("llm.model", "m"), Ok(Value::Text("m".into())));
    assert_eq!(text("llm.provider", "local"), Ok(Value::Text("local".into())));
    let list = |items: &[&str]| Ok(Value::List(items.iter().map(|s| s.to_string()).collect()));
    assert_eq!(text("cache.exclude", "a, b-c,,a"), list(&["a", "b-c"]));
    assert_eq!(text("cache.extra_inputs", "./a/./b,c/"), list(&["a/b", "c"]));
}

#[test]
fn text_that_does_not_fit() {
    for (name, value, message) in [
        ("llm.auto_fix", "maybe", "`llm.auto_fix` must be true or false, found the text `maybe`"),
        ("cache.retention_days", "1.5", "`cache.retention_days` must be a whole number, found the text `1.5`"),
        ("cache.retention_days", "0", "`cache.retention_days` must be between 1 and 36500, found `0`"),
        ("cache.retention_days", "-3", "`cache.retention_days` must be between 1 and 36500, found `-3`"),
        ("cache.max_size_gb", "big", "`cache.max_size_gb` must be a number, found the text `big`"),
        ("ai.confidence_threshold", "1.01", "`ai.confidence_threshold` must be between 0 and 1, found `1.01`"),
        ("ai.confidence_threshold", "nan", "`ai.confidence_threshold` must be between 0 and 1, found `NaN`"),
        ("cache.max_size_gb", "inf", "`cache.max_size_gb` must be between 0.001 and 1000000, found `inf`"),
        ("llm.provider", "OpenAI", "`llm.provider` must be `anthropic` or `openai` or `local`, found `OpenAI`"),
        ("cache.path", "a/b", "`cache.path` must be an absolute path or begin with `~/`, found `a/b`"),
        ("cache.path", "~root/x", "`cache.path` must be an absolute path or begin with `~/`, found `~root/x`"),
        ("cache.path", "~", "`cache.path` must be a directory of its own, found `~`"),
        ("cache.path", "/", "`cache.path` must be a directory of its own, found `/`"),
        ("cache.exclude", "a b", "`cache.exclude` must hold names of crates, found `a b`"),
        ("cache.key_env", "A=B", "`cache.key_env` must hold names of environment variables, found `A=B`"),
        ("cache.key_env", "MY_TOKEN", "`MY_TOKEN` looks like a secret and cannot be part of a key"),
    ] {
        assert_eq!(text(name, value), Err(message.into()), "{name}");
    }
}

#[test]
fn extra_inputs_stay_inside() {
    for bad in ["/etc/passwd", "..", "a/../../b", "a/..", ".", "./"] {
        let shown = text("cache.extra_inputs", bad).expect_err(bad);
        assert!(shown.contains("must hold paths inside the workspace"), "{bad}: {shown}");
    }
    assert!(toml("cache.extra_inputs", "['']").is_err());
    assert!(toml("cache.extra_inputs", r#"["a\u0000b"]"#).is_err());
    assert_eq!(toml("cache.extra_inputs", "['$HOME/~']"), Ok(Value::List(vec!["$HOME/~".into()])));
}

#[test]
fn toml_types() {
    assert_eq!(toml("cache.max_size_gb", "20"), Ok(Value::Number(20.0)));
    assert_eq!(toml("cache.max_size_gb", "1_000.5"), Ok(Value::Number(1000.5)));
    assert_eq!(toml("cache.retention_days", "0x10"), Ok(Value::Count(16)));
    for (name, value, message, hint) in [
        ("cache.max_size_gb", "'20'", "must be a number, found the text `20`", Some("leave the quotes out")),
        ("cache.retention_days", "30.0", "must be a whole number, found the number `30.0`", None),
        ("cache.retention_days", "99999999999999999999", "must be a whole number, found a number that is too large", None),
        ("llm.auto_fix", "'true'", "must be true or false, found the text `true`", Some("leave the quotes out")),
        ("llm.model", "5", "must be a string, found the number `5`", Some("put it in quotes")),
        ("cache.key_salt", "2020-01-01", "must be a string, found a date", None),
        ("cache.exclude", "'a'", "must be a list of strings, found the text `a`", Some("put it in brackets: `[\"…\"]`")),
        ("cache.exclude", "[['a']]", "must be a list of strings, found a list", None),
        ("cache.path", "{ a = 1 }", "must be a string, found a section", None),
        ("cache.path", "'~/x'", "cannot begin with `~` while HOME is not set, found `~/x`", None),
    ] {
        let problem = toml(name, value).expect_err(value);
        assert_eq!((problem.message, problem.hint.as_deref()), (format!("`{name}` {message}"), hint));
    }
}
