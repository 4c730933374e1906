//! The life of an open error, in a project on disk with reports as rustc makes them.

use std::fs;

use super::*;
use crate::advise::{
    diagnostic::{Code, Target},
    group::groups,
};

/// A project in which something fails.
struct Project {
    dir: tempfile::TempDir,
    open: Vec<Open>,
}

impl Project {
    fn new(source: &str) -> Self {
        let dir = tempfile::tempdir().expect("temporary directory");
        fs::create_dir_all(dir.path().join("src")).expect("created");
        let this = Self { dir, open: Vec::new() };
        this.write(source);
        this
    }

    fn write(&self, source: &str) {
        fs::write(self.dir.path().join("src/lib.rs"), source).expect("written");
    }

    fn report(&self, code: &str, line: usize, message: &str) -> Report {
        let span =
            Span { file_name: "src/lib.rs".into(), line_start: line, byte_start: line, is_primary: true, ..Span::default() };
        let code = Code { code: code.into(), explanation: None };
        let message = Diagnostic {
            message: message.into(),
            code: Some(code),
            level: "error".into(),
            spans: vec![span],
            ..Diagnostic::default()
        };
        let target = Target { name: "app".into(), kind: vec!["lib".into()], ..Target::default() };
        Report { package_id: "app@1.0.0".into(), manifest_path: "".into(), target, message, cwd: self.dir.path().into() }
    }

