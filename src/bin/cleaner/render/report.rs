//! `report`: pages and what goes of them, as one HTML file.
//!
//! Every page is written whole, as elements that a browser shows without a script; the template's
//! script only hides, orders and opens them. Nothing of a page, a rule file or a file name gets into
//! the script or a style, and the file's own policy lets no other script than that one run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use cleaner::{Categories, Category, Cleaner, Line, Outlets, Removal, Rule};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::stats::{RuleTotals, Totals, UNDECIDED, sorted};
use crate::console::counted;
use crate::work::Page;

/// The page around what is written here; `{{name}}` is a place for it.
const TEMPLATE: &str = include_str!("report.html");
/// More characters of a piece of a line are left out in its middle.
const LONG: usize = 2000;
/// What is shown then of its beginning and of its end.
const ENDS: (usize, usize) = (1200, 300);
/// More lines of a page are left out at its end.
const LINES: usize = 5000;
/// The lines that are shown around one on which old and new differ.
const CONTEXT: usize = 3;
/// The first so many pages are open.
const OPEN: usize = 3;

/// The pages of a report, and what was counted of them.
#[derive(Default)]
pub struct Report {
    /// At most so many pages are shown.
    most: usize,
    /// Each as its element, without the `<details` that it begins with.
    pages: Vec<String>,
    /// The pages that there are to show.
    all: usize,
    /// Of those the ones whose text is the same by other rules.
    same_text: usize,
    /// The pages of which neither rule set knows whose they are.
    unknown: usize,
    /// The sums of the rules that the run compares with.
    before: Totals,
}

/// What stands above the pages.
pub struct Head<'a> {
    pub totals: &'a Totals,
    pub outlets: &'a Outlets,
    /// The folder of the old rules, and these.
    pub against: Option<(&'a Path, &'a Outlets)>,
}

impl Report {
    /// Adds a page, if it is one to show.
    pub fn add(&mut self, page: &Page, most: usize) {
        self.most = most;
        if let Some(before) = &page.before {
            self.before.add(before, true);
            if !differ(before, page) {
                self.unknown += usize::from(page.outlet.is_none());
                return;
            }
            self.same_text += usize::from(before.holes == page.holes);
        }
        self.all += 1;
        if self.pages.len() < most {
            self.pages.push(element(page));
        }
    }

    /// Adds pages that follow these.
    pub fn merge(&mut self, other: Report) {
        self.most = self.most.max(other.most);
        self.all += other.all;
        self.same_text += other.same_text;
        self.unknown += other.unknown;
        self.pages.extend(other.pages);
        self.pages.truncate(self.most);
        self.before.merge(&other.before);
    }

    /// What the report is about, in a few words.
    pub fn sum(&self, head: &Head) -> String {
        let all = head.totals.documents;
        let pages = if all == 1 { "page" } else { "pages" };
        let mut sum = match head.against {
            Some(_) => {
                let mut sum = format!("{all} {pages}, {} with another result", self.all);
                if self.same_text > 0 {
                    sum += &format!(" ({} of them with the same text)", self.same_text);
                }
                if self.unknown > 0 {
                    let unknown = counted(self.unknown, "page", "pages");
                    sum += &format!("; {unknown} not compared, for no outlet is known");
                }
                sum
            }
            None => format!("{all} {pages}, {} with removals", head.totals.changed),
        };
        if self.all > self.pages.len() {
            sum.push_str(&format!("; the first {} are shown", self.pages.len()));
        }
        sum
    }

