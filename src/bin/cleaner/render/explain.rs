//! `--explain`: every line of a page, with what the rules made of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cleaner::{Categories, Line, Rule};

use super::{bare, marked};
use crate::console::{BOLD, DIM, Paint, RED, YELLOW, one_line, printable};
use crate::work::Page;

/// The page's outlet, its lines, and the notes of the rules that found something.
pub fn page(page: &Page, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let name = one_line(&page.name());
    let outlet = match &page.outlet {
        Some((cleaner, by)) => format!("{}, {}", cleaner.outlet(), by.words()),
        None if page.tied.is_empty() => "outlet not known, unchanged".to_owned(),
        None => format!(
            "outlet not known, unchanged: it has equally many signs of {}",
            page.tied.join(", ")
        ),
    };
    writeln!(out, "{}", paint.with(BOLD, format!("{name}: {outlet}")))?;
    if let Some(flag) = &page.cleaned.flag {
        let flag = paint.with(YELLOW, format!("left as it is: {flag}"));
        writeln!(out, "{flag}")?;
    }
    let lines = page.cleaned.lines(page.text);
    let width = lines.len().to_string().len();
    let mut notes: BTreeMap<&str, &str> = BTreeMap::new();
    let mut misses = page.misses.iter().peekable();
    for line in &lines {
        let rules = line.cuts.iter().filter_map(|(_, rule)| rule.as_ref());
        for rule in rules.chain(&line.kept) {
            notes.insert(&rule.id, &rule.note);
        }
        let number = paint.with(DIM, format!("{:>width$}", line.number));
        let (sign, content) = content(page, line, paint);
        let mut reasons = reasons(line);
        while let Some(miss) = misses.next_if(|miss| miss.line <= line.number) {
            // What is told of a line may have parts of it.
            let why = printable(&miss.why);
            reasons.push(format!(
                "stays: {} would take it, but it {why}",
                miss.rule.id
            ));
        }
        let reasons = match reasons.is_empty() {
            true => String::new(),
            false => paint.with(DIM, format!("  ← {}", reasons.join("; "))),
        };
        writeln!(
            out,
            "{}",
            format!("{number} {sign} {content}{reasons}").trim_end()
        )?;
    }
    for (id, note) in notes {
        writeln!(out, "{}: {}", paint.with(BOLD, id), printable(note))?;
    }
    Ok(())
}

/// `-` for a line that goes, `~` for one that loses a part, and the line.
fn content(page: &Page, line: &Line, paint: Paint) -> (String, String) {
    let text = &page.text[line.span.clone()];
    if line.cuts.is_empty() {
        (" ".to_owned(), bare(text))
    } else if line.is_gone() {
        (paint.with(RED, "-"), paint.with(RED, bare(text)))
    } else {
        let content = marked(page.text, line.span.clone(), &line.gone(), paint);
        (paint.with(RED, "~"), content)
    }
}

/// Why the line is as it is: the rules that took it, or that found it although it stays.
fn reasons(line: &Line) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    let mut add = |reason: String| {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    };
    for (_, rule) in &line.cuts {
        match rule {
            Some(rule) => add(described(rule)),
            None if line.rules().is_empty() => add("seam".to_owned()),
            None => {}
        }
    }
    for rule in &line.kept {
        let category = rule.category;
        let why = if Categories::default().contains(category) {
            format!("stays, as --keep {category} asks")
        } else {
            format!("stays, --also {category} takes it")
        };
        add(format!("{} {why}", described(rule)));
    }
    reasons
}

fn described(rule: &Rule) -> String {
    let at = printable(&format!("{}:{}", rule.file, rule.line));
    format!("{} ({}) {at}", rule.id, rule.category)
}
