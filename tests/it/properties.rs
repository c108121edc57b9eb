//! The invariants, over generated texts and generated rule files, and the engine against the plain
//! reference: whole passes over the whole page, nothing gated, nothing remembered.

use cleaner::{Categories, Category, Cleaned, Cleaner, Outlets, restore};
use proptest::prelude::*;

use crate::reference::{self, Model, Rule, Step, What, Zone};

/// Lines that generated rules may find, and ones that they almost find.
const LINES: &[&str] = &[
    "Alpha",
    "Beta",
    "Gamma delta",
    "  \u{2022} Alpha",
    "* - Alpha",
    "Gamma\u{a0}delta ",
    "\u{201c}Beta\u{201d} ends.",
    "one two three four five six",
    "one two three four five seven",
    "one two three four five six (photo)",
    "one two three four five six. Photo: one",
    "File photo: one two three four five six",
    "one two three four five sixty: one",
    "one two three four five six, says one: two",
    "Beta ends. (photo)",
    "Beta ends.*",
    "one two three four five six \u{1f6a2}",
    "one two three four five 6 seven",
    "one two three four five 7 seven",
    // Much white space.
    "one two three<wide>four five six",
    "BISHKEK -",
    "ម៉ាស៊ីនវិល។",
    "x [cut] y",
    "[cut]",
    "[[cut]cut] z",
    "No 12",
    "No 7 ends.",
    "pre - Alpha",
    "pre - pre - Beta",
    "Поезд No 5",
    "Beta_12",
    "- 12_six",
    "Beta 12",
    "\u{1b}[31mred\u{0}",
    "a\rb\u{2028}c",
    "\u{feff}Beta",
    "[cut]\u{feff}No 12",
    "No 12\r[cut]",
    "",
    "",
    "",
    " \t",
];

const TEXTS: &[&str] = &[
    "Alpha",
    "Beta",
    "Gamma delta",
    "\"Beta\" ends.",
    "one two three four five six",
    "[cut]",
];
const PATTERNS: &[(&str, &str)] = &[
    (r"No (?<number>\d+)", "No 12"),
    (r".*\d.*", "a 1 b"),
    (r"[A-Z]\w+", "Beta"),
    (r"(?i)pre - .+", "PRE - x"),
    (r"one .+ (?:six|seven)", "one or six"),
    (r"[A-Z]\w*?_+\d+|\d+_[a-z]+", "Beta_1"),
];
const PARTS: &[(&str, &str)] = &[
    (r"\[cut\]", "[cut]"),
    (r"^pre - ", "pre - "),
    (r" \[(?<cut>c)ut\]", " [cut]"),
    (r"[0-9]+$", "5"),
    (r"No 12$", "No 12"),
];

fn zone() -> impl Strategy<Value = Option<Zone>> {
    prop_oneof![
        4 => Just(None),
        1 => (1u32..5).prop_map(|head| Some(Zone { head: Some(head), tail: None })),
        1 => (1u32..5).prop_map(|tail| Some(Zone { head: None, tail: Some(tail) })),
        1 => (1u32..3, 1u32..3).prop_map(|(head, tail)| Some(Zone { head: Some(head), tail: Some(tail) })),
    ]
}

