//! From a query to everything that is known before the store is asked.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_bytes::ByteBuf;

use super::{
    Engine,
    additions::{Additions, Subject},
    plan::Query,
};
use crate::{
    base::{
        digest::{Digest, DigestFile, KeyHasher},
        env::{EnvSnapshot, names},
    },
    config::{self, AiSettings, CacheSettings, PerformanceSettings, Verify},
    fingerprint::{
        closure::Closure,
        guard,
        inputs::{Context, Given},
        invocation::{self, InvocationKey, Salt},
        macro_env::MacroCrate,
    },
    rustc::{Invocation, Places, Tool, WhyNot, toolchain::Toolchain},
    semantic::macros,
};

/// One invocation, understood.
pub struct Prepared {
    /// As cargo named it.
    pub compiler: OsString,
    /// The arguments as they were given.
    pub args: Vec<ByteBuf>,
    /// Variables that count besides those that input sets name.
    pub variables: Vec<String>,
    pub inv: Invocation,
    pub places: Places,
    pub env: EnvSnapshot,
    pub umask: u32,
    /// Stored bytes are hashed before they are used, whatever their times say.
    pub verify_always: bool,
    pub key: InvocationKey,
    pub toolchain: Arc<Toolchain>,
    pub given: Given,
    pub closure: Closure,
    /// Files that the project declares as inputs, and variables that procedural macros are known to read.
    pub extra_inputs: Vec<PathBuf>,
    pub macro_variables: Vec<String>,
    /// A procedural macro that may read files stands behind this crate.
    pub nosy_macros: bool,
    /// The procedural macro crates behind this crate.
    pub macro_names: Vec<String>,
    pub ai: AiSettings,
    pub performance: PerformanceSettings,
    /// What was made carries lines that are not those of the sources.
    pub drifted: bool,
    /// What is added to the compile, if it can be done with that.
    pub additions: Additions,
    /// The same unit in another version of its sources has the same label.
    pub label: String,
    /// `name version (kind)`, for people.
    pub unit: String,
    /// The build it belongs to; empty outside our CLI.
    pub session: String,
    /// Two queries with the same value are (nearly always) the same compile.
    pub flight: Digest,
}

/// What is known of an invocation before any file that it reads is looked at.
pub(super) struct Begun {
    compiler: OsString,
    args: Vec<ByteBuf>,
    umask: u32,
    pub inv: Invocation,
    pub places: Places,
    pub env: EnvSnapshot,
    pub key: InvocationKey,
    toolchain: Arc<Toolchain>,
    rules: Rules,
    additions: Additions,
    /// Files that the project declares as inputs.
    pub extra: Vec<PathBuf>,
    label: String,
    unit: String,
}

impl Engine {
    /// Understands a query.
    ///
    /// # Errors
    /// Why it cannot be cached.
    pub fn prepare(&self, query: Query) -> Result<Prepared, WhyNot> {
        self.complete(self.begin(query)?, &self.store)
    }

    /// The first half of [`Engine::prepare`].
    ///
    /// # Errors
    /// Why it cannot be cached.
    pub(super) fn begin(&self, query: Query) -> Result<Begun, WhyNot> {
        let tool = Tool::of(&query.compiler);
        let cwd = PathBuf::from(&query.cwd);
        let inv = Invocation::parse(tool, &query.os_args(), &cwd)?;
        let env = query.env;
        let rules = Rules::of(&inv, &cwd, &env)?;
        let package = text(&env, "CARGO_PKG_NAME").unwrap_or_else(|| inv.crate_name.clone());
        if rules.cache.excludes(&package) || rules.cache.excludes(&inv.crate_name) {
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
        let member = inv.source.is_relative();
        let version = text(&env, "CARGO_PKG_VERSION").unwrap_or_default();
        let kind = inv.kind();
        let mode = if inv.links { "build" } else { "check" };
        let label_version = if member { "" } else { &version };
        let label = format!("{package} {label_version} {} {kind} {mode} {tool:?}", inv.crate_name);
        let subject = Subject { inv: &inv, toolchain: &toolchain, env: &env, cwd: &places.cwd, label: &label, member };
        let additions = self.additions(&rules.performance, &subject)?;
        let parts = additions.parts.clone();
        let salt = Salt { salt: rules.cache.key_salt.clone(), env: rules.cache.key_env.clone(), additions: parts };
        let key = invocation::key(&inv, &places, &toolchain, linker, &env, &salt);
        let extra = if member { rules.extra_inputs()? } else { Vec::new() };
        let unit = format!("{package} {version} ({kind})");
        let (compiler, args, umask) = (query.compiler, query.args, query.umask);
        Ok(Begun { compiler, args, umask, inv, places, env, key, toolchain, rules, additions, extra, label, unit })
    }

    /// The second half: everything that was compiled before, read through `files`.
    ///
    /// # Errors
    /// Why it cannot be cached.
    pub(super) fn complete(&self, begun: Begun, files: &dyn DigestFile) -> Result<Prepared, WhyNot> {
        let Begun { compiler, args, umask, inv, places, env, key, toolchain, rules, additions, extra, label, unit } = begun;
        let closure = Closure::of(&inv, &places.cwd, self, files)?;
        let context = Context { inv: &inv, places: &places, env: &env, files };
        let macros: Vec<MacroCrate> = closure.macros().into_iter().map(|(one, _)| one).collect();
        let variables = self.read_by_macros(&macros, &env, &places.cwd, files)?;
        let nosy_macros = macros.iter().any(|m| macros::may_read_files(&m.name));
        let given = context.given(key.key, &closure, &extra, &variables)?;
        let source = files.digest(&places.cwd.join(&inv.source)).map_err(|e| WhyNot::Input(e.to_string()))?.0;
        let flight = KeyHasher::new("flight").field("given", &given.key.0).field("source", &source.0).finish();
        Ok(Prepared {
            compiler,
            args,
            variables: [variables.clone(), rules.cache.key_env].concat(),
            label,
            unit,
            session: text(&env, names::SESSION).unwrap_or_default(),
            umask,
            verify_always: rules.cache.verify == Verify::Always,
            inv,
            places,
            env,
            key,
            toolchain,
            given,
            closure,
            extra_inputs: extra,
            macro_variables: variables,
            nosy_macros,
            macro_names: macros.into_iter().map(|m| m.name).collect(),
            ai: rules.ai,
            performance: rules.performance,
            drifted: false,
            additions,
            flight,
        })
    }

    /// The variables that procedural macros are known to read.
    ///
    /// # Errors
    /// Why a crate with such macros cannot be cached.
    pub(super) fn read_by_macros(
        &self,
        macros: &[MacroCrate],
        env: &EnvSnapshot,
        cwd: &Path,
        files: &dyn DigestFile,
    ) -> Result<Vec<String>, WhyNot> {
        refuse_database(macros, env, cwd)?;
        self.macro_variables.read_by(macros, env, files)
    }
}

impl Prepared {
    /// What was asked.
    pub fn into_query(self) -> Query {
        let Self { compiler, args, places, env, umask, .. } = self;
        Query { compiler, args, cwd: places.cwd.into_os_string(), env, umask }
    }

