//! A package with nothing but dependencies: the crates that somebody will probably need.
//!
//! It is resolved by cargo, with the network if there is one. A crate that cannot be had, or does not go with those before it,
//! is left out; nothing fails because of it.

use std::{fmt::Write, fs, io, path::Path, time::Duration};

use super::{
    error::WarmupError,
    project::{Project, Warmer},
    run::End,
    steps::Step,
};
use crate::{
    base::{digest::Digest, fs::private_dir},
    cli::error::CliError,
    predict::{Candidate, Predictor},
};

/// How long a choice of versions is kept before newer ones are looked for.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

/// What it is called.
pub const NAME: &str = "popular crates";

/// What came of it.
pub enum Popular {
    /// To be prepared as any project; with the crates that are left out.
    Ready(Project, Vec<String>),
    /// Nothing could be had, in cargo's words.
    None(String),
    Stopped(super::limits::Stop),
}

impl Warmer<'_> {
    /// Makes the package for the first `most` crates that the predictor names.
    ///
    /// # Errors
    /// If it cannot be written, or cargo cannot be started.
    pub fn popular(
        &mut self,
        predictor: &dyn Predictor,
        most: usize,
        steps: Vec<Step>,
        offline: bool,
    ) -> Result<Popular, CliError> {
        let dir = self.station.popular();
        let mut wanted = predictor.candidates(&[]);
        wanted.truncate(most);
        let project = Project { name: NAME.into(), root: dir.clone(), dir: dir.clone(), steps, locked: true };
        if is_kept(&dir, &wanted) {
            return Ok(Popular::Ready(project, Vec::new()));
        }
        private_dir(&dir).and_then(|()| remove(&dir.join("Cargo.lock"))).map_err(WarmupError::Io)?;
        let mut kept = wanted.clone();
        let mut end = self.resolve(&dir, &wanted, &wanted, offline)?;
        if let End::Failed(_) = end {
            // One that everybody has tells whether it is the network or one of the crates.
            let is_network = !matches!(self.resolve(&dir, &wanted, &wanted[..1], offline)?, End::Done);
            kept.clear();
            for candidate in &wanted {
                kept.push(candidate.clone());
                end = match self.resolve(&dir, &wanted, &kept, offline || is_network)? {
                    End::Failed(why) => {
                        kept.pop();
                        End::Failed(why)
                    }
                    End::Done => End::Done,
                    End::Stopped(stop) => return Ok(Popular::Stopped(stop)),
                };
            }
        }
        match end {
            End::Stopped(stop) => return Ok(Popular::Stopped(stop)),
            End::Failed(why) if kept.is_empty() => return Ok(Popular::None(why)),
            // The last one was left out.
            End::Failed(_) => drop(self.resolve(&dir, &wanted, &kept, true)?),
            End::Done => {}
        }
        let left_out = wanted.into_iter().filter(|w| !kept.contains(w)).map(|w| w.name).collect();
        Ok(Popular::Ready(project, left_out))
    }

    fn resolve(&mut self, dir: &Path, wanted: &[Candidate], kept: &[Candidate], offline: bool) -> Result<End, CliError> {
        let written = fs::create_dir_all(dir.join("src"))
            .and_then(|()| fs::write(dir.join("src/lib.rs"), ""))
            .and_then(|()| fs::write(dir.join("Cargo.toml"), manifest(wanted, kept)));
        written.map_err(WarmupError::Io)?;
        let mut command = self.cargo(dir);
        // A network that swallows everything must not take minutes to show that it is none.
        command.arg("fetch").env("CARGO_NET_RETRY", "1").env("CARGO_HTTP_TIMEOUT", "10");
        command.args(offline.then_some("--offline"));
        self.run(&mut command, "choosing versions of popular crates")
    }
}

/// The choice of an earlier warm-up still stands.
fn is_kept(dir: &Path, wanted: &[Candidate]) -> bool {
    let fits = fs::read_to_string(dir.join("Cargo.toml")).is_ok_and(|text| text == manifest(wanted, wanted));
    let age = fs::metadata(dir.join("Cargo.lock")).and_then(|m| m.modified()).ok().and_then(|at| at.elapsed().ok());
    fits && age.is_some_and(|age| age < KEPT)
}

/// The first line changes with what was wanted, so that what was left out is tried again.
fn manifest(wanted: &[Candidate], kept: &[Candidate]) -> String {
    let lines = |all: &[Candidate]| {
        let mut text = String::new();
        for Candidate { name, requirement, features, default_features, .. } in all {
            // Names, requirements and features are made of characters that stand for themselves in TOML.
            let _ = write!(text, "{name} = {{ version = \"{requirement}\", default-features = {default_features}, features = [");
            features.iter().for_each(|f| text.push_str(&format!("\"{f}\",")));
            text.push_str("] }\n");
        }
        text
    };
    let digest = Digest::of(lines(wanted).as_bytes());
    format!(
        "# Made by rustc-hyperopt warmup for {digest}\n[package]\nname = \"popular-crates\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
         publish = false\n\n[workspace]\n\n[dependencies]\n{}",
        lines(kept)
    )
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::popular::Popular as Table;

    #[test]
    fn the_manifest_names_every_crate_and_says_what_was_wanted() {
        let all = Table.candidates(&[]);
        let whole: toml::Table = manifest(&all, &all).parse().expect("TOML");
        assert_eq!(whole["dependencies"].as_table().map(toml::Table::len), Some(all.len()));
        assert_eq!(whole["dependencies"]["serde"]["features"][0].as_str(), Some("derive"));
        let fewer = manifest(&all, &all[1..]);
        assert_eq!(fewer.lines().next(), manifest(&all, &all).lines().next());
        assert_ne!(fewer.lines().next(), manifest(&all[1..], &all[1..]).lines().next());
    }

    #[test]
    fn a_choice_is_kept_for_what_was_wanted_and_only_if_nothing_is_missing() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let all = Table.candidates(&[]);
        assert!(!is_kept(dir.path(), &all[..2]));
        fs::write(dir.path().join("Cargo.lock"), "").expect("written");
        fs::write(dir.path().join("Cargo.toml"), manifest(&all[..2], &all[..2])).expect("written");
        assert!(is_kept(dir.path(), &all[..2]) && !is_kept(dir.path(), &all[..3]));
        fs::write(dir.path().join("Cargo.toml"), manifest(&all[..2], &all[..1])).expect("written");
        assert!(!is_kept(dir.path(), &all[..2]));
    }
}
