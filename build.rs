//! Finds out of the patterns of the bundled rule files what would take the longest of all at start.

// The library's own; what only it needs of them is none of the build's.
#[allow(dead_code)]
#[path = "src/matcher/analysis.rs"]
mod analysis;
#[allow(dead_code)]
#[path = "src/text.rs"]
mod text;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use analysis::{Analysis, Edge, Extent};
use toml::Value;

fn main() {
    let mut analyses = BTreeMap::new();
    for folder in ["rules", "rules/families"] {
        println!("cargo::rerun-if-changed={folder}");
        for entry in fs::read_dir(folder).expect("the rule files are there") {
            let path = entry.expect("the folder can be read").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                add_file(&path, &mut analyses);
            }
        }
    }
    println!("cargo::rerun-if-changed=src/matcher/analysis.rs");
    println!("cargo::rerun-if-changed=src/text.rs");
    let mut written = String::from("&[\n");
    for ((extent, pattern), analysis) in &analyses {
        let analysis = source(analysis);
        writeln!(written, "(Extent::{extent:?}, {pattern:?}, {analysis}),").expect("room");
    }
    written.push_str("]\n");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    fs::write(folder.join("analyses.rs"), written).expect("room");
}

/// Adds what is known of the patterns of a file. What is wrong with it the tests say, with its place.
fn add_file(path: &Path, analyses: &mut BTreeMap<(Extent, String), Analysis>) {
    let text = fs::read_to_string(path).expect("the rule file can be read");
    let Ok(file) = text.parse::<toml::Table>() else {
        return;
    };
    for (kind, rules) in file {
        let extent = match kind.as_str() {
            "inline" => Extent::Part,
            _ => Extent::Whole,
        };
        add(&rules, extent, analyses);
    }
}

/// Adds what is known of the patterns in a value.
fn add(value: &Value, extent: Extent, analyses: &mut BTreeMap<(Extent, String), Analysis>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| add(value, extent, analyses)),
        Value::Table(table) => {
            for (key, value) in table {
                let patterns = match value {
                    Value::Array(patterns) => patterns.as_slice(),
                    one => std::slice::from_ref(one),
                };
                for pattern in patterns.iter().filter(|_| key == "pattern") {
                    if let Some(pattern) = pattern.as_str()
                        && let Ok(analysis) = Analysis::of(pattern, extent)
                    {
                        analyses.insert((extent, pattern.to_owned()), analysis);
                    }
                }
                add(value, extent, analyses);
            }
        }
        _ => {}
    }
}

/// The expression of an analysis.
fn source(analysis: &Analysis) -> String {
    let Analysis {
        expression,
        is_telling,
        begins,
        ends,
        needs,
        lengths,
        fields,
        cuts,
    } = analysis;
    let list = |items: Vec<String>| format!("Cow::Borrowed(&[{}])", items.join(", "));
    let needs = needs
        .iter()
        .map(|literal| format!("Cow::Borrowed(&{literal:?})"));
    let fields = fields.iter().map(|name| format!("Cow::Borrowed({name:?})"));
    format!(
        "Analysis {{ expression: Cow::Borrowed({expression:?}), is_telling: {is_telling}, \
         begins: {}, ends: {}, needs: {}, lengths: {lengths:?}, fields: {}, cuts: {cuts} }}",
        edge(begins),
        edge(ends),
        list(needs.collect()),
        list(fields.collect()),
    )
}

fn edge(edge: &Edge) -> String {
    let Edge { bytes, places, few } = edge;
    let bytes = bytes.map(|bytes| format!("ByteSet({:?})", bytes.0));
    format!(
        "Edge {{ bytes: [{}], places: {places}, few: Cow::Borrowed(&{few:?}) }}",
        bytes.join(", "),
    )
}
