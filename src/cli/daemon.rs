//! The commands' view of the daemon: one question, one answer. Tests answer in its place.

use super::{context::Context, error::CliError};
use crate::{
    config,
    ipc::{
        client::Client,
        protocol::{HealthReply, Reply, Request, StatsReply},
    },
};

/// Something that answers.
pub trait Daemon {
    /// Asks and waits.
    ///
    /// # Errors
    /// If there is no answer, or the answer is [`Reply::Failed`].
    fn ask(&mut self, request: &Request) -> Result<Reply, CliError>;

    /// Counters and recent events since the last reset.
    ///
    /// # Errors
    /// As [`Daemon::ask`].
    fn stats(&mut self) -> Result<StatsReply, CliError> {
        match self.ask(&Request::Stats { session: None })? {
            Reply::Stats(stats) => Ok(*stats),
            _ => Err(CliError::Misunderstood),
        }
    }

    /// How the daemon is.
    ///
    /// # Errors
    /// As [`Daemon::ask`].
    fn health(&mut self) -> Result<HealthReply, CliError> {
        match self.ask(&Request::Health)? {
            Reply::Health(health) => Ok(health),
            _ => Err(CliError::Misunderstood),
        }
    }
}

impl Daemon for Client {
    fn ask(&mut self, request: &Request) -> Result<Reply, CliError> {
        match Client::ask(self, request)? {
            Reply::Failed(text) => Err(CliError::Refused(text)),
            reply => Ok(reply),
        }
    }
}

/// The daemon of the configured store, started if need be.
///
/// # Errors
/// If the configuration cannot be read or the daemon cannot be started.
pub fn connect(ctx: &mut Context) -> Result<Client, CliError> {
    let loaded = config::load(&ctx.env, &ctx.cwd, &[])?;
    for warning in &loaded.warnings {
        ctx.printer.warning(warning);
    }
    Ok(Client::connect_or_start(&loaded.settings.cache.path, &ctx.exe)?)
}

#[cfg(test)]
pub mod scripted {
    //! A daemon that answers from a list.

    use super::*;

    /// Questions that were asked, answers to give.
    #[derive(Default)]
    pub struct Scripted {
        pub asked: Vec<Request>,
        pub answers: Vec<Reply>,
    }

    impl Daemon for Scripted {
        fn ask(&mut self, request: &Request) -> Result<Reply, CliError> {
            self.asked.push(request.clone());
            if self.answers.is_empty() { Err(CliError::Misunderstood) } else { Ok(self.answers.remove(0)) }
        }
    }
}
