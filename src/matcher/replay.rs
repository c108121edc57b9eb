//! Attempts of blocks that were made before on the same lines: most boilerplate stands on every page, with
//! the same lines around it.

use once_cell::race::OnceBox;

use super::block::Bound;
use super::served::{Known, is_known};
use crate::page::{NONE, Page};

/// The first attempts from a line that is remembered, of any block.
#[derive(Debug, Default)]
pub(super) struct Replays([OnceBox<Replay>; ROOM]);

/// So many attempts are kept for a line, each of at most so many lines.
const ROOM: usize = 4;
const MOST: usize = 32;

/// An attempt, and all that it depends on.
#[derive(Debug)]
pub(super) struct Replay {
    block: usize,
    /// What it looked at behind its first line, in order.
    sights: Box<[Sight]>,
    /// Whether the block matches there, and with which lines, by their number among those looked at.
    pub(super) matches: bool,
    bound: Box<[Bound]>,
    /// How often a line was tried against a step.
    pub(super) tries: u32,
}

/// A line that an attempt looked at.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) line: u32,
    /// Whether the line itself was asked for something, and not only what was looked up of it.
    pub(super) asked: bool,
}

impl Looked {
    /// A line that has not been asked for anything itself.
    #[inline]
    pub(super) fn at(line: u32) -> Looked {
        Looked { line, asked: false }
    }
}

/// A line as an attempt sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sight {
    what: What,
    /// Whether a blank line stands before it.
    is_apart: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    /// The end of the page.
    End,
    /// A line that was looked up and serves nothing of the block.
    Nothing,
    /// The line at this place of the memory.
    Remembered(u32),
}

impl Sight {
    const END: Sight = Sight {
        what: What::End,
        is_apart: false,
    };
}

impl Replays {
    /// The attempt of a block on the same lines as those from this one on, if there was one; `lines`:
    /// gets to be the lines that it looked at.
    pub(super) fn find(
        &self,
        block: usize,
        page: &Page,
        start: u32,
        known: Known,
        lines: &mut Vec<Looked>,
    ) -> Option<&Replay> {
        let made = self.0.iter().map_while(OnceBox::get);
        let mut of_block = made.filter(|replay| replay.block == block);
        of_block.find(|replay| replay.is_of(page, start, known, lines))
    }

    /// Keeps an attempt that looked at these lines, and at the end of the page if `saw_end`, if there is
    /// room and it depends on nothing else.
    #[inline(never)]
    pub(super) fn keep(
        &self,
        block: usize,
        page: &Page,
        known: Known,
        lines: &[Looked],
        saw_end: bool,
        (matches, bound, tries): (bool, &[Bound], u32),
    ) {
        let [.., last] = &self.0;
        let is_own =
            |looked: &Looked| looked.asked && known.remembered(page, looked.line).is_none();
        if last.get().is_some() || lines.len() > MOST || lines.iter().any(is_own) {
            return;
        }
        let sight = |looked: &Looked| {
            let (entry, notes) = page.entry_and_notes(looked.line);
            let serves_none = known.steps(page, looked.line, block).all == 0;
            let what = match known.remembered(page, looked.line) {
                _ if !looked.asked && serves_none && is_known(entry, notes) => What::Nothing,
                Some(_) => What::Remembered(entry),
                None => return None,
            };
            let is_apart = page.blank_before(looked.line);
            Some(Sight { what, is_apart })
        };
        let sights: Option<Vec<Sight>> = lines.iter().skip(1).map(sight).collect();
        let Some(mut sights) = sights else { return };
        if saw_end {
            sights.push(Sight::END);
        }
        let number = |line: u32| lines.iter().position(|looked| looked.line == line);
        let bound = bound.iter().map(|bound| {
            let line = number(bound.line)? as u32;
            Some(Bound { line, ..*bound })
        });
        let Some(bound) = bound.collect() else { return };
        let mut replay = Box::new(Replay {
            block,
            sights: sights.into(),
            matches,
            bound,
            tries,
        });
        for place in &self.0 {
            match place.set(replay) {
                Ok(()) => return,
                Err(back) => replay = back,
            }
        }
    }
}

impl Replay {
    /// Whether the attempt would be the same from a line on.
    fn is_of(&self, page: &Page, start: u32, known: Known, lines: &mut Vec<Looked>) -> bool {
        lines.clear();
        let mut line = start;
        for sight in &self.sights {
            lines.push(Looked::at(line));
            line = page.next(line);
            if line == NONE {
                return *sight == Sight::END;
            }
            let (entry, notes) = page.entry_and_notes(line);
            let is_same = match sight.what {
                What::End => false,
                What::Remembered(place) => entry == place,
                What::Nothing => {
                    is_known(entry, notes) && known.steps(page, line, self.block).all == 0
                }
            };
            if !is_same || sight.is_apart != page.blank_before(line) {
                return false;
            }
        }
        lines.push(Looked::at(line));
        true
    }

    /// The lines that the block matches with, of these that were looked at.
    pub(super) fn bound(&self, lines: &[Looked]) -> impl Iterator<Item = Bound> {
        self.bound.iter().map(|bound| {
            let line = lines[bound.line as usize].line;
            Bound { line, ..*bound }
        })
    }
}
