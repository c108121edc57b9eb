//! Large files of text: read window by window, and once more when what is left is written, so that they
//! never are in memory as a whole.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

use super::{Compression, PEEK, between, compression, named, retried, utf8};

/// So many bytes are read at once: few enough to be copied on while the processor still has them at hand.
const PIECE: usize = 32 << 10;

/// A large file that is not compressed.
pub struct TextFile {
    file: File,
    /// What it was when it was opened.
    length: u64,
    modified: SystemTime,
    /// How much of it has been read.
    place: u64,
    /// The window, and the byte of the file at which it begins.
    text: String,
    start: usize,
    /// What it is read into, and how many bytes at its start are those of a code point that was cut.
    piece: Vec<u8>,
    cut: usize,
}

impl TextFile {
    /// Opens a file; `None` if it is no ordinary one of at most so many bytes that is not compressed:
    /// [`Source`](super::Source) reads others, or says what is wrong with them.
    pub fn open(path: &Path, most: usize) -> Option<TextFile> {
        let mut file = File::open(path).ok()?;
        let metadata = file.metadata().ok()?;
        let length = metadata.len();
        if !metadata.is_file() || length > most as u64 {
            return None;
        }
        let mut front = [0; PEEK];
        file.read_exact(&mut front).ok()?;
        file.rewind().ok()?;
        if compression(&front, named(path).1) != Compression::None {
            return None;
        }
        Some(TextFile {
            file,
            length,
            modified: metadata.modified().ok()?,
            place: 0,
            text: String::new(),
            start: 0,
            piece: Vec::new(),
            cut: 0,
        })
    }

    /// Its bytes.
    pub fn length(&self) -> usize {
        self.length as usize
    }

    /// Adds a piece to the window; `None` if it cannot be read, or is no text.
    fn read_on(&mut self) -> Option<()> {
        self.piece.resize(PIECE, 0);
        let read = retried(|| self.file.read(&mut self.piece[self.cut..])).ok()?;
        self.place += read as u64;
        let is_end = self.place >= self.length || read == 0;
        let end = self.cut + read;
        self.cut = if is_end { 0 } else { cut(&self.piece[..end]) };
        let whole = end - self.cut;
        self.text.push_str(utf8(&self.piece[..whole]).ok()?);
        self.piece.copy_within(whole..end, 0);
        (read > 0).then_some(())
    }

    /// Writes what is left without these bytes, which are in order and disjoint.
    ///
    /// # Errors
    /// Also if the file is not what it was when it was read.
    pub fn write_without(&self, holes: &[Range<usize>], out: &mut impl Write) -> io::Result<()> {
        let mut file = &self.file;
        self.check()?;
        file.rewind()?;
        let mut buffer = vec![0; PIECE];
        let mut start = 0;
        let mut holes = holes;
        loop {
            let read = retried(|| file.read(&mut buffer))?;
            if read == 0 {
                break;
            }
            let end = start + read;
            let here = holes.partition_point(|hole| hole.start < end);
            let mut left = 0;
            for piece in between(start..end, &holes[..here]) {
                // Holes may begin before what was read, and end behind it.
                let piece = piece.start.min(end) - start..piece.end.max(start) - start;
                left += piece.len();
                buffer.copy_within(piece.clone(), left - piece.len());
            }
            out.write_all(&buffer[..left])?;
            holes = &holes[holes.partition_point(|hole| hole.end <= end)..];
            start = end;
        }
        self.check()
    }

    /// Whether it is what it was when it was opened.
    ///
    /// # Errors
    /// If it is not, or the system does not say.
    pub fn check(&self) -> io::Result<()> {
        let metadata = self.file.metadata()?;
        if metadata.len() == self.length && metadata.modified()? == self.modified {
            return Ok(());
        }
        Err(io::Error::other("the input changed while it was read"))
    }
}

