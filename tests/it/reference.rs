//! The plain cleaner: every rule looks at every line in every pass, written for being read.
//!
//! It knows the rule language only as far as the generated rules use it, and shares no code with
//! the engine.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

#[derive(Clone, Debug)]
pub struct Model(pub Vec<(Rule, Option<Zone>, bool)>);

#[derive(Clone, Debug)]
pub enum Rule {
    Line(What),
    Block {
        steps: Vec<Step>,
        rest: bool,
        least: Option<u32>,
        gap: bool,
    },
    Inline(What),
    Duplicate {
        apart: u32,
        gap: bool,
        alike: f64,
        whole: bool,
        later: Option<bool>,
    },
}

#[derive(Clone, Debug)]
pub enum What {
    Text(Vec<String>),
    Pattern(String),
    Line(u32),
    Title,
    Same(u32),
}

#[derive(Clone, Debug)]
pub struct Step {
    pub what: What,
    pub optional: bool,
    pub repeat: u32,
    pub keep: bool,
    /// `None`: as its block.
    pub gap: Option<bool>,
}

#[derive(Clone, Copy, Debug)]
pub struct Zone {
    pub head: Option<u32>,
    pub tail: Option<u32>,
}

impl Model {
    /// The rule file, with its rules in the order that is given. The examples are those that the
    /// plain cleaner says are right, so that a file is refused only where a rule makes no sense.
    pub fn file(&self, order: &[usize]) -> String {
        let mut file = "outlet = \"made\"\nname = \"Made\"\nceiling = 1.0\n".to_owned();
        for &at in order {
            let (rule, zone, credit) = &self.0[at];
            let alone = Model(vec![(rule.clone(), None, false)]);
            let zone = match zone {
                None => String::new(),
                Some(Zone { head, tail }) => {
                    let key = |name: &str, count: &Option<u32>| {
                        count.map(|count| format!("{name} = {count}"))
                    };
                    let keys: Vec<String> = [key("head", head), key("tail", tail)]
                        .into_iter()
                        .flatten()
                        .collect();
                    format!("zone = {{ {} }}\n", keys.join(", "))
                }
            };
            let (kind, keys) = rule.keys();
            let removes = rule
                .sample()
                .map(|sample| marked(&alone, &sample))
                .unwrap_or_default();
            let category = if *credit { "credit" } else { "promo" };
            file += &format!(
                "[[{kind}]]\nid = \"rule-{at}\"\ncategory = \"{category}\"\nnote = \"n\"\n{zone}{keys}removes = [{}]\nkeeps = [\"zzz zz, nothing.\"]\n",
                quoted(&removes)
            );
        }
        file
    }
}

impl Rule {
    fn keys(&self) -> (&'static str, String) {
        match self {
            Rule::Line(what) => ("line", format!("{}\n", what.key())),
            Rule::Inline(what) => ("inline", format!("{}\n", what.key())),
            Rule::Duplicate {
                apart,
                gap,
                alike,
                whole,
                later,
            } => {
                let goes = later.map(|later| {
                    format!("goes = \"{}\"\n", if later { "later" } else { "earlier" })
                });
                let whole = if *whole { "whole = true\n" } else { "" };
                (
                    "duplicate",
                    format!(
                        "apart = {apart}\ngap = {gap}\nalike = {alike:?}\n{whole}least = 3\n{}",
                        goes.unwrap_or_default()
                    ),
                )
            }
            Rule::Block {
                steps,
                rest,
                least,
                gap,
            } => {
                let mut lines: Vec<String> = steps.iter().map(Step::table).collect();
                if *rest {
                    lines.push("{ rest = true }".to_owned());
                }
                let least = least
                    .map(|least| format!("least = {least}\n"))
                    .unwrap_or_default();
                (
                    "block",
                    format!("lines = [{}]\ngap = {gap}\n{least}", lines.join(", ")),
                )
            }
        }
    }

