//! Names that the language and the standard library give a meaning to, and what that meaning is to us.

/// Macros of std that expand to an expression with nothing in it but their arguments: a body with such a call is still a
/// body. They count as known only where nothing of that name is defined or imported ([`super::imports`]).
const EXPRESSIONS: [&str; 39] = [
    "addr_of",
    "addr_of_mut",
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "is_aarch64_feature_detected",
    "is_x86_feature_detected",
    "line",
    "matches",
    "module_path",
    "offset_of",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];
/// Macros of std that define items or names, or that speak to the assembler.
const DEFINING: [&str; 6] = ["include", "macro_rules", "thread_local", "global_asm", "asm", "naked_asm"];

/// Derives of std. None of them reads documentation or positions.
const DERIVES: [&str; 9] = ["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];

/// Attributes of the language under which a function's body is still nobody's business: they say nothing of how the body
/// reaches other crates. `test` and its like are macros that leave the function as it is or take it away.
const INERT: [&str; 41] = [
    "allow",
    "automatically_derived",
    "bench",
    "cfg",
    "cold",
    "crate_name",
    "crate_type",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "feature",
    "export_name",
    "forbid",
    "ignore",
    "link_section",
    "macro_export",
    "macro_use",
    "must_use",
    "no_mangle",
    "no_implicit_prelude",
    "no_main",
    "no_std",
    "non_exhaustive",
    "path",
    "recursion_limit",
    "repr",
    "should_panic",
    "test",
    "track_caller",
    "type_length_limit",
    "used",
    "warn",
    "windows_subsystem",
    "link",
    "link_name",
    "link_ordinal",
    "no_link",
    "no_builtins",
    "debugger_visualizer",
    "default",
];
/// Attributes of the language that decide how a body is compiled or who else gets it.
const BUILT_IN: [&str; 10] = [
    "derive",
    "global_allocator",
    "inline",
    "instruction_set",
    "naked",
    "panic_handler",
    "proc_macro",
    "proc_macro_attribute",
    "proc_macro_derive",
    "target_feature",
];
/// First parts of attributes that the compiler leaves to tools.
const TOOLS: [&str; 6] = ["clippy", "diagnostic", "miri", "rust_analyzer", "rustdoc", "rustfmt"];

/// What comes right before `!` without being a macro's name. Words that are keywords in late editions only may name macros.
const KEYWORDS: [&str; 14] =
    ["as", "break", "else", "for", "if", "impl", "in", "let", "loop", "match", "mut", "return", "unsafe", "while"];
/// What begins an item. Where one stands in a macro's input, the call may define something.
const ITEMS: [&str; 13] =
    ["async", "const", "enum", "extern", "fn", "impl", "macro_rules", "mod", "static", "struct", "trait", "type", "use"];

/// A macro of std whose call is an expression and no more.
pub fn is_expression_macro(name: &str) -> bool {
    EXPRESSIONS.contains(&name)
}

/// The macro of std of that name.
pub fn std_macro(name: &str) -> Option<&'static str> {
    EXPRESSIONS.iter().chain(&DEFINING).find(|n| **n == name).copied()
}

pub fn is_std_macro(name: &str) -> bool {
    std_macro(name).is_some()
}

/// Well-known macros of other crates that make items of their input and ask for no position.
pub fn is_placeless(name: &str) -> bool {
    matches!(name, "bitflags" | "cfg_if" | "lazy_static" | "pin_project")
}

pub fn is_std_derive(name: &str) -> bool {
    DERIVES.contains(&name)
}

/// Attributes that are macros of the prelude, so that an import can take their name.
pub fn is_std_attribute_macro(name: &str) -> bool {
    matches!(name, "test" | "bench" | "derive" | "global_allocator")
}

pub fn is_inert(name: &str) -> bool {
    INERT.contains(&name)
}

pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.contains(&name)
}

pub fn is_tool(name: &str) -> bool {
    TOOLS.contains(&name)
}

pub fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

pub fn begins_item(name: &str) -> bool {
    ITEMS.contains(&name)
}

/// Crates whose macros, all of them, have other names than std's: `#[macro_use]` on them takes nothing away.
pub fn has_own_names(macro_crate: &str) -> bool {
    const CRATES: [&str; 9] =
        ["bitflags", "cfg_if", "lazy_static", "log", "maplit", "quote", "serde_derive", "serde_json", "tracing"];
    CRATES.contains(&macro_crate)
}

/// Modules of other crates that are made for `use …::*` and have no macro with a name of std's.
pub fn is_harmless_glob(path: &[&str]) -> bool {
    matches!(path, ["rayon" | "proptest", "prelude"])
}

/// The crates that std's macros and derives are reached through.
pub fn is_std_crate(name: &str) -> bool {
    matches!(name, "std" | "core" | "alloc")
}
