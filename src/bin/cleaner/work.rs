//! What is done with a job: whose its documents are, what is left of them, what is shown and told
//! of them. Nothing is printed here: all comes out as a [`Done`], for the sink.

use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cleaner::{Categories, Cleaned, Cleaner, Miss, Outlets};
use memchr::memchr;
use serde::Serialize;

use crate::args::{Clean, OnError};
use crate::console::{Console, printable};
use crate::formats::jsonl::{Fields, Record, Room};
use crate::formats::parquet::{ByteArray, Rows};
use crate::formats::text::TextFile;
use crate::formats::{
    self, BOM, Buffers, Compression, Extent, Format, Left, Packer, Piece, Source, Text, wet,
};
use crate::inputs::{Input, Inputs, slashed};
use crate::jobs::{Job, Part};
use crate::listed::List;
use crate::output::{Pending, Targets};
use crate::render::coverage::Coverage;
use crate::render::json::Undo;
use crate::render::report::Report;
use crate::render::stats::Totals;
use crate::render::{attributes, diff, explain, json};
use crate::resume;

/// One cleaned document, as it is shown.
pub struct Page<'a> {
    /// The file that it is in.
    pub input: &'a Input,
    /// Where in the file it is: a line of JSONL, the number of a WET record or of a row, from 1.
    /// `None`: it is the file.
    pub record: Option<u64>,
    /// Its path in the output folder, or the name of the output file.
    pub target: Option<&'a Path>,
    /// As it was.
    pub text: &'a str,
    /// Its outlet's rules, and what told the outlet; `None`: undecided.
    pub outlet: Option<(Arc<Cleaner>, By)>,
    /// What came of it, without what is left; its flag alone where nothing shows more.
    pub cleaned: Cleaned,
    /// The bytes of it that go, in order and disjoint.
    pub holes: Vec<Range<usize>>,
    /// Why lines stay that rules know, where that is shown.
    pub misses: Vec<Miss>,
    /// The outlet that its record names, if there is no such outlet and nothing else tells one.
    pub unknown: Option<Box<str>>,
    /// The outlets of whose signs it has equally many, where that is shown.
    pub tied: Vec<String>,
    /// The same document, as the rules clean it that the run compares with.
    pub before: Option<Box<Page<'a>>>,
    /// What is left of it as a record has it, if that is how a string is written here.
    pub written: Option<Pieces<'a>>,
}

/// Bytes without some of them, which are in order and disjoint.
#[derive(Clone, Copy)]
pub struct Pieces<'a> {
    pub bytes: &'a [u8],
    pub from: usize,
    pub without: &'a [Range<usize>],
}

impl Pieces<'_> {
    pub fn write(&self, out: &mut Vec<u8>) {
        for piece in formats::between(self.from..self.bytes.len(), self.without) {
            out.extend_from_slice(&self.bytes[piece]);
        }
    }
}

impl Page<'_> {
    /// The bytes of it that go.
    pub fn gone(&self) -> usize {
        self.holes.iter().map(|hole| hole.len()).sum()
    }

    /// The bytes of it that are left.
    pub fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        formats::between(0..self.text.len(), &self.holes)
    }

    /// What is left of it.
    pub fn left(&self) -> String {
        self.pieces().map(|piece| &self.text[piece]).collect()
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        name(self.input, self.record)
    }

    /// It as a reviewer reads it.
    fn snapshot(&self) -> Snapshot {
        let outlet = match &self.outlet {
            Some((cleaner, by)) => format!("outlet {}, {}", cleaner.outlet(), by.words()),
            None => "outlet not known".to_owned(),
        };
        let record = self.record.map_or(String::new(), |at| format!(".{at}"));
        let path = |below| format!("{}{record}.snap", slashed(below));
        Snapshot {
            path: self.target.map(path),
            text: format!("{outlet}\n{}", self.cleaned.snapshot(self.text)),
        }
    }
}

/// The name of a document for people.
fn name(input: &Input, record: Option<u64>) -> String {
    match record {
        Some(record) => format!("{}:{record}", input.name()),
        None => input.name().to_owned(),
    }
}

/// What told whose a page is.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Name,
    Record,
    Folder,
    Address,
    Signs,
}

impl By {
    /// As words behind the outlet's id.
    pub fn words(self) -> &'static str {
        match self {
            By::Name => "as asked",
            By::Record => "by its record",
            By::Folder => "by its folder",
            By::Address => "by its address",
            By::Signs => "by its signs",
        }
    }
}

