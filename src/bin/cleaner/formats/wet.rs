//! The records of WARC files, of which the WET files of Common Crawl are a kind: finding them in a
//! buffer, reading one, and writing it with another text.
//!
//! A record is a head (the line `WARC/1.0`, lines `Name: value` and a blank line), as many bytes
//! as its `Content-Length` says, and two line ends. Line ends are `\r\n` or `\n`, and stay what
//! they are.
//!
//! [`next`] splits a file into extents, each a whole record or bytes that are none: put together
//! they are the file. Where a record ends only its `Content-Length` says, so that a text may hold
//! what looks like a record; what stands behind is looked at to tell whether the length is right.
//! Bytes that are no record end where a line begins with `WARC/1.`, so that a bad record does not
//! take the others with it.

use std::borrow::Cow;
use std::ops::Range;

use data_encoding::{BASE32, BASE32_NOPAD, HEXUPPER};
use memchr::{memchr, memmem};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::utf8;

/// How a record begins.
pub const BORDER: &[u8] = b"WARC/1.";
/// The line end before the beginning of a record that is found in other bytes.
const LINE_AND_BORDER: &[u8] = b"\nWARC/1.";
/// The most bytes of a head.
const HEAD: usize = 1 << 20;
/// The most line ends behind a text that belong to its record. There is a limit because any number
/// of wrong lengths may point at the same line ends.
const LINE_ENDS: usize = 64;
/// The most bytes that are shown of what was found. So many are waited for before it is told, lest
/// what is told depend on the buffer.
const SHOWN: usize = 32;

/// What stands at the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A whole record of so many bytes, with the line ends behind it.
    ///
    /// There are two; more of them are the record's too, up to 64. At the end of a file there may
    /// be fewer, or half of one.
    Record(usize),
    /// So many bytes, at least one, that are no record, and what was expected and found.
    ///
    /// They reach to the line that begins the next record, or to the end of the file. Of more than
    /// `max_record` bytes only so many are told of, and the rest next time.
    Broken(usize, String),
    /// These bytes do not tell: ask again with at least so many, or at the end.
    ///
    /// It is always more than there are, and little more than `max_record` at most. Whoever follows
    /// it spends time linear in the file.
    More(usize),
    /// Nothing is left.
    End,
}

/// What stands at the front of `buffer`, behind which the file ends if `at_end`.
///
/// `max_record` is the most bytes of a record, without the line ends behind it; a buffer need not
/// hold much more. Extents and reasons do not depend on how a file is cut into buffers. At the end
/// the answer is never [`Next::More`], before it never [`Next::End`].
pub fn next(buffer: &[u8], at_end: bool, max_record: usize) -> Next {
    if at_end && buffer.is_empty() {
        return Next::End;
    }
    if !at_end && buffer.len() < SHOWN {
        return Next::More(SHOWN);
    }
    match record(buffer, at_end, max_record) {
        Ok(next) => next,
        Err(reason) => broken(buffer, at_end, max_record, reason),
    }
}

/// A record of a WARC file.
#[derive(Debug)]
pub struct Record<'a> {
    bytes: &'a [u8],
    head: Head,
}

impl<'a> Record<'a> {
    /// The record that these bytes are, as [`Next::Record`] measures it.
    ///
    /// # Errors
    /// What was expected and found.
    pub fn read(bytes: &'a [u8]) -> Result<Record<'a>, String> {
        let head = Head::read(bytes)?
            .ok_or("expected the blank line that ends the head, found the end of the record")?;
        let record = Record { bytes, head };
        let length = record.head.content_length;
        let behind = record.head.len.checked_add(length);
        let behind = behind.and_then(|end| bytes.get(end..)).ok_or_else(|| {
            let found = bytes.len() - record.head.len;
            format!("expected {length} bytes by Content-Length, found {found}")
        })?;
        let before = &bytes[..bytes.len() - behind.len()];
        match Tail::read(before, behind) {
            Tail::Cut => Ok(record),
            Tail::Whole(tail) if tail == behind.len() => Ok(record),
            _ => {
                let found = shown(behind);
                Err(format!(
                    "expected line ends behind {length} bytes by Content-Length, found {found}"
                ))
            }
        }
    }

    /// The value of the first header of a name, whose case does not matter.
    ///
    /// Of a value of several lines there is a space between them. One that is not UTF-8 is `None`.
    pub fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        let value = std::str::from_utf8(self.value(name)?).ok()?;
        Some(if value.contains('\n') {
            let lines: Vec<&str> = value.lines().map(str::trim_ascii).collect();
            lines.join(" ").into()
        } else {
            value.into()
        })
    }