/// How many bytes at the end begin a code point that goes on behind it.
fn cut(bytes: &[u8]) -> usize {
    let tail = bytes.iter().rev().take(3);
    let behind = tail.take_while(|byte| byte.leading_ones() == 1).count();
    let first = bytes.len().checked_sub(behind + 1).map(|at| bytes[at]);
    match first {
        Some(first) if first.leading_ones() as usize > behind + 1 => behind + 1,
        _ => 0,
    }
}

impl cleaner::Windows for TextFile {
    fn text_from(&mut self, start: usize, least: usize) -> Option<&str> {
        self.text.drain(..start - self.start);
        self.start = start;
        while self.text.len() < least && self.place < self.length {
            self.read_on()?;
        }
        Some(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use cleaner::Windows;

    use super::*;

    fn file(content: &[u8]) -> (tempfile::NamedTempFile, TextFile) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let text = TextFile::open(file.path(), usize::MAX).unwrap();
        (file, text)
    }

    fn content() -> Vec<u8> {
        let lines = (0..400_000).map(|number| format!("Зима — {number}\n"));
        lines.collect::<String>().into_bytes()
    }

    #[test]
    fn windows_are_the_text_whatever_a_piece_cuts() {
        let content = content();
        let (_file, mut text) = file(&content);
        let whole = std::str::from_utf8(&content).unwrap();
        let mut start = 0;
        for least in [1, 700_000, 3, 1_500_000, usize::MAX] {
            let window = text.text_from(start, least).unwrap();
            assert!(window.len() >= least.min(content.len() - start));
            assert!(whole[start..].starts_with(window));
            let middle = (0..=window.len() / 2).rev();
            start += middle
                .take(4)
                .find(|&at| window.is_char_boundary(at))
                .unwrap();
        }
        assert_eq!(
            text.text_from(start, usize::MAX).unwrap().len(),
            whole.len() - start
        );
    }

    #[test]
    fn code_points_that_are_cut_are_told() {
        let text = "aжb—c😀😀".as_bytes();
        for end in 0..=text.len() {
            let valid = std::str::from_utf8(&text[..end])
                .map_or_else(|error| error.valid_up_to(), str::len);
            assert_eq!(cut(&text[..end]), end - valid, "{end}");
        }
        // These are not, whatever comes behind them.
        assert_eq!([&b"\x80"[..], b"\x80\x80\x80\x80"].map(cut), [0, 0]);
    }

    #[test]
    fn what_is_no_text_is_left_to_others() {
        for place in [0, PIECE - 1, 5_000_000] {
            let mut content = content();
            content[place] = 0xFF;
            let (_file, mut text) = file(&content);
            assert_eq!(text.text_from(0, usize::MAX), None);
        }
        let mut content = content();
        content.extend_from_slice("ж".as_bytes().split_last().unwrap().1);
        let (_file, mut text) = file(&content);
        assert_eq!(text.text_from(0, usize::MAX), None);
    }

    #[test]
    fn what_is_left_is_all_but_the_holes() {
        let content = content();
        let end = content.len();
        let (_file, text) = file(&content);
        for holes in [
            vec![],
            vec![0..PIECE, PIECE..end],
            vec![
                0..1,
                5..7,
                PIECE - 1..PIECE,
                PIECE..PIECE + 1,
                2 * PIECE - 1..5 * PIECE + 9,
            ],
            vec![PIECE..2 * PIECE, 3 * PIECE - 1..3 * PIECE + 1, end - 1..end],
        ] {
            let mut wanted = content.clone();
            for hole in holes.iter().rev() {
                wanted.drain(hole.clone());
            }
            let mut written = Vec::new();
            text.write_without(&holes, &mut written).unwrap();
            assert!(written == wanted);
        }
    }

    #[test]
    fn a_file_that_changed_is_not_written() {
        let (mut file, text) = file(&content());
        file.write_all(b"More.\n").unwrap();
        let error = text.write_without(&[], &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the input changed while it was read");
    }
}
