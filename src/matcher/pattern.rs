//! A regular expression of a rule: its checks, what a match must begin with, the compiled form.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use memchr::memmem::Finder;
use once_cell::sync::OnceCell;
use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{
    self, Ast, ClassAscii, ClassAsciiKind, ClassBracketed, ClassPerlKind, ClassSet, ClassSetItem,
    Flag, FlagsItemKind,
};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::error::{Problem, SourceFile};
use crate::schema::Placed;
use crate::text::{EDGE, Folding, first_edge, last_edge};

/// The bytes that a compiled pattern may take: a rule needs a small part of it.
const SIZE_LIMIT: usize = 1 << 20;
/// The bytes that a pattern may be written in.
const LENGTH_LIMIT: usize = 4096;
const NEST_LIMIT: u32 = 50;
/// How many lines are tried before a pattern is compiled.
const TRIALS: u32 = 16;
/// The bytes of the longest literals that are read out of a pattern.
const LONG: usize = 100;

/// Whether a pattern has to match a whole line, or is searched for in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    Part,
}

/// A checked pattern; compiled at its first use.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// As it is matched; of two that are the same here, one is enough.
    pub(crate) expression: Arc<str>,
    regex: OnceCell<Regex>,
    /// How many lines have been tried without the compiled form.
    tried: AtomicU32,
    /// What they are tried with.
    parsed: OnceCell<Option<Box<Hir>>>,
    /// Whether every match begins with one of a few literals.
    pub(crate) is_telling: bool,
    /// What matches begin with, and, read backwards, end with.
    pub(crate) begins: Edge,
    pub(crate) ends: Edge,
    /// Literals that stand in every match.
    needs: Vec<Finder<'static>>,
    /// The lengths, in bytes, of what matches.
    lengths: Range<usize>,
    /// The named groups that are fields.
    fields: Vec<String>,
    cuts: bool,
}

impl Pattern {
    /// Checks a pattern. With `now` it is compiled too, which finds the one error, its size, that
    /// the check cannot; bundled files have been compiled by the tests and need not be.
    pub(crate) fn compile(
        written: &Placed<String>,
        source: &Arc<SourceFile>,
        extent: Extent,
        now: bool,
    ) -> Result<Pattern, Problem> {
        let whole_place = || written.place.clone();
        if written.len() > LENGTH_LIMIT {
            return Err(source.problem(
                whole_place(),
                format!("expected a pattern of at most {LENGTH_LIMIT} bytes"),
            ));
        }
        let parsed = ast::parse::ParserBuilder::new()
            .nest_limit(NEST_LIMIT)
            .build()
            .parse(written);
        let mut tree = parsed.map_err(|error| {
            let span = error.span().start.offset..error.span().end.offset;
            let problem = source.problem(place_in(written, source, span), format!("this is no pattern: {}", error.kind()));
            match error.kind() {
                ast::ErrorKind::UnsupportedLookAround | ast::ErrorKind::UnsupportedBackreference => {
                    problem.with_help("patterns run in linear time, so look-around and back-references do not exist; name a group `cut` in an inline rule, or use a block")
                }
                _ => problem,
            }
        })?;
        let mut digits = Digits::default();
        if let Err(problem) = ast::visit(&tree, &mut digits) {
            return Err(source.problem(
                place_in(written, source, problem),
                "the flag `x` is not supported here; expected the pattern on one line",
            ));
        }
        if !digits.found.is_empty() {
            ascii_digits(&mut tree);
        }
        let translated = Translator::new().translate(written, &tree);
        let hir = translated.map_err(|error| {
            source.problem(
                whole_place(),
                format!("this is no pattern: {}", last_line(&error.to_string())),
            )
        })?;
        let body = digits.into_ascii(written);
        let Some(least) = hir.properties().minimum_len() else {
            return Err(source.problem(
                whole_place(),
                "this pattern can match nothing; expected one that finds a line",
            ));
        };
        if least == 0 {
            return Err(source
                .problem(whole_place(), "this pattern matches an empty line; expected one that needs at least one character")
                .with_help("replace a `*` by `+`, or an `?` group by one that must be there"));
        }
        let lengths = least
            ..hir
                .properties()
                .maximum_len()
                .map_or(usize::MAX, |most| most.saturating_add(1));
        let names = hir_names(&hir);
        if extent == Extent::Whole && names.iter().any(|name| name == "cut") {
            let problem = source.problem(
                whole_place(),
                "a line goes as a whole; a group `cut` has no meaning here",
            );
            return Err(problem.with_help("to take a part of a line, write an [[inline]] rule"));
        }
        let expression = match extent {
            Extent::Whole => format!(r"\A(?:{body})\z"),
            Extent::Part => body,
        };
        let prefixes = literals(&hir, ExtractKind::Prefix, LONG);
        let pattern = Pattern {
            expression: expression.into(),
            regex: OnceCell::new(),
            tried: AtomicU32::new(0),
            parsed: OnceCell::new(),
            is_telling: prefixes.is_some(),
            begins: Edge::of(&hir, ExtractKind::Prefix, extent, || prefixes),
            ends: Edge::of(&hir, ExtractKind::Suffix, extent, || {
                literals(&hir, ExtractKind::Suffix, LONG)
            }),
            needs: needed(&hir),
            lengths,
            cuts: extent == Extent::Part && names.iter().any(|name| name == "cut"),
            fields: names.into_iter().filter(|name| name != "cut").collect(),
        };
        if now {
            let compiled = pattern.regex.get_or_try_init(|| build(&pattern.expression));
            compiled.map_err(|error| {
                let problem = source.problem(
                    whole_place(),
                    format!(
                        "this pattern is too large: {}",
                        last_line(&error.to_string())
                    ),
                );
                problem
                    .with_help("smaller repetitions, or `[0-9A-Za-z]` for `\\w`, make it smaller")
            })?;
        }
        Ok(pattern)
    }

