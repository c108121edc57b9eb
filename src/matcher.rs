//! The compiled rules of one outlet: what asks a page for their matches.
//!
//! A matcher sees a page as it is in one pass and says what each rule finds there. What a rule
//! finds depends on a bounded part of the page: its line, the lines of its block, the copy beside
//! it, and how far the line is from the page's ends. So after something went, only the lines near
//! it ([`Matcher::reach`]) and in the zones need to be asked again.
//!
//! While a text is split into lines, a few bytes of each line say which kinds of rules may want it,
//! as notes; of most lines nobody does, and no pass looks at them.

mod analysis;
mod automaton;
mod block;
mod duplicate;
mod gate;
mod inline;
mod likeness;
mod line;
mod lookup;
mod machine;
mod memory;
mod miss;
mod pass;
mod pattern;
mod replay;
mod served;
pub(crate) mod shape;
pub(crate) mod sign;
mod walk;

use std::ops::Range;
use std::sync::Arc;

use self::block::{Block, Needs};
use self::duplicate::Duplicate;
use self::gate::Gate;
use self::inline::{Inline, RawEdges};
use self::line::Line;
use self::lookup::Lookup;
use self::memory::Memory;
pub(crate) use self::miss::Miss as MissedLine;
pub(crate) use self::pass::{Ask, Scratch};
pub(crate) use self::pattern::Patterns;
use crate::error::{Problem, SourceFile};
use crate::page::{Ends, KNOWN, NONE, Page};
use crate::schema::{AnyRule, Zone};
use crate::text::{MAX_LINE, Visible};

/// The number of a rule among those of its matcher.
pub(crate) type RuleIndex = u32;

/// What a rule asks to take: a line, or a part of one.
#[derive(Clone, Debug)]
pub(crate) struct Find {
    pub(crate) rule: RuleIndex,
    pub(crate) line: u32,
    /// Bytes of the line: of its present content, and once they are taken of the original text. `None`:
    /// all of it, with its line end.
    pub(crate) part: Option<Range<usize>>,
    /// Whether a literal took it, which is believed.
    pub(crate) literal: bool,
    pub(crate) fields: Fields,
}

impl Find {
    /// That of a whole line from which no fields are read.
    #[inline]
    pub(crate) fn of_line(rule: RuleIndex, line: u32, literal: bool) -> Find {
        Find {
            rule,
            line,
            part: None,
            literal,
            fields: None,
        }
    }
}

/// The values of named groups, by name, where there are any.
pub(crate) type Fields = Option<Box<Vec<(String, String)>>>;

/// Compiled rules.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    lookup: Lookup,
    memory: Memory,
    /// Which lines may be wanted by the lookup or by inline rules that know edges.
    gate: Gate,
    /// Who asks the lookup: line rules, and steps of blocks; [`STEP`] tells their numbers apart.
    line_askers: Vec<LineAsker>,
    block_askers: Vec<BlockAsker>,
    lines: Vec<Line>,
    blocks: Vec<Block>,
    /// The rules of those that may take the rest of a page.
    rests: Vec<RuleIndex>,
    /// The blocks that may begin at any line, and the notes of every line.
    anywhere: Vec<usize>,
    always: u16,
    inlines: Vec<Inline>,
    /// The edges of lines in which inline rules may find something, of those rules that know them.
    inline_edges: Option<Box<RawEdges>>,
    duplicates: Vec<Duplicate>,
    copies: Copies,
    /// Each zone once, and that of each rule by its place among them.
    zones: Vec<Option<Zone>>,
    zone_of: Vec<u32>,
    /// The places of each zone's sizes: [`NO_LINES`], [`ALL_LINES`], or from [`SIZES`] on those of
    /// `heads` and `tails`.
    sizes: Vec<[u32; 2]>,
    /// The sizes of zones at the head and at the tail, each once, in order.
    heads: Vec<u32>,
    tails: Vec<u32>,
    /// How far all see, and blocks.
    reach: u32,
    block_reach: u32,
    /// How often inline rules search a line.
    searches: usize,
    /// How many steps there are whose patterns are not looked up: what each says of a remembered line is
    /// remembered too.
    questions: u32,
}

/// How many times a page may be looked at, how often each inline rule may search it where that is more, and
/// how many bytes more may be looked at.
const TIMES: usize = 64;
const AGAIN: usize = 8;
const SPENT: usize = 4 << 20;

/// The places of what is no size of a zone, and the first one of sizes.
const NO_LINES: u32 = 0;
const ALL_LINES: u32 = 1;
const SIZES: u32 = 2;

/// A line rule that asks the lookup, and the place of its zone: of many rules nothing else is read
/// for a line.
#[derive(Clone, Copy, Debug)]
struct LineAsker {
    rule: RuleIndex,
    zone: u32,
}

