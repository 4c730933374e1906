//! A member that stands in a target directory, and everything it was made from.
//!
//! What cannot be told for certain refuses the unit. Nothing is copied that the store has already: of a compile, what is
//! kept is what the lookup has found.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ffi::OsString,
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{
    Untracked, given_by_cargo,
    look::{Listed, query},
    replaced, set_by_cargo, values,
};
use crate::{
    artifact::{
        Content, Manifest, StoredMember,
        member::Compile,
        record::Action,
        unit::{Role, StoredUnit, TARGET, UnitFile, leads_down},
    },
    base::{
        clock::Nanos,
        digest::{Digest, DigestFile},
        fs::FileSig,
        sync::lock,
        text,
    },
    cargo::{
        fingerprint::{Kind, parse_hash},
        package::PackageId,
    },
    engine::{
        Prepared,
        find::Found as Result_,
        publish::SMALL,
        units::{Own, Refused, found::Found, ingest::Ingest, watched},
    },
    events::HitKind,
    fingerprint::{InputSet, native},
    rustc::depinfo::{self, DepInfo, relocatable},
    store::{Store, StoreError},
};

/// Files that were read or looked for through it, with what was found.
struct Traced<'a> {
    store: &'a Store,
    seen: Mutex<BTreeMap<PathBuf, Option<Digest>>>,
}

impl DigestFile for Traced<'_> {
    fn digest(&self, path: &Path) -> io::Result<(Digest, FileSig)> {
        let found = self.store.digest(path);
        lock(&self.seen).insert(path.to_owned(), found.as_ref().ok().map(|(digest, _)| *digest));
        found
    }
}

/// What goes into the store besides the unit's own description.
struct Gathered {
    role: Role,
    dir: PathBuf,
    made_from: BTreeMap<PathBuf, Option<Digest>>,
    dirs: Vec<(OsString, Digest)>,
    variables: Vec<String>,
    compile: Option<Compile>,
    files: Vec<UnitFile>,
    out_dirs: Vec<String>,
}

