//! The edit of a TOML file as text, one line at one place: what was there stays byte for byte, and the edit can be taken back
//! exactly. Cargo's configuration is edited so, and Helix's.
//!
//! TOML is parsed to understand, never printed. Every edit is checked before it is used: the result must say what we
//! mean, and taking it back must give the text we started from; otherwise nothing is written.

use toml_edit::{Document, Item, TableLike};

use super::InitError;

/// Ends our line; the word behind it says what else the edit has made.
const MARK: &str = "# added by rustc-hyperopt init, with this ";
/// Stands in front of a line that `--force` has put out of use.
const ASIDE: &str = "# set aside by rustc-hyperopt init: ";

/// Where the line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The table's name, with dots.
    pub table: &'static str,
    pub key: &'static str,
}

/// In cargo's configuration.
pub const CARGO: Place = Place { table: "build", key: "rustc-wrapper" };

/// What an edit may have to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// A line in a table that was there.
    Line,
    Table,
    File,
    /// The file and its directory.
    Directory,
}

impl Made {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Line, "line"), (Self::Table, "table"), (Self::File, "file"), (Self::Directory, "directory")];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(m, _)| *m == self).map_or("line", |(_, w)| w)
    }
}

/// The wrapper that cargo's configuration names.
///
/// # Errors
/// If it is not TOML.
pub fn wrapper(text: &str) -> Result<Option<String>, InitError> {
    let doc = parse(text)?;
    Ok(find(doc.as_item(), CARGO.table).and_then(|t| t.get(CARGO.key)).and_then(Item::as_str).map(str::to_owned))
}

/// The item at a dotted name.
pub fn find<'a>(root: &'a Item, name: &str) -> Option<&'a Item> {
    name.split('.').try_fold(root, |item, part| item.as_table_like()?.get(part))
}

/// Whether `text` holds an edit of ours.
pub fn is_edited(text: &str) -> bool {
    text.contains(MARK)
}

/// `text` with the wrapper set to `exe`, another one set aside. `made` is what had to be created to have a text at all, if anything.
///
/// # Errors
/// If the text is not TOML, or cannot be edited so that the edit can be taken back.
pub fn add(text: &str, exe: &str, made: Option<Made>) -> Result<String, InitError> {
    let new = insert(&set_aside(text)?, CARGO, &toml_edit::Value::from(exe).to_string(), made)?;
    let means_it = wrapper(&new).map_err(|_| InitError::Awkward)?.as_deref() == Some(exe);
    if means_it && remove(&new, CARGO).is_some_and(|(old, _)| old == text) { Ok(new) } else { Err(InitError::Awkward) }
}

/// `text` with a line at `place`, where there must be none. The caller looks whether it means what it should.
///
/// # Errors
/// If the text is not TOML, or the place cannot be reached by a line of its own.
pub fn insert(text: &str, place: Place, value: &str, made: Option<Made>) -> Result<String, InitError> {
    let doc = parse(text)?;
    let Place { table: name, key } = place;
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let assign = |key: &str, made: Made| format!("{key} = {value} {MARK}{}", made.word());
    Ok(match find(doc.as_item(), name) {
        Some(Item::Table(table)) if table.is_dotted() => {
            format!("{}{eol}{text}", assign(&format!("{name}.{key}"), Made::Line))
        }
        Some(Item::Table(table)) if !table.is_implicit() => {
            let start = table.span().ok_or(InitError::Awkward)?.start;
            let line = assign(key, Made::Line);
            match text[start..].find('\n') {
                Some(n) => format!("{}{line}{eol}{}", &text[..=start + n], &text[start + n + 1..]),
                None => format!("{text}{eol}{line}"),
            }
        }
        None | Some(Item::None | Item::Table(_)) => {
            let block = format!("[{name}]{eol}{}", assign(key, made.unwrap_or(Made::Table)));
            match (text.is_empty(), text.ends_with('\n')) {
                (true, _) => format!("{block}{eol}"),
                (false, true) => format!("{text}{eol}{block}{eol}"),
                (false, false) => format!("{text}{eol}{eol}{block}"),
            }
        }
        Some(_) => return Err(InitError::Inline(name)),
    })
}

/// `text` without our edit, and what the edit had made. Nothing if there is no edit of ours.
pub fn remove(text: &str, place: Place) -> Option<(String, Made)> {
    let header = format!("[{}]", place.table);
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let ours = lines.iter().position(|l| l.contains(MARK))?;
    let word = lines[ours].split(MARK).nth(1).map(str::trim_end).unwrap_or_default();
    let made = Made::ALL.iter().find(|(_, w)| *w == word).map_or(Made::Line, |(m, _)| *m);
    let blank = |l: &str| l.trim().is_empty();
    let mut first = ours;
    // The table goes too if it is ours and nobody has put anything else into it.
    let next = lines[ours + 1..].iter().map(|l| l.trim_start()).find(|l| !blank(l) && !l.starts_with('#'));
    if made != Made::Line && ours > 0 && lines[ours - 1].trim_end() == header && next.is_none_or(|l| l.starts_with('[')) {
        first = ours - 1;
        if made == Made::Table && first > 0 && blank(lines[first - 1]) {
            first -= 1;
        }
    }
    let ends_open = !lines[ours].ends_with('\n');
    lines.drain(first..=ours);
    if ends_open && first > 0 {
        let last = lines[first - 1];
        lines[first - 1] = last.strip_suffix("\r\n").or(last.strip_suffix('\n')).unwrap_or(last);
    }
    Some((lines.iter().map(|l| l.strip_prefix(ASIDE).unwrap_or(l)).collect(), made))
}

