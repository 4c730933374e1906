//! Doing the last step of a compile alone: the unit's own objects in a temporary directory, the linker, the program.
//!
//! It must never leave anything half-made under a name that cargo knows, and never say anything of its own: whatever goes
//! wrong, or is not as it was when it was recorded, the compiler runs.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::{compile, place, secrets};
use crate::{
    artifact::spool,
    base::{
        clock::{Stopwatch, wall_nanos},
        env::names,
        failpoint,
        fs::temp_beside,
        process,
    },
    engine::{
        Piece, Relink,
        plan::{Compiled, Linked},
    },
    rustc::messages,
};

/// A directory with the unit's own objects, in which it is linked. It goes when it is not needed any more.
pub struct Work(PathBuf);

impl Work {
    /// Makes it.
    ///
    /// # Errors
    /// If it is there already, or an object cannot be put there.
    pub fn lay(relink: &Relink, dir: PathBuf) -> io::Result<Self> {
        fs::DirBuilder::new().mode(0o700).create(&dir)?;
        let work = Self(dir);
        for object in &relink.objects {
            place::one(object, &work.0.join(object.name.as_str())).map_err(|failure| io::Error::other(failure.detail))?;
        }
        Ok(work)
    }

    /// What the linker makes.
    pub fn made(&self, relink: &Relink) -> PathBuf {
        self.0.join(relink.output.as_str())
    }

    /// Runs the linker in `cwd`, with more arguments behind those of the record.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn link(&self, relink: &Relink, cwd: &Path, more: &[OsString]) -> io::Result<Output> {
        let made = self.made(relink);
        let words = relink.words.iter().map(|piece| argument(relink, piece, &self.0, &made));
        let mut arguments = words.collect::<Option<Vec<_>>>().ok_or(io::ErrorKind::InvalidData)?;
        arguments.extend_from_slice(more);
        let run = |arguments: &[OsString]| driver(&relink.program, &relink.environment).args(arguments).current_dir(cwd).output();
        match run(&arguments) {
            Err(error) if error.kind() == io::ErrorKind::ArgumentListTooLong => {
                // As rustc does it.
                let file = self.0.join("linker-arguments");
                fs::write(&file, spool::response_file(&arguments))?;
                let mut word = OsString::from("@");
                word.push(&file);
                run(&[word])
            }
            result => result,
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Links; what there is to report, or nothing if the compiler has to run.
pub fn run(relink: &Relink) -> Option<Compiled> {
    let watch = Stopwatch::start();
    let started = wall_nanos();
    let out_dir = Path::new(&relink.rest.out_dir);
    let output = out_dir.join(relink.output.as_str());
    let work = Work::lay(relink, temp_beside(&output)).ok()?;
    failpoint::reach("wrapper-before-link");
    let said = work.link(relink, Path::new("."), &[]).ok()?;
    // Whatever it has to say, the compiler is to say.
    if !(said.status.success() && said.stdout.is_empty() && said.stderr.is_empty()) {
        return None;
    }
    failpoint::reach("wrapper-after-link");
    fs::rename(work.made(relink), &output).ok()?;
    place::all(&relink.rest).ok()?;
    let announced: Vec<_> = relink.rest.stderr.split(|b| *b == b'\n').filter_map(messages::artifact).collect();
    let outputs = announced.iter().map(|a| compile::made(&a.artifact, a.emit.clone())).collect::<Option<Vec<_>>>()?;
    let paths: Vec<PathBuf> = announced.into_iter().map(|a| a.artifact).collect();
    Some(Compiled {
        outputs,
        stdout: relink.rest.stdout.clone(),
        stderr: relink.rest.stderr.clone(),
        wall_ms: relink.cost.wall_ms,
        cpu_ms: relink.cost.cpu_ms,
        max_rss_kib: relink.cost.max_rss_kib,
        rmeta_ms: None,
        started,
        secret: secrets::in_files(&paths),
        linked: Linked::Again { took_ms: watch.millis() },
    })
}

fn argument(relink: &Relink, piece: &Piece, work: &Path, made: &Path) -> Option<OsString> {
    Some(match piece {
        Piece::Text(text) => text.clone(),
        Piece::Object(n) => work.join(relink.objects.get(usize::try_from(*n).ok()?)?.name.as_str()).into_os_string(),
        Piece::Directory(name) => {
            let dir = work.join(name.as_str());
            fs::create_dir_all(&dir).ok()?;
            dir.into_os_string()
        }
        Piece::Output => made.as_os_str().to_owned(),
    })
}

/// What rustc runs to link, in the environment that it gives it.
pub fn driver(program: &OsStr, environment: &[(String, OsString)]) -> Command {
    let mut command = Command::new(program);
    command.envs(environment.iter().map(|(n, v)| (n, v))).env(names::NESTED, "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    process::dies_with_us(&mut command);
    command
}
