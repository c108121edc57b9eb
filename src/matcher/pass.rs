//! One pass of the rules over lines of a page.

use std::cell::Cell;

use super::block::{Bound, Seen, Tried};
use super::duplicate::{Duplicate, Recent};
use super::inline::Inline;
use super::line;
use super::lookup::Hit;
use super::memory::Twins;
use super::replay::Looked;
use super::served::{Known, Served, StepHits, is_known, part};
use super::{
    ANCHOR, BlockAsker, COPIES, COPIES_AT, Find, HIT, INLINE, LineAsker, MAYBE, Matcher, NEW,
    RuleIndex, START, ZONED_ANCHOR,
};
use crate::page::{Ends, KNOWN, NONE, Page, SPARE, Spare};
use crate::text::MAX_LINE;

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

/// The memory of one document's passes, for the next document to use again.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// That of the page.
    pub(crate) spare: Spare,
    /// What the last pass found.
    pub(crate) finds: Vec<Find>,
    /// Empty: room for what is taken off the next page.
    pub(crate) taken: Vec<Find>,
    /// How much was taken with each pass that found something and those before it.
    pub(crate) passes: Vec<usize>,
    /// The lines of the page that were asked last, and those that changed.
    pub(crate) asks: Vec<Ask>,
    pub(crate) touched: Vec<u32>,
    /// The lines that a change may concern, if they are few; some may be gone.
    pub(crate) near: Option<Vec<u32>>,
    served: Served,
    twins: Twins,
    /// Whether fields are read out of what is found.
    fields: bool,
    /// The innermost line of each size of zone at the head and at the tail; `NONE` where the page has
    /// no lines.
    heads: Vec<u32>,
    tails: Vec<u32>,
    /// What [`Room::before`] and [`Room::from`] may be: first those of no lines, then those of all, then
    /// one for each size of zone.
    befores: Vec<u32>,
    froms: Vec<u32>,
    /// The room of each zone, and what all of the duplicate rules' zones have together.
    rooms: Vec<Room>,
    copies_room: Room,
    /// How many lines were taken off the page, or more.
    pub(crate) gone: u32,
    /// The lines that may be of a block with a zone.
    pub(crate) zoned: Room,
    /// The inline rules that may find something in any line.
    searched: Vec<u32>,
    /// The steps of each block that some line of the page serves, or served, as far as they are looked
    /// up.
    present: Vec<u64>,
    /// Where blocks may begin that have not been tried: in the high half of the number the block, in
    /// the low one the line.
    starts: Vec<u64>,
    /// What has been tried of each block, and in which pass.
    tried: Vec<(u32, Tried)>,
    pass: u32,
    bound: Vec<Bound>,
    looked: Vec<Looked>,
    /// What one line serves.
    hits: Vec<Hit>,
    lines: Vec<Hit>,
    steps: Vec<StepHits>,
    recent: Recent,
}

/// How many lines that a change may concern are asked wherever it was.
const FEW: usize = 32;

/// The notes of lines that a change near them may concern.
const CONCERNED: u16 = ANCHOR | ZONED_ANCHOR | COPIES | START;

/// The notes of lines that serve something.
const SERVES: u16 = HIT | ANCHOR | ZONED_ANCHOR;

/// How many places are gathered at which blocks may begin before they are tried: one place is
/// named by several lines near each other, and the text should still be at hand.
const STARTS: usize = 512;

/// The lines in which a match may lie: all before one of them, or all from one on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    before: u32,
    from: u32,
}

impl Room {
    const ALL: Room = Room {
        before: NONE,
        from: 0,
    };

    const NOWHERE: Room = Room {
        before: 0,
        from: NONE,
    };

    /// Whether it has a match from a first to a last line.
    #[inline]
    fn has(self, first: u32, last: u32) -> bool {
        // Lines are in the order of the page, so the innermost one is enough.
        last < self.before || first >= self.from
    }
}