    /// Writes the file.
    pub fn write(&self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        let before = head.against.map(|_| &self.before);
        let mut rest = TEMPLATE;
        while let Some((text, behind)) = rest.split_once("{{") {
            out.write_all(text.as_bytes())?;
            let (name, behind) = behind.split_once("}}").expect("a place has an end");
            rest = behind;
            match name {
                "policy" => out.write_all(policy().as_bytes())?,
                "version" => {
                    let version = env!("CARGO_PKG_VERSION");
                    let hash = head.outlets.hash();
                    write!(out, "cleaner {version}, rules {}", text_of(&hash))?;
                }
                "against" => {
                    if let Some((folder, outlets)) = head.against {
                        let folder = text_of(&folder.display().to_string());
                        let hash = outlets.hash();
                        write!(
                            out,
                            "<p>Pages of which the rules make something else than the old ones, those of <b>{folder}</b> (rules {}): old on the left, new on the right.</p>",
                            text_of(&hash)
                        )?;
                    }
                }
                "sum" => out.write_all(text_of(&self.sum(head)).as_bytes())?,
                "facts" => out.write_all(facts(head.totals, before).as_bytes())?,
                "categories" => out.write_all(categories(head.totals, before).as_bytes())?,
                "rules" => out.write_all(rules(head, before).as_bytes())?,
                "dead" => out.write_all(dead(head.totals).as_bytes())?,
                "outlet-options" => {
                    let mut ids: Vec<&String> = head.totals.outlets.keys().collect();
                    ids.extend(self.before.outlets.keys());
                    options(ids, out)?;
                }
                "category-options" => {
                    let names = Category::ALL.iter().map(|category| category.name());
                    let is_met = |name: &&str| {
                        head.totals.categories.contains_key(name)
                            || self.before.categories.contains_key(name)
                    };
                    options(names.filter(is_met), out)?;
                }
                "rule-options" => {
                    let mut ids: Vec<&String> = head.totals.rules.keys().collect();
                    ids.extend(self.before.rules.keys());
                    options(ids, out)?;
                }
                "pages" => {
                    for (at, page) in self.pages.iter().enumerate() {
                        let open = if at < OPEN { " open" } else { "" };
                        write!(out, "<details{open}{page}")?;
                    }
                    if self.pages.is_empty() {
                        out.write_all(b"<p>There is no page to show.</p>\n")?;
                    }
                }
                _ => unreachable!("a place of the template that is not known: {name}"),
            }
        }
        out.write_all(rest.as_bytes())
    }
}

/// What the browser may do with the file: its own script and styles, and nothing else.
fn policy() -> String {
    let (_, behind) = TEMPLATE.split_once("<script>").expect("there is a script");
    let (script, _) = behind.split_once("</script>").expect("it ends");
    let hash = BASE64.encode(&Sha256::digest(script));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    )
}

/// The sums of the run.
fn facts(totals: &Totals, before: Option<&Totals>) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: String| {
        out.push_str(&format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"));
    };
    let of = |get: fn(&Totals) -> usize| changed(before.map(get), get(totals));
    fact("pages", totals.documents.to_string());
    fact("with removals", of(|totals| totals.changed));
    let share = |totals: &Totals| percent(totals.gone(), totals.bytes_in);
    let (old, new) = (before.map(share), share(totals));
    fact(
        "of the text goes",
        match old {
            Some(old) if old != new => format!("{old} → {new}"),
            _ => new,
        },
    );
    fact("lines go", of(|totals| totals.lines_in - totals.lines_out));
    fact("outlet not known", of(|totals| totals.undecided));
    fact("left as they are", of(|totals| totals.flagged));
    if totals.failed > 0 {
        fact("could not be read", totals.failed.to_string());
    }
    out
}

/// What goes of each category.
fn categories(totals: &Totals, before: Option<&Totals>) -> String {
    let bytes = |totals: &Totals, name: &str| totals.categories.get(name).map_or(0, |it| it.bytes);
    let all = |totals: &Totals| {
        let all = totals.categories.values().map(|took| took.bytes);
        all.max().unwrap_or_default()
    };
    let most = all(totals).max(before.map_or(0, all));
    let mut names: Vec<&str> = Category::ALL.iter().map(|one| one.name()).collect();
    names.retain(|name| {
        let is_met = |totals: &Totals| totals.categories.contains_key(name);
        is_met(totals) || before.is_some_and(is_met)
    });
    names.sort_by_key(|name| std::cmp::Reverse(bytes(totals, name)));
    let rows = names.iter().map(|name| {
        let about = Category::named(name).map_or("", Category::about);
        let cell = |get: fn(&super::stats::Took) -> usize| {
            let of = |totals: &Totals| totals.categories.get(name).map_or(0, get);
            changed(before.map(of), of(totals))
        };
        let old = before.map(|before| bar(bytes(before, name), most, "old"));
        format!(
            "<tr><th scope=\"row\"><span class=\"badge c-{name}\">{name}</span> <small>{}</small></th><td class=\"bars c-{name}\">{}{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            text_of(about),
            old.unwrap_or_default(),
            bar(bytes(totals, name), most, ""),
            cell(|took| took.bytes),
            cell(|took| took.lines),
            cell(|took| took.removals),
        )
    });
    rows.collect()
}

