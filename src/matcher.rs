//! The compiled rules of one outlet: what asks a page for their matches.
//!
//! A matcher sees a page as it is in one pass and says what each rule finds there. What a rule
//! finds depends on a bounded part of the page: its line, the lines of its block, the copy beside
//! it, and how far the line is from the page's ends. So after something went, only the lines near
//! it ([`Matcher::reach`]) and in the zones need to be asked again.

mod analysis;
mod automaton;
mod block;
mod duplicate;
mod inline;
mod likeness;
mod line;
mod lookup;
mod miss;
mod pattern;
mod served;
pub(crate) mod shape;
pub(crate) mod sign;

use std::sync::Arc;

use self::block::{Block, Seen, Starts, Tried};
use self::duplicate::Duplicate;
use self::inline::Inline;
use self::line::Line;
use self::lookup::Lookup;
pub(crate) use self::miss::Miss as MissedLine;
pub(crate) use self::pattern::Patterns;
pub(crate) use self::served::Served;
use crate::error::{Problem, SourceFile};
use crate::schema::{AnyRule, Zone};
use crate::text::{MAX_LINE, NONE, Page};

/// The number of a rule among those of its matcher.
pub(crate) type RuleIndex = u32;

/// What a rule asks to take: a line, or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct Find {
    pub(crate) rule: RuleIndex,
    pub(crate) line: u32,
    /// Bytes of the line's present content; all of it, with its line end, where there is none.
    pub(crate) part: Option<(u32, u32)>,
    /// Whether a literal took it, which is believed.
    pub(crate) literal: bool,
    pub(crate) fields: Fields,
}

/// The values of named groups, by name, where there are any.
pub(crate) type Fields = Option<Box<[(String, String)]>>;

/// A line that rules are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ask {
    pub(crate) line: u32,
    /// How many lines it is away from what changed since the rules were asked last; 0 where it
    /// changed itself, or was not asked before. A rule that does not see so far has no news.
    pub(crate) distance: u32,
    /// The same for what changed before it; `NONE` where that is farther than any rule sees.
    pub(crate) behind: u32,
}

impl Ask {
    /// That of a line which changed itself, or was not asked before.
    pub(crate) fn anew(line: u32) -> Ask {
        Ask {
            line,
            distance: 0,
            behind: 0,
        }
    }
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
    /// The bytes of the shortest line that any of these wants.
    least_copy: usize,
    /// Which of these may want a line, as notes: by the byte that it begins with; where a blank line
    /// stands before it; where it came into a zone; where it is in none.
    copies_by_first: CopiesByFirst,
    copies_behind_blank: u8,
    copies_in_zone: u8,
    copies_anywhere: u8,
    /// Each zone once, and that of each rule by its place among them.
    zones: Vec<Option<Zone>>,
    zone_of: Vec<u32>,
    /// The sizes of zones at the head and at the tail, each once, in order.
    heads: Vec<u32>,
    tails: Vec<u32>,
    /// How far all see; blocks; and duplicate rules, by the place of their note.
    reach: u32,
    block_reach: u32,
    copies_reach: [u32; COPY_NOTES],
}

/// Notes for each byte.
#[derive(Debug)]
struct CopiesByFirst([u8; 256]);

impl Default for CopiesByFirst {
    fn default() -> CopiesByFirst {
        CopiesByFirst([0; 256])
    }
}

#[derive(Clone, Copy, Debug)]
enum Asker {
    /// A line rule, and the place of its zone: of many rules nothing else is read for a line.
    Line { rule: RuleIndex, zone: u32 },
    /// A block, and the step that the line serves.
    Block { at: u32, step: u32 },
}

/// How many places are gathered at which blocks may begin before they are tried: one place is
/// named by several lines near each other, and the text should still be at hand.
const STARTS: usize = 512;

/// What one try of a line against a step of a block counts, in bytes looked at.
const TRY: usize = 8;

/// The note of a line that was asked as it is.
const KNOWN: u8 = 1;
/// The note of a line that line rules want.
const HIT: u8 = 2;
/// The note of a line that serves a step of a block.
const ANCHOR: u8 = 4;
/// The notes of a line that duplicate rules want.
const COPIES: u8 = !(KNOWN | HIT | ANCHOR);

/// How many notes there are for duplicate rules; the last is for all that are too many to have one of
/// their own.
const COPY_NOTES: usize = 5;

/// The note of a line that a duplicate rule of this number wants.
fn copy_note(duplicate: usize) -> u8 {
    8 << duplicate.min(COPY_NOTES - 1)
}

