//! The formats of files: told by name and by content, read in pieces of whole records, written
//! compressed.

pub mod jsonl;
#[cfg_attr(not(feature = "parquet"), path = "formats/no_parquet.rs")]
pub mod parquet;
pub mod text;
pub mod wet;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Write};
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clap::ValueEnum;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use memchr::{memchr_iter, memrchr};
use memmap2::MmapMut;

use self::text::TextFile;

/// How much is read before work on it begins: bytes, decompressed.
const PIECE: usize = 256 << 10;
/// The most buffers that are kept to be used again.
const SPARE: usize = 64;
/// A text of this size is read window by window, or into memory of its own: bytes.
pub const LARGE: u64 = 4 << 20;
/// How much is written at once of what is left of a text.
pub const WRITTEN: usize = 128 << 10;
/// How much is looked at to tell a format.
const PEEK: usize = 512;
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// What is not read.
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X'];
const LZ4: &[u8] = &[0x04, 0x22, 0x4d, 0x18];
const BZIP2: &[u8] = b"BZh";
/// Frames that a zstd decoder skips begin with a byte from 0x50 to 0x5f and these.
const ZSTD_SKIPPED: &[u8] = &[0x2a, 0x4d, 0x18];
const PARQUET: &[u8] = b"PAR1";
pub const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One page, plain text
    Text,
    /// JSON Lines: a record a line
    Jsonl,
    /// WARC records of extracted text, as Common Crawl's WET files
    Wet,
    /// Parquet, a document a row
    Parquet,
}

impl Format {
    /// As it is called in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "plain text",
            Format::Jsonl => "JSONL",
            Format::Wet => "WET",
            Format::Parquet => "Parquet",
        }
    }
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compression {
    /// Not at all
    None,
    /// gzip
    Gz,
    /// Zstandard
    Zst,
}

/// What a file's name says of its format and its compression.
pub fn named(path: &Path) -> (Option<Format>, Compression) {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let (stem, compression) = match name.rsplit_once('.') {
        Some((stem, "gz")) => (stem, Compression::Gz),
        Some((stem, "zst" | "zstd")) => (stem, Compression::Zst),
        _ => (&*name, Compression::None),
    };
    let format = match stem.rsplit_once('.').map(|(_, extension)| extension) {
        Some("txt") => Some(Format::Text),
        Some("jsonl" | "ndjson") => Some(Format::Jsonl),
        // Dumps of JSON Lines are often named so; a bare .json is rather one object.
        Some("json") if compression != Compression::None => Some(Format::Jsonl),
        Some("wet" | "warc") => Some(Format::Wet),
        Some("parquet") if compression == Compression::None => Some(Format::Parquet),
        _ => None,
    };
    (format, compression)
}

/// What has to stand between records of one file, of which these are the last bytes, and those of another: a record
/// of JSONL keeps a line of its own, and behind one of WET stand two line ends or more.
pub fn glue(last: [u8; 4], next: &[u8]) -> &'static [u8] {
    let is_wet = next.starts_with(wet::BORDER);
    match last {
        _ if next.is_empty() || last == [0; 4] => b"",
        [.., b'\n'] if !is_wet => b"",
        _ if !is_wet => b"\n",
        [.., b'\n', b'\n'] | [b'\r', b'\n', b'\r', b'\n'] => b"",
        _ => b"\r\n\r\n",
    }
}

/// The name without what [`named`] reads in it, and without what else is a format's, as in `.warc.wet`.
pub fn stem(name: &str) -> &str {
    let without = |name: &'_ str, extensions: &[&str]| {
        let end = name.rfind('.')?;
        let extension = name[end + 1..].to_lowercase();
        extensions.contains(&&*extension).then_some(end)
    };
    let mut end = without(name, &["gz", "zst", "zstd"]).unwrap_or(name.len());
    let formats = ["txt", "jsonl", "ndjson", "json", "wet", "warc", "parquet"];
    while let Some(shorter) = without(&name[..end], &formats) {
        end = shorter;
    }
    &name[..end]
}

/// Bytes as text.
///
/// # Errors
/// The first byte that is no part of one, and its place from 0.
pub fn utf8(bytes: &[u8]) -> Result<&str, (u8, usize)> {
    simdutf8::basic::from_utf8(bytes).or_else(|_| {
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            (bytes[at], at)
        })
    })
}