/// What is asked of a block whenever a line serves a step of it.
#[derive(Clone, Copy, Debug)]
struct BlockAsker {
    /// The steps that the lines serve at or before which it may begin, a bit for each; and the note of
    /// such lines.
    anchors: u64,
    note: u16,
    /// What must be on the page for it to match, as far as that is looked up.
    needs: Needs,
    /// The place of its zone.
    zone: u32,
    /// How many lines it spans.
    span: u32,
}

/// From which number on those that ask the lookup are steps of blocks: behind this bit the number of
/// the block, and in the last six bits that of the step.
const STEP: u32 = 1 << 31;

/// The number by which a step of a block asks the lookup.
fn step_asker(block: usize, step: usize) -> u32 {
    STEP | (block as u32) << 6 | step as u32
}

/// The block and the step that ask by such a number.
#[inline]
fn block_step(asker: u32) -> (usize, u32) {
    (((asker & !STEP) >> 6) as usize, asker & 63)
}

/// Which duplicate rules may want a line: sets of them, by their [`copy_note`]s.
#[derive(Debug)]
struct Copies {
    /// By the byte that the line begins with.
    by_first: [u8; 256],
    /// Where a blank line stands before it.
    behind_blank: u8,
    /// Those with a zone, those without one, and among how many of a page's first lines the former
    /// look; `NONE` if also elsewhere.
    in_zone: u8,
    anywhere: u8,
    head: u32,
    /// By the bytes of a line, as many or more at the last place: those that may want it, and those of which
    /// more has to be asked then.
    by_length: [[u8; 2]; LENGTHS],
    /// Of those that compare a line with the one before it alone: those for which the two begin or end alike,
    /// and those for which they do both.
    either: u8,
    both: u8,
    /// How far each sees, by its note.
    reach: [u32; COPY_NOTES],
    /// Those that compare a line with what [`Recent`](duplicate::Recent) has.
    recent: u8,
}

impl Default for Copies {
    fn default() -> Copies {
        Copies {
            by_first: [0; 256],
            behind_blank: 0,
            in_zone: 0,
            anywhere: 0,
            head: 0,
            by_length: [[0; 2]; LENGTHS],
            either: 0,
            both: 0,
            reach: [0; COPY_NOTES],
            recent: 0,
        }
    }
}

/// So many lengths of lines are told apart.
const LENGTHS: usize = 256;

/// How many notes there are for duplicate rules; the last is for all that are too many to have one of
/// their own.
const COPY_NOTES: usize = 8;

/// The note of a line that a duplicate rule of this number wants.
#[inline]
fn copy_note(duplicate: usize) -> u8 {
    1 << duplicate.min(COPY_NOTES - 1)
}

// The notes of a line, besides [`KNOWN`].

/// The gate is open for it, so what it serves has to be looked up.
const MAYBE: u16 = 2;
/// A line rule wants it.
const HIT: u16 = 4;
/// It serves an anchor of a block without a zone.
const ANCHOR: u16 = 8;
/// It serves an anchor of a block with a zone.
const ZONED_ANCHOR: u16 = 16;
/// An inline rule may find something in it, by its edges.
const INLINE: u16 = 32;
/// There are blocks that may begin at any line.
const START: u16 = 64;
/// It is another line than when it was asked last.
const NEW: u16 = 128;
/// Duplicate rules may want it: a bit for each, in the high half.
const COPIES: u16 = 0xFF00;
const COPIES_AT: u32 = 8;

