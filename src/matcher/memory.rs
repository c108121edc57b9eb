//! What lines are that were looked up before: most boilerplate is the same on every page.

use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::sync::OnceCell;

use super::gate::SPREAD;
use super::lookup::{Hit, key};
use super::served::StepHits;
use crate::page::NONE;
use crate::text::Edges;

/// Lines that serve something, each at the place that its edges and its length tell. The first line
/// that comes to a place has it for good.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    places: Box<[OnceCell<Place>]>,
}

/// How many lines are remembered at most, for each literal or pattern, and of how many bytes.
const MOST: usize = 2048;
const OF_EACH: usize = 4;
const SHORT: usize = 1024;

/// A line that is remembered; its hash tells nearly all others.
#[derive(Debug)]
struct Place {
    hash: u64,
    line: Box<Remembered>,
}

/// A line as it is without surrounding white space and bullet, and what it serves.
#[derive(Debug)]
pub(crate) struct Remembered {
    text: Box<str>,
    pub(crate) lines: Box<[Hit]>,
    pub(crate) steps: Box<[StepHits]>,
    /// Which questions were asked of it, and to which of these the answer is yes: a bit for each.
    asked: AtomicU64,
    yes: AtomicU64,
}

/// How many questions there are.
const QUESTIONS: u32 = 64;

impl Memory {
    /// Room for the lines of so many literals and patterns. There may be thousands of outlets of few
    /// rules.
    pub(crate) fn of(known: usize) -> Memory {
        let room = (OF_EACH * known).next_power_of_two().min(MOST);
        Memory {
            places: std::iter::repeat_with(OnceCell::new).take(room).collect(),
        }
    }

    /// The place of a line; `NONE` if it has none.
    #[inline]
    pub(crate) fn place(&self, bare: &str, edges: Edges) -> u32 {
        if bare.len() > SHORT || self.places.is_empty() {
            return NONE;
        }
        let mixed = hash(bare, edges).wrapping_mul(SPREAD) >> 32;
        // There is room for a power of two.
        mixed as u32 & (self.places.len() as u32 - 1)
    }

    /// The line, if it is the one at its place.
    #[inline]
    pub(crate) fn get(&self, place: u32, bare: &str, edges: Edges) -> Option<&Remembered> {
        let known = self.places.get(place as usize)?.get()?;
        (known.hash == hash(bare, edges) && *known.line.text == *bare).then_some(&*known.line)
    }

    /// Remembers what a line serves; whether it is the line at its place now.
    pub(crate) fn keep(
        &self,
        place: u32,
        bare: &str,
        edges: Edges,
        lines: &[Hit],
        steps: &[StepHits],
    ) -> bool {
        let Some(known) = self.places.get(place as usize) else {
            return false;
        };
        // Another line, or another thread, may have been faster.
        known.get_or_init(|| Place {
            hash: hash(bare, edges),
            line: Box::new(Remembered {
                text: bare.into(),
                lines: lines.into(),
                steps: steps.into(),
                asked: AtomicU64::new(0),
                yes: AtomicU64::new(0),
            }),
        });
        self.get(place, bare, edges).is_some()
    }

    /// The answer to a question, by its number, that is always the same of the line at a place.
    pub(crate) fn answer(&self, place: u32, question: u32, ask: impl FnOnce() -> bool) -> bool {
        let known = self.places.get(place as usize);
        let Some(known) = known
            .and_then(OnceCell::get)
            .filter(|_| question < QUESTIONS)
        else {
            return ask();
        };
        let (line, bit) = (&known.line, 1 << question);
        if line.asked.load(Ordering::Acquire) & bit != 0 {
            return line.yes.load(Ordering::Relaxed) & bit != 0;
        }
        let yes = ask();
        if yes {
            line.yes.fetch_or(bit, Ordering::Relaxed);
        }
        line.asked.fetch_or(bit, Ordering::Release);
        yes
    }
}

/// Few lines that are looked up have both edges and the length in common.
#[inline]
fn hash(bare: &str, edges: Edges) -> u64 {
    key(edges) ^ bare.len() as u64
}
