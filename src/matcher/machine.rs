//! A pattern for whole lines as parts over bytes, of which an automaton is made.
//!
//! Most of the time until a pattern is compiled goes into the classes of Unicode, which have hundreds of
//! ranges, nearly all of them of code points that few lines have. So a machine knows such a class in
//! short code points alone, those of one byte or two: Latin, Greek, Cyrillic, Hebrew, Arabic. Where a
//! longer one would decide it gives up, and who knows all of Unicode has to be asked.
//!
//! Like `analysis` this is of the build too, which makes the machines of the bundled rule files.

use std::collections::HashMap;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{self, ClassUnicode, Hir, HirKind, Look};
use regex_syntax::utf8::{Utf8Sequence, Utf8Sequences};

use super::analysis::NEST_LIMIT;
use crate::packed::{Packed, Packer, Unpacker, packed, packed_values};

/// The last of the short code points.
const SHORT: char = '\u{7FF}';
/// The bytes that longer ones begin with.
const LONG: Bytes = Bytes {
    first: 0xE0,
    last: 0xF4,
};
/// How many ranges of longer code points a class may have that is known wholly.
const FEW: usize = 16;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Machine {
    pub(crate) pattern: Part,
    /// The classes, each once.
    pub(crate) classes: Vec<Class>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Literal(Vec<u8>),
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
    WordEdge,
    NoWordEdge,
}

/// What may follow at each place within the code points of a class; the last one is where they begin.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Class(pub(crate) Vec<Vec<(Bytes, Next)>>);

/// A range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bytes {
    pub(crate) first: u8,
    pub(crate) last: u8,
}

/// What stands behind a byte of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Next {
    /// The code point is at its end.
    End,
    /// It is a long one, and the machine gives up.
    GivesUp,
    /// The place of this number.
    Place(usize),
}

impl Machine {
    /// That of a pattern in order; `None` if it asks for what machines do not know.
    pub(crate) fn of(expression: &str) -> Option<Machine> {
        let mut parser = ParserBuilder::new();
        let parser = parser.nest_limit(NEST_LIMIT + 5);
        let mut classes = Vec::new();
        let pattern = part(&parser.build().parse(expression).ok()?, &mut classes)?;
        Some(Machine { pattern, classes })
    }
}

fn part(pattern: &Hir, classes: &mut Vec<Class>) -> Option<Part> {
    let mut all = |parts: &[Hir]| {
        let parts = parts.iter().map(|one| part(one, classes));
        parts.collect::<Option<Vec<Part>>>()
    };
    Some(match pattern.kind() {
        HirKind::Empty => Part::Row(Vec::new()),
        HirKind::Literal(literal) => Part::Literal(literal.0.to_vec()),
        HirKind::Class(class) => {
            let class = Class::of(class);
            let known = classes.iter().position(|known| *known == class);
            Part::Class(known.unwrap_or_else(|| {
                classes.push(class);
                classes.len() - 1
            }))
        }
        HirKind::Look(look) => Part::At(match look {
            Look::Start => Place::Start,
            Look::End => Place::End,
            Look::WordUnicode => Place::WordEdge,
            Look::WordUnicodeNegate => Place::NoWordEdge,
            _ => return None,
        }),
        HirKind::Repetition(repetition) => {
            let sub = part(&repetition.sub, classes)?;
            Part::Times(repetition.min, repetition.max, Box::new(sub))
        }
        HirKind::Capture(capture) => part(&capture.sub, classes)?,
        HirKind::Concat(parts) => Part::Row(all(parts)?),
        HirKind::Alternation(parts) => Part::Any(all(parts)?),
    })
}

impl Class {
    fn of(class: &hir::Class) -> Class {
        let mut places = Places::default();
        let begin = match class {
            hir::Class::Bytes(class) => {
                let range = |range: &hir::ClassBytesRange| Bytes {
                    first: range.start(),
                    last: range.end(),
                };
                let ranges = class.iter().map(range);
                ranges.map(|range| (range, Next::End)).collect()
            }
            hir::Class::Unicode(class) => places.of_unicode(class),
        };
        places.all.push(begin);
        Class(places.all)
    }
}

/// The places of a class that are known so far.
#[derive(Default)]
struct Places {
    all: Vec<Vec<(Bytes, Next)>>,
    numbers: HashMap<Vec<(Bytes, Next)>, usize>,
}

impl Places {
    /// Where code points begin.
    fn of_unicode(&mut self, class: &ClassUnicode) -> Vec<(Bytes, Next)> {
        let long = class.iter().filter(|range| range.end() > SHORT).count();
        let last = if long > FEW { SHORT } else { char::MAX };
        let ranges = class.iter().filter(|range| range.start() <= last);
        let sequences = ranges
            .flat_map(|range| Utf8Sequences::new(range.start(), range.end().min(last)))
            .collect::<Vec<_>>();
        let mut begin = self.behind(&sequences, 0);
        if long > FEW {
            begin.push((LONG, Next::GivesUp));
        }
        begin
    }

    /// What follows so many bytes of code points that are the same up to there.
    fn behind(&mut self, sequences: &[Utf8Sequence], count: usize) -> Vec<(Bytes, Next)> {
        let range = |sequence: &Utf8Sequence| sequence.as_slice()[count];
        // Of two ranges either all is the same or nothing.
        let same = sequences.chunk_by(|one, other| range(one) == range(other));
        same.map(|same| {
            let next = match same[0].len() - 1 == count {
                true => Next::End,
                false => {
                    let behind = self.behind(same, count + 1);
                    Next::Place(self.number(behind))
                }
            };
            let bytes = Bytes {
                first: range(&same[0]).start,
                last: range(&same[0]).end,
            };
            (bytes, next)
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

packed! {
    Machine { pattern, classes }
    Bytes { first, last }
}

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
    fn classes_are_known_in_short_code_points_and_where_they_have_few_others() {
        for (expression, ranges) in [
            // One byte; one, two and three; none that is short; a short one beside others.
            ("[a-cx]", 2),
            ("[aé•]", 1 + 2 + 3),
            (r"\p{Han}", 1),
            (r"[a\p{Han}]", 2),
        ] {
            let machine = Machine::of(expression).unwrap();
            assert_eq!(machine.pattern, Part::Class(0), "{expression}");
            let places = machine.classes[0].0.iter();
            assert_eq!(places.map(Vec::len).sum::<usize>(), ranges, "{expression}");
        }
        let machine = Machine::of(r"\p{L}[\w-]\p{L}").unwrap();
        assert_eq!(machine.classes.len(), 2);
    }
}
