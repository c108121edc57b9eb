//! What can be told of the lines that a pattern finds, from how it is written: what they begin and end
//! with, what stands in all of them, how long they are.
//!
//! It takes longer than all else until the first page, so the build does it for the bundled rule
//! files. This file knows nothing but text, so that the build can have it too.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use regex_syntax::ast::{
    self, Ast, ClassAscii, ClassAsciiKind, ClassBracketed, ClassPerlKind, ClassSet, ClassSetItem,
    Flag, FlagsItemKind, RepetitionKind,
};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};

use crate::packed::{Packed, Packer, Unpacker, packed, packed_values};
use crate::text::EDGE;

/// The bytes that a pattern may be written in.
const LENGTH_LIMIT: usize = 4096;
/// How deep groups may nest.
pub(crate) const NEST_LIMIT: u32 = 50;
/// The bytes of the longest literals that are read out of a pattern.
const LONG: usize = 100;

/// Whether a pattern has to match a whole line, or is searched for in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Extent {
    Whole,
    Part,
}

/// What is known of a pattern that is in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Analysis {
    /// As it is matched; of two that are the same here, one is enough.
    pub(crate) expression: Cow<'static, str>,
    /// Whether every match begins with one of a few literals.
    pub(crate) is_telling: bool,
    /// What matches begin with, and, read backwards, end with.
    pub(crate) begins: Edge,
    pub(crate) ends: Edge,
    /// Literals that stand in every match, those that prose seldom has first.
    pub(crate) needs: Vec<Vec<u8>>,
    /// The lengths, in bytes, of what matches.
    pub(crate) lengths: Range<usize>,
    /// The named groups that are fields.
    pub(crate) fields: Vec<String>,
    /// Whether a group says which part goes.
    pub(crate) cuts: bool,
}

/// What is wrong with a pattern.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// Bytes of the pattern; `None`: all of it.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) what: String,
    pub(crate) help: Option<&'static str>,
}

impl Wrong {
    fn new(what: impl Into<String>) -> Wrong {
        Wrong {
            span: None,
            what: what.into(),
            help: None,
        }
    }

    fn at(self, span: Range<usize>) -> Wrong {
        Wrong {
            span: Some(span),
            ..self
        }
    }

    fn with_help(self, help: &'static str) -> Wrong {
        Wrong {
            help: Some(help),
            ..self
        }
    }
}

impl Analysis {
    /// Checks a pattern; all but its size when it is compiled.
    pub(crate) fn of(written: &str, extent: Extent) -> Result<Analysis, Wrong> {
        if written.len() > LENGTH_LIMIT {
            let what = format!("expected a pattern of at most {LENGTH_LIMIT} bytes");
            return Err(Wrong::new(what));
        }
        let parsed = ast::parse::ParserBuilder::new()
            .nest_limit(NEST_LIMIT)
            .build()
            .parse(written);
        let mut tree = parsed.map_err(|error| {
            let span = error.span().start.offset..error.span().end.offset;
            let help = help_for(error.kind(), &written[span.clone()], &written[span.start..]);
            let wrong = Wrong::new(format!("this is no pattern: {}", error.kind())).at(span);
            match help {
                Some(help) => wrong.with_help(help),
                None => wrong,
            }
        })?;
        let mut seen = Seen::default();
        ast::visit(&tree, &mut seen)?;
        if seen.digits {
            ascii_digits(&mut tree);
        }
        let translated = Translator::new().translate(written, &tree);
        let hir = translated.map_err(|error| {
            let error = error.to_string();
            Wrong::new(format!("this is no pattern: {}", last_line(&error)))
        })?;
        let Some(least) = hir.properties().minimum_len() else {
            let what = "this pattern can match nothing; expected one that finds a line";
            return Err(Wrong::new(what));
        };
        if least == 0 {
            let what = "this pattern matches an empty line; expected one that needs at least one character";
            return Err(Wrong::new(what)
                .with_help("replace a `*` by `+`, or an `?` group by one that must be there"));
        }
        let most = hir.properties().maximum_len();
        let names = hir_names(&hir);
        if extent == Extent::Whole && names.iter().any(|name| name == "cut") {
            let what = "a line goes as a whole; a group `cut` has no meaning here";
            return Err(
                Wrong::new(what).with_help("to take a part of a line, write an [[inline]] rule")
            );
        }
        // What goes on to the end of the line, whatever stands there, need not be gone over.
        let tail = match extent {
            Extent::Whole if !seen.line_ends => take_tail(&mut tree),
            _ => None,
        };
        let expression = match (extent, tail) {
            (Extent::Part, _) => tree.to_string(),
            (Extent::Whole, None) => format!(r"\A(?:{tree})\z"),
            (Extent::Whole, Some(RepetitionKind::OneOrMore)) => format!(r"\A(?:{tree}.)"),
            (Extent::Whole, Some(_)) => format!(r"\A(?:{tree})"),
        };
        let prefixes = literals(&hir, ExtractKind::Prefix, LONG);
        let mut classes = Classes::new();
        Ok(Analysis {
            expression: expression.into(),
            is_telling: prefixes.is_some(),
            begins: Edge::of(&hir, ExtractKind::Prefix, extent, &mut classes, || prefixes),
            ends: Edge::of(&hir, ExtractKind::Suffix, extent, &mut classes, || {
                literals(&hir, ExtractKind::Suffix, LONG)
            }),
            needs: needed(&hir),
            lengths: least..most.map_or(usize::MAX, |most| most.saturating_add(1)),
            cuts: extent == Extent::Part && names.iter().any(|name| name == "cut"),
            fields: names.into_iter().filter(|name| name != "cut").collect(),
        })
    }
}

