//! What a copy of a workspace needs: its members, the packages beside it, and who of them runs while others are compiled.
//!
//! It must never run anything; what cargo says of the workspace is told to it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::cargo::{
    metadata::{Metadata, Package},
    workspace,
};

/// A workspace, with real paths.
#[derive(Debug, Clone)]
pub struct Project {
    pub root: PathBuf,
    members: Vec<Member>,
    /// Directories outside of the root that have to be copied too, and single manifests above them.
    pub beside: Vec<PathBuf>,
    pub manifests_beside: Vec<PathBuf>,
}

/// A package of the workspace.
#[derive(Debug, Clone)]
struct Member {
    dir: PathBuf,
    build_script: Option<PathBuf>,
    /// Its code runs while others are compiled: a procedural macro, or what one or a build script needs.
    runs: bool,
}

/// Who a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A member; it is compiled and never runs during a check.
    Compiled,
    /// A member, in a part that runs during a check.
    Running,
    Nobody,
}

impl Project {
    /// From `cargo metadata` with dependencies.
    pub fn of(metadata: &Metadata) -> Self {
        let root = metadata.workspace_root.clone();
        let dir = |p: &Package| p.manifest_path.parent().map(Path::to_owned);
        let own: Vec<&Package> = metadata.packages.iter().filter(|p| p.source.is_none()).collect();
        let running = running(&own);
        let is_member = |p: &&&Package| metadata.workspace_members.contains(&p.id);
        let member = |p: &&Package| {
            let script = p.targets.iter().find(|t| t.kind.iter().any(|k| k == "custom-build"));
            Some(Member { dir: dir(p)?, build_script: script.map(|t| t.src_path.clone()), runs: running.contains(&p.id) })
        };
        let members = own.iter().filter(is_member).filter_map(member).collect();
        let outside: Vec<PathBuf> = own.iter().filter_map(|p| dir(p)).filter(|d| !d.starts_with(&root)).collect();
        // One may lie in another.
        let beside: Vec<PathBuf> =
            outside.iter().filter(|d| !outside.iter().any(|o| o != *d && d.starts_with(o))).cloned().collect();
        let above = beside.iter().filter_map(|d| workspace::root(d, None)).filter(|w| !beside.iter().any(|d| w.starts_with(d)));
        let manifests_beside = above.filter(|w| !w.starts_with(&root)).map(|w| w.join("Cargo.toml")).collect();
        Self { root, members, beside, manifests_beside }
    }

    /// The directories of the members.
    pub fn dirs(&self) -> Vec<PathBuf> {
        self.members.iter().map(|member| member.dir.clone()).collect()
    }

    /// The lowest directory that has everything in it.
    pub fn top(&self) -> PathBuf {
        let all = || self.beside.iter().chain(&self.manifests_beside);
        let top = self.root.ancestors().find(|dir| all().all(|other| other.starts_with(dir)));
        top.unwrap_or(&self.root).to_owned()
    }

    /// Of a file, by its real path.
    pub fn owner(&self, file: &Path) -> Owner {
        if !file.starts_with(&self.root) {
            return Owner::Nobody;
        }
        let of = |m: &&Member| file.starts_with(&m.dir);
        let Some(member) = self.members.iter().filter(of).max_by_key(|m| m.dir.as_os_str().len()) else { return Owner::Nobody };
        // Another package that is no member, or an example project, has a manifest of its own in between.
        let dirs = file.ancestors().skip(1).take_while(|d| *d != member.dir);
        if dirs.into_iter().any(|d| d.join("Cargo.toml").exists()) {
            return Owner::Nobody;
        }
        if member.runs || member.build_script.as_ref().is_some_and(|script| is_of_script(file, script, &member.dir)) {
            Owner::Running
        } else {
            Owner::Compiled
        }
    }
}

/// Whether a file may be compiled into a build script. Its modules lie beside it; what it takes from elsewhere is not followed,
/// so then everything may be.
fn is_of_script(file: &Path, script: &Path, dir: &Path) -> bool {
    let compiled = ["src", "tests", "examples", "benches"].map(|d| dir.join(d));
    if file == script || script.starts_with(dir.join("src")) || !compiled.iter().any(|d| file.starts_with(d)) {
        return true;
    }
    // Modules of `build.rs` that are in `src` or `tests` have to be named so.
    let text = std::fs::read_to_string(script).unwrap_or_else(|_| "include!".into());
    ["include!", "path", "mod src", "mod tests", "mod examples", "mod benches", "macro_rules"].iter().any(|w| text.contains(w))
}

