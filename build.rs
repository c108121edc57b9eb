//! Finds out of the patterns of the bundled rule files what would take the longest of all at start.

// The library's own; what only it needs of them is none of the build's.
#[allow(dead_code)]
#[path = "src/matcher/analysis.rs"]
mod analysis;
#[allow(dead_code)]
#[path = "src/matcher/machine.rs"]
mod machine;
#[allow(dead_code)]
#[path = "src/packed.rs"]
mod packed;
#[allow(dead_code)]
#[path = "src/text.rs"]
mod text;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use analysis::{Analysis, Extent};
use machine::Machine;
use packed::{Packed, Packer};
use toml::Value;

fn main() {
    let mut patterns = Patterns::new();
    for folder in ["rules", "rules/families"] {
        println!("cargo::rerun-if-changed={folder}");
        for entry in fs::read_dir(folder).expect("the rule files are there") {
            let path = entry.expect("the folder can be read").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                add_file(&path, &mut patterns);
            }
        }
    }
    for source in ["matcher/analysis", "matcher/machine", "packed", "text"] {
        println!("cargo::rerun-if-changed=src/{source}.rs");
    }
    let mut written = String::from("&[\n");
    for ((extent, pattern), bytes) in &patterns {
        let bytes = bytes.escape_ascii();
        writeln!(written, "(Extent::{extent:?}, {pattern:?}, b\"{bytes}\"),").expect("room");
    }
    written.push_str("]\n");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    fs::write(folder.join("patterns.rs"), written).expect("room");
}

/// What is packed of each pattern.
type Patterns = BTreeMap<(Extent, String), Vec<u8>>;

/// Adds what is known of the patterns of a file. What is wrong with it the tests say, with its place.
fn add_file(path: &Path, patterns: &mut Patterns) {
    let text = fs::read_to_string(path).expect("the rule file can be read");
    let Ok(file) = text.parse::<toml::Table>() else {
        return;
    };
    for (kind, rules) in file {
        let extent = match kind.as_str() {
            "inline" => Extent::Part,
            _ => Extent::Whole,
        };
        add(&rules, extent, patterns);
    }
}

/// Adds what is known of the patterns in a value.
fn add(value: &Value, extent: Extent, patterns: &mut Patterns) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| add(value, extent, patterns)),
        Value::Table(table) => {
            for (key, value) in table {
                let written = match value {
                    Value::Array(several) => several.as_slice(),
                    one => std::slice::from_ref(one),
                };
                for pattern in written.iter().filter(|_| key == "pattern") {
                    if let Some(pattern) = pattern.as_str()
                        && let Some(bytes) = packed(pattern, extent)
                    {
                        patterns.insert((extent, pattern.to_owned()), bytes);
                    }
                }
                add(value, extent, patterns);
            }
        }
        _ => {}
    }
}

/// What is known of a pattern that is in order.
fn packed(pattern: &str, extent: Extent) -> Option<Vec<u8>> {
    let analysis = Analysis::of(pattern, extent).ok()?;
    let mut packer = Packer {
        bytes: Vec::new(),
        text: "",
    };
    analysis.pack(&mut packer);
    let machine = match extent {
        Extent::Whole => Machine::of(&analysis.expression),
        Extent::Part => None,
    };
    machine.pack(&mut packer);
    Some(packer.bytes)
}
