//! What cleaning did to a text, line by line, and as a unified diff whose hunks name the rules.

use std::ops::Range;
use std::sync::Arc;

use similar::{DiffOp, group_diff_ops};

use crate::cleaner::{Cleaned, Removal, Rule};
use crate::text::union;

/// A line of the original text, and what of it went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// Its bytes in the original text, with its line end.
    pub span: Range<usize>,
    /// What went of it: bytes of the original text in order of their start, each with the rule that
    /// asked for them; `None` for a seam. Those of two rules may overlap.
    pub cuts: Vec<(Range<usize>, Option<Arc<Rule>>)>,
    /// The bytes of the original text that are left of it, in order and disjoint.
    pub left: Vec<Range<usize>>,
    /// The rules that found something in it which stays because of its category, in the order of
    /// [`Cleaned::kept`].
    pub kept: Vec<Arc<Rule>>,
}

impl Line {
    /// Whether nothing is left of it.
    pub fn is_gone(&self) -> bool {
        self.left.is_empty()
    }

    /// The bytes of the original text that went, in order and disjoint.
    pub fn gone(&self) -> Vec<Range<usize>> {
        union(self.cuts.iter().map(|(part, _)| part.clone()).collect())
    }

    /// The ids of the rules that took something of it, each once, in order.
    pub fn rules(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for id in self
            .cuts
            .iter()
            .filter_map(|(_, rule)| rule.as_ref())
            .map(|rule| rule.id.as_str())
        {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }
}

/// Consecutive lines of a unified diff.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Hunk {
    /// The first line, from 1, and the number of lines in the original text.
    pub old: (usize, usize),
    /// The first line, from 1, and the number of lines in the cleaned text.
    pub new: (usize, usize),
    /// The ids of the rules that took something here, each once, in order.
    pub rules: Vec<String>,
    /// The lines, in the order in which a diff shows them.
    pub lines: Vec<HunkLine>,
}

/// One line of a hunk, with its line end where it has one.
#[derive(Clone, Debug, PartialEq)]
pub enum HunkLine {
    /// A line that both texts have.
    Context(String),
    /// A line of the original text that went or changed.
    Old(Line, String),
    /// What is left of lines that changed.
    New(String),
}

impl Cleaned {
    /// The lines of the original text, and what of each went.
    ///
    /// `text` is the text that was cleaned.
    ///
    /// # Panics
    /// May panic if it is another one.
    pub fn lines(&self, text: &str) -> Vec<Line> {
        let holes = self.holes();
        let mut holes = &holes[..];
        let mut removals = self.removals.iter().peekable();
        let mut open: Vec<&Removal> = Vec::new();
        let mut kept = self.kept.iter().peekable();
        let mut staying: Vec<&Removal> = Vec::new();
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let span = start..start + line.len();
            start = span.end;
            while let Some(removal) = removals.next_if(|removal| removal.span.start < span.end) {
                open.push(removal);
            }
            while let Some(found) = kept.next_if(|found| found.span.start < span.end) {
                staying.push(found);
            }
            let clip = |part: &Range<usize>| part.start.max(span.start)..part.end.min(span.end);
            let cuts = open
                .iter()
                .map(|removal| (clip(&removal.span), removal.rule.clone()))
                .filter(|(part, _)| !part.is_empty())
                .collect();
            open.retain(|removal| removal.span.end > span.end);
            let found = staying.iter().filter_map(|found| found.rule.clone());
            let found = found.collect();
            staying.retain(|found| found.span.end > span.end);
            let left = crate::text::subtract(std::slice::from_ref(&span), holes);
            let passed = holes.iter().take_while(|hole| hole.end <= span.end).count();
            holes = &holes[passed..];
            lines.push(Line {
                number: lines.len() + 1,
                span,
                cuts,
                left,
                kept: found,
            });
        }
        lines
    }

    /// The hunks of a unified diff from the original text, `text`, to the cleaned one, with so many
    /// lines of context.
    ///
    /// # Panics
    /// May panic if `text` is not the text that was cleaned.
    pub fn hunks(&self, text: &str, context: usize) -> Vec<Hunk> {
        let lines = self.lines(text);
        let mut new: Vec<String> = Vec::new();
        let mut ops: Vec<DiffOp> = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let from = at;
            let first_new = new.len();
            if lines[at].cuts.is_empty() {
                while at < lines.len() && lines[at].cuts.is_empty() {
                    new.push(text[lines[at].span.clone()].to_owned());
                    at += 1;
                }
                ops.push(DiffOp::Equal {
                    old_index: from,
                    new_index: first_new,
                    len: at - from,
                });
                continue;
            }
            // Lines whose end went run into the next one of which something is left.
            let mut open = String::new();
            while at < lines.len() && (!lines[at].cuts.is_empty() || !open.is_empty()) {
                open.extend(lines[at].left.iter().map(|part| &text[part.clone()]));
                if open.ends_with('\n') {
                    new.push(std::mem::take(&mut open));
                }
                at += 1;
            }
            if !open.is_empty() {
                new.push(open);
            }
            let (old_index, old_len, new_index, new_len) =
                (from, at - from, first_new, new.len() - first_new);
            ops.push(match new_len {
                0 => DiffOp::Delete {
                    old_index,
                    old_len,
                    new_index,
                },
                _ => DiffOp::Replace {
                    old_index,
                    old_len,
                    new_index,
                    new_len,
                },
            });
        }
        if lines.iter().all(|line| line.cuts.is_empty()) {
            return Vec::new();
        }
        // More context than lines is all of them.
        let context = context.min(lines.len());
        group_diff_ops(ops, context)
            .iter()
            .map(|ops| hunk(text, &lines, &new, ops))
            .collect()
    }

    /// A unified diff from the original text, `text`, to the cleaned one: what `patch` and
    /// `git apply` take. Empty if nothing went.
    ///
    /// `name` is the path that its header gives to both texts.
    ///
    /// # Panics
    /// May panic if `text` is not the text that was cleaned.
    ///
    /// ```
    /// let page = "AKIPRESS.COM - The school was opened.\nNobody came.\n";
    /// let outlets = cleaner::Outlets::bundled();
    /// let cleaned = outlets.cleaner("akipress").unwrap().unwrap().clean(page);
    /// assert_eq!(cleaned.unified_diff(page, "page.txt"), "\
    /// --- a/page.txt
    /// +++ b/page.txt
    /// @@ -1,2 +1,2 @@ akipress/agency-prefix
    /// -AKIPRESS.COM - The school was opened.
    /// +The school was opened.
    ///  Nobody came.
    /// ");
    /// ```
    pub fn unified_diff(&self, text: &str, name: &str) -> String {
        let hunks = self.hunks(text, 3);
        if hunks.is_empty() {
            return String::new();
        }
        let mut diff = format!(
            "--- {}\n+++ {}\n",
            diff_path("a/", name),
            diff_path("b/", name)
        );
        for hunk in hunks {
            diff.push_str(&hunk.heading());
            diff.push('\n');
            for line in &hunk.lines {
                let (sign, content) = line.parts();
                diff.push(sign);
                diff.push_str(content);
                if !content.ends_with('\n') {
                    diff.push_str("\n\\ No newline at end of file\n");
                }
            }
        }
        diff
    }
}

