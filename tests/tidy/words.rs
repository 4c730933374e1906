//! Words that have no place in the code: ways to die or to print in production, ways to be lucky in tests.

use crate::source::{Source, Token, assert_bites, assert_clean, tree};

const PRINTING: [&str; 4] = ["println", "eprintln", "print", "eprint"];
const DYING: [&str; 4] = ["dbg", "todo", "unimplemented", "panic"];
/// On the line of a sleep that polls for something and gives up at a deadline.
const BOUNDED: &str = "// bounded wait:";

fn production(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|f| f.is_src()) {
        let may_print = file.layer() == Some("ui");
        let code = file.code().production;
        for window in code.windows(3) {
            let [first, second, third] = [0, 1, 2].map(|n| window[n].text.as_str());
            let is_macro = second == "!" && matches!(third, "(" | "[" | "{");
            let what = match first {
                _ if is_macro && DYING.contains(&first) => format!("{first}! in production code"),
                _ if is_macro && PRINTING.contains(&first) && !may_print => format!("{first}! outside ui"),
                "." if matches!(second, "unwrap" | "expect") && third == "(" => format!(".{second}() in production code"),
                _ => continue,
            };
            complaints.push(format!("{}:{}: {what}", file.path, window[1].line));
        }
    }
    complaints
}

fn tests(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|f| f.path.ends_with(".rs") && !f.path.starts_with("third_party/")) {
        let code = file.code();
        let lines: Vec<&str> = file.text.lines().collect();
        let is_bounded = |token: &Token| lines.get(token.line - 1).is_some_and(|l| l.contains(BOUNDED));
        for window in code.tests.windows(2) {
            let [first, second] = [0, 1].map(|n| window[n].text.as_str());
            if first == "[" && second == "ignore" {
                complaints.push(format!("{}:{}: an ignored test", file.path, window[0].line));
            } else if matches!(first, "sleep" | "sleep_ms" | "sleep_until") && second == "(" && !is_bounded(&window[0]) {
                complaints.push(format!(
                    "{}:{}: a test that sleeps (wait for something, with a `{BOUNDED}`)",
                    file.path, window[0].line
                ));
            }
        }
    }
    complaints
}

#[test]
fn production_code_neither_dies_nor_prints() {
    assert_clean(&production(&tree()));
}

#[test]
fn tests_neither_sleep_nor_are_left_out() {
    assert_clean(&tests(&tree()));
}

#[test]
fn dying_and_printing_are_found() {
    let text = "fn f() {\n    println!();\n    a.unwrap();\n    b\n        .expect(\"c\");\n    panic!(\"d\");\n    dbg!(e);\n}\n\
                // panic!()\nfn g() { a.unwrap_or(0); expect(b); \"todo!()\"; std::panic::catch_unwind(h); }\n\
                #[cfg(test)]\nmod tests { fn h() { a.unwrap(); panic!() } }\n";
    let prints = "fn f() { println!(); todo!() }\n";
    let files = [Source::new("src/base/a.rs", text), Source::new("src/ui/b.rs", prints), Source::new("tests/c.rs", text)];
    assert_bites(
        &production(&files),
        &[
            "src/base/a.rs:2: println! outside ui",
            "src/base/a.rs:3: .unwrap() in production code",
            "src/base/a.rs:5: .expect() in production code",
            "src/base/a.rs:6: panic! in production code",
            "src/base/a.rs:7: dbg! in production code",
            "src/ui/b.rs:1: todo! in production code",
        ],
    );
}

#[test]
fn sleeping_and_ignored_tests_are_found() {
    let text =
        "#[test]\n#[ignore]\nfn a() {\n    std::thread::sleep(d);\n    tokio::time::sleep(d).await; // bounded wait: for b\n}\n";
    let unit = "fn a() { std::thread::sleep(d) }\n#[cfg(test)]\nmod tests { fn b() { sleep(d) } }\n";
    let files = [Source::new("tests/a.rs", text), Source::new("src/base/b.rs", unit)];
    assert_bites(
        &tests(&files),
        &[
            "tests/a.rs:2: an ignored test",
            "tests/a.rs:4: a test that sleeps (wait for something, with a `// bounded wait:`)",
            "src/base/b.rs:3: a test that sleeps (wait for something, with a `// bounded wait:`)",
        ],
    );
}
