//! Large texts, window by window, in memory that is used again: of a text of any size only a window is
//! gone over at a time.
//!
//! What a pass finds at a line depends on the lines within reach of it, as the pass before left them. So
//! where two windows overlap, and in both the same passes take the same of the lines within reach around
//! a line, the passes over the whole text take what those over the first window take before that line,
//! and behind it what those over the second one take. Where they do not agree, or something concerns all
//! of a text, the text is gone over as a whole.

use std::collections::HashSet;
use std::iter::successors;
use std::ops::Range;

use super::{Categories, Cleaned, Cleaner, Find, ROUNDS, SCRATCH, Settled, put_back};
use crate::matcher::Scratch;
use crate::page::{Ends, NONE, Page};

/// A large text of which as much as a window is at hand at a time, for
/// [`Cleaner::holes_of_windows`]. A `&str` is one of which all is at hand.
pub trait Windows {
    /// The text from a byte on, on a border of code points: so many bytes or more, less only where it
    /// ends before. No earlier byte is asked for after that, but the same one may be asked for again, and
    /// has the same text. `None` if it cannot be read.
    fn text_from(&mut self, start: usize, least: usize) -> Option<&str>;
}

impl Windows for &str {
    fn text_from(&mut self, start: usize, _: usize) -> Option<&str> {
        Some(&self[start..])
    }
}

/// The bytes of a window: so many that little of it overlaps the next.
const WINDOW: usize = 1 << 20;
/// The bytes of a text from which on it is gone over so.
pub(super) const LARGE: usize = WINDOW + WINDOW / 4;
/// Around the lines that two windows agree on both have to show so many times the reach of the rules: what is
/// wrong beside the end of a window comes one reach further with each pass after the first.
const MARGIN: usize = 3;

/// What was taken of a window: the number of the pass that took it, the byte of the text at which it
/// begins, and how many bytes of the line it is; 0 for all.
type Taken = (usize, usize, usize);

/// A place in the text that two windows agree on.
struct Border {
    /// Where the line begins at which the one window ends and the next begins: one that no rule takes.
    line: usize,
    /// The bytes of the lines within reach of it, and what was taken of them.
    around: Range<usize>,
    taken: Vec<Vec<Taken>>,
}

/// A part of a text for which a window stands.
pub(super) struct Part<'t> {
    /// The byte of the text at which the window begins.
    pub(super) start: usize,
    window: &'t str,
    /// The bytes of the window that are the part.
    bytes: Range<usize>,
}

impl Part<'_> {
    fn text(&self) -> &str {
        &self.window[self.bytes.clone()]
    }

    /// The bytes of the part that go.
    fn holes(&self, settled: &Settled) -> Vec<Range<usize>> {
        let mut holes = settled.holes();
        for Range { start, end } in &mut holes {
            *start -= self.bytes.start;
            *end -= self.bytes.start;
        }
        holes
    }
}

/// What removals would take of a text, in bytes: literal ones, others, and of how much.
#[derive(Default)]
struct Sizes {
    literal: usize,
    other: usize,
    all: usize,
}

/// The results of windows as that of the text.
pub(super) fn joined(windows: Vec<(usize, Cleaned)>) -> Cleaned {
    let mut all = Cleaned::default();
    let mut seen = HashSet::new();
    for (start, window) in windows {
        let moved = |mut removal: super::Removal| {
            removal.span.start += start;
            removal.span.end += start;
            removal
        };
        all.removals.extend(window.removals.into_iter().map(moved));
        all.kept.extend(window.kept.into_iter().map(moved));
        for (name, values) in window.fields {
            let values = values.into_iter();
            let new = values.filter(|value| seen.insert((name.clone(), value.clone())));
            let new: Vec<String> = new.collect();
            if !new.is_empty() {
                all.fields.entry(name).or_default().extend(new);
            }
        }
    }
    all
}

