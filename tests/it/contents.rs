//! What the program is made of.

use std::process::Command;

/// The packages behind the program, with these features.
fn packages(features: &[&str]) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--locked", "-e", "normal", "--prefix", "none", "--format", "{p}"]).args(features);
    let out = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn there_is_no_http_client_without_the_feature_for_models() {
    let clients = ["reqwest", "rustls", "ring", "ureq", "curl", "native-tls", "openssl", "isahc"];
    // Servers are made of these as well, such as that of the figures.
    let http = ["hyper", "hyper-util", "h2", "http"];
    let found =
        |features: &[&str], names: &[&str]| packages(features).iter().filter(|name| names.contains(&name.as_str())).count();
    assert!(found(&[], &clients) > 2, "it is there by default");
    assert_eq!(found(&["--no-default-features"], &[&clients[..], &http].concat()), 0);
    assert_eq!(found(&["--no-default-features", "--features", "neural,metrics"], &clients), 0);
}