    /// A text of which the rule takes something, if one is easily made.
    fn sample(&self) -> Option<String> {
        match self {
            Rule::Line(what) | Rule::Inline(what) => what.sample(&[]),
            Rule::Duplicate { .. } => Some("one two three\none two three".to_owned()),
            Rule::Block { steps, .. } => {
                let mut lines: Vec<String> = Vec::new();
                for step in steps {
                    lines.push(step.what.sample(&lines)?);
                }
                Some(lines.join("\n"))
            }
        }
    }
}

impl Step {
    fn table(&self) -> String {
        let mut keys = vec![self.what.key()];
        keys.extend(self.optional.then(|| "optional = true".to_owned()));
        keys.extend((self.repeat > 1).then(|| format!("repeat = {}", self.repeat)));
        keys.extend(self.keep.then(|| "keep = true".to_owned()));
        keys.extend(self.gap.map(|gap| format!("gap = {gap}")));
        format!("{{ {} }}", keys.join(", "))
    }
}

impl What {
    fn key(&self) -> String {
        match self {
            What::Text(texts) => format!(
                "text = [{}]",
                texts
                    .iter()
                    .map(|text| quoted(text))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            What::Pattern(pattern) => format!("pattern = '{pattern}'"),
            What::Line(most) => format!("line = {most}"),
            What::Title => "title = true".to_owned(),
            What::Same(step) => format!("same = {step}"),
        }
    }

    fn sample(&self, before: &[String]) -> Option<String> {
        let samples = [
            r"No (?<number>\d+)",
            r".*\d.*",
            r"[A-Z]\w+",
            "(?i)pre - .+",
            "one .+ (?:six|seven)",
        ];
        let of_samples = ["No 12", "a 1 b", "Beta", "PRE - x", "one or six"];
        let parts = [
            r"\[cut\]",
            "^pre - ",
            r" \[(?<cut>c)ut\]",
            "[0-9]+$",
            "No 12$",
        ];
        let of_parts = ["[cut]", "pre - ", " [cut]", "5", "No 12"];
        let find = |all: &[&str], of: &[&str], pattern: &str| {
            all.iter()
                .position(|known| *known == pattern)
                .map(|at| of[at].to_owned())
        };
        match self {
            What::Text(texts) => texts.first().cloned(),
            What::Pattern(pattern) => {
                find(&samples, &of_samples, pattern).or_else(|| find(&parts, &of_parts, pattern))
            }
            What::Line(_) => Some("q".to_owned()),
            What::Title => Some("A title".to_owned()),
            What::Same(step) => before.get(*step as usize - 1).cloned(),
        }
    }
}

/// The text with what the rules take of it between marks.
fn marked(model: &Model, text: &str) -> String {
    let mut page = Page::new(text);
    page.settle(model);
    let mut out = String::new();
    for (line, (original, end)) in page.lines.iter().zip(&page.original) {
        let shown = if line.gone {
            format!("[-{original}-]")
        } else if line.content != *original {
            line.parts.iter().fold(String::new(), |out, (kept, piece)| {
                if *kept {
                    out + piece
                } else {
                    out + "[-" + piece + "-]"
                }
            })
        } else {
            original.clone()
        };
        out += &shown;
        out += end;
    }
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            c if c.is_control() => out += &format!("\\u{:04X}", c as u32),
            c => out.push(c),
        }
    }
    out + "\""
}

/// How often a page is gone over because credits stay; one that takes more is left as it is.
const ROUNDS: usize = 8;