impl Scratch {
    /// Forgets another document; `fields`: whether fields are read out of what is found.
    pub(crate) fn clear(&mut self, matcher: &Matcher, fields: bool) {
        self.fields = fields;
        self.finds.clear();
        self.served.clear();
        self.starts.clear();
        self.gone = 0;
        self.present.clear();
        self.present.resize(matcher.blocks.len(), 0);
        if self.tried.len() < matcher.blocks.len() {
            self.tried
                .resize_with(matcher.blocks.len(), Default::default);
        }
    }

    /// Keeps the memory of what was taken off a page for the next one, where that is worth it.
    pub(crate) fn keep(&mut self, mut taken: Vec<Find>) {
        if taken.capacity() <= SPARE {
            taken.clear();
            self.taken = taken;
        }
    }

    /// Adds a line that a change may concern, unless they are many.
    fn add_near(&mut self, line: u32) {
        if let Some(near) = &mut self.near
            && !near.contains(&line)
        {
            near.push(line);
            if near.len() > FEW {
                self.near = None;
            }
        }
    }
}

impl Matcher {
    /// The notes of a line for which the gate is open, and its entry if it is remembered; `NONE` if not.
    #[inline(never)]
    pub(super) fn remembered(&self, line: &[u8], notes: u16, scratch: &mut Scratch) -> (u16, u32) {
        let Some((place, known)) = self.memory.get(line) else {
            return (notes, NONE);
        };
        note_steps(&known.steps, &mut scratch.present);
        (notes | known.notes, place)
    }

    /// Finds out how far zones reach into the page; `zones`: whether they count.
    pub(crate) fn measure(&self, page: &Page, zones: bool, scratch: &mut Scratch) {
        let Scratch { heads, tails, .. } = scratch;
        heads.clear();
        tails.clear();
        if page.whole_text().is_some() && page.ends == Ends::BOTH {
            // Its lines stand side by side.
            let last = page.last();
            heads.extend(self.heads.iter().map(|size| match last {
                NONE => NONE,
                last => last.min(size - 1),
            }));
            tails.extend(self.tails.iter().map(|size| match last {
                NONE => NONE,
                last => last.saturating_sub(size - 1),
            }));
            return self.make_room(zones, scratch);
        }
        ends(
            &self.heads,
            outermost(page.ends.head, page.first()),
            |line| page.next(line),
            |end| heads.push(end),
        );
        ends(
            &self.tails,
            outermost(page.ends.tail, page.last()),
            |line| page.prev(line),
            |end| tails.push(end),
        );
        self.make_room(zones, scratch);
    }

    /// The same after lines went. Adds to the lines that changed those that a zone reaches now and did
    /// not before: they are like new ones.
    pub(crate) fn measure_again(&self, page: &Page, zones: bool, scratch: &mut Scratch) {
        let Scratch {
            heads,
            tails,
            touched,
            ..
        } = scratch;
        let known = touched.len();
        // Larger zones hold the smaller ones, so a line is news for one of them.
        let mut olds = heads.iter_mut();
        let mut told = 0;
        ends(
            &self.heads,
            outermost(page.ends.head, page.first()),
            |line| page.next(line),
            |new| {
                let Some(old) = olds.next() else { return };
                let mut line = new;
                while line != NONE && line > *old && line >= told {
                    touched.push(line);
                    line = page.prev(line);
                }
                *old = new;
                told = told.max(new.wrapping_add(1));
            },
        );
        let mut olds = tails.iter_mut();
        let mut told = NONE;
        ends(
            &self.tails,
            outermost(page.ends.tail, page.last()),
            |line| page.prev(line),
            |new| {
                let Some(old) = olds.next() else { return };
                let mut line = new;
                while line != NONE && line < *old && line < told {
                    touched.push(line);
                    line = page.next(line);
                }
                *old = new;
                told = told.min(new);
            },
        );
        self.make_room(zones, scratch);
        let Scratch {
            near,
            searched,
            copies_room,
            touched,
            ..
        } = scratch;
        if near.is_some() && searched.is_empty() {
            // Where nothing is noted of a line, only duplicate rules with a zone may want it.
            let mut place = known;
            for at in known..touched.len() {
                let line = touched[at];
                if page.notes(line) != KNOWN || copies_room.has(line, line) {
                    touched[place] = line;
                    place += 1;
                }
            }
            touched.truncate(place);
        }
    }

