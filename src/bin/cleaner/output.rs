//! Where cleaned files are written, and writing a file whole or not at all.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, RwLock, RwLockReadGuard};

use once_cell::sync::OnceCell;
use tempfile::NamedTempFile;

use crate::console::tell;
use crate::formats::{self, Compression, Format};
use crate::inputs::{Input, Inputs};
use crate::listed::List;

/// The files that inputs are written to.
pub struct Targets {
    /// In the order of the inputs.
    pub files: Vec<PathBuf>,
    /// The output folder that they are in, which is made as it is needed.
    pub folder: Option<PathBuf>,
}

/// What becomes of an input's name in an output folder.
#[derive(Clone, Copy)]
pub struct Naming {
    /// Another format than the input's.
    pub to: Option<Format>,
    /// Another compression than the input's.
    pub compression: Option<Compression>,
}

impl Naming {
    fn of(self, path: &Path) -> PathBuf {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (_, before) = formats::named(path);
        if self.to.is_none() && self.compression.is_none_or(|asked| asked == before) {
            return path.to_owned();
        }
        let mut name = match self.to {
            Some(_) => format!("{}.jsonl", formats::stem(&name)),
            None if before == Compression::None => name.into_owned(),
            None => name
                .rsplit_once('.')
                .map_or("", |(stem, _)| stem)
                .to_owned(),
        };
        name.push_str(match self.compression.unwrap_or(before) {
            Compression::None => "",
            Compression::Gz => ".gz",
            Compression::Zst => ".zst",
        });
        path.with_file_name(name)
    }
}

impl Targets {
    /// The file, or the files below a folder, that `--output` names.
    ///
    /// # Errors
    /// What is wrong, in words: an output that is an input, two outputs that are one file.
    pub fn at(output: &Path, naming: Naming, inputs: &Inputs) -> Result<Targets, String> {
        let in_folder = is_folder(inputs, output)?;
        let files = if in_folder {
            below(output, naming, inputs)?
        } else {
            vec![output.to_owned(); inputs.list.len()]
        };
        refuse_overlap(inputs, &files)?;
        let folder = in_folder.then(|| output.to_owned());
        Ok(Targets { files, folder })
    }

    /// The files of the inputs themselves.
    ///
    /// # Errors
    /// What is wrong, in words: two inputs that are one file.
    pub fn in_place(inputs: &Inputs) -> Result<Targets, String> {
        let mut folders = Folders::default();
        let mut owners: HashMap<OsString, &str> = HashMap::new();
        let mut files = Vec::with_capacity(inputs.list.len());
        for input in &inputs.list {
            let Some(file) = input.as_file() else {
                return Err("standard input cannot be rewritten in place".to_owned());
            };
            if input.known_size().is_none() {
                let name = input.name();
                return Err(format!(
                    "{name} is no ordinary file, and cannot be rewritten in place"
                ));
            }
            let real = key(&folders.resolved(file, input.is_plain()));
            if let Some(other) = owners.insert(real, input.name()) {
                let name = input.name();
                return Err(format!(
                    "{other} and {name} are one file, which would be rewritten twice; name it once"
                ));
            }
            files.push(file.to_owned());
        }
        Ok(Targets {
            files,
            folder: None,
        })
    }