impl Matcher {
    /// Compiles rules, each with the file it stands in; a rule's index is its place in the list.
    pub(crate) fn compile(
        rules: &[(Arc<SourceFile>, AnyRule)],
        patterns: &Arc<Patterns>,
    ) -> Result<Matcher, Vec<Problem>> {
        let mut matcher = Matcher {
            always: KNOWN,
            reach: 1,
            ..Matcher::default()
        };
        let literals = rules.iter().map(|(_, rule)| rule.texts_of_lines()).sum();
        matcher.lookup.reserve(literals);
        matcher.gate.reserve(literals);
        let mut problems = Vec::new();
        for (index, (source, rule)) in rules.iter().enumerate() {
            let mut wrong = Vec::new();
            matcher.add(index as RuleIndex, *rule, source, patterns, &mut wrong);
            problems.extend(wrong);
        }
        if problems.is_empty() {
            matcher.memory = Memory::of(matcher.lookup.len());
            matcher.place_sizes();
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
        let sizes = zone.unwrap_or_default();
        for (sizes, size) in [(&mut self.heads, sizes.head), (&mut self.tails, sizes.tail)] {
            if let Some(size) = size
                && let Err(at) = sizes.binary_search(&size)
            {
                sizes.insert(at, size);
            }
        }
        match rule {
            AnyRule::Line(written) => {
                let line = Line::compile(index, written, source, patterns, problems);
                let asker = self.line_askers.len() as u32;
                self.lookup.add(&line.wanted, asker, true, &mut self.gate);
                let zone = self.zone_of[index as usize];
                self.line_askers.push(LineAsker { rule: index, zone });
                self.lines.push(line);
            }
            AnyRule::Block(written) => {
                let at = self.blocks.len();
                let mut block = Block::compile(index, at, written, source, patterns, problems);
                self.block_reach = self.block_reach.max(block.span());
                self.reach = self.reach.max(block.span());
                block.look_up(&mut self.lookup, &mut self.gate, &mut self.questions);
                if block.takes_rest() {
                    self.rests.push(index);
                }
                if block.anchors() == 0 {
                    self.anywhere.push(at);
                    self.always |= START;
                }
                self.block_askers.push(BlockAsker {
                    anchors: block.anchors(),
                    note: zone.map_or(ANCHOR, |_| ZONED_ANCHOR),
                    needs: block.needs(),
                    zone: self.zone_of[index as usize],
                    span: block.span(),
                });
                self.blocks.push(block);
            }
            AnyRule::Inline(written) => {
                let mut inline = Inline::compile(index, written, source, patterns, problems);
                inline.add_edges(&mut self.inline_edges, &mut self.gate);
                self.searches += inline.searches();
                self.inlines.push(inline);
            }
            AnyRule::Duplicate(written) => {
                let duplicate = Duplicate::compile(index, written, source, patterns, problems);
                self.reach = self.reach.max(duplicate.apart + 1);
                let number = self.duplicates.len();
                self.copies.add(&duplicate, number, zone);
                self.duplicates.push(duplicate);
            }
        }
    }

    /// Where the sizes of zones are, once all are known.
    fn place_sizes(&mut self) {
        let place = |size: Option<u32>, sizes: &[u32]| {
            let at = size.and_then(|size| sizes.binary_search(&size).ok());
            at.map_or(NO_LINES, |at| SIZES + at as u32)
        };
        let places = self.zones.iter().map(|zone| match zone {
            Some(Zone { head, tail }) => [place(*head, &self.heads), place(*tail, &self.tails)],
            None => [ALL_LINES; 2],
        });
        self.sizes = places.collect();
    }

    /// How many bytes may be looked at, roughly, on a page of so many until no rule finds more. A pass asks
    /// only near what the last one took, so the passes together look at little more than the page once; but
    /// where parts of all its lines go, each inline rule searches all of them again.
    pub(crate) fn allowance(&self, page: usize) -> usize {
        let times = TIMES.max(self.searches.saturating_mul(AGAIN));
        page.saturating_mul(times).saturating_add(SPENT)
    }

    /// How many non-blank lines away from a place a change of the page may make something match.
    pub(crate) fn reach(&self) -> u32 {
        self.reach
    }

    /// How many non-blank lines behind a place may be within its reach, or within that of a zone's end.
    pub(crate) fn sight(&self) -> u32 {
        let sizes = [self.heads.last(), self.tails.last()];
        self.reach + sizes.into_iter().flatten().max().copied().unwrap_or(0)
    }

    /// Whether a rule that found something may take lines out of reach: all that follow.
    pub(crate) fn takes_rest(&self, rule: RuleIndex) -> bool {
        self.rests.contains(&rule)
    }

    /// The most lines that a zone has at the head of a page, and at its tail.
    pub(crate) fn zones(&self) -> (u32, u32) {
        let most = |sizes: &[u32]| sizes.last().copied().unwrap_or(0);
        (most(&self.heads), most(&self.tails))
    }

    /// Whether a change beside a line may concern it. `page`: without what went.
    pub(crate) fn is_concerned(&self, page: &Page, line: u32) -> bool {
        let notes = page.notes(line);
        let copies = (notes >> COPIES_AT) as u8;
        let duplicates = self.duplicates.iter().enumerate();
        let mut copied = duplicates.filter(|(at, _)| copies & copy_note(*at) != 0);
        copies == 0
            || notes & !(COPIES | KNOWN | HIT | INLINE | MAYBE) != 0
            || copied.any(|(_, duplicate)| duplicate.new_pairs(page, line).is_some())
    }

    /// A text, of which these ends are there, as a page with the notes of its lines, of which those that
    /// are remembered are looked up; `zones`: whether zones count.
    pub(crate) fn page<'t>(
        &self,
        text: &'t str,
        ends: Ends,
        zones: bool,
        scratch: &mut Scratch,
    ) -> Page<'t> {
        let head = match self.copies.head {
            head if zones && head != NONE => head * u32::from(ends.head),
            _ => NONE,
        };
        let spare = std::mem::take(&mut scratch.spare);
        Page::noting(text, ends, spare, |line, at, is_apart| {
            let notes = self.note(line, is_apart || at == 0, at < head);
            match notes & MAYBE {
                0 => (notes, NONE),
                _ => self.remembered(line, notes, scratch),
            }
        })
    }

    /// The notes of a line: what may want it by its edges. `is_apart`: whether it has no line directly
    /// above; `in_head`: whether duplicate rules with a zone may want it.
    #[inline(always)]
    fn note(&self, line: &[u8], is_apart: bool, in_head: bool) -> u16 {
        if line.len() > MAX_LINE {
            return KNOWN;
        }
        let (maybe, open) = self.lookup.may_serve(line, &self.gate);
        let part = open.part && self.may_lose_part(line);
        let mut notes = self.always | (u16::from(maybe) * MAYBE) | (u16::from(part) * INLINE);
        let copies = self.copies.of(line, is_apart, in_head);
        if copies != 0 {
            notes |= self.copy_notes(line, copies);
        }
        notes
    }

    /// Whether an inline rule that knows edges may find something in a line that passes the gate for it.
    #[inline(never)]
    fn may_lose_part(&self, line: &[u8]) -> bool {
        let edges = self.inline_edges.as_ref();
        edges.is_some_and(|edges| edges.of(line) != 0)
    }

    /// The notes of the duplicate rules, among these, that a line may be a copy for by itself.
    #[inline(never)]
    fn copy_notes(&self, line: &[u8], copies: u8) -> u16 {
        let [fits, asked] = self.copies.by_length[line.len().min(LENGTHS - 1)];
        let mut left = copies & fits & asked;
        let mut notes = copies & fits & !asked;
        let mut visible = Visible::of(line);
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            let mut duplicates = self.duplicates_of(at).iter();
            if duplicates.any(|duplicate| duplicate.may_find(line, &mut visible)) {
                notes |= copy_note(at);
            }
        }
        u16::from(notes) << COPIES_AT
    }

    /// The duplicate rules of a note, by its number.
    #[inline]
    fn duplicates_of(&self, note: usize) -> &[Duplicate] {
        match note + 1 < COPY_NOTES {
            true => &self.duplicates[note..=note],
            false => &self.duplicates[note..],
        }
    }

    fn zone(&self, rule: RuleIndex) -> Option<Zone> {
        self.zones[self.zone_of[rule as usize] as usize]
    }
}