/// Packages whose code runs while something is compiled.
fn running(own: &[&Package]) -> BTreeSet<String> {
    let by_dir = |dir: &Path| own.iter().find(|p| p.manifest_path.parent() == Some(dir));
    let is_macro = |p: &&&Package| p.targets.iter().any(|t| t.kind.iter().any(|k| k == "proc-macro"));
    let mut next: Vec<&Package> = own.iter().filter(is_macro).copied().collect();
    let for_scripts = own.iter().flat_map(|p| &p.dependencies).filter(|d| d.kind.as_deref() == Some("build"));
    next.extend(for_scripts.filter_map(|d| by_dir(d.path.as_deref()?)));
    let mut all = BTreeSet::new();
    while let Some(package) = next.pop() {
        if all.insert(package.id.clone()) {
            next.extend(package.dependencies.iter().filter_map(|d| by_dir(d.path.as_deref()?)));
        }
    }
    all
}

#[cfg(test)]
pub mod tests {
    use std::fs;

    use super::*;
    use crate::cargo::metadata::{Dependency, Target};

    /// Name, kind of its target, whether it has a build script, what it needs (name and kind).
    type Sketch<'a> = (&'a str, &'a str, bool, &'a [(&'a str, &'a str)]);

    /// A workspace in `root`.
    pub fn project(root: &Path, packages: &[Sketch<'_>]) -> Project {
        let mut metadata = Metadata { workspace_root: root.into(), ..Metadata::default() };
        for (name, kind, has_script, needs) in packages {
            let dir = root.join(name).components().fold(PathBuf::new(), |mut dir, part| {
                match part {
                    std::path::Component::ParentDir => drop(dir.pop()),
                    part => dir.push(part),
                }
                dir
            });
            fs::create_dir_all(dir.join("src")).expect("made");
            fs::write(dir.join("Cargo.toml"), "[package]\nname = \"x\"\n").expect("written");
            fs::write(dir.join("src/lib.rs"), "pub fn f() {}\n").expect("written");
            let mut targets = vec![Target { kind: vec![(*kind).into()], src_path: dir.join("src/lib.rs") }];
            if *has_script {
                fs::write(dir.join("build.rs"), "mod helper;\nfn main() {}\n").expect("written");
                targets.push(Target { kind: vec!["custom-build".into()], src_path: dir.join("build.rs") });
            }
            let need = |(name, kind): &(&str, &str)| Dependency {
                path: Some(root.join(name)),
                kind: (!kind.is_empty()).then(|| (*kind).into()),
                ..Dependency::default()
            };
            let dependencies = needs.iter().map(need).collect();
            if !name.starts_with("..") {
                metadata.workspace_members.push((*name).into());
            }
            let manifest_path = dir.join("Cargo.toml");
            metadata.packages.push(Package { id: (*name).into(), manifest_path, targets, dependencies, ..Package::default() });
        }
        Project::of(&metadata)
    }

    #[test]
    fn what_runs_while_others_are_compiled() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = dir.path().join("w");
        let project = project(
            &root,
            &[
                ("app", "bin", true, &[("derive", ""), ("tool", "build"), ("plain", "")]),
                ("derive", "proc-macro", false, &[("helper", "")]),
                ("helper", "lib", false, &[]),
                ("tool", "lib", false, &[]),
                ("plain", "lib", false, &[]),
                ("../beside", "lib", false, &[]),
            ],
        );
        for (file, owner) in [
            ("app/src/lib.rs", Owner::Compiled),
            ("app/build.rs", Owner::Running),
            ("app/helper.rs", Owner::Running),
            ("app/build/helper.rs", Owner::Running),
            ("derive/src/lib.rs", Owner::Running),
            ("helper/src/lib.rs", Owner::Running),
            ("tool/src/lib.rs", Owner::Running),
            ("plain/src/a/b.rs", Owner::Compiled),
            ("other/src/lib.rs", Owner::Nobody),
            ("../beside/src/lib.rs", Owner::Nobody),
        ] {
            assert_eq!(project.owner(&root.join(file)), owner, "{file}");
        }
        fs::write(root.join("app/build.rs"), "#[path = \"src/lib.rs\"] mod x;").expect("written");
        assert_eq!(project.owner(&root.join("app/src/lib.rs")), Owner::Running);
        fs::create_dir_all(root.join("plain/src/sub")).expect("made");
        fs::write(root.join("plain/src/sub/Cargo.toml"), "").expect("written");
        assert_eq!(project.owner(&root.join("plain/src/sub/x.rs")), Owner::Nobody);
        assert_eq!((project.top(), &project.beside[..]), (dir.path().to_owned(), &[dir.path().join("beside")][..]));
    }
}
