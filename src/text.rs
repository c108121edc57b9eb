//! Lines and spans: how a line is folded, what it begins and ends with, and spans united and
//! subtracted.
//!
//! All offsets are bytes.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::num::NonZeroU16;
use std::ops::Range;

use wide::u8x16;

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

    /// That of a line of which the bare part and its edges are known; `is_plain` keeps whether folding
    /// changes it.
    #[inline]
    pub(crate) fn known(
        bare: &'l str,
        edges: Edges,
        is_plain: &'l Cell<Option<bool>>,
    ) -> Folding<'l> {
        Folding {
            bare,
            edges,
            folded: OnceCell::new(),
            is_plain: Some(is_plain),
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
    let inner = bytes.len().saturating_sub(EDGE);
    let lead = bytes[..inner].iter().rposition(|&byte| byte & 0xC0 != 0x80);
    lead.is_none_or(|lead| folds_at(bytes, lead))
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
    /// Those of no line.
    pub(crate) const NONE: Edges = Edges {
        first: [0; EDGE],
        last: [0; EDGE],
    };

    /// Those of a line whose surrounding white space and bullet are off already.
    #[inline]
    pub(crate) fn of(bare: &str) -> Edges {
        let bytes = bare.as_bytes();
        let (first, last) = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_be_bytes(*last)),
            _ => {
                let first = padded(bytes);
                (first, backwards(first, bytes.len()))
            }
        };
        // Most lines are as they are folded at both ends.
        let is_plain = changes(first) | changes(last) == 0
            && ((first | last) & HIGHS == 0 || !Edges::have_folding(first, last, bare));
        if is_plain {
            return Edges {
                first: first.to_le_bytes(),
                last: last.to_le_bytes(),
            };
        }
        Edges::folded(bare)
    }

    /// Whether folding changes a code point of several bytes in one of these edges, or one that an inner
    /// end cuts.
    #[inline(never)]
    fn have_folding(first: u64, last: u64, bare: &str) -> bool {
        let bytes = bare.as_bytes();
        places(leads(first)).any(|at| folds_at(bytes, at))
            || places(leads(last)).any(|at| folds_at(bytes, bytes.len() - 1 - at))
            || (is_inner(last) && is_cut(bare))
    }

    #[cold]
    #[inline(never)]
    fn folded(bare: &str) -> Edges {
        Edges {
            first: folded_edge(bare.chars(), false),
            last: folded_edge(bare.chars().rev(), true),
        }
    }

    /// Whether two lines may begin or end with the same word.
    #[inline]
    pub(crate) fn share_word(self, other: Edges) -> bool {
        is_same_word(self.first, other.first) || is_same_word(self.last, other.last)
    }
}

/// Whether two edges may be those of the same word.
fn is_same_word(one: [u8; EDGE], other: [u8; EDGE]) -> bool {
    if one[0] != other[0] {
        return false;
    }
    let is_end = |byte: u8| byte == b' ' || byte == 0;
    for (one, other) in one.into_iter().zip(other) {
        if is_end(one) && is_end(other) {
            return true;
        }
        if one != other {
            return false;
        }
    }
    true
}

/// Whether the innermost byte of a last edge is not the first one of its code point.
#[inline]
fn is_inner(last: u64) -> bool {
    (last >> 56) & 0xC0 == 0x80
}

/// How many bytes an edge has: the bytes of a line from one of its ends inwards, zeros where it is
/// shorter. They are enough to say of nearly all lines that they are none of those looked for.
pub(crate) const EDGE: usize = 8;

/// The first bytes of a line as it is.
#[inline]
pub(crate) fn first_edge(line: &[u8]) -> [u8; EDGE] {
    let first = line.first_chunk().copied();
    first.unwrap_or_else(|| padded(line).to_le_bytes())
}

/// The last bytes of a line as it is, from the last back.
#[inline]
pub(crate) fn last_edge(line: &[u8]) -> [u8; EDGE] {
    match line.last_chunk() {
        Some(last) => u64::from_be_bytes(*last),
        None => backwards(padded(line), line.len()),
    }
    .to_le_bytes()
}