    fn regex(&self) -> &Regex {
        self.regex
            .get_or_try_init(|| build(&self.expression))
            .expect("bundled patterns are compiled by the tests, others when they are read")
    }

    /// Whether a folded line may be what this pattern finds, before it is folded.
    pub(crate) fn may_match(&self, line: &Folding) -> bool {
        line.bare().len() >= self.lengths.start
            && self.begins.may_be(line.first())
            && self.ends.may_be(line.last())
    }

    /// The same of a line that is as the pattern sees it.
    pub(crate) fn may_match_raw(&self, line: &str) -> bool {
        line.len() >= self.lengths.start
            && self.begins.may_be(first_edge(line))
            && self.ends.may_be(last_edge(line))
    }

    /// Whether a whole line, which may match, is what this pattern finds.
    pub(crate) fn is_match(&self, line: &str) -> bool {
        self.lengths.contains(&line.len()) && self.has_needed(line) && self.is_found(line)
    }

    /// To compile a pattern takes as long as to try it on many lines: for the few of a single page it
    /// is not compiled.
    fn is_found(&self, line: &str) -> bool {
        if let Some(regex) = self.regex.get() {
            return regex.is_match(line);
        }
        let is_new = self.tried.fetch_add(1, Ordering::Relaxed) < TRIALS;
        let found = if is_new && line.len() < Spots::COUNT {
            let parsed = self
                .parsed
                .get_or_init(|| parse(&self.expression).map(Box::new));
            parsed.as_ref().and_then(|hir| Trial::of(hir, line))
        } else {
            None
        };
        found.unwrap_or_else(|| self.regex().is_match(line))
    }

    /// Whether a text lacks what stands in every match.
    pub(crate) fn is_missing(&self, text: &str) -> bool {
        !self.has_needed(text)
    }

    fn has_needed(&self, line: &str) -> bool {
        self.needs
            .iter()
            .all(|literal| literal.find(line.as_bytes()).is_some())
    }

