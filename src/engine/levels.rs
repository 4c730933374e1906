//! How much an edit of a unit may be seen through: which levels of meaning count for it, and whether its dependents may be
//! spared.
//!
//! Everything that is not known to be safe is refused, with the reason.

use super::Prepared;
use crate::{
    config::LineDrift,
    events::Refusal,
    rustc::{CrateType, Invocation, Tool, flags},
    semantic::{
        facts::Rules,
        keys::Level,
        macros::{self, Sight},
    },
};

/// What may be tried for a unit.
#[derive(Debug, Clone)]
pub struct Levels {
    pub rules: Rules,
    /// The compiler lets crates turn on features.
    pub unstable: bool,
    /// What procedural macros may see of the sources.
    pub sight: Sight,
    /// Results for sources that are equal at one of these may be used, the first one first.
    pub semantic: &'static [Level],
    pub interface: Interface,
}

/// Whether dependents may be spared a compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interface {
    /// Nothing depends on a unit of this kind.
    None,
    /// If sources are equal at one of these levels.
    At(&'static [Level]),
    /// If sources are equal at one of these levels and the compiler exports the same metadata (optimised, not incremental).
    Masked(&'static [Level]),
    Never(Refusal),
}

/// What other crates see, where positions count, the more lenient one first.
pub(super) const PLACED: &[Level] = &[Level::InterfaceX, Level::Interface];
/// The same where they do not.
const LOOSE: &[Level] = &[Level::InterfaceLooseX, Level::InterfaceLoose, Level::InterfaceX, Level::Interface];

/// `-C` options that say nothing about code that is shared with other crates.
const HARMLESS: [&str; 24] = [
    "code-model",
    "codegen-units",
    "debug-assertions",
    "debuginfo",
    "dwarf-version",
    "embed-bitcode",
    "extra-filename",
    "force-frame-pointers",
    "force-unwind-tables",
    "link-dead-code",
    "link-self-contained",
    "linker-features",
    "linker-flavor",
    "metadata",
    "no-redzone",
    "opt-level",
    "overflow-checks",
    "panic",
    "relocation-model",
    "rpath",
    "strip",
    "symbol-mangling-version",
    "target-cpu",
    "target-feature",
];

impl Levels {
    /// What may be tried; nothing at all for packages that nobody edits, and where it is switched off.
    ///
    /// # Errors
    /// Why nothing is tried; `None` if nobody would expect it.
    pub fn of(prepared: &Prepared) -> Result<Self, Option<Refusal>> {
        let inv = &prepared.inv;
        if !prepared.is_local() || inv.tool != Tool::Rustc {
            return Err(None);
        }
        if !prepared.ai.semantic_analysis {
            return Err(Some(Refusal::SwitchedOff));
        }
        let drift = prepared.may_drift();
        let semantic: &[Level] = if !inv.links || drift { &[Level::Meaning, Level::Tokens] } else { &[Level::Meaning] };
        Ok(Self {
            rules: Rules::new(!inv.links, inv.test || inv.keyed.iter().any(|k| k == b"cfg\0test")),
            unstable: is_unstable(&prepared.toolchain.version) || prepared.env.get("RUSTC_BOOTSTRAP").is_some(),
            sight: macros::sight(prepared.macro_names.iter().map(String::as_str)),
            semantic,
            interface: interface(inv, drift),
        })
    }
}

impl Prepared {
    /// Line numbers in what is made may lag behind those of the sources: the user has said so, and metadata alone has none that
    /// anybody sees.
    pub(super) fn may_drift(&self) -> bool {
        self.ai.line_drift == LineDrift::Allow && self.inv.links
    }
}

/// `rustc 1.97.0-nightly (…)`, as opposed to `rustc 1.95.0 (…)`.
fn is_unstable(version: &str) -> bool {
    version.split_whitespace().nth(1).is_none_or(|number| number.contains('-'))
}

fn interface(inv: &Invocation, drift: bool) -> Interface {
    let library =
        !inv.test && !inv.crate_types.is_empty() && inv.crate_types.iter().all(|t| matches!(t, CrateType::Lib | CrateType::Rlib));
    if !library {
        return Interface::None;
    }
    if !inv.links {
        return Interface::At(LOOSE);
    }
    if let Some(flag) = carries_code(inv) {
        return Interface::Never(Refusal::Flag(flag));
    }
    let levels = if drift { LOOSE } else { PLACED };
    if inv.incremental.is_some() || is_plain(inv) { Interface::At(levels) } else { Interface::Masked(PLACED) }
}

/// Not optimised, whichever of `-O` and `-C opt-level` may say so.
fn is_plain(inv: &Invocation) -> bool {
    matches!(inv.codegen("opt-level"), None | Some("0")) && !inv.keyed.iter().any(|k| k == b"-O\0")
}

/// A flag that makes bodies of functions matter to other crates, or might.
fn carries_code(inv: &Invocation) -> Option<String> {
    let is_lto = |name: &str| name == "lto" || name == "linker-plugin-lto";
    let harmless = |(name, value): &(&str, &str)| HARMLESS.contains(name) || is_lto(name) && flags::is_off(value);
    if let Some((name, value)) = inv.codegen_options().find(|option| !harmless(option)) {
        return Some(format!("-C {name}={value}").trim_end_matches('=').to_owned());
    }
    // Cargo says so for everything that is not meant for link-time optimisation.
    (inv.codegen("embed-bitcode") != Some("no")).then(|| "-C embed-bitcode".into())
}
