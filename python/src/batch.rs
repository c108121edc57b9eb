//! `clean_array`: a column of texts, cleaned on all cores without the interpreter's lock.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::builder::make_view;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, BinaryArray, BinaryViewArray, GenericBinaryArray, LargeBinaryArray, OffsetSizeTrait,
    PrimitiveArray,
};
use arrow_buffer::{ArrowNativeType, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use cleaner::{Categories, Cleaner};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::arrow::Column;
use crate::error::Failure;
use crate::outlets::{Outlets, categories, named, or_bundled, whose};

/// A thread cleans about so many bytes at a time, so that no core waits long for another one.
const BLOCK: usize = 1 << 18;
/// What a row costs besides its bytes, in bytes.
const ROW: usize = 64;
/// How often is asked whether somebody has pressed Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(50);

/// Cleans a column of texts on all cores, without holding other Python threads up.
///
/// ``array`` is any Arrow data of type ``string``, ``large_string`` or ``string_view``: an array or chunked array of
/// pyarrow, a series of polars, whatever has ``__arrow_c_array__`` or ``__arrow_c_stream__``. It is not copied. What
/// comes back is of the same type, with the same chunks, rows and nulls: of pyarrow for pyarrow, of polars for polars,
/// else an object with the same of these two methods.
///
/// ``outlet`` and ``url`` tell whose the texts are, as those of :func:`clean` do: each is one for all rows, or Arrow
/// data with as many rows, in which a null tells nothing. ``threads`` are as many as there are cores.
///
/// Raises ``ValueError`` or :class:`RuleError`, with the row, counted from 0, if its outlet is not known or the
/// outlet's rule files are refused; ``TypeError`` for any other kind of data.
#[pyfunction]
#[pyo3(
    signature = (array, outlet=None, url=None, *, outlets=None, keep=None, also=None, threads=None),
    text_signature = "(array, outlet=None, url=None, *, outlets=None, keep=(), also=(), threads=None)"
)]
pub fn clean_array<'py>(
    array: &Bound<'py, PyAny>,
    outlet: Option<&Bound<'py, PyAny>>,
    url: Option<&Bound<'py, PyAny>>,
    outlets: Option<&Bound<'py, Outlets>>,
    keep: Option<&Bound<'py, PyAny>>,
    also: Option<&Bound<'py, PyAny>>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let categories = categories(keep, also)?;
    clean_with(or_bundled(outlets), array, outlet, url, categories, threads)
}

/// Cleans a column of texts with some outlets.
pub fn clean_with<'py>(
    outlets: &Outlets,
    array: &Bound<'py, PyAny>,
    outlet: Option<&Bound<'py, PyAny>>,
    url: Option<&Bound<'py, PyAny>>,
    categories: Categories,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    let threads = match threads {
        Some(0) => return Err(PyValueError::new_err("threads is 1 or more; found 0")),
        Some(threads) => threads,
        None => thread::available_parallelism().map_or(1, usize::from),
    };
    let column = Column::import(array, |field| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Ok(()),
        other => {
            let what = match other {
                DataType::Struct(_) => "a table or a struct; name one column of it".to_owned(),
                DataType::Dictionary(..) => format!("{other}; decode the dictionary before"),
                _ => other.to_string(),
            };
            Err(PyTypeError::new_err(format!(
                "array: expected Arrow data of type string, large_string or string_view; found {what}"
            )))
        }
    })?;
    let Some(column) = column else {
        let given = array.get_type();
        return Err(PyTypeError::new_err(format!(
            "array: expected Arrow data, such as an array of pyarrow or a series of polars, which has \
             __arrow_c_array__ or __arrow_c_stream__; found {given}"
        )));
    };
    let rows = column.chunks.iter().map(ArrayData::len).sum();
    let (outlet, url) = (
        Told::import(outlet, "outlet", rows)?,
        Told::import(url, "url", rows)?,
    );
    let cleaned = py.detach(|| {
        let batch = Batch::new(outlets, outlet, url, categories)?;
        batch.clean(&column.chunks, threads)
    });
    let chunks = cleaned.map_err(|Failed { row, failure }| failure.at(py, row))?;
    Column { chunks, ..column }.into_python(array)
}

