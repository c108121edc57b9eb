//! What can be told of a pattern without a text: how short a match may be, what it takes beside what
//! it knows, how often it is asked. For lints.

use std::sync::Arc;

use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::analysis::Extent;
use super::pattern::Patterns;
use crate::error::SourceFile;
use crate::schema::{Placed, Text};
use crate::text::fold;

/// From how many characters on a repetition of any text is as good as unbounded.
const LONG: u32 = 256;
/// How many characters a class may have for each to be looked at.
const FEW: u32 = 16;

/// The shape of a pattern.
#[derive(Debug, PartialEq)]
pub(crate) struct Shape {
    /// The characters of the shortest match.
    pub(crate) least: usize,
    /// Whether it is held by the start or the end of the line.
    pub(crate) is_anchored: bool,
    /// Whether a match begins with any text, as much as there is.
    pub(crate) opens_wild: bool,
    /// Whether a match ends so.
    pub(crate) ends_wild: bool,
    /// Whether a match may begin, and end, as sentences do: with letters, digits or their marks.
    pub(crate) begins_as_words: bool,
    pub(crate) ends_as_words: bool,
    /// Whether it is tried on nearly every line.
    pub(crate) is_asked_always: bool,
    /// What a match needs and no folded line has.
    pub(crate) unfolded: Option<String>,
}

impl Shape {
    /// The shape of a pattern in order, for a whole folded line or for a part of a raw one.
    pub(crate) fn of(
        written: &Placed<Text>,
        source: &Arc<SourceFile>,
        is_whole: bool,
    ) -> Option<Shape> {
        let extent = if is_whole {
            Extent::Whole
        } else {
            Extent::Part
        };
        let pattern = Patterns::default().of(written, source, extent).ok()?;
        let hir = Parser::new().parse(written).ok()?;
        let look = |look| hir.properties().look_set().contains(look);
        // Of a group `cut` only what stands in it goes.
        let all_goes = !has_cut(&hir);
        Some(Shape {
            least: least(&hir),
            is_anchored: look(Look::Start) || look(Look::End),
            opens_wild: edge(&hir, false, all_goes) == Edge::Wild,
            ends_wild: edge(&hir, true, all_goes) == Edge::Wild,
            begins_as_words: as_words(&hir, false) == Some(true),
            ends_as_words: as_words(&hir, true) == Some(true),
            is_asked_always: pattern.is_asked_always(),
            unfolded: is_whole.then(|| unfolded(&hir)).flatten(),
        })
    }
}

/// What stands at one end of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Edge {
    /// Any text, as much as there is.
    Wild,
    /// Something that it knows.
    Known,
    /// Nothing, or what may be missing.
    Nothing,
}

/// The edge of a pattern, the last one if it is read backwards; `goes`: whether what matches goes.
fn edge(hir: &Hir, backwards: bool, goes: bool) -> Edge {
    match hir.kind() {
        HirKind::Empty => Edge::Nothing,
        HirKind::Look(Look::Start | Look::End) => Edge::Known,
        HirKind::Look(_) => Edge::Nothing,
        HirKind::Literal(_) | HirKind::Class(_) => Edge::Known,
        HirKind::Repetition(repetition) => {
            let is_long = repetition.max.is_none_or(|most| most >= LONG);
            if is_long && is_any_text(&repetition.sub) {
                return if goes { Edge::Wild } else { Edge::Known };
            }
            match edge(&repetition.sub, backwards, goes) {
                Edge::Known if repetition.min == 0 => Edge::Nothing,
                edge => edge,
            }
        }
        HirKind::Capture(capture) => {
            let is_cut = capture.name.as_deref() == Some("cut");
            edge(&capture.sub, backwards, goes || is_cut)
        }
        HirKind::Concat(parts) => {
            let first = |parts: &mut dyn Iterator<Item = &Hir>| {
                let mut edges = parts.map(|part| edge(part, backwards, goes));
                edges
                    .find(|edge| *edge != Edge::Nothing)
                    .unwrap_or(Edge::Nothing)
            };
            if backwards {
                first(&mut parts.iter().rev())
            } else {
                first(&mut parts.iter())
            }
        }
        HirKind::Alternation(parts) => {
            let edges: Vec<Edge> = parts
                .iter()
                .map(|part| edge(part, backwards, goes))
                .collect();
            let rank = [Edge::Wild, Edge::Nothing, Edge::Known];
            rank.into_iter()
                .find(|edge| edges.contains(edge))
                .unwrap_or(Edge::Nothing)
        }
    }
}

/// Whether the outermost character of a match, the last one if it is read backwards, may be one of
/// those that sentences begin or end with; `None` if there is none.
fn as_words(hir: &Hir, backwards: bool) -> Option<bool> {
    let is_of_words = |c: char| c.is_alphanumeric() || ".!?…\"'".contains(c);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            let mut chars = text.chars();
            let outermost = if backwards {
                chars.next_back()
            } else {
                chars.next()
            };
            outermost.map(is_of_words)
        }
        HirKind::Class(class) => Some(['a', 'A', 'ж', '7', '.'].iter().any(|&c| has(class, c))),
        HirKind::Repetition(repetition) => as_words(&repetition.sub, backwards),
        HirKind::Capture(capture) => as_words(&capture.sub, backwards),
        HirKind::Concat(parts) if backwards => parts
            .iter()
            .rev()
            .find_map(|part| as_words(part, backwards)),
        HirKind::Concat(parts) => parts.iter().find_map(|part| as_words(part, backwards)),
        HirKind::Alternation(parts) => {
            let parts = parts.iter().filter_map(|part| as_words(part, backwards));
            parts.reduce(|one, other| one || other)
        }
    }
}

