//! `cleaner restore`: the original pages, from what `--json` wrote.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::args::{self, Spans};
use crate::console::{Console, Failure};
use crate::{ERROR, FINE, output};

/// What of a record of `--json` the original text is made from.
#[derive(Deserialize)]
struct Record {
    path: Option<String>,
    spans: Spans,
    removals: Vec<Removal>,
    text: String,
}

#[derive(Deserialize)]
struct Removal {
    start: usize,
    end: usize,
    text: String,
}

/// The records of a file, each with the number of its line.
struct Records {
    lines: Box<dyn BufRead>,
    number: usize,
}

/// Restores what the arguments name; returns the exit code.
pub fn run(args: &args::Restore, console: Console) -> Result<u8, Failure> {
    let file = args.file.as_deref().filter(|file| *file != Path::new("-"));
    let name = file.map_or("<stdin>".to_owned(), |file| file.display().to_string());
    let lines: Box<dyn BufRead> = match file {
        Some(path) => match File::open(path) {
            Ok(file) => Box::new(BufReader::new(file)),
            Err(error) => {
                console.error(&name, error);
                return Ok(ERROR);
            }
        },
        None => Box::new(io::stdin().lock()),
    };
    let mut records = Records { lines, number: 0 };
    let mut failed = false;
    let mut tell = |number: usize, what: String| {
        failed = true;
        console.error(&format!("{name}:{number}"), what);
    };
    // Whether there is a second page decides where the first one goes.
    let first = records.next();
    let second = records.next();
    let output = args.output.as_deref();
    if let (Some((number, Err(what))), Some(_), None) = (&first, &second, output) {
        tell(*number, what.clone());
        return Ok(ERROR);
    }
    let folder = match (&second, output) {
        (None, Some(output)) => output.is_dir().then_some(output),
        (None, None) => None,
        (Some(_), Some(output)) if output.exists() && !output.is_dir() => {
            let output = output.display();
            return Err(Failure::Said(format!("{output} is not a folder")));
        }
        (Some(_), Some(output)) => Some(output),
        (Some(_), None) => {
            let what =
                "there are several pages; name the folder to restore them into with --output";
            return Err(Failure::Said(what.to_owned()));
        }
    };
    let mut written = HashSet::new();
    for (number, record) in first.into_iter().chain(second).chain(records) {
        let original = record.and_then(|record| Ok((original(&record)?, record.path)));
        let (text, path) = match original {
            Ok(original) => original,
            Err(what) => {
                tell(number, what);
                continue;
            }
        };
        let target = match (folder, output) {
            (Some(folder), _) => below(folder, path.as_deref()),
            (None, Some(output)) => Ok(output.to_owned()),
            (None, None) => {
                console.print(&text)?;
                continue;
            }
        };
        let result = target.and_then(|target| {
            let shown = target.display().to_string();
            if !written.insert(target.clone()) {
                return Err(format!("{shown} has been restored from a line before"));
            }
            let made = folder.map_or(Ok(()), |_| output::make_folder(&target));
            made.and_then(|()| output::write(&target, &text))
                .map_err(|error| format!("cannot write {shown}: {error}"))
        });
        if let Err(what) = result {
            tell(number, what);
        }
    }
    Ok(if failed { ERROR } else { FINE })
}

impl Iterator for Records {
    type Item = (usize, Result<Record, String>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        loop {
            self.number += 1;
            line.clear();
            match self.lines.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => {
                    let record = serde_json::from_slice(&line)
                        .map_err(|error| format!("this is no line of `cleaner --json`: {error}"));
                    return Some((self.number, record));
                }
                Err(error) => {
                    // What cannot be read now cannot be read next time either.
                    self.lines = Box::new(io::empty());
                    return Some((self.number, Err(error.to_string())));
                }
            }
        }
    }
}

/// The original text of a record.
fn original(record: &Record) -> Result<String, String> {
    let mut removed = Vec::new();
    for removal in &record.removals {
        let length = match record.spans {
            Spans::Bytes => removal.text.len(),
            Spans::Chars => removal.text.chars().count(),
        };
        if removal.start.checked_add(length) != Some(removal.end) {
            let (start, end) = (removal.start, removal.end);
            return Err(format!(
                "the removal {start} to {end} has a text of {length}"
            ));
        }
        removed.push((removal.start, removal.text.as_str()));
    }
    let pieces = match record.spans {
        Spans::Bytes => Some(removed),
        Spans::Chars => in_bytes(&record.text, removed),
    };
    pieces
        .and_then(|pieces| cleaner::restore(&record.text, &pieces))
        .ok_or_else(|| "the removals do not fit the text".to_owned())
}

/// Pieces whose places count characters, with places that count bytes; what of a piece is in the
/// ones before it is left out.
fn in_bytes<'a>(left: &str, mut removed: Vec<(usize, &'a str)>) -> Option<Vec<(usize, &'a str)>> {
    removed.sort_by_key(|(start, piece)| (*start, piece.len()));
    let mut kept = left.chars();
    let (mut chars, mut bytes) = (0, 0);
    let mut pieces = Vec::new();
    for (start, piece) in removed {
        while chars < start {
            bytes += kept.next()?.len_utf8();
            chars += 1;
        }
        let known = piece.char_indices().nth(chars - start);
        let new = known.map_or("", |(at, _)| &piece[at..]);
        pieces.push((bytes, new));
        bytes += new.len();
        chars += new.chars().count();
    }
    Some(pieces)
}

/// The path of a page below a folder, which it may not leave.
fn below(folder: &Path, path: Option<&str>) -> Result<PathBuf, String> {
    let Some(path) = path else {
        return Err("this page has no path to be restored under".to_owned());
    };
    let components: Vec<Component> = Path::new(path)
        .components()
        .filter(|component| *component != Component::CurDir)
        .collect();
    let stays = components
        .iter()
        .all(|component| matches!(component, Component::Normal(_)));
    if !stays || components.is_empty() {
        return Err(format!("the path {path} leads out of the folder"));
    }
    Ok(folder.join(components.iter().collect::<PathBuf>()))
}
