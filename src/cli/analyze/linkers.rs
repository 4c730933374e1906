//! `analyze --measure-linkers`: the last link of the program that takes longest, done again with each linker; and what of
//! earlier figures still holds.
//!
//! It must never build, nor write into the target directory; the program that comes out is thrown away unused.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::AnalyzeError;
use crate::{
    analyze::{
        linkers::{Links, judge},
        project::{Project, Unit},
        remedy::Remedy,
    },
    base::text::{bytes, millis},
    bench::linkers,
    cli::{context::Context, daemon::Daemon, error::CliError, exit},
    config::Linker,
    engine::last_link::LastLink,
    events::{LinkTimes, LinkerTime},
    ipc::protocol::{Reply, Request},
    ui::{
        Theme,
        progress::Progress,
        sanitize::clean,
        table::{Align, Table},
    },
};

const VERB: &str = "Linking";

/// Measures, shows and remembers.
///
/// # Errors
/// If no program can be linked again, or not without us.
pub fn measure(ctx: &mut Context, daemon: &mut dyn Daemon, project: &Project, set: Linker) -> Result<i32, CliError> {
    let target = target(project).ok_or(AnalyzeError::NoBuilds)?;
    let programs = programs(project);
    let (unit, link) = ask(daemon, &target, &programs)?;
    let program = unit.known.crate_name.clone();
    let mut progress = Progress::new(&ctx.printer, &ctx.env);
    progress.begin(&mut ctx.printer, VERB, &format!("`{program}` in a scratch directory, with each linker"));
    let told = |done, total| progress.at(&mut ctx.printer, VERB, done, total);
    let measured = linkers::measure(&link, &unit.known.id, &program, told);
    progress.end(&mut ctx.printer);
    let times = measured.map_err(AnalyzeError::Io)?;
    lines(&times, set, ctx.printer.out_theme()).into_iter().for_each(|line| ctx.printer.data(line));
    if let Some(said) = times.linkers.first().and_then(|l| l.unusable.clone()) {
        return Err(AnalyzeError::LinkFails { program, said }.into());
    }
    daemon.ask(&Request::LinkTimes { target: target.into(), times: Box::new(times) })?;
    Ok(exit::OK)
}

/// What is known of linkers, as far as it still holds.
pub fn known(project: &Project, times: Option<LinkTimes>) -> Links {
    let Some(times) = times else { return Links::NotMeasured };
    let unit = project.place(&times.unit).map(|n| &project.units[n]);
    let why = match unit {
        None => Some(format!("`{}` is not what it was", times.program)),
        Some(unit) => resized(project, unit, &times).or_else(|| times.linkers.iter().find_map(|l| changed(l, &times))),
    };
    match why {
        Some(why) => Links::OutOfDate(times.at, why),
        None => Links::Measured(times),
    }
}

/// The program is larger or smaller by a quarter than any linker has made it.
fn resized(project: &Project, unit: &Unit, times: &LinkTimes) -> Option<String> {
    let now = fs::metadata(output(&target(project)?, unit)).ok()?.len();
    let near = |l: &LinkerTime| l.bytes.abs_diff(now) <= l.bytes / 4;
    let told = || format!("`{}` has another size: {}", times.program, bytes(now));
    (!times.linkers.iter().filter(|l| l.bytes > 0).any(near)).then(told)
}

/// Another version links now.
fn changed(linker: &LinkerTime, times: &LinkTimes) -> Option<String> {
    let now = linkers::version(&times.driver, &times.environment, &linker.select).unwrap_or_default();
    let told = || match &*now {
        "" => format!("{} is gone", linker.version),
        now => format!("{} has become {now}", linker.version),
    };
    (now != linker.version).then(told)
}

/// Units with a measured link, the longest first.
fn programs(project: &Project) -> Vec<&Unit> {
    let mut all: Vec<&Unit> = project.units.iter().filter(|u| u.known.last.link_ms.is_some()).collect();
    all.sort_by_key(|u| std::cmp::Reverse(u.known.last.link_ms));
    all
}

/// The link of the first program that can be linked again.
fn ask<'a>(daemon: &mut dyn Daemon, target: &Path, programs: &[&'a Unit]) -> Result<(&'a Unit, LastLink), CliError> {
    let stem = |unit: &&Unit| {
        let output = output(target, unit);
        let name = output.file_name().unwrap_or_default().to_string_lossy().into_owned();
        output.with_file_name(format!("lib{name}")).into_os_string()
    };
    let stems = programs.iter().map(stem).collect();
    match daemon.ask(&Request::LastLink { stems })? {
        Reply::LastLink { link: Some(link), passed } => {
            let unit = programs.get(passed.len()).ok_or(CliError::Misunderstood)?;
            Ok((unit, *link))
        }
        Reply::LastLink { link: None, passed } => {
            let first = programs.first().zip(passed.into_iter().next());
            let why = first.map(|(unit, why)| (unit.known.crate_name.clone(), why));
            Err(AnalyzeError::NoLink(why).into())
        }
        _ => Err(CliError::Misunderstood),
    }
}

fn target(project: &Project) -> Option<PathBuf> {
    project.builds.first().map(|b| PathBuf::from(&b.head.target))
}

