//! Reads an `.rlib` as rustc writes it on ELF targets: a GNU archive with a symbol index and a member `lib.rmeta`.
//!
//! It must never guess: an archive of any other make (thin, BSD, COFF, 64-bit index, no or several `lib.rmeta`) is an
//! error, and whoever asked then does without. Nothing is written here.

use std::{collections::BTreeSet, ops::Range};

use object::{
    Object, ObjectSection,
    read::archive::{ArchiveFile, ArchiveKind},
};

/// The member that holds the metadata, wrapped in an object file so that linkers skip it.
pub const METADATA_MEMBER: &str = "lib.rmeta";
/// A list of rustc's own objects in the archive, for linking; rustc 1.97 is the first to write it.
pub const OBJECT_LIST_MEMBER: &str = "lib.rmeta-link";
/// The section of that object which holds it.
const METADATA_SECTION: &str = ".rmeta";
/// How the names of rustc's own members end; other members come from native libraries.
const OWN_ENDINGS: [&str; 2] = [".rcgu.o", ".rcgu.dwo"];

/// Why bytes cannot be used as an `.rlib`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RlibError {
    #[error("not a readable archive: {0}")]
    Unreadable(String),
    #[error("a thin archive, whose members are elsewhere")]
    Thin,
    #[error("an archive with another kind of symbol index ({0})")]
    Index(String),
    #[error("{0} members named `lib.rmeta` where one is expected")]
    Metadata(usize),
    #[error("the member `lib.rmeta` is not an ELF object with one section `.rmeta`")]
    Wrapping,
}

impl From<object::Error> for RlibError {
    fn from(error: object::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// One member of the archive, without those that hold the index and the long names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'data> {
    pub name: String,
    pub data: &'data [u8],
    /// Where `data` stands in the archive.
    pub range: Range<usize>,
}

/// An `.rlib` in memory.
#[derive(Debug)]
pub struct Rlib<'data> {
    members: Vec<Member<'data>>,
    symbols: BTreeSet<String>,
    metadata_at: usize,
}

impl<'data> Rlib<'data> {
    /// Reads the archive's tables; no member is looked into.
    ///
    /// # Errors
    /// If it is not an archive as rustc writes it.
    pub fn parse(bytes: &'data [u8]) -> Result<Self, RlibError> {
        let archive = ArchiveFile::parse(bytes)?;
        if archive.is_thin() {
            return Err(RlibError::Thin);
        }
        let index = match archive.kind() {
            ArchiveKind::Gnu => archive.symbols()?,
            other => return Err(RlibError::Index(format!("{other:?}"))),
        };
        let index = index.ok_or_else(|| RlibError::Index("none".into()))?;
        let mut symbols = BTreeSet::new();
        for symbol in index {
            symbols.insert(utf8(symbol?.name())?);
        }
        let mut members = Vec::new();
        for member in archive.members() {
            let member = member?;
            let (start, size) = member.file_range();
            let start = usize::try_from(start).map_err(|_| truncated())?;
            let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size)).ok_or_else(truncated)?;
            let data = bytes.get(start..end).ok_or_else(truncated)?;
            members.push(Member { name: utf8(member.name())?, data, range: start..end });
        }
        let metadata: Vec<usize> = (0..members.len()).filter(|n| members[*n].name == METADATA_MEMBER).collect();
        let [metadata_at] = *metadata else { return Err(RlibError::Metadata(metadata.len())) };
        Ok(Self { members, symbols, metadata_at })
    }

    /// In the archive's order.
    pub fn members(&self) -> &[Member<'data>] {
        &self.members
    }

    /// Names of members that are not rustc's own: objects of bundled native libraries, or such libraries whole.
    pub fn native_members(&self) -> impl Iterator<Item = &str> {
        let names = self.members.iter().map(|m| m.name.as_str());
        let is_own = |name: &str| {
            [METADATA_MEMBER, OBJECT_LIST_MEMBER].contains(&name) || OWN_ENDINGS.iter().any(|end| name.ends_with(end))
        };
        names.filter(move |name| !is_own(name))
    }

    /// Every global symbol that the archive's index says some member defines.
    pub fn symbols(&self) -> &BTreeSet<String> {
        &self.symbols
    }

    /// The member `lib.rmeta` as it stands in the archive: an object file around the metadata.
    pub fn metadata_member(&self) -> &Member<'data> {
        &self.members[self.metadata_at]
    }

    /// The metadata itself, the same bytes as in the `.rmeta` file that rustc writes beside the `.rlib`.
    ///
    /// # Errors
    /// If the member is wrapped in any other way than in a section of an ELF object.
    pub fn metadata(&self) -> Result<&'data [u8], RlibError> {
        let object = object::File::parse(self.metadata_member().data).map_err(|_| RlibError::Wrapping)?;
        let mut sections = object.sections().filter(|s| s.name() == Ok(METADATA_SECTION));
        match (sections.next(), sections.next()) {
            (Some(section), None) => section.data().map_err(|_| RlibError::Wrapping),
            _ => Err(RlibError::Wrapping),
        }
    }
}

fn utf8(name: &[u8]) -> Result<String, RlibError> {
    String::from_utf8(name.to_vec()).map_err(|_| RlibError::Unreadable("a name that is not UTF-8".into()))
}

fn truncated() -> RlibError {
    RlibError::Unreadable("a member reaches beyond the end".into())
}
