//! The compiled rules of one outlet: what asks a page for their matches.
//!
//! A matcher sees a page as it is in one pass and says what each rule finds there. What a rule
//! finds depends on a bounded part of the page: its line, the lines of its block, the copy beside
//! it, and how far the line is from the page's ends. So after something went, only the lines near
//! it ([`Matcher::reach`]) and in the zones need to be asked again.

mod block;
mod duplicate;
mod inline;
mod likeness;
mod line;
mod lookup;
mod pattern;
mod served;
pub(crate) mod sign;

use std::ops::Range;
use std::sync::Arc;

use self::block::{Block, Seen, Starts};
use self::duplicate::Duplicate;
use self::inline::Inline;
use self::line::Line;
use self::lookup::Lookup;
pub(crate) use self::served::Served;
use crate::error::{Problem, SourceFile};
use crate::schema::{AnyRule, Zone};
use crate::text::{Folding, MAX_LINE, NONE, Page};

/// The number of a rule among those of its matcher.
pub(crate) type RuleIndex = u32;

/// What a rule asks to take: a line, or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct Find {
    pub(crate) rule: RuleIndex,
    pub(crate) line: u32,
    /// Bytes of the line's present content; all of it, with its line end, where there is none.
    pub(crate) part: Option<Range<usize>>,
    /// Whether a literal took it, which is believed.
    pub(crate) literal: bool,
    /// The values of named groups.
    pub(crate) fields: Vec<(String, String)>,
}

/// A line that rules are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ask {
    pub(crate) line: u32,
    /// How many lines it is away from what changed since the rules were asked last; 0 where it
    /// changed itself, or was not asked before. A rule that does not see so far has no news.
    pub(crate) distance: u32,
}

/// Compiled rules.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    lookup: Lookup,
    /// Who asks the lookup, by the number it answers with.
    askers: Vec<Asker>,
    lines: Vec<Line>,
    blocks: Vec<Block>,
    /// The blocks that may begin at any line.
    anywhere: Vec<usize>,
    inlines: Vec<Inline>,
    duplicates: Vec<Duplicate>,
    zones: Vec<Option<Zone>>,
    /// The sizes of zones at the head and at the tail, each once, in order.
    heads: Vec<u32>,
    tails: Vec<u32>,
    reach: u32,
}

#[derive(Clone, Copy, Debug)]
enum Asker {
    Line(usize),
    /// A block, the step that the line serves, and the lines that may come before it.
    Block {
        at: usize,
        step: usize,
        before: u32,
    },
}

/// How many places are gathered at which blocks may begin before they are tried: one place is
/// named by several lines near each other, and the text should still be at hand.
const STARTS: usize = 512;

/// What one try of a line against a step of a block counts, in bytes looked at.
const TRY: usize = 8;

/// The note of a line that serves a step of a block.
const ANCHOR: u8 = 1;

/// The note of a line that a duplicate rule of this number wants; the last bit is for all that are
/// too many to have one of their own.
fn copy_note(duplicate: usize) -> u8 {
    2 << duplicate.min(6)
}

impl Matcher {
    /// Compiles rules, each with the file it stands in; a rule's index is its place in the list.
    /// `now` compiles the patterns too, instead of at their first use.
    pub(crate) fn compile(
        rules: &[(Arc<SourceFile>, AnyRule)],
        now: bool,
    ) -> Result<Matcher, Vec<Problem>> {
        let mut matcher = Matcher {
            reach: 1,
            ..Matcher::default()
        };
        let mut problems = Vec::new();
        for (index, (source, rule)) in rules.iter().enumerate() {
            let mut wrong = Vec::new();
            matcher.add(index as RuleIndex, *rule, source, now, &mut wrong);
            problems.extend(wrong);
        }
        if problems.is_empty() {
            Ok(matcher)
        } else {
            Err(problems)
        }
    }

