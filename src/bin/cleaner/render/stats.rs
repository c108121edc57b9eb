//! `--stats`: what a run took, added up.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use cleaner::Outlets;
use memchr::memchr_iter;
use serde::Serialize;

use super::table;
use crate::work::Page;

/// The name of undecided documents in the table of outlets.
pub(super) const UNDECIDED: &str = "(undecided)";

/// The sums of a run, or of a part of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Those that could be read and have a text.
    pub documents: usize,
    pub changed: usize,
    pub undecided: usize,
    pub flagged: usize,
    /// Files of which nothing was written, and paths that could not be looked at.
    pub failed: usize,
    /// Records that could not be read and were written as they are.
    pub kept: usize,
    /// Records that could not be read and were put aside.
    pub rejected: usize,
    /// Records without a text.
    pub without_text: usize,
    /// Of the undecided ones those whose record names an outlet that there is not, by that name; of
    /// many names only some.
    pub unknown_outlets: BTreeMap<String, usize>,
    pub bytes_in: usize,
    pub bytes_out: usize,
    pub lines_in: usize,
    pub lines_out: usize,
    /// By id.
    pub outlets: BTreeMap<String, OutletTotals>,
    pub categories: BTreeMap<&'static str, Took>,
    /// By id; those that found nothing are not among them.
    pub rules: BTreeMap<String, RuleTotals>,
    /// The rules of the outlets that were met which found nothing, where that is asked for.
    pub never_fired: Vec<String>,
}

/// The most names of outlets that there are not.
const UNKNOWN: usize = 100;

/// The sums of an outlet.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OutletTotals {
    pub documents: usize,
    pub changed: usize,
    pub flagged: usize,
    pub bytes_in: usize,
    pub bytes_out: usize,
    pub lines_in: usize,
    pub lines_out: usize,
}

/// What went of a category: bytes that several of its rules ask for count once, as removals of each.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Took {
    pub removals: usize,
    pub bytes: usize,
    /// Whole lines and parts of lines.
    pub lines: usize,
}

/// What a rule did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct RuleTotals {
    pub documents: usize,
    pub removals: usize,
    pub bytes: usize,
    pub lines: usize,
    /// What it found that stays because of its category.
    pub kept: usize,
    /// The pages that were left as they are because of it, and of others.
    pub flagged: usize,
}

impl Totals {
    /// The sums before the first page; `failed`: the paths that could not be looked at.
    pub fn new(failed: usize) -> Totals {
        Totals {
            failed,
            ..Totals::default()
        }
    }

    /// Bytes of texts that went.
    pub fn gone(&self) -> usize {
        self.bytes_in - self.bytes_out
    }

    /// Counts a document of so many bytes, of which so many go.
    pub fn count(&mut self, bytes: usize, gone: usize) {
        self.documents += 1;
        self.changed += usize::from(gone > 0);
        self.bytes_in += bytes;
        self.bytes_out += bytes - gone;
    }

