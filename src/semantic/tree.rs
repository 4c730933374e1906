//! The files of one crate: which of them are modules, and what each tells of how the others may be read.
//!
//! Modules are found by walking `mod` declarations from the root against the list of files that the compiler has read;
//! the file system is never asked. A file that the walk does not reach (`include!`, data, a module that a macro declares)
//! counts byte by byte, since nobody knows what stands around it.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    facts::{Facts, Rules, Traits, Unclear, Why},
    macros::Sight,
    resolve::{Home, normal},
};

/// Why a file, or a whole crate, counts as it stands.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    #[error("{0}")]
    Unclear(Why),
    #[error("no `mod` declaration that could be read leads to it")]
    NotReached,
    #[error("something around its `mod` declaration may rewrite it")]
    Rewritten,
    #[error("its name stands in a string, so it may be read as text")]
    Named,
    #[error("it is not source code of this crate's modules")]
    Data,
    #[error("{} includes a file whose name is put together", .0.display())]
    ComputedInclude(PathBuf),
    #[error("{} turns on unstable features", .0.display())]
    Features(PathBuf),
    #[error("the procedural macro `{0}` may read sources")]
    NosyMacro(String),
}

/// What one file counts as.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    Facts(Arc<Facts>),
    AsBytes(Reason),
}

/// All files of a crate, reduced as far as they allow.
#[derive(Clone, PartialEq, Debug)]
pub struct Reduced {
    /// In the order of the compiler's list.
    pub files: Vec<(PathBuf, Part)>,
    /// Why all of them count as they stand, if they do.
    pub whole: Option<Reason>,
    /// What the files of code have in common; lists are joined.
    pub traits: Traits,
    /// Whether some file of code counts as it stands.
    pub has_unread_code: bool,
    /// Under which the facts were found.
    pub rules: Rules,
}

/// Gives the facts of a file under rules, from memory where it can.
pub type FactsOf<'a> = dyn FnMut(&Path, Rules) -> Result<Arc<Facts>, Unclear> + 'a;

/// One crate as a compile sees it.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The files that the compiler has read, the root first, as in its dep-info.
    pub files: &'a [PathBuf],
    /// What the command line says ([`Rules::new`]); the rest of the rules follows from `sight` and the files.
    pub rules: Rules,
    /// What the procedural macros behind the crate may see.
    pub sight: &'a Sight,
    /// Whether the compiler lets a crate turn on features; one that does counts as it stands.
    pub unstable: bool,
}

/// Reduces a crate.
pub fn reduce(sources: Sources<'_>, facts: &mut FactsOf<'_>) -> Reduced {
    let Sources { files, sight, .. } = sources;
    let mut rules = Rules { docs_seen: *sight != Sight::Blind, trust_macros: true, trust_derives: true, ..sources.rules };
    let mut read = Read::new(files, rules, facts);
    let traits = read.traits();
    if traits.shadows_macros || traits.shadows_derives {
        rules.trust_macros = !traits.shadows_macros;
        rules.trust_derives = !traits.shadows_derives;
        read = Read::new(files, rules, facts);
    }
    let traits = read.traits();
    let whole = read.whole(sources, &traits);
    let parts: Vec<Part> = (0..files.len())
        .map(|index| match &whole {
            Some(reason) => Part::AsBytes(reason.clone()),
            None => read.part(index, &traits),
        })
        .collect();
    let is_unread = |(index, part): (usize, &Part)| matches!(part, Part::AsBytes(_)) && read.results[index].is_some();
    let has_unread_code = parts.iter().enumerate().any(is_unread);
    Reduced { files: files.iter().cloned().zip(parts).collect(), whole, traits, has_unread_code, rules }
}

/// How a file was reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Not,
    Module,
    /// Through a declaration that something may rewrite.
    Doubtful,
}

/// One pass over the files under one set of rules.
struct Read<'a> {
    files: &'a [PathBuf],
    /// Of every file that may be code.
    results: Vec<Option<Result<Arc<Facts>, Unclear>>>,
    reach: Vec<Reach>,
}

impl<'a> Read<'a> {
    fn new(files: &'a [PathBuf], rules: Rules, facts: &mut FactsOf<'_>) -> Self {
        let mut this = Self { files, results: vec![None; files.len()], reach: vec![Reach::Not; files.len()] };
        this.walk(rules, facts);
        // What is not a module may still be code that somebody includes, and may itself include more.
        loop {
            let traits = this.traits();
            let is_code = |path: &Path| {
                let name = last_name(path);
                path.extension().is_some_and(|e| e == "rs") || traits.code_files.binary_search(&name).is_ok()
            };
            let next: Vec<usize> = (0..files.len()).filter(|i| this.results[*i].is_none() && is_code(&files[*i])).collect();
            if next.is_empty() {
                this.forget_data(&traits);
                return this;
            }
            for index in next {
                this.results[index] = Some(facts(&files[index], rules));
            }
        }
    }

