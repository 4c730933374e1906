//! Takes secrets, and who the user is, out of text that will leave the machine or be kept.
//!
//! Secrets are known by value (variables of the environment whose names say so), by form (tokens that can be told by their
//! looks, private keys, passwords in addresses, literals that are assigned to something called a password), and by being too
//! random to be words. It errs on the side of "secret": what is lost is a bit of context for whoever reads the text. It never
//! fails; if its own patterns should not work, nothing at all passes.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

use crate::base::{env::EnvSnapshot, secret};

mod forms;
mod random;

/// Stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Shorter values are words like `true`, and would tear holes into everything.
const SHORTEST: usize = 8;
/// Of lines of a value that has several.
const SHORTEST_LINE: usize = 16;
/// In names of variables, besides those that [`secret`] knows: there a wrong guess costs a cache entry, here next to nothing.
const NAMES: [&str; 8] = ["KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "COOKIE", "DSN", "CONNECTION_STRING"];

/// Knows the secrets of one environment.
pub struct Redactor {
    /// Longest first, so that no secret hides behind a part of itself.
    values: Vec<String>,
    /// Those of this user.
    people: Patterns,
}

/// None if one could not be made.
type Patterns = Option<Vec<(Regex, How)>>;

/// Those that are the same for everybody; making them takes longer than using them.
static SECRETS: LazyLock<Patterns> = LazyLock::new(|| {
    let forms = forms::FORMS.iter().map(|form| ((*form).to_owned(), How::Secret));
    made(forms.chain(forms::LITERALS.iter().map(|form| ((*form).to_owned(), How::MaybeRandom))))
});

fn made(patterns: impl IntoIterator<Item = (String, How)>) -> Patterns {
    patterns.into_iter().map(|(pattern, how)| Some((Regex::new(&pattern).ok()?, how))).collect()
}

/// What a pattern is for.
#[derive(Clone, Copy)]
enum How {
    /// The group `s`, or else everything, is a secret.
    Secret,
    /// The group `s` may be one, if it looks random.
    MaybeRandom,
    /// The group `b` stays, the group `a` stays, and this comes in between.
    Place(&'static str),
}

impl Redactor {
    /// For text that may hold secrets of `env`, or tell whose it is.
    pub fn new(env: &EnvSnapshot) -> Self {
        let mut values: Vec<String> =
            env.iter().filter(|(name, _)| is_secret(name)).flat_map(|(_, value)| looks(value)).collect();
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self { values, people: made(people(env)) }
    }

    /// The text without what must not be told.
    pub fn redact(&self, text: &str) -> String {
        let (Some(secrets), Some(people)) = (&*SECRETS, &self.people) else { return REDACTED.to_owned() };
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), REDACTED);
            }
        }
        for (pattern, how) in secrets.iter().chain(people) {
            if let Cow::Owned(changed) = pattern.replace_all(&text, |found: &Captures<'_>| replaced(found, *how)) {
                text = changed;
            }
        }
        text
    }
}

fn is_secret(name: &[u8]) -> bool {
    let upper = String::from_utf8_lossy(name).to_ascii_uppercase();
    secret::is_secret_name(name) || NAMES.iter().any(|part| upper.contains(part))
}

/// How a value may look in a text: as it is, line by line, and as a literal.
fn looks(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value);
    let whole = text.trim();
    if whole.len() < SHORTEST {
        return Vec::new();
    }
    let mut all = vec![whole.to_owned()];
    if whole.contains('\n') {
        all.extend(whole.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE).map(str::to_owned));
    }
    let literals: Vec<String> = all.iter().map(|value| value.escape_debug().to_string()).collect();
    all.extend(literals);
    all
}

fn people(env: &EnvSnapshot) -> Vec<(String, How)> {
    let mut all = Vec::new();
    let home = env.path("HOME");
    let real = home.as_ref().and_then(|home| home.canonicalize().ok());
    for home in [&home, &real].into_iter().flatten().filter_map(|home| home.to_str()).filter(|home| home.len() > 1) {
        all.push((format!(r"(?<b>){}(?<a>$|[^\w.-])", regex::escape(home.trim_end_matches('/'))), How::Place("~")));
    }
    // Homes of others, in paths that a tool has baked in.
    all.push((r"(?<b>)/(?:home|Users)/[\w.@-]+(?<a>$|[^\w.@-])".to_owned(), How::Place("~")));
    let users = [env.get("USER"), env.get("LOGNAME"), home.as_ref().and_then(|home| home.file_name())];
    for user in users.into_iter().flatten().filter_map(|user| user.to_str()).filter(|user| user.len() > 2 && *user != "root") {
        // In absolute paths only: a module may have any name.
        let user = regex::escape(user);
        all.push((format!(r"(?m)(?<b>(?:^|[^\w./~-])(?:/[\w.@+-]+)*/){user}(?<a>$|[^\w.-])"), How::Place("user")));
    }
    all
}

fn replaced(found: &Captures<'_>, how: How) -> String {
    let whole = &found[0];
    let group = |name| found.name(name).map_or("", |group| group.as_str());
    let secret = found.name("s");
    match how {
        How::Place(instead) => format!("{}{instead}{}", group("b"), group("a")),
        How::MaybeRandom if !random::looks_random(group("s")) => whole.to_owned(),
        How::Secret | How::MaybeRandom => match (found.get(0), secret) {
            (Some(all), Some(secret)) => {
                let (start, end) = (secret.start() - all.start(), secret.end() - all.start());
                format!("{}{REDACTED}{}", &whole[..start], &whole[end..])
            }
            _ => REDACTED.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests;
