//! `cleaner rules`: which outlets and rules there are, whether rule files are in order, and what
//! the rules hit.

mod check;
pub mod new;

use std::io::{self, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cleaner::{Cleaner, Lint, Outlet, Outlets, RULE_SCHEMA, Rule};
use serde::Serialize;

use crate::args::{RulesCommand, RulesFolder, rules_of_environment};
use crate::console::{BOLD, Console, DIM, Failure, Paint, printable};
use crate::render::table;
use crate::work::Show;
use crate::{FINE, clean};

/// The outlets of a run: the bundled ones, or those and a folder's.
pub enum Source {
    Bundled(&'static Outlets),
    Brought(Box<Outlets>),
}

impl Source {
    /// The outlets that the arguments name.
    ///
    /// # Errors
    /// What is wrong with the folder's files, or that there is none where only it is wanted.
    pub fn of(rules: &RulesFolder) -> Result<Source, Failure> {
        if !rules.is_alone() {
            return Ok(Source::new(rules.folder())?);
        }
        let folder = rules.folder().ok_or_else(|| {
            "--no-bundled needs the folder of the rules: --rules, or CLEANER_RULES".to_owned()
        })?;
        Ok(Source::Brought(Box::new(Outlets::of_folder(&folder)?)))
    }

    /// As [`of`](Source::of), with what another has compiled of files that have not changed.
    ///
    /// # Errors
    /// As those of [`of`](Source::of).
    pub fn again(rules: &RulesFolder, before: Option<&Source>) -> Result<Source, Failure> {
        let mut source = Source::of(rules)?;
        if let (Source::Brought(outlets), Some(before)) = (&mut source, before) {
            outlets.reuse(before);
        }
        Ok(source)
    }

    /// As [`of`](Source::of), with another folder.
    ///
    /// # Errors
    /// What is wrong with the folder's files.
    pub fn beside(rules: &RulesFolder, folder: &Path) -> Result<Source, Failure> {
        if rules.is_alone() {
            return Ok(Source::Brought(Box::new(Outlets::of_folder(folder)?)));
        }
        Ok(Source::new(Some(folder.to_owned()))?)
    }

    /// The bundled outlets and those of a folder.
    ///
    /// # Errors
    /// What is wrong with the folder's files.
    pub fn new(folder: Option<PathBuf>) -> cleaner::Result<Source> {
        Ok(match folder {
            Some(folder) => Source::Brought(Box::new(Outlets::with_folder(&folder)?)),
            None => Source::Bundled(Outlets::bundled()),
        })
    }
}

impl Deref for Source {
    type Target = Outlets;
    fn deref(&self) -> &Outlets {
        match self {
            Source::Bundled(outlets) => outlets,
            Source::Brought(outlets) => outlets,
        }
    }
}

/// An outlet as `rules list --json` writes it.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    name: &'a str,
    family: bool,
    domains: &'a [String],
    extends: &'a [String],
    /// Its own rules.
    own: usize,
    /// Its own rules and those that it inherits.
    rules: usize,
    file: &'a str,
}

/// Does what the command says; returns the exit code.
pub fn run(command: &RulesCommand, console: Console) -> Result<u8, Failure> {
    let mut out = console.out();
    match command {
        RulesCommand::List { rules, json } => {
            let outlets = Source::of(rules)?;
            list(&listed(&outlets)?, *json, &mut out)?;
        }
        RulesCommand::Show { id, rules, toml } => {
            let outlets = Source::of(rules)?;
            let known = outlet_and_rule(&outlets, id)?;
            match toml {
                true => out.write_all(known.source(&outlets).as_bytes())?,
                false => show(&outlets, &known, console.stdout(), &mut out)?,
            }
        }
        RulesCommand::Check {
            paths,
            strict,
            no_bundled,
            format,
        } => {
            let mut paths = paths.clone();
            if paths.is_empty() {
                paths.extend(rules_of_environment());
            }
            if *no_bundled && paths.is_empty() {
                let what = "--no-bundled needs the folder of the rules that are to be checked";
                return Err(Failure::Said(what.to_owned()));
            }
            let how = check::How {
                strict: *strict,
                is_alone: *no_bundled,
                format: *format,
            };
            return check::run(&paths, how, console);
        }
        RulesCommand::New {
            id,
            name,
            domain,
            output,
            collection,
        } => {
            let new = new::New {
                id,
                name: name.as_deref(),
                domains: domain,
            };
            return match collection {
                Some(folder) => new.write_collection(folder, console),
                None => new.write(output.as_deref(), console),
            };
        }
        RulesCommand::Explain { lint: Some(lint) } => {
            writeln!(out, "{}", console.stdout().with(BOLD, lint))?;
            writeln!(out, "{}\n\n{}", lint.about(), lint.explanation())?;
        }
        RulesCommand::Explain { lint: None } => {
            let row = |lint: &Lint| [lint.name(), lint.about()].map(str::to_owned);
            let rows: Vec<_> = Lint::ALL.iter().map(row).collect();
            out.write_all(table(&rows, &[]).as_bytes())?;
        }
        RulesCommand::Coverage { pages, json } => {
            let outlets = Source::of(&pages.shared.rules)?;
            let (show, run) = (Show::Coverage, pages.run());
            let (totals, gathered, status) =
                clean::gather(&run, show, &outlets, None, None, console)?;
            let coverage = match json {
                true => gathered.coverage.json(&totals),
                false => gathered.coverage.table(&totals),
            };
            out.write_all(coverage.as_bytes())?;
            out.flush()?;
            return Ok(status);
        }
        RulesCommand::Schema => out.write_all(RULE_SCHEMA.as_bytes())?,
    }
    out.flush()?;
    Ok(FINE)
}

fn listed(outlets: &Outlets) -> cleaner::Result<Vec<Listed<'_>>> {
    let listed = outlets.outlets().map(|outlet| {
        let cleaner = outlets.cleaner(&outlet.id)?;
        let rules = cleaner.as_deref().map_or(&[][..], Cleaner::rules);
        Ok(Listed {
            id: &outlet.id,
            name: &outlet.name,
            family: outlet.is_family,
            domains: &outlet.domains,
            extends: &outlet.extends,
            own: rules.iter().filter(|rule| owner(rule) == outlet.id).count(),
            rules: rules.len(),
            file: &outlet.file,
        })
    });
    listed.collect()
}

