//! Configuration files as text. A project's file is read only if nobody but the user (or root) can have put it there.
//!
//! It must never read more than [`LIMIT`] or wait for anything that is not a regular file of a project.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::config::{diagnostic::Diagnostic, read::Problem};

/// Bytes a configuration file may have.
const LIMIT: u64 = 256 * 1024;

/// A file as it was read; invalid UTF-8 never gets here.
#[derive(Debug)]
pub struct Source {
    pub path: PathBuf,
    pub text: String,
}

/// Reads the user's file; whatever it is, the user named it. `None` if there is none.
pub fn user(path: &Path) -> Result<Option<Arc<Source>>, Diagnostic> {
    match File::open(path) {
        Ok(file) => text(path, file).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unreadable(path, &e)),
    }
}

/// Reads the file of a project for the user `uid`.
pub fn project(path: &Path, uid: u32) -> Result<Arc<Source>, Diagnostic> {
    let refuse = |message: &str, hint: String| {
        Err(Diagnostic::about(
            path.to_string_lossy(),
            Problem::new(format!("the project's configuration file {message}")).hint(hint),
        ))
    };
    let resolve = |p: &Path| fs::canonicalize(p).map_err(|e| unreadable(path, &e));
    let real = resolve(path)?;
    if !real.starts_with(resolve(path.parent().unwrap_or(Path::new("/")))?) {
        return refuse("is a link that leads out of its directory", "replace the link by the file".into());
    }
    // Not following and not waiting: whatever is put there after the check above is refused too.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(&real)
        .map_err(|e| unreadable(path, &e))?;
    let meta = file.metadata().map_err(|e| unreadable(path, &e))?;
    if !meta.is_file() {
        return refuse("is not a regular file", "remove it".into());
    }
    if meta.uid() != uid && meta.uid() != 0 {
        return refuse("belongs to another user", format!("if you trust it, make it yours: chown {uid} {}", path.display()));
    }
    if meta.mode() & 0o002 != 0 {
        return refuse("may be changed by everyone", format!("run: chmod o-w {}", path.display()));
    }
    text(path, file)
}

fn text(path: &Path, file: File) -> Result<Arc<Source>, Diagnostic> {
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|e| unreadable(path, &e))?;
    if bytes.len() as u64 > LIMIT {
        let problem = Problem::new(format!("the configuration file is larger than {} kB", LIMIT / 1024));
        return Err(Diagnostic::about(path.to_string_lossy(), problem));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(Source { path: path.to_owned(), text })),
        Err(e) => {
            let at = e.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(e.as_bytes()).into_owned();
            let source = Arc::new(Source { path: path.to_owned(), text });
            Err(Diagnostic::in_file(&source, at..at + 1, Problem::new("the configuration file is not valid UTF-8")))
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::about(path.to_string_lossy(), Problem::new(format!("the configuration file cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn me() -> u32 {
        nix::unistd::geteuid().as_raw()
    }

    fn refusal(path: &Path, uid: u32) -> String {
        project(path, uid).expect_err("refused").to_string()
    }

    #[test]
    fn a_link_may_stay_but_not_leave() -> io::Result<()> {
        let d = tempfile::tempdir()?;
        let (repo, file) = (d.path().join("repo"), d.path().join("repo/.rustc-hyperopt.toml"));
        fs::create_dir_all(repo.join("ci"))?;
        fs::write(d.path().join("outside.toml"), "")?;
        fs::write(repo.join("ci/inside.toml"), "# here")?;
        symlink("ci/inside.toml", &file)?;
        assert_eq!(project(&file, me()).expect("inside").text, "# here");
        fs::remove_file(&file)?;
        symlink("../outside.toml", &file)?;
        assert!(refusal(&file, me()).contains("leads out of its directory"));
        fs::remove_file(&file)?;
        symlink("nowhere", &file)?;
        assert!(refusal(&file, me()).contains("cannot be read"));
        Ok(())
    }

    #[test]
    fn files_that_others_could_have_written() -> io::Result<()> {
        let d = tempfile::tempdir()?;
        let file = d.path().join(".rustc-hyperopt.toml");
        fs::write(&file, "")?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666))?;
        let path = file.display();
        assert_eq!(
            refusal(&file, me()),
            format!(
                "error: the project's configuration file may be changed by everyone\n --> {path}\n  = hint: run: chmod o-w {path}"
            )
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o664))?;
        assert!(project(&file, me()).is_ok());
        if me() == 0 {
            assert!(project(&file, 4242).is_ok(), "root's files are everyone's");
            std::os::unix::fs::chown(&file, Some(4243), None)?;
        }
        assert!(refusal(&file, 4242).contains("belongs to another user"));
        Ok(())
    }

    #[test]
    fn a_pipe_is_not_waited_for_and_a_giant_not_read() -> io::Result<()> {
        let d = tempfile::tempdir()?;
        let file = d.path().join(".rustc-hyperopt.toml");
        nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRUSR)?;
        assert!(refusal(&file, me()).contains("not a regular file"));
        fs::remove_file(&file)?;
        File::create(&file)?.set_len(1 << 40)?;
        assert!(refusal(&file, me()).contains("larger than 256 kB"));
        Ok(())
    }

    #[test]
    fn bytes_that_are_no_text() -> io::Result<()> {
        let d = tempfile::tempdir()?;
        let file = d.path().join("config.toml");
        fs::write(&file, b"[cache]\npath = \"\xff\"\n")?;
        let shown = user(&file).expect_err("invalid").to_string();
        assert!(shown.contains(":2:9\n") && shown.contains("not valid UTF-8"), "{shown}");
        assert!(user(&d.path().join("none")).expect("no error").is_none());
        Ok(())
    }
}
