//! Lines that stand twice.

use std::sync::Arc;

use super::likeness::alike;
use super::pattern::{Extent, Pattern};
use super::{Find, RuleIndex};
use crate::error::{Problem, SourceFile};
use crate::schema::{DuplicateRule, Which};
use crate::text::{MAX_LINE, NONE, Page, fold, may_fold, unbulleted};

/// A compiled duplicate rule.
#[derive(Debug)]
pub(crate) struct Duplicate {
    pub(crate) rule: RuleIndex,
    pub(crate) apart: u32,
    gap: bool,
    alike: f64,
    least: usize,
    most: usize,
    patterns: Vec<Pattern>,
    goes: Option<Which>,
}

impl Duplicate {
    pub(crate) fn compile(
        rule: RuleIndex,
        written: &DuplicateRule,
        source: &Arc<SourceFile>,
        now: bool,
        problems: &mut Vec<Problem>,
    ) -> Duplicate {
        let mut patterns = Vec::new();
        for pattern in &written.pattern {
            match Pattern::compile(pattern, source, Extent::Whole, now) {
                Ok(pattern) => patterns.push(pattern),
                Err(problem) => problems.push(problem.at_key("pattern")),
            }
        }
        Duplicate {
            rule,
            apart: written.apart.unwrap_or(0),
            gap: written.gap.unwrap_or(true),
            alike: written.alike.unwrap_or(1.0),
            least: written.least.unwrap_or(20) as usize,
            most: written.most.unwrap_or(1000) as usize,
            patterns,
            goes: written.goes,
        }
    }

    /// Whether a line may be the later of two copies, by itself: cheap, as every line is asked.
    /// `may_touch`: whether it may have no blank line before it.
    pub(crate) fn may_find(&self, content: &str, may_touch: bool) -> bool {
        // Lines that touch are rare enough to ask the patterns then.
        let may_be_copy = if self.gap {
            self.wants(content)
        } else {
            may_touch
        };
        self.has_length(content) && may_be_copy
    }

    fn has_length(&self, line: &str) -> bool {
        line.len() >= self.least && line.len() <= MAX_LINE && line.len() / 4 <= self.most
    }

    fn wants(&self, line: &str) -> bool {
        let mut patterns = self.patterns.iter();
        self.patterns.is_empty() || patterns.any(|pattern| pattern.is_match(line))
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
        let content = page.content(later);
        if !self.wants(content) {
            return 0;
        }
        let mut work = 0;
        let mut folded = None;
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
            let raw = page.content(earlier);
            if !self.has_length(raw) || !self.may_be_alike(content, raw) {
                continue;
            }
            let folded = folded.get_or_insert_with(|| fold(content));
            let other = fold(raw);
            work += 4 * (folded.len() + other.len());
            let (one, two) = (other.chars().count(), folded.chars().count());
            let has_size = |size: usize| (self.least..=self.most).contains(&size);
            if !has_size(one)
                || !has_size(two)
                || !alike(folded, &other, self.alike)
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
                fields: Vec::new(),
            });
        }
        work
    }

    /// Whether two raw lines may be copies, by their lengths and ends: cheap, and seldom true.
    fn may_be_alike(&self, one: &str, other: &str) -> bool {
        let (short, long) = (one.len().min(other.len()), one.len().max(other.len()));
        // Folding makes one byte of a code point of three; copies that differ may differ by more.
        let lengths = long <= short * if self.alike < 1.0 { 8 } else { 3 } + 64;
        let (one, other) = (unbulleted(one).as_bytes(), unbulleted(other).as_bytes());
        let unknown = |byte: u8| may_fold(byte) || byte & 0xC0 == 0x80;
        let same = |one: Option<&u8>, other: Option<&u8>| match (one, other) {
            (Some(&one), Some(&other)) => one == other || unknown(one) || unknown(other),
            _ => false,
        };
        let (first, last) = (
            same(one.first(), other.first()),
            same(one.last(), other.last()),
        );
        lengths
            && if self.alike < 1.0 {
                first || last
            } else {
                first && last
            }
    }
}
