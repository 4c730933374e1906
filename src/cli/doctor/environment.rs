//! Variables that switch us off or take away what we are good at.

use super::Finding;
use crate::{base::env::names, cli::context::Context};

/// All checks of this file; only what is wrong is reported.
pub fn all(ctx: &Context) -> Vec<Finding> {
    const TOPIC: &str = "environment";
    let mut findings = Vec::new();
    if ctx.env.switched_off() {
        let name = names::SWITCH;
        findings.push(Finding::fault(TOPIC, format!("`{name}` switches the cache off"), format!("unset {name}")));
    }
    if ctx.env.get("CARGO_INCREMENTAL").is_some_and(|v| v == "0") {
        let text = "`CARGO_INCREMENTAL=0` makes every edit compile its whole crate again";
        findings.push(Finding::remark(TOPIC, text, "unset CARGO_INCREMENTAL"));
    }
    if findings.is_empty() {
        findings.push(Finding::good(TOPIC, "nothing in the way"));
    }
    findings
}
