//! The regular expressions of rules, each once, and compiled when a line asks for it. What is known of
//! them before that stands in `analysis`.

use std::collections::HashMap;
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use memchr::memmem::Finder;
use once_cell::sync::OnceCell;
use regex::{Captures, Regex, RegexBuilder};

use super::Fields;
use super::analysis::{Analysis, Extent, NEST_LIMIT, Wrong, last_line};
use super::automaton::Automaton;
use super::machine::Machine;
use super::walk::Told;
use crate::error::{Problem, SourceFile};
use crate::packed::{Packed, Unpacker};
use crate::schema::{Placed, Text};
use crate::text::{EDGE, Edges, first_edge, last_edge};

/// The bytes that a compiled pattern may take: a rule needs a small part of it.
const SIZE_LIMIT: usize = 1 << 20;

/// How many lines, and of how many bytes, are told by going over the parts of a machine: its states cost
/// as much as that many, and more where they are not all led to.
const FIRST: u32 = 32;
const SHORT: usize = 1024;

/// What the build found out of the patterns of bundled rule files.
static BUNDLED: Bundled = include!(concat!(env!("OUT_DIR"), "/patterns.rs"));

struct Bundled {
    /// The text that the following is packed beside.
    text: &'static str,
    /// The patterns in order, and the analysis of each, with the machine behind it.
    patterns: &'static [(Extent, &'static str, &'static [u8])],
}

/// To read what the build packed of a pattern.
fn unpacker(bytes: &'static [u8]) -> Unpacker {
    Unpacker::beside(BUNDLED.text, bytes)
}

/// The patterns of many rules, each once: those of a family are the same for all of its outlets.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    /// Whether they are compiled at once, which finds the one error that their analysis cannot: their
    /// size. Bundled ones have been compiled by the tests.
    pub(super) at_once: bool,
    known: Mutex<Known>,
}

/// Patterns by how they are written.
type Known = HashMap<(Extent, Text), Arc<Pattern>, RandomState>;

impl Patterns {
    /// Patterns that are compiled at once, not at their first use.
    pub(crate) fn at_once() -> Patterns {
        Patterns {
            at_once: true,
            ..Patterns::default()
        }
    }

    /// The pattern that is written so, checked.
    pub(crate) fn of(
        &self,
        written: &Placed<Text>,
        source: &Arc<SourceFile>,
        extent: Extent,
    ) -> Result<Arc<Pattern>, Problem> {
        let key = (extent, written.value.clone());
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = known().get(&key) {
            return Ok(pattern.clone());
        }
        let pattern = Arc::new(Pattern::new(written, source, extent)?);
        if self.at_once {
            pattern.compile(written, source)?;
        }
        // Another thread may have been faster.
        Ok(known().entry(key).or_insert(pattern).clone())
    }
}

/// A checked pattern; compiled at its first use.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) written: Text,
    known: Analysis,
    regex: OnceCell<Regex>,
    /// The machine that the build made; `None`: it is made of the expression.
    packed_machine: Option<&'static [u8]>,
    machine: OnceCell<Option<Box<Machine>>>,
    /// How many lines the machine was asked for.
    asked: AtomicU32,
    /// What tells whole lines: those in which the machine does not give up, and all; `None` if only the
    /// regex does.
    of_machine: OnceCell<Option<Box<Automaton>>>,
    of_all: OnceCell<Option<Box<Automaton>>>,
    /// What finds the literals that stand in every match.
    needs: OnceCell<Box<[Finder<'static>]>>,
}

impl Deref for Pattern {
    type Target = Analysis;

    #[inline]
    fn deref(&self) -> &Analysis {
        &self.known
    }
}

