//! Making one of the changes, and taking it back.
//!
//! The file as it was is kept in the store before it is changed. What somebody has edited since is never overwritten.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::AnalyzeError;
use crate::{
    analyze::remedy::Remedy,
    base::{
        digest::Digest,
        fs::{Durability, at, rewrite, write_atomic},
        text::did_you_mean,
    },
    cli::{context::Context, diff::show, error::CliError, exit},
};

/// What there is to take back of one file, the oldest change first.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    file: PathBuf,
    changes: Vec<Change>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Change {
    name: String,
    before: String,
    after: String,
}

/// Makes the change of this name, and shows it.
pub fn apply(ctx: &mut Context, manifest: &Path, name: &str) -> Result<i32, CliError> {
    let remedy = Remedy::named(name).ok_or_else(|| {
        let meant = did_you_mean(name, Remedy::ALL.iter().map(|r| r.name())).map(str::to_owned);
        AnalyzeError::Unknown { name: name.to_owned(), meant }
    })?;
    let file = real(manifest);
    let before = read(&file)?;
    let after = remedy.apply(&before).map_err(|cause| AnalyzeError::Refused { file: file.clone(), cause })?;
    let (place, mut kept) = kept(ctx, &file)?;
    kept.changes.push(Change { name: remedy.name().to_owned(), before: before.clone(), after: after.clone() });
    show(ctx, "Changing", &file, (&before, &after));
    // What is needed to take it back comes first.
    keep(&place, &kept)?;
    rewrite(&file, &after).map_err(AnalyzeError::Io)?;
    ctx.printer.status("Changed", file.display());
    ctx.printer.hint("`rustc-hyperopt analyze --undo` takes it back");
    Ok(exit::OK)
}

/// Takes the last change back.
pub fn undo(ctx: &mut Context, manifest: &Path) -> Result<i32, CliError> {
    let file = real(manifest);
    let (place, mut kept) = kept(ctx, &file)?;
    let now = read(&file)?;
    // A change that was never made, because the file could not be written, is nothing to take back.
    while kept.changes.last().is_some_and(|c| c.after != now && c.before == now) {
        kept.changes.pop();
    }
    let Some(last) = kept.changes.pop() else { return Err(AnalyzeError::NothingApplied(file).into()) };
    if last.after != now {
        return Err(AnalyzeError::ChangedSince(file).into());
    }
    show(ctx, "Restoring", &file, (&now, &last.before));
    rewrite(&file, &last.before).map_err(AnalyzeError::Io)?;
    keep(&place, &kept)?;
    ctx.printer.status("Restored", file.display());
    Ok(exit::OK)
}

/// Through links: the file changes, the link stays.
fn real(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

fn kept(ctx: &Context, file: &Path) -> Result<(PathBuf, Kept), AnalyzeError> {
    let store = crate::config::store_path(&ctx.env).map(|s| ctx.cwd.join(s)).ok_or(AnalyzeError::NoStore)?;
    let name = Digest::of(file.as_os_str().as_encoded_bytes()).to_string();
    let place = store.join("applied").join(name);
    let known = fs::read(&place).ok().and_then(|text| serde_json::from_slice(&text).ok());
    Ok((place, known.unwrap_or_else(|| Kept { file: file.to_owned(), changes: Vec::new() })))
}

fn keep(place: &Path, kept: &Kept) -> Result<(), CliError> {
    if kept.changes.is_empty() {
        // Nothing is left to be taken back; a file that stays says so as well.
        drop(fs::remove_file(place));
        return Ok(());
    }
    if let Some(dir) = place.parent() {
        fs::create_dir_all(dir).map_err(|e| AnalyzeError::Io(at(dir, e)))?;
    }
    let text = serde_json::to_vec(kept)?;
    write_atomic(place, &text, 0o600, Durability::Synced).map_err(AnalyzeError::Io)?;
    Ok(())
}

fn read(file: &Path) -> Result<String, AnalyzeError> {
    fs::read_to_string(file).map_err(|e| AnalyzeError::Io(at(file, e)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cli::context::planted::Planted;

    const BEFORE: &str = "[package]\nname = \"x\" # mine\n";

    fn planted() -> (Planted, PathBuf) {
        let planted = Planted::new(&[]);
        let file = planted.root().join("work/Cargo.toml");
        fs::write(&file, BEFORE).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("set");
        (planted, file)
    }

    #[test]
    fn it_is_shown_made_and_taken_back() {
        let (mut planted, file) = planted();
        assert_eq!(apply(&mut planted.ctx, &file, "dependency-debug-info").expect("applied"), exit::OK);
        let now = fs::read_to_string(&file).expect("there");
        assert!(now.starts_with(BEFORE) && now.ends_with("[profile.dev.package.\"*\"]\ndebug = \"line-tables-only\"\n"), "{now}");
        let said = planted.said.err();
        assert!(said.contains("\n+ debug = \"line-tables-only\"\n") && said.contains("--undo"), "{said}");
        assert!(apply(&mut planted.ctx, &file, "dependency-debug-info").is_err(), "twice");
        assert_eq!(undo(&mut planted.ctx, &file).expect("undone"), exit::OK);
        assert_eq!(fs::read_to_string(&file).expect("there"), BEFORE);
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(undo(&mut planted.ctx, &file).is_err(), "nothing is left");
    }

    #[test]
    fn what_was_edited_since_is_not_overwritten() {
        let (mut planted, file) = planted();
        apply(&mut planted.ctx, &file, "dependency-debug-info").expect("applied");
        let edited = fs::read_to_string(&file).expect("there") + "# more\n";
        fs::write(&file, &edited).expect("written");
        let error = undo(&mut planted.ctx, &file).expect_err("refused");
        assert!(error.to_string().contains("was changed since") && error.hint().is_some(), "{error}");
        assert_eq!(fs::read_to_string(&file).expect("there"), edited);
        let error = apply(&mut planted.ctx, &file, "dependency-debuginfo").expect_err("unknown");
        assert_eq!(error.hint().as_deref(), Some("did you mean `dependency-debug-info`?"));
    }
}
