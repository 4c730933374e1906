//! A workspace of two packages; messages as rustc gives them, made by hand.

use std::fs;

use super::*;
use crate::advise::diagnostic::Code;

/// A name that is suspicious inside of a package only.
const ROOT: &str = "target/work";

struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        for (name, text) in files {
            let path = dir.path().join(ROOT).join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            fs::write(path, text).expect("written");
        }
        Self(dir)
    }

    fn root(&self) -> PathBuf {
        self.0.path().join(ROOT)
    }

    fn gather(&self, diagnostics: &[Diagnostic], budget: usize) -> Context {
        let members = ["app", "lib"].map(|name| self.root().join(name)).to_vec();
        gather(diagnostics, &Sources { root: self.root(), members }, budget)
    }
}

fn error(message: &str, file: &str, line: usize) -> Diagnostic {
    let span = Span { file_name: file.into(), line_start: line, line_end: line, is_primary: true, ..Span::default() };
    let rendered = format!("\u{1b}[1merror[E0277]\u{1b}[0m: {message}\n --> {file}:{line}:1\n");
    let code = Some(Code { code: "E0277".into(), explanation: None });
    Diagnostic {
        message: message.into(),
        level: "error".into(),
        code,
        spans: vec![span],
        rendered: Some(rendered),
        ..Diagnostic::default()
    }
}

const APP: &str = "\
use lib::{Area, Shape};

fn not_involved() {
    let body_of_another = 1;
}

fn main() {
    let area: Area = lib::measure(&Thing { side: 1 });
    print(area);
}

struct Thing {
    side: u32,
}

fn print(area: Area) {
    let body_of_print = area;
}
";

const LIB: &str = "\
pub struct Area(pub u64);

pub struct Unrelated;

/// Has an area.
pub trait Shape {
    fn area(&self) -> Area;
    fn twice(&self) -> u64 {
        let body_in_trait = self.area().0;
        body_in_trait * 2
    }
}

impl Shape for Area {
    fn area(&self) -> Area {
        let body_of_impl = self.0;
        Area(body_of_impl)
    }
}

pub fn measure<S>(shape: &S) -> Area
where
    S: Shape,
{
    let body_of_measure = shape.area();
    body_of_measure
}
";

#[test]
fn the_item_and_what_it_names_and_nothing_else() {
    let workspace = Workspace::new(&[("app/src/main.rs", APP), ("lib/src/lib.rs", LIB), ("lib/target/x.rs", "pub struct Area;")]);
    let told = error("the trait bound `Thing: Shape` is not satisfied", "app/src/main.rs", 8);
    let context = workspace.gather(&[told], 20_000);
    assert!(context.diagnostics.starts_with("error[E0277]: the trait bound"), "{}", context.diagnostics);
    let involved: Vec<_> = context.pieces.iter().filter(|p| p.involved).map(|p| (p.line, p.text.as_str())).collect();
    let main = "fn main() {\n    let area: Area = lib::measure(&Thing { side: 1 });\n    print(area);\n}";
    assert_eq!(involved, [(1, "use lib::{Area, Shape};"), (7, main)]);
    let all: Vec<&str> = context.pieces.iter().map(|p| p.text.as_str()).collect();
    for wanted in [
        "struct Thing {\n    side: u32,\n}",
        "pub struct Area(pub u64);",
        "pub fn measure<S>(shape: &S) -> Area\nwhere\n    S: Shape, { … }",
        "fn print(area: Area) { … }",
    ] {
        assert!(all.contains(&wanted), "{wanted}\n{all:#?}");
    }
    assert!(all.iter().any(|text| text.contains("fn twice(&self) -> u64 { … }")), "{all:#?}");
    assert!(all.iter().any(|text| text.starts_with("impl Shape for Area {")), "{all:#?}");
    for unwanted in ["body_", "Unrelated", "not_involved"] {
        assert!(!all.iter().any(|text| text.contains(unwanted)), "{unwanted}: {all:#?}");
    }
    assert!(context.pieces.iter().all(|p| p.file == "app/src/main.rs" || p.file == "lib/src/lib.rs"));
}

