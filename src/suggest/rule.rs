//! A rule that is being drafted, and its text as TOML.

use std::fmt::Write;
use std::ops::Range;

use super::template::{escape, pattern_of_shape};

/// What a line or a step looks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wanted {
    pub(super) texts: Vec<String>,
    pub(super) patterns: Vec<String>,
}

impl Wanted {
    pub(super) fn text(text: &str) -> Wanted {
        Wanted {
            texts: vec![text.to_owned()],
            patterns: Vec::new(),
        }
    }

    pub(super) fn pattern(pattern: &str) -> Wanted {
        Wanted {
            texts: Vec::new(),
            patterns: vec![pattern.to_owned()],
        }
    }

    pub(super) fn shape(shape: &str) -> Wanted {
        Wanted::pattern(&pattern_of_shape(shape))
    }

    /// What looks for any of several.
    pub(super) fn any<'w>(all: impl Iterator<Item = &'w Wanted>) -> Wanted {
        let mut any = Wanted::default();
        for wanted in all {
            any.texts.extend(wanted.texts.iter().cloned());
            any.patterns.extend(wanted.patterns.iter().cloned());
        }
        any
    }

    /// The same for the same thing looked for.
    pub(super) fn key(&self) -> String {
        format!("{}\u{0}{}", self.texts.join("\n"), self.patterns.join("\n"))
    }

    fn toml(&self) -> String {
        let list = |key: &str, values: &[String]| match values {
            [] => None,
            [one] => Some(format!("{key} = {}", quoted(one))),
            many => {
                let many: Vec<String> = many.iter().map(|one| quoted(one)).collect();
                Some(format!("{key} = [{}]", many.join(", ")))
            }
        };
        let keys = [list("text", &self.texts), list("pattern", &self.patterns)];
        keys.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// A step of a block.
#[derive(Clone, Debug)]
pub(super) struct Step {
    what: What,
    optional: bool,
    repeat: usize,
    keep: bool,
    gap: bool,
    /// In how many stories it stands.
    pub(super) support: Option<usize>,
}

#[derive(Clone, Debug)]
enum What {
    Wanted(Wanted),
    Title,
    Line(usize),
    Rest,
}

impl Step {
    fn new(what: What) -> Step {
        Step {
            what,
            optional: false,
            repeat: 1,
            keep: false,
            gap: true,
            support: None,
        }
    }

    pub(super) fn of(wanted: Wanted) -> Step {
        Step::new(What::Wanted(wanted))
    }

    pub(super) fn title() -> Step {
        Step::new(What::Title)
    }

    pub(super) fn line(most: usize) -> Step {
        Step::new(What::Line(most.clamp(1, 10_000)))
    }

    pub(super) fn rest() -> Step {
        Step::new(What::Rest)
    }

    pub(super) fn optional(mut self) -> Step {
        self.optional = true;
        self
    }

    pub(super) fn repeated(mut self, most: usize) -> Step {
        self.repeat = most.clamp(1, 64);
        self
    }

    pub(super) fn kept(mut self) -> Step {
        self.keep = true;
        self
    }

    pub(super) fn without_gap(mut self) -> Step {
        self.gap = false;
        self
    }

    fn toml(&self) -> String {
        let mut toml = match &self.what {
            What::Wanted(wanted) => wanted.toml(),
            What::Title => "title = true".to_owned(),
            What::Line(most) => format!("line = {most}"),
            What::Rest => "rest = true".to_owned(),
        };
        for (says, key) in [
            (self.optional, "optional = true"),
            (self.keep, "keep = true"),
            (!self.gap, "gap = false"),
        ] {
            if says {
                toml.push_str(", ");
                toml.push_str(key);
            }
        }
        if self.repeat > 1 {
            let _ = write!(toml, ", repeat = {}", self.repeat);
        }
        toml
    }
}

/// Where a rule looks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Zone {
    pub(super) head: Option<usize>,
    pub(super) tail: Option<usize>,
}

impl Zone {
    pub(super) fn head(head: usize) -> Zone {
        Zone {
            head: Some(head),
            tail: None,
        }
    }

    pub(super) fn tail(tail: usize) -> Zone {
        Zone {
            head: None,
            tail: Some(tail),
        }
    }

    fn toml(&self) -> Option<String> {
        let part = |key: &str, count: Option<usize>| {
            count.map(|count| format!("{key} = {}", count.clamp(1, 1000)))
        };
        let parts: Vec<String> = [part("head", self.head), part("tail", self.tail)]
            .into_iter()
            .flatten()
            .collect();
        (!parts.is_empty()).then(|| format!("zone = {{ {} }}", parts.join(", ")))
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        match (self.head, self.tail) {
            (None, None) => "anywhere".to_owned(),
            (Some(head), None) => format!("among the first {head} lines"),
            (None, Some(tail)) => format!("among the last {tail} lines"),
            (Some(head), Some(tail)) => format!("among the first {head} or the last {tail} lines"),
        }
    }
}

/// What a rule of each kind has for itself.
#[derive(Clone, Debug)]
enum Kind {
    Line(Wanted),
    Block(Vec<Step>),
    Inline(String),
    Duplicate { apart: usize, gap: bool },
}

