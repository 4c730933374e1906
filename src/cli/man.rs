//! `man`: manual pages, from the definitions that the help is made of, so that they cannot differ from it.
//!
//! It must never write outside the directory that was named; without one it prints the first page. No page holds a date, so
//! that the same version always makes the same pages.

use clap::CommandFactory;
use clap_mangen::{Man, generate_to};

use super::{
    args::{Cli, ManArgs},
    context::Context,
    error::CliError,
    exit,
};

/// Runs the command.
///
/// # Errors
/// If a page cannot be written.
pub fn run(ctx: &mut Context, args: &ManArgs) -> Result<i32, CliError> {
    let command = Cli::command();
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(|cause| CliError::Start { what: "rustc-hyperopt.1".into(), cause })?;
        ctx.printer.data(String::from_utf8_lossy(&page).trim_end());
        return Ok(exit::OK);
    };
    let dir = ctx.cwd.join(dir);
    std::fs::create_dir_all(&dir)
        .and_then(|()| generate_to(command, &dir))
        .map_err(|cause| CliError::Start { what: dir.clone(), cause })?;
    ctx.printer.status("Wrote", format_args!("the manual pages to {}", dir.display()));
    Ok(exit::OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::context::planted::Planted;

    #[test]
    fn there_is_a_page_for_every_command() {
        let mut planted = Planted::new(&[]);
        let code = run(&mut planted.ctx, &ManArgs { dir: Some("man/man1".into()) }).expect("written");
        assert_eq!((code, planted.said.out().as_str()), (exit::OK, ""));
        let page = |name: String| std::fs::read_to_string(planted.ctx.cwd.join("man/man1").join(name)).expect("page");
        for sub in Cli::command().get_subcommands() {
            let text = page(format!("rustc-hyperopt-{}.1", sub.get_name()));
            assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{text}");
        }
        assert!(page("rustc-hyperopt.1".into()).contains("RUSTC_HYPEROPT=off"));
        assert!(page("rustc-hyperopt-cache-clean.1".into()).contains("would be removed"));
        assert!(page("rustc-hyperopt-stats.1".into()).contains("schema version 1"));
    }

    #[test]
    fn without_a_directory_the_first_page_is_data() {
        let mut planted = Planted::new(&[]);
        run(&mut planted.ctx, &ManArgs { dir: None }).expect("printed");
        let (out, err) = (planted.said.out(), planted.said.err());
        assert!(out.contains(".TH rustc-hyperopt 1") && out.contains("RUSTC_HYPEROPT=off"), "{out}");
        assert_eq!(err, "");
    }
}
