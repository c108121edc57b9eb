//! Sample pages of one outlet, and the draft of a rule *file* made of them.
//!
//! A draft is text that a person reviews, never a [`Cleaner`]: a rule that a machine
//! wrote passes the same check as one that a person wrote. No rule comes from a word list; words only
//! guess categories ([`Sample::words`]).
//!
//! # How it is found
//!
//! | what | how, and where it is known from |
//! |---|---|
//! | lines that recur | document frequency of folded lines, counted by story: template detection (Bar-Yossef & Rajagopalan 2002; Yi, Liu & Li's *site style tree*, 2003, whose nodes of low entropy across pages are the site's) |
//! | one story on several pages | shingles of six words, sampled by hash (Broder 1997): pages with half of the smaller one's in common count once |
//! | numbers and dates | the line's shape, a `0` for each run of digits, counted the same way |
//! | "By NAME", "Published under: …", "Home › …", "← …" | lines keyed by their first, or first and last, words, by the root of a path or by an arrow; of each key the common frame, by longest common subsequence, becomes the pattern (wrapper induction: Kushmerick 1997; RoadRunner, Crescenzi et al. 2001) |
//! | where the article is | the run of lines with the greatest sum of weights, prose that stands nowhere else for it, what recurs against (maximum subsequence segmentation: Pasternack & Roth 2009); a headline shares its words with it |
//! | lists, boxes | the lines that recur align the pages; short lines that differ at the same place beside or between them are slots (RoadRunner; partial tree alignment: Zhai & Liu 2005) |
//! | sections' names | short lines between what recurs and the headline |
//! | boxes about authors | a name, below it a line that begins with it, below that what recurs |
//! | marks in paragraphs | what stands before the first dash or behind the last sentence, counted the same way |
//! | to the end | the first line that recurs below which no page has an article's run of prose, and between which and the next such line no page has more text than titles; no line as long as a headline, and no date: another story's, it heads its own page |
//! | a line on one page alone | its neighbours: in a group, or between lines, that recur, outside of the article (context of neighbours: Kohlschütter et al. 2010) |
//! | runs | a text that mostly follows another one is its next step |
//!
//! All of it is counting by hash and sorting: the time is in proportion to the pages. Pages are never
//! compared in pairs, but those that share rare shingles.
//!
//! A line that stands above the article on one page alone and below it on others is a headline to which
//! they link: it is taken nowhere.
//!
//! The draft's ceiling is so high that a story of a few sentences is cleaned too of what the pages have around
//! theirs.
//!
//! What is not sure is written `disabled`, with the reason: a short line alone amid the text may be a
//! subhead, a sentence may be background that stories share. A refrain recurs on its own page, not on
//! others, and is not seen at all.

mod find;
mod rule;
mod sheet;
mod template;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use crate::cleaner::{CEILING, Categories, Cleaner, Reason};
use crate::error::Result;
use crate::outlets::Outlets;
use crate::schema::Category;

use find::Finder;
use rule::{Rule, quoted, quoted_lines};
use sheet::Sheets;

/// The family that every outlet extends.
const CRAWL: &str = "crawl";
/// From so many stories on, rules are tried on pages held out of their making.
const HELD_OUT: usize = 4;
/// In how many parts the pages are held out.
const PARTS: usize = 4;
/// The most signs that are proposed.
const SIGNS: usize = 3;
/// The lines of a zone in which an article's text stands too.
const PLACE: u32 = 12;
/// The bytes of a short story, of which the shell that the pages have should go too.
const SHORT: usize = 300;
/// The longest part of a paragraph in an example: characters.
const EXCERPT: usize = 160;

/// Pages of one outlet, and what is known of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The id of the outlet: small letters, digits and single hyphens.
    pub outlet: String,
    /// Its name for people; the id without it.
    pub name: Option<String>,
    /// Its hosts.
    pub domains: Vec<String>,
    /// The texts of its pages.
    pub pages: Vec<String>,
    /// Whether words may guess categories; without it the place alone does. What is found is the
    /// same.
    pub words: bool,
}