/// What to write instead of something that other dialects of patterns have. `place`: what is wrong;
/// `rest`: all from there on.
fn help_for(kind: &ast::ErrorKind, place: &str, rest: &str) -> Option<&'static str> {
    use ast::ErrorKind as Is;
    const NO_BACK_REFERENCE: &str = "patterns run in linear time, so there are no back-references; a line that stands twice is for a [[duplicate]] rule, or for the step `same` of a block";
    let known = |table: &[(&str, &'static str)]| {
        let of = table.iter().find(|(begins, _)| rest.starts_with(begins));
        of.map(|(_, help)| *help)
    };
    match kind {
        Is::UnsupportedLookAround => Some(
            "patterns run in linear time, so there is no look-around; in an [[inline]] rule name what goes: `A(?=B)` is `(?<cut>A)B`, `(?<=A)B` is `A(?<cut>B)`; for what stands on other lines write a [[block]]",
        ),
        Is::UnsupportedBackreference => Some(NO_BACK_REFERENCE),
        Is::FlagUnrecognized => known(&[
            ("P=", NO_BACK_REFERENCE),
            (
                ">",
                "no text is tried twice, so groups need not be atomic: write `(?:…)`",
            ),
            (
                "(",
                "there are no conditions: write both cases out, as in `a|b`",
            ),
            ("#", "comments stand in the rule file, behind `#`"),
            (
                "|",
                "write `(?:…)`, with a name of its own for each group in it",
            ),
        ]),
        Is::EscapeUnrecognized => match place.chars().last()? {
            'Z' => Some(r"the end of a line is `$`"),
            'K' => Some(r"name what goes: `A\KB` is `A(?<cut>B)` in an [[inline]] rule"),
            'Q' | 'E' => Some("write what is to be found as it is as a `text`"),
            'g' | 'k' => Some(NO_BACK_REFERENCE),
            'N' => Some(r"write the character itself, or its number as in `\u{e9}`"),
            'h' | 'R' => Some(r"white space within a line is `\s`; a line end is in no line"),
            _ => None,
        },
        _ => None,
    }
}

/// What of a pattern matters to how it is compiled; refuses the flag `x`, whose comments would swallow
/// what is put around a pattern, and repetitions of repetitions, which are seldom meant.
#[derive(Default)]
struct Seen {
    /// `\d` or `\D`, which are ASCII here.
    digits: bool,
    /// The flag `R`, with which `.` is no carriage return.
    line_ends: bool,
}

impl Seen {
    fn note(&mut self, class: &ast::ClassPerl) {
        self.digits |= class.kind == ClassPerlKind::Digit;
    }
}

impl ast::Visitor for &mut Seen {
    type Output = ();
    type Err = Wrong;

