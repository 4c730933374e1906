//! What an error is owed to, as names that two errors share if one mend is likely to help both.
//!
//! It sees one error at a time and knows nothing of what becomes of the names. It must never be so general that errors share a name
//! only because they have the same code.

use std::path::Path;

use super::diagnostic::{Diagnostic, Report, Span};

/// Something that errors can have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cause {
    pub name: String,
    /// One mend helps all; else they are only of one kind.
    pub is_certain: bool,
}

/// Codes of names that lead nowhere.
pub const UNRESOLVED: [&str; 11] =
    ["E0405", "E0412", "E0422", "E0423", "E0425", "E0432", "E0433", "E0463", "E0531", "E0573", "E0574"];
/// Codes of types that cannot be worked out.
pub const UNKNOWN_TYPES: [&str; 3] = ["E0282", "E0283", "E0284"];
/// Codes in which the message names a type and what it lacks.
const MEMBERS: [&str; 13] =
    ["E0004", "E0023", "E0026", "E0027", "E0046", "E0063", "E0559", "E0560", "E0599", "E0609", "E0615", "E0616", "E0624"];
/// Types of the standard library: that they lack a trait is nobody's one mistake.
const COMMON: [&str; 12] =
    ["String", "Vec", "Option", "Result", "Rc", "Arc", "Box", "HashMap", "HashSet", "BTreeMap", "PathBuf", "Path"];

/// All that is known of an error's cause.
pub fn causes(report: &Report) -> Vec<Cause> {
    let error = &report.message;
    let certain = |name| Cause { name, is_certain: true };
    let mut all: Vec<Cause> = edits(report).map(certain).collect();
    all.extend(unresolved(report).map(certain));
    all.extend(lacks(report));
    all.extend(definitions(report).map(certain));
    all.extend(borrows(report).map(certain));
    if MEMBERS.contains(&error.code()) {
        let names: Vec<String> = error.message.split('`').skip(1).step_by(2).map(bare).collect();
        all.push(certain(format!("lacks {} {} {}", report.package(), error.code(), names.join(" "))));
    }
    if let (true, Some((want, have))) = (error.code() == "E0308", expected(error)) {
        all.push(Cause { name: format!("types {} {want} {have}", report.package()), is_certain: false });
    }
    if let Some(place) = error.primary() {
        all.push(certain(format!("place {} {}", at(&report.file(place), place), error.code())));
    }
    all
}

fn at(file: &Path, span: &Span) -> String {
    format!("{}:{}", file.display(), span.byte_start)
}

/// The type without references and paths: `&mut std::fmt::Debug` is `Debug`.
fn bare(name: &str) -> String {
    let name = name.trim_start_matches(['&', '*']).trim_start_matches("mut ").trim_start_matches("const ");
    let head = name.find(['<', '(', '[', ' ']).unwrap_or(name.len());
    let start = name[..head].rfind("::").map_or(0, |at| at + 2);
    name[start..].to_owned()
}

/// Two errors that the same edit would mend.
fn edits(report: &Report) -> impl Iterator<Item = String> {
    report.message.children.iter().filter_map(|note| {
        let parts: Vec<String> = note
            .spans
            .iter()
            .filter_map(|s| Some(format!("{} {}", at(&report.file(s), s), s.suggested_replacement.as_deref()?)))
            .collect();
        (!parts.is_empty()).then(|| format!("edit {}", parts.join("; ")))
    })
}

/// The name that leads nowhere; what is imported from a crate that is not there is the crate.
pub fn unresolved_name(error: &Diagnostic) -> Option<String> {
    let macro_or_attribute = error.code().is_empty() && error.message.starts_with("cannot find ");
    if !UNRESOLVED.contains(&error.code()) && !macro_or_attribute {
        return None;
    }
    let unlinked = error.spans.iter().filter_map(|s| s.label.as_deref()).find(|l| l.contains("unlinked crate"));
    let name = unlinked.unwrap_or(&error.message).split('`').nth(1)?;
    Some(name.rsplit("::").next().unwrap_or(name).to_owned())
}

