//! What a recorded run of the linker leaves behind for the daemon: one directory, written by our stand-in for the linker.
//!
//! ```text
//! program            the linker as rustc would have named it (written before, by the wrapper)
//! hyperopt-linker/x  a link to our own program, under the linker's own file name: what rustc is told to run
//! arguments          what rustc passed, each ended by a NUL; response files are read out
//! environment        variables that rustc sets for a linker, `NAME=value`, each ended by a NUL
//! objects/N          the file that the Nth argument (from 0) names, if it goes when rustc ends
//! done               written last, and only if the linker was successful and silent
//! failed             written if the linker has failed of its own accord
//! took               milliseconds that the last run took
//! ```
//!
//! Whatever is not complete is nothing. It must never know what is done with it.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use crate::base::{env::EnvSnapshot, personality::LINKERS};

/// Variables that rustc sets or extends for the linker.
pub const VARIABLES: [&str; 4] = ["PATH", "LC_ALL", "VSLANG", "LD_LIBRARY_PATH"];

/// How rustc names objects that it has made itself and removes at its end.
const OWN: &[u8] = b".rcgu.o";

/// A recorded run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spool {
    pub program: OsString,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(String, OsString)>,
    /// By the number of the argument that names it.
    pub objects: BTreeMap<usize, PathBuf>,
}

/// Makes the directory ready; gives what rustc is to be told as its linker.
///
/// # Errors
/// Those of the file system.
pub fn prepare(dir: &Path, program: &OsStr, us: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(dir.join(LINKERS))?;
    fs::write(dir.join("program"), program.as_bytes())?;
    let name = Path::new(program).file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let link = dir.join(LINKERS).join(name);
    // A link that lasts, however the program is replaced meanwhile, where it can be had.
    if fs::hard_link(us, &link).is_err() {
        std::os::unix::fs::symlink(us, &link)?;
        fs::metadata(&link)?;
    }
    Ok(link)
}

/// The directory that a program called `name` belongs to, and the linker it stands for; `None` if it is no stand-in.
pub fn behind(name: &Path) -> Option<(PathBuf, OsString)> {
    let dir = name.parent().filter(|d| d.file_name() == Some(OsStr::new(LINKERS)))?.parent()?;
    let program = fs::read(dir.join("program")).ok()?;
    Some((dir.to_owned(), OsString::from_vec(program)))
}

/// Writes down a successful run, before rustc removes its files.
///
/// # Errors
/// Those of the file system; then there is no record.
pub fn write(dir: &Path, arguments: &[OsString], environment: &EnvSnapshot) -> io::Result<()> {
    let arguments = expand(arguments)?;
    let objects = dir.join("objects");
    // rustc may run its linker again, with other arguments.
    drop(fs::remove_file(dir.join("done")));
    drop(fs::remove_dir_all(&objects));
    fs::create_dir(&objects)?;
    let output = arguments.iter().position(|a| a == "-o").and_then(|i| arguments.get(i + 1));
    let beside = output.and_then(|o| Path::new(o).parent()).unwrap_or(Path::new(""));
    for (n, argument) in arguments.iter().enumerate() {
        let path = Path::new(argument);
        if goes_with_rustc(path, beside) && path.is_file() {
            let to = objects.join(n.to_string());
            if fs::hard_link(path, &to).is_err() {
                fs::copy(path, &to)?;
            }
        } else if goes_with_rustc(path, beside) && fs::read_dir(path).is_ok_and(|mut d| d.next().is_some()) {
            return Err(io::Error::other("a directory that is not empty"));
        }
    }
    let variables =
        VARIABLES.iter().filter_map(|name| Some([name.as_bytes(), b"=", environment.get_bytes(name.as_bytes())?].concat()));
    fs::write(dir.join("environment"), ended(variables))?;
    fs::write(dir.join("arguments"), ended(arguments.iter().map(|a| a.as_bytes().to_vec())))?;
    fs::write(dir.join("done"), b"")
}

/// Notes that the linker was run and has failed: it is no fault of ours.
pub fn note_failure(dir: &Path) {
    drop(fs::write(dir.join("failed"), b""));
}

/// Notes how long the linker took. Without the note nobody knows.
pub fn note_time(dir: &Path, millis: u64) {
    drop(fs::write(dir.join("took"), millis.to_string()));
}

/// How long the linker took, in milliseconds.
pub fn took(dir: &Path) -> Option<u64> {
    fs::read_to_string(dir.join("took")).ok()?.parse().ok()
}

/// Whether the linker was run and has failed.
pub fn has_failed(dir: &Path) -> bool {
    dir.join("failed").exists()
}

/// One of rustc's own objects beside the output, or something in its temporary directory there.
fn goes_with_rustc(path: &Path, beside: &Path) -> bool {
    let Some(parent) = path.parent() else { return false };
    (parent == beside && path.as_os_str().as_bytes().ends_with(OWN)) || is_temporary(parent, beside)
}

/// Whether `dir` is a temporary directory of rustc's in `beside`.
pub fn is_temporary(dir: &Path, beside: &Path) -> bool {
    let name = dir.file_name().unwrap_or_default().as_bytes();
    dir.parent() == Some(beside) && name.strip_prefix(b"rustc").is_some_and(|rest| rest.len() == 6)
}

