//! `Outlets`: the rule files, and whose a text is.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use cleaner::{Categories, Category, Cleaner};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyString, PyType};

use crate::batch;
use crate::cleaned::{self, Cleaned};
use crate::error::{Failure, refused};
use crate::records;

/// The outlets and families that are known, with their rules. ``Outlets()`` are those that are built in.
///
/// Whose a page is stands above the rules of a file, which is read at once; the rules are read, and
/// their examples run, at the first use of an outlet that has them. Iterating gives every
/// :class:`Outlet`, in the order of the ids.
///
/// They stay in their process: a process that is forked while another thread uses an outlet for the first time may
/// wait for that thread for ever (:meth:`check` before the fork uses them all), and they cannot be pickled. Workers
/// make their own, once each, or use the adapters, which do.
#[pyclass(frozen, module = "cleaner")]
pub struct Outlets(Source);

enum Source {
    Bundled,
    Brought(Box<cleaner::Outlets>),
}

impl Deref for Outlets {
    type Target = cleaner::Outlets;

    fn deref(&self) -> &cleaner::Outlets {
        match &self.0 {
            Source::Bundled => cleaner::Outlets::bundled(),
            Source::Brought(outlets) => outlets,
        }
    }
}

static BUNDLED: Outlets = Outlets(Source::Bundled);

/// Those that an argument names, else the bundled ones.
pub fn or_bundled<'a>(outlets: Option<&'a Bound<'_, Outlets>>) -> &'a Outlets {
    outlets.map_or(&BUNDLED, |outlets| outlets.get())
}

/// Outlets that are read without holding other Python threads up.
fn read(
    py: Python<'_>,
    read: impl FnOnce() -> cleaner::Result<cleaner::Outlets> + Send,
) -> PyResult<Outlets> {
    let outlets = py.detach(read).map_err(|error| refused(py, error))?;
    Ok(Outlets(Source::Brought(Box::new(outlets))))
}

#[pymethods]
impl Outlets {
    #[new]
    fn new() -> Outlets {
        Outlets(Source::Bundled)
    }

    /// The outlets that are built in.
    #[classmethod]
    fn bundled(_class: &Bound<'_, PyType>) -> Outlets {
        Outlets(Source::Bundled)
    }

    /// No outlets at all, not even the built-in families.
    #[classmethod]
    fn none(_class: &Bound<'_, PyType>) -> Outlets {
        Outlets(Source::Brought(Box::new(cleaner::Outlets::none())))
    }

    /// The built-in outlets and those of a folder: its ``*.toml``, and those of its ``families/``.
    /// A file replaces a built-in one of the same id.
    ///
    /// Raises :class:`RuleError` if a file cannot be read, or is wrong above its rules. The rules are read, and
    /// their examples run, at the first use of an outlet that has them, or all at once by :meth:`check`.
    #[classmethod]
    fn with_folder(
        _class: &Bound<'_, PyType>,
        py: Python<'_>,
        folder: PathBuf,
    ) -> PyResult<Outlets> {
        read(py, || cleaner::Outlets::with_folder(&folder))
    }

    /// The outlets of a folder alone: its ``*.toml``, and those of its ``families/``.
    ///
    /// Raises :class:`RuleError` as :meth:`with_folder` does.
    #[classmethod]
    fn of_folder(_class: &Bound<'_, PyType>, py: Python<'_>, folder: PathBuf) -> PyResult<Outlets> {
        read(py, || cleaner::Outlets::of_folder(&folder))
    }

    /// The built-in outlets and those of rule files, each given as its path and its text.
    /// A file replaces a built-in one of the same id.
    ///
    /// Raises :class:`RuleError` if anything is wrong in any of the files.
    #[classmethod]
    fn with_files(
        _class: &Bound<'_, PyType>,
        py: Python<'_>,
        files: &Bound<'_, PyAny>,
    ) -> PyResult<Outlets> {
        let pairs: PyResult<Vec<(String, String)>> =
            files.try_iter()?.map(|pair| pair?.extract()).collect();
        let pairs = pairs?;
        read(py, || cleaner::Outlets::with_files(pairs))
    }