    /// The first match at or after `from`: all of it, and the part that goes.
    pub(crate) fn find_at(&self, line: &str, from: usize) -> Option<(Range<usize>, Range<usize>)> {
        if from == 0 && !(self.may_match_raw(line) && self.has_needed(line)) {
            return None;
        }
        let found = self.regex().find_at(line, from)?.range();
        if !self.cuts {
            return Some((found.clone(), found));
        }
        let captures = self.regex().captures_at(line, found.start)?;
        let cut = captures
            .name("cut")
            .map_or(found.start..found.start, |group| group.range());
        Some((found, cut))
    }

    /// The fields that the pattern reads out of a text that it finds.
    pub(crate) fn fields(&self, text: &str, from: usize) -> Vec<(String, String)> {
        if self.fields.is_empty() {
            return Vec::new();
        }
        let Some(captures) = self.regex().captures_at(text, from) else {
            return Vec::new();
        };
        let value = |name: &String| {
            captures
                .name(name)
                .map(|group| (name.clone(), group.as_str().trim().to_owned()))
        };
        self.fields
            .iter()
            .filter_map(value)
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

fn parse(expression: &str) -> Option<Hir> {
    regex_syntax::ParserBuilder::new()
        .nest_limit(NEST_LIMIT + 5)
        .build()
        .parse(expression)
        .ok()
}

fn build(expression: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression)
        .size_limit(SIZE_LIMIT)
        .nest_limit(NEST_LIMIT + 5)
        .build()
}

/// The trial of a line with a pattern that is not compiled: for each part of the pattern, and all
/// places where it may begin, all places where it may end.
struct Trial<'l> {
    line: &'l str,
    /// How many more places may be looked at.
    left: usize,
}

/// How many places of a line a trial may look at: more take longer than compiling.
const PLACES: usize = 10_000;

impl Trial<'_> {
    /// Whether a pattern that is anchored at both ends finds a short line; `None` if that is better left
    /// to the compiled form.
    fn of(hir: &Hir, line: &str) -> Option<bool> {
        let mut start = Spots::default();
        start.insert(0);
        let mut trial = Trial { line, left: PLACES };
        let ends = trial.ends(hir, start)?;
        Some(ends.has(line.len()))
    }

    fn ends(&mut self, hir: &Hir, starts: Spots) -> Option<Spots> {
        self.left = self.left.checked_sub(1 + starts.count())?;
        if starts.is_empty() {
            return Some(starts);
        }
        let mut ends = Spots::default();
        match hir.kind() {
            HirKind::Empty => return Some(starts),
            HirKind::Look(Look::Start) if starts.has(0) => ends.insert(0),
            HirKind::Look(Look::End) if starts.has(self.line.len()) => ends.insert(self.line.len()),
            HirKind::Look(Look::Start | Look::End) => {}
            HirKind::Look(look @ (Look::WordUnicode | Look::WordUnicodeNegate)) => {
                for start in starts.iter() {
                    let (before, behind) = self.line.split_at(start);
                    let is_border =
                        is_word(before.chars().next_back()) != is_word(behind.chars().next());
                    if is_border == (*look == Look::WordUnicode) {
                        ends.insert(start);
                    }
                }
            }
            HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => return None,
            HirKind::Literal(literal) => {
                for start in starts.iter() {
                    if self.line.as_bytes()[start..].starts_with(&literal.0) {
                        ends.insert(start + literal.0.len());
                    }
                }
            }
            HirKind::Class(Class::Unicode(class)) => {
                for start in starts.iter() {
                    let Some(c) = self.line[start..].chars().next() else {
                        continue;
                    };
                    let ranges = class.ranges();
                    let at = ranges.partition_point(|range| range.end() < c);
                    if ranges.get(at).is_some_and(|range| range.start() <= c) {
                        ends.insert(start + c.len_utf8());
                    }
                }
            }
            HirKind::Repetition(repetition) => {
                if repetition.min == 0 {
                    ends = starts;
                }
                let mut from = starts;
                for time in 1..=repetition.max.unwrap_or(u32::MAX) {
                    let next = self.ends(&repetition.sub, from)?;
                    let is_enough = time >= repetition.min;
                    // Once more leads to nowhere new.
                    let is_last = next == from || next.is_empty();
                    let is_known = is_enough && next.are_among(&ends);
                    if is_enough || is_last {
                        ends.unite(&next);
                    }
                    if is_last || is_known {
                        break;
                    }
                    from = next;
                }
            }
            HirKind::Capture(capture) => return self.ends(&capture.sub, starts),
            HirKind::Concat(parts) => {
                ends = starts;
                for part in parts {
                    ends = self.ends(part, ends)?;
                }
            }
            HirKind::Alternation(parts) => {
                for part in parts {
                    ends.unite(&self.ends(part, starts)?);
                }
            }
        }
        Some(ends)
    }
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| regex_syntax::try_is_word_character(c).unwrap_or(false))
}

