//! Columns of texts from Python and back, by Arrow's C data interface and its PyCapsules: pyarrow, polars, nanoarrow,
//! DuckDB and others speak it. Nothing of a column is copied on its way in.
//!
//! Texts come in as bytes: that an array says it is UTF-8 is no proof, and nobody has looked.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::vec;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Field};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};

/// The error of a stream that cannot go on: `EINVAL`.
const INVALID: c_int = 22;

/// A column: one array, or a stream of them.
pub struct Column {
    /// Its type as it was given.
    pub field: Field,
    /// Of the types that [`as_bytes`] gives.
    pub chunks: Vec<ArrayData>,
    pub is_stream: bool,
}

impl Column {
    /// The column that an argument is; `None` if it is none.
    pub fn import(
        object: &Bound<'_, PyAny>,
        is_taken: impl Fn(&Field) -> PyResult<()>,
    ) -> PyResult<Option<Column>> {
        if object.hasattr("__arrow_c_array__")? {
            import_array(object, is_taken).map(Some)
        } else if object.hasattr("__arrow_c_stream__")? {
            import_stream(object, is_taken).map(Some)
        } else {
            Ok(None)
        }
    }

    /// It as an object of the library that `like` is from: of pyarrow, polars or pandas, else one that
    /// only has Arrow's methods.
    pub fn into_python<'py>(self, like: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = like.py();
        let Column {
            field,
            chunks,
            is_stream,
        } = self;
        let column = match <[ArrayData; 1]>::try_from(chunks) {
            Ok([data]) if !is_stream => Bound::new(py, ArrowArray { field, data })?.into_any(),
            Ok(chunk) => Bound::new(
                py,
                ArrowStream {
                    field,
                    chunks: chunk.into(),
                },
            )?
            .into_any(),
            Err(chunks) => Bound::new(py, ArrowStream { field, chunks })?.into_any(),
        };
        let modules = py
            .import("sys")?
            .getattr("modules")?
            .cast_into::<PyDict>()?;
        if let Some(pyarrow) = modules.get_item("pyarrow")? {
            if like.is_instance(&pyarrow.getattr("Array")?)? {
                return pyarrow.call_method1("array", (column,));
            }
            if like.is_instance(&pyarrow.getattr("ChunkedArray")?)? {
                return pyarrow.call_method1("chunked_array", (column,));
            }
        }
        if let Some(polars) = modules.get_item("polars")?
            && like.is_instance(&polars.getattr("Series")?)?
        {
            return polars.call_method1("Series", (like.getattr("name")?, column));
        }
        if let Some(pandas) = modules.get_item("pandas")?
            && like.is_instance(&pandas.getattr("Series")?)?
        {
            let series = pandas
                .getattr("Series")?
                .call_method1("from_arrow", (column,))?;
            series.setattr("index", like.getattr("index")?)?;
            series.setattr("name", like.getattr("name")?)?;
            return Ok(series);
        }
        Ok(column)
    }
}

fn import_array(
    object: &Bound<'_, PyAny>,
    is_taken: impl Fn(&Field) -> PyResult<()>,
) -> PyResult<Column> {
    let pair = object.call_method0("__arrow_c_array__")?;
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = pair.extract()?;
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?;
    // SAFETY: a capsule of this name holds an `ArrowSchema`, for as long as the capsule lives.
    let schema = unsafe { schema.cast::<FFI_ArrowSchema>().as_ref() };
    let field = Field::try_from(schema).map_err(unusual)?;
    is_taken(&field)?;
    let array = array.pointer_checked(Some(c"arrow_array"))?;
    // SAFETY: a capsule of this name holds an `ArrowArray`, which is ours to take: what is left in
    // the capsule is marked as released.
    let array = unsafe { FFI_ArrowArray::from_raw(array.cast().as_ptr()) };
    if array.is_released() {
        return Err(PyValueError::new_err("the Arrow array is released already"));
    }
    // SAFETY: the array is one of this type, as its producer promises by giving both together.
    let data = unsafe { from_ffi_and_data_type(array, field.data_type().clone()) };
    let chunk = data.and_then(as_bytes).map_err(broken)?;
    Ok(Column {
        field,
        chunks: vec![chunk],
        is_stream: false,
    })
}

