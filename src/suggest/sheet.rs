//! Pages as rows of counted lines: what recurs, which pages tell the same story, where the text is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::template::NUMBER;
use crate::text::{fold, is_title};

/// The characters from which on a line that ends as a sentence does is prose: shorter ones are
/// labels with a full stop. Bytes, so that a script of more bytes needs fewer characters.
const PROSE: usize = 60;
/// The length of a paragraph that outweighs two titles: bytes.
const PARAGRAPH: f64 = 300.0;
/// The shortest headline: bytes.
const HEADLINE: usize = 25;
/// The words of a shingle.
const SHINGLE: usize = 6;
/// One of so many shingles is looked at.
const SAMPLED: u64 = 4;
/// Shingles and lines of more stories than this tell no two pages of one story.
const RARE: usize = 8;
/// The share of the smaller page's shingles that two pages of one story have in common.
const SAME_STORY: f64 = 0.5;
/// The telling words that a story has at least for itself.
const OWN: usize = 10;
/// The shortest word that tells what a text speaks of: bytes.
const TELLING: usize = 6;
/// The most rows of a group without blank lines that is read as one box.
const BOX: usize = 16;

/// Texts, each with a number.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    pub(super) list: Vec<String>,
}

impl Names {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.list.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        self.list.push(text.to_owned());
        number
    }
}

/// A non-blank line of a page.
#[derive(Clone, Debug)]
pub(super) struct Row<'t> {
    /// The line as it stands on the page.
    pub(super) raw: &'t str,
    /// Its first byte on the page.
    pub(super) start: usize,
    /// The number of its folded text.
    pub(super) text: u32,
    /// The number of its shape: the folded text with one character for each run of digits.
    pub(super) shape: u32,
    /// Whether a blank line stands above it.
    pub(super) gap: bool,
    pub(super) title: bool,
    /// Whether it is long and ends as a sentence does.
    pub(super) prose: bool,
    /// Whether a family that is extended takes it.
    pub(super) covered: bool,
}

/// A page.
#[derive(Debug)]
pub(super) struct Sheet<'t> {
    pub(super) rows: Vec<Row<'t>>,
    /// The number of its story: pages of one story have the same.
    pub(super) story: usize,
    /// The rows of the article, about.
    pub(super) body: Range<usize>,
    /// The row of the headline, if there is one.
    pub(super) headline: Option<usize>,
    /// The long words of the article's prose.
    words: HashSet<String>,
    /// Of each row those around it without a blank line between.
    groups: Vec<Range<usize>>,
    /// Whether blank lines part its groups of lines.
    pub(super) gapped: bool,
}

/// The pages of a sample, counted.
pub(super) struct Sheets<'t> {
    pub(super) sheets: Vec<Sheet<'t>>,
    pub(super) texts: Names,
    pub(super) shapes: Names,
    /// The number of stories.
    pub(super) stories: usize,
    /// In how many stories each text, each shape stands.
    pub(super) text_stories: Vec<usize>,
    pub(super) shape_stories: Vec<usize>,
    /// In how many stories something has to stand to count as recurring.
    pub(super) need: usize,
    /// The texts that are headlines.
    headlines: HashSet<u32>,
}

