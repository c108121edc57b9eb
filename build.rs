//! Reads the bundled rule files, and finds out of their patterns what would take the longest of all at
//! start.

// The library's own; what only it needs of them is none of the build's.
#[allow(dead_code)]
#[path = "src/matcher/analysis.rs"]
mod analysis;
#[allow(dead_code)]
#[path = "src/error.rs"]
mod error;
#[allow(dead_code)]
#[path = "src/matcher/machine.rs"]
mod machine;
#[allow(dead_code)]
#[path = "src/packed.rs"]
mod packed;
#[allow(dead_code)]
#[path = "src/schema.rs"]
mod schema;
#[allow(dead_code)]
#[path = "src/text.rs"]
mod text;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use analysis::{Analysis, Extent};
use error::{Error, SourceFile};
use machine::Machine;
use packed::{Packed, Packer};
use schema::{AnyRule, RuleFile, Texts};

fn main() {
    let mut files = String::from("&[\n");
    let mut patterns = Patterns::new();
    let mut paths = Vec::new();
    for folder in ["rules", "rules/families"] {
        println!("cargo::rerun-if-changed={folder}");
        let entries = fs::read_dir(folder).expect("the rule files are there");
        paths.extend(entries.map(|entry| entry.expect("the folder can be read").path()));
    }
    paths.retain(|path| path.extension().is_some_and(|of| of == "toml"));
    paths.sort();
    for path in &paths {
        let name = path.to_str().expect("names are ids").replace('\\', "/");
        let text = fs::read_to_string(path).expect("the rule file can be read");
        let source = SourceFile::new(name.as_str(), text.clone());
        let file = RuleFile::read(&source).unwrap_or_else(|problems| {
            eprintln!("{}", Error::new(problems));
            std::process::exit(1);
        });
        add_patterns(&file, &mut patterns);
        let whole = literal(&packed(&file, &text));
        let head = RuleFile {
            list: Vec::new(),
            line: Vec::new(),
            block: Vec::new(),
            inline: Vec::new(),
            duplicate: Vec::new(),
            ..file
        };
        let head = literal(&packed(&head, &text));
        let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{name}\"))");
        writeln!(files, "({name:?}, {text}, {head}, {whole}),").expect("room");
    }
    files.push_str("]\n");
    // All expressions as one text: what stands in it need not be looked at to be known as one.
    let expressions = patterns.values().map(|(analysis, _)| &*analysis.expression);
    let text = expressions.collect::<Vec<&str>>().join("\n");
    let mut known = format!("Bundled {{ text: {text:?}, patterns: &[\n");
    for ((extent, pattern), (analysis, machine)) in &patterns {
        let bytes = [packed(analysis, &text), packed(machine, &text)].concat();
        let bytes = literal(&bytes);
        writeln!(known, "(Extent::{extent:?}, {pattern:?}, {bytes}),").expect("room");
    }
    known.push_str("] }\n");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    fs::write(folder.join("rule_files.rs"), files).expect("room");
    fs::write(folder.join("patterns.rs"), known).expect("room");
    for source in [
        "error",
        "matcher/analysis",
        "matcher/machine",
        "packed",
        "schema",
        "text",
    ] {
        println!("cargo::rerun-if-changed=src/{source}.rs");
    }
}

/// What is packed of each pattern.
type Patterns = BTreeMap<(Extent, String), (Analysis, Option<Machine>)>;

fn add_patterns(file: &RuleFile, patterns: &mut Patterns) {
    let mut add = |texts: &Texts, extent| {
        for pattern in texts {
            // What is wrong with one the tests say, with its place.
            if let Ok(analysis) = Analysis::of(pattern, extent) {
                let machine = Machine::of(&analysis.expression);
                patterns.insert((extent, pattern.to_string()), (analysis, machine));
            }
        }
    };
    for sign in &file.signs {
        add(&sign.pattern, Extent::Whole);
    }
    for rule in file.rules() {
        match rule {
            AnyRule::Line(rule) => add(&rule.pattern, Extent::Whole),
            AnyRule::Block(rule) => rule
                .lines
                .iter()
                .for_each(|step| add(&step.pattern, Extent::Whole)),
            AnyRule::Inline(rule) => add(&rule.pattern, Extent::Part),
            AnyRule::Duplicate(rule) => add(&rule.pattern, Extent::Whole),
        }
    }
}

fn packed(value: &impl Packed, text: &str) -> Vec<u8> {
    let mut packer = Packer::beside(text);
    value.pack(&mut packer);
    packer.bytes
}

/// The expression of bytes.
fn literal(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii())
}
