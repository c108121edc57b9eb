//! `--diff`: a patch for programs, and the same hunks in colour for people.

use std::io::{self, Write};

use cleaner::{HunkLine, Line};

use super::{bare, marked};
use crate::console::{BOLD, CYAN, DIM, GREEN, Paint, RED, one_line};
use crate::work::Page;

/// The lines around a change.
const CONTEXT: usize = 3;

/// What `patch` and `git apply` take, byte for byte.
pub fn patch(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let diff = page.cleaned.unified_diff(page.text, &name(page));
    out.write_all(diff.as_bytes())
}

/// For a terminal: nothing in it can steer the terminal, and every line that goes names its rules.
pub fn for_eyes(page: &Page, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let hunks = page.cleaned.hunks(page.text, CONTEXT);
    if hunks.is_empty() {
        return Ok(());
    }
    let name = one_line(&name(page));
    writeln!(out, "{}", paint.with(BOLD, format!("--- a/{name}")))?;
    writeln!(out, "{}", paint.with(BOLD, format!("+++ b/{name}")))?;
    for hunk in hunks {
        writeln!(out, "{}", paint.with(CYAN, hunk.heading()))?;
        for line in &hunk.lines {
            match line {
                HunkLine::Context(content) => writeln!(out, " {}", bare(content))?,
                HunkLine::Old(line, content) => old(page, line, content, paint, out)?,
                HunkLine::New(content) => {
                    writeln!(out, "{}", paint.with(GREEN, format!("+{}", bare(content))))?;
                }
            }
            if !line.parts().1.ends_with('\n') {
                let missing = paint.with(DIM, "\\ No newline at end of file");
                writeln!(out, "{missing}")?;
            }
        }
    }
    Ok(())
}

/// A line that goes or changes, and the rules that want it so.
fn old(
    page: &Page,
    line: &Line,
    content: &str,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    if line.is_gone() {
        write!(out, "{}", paint.with(RED, format!("-{}", bare(content))))?;
    } else {
        let sign = paint.with(RED, "-");
        let content = marked(page.text, line.span.clone(), &line.gone(), paint);
        write!(out, "{sign}{content}")?;
    }
    let rules = match &line.rules()[..] {
        [] if line.cuts.is_empty() => return writeln!(out),
        [] => "seam".to_owned(),
        rules => rules.join(", "),
    };
    writeln!(out, "  {}", paint.with(DIM, format!("← {rules}")))
}

fn name(page: &Page) -> String {
    let path = page.input.path().unwrap_or("stdin");
    match page.record {
        Some(record) => format!("{path}:{record}"),
        None => path.to_owned(),
    }
}
