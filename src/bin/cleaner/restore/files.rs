//! The original files, from the cleaned ones and what `--removed` wrote.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use memchr::memchr;
use walkdir::WalkDir;

use super::{Record, Records, refuse_list};
use crate::args::Restore;
use crate::console::{Console, Failure, counted};
use crate::formats::{self, BOM, Compression, Format, Opening, Packer, Source, parquet, wet};
use crate::inputs::{Input, Inputs, slashed};
use crate::listed::List;
use crate::output::{self, Pending};
use crate::{ERROR, FINE};

/// The lines of `--removed`.
type Lines = Peekable<Records>;

/// Restores the files of `cleaned`, a file or a folder; returns the exit code.
pub fn run(args: &Restore, cleaned: &Path, console: Console) -> Result<u8, Failure> {
    let run = Run {
        args,
        console,
        text_field: &args.text_field,
    };
    let removed = args.file.as_deref().filter(|file| *file != Path::new("-"));
    let all = if cleaned.is_dir() {
        run.folder(removed, cleaned)?
    } else {
        run.file(removed, cleaned)?
    };
    Ok(if all { FINE } else { ERROR })
}

/// What is the same for all files.
struct Run<'a> {
    args: &'a Restore,
    console: Console,
    text_field: &'a str,
}

impl Run<'_> {
    /// Restores one file.
    fn file(&self, removed: Option<&Path>, cleaned: &Path) -> Result<bool, Failure> {
        let removed = match removed {
            Some(folder) if folder.is_dir() => {
                let name = cleaned.file_name().unwrap_or_default();
                Some(output::beside_path(folder, Path::new(name), List::Removed))
            }
            other => other.map(Path::to_owned),
        };
        let mut lines = open(removed.as_deref())?.peekable();
        let inputs = Inputs::find(&[cleaned.to_owned()], None, None, true, self.console)?;
        let Some(input) = inputs.list.first() else {
            return Ok(false);
        };
        let target = self.args.output.as_ref().map(|output| {
            if output.is_dir() {
                output.join(input.below.as_deref().unwrap_or(output))
            } else {
                output.clone()
            }
        });
        if let Some(target) = &target {
            refuse_list(target, removed.as_deref()).map_err(Failure::Said)?;
        }
        let done = self.restore(input, &mut lines, None, target.as_deref());
        self.told(input, done)
    }

    /// Restores all files of a folder, also those of which nothing went.
    fn folder(&self, removed: Option<&Path>, cleaned: &Path) -> Result<bool, Failure> {
        let Some(output) = &self.args.output else {
            let what = "name the folder to restore the files into with --output";
            return Err(Failure::Said(what.to_owned()));
        };
        let inputs = Inputs::written_below(cleaned, self.console);
        let mut files: BTreeMap<String, &Input> = BTreeMap::new();
        for input in &inputs.list {
            let below = input.below.as_deref().unwrap_or(Path::new(""));
            files.insert(slashed(below), input);
        }
        let target = |below: &str| output.join(below);
        let mut all = inputs.failed == 0;
        if let Some(folder) = removed.filter(|removed| removed.is_dir()) {
            refuse_strays(folder, &files)?;
            let mut without = 0;
            for (below, input) in files {
                let path = output::beside_path(folder, Path::new(&below), List::Removed);
                let lines = if path.exists() {
                    open(Some(&path))?
                } else {
                    without += 1;
                    Records::none()
                };
                let done = self.restore(input, &mut lines.peekable(), None, Some(&target(&below)));
                all &= self.told(input, done)?;
            }
            if without > 0 {
                let folder = folder.display().to_string();
                let what = counted(
                    without,
                    "cleaned file has nothing here, and is written as it is",
                    "cleaned files have nothing here, and are written as they are",
                );
                self.console.note(&folder, what);
            }
            return Ok(all);
        }
        if let Some(removed) = removed.filter(|removed| removed.is_file()) {
            // What is missing of one file is known at the end of all.
            let mut lines = open(Some(removed))?;
            if let Some((number, Err(what))) = lines.find(|(_, record)| record.is_err()) {
                let what = format!("line {number} of what went: {what}; nothing has been restored");
                return Err(Failure::Said(what));
            }
        }
        // The lines of a file are together.
        let mut lines = open(removed)?.peekable();
        let mut done: HashSet<String> = HashSet::new();
        while let Some((number, record)) = lines.peek() {
            let path = match record {
                Ok(record) => record.path.clone().unwrap_or_default(),
                Err(what) => return Err(Failure::Said(format!("line {number}: {what}"))),
            };
            let Some(input) = files.get(&path).filter(|_| done.insert(path.clone())) else {
                let folder = cleaned.display();
                return Err(Failure::Said(format!(
                    "line {number}: there is no file {path} in {folder}, or it was there before"
                )));
            };
            let result = self.restore(input, &mut lines, Some(&path), Some(&target(&path)));
            all &= self.told(input, result)?;
            // What is left of a file that could not be restored.
            while lines
                .next_if(|(_, record)| is_of(record, Some(&path)))
                .is_some()
            {}
        }
        for (below, input) in files.iter().filter(|(below, _)| !done.contains(*below)) {
            let mut none = Records::none().peekable();
            let result = self.restore(input, &mut none, None, Some(&target(below)));
            all &= self.told(input, result)?;
        }
        Ok(all)
    }

    /// Whether a file could be restored; why not is told.
    fn told(&self, input: &Input, done: Result<(), Failure>) -> Result<bool, Failure> {
        match done {
            Ok(()) => Ok(true),
            Err(Failure::Said(what)) => {
                self.console.error(input.name(), what);
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    /// Restores a file; `path`: only lines of this path are its lines.
    fn restore(
        &self,
        input: &Input,
        lines: &mut Lines,
        path: Option<&str>,
        target: Option<&Path>,
    ) -> Result<(), Failure> {
        let mut lines = Entries { lines, path };
        let file = input.as_file();
        if input.format() == Some(Format::Parquet) {
            return Ok(self.parquet(input, &mut lines, target)?);
        }
        let format = lines.is_text().then_some(Format::Text);
        let mut source = Source::open(file, format, Opening::default())?;
        let mut out = Out::open(target, source.format)?;
        match source.format {
            Format::Text => {
                let bytes = source.read_all()?;
                match lines.next()? {
                    None => out.write(&bytes)?,
                    Some(entry) => {
                        let text = std::str::from_utf8(&bytes)
                            .map_err(|_| "this is not UTF-8".to_owned())?;
                        out.write(entry.original_of(text)?.as_bytes())?;
                    }
                }
            }
            Format::Jsonl => jsonl(&mut source, &mut lines, &mut out)?,
            Format::Wet => wet(&mut source, &mut lines, &mut out)?,
            Format::Parquet => return Ok(self.parquet(input, &mut lines, target)?),
        }
        lines.end()?;
        out.finish()
    }

    fn parquet(
        &self,
        input: &Input,
        lines: &mut Entries,
        target: Option<&Path>,
    ) -> Result<(), String> {
        let (Some(file), Some(target)) = (input.as_file(), target) else {
            return Err("Parquet is no stream; name the file to write with --output".to_owned());
        };
        let open = || File::open(file).map_err(|error| error.to_string());
        let columns = parquet::Columns {
            text: self.text_field,
            url: &[],
            outlet: &[],
        };
        let cannot = |error: io::Error| format!("cannot write {}: {error}", target.display());
        output::make_folder(target).map_err(cannot)?;
        let mut reader = parquet::Reader::open(open()?, &columns)?;
        let mut writer =
            parquet::Writer::new(open()?, &columns, Pending::new(target).map_err(cannot)?)?;
        while let Some(rows) = reader.next()? {
            let mut texts = rows.texts.clone();
            for (at, text) in texts.iter_mut().enumerate() {
                let (Some(entry), Some(value)) = (lines.of(rows.first + at as u64)?, &text) else {
                    continue;
                };
                let cleaned =
                    std::str::from_utf8(value.data()).map_err(|_| "a text is not UTF-8")?;
                *text = Some(entry.original_of(cleaned)?.into_bytes().into());
            }
            writer.write(&rows, texts)?;
        }
        lines.end()?;
        writer.finish()?.commit().map_err(cannot)
    }
}

/// Refuses a folder of what went with files that belong to none of the cleaned ones: they would not
/// be restored, and nobody would know.
fn refuse_strays(folder: &Path, files: &BTreeMap<String, &Input>) -> Result<(), String> {
    let expected: HashSet<PathBuf> = files
        .keys()
        .map(|below| output::beside_path(folder, Path::new(below), List::Removed))
        .collect();
    let found = WalkDir::new(folder).sort_by_file_name().into_iter();
    let mut found = found.filter_map(Result::ok).map(|entry| entry.into_path());
    let is_stray = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains(".removed.jsonl") && !expected.contains(path)
    };
    match found.find(is_stray) {
        None => Ok(()),
        Some(stray) => Err(format!(
            "{} belongs to none of the cleaned files; nothing has been restored",
            stray.display()
        )),
    }
}

/// Opens what `--removed` wrote.
fn open(file: Option<&Path>) -> Result<Records, String> {
    let name = file.map_or("<stdin>".to_owned(), |file| file.display().to_string());
    Records::open(file, true).map_err(|what| format!("{name}: {what}"))
}

fn is_of(record: &Result<Record, String>, path: Option<&str>) -> bool {
    match (record, path) {
        (Ok(record), Some(path)) => record.path.as_deref().unwrap_or_default() == path,
        _ => true,
    }
}

/// The lines of one file, in the order of its records.
struct Entries<'a> {
    lines: &'a mut Lines,
    path: Option<&'a str>,
}

