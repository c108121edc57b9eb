//! What `cleaner rules check` warns of, and how it says it.

use cleaner::{Finding, Lint, Outlets};

const HEAD: &str = "outlet = \"made\"\nname = \"Made\"\n";

/// A rule with a note, and with examples that prove it.
fn rule(kind: &str, id: &str, removes: &str, keys: &str) -> String {
    format!(
        "\n[[{kind}]]\nid = \"{id}\"\ncategory = \"promo\"\nnote = \"Stands below each story.\"\nremoves = ['''{removes}''']\nkeeps = [\"zzz zz, nothing.\"]\n{keys}\n"
    )
}

fn outlets(files: &[(&str, String)]) -> Outlets {
    let files = files
        .iter()
        .map(|(name, text)| (format!("rules/{name}.toml"), text.clone()));
    Outlets::with_files(files).unwrap_or_else(|error| panic!("{error}"))
}

fn findings(files: &[(&str, String)]) -> Vec<Finding> {
    let is_asked = |outlet: &cleaner::Outlet| files.iter().any(|(name, _)| *name == outlet.id);
    outlets(files).lint(is_asked).unwrap()
}

/// The lints found in a file, each with the rule.
fn names(file: &str) -> Vec<(&'static str, String)> {
    let findings = findings(&[("made", format!("{HEAD}{file}"))]);
    let name = |finding: &Finding| {
        let rule = finding.problem().rule().unwrap_or_default();
        (finding.lint().name(), rule.to_owned())
    };
    findings.iter().map(name).collect()
}

/// That a rule of these keys is found by this lint alone, or by none.
fn check(kind: &str, removes: &str, keys: &str, lint: Option<&'static str>) {
    let found = names(&rule(kind, "thing", removes, keys));
    let expected: Vec<_> = lint
        .map(|lint| (lint, "made/thing".to_owned()))
        .into_iter()
        .collect();
    assert_eq!(found, expected, "[[{kind}]] {keys}");
}

#[test]
fn rest_behind_one_short_line_wants_a_place_or_a_second_step() {
    let rest = |steps: &str, more: &str| format!("lines = [{steps}, {{ rest = true }}]\n{more}");
    let is_short = Some("too-short");
    let more = "{ text = \"More\" }";
    check("block", "More\nx", &rest(more, ""), is_short);
    check(
        "block",
        "More\nx",
        &rest(more, "zone = { head = 3 }"),
        is_short,
    );
    check("block", "More\nx", &rest(more, "zone = { tail = 9 }"), None);
    let keys = rest("{ text = \"More of the mill\" }", "");
    check("block", "More of the mill\nx", &keys, None);
    let title = rest(&format!("{more}, {{ title = true }}"), "");
    check("block", "More\nx\ny", &title, is_short);
    for pattern in [".+:", "(?:Mill|Dams) .*", "Also of .*"] {
        let keys = rest(&format!("{{ pattern = '{pattern}' }}"), "");
        let (first, _) = pattern.split_once('.').unwrap();
        let line = match first {
            "" => "Now:".to_owned(),
            "Also of " => "Also of the mill".to_owned(),
            _ => "Dams of it".to_owned(),
        };
        check("block", &format!("{line}\nx"), &keys, is_short);
    }
    let keys = rest("{ pattern = 'Also of the (?:mill|dam)' }", "");
    check("block", "Also of the mill\nx", &keys, None);
    let both = rest(&format!("{more}, {{ text = \"Top\" }}"), "");
    check("block", "More\nTop\ny", &both, None);
}

#[test]
fn line_open_at_one_end_has_a_zone_or_knows_much() {
    let is_open = Some("unanchored-wildcard");
    check("line", "Ferries: x", "pattern = 'Ferries.+'", is_open);
    check("line", "x Ferries", "pattern = '.+ Ferries'", is_open);
    check(
        "line",
        "Ferries: x",
        "pattern = '(?:Ferries|Boats).+'",
        is_open,
    );
    check("line", "x Ferries.", r"pattern = '.+ Ferries\.?'", is_open);
    check("line", "x Ferries |", r"pattern = '.+ Ferries \|'", None);
    let keys = "pattern = 'Ferries.+'\nzone = { head = 2 }";
    check("line", "Ferries: x", keys, None);
    check(
        "line",
        "Ferry times: x",
        "pattern = 'Ferry times: .+'",
        None,
    );
}

