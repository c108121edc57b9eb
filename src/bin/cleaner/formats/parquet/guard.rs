//! What is looked at before the `parquet` crate sees it.
//!
//! The crate allocates what a file claims and follows a schema as deep as it goes; running out of
//! memory or of stack ends the program, where a panic could be caught. Here the claims are held
//! against what a file of its length can be.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length, SerializedPageReader};

/// What a schema may nest.
const DEPTH: usize = 100;
/// What a page may unpack to, in bytes.
const PAGE: u64 = 1 << 30;
/// What a page may unpack to whatever its packed size is, in bytes.
const SMALL_PAGE: u64 = 64 << 20;
/// How many times its packed size a bigger page may unpack to.
const RATIO: u64 = 1 << 16;
/// How many lengths a page may list at once.
const LENGTHS: u64 = 1 << 24;

/// Which footer a file has.
#[derive(Debug, Default)]
pub struct Footer {
    is_encrypted: bool,
    /// Where its field of column orders begins, and where their list is.
    orders: Option<(usize, Range<usize>)>,
    bytes: Vec<u8>,
}

impl Footer {
    /// # Errors
    /// What is wrong, in words.
    pub fn read(mut file: &File) -> std::result::Result<Footer, String> {
        let io = |error: std::io::Error| error.to_string();
        let len = file.metadata().map_err(io)?.len();
        let mut tail = [0; 8];
        if len < 12 {
            return Err("this is not a Parquet file".to_owned());
        }
        file.seek(SeekFrom::Start(len - 8)).map_err(io)?;
        file.read_exact(&mut tail).map_err(io)?;
        match &tail[4..] {
            b"PAR1" => {}
            b"PARE" => return Err("this Parquet file is encrypted".to_owned()),
            _ => {
                let why = "it is not one, or its end is missing";
                return Err(format!("this does not end as a Parquet file does: {why}"));
            }
        }
        let size = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
        let start = (len - 8)
            .checked_sub(size)
            .ok_or("this Parquet file is broken: its footer is longer than the file")?;
        let mut bytes = vec![0; size as usize];
        file.seek(SeekFrom::Start(start)).map_err(io)?;
        file.read_exact(&mut bytes).map_err(io)?;
        match Footer::parse(bytes) {
            Some(footer) if footer.is_encrypted => {
                Err("columns of this Parquet file are encrypted".to_owned())
            }
            Some(footer) => Ok(footer),
            None => Err("this Parquet file is broken: its footer cannot be read".to_owned()),
        }
    }

    /// Reads `FileMetaData`.
    fn parse(bytes: Vec<u8>) -> Option<Footer> {
        let mut footer = Footer::default();
        let mut thrift = Thrift { rest: &bytes };
        let mut last = 0;
        loop {
            let start = bytes.len() - thrift.rest.len();
            let Some((id, kind)) = thrift.field(&mut last)? else {
                break;
            };
            let content = bytes.len() - thrift.rest.len();
            match (id, kind) {
                (2, LIST) => thrift.schema()?,
                _ => thrift.skip(kind, 0)?,
            }
            match id {
                7 => footer.orders = Some((start, content..bytes.len() - thrift.rest.len())),
                // How the columns are encrypted, with which key the footer is signed.
                8 | 9 => footer.is_encrypted = true,
                _ => {}
            }
        }
        footer.bytes = bytes;
        Some(footer)
    }

    /// The end of a file, with these column orders in the place of its own, which are the last
    /// field of it.
    ///
    /// The crate claims orders of its own for floating-point numbers, by which most readers would
    /// not believe the statistics that are copied.
    pub fn keep_orders(&self, end: &[u8]) -> Option<Vec<u8>> {
        let (rest, size) = end.strip_suffix(b"PAR1")?.split_last_chunk()?;
        let start = rest.len().checked_sub(u32::from_le_bytes(*size) as usize)?;
        let (indexes, footer) = rest.split_at(start);
        let new = Footer::parse(footer.to_vec())?;
        let (field, list) = new.orders?;
        let mut end = indexes.to_vec();
        match &self.orders {
            Some((_, orders)) => {
                end.extend_from_slice(&footer[..list.start]);
                end.extend_from_slice(&self.bytes[orders.clone()]);
            }
            None => end.extend_from_slice(&footer[..field]),
        }
        end.extend_from_slice(&footer[list.end..]);
        let size = u32::try_from(end.len() - indexes.len()).ok()?;
        end.extend_from_slice(&size.to_le_bytes());
        end.extend_from_slice(b"PAR1");
        Some(end)
    }
}

/// A file that gives no more bytes than it has, and no page that claims the impossible.
pub struct Source {
    pub file: File,
    len: u64,
}

