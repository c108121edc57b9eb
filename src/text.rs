//! Lines and spans of one text: how a line is folded, which lines are left, and what is taken out
//! with the blank lines around it.
//!
//! All offsets are bytes. Only `\n`, with a `\r` before it, ends a line.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::ops::Range;

/// The longest line, in bytes, that rules look at; a longer one stays as it is.
pub(crate) const MAX_LINE: usize = 1 << 20;

/// The line as literals and line patterns see it: surrounding white space and one leading bullet
/// off, runs of any white space one space, curly quotes straight, dashes `-`.
pub(crate) fn fold(line: &str) -> Cow<'_, str> {
    fold_unbulleted(unbulleted(line))
}

/// A line that is folded when somebody asks for it, and its edges before that.
pub(crate) struct Folding<'l> {
    bare: &'l str,
    first: [u8; EDGE],
    last: OnceCell<[u8; EDGE]>,
    folded: OnceCell<Cow<'l, str>>,
}

impl<'l> Folding<'l> {
    pub(crate) fn new(line: &'l str) -> Folding<'l> {
        let bare = unbulleted(line);
        let first = match first_edge(bare) {
            first if is_plain(first) => first,
            _ => folded_edge(bare.chars(), |bytes| bytes),
        };
        Folding {
            bare,
            first,
            last: OnceCell::new(),
            folded: OnceCell::new(),
        }
    }

    /// The line without surrounding white space and bullet.
    pub(crate) fn bare(&self) -> &'l str {
        self.bare
    }

    /// The first bytes of the folded line.
    pub(crate) fn first(&self) -> [u8; EDGE] {
        self.first
    }

    /// The last bytes of the folded line, from the last back.
    pub(crate) fn last(&self) -> [u8; EDGE] {
        let last = || match last_edge(self.bare) {
            // Its innermost byte may be the end of a code point.
            last if is_plain(last) && last[EDGE - 1] & 0xC0 != 0x80 => last,
            _ => folded_edge(self.bare.chars().rev(), |bytes| {
                bytes.reverse();
                bytes
            }),
        };
        *self.last.get_or_init(last)
    }

    /// The line as [`fold`] makes it.
    pub(crate) fn folded(&self) -> &str {
        self.folded.get_or_init(|| fold_unbulleted(self.bare))
    }
}

/// How many bytes an edge has: the bytes of a line from one of its ends inwards, zeros where it is
/// shorter. They are enough to say of nearly all lines that they are none of those looked for.
pub(crate) const EDGE: usize = 8;

/// The first bytes of a line as it is.
pub(crate) fn first_edge(line: &str) -> [u8; EDGE] {
    let bytes = line.as_bytes();
    let first = bytes.first_chunk().copied();
    first.unwrap_or_else(|| edge(bytes.iter().copied()))
}

/// The last bytes of a line as it is, from the last back.
pub(crate) fn last_edge(line: &str) -> [u8; EDGE] {
    let bytes = line.as_bytes();
    let last = bytes.last_chunk().copied().map(reversed);
    last.unwrap_or_else(|| edge(bytes.iter().rev().copied()))
}

/// The first of these bytes, zeros where there are fewer.
fn edge(bytes: impl Iterator<Item = u8>) -> [u8; EDGE] {
    let mut edge = [0; EDGE];
    edge.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
    edge
}

fn reversed(mut edge: [u8; EDGE]) -> [u8; EDGE] {
    edge.reverse();
    edge
}

/// [`may_fold`] of each byte.
static FOLDS: [bool; 256] = {
    let mut folds = [false; 256];
    let mut byte = 0;
    while byte < folds.len() {
        folds[byte] = may_fold(byte as u8);
        byte += 1;
    }
    folds
};

/// Whether folding would surely change none of these bytes of whole code points, in either order.
fn is_plain(edge: [u8; EDGE]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let folds = edge
        .iter()
        .fold(false, |any, &byte| any | FOLDS[usize::from(byte)]);
    // The high bit of each byte that is a space; one too many behind a space does no harm.
    let other = u64::from_le_bytes(edge) ^ (ONES * b' ' as u64);
    let spaces = other.wrapping_sub(ONES) & !other & (ONES << 7);
    !folds && spaces & (spaces << 8) == 0
}

