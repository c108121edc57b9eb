//! Parquet files: texts out of one column, and files that are like another one but for that column.
//!
//! Nothing but the text column is decoded or encoded. All other column chunks are copied byte for
//! byte, with their statistics, bloom filters and page indexes. The footer keeps the schema, the
//! key-value metadata, the row groups, and what statistics mean: the orders of the columns and the
//! name of the program that wrote the file, whose known faults readers allow for.
//!
//! The text column keeps its codec, its encoding, the version of its pages, and statistics and
//! page indexes if it has some. It loses a bloom filter, checksums of pages and the level of its
//! codec; the sorting of a row group is told up to the text column. A checksum is looked at where
//! a page of text has one.

mod guard;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use parquet::basic::{Encoding, PageType, Type};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::reader::ColumnReaderImpl;
use parquet::column::writer::{ColumnCloseResult, ColumnWriterImpl};
use parquet::data_type::ByteArrayType;
use parquet::errors::ParquetError;
use parquet::file::metadata::page_index::PageIndexBuilder;
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataBuilder,
    ParquetMetaDataOptions, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::SerializedPageReader;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::SchemaDescriptor;

use crate::console::expecting_panics;
use guard::{Footer, Pages, Source};

/// Bytes, cheap to clone: of a text, which need not be UTF-8.
pub use parquet::data_type::ByteArray;

/// How many bytes of text make a batch.
const BATCH: usize = 1 << 20;
/// How many rows are a batch, however short their texts.
const BATCH_ROWS: usize = 1 << 14;
/// How many rows are read at once.
const STEP: usize = 32;

/// Which columns are read, by dotted paths.
pub struct Columns<'a> {
    pub text: &'a str,
    /// The first of these that the file has, as text.
    pub url: &'a [String],
    /// The first of these that the file has, as text.
    pub outlet: &'a [String],
}

/// Rows in order, of one row group: about 1 MiB of text, and at least one row.
pub struct Rows {
    /// The number of the first row in the file, from 1.
    pub first: u64,
    pub texts: Vec<Option<ByteArray>>,
    /// As many as texts; all `None` where the file has no such column.
    pub urls: Vec<Option<ByteArray>>,
    /// As many as texts; all `None` where the file has no such column.
    pub outlets: Vec<Option<ByteArray>>,
    /// At which level of nesting each text is, or is missing; empty if none may be missing.
    levels: Vec<i16>,
}

impl Rows {
    /// Bytes of text.
    pub fn size(&self) -> usize {
        self.texts
            .iter()
            .flatten()
            .map(|text| text.data().len())
            .sum()
    }

    /// The address of the row of this number, from 0.
    pub fn url(&self, at: usize) -> Option<&str> {
        utf8(&self.urls[at])
    }

    /// The outlet of the row of this number, from 0.
    pub fn outlet(&self, at: usize) -> Option<&str> {
        utf8(&self.outlets[at])
    }
}

/// A value, where it is UTF-8.
fn utf8(value: &Option<ByteArray>) -> Option<&str> {
    value
        .as_ref()
        .and_then(|value| std::str::from_utf8(value.data()).ok())
}

/// Reads the texts of a file, page by page.
pub struct Reader {
    source: Arc<Source>,
    groups: Vec<RowGroupMetaData>,
    text: usize,
    url: Option<usize>,
    outlet: Option<usize>,
    /// The row group that is being read.
    open: Option<OpenGroup>,
    /// The number of the next row group.
    next: usize,
    /// How many rows have been read.
    rows: u64,
}

struct OpenGroup {
    left: u64,
    text: Column,
    url: Option<Column>,
    outlet: Option<Column>,
}

impl Reader {
    /// Takes the file for itself: another handle that shares its position, as `try_clone` makes
    /// them, must not be in use.
    ///
    /// # Errors
    /// What is wrong, in words: no Parquet file, a broken or encrypted one, no such text column.
    pub fn open(file: File, columns: &Columns) -> Result<Reader, String> {
        let source = Arc::new(Source::new(file));
        let (metadata, _) = metadata(&source)?;
        let schema = metadata.file_metadata().schema_descr();
        let text = text_column(schema, columns.text)?;
        let first = |paths: &[String]| {
            let mut found = paths
                .iter()
                .filter_map(|path| text_column(schema, path).ok());
            found.next()
        };
        Ok(Reader {
            text,
            url: first(columns.url),
            outlet: first(columns.outlet),
            groups: metadata.row_groups().to_vec(),
            source,
            open: None,
            next: 0,
            rows: 0,
        })
    }

    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// What is wrong, in words. The reader is of no use then.
    pub fn next(&mut self) -> Result<Option<Rows>, String> {
        guarded(|| self.read())
    }

    /// How many rows the file has.
    #[cfg(test)]
    fn rows(&self) -> u64 {
        let rows = self.groups.iter().map(rows_of);
        rows.fold(0, u64::saturating_add)
    }

    /// How many compressed bytes, of all columns, the rows take that have been read.
    pub fn passed(&self) -> u64 {
        let size = |group: &RowGroupMetaData| {
            let sizes = group.columns().iter();
            let size: i64 = sizes.map(ColumnChunkMetaData::compressed_size).sum();
            size.unsigned_abs()
        };
        let begun = &self.groups[..self.next];
        let ahead = match (&self.open, begun.last()) {
            (Some(open), Some(group)) => {
                let share = open.left as f64 / rows_of(group) as f64;
                (size(group) as f64 * share) as u64
            }
            _ => 0,
        };
        begun.iter().map(size).sum::<u64>() - ahead
    }

