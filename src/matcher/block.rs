//! Consecutive lines.

use std::cell::Cell;
use std::sync::Arc;

use super::gate::Gate;
use super::likeness::alike;
use super::line;
use super::lookup::{How, Lookup, Wanted};
use super::memory::Memory;
use super::pattern::{Pattern, Patterns};
use super::replay::Looked;
use super::served::{self, Known, Served};
use super::{Find, RuleIndex, step_asker};
use crate::error::{Problem, SourceFile};
use crate::page::{NONE, Page};
use crate::schema::{self, BlockRule};
use crate::text::{MAX_LINE, ends_as_title};

/// The most non-blank lines that a block spans, `rest` aside. It bounds what a change of the page
/// can make match.
pub(crate) const SPAN: u32 = 128;
/// The most lines that are tried against steps from one start: a block that goes forth and back
/// more than this is none.
const TRIES: u32 = 4096;
/// What one try counts, in bytes looked at.
const TRY: usize = 8;
/// The share of words that a nearly equal copy has in common with the line it copies.
const SAME: f64 = 0.8;
/// The bytes of the longest lines that are compared word by word; longer ones have to be equal.
const COMPARED: usize = 4096;

/// A compiled block rule.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) rule: RuleIndex,
    steps: Vec<Step>,
    least: usize,
    span: u32,
    /// Its number among the blocks.
    number: usize,
    /// The steps behind which a blank line may stand.
    gaps: Steps,
    /// The steps that may be missing, and those that are proof of the block.
    optional: Steps,
    evidence: Steps,
    /// The steps of which the lookup finds all lines.
    looked_up: Steps,
    /// How many steps there are before `rest`.
    end: usize,
    /// Whether a step is a copy of another one.
    copies: bool,
    /// The steps that a match may begin with.
    leading: Steps,
    /// Every match has a line that serves one of these steps, so it is tried only at such lines and before
    /// them; 0: there are no such steps, and it is tried at every line.
    anchors: Steps,
}

/// Some of the steps of a block, of which there are no more than bits: a bit for each.
type Steps = u64;

#[derive(Debug)]
pub(crate) struct Step {
    what: What,
    optional: bool,
    repeat: u32,
    keep: bool,
    gap: bool,
    /// The steps of which a line may stand directly before one of this step.
    before: Steps,
    /// Of what it wants the patterns that are not looked up, and the number of the question whether a
    /// line is one of them.
    rest: Vec<Arc<Pattern>>,
    question: u32,
}

/// What must be on a page for a block to match: of a block that lacks it no line is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// The steps that lines have to serve which were looked up.
    all: Steps,
    /// The steps that are proof of the block, and of these the ones that are not looked up.
    evidence: Steps,
    unknown: Steps,
    /// How many of them have to be there.
    least: usize,
}

impl Needs {
    /// Whether lines that serve these steps may be enough.
    #[inline]
    pub(crate) fn may_be_met(&self, served: Steps) -> bool {
        let evidence = (served | self.unknown) & self.evidence;
        served & self.all == self.all && are_enough(evidence, self.least)
    }
}

/// Those of some steps of which this is so.
fn all_of(steps: &[Step], is: &dyn Fn(&Step) -> bool) -> Steps {
    let steps = steps.iter().enumerate();
    steps.fold(0, |all, (at, step)| all | Steps::from(is(step)) << at)
}

/// Whether these are so many steps, which nearly always is one.
#[inline]
fn are_enough(mut steps: Steps, least: usize) -> bool {
    for _ in 1..least {
        steps &= steps.wrapping_sub(1);
    }
    steps != 0
}

/// The digits of a line, in order.
fn digits(line: &str) -> impl Iterator<Item = u8> {
    line.bytes().filter(u8::is_ascii_digit)
}

/// Each of these steps.
fn of(mut steps: Steps) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let first = steps.trailing_zeros();
        steps &= steps.wrapping_sub(1);
        (first < Steps::BITS).then_some(first as usize)
    })
}

impl Step {
    /// Whether a line that is not known to serve it may serve it: cheap, and no only if it cannot.
    /// `is_known`: whether it was looked up.
    #[inline(never)]
    fn may_serve(&self, page: &Page, line: u32, is_known: bool) -> bool {
        match &self.what {
            What::Wanted(wanted) => {
                let (edges, length) = page.shape(line);
                let mut rest = self.rest.iter();
                match is_known {
                    true => rest.any(|pattern| pattern.may_match(edges, length)),
                    false => wanted.may_match(edges),
                }
            }
            What::Title => page.is_title(line),
            What::Line(most) => page.is_within(line, *most),
            What::Same(_) => true,
            What::Rest => false,
        }
    }

