//! What lines that differ have in common: how they begin and end.

/// The longest mark before or behind a sentence: characters.
const MARK: usize = 60;
/// The most texts whose common words are looked for: more of them tell nothing new.
const SPLICED: usize = 64;
/// What stands between a mark and the sentence behind it.
const SEPARATORS: &[&str] = &[" - ", " – ", " — ", " -- ", " | ", " // "];
/// Characters after which a sentence is at its end.
const ENDS: &[char] = &['.', '!', '?', '…', '।', '。', '։', '؟', '۔'];

/// How lines are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Alike {
    /// Up to a colon.
    Label,
    /// In the first two words.
    Words,
    /// In the first two and the last two.
    Frame,
    /// In how many fields they have, and which of them have numbers.
    Fields,
    /// In how they begin.
    Begin,
    /// In how they end.
    End,
}

/// Where a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    AboveHeadline,
    BelowHeadline,
    Amid,
    Below,
}

/// What a shape has for a run of digits that are not ASCII's, as those of Persian and Bengali.
pub(super) const NUMBER: char = '۰';

/// What lines of one kind have in common, or nothing for a line that is of none: how they are alike,
/// and the words.
pub(super) fn template_key(text: &str, title: bool, spot: Spot) -> Option<(Alike, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    let lettered = |word: &str| word.chars().any(char::is_alphabetic);
    let outside = spot != Spot::Amid;
    // Amid a text too, as in "Read also: …": there the caller asks that most stories have it.
    if title
        && let Some((label, of)) = text.split_once(WIDE_COLON)
        && label.chars().count() <= WIDE_LABEL
        && lettered(label)
        && !of.is_empty()
    {
        return Some((Alike::Label, format!("{label}{WIDE_COLON}")));
    }
    if title && let Some(colon) = words.iter().take(4).position(|word| word.ends_with(':')) {
        let label = words[..=colon].join(" ");
        return (words.len() > colon + 1 && lettered(&label)).then_some((Alike::Label, label));
    }
    if title
        && spot == Spot::AboveHeadline
        && let Some(root) = crumb_root(text)
    {
        return Some((Alike::Begin, root.to_owned()));
    }
    if title
        && outside
        && let Some(key) = crumb(text)
    {
        return Some((Alike::Fields, key));
    }
    if title
        && outside
        && let [first, .., last] = words[..]
    {
        if ARROWS.contains(&first) {
            return Some((Alike::Begin, first.to_owned()));
        }
        if ARROWS.contains(&last) {
            return Some((Alike::End, last.to_owned()));
        }
    }
    let is_head = matches!(spot, Spot::AboveHeadline | Spot::BelowHeadline);
    let most = if is_head { 4 } else { 8 };
    if title
        && outside
        && (3..=most).contains(&words.len())
        && words[..2].iter().all(|word| lettered(word))
    {
        return Some((Alike::Words, words[..2].join(" ")));
    }
    if words.len() >= 6 {
        let last = &words[words.len() - 2..];
        let frame = format!("{} … {}", words[..2].join(" "), last.join(" "));
        return Some((Alike::Frame, frame));
    }
    None
}

/// The colon of scripts that need no space behind it.
pub(super) const WIDE_COLON: char = '：';
/// The longest label before it: characters.
const WIDE_LABEL: usize = 12;

/// Words that point to another story.
const ARROWS: &[&str] = &["←", "→", "▶", "►", "◀", "◄"];

/// Whether a line has several numbers and few words, as dates and times do.
pub(super) fn is_date(text: &str) -> bool {
    let numbers = text
        .split(|c: char| !c.is_numeric())
        .filter(|run| !run.is_empty());
    let words = text.split(' ').filter(|word| !word.is_empty()).count();
    (2..=6).contains(&numbers.count()) && words <= 7 && text.contains(char::is_alphabetic)
}

/// Characters that part the fields of a crumb.
const PARTS: &[char] = &['|', '/', '»', '›', '·'];

/// What stands between the fields of a path.
const STROKES: &[&str] = &[" › ", " > ", " » ", " / ", " → "];
/// The longest name of a site's first page: characters.
const ROOT: usize = 30;

/// The first field of a path to the story, whatever its depth, with what parts it from the next:
/// `Home › World › Europe`.
fn crumb_root(text: &str) -> Option<&str> {
    let strokes = STROKES.iter();
    let end = strokes.filter_map(|stroke| Some(text.find(stroke)? + stroke.len()));
    let root = text[..end.min()?].trim_end();
    let is_name = root.chars().count() <= ROOT && root.starts_with(char::is_alphabetic);
    is_name.then_some(root)
}

