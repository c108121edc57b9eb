//! Which documents a run is about, and reading them.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use crate::console::Console;

/// One page: where its text comes from.
#[derive(Debug)]
pub struct Document {
    /// `None`: standard input.
    file: Option<PathBuf>,
    /// Its name for people.
    name: String,
    /// Its path below an output folder; `None` for a standard input without a name.
    pub below: Option<PathBuf>,
}

/// The documents of a run.
#[derive(Debug, Default)]
pub struct Documents {
    pub list: Vec<Document>,
    /// The folders that were named.
    pub folders: Vec<PathBuf>,
    /// Whether there are several, or a folder was named, which may hold several tomorrow.
    pub are_many: bool,
    /// How many paths could not be looked at; each has been told.
    pub failed: usize,
}

impl Documents {
    /// The documents that paths name: files themselves, and the pages below folders.
    pub fn find(
        paths: &[PathBuf],
        stdin_name: Option<&str>,
        console: Console,
    ) -> Result<Documents, String> {
        let stdin = [PathBuf::from("-")];
        let paths = if paths.is_empty() { &stdin[..] } else { paths };
        if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
            return Err("`-`, standard input, is named twice".to_owned());
        }
        let mut documents = Documents {
            are_many: paths.len() > 1,
            ..Documents::default()
        };
        for path in paths {
            if is_stdin(path) {
                documents.list.push(Document::stdin(stdin_name));
                continue;
            }
            match path.metadata() {
                Ok(metadata) if metadata.is_dir() => {
                    documents.are_many = true;
                    documents.folders.push(path.clone());
                    documents.find_below(path, console);
                }
                Ok(_) => {
                    let below = path.file_name().map(PathBuf::from);
                    documents.list.push(Document::file(path.clone(), below));
                }
                Err(error) => {
                    documents.failed += 1;
                    console.error(&path.display().to_string(), error);
                }
            }
        }
        Ok(documents)
    }

    /// Adds the pages below a folder.
    fn find_below(&mut self, folder: &Path, console: Console) {
        let before = self.list.len() + self.failed;
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
        let walk = walk
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.path()));
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_file() && is_page(entry.path()) => {
                    let below = entry.path().strip_prefix(folder).map(PathBuf::from).ok();
                    self.list
                        .push(Document::file(entry.path().to_owned(), below));
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
        if before == self.list.len() + self.failed {
            let name = folder.display().to_string();
            console.note(&name, "no *.txt files are in this folder");
        }
    }
}

impl Document {
    fn file(path: PathBuf, below: Option<PathBuf>) -> Document {
        Document {
            name: path.display().to_string(),
            file: Some(path),
            below,
        }
    }

    fn stdin(name: Option<&str>) -> Document {
        Document {
            file: None,
            name: name.unwrap_or("<stdin>").to_owned(),
            below: name
                .and_then(|name| Path::new(name).file_name())
                .map(PathBuf::from),
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

    /// Its path for programs, with slashes on any system; `None` for a standard input without a
    /// name.
    pub fn path(&self) -> Option<String> {
        self.below.as_ref()?;
        let mut path = String::new();
        for component in Path::new(&self.name).components() {
            match component {
                Component::CurDir => continue,
                Component::RootDir if path.is_empty() => {}
                Component::RootDir => continue,
                _ => path.push_str(&component.as_os_str().to_string_lossy()),
            }
            path.push('/');
        }
        path.pop();
        Some(path)
    }

    /// Its text.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(&self) -> Result<String, String> {
        let bytes = match &self.file {
            Some(path) => std::fs::read(path),
            None => {
                let mut bytes = Vec::new();
                let read = std::io::stdin().lock().read_to_end(&mut bytes);
                read.map(|_| bytes)
            }
        };
        let bytes = bytes.map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes()[at];
            format!("this is not UTF-8: 0x{byte:02x} at byte offset {at}")
        })
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "txt")
}

fn is_hidden(path: &Path) -> bool {
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