    fn add(
        &mut self,
        index: RuleIndex,
        rule: AnyRule,
        source: &Arc<SourceFile>,
        now: bool,
        problems: &mut Vec<Problem>,
    ) {
        let zone = rule.head().zone;
        self.zones.push(zone);
        let zone = zone.unwrap_or_default();
        for (sizes, size) in [(&mut self.heads, zone.head), (&mut self.tails, zone.tail)] {
            if let Some(size) = size
                && let Err(at) = sizes.binary_search(&size)
            {
                sizes.insert(at, size);
            }
        }
        match rule {
            AnyRule::Line(written) => {
                let line = Line::compile(index, written, source, now, problems);
                self.lookup.add(&line.wanted, self.askers.len() as u32);
                self.askers.push(Asker::Line(self.lines.len()));
                self.lines.push(line);
            }
            AnyRule::Block(written) => {
                let mut block = Block::compile(index, written, source, now, problems);
                self.reach = self.reach.max(block.span());
                match block.starts() {
                    Starts::Anywhere => self.anywhere.push(self.blocks.len()),
                    Starts::Before(steps) => {
                        for (step, before) in steps {
                            block.set_asker(step, self.askers.len() as u32);
                            let wanted = block
                                .wanted()
                                .find(|(at, _)| *at == step)
                                .map(|(_, wanted)| wanted);
                            self.lookup.add(
                                wanted.expect("only wanted steps are anchors"),
                                self.askers.len() as u32,
                            );
                            self.askers.push(Asker::Block {
                                at: self.blocks.len(),
                                step,
                                before,
                            });
                        }
                    }
                }
                self.blocks.push(block);
            }
            AnyRule::Inline(written) => self
                .inlines
                .push(Inline::compile(index, written, source, now, problems)),
            AnyRule::Duplicate(written) => {
                let duplicate = Duplicate::compile(index, written, source, now, problems);
                self.reach = self.reach.max(duplicate.apart + 1);
                self.duplicates.push(duplicate);
            }
        }
    }

    /// How many non-blank lines away from a place a change of the page may make something match.
    pub(crate) fn reach(&self) -> u32 {
        self.reach
    }

    /// Whether a change near a line, which was asked before, can make a rule find something there.
    pub(crate) fn may_have_news(&self, page: &Page, line: u32) -> bool {
        page.notes(line) != 0 || !self.anywhere.is_empty()
    }

    /// How far each zone reaches into the page.
    pub(crate) fn zone_ends(&self, page: &Page) -> ZoneEnds {
        let ends = |sizes: &[u32], first: u32, step: &dyn Fn(u32) -> u32| -> Vec<u32> {
            let (mut line, mut count) = (first, 1);
            let end = |&size: &u32| {
                while count < size && line != NONE {
                    match step(line) {
                        NONE => break,
                        next => (line, count) = (next, count + 1),
                    }
                }
                line
            };
            sizes.iter().map(end).collect()
        };
        ZoneEnds {
            heads: ends(&self.heads, page.first(), &|line| page.next(line)),
            tails: ends(&self.tails, page.last(), &|line| page.prev(line)),
        }
    }

    /// Where the page has room for a zone's matches.
    fn room(&self, zone: Zone, ends: &ZoneEnds) -> Room {
        let end = |size: Option<u32>, sizes: &[u32], ends: &[u32]| {
            let at = sizes.binary_search(&size?).ok()?;
            Some(ends[at]).filter(|&line| line != NONE)
        };
        let head = end(zone.head, &self.heads, &ends.heads);
        let tail = end(zone.tail, &self.tails, &ends.tails);
        Room {
            before: head.map_or(0, |line| line + 1),
            from: tail.unwrap_or(NONE),
        }
    }

    /// Adds the lines that a zone reaches now and did not before.
    pub(crate) fn zone_news(
        &self,
        page: &Page,
        before: &ZoneEnds,
        now: &ZoneEnds,
        news: &mut Vec<u32>,
    ) {
        for (&old, &new) in before.heads.iter().zip(&now.heads) {
            let mut line = new;
            while line != NONE && line > old {
                news.push(line);
                line = page.prev(line);
            }
        }
        for (&old, &new) in before.tails.iter().zip(&now.tails) {
            let mut line = new;
            while line != NONE && line < old {
                news.push(line);
                line = page.next(line);
            }
        }
    }

    fn head(&self) -> u32 {
        self.heads.last().copied().unwrap_or(0)
    }

    fn tail(&self) -> u32 {
        self.tails.last().copied().unwrap_or(0)
    }