/// A rule file as it is proposed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Draft {
    /// What stands above the rules: a comment, and the file's own keys.
    pub head: String,
    /// The rules, those that run before those that are disabled.
    pub proposals: Vec<Proposal>,
    /// The families that the outlet should extend.
    pub extends: Vec<String>,
    /// How many pages were read.
    pub pages: usize,
    /// How many stories they tell; pages of one story count once.
    pub stories: usize,
}

/// A rule as it is proposed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// How it finds: `line`, `block`, `inline` or `duplicate`.
    pub kind: &'static str,
    /// What it is likely to find.
    pub category: Category,
    /// Of how many stories the pages show it.
    pub support: usize,
    /// What it took where it should not.
    pub risk: Risk,
    /// Why it should not run yet.
    pub disabled: Option<String>,
    /// Its table in the rule file.
    pub toml: String,
}

/// What a proposed rule took of text that it was not made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Risk {
    /// The rule was made anew without each part of the pages, and tried on that part.
    HeldOut {
        /// On how many pages.
        pages: usize,
        /// How many lines it took.
        lines: usize,
        /// How many of them are prose amid the text that stands nowhere else.
        text: usize,
    },
    /// The rule was tried on built-in lines of ordinary news.
    Probe {
        /// On how many lines.
        lines: usize,
        /// How many of them it took.
        taken: usize,
    },
}

impl Draft {
    /// The rule file.
    pub fn toml(&self) -> String {
        let rules = self.proposals.iter().map(|proposal| proposal.toml.as_str());
        let mut toml = self.head.clone();
        for rule in rules {
            toml.push('\n');
            toml.push_str(rule);
        }
        toml
    }
}

/// Drafts the rule file of an outlet.
///
/// The draft passes the check that rule files pass. It is the same for the same sample and outlets,
/// and takes time in proportion to the pages.
///
/// # Errors
/// An id or a domain that no rule file may have.
///
/// ```
/// use cleaner::{Outlets, Sample, suggest};
///
/// let page = |text: &str| format!("The Valley Herald\n\n{text}\n\nMore from the Valley\n");
/// let pages = vec![
///     page("The bridge over the Tolma was opened on Friday after two years of work."),
///     page("Snow has closed the pass, and nobody knows for how long it will be so."),
/// ];
/// let sample = Sample { outlet: "valley".to_owned(), name: None, domains: vec![], pages, words: true };
/// let draft = suggest(&sample, Outlets::bundled()).unwrap();
/// assert!(draft.toml().contains("More from the Valley"));
/// ```
pub fn suggest(sample: &Sample, outlets: &Outlets) -> Result<Draft> {
    let bare = Header {
        sample,
        extends: Vec::new(),
        signs: Vec::new(),
        ceiling: None,
    };
    outlets.and_file(&file_name(sample), &bare.toml(0, 0))?;
    let pages: Vec<&str> = sample.pages.iter().map(String::as_str).collect();
    let (extends, covered) = families(sample, &pages, outlets)?;
    let all = Sheets::new(&pages, &covered);
    let mut header = Header { extends, ..bare };
    let mut made = Made::new(&header, &all, outlets);
    made.try_on(&all, &pages);
    made.ask_for_two();
    header.ceiling = made.ceiling;
    let probes = made.probed();
    let risks = match all.stories >= HELD_OUT {
        true => made.held_out(&header, &all, &pages, &covered, outlets),
        false => probes.clone(),
    };
    header.signs = signs(&all, &made, sample, outlets);
    let mut proposals: Vec<Proposal> = Vec::new();
    for ((written, risk), probe) in made.rules.iter_mut().zip(risks).zip(probes) {
        let why = match (risk.is_bad(), probe.is_bad()) {
            (true, _) => Some("it took what may be text: see its risk"),
            (false, true) => {
                Some("it took a line that any article may have, one of a built-in set")
            }
            (false, false) => None,
        };
        if let (None, Some(why)) = (&written.rule.disabled, why) {
            written.rule.disabled = Some(why.to_owned());
        }
        proposals.push(Proposal {
            id: written.id.clone(),
            kind: written.rule.kind(),
            category: written.category,
            support: written.rule.support,
            risk,
            disabled: written.rule.disabled.clone(),
            toml: written.toml(all.stories, Some(risk)),
        });
    }
    proposals.sort_by_key(|proposal| proposal.disabled.is_some());
    let draft = Draft {
        head: header.toml(pages.len(), all.stories),
        proposals,
        extends: header.extends,
        pages: pages.len(),
        stories: all.stories,
    };
    // Each rule has passed alone; signs and all of it together have not been tried yet.
    outlets.and_file(&file_name(sample), &draft.toml())?;
    Ok(draft)
}

