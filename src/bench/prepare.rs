//! What happens before the clock runs: sources are copied, crates downloaded, the project is built once by plain cargo (which
//! shows that it can be, and warms the page cache), and a function is chosen that can be edited.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use super::{
    edit::Edits,
    error::BenchError,
    project::{self, Member},
    run::{Stop, run},
    site::{self, Site},
    tool::{Programs, Tool},
};
use crate::{
    base::fs::at,
    cargo::{metadata::Metadata, sources},
    rustc::depinfo::DepInfo,
};

/// How many functions are tried, and of one package.
const TRIES: usize = 8;
const TRIES_OF_ONE: usize = 3;

/// A function that can be edited.
#[derive(Debug, Clone)]
pub struct Chosen {
    pub package: String,
    /// Below the root of the project.
    pub file: PathBuf,
    /// The file as it is.
    pub text: String,
    pub site: Site,
    pub dependents: usize,
}

/// Sources with everything that they need.
pub struct Prepared {
    /// The copy from which all others are made.
    pub source: PathBuf,
    pub name: String,
    /// Where cargo runs, below the root.
    pub below: PathBuf,
    /// Packages, build scripts and programs that a clean build makes.
    pub units: u64,
    /// The user's settings send cargo elsewhere, so it has to be told.
    pub stray: bool,
    pub chosen: Option<Chosen>,
}

/// One line of `--message-format json`.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    fresh: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Something to be prepared, and where.
pub struct Preparation<'a> {
    pub programs: &'a Programs,
    /// Where the user is.
    pub dir: &'a Path,
    pub scratch: &'a Path,
    pub words: &'a [OsString],
    pub stop: Stop<'a>,
}

impl Preparation<'_> {
    /// Prepares; with `edits`, a function is chosen, in `file` if one is named.
    ///
    /// # Errors
    /// If the project cannot be copied or built, or nothing can be edited.
    pub fn run(&self, edits: bool, file: Option<&Path>) -> Result<Prepared, BenchError> {
        let metadata = project::metadata(self.programs, self.dir)?;
        let root = metadata.workspace_root.clone();
        if let Some(outside) = project::outside(&metadata) {
            return Err(BenchError::Outside(outside.to_owned(), root));
        }
        let below = self.dir.strip_prefix(&root).unwrap_or(Path::new("")).to_owned();
        let source = self.scratch.join("source");
        sources::copy(&root, &source)?;
        self.cargo(&source.join(&below), &["fetch"], "fetch")?;
        let metadata = project::metadata(self.programs, &source.join(&below))?;
        let build = metadata.build_directory.as_ref().unwrap_or(&metadata.target_directory);
        let usual = source.join("target");
        let stray = metadata.target_directory != usual || *build != usual;
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut prepared = Prepared { source, name, below, units: 0, stray, chosen: None };
        let trial = self.scratch.join("trial");
        sources::copy(&prepared.source, &trial)?;
        let messages = self.build(&prepared, &trial)?;
        prepared.units = messages.len() as u64;
        if edits {
            prepared.chosen = Some(self.choose(&prepared, &trial, &metadata, &messages, file)?);
        }
        fs::remove_dir_all(&trial).map_err(|e| at(&trial, e))?;
        Ok(prepared)
    }

    fn cargo(&self, dir: &Path, words: &[&str], log: &str) -> Result<(), BenchError> {
        let mut command = self.programs.command(&self.programs.cargo, dir);
        command.args(words);
        self.finish(&mut command, log)?;
        Ok(())
    }

    /// What a command has printed; its errors stay in the same log.
    fn finish(&self, command: &mut Command, log: &str) -> Result<String, BenchError> {
        let log = self.scratch.join("logs").join(log);
        let measured = run(command, &log, None, self.stop)?;
        let said = fs::read_to_string(&log).map_err(|e| at(&log, e))?;
        if measured.status.success() {
            return Ok(said);
        }
        let words: Vec<String> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
        Err(BenchError::Cargo { what: format!("`cargo {}`", words.join(" ")), said: last_lines(&said) })
    }

    /// Builds with plain cargo and gives what there is to be built.
    fn build(&self, prepared: &Prepared, root: &Path) -> Result<Vec<Message>, BenchError> {
        let mut words = self.words.to_vec();
        // In front of what may stand behind `--`.
        words.insert(words.len().min(1), "--message-format=json-render-diagnostics".into());
        let mut command = self.programs.build(Tool::Plain, root, &root.join(&prepared.below), &words);
        prepared.stay_in(root, &mut command);
        let said = self.finish(&mut command, "trial")?;
        let artifacts = said.lines().filter_map(|l| serde_json::from_str::<Message>(l).ok());
        Ok(artifacts.filter(|m| m.reason == "compiler-artifact").collect())
    }

    /// The first function of which an edit is built and counts.
    fn choose(
        &self,
        prepared: &Prepared,
        trial: &Path,
        metadata: &Metadata,
        messages: &[Message],
        file: Option<&Path>,
    ) -> Result<Chosen, BenchError> {
        let mut tried = 0;
        for member in project::members(metadata) {
            // The members of the trial stand elsewhere.
            let Ok(below) = member.dir.strip_prefix(&prepared.source) else { continue };
            let manifest = trial.join(below).join("Cargo.toml");
            let built = messages.iter().filter(|m| m.manifest_path == manifest).collect::<Vec<_>>();
            for (file, site) in candidates(trial, &trial.join(below), &member, &built, file).into_iter().take(TRIES_OF_ONE) {
                tried += 1;
                let text = fs::read_to_string(trial.join(&file)).map_err(|e| at(&file, e))?;
                fs::write(trial.join(&file), Edits::all(100_000).render(&text, &site)).map_err(|e| at(&file, e))?;
                let counts = match self.build(prepared, trial) {
                    Ok(messages) => messages.iter().any(|m| m.manifest_path == manifest && !m.fresh),
                    Err(BenchError::Cargo { .. }) => false,
                    Err(other) => return Err(other),
                };
                if counts {
                    return Ok(Chosen { package: member.name, dependents: member.dependents, file, text, site });
                }
                fs::write(trial.join(&file), text).map_err(|e| at(&file, e))?;
                if tried == TRIES {
                    return Err(BenchError::NoSite(format!(": none of {TRIES} edits was built")));
                }
            }
        }
        Err(BenchError::NoSite(file.map(|f| format!(" in {}", f.display())).unwrap_or_default()))
    }
}