    fn finish(self) -> Result<(), Wrong> {
        Ok(())
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), Wrong> {
        let flags = match node {
            Ast::ClassPerl(class) => {
                self.note(class);
                return Ok(());
            }
            Ast::Repetition(outer) if matches!(*outer.ast, Ast::Repetition(_)) => {
                let span = outer.op.span;
                let what =
                    "a repetition of a repetition; other dialects mean a possessive one by it";
                return Err(Wrong::new(what)
                    .at(span.start.offset..span.end.offset)
                    .with_help("nothing is tried twice, so none need be possessive: `a++` is `a+`; if the other is meant, put brackets around it: `(?:a+)+`"));
            }
            Ast::Flags(set) => Some(&set.flags),
            Ast::Group(group) => group.flags(),
            _ => None,
        };
        for item in flags.iter().flat_map(|flags| &flags.items) {
            match item.kind {
                FlagsItemKind::Flag(Flag::IgnoreWhitespace) => {
                    let what =
                        "the flag `x` is not supported here; expected the pattern on one line";
                    let span = item.span.start.offset..item.span.end.offset;
                    return Err(Wrong::new(what).at(span));
                }
                FlagsItemKind::Flag(Flag::CRLF) => self.line_ends = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Wrong> {
        if let ClassSetItem::Perl(class) = item {
            self.note(class);
        }
        Ok(())
    }
}

/// Takes `.*` or `.+` off the end of a pattern that has something before it.
fn take_tail(tree: &mut Ast) -> Option<RepetitionKind> {
    let Ast::Concat(parts) = tree else {
        return None;
    };
    let Some(Ast::Repetition(last)) = parts.asts.last() else {
        return None;
    };
    let kind = last.op.kind.clone();
    let is_open = matches!(kind, RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore);
    if !is_open || !matches!(*last.ast, Ast::Dot(_)) {
        return None;
    }
    parts.asts.pop();
    Some(kind)
}

/// Makes `\d` and `\D` ASCII in a pattern that has been parsed, which is not parsed again so.
fn ascii_digits(tree: &mut Ast) {
    match tree {
        Ast::ClassPerl(class) if class.kind == ClassPerlKind::Digit => {
            *tree = Ast::class_bracketed(ClassBracketed {
                span: class.span,
                negated: false,
                kind: ClassSet::Item(ascii_digit(class)),
            });
        }
        Ast::ClassBracketed(class) => ascii_digits_of_set(&mut class.kind),
        Ast::Repetition(repetition) => ascii_digits(&mut repetition.ast),
        Ast::Group(group) => ascii_digits(&mut group.ast),
        Ast::Alternation(parts) => parts.asts.iter_mut().for_each(ascii_digits),
        Ast::Concat(parts) => parts.asts.iter_mut().for_each(ascii_digits),
        _ => {}
    }
}

fn ascii_digits_of_set(set: &mut ClassSet) {
    match set {
        ClassSet::Item(item) => ascii_digits_of_item(item),
        ClassSet::BinaryOp(both) => {
            ascii_digits_of_set(&mut both.lhs);
            ascii_digits_of_set(&mut both.rhs);
        }
    }
}

fn ascii_digits_of_item(item: &mut ClassSetItem) {
    match item {
        ClassSetItem::Perl(class) if class.kind == ClassPerlKind::Digit => {
            *item = ascii_digit(class);
        }
        ClassSetItem::Bracketed(class) => ascii_digits_of_set(&mut class.kind),
        ClassSetItem::Union(union) => union.items.iter_mut().for_each(ascii_digits_of_item),
        _ => {}
    }
}

fn ascii_digit(class: &ast::ClassPerl) -> ClassSetItem {
    ClassSetItem::Ascii(ClassAscii {
        span: class.span,
        kind: ClassAsciiKind::Digit,
        negated: class.negated,
    })
}

/// What the lines that a pattern finds begin with, or, read backwards, end with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edge {
    /// The bytes that may stand at each place.
    pub(crate) bytes: [ByteSet; EDGE],
    /// How many of these places tell anything.
    pub(crate) places: usize,
    /// Pairs of a mask and a value: an edge fits if under one of the masks it is the value; none of
    /// them if they would not be few, and any edge fits.
    pub(crate) few: Vec<(u64, u64)>,
    /// The [`four`]s of which every match has one at its edge, in order; none if they are not few.
    pub(crate) fours: Vec<u32>,
}

/// The four outermost bytes of an edge as a number; capitals are as small letters.
#[inline]
pub(crate) fn four(edge: [u8; 4]) -> u32 {
    // Some other bytes are as others then too, which does no harm: it is asked who may match.
    u32::from_le_bytes(edge) | 0x2020_2020
}

impl Edge {
    /// `long`: the longest literals of this kind.
    fn of<'h>(
        hir: &'h Hir,
        kind: ExtractKind,
        extent: Extent,
        classes: &mut Classes<'h>,
        long: impl FnOnce() -> Option<Vec<Vec<u8>>>,
    ) -> Edge {
        let backwards = matches!(kind, ExtractKind::Suffix);
        let mut edge = Edge {
            bytes: [ByteSet::ALL; EDGE],
            places: 0,
            few: Vec::new(),
            fours: Vec::new(),
        };
        let properties = hir.properties();
        let is_held = match extent {
            Extent::Whole => true,
            Extent::Part if backwards => properties.look_set_suffix().contains(Look::End),
            Extent::Part => properties.look_set_prefix().contains(Look::Start),
        };
        if !is_held {
            return edge;
        }
        if let Some(bytes) = Places::of(hir, backwards, extent, classes) {
            edge.bytes = bytes;
            let tells = |(place, bytes): (usize, &ByteSet)| {
                let mut any = NOT_OF_LINES;
                any.unite(bytes);
                // A code point begins with no byte that is behind another, and ends with no first one.
                match (place, backwards) {
                    (0, false) => any.insert_all(0x80..=0xBF),
                    (0, true) => any.insert_all(0xC2..=0xF4),
                    _ => {}
                }
                any.0 != ByteSet::ALL.0
            };
            edge.places = bytes
                .iter()
                .enumerate()
                .rposition(tells)
                .map_or(0, |last| last + 1);
        }
        // Where the long ones are too many, the short ones may not be.
        let short = || {
            [3, 2]
                .iter()
                .find_map(|&length| literals(hir, kind.clone(), length))
        };
        let mut literals = long().or_else(short).unwrap_or_default();
        if backwards {
            literals.iter_mut().for_each(|literal| literal.reverse());
        }
        if literals.len() <= 16 {
            let padded = |literal: &Vec<u8>, byte: &dyn Fn(u8) -> u8| {
                let mut edge = [0; EDGE];
                let bytes = literal.iter().map(|&literal| byte(literal));
                edge.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
                u64::from_le_bytes(edge)
            };
            let bits = |literal| (padded(literal, &|_| u8::MAX), padded(literal, &|byte| byte));
            edge.few = literals.iter().map(bits).collect();
            edge.fours = fours(&literals).unwrap_or_default();
        }
        if edge.fours.is_empty() && extent == Extent::Whole && !backwards {
            edge.fours = first_fours(hir).unwrap_or_default();
        }
        edge
    }

    /// Whether it tells nothing.
    #[inline]
    pub(crate) fn is_any(&self) -> bool {
        self.places == 0 && self.few.is_empty()
    }

    /// Whether most letters may stand here.
    pub(crate) fn is_broad(&self) -> bool {
        let letters = (b'A'..=b'Z').chain(b'a'..=b'z');
        let count = letters.filter(|&byte| self.bytes[0].contains(byte)).count();
        self.few.is_empty() && count > 39
    }

    #[inline]
    pub(crate) fn may_be(&self, edge: [u8; EDGE]) -> bool {
        let mut places = self.bytes[..self.places].iter().zip(edge);
        places.all(|(bytes, byte)| bytes.contains(byte)) && self.may_be_long(edge)
    }

    /// Whether it is one of the few longer ones, if there are few.
    #[inline]
    fn may_be_long(&self, edge: [u8; EDGE]) -> bool {
        let whole = u64::from_le_bytes(edge);
        self.few.is_empty() || self.few.iter().any(|&(bits, value)| whole & bits == value)
    }
}

/// The [`four`]s with which these literals begin, in order; `None` if one is shorter, or there is none.
fn fours(literals: &[Vec<u8>]) -> Option<Vec<u32>> {
    let first = |literal: &Vec<u8>| Some(four(*literal.first_chunk()?));
    let fours: Option<BTreeSet<u32>> = literals.iter().map(first).collect();
    let fours = fours.filter(|fours| !fours.is_empty())?;
    Some(fours.into_iter().collect())
}

/// The [`four`]s with which the matches of a pattern begin, in order, also where it has longer literals
/// of too many kinds; `None` if they are too many as well.
fn first_fours(hir: &Hir) -> Option<Vec<u32>> {
    let mut extractor = Extractor::new();
    extractor
        .kind(ExtractKind::Prefix)
        .limit_class(32)
        .limit_literal_len(4)
        .limit_total(512);
    let literals = extractor.extract(&without_capitals(hir));
    let bytes = literals
        .literals()?
        .iter()
        .map(|literal| literal.as_bytes());
    fours(&bytes.map(<[u8]>::to_vec).collect::<Vec<_>>())
}

/// A pattern of which the classes that have a capital and its small letter have the small one alone.
fn without_capitals(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            let has = |c: char| {
                let mut ranges = class.ranges().iter();
                ranges.any(|range| (range.start()..=range.end()).contains(&c))
            };
            let both = ('A'..='Z').filter(|&c| has(c) && has(c.to_ascii_lowercase()));
            let capitals = ClassUnicode::new(both.map(|c| ClassUnicodeRange::new(c, c)));
            let mut class = class.clone();
            class.difference(&capitals);
            Hir::class(Class::Unicode(class))
        }
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(without_capitals(&repetition.sub)),
            ..repetition.clone()
        }),
        HirKind::Capture(capture) => without_capitals(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_capitals).collect()),
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.iter().map(without_capitals).collect())
        }
        _ => hir.clone(),
    }
}

