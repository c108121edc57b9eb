//! `cleaner restore`: the original pages from what `--json` wrote, the original files from the
//! cleaned ones and what `--removed` wrote ([`files`]).

mod files;

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::args::{self, Spans};
use crate::console::{Console, Failure};
use crate::formats::{Format, Opening, Source};
use crate::{ERROR, FINE, output};

/// Refuses to write over what went.
fn refuse_list(target: &Path, list: Option<&Path>) -> Result<(), String> {
    match list {
        Some(list) if output::resolved(target) == output::resolved(list) => Err(format!(
            "{} is what went; restore into another file",
            target.display()
        )),
        _ => Ok(()),
    }
}

/// What of a line of `--json` or `--removed` the original document is made from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    path: Option<String>,
    record: Option<u64>,
    spans: Option<Spans>,
    removals: Vec<Removal>,
    /// Only `--json` has it.
    text: Option<String>,
    raw: Vec<(usize, String)>,
    added: Option<String>,
    head: Option<String>,
    head_bytes: Option<Vec<u8>>,
    left: Option<usize>,
    rejected: Option<String>,
    rejected_bytes: Option<Vec<u8>>,
    /// How many lines end with this one: the last one of --removed has it.
    lines: Option<u64>,
}

#[derive(Deserialize)]
struct Removal {
    start: usize,
    end: usize,
    text: String,
}

/// The records of a file, each with the number of its line.
struct Records {
    source: Option<Source>,
    /// The lines that have been read and not given away, and how far they are.
    piece: Vec<u8>,
    at: usize,
    number: u64,
    /// How many came since the last one that said how many there are; `None` if none has to.
    uncounted: Option<u64>,
    /// Whether one has said so.
    is_counted: bool,
}

/// Restores what the arguments name; returns the exit code.
pub fn run(args: &args::Restore, console: Console) -> Result<u8, Failure> {
    if let Some(cleaned) = &args.cleaned {
        return files::run(args, cleaned, console);
    }
    let file = args.file.as_deref().filter(|file| *file != Path::new("-"));
    let name = file.map_or("<stdin>".to_owned(), |file| file.display().to_string());
    let mut records = match Records::open(file, false) {
        Ok(records) => records,
        Err(what) => {
            console.error(&name, what);
            return Ok(ERROR);
        }
    };
    let mut failed = false;
    let mut tell = |number: u64, what: String| {
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
        let original = record.and_then(|record| Ok((record.original()?, record.path)));
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
            refuse_list(&target, file)?;
            if !written.insert(target.clone()) {
                return Err(format!("{shown} has been restored from a line before"));
            }
            let made = folder.map_or(Ok(()), |_| output::make_folder(&target));
            made.and_then(|()| output::write(&target, text.as_bytes()))
                .map_err(|error| format!("cannot write {shown}: {error}"))
        });
        if let Err(what) = result {
            tell(number, what);
        }
    }
    Ok(if failed { ERROR } else { FINE })
}

impl Records {
    /// `counted`: whether the last line says how many there are.
    fn open(file: Option<&Path>, counted: bool) -> Result<Records, String> {
        let source = Source::open(file, Some(Format::Jsonl), Opening::default())?;
        Ok(Records {
            source: Some(source),
            piece: Vec::new(),
            at: 0,
            number: 0,
            uncounted: counted.then_some(0),
            is_counted: false,
        })
    }

    /// No records.
    fn none() -> Records {
        Records {
            source: None,
            piece: Vec::new(),
            at: 0,
            number: 0,
            uncounted: None,
            is_counted: false,
        }
    }

    /// Counts a line, if they are counted.
    fn count(&mut self, record: Record) -> Result<Record, String> {
        let Some(count) = &mut self.uncounted else {
            return Ok(record);
        };
        // A line that says there are none is not counted itself.
        *count += u64::from(record.lines != Some(0));
        self.is_counted |= record.lines.is_some();
        match record.lines {
            Some(lines) if std::mem::take(count) != lines => Err(format!(
                "this is the last of {lines} lines, not all of which are there"
            )),
            _ => Ok(record),
        }
    }
}

impl Iterator for Records {
    type Item = (u64, Result<Record, String>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.at == self.piece.len() {
                self.piece = match self.source.as_mut()?.lines() {
                    Ok(Some(piece)) => piece.bytes,
                    Ok(None) => {
                        self.source = None;
                        let what = "the last line, which says how many there are, is missing";
                        let is_cut = self
                            .uncounted
                            .is_some_and(|count| count > 0 || !self.is_counted);
                        return is_cut.then(|| (self.number + 1, Err(what.to_owned())));
                    }
                    Err(what) => {
                        // What cannot be read now cannot be read next time either.
                        self.source = None;
                        return Some((self.number + 1, Err(what)));
                    }
                };
                self.at = 0;
            }
            self.number += 1;
            let rest = &self.piece[self.at..];
            let line = &rest[..memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1)];
            self.at += line.len();
            if !line.trim_ascii().is_empty() {
                let record = serde_json::from_slice(line).map_err(|error| {
                    format!("this is no line of `cleaner --json` or --removed: {error}")
                });
                let record = record.and_then(|record| self.count(record));
                let says_none =
                    |record: &Record| self.uncounted.is_some() && record.lines == Some(0);
                if record.as_ref().is_ok_and(says_none) {
                    continue;
                }
                return Some((self.number, record));
            }
        }
    }
}

impl Record {
    /// The original text.
    fn original(&self) -> Result<String, String> {
        match &self.text {
            Some(text) if self.record.is_none() => self.original_of(text),
            Some(_) => Err(
                "this is a record of a file; --removed keeps what makes the file again".to_owned(),
            ),
            None => Err("this has no text: name the cleaned file behind it".to_owned()),
        }
    }

    /// Refuses what is not as long as what was left.
    fn refuse_other(&self, found: usize) -> Result<(), String> {
        match self.left {
            Some(left) if left != found => Err(format!(
                "this is not what was left: {left} bytes were, here are {found}"
            )),
            _ => Ok(()),
        }
    }

    /// The original of a cleaned text.
    fn original_of(&self, text: &str) -> Result<String, String> {
        self.refuse_other(text.len())?;
        let spans = self.spans.unwrap_or(Spans::Bytes);
        let mut removed = Vec::new();
        for removal in &self.removals {
            let length = match spans {
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
        let pieces = match spans {
            Spans::Bytes => Some(removed),
            Spans::Chars => in_bytes(text, removed),
        };
        pieces
            .and_then(|pieces| cleaner::restore(text, &pieces))
            .ok_or_else(|| "the removals do not fit the text".to_owned())
    }
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
        return Err(format!(
            "the path {path} leads out of the folder; a line alone is restored to the file that --output names"
        ));
    }
    Ok(folder.join(components.iter().collect::<PathBuf>()))
}
