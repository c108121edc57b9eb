//! Standard output and standard error: colour, escaping, closed pipes, full disks.

use std::cell::Cell;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Effects, Style};

use crate::args::Color;
use crate::progress::aside;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const RED: Style = AnsiColor::Red.on_default();
pub const GREEN: Style = AnsiColor::Green.on_default();
pub const CYAN: Style = AnsiColor::Cyan.on_default();
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// A part of a line that goes.
pub const CUT: Style = AnsiColor::Red
    .on_default()
    .effects(Effects::BOLD.insert(Effects::INVERT));

/// Why a run ends before its time.
pub enum Failure {
    /// Nobody reads standard output any more.
    ClosedPipe,
    /// A reason, in words.
    Said(String),
    /// Rule files that were refused.
    Rules(cleaner::Error),
}

/// Only standard output is written with `?`; what goes wrong with files is told where it happens.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Failure::ClosedPipe
        } else {
            Failure::Said(format!("standard output: {error}"))
        }
    }
}

impl From<String> for Failure {
    fn from(what: String) -> Failure {
        Failure::Said(what)
    }
}

impl From<cleaner::Error> for Failure {
    fn from(error: cleaner::Error) -> Failure {
        Failure::Rules(error)
    }
}

/// How the two streams are written to.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    color: Color,
    quiet: bool,
}

/// Whether to write styles.
#[derive(Clone, Copy, Debug)]
pub struct Paint(bool);

impl Paint {
    pub fn is_on(self) -> bool {
        self.0
    }

    /// The text in a style.
    pub fn with(self, style: Style, text: impl Display) -> String {
        if self.0 {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }
}

impl Console {
    pub fn new(color: Color, quiet: bool) -> Console {
        Console { color, quiet }
    }

    /// Whether a person looks at standard output, so that it may be more than the bare bytes.
    pub fn is_for_eyes(self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never | Color::Auto => io::stdout().is_terminal(),
        }
    }

    pub fn stdout(self) -> Paint {
        Paint(match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                self.is_for_eyes() && AutoStream::choice(&io::stdout()) != ColorChoice::Never
            }
        })
    }

    pub fn stderr(self) -> Paint {
        Paint(match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        })
    }

    /// Standard output. Whoever takes it flushes it, so that a full disk is noticed.
    pub fn out(self) -> BufWriter<Box<dyn Write + Send>> {
        BufWriter::new(if self.stdout().is_on() {
            // Old Windows consoles are told about colours in their own way.
            Box::new(AutoStream::always(io::stdout()))
        } else {
            Box::new(io::stdout())
        })
    }

    pub fn print(self, text: &str) -> io::Result<()> {
        self.print_bytes(text.as_bytes())
    }

    pub fn print_bytes(self, bytes: &[u8]) -> io::Result<()> {
        let mut out = self.out();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Tells what went wrong with the document, or the file, of this name.
    pub fn error(self, name: &str, what: impl Display) {
        let label = self.stderr().with(RED.bold(), "error");
        let (name, what) = (one_line(name), printable(&what.to_string()));
        tell(&format!("{name}: {label}: {what}\n"));
    }

    /// Tells what a person may want to know, unless `--quiet` is given.
    pub fn note(self, name: &str, what: impl Display) {
        if self.quiet {
            return;
        }
        let label = self.stderr().with(YELLOW.bold(), "note");
        let (name, what) = (one_line(name), printable(&what.to_string()));
        tell(&format!("{name}: {label}: {what}\n"));
    }
}

/// Writes to standard error, in one piece. If that fails there is nobody left to tell.
pub fn tell(text: &str) {
    aside(|| {
        let _ = AutoStream::always(io::stderr().lock()).write_all(text.as_bytes());
    });
}

thread_local! {
    static EXPECTS_PANICS: Cell<bool> = const { Cell::new(false) };
}

/// What a function returns in which a panic is an answer and not a bug of ours: nothing is told
/// of it, and its message is the error. What the function was changing is not to be used after.
#[cfg_attr(not(feature = "parquet"), allow(dead_code))]
pub fn expecting_panics<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let before = EXPECTS_PANICS.replace(true);
    let ran = catch_unwind(AssertUnwindSafe(run));
    EXPECTS_PANICS.set(before);
    ran.map_err(|panic| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => match panic.downcast::<&str>() {
            Ok(message) => (*message).to_owned(),
            Err(_) => "no reason given".to_owned(),
        },
    })
}

/// Whether a panic of this thread is an answer.
pub fn panics_are_expected() -> bool {
    EXPECTS_PANICS.get()
}

/// The text with everything escaped that could steer a terminal or hide text in it.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' => out.push(c),
            '\u{feff}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                out.extend(c.escape_unicode());
            }
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// The same of a name, on one line.
pub fn one_line(name: &str) -> String {
    printable(name).replace('\n', "\\n")
}

/// So many of what has these names, of one and of more.
pub fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
