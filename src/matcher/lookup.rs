//! Which of many literals and patterns a line is.
//!
//! Most lines of a page are none: a table over a line's first two bytes says so before anything is
//! folded, hashed or matched.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::pattern::{Extent, Pattern};
use crate::error::{Problem, SourceFile};
use crate::schema::Texts;
use crate::text::{Folding, fold, may_fold};

/// Literals and patterns for whole folded lines, each with the number of what asks for it.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    literals: HashMap<String, Vec<u32>, RandomState>,
    /// Bytes of the longest literal, with room for what folding may take off a raw line.
    longest: usize,
    patterns: Vec<(Arc<Pattern>, u32)>,
    /// The patterns by the byte that a match begins with, and those of which none is known.
    by_first: HashMap<u8, Vec<usize>, RandomState>,
    unknown_first: Vec<usize>,
    gate: Gate,
}

/// The literals and patterns of one asker.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    literals: HashSet<String, RandomState>,
    patterns: Vec<Arc<Pattern>>,
    /// Whether a folded line that is one of them may begin with a byte.
    begins: [bool; 256],
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
        let literals = text.iter().map(|text| fold(text).into_owned()).collect();
        let mut wanted = Wanted {
            literals,
            patterns: Vec::new(),
            begins: [false; 256],
        };
        for written in pattern {
            match Pattern::compile(written, source, Extent::Whole, now) {
                Ok(pattern) => wanted.patterns.push(Arc::new(pattern)),
                Err(problem) => problems.push(problem.at_key("pattern")),
            }
        }
        for literal in &wanted.literals {
            wanted.begins[usize::from(literal.as_bytes()[0])] = true;
        }
        for pattern in &wanted.patterns {
            match &pattern.prefixes {
                Some(prefixes) => prefixes
                    .iter()
                    .for_each(|prefix| wanted.begins[usize::from(prefix[0])] = true),
                None => wanted.begins = [true; 256],
            }
        }
        wanted
    }

    /// Whether a line may be one of them, by its first byte.
    pub(crate) fn may_match(&self, line: &Folding) -> bool {
        let first = line.bare().as_bytes().first();
        first.is_some_and(|&first| self.begins[usize::from(first)] || may_fold(first))
    }

    /// Whether a line is one of them; literals first.
    pub(crate) fn matches(&self, line: &Folding) -> Option<How> {
        if !self.may_match(line) {
            return None;
        }
        let folded = line.folded();
        if self.literals.contains(folded) {
            return Some(How::Literal);
        }
        let pattern = self
            .patterns
            .iter()
            .find(|pattern| pattern.is_match(folded))?;
        Some(How::Pattern(pattern.clone()))
    }
}

impl Lookup {
    /// Adds what one asker wants.
    pub(crate) fn add(&mut self, wanted: &Wanted, asker: u32) {
        for literal in &wanted.literals {
            self.gate.open_for(literal.as_bytes(), true);
            self.longest = self.longest.max(literal.len());
            self.literals
                .entry(literal.clone())
                .or_default()
                .push(asker);
        }
        for pattern in &wanted.patterns {
            let index = self.patterns.len();
            self.patterns.push((pattern.clone(), asker));
            match &pattern.prefixes {
                Some(prefixes) => {
                    for prefix in prefixes {
                        self.gate.open_for(prefix, false);
                        let of_byte = self.by_first.entry(prefix[0]).or_default();
                        if of_byte.last() != Some(&index) {
                            of_byte.push(index);
                        }
                    }
                }
                None => self.unknown_first.push(index),
            }
        }
    }

    /// Calls `hit` with every asker that the line serves, and how.
    pub(crate) fn hits(&self, line: &Folding, mut hit: impl FnMut(u32, How)) {
        let is_open = self.gate.is_open(line.bare().as_bytes());
        if !is_open && self.unknown_first.is_empty() {
            return;
        }
        let folded = line.folded();
        if is_open && folded.len() <= self.longest {
            for &asker in self.literals.get(folded).into_iter().flatten() {
                hit(asker, How::Literal);
            }
        }
        let known = folded
            .as_bytes()
            .first()
            .and_then(|byte| self.by_first.get(byte));
        let known = known.filter(|_| is_open).into_iter().flatten();
        for &index in known.chain(&self.unknown_first) {
            let (pattern, asker) = &self.patterns[index];
            if pattern.is_match(folded) {
                hit(*asker, How::Pattern(pattern.clone()));
            }
        }
    }
}

/// One bit for each pair of first bytes that a line may begin with.
#[derive(Debug)]
struct Gate(Box<[u64]>);

impl Default for Gate {
    fn default() -> Gate {
        Gate(vec![0; 1 << 10].into_boxed_slice())
    }
}

impl Gate {
    /// Lets lines through that begin so; with `whole` they are of that length.
    fn open_for(&mut self, begin: &[u8], whole: bool) {
        match begin {
            [] => {}
            [first] if whole => self.set(*first, 0),
            [first] => (0..=u8::MAX).for_each(|second| self.set(*first, second)),
            [first, second, ..] => self.set(*first, *second),
        }
    }

    fn set(&mut self, first: u8, second: u8) {
        let bit = usize::from(first) << 8 | usize::from(second);
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    /// Whether a line without surrounding space and bullet may be something. Bytes that folding
    /// may change pass.
    fn is_open(&self, line: &[u8]) -> bool {
        let Some(&first) = line.first() else {
            return false;
        };
        let second = line.get(1).copied().unwrap_or(0);
        if may_fold(first) || may_fold(second) {
            return true;
        }
        let bit = usize::from(first) << 8 | usize::from(second);
        self.0[bit / 64] >> (bit % 64) & 1 == 1
    }
}