    /// The files of attributes beside files of documents, as Dolma lays them out:
    /// `attributes/NAME/` where those have `documents/`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn beside(name: &str, inputs: &Inputs) -> Result<Targets, String> {
        let beside = |file: &Path| {
            let mut parts: Vec<Component> = file.components().collect();
            let at = parts
                .iter()
                .rposition(|part| part.as_os_str() == "documents")?;
            parts[at] = Component::Normal("attributes".as_ref());
            parts.insert(at + 1, Component::Normal(name.as_ref()));
            Some(parts.iter().collect::<PathBuf>())
        };
        let files = inputs.list.iter().map(|input| {
            input.as_file().and_then(beside).ok_or_else(|| {
                format!(
                    "{} is not below a folder named documents, so that its attributes have no place; name one with --output",
                    input.name()
                )
            })
        });
        let files: Vec<PathBuf> = files.collect::<Result<_, _>>()?;
        refuse_overlap(inputs, &files)?;
        Ok(Targets {
            files,
            folder: Some(PathBuf::new()),
        })
    }

    /// Begins to write the file of the input of this number.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn begin(&self, at: usize) -> Result<Pending, String> {
        let file = &self.files[at];
        let begun = match Pending::new(file) {
            // Its folder is made when the first file needs it.
            Err(error) if self.folder.is_some() && error.kind() == io::ErrorKind::NotFound => {
                make_folder(file).and_then(|()| Pending::new(file))
            }
            begun => begun,
        };
        begun.map_err(|error| self.cannot(at, &error))
    }

    /// Whether the file of the input of this number appears when it is whole: what was written of it is
    /// dropped otherwise.
    pub fn can_wait(&self, at: usize) -> bool {
        fs::metadata(&self.files[at]).map_or(true, |known| known.is_file())
    }

    /// That the file of the input of this number cannot be written, in words.
    pub fn cannot(&self, at: usize, error: &impl fmt::Display) -> String {
        format!("cannot write {}: {error}", self.files[at].display())
    }

    /// How the file of the input of this number is compressed.
    pub fn compression(&self, at: usize) -> Compression {
        formats::named(&self.files[at]).1
    }
}

/// The path of each input below an output folder.
fn below(output: &Path, naming: Naming, inputs: &Inputs) -> Result<Vec<PathBuf>, String> {
    let real = resolved(output);
    for folder in &inputs.folders {
        if real.starts_with(resolved(folder)) {
            let (output, folder) = (output.display(), folder.display());
            return Err(format!(
                "the output folder {output} is {folder}, or inside it; to rewrite files where they are use --in-place"
            ));
        }
    }
    let target = |below: &Option<PathBuf>| {
        let below = below.as_ref().map(|below| output.join(naming.of(below)));
        below.ok_or_else(|| {
            "standard input has no name to be written under; give it one with --stdin-filename"
                .to_owned()
        })
    };
    inputs
        .list
        .iter()
        .map(|input| target(&input.below))
        .collect()
}

/// Whether outputs go into the folder `output`.
fn is_folder(inputs: &Inputs, output: &Path) -> Result<bool, String> {
    let wanted = inputs.are_many || ends_as_folder(output);
    match output.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(wanted),
        _ if wanted => Err(format!("{} is not a folder", output.display())),
        _ => Ok(false),
    }
}

fn ends_as_folder(path: &Path) -> bool {
    let last = path.as_os_str().as_encoded_bytes().last();
    last.is_some_and(|&last| std::path::is_separator(last.into()))
}

/// Whether a path is that of a folder, or is written as one that is to be made.
pub fn is_meant_as_folder(path: &Path) -> bool {
    path.is_dir() || ends_as_folder(path)
}

/// Where in a folder is a list's file for the file of this path in the output folder.
pub fn beside_path(folder: &Path, target: &Path, list: List) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    match list {
        List::Removed => {
            name.push(".removed.jsonl");
            name.push(match formats::named(target).1 {
                Compression::None => "",
                Compression::Gz => ".gz",
                Compression::Zst => ".zst",
            });
        }
        // Records as they are: the name tells their format.
        List::Rejected => {
            let mut rejected = OsString::from("rejected-");
            rejected.push(&name);
            name = rejected;
        }
    }
    folder.join(target).with_file_name(name)
}

/// Refuses a standard output that is a file which is read: it would grow as long as there is room.
///
/// # Errors
/// What is wrong, in words.
#[cfg(unix)]
pub fn refuse_own_input(inputs: &Inputs) -> Result<(), String> {
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::fs::MetadataExt;

    let metadata = |stream: BorrowedFd| {
        let file = stream.try_clone_to_owned().map(File::from);
        file.and_then(|file| file.metadata())
    };
    let Ok(stdout) = metadata(io::stdout().as_fd()) else {
        return Ok(());
    };
    let is_it = |input: &&Input| {
        let read = match input.as_file() {
            Some(file) => file.metadata(),
            None => metadata(io::stdin().as_fd()),
        };
        read.is_ok_and(|read| (read.dev(), read.ino()) == (stdout.dev(), stdout.ino()))
    };
    match inputs
        .list
        .iter()
        .find(|input| stdout.is_file() && is_it(input))
    {
        Some(input) => Err(format!(
            "standard output is the input {}; write it elsewhere, or use --in-place to rewrite files where they are",
            input.name()
        )),
        None => Ok(()),
    }
}