/// What each rule hit.
fn rules(head: &Head, before: Option<&Totals>) -> String {
    let mut known: BTreeMap<String, std::sync::Arc<Rule>> = BTreeMap::new();
    let old = head.against.map(|(_, outlets)| outlets);
    for (outlets, totals) in [(old, before), (Some(head.outlets), Some(head.totals))] {
        let (Some(outlets), Some(totals)) = (outlets, totals) else {
            continue;
        };
        let met = totals.outlets.keys();
        // Those that the run has met are in order.
        for cleaner in met.filter_map(|id| outlets.cleaner(id).ok().flatten()) {
            let rules = cleaner.rules().iter();
            known.extend(rules.map(|rule| (rule.id.clone(), rule.clone())));
        }
    }
    let most = |totals: &Totals| {
        let all = totals.rules.values().map(|rule| rule.removals);
        all.max().unwrap_or_default()
    };
    let most = most(head.totals).max(before.map_or(0, most));
    let mut ids: Vec<&String> = sorted(&head.totals.rules, |rule| rule.removals)
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let gone = before.iter().flat_map(|before| before.rules.keys());
    ids.extend(gone.filter(|id| !head.totals.rules.contains_key(*id)));
    let rows = ids.into_iter().map(|id| {
        let rule = known.get(id);
        let category = rule.map_or("", |rule| rule.category.name());
        let hits = |totals: &Totals| totals.rules.get(id).map_or(0, |rule| rule.removals);
        let cell = |get: fn(&RuleTotals) -> usize| {
            let of = |totals: &Totals| totals.rules.get(id).map_or(0, get);
            changed(before.map(of), of(head.totals))
        };
        let old = before.map(|before| bar(hits(before), most, "old"));
        format!(
            "<tr id=\"rule-{id}\"><th scope=\"row\"><b>{id}</b> <span class=\"badge c-{category}\">{category}</span> <button type=\"button\" class=\"js\" data-rule=\"{id}\">its pages</button><br><small id=\"note-{id}\">{} <i>{}</i></small></th><td class=\"bars c-{category}\">{}{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            text_of(rule.map_or("", |rule| &rule.note)),
            text_of(&rule.map_or(String::new(), |rule| place_of(rule))),
            old.unwrap_or_default(),
            bar(hits(head.totals), most, ""),
            cell(|rule| rule.removals),
            cell(|rule| rule.documents),
            cell(|rule| rule.bytes),
            cell(|rule| rule.kept),
            id = text_of(id),
        )
    });
    rows.collect()
}

/// The rules that found nothing.
fn dead(totals: &Totals) -> String {
    if totals.never_fired.is_empty() {
        return String::new();
    }
    let ids = totals.never_fired.iter().map(|id| text_of(id));
    let ids: Vec<String> = ids.map(|id| format!("<li>{id}</li>")).collect();
    let count = ids.len();
    format!(
        "<details class=\"dead\"><summary>Rules of these outlets that found nothing: {count}</summary><ul>{}</ul></details>",
        ids.join("\n")
    )
}

fn bar(value: usize, most: usize, class: &str) -> String {
    let width = value as f64 / most.max(1) as f64 * 100.0;
    format!("<i class=\"bar {class}\" style=\"width:{width:.1}%\"></i>")
}

fn options<S: AsRef<str> + Ord>(
    names: impl IntoIterator<Item = S>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut names: Vec<S> = names.into_iter().collect();
    names.sort();
    names.dedup_by(|a, b| a.as_ref() == b.as_ref());
    for name in names {
        let name = text_of(name.as_ref());
        writeln!(out, "<option value=\"{name}\">{name}</option>")?;
    }
    Ok(())
}

/// A number, with the old one before it where that was another.
fn changed(old: Option<usize>, new: usize) -> String {
    match old {
        Some(old) if old != new => format!("{old} → {new}"),
        _ => new.to_string(),
    }
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", part as f64 / whole.max(1) as f64 * 100.0)
}