    /// Whether a line matches one of the patterns that are not looked up.
    fn is_rest(&self, page: &Page, line: u32) -> bool {
        let folding = page.folding(line);
        let (edges, length) = (folding.edges(), folding.bare().len());
        let mut rest = self.rest.iter();
        rest.any(|pattern| pattern.may_match(edges, length) && pattern.is_match(folding.folded()))
    }

    /// What it wants, if that is literals or patterns.
    fn wanted(&self) -> Option<&Wanted> {
        match &self.what {
            What::Wanted(wanted) => Some(wanted),
            _ => None,
        }
    }

    /// Whether its lines are proof of the block.
    fn is_evidence(&self) -> bool {
        matches!(self.what, What::Wanted(_) | What::Same(_))
    }
}

#[derive(Debug)]
enum What {
    Wanted(Box<Wanted>),
    Line(usize),
    Title,
    Same(usize),
    Rest,
}

/// One line of a match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(super) step: u32,
    /// How many lines of the step stand before it.
    pub(super) taken: u32,
    pub(super) line: u32,
    pub(super) is_literal: bool,
}

impl Block {
    /// `number`: its number among the blocks.
    pub(crate) fn compile(
        rule: RuleIndex,
        number: usize,
        written: &BlockRule,
        source: &Arc<SourceFile>,
        patterns: &Arc<Patterns>,
        problems: &mut Vec<Problem>,
    ) -> Block {
        let gap = written.gap.unwrap_or(true);
        let step = |step: &schema::Step| Step {
            what: match step {
                _ if step.title.is_some() => What::Title,
                _ if step.rest.is_some() => What::Rest,
                schema::Step {
                    line: Some(line), ..
                } => What::Line(*line as usize),
                schema::Step {
                    same: Some(same), ..
                } => What::Same(*same as usize - 1),
                schema::Step { text, pattern, .. } => {
                    let wanted = Wanted::compile(text, pattern, source, patterns, problems);
                    What::Wanted(Box::new(wanted))
                }
            },
            optional: step.optional.unwrap_or(false),
            repeat: step.repeat.unwrap_or(1),
            keep: step.keep.unwrap_or(false),
            gap: step.gap.unwrap_or(gap),
            before: 0,
            rest: Vec::new(),
            question: 0,
        };
        let mut steps: Vec<Step> = written.lines.iter().map(step).collect();
        let least = written.least.unwrap_or(1) as usize;
        let is_evidence = |step: &&mut Step| step.is_evidence();
        if steps.iter_mut().filter(is_evidence).count() == least {
            // None of them may be missing, whatever is written.
            for step in steps.iter_mut().filter(is_evidence) {
                step.optional = false;
            }
        }
        // The steps of which the last line so far may be; what a match begins with has none before it.
        let (mut last, mut leading, mut is_first) = (0, 0, true);
        for (at, step) in steps.iter_mut().enumerate() {
            let own: Steps = 1 << at;
            step.before = last | if step.repeat > 1 { own } else { 0 };
            if is_first {
                leading |= own;
            }
            last = own | if step.optional { last } else { 0 };
            is_first &= step.optional;
        }
        let all = |of: &dyn Fn(&Step) -> bool| all_of(&steps, of);
        let (gaps, optional) = (all(&|step| step.gap), all(&|step| step.optional));
        let evidence = all(&Step::is_evidence);
        let rest = steps
            .iter()
            .position(|step| matches!(step.what, What::Rest));
        let mut block = Block {
            rule,
            least,
            span: steps.iter().map(|step| step.repeat).sum::<u32>().min(SPAN),
            number,
            gaps,
            optional,
            evidence,
            looked_up: 0,
            end: rest.unwrap_or(steps.len()),
            copies: steps.iter().any(|step| matches!(step.what, What::Same(_))),
            leading,
            anchors: 0,
            steps,
        };
        block.anchors = block.lightest();
        block
    }