/// Elsewhere the system does not say which file it is.
#[cfg(not(unix))]
pub fn refuse_own_input(_: &Inputs) -> Result<(), String> {
    Ok(())
}

fn refuse_overlap(inputs: &Inputs, targets: &[PathBuf]) -> Result<(), String> {
    let mut folders = Folders::default();
    let read: HashSet<OsString> = inputs
        .list
        .iter()
        .filter_map(|input| Some((input.as_file()?, input.is_plain())))
        .map(|(file, is_plain)| key(&folders.resolved(file, is_plain)))
        .collect();
    let mut owners: HashMap<OsString, &str> = HashMap::new();
    for (input, target) in inputs.list.iter().zip(targets) {
        let real = key(&folders.resolved(target, false));
        let shown = target.display();
        if read.contains(&real) {
            return Err(format!(
                "the output {shown} is an input too; to rewrite files where they are use --in-place"
            ));
        }
        if let Some(other) = owners.insert(real, input.name()) {
            let name = input.name();
            return Err(format!(
                "{other} and {name} would both be written to {shown}"
            ));
        }
    }
    // Many files are in few folders.
    let folders = owners.keys().filter_map(|real| Path::new(real).parent());
    let folders: HashSet<&OsStr> = folders.map(Path::as_os_str).collect();
    let mut paths = folders
        .into_iter()
        .flat_map(|folder| Path::new(folder).ancestors());
    let Some(file) = paths.find(|path| owners.contains_key(path.as_os_str())) else {
        return Ok(());
    };
    let inside = |path: &Path| path.starts_with(file) && path != file;
    let names = owners.iter().filter(|(path, _)| inside(path.as_ref()));
    let name = names
        .map(|(_, name)| name)
        .min()
        .copied()
        .unwrap_or_default();
    let over = owners[file.as_os_str()];
    Err(format!(
        "{over} would be written where {name} needs a folder"
    ))
}

/// Refuses outputs that would take the place of a file that the run is told by, files beside them that would take
/// that of one, of an input, of an output, or of one another, and such files and folders of files as would be taken
/// for inputs or outputs where they are. `told_by`: these files, each with what it is.
///
/// # Errors
/// What is wrong, in words.
pub fn refuse_beside<'r>(
    inputs: &Inputs,
    targets: Option<&Targets>,
    told_by: impl Iterator<Item = (&'r Path, &'r str)>,
    beside: &[&Path],
) -> Result<(), String> {
    if beside.is_empty() && targets.is_none() {
        return Ok(());
    }
    let mut folders = Folders::default();
    let mut real = |path: &Path| key(&folders.resolved(path, false));
    let read = inputs.list.iter().filter_map(|input| input.as_file());
    let written = targets.iter().flat_map(|targets| &targets.files);
    let mut taken: HashMap<OsString, &str> = HashMap::new();
    taken.extend(told_by.map(|(path, what)| (real(path), what)));
    for path in written {
        // That no two outputs are one file is known.
        if let Some(what) = taken.insert(real(path), "an output too") {
            return Err(format!("the output {} is {what}", path.display()));
        }
    }
    taken.extend(read.map(|path| (real(path), "an input too")));
    for path in beside {
        let (shown, real) = (path.display(), real(path));
        if !is_meant_as_folder(path) {
            if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
                // A device takes everything.
                continue;
            }
            if let Some(what) = taken.insert(real.clone(), "to be written twice") {
                return Err(format!("the file {shown} is {what}"));
            }
            // By another name it would be no page.
            let is_page = formats::named(path).0.is_some();
            if let Some(folder) = folder_around(&real, &inputs.folders).filter(|_| is_page) {
                let folder = folder.display();
                return Err(format!(
                    "the file {shown} is inside {folder}; it would be an input next time"
                ));
            }
            continue;
        }
        let outputs = targets.and_then(|targets| targets.folder.as_ref());
        let outputs = outputs.map_or(&[][..], std::slice::from_ref);
        let input = folder_around(&real, &inputs.folders);
        let (folder, what) = match (input, folder_around(&real, outputs)) {
            (Some(folder), _) => (folder, "an input next time"),
            (None, Some(folder)) => (folder, "taken for a cleaned file"),
            (None, None) => continue,
        };
        let folder = folder.display();
        return Err(format!(
            "the folder {shown} is {folder}, or inside it; what is written there would be {what}"
        ));
    }
    Ok(())
}

