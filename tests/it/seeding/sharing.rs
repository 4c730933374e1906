//! Another project with some of the same packages: what is the same is fresh, what is not is compiled, and the program
//! is right.

use crate::support::kit::{Kit, REGISTRY};

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
