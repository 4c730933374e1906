//! Errors by root cause: what one mend is likely to help with stands together, and what mends most comes first.
//!
//! Errors share a group if they share a cause ([`super::causes`]); what only follows from others (types that cannot be worked out
//! in a function in which a name is unknown, crates that name one that has failed) is put behind those. The same error in several
//! targets of a package is one. It reads sources only to tell functions apart, and what it cannot read it does not connect.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use syn::{spanned::Spanned, visit::Visit};

use super::{
    causes::{self, UNKNOWN_TYPES, UNRESOLVED},
    diagnostic::{Report, Target},
};

/// Sources that are larger are not read.
const LARGEST: u64 = 4 << 20;

/// One error, in all targets that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub report: Report,
    /// The first is that of the report.
    pub targets: Vec<Target>,
}

/// Errors with one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Never empty; the one that tells most comes first.
    pub errors: Vec<Finding>,
    /// What is only owed to these.
    pub follows: Vec<Finding>,
    /// One mend helps all of them; else they are only of the same kind.
    pub is_certain: bool,
}

impl Group {
    /// The one that speaks for all.
    pub fn lead(&self) -> &Report {
        &self.errors[0].report
    }

    /// How many errors would go.
    pub fn len(&self) -> usize {
        self.errors.len() + self.follows.len()
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }
}

/// Sorts errors into groups.
pub fn groups(reports: Vec<Report>) -> Vec<Group> {
    let findings = once_each(reports);
    let causes: Vec<Vec<causes::Cause>> = findings.iter().map(|f| causes::causes(&f.report)).collect();
    let mut sets = Sets::new(findings.len());
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut uncertain = Vec::new();
    for (n, cause) in causes.iter().enumerate().flat_map(|(n, all)| all.iter().map(move |c| (n, c))) {
        match first.get(cause.name.as_str()) {
            Some(other) if cause.is_certain => sets.join(*other, n),
            Some(other) => uncertain.push((*other, n)),
            None => drop(first.insert(&cause.name, n)),
        }
    }
    let certain: Vec<usize> = (0..findings.len()).map(|n| sets.of(n)).collect();
    uncertain.iter().for_each(|(a, b)| sets.join(*a, *b));
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); findings.len()];
    (0..findings.len()).for_each(|n| members[sets.of(n)].push(n));
    let owed = owed(&findings);
    let mut groups: Vec<(usize, Group)> = Vec::new();
    let mut place: HashMap<usize, usize> = HashMap::new();
    for set in members.iter().filter(|set| set.iter().any(|n| owed[*n].is_none())) {
        let is_certain = set.iter().all(|n| certain[*n] == certain[set[0]]);
        let mut errors: Vec<usize> = set.iter().copied().filter(|n| owed[*n].is_none()).collect();
        // One with a proposal tells most.
        let proposes = |n: &usize| {
            findings[*n].report.message.children.iter().any(|c| c.spans.iter().any(|s| s.suggested_replacement.is_some()))
        };
        if let Some(at) = errors.iter().position(proposes) {
            errors[..=at].rotate_right(1);
        }
        place.extend(errors.iter().map(|n| (*n, groups.len())));
        let errors = errors.into_iter().map(|n| findings[n].clone()).collect();
        groups.push((set[0], Group { errors, follows: Vec::new(), is_certain }));
    }
    for (n, root) in owed.iter().enumerate().filter_map(|(n, root)| Some((n, (*root)?))) {
        if let Some(group) = place.get(&root) {
            groups[*group].1.follows.push(findings[n].clone());
        }
    }
    groups.sort_by_key(|(first, group)| (std::cmp::Reverse(group.len()), *first));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The same error in the library and in its tests, or twice at one place, is one.