/// The edge of a line of these characters, in the order of the edge, when it is folded.
fn folded_edge(
    chars: impl Iterator<Item = char>,
    in_order: impl Fn(&mut [u8]) -> &mut [u8],
) -> [u8; EDGE] {
    let mut edge = [0; EDGE];
    let mut filled = 0;
    for c in folded_chars(chars) {
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer).len();
        for &mut byte in in_order(&mut buffer[..bytes]) {
            if filled == EDGE {
                return edge;
            }
            edge[filled] = byte;
            filled += 1;
        }
    }
    edge
}

/// The characters of a trimmed line, from either end, as folding makes them.
fn folded_chars(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut in_space = false;
    chars.filter_map(move |c| {
        let is_space = c.is_whitespace();
        let again = std::mem::replace(&mut in_space, is_space) && is_space;
        match c {
            _ if again => None,
            _ if is_space => Some(' '),
            c => Some(folded_char(c)),
        }
    })
}

/// What folding makes of a character that is no white space.
fn folded_char(c: char) -> char {
    match c {
        '‘' | '’' | '‚' | '‛' | '′' | '`' => '\'',
        '“' | '”' | '„' | '‟' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        other => other,
    }
}

/// [`fold`] for a line whose surrounding white space and bullet are off already.
fn fold_unbulleted(line: &str) -> Cow<'_, str> {
    let (mut plain, mut other) = line.split_at(plain_length(line));
    if other.is_empty() {
        return Cow::Borrowed(line);
    }
    let mut folded = String::with_capacity(line.len());
    loop {
        folded.push_str(plain);
        let mut chars = other.chars();
        let rest = match chars.next() {
            None => return Cow::Owned(folded),
            Some(c) if c.is_whitespace() => {
                if !folded.ends_with(' ') {
                    folded.push(' ');
                }
                other.trim_start()
            }
            Some(c) => {
                folded.push(folded_char(c));
                chars.as_str()
            }
        };
        (plain, other) = rest.split_at(plain_length(rest));
    }
}

/// How many bytes of a line stand before the first code point that folding may change.
fn plain_length(line: &str) -> usize {
    const CHUNK: usize = 32;
    let bytes = line.as_bytes();
    let is_changed = |byte: u8, before: u8| may_fold(byte) | ((byte == b' ') & (before == b' '));
    let mut at = 0;
    if bytes.len() > CHUNK {
        // Without an early exit inside a chunk the compiler looks at many bytes at once. The last
        // chunk overlaps the one before it.
        let last = bytes.len() - CHUNK;
        loop {
            let start = at.clamp(1, last);
            let chunk = bytes[start..start + CHUNK].iter();
            let pairs = chunk.zip(&bytes[start - 1..start - 1 + CHUNK]);
            if pairs.fold(false, |any, (&byte, &before)| {
                any | is_changed(byte, before)
            }) {
                break;
            }
            if start == last {
                at = bytes.len();
                break;
            }
            at = start + CHUNK;
        }
    }
    if at == 0 && bytes.first().is_some_and(|&first| may_fold(first)) {
        return 0;
    }
    let is_plain = |at: &usize| {
        !FOLDS[usize::from(bytes[*at])] && (bytes[*at] != b' ' || bytes[*at - 1] != b' ')
    };
    let other = (at.max(1)..bytes.len()).find(|at| !is_plain(at));
    other.unwrap_or(bytes.len())
}

/// The line without surrounding white space and one leading bullet.
fn unbulleted(line: &str) -> &str {
    let is_bare = |byte: &u8| byte.is_ascii_graphic();
    let bytes = line.as_bytes();
    if bytes
        .first()
        .is_some_and(|first| is_bare(first) && !matches!(first, b'*' | b'-'))
        && bytes.last().is_some_and(is_bare)
    {
        return line;
    }
    let line = line.trim();
    let mut rest = line.chars();
    match rest.next() {
        Some('•' | '*' | '-' | '–' | '—' | '·' | '▪' | '◦' | '‣' | '●')
            if rest.as_str().starts_with(char::is_whitespace) =>
        {
            rest.as_str().trim_start()
        }
        _ => line,
    }
}

/// Whether folding may change a code point that begins with this byte: white space other than a
/// space, the back-tick, and the lead bytes of U+0085 and U+00A0 (C2), U+1680 (E1), the
/// U+2000 block with its spaces, quotes and dashes (E2), U+3000 (E3).
const fn may_fold(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b'`' | 0xC2 | 0xE1 | 0xE2 | 0xE3)
}