    /// What an action key is made of besides the input set.
    pub fn context<'a>(&'a self, files: &'a dyn DigestFile) -> Context<'a> {
        Context { inv: &self.inv, places: &self.places, env: &self.env, files }
    }

    /// File names of the direct dependencies.
    pub fn extern_names(&self) -> Vec<String> {
        let names = self.closure.direct.iter().filter_map(|p| p.file_name());
        names.map(|n| n.to_string_lossy().into_owned()).collect()
    }

    /// The outputs' absolute path without extension, as libraries have it: the name of this unit in its target directory.
    pub fn stem(&self) -> PathBuf {
        self.places.out_dir.join(format!("lib{}{}", self.inv.crate_name, self.inv.extra_filename))
    }

    /// What a miss adds to the arguments.
    pub fn extra_args(&self) -> Vec<OsString> {
        [self.remap_args(), self.additions.args.clone()].concat()
    }

    /// The part of it that nothing can go wrong with.
    pub fn remap_args(&self) -> Vec<OsString> {
        if self.key.relocatable { invocation::remap_args(&self.places) } else { Vec::new() }
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

/// What the configuration says of this compile.
struct Rules {
    cache: CacheSettings,
    ai: AiSettings,
    performance: PerformanceSettings,
    /// What relative paths in it are relative to.
    root: PathBuf,
}

impl Rules {
    /// All layers, with the environment of the build. The project's are found from where our CLI was started, from the
    /// member itself, or from the target directory.
    ///
    /// Mistakes at the user's level leave defaults there, as the CLI has told; a project's file that cannot be read might
    /// have excluded this crate, so nothing is cached.
    fn of(inv: &Invocation, cwd: &Path, env: &EnvSnapshot) -> Result<Self, WhyNot> {
        let start = match env.path(names::PROJECT) {
            Some(project) => project,
            None if inv.source.is_relative() => cwd.to_owned(),
            None => cwd.join(&inv.out_dir),
        };
        if let Ok(loaded) = config::load(env, &start, &[]) {
            let root = loaded.project_file.as_deref().and_then(Path::parent).unwrap_or(&start).to_owned();
            let config::Settings { cache, ai, performance, .. } = loaded.settings;
            return Ok(Self { cache, ai, performance, root });
        }
        let rules = config::project_rules(&start)
            .map_err(|e| WhyNot::Input(format!("the project's configuration: {}", e.unlabelled())))?;
        // Bytes only: the user may have asked for that in the file that cannot be read.
        let ai = AiSettings { semantic_analysis: false, ..AiSettings::default() };
        let performance = PerformanceSettings { speculative_compilation: false, ..PerformanceSettings::default() };
        Ok(Self { cache: rules.added_to(&CacheSettings::default()), ai, performance, root: rules.root })
    }

    /// The declared files; those of a declared directory one by one.
    fn extra_inputs(&self) -> Result<Vec<PathBuf>, WhyNot> {
        let mut all = Vec::new();
        for declared in &self.cache.extra_inputs {
            let path = self.root.join(declared);
            let inside = match (path.canonicalize(), self.root.canonicalize()) {
                (Ok(real), Ok(root)) => real.starts_with(root),
                _ => true, // That it is not there is part of the key.
            };
            if !inside {
                return Err(WhyNot::Input(format!("cache.extra_inputs: `{declared}` leads out of the project")));
            }
            guard::files_below(&path, &mut all)?;
        }
        all.sort();
        Ok(all)
    }
}

/// `sqlx::query!` asks a live database when it is told of one; what that answers is no input that anybody could record.
fn refuse_database(macros: &[MacroCrate], env: &EnvSnapshot, cwd: &Path) -> Result<(), WhyNot> {
    let asks = macros.iter().any(|m| m.name.starts_with("sqlx_macros"));
    let offline = env.get("SQLX_OFFLINE").is_some_and(|v| v == "true" || v == "1");
    if asks && !offline && (env.get("DATABASE_URL").is_some() || cwd.join(".env").exists()) {
        return Err(WhyNot::SideEffect("macros of sqlx with DATABASE_URL".into()));
    }
    Ok(())
}
