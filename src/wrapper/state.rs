//! Putting incremental state in place before a compile. Whatever fails, rustc begins without.

use std::{cell::Cell, io, path::Path};

use super::place;
use crate::{
    base::{digest::Digest, failpoint},
    engine::plan::State,
    rustc::sessions,
};

/// Puts it in place.
///
/// # Errors
/// The blob that is to blame, if it is one; nothing is there then.
pub fn put(state: &State) -> Result<(), Option<Digest>> {
    let blamed = Cell::new(None);
    let crate_dir = Path::new(&state.crate_dir);
    let fill = |dir: &Path| {
        state.files.iter().try_for_each(|file| {
            failpoint::reach("wrapper-between-state-files");
            place::one(file, &dir.join(file.name.as_str())).map_err(|failure| {
                blamed.set(failure.blob);
                io::Error::other(failure.detail)
            })
        })
    };
    let put = || {
        let session = sessions::Name::parse(state.session.as_str()).ok_or_else(|| io::Error::other("not a session"))?;
        if let Some(incremental) = crate_dir.parent() {
            std::fs::create_dir_all(incremental)?;
        }
        sessions::install(crate_dir, &session, fill)
    };
    put().map_err(|_| blamed.get())
}
