//! The compiler's command line as an [`Invocation`].
//!
//! Every argument ends up in exactly one of three places: in [`Invocation::keyed`] (it can change the outputs as it
//! stands), in a field of its own (it names inputs or places and is digested elsewhere), or in the short list of harmless
//! ones (`--out-dir`, `-C incremental`, `--diagnostic-width`, `-L dependency`). Anything else is a [`WhyNot`].

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use super::{WhyNot, flags};

/// Which program is asked to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Tool {
    /// `rustc` itself.
    Rustc,
    /// `clippy-driver`, which reads comments and `clippy.toml`.
    Clippy,
}

impl Tool {
    /// By the program's name.
    pub fn of(compiler: &OsStr) -> Self {
        if Path::new(compiler).file_stem() == Some(OsStr::new("clippy-driver")) { Self::Clippy } else { Self::Rustc }
    }
}

/// `--crate-type`, and `--test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrateType {
    Bin,
    Lib,
    Rlib,
    Dylib,
    Cdylib,
    Staticlib,
    ProcMacro,
}

impl CrateType {
    fn parse(text: &str) -> Result<Self, WhyNot> {
        Ok(match text {
            "bin" => Self::Bin,
            "lib" => Self::Lib,
            "rlib" => Self::Rlib,
            "dylib" => Self::Dylib,
            "cdylib" => Self::Cdylib,
            "staticlib" => Self::Staticlib,
            "proc-macro" => Self::ProcMacro,
            other => return Err(WhyNot::CrateType(other.into())),
        })
    }

    /// Whether making it runs a linker.
    pub fn is_linked(self) -> bool {
        matches!(self, Self::Bin | Self::Dylib | Self::Cdylib | Self::ProcMacro)
    }
}

/// One `--extern`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extern {
    /// Everything before `=`: options and name.
    pub name: String,
    /// The file; none for crates of the sysroot.
    pub path: Option<PathBuf>,
}

/// A compile that cargo asks for.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub tool: Tool,
    pub crate_name: String,
    pub crate_types: Vec<CrateType>,
    /// `--test`: a test harness.
    pub test: bool,
    /// The crate root as it was given, relative to the working directory for workspace members.
    pub source: PathBuf,
    pub out_dir: PathBuf,
    /// `link` is among the outputs (`build`, not `check`).
    pub links: bool,
    pub extra_filename: String,
    pub externs: Vec<Extern>,
    /// `-L` directories other than `dependency`, in order.
    pub native_dirs: Vec<PathBuf>,
    /// `-L dependency` directories.
    pub dependency_dirs: Vec<PathBuf>,
    /// `-l` values.
    pub native_libs: Vec<String>,
    pub incremental: Option<PathBuf>,
    pub linker: Option<OsString>,
    pub link_args: Vec<OsString>,
    /// `--target`: a triple or the path of a specification.
    pub target: Option<String>,
    pub diagnostic_width: Option<String>,
    pub target_cpu_native: bool,
    /// `--remap-path-prefix` values of the user's own.
    pub remaps: Vec<OsString>,
    /// Normalised arguments that are part of the key as they stand, in order.
    pub keyed: Vec<Vec<u8>>,
}

