//! `analyze`: what builds cost and what would help, from recorded times; `--apply` makes one of the changes.
//!
//! It must never start a build, and never change a file without `--apply` or `--undo`. Only `--measure-linkers` runs a linker.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use super::{
    args::AnalyzeArgs,
    cargo,
    context::Context,
    daemon::{self, Daemon},
    error::CliError,
    exit,
};
use crate::{
    analyze::{Input, Report, html, json, project::Project, remedy},
    base::{
        clock,
        fs::{Durability, write_atomic},
    },
    cargo::{call::Call, lockfile, metadata::Metadata},
    config,
    ipc::protocol::{BuildsReply, Reply, Request},
    rustc::fast_linker,
};

mod apply;
mod linkers;
mod text;

/// Findings of a kind that are shown, by default and with `--detailed`.
const FEW: usize = 3;
const MANY: usize = 12;

/// Why there is nothing to say, or nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    #[error("no project with a lock file is here")]
    NoProject,
    #[error("no build of this project is on record")]
    NoBuilds,
    #[error("there is no change called `{name}`")]
    Unknown { name: String, meant: Option<String> },
    #[error("{file}: {cause}")]
    Refused { file: PathBuf, cause: remedy::Refused },
    #[error("{0} was changed since, and is left as it is")]
    ChangedSince(PathBuf),
    #[error("nothing is applied to {0}")]
    NothingApplied(PathBuf),
    #[error("there is nowhere to keep what `--undo` needs")]
    NoStore,
    #[error("there is nowhere to keep a configuration")]
    NoConfiguration,
    /// The program, and why it cannot.
    #[error("{}", no_link(.0.as_ref()))]
    NoLink(Option<(String, String)>),
    #[error("`{program}` could not be linked as it was: {said}")]
    LinkFails { program: String, said: String },
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl AnalyzeError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoProject => Some("run it in the directory of a project that was built".into()),
            Self::NoBuilds => Some("`rustc-hyperopt build` records one; so does plain `cargo build` after `init`".into()),
            Self::Unknown { meant: Some(meant), .. } => Some(format!("did you mean `{meant}`?")),
            Self::Unknown { .. } => {
                let all: Vec<_> = remedy::Remedy::ALL.iter().map(|r| format!("`{}`", r.name())).collect();
                Some(format!("there is {}", all.join(", ")))
            }
            Self::ChangedSince(_) => Some("take the change back by hand; `--apply` has shown it".into()),
            Self::NoLink(_) | Self::LinkFails { .. } => {
                Some("edit a source, build with `rustc-hyperopt build`, and measure again".into())
            }
            Self::Refused { cause, .. } => Some(cause.hint().into()),
            Self::NothingApplied(_) => Some("`rustc-hyperopt analyze` lists the changes that `--apply` makes".into()),
            Self::NoStore => Some("set `RUSTC_HYPEROPT_CACHE_PATH` to a directory of yours".into()),
            Self::NoConfiguration => Some("set `HOME`, or `XDG_CONFIG_HOME`".into()),
            Self::Io(_) => None,
        }
    }
}

fn no_link(why: Option<&(String, String)>) -> String {
    why.map_or_else(
        || "no link of a program is on record".to_owned(),
        |(program, why)| format!("`{program}` cannot be linked again: {why}"),
    )
}

/// Runs the command.
///
/// # Errors
/// If there is no project, nothing is on record, or a file cannot be read or written.
pub fn run(ctx: &mut Context, args: &AnalyzeArgs) -> Result<i32, CliError> {
    let words = [OsString::from("build")];
    let understood = Call::understand(&words, None, &ctx.env, &ctx.cwd).ok_or(AnalyzeError::NoProject)?;
    let manifest = understood.root.join("Cargo.toml");
    if let Some(name) = &args.apply {
        return apply::named(ctx, &manifest, name);
    }
    if args.undo {
        return apply::undo(ctx, &manifest);
    }
    let mut daemon = daemon::connect(ctx)?;
    // Nothing else is to be done while links are measured.
    let metadata = if args.measure_linkers { None } else { metadata(ctx, &understood.root) };
    let reply = builds(&mut daemon, understood.call.target(), &understood.root)?;
    let project = Project::of(&reply).ok_or(AnalyzeError::NoBuilds)?;
    let linker = config::load(&ctx.env, &ctx.cwd, &[]).map(|loaded| loaded.settings.performance.linker).unwrap_or_default();
    if args.measure_linkers {
        return linkers::measure(ctx, &mut daemon, &project, linker);
    }
    let links = linkers::known(&project, reply.links);
    let input = Input {
        project,
        locked: lockfile::locked(&understood.lock_text),
        metadata: metadata.and_then(|thread| thread.join().ok().flatten()),
        manifest: std::fs::read_to_string(&manifest).map_err(AnalyzeError::Io)?,
        root: understood.root,
        debug_by_environment: ctx.env.get("CARGO_PROFILE_DEV_DEBUG").is_some(),
        linker,
        linkers: fast_linker::installed(&ctx.env, &ctx.cwd).into_iter().map(|found| found.brand.name()).collect(),
        links,
        jobs: thread::available_parallelism().map_or(1, usize::from),
        most: if args.detailed || args.json || args.html.is_some() { MANY } else { FEW },
    };
    show(ctx, args, &Report::of(input))
}