impl Matcher {
    /// Compiles rules, each with the file it stands in; a rule's index is its place in the list.
    pub(crate) fn compile(
        rules: &[(Arc<SourceFile>, AnyRule)],
        patterns: &Arc<Patterns>,
    ) -> Result<Matcher, Vec<Problem>> {
        let mut matcher = Matcher {
            reach: 1,
            least_copy: usize::MAX,
            ..Matcher::default()
        };
        let mut problems = Vec::new();
        for (index, (source, rule)) in rules.iter().enumerate() {
            let mut wrong = Vec::new();
            matcher.add(index as RuleIndex, *rule, source, patterns, &mut wrong);
            problems.extend(wrong);
        }
        if problems.is_empty() {
            matcher.lookup.remember();
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
        patterns: &Arc<Patterns>,
        problems: &mut Vec<Problem>,
    ) {
        let zone = rule.head().zone;
        let known = self.zones.iter().position(|known| *known == zone);
        self.zone_of.push(known.unwrap_or(self.zones.len()) as u32);
        if known.is_none() {
            self.zones.push(zone);
        }
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
                let line = Line::compile(index, written, source, patterns, problems);
                self.lookup.add(&line.wanted, self.askers.len() as u32);
                let zone = self.zone_of[index as usize];
                self.askers.push(Asker::Line { rule: index, zone });
                self.lines.push(line);
            }
            AnyRule::Block(written) => {
                let mut block = Block::compile(index, written, source, patterns, problems);
                self.block_reach = self.block_reach.max(block.span());
                self.reach = self.reach.max(block.span());
                match block.starts() {
                    Starts::Anywhere => self.anywhere.push(self.blocks.len()),
                    Starts::Before(steps) => {
                        for step in steps {
                            let asker = self.askers.len() as u32;
                            block.set_asker(step, asker);
                            let wanted = block.looked_up(step);
                            let wanted = wanted.expect("only wanted steps are anchors");
                            self.lookup.add(wanted, asker);
                            self.askers.push(Asker::Block {
                                at: self.blocks.len() as u32,
                                step: step as u32,
                            });
                        }
                    }
                }
                self.blocks.push(block);
            }
            AnyRule::Inline(written) => self
                .inlines
                .push(Inline::compile(index, written, source, patterns, problems)),
            AnyRule::Duplicate(written) => {
                let duplicate = Duplicate::compile(index, written, source, patterns, problems);
                let reach = &mut self.copies_reach[self.duplicates.len().min(COPY_NOTES - 1)];
                *reach = (*reach).max(duplicate.apart + 1);
                self.reach = self.reach.max(duplicate.apart + 1);
                self.least_copy = self.least_copy.min(duplicate.least);
                let note = copy_note(self.duplicates.len());
                for (first, copies) in (0..=u8::MAX).zip(&mut self.copies_by_first.0) {
                    *copies |= if duplicate.begins.contains(first) {
                        note
                    } else {
                        0
                    };
                }
                self.copies_behind_blank |= if duplicate.gap { note } else { 0 };
                match duplicate.has_zone {
                    true => self.copies_in_zone |= note,
                    false => self.copies_anywhere |= note,
                }
                self.duplicates.push(duplicate);
            }
        }
    }

    /// How many non-blank lines away from a place a change of the page may make something match.
    pub(crate) fn reach(&self) -> u32 {
        self.reach
    }

    /// Whether a line was asked as it is.
    #[inline]
    pub(crate) fn has_asked(&self, page: &Page, line: u32) -> bool {
        page.notes(line) & KNOWN != 0
    }

    /// Whether some change of the page can make a rule find something at a line that was asked before.
    #[inline]
    pub(crate) fn may_have_news(&self, page: &Page, line: u32) -> bool {
        page.notes(line) & (ANCHOR | COPIES) != 0 || !self.anywhere.is_empty()
    }

    /// Whether a change so far away can.
    pub(crate) fn has_news(&self, page: &Page, ask: Ask) -> bool {
        let Ask {
            line,
            distance,
            behind,
        } = ask;
        if distance == 0 || !self.anywhere.is_empty() {
            return true;
        }
        let notes = page.notes(line);
        let copies = self.copies_reach.iter().enumerate();
        let mut copies = copies.filter(|(at, _)| notes & copy_note(*at) != 0);
        (notes & ANCHOR != 0 && distance <= self.block_reach)
            || (notes & COPIES != 0 && copies.any(|(_, &reach)| behind <= reach))
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

    fn zone(&self, rule: RuleIndex) -> Option<Zone> {
        self.zones[self.zone_of[rule as usize] as usize]
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
    pub(crate) fn find<'m>(
        &'m self,
        page: &Page,
        asks: impl Iterator<Item = Ask>,
        ends: Option<&ZoneEnds>,
        allowance: usize,
        served: &mut Served<'m>,
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
        let zoned = self.duplicates.iter().filter(|copies| copies.has_zone);
        let zoned = zoned.map(|copies| rooms[self.zone_of[copies.rule as usize] as usize]);
        let mut pass = Pass {
            matcher: self,
            page,
            copies_room: zoned.fold(Room::NONE, Room::also),
            rooms,
            served,
            finds,
            starts: Vec::with_capacity(64),
            tried: self.blocks.iter().map(|_| Tried::new()).collect(),
        };
        let mut work = (self.head() + self.tail()) as usize;
        // One search of the text is cheaper than one of each line.
        let text = page.whole_text();
        let mut idle = 0;
        let mut inlines: Vec<(&Inline, Room)> = Vec::with_capacity(self.inlines.len());
        for inline in &self.inlines {
            if text.is_some_and(|text| inline.finds_nothing(text)) {
                idle += inline.searches();
            } else {
                inlines.push((inline, pass.room(inline.rule)));
            }
        }
        let has_zone = |inline: &Inline| self.zone(inline.rule).is_some();
        let mut flush = STARTS;
        for ask in asks {
            let Ask { line, distance, .. } = ask;
            let length = page.length(line);
            work += 16;
            if length > MAX_LINE {
                continue;
            }
            // A line that only came into a zone is asked again by what has one.
            let is_new = page.notes(line) & KNOWN == 0;
            if distance == 0 {
                work += length;
                if length >= self.least_copy {
                    pass.copies(line);
                }
                if is_new {
                    pass.served.begin(line);
                    if self.lookup.may_hit(page.edges(line)) {
                        pass.look_up(line);
                    }
                }
                if page.notes(line) & HIT != 0 {
                    pass.take_lines(line);
                }
                page.note(line, KNOWN);
            }
            if page.notes(line) & ANCHOR != 0 {
                pass.anchor(ask);
            }
            for &at in &self.anywhere {
                let block = &self.blocks[at];
                if distance <= block.span() && pass.fits(block.rule, line, line) {
                    pass.starts.push(start_of(line, at));
                }
            }
            if distance == 0 {
                work += idle * length;
                for (inline, room) in &inlines {
                    if (is_new || has_zone(inline)) && room.has(line, line) {
                        work +=
                            inline.find(page.content(line), line, pass.served.fields, pass.finds);
                    }
                }
            }
            if page.notes(line) & COPIES != 0 {
                work += pass.duplicates(ask);
            }
            if pass.starts.len() >= flush {
                // What later lines may name again waits for them.
                work += pass.blocks(self.lines_before(page, line));
                flush = STARTS + 2 * pass.starts.len();
            }
            if work > allowance {
                return work;
            }
        }
        work + pass.blocks(NONE)
    }

    /// The duplicate rules of a note.
    #[inline]
    fn copies_of(&self, note: u8) -> &[Duplicate] {
        let at = (note >> 3).trailing_zeros() as usize;
        let end = if at + 1 < COPY_NOTES {
            at + 1
        } else {
            usize::MAX
        };
        &self.duplicates[at..end.min(self.duplicates.len())]
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
}

/// One pass of the rules over lines of a page.
struct Pass<'m, 'p, 't> {
    matcher: &'m Matcher,
    page: &'p Page<'t>,
    /// The room of each zone, and of all those together that duplicate rules have.
    rooms: Vec<Room>,
    copies_room: Room,
    served: &'p mut Served<'m>,
    finds: &'p mut Vec<Find>,
    /// Where blocks may begin that have not been tried: the line, and in the low half of the number
    /// the block's index.
    starts: Vec<u64>,
    /// What has been found of each block.
    tried: Vec<Tried<'m>>,
}

