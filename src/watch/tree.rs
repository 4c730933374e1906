//! Watching a project's directories: events of the file system become paths that make a difference.
//!
//! Each directory is watched by itself, because those that are left out (a target directory has more entries than all sources)
//! must cost nothing. What cannot be watched is told once and left alone. A thread waits for events; without any it does not run.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use notify::{
    ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind, RemoveKind},
};

use super::{
    rules::{self, Rules},
    scope::{Asking, Scope},
};

/// Below one project; above this something else was meant.
const MOST_DIRS: usize = 50_000;

/// What the thread tells.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// These files are not what they were; whether there was none of that name before.
    Changed(Vec<(PathBuf, bool)>),
    /// So many directories are watched; why others are not.
    Watching { dirs: usize, trouble: Option<String> },
}

/// The state of the thread.
struct Tree {
    watcher: RecommendedWatcher,
    rules: Rules,
    scope: Scope,
    watched: HashSet<PathBuf>,
    trouble: Option<String>,
}

/// Begins to watch the workspace's directory before it returns, everything else soon after; `tell` is called by a thread.
///
/// # Errors
/// If the system has no way to tell of changes.
pub fn start(asking: Asking, mut tell: impl FnMut(Told) -> bool + Send + 'static) -> notify::Result<()> {
    let (events, received) = channel();
    let watcher = watcher(events)?;
    let (rules, watched) = (Rules::default(), HashSet::new());
    let mut tree = Tree { watcher, rules, scope: Scope::default(), watched, trouble: None };
    tree.take(asking.at_once());
    thread::Builder::new()
        .name("tree".into())
        .spawn(move || tree.run(&received, &asking, &mut tell))
        .map_err(notify::Error::io)?;
    Ok(())
}

fn watcher(events: Sender<notify::Result<Event>>) -> notify::Result<RecommendedWatcher> {
    notify::recommended_watcher(move |event: notify::Result<Event>| {
        // Compilers open every source, which changes nothing.
        if event.as_ref().is_ok_and(|e| !e.need_rescan() && !matters(e.kind)) {
            return;
        }
        // The other end is gone when the program ends.
        drop(events.send(event));
    })
}

fn matters(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        // Times and permissions; whoever touches a file opens it as well.
        EventKind::Modify(ModifyKind::Metadata(_)) => false,
        _ => true,
    }
}

impl Tree {
    fn run(mut self, events: &Receiver<notify::Result<Event>>, asking: &Asking, tell: &mut dyn FnMut(Told) -> bool) {
        self.take(asking.ask());
        if !tell(self.told()) {
            return;
        }
        while let Ok(event) = events.recv() {
            let (before, mut changed, mut again) = (self.watched.len(), Vec::new(), false);
            // What has come meanwhile belongs to it.
            for event in std::iter::once(event).chain(events.try_iter()) {
                match event {
                    Ok(event) if event.need_rescan() => {
                        changed.push((asking.root.clone(), false));
                        again = true;
                    }
                    Ok(event) => {
                        let mut paths = Vec::new();
                        event.paths.iter().for_each(|path| self.happened(path, event.kind, &mut paths));
                        let is_new = matches!(event.kind, EventKind::Create(_));
                        changed.extend(paths.into_iter().map(|path| (path, is_new)));
                    }
                    Err(error) => self.failed(&error),
                }
            }
            if changed.is_empty() && before == self.watched.len() {
                continue;
            }
            let asks = again || changed.iter().any(|(path, _)| rules::is_cargos(path));
            if !changed.is_empty() && !tell(Told::Changed(changed)) {
                return;
            }
            if asks {
                self.take(asking.ask());
            }
            if before != self.watched.len() && !tell(self.told()) {
                return;
            }
        }
    }

    fn told(&self) -> Told {
        Told::Watching { dirs: self.watched.len(), trouble: self.trouble.clone() }
    }

