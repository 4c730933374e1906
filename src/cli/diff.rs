//! The difference between two texts, for people: shown before any file of theirs is changed.

use std::path::Path;

use similar::{ChangeTag, TextDiff};

use crate::{
    cli::context::Context,
    ui::{Theme, sanitize::clean},
};

/// Lines of context on either side.
const CONTEXT: usize = 2;

/// Says what is done to a file, and shows the change from `before` to `after`.
pub fn show(ctx: &mut Context, verb: &str, file: &Path, (before, after): (&str, &str)) {
    ctx.printer.status(verb, file.display());
    for line in lines(before, after, ctx.printer.err_theme()) {
        ctx.printer.say(line);
    }
}

/// Unchanged lines around each change, removed lines with `-`, added ones with `+`, `…` for what lies between two changes;
/// nothing if the texts have the same lines.
pub fn lines(old: &str, new: &str, theme: Theme) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let diff = TextDiff::from_slices(&old, &new);
    let mut shown = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if !shown.is_empty() {
            shown.push("  …".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = clean(change.value());
            shown.push(match change.tag() {
                ChangeTag::Equal => format!("  {line}").trim_end().to_owned(),
                ChangeTag::Delete => theme.bad(format_args!("- {line}")),
                ChangeTag::Insert => theme.good(format_args!("+ {line}")),
            });
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_with_their_surroundings() {
        let got = lines("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\nY\ne\nf\n", Theme::default());
        assert_eq!(got, ["  b", "  c", "- d", "+ X", "+ Y", "  e", "  f"]);
        assert_eq!(lines("", "x\n", Theme::default()), ["+ x"]);
        assert!(lines("x", "x\n", Theme::default()).is_empty());
        let far: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let got = lines(&far.join("\n"), &format!("x\n{}\ny", far.join("\n")), Theme::default());
        assert_eq!(got, ["+ x", "  0", "  1", "  …", "  18", "  19", "+ y"]);
    }
}
