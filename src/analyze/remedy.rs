//! Changes that can be applied safely, as edits of the workspace's manifest: what was there stays, and the rest is understood
//! before it is changed.
//!
//! It must never read or write a file. A text that is not understood, or in which the change would not mean what it should,
//! is refused. A change of another file (a linker in our own configuration) would be another variant of [`Remedy`], with the
//! file that it is about.

use toml_edit::{DocumentMut, Item, Table, TableLike, value};

/// A change with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Line tables instead of full debug information for dependencies in the dev profile.
    DependencyDebugInfo,
}

/// Why a text was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("not valid TOML: {0}")]
    Syntax(String),
    #[error("`{0}` is not written as a table, and cannot be edited safely")]
    NoTable(String),
    #[error("it is set already: `{0}`")]
    Set(String),
}

impl Refused {
    /// What the user can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "mend the file first; cargo cannot read it either",
            Self::NoTable(_) => "write it as a table with one key a line, or make the change by hand",
            Self::Set(_) => "it is left as it is; change it by hand if it is not meant",
        }
    }
}

/// Where the setting stands.
const DEBUG: [&str; 4] = ["profile", "dev", "package", "*"];
const KEY: &str = "debug";
const LINE_TABLES: &str = "line-tables-only";

impl Remedy {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::DependencyDebugInfo];

    /// For `--apply`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DependencyDebugInfo => "dependency-debug-info",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// The change in one line.
    pub fn summary(self) -> &'static str {
        match self {
            Self::DependencyDebugInfo => "[profile.dev.package.\"*\"] debug = \"line-tables-only\"",
        }
    }

    /// Whether the text leaves room for it.
    pub fn applies_to(self, manifest: &str) -> bool {
        let Ok(doc) = manifest.parse::<DocumentMut>() else { return false };
        let little = |item: &Item| {
            item.as_bool() == Some(false)
                || item.as_integer().is_some_and(|n| n < 2)
                || item.as_str().is_some_and(|s| s != "full")
        };
        let dev = ["profile", "dev"].iter().try_fold(doc.as_item(), |item, key| item.as_table_like()?.get(key));
        let dev_debug = dev.and_then(|dev| dev.as_table_like()?.get(KEY));
        find(doc.as_item()).is_none() && !dev_debug.is_some_and(little)
    }

    /// The text with the change.
    ///
    /// # Errors
    /// If it is not understood, or says something about the matter already.
    pub fn apply(self, manifest: &str) -> Result<String, Refused> {
        let mut doc: DocumentMut = manifest.parse().map_err(|e: toml_edit::TomlError| Refused::Syntax(e.message().to_owned()))?;
        if let Some(set) = find(doc.as_item()) {
            return Err(Refused::Set(format!("{KEY} = {}", set.to_string().trim())));
        }
        let mut table: &mut dyn TableLike = doc.as_table_mut();
        for (depth, key) in DEBUG.iter().enumerate() {
            let last = depth + 1 == DEBUG.len();
            let item = table.entry(key).or_insert_with(|| {
                let mut new = Table::new();
                new.set_implicit(!last);
                Item::Table(new)
            });
            table = item.as_table_like_mut().ok_or_else(|| Refused::NoTable(DEBUG[..=depth].join(".")))?;
        }
        table.insert(KEY, value(LINE_TABLES));
        let new = doc.to_string();
        // A manifest that ended without a line break would otherwise get one in the middle of the change alone.
        let means_it =
            new.parse::<DocumentMut>().is_ok_and(|doc| find(doc.as_item()).and_then(Item::as_str) == Some(LINE_TABLES));
        if means_it { Ok(new) } else { Err(Refused::NoTable(DEBUG.join("."))) }
    }
}

fn find(root: &Item) -> Option<&Item> {
    DEBUG.iter().try_fold(root, |item, key| item.as_table_like()?.get(key))?.as_table_like()?.get(KEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REMEDY: Remedy = Remedy::DependencyDebugInfo;

    #[test]
    fn what_was_there_stays() {
        let cases = [
            ("[package]\nname = 'x' # why\n", "\n[profile.dev.package.\"*\"]\ndebug = \"line-tables-only\"\n"),
            ("[profile.dev]\nopt-level = 1\n", "\n[profile.dev.package.\"*\"]\ndebug = \"line-tables-only\"\n"),
        ];
        for (before, added) in cases {
            assert!(REMEDY.applies_to(before));
            assert_eq!(REMEDY.apply(before), Ok(format!("{before}{added}")), "{before}");
        }
        let between = "[profile.dev.package.\"*\"]\nopt-level = 1\n[lib]\nname = 'y'\n";
        let expected = "[profile.dev.package.\"*\"]\nopt-level = 1\ndebug = \"line-tables-only\"\n[lib]\nname = 'y'\n";
        assert_eq!(REMEDY.apply(between), Ok(expected.into()));
        let other = "[profile.dev.package.\"*\"]\ndebug = \"line-tables-only\"\n";
        assert!(matches!(REMEDY.apply(other), Err(Refused::Set(_))));
    }

    #[test]
    fn what_is_set_or_not_understood_is_left_alone() {
        for set in ["debug = false", "debug = 1", "debug = \"line-tables-only\""] {
            assert!(!REMEDY.applies_to(&format!("[profile.dev]\n{set}\n")), "{set}");
            assert!(!REMEDY.applies_to(&format!("[profile.dev.package.\"*\"]\n{set}\n")), "{set}");
        }
        assert!(REMEDY.applies_to("[profile.dev]\ndebug = 2\n") && !REMEDY.applies_to("["));
        assert!(matches!(REMEDY.apply("["), Err(Refused::Syntax(_))));
        assert_eq!(REMEDY.apply("profile = 1\n"), Err(Refused::NoTable("profile".into())));
        assert_eq!(Remedy::named("dependency-debug-info"), Some(REMEDY));
        assert_eq!(Remedy::named("x"), None);
    }
}
