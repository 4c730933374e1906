//! The RocksDB archive, built once per user and shared by every profile, target directory and clone.
//!
//! The sources are those in the registry copy of `librocksdb-sys`, unchanged; they are compiled as a few concatenated
//! ("unity") translation units, which RocksDB supports itself and which costs about a quarter of the CPU time, since the
//! headers dominate. Failure of any kind leaves the environment alone, so `librocksdb-sys` builds its own way.

use std::{
    env,
    fmt::Write as _,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// How many translation units the sources are put into: enough to keep a few cores busy, few enough to share headers.
const UNITS: usize = 16;

/// Makes sure the archive exists and points `librocksdb-sys` at it, unless the user has already named one.
pub(crate) fn provide() {
    println!("cargo:rerun-if-env-changed=RUSTC_HYPEROPT_BUILD_CACHE");
    let linux_gnu = env::var("TARGET").is_ok_and(|t| t.contains("linux-gnu"));
    if env::var_os("ROCKSDB_LIB_DIR").is_some() || !linux_gnu {
        return;
    }
    match build_once() {
        Ok(dir) => {
            // SAFETY: a build script's main thread, before it starts any other thread.
            unsafe {
                env::set_var("ROCKSDB_LIB_DIR", dir);
                env::set_var("ROCKSDB_STATIC", "1");
            }
        }
        Err(e) => println!("cargo:warning=no shared RocksDB archive ({e}); compiling RocksDB in the target directory"),
    }
}

fn cache_root() -> Option<PathBuf> {
    let from = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    from("RUSTC_HYPEROPT_BUILD_CACHE").or_else(|| {
        from("XDG_CACHE_HOME").or_else(|| from("HOME").map(|h| h.join(".cache"))).map(|c| c.join("rustc-hyperopt-build"))
    })
}

fn build_once() -> io::Result<PathBuf> {
    let root = cache_root().ok_or_else(|| io::Error::other("no home directory"))?;
    let build = compiler()?;
    let sources = fs::read_to_string("rocksdb_lib_sources.txt")?;
    let dir = root.join(format!("rocksdb-{:016x}", identity(&build, &sources)?));
    let archive = dir.join("librocksdb.a");
    if archive.exists() {
        return Ok(dir);
    }
    fs::create_dir_all(&dir)?;
    let lock = File::create(dir.join("lock"))?;
    lock.lock()?; // Two builds at once: the second waits and finds the archive.
    if !archive.exists() {
        let work = dir.join("partial");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work)?;
        compile(build, &sources, &work)?;
        fs::rename(work.join("librocksdb.a"), &archive)?;
        let _ = fs::remove_dir_all(&work);
    }
    Ok(dir)
}

/// Everything that can change the archive: package version, sources list, compiler, flags, target features.
fn identity(build: &cc::Build, sources: &str) -> io::Result<u64> {
    let tool = build.try_get_compiler().map_err(io::Error::other)?;
    let version = tool.to_command().arg("--version").output()?;
    let mut text = String::new();
    for name in ["CARGO_PKG_VERSION", "TARGET", "CARGO_CFG_TARGET_FEATURE", "CXXFLAGS", "CXX"] {
        let _ = writeln!(text, "{name}={}", env::var(name).unwrap_or_default());
    }
    let _ = writeln!(text, "{:?}\n{}\n{UNITS}\n{sources}", tool.path(), String::from_utf8_lossy(&version.stdout));
    for arg in tool.args() {
        let _ = writeln!(text, "{}", arg.to_string_lossy());
    }
    Ok(crate::fnv1a(text.as_bytes()))
}

/// The defines and flags of `librocksdb-sys` 0.19 for Linux without optional features; `-O2 -g0` in every profile.
fn compiler() -> io::Result<cc::Build> {
    let mut build = cc::Build::new();
    build.cpp(true).opt_level(2).debug(false).cargo_metadata(false).warnings(false).extra_warnings(false);
    build.includes(["rocksdb/include/", "rocksdb/", "."]);
    for define in ["HAVE_ALIGNED_NEW", "HAVE_UINT128_EXTENSION", "OS_LINUX", "ROCKSDB_PLATFORM_POSIX", "ROCKSDB_LIB_IO_POSIX"] {
        build.define(define, None);
    }
    for define in ["SCHED_GETCPU_PRESENT", "AUXV_GETAUXVAL_PRESENT", "FALLOCATE_PRESENT", "RANGESYNC_PRESENT"] {
        build.define(&format!("ROCKSDB_{define}"), None);
    }
    build.define("NDEBUG", Some("1")).flag("-std=c++20").flag("-include").flag("cstdint");
    // A build script's flags are the user's choice of CPU; RocksDB picks its CRC code at run time where it may not.
    Ok(build)
}

fn compile(mut build: cc::Build, sources: &str, work: &Path) -> io::Result<()> {
    let here = env::current_dir()?;
    let files: Vec<&str> = sources.lines().map(str::trim).filter(|f| !f.is_empty() && *f != "util/build_version.cc").collect();
    for (n, group) in files.chunks(files.len().div_ceil(UNITS)).enumerate() {
        let mut text = String::new();
        for file in group {
            let _ = writeln!(text, "#include \"{}\"", here.join("rocksdb").join(file).display());
        }
        let unit = work.join(format!("unity{n:02}.cc"));
        fs::write(&unit, text)?;
        build.file(unit);
    }
    build.file(here.join("build_version.cc")).out_dir(work);
    build.try_compile("rocksdb").map_err(io::Error::other)
}
