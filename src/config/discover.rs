//! Where the files are, and the store's path for the wrapper.
//!
//! The search for a project's file must never leave the project: a file that somebody puts into `/tmp` or `/` must not
//! reach the builds below. [`store_path`] never fails; the other functions only look.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use toml::de::DeTable;

use crate::{
    base::env::{EnvSnapshot, names},
    config::{raw, read, settings::DEFAULT_STORE, source},
};

/// The name of a project's configuration file.
pub const PROJECT_FILE: &str = ".rustc-hyperopt.toml";

/// The user's file.
pub struct UserFile {
    pub path: PathBuf,
    /// The user named it, so it must exist.
    pub named: bool,
}

/// Where the user's file is or would be.
pub fn user_file(env: &EnvSnapshot) -> Option<UserFile> {
    if let Some(path) = env.path(names::CONFIG) {
        return Some(UserFile { path, named: true });
    }
    // The XDG rules say to ignore a relative path.
    let base = env.path("XDG_CONFIG_HOME").filter(|p| p.is_absolute());
    let base = base.or_else(|| env.path("HOME").map(|home| home.join(".config")))?;
    Some(UserFile { path: base.join("rustc-hyperopt/config.toml"), named: false })
}

/// The nearest project file at or above `start`, for the user `uid`.
///
/// The start is always looked at. Above it, the search ends behind a directory with `.git`, and before the home
/// directory, the root, and any directory that belongs neither to the user nor to the owner of the start.
pub fn project_file(start: &Path, home: Option<&Path>, uid: u32) -> Option<PathBuf> {
    let owners = [uid, fs::metadata(start).ok()?.uid()];
    let identity = |p: &Path| fs::metadata(p).ok().map(|m| (m.dev(), m.ino()));
    let home = home.and_then(identity);
    for (n, dir) in start.ancestors().enumerate() {
        let meta = fs::metadata(dir).ok()?;
        let beyond = dir.parent().is_none() || Some((meta.dev(), meta.ino())) == home || !owners.contains(&meta.uid());
        if n > 0 && beyond {
            return None;
        }
        let file = dir.join(PROJECT_FILE);
        // Without following: a link that leads nowhere is an error for the reader, not an absent file.
        if fs::symlink_metadata(&file).is_ok() {
            return Some(file);
        }
        if beyond || fs::symlink_metadata(dir.join(".git")).is_ok() {
            return None;
        }
    }
    None
}

/// The directory of the store, without reading more than needed: for the wrapper, once per compiler call.
///
/// Whatever is wrong with the configuration, the default counts, and the commands that load everything report it. `None`
/// only without a home directory.
pub fn store_path(env: &EnvSnapshot) -> Option<PathBuf> {
    let home = env.path("HOME");
    configured(env, home.as_deref()).or_else(|| home.map(|home| home.join(DEFAULT_STORE)))
}

