//! The one line that ends a build: what was restored, what was compiled and why, and the time that was saved.
//!
//! It must stay one line, and say nothing when there is nothing to say.

use std::collections::BTreeMap;

use crate::{
    base::text,
    events::{HitKind, Totals},
};

/// The verb in front of the line.
pub const VERB: &str = "Hyperopt";
/// Bypasses that are not compiles, or that the user asked for.
const SILENT: [&str; 2] = ["not-a-compile", "disabled"];

/// The text behind the verb, or nothing if nothing was compiled or restored.
pub fn line(totals: &Totals) -> Option<String> {
    let mut parts = Vec::new();
    if totals.seeded > 0 {
        parts.push(format!("{} seeded", text::count(totals.seeded, "unit")));
    }
    let hits = totals.hit_count();
    if hits > 0 {
        let kinds: BTreeMap<String, u64> = totals.hits.iter().map(|(k, n)| (k.name().to_owned(), *n)).collect();
        // Exact hits are what everybody expects; only other kinds are worth a word.
        let plain = kinds.keys().all(|k| k == HitKind::Exact.name());
        let counted = text::count(hits, "hit");
        parts.push(if plain { counted } else { format!("{counted} ({})", breakdown(&kinds)) });
    }
    let misses = totals.miss_count();
    if misses > 0 {
        parts.push(format!("{misses} compiled ({})", breakdown(&totals.misses)));
    }
    let bypasses: BTreeMap<String, u64> =
        totals.bypasses.iter().filter(|(k, _)| !SILENT.contains(&k.as_str())).map(|(k, n)| (k.clone(), *n)).collect();
    let passed: u64 = bypasses.values().sum();
    if passed > 0 {
        parts.push(format!("{passed} not cacheable ({})", breakdown(&bypasses)));
    }
    if parts.is_empty() {
        return None;
    }
    if hits + totals.seeded > 0 && totals.saved_ms > 0 {
        parts.push(format!("saved {}", text::millis(totals.saved_ms)));
    }
    let troubles: u64 = totals.troubles.values().sum();
    if troubles > 0 {
        let counted = text::count(troubles, "trouble");
        parts.push(format!("{counted} ({}; see `rustc-hyperopt stats`)", breakdown(&totals.troubles)));
    }
    Some(parts.join(", "))
}

/// A counter's name for people: `source-changed` becomes `source changed`.
pub fn words(name: &str) -> String {
    name.replace('-', " ")
}

/// The three largest, with their numbers if there is more than one.
fn breakdown(counts: &BTreeMap<String, u64>) -> String {
    if let [(name, _)] = counts.iter().collect::<Vec<_>>()[..] {
        return words(name);
    }
    let mut ranked: Vec<_> = counts.iter().collect();
    ranked.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    let mut named: Vec<String> = ranked.iter().take(3).map(|(name, n)| format!("{n} {}", words(name))).collect();
    let rest: u64 = ranked.iter().skip(3).map(|(_, n)| **n).sum();
    if rest > 0 {
        named.push(format!("{rest} other"));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(hits: u64, misses: &[(&str, u64)], bypasses: &[(&str, u64)]) -> Totals {
        let map = |list: &[(&str, u64)]| list.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect();
        let hits = if hits > 0 { BTreeMap::from([(HitKind::Exact, hits)]) } else { BTreeMap::new() };
        Totals { hits, misses: map(misses), bypasses: map(bypasses), saved_ms: 34_200, ..Totals::default() }
    }

    #[test]
    fn what_the_line_says() {
        let cases = [
            (totals(0, &[], &[]), None),
            (totals(0, &[], &[("not-a-compile", 3)]), None),
            (totals(1, &[], &[]), Some("1 hit, saved 34.2 s")),
            (totals(52, &[("source-changed", 1)], &[]), Some("52 hits, 1 compiled (source changed), saved 34.2 s")),
            (totals(0, &[("first-seen", 9), ("source-changed", 3)], &[]), Some("12 compiled (9 first seen, 3 source changed)")),
            (
                totals(2, &[("a", 1), ("b", 2), ("c", 3), ("d", 4)], &[("linker", 1), ("not-a-compile", 7)]),
                Some("2 hits, 10 compiled (4 d, 3 c, 2 b, 1 other), 1 not cacheable (linker), saved 34.2 s"),
            ),
        ];
        for (totals, expected) in cases {
            assert_eq!(line(&totals).as_deref(), expected);
        }
    }

    #[test]
    fn hits_of_other_kinds_are_worth_a_word() {
        let mut totals = totals(5, &[], &[]);
        totals.hits.insert(HitKind::Semantic, 2);
        totals.hits.insert(HitKind::CutOff, 3);
        assert_eq!(line(&totals).as_deref(), Some("10 hits (5 exact, 3 cut off, 2 semantic), saved 34.2 s"));
    }

    #[test]
    fn what_cargo_found_in_place_is_counted_first() {
        let totals = Totals { seeded: 319, ..totals(0, &[("first-seen", 1)], &[]) };
        assert_eq!(line(&totals).as_deref(), Some("319 units seeded, 1 compiled (first seen), saved 34.2 s"));
    }

    #[test]
    fn troubles_are_not_hidden() {
        let mut totals = totals(1, &[], &[]);
        totals.trouble("publish-failed");
        let line = line(&totals).expect("something happened");
        assert!(line.ends_with("1 trouble (publish failed; see `rustc-hyperopt stats`)"), "{line}");
    }
}
