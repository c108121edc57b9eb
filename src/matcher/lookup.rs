//! Which of many literals and patterns a line is.
//!
//! Most lines of a page are none: tables over a line's edges say so before anything is folded,
//! hashed or matched.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use once_cell::sync::OnceCell;

use super::analysis::{ByteSet, Extent};
use super::pattern::{Pattern, Patterns};
use crate::error::{Problem, SourceFile};
use crate::schema::Texts;
use crate::text::{EDGE, Edges, Folding, first_edge, fold, last_edge};

/// Literals and patterns for whole folded lines, each with the number of what asks for it.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    literals: Literals<Askers>,
    /// Each pattern once, with all that ask for it.
    patterns: Vec<(Arc<Pattern>, Vec<u32>)>,
    /// The place of each in `patterns`, by how it is written.
    known: HashMap<Cow<'static, str>, usize, RandomState>,
    /// The patterns of which every match begins with four bytes out of a few, and of those left the
    /// ones that end so.
    by_first: ByFour,
    by_last: ByFour,
    /// The other patterns, and one gate for each 64 of them.
    others: Vec<u32>,
    gates: Vec<Gate>,
    /// What lines are that were asked before, by their hash: most boilerplate is the same on every
    /// page. The first line that comes to a place has it for good.
    seen: Box<[OnceCell<Seen>]>,
}

/// How many lines are remembered at most, for each literal or pattern, and of how many bytes.
const SEEN: usize = 2048;
const OF_EACH: usize = 4;
const SHORT: usize = 256;

/// A line as it is without surrounding white space and bullet, and all that it serves; its hash tells
/// nearly all others.
#[derive(Debug)]
struct Seen {
    hash: u64,
    known: Box<(Box<str>, Box<[Hit]>)>,
}

/// An asker that a line serves, and the number of the pattern that it matches; `None`: a literal.
type Hit = (u32, Option<u32>);

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
    values: HashMap<Box<str>, T, RandomState>,
    /// The edges of all: a line with others is none of them, and need not be folded or hashed.
    edges: Buckets,
}

/// Which of many edges there are: a bit for each bucket of them. No is certain.
#[derive(Clone, Debug)]
struct Buckets {
    bits: Vec<u64>,
    edges: Vec<u64>,
}

impl Default for Buckets {
    fn default() -> Buckets {
        Buckets {
            bits: vec![0; 16],
            edges: Vec::new(),
        }
    }
}

impl Buckets {
    fn insert(&mut self, edge: u64) {
        self.edges.push(edge);
        if self.edges.len() > 4 * self.bits.len() {
            // 16 bits or more for each, so that other edges are seldom in the bucket of one.
            self.bits = vec![0; 2 * self.bits.len()];
            for at in 0..self.edges.len() {
                self.set(self.edges[at]);
            }
        }
        self.set(edge);
    }

    fn set(&mut self, edge: u64) {
        let (word, bit) = self.bucket(edge);
        self.bits[word] |= bit;
    }

    #[inline]
    fn may_have(&self, edge: u64) -> bool {
        let (word, bit) = self.bucket(edge);
        self.bits[word] & bit != 0
    }

    /// The word of an edge, and its bit there.
    #[inline]
    fn bucket(&self, edge: u64) -> (usize, u64) {
        // The high bits of a product with an odd number depend on all bits.
        let mixed = edge.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let word = (mixed >> 32) as usize & (self.bits.len() - 1);
        (word, 1 << (mixed >> 58))
    }
}

impl<T: Default> Literals<T> {
    /// One number of both edges.
    #[inline]
    fn key(edges: Edges) -> u64 {
        let [first, last] = [edges.first, edges.last].map(u64::from_le_bytes);
        first ^ last.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// The value of a literal, which is added if need be.
    fn entry(&mut self, literal: &str) -> &mut T {
        let edges = Edges {
            first: first_edge(literal),
            last: last_edge(literal),
        };
        if !self.values.contains_key(literal) {
            self.edges.insert(Self::key(edges));
        }
        self.values.entry(literal.into()).or_default()
    }

    /// Whether a line may be one of them, by its edges.
    #[inline]
    fn may_have(&self, line: Edges) -> bool {
        self.edges.may_have(Self::key(line))
    }

    fn get(&self, line: &Folding) -> Option<&T> {
        if !self.may_have(line.edges()) {
            return None;
        }
        // Most lines are as they are when they are folded.
        let bare = self.values.get(line.bare());
        bare.or_else(|| self.values.get(line.changed()?))
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(Box::as_ref)
    }
}

/// Who asks for a literal: nearly always one, who is kept where the literal is, since there may be
/// tens of thousands of them.
#[derive(Clone, Debug)]
enum Askers {
    One(u32),
    Others(Vec<u32>),
}

impl Default for Askers {
    fn default() -> Askers {
        Askers::Others(Vec::new())
    }
}

impl Askers {
    fn push(&mut self, asker: u32) {
        match self {
            Askers::Others(none) if none.is_empty() => *self = Askers::One(asker),
            Askers::One(first) => *self = Askers::Others(vec![*first, asker]),
            Askers::Others(others) => others.push(asker),
        }
    }