/// What tells the outlet of every row.
enum Told {
    Nothing,
    All(String),
    Each(Rows),
}

impl Told {
    fn import(value: Option<&Bound<'_, PyAny>>, argument: &str, rows: usize) -> PyResult<Told> {
        let Some(value) = value else {
            return Ok(Told::Nothing);
        };
        if let Ok(all) = value.cast::<PyString>() {
            return Ok(Told::All(all.to_str()?.to_owned()));
        }
        let expected = |found: String| {
            PyTypeError::new_err(format!(
                "{argument}: expected a str, or Arrow data of strings with a row for each text; found {found}"
            ))
        };
        let column = Column::import(value, |field| match is_text(field) {
            true => Ok(()),
            false => Err(expected(field.data_type().to_string())),
        })?;
        let column = column.ok_or_else(|| expected(value.get_type().to_string()))?;
        let each = Rows::new(&column.chunks);
        if each.len() != rows {
            return Err(PyValueError::new_err(format!(
                "{argument}: expected {rows} rows, as many as there are texts; found {}",
                each.len()
            )));
        }
        Ok(Told::Each(each))
    }

    /// What it tells of a row.
    fn of(&self, row: usize) -> Result<Option<&str>, Failure> {
        match self {
            Told::Nothing => Ok(None),
            Told::All(all) => Ok(Some(all)),
            Told::Each(rows) => rows.get(row).map(as_text).transpose(),
        }
    }
}

/// Whether the type is one of texts, in a dictionary or not; or that of nothing but nulls.
fn is_text(field: &Field) -> bool {
    let of = |of: &DataType| {
        matches!(
            of,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null
        )
    };
    match field.data_type() {
        DataType::Dictionary(_, values) => of(values),
        other => of(other),
    }
}

fn as_text(bytes: &[u8]) -> Result<&str, Failure> {
    simdutf8::compat::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Failure::Value(format!(
            "this is not UTF-8: 0x{:02x} at byte {at}",
            bytes[at]
        ))
    })
}

/// The rows of a column.
struct Rows {
    chunks: Vec<Texts>,
    /// The row behind the last one of each chunk.
    ends: Vec<usize>,
}

impl Rows {
    fn new(chunks: &[ArrayData]) -> Rows {
        let chunks: Vec<Texts> = chunks.iter().map(Texts::new).collect();
        let ends = chunks.iter().scan(0, |end, chunk| {
            *end += chunk.len();
            Some(*end)
        });
        Rows {
            ends: ends.collect(),
            chunks,
        }
    }

    fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn get(&self, row: usize) -> Option<&[u8]> {
        let chunk = self.ends.partition_point(|&end| end <= row);
        let start = chunk.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.chunks[chunk].get(row - start)
    }
}

/// An array of texts, as bytes.
enum Texts {
    Small(BinaryArray),
    Large(LargeBinaryArray),
    View(BinaryViewArray),
    /// The place of each row's text among the values.
    Dictionary(Vec<Option<usize>>, Box<Texts>),
    Nulls(usize),
}

