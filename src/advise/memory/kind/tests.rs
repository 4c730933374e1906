//! What is taken for one kind of error, and what is not: pairs of messages as rustc words them.

use super::*;
use crate::advise::diagnostic::{Code, Span};

fn error(text: &str) -> Diagnostic {
    let (code, rest) = text.split_once(": ").expect("a code");
    let (message, label) = rest.split_once(" | ").unwrap_or((rest, ""));
    let code = code.starts_with('E').then(|| Code { code: code.into(), explanation: None });
    let span = Span { is_primary: true, label: Some(label.into()), ..Span::default() };
    Diagnostic { message: message.into(), code, level: "error".into(), spans: vec![span], ..Diagnostic::default() }
}

/// The same mistake with other names.
const ALIKE: [(&str, &str); 26] = [
    (
        "E0382: borrow of moved value: `name` | value borrowed here after move",
        "E0382: borrow of moved value: `rows` | value borrowed here after move",
    ),
    (
        "E0382: use of moved value: `a` | value used here after move",
        "E0382: use of moved value: `other_thing` | value used here after move",
    ),
    (
        "E0499: cannot borrow `v` as mutable more than once at a time",
        "E0499: cannot borrow `list` as mutable more than once at a time",
    ),
    (
        "E0502: cannot borrow `v` as mutable because it is also borrowed as immutable",
        "E0502: cannot borrow `queue` as mutable because it is also borrowed as immutable",
    ),
    ("E0505: cannot move out of `x` because it is borrowed", "E0505: cannot move out of `y` because it is borrowed"),
    (
        "E0596: cannot borrow `s` as mutable, as it is not declared as mutable",
        "E0596: cannot borrow `text` as mutable, as it is not declared as mutable",
    ),
    ("E0597: `x` does not live long enough", "E0597: `buffer` does not live long enough"),
    (
        "E0277: `User` doesn't implement `Debug` | `User` cannot be formatted using `{:?}`",
        "E0277: `Row` doesn't implement `Debug` | `Row` cannot be formatted using `{:?}`",
    ),
    ("E0277: the trait bound `User: Clone` is not satisfied", "E0277: the trait bound `app::Row: Clone` is not satisfied"),
    ("E0277: `Rc<Mine>` cannot be sent between threads safely", "E0277: `Rc<Yours>` cannot be sent between threads safely"),
    (
        "E0308: mismatched types | expected `Option<User>`, found `User`",
        "E0308: mismatched types | expected `Option<Row>`, found `Row`",
    ),
    (
        "E0308: mismatched types | expected `[u8; 4]`, found `[u8; 5]`",
        "E0308: mismatched types | expected `[u8; 16]`, found `[u8; 3]`",
    ),
    (
        "E0369: binary operation `==` cannot be applied to type `User`",
        "E0369: binary operation `==` cannot be applied to type `Row`",
    ),
    (
        "E0599: no method named `clone` found for struct `User` in the current scope",
        "E0599: no method named `clone` found for struct `a::Row` in the current scope",
    ),
    (
        "E0061: this function takes 1 argument but 2 arguments were supplied",
        "E0061: this function takes 2 arguments but 1 argument was supplied",
    ),
    ("E0063: missing field `a` in initializer of `User`", "E0063: missing fields `x` and `y` in initializer of `Row`"),
    ("E0063: missing fields `a`, `b` and `c` in initializer of `User`", "E0063: missing field `q` in initializer of `Row`"),
    (
        "E0004: non-exhaustive patterns: `Color::Blue` not covered",
        "E0004: non-exhaustive patterns: `Shape::Dot` and `Shape::Line` not covered",
    ),
    (
        "E0106: missing lifetime specifier | expected named lifetime parameter",
        "E0106: missing lifetime specifiers | expected named lifetime parameters",
    ),
    ("E0261: use of undeclared lifetime name `'a`", "E0261: use of undeclared lifetime name `'b`"),
    (
        "E0373: closure may outlive the current function, but it borrows `x`, which is owned by the current function",
        "E0373: closure may outlive the current function, but it borrows `rows`, which is owned by the current function",
    ),
    ("E0277: `{closure@src/main.rs:4:13: 4:15}` is not a future", "E0277: `{closure@src/other.rs:9:1: 9:5}` is not a future"),
    ("E0046: not all trait items implemented, missing: `fmt`", "E0046: not all trait items implemented, missing: `fmt`"),
    ("x: couldn't read `src/a.txt`: No such file or directory", "x: couldn't read `/w/data/b.bin`: No such file or directory"),
    (
        "E0507: cannot move out of `self.name` which is behind a shared reference",
        "E0507: cannot move out of `self.title` which is behind a shared reference",
    ),
    ("E0616: field `secret` of struct `User` is private", "E0616: field `inner` of struct `Row` is private"),
];

