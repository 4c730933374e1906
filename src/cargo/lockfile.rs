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
}