/// Buffers that are used again: a new one costs the system as much as filling it.
#[derive(Default)]
pub struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// An empty buffer.
    pub fn take(&self) -> Vec<u8> {
        let mut buffer = self.used();
        buffer.clear();
        buffer
    }

    /// A buffer with what was left in it: to be written over.
    fn used(&self) -> Vec<u8> {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spare.pop().unwrap_or_default()
    }

    /// Takes back a buffer, unless it is a large one or there are enough: what pages of text are
    /// shown in was not taken from here.
    pub fn give(&self, buffer: Vec<u8>) {
        if buffer.capacity() <= 2 * PIECE {
            let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() < SPARE {
                spare.push(buffer);
            }
        }
    }
}

/// A file, or standard input, that is read: decompressed.
pub struct Source {
    pub format: Format,
    reader: Box<dyn Read + Send>,
    /// What it is read into, and how much of that has been read and not yet given away.
    buffer: Vec<u8>,
    length: usize,
    /// Bytes of a file that is not compressed.
    size: Option<u64>,
    buffers: Arc<Buffers>,
    at_end: bool,
    /// Whether to give away what there is rather than to wait for more.
    is_live: bool,
    /// Where the next piece begins.
    place: Place,
    /// The records that have been given away.
    records: u64,
    max_record: usize,
}

/// Where in a file a piece begins.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its line, from 1.
    pub line: u64,
    /// Its byte, decompressed, from 0.
    pub byte: u64,
}

/// Whole lines.
#[derive(Debug)]
pub struct Piece {
    pub place: Place,
    pub bytes: Vec<u8>,
}

/// A record of a WET file in a piece.
#[derive(Debug)]
pub struct Extent {
    pub bytes: Range<usize>,
    /// Its number in the file, from 1.
    pub number: u64,
    /// Why it is none.
    pub broken: Option<String>,
}

/// How a file is read: by itself as a whole, with records of any size.
pub struct Opening {
    /// The most bytes of a record.
    pub max_record: usize,
    /// Counts the bytes of the file that have been read, before they are decompressed.
    pub passed: Arc<AtomicU64>,
    /// Where buffers come from.
    pub buffers: Arc<Buffers>,
}

impl Default for Opening {
    fn default() -> Opening {
        Opening {
            max_record: usize::MAX,
            passed: Arc::default(),
            buffers: Arc::default(),
        }
    }
}

/// By what a file is compressed that is not read. A text may begin as bzip2 does: its name tells.
fn unread(front: &[u8], file: Option<&Path>) -> Option<&'static str> {
    let is_named = |extension| file.is_some_and(|file| file.extension() == Some(extension));
    match front {
        _ if front.starts_with(XZ) => Some("xz"),
        _ if front.starts_with(LZ4) => Some("LZ4"),
        _ if front.starts_with(BZIP2) && is_named(OsStr::new("bz2")) => Some("bzip2"),
        _ => None,
    }
}

