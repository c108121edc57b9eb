//! Cleaning one text: passes of the rules, what they took, and the deletion.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Problem, SourceFile, nearest};
pub(crate) use crate::matcher::Patterns;
pub(crate) use crate::matcher::shape::Shape;
use crate::matcher::{Ask, Find, Matcher, MissedLine, Scratch};
use crate::page::{Ends, KNOWN, NONE, Page};
use crate::schema::{AnyRule, Category, Zone};
use crate::text::{subtract, union, without};

mod windows;

pub use self::windows::Windows;

/// The share of a page that removals may take which are not literal, where no file says another.
pub(crate) const CEILING: f64 = 0.6;
/// How often a page is gone over because boilerplate of a category stays in it.
const ROUNDS: usize = 8;
/// Where one in so many noted lines changed, all noted lines are asked again: to find out which of them
/// are near a change would cost more.
const OFTEN: usize = 8;

thread_local! {
    /// What the next document of this thread works with.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// The rules of one outlet, ready to clean its pages.
///
/// A `Cleaner` has no state that shows: it may be used by many threads at once, and gives the same
/// result for the same text always.
///
/// ```
/// let outlets = cleaner::Outlets::bundled();
/// let cleaner = outlets.cleaner("akipress").unwrap().unwrap();
/// let cleaned = cleaner.clean("AKIPRESS.COM - The school was opened on Monday.\n");
/// assert_eq!(cleaned.text, "The school was opened on Monday.\n");
/// assert_eq!(cleaned.removals[0].span, 0..15);
/// ```
pub struct Cleaner {
    outlet: String,
    rules: Vec<Arc<Rule>>,
    /// What each finds: of many rules nothing else is read for what they take.
    categories: Vec<Category>,
    /// The rules in the order of their ids, and the place of each among them, from 1.
    by_id: Vec<u32>,
    ranks: Vec<u32>,
    matcher: Matcher,
    ceiling: f64,
}

/// A rule, as it is shown to people: its names, reason and place.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// Its id with its file's, such as `pangea/media-player`.
    pub id: String,
    /// How it finds: `line`, `block`, `inline` or `duplicate`.
    pub kind: &'static str,
    /// What it finds.
    pub category: Category,
    /// What the thing is, and why it is safe to take out.
    pub note: String,
    /// The file that it is written in.
    pub file: String,
    /// The line of its id in that file, counted from 1.
    pub line: usize,
    /// Among how many of the first non-blank lines it may be.
    pub head: Option<u32>,
    /// Among how many of the last non-blank lines it may be.
    pub tail: Option<u32>,
}

/// A part of a text that goes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Removal {
    /// Bytes of the text, on the borders of code points.
    pub span: Range<usize>,
    /// The rule that asked for it; `None` for a seam: blank lines, or a line end, that go because
    /// what stood beside them goes.
    pub rule: Option<Arc<Rule>>,
}

/// What cleaning made of a text.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Cleaned {
    /// The text without boilerplate.
    pub text: String,
    /// What went, in order of its start. Two rules may ask for the same bytes;
    /// [`holes`](Cleaned::holes) unites them.
    pub removals: Vec<Removal>,
    /// What rules found that stays because of its category; nothing if there is a flag.
    pub kept: Vec<Removal>,
    /// The values that rules read out of what they found, in order, by name; none if there is a flag.
    pub fields: BTreeMap<String, Vec<String>>,
    /// Why the text was left as it is although rules found something.
    pub flag: Option<Flag>,
}

/// A line that stays although a rule takes it nearly.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Miss {
    /// The line, counted from 1.
    pub line: usize,
    /// The rule.
    pub rule: Arc<Rule>,
    /// Why it does not take the line, as the end of a sentence that begins with the line.
    pub why: String,
}

/// Why a text was left as it is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Flag {
    /// What was wrong with the removals.
    pub reason: Reason,
    /// The ids of the rules that asked for them, in order.
    pub rules: Vec<String>,
}

/// What was wrong with a text's removals.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// No line would have been left.
    Emptied,
    /// Removals that are not literal would have taken more than the ceiling of what is left
    /// once the literal ones are out; both are shares from 0 to 1.
    OverCeiling {
        /// The share that would have gone.
        share: f64,
        /// The share that may go.
        ceiling: f64,
    },
    /// The rules went over it again and again without an end in sight.
    Unsettled,
}

impl Reason {
    /// Its name for programs: `emptied`, `over-ceiling` or `unsettled`.
    pub fn name(&self) -> &'static str {
        match self {
            Reason::Emptied => "emptied",
            Reason::OverCeiling { .. } => "over-ceiling",
            Reason::Unsettled => "unsettled",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::Emptied => f.write_str("no line would be left")?,
            Reason::OverCeiling { share, ceiling } => {
                let told = |share: f64, places| format!("{:.places$} %", share * 100.0);
                // With as many places as tell them apart.
                let differs = |places: &usize| told(share, *places) != told(ceiling, *places);
                let places = (0..6).find(differs).unwrap_or(0);
                let (share, ceiling) = (told(share, places), told(ceiling, places));
                write!(
                    f,
                    "patterns would take {share} of it, over the ceiling of {ceiling}"
                )?;
            }
            Reason::Unsettled => {
                f.write_str("the rules go over it again and again without an end in sight")?
            }
        }
        write!(f, " (rules: {})", self.rules.join(", "))
    }
}

