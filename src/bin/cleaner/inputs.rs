//! Which files a run is about.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use once_cell::sync::OnceCell;
use walkdir::WalkDir;

use crate::console::Console;
use crate::formats::{self, Format};
use crate::output;

/// One file of documents, or standard input: a page of text is a file of one document.
#[derive(Debug)]
pub struct Input {
    /// `None`: standard input.
    file: Option<PathBuf>,
    /// Its name for people.
    name: String,
    /// The name for programs, once somebody has asked.
    path: OnceCell<String>,
    /// Its path below an output folder; `None` for a standard input without a name.
    pub below: Option<PathBuf>,
    /// Whether its file is known to be no link itself.
    is_plain: bool,
    /// The size of its file, if it is an ordinary one, once somebody has asked.
    size: OnceCell<Option<u64>>,
}

/// The files of a run.
#[derive(Debug, Default)]
pub struct Inputs {
    pub list: Vec<Input>,
    /// The folders that were named.
    pub folders: Vec<PathBuf>,
    /// Whether there are several files, or a folder was named, which may hold several tomorrow.
    pub are_many: bool,
    /// How many paths could not be looked at; each has been told.
    pub failed: usize,
}

impl Inputs {
    /// The files that paths and a list of files name: files themselves, and those below folders
    /// whose names tell their format; `follow`: also behind links. Without any of both it is standard
    /// input.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn find(
        paths: &[PathBuf],
        listed: Option<Vec<PathBuf>>,
        stdin_name: Option<&str>,
        follow: bool,
        console: Console,
    ) -> Result<Inputs, String> {
        let stdin = [PathBuf::from("-")];
        let paths = if paths.is_empty() && listed.is_none() {
            &stdin[..]
        } else {
            paths
        };
        if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
            return Err("`-`, standard input, is named twice".to_owned());
        }
        let mut inputs = Inputs {
            are_many: paths.len() > 1 || listed.is_some(),
            ..Inputs::default()
        };
        for path in paths {
            if is_stdin(path) {
                inputs.list.push(Input::stdin(stdin_name));
                continue;
            }
            match path.metadata() {
                Ok(metadata) if metadata.is_dir() => {
                    inputs.are_many = true;
                    inputs.folders.push(path.clone());
                    inputs.find_below(path, Which::Read, follow, console);
                }
                Ok(_) => {
                    let below = path.file_name().map(PathBuf::from);
                    inputs.list.push(Input::file(path.clone(), below));
                }
                Err(error) => {
                    inputs.failed += 1;
                    console.error(&path.display().to_string(), error);
                }
            }
        }
        for path in listed.into_iter().flatten() {
            let below = listed_below(&path);
            inputs.list.push(Input::file(path, below));
        }
        Ok(inputs)
    }

    /// Leaves out the attributes that stand beside documents in a folder.
    pub fn leave_out_attributes(&mut self) {
        let is_attribute = |input: &Input| {
            let mut parts = input.below.iter().flat_map(|below| below.components());
            parts
                .next()
                .is_some_and(|first| first.as_os_str() == "attributes")
        };
        if !self.folders.is_empty() {
            self.list.retain(|input| !is_attribute(input));
        }
    }

    /// All files below a folder into which a run has written: there are such of any name.
    pub fn written_below(folder: &Path, console: Console) -> Inputs {
        let mut inputs = Inputs::default();
        inputs.find_below(folder, Which::Written, true, console);
        inputs
    }

    /// Adds the files below a folder.
    fn find_below(&mut self, folder: &Path, which: Which, follow: bool, console: Console) {
        let before = self.list.len() + self.failed;
        let (mut unread, mut links) = (0, 0);
        let walk = WalkDir::new(folder)
            .follow_links(follow)
            .sort_by_file_name();
        let walk = walk
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || which.reaches(entry.path()));
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_file() && which.has(entry.path()) => {
                    let below = entry.path().strip_prefix(folder).map(PathBuf::from).ok();
                    let is_plain = !entry.path_is_symlink();
                    self.list.push(Input {
                        is_plain,
                        ..Input::file(entry.into_path(), below)
                    });
                }
                Ok(entry) if entry.file_type().is_file() && is_unread(entry.path()) => unread += 1,
                Ok(entry) if entry.path_is_symlink() && entry.depth() > 0 && !follow => {
                    let is_meant = which.has(entry.path()) || entry.path().is_dir();
                    links += usize::from(is_meant);
                }
                Ok(_) => {}
                // An editor's lock is a hidden link to nowhere.
                Err(error) if error.depth() > 0 && error.path().is_some_and(is_hidden) => {}
                Err(error) => {
                    self.failed += 1;
                    let name = error.path().unwrap_or(folder).display().to_string();
                    match error.loop_ancestor() {
                        Some(ancestor) => {
                            let ancestor = ancestor.display();
                            console.error(&name, format!("this link leads back to {ancestor}"));
                        }
                        None => console.error(&name, reason(error)),
                    }
                }
            }
        }
        if links > 0 {
            let name = folder.display().to_string();
            console.note(
                &name,
                format!("links left out: {links}; --follow follows them"),
            );
        }
        if unread > 0 {
            let name = folder.display().to_string();
            let what = format!(
                "files left out, since their format is not read, or not told by a bare .json: {unread}"
            );
            console.note(&name, what);
        }
        if before == self.list.len() + self.failed {
            let name = folder.display().to_string();
            console.note(&name, "no files to clean are in this folder (*.txt, *.jsonl, *.wet, *.parquet; also .gz and .zst)");
        }
    }
}