/// The id of the file that a rule is written in.
fn owner(rule: &Rule) -> &str {
    rule.id.split('/').next().unwrap_or_default()
}

fn list(listed: &[Listed], json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        for one in listed {
            serde_json::to_writer(&mut *out, one)?;
            writeln!(out)?;
        }
        return Ok(());
    }
    let head = ["ID", "KIND", "RULES", "INHERITED", "NAME", "DOMAINS"].map(str::to_owned);
    let row = |one: &Listed| {
        [
            one.id.to_owned(),
            if one.family { "family" } else { "outlet" }.to_owned(),
            one.own.to_string(),
            (one.rules - one.own).to_string(),
            printable(one.name),
            printable(&one.domains.join(" ")),
        ]
    };
    let rows: Vec<_> = std::iter::once(head)
        .chain(listed.iter().map(row))
        .collect();
    out.write_all(table(&rows, &[2, 3]).as_bytes())
}

/// What an id names: an outlet or family with its rules, and one of these.
struct Known<'a> {
    outlet: &'a Outlet,
    cleaner: Arc<Cleaner>,
    rule: Option<Arc<Rule>>,
}

/// What the id of an outlet, a family or a rule names.
fn outlet_and_rule<'a>(outlets: &'a Outlets, id: &str) -> Result<Known<'a>, Failure> {
    let owner = id.split('/').next().unwrap_or_default();
    let (Some(outlet), Some(cleaner)) = (outlets.outlet(owner), outlets.cleaner(owner)?) else {
        let nearest = outlets.nearest_id(owner);
        let meant = nearest.map_or(String::new(), |id| format!("; did you mean `{id}`?"));
        let what = format!(
            "there is no outlet or family `{owner}`{meant} (`cleaner rules list` shows all)"
        );
        return Err(Failure::Said(what));
    };
    let rule = cleaner.rules().iter().find(|rule| rule.id == id).cloned();
    if rule.is_none() && id != owner {
        let nearest = cleaner.nearest_rule(id);
        let meant = nearest.map_or(String::new(), |id| format!("; did you mean `{id}`?"));
        return Err(Failure::Said(format!(
            "there is no rule `{id}` that runs{meant} (`cleaner rules show {owner}` shows those of {owner})"
        )));
    }
    Ok(Known {
        outlet,
        cleaner,
        rule,
    })
}

