//! Are the programs there that a build needs: cargo, rustc, a linker?

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Stdio},
};

use super::Finding;
use crate::{
    base::process::which,
    cli::{cargo, context::Context},
    config::{Backend, Linker, PerformanceSettings},
    rustc::{fast_linker, toolchain},
};

const INSTALL: &str = "install Rust from https://rustup.rs";

/// All checks of this file.
pub fn all(ctx: &Context) -> Vec<Finding> {
    vec![cargo_found(ctx), rustc_found(ctx), linker_found(ctx)]
}

fn cargo_found(ctx: &Context) -> Finding {
    match cargo::find(ctx, false) {
        Some(cargo) => version("cargo", &cargo, ctx),
        None => Finding::fault("cargo", "it is not found", INSTALL),
    }
}

fn rustc_found(ctx: &Context) -> Finding {
    let named = ctx.env.get("RUSTC").filter(|v| !v.is_empty()).unwrap_or(OsStr::new("rustc"));
    let path = ctx.env.get("PATH").unwrap_or_default();
    match which(named, path, &ctx.cwd) {
        Some(rustc) => version("rustc", &rustc, ctx),
        None => Finding::fault("rustc", format!("`{}` is not found", named.to_string_lossy()), INSTALL),
    }
}

fn version(topic: &'static str, program: &Path, ctx: &Context) -> Finding {
    let asked = Command::new(program).arg("-V").current_dir(&ctx.cwd).stdin(Stdio::null()).output();
    let at = program.display();
    match asked {
        Ok(out) if out.status.success() => {
            Finding::good(topic, format!("{} ({at})", String::from_utf8_lossy(&out.stdout).trim()))
        }
        Ok(out) => {
            let said = String::from_utf8_lossy(&out.stderr);
            let first = said.lines().next().unwrap_or("no message");
            Finding::fault(topic, format!("`{at} -V` fails: {first}"), "`rustup show` tells which toolchain is active")
        }
        Err(e) => Finding::fault(topic, format!("{at}: {e}"), INSTALL),
    }
}

/// The linker and the code generator that the configuration asks for, if it asks for any.
pub fn configured(ctx: &Context, settings: &PerformanceSettings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if settings.linker != Linker::System {
        let there = fast_linker::installed(&ctx.env, &ctx.cwd);
        let wanted = there.iter().find(|i| i.brand.serves(settings.linker));
        findings.push(match wanted {
            Some(found) => Finding::good("performance.linker", format!("{} ({})", found.brand.name(), found.program.display())),
            None => Finding::remark(
                "performance.linker",
                "it is not on PATH; links are done as without it, which on x86_64 Linux is with the lld that rustc brings",
                "`apt install mold` or `apt install lld`, `cargo install wild-linker`",
            ),
        });
    }
    if settings.codegen_backend == Backend::Cranelift && !has_cranelift(ctx) {
        findings.push(Finding::remark(
            "performance.codegen_backend",
            "the toolchain in use here has no Cranelift; LLVM makes the machine code",
            "`rustup component add rustc-codegen-cranelift-preview --toolchain nightly`, and build with that toolchain",
        ));
    }
    findings
}

fn has_cranelift(ctx: &Context) -> bool {
    let asked = Command::new("rustc").arg("--print=sysroot").current_dir(&ctx.cwd).stdin(Stdio::null()).output();
    let sysroot = asked.ok().filter(|out| out.status.success()).and_then(|out| String::from_utf8(out.stdout).ok());
    sysroot.is_some_and(|sysroot| toolchain::has_cranelift(Path::new(sysroot.trim())))
}

/// The linker that the environment names for some target, else the C compiler that rustc calls on most systems.
fn linker_found(ctx: &Context) -> Finding {
    let named = ctx.env.iter().find(|(k, v)| k.starts_with(b"CARGO_TARGET_") && k.ends_with(b"_LINKER") && !v.is_empty());
    let (source, linker) = match named {
        Some((name, value)) => (String::from_utf8_lossy(name).into_owned(), OsStr::from_bytes(value)),
        None => ("rustc's default".to_owned(), OsStr::new("cc")),
    };
    let path = ctx.env.get("PATH").unwrap_or_default();
    match which(linker, path, &ctx.cwd) {
        Some(found) => Finding::good("linker", format!("{} ({source})", found.display())),
        None => Finding::fault(
            "linker",
            format!("`{}` ({source}) is not found", linker.to_string_lossy()),
            "install a C compiler (`apt install gcc`, `dnf install gcc`, `xcode-select --install`)",
        ),
    }
}
