//! Reading, showing and writing the files that `init` edits.
//!
//! It must never write what was not shown first, nor change the permissions of a file that was there.

use std::{fs, io, path::Path};

use super::{InitError, edit::Made};
use crate::{
    base::fs::rewrite,
    cli::{context::Context, diff::show},
};

/// The text of a file; nothing if there is none.
///
/// # Errors
/// If it is there and cannot be read.
pub fn read(file: &Path) -> Result<Option<String>, InitError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(InitError::Io(crate::base::fs::at(file, e))),
    }
}

/// What a first edit of a file has to create beside what it says.
pub fn missing(file: &Path) -> Made {
    if file.parent().is_some_and(Path::exists) { Made::File } else { Made::Directory }
}

/// Shows the change from `before` to `after`, and makes it unless this is a rehearsal.
///
/// # Errors
/// If the file cannot be written.
pub fn change(ctx: &mut Context, file: &Path, (before, after): (&str, &str), rehearsal: bool) -> Result<(), InitError> {
    show(ctx, if rehearsal { "Would change" } else { "Changing" }, file, (before, after));
    if rehearsal {
        return Ok(());
    }
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).map_err(|e| InitError::Io(crate::base::fs::at(dir, e)))?;
    }
    rewrite(file, after).map_err(InitError::Io)
}

/// Takes an edit back: the file becomes `after`, or goes if the edit had made it and nothing else is in it.
///
/// # Errors
/// If the file cannot be written or removed.
pub fn take_back(
    ctx: &mut Context,
    file: &Path,
    (before, after): (&str, &str),
    made: Made,
    rehearsal: bool,
) -> Result<(), InitError> {
    if !matches!(made, Made::File | Made::Directory) || !after.is_empty() {
        return change(ctx, file, (before, after), rehearsal);
    }
    show(ctx, if rehearsal { "Would remove" } else { "Removing" }, file, (before, after));
    if rehearsal {
        return Ok(());
    }
    fs::remove_file(file).map_err(|e| InitError::Io(crate::base::fs::at(file, e)))?;
    if made == Made::Directory
        && let Some(dir) = file.parent()
    {
        // Only if nobody has put anything else there.
        let _ = fs::remove_dir(dir);
    }
    Ok(())
}
