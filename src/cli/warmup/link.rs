//! The connection to the daemon for as long as a warm-up takes.
//!
//! While it stands, the daemon does not end for want of work, so that no build at the lowest priority has to start one. A
//! daemon that was ended or replaced meanwhile is followed once for each question.

use std::path::{Path, PathBuf};

use crate::{
    cli::{daemon::Daemon, error::CliError},
    ipc::{
        client::{Client, IpcError},
        protocol::{Reply, Request},
    },
};

/// The connection.
pub struct Link {
    pub client: Client,
    store: PathBuf,
    exe: PathBuf,
}

impl Link {
    /// Connects, starting a daemon if there is none.
    ///
    /// # Errors
    /// As [`Client::connect_or_start`].
    pub fn new(store: &Path, exe: &Path) -> Result<Self, IpcError> {
        Ok(Self { client: Client::connect_or_start(store, exe)?, store: store.into(), exe: exe.into() })
    }
}

impl Daemon for Link {
    fn ask(&mut self, request: &Request) -> Result<Reply, CliError> {
        match Daemon::ask(&mut self.client, request) {
            Err(CliError::Daemon(IpcError::Io { .. })) => {
                self.client = Client::connect_or_start(&self.store, &self.exe)?;
                Daemon::ask(&mut self.client, request)
            }
            result => result,
        }
    }
}