/// The characters after which a line ends as a sentence does.
pub(crate) const SENTENCE_ENDS: &[char] =
    &['.', '!', '?', '…', ':', ';', ',', '।', '。', '։', '؟', '۔'];

/// Whether a folded line is short and does not end as a sentence does.
pub(crate) fn is_title(folded: &str) -> bool {
    let bare = folded.trim_end_matches(['"', '\'', ')', ']', '»', '«', ' ']);
    !bare.is_empty() && !bare.ends_with(SENTENCE_ENDS) && folded.chars().count() <= 200
}

/// A non-blank line of a page.
#[derive(Clone, Debug)]
struct Line {
    /// First byte of the line.
    start: usize,
    /// Past its last byte, without the line end.
    end: usize,
    /// The neighbours among the lines that are left; `NONE` at both ends of the page.
    prev: u32,
    next: u32,
    /// Whether a blank line stands between it and the line before it.
    blank_before: bool,
    /// The same in the text as it was.
    blank_above: bool,
    gone: bool,
    /// Whether it lost parts.
    is_cut: bool,
    /// See [`Page::notes`].
    notes: Cell<u8>,
}

/// The index of no line.
pub(crate) const NONE: u32 = u32::MAX;

/// A text while rules look at it: its non-blank lines, by index, and which of them are left.
#[derive(Debug)]
pub(crate) struct Page<'t> {
    text: &'t str,
    lines: Vec<Line>,
    /// The neighbours of the page's ends.
    first: u32,
    last: u32,
    /// Lines that lost a part, by index.
    cut: HashMap<u32, CutLine>,
    /// Whether nothing was taken off.
    whole: bool,
}

/// What is left of a line that lost parts.
#[derive(Clone, Debug)]
struct CutLine {
    /// The line as it would be read anew.
    left: String,
    /// The parts of the original text that it is made of, in order, each with its place in `left`.
    pieces: Vec<(usize, Range<usize>)>,
}