fn file_name(sample: &Sample) -> String {
    format!("{}.toml", sample.outlet)
}

/// The keys of a file.
struct Header<'a> {
    sample: &'a Sample,
    extends: Vec<String>,
    signs: Vec<String>,
    ceiling: Option<f64>,
}

impl Header<'_> {
    fn toml(&self, pages: usize, stories: usize) -> String {
        let mut toml = String::new();
        if pages > 0 {
            let counted = match pages == stories {
                true => String::new(),
                false => format!(" ({stories} stories: pages of one story count once)"),
            };
            let _ = writeln!(
                toml,
                "# A draft, from {pages} pages{counted}. Read every rule, say in its note why it is safe, take out what is not."
            );
        }
        let list = |values: &[String]| {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            format!("[{}]", values.join(", "))
        };
        let name = self.sample.name.as_deref().unwrap_or(&self.sample.outlet);
        let _ = writeln!(toml, "outlet = {}", quoted(&self.sample.outlet));
        let _ = writeln!(toml, "name = {}", quoted(name));
        if !self.sample.domains.is_empty() {
            let _ = writeln!(toml, "domains = {}", list(&self.sample.domains));
        }
        if !self.signs.is_empty() {
            let signs = self
                .signs
                .iter()
                .map(|sign| format!("{{ text = {} }}", quoted(sign)));
            let _ = writeln!(toml, "signs = [{}]", signs.collect::<Vec<_>>().join(", "));
        }
        if !self.extends.is_empty() {
            let _ = writeln!(toml, "extends = {}", list(&self.extends));
        }
        if let Some(ceiling) = self.ceiling {
            let _ = writeln!(toml, "ceiling = {ceiling:.2}");
        }
        toml
    }
}

/// The bytes of a page that rules take.
type Holes = Vec<Range<usize>>;

/// The families whose signs a third of the pages have, and what their rules take of each page.
fn families(
    sample: &Sample,
    pages: &[&str],
    outlets: &Outlets,
) -> Result<(Vec<String>, Vec<Holes>)> {
    let mut extends = Vec::new();
    let mut covered: Vec<Holes> = vec![Vec::new(); pages.len()];
    for family in outlets.outlets().filter(|outlet| outlet.is_family) {
        if family.id == sample.outlet {
            continue;
        }
        let Some(cleaner) = outlets.cleaner(&family.id)? else {
            continue;
        };
        let holes: Vec<Holes> = pages.iter().map(|page| holes(&cleaner, page)).collect();
        // Rules that take what any page may have, as a line printed twice, tell nothing: signs do.
        let is_its = |page: &&str| {
            let told = outlets.by_signs(page);
            told.is_some_and(|told| told.id == family.id || told.extends.contains(&family.id))
        };
        let hit = pages.iter().filter(|page| is_its(page)).count();
        if family.id != CRAWL && (hit * 3 < pages.len() || hit < 2) {
            continue;
        }
        extends.push(family.id.clone());
        for (covered, holes) in covered.iter_mut().zip(holes) {
            covered.extend(holes);
        }
    }
    // An inherited rule applies once, whichever way it comes.
    let inherited: BTreeSet<String> = extends
        .iter()
        .filter_map(|id| outlets.outlet(id))
        .flat_map(|outlet| outlet.extends.clone())
        .collect();
    extends.retain(|id| id == CRAWL || !inherited.contains(id));
    Ok((extends, covered))
}

fn holes(cleaner: &Cleaner, page: &str) -> Holes {
    cleaner.clean_of(page, everything()).holes()
}

