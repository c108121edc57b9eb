//! A pattern that lines begin with, or are, as parts over bytes, of which an automaton is made.
//!
//! Most of the time until a pattern is compiled goes into the classes of Unicode, which have hundreds of
//! ranges, nearly all of them of code points that few lines have. So a machine knows such a class in
//! common code points alone: those of one byte or two, which are Latin, Greek, Cyrillic, Hebrew and Arabic,
//! and typographic marks. Where another one would decide it gives up, and who knows all of Unicode has to
//! be asked. Edges of words it knows in ASCII alone.
//!
//! Like `analysis` this is of the build too, which makes the machines of the bundled rule files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{self, Hir, HirKind, Look};
use regex_syntax::utf8::Utf8Sequences;

use super::analysis::NEST_LIMIT;
use crate::packed::{Packed, Packer, Unpacker, packed, packed_values};

/// The common code points, and the bytes that others begin with.
const COMMON: Known = Known {
    ranges: &['\0'..='\u{7FF}', '\u{2000}'..='\u{207F}'],
    others: &[
        &[Bytes(0xE0, 0xE1)],
        &[Bytes(0xE2, 0xE2), Bytes(0x82, 0xBF)],
        &[Bytes(0xE3, 0xF4)],
    ],
};
const ASCII: Known = Known {
    ranges: &['\0'..='\x7F'],
    others: &[&[Bytes(0xC2, 0xF4)]],
};
const ALL: Known = Known {
    ranges: &['\0'..=char::MAX],
    others: &[],
};

/// How many ranges that are not common a class may have to be known wholly.
const FEW: usize = 16;

