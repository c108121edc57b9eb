//! `--diff --watch`: the diff again, whenever a page or a rule file changes.
//!
//! Files are asked for their times rather than the system for events: it works on every file
//! system, network disks and containers among them, needs nothing that differs between systems,
//! and a thousand files are asked in a millisecond or two.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use walkdir::WalkDir;

use crate::args::Clean;
use crate::clean;
use crate::console::{Console, Failure, tell};
use crate::inputs;
use crate::rules::Source;

/// How often is looked.
const INTERVAL: Duration = Duration::from_millis(30);
/// A change is over when nothing more has changed for so long: an editor writes in several steps.
const QUIET: Duration = Duration::from_millis(10);
/// A file that is written all the time is shown as it is after so many looks.
const LOOKS: usize = 4;
/// Puts the cursor at the top and clears the screen; what has scrolled out of it stays.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Runs until it is interrupted.
///
/// # Errors
/// Arguments that cannot be meant, and a closed standard output. Whatever else goes wrong is shown
/// in place of the diff.
pub fn run(args: &Clean, console: Console) -> Result<u8, Failure> {
    // The parser of the arguments lets it pass where --diff excludes another one that is given.
    if !args.diff {
        let what = "--watch shows the diff again and again, and nothing else: it goes with --diff";
        return Err(Failure::Said(what.to_owned()));
    }
    let is_stdin = |path: &PathBuf| path == Path::new("-");
    let reads_stdin = (args.paths.is_empty() && args.file_list.is_none())
        || args.paths.iter().chain(&args.file_list).any(is_stdin);
    if reads_stdin {
        let what = "--watch needs the files or folders to watch; standard input is read once";
        return Err(Failure::Said(what.to_owned()));
    }
    // What changes while the run reads it is run again.
    let mut seen = Seen::of(args);
    let mut source: Option<Source> = None;
    loop {
        if io::stdout().is_terminal() {
            console.print(CLEAR)?;
        }
        let result = Source::again(&args.shared.rules, source.as_ref()).and_then(|read| {
            let read = source.insert(read);
            clean::once(args, read, console)
        });
        match result {
            Ok(_) => {}
            Err(Failure::ClosedPipe) => return Err(Failure::ClosedPipe),
            Err(Failure::Said(what)) => console.error("cleaner", what),
            Err(Failure::Rules(error)) => {
                tell(&format!("{}\n", error.render(console.stderr().is_on())));
            }
        }
        let files = seen.files.len();
        let files = match files {
            1 => "1 file".to_owned(),
            _ => format!("{files} files"),
        };
        console.note(
            "cleaner",
            format!("{files} watched for changes; Ctrl-C ends it"),
        );
        seen.wait(args);
    }
}

/// What tells whether a file has changed; `None`: it is not there.
type Stamp = Option<(SystemTime, u64, (i64, i64))>;

/// The files that a run depends on, as they were.
#[derive(PartialEq)]
struct Seen {
    files: BTreeMap<PathBuf, Stamp>,
    /// The folders in which files may come and go.
    folders: BTreeMap<PathBuf, Stamp>,
}

impl Seen {
    fn of(args: &Clean) -> Seen {
        let mut seen = Seen {
            files: BTreeMap::new(),
            folders: BTreeMap::new(),
        };
        for path in &args.paths {
            seen.add(path, |_| true, usize::MAX);
        }
        if let Some(list) = &args.file_list {
            seen.add(list, |_| true, 0);
            // A list that cannot be read the run tells of.
            for path in inputs::listed(list, args.null).unwrap_or_default() {
                seen.add(&path, |_| true, 0);
            }
        }
        if let Some(folder) = args.shared.rules.folder() {
            let is_rules = |path: &Path| path.extension().is_some_and(|of| of == "toml");
            // The folder, and `families` in it.
            seen.add(&folder, is_rules, 2);
        }
        // Else the diff of a watched folder that is written into it would be its own next change.
        seen.files.retain(|path, _| !is_stdout(path));
        seen
    }

    /// Adds a file, or a folder and so much that is below it.
    fn add(&mut self, path: &Path, is_read: impl Fn(&Path) -> bool, depth: usize) {
        let walk = WalkDir::new(path).follow_links(true).max_depth(depth);
        let walk = walk
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !inputs::is_hidden(entry.path()));
        let mut is_there = false;
        for entry in walk.filter_map(Result::ok) {
            is_there = true;
            let path = entry.path();
            if entry.file_type().is_dir() {
                self.folders.insert(path.to_owned(), stamp(path));
            } else if is_read(path) || entry.depth() == 0 {
                self.files.insert(path.to_owned(), stamp(path));
            }
        }
        if !is_there {
            self.folders.insert(path.to_owned(), None);
        }
    }

    /// Waits until a file has changed, come or gone, and the change is over.
    fn wait(&mut self, args: &Clean) {
        loop {
            let began = Instant::now();
            let has_changed = self.look(args);
            if has_changed {
                break;
            }
            // However many files there are, half of a core is left alone.
            std::thread::sleep(INTERVAL.max(began.elapsed()));
        }
        for _ in 0..LOOKS {
            std::thread::sleep(QUIET);
            if !self.look(args) {
                return;
            }
        }
    }

    /// Whether a file has changed, come or gone since it was looked last.
    fn look(&mut self, args: &Clean) -> bool {
        let is_as_it_was = |(path, before): (&PathBuf, &Stamp)| stamp(path) == *before;
        let are_folders = self.folders.iter().all(is_as_it_was);
        if are_folders && self.files.iter().all(is_as_it_was) {
            return false;
        }
        // An editor's own files beside a page change the folder and nothing that is read.
        let now = Seen::of(args);
        let has_changed = now.files != self.files;
        *self = now;
        has_changed
    }
}

/// Whether standard output goes to a file.
#[cfg(unix)]
fn is_stdout(path: &Path) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let stdout = stdout.and_then(|stdout| std::fs::File::from(stdout).metadata());
    match (stdout, path.metadata()) {
        (Ok(stdout), Ok(file)) => (stdout.dev(), stdout.ino()) == (file.dev(), file.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_stdout(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn stamp(path: &Path) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.metadata().ok()?;
    // Also what is put there with its old times has been changed now.
    let changed = (metadata.ctime(), metadata.ctime_nsec());
    Some((metadata.modified().ok()?, metadata.len(), changed))
}

#[cfg(not(unix))]
fn stamp(path: &Path) -> Stamp {
    let metadata = path.metadata().ok()?;
    Some((metadata.modified().ok()?, metadata.len(), (0, 0)))
}
