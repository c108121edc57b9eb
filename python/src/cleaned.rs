//! `clean`: one text, and what was found out about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cleaner::{Categories, Cleaner};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PySequence, PyString, PyTuple};

use crate::outlets::{Outlets, categories, or_bundled, whose};
use crate::records;

/// Cleans a text.
///
/// ``outlet`` is the id of the outlet that the text is from. Without it the address ``url`` tells the outlet, else
/// signs in the text do; a text whose outlet stays unknown is left as it is. ``outlets`` are the rule files, by
/// default the bundled ones. Boilerplate of the categories ``keep`` stays, that of ``also`` goes: by default all
/// goes but ``credit``.
///
/// Raises ``ValueError`` if there is no such outlet or category, and :class:`RuleError` if the outlet's rule files
/// are refused.
#[pyfunction]
#[pyo3(
    signature = (text, outlet=None, url=None, *, outlets=None, keep=None, also=None),
    text_signature = "(text, outlet=None, url=None, *, outlets=None, keep=(), also=())"
)]
pub fn clean(
    text: &Bound<'_, PyString>,
    outlet: Option<&str>,
    url: Option<&str>,
    outlets: Option<&Bound<'_, Outlets>>,
    keep: Option<&Bound<'_, PyAny>>,
    also: Option<&Bound<'_, PyAny>>,
) -> PyResult<Cleaned> {
    let categories = categories(keep, also)?;
    clean_with(or_bundled(outlets), text, outlet, url, categories)
}

/// Cleans a text with some outlets.
pub fn clean_with(
    outlets: &Outlets,
    text: &Bound<'_, PyString>,
    outlet: Option<&str>,
    url: Option<&str>,
    categories: Categories,
) -> PyResult<Cleaned> {
    let (py, original) = (text.py(), text.to_str()?);
    let cleaned = py.detach(|| {
        let by = whose(outlets, outlet, url, original)?;
        let found = by
            .as_ref()
            .map(|(cleaner, _)| cleaner.find_of(original, categories));
        Ok((by, found.unwrap_or_default()))
    });
    let (by, found) = cleaned.map_err(|failure: crate::error::Failure| failure.at(py, None))?;
    Ok(Cleaned {
        original: text.clone().unbind(),
        by,
        found,
        text: PyOnceLock::new(),
        removals: PyOnceLock::new(),
        kept: PyOnceLock::new(),
    })
}

/// What cleaning made of a text. ``str(cleaned)`` is the cleaned text.
///
/// It cannot be pickled; workers give back what is wanted of it: ``text``, and ``removals``, which are plain values.
#[pyclass(frozen, module = "cleaner")]
pub struct Cleaned {
    original: Py<PyString>,
    by: Option<(Arc<Cleaner>, &'static str)>,
    /// Without the text.
    found: cleaner::Cleaned,
    text: PyOnceLock<Py<PyString>>,
    removals: PyOnceLock<Py<PyTuple>>,
    kept: PyOnceLock<Py<PyTuple>>,
}

impl Cleaned {
    fn list<'py>(
        &self,
        py: Python<'py>,
        known: &PyOnceLock<Py<PyTuple>>,
        removals: &[cleaner::Removal],
    ) -> PyResult<Bound<'py, PyTuple>> {
        let list = known.get_or_try_init(py, || {
            let original = self.original.bind(py).to_str()?;
            records::removals(py, original, removals).map(Bound::unbind)
        })?;
        Ok(list.bind(py).clone())
    }
}