/// The literals of at most so many bytes, read forwards, of which one begins or ends every match,
/// if they are known.
fn literals(hir: &Hir, kind: ExtractKind, length: usize) -> Option<Vec<Vec<u8>>> {
    let mut extractor = Extractor::new();
    extractor
        .kind(kind.clone())
        .limit_class(32)
        .limit_literal_len(length)
        .limit_total(512);
    let mut literals = extractor.extract(hir);
    if literals.len().is_some_and(|count| count > 16) {
        // Many long ones tell little more than few short ones.
        match kind {
            ExtractKind::Suffix => literals.keep_last_bytes(2),
            _ => literals.keep_first_bytes(2),
        }
        literals.dedup();
    }
    let literals = literals.literals()?;
    let ends: Vec<Vec<u8>> = literals
        .iter()
        .map(|literal| literal.as_bytes().to_vec())
        .collect();
    (!ends.is_empty() && ends.iter().all(|end| !end.is_empty())).then_some(ends)
}

/// How many parts of a pattern are looked at to learn its edge: repetitions are gone over again.
const PARTS: usize = 4096;

/// The bytes that stand at each place of an edge in the matches of a pattern, gathered part by part.
/// Where a part may begin and end is a bit for each place; the last bit is for all behind the edge.
struct Places<'h, 'c> {
    bytes: [ByteSet; EDGE],
    backwards: bool,
    classes: &'c mut Classes<'h>,
    /// How many more parts may be looked at.
    left: usize,
}

