//! `--json`: all that cleaning found out about a page, as one line.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;

use crate::args::Spans;
use crate::clean::{By, Page};

/// A page. [`restore`](crate::restore) reads some of it.
#[derive(Serialize)]
struct Record<'a> {
    path: Option<String>,
    outlet: Option<&'a str>,
    by: Option<By>,
    rules_hash: &'a str,
    removals: Vec<Removal<'a>>,
    kept: Vec<Removal<'a>>,
    fields: &'a BTreeMap<String, Vec<String>>,
    flag: Option<Flag<'a>>,
    spans: Spans,
    text: &'a str,
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

/// Writes the page as one line.
pub fn record(page: &Page, spans: Spans, hash: &str, out: &mut dyn Write) -> io::Result<()> {
    let cleaned = &page.cleaned;
    let both = cleaned.removals.iter().chain(&cleaned.kept);
    let places = Places::new(&page.text, both.map(|removal| &removal.span));
    let record = Record {
        path: page.document.path(),
        outlet: page.outlet.as_ref().map(|(id, _)| id.as_str()),
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
        text: &cleaned.text,
    };
    serde_json::to_writer(&mut *out, &record)?;
    out.write_all(b"\n")
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