/// What is left of a text; `all`: credits go too.
pub fn clean(model: &Model, text: &str, all: bool) -> String {
    let rest = text.trim_start_matches('\u{feff}');
    let (bom, text) = (&text[..text.len() - rest.len()], rest);
    let mut page = Page::new(text);
    let mut deleted: BTreeSet<usize> = BTreeSet::new();
    let mut cut: BTreeSet<(usize, usize)> = BTreeSet::new();
    for round in 0.. {
        let found = page.settle(model);
        let goes = |rule: &usize| all || !model.0[*rule].2;
        let before = (deleted.clone(), cut.clone());
        let lines = found
            .lines
            .iter()
            .filter(|(_, rules)| rules.iter().any(goes));
        deleted.extend(lines.map(|(line, _)| *line));
        let cuts = found
            .cuts
            .iter()
            .filter(|(_, rules)| rules.iter().any(goes));
        cut.extend(cuts.map(|(place, _)| *place));
        page = Page::without(text, &deleted, &cut);
        let emptied = page.lines.iter().all(|line| line.gone || line.is_blank());
        if emptied {
            // What would empty the page is not believed; what earlier rounds took is.
            (deleted, cut) = before;
            break;
        }
        if before == (deleted.clone(), cut.clone()) {
            break;
        }
        if round == ROUNDS {
            return bom.to_owned() + text;
        }
    }
    bom.to_owned() + &Page::without(text, &deleted, &cut).left()
}

/// Every line of a text, blank ones too.
struct Page {
    lines: Vec<Line>,
    original: Vec<(String, String)>,
}

struct Line {
    content: String,
    /// For each byte of the content, its place in the original line.
    places: Vec<usize>,
    gone: bool,
    parts: Vec<(bool, String)>,
    /// Byte order marks before the content, and a carriage return behind it that reads as a line end.
    before: String,
    behind: &'static str,
}

impl Line {
    /// Takes byte order marks at the start out of the content.
    fn shed_marks(&mut self) {
        while let Some(rest) = self.content.strip_prefix('\u{feff}') {
            self.content = rest.to_owned();
            self.places.drain(..3);
            self.before.push('\u{feff}');
        }
    }

    fn is_blank(&self) -> bool {
        self.content.trim().is_empty()
    }
}

/// Which rules took which lines, and which bytes of which lines.
#[derive(Default)]
struct Found {
    lines: BTreeMap<usize, BTreeSet<usize>>,
    cuts: BTreeMap<(usize, usize), BTreeSet<usize>>,
}

impl Page {
    fn new(text: &str) -> Page {
        let mut page = Page {
            lines: Vec::new(),
            original: Vec::new(),
        };
        for line in text.split_inclusive('\n') {
            let content = line
                .strip_suffix("\r\n")
                .or(line.strip_suffix('\n'))
                .unwrap_or(line);
            let end = &line[content.len()..];
            page.original.push((content.to_owned(), end.to_owned()));
            let mut line = Line {
                content: content.to_owned(),
                places: (0..content.len()).collect(),
                gone: false,
                parts: Vec::new(),
                before: String::new(),
                behind: "",
            };
            line.shed_marks();
            page.lines.push(line);
        }
        page
    }

    fn without(text: &str, deleted: &BTreeSet<usize>, cut: &BTreeSet<(usize, usize)>) -> Page {
        let mut page = Page::new(text);
        for &line in deleted {
            page.lines[line].gone = true;
        }
        let bytes: BTreeMap<(usize, usize), BTreeSet<usize>> =
            cut.iter().map(|place| (*place, BTreeSet::new())).collect();
        page.cut(&bytes);
        page
    }

    /// Takes bytes off lines; a line of which nothing but white space is left goes.
    fn cut(&mut self, bytes: &BTreeMap<(usize, usize), BTreeSet<usize>>) {
        let lines: BTreeSet<usize> = bytes.keys().map(|(line, _)| *line).collect();
        for at in lines {
            let line = &mut self.lines[at];
            let kept: Vec<usize> = (0..line.content.len())
                .filter(|byte| !bytes.contains_key(&(at, line.places[*byte])))
                .collect();
            let content = kept
                .iter()
                .map(|&byte| line.content.as_bytes()[byte])
                .collect();
            line.content = String::from_utf8(content).expect("cuts lie between characters");
            line.places = kept.into_iter().map(|byte| line.places[byte]).collect();
            line.shed_marks();
            if self.original[at].1 == "\n" && line.content.ends_with('\r') {
                line.content.pop();
                line.places.pop();
                line.behind = "\r";
            }
            line.parts = Vec::new();
            for (place, c) in self.original[at].0.char_indices() {
                let kept = line.places.contains(&place);
                match line.parts.last_mut() {
                    Some((last, piece)) if *last == kept => piece.push(c),
                    _ => line.parts.push((kept, c.to_string())),
                }
            }
            line.gone |= line.is_blank();
        }
    }