/// The bytes of the classes of a pattern that have been met: those of Unicode have hundreds of ranges.
type Classes<'h> = Vec<(&'h Class, BytesOfClass)>;

/// Of code points of one to four bytes the bytes at each place.
type BytesOfClass = [[ByteSet; 4]; 4];

/// Behind the edge.
const BEHIND: u32 = 1 << EDGE;

impl<'h, 'c> Places<'h, 'c> {
    /// The bytes at each place, zeros behind the end of a whole line; `None` if it takes too long.
    fn of(
        hir: &'h Hir,
        backwards: bool,
        extent: Extent,
        classes: &'c mut Classes<'h>,
    ) -> Option<[ByteSet; EDGE]> {
        let mut places = Places {
            bytes: [ByteSet::default(); EDGE],
            backwards,
            classes,
            left: PARTS,
        };
        let ends = places.part(hir, 1)?;
        for end in each(ends) {
            for bytes in &mut places.bytes[end..] {
                match extent {
                    Extent::Whole => bytes.insert(0),
                    Extent::Part => *bytes = ByteSet::ALL,
                }
            }
        }
        Some(places.bytes)
    }

    fn class(&mut self, class: &'h Class) -> BytesOfClass {
        let mut known = self.classes.iter();
        if let Some((_, bytes)) = known.find(|(known, _)| std::ptr::eq(*known, class)) {
            return *bytes;
        }
        let bytes = class_bytes(class);
        self.classes.push((class, bytes));
        bytes
    }

    /// Adds the bytes of a part that begins at one of these places; returns where it may end.
    fn part(&mut self, hir: &'h Hir, starts: u32) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        if starts & !BEHIND == 0 {
            return Some(starts);
        }
        let behind = starts & BEHIND;
        Some(match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => starts,
            HirKind::Literal(literal) => {
                let bytes = &literal.0;
                for start in each(starts) {
                    for (at, place) in self.bytes[start..].iter_mut().enumerate().take(bytes.len())
                    {
                        place.insert(match self.backwards {
                            true => bytes[bytes.len() - 1 - at],
                            false => bytes[at],
                        });
                    }
                }
                behind | after(starts, bytes.len())
            }
            HirKind::Class(class) => {
                let mut ends = behind;
                for (length, bytes) in (1..).zip(self.class(class)) {
                    if bytes[0].is_empty() {
                        continue;
                    }
                    for start in each(starts) {
                        for (at, place) in self.bytes[start..].iter_mut().enumerate().take(length) {
                            let at = match self.backwards {
                                true => length - 1 - at,
                                false => at,
                            };
                            place.unite(&bytes[at]);
                        }
                    }
                    ends |= after(starts, length);
                }
                ends
            }
            HirKind::Repetition(repetition) => {
                let mut ends = if repetition.min == 0 { starts } else { 0 };
                let mut from = starts;
                for time in 1..=repetition.max.unwrap_or(u32::MAX) {
                    let next = self.part(&repetition.sub, from)?;
                    let is_enough = time >= repetition.min;
                    // Once more leads to nowhere new.
                    let is_last = next == from || next & !BEHIND == 0;
                    let is_known = is_enough && next & !ends == 0;
                    if is_enough || is_last {
                        ends |= next;
                    }
                    if is_last || is_known {
                        break;
                    }
                    from = next;
                }
                ends
            }
            HirKind::Capture(capture) => self.part(&capture.sub, starts)?,
            HirKind::Concat(parts) => {
                let mut ends = starts;
                for at in 0..parts.len() {
                    let at = match self.backwards {
                        true => parts.len() - 1 - at,
                        false => at,
                    };
                    ends = self.part(&parts[at], ends)?;
                }
                ends
            }
            HirKind::Alternation(parts) => {
                let mut ends = 0;
                for part in parts {
                    ends |= self.part(part, starts)?;
                }
                ends
            }
        })
    }
}

