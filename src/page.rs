//! One text while rules look at it: which of its lines are left, and what goes with the blank lines
//! around those that do not.
//!
//! All offsets are bytes. Only `\n`, with a `\r` before it, ends a line.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::line_ends::LineEnds;
use crate::text::{
    Edges, Folding, TITLE, Tip, ends_as_title, is_blank_end, is_odd_start, plain_length, subtract,
    unbulleted,
};

/// A non-blank line.
#[derive(Clone, Debug)]
struct Line {
    /// Its first byte.
    start: usize,
    /// Its bytes without its line end; `NONE` if they are so many or more.
    length: u32,
    /// The neighbours among the lines that are left; `NONE` at both ends of the page.
    prev: u32,
    next: u32,
    /// See [`Page::entry`].
    entry: Cell<u32>,
    /// Its characters when it is folded; `NONE` if they have not been counted.
    width: Cell<u32>,
    /// See [`Page::notes`].
    notes: Cell<u16>,
    /// See [`Page::begin`] and [`Page::end`]; `None` until they have been asked for.
    begin: Cell<Option<Tip>>,
    end: Cell<Option<Tip>>,
    /// Whether folding changes it, once that is known; and whether it is a title.
    is_plain: Cell<Option<bool>>,
    is_title: Cell<Option<bool>>,
    /// What of the following is so.
    state: u8,
}

/// A blank line stands between the line and the one before it that is left.
const BLANK_BEFORE: u8 = 1;
/// The same in the text as it was.
const BLANK_ABOVE: u8 = 2;
/// It went.
const GONE: u8 = 4;
/// It lost parts.
const CUT: u8 = 8;
/// It went, or lost parts, which were put back.
const BACK: u8 = 16;

impl Line {
    #[inline]
    fn is(&self, state: u8) -> bool {
        self.state & state != 0
    }

    /// Its content is another one now.
    fn changes(&self) {
        self.entry.set(NONE);
        self.width.set(NONE);
        self.begin.set(None);
        self.end.set(None);
        self.is_plain.set(None);
        self.is_title.set(None);
    }
}

/// The note of a line of which has been noted what it is, be it nothing; the others are bits of the
/// matcher's own.
pub(crate) const KNOWN: u16 = 1;

/// The index of no line.
pub(crate) const NONE: u32 = u32::MAX;

/// Which ends of a text a page has: it may be a window of a large one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ends {
    pub(crate) head: bool,
    pub(crate) tail: bool,
}

impl Ends {
    pub(crate) const BOTH: Ends = Ends {
        head: true,
        tail: true,
    };
}

/// A text while rules look at it: its non-blank lines, by index, and which of them are left.
#[derive(Debug)]
pub(crate) struct Page<'t> {
    text: &'t str,
    pub(crate) ends: Ends,
    lines: Vec<Line>,
    /// The lines of which more than [`KNOWN`] was noted when the text was split, in order.
    noted: Vec<u32>,
    /// The neighbours of the page's ends.
    first: u32,
    last: u32,
    /// Lines that lost a part, by index.
    cut: BTreeMap<u32, CutLine>,
    /// Whether nothing was taken off.
    whole: bool,
    /// How many bytes are in lines, also in those that are gone.
    bytes: usize,
    /// The edges of a few lines that were asked for them, each with its index.
    edges: [Cell<(u32, Edges)>; NEAR],
}

/// How many lines near each other are asked for their edges again and again.
const NEAR: usize = 16;

/// The memory of a page, for the next one.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    lines: Vec<Line>,
    noted: Vec<u32>,
}

/// The lines for which memory is kept.
pub(crate) const SPARE: usize = 1 << 16;

/// What is left of a line that lost parts.
#[derive(Clone, Debug)]
struct CutLine {
    /// The line as it would be read anew.
    left: String,
    /// The parts of the original text that it is made of, in order, each with its place in `left`.
    pieces: Vec<(usize, Range<usize>)>,
}

