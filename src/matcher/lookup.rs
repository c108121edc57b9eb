//! Which of many literals and patterns a line is.
//!
//! Most lines of a page are none: tables over a line's edges say so before anything is folded,
//! hashed or matched.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::pattern::{ByteSet, Extent, Pattern};
use crate::error::{Problem, SourceFile};
use crate::schema::Texts;
use crate::text::{EDGE, Folding, first_edge, fold, last_edge};

/// Literals and patterns for whole folded lines, each with the number of what asks for it.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    literals: Literals<Vec<u32>>,
    patterns: Vec<(Arc<Pattern>, u32)>,
    /// The patterns by the byte that a match may begin with.
    by_first: Vec<Vec<u32>>,
    gate: Gate,
}

/// The literals and patterns of one asker.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    literals: Literals<()>,
    patterns: Vec<Arc<Pattern>>,
    /// The bytes that a folded line which is one of them may begin with.
    begins: ByteSet,
}

/// Folded literals, each with a value.
#[derive(Clone, Debug, Default)]
struct Literals<T> {
    by_edges: HashMap<(u64, u64), Vec<(String, T)>, RandomState>,
}

impl<T: Default> Literals<T> {
    fn key(first: [u8; EDGE], last: [u8; EDGE]) -> (u64, u64) {
        (u64::from_le_bytes(first), u64::from_le_bytes(last))
    }

    /// The value of a literal, which is added if need be.
    fn entry(&mut self, literal: &str) -> &mut T {
        let alike = self
            .by_edges
            .entry(Self::key(first_edge(literal), last_edge(literal)));
        let alike = alike.or_default();
        let at = alike.iter().position(|(known, _)| known == literal);
        let at = at.unwrap_or_else(|| {
            alike.push((literal.to_owned(), T::default()));
            alike.len() - 1
        });
        &mut alike[at].1
    }

    fn get(&self, line: &Folding) -> Option<&T> {
        if self.by_edges.is_empty() {
            return None;
        }
        let alike = self.by_edges.get(&Self::key(line.first(), line.last()))?;
        let folded = line.folded();
        let found = alike.iter().find(|(literal, _)| literal == folded);
        found.map(|(_, value)| value)
    }

    fn iter(&self) -> impl Iterator<Item = &String> {
        self.by_edges.values().flatten().map(|(literal, _)| literal)
    }
}

/// How a line was found.
#[derive(Clone, Debug)]
pub(crate) enum How {
    Literal,
    Pattern(Arc<Pattern>),
}

impl Wanted {
    /// Folds literals and checks patterns.
    pub(crate) fn compile(
        text: &Texts,
        pattern: &Texts,
        source: &Arc<SourceFile>,
        now: bool,
        problems: &mut Vec<Problem>,
    ) -> Wanted {
        let mut wanted = Wanted {
            literals: Literals::default(),
            patterns: Vec::new(),
            begins: ByteSet::default(),
        };
        for literal in text.iter().map(|text| fold(text)) {
            wanted.literals.entry(&literal);
            wanted.begins.insert(literal.as_bytes()[0]);
        }
        for written in pattern {
            match Pattern::compile(written, source, Extent::Whole, now) {
                Ok(pattern) => wanted.patterns.push(Arc::new(pattern)),
                Err(problem) => problems.push(problem.at_key("pattern")),
            }
        }
        for pattern in &wanted.patterns {
            wanted.begins.unite(&pattern.begins.bytes[0]);
        }
        wanted
    }

    /// Whether a line may be one of them, by its first byte.
    pub(crate) fn may_match(&self, line: &Folding) -> bool {
        self.begins.contains(line.first()[0])
    }

    /// Whether a line is one of them; literals first.
    pub(crate) fn matches(&self, line: &Folding) -> Option<How> {
        if !self.may_match(line) {
            return None;
        }
        if self.literals.get(line).is_some() {
            return Some(How::Literal);
        }
        let mut patterns = self.patterns.iter();
        let pattern = patterns.find(|pattern| is_match(pattern, line))?;
        Some(How::Pattern(pattern.clone()))
    }
}

impl Lookup {
    /// Adds what one asker wants.
    pub(crate) fn add(&mut self, wanted: &Wanted, asker: u32) {
        for literal in wanted.literals.iter() {
            let [first, second, ..] = first_edge(literal);
            self.gate.0[usize::from(first)].insert(second);
            self.literals.entry(literal).push(asker);
        }
        self.by_first.resize_with(256, Vec::new);
        for pattern in &wanted.patterns {
            let index = self.patterns.len() as u32;
            self.patterns.push((pattern.clone(), asker));
            let [first, second] = &pattern.begins.bytes;
            for first in first.iter() {
                self.gate.0[usize::from(first)].unite(second);
                self.by_first[usize::from(first)].push(index);
            }
        }
    }

    /// Calls `hit` with every asker that the line serves, of those that `may_ask`, and how.
    pub(crate) fn hits(
        &self,
        line: &Folding,
        may_ask: impl Fn(u32) -> bool,
        mut hit: impl FnMut(u32, How),
    ) {
        let first = line.first();
        if !self.gate.is_open(first) {
            return;
        }
        for &asker in self.literals.get(line).into_iter().flatten() {
            if may_ask(asker) {
                hit(asker, How::Literal);
            }
        }
        for &index in self
            .by_first
            .get(usize::from(first[0]))
            .into_iter()
            .flatten()
        {
            let (pattern, asker) = &self.patterns[index as usize];
            if may_ask(*asker) && is_match(pattern, line) {
                hit(*asker, How::Pattern(pattern.clone()));
            }
        }
    }
}

fn is_match(pattern: &Pattern, line: &Folding) -> bool {
    pattern.may_match(line) && pattern.is_match(line.folded())
}

/// The second bytes that a line may have, by its first.
#[derive(Debug)]
struct Gate(Box<[ByteSet; 256]>);

impl Default for Gate {
    fn default() -> Gate {
        Gate(Box::new([ByteSet::default(); 256]))
    }
}

impl Gate {
    /// Whether a line with this edge may be something.
    fn is_open(&self, first: [u8; EDGE]) -> bool {
        self.0[usize::from(first[0])].contains(first[1])
    }
}
