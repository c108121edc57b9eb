//! `--json` and `--removed`: all that cleaning found out about a document, as one line.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use serde::Serialize;

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
    #[serde(flatten)]
    undo: Option<&'a Undo<'a>>,
}

/// What else has to be known to make a record the one that it was.
#[derive(Default, Serialize)]
pub struct Undo<'a> {
    /// What went of a JSONL record as it was written: the byte of its line, from 0, and the piece.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<(usize, &'a str)>,
    /// What was added to it, right before its last brace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<&'a str>,
    /// The head of a WET record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<&'a str>,
}

/// A part of the page that goes, or that was found and stays.
#[derive(Serialize)]
struct Removal<'a> {
    /// `None`: a seam.
    rule: Option<&'a str>,
    at: Option<String>,
    category: Option<&'static str>,
    start: usize,
    end: usize,
    /// The first and the last, counted from 1.
    lines: [usize; 2],
    text: &'a str,
}

#[derive(Serialize)]
struct Flag<'a> {
    reason: &'static str,
    message: String,
    rules: &'a [String],
}

/// Writes the document as one line.
pub fn record(page: &Page, spans: Spans, hash: &str, out: &mut dyn Write) -> io::Result<()> {
    line(page, spans, hash, None, out)
}

/// Writes what went of the document as one line; its path is that of the cleaned file in the output
/// folder.
pub fn removed(
    page: &Page,
    spans: Spans,
    hash: &str,
    undo: &Undo,
    out: &mut dyn Write,
) -> io::Result<()> {
    line(page, spans, hash, Some(undo), out)
}

fn line(
    page: &Page,
    spans: Spans,
    hash: &str,
    undo: Option<&Undo>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cleaned = &page.cleaned;
    let both = cleaned.removals.iter().chain(&cleaned.kept);
    let places = Places::new(page.text, both.map(|removal| &removal.span));
    let record = Record {
        path: match undo {
            Some(_) => page.target.map(slashed),
            None => page.input.path(),
        },
        record: page.record,
        outlet: page.outlet.as_ref().map(|(cleaner, _)| cleaner.outlet()),
        by: page.outlet.as_ref().map(|(_, by)| *by),
        rules_hash: hash,
        removals: places.removals(&cleaned.removals, spans),
        kept: places.removals(&cleaned.kept, spans),
        fields: &cleaned.fields,
        flag: cleaned.flag.as_ref().map(|flag| Flag {
            reason: flag.reason.name(),
            message: flag.to_string(),
            rules: &flag.rules,
        }),
        spans,
        text: undo.is_none().then_some(&cleaned.text),
        undo,
    };
    serde_json::to_writer(&mut *out, &record)?;
    out.write_all(b"\n")
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

/// Bytes of a text at which something begins or ends, with the characters and line ends before
/// them: the text is counted through once, however many there are.
struct Places<'a> {
    text: &'a str,
    /// In order of the bytes: byte, characters, line ends.
    known: Vec<(usize, usize, usize)>,
}

impl<'a> Places<'a> {
    fn new<'b>(text: &'a str, spans: impl Iterator<Item = &'b Range<usize>>) -> Places<'a> {
        let mut bytes: Vec<usize> = spans.flat_map(|span| [span.start, span.end]).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let (mut from, mut chars, mut lines) = (0, 0, 0);
        let mut known = Vec::with_capacity(bytes.len());
        for byte in bytes {
            let part = &text[from..byte];
            chars += part.chars().count();
            lines += part.bytes().filter(|&byte| byte == b'\n').count();
            known.push((byte, chars, lines));
            from = byte;
        }
        Places { text, known }
    }

    fn removals<'r>(&self, list: &'r [cleaner::Removal], spans: Spans) -> Vec<Removal<'r>>
    where
        'a: 'r,
    {
        list.iter()
            .map(|removal| self.removal(removal, spans))
            .collect()
    }

    fn removal<'r>(&self, removal: &'r cleaner::Removal, spans: Spans) -> Removal<'r>
    where
        'a: 'r,
    {
        let span = removal.span.clone();
        let (start, end) = (self.place(span.start), self.place(span.end));
        let rule = removal.rule.as_deref();
        let text = &self.text[span];
        let last = end.2 + usize::from(!text.ends_with('\n'));
        Removal {
            rule: rule.map(|rule| rule.id.as_str()),
            at: rule.map(|rule| format!("{}:{}", rule.file, rule.line)),
            category: rule.map(|rule| rule.category.name()),
            start: if spans == Spans::Bytes {
                start.0
            } else {
                start.1
            },
            end: if spans == Spans::Bytes { end.0 } else { end.1 },
            lines: [start.2 + 1, last],
            text,
        }
    }

    fn place(&self, byte: usize) -> (usize, usize, usize) {
        let at = self.known.binary_search_by_key(&byte, |known| known.0);
        self.known[at.expect("places are made of these removals")]
    }
}