    /// Where the page has room for each zone's matches.
    fn make_room(&self, zones: bool, scratch: &mut Scratch) {
        let Scratch {
            heads,
            tails,
            befores,
            froms,
            rooms,
            copies_room,
            zoned,
            gone,
            ..
        } = scratch;
        // A table, and not a question to each zone: the processor would guess the answers wrong.
        let before = |head: &u32| head.wrapping_add(1);
        befores.clear();
        befores.extend([Room::NOWHERE.before, Room::ALL.before]);
        befores.extend(heads.iter().map(before));
        froms.clear();
        froms.extend([Room::NOWHERE.from, Room::ALL.from]);
        froms.extend(&*tails);
        rooms.clear();
        rooms.extend(self.sizes.iter().map(|&[head, tail]| match zones {
            true => Room {
                before: befores[head as usize],
                from: froms[tail as usize],
            },
            false => Room::ALL,
        }));
        // A block spans no more lines than that, and lines that went may stand among them.
        let head = heads
            .last()
            .copied()
            .filter(|&line| line != NONE)
            .unwrap_or(0);
        *zoned = match zones {
            true => Room {
                before: head.saturating_add(self.block_reach + 1 + *gone),
                from: tails.last().copied().unwrap_or(NONE),
            },
            false => Room::ALL,
        };
        *copies_room = Room::NOWHERE;
        for duplicate in self.duplicates.iter().filter(|copies| copies.has_zone) {
            let room = rooms[self.zone_of[duplicate.rule as usize] as usize];
            copies_room.before = copies_room.before.max(room.before);
            copies_room.from = copies_room.from.min(room.from);
        }
    }

    /// Adds what the rules find on a page of which nothing was taken; returns how many bytes were
    /// looked at, roughly, and stops when they are more than the allowance.
    pub(crate) fn find_all(&self, page: &Page, allowance: usize, scratch: &mut Scratch) -> usize {
        // One search of the text is cheaper than one of each line.
        scratch.searched.clear();
        for (at, inline) in self.inlines.iter().enumerate() {
            if inline.knows_edges() {
                continue;
            }
            let text = page.whole_text();
            if text.is_none_or(|text| !inline.finds_nothing(text)) {
                scratch.searched.push(at as u32);
            }
        }
        let mut pass = Pass::new(self, page, scratch);
        pass.is_first = true;
        pass.scratch.recent.clear();
        let mut work = page.left();
        if !pass.scratch.searched.is_empty() {
            for line in page.lines().filter(|&line| page.length(line) <= MAX_LINE) {
                work += pass.search(line, false);
                if work > allowance {
                    return work;
                }
            }
        }
        for &line in page.noted() {
            let (entry, notes) = page.entry_and_notes(line);
            if !is_known(entry, notes) {
                pass.look_up_anew(line, notes);
            }
        }
        let mut flush = STARTS;
        for &line in page.noted() {
            work += 16 + pass.first_ask(line);
            if pass.scratch.starts.len() >= flush {
                // What later lines may name again waits for them.
                work += pass.blocks(
                    self.lines_before(page, line),
                    allowance.saturating_sub(work),
                );
                flush = STARTS + 2 * pass.scratch.starts.len();
            }
            if work > allowance {
                return work;
            }
        }
        work + pass.blocks(NONE, allowance.saturating_sub(work))
    }