/// The categories whose boilerplate goes. By default all but [`Category::Credit`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Categories(u32);

impl fmt::Debug for Categories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = Category::ALL.iter();
        f.debug_set()
            .entries(all.filter(|category| self.contains(**category)))
            .finish()
    }
}

impl Default for Categories {
    fn default() -> Categories {
        Categories(u32::MAX).keep(Category::Credit)
    }
}

impl Categories {
    /// No category: with [`also`](Categories::also), some and no others, not even such as a later version knows.
    pub const NONE: Categories = Categories(0);

    /// These categories and one more.
    #[must_use]
    pub fn also(self, category: Category) -> Categories {
        Categories(self.0 | 1 << category as u32)
    }

    /// These categories without one: its boilerplate stays.
    #[must_use]
    pub fn keep(self, category: Category) -> Categories {
        Categories(self.0 & !(1 << category as u32))
    }

    /// Whether boilerplate of a category goes.
    pub fn contains(self, category: Category) -> bool {
        self.0 >> category as u32 & 1 == 1
    }
}

impl Cleaned {
    /// The bytes of the original text that went: in order, disjoint, none empty, none touching.
    pub fn holes(&self) -> Vec<Range<usize>> {
        self.holes_where(|_| true)
    }

    /// The same of those removals only of which this is so, such as a rule's or a category's.
    ///
    /// ```
    /// use cleaner::Category;
    ///
    /// let cleaner = cleaner::Outlets::bundled().cleaner("akipress")?.unwrap();
    /// let cleaned = cleaner.clean("AKIPRESS.COM - The school was opened.\n\nAll rights reserved\n");
    /// let is_legal = |removal: &cleaner::Removal| {
    ///     removal.rule.as_ref().is_some_and(|rule| rule.category == Category::Legal)
    /// };
    /// assert_eq!(cleaned.holes_where(is_legal), [39..59]);
    /// # Ok::<(), cleaner::Error>(())
    /// ```
    pub fn holes_where(&self, is_meant: impl Fn(&Removal) -> bool) -> Vec<Range<usize>> {
        let meant = self.removals.iter().filter(|removal| is_meant(removal));
        union(meant.map(|removal| removal.span.clone()).collect())
    }
}

/// The original text, from what is left of it and from what went: pieces with the byte at which
/// each began, in any order; pieces may overlap where they agree.
///
/// `None` if the pieces do not fit together.
///
/// ```
/// let page = "AKIPRESS.COM - The school was opened.\n\nAll rights reserved\n";
/// let cleaned = cleaner::Outlets::bundled().cleaner("akipress")?.unwrap().clean(page);
/// let removals = cleaned.removals.iter();
/// let went: Vec<(usize, &str)> = removals.map(|removal| (removal.span.start, &page[removal.span.clone()])).collect();
/// assert_eq!(went[0], (0, "AKIPRESS.COM - "));
/// assert_eq!(cleaner::restore(&cleaned.text, &went).as_deref(), Some(page));
/// # Ok::<(), cleaner::Error>(())
/// ```
#[must_use]
pub fn restore(left: &str, removed: &[(usize, &str)]) -> Option<String> {
    let mut removed = removed.to_vec();
    removed.sort_by_key(|(at, piece)| (*at, piece.len()));
    let mut original = String::with_capacity(left.len());
    let mut left = left;
    for (at, piece) in removed {
        if at > original.len() {
            let (kept, rest) = left.split_at_checked(at - original.len())?;
            original.push_str(kept);
            left = rest;
        }
        let (known, new) = piece.split_at_checked(piece.len().min(original.len() - at))?;
        if original.as_bytes().get(at..at + known.len())? != known.as_bytes() {
            return None;
        }
        original.push_str(new);
    }
    original.push_str(left);
    Some(original)
}

/// Its outlet, and how many rules it has.
impl fmt::Debug for Cleaner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleaner")
            .field("outlet", &self.outlet)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

/// A page on which rules find nothing more.
struct Settled<'t> {
    /// Without what is gone.
    page: Page<'t>,
    /// Of which of its lines the following are, and are read out. The first line behind them is left.
    lines: Range<u32>,
    deleted: Vec<Find>,
    /// What was found that stays because of its category.
    kept: Vec<Find>,
}

impl Settled<'_> {
    /// The bytes of the original text that go, as those of [`Cleaned::holes`].
    fn holes(&self) -> Vec<Range<usize>> {
        let mut spans = self.page.gone_with_seams(self.lines.clone());
        let cut = self.deleted.iter().filter_map(|taken| {
            let part = taken.part.as_ref()?;
            (!self.page.is_gone(taken.line)).then(|| part.clone())
        });
        let lines = spans.len();
        spans.extend(cut);
        // Parts may touch what goes behind their line.
        match spans.len() {
            all if all == lines => spans,
            _ => union(spans),
        }
    }
}

/// A page that does not settle, and the rules that went on and on.
struct Unsettled(Vec<u32>);

