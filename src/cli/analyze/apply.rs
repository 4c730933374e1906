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
    analyze::remedy::{Place, Remedy},
    base::{
        clock::{self, Nanos},
        digest::Digest,
        fs::{Durability, at as at_path, rewrite, write_atomic},
        text::did_you_mean,
    },
    cli::{context::Context, diff::show, error::CliError, exit},
    config::{self, Linker},
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
    /// When it was made.
    #[serde(default)]
    at: Nanos,
    /// There was no file.
    #[serde(default)]
    is_new: bool,
}

/// Makes the change of this name, and shows it.
pub fn named(ctx: &mut Context, manifest: &Path, name: &str) -> Result<i32, CliError> {
    let remedy = Remedy::named(name).ok_or_else(|| {
        let meant = did_you_mean(name, Remedy::ALL.iter().map(|r| r.name())).map(str::to_owned);
        AnalyzeError::Unknown { name: name.to_owned(), meant }
    })?;
    let file = match remedy.place() {
        Place::Manifest => real(manifest),
        Place::Configuration => configuration(ctx).ok_or(AnalyzeError::NoConfiguration)?,
    };
    let is_new = remedy.place() == Place::Configuration && !file.exists();
    let before = if is_new { String::new() } else { read(&file)? };
    let after = remedy.apply(&before).map_err(|cause| AnalyzeError::Refused { file: file.clone(), cause })?;
    let (place, mut kept) = kept(ctx, &file)?;
    let (name, at) = (remedy.name().to_owned(), clock::wall_nanos());
    kept.changes.push(Change { name, before: before.clone(), after: after.clone(), at, is_new });
    show(ctx, "Changing", &file, (&before, &after));
    // What is needed to take it back comes first.
    keep(&place, &kept)?;
    if let Some(dir) = file.parent().filter(|_| is_new) {
        fs::create_dir_all(dir).map_err(|e| AnalyzeError::Io(at_path(dir, e)))?;
    }
    rewrite(&file, &after).map_err(AnalyzeError::Io)?;
    ctx.printer.status("Changed", file.display());
    if let Remedy::Linker(linker) = remedy {
        warn_if_overruled(ctx, linker);
    }
    ctx.printer.hint("`rustc-hyperopt analyze --undo` takes it back");
    Ok(exit::OK)
}

/// The user's file, wherever it is or would be.
fn configuration(ctx: &Context) -> Option<PathBuf> {
    config::user_file(&ctx.env).map(|file| real(&ctx.cwd.join(file.path)))
}

/// Something else may count more than the user's file.
fn warn_if_overruled(ctx: &mut Context, wanted: Linker) {
    let now = config::load(&ctx.env, &ctx.cwd, &[]).map(|loaded| loaded.settings.performance.linker);
    if now.is_ok_and(|now| now != wanted) {
        ctx.printer.warning("something that counts more sets another linker here; `rustc-hyperopt cache config` shows what");
    }
}

/// Takes the last change back, of the manifest or of the user's configuration.
pub fn undo(ctx: &mut Context, manifest: &Path) -> Result<i32, CliError> {
    let newest = |file: &Path| kept(ctx, file).ok()?.1.changes.last().map(|change| change.at);
    let (manifest, settings) = (real(manifest), configuration(ctx));
    let file = match settings.filter(|settings| newest(settings) > newest(&manifest)) {
        Some(settings) => settings,
        None => manifest,
    };
    take_back(ctx, file)
}

fn take_back(ctx: &mut Context, file: PathBuf) -> Result<i32, CliError> {
    let (place, mut kept) = kept(ctx, &file)?;
    let was_made = file.exists() || !kept.changes.last().is_some_and(|c| c.is_new);
    let now = if was_made { read(&file)? } else { String::new() };
    // A change that was never made, because the file could not be written, is nothing to take back.
    while kept.changes.last().is_some_and(|c| c.after != now && c.before == now) {
        kept.changes.pop();
    }
    let Some(last) = kept.changes.pop() else { return Err(AnalyzeError::NothingApplied(file).into()) };
    if last.after != now {
        return Err(AnalyzeError::ChangedSince(file).into());
    }
    show(ctx, "Restoring", &file, (&now, &last.before));
    if last.is_new {
        fs::remove_file(&file).map_err(|e| AnalyzeError::Io(at_path(&file, e)))?;
    } else {
        rewrite(&file, &last.before).map_err(AnalyzeError::Io)?;
    }
    keep(&place, &kept)?;
    ctx.printer.status("Restored", file.display());
    Ok(exit::OK)
}

