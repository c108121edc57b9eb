//! `--annotate`: what would go of a document, as the attributes that Dolma's mixer reads.

use std::ops::Range;

use cleaner::Category;

use super::json::{number, string};
use crate::work::Page;

/// Writes the attributes of a document as one line: parts in code points, half-open, in order,
/// disjoint, none empty, each with the score 1.
///
/// `id`: the document's, as it is written.
pub fn of(page: &Page, id: Option<&str>, name: &str, out: &mut Vec<u8>) {
    let chars = Chars::new(page.text);
    begin(id, name, out);
    chars.write(page.holes.iter().cloned(), out);
    for &category in Category::ALL {
        let parts = page.cleaned.holes_where(|removal| {
            let rule = removal.rule.as_ref();
            rule.is_some_and(|rule| rule.category == category)
        });
        if !parts.is_empty() {
            out.push(b',');
            key(name, category.name(), out);
            chars.write(parts.into_iter(), out);
        }
    }
    out.extend_from_slice(b"}}\n");
}

/// Writes the attributes of a document of which nothing would go.
pub fn nothing(id: Option<&str>, name: &str, out: &mut Vec<u8>) {
    begin(id, name, out);
    out.extend_from_slice(b"[]}}\n");
}

/// Writes the line up to what goes of all categories.
fn begin(id: Option<&str>, name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    out.extend_from_slice(id.unwrap_or("null").as_bytes());
    out.extend_from_slice(b",\"attributes\":{");
    key(name, "removed", out);
}

fn key(name: &str, what: &str, out: &mut Vec<u8>) {
    string(name, out);
    // Before its last quote.
    out.pop();
    out.extend_from_slice(b"__");
    out.extend_from_slice(what.as_bytes());
    out.extend_from_slice(b"\":");
}

/// The code points of a text, counted up to each of its blocks.
struct Chars<'a> {
    text: &'a [u8],
    before: Vec<usize>,
}

/// Bytes of a block, few enough to be counted in one.
const BLOCK: usize = 64;

impl Chars<'_> {
    fn new(text: &str) -> Chars<'_> {
        let text = text.as_bytes();
        let mut before = Vec::with_capacity(text.len() / BLOCK + 2);
        let mut all = 0;
        before.push(all);
        before.extend(text.chunks(BLOCK).map(|block| {
            all += count(block);
            all
        }));
        Chars { text, before }
    }

    /// Writes parts of the text.
    fn write(&self, parts: impl Iterator<Item = Range<usize>>, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, part) in parts.enumerate() {
            out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
            number(self.before(part.start), out);
            out.push(b',');
            number(self.before(part.end), out);
            out.extend_from_slice(b",1.0]");
        }
        out.push(b']');
    }

    fn before(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        self.before[block] + count(&self.text[block * BLOCK..byte])
    }
}

/// How many code points begin in a block, or in a part of one.
fn count(bytes: &[u8]) -> usize {
    let begins = |byte: &u8| u8::from(byte & 0xc0 != 0x80);
    usize::from(bytes.iter().map(begins).sum::<u8>())
}