/// Refuses a folder of a list in which two inputs would have one file, or a file that is an input;
/// `name`: that of an input, below the folder.
///
/// # Errors
/// What is wrong, in words.
pub fn refuse_shared<'a>(
    inputs: &Inputs,
    list: List,
    folder: &Path,
    name: impl Fn(usize) -> &'a Path,
) -> Result<(), String> {
    let mut folders = Folders::default();
    let read = inputs.list.iter().filter_map(|input| input.as_file());
    let read: HashSet<OsString> = read
        .map(|file| key(&folders.resolved(file, false)))
        .collect();
    let mut owners: HashMap<OsString, &str> = HashMap::new();
    for (at, input) in inputs.list.iter().enumerate() {
        let path = beside_path(folder, name(at), list);
        let real = key(&folders.resolved(&path, false));
        let (shown, input) = (path.display(), input.name());
        if read.contains(&real) {
            return Err(format!("the file {shown} is an input too"));
        }
        if let Some(other) = owners.insert(real, input) {
            return Err(format!(
                "{other} and {input} would both have {shown}; name a folder for each"
            ));
        }
    }
    Ok(())
}

/// The folder of these that a path without links, as [`key`] has it, is or is inside of.
fn folder_around<'f>(path: &OsStr, folders: &'f [PathBuf]) -> Option<&'f PathBuf> {
    let is_around = |folder: &&PathBuf| Path::new(path).starts_with(key(&resolved(folder)));
    folders.iter().find(is_around)
}

/// What two paths without links have in common if and only if they are one file: of many it is looked
/// up faster than paths are, part by part.
fn key(path: &Path) -> OsString {
    if cfg!(any(windows, target_os = "macos")) {
        path.to_string_lossy().to_lowercase().into()
    } else {
        path.as_os_str().to_owned()
    }
}

/// The path without links, also of what is not there yet.
pub fn resolved(path: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else {
        return path.to_owned();
    };
    let real = absolute.ancestors().find_map(|ancestor| {
        let real = ancestor.canonicalize().ok()?;
        let rest = absolute.strip_prefix(ancestor).ok()?;
        // What is not there yet will be no link: of it `..` leads back.
        let mut path = real;
        let mut leads_back = false;
        for part in rest.components() {
            if part == Component::ParentDir {
                leads_back = true;
                path.pop();
            } else {
                path.push(part);
            }
        }
        Some(if leads_back { resolved(&path) } else { path })
    });
    real.unwrap_or(absolute)
}

/// Folders without links, and whether they are there, each found out once: many files are in few
/// folders.
#[derive(Default)]
struct Folders(HashMap<OsString, (PathBuf, bool)>);

impl Folders {
    /// [`resolved`] of the path of a file; `is_plain`: whether it is known to be no link itself.
    fn resolved(&mut self, path: &Path, is_plain: bool) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return resolved(path);
        };
        let known = folder.as_os_str();
        if !self.0.contains_key(known) {
            let real = resolved(&Path::new(".").join(folder));
            let is_there = real.exists();
            self.0.insert(known.to_owned(), (real, is_there));
        }
        let (folder, is_there) = &self.0[known];
        let real = folder.join(name);
        if is_plain || !is_there {
            return real;
        }
        match real.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => resolved(path),
            _ => real,
        }
    }
}

/// A file that is being written: it appears whole under its name, or stays as it was.
///
/// A link is written through, and an existing file keeps its permissions. What is neither there
/// nor an ordinary file, such as `/dev/null`, is just written to.
pub struct Pending {
    file: Writing,
    /// Bytes written so far.
    pub size: u64,
}

enum Writing {
    Device(File),
    Temporary {
        file: Temporary,
        target: PathBuf,
        before: Option<Box<fs::Metadata>>,
    },
}

