//! One value: from TOML or from text (environment, flag), checked against the type and limits of its key.
//!
//! It must never know which file or layer a value comes from. A value that does not fit is one or more [`Problem`]s.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{Spanned, de::DeValue};

use crate::{
    base::text,
    config::raw::{Item, Kind, Spec},
};

mod items;

pub use items::path;

/// A value that fits its key.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Switch(bool),
    Count(u64),
    Number(f64),
    Path(PathBuf),
    Text(String),
    List(Vec<String>),
}

/// What is wrong with a value, and with which piece of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub hint: Option<String>,
    /// Byte range in the file; without one, the whole value is meant.
    pub span: Option<Range<usize>>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, span: None }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub fn maybe_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }
}

/// A value as it was written.
enum Given<'a> {
    Switch(bool),
    Whole(i64),
    Number(f64),
    Text(&'a str),
    List(Vec<(Given<'a>, Option<Range<usize>>)>),
    Other(&'static str),
}

/// The value of a key in a file.
pub fn from_toml(spec: &Spec, value: &DeValue<'_>, home: Option<&Path>) -> Result<Value, Vec<Problem>> {
    fit(spec, given(value), home)
}

/// The value of a key in a variable or flag; lists are separated by commas.
pub fn from_text(spec: &Spec, text: &str, home: Option<&Path>) -> Result<Value, Vec<Problem>> {
    let text = text.trim();
    let given = match spec.kind {
        Kind::Switch(_) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "on" | "yes" => Given::Switch(true),
            "false" | "0" | "off" | "no" => Given::Switch(false),
            _ => Given::Text(text),
        },
        Kind::Count { .. } | Kind::Cap { .. } => text.parse().map_or(Given::Text(text), Given::Whole),
        Kind::Number { .. } | Kind::Limit { .. } => text.parse().map_or(Given::Text(text), Given::Number),
        Kind::Path(_) | Kind::Salt(_) | Kind::OptionalText(_) | Kind::Choice(_) => Given::Text(text),
        Kind::List { .. } => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Given::List(items.map(|item| (Given::Text(item), None)).collect())
        }
    };
    fit(spec, given, home)
}

fn given<'a>(value: &'a DeValue<'_>) -> Given<'a> {
    let too_large = Given::Other("a number that is too large");
    match value {
        DeValue::Boolean(on) => Given::Switch(*on),
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).map_or(too_large, Given::Whole),
        DeValue::Float(n) => n.as_str().parse().map_or(too_large, Given::Number),
        DeValue::String(text) => Given::Text(text),
        DeValue::Array(items) => {
            let item = |item: &'a Spanned<DeValue<'_>>| (given(item.get_ref()), Some(item.span()));
            Given::List(items.iter().map(item).collect())
        }
        DeValue::Table(_) => Given::Other("a section"),
        DeValue::Datetime(_) => Given::Other("a date"),
    }
}

impl Given<'_> {
    fn describe(&self) -> String {
        match self {
            Self::Switch(on) => format!("`{on}`"),
            Self::Whole(n) => format!("the number `{n}`"),
            Self::Number(n) => format!("the number `{n:?}`"),
            Self::Text(text) => format!("the text `{text}`"),
            Self::List(_) => "a list".into(),
            Self::Other(what) => (*what).into(),
        }
    }
}