/// The pattern of a line of fields: `Region|topic|May 4, 2019 / 10:03`. Several of them, or numbers,
/// tell it from a line with a stroke in it.
fn crumb(text: &str) -> Option<String> {
    let parts = text.matches(PARTS).count();
    let numbered = text.contains(char::is_numeric);
    if !is_date(text) && (parts == 0 || (parts == 1 && !numbered) || text.contains("//")) {
        return None;
    }
    let mut pattern = String::new();
    let mut field = String::new();
    let close = |field: &mut String, pattern: &mut String| {
        let bare = field.trim();
        let lead = &field[..field.len() - field.trim_start().len()];
        let trail = if bare.is_empty() {
            ""
        } else {
            &field[field.trim_end().len()..]
        };
        pattern.push_str(lead);
        if bare.contains(char::is_numeric) {
            let mut last = ' ';
            for c in bare.chars() {
                let kind = match c {
                    _ if c.is_ascii_digit() => '0',
                    _ if c.is_numeric() => NUMBER,
                    _ if c.is_alphabetic() => 'a',
                    _ => c,
                };
                match kind {
                    '0' | 'a' | NUMBER if kind == last => {}
                    '0' => pattern.push_str(r"\d+"),
                    NUMBER => pattern.push_str(r"\p{N}+"),
                    'a' => pattern.push_str(r"\p{L}+"),
                    _ => pattern.push_str(&escape(&c.to_string())),
                }
                last = kind;
            }
        } else if !bare.is_empty() {
            pattern.push_str(r"[^|/»›·\d]{1,60}");
        }
        pattern.push_str(trail);
        field.clear();
    };
    for c in text.chars() {
        if PARTS.contains(&c) {
            close(&mut field, &mut pattern);
            pattern.push_str(&escape(&c.to_string()));
        } else {
            field.push(c);
        }
    }
    close(&mut field, &mut pattern);
    Some(pattern)
}

/// A pattern of what texts have in common, where that is enough.
pub(super) fn common_pattern(texts: &[&str], alike: Alike) -> Option<String> {
    let split: Vec<Vec<&str>> = texts.iter().map(|text| text.split(' ').collect()).collect();
    let first = &split[0];
    let begins = (0..first.len())
        .take_while(|&at| split.iter().all(|words| words.get(at) == Some(&first[at])))
        .count();
    let least = split.iter().map(Vec::len).min()?;
    let ends = (1..=least - begins.min(least))
        .take_while(|&at| {
            split
                .iter()
                .all(|words| words[words.len() - at] == first[first.len() - at])
        })
        .count();
    let longest = texts.iter().map(|text| text.chars().count()).max()?;
    let between = |lines: &[Vec<&str>]| {
        lines
            .iter()
            .map(|words| words[begins..words.len() - ends].join(" ").chars().count())
            .max()
    };
    if alike == Alike::Frame {
        // A frame of most words, with something short put in.
        let frame = first[..begins].iter().chain(&first[first.len() - ends..]);
        let frame: usize = frame.map(|word| word.chars().count() + 1).sum();
        if frame * 10 < longest * 5 {
            return spliced(&split);
        }
    }
    let room = (between(&split)? * 2).clamp(12, 400);
    let mut pattern = escape(&first[..begins].join(" "));
    let tail = escape(&first[first.len() - ends..].join(" "));
    pattern.push_str(&match (pattern.is_empty(), tail.is_empty()) {
        (false, false) => format!(" (?:.{{1,{room}}} )?{tail}"),
        (false, true) => format!(" .{{1,{room}}}"),
        _ => return None,
    });
    Some(pattern)
}

/// A frame in which something is put in at several places: the words that all texts have, in
/// order (a longest common subsequence, folded over the texts).
fn spliced(split: &[Vec<&str>]) -> Option<String> {
    let split = &split[..split.len().min(SPLICED)];
    let mut common: Vec<&str> = split[0].clone();
    for words in &split[1..] {
        if common.len() > 400 || words.len() > 400 {
            return None;
        }
        common = subsequence(&common, words);
    }
    let size = |words: &[&str]| {
        words
            .iter()
            .map(|word| word.chars().count() + 1)
            .sum::<usize>()
    };
    let longest = split.iter().map(|words| size(words)).max()?;
    if size(&common) * 10 < longest * 6 || common.len() < 5 {
        return None;
    }
    // Where any of the texts has something else between two common words, anything may stand.
    let mut open = vec![false; common.len() + 1];
    for words in split {
        let mut at = 0;
        for (place, word) in common.iter().enumerate() {
            let found = at + words[at..].iter().position(|other| other == word)?;
            open[place] |= found > at;
            at = found + 1;
        }
        open[common.len()] |= at < words.len();
    }
    if open[0] || open[common.len()] {
        return None;
    }
    let mut pattern = String::new();
    for (place, word) in common.iter().enumerate() {
        if place > 0 {
            pattern.push_str(if open[place] { " (?:.{1,80} )?" } else { " " });
        }
        pattern.push_str(&escape(word));
    }
    Some(pattern)
}

