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

/// A line with its edges as folding makes them; all of it is folded when somebody asks for it.
pub(crate) struct Folding<'l> {
    bare: &'l str,
    edges: Edges,
    folded: OnceCell<Cow<'l, str>>,
    /// Whether folding changes it, where somebody wants to know it again.
    is_plain: Option<&'l Cell<Option<bool>>>,
}

impl<'l> Folding<'l> {
    pub(crate) fn new(line: &'l str) -> Folding<'l> {
        let bare = unbulleted(line);
        Folding {
            bare,
            edges: Edges::of(bare),
            folded: OnceCell::new(),
            is_plain: None,
        }
    }

    /// The line without surrounding white space and bullet.
    #[inline]
    pub(crate) fn bare(&self) -> &'l str {
        self.bare
    }

    /// The edges of the folded line.
    #[inline]
    pub(crate) fn edges(&self) -> Edges {
        self.edges
    }

    /// The folded line, if folding changes more than its ends.
    pub(crate) fn changed(&self) -> Option<&str> {
        let folded = self.folded();
        (!std::ptr::eq(folded, self.bare)).then_some(folded)
    }

    /// The line as [`fold`] makes it.
    pub(crate) fn folded(&self) -> &str {
        if self
            .is_plain
            .is_some_and(|is_plain| is_plain.get() == Some(true))
        {
            return self.bare;
        }
        self.folded.get_or_init(|| {
            let folded = fold_unbulleted(self.bare);
            if let Some(is_plain) = self.is_plain {
                is_plain.set(Some(matches!(folded, Cow::Borrowed(_))));
            }
            folded
        })
    }
}

/// Whether a code point that folding may change is cut by the inner end of the line's last edge.
fn is_cut(line: &str) -> bool {
    let bytes = line.as_bytes();
    let before = bytes[..bytes.len().saturating_sub(EDGE)].iter().rev();
    let mut leads = before.take(3).filter(|&byte| byte & 0xC0 != 0x80);
    leads.next().is_none_or(|&lead| may_fold(lead))
}

/// The edges of a folded line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Edges {
    /// The first bytes.
    pub(crate) first: [u8; EDGE],
    /// The last bytes, from the last back.
    pub(crate) last: [u8; EDGE],
}

impl Edges {
    /// Those of a line whose surrounding white space and bullet are off already.
    #[inline]
    fn of(bare: &str) -> Edges {
        let bytes = bare.as_bytes();
        if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            let [first, last] = [u64::from_le_bytes(*first), u64::from_be_bytes(*last)];
            // Most lines are plain ASCII at both ends.
            if (changes(first) | changes(last) | ((first | last) & HIGHS)) == 0 {
                return Edges {
                    first: first.to_le_bytes(),
                    last: last.to_le_bytes(),
                };
            }
        }
        Edges::of_any(bare)
    }

    #[cold]
    #[inline(never)]
    fn of_any(bare: &str) -> Edges {
        if bare.len() < EDGE {
            // One edge is the other backwards.
            let first = padded(bare.as_bytes());
            if is_plain(first) {
                let last = last_of_padded(first, bare.len());
                return Edges { first, last };
            }
        }
        let first = match first_edge(bare) {
            first if is_plain(first) => first,
            _ => folded_edge(bare.chars(), |bytes| bytes),
        };
        let last = match last_edge(bare) {
            last if is_plain(last) && !(last[EDGE - 1] & 0xC0 == 0x80 && is_cut(bare)) => last,
            _ => folded_edge(bare.chars().rev(), |bytes| {
                bytes.reverse();
                bytes
            }),
        };
        Edges { first, last }
    }
}

/// How many bytes an edge has: the bytes of a line from one of its ends inwards, zeros where it is
/// shorter. They are enough to say of nearly all lines that they are none of those looked for.
pub(crate) const EDGE: usize = 8;

/// The first bytes of a line as it is.
#[inline]
pub(crate) fn first_edge(line: &str) -> [u8; EDGE] {
    let bytes = line.as_bytes();
    let first = bytes.first_chunk().copied();
    first.unwrap_or_else(|| padded(bytes))
}

/// The last bytes of a line as it is, from the last back.
#[inline]
pub(crate) fn last_edge(line: &str) -> [u8; EDGE] {
    let bytes = line.as_bytes();
    match bytes.last_chunk().copied() {
        Some(last) => u64::from_le_bytes(last).swap_bytes().to_le_bytes(),
        None => last_of_padded(padded(bytes), bytes.len()),
    }
}