impl Cleaner {
    /// Compiles the rules of an outlet, each with the id of its file and the file; patterns that are
    /// known already are not compiled again.
    pub(crate) fn compile(
        outlet: &str,
        rules: &[(&str, Arc<SourceFile>, AnyRule)],
        ceiling: f64,
        patterns: &Arc<Patterns>,
    ) -> Result<Cleaner, Vec<Problem>> {
        let written: Vec<_> = rules
            .iter()
            .map(|(_, source, rule)| (source.clone(), *rule))
            .collect();
        let matcher = Matcher::compile(&written, patterns)?;
        let rules: Vec<Arc<Rule>> = rules
            .iter()
            .map(|(owner, source, rule)| Arc::new(Rule::new(owner, source, *rule)))
            .collect();
        let mut by_id: Vec<u32> = (0..rules.len() as u32).collect();
        by_id.sort_by_key(|&rule| &rules[rule as usize].id);
        let mut ranks = vec![0; rules.len()];
        (1..)
            .zip(&by_id)
            .for_each(|(rank, &rule)| ranks[rule as usize] = rank);
        Ok(Cleaner {
            outlet: outlet.to_owned(),
            categories: rules.iter().map(|rule| rule.category).collect(),
            rules,
            by_id,
            ranks,
            matcher,
            ceiling,
        })
    }

    /// The id of the outlet.
    pub fn outlet(&self) -> &str {
        &self.outlet
    }

    /// The rules that apply, inherited ones too; disabled ones are not among them.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// The id of the rule that was probably meant by one that is not known.
    pub fn nearest_rule(&self, id: &str) -> Option<&str> {
        nearest(id, self.rules.iter().map(|rule| rule.id.as_str()))
    }

    /// Cleans a text: boilerplate of all categories but [`Category::Credit`] goes.
    #[must_use]
    pub fn clean(&self, text: &str) -> Cleaned {
        self.clean_of(text, Categories::default())
    }

    /// Cleans a text of boilerplate of some categories.
    ///
    /// Takes time in proportion to the text, whatever it holds. Cleaning the result again, with the
    /// same categories, changes nothing.
    #[must_use]
    pub fn clean_of(&self, text: &str, categories: Categories) -> Cleaned {
        let mut cleaned = self.find_of(text, categories);
        cleaned.text = without(text, &cleaned.holes());
        cleaned
    }

    /// Finds what [`clean_of`](Cleaner::clean_of) takes, without making the text that is left:
    /// [`text`](Cleaned::text) is empty. For who writes the pieces between the
    /// [`holes`](Cleaned::holes) instead.
    #[must_use]
    pub fn find_of(&self, text: &str, categories: Categories) -> Cleaned {
        if text.len() > windows::LARGE {
            let mut windows = Vec::new();
            let all = self.windows(&mut &*text, categories, true, |part, settled| {
                windows.push((part.start, self.cleaned(settled)));
                Some(())
            });
            if all.is_some() {
                return windows::joined(windows);
            }
        }
        match self.settled(text, categories, true, |settled| self.cleaned(settled)) {
            Ok(cleaned) => cleaned.unwrap_or_default(),
            Err(flag) => Cleaned {
                flag: Some(flag),
                ..Cleaned::default()
            },
        }
    }

    /// The [`holes`](Cleaned::holes) that [`clean_of`](Cleaner::clean_of) makes, or why there are none
    /// although rules found something: for who does not ask which rules took what, which costs more.
    ///
    /// ```
    /// let outlets = cleaner::Outlets::bundled();
    /// let cleaner = outlets.cleaner("akipress").unwrap().unwrap();
    /// let text = "AKIPRESS.COM - The school was opened on Monday.\n";
    /// let (holes, flag) = cleaner.holes_of(text, cleaner::Categories::default());
    /// assert_eq!((holes, flag), (vec![0..15], None));
    /// ```
    #[must_use]
    pub fn holes_of(
        &self,
        text: &str,
        categories: Categories,
    ) -> (Vec<Range<usize>>, Option<Flag>) {
        if text.len() > windows::LARGE
            && let Some(holes) = self.holes_of_windows(&mut &*text, categories)
        {
            return (holes, None);
        }
        match self.settled(text, categories, false, |settled| settled.holes()) {
            Ok(holes) => (holes.unwrap_or_default(), None),
            Err(flag) => (Vec::new(), Some(flag)),
        }
    }

    /// What of the text goes, as `read` reads it out of a page on which rules find nothing more; `None`
    /// where they found nothing. `fields`: whether they are read.
    fn settled<T>(
        &self,
        text: &str,
        categories: Categories,
        fields: bool,
        read: impl FnOnce(&mut Settled) -> T,
    ) -> Result<Option<T>, Flag> {
        let mut scratch = SCRATCH.take().unwrap_or_default();
        scratch.clear(&self.matcher, fields);
        let page = self.matcher.page(text, Ends::BOTH, true, &mut scratch);
        let mut settled = Settled {
            lines: 0..page.count(),
            page,
            deleted: Vec::new(),
            kept: Vec::new(),
        };
        let flag = self.take_all(&mut settled, categories, &mut scratch);
        let is_any = !settled.deleted.is_empty() || !settled.kept.is_empty();
        let read = flag.map(|()| is_any.then(|| read(&mut settled)));
        scratch.keep(settled.deleted);
        scratch.spare = settled.page.into_spare();
        SCRATCH.set(Some(scratch));
        read
    }

    /// How many bytes of a text go that are not literal, as the ceiling counts them; more where several
    /// rules ask for the same.
    pub(crate) fn not_literal(&self, text: &str, categories: Categories) -> usize {
        let other = |settled: &mut Settled| sizes(&settled.page, &settled.deleted).1;
        let found = self.settled(text, categories, false, other);
        found.ok().flatten().unwrap_or_default()
    }