fn configured(env: &EnvSnapshot, home: Option<&Path>) -> Option<PathBuf> {
    let spec = raw::find("cache", "path")?;
    if let Some(value) = env.get(names::CACHE_PATH).filter(|v| !v.is_empty()) {
        return read::path(spec, value.to_str()?.trim(), home).ok();
    }
    let source = source::user(&user_file(env)?.path).ok()??;
    let table = DeTable::parse(&source.text).ok()?;
    let path = table.get_ref().get("cache")?.get_ref().get("path")?.get_ref().as_str()?;
    read::path(spec, path.trim(), home).ok()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn me() -> u32 {
        nix::unistd::geteuid().as_raw()
    }

    /// `<tmp>/home/you/crate/src`, a temporary directory with nothing of ours above it.
    fn tree() -> io::Result<(tempfile::TempDir, [PathBuf; 4])> {
        let d = tempfile::tempdir()?;
        let top = d.path().canonicalize()?;
        let dirs = ["home", "home/repo", "home/repo/crate", "home/repo/crate/src"].map(|p| top.join(p));
        fs::create_dir_all(&dirs[3])?;
        Ok((d, dirs))
    }

    #[test]
    fn the_nearest_file_counts() -> io::Result<()> {
        let (_d, [home, repo, krate, src]) = tree()?;
        fs::create_dir(repo.join(".git"))?;
        assert_eq!(project_file(&src, Some(&home), me()), None);
        fs::write(repo.join(PROJECT_FILE), "")?;
        assert_eq!(project_file(&src, Some(&home), me()), Some(repo.join(PROJECT_FILE)), "checked, then stopped");
        fs::write(krate.join(PROJECT_FILE), "")?;
        assert_eq!(project_file(&src, Some(&home), me()), Some(krate.join(PROJECT_FILE)));
        Ok(())
    }

    #[test]
    fn the_search_ends_at_git_be_it_a_file() -> io::Result<()> {
        let (_d, [home, repo, krate, src]) = tree()?;
        fs::write(repo.join(PROJECT_FILE), "")?;
        fs::write(krate.join(".git"), "gitdir: elsewhere")?;
        assert_eq!(project_file(&src, Some(&home), me()), None);
        Ok(())
    }

    #[test]
    fn the_search_ends_before_the_home_directory() -> io::Result<()> {
        let (_d, [home, _, _, src]) = tree()?;
        fs::write(home.join(PROJECT_FILE), "")?;
        assert_eq!(project_file(&src, Some(&home), me()), None);
        assert_eq!(project_file(&src, None, me()), Some(home.join(PROJECT_FILE)), "it is the home that stops it");
        assert_eq!(project_file(&home, Some(&home), me()), Some(home.join(PROJECT_FILE)), "the start is always looked at");
        let linked = home.with_file_name("linked");
        std::os::unix::fs::symlink(&home, &linked)?;
        assert_eq!(project_file(&src, Some(&linked), me()), None, "also by another name");
        Ok(())
    }

    #[test]
    fn the_search_ends_where_the_owner_changes() -> io::Result<()> {
        let (_d, [home, repo, _, src]) = tree()?;
        fs::write(repo.join(PROJECT_FILE), "")?;
        // Everything belongs to one stranger: found, so that the reader can refuse it rather than miss a rule.
        assert_eq!(project_file(&src, Some(&home), me() + 1), Some(repo.join(PROJECT_FILE)));
        if me() == 0 {
            std::os::unix::fs::chown(&repo, Some(4243), None)?;
            assert_eq!(project_file(&src, Some(&home), me()), None);
            assert_eq!(project_file(&repo, Some(&home), me()), Some(repo.join(PROJECT_FILE)));
        }
        Ok(())
    }

    fn env(vars: &[(&str, &Path)]) -> EnvSnapshot {
        let bytes = |p: &Path| p.as_os_str().as_encoded_bytes().to_vec();
        vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), bytes(v))).collect()
    }

    #[test]
    fn the_users_file() {
        let file = |vars: &[(&str, &Path)]| user_file(&env(vars)).map(|f| (f.path, f.named));
        let (home, xdg, relative, own) = (Path::new("/h"), Path::new("/x"), Path::new("x"), Path::new("/own.toml"));
        let default = Some((PathBuf::from("/h/.config/rustc-hyperopt/config.toml"), false));
        assert_eq!(file(&[]), None);
        assert_eq!(file(&[("HOME", home)]), default);
        assert_eq!(file(&[("HOME", home), ("XDG_CONFIG_HOME", relative)]), default);
        assert_eq!(file(&[("HOME", home), ("XDG_CONFIG_HOME", xdg)]), Some(("/x/rustc-hyperopt/config.toml".into(), false)));
        assert_eq!(file(&[("XDG_CONFIG_HOME", xdg), (names::CONFIG, own)]), Some((own.into(), true)));
    }

    #[test]
    fn the_stores_path_never_fails() -> io::Result<()> {
        let d = tempfile::tempdir()?;
        let (home, file) = (d.path(), d.path().join("c.toml"));
        let default = Some(home.join(DEFAULT_STORE));
        let with = |value: &str| store_path(&env(&[("HOME", home), (names::CACHE_PATH, Path::new(value))]));
        assert_eq!(store_path(&env(&[])), None);
        assert_eq!(store_path(&env(&[("HOME", home)])), default);
        assert_eq!(with("/s"), Some("/s".into()));
        assert_eq!(with("~/s"), Some(home.join("s")));
        for bad in ["", "relative", "~", "/", "~somebody/s"] {
            assert_eq!(with(bad), default, "{bad}");
        }
        let vars = [("HOME", home), (names::CONFIG, file.as_path())];
        assert_eq!(store_path(&env(&vars)), default, "no such file");
        for (text, path) in [
            ("[cache]\npath = '~/from-file'\nunknown = 1", Some(home.join("from-file"))),
            ("[cache]\npath = 'relative'", default.clone()),
            ("[cache]\npath = 5", default.clone()),
            ("cache = 5", default.clone()),
            ("[cache\npath = '/s'", default.clone()),
        ] {
            fs::write(&file, text)?;
            assert_eq!(store_path(&env(&vars)), path, "{text}");
        }
        fs::write(&file, "[cache]\npath = '/from/file'")?;
        let both = [("HOME", home), (names::CONFIG, file.as_path()), (names::CACHE_PATH, Path::new("/from/env"))];
        assert_eq!(store_path(&env(&both)), Some("/from/env".into()));
        Ok(())
    }
}
