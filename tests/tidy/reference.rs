//! `docs/reference.md` says what the code says: helps, environment variables, exit codes and reasons.
//!
//! `HYPEROPT_BLESS=1 cargo test --test tidy reference` writes it anew.

use std::fmt::Write;

use clap::{Command, CommandFactory};
use rustc_hyperopt::cli::args::Cli;
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta};

use crate::source::root;

const PATH: &str = "docs/reference.md";

const HEAD: &str = "\
# Reference

Made from the code by `HYPEROPT_BLESS=1 cargo test --test tidy reference`; a test compares the two. Every key of the configuration stands,
with its default, in [`.rustc-hyperopt.toml.example`](../.rustc-hyperopt.toml.example), which a test compares with the code as well.
";

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The words of `///` and `//!`, without the space that begins each line.
fn documentation(attributes: &[Attribute]) -> Vec<String> {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(line).map(|l| l.strip_prefix(' ').unwrap_or(&l).to_owned()).collect()
}

/// A command's long help and those of the commands below it.
fn helps(command: &mut Command, name: &str, out: &mut String) {
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(out, "\n### `{name}`\n\n```text\n{}\n```\n", help.join("\n").trim_end()).unwrap();
    for sub in command.get_subcommands_mut().filter(|c| c.get_name() != "help" && !c.is_hide_set()) {
        let name = format!("{name} {}", sub.get_name());
        helps(sub, &name, out);
    }
}

/// Constants of `mod names` that name a variable of ours.
fn environment(text: &str) -> String {
    let items = syn::parse_file(text).unwrap().items;
    let names = items.into_iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "names" => module.content,
        _ => None,
    });
    let mut out = String::from("| variable | meaning |\n| --- | --- |\n");
    for item in names.unwrap().1 {
        let Item::Const(item) = item else { continue };
        let Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) = *item.expr else { continue };
        let name = name.value();
        if name.starts_with("RUSTC_HYPEROPT") && !name.ends_with('_') {
            writeln!(out, "| `{name}` | {} |", documentation(&item.attrs).join(" ")).unwrap();
        }
    }
    out
}

/// Variants of an enumeration as it is written to JSON, with what is said of them.
fn variants(text: &str, name: &str) -> String {
    let items = syn::parse_file(text).unwrap().items;
    let found = items.into_iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == name => Some(item.variants),
        _ => None,
    });
    let mut out = String::from("| reason | meaning |\n| --- | --- |\n");
    for variant in found.unwrap() {
        let mut kebab = String::new();
        for letter in variant.ident.to_string().chars() {
            if letter.is_uppercase() && !kebab.is_empty() {
                kebab.push('-');
            }
            kebab.extend(letter.to_lowercase());
        }
        writeln!(out, "| `{kebab}` | {} |", documentation(&variant.attrs).join(" ")).unwrap();
    }
    out
}

fn reference() -> String {
    let mut out = HEAD.to_owned();
    out.push_str("\n## Commands\n");
    let mut command = Cli::command().term_width(80);
    command.build();
    helps(&mut command, "rustc-hyperopt", &mut out);
    write!(out, "\n## Environment\n\n{}", environment(&read("src/base/env.rs"))).unwrap();
    out.push_str("\n`RUSTC_HYPEROPT_<SECTION>_<KEY>` sets a key of the configuration.\n");
    let exit = documentation(&syn::parse_file(&read("src/cli/exit.rs")).unwrap().attrs);
    write!(out, "\n## Exit codes\n\n{}\n", exit.join("\n").trim_end()).unwrap();
    write!(out, "\n## Why a unit was compiled\n\n{}", variants(&read("src/events/reason.rs"), "Reason")).unwrap();
    out.push_str("\nStatistics tell `changed` by what has changed first:\n\n");
    out.push_str(&variants(&read("src/fingerprint/parts.rs"), "Part").replace("| reason |", "| part |"));
    write!(out, "\n## Why a unit is not cached\n\n{}", variants(&read("src/rustc/whynot.rs"), "WhyNot")).unwrap();
    out
}

#[test]
fn the_reference_says_what_the_code_says() {
    let made = reference();
    if std::env::var_os("HYPEROPT_BLESS").is_some() {
        std::fs::create_dir_all(root().join("docs")).unwrap();
        std::fs::write(root().join(PATH), &made).unwrap();
    }
    let kept = std::fs::read_to_string(root().join(PATH)).unwrap_or_default();
    let different = made.lines().zip(kept.lines()).find(|(made, kept)| made != kept);
    assert!(made == kept, "{PATH} is not what the code says (HYPEROPT_BLESS=1 writes it anew), first at {different:?}");
}

#[test]
fn everything_is_found() {
    let made = reference();
    for part in [
        "### `rustc-hyperopt cache clean`",
        "| `RUSTC_HYPEROPT_SUMMARY` | `always`",
        "| `first-seen` |",
        "| 127 |",
        "| `unstable-flag` |",
    ] {
        assert!(made.contains(part), "{part}");
    }
}