impl Entries<'_> {
    fn next(&mut self) -> Result<Option<Record>, String> {
        let next = self.lines.next_if(|(_, record)| is_of(record, self.path));
        next.map(|(number, record)| {
            record.map_err(|what| format!("line {number} of what went: {what}"))
        })
        .transpose()
    }

    /// Whether something went of a page of text, which may begin as a record does.
    fn is_text(&mut self) -> bool {
        let next = self.lines.peek();
        next.is_some_and(|(_, line)| {
            is_of(line, self.path) && line.as_ref().is_ok_and(|line| line.record.is_none())
        })
    }

    /// That of the record of this number.
    fn of(&mut self, number: u64) -> Result<Option<Record>, String> {
        let next = self.lines.peek();
        let is_later = next.is_some_and(|(_, record)| match record {
            Ok(record) => record.record != Some(number),
            Err(_) => false,
        });
        if is_later { Ok(None) } else { self.next() }
    }

    /// # Errors
    /// There are more.
    fn end(&mut self) -> Result<(), String> {
        match self.next()? {
            None => Ok(()),
            Some(entry) => {
                let record = entry
                    .record
                    .map_or(String::new(), |number| format!(" {number}"));
                Err(format!(
                    "something went of a record{record} that is not in the file"
                ))
            }
        }
    }
}

