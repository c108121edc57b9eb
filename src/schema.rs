//! The rule file as written: plain structs, and their reading from TOML.
//!
//! Reading finds every error of a file at once. It knows shapes (keys, types, which keys go
//! together), not patterns: those are compiled by `matcher`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Problem, SourceFile, nearest};
use crate::packed::{Late, Packed, Packer, Unpacker, packed, packed_values};

/// A value and the bytes of the file that it stands in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) place: Range<usize>,
}

impl<T> Deref for Placed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// What is written in a file; that of a bundled one is where the program has it.
pub(crate) type Text = Cow<'static, str>;

impl Placed<Text> {
    pub(crate) fn as_str(&self) -> &str {
        &self.value
    }
}

/// One string or a list of them; any of them serves.
pub(crate) type Texts = Vec<Placed<Text>>;

/// A rule file: one outlet, or one family that outlets extend.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields, title = "A rule file of cleaner"))]
pub(crate) struct RuleFile {
    /// The outlet's id: the stem of the file's name. A file has this or `family`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) outlet: Option<Placed<Text>>,
    /// The family's id: the stem of the file's name. A file has this or `outlet`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) family: Option<Placed<Text>>,
    /// The name for people.
    pub(crate) name: Text,
    /// Hosts; their sub-domains belong to them.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub(crate) domains: Texts,
    /// What tells the outlet where there is no address: each that occurs in a page counts one, those of extended files too.
    #[cfg_attr(test, schemars(with = "Option<Vec<Sign>>"))]
    pub(crate) signs: Vec<Sign>,
    /// The ids of files whose rules apply too.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub(crate) extends: Texts,
    /// Inherited rules that do not apply here.
    #[cfg_attr(test, schemars(with = "Option<Vec<Off>>"))]
    pub(crate) off: Vec<Off>,
    /// Lints that do not count for what stands above the rules.
    #[cfg_attr(test, schemars(with = "Option<Vec<Allow>>"))]
    pub(crate) allow: Vec<Allow>,
    /// The share of a page, 0 to 1, that removals may take which are not literal: patterns, titles, any lines, `rest`, duplicates.
    pub(crate) ceiling: Option<f64>,
    /// Texts and patterns under a name, for several rules.
    #[cfg_attr(test, schemars(with = "Option<Vec<List>>"))]
    pub(crate) list: Vec<List>,
    /// Whole lines.
    #[cfg_attr(test, schemars(with = "Option<Vec<LineRule>>"))]
    pub(crate) line: Vec<LineRule>,
    /// Consecutive lines.
    #[cfg_attr(test, schemars(with = "Option<Vec<BlockRule>>"))]
    pub(crate) block: Vec<BlockRule>,
    /// Parts of lines.
    #[cfg_attr(test, schemars(with = "Option<Vec<InlineRule>>"))]
    pub(crate) inline: Vec<InlineRule>,
    /// Lines that stand twice.
    #[cfg_attr(test, schemars(with = "Option<Vec<DuplicateRule>>"))]
    pub(crate) duplicate: Vec<DuplicateRule>,
}

/// What tells an outlet by its text: exactly one of the keys.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct Sign {
    /// Whole lines, compared after folding; any of them is the sign.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) text: Texts,
    /// Regular expressions for a whole folded line.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) pattern: Texts,
    /// Literal parts of a line, as they stand in it.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) part: Texts,
}

/// An inherited rule that does not apply.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct Off {
    /// The rule's id with its file's, such as `pangea/kicker`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) rule: Placed<Text>,
    /// Why it does not apply.
    pub(crate) reason: Text,
}

/// A lint that does not count here.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct Allow {
    /// Its name, as `cleaner rules explain` lists it.
    #[cfg_attr(test, schemars(with = "Lint"))]
    pub(crate) lint: Placed<Lint>,
    /// Why it does not count.
    pub(crate) reason: Text,
}

/// Texts and patterns under a name, which rules and steps of the same file take in with `list`.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct List {
    /// Its name, in kebab-case.
    #[cfg_attr(
        test,
        schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))
    )]
    pub(crate) id: Placed<Text>,
    /// As `text` of the rules that take it in.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) text: Texts,
    /// As `pattern` of the rules that take it in.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) pattern: Texts,
}

/// What every rule has, whatever its kind.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Head {
    /// What the rule finds, as a noun phrase in kebab-case.
    #[cfg_attr(
        test,
        schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))
    )]
    pub(crate) id: Placed<Text>,
    /// What kind of boilerplate it is.
    pub(crate) category: Category,
    /// What the thing is, and why it is safe to take out.
    pub(crate) note: Text,
    /// Where it may be; anywhere without it.
    pub(crate) zone: Option<Zone>,
    /// Texts that the rule takes out: wholly, or the parts between `[-` and `-]`.
    #[cfg_attr(test, schemars(with = "Vec<String>", length(min = 1)))]
    pub(crate) removes: Late<Vec<Example>>,
    /// Texts of which the rule takes nothing.
    #[cfg_attr(test, schemars(with = "Vec<String>", length(min = 1)))]
    pub(crate) keeps: Late<Vec<Example>>,
    /// Why the rule does not run.
    pub(crate) disabled: Option<Text>,
    /// Lints that do not count for this rule.
    #[cfg_attr(test, schemars(with = "Option<Vec<Allow>>"))]
    pub(crate) allow: Vec<Allow>,
}

/// Where a match may be: wholly, what `rest` takes aside, among the first or among the last non-blank lines of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct Zone {
    /// Among the first so many non-blank lines.
    #[cfg_attr(test, schemars(range(min = 1, max = 1000)))]
    pub(crate) head: Option<u32>,
    /// Among the last so many non-blank lines.
    #[cfg_attr(test, schemars(range(min = 1, max = 1000)))]
    pub(crate) tail: Option<u32>,
}

/// A whole line.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct LineRule {
    #[cfg_attr(test, schemars(flatten))]
    pub(crate) head: Head,
    /// The lines, compared after folding.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) text: Texts,
    /// Regular expressions for the whole folded line.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) pattern: Texts,
    /// The names of lists whose texts and patterns are taken in: `text` and `pattern` have them too once the file is read.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) list: Texts,
}

/// Consecutive lines, with blank ones between them where `gap` does not forbid it.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct BlockRule {
    #[cfg_attr(test, schemars(flatten))]
    pub(crate) head: Head,
    /// The lines from the first to the last.
    pub(crate) lines: Vec<Step>,
    /// How many `text`, `pattern` and `same` steps must really be there; 1 without it.
    #[cfg_attr(test, schemars(range(min = 1, max = 64)))]
    pub(crate) least: Option<u32>,
    /// `false`: no blank lines inside.
    pub(crate) gap: Option<bool>,
}

