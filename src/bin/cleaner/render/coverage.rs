//! `rules coverage`: what the rules hit, by outlet and month, and what is unusual about it.
//!
//! The counts are those of `--stats`, kept for each outlet and month. What is usual is said by the
//! quartiles of all pages, which single odd pages do not move; unusual is what lies three times the
//! distance between the quartiles beyond them (Tukey's outer fences), of eight pages or more.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::stats::{RuleTotals, Totals, UNDECIDED, entry, push};
use super::table;
use crate::console::printable;
use crate::work::Page;

/// Fewer pages tell nothing of what is usual.
const FEW: usize = 8;
/// So many times the distance of the quartiles lies between them and what is unusual.
const FAR: u32 = 3;
/// The pages that are kept of each end of a spread.
const EXTREMES: usize = 10;
/// The pages of an exploding rule that the table names.
const NAMED: usize = 3;
/// A rule that takes less of a page, in thousandths, does not explode.
const MUCH: u32 = 500;
/// A rule that takes fewer parts of a page does not explode.
const OFTEN: u32 = 10;

/// The least distance of the quartiles that counts: where nearly all pages are alike, a little more
/// is nothing yet.
mod least {
    /// Of shares: thousandths.
    pub const SHARE: u32 = 50;
    /// Of numbers of removals.
    pub const TIMES: u32 = 1;
}

/// What rules hit on the pages of a run, or of a part of it.
#[derive(Debug, Default)]
pub struct Coverage {
    /// By outlet and month; no month: no rule read one, or not in a form that is known.
    months: BTreeMap<(String, Option<String>), Totals>,
    /// By outlet: the share of each page that goes.
    shares: BTreeMap<String, Spread>,
    /// By rule: the share that it takes of each page on which it takes something.
    takes: BTreeMap<String, Spread>,
    /// By rule: the removals on each page on which there are any.
    times: BTreeMap<String, Spread>,
}

/// How a number is spread over pages.
#[derive(Debug, Default)]
struct Spread {
    /// The pages that have the number.
    pages: BTreeMap<u32, usize>,
    /// Those with the largest numbers, the largest first; of equal ones the first that were met.
    highest: Vec<(u32, String)>,
    /// Those with the smallest numbers, the smallest first.
    lowest: Vec<(u32, String)>,
}

/// The quartiles of a number, and where the unusual begins.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Usual {
    quartiles: [u32; 3],
    /// What is below the first, or above the second, is unusual; `None`: the pages are too few.
    fences: Option<(u32, u32)>,
}

/// A rule that takes far more than it usually does.
#[derive(Debug, Serialize)]
struct Exploding<'a> {
    rule: &'a str,
    /// `share`: of a page's bytes; `times`: parts of a page.
    what: &'static str,
    /// The median of the pages that it hits.
    usual: Number,
    /// So much, or more, is far more.
    limit: Number,
    /// The pages that it hits.
    hits: usize,
    /// Those on which it explodes.
    pages: usize,
    /// The worst of them.
    worst: Vec<Extreme<'a>>,
}

/// A page far off the others.
#[derive(Debug, Serialize)]
struct Extreme<'a> {
    page: &'a str,
    value: Number,
}

/// A share, or a number of removals.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum Number {
    Share(f64),
    Times(u32),
}

/// The shares of an outlet's pages.
#[derive(Debug, Serialize)]
struct Shares<'a> {
    outlet: &'a str,
    documents: usize,
    least: Number,
    quartiles: [Number; 3],
    most: Number,
    /// How many pages are far off the others.
    outliers: usize,
    /// Those with the largest shares, and those with the smallest.
    pages: Vec<Extreme<'a>>,
}

impl Coverage {
    /// Counts a document.
    pub fn add(&mut self, page: &Page) {
        let outlet = page.outlet.as_ref();
        let outlet = outlet.map_or(UNDECIDED, |(cleaner, _)| cleaner.outlet());
        let key = (outlet.to_owned(), month_of(page));
        self.months.entry(key).or_default().add(page, true);
        let name = page.name();
        let share = thousandths(page.gone(), page.text.len());
        entry(&mut self.shares, outlet).add(share, &name);
        // Of each rule: bytes and removals.
        let mut took: BTreeMap<&str, (usize, u32)> = BTreeMap::new();
        for removal in &page.cleaned.removals {
            let Some(rule) = &removal.rule else { continue };
            let (bytes, times) = took.entry(&rule.id).or_default();
            *bytes += removal.span.len();
            *times += 1;
        }
        for (id, (bytes, times)) in took {
            entry(&mut self.takes, id).add(thousandths(bytes, page.text.len()), &name);
            entry(&mut self.times, id).add(times, &name);
        }
    }