    /// Passes until none takes more; what each rule took.
    fn settle(&mut self, model: &Model) -> Found {
        let mut all = Found::default();
        loop {
            let mut found = Found::default();
            for (at, (rule, zone, _)) in model.0.iter().enumerate() {
                self.find(at, rule, *zone, &mut found);
            }
            if found.lines.is_empty() && found.cuts.is_empty() {
                return all;
            }
            for &line in found.lines.keys() {
                self.lines[line].gone = true;
            }
            let cut_lines: BTreeMap<_, _> = found
                .cuts
                .iter()
                .map(|(place, rules)| (*place, rules.clone()))
                .collect();
            self.cut(&cut_lines);
            for (line, rules) in found.lines {
                all.lines.entry(line).or_default().extend(rules);
            }
            for (place, rules) in found.cuts {
                all.cuts.entry(place).or_default().extend(rules);
            }
        }
    }

    fn inked(&self) -> Vec<usize> {
        (0..self.lines.len())
            .filter(|&at| !self.lines[at].gone && !self.lines[at].is_blank())
            .collect()
    }

    /// Whether a blank line stands between two lines that are neighbours but for blank ones.
    fn gap_between(&self, one: usize, other: usize) -> bool {
        self.lines[one + 1..other]
            .iter()
            .any(|line| !line.gone && line.is_blank())
    }

    fn find(&self, number: usize, rule: &Rule, zone: Option<Zone>, found: &mut Found) {
        let inked = self.inked();
        let count = inked.len();
        // Places in `inked`, first and last.
        let fits = |first: usize, last: usize| {
            zone.is_none_or(|zone| {
                zone.head.is_some_and(|head| last < head as usize)
                    || zone.tail.is_some_and(|tail| first + tail as usize >= count)
            })
        };
        let content = |at: usize| self.lines[inked[at]].content.as_str();
        for at in 0..count {
            match rule {
                Rule::Line(what) => {
                    if fits(at, at) && what.serves(&fold(content(at)), None) {
                        found.lines.entry(inked[at]).or_default().insert(number);
                    }
                }
                Rule::Inline(what) => {
                    for place in what.parts(content(at)).into_iter().filter(|_| fits(at, at)) {
                        let place = (inked[at], self.lines[inked[at]].places[place]);
                        found.cuts.entry(place).or_default().insert(number);
                    }
                }
                Rule::Duplicate {
                    apart,
                    gap,
                    alike,
                    whole,
                    later,
                } => {
                    if !fits(at, at) {
                        continue;
                    }
                    for before in (at.saturating_sub(*apart as usize + 1)..at).rev() {
                        let near = (before..at).all(|between| {
                            *gap || !self.gap_between(inked[between], inked[between + 1])
                        });
                        let (one, two) = (fold(content(before)), fold(content(at)));
                        let (first, second) = (one.chars().count(), two.chars().count());
                        if near
                            && fits(before, before)
                            && first >= 3
                            && second >= 3
                            && likeness(&one, &two) >= *alike
                            && (!whole || goes_on(&one, &two) || goes_on(&two, &one))
                        {
                            let goes = match later {
                                Some(true) => at,
                                Some(false) => before,
                                None if first < second => before,
                                None => at,
                            };
                            found.lines.entry(inked[goes]).or_default().insert(number);
                        }
                    }
                }
                Rule::Block {
                    steps,
                    rest,
                    least,
                    gap,
                } => {
                    let mut bound = Vec::new();
                    let end = self.block(
                        steps,
                        *gap,
                        least.unwrap_or(1),
                        &inked,
                        at,
                        0,
                        0,
                        &mut bound,
                    );
                    let Some(end) = end else { continue };
                    let last = bound.last().expect("evidence").1;
                    if !fits(bound[0].1, last) {
                        continue;
                    }
                    let rest = if *rest { end..count } else { 0..0 };
                    let taken = bound
                        .iter()
                        .filter(|(step, _)| !steps[*step].keep)
                        .map(|(_, at)| *at)
                        .chain(rest);
                    for at in taken {
                        found.lines.entry(inked[at]).or_default().insert(number);
                    }
                }
            }
        }
    }

