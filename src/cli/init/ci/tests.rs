//! The texts say what they should, in a form that the systems can read.

use saphyr::{LoadableYamlNode, Yaml};

use super::*;
use crate::{cli::context::planted::Planted, config};

fn printed(system: CiSystem) -> String {
    let mut planted = Planted::new(&[]);
    assert_eq!((run(&mut planted.ctx, system), planted.said.err().as_str()), (exit::OK, ""));
    let text = planted.said.out();
    assert!(text.contains(env!("CARGO_PKG_VERSION")) && !text.contains(VERSION), "{text}");
    text
}

fn load(text: &str) -> Yaml<'_> {
    let mut documents = Yaml::load_from_str(text).expect("YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

/// Every variable of ours is a setting that this version has, and a value that it takes.
fn assert_settings(vars: &Yaml<'_>) {
    let vars: Vec<(String, String)> = vars
        .as_mapping()
        .expect("variables")
        .iter()
        .map(|(k, v)| (k.as_str().expect("name").to_owned(), v.as_str().expect("a text, not a number").to_owned()))
        .collect();
    let env = vars.iter().map(|(k, v)| (k.clone().into_bytes(), v.replace("$CI_PROJECT_DIR", "/builds/p").into_bytes()));
    let loaded = config::load(&env.chain([(b"HOME".to_vec(), b"/none".to_vec())]).collect(), "/".as_ref(), &[]);
    let loaded = loaded.expect("valid settings");
    assert_eq!(loaded.warnings, Vec::<String>::new());
    assert!(vars.iter().any(|(k, _)| k == "RUSTC_HYPEROPT_CACHE_PATH") && loaded.settings.cache.max_size_gb == 2.0);
}

#[test]
fn github_restores_first_and_saves_last_on_the_default_branch_only() {
    let text = printed(CiSystem::Github);
    let yaml = load(&text);
    assert_settings(&yaml["env"]);
    assert_eq!(yaml["permissions"]["contents"].as_str(), Some("read"));
    let steps = yaml["jobs"]["build"]["steps"].as_sequence().expect("steps");
    let at = |what: &str| {
        let says = |s: &&Yaml<'_>, key: &str| s.as_mapping_get(key).and_then(Yaml::as_str).is_some_and(|t| t.contains(what));
        steps.iter().position(|s| says(&s, "uses") || says(&s, "run")).unwrap_or_else(|| panic!("no {what}"))
    };
    let order = ["checkout", "cache/restore", "cargo install", "test --workspace", "cache stop", "cache/save"].map(at);
    assert!(order.is_sorted(), "{order:?}");
    let (restore, save) = (&steps[at("cache/restore")]["with"], &steps[at("cache/save")]);
    assert_eq!((&restore["path"], &restore["key"]), (&save["with"]["path"], &save["with"]["key"]));
    assert!(
        restore["path"].as_str().is_some_and(|p| p.lines().any(|l| Some(l) == yaml["env"]["RUSTC_HYPEROPT_CACHE_PATH"].as_str()))
    );
    let prefix = restore["restore-keys"].as_str().expect("a prefix").trim();
    assert!(restore["key"].as_str().is_some_and(|key| key.len() > prefix.len() && key.starts_with(prefix)));
    let only = save["if"].as_str().expect("a condition");
    assert!(only.contains("event_name == 'push'") && only.contains("default_branch"), "{only}");
}

#[test]
fn gitlab_caches_inside_the_project_and_flushes_before_saving() {
    let text = printed(CiSystem::Gitlab);
    let yaml = load(&text);
    let job = &yaml["build"];
    assert_settings(&job["variables"]);
    assert!(
        job["variables"]["RUSTC_HYPEROPT_CACHE_PATH"].as_str().is_some_and(|p| p.starts_with("$CI_PROJECT_DIR/.rustc-hyperopt/"))
    );
    assert_eq!(job["cache"]["paths"][0].as_str(), Some(".rustc-hyperopt/"));
    assert!(job["cache"]["key"].as_str().is_some_and(|key| !key.contains('/')), "GitLab takes no slash in a key");
    let last = job["after_script"].as_sequence().and_then(|s| s.last()).and_then(Yaml::as_str);
    assert_eq!(last, Some(".rustc-hyperopt/bin/rustc-hyperopt cache stop"));
}

#[test]
fn jenkins_keeps_forks_apart_and_flushes_always() {
    let text = printed(CiSystem::Jenkins);
    for (open, close) in [('{', '}'), ('(', ')')] {
        assert_eq!(text.matches(open).count(), text.matches(close).count(), "{text}");
    }
    assert_eq!(text.matches("'''").count(), 2);
    let (_, post) = text.split_once("post {").expect("a post section");
    assert!(post.contains("always {") && post.contains("cache stop") && text.contains("CHANGE_FORK ?"), "{text}");
}