fn place_of(rule: &Rule) -> String {
    format!("{}:{}", rule.file, rule.line)
}

/// Whether the two rule sets make something else of a page: of its text, its fields, its flag, or
/// by which rules.
fn differ(old: &Page, new: &Page) -> bool {
    let are_alike = |old: &[Removal], new: &[Removal]| {
        let of = |removal: &Removal| {
            let rule = removal.rule.as_ref();
            rule.map(|rule| (rule.id.clone(), rule.category))
        };
        let is_like = |(old, new): (&Removal, &Removal)| old.span == new.span && of(old) == of(new);
        old.len() == new.len() && old.iter().zip(new).all(is_like)
    };
    let (before, after) = (&old.cleaned, &new.cleaned);
    outlet_of(old) != outlet_of(new)
        || !are_alike(&before.removals, &after.removals)
        || !are_alike(&before.kept, &after.kept)
        || before.fields != after.fields
        || before.flag != after.flag
}

fn outlet_of<'p>(page: &'p Page) -> &'p str {
    let outlet = page.outlet.as_ref();
    outlet.map_or(UNDECIDED, |(cleaner, _)| Cleaner::outlet(cleaner))
}

/// A page, without the `<details` that it begins with.
fn element(page: &Page) -> String {
    let before = page.before.as_deref();
    let sides: Vec<&Page> = before.into_iter().chain([page]).collect();
    let mut outlets: Vec<&str> = sides.iter().map(|side| outlet_of(side)).collect();
    outlets.dedup();
    let (mut categories, mut rules): (Vec<&str>, Vec<&str>) = Default::default();
    for side in &sides {
        let cleaned = &side.cleaned;
        let found = cleaned.removals.iter().chain(&cleaned.kept);
        for rule in found.filter_map(|removal| removal.rule.as_ref()) {
            categories.push(rule.category.name());
            rules.push(&rule.id);
        }
        let flag = cleaned.flag.iter();
        rules.extend(flag.flat_map(|flag| &flag.rules).map(String::as_str));
    }
    for list in [&mut categories, &mut rules] {
        list.sort_unstable();
        list.dedup();
    }
    let share = |side: &Page| percent(side.gone(), side.text.len());
    let shares: Vec<String> = sides.iter().map(|side| share(side)).collect();
    let mut out = format!(
        " class=\"page\" data-outlet=\"{}\" data-categories=\"{}\" data-rules=\"{}\" data-share=\"{:.6}\" data-changed=\"{}\" data-name=\"{name}\">\n<summary><span class=\"name\">{name}</span> <span class=\"outlet\">{}</span> <span class=\"strip\">{}</span> <span class=\"share\">{}</span></summary>\n",
        text_of(&outlets.join(" ")),
        categories.join(" "),
        text_of(&rules.join(" ")),
        page.gone() as f64 / page.text.len().max(1) as f64,
        u8::from(sides.iter().any(|side| !side.cleaned.removals.is_empty())),
        text_of(&outlets.join(" → ")),
        strip(page),
        shares.join(" → "),
        name = text_of(&page.name()),
    );
    let told: Vec<String> = sides.iter().map(|side| about(side)).collect();
    match &told[..] {
        [old, new] if old != new => out.push_str(&format!(
            "<div class=\"pair\"><p class=\"about\"><b>old</b> {old}</p><p class=\"about\"><b>new</b> {new}</p></div>\n"
        )),
        _ => out.push_str(&format!("<p class=\"about\">{}</p>\n", told[0])),
    }
    match before {
        Some(before) => pair(before, page, &mut out),
        None => alone(page, &mut out),
    }
    out.push_str("</details>\n");
    out
}

/// How much of a page goes, by category.
fn strip(page: &Page) -> String {
    let mut took: BTreeMap<&str, usize> = BTreeMap::new();
    for removal in &page.cleaned.removals {
        if let Some(rule) = &removal.rule {
            *took.entry(rule.category.name()).or_default() += removal.span.len();
        }
    }
    let parts = took.iter().map(|(name, bytes)| {
        let width = *bytes as f64 / page.text.len().max(1) as f64 * 100.0;
        format!("<i class=\"bar c-{name}\" style=\"width:{width:.1}%\"></i>")
    });
    parts.collect()
}