/// The places of these bits, without the one behind the edge.
fn each(places: u32) -> impl Iterator<Item = usize> {
    (0..EDGE).filter(move |place| places >> place & 1 == 1)
}

/// So many bytes after each of these places.
fn after(places: u32, length: usize) -> u32 {
    let ends = each(places).map(|place| 1 << (place + length).min(EDGE));
    ends.fold(0, |all, end| all | end)
}

/// The most code points of a class of which each is looked at.
const POINTS: usize = 64;

/// The bytes of a class.
fn class_bytes(class: &Class) -> BytesOfClass {
    let mut bytes = BytesOfClass::default();
    match class {
        Class::Bytes(class) => {
            let ranges = class.iter();
            ranges.for_each(|range| bytes[0][0].insert_all(range.start()..=range.end()));
        }
        Class::Unicode(class)
            if class.iter().map(ClassUnicodeRange::len).sum::<usize>() <= POINTS =>
        {
            let points = class.iter().flat_map(|range| range.start()..=range.end());
            for point in points {
                let mut buffer = [0; 4];
                let point = point.encode_utf8(&mut buffer).as_bytes();
                let of_length = &mut bytes[point.len() - 1];
                of_length
                    .iter_mut()
                    .zip(point)
                    .for_each(|(of, &byte)| of.insert(byte));
            }
        }
        Class::Unicode(class) => {
            let lead = |c: char| (c.encode_utf8(&mut [0; 4]).as_bytes()[0], c.len_utf8());
            // Neighbours have the same first byte, which is found out once.
            let mut known = 0..0;
            for range in class.iter() {
                if known.contains(&(range.start() as u32)) && known.contains(&(range.end() as u32))
                {
                    continue;
                }
                let (first, shortest) = lead(range.start());
                let (last, longest) = lead(range.end());
                for length in shortest..=longest {
                    let leads = &mut bytes[length - 1][0];
                    let leads_of_length = match length {
                        1 => 0..=0x7F,
                        2 => 0xC2..=0xDF,
                        3 => 0xE0..=0xEF,
                        _ => 0xF0..=0xF4,
                    };
                    let from = first.max(*leads_of_length.start());
                    leads.insert_all(from..=last.min(*leads_of_length.end()));
                }
                if longest > 1 {
                    let bits = 6 * (longest as u32 - 1);
                    let begin = (range.end() as u32 >> bits) << bits;
                    // The first of these may be written in fewer bytes, so that it has another one.
                    let least = [0x80, 0x800, 0x10000][longest - 2];
                    known = begin.max(least)..begin + (1 << bits);
                }
            }
            let behind = bytes[1..]
                .iter_mut()
                .flat_map(|of_length| &mut of_length[1..]);
            behind.for_each(|of| of.insert_all(0x80..=0xBF));
        }
    }
    bytes
}

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ByteSet(pub(crate) [u64; 4]);

/// The bytes that no line has: its end, and those of no code point.
const NOT_OF_LINES: ByteSet = ByteSet([1 << b'\n', 0, 0, 0b11 | 0x7FF << 53]);

impl ByteSet {
    pub(crate) const ALL: ByteSet = ByteSet([u64::MAX; 4]);

    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    pub(crate) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Calls `each` with its bytes.
    fn each(&self, mut each: impl FnMut(u8)) {
        for (word, bits) in (0..4).zip(self.0) {
            let mut bits = bits;
            while bits != 0 {
                each(64 * word + bits.trailing_zeros() as u8);
                bits &= bits - 1;
            }
        }
    }

    /// Calls `mark` with the places of its bytes.
    pub(crate) fn mark<T>(&self, places: &mut [T; 256], mut mark: impl FnMut(&mut T)) {
        if *self == ByteSet::ALL {
            return places.iter_mut().for_each(mark);
        }
        self.each(|byte| mark(&mut places[usize::from(byte)]));
    }

    fn insert_all(&mut self, bytes: std::ops::RangeInclusive<u8>) {
        bytes.for_each(|byte| self.insert(byte));
    }

    /// Takes out the bytes that the other has not.
    fn intersect(&mut self, other: &ByteSet) {
        let words = self.0.iter_mut().zip(other.0);
        words.for_each(|(word, other)| *word &= other);
    }

    pub(crate) fn unite(&mut self, other: &ByteSet) {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(to, bits)| *to |= bits);
    }
}