/// What goes to standard output for each document.
#[derive(Clone, Copy, PartialEq)]
pub enum Show {
    /// The input, with cleaned texts.
    Text,
    Diff,
    Check,
    Json,
    Explain,
    /// What would be written.
    Plan,
    /// The diffs of a few documents, at the end.
    Sample,
    /// What the rules hit, at the end.
    Coverage,
    /// The pages of a report, at the end: at most so many.
    Report(usize),
    /// The snapshot of each page, at the end.
    Snapshots,
    Nothing,
}

/// What the workers know, the same for all documents of a run.
pub struct Work<'a> {
    pub console: Console,
    pub args: &'a Clean,
    /// For what is read, and for what comes of it: those are of other lengths, and what a buffer lacks
    /// of its last length is filled before it is read into.
    pub read: Arc<Buffers>,
    pub written: Buffers,
    pub rules: Rules<'a>,
    /// What the run compares with.
    pub against: Option<Rules<'a>>,
    /// Empty where nothing shows it.
    pub rules_hash: String,
    /// What is wrong with the rule files of an outlet that the run has met: it ends there.
    pub refused: Mutex<Option<cleaner::Error>>,
    pub categories: Categories,
    pub show: Show,
    pub fields: Fields,
    pub inputs: &'a Inputs,
    pub targets: Option<&'a Targets>,
    /// Numbers above it need not be drawn for the sample: there are enough lower ones.
    pub sample_below: AtomicU64,
}

/// The outlets, and what the arguments tell of whose the pages are.
pub struct Rules<'a> {
    pub outlets: &'a Outlets,
    /// The outlet that the arguments name.
    pub named: Option<Arc<Cleaner>>,
    /// The outlet of the address that the arguments name.
    pub addressed: Option<Arc<Cleaner>>,
    /// Whether folders may be named as outlets.
    pub by_folder: bool,
}

/// A page as a reviewer reads it.
pub struct Snapshot {
    /// Where it is below the folder of snapshots, with slashes; `None` of a page without a name.
    pub path: Option<String>,
    pub text: String,
}

/// What is gathered of documents to be shown at the end of the run.
#[derive(Default)]
pub struct Gathered {
    pub coverage: Coverage,
    pub report: Report,
    pub snapshots: Vec<Snapshot>,
}

impl Gathered {
    /// Adds what came of documents that follow these.
    pub fn merge(&mut self, other: Gathered) {
        self.coverage.merge(other.coverage);
        self.report.merge(other.report);
        self.snapshots.extend(other.snapshots);
    }
}

/// What came of a job.
pub struct Done {
    /// The number of the input.
    pub at: usize,
    /// What goes to the output file, or to standard output.
    pub out: Out,
    pub changed: bool,
    /// Lines of `--removed`.
    pub removed: Vec<u8>,
    pub rejected: Vec<u8>,
    /// What is to be told, in order.
    pub told: Vec<Told>,
    pub sample: Vec<Drawn>,
    pub gathered: Gathered,
    pub totals: Totals,
    /// Whether something went wrong: nothing is written for the input.
    pub failed: bool,
    /// The input ends here.
    pub is_end: bool,
    /// It ends, and is Parquet.
    pub is_parquet: bool,
}

/// What is written.
pub enum Out {
    /// `packed`: compressed already.
    Bytes { bytes: Vec<u8>, packed: bool },
    /// A page of text.
    Left(Left),
    /// The file has been written.
    Written,
    /// Rows with other texts.
    Rows {
        rows: Rows,
        texts: Vec<Option<ByteArray>>,
    },
}

/// Something to tell of a document.
pub enum Told {
    Note { name: String, what: String },
    Error { name: String, what: String },
}

/// A document of the sample.
pub struct Drawn {
    /// What was drawn for it.
    pub number: u64,
    /// The number of the input, and where in it.
    pub place: (usize, u64),
    pub diff: Vec<u8>,
}

impl Done {
    fn new(at: usize) -> Done {
        Done {
            at,
            out: Out::Bytes {
                bytes: Vec::new(),
                packed: false,
            },
            changed: false,
            removed: Vec::new(),
            rejected: Vec::new(),
            told: Vec::new(),
            sample: Vec::new(),
            gathered: Gathered::default(),
            totals: Totals::default(),
            failed: false,
            is_end: false,
            is_parquet: false,
        }
    }

    fn error(&mut self, name: String, what: String) {
        self.told.push(Told::Error { name, what });
    }
}

