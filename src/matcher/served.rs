//! Which line rules and which steps of blocks each line serves.

use super::lookup::How;
use crate::text::NONE;

/// What one look-up of each line found, for as long as the line stays as it is: several blocks, passes
/// and attempts ask about the same line.
#[derive(Debug)]
pub(crate) struct Served<'m> {
    /// The first entry of each line, by index.
    first: Vec<u32>,
    entries: Vec<Entry<'m>>,
    /// Whether fields are read out of what is found.
    pub(super) fields: bool,
}

/// The entry of a line that was not looked up.
const UNKNOWN: u32 = NONE - 1;

#[derive(Debug)]
struct Entry<'m> {
    asker: u32,
    how: How<'m>,
    /// The next entry of the line; `NONE` behind the last.
    next: u32,
}

impl<'m> Served<'m> {
    /// Nothing is known yet of any of so many lines.
    pub(crate) fn new(lines: u32, fields: bool) -> Served<'m> {
        Served {
            fields,
            first: vec![UNKNOWN; lines as usize],
            entries: Vec::with_capacity(32),
        }
    }

    pub(super) fn is_known(&self, line: u32) -> bool {
        self.first[line as usize] != UNKNOWN
    }

    /// Forgets what is known of a line, which is looked up now.
    pub(super) fn begin(&mut self, line: u32) {
        self.first[line as usize] = NONE;
    }

    /// Adds that a line serves what asks by this number.
    pub(super) fn add(&mut self, line: u32, asker: u32, how: How<'m>) {
        let first = &mut self.first[line as usize];
        self.entries.push(Entry {
            asker,
            how,
            next: *first,
        });
        *first = self.entries.len() as u32 - 1;
    }

    fn entries(&self, line: u32) -> impl Iterator<Item = &Entry<'m>> {
        let entry = |at: u32| self.entries.get(at as usize);
        let first = entry(self.first[line as usize]);
        std::iter::successors(first, move |last| entry(last.next))
    }

    /// Who asks for a line that is known, one as often as it is served, and how it serves them.
    pub(super) fn of(&self, line: u32) -> impl Iterator<Item = (u32, How<'m>)> {
        self.entries(line).map(|entry| (entry.asker, entry.how))
    }

    /// Whether a line that is known serves what asks by this number.
    pub(super) fn serves(&self, line: u32, asker: u32) -> bool {
        self.entries(line).any(|entry| entry.asker == asker)
    }

    /// How a line serves what asks by this number; `None` where that is not known: it was not
    /// looked up, or serves it in several ways.
    pub(super) fn how(&self, line: u32, asker: u32) -> Option<Option<How<'m>>> {
        if !self.is_known(line) {
            return None;
        }
        let mut ways = self.entries(line).filter(|entry| entry.asker == asker);
        let first = ways.next();
        match ways.next() {
            None => Some(first.map(|entry| entry.how)),
            Some(_) => None,
        }
    }
}