    /// These outlets and that of one more rule file, given as its path and its text.
    ///
    /// Raises :class:`RuleError` if anything is wrong in the file.
    fn and_file(&self, py: Python<'_>, name: &str, text: &str) -> PyResult<Outlets> {
        read(py, || self.deref().and_file(name, text))
    }

    /// The outlet or family of an id.
    fn outlet<'py>(&self, py: Python<'py>, id: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        shown(py, self.deref().outlet(id))
    }

    /// The outlet that a page of this address, a URL or a bare host, is from.
    ///
    /// The longest domain that the host is, or is a sub-domain of, decides.
    fn by_address<'py>(
        &self,
        py: Python<'py>,
        address: &str,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        shown(py, self.deref().by_address(address))
    }

    /// The outlet that a page is from by its own signs.
    fn by_signs<'py>(&self, py: Python<'py>, text: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let outlet = py.detach(|| self.deref().by_signs(text));
        shown(py, outlet)
    }

    /// What names this set of rule files: the first 12 hexadecimal digits of a SHA-256 over their ids and texts.
    fn hash(&self, py: Python<'_>) -> String {
        py.detach(|| self.deref().hash())
    }

    /// Runs the checks of every file, bundled ones too: patterns are compiled, examples run.
    ///
    /// Raises :class:`RuleError` with all problems that were found.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        let checked = py.detach(|| self.deref().check());
        checked.map_err(|error| refused(py, error))
    }

    /// Cleans a text with these outlets: see :func:`cleaner.clean`.
    #[pyo3(
        signature = (text, outlet=None, url=None, *, keep=None, also=None),
        text_signature = "($self, text, outlet=None, url=None, *, keep=(), also=())"
    )]
    fn clean(
        &self,
        text: &Bound<'_, PyString>,
        outlet: Option<&str>,
        url: Option<&str>,
        keep: Option<&Bound<'_, PyAny>>,
        also: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Cleaned> {
        cleaned::clean_with(self, text, outlet, url, categories(keep, also)?)
    }

    /// Cleans a column of texts with these outlets: see :func:`cleaner.clean_array`.
    #[pyo3(
        signature = (array, outlet=None, url=None, *, keep=None, also=None, threads=None),
        text_signature = "($self, array, outlet=None, url=None, *, keep=(), also=(), threads=None)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are those of the function")]
    fn clean_array<'py>(
        &self,
        array: &Bound<'py, PyAny>,
        outlet: Option<&Bound<'py, PyAny>>,
        url: Option<&Bound<'py, PyAny>>,
        keep: Option<&Bound<'py, PyAny>>,
        also: Option<&Bound<'py, PyAny>>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let categories = categories(keep, also)?;
        batch::clean_with(self, array, outlet, url, categories, threads)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let outlets: PyResult<Vec<_>> = self
            .outlets()
            .map(|outlet| records::outlet(py, outlet))
            .collect();
        PyList::new(py, outlets?)?.try_iter()
    }

    fn __len__(&self) -> usize {
        self.outlets().count()
    }

    fn __repr__(&self) -> String {
        let ids: Vec<&str> = self.outlets().map(|outlet| outlet.id.as_str()).collect();
        match ids[..] {
            [first, .., last] if ids.len() > 8 => {
                format!("<Outlets {first} … {last}, {} in all>", ids.len())
            }
            _ => format!("<Outlets {}>", ids.join(", ")),
        }
    }
}

fn shown<'py>(
    py: Python<'py>,
    outlet: Option<&cleaner::Outlet>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    outlet.map(|outlet| records::outlet(py, outlet)).transpose()
}

