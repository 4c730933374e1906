//! Another project with some of the same packages: what is the same is fresh, what is not is compiled, and the program
//! is right.

use crate::support::{
    Run, files_below,
    kit::{Kit, REGISTRY},
    oracle, write,
};

const MAIN: &str = "fn main() { println!(\"{} {}\", kit_mid::tell(), twig::name()); }\n";

#[test]
fn other_features_are_other_units() {
    let kit = Kit::new();
    kit.fill(&kit.app, &["build"]);
    // It has no `kit-top`, and `kit-base` with one feature more: what stands on that is another unit as well.
    let needs = kit.needs("kit-base", ", features = [\"extra\"]") + &kit.needs("kit-mid", "") + "twig = \"1\"\n";
    let manifest = kit.manifest("other", &needs);
    let first = kit.program("other", &manifest, MAIN);
    kit.fill(&first, &["build"]).assert_made(&["other", "kit-base", "kit-mid"]).assert_fresh(&["kit-gen", "kit-mac"]);
    let (copy, plain) = (kit.sandbox.copy(&first, "copy"), kit.sandbox.copy(&first, "plain/other"));
    kit.ours(&copy, &["build"]).assert_made(&["other"]).assert_fresh(&REGISTRY);
    kit.plain(&plain, &["build"]);
    for dir in [&first, &copy] {
        kit.assert_like(dir, &plain, &["build"], "target/debug/other");
    }

    // What the first one needs is as it was.
    let again = kit.copy("again");
    kit.ours(&again, &["build"]).assert_made(&["app"]);
    kit.assert_like(&again, &kit.reference("first", &["build"]), &["build"], "target/debug/app");
}

#[test]
fn two_projects_in_one_target_directory() {
    let kit = Kit::new();
    kit.fill(&kit.app, &["build"]);
    let manifest = kit.manifest("other", &(kit.needs("kit-base", ", features = [\"extra\"]") + &kit.needs("kit-mid", "")));
    let other = kit.program("other", &manifest, "fn main() { println!(\"{}\", kit_mid::tell()); }\n");
    kit.fill(&other, &["build"]);
    let shared = kit.sandbox.path("shared");
    let at = ["--target-dir", shared.to_str().expect("text")];
    let build = [&["build"][..], &at].concat();
    let (first, second) = (kit.copy("a"), kit.sandbox.copy(&other, "b"));
    kit.fill(&first, &build).assert_made(&["app"]);
    kit.fill(&second, &build).assert_made(&["other"]);
    kit.plain(&first, &build).assert_nothing_done();
    kit.plain(&second, &build).assert_nothing_done();
}

const LEVEL_BUILD: &str = "fn main() {
    println!(\"cargo:rerun-if-env-changed=BOTH_DATA\");
    let text = format!(\"pub const LEVEL: &str = {:?};\", std::env::var(\"OPT_LEVEL\").unwrap());
    std::fs::write(std::path::Path::new(&std::env::var_os(\"OUT_DIR\").unwrap()).join(\"level.rs\"), text).unwrap();
}
";

/// Cargo runs its build script twice, under the same fingerprint if that names no file.
#[test]
fn a_crate_that_is_needed_by_the_program_and_while_it_is_built() {
    let kit = Kit::new();
    let library = "include!(concat!(env!(\"OUT_DIR\"), \"/level.rs\"));\n";
    kit.publish("both", &[], &[], &[("build.rs", LEVEL_BUILD), ("src/lib.rs", library)]);
    let manifest = kit.manifest("app", "both = \"1\"\n") + "[build-dependencies]\nboth = \"1\"\n";
    let main = "fn main() { println!(\"{} {}\", both::LEVEL, env!(\"BUILT\")); }\n";
    let dir = kit.program("both-ways", &manifest, main);
    write(
        &dir.join("build.rs"),
        "fn main() { println!(\"cargo:rerun-if-changed=build.rs\\ncargo:rustc-env=BUILT={}\", both::LEVEL); }\n",
    );
    let build = ["build", "--release"];
    kit.fill(&dir, &build);
    let copy = kit.sandbox.copy(&dir, "copy");
    kit.ours(&copy, &build).assert_made(&["app"]).assert_fresh(&["both"]);
    let runs = files_below(&copy.join("target/release/build")).into_iter().filter(|file| file.ends_with("out/level.rs"));
    assert_eq!(runs.count(), 2);
    assert_eq!(Run::of(&mut kit.sandbox.command(copy.join("target/release/app"), &copy)).success().stdout(), "3 0\n");
    kit.plain(&copy, &build).assert_nothing_done();
    let plain = kit.sandbox.copy(&dir, "plain");
    kit.plain(&plain, &build);
    oracle::assert_same_code(&copy.join("target/release/app"), &plain.join("target/release/app"));
}
