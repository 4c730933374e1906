//! The client (stub).

use std::path::Path;

use super::protocol::{Reply, Request};

pub struct Client;

#[derive(Debug, thiserror::Error)]
pub enum IpcError {
    #[error("the daemon is not built yet")]
    Stub,
}

impl Client {
    /// # Errors
    /// Always.
    pub fn connect(_store_root: &Path) -> Result<Client, IpcError> {
        Err(IpcError::Stub)
    }

    /// # Errors
    /// Always.
    pub fn connect_or_start(_store_root: &Path, _exe: &Path) -> Result<Client, IpcError> {
        Err(IpcError::Stub)
    }

    /// # Errors
    /// Always.
    pub fn ask(&mut self, _request: &Request) -> Result<Reply, IpcError> {
        Err(IpcError::Stub)
    }
}