    /// Takes off the page what rules find on it, round after round.
    fn take_all(
        &self,
        settled: &mut Settled,
        categories: Categories,
        scratch: &mut Scratch,
    ) -> Result<(), Flag> {
        let Settled {
            page,
            deleted,
            kept,
            ..
        } = settled;
        let goes = |taken: &Find| categories.contains(self.categories[taken.rule as usize]);
        let before = page.left();
        let found = self.settle(page, scratch, true, None);
        let found = found.map_err(|Unsettled(rules)| self.flagged(Reason::Unsettled, rules))?;
        if found.iter().all(goes) {
            *deleted = found;
            return match self.objection(page, &[], deleted, before) {
                Some(reason) => Err(self.flagged(reason, rules_of(deleted))),
                None => Ok(()),
            };
        }
        let (mut go, mut stay): (Vec<Find>, Vec<Find>) = found.into_iter().partition(goes);
        let mut before = before;
        for round in 0..=ROUNDS {
            let first = deleted.len();
            deleted.append(&mut go);
            // What stays may let rules find more: the next round sees the page as a reader will.
            let put_back = put_back(page, deleted, first, &stay);
            if round == 0 {
                *kept = stay;
            }
            if deleted.len() == first {
                return Ok(());
            }
            let (earlier, removals) = deleted.split_at(first);
            let objection = match self.objection(page, earlier, removals, before) {
                None if round == ROUNDS => Some(Reason::Unsettled),
                objection => objection,
            };
            match objection {
                Some(Reason::Unsettled) => {
                    return Err(self.flagged(Reason::Unsettled, rules_of(removals)));
                }
                Some(reason) if round == 0 => return Err(self.flagged(reason, rules_of(removals))),
                Some(_) => {
                    deleted.truncate(first);
                    break;
                }
                None => {}
            }
            before = page.left();
            let Ok(found) = self.settle(page, scratch, true, Some(&put_back)) else {
                break;
            };
            (go, stay) = found.into_iter().partition(goes);
        }
        // What was deleted so far is a page that is left as it is.
        Gone::new(page, deleted).apply_to(page);
        Ok(())
    }

    /// Why lines stay that a rule nearly takes: they stand outside its zone, the rest of its block is
    /// missing, or a word differs. Of a page that is left as it is, the rules that would take each
    /// line. In the order of lines; on a page that is not flagged the nearest rule for each.
    pub fn misses(&self, text: &str, categories: Categories) -> Vec<Miss> {
        let cleaned = self.clean_of(text, categories);
        if cleaned.flag.is_some() {
            return self.withheld(text, categories);
        }
        let mut page = Page::new(text);
        let mut gone = Gone::default();
        let mut lines = cleaned.lines(text).into_iter().peekable();
        for at in page.lines() {
            let span = page.span(at);
            while lines.next_if(|line| line.span.end <= span.start).is_some() {}
            let Some(line) = lines.next_if(|line| line.span.start <= span.start) else {
                continue;
            };
            let cuts = line.gone().into_iter().filter(|cut| cut.start < span.end);
            let cuts: Vec<Range<usize>> = cuts
                .map(|cut| cut.start.max(span.start)..cut.end.min(span.end))
                .collect();
            if page.is_blank_without(at, &cuts) {
                gone.lines.push(at);
            } else if !cuts.is_empty() {
                gone.parts.push((at, cuts));
            }
        }
        gone.apply_to(&mut page);
        let found = union(
            cleaned
                .kept
                .iter()
                .map(|removal| removal.span.clone())
                .collect(),
        );
        let is_found = |line: u32| {
            let start = page.span(line).start;
            let next = found.partition_point(|span| span.end <= start);
            found
                .get(next)
                .is_some_and(|span| span.start < page.span(line).end)
        };
        let number = numbers(&page, text);
        let misses = self
            .matcher
            .misses(&page, |line| !is_found(line), &number)
            .into_iter();
        let miss = |miss: MissedLine| Miss {
            line: number(miss.line),
            rule: self.rule(miss.rule).clone(),
            why: miss.why,
        };
        misses.map(miss).collect()
    }

    /// What would go of a page that is left as it is.
    fn withheld(&self, text: &str, categories: Categories) -> Vec<Miss> {
        let (page, taken) = self.all_taken(text, true);
        let number = numbers(&page, text);
        let goes = |rule: u32| categories.contains(self.rule(rule).category);
        let taken = taken.iter().filter(|taken| goes(taken.rule));
        let mut lines: Vec<(usize, u32)> = taken
            .map(|taken| (number(taken.line), taken.rule))
            .collect();
        lines.sort_unstable();
        lines.dedup();
        let miss = |(line, rule)| Miss {
            line,
            rule: self.rule(rule).clone(),
            why: "is on a page that is left as it is".to_owned(),
        };
        lines.into_iter().map(miss).collect()
    }

    /// The bytes, without seams, that the rules take without a ceiling, with zones or without: for
    /// examples.
    pub(crate) fn take(&self, text: &str, zones: bool) -> Vec<Range<usize>> {
        let (page, taken) = self.all_taken(text, zones);
        union(taken.iter().map(|taken| span(&page, taken)).collect())
    }

