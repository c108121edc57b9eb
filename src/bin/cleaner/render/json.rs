//! `--json` and `--removed`: all that cleaning found out about a document, as one line.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use cleaner::{Removal, Rule};
use foldhash::fast::RandomState;
use serde::Serialize;

use crate::args::Spans;
use crate::formats::jsonl::escape_into;
use crate::formats::wet;
use crate::inputs::slashed;
use crate::work::{By, Page};

/// What a document is. Its removals, and what was found and stays, follow; then [`Found`].
/// [`restore`](crate::restore) reads some of it.
#[derive(Serialize)]
struct Document<'a> {
    path: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<u64>,
    outlet: Option<&'a str>,
    by: Option<By>,
    rules_hash: &'a str,
}

/// What else was found out about it.
#[derive(Serialize)]
struct Found<'a> {
    fields: &'a BTreeMap<String, Vec<String>>,
    flag: Option<Flag<'a>>,
    spans: Spans,
    /// Those of [`Undo`].
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    raw: &'a [(usize, &'a str)],
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_bytes: Option<&'a [u8]>,
    /// The bytes that are left of the text, or of the line of JSONL without its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<usize>,
}

/// What else has to be known to make a record the one that it was.
#[derive(Default)]
pub struct Undo<'a> {
    /// What went of a JSONL record as it was written: the byte of its line, from 0, and the piece.
    pub raw: Vec<(usize, &'a str)>,
    /// What was added to it, right before its last brace.
    pub added: Option<&'a str>,
    /// The head of a WET record.
    pub head: Option<&'a [u8]>,
    /// The bytes that are left of a line of JSONL, without its end.
    pub left_of_line: Option<usize>,
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
    let document = Document {
        path: match undo {
            Some(_) => page.target.map(|target| slashed(target).into()),
            None => page.input.path().map(Cow::Borrowed),
        },
        record: page.record,
        outlet: page.outlet.as_ref().map(|(cleaner, _)| cleaner.outlet()),
        by: page.outlet.as_ref().map(|(_, by)| *by),
        rules_hash: hash,
    };
    let head = undo.and_then(|undo| undo.head);
    let head_text = head.and_then(|head| std::str::from_utf8(head).ok());
    let left_of_text = || page.pieces().map(|piece| piece.len()).sum();
    let found = Found {
        fields: &cleaned.fields,
        flag: cleaned.flag.as_ref().map(|flag| Flag {
            reason: flag.reason.name(),
            message: flag.to_string(),
            rules: &flag.rules,
        }),
        spans,
        raw: undo.map_or(&[], |undo| &undo.raw),
        added: undo.and_then(|undo| undo.added),
        head: head_text,
        head_bytes: head.filter(|_| head_text.is_none()),
        left: undo.map(|undo| undo.left_of_line.unwrap_or_else(left_of_text)),
    };
    value(&document, out);
    // The brace at its end.
    out.pop();
    let lists: [(&[u8], _); 2] = [
        (b",\"removals\":[", &cleaned.removals),
        (b",\"kept\":[", &cleaned.kept),
    ];
    for (key, list) in lists {
        out.extend_from_slice(key);
        let mut cursor = Cursor::new(page.text, spans);
        for (at, removal) in list.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            cursor.write(removal, out);
        }
        out.push(b']');
    }
    let brace = out.len();
    value(&found, out);
    out[brace] = b',';
    if undo.is_none() {
        out.pop();
        out.extend_from_slice(b",\"text\":\"");
        match page.written {
            Some(pieces) => pieces.write(out),
            None => page
                .pieces()
                .for_each(|piece| escape_into(page.text, piece, out)),
        }
        out.extend_from_slice(b"\"}");
    }
    out.push(b'\n');
}

fn value(value: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing to memory");
}

/// Writes a string.
pub fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    escape_into(text, 0..text.len(), out);
    out.push(b'"');
}

/// Writes a number.
pub fn number(number: usize, out: &mut Vec<u8>) {
    if number >= 100_000_000 {
        return value(&number, out);
    }
    // Its eight digits, the first in the lowest byte, by halves, quarters and eighths of the word.
    let number = number as u64;
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 5243) >> 19) & 0x0000_007f_0000_007f;
    let quarters = hundreds | ((halves - hundreds * 100) << 16);
    let tens = ((quarters * 103) >> 10) & 0x000f_000f_000f_000f;
    let digits = tens | ((quarters - tens * 10) << 8);
    // The last is written also where it is 0.
    let unused = (digits.trailing_zeros() / 8).min(7);
    let written = (digits | 0x3030_3030_3030_3030) >> (8 * unused);
    let end = out.len() + 8 - unused as usize;
    out.extend_from_slice(&written.to_le_bytes());
    out.truncate(end);
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
        id: Option<Cow<'a, str>>,
        url: Option<Cow<'a, str>>,
        date: Option<Cow<'a, str>>,
        language: Option<Cow<'a, str>>,
        text: &'a str,
    }
    let line = Line {
        id: record.header("WARC-Record-ID"),
        url: record.url(),
        date: record.header("WARC-Date"),
        language: record.header("WARC-Identified-Content-Language"),
        text,
    };
    serde_json::to_writer(&mut *out, &line).expect("writing to memory");
    out.push(b'\n');
}

