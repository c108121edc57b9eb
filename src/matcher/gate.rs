//! Which lines anybody may want, by a few of their bytes as they are: it is asked of every line, and
//! says no of most.

use memchr::memchr;

use super::analysis::four;
use super::pattern::Pattern;
use crate::text::{
    EDGE, begins_oddly, ends_in_white, first_edge, is_blank_end, is_odd_start, may_fold,
    may_fold_at,
};

/// A line that does not pass is no literal and matches no pattern that has to match a whole line, and
/// patterns that stand at the start or the end of a line find nothing in it.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The first [`four`] bytes of literals, and of what patterns match of which these are few; zeros
    /// behind shorter ones.
    fours: Buckets,
    /// The other patterns, a bit for each, the one before the last for all that are too many: which of
    /// them are closed to a line by each of its first four and its last two bytes, from the last back.
    /// The last bit: the byte is odd there.
    closed: Box<[[u32; 256]; PLACES]>,
    count: u32,
    /// Of the bits those of patterns for whole lines, and for parts.
    whole: u32,
    part: u32,
    /// Of those for whole lines the ones of which every match has a mark that few lines have, by the mark;
    /// and the others.
    marked: Vec<(u8, u32)>,
    unmarked: u32,
}

/// What a line may be that passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Open {
    /// Anything, unless [a closer look](may_be_folded) shows that folding leaves what the gate looks at.
    pub(crate) is_odd: bool,
    /// What these patterns of whole lines find, if [it has their marks](Gate::has_marks).
    pub(crate) whole: u32,
    /// A literal, or what another such pattern finds, if the lookup [says so](super::lookup::Lookup::may_serve) too.
    pub(crate) begins: bool,
    /// A line in which a pattern finds something at its start or its end.
    pub(crate) part: bool,
}

/// How many bytes of a line are looked at: those from this place on at its start, and from this one on
/// at its end.
const PLACES: usize = 6;
const FIRST: usize = 0;
const LAST: usize = 4;
/// The number of the bit of all patterns that are too many.
const SHARED: u32 = 30;
/// The bit of an odd byte: what the line is when it is folded is not known without folding it.
const ODD: u32 = 1 << 31;
/// The first byte of curly quotes. The second is 80, the third 98 to 9B for single ones, else 9C to 9F.
const CURLY: u8 = 0xE2;

impl Default for Gate {
    fn default() -> Gate {
        let mut closed = Box::new([[!ODD; 256]; PLACES]);
        for byte in 0..=u8::MAX {
            let at = usize::from(byte);
            closed[FIRST][at] |= if is_odd_start(byte) { ODD } else { 0 };
            for place in &mut closed[FIRST + 1..LAST] {
                place[at] |= if may_fold(byte) { ODD } else { 0 };
            }
            closed[LAST][at] |= if is_blank_end(byte) { ODD } else { 0 };
        }
        Gate {
            fours: Buckets::default(),
            closed,
            count: 0,
            whole: 0,
            part: 0,
            marked: Vec::new(),
            unmarked: 0,
        }
    }
}

impl Gate {
    /// Makes room for so many literals at once.
    pub(crate) fn reserve(&mut self, literals: usize) {
        self.fours.reserve(literals);
    }

    /// Lets a folded literal pass.
    pub(crate) fn add_literal(&mut self, literal: &str) {
        let [a, b, c, d, ..] = first_edge(literal.as_bytes());
        self.fours.insert(four([a, b, c, d]).into());
    }

    /// Lets pass what a pattern finds: a whole line, or what stands at the start or the end of a line,
    /// which it sees as it is.
    pub(crate) fn add_pattern(&mut self, pattern: &Pattern, is_whole: bool) {
        let fours = &pattern.begins.fours;
        if is_whole && !fours.is_empty() {
            return fours
                .iter()
                .for_each(|&four| self.fours.insert(four.into()));
        }
        let bit = 1 << self.count.min(SHARED);
        let mark = pattern.mark().filter(|_| self.count < SHARED);
        self.count += 1;
        if let Some(mark) = mark.filter(|_| is_whole) {
            match self.marked.iter_mut().find(|known| known.0 == mark) {
                Some((_, bits)) => *bits |= bit,
                None => self.marked.push((mark, bit)),
            }
        } else if is_whole {
            self.unmarked |= bit;
        }
        *if is_whole {
            &mut self.whole
        } else {
            &mut self.part
        } |= bit;
        for (places, edge) in [
            (FIRST..LAST, &pattern.begins),
            (LAST..PLACES, &pattern.ends),
        ] {
            for (closed, bytes) in self.closed[places].iter_mut().zip(&edge.bytes) {
                bytes.mark(closed, |closed| *closed &= !bit);
            }
        }
        if !is_whole && pattern.begins.bytes[0].contains(CURLY) {
            // Such a quote at the start is looked at as a straight one.
            self.closed[FIRST][usize::from(b'\'')] &= !bit;
            self.closed[FIRST][usize::from(b'"')] &= !bit;
            for closed in &mut self.closed[FIRST + 1..LAST] {
                closed.iter_mut().for_each(|closed| *closed &= !bit);
            }
        }
        // What folding makes of a back-tick, and of code points that end with such a byte.
        for closed in &mut self.closed[LAST..] {
            let [quote, double, dash] = [b'\'', b'"', b'-'].map(|byte| closed[usize::from(byte)]);
            closed[usize::from(b'`')] &= quote;
            closed[0x80..]
                .iter_mut()
                .for_each(|of| *of &= quote & double & dash | ODD);
        }
    }