    /// What each rule, by its place among [`rules`](Cleaner::rules), takes in any zone and without a
    /// ceiling, and whether a literal takes it: for lints.
    pub(crate) fn takes(&self, text: &str) -> Vec<(usize, Range<usize>, bool)> {
        let (page, taken) = self.all_taken(text, false);
        let taken = taken.iter();
        taken
            .map(|taken| (taken.rule as usize, span(&page, taken), taken.literal))
            .collect()
    }

    /// What the rules take without a ceiling, with zones or without, and the page without it; nothing
    /// of a page that does not settle.
    fn all_taken<'t>(&self, text: &'t str, zones: bool) -> (Page<'t>, Vec<Find>) {
        let mut scratch = Scratch::default();
        scratch.clear(&self.matcher, false);
        let mut page = self.matcher.page(text, Ends::BOTH, zones, &mut scratch);
        let taken = self.settle(&mut page, &mut scratch, zones, None);
        (page, taken.unwrap_or_default())
    }

    fn rule(&self, index: u32) -> &Arc<Rule> {
        &self.rules[index as usize]
    }

    /// Passes over the page until none takes more. `back`: the lines, in order, that were put back
    /// on a page on which nothing was found; `None` for a page that was not gone over. `zones`:
    /// whether they count.
    fn settle(
        &self,
        page: &mut Page,
        scratch: &mut Scratch,
        zones: bool,
        back: Option<&[u32]>,
    ) -> Result<Vec<Find>, Unsettled> {
        // A page made to take more is left alone.
        let allowance = self.matcher.allowance(page.left());
        let mut taken = std::mem::take(&mut scratch.taken);
        scratch.passes.clear();
        self.matcher.measure(page, zones, scratch);
        let mut work = match back {
            Some(back) => {
                back.iter().for_each(|&line| page.set_notes(line, 0));
                scratch.touched.clear();
                scratch.touched.extend_from_slice(back);
                scratch.touched.extend(page.cut_lines());
                scratch.near = None;
                self.find_lines_to_ask(page, scratch, false);
                self.matcher.find_near(page, allowance, scratch)
            }
            None => self.matcher.find_all(page, allowance, scratch),
        };
        if !scratch.finds.is_empty() {
            self.matcher.gather_near(page, scratch);
        }
        if let Some(back) = back {
            let mut lines: Vec<u32> = scratch.finds.iter().map(|find| find.line).collect();
            lines.sort_unstable();
            lines.dedup();
            let whole = scratch.finds.iter().all(|find| find.part.is_none());
            if lines == back && whole && work <= allowance {
                // Without these lines the page is the one on which nothing was found.
                apply(page, scratch, &mut taken);
                scratch.passes.push(taken.len());
                return Ok(taken);
            }
        }
        loop {
            if work > allowance {
                let rules = scratch.finds.iter().map(|find| find.rule);
                return Err(Unsettled(rules.collect()));
            }
            if scratch.finds.is_empty() {
                break;
            }
            let before = taken.len();
            apply(page, scratch, &mut taken);
            scratch.passes.push(taken.len());
            self.take_run(page, scratch, &mut taken, before);
            self.matcher.measure_again(page, zones, scratch);
            self.find_lines_to_ask(page, scratch, back.is_none() && scratch.passes.len() == 1);
            if scratch.asks.is_empty() {
                break;
            }
            work += self.matcher.find_near(page, allowance, scratch);
        }
        Ok(taken)
    }

    /// Takes what the next passes take where the last one, whose finds begin at `before`, took the first
    /// lines of a long run of equal ones and nothing else. The page is the same then but for these lines,
    /// so the next pass takes as many again, and so on until what stands behind the run comes into sight.
    fn take_run(
        &self,
        page: &mut Page,
        scratch: &mut Scratch,
        taken: &mut Vec<Find>,
        before: usize,
    ) {
        let finds = &taken[before..];
        let lines = || finds.iter().map(|find| find.line);
        let (Some(first), Some(last)) = (lines().min(), lines().max()) else {
            return;
        };
        let is_equal = |line: &u32| page.are_equal(first, *line);
        let is_plain = |find: &Find| find.part.is_none() && find.fields.is_none();
        if !(last + 1..page.count()).take(1).all(|line| is_equal(&line))
            || !finds.iter().all(is_plain)
            || !(first..=last).all(|line| page.is_gone(line) && is_equal(&line))
        {
            return;
        }
        let is_left = |line: &u32| !page.is_gone(*line) && is_equal(line);
        let run = (last + 1..page.count()).take_while(is_left).count() as u32;
        let count = last - first + 1;
        let times = run.saturating_sub(self.matcher.sight() + count) / count;
        let again: Vec<Find> = (1..=times)
            .flat_map(|time| {
                let find = move |find: &Find| {
                    Find::of_line(find.rule, find.line + time * count, find.literal)
                };
                finds.iter().map(find)
            })
            .collect();
        for finds in again.chunks(finds.len()) {
            scratch.finds.extend_from_slice(finds);
            take_lines(page, scratch);
            taken.append(&mut scratch.finds);
            scratch.passes.push(taken.len());
        }
    }

    /// Finds the lines for which rules may find something new after lines were touched; `all_noted`:
    /// whether the page still knows all lines that a change may concern, as it does at first.
    fn find_lines_to_ask(&self, page: &Page, scratch: &mut Scratch, all_noted: bool) {
        let Scratch {
            asks,
            touched,
            near,
            zoned,
            ..
        } = scratch;
        let zoned = *zoned;
        asks.clear();
        let all = match near {
            Some(near) => {
                near.retain(|&line| !page.is_gone(line));
                Some(&near[..])
            }
            // Where so much changed, it costs more to find out which of them are near to that.
            None => {
                Some(page.noted()).filter(|noted| all_noted && touched.len() >= noted.len() / OFTEN)
            }
        };
        if let Some(all) = all {
            // A line that was not touched itself is asked as if it stood beside a change.
            let concerned = all.iter().filter(|&&line| {
                !page.is_gone(line)
                    && (page.notes(line) & KNOWN == 0
                        || self.matcher.may_have_news(page, line, zoned)
                            && self.matcher.is_concerned(page, line))
            });
            let beside = |&line: &u32| Ask {
                line,
                distance: u32::from(page.notes(line) & KNOWN != 0),
                behind: 1,
            };
            asks.extend(concerned.map(beside));
            let changed = touched.iter().filter(|&&line| !page.is_gone(line));
            asks.extend(changed.map(|&line| Ask::anew(line)));
            asks.sort_unstable();
            asks.dedup_by_key(|ask| ask.line);
            return;
        }
        touched.sort_unstable();
        touched.dedup();
        let mut asks = std::mem::take(asks);
        // The lines that are left on both sides of the last change.
        let mut last: Option<(u32, u32)> = None;
        for &line in &scratch.touched {
            // Lines go in order, so the line before one that went is left.
            let before = page.prev(line);
            let is_gone = page.is_gone(line);
            let sides = match before {
                _ if !is_gone => (before, page.next(line)),
                NONE => (NONE, page.first()),
                _ => (before, page.next(before)),
            };
            if last != Some(sides) {
                let after = last.map(|(_, after)| after);
                self.lines_between(page, after, Some(before), scratch, &mut asks);
                last = Some(sides);
            }
            if !is_gone {
                asks.push(Ask::anew(line));
            }
        }
        if let Some((_, after)) = last {
            self.lines_between(page, Some(after), None, scratch, &mut asks);
        }
        asks.retain(|ask| self.matcher.has_news(page, *ask));
        scratch.asks = asks;
    }

    /// Adds the lines between two changes that are near to one, in order: from the line after the one,
    /// `None` where there is none before, to the line before the other, `None` where none follows.
    fn lines_between(
        &self,
        page: &Page,
        after: Option<u32>,
        before: Option<u32>,
        scratch: &Scratch,
        asks: &mut Vec<Ask>,
    ) {
        let (first, last) = (after.unwrap_or(0), before.unwrap_or(NONE - 1));
        if after == Some(NONE) || before == Some(NONE) || first > last {
            return;
        }
        let reach = self.matcher.reach();
        let push = |asks: &mut Vec<Ask>, line, distance, behind| {
            // What a line was before another round cut it is not known any more.
            if page.notes(line) & KNOWN == 0 {
                asks.push(Ask::anew(line));
            } else if self.matcher.may_have_news(page, line, scratch.zoned) {
                asks.push(Ask {
                    line,
                    distance,
                    behind,
                });
            }
        };
        // From both sides, as far as anybody sees.
        let start = asks.len();
        let (mut forth, mut forths) = (after.unwrap_or(NONE), 0);
        while forth <= last && forths < reach {
            forths += 1;
            push(asks, forth, forths, forths);
            forth = page.next(forth);
        }
        let near = asks.len();
        let floor = after.map_or(0, |_| forth);
        let (mut back, mut backs) = (before.unwrap_or(NONE), 0);
        while back != NONE && back >= floor && backs < reach {
            backs += 1;
            push(asks, back, backs, NONE);
            back = page.prev(back);
        }
        asks[near..].reverse();
        let is_whole = back == NONE || back < floor;
        if is_whole && after.is_some() && before.is_some() {
            // Of the two changes the nearer one counts.
            let all = forths + backs;
            for ask in &mut asks[start..near] {
                ask.distance = ask.behind.min(all + 1 - ask.behind);
            }
        }
    }

    /// Why the removals of a round, without which the page is now, are not to be believed. `earlier`:
    /// those of rounds before it; `before`: the bytes that were left of the page before the round.
    fn objection(
        &self,
        page: &Page,
        earlier: &[Find],
        removals: &[Find],
        before: usize,
    ) -> Option<Reason> {
        if page.first() == NONE && !removals.is_empty() {
            return Some(Reason::Emptied);
        }
        // Most pages are far from it, also if what several rules ask for counted for each of them.
        let (believed, other) = sizes(page, removals);
        if other as f64 <= self.ceiling * before.saturating_sub(believed) as f64 {
            return None;
        }
        let earlier = Gone::new(page, earlier);
        let lines = earlier.lines.iter().map(|&line| page.span(line));
        let parts = earlier.parts.iter();
        let parts = parts.flat_map(|(line, parts)| page.lost(*line, parts));
        let earlier = union(lines.chain(parts).collect());
        let bytes = |of: &dyn Fn(&Find) -> bool| {
            let new = removals.iter().filter(|taken| of(taken));
            let new = union(new.map(|taken| bare_span(page, taken)).collect());
            let new = subtract(&new, &earlier);
            new.iter().map(Range::len).sum::<usize>()
        };
        let literal = bytes(&|taken| taken.literal);
        let rest = before.saturating_sub(literal);
        let share = (bytes(&|_| true) - literal) as f64 / rest.max(1) as f64;
        (share > self.ceiling).then_some(Reason::OverCeiling {
            share,
            ceiling: self.ceiling,
        })
    }

    fn flagged(&self, reason: Reason, mut rules: Vec<u32>) -> Flag {
        rules.sort_unstable();
        rules.dedup();
        let mut rules: Vec<String> = rules
            .into_iter()
            .map(|rule| self.rule(rule).id.clone())
            .collect();
        rules.sort();
        Flag { reason, rules }
    }

    fn cleaned(&self, settled: &mut Settled) -> Cleaned {
        let Settled {
            page,
            lines,
            deleted,
            kept,
        } = settled;
        // Parts that leave nothing of a line take all of it.
        let is_gone_part = |taken: &Find| taken.part.is_some() && page.is_gone(taken.line);
        if deleted.iter().any(is_gone_part) {
            let whole = deleted.iter().filter(|taken| taken.part.is_none());
            let whole: HashSet<u32> = whole.map(|taken| taken.line).collect();
            for taken in deleted.iter_mut() {
                if page.is_gone(taken.line) && !whole.contains(&taken.line) {
                    taken.part = None;
                }
            }
        }
        let fields = fields(page, deleted.iter().chain(kept.iter()));
        // Another rule may have taken what one of these categories found.
        kept.retain(|taken| !page.is_gone(taken.line));

        let mut removals = self.stretches(page, deleted);
        removals.extend(
            page.seams(lines.clone())
                .into_iter()
                .map(|seam| (seam.start, seam.end, 0)),
        );
        removals.sort_unstable();
        let mut kept = self.stretches(page, kept);
        kept.sort_unstable();
        Cleaned {
            text: String::new(),
            removals: removals
                .into_iter()
                .map(|known| self.removal(known))
                .collect(),
            kept: kept.into_iter().map(|known| self.removal(known)).collect(),
            fields,
            flag: None,
        }
    }

    fn removal(&self, (start, end, rank): Stretch) -> Removal {
        let rule = (rank as usize).checked_sub(1).map(|at| self.by_id[at]);
        Removal {
            span: start..end,
            rule: rule.map(|rule| self.rule(rule).clone()),
        }
    }

    /// One for each stretch that one rule asked for, in any order.
    fn stretches(&self, page: &Page, taken: &[Find]) -> Vec<Stretch> {
        let asked = taken.iter().map(|taken| {
            let Range { start, end } = span(page, taken);
            (self.ranks[taken.rule as usize], start, end)
        });
        let mut asked: Vec<(u32, usize, usize)> = asked.collect();
        asked.sort_unstable();
        // There are about as many seams.
        let mut stretches: Vec<Stretch> = Vec::with_capacity(2 * asked.len() + 1);
        for (rank, start, end) in asked {
            match stretches.last_mut() {
                Some(last) if last.2 == rank && start <= last.1 => last.1 = last.1.max(end),
                _ if start == end => {}
                _ => stretches.push((start, end, rank)),
            }
        }
        stretches
    }
}

