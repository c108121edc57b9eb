//! What tells an outlet by its text.

use std::sync::Arc;

use memchr::memmem::Finder;

use super::gate::Gate;
use super::lookup::{Lookup, Wanted};
use super::pattern::Patterns;
use crate::error::{Problem, SourceFile};
use crate::schema::Sign;
use crate::text::Folding;

/// The signs of many outlets, each with a number.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    lookup: Lookup,
    gate: Gate,
    parts: Vec<(Finder<'static>, u32)>,
}

impl Signs {
    /// Adds a sign under a number.
    pub(crate) fn add(
        &mut self,
        sign: &Sign,
        number: u32,
        source: &Arc<SourceFile>,
        patterns: &Arc<Patterns>,
    ) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        let wanted = Wanted::compile(&sign.text, &sign.pattern, source, patterns, &mut problems);
        self.lookup.add(&wanted, number, true, &mut self.gate);
        self.parts.extend(
            sign.part
                .iter()
                .map(|part| (Finder::new(part.as_bytes()).into_owned(), number)),
        );
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// Calls `seen` with the number of each sign that a line is; byte order marks before it are no part of it.
    pub(crate) fn in_line(&self, line: &str, mut seen: impl FnMut(u32)) {
        let line = line.trim_start_matches('\u{feff}');
        let bytes = line.as_bytes();
        if !self.lookup.may_serve(bytes, &self.gate).0 {
            return;
        }
        let mut hits = Vec::new();
        self.lookup.search(&Folding::new(line), &mut hits);
        hits.iter().for_each(|hit| seen(hit.asker));
    }

    /// Calls `seen` with the number of each sign that a line of the text is, or a part of the text.
    pub(crate) fn in_text(&self, text: &str, mut seen: impl FnMut(u32)) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
            if start < end {
                self.in_line(&text[start..end], &mut seen);
            }
            start = end + 1;
        }
        for (part, number) in &self.parts {
            if part.find(text.as_bytes()).is_some() {
                seen(*number);
            }
        }
    }
}