fn once_each(reports: Vec<Report>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for report in reports {
        let place = report.message.primary().map(|s| (report.file(s), s.byte_start, s.byte_end));
        let of = if place.is_none() { report.target.name.clone() } else { String::new() };
        let name = format!("{} {} {place:?} {of}", report.message.code(), report.message.message);
        match seen.get(&name) {
            Some(at) if findings[*at].targets.contains(&report.target) => {}
            Some(at) => findings[*at].targets.push(report.target),
            None => {
                seen.insert(name, findings.len());
                findings.push(Finding { targets: vec![report.target.clone()], report });
            }
        }
    }
    findings
}

/// For each error, the one that it is only a consequence of.
fn owed(findings: &[Finding]) -> Vec<Option<usize>> {
    let mut sources = Sources::default();
    let functions: Vec<Option<(PathBuf, usize)>> = findings.iter().map(|f| sources.function(&f.report, findings)).collect();
    let root_in = |n: usize| {
        let function = functions[n].as_ref()?;
        let is_root = |m: &usize| UNRESOLVED.contains(&findings[*m].report.message.code());
        (0..findings.len()).filter(|m| *m != n && functions[*m].as_ref() == Some(function)).find(is_root)
    };
    (0..findings.len())
        .map(|n| {
            let report = &findings[n].report;
            let code = report.message.code();
            if UNKNOWN_TYPES.contains(&code) {
                return root_in(n);
            }
            if !["E0432", "E0433", "E0463"].contains(&code) {
                return None;
            }
            let name = causes::unresolved_name(&report.message)?;
            let path = report.message.message.split('`').nth(1).unwrap_or_default();
            let krate = path.split("::").next().unwrap_or_default();
            let failed = |f: &Finding| {
                let is_lib = f.report.target.kind.iter().any(|k| k.contains("lib") || k == "proc-macro");
                is_lib
                    && f.report.package() != report.package()
                    && [name.as_str(), krate].contains(&f.report.target.name.as_str())
            };
            findings.iter().position(failed)
        })
        .collect()
}

/// Where functions begin and end, by file.
#[derive(Default)]
struct Sources(HashMap<PathBuf, Vec<(usize, usize)>>);

impl Sources {
    /// The innermost function that an error is in, by file and first line; looked up only where that can matter.
    fn function(&mut self, report: &Report, all: &[Finding]) -> Option<(PathBuf, usize)> {
        if !all.iter().any(|f| UNKNOWN_TYPES.contains(&f.report.message.code())) {
            return None;
        }
        let span = report.message.primary()?;
        let file = report.file(span);
        let functions = self.0.entry(file.clone()).or_insert_with(|| functions(&file));
        let holds = functions.iter().filter(|(start, end)| (*start..=*end).contains(&span.line_start));
        holds.map(|(start, _)| *start).max().map(|start| (file, start))
    }
}

fn functions(file: &Path) -> Vec<(usize, usize)> {
    struct Found(Vec<(usize, usize)>);
    impl Found {
        fn add(&mut self, item: &impl Spanned) {
            let span = item.span();
            self.0.push((span.start().line, span.end().line));
        }
    }
    impl<'ast> Visit<'ast> for Found {
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            self.add(item);
            syn::visit::visit_item_fn(self, item);
        }
        fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
            self.add(item);
            syn::visit::visit_impl_item_fn(self, item);
        }
        fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
            self.add(item);
            syn::visit::visit_trait_item_fn(self, item);
        }
    }
    let is_small = file.metadata().is_ok_and(|m| m.is_file() && m.len() <= LARGEST);
    let text = if is_small { std::fs::read_to_string(file).ok() } else { None };
    let Some(Ok(parsed)) = text.map(|text| syn::parse_file(&text)) else { return Vec::new() };
    let mut found = Found(Vec::new());
    found.visit_file(&parsed);
    found.0
}

/// Numbers that belong together; each set is called by its smallest.
struct Sets(Vec<usize>);

impl Sets {
    fn new(n: usize) -> Self {
        Self((0..n).collect())
    }

    fn of(&mut self, n: usize) -> usize {
        let mut root = n;
        while self.0[root] != root {
            root = self.0[root];
        }
        self.0[n] = root;
        root
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests;
