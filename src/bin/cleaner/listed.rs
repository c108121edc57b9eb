//! Files of lines beside the outputs: what `--removed` and `--on-error reject` write.

use std::io::{self, BufReader, Seek, Write};
use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memrchr};
use tempfile::SpooledTempFile;

use crate::formats::{self, Packer};
use crate::output::{self, Pending};

/// What is listed beside the outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum List {
    /// What went, a line for each document. The last line counts them, so that there is always one.
    Removed,
    /// The records that could not be read.
    Rejected,
}

/// Where the lines of a list go.
pub struct Beside {
    pub list: List,
    place: Place,
}

enum Place {
    Nowhere,
    File(Box<Listed>),
    /// To a file for each input.
    Folder(PathBuf, Option<Box<Listed>>),
}

impl Beside {
    /// As the argument says; `None`: they are not wanted.
    ///
    /// # Errors
    /// The file cannot be written, in words.
    pub fn new(list: List, path: Option<&Path>) -> Result<Beside, String> {
        let place = match path {
            None => Place::Nowhere,
            Some(path) if output::is_meant_as_folder(path) => Place::Folder(path.to_owned(), None),
            Some(path) => {
                let file = Listed::new(path, list == List::Removed)?;
                if !file.is_begun {
                    output::lists().push(path.display().to_string());
                }
                Place::File(Box::new(file))
            }
        };
        Ok(Beside { list, place })
    }

    /// Writes lines of the input whose output has this name; `is_sure` as for [`Listed::write`].
    pub fn write(&mut self, target: &Path, lines: &[u8], is_sure: bool) -> Result<(), String> {
        match &mut self.place {
            Place::Nowhere => Ok(()),
            Place::File(file) => file.write(lines, is_sure),
            Place::Folder(..) if lines.is_empty() && self.list == List::Rejected => Ok(()),
            Place::Folder(folder, open) => {
                if open.is_none() {
                    let path = output::beside_path(folder, target, self.list);
                    let made = output::make_folder(&path);
                    made.map_err(|error| cannot(&path, &error))?;
                    let listed = Listed::new(&path, self.list == List::Removed)?;
                    *open = Some(Box::new(listed));
                }
                // If the input fails its file is not written at all.
                open.as_mut().map_or(Ok(()), |open| open.write(lines, true))
            }
        }
    }

    /// The input whose output has this name is at its end: the file of its lines, if it is to be kept, but
    /// `anew` only where there is none.
    pub fn finish(
        &mut self,
        target: &Path,
        is_kept: bool,
        anew: bool,
    ) -> Result<Option<Finished>, String> {
        let Place::Folder(folder, open) = &mut self.place else {
            return Ok(None);
        };
        let open = open.take();
        if !is_kept {
            return Ok(None);
        }
        let Some(listed) = open else {
            let is_left = self.list == List::Rejected && !anew;
            let path = output::beside_path(folder, target, self.list);
            return Ok(is_left.then_some(Finished { path, file: None }));
        };
        if anew && listed.path.exists() {
            let path = listed.path.display();
            return Err(format!(
                "{path} is there already: what went before would be lost; name another folder"
            ));
        }
        listed.finish().map(Some)
    }

    /// The input has failed: no file of its own appears.
    pub fn drop_own(&mut self) {
        if let Place::Folder(_, open) = &mut self.place {
            *open = None;
        }
    }

    /// The file of all inputs.
    pub fn common(&mut self) -> Option<&mut Listed> {
        match &mut self.place {
            Place::File(file) => Some(file),
            _ => None,
        }
    }