    fn read(&mut self) -> Result<Option<Rows>, ParquetError> {
        let open = loop {
            if let Some(open) = &mut self.open {
                break open;
            }
            let Some(group) = self.groups.get(self.next) else {
                return Ok(None);
            };
            self.next += 1;
            if rows_of(group) > 0 {
                let column = |at| Column::open(&self.source, group, at);
                self.open = Some(OpenGroup {
                    left: rows_of(group),
                    text: column(self.text)?,
                    url: self.url.map(column).transpose()?,
                    outlet: self.outlet.map(column).transpose()?,
                });
            }
        };
        let mut rows = Rows {
            first: self.rows + 1,
            texts: Vec::new(),
            urls: Vec::new(),
            outlets: Vec::new(),
            levels: Vec::new(),
        };
        let mut bytes = 0;
        while open.left > 0 && bytes < BATCH && rows.texts.len() < BATCH_ROWS {
            let count = STEP.min(usize::try_from(open.left).unwrap_or(STEP));
            let before = rows.texts.len();
            open.text.read(count, &mut rows.texts, &mut rows.levels)?;
            let texts = rows.texts[before..].iter().flatten();
            bytes += texts.map(ByteArray::len).sum::<usize>();
            open.left -= count as u64;
        }
        let count = rows.texts.len();
        let values = |column: &mut Option<Column>| match column {
            Some(column) => {
                let mut values = Vec::new();
                column.read(count, &mut values, &mut Vec::new())?;
                Ok::<_, ParquetError>(values)
            }
            None => Ok(vec![None; count]),
        };
        rows.urls = values(&mut open.url)?;
        rows.outlets = values(&mut open.outlet)?;
        if open.left == 0 {
            open.text.end()?;
            self.open = None;
        }
        self.rows += count as u64;
        Ok(Some(rows))
    }
}

/// A column of text in one row group.
struct Column {
    reader: ColumnReaderImpl<ByteArrayType>,
    max_level: i16,
}

impl Column {
    fn open(
        source: &Arc<Source>,
        group: &RowGroupMetaData,
        at: usize,
    ) -> Result<Column, ParquetError> {
        let chunk = group.column(at);
        let rows = usize::try_from(group.num_rows())?;
        let max_level = chunk.column_descr().max_def_level();
        let pages = Pages {
            inner: SerializedPageReader::new(Arc::clone(source), chunk, rows, None)?,
            max_definition_level: max_level,
        };
        let reader = ColumnReaderImpl::new(chunk.column_descr_ptr(), Box::new(pages));
        Ok(Column { reader, max_level })
    }

