//! The fixture pages: what of each goes, as a reviewed snapshot, as labels written before the
//! rules, and as strings that have to go or stay.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cleaner::{Categories, Category, Cleaned, Outlets, restore};

/// A page of `tests/fixtures/<outlet>/<slug>.txt`.
pub struct Page {
    pub outlet: String,
    pub slug: String,
    pub text: String,
}

pub fn pages() -> Vec<Page> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut pages = Vec::new();
    for outlet in sorted(&folder) {
        for path in sorted(&outlet) {
            let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            pages.push(Page {
                outlet: name(&outlet),
                slug: name(&path),
                text,
            });
        }
    }
    pages
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

impl Page {
    fn name(&self) -> String {
        format!("{}/{}", self.outlet, self.slug)
    }

    fn clean_of(&self, categories: Categories) -> Cleaned {
        let cleaner = Outlets::bundled()
            .cleaner(&self.outlet)
            .unwrap()
            .expect("a folder of fixtures is named as an outlet");
        cleaner.clean_of(&self.text, categories)
    }

    fn clean(&self) -> Cleaned {
        self.clean_of(Categories::default())
    }
}

#[test]
fn every_page_is_as_reviewed() {
    for page in pages() {
        let signs = Outlets::bundled()
            .by_signs(&page.text)
            .map_or("undecided", |outlet| &outlet.id);
        let snapshot = format!(
            "by its signs: {signs}\n{}",
            page.clean().snapshot(&page.text)
        );
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(format!("{}__{}", page.outlet, page.slug), snapshot);
        });
    }
}

#[test]
fn every_page_keeps_the_invariants() {
    for page in pages() {
        for categories in [
            Categories::default(),
            Categories::default().also(Category::Credit),
        ] {
            let cleaned = page.clean_of(categories);
            assert_eq!(cleaned.flag, None, "{}", page.name());
            let pieces: Vec<(usize, &str)> = cleaned
                .removals
                .iter()
                .map(|removal| (removal.span.start, &page.text[removal.span.clone()]))
                .collect();
            assert_eq!(
                restore(&cleaned.text, &pieces).as_deref(),
                Some(page.text.as_str()),
                "{}",
                page.name()
            );
            let cleaner = Outlets::bundled().cleaner(&page.outlet).unwrap().unwrap();
            assert_eq!(
                cleaner.clean_of(&cleaned.text, categories).text,
                cleaned.text,
                "{} twice",
                page.name()
            );
            let left: BTreeSet<&str> = cleaned
                .text
                .trim_start_matches('\u{feff}')
                .split('\n')
                .collect();
            for line in cleaned
                .lines(&page.text)
                .iter()
                .filter(|line| line.cuts.is_empty())
            {
                let line = &page.text[line.span.clone()];
                let line = line.trim_start_matches('\u{feff}').trim_end_matches('\n');
                assert!(
                    left.contains(line),
                    "{}: «{line}» is kept but changed",
                    page.name()
                );
            }
        }
    }
}

#[test]
fn pages_without_boilerplate_come_out_byte_for_byte() {
    let mut outlets = BTreeSet::new();
    for page in pages()
        .into_iter()
        .filter(|page| page.slug.starts_with("clean-"))
    {
        assert_eq!(
            page.clean_of(Categories::default().also(Category::Credit))
                .text,
            page.text,
            "{}",
            page.name()
        );
        outlets.insert(page.outlet);
    }
    assert_eq!(
        Vec::from_iter(outlets),
        ["akipress", "pangea", "rferl", "vice", "voa"]
    );
}

/// What of a page goes, by the line numbers of the page.
#[derive(Default, Debug, PartialEq)]
struct Labels {
    lines: BTreeSet<usize>,
    /// The parts of lines that stay.
    parts: BTreeMap<usize, Vec<String>>,
}