/// Places in a short line, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Spots([u64; 8]);

impl Spots {
    const COUNT: usize = 512;

    fn insert(&mut self, spot: usize) {
        self.0[spot / 64] |= 1 << (spot % 64);
    }

    fn has(&self, spot: usize) -> bool {
        self.0[spot / 64] >> (spot % 64) & 1 == 1
    }

    fn is_empty(&self) -> bool {
        self.0 == [0; 8]
    }

    fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn are_among(&self, others: &Spots) -> bool {
        let mut words = self.0.iter().zip(others.0);
        words.all(|(word, others)| word & !others == 0)
    }

    fn unite(&mut self, others: &Spots) {
        let words = self.0.iter_mut().zip(others.0);
        words.for_each(|(word, others)| *word |= others);
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

/// Finds `\d` and `\D`, which are ASCII here, and refuses the flag `x`, whose comments would
/// swallow what is put around a pattern.
#[derive(Default)]
struct Digits {
    found: Vec<(Range<usize>, bool)>,
}

impl Digits {
    fn note(&mut self, class: &ast::ClassPerl) {
        if class.kind == ClassPerlKind::Digit {
            self.found.push((
                class.span.start.offset..class.span.end.offset,
                class.negated,
            ));
        }
    }

    fn into_ascii(mut self, pattern: &str) -> String {
        self.found.sort_by_key(|(span, _)| span.start);
        let mut out = String::with_capacity(pattern.len());
        let mut from = 0;
        for (span, negated) in self.found {
            out.push_str(&pattern[from..span.start]);
            out.push_str(if negated { "[^0-9]" } else { "[0-9]" });
            from = span.end;
        }
        out + &pattern[from..]
    }
}

impl ast::Visitor for &mut Digits {
    type Output = ();
    type Err = Range<usize>;

    fn finish(self) -> Result<(), Range<usize>> {
        Ok(())
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), Range<usize>> {
        let flags = match node {
            Ast::ClassPerl(class) => {
                self.note(class);
                return Ok(());
            }
            Ast::Flags(set) => Some(&set.flags),
            Ast::Group(group) => group.flags(),
            _ => None,
        };
        let x = flags.and_then(|flags| {
            flags
                .items
                .iter()
                .find(|item| item.kind == FlagsItemKind::Flag(Flag::IgnoreWhitespace))
        });
        x.map_or(Ok(()), |item| {
            Err(item.span.start.offset..item.span.end.offset)
        })
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Range<usize>> {
        if let ClassSetItem::Perl(class) = item {
            self.note(class);
        }
        Ok(())
    }
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

/// Where `span`, bytes of the pattern, stands in the file: exact in a string without escapes, the
/// whole value otherwise.
fn place_in(written: &Placed<String>, source: &SourceFile, span: Range<usize>) -> Range<usize> {
    let raw = source.text.get(written.place.clone()).unwrap_or_default();
    match raw.find(&written.value) {
        Some(at) => {
            let start = written.place.start + at + span.start;
            start..(written.place.start + at + span.end).max(start + 1)
        }
        None => written.place.clone(),
    }
}

/// What the lines that a pattern finds begin with, or, read backwards, end with.
#[derive(Debug)]
pub(crate) struct Edge {
    /// The bytes that may stand at each place.
    pub(crate) bytes: [ByteSet; EDGE],
    /// A few longer ones, as the bits of an edge that tell and what they must be; none if there
    /// are not few.
    few: Vec<(u64, u64)>,
}

impl Edge {
    /// `long`: the longest literals of this kind.
    fn of(
        hir: &Hir,
        kind: ExtractKind,
        extent: Extent,
        long: impl FnOnce() -> Option<Vec<Vec<u8>>>,
    ) -> Edge {
        let backwards = matches!(kind, ExtractKind::Suffix);
        let mut edge = Edge {
            bytes: [ByteSet::ALL; EDGE],
            few: Vec::new(),
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
        if let Some(bytes) = Places::of(hir, backwards, extent) {
            edge.bytes = bytes;
        }
        // Where the long ones are too many, the short ones may not be.
        let short = || {
            [3, 2]
                .iter()
                .find_map(|&length| literals(hir, kind.clone(), length))
        };
        let Some(mut literals) = long().or_else(short) else {
            return edge;
        };
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
        }
        edge
    }

    fn may_be(&self, edge: [u8; EDGE]) -> bool {
        let whole = u64::from_le_bytes(edge);
        let mut places = self.bytes.iter().zip(edge);
        places.all(|(bytes, byte)| bytes.contains(byte))
            && (self.few.is_empty() || self.few.iter().any(|&(bits, value)| whole & bits == value))
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
struct Places<'h> {
    bytes: [ByteSet; EDGE],
    backwards: bool,
    /// The bytes of classes that have been met: those of Unicode have hundreds of ranges.
    classes: Vec<(&'h Class, [[ByteSet; 2]; 4])>,
    /// How many more parts may be looked at.
    left: usize,
}

/// Behind the edge.
const BEHIND: u32 = 1 << EDGE;

impl<'h> Places<'h> {
    /// The bytes at each place, zeros behind the end of a whole line; `None` if it takes too long.
    fn of(hir: &'h Hir, backwards: bool, extent: Extent) -> Option<[ByteSet; EDGE]> {
        let mut places = Places {
            bytes: [ByteSet::default(); EDGE],
            backwards,
            classes: Vec::new(),
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

    fn class(&mut self, class: &'h Class) -> [[ByteSet; 2]; 4] {
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
                            place.unite(&bytes[usize::from(at > 0)]);
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

/// The bytes of a class by the length of its code points: the first byte, and those behind it.
fn class_bytes(class: &Class) -> [[ByteSet; 2]; 4] {
    let mut bytes = [[ByteSet::default(); 2]; 4];
    match class {
        Class::Bytes(class) => {
            let ranges = class.iter();
            ranges.for_each(|range| bytes[0][0].insert_all(range.start()..=range.end()));
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                let lead = |c: char| (c.encode_utf8(&mut [0; 4]).as_bytes()[0], c.len_utf8());
                let (first, shortest) = lead(range.start());
                let (last, longest) = lead(range.end());
                for length in shortest..=longest {
                    let [leads, _] = &mut bytes[length - 1];
                    let leads_of_length = match length {
                        1 => 0..=0x7F,
                        2 => 0xC2..=0xDF,
                        3 => 0xE0..=0xEF,
                        _ => 0xF0..=0xF4,
                    };
                    let from = first.max(*leads_of_length.start());
                    leads.insert_all(from..=last.min(*leads_of_length.end()));
                }
            }
            for [_, behind] in &mut bytes[1..] {
                behind.insert_all(0x80..=0xBF);
            }
        }
    }
    bytes
}

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ByteSet([u64; 4]);

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

    fn insert_all(&mut self, bytes: std::ops::RangeInclusive<u8>) {
        bytes.for_each(|byte| self.insert(byte));
    }

    pub(crate) fn unite(&mut self, other: &ByteSet) {
        self.0
            .iter_mut()
            .zip(other.0)
            .for_each(|(to, bits)| *to |= bits);
    }
}

/// Literals that stand in every match, those that prose seldom has first.
fn needed(hir: &Hir) -> Vec<Finder<'static>> {
    let mut literals: Vec<&[u8]> = Vec::new();
    let mut stack = vec![hir];
    while let Some(hir) = stack.pop() {
        match hir.kind() {
            HirKind::Literal(literal) => literals.push(&literal.0),
            HirKind::Capture(capture) => stack.push(&capture.sub),
            HirKind::Repetition(repetition) if repetition.min > 0 => stack.push(&repetition.sub),
            HirKind::Concat(parts) => stack.extend(parts),
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
        .into_iter()
        .map(|literal| Finder::new(literal).into_owned())
        .collect()
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

fn last_line(message: &str) -> &str {
    message
        .lines()
        .last()
        .unwrap_or(message)
        .trim_start_matches("error: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_finds_what_the_compiled_pattern_finds() {
        let bodies = [
            "a",
            "ab|b",
            "a+b?",
            "[ab]+",
            "(?:ab)*",
            "(?:a|ab)(?:b|1)*",
            ".+",
            ".{2,3}",
            "(?:a?){3}",
            "a{2}|b{2,}",
            "(?i)A+é",
            r"\w+ \w+",
            r"[^a\s]+1?",
            "(?:a*b*)*1",
            "(?<x>a.*)b",
            "é*a?",
            "(?:(?:a|b){2}){1,2}",
            r"\pL+",
            "(?:|a)1",
            "(?s).*1",
            "a*?b",
            "(?:^a|b$)+",
            r"\S{3}",
            r".*\b.*a",
            r"a\B.+",
            r"(?:\b.)+",
        ];
        let mut lines = vec![String::new()];
        for at in 0.. {
            let Some(line) = lines.get(at).filter(|line| line.chars().count() < 5) else {
                break;
            };
            let longer: Vec<String> = "abé 1".chars().map(|c| format!("{line}{c}")).collect();
            lines.extend(longer);
        }
        for body in bodies {
            let expression = format!(r"\A(?:{body})\z");
            let (hir, regex) = (parse(&expression).unwrap(), build(&expression).unwrap());
            for line in &lines {
                let tried = Trial::of(&hir, line);
                assert_eq!(tried, Some(regex.is_match(line)), "{body} on {line:?}");
            }
        }
    }

    #[test]
    fn trial_leaves_to_the_compiled_pattern_what_takes_long() {
        let long = "a ".repeat(Spots::COUNT / 2);
        for (body, line) in [
            (r"a\b{end}.*", "a b"),
            ("(?m)(?:^a$)+", "a"),
            (".{2,400}.{2,400}", &long[..Spots::COUNT - 2]),
        ] {
            let hir = parse(&format!(r"\A(?:{body})\z")).unwrap();
            assert_eq!(Trial::of(&hir, line), None, "{body}");
        }
        let hir = parse(r"\A(?:(?:a ?)*)\z").unwrap();
        assert_eq!(Trial::of(&hir, &long[..Spots::COUNT - 1]), Some(true));
    }

    #[test]
    fn digits_are_ascii_however_they_are_written() {
        for body in [
            r"\d+",
            r"\D",
            r"[\d]",
            r"[^\d-]x|\d",
            r"(?:[a[\D]]{2}|\d)*1",
            r"[\w&&\d]",
            r"[^\D]",
        ] {
            let mut tree = ast::parse::Parser::new().parse(body).unwrap();
            let mut digits = Digits::default();
            ast::visit(&tree, &mut digits).unwrap();
            ascii_digits(&mut tree);
            let hir = Translator::new().translate(body, &tree).unwrap();
            assert_eq!(hir, parse(&digits.into_ascii(body)).unwrap(), "{body}");
        }
    }
}