    /// Adds exactly so many values, and their levels if values may be missing.
    fn read(
        &mut self,
        count: usize,
        values: &mut Vec<Option<ByteArray>>,
        levels: &mut Vec<i16>,
    ) -> Result<(), ParquetError> {
        let (mut there, before) = (Vec::new(), levels.len());
        let (records, ..) = self
            .reader
            .read_records(count, Some(levels), None, &mut there)?;
        if records != count {
            return Err(general("it has fewer rows than it says"));
        }
        if self.max_level == 0 {
            values.extend(there.into_iter().map(Some));
            return Ok(());
        }
        let mut there = there.into_iter();
        for &level in &levels[before..] {
            let is_there = level == self.max_level;
            values.push(is_there.then(|| there.next()).flatten());
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ParquetError> {
        let (records, ..) =
            self.reader
                .read_records(1, Some(&mut Vec::new()), None, &mut Vec::new())?;
        if records > 0 {
            return Err(general("it has more rows than it says"));
        }
        Ok(())
    }
}

/// Writes a file like another one, with other texts.
pub struct Writer<W: Write + Send> {
    /// The other file.
    source: Source,
    like: ParquetMetaData,
    footer: Footer,
    text: usize,
    out: TrackedWrite<Out<W>>,
    shared: Out<W>,
    /// The row groups that are written.
    done: Vec<RowGroupMetaData>,
    indexes: PageIndexBuilder,
    open: Option<NewGroup>,
    /// How many rows have been written.
    rows: u64,
}

/// A row group whose texts are being written.
struct NewGroup {
    left: u64,
    /// The chunks before the text.
    chunks: Vec<ColumnChunkMetaData>,
    writer: ColumnWriterImpl<'static, ByteArrayType>,
    pages: NewPages,
}

impl<W: Write + Send> Writer<W> {
    /// Takes the other file for itself: another handle that shares its position, as `try_clone`
    /// makes them, must not be in use.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn new(like: File, columns: &Columns, out: W) -> Result<Writer<W>, String> {
        let source = Source::new(like);
        let (like, footer) = metadata(&source)?;
        let like = with_page_index(&source, like)?;
        let schema = like.file_metadata().schema_descr();
        let text = text_column(schema, columns.text)?;
        let indexes = PageIndexBuilder::new(like.num_row_groups(), schema.num_columns());
        let shared = Out(Arc::new(Mutex::new(Sink {
            out,
            end: None,
            error: None,
        })));
        let mut writer = Writer {
            text,
            out: TrackedWrite::new(shared.clone()),
            shared,
            done: Vec::new(),
            indexes,
            open: None,
            rows: 0,
            source,
            like,
            footer,
        };
        writer.guarded(|writer| Ok(writer.out.write_all(b"PAR1")?))?;
        Ok(writer)
    }

    /// Writes the same rows with other texts. Rows come in the order in which they are read, and
    /// a text is `None` if and only if it was.
    ///
    /// # Errors
    /// What is wrong, in words. The writer is of no use then.
    pub fn write(&mut self, rows: &Rows, texts: Vec<Option<ByteArray>>) -> Result<(), String> {
        let same = |(new, old): (&Option<_>, &Option<_>)| new.is_some() == old.is_some();
        if rows.first != self.rows + 1
            || texts.len() != rows.texts.len()
            || !texts.iter().zip(&rows.texts).all(same)
        {
            return Err("the rows to be written are not those that were read".to_owned());
        }
        self.guarded(|writer| {
            let count = texts.len() as u64;
            let texts: Vec<ByteArray> = texts.into_iter().flatten().collect();
            writer.open()?;
            let Some(mut open) = writer.open.take().filter(|open| open.left >= count) else {
                return Err(general("it has fewer rows than were read of it"));
            };
            let levels = Some(&rows.levels[..]).filter(|levels| !levels.is_empty());
            open.writer.write_batch(&texts, levels, None)?;
            writer.out.write_all(&open.pages.take()?)?;
            writer.rows += count;
            open.left -= count;
            if open.left == 0 {
                writer.close(open)
            } else {
                writer.open = Some(open);
                Ok(())
            }
        })
    }

    /// Ends the file, once all rows are written.
    ///
    /// # Errors
    /// What is wrong, in words: rows are missing, the disk is full.
    pub fn finish(mut self) -> Result<W, String> {
        self.guarded(|writer| {
            writer.open()?;
            if writer.open.is_some() {
                return Err(general("not all of its rows were written"));
            }
            writer.out.flush()?;
            writer.shared.lock().end = Some(Vec::new());
            Ok(())
        })?;
        let metadata = ParquetMetaDataBuilder::new(self.like.file_metadata().clone())
            .set_row_groups(self.done)
            .set_page_index(Some(Arc::new(self.indexes.build())))
            .build();
        guarded(|| {
            ParquetMetaDataWriter::new_with_tracked(self.out, &metadata)
                .with_preserve_page_index_locations(false)
                .finish()
        })?;
        let sink = Arc::into_inner(self.shared.0).ok_or("the output is still in use")?;
        let mut sink = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
        let end = sink.end.and_then(|end| self.footer.keep_orders(&end));
        let end = end.ok_or("the new footer cannot be read")?;
        let written = sink.out.write_all(&end).and_then(|()| sink.out.flush());
        written.map_err(|error| error.to_string())?;
        Ok(sink.out)
    }

    fn guarded(
        &mut self,
        run: impl FnOnce(&mut Writer<W>) -> Result<(), ParquetError>,
    ) -> Result<(), String> {
        let result = guarded(|| run(self));
        match self.shared.lock().error.take() {
            Some(error) => Err(error.to_string()),
            None => result,
        }
    }

    /// Begins the next row group that has rows, if none is open. Those without are copied.
    fn open(&mut self) -> Result<(), ParquetError> {
        while self.open.is_none() && self.done.len() < self.like.num_row_groups() {
            let number = self.done.len();
            let group = self.like.row_group(number);
            let (rows, count) = (rows_of(group), group.num_columns());
            let end = if rows == 0 { count } else { self.text };
            let chunks = self.copy(0..end)?;
            if rows == 0 {
                self.end(chunks)?;
                continue;
            }
            let old = self.like.row_group(number).column(self.text);
            let index = self.like.page_index_for_row_group(number);
            let properties = properties(
                old,
                index.column_index(self.text).is_some(),
                index.offset_index(self.text).is_some(),
            );
            let pages = NewPages::new(self.out.bytes_written());
            self.open = Some(NewGroup {
                left: rows,
                chunks,
                writer: ColumnWriterImpl::new(
                    old.column_descr_ptr(),
                    Arc::new(properties),
                    Box::new(pages.clone()),
                ),
                pages,
            });
        }
        Ok(())
    }

    fn close(&mut self, mut group: NewGroup) -> Result<(), ParquetError> {
        let ColumnCloseResult {
            metadata,
            column_index,
            offset_index,
            ..
        } = group.writer.close()?;
        self.out.write_all(&group.pages.take()?)?;
        let number = self.done.len();
        if let Some(index) = column_index {
            self.indexes.put_column_index(index, number, self.text);
        }
        if let Some(index) = offset_index {
            self.indexes.put_offset_index(index, number, self.text);
        }
        group.chunks.push(metadata);
        let count = self.like.row_group(number).num_columns();
        let behind = self.copy(self.text + 1..count)?;
        group.chunks.extend(behind);
        self.end(group.chunks)
    }

    /// Ends a row group whose chunks are written.
    fn end(&mut self, mut chunks: Vec<ColumnChunkMetaData>) -> Result<(), ParquetError> {
        let number = self.done.len();
        let old = self.like.row_group(number);
        for (at, chunk) in chunks.iter_mut().enumerate() {
            let mut place = None;
            if at != self.text
                && let Some(filter) = Sbbf::read_from_column_chunk(old.column(at), &self.source)?
            {
                let start = self.out.bytes_written();
                filter.write(&mut self.out)?;
                place = Some((start, self.out.bytes_written() - start));
            }
            *chunk = chunk
                .clone()
                .into_builder()
                .set_bloom_filter_offset(place.map(|(start, _)| start as i64))
                .set_bloom_filter_length(place.map(|(_, len)| len as i32))
                .build()?;
        }
        let sorted = old.sorting_columns().map(|columns| {
            let is_text = |at| usize::try_from(at) == Ok(self.text);
            let kept = columns
                .iter()
                .take_while(|column| !is_text(column.column_idx));
            kept.cloned().collect::<Vec<_>>()
        });
        let size = chunks.iter().map(ColumnChunkMetaData::uncompressed_size);
        let mut group = old
            .clone()
            .into_builder()
            .set_total_byte_size(size.sum())
            .set_sorting_columns(sorted.filter(|columns| !columns.is_empty()));
        if let (Some(_), Some(first)) = (old.file_offset(), chunks.first()) {
            group = group.set_file_offset(first.byte_range().0 as i64);
        }
        self.done.push(group.set_column_metadata(chunks).build()?);
        Ok(())
    }

    /// Copies column chunks of the next row group.
    fn copy(&mut self, columns: Range<usize>) -> Result<Vec<ColumnChunkMetaData>, ParquetError> {
        let number = self.done.len();
        let index = self.like.page_index_for_row_group(number);
        let mut copied = Vec::new();
        for at in columns {
            let chunk = self.like.row_group(number).column(at);
            let (start, len) = chunk.byte_range();
            let by = self.out.bytes_written() as i64 - start as i64;
            let mut file = &self.source.file;
            file.seek(SeekFrom::Start(start))?;
            let mut bytes = BufReader::with_capacity(1 << 18, file.take(len));
            if io::copy(&mut bytes, &mut self.out)? != len {
                return Err(general("a part of it lies behind its end"));
            }
            if let Some(index) = index.column_index(at) {
                self.indexes.put_column_index(index.clone(), number, at);
            }
            if let Some(index) = index.offset_index(at) {
                let index = moved(index.clone(), by);
                self.indexes.put_offset_index(index, number, at);
            }
            let dictionary = chunk.dictionary_page_offset();
            let chunk = chunk
                .clone()
                .into_builder()
                .set_data_page_offset(chunk.data_page_offset() + by)
                .set_dictionary_page_offset(dictionary.map(|offset| offset + by))
                .set_index_page_offset(None);
            copied.push(chunk.build()?);
        }
        Ok(copied)
    }
}

/// The pages of a text column, until they are taken to the output.
#[derive(Clone)]
struct NewPages {
    written: Arc<Mutex<TrackedWrite<Vec<u8>>>>,
    /// Where in the output the first of them is.
    start: u64,
}

impl NewPages {
    fn new(start: usize) -> NewPages {
        NewPages {
            written: Arc::new(Mutex::new(TrackedWrite::new(Vec::new()))),
            start: start as u64,
        }
    }

