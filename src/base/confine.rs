//! Keeping a child process from writing anywhere but below one directory (Landlock: Linux 5.19 or later).
//!
//! It must never be taken for a sandbox against malice: reading, running and talking are not limited. Where it cannot be
//! had, that is an error, and what should have been confined is not run.

use std::{io, path::Path, process::Command};

/// Rules for one child.
#[derive(Debug)]
pub struct Confinement {
    #[cfg(target_os = "linux")]
    rules: std::os::fd::OwnedFd,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs::File,
        io,
        os::{
            fd::{AsRawFd, FromRawFd, OwnedFd},
            unix::{fs::OpenOptionsExt, process::CommandExt},
        },
        path::Path,
        process::Command,
    };

    use super::Confinement;
    use crate::base::fs::at;

    /// The first version that lets files be renamed and linked from one directory to another.
    const OLDEST: libc::c_long = 2;
    /// The version that knows of truncation by name.
    const TRUNCATES: libc::c_long = 3;
    /// Write to files, remove and make entries of every kind (bits 1 and 4 to 12), move them between directories (13).
    const RIGHTS: u64 = (1 << 1) | (0x1ff << 4) | (1 << 13);
    const TRUNCATE: u64 = 1 << 14;
    /// What a file that is no directory can be granted.
    const WRITE: u64 = 1 << 1;

    #[repr(C, packed)]
    struct PathBeneath {
        allowed: u64,
        parent: i32,
    }

    fn call(result: libc::c_long) -> io::Result<libc::c_long> {
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
    }

    impl Confinement {
        pub(super) fn new(dir: &Path) -> io::Result<Self> {
            // SAFETY: asks for the version; nothing is read or written.
            let version =
                call(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u64>(), 0usize, 1u32) })?;
            if version < OLDEST {
                return Err(io::Error::new(io::ErrorKind::Unsupported, "the kernel cannot confine a compiler"));
            }
            let handled = RIGHTS | if version >= TRUNCATES { TRUNCATE } else { 0 };
            // SAFETY: the first field of the structure is one that every version has, and the size says that it is all.
            let fd =
                call(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, &raw const handled, size_of::<u64>(), 0u32) })?;
            let fd = i32::try_from(fd).map_err(io::Error::other)?;
            // SAFETY: a new descriptor that is nobody else's; the kernel closes it on exec.
            let confinement = Self { rules: unsafe { OwnedFd::from_raw_fd(fd) } };
            confinement.allow(dir, handled)?;
            confinement.allow(Path::new("/dev/null"), WRITE)?;
            Ok(confinement)
        }

        fn allow(&self, path: &Path, allowed: u64) -> io::Result<()> {
            let file = File::options().read(true).custom_flags(libc::O_PATH).open(path).map_err(|e| at(path, e))?;
            let rule = PathBeneath { allowed, parent: file.as_raw_fd() };
            // SAFETY: the rule lives until the call has returned.
            call(unsafe { libc::syscall(libc::SYS_landlock_add_rule, self.rules.as_raw_fd(), 1u32, &raw const rule, 0u32) })?;
            Ok(())
        }

        pub(super) fn put_on(self, command: &mut Command) {
            // SAFETY: two system calls between fork and exec; if one fails, nothing is run.
            unsafe {
                command.pre_exec(move || {
                    call(libc::c_long::from(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))?;
                    call(libc::syscall(libc::SYS_landlock_restrict_self, self.rules.as_raw_fd(), 0u32))?;
                    Ok(())
                });
            }
        }
    }
}

impl Confinement {
    /// A child may write below `dir`, and to `/dev/null`.
    ///
    /// # Errors
    /// If the system cannot do that.
    pub fn to(dir: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        return Self::new(dir);
        #[cfg(not(target_os = "linux"))]
        Err(io::Error::new(io::ErrorKind::Unsupported, dir.display().to_string()))
    }

    /// Holds for the process that `command` starts, and for all of its children.
    pub fn apply(self, command: &mut Command) {
        #[cfg(target_os = "linux")]
        self.put_on(command);
        #[cfg(not(target_os = "linux"))]
        drop((self, command));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_writes_where_it_may_and_nowhere_else() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
        std::fs::create_dir(&inside).expect("made");
        std::fs::write(&outside, "before").expect("written");
        let Ok(confinement) = Confinement::to(&inside) else { return };
        let script = "echo x > in/a; mkdir in/d; mv in/a in/d/b; echo x > out; rm out; mv in/d/b c; echo x > /dev/null; cat out";
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).current_dir(dir.path());
        confinement.apply(&mut command);
        let output = command.output().expect("started");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "before", "{}", String::from_utf8_lossy(&output.stderr));
        assert!(inside.join("d/b").exists() && !dir.path().join("c").exists());
    }
}
