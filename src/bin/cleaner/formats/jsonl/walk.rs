//! A record read without serde_json, which takes several times as long: for records that are as
//! nearly all are. Whatever is not is left to serde_json, also to say what is wrong with it.

use std::ops::Range;

use super::literal::{self, Room};
use super::{Fields, Found, Looked, Slot};

/// Arrays and objects inside of one another; more are left to serde_json.
const DEPTH: u32 = 16;

/// A walk along a record. Every step is `None` where it leaves the record to serde_json.
pub struct Walk<'a, 'w> {
    line: &'a [u8],
    at: usize,
    fields: &'w Fields,
    room: &'w mut Room,
    found: Found<'a>,
    depth: u32,
}

impl<'a, 'w> Walk<'a, 'w> {
    pub fn new(line: &'a [u8], fields: &'w Fields, room: &'w mut Room) -> Walk<'a, 'w> {
        Walk {
            line,
            at: 0,
            fields,
            room,
            found: Found::new(line),
            depth: 0,
        }
    }

    /// What the record has of the fields, with what its text stands for in the room. Its UTF-8 is not
    /// looked at.
    pub fn found(mut self) -> Option<Found<'a>> {
        self.blank();
        self.object(Some(""))?;
        self.blank();
        let is_text = self.found.literal().is_some();
        (self.at == self.line.len() && is_text && !self.found.added).then_some(self.found)
    }

    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Goes on if this comes next.
    fn skip(&mut self, word: &[u8]) -> Option<()> {
        self.line[self.at..]
            .starts_with(word)
            .then(|| self.at += word.len())
    }

    /// An object; `below`: what its keys are below in paths, if they are in any.
    fn object(&mut self, below: Option<&'w str>) -> Option<()> {
        self.inside(b"{", b'}', |walk| {
            let key = walk.string()?;
            let key = walk.line.get(key.start + 1..key.end - 1)?;
            // It may be another one than it is written as.
            if key.contains(&b'\\') {
                return None;
            }
            walk.blank();
            walk.skip(b":")?;
            walk.blank();
            let looked = below.map_or(Looked::Nothing, |below| walk.fields.look(below, key));
            match looked {
                Looked::Slot(slot) => walk.slot(slot),
                Looked::Below(below) if walk.peek() == Some(b'{') => walk.object(Some(below)),
                _ => walk.value(),
            }
        })
    }

    /// What is between two braces or brackets, each with a comma before the next one.
    fn inside(
        &mut self,
        begin: &[u8],
        end: u8,
        mut each: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.skip(begin)?;
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        self.blank();
        if self.peek()? != end {
            loop {
                each(self)?;
                self.blank();
                if self.peek()? == end {
                    break;
                }
                self.skip(b",")?;
                self.blank();
            }
        }
        self.at += 1;
        self.depth -= 1;
        Some(())
    }

    /// A value that is looked for.
    fn slot(&mut self, slot: Slot) -> Option<()> {
        let start = self.at;
        if slot == Slot::Text && self.peek()? == b'"' {
            self.at = self.room.unescape(self.line, start + 1)? + 1;
        } else {
            self.value()?;
        }
        self.found.take(slot, start..self.at).ok()
    }

    fn value(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' => self.object(None),
            b'[' => self.inside(b"[", b']', Self::value),
            b't' => self.skip(b"true"),
            b'f' => self.skip(b"false"),
            b'n' => self.skip(b"null"),
            _ => self.number(),
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        self.skip(b"\"")?;
        self.at = literal::end(self.line, self.at)? + 1;
        Some(start..self.at)
    }

    fn number(&mut self) -> Option<()> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}
