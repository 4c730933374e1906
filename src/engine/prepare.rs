//! From a query to everything that is known before the store is asked.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use super::{Engine, plan::Query};
use crate::{
    base::{
        digest::{Digest, DigestFile, KeyHasher},
        env::{EnvSnapshot, names},
    },
    config::{self, ProjectRules},
    fingerprint::{
        closure::Closure,
        guard,
        inputs::{Context, Given},
        invocation::{self, InvocationKey, Salt},
    },
    rustc::{Invocation, Places, Tool, WhyNot},
};

/// One invocation, understood.
pub struct Prepared {
    pub inv: Invocation,
    pub places: Places,
    pub env: EnvSnapshot,
    pub umask: u32,
    pub key: InvocationKey,
    pub given: Given,
    pub closure: Closure,
    /// A procedural macro that may read files stands behind this crate.
    pub nosy_macros: bool,
    /// The same unit in another version of its sources has the same label.
    pub label: String,
    /// `name version (kind)`, for people.
    pub unit: String,
    /// The build it belongs to; empty outside our CLI.
    pub session: String,
    /// Two queries with the same value are (nearly always) the same compile.
    pub flight: Digest,
}

impl Engine {
    /// Understands a query.
    ///
    /// # Errors
    /// Why it cannot be cached.
    pub fn prepare(&self, query: Query) -> Result<Prepared, WhyNot> {
        let tool =
            if Path::new(&query.compiler).file_stem() == Some(OsStr::new("clippy-driver")) { Tool::Clippy } else { Tool::Rustc };
        let cwd = PathBuf::from(&query.cwd);
        let inv = Invocation::parse(tool, &query.args, &cwd)?;
        let env = query.env;
        let rules = project_rules(&inv, &cwd, &env)?;
        let package = text(&env, "CARGO_PKG_NAME").unwrap_or_else(|| inv.crate_name.clone());
        if rules.excludes(&package) || rules.excludes(&inv.crate_name) {
            return Err(WhyNot::Excluded);
        }
        let places = Places::new(cwd, &inv.out_dir, env.path("OUT_DIR"))?;
        let files: &dyn DigestFile = &self.store;
        let toolchain = self.toolchains.identify(&query.compiler, &env, &places.cwd, inv.target.as_deref(), files)?;
        let linker = if inv.runs_linker() {
            let name = inv.linker.as_deref();
            Some(self.linkers.identify(name, &inv.link_args, &env, &places.cwd, files)?)
        } else {
            None
        };
        let salt = Salt { salt: rules.key_salt.clone(), env: rules.key_env.clone() };
        let key = invocation::key(&inv, &places, &toolchain, linker, &env, &salt);
        let closure = Closure::of(&inv, &places.cwd, self, files)?;
        let member = inv.source.is_relative();
        let extra: Vec<PathBuf> = rules.extra_inputs.iter().filter(|_| member).map(|p| rules.root.join(p)).collect();
        let context = Context { inv: &inv, places: &places, env: &env, files };
        let given = context.given(key.key, &closure, &extra)?;
        let macros = closure.macros(&inv, &places.cwd);
        refuse_database(&macros, &env, &places.cwd)?;
        let nosy_macros = macros.iter().any(|m| guard::may_read_files(m));
        let source = files.digest(&places.cwd.join(&inv.source)).map_err(|e| WhyNot::Input(e.to_string()))?.0;
        let flight = KeyHasher::new("flight").field("given", &given.key.0).field("source", &source.0).finish();
        let version = text(&env, "CARGO_PKG_VERSION").unwrap_or_default();
        let kind = inv.kind();
        let mode = if inv.links { "build" } else { "check" };
        let label_version = if member { "" } else { &version };
        Ok(Prepared {
            label: format!("{package} {label_version} {} {kind} {mode} {tool:?}", inv.crate_name),
            unit: format!("{package} {version} ({kind})"),
            session: text(&env, names::SESSION).unwrap_or_default(),
            umask: query.umask,
            inv,
            places,
            env,
            key,
            given,
            closure,
            nosy_macros,
            flight,
        })
    }
}

impl Prepared {
    /// What an action key is made of besides the input set.
    pub fn context<'a>(&'a self, files: &'a dyn DigestFile) -> Context<'a> {
        Context { inv: &self.inv, places: &self.places, env: &self.env, files }
    }

    /// File names of the direct dependencies.
    pub fn extern_names(&self) -> Vec<String> {
        let names = self.closure.direct.iter().filter_map(|p| p.file_name());
        names.map(|n| n.to_string_lossy().into_owned()).collect()
    }

    /// A workspace member, as opposed to a package from elsewhere.
    pub fn is_member(&self) -> bool {
        self.inv.source.is_relative()
    }

    /// A package that somebody may edit, as opposed to one that cargo has unpacked.
    pub fn is_local(&self) -> bool {
        let source = self.inv.source.to_string_lossy();
        !(source.contains("/registry/src/") || source.contains("/git/checkouts/"))
    }
}

fn text(env: &EnvSnapshot, name: &str) -> Option<String> {
    env.get(name).map(|v| v.to_string_lossy().into_owned()).filter(|v| !v.is_empty())
}

/// The project's rules: found from where our CLI was started, from the member itself, or from the target directory.
fn project_rules(inv: &Invocation, cwd: &Path, env: &EnvSnapshot) -> Result<ProjectRules, WhyNot> {
    let start = match env.path(names::PROJECT) {
        Some(project) => project,
        None if inv.source.is_relative() => cwd.to_owned(),
        None => cwd.join(&inv.out_dir),
    };
    config::project_rules(&start).map_err(|e| WhyNot::Input(format!("the project's configuration: {e}")))
}

/// `sqlx::query!` asks a live database when it is told of one; what that answers is no input that anybody could record.
fn refuse_database(macros: &[String], env: &EnvSnapshot, cwd: &Path) -> Result<(), WhyNot> {
    let asks = macros.iter().any(|m| m.starts_with("sqlx_macros"));
    let offline = env.get("SQLX_OFFLINE").is_some_and(|v| v == "true" || v == "1");
    if asks && !offline && (env.get("DATABASE_URL").is_some() || cwd.join(".env").exists()) {
        return Err(WhyNot::SideEffect("sqlx::query! with DATABASE_URL".into()));
    }
    Ok(())
}