    /// The address of its page; the brackets around it, which WARC 1.0 asks for, are no part of it.
    pub fn url(&self) -> Option<Cow<'a, str>> {
        let url = self.header("WARC-Target-URI")?;
        let bare = url.strip_prefix('<').and_then(|url| url.strip_suffix('>'));
        Some(match bare {
            Some(bare) => bare.to_owned().into(),
            None => url,
        })
    }

    fn value(&self, name: &str) -> Option<&'a [u8]> {
        let mut fields = self.head.fields.iter();
        let field = fields.find(|field| is_named(self.bytes, field, name))?;
        Some(&self.bytes[field.value.clone()])
    }

    /// Whether it is the text of a page: a conversion to plain text.
    pub fn is_document(&self) -> bool {
        let is_conversion = self
            .value("WARC-Type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case(b"conversion"));
        let is_plain = self.value("Content-Type").is_none_or(|media| {
            let kind = media.split(|&byte| byte == b';').next().unwrap_or(media);
            kind.trim_ascii().eq_ignore_ascii_case(b"text/plain")
        });
        is_conversion && is_plain
    }

    /// Its text.
    ///
    /// # Errors
    /// It is not UTF-8; the offset is that in the text.
    pub fn text(&self) -> Result<&'a str, String> {
        let text = &self.bytes[self.text_range()];
        utf8(text)
            .map_err(|(byte, at)| format!("this is not UTF-8: 0x{byte:02x} at byte offset {at}"))
    }

    fn text_range(&self) -> Range<usize> {
        self.head.len..self.head.len + self.head.content_length
    }

    /// The lines before the text, with the blank one.
    pub fn head(&self) -> &'a [u8] {
        &self.bytes[..self.head.len]
    }

    /// The line ends behind the text.
    pub fn tail(&self) -> &'a [u8] {
        &self.bytes[self.text_range().end..]
    }

    /// Appends the record with another text.
    ///
    /// The digits of `Content-Length` and the values of `WARC-Block-Digest` and
    /// `WARC-Payload-Digest` are made to fit the text, whether they fitted the old one or not; a
    /// digest stays in its algorithm, encoding and letter case. Known are SHA-1 and SHA-256, in
    /// Base32 or hexadecimal: the line of any other digest is left out. Every other byte before
    /// and behind the text is as it was.
    ///
    /// Both digests are taken to be of the whole text, as they are in a
    /// [document](Record::is_document).
    pub fn write_with(&self, text: &[u8], out: &mut Vec<u8>) {
        let mut copied = 0;
        for field in &self.head.fields {
            let is_digest = is_named(self.bytes, field, "WARC-Block-Digest")
                || is_named(self.bytes, field, "WARC-Payload-Digest");
            let old = &self.bytes[field.value.clone()];
            let new = if is_digest {
                digest(text, old)
            } else if is_named(self.bytes, field, "Content-Length")
                // Zeros before the number stay.
                && text.len() != self.head.content_length
            {
                Some(text.len().to_string())
            } else {
                continue;
            };
            match new {
                Some(new) => {
                    out.extend_from_slice(&self.bytes[copied..field.value.start]);
                    out.extend_from_slice(new.as_bytes());
                    copied = field.value.end;
                }
                None => {
                    out.extend_from_slice(&self.bytes[copied..field.name.start]);
                    copied = field.end;
                }
            }
        }
        out.extend_from_slice(&self.bytes[copied..self.head.len]);
        out.extend_from_slice(text);
        out.extend_from_slice(self.tail());
    }

    /// Appends the record as it was before [`Record::write_with`], of which this is the result:
    /// `head` and `text` are those of the record as it was.
    ///
    /// # Errors
    /// The head is none, or not one of this text.
    pub fn write_original(
        &self,
        head: &[u8],
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let read = Head::read(head)?.filter(|read| read.len == head.len());
        let length = read
            .ok_or("this is not the head of a record")?
            .content_length;
        if length != text.len() {
            let found = text.len();
            return Err(format!(
                "expected {length} bytes by Content-Length, found {found}"
            ));
        }
        out.extend_from_slice(head);
        out.extend_from_slice(text);
        out.extend_from_slice(self.tail());
        Ok(())
    }
}

/// The record at the front of a buffer; the error is why there is none.
fn record(buffer: &[u8], at_end: bool, max_record: usize) -> Result<Next, String> {
    let max_head = max_record.min(HEAD);
    let Some(head) = Head::read(&buffer[..buffer.len().min(max_head)])? else {
        return if buffer.len() >= max_head {
            Err(format!(
                "expected the blank line that ends the head, found none in {max_head} bytes"
            ))
        } else if at_end {
            Err("expected the blank line that ends the head, found the end of the file".to_owned())
        } else {
            Ok(Next::More(buffer.len().saturating_mul(2).min(max_head)))
        };
    };
    let length = head.content_length;
    let end = head
        .len
        .checked_add(length)
        .filter(|&end| end <= max_record)
        .ok_or_else(|| {
            format!(
                "expected a record of at most {max_record} bytes, found Content-Length {length}"
            )
        })?;
    let Some(behind) = buffer.get(end..) else {
        if at_end {
            let found = buffer.len() - head.len;
            return Err(format!(
                "expected {length} bytes by Content-Length, found {found} and the end of the file"
            ));
        }
        return Ok(Next::More(end.saturating_add(SHOWN)));
    };
    match Tail::read(&buffer[..end], behind) {
        Tail::Whole(tail) => Ok(Next::Record(end + tail)),
        Tail::Cut if at_end => Ok(Next::Record(buffer.len())),
        Tail::CutBorder(tail) if at_end => Ok(Next::Record(end + tail)),
        Tail::Wrong if at_end || behind.len() >= SHOWN => {
            let found = shown(behind);
            Err(format!(
                "expected two line ends and `WARC/1.` behind {length} bytes by Content-Length, found {found}"
            ))
        }
        _ => Ok(Next::More(end + SHOWN.max(behind.len() * 2))),
    }
}

/// The extent that is no record.
fn broken(buffer: &[u8], at_end: bool, max_record: usize, reason: String) -> Next {
    // Of no bytes at all there would be no end.
    let most = max_record.max(1);
    let enough = most.saturating_add(BORDER.len());
    let seen = &buffer[..buffer.len().min(enough)];
    if let Some(line_end) = memmem::find(seen, LINE_AND_BORDER) {
        Next::Broken(line_end + 1, reason)
    } else if at_end || seen.len() == enough {
        Next::Broken(seen.len().min(most), reason)
    } else {
        Next::More(buffer.len().saturating_mul(2).min(enough))
    }
}

/// The head of a record, read.
#[derive(Debug)]
struct Head {
    /// Its bytes, with the blank line.
    len: usize,
    fields: Vec<Field>,
    content_length: usize,
}

/// A header: a line, and those that continue it.
#[derive(Debug)]
struct Field {
    /// The bytes of the name.
    name: Range<usize>,
    /// The bytes of the value, without white space around it.
    value: Range<usize>,
    /// Where the line ends, or the last one that continues it.
    end: usize,
}

