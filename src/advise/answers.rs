//! Answers that were given before, in files of their own below the cache's directory.
//!
//! One file per question, private to the user, limited in age and in size together. An answer that cannot be read is none, and
//! one that cannot be kept is lost: neither is a failure. Nothing here knows what a question is made of.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use crate::base::{
    digest::Digest,
    fs::{Durability, private_dir, write_atomic},
};

/// Of the files; another one is no answer.
const FORMAT: u32 = 1;
/// Models are replaced by better ones.
const OLDEST: Duration = Duration::from_secs(30 * 86_400);
/// Altogether.
const MOST_BYTES: u64 = 8 << 20;
/// One answer, with room for what JSON adds to it.
const LARGEST: u64 = 512 << 10;

/// The directory of answers of one store.
#[derive(Debug, Clone)]
pub struct Answers {
    store: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    format: u32,
    answer: Answer,
}

impl Answers {
    /// Below the directory of the cache, which need not exist.
    pub fn below(store: &Path) -> Self {
        Self { store: store.to_owned() }
    }

    fn dir(&self) -> PathBuf {
        self.store.join("answers")
    }

    fn file(&self, key: &Digest) -> PathBuf {
        self.dir().join(key.to_string())
    }

    /// The answer to this question, if it is kept and not too old.
    pub fn get(&self, key: &Digest) -> Option<Answer> {
        let file = self.file(key);
        let meta = fs::symlink_metadata(&file).ok()?;
        if !meta.is_file() || meta.len() > LARGEST || is_too_old(&meta, SystemTime::now()) {
            return None;
        }
        let kept: Kept = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        (kept.format == FORMAT).then_some(Answer { from_cache: true, ..kept.answer })
    }

    /// Keeps an answer, and removes what is too old or too much.
    ///
    /// # Errors
    /// With the path.
    pub fn put(&self, key: &Digest, answer: &Answer) -> io::Result<()> {
        let bytes = serde_json::to_vec(&Kept { format: FORMAT, answer: answer.clone() })?;
        private_dir(&self.store)?;
        private_dir(&self.dir())?;
        write_atomic(&self.file(key), &bytes, 0o600, Durability::Lazy)?;
        self.trim(SystemTime::now());
        Ok(())
    }

    /// Forgets all answers; how many, and of how many bytes.
    pub fn clear(&self) -> (u64, u64) {
        let all = self.files();
        all.iter()
            .filter(|(path, _)| fs::remove_file(path).is_ok())
            .fold((0, 0), |(n, bytes), (_, meta)| (n + 1, bytes + meta.len()))
    }

    /// Newest first.
    fn files(&self) -> Vec<(PathBuf, fs::Metadata)> {
        let entries = fs::read_dir(self.dir()).into_iter().flatten().flatten();
        let mut all: Vec<_> =
            entries.filter_map(|e| Some((e.path(), e.metadata().ok().filter(fs::Metadata::is_file)?))).collect();
        all.sort_by_key(|(path, meta)| (std::cmp::Reverse(meta.modified().ok()), path.clone()));
        all
    }

    fn trim(&self, now: SystemTime) {
        let mut bytes = 0;
        for (path, meta) in self.files() {
            bytes += meta.len();
            if bytes > MOST_BYTES || is_too_old(&meta, now) {
                drop(fs::remove_file(path));
            }
        }
    }
}

fn is_too_old(meta: &fs::Metadata, now: SystemTime) -> bool {
    meta.modified().ok().and_then(|then| now.duration_since(then).ok()).is_some_and(|age| age > OLDEST)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn key(n: usize) -> Digest {
        Digest::of(&n.to_le_bytes())
    }

    fn answer(text: &str) -> Answer {
        Answer { explanation: text.into(), confidence: Some(0.5), ..Answer::default() }
    }

    #[test]
    fn kept_privately_told_as_old_and_forgotten() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let answers = Answers::below(&dir.path().join("cache"));
        assert_eq!((answers.get(&key(1)), answers.clear()), (None, (0, 0)));
        answers.put(&key(1), &answer("because"))?;
        assert_eq!(answers.get(&key(1)), Some(Answer { from_cache: true, ..answer("because") }));
        assert_eq!(answers.get(&key(2)), None);
        let mode = |path: PathBuf| fs::metadata(path).map(|meta| meta.permissions().mode() & 0o777);
        assert_eq!((mode(answers.dir())?, mode(answers.file(&key(1)))?), (0o700, 0o600));
        assert_eq!(answers.clear().0, 1);
        assert_eq!(answers.get(&key(1)), None);
        Ok(())
    }

    #[test]
    fn what_is_too_old_too_large_or_damaged_is_none() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let answers = Answers::below(dir.path());
        answers.put(&key(1), &answer("old"))?;
        let past = SystemTime::now() - OLDEST - Duration::from_secs(60);
        fs::File::options().write(true).open(answers.file(&key(1)))?.set_modified(past)?;
        assert_eq!(answers.get(&key(1)), None);
        answers.put(&key(2), &answer("new"))?;
        assert!(!answers.file(&key(1)).exists(), "the next one sweeps it");
        for damaged in ["", "{}", "{\"format\":2,\"answer\":{}}", "\u{0}"] {
            fs::write(answers.file(&key(2)), damaged)?;
            assert_eq!(answers.get(&key(2)), None, "{damaged:?}");
        }
        Ok(())
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let answers = Answers::below(dir.path());
        let large = answer(&"x".repeat(500_000));
        for n in 0..20 {
            answers.put(&key(n), &large)?;
            let time = SystemTime::now() - Duration::from_secs(1_000 - n as u64);
            fs::File::options().write(true).open(answers.file(&key(n)))?.set_modified(time)?;
        }
        assert!(answers.get(&key(19)).is_some() && answers.get(&key(0)).is_none());
        assert!(answers.files().iter().map(|(_, meta)| meta.len()).sum::<u64>() <= MOST_BYTES);
        Ok(())
    }
}