fn fit(spec: &Spec, given: Given<'_>, home: Option<&Path>) -> Result<Value, Vec<Problem>> {
    let value = match (&spec.kind, given) {
        (Kind::Switch(_), Given::Switch(on)) => Ok(Value::Switch(on)),
        (Kind::Count { low, high, .. } | Kind::Cap { low, high, .. }, Given::Whole(n)) => match u64::try_from(n) {
            Ok(n) if (*low..=*high).contains(&n) => Ok(Value::Count(n)),
            _ => Err(out_of_range(spec, low, high, &n)),
        },
        (Kind::Number { low, high, .. } | Kind::Limit { low, high, .. }, Given::Number(n)) => number(spec, *low, *high, n),
        (Kind::Number { low, high, .. } | Kind::Limit { low, high, .. }, Given::Whole(n)) => number(spec, *low, *high, n as f64),
        (Kind::Path(_), Given::Text(text)) => path(spec, text, home).map(Value::Path),
        (Kind::Salt(_) | Kind::OptionalText(_), Given::Text(text)) => Ok(Value::Text(text.into())),
        (Kind::Choice(at), Given::Text(text)) => {
            let words = at(&mut crate::config::Settings::default()).words();
            word(spec, &words, text)
        }
        (Kind::List { item, .. }, Given::List(items)) => return list(spec, *item, items),
        (_, given) => Err(wrong_type(spec, &given)),
    };
    value.map_err(|problem| vec![problem])
}

fn wrong_type(spec: &Spec, given: &Given<'_>) -> Problem {
    let (wanted, hint) = match (&spec.kind, given) {
        (Kind::Switch(_), Given::Text("true" | "false")) => ("true or false", Some("leave the quotes out")),
        (Kind::Switch(_), _) => ("true or false", None),
        (Kind::Count { .. } | Kind::Cap { .. }, Given::Text(t)) if t.parse::<i64>().is_ok() => {
            ("a whole number", Some("leave the quotes out"))
        }
        (Kind::Count { .. } | Kind::Cap { .. }, _) => ("a whole number", None),
        (Kind::Number { .. } | Kind::Limit { .. }, Given::Text(t)) if t.parse::<f64>().is_ok() => {
            ("a number", Some("leave the quotes out"))
        }
        (Kind::Number { .. } | Kind::Limit { .. }, _) => ("a number", None),
        (Kind::List { .. }, Given::Text(_)) => ("a list of strings", Some("put it in brackets: `[\"…\"]`")),
        (Kind::List { .. }, _) => ("a list of strings", None),
        (Kind::Path(_) | Kind::Salt(_) | Kind::OptionalText(_) | Kind::Choice(_), Given::Switch(_) | Given::Whole(_)) => {
            ("a string", Some("put it in quotes"))
        }
        (Kind::Path(_) | Kind::Salt(_) | Kind::OptionalText(_) | Kind::Choice(_), _) => ("a string", None),
    };
    Problem::new(format!("`{}` must be {wanted}, found {}", spec.name(), given.describe())).maybe_hint(hint.map(Into::into))
}

fn out_of_range(spec: &Spec, low: &dyn std::fmt::Display, high: &dyn std::fmt::Display, n: &dyn std::fmt::Display) -> Problem {
    Problem::new(format!("`{}` must be between {low} and {high}, found `{n}`", spec.name()))
}

fn number(spec: &Spec, low: f64, high: f64, n: f64) -> Result<Value, Problem> {
    // Written so that NaN is out of range.
    if n >= low && n <= high { Ok(Value::Number(n)) } else { Err(out_of_range(spec, &low, &high, &n)) }
}

fn word(spec: &Spec, words: &[&str], given: &str) -> Result<Value, Problem> {
    if words.contains(&given) {
        return Ok(Value::Text(given.into()));
    }
    let all: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    let hint = text::did_you_mean(given, words.iter().copied()).map(|w| format!("did you mean `{w}`?"));
    let message = format!("`{}` must be {}, found `{given}`", spec.name(), all.join(" or "));
    Err(Problem::new(message).maybe_hint(hint))
}

fn list(spec: &Spec, item: Item, items: Vec<(Given<'_>, Option<Range<usize>>)>) -> Result<Value, Vec<Problem>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (given, span) in items {
        let result = match &given {
            Given::Text(text) => items::check(spec, item, text),
            other => Err(wrong_type(spec, other)),
        };
        match result {
            Ok(text) if good.contains(&text) => {}
            Ok(text) => good.push(text),
            Err(problem) => bad.push(Problem { span, ..problem }),
        }
    }
    if bad.is_empty() { Ok(Value::List(good)) } else { Err(bad) }
}

#[cfg(test)]
mod tests;
