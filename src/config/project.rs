//! What a project's file says about keys: all that the daemon wants to know of a project.
//!
//! It never sees the user's settings and cannot be used to learn them. Errors are returned; what a build does about a
//! broken file is the caller's business.

use std::path::{Path, PathBuf};

use crate::{
    base::{env, env::EnvSnapshot},
    config::{
        CacheSettings, ConfigError, discover,
        document::{self, Entry, Owner},
        read::Value,
        settings, source, stack,
    },
};

/// The rules of one project; each can only reduce what is reused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectRules {
    /// Crates that are never cached; ask [`ProjectRules::excludes`].
    pub exclude: Vec<String>,
    /// Relative to `root`, without `..`. Links in them are not resolved here.
    pub extra_inputs: Vec<String>,
    pub key_env: Vec<String>,
    pub key_salt: String,
    /// Hash stored bytes before every use.
    pub verify_always: bool,
    /// Exact keys only.
    pub no_semantic_analysis: bool,
    /// Where the rules stand, if there are any.
    pub file: Option<PathBuf>,
    /// The directory of the file, or where the search began.
    pub root: PathBuf,
}

impl ProjectRules {
    /// Whether this crate is never cached; `-` and `_` are the same.
    pub fn excludes(&self, crate_name: &str) -> bool {
        settings::names_crate(&self.exclude, crate_name)
    }

    /// The user's settings with these rules added.
    pub fn added_to(&self, user: &CacheSettings) -> CacheSettings {
        let mut both = user.clone();
        stack::add(&mut both.exclude, &self.exclude);
        stack::add(&mut both.extra_inputs, &self.extra_inputs);
        stack::add(&mut both.key_env, &self.key_env);
        stack::join_salt(&mut both.key_salt, &self.key_salt);
        if self.verify_always {
            both.verify = settings::Verify::Always;
        }
        both
    }

    fn take(&mut self, entry: Entry) {
        match (entry.spec.section, entry.spec.key, entry.value) {
            ("cache", "exclude", Value::List(list)) => self.exclude = list,
            ("cache", "extra_inputs", Value::List(list)) => self.extra_inputs = list,
            ("cache", "key_env", Value::List(list)) => self.key_env = list,
            ("cache", "key_salt", Value::Text(salt)) => self.key_salt = salt,
            // The policy lets only the careful values through.
            ("cache", "verify", _) => self.verify_always = true,
            ("ai", "semantic_analysis", _) => self.no_semantic_analysis = true,
            _ => {}
        }
    }
}

/// The rules that hold for a build in or below `start`.
///
/// # Errors
/// Everything that is wrong with the project's file.
pub fn project_rules(start: &Path) -> Result<ProjectRules, ConfigError> {
    let user_file = discover::user_file(&EnvSnapshot::current()).map(|file| file.path);
    rules(start, env::home().as_deref(), user_file.as_deref())
}

fn rules(start: &Path, home: Option<&Path>, user_file: Option<&Path>) -> Result<ProjectRules, ConfigError> {
    let start = start.canonicalize().unwrap_or_else(|_| start.to_owned());
    let uid = nix::unistd::geteuid().as_raw();
    let Some(file) = discover::project_file(&start, home, uid) else {
        return Ok(ProjectRules { root: start, ..Default::default() });
    };
    let (entries, errors) = match source::project(&file, uid) {
        Ok(source) => document::entries(&source, Owner::Project { user_file }),
        Err(refused) => (Vec::new(), vec![refused]),
    };
    ConfigError::check(errors)?;
    let root = file.parent().unwrap_or(&start).to_owned();
    let mut rules = ProjectRules { root, file: Some(file), ..Default::default() };
    entries.into_iter().for_each(|entry| rules.take(entry));
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use std::{fs, io};

    use super::*;
    use crate::config::{Verify, discover::PROJECT_FILE};

    #[test]
    fn the_rules_of_a_project() -> io::Result<()> {
        let d = tempfile::tempdir()?;
        let root = d.path().canonicalize()?;
        fs::create_dir_all(root.join("a/b"))?;
        fs::create_dir(root.join(".git"))?;
        let none = rules(&root.join("a"), None, None).expect("no file is fine");
        assert_eq!(none, ProjectRules { root: root.join("a"), ..Default::default() });
        let text = "[cache]\nexclude = ['my-crate']\nextra_inputs = ['./schema/${HOME}.sql', '~/x']\nkey_env = ['DATABASE']\n\
                    key_salt = 'p'\nverify = 'always'\n[ai]\nsemantic_analysis = false\n[performance]\nmax_parallel_jobs = 2\n";
        fs::write(root.join(PROJECT_FILE), text)?;
        let found = rules(&root.join("a/b"), None, None).expect("all of it is allowed");
        assert!(found.excludes("my_crate") && !found.excludes("other"));
        assert_eq!(found.extra_inputs, ["schema/${HOME}.sql", "~/x"], "nothing is expanded");
        assert_eq!(found.root, root);
        assert_eq!(found.file, Some(root.join(PROJECT_FILE)));
        assert!(found.verify_always && found.no_semantic_analysis);

        let user = CacheSettings { key_salt: "u".into(), key_env: vec!["A".into()], ..Default::default() };
        let both = found.added_to(&user);
        assert_eq!((both.key_salt.as_str(), both.verify), ("u/p", Verify::Always));
        assert_eq!(both.key_env, ["A", "DATABASE"]);
        assert_eq!(none.added_to(&user), user);
        Ok(())
    }

    #[test]
    fn a_wrong_file_is_an_error_and_not_an_empty_one() -> io::Result<()> {
        let d = tempfile::tempdir()?;
        fs::write(d.path().join(PROJECT_FILE), "[cache]\nexclude = ['a']\npath = '/tmp/x'\nexclud = 1\n")?;
        let shown = rules(d.path(), None, Some(Path::new("/u.toml"))).expect_err("refused").to_string();
        assert!(shown.contains("`cache.path` cannot be set by a project") && shown.contains("/u.toml"), "{shown}");
        assert!(shown.contains("did you mean `exclude`?"), "{shown}");
        Ok(())
    }
}