    /// Adds what the rules find at the lines of the page that are asked, which are left and in order, as
    /// [`find_all`](Matcher::find_all).
    pub(crate) fn find_near(&self, page: &Page, allowance: usize, scratch: &mut Scratch) -> usize {
        let asks = std::mem::take(&mut scratch.asks);
        let mut pass = Pass::new(self, page, scratch);
        let mut work = (self.heads.last().unwrap_or(&0) + self.tails.last().unwrap_or(&0)) as usize;
        for ask in &asks {
            pass.know(ask.line);
        }
        let mut flush = STARTS;
        for &ask in &asks {
            work += 16 + pass.ask(ask);
            if pass.scratch.starts.len() >= flush {
                work += pass.blocks(
                    self.lines_before(page, ask.line),
                    allowance.saturating_sub(work),
                );
                flush = STARTS + 2 * pass.scratch.starts.len();
            }
            if work > allowance {
                break;
            }
        }
        if work <= allowance {
            work += pass.blocks(NONE, allowance - work);
        }
        scratch.asks = asks;
        work
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

    /// Gathers the lines that a change of the page may concern, if they are few.
    pub(crate) fn gather_near(&self, page: &Page, scratch: &mut Scratch) {
        let room = || Vec::with_capacity(2 * FEW);
        let mut near = scratch.near.take().unwrap_or_else(room);
        near.clear();
        let concerns = |line: &&u32| page.notes(**line) & CONCERNED != 0;
        near.extend(page.noted().iter().filter(concerns).take(FEW + 1));
        near.extend(page.cut_lines().take(FEW + 1));
        scratch.near = Some(near).filter(|near| near.len() <= FEW);
    }

    /// Whether some change of the page can make a rule find something at a line that was asked before.
    #[inline]
    pub(crate) fn may_have_news(&self, page: &Page, line: u32, zoned: Room) -> bool {
        let notes = page.notes(line);
        notes & CONCERNED & !ZONED_ANCHOR != 0
            || (notes & ZONED_ANCHOR != 0 && zoned.has(line, line))
    }

    /// Whether a change so far away can.
    pub(crate) fn has_news(&self, page: &Page, ask: Ask) -> bool {
        let Ask {
            line,
            distance,
            behind,
        } = ask;
        let notes = page.notes(line);
        let copies = (notes & COPIES) >> COPIES_AT;
        let mut reach = self.copies.reach.iter().enumerate();
        distance == 0
            || notes & START != 0
            || (notes & (ANCHOR | ZONED_ANCHOR) != 0 && distance <= self.block_reach)
            || (copies != 0 && reach.any(|(at, &reach)| copies >> at & 1 == 1 && behind <= reach))
    }
}

/// The line from which on a zone is measured; `NONE` where the page has no such end.
fn outermost(has_end: bool, line: u32) -> u32 {
    if has_end { line } else { NONE }
}

/// Tells, for each of these sizes in order, the line at which so many lines from one end of the page
/// on end; the last of all where there are fewer.
fn ends(sizes: &[u32], first: u32, step: impl Fn(u32) -> u32, mut end: impl FnMut(u32)) {
    let (mut line, mut count) = (first, 1);
    for &size in sizes {
        while count < size && line != NONE {
            match step(line) {
                NONE => break,
                next => (line, count) = (next, count + 1),
            }
        }
        end(line);
    }
}

/// One pass.
struct Pass<'m, 'p, 't> {
    matcher: &'m Matcher,
    page: &'p Page<'t>,
    scratch: &'p mut Scratch,
    /// Whether nothing was taken off the page, and all its lines are asked in order.
    is_first: bool,
}

impl<'m, 'p, 't> Pass<'m, 'p, 't> {
    fn new(matcher: &'m Matcher, page: &'p Page<'t>, scratch: &'p mut Scratch) -> Self {
        scratch.pass = scratch.pass.wrapping_add(1);
        Pass {
            matcher,
            page,
            scratch,
            is_first: false,
        }
    }

    /// The room of a rule's zone.
    #[inline]
    fn room(&self, rule: RuleIndex) -> Room {
        self.scratch.rooms[self.matcher.zone_of[rule as usize] as usize]
    }

    /// Adds what is found at a line that was not asked before and of which something is noted; returns
    /// how many bytes were looked at.
    #[inline]
    fn first_ask(&mut self, line: u32) -> usize {
        let notes = self.page.notes(line);
        let mut work = 0;
        if notes & INLINE != 0 {
            work += self.gated(line, false);
        }
        work + self.noted(Ask::anew(line), notes)
    }

    /// Finds out what a line is of which nothing is known.
    fn know(&mut self, line: u32) {
        let Pass { matcher, page, .. } = *self;
        if page.notes(line) == 0 {
            let is_apart = page.blank_above(line) || line == 0;
            let notes = matcher.note(page.content(line).as_bytes(), is_apart, true);
            page.set_notes(line, notes | NEW);
            if notes & MAYBE != 0 {
                self.look_up(line, notes | NEW);
            }
        }
    }

