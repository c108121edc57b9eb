//! What of the rows is boilerplate, and the rules that say it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::rule::{Rule, Step, Wanted, Zone};
use super::sheet::{Row, Sheet, Sheets};
use super::template::{
    Alike, NAME, Spot, WIDE_COLON, begins_with_name, common_pattern, ends_in_name, escape, is_date,
    is_name, plain_dashes, prefix, suffix, template_key,
};

/// The most rows of one page that are taken because of their neighbours.
const ADOPTED: usize = 24;
/// The longest line that may be taken for that: characters.
const LABEL: usize = 120;
/// From so many pages on nothing is taken for that: what recurs is enough.
const MANY: usize = 60;
/// The longest run of such rows.
const RUN: usize = 10;
/// The most steps of a block.
const STEPS: usize = 40;
/// The most rules of a draft.
const RULES: usize = 200;
/// The longest line that a rule is made of: bytes.
const LONGEST: usize = 4096;
/// The longest line above a headline that is read as the name of a section: characters.
const KICKER: usize = 40;
/// How far from the end what few pages have may stand: rows.
const NEAR: usize = 20;
/// The most rows that a tail has.
const TAIL: usize = 80;

/// Why a row is boilerplate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Its text recurs.
    Text,
    /// Its text recurs but for the digits.
    Shape,
    /// It follows a template of this number.
    Template(usize),
    /// It stands on one page alone, among such rows.
    Adopted,
}

/// Lines that begin, and may end, alike.
struct Template {
    pattern: String,
    rows: Vec<(usize, usize)>,
}

/// The work on one sample.
pub(super) struct Finder<'s, 't> {
    all: &'s Sheets<'t>,
    marks: Vec<Vec<Option<Mark>>>,
    templates: Vec<Template>,
    rules: Vec<Rule>,
}

/// On how many pages rows stand, which are in order.
fn pages(rows: &[(usize, usize)]) -> usize {
    rows.chunk_by(|one, other| one.0 == other.0).count()
}

/// Where a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    Head,
    Body,
    Tail,
}

impl<'s, 't> Finder<'s, 't> {
    /// The rules that the sample supports.
    pub(super) fn rules(all: &'s Sheets<'t>) -> Vec<Rule> {
        let marks = all
            .sheets
            .iter()
            .map(|sheet| vec![None; sheet.rows.len()])
            .collect();
        let mut finder = Finder {
            all,
            marks,
            templates: Vec::new(),
            rules: Vec::new(),
        };
        finder.mark_texts();
        finder.mark_shapes();
        finder.mark_templates();
        let rest = finder.rests();
        let slots = finder.slots();
        let kicker = finder.kickers();
        let author = finder.authors();
        finder.adopt();
        finder.literals();
        finder.shapes();
        finder.of_templates();
        // What "to the end" takes anyway is not said again.
        let below = |page: usize, rows: &std::ops::Range<usize>| {
            rest.iter()
                .flat_map(|rest| &rest.places)
                .any(|(of, tail)| *of == page && tail.start <= rows.start && rows.end <= tail.end)
        };
        let slots = slots
            .into_iter()
            .filter(|slot| !slot.places.iter().all(|(page, rows)| below(*page, rows)));
        let slots: Vec<Rule> = slots.collect();
        finder.rules.extend(slots);
        finder.rules.extend(kicker);
        finder.rules.extend(author);
        finder.rules.extend(rest);
        finder.inlines();
        finder.duplicates();
        // What many stories show first: a draft is to be read.
        let mut rules = finder.rules;
        if rules.len() > RULES {
            rules.sort_by_key(|rule| std::cmp::Reverse(rule.support));
            rules.truncate(RULES);
        }
        rules
    }

    fn row(&self, (page, at): (usize, usize)) -> &'s Row<'t> {
        &self.all.sheets[page].rows[at]
    }

    fn region(&self, (page, at): (usize, usize)) -> Region {
        let body = &self.all.sheets[page].body;
        match at {
            _ if at < body.start => Region::Head,
            _ if at >= body.end => Region::Tail,
            _ => Region::Body,
        }
    }

    fn stories(&self, rows: &[(usize, usize)]) -> usize {
        let stories: BTreeSet<usize> = rows
            .iter()
            .map(|&(page, _)| self.all.sheets[page].story)
            .collect();
        stories.len()
    }