/// All categories: what stays because of its category is found too.
fn everything() -> Categories {
    Category::ALL
        .iter()
        .fold(Categories::default(), |all, category| all.also(*category))
}

/// A rule with all that its table needs.
#[derive(Clone)]
struct Written {
    rule: Rule,
    id: String,
    category: Category,
    removes: Vec<String>,
    keeps: Vec<String>,
}

impl Written {
    fn toml(&self, stories: usize, risk: Option<Risk>) -> String {
        let rule = &self.rule;
        let mut toml = String::new();
        if let Some(risk) = risk {
            let _ = writeln!(toml, "# {}", risk.words());
        }
        let _ = writeln!(toml, "[[{}]]", rule.kind());
        let _ = writeln!(toml, "id = {}", quoted(&self.id));
        let _ = writeln!(toml, "category = {}", quoted(self.category.name()));
        let mut note = format!(
            "Seen on {} of {stories} pages, {}: {}.",
            rule.support,
            rule.zone.words(),
            rule.why
        );
        if rule.adopted > 0 && rule.texts().len() > 1 {
            let _ = write!(note, " On one page alone: {}.", rule.adopted);
        }
        let _ = writeln!(toml, "note = {}", quoted(&note));
        if let Some(reason) = &rule.disabled {
            let _ = writeln!(toml, "disabled = {}", quoted(reason));
        }
        if let Some(zone) = rule.zone_key() {
            let _ = writeln!(toml, "{zone}");
        }
        let keys = rule.keys(stories);
        if !keys.is_empty() {
            let _ = writeln!(toml, "{keys}");
        }
        for (key, examples) in [("removes", &self.removes), ("keeps", &self.keeps)] {
            let examples: Vec<String> = examples.iter().map(|text| quoted_lines(text)).collect();
            let _ = writeln!(toml, "{key} = [{}]", examples.join(", "));
        }
        toml
    }
}

impl Risk {
    /// Whether something was taken that may be text.
    fn is_bad(self) -> bool {
        let (Risk::HeldOut { text: bad, .. } | Risk::Probe { taken: bad, .. }) = self;
        bad > 0
    }

    fn words(self) -> String {
        match self {
            Risk::HeldOut { pages, lines, text } => format!(
                "risk: made anew without them, it took {lines} lines of {pages} held-out pages, {text} of them prose amid the text"
            ),
            Risk::Probe { lines, taken } => {
                format!(
                    "risk: took {taken} of {lines} probe lines (too few pages to hold some out)"
                )
            }
        }
    }
}

/// The rules of a sample that pass the check.
struct Made<'a> {
    sample: &'a Sample,
    rules: Vec<Written>,
    cleaner: Option<Arc<Cleaner>>,
    ceiling: Option<f64>,
    outlets: &'a Outlets,
    header: String,
    stories: usize,
}

