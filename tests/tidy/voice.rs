//! How the program speaks: plainly, without exclamation marks, errors in lower case, and colours from one palette.

use crate::source::{Source, Token, assert_bites, assert_clean, tree};

/// They tell the reader how to feel, or nothing.
const IDLE: [&str; 9] = ["simply", "easily", "please", "sorry", "oops", "awesome", "blazing", "obviously", "unfortunately"];
/// The only place that knows colours.
const PALETTE: &str = "src/ui/theme.rs";

fn is_text(token: &Token) -> bool {
    token.text.starts_with('"') || token.text.starts_with("r\"") || token.text.starts_with("r#")
}

fn idle_word(text: &str) -> Option<&'static str> {
    let words = text.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    words.filter_map(|word| IDLE.into_iter().find(|idle| *idle == word)).next()
}

/// A word with an exclamation mark behind it that ends a sentence of several words. Macros are named in backticks.
fn shouts(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '#']);
    if !text.trim().contains(' ') {
        return false;
    }
    let marks = text.char_indices().filter(|(_, c)| *c == '!');
    marks.into_iter().any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        before.ends_with(char::is_alphabetic)
            && (after.is_empty() || after.starts_with(' '))
            && before.matches('`').count() % 2 == 0
    })
}

fn voice(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|f| f.is_src()) {
        let code = file.code().production;
        let mut complain = |line: usize, what: String| complaints.push(format!("{}:{line}: {what}", file.path));
        for (at, token) in code.iter().enumerate() {
            let text = &token.text;
            if text == "anstyle" && file.path != PALETTE {
                complain(token.line, format!("colours outside {PALETTE}"));
            }
            // Documentation is text as well, in front of which stands `doc =`.
            let documents = at >= 2 && code[at - 1].text == "=" && code[at - 2].text == "doc";
            if !is_text(token) || documents {
                continue;
            }
            if let Some(word) = idle_word(text) {
                complain(token.line, format!("says `{word}`"));
            }
            if shouts(text) {
                complain(token.line, "raises its voice (`!`)".into());
            }
            if (text.contains("\\x1b[") || text.contains("\\u{1b}[")) && file.layer() != Some("ui") {
                complain(token.line, "an escape sequence outside ui".into());
            }
            let is_error = at >= 2 && code[at - 1].text == "(" && code[at - 2].text == "error";
            if is_error && text[1..].starts_with(char::is_uppercase) {
                complain(token.line, "an error that begins with a capital letter".into());
            }
        }
    }
    for file in files.iter().filter(|f| f.path.ends_with(".md")) {
        let lines = file.text.lines().enumerate();
        let idle = lines.filter_map(|(n, line)| Some((n + 1, idle_word(line)?)));
        complaints.extend(idle.map(|(n, word)| format!("{}:{n}: says `{word}`", file.path)));
    }
    complaints
}

#[test]
fn it_speaks_plainly() {
    assert_clean(&voice(&tree()));
}

#[test]
fn other_voices_are_heard() {
    let text = "fn f() {\n    say(\"Simply run it\");\n    say(\"All done!\");\n    say(\"`println!` and a != b, Unjust\");\n    say(\"\\x1b[31mred\");\n\
                    anstyle::Style::new();\n}\n#[derive(Error)]\nenum E {\n    #[error(\"Not found\")]\n    A,\n    #[error(\"`X` is not found\")]\n    B,\n}\n\
                /// Simply a comment!\nfn g() {}\n";
    let found = voice(&[Source::new("src/cli/a.rs", text), Source::new("README.md", "x\nIt is blazing fast\n")]);
    let expected = [
        "src/cli/a.rs:2: says `simply`",
        "src/cli/a.rs:3: raises its voice (`!`)",
        "src/cli/a.rs:5: an escape sequence outside ui",
        "src/cli/a.rs:6: colours outside src/ui/theme.rs",
        "src/cli/a.rs:10: an error that begins with a capital letter",
        "README.md:2: says `blazing`",
    ];
    assert_bites(&found, &expected);
}
