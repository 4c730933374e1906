//! Tests of grafts and comparisons with the real compiler, called as cargo calls it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

mod compare;
mod graft;
mod rlib;
mod rmeta;

/// A folder with sources, and what is compiled from them.
struct Shop {
    dir: TempDir,
    /// For every compile.
    flags: Vec<String>,
}

impl Shop {
    fn new(flags: &[&str]) -> Self {
        let shop = Self { dir: tempfile::tempdir().expect("a folder"), flags: flags.iter().map(|f| (*f).to_owned()).collect() };
        fs::create_dir(shop.path("out")).expect("a folder");
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, crate_name: &str, text: &str) {
        fs::write(self.path(&format!("{crate_name}.rs")), text).expect("written");
    }

    /// Where rustc puts the library's `.rlib` or `.rmeta`.
    fn out(&self, crate_name: &str, extension: &str) -> PathBuf {
        self.path(&format!("out/lib{crate_name}{}.{extension}", extra_filename(crate_name)))
    }

    fn rustc(&self, args: &[&str]) -> Output {
        let mut command = Command::new("rustc");
        command.current_dir(self.dir.path()).args(["--edition=2021", "-Cembed-bitcode=no"]).args(&self.flags).args(args);
        command.output().expect("rustc runs")
    }

    /// Compiles `NAME.rs` to a library, or says why not.
    fn try_lib(&self, name: &str, externs: &[&str], emit: &str) -> Result<(), String> {
        let extra = extra_filename(name);
        let (metadata, extra) = (format!("-Cmetadata={extra}"), format!("-Cextra-filename={extra}"));
        let (source, emit) = (format!("{name}.rs"), format!("--emit={emit}"));
        let mut args: Vec<String> = ["--crate-name", name, &source, "--crate-type=lib", &emit].map(str::to_owned).into();
        args.extend([metadata, extra, "--out-dir=out".into(), "-Ldependency=out".into()]);
        args.extend(externs.iter().map(|e| format!("--extern={e}={}", self.out(e, "rmeta").display())));
        complaint(&self.rustc(&args.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    fn lib(&self, name: &str, externs: &[&str]) {
        self.try_lib(name, externs, "dep-info,metadata,link").expect("it compiles");
    }

    /// Compiles and links `main.rs`, or says why not.
    fn try_bin(&self, externs: &[&str], more: &[&str]) -> Result<(), String> {
        let externs: Vec<String> = externs.iter().map(|e| format!("--extern={e}={}", self.out(e, "rlib").display())).collect();
        let mut args = vec!["main.rs", "--emit=link", "--out-dir=out", "-Ldependency=out"];
        args.extend(externs.iter().map(String::as_str));
        args.extend(more);
        complaint(&self.rustc(&args))
    }

    /// What `main` prints.
    fn run(&self) -> String {
        let output = Command::new(self.path("out/main")).output().expect("main runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Puts the library's outputs aside.
    fn keep(&self, crate_name: &str, under: &str) -> Kept {
        let kept = ["rlib", "rmeta"].map(|extension| {
            let from = self.out(crate_name, extension);
            let to = self.path(&format!("{under}-{}", from.file_name().expect("a name").to_string_lossy()));
            fs::copy(from, &to).expect("copied");
            to
        });
        let [rlib, rmeta] = kept;
        Kept { rlib, rmeta }
    }
}

/// With optimisation and several objects, `helper` and `COUNT` become visible to `y`, whose object calls them directly.
const PROMOTED: &str = "// one comment
pub mod x {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    #[inline(never)] fn helper(v: u64) -> u64 { v.rotate_left(3) ^ 0x5555 }
    pub fn small(v: u64) -> u64 { helper(v) + COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) }
}
pub mod y { pub fn user(v: u64) -> u64 { crate::x::small(v) * 3 } }
";

/// Outputs that were put aside.
struct Kept {
    rlib: PathBuf,
    rmeta: PathBuf,
}

impl Kept {
    fn rlib(&self) -> Vec<u8> {
        fs::read(&self.rlib).expect("read")
    }

    fn rmeta(&self) -> Vec<u8> {
        fs::read(&self.rmeta).expect("read")
    }
}

/// As cargo makes them: always the same for a unit, never the same for two.
fn extra_filename(crate_name: &str) -> String {
    format!("-{:0>16}", crate_name.bytes().map(|b| format!("{b:x}")).collect::<String>())
}

fn complaint(output: &Output) -> Result<(), String> {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(stderr) }
}

/// Replaces `to` as the wrapper does: under another name first.
fn place(from: &Path, to: &Path) {
    let temp = to.with_extension("placing");
    fs::copy(from, &temp).expect("copied");
    fs::rename(&temp, to).expect("renamed");
}