impl Invocation {
    /// Parses the arguments behind the compiler's name. `cwd` serves to open response files.
    ///
    /// # Errors
    /// The reason why the invocation cannot be cached.
    pub fn parse(tool: Tool, args: &[OsString], cwd: &Path) -> Result<Self, WhyNot> {
        let args = expand_response_files(args, cwd)?;
        let mut builder = Builder::new(tool);
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            builder.argument(arg, &mut rest)?;
        }
        builder.finish()
    }

    /// Whether any output comes out of a linker.
    pub fn runs_linker(&self) -> bool {
        self.links && (self.test || self.crate_types.iter().any(|t| t.is_linked()))
    }

    /// The `-C` options that are part of the key, name and value, in order.
    pub fn codegen_options(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.keyed.iter().filter_map(|k| std::str::from_utf8(k).ok()?.strip_prefix("-C ")?.split_once('\0'))
    }

    /// The value of a `-C` option; the last one counts.
    pub fn codegen(&self, name: &str) -> Option<&str> {
        self.codegen_options().rev().find(|(n, _)| *n == name).map(|(_, value)| value)
    }

    /// The package's features, as cargo says them: `--cfg feature="…"`.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.keyed.iter().filter_map(|k| std::str::from_utf8(k).ok()?.strip_prefix("cfg\0feature=\"")?.strip_suffix('"'))
    }

    /// `lib`, `bin`, `test`, `build-script`, … for people.
    pub fn kind(&self) -> &'static str {
        match self.crate_types.first() {
            _ if self.test => "test",
            Some(CrateType::Bin) if self.crate_name.starts_with("build_script_") => "build-script",
            Some(CrateType::Bin) => "bin",
            Some(CrateType::ProcMacro) => "proc-macro",
            Some(CrateType::Dylib) => "dylib",
            Some(CrateType::Cdylib) => "cdylib",
            Some(CrateType::Staticlib) => "staticlib",
            Some(CrateType::Lib | CrateType::Rlib) | None => "lib",
        }
    }
}

/// The cheap test that the wrapper makes: does this look like a compile that cargo tracks?
///
/// Queries (`-vV`, `--print`, standard input, cargo's `___` probe) are not, nor is anything without the artifact
/// messages by which we learn what was written.
pub fn is_tracked_compile(args: &[OsString]) -> bool {
    let (mut named, mut out_dir, mut artifacts) = (false, false, false);
    let mut previous: &[u8] = b"";
    for arg in args {
        let arg = arg.as_bytes();
        match arg {
            b"-vV" | b"-V" | b"--version" | b"-" => return false,
            _ if arg.starts_with(b"--print") => return false,
            _ if arg.starts_with(b"@") => return true,
            _ => {}
        }
        named |= previous == b"--crate-name" && arg != b"___";
        out_dir |= arg == b"--out-dir" || arg.starts_with(b"--out-dir=");
        artifacts |= (arg.starts_with(b"--json") || previous == b"--json") && memchr::memmem::find(arg, b"artifacts").is_some();
        previous = arg;
    }
    named && out_dir && artifacts
}

/// The arguments with those that stand in response files in their place.
///
/// # Errors
/// [`WhyNot::ResponseFile`] if one cannot be read.
pub fn expand_response_files(args: &[OsString], cwd: &Path) -> Result<Vec<OsString>, WhyNot> {
    let mut all = Vec::with_capacity(args.len());
    for arg in args {
        match arg.as_bytes().strip_prefix(b"@") {
            Some(file) => {
                let path = cwd.join(OsStr::from_bytes(file));
                let text = std::fs::read_to_string(&path).map_err(|_| WhyNot::ResponseFile(path.display().to_string()))?;
                all.extend(text.lines().map(OsString::from));
            }
            None => all.push(arg.clone()),
        }
    }
    Ok(all)
}

/// An [`Invocation`] in the making.
struct Builder {
    inv: Invocation,
    source: Option<PathBuf>,
    artifacts: bool,
}

type Rest<'a> = std::slice::Iter<'a, OsString>;

impl Builder {
    fn new(tool: Tool) -> Self {
        let inv = Invocation {
            tool,
            crate_name: String::new(),
            crate_types: Vec::new(),
            test: false,
            source: PathBuf::new(),
            out_dir: PathBuf::new(),
            links: false,
            extra_filename: String::new(),
            externs: Vec::new(),
            native_dirs: Vec::new(),
            dependency_dirs: Vec::new(),
            native_libs: Vec::new(),
            incremental: None,
            linker: None,
            link_args: Vec::new(),
            target: None,
            diagnostic_width: None,
            target_cpu_native: false,
            remaps: Vec::new(),
            keyed: Vec::new(),
        };
        Self { inv, source: None, artifacts: false }
    }