/// Whose a page is, its fields and its flag.
fn about(page: &Page) -> String {
    let mut about = match &page.outlet {
        Some((cleaner, by)) => format!("{}, {}", text_of(cleaner.outlet()), by.words()),
        None => "outlet not known, unchanged".to_owned(),
    };
    for (name, values) in &page.cleaned.fields {
        let values = text_of(&values.join(", "));
        about.push_str(&format!(" · {}: {values}", text_of(name)));
    }
    if let Some(flag) = &page.cleaned.flag {
        let flag = text_of(&flag.to_string());
        about.push_str(&format!(" · <b class=\"flag\">left as it is: {flag}</b>"));
    }
    about
}

/// A line and all that is to be seen of it.
struct Shown<'p> {
    line: Line,
    /// The rules that take something of it.
    takers: Vec<&'p Rule>,
    /// The rules that found something that stays because of its category.
    finders: Vec<&'p Rule>,
}

impl Shown<'_> {
    /// Whether the same rules did the same with another line.
    fn is_like(&self, other: &Shown) -> bool {
        fn ids<'a>(rules: &[&'a Rule]) -> Vec<&'a str> {
            rules.iter().map(|rule| rule.id.as_str()).collect()
        }
        ids(&self.takers) == ids(&other.takers)
            && ids(&self.finders) == ids(&other.finders)
            && self.line.cuts.is_empty() == other.line.cuts.is_empty()
            && self.line.is_gone() == other.line.is_gone()
    }

    /// Whether it is blank and went since the place of a removal closes.
    fn is_seam(&self) -> bool {
        self.takers.is_empty() && self.line.is_gone()
    }

    /// The classes of its element.
    fn class(&self) -> String {
        let rule = self.takers.first().or(self.finders.first());
        let category = rule.map_or(String::new(), |rule| format!(" c-{}", rule.category));
        let what = match (&self.takers[..], &self.finders[..]) {
            ([], []) if self.is_seam() => "seam",
            ([], []) => "kept",
            ([], _) => "found",
            _ if self.line.is_gone() => "gone",
            _ => "part",
        };
        format!("{what}{category}")
    }

    /// The rules, each with what it is, for whoever points at it or comes to it with the keyboard.
    fn labels(&self) -> String {
        let rules = self.takers.iter().map(|rule| (rule, ""));
        let stays = |rule: &Rule| {
            if Categories::default().contains(rule.category) {
                "stays, as --keep asks; "
            } else {
                "stays unless --also takes it; "
            }
        };
        let found = self.finders.iter().map(|rule| (rule, stays(rule)));
        let labels = rules.chain(found).map(|(rule, how)| {
            let tip = format!("{}; {how}{} ({})", rule.category, rule.note, place_of(rule));
            format!(
                "<a class=\"why\" href=\"#rule-{id}\" data-rule=\"{id}\" data-tip=\"{tip}\" aria-describedby=\"note-{id}\">{id}</a>",
                id = text_of(&rule.id),
                tip = text_of(&tip),
            )
        });
        labels.collect()
    }

    /// Adds its element.
    fn push(&self, text: &str, out: &mut String) {
        let rules = self.takers.iter().chain(&self.finders);
        let rules: Vec<&str> = rules.map(|rule| rule.id.as_str()).collect();
        let title = match &rules[..] {
            [] => String::new(),
            rules => format!(" title=\"{}\"", text_of(&rules.join(", "))),
        };
        out.push_str(&format!(
            "<p class=\"line\" data-n=\"{}\" dir=\"auto\"{title}>{}</p>",
            self.line.number,
            self.text(text)
        ));
    }

    /// Its text, what goes of it marked.
    fn text(&self, text: &str) -> String {
        let span = &self.line.span;
        let mut end = span.end;
        for ending in ["\n", "\r"] {
            end -= usize::from(text[span.start..end].ends_with(ending));
        }
        let mut out = String::new();
        let mut from = span.start;
        for cut in self.line.gone() {
            let (start, stop) = (cut.start.min(end), cut.end.min(end));
            push_piece(&text[from.min(end)..start], &mut out);
            let is_joined = cut.end > end && !self.line.is_gone();
            if start < stop || is_joined {
                out.push_str("<del>");
                push_piece(&text[start..stop], &mut out);
                out.push_str(if is_joined { "␊</del>" } else { "</del>" });
            }
            from = stop;
        }
        push_piece(&text[from.min(end)..end], &mut out);
        out
    }
}