    /// Whether it may take the rest of a page.
    pub(crate) fn takes_rest(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step.what, What::Rest))
    }

    /// The steps that want literals or patterns.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = (usize, &Wanted)> {
        let steps = self.steps.iter().enumerate();
        steps.filter_map(|(at, step)| Some((at, step.wanted()?)))
    }

    /// The steps of which every match has one; 0 if there are none.
    pub(crate) fn anchors(&self) -> Steps {
        self.anchors
    }

    /// What must be on a page for it to match, once its steps are looked up.
    pub(crate) fn needs(&self) -> Needs {
        Needs {
            all: self.looked_up & !self.optional,
            evidence: self.evidence,
            unknown: self.evidence & !self.looked_up,
            least: self.least,
        }
    }

    /// Looks up what its steps want, as far as that is cheap.
    pub(crate) fn look_up(&mut self, lookup: &mut Lookup, gate: &mut Gate, questions: &mut u32) {
        for (at, step) in self.steps.iter_mut().enumerate() {
            if let What::Wanted(wanted) = &step.what {
                let is_anchor = self.anchors >> at & 1 == 1;
                step.rest = lookup.add(wanted, step_asker(self.number, at), is_anchor, gate);
                if step.rest.is_empty() {
                    self.looked_up |= 1 << at;
                } else {
                    step.question = *questions;
                    *questions += 1;
                }
            }
        }
    }

    /// The steps of which some line is in every match that takes anything: the ones that the fewest
    /// lines seem to serve; none where there are none.
    fn lightest(&self) -> Steps {
        let all = |of: &dyn Fn(&Step) -> bool| -> Steps {
            let some = self.wanted().filter(|(at, _)| of(&self.steps[*at]));
            some.fold(0, |steps, (at, _)| steps | 1 << at)
        };
        let count = |of: &dyn Fn(&Step) -> bool| self.steps.iter().filter(|step| of(step)).count();
        let needed = of(all(&|step| !step.optional));
        let mut some: Vec<Steps> = needed.map(|step| 1 << step).collect();
        if count(&|step| !step.keep && step.wanted().is_none()) == 0 {
            some.push(all(&|step| !step.keep));
        }
        if count(&|step| matches!(step.what, What::Same(_))) < self.least {
            some.push(all(&|_| true));
        }
        let weight = |steps: &Steps| -> usize {
            let wanted = of(*steps).filter_map(|step| self.steps[step].wanted());
            wanted.map(Wanted::weight).sum()
        };
        some.retain(|steps| *steps != 0);
        some.into_iter().min_by_key(weight).unwrap_or(0)
    }

    /// Tells the lines at which it may begin if a line serves one of these steps, from that line up, as far as
    /// that is cheap to say.
    pub(crate) fn starts_before(
        &self,
        mut steps: Steps,
        mut line: u32,
        page: &Page,
        known: Known,
        tried: &mut Tried,
        mut start: impl FnMut(u32),
    ) {
        let (last, led) = std::mem::replace(&mut tried.anchor, (line, steps));
        // The steps that a line may serve so that the lines from it on lead to the one served.
        for _ in 0..=self.span {
            if steps & self.leading != 0 {
                start(line);
            }
            let mut open = of(steps).fold(0, |before, step| before | self.steps[step].before);
            let before = page.prev(line);
            if page.blank_before(line) {
                open &= self.gaps;
            }
            if before == last {
                // What leads to these has been told.
                open &= !led;
            }
            if open == 0 || before == NONE || page.length(before) > MAX_LINE {
                return;
            }
            let served = known.steps(page, before, self.number);
            steps = open & served.all;
            for step in of(open & self.unknown(served)) {
                if self.steps[step].may_serve(page, before, served.is_known) {
                    steps |= 1 << step;
                }
            }
            if steps == 0 {
                return;
            }
            line = before;
        }
    }

    /// The steps of which a line that serves these may serve more.
    #[inline]
    fn unknown(&self, served: served::Steps) -> Steps {
        let looked_up = if served.is_known { self.looked_up } else { 0 };
        !(served.all | looked_up)
    }

    /// Whether a literal says that a line serves a step by what it is, not by what was looked up; `None`
    /// if it does not serve it. `is_known`: whether it was looked up.
    #[inline(never)]
    fn serves_by_itself(
        &self,
        at: usize,
        page: &Page,
        line: u32,
        is_known: bool,
        seen: &Seen,
    ) -> Option<bool> {
        if page.length(line) > MAX_LINE {
            return None;
        }
        let step = &self.steps[at];
        let serves = match &step.what {
            What::Wanted(wanted) => {
                if !is_known {
                    seen.note(page.length(line));
                    let how = wanted.matches(&page.folding(line))?;
                    return Some(matches!(how, How::Literal));
                }
                let ask = || {
                    seen.note(page.length(line));
                    step.is_rest(page, line)
                };
                match seen.known.remembered(page, line) {
                    Some(known) => known.answer(step.question, ask),
                    None => ask(),
                }
            }
            What::Line(most) => page.is_within(line, *most),
            What::Title => page.is_title(line),
            What::Same(step) => {
                let mut bound = seen.bound.iter();
                let copied = bound.find(|bound| bound.step as usize == *step)?.line;
                page.edges(copied).share_word(page.edges(line)) && {
                    let (copied, line) = (page.folding(copied), page.folding(line));
                    let (copied, line) = (copied.folded(), line.folded());
                    let is_short = copied.len().max(line.len()) <= COMPARED;
                    if is_short {
                        seen.note(copied.len() * line.len() / 32);
                    }
                    // A title of another number is that of another story, and a sentence is no copy of a title.
                    let is_other = || {
                        !digits(copied).eq(digits(line))
                            || ends_as_title(copied) && !ends_as_title(line)
                    };
                    alike(copied, line, if is_short { SAME } else { 1.0 })
                        && (copied == line || !is_other())
                }
            }
            What::Rest => false,
        };
        serves.then_some(false)
    }

    /// Whether lines serve as many steps as have to be there.
    fn is_enough(&self, lines: &[Bound]) -> bool {
        let steps: Steps = lines.iter().fold(0, |steps, line| steps | 1 << line.step);
        are_enough(steps & self.evidence, self.least)
    }

    /// The non-blank lines that a match may span, `rest` aside.
    pub(crate) fn span(&self) -> u32 {
        self.span
    }

    /// Adds what goes if the block begins at this line; `fits` says whether the zone has room for
    /// its first to last line, what `rest` takes aside. Lines are tried in order.
    pub(crate) fn find(
        &self,
        page: &Page,
        start: u32,
        fits: impl Fn(u32, u32) -> bool,
        tried: &mut Tried,
        seen: &mut Seen,
        finds: &mut Vec<Find>,
    ) {
        if start >= tried.rest {
            return;
        }
        let mut attempt = Attempt::new(self, page, seen);
        if attempt.is_end_of(&tried.last, start) {
            return;
        }
        let matched = self.attempt(page, start, seen);
        let bound = &seen.bound;
        if let (Some(rest), Some(first), Some(last)) = (matched, bound.first(), bound.last())
            && fits(first.line, last.line)
        {
            tried.rest = self.take(page, bound, tried, rest, seen.reads, finds);
            tried.last.clear();
            tried.last.extend_from_slice(bound);
        }
    }

    /// Whether the block matches from a line on, as [`Attempt::matches`].
    fn attempt(&self, page: &Page, start: u32, seen: &mut Seen) -> Option<u32> {
        let known = seen.known;
        // Where the rest of a page begins is no matter of the lines that are looked at.
        let has_rest = self.end < self.steps.len();
        let remembered = known.remembered(page, start).filter(|_| !has_rest);
        let replays = remembered.map(|known| &known.replays);
        let replay =
            replays.and_then(|made| made.find(self.number, page, start, known, seen.looked));
        if let Some(replay) = replay {
            seen.tries += replay.tries as usize;
            seen.bound.clear();
            seen.bound.extend(replay.bound(seen.looked));
            return replay.matches.then_some(NONE);
        }
        let mut attempt = Attempt::new(self, page, seen);
        let matched = attempt.matches(0, start);
        let tries = TRIES - attempt.tries;
        let saw_end = attempt.saw_end;
        seen.tries += tries as usize;
        if let Some(replays) = replays {
            let made = (matched.is_some(), &seen.bound[..], tries);
            replays.keep(self.number, page, known, seen.looked, saw_end, made);
        }
        matched
    }

    /// Adds what goes of a match, behind which the rest begins, but what the last match has taken
    /// already; returns from which line on the rest has been taken now. `reads`: whether fields are.
    fn take(
        &self,
        page: &Page,
        bound: &[Bound],
        tried: &Tried,
        rest: u32,
        reads: bool,
        finds: &mut Vec<Find>,
    ) -> u32 {
        let mut known = tried.last.iter().peekable();
        for bound in bound {
            let step = &self.steps[bound.step as usize];
            if step.keep {
                continue;
            }
            while known.next_if(|known| known.line < bound.line).is_some() {}
            let is_again = known.peek().is_some_and(|known| {
                known.line == bound.line
                    && known.is_literal == bound.is_literal
                    && !self.steps[known.step as usize].keep
            });
            let fields = match &step.what {
                What::Wanted(wanted) if reads && !bound.is_literal && wanted.has_fields => {
                    let how = wanted.matches(&page.folding(bound.line));
                    how.and_then(|how| line::fields(page, bound.line, how))
                }
                _ => None,
            };
            if !is_again || fields.is_some() {
                finds.push(Find {
                    fields,
                    ..Find::of_line(self.rule, bound.line, bound.is_literal)
                });
            }
        }
        let mut line = rest;
        while line < tried.rest {
            finds.push(Find::of_line(self.rule, line, false));
            line = page.next(line);
        }
        rest.min(tried.rest)
    }
}