    /// Counts a document; only `in_detail` by outlet, category and rule.
    pub fn add(&mut self, page: &Page, in_detail: bool) {
        let cleaned = &page.cleaned;
        let changed = usize::from(!page.holes.is_empty());
        let flagged = usize::from(cleaned.flag.is_some());
        let bytes_in = page.text.len();
        let bytes_out = bytes_in - page.gone();
        self.count(bytes_in, page.gone());
        self.flagged += flagged;
        self.undecided += usize::from(page.outlet.is_none());
        if let Some(unknown) = &page.unknown {
            self.add_unknown(unknown, 1);
        }
        if !in_detail {
            return;
        }
        let (lines_in, lines_out) = (lines(page.text), lines(&page.left()));
        self.lines_in += lines_in;
        self.lines_out += lines_out;
        let outlet = page.outlet.as_ref();
        let outlet = outlet.map_or(UNDECIDED, |(cleaner, _)| cleaner.outlet());
        entry(&mut self.outlets, outlet).merge(&OutletTotals {
            documents: 1,
            changed,
            flagged,
            bytes_in,
            bytes_out,
            lines_in,
            lines_out,
        });
        let mut here: Vec<&str> = Vec::new();
        // How far each category has been counted: rules may ask for the same bytes.
        let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
        for removal in &cleaned.removals {
            let Some(rule) = &removal.rule else { continue };
            let category = rule.category.name();
            let end = ends.entry(category).or_default();
            let start = *end;
            *end = removal.span.end.max(*end);
            let new = removal.span.start.max(start)..*end;
            self.categories.entry(category).or_default().merge(&Took {
                removals: 1,
                bytes: new.len(),
                lines: lines(&page.text[new]),
            });
            let is_first = !here.contains(&rule.id.as_str());
            if is_first {
                here.push(&rule.id);
            }
            entry(&mut self.rules, &rule.id).merge(&RuleTotals {
                documents: usize::from(is_first),
                removals: 1,
                bytes: removal.span.len(),
                lines: lines(&page.text[removal.span.clone()]),
                ..RuleTotals::default()
            });
        }
        for rule in cleaned
            .kept
            .iter()
            .filter_map(|removal| removal.rule.as_ref())
        {
            entry(&mut self.rules, &rule.id).kept += 1;
        }
        for id in cleaned.flag.iter().flat_map(|flag| &flag.rules) {
            entry(&mut self.rules, id).flagged += 1;
        }
    }

    /// Adds the sums of another part of the run.
    pub fn merge(&mut self, other: &Totals) {
        self.documents += other.documents;
        self.changed += other.changed;
        self.undecided += other.undecided;
        self.flagged += other.flagged;
        self.failed += other.failed;
        self.kept += other.kept;
        self.rejected += other.rejected;
        self.without_text += other.without_text;
        for (id, count) in &other.unknown_outlets {
            self.add_unknown(id, *count);
        }
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.lines_in += other.lines_in;
        self.lines_out += other.lines_out;
        for (id, totals) in &other.outlets {
            entry(&mut self.outlets, id).merge(totals);
        }
        for (name, took) in &other.categories {
            self.categories.entry(name).or_default().merge(took);
        }
        for (id, totals) in &other.rules {
            entry(&mut self.rules, id).merge(totals);
        }
    }

    fn add_unknown(&mut self, id: &str, count: usize) {
        if let Some(known) = self.unknown_outlets.get_mut(id) {
            *known += count;
        } else if self.unknown_outlets.len() < UNKNOWN {
            self.unknown_outlets.insert(id.to_owned(), count);
        }
    }

    /// Looks for the rules that found nothing.
    pub fn look_for_idle_rules(&mut self, outlets: &Outlets) {
        // Those that the run has met are in order.
        let met = self.outlets.keys();
        let met = met.filter_map(|id| outlets.cleaner(id).ok().flatten());
        let mut idle: Vec<String> = met
            .flat_map(|cleaner| cleaner.rules().to_vec())
            .filter(|rule| !self.rules.contains_key(&rule.id))
            .map(|rule| rule.id.clone())
            .collect();
        idle.sort();
        idle.dedup();
        self.never_fired = idle;
    }

