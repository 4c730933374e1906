//! Whether a claim holds: the unit compiled again, plainly, from the sources that it was given for, and compared with what
//! the store has given.
//!
//! Nothing is compared unless every crate in play is, in the target directory, what its sources on disk say: anything else
//! would be a false alarm. What cannot be compared is [`Verdict::Skipped`].

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Mode, Step, Workshop,
    graph::{Graph, Unit},
};
use crate::{
    artifact::{Content, Manifest, Output, compare, record::Action},
    base::{
        clock,
        digest::{Digest, DigestFile},
        fs::{Durability, write_atomic},
    },
    engine::{Engine, Found, Prepared, plan::Query},
    events::HitKind,
    rustc::{depinfo::DepInfo, messages},
    store::{Claim, StoredCommand},
};

/// What a check of a claim has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A plain compile makes the same.
    Same,
    /// It does not; one line for each difference.
    Different(Vec<String>),
    /// It could not be found out, and why.
    Skipped(String),
}

impl Engine {
    /// Notes a result that was given out on the strength of more than equal bytes.
    pub fn claim(&self, prepared: &Prepared, found: &Found) -> Claim {
        self.claim_of(prepared, found.kind, found.action, found.sources, found.cut_off)
    }

    /// Notes a program that was linked and not compiled, and has just been stored under `action`.
    pub(in crate::engine) fn claim_relinked(&self, prepared: &Prepared, action: Digest, sources: Digest) -> Claim {
        self.claim_of(prepared, HitKind::Relinked, action, sources, self.sees_a_graft(prepared))
    }

    fn claim_of(&self, prepared: &Prepared, kind: HitKind, action: Digest, sources: Digest, cut_off: bool) -> Claim {
        let claim = Claim {
            unit: prepared.unit.clone(),
            kind,
            at: clock::wall_secs(),
            stem: prepared.stem().into_os_string(),
            command: super::command(prepared, std::iter::empty()).line(),
            action,
            sources,
            cut_off,
        };
        // A claim that is not noted cannot be checked; that is all.
        drop(self.store.claim(&claim));
        claim
    }

    /// Compiles the unit again and compares.
    pub fn verify_claim(&self, claim: &Claim) -> Verdict {
        self.verify_claim_in(claim, &mut Workshop::new(self))
    }

    /// As [`Engine::verify_claim`], with what was made there before.
    pub fn verify_claim_in(&self, claim: &Claim, workshop: &mut Workshop) -> Verdict {
        let Some(Action::Done(manifest)) = self.store.action(&claim.action) else {
            drop(self.store.forget_claim(&claim.action));
            return Verdict::Skipped("its result is no longer stored".into());
        };
        self.compare(claim, &manifest, workshop).unwrap_or_else(Verdict::Skipped)
    }

    /// Removes a result that is not what was claimed, with everything that leads to it.
    pub fn disown(&self, claim: &Claim) {
        drop(self.store.remove_action(&claim.action));
        drop(self.store.forget_claim(&claim.action));
        self.store.trouble("verify-mismatch");
    }

    fn compare(&self, claim: &Claim, manifest: &Manifest, workshop: &mut Workshop) -> Result<Verdict, String> {
        let stem = Path::new(&claim.stem);
        let command = self.store.command(stem).ok_or("it is not known how it is compiled")?;
        if command.sources != Some(claim.sources) || command.line() != claim.command {
            return Err("it was compiled from other sources or in another way since".into());
        }
        let prepared = self.prepare(query(&command)).map_err(|why| why.sentence())?;
        let graph = Graph::of(&self.store, stem, command).map_err(|e| e.to_string())?;
        let keys = graph.units.iter().map(|u| self.sources(u)).collect::<Result<Vec<_>, _>>()?;
        let steps = self.lay_out(&graph, workshop.path(), Mode::Full).map_err(|e| e.to_string())?;
        let mut differences = Vec::new();
        for ((unit, step), sources) in graph.units.iter().zip(&steps).zip(&keys) {
            let is_target = unit.stem == stem;
            let output = workshop.make(&unit.stem, step, *sources).map_err(|e| format!("{}: {e}", step.crate_name))?;
            match (output.status.success(), is_target) {
                (false, false) => return Err(format!("`{}` does not compile by itself", step.crate_name)),
                (false, true) => differences.push("a plain compile fails".into()),
                (true, false) => {}
                (true, true) => {
                    let said = step.in_place(&output.stderr);
                    differences.extend(self.unlike(&prepared, manifest, step, &said, workshop.path())?);
                }
            }
        }
        if differences.is_empty() {
            return Ok(Verdict::Same);
        }
        for (unit, sources) in graph.units.iter().zip(&keys) {
            if self.sources(unit)? != *sources {
                return Err("its sources have changed meanwhile".into());
            }
        }
        Ok(Verdict::Different(differences))
    }