impl Copies {
    /// Adds a rule of a number and zone.
    fn add(&mut self, duplicate: &Duplicate, number: usize, zone: Option<Zone>) {
        let note = copy_note(number);
        let begins = &duplicate.begins;
        begins.mark(&mut self.by_first, |copies| *copies |= note);
        if duplicate.gap {
            self.behind_blank |= note;
        }
        if duplicate.asks_recent() {
            self.recent |= note;
        }
        match zone {
            Some(zone) => {
                self.in_zone |= note;
                let head = zone.head.filter(|_| zone.tail.is_none());
                self.head = self.head.max(head.unwrap_or(NONE));
            }
            None => self.anywhere |= note,
        }
        let is_shared = number + 1 >= COPY_NOTES;
        for (length, [fits, asked]) in self.by_length.iter_mut().enumerate() {
            let is_last = length + 1 == LENGTHS;
            if length >= duplicate.least || is_last {
                *fits |= note;
            }
            if is_shared || is_last || duplicate.asks_more(length) {
                *asked |= note;
            }
        }
        if duplicate.apart == 0 && !is_shared {
            *match duplicate.is_exact() {
                true => &mut self.both,
                false => &mut self.either,
            } |= note;
        }
        let reach = &mut self.reach[number.min(COPY_NOTES - 1)];
        *reach = (*reach).max(duplicate.apart + 1);
    }

    /// Those of these that may find a line which may begin, and end, as the one before it does.
    #[inline]
    fn beside(&self, copies: u8, begins: bool, ends: impl Fn() -> bool) -> u8 {
        let others = match begins {
            true if copies & self.both == 0 || ends() => 0,
            true => self.both,
            false if copies & self.either == 0 || ends() => self.both,
            false => self.both | self.either,
        };
        copies & !others
    }

    /// Those that may want a line by how it begins and what stands above it.
    #[inline]
    fn of(&self, line: &[u8], is_apart: bool, in_zone: bool) -> u8 {
        let copies = line
            .first()
            .map_or(0, |&first| self.by_first[usize::from(first)]);
        let apart = if is_apart { self.behind_blank } else { u8::MAX };
        let zone = if in_zone { u8::MAX } else { self.anywhere };
        copies & apart & zone
    }
}