/// One step of a block: exactly one of `text`/`pattern`/`list`, `line`, `title`, `same`, `rest`.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct Step {
    /// The line, compared after folding.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) text: Texts,
    /// Regular expressions for the whole folded line.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) pattern: Texts,
    /// The names of lists whose texts and patterns are taken in: `text` and `pattern` have them too once the file is read.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) list: Texts,
    /// Any line of at most so many characters.
    #[cfg_attr(test, schemars(range(min = 1, max = 10000)))]
    pub(crate) line: Option<u32>,
    /// `true`: a line of at most 200 characters that does not end as a sentence does.
    pub(crate) title: Option<bool>,
    /// An equal or nearly equal copy of the line that the step of this number (from 1) took; a line with other digits
    /// is none, nor is a sentence of a title.
    #[cfg_attr(test, schemars(range(min = 1, max = 64)))]
    pub(crate) same: Option<u32>,
    /// `true`: everything to the end of the page; the last step only.
    pub(crate) rest: Option<bool>,
    /// `true`: the step may be missing.
    pub(crate) optional: Option<bool>,
    /// Up to so many lines running.
    #[cfg_attr(test, schemars(range(min = 2, max = 64)))]
    pub(crate) repeat: Option<u32>,
    /// `true`: the line must be there, but stays.
    pub(crate) keep: Option<bool>,
    /// `false`: no blank line between this line and the next one of the block.
    pub(crate) gap: Option<bool>,
}

/// A part of a line; the line stays.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct InlineRule {
    #[cfg_attr(test, schemars(flatten))]
    pub(crate) head: Head,
    /// The parts, as they stand in the line.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) text: Texts,
    /// Regular expressions for the raw line, not anchored; of a group named `cut` only that group goes.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) pattern: Texts,
    /// The names of lists whose texts and patterns are taken in: `text` and `pattern` have them too once the file is read.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) list: Texts,
}

/// A line that stands twice: one copy goes.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(deny_unknown_fields))]
pub(crate) struct DuplicateRule {
    #[cfg_attr(test, schemars(flatten))]
    pub(crate) head: Head,
    /// How many other non-blank lines may stand between the copies; 0 without it.
    #[cfg_attr(test, schemars(range(min = 0, max = 64)))]
    pub(crate) apart: Option<u32>,
    /// `false`: no blank line between the copies.
    pub(crate) gap: Option<bool>,
    /// The share of words, 0.5 to 1, that copies have in common; 1, equal after folding, without it.
    pub(crate) alike: Option<f64>,
    /// `true`: of copies that differ one is the other with a credit more: a bracket such as `(AP)` or `(file photo)`, or a label such as `Photo:`.
    pub(crate) whole: Option<bool>,
    /// The characters that a copy has at least; 20 without it.
    #[cfg_attr(test, schemars(range(min = 1, max = 10000)))]
    pub(crate) least: Option<u32>,
    /// The characters that a copy has at most; 1000 without it.
    #[cfg_attr(test, schemars(range(min = 1, max = 10000)))]
    pub(crate) most: Option<u32>,
    /// Regular expressions for the whole raw line: only such lines count.
    #[cfg_attr(test, schemars(with = "Option<OneOrMany>"))]
    pub(crate) pattern: Texts,
    /// Which copy goes. Without it: of equal copies the later, of others the one with less text.
    pub(crate) goes: Option<Which>,
}

/// One of two copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename_all = "kebab-case"))]
pub(crate) enum Which {
    Later,
    Earlier,
}

