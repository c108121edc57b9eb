//! `--json` and `--removed`: all that cleaning found out about a document, as one line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use cleaner::Rule;
use memchr::memchr_iter;
use serde::{Serialize, Serializer};

use crate::args::Spans;
use crate::formats::wet;
use crate::inputs::slashed;
use crate::work::{By, Page};

/// A document. [`restore`](crate::restore) reads some of it.
#[derive(Serialize)]
struct Record<'a> {
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<u64>,
    outlet: Option<&'a str>,
    by: Option<By>,
    rules_hash: &'a str,
    removals: Vec<Removal<'a>>,
    kept: Vec<Removal<'a>>,
    fields: &'a BTreeMap<String, Vec<String>>,
    flag: Option<Flag<'a>>,
    spans: Spans,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// Those of [`Undo`].
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    raw: &'a [(usize, &'a str)],
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<&'a str>,
}

/// What else has to be known to make a record the one that it was.
#[derive(Default)]
pub struct Undo<'a> {
    /// What went of a JSONL record as it was written: the byte of its line, from 0, and the piece.
    pub raw: Vec<(usize, &'a str)>,
    /// What was added to it, right before its last brace.
    pub added: Option<&'a str>,
    /// The head of a WET record.
    pub head: Option<&'a str>,
}

/// A part of the page that goes, or that was found and stays.
#[derive(Serialize)]
struct Removal<'a> {
    /// `None`: a seam.
    rule: Option<&'a str>,
    at: Option<Place<'a>>,
    category: Option<&'static str>,
    start: usize,
    end: usize,
    /// The first and the last, counted from 1.
    lines: [usize; 2],
    text: &'a str,
}

/// Where a rule is written: its file and line.
struct Place<'a>(&'a Rule);

impl Serialize for Place<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Rule { file, line, .. } = self.0;
        serializer.collect_str(&format_args!("{file}:{line}"))
    }
}

#[derive(Serialize)]
struct Flag<'a> {
    reason: &'static str,
    message: String,
    rules: &'a [String],
}

/// Writes the document as one line.
pub fn record(page: &Page, spans: Spans, hash: &str, out: &mut Vec<u8>) {
    line(page, spans, hash, None, out);
}

/// Writes what went of the document as one line; its path is that of the cleaned file in the output
/// folder.
pub fn removed(page: &Page, spans: Spans, hash: &str, undo: &Undo, out: &mut Vec<u8>) {
    line(page, spans, hash, Some(undo), out);
}

fn line(page: &Page, spans: Spans, hash: &str, undo: Option<&Undo>, out: &mut Vec<u8>) {
    let cleaned = &page.cleaned;
    let both = cleaned.removals.iter().chain(&cleaned.kept);
    let places = Places::new(page.text, spans, both.map(|removal| &removal.span));
    let record = Record {
        path: match undo {
            Some(_) => page.target.map(slashed),
            None => page.input.path(),
        },
        record: page.record,
        outlet: page.outlet.as_ref().map(|(cleaner, _)| cleaner.outlet()),
        by: page.outlet.as_ref().map(|(_, by)| *by),
        rules_hash: hash,
        removals: places.removals(&cleaned.removals),
        kept: places.removals(&cleaned.kept),
        fields: &cleaned.fields,
        flag: cleaned.flag.as_ref().map(|flag| Flag {
            reason: flag.reason.name(),
            message: flag.to_string(),
            rules: &flag.rules,
        }),
        spans,
        text: undo.is_none().then_some(&cleaned.text),
        raw: undo.map_or(&[], |undo| &undo.raw),
        added: undo.and_then(|undo| undo.added),
        head: undo.and_then(|undo| undo.head),
    };
    serde_json::to_writer(&mut *out, &record).expect("writing to memory");
    out.push(b'\n');
}

/// Writes that a record was rejected, and what it was; bytes where it is not UTF-8.
pub fn rejected(target: Option<&Path>, record: u64, bytes: &[u8], out: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Rejected<'a> {
        path: Option<String>,
        record: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        rejected: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rejected_bytes: Option<&'a [u8]>,
    }
    let text = std::str::from_utf8(bytes).ok();
    let line = Rejected {
        path: target.map(slashed),
        record,
        rejected: text,
        rejected_bytes: text.is_none().then_some(bytes),
    };
    serde_json::to_writer(&mut *out, &line).expect("writing to memory");
    out.push(b'\n');
}

/// Writes a document of a WET file as a JSONL record.
pub fn of_wet(record: &wet::Record, text: &str, out: &mut Vec<u8>) {
    #[derive(Serialize)]
    struct Line<'a> {
        id: Option<&'a str>,
        url: Option<&'a str>,
        date: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<&'a str>,
        text: &'a str,
    }
    let line = Line {
        id: record.header("WARC-Record-ID"),
        url: record.header("WARC-Target-URI"),
        date: record.header("WARC-Date"),
        language: record.header("WARC-Identified-Content-Language"),
        text,
    };
    serde_json::to_writer(&mut *out, &line).expect("writing to memory");
    out.push(b'\n');
}

/// Bytes of a text at which something begins or ends, with what is shown for them and the line ends
/// before them: the text is counted through once, however many there are.
struct Places<'a> {
    text: &'a str,
    /// In order of the bytes: byte, the byte or the character that is shown, line ends.
    known: Vec<(usize, usize, usize)>,
}

impl<'a> Places<'a> {
    fn new<'b>(
        text: &'a str,
        shown: Spans,
        spans: impl Iterator<Item = &'b Range<usize>>,
    ) -> Places<'a> {
        let mut bytes: Vec<usize> = spans.flat_map(|span| [span.start, span.end]).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let (mut from, mut chars, mut lines) = (0, 0, 0);
        let mut known = Vec::with_capacity(bytes.len());
        for byte in bytes {
            let part = &text[from..byte];
            lines += memchr_iter(b'\n', part.as_bytes()).count();
            let shown = match shown {
                Spans::Bytes => byte,
                Spans::Chars => {
                    chars += part.chars().count();
                    chars
                }
            };
            known.push((byte, shown, lines));
            from = byte;
        }
        Places { text, known }
    }

    fn removals<'r>(&self, list: &'r [cleaner::Removal]) -> Vec<Removal<'r>>
    where
        'a: 'r,
    {
        list.iter().map(|removal| self.removal(removal)).collect()
    }

    fn removal<'r>(&self, removal: &'r cleaner::Removal) -> Removal<'r>
    where
        'a: 'r,
    {
        let span = removal.span.clone();
        let (_, start, before) = self.place(span.start);
        let (_, end, behind) = self.place(span.end);
        let rule = removal.rule.as_deref();
        let text = &self.text[span];
        Removal {
            rule: rule.map(|rule| rule.id.as_str()),
            at: rule.map(Place),
            category: rule.map(|rule| rule.category.name()),
            start,
            end,
            lines: [before + 1, behind + usize::from(!text.ends_with('\n'))],
            text,
        }
    }

    fn place(&self, byte: usize) -> (usize, usize, usize) {
        let at = self.known.binary_search_by_key(&byte, |known| known.0);
        self.known[at.expect("places are made of these removals")]
    }
}