impl<'a> Made<'a> {
    fn new(header: &Header<'a>, all: &Sheets, outlets: &'a Outlets) -> Made<'a> {
        let mut ids: HashSet<String> = HashSet::new();
        let mut rules = Vec::new();
        for rule in Finder::rules(all) {
            let category = category(&rule, header.sample.words);
            let removes = removes(&rule, all);
            let keeps = keeps(&rule, all);
            let id = name(&rule, &mut ids);
            rules.push(Written {
                rule,
                id,
                category,
                removes,
                keeps,
            });
        }
        let mut made = Made {
            sample: header.sample,
            rules,
            cleaner: None,
            ceiling: None,
            outlets,
            header: header.toml(0, 0),
            stories: all.stories,
        };
        made.check();
        made
    }

    /// The cleaner of the rules, if they pass the check.
    fn cleaner_of(&self, rules: &[Written]) -> Result<Arc<Cleaner>> {
        let mut toml = self.header.clone();
        if let Some(ceiling) = self.ceiling {
            let _ = writeln!(toml, "ceiling = {ceiling:.2}");
        }
        for rule in rules {
            toml.push('\n');
            toml.push_str(&rule.toml(self.stories, None));
        }
        let outlets = self.outlets.and_file(&file_name(self.sample), &toml)?;
        Ok(outlets
            .cleaner(&self.sample.outlet)?
            .expect("the file's outlet is one of them"))
    }

    /// Runs the examples; a rule tries others of its examples, and goes if none passes.
    fn check(&mut self) {
        let rules = std::mem::take(&mut self.rules);
        let passes = self.cleaner_of(&rules);
        self.rules = match &passes {
            Ok(_) => rules,
            Err(_) => rules
                .into_iter()
                .filter_map(|rule| self.passing(rule))
                .collect(),
        };
        self.cleaner = passes.or_else(|_| self.cleaner_of(&self.rules)).ok();
        for written in &mut self.rules {
            written.removes.truncate(2);
            // The built-in one is for samples without text of their own.
            let own = written.keeps.len().saturating_sub(1).clamp(1, 2);
            written.keeps.truncate(own);
        }
    }

    fn passing(&self, rule: Written) -> Option<Written> {
        let passes = |rule: &Written| self.cleaner_of(std::slice::from_ref(rule)).is_ok();
        if passes(&rule) {
            return Some(rule);
        }
        for removes in &rule.removes {
            for keeps in &rule.keeps {
                let one = Written {
                    removes: vec![removes.clone()],
                    keeps: vec![keeps.clone()],
                    ..rule.clone()
                };
                if passes(&one) {
                    return Some(one);
                }
            }
        }
        None
    }

    /// What the rules take on the pages they are made of: a rule that takes prose elsewhere than
    /// where it was seen is disabled; a ceiling is set where the pages need a higher one.
    fn try_on(&mut self, all: &Sheets, pages: &[&str]) {
        for _ in 0..4 {
            let Some(cleaner) = self.cleaner.clone() else {
                return;
            };
            let mut bad: BTreeMap<String, usize> = BTreeMap::new();
            let mut share: f64 = 0.0;
            for (page, text) in pages.iter().enumerate() {
                let cleaned = cleaner.clean_of(text, everything());
                if let Some(Reason::OverCeiling { share: over, .. }) =
                    cleaned.flag.as_ref().map(|flag| &flag.reason)
                {
                    share = share.max(*over);
                }
                for removal in &cleaned.removals {
                    let Some(id) = removal.rule.as_ref().map(|rule| own(&rule.id)) else {
                        continue;
                    };
                    let Some(written) = self.rules.iter().find(|written| written.id == id) else {
                        continue;
                    };
                    let prose = taken(all, page, &removal.span, false);
                    let prose: Vec<usize> = prose
                        .into_iter()
                        .filter(|&at| {
                            all.sheets[page].rows[at].prose
                                && !all.recurs(&all.sheets[page].rows[at])
                        })
                        .collect();
                    let known = |at: &usize| {
                        let mut places = written.rule.places.iter();
                        places.any(|(of, rows)| *of == page && rows.contains(at))
                    };
                    let strange = prose.iter().filter(|at| !known(at)).count();
                    if strange > 0 && written.rule.kind() != "inline" {
                        *bad.entry(id.to_owned()).or_default() += strange;
                    }
                }
            }
            let mut changed = false;
            for written in &mut self.rules {
                if let Some(count) = bad.get(&written.id) {
                    written.rule.disabled = Some(format!(
                        "on the sample pages it takes {count} lines of text besides what it was made of"
                    ));
                    changed = true;
                }
            }
            if !changed && self.ceiling.is_none() {
                let over = if share <= 0.85 { share + 0.05 } else { 0.0 };
                let of_short = pages.iter().map(|text| {
                    let gone = cleaner.not_literal(text, everything());
                    gone as f64 / (gone + SHORT) as f64
                });
                let wanted = of_short.fold(over, f64::max);
                if wanted > CEILING {
                    self.ceiling = Some(wanted.min(0.9));
                    changed = true;
                }
            }
            if !changed {
                return;
            }
            self.cleaner = self.cleaner_of(&self.rules).ok();
        }
    }

    /// Makes blocks that take an ordinary line by itself ask for two of their lines, where the pages have
    /// them.
    fn ask_for_two(&mut self) {
        for (at, risk) in self.probed().into_iter().enumerate() {
            let before = self.rules[at].rule.clone();
            if !risk.is_bad() || before.disabled.is_some() || !self.rules[at].rule.ask_for_two() {
                continue;
            }
            match self.cleaner_of(&self.rules) {
                Ok(cleaner) => self.cleaner = Some(cleaner),
                Err(_) => self.rules[at].rule = before,
            }
        }
    }

    /// Each rule's risk on built-in lines.
    fn probed(&self) -> Vec<Risk> {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let cleaner = self.cleaner.iter();
        let tries =
            cleaner.flat_map(|cleaner| words::PROBE.iter().map(move |line| (cleaner, line)));
        for (cleaner, line) in tries {
            // A line by itself would be the head and the tail of its page.
            let rules = cleaner.takes(line).into_iter();
            let rules = rules.map(|(at, ..)| &cleaner.rules()[at]);
            let is_wide = |size: Option<u32>| size.is_some_and(|size| size > PLACE);
            let mut anywhere: Vec<&str> = rules
                .filter(|rule| {
                    let has_zone = rule.head.is_some() || rule.tail.is_some();
                    !has_zone || is_wide(rule.head) || is_wide(rule.tail)
                })
                .map(|rule| own(&rule.id))
                .collect();
            anywhere.dedup();
            for id in anywhere {
                *taken.entry(id.to_owned()).or_default() += 1;
            }
        }
        let risk = |written: &Written| Risk::Probe {
            lines: words::PROBE.len(),
            taken: taken.get(&written.id).copied().unwrap_or(0),
        };
        self.rules.iter().map(risk).collect()
    }

    /// Each rule's risk on pages held out of its making.
    fn held_out(
        &self,
        header: &Header,
        all: &Sheets,
        pages: &[&str],
        covered: &[Vec<Range<usize>>],
        outlets: &Outlets,
    ) -> Vec<Risk> {
        let mut order: Vec<usize> = all.sheets.iter().map(|sheet| sheet.story).collect();
        order.sort_unstable();
        order.dedup();
        let part_of = |page: usize| {
            let place = order.binary_search(&all.sheets[page].story).unwrap_or(0);
            place % PARTS
        };
        let mut found: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
        for part in 0..PARTS {
            let (out, of): (Vec<usize>, Vec<usize>) =
                (0..pages.len()).partition(|&page| part_of(page) == part);
            let texts: Vec<&str> = of.iter().map(|&page| pages[page]).collect();
            let holes: Vec<_> = of.iter().map(|&page| covered[page].clone()).collect();
            let without = Sheets::new(&texts, &holes);
            let mut made = Made::new(header, &without, outlets);
            made.try_on(&without, &texts);
            let Some(cleaner) = &made.cleaner else {
                continue;
            };
            let keys: BTreeMap<&str, String> = made
                .rules
                .iter()
                .map(|written| (written.id.as_str(), key(&written.rule)))
                .collect();
            for key in keys.values() {
                found.entry(key.clone()).or_default().0 += out.len();
            }
            for page in out {
                for removal in cleaner.clean_of(pages[page], everything()).removals {
                    let id = removal.rule.as_ref().map_or("", |rule| own(&rule.id));
                    let Some(key) = keys.get(id) else {
                        continue;
                    };
                    let counts = found.entry(key.clone()).or_default();
                    counts.1 += taken(all, page, &removal.span, false).len();
                    counts.2 += taken(all, page, &removal.span, true).len();
                }
            }
        }
        let risk = |written: &Written| {
            let (pages, lines, text) = found.get(&key(&written.rule)).copied().unwrap_or_default();
            Risk::HeldOut { pages, lines, text }
        };
        self.rules.iter().map(risk).collect()
    }
}

