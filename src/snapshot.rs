//! What cleaning did to a text, for review: one line of snapshot for each line of the page.

use std::ops::Range;

use crate::cleaner::Cleaned;

impl Cleaned {
    /// The result as a reviewer reads it: every line of the page, then the fields and the flag.
    ///
    /// `text` is the text that was cleaned. A line that stays begins with `=`, one that goes with
    /// `-` and its rules, one that loses a part with `~` and its rules, the part between `[-` and
    /// `-]`. Blank lines that go with their neighbours have the rule `seam`. Line ends are
    /// visible: `␊`, `␍␊`, and `∅` where the text ends without one. Control characters are escaped.
    /// Categories that stay are named behind `=`, as `=(rferl/agency-credit)`.
    ///
    /// # Panics
    /// May panic if `text` is not the text that was cleaned.
    pub fn snapshot(&self, text: &str) -> String {
        let mut out = String::new();
        for line in self.lines(text) {
            let whole = line.span.clone();
            let stays: Vec<&str> = line.kept.iter().map(|rule| rule.id.as_str()).collect();
            let stays = if stays.is_empty() {
                String::new()
            } else {
                format!("({})", stays.join(", "))
            };
            let rules = match line.rules() {
                rules if rules.is_empty() => "seam".to_owned(),
                rules => rules.join(", "),
            };
            let end = if text[whole.clone()].ends_with('\n') {
                ""
            } else {
                "∅"
            };
            let shown = |part: Range<usize>| visible(&text[part]);
            out += &if line.cuts.is_empty() {
                format!("={stays} {}{end}\n", shown(whole))
            } else if line.is_gone() {
                format!("-[{rules}] {}{end}\n", shown(whole))
            } else {
                let mut marked = String::new();
                let mut from = whole.start;
                for cut in line.gone() {
                    marked += &shown(from..cut.start);
                    marked += &format!("[-{}-]", shown(cut.clone()));
                    from = cut.end;
                }
                format!(
                    "~[{rules}]{stays} {marked}{}{end}\n",
                    shown(from..whole.end)
                )
            };
        }
        for (name, values) in &self.fields {
            for value in values {
                out += &format!("field {name}: {}\n", visible(value));
            }
        }
        if let Some(flag) = &self.flag {
            out += &format!("flag: {flag}\n");
        }
        out
    }
}

/// The text with its line ends and control characters visible.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push('␊'),
            '\r' if chars.peek() == Some(&'\n') => out.push('␍'),
            '\u{a0}' => out.push('⍽'),
            '\u{feff}' => out.push_str("\\u{feff}"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.extend(c.escape_default())
            }
            c => out.push(c),
        }
    }
    out
}