/// Whether it is a class of all that prose is made of.
fn is_any_text(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(class) => ['a', 'Z', ' ', '7', ','].iter().all(|&c| has(class, c)),
        HirKind::Capture(capture) => is_any_text(&capture.sub),
        HirKind::Alternation(parts) => parts.iter().any(is_any_text),
        _ => false,
    }
}

fn has(class: &Class, c: char) -> bool {
    match class {
        Class::Unicode(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&c)),
        Class::Bytes(class) => class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&(c as u8))),
    }
}

fn has_cut(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => {
            capture.name.as_deref() == Some("cut") || has_cut(&capture.sub)
        }
        HirKind::Repetition(repetition) => has_cut(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(has_cut),
        _ => false,
    }
}

/// The characters of the shortest match.
fn least(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0).chars().count(),
        HirKind::Class(_) => 1,
        HirKind::Repetition(repetition) => {
            least(&repetition.sub).saturating_mul(repetition.min as usize)
        }
        HirKind::Capture(capture) => least(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(least).sum(),
        HirKind::Alternation(parts) => parts.iter().map(least).min().unwrap_or(0),
    }
}

/// What stands in every match and is folded away in every line.
fn unfolded(hir: &Hir) -> Option<String> {
    // Between letters nothing is an edge.
    let is_folded_away = |text: &str| {
        let between = format!("a{text}a");
        fold(&between) != between
    };
    match hir.kind() {
        HirKind::Literal(literal) => {
            let literal = String::from_utf8(literal.0.to_vec()).ok()?;
            is_folded_away(&literal).then_some(literal)
        }
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.iter().map(|range| range.start()..=range.end());
            let count: u32 = class
                .iter()
                .map(|range| range.end() as u32 - range.start() as u32 + 1)
                .fold(0, u32::saturating_add);
            if count > FEW {
                return None;
            }
            let all: String = ranges.flatten().collect();
            let mut chars = all.chars();
            (count > 0 && chars.all(|c| is_folded_away(c.encode_utf8(&mut [0; 4])))).then_some(all)
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => unfolded(&repetition.sub),
        HirKind::Capture(capture) => unfolded(&capture.sub),
        HirKind::Concat(parts) => parts.iter().find_map(unfolded),
        HirKind::Alternation(parts) => {
            let all: Option<Vec<String>> = parts.iter().map(unfolded).collect();
            all?.into_iter().next()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(pattern: &str, is_whole: bool) -> Shape {
        let written = Placed {
            value: pattern.to_owned().into(),
            place: 0..pattern.len(),
        };
        let source = SourceFile::new("made.toml", pattern.to_owned());
        Shape::of(&written, &source, is_whole).unwrap()
    }

    #[test]
    fn wildcards_at_the_edges_are_seen() {
        let cases = [
            (".*Herald.*", true, true),
            ("Herald.*", false, true),
            ("(?:The )?.+Herald", true, false),
            ("^.*Herald", false, false),
            ("Herald.*$", false, false),
            (r"Herald \S+", false, false),
            ("Herald .{0,80}", false, false),
            (r"\([^()]*Herald[^()]*\)", false, false),
            ("^Herald: (?<cut>.*)", false, true),
            ("^.*(?<cut>Herald).*", false, false),
            ("(?:Herald|.+)", true, true),
        ];
        for (pattern, opens, ends) in cases {
            let shape = shape(pattern, false);
            assert_eq!(
                (shape.opens_wild, shape.ends_wild),
                (opens, ends),
                "{pattern}"
            );
        }
    }

    #[test]
    fn patterns_that_are_asked_for_every_line_are_known() {
        let cases = [
            (r".+ \w+", true),
            (r"[^|]+ of [^|]+", false),
            (r"[^|]+\|[^|]+", false),
            (r"\d+ .+", false),
            (r".+ ©", false),
            (r"\w+ \w+ \w+", true),
        ];
        for (pattern, is_asked) in cases {
            assert_eq!(shape(pattern, true).is_asked_always, is_asked, "{pattern}");
        }
        assert!(shape(r"\w+ \w+", false).is_asked_always);
        assert!(!shape("^Herald", false).is_asked_always);
    }

    #[test]
    fn what_no_folded_line_has_is_found() {
        let cases = [
            ("“Herald”", Some("“Herald”")),
            ("Herald – .+", Some("Herald – ")),
            ("Herald [–—] .+", Some("–—")),
            ("Herald [-–—] .+", None),
            ("Herald(?: – .+)?", None),
            ("(?:Herald|Heralds) x  y", Some(" x  y")),
        ];
        for (pattern, unfolded) in cases {
            assert_eq!(
                shape(pattern, true).unfolded.as_deref(),
                unfolded,
                "{pattern}"
            );
        }
        assert_eq!(shape("“Herald”", false).unfolded, None);
    }

    #[test]
    fn least_counts_characters() {
        assert_eq!(shape("Жж(?:аб)?[ab]{2}", true).least, 4);
        assert_eq!(shape("(?:a|bcd)+", true).least, 1);
    }
}
