//! The settings while layers are put over one another, with the origins of each value.
//!
//! It must never read files itself or decide which ones count. A value that does not fit is an error and changes nothing.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use crate::{
    base::{
        env::{EnvSnapshot, names},
        text,
    },
    config::{
        CacheSettings, Diagnostic, Effective, Origin, Settings, discover,
        document::{self, Entry, Owner},
        policy::Project,
        raw::{self, Kind, Spec},
        read::{self, Problem, Value},
        settings::DEFAULT_STORE,
        source,
    },
};

/// The settings so far, and who made them so.
pub struct Stack {
    pub settings: Settings,
    /// By name; the last one counts, and none means the default.
    origins: HashMap<String, Vec<Origin>>,
}

impl Stack {
    pub fn new(home: Option<&Path>) -> Self {
        let path = home.map(|home| home.join(DEFAULT_STORE)).unwrap_or_default();
        let settings = Settings { cache: CacheSettings { path, ..Default::default() }, ..Default::default() };
        Self { settings, origins: HashMap::new() }
    }

    /// The path of the user's file, if it was read.
    pub fn user_file(&mut self, file: &discover::UserFile, home: Option<&Path>, errors: &mut Vec<Diagnostic>) -> Option<PathBuf> {
        match source::user(&file.path) {
            Ok(Some(source)) => {
                let (entries, wrong) = document::entries(&source, Owner::User { home });
                self.file(entries, |line| Origin::UserFile { path: file.path.clone(), line });
                errors.extend(wrong);
                return Some(file.path.clone());
            }
            Ok(None) if file.named => {
                let problem = Problem::new(format!("there is no file `{}`", file.path.display()));
                errors.push(Diagnostic::about(format!("environment variable {}", names::CONFIG), problem));
            }
            Ok(None) => {}
            Err(unreadable) => errors.push(unreadable),
        }
        None
    }

    pub fn file(&mut self, entries: Vec<Entry>, origin: impl Fn(usize) -> Origin) {
        for entry in entries {
            self.put(entry.spec, entry.value, origin(entry.line));
        }
    }

    pub fn environment(&mut self, env: &EnvSnapshot, home: Option<&Path>, errors: &mut Vec<Diagnostic>) {
        for spec in &raw::KEYS {
            let name = spec.env_name();
            let Some(value) = env.get(&name).filter(|value| !value.is_empty()) else { continue };
            let value = match value.to_str() {
                Some(value) => read::from_text(spec, value, home),
                None => Err(vec![Problem::new("the value is not valid UTF-8")]),
            };
            match value {
                Ok(value) => self.put(spec, value, Origin::Environment(name)),
                Err(problems) => {
                    let place = format!("environment variable {name}");
                    errors.extend(problems.into_iter().map(|p| Diagnostic::about(&*place, p)));
                }
            }
        }
    }

    pub fn flags(&mut self, overrides: &[(String, String)], home: Option<&Path>, errors: &mut Vec<Diagnostic>) {
        for (name, value) in overrides {
            let (section, key) = name.split_once('.').unwrap_or(("", name));
            let result = match raw::find(section, key) {
                Some(spec) => read::from_text(spec, value, home).map(|value| self.put(spec, value, Origin::Flag)),
                None => {
                    let all: Vec<String> = raw::KEYS.iter().map(Spec::name).collect();
                    let meant = text::did_you_mean(name, all.iter().map(String::as_str));
                    let hint = meant.map(|meant| format!("did you mean `{meant}`?"));
                    Err(vec![Problem::new(format!("unknown key `{name}`")).maybe_hint(hint)])
                }
            };
            let place = format!("command line, {name}");
            errors.extend(result.err().unwrap_or_default().into_iter().map(|p| Diagnostic::about(&*place, p)));
        }
    }

    /// Puts one value over what is there.
    fn put(&mut self, spec: &Spec, value: Value, origin: Origin) {
        let settings = &mut self.settings;
        let mut adds = false;
        match (&spec.kind, value) {
            (Kind::Switch(at), Value::Switch(on)) => *at(settings) = on,
            (Kind::Count { at, .. }, Value::Count(n)) => *at(settings) = n,
            (Kind::Cap { at, .. }, Value::Count(n)) => {
                let lowers = at(settings).is_none_or(|before| n < before);
                if matches!(origin, Origin::ProjectFile { .. }) && spec.project == Project::Lowers && !lowers {
                    return;
                }
                *at(settings) = Some(n);
            }
            (Kind::Number { at, .. }, Value::Number(n)) => *at(settings) = n,
            (Kind::Limit { at, .. }, Value::Number(n)) => *at(settings) = Some(n),
            (Kind::Path(at), Value::Path(path)) => *at(settings) = path,
            (Kind::Salt(at), Value::Text(text)) => {
                adds = true;
                join_salt(at(settings), &text);
            }
            (Kind::OptionalText(at), Value::Text(text)) => *at(settings) = Some(text).filter(|t| !t.is_empty()),
            (Kind::Choice(at), Value::Text(word)) => at(settings).choose(&word),
            (Kind::List { at, .. }, Value::List(items)) => {
                adds = true;
                add(at(settings), &items);
            }
            // The reader makes values of the key's own type only.
            (_, Value::Switch(_) | Value::Count(_) | Value::Number(_) | Value::Path(_) | Value::Text(_) | Value::List(_)) => {}
        }
        let origins = self.origins.entry(spec.name()).or_default();
        if !adds {
            origins.clear();
        }
        origins.push(origin);
    }

    pub fn values(&self) -> Vec<Effective> {
        // The table's accessors are for writing, too, so they get a copy.
        let mut settings = self.settings.clone();
        let effective = |spec: &Spec| {
            let mut origins = self.origins.get(&spec.name()).cloned().unwrap_or_default();
            let origin = origins.pop().unwrap_or(Origin::Default);
            Effective { key: spec.name(), value: show(spec, &mut settings), origin, also: origins, doc: spec.doc }
        };
        raw::KEYS.iter().map(effective).collect()
    }
}

/// A key's value as TOML.
pub fn show(spec: &Spec, settings: &mut Settings) -> String {
    let quote = |text: &str| toml::Value::String(text.into()).to_string();
    let unset = || spec.varies.unwrap_or("not set").to_owned();
    match &spec.kind {
        Kind::Switch(at) => at(settings).to_string(),
        Kind::Count { at, .. } => at(settings).to_string(),
        Kind::Number { at, .. } => at(settings).to_string(),
        Kind::Cap { at, .. } => at(settings).map_or_else(unset, |n| n.to_string()),
        Kind::Limit { at, .. } => at(settings).map_or_else(unset, |n| n.to_string()),
        Kind::Path(at) => quote(&at(settings).to_string_lossy()),
        Kind::Salt(at) => quote(at(settings)),
        Kind::OptionalText(at) => at(settings).as_deref().map_or_else(unset, quote),
        Kind::Choice(at) => quote(at(settings).word()),
        Kind::List { at, .. } => {
            let items: Vec<String> = at(settings).iter().map(|item| quote(item)).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

/// Adds what is not there yet.
pub fn add(list: &mut Vec<String>, items: &[String]) {
    for item in items {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

/// The salt of two layers: a layer can make keys more different, never undo another's.
pub fn join_salt(salt: &mut String, more: &str) {
    if !salt.is_empty() && !more.is_empty() {
        salt.push('/');
    }
    salt.push_str(more);
}