/// A span, and the rank of the rule that asked for it: that of its id among those of all, from 1; 0
/// for a seam. Their order is that of removals.
type Stretch = (usize, usize, u32);

/// The bytes of the original text that were taken, line ends of whole lines included.
fn span(page: &Page, taken: &Find) -> Range<usize> {
    let whole = || page.full_span(taken.line);
    taken.part.clone().unwrap_or_else(whole)
}

/// The same without line ends.
fn bare_span(page: &Page, taken: &Find) -> Range<usize> {
    let whole = || page.span(taken.line);
    taken.part.clone().unwrap_or_else(whole)
}

/// How many bytes removals take, what several ask for counted for each: literal ones, and others.
fn sizes(page: &Page, removals: &[Find]) -> (usize, usize) {
    let (mut literal, mut other) = (0, 0);
    for taken in removals {
        let size = match &taken.part {
            Some(part) => part.len(),
            None => page.span(taken.line).len(),
        };
        *if taken.literal {
            &mut literal
        } else {
            &mut other
        } += size;
    }
    (literal, other)
}

impl Rule {
    fn new(owner: &str, source: &SourceFile, rule: AnyRule) -> Rule {
        let head = rule.head();
        let zone = head.zone.unwrap_or(Zone {
            head: None,
            tail: None,
        });
        Rule {
            id: [owner, "/", &head.id.value].concat(),
            kind: rule.kind(),
            category: head.category,
            note: head.note.to_string(),
            file: source.name.clone(),
            line: source.line(head.id.place.start),
            head: zone.head,
            tail: zone.tail,
        }
    }
}