/// A walk along a text.
struct Cursor<'a> {
    text: &'a str,
    spans: Spans,
    /// Where the last removal begins, and where it ends.
    start: Place,
    end: Place,
}

/// A place in a text: its byte, the byte or the character that is shown for it, and the line ends
/// before it.
#[derive(Clone, Copy, Default)]
struct Place {
    byte: usize,
    shown: usize,
    lines: usize,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str, spans: Spans) -> Cursor<'a> {
        Cursor {
            text,
            spans,
            start: Place::default(),
            end: Place::default(),
        }
    }

    /// The place of a byte that is not before another place.
    fn place(&self, from: Place, byte: usize) -> Place {
        if byte == from.byte {
            return from;
        }
        let part = &self.text[from.byte..byte];
        let shown = match self.spans {
            Spans::Bytes => part.len(),
            Spans::Chars => part.chars().count(),
        };
        Place {
            byte,
            shown: from.shown + shown,
            lines: from.lines + line_ends(part.as_bytes()),
        }
    }

    /// Goes to a removal, which begins at no place before, and writes it as an object: there are many,
    /// each with the same keys, which serde_json would look at each time.
    fn write(&mut self, removal: &Removal, out: &mut Vec<u8>) {
        match &removal.rule {
            Some(rule) => head(rule, out),
            None => {
                out.extend_from_slice(b"{\"rule\":null,\"at\":null,\"category\":null,\"start\":")
            }
        }
        let span = removal.span.clone();
        // Most removals do not overlap.
        let is_behind = self.end.byte <= span.start;
        let from = if is_behind { self.end } else { self.start };
        self.start = self.place(from, span.start);
        self.end = self.place(self.start, span.end);
        let ends_line = self.text[span.clone()].ends_with('\n');
        number(self.start.shown, out);
        out.extend_from_slice(b",\"end\":");
        number(self.end.shown, out);
        // The first and the last, counted from 1.
        out.extend_from_slice(b",\"lines\":[");
        number(self.start.lines + 1, out);
        out.push(b',');
        number(self.end.lines + usize::from(!ends_line), out);
        out.extend_from_slice(b"],\"text\":\"");
        escape_into(self.text, span, out);
        out.extend_from_slice(b"\"}");
    }
}

/// Rules, by their addresses, and how the objects of their removals begin.
type Heads = HashMap<usize, (Arc<Rule>, Box<[u8]>), RandomState>;

thread_local! {
    static HEADS: RefCell<Heads> = RefCell::default();
}

/// Writes how the object of a removal begins: it is the same for all of a rule.
fn head(rule: &Arc<Rule>, out: &mut Vec<u8>) {
    HEADS.with_borrow_mut(|heads| {
        let known = heads.entry(Arc::as_ptr(rule).addr());
        let (_, head) = known.or_insert_with(|| {
            // Ids and categories have nothing that is escaped: letters, digits, `-` and `/`.
            let mut head = Vec::new();
            head.extend_from_slice(b"{\"rule\":\"");
            head.extend_from_slice(rule.id.as_bytes());
            head.extend_from_slice(b"\",\"at\":\"");
            escape_into(&rule.file, 0..rule.file.len(), &mut head);
            head.push(b':');
            number(rule.line, &mut head);
            head.extend_from_slice(b"\",\"category\":\"");
            head.extend_from_slice(rule.category.name().as_bytes());
            head.extend_from_slice(b"\",\"start\":");
            (rule.clone(), head.into())
        });
        out.extend_from_slice(head);
    });
}

/// The line ends in a part of a text, which mostly is short.
fn line_ends(part: &[u8]) -> usize {
    // So few that a byte can count them, and the compiler look at many at once.
    let few = part.chunks(128);
    let ends = few.map(|few| few.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>());
    ends.map(usize::from).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_are_as_serde_json_writes_them(text in r#"(?s-u:[a\n"\\ ]|\t|\x1f|\x7f|ж|\u{2028}){0,40}"#) {
            let mut written = Vec::new();
            string(&text, &mut written);
            prop_assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn numbers_are_as_serde_json_writes_them(bits in 0..=usize::BITS, any in any::<usize>()) {
            let any = any.checked_shr(bits).unwrap_or_default();
            let mut written = Vec::new();
            number(any, &mut written);
            prop_assert_eq!(String::from_utf8(written).unwrap(), any.to_string());
        }
    }
}
