//! Prompt mode: help with errors, asked for by a bare `-p` or `--prompt` behind a command that compiles. Pure; looks at nothing
//! but the arguments.
//!
//! It must never take `-p SPEC` from cargo: a `-p` is ours only if it is the last word, or a flag comes next. The other flags of
//! ours are looked for only in prompt mode, so that without it nothing changes for cargo; behind `--`, and behind the first word
//! for the program of `run`, nothing is ours.

use std::ffi::OsString;

use crate::cargo::words::{self, Flag, SHORT_WITH_VALUE};

/// Commands of cargo's that have a prompt mode, with their short names.
const COMMANDS: [&str; 9] = ["build", "b", "check", "c", "test", "t", "clippy", "run", "r"];

/// Flags of ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Mends are to be tried and applied.
    pub fix: bool,
    /// The last mend is to be taken back.
    pub undo: bool,
    pub allow_dirty: bool,
    pub allow_staged: bool,
    pub allow_no_vcs: bool,
    /// What a model would be sent is to be shown.
    pub show_prompt: bool,
}

impl Prompt {
    fn takes(&mut self, name: &str) -> bool {
        let flag = match name {
            "fix" => &mut self.fix,
            "undo" => &mut self.undo,
            "allow-dirty" => &mut self.allow_dirty,
            "allow-staged" => &mut self.allow_staged,
            "allow-no-vcs" => &mut self.allow_no_vcs,
            "show-prompt" => &mut self.show_prompt,
            "prompt" => return true,
            _ => return false,
        };
        *flag = true;
        true
    }
}

/// What is left for cargo, and what is ours; all of it is cargo's if prompt mode was not asked for.
pub fn take(args: &[OsString]) -> (Vec<OsString>, Option<Prompt>) {
    let all = || (args.to_vec(), None);
    let Some(at) = words::subcommand(args) else { return all() };
    let Some(command) = args[at].to_str().filter(|c| COMMANDS.contains(c)) else { return all() };
    let (before, behind) = (&args[..at], &args[at + 1..]);
    let end = end_of_flags(behind, matches!(command, "run" | "r"));
    let (flags, rest) = behind.split_at(end);
    // `--prompt` before the command is as good as behind it.
    let mut asked = before.iter().any(|a| a == "--prompt");
    let mut prompt = Prompt::default();
    let mut kept: Vec<OsString> = before.iter().filter(|a| *a != "--prompt").cloned().collect();
    kept.push(args[at].clone());
    let mut i = 0;
    while i < flags.len() {
        let word = &flags[i];
        let flag = Flag::read(word, &SHORT_WITH_VALUE);
        match &flag {
            Flag::Long { name, value: None } if prompt.takes(name) => asked |= *name == "prompt",
            Flag::Short { letters, last: Some((b'p', [])) } if is_bare(behind.get(i + 1)) => {
                asked = true;
                if let (false, Ok(letters)) = (letters.is_empty(), std::str::from_utf8(letters)) {
                    kept.push(format!("-{letters}").into());
                }
                i += 1;
                continue;
            }
            _ => {
                let step = 1 + usize::from(flag.wants_next());
                kept.extend(flags[i..].iter().take(step).cloned());
                i += step;
                continue;
            }
        }
        i += 1;
    }
    if !asked {
        return all();
    }
    kept.extend(rest.iter().cloned());
    (kept, Some(prompt))
}

/// A `-p` that names no package.
fn is_bare(next: Option<&OsString>) -> bool {
    next.is_none_or(|next| next.len() > 1 && next.as_encoded_bytes().starts_with(b"-"))
}

