//! `init --ide`: rust-analyzer runs cargo with this program as wrapper, in a target directory of its own.
//!
//! The wrapper is set by the environment (`cargo.extraEnv`) and no command is replaced, so that everything rust-analyzer passes to
//! cargo (features, targets, clippy in place of check) goes on working. How it has build scripts and procedural
//! macros compiled (`cargo.buildScripts.*`) is left as it is.
//! `cargo.targetDir` keeps editor and terminal from waiting for one another; what cargo has downloaded is linked into either
//! directory. A directory that the user has chosen, and every other setting, stays.
//!
//! It must never replace another wrapper, edit a program (`init.lua`), or write what it cannot take back.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::{
    InitError, State, check,
    edit::{self, Made, Place},
    file::{self, read},
};
use crate::cli::{
    args::{Editor, InitArgs},
    context::{Context, same_file},
    error::CliError,
    exit,
};

mod jsonc;

/// In Helix's configuration of language servers.
const HELIX: Place = Place { table: "language-server.rust-analyzer.config", key: "cargo" };
const VARIABLE: &str = "RUSTC_WRAPPER";

/// Runs the command.
///
/// # Errors
/// If the editor's file cannot be read or written, or must not be changed.
pub fn run(ctx: &mut Context, args: &InitArgs, editor: Editor) -> Result<i32, CliError> {
    let exe = ctx.exe.to_str().ok_or_else(|| InitError::Exe(ctx.exe.clone()))?.to_owned();
    let Some(file) = file_of(ctx, editor, args.project)? else {
        return Ok(neovim(ctx, args, &exe));
    };
    // Through a link into somebody's dotfiles: the file changes, the link stays.
    let file = file.canonicalize().unwrap_or(file);
    let edit = Edit { editor, exe };
    let before = read(&file)?;
    let state = edit.state(before.as_deref().unwrap_or_default()).map_err(|e| e.at(&file))?;
    let at = file.display();
    if args.check {
        return Ok(check(ctx, "rust-analyzer", &file, state));
    }
    let base = edit.remove(before.as_deref().unwrap_or_default()).map_err(|e| e.at(&file))?;
    if args.undo {
        match base {
            Some((text, made)) => {
                let before = before.unwrap_or_default();
                file::take_back(ctx, &file, (&before, &text), made, args.dry_run)?;
            }
            None => ctx.printer.status("Unchanged", format_args!("{at} holds nothing that `init` has added")),
        }
        return Ok(exit::OK);
    }
    match state {
        State::Ours => {
            ctx.printer.status("Unchanged", format_args!("{at} names this program already"));
            return Ok(exit::OK);
        }
        State::Other(wrapper) => return Err(InitError::OtherInEditor { file, wrapper }.into()),
        State::Unset | State::Stale(_) => {}
    }
    let made = match (&before, &base) {
        (_, Some((text, made))) => text.is_empty().then_some(*made),
        (Some(_), None) => None,
        (None, None) => Some(file::missing(&file)),
    };
    let before = before.unwrap_or_default();
    let new = edit.add(base.as_ref().map_or(before.as_str(), |(text, _)| text), made).map_err(|e| e.at(&file))?;
    file::change(ctx, &file, (&before, &new), args.dry_run)?;
    if !args.dry_run {
        ctx.printer.hint("restart rust-analyzer in the editor, so that it reads this");
    }
    Ok(exit::OK)
}

/// Editors of which the user's file holds an edit of ours that names another program: name, file, that program.
pub fn stale(ctx: &Context) -> Vec<(String, PathBuf, String)> {
    let exe = ctx.exe.to_string_lossy();
    let of = |editor: &Editor| {
        let file = file_of(ctx, *editor, false).ok()??;
        let edit = Edit { editor: *editor, exe: exe.clone().into_owned() };
        let State::Stale(wrapper) = edit.state(&read(&file).ok()??).ok()? else { return None };
        Some((editor.to_possible_value()?.get_name().to_owned(), file, wrapper))
    };
    Editor::value_variants().iter().filter_map(of).collect()
}

/// The file to edit; nothing if the editor is configured by a program.
fn file_of(ctx: &Context, editor: Editor, project: bool) -> Result<Option<PathBuf>, InitError> {
    let inside = match editor {
        Editor::Vscode => ".vscode/settings.json",
        Editor::Zed => ".zed/settings.json",
        Editor::Helix => ".helix/languages.toml",
        Editor::Neovim => return Ok(None),
    };
    if project {
        return Ok(Some(ctx.cwd.join(inside)));
    }
    let home = ctx.env.path("HOME").ok_or(InitError::NoHome)?;
    let given = ctx.env.path("XDG_CONFIG_HOME").filter(|dir| dir.is_absolute());
    let config = given.unwrap_or_else(|| home.join(".config"));
    Ok(Some(match editor {
        Editor::Vscode => {
            let base = if cfg!(target_os = "macos") { home.join("Library/Application Support") } else { config };
            let all = ["Code", "VSCodium", "Code - OSS"].map(|name| base.join(name).join("User"));
            all.iter().find(|dir| dir.is_dir()).unwrap_or(&all[0]).join("settings.json")
        }
        Editor::Zed => config.join("zed/settings.json"),
        Editor::Helix | Editor::Neovim => config.join("helix/languages.toml"),
    }))
}