impl Hunk {
    /// The line that a hunk begins with, without its line end: the places, then the rules.
    pub fn heading(&self) -> String {
        let range = |(start, count): (usize, usize)| match count {
            1 => start.to_string(),
            0 => format!("{},0", start - 1),
            _ => format!("{start},{count}"),
        };
        let heading = format!(
            "@@ -{} +{} @@ {}",
            range(self.old),
            range(self.new),
            self.rules.join(", ")
        );
        heading.trim_end().to_owned()
    }
}

impl HunkLine {
    /// The sign of the line in a diff, and its content with its line end where it has one.
    pub fn parts(&self) -> (char, &str) {
        match self {
            HunkLine::Context(content) => (' ', content),
            HunkLine::Old(_, content) => ('-', content),
            HunkLine::New(content) => ('+', content),
        }
    }
}

fn hunk(text: &str, lines: &[Line], new: &[String], ops: &[DiffOp]) -> Hunk {
    let mut hunk_lines = Vec::new();
    let mut rules: Vec<String> = Vec::new();
    for op in ops {
        let (_, old_range, new_range) = op.as_tag_tuple();
        if let DiffOp::Equal { .. } = op {
            hunk_lines.extend(new[new_range].iter().cloned().map(HunkLine::Context));
            continue;
        }
        for line in &lines[old_range] {
            for id in line.rules() {
                if !rules.iter().any(|known| known == id) {
                    rules.push(id.to_owned());
                }
            }
            hunk_lines.push(HunkLine::Old(
                line.clone(),
                text[line.span.clone()].to_owned(),
            ));
        }
        hunk_lines.extend(new[new_range].iter().cloned().map(HunkLine::New));
    }
    let bounds = |range: fn(&DiffOp) -> Range<usize>| {
        let (first, last) = (range(&ops[0]), range(&ops[ops.len() - 1]));
        (first.start + 1, last.end - first.start)
    };
    Hunk {
        old: bounds(DiffOp::old_range),
        new: bounds(DiffOp::new_range),
        rules,
        lines: hunk_lines,
    }
}

/// A path for the header of a diff, quoted as git does where it has to be.
fn diff_path(side: &str, name: &str) -> String {
    let path = format!("{side}{}", name.trim_start_matches('/'));
    if !path.contains(|c: char| c.is_control() || c == '"' || c == '\\') {
        // A tab behind a path with spaces tells where it ends.
        return if path.contains(' ') {
            format!("{path}\t")
        } else {
            path
        };
    }
    let mut quoted = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'\n' => quoted.push_str("\\n"),
            b'\t' => quoted.push_str("\\t"),
            b'"' | b'\\' => quoted.extend(['\\', byte as char]),
            b' '..=b'~' => quoted.push(byte as char),
            _ => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted + "\""
}