/// The first edge of a line that has fewer bytes than an edge, with zeros behind.
#[inline]
fn padded(bytes: &[u8]) -> u64 {
    let of = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return of(first) | of(last) << (8 * (bytes.len() - 4));
    }
    let place = |edge, (at, &byte): (usize, &u8)| edge | u64::from(byte) << (8 * at);
    bytes.iter().enumerate().fold(0, place)
}

/// The last edge of a line of so many bytes, fewer than an edge, by its first one.
#[inline]
fn backwards(first: u64, length: usize) -> u64 {
    match length {
        0 => 0,
        length => first.swap_bytes() >> (8 * (EDGE - length)),
    }
}

const ONES: u64 = u64::MAX / 255;
/// The high bit of each byte.
const HIGHS: u64 = ONES << 7;

/// Not 0 if there is ASCII among these bytes that folding may change.
#[inline]
fn changes(bytes: u64) -> u64 {
    let controls = bytes.wrapping_sub(ONES * u64::from(b' ')) & !bytes & HIGHS & !zeros(bytes);
    let spaces = zeros(bytes ^ (ONES * u64::from(b' ')));
    let ticks = zeros(bytes ^ (ONES * u64::from(b'`')));
    controls | ticks | (spaces & (spaces << 8))
}

/// The high bit of each byte that may begin a code point of several that folding changes; others too
/// behind such a byte.
#[inline]
fn leads(bytes: u64) -> u64 {
    let are = |lead: u8| zeros(bytes ^ (ONES * u64::from(lead)));
    are(0xC2) | are(0xE1) | are(0xE2) | are(0xE3)
}

/// The places of bytes of which the high bit is set.
fn places(mut highs: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (highs != 0).then(|| highs.trailing_zeros() as usize / 8);
        highs &= highs.wrapping_sub(1);
        place
    })
}

/// Whether folding may change the first bytes of a line.
#[inline]
pub(crate) fn may_fold_at_edge(first: [u8; EDGE]) -> bool {
    let first = u64::from_le_bytes(first);
    changes(first) | leads(first) != 0
}

/// The high bit of each byte that is zero; one too many behind such a byte does no harm.
#[inline]
fn zeros(bytes: u64) -> u64 {
    bytes.wrapping_sub(ONES) & !bytes & HIGHS
}

/// The edge of a trimmed line of these characters, from either end, when it is folded.
fn folded_edge(chars: impl Iterator<Item = char>, is_backwards: bool) -> [u8; EDGE] {
    let mut edge = 0_u64;
    let mut bits = 0;
    let mut in_space = false;
    for c in chars {
        let is_space = c.is_whitespace();
        let again = std::mem::replace(&mut in_space, is_space) && is_space;
        let c = match c {
            _ if again => continue,
            _ if is_space => ' ',
            c => folded_char(c),
        };
        if c.is_ascii() {
            edge |= u64::from(c) << bits;
            bits += 8;
            if bits == u64::BITS {
                break;
            }
            continue;
        }
        let mut buffer = [0; 4];
        let bytes = match c.encode_utf8(&mut buffer).len() {
            length if is_backwards => {
                buffer[..length].reverse();
                &buffer[..length]
            }
            length => &buffer[..length],
        };
        for &byte in bytes {
            edge |= u64::from(byte) << bits;
            bits += 8;
            if bits == u64::BITS {
                return edge.to_le_bytes();
            }
        }
    }
    edge.to_le_bytes()
}

/// Whether a line may have white space at its ends or running in it, of which folding leaves little.
pub(crate) fn may_have_runs(line: &str) -> bool {
    line.starts_with(' ') || line.ends_with(' ') || plain_length(line) < line.len()
}

/// The characters of a line that are no white space, which all stay when it is folded, but for a bullet:
/// as many of them as somebody asks for.
pub(crate) struct Visible<'l> {
    rest: &'l [u8],
    count: usize,
}

