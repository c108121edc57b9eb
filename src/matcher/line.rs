//! Whole lines.

use std::sync::Arc;

use super::lookup::{How, Wanted};
use super::pattern::Patterns;
use super::{Fields, Find, RuleIndex};
use crate::error::{Problem, SourceFile};
use crate::page::Page;
use crate::schema::LineRule;

/// A compiled line rule; `Lookup` finds its lines.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) rule: RuleIndex,
    pub(crate) wanted: Wanted,
}

impl Line {
    pub(crate) fn compile(
        rule: RuleIndex,
        written: &LineRule,
        source: &Arc<SourceFile>,
        patterns: &Arc<Patterns>,
        problems: &mut Vec<Problem>,
    ) -> Line {
        Line {
            rule,
            wanted: Wanted::compile(&written.text, &written.pattern, source, patterns, problems),
        }
    }
}

/// A line that a rule found so; `reads`: whether fields are read.
pub(crate) fn find(rule: RuleIndex, page: &Page, line: u32, how: How, reads: bool) -> Find {
    let fields = if reads { fields(page, line, how) } else { None };
    Find {
        rule,
        line,
        part: None,
        literal: matches!(how, How::Literal),
        fields,
    }
}

/// The fields that the pattern of a found line reads out of it.
pub(crate) fn fields(page: &Page, line: u32, how: How) -> Fields {
    match how {
        How::Pattern(pattern) if pattern.has_fields() => {
            pattern.fields(page.folding(line).folded())
        }
        _ => None,
    }
}