impl Pass<'_, '_, '_> {
    /// The room of a rule's zone.
    #[inline]
    fn room(&self, rule: RuleIndex) -> Room {
        self.rooms[self.matcher.zone_of[rule as usize] as usize]
    }

    /// Whether a match from a first to a last line lies in the rule's zone.
    #[inline]
    fn fits(&self, rule: RuleIndex, first: u32, last: u32) -> bool {
        self.room(rule).has(first, last)
    }

    /// Notes the duplicate rules for which a line may be a copy, but those that have it in no zone:
    /// a line that comes into a zone is asked again.
    #[inline(always)]
    fn copies(&self, line: u32) {
        let Pass { matcher, page, .. } = self;
        let mut notes = matcher.copies_by_first.0[usize::from(page.first_byte(line))];
        if !page.may_touch_previous(line) {
            notes &= matcher.copies_behind_blank;
        }
        if page.notes(line) & KNOWN != 0 {
            notes &= matcher.copies_in_zone;
        }
        if !self.copies_room.has(line, line) {
            notes &= matcher.copies_anywhere;
        }
        if notes != 0 {
            self.copies_of(line, notes);
        }
    }

    /// As [`copies`](Pass::copies), of the rules of some notes.
    fn copies_of(&self, line: u32, mut notes: u8) {
        while notes != 0 {
            let note = notes & notes.wrapping_neg();
            notes &= notes - 1;
            for duplicate in self.matcher.copies_of(note) {
                if self.fits(duplicate.rule, line, line) && duplicate.may_find(self.page, line) {
                    self.page.note(line, note);
                }
            }
        }
    }

    /// Adds what duplicate rules find at a line, of those that may want it; returns how many bytes
    /// were looked at.
    fn duplicates(&mut self, Ask { line, behind, .. }: Ask) -> usize {
        let notes = self.page.notes(line);
        let mut work = 0;
        for (at, duplicate) in self.matcher.duplicates.iter().enumerate() {
            // It is the later of two copies.
            let is_news = behind <= duplicate.apart + 1;
            if is_news && notes & copy_note(at) != 0 && self.fits(duplicate.rule, line, line) {
                let room = self.room(duplicate.rule);
                let fits = |line| room.has(line, line);
                work += duplicate.find(self.page, line, fits, self.finds);
            }
        }
        work
    }

    /// Keeps what a line serves, which was not known.
    fn look_up(&mut self, line: u32) {
        let Matcher { lookup, askers, .. } = self.matcher;
        lookup.hits(&self.page.folding(line), |asker, how| {
            let note = match askers[asker as usize] {
                Asker::Line { .. } => HIT,
                Asker::Block { .. } => ANCHOR,
            };
            self.page.note(line, note);
            self.served.add(line, asker, how);
        });
    }

    /// Adds what line rules find at a line.
    fn take_lines(&mut self, line: u32) {
        let reads = self.served.fields;
        for (asker, how) in self.served.of(line) {
            if let Asker::Line { rule, zone } = self.matcher.askers[asker as usize]
                && self.rooms[zone as usize].has(line, line)
            {
                self.finds
                    .push(line::find(rule, self.page, line, how, reads));
            }
        }
    }

    /// Adds where blocks may begin of which a line serves a step.
    fn anchor(&mut self, Ask { line, distance, .. }: Ask) {
        for (asker, _) in self.served.of(line) {
            let Asker::Block { at, step } = self.matcher.askers[asker as usize] else {
                continue;
            };
            let (at, step) = (at as usize, step as usize);
            let block = &self.matcher.blocks[at];
            if distance > block.span() {
                continue;
            }
            let room = self.room(block.rule);
            block.starts_before(step, line, self.page, self.served, |start| {
                // A block of a zone begins in it.
                if room.has(start, start) {
                    self.starts.push(start_of(start, at));
                }
            });
        }
    }

    /// Adds what blocks find that begin before a line; returns how many bytes were looked at,
    /// roughly.
    fn blocks(&mut self, settled: u32) -> usize {
        if self.starts.is_empty() {
            return 0;
        }
        let mut starts = std::mem::take(&mut self.starts);
        starts.sort_unstable();
        starts.dedup();
        let known = starts.partition_point(|start| *start < start_of(settled, 0));
        let mut seen = Seen::new(self.served);
        for start in starts.drain(..known) {
            let (start, at) = ((start >> 32) as u32, start as u32 as usize);
            let block = &self.matcher.blocks[at];
            let room = self.room(block.rule);
            let fits = |first, last| room.has(first, last);
            let tried = &mut self.tried[at];
            block.find(self.page, start, fits, tried, &mut seen, self.finds);
        }
        self.starts = starts;
        seen.tries * TRY
    }
}

/// Where a block may begin, as one number.
fn start_of(line: u32, block: usize) -> u64 {
    u64::from(line) << 32 | block as u64
}

/// The innermost line of each zone of a matcher: `NONE` where the page has no lines.
#[derive(Debug)]
pub(crate) struct ZoneEnds {
    heads: Vec<u32>,
    tails: Vec<u32>,
}

/// The lines in which a match may lie: all before one of them, or all from one on.
#[derive(Clone, Copy)]
struct Room {
    before: u32,
    from: u32,
}

impl Room {
    const NONE: Room = Room {
        before: 0,
        from: NONE,
    };

    /// This room and another one.
    fn also(self, other: Room) -> Room {
        Room {
            before: self.before.max(other.before),
            from: self.from.min(other.from),
        }
    }

    /// Whether it has a match from a first to a last line.
    #[inline]
    fn has(self, first: u32, last: u32) -> bool {
        // Lines are in the order of the page, so the innermost one is enough.
        last < self.before || first >= self.from
    }
}
