//! What lines are that were looked up before: most boilerplate is the same on every page.

use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::sync::OnceCell;

use super::gate::SPREAD;
use super::lookup::{Hit, key};
use super::replay::Replays;
use super::served::StepHits;
use crate::page::NONE;
use crate::text::{Edges, first_edge, last_edge};

/// Lines that serve something, each at one of two places that its first and last bytes and its length
/// tell. The first line that comes to a place has it for good.
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

/// A line as it is, and what it serves.
#[derive(Debug)]
pub(crate) struct Remembered {
    content: Box<[u8]>,
    pub(crate) lines: Box<[Hit]>,
    pub(crate) steps: Box<[StepHits]>,
    /// What the matcher notes of a line that serves these.
    pub(crate) notes: u16,
    /// Which questions were asked of it, and to which of these the answer is yes: a bit for each.
    asked: AtomicU64,
    yes: AtomicU64,
    /// What came of attempts from it.
    pub(super) replays: Replays,
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

    /// How many places there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The line at a place.
    #[inline]
    pub(crate) fn at(&self, place: u32) -> Option<&Remembered> {
        let known = self.places.get(place as usize)?.get()?;
        Some(&known.line)
    }

    /// The place of a line, and the line if it is remembered.
    #[inline]
    pub(crate) fn get(&self, content: &[u8]) -> Option<(u32, &Remembered)> {
        let hash = hash(content);
        let place = self.place(hash);
        self.known_at(place, hash, content)
            .or_else(|| self.known_at(place ^ 1, hash, content))
    }

    #[inline]
    fn known_at(&self, place: u32, hash: u64, content: &[u8]) -> Option<(u32, &Remembered)> {
        let known = self.places.get(place as usize)?.get()?;
        (known.hash == hash && *known.line.content == *content).then_some((place, &*known.line))
    }

    /// Remembers what a line serves; the place of the line if it has it now.
    pub(crate) fn keep(
        &self,
        content: &[u8],
        lines: &[Hit],
        steps: &[StepHits],
        notes: u16,
    ) -> Option<u32> {
        if content.len() > SHORT {
            return None;
        }
        let hash = hash(content);
        let remembered = || Place {
            hash,
            line: Box::new(Remembered {
                content: content.into(),
                lines: lines.into(),
                steps: steps.into(),
                notes,
                asked: AtomicU64::new(0),
                yes: AtomicU64::new(0),
                replays: Replays::default(),
            }),
        };
        // Other lines, or another thread, may have been faster.
        let place = self.place(hash);
        for place in [place, place ^ 1] {
            let known = self.places.get(place as usize)?;
            known.get_or_init(remembered);
            if let Some((place, _)) = self.known_at(place, hash, content) {
                return Some(place);
            }
        }
        None
    }

    /// The place of a line of this hash.
    #[inline]
    fn place(&self, hash: u64) -> u32 {
        // There is room for a power of two, or for none.
        let last = (self.places.len() as u32).wrapping_sub(1);
        spread(hash) & last
    }
}

impl Remembered {
    /// The answer to a question, by its number, that is always the same of a line.
    pub(crate) fn answer(&self, question: u32, ask: impl FnOnce() -> bool) -> bool {
        if question >= QUESTIONS {
            return ask();
        }
        let bit = 1 << question;
        if self.asked.load(Ordering::Acquire) & bit != 0 {
            return self.yes.load(Ordering::Relaxed) & bit != 0;
        }
        let yes = ask();
        if yes {
            self.yes.fetch_or(bit, Ordering::Relaxed);
        }
        self.asked.fetch_or(bit, Ordering::Release);
        yes
    }
}

/// The line of a page that came last to each place: of lines that stand again and again one is looked
/// up. It may be one of an earlier page.
#[derive(Debug)]
pub(crate) struct Twins(Box<[u32; TWINS]>);

/// So many that a thousand lines seldom share places.
const TWINS: usize = 4096;

impl Default for Twins {
    fn default() -> Twins {
        Twins(Box::new([NONE; TWINS]))
    }
}

impl Twins {
    /// The line that may be equal to one, which comes to its place.
    #[inline]
    pub(crate) fn replace(&mut self, content: &[u8], line: u32) -> u32 {
        let place = spread(hash(content)) as usize % TWINS;
        std::mem::replace(&mut self.0[place], line)
    }
}

/// Few lines that are looked up have both edges and the length in common.
#[inline]
fn hash(content: &[u8]) -> u64 {
    let edges = Edges {
        first: first_edge(content),
        last: last_edge(content),
    };
    key(edges) ^ content.len() as u64
}

/// A number of which all bits depend on those of a hash.
#[inline]
fn spread(hash: u64) -> u32 {
    (hash.wrapping_mul(SPREAD) >> 32) as u32
}
