//! `cleaner rules new`: a rule file to start from, alone or with all that a collection of rules needs.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cleaner::{Outlets, RULE_SCHEMA};

use crate::FINE;
use crate::console::{Console, Failure, printable};

const OUTLET: &str = include_str!("new/outlet.toml");
const PAGE: &str = include_str!("new/page.txt");
const MANIFEST: &str = include_str!("new/manifest.toml");
const TEST: &str = include_str!("new/pages.rs");
const README: &str = include_str!("new/readme.md");
const IGNORE: &str = "/target\n*.snap.new\n";

/// Of an example rule: it does not run.
const DISABLED: &str = "# This rule does not run. Take the line out when it says what the outlet has.\ndisabled = \"An example, not yet of this outlet.\"\n";

/// The outlet that the rules are for.
pub struct New<'a> {
    pub id: &'a str,
    pub name: Option<&'a str>,
    pub domains: &'a [String],
}

impl New<'_> {
    /// The rule file; of `schema` its first line names it.
    fn file(&self, runs: bool, schema: bool) -> String {
        let domains: Vec<String> = self.domains.iter().map(|domain| toml(domain)).collect();
        let domains = match domains.is_empty() {
            true => "# domains = [\"news.example\"]".to_owned(),
            false => format!("domains = [{}]", domains.join(", ")),
        };
        let file = OUTLET
            .replace("\r\n", "\n")
            .replace("<disabled>\n", if runs { "\n" } else { DISABLED })
            .replace("<id>", self.id)
            .replace("<domains>", &domains)
            .replace("<name>", &toml(self.name.unwrap_or(self.id)));
        // Between rules one blank line, and none at the end.
        let file = file.replace(DISABLED, &format!("{DISABLED}\n"));
        let head = if schema { "#:schema schema.json\n" } else { "" };
        format!("{head}{}\n", file.trim_end())
    }

    /// The file, once it is known to be in order.
    fn checked(&self, runs: bool, schema: bool) -> Result<(String, Outlets), Failure> {
        let file = self.file(runs, schema);
        let name = format!("{}.toml", self.id);
        let outlets = Outlets::with_files([(name, file.clone())])?;
        Ok((file, outlets))
    }

    /// Writes the rule file, into a folder or under its own name, or to standard output; returns the exit
    /// code.
    pub fn write(&self, to: Option<&Path>, console: Console) -> Result<u8, Failure> {
        let (file, _) = self.checked(false, false)?;
        match to {
            Some(to) => {
                let path = self.path(to)?;
                write(&path, &file)?;
                console.print(&format!("{}\n", path.display()))?;
            }
            None => console.print(&file)?,
        }
        note_replaced(self.id, console);
        Ok(FINE)
    }

    /// The rule file's path, in a folder or itself.
    fn path(&self, to: &Path) -> Result<PathBuf, Failure> {
        let name = format!("{}.toml", self.id);
        match to.extension() {
            Some(of) if of == "toml" && to.file_name() == Some(name.as_ref()) => Ok(to.to_owned()),
            Some(of) if of == "toml" => Err(Failure::Said(format!(
                "a rule file is named as its outlet; expected {name}, found {}",
                to.display()
            ))),
            _ if to.is_file() => Err(Failure::Said(format!(
                "{} is a file; expected a folder, or {name}",
                to.display()
            ))),
            _ => Ok(to.join(name)),
        }
    }

    /// Writes a collection into a folder that is new or empty: the rule file, a page, what its
    /// cleaning comes to, and a test that holds them together; returns the exit code.
    pub fn write_collection(&self, folder: &Path, console: Console) -> Result<u8, Failure> {
        let (file, outlets) = self.checked(true, true)?;
        match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
            Ok(false) => {}
            Ok(true) => return Err(Failure::Said(format!("{} is not empty", folder.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritten(folder, &error)),
        }
        let page = PAGE.replace("\r\n", "\n");
        let cleaner = outlets.cleaner(self.id)?;
        let snapshot = cleaner.map(|cleaner| cleaner.clean(&page).snapshot(&page));
        // As insta writes it.
        let snapshot = format!(
            "---\nsource: tests/pages.rs\n---\n{}",
            snapshot.unwrap_or_default()
        );
        let id = self.id;
        let fill = |template: &str| template.replace("<id>", id);
        let files = [
            ("Cargo.toml".to_owned(), fill(MANIFEST)),
            ("README.md".to_owned(), fill(README)),
            (".gitignore".to_owned(), IGNORE.to_owned()),
            (format!("rules/{id}.toml"), file),
            ("rules/schema.json".to_owned(), RULE_SCHEMA.to_owned()),
            (format!("pages/{id}/first.txt"), page),
            (format!("snapshots/{id}__first.snap"), snapshot),
            ("tests/pages.rs".to_owned(), TEST.to_owned()),
        ];
        let mut told = String::new();
        for (name, content) in files {
            let path: PathBuf = folder.join(name);
            write(&path, &content)?;
            told += &format!("{}\n", path.display());
        }
        console.print(&told)?;
        Ok(FINE)
    }
}

/// Writes a file that is not there yet.
fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create_new(path)?;
        file.write_all(content.as_bytes())
    };
    write().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Said(format!(
            "{} is there already; nothing is written over it",
            path.display()
        )),
        _ => unwritten(path, &error),
    })
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::Said(format!("cannot write {}: {error}", path.display()))
}

/// The text as a string of TOML.
fn toml(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Tells that a file with this id would take the place of a built-in one.
pub fn note_replaced(id: &str, console: Console) {
    let outlets = Outlets::bundled();
    let Some(outlet) = outlets.outlet(id) else {
        return;
    };
    let extending = outlets
        .outlets()
        .filter(|other| other.extends.iter().any(|of| of == id));
    let extending: Vec<&str> = extending.map(|other| other.id.as_str()).collect();
    let what = match (outlet.is_family, extending.is_empty()) {
        (false, _) => "a built-in outlet has this id; the file replaces it".to_owned(),
        (true, true) => "a built-in family has this id; the file replaces it".to_owned(),
        (true, false) => format!(
            "a built-in family has this id; the file replaces it, and {} lose its rules",
            extending.join(" and ")
        ),
    };
    console.note(&printable(id), what);
}
