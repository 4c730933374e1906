//! What a mend has changed: the hunks of an item that stand next to an error, if they teach anything.
//!
//! Pure functions of text.

use similar::{ChangeTag, DiffOp, TextDiff};

/// Changed lines of one mend.
pub const MOST: usize = 40;
/// Unchanged lines on either side.
const CONTEXT: usize = 1;
/// Errors that something stands there twice: to remove it is the mend.
const TWICE: [&str; 14] = [
    "E0025", "E0062", "E0119", "E0124", "E0128", "E0201", "E0252", "E0254", "E0255", "E0403", "E0415", "E0416", "E0428", "E0592",
];

/// A difference, as lines with marks in front.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    pub lines: Vec<String>,
    /// Lines that are not what they were.
    pub changed: usize,
    /// Something was added that does something.
    pub adds: bool,
}

/// Whether lines that are only removed can mend an error with this code.
pub fn may_only_remove(code: &str) -> bool {
    TWICE.contains(&code)
}

/// The difference, without hunks that stand nearer to one of the lines `others` than to one of `own` (both of `old`, from 0), and
/// without those in which only the layout is another.
pub fn between(old: &str, new: &str, own: &[usize], others: &[usize]) -> Difference {
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let diff = TextDiff::from_slices(&before, &after);
    let mut found = Difference::default();
    for group in diff.grouped_ops(CONTEXT) {
        let is_own = |op: &DiffOp| {
            let range = op.old_range();
            distance(&range, own) <= distance(&range, others)
        };
        let changes: Vec<&DiffOp> = group.iter().filter(|op| op.tag() != similar::DiffTag::Equal).collect();
        if !changes.iter().any(|op| is_own(op)) || !means_something(&before, &after, &changes) {
            continue;
        }
        if !found.lines.is_empty() {
            found.lines.push("  …".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value();
            let (mark, counts) = match change.tag() {
                ChangeTag::Equal => (' ', false),
                ChangeTag::Delete => ('-', true),
                ChangeTag::Insert => ('+', true),
            };
            found.changed += usize::from(counts);
            found.adds |= change.tag() == ChangeTag::Insert && does_something(line);
            found.lines.push(format!("{mark} {line}"));
        }
    }
    without_margin(&mut found.lines);
    found
}

fn distance(range: &std::ops::Range<usize>, lines: &[usize]) -> usize {
    let to = |line: &usize| {
        if *line < range.start { range.start - line } else { (line + 1).saturating_sub(range.end.max(range.start + 1)) }
    };
    lines.iter().map(to).min().unwrap_or(usize::MAX)
}

/// Not only blanks and line ends are others.
fn means_something(before: &[&str], after: &[&str], changes: &[&DiffOp]) -> bool {
    let text = |lines: &[&str]| lines.concat().split_whitespace().collect::<String>();
    let old: String = changes.iter().map(|op| text(&before[op.old_range()])).collect();
    let new: String = changes.iter().map(|op| text(&after[op.new_range()])).collect();
    old != new
}

fn does_something(line: &str) -> bool {
    let line = line.trim();
    let is_put_off = line.starts_with("todo!(") || line.starts_with("unimplemented!(");
    !line.is_empty() && !line.starts_with("//") && !line.starts_with("/*") && !is_put_off
}

/// Takes away the blanks that all lines have in front.
fn without_margin(lines: &mut [String]) {
    let blanks = |line: &String| {
        line.get(2..).filter(|rest| !rest.trim().is_empty()).map(|rest| rest.len() - rest.trim_start_matches(' ').len())
    };
    let margin = lines.iter().filter(|line| *line != "  …").filter_map(blanks).min().unwrap_or(0);
    for line in lines.iter_mut().filter(|line| *line != "  …") {
        let rest = line.get(2 + margin..).unwrap_or_default().trim_end().to_owned();
        line.truncate(2);
        line.push_str(&rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(old: &str, new: &str) -> Difference {
        between(old, new, &[0], &[])
    }

    #[test]
    fn a_small_difference_with_what_is_around_it() {
        let found = of("    a\n    b\n    c\n    d", "    a\n      B\n    c\n    d");
        assert_eq!(found.lines, ["  a", "- b", "+   B", "  c"]);
        assert_eq!((found.changed, found.adds), (2, true));
    }

    #[test]
    fn what_teaches_nothing() {
        assert_eq!(of("f(a, b)\nx", "f(a,\n  b)\nx"), Difference::default());
        assert_eq!(of("x", "x"), Difference::default());
        for new in ["a\nc", "a\n// b\nc", "a\n/* b */\nc", "a\ntodo!()\nc", "a\n\nc"] {
            assert!(!of("a\nb\nc", new).adds, "{new:?}");
        }
        assert!(of("a\nb\nc", "a\nB // todo!()\nc").adds);
        assert!(may_only_remove("E0428") && !may_only_remove("E0382"));
    }

    #[test]
    fn hunks_go_to_the_nearest_error() {
        let old: Vec<String> = (0..20).map(|n| format!("line {n}")).collect();
        let new = old.join("\n").replace("line 3\n", "three\n").replace("line 15\n", "fifteen\n");
        let (first, second) = (between(&old.join("\n"), &new, &[2], &[16]), between(&old.join("\n"), &new, &[16], &[2]));
        assert_eq!(first.lines, ["  line 2", "- line 3", "+ three", "  line 4"]);
        assert_eq!(second.lines, ["  line 14", "- line 15", "+ fifteen", "  line 16"]);
        assert_eq!(between(&old.join("\n"), &new, &[], &[]).changed, 4, "without places, all");
        let inserted = between("a\nb", "a\nnew\nb", &[1], &[0]);
        assert_eq!(inserted.changed, 1);
    }
}
