//! How secrets look: regular expressions, in the order in which they are tried.
//!
//! The group `s` is the secret; without one it is all that matches. Sources: what the services say of their own tokens.

/// Found wherever they stand.
pub(super) const FORMS: [&str; 17] = [
    // Private keys, to their end or, where that was cut off, to the end of the text.
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    // Three parts in base64 that begin with `{"`.
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",
    // AWS
    r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}\b",
    // GitHub
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})",
    // GitLab
    r"\bgl[a-z]{2,6}-[\w-]{20,}",
    // Slack
    r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{10,}|\bxapp-[\w-]{10,}|hooks\.slack\.com/(?<s>[\w/-]+)",
    // OpenAI, Anthropic and others that follow them; Stripe
    r"\bsk-[\w-]{16,}|\b[prs]k_(?:live|test)_\w{10,}|\bwhsec_\w{10,}",
    // Google
    r"\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}",
    // Registries and others: npm, crates.io, PyPI, Docker, Hugging Face, DigitalOcean, SendGrid, Telegram
    r"\bnpm_\w{30,}|\bcio[A-Za-z0-9]{32}\b|\bpypi-[\w-]{16,}|\bdckr_pat_[\w-]{20,}|\bhf_[A-Za-z0-9]{30,}|\bdo[opr]_v1_[a-f0-9]{32,}",
    r"\bSG\.[\w-]{16,}\.[\w-]{16,}|\b\d{8,10}:AA[\w-]{32,}",
    // age, Vault, HashiCorp, Databricks, Shopify
    r"\bAGE-SECRET-KEY-1\w{40,}|\bhv[sb]\.[\w-]{20,}|\bdapi[a-f0-9]{32}\b|\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    // Names and passwords in addresses; a name alone may be a token.
    r#"\b[A-Za-z][A-Za-z0-9+.-]*://(?<s>[^\s/@"'`<>\\]+)@"#,
    // Headers
    r#"(?i)\bauthorization["']?\s*[:=,]\s*["']?(?:(?:bearer|basic|token|digest)\s+)?(?<s>[^\s"'`<>]{8,})"#,
    r"(?i)\bbearer\s+(?<s>[\w.~+/=-]{16,})",
    // A literal that is given to something called a password, in any way: `=`, `:`, `=>`, an argument, a constant with its type.
    concat!(
        r#"(?i)(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|credentials?)\w*["'`]?\)?\s*"#,
        r#"(?::\s*[&'\w\s<>:]*?)?\s*(?:=>|==|=|:|,|\()\s*(?:[\w:]+!?\s*\(\s*)*&?b?r?\#*"(?<s>[^"\n]{3,})""#
    ),
    r#"(?i)(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|credentials?)\w*\s*[:=]\s*'(?<s>[^'\n]{3,})'"#,
    // A line of a `.env` file, or of a shell.
    r#"\b[A-Z0-9_]*(?:PASSW(?:OR)?D|PASS|SECRET|TOKEN|KEY|CREDENTIALS?)[A-Z0-9_]*=(?<s>[^\s"'`]{4,})"#,
];

/// Literals and long words that may be anything.
pub(super) const LITERALS: [&str; 2] =
    [r#"["'`](?<s>[A-Za-z0-9+/_=.~-]{20,})["'`]"#, r"(?:^|[^\w+/=])(?<s>[A-Za-z0-9+/]{40,}={0,2})"];
