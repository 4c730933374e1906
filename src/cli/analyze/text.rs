//! The report as text for people.

use crate::{
    analyze::{Basis, Finding, Report},
    base::text::{count, millis},
    ui::{
        Theme,
        sanitize::clean,
        table::{Align, Table},
    },
};

/// Units in the list of the slowest, by default and with `--detailed`.
const FEW: usize = 5;
const MANY: usize = 25;

/// The whole report.
pub fn lines(report: &Report, detailed: bool, theme: Theme) -> Vec<String> {
    let project = &report.input.project;
    let units = count(project.units.len() as u64, "unit");
    let mut out = vec![format!(
        "{} {} in profile {}, {units}, {} on record",
        theme.heading(format_args!("{}:", clean(&report.name()))),
        clean(&project.command()),
        clean(&project.profile()),
        count(project.builds.len() as u64, "build")
    )];
    let mut sums = Table::new(&[Align::Left, Align::Left]);
    if let Some(last) = &report.last {
        sums.row(["Last real build", &millis(last.wall_ms)]);
    }
    let scratch = &report.scratch;
    let processors = count(report.input.jobs as u64, "processor");
    sums.row(["From scratch", &format!("{} with {processors} (simulated from recorded times)", millis(scratch.wall_ms))]);
    sums.row(["All of its work", &millis(scratch.work_ms)]);
    sums.row(["Critical path", &format!("{}: no number of processors makes it faster", millis(scratch.path_ms))]);
    out.extend(sums.render("  ", theme));
    if project.unmeasured > 0 {
        out.push(format!("  {} never measured here and count as nothing", were(project.unmeasured)));
    }
    out.push(String::new());
    out.push(theme.heading("Slowest").to_string());
    let mut table = Table::new(&[Align::Right, Align::Right, Align::Left]);
    for unit in report.slowest.iter().take(if detailed { MANY } else { FEW }) {
        let ms = report.scratch_ms(*unit);
        let share = ms * 100 / scratch.work_ms.max(1);
        table.row([millis(ms), format!("{share} %"), project.units[*unit].label()]);
    }
    out.extend(table.render("  ", theme));
    out.push(String::new());
    out.push(theme.heading("What would help").to_string());
    for finding in &report.findings {
        out.extend(told(finding, detailed, theme));
    }
    if report.findings.is_empty() {
        out.push("  nothing stands out".into());
    } else if !detailed {
        out.push(String::new());
        out.push("`--detailed` says more, `--html FILE` makes a page of it".into());
    }
    out
}

fn were(units: usize) -> String {
    let counted = count(units as u64, "unit");
    if units == 1 { format!("{counted} was") } else { format!("{counted} were") }
}

fn told(finding: &Finding, detailed: bool, theme: Theme) -> Vec<String> {
    let gain = finding.gain.filter(|g| g.ms > 0);
    let amount = gain.map_or_else(String::new, |g| {
        let sign = if g.basis == Basis::AtMost { "at most " } else { "" };
        let per = if g.per_edit { "per edit" } else { "per full build" };
        format!("{sign}{} {per}, {}", millis(g.ms), g.basis.sentence())
    });
    let mut out = vec![format!("  {}", clean(&finding.title))];
    if detailed {
        out.extend(finding.details.iter().filter(|d| !d.is_empty()).map(|d| format!("      {}", clean(d))));
    }
    out.push(format!("    {} {}", theme.literal("change:"), clean(&finding.change)));
    if let Some(name) = finding.apply {
        out.push(format!("    {}  rustc-hyperopt analyze --apply {name}", theme.literal("apply:")));
    }
    if !amount.is_empty() {
        out.push(format!("    {}   {amount}", theme.good("gain:")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::tests::report;

    #[test]
    fn the_essentials_first_and_details_on_demand() {
        let report = report();
        let brief = lines(&report, false, Theme::default()).join("\n");
        for told in ["sample: cargo build in profile debug, 5 units, 1 build on record", "635 ms", "625 ms with 2 processors"] {
            assert!(brief.contains(told), "{told} in\n{brief}");
        }
        assert!(brief.contains("500 ms  74 %  native (running its build script)"), "{brief}");
        assert!(brief.contains("gain:   540 ms per full build, simulated from recorded times"), "{brief}");
        let detailed = lines(&report, true, Theme::default()).join("\n");
        assert!(detailed.contains("needed by mid") && !brief.contains("needed by mid"), "{detailed}");
    }
}