    /// Adds what came of pages that follow these.
    pub fn merge(&mut self, other: Coverage) {
        for (key, totals) in other.months {
            self.months.entry(key).or_default().merge(&totals);
        }
        for (ours, theirs) in [
            (&mut self.shares, other.shares),
            (&mut self.takes, other.takes),
            (&mut self.times, other.times),
        ] {
            for (id, spread) in theirs {
                ours.entry(id).or_default().merge(spread);
            }
        }
    }

    /// For people; `totals`: the sums of the run, with the rules that found nothing.
    pub fn table(&self, totals: &Totals) -> String {
        let mut out = String::new();
        let head = [
            "outlet",
            "rule",
            "month",
            "documents",
            "of",
            "removals",
            "bytes",
            "kept",
            "flagged",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        for (outlet, rule, month, of, hit) in self.hits() {
            rows.push([
                outlet.to_owned(),
                rule.to_owned(),
                month.unwrap_or("-").to_owned(),
                hit.documents.to_string(),
                of.to_string(),
                hit.removals.to_string(),
                hit.bytes.to_string(),
                hit.kept.to_string(),
                hit.flagged.to_string(),
            ]);
        }
        let right = [3, 4, 5, 6, 7, 8];
        out.push_str(&if rows.len() > 1 {
            table(&rows, &right)
        } else {
            "no rule found anything\n".to_owned()
        });
        if !totals.never_fired.is_empty() {
            out.push_str("\ndead: rules of these outlets that found nothing\n");
            for id in &totals.never_fired {
                out.push_str(&format!("{id}\n"));
            }
        }
        let exploding = self.exploding();
        if !exploding.is_empty() {
            out.push_str(
                "\nexploding: rules that take half of a page, or ten parts of it, and far more than usual (of eight pages or more)\n",
            );
            let head = ["rule", "takes", "usually", "limit", "pages", "of", "worst"];
            let mut rows = vec![head.map(str::to_owned)];
            for one in &exploding {
                for (at, worst) in one.worst.iter().take(NAMED).enumerate() {
                    let first = |cell: String| if at == 0 { cell } else { String::new() };
                    rows.push([
                        first(one.rule.to_owned()),
                        worst.value.to_string(),
                        first(one.usual.to_string()),
                        first(one.limit.to_string()),
                        first(one.pages.to_string()),
                        first(one.hits.to_string()),
                        printable(worst.page),
                    ]);
                }
            }
            out.push_str(&table(&rows, &[1, 2, 3, 4, 5]));
        }
        let shares = self.shares();
        let head = [
            "outlet",
            "documents",
            "least",
            "lower quartile",
            "median",
            "upper quartile",
            "most",
            "outliers",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(shares.iter().map(|one| {
            let [first, second, third] = one.quartiles.map(|share| share.to_string());
            let (least, most) = (one.least.to_string(), one.most.to_string());
            let (documents, outliers) = (one.documents.to_string(), one.outliers.to_string());
            let outlet = one.outlet.to_owned();
            [
                outlet, documents, least, first, second, third, most, outliers,
            ]
        }));
        if rows.len() > 1 {
            out.push_str("\nshare of the text that goes of each page\n");
            out.push_str(&table(&rows, &[1, 2, 3, 4, 5, 6, 7]));
        }
        let mut rows = vec![["outlier", "removed", "outlet"].map(str::to_owned)];
        for one in &shares {
            rows.extend(one.pages.iter().map(|page| {
                let share = page.value.to_string();
                [printable(page.page), share, one.outlet.to_owned()]
            }));
        }
        push(&mut out, &rows, &[1]);
        out
    }

    /// For programs, as one line; `totals`: the sums of the run, with the rules that found nothing.
    pub fn json(&self, totals: &Totals) -> String {
        #[derive(Serialize)]
        struct Hit<'a> {
            outlet: &'a str,
            rule: &'a str,
            month: Option<&'a str>,
            /// The documents of the outlet in the month.
            of: usize,
            #[serde(flatten)]
            totals: &'a RuleTotals,
        }
        #[derive(Serialize)]
        struct Whole<'a> {
            totals: &'a Totals,
            hits: Vec<Hit<'a>>,
            dead: &'a [String],
            exploding: Vec<Exploding<'a>>,
            shares: Vec<Shares<'a>>,
        }
        let hit = |(outlet, rule, month, of, totals)| Hit {
            outlet,
            rule,
            month,
            of,
            totals,
        };
        let whole = Whole {
            totals,
            hits: self.hits().into_iter().map(hit).collect(),
            dead: &totals.never_fired,
            exploding: self.exploding(),
            shares: self.shares(),
        };
        let json = serde_json::to_string(&whole).expect("numbers and strings are always JSON");
        json + "\n"
    }

