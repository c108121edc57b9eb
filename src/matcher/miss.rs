//! Why rules do not take the lines that stay: for people who write them.
//!
//! A line is told of its nearest rule: one that finds it outside its zone; a block of which it is a
//! step and the rest is missing; a duplicate rule for which its copy is too far off; a literal that it nearly is; a pattern that it fits for a part. What
//! it nearly is, is looked for among literals with the same first or last word, so that a page takes
//! milliseconds.

use std::collections::HashMap;
use std::ops::Range;

use regex::Regex;
use regex_syntax::ast::{self, Ast};
use strsim::{damerau_levenshtein, generic_levenshtein};

use super::block::{self, Block};
use super::lookup::Wanted;
use super::{Matcher, RuleIndex};
use crate::page::{NONE, Page};
use crate::schema::Zone;
use crate::text::MAX_LINE;

/// The words of the longest line that is compared with literals.
const WORDS: usize = 64;
/// The bytes of the longest line that is compared with literals, or held against parts of patterns.
const LENGTH: usize = 2048;
/// How many literals a line is compared with at most.
const CANDIDATES: usize = 64;
/// How many patterns are taken apart for one line.
const PATTERNS: usize = 4;
/// How many characters of a line or a text are shown.
const SHOWN: usize = 60;

/// Why a rule does not take a line.
pub(crate) struct Miss {
    pub(crate) line: u32,
    pub(crate) rule: RuleIndex,
    /// The end of a sentence that begins with the line.
    pub(crate) why: String,
}

impl Matcher {
    /// The nearest rule for each line of the page, left after all passes, that one nearly takes;
    /// `number` counts lines of the text from 1.
    pub(crate) fn misses(
        &self,
        page: &Page,
        is_asked: impl Fn(u32) -> bool,
        number: impl Fn(u32) -> usize,
    ) -> Vec<Miss> {
        let count = page.lines().count();
        let literals = Literals::of(self);
        // The last line of each text so far, and its place.
        let mut copies: HashMap<String, (u32, usize)> = HashMap::new();
        let mut misses = Vec::new();
        for (at, line) in page.lines().enumerate() {
            if !is_asked(line) || page.content(line).len() > MAX_LINE {
                continue;
            }
            let place = Place { at, count };
            let copied = match self.duplicates.is_empty() {
                true => None,
                false => copies.insert(page.folding(line).folded().to_owned(), (line, at)),
            };
            let nearest = self
                .outside(page, line, place)
                .or_else(|| self.step(page, line, place, &number))
                .or_else(|| self.copy(page, line, place, copied?, &number))
                .or_else(|| {
                    let is_short = page.content(line).len() <= LENGTH;
                    let literal = || literals.nearest(self, page, line, place);
                    let pattern = || self.part_of_pattern(page, line);
                    is_short.then(|| literal().or_else(pattern)).flatten()
                });
            misses.extend(nearest.map(|(rule, why)| Miss { line, rule, why }));
        }
        misses
    }

    /// A line or inline rule that finds the line, which is not in its zone.
    fn outside(&self, page: &Page, line: u32, place: Place) -> Option<(RuleIndex, String)> {
        let folding = page.folding(line);
        let why = |rule: RuleIndex| (rule, self.zone_words(rule, place));
        let has_zone = |rule: RuleIndex| self.zone(rule).is_some();
        let mut lines = self.lines.iter().filter(|rule| has_zone(rule.rule));
        if let Some(rule) = lines.find(|rule| rule.wanted.matches(&folding).is_some()) {
            return Some(why(rule.rule));
        }
        let mut inlines = self.inlines.iter().filter(|rule| has_zone(rule.rule));
        let inline = inlines.find(|inline| {
            let mut finds = Vec::new();
            inline.find(page.content(line), line, false, &mut finds);
            !finds.is_empty()
        });
        inline.map(|inline| why(inline.rule))
    }