/// The lines of a page, the first so many.
fn lines<'p>(page: &'p Page) -> Vec<Shown<'p>> {
    let mut removals = Walk::over(&page.cleaned.removals);
    let mut kept = Walk::over(&page.cleaned.kept);
    let lines = page.cleaned.lines(page.text).into_iter().take(LINES);
    let shown = lines.map(|line| Shown {
        takers: removals.rules(&line.span),
        finders: kept.rules(&line.span),
        line,
    });
    shown.collect()
}

/// A walk along the removals of a page, which are in order of their start.
struct Walk<'p> {
    coming: &'p [Removal],
    open: Vec<&'p Removal>,
}

impl<'p> Walk<'p> {
    fn over(coming: &'p [Removal]) -> Walk<'p> {
        let open = Vec::new();
        Walk { coming, open }
    }

    /// The rules of those that lie on a line, which follows those asked for before.
    fn rules(&mut self, line: &Range<usize>) -> Vec<&'p Rule> {
        self.open.retain(|removal| removal.span.end > line.start);
        while let Some((first, behind)) = self.coming.split_first() {
            if first.span.start >= line.end {
                break;
            }
            self.coming = behind;
            if first.span.end > line.start {
                self.open.push(first);
            }
        }
        let mut rules: Vec<&Rule> = Vec::new();
        for rule in self
            .open
            .iter()
            .filter_map(|removal| removal.rule.as_deref())
        {
            if !rules.iter().any(|known| known.id == rule.id) {
                rules.push(rule);
            }
        }
        rules
    }
}

/// A page's lines, with those together of which the same rules took something.
fn alone(page: &Page, out: &mut String) {
    let lines = lines(page);
    out.push_str("<div class=\"text\">\n");
    let mut rest = &lines[..];
    while let Some(first) = rest.first() {
        let mut end = 1;
        // The seams between lines that went together went with them.
        for (at, line) in rest.iter().enumerate().skip(1) {
            if line.is_like(first) {
                end = at + 1;
            } else if !line.is_seam() {
                break;
            }
        }
        let (group, behind) = rest.split_at(end);
        rest = behind;
        let labels = group[0].labels();
        out.push_str(&format!("<div class=\"group {}\">", group[0].class()));
        if !labels.is_empty() {
            out.push_str(&format!("<p class=\"rules\">{labels}</p>"));
        }
        for shown in group {
            shown.push(page.text, out);
        }
        out.push_str("</div>\n");
    }
    out.push_str("</div>\n");
    push_left_out(page, lines.len(), out);
}

/// The lines of a page as the old rules leave them, and beside them as the new ones do.
fn pair(old: &Page, new: &Page, out: &mut String) {
    let (before, after) = (lines(old), lines(new));
    let differs: Vec<bool> = before
        .iter()
        .zip(&after)
        .map(|(old, new)| !old.is_like(new) || old.line.left != new.line.left)
        .collect();
    // Whether a line is near one that differs.
    let mut is_near = vec![false; differs.len()];
    for at in (0..differs.len()).filter(|at| differs[*at]) {
        let last = (at + CONTEXT + 1).min(differs.len());
        is_near[at.saturating_sub(CONTEXT)..last].fill(true);
    }
    out.push_str(
        "<div class=\"text\"><div class=\"row head\"><span>old</span><span>new</span></div>\n",
    );
    let mut at = 0;
    while at < differs.len() {
        let alike = is_near[at..].iter().take_while(|near| !**near).count();
        let end = if alike > 0 { at + alike } else { at + 1 };
        // One line is not worth a fold.
        let is_folded = alike > 1;
        if is_folded {
            let lines = format!("lines {} to {} are alike", at + 1, end);
            out.push_str(&format!(
                "<details class=\"fold\"><summary>{lines}</summary>\n"
            ));
        }
        for row in at..end {
            let is_same = row > 0
                && before[row].is_like(&before[row - 1])
                && after[row].is_like(&after[row - 1])
                && !(is_folded && row == at);
            let class = if differs[row] { "row differs" } else { "row" };
            out.push_str(&format!("<div class=\"{class}\">"));
            for (side, shown) in [(old, &before[row]), (new, &after[row])] {
                out.push_str(&format!("<div class=\"cell {}\">", shown.class()));
                if !is_same {
                    let labels = shown.labels();
                    if !labels.is_empty() {
                        out.push_str(&format!("<p class=\"rules\">{labels}</p>"));
                    }
                }
                shown.push(side.text, out);
                out.push_str("</div>");
            }
            out.push_str("</div>\n");
        }
        if is_folded {
            out.push_str("</details>\n");
        }
        at = end;
    }
    out.push_str("</div>\n");
    push_left_out(new, differs.len(), out);
}