/// Literals that stand in every match, those that prose seldom has first.
fn needed(hir: &Hir) -> Vec<Vec<u8>> {
    let mut literals: Vec<Vec<u8>> = Vec::new();
    let mut stack = vec![hir];
    while let Some(hir) = stack.pop() {
        match hir.kind() {
            HirKind::Literal(literal) => literals.push(literal.0.to_vec()),
            HirKind::Capture(capture) => stack.push(&capture.sub),
            HirKind::Repetition(repetition) if repetition.min > 0 => stack.push(&repetition.sub),
            HirKind::Concat(parts) => stack.extend(parts),
            HirKind::Alternation(_) => marks(hir).each(|mark| literals.push(vec![mark])),
            _ => {}
        }
    }
    let is_common = |literal: &[u8]| {
        literal
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte == b' ')
    };
    literals.sort_unstable_by_key(|literal| (is_common(literal), std::cmp::Reverse(literal.len())));
    literals.dedup();
    literals.truncate(3);
    literals
}

/// The punctuation marks of ASCII, but for those of prose, that stand in every match, whichever way it is
/// found.
fn marks(hir: &Hir) -> ByteSet {
    let mut all = ByteSet::default();
    match hir.kind() {
        HirKind::Literal(literal) => {
            let is_mark = |byte: &u8| byte.is_ascii_punctuation() && !b".,'\"-`".contains(byte);
            let marks = literal.0.iter().copied().filter(is_mark);
            marks.for_each(|mark| all.insert(mark));
        }
        HirKind::Capture(capture) => return marks(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => return marks(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().for_each(|part| all.unite(&marks(part))),
        HirKind::Alternation(parts) => {
            all = ByteSet::ALL;
            parts.iter().for_each(|part| all.intersect(&marks(part)));
        }
        _ => {}
    }
    all
}

fn hir_names(hir: &Hir) -> Vec<String> {
    let mut names = Vec::new();
    let mut stack = vec![hir];
    while let Some(hir) = stack.pop() {
        match hir.kind() {
            HirKind::Capture(capture) => {
                names.extend(capture.name.as_ref().map(|name| name.to_string()));
                stack.push(&capture.sub);
            }
            HirKind::Repetition(repetition) => stack.push(&repetition.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => stack.extend(parts),
            _ => {}
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The last line of a message.
pub(crate) fn last_line(message: &str) -> &str {
    message
        .lines()
        .last()
        .unwrap_or(message)
        .trim_start_matches("error: ")
}

packed! {
    Analysis { expression, is_telling, begins, ends, needs, lengths, fields, cuts }
    Edge { bytes, places, few, fours }
}

packed_values! { Extent: [Extent::Whole, Extent::Part]; }

/// Neighbours are often the same.
impl Packed for [ByteSet; EDGE] {
    fn pack(&self, to: &mut Packer) {
        let mut before = &ByteSet::ALL;
        for bytes in self {
            (bytes == before).pack(to);
            if bytes != before {
                let words = bytes.0.iter();
                words.for_each(|word| to.bytes.extend(word.to_le_bytes()));
            }
            before = bytes;
        }
    }

    fn unpack(from: &mut Unpacker) -> [ByteSet; EDGE] {
        let mut before = ByteSet::ALL;
        std::array::from_fn(|_| {
            if !bool::unpack(from) {
                let words = from.take(size_of::<ByteSet>()).as_chunks().0.iter();
                let mut set = ByteSet::default();
                set.0
                    .iter_mut()
                    .zip(words)
                    .for_each(|(to, word)| *to = u64::from_le_bytes(*word));
                before = set;
            }
            before
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_four_bytes_are_known_where_they_are_few() {
        for (pattern, firsts) in [
            ("(?i:photos?|images?) by .+", &["phot", "imag"][..]),
            (
                "(?:(?:All|Top) )?(?i:gifs?)(?: by|:) .+",
                // The long s is written with two bytes.
                &["all ", "top ", "gif ", "gifs", "gif\u{17f}", "gif:"],
            ),
            (r"\p{Lu}\w+ told us", &[]),
            (r"\d{4} was a year", &[]),
            ("No", &[]),
        ] {
            let known = Analysis::of(pattern, Extent::Whole).unwrap();
            let wanted = firsts
                .iter()
                .map(|first| four(*first.as_bytes().first_chunk().unwrap()));
            let wanted: BTreeSet<u32> = wanted.collect();
            assert_eq!(
                known.begins.fours,
                wanted.into_iter().collect::<Vec<_>>(),
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_stands_in_every_match_is_known_also_where_it_is_found_in_several_ways() {
        for (pattern, needs) in [
            (r"(?:a_\d+|\d+_b|_)\.?", &["_"][..]),
            (r"(?:a_|b)", &[]),
            (r"(?:a_:|\d+:_+)x", &[":", "_", "x"]),
            (r"(?:(?:a_|_b)+|c(?:_|d_))(?:e|f)", &["_"]),
            (r"(?:a_)?(?:b_)*c", &["c"]),
            (r"(?:On|At) The Mill: (?:a|b)", &[" The Mill: "]),
        ] {
            let known = Analysis::of(pattern, Extent::Whole).unwrap();
            let needs: Vec<&[u8]> = needs.iter().map(|need| need.as_bytes()).collect();
            assert_eq!(known.needs, needs, "{pattern}");
        }
    }

    #[test]
    fn constructs_of_other_dialects_are_answered_with_what_to_write() {
        for (pattern, says) in [
            ("Herald(?= News)", "`A(?=B)` is `(?<cut>A)B`"),
            ("(?<!The )Herald", "`A(?<cut>B)`"),
            (r"(a)\1", "step `same`"),
            ("(?P<w>a)(?P=w)", "step `same`"),
            (r"(a)\g<1>", "step `same`"),
            ("(?>a+)b", "`(?:…)`"),
            ("(?(1)a|b)", "both cases"),
            ("a(?#why)b", "behind `#`"),
            ("(?|a|b)", "a name of its own"),
            (r"Herald\Z", "is `$`"),
            (r"A\KB", "`A(?<cut>B)`"),
            (r"\QHerald.\E", "as a `text`"),
            (r"\N{EURO SIGN}", r"`\u{e9}`"),
            (r"a\h+b", r"is `\s`"),
            ("a++b", "`a++` is `a+`"),
            ("(?:a{2}){3}a{2}?+", "`(?:a+)+`"),
        ] {
            let wrong = Analysis::of(pattern, Extent::Part).unwrap_err();
            let help = wrong.help.unwrap_or_default();
            assert!(help.contains(says), "{pattern}: {} {help}", wrong.what);
        }
        let repeated = Analysis::of("(?:a+)+b{2}?", Extent::Part);
        assert!(repeated.is_ok());
    }

    #[test]
    fn bytes_of_a_class_are_those_of_its_characters() {
        for body in [
            r"\p{Lu}",
            r"\w",
            r"[^\s!?:;,]",
            r"[а-я•–-₿]",
            r"\p{Greek}",
            "[\u{7f}-\u{801}]",
            r"(?s-u:.)",
            r"\s",
            r"[•*·▪◦‣●]",
            "[А-Яа-я]",
            "[А-Яа-яё]",
        ] {
            let hir = regex_syntax::ParserBuilder::new()
                .utf8(false)
                .build()
                .parse(body)
                .unwrap();
            let HirKind::Class(Class::Unicode(class)) = hir.kind() else {
                continue;
            };
            let mut all = BytesOfClass::default();
            let mut count = 0;
            for c in class.iter().flat_map(|range| range.start()..=range.end()) {
                let mut buffer = [0; 4];
                let bytes = c.encode_utf8(&mut buffer).as_bytes();
                let of_length = &mut all[bytes.len() - 1];
                for (of, &byte) in of_length.iter_mut().zip(bytes) {
                    of.insert(byte);
                }
                count += 1;
            }
            if count > POINTS {
                // Only the first byte of each is looked at.
                for behind in all[1..].iter_mut().flat_map(|of| &mut of[1..]) {
                    behind.insert_all(0x80..=0xBF);
                }
            }
            assert_eq!(class_bytes(&Class::Unicode(class.clone())), all, "{body}");
        }
    }

    #[test]
    fn digits_are_ascii_however_they_are_written() {
        for (body, ascii) in [
            (r"\d+", "[0-9]+"),
            (r"\D", "[^0-9]"),
            (r"[\d]", "[0-9]"),
            (r"[^\d-]x|\d", "[^0-9-]x|[0-9]"),
            (r"(?:[a[\D]]{2}|\d)*1", "(?:[a[^0-9]]{2}|[0-9])*1"),
            (r"[\w&&\d]", "[0-9]"),
            (r"[^\D]", "[0-9]"),
        ] {
            let mut tree = ast::parse::Parser::new().parse(body).unwrap();
            let mut seen = Seen::default();
            ast::visit(&tree, &mut seen).unwrap();
            assert!(seen.digits, "{body}");
            ascii_digits(&mut tree);
            let hir = Translator::new().translate(body, &tree).unwrap();
            assert_eq!(hir, regex_syntax::parse(ascii).unwrap(), "{body}");
            let printed = regex_syntax::parse(&tree.to_string()).unwrap();
            assert_eq!(hir, printed, "{body}");
        }
    }
}