/// A list of names that is closed, so that they mean the same in every file.
macro_rules! closed_list {
    ($(#[$attribute:meta])* $list:ident: $($name:ident $text:literal $about:literal,)*) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[cfg_attr(test, schemars(rename_all = "kebab-case"))]
        pub enum $list {
            $(#[doc = $about] $name,)*
        }

        impl $list {
            /// All of them.
            pub const ALL: &[$list] = &[$($list::$name),*];

            /// Its name in rule files.
            pub fn name(self) -> &'static str {
                match self { $($list::$name => $text),* }
            }

            /// What it is, in a few words.
            pub fn about(self) -> &'static str {
                match self { $($list::$name => $about),* }
            }

            /// That of a name in rule files.
            pub fn named(name: &str) -> Option<$list> {
                $list::ALL.iter().copied().find(|one| one.name() == name)
            }
        }

        impl fmt::Display for $list {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

closed_list! {
    /// What a rule finds. The list is closed, so that categories mean the same for every outlet.
    Category:
    Navigation "navigation" "Menus, accessibility bars, section names, links to other pages.",
    Player "player" "What a media player leaves: titles, wait lines, timers, formats.",
    Legal "legal" "Copyright, terms of reuse, legal notices.",
    Duplicate "duplicate" "A second copy of what stands on the page.",
    Promo "promo" "Advertising for the outlet's own or others' offers, newsletters.",
    Share "share" "Invitations to share, follow and comment.",
    Account "account" "Log-in, registration and password forms.",
    Bio "bio" "Boxes about the author or the outlet.",
    Layout "layout" "What style sheets, images and the crawl leave.",
    Dateline "dateline" "Dates, places and agencies' marks set before the text.",
    Credit "credit" "Who supplied text or pictures; stays unless asked for.",
}

closed_list! {
    /// What may be wrong with a rule file that is read all the same. A new version may know more.
    #[non_exhaustive]
    Lint:
    NeverFires "never-fires" "A text or a pattern that can match nothing.",
    Shadowed "shadowed" "A rule of which other rules take all that it takes.",
    TooShort "too-short" "A text or pattern of so few characters that it stands in anything.",
    TooCommon "too-common" "A rule that takes ordinary sentences or subheads, or a sign that is in them.",
    UnanchoredWildcard "unanchored-wildcard" "A pattern that takes whatever stands beside what it knows.",
    WeakGate "weak-gate" "A pattern or block that is asked for every line, which costs time.",
    OverlappingDomain "overlapping-domain" "A domain that is another outlet's too, or covered by one.",
    OverlappingSign "overlapping-sign" "A sign that is another outlet's too, so that pages with it alone are undecided.",
    PublicSuffix "public-suffix" "A domain under which anybody may have a site.",
    NarrowDomain "narrow-domain" "A domain that begins with `www.`, so that other hosts of the outlet are not its.",
    MissingNote "missing-note" "A note that does not say what the thing is and why it may go.",
    DeadExtends "dead-extends" "A family that is extended to no effect.",
    UnusedList "unused-list" "A list that no rule takes in.",
    UnusedAllow "unused-allow" "An allowed lint that finds nothing there.",
}

/// A sample text of a rule: what is left of it without its marks, and what they enclosed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Example {
    pub(crate) text: Text,
    /// Bytes of `text`, in order. Of a `removes` text without marks: all of it.
    pub(crate) marked: Vec<Range<usize>>,
    pub(crate) place: Range<usize>,
}

impl Example {
    /// Reads the marks of a `removes` text.
    fn marked(raw: &str, place: Range<usize>) -> std::result::Result<Example, &'static str> {
        let mut text = String::new();
        let mut marked: Vec<Range<usize>> = Vec::new();
        let mut open = None;
        let mut left = raw;
        while let Some(at) = left.find("[-").into_iter().chain(left.find("-]")).min() {
            text.push_str(&left[..at]);
            match (&left[at..at + 2], open) {
                ("[-", None) => open = Some(text.len()),
                ("-]", Some(start)) => {
                    marked.push(start..text.len());
                    open = None;
                }
                ("[-", _) => return Err("a mark `[-` inside another one"),
                _ => return Err("a mark `-]` that closes nothing"),
            }
            left = &left[at + 2..];
        }
        if open.is_some() {
            return Err("a mark `[-` that is not closed");
        }
        text.push_str(left);
        if marked.is_empty() {
            marked.push(0..text.len());
        }
        Ok(Example {
            text: text.into(),
            marked,
            place,
        })
    }

    /// Whether all of several lines should go, as where nothing is marked.
    pub(crate) fn is_marked_whole(&self) -> bool {
        matches!(&self.marked[..], [all] if *all == (0..self.text.len()))
            && self.text.trim().contains('\n')
    }

    /// Whether the marks enclose nothing but white space.
    pub(crate) fn has_marks_only_on_space(&self) -> bool {
        self.marked
            .iter()
            .all(|span| self.text[span.clone()].trim().is_empty())
    }
}

/// A rule of any kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AnyRule<'a> {
    Line(&'a LineRule),
    Block(&'a BlockRule),
    Inline(&'a InlineRule),
    Duplicate(&'a DuplicateRule),
}

impl<'a> AnyRule<'a> {
    pub(crate) fn head(self) -> &'a Head {
        match self {
            AnyRule::Line(rule) => &rule.head,
            AnyRule::Block(rule) => &rule.head,
            AnyRule::Inline(rule) => &rule.head,
            AnyRule::Duplicate(rule) => &rule.head,
        }
    }

    /// How many texts of whole lines it has.
    pub(crate) fn texts_of_lines(self) -> usize {
        match self {
            AnyRule::Line(rule) => rule.text.len(),
            AnyRule::Block(rule) => rule.lines.iter().map(|step| step.text.len()).sum(),
            AnyRule::Inline(_) | AnyRule::Duplicate(_) => 0,
        }
    }

    /// The name of its kind, as rule files write it.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            AnyRule::Line(_) => "line",
            AnyRule::Block(_) => "block",
            AnyRule::Inline(_) => "inline",
            AnyRule::Duplicate(_) => "duplicate",
        }
    }
}

impl RuleFile {
    /// Reads a file; all its problems at once where there are any.
    pub(crate) fn read(source: &Arc<SourceFile>) -> Result<RuleFile, Vec<Problem>> {
        RuleFile::read_to(source, source.text.len())
    }

    /// Reads what stands above the rules of a file: whose it is, and which pages are its. Where that
    /// is not in order, all problems of the file.
    pub(crate) fn read_head(source: &Arc<SourceFile>) -> Result<RuleFile, Vec<Problem>> {
        match head_end(&source.text) {
            Some(end) => RuleFile::read_to(source, end).or_else(|_| RuleFile::read(source)),
            None => RuleFile::read(source),
        }
    }

    /// The rules of a file in which nothing is wrong, if the file is TOML and says whose it is.
    pub(crate) fn read_part(source: &Arc<SourceFile>) -> Option<RuleFile> {
        let (file, problems) = RuleFile::read_all(source, source.text.len());
        let mut file = file?;
        let wrong: HashSet<&str> = problems.iter().filter_map(Problem::rule).collect();
        let owner = file.id().value.clone();
        let is_right = |head: &Head| !wrong.contains(format!("{owner}/{}", head.id.value).as_str());
        file.line.retain(|rule| is_right(&rule.head));
        file.block.retain(|rule| is_right(&rule.head));
        file.inline.retain(|rule| is_right(&rule.head));
        file.duplicate.retain(|rule| is_right(&rule.head));
        Some(file)
    }

    fn read_to(source: &Arc<SourceFile>, end: usize) -> Result<RuleFile, Vec<Problem>> {
        match RuleFile::read_all(source, end) {
            (Some(file), problems) if problems.is_empty() => Ok(file),
            (_, problems) => Err(problems),
        }
    }

    /// What can be read of a file up to a byte, and what is wrong.
    fn read_all(source: &Arc<SourceFile>, end: usize) -> (Option<RuleFile>, Vec<Problem>) {
        let (table, errors) = DeTable::parse_recoverable(&source.text[..end]);
        let is_in = |place: &Range<usize>| {
            let mut spans = errors.iter().filter_map(|error| error.span());
            spans.any(|span| place.contains(&span.start))
        };
        // Where nothing is wrong, as nearly always, the text is not gone over for it.
        let found = (!errors.is_empty()).then(|| conflict(&source.text));
        if let Some(place) = found.flatten().filter(is_in) {
            let place = place.start..place.start + "<<<<<<<".len();
            let problem = source.problem(place, "a merge that is not resolved");
            let help = "settle which of the two it is, and take the lines `<<<<<<<`, `=======` and `>>>>>>>` out";
            return (None, vec![problem.with_help(help)]);
        }
        let mut problems: Vec<Problem> = errors
            .iter()
            .map(|error| {
                let problem = source.problem(error.span().unwrap_or(0..0), error.message());
                match error.message().contains("escape") {
                    true => {
                        problem.with_help("between '…' a backslash is itself: write patterns so")
                    }
                    false => problem,
                }
            })
            .collect();
        // Of what is never closed it is told once.
        problems.dedup_by(|one, other| {
            (one.line(), one.column(), one.message())
                == (other.line(), other.column(), other.message())
        });
        if !problems.is_empty() {
            return (None, problems);
        }
        let mut reader = Reader {
            source,
            owner: Text::default(),
            rule: None,
            lists: Vec::new(),
            problems: &mut problems,
        };
        let file = reader.file(table.get_ref());
        (file, problems)
    }

    /// The id of the outlet or family.
    pub(crate) fn id(&self) -> &Placed<Text> {
        self.outlet
            .as_ref()
            .or(self.family.as_ref())
            .expect("a file that was read has one of them")
    }

    /// All its rules: lines, blocks, inlines, duplicates, each in the order of the file.
    pub(crate) fn rules(&self) -> impl Iterator<Item = AnyRule<'_>> {
        let lines = self.line.iter().map(AnyRule::Line);
        let blocks = self.block.iter().map(AnyRule::Block);
        let inlines = self.inline.iter().map(AnyRule::Inline);
        lines
            .chain(blocks)
            .chain(inlines)
            .chain(self.duplicate.iter().map(AnyRule::Duplicate))
    }
}

/// The first conflict that a merge has left in a file.
fn conflict(text: &str) -> Option<Range<usize>> {
    let (mut start, mut is_parted) = (None, false);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        match (line.get(..7), start) {
            (Some("<<<<<<<"), _) => (start, is_parted) = (Some(at), false),
            (Some("======="), Some(_)) => is_parted = true,
            (Some(">>>>>>>"), Some(start)) if is_parted => return Some(start..at + line.len()),
            _ => {}
        }
        at += line.len();
    }
    None
}

/// Where the first rule or list of a file begins, if what stands above it is all that is not a rule.
///
/// It begins at the first line that is the heading of one. Within a string or a list it is none, but
/// then what stands above is not whole, and so no TOML.
fn head_end(text: &str) -> Option<usize> {
    let is_rule = |heading: &str| {
        [
            "[[list]]",
            "[[line]]",
            "[[block]]",
            "[[inline]]",
            "[[duplicate]]",
        ]
        .iter()
        .any(|rule| heading.starts_with(rule))
    };
    // A quoted name may be any.
    let is_of_the_head = |heading: &str| {
        let name = heading.trim_start_matches(['[', ' ', '\t']);
        ["signs", "off", "allow", "\"", "'"]
            .iter()
            .any(|of_the_head| name.starts_with(of_the_head))
    };
    let mut end = None;
    let mut start = 0;
    while start < text.len() {
        let line = text[start..].trim_start_matches([' ', '\t']);
        if line.starts_with('[') {
            if end.is_none() && is_rule(line) {
                end = Some(start);
            } else if end.is_some() && is_of_the_head(line) {
                return None;
            }
        }
        start += memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |end| end + 1);
    }
    end
}

