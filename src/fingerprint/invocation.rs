//! The invocation key: everything that is known before any input is read.

use std::os::unix::ffi::OsStrExt;

use super::{Component, Components, Part, environ};
use crate::{
    base::{digest::Digest, env::EnvSnapshot},
    rustc::{Invocation, Places, toolchain::Toolchain},
};

/// The version of the way keys are made; raised when the meaning of a component changes.
const KEY_VERSION: &[u8] = b"1";

/// An invocation key with what it consists of.
#[derive(Debug, Clone)]
pub struct InvocationKey {
    pub key: Digest,
    pub components: Vec<Component>,
    /// The result may be used in another directory: the compile gets [`remap_args`].
    pub relocatable: bool,
}

/// What the configuration adds to every key of a project.
#[derive(Debug, Clone, Default)]
pub struct Salt {
    pub salt: String,
    pub env: Vec<String>,
    /// What it adds to the compiler's arguments, or to the programs that it starts.
    pub additions: Vec<(Part, String, Digest)>,
}

/// Makes the key.
pub fn key(
    inv: &Invocation,
    places: &Places,
    toolchain: &Toolchain,
    linker: Option<Digest>,
    env: &EnvSnapshot,
    salt: &Salt,
) -> InvocationKey {
    let mut parts = Components::new("invocation");
    parts.value(Part::Toolchain, "key version", KEY_VERSION);
    parts.digest(Part::Toolchain, &toolchain.version, toolchain.key);
    parts.value(Part::Toolchain, "tool", format!("{:?}", inv.tool).as_bytes());
    add_arguments(&mut parts, inv);
    if let Some(linker) = linker {
        parts.digest(Part::Linker, "program or start files", linker);
        parts.value(
            Part::Linker,
            "arguments",
            &inv.link_args.iter().flat_map(|a| [a.as_bytes(), b"\0"].concat()).collect::<Vec<_>>(),
        );
        if let Some(name) = &inv.linker {
            parts.value(Part::Linker, "name", name.as_bytes());
        }
    }
    environ::add_always(&mut parts, env, inv.runs_linker());
    if !salt.salt.is_empty() {
        parts.value(Part::Configuration, "cache.key_salt", salt.salt.as_bytes());
    }
    for (part, name, digest) in &salt.additions {
        parts.digest(*part, name, *digest);
    }
    for name in &salt.env {
        parts.value(
            Part::Configuration,
            &format!("cache.key_env: {name}"),
            env.get_bytes(name.as_bytes()).unwrap_or(b"\0not set"),
        );
    }
    let relocatable = inv.source.is_relative() && toolchain.can_scope_remaps && inv.remaps.is_empty();
    if !relocatable {
        parts.value(Part::Location, "the working directory", places.cwd.as_os_str().as_bytes());
    }
    let (key, components) = parts.finish();
    InvocationKey { key, components, relocatable }
}

fn add_arguments(parts: &mut Components, inv: &Invocation) {
    let mut last = Vec::new();
    for keyed in &inv.keyed {
        let text = String::from_utf8_lossy(keyed);
        let (name, value) = text.split_once('\0').unwrap_or((&text, ""));
        match (name, value.strip_prefix("feature=\"")) {
            ("cfg", Some(feature)) => parts.value(Part::Feature, feature.trim_end_matches('"'), keyed),
            // Cargo's hash of nearly everything: named only where nothing more telling differs.
            ("-C metadata" | "-C extra-filename", _) => last.push((name.to_owned(), keyed)),
            ("cfg" | "check-cfg", _) => parts.value(Part::Argument, &format!("--{name} {value}"), keyed),
            _ => parts.value(Part::Argument, &flag(name), keyed),
        }
    }
    parts.value(Part::Argument, "crate root", inv.source.as_os_str().as_bytes());
    parts.value(
        Part::Argument,
        "--target",
        inv.target.as_deref().map_or("", |t| if t.ends_with(".json") { "file" } else { t }).as_bytes(),
    );
    parts.value(Part::Argument, "-C incremental", &[u8::from(inv.incremental.is_some())]);
    for remap in &inv.remaps {
        parts.value(Part::Argument, "--remap-path-prefix", remap.as_bytes());
    }
    for lib in &inv.native_libs {
        parts.value(Part::Native, &format!("-l {lib}"), lib.as_bytes());
    }
    if inv.target_cpu_native {
        parts.value(Part::Toolchain, "this machine's processor", &processor());
    }
    for (name, keyed) in last {
        parts.value(Part::Argument, &flag(&name), keyed);
    }
}

fn flag(name: &str) -> String {
    if name.starts_with('-') { name.to_owned() } else { format!("--{name}") }
}

/// What `-C target-cpu=native` means here: model and features.
fn processor() -> Vec<u8> {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let wanted = |line: &&str| ["model name", "flags", "Features", "CPU part"].iter().any(|p| line.starts_with(p));
    let mut lines: Vec<&str> = text.lines().filter(wanted).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.join("\n").into_bytes()
}

/// Arguments that keep the working directory out of debug information, and out of nothing else: panic messages, `file!()`
/// and diagnostics stay as plain cargo's. `.` lets debuggers and backtraces find sources from the workspace's root.
pub fn remap_args(places: &Places) -> Vec<std::ffi::OsString> {
    let mut remap = std::ffi::OsString::from("--remap-path-prefix=");
    remap.push(&places.cwd);
    remap.push("=.");
    vec![remap, "--remap-path-scope=debuginfo".into()]
}

#[cfg(test)]
mod tests;
