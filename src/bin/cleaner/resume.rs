//! `--resume`: the list of files that are done, in the output folder.
//!
//! A line is added when an output has its name. It says what the output was made of and by what:
//! if any of it differs, the file is done again.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::inputs::{Input, slashed};

/// To do an output again that is smaller costs less than to wait for the disk: bytes.
pub const SMALL: u64 = 1 << 20;

/// The name of the list.
const NAME: &str = ".cleaner-manifest";

/// The list, which no other run may write to meanwhile.
pub struct Manifest {
    file: File,
    path: PathBuf,
    /// What names the rules, the options and the program.
    run: String,
    /// By the input's name.
    done: HashMap<String, Entry>,
    /// What inputs were before they were read, by their names.
    begun: HashMap<String, State>,
}

/// A file that is done.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    input: String,
    input_is: State,
    run: String,
    output: String,
    output_is: State,
}

/// What tells that a file is still the same: bytes, and nanoseconds since 1970.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct State {
    size: u64,
    changed: u64,
}

impl State {
    fn of(path: &Path) -> Option<State> {
        let metadata = path.metadata().ok()?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(State {
            size: metadata.len(),
            changed: changed.as_nanos() as u64,
        })
    }
}

impl Manifest {
    /// The list of an output folder, which is made. `run`: all that the outputs depend on besides
    /// their inputs.
    ///
    /// # Errors
    /// What is wrong, in words: another run writes to the folder.
    pub fn open(folder: &Path, run: &str) -> Result<Manifest, String> {
        let path = folder.join(NAME);
        let cannot = |error: std::io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(folder).map_err(cannot)?;
        let mut options = File::options();
        let mut file = options
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = folder.display();
                return Err(format!("another run of cleaner writes to {folder}"));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
        let mut lines = Vec::new();
        file.read_to_end(&mut lines).map_err(cannot)?;
        // What is no line of ours says of nothing that it is done.
        let lines = String::from_utf8_lossy(&lines);
        // The last line may have been cut off; what comes next begins a line of its own.
        if !lines.is_empty() && !lines.ends_with('\n') {
            file.write_all(b"\n").map_err(cannot)?;
        }
        let entries = lines
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let done = entries
            .map(|entry: Entry| (entry.input.clone(), entry))
            .collect();
        let run = Sha256::digest(run.as_bytes())[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Manifest {
            file,
            path,
            run,
            done,
            begun: HashMap::new(),
        })
    }

    /// Whether there is nothing to do for an input, which is not read before.
    pub fn has(&mut self, input: &Input, output: &Path) -> bool {
        if let Some(file) = input.as_file()
            && let Some(state) = State::of(file)
        {
            self.begun.insert(slashed(file), state);
        }
        let entry = self.entry(input, output);
        entry.is_some_and(|entry| self.done.get(&entry.input) == Some(&entry))
    }

    /// Adds an input whose output has its name, unless it is another one than before it was read. The list
    /// outlasts a power cut as far as the last output that is not [`SMALL`].
    ///
    /// # Errors
    /// The list cannot be written, in words.
    pub fn add(&mut self, input: &Input, output: &Path) -> Result<(), String> {
        let Some(entry) = self.entry(input, output) else {
            return Ok(());
        };
        if self.begun.get(&entry.input) != Some(&entry.input_is) {
            return Ok(());
        }
        let line = serde_json::to_string(&entry).expect("strings and numbers are JSON") + "\n";
        let written = self.file.write_all(line.as_bytes());
        let written = written.and_then(|()| match entry.output_is.size < SMALL {
            true => Ok(()),
            false => self.file.sync_data(),
        });
        written.map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }

    fn entry(&self, input: &Input, output: &Path) -> Option<Entry> {
        let file = input.as_file()?;
        Some(Entry {
            input: slashed(file),
            input_is: State::of(file)?,
            run: self.run.clone(),
            output: slashed(output),
            output_is: State::of(output)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;

    #[test]
    fn an_input_that_changed_while_it_was_read_is_not_done() {
        let folder = tempfile::tempdir().unwrap();
        let [input, output] = ["in.txt", "out.txt"].map(|name| folder.path().join(name));
        fs::write(&output, "left").unwrap();
        let is_done = |changes: bool| {
            fs::write(&input, "old").unwrap();
            let named = Input::file(input.clone(), None);
            let mut manifest = Manifest::open(folder.path(), "run").unwrap();
            assert!(!manifest.has(&named, &output));
            if changes {
                fs::write(&input, "newer").unwrap();
            }
            manifest.add(&named, &output).unwrap();
            drop(manifest);
            Manifest::open(folder.path(), "run")
                .unwrap()
                .has(&named, &output)
        };
        assert!(!is_done(true));
        assert!(is_done(false));
    }
}
