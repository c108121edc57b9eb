//! `--stats`: what a run took, added up.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::table;
use crate::clean::Page;

/// The name of undecided pages in the table of outlets.
const UNDECIDED: &str = "(undecided)";

/// The sums of a run.
#[derive(Debug, Default, Serialize)]
pub struct Totals {
    /// Those that could be read and written.
    pub documents: usize,
    pub changed: usize,
    pub undecided: usize,
    pub flagged: usize,
    pub failed: usize,
    bytes_in: usize,
    bytes_out: usize,
    lines_in: usize,
    lines_out: usize,
    /// By id.
    outlets: BTreeMap<String, OutletTotals>,
    categories: BTreeMap<&'static str, Took>,
    /// By id; those that found nothing are not among them.
    rules: BTreeMap<String, RuleTotals>,
}

#[derive(Debug, Default, Serialize)]
struct OutletTotals {
    documents: usize,
    changed: usize,
    flagged: usize,
    bytes_in: usize,
    bytes_out: usize,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Took {
    removals: usize,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct RuleTotals {
    documents: usize,
    removals: usize,
    bytes: usize,
    /// The pages that were left as they are because of it, and of others.
    flagged: usize,
}

impl Totals {
    /// The sums before the first page; `failed`: the paths that were no pages.
    pub fn new(failed: usize) -> Totals {
        Totals {
            failed,
            ..Totals::default()
        }
    }

    pub fn add(&mut self, page: &Page) {
        let cleaned = &page.cleaned;
        let changed = usize::from(!cleaned.removals.is_empty());
        let flagged = usize::from(cleaned.flag.is_some());
        let (bytes_in, bytes_out) = (page.text.len(), cleaned.text.len());
        self.documents += 1;
        self.changed += changed;
        self.flagged += flagged;
        self.bytes_in += bytes_in;
        self.bytes_out += bytes_out;
        self.lines_in += lines(&page.text);
        self.lines_out += lines(&cleaned.text);
        let outlet = match &page.outlet {
            Some((id, _)) => id,
            None => {
                self.undecided += 1;
                UNDECIDED
            }
        };
        let outlet = self.outlets.entry(outlet.to_owned()).or_default();
        outlet.documents += 1;
        outlet.changed += changed;
        outlet.flagged += flagged;
        outlet.bytes_in += bytes_in;
        outlet.bytes_out += bytes_out;
        let mut here: Vec<&str> = Vec::new();
        for removal in &cleaned.removals {
            let Some(rule) = &removal.rule else { continue };
            let bytes = removal.span.len();
            let category = self.categories.entry(rule.category.name()).or_default();
            category.removals += 1;
            category.bytes += bytes;
            let of_rule = self.rules.entry(rule.id.clone()).or_default();
            of_rule.removals += 1;
            of_rule.bytes += bytes;
            if !here.contains(&rule.id.as_str()) {
                here.push(&rule.id);
                of_rule.documents += 1;
            }
        }
        for id in cleaned.flag.iter().flat_map(|flag| &flag.rules) {
            self.rules.entry(id.clone()).or_default().flagged += 1;
        }
    }

    /// For people.
    pub fn table(&self) -> String {
        let bytes = self.bytes_in - self.bytes_out;
        let lines = self.lines_in - self.lines_out;
        let sum = |name: &str, value: String| [name.to_owned(), value];
        let sums = [
            sum("documents", self.documents.to_string()),
            sum("  changed", self.changed.to_string()),
            sum("  undecided", self.undecided.to_string()),
            sum("  flagged", self.flagged.to_string()),
            sum("failed", self.failed.to_string()),
            sum("bytes in", self.bytes_in.to_string()),
            sum("bytes out", self.bytes_out.to_string()),
            sum("bytes removed", with_share(bytes, self.bytes_in)),
            sum("lines removed", with_share(lines, self.lines_in)),
        ];
        let mut out = table(&sums, &[]);

        let head = ["outlet", "documents", "changed", "flagged", "bytes removed"];
        let mut rows = vec![head.map(str::to_owned)];
        for (id, totals) in &self.outlets {
            rows.push([
                id.clone(),
                totals.documents.to_string(),
                totals.changed.to_string(),
                totals.flagged.to_string(),
                (totals.bytes_in - totals.bytes_out).to_string(),
            ]);
        }
        push(&mut out, &rows, &[1, 2, 3, 4]);

        let mut rows = vec![["category", "removals", "bytes"].map(str::to_owned)];
        for (name, took) in sorted(&self.categories, |took| took.removals) {
            rows.push([
                (*name).to_owned(),
                took.removals.to_string(),
                took.bytes.to_string(),
            ]);
        }
        push(&mut out, &rows, &[1, 2]);

        let head = ["rule", "removals", "bytes", "documents", "flagged"];
        let mut rows = vec![head.map(str::to_owned)];
        for (id, totals) in sorted(&self.rules, |totals| totals.removals) {
            rows.push([
                id.clone(),
                totals.removals.to_string(),
                totals.bytes.to_string(),
                totals.documents.to_string(),
                totals.flagged.to_string(),
            ]);
        }
        push(&mut out, &rows, &[1, 2, 3, 4]);
        out
    }

    /// For programs, as one line.
    pub fn json(&self) -> String {
        let json = serde_json::to_string(self).expect("numbers and strings are always JSON");
        json + "\n"
    }
}

/// Adds a table that has more than its head.
fn push<const N: usize>(out: &mut String, rows: &[[String; N]], right: &[usize]) {
    if rows.len() > 1 {
        out.push('\n');
        out.push_str(&table(rows, right));
    }
}

/// The largest first; of equal ones in the order of their names.
fn sorted<K: Ord, V>(map: &BTreeMap<K, V>, by: impl Fn(&V) -> usize) -> Vec<(&K, &V)> {
    let mut list: Vec<(&K, &V)> = map.iter().collect();
    list.sort_by_key(|(_, value)| Reverse(by(value)));
    list
}

fn with_share(part: usize, whole: usize) -> String {
    let share = part as f64 / whole.max(1) as f64 * 100.0;
    format!("{part} ({share:.1} %)")
}

/// The number of lines, a last one without an end among them.
fn lines(text: &str) -> usize {
    text.split_inclusive('\n').count()
}