impl Pending {
    /// Begins to write a file, in the target's own folder.
    pub fn new(target: &Path) -> io::Result<Pending> {
        if let Some(descriptor) = descriptor(target) {
            return Ok(Pending {
                file: Writing::Device(descriptor?),
                size: 0,
            });
        }
        let known = match target.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => Some(target.metadata()?),
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let before = match known {
            Some(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Some(metadata) if !metadata.is_file() => {
                let device = File::options().write(true).open(target)?;
                return Ok(Pending {
                    file: Writing::Device(device),
                    size: 0,
                });
            }
            known => known.map(Box::new),
        };
        let target = match before {
            Some(_) => target.canonicalize()?,
            None => target.to_owned(),
        };
        let file = Temporary::new(folder_of(&target), before.is_none())?;
        Ok(Pending {
            file: Writing::Temporary {
                file,
                target,
                before,
            },
            size: 0,
        })
    }

    /// Whether what is written is there at once, and stays also where the file is not committed.
    pub fn is_device(&self) -> bool {
        matches!(self.file, Writing::Device(_))
    }

    /// Puts the file under its name, where it outlasts a power cut.
    pub fn commit(self) -> io::Result<()> {
        self.put(true)
    }

    /// Puts the file under its name. Where it is new it may not outlast a power cut: waiting for the
    /// disk takes ten times as long as all else that is done with a page.
    pub fn commit_page(self) -> io::Result<()> {
        let is_new = matches!(self.file, Writing::Temporary { before: None, .. });
        self.put(!is_new)
    }

    fn put(self, outlasts: bool) -> io::Result<()> {
        let Writing::Temporary {
            file,
            target,
            before,
        } = self.file
        else {
            return Ok(());
        };
        if let Some(before) = before {
            keep_owner(file.as_file(), &before);
            file.as_file().set_permissions(before.permissions())?;
        }
        if outlasts {
            file.as_file().sync_all()?;
        }
        file.persist(&target)?;
        if outlasts {
            sync_folder(folder_of(&target))?;
        }
        Ok(())
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.file {
            Writing::Device(device) => device.write(bytes),
            Writing::Temporary { file, .. } => file.as_file().write(bytes),
        }?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is open already under a name such as /dev/stdout, be it a file: that is written on, and not replaced.
#[cfg(unix)]
fn descriptor(target: &Path) -> Option<io::Result<File>> {
    use std::os::fd::AsFd;
    let number = match target.to_str()? {
        "/dev/stdout" => "1",
        "/dev/stderr" => "2",
        path => ["/dev/fd/", "/proc/self/fd/"]
            .iter()
            .find_map(|folder| path.strip_prefix(folder))?,
    };
    Some(match number {
        "1" => io::stdout().as_fd().try_clone_to_owned().map(File::from),
        "2" => io::stderr().as_fd().try_clone_to_owned().map(File::from),
        _ => File::options().append(true).open(target),
    })
}

/// Elsewhere there are no such names.
#[cfg(not(unix))]
fn descriptor(_: &Path) -> Option<io::Result<File>> {
    None
}

/// Writes a file whole or not at all.
pub fn write(target: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = Pending::new(target)?;
    file.write_all(content)?;
    file.commit()
}

/// The temporary files there are: they go when the program is interrupted.
static TEMPORARY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
/// Held by threads that make or name a temporary file, any number at a time, and alone by who lets
/// no more be made or named.
static NAMING: RwLock<()> = RwLock::new(());
/// What the names of temporary files begin and end with.
const PREFIX: &str = ".cleaner-";
const SUFFIX: &str = ".tmp";

/// Whether a file is named as those that are there only for a run, or for the next one.
pub fn is_own(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()))
}

fn temporary() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn naming() -> RwLockReadGuard<'static, ()> {
    NAMING.read().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is gone when it is dropped. `None` only while it is dropped.
struct Temporary(Option<NamedTempFile>);

impl Temporary {
    fn new(folder: &Path, is_new: bool) -> io::Result<Temporary> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        if is_new {
            as_any_new_file(&mut builder);
        }
        heed_signals();
        // Of a relative path each file would ask the system where it begins.
        static HERE: OnceCell<PathBuf> = OnceCell::new();
        let here = HERE.get_or_init(|| std::env::current_dir().unwrap_or_default());
        let _naming = naming();
        let file = builder
            .tempfile_in(here.join(folder))
            // Without the temporary path, which nobody asked for.
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => io::Error::new(error.kind(), "its folder is not there"),
                kind => io::Error::from(kind),
            })?;
        temporary().insert(file.path().to_owned());
        Ok(Temporary(Some(file)))
    }

    /// The file itself, for its errors without the temporary path.
    fn as_file(&self) -> &File {
        self.0.as_ref().expect("it is not dropped").as_file()
    }

    fn persist(mut self, target: &Path) -> io::Result<()> {
        let file = self.0.take().expect("it is not dropped");
        let _naming = naming();
        temporary().remove(file.path());
        file.persist(target).map_err(|error| error.error)?;
        HAS_NAMED.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            // Who abandons the others waits until this one is gone.
            let _naming = naming();
            temporary().remove(file.path());
            drop(file);
        }
    }
}

