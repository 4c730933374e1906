//! Random sources and random edits of their comments: every result is what rustc prints, or a refusal.

use super::*;

/// A small generator; the seed is printed with a failure, being part of the sources.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

const COMMENTS: [&str; 7] = ["// a", "", "// ünïcödé 日本", "/* a block */", "\t// \tx", "/* two\n * lines */", "//"];

/// Items that provoke warnings, each in a module of its own, with comment lines strewn in.
fn source(random: &mut Random) -> String {
    let rows: Vec<&str> = include_str!("samples.txt")
        .lines()
        .filter_map(|row| row.split_once('|'))
        .map(|row| row.1)
        .filter(|row| !row.contains("#!["))
        .collect();
    let mut text = String::from(random.pick(&["", "// first\n", "#![warn(unused)]\n", "//! Docs.\n\n#![warn(unused)]\n"]));
    for number in 0..3 + random.below(6) {
        let item = random.pick(&rows).replace('@', "\n").replace("; ", random.pick(&["; ", ";\n    "]));
        text.push_str(&format!("pub mod m{number} {{\n{item}\n}}\n"));
    }
    strew(&text, random, 4)
}

/// Puts comment lines between lines: before one line in `rarely`.
fn strew(text: &str, random: &mut Random, rarely: usize) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        if random.below(rarely) == 0 {
            out.push_str(random.pick(&COMMENTS));
            out.push('\n');
        }
        out.push_str(line);
    }
    out
}

/// One edit of comments: lines come, go, or get another text.
fn edit(old: &str, random: &mut Random) -> String {
    match random.below(4) {
        0 => format!("{}\n{old}", random.pick(&COMMENTS)),
        1 => strew(old, random, 40),
        2 => {
            let gone = random.below(4);
            let mut comments = 0;
            let keep = |line: &&str| {
                let comment = line.trim().is_empty() || line.trim_start().starts_with("// ");
                comments += usize::from(comment);
                !comment || comments % 4 != gone
            };
            old.split_inclusive('\n').filter(keep).collect()
        }
        _ => old.replace("// a\n", "// another\n").replace("// ünïcödé 日本", "// unicode"),
    }
}

#[test]
fn random_edits() {
    let seed = std::env::var("RETARGET_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed);
    let rounds: u64 = std::env::var("RETARGET_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(52);
    let halves = std::thread::scope(|scope| {
        let half = |first: u64| {
            scope.spawn(move || {
                let mut counts = BTreeMap::<String, u32>::new();
                for round in (first..rounds).step_by(2) {
                    let mut random = Random((seed + round).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
                    let form = random.pick(&[PLAIN, COLOURS]);
                    let width = random.pick(&["--diagnostic-width=140", "--diagnostic-width=60", "--diagnostic-width=25"]);
                    // Some items do not get on with others.
                    let (old, sample) = loop {
                        let old = source(&mut random);
                        let sample = Sample::try_compile(&[("a.rs", &old)], &[form, width, "--check-cfg=cfg(docsrs)"]);
                        if let Some(sample) = sample {
                            break (old, sample);
                        }
                    };
                    for _ in 0..4 {
                        let result = sample.moves(&edit(&old, &mut random));
                        let kind = result
                            .map_or_else(|why| format!("{why:?}").split(['(', ' ']).next().unwrap().to_owned(), |()| "Ok".into());
                        *counts.entry(kind).or_default() += 1;
                    }
                }
                counts
            })
        };
        [half(0), half(1)].map(|half| half.join().unwrap())
    });
    let mut all = BTreeMap::<String, u32>::new();
    halves.into_iter().flatten().for_each(|(kind, count)| *all.entry(kind).or_default() += count);
    let total: u32 = all.values().sum();
    println!("random edits: {} of {total} moved; {all:?}", all["Ok"]);
    assert!(all["Ok"] * 4 > total, "{all:?}");
}
