//! Linker options that make the program cheap to start (see `src/early.rs`), for its own binary only.
//!
//! They go through cargo's link arguments, so nobody's `RUSTFLAGS` are touched and nothing but the binary is built
//! differently. Whatever cannot be found out is left as it is: the program then starts a little slower and works the same.
//!
//! Start to end of a wrapper that finds no compiler, on linux-gnu with glibc 2.36 (`benches/startup.sh`; a hello world of
//! rustc is at 295,000 instructions and 0.82 ms):
//!
//! | | instructions | median |
//! | --- | --- | --- |
//! | early start, static libstdc++ and libgcc, not position-independent | 344,000 | 0.74 ms |
//! | the same with a shared libgcc | 392,000 | 0.84 ms |
//! | the same, position-independent | 585,000 | 0.93 ms |
//! | the same from `main`, not position-independent | 2,121,000 | 1.60 ms |
//!
//! Not position-independent is a choice: it saves a tenth of every start, and gives up that the program's own code and data
//! (not its heap, stacks and shared libraries) lie at an address that nobody can guess. The program reads the builds of the
//! user who started it and answers nobody else, so the tenth was worth more.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=redirect/lib.rs");
    println!("cargo:rerun-if-env-changed=CXX");
    if let Some(dir) = suits().then(static_libraries).flatten() {
        println!("cargo:rustc-link-arg-bins=-L{}", dir.display());
        println!("cargo:rustc-link-arg-bins=-static-libgcc");
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    // Without it there is an empty file, and incremental state is not made ahead of time.
    if let Some(dir) = env::var_os("OUT_DIR").map(PathBuf::from)
        && redirect(&dir).is_none()
    {
        let _ = fs::write(dir.join(REDIRECT), "");
    }
}

/// The library of `redirect/lib.rs`, as the program includes it.
const REDIRECT: &str = "redirect.so";

fn redirect(dir: &Path) -> Option<()> {
    let var = |name: &str| env::var(name).unwrap_or_default();
    let known = ["x86_64", "aarch64"].contains(&var("CARGO_CFG_TARGET_ARCH").as_str());
    if !known || var("CARGO_CFG_TARGET_OS") != "linux" || var("CARGO_CFG_TARGET_ENV") != "gnu" {
        return None;
    }
    let mut rustc = Command::new(env::var_os("RUSTC")?);
    rustc.args(["--crate-name", "redirect", "--crate-type", "cdylib", "--edition", "2024", "redirect/lib.rs"]);
    rustc.args(["-C", "panic=abort", "-C", "opt-level=2", "-C", "strip=symbols", "--target", &var("TARGET")]);
    rustc.args(env::var_os("RUSTC_LINKER").map(|linker| format!("-Clinker={}", linker.to_string_lossy())));
    let output = rustc.arg("-o").arg(dir.join(REDIRECT)).output().ok()?;
    if !output.status.success() {
        println!("cargo:warning=redirect/lib.rs: {}", String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default());
    }
    output.status.success().then_some(())
}

/// A native build for linux-gnu, linked by a C compiler, that is not wholly static anyway.
fn suits() -> bool {
    let var = |name: &str| env::var(name).unwrap_or_default();
    let linker = env::var_os("RUSTC_LINKER").map(PathBuf::from).unwrap_or_else(|| "cc".into());
    let linker = linker.file_name().unwrap_or_default().to_string_lossy().into_owned();
    var("CARGO_CFG_TARGET_OS") == "linux"
        && var("CARGO_CFG_TARGET_ENV") == "gnu"
        && var("TARGET") == var("HOST")
        && ["cc", "gcc", "g++", "c++", "clang"].iter().any(|name| linker.contains(name))
        && !var("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static")
}

/// A directory that holds nothing but static libraries, so that `-lstdc++` and std's `-lgcc_s` find no shared ones there.
///
/// The unwinder's static half has another name; both halves have the same functions.
fn static_libraries() -> Option<PathBuf> {
    let dir = PathBuf::from(env::var_os("OUT_DIR")?).join("static");
    fs::create_dir_all(&dir).ok()?;
    link(&find("libstdc++.a")?, &dir.join("libstdc++.a"))?;
    link(&find("libgcc_eh.a")?, &dir.join("libgcc_s.a"))?;
    Some(dir)
}

/// Where the C++ compiler keeps a library.
fn find(library: &str) -> Option<PathBuf> {
    let compiler = env::var("CXX").ok().filter(|c| !c.trim().is_empty()).unwrap_or_else(|| "c++".into());
    let mut words = compiler.split_whitespace();
    let output = Command::new(words.next()?).args(words).arg(format!("-print-file-name={library}")).output().ok()?;
    // A compiler that does not have the file prints its bare name.
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    (output.status.success() && path.is_absolute()).then(|| path.canonicalize().ok()).flatten()
}

fn link(from: &Path, to: &Path) -> Option<()> {
    let _ = fs::remove_file(to);
    symlink(from, to).ok()
}