    /// Watches everything that belongs to it and is not watched yet.
    fn take(&mut self, scope: Scope) {
        self.scope = scope;
        self.scope.targets.iter().for_each(|dir| self.rules.add_target(dir.clone()));
        for dir in self.scope.configs.clone() {
            self.watch(&dir);
        }
        for root in self.scope.roots.clone() {
            self.rules.enter_parents(&root);
            self.descend(&root, &mut Vec::new());
        }
    }

    /// Watches a directory and what is in it; `files` are those that make a difference.
    fn descend(&mut self, dir: &Path, files: &mut Vec<PathBuf>) {
        let mut open = vec![dir.to_owned()];
        while let Some(dir) = open.pop() {
            // First, so that nothing is made unseen between looking and watching.
            if !self.watch(&dir) {
                continue;
            }
            self.rules.enter(&dir);
            for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
                let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
                if kind.is_dir() && !self.rules.leaves_out_dir(&path) {
                    open.push(path);
                } else if kind.is_file() && !self.rules.leaves_out_file(&path) {
                    files.push(path);
                }
            }
        }
    }

    fn watch(&mut self, dir: &Path) -> bool {
        if self.watched.len() >= MOST_DIRS {
            self.trouble = Some(format!("there are more than {MOST_DIRS} directories; not all of them are watched"));
            return false;
        }
        if self.watched.contains(dir) {
            return true;
        }
        match self.watcher.watch(dir, RecursiveMode::NonRecursive) {
            Ok(()) => self.watched.insert(dir.to_owned()),
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    fn failed(&mut self, error: &notify::Error) {
        self.trouble = match &error.kind {
            // It was there a moment ago.
            ErrorKind::PathNotFound | ErrorKind::WatchNotFound => return,
            ErrorKind::Io(e) if e.kind() == std::io::ErrorKind::NotFound => return,
            ErrorKind::MaxFilesWatch => Some(
                "the system watches no more directories for this user (`fs.inotify.max_user_watches`); not all changes are seen"
                    .into(),
            ),
            _ => Some(error.to_string()),
        };
    }

    fn forget(&mut self, dir: &Path) {
        let (gone, kept) = std::mem::take(&mut self.watched).into_iter().partition(|known| known.starts_with(dir));
        self.watched = kept;
        let gone: HashSet<PathBuf> = gone;
        // Of one that was removed the system knows nothing any more; one that was moved would go on telling.
        gone.iter().for_each(|dir| drop(self.watcher.unwatch(dir)));
    }

    /// Something happened to a path in a directory that is watched.
    fn happened(&mut self, path: &Path, kind: EventKind, changed: &mut Vec<PathBuf>) {
        let dir = path.parent().unwrap_or(path);
        let is_below = self.scope.roots.iter().any(|root| path.starts_with(root));
        let is_config = || self.scope.configs.contains(dir) && rules::is_cargos(path);
        if !is_below && !is_config() {
            return;
        }
        if self.watched.contains(path) && (kind.is_remove() || !path.is_dir()) {
            // A directory that is gone, even if there is another one. What was in it has told of itself, unless it has moved as a whole.
            self.forget(path);
            if !path.is_dir() {
                changed.extend((!kind.is_remove()).then(|| path.to_owned()));
                return;
            }
        }
        if path.is_dir() {
            let is_link = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
            if !is_link && !self.watched.contains(path) && !self.rules.leaves_out_dir(path) {
                // What was in it from the beginning has no events of its own.
                self.descend(path, changed);
            }
            return;
        }
        // One that came and went.
        if kind == EventKind::Remove(RemoveKind::Folder) {
            return;
        }
        if path.file_name().is_some_and(|n| n == ".gitignore") {
            self.rules.enter(dir);
            let dir = dir.to_owned();
            self.descend(&dir, &mut Vec::new());
        }
        if !self.rules.leaves_out_file(path) {
            changed.push(path.to_owned());
        }
    }
}