    /// Adds what the rules find at lines of the page, which are left and in order, in zones that
    /// reach to these ends, or in any place; returns how many bytes were looked at, roughly, and stops when they are more than the allowance.
    pub(crate) fn find(
        &self,
        page: &Page,
        asks: impl Iterator<Item = Ask>,
        ends: Option<&ZoneEnds>,
        allowance: usize,
        served: &mut Served,
        finds: &mut Vec<Find>,
    ) -> usize {
        let room = |zone: &Option<Zone>| match (zone, ends) {
            (Some(zone), Some(ends)) => self.room(*zone, ends),
            _ => Room {
                before: NONE,
                from: 0,
            },
        };
        let rooms: Vec<Room> = self.zones.iter().map(room).collect();
        // Lines are in the order of the page, so the innermost one is enough.
        let fits = |rule: RuleIndex, first: u32, last: u32| {
            let room = &rooms[rule as usize];
            last < room.before || first >= room.from
        };
        let mut work = (self.head() + self.tail()) as usize;
        // One search of the text is cheaper than one of each line.
        let text = page.whole_text();
        let is_idle = |inline: &Inline| text.is_some_and(|text| inline.finds_nothing(text));
        let inlines = self.inlines.iter().map(|inline| (inline, is_idle(inline)));
        let inlines: Vec<(&Inline, bool)> = inlines.collect();
        let mut starts: Vec<(u32, usize)> = Vec::with_capacity(64);
        let mut rests = vec![NONE; self.blocks.len()];
        let mut flush = STARTS;
        for Ask { line, distance } in asks {
            let length = page.length(line);
            work += 16;
            if length > MAX_LINE {
                continue;
            }
            if distance == 0 {
                page.set_notes(line, self.copies(page, line, &fits));
            }
            if distance == 0 || page.notes(line) & ANCHOR != 0 {
                work += length;
                if self.look_up(page, line, distance, &fits, served, finds, &mut starts) {
                    page.set_notes(line, page.notes(line) | ANCHOR);
                }
            }
            for &at in &self.anywhere {
                let block = &self.blocks[at];
                if distance <= block.span() && fits(block.rule, line, line) {
                    starts.push((line, at));
                }
            }
            if distance == 0 {
                let content = page.content(line);
                let inlines = inlines.iter();
                for (inline, is_idle) in inlines.filter(|(inline, _)| fits(inline.rule, line, line))
                {
                    work += if *is_idle {
                        inline.work(content)
                    } else {
                        inline.find(content, line, finds)
                    };
                }
            }
            for (at, duplicate) in self.duplicates.iter().enumerate() {
                let is_news = distance <= duplicate.apart + 1;
                if is_news
                    && page.notes(line) & copy_note(at) != 0
                    && fits(duplicate.rule, line, line)
                {
                    let fits = |line| fits(duplicate.rule, line, line);
                    work += duplicate.find(page, line, fits, finds);
                }
            }
            if starts.len() >= flush {
                // What later lines may name again waits for them.
                let settled = self.lines_before(page, line);
                work +=
                    self.find_blocks(page, &mut starts, settled, &mut rests, &fits, served, finds);
                flush = STARTS + 2 * starts.len();
            }
            if work > allowance {
                return work;
            }
        }
        work + self.find_blocks(page, &mut starts, NONE, &mut rests, &fits, served, finds)
    }

    /// The line so many lines before one that no block that it anchors begins earlier.
    fn lines_before(&self, page: &Page, line: u32) -> u32 {
        let mut first = line;
        for _ in 0..self.reach {
            match page.prev(first) {
                NONE => break,
                before => first = before,
            }
        }
        first
    }

    /// The notes of the duplicate rules for which a line may be a copy. Those of another zone are not
    /// asked: a line that comes into a zone is asked for everything again.
    fn copies(&self, page: &Page, line: u32, fits: &impl Fn(RuleIndex, u32, u32) -> bool) -> u8 {
        let content = page.content(line);
        let may_touch = page.may_touch_previous(line);
        let may_find = |duplicate: &Duplicate| {
            fits(duplicate.rule, line, line) && duplicate.may_find(content, may_touch)
        };
        let duplicates = self.duplicates.iter().enumerate();
        let finding = duplicates.filter(|(_, duplicate)| may_find(duplicate));
        finding.fold(0, |notes, (at, _)| notes | copy_note(at))
    }

