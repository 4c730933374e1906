//! One file's text: TOML to checked entries, with every error of the file.
//!
//! It must never merge or apply anything. Syntax errors stand alone, because what follows one would be guesswork.

use std::{path::Path, sync::Arc};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use crate::{
    base::text,
    config::{
        diagnostic::Diagnostic,
        policy,
        raw::{self, Spec},
        read::{self, Problem, Value},
        source::Source,
    },
};

/// Whose file it is.
#[derive(Debug, Clone, Copy)]
pub enum Owner<'a> {
    User {
        /// For `~`.
        home: Option<&'a Path>,
    },
    Project {
        /// For hints.
        user_file: Option<&'a Path>,
    },
}

/// One key set in a file.
pub struct Entry {
    pub spec: &'static Spec,
    pub value: Value,
    /// From 1.
    pub line: usize,
}

/// All keys that are right, and everything that is wrong, both from top to bottom.
pub fn entries(source: &Arc<Source>, owner: Owner<'_>) -> (Vec<Entry>, Vec<Diagnostic>) {
    let (table, syntax) = DeTable::parse_recoverable(&source.text);
    if !syntax.is_empty() {
        let report = |e: toml::de::Error| {
            let end = source.text.len();
            Diagnostic::in_file(source, e.span().unwrap_or(end..end), Problem::new(e.message()))
        };
        let mut errors: Vec<_> = syntax.into_iter().map(report).collect();
        errors.sort_by_key(Diagnostic::offset);
        return (Vec::new(), errors);
    }
    let mut reader = Reader { source, owner, entries: Vec::new(), errors: Vec::new() };
    for (name, value) in table.get_ref() {
        reader.section(name, value);
    }
    // The parser hands out keys in alphabetical order.
    reader.entries.sort_by_key(|entry| entry.line);
    reader.errors.sort_by_key(Diagnostic::offset);
    (reader.entries, reader.errors)
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    owner: Owner<'a>,
    entries: Vec<Entry>,
    errors: Vec<Diagnostic>,
}

type Name<'i> = Spanned<DeString<'i>>;

impl Reader<'_> {
    fn section(&mut self, name: &Name<'_>, value: &Spanned<DeValue<'_>>) {
        let section: &str = name.get_ref();
        let problem = match value.get_ref() {
            DeValue::Table(keys) if raw::SECTIONS.contains(&section) => {
                for (key, value) in keys {
                    self.key(section, key, value);
                }
                return;
            }
            _ if raw::SECTIONS.contains(&section) => {
                Problem::new(format!("`{section}` must be a section")).hint(format!("write `[{section}]` and its keys below"))
            }
            DeValue::Table(_) => {
                let meant = text::did_you_mean(section, raw::SECTIONS).map(|s| format!("did you mean `[{s}]`?"));
                let all = || format!("the sections are {}", raw::SECTIONS.map(|s| format!("[{s}]")).join(", "));
                Problem::new(format!("unknown section `[{section}]`")).hint(meant.unwrap_or_else(all))
            }
            _ => Problem::new(format!("`{section}` stands outside of any section")).maybe_hint(belongs_elsewhere(section)),
        };
        self.errors.push(Diagnostic::in_file(self.source, name.span(), problem));
    }

    fn key(&mut self, section: &str, name: &Name<'_>, value: &Spanned<DeValue<'_>>) {
        let Some(spec) = raw::find(section, name.get_ref()) else {
            let problem = Problem::new(format!("unknown key `{}` in [{section}]", name.get_ref()));
            let problem = problem.maybe_hint(Some(key_hint(section, name.get_ref())));
            return self.errors.push(Diagnostic::in_file(self.source, name.span(), problem));
        };
        if let Owner::Project { user_file } = self.owner
            && let Err(problem) = policy::may_name(spec, user_file)
        {
            return self.errors.push(Diagnostic::in_file(self.source, name.span(), problem));
        }
        match self.value(spec, value.get_ref()) {
            Ok(value) => {
                let line = self.source.text[..name.span().start].matches('\n').count() + 1;
                self.entries.push(Entry { spec, value, line });
            }
            Err(problems) => {
                let report = |problem| Diagnostic::in_file(self.source, value.span(), problem);
                self.errors.extend(problems.into_iter().map(report));
            }
        }
    }

    fn value(&self, spec: &Spec, value: &DeValue<'_>) -> Result<Value, Vec<Problem>> {
        match self.owner {
            Owner::User { home } => read::from_toml(spec, value, home),
            Owner::Project { user_file } => {
                let value = read::from_toml(spec, value, None)?;
                policy::may_set(spec, &value, user_file).map_err(|problem| vec![problem])?;
                Ok(value)
            }
        }
    }
}

/// What to do about a key that its section does not have.
fn key_hint(section: &str, key: &str) -> String {
    let keys: Vec<&str> = raw::KEYS.iter().filter(|spec| spec.section == section).map(|spec| spec.key).collect();
    text::did_you_mean(key, keys.iter().copied())
        .map(|meant| format!("did you mean `{meant}`?"))
        .or_else(|| belongs_elsewhere(key))
        .unwrap_or_else(|| format!("[{section}] has {}", keys.join(", ")))
}

fn belongs_elsewhere(key: &str) -> Option<String> {
    let spec = raw::KEYS.iter().find(|spec| spec.key == key)?;
    Some(format!("`{key}` belongs in [{}]", spec.section))
}
