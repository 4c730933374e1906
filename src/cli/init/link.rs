//! The link `cargo-hyperopt` beside our executable, by which cargo finds us as `cargo hyperopt`, where it was installed without the
//! program of that name.
//!
//! A file of that name that is not such a link is never touched.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::cli::context::same_file;

/// What became of the link.
#[derive(Debug, PartialEq, Eq)]
pub enum Link {
    Made(PathBuf),
    /// Nothing to do.
    Unchanged,
    /// In words.
    Impossible(String),
}

/// Where the link belongs.
fn place(exe: &Path) -> PathBuf {
    exe.with_file_name("cargo-hyperopt")
}

/// Whether the link stands.
fn is_ours(link: &Path, exe: &Path) -> bool {
    link.is_symlink() && same_file(link, exe)
}

/// Whether a program stands there that starts us.
fn leads_here(program: &Path) -> bool {
    let asked = Command::new(program).args(["hyperopt", "version"]).stdin(Stdio::null()).output();
    asked.is_ok_and(|out| out.stdout.starts_with(b"rustc-hyperopt "))
}

/// Makes the link.
pub fn make(exe: &Path) -> Link {
    let link = place(exe);
    if is_ours(&link, exe) || exe == link || leads_here(&link) {
        return Link::Unchanged;
    }
    let Some(name) = exe.file_name() else { return Link::Unchanged };
    match symlink(name, &link) {
        Ok(()) => Link::Made(link),
        Err(e) => Link::Impossible(format!("{}: {e}", link.display())),
    }
}

/// Removes the link if it is ours.
pub fn remove(exe: &Path) -> Option<PathBuf> {
    let link = place(exe);
    (is_ours(&link, exe) && fs::remove_file(&link).is_ok()).then_some(link)
}