/// Where the words begin that are not cargo's: `--`, or the first word of the program that `run` starts.
fn end_of_flags(words: &[OsString], runs: bool) -> usize {
    let mut i = 0;
    while i < words.len() {
        let flag = Flag::read(&words[i], &SHORT_WITH_VALUE);
        let bare = matches!(flag, Flag::Short { last: Some((b'p', [])), .. }) && is_bare(words.get(i + 1));
        match flag {
            Flag::End => return i,
            Flag::Word if runs => return i,
            _ if bare => i += 1,
            _ => i += 1 + usize::from(flag.wants_next()),
        }
    }
    words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(line: &str) -> (String, Option<Prompt>) {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let (kept, prompt) = take(&args);
        let kept: Vec<String> = kept.iter().map(|a| a.to_string_lossy().into_owned()).collect();
        (kept.join(" "), prompt)
    }

    #[test]
    fn command_lines_in_prompt_mode_and_what_cargo_gets() {
        for (line, kept) in [
            ("build -p", "build"),
            ("b -p", "b"),
            ("c -p", "c"),
            ("t -p", "t"),
            ("r -p", "r"),
            ("build --prompt", "build"),
            ("--prompt build", "build"),
            ("-q build -p", "-q build"),
            ("build -p --release", "build --release"),
            ("build --release -p", "build --release"),
            ("build -p -p foo", "build -p foo"),
            ("build -p foo -p", "build -p foo"),
            ("build -pfoo -p", "build -pfoo"),
            ("build -p=foo -p", "build -p=foo"),
            ("build --package foo -p", "build --package foo"),
            ("build -vp", "build -v"),
            ("build -vvp -j2", "build -vv -j2"),
            ("check --workspace -p --all-targets", "check --workspace --all-targets"),
            ("test -p -- --nocapture", "test -- --nocapture"),
            ("test name -p", "test name"),
            ("test --prompt name -- -p", "test name -- -p"),
            ("run -p", "run"),
            ("run -p -- -p", "run -- -p"),
            ("run --bin tool -p", "run --bin tool"),
            ("run --prompt x -p --prompt", "run x -p --prompt"),
            ("clippy -p -- -D warnings", "clippy -- -D warnings"),
            ("clippy --all-targets --prompt", "clippy --all-targets"),
            ("build -p --features -p", "build --features -p"),
            ("build --prompt -j 4 -F a,b", "build -j 4 -F a,b"),
        ] {
            assert_eq!(taken(line), (kept.to_owned(), Some(Prompt::default())), "{line}");
        }
    }

    #[test]
    fn command_lines_that_are_all_cargos() {
        for line in [
            "build",
            "build -p foo",
            "build -pfoo",
            "build -p foo@1.0.0 -p bar",
            "build --package foo",
            "build --features -p",
            "build -F -p",
            "build --target-dir -p",
            "test -- -p",
            "test name -- -p --prompt",
            "run x -p",
            "run x --prompt",
            "run -- --prompt",
            "build -p -",
            "doc -p",
            "fix --allow-dirty",
            "nextest run -p",
            "clippy --fix --allow-dirty",
            "clippy -p foo --fix",
            "build --undo",
            "-p build",
            "-p",
            "bench -p",
            "rustc -p foo -- -p",
            "",
        ] {
            assert_eq!(taken(line), (line.to_owned(), None), "{line}");
        }
    }

    #[test]
    fn our_flags_in_prompt_mode() {
        let fixing = Prompt { fix: true, allow_dirty: true, ..Prompt::default() };
        for line in ["clippy -p --fix --allow-dirty", "clippy --fix -p --allow-dirty", "clippy --allow-dirty --fix -p"] {
            assert_eq!(taken(line), ("clippy".to_owned(), Some(fixing)), "{line}");
        }
        let all = "check -p --fix --undo --allow-dirty --allow-staged --allow-no-vcs --show-prompt --locked";
        let prompt =
            Prompt { fix: true, undo: true, allow_dirty: true, allow_staged: true, allow_no_vcs: true, show_prompt: true };
        assert_eq!(taken(all), ("check --locked".to_owned(), Some(prompt)));
        assert_eq!(taken("test -p -- --fix"), ("test -- --fix".to_owned(), Some(Prompt::default())));
        assert_eq!(taken("run -p -- --undo"), ("run -- --undo".to_owned(), Some(Prompt::default())));
    }

    #[test]
    fn arguments_need_not_be_unicode() {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(b"\xff\xfe".to_vec());
        let (kept, prompt) = take(&["build".into(), odd.clone(), "-p".into(), "--".into(), odd.clone()]);
        assert_eq!((kept, prompt), (vec!["build".into(), odd.clone(), "--".into(), odd], Some(Prompt::default())));
    }
}
