//! A command line, argument by argument, to be changed in places and otherwise left as it is.
//!
//! For command lines that [`crate::rustc::Invocation`] has understood; of others it makes no sense, but no harm either.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
};

use super::flags;

/// What becomes of one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Keep,
    Drop,
    /// The same option with another value.
    Value(OsString),
}

/// The arguments as `change` wants them. It is asked for every option that has a value, with the option's name (`--emit`,
/// `-L`; `-C` for `--codegen`, too) and its value.
pub fn rewrite(args: &[OsString], mut change: impl FnMut(&str, &OsStr) -> Change) -> Vec<OsString> {
    let mut out = Vec::with_capacity(args.len());
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let Some((name, attached)) = option(arg) else {
            out.push(arg.clone());
            continue;
        };
        let mut words = vec![arg.clone()];
        let value = match attached {
            Some(value) => value,
            None => match rest.next() {
                Some(value) => {
                    words.push(value.clone());
                    value.clone()
                }
                None => OsString::new(),
            },
        };
        match change(&name, &value) {
            Change::Keep => out.extend(words),
            Change::Drop => {}
            Change::Value(value) if name.starts_with("--") => {
                let mut word = OsString::from(name + "=");
                word.push(value);
                out.push(word);
            }
            Change::Value(value) => out.extend([name.into(), value]),
        }
    }
    out
}

/// The name of an option that has a value, and the value if it stands in the same word.
fn option(arg: &OsStr) -> Option<(String, Option<OsString>)> {
    let bytes = arg.as_bytes();
    let owned = |b: &[u8]| OsString::from_vec(b.to_vec());
    if let Some(long) = bytes.strip_prefix(b"--") {
        let (name, value) = match long.iter().position(|b| *b == b'=') {
            Some(at) => (&long[..at], Some(owned(&long[at + 1..]))),
            None => (long, None),
        };
        let name = std::str::from_utf8(name).ok().filter(|n| flags::LONG_WITH_VALUE.contains(n))?;
        return Some((if name == "codegen" { "-C".into() } else { format!("--{name}") }, value));
    }
    match bytes {
        [b'-', letter, attached @ ..] if flags::SHORT_WITH_VALUE.contains(letter) => {
            let value = (!attached.is_empty()).then(|| owned(attached.strip_prefix(b"=").unwrap_or(attached)));
            Some((format!("-{}", char::from(*letter)), value))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_found_and_the_rest_stays() {
        let words = |line: &str| -> Vec<OsString> { line.split(' ').map(OsString::from).collect() };
        let line = "--crate-name --emit --test -O src/lib.rs --emit=a,b --emit c -Cincremental=d -C incremental=e \
                    --codegen=incremental=f --codegen opt-level=3 -L dependency=g -L=h --cfg -L";
        let out = rewrite(&words(line), |name, value| match (name, value.to_str().unwrap_or_default()) {
            ("--emit", value) => Change::Value(format!("{value}!").into()),
            ("-C", value) if value.starts_with("incremental=") => Change::Drop,
            ("-L", _) => Change::Value("x".into()),
            _ => Change::Keep,
        });
        let expected = "--crate-name --emit --test -O src/lib.rs --emit=a,b! --emit=c! --codegen opt-level=3 -L x -L x --cfg -L";
        assert_eq!(out, words(expected));
    }
}