    /// A block of which the line is a step.
    fn step(
        &self,
        page: &Page,
        line: u32,
        place: Place,
        number: impl Fn(u32) -> usize,
    ) -> Option<(RuleIndex, String)> {
        let has_zone = |block: &Block| self.zone(block.rule).is_some();
        let miss = |block| Some((block, Block::miss(block, page, line, has_zone(block))?));
        // Of several, one of which more is there.
        let nearness = |(_, miss): &(&Block, block::Miss)| match miss.why {
            block::Why::Outside => 0,
            block::Why::TooFew(_) | block::Why::Apart(..) => 1,
            block::Why::After(missing, _) if missing > miss.step + 1 => 2,
            _ => 3,
        };
        let misses = self.blocks.iter().filter_map(miss);
        let (block, miss) = misses.min_by_key(nearness)?;
        let step = format!("is step {} of {}", miss.step + 1, block.steps());
        let words = |step: usize, line: u32| {
            let folding = (line != NONE).then(|| page.folding(line));
            let folded = folding.as_ref().map(|folding| folding.folded());
            let words = step_words(block, step, folded);
            format!("step {}, {words}", step + 1)
        };
        let why = match miss.why {
            block::Why::Outside => {
                let zone = self.zone_words(block.rule, place);
                format!("{step} of a block that {zone}")
            }
            block::Why::After(missing, NONE) => format!(
                "{step}, and the page ends where this must stand: {}",
                words(missing, NONE)
            ),
            block::Why::After(missing, found) => {
                let words = words(missing, found);
                format!("{step}, and line {} is not {words}", number(found))
            }
            block::Why::Apart(missing, found) => format!(
                "{step}, and a blank line stands before line {}, step {}",
                number(found),
                missing + 1
            ),
            block::Why::Before(missing, NONE) => {
                format!(
                    "{step}, and nothing stands before it, where this must: {}",
                    words(missing, NONE)
                )
            }
            block::Why::Before(missing, found) => {
                let words = words(missing, found);
                format!(
                    "{step}, and line {} before it is not {words}",
                    number(found)
                )
            }
            block::Why::TooFew(least) => {
                format!("{step}, and fewer than {least} steps that tell the block are there")
            }
        };
        Some((block.rule, why))
    }

    /// A duplicate rule that does not take the second of two equal lines.
    fn copy(
        &self,
        page: &Page,
        line: u32,
        place: Place,
        (copied, at): (u32, usize),
        number: impl Fn(u32) -> usize,
    ) -> Option<(RuleIndex, String)> {
        let between = place.at - at - 1;
        // The one that nearly takes it is the one that looks farthest.
        let rule = self.duplicates.iter().rev().max_by_key(|rule| rule.apart)?;
        // Short lines recur in any text.
        if page.folding(line).folded().chars().count() < rule.least {
            return None;
        }
        let why = match rule.miss(page, copied, line, between) {
            Some(why) => why,
            None => {
                self.zone(rule.rule)?;
                self.zone_words(rule.rule, place)
            }
        };
        let copied = number(copied);
        Some((rule.rule, format!("is a copy of line {copied}, and {why}")))
    }

    /// A pattern of which the line has the literals, and how far it fits.
    fn part_of_pattern(&self, page: &Page, line: u32) -> Option<(RuleIndex, String)> {
        let folding = page.folding(line);
        let (folded, raw) = (folding.folded(), page.content(line));
        let lines = self.lines.iter().flat_map(|rule| {
            let patterns = rule.wanted.patterns();
            patterns.map(move |pattern| (rule.rule, pattern, folded, true))
        });
        let inlines = self.inlines.iter().flat_map(|rule| {
            let patterns = rule.patterns();
            patterns.map(move |pattern| (rule.rule, pattern, raw, false))
        });
        let near = lines.chain(inlines);
        let near = near.filter(|(_, pattern, line, _)| pattern.has_telling_literals(line));
        let far = near
            .take(PATTERNS)
            .filter_map(|(rule, pattern, line, is_whole)| {
                let (fits, rest) = fitting(&pattern.written, line, is_whole)?;
                Some((
                    fits.len(),
                    rule,
                    &line[fits.clone()],
                    &line[fits.end..],
                    rest,
                ))
            });
        let (length, rule, fits, left, rest) = far.max_by_key(|(length, ..)| *length)?;
        let rest = cut(&rest);
        // Less is chance.
        if length * 4 < fits.len() + left.len() {
            return None;
        }
        let fits = last_words(fits);
        let why = match left {
            "" => format!("ends with {fits}, where its pattern goes on with `{rest}`"),
            left => {
                let left = quoted(left);
                format!(
                    "fits its pattern as far as {fits}; then it has {left} where the pattern has `{rest}`"
                )
            }
        };
        Some((rule, why))
    }