impl Source {
    /// Opens a file; `None`: standard input.
    ///
    /// `asked`: the format, where neither name nor content is to tell it.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn open(
        file: Option<&Path>,
        asked: Option<Format>,
        how: Opening,
    ) -> Result<Source, String> {
        let Opening {
            max_record,
            passed,
            buffers,
        } = how;
        let (named_format, named_compression) = file.map_or((None, Compression::None), named);
        let mut size = None;
        let raw: Box<dyn Read + Send> = match file {
            Some(path) => {
                let file = File::open(path).map_err(|error| error.to_string())?;
                let metadata = file.metadata().ok();
                size = metadata
                    .filter(|known| known.is_file())
                    .map(|known| known.len());
                Box::new(file)
            }
            None => Box::new(io::stdin()),
        };
        let counted = Counted { inner: raw, passed };
        let (front, raw) = peek(counted, ZSTD.len()).map_err(|error| error.to_string())?;
        if let Some(name) = unread(&front, file) {
            return Err(format!(
                "this is compressed by {name}, which is not read; decompress it first"
            ));
        }
        let compressed = compression(&front, named_compression);
        let reader: Box<dyn Read + Send> = match compressed {
            Compression::None => Box::new(raw),
            Compression::Gz => Box::new(Gunzip::new(raw)),
            Compression::Zst => Box::new(unzstd(raw, front.is_empty())?),
        };
        let size = size.filter(|_| compressed == Compression::None);
        let format = asked.or(named_format);
        let (format, reader) = match format {
            Some(format) => (format, reader),
            None => {
                let (front, reader) = peek(reader, PEEK).map_err(|error| error.to_string())?;
                (told_by(&front), Box::new(reader) as Box<dyn Read + Send>)
            }
        };
        Ok(Source {
            format,
            reader,
            buffer: Vec::new(),
            length: 0,
            size,
            buffers,
            at_end: false,
            is_live: file.is_none(),
            place: Place { line: 1, byte: 0 },
            records: 0,
            max_record,
        })
    }

    /// All that is left, as one record.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read_all(mut self) -> Result<Whole, String> {
        let most = self.max_record;
        // Room for all of it, and for what tells the end.
        let mut room = self.size.map_or(PIECE, |size| size as usize + 1);
        if self.size.is_some_and(|size| size >= LARGE) && room <= most {
            match self.map(room)? {
                whole if self.at_end => return Ok(whole),
                // It grows while it is read.
                whole => {
                    self.length = whole.len();
                    self.buffer = whole.to_vec();
                    room = 2 * self.length;
                }
            }
        }
        while !self.at_end {
            self.read(room.min(most.saturating_add(1)))?;
            if self.length > most {
                return Err(format!(
                    "the page is longer than {most} bytes; --max-record takes longer ones"
                ));
            }
            room = (2 * self.length).max(PIECE);
        }
        self.buffer.truncate(self.length);
        Ok(Whole::Small(self.buffer))
    }

    /// What is left, up to so many bytes.
    fn map(&mut self, most: usize) -> Result<Whole, String> {
        let words = |error: io::Error| error.to_string();
        let mut map = MmapMut::map_anon(most).map_err(words)?;
        // The system makes the memory ready by the large page then, if it can.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        let mut length = 0;
        while length < most && !self.at_end {
            let read = retried(|| self.reader.read(&mut map[length..])).map_err(words)?;
            length += read;
            self.at_end = read == 0;
        }
        Ok(Whole::Large(map, length))
    }

    /// The next lines, all of them whole; `None` at the end.
    ///
    /// # Errors
    /// What is wrong, in words; what could be read before it has been given away.
    pub fn lines(&mut self) -> Result<Option<Piece>, String> {
        let mut seen = 0;
        let mut length = 0;
        let mut wanted = PIECE;
        loop {
            if let Some(at) = memrchr(b'\n', &self.buffer[seen..self.length]) {
                length = seen + at + 1;
            }
            seen = self.length;
            if self.at_end {
                length = seen;
            }
            if self.at_end || (length > 0 && (self.is_live || seen >= PIECE)) {
                let good = self.before_long_line(length);
                if good < length && good == 0 {
                    return Err(self.long_line());
                }
                return Ok(self.cut(good));
            }
            if seen > self.max_record && length == 0 {
                return Err(self.long_line());
            }
            if seen >= wanted {
                wanted = (seen * 2)
                    .min(self.max_record.saturating_add(1))
                    .max(seen + 1);
            }
            self.read(wanted)?;
        }
    }

    /// Where in the lines of so many bytes the first is that is too long, or their end.
    fn before_long_line(&self, length: usize) -> usize {
        let mut start = 0;
        if length <= self.max_record {
            return length;
        }
        let lines = &self.buffer[..length];
        let ends = memchr_iter(b'\n', lines).chain((!lines.ends_with(b"\n")).then_some(length));
        for end in ends {
            if end - start > self.max_record {
                return start;
            }
            start = end + 1;
        }
        length
    }

    fn long_line(&self) -> String {
        let (line, most) = (self.place.line, self.max_record);
        format!(
            "the record on line {line} is longer than {most} bytes; --max-record takes longer ones"
        )
    }

    /// The next records of a WET file, all of them whole; `None` at the end.
    ///
    /// # Errors
    /// What is wrong, in words; what could be read before it has been given away.
    pub fn wet(&mut self) -> Result<Option<(Piece, Vec<Extent>)>, String> {
        let mut extents = Vec::new();
        let mut length = 0;
        while length < PIECE {
            let read = &self.buffer[length..self.length];
            let next = wet::next(read, self.at_end, self.max_record);
            let (size, broken) = match next {
                wet::Next::Record(size) => (size, None),
                wet::Next::Broken(size, what) => (size, Some(what)),
                // What there is can be worked on before more is waited for.
                wet::Next::More(_) if self.is_live && length > 0 => break,
                wet::Next::More(size) => {
                    // A head may promise any length, so no more room is made than the file has filled.
                    let wanted = length.saturating_add(size).min(2 * self.length);
                    // A live input gives little at a time: where much has not told, a little more will not.
                    let enough = wanted.min(self.length + self.length.saturating_sub(PIECE) / 8);
                    self.read(wanted.max(PIECE))?;
                    while self.length < enough && !self.at_end {
                        self.read(wanted)?;
                    }
                    continue;
                }
                wet::Next::End => break,
            };
            self.records += 1;
            let bytes = length..length + size;
            extents.push(Extent {
                bytes,
                number: self.records,
                broken,
            });
            length += size;
        }
        Ok(self.cut(length).map(|piece| (piece, extents)))
    }

    /// Reads, to have so many bytes, or of a live input some more than there are.
    fn read(&mut self, wanted: usize) -> Result<(), String> {
        if self.buffer.is_empty() && self.buffer.capacity() == 0 {
            self.buffer = vec![0; wanted];
        } else if self.buffer.len() < wanted {
            if self.buffer.capacity() < wanted {
                // What was never read need not be copied.
                self.buffer.truncate(self.length);
                self.buffer.reserve_exact(wanted - self.length);
            }
            self.buffer.resize(wanted, 0);
        }
        while self.length < wanted {
            let room = &mut self.buffer[self.length..wanted];
            let read = retried(|| self.reader.read(room)).map_err(|error| error.to_string())?;
            self.length += read;
            self.at_end = read == 0;
            if self.at_end || self.is_live {
                break;
            }
        }
        Ok(())
    }

    /// Gives away the first bytes of what has been read.
    fn cut(&mut self, length: usize) -> Option<Piece> {
        if length == 0 {
            return None;
        }
        let read = &self.buffer[length..self.length];
        let mut rest = self.buffers.used();
        if rest.len() < read.len() {
            rest.resize(read.len(), 0);
        }
        rest[..read.len()].copy_from_slice(read);
        self.length = read.len();
        let mut bytes = std::mem::replace(&mut self.buffer, rest);
        bytes.truncate(length);
        // What a large record has left behind it is not kept twice.
        if bytes.capacity() > 2 * PIECE {
            bytes.shrink_to_fit();
        }
        let place = self.place;
        self.place.byte += length as u64;
        self.place.line += memchr_iter(b'\n', &bytes).count() as u64;
        Some(Piece { place, bytes })
    }
}