fn import_stream(
    object: &Bound<'_, PyAny>,
    is_taken: impl Fn(&Field) -> PyResult<()>,
) -> PyResult<Column> {
    let stream = object.call_method0("__arrow_c_stream__")?;
    let stream = stream.cast_into::<PyCapsule>()?;
    let stream = stream.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds an `ArrowArrayStream`, which is ours to take: what is
    // left in the capsule is marked as released.
    let mut stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.cast().as_ptr()) };
    let (Some(get_schema), Some(get_next)) = (stream.get_schema(), stream.get_next()) else {
        return Err(PyValueError::new_err(
            "the Arrow stream is released already",
        ));
    };
    let mut schema = FFI_ArrowSchema::empty();
    // SAFETY: the function is the stream's own, which is not released; it writes a schema.
    let status = unsafe { get_schema(&raw mut stream, &raw mut schema) };
    if status != 0 {
        return Err(ended(&mut stream, status));
    }
    let field = Field::try_from(&schema).map_err(unusual)?;
    is_taken(&field)?;
    let mut chunks = Vec::new();
    loop {
        let mut array = FFI_ArrowArray::empty();
        // SAFETY: the function is the stream's own, which is not released; it writes an array.
        let status = unsafe { get_next(&raw mut stream, &raw mut array) };
        if status != 0 {
            return Err(ended(&mut stream, status));
        }
        if array.is_released() {
            return Ok(Column {
                field,
                chunks,
                is_stream: true,
            });
        }
        // SAFETY: all arrays of a stream are of the type that it told.
        let data = unsafe { from_ffi_and_data_type(array, field.data_type().clone()) };
        chunks.push(data.and_then(as_bytes).map_err(broken)?);
    }
}

/// Why a stream gives no more, in its own words where it has some.
fn ended(stream: &mut FFI_ArrowArrayStream, status: c_int) -> PyErr {
    let why = stream.get_last_error().and_then(|get_last_error| {
        // SAFETY: the function is the stream's own, of which the last call has failed.
        let why = unsafe { get_last_error(stream) };
        // SAFETY: it tells a C string that is there until the next call, or none.
        (!why.is_null()).then(|| {
            unsafe { CStr::from_ptr(why) }
                .to_string_lossy()
                .into_owned()
        })
    });
    let why = why.unwrap_or_else(|| format!("error {status}"));
    PyValueError::new_err(format!("the Arrow stream cannot be read: {why}"))
}

/// A type that this build does not know.
fn unusual(error: ArrowError) -> PyErr {
    PyTypeError::new_err(format!("the type of the Arrow data is not taken: {error}"))
}

fn broken(error: ArrowError) -> PyErr {
    PyValueError::new_err(format!("the Arrow data is broken: {error}"))
}

/// The data as bytes, of which nothing is promised; its offsets and views are looked at.
fn as_bytes(data: ArrayData) -> Result<ArrayData, ArrowError> {
    let bytes = bytes_of(data.data_type());
    let children = data.child_data().iter().cloned().map(as_bytes);
    let children: Vec<ArrayData> = children.collect::<Result<_, _>>()?;
    data.into_builder()
        .data_type(bytes)
        .child_data(children)
        .build()
}

/// The type of the bytes of texts, which are laid out alike.
fn bytes_of(texts: &DataType) -> DataType {
    match texts {
        DataType::Utf8 => DataType::Binary,
        DataType::LargeUtf8 => DataType::LargeBinary,
        DataType::Utf8View => DataType::BinaryView,
        DataType::Dictionary(keys, values) => {
            DataType::Dictionary(keys.clone(), Box::new(bytes_of(values)))
        }
        other => other.clone(),
    }
}

/// Cleaned texts as an Arrow array.
#[pyclass(frozen, module = "cleaner")]
pub struct ArrowArray {
    field: Field,
    data: ArrayData,
}

