//! The run over the documents: whose each is, what is left of it, what is shown and written.

use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use cleaner::{Categories, Cleaned, Cleaner, Miss, Outlets};
use serde::Serialize;

use crate::args::{Clean, Stats};
use crate::console::{Console, Failure, printable, tell};
use crate::documents::{Document, Documents};
use crate::output::Targets;
use crate::render::stats::Totals;
use crate::render::{diff, explain, json};
use crate::rules::Source;
use crate::{DIFFERENT, ERROR, FINE};

/// One cleaned page, as it is shown.
pub struct Page<'a> {
    pub document: &'a Document,
    /// As it was.
    pub text: String,
    /// The outlet's id, and what told it; `None`: undecided.
    pub outlet: Option<(String, By)>,
    pub cleaned: Cleaned,
    /// Why lines stay that rules know, where that is shown.
    pub misses: Vec<Miss>,
}

/// What told whose a page is.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Name,
    Address,
    Signs,
}

impl By {
    /// As words behind the outlet's id.
    pub fn words(self) -> &'static str {
        match self {
            By::Name => "as asked",
            By::Address => "by its address",
            By::Signs => "by its signs",
        }
    }
}

/// What goes to standard output for each page.
#[derive(Clone, Copy, PartialEq)]
enum Show {
    Text,
    Diff,
    Check,
    Json,
    Explain,
    /// What would be written.
    Plan,
    Nothing,
}

/// What is the same for all pages of a run.
struct Run<'a> {
    console: Console,
    outlets: &'a Outlets,
    /// Empty where nothing shows it.
    rules_hash: String,
    /// The outlet where the arguments tell it.
    given: Option<(Arc<Cleaner>, By)>,
    categories: Categories,
    show: Show,
    args: &'a Clean,
}

/// Cleans the documents that the arguments name; returns the exit code.
pub fn run(args: &Clean, console: Console) -> Result<u8, Failure> {
    let source = Source::new(args.rules.folder())?;
    let outlets: &Outlets = &source;
    let given = given_outlet(args, outlets, console).map_err(Failure::Said)?;
    let categories = categories(args).map_err(Failure::Said)?;
    if args.dry_run && !args.in_place && args.output.is_none() {
        let what = "--dry-run goes with --output or --in-place; to see what would go use --diff";
        return Err(Failure::Said(what.to_owned()));
    }
    if args.in_place && args.paths.is_empty() {
        let what = "--in-place needs the files or folders to rewrite";
        return Err(Failure::Said(what.to_owned()));
    }
    let documents = Documents::find(&args.paths, args.stdin_filename.as_deref(), console)
        .map_err(Failure::Said)?;
    let targets = match &args.output {
        Some(output) => Some(Targets::at(output, &documents).map_err(Failure::Said)?),
        None if args.in_place => Some(Targets::in_place(&documents).map_err(Failure::Said)?),
        None => None,
    };
    if args.paths.is_empty() && io::stdin().is_terminal() {
        console.note(
            "cleaner",
            "reading the page from the terminal; see also --help",
        );
    }
    let show = show(args, &documents).map_err(Failure::Said)?;
    let run = Run {
        console,
        outlets,
        rules_hash: if args.json {
            outlets.hash()
        } else {
            String::new()
        },
        given,
        categories,
        show,
        args,
    };
    run.over(&documents, targets.as_ref())
}

fn given_outlet(
    args: &Clean,
    outlets: &Outlets,
    console: Console,
) -> Result<Option<(Arc<Cleaner>, By)>, String> {
    if let Some(id) = &args.outlet {
        let Some(cleaner) = outlets.cleaner(id) else {
            let nearest = outlets.nearest_id(id);
            let meant = nearest.map_or(String::new(), |id| format!("; did you mean `{id}`?"));
            return Err(format!(
                "there is no outlet `{id}`{meant} (`cleaner rules list` shows all)"
            ));
        };
        return Ok(Some((cleaner, By::Name)));
    }
    let outlet = args.url.as_ref().and_then(|url| outlets.by_address(url));
    if let (Some(url), None) = (&args.url, outlet) {
        console.note(
            url,
            "no outlet has this address; the text's own signs decide",
        );
    }
    Ok(outlet
        .and_then(|outlet| outlets.cleaner(&outlet.id))
        .map(|cleaner| (cleaner, By::Address)))
}

fn categories(args: &Clean) -> Result<Categories, String> {
    if let Some(both) = args
        .keep
        .iter()
        .find(|category| args.also.contains(category))
    {
        return Err(format!("--keep and --also both name {both}"));
    }
    let also = |set: Categories, category: &_| set.also(*category);
    let keep = |set: Categories, category: &_| set.keep(*category);
    let categories = args.also.iter().fold(Categories::default(), also);
    Ok(args.keep.iter().fold(categories, keep))
}

fn show(args: &Clean, documents: &Documents) -> Result<Show, String> {
    let is_written = args.in_place || args.output.is_some();
    Ok(if args.diff {
        Show::Diff
    } else if args.check {
        Show::Check
    } else if args.json {
        Show::Json
    } else if args.explain {
        Show::Explain
    } else if args.dry_run {
        Show::Plan
    } else if is_written
        || documents.list.is_empty()
        || (documents.are_many && args.stats.is_some())
    {
        Show::Nothing
    } else if documents.are_many {
        return Err(
            "the texts of several pages would run into one; say what to do with them: --output, --in-place, --diff, --check, --json or --stats"
                .to_owned(),
        );
    } else {
        Show::Text
    })
}

