//! Rule files for benchmarks: generated ones of any size, and what the bundled ones have in them.
#![allow(dead_code, reason = "each benchmark uses its part")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

/// What the rules of a generated file are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Literals,
    Patterns,
    /// Literals of lines, and one in eight a pattern.
    Mixed,
    Blocks,
    Inlines,
    Duplicates,
}

/// Words as paragraphs begin with.
const COMMON: &[&str] = &[
    "The",
    "Village",
    "School",
    "Bridge",
    "Council",
    "Again",
    "Light",
    "River",
    "Winter",
    "Road",
    "Stone",
    "Market",
    "Letter",
    "Morning",
    "Snow",
    "Valley",
    "Посёлок",
    "Школа",
    "Мост",
    "Зимой",
];
const SYLLABLES: &[&str] = &[
    "ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu", "шо",
];

/// The words of a rule: no two rules have the same. Every other rule begins as paragraphs do.
fn phrase(number: usize) -> String {
    let syllable = |digit: usize| SYLLABLES[(number >> (4 * digit)) % SYLLABLES.len()];
    let name = format!(
        "{}{}{}{}",
        syllable(0),
        syllable(1),
        syllable(2),
        syllable(3)
    );
    match number % 2 {
        0 => format!("{} {name} weekly", COMMON[number / 2 % COMMON.len()]),
        _ => {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            format!("{}{} reader", first.unwrap_or_default(), letters.as_str())
        }
    }
}

fn is_pattern(kind: Kind, number: usize) -> bool {
    kind == Kind::Patterns || kind == Kind::Mixed && number % 8 == 7
}

/// What a rule of the kind takes, between marks, with what must stand around it.
pub fn sample(kind: Kind, number: usize) -> String {
    let phrase = phrase(number);
    match kind {
        Kind::Blocks => {
            format!("[-{phrase}\nA Bridge In {number} Parts\nMore of {phrase}-]")
        }
        Kind::Inlines => match number % 2 {
            0 => format!("[-{phrase} - -]It was opened at noon."),
            _ => format!("It was opened at noon.[- ({phrase})-]"),
        },
        Kind::Duplicates => {
            let caption = format!(
                "The {number} boats of {phrase} lie in the snow beside the old mill of the valley"
            );
            format!("{caption}\n[-{caption}-]")
        }
        _ if is_pattern(kind, number) => match number / 8 % 4 {
            0 => format!("[-{phrase} 12-]"),
            1 => format!("[-{phrase}: a boat-]"),
            2 => format!("[-Photo of {phrase} by Ulla Brandt-]"),
            _ => format!("[-A boat | {phrase}-]"),
        },
        _ => format!("[-{phrase}-]"),
    }
}

/// What a rule of the kind takes, with what must stand around it.
pub fn taken(kind: Kind, number: usize) -> String {
    sample(kind, number).replace("[-", "").replace("-]", "")
}

/// A rule file of so many rules, all of a kind.
pub fn rule_file(id: &str, kind: Kind, count: usize) -> String {
    let mut file = format!("outlet = \"{id}\"\nname = \"Made\"\nceiling = 1.0\n");
    for number in 0..count {
        let phrase = phrase(number);
        let (table, keys) = match kind {
            Kind::Blocks => (
                "block",
                format!(
                    "lines = [{{ text = \"{phrase}\" }}, {{ title = true }}, {{ text = \"More of {phrase}\", optional = true }}]"
                ),
            ),
            Kind::Inlines => match number % 2 {
                0 => ("inline", format!("pattern = '^{phrase} - '")),
                _ => ("inline", format!("pattern = ' \\({phrase}\\)$'")),
            },
            Kind::Duplicates => (
                "duplicate",
                format!(
                    "apart = {}\nalike = 0.{}\nleast = {}",
                    number % 4,
                    7 + number % 3,
                    20 + number
                ),
            ),
            _ if is_pattern(kind, number) => {
                let pattern = match number / 8 % 4 {
                    0 => format!(r"{phrase} \d+"),
                    1 => format!("{phrase}: .+"),
                    2 => format!("(?:Photo|Video) of {phrase} by .+"),
                    _ => format!(r".+ \| {phrase}"),
                };
                ("line", format!("pattern = '{pattern}'"))
            }
            _ => ("line", format!("text = \"{phrase}\"")),
        };
        file += &format!(
            "\n[[{table}]]\nid = \"rule-{number}\"\ncategory = \"promo\"\nnote = \"Made.\"\n{keys}\n\
             removes = [{:?}]\nkeeps = [\"It was opened at noon.\"]\n",
            sample(kind, number)
        );
    }
    file
}

