//! `--json` and `--removed`: all that cleaning found out about a document, as one line.

use std::collections::BTreeMap;
use std::path::Path;

use cleaner::Removal;
use memchr::{memchr_iter, memchr3_iter};
use serde::Serialize;

use crate::args::Spans;
use crate::formats::wet;
use crate::inputs::slashed;
use crate::work::{By, Page};

/// What a document is. Its removals, and what was found and stays, follow; then [`Found`].
/// [`restore`](crate::restore) reads some of it.
#[derive(Serialize)]
struct Document<'a> {
    path: Option<String>,
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
            Some(_) => page.target.map(slashed),
            None => page.input.path(),
        },
        record: page.record,
        outlet: page.outlet.as_ref().map(|(cleaner, _)| cleaner.outlet()),
        by: page.outlet.as_ref().map(|(_, by)| *by),
        rules_hash: hash,
    };
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
        head: undo.and_then(|undo| undo.head),
    };
    value(&document, out);
    // The brace at its end.
    out.pop();
    for (key, list) in [("removals", &cleaned.removals), ("kept", &cleaned.kept)] {
        write(out, &[b",\"", key.as_bytes(), b"\":["]);
        let mut cursor = Cursor::new(page.text, spans);
        for (at, removal) in list.iter().enumerate() {
            write(out, if at > 0 { &[b","] } else { &[] });
            cursor.write(removal, out);
        }
        write(out, &[b"]"]);
    }
    let brace = out.len();
    value(&found, out);
    out[brace] = b',';
    if undo.is_none() {
        out.pop();
        write(out, &[b",\"text\":"]);
        string(&cleaned.text, out);
        write(out, &[b"}"]);
    }
    out.push(b'\n');
}

fn value(value: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing to memory");
}

fn write(out: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// Writes a string as serde_json does, which looks at each byte by itself: line ends are nearly all
/// that is escaped.
fn string(text: &str, out: &mut Vec<u8>) {
    if text == "\n" {
        // Nearly all seams are this.
        return write(out, &[b"\"\\n\""]);
    }
    let bytes = text.as_bytes();
    // Numbers, and no early exit, so that many bytes are looked at at once.
    let is_other = |byte: u8| u8::from(byte < b' ') & u8::from(byte != b'\n');
    if bytes.iter().fold(0, |any, &byte| any | is_other(byte)) != 0 {
        return value(&text, out);
    }
    out.push(b'"');
    let mut from = 0;
    for at in memchr3_iter(b'\n', b'"', b'\\', bytes) {
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(match bytes[at] {
            b'\n' => b"\\n",
            b'"' => b"\\\"",
            _ => b"\\\\",
        });
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
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

/// A place in a text that goes forth: its byte, the byte or the character that is shown for it, and
/// the line ends before it.
struct Cursor<'a> {
    text: &'a str,
    spans: Spans,
    byte: usize,
    shown: usize,
    lines: usize,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str, spans: Spans) -> Cursor<'a> {
        Cursor {
            text,
            spans,
            byte: 0,
            shown: 0,
            lines: 0,
        }
    }

    /// What is shown for a place that is not before this one, and the line ends before it.
    fn ahead(&self, byte: usize) -> (usize, usize) {
        let part = &self.text[self.byte..byte];
        let shown = match self.spans {
            Spans::Bytes => part.len(),
            Spans::Chars => part.chars().count(),
        };
        let lines = memchr_iter(b'\n', part.as_bytes()).count();
        (self.shown + shown, self.lines + lines)
    }

    /// Goes to a removal, which begins at no place before, and writes it as an object: there are many,
    /// each with the same keys, which serde_json would look at each time.
    fn write(&mut self, removal: &Removal, out: &mut Vec<u8>) {
        match &removal.rule {
            Some(rule) => {
                // Ids and categories have nothing that is escaped: letters, digits, `-` and `/`.
                write(out, &[b"{\"rule\":\"", rule.id.as_bytes(), b"\",\"at\":"]);
                string(&rule.file, out);
                // Before its last quote.
                out.pop();
                write(out, &[b":"]);
                value(&rule.line, out);
                let category = rule.category.name().as_bytes();
                write(out, &[b"\",\"category\":\"", category, b"\""]);
            }
            None => write(out, &[b"{\"rule\":null,\"at\":null,\"category\":null"]),
        }
        let span = removal.span.clone();
        (self.shown, self.lines) = self.ahead(span.start);
        self.byte = span.start;
        let (end, behind) = self.ahead(span.end);
        let text = &self.text[span];
        write(out, &[b",\"start\":"]);
        value(&self.shown, out);
        write(out, &[b",\"end\":"]);
        value(&end, out);
        // The first and the last, counted from 1.
        write(out, &[b",\"lines\":["]);
        value(&(self.lines + 1), out);
        write(out, &[b","]);
        value(&(behind + usize::from(!text.ends_with('\n'))), out);
        write(out, &[b"],\"text\":"]);
        string(text, out);
        write(out, &[b"}"]);
    }
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
    }
}
