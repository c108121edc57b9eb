//! What a rule file was refused for: [`Error`], and the [`Problem`]s in it with their places.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// The result of reading rule files.
pub type Result<T> = std::result::Result<T, Error>;

/// Every reason for which rule files were refused, at least one.
///
/// Its `Display` shows each reason with the line of the file it stands in and a caret under the
/// place; [`Error::problems`] gives the parts.
pub struct Error {
    problems: Vec<Problem>,
}

impl Error {
    pub(crate) fn new(mut problems: Vec<Problem>) -> Error {
        debug_assert!(!problems.is_empty());
        problems.sort_by(|a, b| (&a.file.name, a.span.start).cmp(&(&b.file.name, b.span.start)));
        Error { problems }
    }

    /// The reasons, in the order of files and of places in them.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The whole report with the source lines, in colour (ANSI escape sequences) or without.
    pub fn render(&self, colour: bool) -> String {
        let renderer = renderer(colour);
        let reports: Vec<String> = self
            .problems
            .iter()
            .map(|problem| problem.render(&renderer, Level::ERROR, None))
            .collect();
        reports.join("\n\n")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Error {}

/// One thing that is wrong in a rule file.
#[derive(Clone)]
pub struct Problem {
    file: Arc<SourceFile>,
    span: Range<usize>,
    rule: Option<String>,
    key: Option<String>,
    message: String,
    help: Option<String>,
}

impl Problem {
    /// The path of the file, as it was given.
    pub fn file(&self) -> &str {
        &self.file.name
    }

    /// The line, counted from 1; 1 where the file as a whole is meant.
    pub fn line(&self) -> usize {
        self.file.line(self.span.start)
    }

    /// The column in code points, counted from 1.
    pub fn column(&self) -> usize {
        let start = floor(&self.file.text, self.span.start);
        let line = self.file.text[..start].rfind('\n').map_or(0, |end| end + 1);
        self.file.text[line..start].chars().count() + 1
    }

    /// The id of the rule, such as `rferl/agency-credit`, where it is one rule's.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// The key, where it is one key's.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What is wrong, and what was expected.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where that is known.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    pub(crate) fn in_rule(mut self, rule: impl Into<String>) -> Problem {
        self.rule = Some(rule.into());
        self
    }

    pub(crate) fn at_key(mut self, key: impl Into<String>) -> Problem {
        self.key = Some(key.into());
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// It as a warning of this name, with the source line, in colour or without.
    pub(crate) fn render_warning(&self, name: &str, colour: bool) -> String {
        self.render(&renderer(colour), Level::WARNING, Some(name))
    }

    fn render(&self, renderer: &Renderer, level: Level, name: Option<&str>) -> String {
        let mut title = level.primary_title(printable(&self.message));
        if let Some(name) = name {
            title = title.id(name);
        }
        let whose = match (&self.rule, &self.key) {
            (Some(rule), Some(key)) => format!("rule `{rule}`, key `{key}`"),
            (Some(rule), None) => format!("rule `{rule}`"),
            (None, Some(key)) => format!("key `{key}`"),
            (None, None) => String::new(),
        };
        let mut group = if self.file.text.is_empty() {
            Group::with_title(title)
                .element(annotate_snippets::Origin::path(self.file.name.as_str()))
        } else {
            let text = &self.file.text;
            let start = floor(text, self.span.start);
            // A long value is pointed at, not printed: the first line of it is enough.
            let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
            let end = floor(text, self.span.end.clamp(start, line_end));
            let annotation = AnnotationKind::Primary.span(start..end);
            let annotation = if whose.is_empty() {
                annotation
            } else {
                annotation.label(printable(&whose))
            };
            Group::with_title(title).element(
                Snippet::source(&**text)
                    .path(self.file.name.as_str())
                    .annotation(annotation),
            )
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        renderer.render(&[group])
    }
}

/// In one line: `file:line:column: message`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, message) = (printable(self.file()), printable(&self.message));
        write!(f, "{file}:{}:{}: {message}", self.line(), self.column())
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A rule file as it was read: its name, for messages, and its text.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) name: String,
    pub(crate) text: Cow<'static, str>,
    /// Where its lines end; found at the first question.
    ends: OnceLock<Vec<usize>>,
}

impl SourceFile {
    pub(crate) fn new(
        name: impl Into<String>,
        text: impl Into<Cow<'static, str>>,
    ) -> Arc<SourceFile> {
        Arc::new(SourceFile {
            name: name.into(),
            text: text.into(),
            ends: OnceLock::new(),
        })
    }

    /// Something wrong at `span`, bytes of the file's text.
    pub(crate) fn problem(
        self: &Arc<Self>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Problem {
        Problem {
            file: self.clone(),
            span,
            rule: None,
            key: None,
            message: message.into(),
            help: None,
        }
    }

    /// The line of the byte `at`, counted from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        let ends = self.ends.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            ends.collect()
        });
        ends.partition_point(|&end| end < at) + 1
    }
}

fn renderer(colour: bool) -> Renderer {
    if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
}

/// The word of `known` that `word` was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `text` with control characters escaped, so that a message cannot steer a terminal.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' {
            out.extend(c.escape_default())
        } else {
            out.push(c)
        }
    }
    out
}

/// The last place of a code point's start at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
