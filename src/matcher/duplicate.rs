//! Lines that stand twice.

use std::sync::Arc;

use super::analysis::{ByteSet, Extent};
use super::likeness::{alike, is_part};
use super::pattern::{Pattern, Patterns};
use super::{Find, RuleIndex};
use crate::error::{Problem, SourceFile};
use crate::page::{NONE, Page};
use crate::schema::{DuplicateRule, Which};
use crate::text::{Edges, Folding, MAX_LINE, Tip, Visible, may_have_runs};

/// How many lines before one are compared with it more cheaply than a pattern is asked.
const NEAR: u32 = 8;

/// A compiled duplicate rule.
#[derive(Debug)]
pub(crate) struct Duplicate {
    pub(crate) rule: RuleIndex,
    pub(crate) apart: u32,
    pub(crate) has_zone: bool,
    /// Whether a zone may reach the earlier of two copies after the later one.
    has_tail: bool,
    pub(crate) gap: bool,
    alike: f64,
    /// Whether of copies that differ one must be the beginning or the end of the other.
    whole: bool,
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
            has_tail: written.head.zone.is_some_and(|zone| zone.tail.is_some()),
            gap: written.gap.unwrap_or(true),
            alike: written.alike.unwrap_or(1.0),
            whole: written.whole.unwrap_or(false),
            least: written.least.unwrap_or(20) as usize,
            most: written.most.unwrap_or(1000) as usize,
            patterns: known,
            begins,
            goes: written.goes,
        }
    }

    /// Whether a line that begins as it wants may be the later of two copies, by itself: cheap, as many
    /// lines are asked.
    pub(crate) fn may_find(&self, line: &[u8], visible: &mut Visible) -> bool {
        self.has_length(line, visible) && (!self.asks_patterns() || self.may_match(line))
    }

    #[inline(never)]
    fn may_match(&self, line: &[u8]) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| pattern.may_match_raw(line))
    }

    /// Whether the lines before one are so many that its patterns are asked before them.
    fn looks_far(&self) -> bool {
        self.apart > NEAR
    }

    /// Whether copies are among the lines that [`Recent`] tells, wherever they are.
    pub(crate) fn asks_recent(&self) -> bool {
        self.looks_far() && self.gap && self.is_exact()
    }

    /// Whether all copies are the same when they are folded.
    pub(crate) fn is_exact(&self) -> bool {
        self.alike >= 1.0
    }

    /// Whether a line that is not too short needs a closer look, by its bytes.
    pub(crate) fn asks_more(&self, length: usize) -> bool {
        self.may_be_too_long(length) || self.asks_patterns()
    }

    /// Whether its patterns are asked of a line by itself.
    fn asks_patterns(&self) -> bool {
        self.looks_far() && !self.patterns.is_empty()
    }

    /// Whether so many bytes may be more characters than a copy has.
    fn may_be_too_long(&self, length: usize) -> bool {
        length / 4 > self.most
    }

    fn has_length(&self, line: &[u8], visible: &mut Visible) -> bool {
        line.len() >= self.least
            && line.len() <= MAX_LINE
            && (!self.may_be_too_long(line.len()) || visible.may_be_within(self.most))
    }

    fn wants(&self, line: &str) -> bool {
        let mut patterns = self.patterns.iter();
        self.patterns.is_empty()
            || patterns
                .any(|pattern| pattern.may_match_raw(line.as_bytes()) && pattern.is_match(line))
    }

    /// All pairs of which a line is the later one.
    pub(crate) fn all_pairs(&self, later: u32) -> Earlier {
        Earlier {
            behind: later,
            most: self.apart + 1,
        }
    }

    /// The pairs of which a line is the later one that may be others than before: lines between them
    /// went, or the earlier line has come back, has changed, or has come into the zone. `None` if there
    /// are none.
    pub(crate) fn new_pairs(&self, page: &Page, later: u32) -> Option<Earlier> {
        let mut pairs = self.all_pairs(later);
        if self.has_tail {
            return Some(pairs);
        }
        while pairs.most > 0 {
            let line = pairs.behind;
            let earlier = page.prev(line);
            if earlier == NONE || (!self.gap && page.blank_before(line)) {
                return None;
            }
            if earlier + 1 != line || page.is_cut(earlier) || page.is_back(earlier) {
                return Some(pairs);
            }
            pairs = Earlier {
                behind: earlier,
                most: pairs.most - 1,
            };
        }
        None
    }

    /// Whether two lines may be copies by whether they may begin and end alike.
    #[inline]
    fn may_be_copies(&self, begins: bool, ends: impl FnOnce() -> bool) -> bool {
        match self.is_exact() {
            true => begins && ends(),
            false => begins || ends(),
        }
    }

    /// Adds the copies that go of pairs whose later line this is; `fits` says whether a line is in the
    /// zone, as both copies are. Returns how many bytes were compared.
    pub(crate) fn find(
        &self,
        page: &Page,
        later: u32,
        Earlier { behind, most }: Earlier,
        fits: impl Fn(u32) -> bool,
        finds: &mut Vec<Find>,
    ) -> usize {
        if !self.gap && page.blank_before(behind) {
            return 0;
        }
        let is_wanted = self.looks_far().then(|| self.wants(page.content(later)));
        if is_wanted == Some(false) {
            return page.length(later);
        }
        let mut pairs = Pairs {
            is_wanted,
            ..Pairs::new(page, later)
        };
        let mut earlier = behind;
        for _ in 0..most {
            if !self.gap && page.blank_before(earlier) {
                break;
            }
            earlier = page.prev(earlier);
            if earlier == NONE {
                break;
            }
            let ends = || page.end(later).may_be(page.end(earlier));
            if self.may_be_copies(page.begin(later).may_be(page.begin(earlier)), ends)
                && fits(earlier)
                && !self.compare(&mut pairs, earlier, finds)
            {
                break;
            }
        }
        pairs.work
    }

    /// The same as [`find`](Duplicate::find) of the pairs with these earlier lines.
    pub(crate) fn find_among(
        &self,
        page: &Page,
        later: u32,
        earlier: impl Iterator<Item = u32>,
        fits: impl Fn(u32) -> bool,
        finds: &mut Vec<Find>,
    ) -> usize {
        let mut pairs = Pairs::new(page, later);
        for earlier in earlier {
            if fits(earlier) && !self.compare(&mut pairs, earlier, finds) {
                break;
            }
        }
        pairs.work
    }

    /// Adds the copy that goes of one of these pairs, if they are copies; whether the lines before may
    /// make one go too.
    #[inline(never)]
    fn compare<'p>(&self, pairs: &mut Pairs<'p>, earlier: u32, finds: &mut Vec<Find>) -> bool {
        let Pairs { page, later, .. } = *pairs;
        let (content, raw) = (page.content(later), page.content(earlier));
        // Most copies are the same to the byte.
        let is_same = content == raw;
        if !is_same
            && (!self.has_length(raw.as_bytes(), &mut Visible::of(raw.as_bytes()))
                || !self.may_be_alike(page.edges(later), page.edges(earlier))
                || !self.has_like_length(content, raw))
        {
            return true;
        }
        // To fold a line that folding changes takes longer than the patterns do.
        if !is_same
            && !page.is_plain(later)
            && !*pairs.is_wanted.get_or_insert_with(|| self.wants(content))
        {
            return false;
        }
        if self.whole && !is_same {
            let line = pairs.folding.get_or_insert_with(|| page.folding(later));
            let other = page.folding(earlier);
            let (folded, other) = (line.folded(), other.folded());
            pairs.work += folded.len() + other.len();
            if !is_part(folded, other) && !is_part(other, folded) {
                return true;
            }
        }
        let has_size = |size: usize| (self.least..=self.most).contains(&size);
        let width = is_same.then(|| page.width_of_equals(earlier, later));
        if width.is_some_and(|width| !has_size(width)) {
            return true;
        }
        // Few lines come so far, so the patterns are asked here.
        if !*pairs.is_wanted.get_or_insert_with(|| self.wants(content)) {
            return false;
        }
        let (one, two) = if let Some(width) = width {
            pairs.work += 4 * content.len();
            (width, width)
        } else {
            let line = pairs.folding.get_or_insert_with(|| page.folding(later));
            let other = page.folding(earlier);
            let (folded, other) = (line.folded(), other.folded());
            pairs.work += 4 * (folded.len() + other.len());
            let widths = (other.chars().count(), folded.chars().count());
            if !has_size(widths.0) || !alike(folded, other, self.alike) || !self.wants(raw) {
                return true;
            }
            widths
        };
        if !has_size(two) {
            return true;
        }
        let goes = match self.goes {
            Some(Which::Earlier) => earlier,
            Some(Which::Later) => later,
            None if one < two => earlier,
            None => later,
        };
        finds.push(Find::of_line(self.rule, goes, false));
        // Of equal copies the later goes always, and once is enough.
        self.alike < 1.0 || goes != later
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
        let (short, long) = match one.len() < other.len() {
            true => (one, other),
            false => (other, one),
        };
        // Folding makes one byte of a code point of three; copies that differ may differ by more.
        let times = if self.alike < 1.0 { 8 } else { 3 };
        long.len() <= short.len() * times + 64 || may_have_runs(long)
    }

    /// Whether two lines may be copies by their edges: cheap, and seldom true.
    #[inline]
    fn may_be_alike(&self, one: Edges, other: Edges) -> bool {
        if self.alike < 1.0 {
            one.share_word(other)
        } else {
            one == other
        }
    }
}