    /// Outlet, rule, month, the documents there are of them, and the sums; in that order.
    fn hits(&self) -> Vec<(&str, &str, Option<&str>, usize, &RuleTotals)> {
        let mut hits = Vec::new();
        for ((outlet, month), totals) in &self.months {
            for (rule, hit) in &totals.rules {
                let month = month.as_deref();
                hits.push((&**outlet, &**rule, month, totals.documents, hit));
            }
        }
        hits.sort_by_key(|&(outlet, rule, month, ..)| (outlet, rule, month));
        hits
    }

    /// Those that take the largest share first, then those that take the most parts.
    fn exploding(&self) -> Vec<Exploding<'_>> {
        let mut found = Vec::new();
        for (what, spreads, floor, least, number) in [
            (
                "share",
                &self.takes,
                MUCH,
                least::SHARE,
                Number::of_thousandths as fn(u32) -> Number,
            ),
            (
                "times",
                &self.times,
                OFTEN,
                least::TIMES,
                Number::Times as fn(u32) -> Number,
            ),
        ] {
            let mut these = Vec::new();
            for (rule, spread) in spreads {
                let usual = spread.usual(least);
                let beyond = usual.fences.map_or(0, |(_, fence)| fence + 1);
                let limit = floor.max(beyond);
                let is_beyond = |value: u32| value >= limit;
                let pages = spread.count(is_beyond);
                if pages == 0 {
                    continue;
                }
                let worst = spread
                    .highest
                    .iter()
                    .filter(|(value, _)| is_beyond(*value))
                    .map(|(value, page)| Extreme {
                        page,
                        value: number(*value),
                    });
                let most = spread.pages.keys().next_back().copied();
                let one = Exploding {
                    rule,
                    what,
                    usual: number(usual.quartiles[1]),
                    limit: number(limit),
                    hits: spread.count(|_| true),
                    pages,
                    worst: worst.collect(),
                };
                these.push((most, one));
            }
            these.sort_by_key(|(most, _)| Reverse(*most));
            found.extend(these.into_iter().map(|(_, one)| one));
        }
        found
    }

    fn shares(&self) -> Vec<Shares<'_>> {
        let outlets = self.shares.iter().map(|(outlet, spread)| {
            let usual = spread.usual(least::SHARE);
            let (low, high) = usual.fences.unwrap_or((0, u32::MAX));
            let is_odd = |value: u32| value < low || value > high;
            let ends = spread.highest.iter().chain(spread.lowest.iter().rev());
            let mut pages: Vec<Extreme> = Vec::new();
            for (value, page) in ends.filter(|(value, _)| is_odd(*value)) {
                if !pages.iter().any(|known| known.page == page) {
                    let value = Number::of_thousandths(*value);
                    pages.push(Extreme { page, value });
                }
            }
            let ends = || spread.pages.keys().copied();
            Shares {
                outlet,
                documents: spread.count(|_| true),
                least: Number::of_thousandths(ends().next().unwrap_or_default()),
                quartiles: usual.quartiles.map(Number::of_thousandths),
                most: Number::of_thousandths(ends().next_back().unwrap_or_default()),
                outliers: spread.count(is_odd),
                pages,
            }
        });
        outlets.collect()
    }
}

impl Spread {
    fn add(&mut self, value: u32, page: &str) {
        *self.pages.entry(value).or_default() += 1;
        let is_full = |list: &[(u32, String)]| list.len() == EXTREMES;
        if !is_full(&self.highest) || self.highest.last().is_some_and(|last| value > last.0) {
            self.highest.push((value, page.to_owned()));
        }
        if !is_full(&self.lowest) || self.lowest.last().is_some_and(|last| value < last.0) {
            self.lowest.push((value, page.to_owned()));
        }
        self.trim();
    }

    fn merge(&mut self, other: Spread) {
        for (value, pages) in other.pages {
            *self.pages.entry(value).or_default() += pages;
        }
        self.highest.extend(other.highest);
        self.lowest.extend(other.lowest);
        self.trim();
    }

    fn trim(&mut self) {
        self.highest.sort_by_key(|(value, _)| Reverse(*value));
        self.highest.truncate(EXTREMES);
        self.lowest.sort_by_key(|(value, _)| *value);
        self.lowest.truncate(EXTREMES);
    }

    /// The number of pages whose number is such.
    fn count(&self, is_such: impl Fn(u32) -> bool) -> usize {
        let such = self.pages.iter().filter(|(value, _)| is_such(**value));
        such.map(|(_, pages)| pages).sum()
    }

