//! Which line rules and which steps of blocks each line serves.

use super::lookup::Hit;
use super::memory::{Memory, Remembered};
use super::{MAYBE, STEP, block_step};
use crate::page::{NONE, Page};

/// What one look-up of each line found that is not remembered, for as long as the line stays as it is:
/// several blocks, passes and attempts ask about the same line.
#[derive(Debug, Default)]
pub(crate) struct Served {
    entries: Vec<Entry>,
    lines: Vec<Hit>,
    steps: Vec<StepHits>,
}

/// Where what one line serves ends; it begins where that of the line looked up before it ends.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    lines: u32,
    steps: u32,
}

/// What is known of the lines of a page: [`Page::entry`] is a place in the memory or, behind these, one
/// among what was served.
#[derive(Clone, Copy)]
pub(crate) struct Known<'k> {
    pub(super) served: &'k Served,
    pub(super) memory: &'k Memory,
}

/// The steps of one block that a line serves: a bit for each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StepHits {
    pub(super) block: u32,
    pub(super) all: u64,
    /// Those of which a literal says so.
    pub(super) by_literals: u64,
}

/// The same of a line and a block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    pub(super) all: u64,
    pub(super) by_literals: u64,
    /// Whether the line was looked up.
    pub(super) is_known: bool,
}

impl Served {
    /// Forgets what is known of the lines of another page.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.steps.clear();
        self.entries.clear();
        self.entries.push(Entry::default());
    }

    /// Keeps what a line serves; returns its place behind those of the memory.
    pub(super) fn add(&mut self, lines: &[Hit], steps: &[StepHits], memory: &Memory) -> u32 {
        self.lines.extend_from_slice(lines);
        self.steps.extend_from_slice(steps);
        self.entries.push(Entry {
            lines: self.lines.len() as u32,
            steps: self.steps.len() as u32,
        });
        (memory.len() + self.entries.len() - 1) as u32
    }

    /// What the line at a place serves; nothing at places that there are not.
    #[inline(never)]
    fn get(&self, place: usize) -> (&[Hit], &[StepHits]) {
        let before = place.checked_sub(1).and_then(|at| self.entries.get(at));
        match (before, self.entries.get(place)) {
            (Some(before), Some(own)) => (
                &self.lines[before.lines as usize..own.lines as usize],
                &self.steps[before.steps as usize..own.steps as usize],
            ),
            _ => (&[], &[]),
        }
    }
}

impl<'k> Known<'k> {
    /// The line rules that a line serves.
    pub(super) fn lines(self, page: &Page, line: u32) -> &'k [Hit] {
        match self.remembered(page, line) {
            Some(known) => &known.lines,
            None => self.served.get(self.own(page.entry(line))).0,
        }
    }

    /// The steps of blocks that a line serves.
    #[inline]
    pub(super) fn all_steps(self, page: &Page, line: u32) -> &'k [StepHits] {
        self.steps_at(page.entry(line))
    }

    /// The steps of a block that a line serves, as far as they are looked up.
    #[inline]
    pub(super) fn steps(self, page: &Page, line: u32, block: usize) -> Steps {
        let (entry, notes) = page.entry_and_notes(line);
        let is_known = is_known(entry, notes);
        let mut steps = self.steps_at(entry).iter();
        match steps.find(|hits| hits.block as usize == block) {
            Some(&StepHits {
                all, by_literals, ..
            }) => Steps {
                all,
                by_literals,
                is_known,
            },
            None => Steps {
                is_known,
                ..Steps::default()
            },
        }
    }

    /// The line in the memory, if it is remembered.
    #[inline]
    pub(super) fn remembered(self, page: &Page, line: u32) -> Option<&'k Remembered> {
        self.memory.at(page.entry(line))
    }

    #[inline]
    fn steps_at(self, entry: u32) -> &'k [StepHits] {
        match self.memory.at(entry) {
            _ if entry == NONE => &[],
            Some(known) => &known.steps,
            None => self.served.get(self.own(entry)).1,
        }
    }

    /// The place of a line that is not remembered.
    fn own(self, entry: u32) -> usize {
        (entry as usize).saturating_sub(self.memory.len())
    }
}

/// Whether a line with this entry and these notes was looked up.
#[inline]
pub(super) fn is_known(entry: u32, notes: u16) -> bool {
    notes != 0 && (notes & MAYBE == 0 || entry != NONE)
}

/// Parts hits into those of line rules, and those of steps, which are put together by their blocks.
pub(super) fn part(hits: &[Hit], lines: &mut Vec<Hit>, steps: &mut Vec<StepHits>) {
    lines.clear();
    steps.clear();
    for &hit in hits {
        if hit.asker < STEP {
            lines.push(hit);
            continue;
        }
        let (block, step) = block_step(hit.asker);
        let known = steps.iter().position(|hits| hits.block as usize == block);
        let at = known.unwrap_or(steps.len());
        if known.is_none() {
            steps.push(StepHits {
                block: block as u32,
                ..StepHits::default()
            });
        }
        steps[at].all |= 1 << step;
        steps[at].by_literals |= u64::from(hit.is_literal()) << step;
    }
}