    /// Adds what is found at a line that is asked again; returns how many bytes were looked at.
    fn ask(&mut self, ask: Ask) -> usize {
        let Ask { line, distance, .. } = ask;
        let Pass { matcher, page, .. } = *self;
        let length = page.length(line);
        if length > MAX_LINE {
            return 0;
        }
        let mut notes = page.notes(line);
        // A line that only came into a zone is asked again by what has one.
        let is_new = notes & NEW != 0;
        if distance > 0 && !is_new {
            return self.noted(ask, notes & !HIT);
        }
        let mut work = length;
        if matcher.copies.in_zone != 0 && self.scratch.copies_room.has(line, line) {
            let is_apart = page.blank_above(line) || line == 0;
            let content = page.content(line).as_bytes();
            let copies = matcher.copies.of(content, is_apart, true) & matcher.copies.in_zone;
            notes |= matcher.copy_notes(content, copies);
        }
        notes &= !NEW;
        page.set_notes(line, notes);
        if notes & CONCERNED != 0 {
            self.scratch.add_near(line);
        }
        if notes & INLINE != 0 {
            work += self.gated(line, !is_new);
        }
        work += match is_new {
            true => self.search_anew(line),
            false => self.search(line, true),
        };
        work + self.noted(ask, notes)
    }

    /// Adds what is found at a line by those rules that are noted; returns how many bytes were looked
    /// at.
    #[inline(always)]
    fn noted(&mut self, ask: Ask, notes: u16) -> usize {
        if notes & HIT != 0 {
            self.take_lines(ask.line);
        }
        if notes & (ANCHOR | ZONED_ANCHOR) != 0 {
            self.anchor(ask);
        }
        if notes & START != 0 {
            self.start_anywhere(ask);
        }
        if notes & COPIES != 0 {
            return self.duplicates(ask, (notes >> COPIES_AT) as u8);
        }
        0
    }

    /// Finds out what a line serves for which the gate is open, and notes it.
    fn look_up(&mut self, line: u32, notes: u16) {
        let Pass { matcher, page, .. } = *self;
        let (notes, entry) = matcher.remembered(page.bytes(line), notes, self.scratch);
        page.set_entry(line, entry);
        page.set_notes(line, notes);
        if entry == NONE {
            self.look_up_anew(line, notes);
        }
    }

    /// The same of a line that is not remembered.
    #[inline(never)]
    fn look_up_anew(&mut self, line: u32, mut notes: u16) {
        let Pass { matcher, page, .. } = *self;
        let twin = self.scratch.twins.replace(page.bytes(line), line);
        if let Some((entry, known)) = looked_up_twin(page, twin, line) {
            page.set_entry(line, entry);
            return page.set_notes(line, notes & !MAYBE | known & (MAYBE | SERVES));
        }
        let Scratch {
            served,
            present,
            hits,
            lines,
            steps,
            ..
        } = &mut *self.scratch;
        hits.clear();
        matcher.lookup.search(&page.folding(line), hits);
        if hits.is_empty() {
            return page.set_notes(line, notes & !MAYBE);
        }
        part(hits, lines, steps);
        if !lines.is_empty() {
            notes |= HIT;
        }
        for hits in &*steps {
            let block = &matcher.block_askers[hits.block as usize];
            if block.anchors & hits.all != 0 {
                notes |= block.note;
            }
        }
        page.set_notes(line, notes);
        let memory = &matcher.memory;
        let own = notes & SERVES;
        let place = memory.keep(page.bytes(line), lines, steps, own);
        page.set_entry(
            line,
            place.unwrap_or_else(|| served.add(lines, steps, memory)),
        );
        let known = Known { served, memory };
        note_steps(known.all_steps(page, line), present);
    }