impl Known<'_> {
    /// What the file says of it: all of it, or of a rule what stands from its heading to the next one.
    fn source<'a>(&self, outlets: &'a Outlets) -> &'a str {
        let text = outlets.source(&self.outlet.id).unwrap_or_default();
        let Some(rule) = &self.rule else {
            return text;
        };
        // The line of its id is below its heading.
        let (mut start, mut end) = (0, text.len());
        for (line, at) in headings(text) {
            if line <= rule.line {
                start = at;
            } else {
                end = at;
                break;
            }
        }
        let section = &text[start..end];
        // What stands between is about what follows.
        let mut end = section.len();
        for line in section.split_inclusive('\n').rev() {
            if !line.trim().is_empty() && !line.starts_with('#') {
                break;
            }
            end -= line.len();
        }
        &section[..end]
    }
}

/// The headings of a rule file's tables: the line of each, from 1, and its first byte.
fn headings(text: &str) -> Vec<(usize, usize)> {
    let mut headings = Vec::new();
    // What ends the string of several lines that a line stands in.
    let mut string: Option<&str> = None;
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if string.is_none() && line.starts_with("[[") {
            headings.push((number + 1, at));
        }
        let mut rest = line;
        while let Some(place) = ["\"\"\"", "'''"]
            .iter()
            .filter(|quotes| string.is_none_or(|end| end == **quotes))
            .filter_map(|quotes| Some((rest.find(quotes)?, *quotes)))
            .min()
        {
            let (found, quotes) = place;
            string = if string.is_some() { None } else { Some(quotes) };
            rest = &rest[found + quotes.len()..];
        }
        at += line.len();
    }
    headings
}

fn show(outlets: &Outlets, known: &Known, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    if let Some(rule) = &known.rule {
        metadata(rule, paint, out)?;
        return write!(out, "\n{}", printable_lines(known.source(outlets)));
    }
    heading(known.outlet, paint, out)?;
    for rule in known.cleaner.rules() {
        writeln!(out)?;
        metadata(rule, paint, out)?;
    }
    Ok(())
}

/// A text of several lines that cannot steer a terminal.
fn printable_lines(text: &str) -> String {
    let lines = text.lines().map(|line| printable(line) + "\n");
    lines.collect()
}

fn heading(outlet: &Outlet, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let kind = if outlet.is_family { "family" } else { "outlet" };
    let id = paint.with(BOLD, &outlet.id);
    writeln!(out, "{id}: {}", printable(&outlet.name))?;
    writeln!(out, "  {kind}, {}", printable(&outlet.file))?;
    for (label, list) in [("domains", &outlet.domains), ("extends", &outlet.extends)] {
        if !list.is_empty() {
            writeln!(out, "  {label}: {}", printable(&list.join(", ")))?;
        }
    }
    Ok(())
}

fn metadata(rule: &Rule, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let place = |count: u32, which: &str| match count {
        1 => format!("the {which} non-blank line"),
        _ => format!("the {which} {count} non-blank lines"),
    };
    let zone = match (rule.head, rule.tail) {
        (None, None) => "anywhere".to_owned(),
        (Some(head), None) => format!("in {}", place(head, "first")),
        (None, Some(tail)) => format!("in {}", place(tail, "last")),
        (Some(head), Some(tail)) => {
            format!("in {} or {}", place(head, "first"), place(tail, "last"))
        }
    };
    let at = printable(&format!("{}:{}", rule.file, rule.line));
    writeln!(out, "{}", paint.with(BOLD, &rule.id))?;
    writeln!(out, "  {}, {}, {zone}", rule.kind, rule.category)?;
    writeln!(out, "  {}", paint.with(DIM, at))?;
    for line in rule.note.lines() {
        writeln!(out, "  {}", printable(line))?;
    }
    Ok(())
}