impl Cleaner {
    /// The [`holes`](Cleaned::holes) that [`clean_of`](Cleaner::clean_of) makes in a text that is never
    /// at hand as a whole. `None` if it has to be: it is no larger than a few windows, cannot be read, or
    /// something concerns all of it, such as the ceiling; [`holes_of`](Cleaner::holes_of) says then what
    /// goes.
    ///
    /// ```
    /// let outlets = cleaner::Outlets::bundled();
    /// let cleaner = outlets.cleaner("akipress").unwrap().unwrap();
    /// let page = "AKIPRESS.COM - The school was opened on Monday.\n\nIt has a new roof.\n\n";
    /// let text = page.repeat(100_000);
    /// let categories = cleaner::Categories::default();
    /// let holes = cleaner.holes_of_windows(&mut &*text, categories).unwrap();
    /// assert_eq!(holes, cleaner.holes_of(&text, categories).0);
    /// ```
    pub fn holes_of_windows(
        &self,
        text: &mut impl Windows,
        categories: Categories,
    ) -> Option<Vec<Range<usize>>> {
        let (mut all, mut start) = (Vec::new(), 0);
        self.each_window(text, categories, |part, holes| {
            let holes = holes.iter();
            all.extend(holes.map(|hole| start + hole.start..start + hole.end));
            start += part.len();
            Some(())
        })?;
        Some(all)
    }

    /// The same, told as soon as it is known: calls `each` with the parts of the text, in order, that
    /// together are all of it, and the bytes of the part that go. What was told does not count where
    /// `None` is returned in the end, be it because `each` returned it.
    ///
    /// ```
    /// let outlets = cleaner::Outlets::bundled();
    /// let cleaner = outlets.cleaner("akipress").unwrap().unwrap();
    /// let page = "AKIPRESS.COM - The school was opened on Monday.\n\nIt has a new roof.\n\n";
    /// let text = page.repeat(100_000);
    /// let categories = cleaner::Categories::default();
    /// let mut left = 0;
    /// let told = cleaner.each_window(&mut &*text, categories, |part, holes| {
    ///     left += part.len() - holes.iter().map(|hole| hole.len()).sum::<usize>();
    ///     Some(())
    /// });
    /// assert!(told.is_some());
    /// assert_eq!(left, cleaner.clean(&text).text.len());
    /// ```
    pub fn each_window(
        &self,
        text: &mut impl Windows,
        categories: Categories,
        mut each: impl FnMut(&str, &[Range<usize>]) -> Option<()>,
    ) -> Option<()> {
        self.windows(text, categories, false, |part, settled| {
            each(part.text(), &part.holes(settled))
        })
    }

    /// Calls `read` with the windows of a large text, in order; `None` if it has to be gone over as a
    /// whole, or `read` returns it. `fields`: whether they are read.
    pub(super) fn windows(
        &self,
        text: &mut dyn Windows,
        categories: Categories,
        fields: bool,
        mut read: impl FnMut(Part, &mut Settled) -> Option<()>,
    ) -> Option<()> {
        let mut scratch = SCRATCH.take().unwrap_or_default();
        let is_read = self.read_windows(text, WINDOW, categories, fields, &mut scratch, &mut read);
        SCRATCH.set(Some(scratch));
        is_read
    }

    /// The same of windows of about so many bytes.
    fn read_windows(
        &self,
        text: &mut dyn Windows,
        size: usize,
        categories: Categories,
        fields: bool,
        scratch: &mut Scratch,
        read: &mut dyn FnMut(Part, &mut Settled) -> Option<()>,
    ) -> Option<()> {
        let reach = self.matcher.reach() as usize + 1;
        let (head, tail) = self.matcher.zones();
        let mut sizes = Sizes::default();
        let mut rounds = 0;
        let mut start = 0;
        let mut border: Option<Border> = None;
        loop {
            let margin = border.as_ref().map_or(0, |border| border.line - start);
            let (text, has_tail) = window(text, start, margin, size)?;
            let ends = Ends {
                head: start == 0,
                tail: has_tail,
            };
            if ends == Ends::BOTH {
                return None;
            }
            scratch.clear(&self.matcher, fields);
            let page = self.matcher.page(text, ends, true, scratch);
            let mut window = Window::new(start, page);
            self.settle_window(&mut window, categories, scratch)?;
            let zone = match &border {
                None => head,
                Some(border) => {
                    window.begin_at(border)?;
                    0
                }
            };
            border = match ends.tail {
                false => Some(window.end_within(reach)?),
                true => None,
            };
            // A zone ends before lines of which other windows know more.
            let zone = if ends.tail { tail } else { zone } as usize;
            let lines = window.settled.lines.clone();
            let steady = lines.filter(|&line| window.is_steady(line));
            if steady.take(zone).count() < zone {
                return None;
            }
            window.leave_out_others();
            sizes.add(&window.settled);
            rounds = rounds.max(window.taken.len() - 1);
            let part = Part {
                start,
                window: text,
                bytes: margin
                    ..border
                        .as_ref()
                        .map_or(text.len(), |border| border.line - start),
            };
            read(part, &mut window.settled)?;
            if let Some(border) = &border {
                start = window.start_before(border.around.start, reach);
            }
            scratch.keep(window.settled.deleted);
            scratch.spare = window.settled.page.into_spare();
            if border.is_none() {
                break;
            }
        }
        // What later rounds take is a share of less. Where that is near the ceiling, the removals of all
        // of the text are looked at one by one.
        let earlier = if rounds > 1 { sizes.other } else { 0 };
        let rest = sizes.all.saturating_sub(sizes.literal + earlier);
        (sizes.other as f64 <= self.ceiling * rest as f64).then_some(())
    }