impl<'t> Page<'t> {
    /// Splits a text into its lines, of which nothing is noted. Byte order marks at the start of a line
    /// are no part of it; those at the start of the text never go.
    pub(crate) fn new(text: &'t str) -> Page<'t> {
        Page::noting(text, Ends::BOTH, Spare::default(), |_, _, _| (0, NONE))
    }

    /// The same. Of each line, its index, and whether a blank one stands above it, `note` says what is
    /// noted, and its [`entry`](Page::entry), while the line is at hand.
    pub(crate) fn noting(
        text: &'t str,
        ends: Ends,
        spare: Spare,
        mut note: impl FnMut(&'t [u8], u32, bool) -> (u16, u32),
    ) -> Page<'t> {
        let Spare {
            mut lines,
            mut noted,
        } = spare;
        lines.clear();
        noted.clear();
        let all = text.as_bytes();
        let mut start = marks(text);
        let mut state = 0;
        let mut bytes = 0;
        let mut line_ends = LineEnds::of(all);
        loop {
            let (mut end, next) = match line_ends.next() {
                Some(end) => (end, end + 1),
                None if start < all.len() => (all.len(), all.len()),
                None => break,
            };
            // Half of all lines are empty.
            if start == end {
                state = BLANK_BEFORE | BLANK_ABOVE;
                start = next;
                continue;
            }
            let first = all[start];
            if all[end - 1] == b'\r' && next > end {
                end -= 1;
            }
            if is_odd_start(first) {
                if first == 0xEF {
                    start = (start + marks(&text[start..])).min(end);
                }
                let is_blank = start == end || is_blank_end(all[end - 1]);
                if is_blank && text[start..end].trim().is_empty() {
                    state = BLANK_BEFORE | BLANK_ABOVE;
                    start = next;
                    continue;
                }
            }
            let at = lines.len() as u32;
            let line = &all[start..end];
            let (notes, entry) = note(line, at, state != 0);
            if notes > KNOWN {
                noted.push(at);
            }
            bytes += line.len();
            lines.push(Line {
                start,
                length: u32::try_from(line.len()).unwrap_or(NONE),
                prev: at.wrapping_sub(1),
                next: at + 1,
                entry: Cell::new(entry),
                width: Cell::new(NONE),
                notes: Cell::new(notes),
                begin: Cell::new(None),
                end: Cell::new(None),
                is_plain: Cell::new(None),
                is_title: Cell::new(None),
                state,
            });
            state = 0;
            start = next;
        }
        let (mut first, mut last) = (NONE, NONE);
        if let Some(line) = lines.last_mut() {
            line.next = NONE;
            (first, last) = (0, lines.len() as u32 - 1);
        }
        Page {
            text,
            ends,
            lines,
            noted,
            first,
            last,
            cut: BTreeMap::new(),
            whole: true,
            bytes,
            edges: [const { Cell::new((NONE, Edges::NONE)) }; NEAR],
        }
    }

    /// Its memory, where that is worth keeping.
    pub(crate) fn into_spare(self) -> Spare {
        match self.lines.capacity() {
            0..=SPARE => Spare {
                lines: self.lines,
                noted: self.noted,
            },
            _ => Spare::default(),
        }
    }

    /// Joins the lines that are left.
    fn link(&mut self) {
        (self.first, self.last) = (NONE, NONE);
        let mut blank = 0;
        for at in 0..self.lines.len() {
            let prev = self.last;
            let line = &mut self.lines[at];
            if line.is(BLANK_ABOVE) {
                blank = BLANK_BEFORE;
            }
            if line.is(GONE) {
                continue;
            }
            line.state = line.state & !BLANK_BEFORE | std::mem::take(&mut blank);
            line.prev = prev;
            line.next = NONE;
            match prev {
                NONE => self.first = at as u32,
                _ => self.lines[prev as usize].next = at as u32,
            }
            self.last = at as u32;
        }
    }

    /// The text, if no line was taken off and no part of one: what it has not, no line has.
    pub(crate) fn whole_text(&self) -> Option<&'t str> {
        self.whole.then_some(self.text)
    }

    /// The first line that is left, or `NONE`.
    #[inline]
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// The last line that is left, or `NONE`.
    #[inline]
    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    /// How many bytes there were in lines, blank ones not counted.
    pub(crate) fn bytes_of_lines(&self) -> usize {
        self.bytes
    }

    /// How many non-blank lines there were.
    pub(crate) fn count(&self) -> u32 {
        self.lines.len() as u32
    }

