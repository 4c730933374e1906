//! Who did the work, where there was a choice.

use serde::{Deserialize, Serialize};

/// The programs behind one result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// Who linked it, if it was linked.
    pub linker: Option<String>,
    /// Who made its machine code, if not LLVM.
    pub backend: Option<String>,
    /// What the configuration asks for, and what failed for this unit before: `mold`, `cranelift`.
    pub failed: Vec<String>,
}

impl Tools {
    /// `linked by mold`, `machine code by cranelift`, …: clauses for people, none if there is nothing to tell.
    pub fn clauses(&self) -> Vec<String> {
        let linker = self.linker.iter().map(|name| format!("linked by {name}"));
        let backend = self.backend.iter().map(|name| format!("machine code by {name}"));
        let failed = self.failed.iter().map(|name| format!("{name} was tried and failed"));
        linker.chain(backend).chain(failed).collect()
    }
}
