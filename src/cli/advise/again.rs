//! Where our wrapper does not stand between cargo and the compiler (the cache is switched off, or there is no place for it), cargo is
//! asked the same once more, quietly, for its messages as JSON.
//!
//! It must never run a program or a test of the project: `run` is asked as `build`, `test` as `test --no-run`.

use std::{
    ffi::OsString,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    advise::{captured, diagnostic::Report},
    cargo::{
        words::{self, Flag, SHORT_WITH_VALUE},
        workspace,
    },
    cli::{context::Context, plan::CargoCall},
};

/// The errors that cargo tells. Nothing if it cannot be asked.
pub fn reports(ctx: &Context, call: &CargoCall, cargo: &Path) -> Vec<Report> {
    let Some(args) = quietly(&call.args) else { return Vec::new() };
    let mut command = Command::new(cargo);
    command.args(&call.toolchain).args(args).current_dir(&ctx.cwd);
    let said = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let mut manifest = None;
    words::options(&call.args, |name, value| {
        if name == "manifest-path" {
            manifest = value.map(|v| ctx.cwd.join(v));
        }
    });
    let root = workspace::root(&ctx.cwd, manifest.as_deref()).unwrap_or_else(|| ctx.cwd.clone());
    said.map(|output| captured::of_cargo(&output.stdout, &root)).unwrap_or_default()
}

/// The same command, which only compiles and tells what it has found as JSON.
fn quietly(args: &[OsString]) -> Option<Vec<OsString>> {
    let at = words::subcommand(args)?;
    let command = args[at].to_str()?;
    let runs = matches!(command, "run" | "r");
    let mut out: Vec<OsString> = args[..at].to_vec();
    out.push(if runs { "build".into() } else { args[at].clone() });
    out.extend(["--message-format=json".into(), "--quiet".into()]);
    if matches!(command, "test" | "t") {
        out.push("--no-run".into());
    }
    let mut i = at + 1;
    while i < args.len() {
        let flag = Flag::read(&args[i], &SHORT_WITH_VALUE);
        let step = 1 + usize::from(flag.wants_next());
        match &flag {
            // What follows is for the program, or for clippy.
            Flag::End if command == "clippy" => {
                out.extend(args[i..].iter().cloned());
                break;
            }
            Flag::End => break,
            Flag::Word if runs => break,
            Flag::Long { name: "message-format" | "no-run" | "quiet" | "verbose" | "no-fail-fast", .. } => {}
            Flag::Short { letters, last: None } if letters.iter().all(|l| matches!(l, b'v' | b'q')) => {}
            _ => out.extend(args[i..].iter().take(step).cloned()),
        }
        i += step;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_project_is_run() {
        let json = "--message-format=json --quiet";
        for (line, expected) in [
            ("build --release", format!("build {json} --release")),
            ("run --bin x -- a b", format!("build {json} --bin x")),
            ("r a -p", format!("build {json}")),
            ("+x test --no-run -vv name -- --nocapture", format!("+x test {json} --no-run name")),
            ("t --no-fail-fast", format!("t {json} --no-run")),
            ("clippy -p a -- -D warnings", format!("clippy {json} -p a -- -D warnings")),
            ("check --message-format short -q", format!("check {json}")),
            ("--color always c --message-format=json", format!("--color always c {json}")),
        ] {
            let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let (toolchain, args) = args.split_at(usize::from(line.starts_with('+')));
            let got = [toolchain, &quietly(args).expect("a command")].concat();
            let got: Vec<_> = got.iter().map(|a| a.to_string_lossy().into_owned()).collect();
            assert_eq!(got.join(" "), expected, "{line}");
        }
    }
}
