//! Which commands of cargo's a warm-up runs. Pure.
//!
//! What is prepared is found again by the words of a command, so they are what people and editors type.

use std::ffi::OsString;

use super::args::WarmupArgs;

/// One command: the words behind `cargo`.
pub type Step = Vec<OsString>;

/// For the project at hand, or one that was found.
pub fn of_project(args: &WarmupArgs) -> Vec<Step> {
    let (build, check, test) = wanted(args);
    let common = [args.cargo.words(), args.own.words()].concat();
    let mut steps = Vec::new();
    let mut add = |command: &[&str]| {
        let words = command.iter().map(OsString::from);
        steps.push(words.chain(common.iter().cloned()).collect());
    };
    if build {
        add(&["build"]);
    }
    if check {
        add(&["check"]);
        if !args.own.selects() {
            // As rust-analyzer does.
            add(&["check", "--workspace", "--all-targets"]);
        }
    }
    if test {
        add(&["test", "--no-run"]);
    }
    steps
}

/// For a package that has nothing but dependencies.
pub fn of_dependencies(args: &WarmupArgs) -> Vec<Step> {
    let (build, check, test) = wanted(args);
    let commands = [("build", build || test), ("check", check)];
    let words = |name: &str| std::iter::once(name.into()).chain(args.cargo.words()).collect();
    commands.iter().filter(|(_, wanted)| *wanted).map(|(name, _)| words(name)).collect()
}

fn wanted(args: &WarmupArgs) -> (bool, bool, bool) {
    let asked = args.steps;
    if asked.build || asked.check || asked.test {
        return (asked.build, asked.check, asked.test);
    }
    let is_dev = !args.cargo.release && args.cargo.profile.as_deref().is_none_or(|p| p == "dev");
    (true, is_dev, is_dev)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: WarmupArgs,
    }

    fn lines(line: &str, of: fn(&WarmupArgs) -> Vec<Step>) -> Vec<String> {
        let args = Line::try_parse_from(std::iter::once("warmup").chain(line.split_whitespace())).expect(line).args;
        of(&args).iter().map(|s| s.join(" ".as_ref()).into_string().expect("text")).collect()
    }

    #[test]
    fn everything_for_dev_and_building_alone_for_others() {
        let all = ["build", "check", "check --workspace --all-targets", "test --no-run"];
        assert_eq!(lines("", of_project), all);
        assert_eq!(lines("--release", of_project), ["build --release"]);
        assert_eq!(lines("--release --check --test", of_project)[2], "test --no-run --release");
        assert_eq!(lines("--check -p a -F x", of_project), ["check --features x --package a"]);
        assert_eq!(lines("--build --target t --offline", of_project), ["build --target t --offline"]);
        assert_eq!(lines("--popular", of_dependencies), ["build", "check"]);
        assert_eq!(lines("--popular 5 --profile fast", of_dependencies), ["build --profile fast"]);
        assert_eq!(lines("--popular --test", of_dependencies), ["build"]);
    }

    #[test]
    fn flags_of_one_project_do_not_go_with_many() {
        for bad in ["--scan-crates a -p x", "--popular --workspace", "--status --release", "--budget-minutes 0", "-r --profile x"]
        {
            assert!(Line::try_parse_from(std::iter::once("warmup").chain(bad.split(' '))).is_err(), "{bad}");
        }
        let line = Line::try_parse_from(["warmup", "--scan-crates", "a", "b", "--popular"]).expect("sound");
        assert_eq!((line.args.scan_crates.map(|d| d.len()), line.args.popular), (Some(2), Some(20)));
    }
}