impl Block {
    /// How many steps there are.
    pub(crate) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// What a step, counted from 0, asks for.
    pub(crate) fn asked(&self, step: usize) -> Asked<'_> {
        match &self.steps[step].what {
            What::Wanted(wanted) => Asked::Wanted(wanted),
            What::Line(most) => Asked::Line(*most),
            What::Title => Asked::Title,
            What::Same(step) => Asked::Same(*step),
            What::Rest => Asked::Rest,
        }
    }

    /// Why a line that serves a step, and not one that half of all lines serve, is not taken.
    pub(crate) fn miss(&self, page: &Page, line: u32, has_zone: bool) -> Option<Miss> {
        let folding = page.folding(line);
        let knows = |wanted: &Wanted| match wanted.matches(&folding) {
            Some(How::Literal) => true,
            Some(How::Pattern(pattern)) => pattern.is_telling,
            None => false,
        };
        // A line that a block only needs is not one that it takes.
        let mut goes = self.wanted().filter(|(at, _)| !self.steps[*at].keep);
        let (at, _) = goes.find(|(_, wanted)| knows(wanted))?;
        let miss = |why| Some(Miss { step: at, why });
        let mut seen = Seen {
            known: Known {
                served: &Served::default(),
                memory: &Memory::default(),
            },
            reads: false,
            bound: &mut Vec::new(),
            looked: &mut Vec::new(),
            tries: 0,
            read: Cell::new(0),
        };
        if has_zone {
            let mut start = line;
            for _ in 0..self.span {
                let mut attempt = Attempt::new(self, page, &mut seen);
                let matches = attempt.matches(0, start).is_some();
                let mut bound = attempt.seen.bound.iter();
                if let Some(bound) = bound.find(|bound| matches && bound.line == line) {
                    // What stays is not missed.
                    let step = bound.step as usize;
                    return (!self.steps[step].keep).then_some(Miss {
                        step,
                        why: Why::Outside,
                    });
                }
                start = page.prev(start);
                if start == NONE {
                    break;
                }
            }
        }
        let mut attempt = Attempt::new(self, page, &mut seen);
        let follows = attempt.matches(at, line).is_some();
        let Deepest {
            lines,
            step,
            line: found,
        } = attempt.deepest;
        if follows {
            let before = page.prev(line);
            let mut needed = (0..at).rev();
            return match needed.find(|&step| !self.steps[step].optional) {
                Some(step) => miss(Why::Before(step, before)),
                None => miss(Why::TooFew(self.least)),
            };
        }
        if lines == 0 && found == NONE {
            return miss(Why::TooFew(self.least));
        }
        if found != NONE && attempt.serves(step, found).is_some() {
            let mut between = self.steps[at..step].iter();
            let is_apart = page.blank_before(found) && between.any(|step| !step.gap);
            return miss(match is_apart {
                true => Why::Apart(step, found),
                false => Why::TooFew(self.least),
            });
        }
        miss(Why::After(step, found))
    }
}

