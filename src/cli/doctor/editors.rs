//! Do editors that `init --ide` has set up still name this program?

use super::Finding;
use crate::cli::{context::Context, init::ide};

const TOPIC: &str = "editor";

/// All checks of this file; nothing for editors that were never set up.
pub fn all(ctx: &Context) -> Vec<Finding> {
    let stale = ide::stale(ctx).into_iter();
    let fault = |(editor, file, wrapper): (String, std::path::PathBuf, String)| {
        let text = format!("{} names another executable of ours: `{wrapper}`", file.display());
        Finding::fault(TOPIC, text, format!("rustc-hyperopt init --ide {editor}"))
    };
    stale.map(fault).collect()
}