/// The longest common subsequence of two lists of words.
fn subsequence<'w>(one: &[&'w str], other: &[&'w str]) -> Vec<&'w str> {
    let width = other.len() + 1;
    let mut table = vec![0u32; (one.len() + 1) * width];
    for at in (0..one.len()).rev() {
        for to in (0..other.len()).rev() {
            table[at * width + to] = if one[at] == other[to] {
                table[(at + 1) * width + to + 1] + 1
            } else {
                table[(at + 1) * width + to].max(table[at * width + to + 1])
            };
        }
    }
    let (mut at, mut to) = (0, 0);
    let mut common = Vec::new();
    while at < one.len() && to < other.len() {
        if one[at] == other[to] {
            common.push(one[at]);
            (at, to) = (at + 1, to + 1);
        } else if table[(at + 1) * width + to] >= table[at * width + to + 1] {
            at += 1;
        } else {
            to += 1;
        }
    }
    common
}

/// What stands before the first separator near the start of a line, with the separator.
pub(super) fn prefix(raw: &str) -> Option<&str> {
    let line = raw.trim_start();
    let end = SEPARATORS
        .iter()
        .filter_map(|separator| Some(line.find(separator)? + separator.len()))
        .min()?;
    let mark = &line[..end];
    let fits = mark.chars().count() <= MARK && line.len() - end >= 30;
    let letters = mark.chars().filter(|c| c.is_alphabetic()).count();
    (fits && letters >= 2 && !mark.contains(ENDS_OF_WORDS)).then_some(mark)
}

/// What no mark has within: it would be a sentence.
const ENDS_OF_WORDS: &[char] = &['!', '?', '…', ',', ';', '"', '“', '”', '«', '»'];

/// What stands behind the end of a line's last sentence.
pub(super) fn suffix(raw: &str) -> Option<&str> {
    let line = raw.trim_end();
    let found = line
        .char_indices()
        .rev()
        .skip(1)
        .take(MARK)
        .find(|&(at, c)| {
            ENDS.contains(&c)
                && line[at + c.len_utf8()..].starts_with([' ', '\u{a0}', '"', '”', '»', '[', '('])
        })?;
    let behind = &line[found.0 + found.1.len_utf8()..];
    let mark = behind.trim_start_matches(['"', '”', '»', '\'', '’']);
    let letters = mark.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 2 && found.0 >= 30).then_some(mark)
}

/// The text as a pattern that matches just it.
pub(super) fn escape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// A shape as a pattern: any digits for each run of them.
pub(super) fn pattern_of_shape(shape: &str) -> String {
    escape(shape)
        .replace('0', r"\d+")
        .replace(NUMBER, r"\p{N}+")
}

/// A name alone on its line: two to four words with capitals, or with none but capitals' scripts.
pub(super) const NAME: &str = r"\p{Lu}[\p{L}'.-]*(?: [\p{L}'.-]+){0,2} \p{Lu}[\p{L}'.-]+";

/// Whether a line may be a name, as [`NAME`] reads one.
pub(super) fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let fits = |word: &str| word.chars().all(|c| c.is_alphabetic() || "'.-".contains(c));
    let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    (2..=4).contains(&words.len())
        && words.iter().all(|word| fits(word))
        && capital(words[0])
        && capital(words[words.len() - 1])
}

/// Whether the last word of a name is among the first words of a line.
pub(super) fn begins_with_name(text: &str, name: &str) -> bool {
    let last = name.rsplit(' ').next().unwrap_or(name).to_lowercase();
    text.split(' ').take(4).any(|word| {
        let word = word.to_lowercase();
        word.trim_end_matches(|c: char| !c.is_alphanumeric()) == last
    })
}

/// A pattern for a heading that ends in a name, with any name: "More from The Bugle". What goes on as
/// a sentence is none.
pub(super) fn ends_in_name(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let small = |word: &str| word.chars().next().is_some_and(char::is_lowercase);
    let last = words.iter().rposition(|word| small(word))?;
    let name = &words[last + 1..];
    let capital = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
    let fits = last >= 1 && (1..=4).contains(&name.len()) && name.iter().all(capital);
    fits.then(|| {
        format!(
            r"{} \p{{Lu}}[^.!?…:;,]{{0,60}}",
            escape(&words[..=last].join(" "))
        )
    })
}

/// The mark with `-` for every dash.
pub(super) fn plain_dashes(mark: &str) -> String {
    mark.replace(['–', '—'], "-")
}