    /// Where a rule's zone is, and where the line is.
    fn zone_words(&self, rule: RuleIndex, Place { at, count }: Place) -> String {
        let words = |end: &str, count: Option<u32>| match count? {
            1 => Some(format!("the {end} line")),
            count => Some(format!("the {end} {count} lines")),
        };
        let zone = self.zone(rule).unwrap_or_default();
        let places = [words("first", zone.head), words("last", zone.tail)];
        let places: Vec<String> = places.into_iter().flatten().collect();
        let (at, places) = (ordinal(at + 1), places.join(" or "));
        format!("stands outside its zone, {places}: it is the {at} of the {count} that are left")
    }
}

/// The place of a line among those that are left, from 0.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    count: usize,
}

impl Place {
    fn is_in(self, zone: Option<Zone>) -> bool {
        let Some(zone) = zone else { return true };
        let from_end = self.count - self.at;
        self.at < zone.head.unwrap_or(0) as usize || from_end <= zone.tail.unwrap_or(0) as usize
    }
}

/// A literal of a rule.
struct Literal<'m> {
    rule: RuleIndex,
    /// Of a block: the step, from 1, and how many there are.
    step: Option<(usize, usize)>,
    text: &'m str,
}

/// The literals of a matcher by their first and last words, in small letters.
struct Literals<'m> {
    all: Vec<Literal<'m>>,
    first: HashMap<String, Vec<usize>>,
    last: HashMap<String, Vec<usize>>,
    /// Those of one word, by its first letter.
    letter: HashMap<char, Vec<usize>>,
    /// Parts of lines, in small letters.
    parts: Vec<(RuleIndex, String, &'m str)>,
}

/// A literal that a line nearly is: the worse, the greater.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Nearness {
    is_outside: bool,
    characters: usize,
    literal: usize,
}