impl<'t> Sheets<'t> {
    /// Reads the pages; of each the byte ranges that families cover are given.
    pub(super) fn new(pages: &[&'t str], covered: &[Vec<Range<usize>>]) -> Sheets<'t> {
        let mut texts = Names::default();
        let mut shapes = Names::default();
        let mut sheets: Vec<Sheet> = pages
            .iter()
            .zip(covered)
            .map(|(page, covered)| Sheet::read(page, covered, &mut texts, &mut shapes))
            .collect();
        let stories = tell_stories(&mut sheets);
        let text_stories = count(&sheets, texts.list.len(), |row| row.text);
        let shape_stories = count(&sheets, shapes.list.len(), |row| row.shape);
        let need = match stories {
            0..=39 => 2,
            40..=149 => 3,
            _ => 4.max(stories / 50),
        };
        let mut all = Sheets {
            sheets,
            texts,
            shapes,
            stories,
            text_stories,
            shape_stories,
            need,
            headlines: HashSet::new(),
        };
        for at in 0..all.sheets.len() {
            let (body, headline, words) = all.layout(at);
            let sheet = &mut all.sheets[at];
            (sheet.body, sheet.headline, sheet.words) = (body, headline, words);
        }
        all.tell_linked_headlines();
        all
    }

    /// A headline to which other pages link recurs, but above its own article alone.
    fn tell_linked_headlines(&mut self) {
        let mut above: HashMap<u32, HashSet<usize>> = HashMap::new();
        for sheet in &self.sheets {
            for row in &sheet.rows[..sheet.body.start] {
                above.entry(row.text).or_default().insert(sheet.story);
            }
        }
        for at in 0..self.sheets.len() {
            let sheet = &self.sheets[at];
            let rows = sheet.rows[..sheet.body.start].iter().enumerate();
            let candidates = rows.filter(|(_, row)| {
                let is_long = row.title && !row.covered && row.raw.split_whitespace().count() > 3;
                is_long && self.recurs(row) && above[&row.text].len() == 1
            });
            let of_article = |row: &Row| {
                let words: HashSet<String> = long_words(row.raw).collect();
                words.intersection(&sheet.words).count()
            };
            // Below a line that looks like one it is none; where nothing does, its place is enough.
            let best = candidates
                .map(|(row, text)| (row, of_article(text)))
                .filter(|&(row, words)| {
                    let known = sheet.headline;
                    known.is_none_or(|headline| row < headline && words > 0)
                })
                .max_by_key(|&(row, words)| (words, std::cmp::Reverse(row)));
            if let Some((row, _)) = best {
                self.sheets[at].headline = Some(row);
            }
        }
        let headlines = self.sheets.iter();
        let headlines = headlines.filter_map(|sheet| Some(sheet.rows[sheet.headline?].text));
        self.headlines = headlines.collect();
    }

    pub(super) fn text(&self, row: &Row) -> &str {
        &self.texts.list[row.text as usize]
    }

    pub(super) fn shape(&self, row: &Row) -> &str {
        &self.shapes.list[row.shape as usize]
    }

    /// Whether the row's text is the headline of some page, here or elsewhere.
    pub(super) fn is_headline(&self, row: &Row) -> bool {
        self.headlines.contains(&row.text)
    }

    /// Whether the row's text stands in stories enough.
    pub(super) fn recurs(&self, row: &Row) -> bool {
        self.text_stories[row.text as usize] >= self.need
    }

    /// Whether the row's text with other digits does, and there is more in it than a number.
    pub(super) fn shape_recurs(&self, row: &Row) -> bool {
        let shape = self.shape(row);
        let count = |is: fn(char) -> bool| shape.chars().filter(|&c| is(c)).count();
        let numbers = count(|c| matches!(c, '0' | NUMBER));
        self.shape_stories[row.shape as usize] >= self.need
            && numbers > 0
            && (count(char::is_alphabetic) >= 2 || numbers >= 4)
    }

    /// Where the article is: the rows with the greatest sum, where prose that stands nowhere else
    /// counts for it, and what recurs, or is a title, against. And the headline: of the rows above
    /// it the one with most words of the article.
    fn layout(&self, at: usize) -> (Range<usize>, Option<usize>, HashSet<String>) {
        let sheet = &self.sheets[at];
        let rows = &sheet.rows;
        let mut best = (0.0, 0..0);
        let (mut sum, mut start) = (0.0, 0);
        let known: Vec<bool> = (0..rows.len())
            .map(|at| {
                let row = &rows[at];
                let own = row.covered || self.recurs(row) || self.shape_recurs(row);
                own || self.is_in_known_box(sheet, at)
            })
            .collect();
        // The paragraphs of a text follow each other, whatever of the page's stands between; the
        // line under a teaser stands between titles.
        let mut runs = vec![false; rows.len()];
        let own: Vec<usize> = (0..rows.len()).filter(|&at| !known[at]).collect();
        for pair in own.windows(2) {
            if rows[pair[0]].prose && rows[pair[1]].prose {
                runs[pair[0]] = true;
                runs[pair[1]] = true;
            }
        }
        for (at, row) in rows.iter().enumerate() {
            let paragraph = (0.3 + row.raw.len() as f64 / PARAGRAPH).min(2.0);
            sum += match (known[at], row.prose) {
                // One box, however long, parts a text no more than an advert does.
                (true, _) if at > 0 && known[at - 1] => 0.0,
                (true, _) => -0.5,
                (_, true) if runs[at] => paragraph,
                (_, true) => paragraph / 2.0,
                _ => -0.6,
            };
            if sum <= 0.0 {
                (sum, start) = (0.0, at + 1);
            } else if sum > best.0 {
                best = (sum, start..at + 1);
            }
        }
        let body = match best.1 {
            body if body.is_empty() => rows.len()..rows.len(),
            body => body,
        };
        let words: HashSet<String> = rows[body.clone()]
            .iter()
            .filter(|row| row.prose)
            .flat_map(|row| long_words(row.raw))
            .collect();
        let common = |row: &Row| {
            let own: HashSet<String> = long_words(row.raw).collect();
            own.intersection(&words).count()
        };
        let above: Vec<(usize, usize)> = rows[..body.start.min(40)]
            .iter()
            .enumerate()
            .filter(|(_, row)| !self.recurs(row) && !row.covered && row.raw.len() >= HEADLINE)
            .map(|(at, row)| (at, common(row)))
            .collect();
        // A standfirst has more of them, but stands below.
        let most = above.iter().map(|row| row.1).max().unwrap_or(0);
        let headline = above
            .into_iter()
            .find(|(_, common)| *common >= 2 && (*common >= 3 || common * 3 >= most))
            .map(|(at, _)| at);
        (body, headline, words)
    }

    /// Whether the row stands, without blank lines between, in a small group with rows that recur;
    /// a paragraph only where several of them do, and more of them than there are paragraphs: one
    /// alone may be glued to the text.
    fn is_in_known_box(&self, sheet: &Sheet, at: usize) -> bool {
        let range = sheet.group(at);
        if !sheet.gapped || range.len() > BOX {
            return false;
        }
        let rows = &sheet.rows[range];
        let known = rows
            .iter()
            .filter(|row| row.covered || self.recurs(row))
            .count();
        let prose = rows
            .iter()
            .filter(|row| row.prose && !row.covered && !self.recurs(row))
            .count();
        match sheet.rows[at].prose {
            true => known >= 2 && known > prose,
            false => known > 0 && known >= prose,
        }
    }
}

impl<'t> Sheet<'t> {
    fn read(
        page: &'t str,
        covered: &[Range<usize>],
        texts: &mut Names,
        shapes: &mut Names,
    ) -> Sheet<'t> {
        let mut rows = Vec::new();
        let (mut start, mut gap) = (0, false);
        for line in page.split('\n') {
            let bytes = start..start + line.len();
            start += line.len() + 1;
            let raw = line.strip_suffix('\r').unwrap_or(line);
            let raw = raw.trim_start_matches('\u{feff}');
            let folded = fold(raw);
            if raw.trim().is_empty() || folded.is_empty() {
                gap = true;
                continue;
            }
            let title = is_title(&folded);
            rows.push(Row {
                raw,
                start: bytes.end - line.len(),
                text: texts.number(&folded),
                shape: shapes.number(&shape_of(&folded)),
                gap,
                title,
                prose: folded.len() >= PROSE && !title,
                covered: covered
                    .get(covered.partition_point(|hole| hole.end < bytes.end))
                    .is_some_and(|hole| hole.start <= bytes.start),
            });
            gap = false;
        }
        let gaps = rows.iter().filter(|row| row.gap).count();
        Sheet {
            gapped: gaps * 4 >= rows.len(),
            groups: groups(&rows),
            rows,
            story: 0,
            body: 0..0,
            headline: None,
            words: HashSet::new(),
        }
    }

    /// Whether a row speaks of what the article speaks of: half of its long words are the article's.
    pub(super) fn is_on_topic(&self, at: usize) -> bool {
        let (mut own, mut common) = (0, 0);
        for word in long_words(self.rows[at].raw) {
            own += 1;
            common += usize::from(self.words.contains(&word));
        }
        own > 0 && common * 2 >= own
    }

    /// The rows around one, without a blank line between.
    pub(super) fn group(&self, at: usize) -> Range<usize> {
        self.groups[at].clone()
    }
}

/// Of each row those around it without a blank line between.
fn groups(rows: &[Row]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::with_capacity(rows.len());
    let mut start = 0;
    for at in 1..=rows.len() {
        if at == rows.len() || rows[at].gap {
            groups.extend(std::iter::repeat_n(start..at, at - start));
            start = at;
        }
    }
    groups
}

/// The text with a `0` for each run of ASCII digits, and [`NUMBER`] for one of others.
pub(super) fn shape_of(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    let mut last = None;
    for c in text.chars() {
        let digit = match c {
            _ if c.is_ascii_digit() => Some('0'),
            _ if c.is_numeric() => Some(NUMBER),
            _ => None,
        };
        if digit.is_none() || digit != last {
            shape.push(digit.unwrap_or(c));
        }
        last = digit;
    }
    shape
}

/// The words of at least four letters, or of two in a script without spaces or small letters.
fn long_words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() >= 4)
        .map(str::to_lowercase)
}