/// The exit code after Ctrl-C, or a signal that asks to end.
const INTERRUPTED: i32 = 130;

/// Lets such a signal delete what is not finished before it ends the run. Until then it ends the run by
/// itself, which a shell tells by the same number: the thread that waits for one costs a tenth of what
/// a page does from start to exit.
pub fn heed_signals() {
    static HEEDED: Once = Once::new();
    HEEDED.call_once(|| {
        // Whatever the threads are doing: what they have not finished is gone, and no file is half.
        let heeded = on_signal(|| {
            let _held = abandon();
            for list in lists().iter().filter(|_| HAS_NAMED.load(Ordering::Relaxed)) {
                tell(&format!(
                    "note: {list} is not written, and the outputs that are there are without it; run it again\n"
                ));
            }
            std::process::exit(INTERRUPTED);
        });
        if let Err(error) = heeded {
            // Nothing is written yet, and a signal would be lost.
            tell(&format!("error: no thread can wait for signals: {error}\n"));
            std::process::exit(i32::from(crate::ERROR));
        }
    });
}

/// Lets a thread wait for a signal that asks to end, unless it is ignored, as the one of a terminal that goes
/// away is under `nohup`. A file that grows over a limit of the system's is an error like a full disk then.
#[cfg(unix)]
fn on_signal(end: impl FnOnce() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    let ignored = ignored_signals();
    let is_heeded = |signal: &i32| ignored >> (signal - 1) & 1 == 0;
    let ends = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(is_heeded);
    let mut signals = signal_hook::iterator::Signals::new(ends)?;
    let wait = move || {
        if signals.forever().next().is_some() {
            end();
        }
    };
    std::thread::Builder::new().spawn(wait).map(drop)
}

#[cfg(not(unix))]
fn on_signal(mut end: impl FnMut() + Send + 'static) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || end())
}

/// The signals that were ignored when the program began, a bit for each; none where the system does not tell.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap_or(0))
}

/// Whether a file of this run has got its name.
static HAS_NAMED: AtomicBool = AtomicBool::new(false);
/// The files of lines of all inputs that are not finished.
static LISTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// These files, to add one or to forget it.
pub fn lists() -> MutexGuard<'static, Vec<String>> {
    LISTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Deletes the temporary files of this run, and lets none be made or named any more.
fn abandon() -> impl Sized {
    let alone = NAMING.write().unwrap_or_else(PoisonError::into_inner);
    for file in &*temporary() {
        let _ = fs::remove_file(file);
    }
    alone
}

/// Deletes the temporary files in a folder that a killed run has left.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The folder that a file is in.
pub fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Creates the folder of a target.
pub fn make_folder(target: &Path) -> io::Result<()> {
    target.parent().map_or(Ok(()), fs::create_dir_all)
}

/// A temporary file is its owner's alone; what becomes of it is as open as the user's umask says.
#[cfg(unix)]
fn as_any_new_file(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn as_any_new_file(_: &mut tempfile::Builder<'_, '_>) {}

/// Where we may not give the file away it becomes ours, as with sed(1).
#[cfg(unix)]
fn keep_owner(file: &File, before: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(before.uid()), Some(before.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

/// Without it a file's new name may not outlast a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