    /// The exact key of a unit's sources on disk, if its outputs in the target directory stand for them.
    fn sources(&self, unit: &Unit) -> Result<Digest, String> {
        let name = &unit.inv.crate_name;
        let noted = unit.command.sources.ok_or_else(|| format!("it is not known what `{name}` was compiled from"))?;
        let prepared = self.prepare(query(&unit.command)).map_err(|why| why.sentence())?;
        let files: &dyn DigestFile = &self.store;
        let record = self.store.invocation(&prepared.key.key).unwrap_or_default();
        for set in record.input_sets.iter().filter_map(|key| self.store.input_set(key)) {
            if let Ok(Ok((key, _))) = prepared.context(files).action(&prepared.given, &set)
                && key == noted
            {
                return Ok(noted);
            }
        }
        Err(format!("the sources of `{name}` have changed since"))
    }

    /// What the store would give, against what was made.
    fn unlike(
        &self,
        prepared: &Prepared,
        manifest: &Manifest,
        step: &Step,
        said: &[u8],
        scratch: &Path,
    ) -> Result<Vec<String>, String> {
        let plan = self.plan(prepared, manifest).ok_or("its stored bytes are damaged")?;
        let mut all = Vec::new();
        if diagnostics(&plan.stderr) != diagnostics(said) {
            all.push("the compiler's messages are others".into());
        }
        for output in &manifest.outputs {
            let made = Path::new(&step.out_dir).join(output.name.as_str());
            let unlike = self.unlike_output(prepared, output, &made, scratch).map_err(|e| e.to_string())?;
            all.extend(unlike.into_iter().map(|what| format!("{}: {what}", output.name.as_str())));
        }
        Ok(all)
    }

    fn unlike_output(&self, prepared: &Prepared, output: &Output, made: &Path, scratch: &Path) -> std::io::Result<Vec<String>> {
        let stored = match &output.content {
            // It names sources by their hash, which may be that of an earlier text.
            _ if output.emit == "metadata" => return Ok(Vec::new()),
            Content::Relocatable(text) => {
                let info = |text: &[u8]| DepInfo::parse(&String::from_utf8_lossy(text));
                let same = info(&prepared.places.decode(text)) == info(&std::fs::read(made)?);
                return Ok(if same { Vec::new() } else { vec!["it names other inputs".into()] });
            }
            Content::Blob(digest) => match self.store.verified_blob(digest) {
                Some(blob) => blob.path,
                None => return Err(std::io::Error::other("its stored bytes are damaged")),
            },
            Content::Inline(bytes) => {
                let path = scratch.join("stored");
                write_atomic(&path, bytes, 0o600, Durability::Lazy)?;
                path
            }
        };
        compare::differences(&stored, made)
    }
}

/// The question that a command was asked with.
pub(in crate::engine) fn query(command: &StoredCommand) -> Query {
    Query {
        compiler: command.compiler.clone(),
        args: command.args.clone(),
        cwd: command.cwd.clone(),
        env: command.env.clone(),
        umask: command.umask,
    }
}

fn diagnostics(stderr: &[u8]) -> Vec<&[u8]> {
    stderr.split(|b| *b == b'\n').filter(|line| !line.is_empty() && messages::artifact(line).is_none()).collect()
}
