//! Which cargo to run. Never ourselves under another name.

use std::path::PathBuf;

use super::context::{Context, same_file};

/// The cargo that started us (`CARGO`), else the first on the path, else the one in cargo's home.
///
/// With a toolchain only rustup's proxy will do, since a toolchain's own cargo does not know `+name`; if there is none,
/// the first cargo found is given, which says so itself.
pub fn find(ctx: &Context, with_toolchain: bool) -> Option<PathBuf> {
    let path = ctx.env.get("PATH").unwrap_or_default();
    let given = ctx.env.path("CARGO").filter(|_| !with_toolchain).map(|c| {
        let on_path = crate::base::process::which(c.as_os_str(), path, &ctx.cwd);
        on_path.unwrap_or(c)
    });
    let on_path = std::env::split_paths(path).map(|dir| ctx.cwd.join(dir).join("cargo"));
    let at_home = ctx.cargo_home().map(|h| h.join("bin/cargo"));
    let found: Vec<PathBuf> =
        given.into_iter().chain(on_path).chain(at_home).filter(|c| c.is_file() && !same_file(c, &ctx.exe)).collect();
    let proxy = found.iter().find(|c| is_proxy(c)).filter(|_| with_toolchain);
    proxy.or(found.first()).cloned()
}

fn is_proxy(cargo: &std::path::Path) -> bool {
    let by_link = cargo.canonicalize().is_ok_and(|real| real.file_stem().is_some_and(|s| s == "rustup"));
    // Rustup also installs its proxies as hard links.
    by_link || cargo.parent().is_some_and(|dir| same_inode(cargo, &dir.join("rustup")))
}

fn same_inode(a: &std::path::Path, b: &std::path::Path) -> bool {
    use crate::base::fs::FileSig;
    matches!((FileSig::of(a), FileSig::of(b)), (Ok(a), Ok(b)) if a.inode == b.inode)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::cli::context::planted::Planted;

    #[test]
    fn never_ourselves_and_the_proxy_for_toolchains() {
        let planted = Planted::new(&[]);
        assert_eq!(find(&planted.ctx, false), None);
        symlink(&planted.ctx.exe, planted.root().join("bin/cargo")).expect("link");
        assert_eq!(find(&planted.ctx, false), None, "a link to us is not cargo");

        let home = planted.root().join("home/.cargo/bin");
        fs::create_dir_all(&home).expect("directory");
        let rustup = planted.program("rustup", "");
        symlink(&rustup, home.join("cargo")).expect("link");
        assert_eq!(find(&planted.ctx, false), Some(home.join("cargo")));

        fs::remove_file(planted.root().join("bin/cargo")).expect("removed");
        let plain = planted.program("cargo", "");
        assert_eq!(find(&planted.ctx, false), Some(plain));
        assert_eq!(find(&planted.ctx, true), Some(home.join("cargo")));
    }

    #[test]
    fn the_cargo_that_started_us_comes_first() {
        let other = tempfile::NamedTempFile::new().expect("file");
        let planted = Planted::new(&[("CARGO", &other.path().to_string_lossy())]);
        let plain = planted.program("cargo", "");
        assert_eq!(find(&planted.ctx, false).as_deref(), Some(other.path()));
        assert_eq!(find(&planted.ctx, true), Some(plain));
    }
}
