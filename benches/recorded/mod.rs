//! A crate that was compiled once through the real wrapper, and everything to ask for it again.

use std::{
    ffi::OsString,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use rustc_hyperopt::{
    base::{env::EnvSnapshot, fs::umask},
    engine::plan::Query,
};
use serde_bytes::ByteBuf;
use tempfile::TempDir;

/// The program, as users have it.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_rustc-hyperopt");

/// A package with its result in a store of its own.
pub struct Recorded {
    dir: TempDir,
    args: Vec<OsString>,
}

impl Recorded {
    /// A library with so many source files (the crate root among them) that depends on so many others.
    pub fn new(files: usize, dependencies: usize) -> Self {
        let mut recorded = Self { dir: TempDir::new().expect("temporary directory"), args: Vec::new() };
        fs::create_dir_all(recorded.out_dir()).expect("created");
        let mut externs = Vec::new();
        for n in 0..dependencies {
            let name = format!("dep{n}");
            recorded.write(&name, &format!("pub fn f() -> usize {{ {n} }}\n"));
            run(recorded.wrapper_for(&recorded.compile(&name, &[])));
            let file = format!("{name}={}/lib{name}-{:016x}.rmeta", recorded.out_dir().display(), 0);
            externs.extend(["--extern".to_owned(), file]);
        }
        let mut root = String::new();
        for n in 1..files {
            root += &format!("pub mod m{n};\n");
            recorded.write(&format!("m{n}"), &format!("pub fn f(v: &[u8]) -> u8 {{ v[{n}] }}\n"));
        }
        recorded.write("lib", &root);
        recorded.args = recorded.compile("lib", &externs);
        run(recorded.wrapper());
        recorded.command(&["stats", "--json"]); // Returns when everything is stored.
        recorded
    }

    pub fn store(&self) -> PathBuf {
        self.root().join("store")
    }

    pub fn out_dir(&self) -> PathBuf {
        self.root().join("target/debug/deps")
    }

    fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().expect("exists")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root().join("src").join(name).with_extension("rs");
        fs::create_dir_all(path.parent().expect("a directory")).expect("created");
        fs::write(path, text).expect("written");
    }

    /// What cargo says to compile a library in the dev profile.
    fn compile(&self, name: &str, externs: &[String]) -> Vec<OsString> {
        let hash = format!("{:016x}", 0);
        let out_dir = self.out_dir().display().to_string();
        let line = format!(
            "--crate-name {name} --edition=2021 src/{name}.rs --error-format=json \
             --json=diagnostic-rendered-ansi,artifacts,future-incompat --crate-type lib --emit=dep-info,metadata,link \
             -C embed-bitcode=no -C debuginfo=2 -C metadata={hash} -C extra-filename=-{hash} --out-dir {out_dir} \
             -L dependency={out_dir}"
        );
        line.split_whitespace().map(OsString::from).chain(externs.iter().map(OsString::from)).collect()
    }

    fn environment(&self, command: &mut Command) {
        for name in ["RUSTC_WRAPPER", "RUSTC_HYPEROPT", "RUSTC_HYPEROPT_NESTED", "RUSTC_HYPEROPT_PROJECT"] {
            command.env_remove(name);
        }
        command.current_dir(self.root()).env("CARGO_PKG_NAME", "recorded").env("RUSTC_HYPEROPT_CACHE_PATH", self.store());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    }

    /// The wrapper, asked to compile the library again.
    pub fn wrapper(&self) -> Command {
        self.wrapper_for(&self.args)
    }

    fn wrapper_for(&self, args: &[OsString]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("rustc").args(args);
        self.environment(&mut command);
        command
    }

    /// A command of ours.
    fn command(&self, args: &[&str]) {
        let mut command = Command::new(PROGRAM);
        command.args(args);
        self.environment(&mut command);
        run(command);
    }

    /// What the wrapper asks the daemon.
    pub fn query(&self) -> Query {
        let own = EnvSnapshot::current();
        let changed = [("CARGO_PKG_NAME", "recorded")].map(|(k, v)| (k.into(), v.into()));
        let kept = own.iter().filter(|(k, _)| *k != b"CARGO_PKG_NAME").map(|(k, v)| (k.to_vec(), v.to_vec()));
        Query {
            compiler: "rustc".into(),
            args: self.args.iter().map(|a| ByteBuf::from(a.as_encoded_bytes())).collect(),
            cwd: self.root().into_os_string(),
            env: kept.chain(changed).collect(),
            umask: umask(),
        }
    }

    /// Ends the daemon; the directory goes with the value.
    pub fn finish(&self) {
        self.command(&["cache", "stop"]);
    }
}

fn run(mut command: Command) {
    assert!(command.status().expect("started").success(), "{command:?}");
}