    /// Takes off a window what rules find in it, round after round as [`Cleaner::take_all`] does; `None`
    /// where there is no end in sight.
    fn settle_window(
        &self,
        window: &mut Window,
        categories: Categories,
        scratch: &mut Scratch,
    ) -> Option<()> {
        let goes = |taken: &Find| categories.contains(self.categories[taken.rule as usize]);
        let mut found = window.settle(self, None, scratch)?;
        if found.iter().all(goes) {
            window.settled.deleted = found;
            return Some(());
        }
        for round in 0..ROUNDS {
            let (mut go, stay): (Vec<Find>, Vec<Find>) = found.into_iter().partition(goes);
            let Settled {
                page,
                deleted,
                kept,
                ..
            } = &mut window.settled;
            let first = deleted.len();
            let is_last = go.is_empty();
            deleted.append(&mut go);
            let back = put_back(page, deleted, first, &stay);
            if round == 0 {
                *kept = stay;
            }
            if is_last {
                return Some(());
            }
            found = window.settle(self, Some(&back), scratch)?;
        }
        None
    }
}

/// A part of a text, and what is found in it.
struct Window<'t> {
    /// The byte at which it begins.
    start: usize,
    settled: Settled<'t>,
    /// What was taken in each round.
    taken: Vec<Vec<Taken>>,
    /// Of which lines something was taken, be it put back.
    is_touched: Vec<bool>,
}