    /// The places of each number that a function gives rows, in order.
    fn places(
        &self,
        key: impl Fn(usize, usize, &Row) -> Option<u32>,
    ) -> BTreeMap<u32, Vec<(usize, usize)>> {
        let mut places: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            for (at, row) in sheet
                .rows
                .iter()
                .enumerate()
                .filter(|(_, row)| !row.covered)
            {
                if let Some(key) = key(page, at, row) {
                    places.entry(key).or_default().push((page, at));
                }
            }
        }
        places
    }

    /// Whether the row beside one recurs, or is covered.
    fn is_beside(&self, (page, at): (usize, usize)) -> bool {
        let rows = &self.all.sheets[page].rows;
        let known = |at: usize| {
            rows.get(at).is_some_and(|row| {
                row.covered || self.all.recurs(row) || self.all.shape_recurs(row)
            })
        };
        known(at + 1) || (at > 0 && known(at - 1))
    }

    /// Whether a row of the body has text on both sides. Under a standfirst alone, beside other
    /// short lines, it is rather of the head; above a last paragraph of the tail.
    fn is_amid(&self, (page, at): (usize, usize)) -> bool {
        let sheet = &self.all.sheets[page];
        let own = |at: usize| {
            let row = &sheet.rows[at];
            !row.covered && !self.all.recurs(row) && !self.all.shape_recurs(row)
        };
        let prose = |at: usize| own(at) && sheet.rows[at].prose;
        let mut above = (sheet.body.start..at).rev().filter(|&at| prose(at));
        let mut below = (at + 1..sheet.body.end).filter(|&at| prose(at));
        let (first, second) = (above.next(), above.next());
        let last = below.nth(1).is_none();
        let between = (0..at).rev().find(|&at| own(at)) == first
            && (at + 1..sheet.rows.len())
                .find(|&at| own(at))
                .is_some_and(prose);
        !last && (second.is_some() || between)
    }

    /// Whether so many stories are few of many, and a weak witness.
    fn is_weak(&self, stories: usize) -> bool {
        self.all.stories >= 6 && stories * 4 < self.all.stories
    }

    /// Why it is not sure that lines at these places are boilerplate.
    fn doubt(&self, rows: &[(usize, usize)]) -> Option<&'static str> {
        let half = |count: usize| count * 2 >= rows.len();
        let stories = self.stories(rows);
        if stories >= 3 && stories * 10 >= self.all.stories * 6 {
            return None;
        }
        // Then only what stands clear of any text is sure.
        let weak = self.is_weak(stories);
        let inside = rows.iter().filter(|&&row| match self.region(row) {
            Region::Body => weak || self.is_amid(row),
            _ if !weak => false,
            Region::Head => {
                let sheet = &self.all.sheets[row.0];
                row.1 > sheet.headline.unwrap_or(sheet.body.start)
            }
            Region::Tail => !self.is_tail_from(row) || !self.is_near_end(row),
        });
        if inside.count() * 2 < rows.len() + usize::from(!weak) {
            return None;
        }
        if weak {
            return Some("few pages show it, amid their text");
        }
        let prose = self.row(rows[0]).prose;
        let beside = |&&(page, at): &&(usize, usize)| {
            let rows = &self.all.sheets[page].rows;
            let known = |at: usize| {
                rows.get(at)
                    .is_some_and(|row| row.title && (row.covered || self.all.recurs(row)))
            };
            match prose {
                true => known(at + 1) || (at > 0 && known(at - 1)),
                false => self.is_beside((page, at)),
            }
        };
        if half(rows.iter().filter(beside).count()) {
            return None;
        }
        // A heading with a list below it, without blank lines between.
        let heads_list = |&&(page, at): &&(usize, usize)| {
            let sheet = &self.all.sheets[page];
            let group = sheet.group(at);
            let list = &sheet.rows[at + 1..group.end];
            sheet.gapped
                && group.start == at
                && (2..=16).contains(&list.len())
                && list.iter().all(|row| row.title)
        };
        if !prose && half(rows.iter().filter(heads_list).count()) {
            return None;
        }
        let pages = pages(rows);
        if !prose && pages < rows.len() && rows.len() >= pages + 2 {
            return None;
        }
        Some(if prose {
            "a sentence amid the text of several pages may be background that stories share"
        } else {
            "a short line alone amid the text of several pages may be a subhead"
        })
    }

    fn mark_texts(&mut self) {
        let says = |row: &Row| self.all.recurs(row) && row.raw.len() <= LONGEST;
        // A headline that other pages link to is taken nowhere.
        let places =
            self.places(|_, _, row| (says(row) && !self.all.is_headline(row)).then_some(row.text));
        for rows in places.into_values() {
            match self.doubt(&rows) {
                None => {
                    for (page, at) in rows {
                        self.marks[page][at] = Some(Mark::Text);
                    }
                }
                Some(doubt) => {
                    let mut rule = self.literal(std::slice::from_ref(&rows));
                    rule.disabled = Some(doubt.to_owned());
                    self.rules.push(rule);
                }
            }
        }
    }

    fn mark_shapes(&mut self) {
        let unmarked = |page: usize, at: usize, row: &Row| {
            (self.marks[page][at].is_none() && self.all.shape_recurs(row)).then_some(row.shape)
        };
        for rows in self.places(unmarked).into_values() {
            let stories = self.stories(&rows);
            let outside = rows.iter().all(|&row| self.region(row) != Region::Body);
            // The month of a date is another on other days: a template tells it.
            let row = self.row(rows[0]);
            if outside && row.title && is_date(self.all.text(row)) {
                continue;
            }
            if stories < self.all.need || !(outside || self.doubt(&rows).is_none()) {
                continue;
            }
            for (page, at) in rows {
                self.marks[page][at] = Some(Mark::Shape);
            }
        }
    }

    /// Lines that begin with the same words, or begin and end with them, and differ between.
    fn mark_templates(&mut self) {
        let mut keys = HashMap::new();
        let mut names: Vec<(Alike, String)> = Vec::new();
        let places = {
            let keys = std::cell::RefCell::new((&mut keys, &mut names));
            self.places(|page, at, row| {
                let here = (page, at);
                if self.marks[page][at].is_some() || self.all.sheets[page].headline == Some(at) {
                    return None;
                }
                let headline = self.all.sheets[page].headline;
                let spot = match self.region(here) {
                    Region::Head if headline.is_none_or(|headline| at < headline) => {
                        Spot::AboveHeadline
                    }
                    Region::Head => Spot::BelowHeadline,
                    Region::Body => Spot::Amid,
                    Region::Tail => Spot::Below,
                };
                let key = template_key(self.all.text(row), row.title, spot)?;
                let mut keys = keys.borrow_mut();
                let next = keys.0.len() as u32;
                let number = *keys.0.entry(key.clone()).or_insert(next);
                if number == next {
                    keys.1.push(key);
                }
                Some(number)
            })
        };
        let mut templates = Vec::new();
        for (number, rows) in places {
            let texts: BTreeSet<&str> = rows
                .iter()
                .map(|&row| self.all.text(self.row(row)))
                .collect();
            if self.stories(&rows) < self.all.need || texts.len() < 2 {
                continue;
            }
            let (alike, words) = &names[number as usize];
            if *alike != Alike::Frame && self.doubt(&rows).is_some() {
                continue;
            }
            let texts: Vec<&str> = texts.into_iter().collect();
            let pattern = match alike {
                Alike::Fields => Some(words.clone()),
                Alike::Label if words.ends_with(WIDE_COLON) => {
                    Some(format!("{} ?.{{1,200}}", escape(words)))
                }
                Alike::Begin => Some(format!(r"{} .{{1,200}}", escape(words))),
                Alike::End => Some(format!(r".{{1,200}} {}", escape(words))),
                _ => common_pattern(&texts, *alike),
            };
            if let Some(pattern) = pattern {
                templates.push(Template { pattern, rows });
            }
        }
        for template in templates {
            let number = self.templates.len();
            for &(page, at) in &template.rows {
                self.marks[page][at] = Some(Mark::Template(number));
            }
            self.templates.push(template);
        }
    }

    /// Rows of one page alone that stand in a group, or between rows, that recur.
    fn adopt(&mut self) {
        let mut adopted: Vec<(usize, usize)> = Vec::new();
        if self.all.sheets.len() >= MANY {
            return;
        }
        // Where pages mostly begin with what recurs, what else stands there is of the same sort.
        let begins = |page: usize| self.marks[page].first().is_some_and(Option::is_some);
        let pages = self.all.sheets.len();
        let heads = pages >= 4 && (0..pages).filter(|&page| begins(page)).count() * 2 >= pages;
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            let before = adopted.len();
            let marked = |at: usize| self.marks[page][at].is_some() || sheet.rows[at].covered;
            let mut at = 0;
            while at < sheet.rows.len() {
                if marked(at) {
                    at += 1;
                    continue;
                }
                let start = at;
                while at < sheet.rows.len() && !marked(at) {
                    at += 1;
                }
                for row in start..at {
                    let at_head = heads
                        && sheet.headline.is_some_and(|headline| at <= headline)
                        && start == 0
                        && sheet.rows[row].title
                        && sheet.rows[row].raw.trim().chars().count() <= KICKER
                        && !sheet.is_on_topic(row);
                    let under_first = sheet.headline.is_some_and(|headline| {
                        start > 0 && row < headline && headline <= at && headline - start <= 4
                    }) && sheet.rows[row].title
                        && sheet.rows[row].raw.trim().chars().count() <= KICKER
                        && !sheet.is_on_topic(row);
                    if at_head || under_first || self.may_adopt(page, sheet, start..at, row) {
                        adopted.push((page, row));
                    }
                }
            }
            if adopted.len() - before > ADOPTED {
                adopted.truncate(before);
            }
        }
        for (page, at) in adopted {
            self.marks[page][at] = Some(Mark::Adopted);
        }
    }

    fn may_adopt(
        &self,
        page: usize,
        sheet: &Sheet,
        run: std::ops::Range<usize>,
        at: usize,
    ) -> bool {
        if self.all.is_headline(&sheet.rows[at]) {
            return false;
        }
        let known = |at: usize| self.marks[page][at].is_some() || sheet.rows[at].covered;
        let group = sheet.group(at);
        let rows = group.len();
        let boxed = group.clone().filter(|&at| known(at)).count();
        // Below a row that recurs, or one of few among many.
        let below = group.clone().take_while(|&other| other < at).any(known);
        let is_boxed = sheet.gapped && rows <= 16 && boxed > 0 && (below || boxed * 2 >= rows);
        let row = &sheet.rows[at];
        let prose = !row.title || row.raw.trim().chars().count() > LABEL;
        match self.region((page, at)) {
            Region::Head => {
                let limit = sheet.headline.unwrap_or(sheet.body.start);
                let above = at < limit;
                let short = row.raw.trim().chars().count() <= KICKER;
                let between = short && run.end < limit && run.len() <= RUN;
                let sure = sheet.headline.is_some() || boxed * 2 >= rows;
                above && !prose && sure && (is_boxed || (between && !sheet.is_on_topic(at)))
            }
            Region::Tail => {
                let first = run.start.max(sheet.body.end);
                let under_text = first > run.start || run.start == 0;
                let known_below = run.end < sheet.rows.len();
                let glued = at == group.start;
                if is_boxed && (!prose || (boxed >= 2 && !glued)) {
                    return true;
                }
                // Between the text and what recurs, or the end, only short lines, and few.
                if self.all.stories >= 6 && !self.is_near_end((page, at)) {
                    return false;
                }
                // A text that goes on below is no tail.
                let below = &sheet.rows[at + 1..];
                let text = below
                    .iter()
                    .filter(|row| row.prose && !self.all.recurs(row));
                if text.count() * 3 > below.len().max(3) {
                    return false;
                }
                match (under_text, known_below) {
                    (false, _) => {
                        // One paragraph, the last of the page: a box about the outlet or an author.
                        let last = self.all.stories < 6
                            && run.len() == 1
                            && (at + 1..sheet.rows.len()).all(known);
                        run.len() <= RUN && (!prose || last)
                    }
                    (true, true) => run.end - at <= 4 && !prose && !sheet.is_on_topic(at),
                    (true, false) => false,
                }
            }
            // Of many pages more than one would show it.
            Region::Body => self.all.stories < 6 && is_boxed && !prose && boxed >= 2,
        }
    }

    /// "From this line to the end".
    fn rests(&mut self) -> Option<Rule> {
        let mut candidates: BTreeMap<String, (Wanted, Vec<(usize, usize)>)> = BTreeMap::new();
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            for at in 0..sheet.rows.len() {
                if let Some(wanted) = self.wanted(page, at) {
                    let entry = candidates
                        .entry(wanted.key())
                        .or_insert((wanted, Vec::new()));
                    entry.1.push((page, at));
                }
            }
        }
        let headlines = self.all.sheets.iter();
        let headlines =
            headlines.filter_map(|sheet| Some(self.all.text(&sheet.rows[sheet.headline?])));
        let shortest = headlines.map(|text| text.chars().count()).min();
        let mut found: Vec<(Wanted, Vec<(usize, usize)>)> = Vec::new();
        for (wanted, rows) in candidates.into_values() {
            let once = pages(&rows) == rows.len();
            if once
                && self.stories(&rows) >= self.all.need
                && rows.iter().all(|&row| self.is_tail_from(row))
                && !self.is_listed(&rows, shortest.unwrap_or(KICKER))
                && !rows.iter().any(|&row| self.is_above_text(row))
            {
                found.push((wanted, rows));
            }
        }
        // A text that goes on between one and the next is no tail yet.
        let mut starts: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for &(page, at) in found.iter().flat_map(|(_, rows)| rows) {
            starts.entry(page).or_default().insert(at);
        }
        let goes_on = |&(page, at): &(usize, usize)| {
            let sheet = &self.all.sheets[page];
            let free = |at: usize| self.marks[page][at].is_none() && !sheet.rows[at].covered;
            let is_boxed = |at: usize| sheet.gapped && sheet.group(at).any(|at| !free(at));
            let next = starts[&page].range(at + 1..).next();
            // A list of other stories has as many titles as first lines of them.
            next.is_some_and(|&next| {
                let (titles, texts): (Vec<_>, Vec<_>) =
                    (at + 1..next).partition(|&at| sheet.rows[at].title);
                let own = texts.iter().filter(|&&at| free(at) && !is_boxed(at));
                own.count() > titles.len()
            })
        };
        found.retain(|(_, rows)| !rows.iter().any(goes_on));
        // Something has to vary below, or literals say it all.
        let varies = |&&(page, at): &&(usize, usize)| {
            let sheet = &self.all.sheets[page];
            (at + 1..sheet.rows.len())
                .any(|at| !sheet.rows[at].covered && self.marks[page][at] != Some(Mark::Text))
        };
        found.retain(|(_, rows)| rows.iter().filter(varies).count() >= 2);
        let all: Vec<(usize, usize)> = found.iter().flat_map(|(_, rows)| rows).copied().collect();
        let longest = all
            .iter()
            .map(|&(page, at)| self.all.sheets[page].rows.len() - at)
            .max()?;
        // The first on each page shows it best.
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        for (page, at) in all {
            let best = first.entry(page).or_insert(at);
            *best = at.min(*best);
        }
        let places: Vec<(usize, usize)> = first.into_iter().collect();
        // The others serve where that one is missing; a lone word may head something else.
        found.retain(|(wanted, rows)| {
            rows.iter().any(|row| places.contains(row))
                || wanted.texts.iter().all(|text| text.contains(' '))
        });
        found.sort_by_key(|(_, rows)| {
            let least = rows
                .iter()
                .map(|&(page, at)| self.all.sheets[page].rows.len() - at)
                .max();
            std::cmp::Reverse(least)
        });
        found.truncate(12);
        let mut wanted = Wanted::any(found.iter().map(|(wanted, _)| wanted));
        let names: BTreeSet<String> = wanted
            .texts
            .iter()
            .filter_map(|text| ends_in_name(text))
            .collect();
        wanted.patterns.extend(names);
        let mut rule = Rule::block(
            "tail",
            vec![Step::of(wanted), Step::rest()],
            Zone::tail(longest + longest / 3 + 2),
        );
        rule.why = "what stands below it differs from page to page, and no article goes on there";
        rule.support = self.stories(&places);
        for &(page, at) in &places {
            let sheet = &self.all.sheets[page];
            rule.places.push((page, at..sheet.rows.len()));
        }
        Some(rule)
    }

    /// Whether no article goes on below a row: of all prose the greater part stands above it, and
    /// below it prose is no more than half of the lines, and never three of them running.
    fn is_tail_from(&self, (page, at): (usize, usize)) -> bool {
        let rows = &self.all.sheets[page].rows;
        let (above, below) = (&rows[..at], &rows[at + 1..]);
        if below.len() > TAIL {
            return false;
        }
        let own = |row: &&Row| !row.title && !row.covered && !self.all.recurs(row);
        let size = |rows: &[Row]| {
            rows.iter()
                .filter(own)
                .map(|row| row.raw.len())
                .sum::<usize>()
        };
        let (mut prose, mut running, mut longest) = (0, 0, 0);
        for row in below {
            let own = own(&row);
            running = if own { running + 1 } else { 0 };
            prose += usize::from(own);
            longest = longest.max(running);
        }
        size(above) > 2 * size(below) && prose * 2 <= below.len() && longest <= 2
    }

    /// Whether a text may be of a list of other stories: as long as a headline, or a date. On the page
    /// of its story it stands above the article, and all below it would go.
    fn is_listed(&self, rows: &[(usize, usize)], shortest: usize) -> bool {
        let (page, at) = rows[0];
        let row = self.row(rows[0]);
        let text = self.all.text(row);
        let is_text = self.marks[page][at] == Some(Mark::Text);
        let is_long = is_text && text.chars().count() * 5 >= shortest * 4;
        row.title && (is_long || is_date(text))
    }

    /// Whether two paragraphs of the article follow each other below a row, whatever of the page's
    /// stands between them: it is amid a text, if near its end.
    fn is_above_text(&self, (page, at): (usize, usize)) -> bool {
        let sheet = &self.all.sheets[page];
        let below = (at + 1).min(sheet.body.end)..sheet.body.end;
        let known = |row: &Row| row.covered || self.all.recurs(row) || self.all.shape_recurs(row);
        let own: Vec<&Row> = sheet.rows[below].iter().filter(|row| !known(row)).collect();
        own.windows(2).any(|pair| pair[0].prose && pair[1].prose)
    }

    /// Whether a row is among the last of its page: what few pages have further up may be a list.
    fn is_near_end(&self, (page, at): (usize, usize)) -> bool {
        self.all.sheets[page].rows.len() - at <= NEAR
    }

    /// What finds a row that is marked.
    fn wanted(&self, page: usize, at: usize) -> Option<Wanted> {
        let row = self.row((page, at));
        match self.marks[page][at]? {
            Mark::Text => Some(Wanted::text(self.all.text(row))),
            Mark::Shape => Some(Wanted::shape(self.all.shape(row))),
            Mark::Template(number) => Some(Wanted::pattern(&self.templates[number].pattern)),
            Mark::Adopted => None,
        }
    }

    /// Lines that differ from page to page, at the same place beside a line that recurs.
    fn slots(&mut self) -> Vec<Rule> {
        let mut below: BTreeMap<String, Slot> = BTreeMap::new();
        let mut above: BTreeMap<(String, usize), Slot> = BTreeMap::new();
        let mut between: BTreeMap<(String, String), Slot> = BTreeMap::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            let free = |at: usize| self.marks[page][at].is_none() && !sheet.rows[at].covered;
            for at in 0..sheet.rows.len() {
                let Some(wanted) = self.wanted(page, at) else {
                    continue;
                };
                *counts.entry(wanted.key()).or_default() += 1;
                if at < sheet.headline.unwrap_or(sheet.body.start) {
                    continue;
                }
                let group = sheet.group(at);
                let end = (at + 1..sheet.rows.len())
                    .find(|&at| !free(at))
                    .unwrap_or(sheet.rows.len());
                let titles = |range: std::ops::Range<usize>| {
                    !range.is_empty()
                        && range.len() <= 8
                        && sheet.rows[range].iter().all(|row| row.title)
                };
                // A list under its heading.
                if sheet.gapped && group.end <= end && titles(at + 1..group.end) {
                    let slot = below
                        .entry(wanted.key())
                        .or_insert_with(|| Slot::new(&wanted));
                    slot.add(page, at..group.end, at + 1..group.end);
                } else if end < sheet.rows.len()
                    && titles(at + 1..end)
                    && let Some(next) = self
                        .wanted(page, end)
                        .filter(|next| next.key() != wanted.key())
                {
                    let key = (wanted.key(), next.key());
                    let slot = between.entry(key).or_insert_with(|| Slot::new(&wanted));
                    slot.last = Some(next);
                    slot.add(page, at..end + 1, at + 1..end);
                }
                // A box above its last lines.
                let first = (group.start..at).all(free);
                let lines = at - group.start;
                // Below the headline it may be a byline, if it is longer than a label.
                let titled = lines == 1
                    && sheet.rows[group.start].title
                    && match self.region((page, at)) {
                        Region::Head => {
                            let text = self.all.text(&sheet.rows[group.start]);
                            sheet
                                .headline
                                .is_some_and(|headline| headline < group.start)
                                && text.chars().count() <= KICKER
                        }
                        region => region == Region::Body,
                    };
                if sheet.gapped
                    && first
                    && (1..=3).contains(&lines)
                    && sheet.rows[group.start].title
                    && (titled || self.is_tail_from((page, at)))
                {
                    let key = (wanted.key(), lines);
                    let slot = above.entry(key).or_insert_with(|| Slot::new(&wanted));
                    slot.add(page, group.start..at + 1, group.start..at);
                }
            }
        }
        let mut rules = Vec::new();
        for (key, slot) in below {
            let sizes = slot.sizes();
            let enough = slot.places.len() * 10 >= counts[&key] * 6;
            let lone = sizes.0 < 2
                && !slot
                    .places
                    .iter()
                    .all(|(page, whole, _)| self.region((*page, whole.start)) == Region::Tail);
            if !self.differ(&slot) || !enough || lone {
                continue;
            }
            let head = Step::of(slot.first.clone()).without_gap();
            let titles = Step::title().repeated(sizes.1).without_gap();
            rules.push(self.slot_rule("list", slot, vec![head, titles]));
        }
        for (_, slot) in between {
            let sizes = slot.sizes();
            if !self.differ(&slot) || sizes.1 > sizes.0 * 2 {
                continue;
            }
            let last = slot.last.clone().expect("it has a last line");
            let steps = vec![
                Step::of(slot.first.clone()),
                Step::title().repeated(sizes.1),
                Step::of(last),
            ];
            rules.push(self.slot_rule("box", slot, steps));
        }
        for ((key, lines), slot) in above {
            let enough = slot.places.len() * 10 >= counts[&key] * 6;
            if !self.differ(&slot) || !enough {
                continue;
            }
            let mut steps = Vec::new();
            for line in 0..lines {
                let rows = slot
                    .places
                    .iter()
                    .map(|(page, _, slots)| self.row((*page, slots.start + line)));
                let rows: Vec<&Row> = rows.collect();
                let longest = rows
                    .iter()
                    .map(|row| self.all.text(row).chars().count())
                    .max();
                steps.push(match rows.iter().all(|row| row.title) {
                    true => Step::title().without_gap(),
                    false => Step::line(longest.unwrap_or(0) * 3 / 2).without_gap(),
                });
            }
            steps.push(Step::of(slot.first.clone()));
            rules.push(self.slot_rule("box", slot, steps));
        }
        rules
    }

    /// Whether the lines of a slot are others on several stories.
    fn differ(&self, slot: &Slot) -> bool {
        let rows: Vec<(usize, usize)> = slot
            .places
            .iter()
            .map(|(page, _, slots)| (*page, slots.start))
            .collect();
        let texts: HashSet<u32> = slot
            .places
            .iter()
            .flat_map(|(page, _, slots)| slots.clone().map(|at| self.row((*page, at)).text))
            .collect();
        self.stories(&rows) >= self.all.need && texts.len() > slot.sizes().1
    }

    fn slot_rule(&self, hint: &'static str, slot: Slot, steps: Vec<Step>) -> Rule {
        let ends: Vec<(usize, usize)> = slot
            .places
            .iter()
            .flat_map(|(page, whole, _)| [(*page, whole.start), (*page, whole.end - 1)])
            .collect();
        let mut rule = Rule::block(hint, steps, self.zone(&ends));
        rule.support = self.stories(&ends);
        rule.why = "the lines differ from page to page, and stand at the same place each time";
        if self.is_weak(rule.support) {
            rule.disabled = Some("few pages show it, and its lines differ".to_owned());
        }
        rule.places = slot
            .places
            .into_iter()
            .map(|(page, whole, _)| (page, whole))
            .collect();
        rule
    }

    /// The names of sections between what recurs and the headline.
    fn kickers(&mut self) -> Option<Rule> {
        let mut firsts: BTreeMap<String, Wanted> = BTreeMap::new();
        let mut places = Vec::new();
        let (mut longest, mut most, mut shortest) = (0, 0, usize::MAX);
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            let Some(headline) = sheet.headline else {
                continue;
            };
            let size = |at: usize| self.all.text(&sheet.rows[at]).chars().count();
            shortest = shortest.min(size(headline));
            let Some(above) = (0..headline)
                .rev()
                .find(|&at| self.marks[page][at].is_some())
            else {
                continue;
            };
            let run = above + 1..headline;
            if run.is_empty() || run.len() > 4 {
                continue;
            }
            if !run
                .clone()
                .all(|at| sheet.rows[at].title && size(at) <= KICKER)
            {
                continue;
            }
            if let Some(wanted) = self.wanted(page, above) {
                firsts.insert(wanted.key(), wanted);
                most = most.max(run.len());
                longest = longest.max(run.clone().map(size).max().unwrap_or(0));
                places.push((page, above..headline, headline));
            }
        }
        let tops: Vec<(usize, usize)> = places
            .iter()
            .map(|(page, whole, _)| (*page, whole.start))
            .collect();
        let texts: HashSet<u32> = places
            .iter()
            .map(|(page, whole, _)| self.row((*page, whole.end - 1)).text)
            .collect();
        let limit = (longest + longest / 2)
            .clamp(20, KICKER)
            .min(shortest.saturating_mul(4) / 5);
        if self.stories(&tops) < self.all.need || limit < longest || (texts.len() < 2 && most < 2) {
            return None;
        }
        let ends: Vec<(usize, usize)> = places
            .iter()
            .map(|(page, _, headline)| (*page, *headline))
            .collect();
        let wanted = Wanted::any(firsts.values());
        let steps = vec![
            Step::of(wanted),
            Step::line(limit).repeated((2 * most).max(3)),
            match places
                .iter()
                .all(|(page, _, headline)| self.row((*page, *headline)).title)
            {
                true => Step::title().kept(),
                false => Step::line(300).kept(),
            },
        ];
        let deepest = ends.iter().map(|end| end.1 + 1).max()?;
        let mut rule = Rule::block("kicker", steps, Zone::head(deepest + deepest / 2 + 1));
        rule.support = self.stories(&tops);
        rule.why = "short lines between what recurs and a longer line, the headline, which stays";
        rule.kept = 1;
        rule.places = places
            .into_iter()
            .map(|(page, whole, headline)| (page, whole.start..headline + 1))
            .collect();
        Some(rule)
    }

    /// Boxes about an author: a name, a line that has the name in its beginning, and what recurs.
    fn authors(&mut self) -> Option<Rule> {
        let mut below: BTreeMap<String, Wanted> = BTreeMap::new();
        let mut places = Vec::new();
        let mut longest = 0;
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            for at in sheet.body.start + 1..sheet.rows.len().saturating_sub(2) {
                let free = |at: usize| self.marks[page][at].is_none() && !sheet.rows[at].covered;
                let (name, about) = (
                    self.all.text(&sheet.rows[at]),
                    self.all.text(&sheet.rows[at + 1]),
                );
                if !(free(at) && free(at + 1) && is_name(name) && begins_with_name(about, name)) {
                    continue;
                }
                let Some(wanted) = self.wanted(page, at + 2) else {
                    continue;
                };
                if self.is_tail_from((page, at + 1)) {
                    below.insert(wanted.key(), wanted);
                    longest = longest.max(about.chars().count());
                    places.push((page, at..at + 3));
                }
            }
        }
        let ends: Vec<(usize, usize)> = places
            .iter()
            .map(|(page, rows)| (*page, rows.end - 1))
            .collect();
        if self.stories(&ends) < self.all.need {
            return None;
        }
        let deepest = places
            .iter()
            .map(|(page, rows)| self.all.sheets[*page].rows.len() - rows.start)
            .max()?;
        let steps = vec![
            Step::of(Wanted::pattern(NAME)),
            Step::line(longest * 2),
            Step::of(Wanted::any(below.values())),
        ];
        let mut rule = Rule::block("author-box", steps, Zone::tail(deepest + deepest / 3 + 2));
        rule.support = self.stories(&ends);
        rule.why = "a name, a line about its bearer, and a line that recurs";
        rule.places = places;
        Some(rule)
    }

    /// Where all rows are: among the first, or the last, of their pages.
    fn zone(&self, rows: &[(usize, usize)]) -> Zone {
        let (mut head, mut tail) = (0, 0);
        for &(page, at) in rows {
            let from_end = self.all.sheets[page].rows.len() - at;
            match self.region((page, at)) {
                Region::Head if at < 30 => head = head.max(at + 1),
                Region::Tail if from_end <= 60 => tail = tail.max(from_end),
                _ => return Zone::default(),
            }
        }
        let reach = |count: usize| (count > 0).then_some(count + count / 2 + 3);
        Zone {
            head: reach(head),
            tail: reach(tail),
        }
    }

    /// A rule of texts: each with its places, in the order in which they stand.
    fn literal(&self, run: &[Vec<(usize, usize)>]) -> Rule {
        let all: Vec<(usize, usize)> = run.iter().flatten().copied().collect();
        let text = |rows: &Vec<(usize, usize)>| self.all.text(self.row(rows[0])).to_owned();
        let zone = self.zone(&all);
        let mut rule = match run {
            [rows] => Rule::line("line", Wanted::text(&text(rows)), zone),
            _ => {
                let steps = run.iter().map(|rows| {
                    let mut step = Step::of(Wanted::text(&text(rows))).optional();
                    step.support = Some(self.stories(rows));
                    step
                });
                Rule::block("lines", steps.collect(), zone)
            }
        };
        rule.support = self.stories(&all);
        rule.adopted = run
            .iter()
            .filter(|rows| {
                let (page, at) = rows[0];
                self.marks[page][at] == Some(Mark::Adopted)
            })
            .count();
        rule.why = match (run.len(), rule.adopted) {
            (1, 0) => "the same line on several pages",
            (_, 0) => "the same lines one after the other on several pages",
            (1, _) => "on one page alone, between lines that recur",
            _ => "lines one after the other; some on one page alone, among those that recur",
        };
        // The longest stretch of the run on any page shows it best.
        let order: HashMap<u32, usize> = run
            .iter()
            .enumerate()
            .map(|(place, rows)| (self.row(rows[0]).text, place))
            .collect();
        let mut stretches = Vec::new();
        for &(page, at) in &all {
            let rows = &self.all.sheets[page].rows;
            let mut end = at + 1;
            while end < rows.len() && order.get(&rows[end].text) > order.get(&rows[end - 1].text) {
                end += 1;
            }
            stretches.push((page, at..end));
        }
        stretches.sort_by_key(|(page, range)| (std::cmp::Reverse(range.len()), *page, range.start));
        rule.places = stretches;
        rule
    }

    /// Rules of the texts that are marked: runs of them as blocks.
    fn literals(&mut self) {
        let is_text = |page: usize, at: usize| {
            matches!(self.marks[page][at], Some(Mark::Text | Mark::Adopted))
        };
        let places = self.places(|page, at, row| is_text(page, at).then_some(row.text));
        // Which text follows which, and how often.
        let mut follows: HashMap<u32, BTreeMap<u32, usize>> = HashMap::new();
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            for at in 1..sheet.rows.len() {
                if is_text(page, at - 1) && is_text(page, at) {
                    let next = follows.entry(sheet.rows[at - 1].text).or_default();
                    *next.entry(sheet.rows[at].text).or_default() += 1;
                }
            }
        }
        let mut next: BTreeMap<u32, u32> = BTreeMap::new();
        let mut taken: HashSet<u32> = HashSet::new();
        for (&text, rows) in &places {
            let Some(best) = follows.get(&text).and_then(|next| {
                next.iter()
                    .max_by_key(|(text, count)| (**count, std::cmp::Reverse(**text)))
            }) else {
                continue;
            };
            let other = places.get(best.0).map_or(0, Vec::len);
            if best.1 * 2 >= rows.len().min(other) && *best.0 != text && taken.insert(*best.0) {
                next.insert(text, *best.0);
            }
        }
        let mut done: HashSet<u32> = HashSet::new();
        let firsts = places.keys().copied().filter(|text| !taken.contains(text));
        let mut runs: Vec<Vec<u32>> = Vec::new();
        // A circle has no first text: it begins at any.
        for first in firsts.chain(places.keys().copied()) {
            let mut run = Vec::new();
            let mut text = Some(first);
            while let Some(one) = text.filter(|one| run.len() < STEPS && done.insert(*one)) {
                run.push(one);
                text = next.get(&one).copied();
            }
            if !run.is_empty() {
                runs.push(run);
            }
        }
        runs.sort_by_key(|run| places[&run[0]][0]);
        for run in runs {
            let rows: Vec<Vec<(usize, usize)>> =
                run.iter().map(|text| places[text].clone()).collect();
            let rule = self.literal(&rows);
            self.rules.push(rule);
        }
    }

    /// Rules of lines that recur but for their digits.
    fn shapes(&mut self) {
        let places = self.places(|page, at, row| {
            (self.marks[page][at] == Some(Mark::Shape)).then_some(row.shape)
        });
        for rows in places.into_values() {
            let wanted = Wanted::shape(self.all.shape(self.row(rows[0])));
            let mut rule = Rule::line("number-line", wanted, self.zone(&rows));
            rule.support = self.stories(&rows);
            rule.why = "the same line with other numbers on several pages";
            rule.places = rows.iter().map(|&(page, at)| (page, at..at + 1)).collect();
            self.rules.push(rule);
        }
    }

    fn of_templates(&mut self) {
        for template in &self.templates {
            let wanted = Wanted::pattern(&template.pattern);
            let mut rule = Rule::line("line", wanted, self.zone(&template.rows));
            rule.support = self.stories(&template.rows);
            rule.why = "lines that begin, or begin and end, alike on several pages";
            rule.places = template
                .rows
                .iter()
                .map(|&(page, at)| (page, at..at + 1))
                .collect();
            self.rules.push(rule);
        }
    }

    /// What paragraphs begin or end with on several pages.
    fn inlines(&mut self) {
        let mut found: BTreeMap<(bool, String), Vec<(usize, usize)>> = BTreeMap::new();
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            for (at, row) in sheet.rows.iter().enumerate() {
                if self.marks[page][at].is_some() || row.covered {
                    continue;
                }
                if let Some(mark) = prefix(row.raw) {
                    found
                        .entry((true, plain_dashes(mark)))
                        .or_default()
                        .push((page, at));
                }
                if let Some(mark) = suffix(row.raw) {
                    found
                        .entry((false, mark.to_owned()))
                        .or_default()
                        .push((page, at));
                }
            }
        }
        for ((before, mark), rows) in found {
            let stories = self.stories(&rows);
            if stories < self.all.need {
                continue;
            }
            let zone = match before {
                true => self.zone(
                    &rows
                        .iter()
                        .map(|&(page, at)| {
                            // The first paragraph is as good as the head.
                            (
                                page,
                                at.min(self.all.sheets[page].body.start.saturating_sub(1)),
                            )
                        })
                        .collect::<Vec<_>>(),
                ),
                false => Zone::default(),
            };
            let zone = match rows.iter().all(|&(_, at)| at < 12) {
                true => Zone {
                    head: zone
                        .head
                        .map(|_| rows.iter().map(|row| row.1).max().unwrap_or(0) + 4),
                    tail: None,
                },
                false => Zone::default(),
            };
            let mut rule = Rule::inline(before, &mark, zone);
            rule.support = stories;
            rule.why = match before {
                true => "the same mark in front of sentences on several pages",
                false => "the same mark behind sentences on several pages",
            };
            let capitals = mark
                .chars()
                .filter(|c| c.is_alphabetic())
                .all(char::is_uppercase);
            let early = rows.iter().all(|&(_, at)| at < 6);
            let sure = stories * 10 >= self.all.stories * 4;
            let place = capitals && !mark.contains('.');
            if !sure && (!before || !early || place) {
                rule.disabled = Some(
                    "few pages have it; it may be a place or a person that the text names"
                        .to_owned(),
                );
            }
            rule.mark = Some((before, mark));
            rule.places = rows.iter().map(|&(page, at)| (page, at..at + 1)).collect();
            self.rules.push(rule);
        }
    }

    /// Lines that a page prints twice, near each other.
    fn duplicates(&mut self) {
        let mut found: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
        let mut gap = false;
        for (page, sheet) in self.all.sheets.iter().enumerate() {
            for at in 1..sheet.rows.len() {
                let row = &sheet.rows[at];
                let known = self.marks[page][at].is_some() || row.covered;
                if known || self.all.text(row).chars().count() < 20 {
                    continue;
                }
                let near = at.saturating_sub(3)..at;
                let is_copy = |&other: &usize| {
                    sheet.rows[other].text == row.text
                        && !(other + 1..at).any(|between| sheet.rows[between].prose)
                };
                if let Some(first) = near.rev().find(is_copy) {
                    gap |= (first + 1..=at).any(|at| sheet.rows[at].gap);
                    found.push((page, first..at + 1));
                }
            }
        }
        let rows: Vec<(usize, usize)> = found
            .iter()
            .map(|(page, range)| (*page, range.end - 1))
            .collect();
        if self.stories(&rows) < self.all.need {
            return;
        }
        let apart = found
            .iter()
            .map(|(_, range)| range.len() - 2)
            .max()
            .unwrap_or(0);
        let deepest = rows.iter().map(|row| row.1 + 1).max().unwrap_or(0);
        let zone = match deepest <= 12 {
            true => Zone::head(deepest + 3),
            false => Zone::default(),
        };
        let mut rule = Rule::duplicate(apart, gap, zone);
        rule.support = self.stories(&rows);
        rule.why = "the page prints the line twice, near each other";
        rule.places = found;
        self.rules.push(rule);
    }
}

/// A line that recurs, and lines beside it that do not.
struct Slot {
    first: Wanted,
    last: Option<Wanted>,
    /// The page, all the rows, and those that vary.
    places: Vec<(usize, std::ops::Range<usize>, std::ops::Range<usize>)>,
}

impl Slot {
    fn new(first: &Wanted) -> Slot {
        Slot {
            first: first.clone(),
            last: None,
            places: Vec::new(),
        }
    }

    fn add(&mut self, page: usize, whole: std::ops::Range<usize>, slots: std::ops::Range<usize>) {
        self.places.push((page, whole, slots));
    }

    /// The fewest and the most lines.
    fn sizes(&self) -> (usize, usize) {
        let sizes = || self.places.iter().map(|(_, _, slots)| slots.len());
        (sizes().min().unwrap_or(0), sizes().max().unwrap_or(0))
    }
}
