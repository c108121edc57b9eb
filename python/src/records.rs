//! The library's values as those of `cleaner._records`.

use std::ops::Range;

use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};

/// A class of `cleaner._records`, looked up once.
struct Class {
    name: &'static str,
    class: PyOnceLock<Py<PyType>>,
}

impl Class {
    const fn new(name: &'static str) -> Class {
        Class {
            name,
            class: PyOnceLock::new(),
        }
    }

    fn make<'py>(
        &self,
        py: Python<'py>,
        values: impl PyCallArgs<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let class = self.class.import(py, "cleaner._records", self.name)?;
        class.call1(values)
    }
}

static OUTLET: Class = Class::new("Outlet");
static REMOVAL: Class = Class::new("Removal");
static FLAG: Class = Class::new("Flag");
static PROBLEM: Class = Class::new("Problem");
static HELD_OUT: Class = Class::new("HeldOut");
static PROBE: Class = Class::new("Probe");
static PROPOSAL: Class = Class::new("Proposal");
static DRAFT: Class = Class::new("Draft");

pub fn outlet<'py>(py: Python<'py>, outlet: &cleaner::Outlet) -> PyResult<Bound<'py, PyAny>> {
    OUTLET.make(
        py,
        (
            &outlet.id,
            &outlet.name,
            outlet.is_family,
            &outlet.domains,
            &outlet.extends,
            outlet.off.clone(),
            &outlet.file,
        ),
    )
}

pub fn flag<'py>(py: Python<'py>, flag: &cleaner::Flag) -> PyResult<Bound<'py, PyAny>> {
    FLAG.make(py, (flag.reason.name(), flag.to_string(), &flag.rules))
}

pub fn problem<'py>(py: Python<'py>, problem: &cleaner::Problem) -> PyResult<Bound<'py, PyAny>> {
    PROBLEM.make(
        py,
        (
            problem.file(),
            problem.line(),
            problem.column(),
            problem.rule(),
            problem.key(),
            problem.message(),
            problem.help(),
        ),
    )
}

pub fn draft<'py>(py: Python<'py>, draft: &cleaner::Draft) -> PyResult<Bound<'py, PyAny>> {
    let proposals: PyResult<Vec<_>> = draft
        .proposals
        .iter()
        .map(|one| proposal(py, one))
        .collect();
    DRAFT.make(
        py,
        (
            &draft.head,
            proposals?,
            &draft.extends,
            draft.pages,
            draft.stories,
        ),
    )
}

fn proposal<'py>(py: Python<'py>, one: &cleaner::Proposal) -> PyResult<Bound<'py, PyAny>> {
    let risk = match one.risk {
        cleaner::Risk::HeldOut { pages, lines, text } => HELD_OUT.make(py, (pages, lines, text))?,
        cleaner::Risk::Probe { lines, taken } => PROBE.make(py, (lines, taken))?,
        _ => py.None().into_bound(py),
    };
    PROPOSAL.make(
        py,
        (
            &one.id,
            one.kind,
            one.category.name(),
            one.support,
            risk,
            &one.disabled,
            &one.toml,
        ),
    )
}

/// Removals of a text, in the order of their starts.
pub fn removals<'py>(
    py: Python<'py>,
    text: &str,
    removals: &[cleaner::Removal],
) -> PyResult<Bound<'py, PyTuple>> {
    let places = Places::new(text, removals.iter().map(|removal| &removal.span));
    let removal = |removal: &cleaner::Removal| {
        let span = removal.span.clone();
        let (start, first) = places.at(span.start);
        let (end, last) = places.at(span.end);
        let part = &text[span.clone()];
        let rule = removal.rule.as_deref();
        REMOVAL.make(
            py,
            (
                rule.map(|rule| rule.id.as_str()),
                rule.map(|rule| rule.category.name()),
                rule.map(|rule| rule.kind),
                rule.map(|rule| rule.note.as_str()),
                rule.map(|rule| rule.file.as_str()),
                rule.map(|rule| rule.line),
                start,
                end,
                span.start,
                span.end,
                (first + 1, last + usize::from(!part.ends_with('\n'))),
                part,
            ),
        )
    };
    let made: PyResult<Vec<_>> = removals.iter().map(removal).collect();
    PyTuple::new(py, made?)
}

/// Spans of a text in code points.
pub fn in_code_points(text: &str, spans: &[Range<usize>]) -> Vec<(usize, usize)> {
    let places = Places::new(text, spans.iter());
    let chars = |byte| places.at(byte).0;
    let span = |span: &Range<usize>| (chars(span.start), chars(span.end));
    spans.iter().map(span).collect()
}

/// Bytes of a text at which something begins or ends, with the code points and line ends before
/// them: the text is counted through once, however many there are.
struct Places {
    /// In order of the bytes: byte, code points, line ends.
    known: Vec<(usize, usize, usize)>,
}

impl Places {
    fn new<'a>(text: &str, spans: impl Iterator<Item = &'a Range<usize>>) -> Places {
        let mut bytes: Vec<usize> = spans.flat_map(|span| [span.start, span.end]).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let (mut from, mut chars, mut lines) = (0, 0, 0);
        let known = bytes.into_iter().map(|byte| {
            let part = &text[from..byte];
            chars += part.chars().count();
            lines += part.bytes().filter(|&byte| byte == b'\n').count();
            from = byte;
            (byte, chars, lines)
        });
        Places {
            known: known.collect(),
        }
    }

    /// The code points and line ends before a byte at which a span begins or ends.
    fn at(&self, byte: usize) -> (usize, usize) {
        let at = self.known.partition_point(|known| known.0 < byte);
        let (_, chars, lines) = self.known[at];
        (chars, lines)
    }
}