/// Checks the rule files of a folder, or one rule file, beside the bundled ones.
///
/// Every pattern is compiled, every example run. Raises :class:`RuleError` with all that is wrong, as
/// ``cleaner rules check`` prints it, which also warns of what may be wrong with files that are in order.
#[pyfunction]
pub fn check(py: Python<'_>, path: PathBuf) -> PyResult<()> {
    let outlets = match path.is_file() {
        true => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(&path)
                .map_err(|error| PyOSError::new_err(format!("{name}: {error}")))?;
            read(py, || cleaner::Outlets::with_files([(name, text)]))?
        }
        false => {
            let none = py.detach(|| cleaner::Outlets::of_folder(&path));
            if none.is_ok_and(|outlets| outlets.outlets().next().is_none()) {
                let what = format!("no rule files (*.toml) are in {}", path.display());
                return Err(PyValueError::new_err(what));
            }
            read(py, || cleaner::Outlets::with_folder(&path))?
        }
    };
    outlets.check(py)
}

/// The rules of the outlet that a text is from, and what told it: its id, its address, or signs in
/// the text; `None` if it stays unknown.
pub fn whose(
    outlets: &cleaner::Outlets,
    outlet: Option<&str>,
    url: Option<&str>,
    text: &str,
) -> Result<Option<(Arc<Cleaner>, &'static str)>, Failure> {
    if let Some(id) = outlet {
        return Ok(Some((named(outlets, id)?, "name")));
    }
    let by_address = url.and_then(|url| outlets.by_address(url));
    let (found, by) = match by_address {
        Some(outlet) => (Some(outlet), "address"),
        None => (outlets.by_signs(text), "signs"),
    };
    let cleaner = found
        .map(|outlet| outlets.cleaner(&outlet.id))
        .transpose()?;
    Ok(cleaner.flatten().map(|cleaner| (cleaner, by)))
}

/// The rules of the outlet of an id.
pub fn named(outlets: &cleaner::Outlets, id: &str) -> Result<Arc<Cleaner>, Failure> {
    outlets.cleaner(id)?.ok_or_else(|| {
        let nearest = outlets.nearest_id(id);
        let meant = match nearest {
            Some(id) => format!("; did you mean `{id}`?"),
            None if id.contains(['/', '.']) => "; an address is for `url`".to_owned(),
            None => String::new(),
        };
        Failure::Value(format!(
            "there is no outlet `{id}`{meant} (`cleaner rules list` shows all)"
        ))
    })
}

/// The categories whose boilerplate goes; each argument is one name or several.
pub fn categories(
    keep: Option<&Bound<'_, PyAny>>,
    also: Option<&Bound<'_, PyAny>>,
) -> PyResult<Categories> {
    let (keep, also) = (category_list(keep, "keep")?, category_list(also, "also")?);
    if let Some(both) = keep.iter().find(|category| also.contains(category)) {
        let what = format!("keep and also both name {both}");
        return Err(PyValueError::new_err(what));
    }
    let with = also
        .into_iter()
        .fold(Categories::default(), Categories::also);
    Ok(keep.into_iter().fold(with, Categories::keep))
}

fn category_list(names: Option<&Bound<'_, PyAny>>, argument: &str) -> PyResult<Vec<Category>> {
    let Some(names) = names else {
        return Ok(Vec::new());
    };
    if let Ok(name) = names.cast::<PyString>() {
        return Ok(vec![category(name.to_str()?, argument)?]);
    }
    let one = |name: PyResult<Bound<'_, PyAny>>| category(name?.extract::<&str>()?, argument);
    names.try_iter()?.map(one).collect()
}

fn category(name: &str, argument: &str) -> PyResult<Category> {
    Category::named(name).ok_or_else(|| {
        let all: Vec<&str> = Category::ALL.iter().map(|known| known.name()).collect();
        PyValueError::new_err(format!(
            "{argument}: there is no category `{name}`; expected one of {}",
            all.join(", ")
        ))
    })
}