impl Head {
    /// The head at the front of a record; `None` if it does not end in these bytes.
    fn read(bytes: &[u8]) -> Result<Option<Head>, String> {
        let version = bytes.strip_prefix(BORDER).and_then(|rest| {
            let rest = rest.strip_prefix(b"0").or(rest.strip_prefix(b"1"))?;
            line_end(rest)
        });
        let Some(version) = version else {
            let found = shown(bytes);
            return Err(format!("expected `WARC/1.0` or `WARC/1.1`, found {found}"));
        };
        let mut at = BORDER.len() + 1 + version;
        let mut fields: Vec<Field> = Vec::new();
        loop {
            let rest = &bytes[at..];
            if let Some(blank) = line_end(rest) {
                let content_length = content_length(bytes, &fields)?;
                return Ok(Some(Head {
                    len: at + blank,
                    fields,
                    content_length,
                }));
            }
            let Some(line) = memchr(b'\n', rest) else {
                return Ok(None);
            };
            let end = at + line + 1;
            let line = &bytes[at..end];
            if continues(line) {
                let field = fields.last_mut().ok_or_else(|| unexpected(line))?;
                field.value = trimmed(bytes, field.value.start..end);
                field.end = end;
            } else {
                let name = name(line).ok_or_else(|| unexpected(line))?;
                let colon = memchr(b':', line).unwrap_or(name);
                fields.push(Field {
                    name: at..at + name,
                    value: trimmed(bytes, at + colon + 1..end),
                    end,
                });
            }
            at = end;
        }
    }
}

/// Whether a line continues the one before.
///
/// One of white space alone does not: some take it for the end of the head.
fn continues(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t')) && !line.trim_ascii().is_empty()
}

/// The length of the name of a header; `None` if the line is no header.
///
/// The beginning of a record is none, whatever follows: else heads without end, each to be read
/// anew, could be in one another.
fn name(line: &[u8]) -> Option<usize> {
    let name = line[..memchr(b':', line)?].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    (is_name && !line.starts_with(BORDER)).then_some(name.len())
}

fn unexpected(line: &[u8]) -> String {
    let found = shown(line);
    format!("expected `Name: value` or the blank line that ends the head, found {found}")
}

/// What the headers say of the length of the text; those of a number that has no place in memory
/// are the largest.
fn content_length(bytes: &[u8], fields: &[Field]) -> Result<usize, String> {
    let mut length = None;
    for field in fields {
        if !is_named(bytes, field, "Content-Length") {
            continue;
        }
        let value = &bytes[field.value.clone()];
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            let found = shown(value);
            return Err(format!(
                "expected a number as Content-Length, found {found}"
            ));
        }
        let number = value.iter().fold(0usize, |number, digit| {
            let digit = usize::from(digit - b'0');
            number.saturating_mul(10).saturating_add(digit)
        });
        match length {
            Some(length) if length != number => {
                return Err(format!(
                    "expected one Content-Length, found {length} and {number}"
                ));
            }
            _ => length = Some(number),
        }
    }
    length.ok_or_else(|| "expected a Content-Length, found none".to_owned())
}

fn is_named(bytes: &[u8], field: &Field, name: &str) -> bool {
    bytes[field.name.clone()].eq_ignore_ascii_case(name.as_bytes())
}

/// The range without the white space at its ends.
fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let end = range.start + bytes[range.clone()].trim_ascii_end().len();
    let start = end - bytes[range.start..end].trim_ascii_start().len();
    start..end
}

/// What stands behind the text of a record.
enum Tail {
    /// So many bytes of line ends, and the record is over.
    Whole(usize),
    /// Line ends, and then nothing that tells.
    Cut,
    /// So many bytes of line ends, and then a part of the beginning of a record.
    CutBorder(usize),
    /// Something else.
    Wrong,
}

impl Tail {
    /// What `behind` is; `before` is the head and the text.
    fn read(before: &[u8], behind: &[u8]) -> Tail {
        let (mut at, mut lines) = (0, 0);
        while lines < LINE_ENDS
            && let Some(end) = line_end(&behind[at..])
        {
            at += end;
            lines += 1;
        }
        let rest = &behind[at..];
        if splits_line_end(before, behind) {
            Tail::Wrong
        } else if lines == LINE_ENDS || lines >= 2 && rest.starts_with(BORDER) {
            Tail::Whole(at)
        } else if rest.is_empty() || rest == b"\r" {
            Tail::Cut
        } else if lines >= 2 && BORDER.starts_with(rest) {
            Tail::CutBorder(at)
        } else {
            Tail::Wrong
        }
    }
}

/// Whether a length one too large is why there is a line end: the text takes the `\r` of it, in a
/// file where `\r\n` ends a line.
fn splits_line_end(before: &[u8], behind: &[u8]) -> bool {
    let first = memchr(b'\n', before).map_or(before, |line| &before[..line]);
    first.ends_with(b"\r") && before.ends_with(b"\r") && behind.starts_with(b"\n")
}

/// The length of the line end at the front.
fn line_end(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\n") {
        Some(1)
    } else {
        bytes.starts_with(b"\r\n").then_some(2)
    }
}

/// What was found: the first line that is not blank, and the blank ones before it.
fn shown(bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(SHOWN)];
    let blank = bytes.len() - bytes.trim_ascii_start().len();
    let line = memchr(b'\n', &bytes[blank..]).map_or(bytes.len(), |line| blank + line);
    let line = &bytes[..line];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return "nothing".to_owned();
    }
    // The last bytes may be part of a character.
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end_matches('\u{fffd}');
    format!("`{}`", text.escape_debug())
}

