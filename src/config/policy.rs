//! What a project's file may do. It comes with code that others wrote, so it can only reduce what is cached or started.
//!
//! A refusal is an error, never a silent skip: otherwise the author of the file would believe that it works.

use std::path::Path;

use crate::config::{
    raw::Spec,
    read::{Problem, Value},
};

/// A project's right over one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Project {
    /// None: commands, places, sizes, endpoints and models are the user's.
    Never,
    /// It may add to what the user has set; nothing of the user's is taken away.
    Adds,
    /// It may set this one value, the careful one.
    Only(&'static str),
    /// The smaller of its value and the user's counts, so that one file suits machines of all sizes.
    Lowers,
}

/// Whether a project may name this key at all.
pub fn may_name(spec: &Spec, user_file: Option<&Path>) -> Result<(), Problem> {
    if spec.project != Project::Never {
        return Ok(());
    }
    Err(Problem::new(format!("`{}` cannot be set by a project", spec.name())).hint(elsewhere(spec, user_file)))
}

/// Whether a project may set this key to this value.
pub fn may_set(spec: &Spec, value: &Value, user_file: Option<&Path>) -> Result<(), Problem> {
    let Project::Only(allowed) = spec.project else { return Ok(()) };
    let given = match value {
        Value::Switch(on) => on.to_string(),
        Value::Text(word) => word.clone(),
        _ => String::new(),
    };
    if given == allowed {
        return Ok(());
    }
    Err(Problem::new(format!("a project may set `{}` to `{allowed}` only", spec.name())).hint(elsewhere(spec, user_file)))
}

fn elsewhere(spec: &Spec, user_file: Option<&Path>) -> String {
    match user_file {
        Some(file) => format!("set it in {} or with the variable {}", file.display(), spec.env_name()),
        None => format!("set it with the variable {}", spec.env_name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::raw;

    /// Written out by hand a second time, so that a careless change of the table shows.
    #[test]
    fn the_rights_of_projects() {
        let rights: Vec<_> = raw::KEYS.iter().filter(|s| s.project != Project::Never).map(|s| (s.name(), s.project)).collect();
        let expected = [
            ("cache.verify", Project::Only("always")),
            ("cache.exclude", Project::Adds),
            ("cache.extra_inputs", Project::Adds),
            ("cache.key_env", Project::Adds),
            ("cache.key_salt", Project::Adds),
            ("ai.semantic_analysis", Project::Only("false")),
            ("ai.line_drift", Project::Only("exact")),
            ("ai.cold_start_optimization", Project::Only("false")),
            ("ai.fix_memory", Project::Only("false")),
            ("performance.max_parallel_jobs", Project::Lowers),
            ("performance.speculative_compilation", Project::Only("false")),
            ("performance.linker", Project::Only("system")),
            ("performance.codegen_backend", Project::Only("llvm")),
        ];
        assert_eq!(rights, expected.map(|(name, right)| (name.to_owned(), right)));
    }
}