impl<'t> Page<'t> {
    /// Splits a text into its lines. Byte order marks at the start of a line are no part of it; those
    /// at the start of the text never go.
    pub(crate) fn new(text: &'t str) -> Page<'t> {
        let mut lines: Vec<Line> = Vec::with_capacity(text.len() / 64);
        let bytes = text.as_bytes();
        let mut start = marks(text);
        let mut blank = false;
        while start < bytes.len() {
            let first = bytes[start];
            // Half of all lines are empty.
            if first == b'\n' {
                blank = true;
                start += 1;
                continue;
            }
            let newline = memchr::memchr(b'\n', &bytes[start..]).map(|at| start + at);
            let next = newline.map_or(bytes.len(), |at| at + 1);
            let mut end = newline.unwrap_or(bytes.len());
            if newline.is_some() && end > start && bytes[end - 1] == b'\r' {
                end -= 1;
            }
            let marks = if first == 0xEF {
                marks(&text[start..])
            } else {
                0
            };
            let start_of_line = (start + marks).min(end);
            if is_blank(&text[start_of_line..end]) {
                blank = true;
            } else {
                let at = lines.len() as u32;
                let blank = std::mem::take(&mut blank);
                lines.push(Line {
                    start: start_of_line,
                    end,
                    prev: at.wrapping_sub(1),
                    next: at + 1,
                    blank_before: blank,
                    blank_above: blank,
                    gone: false,
                    is_cut: false,
                    notes: Cell::new(0),
                });
            }
            start = next;
        }
        let mut ends = (NONE, NONE);
        if let Some(last) = lines.last_mut() {
            last.next = NONE;
            ends = (0, lines.len() as u32 - 1);
        }
        Page {
            text,
            lines,
            first: ends.0,
            last: ends.1,
            cut: HashMap::new(),
            whole: true,
        }
    }

    /// Joins the lines that are left.
    fn link(&mut self) {
        (self.first, self.last) = (NONE, NONE);
        let mut blank = false;
        for at in 0..self.lines.len() {
            let prev = self.last;
            let line = &mut self.lines[at];
            blank |= line.blank_above;
            if line.gone {
                continue;
            }
            line.blank_before = std::mem::take(&mut blank);
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
    pub(crate) fn whole_text(&self) -> Option<&str> {
        self.whole.then_some(self.text)
    }

    /// How many non-blank lines the text has, those that are gone too.
    pub(crate) fn len(&self) -> u32 {
        self.lines.len() as u32
    }

    /// The first line that is left, or `NONE`.
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// The last line that is left, or `NONE`.
    pub(crate) fn last(&self) -> u32 {
        self.last
    }

    /// The lines that are left, in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = u32> {
        let some = |line: u32| (line != NONE).then_some(line);
        std::iter::successors(some(self.first), move |&line| some(self.next(line)))
    }

    /// The line that is left after this one, or `NONE`.
    pub(crate) fn next(&self, line: u32) -> u32 {
        self.lines[line as usize].next
    }

    /// The line that is left before this one, or `NONE`.
    pub(crate) fn prev(&self, line: u32) -> u32 {
        self.lines[line as usize].prev
    }

    /// Whether a blank line stands between this line and the one before it.
    pub(crate) fn blank_before(&self, line: u32) -> bool {
        self.lines[line as usize].blank_before
    }

    /// Whether no blank line stands before the line in the text as it was. If one does, one always
    /// will: of the blank lines around a removal some stay.
    pub(crate) fn may_touch_previous(&self, line: u32) -> bool {
        line > 0 && !self.lines[line as usize].blank_above
    }

    /// What the matcher has noted of the line as it is, for the next time it is asked: bits of its own.
    pub(crate) fn notes(&self, line: u32) -> u8 {
        self.lines[line as usize].notes.get()
    }

    /// Notes something of a line for the matcher.
    pub(crate) fn set_notes(&self, line: u32, notes: u8) {
        self.lines[line as usize].notes.set(notes);
    }

    /// Bytes of the line as it is now, without its line end.
    #[inline]
    pub(crate) fn length(&self, line: u32) -> usize {
        let known = &self.lines[line as usize];
        if known.is_cut {
            return self.content(line).len();
        }
        known.end - known.start
    }

    pub(crate) fn is_gone(&self, line: u32) -> bool {
        self.lines[line as usize].gone
    }

    /// The line as it is now, without its line end.
    #[inline]
    pub(crate) fn content(&self, line: u32) -> &str {
        let Line {
            start, end, is_cut, ..
        } = self.lines[line as usize];
        if is_cut && let Some(cut) = self.cut.get(&line) {
            return &cut.left;
        }
        &self.text[start..end]
    }

    /// The bytes of the original text that a line stands in, without its line end.
    pub(crate) fn span(&self, line: u32) -> Range<usize> {
        let Line { start, end, .. } = self.lines[line as usize];
        start..end
    }

    /// The bytes of the original text that a line stands in, with its line end.
    pub(crate) fn full_span(&self, line: u32) -> Range<usize> {
        let span = self.span(line);
        let bytes = self.text.as_bytes();
        let end = match &bytes[span.end..] {
            [b'\r', b'\n', ..] => span.end + 2,
            [b'\n', ..] => span.end + 1,
            _ => span.end,
        };
        self.start_with_marks(line)..end
    }

    /// Where the line begins with its byte order marks, but for those of the text.
    fn start_with_marks(&self, line: u32) -> usize {
        let start = self.span(line).start;
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

    /// Takes a line off the page.
    pub(crate) fn take_line(&mut self, line: u32) {
        let Line {
            prev,
            next,
            blank_before,
            gone,
            ..
        } = self.lines[line as usize];
        if gone {
            return;
        }
        self.whole = false;
        self.lines[line as usize].gone = true;
        match prev {
            NONE => self.first = next,
            _ => self.lines[prev as usize].next = next,
        }
        match next {
            NONE => self.last = prev,
            _ => {
                self.lines[next as usize].prev = prev;
                self.lines[next as usize].blank_before |= blank_before;
            }
        }
    }

    /// Takes parts, bytes of the original text in order and disjoint, off a line.
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
        // What a reader of the text that is left would not take for a part of the line.
        while let Some(first) = pieces.first_mut() {
            let marks = marks(&self.text[first.clone()]);
            if marks == 0 {
                break;
            }
            first.start += marks;
            pieces.retain(|piece| !piece.is_empty());
        }
        let bare_end = self.text.as_bytes().get(whole.end) == Some(&b'\n');
        if let Some(last) = pieces.last_mut().filter(|_| bare_end)
            && self.text[last.clone()].ends_with('\r')
        {
            last.end -= 1;
            pieces.retain(|piece| !piece.is_empty());
        }
        let mut left = String::new();
        let placed = pieces.into_iter().map(|piece| {
            let at = left.len();
            left.push_str(&self.text[piece.clone()]);
            (at, piece)
        });
        let pieces = placed.collect();
        self.lines[line as usize].is_cut = true;
        self.cut.insert(line, CutLine { left, pieces });
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
        let mut next = gone.iter().peekable();
        for (at, line) in self.lines.iter_mut().enumerate() {
            line.gone = next.next_if(|&&gone| gone == at as u32).is_some();
            line.is_cut = false;
        }
        self.whole = gone.is_empty();
        self.link();
        self.cut.clear();
        for (line, parts) in parts {
            self.take_parts(*line, parts);
        }
    }

    /// How many bytes of the text are in lines, blank ones not counted, that are left.
    pub(crate) fn left(&self) -> usize {
        self.lines().map(|line| self.length(line)).sum()
    }

    /// What closes the places of the lines that are gone: the blank lines that go with them, and
    /// the line end that goes where the text had no final one. In order, disjoint from the lines.
    pub(crate) fn seams(&self) -> Vec<Range<usize>> {
        let mut seams = Vec::new();
        let mut line = 0;
        let count = self.lines.len();
        while line < count {
            if !self.lines[line].gone {
                line += 1;
                continue;
            }
            let hole = line;
            while line < count && self.lines[line].gone {
                line += 1;
            }
            // The blank runs before, between and behind the lines of the hole.
            let runs: Vec<Range<usize>> = (hole..=line).map(|at| self.run_before(at)).collect();
            let stays = if hole == 0 || line == count {
                None
            } else {
                let size = |run: &Range<usize>| {
                    memchr::memchr_iter(b'\n', &self.text.as_bytes()[run.clone()]).count()
                };
                let longest = runs.iter().map(size).max().unwrap_or(0);
                runs.iter().position(|run| size(run) == longest)
            };
            let unterminated = line == count && hole > 0 && !self.text.ends_with('\n');
            if unterminated {
                let kept = hole as u32 - 1;
                let end = match self.cut.get(&kept).and_then(|cut| cut.pieces.last()) {
                    Some((_, last)) => last.end,
                    None => self.span(kept).end,
                };
                seams.push(end..self.full_span(kept).end);
            }
            seams.extend(
                runs.into_iter()
                    .enumerate()
                    .filter(|(at, run)| Some(*at) != stays && !run.is_empty())
                    .map(|(_, run)| run),
            );
        }
        seams
    }

    /// The blank lines before the line of this index, or at the end of the text.
    fn run_before(&self, line: usize) -> Range<usize> {
        let start = match line.checked_sub(1) {
            Some(before) => self.full_span(before as u32).end,
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

/// Whether a line has nothing but white space.
fn is_blank(line: &str) -> bool {
    match line.as_bytes().first() {
        None => true,
        Some(byte) if byte.is_ascii_graphic() => false,
        Some(_) => line.trim().is_empty(),
    }
}

/// What is left of `spans` without `holes`; both in order and disjoint.
pub(crate) fn subtract(spans: &[Range<usize>], holes: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut left = Vec::new();
    let mut holes = holes.iter().peekable();
    for span in spans {
        let mut start = span.start;
        while let Some(hole) = holes.peek() {
            if hole.start >= span.end {
                break;
            }
            if hole.start > start {
                left.push(start..hole.start);
            }
            start = start.max(hole.end);
            if hole.end > span.end {
                break;
            }
            holes.next();
        }
        if start < span.end {
            left.push(start..span.end);
        }
    }
    left
}

/// The union of spans: in order, disjoint, none empty, neighbours joined.
pub(crate) fn union(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ if span.is_empty() => {}
            _ => joined.push(span),
        }
    }
    joined
}

/// `text` without `holes`, which are in order and disjoint.
pub(crate) fn without(text: &str, holes: &[Range<usize>]) -> String {
    let mut left = String::with_capacity(text.len());
    let mut from = 0;
    for hole in holes {
        left.push_str(&text[from..hole.start]);
        from = hole.end;
    }
    left.push_str(&text[from..]);
    left
}