/// All of a text.
pub enum Whole {
    Small(Vec<u8>),
    /// With how much of it is text.
    Large(MmapMut, usize),
}

impl Deref for Whole {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Whole::Small(bytes) => bytes,
            Whole::Large(map, length) => &map[..*length],
        }
    }
}

/// What is left of a text: all but the bytes of the holes, which are in order and disjoint.
pub struct Left {
    pub text: Text,
    pub holes: Vec<Range<usize>>,
}

/// Where a text is.
pub enum Text {
    Read(Whole),
    InFile(Box<TextFile>),
}

impl Left {
    /// Writes it, without putting it together first: it may be large.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let text = match &self.text {
            Text::Read(text) => text,
            Text::InFile(file) => return file.write_without(&self.holes, out),
        };
        let mut out = BufWriter::with_capacity(text.len().min(WRITTEN), out);
        for piece in between(0..text.len(), &self.holes) {
            out.write_all(&text[piece])?;
        }
        out.into_inner()?;
        Ok(())
    }
}

/// What is left of bytes without some of them, which are in order and disjoint.
pub fn between(whole: Range<usize>, gone: &[Range<usize>]) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(whole.start).chain(gone.iter().map(|gone| gone.end));
    let ends = gone.iter().map(|gone| gone.start).chain([whole.end]);
    starts.zip(ends).map(|(start, end)| start..end)
}

/// Reads again where a signal came between.
fn retried(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A reader of which the first bytes have been looked at.
type Peeked<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The first bytes of a reader, up to so many, and a reader that gives them once more.
fn peek<R: Read>(mut reader: R, most: usize) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut front = vec![0; most];
    let mut length = 0;
    while length < most {
        match retried(|| reader.read(&mut front[length..]))? {
            0 => break,
            read => length += read,
        }
        // A line of a live input is enough.
        if most == PEEK && front[..length].contains(&b'\n') {
            break;
        }
    }
    front.truncate(length);
    Ok((front.clone(), Cursor::new(front).chain(reader)))
}

