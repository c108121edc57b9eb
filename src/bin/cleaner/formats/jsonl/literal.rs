//! String literals of JSON: where they end, what they stand for, and which of their bytes stand for
//! which part of that.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;
use wide::u8x16;

use crate::formats::utf8;

/// So many bytes are looked at at once.
const BLOCK: usize = 32;
/// Bytes of a text between two places of it that are known in its literal, or more.
const APART: usize = 128;
/// The most bytes that are kept for the next literal.
const SPARE: usize = 512 << 10;

/// Room for what literals stand for, used again for each: new memory costs more than filling it.
#[derive(Debug, Default)]
pub struct Room {
    /// What the last one stands for, and something behind it.
    text: Vec<u8>,
    length: usize,
    marks: Vec<Mark>,
    is_usual: bool,
}

/// What a literal stands for. A surrogate without its other half, which no text can hold, is U+FFFD in
/// it.
#[derive(Debug)]
pub struct Text<'a> {
    pub text: Cow<'a, str>,
    /// Whether all escapes are those that JSON has names for and asks for.
    pub is_usual: bool,
    marks: Cow<'a, [Mark]>,
}

/// A byte of a literal, counted from behind its first quote, and the byte of the text that stands for
/// it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    raw: usize,
    text: usize,
}

impl Room {
    /// Takes in what a literal stands for behind whose first quote the line goes on here; the byte of
    /// its last quote. `None` if it is not right.
    pub fn unescape(&mut self, line: &[u8], start: usize) -> Option<usize> {
        // No text is longer than its literal, but it is written in whole blocks.
        let most = line.len() - start + BLOCK;
        if self.text.len() < most {
            self.text.resize(most, 0);
        }
        self.marks.clear();
        self.is_usual = true;
        let text = &mut self.text[..];
        let (mut raw, mut at, mut next_mark) = (start, 0, APART);
        loop {
            let plain = copy_plain(&line[raw..], &mut text[at..]);
            (raw, at) = (raw + plain, at + plain);
            loop {
                match *line.get(raw)? {
                    b'\\' => {
                        let short = SHORT[usize::from(*line.get(raw + 1)?)];
                        if short == 0 || short == b'/' {
                            self.is_usual = false;
                        }
                        if short == 0 {
                            let (c, length) = by_number(&line[raw..])?;
                            at += c.encode_utf8(&mut text[at..]).len();
                            raw += length;
                        } else {
                            text[at] = short;
                            (raw, at) = (raw + 2, at + 1);
                        }
                    }
                    b'"' => {
                        self.length = at;
                        return Some(raw);
                    }
                    0..b' ' => return None,
                    _ => break,
                }
            }
            if at >= next_mark {
                self.marks.push(Mark {
                    raw: raw - start,
                    text: at,
                });
                next_mark = at + APART;
            }
        }
    }

    /// What was taken in; `None` if it is not UTF-8, as the literal is then.
    pub fn text(&self) -> Option<Text<'_>> {
        Some(Text {
            text: utf8(&self.text[..self.length]).ok()?.into(),
            is_usual: self.is_usual,
            marks: self.marks.as_slice().into(),
        })
    }

    /// As [`text`](Room::text), for who needs the room no more.
    pub fn into_text(mut self) -> Option<Text<'static>> {
        self.text.truncate(self.length);
        Some(Text {
            text: String::from_utf8(self.text).ok()?.into(),
            is_usual: self.is_usual,
            marks: self.marks.into(),
        })
    }

    /// Gives back what a large literal took.
    pub fn tidy(&mut self) {
        if self.text.len() > SPARE {
            *self = Room::default();
        }
    }
}

impl Text<'_> {
    /// The bytes of the literal, without its quotes, that stand for parts of the text, which are in
    /// order and disjoint.
    pub fn places(&self, literal: &[u8], parts: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut walk = Walk {
            literal,
            raw: 0,
            text: 0,
        };
        let mut to = |place: usize| {
            let known = self.marks.partition_point(|mark| mark.text <= place);
            if let Some(mark) = known.checked_sub(1).map(|at| self.marks[at])
                && mark.text > walk.text
            {
                (walk.raw, walk.text) = (mark.raw, mark.text);
            }
            walk.to(place)
        };
        parts
            .iter()
            .map(|part| to(part.start)..to(part.end))
            .collect()
    }
}

/// The byte of the last quote of a literal behind whose first quote the line goes on here; `None` if
/// it is not right.
pub fn end(line: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let found = special(&block(line, at));
        if found == 0 {
            at += BLOCK;
            continue;
        }
        at += found.trailing_zeros() as usize;
        match line.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += escape(&line[at..])?.1,
            _ => return None,
        }
    }
}