fn show(ctx: &mut Context, args: &AnalyzeArgs, report: &Report) -> Result<i32, CliError> {
    if let Some(file) = &args.html {
        let file = ctx.cwd.join(file);
        let page = html::page(report, &clock::date(clock::wall_secs()));
        write_atomic(&file, page.as_bytes(), 0o666, Durability::Lazy).map_err(AnalyzeError::Io)?;
        ctx.printer.status("Wrote", file.display());
    }
    if args.json {
        ctx.printer.data(serde_json::to_string(&json::Document::new(report))?);
    } else if args.html.is_none() {
        text::lines(report, args.detailed, ctx.printer.out_theme()).into_iter().for_each(|line| ctx.printer.data(line));
    }
    Ok(exit::OK)
}

/// The builds of a project: those in its target directory, else those in another one that it was built in.
fn builds(daemon: &mut dyn Daemon, target: &Path, root: &Path) -> Result<BuildsReply, CliError> {
    let mut ask = |target: &Path| match daemon.ask(&Request::Builds { target: target.into() })? {
        Reply::Builds(reply) => Ok(*reply),
        _ => Err(CliError::Misunderstood),
    };
    let here = ask(target)?;
    if here.builds.is_empty() {
        for other in &here.targets {
            let reply = ask(Path::new(other))?;
            if reply.builds.iter().any(|b| Path::new(&b.head.root) == root) {
                return Ok(reply);
            }
        }
    }
    Ok(here)
}

/// Asks cargo in the background, without a network and without changing anything; nothing if it does not know.
fn metadata(ctx: &Context, root: &Path) -> Option<thread::JoinHandle<Option<Metadata>>> {
    let mut command = Command::new(cargo::find(ctx, false)?);
    command.args(["metadata", "--format-version=1", "--frozen"]).current_dir(root);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let ask = move || {
        let output = command.output().ok().filter(|o| o.status.success())?;
        Metadata::parse(&output.stdout).ok()
    };
    thread::Builder::new().spawn(ask).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analyze::{project::tests::sample, tests::report},
        cli::{context::planted::Planted, daemon::scripted::Scripted},
    };

    #[test]
    fn text_json_and_page_go_where_they_belong() {
        let mut planted = Planted::new(&[]);
        let json = AnalyzeArgs { json: true, ..AnalyzeArgs::default() };
        show(&mut planted.ctx, &json, &report()).expect("shown");
        let document: json::Document = serde_json::from_str(&planted.said.out()).expect("one document");
        assert_eq!((document.schema_version, planted.said.err()), (1, String::new()));

        let mut planted = Planted::new(&[]);
        let html = AnalyzeArgs { html: Some("report.html".into()), ..AnalyzeArgs::default() };
        show(&mut planted.ctx, &html, &report()).expect("shown");
        let page = std::fs::read_to_string(planted.root().join("work/report.html")).expect("written");
        assert!(page.starts_with("<!doctype html>") && planted.said.out().is_empty());
        assert!(planted.said.err().contains("Wrote"), "{}", planted.said.err());
    }

    #[test]
    fn another_target_directory_of_the_same_project_is_found() {
        let mut other = sample();
        other.builds[0].head.root = "/p".into();
        let targets = vec!["/strange".into(), "/other".into()];
        let empty = BuildsReply { targets, ..BuildsReply::default() };
        let answers = [empty, sample(), other.clone()].map(|r| Reply::Builds(Box::new(r))).to_vec();
        let mut daemon = Scripted { answers, ..Scripted::default() };
        let found = builds(&mut daemon, Path::new("/p/target"), Path::new("/p")).expect("answered");
        assert_eq!((found, daemon.asked.len()), (other, 3));
    }
}
