//! `stats`: what it says is what its schema says, and it outlives the daemon.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::support::{Sandbox, case::APP};

/// Every complaint of a schema about a value. Only words that the schema uses are known; with `strict`, properties that are
/// not listed are complaints, too.
fn complaints(schema: &Value, value: &Value, whole: &Value, strict: bool, at: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else { panic!("no schema at {at}") };
    let mut said = Vec::new();
    for (rule, what) in rules {
        match rule.as_str() {
            "$schema" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let to = what.as_str().and_then(|r| r.strip_prefix('#')).and_then(|r| whole.pointer(r)).expect("leads somewhere");
                said.extend(complaints(to, value, whole, strict, at));
            }
            "type" => {
                let is = |name: &Value| match name.as_str().expect("a name") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("unknown type {other}"),
                };
                let fits = what.as_array().map_or_else(|| is(what), |all| all.iter().any(is));
                said.extend((!fits).then(|| format!("{at} is no {what}")));
            }
            "minimum" => {
                said.extend(value.as_i64().filter(|n| *n < what.as_i64().expect("a number")).map(|n| format!("{at}: {n}")))
            }
            "enum" => said.extend((!what.as_array().expect("a list").contains(value)).then(|| format!("{at}: {value}"))),
            "required" => {
                let names = what.as_array().expect("a list").iter().filter_map(Value::as_str);
                said.extend(names.filter(|n| value.get(n).is_none()).map(|n| format!("{at}/{n} is missing")));
            }
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    match what.get(name) {
                        Some(rule) => said.extend(complaints(rule, inner, whole, strict, &format!("{at}/{name}"))),
                        None => said.extend(strict.then(|| format!("{at}/{name} is not in the schema"))),
                    }
                }
            }
            "additionalProperties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    said.extend(complaints(what, inner, whole, strict, &format!("{at}/{name}")));
                }
            }
            "items" => {
                for (n, inner) in value.as_array().into_iter().flatten().enumerate() {
                    said.extend(complaints(what, inner, whole, strict, &format!("{at}/{n}")));
                }
            }
            other => panic!("the schema has a rule that is not known here: {other}"),
        }
    }
    said
}

fn file(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/cli/stats").join(name);
    serde_json::from_slice(&fs::read(path).expect("readable")).expect("JSON")
}

#[track_caller]
fn assert_conforms(value: &Value, strict: bool) {
    let schema = file("schema.json");
    assert_eq!(complaints(&schema, value, &schema, strict, ""), Vec::<String>::new(), "{value:#}");
}

#[test]
fn output_conforms_to_the_schema_and_survives_a_restart() {
    let sandbox = Sandbox::new();
    let app = sandbox.project("app", [("Cargo.toml", APP), ("src/main.rs", "fn main() {}\n"), ("src/lib.rs", "pub fn f() {}\n")]);
    sandbox.ours(&app, &["build"]).success();
    let copy = sandbox.copy(&app, "copy");
    sandbox.ours(&copy, &["build"]).success();
    sandbox.ours(&copy, &["rustc", "--lib", "--", "--emit", "asm"]).success();
    let ask = || sandbox.ours(&app, &["stats", "--json", "--detailed"]).success().json();
    let before = ask();
    assert_conforms(&before, true);
    assert_conforms(&sandbox.ours(&app, &["stats", "--json"]).success().json(), true);
    let kinds = &before["kinds"]["exact"];
    assert_eq!((kinds["count"].as_u64(), &kinds["bytes"]), (Some(2), &before["totals"]["restored_bytes"]), "{before:#}");
    assert!(kinds["bytes"].as_u64() > Some(0), "{before:#}");
    assert_eq!(kinds["saved_ms"], before["totals"]["saved_ms"]);
    assert_eq!(before["reasons"]["first-seen"]["count"], 2, "{before:#}");
    let row = &before["crates"][0];
    assert_eq!((row["name"].as_str(), row["by_kind"]["exact"]["count"].as_u64()), (Some("app"), Some(2)), "{row:#}");
    assert!(row["by_bypass"]["emit"].as_u64() > Some(0), "{row:#}");
    let daemon = &before["daemon"];
    assert_eq!((daemon["version"].as_str(), daemon["breaker_open"].as_bool()), (Some(env!("CARGO_PKG_VERSION")), Some(false)));

    sandbox.ours(&app, &["cache", "stop"]).success();
    let after = ask();
    assert_conforms(&after, true);
    assert_ne!(after["daemon"]["pid"], daemon["pid"], "another process");
    for key in ["totals", "since", "states", "kinds", "reasons", "predictions", "crates", "events"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    let text = sandbox.ours(&app, &["stats", "--detailed"]).success().stdout();
    assert_eq!(text.lines().find(|l| l.chars().count() > 80), None, "{text}");
}

#[test]
fn an_old_document_conforms_and_a_wrong_one_does_not() {
    assert_conforms(&file("first.json"), false);
    let schema = file("schema.json");
    let mut wrong = file("first.json");
    wrong["totals"]["saved_ms"] = "long".into();
    wrong["cache"].as_object_mut().expect("an object").remove("blobs");
    wrong["events"][0]["outcome"] = "lost".into();
    let said = complaints(&schema, &wrong, &schema, true, "");
    let expected = ["/added_later is not", "/totals/saved_ms is no", "/cache/blobs is missing", "/events/0/outcome"];
    for what in expected {
        assert!(said.iter().any(|s| s.starts_with(what)), "{what}: {said:?}");
    }
    assert_eq!(said.len(), expected.len(), "{said:?}");
}