    /// Adds what line rules find at a line.
    #[inline(never)]
    fn take_lines(&mut self, line: u32) {
        let Pass { matcher, page, .. } = *self;
        let Scratch {
            served,
            rooms,
            finds,
            fields,
            ..
        } = &mut *self.scratch;
        let memory = &matcher.memory;
        for &hit in (Known { served, memory }).lines(page, line) {
            let LineAsker { rule, zone } = matcher.line_askers[hit.asker as usize];
            if rooms[zone as usize].has(line, line) {
                finds.push(line::find(
                    rule,
                    page,
                    line,
                    matcher.lookup.how(hit),
                    *fields,
                ));
            }
        }
    }

    /// Adds what the inline rules that lines tell by their edges find in a line; `again`: only those
    /// that have a zone. Returns how many bytes were looked at.
    fn gated(&mut self, line: u32, again: bool) -> usize {
        let Some(edges) = &self.matcher.inline_edges else {
            return 0;
        };
        let bits = edges.of(self.page.bytes(line));
        if bits == 0 {
            return 0;
        }
        let inlines = self.matcher.inlines.iter();
        let some = inlines.filter(|inline| inline.may_find(bits));
        self.cut(line, some, again)
    }

    /// The same of the others of which the text had something.
    fn search(&mut self, line: u32, again: bool) -> usize {
        if self.scratch.searched.is_empty() {
            return 0;
        }
        let searched = std::mem::take(&mut self.scratch.searched);
        let inlines = searched
            .iter()
            .map(|&at| &self.matcher.inlines[at as usize]);
        let work = self.cut(line, inlines, again);
        self.scratch.searched = searched;
        work
    }

    /// The same of all the others: the line is not what it was.
    fn search_anew(&mut self, line: u32) -> usize {
        let inlines = self.matcher.inlines.iter();
        let some = inlines.filter(|inline| !inline.knows_edges());
        self.cut(line, some, false)
    }