impl Labels {
    fn of(page: &Page, cleaned: &Cleaned) -> Labels {
        let mut labels = Labels::default();
        for line in cleaned.lines(&page.text) {
            let is_blank = |part: &str| {
                part.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
                    .is_empty()
            };
            let part = |span: &std::ops::Range<usize>| &page.text[span.clone()];
            if is_blank(part(&line.span)) || line.gone().iter().all(|span| is_blank(part(span))) {
                continue;
            }
            if line.left.iter().all(|span| is_blank(part(span))) {
                labels.lines.insert(line.number);
                continue;
            }
            let gone = line.gone();
            let parts = gone
                .iter()
                .map(|span| part(span).trim_end_matches(['\r', '\n']));
            let parts = parts.filter(|part| !is_blank(part)).map(str::to_owned);
            labels.parts.insert(line.number, parts.collect());
        }
        labels
    }

    /// What `tests/gold.json` says of a page; `credit`: with what goes only on request.
    fn gold(gold: &serde_json::Value, page: &Page, credit: bool) -> Labels {
        let of_page = &gold[format!("{}.txt", page.name())];
        assert!(
            of_page.is_object(),
            "{} has no labels in tests/gold.json",
            page.name()
        );
        let mut labels = Labels::default();
        for key in if credit {
            &["drop", "credit"][..]
        } else {
            &["drop"]
        } {
            let lines = of_page[key].as_array().into_iter().flatten();
            labels
                .lines
                .extend(lines.map(|line| line.as_u64().unwrap() as usize));
        }
        for key in if credit {
            &["inline", "credit_inline"][..]
        } else {
            &["inline"]
        } {
            for (line, parts) in of_page[key].as_object().into_iter().flatten() {
                let parts = parts
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|part| part.as_str().unwrap().to_owned());
                labels
                    .parts
                    .entry(line.parse().unwrap())
                    .or_default()
                    .extend(parts);
            }
        }
        labels
    }
}

/// The floor that holds without any corpus: no page of ours may be cleaned otherwise than its labels say.
#[test]
fn every_page_is_cleaned_as_labelled() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gold.json");
    let gold: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let pages = pages();
    assert_eq!(gold.as_object().unwrap().len(), pages.len());
    for page in &pages {
        for credit in [false, true] {
            let categories = Categories::default();
            let categories = if credit {
                categories.also(Category::Credit)
            } else {
                categories
            };
            let found = Labels::of(page, &page.clean_of(categories));
            assert_eq!(
                found,
                Labels::gold(&gold, page, credit),
                "{}, credits go: {credit}",
                page.name()
            );
        }
    }
}

/// `tests/strings/<outlet>.tsv` lists the strings of the outlet's pages that must go, go as a credit
/// on request, or stay; each must do so in some page.
#[test]
fn every_known_string_goes_or_stays() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strings");
    let pages = pages();
    for path in sorted(&folder) {
        let outlet = path.file_stem().unwrap().to_str().unwrap();
        let mut gone: BTreeSet<String> = BTreeSet::new();
        let mut credits: BTreeSet<String> = BTreeSet::new();
        let mut left = String::new();
        for page in pages.iter().filter(|page| page.outlet == outlet) {
            let cleaned = page.clean();
            gone.extend(pieces(page, &cleaned));
            credits.extend(pieces(
                page,
                &page.clean_of(Categories::default().also(Category::Credit)),
            ));
            left += &cleaned.text;
            left.push('\n');
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let (what, string) = line
                .split_once('\t')
                .unwrap_or_else(|| panic!("{outlet}: «{line}» has no tab"));
            let holds = match what {
                "goes" => gone.contains(string.trim()),
                "credit" => credits.contains(string.trim()) && !gone.contains(string.trim()),
                "stays" => left.contains(string),
                _ => panic!("{outlet}: «{what}» is none of goes, credit, stays"),
            };
            assert!(holds, "{outlet}: «{string}» is in no page as `{what}`");
        }
    }
}

/// What went of each line, trimmed.
fn pieces(page: &Page, cleaned: &Cleaned) -> BTreeSet<String> {
    let lines = cleaned.lines(&page.text);
    let gone = lines.iter().flat_map(|line| line.gone());
    gone.map(|span| {
        page.text[span]
            .trim()
            .trim_start_matches('\u{feff}')
            .to_owned()
    })
    .collect()
}