    /// For people.
    pub fn table(&self) -> String {
        let bytes = self.gone();
        let lines = self.lines_in - self.lines_out;
        let sum = |name: &str, value: String| [name.to_owned(), value];
        let mut sums = vec![
            sum("documents", self.documents.to_string()),
            sum("  changed", self.changed.to_string()),
            sum("  undecided", self.undecided.to_string()),
            sum("  flagged", self.flagged.to_string()),
            sum("failed", self.failed.to_string()),
        ];
        // Only of corpora, and only where there are any.
        for (name, count) in [
            ("records kept as they are", self.kept),
            ("records rejected", self.rejected),
            ("records without text", self.without_text),
        ] {
            if count > 0 {
                sums.push(sum(name, count.to_string()));
            }
        }
        sums.extend([
            sum("bytes in", self.bytes_in.to_string()),
            sum("bytes out", self.bytes_out.to_string()),
            sum("bytes removed", with_share(bytes, self.bytes_in)),
            sum("lines removed", with_share(lines, self.lines_in)),
        ]);
        let mut out = table(&sums, &[]);

        let head = [
            "outlet",
            "documents",
            "changed",
            "flagged",
            "bytes removed",
            "lines removed",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        for (id, totals) in &self.outlets {
            rows.push([
                id.clone(),
                totals.documents.to_string(),
                totals.changed.to_string(),
                totals.flagged.to_string(),
                (totals.bytes_in - totals.bytes_out).to_string(),
                (totals.lines_in - totals.lines_out).to_string(),
            ]);
        }
        push(&mut out, &rows, &[1, 2, 3, 4, 5]);

        let mut rows = vec![["category", "removals", "bytes", "lines"].map(str::to_owned)];
        for (name, took) in sorted(&self.categories, |took| took.removals) {
            rows.push([
                (*name).to_owned(),
                took.removals.to_string(),
                took.bytes.to_string(),
                took.lines.to_string(),
            ]);
        }
        push(&mut out, &rows, &[1, 2, 3]);

        let head = ["rule", "removals", "bytes", "lines", "documents", "flagged"];
        let mut rows = vec![head.map(str::to_owned)];
        for (id, totals) in sorted(&self.rules, |totals| totals.removals) {
            if totals.removals + totals.flagged == 0 {
                continue;
            }
            rows.push([
                id.clone(),
                totals.removals.to_string(),
                totals.bytes.to_string(),
                totals.lines.to_string(),
                totals.documents.to_string(),
                totals.flagged.to_string(),
            ]);
        }
        push(&mut out, &rows, &[1, 2, 3, 4, 5]);
        if !self.never_fired.is_empty() {
            out.push_str("\nrules of these outlets that never fired\n");
            for id in &self.never_fired {
                out.push_str(&format!("{id}\n"));
            }
        }
        out
    }

    /// For programs, as one line.
    pub fn json(&self) -> String {
        let json = serde_json::to_string(self).expect("numbers and strings are always JSON");
        json + "\n"
    }
}

impl OutletTotals {
    fn merge(&mut self, other: &OutletTotals) {
        self.documents += other.documents;
        self.changed += other.changed;
        self.flagged += other.flagged;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.lines_in += other.lines_in;
        self.lines_out += other.lines_out;
    }
}

impl Took {
    fn merge(&mut self, other: &Took) {
        self.removals += other.removals;
        self.bytes += other.bytes;
        self.lines += other.lines;
    }
}

impl RuleTotals {
    fn merge(&mut self, other: &RuleTotals) {
        self.documents += other.documents;
        self.removals += other.removals;
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.kept += other.kept;
        self.flagged += other.flagged;
    }
}

/// The value of a key, whose name is copied only the first time.
pub(super) fn entry<'m, V: Default>(map: &'m mut BTreeMap<String, V>, key: &str) -> &'m mut V {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), V::default());
    }
    map.get_mut(key).expect("it is there now")
}

/// Adds a table that has more than its head.
pub(super) fn push<const N: usize>(out: &mut String, rows: &[[String; N]], right: &[usize]) {
    if rows.len() > 1 {
        out.push('\n');
        out.push_str(&table(rows, right));
    }
}

/// The largest first; of equal ones in the order of their names.
pub(super) fn sorted<K: Ord, V>(map: &BTreeMap<K, V>, by: impl Fn(&V) -> usize) -> Vec<(&K, &V)> {
    let mut list: Vec<(&K, &V)> = map.iter().collect();
    list.sort_by_key(|(_, value)| Reverse(by(value)));
    list
}

pub(super) fn with_share(part: usize, whole: usize) -> String {
    let share = part as f64 / whole.max(1) as f64 * 100.0;
    format!("{part} ({share:.1} %)")
}

/// The number of lines, a last one without an end among them.
fn lines(text: &str) -> usize {
    let ends = memchr_iter(b'\n', text.as_bytes()).count();
    ends + usize::from(!text.is_empty() && !text.ends_with('\n'))
}
