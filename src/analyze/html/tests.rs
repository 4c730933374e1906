//! The page as text; what it looks like is looked at.

use super::*;
use crate::analyze::{
    Input,
    project::{
        Project,
        tests::{build, compiled, sample, unit},
    },
    tests::{input, report},
};
use crate::ipc::protocol::BuildsReply;

#[test]
fn it_needs_nothing_else_and_reads_without_a_script() {
    let page = page(&report(), "a day");
    for outside in ["http:", "https:", "//", "url(", "@import", "src=", "href="] {
        let found = page.find(outside).map(|at| &page[at.saturating_sub(40)..(at + 40).min(page.len())]);
        // Comments of the script begin with two slashes and a blank.
        assert!(found.is_none_or(|f| f.contains("// The ")), "{outside}: {found:?}");
    }
    let (before, _) = page.split_once("<script>").expect("one script, at the end");
    for told in ["native (running its build script)", "500 ms", "<table>", "What would help", "625 ms"] {
        assert!(before.contains(told), "{told}");
    }
    assert_eq!(page.matches("class=row data-u=").count(), 5, "a row of the timeline each");
    assert_eq!(page.matches("<tr data-u=").count(), 5);
}

#[test]
fn names_from_elsewhere_are_data() {
    let evil = "</title><script>alert('x')</script>\" onload=\"y\u{202e}";
    let mut reply = sample();
    for unit in &mut reply.units {
        unit.package = evil.into();
        unit.version = evil.into();
        unit.kind = if unit.kind == "bin" { evil.into() } else { unit.kind.clone() };
    }
    reply.builds[0].head.command = evil.into();
    let root = format!("/w/{}", evil.replace('/', "|")).into();
    let input = Input { project: Project::of(&reply).expect("something"), root, ..input() };
    let page = page(&Report::of(input), evil);
    let titles = |end: &str| page.matches(&format!("<{end}title>")).count();
    assert_eq!((page.matches("<script").count(), titles("")), (1, titles("/")));
    assert!(!page.contains("onload=\"") && !page.contains('\u{202e}') && page.contains("&lt;script&gt;"));
}

#[test]
fn five_hundred_units_stay_below_a_megabyte() {
    let mut units = Vec::new();
    for n in 0..500_u64 {
        let needs: Vec<String> = (n.saturating_sub(8)..n).map(|d| format!("a-crate-with-a-long-name-{d}")).collect();
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        units.push(unit(&format!("a-crate-with-a-long-name-{n}"), "lib", 50 + n, 100 + 3 * n, &needs));
    }
    let runs = units.iter().zip(0..).map(|(u, n)| compiled(u, n * 37)).collect();
    let reply = BuildsReply { builds: vec![build("b", runs)], units, targets: Vec::new(), links: None };
    let input = Input { project: Project::of(&reply).expect("something"), ..input() };
    let page = page(&Report::of(input), "a day");
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert_eq!(page.matches("<tr data-u=").count(), 500);
}