#[test]
fn signs_are_tried_on_ordinary_text() {
    let lint = |sign: &str| -> Vec<&str> {
        let found = names(&format!("signs = [{{ {sign} }}]\n"));
        found.into_iter().map(|(lint, _)| lint).collect()
    };
    assert_eq!(lint("part = 'the'"), ["too-short", "too-common"]);
    assert_eq!(lint("part = 'mayor'"), ["too-common"]);
    assert_eq!(lint("text = 'Background'"), ["too-common"]);
    assert_eq!(lint("pattern = 'The Road .+'"), ["too-common"]);
    assert_eq!(lint("text = 'XQ'"), [""; 0]);
    assert_eq!(lint("part = 'Valley Herald'"), [""; 0]);
}

#[test]
fn each_lint_is_told_with_its_place() {
    let line = |id: &str, text: &str| rule("line", id, text, &format!("text = \"{text}\""));
    let cases: Vec<(Lint, Vec<(&str, String)>)> = vec![
        (
            Lint::NeverFires,
            vec![(
                "made",
                format!("{HEAD}{}", rule("line", "home", "Herald - home", "pattern = ['Herald - home', 'Herald – .+ page']")),
            )],
        ),
        (
            Lint::Shadowed,
            vec![
                ("made", format!("{HEAD}extends = [\"wide\"]\n{}", line("mill-notice", "Sent by the mill"))),
                ("wide", format!("family = \"wide\"\nname = \"Wide\"\n{}", rule("line", "sender", "Sent by the mill", "text = [\"Sent by the mill\", \"Sent by the dam\"]"))),
            ],
        ),
        (Lint::TooShort, vec![("made", format!("{HEAD}{}", rule("inline", "mark", "[-HP-]X", "text = \"HP\"")))]),
        (
            Lint::TooCommon,
            vec![("made", format!("{HEAD}{}", rule("line", "label", "Share this", "pattern = '(?:Share|Sign|Follow|Read|See) [^|]+'")))],
        ),
        (
            Lint::UnanchoredWildcard,
            vec![("made", format!("{HEAD}{}", rule("line", "herald", "x Herald y", "pattern = '.*Herald.*'")))],
        ),
        (
            Lint::WeakGate,
            vec![(
                "made",
                [
                    HEAD,
                    &rule("line", "twins", "ab 1 ab 2 yz", r"pattern = '\w{2} \d \w{2} \d \w{2}'"),
                    &rule("block", "again", "The mill\n[-The mill-]", "lines = [{ line = 80, keep = true }, { same = 1 }]"),
                    &rule(
                        "block",
                        "again-later",
                        "The old mill\nA\n[-The old mill-]",
                        "lines = [{ pattern = '.{10,80}', keep = true }, { line = 80, keep = true }, { same = 1 }]",
                    ),
                ]
                .concat(),
            )],
        ),
        (
            Lint::OverlappingDomain,
            vec![
                ("made", format!("{HEAD}domains = [\"news.twin.example\", \"vice.com\", \"made.example\", \"m.made.example\"]\n")),
                ("twin", "outlet = \"twin\"\nname = \"T\"\ndomains = [\"twin.example\"]\n".to_owned()),
            ],
        ),
        (
            Lint::OverlappingSign,
            vec![
                ("made", format!("{HEAD}extends = [\"own\"]\nsigns = [{{ text = \"– The Twin –\" }}, {{ text = \"The Own\" }}, {{ text = \"The Shared\" }}, {{ part = \"Twin Ltd.\" }}]\n")),
                ("own", "family = \"own\"\nname = \"O\"\nsigns = [{ text = \"The Own\" }, { text = \"The Shared\" }]\n".to_owned()),
                ("relative", "outlet = \"relative\"\nname = \"R\"\nextends = [\"own\"]\nsigns = [{ text = \"The Shared\" }]\n".to_owned()),
                ("twin", "outlet = \"twin\"\nname = \"T\"\nsigns = [{ text = \"- The Twin -\" }, { part = \"Twin Ltd.\" }]\n".to_owned()),
            ],
        ),
        (Lint::PublicSuffix, vec![("made", format!("{HEAD}domains = [\"co.uk\", \"com.kg\", \"blogspot.com\", \"bbc.co.jp\"]\n"))]),
        (Lint::NarrowDomain, vec![("made", format!("{HEAD}domains = [\"www.made.example\"]\n"))]),
        (
            Lint::MissingNote,
            vec![("made", format!("{HEAD}{}", line("mill-notice", "Sent by the mill").replace("Stands below each story.", "Mill notice (promo)")))],
        ),
        (
            Lint::DeadExtends,
            vec![
                ("made", format!("{HEAD}extends = [\"crawl\", \"void\"]\noff = [{{ rule = \"void/mill-notice\", reason = \"r\" }}]\n")),
                ("void", format!("family = \"void\"\nname = \"Void\"\n{}", line("mill-notice", "Sent by the mill"))),
            ],
        ),
        (
            Lint::UnusedList,
            vec![("made", format!("{HEAD}[[list]]\nid = \"mills\"\ntext = \"Mill\"\n[[list]]\nid = \"used\"\ntext = \"Sent by the mill\"\n{}", rule("line", "mill-notice", "Sent by the mill", "list = \"used\"")))],
        ),
        (
            Lint::UnusedAllow,
            vec![("made", format!("{HEAD}allow = [{{ lint = \"public-suffix\", reason = \"once\" }}]\n{}", line("mill-notice", "Sent by the mill\"\nallow = [{ lint = \"too-short\", reason = \"it was\" }]\n#")).replace("['''Sent by the mill\"\nallow = [{ lint = \"too-short\", reason = \"it was\" }]\n#''']", "[\"Sent by the mill\"]"))],
        ),
    ];
    assert_eq!(cases.len(), Lint::ALL.len());
    for (lint, files) in cases {
        let found = findings(&files);
        assert!(!found.is_empty(), "{lint}");
        for finding in &found {
            assert_eq!(finding.lint(), lint, "{finding:?}");
        }
        let reports: Vec<String> = found.iter().map(|finding| finding.render(false)).collect();
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(format!("lint__{lint}"), reports.join("\n\n"));
        });
    }
}