impl Work<'_> {
    /// Does a job.
    pub fn on(&self, job: Job) -> Done {
        let mut done = Done::new(job.at);
        match job.part {
            Part::Page(source) => self.page(source, &mut done),
            Part::Lines(piece) => {
                self.lines(&piece, &mut done);
                self.read.give(piece.bytes);
            }
            Part::Wet(piece, extents) => {
                self.wet(&piece, &extents, &mut done);
                self.read.give(piece.bytes);
            }
            Part::Rows(rows) => self.rows(rows, &mut done),
            Part::End { is_parquet } => {
                done.is_end = true;
                done.is_parquet = is_parquet;
            }
            Part::Broken(what) => self.fail(&mut done, None, what),
        }
        done
    }

    fn input(&self, done: &Done) -> &Input {
        &self.inputs.list[done.at]
    }

    /// Whether the input is written again, with cleaned texts, rather than shown.
    fn is_written(&self) -> bool {
        self.show == Show::Text || self.targets.is_some()
    }

    /// Whether the output of an input is gzip of which every record is a member, as WARC readers
    /// want it.
    fn has_members(&self, at: usize) -> bool {
        self.args.to.is_none() && self.compression(at) == Compression::Gz
    }

    /// How the output of an input is compressed.
    pub fn compression(&self, at: usize) -> Compression {
        let asked = self.args.compress;
        let named = || self.targets.map(|targets| targets.compression(at));
        asked.or_else(named).unwrap_or(Compression::None)
    }

    /// The input, or the run over it, has failed.
    fn fail(&self, done: &mut Done, record: Option<u64>, what: String) {
        done.failed = true;
        done.totals.failed += 1;
        done.error(name(self.input(done), record), what);
    }

    /// A record could not be read: it is dealt with as asked for. `goes_on`: whether these bytes may be only the
    /// first of it, and the next ones follow.
    fn bad_record(
        &self,
        done: &mut Done,
        record: u64,
        (bytes, goes_on): (&[u8], bool),
        what: String,
        out: &mut Vec<u8>,
    ) {
        match self.args.on_error {
            OnError::Fail => return self.fail(done, Some(record), what),
            OnError::Keep => {
                done.totals.kept += 1;
                if self.is_written() && self.args.annotate.is_none() {
                    out.extend_from_slice(bytes);
                }
            }
            OnError::Reject(_) => {
                done.totals.rejected += 1;
                // The file is one without it.
                done.changed = true;
                done.rejected.extend_from_slice(bytes);
                if !bytes.ends_with(b"\n") && !goes_on {
                    done.rejected.push(b'\n');
                }
                if self.args.removed.is_some() {
                    let target = self.target(done.at);
                    json::rejected(target, record, bytes, &mut done.removed);
                }
            }
        }
        // The documents keep their rows, so that attributes have as many.
        if let Some(name) = &self.args.annotate {
            attributes::nothing(None, name, out);
        }
        let name = name(self.input(done), Some(record));
        done.error(name, what);
    }

    /// The path of the output of an input below the output folder, which it never leaves.
    pub fn target(&self, at: usize) -> Option<&Path> {
        let below = self.inputs.list[at].below.as_deref();
        match self.targets {
            Some(targets) if !self.args.in_place => {
                let file = &targets.files[at];
                let folder = targets.folder.as_ref();
                let in_folder = folder.and_then(|folder| file.strip_prefix(folder).ok());
                in_folder.or_else(|| file.file_name().map(Path::new))
            }
            _ => below,
        }
    }

    /// The path by which a list names an input in its folder: that of what was written where it is of
    /// that, and else the input's own.
    pub fn listed(&self, at: usize, list: List) -> &Path {
        let name = match list {
            List::Removed => self.target(at),
            List::Rejected => self.inputs.list[at].below.as_deref(),
        };
        name.unwrap_or(Path::new("stdin"))
    }

    /// A page of text, which is a whole file.
    fn page(&self, source: Option<Source>, done: &mut Done) {
        done.is_end = true;
        let input = self.input(done);
        if source.is_none() && self.large(done).is_some() {
            return;
        }
        let opened = match source {
            Some(source) => Ok(source),
            None => {
                let how = formats::Opening {
                    max_record: self.args.max_record,
                    buffers: self.read.clone(),
                    ..formats::Opening::default()
                };
                Source::open(input.as_file(), Some(Format::Text), how)
            }
        };
        let bytes = match opened.and_then(Source::read_all) {
            Ok(bytes) => bytes,
            Err(what) => return self.fail(done, None, what),
        };
        let text = match formats::utf8(&bytes) {
            Ok(text) => text,
            Err((byte, at)) => {
                let what = format!("this is not UTF-8: 0x{byte:02x} at byte offset {at}");
                if self.args.on_error != OnError::Keep {
                    return self.fail(done, None, what);
                }
                done.totals.kept += 1;
                done.error(input.name().to_owned(), what);
                if self.is_written() {
                    let (text, holes) = (Text::Read(bytes), Vec::new());
                    self.write_page(Left { text, holes }, done);
                }
                return;
            }
        };
        let page = match self.document(done.at, None, text, None, None) {
            Ok(page) => page,
            Err(what) => return self.fail(done, None, what),
        };
        if let Some(flag) = &page.cleaned.flag {
            done.told.push(Told::Note {
                name: page.name(),
                what: format!("left as it is: {flag}"),
            });
        }
        let mut out = Vec::new();
        self.show(&page, done, &mut out);
        if self.args.removed.is_some() && !page.holes.is_empty() {
            self.remove(&page, &Undo::default(), done);
        }
        if self.is_written() {
            let (holes, text) = (page.holes, Text::Read(bytes));
            self.write_page(Left { text, holes }, done);
        } else {
            done.out = Out::Bytes {
                bytes: out,
                packed: false,
            };
        }
    }

    /// A large page of text that need not be in memory as a whole; `None` if it has to be.
    fn large(&self, done: &mut Done) -> Option<()> {
        let input = self.input(done);
        if input.size() < formats::LARGE
            || self.needs_rules()
            || self.against.is_some()
            || !self.is_written()
        {
            return None;
        }
        // Signs stand anywhere.
        let (cleaner, _) = self.rules.outlet("", None, None, input).ok()??;
        let mut file = TextFile::open(input.as_file()?, self.args.max_record)?;
        let length = file.length();
        let file_can_wait = |targets: &&Targets| {
            self.writes_pages() && !self.args.in_place && targets.can_wait(done.at)
        };
        if let Some(targets) = self.targets.filter(file_can_wait) {
            let gone = self.write_windows(&cleaner, &mut file, targets, done)?;
            done.out = Out::Written;
            done.changed |= gone > 0;
            done.totals.count(length, gone);
            return Some(());
        }
        let work = AssertUnwindSafe(|| cleaner.holes_of_windows(&mut file, self.categories));
        let holes = catch_unwind(work).ok()??;
        file.check().ok()?;
        done.changed |= !holes.is_empty();
        done.totals
            .count(length, holes.iter().map(Range::len).sum());
        let text = Text::InFile(Box::new(file));
        self.write_page(Left { text, holes }, done);
        Some(())
    }

    /// Writes what is left of a large page while it is read; returns how many bytes go. `None` if it has
    /// to be in memory as a whole, and nothing is written.
    fn write_windows(
        &self,
        cleaner: &Cleaner,
        file: &mut TextFile,
        targets: &Targets,
        done: &mut Done,
    ) -> Option<usize> {
        let mut gone = 0;
        let mut write = || -> Result<Option<()>, String> {
            let cannot = |error| targets.cannot(done.at, &error);
            let begun = self.begin_page(targets, done.at)?;
            let mut out = BufWriter::with_capacity(formats::WRITTEN, begun);
            let mut written = Ok(());
            let work = AssertUnwindSafe(|| {
                cleaner.each_window(file, self.categories, |part, holes| {
                    gone += holes.iter().map(Range::len).sum::<usize>();
                    let mut pieces = formats::between(0..part.len(), holes);
                    written = pieces.try_for_each(|piece| out.write_all(&part.as_bytes()[piece]));
                    written.is_ok().then_some(())
                })
            });
            let told = catch_unwind(work).ok().flatten();
            written.map_err(cannot)?;
            if told.is_none() || file.check().is_err() {
                return Ok(None);
            }
            let all = out.into_inner().map_err(|error| error.into_error());
            all.and_then(|all| self.end_page(all))
                .map_err(cannot)
                .map(Some)
        };
        match write() {
            Ok(told) => told?,
            Err(what) => self.fail(done, None, what),
        }
        Some(gone)
    }

    /// The file of a page, not yet under its name.
    fn begin_page(&self, targets: &Targets, at: usize) -> Result<Packer<Pending>, String> {
        let file = targets.begin(at)?;
        Packer::new(file, self.compression(at)).map_err(|error| targets.cannot(at, &error))
    }

    /// Puts the file of a page under its name.
    fn end_page(&self, file: Packer<Pending>) -> io::Result<()> {
        let file = file.finish()?;
        // The list of what is done tells whether a small one is all there.
        match self.args.resume && file.size >= resume::SMALL {
            true => file.commit(),
            false => file.commit_page(),
        }
    }

    /// Whether pages are written where they are cleaned. What goes of them, if it is kept, has to be
    /// written first, which is the sink's to do.
    pub fn writes_pages(&self) -> bool {
        self.targets.is_some() && self.show != Show::Plan && self.args.removed.is_none()
    }

    /// Writes a page to its file, or leaves it for standard output.
    fn write_page(&self, left: Left, done: &mut Done) {
        let targets = match self.targets {
            Some(targets) if self.writes_pages() => targets,
            _ => {
                done.out = Out::Left(left);
                return;
            }
        };
        done.out = Out::Written;
        if self.args.in_place && !done.changed {
            return;
        }
        let write = || -> Result<(), String> {
            let mut file = self.begin_page(targets, done.at)?;
            left.write_to(&mut file)
                .and_then(|()| self.end_page(file))
                .map_err(|error| targets.cannot(done.at, &error))
        };
        if let Err(what) = write() {
            self.fail(done, None, what);
        }
    }

    /// Lines of JSONL.
    fn lines(&self, piece: &Piece, done: &mut Done) {
        let mut out = self.written.take();
        let mut rest = &piece.bytes[..];
        if let (0, Some(behind)) = (piece.place.byte, rest.strip_prefix(BOM)) {
            rest = behind;
            if self.is_written() && self.args.annotate.is_none() {
                out.extend_from_slice(BOM);
            }
        }
        let mut room = Room::default();
        let mut number = piece.place.line;
        while !rest.is_empty() && !done.failed {
            let (line, behind) =
                rest.split_at(memchr(b'\n', rest).map_or(rest.len(), |end| end + 1));
            rest = behind;
            if line.trim_ascii().is_empty() {
                if self.is_written() && self.args.annotate.is_none() {
                    out.extend_from_slice(line);
                }
            } else if let Err(what) = self.line(number, line, &mut room, done, &mut out) {
                self.bad_record(done, number, (line, false), what, &mut out);
            }
            number += 1;
        }
        done.out = Out::Bytes {
            bytes: out,
            packed: false,
        };
    }

    /// A record of JSONL.
    fn line(
        &self,
        number: u64,
        line: &[u8],
        room: &mut Room,
        done: &mut Done,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let record = Record::read(line, &self.fields, room)?;
        let Some(text) = record.text() else {
            if self.args.require_text {
                return Err(format!(
                    "there is no text under `{}`",
                    self.args.shared.text_field
                ));
            }
            done.totals.without_text += 1;
            match &self.args.annotate {
                Some(name) => attributes::nothing(record.id, name, out),
                None if self.is_written() => out.extend_from_slice(line),
                None => {}
            }
            return Ok(());
        };
        let mut page = self.document(
            done.at,
            Some(number),
            text,
            record.url.as_deref(),
            record.outlet.as_deref(),
        )?;
        let cuts = record.places(&page.holes);
        page.written = record.usual_literal().map(|literal| Pieces {
            bytes: &line[..literal.end],
            from: literal.start,
            without: &cuts,
        });
        let added = self.added(&page, &record);
        self.show(&page, done, out);
        done.changed |= added.is_some();
        if self.args.removed.is_some() && (!cuts.is_empty() || added.is_some()) {
            let piece = |cut: &Range<usize>| {
                let piece = formats::utf8(&line[cut.clone()]);
                (cut.start, piece.expect("a record is UTF-8"))
            };
            let undo = Undo {
                raw: cuts.iter().map(piece).collect(),
                added: added.as_deref(),
                head: None,
                left_of_line: Some(
                    line.strip_suffix(b"\n").unwrap_or(line).len()
                        - cuts.iter().map(Range::len).sum::<usize>()
                        + added.as_ref().map_or(0, String::len),
                ),
            };
            self.remove(&page, &undo, done);
        }
        if let Some(name) = &self.args.annotate {
            attributes::of(&page, record.id, name, out);
        } else if self.is_written() {
            let end = added.as_ref().map_or(line.len(), |_| record.end().0);
            // A large record is not in memory more often than it has to be.
            drop(page);
            drop(record);
            room.tidy();
            let left = Pieces {
                bytes: &line[..end],
                from: 0,
                without: &cuts,
            };
            left.write(out);
            out.extend_from_slice(added.as_deref().unwrap_or_default().as_bytes());
            out.extend_from_slice(&line[end..]);
        }
        Ok(())
    }

    /// What is added to a record: the fields that rules read, if there are any.
    fn added(&self, page: &Page, record: &Record) -> Option<String> {
        let key = self.args.add_fields.as_ref()?;
        if page.cleaned.fields.is_empty() {
            return None;
        }
        let (_, wants_comma) = record.end();
        let comma = if wants_comma { "," } else { "" };
        let key = serde_json::to_string(key).expect("a string is JSON");
        let fields = serde_json::to_string(&page.cleaned.fields).expect("strings are JSON");
        Some(format!("{comma}{key}:{fields}"))
    }

    /// Records of a WET file.
    fn wet(&self, piece: &Piece, extents: &[Extent], done: &mut Done) {
        let mut out = self.written.take();
        let packed = self.has_members(done.at);
        let mut record = Vec::new();
        for extent in extents {
            if done.failed {
                break;
            }
            let bytes = &piece.bytes[extent.bytes.clone()];
            record.clear();
            let result = match &extent.broken {
                None => self.wet_record(extent.number, bytes, done, &mut record),
                Some(what) => {
                    let at = piece.place.byte + extent.bytes.start as u64;
                    Err(format!("at byte {at}: {what}"))
                }
            };
            if let Err(what) = result {
                let goes_on = bytes.len() >= self.args.max_record;
                self.bad_record(done, extent.number, (bytes, goes_on), what, &mut record);
            }
            if packed && !record.is_empty() {
                formats::member(&record, &mut out);
            } else {
                out.append(&mut record);
            }
        }
        done.out = Out::Bytes { bytes: out, packed };
    }

    fn wet_record(
        &self,
        number: u64,
        bytes: &[u8],
        done: &mut Done,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let record = wet::Record::read(bytes)?;
        let is_copied = self.is_written() && self.args.to.is_none();
        if !record.is_document() {
            if is_copied {
                out.extend_from_slice(bytes);
            }
            return Ok(());
        }
        let text = record.text()?;
        let url = record.url();
        let page = self.document(done.at, Some(number), text, url.as_deref(), None)?;
        let has_changed = !page.holes.is_empty();
        self.show(&page, done, out);
        if self.args.removed.is_some() && has_changed {
            let undo = Undo {
                head: Some(record.head()),
                ..Undo::default()
            };
            self.remove(&page, &undo, done);
        }
        if is_copied && has_changed {
            record.write_with(page.left().as_bytes(), out);
        } else if is_copied {
            out.extend_from_slice(bytes);
        } else if self.is_written() {
            json::of_wet(&record, &page.left(), out);
        }
        Ok(())
    }

    /// Rows of a Parquet file.
    fn rows(&self, rows: Rows, done: &mut Done) {
        // Only the content has told that it is Parquet: names are looked at before the run.
        if self.show == Show::Text {
            let what = "Parquet is no stream; name the file to write with --output";
            return self.fail(done, None, what.to_owned());
        }
        let mut texts = Vec::with_capacity(rows.texts.len());
        let mut out = Vec::new();
        for at in 0..rows.texts.len() {
            let number = rows.first + at as u64;
            let Some(text) = &rows.texts[at] else {
                if self.args.require_text {
                    let what = format!(
                        "there is no text in the column `{}`",
                        self.args.shared.text_field
                    );
                    self.bad_row(done, number, what);
                } else {
                    done.totals.without_text += 1;
                }
                texts.push(None);
                continue;
            };
            texts.push(Some(
                match self.row(number, at, &rows, text.data(), done, &mut out) {
                    Ok(Some(cleaned)) => cleaned.into_bytes().into(),
                    Ok(None) => text.clone(),
                    Err(what) => {
                        self.bad_row(done, number, what);
                        text.clone()
                    }
                },
            ));
            if done.failed {
                return;
            }
        }
        done.out = if self.is_written() {
            Out::Rows { rows, texts }
        } else {
            Out::Bytes {
                bytes: out,
                packed: false,
            }
        };
    }

    fn bad_row(&self, done: &mut Done, number: u64, what: String) {
        // A row stays where it is: rejecting it is refused before the run.
        self.bad_record(done, number, (b"", false), what, &mut Vec::new());
    }

    /// The cleaned text of a row; `None`: it stays as it is.
    fn row(
        &self,
        number: u64,
        at: usize,
        rows: &Rows,
        text: &[u8],
        done: &mut Done,
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, String> {
        let text = formats::utf8(text)
            .map_err(|(byte, at)| format!("this is not UTF-8: 0x{byte:02x} at byte offset {at}"))?;
        let (url, outlet) = (rows.url(at), rows.outlet(at));
        let page = self.document(done.at, Some(number), text, url, outlet)?;
        self.show(&page, done, out);
        if page.holes.is_empty() {
            return Ok(None);
        }
        if self.args.removed.is_some() {
            self.remove(&page, &Undo::default(), done);
        }
        Ok(Some(page.left()))
    }

    /// Cleans a document.
    fn document<'p>(
        &'p self,
        at: usize,
        record: Option<u64>,
        text: &'p str,
        url: Option<&str>,
        named: Option<&str>,
    ) -> Result<Page<'p>, String> {
        let input = &self.inputs.list[at];
        // A bug of ours must not take the other documents with it; the hook has told what it is.
        let work = AssertUnwindSafe(|| {
            let before = self.against.as_ref().map(|rules| {
                let outlet = rules.outlet(text, url, named, input)?;
                let cleaned = self.cleaned(text, outlet.as_ref());
                Ok((outlet, cleaned))
            });
            let before = before.transpose()?;
            let outlet = self.rules.outlet(text, url, named, input)?;
            let misses = match (&outlet, self.show) {
                (Some((cleaner, _)), Show::Explain) => cleaner.misses(text, self.categories),
                _ => Vec::new(),
            };
            let cleaned = self.cleaned(text, outlet.as_ref());
            Ok((outlet, cleaned, misses, before))
        });
        let found = catch_unwind(work).map_err(|_| "it met a bug of cleaner".to_owned())?;
        let (outlet, cleaned, misses, before) = found.map_err(|error| {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.get_or_insert(error);
            "the rule files of its outlet are refused".to_owned()
        })?;
        let named = named.filter(|id| !id.is_empty());
        let page = |outlet: Option<(Arc<Cleaner>, By)>, (cleaned, holes), misses, before| Page {
            unknown: named.filter(|_| outlet.is_none()).map(shortened),
            tied: match (&outlet, self.show) {
                (None, Show::Explain) => self.rules.tied(text),
                _ => Vec::new(),
            },
            input,
            record,
            target: self.target(at),
            text,
            outlet,
            cleaned,
            holes,
            misses,
            before,
            written: None,
        };
        let before =
            before.map(|(outlet, cleaned)| Box::new(page(outlet, cleaned, Vec::new(), None)));
        Ok(page(outlet, cleaned, misses, before))
    }

    /// What comes of a text, but for the text that is left, and the bytes of it that go.
    fn cleaned(
        &self,
        text: &str,
        outlet: Option<&(Arc<Cleaner>, By)>,
    ) -> (Cleaned, Vec<Range<usize>>) {
        let Some((cleaner, _)) = outlet else {
            return Default::default();
        };
        if self.needs_rules() {
            let cleaned = cleaner.find_of(text, self.categories);
            let holes = cleaned.holes();
            return (cleaned, holes);
        }
        let mut cleaned = Cleaned::default();
        let (holes, flag) = cleaner.holes_of(text, self.categories);
        cleaned.flag = flag;
        (cleaned, holes)
    }

    /// Whether it is shown what took something; else what goes is enough.
    fn needs_rules(&self) -> bool {
        let args = self.args;
        let is_written = matches!(
            self.show,
            Show::Text | Show::Check | Show::Plan | Show::Nothing
        );
        !is_written
            || args.annotate.is_some()
            || args.add_fields.is_some()
            || args.removed.is_some()
            || self.counts_rules()
    }

    /// Whether it is counted what rules take.
    fn counts_rules(&self) -> bool {
        let is_gathered = matches!(self.show, Show::Coverage | Show::Report(_));
        self.args.stats.is_some() || is_gathered
    }

    /// Counts a document, and shows what is asked for.
    fn show(&self, page: &Page, done: &mut Done, out: &mut Vec<u8>) {
        let would_change = !page.holes.is_empty();
        done.changed |= would_change;
        done.totals.add(page, self.counts_rules());
        let shown = match self.show {
            Show::Diff if self.console.is_for_eyes() => {
                diff::for_eyes(page, self.console.stdout(), out)
            }
            Show::Diff => diff::patch(page, out),
            Show::Check if would_change => self.check(page, out),
            Show::Json => {
                json::record(page, self.args.spans, &self.rules_hash, out);
                Ok(())
            }
            Show::Explain => explain::page(page, self.console.stdout(), out),
            Show::Sample if would_change => self.draw(page, done),
            Show::Coverage => {
                done.gathered.coverage.add(page);
                Ok(())
            }
            Show::Report(most) => {
                done.gathered.report.add(page, most);
                Ok(())
            }
            Show::Snapshots => {
                done.gathered.snapshots.push(page.snapshot());
                Ok(())
            }
            _ => Ok(()),
        };
        shown.expect("writing to memory");
    }

    fn check(&self, page: &Page, out: &mut Vec<u8>) -> io::Result<()> {
        if self.console.is_for_eyes() {
            return writeln!(out, "{}", printable(&page.name()));
        }
        out.extend_from_slice(page.input.raw_name());
        match page.record {
            Some(record) => writeln!(out, ":{record}"),
            None => writeln!(out),
        }
    }

    /// Draws a number for a document, which is of the sample if it is among the lowest.
    fn draw(&self, page: &Page, done: &mut Done) -> io::Result<()> {
        let place = (done.at, page.record.unwrap_or_default());
        let number = mixed(mixed(mixed(self.args.seed) ^ place.0 as u64) ^ place.1);
        if number < self.sample_below.load(Ordering::Relaxed) {
            let mut shown = Vec::new();
            if self.console.is_for_eyes() {
                diff::for_eyes(page, self.console.stdout(), &mut shown)?;
            } else {
                diff::patch(page, &mut shown)?;
            }
            done.sample.push(Drawn {
                number,
                place,
                diff: shown,
            });
        }
        Ok(())
    }

    fn remove(&self, page: &Page, undo: &Undo, done: &mut Done) {
        json::removed(
            page,
            self.args.spans,
            &self.rules_hash,
            undo,
            &mut done.removed,
        );
    }
}

