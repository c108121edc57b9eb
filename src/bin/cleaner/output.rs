//! Where cleaned documents are written, and writing a file whole or not at all.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::documents::Documents;

/// The files that documents are written to.
pub struct Targets {
    /// In the order of the documents.
    pub files: Vec<PathBuf>,
    /// Whether they are in an output folder, which is made as it is needed.
    in_folder: bool,
}

impl Targets {
    /// The file, or the files below a folder, that `--output` names.
    ///
    /// # Errors
    /// What is wrong, in words: an output that is an input, two outputs that are one file.
    pub fn at(output: &Path, documents: &Documents) -> Result<Targets, String> {
        let in_folder = is_folder(documents, output)?;
        let files = if in_folder {
            below(output, documents)?
        } else {
            vec![output.to_owned(); documents.list.len()]
        };
        refuse_overlap(documents, &files)?;
        Ok(Targets { files, in_folder })
    }

    /// The files of the documents themselves.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn in_place(documents: &Documents) -> Result<Targets, String> {
        let files = documents.list.iter().map(|document| {
            let file = document.as_file().map(Path::to_owned);
            file.ok_or_else(|| "standard input cannot be rewritten in place".to_owned())
        });
        Ok(Targets {
            files: files.collect::<Result<_, _>>()?,
            in_folder: false,
        })
    }

    /// Writes the file of the document of this number.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn write(&self, at: usize, content: &str) -> Result<(), String> {
        let file = &self.files[at];
        let written = if self.in_folder {
            make_folder(file).and_then(|()| write(file, content))
        } else {
            write(file, content)
        };
        written.map_err(|error| format!("cannot write {}: {error}", file.display()))
    }
}

/// The path of each document below an output folder.
fn below(output: &Path, documents: &Documents) -> Result<Vec<PathBuf>, String> {
    let real = resolved(output);
    for folder in &documents.folders {
        if real.starts_with(resolved(folder)) {
            let (output, folder) = (output.display(), folder.display());
            return Err(format!(
                "the output folder {output} is {folder}, or inside it; to rewrite pages where they are use --in-place"
            ));
        }
    }
    let target =
        |below: &Option<PathBuf>| {
            below.as_ref().map(|below| output.join(below)).ok_or_else(|| {
            "standard input has no name to be written under; give it one with --stdin-filename"
                .to_owned()
        })
        };
    documents
        .list
        .iter()
        .map(|document| target(&document.below))
        .collect()
}

/// Whether outputs go into the folder `output`.
fn is_folder(documents: &Documents, output: &Path) -> Result<bool, String> {
    let asked = output
        .as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&last| std::path::is_separator(last.into()));
    let wanted = documents.are_many || asked;
    match output.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(wanted),
        _ if wanted => Err(format!("{} is not a folder", output.display())),
        _ => Ok(false),
    }
}

fn refuse_overlap(documents: &Documents, targets: &[PathBuf]) -> Result<(), String> {
    let inputs: HashSet<PathBuf> = documents
        .list
        .iter()
        .filter_map(|document| document.as_file())
        .map(|file| key(&resolved(file)))
        .collect();
    let mut owners: HashMap<PathBuf, &str> = HashMap::new();
    for (document, target) in documents.list.iter().zip(targets) {
        let real = key(&resolved(target));
        let shown = target.display();
        if inputs.contains(&real) {
            return Err(format!(
                "the output {shown} is an input too; to rewrite pages where they are use --in-place"
            ));
        }
        if let Some(other) = owners.insert(real, document.name()) {
            let name = document.name();
            return Err(format!(
                "{other} and {name} would both be written to {shown}"
            ));
        }
    }
    for (real, name) in &owners {
        let over = real.ancestors().skip(1).find_map(|over| owners.get(over));
        if let Some(over) = over {
            return Err(format!(
                "{over} would be written where {name} needs a folder"
            ));
        }
    }
    Ok(())
}

/// What two paths have in common if and only if they are one file.
fn key(path: &Path) -> PathBuf {
    if cfg!(any(windows, target_os = "macos")) {
        PathBuf::from(path.to_string_lossy().to_lowercase())
    } else {
        path.to_owned()
    }
}

/// The path without links, also of what is not there yet.
fn resolved(path: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else {
        return path.to_owned();
    };
    let real = absolute.ancestors().find_map(|ancestor| {
        let real = ancestor.canonicalize().ok()?;
        let rest = absolute.strip_prefix(ancestor).ok()?;
        Some(real.join(rest))
    });
    // Joining an empty rest adds a separator, which is no part of the path.
    real.map_or(absolute, |real| real.components().collect())
}

/// Writes a file: it appears whole, or stays as it was.
///
/// A link is written through, and an existing file keeps its permissions. What is neither there
/// nor an ordinary file, such as `/dev/null`, is just written to.
pub fn write(target: &Path, content: &str) -> io::Result<()> {
    let before = match target.metadata() {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => {
            let mut device = File::options().write(true).open(target)?;
            return device.write_all(content.as_bytes());
        }
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(error) if target.is_symlink() => return Err(error),
        Err(_) => None,
    };
    let target = match before {
        Some(_) => target.canonicalize()?,
        None => target.to_owned(),
    };
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cleaner-");
    if before.is_none() {
        as_any_new_file(&mut builder);
    }
    let mut file = builder
        .tempfile_in(folder)
        // Without the temporary path, which nobody asked for.
        .map_err(|error| io::Error::from(error.kind()))?;
    // The file itself, for its errors without the temporary path.
    file.as_file_mut().write_all(content.as_bytes())?;
    if let Some(before) = before {
        keep_owner(file.as_file(), &before);
        file.as_file().set_permissions(before.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
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