/// What is to stand in an editor's file.
struct Edit {
    editor: Editor,
    exe: String,
}

impl Edit {
    fn state(&self, text: &str) -> Result<State, InitError> {
        let (wrapper, edited) = match self.editor {
            Editor::Helix | Editor::Neovim => {
                let doc = edit::parse(text)?;
                let found =
                    edit::find(doc.as_item(), HELIX.table).and_then(|config| edit::find(config, "cargo.extraEnv.RUSTC_WRAPPER"));
                (found.and_then(|item| item.as_str()).map(str::to_owned), edit::is_edited(text))
            }
            Editor::Vscode => (wrapper_in(text, &["rust-analyzer.cargo.extraEnv", VARIABLE])?, jsonc::is_edited(text)),
            Editor::Zed => {
                let path = ["lsp", "rust-analyzer", "initialization_options", "cargo", "extraEnv", VARIABLE];
                (wrapper_in(text, &path)?, jsonc::is_edited(text))
            }
        };
        Ok(match wrapper {
            None => State::Unset,
            Some(w) if w == self.exe || same_file(w.as_ref(), self.exe.as_ref()) => State::Ours,
            Some(w) if edited => State::Stale(w),
            Some(w) => State::Other(w),
        })
    }

    fn add(&self, text: &str, made: Option<Made>) -> Result<String, InitError> {
        match self.editor {
            Editor::Vscode | Editor::Zed => jsonc::add(text, &self.settings(), made),
            Editor::Helix | Editor::Neovim => {
                let doc = edit::parse(text)?;
                let table = edit::find(doc.as_item(), HELIX.table);
                if table.and_then(|t| t.get(HELIX.key)).is_some() {
                    return Err(InitError::Kind(format!("{}.{}", HELIX.table, HELIX.key)));
                }
                let exe = toml_edit::Value::from(self.exe.as_str());
                let value = format!("{{ targetDir = true, extraEnv = {{ {VARIABLE} = {exe} }} }}");
                let new = edit::insert(text, HELIX, &value, made)?;
                let means_it = matches!(self.state(&new), Ok(State::Ours));
                let back = edit::remove(&new, HELIX).is_some_and(|(old, _)| old == text);
                if means_it && back { Ok(new) } else { Err(InitError::Awkward) }
            }
        }
    }

    fn remove(&self, text: &str) -> Result<Option<(String, Made)>, InitError> {
        match self.editor {
            Editor::Vscode | Editor::Zed => jsonc::remove(text, &self.settings()),
            Editor::Helix | Editor::Neovim => Ok(edit::remove(text, HELIX)),
        }
    }

    fn settings(&self) -> Map<String, Value> {
        let env = json!({ VARIABLE: self.exe });
        let all = match self.editor {
            Editor::Vscode => json!({ "rust-analyzer.cargo.targetDir": true, "rust-analyzer.cargo.extraEnv": env }),
            _ => {
                let cargo = json!({ "targetDir": true, "extraEnv": env });
                json!({ "lsp": { "rust-analyzer": { "initialization_options": { "cargo": cargo } } } })
            }
        };
        all.as_object().cloned().unwrap_or_default()
    }
}

fn wrapper_in(text: &str, path: &[&str]) -> Result<Option<String>, InitError> {
    if text.is_empty() { Ok(None) } else { jsonc::string(text, path) }
}

/// Neovim is configured by a program, which only its author should change.
fn neovim(ctx: &mut Context, args: &InitArgs, exe: &str) -> i32 {
    if args.check || args.undo {
        ctx.printer.status("Unchanged", "Neovim is configured by hand; `init --ide neovim` prints what to add");
        return if args.check { exit::NO } else { exit::OK };
    }
    // Lua reads the escapes that JSON makes of quotes and backslashes alike.
    let exe = Value::from(exe);
    ctx.printer.data(format_args!(
        "-- For init.lua (Neovim 0.11 or later). With rustaceanvim the inner table goes into\n\
         -- vim.g.rustaceanvim.server.default_settings instead, and the last line is left out.\n\
         vim.lsp.config('rust_analyzer', {{\n  \
           settings = {{\n    \
             ['rust-analyzer'] = {{\n      \
               cargo = {{\n        \
                 targetDir = true,\n        \
                 extraEnv = {{ {VARIABLE} = {exe} }},\n      \
               }},\n    \
             }},\n  \
           }},\n\
         }})\n\
         vim.lsp.enable('rust_analyzer')"
    ));
    exit::OK
}

#[cfg(test)]
mod tests;