impl Source {
    pub fn new(file: File) -> Source {
        let len = Length::len(&file);
        Source { file, len }
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Source {
    type T = BufReader<File>;

    /// Only pages are read so, from their headers on.
    fn get_read(&self, start: u64) -> Result<BufReader<File>> {
        let mut read = self.file.get_read(start)?;
        check_page_header(read.fill_buf()?)?;
        Ok(read)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        match start.checked_add(length as u64) {
            Some(end) if end <= self.len => self.file.get_bytes(start, length),
            _ => Err(general("a part of it lies behind its end")),
        }
    }
}

fn check_page_header(head: &[u8]) -> Result<()> {
    let mut thrift = Thrift { rest: head };
    let (mut unpacked, mut packed, mut last) = (0, 0, 0);
    // A header that goes on behind the buffer has long told its sizes.
    while let Some(Some((id, kind))) = thrift.field(&mut last) {
        let read = match (id, kind) {
            (2, I32) => thrift.int().map(|size| unpacked = size.max(unpacked)),
            (3, I32) => thrift.int().map(|size| packed = size.max(packed)),
            _ => thrift.skip(kind, 0),
        };
        if read.is_none() {
            break;
        }
    }
    let most = packed
        .unsigned_abs()
        .saturating_mul(RATIO)
        .clamp(SMALL_PAGE, PAGE);
    if unpacked.unsigned_abs() > most {
        let claim = format!("a page of {packed} bytes claims to hold {unpacked}");
        return Err(general(&claim));
    }
    Ok(())
}

/// The pages of a column chunk.
pub struct Pages {
    pub inner: SerializedPageReader<Source>,
    pub max_definition_level: i16,
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        if let Some(page) = &page
            && !is_possible(page, self.max_definition_level)
        {
            return Err(general("a page claims to hold more values than it can"));
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

fn is_possible(page: &Page, max_definition_level: i16) -> bool {
    if page.is_dictionary_page() {
        // Each value has at least its length, of four bytes.
        return u64::from(page.num_values()) * 4 <= page.buffer().len() as u64;
    }
    let lists = match page.encoding() {
        Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
        // Of prefixes, then of suffixes.
        Encoding::DELTA_BYTE_ARRAY => 2,
        _ => return true,
    };
    let values = levels_len(page, max_definition_level)
        .and_then(|levels| page.buffer().get(usize::try_from(levels).ok()?..));
    let Some(rest) = values else { return false };
    let mut lengths = Thrift { rest };
    let most = u64::from(page.num_values()).min(LENGTHS);
    (0..lists).all(|_| lengths.pass_lengths(most).is_some())
}

/// How many bytes of a data page stand before its values.
fn levels_len(page: &Page, max_definition_level: i16) -> Option<u64> {
    match page {
        Page::DataPageV2 {
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        } => Some(u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len)),
        _ if max_definition_level == 0 => Some(0),
        Page::DataPage {
            buf,
            num_values,
            def_level_encoding,
            ..
        } => match def_level_encoding {
            Encoding::RLE => {
                let len = buf.first_chunk()?;
                Some(4 + u64::from(u32::from_le_bytes(*len)))
            }
            _ => {
                let bits = u64::from(16 - max_definition_level.leading_zeros());
                Some((u64::from(*num_values) * bits).div_ceil(8))
            }
        },
        Page::DictionaryPage { .. } => None,
    }
}

fn general(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I8: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// Bytes in Thrift's compact protocol. `None`: they are not, or they end too early.
struct Thrift<'a> {
    rest: &'a [u8],
}

impl<'a> Thrift<'a> {
    fn bytes(&mut self, count: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn int(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Number and kind of the next field of a struct; `Some(None)` at its end.
    fn field(&mut self, last: &mut i64) -> Option<Option<(i64, u8)>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        *last = match byte >> 4 {
            0 => self.int()?,
            step => last.checked_add(i64::from(step))?,
        };
        Some(Some((*last, byte & 0x0f)))
    }

    /// Length and kind of the items of a list.
    fn list(&mut self) -> Option<(u64, u8)> {
        let byte = self.byte()?;
        let len = match byte >> 4 {
            15 => self.varint()?,
            len => u64::from(len),
        };
        Some((len, byte & 0x0f))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match kind {
            TRUE | FALSE => {}
            I8 => drop(self.byte()?),
            I16 | I32 | I64 => drop(self.varint()?),
            DOUBLE => drop(self.bytes(8)?),
            UUID => drop(self.bytes(16)?),
            BINARY => {
                let len = self.varint()?;
                self.bytes(len)?;
            }
            LIST | SET => {
                let (len, kind) = self.list()?;
                for _ in 0..len {
                    self.skip_item(kind, depth)?;
                }
            }
            MAP => {
                let len = self.varint()?;
                let kinds = if len == 0 { 0 } else { self.byte()? };
                for _ in 0..len {
                    self.skip_item(kinds >> 4, depth)?;
                    self.skip_item(kinds & 0x0f, depth)?;
                }
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip(kind, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn skip_item(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            // In a field it is the kind that says which, in a list a byte.
            TRUE | FALSE => self.byte().map(drop),
            kind => self.skip(kind, depth + 1),
        }
    }

    /// Reads the list of `SchemaElement`, a tree written down from its root.
    fn schema(&mut self) -> Option<()> {
        let (len, kind) = self.list()?;
        if kind != STRUCT {
            return None;
        }
        // How many children are still to come, of the groups that are open.
        let mut open: Vec<u64> = Vec::new();
        for _ in 0..len {
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            let (mut children, mut last) = (0, 0);
            while let Some((id, kind)) = self.field(&mut last)? {
                match (id, kind) {
                    (5, I32) => children = u64::try_from(self.int()?).ok()?,
                    _ => self.skip(kind, 0)?,
                }
            }
            if children > len || open.len() > DEPTH {
                return None;
            }
            open.push(children);
            while open.last() == Some(&0) {
                open.pop();
            }
        }
        Some(())
    }

    /// Passes a list of lengths in `DELTA_BINARY_PACKED`, of at most so many.
    fn pass_lengths(&mut self, most: u64) -> Option<()> {
        let (block, parts, len) = (self.varint()?, self.varint()?, self.varint()?);
        self.varint()?;
        if len > most || parts == 0 {
            return None;
        }
        let part = block / parts;
        if part == 0 {
            return None;
        }
        let mut left = len.saturating_sub(1);
        while left > 0 {
            self.varint()?;
            for &bits in self.bytes(parts)? {
                if left > 0 {
                    let bytes = u64::from(bits).checked_mul(part)? / 8;
                    // Padding may be missing at the end.
                    let bytes = bytes.min(self.rest.len() as u64);
                    self.bytes(bytes)?;
                    left = left.saturating_sub(part);
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_claim_to_unpack_to_the_impossible_are_errors() {
        let claim = |unpacked: u64, packed: u64| {
            let mut head = vec![0x15, 0];
            for size in [unpacked, packed] {
                head.push(0x15);
                let mut rest = size << 1;
                while rest >= 0x80 {
                    head.push(rest as u8 | 0x80);
                    rest >>= 7;
                }
                head.push(rest as u8);
            }
            check_page_header(&head).is_ok()
        };
        assert!(claim(0, 0));
        assert!(claim(64 << 20, 10));
        assert!(!claim((64 << 20) + 1, 10));
        assert!(claim(1 << 30, 1 << 20));
        assert!(!claim((1 << 30) + 1, 1 << 29));
        // The later of two claims counts too.
        let twice = [
            0x15, 0, 0x15, 2, 0x15, 2, 0x05, 4, 0xfe, 0xff, 0xff, 0xff, 0x0f,
        ];
        assert!(check_page_header(&twice).is_err());
    }

    #[test]
    fn dictionaries_hold_no_more_values_than_there_are_lengths() {
        let is_possible = |num_values| {
            let page = Page::DictionaryPage {
                buf: Bytes::from_static(&[0; 8]),
                num_values,
                encoding: Encoding::PLAIN,
                is_sorted: false,
            };
            is_possible(&page, 1)
        };
        assert!(is_possible(2));
        assert!(!is_possible(3));
    }

    #[test]
    fn lists_of_lengths_are_no_longer_than_the_page() {
        let is_possible = |encoding, levels: &[u8], values: &[u8]| {
            let page = Page::DataPage {
                buf: [levels, values].concat().into(),
                num_values: 200,
                encoding,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            };
            is_possible(&page, i16::from(!levels.is_empty()))
        };
        let one = Encoding::DELTA_LENGTH_BYTE_ARRAY;
        let two = Encoding::DELTA_BYTE_ARRAY;
        // Blocks of 128 values in 4 parts: 200 lengths, the first 0, all deltas of no bits.
        let many = [0x80, 1, 4, 0xc8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let more = [0x80, 1, 4, 0xc9, 1, 0];
        // Two lengths, with a delta of one bit in a part of 32.
        let few = [0x80, 1, 4, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        let levels = [2, 0, 0, 0, 0x90, 3];
        for levels in [&[][..], &levels] {
            assert!(is_possible(one, levels, &many));
            assert!(!is_possible(one, levels, &more));
            assert!(is_possible(two, levels, &[&few[..], &many].concat()));
            assert!(!is_possible(two, levels, &[&few[..], &more].concat()));
            assert!(!is_possible(two, levels, &few));
        }
        assert!(!is_possible(one, &[0xff; 4], &many));
    }
}