impl Ingest<'_> {
    /// Takes a unit of somebody's own into the store, everything behind it being there.
    pub(in crate::engine::units) fn take_member(
        &self,
        unit: usize,
        deps: &[(usize, Digest, PackageId)],
    ) -> Result<Result<(Digest, PackageId), Refused>, StoreError> {
        let Some(own) = &self.site.own else { return Ok(Err(Refused::Member)) };
        let found = &self.found[unit];
        let gathered = match found.fingerprint.kind {
            Kind::Run => self.run(found, deps),
            _ => self.compile(found, deps, own),
        };
        let (gathered, said) = match (gathered, &found.fingerprint.said) {
            (Ok(gathered), Some(said)) if self.is_unchanged(found) => (gathered, said),
            (Ok(_), _) => return Ok(Err(Refused::Unclear)),
            (Err(refused), _) => return Ok(Err(refused)),
        };
        let package =
            PackageId::Local { name: found.files.package().to_owned(), dir: gathered.dir.to_string_lossy().into_owned() };
        let stored = StoredUnit {
            name: found.files.name.clone(),
            package: package.clone(),
            place: found.place.clone(),
            role: gathered.role,
            rustc: said.rustc,
            tools: (gathered.role == Role::Run).then_some(self.site.tools),
            deps: deps.iter().map(|(_, id, _)| *id).collect(),
            watched: Vec::new(),
            dirs: gathered.out_dirs,
            files: gathered.files,
        };
        let member = StoredMember {
            unit: stored,
            target: self.site.call.target.clone(),
            files: gathered.made_from.into_iter().map(|(path, digest)| (path.into_os_string(), digest)).collect(),
            dirs: gathered.dirs,
            variables: (gathered.variables.clone(), values(&own.env, &gathered.variables)),
            compile: gathered.compile,
        };
        Ok(Ok((self.engine.store.put_member(member)?, package)))
    }

    fn compile(&self, found: &Found, deps: &[(usize, Digest, PackageId)], own: &Own) -> Result<Gathered, Refused> {
        let (store, profile) = (&self.engine.store, self.site.call.target().join(&found.place));
        let dep_info = profile.join(found.files.dep_info.as_ref().ok_or(Refused::Unclear)?);
        let stem = depinfo::stem(&dep_info).ok_or(Refused::Unclear)?;
        let command = store.command(&stem).ok_or(Refused::Unrecorded)?;
        let sources = command.sources.ok_or(Refused::Unrecorded)?;
        let told = fs::read(&dep_info).map_err(|_| Refused::Unclear)?;
        let read: Vec<String> = DepInfo::parse(&String::from_utf8_lossy(&told)).env.into_iter().map(|(name, _)| name).collect();
        let set = set_by_cargo(&command.env, &own.env, &read);
        let mut compile = Compile {
            replaced: replaced(&own.env, &set),
            compiler: command.compiler,
            args: command.args,
            cwd: command.cwd,
            umask: command.umask,
            key: Digest([0; 32]),
            sources,
            read,
            macros: Vec::new(),
            macro_root: None,
            untracked: Digest([0; 32]),
            has_width: false,
            set,
        };
        let traced = Traced { store, seen: Mutex::default() };
        let begun = self.engine.begin(query(&compile, given_by_cargo(&own.env, &compile.set)));
        let prepared = begun.and_then(|begun| self.engine.complete(begun, &traced)).map_err(|_| Refused::Unrecorded)?;
        let (result, seen) = self.look_up(&prepared, &mut compile, &traced)?;
        let mut made_from = lock(&traced.seen).clone();
        made_from.extend(seen);
        self.leave_out_what_is_behind(deps, &mut made_from)?;
        refuse_other_directories(&prepared, self.site.call.target())?;
        made_from
            .extend(native::named(&prepared.inv, &prepared.places.cwd).into_iter().filter(|p| !p.exists()).map(|p| (p, None)));
        let dir = prepared.env.path("CARGO_MANIFEST_DIR").ok_or(Refused::Unclear)?;
        let invoked = profile.join(&found.files.fingerprint).join("invoked.timestamp");
        let began = FileSig::of(&invoked).map_err(|_| Refused::Unclear)?.mtime;
        made_from.extend(self.manifests(&dir, began)?);
        let mut files = outputs(store, found, &profile, &prepared, &result.manifest)?;
        files.push(plain(&found.files.dep_info.clone().unwrap_or_default(), told)?);
        files.extend(fingerprint(found, &profile)?);
        let role = role(found);
        Ok(Gathered {
            role,
            dir,
            made_from,
            dirs: Vec::new(),
            variables: Vec::new(),
            compile: Some(compile),
            files,
            out_dirs: Vec::new(),
        })
    }

    /// The result that stands for what was read, by the lookup of single compiles, and what was read for that.
    fn look_up(
        &self,
        prepared: &Prepared,
        compile: &mut Compile,
        traced: &Traced<'_>,
    ) -> Result<(Result_, BTreeMap<PathBuf, Option<Digest>>), Refused> {
        let store = &self.engine.store;
        let unrecorded = |_| Refused::Unrecorded;
        let record = store.invocation(&prepared.key.key).ok_or(Refused::Unrecorded)?;
        compile.key = prepared.key.key;
        for set in record.input_sets.iter().filter_map(|key| store.input_set(key)).filter(|set| set.env == compile.read) {
            compile.macro_root = set.macro_root.as_ref().map(|root| prepared.places.absolute(root).into_os_string());
            let macro_root = compile.macro_root.as_ref().map(Path::new);
            let variables = [&compile.read[..], &prepared.macro_variables];
            let untracked = Untracked { variables, macro_root, extra: &prepared.extra_inputs };
            compile.untracked = untracked.digest(&prepared.env, &prepared.places, store).map_err(unrecorded)?;
            // The key is made of just the contents that are written down.
            let seen = Traced { store: traced.store, seen: Mutex::default() };
            let Ok((action, _)) = prepared.context(&seen).action(&prepared.given, &set).map_err(unrecorded)? else { continue };
            if action != compile.sources {
                continue;
            }
            compile.has_width = matches!(store.action(&action), Some(Action::Split(split)) if split.width);
            let result = self.engine.resolve(prepared, action, HitKind::Exact, &mut Vec::new()).map_err(unrecorded)?;
            let result = result.ok_or(Refused::Unrecorded)?;
            compile.macros = prepared.closure.macros().into_iter().map(|(one, content)| (one.name, content)).collect();
            let mut seen = seen.seen.into_inner().map_err(|_| Refused::Unclear)?;
            seen.extend(absent(prepared, &set));
            return Ok((result, seen));
        }
        Err(Refused::Unrecorded)
    }

    /// What stands in the target directory is laid out with the unit, if it belongs to what is behind it.
    fn leave_out_what_is_behind(
        &self,
        deps: &[(usize, Digest, PackageId)],
        made_from: &mut BTreeMap<PathBuf, Option<Digest>>,
    ) -> Result<(), Refused> {
        let target = self.site.call.target();
        let mut wanted: HashMap<&Path, Digest> = HashMap::new();
        for (path, digest) in made_from.iter().filter(|(path, _)| path.starts_with(target)) {
            // What is not there now is laid out by no unit.
            wanted.extend(digest.map(|digest| (path.as_path(), digest)));
        }
        let mut seen = HashSet::new();
        let mut queue: Vec<Digest> = deps.iter().map(|(_, id, _)| *id).collect();
        while let Some(id) = queue.pop().filter(|_| !wanted.is_empty()) {
            if !seen.insert(id) {
                continue;
            }
            let unit = self.stored(&id).ok_or(Refused::Gone)?;
            let profile = target.join(&unit.place);
            for file in &unit.files {
                let path = profile.join(&file.path);
                if wanted.get(path.as_path()).is_some_and(|then| *then == self.content(file)) {
                    wanted.remove(path.as_path());
                }
            }
            queue.extend(&unit.deps);
        }
        if !wanted.is_empty() {
            return Err(Refused::Unrecorded);
        }
        made_from.retain(|path, digest| digest.is_none() || !path.starts_with(target));
        Ok(())
    }

    fn content(&self, file: &UnitFile) -> Digest {
        match &file.content {
            Content::Blob(digest) => *digest,
            Content::Inline(bytes) => Digest::of(bytes),
            Content::Relocatable(bytes) => Digest::of(&text::replace(bytes, TARGET, self.site.call.target.as_encoded_bytes())),
        }
    }

    /// Cargo knows only parts of them.
    fn manifests(&self, dir: &Path, began: Nanos) -> Result<Vec<(PathBuf, Option<Digest>)>, Refused> {
        let read = |dir: &Path| {
            let path = dir.join("Cargo.toml");
            let (digest, sig) = self.engine.store.digest(&path).map_err(|_| Refused::Unclear)?;
            if sig.ctime > began { Err(Refused::Unrecorded) } else { Ok((path, Some(digest))) }
        };
        [dir, Path::new(&self.site.root)].into_iter().map(read).collect()
    }

    /// The run of a build script, if it says what it depends on.
    fn run(&self, found: &Found, deps: &[(usize, Digest, PackageId)]) -> Result<Gathered, Refused> {
        let profile = self.site.call.target().join(&found.place);
        let script = deps
            .iter()
            .find(|(n, _, p)| self.found[*n].fingerprint.kind == Kind::BuildScript && p.name() == found.files.package());
        let Some((_, _, PackageId::Local { dir, .. })) = script else { return Err(Refused::Unclear) };
        let dir = PathBuf::from(dir);
        let (path, sig) = found.said().next().ok_or(Refused::Unclear)?;
        let said = fs::read(profile.join(path)).map_err(|_| Refused::Unclear)?;
        if !watched::is_declared(&said) {
            return Err(Refused::Undeclared);
        }
        let here = self.surroundings(&profile);
        if found.files.odd || !here.is_complete(&found.files, Role::Run, &[]) {
            return Err(Refused::Unclear);
        }
        let mut dirs = Vec::new();
        // What was changed after the script had begun is not surely what it has read.
        let began = sig.mtime;
        let mut made_from: BTreeMap<PathBuf, Option<Digest>> = self.manifests(&dir, began)?.into_iter().collect();
        for path in watched::named(&said).map(|p| dir.join(p)) {
            let mut files = vec![path.clone()];
            if path.starts_with(self.site.call.target()) {
                return Err(Refused::Unclear);
            }
            if path.is_dir() {
                let list = Listed::of(&path)?;
                if list.changed > began {
                    return Err(Refused::Unrecorded);
                }
                files = list.files;
                dirs.push((path.into_os_string(), list.names));
            }
            for file in files {
                let (digest, sig) = self.engine.store.digest(&file).map_err(|_| Refused::Unclear)?;
                if sig.ctime > began {
                    return Err(Refused::Unrecorded);
                }
                made_from.insert(file, Some(digest));
            }
        }
        let store = &self.engine.store;
        let mut files: Vec<UnitFile> =
            found.all().map(|(path, sig)| verbatim(store, &profile, path, sig)).collect::<Result<_, _>>()?;
        files.extend(fingerprint(found, &profile)?);
        let out_dirs =
            found.files.dirs.iter().filter_map(|d| d.to_str().map(str::to_owned)).collect::<std::collections::BTreeSet<_>>();
        let out_dirs = out_dirs.into_iter().collect();
        let variables = watched::variables(&said);
        Ok(Gathered { role: Role::Run, dir, made_from, dirs, variables, compile: None, files, out_dirs })
    }
}

