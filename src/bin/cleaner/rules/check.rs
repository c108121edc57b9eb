//! `cleaner rules check`: errors and warnings of rule files, for people and for programs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cleaner::{Cleaner, Error, Finding, Outlet, Outlets, Problem};
use serde::Serialize;
use walkdir::WalkDir;

use super::{Source, owner};
use crate::args::FindingFormat;
use crate::console::{Console, Failure, counted, tell};
use crate::inputs::is_hidden;
use crate::output::folder_of;
use crate::{DIFFERENT, ERROR, FINE};

/// What is told of a file that is not read.
const UNREAD: &str =
    "not read: rule files stand in the folder itself, those of families in its families/";

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

    /// A file that seems to be a rule file, and is not read where it is.
    fn unread(file: &'a str) -> Reported<'a> {
        Reported {
            level: "warning",
            file,
            line: 1,
            column: 1,
            rule: None,
            key: None,
            lint: None,
            message: UNREAD,
            help: None,
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

/// What is checked: all rule files of a folder, or some of them; without a folder the bundled ones.
#[derive(Default)]
struct Asked {
    folder: Option<PathBuf>,
    /// Below the folder; none: all of them.
    files: Vec<PathBuf>,
}

impl Asked {
    /// What paths name, each folder once.
    fn of(paths: &[PathBuf]) -> Result<Vec<Asked>, Failure> {
        let mut all: Vec<Asked> = Vec::new();
        for path in paths {
            let is_file = path.is_file();
            if is_file && path.extension() != Some("toml".as_ref()) {
                return Err(Failure::Said(format!(
                    "{} is no rule file; expected a name that ends with .toml",
                    path.display()
                )));
            }
            let (folder, file) = match is_file {
                true => rule_file(path),
                false => (path.clone(), PathBuf::new()),
            };
            let known = all
                .iter_mut()
                .find(|asked| asked.folder.as_ref() == Some(&folder));
            match known {
                Some(asked) if !is_file => asked.files.clear(),
                Some(asked) if asked.files.is_empty() || asked.files.contains(&file) => {}
                Some(asked) => asked.files.push(file),
                None => all.push(Asked {
                    folder: Some(folder),
                    files: if is_file { vec![file] } else { Vec::new() },
                }),
            }
        }
        Ok(match all.is_empty() {
            true => vec![Asked::default()],
            false => all,
        })
    }

    /// Whether an outlet is one of those: of a folder only its own files, for whether they are in order is
    /// what one wants to know.
    fn has(&self, outlet: &Outlet) -> bool {
        let Some(folder) = &self.folder else {
            return true;
        };
        let file = Path::new(&outlet.file);
        // The bundled files have names too, which need not be those of files here.
        file.strip_prefix(folder).is_ok_and(|below| {
            file.is_file() && (self.files.is_empty() || self.files.iter().any(|file| file == below))
        })
    }
}

/// How it is checked, and told.
#[derive(Clone, Copy)]
pub struct How {
    /// Whether a warning makes another exit code.
    pub strict: bool,
    /// Whether the bundled rule files are left out.
    pub is_alone: bool,
    pub format: FindingFormat,
}

/// Checks the rule files of folders, or some of them, or the bundled ones; returns the exit code.
pub fn run(paths: &[PathBuf], how: How, console: Console) -> Result<u8, Failure> {
    let format = how.format;
    let mut status = FINE;
    for asked in Asked::of(paths)? {
        let own = match check(&asked, how, console) {
            Err(Failure::Rules(error)) => {
                match format {
                    FindingFormat::Text => {
                        tell(&format!("{}\n", error.render(console.stderr().is_on())));
                    }
                    _ => report(format, error_reports(&error), &mut console.out())?,
                }
                ERROR
            }
            Err(Failure::Said(what)) => {
                console.error("cleaner", what);
                ERROR
            }
            checked => checked?,
        };
        status = status.max(own);
    }
    Ok(status)
}

fn check(asked: &Asked, how: How, console: Console) -> Result<u8, Failure> {
    let How {
        strict,
        is_alone,
        format,
    } = how;
    let outlets = match &asked.folder {
        Some(folder) if is_alone => Source::Brought(Box::new(Outlets::of_folder(folder)?)),
        folder => Source::new(folder.clone())?,
    };
    outlets.check()?;
    let findings = outlets.lint(|outlet| asked.has(outlet))?;
    let found = outlets.outlets().filter(|outlet| asked.has(outlet)).count();
    if let Some(folder) = &asked.folder
        && found < asked.files.len().max(1)
    {
        let folder = folder.display();
        return Err(Failure::Said(match asked.files.is_empty() {
            true => format!("no rule files (*.toml) are in {folder}"),
            false => format!("not all of these files are written so in {folder}"),
        }));
    }
    // Of single files only their own warnings are wanted.
    let folder = asked.folder.as_deref().filter(|_| asked.files.is_empty());
    let unread: Vec<String> = folder.map_or(Vec::new(), unread);
    let mut out = console.out();
    match format {
        FindingFormat::Text => {
            for file in &unread {
                console.note(file, UNREAD);
            }
            for finding in &findings {
                let finding = finding.render(console.stdout().is_on());
                writeln!(out, "{finding}\n")?;
            }
            let rules = own_rules(&outlets, |outlet| asked.has(outlet))?;
            let verdict = match findings.len() {
                0 => "fine".to_owned(),
                count => counted(count, "warning", "warnings"),
            };
            let (files, rules) = (
                counted(found, "rule file", "rule files"),
                counted(rules, "rule", "rules"),
            );
            writeln!(out, "{files}, {rules}: {verdict}")?;
        }
        _ => {
            let reports = findings.iter().map(Reported::warning);
            let unread = unread.iter().map(|file| Reported::unread(file));
            report(format, reports.chain(unread), &mut out)?;
        }
    }
    out.flush()?;
    Ok(if strict && !(findings.is_empty() && unread.is_empty()) {
        DIFFERENT
    } else {
        FINE
    })
}

/// Files in the folders of a rule folder that seem to be rule files, and are not read.
fn unread(folder: &Path) -> Vec<String> {
    let is_kept = |entry: &walkdir::DirEntry| {
        let families = folder.join("families");
        !is_hidden(Path::new(entry.file_name())) || entry.depth() == 0 || entry.path() == families
    };
    let all = WalkDir::new(folder).sort_by_file_name().into_iter();
    let all = all.filter_entry(is_kept).filter_map(Result::ok);
    let below = all.filter(|entry| {
        let parent = entry.path().parent();
        entry.file_type().is_file()
            && parent != Some(folder)
            && parent != Some(&folder.join("families"))
            && entry.path().extension().is_some_and(|of| of == "toml")
    });
    let is_rule_file = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut keys = text.lines().filter_map(|line| line.split_once('='));
        keys.any(|(key, _)| matches!(key.trim(), "outlet" | "family"))
    };
    let below = below.map(|entry| entry.into_path());
    below
        .filter(is_rule_file)
        .map(|path| path.display().to_string())
        .collect()
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