    /// Where a block that is matched up to `step` ends, with the places of its lines in `bound`.
    #[allow(clippy::too_many_arguments)]
    fn block(
        &self,
        steps: &[Step],
        gap: bool,
        least: u32,
        inked: &[usize],
        at: usize,
        step: usize,
        taken: u32,
        bound: &mut Vec<(usize, usize)>,
    ) -> Option<usize> {
        if step == steps.len() {
            let evidence: BTreeSet<usize> = bound
                .iter()
                .map(|(step, _)| *step)
                .filter(|&step| !matches!(steps[step].what, What::Line(_) | What::Title))
                .collect();
            return (evidence.len() >= least as usize).then_some(at);
        }
        let near = |(before, place): &(usize, usize)| {
            steps[*before].gap.unwrap_or(gap) || !self.gap_between(inked[*place], inked[at])
        };
        if at < inked.len() && bound.last().is_none_or(near) {
            let copied = match steps[step].what {
                What::Same(copied) => bound
                    .iter()
                    .find(|(step, _)| *step + 1 == copied as usize)
                    .map(|(_, at)| *at),
                _ => None,
            };
            let copied = copied.map(|at| fold(&self.lines[inked[at]].content));
            if steps[step]
                .what
                .serves(&fold(&self.lines[inked[at]].content), copied.as_deref())
            {
                bound.push((step, at));
                let (next, count) = if taken + 1 < steps[step].repeat {
                    (step, taken + 1)
                } else {
                    (step + 1, 0)
                };
                if let Some(end) = self.block(steps, gap, least, inked, at + 1, next, count, bound)
                {
                    return Some(end);
                }
                bound.pop();
            }
        }
        if taken > 0 || steps[step].optional {
            return self.block(steps, gap, least, inked, at, step + 1, 0, bound);
        }
        None
    }

    /// The text that is left, its seams closed.
    fn left(&self) -> String {
        let kept: Vec<usize> = self.inked();
        let any_gone = |from: usize, to: usize| self.lines[from..to].iter().any(|line| line.gone);
        let mut out = String::new();
        let mut before = 0;
        for &at in &kept {
            let start = before == 0;
            out += &self.gap(before, at, start, any_gone(before, at));
            let line = &self.lines[at];
            out += &format!("{}{}{}", line.before, line.content, line.behind);
            out += &self.original[at].1;
            before = at + 1;
        }
        if any_gone(before, self.lines.len()) {
            if !self
                .original
                .last()
                .is_some_and(|(_, end)| end.ends_with('\n'))
            {
                out.truncate(
                    out.strip_suffix("\r\n")
                        .or(out.strip_suffix('\n'))
                        .unwrap_or(&out)
                        .len(),
                );
            }
        } else {
            out += &self.gap(before, self.lines.len(), true, false);
        }
        out
    }

