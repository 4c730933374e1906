//! The command on planted homes.

use std::{fs, path::Path};

use super::*;
use crate::cli::{context::planted::Planted, init};

const EDITED: [(Editor, &str, &str); 3] = [
    (Editor::Vscode, "home/.config/Code/User/settings.json", "work/.vscode/settings.json"),
    (Editor::Zed, "home/.config/zed/settings.json", "work/.zed/settings.json"),
    (Editor::Helix, "home/.config/helix/languages.toml", "work/.helix/languages.toml"),
];

fn args(editor: Editor) -> InitArgs {
    InitArgs { ide: Some(editor), ..InitArgs::default() }
}

fn run(planted: &mut Planted, args: InitArgs) -> i32 {
    init::run(&mut planted.ctx, &args).unwrap_or_else(|e| panic!("{args:?}: {e}"))
}

fn texts(editor: Editor) -> [Option<&'static str>; 4] {
    match editor {
        Editor::Helix => [
            None,
            Some(""),
            Some("[[language]]\nname = \"rust\" # mine\n"),
            Some("[language-server.rust-analyzer.config]\ncheck.command = \"clippy\"\n\n[editor]\n"),
        ],
        _ => [None, Some(""), Some("{}\n"), Some("// mine\n{\n    \"editor.fontSize\": 12, // big\n}\n")],
    }
}

#[test]
fn what_is_added_is_shown_first_and_undo_leaves_every_byte() {
    for (editor, user, own) in EDITED {
        for (place, project) in [(user, false), (own, true)] {
            for text in texts(editor) {
                let mut planted = Planted::new(&[]);
                let file = planted.root().join(place);
                if let Some(text) = text {
                    fs::create_dir_all(file.parent().expect("parent")).expect("created");
                    fs::write(&file, text).expect("written");
                }
                let add = InitArgs { project, ..args(editor) };
                let now = || fs::read_to_string(&file).ok();
                assert_eq!(run(&mut planted, InitArgs { check: true, ..add }), exit::NO);
                assert_eq!(run(&mut planted, InitArgs { dry_run: true, ..add }), exit::OK);
                assert_eq!(now().as_deref(), text, "a rehearsal changes nothing");
                let shown = planted.said.err();
                assert_eq!(run(&mut planted, add), exit::OK);
                let once = now().expect("written");
                for line in once.lines().filter(|l| l.contains("added by rustc-hyperopt init")) {
                    assert!(shown.contains(&format!("+ {line}")), "{line} was not shown: {shown}");
                }
                assert!(once.contains(planted.ctx.exe.to_str().expect("text")) && once.contains("targetDir"), "{once}");
                assert_eq!(run(&mut planted, InitArgs { check: true, ..add }), exit::OK);
                assert_eq!(run(&mut planted, add), exit::OK);
                assert_eq!(now(), Some(once), "twice is once");
                assert_eq!(run(&mut planted, InitArgs { undo: true, ..add }), exit::OK);
                assert_eq!(now().as_deref(), text, "{editor:?}");
                assert_eq!(run(&mut planted, InitArgs { undo: true, ..add }), exit::OK);
                assert!(!planted.ctx.exe.with_file_name("cargo-hyperopt").exists(), "nothing else is touched");
            }
        }
    }
}

#[test]
fn another_wrapper_and_what_cannot_be_edited_are_left_alone() {
    let vscode = |wrapper: &str| format!("{{\n  \"rust-analyzer.cargo.extraEnv\": {{ \"RUSTC_WRAPPER\": \"{wrapper}\" }}\n}}\n");
    let cases = [
        (Editor::Vscode, vscode("sccache"), "`sccache`"),
        (Editor::Vscode, "{ oops".to_owned(), "JSON"),
        (Editor::Vscode, "{ \"rust-analyzer.cargo.extraEnv\": null }".to_owned(), "extraEnv"),
        (Editor::Zed, "{ \"lsp\": [] }".to_owned(), "`lsp`"),
        (
            Editor::Helix,
            "[language-server.rust-analyzer]\nconfig = { check = { command = \"clippy\" } }\n".to_owned(),
            "table of its own",
        ),
        (Editor::Helix, "[language-server.rust-analyzer.config.cargo]\nfeatures = \"all\"\n".to_owned(), "config.cargo"),
        (Editor::Helix, "[language-server.rust-analyzer]\nconfig.check.command = \"clippy\"\n".to_owned(), "undo"),
        (Editor::Helix, "oops".to_owned(), "TOML"),
    ];
    for (editor, text, why) in cases {
        let mut planted = Planted::new(&[]);
        let (_, user, _) = EDITED.iter().find(|(e, ..)| *e == editor).expect("edited");
        let file = planted.root().join(user);
        fs::create_dir_all(file.parent().expect("parent")).expect("created");
        fs::write(&file, &text).expect("written");
        let error = init::run(&mut planted.ctx, &args(editor)).expect_err("refused");
        assert!(error.to_string().contains(why) && error.exit() == exit::NO, "{text}: {error}");
        assert_eq!(fs::read_to_string(&file).expect("there"), text);
    }
}

#[test]
fn a_moved_executable_is_set_again_and_still_undone_exactly() {
    for (editor, user, _) in EDITED {
        let mut planted = Planted::new(&[]);
        run(&mut planted, args(editor));
        planted.ctx.exe = planted.program("moved", "");
        assert_eq!(run(&mut planted, InitArgs { check: true, ..args(editor) }), exit::NO);
        assert!(planted.said.out().contains("stale"), "{}", planted.said.out());
        run(&mut planted, args(editor));
        assert_eq!(run(&mut planted, InitArgs { check: true, ..args(editor) }), exit::OK);
        run(&mut planted, InitArgs { undo: true, ..args(editor) });
        assert!(!planted.root().join(user).exists(), "{editor:?}");
    }
}

#[test]
fn vscode_is_found_under_its_other_names() {
    let mut planted = Planted::new(&[]);
    let dir = planted.root().join("home/.config/VSCodium/User");
    fs::create_dir_all(&dir).expect("created");
    run(&mut planted, args(Editor::Vscode));
    assert!(dir.join("settings.json").is_file());
}

#[test]
fn neovim_gets_a_text_and_nothing_is_written() {
    let mut planted = Planted::new(&[]);
    assert_eq!(run(&mut planted, args(Editor::Neovim)), exit::OK);
    let text = planted.said.out();
    assert!(text.contains("vim.lsp.config('rust_analyzer'") && text.contains(planted.ctx.exe.to_str().expect("text")), "{text}");
    let (open, close) = (text.matches(['{', '(', '[']).count(), text.matches(['}', ')', ']']).count());
    assert_eq!(open, close, "{text}");
    assert_eq!(fs::read_dir(Path::new(&planted.root().join("home"))).expect("home").count(), 0);
}
