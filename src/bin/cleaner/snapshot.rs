//! `cleaner snapshot`: what becomes of each page, in a file of its own, for review.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};
use walkdir::WalkDir;

use crate::args;
use crate::clean;
use crate::console::{Console, Failure, GREEN, RED, counted, printable};
use crate::inputs::slashed;
use crate::output;
use crate::rules::Source;
use crate::work::Show;
use crate::{DIFFERENT, ERROR, FINE};

/// The lines around a difference that are shown.
const CONTEXT: usize = 3;

/// Writes the snapshots, or compares with them; returns the exit code.
pub fn run(args: &args::Snapshot, console: Console) -> Result<u8, Failure> {
    let source = Source::of(&args.pages.shared.rules)?;
    let (totals, gathered, _) = clean::gather(
        &args.pages.run(),
        Show::Snapshots,
        &source,
        None,
        None,
        console,
    )?;
    if totals.failed > 0 {
        return Ok(ERROR);
    }
    let mut now: BTreeMap<String, String> = BTreeMap::new();
    let mut names: HashSet<String> = HashSet::new();
    for snapshot in gathered.snapshots {
        let Some(path) = snapshot.path else {
            return Err(Failure::Said(
                "a page from standard input has no snapshot; name its file".to_owned(),
            ));
        };
        // Some systems take names for the same that differ in case alone.
        if !names.insert(path.to_lowercase()) {
            return Err(Failure::Said(format!(
                "two pages have the snapshot {path}; name the folder that both are in"
            )));
        }
        now.insert(path, snapshot.text);
    }
    let mut stale = reviewed(&args.output);
    let (mut new, mut changed) = (0, 0);
    for (path, text) in &now {
        stale.remove(path);
        let file = args.output.join(path);
        let cannot = |error: io::Error| Failure::Said(format!("{}: {error}", file.display()));
        let before = match std::fs::read(&file) {
            // Version control may have written other line ends.
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot(error)),
        };
        match &before {
            Some(before) if before == text => continue,
            Some(_) => changed += 1,
            None => new += 1,
        }
        if args.check {
            show(&file, before.as_deref(), text, console)?;
        } else {
            output::make_folder(&file)
                .and_then(|()| output::write(&file, text.as_bytes()))
                .map_err(cannot)?;
        }
    }
    for path in &stale {
        let file = args.output.join(path).display().to_string();
        match args.check {
            true => console.print(&format!("--- {}\n+++ /dev/null\n", printable(&file)))?,
            false => console.note(&file, "no page has this snapshot"),
        }
    }
    console.note(
        &args.output.display().to_string(),
        format!(
            "{}: {new} new, {changed} changed, {} of no page",
            counted(now.len(), "snapshot", "snapshots"),
            stale.len()
        ),
    );
    let differs = new + changed + stale.len() > 0;
    Ok(if args.check && differs {
        DIFFERENT
    } else {
        FINE
    })
}

/// The snapshots that are in a folder.
fn reviewed(folder: &Path) -> BTreeSet<String> {
    let files = WalkDir::new(folder).follow_links(true).into_iter();
    let snapshots = files.filter_map(Result::ok).filter(|file| {
        file.file_type().is_file() && file.path().extension().is_some_and(|of| of == "snap")
    });
    let below = snapshots.filter_map(|file| {
        let below = file.path().strip_prefix(folder).ok()?;
        Some(slashed(below))
    });
    below.collect()
}

/// Shows how a snapshot differs from the one that was reviewed, as a unified diff.
fn show(file: &Path, before: Option<&str>, now: &str, console: Console) -> io::Result<()> {
    let (paint, mut out) = (console.stdout(), console.out());
    let name = printable(&file.display().to_string());
    let old = before.map_or("/dev/null", |_| &name);
    writeln!(out, "--- {old}\n+++ {name}")?;
    let old: Vec<&str> = before.unwrap_or_default().split_inclusive('\n').collect();
    let new: Vec<&str> = now.split_inclusive('\n').collect();
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    for hunk in group_diff_ops(ops, CONTEXT) {
        let lines = |of: &dyn Fn(&DiffOp) -> Range<usize>| {
            let first = hunk.first().map_or(0, |op| of(op).start);
            let count: usize = hunk.iter().map(|op| of(op).len()).sum();
            let start = first + usize::from(count > 0);
            if count == 1 {
                start.to_string()
            } else {
                format!("{start},{count}")
            }
        };
        let (old_lines, new_lines) = (lines(&DiffOp::old_range), lines(&DiffOp::new_range));
        writeln!(out, "@@ -{old_lines} +{new_lines} @@")?;
        for change in hunk.iter().flat_map(|op| op.iter_changes(&old, &new)) {
            let (line, end) = match change.value().strip_suffix('\n') {
                Some(line) => (line, ""),
                None => (change.value(), "\n\\ No newline at end of file"),
            };
            let line = printable(line);
            let line = match change.tag() {
                ChangeTag::Delete => paint.with(RED, format!("-{line}")),
                ChangeTag::Insert => paint.with(GREEN, format!("+{line}")),
                ChangeTag::Equal => format!(" {line}"),
            };
            writeln!(out, "{line}{end}")?;
        }
    }
    out.flush()
}
