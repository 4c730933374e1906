//! Whether a word was made by chance rather than by a person.
//!
//! A guess, and one on the careful side: a digest is taken for a secret, since nothing tells them apart.

/// Bits per character below which a word repeats itself too much.
const MIXED: f64 = 3.5;
const PLAIN: f64 = 3.2;

/// Whether it could be a key: letters of both cases with digits, or a long run of one case with many digits.
pub(super) fn looks_random(word: &str) -> bool {
    let has = |test: fn(&char) -> bool| word.chars().any(|c| test(&c));
    let (upper, lower) = (has(char::is_ascii_uppercase), has(char::is_ascii_lowercase));
    let digits = word.chars().filter(char::is_ascii_digit).count();
    // Mangled symbols, and names of files.
    if word.len() < 20 || digits == 0 || word.starts_with("_R") || word.contains("ZN") || word.starts_with(['/', '.']) {
        return false;
    }
    let is_file =
        word.rsplit_once('.').is_some_and(|(_, end)| (1..=4).contains(&end.len()) && end.chars().all(|c| c.is_ascii_lowercase()));
    if is_file && word.contains('/') {
        return false;
    }
    if upper && lower {
        return entropy(word) >= MIXED;
    }
    // Names of targets and the like have separators.
    digits >= 4 && word.chars().all(|c| c.is_ascii_alphanumeric()) && entropy(word) >= PLAIN
}

/// Shannon's, in bits per character.
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    word.bytes().for_each(|b| counts[usize::from(b)] += 1);
    let all = word.len() as f64;
    counts.iter().filter(|n| **n > 0).map(|n| f64::from(*n) / all).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_names() {
        for key in [
            "9aG3kLq8Zx0PwT5mVb2R",
            "3f786850e387550fdab836ed7e6dc881de23001b",
            "q83vmk20dj4na81ls9fk3",
            "Zm9vYmFyMTIzNDU2Nzg5MA==",
        ] {
            assert!(looks_random(key), "{key}");
        }
        for name in [
            "x86_64-unknown-linux-gnu",
            "the_quick_brown_fox_jumps_over",
            "SomeVeryLongTypeNameInThisCrate",
            "src/advise/context/tests2.rs",
            "_ZN4core3ptr13drop_in_place17h0123456789abcdefE",
            "00000000000000000000000000",
            "AllocationFailure",
        ] {
            assert!(!looks_random(name), "{name}");
        }
    }
}