impl<'t> Window<'t> {
    fn new(start: usize, page: Page<'t>) -> Window<'t> {
        Window {
            start,
            is_touched: vec![false; page.count() as usize],
            settled: Settled {
                lines: 0..page.count(),
                page,
                deleted: Vec::new(),
                kept: Vec::new(),
            },
            taken: Vec::new(),
        }
    }

    /// As [`Cleaner::settle`]; `None` also where something out of reach is taken.
    fn settle(
        &mut self,
        cleaner: &Cleaner,
        back: Option<&[u32]>,
        scratch: &mut Scratch,
    ) -> Option<Vec<Find>> {
        let page = &mut self.settled.page;
        let found = cleaner.settle(page, scratch, true, back).ok()?;
        let mut round = Vec::with_capacity(found.len());
        let mut from = 0;
        for (pass, &to) in scratch.passes.iter().enumerate() {
            for find in &found[from..to] {
                if cleaner.matcher.takes_rest(find.rule) {
                    return None;
                }
                let (start, length) = match &find.part {
                    Some(part) => (part.start, part.len()),
                    None => (page.span(find.line).start, 0),
                };
                round.push((pass, self.start + start, length));
                self.is_touched[find.line as usize] = true;
            }
            from = to;
        }
        self.taken.push(round);
        Some(found)
    }

    /// Whether all of a line was left all the time.
    fn is_steady(&self, line: u32) -> bool {
        !self.is_touched[line as usize]
    }

    /// Lets what is read out of it begin where the window before it ends; `None` if the two do not agree
    /// on the lines around.
    fn begin_at(&mut self, border: &Border) -> Option<()> {
        let page = &self.settled.page;
        let line = page.line_at(border.line - self.start);
        if !self.is_steady(line) || self.taken_of(&border.around) != border.taken {
            return None;
        }
        self.settled.lines.start = line;
        Some(())
    }

    /// Lets what is read out of it end as far before the end of the window as others see its lines
    /// better; `None` if it has too few lines.
    fn end_within(&mut self, reach: usize) -> Option<Border> {
        let page = &self.settled.page;
        let some = |line| (line != NONE).then_some(line);
        let backwards = successors(some(page.last()), |&line| some(page.prev(line)));
        let mut steady = backwards.filter(|&line| self.is_steady(line));
        let last = steady.nth(MARGIN * reach)?;
        let line = steady.nth(reach - 1)?;
        let first = steady.nth(reach - 1)?;
        if line <= self.settled.lines.start {
            return None;
        }
        let byte = |line| self.start + page.span(line).start;
        let around = byte(first)..byte(last);
        let border = Border {
            line: byte(line),
            taken: self.taken_of(&around),
            around,
        };
        self.settled.lines.end = line;
        Some(border)
    }

    /// The byte where a window begins that sees as much before a line as this one behind its end.
    fn start_before(&self, first: usize, reach: usize) -> usize {
        let page = &self.settled.page;
        let lines = (0..page.line_at(first - self.start)).rev();
        let mut steady = lines.filter(|&line| self.is_steady(line));
        match steady.nth(MARGIN * reach) {
            Some(line) => self.start + page.span(line).start,
            None => self.start,
        }
    }

    /// What was taken of these bytes in each round. A round that takes the same as the one before would
    /// do so again and again.
    fn taken_of(&self, bytes: &Range<usize>) -> Vec<Vec<Taken>> {
        let of_round = |round: &Vec<Taken>| {
            let taken = round.iter().filter(|(_, place, _)| bytes.contains(place));
            let mut taken: Vec<Taken> = taken.copied().collect();
            taken.sort_unstable();
            taken.dedup();
            taken
        };
        let mut rounds: Vec<Vec<Taken>> = self.taken.iter().map(of_round).collect();
        while let [.., before, last] = &rounds[..]
            && before == last
        {
            rounds.pop();
        }
        rounds
    }

    /// Drops what is found outside the lines that this window settles: its neighbours tell of it.
    fn leave_out_others(&mut self) {
        let Settled {
            lines,
            deleted,
            kept,
            ..
        } = &mut self.settled;
        deleted.retain(|taken| lines.contains(&taken.line));
        kept.retain(|taken| lines.contains(&taken.line));
    }
}

impl Sizes {
    fn add(&mut self, settled: &Settled) {
        let page = &settled.page;
        let length = |line| page.span(line).len();
        let Range { start, end } = settled.lines;
        let others = (0..start).chain(end..page.count()).map(length);
        self.all += page.bytes_of_lines() - others.sum::<usize>();
        let (literal, other) = super::sizes(page, &settled.deleted);
        self.literal += literal;
        self.other += other;
    }
}

/// A window that begins at a byte and ends with the line that stands so many bytes behind its margin, or
/// with the text if that is not much farther; and whether it does.
fn window(
    text: &mut dyn Windows,
    start: usize,
    margin: usize,
    size: usize,
) -> Option<(&str, bool)> {
    let much = margin + size + size / 4;
    let mut least = much + 1;
    let (length, has_tail) = loop {
        let window = text.text_from(start, least)?;
        if window.len() <= much {
            break (window.len(), true);
        }
        let behind = &window.as_bytes()[margin + size..];
        match memchr::memchr(b'\n', behind) {
            Some(line) => break (margin + size + line + 1, false),
            None if window.len() < least => break (window.len(), true),
            None => least = 2 * window.len(),
        }
    };
    let window = text.text_from(start, least)?;
    // Somebody else's `Windows` may have less of it the second time.
    Some((window.get(..length)?, has_tail))
}

#[cfg(test)]
mod tests {
    use std::iter::once;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::Outlets;