    fn argument(&mut self, arg: &OsString, rest: &mut Rest<'_>) -> Result<(), WhyNot> {
        let bytes = arg.as_bytes();
        if let Some(long) = bytes.strip_prefix(b"--") {
            let long = std::str::from_utf8(long).map_err(|_| unknown(arg))?;
            if let Some((name, value)) = long.split_once('=') {
                return self.long(name, value.into());
            }
            if flags::LONG_WITH_VALUE.contains(&long) {
                let value = rest.next().ok_or_else(|| unknown(arg))?;
                return self.long(long, value.clone());
            }
            return self.long_alone(long);
        }
        match bytes {
            b"-" => Err(WhyNot::NotACompile),
            b"-O" | b"-g" | b"-v" => {
                self.keyed(bytes, b"");
                Ok(())
            }
            [b'-', letter, attached @ ..] if flags::SHORT_WITH_VALUE.contains(letter) => {
                let value = if attached.is_empty() {
                    rest.next().ok_or_else(|| unknown(arg))?.clone()
                } else {
                    OsString::from_vec(attached.strip_prefix(b"=").unwrap_or(attached).to_vec())
                };
                self.short(*letter, value)
            }
            [b'-', ..] => Err(unknown(arg)),
            _ if self.source.is_none() => {
                self.source = Some(PathBuf::from(arg));
                Ok(())
            }
            _ => Err(unknown(arg)),
        }
    }

    fn long_alone(&mut self, name: &str) -> Result<(), WhyNot> {
        match name {
            "test" => {
                self.inv.test = true;
                self.keyed(b"--test", b"");
                Ok(())
            }
            "verbose" => {
                self.keyed(b"-v", b"");
                Ok(())
            }
            "version" | "help" => Err(WhyNot::NotACompile),
            _ => Err(WhyNot::UnknownArgument(format!("--{name}"))),
        }
    }

    fn long(&mut self, name: &str, value: OsString) -> Result<(), WhyNot> {
        match name {
            "codegen" => return self.codegen(value),
            "extern" => return self.external(&value),
            "out-dir" => self.inv.out_dir = value.into(),
            "target" => self.inv.target = Some(utf8(value)?),
            "diagnostic-width" => self.inv.diagnostic_width = Some(utf8(value)?),
            "remap-path-prefix" => self.inv.remaps.push(value),
            "sysroot" => return Err(WhyNot::Toolchain("`--sysroot` is given".into())),
            "print" | "explain" => return Err(WhyNot::NotACompile),
            _ if flags::LONG_KEYED.contains(&name) => {
                self.keyed(name.as_bytes(), value.as_bytes());
                self.remember(name, utf8(value)?)?;
            }
            _ => return Err(WhyNot::UnknownArgument(format!("--{name}"))),
        }
        Ok(())
    }

    /// Fields that are read from keyed options as well.
    fn remember(&mut self, name: &str, value: String) -> Result<(), WhyNot> {
        match name {
            "crate-name" => self.inv.crate_name = value,
            "crate-type" => {
                for one in value.split(',') {
                    self.inv.crate_types.push(CrateType::parse(one)?);
                }
            }
            "emit" => {
                for one in value.split(',') {
                    match one {
                        "link" => self.inv.links = true,
                        "dep-info" | "metadata" => {}
                        other => return Err(WhyNot::Emit(other.into())),
                    }
                }
            }
            "json" => self.artifacts |= value.split(',').any(|v| v == "artifacts"),
            _ => {}
        }
        Ok(())
    }

    fn short(&mut self, letter: u8, value: OsString) -> Result<(), WhyNot> {
        match letter {
            b'C' => return self.codegen(value),
            b'L' => self.search(&value),
            b'l' => self.inv.native_libs.push(utf8(value)?),
            b'Z' => return Err(WhyNot::UnstableFlag(value.to_string_lossy().into_owned())),
            b'o' => return Err(WhyNot::SideEffect("-o".into())),
            _ => self.keyed(&[b'-', letter], value.as_bytes()),
        }
        Ok(())
    }

