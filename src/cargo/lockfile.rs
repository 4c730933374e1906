//! `Cargo.lock`: which packages from registries and git a workspace depends on.
//!
//! Path dependencies and members have no source and are left out. A file that cannot be read names nothing.

use serde::Deserialize;

use super::package::PackageId;

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    version: String,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// A package of the lock file, from wherever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    pub name: String,
    pub version: String,
    /// Names and versions.
    pub needs: Vec<(String, String)>,
}

/// All packages, in the file's order.
pub fn locked(text: &str) -> Vec<Locked> {
    let Ok(lock) = toml::from_str::<Lock>(text) else { return Vec::new() };
    let version_of = |name: &str| lock.package.iter().find(|p| p.name == name).map(|p| p.version.clone());
    // The version is left out where there is but one.
    let need = |dependency: &String| {
        let mut words = dependency.split(' ');
        let name = words.next()?;
        Some((name.to_owned(), words.next().map(str::to_owned).or_else(|| version_of(name))?))
    };
    let package = |p: &Entry| Locked {
        name: p.name.clone(),
        version: p.version.clone(),
        needs: p.dependencies.iter().filter_map(need).collect(),
    };
    lock.package.iter().map(package).collect()
}

/// The packages that have a source, in the file's order.
pub fn packages(text: &str) -> Vec<PackageId> {
    let Ok(lock) = toml::from_str::<Lock>(text) else { return Vec::new() };
    lock.package.into_iter().filter_map(|p| PackageId::from_lock(&p.name, &p.version, &p.source?)).collect()
}

/// The names of all packages, members among them.
pub fn names(text: &str) -> Vec<String> {
    toml::from_str::<Lock>(text).map(|lock| lock.package.into_iter().map(|p| p.name).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_no_source() {
        let text = r#"
version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["serde"]
[[package]]
name = "serde"
version = "1.0.200"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "ab"
[[package]]
name = "tool"
version = "0.3.0"
source = "git+https://example.org/tool?branch=main#0123456789abcdef0123456789abcdef01234567"
"#;
        let expected = [
            PackageId::Registry { name: "serde".into(), version: "1.0.200".into() },
            PackageId::Git { name: "tool".into(), revision: "0123456".into() },
        ];
        assert_eq!(packages(text), expected);
        assert_eq!(names(text), ["app", "serde", "tool"]);
        assert_eq!(packages("not toml ["), []);
    }

    #[test]
    fn needs_name_versions_only_where_there_are_several() {
        let package = |name: &str, version: &str, needs: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [{needs}]\n")
        };
        let text = package("app", "0.1.0", "\"a\", \"b 2.0.0\", \"b 1.0.0 (registry+x)\"")
            + &package("a", "3.0.0", "")
            + &package("b", "1.0.0", "")
            + &package("b", "2.0.0", "");
        let all = locked(&text);
        let needs: Vec<String> = all[0].needs.iter().map(|(n, v)| format!("{n} {v}")).collect();
        assert_eq!((all.len(), needs.join(", ").as_str()), (4, "a 3.0.0, b 2.0.0, b 1.0.0"));
        assert_eq!(locked("["), []);
    }
}
