//! Whether a rule does what its examples say.

use std::ops::Range;
use std::sync::Arc;

use crate::cleaner::{Categories, Cleaner, Patterns, Shape};
use crate::error::{Problem, SourceFile};
use crate::schema::{AnyRule, Category, Example, Placed, Text, Texts, Zone};
use crate::text::{fold, without};

/// Lines of every sort: a rule that takes them all takes anything.
const PROBES: &[&str] = &[
    "The council met on Tuesday and put the decision off until spring.",
    "A short headline",
    "\u{201c}We had no idea,\u{201d} she said, \u{201c}that the bridge would be closed for so long.\u{201d}",
    "Жители посёлка собрались у школы и ждали автобуса до самого вечера.",
    "2",
    "In 1998 the town had 12,400 people; today it has fewer than half of that, and most of them are old, which nobody here had expected when the second mill was built beside the river.",
];

/// What is wrong with a rule, alone: its patterns, and its examples.
pub(crate) fn rule(owner: &str, source: &Arc<SourceFile>, rule: AnyRule) -> Vec<Problem> {
    let head = rule.head();
    let id = format!("{owner}/{}", head.id.value);
    let rules = [(owner, source.clone(), rule)];
    let patterns = Arc::new(Patterns::at_once());
    let cleaner = match Cleaner::compile(owner, &rules, 1.0, &patterns) {
        Ok(cleaner) => cleaner,
        Err(problems) => {
            return problems
                .into_iter()
                .map(|problem| problem.in_rule(id.clone()))
                .collect();
        }
    };
    let mut problems = Vec::new();
    if PROBES
        .iter()
        .all(|line| left(line, &cleaner.take(line, false)).is_empty())
    {
        let problem = source.problem(
            head.id.place.clone(),
            "this rule takes any line; expected one that knows what it looks for",
        );
        problems.push(problem.with_help(
            "name in `text`, or spell out in `pattern`, what only this boilerplate has",
        ));
    }
    for (key, examples) in [("removes", &head.removes), ("keeps", &head.keeps)] {
        for example in &**examples {
            let zones = if is_longer(example, head.zone) {
                &[false, true][..]
            } else {
                &[false]
            };
            let wrong = zones.iter().find_map(|&zones| {
                let mut wrong = compare(example, &cleaner.take(&example.text, zones))?;
                if zones {
                    wrong.message.push_str(" (in its zone)");
                }
                Some(wrong)
            });
            problems.extend(wrong.map(|Wrong { message, stays }| {
                let problem = source.problem(example.place.clone(), message).at_key(key);
                let help = stays.and_then(|at| why_it_stays(&cleaner, (rule, source), example, at));
                match help {
                    Some(help) => problem.with_help(help),
                    None => problem,
                }
            }));
        }
    }
    problems
        .into_iter()
        .map(|problem| problem.in_rule(id.clone()))
        .collect()
}

/// Why something at this byte of an example stays, which should go.
fn why_it_stays(
    cleaner: &Cleaner,
    (rule, source): (AnyRule, &Arc<SourceFile>),
    example: &Example,
    at: usize,
) -> Option<String> {
    let text = &example.text;
    if unfolded(rule, source) {
        return Some(FOLDING.to_owned());
    }
    let line = text[..at].matches('\n').count() + 1;
    let misses = cleaner.misses(text, Categories::default().also(Category::Credit));
    if let Some(miss) = misses.iter().find(|miss| miss.line == line) {
        return Some(format!("its line {line} {}", miss.why));
    }
    if example.is_marked_whole() {
        return Some(MARKS.to_owned());
    }
    let mut patterns = patterns(rule);
    let divides = patterns.any(|pattern| pattern.contains(" | "));
    divides.then(|| DIVIDES.to_owned())
}

/// The patterns for folded lines of a rule.
fn patterns(rule: AnyRule<'_>) -> impl Iterator<Item = &Placed<Text>> {
    let patterns: Vec<&Texts> = match rule {
        AnyRule::Line(rule) => vec![&rule.pattern],
        AnyRule::Block(rule) => rule.lines.iter().map(|step| &step.pattern).collect(),
        AnyRule::Inline(_) | AnyRule::Duplicate(_) => Vec::new(),
    };
    patterns.into_iter().flatten()
}

/// What to know where a pattern was meant to have the character.
const DIVIDES: &str = "in a pattern `|` stands between alternatives; write `\\|` for the character";

/// What to know where all of a longer text should go.
const MARKS: &str = "without marks all of the text should go; enclose what goes in `[-` and `-]`";

/// What to know where a pattern has what no folded line has.
const FOLDING: &str = "patterns see the folded line: no bullet, single spaces, straight quotes (' and \"), `-` for every dash";

/// Whether a rule has a pattern for folded lines with characters that folding takes away.
fn unfolded(rule: AnyRule, source: &Arc<SourceFile>) -> bool {
    patterns(rule).any(|pattern| {
        let needs = || Shape::of(pattern, source, true)?.unfolded;
        fold(pattern) != pattern.as_str() || needs().is_some()
    })
}

/// Whether the example has lines enough to show the zone.
fn is_longer(example: &Example, zone: Option<Zone>) -> bool {
    let lines = example
        .text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count() as u32;
    zone.is_some_and(|zone| lines > zone.head.unwrap_or(0).max(zone.tail.unwrap_or(0)))
}

/// How what went differs from what an example says.
struct Wrong {
    message: String,
    /// The first byte that stays and should go.
    stays: Option<usize>,
}

/// How what went differs from what the example says, if it does.
fn compare(example: &Example, went: &[Range<usize>]) -> Option<Wrong> {
    let text = &example.text;
    let inked = |spans: &[Range<usize>]| -> Vec<usize> {
        let bytes = spans.iter().flat_map(|span| {
            text[span.clone()]
                .char_indices()
                .map(|(at, c)| (span.start + at, c))
        });
        bytes
            .filter(|(_, c)| !c.is_whitespace())
            .map(|(at, _)| at)
            .collect()
    };
    let (wanted, found) = (inked(&example.marked), inked(went));
    if wanted == found && left(text, &example.marked) == left(text, went) {
        return None;
    }
    let first = |one: &[usize], other: &[usize]| {
        one.iter()
            .copied()
            .find(|at| other.binary_search(at).is_err())
    };
    let (stays, goes) = (first(&wanted, &found), first(&found, &wanted));
    let message = match (stays, goes) {
        (Some(at), _) => format!("this example does not lose «{}»", excerpt(&text[at..])),
        (None, Some(at)) => format!(
            "this example loses «{}», which it should keep",
            excerpt(&text[at..])
        ),
        (None, None) => {
            "the white space beside what goes differs from the marks of this example".to_owned()
        }
    };
    Some(Wrong { message, stays })
}

/// The lines that are left, without line ends and blank lines.
fn left(text: &str, holes: &[Range<usize>]) -> Vec<String> {
    let left = without(text, holes);
    left.lines()
        .filter(|line| !line.trim().is_empty())
        .map(str::to_owned)
        .collect()
}

fn excerpt(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut excerpt: String = line.chars().take(60).collect();
    if excerpt.len() < line.len() {
        excerpt.push('…');
    }
    excerpt
}