impl Texts {
    fn new(data: &ArrayData) -> Texts {
        match data.data_type() {
            DataType::Binary => Texts::Small(BinaryArray::from(data.clone())),
            DataType::LargeBinary => Texts::Large(LargeBinaryArray::from(data.clone())),
            DataType::BinaryView => Texts::View(BinaryViewArray::from(data.clone())),
            DataType::Dictionary(keys, _) => {
                let keys = match keys.as_ref() {
                    DataType::Int8 => keys_of::<Int8Type>(data),
                    DataType::Int16 => keys_of::<Int16Type>(data),
                    DataType::Int32 => keys_of::<Int32Type>(data),
                    DataType::Int64 => keys_of::<Int64Type>(data),
                    DataType::UInt8 => keys_of::<UInt8Type>(data),
                    DataType::UInt16 => keys_of::<UInt16Type>(data),
                    DataType::UInt32 => keys_of::<UInt32Type>(data),
                    _ => keys_of::<UInt64Type>(data),
                };
                Texts::Dictionary(keys, Box::new(Texts::new(&data.child_data()[0])))
            }
            _ => Texts::Nulls(data.len()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Texts::Small(array) => array.len(),
            Texts::Large(array) => array.len(),
            Texts::View(array) => array.len(),
            Texts::Dictionary(keys, _) => keys.len(),
            Texts::Nulls(len) => *len,
        }
    }

    fn get(&self, row: usize) -> Option<&[u8]> {
        match self {
            Texts::Small(array) => array.is_valid(row).then(|| array.value(row)),
            Texts::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Texts::View(array) => array.is_valid(row).then(|| array.value(row)),
            Texts::Dictionary(keys, values) => keys[row].and_then(|key| values.get(key)),
            Texts::Nulls(_) => None,
        }
    }

    /// How many bytes the text of a row has; that of a null none.
    fn length(&self, row: usize) -> usize {
        self.get(row).map_or(0, <[u8]>::len)
    }

    /// Some of its rows, each time about [`BLOCK`] bytes.
    fn blocks(&self) -> Vec<Range<usize>> {
        let mut blocks = Vec::new();
        let (mut from, mut size) = (0, 0);
        for row in 0..self.len() {
            size += ROW + self.length(row);
            if size >= BLOCK {
                blocks.push(from..row + 1);
                (from, size) = (row + 1, 0);
            }
        }
        if from < self.len() {
            blocks.push(from..self.len());
        }
        blocks
    }

    /// Room for what is left of all rows, if one thread writes it while it goes over them: they are
    /// still at hand then. Views point into several buffers, so that nothing is put together for them.
    fn room(&self, threads: usize) -> Option<Mutex<Vec<u8>>> {
        let has_offsets = matches!(self, Texts::Small(_) | Texts::Large(_));
        let size = || (0..self.len()).map(|row| self.length(row)).sum();
        (threads == 1 && has_offsets).then(|| Mutex::new(Vec::with_capacity(size())))
    }

    /// The same rows with other texts: `parts` tell what is left of them, which is in `written` if that
    /// has been done.
    fn replaced(
        &self,
        parts: Vec<Part>,
        written: Option<Vec<u8>>,
        threads: usize,
    ) -> Result<ArrayData, Failed> {
        let nulls = match self {
            Texts::Small(array) => array.nulls(),
            Texts::Large(array) => array.nulls(),
            _ => return self.with_views(parts, threads),
        };
        let bytes = match written {
            Some(bytes) => bytes,
            None => self.left(&parts, threads)?,
        };
        Ok(match self {
            Texts::Small(_) => with_offsets::<i32>(&parts, bytes, nulls),
            _ => with_offsets::<i64>(&parts, bytes, nulls),
        })
    }

    /// What is left of all rows.
    fn left(&self, parts: &[Part], threads: usize) -> Result<Vec<u8>, Failed> {
        let mut bytes = vec![0; parts.iter().map(Part::size).sum()];
        let mut rest = &mut bytes[..];
        let mut rooms = Vec::with_capacity(parts.len());
        for part in parts {
            let (room, behind) = rest.split_at_mut(part.size());
            rest = behind;
            rooms.push((part, room));
        }
        each(rooms, threads, |(part, mut room)| {
            part.write(self, |piece| {
                let (front, behind) = std::mem::take(&mut room).split_at_mut(piece.len());
                front.copy_from_slice(piece);
                room = behind;
            });
            Ok(())
        })?;
        Ok(bytes)
    }

    fn with_views(&self, parts: Vec<Part>, threads: usize) -> Result<ArrayData, Failed> {
        let parts: Vec<_> = (0..).zip(parts).collect();
        let made = each(parts, threads, |(number, part): (u32, Part)| {
            let mut bytes = Vec::with_capacity(part.size());
            part.write(self, |piece| bytes.extend_from_slice(piece));
            let mut at = 0;
            let views = part.lengths.iter().map(|&length| {
                let view = make_view(&bytes[at..at + length], number, at as u32);
                at += length;
                view
            });
            let views: Vec<u128> = views.collect();
            Ok((views, Buffer::from_vec(bytes)))
        })?;
        let (views, buffers): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        let nulls = match self {
            Texts::View(array) => array.nulls().cloned(),
            _ => None,
        };
        let views = ScalarBuffer::from(views.concat());
        Ok(BinaryViewArray::new(views, buffers, nulls).to_data())
    }
}

/// An array of the texts in `bytes`, one behind the other, whose lengths `parts` tell.
fn with_offsets<O: OffsetSizeTrait>(
    parts: &[Part],
    bytes: Vec<u8>,
    nulls: Option<&NullBuffer>,
) -> ArrayData {
    let lengths = parts.iter().flat_map(|part| part.lengths.iter().copied());
    let offsets = OffsetBuffer::<O>::from_lengths(lengths);
    GenericBinaryArray::new(offsets, Buffer::from_vec(bytes), nulls.cloned()).to_data()
}

/// The places that a dictionary's keys name.
fn keys_of<K: ArrowDictionaryKeyType>(data: &ArrayData) -> Vec<Option<usize>> {
    let keys = data.clone().into_builder().data_type(K::DATA_TYPE);
    let keys = keys.child_data(Vec::new()).build();
    let keys = PrimitiveArray::<K>::from(keys.expect("the keys of a valid dictionary"));
    keys.iter()
        .map(|key| key.map(ArrowNativeType::as_usize))
        .collect()
}

/// What is left of some consecutive rows.
struct Part {
    rows: Range<usize>,
    /// How long the text of each row is; of a null 0.
    lengths: Vec<usize>,
    /// What goes of rows that change, in order.
    holes: Vec<(usize, Vec<Range<usize>>)>,
}

impl Part {
    fn size(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Gives what is left away, piece by piece.
    fn write(&self, texts: &Texts, mut out: impl FnMut(&[u8])) {
        let mut holes = self.holes.iter().peekable();
        for row in self.rows.clone() {
            if let Some(text) = texts.get(row) {
                let holes = holes.next_if(|(changed, _)| *changed == row);
                let holes = holes.map_or(&[][..], |(_, holes)| holes);
                left(text, holes, &mut out);
            }
        }
    }
}

/// Gives what is left of a text away, piece by piece.
fn left(text: &[u8], holes: &[Range<usize>], mut out: impl FnMut(&[u8])) {
    let mut from = 0;
    for hole in holes {
        out(&text[from..hole.start]);
        from = hole.end;
    }
    out(&text[from..]);
}

/// Why a batch failed, and at which row.
struct Failed {
    row: Option<usize>,
    failure: Failure,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Failed {
        Failed { row: None, failure }
    }
}

/// What is known for all rows.
struct Batch<'a> {
    outlets: &'a cleaner::Outlets,
    outlet: Told,
    url: Told,
    /// The rules for all rows, where they are the same.
    all: Option<Arc<Cleaner>>,
    categories: Categories,
}

impl Batch<'_> {
    fn new(
        outlets: &cleaner::Outlets,
        outlet: Told,
        url: Told,
        categories: Categories,
    ) -> Result<Batch<'_>, Failed> {
        let all = match (&outlet, &url) {
            (Told::All(id), _) => Some(named(outlets, id)?),
            (Told::Nothing, Told::All(url)) => {
                let outlet = outlets.by_address(url);
                let cleaner = outlet.map(|outlet| outlets.cleaner(&outlet.id));
                cleaner.transpose().map_err(Failure::from)?.flatten()
            }
            _ => None,
        };
        Ok(Batch {
            outlets,
            outlet,
            url,
            all,
            categories,
        })
    }

    /// The chunks without boilerplate.
    fn clean(&self, chunks: &[ArrayData], threads: usize) -> Result<Vec<ArrayData>, Failed> {
        let rows = Rows::new(chunks);
        let mut blocks = Vec::new();
        for (chunk, texts) in rows.chunks.iter().enumerate() {
            blocks.extend(texts.blocks().into_iter().map(|block| (chunk, block)));
        }
        let rooms: Vec<_> = rows
            .chunks
            .iter()
            .map(|texts| texts.room(threads))
            .collect();
        let parts = each(blocks, threads, |(chunk, block)| {
            let texts = &rows.chunks[chunk];
            let mut room = rooms[chunk].as_ref().map(locked);
            let start = rows.ends[chunk] - texts.len();
            let part = self.part(texts, start, block, room.as_deref_mut())?;
            Ok((chunk, part))
        })?;
        let mut of_chunks: Vec<Vec<Part>> = chunks.iter().map(|_| Vec::new()).collect();
        for (chunk, part) in parts {
            of_chunks[chunk].push(part);
        }
        let cleaned = chunks.iter().zip(&rows.chunks).zip(of_chunks).zip(rooms);
        cleaned
            .map(|(((chunk, texts), parts), room)| {
                if parts.iter().all(|part| part.holes.is_empty()) {
                    return Ok(chunk.clone());
                }
                let written =
                    room.map(|room| room.into_inner().unwrap_or_else(PoisonError::into_inner));
                texts.replaced(parts, written, threads)
            })
            .collect()
    }

    /// Cleans some rows of a chunk, which begins at the row `start` of the column, and appends what is left
    /// of them to the room, if there is one.
    fn part(
        &self,
        texts: &Texts,
        start: usize,
        rows: Range<usize>,
        mut room: Option<&mut Vec<u8>>,
    ) -> Result<Part, Failed> {
        let mut lengths = Vec::with_capacity(rows.len());
        let mut changed = Vec::new();
        for row in rows.clone() {
            let Some(text) = texts.get(row) else {
                lengths.push(0);
                continue;
            };
            let failed = |failure| Failed {
                row: Some(start + row),
                failure,
            };
            // A bug of ours must not take the interpreter with it.
            let holes = catch_unwind(AssertUnwindSafe(|| self.holes(text, start + row)));
            let holes = holes.unwrap_or(Err(Failure::Bug)).map_err(failed)?;
            let gone: usize = holes.iter().map(|hole| hole.len()).sum();
            lengths.push(text.len() - gone);
            if let Some(room) = &mut room {
                left(text, &holes, |piece| room.extend_from_slice(piece));
            }
            if !holes.is_empty() {
                changed.push((row, holes));
            }
        }
        Ok(Part {
            rows,
            lengths,
            holes: changed,
        })
    }

    /// What goes of the text of a row.
    fn holes(&self, text: &[u8], row: usize) -> Result<Vec<Range<usize>>, Failure> {
        let text = as_text(text)?;
        let (holes, _) = match &self.all {
            Some(cleaner) => cleaner.holes_of(text, self.categories),
            None => match whose(self.outlets, self.outlet.of(row)?, self.url.of(row)?, text)? {
                Some((cleaner, _)) => cleaner.holes_of(text, self.categories),
                None => return Ok(Vec::new()),
            },
        };
        Ok(holes)
    }
}