/// The digest of a text, written as another one is; `None` if that is of no known algorithm or
/// encoding.
fn digest(text: &[u8], like: &[u8]) -> Option<String> {
    let (label, value) = std::str::from_utf8(like).ok()?.split_once(':')?;
    let digest = match label.to_ascii_lowercase().as_str() {
        "sha1" | "sha-1" => Sha1::digest(text).to_vec(),
        "sha256" | "sha-256" => Sha256::digest(text).to_vec(),
        _ => return None,
    };
    // The length tells which one it is.
    let encoding = [BASE32, BASE32_NOPAD, HEXUPPER]
        .into_iter()
        .find(|encoding| encoding.encode_len(digest.len()) == value.len())?;
    let upper = value.to_ascii_uppercase();
    encoding.decode(upper.as_bytes()).ok()?;
    let mut new = encoding.encode(&digest);
    if new == upper {
        new = value.to_owned();
    } else if value.bytes().any(|byte| byte.is_ascii_lowercase()) {
        new.make_ascii_lowercase();
    }
    Some(format!("{label}:{new}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The most bytes of a record, where a test does not say.
    const MOST: usize = 4096;

    /// What a file is split into, with the reasons of what is no record.
    type Extents<'a> = Vec<(&'a [u8], Option<String>)>;

    /// The extents of a whole file.
    fn split(file: &[u8], max_record: usize) -> Extents<'_> {
        let mut extents = Vec::new();
        let mut rest = file;
        loop {
            let (len, reason) = match next(rest, true, max_record) {
                Next::Record(len) => (len, None),
                Next::Broken(len, reason) => (len, Some(reason)),
                Next::More(_) => panic!("there is no more at the end"),
                Next::End => break,
            };
            assert!(len > 0, "an extent is not empty");
            let (extent, behind) = rest.split_at(len);
            extents.push((extent, reason));
            rest = behind;
        }
        extents
    }

    /// The same while the buffer grows, by a byte or by what is asked for; and how often it was
    /// asked.
    fn split_growing(file: &[u8], max_record: usize, by_byte: bool) -> (Extents<'_>, usize) {
        let mut extents = Vec::new();
        let (mut at, mut end, mut asked) = (0, 0, 0);
        loop {
            asked += 1;
            let (len, reason) = match next(&file[at..end], end == file.len(), max_record) {
                Next::Record(len) => (len, None),
                Next::Broken(len, reason) => (len, Some(reason)),
                Next::More(least) => {
                    assert!(least > end - at, "more is more than there is");
                    assert!(end < file.len(), "there is no more at the end");
                    end = if by_byte { end + 1 } else { at + least };
                    end = end.min(file.len());
                    continue;
                }
                Next::End => break,
            };
            assert!(len > 0, "an extent is not empty");
            extents.push((&file[at..at + len], reason));
            at += len;
        }
        assert_eq!(at, file.len(), "nothing is left at the end");
        (extents, asked)
    }

    /// Checks that a file is split into its pieces, which are records unless a reason stands with
    /// them, however it is read.
    fn check_with(pieces: &[(&str, &str)], max_record: usize) {
        let file: String = pieces.iter().map(|(piece, _)| *piece).collect();
        let extents = split(file.as_bytes(), max_record);
        let read: Vec<(String, &str)> = extents
            .iter()
            .map(|(extent, reason)| {
                let extent = String::from_utf8_lossy(extent).into_owned();
                (extent, reason.as_deref().unwrap_or(""))
            })
            .collect();
        let expected: Vec<(String, &str)> = pieces
            .iter()
            .map(|(piece, reason)| (piece.to_string(), *reason))
            .collect();
        assert_eq!(read, expected);
        check_growing(file.as_bytes(), max_record);
    }

    fn check(pieces: &[(&str, &str)]) {
        check_with(pieces, MOST);
    }

    /// Checks that a file is split alike however the buffer grows, and that its records can be
    /// read.
    fn check_growing(file: &[u8], max_record: usize) {
        let extents = split(file, max_record);
        assert_eq!(split_growing(file, max_record, true).0, extents);
        assert_eq!(split_growing(file, max_record, false).0, extents);
        let pieces: Vec<&[u8]> = extents.iter().map(|(extent, _)| *extent).collect();
        assert_eq!(pieces.concat(), file, "the extents are the file");
        for (extent, reason) in extents {
            if reason.is_none() {
                let record = Record::read(extent).unwrap();
                assert_eq!(
                    [record.head(), &extent[record.text_range()], record.tail()].concat(),
                    extent
                );
            }
        }
    }

    /// A record of a page, with two line ends behind the text.
    fn page(text: &str) -> String {
        let length = text.len();
        format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n"
        )
    }

    const SHORT: &str = "WARC/1.0\r\nContent-Length: 5\r\n\r\nhello\r\n\r\n";
    const BARE: &str = "WARC/1.1\nContent-Length: 5\n\nhello\n\n";

    #[test]
    fn records_follow_each_other() {
        check(&[]);
        check(&[(SHORT, "")]);
        check(&[
            (SHORT, ""),
            (BARE, ""),
            (&page("Привет\n"), ""),
            (SHORT, ""),
        ]);
        check(&[("WARC/1.0\ncontent-length:0\n\n\n\n", ""), (SHORT, "")]);
    }

    #[test]
    fn what_looks_like_a_record_is_text_within_the_length() {
        check(&[(&page(&format!("a\r\n\r\n{SHORT}b")), ""), (SHORT, "")]);
        check(&[(&page("\r\n\r\nWARC/1.0\r\n"), ""), (SHORT, "")]);
    }

    #[test]
    fn more_line_ends_belong_to_the_record_before() {
        check(&[(&format!("{SHORT}\r\n\n\r\n"), ""), (SHORT, "")]);
        check(&[(&format!("{SHORT}\r\n\n\r\n"), "")]);
        let many = "\n".repeat(LINE_ENDS - 2);
        check(&[(&format!("{SHORT}{many}"), ""), (SHORT, "")]);
        check(&[
            (&format!("{SHORT}{many}"), ""),
            (
                "\n\n",
                "expected `WARC/1.0` or `WARC/1.1`, found `\\n\\nWARC/1.0`",
            ),
            (SHORT, ""),
        ]);
    }

    #[test]
    fn line_ends_may_be_missing_at_the_end_of_the_file() {
        for less in 0..=4 {
            check(&[(SHORT, ""), (&SHORT[..SHORT.len() - less], "")]);
        }
        for less in 0..=2 {
            check(&[(BARE, ""), (&BARE[..BARE.len() - less], "")]);
        }
    }

    #[test]
    fn missing_line_ends_before_a_record_are_told() {
        check(&[
            (
                &SHORT[..SHORT.len() - 2],
                "expected two line ends and `WARC/1.` behind 5 bytes by Content-Length, found `\\r\\nWARC/1.0`",
            ),
            (SHORT, ""),
        ]);
        // Without any line end there is no line that begins with the next record.
        check(&[
            (
                &format!("{}{SHORT}", &SHORT[..SHORT.len() - 4]),
                "expected two line ends and `WARC/1.` behind 5 bytes by Content-Length, found `WARC/1.0`",
            ),
            (BARE, ""),
        ]);
    }

    #[test]
    fn wrong_length_is_told() {
        check(&[(&BARE.replace("hello", "hell\r"), ""), (SHORT, "")]);
        let short = SHORT.replace("5", "4");
        check(&[
            (
                &short,
                "expected two line ends and `WARC/1.` behind 4 bytes by Content-Length, found `o`",
            ),
            (SHORT, ""),
        ]);
        let long = SHORT.replace("5", "6");
        check(&[
            (
                &long,
                "expected two line ends and `WARC/1.` behind 6 bytes by Content-Length, found `\\n\\r\\nWARC/1.0`",
            ),
            (SHORT, ""),
        ]);
        let past = SHORT.replace("5", "20");
        check(&[
            (
                &past,
                "expected two line ends and `WARC/1.` behind 20 bytes by Content-Length, found `ontent-Length: 5`",
            ),
            (SHORT, ""),
            (BARE, ""),
        ]);
        let past = SHORT.replace("5", "200");
        check(&[
            (SHORT, ""),
            (
                &past,
                "expected 200 bytes by Content-Length, found 44 and the end of the file",
            ),
            (BARE, ""),
        ]);
    }

    #[test]
    fn length_that_is_none_is_told() {
        let check_length = |line: &str, reason: &str| {
            let record = SHORT.replace("Content-Length: 5\r\n", line);
            check(&[(SHORT, ""), (&record, reason), (SHORT, "")]);
        };
        check_length("", "expected a Content-Length, found none");
        check_length(
            "Content-Length:\r\n",
            "expected a number as Content-Length, found nothing",
        );
        check_length(
            "Content-Length: five\r\n",
            "expected a number as Content-Length, found `five`",
        );
        check_length(
            "Content-Length: -5\r\n",
            "expected a number as Content-Length, found `-5`",
        );
        check_length(
            "Content-Length: +5\r\n",
            "expected a number as Content-Length, found `+5`",
        );
        check_length(
            "Content-Length: 5\r\ncontent-length: 6\r\n",
            "expected one Content-Length, found 5 and 6",
        );
        check_length(
            "Content-Length: 4096\r\n",
            "expected a record of at most 4096 bytes, found Content-Length 4096",
        );
        check_length(
            "Content-Length: 99999999999999999999999\r\n",
            &format!(
                "expected a record of at most 4096 bytes, found Content-Length {}",
                usize::MAX
            ),
        );
    }

    #[test]
    fn length_may_be_written_in_any_way() {
        for line in [
            "content-LENGTH:5",
            "Content-Length : 5 \t",
            "Content-Length:\r\n  5",
            "Content-Length: 0005",
            "Content-Length: 5\r\nContent-Length: 5",
        ] {
            let record = SHORT.replace("Content-Length: 5", line);
            check(&[(&record, ""), (SHORT, "")]);
        }
    }

    #[test]
    fn head_that_is_none_is_told() {
        let check_head = |broken: &str, reason: &str| {
            check(&[(broken, reason), (SHORT, "")]);
            check(&[(SHORT, ""), (broken, reason), (SHORT, "")]);
            check(&[(SHORT, ""), (broken, reason)]);
        };
        let version = "expected `WARC/1.0` or `WARC/1.1`, found ";
        check_head(
            "WARC/1.2\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
            &format!("{version}`WARC/1.2`"),
        );
        check_head(
            "WARC/1.0 \r\nContent-Length: 0\r\n\r\n\r\n\r\n",
            &format!("{version}`WARC/1.0 `"),
        );
        let line = "expected `Name: value` or the blank line that ends the head, found ";
        check_head(
            "WARC/1.0\r\nContent-Length: 5\r\nhello\r\n\r\n",
            &format!("{line}`hello`"),
        );
        check_head(
            "WARC/1.0\r\nContent-Length: 5\r\n \r\nhello\r\n\r\n",
            &format!("{line}` \\r\\n`"),
        );
        check_head(
            "WARC/1.0\r\n folded: 5\r\n\r\nhello\r\n\r\n",
            &format!("{line}` folded: 5`"),
        );
        check_head(
            "WARC/1.0\r\nA line of a text: it is no header\r\n\r\n",
            &format!("{line}`A line of a text: it is no heade`"),
        );
        check_head(
            "WARC/1.0\r\nПривет, это текст страницы\r\n",
            &format!("{line}`Привет, это текст `"),
        );
        check_head("WARC/1.0\r\n: 5\r\n\r\n", &format!("{line}`: 5`"));
    }

    #[test]
    fn head_without_end_is_told() {
        check(&[
            (
                "WARC/1.0\r\nContent-Length: 5\r\n",
                "expected `Name: value` or the blank line that ends the head, found `WARC/1.0`",
            ),
            (
                "WARC/1.0\r\nContent-Length: 5\r\n",
                "expected the blank line that ends the head, found the end of the file",
            ),
        ]);
        check(&[
            (
                "WARC/1.0\r\nContent-Length: 5\r\n",
                "expected `Name: value` or the blank line that ends the head, found `WARC/1.0: 5`",
            ),
            (
                "WARC/1.0: 5\r\n\r\nhello\r\n\r\n",
                "expected `WARC/1.0` or `WARC/1.1`, found `WARC/1.0: 5`",
            ),
        ]);
        let name = "expected the blank line that ends the head, found none in ";
        let long = format!("WARC/1.0\r\nName: {}\r\n", "x".repeat(50));
        check_with(
            &[
                (&long[..60], &format!("{name}60 bytes")),
                (
                    &long[60..],
                    "expected `WARC/1.0` or `WARC/1.1`, found `xxxxxx`",
                ),
                (SHORT, ""),
            ],
            60,
        );
        let long = format!("WARC/1.0\r\nName: {}\r\n", "x".repeat(HEAD));
        let file = format!("{long}{SHORT}");
        let expected = [
            (long.as_bytes(), Some(format!("{name}{HEAD} bytes"))),
            (SHORT.as_bytes(), None),
        ];
        assert_eq!(split(file.as_bytes(), 2 * HEAD), expected);
        assert_eq!(split_growing(file.as_bytes(), 2 * HEAD, false).0, expected);
    }

    #[test]
    fn bytes_before_the_first_record_are_told() {
        let version = "expected `WARC/1.0` or `WARC/1.1`, found ";
        check(&[("\r\n", &format!("{version}`\\r\\nWARC/1.0`")), (SHORT, "")]);
        check(&[
            ("junk WARC/1.0\r\n", &format!("{version}`junk WARC/1.0`")),
            (SHORT, ""),
        ]);
        check(&[
            (
                &format!("\u{feff}{SHORT}"),
                &format!("{version}`\\u{{feff}}WARC/1.0`"),
            ),
            (BARE, ""),
        ]);
        check(&[("W", &format!("{version}`W`"))]);
        check(&[("no record", &format!("{version}`no record`"))]);
    }

    #[test]
    fn much_that_is_no_record_is_told_in_parts() {
        let reason = "expected `WARC/1.0` or `WARC/1.1`, found `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`";
        let (much, rest) = ("x".repeat(100), format!("{}\n", "x".repeat(49)));
        check_with(
            &[
                (&much, reason),
                (&much, reason),
                (&rest, reason),
                (SHORT, ""),
            ],
            100,
        );
        let line = format!("{}\n", "x".repeat(99));
        check_with(&[(&much, reason), (&line, reason), (SHORT, "")], 100);
        assert_eq!(
            next(b"WARC/1.0\r\n", true, 0),
            Next::Broken(
                1,
                "expected `WARC/1.0` or `WARC/1.1`, found nothing".to_owned()
            )
        );
    }

    #[test]
    fn record_as_large_as_may_be_is_one() {
        let len = SHORT.len() - 4;
        check_with(&[(SHORT, ""), (SHORT, "")], len);
        let reason = format!(
            "expected a record of at most {} bytes, found Content-Length 5",
            len - 1
        );
        let extents = split(SHORT.as_bytes(), len - 1);
        assert_eq!(extents[0], (&SHORT.as_bytes()[..len - 1], Some(reason)));
    }

    #[test]
    fn file_cut_anywhere_loses_no_byte() {
        let records = [
            SHORT.to_owned(),
            page(&format!("Привет\r\n\r\n{SHORT}")),
            BARE.to_owned(),
            format!("{}\r\n", page("")),
        ];
        let file = records.concat().into_bytes();
        for cut in 0..=file.len() {
            check_growing(&file[..cut], MOST);
            let extents = split(&file[..cut], MOST);
            let mut expected = Vec::new();
            let mut at = 0;
            for record in &records {
                // All of the record, or all but line ends.
                let text = Record::read(record.as_bytes()).unwrap().text_range().end;
                if at + text > cut {
                    break;
                }
                expected.push(&file[at..cut.min(at + record.len())]);
                at += record.len();
            }
            let whole: Vec<&[u8]> = extents
                .iter()
                .take(expected.len())
                .map(|(extent, _)| *extent)
                .collect();
            assert_eq!(whole, expected, "cut at {cut}");
            for (at, (_, reason)) in extents.iter().enumerate() {
                let is_told = reason.is_some();
                // The text of the second holds a record, which is read where its own is cut.
                let is_inner = at == expected.len() + 1;
                assert!(
                    is_told == (at >= expected.len()) || is_inner,
                    "cut at {cut}"
                );
            }
        }
    }

    #[test]
    fn made_files_are_split_in_linear_time() {
        let far = "WARC/1.0\nContent-Length: 900000\n\n";
        let files = [
            "WARC/1.0\n".repeat(100_000),
            "WARC/1.0\nA: b\n".repeat(60_000),
            far.repeat(30_000) + &"\n".repeat(1_000_000),
            "x".repeat(1_000_000),
            "\n".repeat(1_000_000),
            format!("WARC/1.0\n{}", "a:\n".repeat(300_000)),
            SHORT.repeat(20_000),
        ];
        for file in files {
            let (extents, asked) = split_growing(file.as_bytes(), 1 << 20, false);
            // As often as the buffer can double, once for each extent, and once for each to see
            // what is behind.
            assert!(asked <= 40 + 3 * extents.len());
            assert_eq!(extents, split(file.as_bytes(), 1 << 20));
        }
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let bytes = b"WARC/1.0\r\nwarc-TYPE:conversion\r\nX: 1\r\nx: 2\r\nY :  a\r\n\t b \r\nZ: \xff\r\nE:\r\nContent-Length: 0\r\n\r\n\r\n\r\n";
        let record = Record::read(bytes).unwrap();
        let header = |name: &str| record.header(name).map(Cow::into_owned);
        assert_eq!(header("WARC-Type").as_deref(), Some("conversion"));
        assert_eq!(header("X").as_deref(), Some("1"));
        assert_eq!(header("y").as_deref(), Some("a b"));
        assert_eq!(record.header("Z"), None);
        assert_eq!(header("E").as_deref(), Some(""));
        assert_eq!(record.header("W"), None);
        assert_eq!(record.header("WARC/1.0"), None);
    }

    #[test]
    fn document_is_a_conversion_to_plain_text() {
        let is_document = |headers: &str| {
            let record = format!("WARC/1.0\r\n{headers}Content-Length: 0\r\n\r\n");
            Record::read(record.as_bytes()).unwrap().is_document()
        };
        assert!(is_document("WARC-Type: conversion\r\n"));
        assert!(is_document(
            "Content-Type: text/plain\r\nWARC-Type: conversion\r\n"
        ));
        assert!(is_document(
            "Content-Type: Text/Plain ; charset=utf-8\r\nWARC-Type: Conversion\r\n"
        ));
        assert!(!is_document(""));
        assert!(!is_document("WARC-Type: warcinfo\r\n"));
        assert!(!is_document(
            "WARC-Type: response\r\nContent-Type: text/plain\r\n"
        ));
        assert!(!is_document(
            "WARC-Type: conversion\r\nContent-Type: text/plainer\r\n"
        ));
        assert!(!is_document(
            "WARC-Type: conversion\r\nContent-Type: \u{ff}\r\n"
        ));
    }

    #[test]
    fn text_is_utf_8_or_it_is_told() {
        let of = |text: &[u8]| {
            let head = format!("WARC/1.0\r\nContent-Length: {}\r\n\r\n", text.len());
            [head.as_bytes(), text, b"\r\n\r\n"].concat()
        };
        let read = |bytes: &[u8]| Record::read(bytes).unwrap().text().map(str::to_owned);
        assert_eq!(
            read(&of("Привет\r\n".as_bytes())),
            Ok("Привет\r\n".to_owned())
        );
        assert_eq!(
            read(&of(b"ab\xe9c")),
            Err("this is not UTF-8: 0xe9 at byte offset 2".to_owned())
        );
        assert_eq!(
            read(&of(&"При".as_bytes()[..5])),
            Err("this is not UTF-8: 0xd0 at byte offset 4".to_owned())
        );
    }

    #[test]
    fn bytes_that_are_not_one_record_are_refused() {
        let refused = |bytes: &str, reason: &str| {
            assert_eq!(Record::read(bytes.as_bytes()).unwrap_err(), reason);
        };
        refused("", "expected `WARC/1.0` or `WARC/1.1`, found nothing");
        refused(
            "WARC/1.0\r\nContent-Length: 5\r\n",
            "expected the blank line that ends the head, found the end of the record",
        );
        refused(
            &SHORT[..SHORT.len() - 5],
            "expected 5 bytes by Content-Length, found 4",
        );
        refused(
            &format!("{SHORT}{SHORT}"),
            "expected line ends behind 5 bytes by Content-Length, found `\\r\\n\\r\\nWARC/1.0`",
        );
        refused(
            &format!("{SHORT}WA"),
            "expected line ends behind 5 bytes by Content-Length, found `\\r\\n\\r\\nWA`",
        );
    }

    /// A record with the headers, of the text `hello`, and what it is with another text.
    fn check_write(headers: &str, text: &str, expected: &str) {
        for (end, tail) in [("\r\n", "\r\n\r\n"), ("\n", "\n\n\n"), ("\r\n", "")] {
            let record = |headers: &str, text: &str| {
                let head = format!("WARC/1.0\n{headers}\n\n").replace('\n', end);
                format!("{head}{text}{tail}")
            };
            let before = record(headers, "hello");
            let after = record(expected, text);
            let read = Record::read(before.as_bytes()).unwrap();
            let mut out = b"before".to_vec();
            read.write_with(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), format!("before{after}"));

            let written = Record::read(after.as_bytes()).unwrap();
            assert_eq!(written.text(), Ok(text));
            let mut out = b"before".to_vec();
            let was = written.write_original(read.head(), b"hello", &mut out);
            assert_eq!(was, Ok(()));
            assert_eq!(String::from_utf8_lossy(&out), format!("before{before}"));
        }
    }

    #[test]
    fn only_length_and_digests_change() {
        check_write(
            "B: 1\nb :2 \n  3\nCONTENT-length :  5\t\nContent-Length: 05\nA:\nWARC-Date: 5",
            "Hello, world",
            "B: 1\nb :2 \n  3\nCONTENT-length :  12\t\nContent-Length: 12\nA:\nWARC-Date: 5",
        );
        check_write("Content-Length: 05", "other", "Content-Length: 05");
        check_write("Content-Length: 5", "", "Content-Length: 0");
    }

    #[test]
    fn digest_stays_in_its_algorithm_encoding_and_case() {
        let check_digest = |old: &str, new: &str| {
            check_write(
                &format!(
                    "WARC-Block-Digest: {old}\nwarc-payload-digest:\n {old} \nContent-Length: 5"
                ),
                "Hello, world",
                &format!(
                    "WARC-Block-Digest: {new}\nwarc-payload-digest:\n {new} \nContent-Length: 12"
                ),
            );
        };
        check_digest(
            "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N",
            "sha1:4AVKDMIG2XD4NKMN54VRGAC5LOCP3DOI",
        );
        // It did not fit the text before.
        check_digest(
            "sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "sha1:4AVKDMIG2XD4NKMN54VRGAC5LOCP3DOI",
        );
        check_digest(
            "SHA-1:vl2mmho4yxukfwv63yhtwsbm3gxksq2n",
            "SHA-1:4avkdmig2xd4nkmn54vrgac5locp3doi",
        );
        check_digest(
            "sha1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
            "sha1:e02aa1b106d5c7c6a98def2b13005d5b84fd8dc8",
        );
        check_digest(
            "sha1:AAF4C61DDCC5E8A2DABEDE0F3B482CD9AEA9434D",
            "sha1:E02AA1B106D5C7C6A98DEF2B13005D5B84FD8DC8",
        );
        check_digest(
            "sha256:FTZE3OS7WCRQ4JXIHMVMLOPCTYNRMHS4D6TUEXTTAQZWFE4LTASA====",
            "sha256:JLT4HNVMBPX7M4PPVDHVOODBKHAG4WGKKOTY3A7TMEDTC3HMCJPQ====",
        );
        check_digest(
            "sha-256:FTZE3OS7WCRQ4JXIHMVMLOPCTYNRMHS4D6TUEXTTAQZWFE4LTASA",
            "sha-256:JLT4HNVMBPX7M4PPVDHVOODBKHAG4WGKKOTY3A7TMEDTC3HMCJPQ",
        );
        check_digest(
            "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            "sha256:4ae7c3b6ac0beff671efa8cf57386151c06e58ca53a78d83f36107316cec125f",
        );
    }

    #[test]
    fn digest_that_is_right_stays_in_mixed_case() {
        let digest = "Sha1:AAF4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
        let headers = format!("WARC-Block-Digest: {digest}\nContent-Length: 5");
        check_write(&headers, "hello", &headers);
    }

    #[test]
    fn digest_of_another_kind_goes_with_its_line() {
        for digest in [
            "md5:5d41402abc4b2a76b9719d911017c592",
            "sha512:00",
            "sha1:00",
            "sha1:!L2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N",
            "VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N",
            "",
        ] {
            check_write(
                &format!("A: 1\nWARC-Block-Digest: {digest}\n \tx\nContent-Length: 5\nB: 2"),
                "Hello, world",
                "A: 1\nContent-Length: 12\nB: 2",
            );
        }
    }

    #[test]
    fn head_of_another_text_is_refused() {
        let record = Record::read(SHORT.as_bytes()).unwrap();
        let refused = |head: &str, reason: &str| {
            let mut out = Vec::new();
            let refused = record.write_original(head.as_bytes(), b"hello", &mut out);
            assert_eq!(refused, Err(reason.to_owned()));
            assert_eq!(out, b"");
        };
        refused(
            "WARC/1.0\nContent-Length: 6\n\n",
            "expected 6 bytes by Content-Length, found 5",
        );
        refused(
            "WARC/1.0\nContent-Length: 5\n",
            "this is not the head of a record",
        );
        refused(
            "WARC/1.0\nContent-Length: 5\n\nx",
            "this is not the head of a record",
        );
    }

    /// A text, which may hold what a file is made of.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(b"WARC/1.0\r\n".to_vec()),
            Just(b"\r\n\r\nWARC/1.0\r\n".to_vec()),
            Just(b"\nWARC/1.1\nContent-Length: 3\n\nabc\n\n".to_vec()),
            Just("Привет\n".as_bytes().to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n".to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
    }

    /// A header, which may be of several lines.
    fn header() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "WARC-Type: conversion",
            "warc-type:warcinfo",
            "WARC-Target-URI:  https://example.org/?a=b:c ",
            "X-Folded: a\n  b\n\t: c",
            "Content-Type: text/plain",
            "Empty:",
            "Empty:",
            "X-Name: Имя",
        ])
    }

    /// A record whose length and digests are right.
    fn any_record() -> impl Strategy<Value = Vec<u8>> {
        let digests = prop::collection::vec((0..6usize, any::<bool>(), any::<bool>()), 0..3);
        (
            text(),
            prop::collection::vec(header(), 0..6),
            digests,
            any::<[bool; 3]>(),
            0..4usize,
            any::<prop::sample::Index>(),
        )
            .prop_map(|(text, headers, digests, [crlf, new, zero], more, place)| {
                let mut lines: Vec<String> = headers.iter().map(|line| line.to_string()).collect();
                for (kind, payload, lower) in digests {
                    let sha1 = Sha1::digest(&text);
                    let sha256 = Sha256::digest(&text);
                    let mut value = match kind {
                        0 | 1 => BASE32.encode(&sha1),
                        2 => HEXUPPER.encode(&sha1),
                        3 => BASE32.encode(&sha256),
                        4 => BASE32_NOPAD.encode(&sha256),
                        _ => HEXUPPER.encode(&sha256),
                    };
                    if lower {
                        value.make_ascii_lowercase();
                    }
                    let name = if payload { "Payload" } else { "block" };
                    let algorithm = if kind < 3 { "sha1" } else { "SHA-256" };
                    lines.push(format!("WARC-{name}-Digest: {algorithm}:{value}"));
                }
                let zeros = if zero { "00" } else { "" };
                let length = format!("Content-Length: {zeros}{}", text.len());
                lines.insert(place.index(lines.len() + 1), length);
                lines.insert(0, if new { "WARC/1.1" } else { "WARC/1.0" }.to_owned());
                let mut head = lines.join("\n") + "\n\n";
                let mut tail = "\n".repeat(2 + more);
                if crlf {
                    head = head.replace('\n', "\r\n");
                    tail = tail.replace('\n', "\r\n");
                }
                [head.as_bytes(), &text, tail.as_bytes()].concat()
            })
    }

    proptest! {
        #[test]
        fn generated_records_are_read_and_written_as_they_are(
            records in prop::collection::vec(any_record(), 0..4),
            other in text(),
        ) {
            let file = records.concat();
            let extents = split(&file, MOST);
            let expected: Extents =
                records.iter().map(|record| (record.as_slice(), None)).collect();
            prop_assert_eq!(&extents, &expected);
            check_growing(&file, MOST);
            for bytes in &records {
                let record = Record::read(bytes).unwrap();
                let mut out = Vec::new();
                record.write_with(&bytes[record.text_range()], &mut out);
                prop_assert_eq!(&out, bytes);

                let mut out = Vec::new();
                record.write_with(&other, &mut out);
                let changed = Record::read(&out).unwrap();
                prop_assert_eq!(&out[changed.text_range()], &other);
                prop_assert_eq!(changed.tail(), record.tail());
                let mut again = Vec::new();
                changed.write_with(&other, &mut again);
                prop_assert_eq!(&again, &out, "its digests are right");
                let mut was = Vec::new();
                let text = &bytes[record.text_range()];
                prop_assert_eq!(changed.write_original(record.head(), text, &mut was), Ok(()));
                prop_assert_eq!(&was, bytes);
            }
        }

        #[test]
        fn any_bytes_are_split_alike_however_they_come(
            records in prop::collection::vec(any_record(), 0..4),
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), text()), 0..4),
            max_record in prop_oneof![Just(MOST), 0..300usize],
        ) {
            let mut file = records.concat();
            for (at, len, with) in edits {
                let at = at.index(file.len() + 1);
                let end = file.len().min(at + len.index(12));
                file.splice(at..end, with);
            }
            check_growing(&file, max_record);
        }
    }
}