impl Rules<'_> {
    /// Whose a text is that stands in this file.
    fn outlet(
        &self,
        text: &str,
        url: Option<&str>,
        named: Option<&str>,
        input: &Input,
    ) -> cleaner::Result<Option<(Arc<Cleaner>, By)>> {
        if let Some(cleaner) = &self.named {
            return Ok(Some((cleaner.clone(), By::Name)));
        }
        let found = |id: Option<&str>, by| {
            let cleaner = id.map(|id| self.outlets.cleaner(id)).transpose();
            cleaner.map(|cleaner| Some((cleaner.flatten()?, by)))
        };
        if let Some(found) = found(named, By::Record)? {
            return Ok(Some(found));
        }
        let folder = self.by_folder.then(|| self.folder(input)).flatten();
        if let Some(found) = found(folder, By::Folder)? {
            return Ok(Some(found));
        }
        let by_address = url.and_then(|url| self.outlets.by_address(url));
        if let Some(found) = found(by_address.map(|outlet| outlet.id.as_str()), By::Address)? {
            return Ok(Some(found));
        }
        if let Some(cleaner) = &self.addressed {
            return Ok(Some((cleaner.clone(), By::Address)));
        }
        let by_signs = self.outlets.by_signs(text);
        found(by_signs.map(|outlet| outlet.id.as_str()), By::Signs)
    }

    /// The outlet as whose id a folder of the file is named, the innermost of its path as it was given.
    fn folder<'i>(&self, input: &'i Input) -> Option<&'i str> {
        let folders = input.as_file()?.parent()?.iter().rev();
        let mut names = folders.filter_map(|folder| folder.to_str());
        let is_outlet = |name: &&str| {
            let outlet = self.outlets.outlet(name);
            outlet.is_some_and(|outlet| !outlet.is_family)
        };
        names.find(is_outlet)
    }

    /// The ids of the outlets of whose signs a text has equally many.
    fn tied(&self, text: &str) -> Vec<String> {
        let tied = self.outlets.tied_by_signs(text).into_iter();
        tied.map(|outlet| outlet.id.clone()).collect()
    }
}

/// A name that a record gives, which may be anything.
fn shortened(name: &str) -> Box<str> {
    const MOST: usize = 80;
    let shown = name.chars().filter(|c| !c.is_control()).take(MOST);
    shown.collect()
}

/// The finalizer of SplitMix64: every bit of the number depends on every bit of the other one.
fn mixed(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