    #[inline]
    fn all(&self) -> &[u32] {
        match self {
            Askers::One(asker) => std::slice::from_ref(asker),
            Askers::Others(others) => others,
        }
    }
}

/// How a line was found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How<'m> {
    Literal,
    Pattern(&'m Pattern),
}

impl Wanted {
    /// Folds literals and checks patterns.
    pub(crate) fn compile(
        text: &Texts,
        pattern: &Texts,
        source: &Arc<SourceFile>,
        patterns: &Arc<Patterns>,
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
            match patterns.of(written, source, Extent::Whole) {
                Ok(pattern) => wanted.patterns.push(pattern),
                Err(problem) => problems.push(problem.at_key("pattern")),
            }
        }
        for pattern in &wanted.patterns {
            wanted.begins.unite(&pattern.begins.bytes[0]);
        }
        wanted
    }

    /// The folded literals, in any order.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.literals.iter()
    }

    /// How many lines seem to be one of them, for comparison: a literal counts one.
    pub(crate) fn weight(&self) -> usize {
        let patterns = self.patterns.iter().map(|pattern| pattern.weight());
        self.literals.values.len() + patterns.sum::<usize>()
    }

    /// The patterns.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter().map(Arc::as_ref)
    }

    /// Whether a line of so many bytes may be one of them, by its edges.
    #[inline]
    pub(crate) fn may_match(&self, line: Edges, length: usize) -> bool {
        let mut patterns = self.patterns.iter();
        self.begins.contains(line.first[0])
            && (self.literals.may_have(line)
                || patterns.any(|pattern| pattern.may_match(line, length)))
    }

    /// Whether a line, which may be one of them, is one; literals first.
    pub(crate) fn matches(&self, line: &Folding) -> Option<How<'_>> {
        if self.literals.get(line).is_some() {
            return Some(How::Literal);
        }
        let (edges, length) = (line.edges(), line.bare().len());
        let mut patterns = self.patterns.iter();
        let pattern = patterns
            .find(|pattern| pattern.may_match(edges, length) && pattern.is_match(line.folded()))?;
        Some(How::Pattern(pattern))
    }
}

impl Lookup {
    /// Adds what one asker wants.
    pub(crate) fn add(&mut self, wanted: &Wanted, asker: u32) {
        for literal in wanted.literals.iter() {
            self.literals.entry(literal).push(asker);
        }
        for pattern in &wanted.patterns {
            if let Some(&known) = self.known.get(&pattern.expression) {
                self.patterns[known].1.push(asker);
                continue;
            }
            let number = self.patterns.len();
            self.known.insert(pattern.expression.clone(), number);
            self.patterns.push((pattern.clone(), vec![asker]));
            let number = number as u32;
            if let Some(first) = pattern.begins.fours() {
                self.by_first.insert(first, number);
                continue;
            }
            if let Some(last) = pattern.ends.fours() {
                self.by_last.insert(last, number);
                continue;
            }
            let bit = self.others.len() % 64;
            if bit == 0 {
                self.gates.push(Gate::default());
            }
            if let Some(gate) = self.gates.last_mut() {
                gate.add(pattern, bit);
            }
            self.others.push(number);
        }
    }

    /// Whether a line may be one of them, by its edges: for most lines this is all that is asked.
    #[inline]
    pub(crate) fn may_hit(&self, line: Edges) -> bool {
        self.literals.may_have(line)
            || self.by_first.may_have(line.first)
            || self.by_last.may_have(line.last)
            || self.gates.iter().any(|gate| gate.open(line) != 0)
    }

    /// Makes room to remember lines. There may be thousands of outlets of few rules.
    pub(crate) fn remember(&mut self) {
        let known = self.literals.values.len() + self.patterns.len();
        let room = (OF_EACH * known).next_power_of_two().min(SEEN);
        self.seen = std::iter::repeat_with(OnceCell::new).take(room).collect();
    }