/// Writes what stands for a part of a text in a literal, as serde_json does.
pub fn escape_into(text: &str, part: Range<usize>, out: &mut Vec<u8>) {
    let text = text.as_bytes();
    let mut at = part.start;
    while at < part.end {
        let block = block(text, at);
        let plain = special(&block).trailing_zeros().min(BLOCK as u32) as usize;
        let plain = plain.min(part.end - at);
        let end = out.len() + plain;
        out.extend_from_slice(&block);
        out.truncate(end);
        at += plain;
        if plain == BLOCK || at == part.end {
            continue;
        }
        let byte = text[at];
        at += 1;
        out.extend_from_slice(match byte {
            b'\n' => b"\\n",
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\t' => b"\\t",
            b'\r' => b"\\r",
            0x8 => b"\\b",
            0xc => b"\\f",
            _ => {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                out.extend_from_slice(b"\\u00");
                out.extend([digit(byte >> 4), digit(byte & 0xf)]);
                continue;
            }
        });
    }
}

/// Copies the bytes that stand for themselves, in whole blocks, and something behind them; how many
/// they are.
#[inline]
fn copy_plain(from: &[u8], to: &mut [u8]) -> usize {
    let (blocks, _) = from.as_chunks();
    let (copies, _) = to.as_chunks_mut();
    let mut plain = 0;
    for (block, copy) in blocks.iter().zip(copies) {
        *copy = *block;
        let found = special(block);
        if found != 0 {
            return plain + found.trailing_zeros() as usize;
        }
        plain += BLOCK;
    }
    let rest = block(from, plain);
    to[plain..plain + BLOCK].copy_from_slice(&rest);
    plain + special(&rest).trailing_zeros() as usize
}

/// The bytes of a line from here; behind its end zeros, which no literal has.
#[inline]
fn block(line: &[u8], at: usize) -> [u8; BLOCK] {
    if let Some(block) = line.get(at..at + BLOCK) {
        return block.try_into().expect("it is as long as that");
    }
    let mut block = [0; BLOCK];
    let rest = line.get(at..).unwrap_or_default();
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// The bytes of a block that do not stand for themselves, the first the lowest bit.
#[inline]
fn special(block: &[u8; BLOCK]) -> u32 {
    let (halves, _) = block.as_chunks();
    let bits = |half: usize| {
        let bytes = u8x16::new(halves[half]);
        let is_byte = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
        let is_control = bytes.min(u8x16::splat(b' ' - 1)).simd_eq(bytes);
        (is_byte(b'"') | is_byte(b'\\') | is_control).to_bitmask()
    };
    bits(0) | bits(1) << 16
}

/// The characters that escapes of two bytes stand for, by the second one.
const SHORT: [u8; 256] = {
    let mut short = [0; 256];
    short[b'"' as usize] = b'"';
    short[b'\\' as usize] = b'\\';
    short[b'/' as usize] = b'/';
    short[b'b' as usize] = 0x8;
    short[b'f' as usize] = 0xc;
    short[b'n' as usize] = b'\n';
    short[b'r' as usize] = b'\r';
    short[b't' as usize] = b'\t';
    short
};

/// The character that an escape stands for, and how many bytes it is written with; `None` if it is
/// none.
#[inline]
fn escape(literal: &[u8]) -> Option<(char, usize)> {
    match SHORT[usize::from(*literal.get(1)?)] {
        0 => by_number(literal),
        short => Some((short.into(), 2)),
    }
}

/// As [`escape`], of `\uXXXX` and of two that are one character.
#[cold]
fn by_number(literal: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = literal.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digit = |unit: u32, digit: &u8| Some(unit << 4 | char::from(*digit).to_digit(16)?);
        digits.iter().try_fold(0, digit)
    };
    let first = unit(0)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    let pair = unit(6)
        .filter(|second| first < 0xdc00 && (0xdc00..0xe000).contains(second))
        .and_then(|second| char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
    Some(pair.map_or((char::REPLACEMENT_CHARACTER, 6), |c| (c, 12)))
}

/// A walk along a literal and the text that it stands for, side by side.
struct Walk<'a> {
    literal: &'a [u8],
    /// Bytes of the literal that are behind.
    raw: usize,
    /// Bytes of the text that are behind.
    text: usize,
}

impl Walk<'_> {
    /// The byte of the literal that stands for a byte of the text, which is not behind.
    fn to(&mut self, place: usize) -> usize {
        while self.text < place {
            let rest = &self.literal[self.raw..];
            let ahead = place - self.text;
            let near = &rest[..ahead.min(rest.len())];
            let plain = memchr(b'\\', near).unwrap_or(near.len());
            self.raw += plain;
            self.text += plain;
            if plain < ahead {
                let (c, length) = escape(&rest[plain..]).expect("the literal is right");
                self.raw += length;
                self.text += c.len_utf8();
            }
        }
        self.raw
    }
}