/// Comments the line out that sets a wrapper, if there is one.
fn set_aside(text: &str) -> Result<String, InitError> {
    let doc = parse(text)?;
    let Some(item) = doc.get("build") else { return Ok(text.to_owned()) };
    if !matches!(item, Item::Table(_)) {
        return Err(InitError::Inline(CARGO.table));
    }
    let Some(span) = item.as_table_like().and_then(|t: &dyn TableLike| t.get(CARGO.key)).and_then(Item::span) else {
        return Ok(text.to_owned());
    };
    if text[span.clone()].contains('\n') {
        return Err(InitError::Awkward);
    }
    let line = text[..span.start].rfind('\n').map_or(0, |n| n + 1);
    Ok(format!("{}{ASIDE}{}", &text[..line], &text[line..]))
}

/// Reads it.
///
/// # Errors
/// If it is not TOML.
pub fn parse(text: &str) -> Result<Document<&str>, InitError> {
    Document::parse(text).map_err(|e| InitError::Syntax(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXE: &str = "/opt/a \"b\"/rustc-hyperopt";
    const TEXTS: [&str; 20] = [
        "",
        "\n",
        "# only a comment",
        "[net]\noffline = true",
        "[net]\noffline = true\n",
        "[net]\noffline = true\n\n\n",
        "[build]",
        "[build]\n",
        "[build]\njobs = 4\n",
        "[build] # mine\njobs=4",
        "# head\n\n[ build ]\n  jobs  =  4  # four\n\n[net]\nretry = 2\n",
        "[net]\r\nretry = 2\r\n",
        "[build]\r\njobs = 1\r\n",
        "[net]\r\nretry = 2",
        "build.jobs = 2\n",
        "x.y = 1\nbuild.jobs = 2\n\n[net]\nretry = 2\n",
        "[build.env]\nx = 1\n",
        "[profile.dev]\ndebug = 0\n[build]\ntarget-dir = \"/t\"\n[alias]\nb = \"build\"\n",
        "[alias]\nb = \"build\"\n# end",
        "[build]\n\n\n[net]\n",
    ];

    #[test]
    fn adding_says_what_we_mean_and_removing_gives_back_every_byte() {
        for text in TEXTS {
            let new = add(text, EXE, None).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert_eq!(wrapper(&new).expect("TOML").as_deref(), Some(EXE), "{text:?}");
            let (old, made) = remove(&new, CARGO).expect("edited");
            assert_eq!(old, text);
            assert!(matches!(made, Made::Line | Made::Table));
            assert!(!is_edited(text) && is_edited(&new));
            let kept =
                parse(text).expect("TOML").iter().filter(|(k, _)| *k != "build").map(|(k, _)| k.to_owned()).collect::<Vec<_>>();
            let now = parse(&new).expect("TOML");
            assert!(kept.iter().all(|k| now.get(k).is_some()), "{text:?}");
        }
    }

    #[test]
    fn another_wrapper_is_set_aside_and_comes_back() {
        for text in [
            "[build]\n  rustc-wrapper = \"sccache\" # fast\njobs = 1\n",
            "build.rustc-wrapper = 'sccache'\n",
            "[build]\nrustc-wrapper=\"x\"",
        ] {
            let new = add(text, EXE, None).expect("edited");
            assert_eq!(wrapper(&new).expect("TOML").as_deref(), Some(EXE));
            assert_eq!(remove(&new, CARGO).expect("edited").0, text);
        }
    }

    #[test]
    fn what_cannot_be_edited_is_left_alone() {
        assert!(matches!(add("build = { jobs = 1 }\n", EXE, None), Err(InitError::Inline(_))));
        assert!(matches!(add("[build", EXE, None), Err(InitError::Syntax(_))));
        assert!(matches!(add("build = 3\n", EXE, None), Err(InitError::Inline(_))));
    }

    #[test]
    fn edits_made_since_survive() {
        let new = add("[net]\nretry = 2\n", EXE, None).expect("edited");
        let (old, _) = remove(&format!("{new}jobs = 3\n"), CARGO).expect("edited");
        assert_eq!(old, "[net]\nretry = 2\n\n[build]\njobs = 3\n");
        let (old, made) =
            remove(&format!("{}\n[net]\nretry = 1\n", add("", EXE, Some(Made::File)).expect("edited")), CARGO).expect("edited");
        assert_eq!((old.as_str(), made), ("\n[net]\nretry = 1\n", Made::File));
        assert_eq!(remove("[build]\nrustc-wrapper = \"x\"\n", CARGO), None);
    }
}