    /// All inputs are at their ends.
    pub fn commit(&mut self) -> Result<(), String> {
        match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::File(file) => {
                let name = file.path.display().to_string();
                output::lists().retain(|list| *list != name);
                file.finish()?.commit().map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// A file of lines.
pub struct Listed {
    path: PathBuf,
    out: Lines,
    /// Whether it has lines that stay, or is a device, which takes nothing back: it cannot be begun anew.
    is_begun: bool,
    /// Whether there are lines of an input that is not at its end: if it fails they are none. They are
    /// in the file if it can be begun anew, or else wait.
    is_held: bool,
    waiting: SpooledTempFile,
}

/// So many bytes of waiting lines are in memory, more are on the disk.
const WAITING: usize = 1 << 20;
/// So many are read of those at once.
const READ: usize = 256 << 10;

impl Listed {
    /// `counted`: whether the last line, an object, gets to know how many there are; where there is
    /// none it is a line of its own.
    pub fn new(path: &Path, counted: bool) -> Result<Listed, String> {
        let last = counted.then(Last::default);
        let file = Pending::new(path).map_err(|error| cannot(path, &error))?;
        let is_begun = file.is_device();
        let (_, compression) = formats::named(path);
        let out = Packer::new(file, compression).map_err(|error| cannot(path, &error))?;
        Ok(Listed {
            path: path.to_owned(),
            out: Lines { out, last },
            is_begun,
            is_held: false,
            waiting: tempfile::spooled_tempfile_in(WAITING, output::folder_of(path)),
        })
    }

    /// Writes lines of an input; `is_sure`: it, and those that are held, cannot fail any more.
    pub fn write(&mut self, lines: &[u8], is_sure: bool) -> Result<(), String> {
        self.put(lines, is_sure)
            .map_err(|error| cannot(&self.path, &error))
    }

    fn put(&mut self, lines: &[u8], is_sure: bool) -> io::Result<()> {
        if !is_sure {
            self.is_held |= !lines.is_empty();
            return match self.is_begun {
                true => self.waiting.write_all(lines),
                false => self.out.write_all(lines),
            };
        }
        let was_held = std::mem::take(&mut self.is_held);
        if was_held && self.is_begun {
            self.waiting.rewind()?;
            let mut waiting = BufReader::with_capacity(READ, &mut self.waiting);
            io::copy(&mut waiting, &mut self.out)?;
            self.clear()?;
        }
        self.is_begun |= was_held || !lines.is_empty();
        self.out.write_all(lines)
    }

    /// The input of the lines that are held has failed.
    pub fn forget(&mut self) -> Result<(), String> {
        match std::mem::take(&mut self.is_held) {
            false => Ok(()),
            true if self.is_begun => self.clear().map_err(|error| cannot(&self.path, &error)),
            true => {
                *self = Listed::new(&self.path, self.out.last.is_some())?;
                Ok(())
            }
        }
    }

    fn clear(&mut self) -> io::Result<()> {
        self.waiting.rewind()?;
        self.waiting.set_len(0)
    }

    fn finish(self) -> Result<Finished, String> {
        let path = self.path;
        match self.out.finish() {
            Ok(file) => Ok(Finished {
                path,
                file: Some(file),
            }),
            Err(error) => Err(cannot(&path, &error)),
        }
    }
}

/// A file of lines that is whole, not yet under its name. `None`: there are no lines, and those of an
/// earlier run go.
pub struct Finished {
    path: PathBuf,
    file: Option<Pending>,
}

impl Finished {
    /// Puts it under its name, which is returned.
    pub fn commit(self) -> Result<PathBuf, String> {
        let done = match self.file {
            Some(file) => file.commit(),
            None => match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        match done {
            Ok(()) => Ok(self.path),
            Err(error) => Err(cannot(&self.path, &error)),
        }
    }
}

fn cannot(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// Lines that are written.
struct Lines {
    out: Packer<Pending>,
    last: Option<Last>,
}

/// The last line so far, which is held back, and how many there are with it.
#[derive(Default)]
struct Last {
    line: Vec<u8>,
    count: usize,
}

impl Lines {
    fn finish(mut self) -> io::Result<Pending> {
        if let Some(Last { line, count }) = self.last {
            match line.strip_suffix(b"}\n") {
                Some(object) => {
                    self.out.write_all(object)?;
                    writeln!(self.out, ",\"lines\":{count}}}")?;
                }
                None => writeln!(self.out, "{{\"lines\":{count}}}")?,
            }
        }
        self.out.finish()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(Last { line, count }) = &mut self.last else {
            return self.out.write(bytes);
        };
        *count += memchr_iter(b'\n', bytes).count();
        line.extend_from_slice(bytes);
        let inner = line.strip_suffix(b"\n").unwrap_or(line);
        if let Some(end) = memrchr(b'\n', inner) {
            self.out.write_all(&line[..=end])?;
            line.drain(..=end);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
