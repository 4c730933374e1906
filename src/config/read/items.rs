//! Texts with a meaning: the store's path, and the items of lists.
//!
//! Nothing here looks at the file system; a path is judged by how it is written.

use std::path::{Component, Path, PathBuf};

use crate::{
    base::secret,
    config::{
        raw::{Item, Spec},
        read::Problem,
    },
};

/// A directory of its own: absolute, or below the home directory when it begins with `~/`.
pub fn path(spec: &Spec, text: &str, home: Option<&Path>) -> Result<PathBuf, Problem> {
    let fail = |what: &str| Problem::new(format!("`{}` {what}, found `{text}`", spec.name()));
    let path = match (text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/')), home) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        (Some(_), None) => return Err(fail("cannot begin with `~` while HOME is not set")),
        (None, _) => PathBuf::from(text),
    };
    if text.contains('\0') {
        return Err(fail("must be a path"));
    }
    if !path.is_absolute() {
        let hint = "a relative path would mean another place in each directory";
        return Err(fail("must be an absolute path or begin with `~/`").hint(hint));
    }
    if path.parent().is_none() || home.is_some_and(|home| path == home) {
        return Err(fail("must be a directory of its own").hint("everything in it may be removed by `clean`"));
    }
    Ok(path)
}

/// An item of a list in the form in which it is compared.
pub fn check(spec: &Spec, item: Item, text: &str) -> Result<String, Problem> {
    let name = spec.name();
    match item {
        Item::CrateName => {
            let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
            if text.is_empty() || !text.chars().all(fits) {
                return Err(Problem::new(format!("`{name}` must hold names of crates, found `{text}`")));
            }
            Ok(text.into())
        }
        Item::EnvName => {
            if text.is_empty() || text.contains(['=', '\0']) || text.contains(char::is_whitespace) {
                return Err(Problem::new(format!("`{name}` must hold names of environment variables, found `{text}`")));
            }
            if secret::is_secret_name(text.as_bytes()) {
                let hint = "secrets are kept out of keys; use `cache.key_salt` to separate builds";
                return Err(Problem::new(format!("`{text}` looks like a secret and cannot be part of a key")).hint(hint));
            }
            Ok(text.into())
        }
        Item::InsidePath => inside(text).ok_or_else(|| {
            let message = format!("`{name}` must hold paths inside the workspace, found `{text}`");
            Problem::new(message).hint("a path relative to the workspace's root, without `..`")
        }),
    }
}

/// The path without `.` parts, if it cannot lead out of the directory that it is relative to.
fn inside(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in Path::new(text).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
        }
    }
    (!parts.is_empty() && !text.contains('\0')).then(|| parts.join("/"))
}