fn absent<'a>(prepared: &'a Prepared, set: &'a InputSet) -> impl Iterator<Item = (PathBuf, Option<Digest>)> + 'a {
    set.absent.iter().map(|stored| (prepared.places.absolute(stored), None))
}

/// Libraries are looked for in whole directories; only of those below the target directory it is known what is in them.
fn refuse_other_directories(prepared: &Prepared, target: &Path) -> Result<(), Refused> {
    if !prepared.inv.links {
        return Ok(());
    }
    let cwd = &prepared.places.cwd;
    let is_elsewhere = |dir: &PathBuf| !cwd.join(dir).starts_with(target);
    let named = native::named(&prepared.inv, cwd);
    let other = prepared.inv.native_dirs.iter().any(is_elsewhere) || named.iter().any(|p| p.is_dir());
    if other { Err(Refused::Outside) } else { Ok(()) }
}

/// The outputs as the store has them, if they are what stands there, and nothing else does.
fn outputs(
    store: &Store,
    found: &Found,
    profile: &Path,
    prepared: &Prepared,
    manifest: &Manifest,
) -> Result<Vec<UnitFile>, Refused> {
    let mut inodes = Vec::new();
    let mut files = Vec::with_capacity(manifest.outputs.len());
    for output in &manifest.outputs {
        let path = prepared.places.out_dir.join(output.name.as_str());
        let same = match &output.content {
            Content::Blob(then) => store.blob(then).is_some() && store.as_blob(&path, then).is_some(),
            Content::Inline(then) => fs::read(&path).is_ok_and(|now| now == *then),
            Content::Relocatable(then) => fs::read(&path).is_ok_and(|now| relocatable(&now, &prepared.places) == *then),
        };
        if !same {
            return Err(Refused::Unrecorded);
        }
        if output.emit == "dep-info" {
            continue;
        }
        inodes.push((fs::metadata(&path).map_err(|_| Refused::Unclear)?.ino(), files.len()));
        let path = below(profile, &path)?;
        let (content, linkable, executable, len) = (output.content.clone(), output.linkable, output.executable, output.len);
        files.push(UnitFile { path, content, len, executable, linkable });
    }
    // Cargo gives some of them a second name.
    for path in &found.files.files {
        let named = path.to_str().ok_or(Refused::Unclear)?;
        if files.iter().any(|f| f.path == named) {
            continue;
        }
        let ino = fs::metadata(profile.join(path)).map_err(|_| Refused::Unclear)?.ino();
        let twin = inodes.iter().find(|(other, _)| *other == ino).map(|(_, n)| files[*n].clone()).ok_or(Refused::Unclear)?;
        files.push(UnitFile { path: named.to_owned(), ..twin });
    }
    Ok(files)
}

