//! `cache`: size, cleaning, verification, and the configuration in force.
//!
//! It must never touch the store's files itself: one process owns them, and it is asked.

use super::{
    args::{CacheArgs, CacheCommand, CleanArgs},
    context::Context,
    daemon::{self, Daemon},
    error::CliError,
    exit,
};
use crate::{
    advise::{answers::Answers, fix::scratch, memory::open},
    base::text,
    config::{self, Loaded},
    ipc::client::{Client, IpcError},
    ipc::protocol::{Reply, Request, SizeReply},
    ui::table::{Align, Table},
};

/// Runs the command.
///
/// # Errors
/// If the configuration cannot be read or the daemon cannot answer.
pub fn run(ctx: &mut Context, args: &CacheArgs) -> Result<i32, CliError> {
    if args.command.is_none() && !args.clean && (args.limits.all || args.limits.dry_run) {
        return Err(CliError::NotCleaning);
    }
    let command = args.command.unwrap_or(match args {
        CacheArgs { clean: true, limits, .. } => CacheCommand::Clean(*limits),
        CacheArgs { verify: true, .. } => CacheCommand::Verify,
        CacheArgs { config: true, .. } => CacheCommand::Config,
        _ => CacheCommand::Size,
    });
    if let CacheCommand::Config = command {
        let loaded = config::load(&ctx.env, &ctx.cwd, &[])?;
        show_config(ctx, &loaded);
        return Ok(exit::OK);
    }
    if let CacheCommand::Stop = command {
        return stop(ctx);
    }
    let mut daemon = daemon::connect(ctx)?;
    let code = answer(ctx, command, &mut daemon)?;
    if let CacheCommand::Clean(CleanArgs { dry_run: false, all, .. }) = command {
        forget_mends(ctx, &mut daemon)?;
        forget_help(ctx, all)?;
    }
    Ok(code)
}

/// What help with errors has left: no results, and not the daemon's. The last mend can be taken back until `everything` goes.
fn forget_help(ctx: &mut Context, everything: bool) -> Result<(), CliError> {
    let store = config::load(&ctx.env, &ctx.cwd, &[])?.settings.cache.path;
    let (answers, bytes) = Answers::below(&store).clear();
    if answers > 0 {
        ctx.printer.status("Removed", format!("{} of a language model, {}", text::count(answers, "answer"), text::bytes(bytes)));
    }
    let copies = scratch::forget_all(&store, everything);
    if copies > 0 {
        ctx.printer.status("Removed", format!("what mends were tried in, {}", text::count(copies, "workspace")));
    }
    Ok(())
}

/// How errors were mended.
fn forget_mends(ctx: &mut Context, daemon: &mut dyn Daemon) -> Result<(), CliError> {
    open::clear(&config::load(&ctx.env, &ctx.cwd, &[])?.settings.cache.path);
    match daemon.ask(&Request::ForgetMends)? {
        Reply::Cleaned { entries: 0, .. } => {}
        Reply::Cleaned { entries, bytes } => {
            ctx.printer.status("Removed", format!("{}, {}", text::count(entries, "remembered mend"), text::bytes(bytes)));
        }
        _ => return Err(CliError::Misunderstood),
    }
    Ok(())
}