#[test]
fn bundled_rules_are_clean() {
    let findings = Outlets::bundled().lint(|_| true).unwrap();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn short_texts_are_told_where_nothing_holds_them() {
    let short = Some("too-short");
    check("inline", "[-A.P.-]X", "text = 'A.P.'", short);
    check("inline", "[-A.P. --]X", "text = 'A.P. -'", None);
    check("inline", "[-[7]-]X", r"pattern = '\[\d+\]'", short);
    check("inline", "[-[7]-]X", r"pattern = '^\[\d+\]'", None);
    check("line", "©", "text = '©'", short);
    check("line", "©", "text = '©'\nzone = { tail = 1 }", None);
    check(
        "block",
        "©\nHerald Group",
        "lines = [{ text = '©' }, { text = 'Herald Group' }]",
        None,
    );
}

#[test]
fn rules_that_take_prose_are_told() {
    let common = Some("too-common");
    check("line", "Background", "text = 'Background'", common);
    check(
        "line",
        "Предыстория",
        "text = ['Предыстория']\nzone = { tail = 1 }",
        common,
    );
    check("line", "3 min read", "pattern = '\\d+ .+'", common);
    check("line", "3 min read", "pattern = '\\d+ min read'", None);
    check(
        "line",
        "Ana Lugo",
        "pattern = '\\p{Lu}\\w+ \\p{Lu}\\w+'",
        common,
    );
    check("inline", "[-the mayor-]X", "text = 'the mayor'", common);
    check("line", "Read it", "pattern = 'Read .{2,80}'", common);
    check("line", "Read it", "pattern = 'Read [^.,]{2,80}'", None);
    check(
        "block",
        "Short one\nHerald Group",
        "lines = [{ title = true }, { text = 'Herald Group' }]",
        None,
    );
}

#[test]
fn what_cannot_match_is_told() {
    let never = Some("never-fires");
    check(
        "line",
        "It's on",
        "text = [\"It's on\", \"It’s on\"]",
        never,
    );
    check(
        "inline",
        "[-It's on-]",
        "text = [\"It's on\", \"It’s on\"]",
        None,
    );
    check(
        "line",
        "Herald - home",
        "pattern = ['Herald - home', 'Herald – .+ page']",
        never,
    );
    check(
        "inline",
        "[-Herald-]",
        "text = ['Herald', '''Her\nald''']",
        never,
    );
}

#[test]
fn shadows_are_those_of_rules_that_reach_as_far() {
    let narrow = |keys: &str| {
        rule(
            "line",
            "narrow",
            "Sent by the mill",
            &format!("text = 'Sent by the mill'\n{keys}"),
        )
    };
    let wide = |keys: &str| rule("line", "wide", "Sent by the mill", keys);
    let both = "text = ['Sent by the mill', 'Sent by the dam']";
    let check = |wide: String, narrow: String, shadowed: &[&str]| {
        let found = names(&format!("{wide}{narrow}"));
        let expected: Vec<_> = shadowed
            .iter()
            .map(|id| ("shadowed", format!("made/{id}")))
            .collect();
        assert_eq!(found, expected, "{wide}{narrow}");
    };
    check(wide(both), narrow(""), &["narrow"]);
    check(narrow(""), wide("text = 'Sent by the mill'"), &["wide"]);
    check(wide(both), narrow("zone = { tail = 4 }"), &["narrow"]);
    check(
        wide(&format!("{both}\nzone = {{ tail = 4 }}")),
        narrow(""),
        &[],
    );
    check(
        wide(&format!("{both}\nzone = {{ tail = 4 }}")),
        narrow("zone = { head = 4 }"),
        &[],
    );
    // What a literal takes is believed, what a pattern takes is not; and a pattern takes more.
    let pattern = "pattern = 'Sent by the \\w+'";
    check(wide(pattern), narrow(""), &[]);
    check(
        wide(pattern),
        rule(
            "line",
            "narrow",
            "Sent by the mill",
            "pattern = 'Sent by the m\\w+'",
        ),
        &["narrow"],
    );
    // Credits stay.
    check(wide(both).replace("promo", "credit"), narrow(""), &[]);
    // Each example and each literal counts.
    check(
        wide("text = 'Sent by the mill'"),
        narrow("pattern = 'Sent from [A-Z]+ by hand'"),
        &["wide"],
    );
    check(
        wide("text = 'Sent by the dam'").replace("mill", "dam"),
        narrow(""),
        &[],
    );
    let disabled = wide(both) + "disabled = 'not yet'\n";
    check(disabled, narrow(""), &[]);
    let reads = rule(
        "line",
        "reads",
        "Sent by Ana",
        "pattern = 'Sent by (?<agencies>\\w+)'",
    );
    let same = rule("line", "same", "Sent by Ana", "pattern = 'Sent by \\w+'");
    check(reads, same, &["same"]);
}

#[test]
fn allowed_lints_are_silent_where_they_stand() {
    let short = rule(
        "inline",
        "mark",
        "[-A.P.-]X",
        "text = 'A.P.'\nallow = [{ lint = 'too-short', reason = 'No word of the paper has two stops.' }]",
    );
    assert_eq!(names(&short), []);
    let other = short
        .replace("mark", "other")
        .replace("A.P.", "D.P.")
        .replace("allow", "#allow");
    assert_eq!(
        names(&(short.clone() + &other)),
        [("too-short", "made/other".to_owned())]
    );
    let above = "allow = [{ lint = 'public-suffix', reason = 'A mirror of the whole.' }]\ndomains = ['com.kg']\n";
    assert_eq!(names(above), []);
    // Above the rules it is not for them.
    let above = format!("[[allow]]\nlint = 'too-short'\nreason = 'r'\n{other}");
    assert_eq!(
        names(&above),
        [
            ("unused-allow", String::new()),
            ("too-short", "made/other".to_owned())
        ]
    );
}

#[test]
fn every_lint_is_explained() {
    for lint in Lint::ALL {
        assert_eq!(Lint::named(lint.name()), Some(*lint));
        assert!(
            lint.explanation()
                .lines()
                .all(|line| line.chars().count() <= 98),
            "{lint}"
        );
        assert!(
            !lint.explanation().ends_with('\n') && lint.about().ends_with('.'),
            "{lint}"
        );
    }
}