/// Where keys belong that are easily written elsewhere.
const KEYS_OF_KINDS: &[(&str, &str)] = &[
    ("text", "[[line]], [[inline]] and the steps of a [[block]]"),
    ("pattern", "every kind, and the steps of a [[block]]"),
    (
        "list",
        "[[line]], [[inline]] and the steps of a [[block]]; the lists themselves are [[list]]",
    ),
    ("lines", "[[block]]"),
    ("least", "[[block]] and [[duplicate]]"),
    ("gap", "[[block]], its steps, and [[duplicate]]"),
    ("rest", "the steps of a [[block]]"),
    ("repeat", "the steps of a [[block]]"),
    ("keep", "the steps of a [[block]]"),
    ("optional", "the steps of a [[block]]"),
    ("title", "the steps of a [[block]]"),
    ("same", "the steps of a [[block]]"),
    ("apart", "[[duplicate]]"),
    ("alike", "[[duplicate]]"),
    ("whole", "[[duplicate]]"),
    ("goes", "[[duplicate]]"),
];

/// The keys that say what a line is by its text.
const WANTED: [&str; 3] = ["text", "pattern", "list"];

/// What these keys say.
struct Wanted {
    text: Texts,
    pattern: Texts,
    list: Texts,
}

type Value<'v> = Spanned<DeValue<'v>>;

/// Walks the tables of one file and gathers what is wrong.
struct Reader<'r> {
    source: &'r Arc<SourceFile>,
    /// The file's id, once it is known.
    owner: Text,
    /// The rule that is being read.
    rule: Option<String>,
    /// The lists of the file.
    lists: Vec<List>,
    problems: &'r mut Vec<Problem>,
}

/// One table; which keys it may have is learnt from the keys that are asked for.
struct Keys<'t, 'v> {
    table: &'t DeTable<'v>,
    place: Range<usize>,
    asked: Vec<&'static str>,
}