fn answer(ctx: &mut Context, command: CacheCommand, daemon: &mut dyn Daemon) -> Result<i32, CliError> {
    match command {
        CacheCommand::Size | CacheCommand::Config | CacheCommand::Stop => match daemon.ask(&Request::Size)? {
            Reply::Size(size) => show_size(ctx, &size),
            _ => return Err(CliError::Misunderstood),
        },
        CacheCommand::Settle => match daemon.ask(&Request::Settle { prime: true })? {
            Reply::Done => {}
            _ => return Err(CliError::Misunderstood),
        },
        CacheCommand::Clean(CleanArgs { all, dry_run }) => match daemon.ask(&Request::Clean { everything: all, dry_run })? {
            Reply::Cleaned { entries, bytes } => {
                let what = format!("{}, {}", text::count(entries, "result"), text::bytes(bytes));
                let verb = if dry_run { "Would remove" } else { "Removed" };
                ctx.printer.status(verb, what);
            }
            _ => return Err(CliError::Misunderstood),
        },
        CacheCommand::Verify => match daemon.ask(&Request::Verify)? {
            Reply::Verified(found) => {
                let mut table = Table::new(&[Align::Left, Align::Right]);
                table.row(["checked".to_owned(), format!("{} ({})", found.checked, text::bytes(found.bytes))]);
                table.row(["damaged".to_owned(), found.damaged.to_string()]);
                table.row(["incomplete".to_owned(), found.incomplete.to_string()]);
                print(ctx, &table);
                if found.damaged + found.incomplete > 0 {
                    ctx.printer.warning("damaged results have been set aside; the next build compiles them again");
                    return Ok(exit::NO);
                }
            }
            _ => return Err(CliError::Misunderstood),
        },
    }
    Ok(exit::OK)
}

/// Ends a daemon that runs; starting one for that would be odd.
fn stop(ctx: &mut Context) -> Result<i32, CliError> {
    let store = config::load(&ctx.env, &ctx.cwd, &[])?.settings.cache.path;
    let said = match Client::connect(&store) {
        Ok(mut client) => {
            let flushed = Daemon::ask(&mut client, &Request::Flush);
            Client::ask(&mut client, &Request::Stop)?;
            client.wait_for_end();
            // A store that takes nothing is no reason to go on running.
            flushed?;
            "the background process"
        }
        Err(IpcError::NotRunning(_)) => "nothing: no background process is running",
        Err(e) => return Err(e.into()),
    };
    ctx.printer.status("Stopped", said);
    Ok(exit::OK)
}

fn show_size(ctx: &mut Context, size: &SizeReply) {
    let mut table = Table::new(&[Align::Left, Align::Right]);
    let used = size.blob_bytes + size.index_bytes;
    table.row(["results".to_owned(), size.entries.to_string()]);
    table.row(["files".to_owned(), format!("{} ({})", size.blobs, text::bytes(size.blob_bytes))]);
    table.row(["index".to_owned(), text::bytes(size.index_bytes)]);
    table.row(["total".to_owned(), format!("{} of {}", text::bytes(used), text::bytes(size.max_bytes))]);
    print(ctx, &table);
}

fn show_config(ctx: &mut Context, loaded: &Loaded) {
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]).head(&["setting", "value", "from"]);
    for effective in &loaded.values {
        table.row([effective.key.to_string(), effective.value.clone(), effective.origin.to_string()]);
    }
    print(ctx, &table);
    for warning in &loaded.warnings {
        ctx.printer.warning(warning);
    }
}

