//! The difference between two texts that differ in one place, for people.

use crate::ui::{Theme, sanitize::clean};

/// Lines of context on either side.
const CONTEXT: usize = 2;

/// Unchanged lines around the change, removed lines with `-`, added ones with `+`; nothing if the texts are equal.
pub fn lines(old: &str, new: &str, theme: Theme) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same_head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[same_head..], &new[same_head..]);
    let same_tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (gone, come) = (&old_rest[..old_rest.len() - same_tail], &new_rest[..new_rest.len() - same_tail]);
    if gone.is_empty() && come.is_empty() {
        return Vec::new();
    }
    let before = &old[same_head.saturating_sub(CONTEXT)..same_head];
    let after = &old_rest[gone.len()..][..same_tail.min(CONTEXT)];
    let plain = |l: &&str| format!("  {}", clean(l)).trim_end().to_owned();
    let minus = gone.iter().map(|l| theme.bad(format_args!("- {}", clean(l))));
    let plus = come.iter().map(|l| theme.good(format_args!("+ {}", clean(l))));
    before.iter().map(plain).chain(minus).chain(plus).chain(after.iter().map(plain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_change_with_its_surroundings() {
        let got = lines("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\nY\ne\nf\n", Theme::default());
        assert_eq!(got, ["  b", "  c", "- d", "+ X", "+ Y", "  e", "  f"]);
        assert_eq!(lines("", "x\n", Theme::default()), ["+ x"]);
        assert!(lines("x", "x\n", Theme::default()).is_empty());
    }
}