impl<'l> Visible<'l> {
    pub(crate) fn of(line: &'l [u8]) -> Visible<'l> {
        Visible {
            rest: line,
            count: 0,
        }
    }

    /// Whether the line may have no more than so many characters when it is folded.
    pub(crate) fn may_be_within(&mut self, most: usize) -> bool {
        while self.count <= most + 1 && !self.rest.is_empty() {
            let found = match self.rest.first_chunk() {
                Some(block) => visible_in(block),
                None => {
                    let mut block = [0; VISIBLE + 1];
                    block[..self.rest.len()].copy_from_slice(self.rest);
                    visible_in(&block)
                }
            };
            self.count += found.count_ones() as usize;
            self.rest = self.rest.get(VISIBLE..).unwrap_or_default();
        }
        self.count <= most + 1
    }
}

/// So many bytes are looked at at once for characters that are no white space.
const VISIBLE: usize = 16;

/// Which bytes of a block but the last, the first the lowest bit, begin a character that surely is no
/// white space.
#[inline]
fn visible_in(block: &[u8; VISIBLE + 1]) -> u32 {
    let of = |at: usize| u8x16::new(std::array::from_fn(|byte| block[at + byte]));
    let (bytes, next) = (of(0), of(1));
    let is = |bytes: u8x16, byte: u8| bytes.simd_eq(u8x16::splat(byte));
    let is_between = |first: u8, last: u8| {
        let above = bytes - u8x16::splat(first);
        above.min(u8x16::splat(last - first)).simd_eq(above)
    };
    let begins = is_between(b'!', 0x7F) | is_between(0xC3, 0xFF);
    let may_be_white = (is(bytes, 0xE1) & is(next, 0x9A))
        | (is(bytes, 0xE2) & (is(next, 0x80) | is(next, 0x81)))
        | (is(bytes, 0xE3) & is(next, 0x80));
    begins.to_bitmask() & !may_be_white.to_bitmask()
}

/// The first or the last two bytes of a line, where it begins or ends with them when it is folded too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tip(NonZeroU16);

impl Tip {
    /// That of a line that may be folded to any.
    const ANY: Tip = Tip(NonZeroU16::MIN);

    fn of(bytes: [u8; 2]) -> Tip {
        NonZeroU16::new(u16::from_be_bytes(bytes)).map_or(Tip::ANY, Tip)
    }

    /// The first bytes of a line, without indent and bullet.
    #[inline(never)]
    pub(crate) fn first(line: &[u8]) -> Tip {
        let bare = match begins_oddly(line) {
            true => &line[indent(line)..],
            false => line,
        };
        match bare.first_chunk() {
            Some(&[a, b]) if !begins_oddly(&[a, b]) && (!a.is_ascii() || is_plain(b)) => {
                Tip::of([a, b])
            }
            _ => Tip::ANY,
        }
    }

    /// The last ones.
    #[inline(never)]
    pub(crate) fn last(line: &str) -> Tip {
        let [.., before, last] = *line.as_bytes() else {
            return Tip::ANY;
        };
        let is_known = (is_plain(before) && is_plain(last)) || {
            let stays = |c: char| !c.is_whitespace() && folded_char(c) == c;
            let mut chars = line.chars().rev();
            chars.next().is_some_and(stays) && (!last.is_ascii() || chars.next().is_some_and(stays))
        };
        match is_known {
            true => Tip::of([before, last]),
            false => Tip::ANY,
        }
    }

    /// The bytes, if they are known.
    #[inline]
    pub(crate) fn known(self) -> Option<u16> {
        (self != Tip::ANY).then_some(self.0.get())
    }