    fn build<T>(&self, command: &str, succeeded: bool, with: impl FnOnce(&mut Build<'_>) -> T) -> T {
        let redactor = Redactor::new(&[(b"API_TOKEN".to_vec(), b"horse battery".to_vec())].into_iter().collect());
        let mut build = Build {
            root: self.dir.path(),
            command: Digest::of(command.as_bytes()),
            succeeded,
            failed: if succeeded { HashSet::new() } else { ["app".to_owned()].into() },
            compiled: Vec::new(),
            now: 1_000_000,
            redactor: &redactor,
        };
        with(&mut build)
    }

    fn fails(&mut self, reports: Vec<Report>) {
        let mut open = std::mem::take(&mut self.open);
        self.build("build", false, |build| {
            assert_eq!(settle(&mut open, build), []);
            note(&mut open, &groups(reports), build);
        });
        self.open = open;
    }

    fn settles(&mut self, succeeded: bool, change: impl FnOnce(&mut Build<'_>)) -> Vec<KnownMend> {
        let mut open = std::mem::take(&mut self.open);
        let learned = self.build("build", succeeded, |build| {
            change(build);
            settle(&mut open, build)
        });
        self.open = open;
        learned
    }

    fn succeeds(&mut self) -> Vec<Vec<String>> {
        let learned = self.settles(true, |_| ());
        learned.into_iter().map(|mend| mend.files.into_iter().flat_map(|f| f.lines).collect()).collect()
    }
}

const WRONG: &str = "fn f() {\n    let a = b;\n    use_it(b);\n}\nfn g() {\n    other();\n}\n";
const MOVED: &str = "borrow of moved value: `b`";

#[test]
fn what_the_item_has_become_is_the_mend_whatever_lies_between() {
    let mut project = Project::new(WRONG);
    project.fails(vec![project.report("E0382", 3, MOVED)]);
    project.write(&WRONG.replace("use_it(b)", "use_it(&b)"));
    project.fails(vec![project.report("E0382", 3, MOVED)]);
    assert_eq!(project.open.len(), 1, "it is open already");
    project.write(&format!("// Moved.\n{}", WRONG.replace("a = b", "a = b.clone()").replace("other", "unrelated")));
    assert_eq!(project.succeeds(), [["  fn f() {", "-     let a = b;", "+     let a = b.clone();", "      use_it(b);"]]);
    assert!(project.open.is_empty() && project.succeeds().is_empty());
}

#[test]
fn when_it_counts_as_mended() {
    let unit = |name: &str, krate: &str| vec![(name.to_owned(), krate.to_owned())];
    type Units = Vec<(String, String)>;
    type Case = (&'static str, bool, fn(&mut Build<'_>, Units), Units, bool);
    let cases: [Case; 7] = [
        ("the same command", true, |_, _| (), Vec::new(), true),
        ("another one", true, |b, _| b.command = Digest::of(b"test"), Vec::new(), false),
        ("it was compiled", true, |b, c| (b.command, b.compiled) = (Digest::of(b"x"), c), unit("app 1.0.0 (lib)", "app"), true),
        (
            "while another fails",
            false,
            |b, c| (b.failed, b.compiled) = (["x".to_owned()].into(), c),
            unit("app 1.0.0 (lib)", "app"),
            true,
        ),
        ("with an error", false, |b, c| b.compiled = c, unit("app 1.0.0 (lib)", "app"), false),
        ("only its tests", true, |b, c| (b.command, b.compiled) = (Digest::of(b"x"), c), unit("app 1.0.0 (test)", "app"), false),
        ("one like it", true, |b, c| (b.command, b.compiled) = (Digest::of(b"x"), c), unit("apple 1.0.0 (lib)", "app"), false),
    ];
    for (what, succeeded, change, compiled, expected) in cases {
        let mut project = Project::new(WRONG);
        project.fails(vec![project.report("E0382", 3, MOVED)]);
        project.write(&WRONG.replace("a = b", "a = b.clone()"));
        assert_eq!(!project.settles(succeeded, |build| change(build, compiled)).is_empty(), expected, "{what}");
        assert_eq!(project.open.is_empty(), expected, "{what}");
    }
}

#[test]
fn what_is_deleted_left_as_it_was_or_too_much_teaches_nothing() {
    let long: String = (0..41).map(|n| format!("    more({n});\n")).collect();
    let too_long = WRONG.replace("    use_it(b);\n", &long);
    let cases = [
        ("fn g() {}\n", "the item is gone"),
        ("fn f() {\n}\n", "deleted"),
        ("fn f() {\n    let a = b;\n    // use_it(b);\n}\n", "commented out"),
        ("fn f() {\n    let a = b;\n    todo!()\n}\n", "put off"),
        (WRONG, "mended elsewhere"),
        ("fn f() {\n    let a =\n        b;\n    use_it( b);\n}\n", "laid out anew"),
        (&too_long, "too much"),
    ];
    for (after, what) in cases {
        let mut project = Project::new(WRONG);
        project.fails(vec![project.report("E0382", 3, MOVED)]);
        project.write(after);
        assert!(project.succeeds().is_empty() && project.open.is_empty(), "{what}");
    }
    let mut project = Project::new("fn f() {}\nfn g(a: u8, a: u8) {\n    x;\n    x;\n}\n");
    project.fails(vec![project.report("E0415", 4, "twice")]);
    project.write("fn f() {}\nfn g(a: u8, a: u8) {\n    x;\n}\n");
    assert_eq!(project.succeeds().len(), 1, "removed because it stood there twice");
}

#[test]
fn errors_of_another_branch_wait_and_old_ones_go() {
    let mut project = Project::new(WRONG);
    let head = |project: &Project, text: &str| {
        fs::create_dir_all(project.dir.path().join(".git")).expect("created");
        fs::write(project.dir.path().join(".git/HEAD"), text).expect("written");
    };
    head(&project, "ref: refs/heads/work\n");
    project.fails(vec![project.report("E0382", 3, MOVED)]);
    head(&project, "ref: refs/heads/main\n");
    project.write(&WRONG.replace("a = b", "a = c"));
    assert!(project.succeeds().is_empty());
    assert_eq!(project.open.len(), 1);
    head(&project, "ref: refs/heads/work\n");
    project.write(&WRONG.replace("a = b", "a = b.clone()"));
    assert_eq!(project.settles(true, |build| build.now += OLDEST), [], "too old");
    assert!(project.open.is_empty());
    project.write(WRONG);
    project.fails(vec![project.report("E0382", 3, MOVED)]);
    project.write(&WRONG.replace("a = b", "a = b.clone()"));
    assert_eq!(project.succeeds().len(), 1);
}

#[test]
fn two_errors_in_one_item_have_their_own_hunks_and_imports_count_where_names_are_missing() {
    let source = "fn f() {\n    let a = b;\n    use_it(b);\n    1;\n    2;\n    3;\n    4;\n    5;\n    nowhere();\n}\n";
    let mut project = Project::new(source);
    project.fails(vec![project.report("E0382", 3, MOVED), project.report("E0308", 9, "mismatched types")]);
    project.write(&source.replace("a = b", "a = &b").replace("nowhere()", "somewhere()"));
    let learned = project.succeeds();
    let with = |text: &str| learned.iter().filter(|lines| lines.iter().any(|l| l.contains(text))).count();
    assert_eq!((learned.len(), with("&b"), with("somewhere")), (2, 1, 1), "{learned:#?}");
    let mut project = Project::new("fn f() {\n    let m = HashMap::new();\n}\n");
    project.fails(vec![project.report("E0433", 2, "use of undeclared type `HashMap`")]);
    project.write("use std::collections::HashMap;\n\nfn f() {\n    let m = HashMap::new();\n}\n");
    assert_eq!(project.succeeds(), [["+ use std::collections::HashMap;"]]);
}

#[test]
fn kept_privately_without_secrets_and_only_as_long_as_needed() {
    use std::os::unix::fs::PermissionsExt;
    let mut project = Project::new("fn f() {\n    let a = (\"horse battery\", b);\n    use_it(b);\n}\n");
    let store = project.dir.path().join("store");
    assert!(!any(&store));
    project.fails(vec![project.report("E0382", 3, "borrow of moved value `horse battery`")]);
    fs::create_dir(&store).expect("created");
    write(&store, project.dir.path(), &project.open).expect("written");
    let file = file(&store, project.dir.path());
    let text = fs::read_to_string(&file).expect("there");
    assert!(text.contains(REDACTED) && !text.contains("horse"), "{text}");
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    assert!(any(&store));
    assert_eq!(read(&store, project.dir.path()), project.open);
    project.write("fn f() {\n    let a = (\"horse battery\", &b);\n    use_it(b);\n}\n");
    let learned = project.succeeds().concat().join("\n");
    assert!(learned.contains("&b") && learned.contains(REDACTED) && !learned.contains("horse"), "{learned}");
    write(&store, project.dir.path(), &[]).expect("removed");
    assert!(!any(&store));
    for damaged in ["", "{}", "{\"format\":2,\"errors\":[]}"] {
        fs::create_dir_all(dir(&store)).expect("created");
        fs::write(&file, damaged).expect("written");
        assert_eq!(read(&store, project.dir.path()), []);
    }
    // A secret that is not known for one any more.
    let redactor = Redactor::new(&std::iter::empty().collect());
    project.write("fn f() {\n    let a = (\"horse battery\", b);\n    use_it(b);\n}\n");
    project.fails(vec![project.report("E0382", 3, MOVED)]);
    project.write("fn f() {\n    let a = (\"horse battery\", &b);\n    use_it(b);\n}\n");
    assert_eq!(project.settles(true, |build| build.redactor = Box::leak(Box::new(redactor))), []);
}