/// The compression that a file's first bytes tell. A file that is too short to tell, or that lacks
/// its first bytes, is what its name says, and will turn out to be broken.
fn compression(front: &[u8], named: Compression) -> Compression {
    let begins = |magic: &[u8]| front.starts_with(magic);
    let is_skipped =
        front.len() == ZSTD.len() && front[0] & 0xf0 == 0x50 && &front[1..] == ZSTD_SKIPPED;
    if begins(GZIP) {
        Compression::Gz
    } else if begins(ZSTD) || is_skipped {
        Compression::Zst
    } else {
        let cut = |magic: &[u8]| magic.starts_with(front);
        match named {
            Compression::Gz if cut(GZIP) => Compression::Gz,
            Compression::Zst if cut(ZSTD) => Compression::Zst,
            _ => Compression::None,
        }
    }
}

/// The format that a file's first bytes tell.
fn told_by(front: &[u8]) -> Format {
    let text = front.strip_prefix(BOM).unwrap_or(front).trim_ascii_start();
    if front.starts_with(PARQUET) {
        Format::Parquet
    } else if front.starts_with(b"WARC/1.") {
        Format::Wet
    } else if text
        .strip_prefix(b"{")
        .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\""))
    {
        Format::Jsonl
    } else {
        Format::Text
    }
}

/// A reader that counts what is read.
struct Counted<R> {
    inner: R,
    passed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.passed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Every member of a gzip file. Zeros behind the last one, as tapes leave them, are passed over;
/// anything else there is an error.
struct Gunzip<R: Read> {
    /// `None`: between two members, or at the end.
    member: Option<GzDecoder<BufReader<R>>>,
    between: Option<BufReader<R>>,
    is_first: bool,
}

impl<R: Read> Gunzip<R> {
    fn new(raw: R) -> Gunzip<R> {
        Gunzip {
            member: None,
            between: Some(BufReader::with_capacity(64 << 10, raw)),
            is_first: true,
        }
    }

    /// Begins the next member, if there is one.
    fn begin(&mut self) -> io::Result<()> {
        let Some(raw) = &mut self.between else {
            return Ok(());
        };
        if !self.is_first {
            loop {
                let ahead = raw.fill_buf()?;
                if ahead.is_empty() {
                    self.between = None;
                    return Ok(());
                }
                if ahead[0] != 0 {
                    break;
                }
                let zeros = ahead.iter().take_while(|&&byte| byte == 0).count();
                raw.consume(zeros);
            }
            if raw.fill_buf()?[0] != GZIP[0] {
                let what = "there is something behind the last gzip member that is not gzip";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        self.is_first = false;
        self.member = self.between.take().map(GzDecoder::new);
        Ok(())
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.member.is_none() {
                self.begin()?;
            }
            let Some(member) = &mut self.member else {
                return Ok(0);
            };
            let read = retried(|| member.read(buffer)).map_err(|error| broken("gzip", error))?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.between = self.member.take().map(GzDecoder::into_inner);
        }
    }
}

/// What the decoder says of data that are not broken, and what to do.
const UNZSTD: [(&str, &str); 2] = [
    (
        "too much memory",
        "the Zstandard data has a window of more than 128 MiB, as `zstd --long` makes it; decompress it with `zstd -dc --long=31`",
    ),
    (
        "Dictionary mismatch",
        "the Zstandard data needs the dictionary that it was compressed with; decompress it with `zstd -dc -D DICTIONARY`",
    ),
];

/// Every frame of a Zstandard file.
fn unzstd(raw: impl Read + Send, is_empty: bool) -> Result<impl Read + Send, String> {
    struct Unzstd<R>(R);
    impl<R: Read> Read for Unzstd<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            retried(|| self.0.read(buffer)).map_err(|error| {
                let words = error.to_string();
                let wanted = UNZSTD.iter().find(|(sign, _)| words.contains(sign));
                match wanted {
                    Some((_, what)) => io::Error::new(io::ErrorKind::InvalidData, *what),
                    None => broken("Zstandard", error),
                }
            })
        }
    }
    if is_empty {
        return Err("the Zstandard data is cut off: the file is empty".to_owned());
    }
    let decoder = zstd::stream::read::Decoder::new(raw).map_err(|error| error.to_string())?;
    Ok(Unzstd(decoder))
}