/// The lines of a JSONL file as they were.
fn jsonl(source: &mut Source, entries: &mut Entries, out: &mut Out) -> Result<(), Failure> {
    let mut number = 0;
    let mut restored = Vec::new();
    while let Some(piece) = source.lines()? {
        let mut rest = &piece.bytes[..];
        restored.clear();
        if let (0, Some(behind)) = (piece.place.byte, rest.strip_prefix(BOM)) {
            restored.extend_from_slice(BOM);
            rest = behind;
        }
        while !rest.is_empty() {
            let (line, behind) =
                rest.split_at(memchr(b'\n', rest).map_or(rest.len(), |end| end + 1));
            number += 1;
            match entries.of(number)? {
                None => restored.extend_from_slice(line),
                Some(entry) if entry.put_back(&mut restored) => continue,
                Some(entry) => {
                    let line = std::str::from_utf8(line).map_err(|_| misfit(number))?;
                    entry.refuse_other(line.strip_suffix('\n').unwrap_or(line).len())?;
                    restored.extend_from_slice(
                        entry.line(line).ok_or_else(|| misfit(number))?.as_bytes(),
                    );
                }
            }
            rest = behind;
        }
        out.write(&restored)?;
    }
    put_back_behind(number, entries, out)
}

/// The records of a WET file as they were.
fn wet(source: &mut Source, entries: &mut Entries, out: &mut Out) -> Result<(), Failure> {
    let mut number = 0;
    let mut restored = Vec::new();
    while let Some((piece, extents)) = source.wet()? {
        for extent in extents {
            let bytes = &piece.bytes[extent.bytes];
            loop {
                number += 1;
                restored.clear();
                match entries.of(number)? {
                    None => restored.extend_from_slice(bytes),
                    Some(entry) if entry.put_back(&mut restored) => {
                        out.record(&restored)?;
                        continue;
                    }
                    Some(entry) => {
                        let record = wet::Record::read(bytes)?;
                        let text = entry.original_of(record.text()?)?;
                        let head = entry.head.as_deref().map(str::as_bytes);
                        let head = head.or(entry.head_bytes.as_deref());
                        let head = head.ok_or_else(|| misfit(number))?;
                        record.write_original(head, text.as_bytes(), &mut restored)?;
                    }
                }
                break;
            }
            out.record(&restored)?;
        }
    }
    put_back_behind(number, entries, out)
}

