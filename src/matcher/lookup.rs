//! Which of many literals and patterns a line is.
//!
//! Most lines of a page are none: the `gate` says so of nearly all by a few of their bytes, and of the
//! others tables over their edges, before anything is folded, hashed or matched.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::analysis::{ByteSet, Extent, four};
use super::gate::{Buckets, Gate, Open, may_be_folded, straight_edge};
use super::pattern::{Pattern, Patterns};
use crate::error::{Problem, SourceFile};
use crate::page::NONE;
use crate::schema::{Text, Texts};
use crate::text::{EDGE, Edges, Folding, first_edge, fold, indent, last_edge, may_fold_at_edge};

/// Literals and patterns for whole folded lines, each with the number of what asks for it.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    literals: Literals,
    /// Each pattern once, with all that ask for it.
    patterns: Vec<(Arc<Pattern>, Vec<u32>)>,
    /// The pairs of bytes that stand in all matches of each, and the bytes.
    pairs: Vec<u64>,
    bytes: Vec<u64>,
    /// The place of each in `patterns`, by its address: a pattern that is written twice is one.
    known: HashMap<usize, usize, RandomState>,
    /// The patterns of which every match begins with four bytes out of a few, and of those left the
    /// ones that end so.
    by_first: ByFour,
    by_last: ByFour,
    /// The other patterns, and of each 64 what they begin and end with.
    others: Vec<u32>,
    edges: Vec<ByEdges>,
}

/// An asker that a line serves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) asker: u32,
    /// The number of the pattern that the line matches; `NONE`: it is a literal.
    pattern: u32,
}

impl Hit {
    /// Whether a literal found the line.
    #[inline]
    pub(crate) fn is_literal(self) -> bool {
        self.pattern == NONE
    }
}

/// The literals, folded, and the patterns of one asker.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    literals: Vec<Text>,
    patterns: Vec<Arc<Pattern>>,
    /// The bytes that a folded line which is one of them may begin with.
    begins: ByteSet,
    /// Whether a pattern reads fields.
    pub(crate) has_fields: bool,
}

/// Folded literals, and who asks for each: a hash table of few bytes for each, as there may be tens of
/// thousands, and what is not in the processor's caches takes longer than all else.
#[derive(Clone, Debug, Default)]
struct Literals {
    /// All of them, one behind the other.
    texts: String,
    entries: Vec<Entry>,
    /// Empty, or a power of two of slots, a quarter of them free: a literal's is the first free one from that
    /// on which its hash names.
    slots: Vec<Slot>,
    hasher: RandomState,
    /// The askers of literals that have more than one, each with the place of the next one of the literal.
    more: Vec<(u32, u32)>,
    /// The edges of all: a line with others is none of them, and need not be folded or hashed; and the first
    /// ones alone.
    edges: Buckets,
    begins: Buckets,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where the text ends; it begins where the one before it ends.
    end: u32,
    /// Who asks for it first, and the places of the next and of the last one in `more`; `NONE`: there are none.
    asker: u32,
    more: u32,
    last: u32,
}

/// The number of an entry, and the high half of its hash; `NONE`: it is free.
#[derive(Clone, Copy, Debug)]
struct Slot {
    entry: u32,
    hash: u32,
}

/// A literal as lines are folded, where it is if it stays as it is.
fn folded(literal: &Text) -> Text {
    match literal {
        Text::Borrowed(literal) => fold(literal),
        Text::Owned(literal) => fold(literal).into_owned().into(),
    }
}

