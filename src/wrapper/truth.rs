//! Diagnostics as plain cargo would show them, when the compiler had only old metadata of crates that have changed since.
//!
//! Everything is run quietly in a scratch directory of the daemon's. Whatever goes wrong, the compiler's own diagnostics
//! are shown: right about the fault, but without the text of those crates.

use std::process::{Command, ExitStatus, Output, Stdio};

use super::{record::not_yet, stream::Held};
use crate::{
    base::{
        env::{EnvSnapshot, names},
        process,
    },
    engine::truth::{Step, environment},
    ipc::{
        client::Client,
        protocol::{Reply, Request},
    },
    rustc::messages,
};

/// The true diagnostics in place of the held ones; `real` is how the compiler has ended.
pub fn instead(client: &mut Client, ticket: u64, held: &Held, real: ExitStatus) -> Option<Vec<u8>> {
    let files = held.files.iter().map(|f| f.clone().into_os_string()).collect();
    let Ok(Reply::Truth(steps)) = client.ask(&Request::Truth { ticket, files }) else { return None };
    let (last, upstream) = steps.split_last()?;
    for step in upstream {
        run(of_its_own(step)).filter(|output| output.status.success())?;
    }
    // This one is our own compile, and has our environment.
    let mut command = Command::new(&last.program);
    command.args(last.os_args());
    let output = run(command)?;
    if output.status.success() != real.success() {
        return None;
    }
    let said = unsaid(&last.in_place(&output.stderr), &held.before);
    // Where code was generated there may have been diagnostics that a check does not find.
    if real.success() && messages::kinds(&said) != messages::kinds(&held.text) {
        return None;
    }
    Some(said)
}

/// A compile of another crate: its own variables in place of ours.
fn of_its_own(step: &Step) -> Command {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let mut command = Command::new(&step.program);
    command.args(step.os_args()).current_dir(&step.cwd);
    for (name, _) in EnvSnapshot::current().iter().filter(|(name, _)| environment::is_of_a_unit(name)) {
        command.env_remove(OsStr::from_bytes(name));
    }
    command.envs(step.env.iter().map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value))));
    command
}

fn run(mut command: Command) -> Option<Output> {
    command.env(names::NESTED, "1").stdin(Stdio::null());
    process::dies_with_us(&mut command);
    command.output().ok()
}

/// The diagnostics among these lines that were not said already.
fn unsaid(stderr: &[u8], said: &[u8]) -> Vec<u8> {
    let lines = stderr.split_inclusive(|b| *b == b'\n').filter(|line| messages::artifact(line).is_none());
    not_yet(lines, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_twice_and_no_artifact_at_all() {
        let artifact = b"{\"$message_type\":\"artifact\",\"artifact\":\"/t/a.d\",\"emit\":\"dep-info\"}\n";
        let all = [&b"a\na\nb\n"[..], artifact, b"c\n"].concat();
        assert_eq!(unsaid(&all, b"a\nb\n"), b"a\nc\n");
        assert_eq!(unsaid(&all, b""), b"a\na\nb\nc\n");
    }
}