#[pymethods]
impl Cleaned {
    /// The text without boilerplate; the original one if nothing went.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let text = self.text.get_or_try_init(py, || -> PyResult<_> {
            let holes = self.found.holes();
            if holes.is_empty() {
                return Ok(self.original.clone_ref(py));
            }
            let original = self.original.bind(py).to_str()?;
            let mut left = String::with_capacity(original.len());
            let mut from = 0;
            for hole in holes {
                left.push_str(&original[from..hole.start]);
                from = hole.end;
            }
            left.push_str(&original[from..]);
            Ok(PyString::new(py, &left).unbind())
        })?;
        Ok(text.bind(py).clone())
    }

    /// The text that was cleaned.
    #[getter]
    fn original<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        self.original.bind(py).clone()
    }

    /// The id of the outlet that the text is from; ``None`` if it stays unknown.
    #[getter]
    fn outlet(&self) -> Option<&str> {
        self.by.as_ref().map(|(cleaner, _)| cleaner.outlet())
    }

    /// What told the outlet: ``name``, ``address`` or ``signs``; ``None`` if it stays unknown.
    #[getter]
    fn by(&self) -> Option<&'static str> {
        self.by.as_ref().map(|(_, by)| *by)
    }

    /// What went, in order of its start. Two rules may ask for the same characters; ``holes`` unites them.
    #[getter]
    fn removals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.list(py, &self.removals, &self.found.removals)
    }

    /// What rules found that stays because of its category.
    #[getter]
    fn kept<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.list(py, &self.kept, &self.found.kept)
    }

    /// What went, as places in code points, half-open: in order, disjoint, none empty, none touching.
    #[getter]
    fn holes(&self, py: Python<'_>) -> PyResult<Vec<(usize, usize)>> {
        let original = self.original.bind(py).to_str()?;
        Ok(records::in_code_points(original, &self.found.holes()))
    }

    /// The values that rules read out of what they found, in order, by name.
    #[getter]
    fn fields(&self) -> BTreeMap<String, Vec<String>> {
        self.found.fields.clone()
    }

    /// Why the text was left as it is although rules found something.
    #[getter]
    fn flag<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let flag = self.found.flag.as_ref();
        flag.map(|flag| records::flag(py, flag)).transpose()
    }

    /// A unified diff from the original text to the cleaned one, whose hunks name the rules: what ``patch`` and
    /// ``git apply`` take. Empty if nothing went. ``name`` is the path that its header gives to both texts.
    #[pyo3(signature = (name="text"))]
    fn unified_diff(&self, py: Python<'_>, name: &str) -> PyResult<String> {
        let original = self.original.bind(py).to_str()?;
        Ok(self.found.unified_diff(original, name))
    }

    /// The result as a reviewer reads it: every line of the text with what becomes of it, then fields and flag.
    fn snapshot(&self, py: Python<'_>) -> PyResult<String> {
        let original = self.original.bind(py).to_str()?;
        Ok(self.found.snapshot(original))
    }

    fn __str__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        self.text(py)
    }

    fn __repr__(&self) -> String {
        let outlet = self.outlet().unwrap_or("undecided");
        let rules = self.found.removals.iter();
        let removals = rules.filter(|removal| removal.rule.is_some()).count();
        let flag = self.found.flag.as_ref();
        let flag = flag.map_or(String::new(), |flag| format!(", {}", flag.reason.name()));
        format!("<Cleaned {outlet}, {removals} removals{flag}>")
    }
}

/// A unified diff from a text to what cleaning made of it, whose hunks name the rules: what ``patch`` and
/// ``git apply`` take, as ``cleaner --diff`` prints it. Empty if nothing went.
///
/// ``name`` is the path that its header gives to both texts.
#[pyfunction]
#[pyo3(signature = (cleaned, name="text"))]
pub fn unified_diff(py: Python<'_>, cleaned: &Bound<'_, Cleaned>, name: &str) -> PyResult<String> {
    cleaned.get().unified_diff(py, name)
}

/// The original text, from the cleaned one and from what went.
///
/// ``removed`` are removals, or pairs of the byte at which a piece began and the piece; in any order; pieces may
/// overlap where they agree. Raises ``ValueError`` if they do not fit together; that they are those of this very text
/// is not known.
#[pyfunction]
pub fn restore(text: &str, removed: &Bound<'_, PyAny>) -> PyResult<String> {
    let mut pieces: Vec<(usize, String)> = Vec::new();
    for piece in removed.try_iter()? {
        pieces.push(piece_of(&piece?)?);
    }
    let pieces: Vec<(usize, &str)> = pieces
        .iter()
        .map(|(at, piece)| (*at, piece.as_str()))
        .collect();
    let original = cleaner::restore(text, &pieces);
    original.ok_or_else(|| PyValueError::new_err("what was removed does not fit to this text"))
}

fn piece_of(piece: &Bound<'_, PyAny>) -> PyResult<(usize, String)> {
    if let Ok(at) = piece.getattr("byte_start") {
        return Ok((at.extract()?, piece.getattr("text")?.extract()?));
    }
    let pair = || -> PyResult<(usize, String)> {
        let pair = piece.cast::<PySequence>()?;
        match pair.len()? {
            2 => Ok((pair.get_item(0)?.extract()?, pair.get_item(1)?.extract()?)),
            _ => Err(PyTypeError::new_err("not two")),
        }
    };
    pair().map_err(|_| {
        let given = piece.get_type();
        let length = piece.len().map_or(String::new(), |length| format!(" of {length}"));
        PyTypeError::new_err(format!(
            "removed: expected a Removal, or the byte of a piece's start and the piece; found {given}{length}"
        ))
    })
}