/// What the bundled rule files have in them.
#[derive(Default)]
pub struct Bundled {
    /// The texts of lines, of steps and of the lists that they take in: what a user of another tool would
    /// list.
    pub literals: BTreeSet<String>,
    /// The patterns of lines and of lists.
    pub patterns: BTreeSet<String>,
    /// What the rules with a zone take, with what must stand around it.
    pub in_zones: Vec<String>,
    /// What blocks take, without its last line.
    pub begun: Vec<String>,
    /// What any rule takes, with what must stand around it.
    pub examples: Vec<String>,
}

impl Bundled {
    pub fn read() -> Bundled {
        let mut bundled = Bundled::default();
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let mut paths: Vec<PathBuf> = Vec::new();
        for folder in [rules.clone(), rules.join("families")] {
            for entry in std::fs::read_dir(folder).expect("the rules are there") {
                paths.push(entry.expect("a file").path());
            }
        }
        paths.retain(|path| path.extension().is_some_and(|of| of == "toml"));
        paths.sort_unstable();
        for path in paths {
            let text = std::fs::read_to_string(path).expect("a rule file");
            let table = DeTable::parse(&text).expect("a rule file is TOML");
            for (kind, rules) in table.get_ref() {
                if let DeValue::Array(rules) = rules.get_ref() {
                    let rules = rules.iter().filter_map(|rule| rule.get_ref().as_table());
                    rules.for_each(|rule| bundled.rule(kind.get_ref(), rule));
                }
            }
        }
        bundled
    }

    fn rule(&mut self, kind: &str, rule: &DeTable) {
        let value = |key: &str| rule.get(key).map(|value| value.get_ref());
        let mut examples = Vec::new();
        if let Some(removes) = value("removes") {
            strings(removes, &mut |text| {
                examples.push(text.replace("[-", "").replace("-]", ""));
            });
        }
        match kind {
            "line" | "list" => {
                if let Some(text) = value("text") {
                    strings(text, &mut |text| self.literal(text));
                }
                if let Some(pattern) = value("pattern") {
                    strings(pattern, &mut |pattern| {
                        self.patterns.insert(pattern.to_owned());
                    });
                }
            }
            "block" => {
                let steps = value("lines").and_then(DeValue::as_array);
                let steps = steps.into_iter().flatten();
                for step in steps.filter_map(|step| step.get_ref().as_table()) {
                    if let Some(text) = step.get("text") {
                        strings(text.get_ref(), &mut |text| self.literal(text));
                    }
                }
                let last = |example: &String| {
                    let example = example.trim_end();
                    example.rfind('\n').map(|end| example[..end].to_owned())
                };
                self.begun.extend(examples.iter().filter_map(last));
            }
            _ => {}
        }
        if value("zone").is_some() {
            self.in_zones.extend_from_slice(&examples);
        }
        self.examples.append(&mut examples);
    }

    fn literal(&mut self, text: &str) {
        self.literals.insert(text.trim().to_owned());
    }
}

/// One string, or each of a list.
fn strings(value: &DeValue, each: &mut dyn FnMut(&str)) {
    match value {
        DeValue::String(text) => each(text),
        DeValue::Array(items) => items.iter().for_each(|item| strings(item.get_ref(), each)),
        _ => {}
    }
}