    /// Whether two lines may begin, or end, alike when they are folded.
    #[inline]
    pub(crate) fn may_be(self, other: Tip) -> bool {
        self == other || self == Tip::ANY || other == Tip::ANY
    }
}

/// What folding makes of a character that is no white space.
#[inline]
fn folded_char(c: char) -> char {
    match c {
        'a'..='z' | 'A'..='Z' => c,
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
pub(crate) fn plain_length(line: &str) -> usize {
    let bytes = line.as_bytes();
    let mut at = 0;
    let mut before = 0;
    loop {
        let rest = &bytes[at..];
        let changed = match rest.first_chunk() {
            Some(block) => changes_in(block, before),
            None => {
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                changes_in(&block, before)
            }
        };
        if changed != 0
            && let Some(place) = first_change(rest, changed)
        {
            return at + place;
        }
        if rest.len() <= BLOCK {
            return bytes.len();
        }
        at += BLOCK;
        before = bytes[at - 1];
    }
}

/// The first of these places, the lowest bit that of the first byte, at which folding changes a code
/// point.
#[inline(never)]
fn first_change(bytes: &[u8], mut places: u32) -> Option<usize> {
    while places != 0 {
        let place = places.trailing_zeros() as usize;
        // Of ASCII only what folding changes was found.
        if bytes[place].is_ascii() || folds_at(bytes, place) {
            return Some(place);
        }
        places &= places - 1;
    }
    None
}

/// So many bytes are looked at at once.
const BLOCK: usize = 32;

/// Which bytes of a block, the first the lowest bit, folding may change: those that [`may_fold`], and a
/// space behind a space. `before`: the byte before the block.
#[inline]
fn changes_in(block: &[u8; BLOCK], before: u8) -> u32 {
    let (halves, _) = block.as_chunks();
    let halves = [0, 1].map(|half: usize| {
        let bytes = u8x16::new(halves[half]);
        let is_byte = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
        let is_between = |first: u8, last: u8| {
            let above = bytes - u8x16::splat(first);
            above.min(u8x16::splat(last - first)).simd_eq(above)
        };
        let folds =
            is_between(b'\t', b'\r') | is_between(0xE1, 0xE3) | is_byte(b'`') | is_byte(0xC2);
        (folds.to_bitmask(), is_byte(b' ').to_bitmask())
    });
    let [(folds, spaces), (more_folds, more_spaces)] = halves;
    let (folds, spaces) = (folds | more_folds << 16, spaces | more_spaces << 16);
    folds | (spaces & (spaces << 1 | u32::from(before == b' ')))
}

/// The line without surrounding white space and one leading bullet.
#[inline]
pub(crate) fn unbulleted(line: &str) -> &str {
    if is_bare(line) {
        return line;
    }
    unbulleted_of_any(line)
}

/// Whether a line surely has no white space around it and no bullet.
#[inline]
fn is_bare(line: &str) -> bool {
    !begins_oddly(line.as_bytes()) && !ends_in_white(line.as_bytes())
}

#[inline(never)]
fn unbulleted_of_any(line: &str) -> &str {
    let bare = &line[indent(line.as_bytes())..];
    if is_bare(bare) {
        return bare;
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

/// How many bytes of spaces, and of a bullet and the spaces behind it, a line begins with: what is left
/// may still begin with other white space, or be a bullet in front of such.
pub(crate) fn indent(line: &[u8]) -> usize {
    let spaces = |mut from: usize| {
        while let Some(block) = line[from..].first_chunk() {
            let others = u64::from_le_bytes(*block) ^ (ONES * u64::from(b' '));
            if others != 0 {
                return from + others.trailing_zeros() as usize / 8;
            }
            from += EDGE;
        }
        let rest = line[from..].iter();
        from + rest.take_while(|&&byte| byte == b' ').count()
    };
    let start = spaces(0);
    let bullet = match line[start..] {
        [b'*' | b'-', b' ', ..] => 1,
        [0xC2, 0xB7, b' ', ..] => 2,
        [0xE2, 0x80, 0x93 | 0x94 | 0xA2 | 0xA3, b' ', ..]
        | [0xE2, 0x96, 0xAA, b' ', ..]
        | [0xE2, 0x97, 0x8F | 0xA6, b' ', ..] => 3,
        _ => return start,
    };
    match spaces(start + bullet) {
        end if end == line.len() => start,
        end => end,
    }
}

/// Whether a line that begins with this byte may begin with white space, a bullet, a byte order mark,
/// or something that folding changes.
#[inline]
pub(crate) const fn is_odd_start(byte: u8) -> bool {
    KINDS[byte as usize] & 1 == 0
}

/// Whether a line that ends with this byte may end with white space.
#[inline]
pub(crate) const fn is_blank_end(byte: u8) -> bool {
    KINDS[byte as usize] & 2 == 0
}

/// Whether a byte is a visible character that folding never changes, unless it is a bullet.
#[inline]
pub(crate) const fn is_plain(byte: u8) -> bool {
    KINDS[byte as usize] & 4 != 0
}

/// Whether a byte that a line begins with is surely no part of white space, a bullet, a byte order mark
/// or what folding changes (1), one that it ends with no part of white space (2), and one that stands
/// anywhere ASCII that is no white space and that folding never changes (4).
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        let is_graphic = (byte as u8).is_ascii_graphic();
        let begins = match byte as u8 {
            b'*' | b'-' | b'`' | 0xEF => false,
            byte => is_graphic || (byte > 0xC2 && !may_fold(byte)),
        };
        // The last bytes of U+0085, U+00A0 and of white space from U+1680 on.
        let may_end = matches!(byte, 0x80..=0x8A | 0x9F | 0xA0 | 0xA8 | 0xA9 | 0xAF);
        let ends = is_graphic || (byte >= 0x80 && !may_end);
        let is_plain = is_graphic && !may_fold(byte as u8);
        kinds[byte] = begins as u8 | (ends as u8) << 1 | (is_plain as u8) << 2;
        byte += 1;
    }
    kinds
};

/// Whether folding may change a code point that begins with this byte: white space other than a
/// space, the back-tick, and the lead bytes of U+0085 and U+00A0 (C2), U+1680 (E1), the
/// U+2000 block with its spaces, quotes and dashes (E2), U+3000 (E3).
pub(crate) const fn may_fold(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b'`' | 0xC2 | 0xE1 | 0xE2 | 0xE3)
}

/// Whether folding may change the code point of several bytes that stands at a place.
#[inline]
fn folds_at(line: &[u8], at: usize) -> bool {
    matches!(
        line[at..],
        [0xC2, 0x85 | 0xA0, ..]
            | [0xE1, 0x9A, 0x80, ..]
            | [0xE2, 0x80 | 0x81, ..]
            | [0xE2, 0x88, 0x92, ..]
            | [0xE3, 0x80, 0x80, ..]
    )
}

/// Whether folding may change the code point that begins at a place, or white space there.
#[inline]
pub(crate) fn may_fold_at(line: &[u8], at: usize) -> bool {
    may_fold(line[at]) && (line[at].is_ascii() || folds_at(line, at))
}

/// Whether a line ends with white space, or a control character.
#[inline]
pub(crate) fn ends_in_white(line: &[u8]) -> bool {
    match *line {
        [.., last] if !is_blank_end(last) => false,
        [.., last] if last.is_ascii() => true,
        [.., 0xC2, 0x85 | 0xA0]
        | [.., 0xE1, 0x9A, 0x80]
        | [.., 0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF]
        | [.., 0xE2, 0x81, 0x9F]
        | [.., 0xE3, 0x80, 0x80] => true,
        _ => false,
    }
}

/// Whether a line may begin with white space, a bullet, a byte order mark, or something that folding
/// changes.
#[inline]
pub(crate) fn begins_oddly(line: &[u8]) -> bool {
    line.first().is_some_and(|&first| is_odd_start(first)) && is_odd_beginning(line)
}

/// The same of a line of which the first byte may be odd.
#[inline(never)]
fn is_odd_beginning(line: &[u8]) -> bool {
    match *line {
        [0xC2, next, ..] => matches!(next, 0x85 | 0xA0 | 0xB7),
        [0xE1, next, ..] => next == 0x9A,
        [0xE2, next, ..] => matches!(next, 0x80 | 0x81 | 0x88 | 0x96 | 0x97),
        [0xE3, next, ..] => next == 0x80,
        _ => true,
    }
}

/// The characters after which a folded line ends as a sentence does.
pub(crate) const SENTENCE_ENDS: &[char] = &[
    '.', '!', '?', '…', ':', ';', ',', '।', '॥', '。', '！', '？', '：', '；', '，', '։', '؟', '۔',
    '،', '؛', '።', '፡', '፧', '၊', '။', '།', '។', '៕',
];

/// Whether a folded line is the place that a story begins with, as `BISHKEK -`: in capitals, with a dash.
fn is_dateline(bare: &str) -> bool {
    bare.strip_suffix('-').is_some_and(|place| {
        let mut letters = place.chars().filter(|c| c.is_alphabetic()).peekable();
        letters.peek().is_some() && letters.all(char::is_uppercase)
    })
}

/// Whether a character behind the end of a line says nothing of how it ends: joiners and marks of the direction of
/// writing, which are not seen, stars and daggers of footnotes, and pictures.
fn is_mark(c: char) -> bool {
    matches!(c, '*' | '\u{200b}'..='\u{200f}' | '\u{2020}' | '\u{2021}' | '\u{202a}'..='\u{202e}' | '\u{2060}'
        | '\u{2066}'..='\u{2069}' | '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{feff}' | '\u{1f000}'..='\u{1faff}')
}

/// The most characters of a title.
pub(crate) const TITLE: usize = 200;

/// Whether a folded line is short and does not end as a sentence does.
pub(crate) fn is_title(folded: &str) -> bool {
    ends_as_title(folded) && folded.chars().count() <= TITLE
}

/// Whether a folded line does not end as a sentence does; what it has in brackets behind its end does
/// not count, as in `It was late. [read in Farsi]`, nor do a footnote's star and pictures.
pub(crate) fn ends_as_title(folded: &str) -> bool {
    let is_end = |text: &str| {
        let is_behind =
            |c| matches!(c, '"' | '\'' | ')' | ']' | '»' | '«' | '」' | '）' | ' ') || is_mark(c);
        let bare = text.trim_end_matches(is_behind);
        bare.is_empty() || bare.ends_with(SENTENCE_ENDS) || is_dateline(bare)
    };
    let bracketed =
        folded.trim_end_matches(|c| matches!(c, '"' | '\'' | '»' | '«' | ' ') || is_mark(c));
    let before = if bracketed.ends_with([')', ']']) {
        bracketed.rfind(['(', '[']).map(|start| &bracketed[..start])
    } else {
        None
    };
    !is_end(folded) && !before.is_some_and(is_end)
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
        // What several rules find are runs in order, which a stable sort merges.
        spans.sort_by_key(|span| (span.start, span.end));
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
    fn what_folding_may_change_is_found_wherever_it_stands() {
        const PARTS: [&str; 9] = [
            "–", "  ", "`", "\u{a0}", "\t", "\u{1680}", "\u{3000}", "\r", "\u{ac00}",
        ];
        for part in PARTS {
            for before in 0..100 {
                for behind in [0, 1, 40] {
                    // Single spaces and most code points of several bytes stay as they are.
                    let plain = "a é ж ა © € 。 한".chars().cycle();
                    let mut line: String = plain.clone().take(before).collect();
                    line.push_str(part);
                    line.extend(plain.skip(1).take(behind));
                    let bytes = line.as_bytes();
                    let is_plain = |at: &usize| {
                        let again = *at > 0 && bytes[at - 1] == b' ' && bytes[*at] == b' ';
                        !may_fold_at(bytes, *at) && !again
                    };
                    let plain = (0..bytes.len()).take_while(is_plain).count();
                    assert_eq!(plain_length(&line), plain, "{line:?}");
                }
            }
        }
    }

    #[test]
    fn no_code_point_that_folding_changes_is_overlooked() {
        for c in (0..=char::MAX.into()).filter_map(char::from_u32) {
            let line = format!("{c}a");
            let bytes = line.as_bytes();
            let is_changed = fold(&line) != line;
            assert!(may_fold_at(bytes, 0) || c == ' ' || !is_changed, "{c:?}");
            let is_bullet = fold(&format!("{c} a")) == "a";
            assert!(begins_oddly(bytes) || !(is_changed || is_bullet), "{c:?}");
            let line = format!("a{c}");
            let end = Tip::last(&line);
            let known = Tip::last(&fold(&line));
            assert!(end.may_be(known), "{c:?}");
            assert_eq!(unbulleted(&line), line.trim(), "{c:?}");
            assert!(
                ends_in_white(line.as_bytes()) || line.trim() == line,
                "{c:?}"
            );
        }
    }

    #[test]
    fn lines_are_within_a_length_unless_more_of_their_characters_stay() {
        let parts = [
            "a", "ж", "ა", "한", "𐍈", " ", "\u{a0}", "\u{3000}", "\u{2003}", "“", "-",
        ];
        for (at, first) in parts.iter().enumerate() {
            for second in &parts[at..] {
                for times in [0, 1, 7, 8, 9, 16, 33] {
                    let line = first.repeat(times) + second;
                    let folded = fold(&line).chars().filter(|c| *c != ' ').count();
                    for most in folded..folded + 3 {
                        let mut visible = Visible::of(line.as_bytes());
                        assert!(visible.may_be_within(most), "{line:?} within {most}");
                    }
                }
            }
        }
        let long = "the mill ".repeat(10);
        assert!(!Visible::of(long.as_bytes()).may_be_within(60));
        let blank = "   \u{a0}\t a".repeat(10);
        assert!(Visible::of(blank.as_bytes()).may_be_within(10));
    }

    #[test]
    fn indent_is_what_goes_before_the_bare_line() {
        for bullet in ["", "•", "*", "-", "–", "—", "·", "▪", "◦", "‣", "●", "#"] {
            for before in [0, 1, 7, 8, 9, 17] {
                for behind in [0, 1, 7, 8, 9, 17] {
                    let line = format!("{}{bullet}{}Mill", " ".repeat(before), " ".repeat(behind));
                    let bare = &line[indent(line.as_bytes())..];
                    assert_eq!(bare, unbulleted(&line), "{line:?}");
                    let (trimmed, alone) = (line.trim(), format!("{bullet} "));
                    let expected = match trimmed.strip_prefix(bullet) {
                        Some(rest) if "#" != bullet && trimmed.starts_with(alone.as_str()) => {
                            rest.trim_start()
                        }
                        _ => trimmed,
                    };
                    assert_eq!(bare, expected, "{line:?}");
                }
            }
        }
        for line in ["", " ", "   ", " • ", "•", "*  "] {
            assert!(indent(line.as_bytes()) <= line.len(), "{line:?}");
        }
    }

    #[test]
    fn title_ends_as_none_of_the_sentences_before_a_bracket() {
        for title in [
            "The Mill",
            "The Mill (video)",
            "'The Mill' [1]",
            "U.S.-Born Millers",
            "A (b) c",
        ] {
            assert!(is_title(title), "{title}");
        }
        for other in [
            "It turns.",
            "It turns. (video)",
            "\"It turns!\" [read in Tajik]",
            "It turns (at night).",
            "ወፍጮው ይዞራል።",
            "\"ወፍጮው ይዞራል።\"",
            "চাকা ঘোরে।",
            "水车转动！",
            "（水车转动。）",
            "آسیاب می‌چرخد.\u{200f}",
            "چرا؟\u{200f}»",
            "گفت،",
            "စက် လည်သည်။",
            "ម៉ាស៊ីនវិល។",
            "(AP, Reuters)",
            "[1]",
            ")",
            "",
        ] {
            assert!(!is_title(other), "{other}");
        }
    }

    #[test]
    fn edges_are_those_of_the_folded_line() {
        // Lines of up to nine of these, of which folding changes some.
        const PARTS: [&str; 21] = [
            "a", "Z", "0", " ", "  ", "\t", "`", "’", "–", "•", "\u{a0}", "é", "ж", "中", "ა", "𐍈",
            "©", "。", "−", "\u{1680}", "\u{3000}",
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