fn print(ctx: &mut Context, table: &Table) {
    for line in table.render("", ctx.printer.out_theme()) {
        ctx.printer.data(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{context::planted::Planted, daemon::scripted::Scripted},
        ipc::protocol::VerifyReply,
    };

    fn ask(command: CacheCommand, reply: Reply) -> (i32, Request, String, String) {
        let mut planted = Planted::new(&[]);
        let mut daemon = Scripted { answers: vec![reply], ..Scripted::default() };
        let code = answer(&mut planted.ctx, command, &mut daemon).expect("answered");
        (code, daemon.asked.remove(0), planted.said.out(), planted.said.err())
    }

    #[test]
    fn verify_tells_damage_by_its_exit_code() {
        let found = |damaged, incomplete| Reply::Verified(VerifyReply { checked: 9, bytes: 900, damaged, incomplete });
        let (code, _, out, err) = ask(CacheCommand::Verify, found(0, 0));
        assert_eq!((code, err.as_str()), (exit::OK, ""));
        assert!(out.contains("9 (900 B)"), "{out}");
        assert_eq!(ask(CacheCommand::Verify, found(1, 0)).0, exit::NO);
        assert_eq!(ask(CacheCommand::Verify, found(0, 1)).0, exit::NO);
        let mut planted = Planted::new(&[]);
        let refused = answer(&mut planted.ctx, CacheCommand::Verify, &mut Scripted::default()).expect_err("no answer");
        assert_eq!(refused.exit(), exit::FAILED);
    }

    #[test]
    fn cleaning_says_what_it_freed_and_asks_for_no_more_than_it_was_told() {
        let freed = || Reply::Cleaned { entries: 2, bytes: 1_500 };
        let (_, asked, out, err) = ask(CacheCommand::Clean(CleanArgs::default()), freed());
        assert_eq!(asked, Request::Clean { everything: false, dry_run: false });
        assert_eq!((out.as_str(), err.as_str()), ("", "     Removed 2 results, 1.5 kB\n"));
        let (_, asked, _, err) = ask(CacheCommand::Clean(CleanArgs { all: true, dry_run: true }), freed());
        assert_eq!(asked, Request::Clean { everything: true, dry_run: true });
        assert_eq!(err, "Would remove 2 results, 1.5 kB\n");
    }

    #[test]
    fn answers_of_a_model_are_forgotten() {
        let mut planted = Planted::new(&[]);
        let store = config::load(&planted.ctx.env, &planted.ctx.cwd, &[]).expect("loaded").settings.cache.path;
        let answers = Answers::below(&store);
        let key = crate::base::digest::Digest::of(b"x");
        answers.put(&key, &crate::advise::answer::Answer::default()).expect("kept");
        forget_help(&mut planted.ctx, false).expect("forgotten");
        assert_eq!(answers.get(&key), None);
        assert!(planted.said.err().starts_with("     Removed 1 answer of a language model"), "{}", planted.said.err());
        forget_help(&mut planted.ctx, false).expect("nothing there");
        assert_eq!(planted.said.err().lines().count(), 1);
    }

    #[test]
    fn what_mends_were_tried_in_goes_and_what_can_be_taken_back_goes_last() {
        let mut planted = Planted::new(&[]);
        let store = config::load(&planted.ctx.env, &planted.ctx.cwd, &[]).expect("loaded").settings.cache.path;
        let dir = store.join("mend/0123");
        std::fs::create_dir_all(dir.join("target/debug")).expect("made");
        std::fs::write(dir.join("last"), "{}").expect("written");
        forget_help(&mut planted.ctx, false).expect("forgotten");
        assert_eq!((dir.join("target").exists(), dir.join("last").exists()), (false, true));
        forget_help(&mut planted.ctx, true).expect("forgotten");
        assert!(!dir.exists());
        assert_eq!(
            planted.said.err().matches("Removed what mends were tried in, 1 workspace").count(),
            2,
            "{}",
            planted.said.err()
        );
    }

    #[test]
    fn limits_without_cleaning_are_wrong_usage() {
        let mut planted = Planted::new(&[]);
        let limits = CleanArgs { all: true, dry_run: false };
        let error = run(&mut planted.ctx, &CacheArgs { limits, size: true, ..CacheArgs::default() }).expect_err("refused");
        assert_eq!(error.exit(), exit::FAILED);
    }

    #[test]
    fn settings_show_where_they_come_from() {
        let mut planted = Planted::new(&[("RUSTC_HYPEROPT_CACHE_PATH", "/somewhere")]);
        assert_eq!(run(&mut planted.ctx, &CacheArgs { config: true, ..CacheArgs::default() }).expect("shown"), exit::OK);
        let out = planted.said.out();
        let line = out.lines().find(|l| l.starts_with("cache.path")).expect("a line for the path");
        assert!(line.contains("/somewhere") && line.contains("RUSTC_HYPEROPT_CACHE_PATH"), "{out}");
    }
}
