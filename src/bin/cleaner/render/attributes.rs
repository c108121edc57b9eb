//! `--annotate`: what would go of a document, as the attributes that Dolma's mixer reads.

use std::collections::BTreeMap;
use std::ops::Range;

use cleaner::Category;

use crate::work::Page;

/// Writes the attributes of a document as one line: parts in code points, half-open, in order,
/// disjoint, none empty, each with the score 1.
///
/// `id`: the document's, as it is written.
pub fn of(page: &Page, id: Option<&str>, name: &str, out: &mut Vec<u8>) {
    let mut parts: BTreeMap<&str, Vec<Range<usize>>> = BTreeMap::new();
    for removal in &page.cleaned.removals {
        let Some(rule) = &removal.rule else { continue };
        parts
            .entry(rule.category.name())
            .or_default()
            .push(removal.span.clone());
    }
    let mut chars = Chars {
        text: page.text,
        byte: 0,
        chars: 0,
    };
    let removed = chars.of(page.holes.clone());
    let mut all = vec![("removed", removed)];
    for category in Category::ALL {
        if let Some(parts) = parts.remove(category.name()) {
            let mut chars = Chars {
                text: page.text,
                byte: 0,
                chars: 0,
            };
            all.push((category.name(), chars.of(merged(parts))));
        }
    }
    line(id, name, &all, out);
}

/// Writes the attributes of a document of which nothing would go.
pub fn nothing(id: Option<&str>, name: &str, out: &mut Vec<u8>) {
    line(id, name, &[("removed", Vec::new())], out);
}

fn line(id: Option<&str>, name: &str, all: &[(&str, Vec<Range<usize>>)], out: &mut Vec<u8>) {
    let attributes: Vec<String> = all
        .iter()
        .map(|(what, parts)| {
            let key = serde_json::to_string(&format!("{name}__{what}")).expect("a string is JSON");
            let parts: Vec<String> = parts
                .iter()
                .map(|part| format!("[{},{},1.0]", part.start, part.end))
                .collect();
            format!("{key}:[{}]", parts.join(","))
        })
        .collect();
    let (id, attributes) = (id.unwrap_or("null"), attributes.join(","));
    out.extend_from_slice(format!("{{\"id\":{id},\"attributes\":{{{attributes}}}}}\n").as_bytes());
}

/// Ranges in order, united where they overlap or touch.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// A walk along a text that counts its code points.
struct Chars<'a> {
    text: &'a str,
    byte: usize,
    chars: usize,
}

impl Chars<'_> {
    /// Bytes in order as code points.
    fn of(&mut self, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let parts = ranges
            .into_iter()
            .map(|range| self.to(range.start)..self.to(range.end));
        parts.collect()
    }

    fn to(&mut self, byte: usize) -> usize {
        self.chars += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.chars
    }
}