impl Pattern {
    fn new(
        written: &Placed<Text>,
        source: &Arc<SourceFile>,
        extent: Extent,
    ) -> Result<Pattern, Problem> {
        let key = (extent, written.as_str());
        let bundled = BUNDLED
            .patterns
            .binary_search_by_key(&key, |(extent, written, _)| (*extent, written));
        let (known, packed_machine) = match bundled {
            Ok(at) => {
                let mut packed = unpacker(BUNDLED.patterns[at].2);
                (Packed::unpack(&mut packed), Some(packed.bytes))
            }
            Err(_) => {
                let known = Analysis::of(written, extent);
                (
                    known.map_err(|wrong| problem_of(wrong, written, source))?,
                    None,
                )
            }
        };
        Ok(Pattern {
            written: written.value.clone(),
            known,
            regex: OnceCell::new(),
            packed_machine,
            machine: OnceCell::new(),
            asked: AtomicU32::new(0),
            of_machine: OnceCell::new(),
            of_all: OnceCell::new(),
            needs: OnceCell::new(),
        })
    }

    fn compile(&self, written: &Placed<Text>, source: &Arc<SourceFile>) -> Result<(), Problem> {
        let compiled = self.regex.get_or_try_init(|| build(&self.expression));
        let compiled = compiled.map_err(|error| {
            let what = last_line(&error.to_string()).to_owned();
            let what = format!("this pattern is too large: {what}");
            let problem = source.problem(written.place.clone(), what);
            problem.with_help("count words, as in `(?:\\p{Lu}\\S* ?){2,4}`, and not letters; smaller repetitions, or `[0-9A-Za-z]` for `\\w`, make it smaller too")
        });
        compiled.map(|_| ())
    }

    fn regex(&self) -> &Regex {
        self.regex
            .get_or_try_init(|| build(&self.expression))
            .expect("bundled patterns are compiled by the tests, others when they are read")
    }

    /// Whether a line of so many bytes may be what this pattern finds, before it is folded.
    #[inline]
    pub(crate) fn may_match(&self, line: Edges, length: usize) -> bool {
        self.may_begin(line.first, length) && self.ends.may_be(line.last)
    }

    /// The same of a line of which only the first edge is known.
    #[inline]
    pub(crate) fn may_begin(&self, first: [u8; EDGE], length: usize) -> bool {
        length >= self.lengths.start && self.begins.may_be(first)
    }

    /// The same of a line that is as the pattern sees it.
    pub(crate) fn may_match_raw(&self, line: &[u8]) -> bool {
        line.len() >= self.lengths.start
            && (self.begins.is_any() || self.begins.may_be(first_edge(line)))
            && (self.ends.is_any() || self.ends.may_be(last_edge(line)))
    }

    /// A mark that stands in every match, and in the line that folding makes one of.
    pub(crate) fn mark(&self) -> Option<u8> {
        let is_mark = |byte: &u8| byte.is_ascii_punctuation() && !b"'\"-`".contains(byte);
        self.known.needs.iter().flatten().copied().find(is_mark)
    }

    /// Whether a whole line, which may match, is what this pattern finds.
    pub(crate) fn is_match(&self, line: &str) -> bool {
        self.lengths.contains(&line.len()) && self.has_needed(line) && self.is_found(line)
    }

    fn is_found(&self, line: &str) -> bool {
        let of_all = || Automaton::new(&self.expression, SIZE_LIMIT, NEST_LIMIT + 5).map(Box::new);
        self.is_found_by_machine(line)
            .or_else(|| self.of_all.get_or_init(of_all).as_ref()?.is_match(line))
            .unwrap_or_else(|| self.regex().is_match(line))
    }

    /// The same; `None` where the machine gives up, or where there is none.
    fn is_found_by_machine(&self, line: &str) -> Option<bool> {
        let machine = self.machine.get_or_init(|| {
            let machine: Option<Machine> = match self.packed_machine {
                Some(bytes) => Packed::unpack(&mut unpacker(bytes)),
                None => Machine::of(&self.expression),
            };
            machine.map(Box::new)
        });
        let machine = machine.as_ref()?;
        if line.len() <= SHORT && self.asked.load(Ordering::Relaxed) < FIRST {
            self.asked.fetch_add(1, Ordering::Relaxed);
            match machine.tell(line) {
                Told::Known(is_found) => return Some(is_found),
                Told::GivesUp => return None,
                Told::TooLong => {}
            }
        }
        let automaton = || Automaton::of(machine, SIZE_LIMIT).map(Box::new);
        self.of_machine
            .get_or_init(automaton)
            .as_ref()?
            .is_match(line)
    }

