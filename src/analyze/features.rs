//! Which features pull in packages that nothing else needs.
//!
//! Only what can be told for certain is told: a feature that switches on optional dependencies, directly or through other
//! features of the same package, and that no other package asks for. What the code behind a feature costs in the package
//! itself cannot be told from times of whole crates; nor whether the project uses it.

use std::collections::{BTreeMap, BTreeSet};

use crate::cargo::metadata::{Metadata, Package};

/// A feature that a member asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weighty {
    /// The member.
    pub member: String,
    pub manifest: String,
    pub dependency: String,
    pub feature: String,
    /// It comes with `default`, or with another feature that was asked for: `None` if it is named itself.
    pub through: Option<String>,
    /// Packages that would not be needed, by name and version.
    pub packages: BTreeSet<(String, String)>,
}

/// All of them that would spare a package.
pub fn weighty(metadata: &Metadata) -> Vec<Weighty> {
    let edges = metadata.edges();
    let all = reachable(metadata, &edges, |_, _| true);
    let mut found = Vec::new();
    for member in metadata.workspace_members.iter().filter_map(|id| metadata.package(id)) {
        for (key, id) in edges.get(member.id.as_str()).into_iter().flatten() {
            let Some(package) = metadata.package(id) else { continue };
            let own = requests(member, key, metadata.enabled(&member.id));
            let others = requests_of_others(metadata, &edges, member, id);
            let closure = features_of(package, &own, None);
            for feature in closure.iter().filter(|f| package.features.contains_key(**f)) {
                let kept = features_of(package, &own, Some(feature));
                let kept: BTreeSet<&str> = kept.union(&features_of(package, &others, None)).copied().collect();
                if kept.contains(feature) {
                    continue;
                }
                let lost = lost(package, &closure, &kept);
                if lost.is_empty() {
                    continue;
                }
                let still = reachable(metadata, &edges, |from, key| from != package.id || !lost.contains(key));
                let packages = all.difference(&still).filter_map(|id| metadata.package(id));
                let packages: BTreeSet<_> = packages.map(|p| (p.name.clone(), p.version.clone())).collect();
                if !packages.is_empty() {
                    let through = (!own.contains(feature)).then(|| way(package, &own, feature)).flatten();
                    found.push(Weighty {
                        member: member.name.clone(),
                        manifest: member.manifest_path.display().to_string(),
                        dependency: (*key).to_owned(),
                        feature: (*feature).to_owned(),
                        through,
                        packages,
                    });
                }
            }
        }
    }
    fewest(found)
}

/// Of features that spare the same packages, the one that says most precisely what it is about.
fn fewest(mut found: Vec<Weighty>) -> Vec<Weighty> {
    // What was named by the user comes first; then those that need the longest way.
    found.sort_by_key(|w| (w.member.clone(), w.dependency.clone(), w.packages.clone(), w.through.is_some()));
    found.dedup_by(|b, a| a.member == b.member && a.dependency == b.dependency && a.packages == b.packages);
    found
}

/// The features of a dependency that a package asks for.
fn requests<'a>(package: &'a Package, key: &str, enabled: &'a [String]) -> BTreeSet<&'a str> {
    let mut all = BTreeSet::new();
    for dependency in package.dependencies.iter().filter(|d| d.key() == key) {
        all.extend(dependency.features.iter().map(String::as_str));
        if dependency.uses_default_features {
            all.insert("default");
        }
    }
    // `dependency/feature` among the package's own.
    let own = enabled.iter().filter_map(|f| package.features.get(f)).flatten();
    all.extend(own.filter_map(|item| item.split_once('/')).filter(|(d, _)| d.trim_end_matches('?') == key).map(|(_, f)| f));
    all
}

fn requests_of_others<'a>(
    metadata: &'a Metadata,
    edges: &BTreeMap<&str, Vec<(&str, &str)>>,
    member: &Package,
    id: &str,
) -> BTreeSet<&'a str> {
    let mut all = BTreeSet::new();
    for package in metadata.packages.iter().filter(|p| p.id != member.id) {
        for (key, _) in edges.get(package.id.as_str()).into_iter().flatten().filter(|(_, to)| *to == id) {
            all.extend(requests(package, key, metadata.enabled(&package.id)));
        }
    }
    all
}

/// Everything that these features switch on in their package: features, `dep:x`, `x/y`. One of them is passed over.
fn features_of<'a>(package: &'a Package, wanted: &BTreeSet<&'a str>, but: Option<&str>) -> BTreeSet<&'a str> {
    let mut todo: Vec<&str> = wanted.iter().copied().collect();
    let mut all = BTreeSet::new();
    while let Some(one) = todo.pop() {
        if Some(one) != but && all.insert(one) {
            todo.extend(package.features.get(one).into_iter().flatten().map(String::as_str));
        }
    }
    all
}