/// The last edge of a line of so many bytes, fewer than an edge, by its first one.
#[inline]
fn last_of_padded(first: [u8; EDGE], length: usize) -> [u8; EDGE] {
    match length {
        0 => [0; EDGE],
        length => {
            let backwards = u64::from_le_bytes(first).swap_bytes();
            (backwards >> (8 * (EDGE - length))).to_le_bytes()
        }
    }
}

/// The bytes of a line that has fewer than an edge, with zeros behind.
#[inline]
fn padded(bytes: &[u8]) -> [u8; EDGE] {
    let place = |edge, (at, &byte): (usize, &u8)| edge | u64::from(byte) << (8 * at);
    let edge = bytes.iter().take(EDGE).enumerate().fold(0, place);
    edge.to_le_bytes()
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

const ONES: u64 = u64::MAX / 255;
/// The high bit of each byte.
const HIGHS: u64 = ONES << 7;

/// Whether folding would surely change none of these bytes of whole code points, in either order.
#[inline]
fn is_plain(edge: [u8; EDGE]) -> bool {
    let bytes = u64::from_le_bytes(edge);
    changes(bytes) == 0
        && (bytes & HIGHS == 0 || !edge.iter().any(|&byte| FOLDS[usize::from(byte)]))
}

/// Not 0 if there is ASCII among these bytes that folding may change.
#[inline]
fn changes(bytes: u64) -> u64 {
    // The high bit of each byte that is zero, or below another one; one too many behind such a byte
    // does no harm.
    let zeros = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes & HIGHS;
    let controls = bytes.wrapping_sub(ONES * u64::from(b' ')) & !bytes & HIGHS & !zeros(bytes);
    let spaces = zeros(bytes ^ (ONES * u64::from(b' ')));
    let ticks = zeros(bytes ^ (ONES * u64::from(b'`')));
    controls | ticks | (spaces & (spaces << 8))
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
#[inline]
fn unbulleted(line: &str) -> &str {
    let is_bare =
        |byte: Option<&u8>, end: u8| byte.is_some_and(|&byte| BARE[usize::from(byte)] & end != 0);
    let bytes = line.as_bytes();
    if is_bare(bytes.first(), 1) && is_bare(bytes.last(), 2) {
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

/// Whether a byte that a line begins with is surely no part of white space or a bullet (1), and one
/// that it ends with no part of white space (2).
static BARE: [u8; 256] = {
    let mut bare = [0; 256];
    let mut byte = 0;
    while byte < bare.len() {
        let is_graphic = (byte as u8).is_ascii_graphic();
        let begins = match byte as u8 {
            b'*' | b'-' => false,
            byte => is_graphic || (byte > 0xC2 && !may_fold(byte)),
        };
        // The last bytes of U+0085, U+00A0 and of white space from U+1680 on.
        let may_end = matches!(byte, 0x80..=0x8A | 0x9F | 0xA0 | 0xA8 | 0xA9 | 0xAF);
        let ends = is_graphic || (byte >= 0x80 && !may_end);
        bare[byte] = begins as u8 | (ends as u8) << 1;
        byte += 1;
    }
    bare
};

/// Whether folding may change a code point that begins with this byte: white space other than a
/// space, the back-tick, and the lead bytes of U+0085 and U+00A0 (C2), U+1680 (E1), the
/// U+2000 block with its spaces, quotes and dashes (E2), U+3000 (E3).
const fn may_fold(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b'`' | 0xC2 | 0xE1 | 0xE2 | 0xE3)
}

/// The characters after which a line ends as a sentence does.
pub(crate) const SENTENCE_ENDS: &[char] =
    &['.', '!', '?', '…', ':', ';', ',', '।', '。', '։', '؟', '۔'];

/// The most characters of a title.
const TITLE: usize = 200;

/// Whether a folded line is short and does not end as a sentence does.
pub(crate) fn is_title(folded: &str) -> bool {
    ends_as_title(folded) && folded.chars().count() <= TITLE
}

/// Whether a folded line does not end as a sentence does.
fn ends_as_title(folded: &str) -> bool {
    let bare = folded.trim_end_matches(['"', '\'', ')', ']', '»', '«', ' ']);
    !bare.is_empty() && !bare.ends_with(SENTENCE_ENDS)
}

/// A non-blank line of a page.
#[derive(Clone, Debug)]
struct Line {
    /// First byte of the line.
    start: usize,
    /// Past its last byte, without the line end.
    end: usize,
    /// Its first byte, until it loses parts.
    first: u8,
    /// The part of its content without surrounding white space and bullet, and the edges of that.
    bare: Bare,
    edges: Edges,
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
    /// Its characters when it is folded; `NONE` if they have not been counted.
    width: Cell<u32>,
    /// Whether folding changes it, once that is known.
    is_plain: Cell<Option<bool>>,
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
    /// How many bytes are in lines, also in those that are gone.
    bytes: usize,
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
        let all = text.as_bytes();
        let mut start = marks(text);
        let mut blank = false;
        let mut bytes = 0;
        while start < all.len() {
            let first = all[start];
            // Half of all lines are empty.
            if first == b'\n' {
                blank = true;
                start += 1;
                continue;
            }
            let newline = memchr::memchr(b'\n', &all[start..]).map(|at| start + at);
            let next = newline.map_or(all.len(), |at| at + 1);
            let mut end = newline.unwrap_or(all.len());
            if newline.is_some() && end > start && all[end - 1] == b'\r' {
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
                bytes += end - start_of_line;
                let (bare, edges) = shape(&text[start_of_line..end]);
                lines.push(Line {
                    start: start_of_line,
                    end,
                    first: all[start_of_line],
                    bare,
                    edges,
                    prev: at.wrapping_sub(1),
                    next: at + 1,
                    blank_before: blank,
                    blank_above: blank,
                    gone: false,
                    is_cut: false,
                    notes: Cell::new(0),
                    width: Cell::new(NONE),
                    is_plain: Cell::new(None),
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
            bytes,
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
    #[inline]
    pub(crate) fn notes(&self, line: u32) -> u8 {
        self.lines[line as usize].notes.get()
    }

    /// Notes something of a line for the matcher.
    #[inline]
    pub(crate) fn note(&self, line: u32, notes: u8) {
        let known = &self.lines[line as usize].notes;
        known.set(known.get() | notes);
    }

    /// Forgets what was noted of a line.
    pub(crate) fn forget(&self, line: u32) {
        self.lines[line as usize].notes.set(0);
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

    /// The first byte of the line as it is now; lines are not blank.
    #[inline]
    pub(crate) fn first_byte(&self, line: u32) -> u8 {
        let known = &self.lines[line as usize];
        if known.is_cut {
            let content = self.content(line).as_bytes();
            return content.first().copied().unwrap_or(b'\n');
        }
        known.first
    }

    /// The line as it is now, to be folded: what is known of its edges is not found out again.
    #[inline]
    pub(crate) fn folding(&self, line: u32) -> Folding<'_> {
        let Line {
            bare: (start, end),
            edges,
            ref is_plain,
            ..
        } = self.lines[line as usize];
        Folding {
            bare: &self.content(line)[start as usize..end as usize],
            edges,
            folded: OnceCell::new(),
            is_plain: Some(is_plain),
        }
    }

    /// The edges of the line, folded as it is now.
    #[inline]
    pub(crate) fn edges(&self, line: u32) -> Edges {
        self.lines[line as usize].edges
    }

    /// Bytes of the line as it is now, without surrounding white space and bullet.
    #[inline]
    pub(crate) fn bare_length(&self, line: u32) -> usize {
        let (start, end) = self.lines[line as usize].bare;
        (end - start) as usize
    }

    /// Whether the line, folded, has no more than so many characters.
    #[inline]
    pub(crate) fn is_within(&self, line: u32, most: usize) -> bool {
        let Line {
            bare: (start, end),
            width,
            ..
        } = &self.lines[line as usize];
        if (end - start) as usize <= most {
            return true;
        }
        // Lines between which blocks are looked for are asked about again and again.
        if width.get() == NONE {
            let count = self.folding(line).folded().chars().count();
            width.set(u32::try_from(count).unwrap_or(NONE - 1));
        }
        width.get() as usize <= most
    }

    /// Whether the line, folded, is short and does not end as a sentence does.
    pub(crate) fn is_title(&self, line: u32) -> bool {
        match self.lines[line as usize].edges.last[0] {
            b'.' | b'!' | b'?' | b':' | b';' | b',' => false,
            last => {
                self.is_within(line, TITLE)
                    && (last.is_ascii_alphanumeric() || ends_as_title(self.folding(line).folded()))
            }
        }
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
        self.trim(line, &mut pieces);
        let mut left = String::new();
        let placed = pieces.into_iter().map(|piece| {
            let at = left.len();
            left.push_str(&self.text[piece.clone()]);
            (at, piece)
        });
        let pieces = placed.collect();
        let known = &mut self.lines[line as usize];
        known.is_cut = true;
        known.notes.set(0);
        known.width.set(NONE);
        known.is_plain.set(None);
        (known.bare, known.edges) = shape(&left);
        self.cut.insert(line, CutLine { left, pieces });
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
        let mut next = gone.iter().peekable();
        for (at, line) in self.lines.iter_mut().enumerate() {
            line.gone = next.next_if(|&&gone| gone == at as u32).is_some();
            if std::mem::take(&mut line.is_cut) {
                line.notes.set(0);
                line.width.set(NONE);
                line.is_plain.set(None);
                (line.bare, line.edges) = shape(&self.text[line.start..line.end]);
            }
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
        if self.whole {
            return self.bytes;
        }
        self.lines().map(|line| self.length(line)).sum()
    }

    /// What closes the places of the lines that are gone: the blank lines that go with them, and
    /// the line end that goes where the text had no final one. In order, disjoint from the lines.
    pub(crate) fn seams(&self) -> Vec<Range<usize>> {
        let mut seams = Vec::new();
        self.each_hole(|lines, stays| {
            seams.extend(self.final_line_end(&lines));
            let runs = (lines.start..=lines.end).filter(|&at| Some(at) != stays);
            let runs = runs.map(|at| self.run_before(at));
            seams.extend(runs.filter(|run| !run.is_empty()));
        });
        seams
    }

    /// The lines that are gone, with their line ends, and the [`seams`](Page::seams): in order,
    /// disjoint, none empty, none touching.
    pub(crate) fn gone_with_seams(&self) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::with_capacity(16);
        let mut push = |span: Range<usize>| match spans.last_mut() {
            _ if span.is_empty() => {}
            Some(last) if span.start <= last.end => last.end = span.end,
            _ => spans.push(span),
        };
        // Lines and the runs around them stand side by side.
        self.each_hole(|lines, stays| {
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

    /// Calls `hole` for the places of lines that are gone, of which no line between is left: with the
    /// indices of the lines, and the index of the one before which the blank run stays, if one does.
    fn each_hole(&self, mut hole: impl FnMut(Range<usize>, Option<usize>)) {
        let count = self.lines.len();
        let mut line = 0;
        while line < count {
            if !self.lines[line].gone {
                line += 1;
                continue;
            }
            let first = line;
            while line < count && self.lines[line].gone {
                line += 1;
            }
            // Of the blank runs before, between and behind the lines the first of the longest stays.
            let mut stays = None;
            if first > 0 && line < count {
                let size = |at: usize| {
                    if !self.lines[at].blank_above {
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
        Some(end..self.full_span(kept).end)
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

/// Where a line without surrounding white space and bullet stands in it: its first byte, and past its
/// last one; of no use for lines longer than [`MAX_LINE`], which nobody asks for.
type Bare = (u32, u32);

/// The bare part of a line, and its edges.
#[inline]
fn shape(line: &str) -> (Bare, Edges) {
    let bare = unbulleted(line);
    let start = bare.as_ptr() as usize - line.as_ptr() as usize;
    let clip = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    ((clip(start), clip(start + bare.len())), Edges::of(bare))
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
    if !spans.is_sorted_by_key(|span| span.start) {
        spans.sort_unstable_by_key(|span| (span.start, span.end));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_those_of_the_folded_line() {
        // Lines of up to nine of these, of which folding changes some.
        const PARTS: [&str; 14] = [
            "a", "Z", "0", " ", "  ", "\t", "`", "’", "–", "•", "\u{a0}", "é", "ж", "中",
        ];
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..200_000 {
            let count = random(10);
            let line: String = (0..count).map(|_| PARTS[random(PARTS.len())]).collect();
            let folded = fold(&line);
            let mut edges = [[0; EDGE]; 2];
            let [first, last] = &mut edges;
            let bytes = folded.as_bytes();
            first
                .iter_mut()
                .zip(bytes)
                .for_each(|(to, &byte)| *to = byte);
            last.iter_mut()
                .zip(bytes.iter().rev())
                .for_each(|(to, &byte)| *to = byte);
            let [first, last] = edges;
            assert_eq!(
                Folding::new(&line).edges(),
                Edges { first, last },
                "{line:?}"
            );
        }
    }
}