impl<'m> Literals<'m> {
    fn of(matcher: &'m Matcher) -> Literals<'m> {
        let mut all: Vec<Literal> = Vec::new();
        for line in &matcher.lines {
            let texts = sorted(&line.wanted).into_iter();
            all.extend(texts.map(|text| Literal {
                rule: line.rule,
                step: None,
                text,
            }));
        }
        for block in &matcher.blocks {
            for (at, wanted) in block.wanted() {
                let texts = sorted(wanted).into_iter();
                all.extend(texts.map(|text| Literal {
                    rule: block.rule,
                    step: Some((at + 1, block.steps())),
                    text,
                }));
            }
        }
        let mut literals = Literals {
            all: Vec::new(),
            first: HashMap::new(),
            last: HashMap::new(),
            letter: HashMap::new(),
            parts: Vec::new(),
        };
        for (at, literal) in all.iter().enumerate() {
            let [first, last] = edges(literal.text);
            if first == last
                && let Some(letter) = first.chars().next()
            {
                literals.letter.entry(letter).or_default().push(at);
            }
            literals.first.entry(first).or_default().push(at);
            literals.last.entry(last).or_default().push(at);
        }
        literals.all = all;
        for inline in &matcher.inlines {
            let texts = inline.texts();
            let parts = texts.map(|text| (inline.rule, text.to_lowercase(), text));
            literals.parts.extend(parts);
        }
        literals
    }

    /// The nearest literal that a line nearly is.
    fn nearest(
        &self,
        matcher: &Matcher,
        page: &Page,
        line: u32,
        place: Place,
    ) -> Option<(RuleIndex, String)> {
        let folding = page.folding(line);
        let folded = folding.folded();
        let words: Vec<&str> = folded.split(' ').take(WORDS + 1).collect();
        if words.len() > WORDS {
            return None;
        }
        let [first, last] = edges(folded);
        let letter = first.chars().next().filter(|_| words.len() == 1);
        let places = [
            self.first.get(&first),
            self.last.get(&last),
            letter.and_then(|letter| self.letter.get(&letter)),
        ];
        let candidates = places.into_iter().flatten().flatten().take(CANDIDATES);
        let near = candidates.filter_map(|&at| {
            let literal = &self.all[at];
            Some(Nearness {
                is_outside: !place.is_in(matcher.zone(literal.rule)),
                characters: distance(&words, literal.text)?,
                literal: at,
            })
        });
        let Some(nearest) = near.min() else {
            return self.part(page.content(line));
        };
        let literal = &self.all[nearest.literal];
        let whose = match literal.step {
            Some((step, steps)) => format!("step {step} of {steps} of the rule"),
            None => "the rule".to_owned(),
        };
        let mut why = difference(&words, literal.text, &whose);
        if nearest.is_outside {
            let zone = matcher.zone_words(literal.rule, place);
            why = format!("{why}, and {zone}");
        }
        Some((literal.rule, why))
    }

    /// A part of a line but for its capitals.
    fn part(&self, content: &str) -> Option<(RuleIndex, String)> {
        let small = content.to_lowercase();
        let mut parts = self.parts.iter();
        let (rule, part, text) = parts.find(|(_, part, _)| small.contains(part.as_str()))?;
        // Small letters may be longer than capitals: then the line's own are not shown.
        let at = small.find(part.as_str())?;
        let own = content.get(at..at + part.len());
        let own = own.filter(|own| own.to_lowercase() == *part);
        let own = own.map_or_else(|| "other capitals".to_owned(), quoted);
        Some((
            *rule,
            format!("has {own} where the rule has {}", quoted(text)),
        ))
    }
}

/// The literals of a rule or a step, in an order that is always the same.
fn sorted(wanted: &Wanted) -> Vec<&str> {
    let mut texts: Vec<&str> = wanted.texts().collect();
    texts.sort_unstable();
    texts
}

/// The first and the last word, in small letters and without what is no letter around them.
fn edges(folded: &str) -> [String; 2] {
    let word = |word: Option<&str>| {
        let word = word.unwrap_or_default();
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.is_empty() { word } else { bare }.to_lowercase()
    };
    [
        word(folded.split(' ').next()),
        word(folded.rsplit(' ').next()),
    ]
}

/// The words of a line and of a literal that differ, without those that both begin or end with.
fn middles<'w>(words: &'w [&'w str], literal: &'w [&'w str]) -> (&'w [&'w str], &'w [&'w str]) {
    let both = words.iter().zip(literal);
    let first = both.take_while(|(one, other)| one == other).count();
    let (words, literal) = (&words[first..], &literal[first..]);
    let both = words.iter().rev().zip(literal.iter().rev());
    let last = both.take_while(|(one, other)| one == other).count();
    (
        &words[..words.len() - last],
        &literal[..literal.len() - last],
    )
}

/// How many characters are to be changed to make a line the literal, if it is near: at most a third
/// of the words differ, or a fifth of the characters.
fn distance(words: &[&str], literal: &str) -> Option<usize> {
    let literal: Vec<&str> = literal.split(' ').collect();
    let most = words.len().max(literal.len());
    if words.len().abs_diff(literal.len()) * 3 > most.max(3) || literal.len() > WORDS {
        return None;
    }
    let (own, other) = middles(words, &literal);
    let characters = damerau_levenshtein(&own.join(" "), &other.join(" "));
    let length: usize = literal.iter().map(|word| word.chars().count()).sum();
    let is_near = generic_levenshtein(&own.to_vec(), &other.to_vec()) * 3 <= most
        || characters <= (length / 5).max(1);
    // A word of a letter or two is near to any other.
    (is_near && length > 3).then_some(characters)
}

/// What a line has and a literal has not, and the other way round.
fn difference(words: &[&str], literal: &str, whose: &str) -> String {
    let literal: Vec<&str> = literal.split(' ').collect();
    let (own, other) = middles(words, &literal);
    let (own, other) = (own.join(" "), other.join(" "));
    match (own.as_str(), other.as_str()) {
        ("", other) => format!("lacks {}, which {whose} has", quoted(other)),
        (own, "") => format!("has {}, which {whose} has not", quoted(own)),
        (own, other) => format!("has {} where {whose} has {}", quoted(own), quoted(other)),
    }
}

/// What a step of a block asks for; `line`: the one that stands there instead.
fn step_words(block: &Block, step: usize, line: Option<&str>) -> String {
    match block.asked(step) {
        block::Asked::Wanted(wanted) => {
            let texts = sorted(wanted);
            let near =
                |text: &&&str| line.map_or(0, |line| damerau_levenshtein(&cut(line), &cut(text)));
            let others = texts.len() + wanted.patterns().count() - 1;
            let words = match texts.iter().min_by_key(near) {
                Some(text) => quoted(text),
                None => {
                    let mut patterns = wanted.patterns();
                    let pattern = patterns.next().map_or("", |pattern| &pattern.written);
                    format!("`{}`", cut(pattern))
                }
            };
            match others {
                0 => words,
                1 => format!("{words} or one other"),
                _ => format!("{words} or one of {others} others"),
            }
        }
        block::Asked::Line(most) => format!("a line of at most {most} characters"),
        block::Asked::Title => "a title (a line that does not end as a sentence does)".to_owned(),
        block::Asked::Same(copied) => format!("a copy of step {}", copied + 1),
        block::Asked::Rest => "the rest of the page".to_owned(),
    }
}

/// The bytes of a line that fit the beginning of a pattern, from the line's start where it has to be
/// the whole, and the part of the pattern that follows; the parts are those that stand side by side
/// in it.
fn fitting(pattern: &str, line: &str, is_whole: bool) -> Option<(Range<usize>, String)> {
    let tree = ast::parse::Parser::new().parse(pattern).ok()?;
    let mut borders = Vec::new();
    add_borders(&tree, 0, &mut borders);
    let start = if is_whole { r"\A" } else { "" };
    for (at, depth) in borders.into_iter().rev() {
        let closed = format!("{}{}", &pattern[..at], ")".repeat(depth));
        let Ok(beginning) = Regex::new(&format!("{start}(?:{closed})")) else {
            continue;
        };
        if let Some(found) = beginning.find(line) {
            return Some((found.range(), pattern[at..].to_owned()));
        }
    }
    None
}

/// Adds where parts of a pattern begin that stand side by side, also those in groups, and how many
/// groups are open there.
fn add_borders(tree: &Ast, depth: usize, borders: &mut Vec<(usize, usize)>) {
    match tree {
        Ast::Group(group) => add_borders(&group.ast, depth + 1, borders),
        Ast::Concat(parts) => {
            for (at, part) in parts.asts.iter().enumerate() {
                if at > 0 {
                    borders.push((part.span().start.offset, depth));
                }
                if let Ast::Group(_) = part {
                    add_borders(part, depth, borders);
                }
            }
        }
        _ => {}
    }
}

/// The text in quotes, cut where it is long.
fn quoted(text: &str) -> String {
    format!("“{}”", cut(text))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The end of a text in quotes.
fn last_words(text: &str) -> String {
    let text = text.trim_end();
    match text.char_indices().nth_back(SHOWN / 2) {
        Some((start, _)) => {
            let start = text[start..].find(' ').map_or(start, |at| start + at + 1);
            format!("“…{}”", &text[start..])
        }
        None => format!("“{text}”"),
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