fn wanted() -> impl Strategy<Value = What> {
    prop_oneof![
        3 => prop::sample::subsequence(TEXTS, 1..3).prop_map(|texts| What::Text(texts.into_iter().map(str::to_owned).collect())),
        2 => prop::sample::select(PATTERNS).prop_map(|(pattern, _)| What::Pattern(pattern.to_owned())),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![
        6 => wanted(),
        1 => (1u32..30).prop_map(What::Line),
        2 => Just(What::Title),
        1 => (1u32..3).prop_map(What::Same),
    ];
    let repeat = prop_oneof![3 => Just(1u32), 1 => 2u32..4];
    (
        what,
        any::<bool>(),
        repeat,
        prop::bool::weighted(0.2),
        prop_oneof![6 => Just(None), 2 => any::<bool>().prop_map(Some)],
    )
        .prop_map(|(what, optional, repeat, keep, gap)| Step {
            what,
            optional,
            repeat,
            keep,
            gap,
        })
}

fn rule() -> impl Strategy<Value = Rule> {
    let part = prop_oneof![
        Just(What::Text(vec!["[cut]".to_owned()])),
        prop::sample::select(PARTS).prop_map(|(pattern, _)| What::Pattern(pattern.to_owned())),
    ];
    let block = (
        prop::collection::vec(step(), 1..5),
        prop::bool::weighted(0.15),
        prop::option::weighted(0.2, 1u32..3),
        prop::bool::weighted(0.8),
    );
    let duplicate = (
        prop_oneof![3 => 0u32..3, 1 => 9u32..12],
        any::<bool>(),
        prop::sample::select(vec![1.0, 0.6]),
        any::<bool>(),
        prop::option::of(any::<bool>()),
    );
    prop_oneof![
        3 => wanted().prop_map(Rule::Line),
        3 => block.prop_map(|(steps, rest, least, gap)| Rule::Block { steps, rest, least, gap }),
        2 => part.prop_map(Rule::Inline),
        1 => duplicate.prop_map(|(apart, gap, alike, whole, later)| Rule::Duplicate { apart, gap, alike, whole, later }),
    ]
}

fn model() -> impl Strategy<Value = Model> {
    let categorised = (rule(), zone(), prop::bool::weighted(0.2));
    prop::collection::vec(categorised, 1..5).prop_map(Model)
}

fn text() -> impl Strategy<Value = String> {
    let line = (
        prop::sample::select(LINES),
        prop_oneof![4 => Just("\n"), 1 => Just("\r\n")],
        // Of a long run of equal lines not each one is asked.
        prop_oneof![50 => Just(1), 1 => 20usize..50],
    );
    (
        any::<bool>(),
        prop::collection::vec(line, 0..14),
        any::<bool>(),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(crlf, lines, ended, bom)| {
            let mut text = String::from(if bom { "\u{feff}" } else { "" });
            for (line, end, times) in lines {
                let end = if crlf { "\r\n" } else { end };
                let line = line.replace("<wide>", &" ".repeat(300));
                text.push_str(&format!("{line}{end}").repeat(times));
            }
            if !ended {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
            }
            text
        })
}

/// The outlets with the generated rules as the outlet `made`, in the order that `order` gives.
fn compile(model: &Model, order: &[usize]) -> Option<std::sync::Arc<Cleaner>> {
    let file = ("made.toml".to_owned(), model.file(order));
    Outlets::with_files([file])
        .ok()
        .map(|outlets| outlets.cleaner("made").unwrap().expect("it was just read"))
}

fn straight(model: &Model) -> Vec<usize> {
    (0..model.0.len()).collect()
}

/// What holds for any text and any rules.
fn invariants(text: &str, cleaned: &Cleaned) -> Result<(), TestCaseError> {
    let holes = cleaned.holes();
    let mut left = String::new();
    let mut from = 0;
    for hole in &holes {
        prop_assert!(from <= hole.start && hole.start < hole.end && hole.end <= text.len());
        left.push_str(&text[from..hole.start]);
        from = hole.end;
    }
    left.push_str(&text[from..]);
    prop_assert_eq!(&left, &cleaned.text, "only deletes");
    let pieces: Vec<(usize, &str)> = cleaned
        .removals
        .iter()
        .map(|removal| (removal.span.start, &text[removal.span.clone()]))
        .collect();
    prop_assert_eq!(
        restore(&cleaned.text, &pieces),
        Some(text.to_owned()),
        "rebuilds"
    );
    prop_assert_eq!(
        text.ends_with('\n') || cleaned.text.is_empty(),
        cleaned.text.ends_with('\n') || cleaned.text.is_empty()
    );
    for line in cleaned
        .lines(text)
        .iter()
        .filter(|line| line.cuts.is_empty())
    {
        prop_assert_eq!(
            &line.left,
            &vec![line.span.clone()],
            "kept lines are unchanged"
        );
    }
    if cleaned.flag.is_some() {
        prop_assert_eq!(text, &cleaned.text);
    }
    Ok(())
}

/// Of a long run of equal lines a pass takes many at once: no more than passes one by one would, before a
/// rule sees the lines behind the run, or the end of the page.
#[test]
fn runs_of_equal_lines_are_taken_until_their_end_comes_into_sight() {
    let text = |text: &str| What::Text(vec![text.to_owned()]);
    let step = |what: What| Step {
        what,
        optional: false,
        repeat: 1,
        keep: false,
        gap: None,
    };
    let block = |first: &str, last: &str| {
        let mut steps = vec![step(text("Alpha")); 4];
        steps.insert(0, step(text(first)));
        steps.push(step(text(last)));
        Rule::Block {
            steps,
            rest: false,
            least: None,
            gap: true,
        }
    };
    let duplicate = |later| Rule::Duplicate {
        apart: 1,
        gap: true,
        alike: 1.0,
        whole: false,
        later: Some(later),
    };
    let zone = |head, tail| Some(Zone { head, tail });
    let others = [
        (block("Alpha", "Beta"), None),
        (block("Beta", "Alpha"), zone(None, Some(9))),
        (block("Alpha", "Gamma delta"), zone(Some(8), None)),
        (Rule::Line(text("Gamma delta")), zone(Some(7), Some(7))),
    ];
    let mut taken = 0;
    for (head, later) in [(2, true), (2, false), (3, true), (6, true), (6, false)] {
        for other in &others {
            let duplicate = (duplicate(later), zone(Some(head), None), false);
            let model = Model(vec![duplicate, (other.0.clone(), other.1, false)]);
            let cleaner = compile(&model, &straight(&model)).unwrap();
            for (times, end, sides) in (24..66).step_by(3).flat_map(|times| {
                let ends = ["\n", "\n\n"];
                let sides = [
                    ("", "Beta\n"),
                    ("Beta\n", "Gamma delta\nend\n"),
                    ("Gamma delta\n\n", ""),
                ];
                ends.into_iter()
                    .flat_map(move |end| sides.map(|sides| (times, end, sides)))
            }) {
                let run = format!("Alpha{end}").repeat(times);
                let page = format!("{}{run}{}", sides.0, sides.1);
                let cleaned = cleaner.clean(&page);
                assert_eq!(
                    cleaned.text,
                    reference::clean(&model, &page, false),
                    "{page}\n{}",
                    model.file(&straight(&model))
                );
                taken += cleaned.removals.len();
            }
        }
    }
    assert!(taken > 10_000, "{taken}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, max_global_rejects: 60_000, ..ProptestConfig::default() })]

    #[test]
    fn engine_is_the_plain_reference(model in model(), texts in prop::collection::vec(text(), 6)) {
        let cleaner = compile(&model, &straight(&model));
        prop_assume!(cleaner.is_some());
        let cleaner = cleaner.unwrap();
        for text in texts {
            for categories in [Categories::default(), Categories::default().also(Category::Credit)] {
                let cleaned = cleaner.clean_of(&text, categories);
                invariants(&text, &cleaned)?;
                let holes = cleaner.holes_of(&text, categories);
                prop_assert_eq!(holes, (cleaned.holes(), cleaned.flag.clone()));
                let all = categories.contains(Category::Credit);
                prop_assert_eq!(&cleaned.text, &reference::clean(&model, &text, all), "{}", model.file(&straight(&model)));
                let again = cleaner.clean_of(&cleaned.text, categories);
                prop_assert_eq!(&again.text, &cleaned.text, "twice is once: {}", model.file(&straight(&model)));
            }
        }
    }

    #[test]
    fn order_of_rules_never_matters(model in model(), texts in prop::collection::vec(text(), 4), seed in any::<u64>()) {
        let mut order = straight(&model);
        order.rotate_left(seed as usize % model.0.len());
        if seed & 1 == 1 {
            order.reverse();
        }
        let cleaners = (compile(&model, &straight(&model)), compile(&model, &order));
        prop_assert_eq!(cleaners.0.is_some(), cleaners.1.is_some());
        prop_assume!(cleaners.0.is_some());
        for text in texts {
            let shown = |cleaner: &Cleaner| {
                let cleaned = cleaner.clean(&text);
                let removals: Vec<_> = cleaned.removals.iter().map(|removal| (removal.span.clone(), removal.rule.as_ref().map(|rule| rule.id.clone()))).collect();
                (cleaned.text, removals, cleaned.fields, cleaned.flag)
            };
            prop_assert_eq!(shown(cleaners.0.as_ref().unwrap()), shown(cleaners.1.as_ref().unwrap()));
        }
    }

    #[test]
    fn misses_are_of_lines_that_stay(model in model(), texts in prop::collection::vec(text(), 4)) {
        let cleaner = compile(&model, &straight(&model));
        prop_assume!(cleaner.is_some());
        let cleaner = cleaner.unwrap();
        for text in texts {
            let cleaned = cleaner.clean(&text);
            let lines = cleaned.lines(&text);
            let misses = cleaner.misses(&text, Categories::default());
            for miss in &misses {
                let line = lines.iter().find(|line| line.number == miss.line);
                prop_assert!(line.is_some_and(|line| !line.is_gone()), "{miss:?} of {text:?}");
                prop_assert!(!miss.why.is_empty() && !text[line.unwrap().span.clone()].trim().is_empty());
            }
            prop_assert!(misses.is_sorted_by_key(|miss| miss.line));
            prop_assert!(cleaned.flag.is_none() || !misses.is_empty(), "{:?}", cleaned.flag);
        }
    }

    #[test]
    fn any_rules_are_linted(model in model()) {
        let outlets = Outlets::with_files([("made.toml".to_owned(), model.file(&straight(&model)))]);
        prop_assume!(outlets.is_ok());
        let findings = outlets.unwrap().lint(|outlet| outlet.id == "made").unwrap();
        prop_assert!(findings.iter().all(|finding| finding.problem().file() == "made.toml"));
    }

    #[test]
    fn any_text_passes_the_bundled_rules(text in "(?s).{0,400}", generated in text()) {
        for outlet in Outlets::bundled().outlets() {
            let cleaner = Outlets::bundled().cleaner(&outlet.id).unwrap();
            let cleaner = cleaner.expect("it is listed");
            for text in [&text, &generated] {
                let cleaned = cleaner.clean(text);
                invariants(text, &cleaned)?;
                prop_assert_eq!(&cleaner.clean(&cleaned.text).text, &cleaned.text);
            }
        }
    }

    #[test]
    fn any_rule_file_is_read_or_refused_with_a_place(text in "(?s)[ -~\n]{0,200}", keys in prop::collection::vec(prop::sample::select(KEYS), 0..12)) {
        for text in [text, format!("outlet = \"made\"\nname = \"Made\"\n{}", keys.join("\n"))] {
            if let Err(error) = Outlets::with_files([("made.toml".to_owned(), text)]) {
                for problem in error.problems() {
                    prop_assert!(problem.line() >= 1 && problem.column() >= 1 && !problem.message().is_empty());
                }
                prop_assert!(error.to_string().contains("made.toml"));
            }
        }
    }
}

/// Pieces of rule files, whole and broken.
const KEYS: &[&str] = &[
    "[[line]]",
    "[[block]]",
    "[[inline]]",
    "[[duplicate]]",
    "[line]",
    "id = \"a-b\"",
    "id = 3",
    "category = \"player\"",
    "category = \"playr\"",
    "note = \"n\"",
    "text = \"t\"",
    "text = []",
    "pattern = 'a('",
    "pattern = '(?x) a # b'",
    "pattern = '(a{1000}){1000}'",
    "pattern = '(?=a)'",
    "zone = { head = 0, tial = 3 }",
    "lines = [{ text = \"t\" }, { rest = true }]",
    "lines = [{ same = 9 }]",
    "removes = [\"[-t-]\"]",
    "removes = [\"[-t\"]",
    "keeps = [\"u\"]",
    "keeps = []",
    "extends = [\"pangea\", \"made\"]",
    "off = [{ rule = \"pangea/none\", reason = \"r\" }]",
    "ceiling = 2",
    "\u{444} = 1",
];