/// Which files below a folder are meant.
#[derive(Clone, Copy, PartialEq)]
enum Which {
    /// Those whose names tell that they are read.
    Read,
    /// All but those that a run keeps for itself.
    Written,
}

impl Which {
    fn reaches(self, path: &Path) -> bool {
        match self {
            Which::Read => !is_hidden(path),
            Which::Written => !output::is_own(path),
        }
    }

    fn has(self, path: &Path) -> bool {
        self == Which::Written || formats::named(path).0.is_some()
    }
}

impl Input {
    /// A file.
    pub fn file(path: PathBuf, below: Option<PathBuf>) -> Input {
        Input {
            name: path.display().to_string(),
            file: Some(path),
            path: OnceCell::new(),
            below,
            is_plain: false,
            size: OnceCell::new(),
        }
    }

    fn stdin(name: Option<&str>) -> Input {
        Input {
            file: None,
            name: name.unwrap_or("<stdin>").to_owned(),
            path: OnceCell::new(),
            below: name
                .and_then(|name| Path::new(name).file_name())
                .map(PathBuf::from),
            is_plain: false,
            size: OnceCell::new(),
        }
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name as the system has it, which need not be Unicode.
    pub fn raw_name(&self) -> &[u8] {
        match &self.file {
            Some(path) => path.as_os_str().as_encoded_bytes(),
            None => self.name.as_bytes(),
        }
    }

    /// The file that it is in; `None` for standard input.
    pub fn as_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Its path for programs; `None` for a standard input without a name.
    pub fn path(&self) -> Option<&str> {
        self.below.as_ref()?;
        let path = || slashed(Path::new(&self.name));
        Some(self.path.get_or_init(path))
    }

    /// The format that its name tells.
    pub fn format(&self) -> Option<Format> {
        let path = self.file.as_deref().unwrap_or(Path::new(&self.name));
        formats::named(path).0
    }

    /// Whether its file is known to be no link itself.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The size of its file, which may be compressed, as it was when it was asked for first: bytes; 0 if
    /// it is no ordinary file.
    pub fn size(&self) -> u64 {
        self.known_size().unwrap_or(0)
    }

    /// The same; `None` if it is no ordinary file.
    pub fn known_size(&self) -> Option<u64> {
        *self.size.get_or_init(|| {
            let metadata = self.file.as_ref().and_then(|file| file.metadata().ok());
            let file = metadata.filter(|metadata| metadata.is_file());
            file.map(|metadata| metadata.len())
        })
    }
}

pub fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whether it is rather a file of documents that is not read than something beside them.
fn is_unread(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    [
        "json", "xz", "bz2", "lz4", "br", "zip", "csv", "tsv", "arrow",
    ]
    .contains(&&*extension)
}

/// Whether a path is left out of folders.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// What is wrong with a path, without the path.
fn reason(error: walkdir::Error) -> String {
    match error.io_error() {
        Some(error) => error.to_string(),
        None => error.to_string(),
    }
}

/// A path for programs: with slashes on any system.
pub fn slashed(path: &Path) -> String {
    let mut slashed = String::new();
    for component in path.components() {
        match component {
            Component::CurDir => continue,
            Component::RootDir if slashed.is_empty() => {}
            Component::RootDir => continue,
            _ => slashed.push_str(&component.as_os_str().to_string_lossy()),
        }
        slashed.push('/');
    }
    slashed.pop();
    slashed
}

/// Where a listed file goes below an output folder: under its own path, if that stays in the folder.
fn listed_below(path: &Path) -> Option<PathBuf> {
    let mut below = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => below.push(name),
            _ => return path.file_name().map(PathBuf::from),
        }
    }
    Some(below)
}

/// The paths that a list names: one a line, or, with `by_nul`, each with a NUL behind it.
///
/// # Errors
/// What is wrong, in words.
pub fn listed(list: &Path, by_nul: bool) -> Result<Vec<PathBuf>, String> {
    let mut bytes = Vec::new();
    let read = if is_stdin(list) {
        io::stdin().read_to_end(&mut bytes)
    } else {
        File::open(list).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("{}: {error}", list.display()))?;
    let has_nul = bytes.contains(&0);
    if has_nul && !by_nul {
        return Err(format!(
            "{}: this list has NULs; -0 reads it",
            list.display()
        ));
    }
    if by_nul && !has_nul && bytes.contains(&b'\n') {
        return Err(format!(
            "{}: this list has lines and no NUL; leave out -0",
            list.display()
        ));
    }
    let end = if by_nul { 0 } else { b'\n' };
    let paths = bytes.split(|&byte| byte == end).map(|path| {
        if by_nul {
            path
        } else {
            path.strip_suffix(b"\r").unwrap_or(path)
        }
    });
    paths.filter(|path| !path.is_empty()).map(path_of).collect()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Result<PathBuf, String> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Result<PathBuf, String> {
    let path = String::from_utf8(bytes.to_vec());
    path.map(PathBuf::from)
        .map_err(|_| "the list of files is not UTF-8".to_owned())
}
