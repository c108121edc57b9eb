//! What a person or a program is shown of cleaned pages.

pub mod attributes;
pub mod coverage;
pub mod diff;
pub mod explain;
pub mod json;
pub mod report;
pub mod stats;

use std::ops::Range;

use crate::console::{CUT, Paint, printable};

/// Rows in columns, the first row their headings; `right`: the columns of numbers.
pub fn table<const N: usize>(rows: &[[String; N]], right: &[usize]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cell = |(column, cell): (usize, &String)| {
            let width = widths[column];
            if right.contains(&column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        };
        let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// A line of a page without its line end, made harmless; the parts of it that go are marked, by
/// colour or else as in rule files.
fn marked(text: &str, line: Range<usize>, gone: &[Range<usize>], paint: Paint) -> String {
    let content = text[line.clone()].trim_end_matches('\n');
    let end = line.start + content.trim_end_matches('\r').len();
    let mut out = String::new();
    let mut from = line.start;
    for cut in gone {
        out.push_str(&printable(&text[from.min(end)..cut.start.min(end)]));
        let part = printable(&text[cut.start.min(end)..cut.end.min(end)]);
        let part = if cut.end > end { part + "␊" } else { part };
        if paint.is_on() {
            out.push_str(&paint.with(CUT, part));
        } else {
            out.push_str(&format!("[-{part}-]"));
        }
        from = cut.end;
    }
    out.push_str(&printable(&text[from.min(end)..end]));
    out
}

/// A line without its line end, made harmless.
fn bare(line: &str) -> String {
    let line = line.strip_suffix('\n').unwrap_or(line);
    printable(line.strip_suffix('\r').unwrap_or(line))
}