impl<'t, 'v> Keys<'t, 'v> {
    fn new(table: &'t DeTable<'v>, place: Range<usize>) -> Self {
        Keys {
            table,
            place,
            asked: Vec::with_capacity(16),
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'t Value<'v>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    /// How many of these keys there are, whatever their values.
    fn count(&self, keys: &[&str]) -> usize {
        keys.iter()
            .filter(|&&key| self.table.contains_key(key))
            .count()
    }
}

impl Reader<'_> {
    fn wrong(
        &mut self,
        place: Range<usize>,
        key: Option<&str>,
        message: impl Into<String>,
    ) -> &mut Problem {
        let mut problem = self.source.problem(place, message);
        if let Some(rule) = &self.rule {
            problem = problem.in_rule(rule.clone());
        }
        if let Some(key) = key {
            problem = problem.at_key(key);
        }
        self.problems.push(problem);
        self.problems.last_mut().expect("one was pushed")
    }

    fn help(&mut self, help: impl Into<String>) {
        let problem = self.problems.pop().expect("a problem was just added");
        self.problems.push(problem.with_help(help));
    }

    /// Checks that this is an id.
    fn id(&mut self, id: &Placed<Text>, key: &'static str) {
        if is_id(id) {
            return;
        }
        let message = format!(
            "`{}` is no id; expected small letters, digits and single hyphens",
            id.value
        );
        self.wrong(id.place.clone(), Some(key), message);
        let small = id.value.to_lowercase();
        let words = small.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        if small.is_ascii() && !words.is_empty() {
            self.help(format!("write `{}`", words.join("-")));
        }
    }

    /// Reports the keys that nobody asked for.
    fn finish(&mut self, keys: Keys) {
        for (name, _) in keys.table.iter() {
            if keys.asked.iter().any(|known| known == name.get_ref()) {
                continue;
            }
            let known = keys.asked.join(", ");
            self.wrong(
                name.span(),
                Some(name.get_ref()),
                format!("unknown key `{}`; expected one of: {known}", name.get_ref()),
            );
            if let Some(word) = nearest(name.get_ref(), keys.asked.iter().copied()) {
                self.help(format!("did you mean `{word}`?"));
                if keys.count(&[word]) == 0 {
                    self.forget_missing(&keys.place, word);
                }
            } else if let Some((_, kind)) =
                KEYS_OF_KINDS.iter().find(|(key, _)| key == name.get_ref())
            {
                self.help(format!("this is a key of {kind}"));
            }
        }
    }

    /// Takes back that a key is missing in the table at a place: it is there, misspelt.
    fn forget_missing(&mut self, place: &Range<usize>, key: &str) {
        let place = self.source.problem(place.clone(), "");
        let place = (place.line(), place.column());
        let tells = |problem: &Problem| {
            let message = problem.message();
            // What is behind it says what the value is.
            let (told, _) = message.split_once(';').unwrap_or((message, ""));
            let mut words = told.split(|c: char| !c.is_alphanumeric());
            let is_missing = [
                "missing key",
                "expected one of: text",
                "expected exactly one of",
            ]
            .iter()
            .any(|begin| message.starts_with(begin));
            is_missing
                && words.any(|word| word == key)
                && (problem.line(), problem.column()) == place
        };
        self.problems.retain(|problem| !tells(problem));
    }

    fn type_error(&mut self, key: &str, value: &Value, expected: &str) {
        let found = value.get_ref().type_str();
        self.wrong(
            value.span(),
            Some(key),
            format!("expected {expected}, found {}", article(found)),
        );
    }

    fn string(&mut self, key: &str, value: &Value) -> Option<Placed<Text>> {
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                self.wrong(
                    value.span(),
                    Some(key),
                    "expected a text, found an empty one",
                );
                None
            }
            DeValue::String(text) => Some(Placed {
                value: text.to_string().into(),
                place: value.span(),
            }),
            _ => {
                let expected = match key {
                    "disabled" => "a string that says why",
                    _ => "a string",
                };
                self.type_error(key, value, expected);
                None
            }
        }
    }

    fn optional_string(&mut self, keys: &mut Keys, key: &'static str) -> Option<Placed<Text>> {
        keys.get(key).and_then(|value| self.string(key, value))
    }

    fn required_string(&mut self, keys: &mut Keys, key: &'static str) -> Option<Placed<Text>> {
        let Some(value) = keys.get(key) else {
            self.wrong(
                keys.place.clone(),
                Some(key),
                format!("missing key `{key}`; expected a string"),
            );
            return None;
        };
        self.string(key, value)
    }

    /// A list of strings; `single`: one string serves too.
    fn texts(&mut self, keys: &mut Keys, key: &'static str, single: bool) -> Texts {
        let Some(value) = keys.get(key) else {
            return Texts::new();
        };
        let texts: Texts = match value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| self.string(key, item))
                .collect(),
            DeValue::String(_) if single => self.string(key, value).into_iter().collect(),
            _ => {
                self.type_error(
                    key,
                    value,
                    if single {
                        "a string or a list of strings"
                    } else {
                        "a list of strings"
                    },
                );
                return Texts::new();
            }
        };
        if value
            .get_ref()
            .as_array()
            .is_some_and(|items| items.iter().next().is_none())
        {
            self.wrong(
                value.span(),
                Some(key),
                "expected at least one string, found an empty list",
            );
        }
        let mut earlier = HashSet::new();
        for text in texts.iter().filter(|_| texts.len() > 1) {
            if !earlier.insert(&text.value) {
                self.wrong(
                    text.place.clone(),
                    Some(key),
                    format!("`{}` stands twice in this list", text.value),
                );
            }
        }
        texts
    }

    /// `text`, `pattern` and `list`, the first two with what the lists have.
    fn wanted(&mut self, keys: &mut Keys) -> Wanted {
        let (mut text, mut pattern) = self.texts_and_patterns(keys);
        let list = self.texts(keys, "list", true);
        for name in &list {
            let found = self.lists.iter().find(|list| list.id.value == name.value);
            let Some(found) = found.cloned() else {
                let lists = self.lists.iter();
                let names: Vec<Text> = lists.map(|list| list.id.value.clone()).collect();
                self.unknown("list", name, names.iter().map(Text::as_ref).collect());
                continue;
            };
            for (own, listed) in [(&mut text, found.text), (&mut pattern, found.pattern)] {
                let known: HashSet<&str> = own.iter().map(Placed::as_str).collect();
                if let Some(twice) = listed.iter().find(|text| known.contains(text.as_str())) {
                    let message = format!("`{}` of this list is there already", twice.value);
                    self.wrong(name.place.clone(), Some("list"), message);
                }
                own.extend(listed);
            }
        }
        Wanted {
            text,
            pattern,
            list,
        }
    }

    fn boolean(&mut self, keys: &mut Keys, key: &'static str) -> Option<bool> {
        let value = keys.get(key)?;
        if value.get_ref().as_bool().is_none() {
            self.type_error(key, value, "`true` or `false`");
        }
        value.get_ref().as_bool()
    }

    /// A key that is there to be `true`.
    fn flag(&mut self, keys: &mut Keys, key: &'static str) -> Option<bool> {
        let flag = self.boolean(keys, key)?;
        if !flag {
            let place = keys.get(key).map_or(0..0, |value| value.span());
            self.wrong(place, Some(key), format!("expected `{key} = true`"));
            self.help("leave the key out instead of `false`");
        }
        Some(flag)
    }

    fn integer(&mut self, keys: &mut Keys, key: &'static str, range: Range<u32>) -> Option<u32> {
        let value = keys.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(number) if range.contains(&number) => Some(number),
            _ => {
                let message = format!(
                    "expected a whole number from {} to {}",
                    range.start,
                    range.end - 1
                );
                self.wrong(value.span(), Some(key), message);
                None
            }
        }
    }

    fn share(&mut self, keys: &mut Keys, key: &'static str, least: f64) -> Option<f64> {
        let value = keys.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(digits) => digits.as_str().replace('_', "").parse::<f64>().ok(),
            DeValue::Integer(digits) => digits.as_str().parse::<f64>().ok(),
            _ => None,
        };
        match number {
            Some(number) if (least..=1.0).contains(&number) => Some(number),
            _ => {
                self.wrong(
                    value.span(),
                    Some(key),
                    format!("expected a share from {least} to 1"),
                );
                None
            }
        }
    }

    /// The tables of an array of tables.
    fn tables<'t, 'v>(
        &mut self,
        keys: &mut Keys<'t, 'v>,
        key: &'static str,
        expected: &str,
    ) -> Vec<Keys<'t, 'v>> {
        let Some(value) = keys.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.type_error(key, value, expected);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items.iter() {
            match item.get_ref().as_table() {
                Some(table) => tables.push(Keys::new(table, item.span())),
                None => self.type_error(key, item, expected),
            }
        }
        tables
    }

    fn file(&mut self, table: &DeTable) -> Option<RuleFile> {
        let mut keys = Keys::new(table, 0..0);
        let outlet = self.optional_string(&mut keys, "outlet");
        let family = self.optional_string(&mut keys, "family");
        match (&outlet, &family) {
            (Some(_), Some(family)) => {
                self.wrong(
                    family.place.clone(),
                    Some("family"),
                    "a file is an outlet or a family, not both",
                );
            }
            (None, None) if keys.count(&["outlet", "family"]) == 0 => {
                self.wrong(0..0, Some("outlet"), "missing key `outlet` (or `family`); expected the id, which is the file's name without .toml");
            }
            _ => {}
        }
        if let Some(id) = outlet.as_ref().or(family.as_ref()) {
            self.owner = id.value.clone();
            let key = if outlet.is_some() { "outlet" } else { "family" };
            self.id(id, key);
        }
        let name = self.required_string(&mut keys, "name");
        let domains = self.texts(&mut keys, "domains", false);
        for domain in &domains {
            self.domain(domain);
        }
        let signs = self.signs(&mut keys);
        let extends = self.texts(&mut keys, "extends", false);
        let off = self.off(&mut keys);
        let allow = self.allow(&mut keys);
        let ceiling = self.share(&mut keys, "ceiling", 0.0);
        self.lists = self.lists(&mut keys);
        let mut ids = HashMap::new();
        let line = self.rules(&mut keys, "line", &mut ids, Reader::line_rule);
        let block = self.rules(&mut keys, "block", &mut ids, Reader::block_rule);
        let inline = self.rules(&mut keys, "inline", &mut ids, Reader::inline_rule);
        let duplicate = self.rules(&mut keys, "duplicate", &mut ids, Reader::duplicate_rule);
        self.finish(keys);
        outlet.as_ref().or(family.as_ref())?;
        Some(RuleFile {
            outlet,
            family,
            name: name?.value,
            domains,
            signs,
            extends,
            off,
            allow,
            ceiling,
            list: std::mem::take(&mut self.lists),
            line,
            block,
            inline,
            duplicate,
        })
    }

    fn domain(&mut self, domain: &Placed<Text>) {
        let host_like = domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            });
        if !host_like {
            self.wrong(
                domain.place.clone(),
                Some("domains"),
                format!("`{}` is no host", domain.value),
            );
            self.help("write the bare host in small letters, such as `example.org`: no scheme, no path, no `*`; its sub-domains belong to it");
        }
    }

    fn signs(&mut self, keys: &mut Keys) -> Vec<Sign> {
        let mut signs = Vec::new();
        for mut keys in self.tables(keys, "signs", "a list of tables such as { text = \"…\" }") {
            let text = self.texts(&mut keys, "text", true);
            let pattern = self.texts(&mut keys, "pattern", true);
            let part = self.texts(&mut keys, "part", true);
            if keys.count(&["text", "pattern", "part"]) != 1 {
                self.wrong(
                    keys.place.clone(),
                    Some("signs"),
                    "expected exactly one of: text, pattern, part",
                );
            }
            self.finish(keys);
            signs.push(Sign {
                text,
                pattern,
                part,
            });
        }
        signs
    }

    fn off(&mut self, keys: &mut Keys) -> Vec<Off> {
        let mut off = Vec::new();
        for mut keys in self.tables(
            keys,
            "off",
            "a list of tables such as { rule = \"family/rule\", reason = \"…\" }",
        ) {
            let rule = self.required_string(&mut keys, "rule");
            let reason = self.required_string(&mut keys, "reason");
            self.finish(keys);
            if let (Some(rule), Some(reason)) = (rule, reason) {
                off.push(Off {
                    rule,
                    reason: reason.value,
                });
            }
        }
        off
    }

    fn lists(&mut self, keys: &mut Keys) -> Vec<List> {
        let mut lists: Vec<List> = Vec::new();
        for mut keys in self.tables(keys, "list", "lists, each under a heading [[list]]") {
            let id = self.required_string(&mut keys, "id");
            let (text, pattern) = self.texts_and_patterns(&mut keys);
            if keys.count(&["text", "pattern"]) == 0 {
                self.wrong(
                    keys.place.clone(),
                    Some("list"),
                    "missing key `text` (or `pattern`): what the list has",
                );
            }
            self.finish(keys);
            let Some(id) = id else { continue };
            self.id(&id, "id");
            if let Some(first) = lists.iter().find(|list| list.id.value == id.value) {
                let line = self.source.line(first.id.place.start);
                let message =
                    format!("a list of this id stands in line {line} already; expected another id");
                self.wrong(id.place.clone(), Some("id"), message);
                continue;
            }
            lists.push(List { id, text, pattern });
        }
        lists
    }

    fn texts_and_patterns(&mut self, keys: &mut Keys) -> (Texts, Texts) {
        let text = self.texts(keys, "text", true);
        (text, self.texts(keys, "pattern", true))
    }

    fn rules<T>(
        &mut self,
        keys: &mut Keys,
        kind: &'static str,
        ids: &mut HashMap<Text, usize>,
        read: impl Fn(&mut Self, &mut Keys, Option<Head>) -> Option<T>,
    ) -> Vec<T> {
        let mut rules = Vec::new();
        if keys.get(kind).is_none() {
            return rules;
        }
        let expected = format!("rules, each under a heading [[{kind}]]");
        for mut keys in self.tables(keys, kind, &expected) {
            let id = keys.get("id").and_then(|value| value.get_ref().as_str());
            self.rule = id.map(|id| format!("{}/{id}", self.owner));
            let head = self.head(&mut keys);
            if let Some(id) = head.as_ref().map(|head| &head.id) {
                if let Some(&first) = ids.get(&id.value) {
                    let line = self.source.line(first);
                    self.wrong(
                        id.place.clone(),
                        Some("id"),
                        format!(
                            "a rule of this id stands in line {line} already; expected another id"
                        ),
                    );
                }
                ids.entry(id.value.clone()).or_insert(id.place.start);
            }
            let rule = read(self, &mut keys, head);
            self.finish(keys);
            rules.extend(rule);
            self.rule = None;
        }
        rules
    }

    fn head(&mut self, keys: &mut Keys) -> Option<Head> {
        let id = self.required_string(keys, "id");
        if let Some(id) = &id {
            self.id(id, "id");
        }
        let category = self
            .required_string(keys, "category")
            .and_then(|word| self.category(&word));
        let note = self.required_string(keys, "note");
        let zone = self.zone(keys);
        let removes = self.examples(keys, "removes");
        let keeps = self.examples(keys, "keeps");
        let disabled = self
            .optional_string(keys, "disabled")
            .map(|reason| reason.value);
        let allow = self.allow(keys);
        Some(Head {
            id: id?,
            category: category?,
            note: note?.value,
            zone,
            removes: removes.into(),
            keeps: keeps.into(),
            disabled,
            allow,
        })
    }

    fn allow(&mut self, keys: &mut Keys) -> Vec<Allow> {
        let mut allow = Vec::new();
        for mut keys in self.tables(
            keys,
            "allow",
            "a list of tables such as { lint = \"weak-gate\", reason = \"…\" }",
        ) {
            let word = self.required_string(&mut keys, "lint");
            let reason = self.required_string(&mut keys, "reason");
            self.finish(keys);
            let Some(word) = word else { continue };
            let lint = Lint::named(&word);
            if lint.is_none() {
                let names = Lint::ALL.iter().map(|lint| lint.name());
                self.unknown("lint", &word, names.collect());
            }
            if let (Some(value), Some(reason)) = (lint, reason) {
                let lint = Placed {
                    value,
                    place: word.place,
                };
                allow.push(Allow {
                    lint,
                    reason: reason.value,
                });
            }
        }
        allow
    }

    fn category(&mut self, word: &Placed<Text>) -> Option<Category> {
        let category = Category::named(word);
        if category.is_none() {
            let names = Category::ALL.iter().map(|category| category.name());
            self.unknown("category", word, names.collect());
        }
        category
    }

    /// Reports a word that is none of a closed list.
    fn unknown(&mut self, key: &str, word: &Placed<Text>, names: Vec<&str>) {
        let known = match names.is_empty() {
            true => "and the file has none".to_owned(),
            false => format!("expected one of: {}", names.join(", ")),
        };
        let message = format!("unknown {key} `{}`; {known}", word.value);
        self.wrong(word.place.clone(), Some(key), message);
        if let Some(name) = nearest(word, names) {
            self.help(format!("did you mean `{name}`?"));
        }
    }

    fn zone(&mut self, keys: &mut Keys) -> Option<Zone> {
        let value = keys.get("zone")?;
        let Some(table) = value.get_ref().as_table() else {
            self.type_error(
                "zone",
                value,
                "a table such as { head = 5 } or { tail = 12 }",
            );
            return None;
        };
        let mut keys = Keys::new(table, value.span());
        let zone = Zone {
            head: self.integer(&mut keys, "head", 1..1001),
            tail: self.integer(&mut keys, "tail", 1..1001),
        };
        if table.iter().next().is_none() {
            self.wrong(
                keys.place.clone(),
                Some("zone"),
                "expected `head`, `tail` or both",
            );
        }
        self.finish(keys);
        Some(zone)
    }

    fn examples(&mut self, keys: &mut Keys, key: &'static str) -> Vec<Example> {
        let Some(value) = keys.get(key) else {
            self.wrong(keys.place.clone(), Some(key), format!("missing key `{key}`; expected at least one example: a rule without proof is no rule"));
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.type_error(key, value, "a list of example texts");
            return Vec::new();
        };
        let mut examples = Vec::new();
        for item in items.iter() {
            let Some(text) = self.string(key, item) else {
                continue;
            };
            if key == "keeps" {
                if text.value.contains("[-") && text.value.contains("-]") {
                    self.wrong(
                        text.place,
                        Some(key),
                        "an example of what stays loses nothing, so it has no marks",
                    );
                    self.help("write it under `removes`, or without `[-` and `-]`");
                    continue;
                }
                examples.push(Example {
                    text: text.value,
                    marked: Vec::new(),
                    place: text.place,
                });
                continue;
            }
            match Example::marked(&text, text.place.clone()) {
                Ok(example) if example.has_marks_only_on_space() => {
                    self.wrong(
                        text.place,
                        Some(key),
                        "the marks of this example enclose nothing that could go",
                    );
                }
                Ok(example) => examples.push(example),
                Err(message) => {
                    self.wrong(text.place, Some(key), message);
                    self.help("`[-` and `-]` enclose what the example loses; they come in pairs");
                }
            }
        }
        if items.iter().next().is_none() {
            self.wrong(value.span(), Some(key), "expected at least one example, found an empty list: a rule without proof is no rule");
        }
        examples
    }

    /// The same of a rule, which needs one of them.
    fn needed(&mut self, keys: &mut Keys) -> Wanted {
        let wanted = self.wanted(keys);
        if keys.count(&WANTED) == 0 {
            self.wrong(
                keys.place.clone(),
                Some("text"),
                "missing key `text` (or `pattern`, or `list`): what the rule finds",
            );
        }
        wanted
    }

    fn line_rule(&mut self, keys: &mut Keys, head: Option<Head>) -> Option<LineRule> {
        let Wanted {
            text,
            pattern,
            list,
        } = self.needed(keys);
        Some(LineRule {
            head: head?,
            text,
            pattern,
            list,
        })
    }

    fn inline_rule(&mut self, keys: &mut Keys, head: Option<Head>) -> Option<InlineRule> {
        let Wanted {
            text,
            pattern,
            list,
        } = self.needed(keys);
        Some(InlineRule {
            head: head?,
            text,
            pattern,
            list,
        })
    }

    fn duplicate_rule(&mut self, keys: &mut Keys, head: Option<Head>) -> Option<DuplicateRule> {
        let apart = self.integer(keys, "apart", 0..65);
        let gap = self.boolean(keys, "gap");
        let alike = self.share(keys, "alike", 0.5);
        let whole = self.flag(keys, "whole");
        if whole.is_some() && alike.is_none() {
            let place = keys.get("whole").map_or(0..0, |value| value.span());
            self.wrong(
                place,
                Some("whole"),
                "expected a key `alike` beside it: without one copies do not differ",
            );
            self.help("add `alike = 0.8`, or another share of common words, or take `whole` out");
        }
        let least = self.integer(keys, "least", 1..10_001);
        let most = self.integer(keys, "most", 1..10_001);
        let pattern = self.texts(keys, "pattern", true);
        let goes = self.optional_string(keys, "goes");
        let goes = goes.and_then(|word| match &**word {
            "later" => Some(Which::Later),
            "earlier" => Some(Which::Earlier),
            _ => {
                self.wrong(
                    word.place.clone(),
                    Some("goes"),
                    "expected \"later\" or \"earlier\"",
                );
                None
            }
        });
        Some(DuplicateRule {
            head: head?,
            apart,
            gap,
            alike,
            whole,
            least,
            most,
            pattern,
            goes,
        })
    }

    fn block_rule(&mut self, keys: &mut Keys, head: Option<Head>) -> Option<BlockRule> {
        let known = self.problems.len();
        if keys.count(&["lines"]) == 0 {
            self.wrong(
                keys.place.clone(),
                Some("lines"),
                "missing key `lines`; expected a list of steps such as { text = \"…\" }",
            );
        }
        let mut lines = Vec::new();
        let tables = self.tables(keys, "lines", "a list of steps such as { text = \"…\" }");
        let count = tables.len();
        for (at, mut step) in tables.into_iter().enumerate() {
            lines.push(self.step(&mut step, at, count));
            self.finish(step);
        }
        let least = self.integer(keys, "least", 1..65);
        let gap = self.boolean(keys, "gap");
        let place = |key| Some(keys.table.get(key)?.span());
        let lines_place = place("lines").unwrap_or(keys.place.clone());
        let least_place = place("least").unwrap_or(lines_place.clone());
        // Steps that are wrong by themselves are not what was meant.
        if self.problems.len() == known {
            self.block_sense(&lines, least, lines_place, least_place);
        }
        Some(BlockRule {
            head: head?,
            lines,
            least,
            gap,
        })
    }

    fn step(&mut self, keys: &mut Keys, at: usize, count: usize) -> Step {
        let Wanted {
            text,
            pattern,
            list,
        } = self.wanted(keys);
        let step = Step {
            text,
            pattern,
            list,
            line: self.integer(keys, "line", 1..10_001),
            title: self.flag(keys, "title"),
            same: self.integer(keys, "same", 1..65),
            rest: self.flag(keys, "rest"),
            optional: self.boolean(keys, "optional"),
            repeat: self.integer(keys, "repeat", 2..65),
            keep: self.boolean(keys, "keep"),
            gap: self.boolean(keys, "gap"),
        };
        let kinds =
            keys.count(&["line", "title", "same", "rest"]) + usize::from(keys.count(&WANTED) > 0);
        if kinds != 1 {
            self.wrong(
                keys.place.clone(),
                Some("lines"),
                "expected one of: text, pattern, list (or several of these), line, title, same, rest",
            );
        }
        if step.rest == Some(true) && at + 1 != count {
            self.wrong(
                keys.place.clone(),
                Some("rest"),
                "`rest` takes everything to the end; expected it in the last step",
            );
        }
        if step.rest == Some(true) && (step.repeat.is_some() || step.keep == Some(true)) {
            self.wrong(
                keys.place.clone(),
                Some("rest"),
                "`rest` goes with neither `repeat` nor `keep`",
            );
        }
        if step.same.is_some_and(|same| same as usize > at) {
            let same = step.same.unwrap_or_default();
            self.wrong(keys.place.clone(), Some("same"), format!("step {same} does not stand before this one (the {}.); expected an earlier step's number", at + 1));
        }
        step
    }

    fn block_sense(
        &mut self,
        lines: &[Step],
        least: Option<u32>,
        place: Range<usize>,
        least_place: Range<usize>,
    ) {
        if lines.is_empty() {
            self.wrong(place, Some("lines"), "expected at least one step");
            return;
        }
        if lines.len() > 64 {
            self.wrong(
                place,
                Some("lines"),
                format!("expected at most 64 steps, found {}", lines.len()),
            );
            return;
        }
        let evidence = lines.iter().filter(|step| step.is_evidence()).count();
        if evidence == 0 {
            self.wrong(place, Some("lines"), "nothing here tells this block from an article; expected a step with `text`, `pattern` or `same`");
        } else if least.is_some_and(|least| least as usize > evidence) {
            let found = match evidence {
                1 => "one step".to_owned(),
                count => format!("{count} steps"),
            };
            let message = format!(
                "expected at most as many as there are steps with `text`, `pattern`, `list` or `same`, which is {found}"
            );
            self.wrong(least_place, Some("least"), message);
        } else if least.is_none() && lines.iter().all(|step| step.optional == Some(true)) {
            self.wrong(
                place,
                Some("lines"),
                "every step may be missing; expected one that must be there, or `least`",
            );
        } else if lines.iter().all(|step| step.keep == Some(true)) {
            self.wrong(
                place,
                Some("lines"),
                "every step has `keep`: nothing would go",
            );
        }
    }
}