    /// Whether it is tried on nearly every line: neither its edges nor a literal that stands in every
    /// match tell it from prose.
    pub(crate) fn is_asked_always(&self) -> bool {
        let is_telling = |literal: &Vec<u8>| {
            let literal = literal.trim_ascii();
            let is_odd = |byte: &u8| !byte.is_ascii_alphanumeric() && !b".,'\"-".contains(byte);
            literal.len() > 1 || literal.iter().any(is_odd)
        };
        self.begins.is_broad() && self.ends.is_broad() && !self.known.needs.iter().any(is_telling)
    }

    /// The least [`weight`](Pattern::weight) of any.
    pub(crate) const LEAST_WEIGHT: usize = 2;

    /// How many lines it seems to find, beside a literal, which counts one.
    pub(crate) fn weight(&self) -> usize {
        let edges = [&self.begins, &self.ends];
        if self.is_telling || edges.iter().any(|edge| !edge.fours.is_empty()) {
            Self::LEAST_WEIGHT
        } else if self.is_asked_always() {
            10_000
        } else {
            100
        }
    }

    /// Whether a line has all literals that stand in every match, and they are not just any words.
    pub(crate) fn has_telling_literals(&self, line: &str) -> bool {
        let is_odd = |byte: &u8| byte.is_ascii_punctuation() && !b".,'\"-".contains(byte);
        let weight = |literal: &Finder| match literal.needle().trim_ascii() {
            literal if literal.len() > 5 => 2,
            literal => usize::from(literal.iter().any(is_odd)),
        };
        self.needs().iter().map(weight).sum::<usize>() > 1 && self.has_needed(line)
    }

    /// Whether a text lacks what stands in every match.
    pub(crate) fn is_missing(&self, text: &str) -> bool {
        !self.has_needed(text)
    }

    fn has_needed(&self, line: &str) -> bool {
        let mut needs = self.needs().iter();
        needs.all(|literal| literal.find(line.as_bytes()).is_some())
    }

    fn needs(&self) -> &[Finder<'static>] {
        let finder = |literal: &[u8]| Finder::new(literal).into_owned();
        self.needs.get_or_init(|| {
            self.known
                .needs
                .iter()
                .map(|literal| finder(literal))
                .collect()
        })
    }

    /// The first match at or after `from`; `reads`: whether fields are read out of it.
    pub(crate) fn find_at(&self, line: &str, from: usize, reads: bool) -> Option<Found> {
        if from == 0 && !(self.may_match_raw(line.as_bytes()) && self.has_needed(line)) {
            return None;
        }
        // The regex is only made for a line that has something for it.
        if from == 0 && self.is_found_by_machine(line) == Some(false) {
            return None;
        }
        let reads = reads && self.has_fields();
        if !self.cuts && !reads {
            let all = self.regex().find_at(line, from)?.range();
            return Some(Found {
                cut: all.clone(),
                all,
                fields: None,
            });
        }
        let captures = self.regex().captures_at(line, from)?;
        let all = captures.get_match().range();
        let cut = match captures.name("cut") {
            _ if !self.cuts => all.clone(),
            Some(group) => group.range(),
            None => all.start..all.start,
        };
        let fields = if reads { self.read(&captures) } else { None };
        Some(Found { all, cut, fields })
    }

    /// Whether it reads fields.
    pub(crate) fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    /// The fields that the pattern reads out of a whole line that it finds.
    pub(crate) fn fields(&self, line: &str) -> Fields {
        if self.fields.is_empty() {
            return None;
        }
        self.read(&self.regex().captures(line)?)
    }

    /// The fields in what it found.
    fn read(&self, captures: &Captures) -> Fields {
        let value = |name: &str| {
            let value = captures.name(name)?.as_str().trim();
            (!value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
        };
        let names = self.fields.iter();
        let values: Vec<(String, String)> = names.filter_map(|name| value(name)).collect();
        (!values.is_empty()).then(|| Box::new(values))
    }
}

/// What a pattern finds in a line, in bytes of it.
pub(crate) struct Found {
    pub(crate) all: Range<usize>,
    /// What goes of it.
    pub(crate) cut: Range<usize>,
    pub(crate) fields: Fields,
}

fn build(expression: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression)
        .size_limit(SIZE_LIMIT)
        .nest_limit(NEST_LIMIT + 5)
        .build()
}

