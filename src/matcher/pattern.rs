//! A regular expression of a rule: its checks, what a match must begin with, the compiled form.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem::Finder;
use once_cell::sync::OnceCell;
use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast, ClassPerlKind, ClassSetItem, Flag, FlagsItemKind};
use regex_syntax::hir::literal::{ExtractKind, Extractor};

use crate::error::{Problem, SourceFile};
use crate::schema::Placed;

/// The bytes that a compiled pattern may take: a rule needs a small part of it.
const SIZE_LIMIT: usize = 1 << 20;
/// The bytes that a pattern may be written in.
const LENGTH_LIMIT: usize = 4096;
const NEST_LIMIT: u32 = 50;

/// Whether a pattern has to match a whole line, or is searched for in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    Part,
}

/// A checked pattern; compiled at its first use.
#[derive(Debug)]
pub(crate) struct Pattern {
    expression: String,
    regex: OnceCell<Regex>,
    /// One of them begins every match, if that is known.
    pub(crate) prefixes: Option<Vec<Vec<u8>>>,
    /// One of them ends every match, if that is known.
    suffixes: Option<Vec<Vec<u8>>>,
    /// Literals that stand in every match.
    needs: Vec<Finder<'static>>,
    /// The lengths, in bytes, of what matches.
    pub(crate) lengths: Range<usize>,
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
        let tree = parsed.map_err(|error| {
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
        let body = digits.into_ascii(written);
        let hir = regex_syntax::ParserBuilder::new()
            .nest_limit(NEST_LIMIT)
            .build()
            .parse(&body)
            .map_err(|error| {
                source.problem(
                    whole_place(),
                    format!("this is no pattern: {}", last_line(&error.to_string())),
                )
            })?;
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
        let pattern = Pattern {
            expression,
            regex: OnceCell::new(),
            prefixes: ends(&hir, ExtractKind::Prefix),
            suffixes: ends(&hir, ExtractKind::Suffix),
            needs: needed(&hir),
            lengths,
            cuts: extent == Extent::Part && names.iter().any(|name| name == "cut"),
            fields: names.into_iter().filter(|name| name != "cut").collect(),
        };
        if now {
            let compiled = pattern.regex.get_or_try_init(|| pattern.build());
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

    fn build(&self) -> Result<Regex, regex::Error> {
        RegexBuilder::new(&self.expression)
            .size_limit(SIZE_LIMIT)
            .nest_limit(NEST_LIMIT + 5)
            .build()
    }

    fn regex(&self) -> &Regex {
        self.regex
            .get_or_try_init(|| self.build())
            .expect("bundled patterns are compiled by the tests, others when they are read")
    }

    /// Whether a whole line is what this pattern finds.
    pub(crate) fn is_match(&self, line: &str) -> bool {
        self.lengths.contains(&line.len())
            && is_any(&self.prefixes, |prefix| line.as_bytes().starts_with(prefix))
            && is_any(&self.suffixes, |suffix| line.as_bytes().ends_with(suffix))
            && self.has_needed(line)
            && self.regex().is_match(line)
    }

    fn has_needed(&self, line: &str) -> bool {
        self.needs
            .iter()
            .all(|literal| literal.find(line.as_bytes()).is_some())
    }

    /// The first match at or after `from`: all of it, and the part that goes.
    pub(crate) fn find_at(&self, line: &str, from: usize) -> Option<(Range<usize>, Range<usize>)> {
        if from == 0 && !self.has_needed(line) {
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

/// What every match begins or ends with, one of a few, if that is known.
fn ends(hir: &regex_syntax::hir::Hir, kind: ExtractKind) -> Option<Vec<Vec<u8>>> {
    let mut extractor = Extractor::new();
    extractor
        .kind(kind.clone())
        .limit_class(32)
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

/// Literals that stand in every match, those that prose seldom has first.
fn needed(hir: &regex_syntax::hir::Hir) -> Vec<Finder<'static>> {
    use regex_syntax::hir::HirKind;
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

/// Whether one of the ends, if they are known, is there.
fn is_any(ends: &Option<Vec<Vec<u8>>>, is_there: impl Fn(&[u8]) -> bool) -> bool {
    ends.as_ref()
        .is_none_or(|ends| ends.iter().any(|end| is_there(end)))
}

fn hir_names(hir: &regex_syntax::hir::Hir) -> Vec<String> {
    use regex_syntax::hir::HirKind;
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