/// The rows of a page in a span; with `text` only prose amid the article that stands nowhere else.
fn taken(all: &Sheets, page: usize, span: &Range<usize>, text: bool) -> Vec<usize> {
    let sheet = &all.sheets[page];
    let first = sheet.rows.partition_point(|row| row.start < span.start);
    (first..sheet.rows.len())
        .take_while(|&at| sheet.rows[at].start < span.end)
        .filter(|&at| {
            let row = &sheet.rows[at];
            !text || (row.prose && sheet.body.contains(&at) && !all.recurs(row))
        })
        .collect()
}

/// What tells that two drafts mean the same rule.
fn key(rule: &Rule) -> String {
    let texts = rule.texts();
    match texts.first() {
        Some(text) if rule.hint != "tail" => format!("{} {} {text}", rule.kind(), rule.hint),
        _ => format!("{} {}", rule.kind(), rule.hint),
    }
}

/// A rule's id without its file's.
fn own(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, own)| own)
}

/// The id of a rule, from its texts where they have a name in them.
fn name(rule: &Rule, ids: &mut HashSet<String>) -> String {
    let slug = |text: &str| {
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(4)
            .map(str::to_lowercase)
            .collect();
        let plain = |word: &String| {
            word.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        (!words.is_empty() && words.iter().all(plain)).then(|| words.join("-"))
    };
    let first = rule
        .texts()
        .first()
        .and_then(|text| slug(text))
        .filter(|slug| slug.len() > 2);
    let base = match (first, rule.kind(), rule.hint) {
        (Some(first), "line", _) => first,
        (Some(first), _, hint) => format!("{first}-{hint}"),
        (None, _, hint) => hint.to_owned(),
    };
    let mut id = base.clone();
    let mut number = 2;
    while !ids.insert(id.clone()) {
        id = format!("{base}-{number}");
        number += 1;
    }
    id
}

fn category(rule: &Rule, words: bool) -> Category {
    match rule.kind() {
        "duplicate" => return Category::Duplicate,
        "inline" if rule.mark.as_ref().is_some_and(|(before, _)| *before) => {
            return Category::Dateline;
        }
        "inline" => return Category::Navigation,
        _ => {}
    }
    if words && let Some(guess) = words::guess(&rule.texts()) {
        return guess;
    }
    match (rule.zone.head, rule.hint) {
        (Some(_), _) | (None, "line") | (None, "lines") => Category::Navigation,
        _ => Category::Promo,
    }
}

/// Texts of the pages that the rule takes, the parts marked that go.
fn removes(rule: &Rule, all: &Sheets) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    for (page, rows) in rule.places.iter().take(12) {
        let sheet = &all.sheets[*page];
        let rest = rule.hint == "tail";
        let end = if rest {
            rows.end.min(rows.start + 6)
        } else {
            rows.end
        };
        let example = match &rule.mark {
            Some((before, mark)) => {
                let raw = sheet.rows[rows.start].raw.trim();
                match before {
                    true => {
                        // Its dash may be another one.
                        let end: usize = raw
                            .chars()
                            .take(mark.chars().count())
                            .map(char::len_utf8)
                            .sum();
                        let (mark, left) = raw.split_at(end);
                        Some(format!("[-{mark}-]{}", beginning(left)))
                    }
                    false => raw
                        .strip_suffix(mark.as_str())
                        .map(|left| format!("{}[-{mark}-]", ending(left))),
                }
            }
            None => {
                let mut text = String::new();
                for at in rows.start..end {
                    let stays = match rule.kind() {
                        "duplicate" => at + 1 < end,
                        _ => at + rule.kept >= end,
                    };
                    let opens = match rule.kind() {
                        "duplicate" => at + 1 == end,
                        _ => rule.kept > 0 && at == rows.start,
                    };
                    let closes = match rule.kind() {
                        "duplicate" => at + 1 == end,
                        _ => rule.kept > 0 && at + 1 + rule.kept == end,
                    };
                    if at > rows.start {
                        text.push_str(if sheet.rows[at].gap { "\n\n" } else { "\n" });
                    }
                    if opens {
                        text.push_str("[-");
                    }
                    let raw = sheet.rows[at].raw.trim_end();
                    text.push_str(if stays && rule.kept > 0 {
                        raw.trim()
                    } else {
                        raw
                    });
                    if closes {
                        text.push_str("-]");
                    }
                }
                Some(text)
            }
        };
        if let Some(example) = example.filter(|example| !examples.contains(example)) {
            examples.push(example);
        }
        if rule.is_literal() || examples.len() >= 4 {
            break;
        }
    }
    examples
}