/// The program of a unit, under the name that has cargo's hash.
fn output(target: &Path, unit: &Unit) -> PathBuf {
    let known = &unit.known;
    let name = if known.id == known.crate_name { known.id.clone() } else { format!("{}-{}", known.crate_name, known.id) };
    let place = target.join(&known.place);
    let example = place.join("examples").join(&name);
    if example.exists() { example } else { place.join("deps").join(name) }
}

/// The table, and what follows from it.
fn lines(times: &LinkTimes, set: Linker, theme: Theme) -> Vec<String> {
    let head =
        format!("{} links of `{}` with each linker, after one that does not count", linkers::ROUNDS, clean(&times.program));
    let columns = [Align::Left, Align::Left, Align::Right, Align::Right, Align::Right, Align::Left];
    let mut table = Table::new(&columns).head(&["linker", "version", "median", "runs", "size", "against system"]);
    let system = times.linkers.first().filter(|l| l.unusable.is_none()).map(|l| l.median_us);
    for (n, linker) in times.linkers.iter().enumerate() {
        if linker.median_us == 0 {
            table.row([&*linker.setting, &linker.version, "-", "-", "-", linker.unusable.as_deref().unwrap_or_default()]);
            continue;
        }
        let ms = |us: u64| us / 1_000;
        let against = system.filter(|_| n > 0).map(|us| difference(linker.median_us, us));
        let note = linker.unusable.as_deref().map(str::to_owned).or(against).unwrap_or_default();
        table.row([
            &*linker.setting,
            &linker.version,
            &millis(ms(linker.median_us)),
            &format!("{}–{} ms", ms(linker.min_us), ms(linker.max_us)),
            &bytes(linker.bytes),
            &note,
        ]);
    }
    let mut out = vec![theme.heading(head).to_string()];
    out.extend(table.render("  ", theme));
    out.extend(judge(times, set).map(|judged| match judged.better.and_then(|b| Remedy::of_linker(&b.setting).zip(Some(b))) {
        Some((remedy, better)) => format!(
            "{} takes {} less than {} for each build that links it: rustc-hyperopt analyze --apply {}",
            better.version,
            millis(judged.gain_ms()),
            judged.now.version,
            remedy.name()
        ),
        None => format!("Nothing that is installed is faster than {} by more than 50 ms and a tenth", judged.now.version),
    }));
    out
}

fn difference(us: u64, system: u64) -> String {
    let sign = if us < system { "−" } else { "+" };
    format!("{sign}{} ms ({:.2}×)", us.abs_diff(system) / 1_000, us as f64 / system.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analyze::{linkers::tests::times, project::tests::sample},
        cli::daemon::scripted::Scripted,
    };

    #[test]
    fn the_table_says_what_follows() {
        let mut all = times(&[("system", "GNU ld 2.40", 410), ("lld", "LLD 14", 600), ("mold", "mold 2.34", 90)]);
        all.linkers[1].unusable = Some("it has failed".into());
        let text = lines(&all, Linker::System, Theme::default()).join("\n");
        for told in
            ["GNU ld 2.40", "−320 ms (0.22×)", "it has failed", "389–430 ms", "mold 2.34 takes 320 ms less than GNU ld 2.40"]
        {
            assert!(text.contains(told), "{told} in\n{text}");
        }
        assert!(text.contains("analyze --apply linker-mold"), "{text}");
        let text = lines(&all, Linker::Mold, Theme::default()).join("\n");
        assert!(text.contains("Nothing that is installed is faster than mold 2.34") && !text.contains("--apply"), "{text}");
    }

    #[test]
    fn figures_hold_until_a_linker_or_the_program_changes() {
        let project = Project::of(&sample()).expect("something");
        let mut all = times(&[("system", "x 1", 410)]);
        // A driver that says what it is asked to say.
        (all.driver, all.linkers[0].select) = ("echo".into(), vec!["x".into(), "1".into()]);
        all.linkers[0].version = "x 1 -Wl,--version".into();
        assert_eq!(known(&project, Some(all.clone())), Links::Measured(all.clone()));
        all.linkers[0].select.pop();
        let Links::OutOfDate(_, why) = known(&project, Some(all.clone())) else { panic!("another version") };
        assert_eq!(why, "x 1 -Wl,--version has become x -Wl,--version");
        all.driver = "/nowhere/cc".into();
        assert!(matches!(known(&project, Some(all.clone())), Links::OutOfDate(_, why) if why.ends_with("is gone")));
        all.unit = "other".into();
        assert!(matches!(known(&project, Some(all)), Links::OutOfDate(_, why) if why.contains("is not what it was")));
        assert_eq!(known(&project, None), Links::NotMeasured);
    }

    #[test]
    fn a_program_that_cannot_be_linked_again_is_told_with_the_reason() {
        let mut project = Project::of(&sample()).expect("something");
        project.units.iter_mut().for_each(|u| u.known.last.link_ms = (u.known.kind == "bin").then_some(5));
        let answers = vec![Reply::LastLink { link: None, passed: vec!["it is not on record".into()] }];
        let mut daemon = Scripted { answers, ..Scripted::default() };
        let error = ask(&mut daemon, Path::new("/t"), &programs(&project)).expect_err("none");
        assert_eq!(error.to_string(), "`app` cannot be linked again: it is not on record");
        let asked = Request::LastLink { stems: vec!["/t/debug/deps/libapp".into()] };
        assert_eq!(daemon.asked, [asked]);
    }
}
