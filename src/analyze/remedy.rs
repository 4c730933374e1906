//! Changes that can be applied safely, as edits of the workspace's manifest or of our own configuration: what was there stays,
//! and the rest is understood before it is changed.
//!
//! It must never read or write a file. A text that is not understood, or in which the change would not mean what it should,
//! is refused.

use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use crate::config::Linker;

/// A change with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Line tables instead of full debug information for dependencies in the dev profile.
    DependencyDebugInfo,
    /// Who links, for all of the user's projects.
    Linker(Linker),
}

/// The file that a change is made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `Cargo.toml` of the workspace.
    Manifest,
    /// The user's configuration of this program.
    Configuration,
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

/// A key and what it is set to.
struct Setting {
    tables: &'static [&'static str],
    key: &'static str,
    value: &'static str,
}

impl Remedy {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::DependencyDebugInfo,
        Self::Linker(Linker::Auto),
        Self::Linker(Linker::Wild),
        Self::Linker(Linker::Lld),
        Self::Linker(Linker::Mold),
        Self::Linker(Linker::System),
    ];

    /// For `--apply`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DependencyDebugInfo => "dependency-debug-info",
            Self::Linker(Linker::Auto) => "linker-auto",
            Self::Linker(Linker::Wild) => "linker-wild",
            Self::Linker(Linker::Lld) => "linker-lld",
            Self::Linker(Linker::Mold) => "linker-mold",
            Self::Linker(Linker::System) => "linker-system",
        }
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// By the value of `[performance] linker`.
    pub fn of_linker(setting: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| matches!(r, Self::Linker(linker) if linker.name() == setting))
    }

    /// The file that it changes.
    pub fn place(self) -> Place {
        match self {
            Self::DependencyDebugInfo => Place::Manifest,
            Self::Linker(_) => Place::Configuration,
        }
    }

    /// The change in one line.
    pub fn summary(self) -> String {
        match self {
            Self::DependencyDebugInfo => "[profile.dev.package.\"*\"] debug = \"line-tables-only\"".to_owned(),
            Self::Linker(linker) => format!("[performance] linker = \"{}\"", linker.name()),
        }
    }

    /// Whether the text leaves room for it.
    pub fn applies_to(self, text: &str) -> bool {
        let Ok(doc) = text.parse::<DocumentMut>() else { return false };
        let setting = self.setting();
        let set = setting.find(doc.as_item());
        match self {
            Self::Linker(_) => set.is_none_or(|item| item.as_str() != Some(setting.value)),
            Self::DependencyDebugInfo => {
                let little = |item: &Item| {
                    item.as_bool() == Some(false)
                        || item.as_integer().is_some_and(|n| n < 2)
                        || item.as_str().is_some_and(|s| s != "full")
                };
                let dev = ["profile", "dev"].iter().try_fold(doc.as_item(), |item, key| item.as_table_like()?.get(key));
                let dev_debug = dev.and_then(|dev| dev.as_table_like()?.get(setting.key));
                set.is_none() && !dev_debug.is_some_and(little)
            }
        }
    }

    /// The text with the change.
    ///
    /// # Errors
    /// If it is not understood, or says something about the matter already that is not to be replaced.
    pub fn apply(self, text: &str) -> Result<String, Refused> {
        let mut doc: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| Refused::Syntax(e.message().to_owned()))?;
        let Setting { tables, key, value: wanted } = self.setting();
        let set = self.setting().find(doc.as_item());
        // Another linker than before is a change; what a manifest says is meant.
        let stays = |set: &Item| self == Self::DependencyDebugInfo || set.as_str() == Some(wanted);
        if let Some(set) = set.filter(|set| stays(set)) {
            return Err(Refused::Set(format!("{key} = {}", set.to_string().trim())));
        }
        let mut table: &mut dyn TableLike = doc.as_table_mut();
        for (depth, name) in tables.iter().enumerate() {
            let last = depth + 1 == tables.len();
            let item = table.entry(name).or_insert_with(|| {
                let mut new = Table::new();
                new.set_implicit(!last);
                Item::Table(new)
            });
            table = item.as_table_like_mut().ok_or_else(|| Refused::NoTable(tables[..=depth].join(".")))?;
        }
        // What stands behind a value stays there.
        let decor = table.get(key).and_then(Item::as_value).map(|v| v.decor().clone());
        let mut new = value(wanted);
        if let (Some(decor), Some(value)) = (decor, new.as_value_mut()) {
            *value.decor_mut() = decor;
        }
        table.insert(key, new);
        let new = doc.to_string();
        // A text that ended without a line break would otherwise get one in the middle of the change alone.
        let means_it =
            new.parse::<DocumentMut>().is_ok_and(|doc| self.setting().find(doc.as_item()).and_then(Item::as_str) == Some(wanted));
        if means_it { Ok(new) } else { Err(Refused::NoTable(tables.join("."))) }
    }

    fn setting(self) -> Setting {
        match self {
            Self::DependencyDebugInfo => {
                Setting { tables: &["profile", "dev", "package", "*"], key: "debug", value: "line-tables-only" }
            }
            Self::Linker(linker) => Setting { tables: &["performance"], key: "linker", value: linker.name() },
        }
    }
}

impl Setting {
    fn find<'a>(&self, root: &'a Item) -> Option<&'a Item> {
        self.tables.iter().try_fold(root, |item, key| item.as_table_like()?.get(key))?.as_table_like()?.get(self.key)
    }
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

    #[test]
    fn a_linker_is_set_or_replaced_in_the_users_configuration() {
        let mold = Remedy::of_linker("mold").expect("there");
        assert_eq!((mold.name(), mold.place()), ("linker-mold", Place::Configuration));
        for (before, after) in [
            ("", "[performance]\nlinker = \"mold\"\n"),
            ("[ai]\nx = 1", "[ai]\nx = 1\n\n[performance]\nlinker = \"mold\"\n"),
            ("[performance]\nlinker = \"lld\" # mine\n", "[performance]\nlinker = \"mold\" # mine\n"),
            ("performance.linker = \"lld\"\n", "performance.linker = \"mold\"\n"),
        ] {
            assert!(mold.applies_to(before));
            assert_eq!(mold.apply(before).as_deref(), Ok(after));
            assert!(matches!(mold.apply(after), Err(Refused::Set(_))) && !mold.applies_to(after));
        }
        assert_eq!(mold.apply("performance = 3\n"), Err(Refused::NoTable("performance".into())));
    }
}
