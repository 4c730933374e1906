//! The tables of compiler arguments: what takes a value, what is known, what forbids caching.
//!
//! Source: `rustc --help -v` and `rustc -C help` of 1.95; a name that is missing here makes an invocation uncacheable.

/// Long options that take a value.
pub const LONG_WITH_VALUE: &[&str] = &[
    "allow",
    "cap-lints",
    "cfg",
    "check-cfg",
    "codegen",
    "color",
    "crate-name",
    "crate-type",
    "deny",
    "diagnostic-width",
    "edition",
    "emit",
    "error-format",
    "explain",
    "extern",
    "forbid",
    "force-warn",
    "json",
    "out-dir",
    "print",
    "remap-path-prefix",
    "remap-path-scope",
    "sysroot",
    "target",
    "warn",
];

/// Long options without a value.
pub const LONG_ALONE: &[&str] = &["test", "verbose", "version", "help"];

/// Short options that take a value, attached or not.
pub const SHORT_WITH_VALUE: &[u8] = b"ACDFLWZlo";

/// Options whose value is part of the key as it stands.
pub const LONG_KEYED: &[&str] = &[
    "allow",
    "cap-lints",
    "cfg",
    "check-cfg",
    "color",
    "crate-name",
    "crate-type",
    "deny",
    "edition",
    "emit",
    "error-format",
    "forbid",
    "force-warn",
    "json",
    "warn",
    "remap-path-scope",
];

/// `-C` options that are part of the key as they stand.
pub const CODEGEN_KEYED: &[&str] = &[
    "code-model",
    "codegen-units",
    "collapse-macro-debuginfo",
    "control-flow-guard",
    "debug-assertions",
    "debuginfo",
    "default-linker-libraries",
    "dwarf-version",
    "embed-bitcode",
    "extra-filename",
    "force-frame-pointers",
    "force-unwind-tables",
    "inline-threshold",
    "jump-tables",
    "link-dead-code",
    "link-self-contained",
    "linker-features",
    "linker-flavor",
    "linker-plugin-lto",
    "llvm-args",
    "lto",
    "metadata",
    "no-prepopulate-passes",
    "no-redzone",
    "no-stack-check",
    "no-vectorize-loops",
    "no-vectorize-slp",
    "opt-level",
    "overflow-checks",
    "panic",
    "passes",
    "prefer-dynamic",
    "relocation-model",
    "relro-level",
    "rpath",
    "soft-float",
    "strip",
    "symbol-mangling-version",
    "target-cpu",
    "target-feature",
];

/// Whether the value of a `-C` option switches it off.
pub fn is_off(value: &str) -> bool {
    matches!(value, "off" | "no" | "n" | "false")
}

/// `-C` options that make or need files nobody declares.
pub const CODEGEN_FORBIDDEN: &[&str] =
    &["ar", "dlltool", "instrument-coverage", "profile-generate", "profile-use", "remark", "save-temps"];