    /// The blank lines between two places; at an end of the text none where something went.
    fn gap(&self, from: usize, to: usize, at_end: bool, gone: bool) -> String {
        let mut runs = vec![String::new()];
        for at in from..to {
            if self.lines[at].gone {
                runs.push(String::new());
            } else {
                let (content, end) = &self.original[at];
                *runs.last_mut().expect("never empty") += &format!("{content}{end}");
            }
        }
        if gone && at_end {
            return String::new();
        }
        let longest = runs
            .iter()
            .map(|run| run.matches('\n').count())
            .max()
            .unwrap_or(0);
        runs.into_iter()
            .find(|run| run.matches('\n').count() == longest)
            .unwrap_or_default()
    }
}

/// Whether a line does not end as a sentence does.
fn ends_as_title(folded: &str) -> bool {
    let ends: Vec<char> = ".!?…:;,।॥。！？：；，։؟۔،؛።፡፧၊။།។៕".chars().collect();
    let marks = ('\u{200b}'..='\u{200f}')
        .chain('\u{202a}'..='\u{202e}')
        .chain('\u{2066}'..='\u{2069}')
        .chain('\u{2600}'..='\u{27bf}')
        .chain('\u{1f000}'..='\u{1faff}')
        .chain(['*', '†', '‡', '\u{2060}', '\u{fe0f}', '\u{feff}']);
    let mut quotes: Vec<char> = "\"'»« ".chars().collect();
    quotes.extend(marks);
    let closed = [&quotes[..], &[')', ']', '」', '）']].concat();
    // With what is in brackets at the end, and without it.
    let mut texts = vec![folded];
    let bracketed = folded.trim_end_matches(&quotes[..]);
    if bracketed.ends_with(')') || bracketed.ends_with(']') {
        texts.extend(bracketed.rfind(['(', '[']).map(|start| &bracketed[..start]));
    }
    texts.iter().all(|text| {
        let bare = text.trim_end_matches(&closed[..]);
        let is_dateline = bare.ends_with('-')
            && bare.contains(char::is_alphabetic)
            && !bare.contains(|c: char| c.is_alphabetic() && !c.is_uppercase());
        !bare.is_empty() && !bare.ends_with(&ends[..]) && !is_dateline
    })
}

impl What {
    fn serves(&self, folded: &str, copied: Option<&str>) -> bool {
        match self {
            What::Text(texts) => texts.iter().any(|text| fold(text) == folded),
            What::Pattern(pattern) => {
                Regex::new(&format!(r"\A(?:{})\z", pattern.replace(r"\d", "[0-9]")))
                    .expect("a good pattern")
                    .is_match(folded)
            }
            What::Line(most) => folded.chars().count() <= *most as usize,
            What::Title => folded.chars().count() <= 200 && ends_as_title(folded),
            What::Same(_) => copied.is_some_and(|copied| {
                let is_sentence = ends_as_title(copied) && !ends_as_title(folded);
                let digits = |line: &str| {
                    line.chars()
                        .filter(char::is_ascii_digit)
                        .collect::<String>()
                };
                let is_other = is_sentence || digits(copied) != digits(folded);
                copied == folded || !is_other && likeness(copied, folded) >= 0.8
            }),
        }
    }

    /// The bytes of a raw line that an inline rule takes.
    fn parts(&self, line: &str) -> BTreeSet<usize> {
        match self {
            What::Text(texts) => texts
                .iter()
                .flat_map(|text| line.match_indices(text.as_str()))
                .flat_map(|(at, text)| at..at + text.len())
                .collect(),
            What::Pattern(pattern) => {
                let regex = Regex::new(pattern).expect("a good pattern");
                let part = |captures: regex::Captures| {
                    captures
                        .name("cut")
                        .or(captures.get(0))
                        .expect("a match")
                        .range()
                };
                regex.captures_iter(line).flat_map(part).collect()
            }
            _ => BTreeSet::new(),
        }
    }
}

