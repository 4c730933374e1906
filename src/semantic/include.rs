//! Which files a text names: in string literals anywhere, and in the arguments of the including macros.
//!
//! A source file that somebody also reads as text must count byte by byte. It is told by the last part of its name, since
//! the part before may come from a variable; a name that is put together otherwise could be any file.

use super::{
    lex::{Kind, Lexed},
    names,
};

/// What one text includes or may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Last parts of file names in any string but that of `#[path]`.
    pub files: Vec<String>,
    /// Those of them that `include!` names.
    pub code: Vec<String>,
    /// Whether an including macro has an argument that does not say which file.
    pub computed: bool,
}

impl Named {
    /// A string literal that stands anywhere.
    pub fn literal(&mut self, value: &str) {
        let name = names::last_component(value);
        if names::may_be_file(name) {
            self.files.push(name.to_owned());
        }
    }

    /// A call of an including macro with its input in `from..to`.
    pub fn include(&mut self, lexed: &Lexed<'_>, name: &str, from: usize, to: usize) {
        let Some(path) = argument(lexed, from, to) else {
            self.computed = true;
            return;
        };
        let file = names::last_component(&path);
        if file.is_empty() {
            self.computed = true;
        } else {
            self.files.push(file.to_owned());
            if name == "include" {
                self.code.push(file.to_owned());
            }
        }
    }

    pub fn finish(&mut self) {
        for list in [&mut self.files, &mut self.code] {
            list.sort_unstable();
            list.dedup();
        }
    }
}

/// The end of the path that the argument in `from..to` stands for: `"a"`, or `concat!(env!("X"), "/a", "b")`. What a
/// variable holds is not known, so a `/` must stand between it and the end.
fn argument(lexed: &Lexed<'_>, from: usize, to: usize) -> Option<String> {
    let parts = lexed.split(from, to);
    let [(from, to)] = parts[..] else { return None };
    if let Some(path) = literal(lexed, from, to) {
        return Some(path);
    }
    let inside = call(lexed, from, to, "concat")?;
    let mut path = String::new();
    let mut after_variable = false;
    for (from, to) in lexed.split(inside.0, inside.1) {
        match literal(lexed, from, to) {
            Some(text) => path.push_str(&text),
            None => {
                let (from, to) = call(lexed, from, to, "env")?;
                literal(lexed, from, to)?;
                path.clear();
                after_variable = true;
            }
        }
    }
    (!after_variable || path.contains('/')).then_some(path)
}

fn literal(lexed: &Lexed<'_>, from: usize, to: usize) -> Option<String> {
    let is_one = to == from + 1 && lexed.tokens[from].kind == Kind::Literal;
    is_one.then(|| names::string(lexed.text_of(from))).flatten()
}

/// Input of `name!(…)`, if that is all there is in `from..to`.
fn call(lexed: &Lexed<'_>, from: usize, to: usize, name: &str) -> Option<(usize, usize)> {
    // `std::concat!(…)` is rare enough to count as computed.
    let is_call = lexed.ident(from) == Some(name) && lexed.is_punct(from + 1, '!');
    let mate = lexed.mate(from + 2).filter(|mate| is_call && mate + 1 == to)?;
    Some((from + 3, mate))
}
