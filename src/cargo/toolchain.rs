//! The name of the toolchain that rustup will choose, without asking rustup.
//!
//! As rustup's documentation on overrides has it: `+name`, `RUSTUP_TOOLCHAIN`, a directory override, `rust-toolchain(.toml)`,
//! the default. A wrong name costs a wrong guess at what a build will need, no more.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::base::env::EnvSnapshot;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rustup {
    default_toolchain: Option<String>,
    overrides: BTreeMap<PathBuf, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    toolchain: Channel,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Channel {
    channel: Option<String>,
    path: Option<String>,
}

/// The toolchain's name without the host's, or nothing if there is no rustup.
pub fn name(given: Option<&str>, cwd: &Path, env: &EnvSnapshot) -> String {
    let text = |name: &str| env.get(name).and_then(|v| v.to_str()).filter(|v| !v.is_empty());
    let chosen = given.map(|g| g.trim_start_matches('+')).or_else(|| text("RUSTUP_TOOLCHAIN")).map(str::to_owned);
    let settings = || {
        let home = env.path("RUSTUP_HOME").or_else(|| Some(env.path("HOME")?.join(".rustup")))?;
        toml::from_str::<Rustup>(&fs::read_to_string(home.join("settings.toml")).ok()?).ok()
    };
    let name = chosen.or_else(|| {
        let settings = settings();
        cwd.ancestors()
            .find_map(|dir| settings.as_ref()?.overrides.get(dir).cloned().or_else(|| file(dir)))
            .or_else(|| settings?.default_toolchain)
    });
    without_host(&name.unwrap_or_default()).to_owned()
}

fn file(dir: &Path) -> Option<String> {
    let text = ["rust-toolchain", "rust-toolchain.toml"].iter().find_map(|n| fs::read_to_string(dir.join(n)).ok())?;
    match toml::from_str::<File>(&text) {
        Ok(File { toolchain }) => toolchain.channel.or(toolchain.path),
        // The old form: the bare name.
        Err(_) => text.lines().next().map(|l| l.trim().to_owned()),
    }
}

/// `stable-x86_64-unknown-linux-gnu` is the same as `stable`; a name that a user has made up stays.
fn without_host(name: &str) -> &str {
    let is_channel = |c: &str| matches!(c, "stable" | "beta" | "nightly") || c.starts_with(|c: char| c.is_ascii_digit());
    let Some((channel, rest)) = name.split_once('-').filter(|(c, _)| is_channel(c)) else { return name };
    let dated = rest.len() >= 10 && rest.is_char_boundary(10) && rest[..10].bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if dated { &name[..channel.len() + 11] } else { channel }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustups_order_of_precedence() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let project = dir.path().join("p/q");
        fs::create_dir_all(&project).expect("created");
        let env = |pairs: &[(&str, &str)]| -> EnvSnapshot {
            let home = dir.path().join("rustup");
            let own = [("RUSTUP_HOME", home.to_str().expect("text"))];
            own.iter().chain(pairs).map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
        };
        assert_eq!(name(None, &project, &env(&[])), "");
        fs::create_dir_all(dir.path().join("rustup")).expect("created");
        fs::write(dir.path().join("rustup/settings.toml"), "default_toolchain = \"stable-x86_64-unknown-linux-gnu\"\n")
            .expect("written");
        assert_eq!(name(None, &project, &env(&[])), "stable");
        fs::write(dir.path().join("p/rust-toolchain.toml"), "[toolchain]\nchannel = \"1.90\"\n").expect("written");
        assert_eq!(name(None, &project, &env(&[])), "1.90");
        assert_eq!(
            name(None, &project, &env(&[("RUSTUP_TOOLCHAIN", "nightly-2026-01-02-x86_64-unknown-linux-gnu")])),
            "nightly-2026-01-02"
        );
        assert_eq!(name(Some("+my-own"), &project, &env(&[("RUSTUP_TOOLCHAIN", "x")])), "my-own");
    }
}