/// Puts back the rejected records behind the last one.
fn put_back_behind(mut number: u64, entries: &mut Entries, out: &mut Out) -> Result<(), Failure> {
    loop {
        number += 1;
        let mut restored = Vec::new();
        match entries.of(number)? {
            Some(entry) if entry.put_back(&mut restored) => out.record(&restored)?,
            Some(_) => return Err(misfit(number).into()),
            None => return Ok(()),
        }
    }
}

fn misfit(number: u64) -> String {
    format!("record {number} is not what is left of the one that something went of")
}

impl Record {
    /// Puts a rejected record back, if this is one.
    fn put_back(&self, out: &mut Vec<u8>) -> bool {
        let rejected = self.rejected.as_deref().map(str::as_bytes);
        let rejected = rejected.or(self.rejected_bytes.as_deref());
        out.extend_from_slice(rejected.unwrap_or_default());
        rejected.is_some()
    }

    /// A line of JSONL as it was.
    fn line(&self, line: &str) -> Option<String> {
        // Of what went of another format there is neither.
        if self.raw.is_empty() && self.added.is_none() {
            return None;
        }
        let mut left = line.to_owned();
        if let Some(added) = &self.added {
            let brace = left.rfind('}')?;
            let start = brace.checked_sub(added.len())?;
            if left.get(start..brace)? != added {
                return None;
            }
            left.replace_range(start..brace, "");
        }
        let raw: Vec<(usize, &str)> = self
            .raw
            .iter()
            .map(|(at, piece)| (*at, piece.as_str()))
            .collect();
        cleaner::restore(&left, &raw)
    }
}

/// Where a restored file goes.
struct Out {
    target: Option<PathBuf>,
    packer: Packer<Box<dyn Target>>,
    /// Whether every record is compressed by itself.
    has_members: bool,
}

/// What can be written, and then finished.
trait Target: Write {
    fn commit(self: Box<Self>) -> io::Result<()>;
}

impl Target for Pending {
    fn commit(self: Box<Self>) -> io::Result<()> {
        Pending::commit(*self)
    }
}

impl Target for io::Stdout {
    fn commit(mut self: Box<Self>) -> io::Result<()> {
        self.flush()
    }
}

impl Out {
    fn open(target: Option<&Path>, format: Format) -> Result<Out, Failure> {
        let cannot = |error: io::Error| cannot(target, error);
        let (file, compression): (Box<dyn Target>, Compression) = match target {
            Some(path) => {
                output::make_folder(path).map_err(cannot)?;
                let file = Pending::new(path).map_err(cannot)?;
                (Box::new(file), formats::named(path).1)
            }
            None => (Box::new(io::stdout()), Compression::None),
        };
        let has_members = format == Format::Wet && compression == Compression::Gz;
        let compression = if has_members {
            Compression::None
        } else {
            compression
        };
        Ok(Out {
            target: target.map(Path::to_owned),
            packer: Packer::new(file, compression).map_err(cannot)?,
            has_members,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.packer.write_all(bytes);
        written.map_err(|error| cannot(self.target.as_deref(), error))
    }

    fn record(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if !self.has_members {
            return self.write(bytes);
        }
        let mut member = Vec::new();
        formats::member(bytes, &mut member);
        self.write(&member)
    }

    fn finish(self) -> Result<(), Failure> {
        let done = self.packer.finish().and_then(|out| out.commit());
        done.map_err(|error| cannot(self.target.as_deref(), error))
    }
}

fn cannot(target: Option<&Path>, error: io::Error) -> Failure {
    match target {
        Some(target) => Failure::Said(format!("cannot write {}: {error}", target.display())),
        None => Failure::from(error),
    }
}
