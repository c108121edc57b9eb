//! The source of the run: inputs, one after the other, in pieces for the workers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::args::Clean;
use crate::clean::refuse_format;
use crate::formats::parquet::{self, Rows};
use crate::formats::{Buffers, Extent, Format, Opening, Piece, Source};
use crate::inputs::Inputs;

/// A job of this size keeps the others waiting, so that large documents are never many at a time:
/// bytes.
const LARGE: usize = 4 << 20;

/// A thread takes so many pages at a time, if they are no larger together than this, in bytes: to take
/// turns costs a part of what one of them does. It takes more while they are in one folder: systems
/// let only one thread at a time add to a folder.
const PAGES: usize = 16;
const OF_FOLDER: usize = 128;
const SMALL: u64 = 1 << 20;

/// A part of an input, with the number of the input.
pub struct Job {
    pub at: usize,
    pub part: Part,
}

/// What there is to do.
pub enum Part {
    /// A page of text; opened already where its name did not tell that it is one.
    Page(Option<Source>),
    /// Records of JSON Lines.
    Lines(Piece),
    /// Records of a WET file.
    Wet(Piece, Vec<Extent>),
    /// Rows of a Parquet file.
    Rows(Rows),
    /// The input is at its end.
    End { is_parquet: bool },
    /// The input cannot be read, or not be read on.
    Broken(String),
}

impl Job {
    /// Whether it is better done alone.
    pub fn is_large(&self, inputs: &Inputs) -> bool {
        let size = match &self.part {
            Part::Page(_) => inputs.list[self.at].size() as usize,
            Part::Lines(piece) | Part::Wet(piece, _) => piece.bytes.len(),
            Part::Rows(rows) => rows.size(),
            Part::End { .. } | Part::Broken(_) => 0,
        };
        size > LARGE
    }
}

/// How inputs are read.
pub struct Reading<'a> {
    pub args: &'a Clean,
    pub columns: parquet::Columns<'a>,
    /// Bytes of files that have been read.
    pub passed: Arc<AtomicU64>,
    pub buffers: Arc<Buffers>,
    /// By the number of the input: whether there is no more to do with it.
    pub is_over: Vec<AtomicBool>,
}

/// The jobs of a run, in order.
pub struct Jobs<'a> {
    inputs: &'a Inputs,
    reading: &'a Reading<'a>,
    next: usize,
    open: Option<(usize, Open)>,
}

/// An input that is being read.
enum Open {
    Stream(Source),
    Parquet(Box<parquet::Reader>),
}

impl<'a> Jobs<'a> {
    pub fn new(inputs: &'a Inputs, reading: &'a Reading<'a>) -> Jobs<'a> {
        Jobs {
            inputs,
            reading,
            next: 0,
            open: None,
        }
    }

    /// The next jobs of one of so many threads: one, or small pages that follow one another, but not so
    /// many that another thread is left without. No threads: one.
    pub fn next_few(&mut self, threads: usize) -> Option<Vec<Job>> {
        let mut jobs = vec![self.next()?];
        let left = self.inputs.list.len() - self.next;
        let most = left
            .checked_div(2 * threads)
            .map_or(1, |share| share.min(OF_FOLDER));
        let folder = |at: usize| self.inputs.list[at].as_file().and_then(Path::parent);
        let mut size = self.page_size(jobs[0].at);
        while jobs.len() < most
            && let Some(known) = size
            && let Some(next) = self.page_size(self.next)
            && known + next <= SMALL
            && (jobs.len() < PAGES || folder(self.next) == folder(self.next - 1))
        {
            jobs.extend(self.next());
            size = Some(known + next);
        }
        Some(jobs)
    }

    /// The size of the input of this number, if that is a page by its name, and there is something to
    /// do with it.
    fn page_size(&self, at: usize) -> Option<u64> {
        let input = self.inputs.list.get(at)?;
        let named = self.reading.args.shared.format.or(input.format());
        let is_page =
            named == Some(Format::Text) && !self.reading.is_over[at].load(Ordering::Relaxed);
        input.known_size().filter(|_| is_page)
    }

    /// Opens an input; a page of text has no parts.
    fn open(&mut self, at: usize) -> Result<Option<Part>, String> {
        let input = &self.inputs.list[at];
        let named = self.reading.args.shared.format.or(input.format());
        match (named, input.as_file()) {
            (Some(Format::Text), Some(_)) => {
                self.reading
                    .passed
                    .fetch_add(input.size(), Ordering::Relaxed);
                return Ok(Some(Part::Page(None)));
            }
            (Some(Format::Parquet), file) => {
                self.open = Some((at, self.parquet(file)?));
                return Ok(None);
            }
            _ => {}
        }
        let how = Opening {
            max_record: self.reading.args.max_record,
            passed: self.reading.passed.clone(),
            buffers: self.reading.buffers.clone(),
        };
        let source = Source::open(input.as_file(), named, how)?;
        refuse_format(self.reading.args, source.format)?;
        match source.format {
            Format::Text => return Ok(Some(Part::Page(Some(source)))),
            Format::Parquet => self.open = Some((at, self.parquet(input.as_file())?)),
            _ => self.open = Some((at, Open::Stream(source))),
        }
        Ok(None)
    }

    fn parquet(&self, file: Option<&Path>) -> Result<Open, String> {
        let Some(path) = file else {
            return Err("Parquet cannot be read from a pipe; name the file".to_owned());
        };
        let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
        let reader = parquet::Reader::open(file, &self.reading.columns)?;
        Ok(Open::Parquet(Box::new(reader)))
    }
}

impl Reading<'_> {
    /// The next part of an input.
    fn part(&self, open: &mut Open) -> Result<Option<Part>, String> {
        Ok(match open {
            Open::Stream(source) if source.format == Format::Wet => source
                .wet()?
                .map(|(piece, extents)| Part::Wet(piece, extents)),
            Open::Stream(source) => source.lines()?.map(Part::Lines),
            Open::Parquet(reader) => {
                let before = reader.passed();
                let rows = reader.next()?;
                let passed = reader.passed() - before;
                self.passed.fetch_add(passed, Ordering::Relaxed);
                rows.map(Part::Rows)
            }
        })
    }
}

impl Iterator for Jobs<'_> {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        loop {
            if let Some((at, open)) = &mut self.open {
                let at = *at;
                let part = if self.reading.is_over[at].load(Ordering::Relaxed) {
                    Ok(None)
                } else {
                    self.reading.part(open)
                };
                let part = match part {
                    Ok(Some(part)) => return Some(Job { at, part }),
                    Ok(None) => Part::End {
                        is_parquet: matches!(open, Open::Parquet(_)),
                    },
                    Err(what) => Part::Broken(what),
                };
                self.open = None;
                return Some(Job { at, part });
            }
            let at = self.next;
            self.inputs.list.get(at)?;
            self.next += 1;
            if self.reading.is_over[at].load(Ordering::Relaxed) {
                continue;
            }
            match self.open(at) {
                Ok(Some(part)) => return Some(Job { at, part }),
                Ok(None) => {}
                Err(what) => {
                    return Some(Job {
                        at,
                        part: Part::Broken(what),
                    });
                }
            }
        }
    }
}
