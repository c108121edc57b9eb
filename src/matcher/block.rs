//! Consecutive lines.

use std::ops::Deref;
use std::sync::Arc;

use once_cell::sync::OnceCell;

use super::likeness::alike;
use super::line;
use super::lookup::{How, Wanted};
use super::pattern::{Pattern, Patterns};
use super::served::Served;
use super::{Find, RuleIndex};
use crate::error::{Problem, SourceFile};
use crate::schema::{self, BlockRule, Texts};
use crate::text::{MAX_LINE, NONE, Page};

/// The most non-blank lines that a block spans, `rest` aside. It bounds what a change of the page
/// can make match.
pub(crate) const SPAN: u32 = 128;
/// The most lines that are tried against steps from one start: a block that goes forth and back
/// more than this is none.
const TRIES: u32 = 4096;
/// The share of words that a nearly equal copy has in common with the line it copies.
const SAME: f64 = 0.8;

/// A compiled block rule.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) rule: RuleIndex,
    steps: Vec<Step>,
    least: usize,
    span: u32,
    /// The steps that a match may begin with.
    leading: Steps,
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
    /// The number by which it is looked up; `NONE` if it is not.
    asker: u32,
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
    /// Whether a line may serve it: cheap, and no only if it cannot.
    fn may_serve(&self, page: &Page, line: u32, served: &Served) -> bool {
        match &self.what {
            What::Wanted(_) if self.asker != NONE && served.is_known(line) => {
                served.serves(line, self.asker)
            }
            What::Wanted(wanted) => wanted.may_match(page.edges(line), page.bare_length(line)),
            What::Title => page.is_title(line),
            What::Line(most) => page.is_within(line, *most),
            What::Same(_) => true,
            What::Rest => false,
        }
    }

    /// What it wants, if that is literals or patterns.
    fn wanted(&self) -> Option<&Deferred> {
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
    Wanted(Box<Deferred>),
    Line(usize),
    Title,
    Same(usize),
    Rest,
}

/// What a step wants, compiled when it is asked for the first time: most pages have few lines near
/// which a block may be, and most steps are never asked.
#[derive(Debug)]
struct Deferred {
    text: Texts,
    pattern: Texts,
    source: Arc<SourceFile>,
    patterns: Arc<Patterns>,
    wanted: OnceCell<Wanted>,
}

impl Deferred {
    /// With patterns that are compiled at once it is too, which finds what is wrong with it.
    fn new(
        step: &schema::Step,
        source: &Arc<SourceFile>,
        patterns: &Arc<Patterns>,
        problems: &mut Vec<Problem>,
    ) -> Deferred {
        let deferred = Deferred {
            text: step.text.clone(),
            pattern: step.pattern.clone(),
            source: source.clone(),
            patterns: patterns.clone(),
            wanted: OnceCell::new(),
        };
        if patterns.at_once {
            deferred.compile(problems);
        }
        deferred
    }

    #[cold]
    fn compile(&self, problems: &mut Vec<Problem>) -> &Wanted {
        let compile = || {
            let Deferred {
                text,
                pattern,
                source,
                patterns,
                ..
            } = self;
            Wanted::compile(text, pattern, source, patterns, problems)
        };
        self.wanted.get_or_init(compile)
    }

    /// The least that its weight may be, which is known before it is compiled.
    fn least_weight(&self) -> usize {
        self.text.len() + Pattern::LEAST_WEIGHT * self.pattern.len()
    }
}

impl Deref for Deferred {
    type Target = Wanted;

    #[inline]
    fn deref(&self) -> &Wanted {
        match self.wanted.get() {
            Some(wanted) => wanted,
            // What is wrong was found when the file was read.
            None => self.compile(&mut Vec::new()),
        }
    }
}

/// One line of a match.
#[derive(Clone, Copy, Debug)]
struct Bound<'m> {
    step: usize,
    line: u32,
    how: Option<How<'m>>,
}

/// The lines at which a block may begin.
#[derive(Debug, PartialEq)]
pub(crate) enum Starts {
    /// Any line.
    Anywhere,
    /// Before a line that serves one of the steps of these indices, or at it.
    Before(Vec<usize>),
}

