//! Every program in `programs` is compiled by the real compiler; its first line says what a right explanation contains.
//!
//! `// CODE | fact | fact`, then perhaps `// groups: N` and `// errors: N`. A program that no lexer would take ends in `.rs.txt`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustc_hyperopt::{
    advise::{
        captured,
        explain::{self, Words},
        group::{Group, groups},
        show, suggestion,
    },
    ui::Theme,
};

/// What a program promises.
struct Expected {
    code: String,
    facts: Vec<String>,
    groups: Option<usize>,
    errors: Option<usize>,
}

fn programs() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/advise/programs");
    let mut all: Vec<PathBuf> = fs::read_dir(dir).expect("readable").flatten().map(|e| e.path()).collect();
    all.sort();
    all
}

fn expected(text: &str) -> Expected {
    let mut lines = text.lines().map_while(|l| l.strip_prefix("//")).map(str::trim);
    let mut first = lines.next().expect("a header").split('|').map(|f| f.trim().to_owned());
    let code = first.next().expect("a code");
    let numbers: Vec<(&str, usize)> =
        lines.filter_map(|l| l.split_once(": ")).filter_map(|(name, n)| Some((name, n.parse().ok()?))).collect();
    let number = |name| numbers.iter().find(|(n, _)| *n == name).map(|(_, n)| *n);
    Expected { code, facts: first.filter(|f| !f.is_empty()).collect(), groups: number("groups"), errors: number("errors") }
}

/// Groups of what rustc says; cargo's way to tell it, so that the same code reads it.
fn compiled(program: &Path) -> Vec<Group> {
    let dir = tempfile::tempdir().expect("temporary directory");
    let name = program.file_name().expect("has a name").to_string_lossy().replace(".rs.txt", ".rs");
    fs::copy(program, dir.path().join(&name)).expect("copied");
    let args = ["--edition=2021", "--crate-type=lib", "--emit=metadata", "--error-format=json", "--crate-name=program"];
    let output = Command::new("rustc").args(args).arg(&name).current_dir(dir.path()).output().expect("started");
    assert!(!output.status.success(), "{name} compiles");
    let said: Vec<String> = String::from_utf8(output.stderr)
        .expect("text")
        .lines()
        .map(|line| {
            format!(
                r#"{{"reason":"compiler-message","package_id":"program@0.1.0","manifest_path":"","target":{{"name":"program","kind":["lib"],"src_path":""}},"message":{line}}}"#
            )
        })
        .collect();
    groups(captured::of_cargo(said.join("\n").as_bytes(), dir.path()))
}

fn check(program: &Path) -> Result<String, String> {
    let text = fs::read_to_string(program).expect("readable");
    let expected = expected(&text);
    let found = compiled(program);
    let codes: Vec<&str> = found.iter().map(|g| g.lead().message.code()).collect();
    let fits =
        |g: &&Group| g.lead().message.code() == expected.code || (expected.code == "E0412" && g.lead().message.code() == "E0425");
    let group = found.iter().find(fits).ok_or_else(|| format!("no group with {}, but {codes:?}", expected.code))?;
    let explanation = explain::explain(&group.lead().message).ok_or("no explanation")?;
    for fact in &expected.facts {
        if !explanation.text.to_lowercase().contains(&fact.to_lowercase()) {
            return Err(format!("{fact:?} is missing in: {}", explanation.text));
        }
        if explanation.words != Words::Ours {
            return Err(format!("not in our words: {}", explanation.text));
        }
    }
    let errors: usize = found.iter().map(Group::len).sum();
    for (what, wanted, got) in [("groups", expected.groups, found.len()), ("errors", expected.errors, errors)] {
        if wanted.is_some_and(|w| w != got) {
            return Err(format!("{what}: {wanted:?} wanted, {got} found: {codes:?}"));
        }
    }
    let lines = show::lines(&found, &[], Theme::default());
    let per_group = lines.len().div_ceil(found.len());
    if per_group > 17 || lines.iter().any(|l| l.contains('\u{1b}')) {
        return Err(format!("{per_group} lines for each group:\n{}", lines.join("\n")));
    }
    // Everything that the compiler vouches for is drawn and marked.
    let certain = suggestion::suggestions(&group.lead().message).first().is_some_and(|s| s.is_certain);
    if certain != lines.iter().any(|l| l.contains("can be applied: --fix")) && found.len() == 1 {
        return Err(format!("marks: {certain}\n{}", lines.join("\n")));
    }
    Ok(expected.code)
}

#[test]
fn every_wrong_program_gets_a_right_explanation() {
    let programs = programs();
    let halves = programs.split_at(programs.len() / 2);
    let run =
        |some: &[PathBuf]| -> Vec<(PathBuf, Result<String, String>)> { some.iter().map(|p| (p.clone(), check(p))).collect() };
    let results: Vec<_> = std::thread::scope(|scope| {
        let first = scope.spawn(|| run(halves.0));
        let second = run(halves.1);
        first.join().expect("ended").into_iter().chain(second).collect()
    });
    let wrong: Vec<String> = results
        .iter()
        .filter_map(|(p, r)| Some(format!("{}: {}", p.file_name()?.to_string_lossy(), r.as_ref().err()?)))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), results.len(), wrong.join("\n\n"));
    let codes: BTreeSet<String> = results.into_iter().filter_map(|(_, r)| r.ok()).collect();
    assert!(programs.len() >= 140 && codes.len() >= 100, "{} programs, {} codes", programs.len(), codes.len());
    for code in [
        "E0277", "E0308", "E0382", "E0499", "E0502", "E0505", "E0106", "E0373", "E0425", "E0432", "E0433", "E0507", "E0596",
        "E0597", "E0599", "E0061", "E0023", "E0004", "E0369", "E0614",
    ] {
        assert!(codes.contains(code), "no program for {code}");
    }
}

/// Codes that `rustc --explain` knows and we do not get its first sentences, which are words and no code.
#[test]
fn what_we_do_not_know_is_told_in_the_words_of_the_book() {
    let found = compiled(&programs().into_iter().find(|p| p.ends_with("generic_no_template.rs")).expect("there"));
    let error = &found[0].lead().message;
    let ours: Vec<&str> = explain::codes().collect();
    assert!(!ours.contains(&error.code()), "choose another program: {}", error.code());
    let explanation = explain::explain(error).expect("in the book");
    assert_eq!(explanation.words, Words::Book);
    assert!(explanation.text.len() > 20 && !explanation.text.contains("```"), "{}", explanation.text);
}
