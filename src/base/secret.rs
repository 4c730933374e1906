//! Which environment variables hold secrets. Their values never enter a key, a request, a log or a report.
//!
//! The test is by name only and errs on the side of "secret": a wrong "secret" costs a cache entry, a wrong "harmless"
//! could leak a credential.

/// Whether a variable of this name must be taken for a secret.
pub fn is_secret_name(name: &[u8]) -> bool {
    const PARTS: [&str; 10] =
        ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "PRIVATE_KEY", "API_KEY", "APIKEY", "ACCESS_KEY", "LLM_KEY"];
    let upper = name.to_ascii_uppercase();
    let holds = |part: &str| upper.windows(part.len()).any(|w| w == part.as_bytes());
    PARTS.iter().any(|p| holds(p)) || upper.starts_with(b"CARGO_REGISTRIES_") || upper == b"SSH_AUTH_SOCK"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for secret in [
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "ANTHROPIC_API_KEY",
            "CARGO_REGISTRIES_X_TOKEN",
            "db_password",
            "RUSTC_HYPEROPT_LLM_KEY",
        ] {
            assert!(is_secret_name(secret.as_bytes()), "{secret}");
        }
        for plain in ["PATH", "CARGO_PKG_NAME", "OUT_DIR", "RUSTFLAGS"] {
            assert!(!is_secret_name(plain.as_bytes()), "{plain}");
        }
    }
}