/// Code points that are known, and what the others begin with.
#[derive(Clone, Copy)]
struct Known {
    ranges: &'static [RangeInclusive<char>],
    others: &'static [&'static [Bytes]],
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Machine {
    pub(crate) pattern: Part,
    /// The classes, each once.
    pub(crate) classes: Vec<Class>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Literal(Cow<'static, [u8]>),
    /// The class of this number.
    Class(usize),
    At(Place),
    /// At least so many, and at most, if there is an end to it.
    Times(u32, Option<u32>, Box<Part>),
    /// One after the other.
    Row(Vec<Part>),
    /// Any of these.
    Any(Vec<Part>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    Start,
    End,
    /// In ASCII.
    WordEdge,
    NoWordEdge,
}

/// What may follow at each place within the code points of a class; the last one is where they begin.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Class(pub(crate) Vec<Vec<(Bytes, Next)>>);

/// All bytes from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Bytes(pub(crate) u8, pub(crate) u8);

/// What stands behind a byte of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Next {
    /// The code point is at its end.
    End,
    /// Nothing that is known.
    GivesUp,
    /// The place of this number.
    Place(usize),
}

impl Machine {
    /// That of a pattern in order whose matches begin at the start of the line; `None` for another one,
    /// and if it asks for what machines do not know.
    pub(crate) fn of(expression: &str) -> Option<Machine> {
        let mut parser = ParserBuilder::new();
        let parser = parser.nest_limit(NEST_LIMIT + 5);
        let pattern = parser.build().parse(expression).ok()?;
        let properties = pattern.properties();
        if !properties.look_set_prefix().contains(Look::Start) {
            return None;
        }
        let mut making = Making {
            classes: Vec::new(),
            is_ascii: properties.look_set().contains_word_unicode(),
        };
        let mut part = making.part(&pattern)?;
        if making.is_ascii {
            // What follows may make no edge of what seems to be one.
            let any = making.class(Class::of_ways(ASCII.ways(ASCII.ranges)));
            part = Part::Row(vec![part, Part::Any(vec![Part::At(Place::End), any])]);
        }
        Some(Machine {
            pattern: part,
            classes: making.classes,
        })
    }
}

/// A machine that is made.
struct Making {
    classes: Vec<Class>,
    /// Whether it gives up at all but ASCII.
    is_ascii: bool,
}

impl Making {
    fn part(&mut self, pattern: &Hir) -> Option<Part> {
        Some(match pattern.kind() {
            HirKind::Empty => Part::Row(Vec::new()),
            HirKind::Literal(literal) => self.literal(&literal.0),
            HirKind::Class(class) => {
                let class = Class::of(class, self.is_ascii)?;
                self.class(class)
            }
            HirKind::Look(look) => match look {
                Look::Start => Part::At(Place::Start),
                Look::End => Part::At(Place::End),
                Look::WordUnicode => self.before_ascii(Place::WordEdge),
                Look::WordUnicodeNegate => self.before_ascii(Place::NoWordEdge),
                _ => return None,
            },
            HirKind::Repetition(repetition) => {
                let sub = self.part(&repetition.sub)?;
                Part::Times(repetition.min, repetition.max, Box::new(sub))
            }
            HirKind::Capture(capture) => self.part(&capture.sub)?,
            HirKind::Concat(parts) => Part::Row(self.parts(parts)?),
            HirKind::Alternation(parts) => Part::Any(self.parts(parts)?),
        })
    }

    fn parts(&mut self, parts: &[Hir]) -> Option<Vec<Part>> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn literal(&mut self, bytes: &[u8]) -> Part {
        let mut bytes = bytes.to_vec();
        match bytes.iter().position(|byte| !byte.is_ascii()) {
            Some(at) if self.is_ascii => {
                bytes.truncate(at);
                Part::Row(vec![Part::Literal(bytes.into()), self.no_ascii()])
            }
            _ => Part::Literal(bytes.into()),
        }
    }

    fn class(&mut self, class: Class) -> Part {
        let known = self.classes.iter().position(|known| *known == class);
        Part::Class(known.unwrap_or_else(|| {
            self.classes.push(class);
            self.classes.len() - 1
        }))
    }

    /// Such a place, if what follows is ASCII.
    fn before_ascii(&mut self, place: Place) -> Part {
        Part::Any(vec![Part::At(place), self.no_ascii()])
    }

    /// Where it gives up at what is no ASCII.
    fn no_ascii(&mut self) -> Part {
        self.class(Class::of_ways(ASCII.ways(&[])))
    }
}

impl Class {
    /// `None` if it is not of code points.
    fn of(class: &hir::Class, is_ascii: bool) -> Option<Class> {
        let class = match class {
            hir::Class::Unicode(class) => class,
            hir::Class::Bytes(class) => &class.to_unicode_class()?,
        };
        let ranges = class.iter().map(|range| range.start()..=range.end());
        let ranges: Vec<RangeInclusive<char>> = ranges.collect();
        let others = ranges.iter().filter(|range| !COMMON.has(range)).count();
        let known = match is_ascii {
            true if ranges.iter().all(|range| ASCII.has(range)) => ALL,
            true => ASCII,
            false if others > FEW => COMMON,
            false => ALL,
        };
        Some(Class::of_ways(known.ways(&ranges)))
    }

    fn of_ways(ways: Vec<Way>) -> Class {
        let mut places = Places::default();
        let begin = places.behind(&ways, 0);
        places.all.push(begin);
        Class(places.all)
    }
}

/// The bytes of a code point, and what stands behind them.
type Way = (Vec<Bytes>, Next);

impl Known {
    fn has(&self, range: &RangeInclusive<char>) -> bool {
        let mut known = self.ranges.iter();
        known.any(|known| known.contains(range.start()) && known.contains(range.end()))
    }

    /// The ways of what is known of these code points, and of all others, in order.
    fn ways(&self, ranges: &[RangeInclusive<char>]) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        for (range, known) in ranges
            .iter()
            .flat_map(|range| self.ranges.iter().map(move |known| (range, known)))
        {
            let start = *range.start().max(known.start());
            let end = *range.end().min(known.end());
            if start <= end {
                ways.extend(Utf8Sequences::new(start, end).map(|sequence| {
                    let bytes = sequence.as_slice().iter();
                    let bytes = bytes.map(|range| Bytes(range.start, range.end));
                    (bytes.collect(), Next::End)
                }));
            }
        }
        let others = self.others.iter();
        ways.extend(others.map(|bytes| (bytes.to_vec(), Next::GivesUp)));
        ways.sort_unstable();
        ways
    }
}

/// The places of a class that are known so far.
#[derive(Default)]
struct Places {
    all: Vec<Vec<(Bytes, Next)>>,
    numbers: HashMap<Vec<(Bytes, Next)>, usize>,
}

