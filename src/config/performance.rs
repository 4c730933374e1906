//! `[performance]`: how many compilers run, how much memory they use, and which programs do part of their work.
//!
//! Defaults leave everything as cargo does it. Nothing here reads files or can fail.

use super::settings::{Choice, Words};

/// `[performance]`
#[derive(Debug, Clone, PartialEq)]
pub struct PerformanceSettings {
    /// Compilers at a time, over all builds; without one, as many as the builds ask for.
    pub max_parallel_jobs: Option<u64>,
    /// Members that were restored without incremental state are compiled once more while nothing else happens.
    pub speculative_compilation: bool,
    /// Gigabytes of 1000³ bytes; without one, there is no limit.
    pub memory_limit_gb: Option<f64>,
    pub linker: Linker,
    pub codegen_backend: Backend,
}

impl Default for PerformanceSettings {
    fn default() -> Self {
        Self {
            max_parallel_jobs: None,
            speculative_compilation: true,
            memory_limit_gb: None,
            linker: Linker::default(),
            codegen_backend: Backend::default(),
        }
    }
}

impl PerformanceSettings {
    /// The memory limit in bytes.
    pub fn memory_limit_bytes(&self) -> Option<u64> {
        self.memory_limit_gb.map(|gb| (gb * 1e9) as u64)
    }
}

/// Who links programs, tests and shared libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Linker {
    /// Whoever does it without us.
    #[default]
    System,
    /// The first that is installed of those that are fast.
    Auto,
    Mold,
    Lld,
    Wild,
}

impl Linker {
    /// As it is written.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

impl Words for Linker {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::System, "system"), (Self::Auto, "auto"), (Self::Mold, "mold"), (Self::Lld, "lld"), (Self::Wild, "wild")];
}

/// Who makes machine code of workspace members that are not optimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    #[default]
    Llvm,
    /// Where the toolchain has it.
    Cranelift,
}

impl Words for Backend {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Llvm, "llvm"), (Self::Cranelift, "cranelift")];
}
