//! The simplest predictor: what most projects use, whatever else they use.
//!
//! The table is learnt by `tools/learn_popular.rs` from 317 public manifests, a quota sample chosen for variety: its shares are
//! no estimates for all projects. One manifest a project was read (members of workspaces were not), at arbitrary commits and
//! not the newest, without lock files, so that it says nothing about transitive crates or unified features. Of 385 projects
//! (with those held out), the first 20 crates had a quarter in common with a project of which nothing was known, and covered 40 %
//! of what it used directly; the line of versions that most projects use was the right one for 83.8 % ± 2.6 of the uses, the
//! set of features for 75.7 % ± 2.3.

use super::{Candidate, Predictor};

const TABLE: &str = include_str!("popular.tsv");
/// Manifests behind the table.
const PROJECTS: f64 = 317.0;

/// Popularity alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Popular;

impl Predictor for Popular {
    fn candidates(&self, known: &[&str]) -> Vec<Candidate> {
        TABLE.lines().filter_map(row).filter(|c| !known.contains(&c.name.as_str())).collect()
    }
}

fn row(line: &str) -> Option<Candidate> {
    if line.starts_with('#') {
        return None;
    }
    let [name, requirement, features, default, projects] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    Some(Candidate {
        name: name.to_owned(),
        requirement: requirement.to_owned(),
        features: features.split(',').filter(|f| !f.is_empty()).map(str::to_owned).collect(),
        default_features: default == "yes",
        confidence: projects.parse::<f64>().ok()? / PROJECTS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_candidate_and_the_likeliest_come_first() {
        let all = Popular.candidates(&[]);
        assert_eq!(all.len(), TABLE.lines().filter(|l| !l.starts_with('#')).count());
        assert!(all.len() > 200 && all.is_sorted_by(|a, b| a.confidence >= b.confidence));
        assert!(all.iter().all(|c| c.confidence > 0.0 && c.confidence < 1.0 && !c.requirement.is_empty()));
        let serde = all.iter().find(|c| c.name == "serde").expect("the most popular of all");
        assert_eq!((serde.requirement.as_str(), serde.features.as_slice()), ("1", &["derive".to_owned()][..]));
        assert!(TABLE.contains(&format!("from {PROJECTS} manifests")), "the shares are of so many");
    }

    #[test]
    fn what_is_known_is_not_guessed() {
        let [first, second] = [0, 1].map(|n| Popular.candidates(&[])[n].name.clone());
        assert_eq!(Popular.candidates(&[&first])[0].name, second);
    }
}