/// Texts of the pages of which the rule takes nothing: text that has its words where there is some.
fn keeps(rule: &Rule, all: &Sheets) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let first = rule.places.first().map_or(0, |(page, _)| *page);
    let pages = (first..all.sheets.len()).chain(0..first).take(4);
    let texts: Vec<String> = rule
        .texts()
        .iter()
        .filter(|text| text.chars().count() >= 4)
        .map(|text| text.to_lowercase())
        .collect();
    let prose: Vec<&str> = pages
        .flat_map(|page| {
            let sheet = &all.sheets[page];
            sheet.rows[sheet.body.clone()]
                .iter()
                .filter(|row| row.prose && !all.recurs(row))
                .take(100)
                .map(|row| row.raw)
        })
        .collect();
    let has = |raw: &&&str| {
        let raw = raw.to_lowercase();
        texts.iter().any(|text| raw.contains(text.as_str()))
    };
    for raw in prose.iter().filter(has).take(2).chain(prose.first()) {
        // An excerpt is no longer the line that the rule was tried on.
        if raw.chars().count() <= 400 {
            found.push(raw.trim().to_owned());
        } else {
            found.push(beginning(raw.trim()));
        }
    }
    found.dedup();
    found.push(words::PROBE[0].to_owned());
    found
}

/// The beginning of a paragraph, whole words.
fn beginning(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        None => text.to_owned(),
        Some((end, _)) => {
            let cut = text[..end].rfind(' ').filter(|cut| *cut > 0).unwrap_or(end);
            format!("{} …", &text[..cut])
        }
    }
}