fn fold(line: &str) -> String {
    let line = line.trim();
    let mut chars = line.chars();
    let bullet = chars.next().is_some_and(|c| "•*-–—·▪◦‣●".contains(c))
        && chars.as_str().starts_with(char::is_whitespace);
    let line = if bullet { chars.as_str() } else { line };
    let words: Vec<&str> = line
        .split(char::is_whitespace)
        .filter(|word| !word.is_empty())
        .collect();
    let straight = |c: char| match c {
        '‘' | '’' | '‚' | '‛' | '′' | '`' => '\'',
        '“' | '”' | '„' | '‟' | '″' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        c => c,
    };
    words.join(" ").chars().map(straight).collect()
}

/// Whether the longer line is the shorter one with a credit before or behind it.
fn goes_on(short: &str, long: &str) -> bool {
    let is_mark = |c: char| !c.is_alphanumeric() && c != ' ';
    let bare = short.trim_end_matches(is_mark);
    if let (false, Some(mut behind)) = (bare.is_empty(), long.strip_prefix(bare)) {
        if behind.chars().all(is_mark) {
            return short == long;
        }
        while let Some(c) = behind.chars().next()
            && is_mark(c)
            && !['(', '[', '©'].contains(&c)
        {
            behind = &behind[c.len_utf8()..];
        }
        let more = behind.strip_prefix(' ').unwrap_or(behind);
        let labels = more.len() < behind.len()
            && more.find(':').is_some_and(|end| {
                more[..end].matches(' ').count() < 2 && names_a_picture(&more[..end])
            });
        if more.starts_with('©') || opens_credit(more) || labels {
            return true;
        }
    }
    long.strip_suffix(short).is_some_and(|before| {
        before.is_empty()
            || before.ends_with(' ') && opens_credit(before)
            || before
                .strip_suffix(": ")
                .is_some_and(|label| label.matches(' ').count() < 2 && names_a_picture(label))
    })
}

/// Whether the text begins with a credit in brackets.
fn opens_credit(text: &str) -> bool {
    if !text.starts_with(['(', '[']) {
        return false;
    }
    let inner: String = text
        .chars()
        .skip(1)
        .take_while(|c| ![')', ']'].contains(c))
        .collect();
    let inner = inner.trim_end_matches(' ');
    let mut has_capital = false;
    let mut is_named = true;
    for word in inner.split(' ') {
        has_capital |= word.chars().any(char::is_uppercase);
        let first = word.chars().next();
        is_named &=
            word.chars().count() < 4 || first.is_some_and(|c| c.is_uppercase() || c.is_numeric());
    }
    names_a_picture(inner) || has_capital && is_named
}

/// Whether a word of the text is one of those that credits have.
fn names_a_picture(text: &str) -> bool {
    const BEGINNINGS: &str = "photo foto фото imag illustr ilustr иллюстр ілюстр file undated archiv arhiv архив архів courtesy credit screenshot скриншот скріншот";
    let small = text.to_lowercase();
    let mut words = small.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        BEGINNINGS
            .split(' ')
            .any(|beginning| word.starts_with(beginning))
    })
}

/// The share of words in common, in order: twice the longest common subsequence over both lengths.
fn likeness(one: &str, other: &str) -> f64 {
    if one == other {
        return 1.0;
    }
    let (one, other): (Vec<&str>, Vec<&str>) =
        (one.split(' ').collect(), other.split(' ').collect());
    if one.first() != other.first() && one.last() != other.last() {
        return 0.0;
    }
    let mut longest = vec![vec![0; other.len() + 1]; one.len() + 1];
    for a in 0..one.len() {
        for b in 0..other.len() {
            longest[a + 1][b + 1] = if one[a] == other[b] {
                longest[a][b] + 1
            } else {
                longest[a][b + 1].max(longest[a + 1][b])
            };
        }
    }
    // An unequal line is never a copy by a share of 1.
    (2.0 * longest[one.len()][other.len()] as f64 / (one.len() + other.len()) as f64).min(0.999_999)
}