/// Lines that may be the earlier ones of pairs: so many that are left before one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Earlier {
    behind: u32,
    most: u32,
}

/// The pairs of a line with those before it, and what is known of it.
struct Pairs<'p> {
    page: &'p Page<'p>,
    later: u32,
    /// Whether the patterns want it, once they were asked.
    is_wanted: Option<bool>,
    folding: Option<Folding<'p>>,
    /// How many bytes were compared.
    work: usize,
}

impl<'p> Pairs<'p> {
    fn new(page: &'p Page<'p>, later: u32) -> Pairs<'p> {
        Pairs {
            page,
            later,
            is_wanted: None,
            folding: None,
            work: 0,
        }
    }
}

/// Lines of a page of which nothing was taken that rules which look far may want, in order, each with how
/// it begins and ends: few of them have to be looked at again.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    lines: Vec<u32>,
    tips: Vec<u32>,
}

impl Recent {
    /// That of a line that may be a copy of any.
    const ANY: u32 = 0;

    /// Forgets another page.
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
        self.tips.clear();
    }

    /// Adds a line behind the others.
    pub(crate) fn add(&mut self, page: &Page, line: u32) {
        self.lines.push(line);
        let tips = [page.begin(line), page.end(line)].map(Tip::known);
        self.tips.push(match tips {
            [Some(begin), Some(end)] => u32::from(begin) << 16 | u32::from(end),
            _ => Recent::ANY,
        });
    }

    /// The lines from this one on that may be copies of the last one, the nearest first.
    pub(crate) fn like_the_last(&self, first: u32) -> impl Iterator<Item = u32> {
        let mut known = self.lines.iter().zip(&self.tips).rev();
        let own = known.next().map_or(Recent::ANY, |known| *known.1);
        let near = known.take_while(move |known| *known.0 >= first);
        let may_be = move |other| other == own || other == Recent::ANY || own == Recent::ANY;
        near.filter_map(move |(&line, &tips)| may_be(tips).then_some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_lines_are_told_unless_their_first_or_last_bytes_tell_them_from_the_last() {
        let text = "• Mill\nMill\nRill\nMill.\n  Mi·ll\nMill \n“Mill\nMills\n- Mill\n";
        let page = Page::new(text);
        let mut recent = Recent::default();
        let told: Vec<Vec<u32>> = page
            .lines()
            .map(|line| {
                recent.add(&page, line);
                recent.like_the_last(line.saturating_sub(5)).collect()
            })
            .collect();
        let all: [&[u32]; 9] = [
            &[],
            &[0],
            &[],
            &[],
            &[1, 0],
            // White space behind a line, and a quote before it, are folded.
            &[4, 3, 2, 1, 0],
            &[5, 4, 3, 2, 1],
            &[6, 5],
            &[6, 5, 4],
        ];
        assert_eq!(told, all);
        recent.clear();
        recent.add(&page, 3);
        assert_eq!(recent.like_the_last(0).count(), 0);
    }
}