fn unresolved(report: &Report) -> Option<String> {
    let error = &report.message;
    let name = unresolved_name(error)?;
    // Variables are looked for in their own file; items are known everywhere.
    let here = if error.message.starts_with("cannot find value") {
        error.primary().map(|s| report.file(s).display().to_string()).unwrap_or_default()
    } else {
        String::new()
    };
    Some(format!("name {} {name} {here}", report.package()))
}

/// A type that lacks a trait.
fn lacks(report: &Report) -> Vec<Cause> {
    let mut all = Vec::new();
    for note in &report.message.children {
        let names: Vec<&str> = note.message.split('`').skip(1).step_by(2).collect();
        let pair = match names.as_slice() {
            [of, derive] if note.message.starts_with("consider annotating ") => derive
                .strip_prefix("#[derive(")
                .and_then(|d| d.strip_suffix(")]"))
                .map(|derive| ((*of).to_owned(), derive.to_owned())),
            [name, of] if note.message.starts_with("the trait ") && note.message.contains(" is not implemented for ") => {
                Some((bare(of), bare(name)))
            }
            _ => None,
        };
        let Some((of, name)) = pair.filter(|(_, name)| name != "Sized") else { continue };
        let is_certain = of.starts_with(char::is_uppercase) && !COMMON.contains(&of.split('<').next().unwrap_or(&of));
        all.push(Cause { name: format!("trait {} {of} {name}", report.package()), is_certain });
    }
    all
}

/// What is used as it was not defined, where the compiler shows the definition.
fn definitions(report: &Report) -> impl Iterator<Item = String> {
    let error = &report.message;
    let detail = if error.code() == "E0308" { expected(error).map(|(w, h)| format!("{w} {h}")) } else { Some(String::new()) };
    let shows = |note: &&Diagnostic| note.message.contains(" defined here") || note.message.contains(" declared here");
    error.children.iter().filter(shows).filter_map(move |note| {
        let place = note.primary().or(note.spans.first())?;
        Some(format!("defined {} {} {}", at(&report.file(place), place), error.code(), detail.as_deref()?))
    })
}

/// Values that were moved or are borrowed: where that has happened.
fn borrows(report: &Report) -> impl Iterator<Item = String> {
    let error = &report.message;
    let wanted: &[&str] = match error.code() {
        "E0381" => &["binding declared here"],
        "E0382" => &["value moved"],
        "E0384" => &["first assignment"],
        "E0499" | "E0502" | "E0503" | "E0505" | "E0506" => &["borrow occurs here", "borrow of", "is borrowed here"],
        _ => &[],
    };
    let others = error.spans.iter().filter(|s| !s.is_primary);
    others.filter_map(move |span| {
        let label = span.label.as_deref()?;
        wanted.iter().find(|w| label.contains(*w))?;
        Some(format!("owned {} {}", error.code(), at(&report.file(span), span)))
    })
}

/// What was expected and what was found, as the label of a place says it.
fn expected(error: &Diagnostic) -> Option<(&str, &str)> {
    let label = error.primary()?.label.as_deref()?;
    label.strip_prefix("expected ")?.split_once(", found ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_without_what_surrounds_them() {
        for (name, expected) in [
            ("&mut Token", "Token"),
            ("std::fmt::Debug", "Debug"),
            ("a::B<c::D>", "B<c::D>"),
            ("[u8]", "[u8]"),
            ("*const X", "X"),
        ] {
            assert_eq!(bare(name), expected);
        }
    }

    #[test]
    fn a_crate_that_is_not_there_is_the_name() {
        let span = Span { label: Some("use of unresolved module or unlinked crate `serde`".into()), ..Span::default() };
        let code = crate::advise::diagnostic::Code { code: "E0432".into(), explanation: None };
        let mut error = Diagnostic {
            message: "unresolved import `serde::de`".into(),
            code: Some(code),
            spans: vec![span],
            ..Default::default()
        };
        assert_eq!(unresolved_name(&error).as_deref(), Some("serde"));
        error.spans.clear();
        assert_eq!(unresolved_name(&error).as_deref(), Some("de"));
        error.code = None;
        assert_eq!(unresolved_name(&error), None);
    }
}