/// One number of both edges.
#[inline]
pub(super) fn key(edges: Edges) -> u64 {
    let [first, last] = [edges.first, edges.last].map(u64::from_le_bytes);
    first ^ last.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

impl Literals {
    fn add(&mut self, literal: &str, asker: u32) {
        if self.slots.len() * 3 <= self.entries.len() * 4 {
            self.resize((2 * self.slots.len()).max(16));
        }
        let (at, hash) = match self.find(literal) {
            Ok(entry) => {
                let entry = &mut self.entries[entry];
                let place = self.more.len() as u32;
                match self.more.get_mut(entry.last as usize) {
                    Some((_, next)) => *next = place,
                    None => entry.more = place,
                }
                entry.last = place;
                return self.more.push((asker, NONE));
            }
            Err(place) => place,
        };
        let entry = self.entries.len() as u32;
        self.slots[at] = Slot { entry, hash };
        self.texts.push_str(literal);
        self.entries.push(Entry {
            end: self.texts.len() as u32,
            asker,
            more: NONE,
            last: NONE,
        });
        let edges = Edges {
            first: first_edge(literal.as_bytes()),
            last: last_edge(literal.as_bytes()),
        };
        self.edges.insert(key(edges));
        self.begins.insert(u64::from_le_bytes(edges.first));
    }

    /// Makes so many slots, a power of two.
    fn resize(&mut self, slots: usize) {
        let free = Slot {
            entry: NONE,
            hash: 0,
        };
        self.slots.clear();
        self.slots.resize(slots, free);
        for entry in 0..self.entries.len() {
            if let Err((at, hash)) = self.find(self.text(entry)) {
                let entry = entry as u32;
                self.slots[at] = Slot { entry, hash };
            }
        }
    }

    fn text(&self, entry: usize) -> &str {
        let before = entry.checked_sub(1).map(|before| self.entries[before].end);
        &self.texts[before.unwrap_or(0) as usize..self.entries[entry].end as usize]
    }

    /// The entry of a text; or the free slot that is its, and the hash that goes there.
    fn find(&self, text: &str) -> Result<usize, (usize, u32)> {
        let hash = self.hasher.hash_one(text);
        let last = self.slots.len() - 1;
        let (mut at, hash) = (hash as usize & last, (hash >> 32) as u32);
        loop {
            let slot = self.slots[at];
            if slot.entry == NONE {
                return Err((at, hash));
            }
            if slot.hash == hash && self.text(slot.entry as usize) == text {
                return Ok(slot.entry as usize);
            }
            at = (at + 1) & last;
        }
    }

    /// Who asks for a line.
    fn get(&self, line: &Folding) -> impl Iterator<Item = u32> {
        let entry = self.entry(line).map(|entry| self.entries[entry]);
        let more = entry.map_or(NONE, |entry| entry.more);
        let at = |place: u32| self.more.get(place as usize);
        let more = std::iter::successors(at(more), move |(_, next)| at(*next));
        let first = entry.map(|entry| entry.asker);
        first.into_iter().chain(more.map(|(asker, _)| *asker))
    }

    fn entry(&self, line: &Folding) -> Option<usize> {
        if !self.edges.may_have(key(line.edges())) {
            return None;
        }
        // Most lines are as they are when they are folded.
        let bare = self.find(line.bare());
        bare.or_else(|_| self.find(line.changed().ok_or(())?).map_err(|_| ()))
            .ok()
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
            literals: text.iter().map(|text| folded(&text.value)).collect(),
            patterns: Vec::new(),
            begins: ByteSet::default(),
            has_fields: false,
        };
        for literal in &wanted.literals {
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
            wanted.has_fields |= pattern.has_fields();
        }
        wanted
    }

    /// The folded literals.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.literals.iter().map(Text::as_ref)
    }

    /// How many lines seem to be one of them, for comparison: a literal counts one.
    pub(crate) fn weight(&self) -> usize {
        let patterns = self.patterns.iter().map(|pattern| pattern.weight());
        self.literals.len() + patterns.sum::<usize>()
    }

    /// The patterns.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter().map(Arc::as_ref)
    }

    /// Whether a line may be one of them, by how it begins.
    #[inline]
    pub(crate) fn may_match(&self, line: Edges) -> bool {
        self.begins.contains(line.first[0])
    }

    /// Whether a line is one of them; literals first. For lines that are not looked up.
    pub(crate) fn matches(&self, line: &Folding) -> Option<How<'_>> {
        let edges = line.edges();
        if !self.may_match(edges) {
            return None;
        }
        let folded = line.folded();
        if self.literals.iter().any(|literal| **literal == *folded) {
            return Some(How::Literal);
        }
        let length = line.bare().len();
        let mut patterns = self.patterns.iter();
        let pattern = patterns
            .find(|pattern| pattern.may_match(edges, length) && pattern.is_match(folded))?;
        Some(How::Pattern(pattern))
    }
}

impl Lookup {
    /// Makes room for so many literals at once, before there are any.
    pub(crate) fn reserve(&mut self, literals: usize) {
        let slots = (literals * 4 / 3 + 1).next_power_of_two();
        self.literals.resize(slots);
        self.literals.edges.reserve(literals);
        self.literals.begins.reserve(literals);
    }

