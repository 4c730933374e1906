//! What must be refused. Nothing here is compiled unless it says so; the messages are made by hand.

use serde_json::{Value, json};

use super::*;

/// A warning about line 3 of `a.rs`, whose text is `let x = 1;`.
fn warning() -> Value {
    let line = json!({"text": "let x = 1;", "highlight_start": 5, "highlight_end": 6});
    let span = json!({
        "file_name": "a.rs", "byte_start": 9, "byte_end": 10, "line_start": 3, "line_end": 3, "column_start": 5, "column_end": 6,
        "is_primary": true, "text": [line], "label": null, "suggested_replacement": null, "suggestion_applicability": null,
        "expansion": null
    });
    json!({
        "$message_type": "diagnostic", "message": "unused variable: `x`", "code": {"code": "unused_variables", "explanation": null},
        "level": "warning", "spans": [span], "children": [],
        "rendered": "warning: unused variable: `x`\n --> a.rs:3:5\n  |\n3 | let x = 1;\n  |     ^\n\n"
    })
}

/// The line as rustc writes it: its own order of fields.
fn written(warning: &Value) -> Vec<u8> {
    let typed: diagnostic::Diagnostic = serde_json::from_value(warning.clone()).unwrap();
    [serde_json::to_vec(&typed).unwrap(), b"\n".to_vec()].concat()
}

/// Moves a message of `a.rs` by one line, into a text that has its line 3 there.
fn down(message: &[u8]) -> Result<String, Unmappable> {
    let next = |line| Some(line + 1);
    let moved = |name: &str| (name == "a.rs").then_some(Moved { new_text: "//\n//\n\nlet x = 1;\n", line: &next });
    retarget(message, &moved).map(|out| String::from_utf8(out).unwrap())
}

#[test]
fn the_plain_case_moves() {
    let moved = down(&written(&warning())).unwrap();
    for part in ["\"line_start\":4", "\"byte_start\":11,\"byte_end\":12", " --> a.rs:4:5\\n", "\\n4 | let x"] {
        assert!(moved.contains(part), "{part}: {moved}");
    }
    let artifact = b"{\"$message_type\":\"artifact\",\"artifact\":\"/t/liba.rmeta\",\"emit\":\"metadata\"}\n\n";
    assert_eq!(down(artifact).unwrap().as_bytes(), artifact);
}

#[test]
fn unknown_forms() {
    let good = String::from_utf8(written(&warning())).unwrap();
    for bad in [
        "plain text\n".to_owned(),
        "{\"$message_type\":\"unused_extern\",\"lint_level\":\"warn\",\"unused_extern_names\":[]}\n".to_owned(),
        good.replace("\"level\":", "\"new_field\":1,\"level\":"),
        good.replace("\"level\":", " \"level\":"),
        good.replace("\"$message_type\":\"diagnostic\"", "\"$message_type\":\"other\""),
    ] {
        assert_eq!(down(bad.as_bytes()), Err(Unmappable::Form), "{bad}");
    }
}

/// What becomes of the plain case after a change.
fn changed(change: impl Fn(&mut Value)) -> Result<String, Unmappable> {
    let mut warning = warning();
    change(&mut warning);
    down(&written(&warning))
}

#[test]
fn positions_in_messages() {
    for text in ["expected closure `{closure@a.rs:3:5: 3:6}`", "see b.rs:7", "a.rs:3:5", "at 10:30"] {
        assert_eq!(changed(|w| w["message"] = text.into()), Err(Unmappable::Position(text.into())));
        assert_eq!(changed(|w| w["spans"][0]["label"] = text.into()), Err(Unmappable::Position(text.into())));
    }
    for text in ["`std::fmt`: 1", "Foo::0", "<https://rust-lang.org/1>"] {
        assert!(changed(|w| w["message"] = text.into()).is_ok(), "{text}");
    }
    // A line that stays, and an unchanged file.
    let stays = |line| Some(line);
    let moved = |name: &str| (name == "a.rs").then_some(Moved { new_text: "//\n\nlet x = 1;\n", line: &stays });
    let mut same = warning();
    same["message"] = "{closure@a.rs:3:5: 3:6}".into();
    assert!(retarget(&written(&same), &moved).is_ok());
    assert!(retarget(&written(&same), &|_| None).is_ok());
    same["message"] = "{closure@a.rs:3:5: 4:6}".into();
    assert_eq!(retarget(&written(&same), &moved), Err(Unmappable::Position("{closure@a.rs:3:5: 4:6}".into())));
}