/// Says how many lines of a page are not shown.
fn push_left_out(page: &Page, shown: usize, out: &mut String) {
    let left = page.text.split_inclusive('\n').count() - shown;
    if left > 0 {
        out.push_str(&format!("<p class=\"about\">… and {left} more lines</p>\n"));
    }
}

/// A piece of a line; of a very long one its ends.
fn push_piece(text: &str, out: &mut String) {
    let place = |chars: usize| text.char_indices().nth(chars).map(|(at, _)| at);
    // As many bytes as characters at the least.
    if text.len() <= LONG || place(LONG).is_none() {
        return push_text(text, out, true);
    }
    let chars = text.chars().count();
    let (first, last) = ENDS;
    push_text(&text[..place(first).unwrap_or(0)], out, true);
    let left = chars - first - last;
    out.push_str(&format!(
        "<span class=\"sign\">… {left} characters …</span>"
    ));
    push_text(&text[place(chars - last).unwrap_or(0)..], out, true);
}

/// A text that stands in an attribute, or where nothing but text may.
fn text_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_text(text, &mut out, false);
    out
}

/// Adds a text as HTML has it. What is not to be seen, or turns the text around, is shown by its
/// number; `may_mark`: as an element.
fn push_text(text: &str, out: &mut String, may_mark: bool) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            c if is_hidden(c) => {
                let number = format!("U+{:04X}", u32::from(c));
                out.push_str(&match may_mark {
                    true => format!("<span class=\"sign\">{number}</span>"),
                    false => format!("⟨{number}⟩"),
                });
            }
            c => out.push(c),
        }
    }
}

/// Whether a character cannot be seen. Joiners stay, since scripts are written with them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        let hostile =
            "</script><b onclick=\"x('&')\">\0\u{202e}a\u{2066}\u{feff}\r\u{85}\t\u{200d}";
        let wanted = "&lt;/script&gt;&lt;b onclick=&quot;x(&#39;&amp;&#39;)&quot;&gt;⟨U+0000⟩⟨U+202E⟩a⟨U+2066⟩⟨U+FEFF⟩⟨U+000D⟩⟨U+0085⟩\t\u{200d}";
        assert_eq!(text_of(hostile), wanted);
        let mut marked = String::new();
        push_piece("a\0b", &mut marked);
        assert_eq!(marked, "a<span class=\"sign\">U+0000</span>b");
    }

    #[test]
    fn very_long_piece_shows_its_ends() {
        let text = format!("ä{}ü", "x".repeat(9998));
        let mut shown = String::new();
        push_piece(&text, &mut shown);
        let (first, last) = ("x".repeat(1199), "x".repeat(299));
        let left = "<span class=\"sign\">… 8500 characters …</span>";
        assert_eq!(shown, format!("ä{first}{left}{last}ü"));
        let mut whole = String::new();
        push_piece(&"ä".repeat(LONG), &mut whole);
        assert_eq!(whole, "ä".repeat(LONG));
    }

    #[test]
    fn template_has_one_script_and_all_its_places_are_known() {
        assert_eq!(TEMPLATE.matches("<script").count(), 1);
        for word in ["http:", "https:", "@import", "url(", "src=", "onclick"] {
            assert!(!TEMPLATE.contains(word), "{word}");
        }
    }
}
