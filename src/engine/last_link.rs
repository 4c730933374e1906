//! The last link of a program, and the ways in which it can be done: by whoever links without us, and by every linker that we
//! could take instead. Whoever asks does them and measures.
//!
//! It must never link anything. A program of which no recorded link fits what lies on disk now is a [`NoLink`]: links of
//! other sources would be measured, or none at all.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{Engine, Piece, Prepared, Relink, truth};
use crate::{
    config::Linker,
    fingerprint::InputSet,
    rustc::{
        WhyNot,
        fast_linker::{self, Installed},
    },
};

/// A link and the ways to do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastLink {
    /// As it would be done by the wrapper, but for who links.
    pub link: Relink,
    /// The directory in which rustc links.
    pub cwd: OsString,
    /// The first is that without us.
    pub ways: Vec<Way>,
    /// A directory to be made and removed, beside nothing of the project's.
    pub scratch: OsString,
}

/// One way to do a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The value of `[performance] linker` that leads to it.
    pub setting: String,
    /// What it adds to the linker's arguments.
    pub select: Vec<OsString>,
    /// `auto` leads to it as well.
    pub is_auto: bool,
    /// It has failed in a build, and is not used for this program whatever is set.
    pub is_refused: bool,
}

/// Why there is no link to be done again.
#[derive(Debug, thiserror::Error)]
pub enum NoLink {
    #[error("it is not known how it was compiled")]
    Unknown,
    #[error("cargo was told which linker to use, and `[performance] linker` does not change that")]
    Chosen,
    #[error("it is not linked in a way that can be recorded")]
    Unsuitable,
    #[error("no link of what lies on disk now is on record")]
    NotRecorded,
    #[error("{}", .0.sentence())]
    WhyNot(WhyNot),
}

impl From<WhyNot> for NoLink {
    fn from(why: WhyNot) -> Self {
        Self::WhyNot(why)
    }
}

impl Engine {
    /// The last link of the program whose unit has this [`Prepared::stem`].
    ///
    /// # Errors
    /// [`NoLink`]
    pub fn last_link(&self, stem: &Path) -> Result<LastLink, NoLink> {
        let command = self.store.command(stem).ok_or(NoLink::Unknown)?;
        let prepared = self.prepare(truth::query(&command))?;
        if fast_linker::is_chosen(&prepared.inv) {
            return Err(NoLink::Chosen);
        }
        if !prepared.can_link_again() || !fast_linker::may_choose(&prepared.inv, &prepared.toolchain) {
            return Err(NoLink::Unsuitable);
        }
        let record = self.store.invocation(&prepared.key.key).unwrap_or_default();
        let sets: Vec<InputSet> = record.input_sets.iter().filter_map(|key| self.store.input_set(key)).collect();
        let mut link = self.recorded(&prepared, &sets)?.ok_or(NoLink::NotRecorded)?;
        let own = fast_linker::own_choice(&prepared.toolchain);
        let selects = |text: &OsStr| own.iter().any(|w| w == text) || prepared.additions.search.as_deref() == Some(text);
        link.words.retain(|word| !matches!(word, Piece::Text(text) if selects(text)));
        let ways = self.ways(&prepared, own);
        let cwd = prepared.places.cwd.clone().into_os_string();
        Ok(LastLink { link, cwd, ways, scratch: self.store.temp_path("links").into_os_string() })
    }

    fn ways(&self, prepared: &Prepared, own: Vec<OsString>) -> Vec<Way> {
        let pick = |wanted| fast_linker::pick(wanted, &prepared.inv, &prepared.toolchain, &prepared.env, &prepared.places.cwd);
        let auto = pick(Linker::Auto);
        let system = Way { setting: Linker::System.name().to_owned(), select: own, is_auto: auto.is_none(), is_refused: false };
        let way = |installed: Installed| {
            Some(Way {
                setting: installed.brand.name().to_owned(),
                select: vec![fast_linker::search(&self.linker_dir(&installed)?)],
                is_auto: auto.as_ref() == Some(&installed),
                is_refused: self.has_linker_failed(prepared, &installed),
            })
        };
        let ours = [Linker::Wild, Linker::Lld, Linker::Mold].into_iter().filter_map(pick).filter_map(way);
        std::iter::once(system).chain(ours).collect()
    }
}