    /// The quartiles are numbers of pages: the first that so many pages do not exceed.
    fn usual(&self, least: u32) -> Usual {
        let all = self.count(|_| true);
        let quartile = |quarters: usize| {
            let rank = (all * quarters).div_ceil(4);
            let mut below = 0;
            let reached = self.pages.iter().find(|(_, pages)| {
                below += **pages;
                below >= rank
            });
            reached.map_or(0, |(value, _)| *value)
        };
        let quartiles = [1, 2, 3].map(quartile);
        let distance = FAR * (quartiles[2] - quartiles[0]).max(least);
        let fences = (
            quartiles[0].saturating_sub(distance),
            quartiles[2] + distance,
        );
        Usual {
            quartiles,
            fences: (all >= FEW).then_some(fences),
        }
    }
}

impl Number {
    fn of_thousandths(share: u32) -> Number {
        Number::Share(f64::from(share) / 1000.0)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Number::Share(share) => write!(f, "{:.1} %", share * 100.0),
            Number::Times(times) => write!(f, "{times}"),
        }
    }
}

/// A part of a page as thousandths of it.
fn thousandths(part: usize, page: usize) -> u32 {
    let share = (part * 1000).checked_div(page).unwrap_or_default();
    u32::try_from(share).unwrap_or(u32::MAX)
}

/// The month of a page, as in 2019-05: the first that its fields tell.
fn month_of(page: &Page) -> Option<String> {
    ["published", "crawled"].iter().find_map(|field| {
        let values = page.cleaned.fields.get(*field)?;
        values.iter().find_map(|value| month(value))
    })
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The month of a date such as 2019-05-12, 2019/05, 12.05.2019, May 12, 2019 or 12 May 2019.
fn month(date: &str) -> Option<String> {
    let words: Vec<&str> = date
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let is_number = |word: &str, digits: usize| {
        word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_year = |word: &str| is_number(word, 4) && ("1900"..="2099").contains(&word);
    let year = words.iter().position(|word| is_year(word))?;
    let number = |word: &&str| {
        let month: usize = word.parse().ok().filter(|_| is_number(word, 2))?;
        (1..=12).contains(&month).then_some(month)
    };
    let name = |word: &&str| {
        let word = word.to_ascii_lowercase();
        // May is whole as it is short.
        let is_this = |name: &&str| word.len() >= 3 && name.starts_with(&word);
        MONTHS.iter().position(is_this).map(|at| at + 1)
    };
    let named = words.iter().find_map(name);
    let behind = || words.get(year + 1).and_then(number);
    // With dots the day stands first; with slashes it may be either.
    let before = || match year.checked_sub(1) {
        Some(at) if at > 0 && date.contains('.') => number(&words[at]),
        _ => None,
    };
    let month = named.or_else(behind).or_else(before)?;
    Some(format!("{}-{month:02}", words[year]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_is_read_from_usual_dates_and_no_others() {
        for (date, wanted) in [
            ("2019-05-12", Some("2019-05")),
            ("2016-10", Some("2016-10")),
            ("2019/05/12 10:00", Some("2019-05")),
            ("2019-05-12T10:00:00Z", Some("2019-05")),
            ("12.05.2019", Some("2019-05")),
            ("October 12, 2016 / 10:03 PM", Some("2016-10")),
            ("12 May 2019", Some("2019-05")),
            ("Sept. 3, 2020", Some("2020-09")),
            ("12/05/2019", None),
            ("2019", None),
            ("2019-13-01", None),
            ("3019-05-01", None),
            ("12 мая 2019", None),
            ("", None),
            ("yesterday", None),
        ] {
            assert_eq!(month(date).as_deref(), wanted, "{date}");
        }
    }

    fn spread(values: &[u32]) -> Spread {
        let mut spread = Spread::default();
        for (at, value) in values.iter().enumerate() {
            spread.add(*value, &format!("page-{at}"));
        }
        spread
    }

    #[test]
    fn one_odd_page_does_not_move_what_is_usual() {
        let usual = spread(&[100, 110, 120, 130, 140, 150, 160, 990]).usual(least::SHARE);
        assert_eq!(usual.quartiles, [110, 130, 150]);
        assert_eq!(usual.fences, Some((0, 300)));
        let alike = spread(&[400; 9]).usual(least::SHARE);
        assert_eq!(alike.fences, Some((250, 550)));
        assert_eq!(spread(&[400; 7]).usual(least::SHARE).fences, None);
    }

    #[test]
    fn merged_spreads_are_the_spread_of_all() {
        let values: Vec<u32> = (0..40).map(|at| at * 37 % 23).collect();
        let (mut first, second) = (spread(&values), spread(&[]));
        first.merge(second);
        let mut pieces = Spread::default();
        for (at, value) in values.iter().enumerate() {
            let mut piece = Spread::default();
            piece.add(*value, &format!("page-{at}"));
            pieces.merge(piece);
        }
        assert_eq!(pieces.pages, first.pages);
        assert_eq!(pieces.highest, first.highest);
        assert_eq!(pieces.lowest, first.lowest);
    }
}