    fn cut<'i>(
        &mut self,
        line: u32,
        inlines: impl Iterator<Item = &'i Inline>,
        again: bool,
    ) -> usize {
        let Pass { matcher, page, .. } = *self;
        let mut work = 0;
        for inline in inlines {
            if again && matcher.zone(inline.rule).is_none() {
                continue;
            }
            if self.room(inline.rule).has(line, line) {
                let Scratch { finds, fields, .. } = &mut *self.scratch;
                work += inline.find(page.content(line), line, *fields, finds);
            }
        }
        work
    }

    /// Adds where blocks may begin of which a line serves a step.
    #[inline(never)]
    fn anchor(&mut self, Ask { line, distance, .. }: Ask) {
        let Pass { matcher, page, .. } = *self;
        let Scratch {
            served,
            rooms,
            starts,
            gone,
            present,
            tried,
            pass,
            ..
        } = &mut *self.scratch;
        let memory = &matcher.memory;
        let known = Known { served, memory };
        for hits in known.all_steps(page, line) {
            let at = hits.block as usize;
            let BlockAsker {
                anchors,
                ref needs,
                zone,
                span,
                ..
            } = matcher.block_askers[at];
            let anchors = anchors & hits.all;
            if anchors == 0 || !needs.may_be_met(present[at]) {
                continue;
            }
            let room = rooms[zone as usize];
            // A block of a zone begins in it, so no line far behind the head is of one there.
            let far = u64::from(room.before) + u64::from(span + *gone);
            let is_far = u64::from(line) > far && line < room.from;
            if distance > span || is_far {
                continue;
            }
            let (of, tried) = &mut tried[at];
            if *of != *pass {
                *of = *pass;
                tried.clear();
            }
            let block = &matcher.blocks[at];
            block.starts_before(anchors, line, page, known, tried, |start| {
                if room.has(start, start) {
                    starts.push(start_of(at as u32, start));
                }
            });
        }
    }

    /// Adds a line as a start of the blocks that may begin anywhere.
    fn start_anywhere(&mut self, Ask { line, distance, .. }: Ask) {
        for &at in &self.matcher.anywhere {
            let block = &self.matcher.blocks[at];
            if distance <= block.span() && self.room(block.rule).has(line, line) {
                self.scratch.starts.push(start_of(at as u32, line));
            }
        }
    }

    /// Adds what duplicate rules of these notes find at a line; returns how many bytes were looked at.
    #[inline(never)]
    fn duplicates(&mut self, ask: Ask, notes: u8) -> usize {
        let Pass { matcher, page, .. } = *self;
        let line = ask.line;
        let is_recent = self.is_first && notes & matcher.copies.recent != 0;
        if is_recent {
            self.scratch.recent.add(page, line);
        }
        let before = page.prev(line);
        if before == NONE {
            return 0;
        }
        // Most lines begin and end otherwise than the one before, which is all that most rules ask.
        let begins = page.begin(line).may_be(page.begin(before));
        let ends = || page.end(line).may_be(page.end(before));
        let mut left = matcher.copies.beside(notes, begins, ends);
        let mut work = 0;
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            for duplicate in matcher.duplicates_of(at) {
                work += self.find_copies(duplicate, ask, is_recent);
            }
        }
        work
    }

    /// Adds what one of these finds; `is_recent`: whether the line is the last of those that are.
    fn find_copies(&mut self, duplicate: &Duplicate, ask: Ask, is_recent: bool) -> usize {
        let Ask {
            line,
            distance,
            behind,
        } = ask;
        let Pass { page, .. } = *self;
        let room = self.room(duplicate.rule);
        // It is the later of two copies.
        if behind > duplicate.apart + 1 || !room.has(line, line) {
            return 0;
        }
        let fits = |line| room.has(line, line);
        let Scratch { finds, recent, .. } = &mut *self.scratch;
        if is_recent && duplicate.asks_recent() {
            let earlier = recent.like_the_last(line.saturating_sub(duplicate.apart + 1));
            return duplicate.find_among(page, line, earlier, fits, finds);
        }
        let pairs = match distance {
            0 => Some(duplicate.all_pairs(line)),
            _ => duplicate.new_pairs(page, line),
        };
        pairs.map_or(0, |pairs| duplicate.find(page, line, pairs, fits, finds))
    }

    /// Adds what blocks find that begin before a line; returns how many bytes were looked at,
    /// roughly, and stops when they are more than the allowance.
    fn blocks(&mut self, settled: u32, allowance: usize) -> usize {
        let Pass { matcher, page, .. } = *self;
        let Scratch {
            served,
            fields,
            rooms,
            starts,
            tried,
            pass,
            bound,
            looked,
            finds,
            ..
        } = &mut *self.scratch;
        if starts.is_empty() {
            return 0;
        }
        starts.sort_unstable();
        starts.dedup();
        let memory = &matcher.memory;
        let mut seen = Seen {
            known: Known { served, memory },
            reads: *fields,
            bound,
            looked,
            tries: 0,
            read: Cell::new(0),
        };
        starts.retain(|&start| {
            if seen.cost() > allowance {
                return false;
            }
            let (at, start) = ((start >> 32) as usize, start as u32);
            if start >= settled {
                return true;
            }
            let block = &matcher.blocks[at];
            let room = rooms[matcher.zone_of[block.rule as usize] as usize];
            let (of, tried) = &mut tried[at];
            if *of != *pass {
                *of = *pass;
                tried.clear();
            }
            let fits = |first, last| room.has(first, last);
            block.find(page, start, fits, tried, &mut seen, finds);
            false
        });
        seen.cost()
    }
}

/// What is known of a line by another one that may be equal to it, if that was looked up.
#[inline]
fn looked_up_twin(page: &Page, twin: u32, line: u32) -> Option<(u32, u16)> {
    if twin >= page.count() || twin == line {
        return None;
    }
    let (entry, notes) = page.entry_and_notes(twin);
    (is_known(entry, notes) && page.bytes(twin) == page.bytes(line)).then_some((entry, notes))
}

/// Notes which steps of each block some line of the page serves: these too.
#[inline]
fn note_steps(steps: &[StepHits], present: &mut [u64]) {
    for hits in steps {
        present[hits.block as usize] |= hits.all;
    }
}

/// Where a block may begin, as one number.
fn start_of(block: u32, line: u32) -> u64 {
    u64::from(block) << 32 | u64::from(line)
}