/// Optional dependencies, by their names in the manifest, that the first set switches on and the second does not.
fn lost<'a>(package: &'a Package, with: &BTreeSet<&str>, without: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let on = |set: &BTreeSet<&str>, key: &str| {
        set.iter().any(|item| match item.split_once('/') {
            Some((dependency, _)) => dependency == key,
            None => *item == key || item.strip_prefix("dep:") == Some(key),
        })
    };
    let required = |key: &str| package.dependencies.iter().any(|d| d.key() == key && !d.optional);
    let optional = package.dependencies.iter().filter(|d| d.optional).map(|d| d.key());
    optional.filter(|key| on(with, key) && !on(without, key) && !required(key)).collect()
}

/// The feature that was asked for and leads to this one.
fn way(package: &Package, own: &BTreeSet<&str>, feature: &str) -> Option<String> {
    own.iter().find(|f| features_of(package, &BTreeSet::from([**f]), None).contains(feature)).map(|f| (*f).to_owned())
}

fn reachable<'a>(
    metadata: &'a Metadata,
    edges: &BTreeMap<&'a str, Vec<(&'a str, &'a str)>>,
    stands: impl Fn(&str, &str) -> bool,
) -> BTreeSet<&'a str> {
    let mut todo: Vec<&str> = metadata.workspace_members.iter().map(String::as_str).collect();
    let mut all = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if all.insert(id) {
            todo.extend(edges.get(id).into_iter().flatten().filter(|(key, _)| stands(id, key)).map(|(_, to)| *to));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `app` asks `big` for defaults and `net`; `net` brings `tls` and `sockets`, `default` brings `colour`, which `other`
    /// asks for as well.
    fn metadata(other_wants_net: bool) -> Metadata {
        let dependency = |name: &str, optional: bool, features: &[&str]| json!({"name": name, "optional": optional, "features": features, "uses_default_features": true});
        let package = |name: &str, features: serde_json::Value, dependencies: Vec<serde_json::Value>| {
            json!({"id": name, "name": name, "version": "1.0.0", "manifest_path": format!("/{name}/Cargo.toml"),
                   "features": features, "dependencies": dependencies})
        };
        let node = |name: &str, deps: &[&str], features: &[&str]| {
            let deps: Vec<_> = deps.iter().map(|d| json!({"name": d, "pkg": d})).collect();
            json!({"id": name, "deps": deps, "features": features})
        };
        let wish: &[&str] = if other_wants_net { &["net"] } else { &[] };
        let document = json!({
            "workspace_members": ["app"],
            "packages": [
                package("app", json!({}), vec![dependency("big", false, &["net"]), dependency("other", false, &[])]),
                package(
                    "big",
                    json!({"default": ["colour", "fast"], "colour": ["dep:ansi"], "fast": [], "net": ["tls", "sockets"],
                           "tls": ["dep:tls"], "sockets": ["dep:sockets", "tls?/x"]}),
                    vec![dependency("ansi", true, &[]), dependency("tls", true, &[]), dependency("sockets", true, &[])],
                ),
                package("other", json!({}), vec![dependency("big", false, wish), dependency("sockets", false, &[])]),
                package("ansi", json!({}), vec![]),
                package("tls", json!({}), vec![dependency("ring", false, &[])]),
                package("ring", json!({}), vec![]),
                package("sockets", json!({}), vec![]),
            ],
            "resolve": {"nodes": [
                node("app", &["big", "other"], &[]),
                node("big", &["ansi", "tls", "sockets"], &["colour", "default", "fast", "net", "sockets", "tls"]),
                node("other", &["big", "sockets"], &[]),
                node("tls", &["ring"], &[]),
            ]},
        });
        Metadata::parse(document.to_string().as_bytes()).expect("a document")
    }

    #[test]
    fn only_what_nothing_else_needs() {
        let found = weighty(&metadata(false));
        let told: Vec<String> = found
            .iter()
            .map(|w| {
                let names: Vec<&str> = w.packages.iter().map(|(n, _)| n.as_str()).collect();
                format!("{} {} {:?} {}", w.dependency, w.feature, w.through.as_deref(), names.join("+"))
            })
            .collect();
        // `colour` is asked for by `other` as well (by default), `sockets` is needed by it.
        assert_eq!(told, ["big net None ring+tls"]);
        assert_eq!(weighty(&metadata(true)), [], "another package asks for it");
        assert_eq!(weighty(&Metadata::default()), []);
    }
}
