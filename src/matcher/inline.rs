//! Parts of a line; the line stays.

use std::sync::Arc;

use memchr::memmem::Finder;

use super::analysis::Extent;
use super::pattern::{Pattern, Patterns};
use super::{Find, RuleIndex};
use crate::error::{Problem, SourceFile};
use crate::schema::InlineRule;

/// How many parts one pattern takes from a line in one pass; the next pass goes on. A search that
/// goes over a line again and again would take the square of its length.
const CUTS: usize = 128;
/// How many matches of one pattern, also of those that cut nothing, are looked at in one pass.
const MATCHES: usize = 4096;

/// A compiled inline rule.
#[derive(Debug)]
pub(crate) struct Inline {
    pub(crate) rule: RuleIndex,
    literals: Vec<Finder<'static>>,
    patterns: Vec<Arc<Pattern>>,
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
                .map(|text| Finder::new(&text.value).into_owned())
                .collect(),
            patterns: Vec::new(),
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
                let part = Some((at as u32, end as u32));
                finds.push(Find {
                    rule: self.rule,
                    line,
                    part,
                    literal: true,
                    fields: None,
                });
            }
        }
        for pattern in &self.patterns {
            let (mut from, mut cuts) = (0, 0);
            for _ in 0..MATCHES {
                let Some((found, cut)) = pattern.find_at(content, from) else {
                    break;
                };
                if !cut.is_empty() {
                    let read = reads.then(|| pattern.fields(content, found.start));
                    finds.push(Find {
                        rule: self.rule,
                        line,
                        part: Some((cut.start as u32, cut.end as u32)),
                        literal: false,
                        fields: read.flatten(),
                    });
                    cuts += 1;
                }
                from = found.end;
                if cuts == CUTS {
                    break;
                }
            }
        }
        self.searches() * content.len()
    }
}
