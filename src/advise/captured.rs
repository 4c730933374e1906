//! The failures of one build, as [`crate::wrapper::failure`] has put them down, or as cargo has said them as JSON.
//!
//! What cannot be read is left out. Nothing here prints or starts anything.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::diagnostic::{Diagnostic, Report, Target};
use crate::wrapper::failure::Header;

/// A directory for the failures of one build. It is made when there is one, and goes with this value.
#[derive(Debug)]
pub struct Failures(PathBuf);

impl Failures {
    /// Below `parent`, under a name that nobody else uses.
    pub fn below(parent: &Path, session: &str) -> Self {
        Self(parent.join(format!("rustc-hyperopt-{session}")))
    }

    /// What wrappers are told.
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// All errors of compiles that one cargo has asked for, itself or (`at_most` processes in between) through a subcommand. A test
    /// may run a cargo of its own, whose failures are nobody's business.
    pub fn read(&self, cargo: u32, at_most: usize) -> Vec<Report> {
        self.texts().iter().flat_map(|text| of_one(text, cargo, at_most)).collect()
    }

    /// The packages of all compiles that have failed, whoever has asked for them, also of such that have failed without a word.
    pub fn packages(&self) -> Vec<String> {
        self.texts().iter().filter_map(|text| Some(split(text)?.0.package)).collect()
    }

    /// What was put down, the oldest first.
    fn texts(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.0) else { return Vec::new() };
        let mut found: Vec<(std::time::SystemTime, PathBuf)> = entries
            .flatten()
            .filter(|e| e.path().extension().is_some_and(|x| x == "json"))
            .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
            .collect();
        found.sort();
        let texts = found.into_iter().filter_map(|(_, path)| fs::read(path).ok());
        texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
    }
}

impl Drop for Failures {
    fn drop(&mut self) {
        // Mostly there is none.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The header, and the compiler's lines.
fn split(text: &str) -> Option<(Header, &str)> {
    let (first, lines) = text.split_once('\n')?;
    Some((serde_json::from_str::<Header>(first).ok()?, lines))
}

fn of_one(text: &str, cargo: u32, at_most: usize) -> Vec<Report> {
    let Some((header, lines)) = split(text) else { return Vec::new() };
    if !header.above.iter().take(at_most + 1).any(|pid| *pid == cargo) {
        return Vec::new();
    }
    let errors = lines.lines().filter_map(|line| serde_json::from_str::<Diagnostic>(line).ok()).filter(Diagnostic::is_error);
    errors.map(|message| header.report(message)).collect()
}

impl Header {
    fn report(&self, message: Diagnostic) -> Report {
        let target = Target { name: self.crate_name.clone(), kind: self.kind.clone(), src_path: self.source.clone() };
        Report {
            package_id: format!("{}@{}", self.package, self.version),
            manifest_path: self.manifest.clone(),
            target,
            message,
            cwd: self.cwd.clone(),
        }
    }
}

/// All errors in what cargo has said as JSON; places are relative to `cwd`, the root of the workspace.
pub fn of_cargo(said: &[u8], cwd: &Path) -> Vec<Report> {
    let text = String::from_utf8_lossy(said);
    let errors = text.lines().filter_map(Report::read).filter(|report| report.message.is_error());
    errors.map(|report| Report { cwd: cwd.to_owned(), ..report }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: &str =
        r#"{"$message_type":"diagnostic","message":"wrong","code":null,"level":"error","spans":[],"children":[]}"#;

    #[test]
    fn only_failures_of_our_own_cargo_are_read_and_nothing_is_left() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let failures = Failures::below(dir.path(), "x");
        fs::create_dir(failures.dir()).expect("created");
        let header = |above: &str| {
            format!(
                r#"{{"above":[{above}],"package":"a","version":"1.0.0","manifest":"/w/Cargo.toml","crate_name":"a","kind":["lib"],"source":"/w/a.rs","cwd":"/w"}}"#
            )
        };
        let warning = ERROR.replace("\"error\"", "\"warning\"");
        for (name, text) in [
            ("1.json", format!("{}\n{ERROR}\nnoise\n{warning}\n", header("7,8"))),
            ("2.json", format!("{}\n{ERROR}\n", header("9,8"))),
            ("3.json", "odd".to_owned()),
            ("4.tmp", format!("{}\n{ERROR}\n", header("7"))),
        ] {
            fs::write(failures.dir().join(name), text).expect("written");
        }
        let found = failures.read(7, 0);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].package(), found[0].cwd.as_path(), found[0].message.message.as_str()),
            ("a", Path::new("/w"), "wrong")
        );
        assert_eq!((failures.read(8, 0).len(), failures.read(8, 1).len()), (0, 2));
        let gone = failures.dir().to_owned();
        drop(failures);
        assert!(!gone.exists());
    }
}