impl Step {
    /// Whether the step tells the block from an article.
    pub(crate) fn is_evidence(&self) -> bool {
        !self.text.is_empty() || !self.pattern.is_empty() || self.same.is_some()
    }
}

packed! {
    RuleFile {
        outlet, family, name, domains, signs, extends, off, allow, ceiling, list, line, block, inline, duplicate,
    }
    Sign { text, pattern, part }
    Off { rule, reason }
    Allow { lint, reason }
    List { id, text, pattern }
    Head { id, category, note, zone, removes, keeps, disabled, allow }
    Zone { head, tail }
    LineRule { head, text, pattern, list }
    BlockRule { head, lines, least, gap }
    Step { text, pattern, list, line, title, same, rest, optional, repeat, keep, gap }
    InlineRule { head, text, pattern, list }
    DuplicateRule { head, apart, gap, alike, whole, least, most, pattern, goes }
}

impl Packed for Example {
    fn pack(&self, to: &mut Packer) {
        to.place(&self.place);
        self.marked.pack(to);
        // In the file the marks stand between the pieces.
        let ends = self.marked.iter().flat_map(|part| [part.start, part.end]);
        let mut start = 0;
        let pieces = ends.chain([self.text.len()]).filter_map(|end| {
            let piece = &self.text[std::mem::replace(&mut start, end)..end];
            (!piece.is_empty()).then(|| piece.to_owned())
        });
        pieces.collect::<Vec<String>>().pack(to);
    }