impl Run<'_> {
    fn over(&self, documents: &Documents, targets: Option<&Targets>) -> Result<u8, Failure> {
        let mut totals = Totals::new(documents.failed);
        let mut out = self.console.out();
        for (at, document) in documents.list.iter().enumerate() {
            let mut fail = |what: String| {
                totals.failed += 1;
                self.console.error(document.name(), what);
            };
            let page = match self.page(document) {
                Ok(page) => page,
                Err(what) => {
                    fail(what);
                    continue;
                }
            };
            self.note_flag(&page);
            if let Some(targets) = targets.filter(|_| self.is_written(&page)) {
                if self.args.dry_run {
                    plan(&page, &targets.files[at], &mut out)?;
                } else if let Err(what) = targets.write(at, &page.cleaned.text) {
                    fail(what);
                    continue;
                }
            }
            self.render(&page, &mut out)?;
            totals.add(&page);
        }
        self.note_undecided(&totals);
        if let Some(form) = self.args.stats {
            let table = match form {
                Stats::Table => totals.table(),
                Stats::Json => totals.json(),
            };
            if self.show == Show::Nothing {
                out.write_all(table.as_bytes())?;
            } else {
                out.flush()?;
                tell(&table);
            }
        }
        out.flush()?;
        Ok(self.status(&totals))
    }

    /// Reads and cleans a page.
    fn page<'a>(&self, document: &'a Document) -> Result<Page<'a>, String> {
        let text = document.read()?;
        // A bug of ours must not take the other pages with it; the hook has told what it is.
        let work = AssertUnwindSafe(|| {
            let cleaner = self.given.clone().or_else(|| {
                let outlet = self.outlets.by_signs(&text)?;
                Some((self.outlets.cleaner(&outlet.id)?, By::Signs))
            });
            match cleaner {
                Some((cleaner, by)) => {
                    let cleaned = cleaner.clean_of(&text, self.categories);
                    let misses = match self.show {
                        Show::Explain => cleaner.misses(&text, self.categories),
                        _ => Vec::new(),
                    };
                    (Some((cleaner.outlet().to_owned(), by)), cleaned, misses)
                }
                None => (None, Cleaned::unchanged(&text), Vec::new()),
            }
        });
        let done = catch_unwind(work).map_err(|_| "it met a bug of cleaner".to_owned());
        let (outlet, cleaned, misses) = done?;
        Ok(Page {
            document,
            text,
            outlet,
            cleaned,
            misses,
        })
    }

    fn render(&self, page: &Page, out: &mut dyn Write) -> io::Result<()> {
        let console = self.console;
        let would_change = !page.cleaned.removals.is_empty();
        match self.show {
            Show::Text => out.write_all(page.cleaned.text.as_bytes()),
            Show::Diff if console.is_for_eyes() => diff::for_eyes(page, console.stdout(), out),
            Show::Diff => diff::patch(page, out),
            Show::Check if would_change && console.is_for_eyes() => {
                writeln!(out, "{}", printable(page.document.name()))
            }
            Show::Check if would_change => {
                out.write_all(page.document.raw_name())?;
                out.write_all(b"\n")
            }
            Show::Json => json::record(page, self.args.spans, &self.rules_hash, out),
            Show::Explain => explain::page(page, console.stdout(), out),
            Show::Check | Show::Plan | Show::Nothing => Ok(()),
        }
    }

    /// Whether the page is written to its target: what stays as it is stays untouched in place.
    fn is_written(&self, page: &Page) -> bool {
        !self.args.in_place || !page.cleaned.removals.is_empty()
    }

    fn note_flag(&self, page: &Page) {
        if let Some(flag) = &page.cleaned.flag {
            let name = page.document.name();
            self.console.note(name, format!("left as it is: {flag}"));
        }
    }

    fn note_undecided(&self, totals: &Totals) {
        let (undecided, all) = (totals.undecided, totals.documents);
        if undecided == 0 {
            return;
        }
        let which = match (undecided, all) {
            (1, 1) => "the page is".to_owned(),
            (1, _) => format!("1 of {all} pages is"),
            _ => format!("{undecided} of {all} pages are"),
        };
        self.console.note(
            "cleaner",
            format!("{which} unchanged, the outlet is not known; --outlet or --url names it"),
        );
    }

    fn status(&self, totals: &Totals) -> u8 {
        let is_wanting = totals.flagged + totals.undecided > 0;
        if totals.failed > 0 || (self.args.strict && is_wanting) {
            ERROR
        } else if totals.changed > 0 && matches!(self.show, Show::Diff | Show::Check) {
            DIFFERENT
        } else {
            FINE
        }
    }
}

/// What `--dry-run` says of a page.
fn plan(page: &Page, target: &Path, out: &mut dyn Write) -> io::Result<()> {
    let bytes = page.text.len() - page.cleaned.text.len();
    let target = printable(&target.display().to_string());
    writeln!(out, "would write {target} without {bytes} bytes")
}