    /// Calls `hit` with every asker that the line serves, and how.
    #[inline]
    pub(crate) fn hits<'m>(&'m self, line: &Folding, mut hit: impl FnMut(u32, How<'m>)) {
        let mut hit = |&(asker, pattern): &Hit| {
            let how = pattern.map_or(How::Literal, |number| {
                How::Pattern(&self.patterns[number as usize].0)
            });
            hit(asker, how);
        };
        let bare = line.bare();
        let hash = || self.known.hasher().hash_one(bare);
        let hash = (bare.len() <= SHORT && !self.seen.is_empty()).then(hash);
        // There is room for a power of two.
        let place = hash.map(|hash| &self.seen[hash as usize & (self.seen.len() - 1)]);
        if let Some(seen) = place.and_then(OnceCell::get)
            && Some(seen.hash) == hash
            && *seen.known.0 == *bare
        {
            return seen.known.1.iter().for_each(hit);
        }
        let mut hits = Vec::new();
        self.search(line, &mut hits);
        hits.iter().for_each(&mut hit);
        if let (Some(place), Some(hash), false) = (place, hash, hits.is_empty()) {
            // Another line, or another thread, may have been faster.
            place.get_or_init(|| Seen {
                hash,
                known: Box::new((bare.into(), hits.into())),
            });
        }
    }

    /// Adds every asker that the line serves.
    fn search(&self, line: &Folding, hits: &mut Vec<Hit>) {
        let literal = self.literals.get(line).map_or(&[][..], Askers::all);
        hits.extend(literal.iter().map(|&asker| (asker, None)));
        let edges = line.edges();
        let mut try_pattern = |number: u32| {
            let (pattern, askers) = &self.patterns[number as usize];
            if pattern.is_match(line.folded()) {
                hits.extend(askers.iter().map(|&asker| (asker, Some(number))));
            }
        };
        let length = line.bare().len();
        let [first, last] = [self.by_first.get(edges.first), self.by_last.get(edges.last)];
        for &number in first.iter().chain(last) {
            if self.patterns[number as usize].0.may_match(edges, length) {
                try_pattern(number);
            }
        }
        for (gate, others) in self.gates.iter().zip(self.others.chunks(64)) {
            let mut open = gate.open(edges);
            while open != 0 {
                let number = others[open.trailing_zeros() as usize];
                open &= open - 1;
                if self.patterns[number as usize].0.may_be_long(edges, length) {
                    try_pattern(number);
                }
            }
        }
    }
}

/// Patterns by the four bytes with which their matches begin, or, read backwards, end.
#[derive(Debug, Default)]
struct ByFour {
    patterns: HashMap<u32, Vec<u32>, RandomState>,
    buckets: Buckets,
}

impl ByFour {
    fn insert(&mut self, fours: impl IntoIterator<Item = u32>, pattern: u32) {
        for four in fours {
            self.buckets.insert(four.into());
            self.patterns.entry(four).or_default().push(pattern);
        }
    }

    fn of(edge: [u8; EDGE]) -> u32 {
        u64::from_le_bytes(edge) as u32
    }

    #[inline]
    fn may_have(&self, edge: [u8; EDGE]) -> bool {
        self.buckets.may_have(Self::of(edge).into())
    }

    #[inline]
    fn get(&self, edge: [u8; EDGE]) -> &[u32] {
        if !self.may_have(edge) {
            return &[];
        }
        self.patterns
            .get(&Self::of(edge))
            .map_or(&[], Vec::as_slice)
    }
}

/// Which of 64 patterns a line may be, by the bytes of its edges: a bit for each pattern, at each
/// place of the edges and for each byte there.
#[derive(Debug)]
struct Gate {
    first: Vec<[u64; 256]>,
    last: Vec<[u64; 256]>,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate {
            first: vec![[0; 256]; EDGE],
            last: vec![[0; 256]; EDGE],
        }
    }
}

impl Gate {
    fn add(&mut self, pattern: &Pattern, bit: usize) {
        for (edge, known) in [
            (&mut self.first, &pattern.begins),
            (&mut self.last, &pattern.ends),
        ] {
            for (place, bytes) in edge.iter_mut().zip(&known.bytes) {
                for (byte, patterns) in (0..=u8::MAX).zip(place) {
                    *patterns |= u64::from(bytes.contains(byte)) << bit;
                }
            }
        }
    }

    #[inline]
    fn open(&self, line: Edges) -> u64 {
        match pass(u64::MAX, &self.first, line.first) {
            0 => 0,
            open => pass(open, &self.last, line.last),
        }
    }
}

/// Those of these patterns that allow this edge.
#[inline]
fn pass(mut open: u64, places: &[[u64; 256]], edge: [u8; EDGE]) -> u64 {
    for (patterns, byte) in places.iter().zip(edge) {
        open &= patterns[usize::from(byte)];
        if open == 0 {
            break;
        }
    }
    open
}
