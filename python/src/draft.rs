//! `suggest`: the draft of a rule file from sample pages.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::refused;
use crate::outlets::{Outlets, or_bundled};
use crate::records;

/// Drafts the rule file of an outlet from the texts of its pages: two or three at least, better ten.
///
/// ``outlet`` is its id, ``name`` its name for people, ``domains`` are its hosts. Without ``words`` no word guesses a
/// rule's category, only the place does. ``outlets`` has the families that the draft may extend.
///
/// A draft is text that a person reviews. It passes the check that rule files pass, and is the same for the same
/// pages. Raises :class:`RuleError` for an id or a domain that no rule file may have.
#[pyfunction]
#[pyo3(
    signature = (pages, outlet, *, name=None, domains=None, words=true, outlets=None),
    text_signature = "(pages, outlet, *, name=None, domains=(), words=True, outlets=None)"
)]
pub fn suggest<'py>(
    py: Python<'py>,
    pages: &Bound<'py, PyAny>,
    outlet: String,
    name: Option<String>,
    domains: Option<Vec<String>>,
    words: bool,
    outlets: Option<&Bound<'py, Outlets>>,
) -> PyResult<Bound<'py, PyAny>> {
    if pages.is_instance_of::<PyString>() {
        let what = "pages: expected the texts of several pages; found a str";
        return Err(PyTypeError::new_err(what));
    }
    let pages: PyResult<Vec<String>> = pages.try_iter()?.map(|page| page?.extract()).collect();
    let sample = cleaner::Sample {
        outlet,
        name,
        domains: domains.unwrap_or_default(),
        pages: pages?,
        words,
    };
    let outlets = or_bundled(outlets);
    let draft = py.detach(|| cleaner::suggest(&sample, outlets));
    records::draft(py, &draft.map_err(|error| refused(py, error))?)
}