    fn lock(&self) -> MutexGuard<'_, TrackedWrite<Vec<u8>>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> io::Result<Vec<u8>> {
        let mut written = self.lock();
        written.flush()?;
        Ok(std::mem::take(written.inner_mut()))
    }
}

impl PageWriter for NewPages {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        let mut spec = SerializedPageWriter::new(&mut self.lock()).write_page(page)?;
        spec.offset += self.start;
        Ok(spec)
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        Ok(())
    }
}

/// An output that remembers why it failed, of which the crate does not tell all.
struct Out<W>(Arc<Mutex<Sink<W>>>);

struct Sink<W> {
    out: W,
    /// Where the indexes of pages and the footer go, which are not written as the crate has them.
    end: Option<Vec<u8>>,
    error: Option<io::Error>,
}

impl<W> Out<W> {
    fn lock(&self) -> MutexGuard<'_, Sink<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> Clone for Out<W> {
    fn clone(&self) -> Out<W> {
        Out(Arc::clone(&self.0))
    }
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sink = self.lock();
        let written = match &mut sink.end {
            Some(end) => end.write(bytes),
            None => sink.out.write(bytes),
        };
        written.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                sink.error = Some(error);
            }
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How the crate tells that it was built without Brotli.
const NO_BROTLI: &str = "Disabled feature at compile time: brotli";
const WITHOUT_BROTLI: &str = "this Parquet file is compressed by Brotli, which this cleaner was built without \
    (cargo feature `brotli`; the wheel's program is: `cargo install` builds one with it)";

/// What the crate makes of a file.
fn guarded<T>(run: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    let broken = |why: &str| format!("this Parquet file is broken: {why}");
    match expecting_panics(run) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(match error {
            ParquetError::General(why) if why == NO_BROTLI => WITHOUT_BROTLI.to_owned(),
            ParquetError::General(why) | ParquetError::EOF(why) => broken(&why),
            ParquetError::NYI(why) => {
                format!("this Parquet file needs what cleaner does not know: {why}")
            }
            ParquetError::External(error) => match error.downcast::<io::Error>() {
                Ok(error) if error.raw_os_error().is_some() => error.to_string(),
                Ok(error) => broken(&error.to_string()),
                Err(error) => broken(&error.to_string()),
            },
            error => broken(&error.to_string()),
        }),
        Err(panic) => Err(broken(&panic)),
    }
}

