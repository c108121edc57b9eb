//! Lines that stand twice.

use std::sync::Arc;

use super::analysis::{ByteSet, Extent};
use super::likeness::alike;
use super::pattern::{Pattern, Patterns};
use super::{Find, RuleIndex};
use crate::error::{Problem, SourceFile};
use crate::schema::{DuplicateRule, Which};
use crate::text::{EDGE, Edges, MAX_LINE, NONE, Page};

/// How many lines before one are compared with it more cheaply than a pattern is asked.
const NEAR: u32 = 8;

/// A compiled duplicate rule.
#[derive(Debug)]
pub(crate) struct Duplicate {
    pub(crate) rule: RuleIndex,
    pub(crate) apart: u32,
    pub(crate) has_zone: bool,
    pub(crate) gap: bool,
    alike: f64,
    /// The characters of a copy.
    pub(crate) least: usize,
    most: usize,
    patterns: Vec<Arc<Pattern>>,
    /// The bytes that a copy may begin with.
    pub(crate) begins: ByteSet,
    goes: Option<Which>,
}

impl Duplicate {
    pub(crate) fn compile(
        rule: RuleIndex,
        written: &DuplicateRule,
        source: &Arc<SourceFile>,
        patterns: &Arc<Patterns>,
        problems: &mut Vec<Problem>,
    ) -> Duplicate {
        let mut known = Vec::new();
        for pattern in &written.pattern {
            match patterns.of(pattern, source, Extent::Whole) {
                Ok(pattern) => known.push(pattern),
                Err(problem) => problems.push(problem.at_key("pattern")),
            }
        }
        let mut begins = ByteSet::default();
        for pattern in &known {
            begins.unite(&pattern.begins.bytes[0]);
        }
        if known.is_empty() {
            begins = ByteSet::ALL;
        }
        Duplicate {
            rule,
            apart: written.apart.unwrap_or(0),
            has_zone: written.head.zone.is_some(),
            gap: written.gap.unwrap_or(true),
            alike: written.alike.unwrap_or(1.0),
            least: written.least.unwrap_or(20) as usize,
            most: written.most.unwrap_or(1000) as usize,
            patterns: known,
            begins,
            goes: written.goes,
        }
    }

    /// Whether a line that begins as it wants may be the later of two copies, by itself: cheap, as many
    /// lines are asked.
    #[inline]
    pub(crate) fn may_find(&self, page: &Page, line: u32) -> bool {
        let may_match = || {
            let content = page.content(line);
            let mut patterns = self.patterns.iter();
            patterns.any(|pattern| pattern.may_match_raw(content))
        };
        self.has_length(page.length(line))
            && (self.patterns.is_empty() || !self.looks_far() || may_match())
    }

    /// Whether the lines before one are so many that its patterns are asked before them.
    fn looks_far(&self) -> bool {
        self.apart > NEAR
    }

    fn has_length(&self, line: usize) -> bool {
        line >= self.least && line <= MAX_LINE && line / 4 <= self.most
    }

    fn wants(&self, line: &str) -> bool {
        let mut patterns = self.patterns.iter();
        self.patterns.is_empty()
            || patterns.any(|pattern| pattern.may_match_raw(line) && pattern.is_match(line))
    }

    /// Adds the copies that go of the pairs whose later line this is; `fits` says whether a line is
    /// in the zone, as both copies are. Returns how many bytes were compared.
    pub(crate) fn find(
        &self,
        page: &Page,
        later: u32,
        fits: impl Fn(u32) -> bool,
        finds: &mut Vec<Find>,
    ) -> usize {
        if !self.gap && page.blank_before(later) {
            return 0;
        }
        let mut work = 0;
        let mut line = None;
        let mut is_wanted = self.looks_far().then(|| self.wants(page.content(later)));
        if is_wanted == Some(false) {
            return page.length(later);
        }
        let mut earlier = later;
        for _ in 0..=self.apart {
            if !self.gap && page.blank_before(earlier) {
                break;
            }
            earlier = page.prev(earlier);
            if earlier == NONE {
                break;
            }
            if !fits(earlier) {
                continue;
            }
            if !self.may_be_alike(page.edges(later), page.edges(earlier)) {
                continue;
            }
            let (content, raw) = (page.content(later), page.content(earlier));
            if !self.has_length(raw.len()) || !self.has_like_length(content, raw) {
                continue;
            }
            // Few lines come so far, so the patterns are asked here.
            if !*is_wanted.get_or_insert_with(|| self.wants(content)) {
                return 0;
            }
            let line = line.get_or_insert_with(|| page.folding(later));
            let other = page.folding(earlier);
            let (folded, other) = (line.folded(), other.folded());
            work += 4 * (folded.len() + other.len());
            let (one, two) = (other.chars().count(), folded.chars().count());
            let has_size = |size: usize| (self.least..=self.most).contains(&size);
            if !has_size(one)
                || !has_size(two)
                || !alike(folded, other, self.alike)
                || !self.wants(raw)
            {
                continue;
            }
            let goes = match self.goes {
                Some(Which::Earlier) => earlier,
                Some(Which::Later) => later,
                None if one < two => earlier,
                None => later,
            };
            finds.push(Find {
                rule: self.rule,
                line: goes,
                part: None,
                literal: false,
                fields: None,
            });
            // Of equal copies the later goes always, and once is enough.
            if self.alike >= 1.0 && goes == later {
                break;
            }
        }
        work
    }

    /// Why it does not take one of two equal lines, between which so many others stand, as the end of
    /// a sentence; none if it is only the zone.
    pub(crate) fn miss(
        &self,
        page: &Page,
        earlier: u32,
        later: u32,
        between: usize,
    ) -> Option<String> {
        let folding = page.folding(later);
        let length = folding.folded().chars().count();
        if length > self.most {
            return Some(format!(
                "has {length} characters, and the rule wants at most {}",
                self.most
            ));
        }
        if !self.wants(page.content(later)) || !self.wants(page.content(earlier)) {
            return Some("is no line that its pattern wants".to_owned());
        }
        if between > self.apart as usize {
            let between = match between {
                1 => "1 other line stands".to_owned(),
                _ => format!("{between} other lines stand"),
            };
            return Some(format!(
                "{between} between, and the rule allows {}",
                self.apart
            ));
        }
        let mut line = later;
        while !self.gap && line != earlier && line != NONE {
            if page.blank_before(line) {
                return Some("a blank line stands between".to_owned());
            }
            line = page.prev(line);
        }
        None
    }

    /// Whether two raw lines may be copies by their lengths.
    fn has_like_length(&self, one: &str, other: &str) -> bool {
        let (short, long) = (one.len().min(other.len()), one.len().max(other.len()));
        // Folding makes one byte of a code point of three; copies that differ may differ by more.
        long <= short * if self.alike < 1.0 { 8 } else { 3 } + 64
    }

    /// Whether two lines may be copies by their edges: cheap, and seldom true.
    #[inline]
    fn may_be_alike(&self, one: Edges, other: Edges) -> bool {
        if self.alike < 1.0 {
            is_same_word(one.first, other.first) || is_same_word(one.last, other.last)
        } else {
            one == other
        }
    }
}

/// Whether two edges may be those of the same word.
fn is_same_word(one: [u8; EDGE], other: [u8; EDGE]) -> bool {
    if one[0] != other[0] {
        return false;
    }
    let is_end = |byte: u8| byte == b' ' || byte == 0;
    for (one, other) in one.into_iter().zip(other) {
        if is_end(one) && is_end(other) {
            return true;
        }
        if one != other {
            return false;
        }
    }
    true
}