impl Block {
    pub(crate) fn compile(
        rule: RuleIndex,
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
                _ => What::Wanted(Box::new(Deferred::new(step, source, patterns, problems))),
            },
            optional: step.optional.unwrap_or(false),
            repeat: step.repeat.unwrap_or(1),
            keep: step.keep.unwrap_or(false),
            gap: step.gap.unwrap_or(gap) && gap,
            before: 0,
            asker: NONE,
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
        let span = steps.iter().map(|step| step.repeat).sum::<u32>().min(SPAN);
        Block {
            rule,
            steps,
            least,
            span,
            leading,
        }
    }

    /// The steps that want literals or patterns.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = (usize, &Wanted)> {
        self.deferred().map(|(at, wanted)| (at, &**wanted))
    }

    fn deferred(&self) -> impl Iterator<Item = (usize, &Deferred)> {
        let steps = self.steps.iter().enumerate();
        steps.filter_map(|(at, step)| Some((at, step.wanted()?)))
    }

    /// What a step wants that is looked up.
    pub(crate) fn looked_up(&self, step: usize) -> Option<&Wanted> {
        self.steps[step].wanted().map(|wanted| &**wanted)
    }

    /// Where it may begin, by the steps of which some line is in every match that takes anything: the
    /// ones that the fewest lines seem to serve.
    pub(crate) fn starts(&self) -> Starts {
        let all = |of: &dyn Fn(&Step) -> bool| -> Vec<usize> {
            let some = self.deferred().filter(|(at, _)| of(&self.steps[*at]));
            some.map(|(at, _)| at).collect()
        };
        let count = |of: &dyn Fn(&Step) -> bool| self.steps.iter().filter(|step| of(step)).count();
        let needed = all(&|step| !step.optional).into_iter();
        let mut some: Vec<Vec<usize>> = needed.map(|step| vec![step]).collect();
        if count(&|step| !step.keep && step.wanted().is_none()) == 0 {
            some.push(all(&|step| !step.keep));
        }
        if count(&|step| matches!(step.what, What::Same(_))) < self.least {
            some.push(all(&|_| true));
        }
        let sum = |steps: &[usize], weight: &dyn Fn(&Deferred) -> usize| -> usize {
            let wanted = steps.iter().filter_map(|&step| self.steps[step].wanted());
            wanted.map(weight).sum()
        };
        // Only what may be the lightest is compiled.
        some.sort_by_key(|steps| sum(steps, &Deferred::least_weight));
        let mut lightest: Option<(usize, Vec<usize>)> = None;
        for steps in some {
            let known = lightest.as_ref().map_or(usize::MAX, |(weight, _)| *weight);
            if sum(&steps, &Deferred::least_weight) >= known {
                break;
            }
            let weight = sum(&steps, &|wanted| wanted.weight());
            if weight < known {
                lightest = Some((weight, steps));
            }
        }
        lightest.map_or(Starts::Anywhere, |(_, steps)| Starts::Before(steps))
    }

    /// Says by which number a step is looked up.
    pub(crate) fn set_asker(&mut self, step: usize, asker: u32) {
        self.steps[step].asker = asker;
    }

    /// Tells the lines at which it may begin if a line serves a step, from that line up, as far as
    /// that is cheap to say.
    pub(crate) fn starts_before(
        &self,
        step: usize,
        mut line: u32,
        page: &Page,
        served: &Served,
        mut start: impl FnMut(u32),
    ) {
        // The steps that the line may serve so that the lines from it on lead to the one served.
        let mut steps: Steps = 1 << step;
        for _ in 0..=self.span {
            if steps & self.leading != 0 {
                start(line);
            }
            let before = page.prev(line);
            if before == NONE || page.length(before) > MAX_LINE {
                return;
            }
            let is_apart = page.blank_before(line);
            let open = of(steps).fold(0, |before, step| before | self.steps[step].before);
            let leads = |&step: &usize| {
                let step = &self.steps[step];
                (step.gap || !is_apart) && step.may_serve(page, before, served)
            };
            steps = of(open)
                .filter(leads)
                .fold(0, |steps, step| steps | 1 << step);
            if steps == 0 {
                return;
            }
            line = before;
        }
    }

    /// Whether lines serve as many steps as have to be there.
    fn is_enough(&self, lines: &[Bound]) -> bool {
        let steps = lines.chunk_by(|one, next| one.step == next.step);
        let is_evidence = |lines: &&[Bound]| self.steps[lines[0].step].is_evidence();
        steps.filter(is_evidence).count() >= self.least
    }

    /// The non-blank lines that a match may span, `rest` aside.
    pub(crate) fn span(&self) -> u32 {
        self.span
    }

    /// Adds what goes if the block begins at this line; `fits` says whether the zone has room for
    /// its first to last line, what `rest` takes aside. Lines are tried in order.
    pub(crate) fn find<'m, 'a>(
        &'m self,
        page: &'a Page<'a>,
        start: u32,
        fits: impl Fn(u32, u32) -> bool,
        tried: &mut Tried<'m>,
        seen: &mut Seen<'m, 'a>,
        finds: &mut Vec<Find>,
    ) {
        if start >= tried.rest {
            return;
        }
        let mut attempt = Attempt::new(self, page, seen);
        if attempt.is_end_of(&tried.last, start) {
            seen.bound = attempt.bound;
            return;
        }
        let matched = attempt.step(0, start, 0);
        attempt.seen.tries += (TRIES - attempt.tries) as usize;
        let mut bound = attempt.bound;
        if let (Some(rest), Some(first), Some(last)) = (matched, bound.first(), bound.last())
            && fits(first.line, last.line)
        {
            let reads = seen.served.fields;
            tried.rest = self.take(page, &bound, (rest, tried.rest), reads, finds);
            tried.last.clear();
            tried.last.extend_from_slice(&bound);
        }
        bound.clear();
        seen.bound = bound;
    }

    /// Adds what goes of a match, behind which the rest begins, of which the lines from `taken` on
    /// have been added already, `NONE` if none; returns from which line on they have been now. `reads`:
    /// whether fields are.
    fn take(
        &self,
        page: &Page,
        bound: &[Bound],
        (rest, taken): (u32, u32),
        reads: bool,
        finds: &mut Vec<Find>,
    ) -> u32 {
        for Bound { step, line, how } in bound {
            if self.steps[*step].keep {
                continue;
            }
            let read = how.filter(|_| reads);
            let fields = read.and_then(|how| line::fields(page, *line, how));
            let literal = matches!(how, Some(How::Literal));
            finds.push(Find {
                rule: self.rule,
                line: *line,
                part: None,
                literal,
                fields,
            });
        }
        let mut line = rest;
        while line < taken {
            finds.push(Find {
                rule: self.rule,
                line,
                part: None,
                literal: false,
                fields: None,
            });
            line = page.next(line);
        }
        rest.min(taken)
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
        let served = Served::new(page.len(), false);
        let mut seen = Seen::new(&served);
        if has_zone {
            let mut start = line;
            for _ in 0..self.span {
                let mut attempt = Attempt::new(self, page, &mut seen);
                let matches = attempt.step(0, start, 0).is_some();
                let mut bound = attempt.bound.iter();
                if let Some(bound) = bound.find(|bound| matches && bound.line == line) {
                    // What stays is not missed.
                    let step = bound.step;
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
        let follows = attempt.step(at, line, 0).is_some();
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
        if found != NONE && attempt.serves(&self.steps[step], found).is_some() {
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
struct Attempt<'m, 'a, 's> {
    block: &'m Block,
    page: &'a Page<'a>,
    bound: Vec<Bound<'m>>,
    tries: u32,
    deepest: Deepest,
    seen: &'s mut Seen<'m, 'a>,
}

/// What has been found of a block in one pass.
pub(crate) struct Tried<'m> {
    /// The line from which on it has taken the rest of the page; `NONE` if it has not.
    rest: u32,
    /// The lines of its last match.
    last: Vec<Bound<'m>>,
}

impl Tried<'_> {
    pub(crate) fn new() -> Self {
        Tried {
            rest: NONE,
            last: Vec::new(),
        }
    }
}

/// What attempts from starts near each other share.
pub(crate) struct Seen<'m, 's> {
    served: &'s Served<'m>,
    /// The lines of one attempt, for the next to use the memory again.
    bound: Vec<Bound<'m>>,
    /// How often a line was tried against a step.
    pub(crate) tries: usize,
}

impl<'m, 's> Seen<'m, 's> {
    pub(crate) fn new(served: &'s Served<'m>) -> Seen<'m, 's> {
        Seen {
            served,
            bound: Vec::with_capacity(16),
            tries: 0,
        }
    }
}

impl<'m, 'a, 's> Attempt<'m, 'a, 's> {
    fn new(
        block: &'m Block,
        page: &'a Page<'a>,
        seen: &'s mut Seen<'m, 'a>,
    ) -> Attempt<'m, 'a, 's> {
        Attempt {
            block,
            page,
            bound: std::mem::take(&mut seen.bound),
            tries: TRIES,
            deepest: Deepest {
                lines: 0,
                step: 0,
                line: NONE,
            },
            seen,
        }
    }

    /// Matches the steps from this one on, of which `taken` lines are matched, with the lines from
    /// this one on; returns where the rest of the page begins, `NONE` where no rest is taken.
    fn step(&mut self, at: usize, line: u32, taken: u32) -> Option<u32> {
        let block = self.block;
        let Some(step) = block.steps.get(at) else {
            return self.is_enough().then_some(NONE);
        };
        if let What::Rest = step.what {
            return self.is_enough().then_some(line);
        }
        self.tries = self.tries.checked_sub(1)?;
        if line != NONE
            && self.bound.len() < SPAN as usize
            && self.is_near(line)
            && let Some(how) = self.serves(step, line)
        {
            self.bound.push(Bound {
                step: at,
                line,
                how,
            });
            let next = self.page.next(line);
            let again = taken + 1 < step.repeat;
            let (at, taken) = if again { (at, taken + 1) } else { (at + 1, 0) };
            if let Some(rest) = self.step(at, next, taken) {
                return Some(rest);
            }
            self.bound.pop();
        }
        if taken > 0 || step.optional {
            // The step's lines end here, or it is missing.
            return self.step(at + 1, line, 0);
        }
        if self.bound.len() >= self.deepest.lines {
            self.deepest = Deepest {
                lines: self.bound.len(),
                step: at,
                line,
            };
        }
        None
    }

    fn is_enough(&self) -> bool {
        self.block.is_enough(&self.bound)
    }

    /// Whether a match from a line is the end of another one, so that it finds nothing more: the line
    /// serves a step there, none before it, and the steps from it on are enough.
    fn is_end_of(&self, other: &[Bound], line: u32) -> bool {
        let Some(at) = other.iter().position(|bound| bound.line == line) else {
            return false;
        };
        let (before, end) = other.split_at(at);
        let step = end[0].step;
        let steps = &self.block.steps;
        // A step that repeats might be served by more lines from here on.
        before.last().is_some_and(|before| before.step < step)
            && !steps.iter().any(|step| matches!(step.what, What::Same(_)))
            && self.block.is_enough(end)
            && !steps[..step]
                .iter()
                .any(|step| self.serves(step, line).is_some())
    }

    /// Whether the line may follow the one matched before it.
    fn is_near(&self, line: u32) -> bool {
        let Some(before) = self.bound.last() else {
            return true;
        };
        self.block.steps[before.step].gap || !self.page.blank_before(line)
    }

    fn serves(&self, step: &'m Step, line: u32) -> Option<Option<How<'m>>> {
        if step.asker != NONE
            && let Some(how) = self.seen.served.how(line, step.asker)
        {
            return how.map(Some);
        }
        let page = self.page;
        if page.length(line) > MAX_LINE {
            return None;
        }
        let serves = match &step.what {
            What::Wanted(wanted) => {
                if !wanted.may_match(page.edges(line), page.bare_length(line)) {
                    return None;
                }
                return wanted.matches(&page.folding(line)).map(Some);
            }
            What::Line(most) => page.is_within(line, *most),
            What::Title => page.is_title(line),
            What::Same(step) => {
                let copied = self.bound.iter().find(|bound| bound.step == *step)?;
                let copied = page.folding(copied.line);
                alike(copied.folded(), page.folding(line).folded(), SAME)
            }
            What::Rest => false,
        };
        serves.then_some(None)
    }
}
