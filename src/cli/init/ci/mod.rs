//! `init --ci`: prints what a job of a CI system needs; the texts stand beside this file and say themselves what they do.
//!
//! It must never write a file: what a repository's jobs do is for its owners to decide.

use crate::cli::{args::CiSystem, context::Context, exit};

const GITHUB: &str = include_str!("github.yml");
const GITLAB: &str = include_str!("gitlab.yml");
const JENKINS: &str = include_str!("Jenkinsfile");
/// Stands in the texts for the version that is to be installed.
const VERSION: &str = "@VERSION@";

/// Runs the command.
pub fn run(ctx: &mut Context, system: CiSystem) -> i32 {
    ctx.printer.data(text(system).trim_end());
    exit::OK
}

/// The text for a system.
pub fn text(system: CiSystem) -> String {
    let text = match system {
        CiSystem::Github => GITHUB,
        CiSystem::Gitlab => GITLAB,
        CiSystem::Jenkins => JENKINS,
    };
    text.replace(VERSION, env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests;