    /// Rules of all kinds, of which some make others find more, and one keeps what it finds.
    const RULES: &str = r#"
outlet = "made"
name = "Made"
ceiling = 0.9

[[line]]
id = "share"
category = "promo"
note = "n"
text = ["Share", "Embed"]
removes = ["Share"]
keeps = ["Shares fell."]

[[line]]
id = "head"
category = "promo"
note = "n"
zone = { head = 4 }
pattern = 'No \d+'
removes = ["No 12"]
keeps = ["No way."]

[[line]]
id = "tail"
category = "promo"
note = "n"
zone = { tail = 4 }
pattern = 'No \d+'
removes = ["No 12"]
keeps = ["No way."]

[[line]]
id = "credit"
category = "credit"
note = "n"
pattern = '(?<agency>Reuters|AP) photo'
removes = ["AP photo"]
keeps = ["A photo."]

[[block]]
id = "player"
category = "promo"
note = "n"
lines = [{ text = "Player" }, { title = true, optional = true }, { text = "Stop", repeat = 3 }]
removes = ["Player\nStop"]
keeps = ["Players stop."]

[[block]]
id = "chain"
category = "promo"
note = "n"
gap = false
lines = [{ text = "One" }, { text = "Two" }]
removes = ["One\nTwo"]
keeps = ["One is two."]

[[block]]
id = "copied"
category = "promo"
note = "n"
lines = [{ line = 30 }, { same = 1 }, { text = "Copied" }]
removes = ["A roof\nA roof\nCopied"]
keeps = ["It was copied."]

[[inline]]
id = "cut"
category = "promo"
note = "n"
pattern = '<(?<mark>cut)> ?'
removes = ["[-<cut> -]A roof"]
keeps = ["It was cut."]

[[duplicate]]
id = "twice"
category = "duplicate"
note = "n"
apart = 2
alike = 0.6
least = 15
removes = ["Snow fell on the old roof\n[-Snow fell on the old roof-]"]
keeps = ["Snow fell."]
"#;

    const LINES: &[&str] = &[
        "",
        "",
        "",
        "Share",
        "Embed",
        "No 12",
        "AP photo",
        "Reuters photo",
        "Player",
        "Stop",
        "One",
        "Two",
        "One",
        "Two",
        "Copied",
        "A roof",
        "<cut> A roof",
        "<cut>",
        "O<cut>ne",
        "Snow fell on the old roof",
        "Snow fell on the new roof",
        "Зима была долгой.",
        "The school was opened on Monday.",
        "The road goes to the river.",
        "A horse was seen there.",
        "It rained again, and nobody came.",
        "The clerk carried a letter.",
        "The bridge is closed.",
    ];

    fn made() -> Arc<Cleaner> {
        let files = [("made.toml".to_owned(), RULES.to_owned())];
        let outlets = Outlets::with_files(files).unwrap();
        outlets.cleaner("made").unwrap().unwrap()
    }

    /// What is found of a text, and its holes; `None` where it is not cleaned.
    type Found = Option<(Cleaned, Vec<Range<usize>>)>;

    /// What windows of so many bytes find, and what passes over the whole text do.
    fn both(cleaner: &Cleaner, text: &str, size: usize, categories: Categories) -> (Found, Found) {
        let mut scratch = Scratch::default();
        let (mut holes, mut cleaned, mut parts) = (Vec::new(), Vec::new(), String::new());
        let mut read = |part: Part, settled: &mut Settled| {
            let start = parts.len();
            let of_part = part.holes(settled).into_iter();
            holes.extend(of_part.map(|hole| start + hole.start..start + hole.end));
            parts += part.text();
            cleaned.push((part.start, cleaner.cleaned(settled)));
            Some(())
        };
        let text_of = &mut &*text;
        let is_read =
            cleaner.read_windows(text_of, size, categories, true, &mut scratch, &mut read);
        if is_read.is_some() {
            assert_eq!(parts, text);
        }
        let windows = is_read.map(|()| (joined(cleaned), holes));
        let whole = cleaner.settled(text, categories, true, |settled| {
            (cleaner.cleaned(settled), settled.holes())
        });
        (windows, whole.ok().map(Option::unwrap_or_default))
    }

    fn text(lines: &[&str], end: &str) -> String {
        lines.iter().flat_map(|line| [line, end]).collect()
    }

