//! The house: which module may use which, what is bundled, and that no version is without its notes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What each module of the library may use of the others. Of the root, `lib.rs`, only names go out.
const BORDERS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("schema", &["packed", "error"]),
    ("text", &[]),
    ("line_ends", &[]),
    ("page", &["line_ends", "text"]),
    ("packed", &[]),
    ("matcher", &["page", "schema", "text", "packed", "error"]),
    ("cleaner", &["matcher", "page", "schema", "text", "error"]),
    ("check", &["cleaner", "schema", "text", "error"]),
    ("lint", &["cleaner", "matcher", "schema", "text", "error"]),
    (
        "outlets",
        &[
            "check", "cleaner", "lint", "matcher", "schema", "packed", "error",
        ],
    ),
    ("diff", &["cleaner", "text"]),
    ("snapshot", &["cleaner"]),
    (
        "suggest",
        &["cleaner", "outlets", "schema", "text", "error"],
    ),
];

/// The one home of each package that has one.
const HOMES: &[(&str, &[&str])] = &[
    ("regex", &["matcher"]),
    ("regex_syntax", &["matcher"]),
    ("once_cell", &["outlets", "matcher"]),
    ("similar", &["diff", "matcher"]),
    ("toml", &["schema"]),
    ("annotate_snippets", &["error"]),
    ("psl", &["lint"]),
    ("wide", &["line_ends", "text"]),
];

/// What the library never does: it prints nothing, and only `outlets` reads files.
const NEVER: &[(&str, &[&str])] = &[
    ("println!", &[]),
    ("eprintln!", &[]),
    ("std::io", &["outlets"]),
    ("std::fs", &["outlets"]),
    ("std::env", &[]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .replace("\r\n", "\n")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|of| of == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The library's files, each with its module (that of the folder for a sub-module) and its code without tests.
fn library() -> Vec<(String, PathBuf, String)> {
    let src = root().join("src");
    let mut all = Vec::new();
    for path in files(&src, "rs")
        .into_iter()
        .filter(|path| !path.starts_with(src.join("bin")))
    {
        let first = path
            .strip_prefix(&src)
            .unwrap()
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        let text = read(&path);
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap()
            .to_owned();
        all.push((module, path, code));
    }
    all
}

/// The words that stand behind `before` in a text, up to the first character that is no part of a name.
fn names_behind<'t>(text: &'t str, before: &str) -> BTreeSet<&'t str> {
    let name = |rest: &'t str| {
        &rest[..rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len())]
    };
    text.match_indices(before)
        .map(|(at, _)| name(&text[at + before.len()..]))
        .collect()
}

fn without_comments(code: &str) -> String {
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn modules_use_only_what_they_may() {
    for (module, path, code) in library().into_iter().filter(|(module, ..)| module != "lib") {
        let (_, may) = BORDERS
            .iter()
            .find(|(known, _)| *known == module)
            .unwrap_or_else(|| panic!("{module} has no row in BORDERS"));
        for used in names_behind(&without_comments(&code), "crate::") {
            assert!(
                used == module || may.contains(&used),
                "{}: {module} may not use {used}",
                path.display()
            );
        }
    }
}

#[test]
fn packages_and_the_outside_world_have_their_homes() {
    for (module, path, code) in library() {
        let code = without_comments(&code);
        for (package, homes) in HOMES {
            let used =
                code.contains(&format!("{package}::")) && !code.contains(&format!("_{package}::"));
            assert!(
                !used || homes.contains(&module.as_str()),
                "{}: {package} belongs in {homes:?}",
                path.display()
            );
        }
        for (word, homes) in NEVER {
            assert!(
                !code.contains(word) || homes.contains(&module.as_str()),
                "{}: no {word} here",
                path.display()
            );
        }
    }
}

#[test]
fn the_program_uses_the_public_library_alone() {
    for path in files(&root().join("src/bin"), "rs") {
        let code = read(&path);
        for word in ["regex::", "#[path", "include!(\"../../"] {
            assert!(!code.contains(word), "{}: no {word} here", path.display());
        }
    }
}

#[test]
fn every_rule_file_is_bundled() {
    let outlets = cleaner::Outlets::bundled().outlets();
    let bundled: BTreeSet<&str> = outlets.map(|outlet| outlet.file.as_str()).collect();
    let rules = root().join("rules");
    for path in files(&rules, "toml") {
        let name =
            format!("rules/{}", path.strip_prefix(&rules).unwrap().display()).replace('\\', "/");
        assert!(bundled.contains(name.as_str()), "{name} is not built in");
        let schema = if name.contains("families/") {
            "#:schema ../schema.json"
        } else {
            "#:schema schema.json"
        };
        assert_eq!(
            read(&path).lines().next(),
            Some(schema),
            "{name}: an editor completes keys by the first line"
        );
    }
}

#[test]
fn every_bundled_rule_file_passes_its_own_examples() {
    if let Err(error) = cleaner::Outlets::bundled().check() {
        panic!("{error}");
    }
    for outlet in cleaner::Outlets::bundled().outlets() {
        assert!(
            outlet.id == "crawl" || outlet.extends.contains(&"crawl".to_owned()),
            "{} does not extend crawl",
            outlet.id
        );
    }
}

#[test]
fn the_version_has_notes() {
    let heading = format!("## {} ", env!("CARGO_PKG_VERSION"));
    assert!(
        read(&root().join("CHANGELOG.md")).contains(&heading),
        "CHANGELOG.md has no heading «{heading}»"
    );
}

#[test]
fn every_package_has_its_reason() {
    let manifest = read(&root().join("Cargo.toml"));
    let mut reason = false;
    let mut section = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let is_of_packages = section == "[dependencies]" || section == "[dev-dependencies]";
        if is_of_packages && line.contains('=') && !line.starts_with('#') {
            assert!(
                reason,
                "Cargo.toml: «{line}» has no line of reason above it"
            );
        }
        reason = line.starts_with('#');
    }
}