    /// What a line may be.
    #[inline(always)]
    pub(crate) fn open(&self, line: &[u8]) -> Open {
        let edge = first_edge(line);
        let (before, last) = match line {
            [.., before, last] => (*before, *last),
            _ => (0, edge[0]),
        };
        let [a, b, c, d, e, f, ..] = edge;
        let first = match [a, b, c & 0xFC] {
            [CURLY, 0x80, 0x98] => [b'\'', d, e, f],
            [CURLY, 0x80, 0x9C] => [b'"', d, e, f],
            _ => [a, b, c, d],
        };
        let of = |place: usize, byte: u8| self.closed[place][usize::from(byte)];
        let [a, b, c, d] = first;
        // What stands before a code point of several bytes is not known.
        let known = if last < 0x80 { u32::MAX } else { 0 };
        let closed = of(FIRST, a)
            | of(FIRST + 1, b)
            | of(FIRST + 2, c)
            | of(FIRST + 3, d)
            | of(LAST, last)
            | (of(LAST + 1, before) & known);
        let first = four(first);
        let has_two_spaces = c == b' ' && (b == b' ' || d == b' ');
        Open {
            is_odd: closed & ODD != 0 || has_two_spaces,
            whole: !closed & self.whole,
            begins: self.fours.may_have(first.into()),
            // They see the line as it is.
            part: !closed & self.part != 0,
        }
    }

    /// Whether a line has the mark that one of these patterns of whole lines needs.
    #[inline]
    pub(crate) fn has_marks(&self, patterns: u32, line: &[u8]) -> bool {
        patterns & self.unmarked != 0 || (patterns != 0 && self.has_mark(patterns, line))
    }

    #[inline(never)]
    fn has_mark(&self, patterns: u32, line: &[u8]) -> bool {
        let mut marked = self.marked.iter();
        marked.any(|&(mark, bits)| patterns & bits != 0 && memchr(mark, line).is_some())
    }
}

/// Whether folding may change one of the bytes that the gate looks at.
pub(crate) fn may_be_folded(line: &[u8]) -> bool {
    let has_change = |at| may_fold_at(line, at) || line[at..].starts_with(b"  ");
    begins_oddly(line) || ends_in_white(line) || (0..LAST.min(line.len())).any(has_change)
}

/// The first edge of a line that passes, in which a curly quote at its start is straight.
#[inline]
pub(crate) fn straight_edge(line: &[u8]) -> [u8; EDGE] {
    match line {
        [CURLY, 0x80, quote @ 0x98..=0x9F, ..] => {
            let mut edge = first_edge(&line[2..]);
            edge[0] = if *quote < 0x9C { b'\'' } else { b'"' };
            edge
        }
        _ => first_edge(line),
    }
}

/// Which of many numbers there are: a bit for each bucket of them. No is certain.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    bits: Vec<u64>,
    numbers: Vec<u64>,
}

impl Default for Buckets {
    fn default() -> Buckets {
        Buckets {
            bits: vec![0; 8],
            numbers: Vec::new(),
        }
    }
}

/// What numbers are multiplied with so that the high bits depend on all bits.
pub(crate) const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Buckets {
    /// Makes room for so many numbers at once, before there are any.
    pub(crate) fn reserve(&mut self, numbers: usize) {
        self.numbers.reserve(numbers);
        // With room for what patterns add, so that they need not be put in order.
        let words = (numbers * 5 / 8).next_power_of_two();
        if words > self.bits.len() {
            self.bits = vec![0; words];
        }
    }

    pub(crate) fn insert(&mut self, number: u64) {
        self.numbers.push(number);
        if self.numbers.len() > 2 * self.bits.len() {
            self.numbers.sort_unstable();
            self.numbers.dedup();
            if self.numbers.len() > self.bits.len() {
                // 32 bits or more for each, so that other numbers are seldom in the bucket of one.
                self.bits = vec![0; 2 * self.bits.len()];
                for at in 0..self.numbers.len() {
                    self.set(self.numbers[at]);
                }
            }
        }
        self.set(number);
    }

    fn set(&mut self, number: u64) {
        let (word, bit) = self.bucket(number);
        self.bits[word] |= bit;
    }

    #[inline]
    pub(crate) fn may_have(&self, number: u64) -> bool {
        let (word, bit) = self.bucket(number);
        self.bits[word] & bit != 0
    }

    /// The word of a number, and its bit there.
    #[inline]
    fn bucket(&self, number: u64) -> (usize, u64) {
        let mixed = number.wrapping_mul(SPREAD);
        let word = (mixed >> 32) as usize & (self.bits.len() - 1);
        (word, 1 << (mixed >> 58))
    }
}