    /// Adds what one asker wants. `all`: also patterns that many lines are tried against; else these are
    /// returned.
    pub(crate) fn add(
        &mut self,
        wanted: &Wanted,
        asker: u32,
        all: bool,
        gate: &mut Gate,
    ) -> Vec<Arc<Pattern>> {
        let mut rest = Vec::new();
        for literal in &wanted.literals {
            self.literals.add(literal, asker);
            gate.add_literal(literal);
        }
        for pattern in &wanted.patterns {
            let address = Arc::as_ptr(pattern).addr();
            if let Some(&known) = self.known.get(&address) {
                self.patterns[known].1.push(asker);
                continue;
            }
            if !all && pattern.weight() > Pattern::LEAST_WEIGHT {
                rest.push(pattern.clone());
                continue;
            }
            let number = self.patterns.len();
            self.known.insert(address, number);
            self.patterns.push((pattern.clone(), vec![asker]));
            let of_needs = |kinds: fn(&[u8]) -> u64| {
                let needs = pattern.needs.iter();
                needs.fold(0, |all, need| all | kinds(need))
            };
            self.pairs.push(of_needs(pairs));
            self.bytes.push(of_needs(bytes) & !FOLDED);
            gate.add_pattern(pattern, true);
            let number = number as u32;
            let ends = [
                (&mut self.by_first, &pattern.begins.fours),
                (&mut self.by_last, &pattern.ends.fours),
            ];
            if let Some((by_four, fours)) = ends.into_iter().find(|(_, fours)| !fours.is_empty()) {
                by_four.insert(fours, number);
                continue;
            }
            let bit = self.others.len() % 64;
            if bit == 0 {
                self.edges.push(ByEdges::default());
            }
            if let Some(edges) = self.edges.last_mut() {
                edges.add(pattern, bit);
            }
            self.others.push(number);
        }
        rest
    }

    /// Whether a line may serve anybody, and what the gate says of it.
    #[inline(always)]
    pub(crate) fn may_serve(&self, line: &[u8], gate: &Gate) -> (bool, Open) {
        let open = gate.open(line);
        let may_serve = match open.is_odd {
            true => self.may_serve_folded(line, gate),
            false => gate.has_marks(open.whole, line) || (open.begins && self.may_begin(line)),
        };
        (may_serve, open)
    }

    /// The same of one that is odd where the gate looks.
    #[inline(never)]
    fn may_serve_folded(&self, line: &[u8], gate: &Gate) -> bool {
        let bare = &line[indent(line)..];
        let open = gate.open(bare);
        gate.has_marks(open.whole, bare)
            || (open.is_odd && may_be_folded(bare))
            || (open.begins && self.may_begin(bare))
    }

    /// The same of one that passes the gate for its first four bytes alone, which are but two letters of most
    /// scripts.
    #[inline(never)]
    fn may_begin(&self, line: &[u8]) -> bool {
        let edge = straight_edge(line);
        let may_match = |&number: &u32| {
            let (pattern, _) = &self.patterns[number as usize];
            pattern.may_begin(edge, line.len())
        };
        self.literals.begins.may_have(u64::from_le_bytes(edge))
            || self.by_first.get(edge).iter().any(may_match)
            || may_fold_at_edge(edge)
    }

    /// How many literals and patterns there are.
    pub(crate) fn len(&self) -> usize {
        self.literals.entries.len() + self.patterns.len()
    }

    /// How a line was found.
    pub(crate) fn how(&self, hit: Hit) -> How<'_> {
        match hit.pattern {
            NONE => How::Literal,
            number => How::Pattern(&self.patterns[number as usize].0),
        }
    }

    /// Adds every asker that a line serves, a literal's before those of patterns.
    pub(crate) fn search(&self, line: &Folding, hits: &mut Vec<Hit>) {
        let pattern = NONE;
        let literal = self.literals.get(line);
        hits.extend(literal.map(|asker| Hit { asker, pattern }));
        self.candidates(line, |number| {
            let (pattern, askers) = &self.patterns[number as usize];
            if pattern.is_match(line.folded()) {
                let pattern = number;
                hits.extend(askers.iter().map(|&asker| Hit { asker, pattern }));
            }
        });
    }

    /// Calls `candidate` with the number of each pattern that a line may be by its edges.
    fn candidates(&self, line: &Folding, mut candidate: impl FnMut(u32)) {
        let (edges, length) = (line.edges(), line.bare().len());
        let mut try_one = |number: u32| {
            if self.patterns[number as usize].0.may_match(edges, length) {
                candidate(number);
            }
        };
        for numbers in [self.by_first.get(edges.first), self.by_last.get(edges.last)] {
            let known = match numbers.len() > CROWD {
                true => pairs(line.folded().as_bytes()),
                false => u64::MAX,
            };
            for &number in numbers {
                if self.pairs[number as usize] & !known == 0 {
                    try_one(number);
                }
            }
        }
        let mut known = None;
        for (by_edges, others) in self.edges.iter().zip(self.others.chunks(64)) {
            let mut open = by_edges.open(edges);
            while open != 0 {
                let number = others[open.trailing_zeros() as usize];
                let wanted = self.bytes[number as usize];
                if wanted == 0
                    || wanted & !*known.get_or_insert_with(|| bytes(line.bare().as_bytes())) == 0
                {
                    try_one(number);
                }
                open &= open - 1;
            }
        }
    }
}