impl Places {
    /// What follows so many bytes that are the same in all of these ways.
    fn behind(&mut self, ways: &[Way], count: usize) -> Vec<(Bytes, Next)> {
        // Of two ranges either all is the same or nothing.
        let same = ways.chunk_by(|(one, _), (other, _)| one[count] == other[count]);
        same.map(|same| {
            let (bytes, end) = &same[0];
            let next = match bytes.len() - 1 == count {
                true => *end,
                false => {
                    let behind = self.behind(same, count + 1);
                    Next::Place(self.number(behind))
                }
            };
            (bytes[count], next)
        })
        .collect()
    }

    fn number(&mut self, place: Vec<(Bytes, Next)>) -> usize {
        let new = self.all.len();
        *self.numbers.entry(place).or_insert_with_key(|place| {
            self.all.push(place.clone());
            new
        })
    }
}

packed! { Machine { pattern, classes } }

packed_values! { Place: [Place::Start, Place::End, Place::WordEdge, Place::NoWordEdge]; }

impl Packed for Part {
    fn pack(&self, to: &mut Packer) {
        match self {
            Part::Literal(bytes) => {
                0u8.pack(to);
                bytes.pack(to);
            }
            Part::Class(number) => {
                1u8.pack(to);
                number.pack(to);
            }
            Part::At(place) => {
                2u8.pack(to);
                place.pack(to);
            }
            Part::Times(min, max, part) => {
                3u8.pack(to);
                min.pack(to);
                max.pack(to);
                part.pack(to);
            }
            Part::Row(parts) => {
                4u8.pack(to);
                parts.pack(to);
            }
            Part::Any(parts) => {
                5u8.pack(to);
                parts.pack(to);
            }
        }
    }

    fn unpack(from: &mut Unpacker) -> Part {
        match u8::unpack(from) {
            0 => Part::Literal(Packed::unpack(from)),
            1 => Part::Class(Packed::unpack(from)),
            2 => Part::At(Packed::unpack(from)),
            3 => Part::Times(
                Packed::unpack(from),
                Packed::unpack(from),
                Packed::unpack(from),
            ),
            4 => Part::Row(Packed::unpack(from)),
            _ => Part::Any(Packed::unpack(from)),
        }
    }
}

impl Packed for Class {
    fn pack(&self, to: &mut Packer) {
        self.0.pack(to);
    }

    fn unpack(from: &mut Unpacker) -> Class {
        Class(Packed::unpack(from))
    }
}

impl Packed for Bytes {
    fn pack(&self, to: &mut Packer) {
        (self.0, self.1).pack(to);
    }

    fn unpack(from: &mut Unpacker) -> Bytes {
        Bytes(u8::unpack(from), u8::unpack(from))
    }
}

impl Packed for Next {
    fn pack(&self, to: &mut Packer) {
        let number = match self {
            Next::End => 0,
            Next::GivesUp => 1,
            Next::Place(number) => number + 2,
        };
        number.pack(to);
    }

    fn unpack(from: &mut Unpacker) -> Next {
        match usize::unpack(from) {
            0 => Next::End,
            1 => Next::GivesUp,
            number => Next::Place(number - 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_known_in_common_code_points_and_wholly_where_they_have_few_others() {
        for (expression, ranges) in [
            (r"\A[a-cx]", 2),
            (r"\A[aé€]", 1 + 2 + 3),
            // Four to give up.
            (r"\A\p{Han}", 4),
            (r"\A[a\p{Han}]", 5),
            (r"\A[\p{Han}•]", 4 + 2),
            (r"\A\b[aé]", 1 + 1),
        ] {
            let machine = Machine::of(expression).unwrap();
            let at = usize::from(expression.contains(r"\b"));
            let places = machine.classes[at].0.iter();
            assert_eq!(places.map(Vec::len).sum::<usize>(), ranges, "{expression}");
        }
        let machine = Machine::of(r"\A\p{L}[\w-]\p{L}").unwrap();
        assert_eq!(machine.classes.len(), 2);
    }

    #[test]
    fn a_pattern_that_may_begin_anywhere_has_none() {
        for (expression, is_held) in [
            ("a", false),
            ("^a", true),
            ("^a|b", false),
            ("(?:^|x)a", false),
            ("(?m)^a", false),
            ("(?:^a|^b)", true),
        ] {
            assert_eq!(Machine::of(expression).is_some(), is_held, "{expression}");
        }
    }
}