    /// So many lines of which no rule wants one.
    fn sentences(count: usize) -> String {
        let lines = LINES[LINES.len() - 5..].iter().cycle().take(count);
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    #[test]
    fn text_of_pages_is_gone_over_by_windows() {
        let page = [
            "Share",
            "No 12",
            "The road goes to the river.",
            "",
            "Player",
            "A roof",
            "Stop",
            "AP photo",
            "The bridge is closed.",
            "<cut> It rained again.",
            "One",
            "Two",
            "A letter came.",
            "No 13",
        ];
        let text = text(&page.repeat(200), "\n");
        let (windows, whole) = both(&made(), &text, 4000, Categories::default());
        let (cleaned, _) = whole.as_ref().unwrap();
        assert_eq!(
            cleaned
                .removals
                .iter()
                .filter(|removal| removal.rule.is_some())
                .count(),
            802
        );
        assert_eq!(cleaned.kept.len(), 200);
        assert_eq!(cleaned.fields["agency"], ["AP"]);
        assert_eq!(windows, whole);
    }

    #[test]
    fn what_reaches_through_windows_is_found_in_the_whole_text() {
        // Each pass takes the innermost pair, and the last one lets a line go far away.
        let mut lines = vec!["One"; 300];
        lines.extend(["Two"; 300]);
        let text = text(&lines, "\n") + &sentences(300);
        let (windows, whole) = both(&made(), &text, 1000, Categories::default());
        assert_eq!(whole.unwrap().1, once(0..2400).collect::<Vec<_>>());
        assert_eq!(windows, None);
    }

    #[test]
    fn what_concerns_all_of_a_text_is_asked_of_the_whole() {
        // Patterns take more than the ceiling.
        let page = sentences(3) + &"Reuters photo\n".repeat(70);
        let also = Categories::default().also(crate::Category::Credit);
        assert_eq!(both(&made(), &page.repeat(200), 30_000, also), (None, None));
        // A zone of which no window sees all.
        let text = "Share\n".repeat(300) + &sentences(300);
        let (windows, whole) = both(&made(), &text, 1000, also);
        assert_eq!(whole.unwrap().1, once(0..1800).collect::<Vec<_>>());
        assert_eq!(windows, None);
    }

    #[test]
    fn block_that_takes_the_rest_of_a_text_is_found_in_the_whole() {
        let steps = r#"{ text = "Player" }, { title = true, optional = true }, { text = "Stop", repeat = 3 }]"#;
        let all = Categories::default().also(crate::Category::Credit);
        // Also where nothing but the rest goes.
        for (rest, removes) in [
            (r#"{ text = "Player" }, { rest = true }]"#, "Player\\nStop"),
            (
                r#"{ text = "Player", keep = true }, { rest = true }]"#,
                "Player\\n[-Stop-]",
            ),
        ] {
            let rules = RULES.replace(steps, rest).replace("Player\\nStop", removes);
            let outlets = Outlets::with_files([("made.toml".to_owned(), rules)]).unwrap();
            let cleaner = outlets.cleaner("made").unwrap().unwrap();
            let text = sentences(200);
            let (windows, whole) = both(&cleaner, &text, 1000, all);
            assert_eq!(whole, Some(Default::default()));
            assert_eq!(windows, whole);
            // A third of the text, which is under the ceiling.
            for before in 70..200 {
                let text = sentences(before) + "Player\n" + &sentences(200 - before);
                let (windows, whole) = both(&cleaner, &text, 1000, all);
                assert_eq!(whole.unwrap().1.last().unwrap().end, text.len(), "{before}");
                assert_eq!(windows, None, "{before}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn windows_find_what_passes_over_the_whole_text_find(
            lines in prop::collection::vec(prop::sample::select(LINES), 400..1200),
            size in 1500_usize..6000,
            keeps in any::<bool>(),
            end in prop::sample::select(&["\n", "\r\n"][..]),
        ) {
            let categories = match keeps {
                true => Categories::default(),
                false => Categories::default().also(crate::Category::Credit),
            };
            let text = text(&lines, end);
            let (windows, whole) = both(&made(), &text, size, categories);
            if windows.is_some() {
                prop_assert_eq!(windows, whole);
            }
        }
    }
}