/// In how many stories each number stands.
fn count(sheets: &[Sheet], numbers: usize, number: impl Fn(&Row) -> u32) -> Vec<usize> {
    let mut pairs: Vec<(u32, usize)> = sheets
        .iter()
        .flat_map(|sheet| sheet.rows.iter().map(|row| (number(row), sheet.story)))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut counts = vec![0; numbers];
    for (number, _) in pairs {
        counts[number as usize] += 1;
    }
    counts
}

/// Whether what two pages do not have in common speaks of the same things, or is little. A short
/// story under a long shell has most of its prose in common with any other of the outlet.
fn tell_the_same(one: &Sheet, other: &Sheet) -> bool {
    let own = |sheet: &Sheet, beside: &Sheet| -> HashSet<String> {
        let texts: HashSet<u32> = beside.rows.iter().map(|row| row.text).collect();
        let own = sheet.rows.iter().filter(|row| !texts.contains(&row.text));
        own.flat_map(|row| long_words(row.raw))
            .filter(|word| word.len() >= TELLING)
            .collect()
    };
    let (one, other) = (own(one, other), own(other, one));
    let fewer = one.len().min(other.len());
    fewer < OWN || one.intersection(&other).count() * 10 >= fewer * 3
}

/// Gives pages of one story the same number; returns how many stories there are.
///
/// Shingles of words of the prose are hashed and sampled by their hash; pages that have half of
/// the smaller one's in common tell one story. Shingles that many pages have are boilerplate, and
/// bring no two pages together, so that the pairs that are looked at are few.
fn tell_stories(sheets: &mut [Sheet]) -> usize {
    let mut sets: Vec<HashSet<u64>> = Vec::new();
    let mut holders: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, sheet) in sheets.iter().enumerate() {
        let mut set = HashSet::new();
        for row in sheet.rows.iter().filter(|row| row.prose && !row.covered) {
            let words: Vec<&str> = row.raw.split_whitespace().collect();
            for shingle in words.windows(SHINGLE.min(words.len())) {
                let mut hash = DefaultHasher::new();
                shingle.hash(&mut hash);
                let hash = hash.finish();
                if hash.is_multiple_of(SAMPLED) && set.insert(hash) {
                    holders.entry(hash).or_default().push(at);
                }
            }
        }
        sets.push(set);
    }
    // What most of several pages have is the outlet's.
    let most = match sheets.len() {
        0..=3 => 2,
        pages => RARE.min(pages / 2),
    };
    let mut sizes = vec![0usize; sheets.len()];
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for pages in holders.values().filter(|pages| pages.len() <= most) {
        for (place, &one) in pages.iter().enumerate() {
            sizes[one] += 1;
            for &other in &pages[place + 1..] {
                *shared.entry((one, other)).or_default() += 1;
            }
        }
    }
    let mut story: Vec<usize> = (0..sheets.len()).collect();
    for ((one, other), common) in shared {
        let smaller = sizes[one].min(sizes[other]);
        let is_near = smaller >= 4 && common as f64 >= SAME_STORY * smaller as f64;
        if is_near && tell_the_same(&sheets[one], &sheets[other]) {
            let (from, to) = (story[one].max(story[other]), story[one].min(story[other]));
            for number in &mut story {
                if *number == from {
                    *number = to;
                }
            }
        }
    }
    for (sheet, story) in sheets.iter_mut().zip(&story) {
        sheet.story = *story;
    }
    story.into_iter().collect::<HashSet<_>>().len()
}
