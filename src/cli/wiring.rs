//! How a cargo process is told to use us: its environment. The arguments are left alone.
//!
//! It must never fail a build: without a store, or with a configuration that cannot be read, cargo runs without us or
//! with defaults, and the reason is kept for the line at the end.

use std::{
    ffi::{OsStr, OsString},
    hash::{BuildHasher, Hasher},
    path::PathBuf,
};

use super::context::Context;
use crate::{
    base::env::names,
    config::{self, Bar},
};

/// The connection between one cargo process and one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wiring {
    /// The user has switched us off.
    Off,
    /// There is nowhere to keep results, for this reason.
    NoStore(String),
    On(Wired),
}

/// What goes into the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wired {
    pub store: PathBuf,
    pub session: String,
    project: Option<PathBuf>,
    pub exe: PathBuf,
    /// Target directories are prepared before a build.
    pub seeds: bool,
    pub bar: Bar,
}

impl Wiring {
    /// Decides, and says on stderr what the user should know (nothing if `quiet`).
    pub fn of(ctx: &mut Context, quiet: bool) -> Self {
        if ctx.env.switched_off() {
            return Self::Off;
        }
        let (store, project, seeds, bar, warnings) = match config::load(&ctx.env, &ctx.cwd, &[]) {
            Ok(loaded) => {
                let project = loaded.project_file.as_deref().and_then(|f| f.parent()).map(PathBuf::from);
                let seeds = loaded.settings.may_seed();
                (Some(loaded.settings.cache.path), project, seeds, loaded.settings.ui.progress, loaded.warnings)
            }
            Err(e) => (
                config::store_path(&ctx.env),
                None,
                // What cannot be read may have said no.
                false,
                Bar::Cargo,
                vec![format!("{}\n(this build goes on with the defaults)", e.unlabelled())],
            ),
        };
        if !quiet {
            warnings.iter().for_each(|w| ctx.printer.warning(w));
        }
        let Some(store) = store else { return Self::NoStore("there is no home directory and no `cache.path`".into()) };
        if !ctx.exe.is_absolute() {
            return Self::NoStore("the path of this program cannot be determined".into());
        }
        if let Some(other) = other_wrapper(ctx).filter(|_| !quiet) {
            ctx.printer.hint(format!("`RUSTC_WRAPPER={}` is set aside for this command", other.to_string_lossy()));
        }
        Self::On(Wired { store: ctx.cwd.join(store), session: random_id(), project, exe: ctx.exe.clone(), seeds, bar })
    }

    /// Variables to set for cargo.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let Self::On(wired) = self else { return Vec::new() };
        let mut vars = vec![
            ("RUSTC_WRAPPER", wired.exe.clone().into()),
            (names::CACHE_PATH, wired.store.clone().into()),
            (names::SESSION, wired.session.clone().into()),
        ];
        vars.extend(wired.project.clone().map(|dir| (names::PROJECT, dir.into())));
        vars
    }
}

impl Wired {
    /// The same under another name.
    pub fn in_session(self, session: &str) -> Self {
        Self { session: session.to_owned(), ..self }
    }
}

/// A compiler wrapper in the environment that is not ours.
pub fn other_wrapper(ctx: &Context) -> Option<OsString> {
    ctx.env.get("RUSTC_WRAPPER").filter(|w| !w.is_empty() && !ctx.is_us(w)).map(OsStr::to_owned)
}

/// Tells builds of one store apart; not a secret.
pub fn random_id() -> String {
    let half = || std::hash::RandomState::new().build_hasher().finish();
    format!("{:016x}", half() ^ half().rotate_left(32) ^ u64::from(std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::context::planted::Planted;

    fn value(vars: &[(&str, OsString)], name: &str) -> Option<String> {
        vars.iter().find(|(k, _)| *k == name).and_then(|(_, v)| v.to_str().map(str::to_owned))
    }

    #[test]
    fn cargo_is_told_of_the_wrapper_the_store_and_the_session() {
        let mut planted = Planted::new(&[("RUSTC_WRAPPER", "sccache")]);
        let wiring = Wiring::of(&mut planted.ctx, false);
        let vars = wiring.environment();
        assert_eq!(value(&vars, "RUSTC_WRAPPER"), Some(planted.ctx.exe.display().to_string()));
        assert!(value(&vars, names::CACHE_PATH).is_some_and(|p| p.starts_with('/')));
        assert_eq!(value(&vars, names::SESSION).map(|s| s.len()), Some(16));
        assert_eq!(planted.said.err(), "hint: `RUSTC_WRAPPER=sccache` is set aside for this command\n");
        let again = Wiring::of(&mut planted.ctx, true).environment();
        assert_ne!(value(&vars, names::SESSION), value(&again, names::SESSION));
    }

    #[test]
    fn our_own_wrapper_and_silence_are_respected() {
        let mut planted = Planted::new(&[("RUSTC_WRAPPER", "rustc-hyperopt")]);
        assert!(matches!(Wiring::of(&mut planted.ctx, false), Wiring::On(_)));
        let mut other = Planted::new(&[("RUSTC_WRAPPER", "sccache")]);
        assert!(matches!(Wiring::of(&mut other.ctx, true), Wiring::On(_)));
        let mut off = Planted::new(&[("RUSTC_HYPEROPT", "off"), ("RUSTC_WRAPPER", "sccache")]);
        let wiring = Wiring::of(&mut off.ctx, false);
        assert_eq!((wiring.environment(), wiring), (Vec::new(), Wiring::Off));
        for p in [planted, other, off] {
            assert_eq!(p.said.err(), "");
        }
    }

    #[test]
    fn a_bad_configuration_is_a_warning_and_the_build_goes_on() {
        let mut planted = Planted::new(&[("RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB", "lots")]);
        assert!(matches!(Wiring::of(&mut planted.ctx, false), Wiring::On(_)));
        assert!(planted.said.err().starts_with("warning: "), "{}", planted.said.err());
    }
}