/// What `work` makes of every item, in their order; of several failures the first one's.
///
/// Called by a Python thread that has let go of the interpreter; it looks now and then whether
/// somebody wants it back.
fn each<T: Send, R: Send>(
    items: Vec<T>,
    threads: usize,
    work: impl Fn(T) -> Result<R, Failed> + Sync,
) -> Result<Vec<R>, Failed> {
    let threads = threads.min(items.len());
    let queue = Mutex::new(items.into_iter().enumerate());
    let done: Mutex<Vec<(usize, R)>> = Mutex::default();
    let failed: Mutex<Option<(usize, Failed)>> = Mutex::default();
    let fail = |at: usize, failure: Failed| {
        let mut failed = locked(&failed);
        if failed.as_ref().is_none_or(|(known, _)| at < *known) {
            *failed = Some((at, failure));
        }
    };
    let run = |is_caller: bool| {
        let mut asked = Instant::now();
        // Items are begun in order: when one fails, all before it have been begun, and are ended.
        while locked(&failed).is_none() {
            let next = locked(&queue).next();
            let Some((at, item)) = next else {
                break;
            };
            match work(item) {
                Ok(result) => locked(&done).push((at, result)),
                Err(failure) => fail(at, failure),
            }
            if is_caller && asked.elapsed() > PATIENCE {
                if let Err(error) = Python::attach(|py| py.check_signals()) {
                    fail(0, Failure::Python(error).into());
                }
                asked = Instant::now();
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| run(false));
        }
        run(true);
    });
    if let Some((_, failure)) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(failure);
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Nothing panics while one of these is held, but for what is caught.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