/// What a step asks for.
#[derive(Debug)]
pub(crate) enum Asked<'m> {
    Wanted(&'m Wanted),
    Line(usize),
    Title,
    Same(usize),
    Rest,
}

/// Why a line that serves a step is not taken.
#[derive(Debug)]
pub(crate) struct Miss {
    /// The step that the line serves, counted from 0.
    pub(crate) step: usize,
    pub(crate) why: Why,
}

/// What is wrong with the rest of a block. Steps are counted from 0.
#[derive(Debug)]
pub(crate) enum Why {
    /// All is there, in another place.
    Outside,
    /// A step that must follow is not at this line; `NONE` at the end of the page.
    After(usize, u32),
    /// A step is at this line, behind a blank one that may not be there.
    Apart(usize, u32),
    /// A step that must stand before is not at this line; `NONE` at the start of the page.
    Before(usize, u32),
    /// Fewer steps are there than have to be.
    TooFew(usize),
}

/// Where the attempt that came farthest failed: after how many lines, at which step, at which line.
struct Deepest {
    lines: usize,
    step: usize,
    line: u32,
}

/// A match in the making, from one start.
struct Attempt<'a, 's, 'w> {
    block: &'a Block,
    page: &'a Page<'a>,
    tries: u32,
    deepest: Deepest,
    /// What the line serves that was asked for last, and the steps of which that is not known.
    steps: (u32, served::Steps, Steps),
    /// Whether the page has no line where one was looked for.
    saw_end: bool,
    seen: &'s mut Seen<'w>,
}