fn general(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

fn rows_of(group: &RowGroupMetaData) -> u64 {
    group.num_rows().unsigned_abs()
}

/// The metadata of a file, in which nothing lies behind its end or overlaps.
fn metadata(source: &Source) -> Result<(ParquetMetaData, Footer), String> {
    let footer = Footer::read(&source.file)?;
    let metadata = guarded(|| {
        let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
        let metadata = ParquetMetaDataReader::new()
            .with_metadata_options(Some(options))
            .parse_and_finish(&source.file)?;
        let mut metadata = metadata.into_builder();
        let mut groups = metadata.take_row_groups();
        let mut total = 0_u64;
        for group in &mut groups {
            if group.num_rows() < 0 {
                return Err(general("a row group has less than no rows"));
            }
            for chunk in group.columns_mut() {
                *chunk = checked(chunk.clone(), source)?;
                total = total.saturating_add(chunk.byte_range().1);
            }
        }
        if total > source.file.metadata()?.len() {
            return Err(general("its columns overlap"));
        }
        Ok(metadata.set_row_groups(groups).build())
    })?;
    Ok((metadata, footer))
}

/// A column chunk that lies within its file.
fn checked(
    chunk: ColumnChunkMetaData,
    source: &Source,
) -> Result<ColumnChunkMetaData, ParquetError> {
    if chunk.file_path().is_some() {
        return Err(general("its columns are in other files"));
    }
    // Some writers set it where there is no dictionary.
    let dictionary = chunk
        .dictionary_page_offset()
        .filter(|&offset| offset > 0 && offset < chunk.data_page_offset());
    let chunk = chunk
        .into_builder()
        .set_dictionary_page_offset(dictionary)
        .build()?;
    let len = source.file.metadata()?.len();
    let is_inside = |start: i64, size: i64| {
        let end = u64::try_from(start).ok().zip(u64::try_from(size).ok());
        end.and_then(|(start, size)| start.checked_add(size))
            .is_some_and(|end| end <= len)
    };
    let start = dictionary.unwrap_or(chunk.data_page_offset());
    let indexes = [
        chunk.column_index_offset().zip(chunk.column_index_length()),
        chunk.offset_index_offset().zip(chunk.offset_index_length()),
    ];
    let mut indexes = indexes.into_iter().flatten();
    if is_inside(start, chunk.compressed_size())
        && is_inside(chunk.data_page_offset(), 0)
        && indexes.all(|(start, size)| is_inside(start, size.into()))
    {
        Ok(chunk)
    } else {
        Err(general("a part of it lies behind its end"))
    }
}

fn with_page_index(source: &Source, metadata: ParquetMetaData) -> Result<ParquetMetaData, String> {
    guarded(|| {
        let mut reader = ParquetMetaDataReader::new_with_metadata(metadata)
            .with_page_index_policy(PageIndexPolicy::Optional);
        reader.read_page_indexes(source)?;
        reader.finish()
    })
}

/// The number of the column of a dotted path, if there is text in it.
fn text_column(schema: &SchemaDescriptor, path: &str) -> Result<usize, String> {
    let paths: Vec<String> = schema
        .columns()
        .iter()
        .map(|column| column.path().string())
        .collect();
    let there = || match paths.len() {
        0 => "it has no columns".to_owned(),
        _ => format!("its columns are {}", paths.join(", ")),
    };
    let Some(at) = paths.iter().position(|known| known == path) else {
        return Err(format!(
            "this Parquet file has no column {path}; {}",
            there()
        ));
    };
    let column = schema.column(at);
    if column.max_rep_level() > 0 {
        let what = "holds a list for each row, not a text";
        return Err(format!("the column {path} {what}; {}", there()));
    }
    match column.physical_type() {
        Type::BYTE_ARRAY => Ok(at),
        other => Err(format!(
            "the column {path} holds {other}, not text; {}",
            there()
        )),
    }
}

/// How a text column is written, to be like an old one.
fn properties(
    old: &ColumnChunkMetaData,
    has_column_index: bool,
    has_offset_index: bool,
) -> WriterProperties {
    let has = |encoding| old.encodings().any(|one| one == encoding);
    let dictionary = has(Encoding::RLE_DICTIONARY) || has(Encoding::PLAIN_DICTIONARY);
    let encoding = [
        Encoding::DELTA_BYTE_ARRAY,
        Encoding::DELTA_LENGTH_BYTE_ARRAY,
    ]
    .into_iter()
    .find(|&encoding| has(encoding))
    .unwrap_or(Encoding::PLAIN);
    let mut pages = old.page_encoding_stats().into_iter().flatten();
    let version = if pages.any(|page| page.page_type == PageType::DATA_PAGE_V2) {
        WriterVersion::PARQUET_2_0
    } else {
        WriterVersion::PARQUET_1_0
    };
    let statistics = match old.statistics() {
        Some(_) if has_column_index => EnabledStatistics::Page,
        Some(_) => EnabledStatistics::Chunk,
        None => EnabledStatistics::None,
    };
    WriterProperties::builder()
        .set_writer_version(version)
        .set_compression(old.compression())
        .set_dictionary_enabled(dictionary)
        .set_encoding(encoding)
        .set_statistics_enabled(statistics)
        .set_offset_index_disabled(!has_offset_index)
        .build()
}

/// The index of pages that have moved by so many bytes.
fn moved(mut index: OffsetIndexMetaData, by: i64) -> OffsetIndexMetaData {
    for page in &mut index.page_locations {
        page.offset += by;
    }
    index
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use parquet::basic::{Compression, ZstdLevel};
    use parquet::column::writer::ColumnWriter;
    use parquet::data_type::{FixedLenByteArray, Int96};
    use parquet::file::metadata::page_index::RowGroupPageIndex;
    use parquet::file::metadata::{KeyValue, SortingColumn};
    use parquet::file::properties::WriterPropertiesBuilder;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::ColumnPath;

    use super::*;

    const SCHEMA: &str = "
        message schema {
            required int64 id;
            optional group page {
                optional binary url (STRING);
                optional binary text (STRING);
                required group tags (LIST) {
                    repeated group list {
                        optional binary element (STRING);
                    }
                }
            }
            optional int64 seen (TIMESTAMP(MICROS, true));
            required fixed_len_byte_array(9) price (DECIMAL(20, 4));
            optional int96 old;
            required double score;
            required boolean ok;
        }";

    const TEXTS: [Option<&str>; 6] = [
        Some("One.\nTwo."),
        None,
        Some(""),
        Some("Žižkov — «да»"),
        Some("One.\nTwo."),
        Some("\u{0}"),
    ];

    fn columns(text: &str) -> Columns<'_> {
        Columns {
            text,
            url: &[],
            outlet: &[],
        }
    }

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn binary(text: &str) -> ByteArray {
        ByteArray::from(text)
    }

    /// A file of these many rows for each group. Of six rows each text is one of [`TEXTS`].
    fn sample(groups: &[usize], properties: WriterPropertiesBuilder) -> Vec<u8> {
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let pandas = KeyValue::new("pandas".to_owned(), "{\"index\": []}".to_owned());
        let arrow = KeyValue::new("ARROW:schema".to_owned(), "/////3gAAAA=".to_owned());
        let empty = KeyValue::new("empty".to_owned(), None);
        let properties = properties
            .set_key_value_metadata(Some(vec![pandas, arrow, empty]))
            .set_created_by("parquet-mr version 1.13.1 (build 1)".to_owned())
            .set_sorting_columns(Some(vec![SortingColumn {
                column_idx: 0,
                descending: false,
                nulls_first: false,
            }]))
            .set_column_bloom_filter_enabled(ColumnPath::from("id"), true)
            .build();
        let mut writer =
            SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
        for &rows in groups {
            let mut group = writer.next_row_group().unwrap();
            for at in 0.. {
                let Some(mut column) = group.next_column().unwrap() else {
                    break;
                };
                write_column(column.untyped(), at, rows);
                column.close().unwrap();
            }
            group.close().unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn write_column(column: &mut ColumnWriter, at: usize, rows: usize) {
        let numbers = 0..rows as i64;
        let ones = vec![1; rows];
        let written = match column {
            ColumnWriter::Int64ColumnWriter(column) if at == 0 => {
                let ids: Vec<i64> = numbers.map(|n| i64::MAX - n).collect();
                column.write_batch(&ids, None, None)
            }
            ColumnWriter::Int64ColumnWriter(column) => {
                let levels: Vec<i16> = numbers.clone().map(|n| (n % 2) as i16).collect();
                let odd: Vec<i64> = numbers.filter(|n| n % 2 == 1).collect();
                column.write_batch(&odd, Some(&levels), None)
            }
            ColumnWriter::ByteArrayColumnWriter(column) if at == 1 => {
                let urls: Vec<_> = numbers
                    .map(|n| binary(&format!("https://a.example/{n}")))
                    .collect();
                column.write_batch(&urls, Some(&vec![2; rows]), None)
            }
            ColumnWriter::ByteArrayColumnWriter(column) if at == 2 => {
                let texts = || (0..rows).map(|n| TEXTS[n % TEXTS.len()]);
                let levels: Vec<i16> = texts()
                    .map(|text| if text.is_some() { 2 } else { 1 })
                    .collect();
                let there: Vec<_> = texts().flatten().map(binary).collect();
                column.write_batch(&there, Some(&levels), None)
            }
            ColumnWriter::ByteArrayColumnWriter(column) => {
                let tags: Vec<_> = (0..2 * rows)
                    .map(|n| binary(["a", "b", "c"][n % 3]))
                    .collect();
                let repeats: Vec<i16> = (0..2 * rows).map(|n| (n % 2) as i16).collect();
                column.write_batch(&tags, Some(&vec![3; 2 * rows]), Some(&repeats))
            }
            ColumnWriter::FixedLenByteArrayColumnWriter(column) => {
                let price = |n| FixedLenByteArray::from(vec![n as u8; 9]);
                let prices: Vec<_> = numbers.map(price).collect();
                column.write_batch(&prices, None, None)
            }
            ColumnWriter::Int96ColumnWriter(column) => {
                let times: Vec<_> = numbers.map(|n| Int96::from(vec![n as u32, 2, 3])).collect();
                column.write_batch(&times, Some(&ones), None)
            }
            ColumnWriter::DoubleColumnWriter(column) => {
                let scores: Vec<_> = numbers.map(|n| n as f64 / 7.0).collect();
                column.write_batch(&scores, None, None)
            }
            ColumnWriter::BoolColumnWriter(column) => {
                let oks: Vec<_> = numbers.map(|n| n % 3 == 0).collect();
                column.write_batch(&oks, None, None)
            }
            _ => unreachable!(),
        };
        written.unwrap();
    }

    type Texts = Vec<Option<Vec<u8>>>;

    fn read(bytes: &[u8], path: &str) -> Result<Texts, String> {
        let mut reader = Reader::open(file(bytes), &columns(path))?;
        let mut texts = Vec::new();
        while let Some(rows) = reader.next()? {
            assert_eq!(rows.first, texts.len() as u64 + 1);
            assert_eq!(rows.urls.len(), rows.texts.len());
            let bytes = rows
                .texts
                .iter()
                .map(|text| text.as_ref().map(|text| text.data().to_vec()));
            texts.extend(bytes);
        }
        assert_eq!(texts.len() as u64, reader.rows());
        Ok(texts)
    }

    fn rewrite(
        bytes: &[u8],
        path: &str,
        edit: impl Fn(ByteArray) -> ByteArray,
    ) -> Result<Vec<u8>, String> {
        let mut reader = Reader::open(file(bytes), &columns(path))?;
        let mut writer = Writer::new(file(bytes), &columns(path), Vec::new())?;
        while let Some(mut rows) = reader.next()? {
            let texts = rows.texts.clone().into_iter().map(|text| text.map(&edit));
            let texts = texts.collect();
            rows.urls.clear();
            writer.write(&rows, texts)?;
        }
        writer.finish()
    }

    fn shorter(text: ByteArray) -> ByteArray {
        let len = text.len();
        text.slice(0, len.min(4))
    }

    fn with_index(bytes: &[u8]) -> ParquetMetaData {
        let source = Source::new(file(bytes));
        with_page_index(&source, metadata(&source).unwrap().0).unwrap()
    }

    fn same<T: PartialEq + Debug>(new: T, old: T, what: impl Debug) {
        assert_eq!(new, old, "{what:?}");
    }

    /// Everything but the column of this number is the same, and the places that are told are
    /// right.
    fn assert_like(new: &[u8], old: &[u8], text: usize) {
        let (new_meta, old_meta) = (with_index(new), with_index(old));
        let (new_file, old_file) = (new_meta.file_metadata(), old_meta.file_metadata());
        same(new_file.schema(), old_file.schema(), "schema");
        same(new_file.version(), old_file.version(), "version");
        same(new_file.num_rows(), old_file.num_rows(), "rows");
        same(new_file.created_by(), old_file.created_by(), "created_by");
        same(new_file.column_orders(), old_file.column_orders(), "orders");
        let key_values = new_file.key_value_metadata();
        same(key_values, old_file.key_value_metadata(), "key values");
        same(
            new_meta.num_row_groups(),
            old_meta.num_row_groups(),
            "groups",
        );
        let sources = [Source::new(file(new)), Source::new(file(old))];
        for number in 0..new_meta.num_row_groups() {
            let (new_group, old_group) = (new_meta.row_group(number), old_meta.row_group(number));
            same(new_group.num_rows(), old_group.num_rows(), number);
            same(
                new_group.sorting_columns(),
                old_group.sorting_columns(),
                number,
            );
            same(new_group.ordinal(), old_group.ordinal(), number);
            let new_index = new_meta.page_index_for_row_group(number);
            let old_index = old_meta.page_index_for_row_group(number);
            for at in 0..new_group.num_columns() {
                let (new_chunk, old_chunk) = (new_group.column(at), old_group.column(at));
                let what = (number, old_chunk.column_path());
                same(new_chunk.compression(), old_chunk.compression(), what);
                same(new_chunk.num_values(), old_chunk.num_values(), what);
                let indexes = |of: &RowGroupPageIndex| {
                    let has_places = of.offset_index(at).is_some();
                    (of.column_index(at).is_some(), has_places)
                };
                same(indexes(&new_index), indexes(&old_index), what);
                let (start, len) = new_chunk.byte_range();
                let old_start = old_chunk.byte_range().0;
                let places = new_index.page_locations(at).into_iter().flatten();
                if let Some(first) = places.map(|page| page.offset).min() {
                    same(first, new_chunk.data_page_offset(), what);
                }
                if at == text {
                    continue;
                }
                let part = |bytes: &[u8], (start, len): (u64, u64)| {
                    bytes[start as usize..][..len as usize].to_vec()
                };
                let old_part = part(old, old_chunk.byte_range());
                same(part(new, (start, len)), old_part, what);
                let index = new_index.column_index(at);
                same(index, old_index.column_index(at), what);
                let by = start as i64 - old_start as i64;
                let old_places = old_index.offset_index(at).cloned();
                let old_places = old_places.map(|index| moved(index, by));
                same(new_index.offset_index(at), old_places.as_ref(), what);
                let filters = [(new_chunk, &sources[0]), (old_chunk, &sources[1])];
                let [new_filter, old_filter] = filters.map(|(chunk, source)| {
                    let filter = Sbbf::read_from_column_chunk(chunk, source).unwrap();
                    filter.map(|filter| {
                        let mut bytes = Vec::new();
                        filter.write(&mut bytes).unwrap();
                        bytes
                    })
                });
                same(new_filter, old_filter, what);
                // What else is told of the chunk is the same but for places.
                let placeless = |chunk: &ColumnChunkMetaData| {
                    let dictionary = chunk.dictionary_page_offset();
                    let chunk = chunk.clone().into_builder();
                    chunk
                        .set_data_page_offset(0)
                        .set_dictionary_page_offset(dictionary.map(|_| 0))
                        .set_bloom_filter_offset(None)
                        .set_column_index_offset(None)
                        .set_offset_index_offset(None)
                        .build()
                        .unwrap()
                };
                same(placeless(new_chunk), placeless(old_chunk), what);
            }
        }
    }

    fn expected(groups: &[usize], edit: impl Fn(ByteArray) -> ByteArray) -> Texts {
        let texts = |&rows: &usize| (0..rows).map(|n| TEXTS[n % TEXTS.len()]);
        let texts = groups.iter().flat_map(texts);
        texts
            .map(|text| text.map(|text| edit(binary(text)).data().to_vec()))
            .collect()
    }

    #[track_caller]
    fn check(groups: &[usize], properties: WriterPropertiesBuilder) {
        let old = sample(groups, properties);
        assert_eq!(
            read(&old, "page.text").unwrap(),
            expected(groups, |text| text)
        );
        for edit in [shorter, |text| text] {
            let new = rewrite(&old, "page.text", edit).unwrap();
            assert_eq!(read(&new, "page.text").unwrap(), expected(groups, edit));
            assert_like(&new, &old, 2);
        }
    }

    #[test]
    fn all_but_the_text_stays_in_each_codec_encoding_and_page_version() {
        let codecs = [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::GZIP(Default::default()),
            Compression::ZSTD(ZstdLevel::default()),
            Compression::LZ4_RAW,
            Compression::BROTLI(Default::default()),
        ];
        for codec in codecs {
            for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
                for dictionary in [true, false] {
                    let properties = WriterProperties::builder()
                        .set_compression(codec)
                        .set_writer_version(version)
                        .set_dictionary_enabled(dictionary);
                    check(&[7, 1, 100], properties);
                }
            }
        }
    }

    #[test]
    fn files_and_row_groups_without_rows_stay_so() {
        check(&[], WriterProperties::builder());
        check(&[0], WriterProperties::builder());
        check(&[0, 3, 0, 0, 1, 0], WriterProperties::builder());
    }

    #[test]
    fn columns_without_statistics_and_indexes_get_none() {
        let plain = WriterProperties::builder()
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true);
        check(&[20], plain);
        let chunk = WriterProperties::builder().set_statistics_enabled(EnabledStatistics::Chunk);
        check(&[20], chunk);
    }

    #[test]
    fn pages_of_a_few_rows_are_found_again() {
        let properties = WriterProperties::builder()
            .set_data_page_row_count_limit(10)
            .set_write_batch_size(5);
        check(&[100, 33], properties);
    }

    /// The crate writes orders of its own.
    #[test]
    fn column_orders_stay_or_stay_away() {
        let mut bytes = sample(&[5], WriterProperties::builder());
        let end = bytes.len() - 9;
        // One struct of three bytes for each column, of which the first says which order it is.
        let orders = end - 3 * 9;
        bytes[orders..end]
            .chunks_mut(3)
            .for_each(|order| order[0] = 0x1c);
        let new = rewrite(&bytes, "page.text", shorter).unwrap();
        assert_like(&new, &bytes, 2);
        let len = u32::from_le_bytes(*bytes[end + 1..].first_chunk().unwrap());
        bytes[end + 1..end + 5].copy_from_slice(&(len - 3 * 9 - 2).to_le_bytes());
        bytes.drain(orders - 2..end);
        assert_eq!(with_index(&bytes).file_metadata().column_orders(), None);
        let new = rewrite(&bytes, "page.text", shorter).unwrap();
        assert_like(&new, &bytes, 2);
    }

    #[test]
    fn sorting_ends_where_the_text_is_named() {
        let sorted = |at| SortingColumn {
            column_idx: at,
            descending: true,
            nulls_first: false,
        };
        let text_sorted = |columns: &[i32]| {
            let schema = Arc::new(
                parse_message_type("message m { required binary a; required binary text; }")
                    .unwrap(),
            );
            let columns = columns.iter().map(|&at| sorted(at)).collect();
            let properties = WriterProperties::builder().set_sorting_columns(Some(columns));
            let mut writer =
                SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build()))
                    .unwrap();
            let mut group = writer.next_row_group().unwrap();
            while let Some(mut column) = group.next_column().unwrap() {
                let typed = column.typed::<ByteArrayType>();
                typed
                    .write_batch(&[binary("b"), binary("a")], None, None)
                    .unwrap();
                column.close().unwrap();
            }
            group.close().unwrap();
            let new = rewrite(&writer.into_inner().unwrap(), "text", shorter).unwrap();
            with_index(&new).row_group(0).sorting_columns().cloned()
        };
        assert_eq!(text_sorted(&[0]), Some(vec![sorted(0)]));
        assert_eq!(text_sorted(&[0, 1]), Some(vec![sorted(0)]));
        assert_eq!(text_sorted(&[1, 0]), None);
    }

    #[test]
    fn batches_are_of_about_a_mebibyte() {
        let schema = Arc::new(parse_message_type("message m { required binary text; }").unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let text = ByteArray::from(vec![b'x'; 100_000]);
        let typed = column.typed::<ByteArrayType>();
        typed.write_batch(&vec![text; 100], None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        let bytes = writer.into_inner().unwrap();
        let mut reader = Reader::open(file(&bytes), &columns("text")).unwrap();
        let mut sizes = Vec::new();
        while let Some(rows) = reader.next().unwrap() {
            sizes.push((rows.first, rows.texts.len()));
        }
        assert_eq!(sizes, [(1, 32), (33, 32), (65, 32), (97, 4)]);
    }

    #[test]
    fn urls_and_outlets_are_the_first_columns_there_are() {
        let bytes = sample(&[3], WriterProperties::builder());
        let paths = ["id", "url", "page.tags.list.element", "page.url"].map(str::to_owned);
        let columns = Columns {
            text: "page.text",
            url: &paths,
            outlet: &paths[..2],
        };
        let mut reader = Reader::open(file(&bytes), &columns).unwrap();
        assert_eq!((reader.rows(), reader.passed()), (3, 0));
        let rows = reader.next().unwrap().unwrap();
        let url = |n| Some(binary(&format!("https://a.example/{n}")));
        assert_eq!(rows.urls, [url(0), url(1), url(2)]);
        assert_eq!(rows.outlets, [None, None, None]);
        assert!(reader.next().unwrap().is_none());
        let metadata = with_index(&bytes);
        let size = metadata.row_group(0).compressed_size() as u64;
        assert_eq!(reader.passed(), size);
    }

    #[test]
    fn no_text_column_is_an_error_that_names_those_there_are() {
        let bytes = sample(&[1], WriterProperties::builder());
        let there = "its columns are id, page.url, page.text, page.tags.list.element, seen, price, old, score, ok";
        let error = |path| Reader::open(file(&bytes), &columns(path)).err().unwrap();
        assert_eq!(
            error("text"),
            format!("this Parquet file has no column text; {there}")
        );
        assert_eq!(
            error("id"),
            format!("the column id holds INT64, not text; {there}")
        );
        let list = "page.tags.list.element";
        let what = "holds a list for each row, not a text";
        assert_eq!(error(list), format!("the column {list} {what}; {there}"));
    }

    #[test]
    fn rows_are_written_once_in_their_order_and_all_of_them() {
        let bytes = sample(&[2, 1], WriterProperties::builder());
        let columns = columns("page.text");
        let mut reader = Reader::open(file(&bytes), &columns).unwrap();
        let new = || Writer::new(file(&bytes), &columns, Vec::new()).unwrap();
        let [first, second] = [(); 2].map(|()| reader.next().unwrap().unwrap());
        let wrong = "the rows to be written are not those that were read";
        assert_eq!(
            new().write(&second, second.texts.clone()),
            Err(wrong.to_owned())
        );
        assert_eq!(new().write(&first, vec![None; 2]), Err(wrong.to_owned()));
        assert_eq!(new().write(&first, vec![]), Err(wrong.to_owned()));
        let mut writer = new();
        writer.write(&first, first.texts.clone()).unwrap();
        assert_eq!(
            writer.write(&first, first.texts.clone()),
            Err(wrong.to_owned())
        );
        let missing = "this Parquet file is broken: not all of its rows were written";
        assert_eq!(writer.finish().unwrap_err(), missing);
    }

    #[test]
    fn a_full_disk_is_told_as_such() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self
                    .0
                    .checked_sub(bytes.len())
                    .ok_or(io::ErrorKind::StorageFull)?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let bytes = sample(&[100], WriterProperties::builder());
        let whole = rewrite(&bytes, "page.text", |text| text).unwrap();
        for room in (0..whole.len()).step_by(61) {
            let write = || {
                let columns = columns("page.text");
                let mut reader = Reader::open(file(&bytes), &columns)?;
                let mut writer = Writer::new(file(&bytes), &columns, Full(room))?;
                while let Some(rows) = reader.next()? {
                    writer.write(&rows, rows.texts.clone())?;
                }
                writer.finish().map(drop)
            };
            assert_eq!(write(), Err("no storage space".to_owned()), "{room}");
        }
    }

    #[test]
    fn what_is_no_parquet_file_is_an_error() {
        let error = |bytes: &[u8]| read(bytes, "text").unwrap_err();
        assert_eq!(error(b""), "this is not a Parquet file");
        assert_eq!(
            error(b"PAR1 and so on"),
            "this does not end as a Parquet file does: it is not one, or its end is missing"
        );
        assert_eq!(error(b"PARE\0\0\0\0PARE"), "this Parquet file is encrypted");
        assert_eq!(
            error(b"PAR1\xff\xff\xff\xffPAR1"),
            "this Parquet file is broken: its footer is longer than the file"
        );
    }

    /// Footers of one column group in another, and of a group with more children than memory has
    /// room for: the crate would not survive them.
    #[test]
    fn schemas_that_are_too_deep_or_too_wide_are_errors() {
        let error = |element: &[u8], count: u32| {
            let mut footer = vec![0x15, 2, 0x19, 0xfc];
            let mut rest = count;
            while rest >= 0x80 {
                footer.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            footer.push(rest as u8);
            footer.extend(element.repeat(count as usize));
            footer.extend([0x16, 0, 0x19, 0x0c, 0]);
            let len = footer.len() as u32;
            let file = [b"PAR1", &footer[..], &len.to_le_bytes(), b"PAR1"].concat();
            read(&file, "text").unwrap_err()
        };
        let broken = "this Parquet file is broken: its footer cannot be read";
        // Required, named "a", with one child.
        assert_eq!(
            error(&[0x35, 0, 0x18, 1, b'a', 0x15, 2, 0], 100_000),
            broken
        );
        // With a billion.
        let wide = [0x35, 0, 0x18, 1, b'a', 0x15, 0x80, 0xa8, 0xd6, 0xb9, 7, 0];
        assert_eq!(error(&wide, 1), broken);
    }

    /// Bytes changed, ranges zeroed, ends cut off.
    #[test]
    fn broken_files_are_errors_or_have_all_their_rows() {
        let properties = |version, codec| {
            WriterProperties::builder()
                .set_writer_version(version)
                .set_compression(codec)
                .set_data_page_row_count_limit(10)
                .set_write_batch_size(5)
        };
        let files = [
            properties(WriterVersion::PARQUET_1_0, Compression::SNAPPY),
            properties(
                WriterVersion::PARQUET_2_0,
                Compression::ZSTD(ZstdLevel::default()),
            )
            .set_dictionary_enabled(false),
            properties(WriterVersion::PARQUET_1_0, Compression::UNCOMPRESSED),
        ];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let (mut errors, mut fine) = (0, 0);
        for properties in files {
            let whole = sample(&[30, 12], properties);
            for n in 0..500 {
                let mut bytes = whole.clone();
                match n % 5 {
                    0 => bytes.truncate(random(whole.len())),
                    1 => {
                        let start = random(whole.len());
                        let end = whole.len().min(start + 1 + random(16));
                        bytes[start..end].fill(0);
                    }
                    _ => bytes[random(whole.len())] = random(256) as u8,
                }
                match rewrite(&bytes, "page.text", shorter) {
                    Ok(new) => {
                        fine += 1;
                        let (rows, _) = metadata(&Source::new(file(&bytes))).unwrap();
                        let rows = rows.row_groups().iter().map(rows_of).sum::<u64>();
                        let texts = read(&new, "page.text").unwrap();
                        assert_eq!(texts.len() as u64, rows);
                    }
                    Err(_) => errors += 1,
                }
            }
        }
        assert_eq!(errors + fine, 1500);
        assert!(errors > 500, "{errors}");
    }

    #[test]
    fn readers_and_writers_can_change_threads() {
        fn is_send<T: Send>() {}
        is_send::<Reader>();
        is_send::<Rows>();
        is_send::<Writer<File>>();
    }
}
