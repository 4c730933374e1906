//! A mount namespace of its own, in which a test may fill a disk or take the right to write away.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{Run, Sandbox};

/// The namespace, kept alive by a process that waits.
pub struct Room(Child);

impl Room {
    /// With a small disk at `at`; nothing where the system does not allow it, with the reason.
    ///
    /// # Errors
    /// What the system says.
    pub fn with_disk(at: &Path, size: &str) -> Result<Self, String> {
        std::fs::create_dir_all(at).map_err(|e| e.to_string())?;
        let script = "mount --make-rprivate / && mount -t tmpfs -o mode=700,size=$1 tmpfs \"$0\" && echo ready && exec cat";
        let mut command = Command::new("unshare");
        if !nix::unistd::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        command.args(["--mount", "sh", "-c", script]).arg(at).arg(size);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut room = Self(command.spawn().map_err(|e| e.to_string())?);
        let mut line = String::new();
        let out = room.0.stdout.take().ok_or("no stream")?;
        BufReader::new(out).read_line(&mut line).map_err(|e| e.to_string())?;
        if line.trim() == "ready" {
            return Ok(room);
        }
        let mut said = String::new();
        let mut err = room.0.stderr.take().ok_or("no stream")?;
        std::io::Read::read_to_string(&mut err, &mut said).map_err(|e| e.to_string())?;
        Err(said)
    }

    /// A command in the namespace and in the sandbox's environment.
    pub fn command(&self, sandbox: &Sandbox, program: impl AsRef<OsStr>, dir: &Path) -> Command {
        let mut command = sandbox.command("nsenter", dir);
        command.arg("--target").arg(self.0.id().to_string()).arg("--mount");
        if !nix::unistd::geteuid().is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.args(["sh", "-c", "cd \"$0\" && exec \"$@\""]).arg(dir).arg(program);
        command
    }

    /// Runs our binary in it.
    pub fn ours(&self, sandbox: &Sandbox, dir: &Path, args: &[&str]) -> Run {
        Run::of(self.command(sandbox, super::exe(), dir).args(args))
    }

    /// Mounts the disk anew with these options.
    #[track_caller]
    pub fn remount(&self, sandbox: &Sandbox, at: &Path, options: &str) {
        let mut command = self.command(sandbox, "mount", Path::new("/"));
        Run::of(command.arg("-o").arg(format!("remount,{options}")).arg(at)).success();
    }

    /// Every file below `at` with size and times.
    #[track_caller]
    pub fn listing(&self, sandbox: &Sandbox, at: &Path) -> String {
        let mut command = self.command(sandbox, "find", Path::new("/"));
        Run::of(command.arg(at).args(["-printf", "%p %s %T@ %C@\\n"])).success().stdout()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