/// A rule, with what speaks for it.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    kind: Kind,
    /// What it is called where its texts give no name.
    pub(super) hint: &'static str,
    pub(super) zone: Zone,
    /// In how many stories it was seen.
    pub(super) support: usize,
    /// How many of its texts stand on one page alone.
    pub(super) adopted: usize,
    pub(super) why: &'static str,
    pub(super) disabled: Option<String>,
    /// How many of the last rows of its places stay.
    pub(super) kept: usize,
    /// How many of the steps have to be there of a block that may lack any of them.
    least: usize,
    /// For parts of lines: whether it stands in front, and what it is.
    pub(super) mark: Option<(bool, String)>,
    /// Where it was seen, the best example first: the page, and the rows.
    pub(super) places: Vec<(usize, Range<usize>)>,
}

impl Rule {
    fn new(kind: Kind, hint: &'static str, zone: Zone) -> Rule {
        Rule {
            kind,
            hint,
            zone,
            support: 0,
            adopted: 0,
            why: "",
            disabled: None,
            kept: 0,
            least: 1,
            mark: None,
            places: Vec::new(),
        }
    }

    pub(super) fn line(hint: &'static str, wanted: Wanted, zone: Zone) -> Rule {
        Rule::new(Kind::Line(wanted), hint, zone)
    }

    pub(super) fn block(hint: &'static str, steps: Vec<Step>, zone: Zone) -> Rule {
        Rule::new(Kind::Block(steps), hint, zone)
    }

    pub(super) fn inline(before: bool, mark: &str, zone: Zone) -> Rule {
        let pattern = match before {
            true => format!(r"^\s*{}", escape(mark).replace('-', "[-–—]")),
            false => format!(r"{}\s*$", escape(mark)),
        };
        Rule::new(Kind::Inline(pattern), "mark", zone)
    }

    pub(super) fn duplicate(apart: usize, gap: bool, zone: Zone) -> Rule {
        Rule::new(Kind::Duplicate { apart, gap }, "repeated-line", zone)
    }

    /// As rule files write it.
    pub(super) fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Line(_) => "line",
            Kind::Block(_) => "block",
            Kind::Inline(_) => "inline",
            Kind::Duplicate { .. } => "duplicate",
        }
    }

    /// The literal texts that it looks for.
    pub(super) fn texts(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Line(wanted) => wanted.texts.iter().map(String::as_str).collect(),
            Kind::Block(steps) => steps
                .iter()
                .filter_map(|step| match &step.what {
                    What::Wanted(wanted) => Some(wanted.texts.iter().map(String::as_str)),
                    _ => None,
                })
                .flatten()
                .collect(),
            Kind::Inline(_) => self.mark.iter().map(|(_, mark)| mark.as_str()).collect(),
            Kind::Duplicate { .. } => Vec::new(),
        }
    }

    /// Whether all that it takes is literal.
    pub(super) fn is_literal(&self) -> bool {
        match &self.kind {
            Kind::Line(wanted) => wanted.patterns.is_empty(),
            Kind::Block(steps) => steps.iter().all(
                |step| matches!(&step.what, What::Wanted(wanted) if wanted.patterns.is_empty()),
            ),
            _ => false,
        }
    }

    /// Makes a block that any one of its lines proves ask for two of them; whether it is one, and has two.
    pub(super) fn ask_for_two(&mut self) -> bool {
        let Kind::Block(steps) = &self.kind else {
            return false;
        };
        let is_one = self.least == 1 && steps.len() > 1 && steps.iter().all(|step| step.optional);
        if is_one {
            self.least = 2;
        }
        is_one
    }

    /// Its keys besides those that every rule has.
    pub(super) fn keys(&self, stories: usize) -> String {
        match &self.kind {
            Kind::Line(wanted) => wanted.toml(),
            Kind::Inline(pattern) => format!("pattern = {}", quoted(pattern)),
            Kind::Duplicate { apart, gap } => {
                let mut keys = Vec::new();
                if *apart > 0 {
                    keys.push(format!("apart = {apart}"));
                }
                if !gap {
                    keys.push("gap = false".to_owned());
                }
                keys.join("\n")
            }
            Kind::Block(steps) => {
                let mut keys = String::new();
                if steps.iter().all(|step| step.optional) {
                    let _ = writeln!(keys, "least = {}", self.least);
                }
                keys.push_str("lines = [\n");
                for step in steps {
                    let _ = write!(keys, "  {{ {} }},", step.toml());
                    if let Some(support) = step.support {
                        let _ = write!(keys, " # {support} of {stories}");
                    }
                    keys.push('\n');
                }
                keys.push(']');
                keys
            }
        }
    }

    pub(super) fn zone_key(&self) -> Option<String> {
        self.zone.toml()
    }
}

/// A TOML string of one line.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| !c.is_control() && c != '\'' && !is_hidden(c);
    if text.contains(['\\', '"']) && text.chars().all(plain) {
        return format!("'{text}'");
    }
    let mut toml = String::from("\"");
    escaped(text, &mut toml);
    toml.push('"');
    toml
}

/// A TOML string of one or several lines.
pub(super) fn quoted_lines(text: &str) -> String {
    if !text.contains('\n') {
        return quoted(text);
    }
    let mut toml = String::from("\"\"\"\n");
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            toml.push('\n');
        }
        escaped(line, &mut toml);
    }
    toml.push_str("\"\"\"");
    toml
}

/// Characters that nobody sees, or that turn what is seen around.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn escaped(text: &str, toml: &mut String) {
    for c in text.chars() {
        match c {
            '"' => toml.push_str("\\\""),
            '\\' => toml.push_str("\\\\"),
            '\t' => toml.push_str("\\t"),
            c if c.is_control() || is_hidden(c) => {
                let _ = write!(toml, "\\u{:04X}", c as u32);
            }
            c => toml.push(c),
        }
    }
}