#[pymethods]
impl ArrowArray {
    /// The type, as Arrow's PyCapsule interface gives it.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema(py, &self.field)
    }

    /// The type and the array, as Arrow's PyCapsule interface gives them.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // A type that is asked for is a wish; the given one always goes.
        let _ = requested_schema;
        let array = FFI_ArrowArray::new(&self.data);
        let array = PyCapsule::new_with_value(py, array, c"arrow_array")?;
        Ok((schema(py, &self.field)?, array))
    }

    fn __len__(&self) -> usize {
        self.data.len()
    }
}

/// Cleaned texts as a stream of Arrow arrays.
#[pyclass(frozen, module = "cleaner")]
pub struct ArrowStream {
    field: Field,
    chunks: Vec<ArrayData>,
}

#[pymethods]
impl ArrowStream {
    /// The type, as Arrow's PyCapsule interface gives it.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema(py, &self.field)
    }

    /// The arrays, as Arrow's PyCapsule interface gives them; each call gives all of them.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A type that is asked for is a wish; the given one always goes.
        let _ = requested_schema;
        let stream = Chunks::export(self.field.clone(), self.chunks.clone());
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn __len__(&self) -> usize {
        self.chunks.iter().map(ArrayData::len).sum()
    }
}

fn schema<'py>(py: Python<'py>, field: &Field) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(field).map_err(unusual)?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

/// What is left of a stream that was given away. `arrow-array` gives only record batches away.
struct Chunks {
    field: Field,
    left: vec::IntoIter<ArrayData>,
}

impl Chunks {
    fn export(field: Field, chunks: Vec<ArrayData>) -> FFI_ArrowArrayStream {
        let chunks = Chunks {
            field,
            left: chunks.into_iter(),
        };
        let private = Box::into_raw(Box::new(chunks)).cast();
        // SAFETY: the functions below are those of the interface; `private` owns all that they need,
        // and only `release` frees it.
        unsafe {
            FFI_ArrowArrayStream::new_unchecked(
                Some(get_schema),
                Some(get_next),
                Some(get_last_error),
                Some(release),
                private,
            )
        }
    }

    /// # Safety
    /// The stream is one of [`Chunks::export`], is not released, and nobody else uses it meanwhile.
    unsafe fn of<'a>(stream: *mut FFI_ArrowArrayStream) -> &'a mut Chunks {
        // SAFETY: it is what `export` has put there.
        unsafe { &mut *(*stream).private_data().cast::<Chunks>() }
    }
}

unsafe extern "C" fn get_schema(
    stream: *mut FFI_ArrowArrayStream,
    out: *mut FFI_ArrowSchema,
) -> c_int {
    // SAFETY: the caller gives the stream that it got, which it has not released.
    let chunks = unsafe { Chunks::of(stream) };
    let Ok(schema) = FFI_ArrowSchema::try_from(&chunks.field) else {
        return INVALID;
    };
    // SAFETY: the caller gives room for a schema, in which there is none.
    unsafe { ptr::write(out, schema) };
    0
}

unsafe extern "C" fn get_next(
    stream: *mut FFI_ArrowArrayStream,
    out: *mut FFI_ArrowArray,
) -> c_int {
    // SAFETY: the caller gives the stream that it got, which it has not released.
    let next = unsafe { Chunks::of(stream) }.left.next();
    // An array that is released is the end.
    let array = next.map_or_else(FFI_ArrowArray::empty, |data| FFI_ArrowArray::new(&data));
    // SAFETY: the caller gives room for an array, in which there is none.
    unsafe { ptr::write(out, array) };
    0
}

unsafe extern "C" fn get_last_error(_stream: *mut FFI_ArrowArrayStream) -> *const c_char {
    ptr::null()
}

unsafe extern "C" fn release(stream: *mut FFI_ArrowArrayStream) {
    // SAFETY: the caller gives the stream that it got, once; what `export` has put there is freed,
    // and the mark is set that it is.
    unsafe {
        let private = (*stream).set_private_data(ptr::null_mut());
        drop(Box::from_raw(private.cast::<Chunks>()));
        (*stream).set_release(None);
    }
}
