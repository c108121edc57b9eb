//! Parts of a line; the line stays.

use std::sync::Arc;

use memchr::memmem::Finder;

use super::analysis::Extent;
use super::gate::Gate;
use super::pattern::{Pattern, Patterns};
use super::{Find, RuleIndex};
use crate::error::{Problem, SourceFile};
use crate::schema::InlineRule;
use crate::text::{EDGE, first_edge, last_edge};

/// How many parts one pattern takes from a line in one pass; the next pass goes on. A search that
/// goes over a line again and again would take the square of its length.
const CUTS: usize = 128;
/// How many matches of one pattern, also of those that cut nothing, are looked at in one pass; of a long line, in
/// which each search may go to the end, no more than come to so many bytes.
const MATCHES: usize = 4096;
const READ: usize = 16 << 20;

/// A compiled inline rule.
#[derive(Debug)]
pub(crate) struct Inline {
    pub(crate) rule: RuleIndex,
    literals: Vec<Finder<'static>>,
    patterns: Vec<Arc<Pattern>>,
    /// Its bits among those of [`RawEdges`]; none where its lines do not tell by their edges.
    bits: u8,
}

impl Inline {
    pub(crate) fn compile(
        rule: RuleIndex,
        written: &InlineRule,
        source: &Arc<SourceFile>,
        patterns: &Arc<Patterns>,
        problems: &mut Vec<Problem>,
    ) -> Inline {
        let mut inline = Inline {
            rule,
            literals: written
                .text
                .iter()
                .map(|text| Finder::new(text.as_str()).into_owned())
                .collect(),
            patterns: Vec::new(),
            bits: 0,
        };
        for pattern in &written.pattern {
            match patterns.of(pattern, source, Extent::Part) {
                Ok(pattern) => inline.patterns.push(pattern),
                Err(problem) => problems.push(problem.at_key("pattern")),
            }
        }
        inline
    }

    /// The literals.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let needles = self.literals.iter().map(Finder::needle);
        needles.filter_map(|needle| std::str::from_utf8(needle).ok())
    }

    /// The patterns.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter().map(Arc::as_ref)
    }

    /// Adds its patterns to those that lines tell by their edges, if it has no literals and what they
    /// find stands at the start or the end of a line.
    pub(crate) fn add_edges(&mut self, edges: &mut Option<Box<RawEdges>>, gate: &mut Gate) {
        let mut patterns = self.patterns.iter();
        let are_known = self.literals.is_empty()
            && patterns.all(|pattern| !(pattern.begins.is_any() && pattern.ends.is_any()));
        for pattern in self.patterns.iter().filter(|_| are_known) {
            self.bits |= edges.get_or_insert_default().add(pattern);
            gate.add_pattern(pattern, false);
        }
    }

    /// Whether lines tell by their edges if it may find something.
    #[inline]
    pub(crate) fn knows_edges(&self) -> bool {
        self.bits != 0
    }

    /// Whether it may find something in a line that has edges of these bits.
    #[inline]
    pub(crate) fn may_find(&self, edges: u8) -> bool {
        self.bits & edges != 0
    }

    /// Whether nothing of a text, and so of none of its lines, can go.
    pub(crate) fn finds_nothing(&self, text: &str) -> bool {
        let mut literals = self.literals.iter();
        literals.all(|literal| literal.find(text.as_bytes()).is_none())
            && self.patterns.iter().all(|pattern| pattern.is_missing(text))
    }

    /// How often a line is searched.
    pub(crate) fn searches(&self) -> usize {
        self.literals.len() + self.patterns.len()
    }

    /// Adds the parts of a line that go, and the fields in them if `reads`; returns the bytes that were
    /// looked at.
    pub(crate) fn find(
        &self,
        content: &str,
        line: u32,
        reads: bool,
        finds: &mut Vec<Find>,
    ) -> usize {
        for literal in &self.literals {
            for at in literal.find_iter(content.as_bytes()) {
                let end = at + literal.needle().len();
                let part = Some(at..end);
                finds.push(Find {
                    rule: self.rule,
                    line,
                    part,
                    literal: true,
                    fields: None,
                });
            }
        }
        let most = (CUTS * content.len()).max(READ);
        for pattern in &self.patterns {
            let (mut from, mut cuts, mut read) = (0, 0, 0);
            for _ in 0..MATCHES {
                let Some(found) = pattern.find_at(content, from, reads) else {
                    break;
                };
                if !found.cut.is_empty() {
                    finds.push(Find {
                        rule: self.rule,
                        line,
                        part: Some(found.cut),
                        literal: false,
                        fields: found.fields,
                    });
                    cuts += 1;
                }
                from = found.all.end;
                read += content.len() - from;
                if cuts == CUTS || read > most {
                    break;
                }
            }
        }
        self.searches() * content.len()
    }
}

/// The bytes that raw lines begin and end with which patterns may find something in.
#[derive(Debug)]
pub(crate) struct RawEdges {
    /// For each byte at the first places and at the last ones the patterns: the last bit is that of all
    /// that are too many to have one of their own.
    first: [[u8; 256]; PLACES],
    last: [[u8; 256]; PLACES],
    count: u32,
}

/// How many places of each edge are looked at: behind an indent and a bullet are the first letters.
const PLACES: usize = EDGE;

impl Default for RawEdges {
    fn default() -> RawEdges {
        RawEdges {
            first: [[0; 256]; PLACES],
            last: [[0; 256]; PLACES],
            count: 0,
        }
    }
}

impl RawEdges {
    /// Adds a pattern; returns its bit.
    fn add(&mut self, pattern: &Pattern) -> u8 {
        let bit = 1 << self.count.min(7);
        self.count += 1;
        let edges = [
            (&mut self.first, &pattern.begins),
            (&mut self.last, &pattern.ends),
        ];
        for (places, edge) in edges {
            for (patterns, bytes) in places.iter_mut().zip(&edge.bytes) {
                bytes.mark(patterns, |patterns| *patterns |= bit);
            }
        }
        bit
    }

    /// The bits of the patterns that may find something in a line.
    #[inline]
    pub(crate) fn of(&self, line: &[u8]) -> u8 {
        let mut open = u8::MAX;
        for (patterns, byte) in self.last.iter().zip(last_edge(line)) {
            open &= patterns[usize::from(byte)];
            if open == 0 {
                return 0;
            }
        }
        for (patterns, byte) in self.first.iter().zip(first_edge(line)) {
            open &= patterns[usize::from(byte)];
            if open == 0 {
                return 0;
            }
        }
        open
    }
}
