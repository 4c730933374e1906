//! Keeping the last step of a compile: its objects go into the store, its arguments are put down so that they hold elsewhere.
//!
//! It must never fail a publication: the result itself is stored by then. What is not understood is not kept.

use std::{os::unix::ffi::OsStrExt, path::Path};

use super::{
    Engine, NotStored, Prepared,
    find::extended_key,
    link_words,
    plan::{Compiled, Linked},
    publish::SMALL,
};
use crate::{
    artifact::{
        Content, Cost, LinkRecord, Output,
        link::Object,
        record::{Action, Split},
        spool,
    },
    base::{
        digest::{Digest, DigestFile},
        failpoint,
        fs::FileSig,
    },
    fingerprint::InputSet,
};

impl Engine {
    /// Stores the last step of a compile that has just been stored: the one that was recorded.
    ///
    /// # Errors
    /// Why it was not stored; the result itself is.
    pub(super) fn publish_link(
        &self,
        prepared: &Prepared,
        result: &Compiled,
        set: &InputSet,
        split: Split,
        others: Vec<Output>,
        unchanged: &dyn Fn() -> Result<(), NotStored>,
    ) -> Result<(), NotStored> {
        let Linked::Recorded(dir) = &result.linked else { return Ok(()) };
        let Some(spool) = spool::read(Path::new(dir)) else { return Ok(()) };
        let mut linked = result.outputs.iter().filter(|o| o.emit == "link");
        let (Some(output), None) = (linked.next(), linked.next()) else { return Ok(()) };
        // Metadata of a program is nothing that anybody asks for; whatever else there is was not made by the linker alone.
        if others.len() + 1 != result.outputs.len() || others.iter().any(|o| o.emit != "dep-info") {
            return Ok(());
        }
        let path = prepared.places.out_dir.join(output.name.as_str());
        let Some(understood) = link_words::understand(prepared, &spool, &path) else { return Ok(()) };
        let Some(key) = self.key_of_finished(prepared, set)? else { return Ok(()) };
        unchanged()?;
        let mut objects = Vec::with_capacity(understood.objects.len());
        failpoint::reach("publish-before-objects");
        for (name, path) in &understood.objects {
            match self.take_object(path) {
                Ok(content) => objects.push(Object { name: name.clone(), content }),
                Err(error) => {
                    self.store.release(blobs(&objects));
                    return Err(error);
                }
            }
        }
        let taken: Vec<Digest> = blobs(&objects).collect();
        let record = LinkRecord {
            program: spool.program.as_bytes().to_vec(),
            words: understood.words,
            environment: understood.environment,
            objects,
            output: output.name.clone(),
            others,
            stdout: prepared.places.encode(&result.stdout),
            stderr: prepared.places.encode(&result.stderr),
            cost: Cost { wall_ms: result.wall_ms, cpu_ms: result.cpu_ms, max_rss_kib: result.max_rss_kib },
        };
        self.put_link(prepared, key, split, record).inspect_err(|_| self.store.release(taken))
    }

    /// The link key of a compile that has ended, if everything it was given is what it was when it was looked up.
    fn key_of_finished(&self, prepared: &Prepared, set: &InputSet) -> Result<Option<Digest>, NotStored> {
        let files: &dyn DigestFile = &self.store;
        let context = prepared.context(files);
        let now = context.given(prepared.key.key, &prepared.closure, &prepared.extra_inputs, &prepared.macro_variables)?;
        match self.given_by_metadata(prepared)? {
            Some(given) if now.key == prepared.given.key => Ok(self.link_key(prepared, &given, set)?),
            _ => Ok(None),
        }
    }

    fn put_link(&self, prepared: &Prepared, key: Digest, split: Split, record: LinkRecord) -> Result<(), NotStored> {
        let mut key = key;
        if split.any() {
            self.store.put_action_if_absent(&key, &Action::Split(split))?;
            // What stands there decides, as for results.
            if let Some(Action::Split(standing)) = self.store.action(&key) {
                key = extended_key(prepared, key, standing);
            }
        }
        self.store.put_action_if_absent(&key, &Action::Link(Box::new(record)))?;
        failpoint::reach("publish-after-link");
        Ok(())
    }

    fn take_object(&self, path: &Path) -> Result<Content, NotStored> {
        let sig = FileSig::of(path)?;
        if sig.size <= SMALL {
            return Ok(Content::Inline(std::fs::read(path)?));
        }
        Ok(Content::Blob(self.store.ingest(path, &sig, true)?))
    }
}

fn blobs(objects: &[Object]) -> impl Iterator<Item = Digest> {
    objects.iter().filter_map(|o| o.content.blob())
}