/// Through links: the file changes, the link stays.
fn real(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

fn kept(ctx: &Context, file: &Path) -> Result<(PathBuf, Kept), AnalyzeError> {
    let store = config::store_path(&ctx.env).map(|s| ctx.cwd.join(s)).ok_or(AnalyzeError::NoStore)?;
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
        fs::create_dir_all(dir).map_err(|e| AnalyzeError::Io(at_path(dir, e)))?;
    }
    let text = serde_json::to_vec(kept)?;
    write_atomic(place, &text, 0o600, Durability::Synced).map_err(AnalyzeError::Io)?;
    Ok(())
}

fn read(file: &Path) -> Result<String, AnalyzeError> {
    fs::read_to_string(file).map_err(|e| AnalyzeError::Io(at_path(file, e)))
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
        assert_eq!(named(&mut planted.ctx, &file, "dependency-debug-info").expect("applied"), exit::OK);
        let now = fs::read_to_string(&file).expect("there");
        assert!(now.starts_with(BEFORE) && now.ends_with("[profile.dev.package.\"*\"]\ndebug = \"line-tables-only\"\n"), "{now}");
        let said = planted.said.err();
        assert!(said.contains("\n+ debug = \"line-tables-only\"\n") && said.contains("--undo"), "{said}");
        assert!(named(&mut planted.ctx, &file, "dependency-debug-info").is_err(), "twice");
        assert_eq!(undo(&mut planted.ctx, &file).expect("undone"), exit::OK);
        assert_eq!(fs::read_to_string(&file).expect("there"), BEFORE);
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(undo(&mut planted.ctx, &file).is_err(), "nothing is left");
    }

    #[test]
    fn what_was_edited_since_is_not_overwritten() {
        let (mut planted, file) = planted();
        named(&mut planted.ctx, &file, "dependency-debug-info").expect("applied");
        let edited = fs::read_to_string(&file).expect("there") + "# more\n";
        fs::write(&file, &edited).expect("written");
        let error = undo(&mut planted.ctx, &file).expect_err("refused");
        assert!(error.to_string().contains("was changed since") && error.hint().is_some(), "{error}");
        assert_eq!(fs::read_to_string(&file).expect("there"), edited);
        let error = named(&mut planted.ctx, &file, "dependency-debuginfo").expect_err("unknown");
        assert_eq!(error.hint().as_deref(), Some("did you mean `dependency-debug-info`?"));
    }

    #[test]
    fn a_linker_is_set_for_the_user_and_the_file_goes_again() {
        let (mut planted, manifest) = planted();
        let settings = configuration(&planted.ctx).expect("a home");
        named(&mut planted.ctx, &manifest, "dependency-debug-info").expect("applied");
        named(&mut planted.ctx, &manifest, "linker-mold").expect("applied");
        assert_eq!(fs::read_to_string(&settings).expect("made"), "[performance]\nlinker = \"mold\"\n");
        assert_eq!(
            config::load(&planted.ctx.env, &planted.ctx.cwd, &[]).expect("read").settings.performance.linker,
            Linker::Mold
        );
        named(&mut planted.ctx, &manifest, "linker-system").expect("applied");
        // The newest first, whichever file it is of.
        undo(&mut planted.ctx, &manifest).expect("undone");
        assert_eq!(fs::read_to_string(&settings).expect("there"), "[performance]\nlinker = \"mold\"\n");
        undo(&mut planted.ctx, &manifest).expect("undone");
        assert!(!settings.exists(), "there was none before");
        undo(&mut planted.ctx, &manifest).expect("undone");
        assert_eq!(fs::read_to_string(&manifest).expect("there"), BEFORE);
        assert!(undo(&mut planted.ctx, &manifest).is_err(), "nothing is left");
    }
}