    /// Adds what line rules find at a line, and where blocks may begin of which it serves a step;
    /// returns whether it serves one.
    #[allow(clippy::too_many_arguments)]
    fn look_up(
        &self,
        page: &Page,
        line: u32,
        distance: u32,
        fits: &impl Fn(RuleIndex, u32, u32) -> bool,
        served: &mut Served,
        finds: &mut Vec<Find>,
        starts: &mut Vec<(u32, usize)>,
    ) -> bool {
        if distance == 0 || !served.is_known(line) {
            let folding = Folding::new(page.content(line));
            // A line rule's zone is asked before its patterns; for a block the line is of use wherever it is.
            let may_ask = |asker: u32| match self.askers[asker as usize] {
                Asker::Line(at) => distance == 0 && fits(self.lines[at].rule, line, line),
                Asker::Block { .. } => true,
            };
            served.begin(line);
            self.lookup.hits(&folding, may_ask, |asker, how| {
                match self.askers[asker as usize] {
                    Asker::Line(at) => finds.push(self.lines[at].find(page, line, &how)),
                    Asker::Block { .. } => served.add(line, asker, how),
                }
            });
        }
        let mut is_anchor = false;
        for asker in served.askers(line) {
            let Asker::Block { at, step, before } = self.askers[asker as usize] else {
                continue;
            };
            is_anchor = true;
            let block = &self.blocks[at];
            let mut start = line;
            for back in 0..=before {
                let leads =
                    back == 0 || (start != NONE && block.may_lead(step, page.content(start)));
                if distance > block.span() || !leads {
                    break;
                }
                // A block of a zone begins in it.
                if fits(block.rule, start, start) {
                    starts.push((start, at));
                }
                start = page.prev(start);
            }
        }
        is_anchor
    }

    /// Adds the rules that know a line of the page, left after all passes, but do not take it, each
    /// with the reason, nearest first; `number` counts lines of the text from 1.
    pub(crate) fn misses(
        &self,
        page: &Page,
        line: u32,
        number: impl Fn(u32) -> usize,
        misses: &mut Vec<(RuleIndex, String)>,
    ) {
        let content = page.content(line);
        if content.len() > MAX_LINE {
            return;
        }
        let folding = Folding::new(content);
        let outside = |rule: RuleIndex| {
            format!(
                "stands outside its zone, {}",
                zone_words(self.zones[rule as usize])
            )
        };
        let has_zone = |rule: RuleIndex| self.zones[rule as usize].is_some();
        for rule in self.lines.iter().filter(|rule| has_zone(rule.rule)) {
            if rule.wanted.matches(&folding).is_some() {
                misses.push((rule.rule, outside(rule.rule)));
            }
        }
        for inline in self.inlines.iter().filter(|rule| has_zone(rule.rule)) {
            let mut finds = Vec::new();
            inline.find(content, line, &mut finds);
            if !finds.is_empty() {
                misses.push((inline.rule, outside(inline.rule)));
            }
        }
        for block in &self.blocks {
            let Some(miss) = block.miss(page, line) else {
                continue;
            };
            let step = format!("is step {} of {}", miss.step, miss.steps);
            let why = match miss.found {
                _ if miss.follows => format!(
                    "{step}, and what must stand before it is not there, or the zone is another"
                ),
                NONE => format!(
                    "{step}, and step {} is missing at the end of the page",
                    miss.missing
                ),
                found if found == line => format!("{step}, and the lines before it do not fit"),
                found => format!(
                    "{step}, and line {} is not step {}",
                    number(found),
                    miss.missing
                ),
            };
            misses.push((block.rule, why));
        }
    }

    /// Adds what blocks find that begin at these lines, and forgets those before `settled`; `rests`: from which
    /// line on each block has taken the rest of the page. Returns how many bytes were looked at,
    /// roughly.
    #[allow(clippy::too_many_arguments)]
    fn find_blocks(
        &self,
        page: &Page,
        starts: &mut Vec<(u32, usize)>,
        settled: u32,
        rests: &mut [u32],
        fits: &impl Fn(RuleIndex, u32, u32) -> bool,
        served: &Served,
        finds: &mut Vec<Find>,
    ) -> usize {
        if starts.is_empty() {
            return 0;
        }
        let mut seen = Seen::new(served);
        starts.sort_unstable();
        starts.dedup();
        let known = starts.partition_point(|(start, _)| *start < settled);
        for (start, at) in starts.drain(..known) {
            let block = &self.blocks[at];
            if start < rests[at] {
                let fits = |first, last| fits(block.rule, first, last);
                rests[at] = block.find(page, start, rests[at], fits, &mut seen, finds);
            }
        }
        seen.tries * TRY
    }
}

fn zone_words(zone: Option<Zone>) -> String {
    let words = |end: &str, count: Option<u32>| match count? {
        1 => Some(format!("the {end} line")),
        count => Some(format!("the {end} {count} lines")),
    };
    let zone = zone.unwrap_or_default();
    let places = [words("first", zone.head), words("last", zone.tail)];
    places
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" or ")
}

/// The innermost line of each zone of a matcher: `NONE` where the page has no lines.
#[derive(Debug)]
pub(crate) struct ZoneEnds {
    heads: Vec<u32>,
    tails: Vec<u32>,
}

/// The lines in which a match may lie: all before one of them, or all from one on.
struct Room {
    before: u32,
    from: u32,
}
