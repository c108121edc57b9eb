//! `cleaner report`: one HTML file that shows pages and what goes of them.

use std::io::{self, Write};

use crate::args::Report;
use crate::clean;
use crate::console::{Console, Failure};
use crate::output::Pending;
use crate::render::report::Head;
use crate::rules::Source;
use crate::work::Show;

/// Writes the report; returns the exit code.
pub fn run(args: &Report, console: Console) -> Result<u8, Failure> {
    let rules = &args.pages.shared.rules;
    let source = Source::of(rules)?;
    let against = args.against.as_deref();
    let against = against
        .map(|folder| Source::beside(rules, folder))
        .transpose()?;
    let before = against.as_deref();
    let run = args.pages.run();
    let (totals, gathered, status) = clean::gather(
        &run,
        Show::Report(args.most),
        &source,
        before,
        args.output.as_deref(),
        console,
    )?;
    let report = gathered.report;
    let head = Head {
        totals: &totals,
        outlets: &source,
        against: args.against.as_deref().zip(before),
    };
    let Some(path) = &args.output else {
        let mut out = console.out();
        report.write(&head, &mut out)?;
        out.flush()?;
        return Ok(status);
    };
    let write = || -> io::Result<()> {
        let mut file = io::BufWriter::new(Pending::new(path)?);
        report.write(&head, &mut file)?;
        file.into_inner()
            .map_err(|error| error.into_error())?
            .commit()
    };
    write().map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    console.note(&path.display().to_string(), report.sum(&head));
    Ok(status)
}