/// What is wrong with compressed data, in one way for all kinds.
fn broken(what: &str, error: io::Error) -> io::Error {
    let words = match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("the {what} data is cut off"),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
            format!("the {what} data is broken: {error}")
        }
        _ => return error,
    };
    io::Error::new(io::ErrorKind::InvalidData, words)
}

/// What is written, compressed.
pub enum Packer<W: Write> {
    Plain(W),
    Gz(GzEncoder<W>),
    Zst(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    pub fn new(out: W, compression: Compression) -> io::Result<Packer<W>> {
        Ok(match compression {
            Compression::None => Packer::Plain(out),
            Compression::Gz => Packer::Gz(GzEncoder::new(out, flate2::Compression::default())),
            Compression::Zst => {
                let mut encoder =
                    zstd::stream::write::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
                encoder.include_checksum(true)?;
                Packer::Zst(encoder)
            }
        })
    }

    /// Writes what is still held back, and gives back what is written to.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Packer::Plain(out) => Ok(out),
            Packer::Gz(encoder) => encoder.finish(),
            Packer::Zst(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packer::Plain(out) => out.write(bytes),
            Packer::Gz(encoder) => encoder.write(bytes),
            Packer::Zst(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packer::Plain(out) => out.flush(),
            Packer::Gz(encoder) => encoder.flush(),
            Packer::Zst(encoder) => encoder.flush(),
        }
    }
}

/// Something compressed by itself: a gzip member.
pub fn member(bytes: &[u8], out: &mut Vec<u8>) {
    let mut encoder = GzEncoder::new(out, flate2::Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, max_record: usize) -> Source {
        let how = Opening {
            max_record,
            ..Opening::default()
        };
        Source::open(Some(path), Some(Format::Text), how).unwrap()
    }

    #[test]
    fn stem_is_the_name_without_what_is_read_in_it() {
        for (name, wanted) in [
            ("a.txt", "a"),
            ("X.WET.GZ", "X"),
            ("a.b.jsonl.zst", "a.b"),
            ("a.gz", "a"),
            ("a.warc.WET.gz", "a"),
            ("a.html", "a.html"),
            ("jsonl", "jsonl"),
        ] {
            assert_eq!(stem(name), wanted);
        }
    }

    #[test]
    fn no_more_room_is_made_than_a_file_has_filled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wet");
        let lines = "a line of text\n".repeat(1 << 15);
        for length in ["99999999999999", "18446744073709551000"] {
            let head =
                format!("WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: {length}\r\n\r\n");
            std::fs::write(&path, head + &lines).unwrap();
            let mut source = Source::open(Some(&path), None, Opening::default()).unwrap();
            let (_, extents) = source.wet().unwrap().unwrap();
            assert!(extents.iter().all(|extent| extent.broken.is_some()));
            assert!(source.buffer.capacity() < 4 * lines.len());
        }
    }

    #[test]
    fn text_that_grows_while_it_is_read_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut content: Vec<u8> = (0..LARGE + 1000).map(|at| b'a' + (at % 26) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        assert!(*open(&path, usize::MAX).read_all().unwrap() == content);
        for more in [1, 10_000_000] {
            let source = open(&path, content.len() + more);
            content.resize(content.len() + more, b'.');
            std::fs::write(&path, &content).unwrap();
            assert!(*source.read_all().unwrap() == content);
        }
        let source = open(&path, content.len());
        content.push(b'.');
        std::fs::write(&path, &content).unwrap();
        assert!(
            source
                .read_all()
                .is_err_and(|what| what.contains("--max-record"))
        );
    }

    #[test]
    fn what_is_left_is_all_but_the_holes() {
        let text: Vec<u8> = (0..3 * WRITTEN).map(|at| (at % 251) as u8).collect();
        let end = text.len();
        for holes in [
            vec![],
            vec![0..end - 1, end - 1..end],
            vec![0..1, 5..7, 7..8, 1000..WRITTEN + 2000, end - 1..end],
        ] {
            let mut wanted = text.clone();
            for hole in holes.iter().rev() {
                wanted.drain(hole.clone());
            }
            let left = Left {
                text: Text::Read(Whole::Small(text.clone())),
                holes,
            };
            let mut written = Vec::new();
            left.write_to(&mut written).unwrap();
            assert!(written == wanted);
        }
    }
}