/// The number of each line of a page in its text, counted from 1.
fn numbers(page: &Page, text: &str) -> impl Fn(u32) -> usize {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    move |line| ends.partition_point(|&end| end < page.span(line).start) + 1
}

fn rules_of(taken: &[Find]) -> Vec<u32> {
    taken.iter().map(|taken| taken.rule).collect()
}

/// Takes what was found off the page, and notes the lines that changed as touched.
fn apply(page: &mut Page, scratch: &mut Scratch, taken: &mut Vec<Find>) {
    scratch.touched.clear();
    let has_parts = take_lines(page, scratch);
    let Scratch {
        finds,
        touched,
        gone,
        ..
    } = scratch;
    if has_parts {
        let lines = touched.len();
        take_parts(page, finds, touched);
        *gone += (touched.len() - lines) as u32;
    }
    taken.append(finds);
}

/// Takes the lines that were found off the page; whether there are parts of others.
fn take_lines(page: &mut Page, scratch: &mut Scratch) -> bool {
    let Scratch {
        finds,
        touched,
        near,
        gone,
        ..
    } = scratch;
    let mut has_parts = false;
    for find in &*finds {
        if find.part.is_some() {
            has_parts = true;
        } else if page.take_line(find.line) {
            *gone += 1;
            // Where the lines that a change may concern are few, those that went need not be known.
            if near.is_none() {
                touched.push(find.line);
            }
        }
    }
    has_parts
}

