//! What a downloaded crate was made of with a secret is put down nowhere.

use std::path::Path;

use crate::support::{Run, assert_nowhere, exe, kit::Kit};

const SECRET: &str = "hunter2-9f86d081884c7d65";

const DECLARED: &str = "fn main() {
    println!(\"cargo:rerun-if-env-changed=APP_API_TOKEN\");
    let out = std::path::PathBuf::from(std::env::var_os(\"OUT_DIR\").unwrap());
    std::fs::write(out.join(\"key\"), std::env::var(\"APP_API_TOKEN\").unwrap_or_default()).unwrap();
}
";
const QUIET: &str =
    "fn main() { println!(\"cargo:rustc-env=TOLD={}\", std::env::var(\"APP_API_TOKEN\").unwrap_or_default()); }\n";

#[test]
fn a_crate_that_reads_one_is_not_taken_in() {
    let kit = Kit::new();
    kit.publish("harmless", &[], &[], &[("src/lib.rs", "pub fn name() -> &'static str { \"harmless\" }\n")]);
    kit.publish("reads", &[], &[], &[("src/lib.rs", "pub const KEY: Option<&str> = option_env!(\"APP_API_TOKEN\");\n")]);
    kit.publish("declared", &[], &[], &[("build.rs", DECLARED), ("src/lib.rs", "")]);
    kit.publish("quiet", &[], &[], &[("build.rs", QUIET), ("src/lib.rs", "pub const KEY: &str = env!(\"TOLD\");\n")]);
    let needs = "harmless = \"1\"\nreads = \"1\"\ndeclared = \"1\"\nquiet = \"1\"\n";
    let main = "fn main() { println!(\"{} {} {}\", harmless::name(), reads::KEY.is_some(), quiet::KEY.len()); }\n";
    let dir = kit.program("secretive", &kit.manifest("secretive", needs), main);
    let build = |dir: &Path, env: &[(&str, &str)]| {
        let mut command = kit.sandbox.command(exe(), dir);
        Run::of(command.args(["build", "-v"]).envs(env.iter().copied())).success()
    };
    build(&dir, &[("APP_API_TOKEN", SECRET)]);
    kit.settle();
    let stats = kit.sandbox.take_stats();
    let left_out = &stats.0["units"]["left_out"];
    assert_eq!(left_out["secret"]["count"], 3, "a crate, and two runs of build scripts: {left_out}");
    kit.sandbox.stop_daemon();
    assert_nowhere(&kit.sandbox.store(), SECRET);

    // Elsewhere, without the secret, nothing of it arrives; what has nothing to do with it does.
    let dir = kit.program("elsewhere", &kit.manifest("secretive", needs), main);
    let built = build(&dir, &[]).stderr();
    assert!(built.contains("Fresh harmless"), "{built}");
    for made in ["reads", "declared", "quiet"] {
        assert!(!built.contains(&format!("Fresh {made}")), "{made}: {built}");
    }
    let said = Run::of(&mut kit.sandbox.command(dir.join("target/debug/secretive"), &dir)).success();
    assert_eq!(said.stdout(), "harmless false 0\n");
}