/// Another mistake, or one that another mend helps with.
const OTHER: [(&str, &str); 14] = [
    ("E0382: borrow of moved value: `a`", "E0382: use of moved value: `a`"),
    ("E0382: use of moved value: `a`", "E0505: use of moved value: `a`"),
    ("E0308: mismatched types | expected `String`, found `&str`", "E0308: mismatched types | expected `&str`, found `String`"),
    (
        "E0308: mismatched types | expected `Option<User>`, found `User`",
        "E0308: mismatched types | expected `Option<User>`, found `Row`",
    ),
    ("E0308: mismatched types | expected `u32`, found `usize`", "E0308: mismatched types | expected `u32`, found `i32`"),
    ("E0308: mismatched types | expected `&User`, found `User`", "E0308: mismatched types | expected `User`, found `&User`"),
    ("E0277: `User` doesn't implement `Debug`", "E0277: `User` doesn't implement `Display`"),
    ("E0277: the trait bound `User: Clone` is not satisfied", "E0277: the trait bound `User: Copy` is not satisfied"),
    ("E0425: cannot find function `load` in this scope", "E0425: cannot find function `store` in this scope"),
    ("E0412: cannot find type `HashMap` in this scope", "E0412: cannot find type `Rows` in this scope"),
    ("E0433: failed to resolve: use of undeclared type `Rc`", "E0433: failed to resolve: use of undeclared type `Arc`"),
    ("E0599: no method named `clone` found for struct `User`", "E0599: no method named `hash` found for struct `User`"),
    (
        "E0369: binary operation `==` cannot be applied to type `User`",
        "E0369: binary operation `<` cannot be applied to type `User`",
    ),
    (
        "E0597: `x` does not live long enough | borrowed value",
        "E0597: `x` does not live long enough | argument requires that `x` is borrowed for `'static`",
    ),
];

#[test]
fn the_same_kind_whatever_things_are_called_and_no_other() {
    for (a, b) in ALIKE {
        assert_eq!(
            of(&error(a)).alike,
            of(&error(b)).alike,
            "{}\n{}",
            nameless(&text(&error(a)), false),
            nameless(&text(&error(b)), false)
        );
    }
    for (a, b) in OTHER {
        assert_ne!(of(&error(a)).alike, of(&error(b)).alike, "{a}\n{b}");
        assert_ne!(of(&error(a)).exact, of(&error(b)).exact, "{a}\n{b}");
    }
}

#[test]
fn the_strict_form_keeps_names_and_forgets_only_places() {
    let exact = |text: &str| of(&error(text)).exact;
    for (a, b) in ALIKE.iter().filter(|(a, b)| a != b && !a.contains("closure@") && !a.contains(".txt")) {
        assert_ne!(exact(a), exact(b), "{a}");
    }
    assert_eq!(exact("E0277: `{closure@src/a.rs:1:2: 3:4}` x"), exact("E0277: `{closure@src/a.rs:7:2: 9:4}` x"));
    assert_eq!(exact("x: couldn't read `/a/b.txt`"), exact("x: couldn't read `/c/d.txt`"));
}

#[test]
fn placeholders_are_the_same_for_the_same_name() {
    let of = |text| nameless(text, false);
    assert_eq!(of("expected `Foo<Bar>`, found `Bar`"), "expected `#1<#2>`, found `#2`");
    assert_eq!(of("`&'a str` and `&'static my::Own` with \"it\" `\"text\"`"), "`&'#1 str` and `&'static #2` with \"it\" `\"\"`");
    assert_eq!(nameless("cannot find `load` in `here`", true), "cannot find `load` in `#1`");
}
