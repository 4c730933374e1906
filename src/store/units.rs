//! Units of target directories: which there are of a package, which a build has needed, what a toolchain was.
//!
//! The units themselves stand among the actions and go with them. Lists that name what is gone are cut down by whoever
//! reads them. It must never decide which units fit together.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Table, lock, uses::Use};
use crate::{
    artifact::{StoredMember, StoredUnit, record::Action},
    base::digest::{Digest, KeyHasher},
    cargo::package::PackageId,
};

/// Units kept in the list of one package: a package has several targets, profiles, and features.
const MOST: usize = 64;

/// What a build with one lock file has needed, dependencies first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitList {
    pub units: Vec<Digest>,
    /// Nothing is missing that a later build might have.
    pub complete: bool,
}

/// What is known of the compiler that a toolchain's name stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolchainNote {
    /// Cargo's hash of what the compiler says about itself.
    pub rustc: u64,
    /// `.rustc_info.json`: what cargo has asked the compiler. Cargo checks itself whether it still holds.
    #[serde(with = "serde_bytes")]
    pub info: Vec<u8>,
}

impl Store {
    /// A unit.
    pub fn unit_by_id(&self, id: &Digest) -> Option<StoredUnit> {
        match self.action(id) {
            Some(Action::Unit(unit)) => Some(*unit),
            Some(Action::Member(member)) => Some(member.unit),
            _ => None,
        }
    }

    /// Whether a unit is there.
    pub fn has_unit(&self, id: &Digest) -> bool {
        // An entry and the note of its last use come and go together.
        self.index.get::<Use>(Table::Uses, &id.0).is_some()
    }

    /// A unit of somebody's own, with what it was made from.
    pub fn member(&self, id: &Digest) -> Option<StoredMember> {
        match self.action(id) {
            Some(Action::Member(member)) => Some(*member),
            _ => None,
        }
    }

    /// Stores a unit of somebody's own, whose blobs are in the store.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_member(&self, member: StoredMember) -> Result<Digest, StoreError> {
        let id = member.id();
        self.put_action_if_absent(&id, &Action::Member(Box::new(member)))?;
        Ok(id)
    }

    /// Stores a unit whose blobs are in the store.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_unit(&self, scope: &Digest, unit: StoredUnit) -> Result<Digest, StoreError> {
        let (id, package) = (unit.id(scope), package_key(scope, &unit.package));
        self.put_action_if_absent(&id, &Action::Unit(Box::new(unit)))?;
        let _publishing = lock(&self.publishing);
        let mut ids: Vec<Digest> = self.index.get(Table::Packages, &package).unwrap_or_default();
        if !ids.contains(&id) {
            ids.insert(0, id);
            ids.truncate(MOST);
            self.index.put(Table::Packages, &package, &ids)?;
        }
        Ok(id)
    }

    /// The units of a package, the newest first. Some may be gone.
    pub fn units_of(&self, scope: &Digest, package: &PackageId) -> Vec<Digest> {
        self.index.get(Table::Packages, &package_key(scope, package)).unwrap_or_default()
    }

    /// What a build has needed.
    pub fn unit_list(&self, key: &Digest) -> Option<UnitList> {
        self.index.get(Table::Lists, &key.0)
    }

    /// Notes what a build has needed.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_unit_list(&self, key: &Digest, list: &UnitList) -> Result<(), StoreError> {
        self.index.put(Table::Lists, &key.0, list)
    }

    /// What is known of a toolchain.
    pub fn toolchain_note(&self, key: &Digest) -> Option<ToolchainNote> {
        self.index.get(Table::Lists, &key.0)
    }

    /// Notes what a toolchain was.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_toolchain_note(&self, key: &Digest, note: &ToolchainNote) -> Result<(), StoreError> {
        self.index.put(Table::Lists, &key.0, note)
    }

    /// Whether what stands under this name was taken in.
    pub fn is_taken(&self, key: &Digest) -> bool {
        self.index.get::<()>(Table::Lists, &key.0).is_some()
    }

    /// Notes that it was.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn note_taken(&self, key: &Digest) -> Result<(), StoreError> {
        self.index.put(Table::Lists, &key.0, &())
    }

    /// Notes that units were used.
    pub fn touch_units<'a>(&self, ids: impl Iterator<Item = &'a Digest>) {
        self.touch_all(&ids.collect::<Vec<_>>());
    }
}

fn package_key(scope: &Digest, package: &PackageId) -> [u8; 32] {
    KeyHasher::new("package").field("scope", &scope.0).field("package", package.to_string().as_bytes()).finish().0
}
