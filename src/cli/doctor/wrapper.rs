//! Does plain cargo use us, or does another wrapper stand in the way?

use std::path::PathBuf;

use super::Finding;
use crate::cli::{
    context::Context,
    init::{self, State},
};

const TOPIC: &str = "wrapper";

/// All checks of this file.
pub fn all(ctx: &Context) -> Vec<Finding> {
    let mut findings = in_environment(ctx);
    findings.extend(in_files(ctx));
    findings
}

fn in_environment(ctx: &Context) -> Vec<Finding> {
    let other = |name: &&str| {
        let wrapper = ctx.env.get(name).filter(|w| !w.is_empty() && !ctx.is_us(w))?;
        let text = format!("`{name}` sets another wrapper: `{}`", wrapper.to_string_lossy());
        Some(Finding::fault(TOPIC, text, format!("unset {name}")))
    };
    let none = |name: &&str| {
        ctx.env.get(name).filter(|w| w.is_empty())?;
        let text = format!("`{name}` is set to nothing: plain cargo uses no wrapper, whatever its configuration says");
        Some(Finding::fault(TOPIC, text, format!("unset {name}")))
    };
    let workspace = |name: &&str| {
        let wrapper = ctx.env.get(name).filter(|w| !w.is_empty() && !ctx.is_us(w))?;
        let text = format!("`{name}` is set: your own packages go through `{}` and are not cached", wrapper.to_string_lossy());
        Some(Finding::fault(TOPIC, text, format!("unset {name}")))
    };
    let all = ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"].iter().filter_map(|name| other(name).or_else(|| none(name)));
    all.chain(["RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"].iter().filter_map(workspace)).collect()
}

/// Cargo's configuration files from here upwards, then the user's: the first that sets a wrapper decides.
fn in_files(ctx: &Context) -> Vec<Finding> {
    let home = ctx.cargo_home();
    let above = ctx.cwd.ancestors().map(|d| d.join(".cargo")).filter(|d| Some(d) != home.as_ref());
    let mut files: Vec<PathBuf> = above.map(|d| init::config_in(&d)).filter(|f| f.is_file()).collect();
    files.extend(home.as_ref().map(|h| init::config_in(h)));
    for file in &files {
        let at = file.display();
        match init::state(file, &ctx.exe) {
            Ok(State::Unset) => {}
            Ok(State::Ours) => return vec![Finding::good(TOPIC, format!("plain cargo uses this cache ({at})"))],
            Ok(State::Stale(w)) => {
                return vec![Finding::fault(
                    TOPIC,
                    format!("{at} names another executable of ours: `{w}`"),
                    "rustc-hyperopt init",
                )];
            }
            Ok(State::Other(w)) => {
                let mend = "rustc-hyperopt init --force";
                let user = home.as_ref().is_some_and(|h| file.starts_with(h));
                let mend = if user { mend.to_owned() } else { format!("{mend} --project (in the directory above `.cargo`)") };
                return vec![Finding::fault(TOPIC, format!("{at} sets another wrapper: `{w}`"), mend)];
            }
            Err(e) => return vec![Finding::fault(TOPIC, e.to_string(), "correct the file; cargo cannot read it either")],
        }
    }
    let text = "only `rustc-hyperopt …` uses this cache, plain cargo does not";
    vec![Finding::remark(TOPIC, text, "rustc-hyperopt init")]
}