fn problem_of(wrong: Wrong, written: &Placed<Text>, source: &Arc<SourceFile>) -> Problem {
    let place = match wrong.span {
        Some(span) => place_in(written, source, span),
        None => written.place.clone(),
    };
    let problem = source.problem(place, wrong.what);
    match wrong.help {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

/// Where `span`, bytes of the pattern, stands in the file: exact in a string without escapes, the
/// whole value otherwise.
fn place_in(written: &Placed<Text>, source: &SourceFile, span: Range<usize>) -> Range<usize> {
    let raw = source.text.get(written.place.clone()).unwrap_or_default();
    match raw.find(written.as_str()) {
        Some(at) => {
            let start = written.place.start + at + span.start;
            start..(written.place.start + at + span.end).max(start + 1)
        }
        None => written.place.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_build_found_out_is_what_is_found_out_now() {
        let patterns = BUNDLED.patterns;
        assert!(!patterns.is_empty());
        assert!(patterns.is_sorted_by_key(|(extent, written, _)| (*extent, *written)));
        for &(extent, written, bytes) in patterns {
            let mut packed = unpacker(bytes);
            let now = Analysis::of(written, extent).unwrap();
            let machine = Machine::of(&now.expression);
            assert_eq!(Analysis::unpack(&mut packed), now, "{written}");
            assert_eq!(Option::unpack(&mut packed), machine, "{written}");
        }
    }

    /// On all that the bundled rule files say, in pieces.
    #[test]
    fn bundled_patterns_find_what_their_regexes_find() {
        let file = SourceFile::new("rules/a.toml", "");
        let rules = ["akipress", "vice", "voa", "families/pangea"].map(|name| {
            let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
            std::fs::read_to_string(format!("{rules}/{name}.toml")).unwrap()
        });
        for &(extent, written, _) in BUNDLED.patterns {
            let placed = Placed {
                value: written.into(),
                place: 0..0,
            };
            let pattern = Pattern::new(&placed, &file, extent).unwrap();
            for piece in rules.iter().flat_map(|text| text.split(['"', '\n'])) {
                let found = match extent {
                    Extent::Whole => pattern.is_found(piece),
                    Extent::Part => pattern.find_at(piece, 0, false).is_some(),
                };
                let wanted = pattern.regex().is_match(piece);
                assert_eq!(found, wanted, "{written} {piece}");
            }
        }
    }

    #[test]
    fn an_open_end_is_not_gone_over() {
        let (file, place) = (SourceFile::new("rules/a.toml", ""), 0..0);
        let of = |written: &str| {
            let value = written.to_owned().into();
            let written = Placed {
                value,
                place: place.clone(),
            };
            Patterns::at_once()
                .of(&written, &file, Extent::Whole)
                .unwrap()
        };
        for (written, expression) in [
            ("Read .+", r"\A(?:Read .)"),
            ("Read .*", r"\A(?:Read )"),
            ("Read .*?", r"\A(?:Read )"),
            ("Read .?", r"\A(?:Read .?)\z"),
            ("Read (?:.+)", r"\A(?:Read (?:.+))\z"),
            ("Read .+|Hear .+", r"\A(?:Read .+|Hear .+)\z"),
            ("(?R)Read .+", r"\A(?:(?R)Read .+)\z"),
            (".+", r"\A(?:.+)\z"),
        ] {
            let pattern = of(written);
            assert_eq!(pattern.expression, expression);
            assert_eq!(&*pattern.written, written);
            let whole = Regex::new(&format!(r"\A(?:{written})\z")).unwrap();
            for line in [
                "Read ",
                "Read x",
                "Read \r",
                "Hear more of it",
                "Re",
                "Read it\r",
            ] {
                assert_eq!(
                    pattern.is_match(line),
                    whole.is_match(line),
                    "{written} {line:?}"
                );
            }
        }
        let pattern = of("(?<who>[A-Z]+?)(?<what> .+?)? on .+");
        let fields = pattern.fields("AB met C on Monday on TV").unwrap();
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(fields, [("what", "met C"), ("who", "AB")]);
    }
}
