//! The Python module of `cleaner`: a thin layer over the library.
//!
//! | module | is |
//! |---|---|
//! | `outlets` | the class `Outlets`, `check`, and whose a text is |
//! | `cleaned` | `clean`, its result, `unified_diff`, `restore` |
//! | `batch` | `clean_array`: a column of texts, on all cores, without the interpreter's lock |
//! | `arrow` | columns from Python and back, by Arrow's C data interface; the only `unsafe` code |
//! | `draft` | `suggest` |
//! | `records` | plain values that Python gets |
//! | `error` | what is raised |
//!
//! What is documented here is what `help()` shows; `cleaner/_native.pyi` says the same to editors, which a test holds.
#![deny(unsafe_code)]

#[allow(unsafe_code, reason = "it is the border to other libraries")]
mod arrow;
mod batch;
mod cleaned;
mod draft;
mod error;
mod outlets;
mod records;

/// The compiled part of `cleaner`; its names are those of the package.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;
    use pyo3::types::{PyModule, PyTuple};

    #[pymodule_export]
    use crate::arrow::{ArrowArray, ArrowStream};
    #[pymodule_export]
    use crate::batch::clean_array;
    #[pymodule_export]
    use crate::cleaned::{Cleaned, clean, restore, unified_diff};
    #[pymodule_export]
    use crate::draft::suggest;
    #[pymodule_export]
    use crate::error::RuleError;
    #[pymodule_export]
    use crate::outlets::{Outlets, check};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let categories = cleaner::Category::ALL
            .iter()
            .map(|category| category.name());
        module.add("CATEGORIES", PyTuple::new(module.py(), categories)?)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
