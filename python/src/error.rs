//! Python's exceptions, with the full message of what went wrong.

use pyo3::PyTypeInfo;
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::records;

create_exception!(
    cleaner,
    RuleError,
    PyValueError,
    "Rule files were refused.

Its message has every reason, with the line of the file that it stands in and a caret under the place, as the
program prints it. ``problems`` lists the reasons; ``file``, ``line`` and ``column`` are those of the first."
);

/// Why there is no result for a text.
#[derive(Debug)]
pub enum Failure {
    /// What an argument says cannot be.
    Value(String),
    /// The rule files of the text's outlet are refused.
    Rules(cleaner::Error),
    /// It met a bug.
    Bug,
    /// Python has something to raise, as after Ctrl-C.
    Python(PyErr),
}

impl Failure {
    /// The exception, about a row of a column or about the only text that there is.
    pub fn at(self, py: Python<'_>, row: Option<usize>) -> PyErr {
        let before = row.map_or(String::new(), |row| format!("row {row}: "));
        match self {
            Failure::Value(what) => PyValueError::new_err(before + &what),
            Failure::Rules(error) => {
                let before = match row {
                    Some(_) => before + "the rule files of its outlet are refused\n\n",
                    None => before,
                };
                rule_error(py, &error, &before).unwrap_or_else(|error| error)
            }
            Failure::Bug => PyRuntimeError::new_err(
                before + "it met a bug of cleaner, please report it with the text",
            ),
            Failure::Python(error) => error,
        }
    }
}

impl From<cleaner::Error> for Failure {
    fn from(error: cleaner::Error) -> Failure {
        Failure::Rules(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Failure {
        Failure::Python(error)
    }
}

/// The exception of refused rule files.
pub fn refused(py: Python<'_>, error: cleaner::Error) -> PyErr {
    Failure::Rules(error).at(py, None)
}

fn rule_error(py: Python<'_>, error: &cleaner::Error, before: &str) -> PyResult<PyErr> {
    let exception = RuleError::type_object(py).call1((format!("{before}{error}"),))?;
    let problems = error.problems();
    let made: PyResult<Vec<_>> = problems
        .iter()
        .map(|problem| records::problem(py, problem))
        .collect();
    exception.setattr("problems", made?)?;
    let first = problems.first();
    exception.setattr("file", first.map(cleaner::Problem::file))?;
    exception.setattr("line", first.map(cleaner::Problem::line))?;
    exception.setattr("column", first.map(cleaner::Problem::column))?;
    Ok(PyErr::from_value(exception))
}