    /// The first line that begins at a byte or behind it.
    pub(crate) fn line_at(&self, byte: usize) -> u32 {
        self.lines.partition_point(|line| line.start < byte) as u32
    }

    /// The lines that are left, in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = u32> {
        let some = |line: u32| (line != NONE).then_some(line);
        std::iter::successors(some(self.first), move |&line| some(self.next(line)))
    }

    /// The lines of which more than [`KNOWN`] was noted when the text was split, in order.
    pub(crate) fn noted(&self) -> &[u32] {
        &self.noted
    }

    /// The line that is left after this one, or `NONE`.
    #[inline]
    pub(crate) fn next(&self, line: u32) -> u32 {
        self.lines[line as usize].next
    }

    /// The line that is left before this one, or `NONE`.
    #[inline]
    pub(crate) fn prev(&self, line: u32) -> u32 {
        self.lines[line as usize].prev
    }

    /// Whether a blank line stands between this line and the one before it.
    #[inline]
    pub(crate) fn blank_before(&self, line: u32) -> bool {
        self.lines[line as usize].is(BLANK_BEFORE)
    }

    /// Whether a blank line stands before the line in the text as it was. If one does, one always
    /// will: of the blank lines around a removal some stay.
    #[inline]
    pub(crate) fn blank_above(&self, line: u32) -> bool {
        self.lines[line as usize].is(BLANK_ABOVE)
    }

    /// What the matcher has noted of the line as it is, for the next time it is asked; 0 if nothing is
    /// known of it.
    #[inline]
    pub(crate) fn notes(&self, line: u32) -> u16 {
        self.lines[line as usize].notes.get()
    }

    /// Notes this of a line for the matcher, instead of what was noted.
    #[inline]
    pub(crate) fn set_notes(&self, line: u32, notes: u16) {
        self.lines[line as usize].notes.set(notes);
    }

    /// Where what the line serves is written: a place of the matcher's memory, or behind these one of
    /// the document's own; `NONE` if it was not looked up.
    #[inline]
    pub(crate) fn entry(&self, line: u32) -> u32 {
        self.lines[line as usize].entry.get()
    }

    /// Both of these.
    #[inline]
    pub(crate) fn entry_and_notes(&self, line: u32) -> (u32, u16) {
        let known = &self.lines[line as usize];
        (known.entry.get(), known.notes.get())
    }

    /// Keeps where the matcher has written what the line serves.
    #[inline]
    pub(crate) fn set_entry(&self, line: u32, entry: u32) {
        self.lines[line as usize].entry.set(entry);
    }

    /// Bytes of the line as it is now, without its line end.
    #[inline]
    pub(crate) fn length(&self, line: u32) -> usize {
        let known = &self.lines[line as usize];
        if known.is(CUT) || known.length == NONE {
            return self.odd_content(line).len();
        }
        known.length as usize
    }

    /// Whether two lines are the same to the byte, also in what stood before them, and lost nothing.
    pub(crate) fn are_equal(&self, one: u32, other: u32) -> bool {
        let [a, b] = [one, other].map(|line| self.lines[line as usize].state & !GONE);
        a == b && a & (CUT | BACK) == 0 && self.bytes(one) == self.bytes(other)
    }

    #[inline]
    pub(crate) fn is_gone(&self, line: u32) -> bool {
        self.lines[line as usize].is(GONE)
    }

    /// Whether the line lost parts.
    #[inline]
    pub(crate) fn is_cut(&self, line: u32) -> bool {
        self.lines[line as usize].is(CUT)
    }

    /// Whether the line, or parts of it, went and were put back.
    #[inline]
    pub(crate) fn is_back(&self, line: u32) -> bool {
        self.lines[line as usize].is(BACK)
    }

    /// The line as it is now, without its line end.
    #[inline]
    pub(crate) fn content(&self, line: u32) -> &str {
        let known = &self.lines[line as usize];
        if known.is(CUT) || known.length == NONE {
            return self.odd_content(line);
        }
        &self.text[known.start..known.start + known.length as usize]
    }

    /// The bytes of the line as it is now, without its line end.
    #[inline]
    pub(crate) fn bytes(&self, line: u32) -> &[u8] {
        let known = &self.lines[line as usize];
        if known.is(CUT) || known.length == NONE {
            return self.odd_content(line).as_bytes();
        }
        &self.text.as_bytes()[known.start..known.start + known.length as usize]
    }

    /// What the line as it is now begins with.
    #[inline]
    pub(crate) fn begin(&self, line: u32) -> Tip {
        known_or(&self.lines[line as usize].begin, || {
            Tip::first(self.bytes(line))
        })
    }

    /// What the line as it is now ends with.
    #[inline]
    pub(crate) fn end(&self, line: u32) -> Tip {
        known_or(&self.lines[line as usize].end, || {
            Tip::last(self.content(line))
        })
    }

    /// The same of a line that lost parts, or is long.
    #[cold]
    fn odd_content(&self, line: u32) -> &str {
        match self.cut.get(&line) {
            Some(cut) => &cut.left,
            None => &self.text[self.span(line)],
        }
    }

    /// The line as it is now, to be folded: what is known of it is not found out again.
    #[inline]
    pub(crate) fn folding(&self, line: u32) -> Folding<'_> {
        let is_plain = &self.lines[line as usize].is_plain;
        let bare = unbulleted(self.content(line));
        Folding::known(bare, self.edges_of(line, bare), is_plain)
    }

    /// Whether folding changes no more than the ends of the line.
    pub(crate) fn is_plain(&self, line: u32) -> bool {
        known_or(&self.lines[line as usize].is_plain, || {
            let bare = unbulleted(self.content(line));
            plain_length(bare) == bare.len()
        })
    }

    /// The edges of the line, folded as it is now, and its bytes without surrounding white space and
    /// bullet.
    #[inline]
    pub(crate) fn shape(&self, line: u32) -> (Edges, usize) {
        let bare = unbulleted(self.content(line));
        (self.edges_of(line, bare), bare.len())
    }

    /// The edges of the line, folded as it is now.
    #[inline]
    pub(crate) fn edges(&self, line: u32) -> Edges {
        let (of, edges) = self.edges[line as usize % NEAR].get();
        if of == line {
            return edges;
        }
        self.edges_of(line, unbulleted(self.content(line)))
    }

    #[inline]
    fn edges_of(&self, line: u32, bare: &str) -> Edges {
        let known = &self.edges[line as usize % NEAR];
        let (of, edges) = known.get();
        if of == line {
            return edges;
        }
        let edges = Edges::of(bare);
        known.set((line, edges));
        edges
    }

    /// Whether the line, folded, has no more than so many characters.
    #[inline]
    pub(crate) fn is_within(&self, line: u32, most: usize) -> bool {
        if self.length(line) <= most {
            return true;
        }
        // Lines between which blocks are looked for are asked about again and again.
        self.width(line) as usize <= most
    }

    /// The characters of the line when it is folded.
    fn width(&self, line: u32) -> u32 {
        let width = &self.lines[line as usize].width;
        if width.get() == NONE {
            let count = self.folding(line).folded().chars().count();
            width.set(u32::try_from(count).unwrap_or(NONE - 1));
        }
        width.get()
    }

    /// The same of two equal lines, which is found out once.
    pub(crate) fn width_of_equals(&self, one: u32, other: u32) -> usize {
        let width = self.width(one);
        self.lines[other as usize].width.set(width);
        width as usize
    }

    /// Whether the line, folded, is short and does not end as a sentence does.
    #[inline]
    pub(crate) fn is_title(&self, line: u32) -> bool {
        let known = &self.lines[line as usize].is_title;
        known_or(known, || self.ends_as_short_title(line))
    }

    fn ends_as_short_title(&self, line: u32) -> bool {
        let bare = unbulleted(self.content(line));
        match bare.as_bytes().last() {
            None | Some(b'.' | b'!' | b'?' | b':' | b';' | b',') => false,
            Some(last) => {
                self.is_within(line, TITLE)
                    && (last.is_ascii_alphanumeric() || ends_as_title(self.folding(line).folded()))
            }
        }
    }

    /// The bytes of the original text that a line stands in, without its line end.
    #[inline]
    pub(crate) fn span(&self, line: u32) -> Range<usize> {
        let Line { start, length, .. } = self.lines[line as usize];
        match length {
            NONE => start..self.long_end(start),
            length => start..start + length as usize,
        }
    }

    /// The end of a line of which only the start is known.
    #[cold]
    fn long_end(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        match memchr::memchr(b'\n', &bytes[start..]) {
            None => bytes.len(),
            Some(length) if bytes[start + length - 1] == b'\r' => start + length - 1,
            Some(length) => start + length,
        }
    }

    /// The bytes of the original text that a line stands in, with its line end.
    pub(crate) fn full_span(&self, line: u32) -> Range<usize> {
        self.start_with_marks(line)..self.next_start(line)
    }

    /// Where the line behind a line's line end begins.
    #[inline]
    fn next_start(&self, line: u32) -> usize {
        let end = self.span(line).end;
        match &self.text.as_bytes()[end..] {
            [b'\n', ..] => end + 1,
            [b'\r', b'\n', ..] => end + 2,
            _ => end,
        }
    }

    /// Where the line begins with its byte order marks, but for those of the text.
    #[inline]
    fn start_with_marks(&self, line: u32) -> usize {
        let start = self.lines[line as usize].start;
        // The last byte of a mark; few lines have it before them.
        if start == 0 || self.text.as_bytes()[start - 1] != 0xBF {
            return start;
        }
        match self.text[..start].trim_end_matches('\u{feff}').len() {
            0 => start,
            at => at,
        }
    }

    /// The bytes of the original text that a part of a line's present content stands in.
    pub(crate) fn original(&self, line: u32, part: Range<usize>) -> Vec<Range<usize>> {
        let Some(cut) = self.cut.get(&line) else {
            let start = self.lines[line as usize].start;
            return std::iter::once(start + part.start..start + part.end).collect();
        };
        let first = cut
            .pieces
            .partition_point(|(at, piece)| at + piece.len() <= part.start);
        let pieces = cut.pieces[first..]
            .iter()
            .take_while(|(at, _)| *at < part.end);
        let spans = pieces.map(|(at, piece)| {
            let clip = |place: usize| place.clamp(*at, at + piece.len()) - at + piece.start;
            clip(part.start)..clip(part.end)
        });
        spans.filter(|span| !span.is_empty()).collect()
    }

    /// Takes a line off the page; whether it was there.
    pub(crate) fn take_line(&mut self, line: u32) -> bool {
        let known = &mut self.lines[line as usize];
        if known.is(GONE) {
            return false;
        }
        self.whole = false;
        known.state |= GONE;
        let (prev, next, blank) = (known.prev, known.next, known.state & BLANK_BEFORE);
        match prev {
            NONE => self.first = next,
            _ => self.lines[prev as usize].next = next,
        }
        match next {
            NONE => self.last = prev,
            _ => {
                let next = &mut self.lines[next as usize];
                next.prev = prev;
                next.state |= blank;
            }
        }
        true
    }

    /// Puts back lines, in order, that were taken off and lost no parts.
    pub(crate) fn put_back(&mut self, lines: &[u32]) {
        for &line in lines {
            let before = (0..line).rev().find(|&before| !self.is_gone(before));
            let before = before.unwrap_or(NONE);
            let next = match before {
                NONE => std::mem::replace(&mut self.first, line),
                _ => std::mem::replace(&mut self.lines[before as usize].next, line),
            };
            match next {
                NONE => self.last = line,
                _ => self.lines[next as usize].prev = line,
            }
            let known = &mut self.lines[line as usize];
            known.state = known.state & !GONE | BACK;
            (known.prev, known.next) = (before, next);
        }
        // Of the lines that went only those between two that are left are before the second one.
        for &line in lines {
            self.find_blank_before(line);
            let next = self.next(line);
            if next != NONE {
                self.find_blank_before(next);
            }
        }
    }

    /// Finds out whether a blank line stands before a line that is left.
    fn find_blank_before(&mut self, line: u32) {
        let before = self.prev(line);
        let first = if before == NONE { 0 } else { before + 1 };
        let mut lines = self.lines[first as usize..=line as usize].iter();
        let is_apart = lines.any(|line| line.is(BLANK_ABOVE));
        let known = &mut self.lines[line as usize];
        known.state &= !BLANK_BEFORE;
        known.state |= if is_apart { BLANK_BEFORE } else { 0 };
    }

    /// Takes parts, bytes of the original text in order and disjoint, off a line, of which nothing is
    /// noted any more.
    pub(crate) fn take_parts(&mut self, line: u32, parts: &[Range<usize>]) {
        self.whole = false;
        let whole = self.span(line);
        let mut pieces = match self.cut.get(&line) {
            Some(cut) => {
                let pieces = cut.pieces.iter().map(|(_, piece)| piece.clone());
                subtract(&pieces.collect::<Vec<_>>(), parts)
            }
            None => subtract(std::slice::from_ref(&whole), parts),
        };
        self.trim(line, &mut pieces);
        let mut left = String::new();
        let placed = pieces.into_iter().map(|piece| {
            let at = left.len();
            left.push_str(&self.text[piece.clone()]);
            (at, piece)
        });
        let pieces = placed.collect();
        let known = &mut self.lines[line as usize];
        known.state |= CUT;
        known.notes.set(0);
        known.changes();
        self.edges[line as usize % NEAR].set((NONE, Edges::NONE));
        self.cut.insert(line, CutLine { left, pieces });
    }

    /// The lines that lost parts, in order.
    pub(crate) fn cut_lines(&self) -> impl Iterator<Item = u32> {
        self.cut.keys().copied()
    }

    /// Takes off the pieces that are left of a line what a reader of the text that is left would not
    /// take for a part of it.
    fn trim(&self, line: u32, pieces: &mut Vec<Range<usize>>) {
        while let Some(first) = pieces.first_mut() {
            let marks = marks(&self.text[first.clone()]);
            if marks == 0 {
                break;
            }
            first.start += marks;
            pieces.retain(|piece| !piece.is_empty());
        }
        let bare_end = self.text.as_bytes().get(self.span(line).end) == Some(&b'\n');
        if let Some(last) = pieces.last_mut().filter(|_| bare_end)
            && self.text[last.clone()].ends_with('\r')
        {
            last.end -= 1;
            pieces.retain(|piece| !piece.is_empty());
        }
    }

    /// The bytes of the original text that a line loses with these of it: a byte order mark that comes
    /// to stand at its start is no part of it any more.
    pub(crate) fn lost(&self, line: u32, parts: &[Range<usize>]) -> Vec<Range<usize>> {
        let whole = [self.span(line)];
        let mut pieces = subtract(&whole, parts);
        self.trim(line, &mut pieces);
        subtract(&whole, &pieces)
    }

    /// Whether nothing but white space is left of a line without these bytes of the original text.
    pub(crate) fn is_blank_without(&self, line: u32, parts: &[Range<usize>]) -> bool {
        let left = subtract(&[self.span(line)], parts);
        let left: String = left.into_iter().map(|part| &self.text[part]).collect();
        left.trim_start_matches('\u{feff}').trim().is_empty()
    }

    /// Puts everything back, then takes off these lines, in order, and these bytes of the original
    /// text of others: the page as a new one would be of the text that is left.
    pub(crate) fn reset(&mut self, gone: &[u32], parts: &[(u32, Vec<Range<usize>>)]) {
        for (line, _) in std::mem::take(&mut self.cut) {
            let known = &mut self.lines[line as usize];
            known.state = known.state & !CUT | BACK;
            known.notes.set(0);
            known.changes();
            self.edges[line as usize % NEAR].set((NONE, Edges::NONE));
        }
        let mut next = gone.iter().peekable();
        for (at, line) in self.lines.iter_mut().enumerate() {
            if next.next_if(|&&gone| gone == at as u32).is_some() {
                line.state |= GONE;
            } else if line.is(GONE) {
                line.state = line.state & !GONE | BACK;
            }
        }
        self.whole = gone.is_empty();
        self.link();
        for (line, parts) in parts {
            self.take_parts(*line, parts);
        }
    }

    /// How many bytes of the text are in lines, blank ones not counted, that are left.
    pub(crate) fn left(&self) -> usize {
        if self.whole {
            return self.bytes;
        }
        self.lines().map(|line| self.length(line)).sum()
    }

    /// What closes the places of the lines among these that are gone: the blank lines that go with them,
    /// and the line end that goes where the text had no final one. In order, disjoint from the lines.
    /// The first line behind these is left.
    pub(crate) fn seams(&self, lines: Range<u32>) -> Vec<Range<usize>> {
        let mut seams = Vec::new();
        self.each_hole(lines, |lines, stays| {
            seams.extend(self.final_line_end(&lines));
            let runs = (lines.start..=lines.end).filter(|&at| Some(at) != stays);
            let runs = runs.map(|at| self.run_before(at));
            seams.extend(runs.filter(|run| !run.is_empty()));
        });
        seams
    }

    /// The lines among these that are gone, with their line ends, and the [`seams`](Page::seams): in
    /// order, disjoint, none empty, none touching.
    pub(crate) fn gone_with_seams(&self, lines: Range<u32>) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::with_capacity(16);
        let mut push = |span: Range<usize>| match spans.last_mut() {
            _ if span.is_empty() => {}
            Some(last) if span.start <= last.end => last.end = span.end,
            _ => spans.push(span),
        };
        // Lines and the runs around them stand side by side.
        self.each_hole(lines, |lines, stays| {
            let start = match self.final_line_end(&lines) {
                Some(end) => end.start,
                None => self.run_before(lines.start).start,
            };
            let mut rest = start;
            if let Some(stays) = stays {
                let run = self.run_before(stays);
                push(start..run.start);
                rest = run.end;
            }
            push(rest..self.run_before(lines.end).end);
        });
        spans
    }

    /// Calls `hole` for the places of lines among these that are gone, of which no line between is left:
    /// with the indices of the lines, and the index of the one before which the blank run stays, if one
    /// does.
    fn each_hole(&self, lines: Range<u32>, mut hole: impl FnMut(Range<usize>, Option<usize>)) {
        let count = self.lines.len();
        let Range { start, end } = lines;
        let mut line = start as usize;
        while line < end as usize {
            if !self.lines[line].is(GONE) {
                line += 1;
                continue;
            }
            let first = line;
            while line < count && self.lines[line].is(GONE) {
                line += 1;
            }
            // Of the blank runs before, between and behind the lines the first of the longest stays.
            let mut stays = None;
            if first > 0 && line < count {
                let size = |at: usize| {
                    if !self.lines[at].is(BLANK_ABOVE) {
                        return 0;
                    }
                    match &self.text.as_bytes()[self.run_before(at)] {
                        [_] => 1,
                        run => memchr::memchr_iter(b'\n', run).count(),
                    }
                };
                let mut longest = (size(first), first);
                for at in first + 1..=line {
                    let size = size(at);
                    if size > longest.0 {
                        longest = (size, at);
                    }
                }
                stays = Some(longest.1);
            }
            hole(first..line, stays);
        }
    }

    /// The line end of the line before a hole at the end of a text that has no final one.
    fn final_line_end(&self, hole: &Range<usize>) -> Option<Range<usize>> {
        let is_unterminated =
            hole.end == self.lines.len() && hole.start > 0 && !self.text.ends_with('\n');
        if !is_unterminated {
            return None;
        }
        let kept = hole.start as u32 - 1;
        let end = match self.cut.get(&kept).and_then(|cut| cut.pieces.last()) {
            Some((_, last)) => last.end,
            None => self.span(kept).end,
        };
        Some(end..self.next_start(kept))
    }

    /// The blank lines before the line of this index, or at the end of the text.
    fn run_before(&self, line: usize) -> Range<usize> {
        let start = match line.checked_sub(1) {
            Some(before) => self.next_start(before as u32),
            None => marks(self.text),
        };
        let is_line = line < self.lines.len();
        let end = if is_line {
            self.start_with_marks(line as u32)
        } else {
            self.text.len()
        };
        start..end
    }
}

/// The bytes of the byte order marks that a text begins with.
fn marks(text: &str) -> usize {
    text.len() - text.trim_start_matches('\u{feff}').len()
}

/// What is known, or is found out for the first time.
#[inline]
fn known_or<T: Copy>(known: &Cell<Option<T>>, find: impl FnOnce() -> T) -> T {
    known.get().unwrap_or_else(|| {
        let found = find();
        known.set(Some(found));
        found
    })
}