/// Takes the parts that were found off their lines, and makes them parts of the original text.
fn take_parts(page: &mut Page, finds: &mut Vec<Find>, touched: &mut Vec<u32>) {
    let mut parts: Vec<(u32, Range<usize>)> = Vec::new();
    let mut more = Vec::new();
    for find in finds.iter_mut() {
        let Some(part) = &mut find.part else {
            continue;
        };
        // Parts of the line may be gone from inside this one.
        let mut spans = page.original(find.line, part.clone()).into_iter();
        let Some(first) = spans.next() else {
            continue;
        };
        parts.push((find.line, first.clone()));
        *part = first;
        for span in spans {
            parts.push((find.line, span.clone()));
            more.push(Find {
                part: Some(span),
                ..Find::of_line(find.rule, find.line, find.literal)
            });
        }
    }
    finds.append(&mut more);
    parts.sort_unstable_by_key(|(line, part)| (*line, part.start));
    for of_line in parts.chunk_by(|one, next| one.0 == next.0) {
        let line = of_line[0].0;
        if page.is_gone(line) {
            continue;
        }
        let cut = of_line.iter().map(|(_, part)| part.clone());
        page.take_parts(line, &union(cut.collect()));
        if page.content(line).trim().is_empty() {
            page.take_line(line);
        }
        touched.push(line);
    }
}

/// The values of all fields, in order, each once.
fn fields<'a>(page: &Page, taken: impl Iterator<Item = &'a Find>) -> BTreeMap<String, Vec<String>> {
    let mut taken: Vec<(usize, &Find)> = taken
        .filter(|taken| taken.fields.is_some())
        .map(|taken| (page.span(taken.line).start, taken))
        .collect();
    taken.sort_by(|one, other| (one.0, &one.1.fields).cmp(&(other.0, &other.1.fields)));
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut seen = HashSet::new();
    let values = taken.into_iter().flat_map(|(_, taken)| &taken.fields);
    for (name, value) in values.flat_map(|values| values.iter()) {
        if seen.insert((name, value)) {
            fields.entry(name.clone()).or_default().push(value.clone());
        }
    }
    fields
}

/// Puts back on a page on which nothing is found what stays by its category; returns the lines that
/// were put back, in order. `first`: from which one on what was deleted was found beside what stays.
fn put_back(page: &mut Page, deleted: &[Find], first: usize, stay: &[Find]) -> Vec<u32> {
    let mut lines: Vec<u32> = stay.iter().map(|taken| taken.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let has_part = |taken: &Find| taken.part.is_some();
    if deleted.iter().chain(stay).any(has_part) {
        Gone::new(page, deleted).apply_to(page);
        lines.retain(|&line| !page.is_gone(line));
        return lines;
    }
    // What was gone before was not found again.
    let mut are_left = vec![true; lines.len()];
    for taken in &deleted[first..] {
        if let Ok(at) = lines.binary_search(&taken.line) {
            are_left[at] = false;
        }
    }
    let mut are_left = are_left.into_iter();
    lines.retain(|_| are_left.next() == Some(true));
    page.put_back(&lines);
    lines
}

/// What is gone from a page: whole lines, and the parts of others; both in order.
#[derive(Default)]
struct Gone {
    lines: Vec<u32>,
    parts: Vec<(u32, Vec<Range<usize>>)>,
}

impl Gone {
    /// A line of which parts leave nothing but white space is gone too.
    fn new(page: &Page, deleted: &[Find]) -> Gone {
        let mut gone = Gone {
            lines: Vec::with_capacity(deleted.len()),
            parts: Vec::new(),
        };
        let whole = deleted.iter().filter(|taken| taken.part.is_none());
        gone.lines.extend(whole.map(|taken| taken.line));
        gone.in_order();
        let cut = deleted.iter().filter(|taken| taken.part.is_some());
        let mut cut: Vec<&Find> = cut.filter(|taken| !gone.has(taken.line)).collect();
        if cut.is_empty() {
            return gone;
        }
        cut.sort_by_key(|taken| taken.line);
        for of_line in cut.chunk_by(|one, next| one.line == next.line) {
            let line = of_line[0].line;
            let parts = of_line.iter().filter_map(|taken| taken.part.clone());
            let parts = union(parts.collect());
            if page.is_blank_without(line, &parts) {
                gone.lines.push(line);
            } else {
                gone.parts.push((line, parts));
            }
        }
        gone.in_order();
        gone
    }

    fn in_order(&mut self) {
        self.lines.sort_unstable();
        self.lines.dedup();
    }

    /// Whether a whole line is gone.
    fn has(&self, line: u32) -> bool {
        self.lines.binary_search(&line).is_ok()
    }

    /// Puts everything back on the page, and takes exactly these lines and parts off it.
    fn apply_to(&self, page: &mut Page) {
        page.reset(&self.lines, &self.parts);
    }
}
