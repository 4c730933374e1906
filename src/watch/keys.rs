//! The keys of the screen: one table, from which handling, hints, help and the README's section are made.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::job::Job;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Switch(Job),
    Again,
    Summary,
    Wrap,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Help,
    Back,
    Quit,
}

/// One row.
pub struct Binding {
    keys: &'static [KeyCode],
    /// The keys' names.
    pub shown: &'static str,
    pub action: Action,
    /// For the last line of the screen; empty if it is not shown there.
    pub hint: &'static str,
    pub help: &'static str,
}

use KeyCode::Char;

const fn row(keys: &'static [KeyCode], shown: &'static str, action: Action, hint: &'static str, help: &'static str) -> Binding {
    Binding { keys, shown, action, hint, help }
}

/// All of them. Ctrl-C is `q` as well.
pub const TABLE: [Binding; 17] = [
    row(&[Char('q')], "q", Action::Quit, "quit", "quit"),
    row(&[Char('?'), Char('h')], "?", Action::Help, "help", "show or hide this help"),
    row(&[Char('c')], "c", Action::Switch(Job::Check), "check", "watch with `cargo check`"),
    row(&[Char('b')], "b", Action::Switch(Job::Build), "build", "watch with `cargo build`"),
    row(&[Char('t')], "t", Action::Switch(Job::Test), "test", "watch with `cargo test`"),
    row(&[Char('l')], "l", Action::Switch(Job::Clippy), "clippy", "watch with `cargo clippy`"),
    row(&[Char('r')], "r", Action::Switch(Job::Run), "run", "watch with `cargo run`"),
    row(&[Char(' '), KeyCode::Enter], "space", Action::Again, "again", "run the command again now"),
    row(&[Char('s')], "s", Action::Summary, "summary", "one line for each message, or all of it"),
    row(&[Char('w')], "w", Action::Wrap, "wrap", "wrap long lines, or cut them"),
    row(&[KeyCode::Up, Char('k')], "↑ k", Action::Up, "", "scroll up a line"),
    row(&[KeyCode::Down, Char('j')], "↓ j", Action::Down, "", "scroll down a line"),
    row(&[KeyCode::PageUp], "PgUp", Action::PageUp, "", "scroll up a page"),
    row(&[KeyCode::PageDown], "PgDn", Action::PageDown, "", "scroll down a page"),
    row(&[KeyCode::Home, Char('g')], "Home g", Action::Top, "", "scroll to the beginning"),
    row(&[KeyCode::End, Char('G')], "End G", Action::Bottom, "", "scroll to the end"),
    row(&[KeyCode::Esc], "Esc", Action::Back, "", "leave this help"),
];

/// What a key does, if anything.
pub fn action(key: &KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == Char('c')).then_some(Action::Quit);
    }
    TABLE.iter().find(|row| row.keys.contains(&key.code)).map(|row| row.action)
}

/// The section of the README.
pub fn markdown() -> String {
    let names = |row: &Binding| row.shown.split(' ').map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ");
    let rows = TABLE.iter().map(|row| format!("| {} | {} |\n", names(row), row.help)).collect::<String>();
    format!("| key | what it does |\n| --- | --- |\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings() {
        let mut keys: Vec<String> = TABLE.iter().flat_map(|row| row.keys).map(|key| format!("{key:?}")).collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all);
        for job in Job::ALL {
            assert!(TABLE.iter().any(|row| row.action == Action::Switch(job)), "{job:?}");
        }
    }

    #[test]
    fn modifiers_and_releases() {
        let key = |code, modifiers| action(&KeyEvent::new(code, modifiers));
        assert_eq!(key(Char('c'), KeyModifiers::NONE), Some(Action::Switch(Job::Check)));
        assert_eq!(key(Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!((key(Char('q'), KeyModifiers::CONTROL), key(Char('z'), KeyModifiers::NONE)), (None, None));
        assert_eq!(key(Char('G'), KeyModifiers::SHIFT), Some(Action::Bottom));
        let released = KeyEvent::new_with_kind(Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(action(&released), None);
    }

    #[test]
    fn the_readme_has_this_table() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("readable");
        assert!(readme.contains(&markdown()), "put this into the README:\n{}", markdown());
    }
}
