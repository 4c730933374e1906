//! The ways to build in which edits are tried.

pub struct Config {
    pub name: &'static str,
    pub args: &'static [&'static str],
    pub env: &'static [(&'static str, &'static str)],
    /// The directory in `target`; nothing where no code is made.
    pub dir: Option<&'static str>,
}

pub const CONFIGS: [Config; 6] = [
    Config { name: "dev", args: &["build"], env: &[], dir: Some("debug") },
    Config { name: "check", args: &["check"], env: &[], dir: None },
    Config { name: "dev-full", args: &["build"], env: &[("CARGO_INCREMENTAL", "0")], dir: Some("debug") },
    Config { name: "release", args: &["build", "--release"], env: &[], dir: Some("release") },
    Config {
        name: "release-incremental",
        args: &["build", "--release"],
        env: &[("CARGO_INCREMENTAL", "1")],
        dir: Some("release"),
    },
    Config { name: "opt1", args: &["build"], env: &[("CARGO_PROFILE_DEV_OPT_LEVEL", "1")], dir: Some("debug") },
];

/// Those that a list of names stands for.
pub fn chosen(names: &str) -> Vec<&'static Config> {
    let chosen: Vec<&Config> = CONFIGS.iter().filter(|c| names == "all" || names.split(',').any(|n| n == c.name)).collect();
    let known: Vec<&str> = CONFIGS.iter().map(|c| c.name).collect();
    let all_known = names == "all" || names.split(',').all(|n| known.contains(&n));
    assert!(all_known && !chosen.is_empty(), "{names}: configurations are {}", known.join(", "));
    chosen
}
