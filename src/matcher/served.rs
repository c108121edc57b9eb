//! Which line rules and which steps of blocks each line serves.

use super::lookup::Hit;
use super::{MAYBE, STEP, block_step};
use crate::page::{NONE, Page};

/// What one look-up of each line found, for as long as the line stays as it is: several blocks, passes
/// and attempts ask about the same line.
#[derive(Debug, Default)]
pub(crate) struct Served {
    entries: Vec<Entry>,
    lines: Vec<Hit>,
    steps: Vec<StepHits>,
}

/// What one line serves.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where the next line's begin, and so where its own end.
    lines: u32,
    steps: u32,
    /// The place of the line in the memory; `NONE` if it is not remembered.
    place: u32,
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
        self.entries.push(Entry {
            lines: 0,
            steps: 0,
            place: NONE,
        });
    }

    /// Keeps what a line serves, and its place in the memory.
    pub(super) fn add(
        &mut self,
        page: &Page,
        line: u32,
        lines: &[Hit],
        steps: &[StepHits],
        place: u32,
    ) {
        page.set_entry(line, self.entries.len() as u32);
        self.lines.extend_from_slice(lines);
        self.steps.extend_from_slice(steps);
        self.entries.push(Entry {
            lines: self.lines.len() as u32,
            steps: self.steps.len() as u32,
            place,
        });
    }

    /// The line rules that a line serves.
    #[inline]
    pub(super) fn lines(&self, page: &Page, line: u32) -> &[Hit] {
        match self.entry(page, line) {
            Some([before, own]) => &self.lines[before.lines as usize..own.lines as usize],
            None => &[],
        }
    }

    /// The steps of blocks that a line serves.
    #[inline]
    pub(super) fn all_steps(&self, page: &Page, line: u32) -> &[StepHits] {
        match self.entry(page, line) {
            Some([before, own]) => &self.steps[before.steps as usize..own.steps as usize],
            None => &[],
        }
    }

    /// The steps of a block that a line serves, as far as they are looked up.
    #[inline]
    pub(super) fn steps(&self, page: &Page, line: u32, block: usize) -> Steps {
        let mut steps = self.all_steps(page, line).iter();
        let hits = steps.find(|hits| hits.block as usize == block);
        let notes = page.notes(line);
        Steps {
            all: hits.map_or(0, |hits| hits.all),
            by_literals: hits.map_or(0, |hits| hits.by_literals),
            is_known: notes != 0 && (notes & MAYBE == 0 || page.entry(line) != NONE),
        }
    }

    /// The place of a line in the memory; `NONE` if it is not remembered.
    pub(super) fn place(&self, page: &Page, line: u32) -> u32 {
        self.entry(page, line).map_or(NONE, |[_, own]| own.place)
    }

    /// What is kept of a line, and of the one that was looked up before it.
    #[inline]
    fn entry(&self, page: &Page, line: u32) -> Option<[Entry; 2]> {
        let own = page.entry(line) as usize;
        let entry = self.entries.get(own)?;
        Some([self.entries[own - 1], *entry])
    }
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