/// What has been found of a block in one pass.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    /// The line from which on it has taken the rest of the page; `NONE` if it has not.
    rest: u32,
    /// The lines of its last match.
    last: Vec<Bound>,
    /// The line at which starts were looked for last, and the steps that it serves: who comes to it
    /// again from a later line need not go on before it.
    anchor: (u32, Steps),
}

impl Tried {
    /// Forgets another pass.
    pub(crate) fn clear(&mut self) {
        self.rest = NONE;
        self.last.clear();
        self.anchor = (NONE, 0);
    }
}

/// What attempts share.
pub(crate) struct Seen<'w> {
    pub(crate) known: Known<'w>,
    /// Whether fields are read out of what is found.
    pub(crate) reads: bool,
    /// The lines of the present attempt.
    pub(crate) bound: &'w mut Vec<Bound>,
    /// The lines that it looked at, in order.
    pub(crate) looked: &'w mut Vec<Looked>,
    /// How often a line was tried against a step.
    pub(crate) tries: usize,
    /// What it cost besides to ask lines for patterns, and to compare them with copies, which may take the
    /// product of their words: roughly in bytes looked at.
    pub(crate) read: Cell<usize>,
}

impl Seen<'_> {
    /// Notes that so many bytes were looked at, roughly.
    fn note(&self, bytes: usize) {
        self.read.set(self.read.get() + bytes);
    }

    /// What the attempts cost, roughly in bytes looked at.
    pub(crate) fn cost(&self) -> usize {
        self.tries * TRY + self.read.get()
    }
}