    fn search(&mut self, value: &OsStr) {
        let bytes = value.as_bytes();
        let (kind, dir) = match bytes.iter().position(|b| *b == b'=') {
            Some(i) => (&bytes[..i], &bytes[i + 1..]),
            None => (&b"all"[..], bytes),
        };
        let dir = PathBuf::from(OsStr::from_bytes(dir));
        if kind != b"native" && kind != b"framework" {
            self.inv.dependency_dirs.push(dir.clone());
        }
        if kind != b"dependency" && kind != b"crate" {
            self.inv.native_dirs.push(dir);
        }
    }

    fn external(&mut self, value: &OsStr) -> Result<(), WhyNot> {
        let bytes = value.as_bytes();
        let (name, path) = match bytes.iter().position(|b| *b == b'=') {
            Some(i) => (&bytes[..i], Some(PathBuf::from(OsStr::from_bytes(&bytes[i + 1..])))),
            None => (bytes, None),
        };
        let name = String::from_utf8(name.to_vec()).map_err(|_| unknown(value))?;
        self.inv.externs.push(Extern { name, path });
        Ok(())
    }

    fn codegen(&mut self, value: OsString) -> Result<(), WhyNot> {
        let bytes = value.as_bytes();
        let (name, setting) = match bytes.iter().position(|b| *b == b'=') {
            Some(i) => (&bytes[..i], &bytes[i + 1..]),
            None => (bytes, &b""[..]),
        };
        let name = std::str::from_utf8(name).map_err(|_| unknown(&value))?.replace('_', "-");
        let setting_os = OsStr::from_bytes(setting);
        match name.as_str() {
            "incremental" => self.inv.incremental = Some(setting_os.into()),
            "linker" => self.inv.linker = Some(setting_os.into()),
            "link-arg" => self.inv.link_args.push(setting_os.into()),
            "link-args" => {
                let parts = setting.split(|b| *b == b' ').filter(|p| !p.is_empty());
                self.inv.link_args.extend(parts.map(|p| OsStr::from_bytes(p).into()));
            }
            "split-debuginfo" if setting != b"off" => return Err(WhyNot::SideEffect("-C split-debuginfo".into())),
            "split-debuginfo" => {}
            _ if flags::CODEGEN_FORBIDDEN.contains(&name.as_str()) => return Err(WhyNot::SideEffect(format!("-C {name}"))),
            _ if flags::CODEGEN_KEYED.contains(&name.as_str()) => {
                self.inv.target_cpu_native |= name == "target-cpu" && setting == b"native";
                if name == "extra-filename" {
                    self.inv.extra_filename = utf8(setting_os.into())?;
                }
                self.keyed(format!("-C {name}").as_bytes(), setting);
            }
            _ => return Err(WhyNot::UnknownArgument(format!("-C {name}"))),
        }
        Ok(())
    }

    fn keyed(&mut self, name: &[u8], value: &[u8]) {
        self.inv.keyed.push([name, b"\0", value].concat());
    }

    fn finish(mut self) -> Result<Invocation, WhyNot> {
        let source = self.source.take().ok_or(WhyNot::NotACompile)?;
        if self.inv.crate_name.is_empty() || self.inv.out_dir.as_os_str().is_empty() || !self.artifacts {
            return Err(WhyNot::NotACompile);
        }
        self.inv.source = source;
        Ok(self.inv)
    }
}

fn unknown(arg: &OsStr) -> WhyNot {
    WhyNot::UnknownArgument(arg.to_string_lossy().into_owned())
}

fn utf8(value: OsString) -> Result<String, WhyNot> {
    value.into_string().map_err(|v| unknown(&v))
}

#[cfg(test)]
mod tests;