/// The end of a paragraph, whole words.
fn ending(text: &str) -> String {
    let count = text.chars().count();
    if count <= EXCERPT {
        return text.to_owned();
    }
    let start = text
        .char_indices()
        .nth(count - EXCERPT)
        .map_or(0, |(at, _)| at);
    let cut = text[start..].find(' ').map_or(start, |cut| start + cut);
    format!("…{}", &text[cut..])
}

/// Lines that tell the outlet: long ones that most stories have, and no other outlet.
fn signs(all: &Sheets, made: &Made, sample: &Sample, outlets: &Outlets) -> Vec<String> {
    let mut texts: BTreeMap<&str, usize> = BTreeMap::new();
    for sheet in &all.sheets {
        for row in sheet
            .rows
            .iter()
            .filter(|row| !row.covered && all.recurs(row))
        {
            texts.insert(all.text(row), all.text_stories[row.text as usize]);
        }
    }
    let runs: HashSet<&str> = made
        .rules
        .iter()
        .filter(|written| written.rule.disabled.is_none() && written.rule.is_literal())
        .flat_map(|written| written.rule.texts())
        .collect();
    let named: Vec<String> = sample
        .domains
        .iter()
        .filter_map(|domain| domain.split('.').rev().nth(1))
        .map(str::to_owned)
        .chain([sample.outlet.replace('-', "")])
        .collect();
    let mut found: Vec<(bool, usize, &str)> = texts
        .into_iter()
        .filter(|(text, _)| runs.contains(text))
        .filter(|(text, _)| text.chars().count() >= 12 && text.split(' ').count() >= 2)
        .filter(|(_, stories)| stories * 2 >= all.stories)
        .filter(|(text, _)| {
            outlets
                .by_signs(text)
                .is_none_or(|other| other.id == sample.outlet)
        })
        .map(|(text, stories)| {
            let letters: String = text
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric())
                .collect();
            let own = named.iter().any(|name| letters.contains(name.as_str()));
            (own, stories, text)
        })
        .collect();
    found.sort_by_key(|(own, stories, text)| {
        (
            !own,
            std::cmp::Reverse(*stories),
            std::cmp::Reverse(text.len()),
            *text,
        )
    });
    found.truncate(SIGNS);
    found
        .into_iter()
        .map(|(_, _, text)| text.to_owned())
        .collect()
}
