//! `cleaner rules check`: errors and warnings of rule files, for people and for programs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cleaner::{Cleaner, Error, Finding, Outlet, Outlets, Problem};
use serde::Serialize;

use super::{Source, owner};
use crate::args::FindingFormat;
use crate::console::{Console, Failure};
use crate::output::folder_of;
use crate::{DIFFERENT, ERROR, FINE};

/// An error or a warning, as `--format json` writes it.
#[derive(Serialize)]
struct Reported<'a> {
    level: &'static str,
    file: &'a str,
    line: usize,
    column: usize,
    rule: Option<&'a str>,
    key: Option<&'a str>,
    /// Of a warning.
    lint: Option<&'a str>,
    message: &'a str,
    help: Option<&'a str>,
}

impl<'a> Reported<'a> {
    fn error(problem: &'a Problem) -> Reported<'a> {
        Reported {
            level: "error",
            file: problem.file(),
            line: problem.line(),
            column: problem.column(),
            rule: problem.rule(),
            key: problem.key(),
            lint: None,
            message: problem.message(),
            help: problem.help(),
        }
    }

    fn warning(finding: &'a Finding) -> Reported<'a> {
        Reported {
            level: "warning",
            lint: Some(finding.lint().name()),
            ..Reported::error(finding.problem())
        }
    }

    /// As GitHub Actions read it from a log, to show it at its line of the file.
    fn annotation(&self) -> String {
        let title = match (self.rule, self.lint) {
            (Some(rule), Some(lint)) => format!("{lint}: {rule}"),
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => "rule file".to_owned(),
        };
        let mut message = self.message.to_owned();
        if let Some(help) = self.help {
            message = format!("{message}\nhelp: {help}");
        }
        // Of a property these characters end it.
        let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
        format!(
            "::{} file={},line={},col={},title={}::{}\n",
            self.level,
            property(self.file),
            self.line,
            self.column,
            property(&title),
            escaped(&message)
        )
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// Checks the rule files of a folder, or one of them, or the bundled ones; returns the exit code.
pub fn run(
    path: Option<PathBuf>,
    strict: bool,
    format: FindingFormat,
    console: Console,
) -> Result<u8, Failure> {
    let one = path.as_deref().filter(|path| path.is_file());
    if let Some(file) = one.filter(|file| file.extension() != Some("toml".as_ref())) {
        let file = file.display();
        return Err(Failure::Said(format!(
            "{file} is no rule file; expected a name that ends with .toml"
        )));
    }
    let one = one.map(rule_file);
    let folder = match &one {
        Some((folder, _)) => Some(folder.clone()),
        None => path.clone(),
    };
    // Of a folder only its own files: whether they are in order is what one wants to know.
    let is_asked = |outlet: &Outlet| {
        let file = Path::new(&outlet.file);
        let is_in = |folder: &PathBuf| {
            let below = file.strip_prefix(folder).ok();
            let is_one = || one.as_ref().is_none_or(|(_, one)| below == Some(one));
            // The bundled files have names too, which need not be those of files here.
            below.is_some() && is_one() && file.is_file()
        };
        folder.as_ref().is_none_or(is_in)
    };
    let check = || -> cleaner::Result<(Source, Vec<Finding>)> {
        let outlets = Source::new(folder.clone())?;
        outlets.check()?;
        let findings = outlets.lint(is_asked)?;
        Ok((outlets, findings))
    };
    let (outlets, findings) = match check() {
        Ok(checked) => checked,
        Err(error) if format == FindingFormat::Text => return Err(error.into()),
        Err(error) => {
            report(format, error_reports(&error), &mut console.out())?;
            return Ok(ERROR);
        }
    };
    let files = outlets.outlets().filter(|outlet| is_asked(outlet)).count();
    if let (Some(path), 0) = (&path, files) {
        let path = path.display();
        return Err(Failure::Said(match one {
            Some(_) => format!("{path} is written otherwise in its folder"),
            None => format!("no rule files (*.toml) are in {path}"),
        }));
    }
    let mut out = console.out();
    match format {
        FindingFormat::Text => {
            for finding in &findings {
                let finding = finding.render(console.stdout().is_on());
                writeln!(out, "{finding}\n")?;
            }
            let rules = own_rules(&outlets, is_asked)?;
            let verdict = match findings.len() {
                0 => "fine".to_owned(),
                count => counted(count, "warning"),
            };
            let (files, rules) = (counted(files, "rule file"), counted(rules, "rule"));
            writeln!(out, "{files}, {rules}: {verdict}")?;
        }
        _ => report(format, findings.iter().map(Reported::warning), &mut out)?,
    }
    out.flush()?;
    Ok(if strict && !findings.is_empty() {
        DIFFERENT
    } else {
        FINE
    })
}

/// The folder of rule files that one of them is in, and where in it: those of families have a folder
/// of their own.
fn rule_file(file: &Path) -> (PathBuf, PathBuf) {
    let folder = folder_of(file);
    let name = PathBuf::from(file.file_name().unwrap_or_default());
    let families = Path::new("families");
    if folder.file_name() == Some(families.as_os_str()) {
        (folder_of(folder).to_owned(), families.join(name))
    } else {
        (folder.to_owned(), name)
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// The rules that run of the files themselves.
fn own_rules(outlets: &Outlets, is_asked: impl Fn(&Outlet) -> bool) -> cleaner::Result<usize> {
    let mut count = 0;
    for outlet in outlets.outlets().filter(|outlet| is_asked(outlet)) {
        let cleaner = outlets.cleaner(&outlet.id)?;
        let rules = cleaner.as_deref().map_or(&[][..], Cleaner::rules);
        count += rules.iter().filter(|rule| owner(rule) == outlet.id).count();
    }
    Ok(count)
}

fn error_reports(error: &Error) -> impl Iterator<Item = Reported<'_>> {
    error.problems().iter().map(Reported::error)
}

fn report<'a>(
    format: FindingFormat,
    reports: impl Iterator<Item = Reported<'a>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for report in reports {
        match format {
            FindingFormat::Github => out.write_all(report.annotation().as_bytes())?,
            _ => {
                serde_json::to_writer(&mut *out, &report)?;
                writeln!(out)?;
            }
        }
    }
    out.flush()
}
