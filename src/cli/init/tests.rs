//! The command on planted homes.

use std::{collections::BTreeMap, fs};

use super::*;
use crate::cli::context::planted::Planted;

const ADD: InitArgs = InitArgs { ide: None, ci: None, check: false, undo: false, project: false, dry_run: false, force: false };
const CHECK: InitArgs = InitArgs { check: true, ..ADD };
const UNDO: InitArgs = InitArgs { undo: true, ..ADD };

/// Every file, link and directory with its content.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("listed").flatten() {
        let path = entry.path();
        let kind = entry.file_type().expect("kind");
        if kind.is_dir() {
            all.extend(tree(&path));
        }
        let content = if kind.is_file() { fs::read(&path).expect("read") } else { format!("{kind:?}").into_bytes() };
        all.insert(path, content);
    }
    all
}

fn with_config(text: Option<&str>) -> Planted {
    let planted = Planted::new(&[]);
    if let Some(text) = text {
        let home = planted.root().join("home/.cargo");
        fs::create_dir(&home).expect("directory");
        fs::write(home.join("config.toml"), text).expect("written");
    }
    planted
}

#[test]
fn undo_leaves_the_tree_as_it_was() {
    for text in [None, Some(""), Some("[net]\noffline = true"), Some("[build]\njobs = 2\n")] {
        for project in [false, true] {
            let mut planted = with_config(text);
            let before = tree(&planted.root());
            let add = InitArgs { project, ..ADD };
            assert_eq!(run(&mut planted.ctx, &add).expect("added"), exit::OK);
            let once = tree(&planted.root());
            assert_ne!(once, before);
            assert_eq!(run(&mut planted.ctx, &add).expect("again"), exit::OK);
            assert_eq!(tree(&planted.root()), once, "twice is once");
            assert_eq!(run(&mut planted.ctx, &InitArgs { project, ..CHECK }).expect("checked"), exit::OK);

            let undo = InitArgs { project, ..UNDO };
            assert_eq!(run(&mut planted.ctx, &undo).expect("undone"), exit::OK);
            assert_eq!(tree(&planted.root()), before, "{text:?} project: {project}");
            assert_eq!(run(&mut planted.ctx, &InitArgs { project, ..CHECK }).expect("checked"), exit::NO);
            assert_eq!(run(&mut planted.ctx, &undo).expect("nothing to undo"), exit::OK);
        }
    }
}

#[test]
fn another_wrapper_is_shown_and_kept_unless_forced() {
    let text = "[build]\nrustc-wrapper = \"sccache\"\n";
    let mut planted = with_config(Some(text));
    let before = tree(&planted.root());
    let error = run(&mut planted.ctx, &ADD).expect_err("refused");
    assert!(error.to_string().contains("`sccache`") && error.hint().is_some_and(|h| h.contains("--force")), "{error}");
    assert_eq!((error.exit(), tree(&planted.root())), (exit::NO, before.clone()));

    assert_eq!(run(&mut planted.ctx, &InitArgs { force: true, ..ADD }).expect("forced"), exit::OK);
    assert_eq!(run(&mut planted.ctx, &CHECK).expect("checked"), exit::OK);
    assert_eq!(run(&mut planted.ctx, &UNDO).expect("undone"), exit::OK);
    assert_eq!(tree(&planted.root()), before);
}

#[test]
fn a_moved_executable_is_set_again_and_still_undone_exactly() {
    let mut planted = with_config(None);
    let before = tree(&planted.root().join("home"));
    run(&mut planted.ctx, &ADD).expect("added");
    planted.ctx.exe = planted.program("moved", "");
    assert_eq!(run(&mut planted.ctx, &CHECK).expect("checked"), exit::NO);
    run(&mut planted.ctx, &ADD).expect("set again");
    assert_eq!(run(&mut planted.ctx, &CHECK).expect("checked"), exit::OK);
    run(&mut planted.ctx, &UNDO).expect("undone");
    assert_eq!(tree(&planted.root().join("home")), before);
}

#[test]
fn the_change_is_shown() {
    let mut planted = with_config(Some("[net]\nretry = 2\n"));
    run(&mut planted.ctx, &ADD).expect("added");
    let said = planted.said.err();
    assert!(said.contains("\n  retry = 2\n+ \n+ [build]\n+ rustc-wrapper = \""), "{said}");
    assert_eq!(planted.said.out(), "");
}