    fn unpack(from: &mut Unpacker) -> Example {
        Example {
            place: from.place(),
            marked: Packed::unpack(from),
            text: Vec::<Text>::unpack(from).concat().into(),
        }
    }
}

packed_values! {
    Category: Category::ALL;
    Lint: Lint::ALL;
    Which: [Which::Later, Which::Earlier];
}

impl<T: Packed> Packed for Placed<T> {
    fn pack(&self, to: &mut Packer) {
        // What stands there is near.
        to.place(&self.place);
        self.value.pack(to);
    }

    fn unpack(from: &mut Unpacker) -> Placed<T> {
        Placed {
            place: from.place(),
            value: T::unpack(from),
        }
    }
}

fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.split('-').all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

fn article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// How the JSON Schema shows a [`Texts`].
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum OneOrMany {
    One(String),
    Many(#[schemars(length(min = 1))] Vec<String>),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// `rules/schema.json` is what the structs say. To write it anew: `CLEANER_WRITE=1 cargo test schema`.
    #[test]
    fn json_schema_is_that_of_the_structs() {
        let settings = schemars::generate::SchemaSettings::draft07();
        let mut schema = settings.into_generator().into_root_schema_for::<RuleFile>();
        schema.insert(
            "anyOf".to_owned(),
            serde_json::json!([{ "required": ["outlet"] }, { "required": ["family"] }]),
        );
        let written = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/schema.json");
        if std::env::var_os("CLEANER_WRITE").is_some() {
            std::fs::write(path, &written).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap().replace("\r\n", "\n"),
            written
        );
    }

    #[test]
    fn head_is_what_stands_above_the_rules() {
        let rule = "[[line]]\nid = \"a\"\n";
        let file = |head: &str, rest: &str| format!("outlet = \"made\"\n{head}{rest}");
        let ends = |text: &str, end: Option<usize>| assert_eq!(head_end(text), end, "{text}");
        for head in [
            "",
            "name = 'n'\n",
            "[[signs]]\npart = 'p'\n",
            "# [[line]]\n",
        ] {
            let end = file(head, "").len();
            ends(&file(head, rule), Some(end));
            ends(&file(head, &format!("{rule}{rule}[[block]]\n")), Some(end));
            ends(&file(head, &format!("  {rule}")), Some(end));
        }
        // A sign or an exception may be written between the rules, under any spelling of its name.
        for heading in [
            "[[signs]]",
            "[[ off ]]",
            "[[allow]]",
            "  [[\"signs\"]]",
            "[['off']]",
            "[signs]",
        ] {
            ends(&file("", &format!("{rule}{heading}\n")), None);
        }
        for rest in ["", "[made]\n", "line = []\n"] {
            ends(&file("", rest), None);
        }
    }

    #[test]
    fn head_that_only_seems_to_end_is_read_whole() {
        let rule = "[[line]]\nid = \"a\"\ncategory = \"promo\"\nnote = \"n\"\ntext = \"t\"\nremoves = [\"t\"]\nkeeps = [\"k\"]\n";
        for name in ["'''\n[[line]]\n'''", "\"\"\"\n[[block]]\n\"\"\""] {
            let text = format!("outlet = \"made\"\nname = {name}\nextends = [\"x\"]\n{rule}");
            let head = RuleFile::read_head(&SourceFile::new("made.toml", text)).unwrap();
            assert_eq!(head.extends[0].value, "x");
        }
        let text = format!("outlet = \"made\"\nname = \"n\"\n{rule}[[signs]]\npart = \"p\"\n");
        let head = RuleFile::read_head(&SourceFile::new("made.toml", text)).unwrap();
        assert_eq!(head.signs[0].part[0].value, "p");
    }

    /// The reader takes the keys that the schema shows, and no others.
    #[test]
    fn reader_knows_the_keys_of_the_structs() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../rules/schema.json")).unwrap();
        let head =
            "id = \"a\"\ncategory = \"promo\"\nnote = \"n\"\nremoves = [\"r\"]\nkeeps = [\"k\"]\n";
        let file = |rest: &str| format!("outlet = \"made\"\nname = \"n\"\n{rest}");
        let texts = BTreeMap::from([
            ("RuleFile", file("zz = 1")),
            ("Sign", file("signs = [{ text = \"t\", zz = 1 }]")),
            (
                "Off",
                file("off = [{ rule = \"a/b\", reason = \"r\", zz = 1 }]"),
            ),
            (
                "Allow",
                file("allow = [{ lint = \"weak-gate\", reason = \"r\", zz = 1 }]"),
            ),
            (
                "Zone",
                file(&format!(
                    "[[line]]\n{head}text = \"t\"\nzone = {{ head = 1, zz = 1 }}"
                )),
            ),
            ("List", file("[[list]]\nid = \"a\"\ntext = \"t\"\nzz = 1")),
            (
                "LineRule",
                file(&format!("[[line]]\n{head}text = \"t\"\nzz = 1")),
            ),
            (
                "BlockRule",
                file(&format!(
                    "[[block]]\n{head}lines = [{{ text = \"t\" }}]\nzz = 1"
                )),
            ),
            (
                "Step",
                file(&format!(
                    "[[block]]\n{head}lines = [{{ text = \"t\", zz = 1 }}]"
                )),
            ),
            (
                "InlineRule",
                file(&format!("[[inline]]\n{head}text = \"t\"\nzz = 1")),
            ),
            (
                "DuplicateRule",
                file(&format!("[[duplicate]]\n{head}zz = 1")),
            ),
        ]);
        for (table, text) in texts {
            let problems = RuleFile::read(&SourceFile::new("made.toml", text)).unwrap_err();
            let [problem] = &problems[..] else {
                panic!("{table}: {problems:?}")
            };
            let (_, known) = problem
                .message()
                .split_once("expected one of: ")
                .expect("the key is unknown");
            let mut known: Vec<&str> = known.split(", ").collect();
            known.sort_unstable();
            let of_table = if table == "RuleFile" {
                &schema
            } else {
                &schema["definitions"][table]
            };
            let mut shown: Vec<&str> = of_table["properties"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            shown.sort_unstable();
            assert_eq!(known, shown, "{table}");
        }
    }
}