/// The most patterns with an edge in common that are tried one by one.
const CROWD: usize = 8;

/// A Bloom filter of the pairs of neighbouring bytes in a text: a text with other bits is no part of it.
fn pairs(text: &[u8]) -> u64 {
    let pairs = text.windows(2);
    pairs.fold(0, |all, pair| {
        let mixed = u32::from(u16::from_le_bytes([pair[0], pair[1]])).wrapping_mul(0x9e37_79b9);
        all | 1 << (mixed >> 26)
    })
}

/// The same of single bytes.
fn bytes(text: &[u8]) -> u64 {
    text.iter().fold(0, |all, byte| all | 1 << (byte & 63))
}

/// The bytes that a line may have once it is folded and has not before.
const FOLDED: u64 = 1 << (b' ' & 63) | 1 << (b'\'' & 63) | 1 << (b'"' & 63) | 1 << (b'-' & 63);

/// Patterns by the [`four`] bytes with which their matches begin, or, read backwards, end.
#[derive(Debug, Default)]
struct ByFour {
    patterns: HashMap<u32, Vec<u32>, RandomState>,
    buckets: Buckets,
}

impl ByFour {
    fn insert(&mut self, fours: &[u32], pattern: u32) {
        for &four in fours {
            self.buckets.insert(four.into());
            self.patterns.entry(four).or_default().push(pattern);
        }
    }

    #[inline]
    fn of([a, b, c, d, ..]: [u8; EDGE]) -> u32 {
        four([a, b, c, d])
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

/// Which of 64 patterns a line may be, a bit for each: by the byte that it begins with, and by the one
/// that it ends with.
#[derive(Debug)]
struct ByEdges {
    first: Box<[u64; 256]>,
    last: Box<[u64; 256]>,
}

impl Default for ByEdges {
    fn default() -> ByEdges {
        ByEdges {
            first: Box::new([0; 256]),
            last: Box::new([0; 256]),
        }
    }
}

impl ByEdges {
    fn add(&mut self, pattern: &Pattern, bit: usize) {
        for (places, edge) in [
            (&mut self.first, &pattern.begins),
            (&mut self.last, &pattern.ends),
        ] {
            edge.bytes[0].mark(places, |patterns| *patterns |= 1 << bit);
        }
    }

    #[inline]
    fn open(&self, line: Edges) -> u64 {
        self.first[usize::from(line.first[0])] & self.last[usize::from(line.last[0])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_many_literals_is_found_with_all_that_ask_for_it() {
        let mut literals = Literals::default();
        let of = |literals: &Literals, line: &str| -> Vec<u32> {
            literals.get(&Folding::new(line)).collect()
        };
        assert_eq!(of(&literals, ""), [0; 0]);
        for number in 0..5000 {
            literals.add(&format!("Photo {number}"), number);
            literals.add("Photo 7", 10_000 + number);
        }
        for number in (0..5000).filter(|&number| number != 7) {
            assert_eq!(of(&literals, &format!("Photo {number}")), [number]);
            assert_eq!(of(&literals, &format!("• Photo  {number} ")), [number]);
            assert_eq!(of(&literals, &format!("Photo {number}x")), [0; 0]);
        }
        let mut askers: Vec<u32> = (10_000..15_000).collect();
        askers.insert(7, 7);
        assert_eq!(of(&literals, "Photo 7"), askers);
        assert_eq!(literals.entries.len(), 5000);
    }
}