#[test]
fn shown_forms_that_are_not_understood() {
    let layout = |text: &str| matches!(changed(|w| w["rendered"] = text.into()), Err(Unmappable::Layout(_)));
    assert!(layout("a.rs:3:5: warning: unused variable: `x`\n"), "short form");
    assert!(layout("warning: x\n  ╭▸ a.rs:3:5\n  │\n3 │ let x = 1;\n"), "unicode form");
    assert!(layout("warning: x\n3 | let x = 1;\n"), "no header");
    assert!(layout("warning: x\n --> a.rs:3:5\n12 | let x = 1;\n"), "number outside its column");
    assert!(layout("warning: x\n --> a.rs:3:5\n  --> a.rs:3:5\n"), "two widths");
    assert!(layout("warning: x\n --> a.rs:3:5\n3 | \u{1b}]8;;x\n"), "links");
    assert!(
        matches!(changed(|w| w["message"] = "x\n   3 | y".into()), Err(Unmappable::Layout(_))),
        "a message that looks like source"
    );
}

#[test]
fn spans_that_prove_nothing() {
    let text = |line| Err(Unmappable::Text { file: "a.rs".into(), line });
    assert_eq!(changed(|w| w["spans"][0]["text"][0]["text"] = "let x = 2;".into()), text(3));
    assert_eq!(changed(|w| w["spans"][0]["column_end"] = 12.into()), text(3));
    assert_eq!(changed(|w| w["spans"][0]["text"] = json!([])), Err(Unmappable::NoText { file: "a.rs".into() }));
    assert_eq!(changed(|w| w["spans"][0]["line_end"] = 4.into()), Err(Unmappable::Form));
    assert_eq!(changed(|w| w["spans"][0]["line_start"] = 0.into()), Err(Unmappable::Form));
    assert_eq!(changed(|w| w["code"]["code"] = "some_lint".into()), Err(Unmappable::Lint("some_lint".into())));
    assert_eq!(changed(|w| w["code"] = Value::Null), Err(Unmappable::Lint(String::new())));
    let lost = |_| None;
    let moved = |_: &str| Some(Moved { new_text: "//\n//\n\nlet x = 1;\n", line: &lost });
    assert_eq!(retarget(&written(&warning()), &moved), Err(Unmappable::Line { file: "a.rs".into(), line: 3 }));
}

#[test]
fn real_edits() {
    let uneven = |result: Result<(), Unmappable>| assert!(matches!(result, Err(Unmappable::Uneven { .. })), "{result:?}");
    let body = "#![deny(missing_docs)]\n//! Docs.\npub(crate) fn f() {\n    return;\n    let _ = 1;\n}\n";
    uneven(one(body, &body.replace("    let", "    // c\n    let")));
    let gap = body.replace("    let", "    // c\n    let");
    assert!(matches!(one(&gap, &gap.replace("// c", "// d")), Err(Unmappable::Text { line: 5, .. })));
    assert_eq!(
        one(&format!("{}fn f() {{}}\n", "\n".repeat(8)), &format!("{}fn f() {{}}\n", "\n".repeat(9))),
        Err(Unmappable::Gutter)
    );
    assert_eq!(
        one(&format!("{}fn f() {{}}\n", "\n".repeat(99)), &format!("{}fn f() {{}}\n", "\n".repeat(98))),
        Err(Unmappable::Gutter)
    );
    // A comment that moves inside a span of several lines: both ends stay, the lines between do not.
    let long = "// t\nfn f() -> u8 {\n    let x = (1 +\n        2 +\n        // in\n        3);\n    x\n}\n";
    assert!(one(long, &long.replace("        2 +\n        // in\n", "        // in\n        2 +\n")).is_err());
    let docs = "#![warn(missing_docs)]\nfn a() {}\n\nfn b() {}\n";
    assert!(matches!(one(docs, &docs.replace("\n\n", "\n//\n\n")), Err(Unmappable::Uneven { .. } | Unmappable::Text { .. })));
    // An import at the end of the file loses no line end when it goes.
    assert!(one("fn f() {}\nuse std::io;\n", "fn f() {}\nuse std::io;\n// end").is_err());
    assert!(one("fn f() {}\nuse std::io;\n// end", "fn f() {}\nuse std::io;\n").is_err());
    // The first character of the file decides about a space behind the value.
    assert!(one("fn f() { let _x = (1); }\n", "//\nfn f() { let _x = (1); }\n").is_err());
}