impl<'a, 's, 'w> Attempt<'a, 's, 'w> {
    fn new(block: &'a Block, page: &'a Page<'a>, seen: &'s mut Seen<'w>) -> Attempt<'a, 's, 'w> {
        seen.bound.clear();
        seen.looked.clear();
        Attempt {
            block,
            page,
            tries: TRIES,
            deepest: Deepest {
                lines: 0,
                step: 0,
                line: NONE,
            },
            steps: (NONE, served::Steps::default(), 0),
            saw_end: false,
            seen,
        }
    }

    /// Matches the steps from this one on with the lines from this one on; returns where the rest of
    /// the page begins, `NONE` where no rest is taken.
    fn matches(&mut self, mut at: usize, mut line: u32) -> Option<u32> {
        let block = self.block;
        // How many lines of the step are matched.
        let mut taken = 0;
        loop {
            if at >= block.end {
                if block.is_enough(self.seen.bound) {
                    return Some(if at < block.steps.len() { line } else { NONE });
                }
            } else {
                let step = &block.steps[at];
                self.tries = self.tries.checked_sub(1)?;
                self.look(line);
                if line != NONE
                    && self.seen.bound.len() < SPAN as usize
                    && self.is_near(line)
                    && let Some(is_literal) = self.serves(at, line)
                {
                    self.seen.bound.push(Bound {
                        step: at as u32,
                        taken,
                        line,
                        is_literal,
                    });
                    line = self.page.next(line);
                    taken += 1;
                    if taken == step.repeat {
                        (at, taken) = (at + 1, 0);
                    }
                    continue;
                }
                // The step's lines end here, or it is missing, as the next ones may be.
                if taken > 0 || step.optional {
                    let missing = self.missing(at + 1, line);
                    self.tries = self.tries.checked_sub(missing)?;
                    (at, taken) = (at + 1 + missing as usize, 0);
                    continue;
                }
                self.note_depth(at, line);
            }
            // Without the last line that may be spared.
            loop {
                let last = self.seen.bound.pop()?;
                (at, line, taken) = (last.step as usize, last.line, last.taken);
                if taken > 0 || block.steps[at].optional {
                    (at, taken) = (at + 1, 0);
                    break;
                }
                self.note_depth(at, line);
            }
        }
    }

    /// Notes that a line is looked at, which follows the others or is one of them.
    #[inline(always)]
    fn look(&mut self, line: u32) {
        if line == NONE {
            self.saw_end = true;
            return;
        }
        let looked = &mut self.seen.looked;
        if looked.last().is_none_or(|last| last.line < line) {
            looked.push(Looked::at(line));
        }
    }

    /// Notes that no line serves a step where one has to.
    fn note_depth(&mut self, step: usize, line: u32) {
        let lines = self.seen.bound.len();
        if lines >= self.deepest.lines {
            self.deepest = Deepest { lines, step, line };
        }
    }

    /// Whether a match from a line is the end of another one, so that it finds nothing more: the line
    /// serves a step there, none before it, and the steps from it on are enough.
    fn is_end_of(&mut self, other: &[Bound], line: u32) -> bool {
        let Some(at) = other.iter().position(|bound| bound.line == line) else {
            return false;
        };
        let (before, end) = other.split_at(at);
        let step = end[0].step;
        let Some(before) = before.last() else {
            return false;
        };
        !self.block.copies
            && self.block.is_enough(end)
            && (before.step < step || self.has_all_of(step, other))
            && !self.serves_before(step, line)
    }

    /// Whether a match has all lines running that serve a step. Where it has as many as the step may have,
    /// or has given some back, a match from one of them on might have others.
    fn has_all_of(&mut self, step: u32, bound: &[Bound]) -> bool {
        let mut of_step = bound.iter().filter(|bound| bound.step == step);
        let count = of_step.clone().count();
        let last = of_step.next_back();
        let behind = last.map_or(NONE, |last| self.page.next(last.line));
        count < self.block.steps[step as usize].repeat as usize
            && (behind == NONE || self.serves(step as usize, behind).is_none())
    }

    /// Whether the line may follow the one matched before it.
    fn is_near(&self, line: u32) -> bool {
        let Some(before) = self.seen.bound.last() else {
            return true;
        };
        self.block.gaps >> before.step & 1 == 1 || !self.page.blank_before(line)
    }

    /// Whether a literal says that the line serves a step; `None` if it does not serve it.
    #[inline(always)]
    fn serves(&mut self, at: usize, line: u32) -> Option<bool> {
        let Attempt { block, page, .. } = *self;
        let own = 1 << at;
        let (steps, unknown) = self.steps(line);
        if steps.all & own != 0 {
            return Some(steps.by_literals & own != 0);
        }
        if unknown & own == 0 {
            return None;
        }
        let mut looked = self.seen.looked.iter_mut().rev();
        if let Some(looked) = looked.find(|looked| looked.line == line) {
            looked.asked = true;
        }
        block.serves_by_itself(at, page, line, steps.is_known, self.seen)
    }

    /// How many steps from this one on may be missing of which the line that was asked for last is none.
    #[inline]
    fn missing(&self, at: usize, line: u32) -> u32 {
        if self.steps.0 != line || at >= self.block.end {
            return 0;
        }
        let (_, served, unknown) = self.steps;
        let missing = self.block.optional & !served.all & !unknown;
        (!(missing >> at)).trailing_zeros()
    }

    /// Whether the line serves a step before this one.
    fn serves_before(&mut self, step: u32, line: u32) -> bool {
        let Attempt { block, page, .. } = *self;
        let before = (1 << step) - 1;
        let (steps, unknown) = self.steps(line);
        let serves = |at| {
            block
                .serves_by_itself(at, page, line, steps.is_known, self.seen)
                .is_some()
        };
        steps.all & before != 0 || of(unknown & before).any(serves)
    }

    /// What the line serves of the block, and the steps of which that is not known.
    #[inline(always)]
    fn steps(&mut self, line: u32) -> (served::Steps, Steps) {
        if self.steps.0 != line {
            let steps = self.seen.known.steps(self.page, line, self.block.number);
            self.steps = (line, steps, self.block.unknown(steps));
        }
        (self.steps.1, self.steps.2)
    }
}
