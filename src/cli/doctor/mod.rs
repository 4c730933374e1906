//! `doctor`: looks for what keeps the cache from working, and names the command that mends it.
//!
//! It must never mend anything itself, nor fail: what cannot be looked at is a finding too. Faults make the exit code 1;
//! remarks do not, since everything works with them, only less well or not everywhere.

use std::path::Path;

use super::{context::Context, exit};
use crate::{
    config::{self, Loaded},
    ui::{Theme, sanitize::clean},
};

mod clock;
mod editors;
mod environment;
mod model;
mod programs;
mod store;
mod wrapper;

use store::Health;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    /// What was looked at, in a word or two.
    pub topic: &'static str,
    pub text: String,
    /// What to do; always there for a fault.
    pub mend: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Works, but not everywhere or not as well as it could.
    Remark,
    Fault,
}

impl Finding {
    fn good(topic: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, topic, text: text.into(), mend: None }
    }

    fn remark(topic: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { verdict: Verdict::Remark, topic, text: text.into(), mend: Some(mend.into()) }
    }

    fn fault(topic: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fault, topic, text: text.into(), mend: Some(mend.into()) }
    }

    fn lines(&self, theme: Theme) -> Vec<String> {
        let label = match self.verdict {
            Verdict::Good => theme.good("    ok"),
            Verdict::Remark => theme.warning("remark"),
            Verdict::Fault => theme.bad(" fault"),
        };
        let first = format!("{label}  {}: {}", self.topic, clean(&self.text).replace('\n', "\n        "));
        let mend = self.mend.iter().map(|m| format!("        {}", theme.literal(clean(m))));
        std::iter::once(first).chain(mend).collect()
    }
}

/// Runs the command.
pub fn run(ctx: &mut Context) -> i32 {
    let findings = examine(ctx, store::ask_daemon);
    report(ctx, &findings)
}

fn report(ctx: &mut Context, findings: &[Finding]) -> i32 {
    let theme = ctx.printer.out_theme();
    for finding in findings {
        finding.lines(theme).into_iter().for_each(|l| ctx.printer.data(l));
    }
    let faults = findings.iter().filter(|f| f.verdict == Verdict::Fault).count();
    if faults > 0 { exit::NO } else { exit::OK }
}

/// Everything that is looked at, in the order in which it matters.
fn examine(ctx: &Context, daemon: impl FnOnce(&Context, &Path) -> Health) -> Vec<Finding> {
    let loaded = config::load(&ctx.env, &ctx.cwd, &[]);
    let mut findings = programs::all(ctx);
    findings.extend(environment::all(ctx));
    findings.extend(wrapper::all(ctx));
    findings.extend(editors::all(ctx));
    findings.extend(configuration(&loaded));
    findings.extend(loaded.iter().flat_map(|l| programs::configured(ctx, &l.settings.performance)));
    findings.extend(loaded.iter().map(|l| model::who(&l.settings.llm, &ctx.env)));
    let store = loaded.ok().map(|l| l.settings.cache.path).or_else(|| config::store_path(&ctx.env));
    let store = store.map(|store| ctx.cwd.join(store));
    findings.extend(clock::all(ctx, store.as_deref()));
    match store {
        Some(store) => findings.extend(store::all(ctx, &store, daemon)),
        None => findings.push(Finding::fault(
            "store",
            "there is nowhere to keep results",
            "set `HOME`, or `RUSTC_HYPEROPT_CACHE_PATH` to a directory",
        )),
    }
    findings
}

fn configuration(loaded: &Result<Loaded, config::ConfigError>) -> Vec<Finding> {
    const TOPIC: &str = "configuration";
    match loaded {
        Err(e) => vec![Finding::fault(TOPIC, e.to_string(), "correct what is shown; builds use the defaults until then")],
        Ok(loaded) => {
            let files: Vec<_> = loaded.user_file.iter().chain(&loaded.project_file).map(|f| f.display().to_string()).collect();
            let files = if files.is_empty() { "no files, defaults".into() } else { files.join(", ") };
            let warnings =
                loaded.warnings.iter().map(|w| Finding::remark(TOPIC, w, "`rustc-hyperopt cache config` shows what is in force"));
            std::iter::once(Finding::good(TOPIC, files)).chain(warnings).collect()
        }
    }
}

#[cfg(test)]
mod tests;