#[test]
fn a_method_of_a_long_impl_comes_with_its_head_alone() {
    let others: String = (0..60).map(|n| format!("    fn other{n}(&self) {{}}\n")).collect();
    let source =
        format!("struct S;\nimpl<T: Clone> Big<T> for S {{\n{others}    fn wrong(&self) {{\n        oops();\n    }}\n}}\n");
    let workspace = Workspace::new(&[("app/src/main.rs", &source), ("lib/src/lib.rs", "")]);
    let context = workspace.gather(&[error("x", "app/src/main.rs", 64)], 20_000);
    assert_eq!(
        context.pieces[0].text,
        "impl<T: Clone> Big<T> for S {\n    // …\n    fn wrong(&self) {\n        oops();\n    }\n}"
    );
}

#[test]
fn long_items_and_unparsable_files_give_what_is_around() {
    let body: String = (0..400).map(|n| format!("    step({n});\n")).collect();
    let workspace = Workspace::new(&[
        ("app/src/main.rs", &format!("fn main() {{\n{body}}}\n")),
        ("lib/src/lib.rs", "fn broken( {\n    let x = 1;\n"),
    ]);
    let context = workspace.gather(&[error("x", "app/src/main.rs", 202), error("y", "lib/src/lib.rs", 2)], 20_000);
    let [long, broken] = &context.pieces[..] else { panic!("{:#?}", context.pieces) };
    assert!(long.text.starts_with("fn main() {\n") && long.text.ends_with("    // …\n}"), "{}", long.text);
    assert!(long.text.contains("step(200);") && !long.text.contains("step(100);") && long.text.lines().count() < 80);
    assert_eq!((broken.line, broken.text.as_str()), (1, "fn broken( {\n    let x = 1;"));
}

#[test]
fn nothing_outside_of_the_users_packages_is_read() {
    let workspace =
        Workspace::new(&[("app/src/main.rs", "fn main() {}\n"), ("lib/src/lib.rs", ""), ("secret.rs", "fn hidden() {}\n")]);
    let outside = workspace.root().join("secret.rs");
    std::os::unix::fs::symlink(&outside, workspace.root().join("app/src/link.rs")).expect("linked");
    fs::write(workspace.root().join("app/.env"), "fn x() {}\n").expect("written");
    for file in
        ["secret.rs", "app/../secret.rs", outside.to_str().expect("text"), "app/src/link.rs", "app/.env", "/etc/passwd", "no.rs"]
    {
        assert_eq!(workspace.gather(&[error("x", file, 1)], 20_000).pieces, [], "{file}");
    }
}

#[test]
fn the_call_of_a_macro_counts_where_the_macro_is_elsewhere() {
    let workspace = Workspace::new(&[("app/src/main.rs", APP), ("lib/src/lib.rs", "")]);
    let mut told = error("x", "app/src/main.rs", 8);
    let call = told.spans[0].clone();
    told.spans[0].file_name = "/rustc/0123/library/core/src/macros.rs".into();
    told.spans[0].expansion = Some(Box::new(crate::advise::diagnostic::Expansion { span: call, macro_decl_name: "m!".into() }));
    assert!(workspace.gather(&[told], 20_000).pieces.iter().any(|p| p.text.starts_with("fn main()")));
}

#[test]
fn the_budget_holds() {
    let fields: String = (0..50).map(|n| format!("    field_number_{n}: u64,\n")).collect();
    let types: String = (0..50).map(|n| format!("pub struct T{n} {{\n{fields}}}\n")).collect();
    let uses: String = (0..50).map(|n| format!("    let _: T{n};\n")).collect();
    let workspace = Workspace::new(&[("app/src/main.rs", &format!("fn main() {{\n{uses}}}\n")), ("lib/src/lib.rs", &types)]);
    let errors: Vec<_> = (0..50).map(|n| error(&format!("about `T{n}`"), "app/src/main.rs", n + 2)).collect();
    let context = workspace.gather(&errors, 8_000);
    let bytes = context.diagnostics.len() + context.pieces.iter().map(|p| p.text.len()).sum::<usize>();
    assert!((4_000..9_000).contains(&bytes), "{bytes}");
    assert!(context.diagnostics.ends_with("(42 more of the same kind)"), "{}", context.diagnostics);
}