/// Everything in the directory of the fingerprint that cargo reads, the hash last.
fn fingerprint(found: &Found, profile: &Path) -> Result<Vec<UnitFile>, Refused> {
    let (dir, own) = (&found.files.fingerprint, &found.fingerprint.file);
    let mut files = Vec::new();
    // What the compiler has said is told again by cargo.
    for name in [format!("dep-{own}"), format!("output-{own}"), format!("{own}.json"), own.clone()] {
        let path = dir.join(&name);
        let bytes = match fs::read(profile.join(&path)) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(_) => return Err(Refused::Unclear),
        };
        if name == *own && parse_hash(&bytes) != Some(found.fingerprint.hash) {
            return Err(Refused::Unclear);
        }
        files.push(plain(&path, bytes)?);
    }
    Ok(files)
}

/// What a build script has made or said.
fn verbatim(store: &Store, profile: &Path, path: &Path, sig: &FileSig) -> Result<UnitFile, Refused> {
    let full = profile.join(path);
    let executable = sig.mode & 0o100 != 0;
    if sig.size > SMALL {
        let digest = store.ingest(&full, sig, false).map_err(|_| Refused::Unclear)?;
        let path = below(profile, &full)?;
        return Ok(UnitFile { path, content: Content::Blob(digest), len: sig.size, executable, linkable: false });
    }
    let bytes = fs::read(&full).map_err(|_| Refused::Unclear)?;
    if !FileSig::of(&full).is_ok_and(|now| now.same_content(sig)) {
        return Err(Refused::Unclear);
    }
    Ok(UnitFile { executable, ..plain(path, bytes)? })
}

fn plain(path: &Path, bytes: Vec<u8>) -> Result<UnitFile, Refused> {
    let path = path.to_str().filter(|p| leads_down(p)).ok_or(Refused::Unclear)?.to_owned();
    Ok(UnitFile { path, len: bytes.len() as u64, content: Content::Inline(bytes), executable: false, linkable: false })
}

fn below(profile: &Path, path: &Path) -> Result<String, Refused> {
    let below = path.strip_prefix(profile).ok().and_then(Path::to_str).filter(|p| leads_down(p));
    below.map(str::to_owned).ok_or(Refused::Unclear)
}

fn role(found: &Found) -> Role {
    let with = |ending: &str| found.files.files.iter().any(|f| f.extension().is_some_and(|e| e == ending));
    match found.fingerprint.kind {
        Kind::Run => Role::Run,
        Kind::BuildScript => Role::BuildScript,
        Kind::Library if with("rlib") || with("so") => Role::Library,
        _ if !found.files.files.is_empty() && found.files.files.iter().all(|f| f.extension().is_some_and(|e| e == "rmeta")) => {
            Role::Metadata
        }
        Kind::Library | Kind::Program | Kind::Test => Role::Program,
    }
}
