//! Crates that do not fit together: the compiler's word that what was put into the target directory was wrong.
//!
//! It should not happen, since only what fits is put there. If it does, cargo would never heal it by itself: everything
//! that was put there is made stale, so that the next build compiles it.

use std::path::Path;

use crate::{
    artifact::marker::{self, Marker},
    base::digest::Digest,
};

/// What the compiler says of a crate whose dependencies are others than those it was compiled against, by the error's code
/// and words that must stand in the message.
const SIGNS: [(&str, &str); 3] = [("E0460", ""), ("E0463", "depends on"), ("E0786", "")];

/// Withdraws what was put into the target directory above `out_dir` if a failed compile says that it did not fit; what that
/// was, by its names in the store. Nothing is withdrawn twice.
pub fn withdraw_if(stderr: &[u8], out_dir: &Path) -> Option<Vec<Digest>> {
    if !stderr.split(|b| *b == b'\n').any(is_sign) {
        return None;
    }
    let target = marker::target_above(out_dir)?;
    if Marker::read_head(target).never { None } else { marker::withdraw(target).ok() }
}

fn is_sign(line: &[u8]) -> bool {
    let has = |words: &[u8]| memchr::memmem::find(line, words).is_some();
    SIGNS.iter().any(|(code, words)| has(format!("\"code\":\"{code}\"").as_bytes()) && has(words.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_is_missing_is_no_sign() {
        let message =
            |code: &str, text: &str| format!("{{\"message\":\"{text}\",\"code\":{{\"code\":\"{code}\",\"explanation\":null}}}}");
        assert!(is_sign(message("E0460", "found possibly newer version of crate `a` which `b` depends on").as_bytes()));
        assert!(is_sign(message("E0463", "can't find crate for `a` which `b` depends on").as_bytes()));
        assert!(!is_sign(message("E0463", "can't find crate for `a`").as_bytes()));
        assert!(!is_sign(message("E0308", "mismatched types").as_bytes()));
    }
}