impl Prepared {
    /// Keeps a build in its copy whatever the user's configuration says.
    pub fn stay_in(&self, root: &Path, command: &mut Command) {
        if self.stray {
            command.env("CARGO_TARGET_DIR", root.join("target")).env("CARGO_BUILD_BUILD_DIR", root.join("target"));
        }
    }
}

/// Functions of what was built of a member, libraries before programs, the longest first.
fn candidates(root: &Path, dir: &Path, member: &Member, built: &[&Message], only: Option<&Path>) -> Vec<(PathBuf, Site)> {
    let rank = |m: &Message| match m.target.kind.first().map(String::as_str) {
        Some("lib" | "rlib") => 0,
        Some("bin") => 1,
        Some("cdylib" | "dylib" | "staticlib") => 2,
        Some("proc-macro") => 3,
        _ => 4,
    };
    let mut targets: Vec<(u8, String)> =
        built.iter().map(|m| (rank(m), m.target.name.replace('-', "_"))).filter(|(rank, _)| *rank < 4).collect();
    targets.sort();
    targets.dedup();
    let mut found = Vec::new();
    for (_, crate_name) in targets.iter().filter(|_| member.is_modern) {
        let mut of_crate = Vec::new();
        for file in sources(root, dir, crate_name) {
            let Ok(below) = file.strip_prefix(root).map(Path::to_owned) else { continue };
            if only.is_some_and(|only| only != below) {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap_or_default();
            of_crate.extend(site::sites(&text).into_iter().map(|site| (below.clone(), site)));
        }
        of_crate.sort_by_key(|(_, site)| std::cmp::Reverse(site.lines));
        found.extend(of_crate);
    }
    found
}

/// Source files that compiles of a crate have read, by their dep-info, as far as they lie in the package.
fn sources(root: &Path, package: &Path, crate_name: &str) -> BTreeSet<PathBuf> {
    let (mut dirs, mut found) = (vec![root.join("target")], BTreeSet::new());
    let prefix = format!("{crate_name}-");
    while let Some(dir) = dirs.pop() {
        let is_deps = dir.file_name().is_some_and(|n| n == "deps");
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if is_deps && name.starts_with(&prefix) && name.ends_with(".d") {
                let files = DepInfo::parse(&fs::read_to_string(&path).unwrap_or_default()).files;
                let files = files.into_iter().map(|f| root.join(f)).filter(|f| f.extension().is_some_and(|e| e == "rs"));
                found.extend(files.filter(|f| f.starts_with(package) && !f.starts_with(root.join("target"))));
            } else if !is_deps && entry.file_type().is_ok_and(|t| t.is_dir()) && name != "incremental" {
                dirs.push(path);
            }
        }
    }
    found
}

/// The end of a log, which tells what went wrong.
pub fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|l| !l.starts_with('{')).collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