    /// A file that is no module, has no tokens, and is named as anything but code can only be data.
    fn forget_data(&mut self, traits: &Traits) {
        for ((file, result), reach) in self.files.iter().zip(&mut self.results).zip(&self.reach) {
            let name = last_name(file);
            let is_text = matches!(result, Some(Err(unclear)) if unclear.has_no_tokens());
            let is_named = traits.named_files.binary_search(&name).is_ok() && traits.code_files.binary_search(&name).is_err();
            if *reach == Reach::Not && is_text && is_named {
                *result = None;
            }
        }
    }

    fn walk(&mut self, rules: Rules, facts: &mut FactsOf<'_>) {
        let Some(root) = self.files.first() else { return };
        let by_path: HashMap<PathBuf, usize> = self.files.iter().enumerate().map(|(i, f)| (normal(f), i)).collect();
        let mut seen = HashSet::new();
        let mut open = vec![(0, Home::of_root(root), Reach::Module)];
        while let Some((index, home, reach)) = open.pop() {
            if !seen.insert((index, home.clone(), reach == Reach::Doubtful)) {
                continue;
            }
            if self.reach[index] != Reach::Doubtful {
                self.reach[index] = reach;
            }
            let result = self.results[index].get_or_insert_with(|| facts(&self.files[index], rules));
            let Ok(found) = result else { continue };
            for decl in &found.modules {
                let reach = if decl.doubtful { Reach::Doubtful } else { reach };
                let candidates = home.candidates(decl).into_iter();
                open.extend(candidates.filter_map(|(path, home)| Some((*by_path.get(&path)?, home, reach))));
            }
        }
    }

    fn each(&self) -> impl Iterator<Item = (&PathBuf, &Traits)> {
        self.files.iter().zip(&self.results).filter_map(|(file, result)| {
            let traits = match result.as_ref()? {
                Ok(facts) => &facts.traits,
                Err(unclear) => &*unclear.traits,
            };
            Some((file, traits))
        })
    }

    fn traits(&self) -> Traits {
        let mut all = Traits::default();
        let mut lists: [BTreeSet<&String>; 4] = Default::default();
        for (_, one) in self.each() {
            for (list, from) in
                lists.iter_mut().zip([&one.named_files, &one.code_files, &one.unknown_macros, &one.defined_macros])
            {
                list.extend(from);
            }
            all.computed_include |= one.computed_include;
            all.shadows_macros |= one.shadows_macros;
            all.shadows_derives |= one.shadows_derives;
            all.unwinds |= one.unwinds;
            all.asks_caller |= one.asks_caller;
            all.features |= one.features;
        }
        let [named, code, unknown, defined] = lists.map(|list| list.into_iter().cloned().collect());
        (all.named_files, all.code_files, all.unknown_macros, all.defined_macros) = (named, code, unknown, defined);
        all
    }

    /// Why the whole crate counts as it stands.
    fn whole(&self, sources: Sources<'_>, traits: &Traits) -> Option<Reason> {
        let first = |what: fn(&Traits) -> bool| self.each().find(|(_, t)| what(t)).map(|(file, _)| file.clone());
        if let Some(file) = first(|t| t.features).filter(|_| sources.unstable) {
            return Some(Reason::Features(file));
        }
        if let Some(file) = first(|t| t.computed_include) {
            return Some(Reason::ComputedInclude(file));
        }
        match sources.sight {
            Sight::Nosy(name) if !traits.unknown_macros.is_empty() => Some(Reason::NosyMacro(name.clone())),
            _ => None,
        }
    }

    fn part(&self, index: usize, traits: &Traits) -> Part {
        let Some(result) = &self.results[index] else { return Part::AsBytes(Reason::Data) };
        let facts = match result {
            Ok(facts) => facts,
            Err(unclear) => return Part::AsBytes(Reason::Unclear(unclear.why.clone())),
        };
        match self.reach[index] {
            Reach::Not => Part::AsBytes(Reason::NotReached),
            Reach::Doubtful => Part::AsBytes(Reason::Rewritten),
            Reach::Module if traits.named_files.binary_search(&last_name(&self.files[index])).is_ok() => {
                Part::AsBytes(Reason::Named)
            }
            Reach::Module => Part::Facts(facts.clone()),
        }
    }
}

fn last_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