fn ended(items: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    items.into_iter().flat_map(|item| [item, vec![0]].concat()).collect()
}

/// The arguments with response files read out, as rustc writes them for linkers like GNU's: one argument a line, spaces and
/// backslashes escaped by a backslash.
fn expand(arguments: &[OsString]) -> io::Result<Vec<OsString>> {
    let mut all = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let Some(file) = argument.as_bytes().strip_prefix(b"@") else {
            all.push(argument.clone());
            continue;
        };
        let text = fs::read(OsStr::from_bytes(file))?;
        all.extend(text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(unescape));
    }
    Ok(all)
}

fn unescape(line: &[u8]) -> OsString {
    let mut bytes = line.iter();
    let mut out = Vec::with_capacity(line.len());
    while let Some(&b) = bytes.next() {
        out.push(if b == b'\\' { bytes.next().copied().unwrap_or(b) } else { b });
    }
    OsString::from_vec(out)
}

/// Arguments in the form of a response file.
pub fn response_file(arguments: &[OsString]) -> Vec<u8> {
    let mut out = Vec::new();
    for argument in arguments {
        for &b in argument.as_bytes() {
            if b == b'\\' || b == b' ' {
                out.push(b'\\');
            }
            out.push(b);
        }
        out.push(b'\n');
    }
    out
}

/// The run that a directory records; `None` if there is none.
pub fn read(dir: &Path) -> Option<Spool> {
    fs::metadata(dir.join("done")).ok()?;
    let items = |name: &str| -> Option<Vec<OsString>> {
        let bytes = fs::read(dir.join(name)).ok()?;
        let bytes = bytes.strip_suffix(b"\0")?;
        Some(bytes.split(|b| *b == 0).map(|item| OsString::from_vec(item.to_vec())).collect())
    };
    let arguments = items("arguments")?;
    let variable = |item: OsString| {
        let at = item.as_bytes().iter().position(|b| *b == b'=')?;
        Some((String::from_utf8(item.as_bytes()[..at].to_vec()).ok()?, OsStr::from_bytes(&item.as_bytes()[at + 1..]).to_owned()))
    };
    let environment = items("environment")?.into_iter().filter_map(variable).collect();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<usize>().ok().filter(|n| *n < arguments.len());
    let found = fs::read_dir(dir.join("objects")).ok()?.flatten().map(|e| e.path());
    let objects = found.map(|path| Some((number(&path)?, path))).collect::<Option<_>>()?;
    let program = OsString::from_vec(fs::read(dir.join("program")).ok()?);
    Some(Spool { program, arguments, environment, objects })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_with_rustc_is_kept_and_read_again() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (out, spool) = (dir.path().join("deps"), dir.path().join("spool"));
        fs::create_dir_all(out.join("rustcAbc123/raw-dylibs")).expect("created");
        let link = prepare(&spool, OsStr::new("/opt/x/my-cc"), Path::new("/bin/true")).expect("prepared");
        assert_eq!(link, spool.join("hyperopt-linker/my-cc"));
        assert_eq!(behind(&link), Some((spool.clone(), "/opt/x/my-cc".into())));
        assert_eq!(behind(Path::new("/usr/bin/cc")), None);
        let own = ["a.x.rcgu.o", "rustcAbc123/symbols.o"].map(|n| out.join(n));
        own.iter().for_each(|o| fs::write(o, o.as_os_str().as_bytes()).expect("written"));
        fs::write(out.join("libz.rlib"), "z").expect("written");
        let listed = [out.join("libz.rlib"), "/with space/and\\slash".into()].map(PathBuf::into_os_string);
        fs::write(out.join("rustcAbc123/linker-arguments"), response_file(&listed)).expect("written");
        let arguments: Vec<OsString> = [
            own[0].clone(),
            own[1].clone(),
            "-L".into(),
            out.join("rustcAbc123/raw-dylibs"),
            format!("@{}", out.join("rustcAbc123/linker-arguments").display()).into(),
            "-o".into(),
            out.join("a"),
        ]
        .map(PathBuf::into_os_string)
        .to_vec();
        assert_eq!(read(&spool), None, "not yet");
        assert_eq!(took(&spool), None);
        note_time(&spool, 12);
        assert_eq!(took(&spool), Some(12));
        write(&spool, &arguments, &EnvSnapshot::current()).expect("written");
        let read_back = read(&spool).expect("complete");
        assert_eq!(read_back.arguments[4..6], listed);
        assert_eq!(read_back.objects.keys().copied().collect::<Vec<_>>(), [0, 1]);
        assert_eq!(fs::read(&read_back.objects[&1]).expect("there"), own[1].as_os_str().as_bytes());
        assert!(read_back.environment.iter().any(|(name, _)| name == "PATH"));
        fs::write(out.join("rustcAbc123/raw-dylibs/x.so"), "x").expect("written");
        assert!(write(&spool, &arguments, &EnvSnapshot::current()).is_err(), "made by rustc, and not an argument");
        assert_eq!(read(&spool), None);
    }
}
