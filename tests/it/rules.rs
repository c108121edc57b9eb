//! The rule language: what each key finds, and how the places of removals close.

use cleaner::{Categories, Category, Cleaned, Cleaner, Outlets, Reason};
use std::sync::Arc;

/// The outlet `made` with these rules; each `removes` and `keeps` is checked as any user's is.
fn outlet(rules: &str) -> Arc<Cleaner> {
    let file = format!("outlet = \"made\"\nname = \"Made\"\nceiling = 1.0\n{rules}");
    let outlets = Outlets::with_files([("made.toml".to_owned(), file)])
        .unwrap_or_else(|error| panic!("{error}"));
    outlets.cleaner("made").unwrap().unwrap()
}

/// A rule from its kind and its own keys.
fn rule(kind: &str, id: &str, removes: &str, keys: &str) -> String {
    format!(
        "[[{kind}]]\nid = \"{id}\"\ncategory = \"promo\"\nnote = \"n\"\nremoves = ['''{removes}''']\nkeeps = [\"zzz zz, nothing.\"]\n{keys}\n"
    )
}

fn line(text: &str) -> String {
    rule("line", "line", text, &format!("text = '''{text}'''"))
}

/// Each text and what must be left of it, byte for byte; a second cleaning must change nothing.
fn check(rules: &str, cases: &[(&str, &str)]) {
    let cleaner = outlet(rules);
    for (text, left) in cases {
        let cleaned = cleaner.clean(text);
        assert_eq!(cleaned.text, *left, "of {text:?}");
        assert_eq!(cleaner.clean(left).text, *left, "of {left:?}");
    }
}

#[test]
fn lists_are_taken_in_by_lines_steps_and_parts() {
    let lists = "[[list]]\nid = \"sections\"\ntext = [\"World\", \"Sport\"]\npattern = 'Section \\d'\n[[list]]\nid = \"marks\"\ntext = \"(tm)\"\n";
    let block =
        "lines = [{ text = \"Menu\" }, { text = \"Top\", list = [\"sections\"], repeat = 2 }]";
    let rules = rule("block", "menu", "Menu\nTop\nSection 2", block)
        + &rule(
            "line",
            "foot",
            "Sport",
            "zone = { tail = 1 }\nlist = \"sections\"",
        )
        + &rule("inline", "mark", "a[-(tm)-]", "list = \"marks\"")
        + lists;
    let cases = [
        ("Menu\nWorld\nSection 1\nSport\na\n", "Sport\na\n"),
        ("Menu\nTop\nWorlds\n", "Worlds\n"),
        ("a\nWorld\nb\nSection 12\n", "a\nWorld\nb\nSection 12\n"),
        ("a\nSection 1\n", "a\n"),
        ("a(tm) b\n", "a b\n"),
    ];
    check(&rules, &cases);
}

#[test]
fn block_begins_anew_where_a_repeated_step_has_given_lines_back() {
    let lines = "lines = [{ title = true, repeat = 3, keep = true }, { line = 5, optional = true, gap = false }, { pattern = '.*\\d.*', gap = false }]";
    let rules = rule("block", "block", "A title\nq\n[-a 1 b-]", lines);
    let text = "Alpha\none two three\nNo 12\nAlpha\nAlpha\nNo 12";
    check(&rules, &[(text, "Alpha\none two three\nAlpha")]);
}

#[test]
fn seams_keep_the_longer_blank_run() {
    let cases = [
        ("a\n\nX\n\nb\n", "a\n\nb\n"),
        ("a\n\nX\n\n\nb\n", "a\n\n\nb\n"),
        ("a\n\n\nX\n\nb\n", "a\n\n\nb\n"),
        ("a\n \nX\n\t\nb\n", "a\n \nb\n"),
        ("a\nX\nb\n", "a\nb\n"),
        ("a\nX\n\nb\n", "a\n\nb\n"),
        ("a\n\nX\n\n\nX\n\nb\n", "a\n\n\nb\n"),
        ("X\n\n\na\n", "a\n"),
        ("\n\nX\n\na\n", "a\n"),
        ("\n\na\n", "\n\na\n"),
        ("a\n\nX\n\n", "a\n"),
        ("a\n\nX", "a"),
        ("a\nX", "a"),
        ("a\nX\n  ", "a"),
        ("a\n\n\n", "a\n\n\n"),
        ("a\r\n\r\nX\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"),
        ("a\r\n\r\nX", "a"),
        ("a\r\nX\nb", "a\r\nb"),
        ("a\n\nb\n\nX\nX\n\nc", "a\n\nb\n\nc"),
        ("\u{feff}X\n\na\n", "\u{feff}a\n"),
        ("\u{feff}a\nX", "\u{feff}a"),
        ("a\rX\nX\n", "a\rX\n"),
        ("a\u{2028}X\nX\n", "a\u{2028}X\n"),
        ("", ""),
        ("\n", "\n"),
    ];
    check(&line("X"), &cases);
}

#[test]
fn lines_alike_but_in_the_middle_are_told_apart() {
    // They begin and end alike, and are as long.
    let (goes, stays) = (
        "Share the news with all of us",
        "Share the road with all of us",
    );
    let pattern = "pattern = 'Share the (?:news|mail) with all of us'";
    let share = rule("line", "share", goes, pattern);
    for texts in [
        [goes, stays, goes, stays, stays, goes],
        [stays, goes, stays, stays, goes, goes],
    ] {
        let left: Vec<&str> = texts.into_iter().filter(|text| *text == stays).collect();
        check(&share, &[(&texts.join("\n\n"), &left.join("\n\n"))]);
    }
}

#[test]
fn lines_too_long_to_be_remembered_are_found_again_and_again() {
    let long = format!("Long {} line", "a".repeat(1500));
    let lines = [
        line(&long),
        rule(
            "block",
            "block",
            &format!("{long}!\nStop"),
            &format!("lines = [{{ text = '{long}!' }}, {{ text = 'Stop' }}]"),
        ),
    ];
    let page = format!("a\n{long}\nb\n{long}!\nStop\nc\nStop\n{long}!\n");
    let left = format!("a\nb\nc\nStop\n{long}!\n");
    check(&lines.concat(), &[(&page.repeat(3), &left.repeat(3))]);
}

#[test]
fn literals_are_compared_after_folding() {
    let cases = [
        ("a\n  \u{2022} It's\u{a0}\"on\"  - now\t\n", "a\n"),
        ("a\nIt\u{2019}s \u{201c}on\u{201d} \u{2014} now\n", "a\n"),
        ("a\n- It's \"on\" - now\n", "a\n"),
        ("a\n* - It's \"on\" - now\n", "a\n* - It's \"on\" - now\n"),
        ("a\nit's \"on\" - now\n", "a\nit's \"on\" - now\n"),
        ("a\nIt's \"on\"- now\n", "a\nIt's \"on\"- now\n"),
        (
            "a\nSo it's: It's \"on\" - now\n",
            "a\nSo it's: It's \"on\" - now\n",
        ),
    ];
    check(&line("It's \"on\" - now"), &cases);
}

#[test]
fn line_patterns_are_anchored_and_digits_are_ascii() {
    let rules = rule("line", "l", "No 12", r"pattern = 'No \d+|Nr [\d,]+ \w+'");
    let cases = [
        ("a\nNo 7\n", "a\n"),
        ("a\nNo 7 b\n", "a\nNo 7 b\n"),
        ("a\nSay No 7\n", "a\nSay No 7\n"),
        ("a\nNo \u{664}\n", "a\nNo \u{664}\n"),
        ("a\nNr 1,2 да\n", "a\n"),
        ("a\n\u{2022}  No   7 \n", "a\n"),
    ];
    check(&rules, &cases);
}

#[test]
fn zones_count_the_lines_that_are_left() {
    let head = rule("line", "l", "X", "text = 'X'\nzone = { head = 2 }");
    check(
        &head,
        &[
            ("X\n\nX\na\nX\nb\nX\n", "a\nb\nX\n"),
            ("a\nb\nX\n", "a\nb\nX\n"),
            ("a\nX\nX\nX\nb\n", "a\nb\n"),
        ],
    );
    let tail = rule("line", "l", "X", "text = 'X'\nzone = { tail = 1 }");
    check(
        &tail,
        &[("X\na\nX\nX\nX\n", "X\na\n"), ("X\na\n", "X\na\n")],
    );
    let both = rule(
        "line",
        "l",
        "X",
        "text = 'X'\nzone = { head = 1, tail = 1 }",
    );
    check(&both, &[("X\na\nX\nb\nX\n", "a\nX\nb\n")]);
}

#[test]
fn byte_order_mark_hides_no_sign() {
    let file = "outlet = \"valley\"\nname = \"Valley\"\nsigns = [{ text = \"Valley Herald\" }]\n";
    let outlets = Outlets::with_files([("valley.toml".to_owned(), file.to_owned())]).unwrap();
    for page in [
        "Valley Herald\n\nHe came.\n",
        "\u{feff}Valley Herald\n\nHe came.\n",
        "\u{feff}\u{feff}Valley Herald\n",
        "He came.\n\u{feff}Valley Herald\n",
    ] {
        assert_eq!(
            outlets.by_signs(page).map(|outlet| &outlet.id[..]),
            Some("valley")
        );
    }
}

#[test]
fn a_block_is_matched_whole_or_not_at_all() {
    let player = rule(
        "block",
        "b",
        "A Title\nwait\n\nno media\n\n0:00",
        r"lines = [
            { title = true, gap = false, optional = true },
            { text = 'wait', optional = true },
            { text = 'no media' },
            { pattern = '\d:\d\d', optional = true },
        ]",
    );
    let cases = [
        (
            "He left.\nA Title\nwait\n\nno media\n\n0:00\n\nHe came.\n",
            "He left.\n\nHe came.\n",
        ),
        (
            "He left.\n\nA Title\n\nwait\n\nno media\n",
            "He left.\n\nA Title\n",
        ),
        (
            "He left.\nwait\nno media\nA Subhead\n",
            "He left.\nA Subhead\n",
        ),
        ("He left.\nno media\n", "He left.\n"),
        (
            "He left.\nA Title\nwait\n0:00\n",
            "He left.\nA Title\nwait\n0:00\n",
        ),
        ("a.\nno media\nb.\nno media\nc.\n", "a.\nb.\nc.\n"),
    ];
    check(&player, &cases);
}

#[test]
fn block_steps_keep_repeat_copy_and_take_the_rest() {
    let kicker = rule(
        "block",
        "b",
        "[-News-]\nA Headline\n[-Posted-]",
        "lines = [{ text = 'News' }, { title = true, keep = true }, { text = 'Posted' }]",
    );
    check(
        &kicker,
        &[
            (
                "News\nA Headline\n\nPosted\nText.\n",
                "A Headline\n\nText.\n",
            ),
            ("News\nText.\nPosted\n", "News\nText.\nPosted\n"),
        ],
    );

    let sizes = rule(
        "block",
        "b",
        "Sizes\nXS\nLG",
        "lines = [{ text = 'Sizes' }, { pattern = '[A-Z]{2}', repeat = 3 }]\ngap = false",
    );
    check(
        &sizes,
        &[
            ("a\nSizes\nXS\nSM\nMD\nLG\n", "a\nLG\n"),
            ("a\nSizes\n\nXS\n", "a\nSizes\n\nXS\n"),
            ("a\nSizes\nXS\n\nSM\n", "a\n\nSM\n"),
        ],
    );

    let copy = rule(
        "block",
        "b",
        "[-The Great Title Of It-]\nKey\nThe Great Title Of It",
        "lines = [{ line = 40 }, { text = 'Key', keep = true }, { same = 1, keep = true }]",
    );
    check(
        &copy,
        &[
            (
                "Some Title Of All This\nKey\nSome Name Of All That\nKey\n",
                "Some Title Of All This\nKey\nSome Name Of All That\nKey\n",
            ),
            (
                "Some Long Title Of All This\nKey\n\nSome Long Title Of All This\n",
                "Key\n\nSome Long Title Of All This\n",
            ),
        ],
    );

    let tail = rule(
        "block",
        "b",
        "More\nFrom us\nanything",
        "lines = [{ text = 'More' }, { text = 'From us' }, { rest = true }]",
    );
    check(
        &tail,
        &[
            ("a\n\nMore\nFrom us\n-\nb.\n\nc", "a"),
            ("a\nMore\nFrom us\n", "a\n"),
            ("a\nMore\nb\n", "a\nMore\nb\n"),
        ],
    );

    let least = rule(
        "block",
        "b",
        "One\nThree",
        "lines = [{ text = 'One', optional = true }, { text = 'Two', optional = true }, { text = 'Three', optional = true }]\nleast = 2",
    );
    check(
        &least,
        &[
            ("a\nOne\nTwo\n", "a\n"),
            ("a\nTwo\n", "a\nTwo\n"),
            ("a\nOne\nb\nThree\n", "a\nOne\nb\nThree\n"),
        ],
    );
}

#[test]
fn inline_rules_see_the_raw_line_and_cut_their_group() {
    let rules = rule("inline", "i", "[-PRE - -]a", "pattern = '^PRE - '")
        + &rule("inline", "j", "a[- (b)-]", r"pattern = '\w(?<cut> \(b\))$'")
        + &rule("inline", "k", "a [-<x>-]", "text = '<x>'");
    let cases = [
        ("PRE - PRE - a\n", "a\n"),
        ("  PRE - a\n", "  PRE - a\n"),
        ("a (b)\nc (b) d\n", "a\nc (b) d\n"),
        ("a<x>b<x>\r\n", "ab\r\n"),
        ("a\n\n <x> \n\nb\n", "a\n\nb\n"),
        ("a\n<x><<x>x>", "a"),
    ];
    check(&rules, &cases);
}

/// A cleaner remembers what came of attempts from lines that it has seen before.
#[test]
fn what_a_block_matches_does_not_depend_on_earlier_texts() {
    let blocks = [
        (
            "[-Embed-]\n[-share-]",
            "lines = [{ text = 'Embed' }, { text = 'share' }]\ngap = false",
        ),
        (
            "[-Embed-]\n[-share-]\n[-share-]",
            "lines = [{ text = 'Embed' }, { text = 'share', repeat = 2 }, { text = 'Old', optional = true }]",
        ),
        (
            "[-Embed-]\nOld\n[-share-]",
            "lines = [{ text = 'Embed' }, { title = true, optional = true, keep = true }, { text = 'share' }]",
        ),
        (
            "[-share-]\n[-Embed-]\nshare",
            "lines = [{ pattern = '[a-z]+' }, { text = 'Embed' }, { same = 1, keep = true }]",
        ),
    ];
    let lines = ["Embed\n", "share\n", "Old\n", "It rained.\n", "\n"];
    let longest = lines.len().pow(4);
    for (removes, keys) in blocks {
        let rules = rule("block", "b", removes, keys);
        let seasoned = outlet(&rules);
        for number in 0..longest {
            let mut left = number;
            let mut text = String::new();
            while left > 0 {
                text += lines[left % lines.len()];
                left /= lines.len();
            }
            let fresh = outlet(&rules).clean(&text);
            assert_eq!(seasoned.clean(&text), fresh, "{text:?} {keys}");
        }
    }
}

#[test]
fn of_two_copies_one_goes() {
    let near = rule(
        "duplicate",
        "d",
        "one two three four five\n[-one two three four five-]",
        "gap = false\nalike = 0.7",
    );
    let cases = [
        (
            "one two three four five six\none two three four five six\nText.\n",
            "one two three four five six\nText.\n",
        ),
        (
            "one two three four five six\n\none two three four five six\n",
            "one two three four five six\n\none two three four five six\n",
        ),
        (
            "one two three four five six\none two three four five six (photo)\n",
            "one two three four five six (photo)\n",
        ),
        (
            "one two three four five six\none 2 3 4 5 six\n",
            "one two three four five six\none 2 3 4 5 six\n",
        ),
        ("too short\ntoo short\n", "too short\ntoo short\n"),
    ];
    check(&near, &cases);

    let whole = near.replace("alike = 0.7", "alike = 0.7\nwhole = true");
    let goes_on = [
        (
            "one two three four five six.\none two three four five six (photo).\n",
            "one two three four five six (photo).\n",
        ),
        (
            "Photo: one two three four five six\none two three four five six\n",
            "Photo: one two three four five six\n",
        ),
    ];
    check(&whole, &goes_on);
    for other in [
        "one two 3 four five six",
        "one two four five six",
        "one two three four five sixty",
    ] {
        let both = format!("one two three four five six\n{other}\n");
        check(&whole, &[(&both, &both)]);
    }

    let apart = rule(
        "duplicate",
        "d",
        "[-one two three four five-]\na\none two three four five",
        "apart = 1\ngoes = 'earlier'",
    );
    check(
        &apart,
        &[
            (
                "one two three four five\na\none two three four five\nb\n",
                "a\none two three four five\nb\n",
            ),
            (
                "one two three four five\na\nb\none two three four five\n",
                "one two three four five\na\nb\none two three four five\n",
            ),
        ],
    );
}

#[test]
fn copies_are_measured_in_characters_of_the_folded_line() {
    let rules = rule(
        "duplicate",
        "d",
        "one two three four five\n[-one two three four five-]",
        "most = 24",
    );
    let kept = [
        "Девятнадцать знаков",
        "   nineteen letters ok",
        "a line of 25 letters, all",
    ];
    let gone = [
        "Здесь двадцать букв.",
        "a  line  has  24  characters",
        "  Здесь 24 буквы с точкой. ",
    ];
    for line in kept {
        let text = format!("{line}\n{line}\n");
        check(&rules, &[(&text, &text)]);
    }
    for line in gone {
        check(
            &rules,
            &[(&format!("{line}\n{line}\n"), &format!("{line}\n"))],
        );
    }
}

#[test]
fn passes_go_on_where_something_went() {
    let rules = rule("inline", "i", "[-PRE -]a", "pattern = '^PRE '")
        + &line("X")
        + &rule(
            "duplicate",
            "d",
            "one two three four five\n[-one two three four five-]",
            "",
        );
    check(
        &rules,
        &[
            ("a\nPRE X\nb\n", "a\nb\n"),
            (
                "one two three four five\nPRE X\none two three four five\n",
                "one two three four five\n",
            ),
        ],
    );
}

#[test]
fn what_each_rule_asked_for_is_told_also_where_another_takes_the_line() {
    let rules = line("Valley Herald")
        + &rule(
            "inline",
            "mark",
            "[-Valley -]sleeps",
            "pattern = '^Valley '",
        );
    let cleaned = outlet(&rules).clean("Valley Herald\nIt rained.\n");
    let told: Vec<_> = cleaned
        .removals
        .iter()
        .map(|removal| {
            (
                removal.span.clone(),
                removal.rule.as_ref().map(|rule| rule.id.as_str()),
            )
        })
        .collect();
    assert_eq!(
        told,
        [(0..7, Some("made/mark")), (0..14, Some("made/line"))]
    );
    // Of a line of which parts leave nothing, they take all.
    let rules = rule("inline", "mark", "[-Valley-] sleeps", "pattern = '^Valley'");
    let cleaned = outlet(&rules).clean("Valley\nIt rained.\n");
    assert_eq!(cleaned.text, "It rained.\n");
    assert_eq!(cleaned.removals[0].span, 0..7);
}

#[test]
fn credits_stay_unless_asked_for_and_give_their_fields_all_the_same() {
    let rules = "[[line]]\nid = 'c'\ncategory = 'credit'\nnote = 'n'\npattern = 'By (?<agencies>.+)'\nremoves = ['By AP']\nkeeps = ['Bye']\n".to_owned()
        + &rule("line", "n", "On (7)", r"pattern = 'On \((?<published>\d+)\)'");
    let cleaner = outlet(&rules);
    let fields = |cleaned: &Cleaned| {
        cleaned
            .fields
            .iter()
            .map(|(name, values)| format!("{name}={}", values.join("|")))
            .collect::<Vec<_>>()
    };
    let cleaned = cleaner.clean("a\nBy AP\nOn (7)\nBy dpa\n");
    assert_eq!(cleaned.text, "a\nBy AP\nBy dpa\n");
    assert_eq!(fields(&cleaned), ["agencies=AP|dpa", "published=7"]);
    assert_eq!(
        cleaned
            .kept
            .iter()
            .map(|removal| removal.span.clone())
            .collect::<Vec<_>>(),
        [2..8, 15..22]
    );
    let cleaned = cleaner.clean_of(
        "a\nBy AP\nOn (7)\n",
        Categories::default()
            .also(Category::Credit)
            .keep(Category::Promo),
    );
    assert_eq!(cleaned.text, "a\nOn (7)\n");
    assert_eq!(fields(&cleaned), ["agencies=AP", "published=7"]);
}

#[test]
fn a_page_over_the_ceiling_stays_and_is_flagged() {
    let file = "outlet = 'made'\nname = 'Made'\nceiling = 0.5\n".to_owned()
        + &line("Literal furniture, a long line of it")
        + &rule("line", "p", "junk 1", r"pattern = 'junk \d+'");
    let outlets = Outlets::with_files([("made.toml".to_owned(), file)]).unwrap();
    let cleaner = outlets.cleaner("made").unwrap().unwrap();
    // Six bytes of twelve go: not more than half.
    assert_eq!(
        cleaner
            .clean("junk 1\nstory.\nLiteral furniture, a long line of it\n")
            .text,
        "story.\n"
    );
    let text = "junk 12\nstory.\nLiteral furniture, a long line of it\n";
    let cleaned = cleaner.clean(text);
    let flag = cleaned.flag.unwrap();
    assert_eq!((cleaned.text.as_str(), cleaned.removals.len()), (text, 0));
    assert_eq!(
        flag.reason,
        Reason::OverCeiling {
            share: 7.0 / 13.0,
            ceiling: 0.5
        }
    );
    assert_eq!(flag.rules, ["made/line", "made/p"]);
    let cleaned = cleaner.clean("Literal furniture, a long line of it\n");
    assert_eq!(cleaned.flag.unwrap().reason, Reason::Emptied);
    assert_eq!(cleaned.text, "Literal furniture, a long line of it\n");
}

#[test]
fn a_page_that_does_not_settle_stays_and_is_flagged() {
    // One pair of brackets goes in each pass over the line.
    let cleaner = outlet(&rule("inline", "i", "a[-()-]", "text = '()'"));
    let nested = |depth: usize| format!("a{}{}\n", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(cleaner.clean(&nested(100)).text, "a\n");
    let deep = nested(100_000);
    let cleaned = cleaner.clean(&deep);
    assert_eq!(cleaned.flag.unwrap().reason, Reason::Unsettled);
    assert_eq!(cleaned.text, deep);
}

#[test]
fn a_page_settles_also_under_many_inline_rules() {
    let texts: Vec<String> = (0..200).map(|number| format!("\"<{number}>\"")).collect();
    let texts = format!("text = [{}]", texts.join(", "));
    let cleaner = outlet(&rule("inline", "i", "a[-<7>-]", &texts));
    let lines = |mark: &str| {
        format!("The bridge{mark} was painted again, and nobody saw it.\n").repeat(10_000)
    };
    let cleaned = cleaner.clean(&lines("<3>"));
    assert_eq!(cleaned.flag, None);
    assert_eq!(cleaned.text, lines(""));
    let one = lines("") + "<9>It rained.\n";
    assert_eq!(cleaner.clean(&one).text, lines("") + "It rained.\n");
}

#[test]
fn copies_of_long_lines_are_compared_within_bounds() {
    let steps = "lines = [{ pattern = 'x .+', keep = true }, { line = 10000, repeat = 60, keep = true, optional = true }, { same = 1 }]";
    let cleaner = outlet(&rule("block", "b", "x one two\n[-x one two-]", steps));
    // The same words in other orders: nothing but a comparison of all tells how many are in order.
    let words = |line: usize, count: usize| -> String {
        let numbers = (0..count).map(|at| ((at * (2 * line + 3)) % 1009).to_string());
        format!("x {}\n", numbers.collect::<Vec<_>>().join(" "))
    };
    let page: String = (0..300).map(|line| words(line, 800)).collect();
    let cleaned = cleaner.clean(&page);
    assert_eq!(
        cleaned.flag.map(|flag| flag.reason),
        Some(Reason::Unsettled)
    );
    assert_eq!(cleaned.text, page);
    // Longer lines have to be equal.
    let long = words(1, 2000);
    assert_eq!(cleaner.clean(&(long.clone() + &long)).text, long);
    let page = long.clone() + &long.replace("x 0 ", "x 1 ");
    assert_eq!(cleaner.clean(&page).text, page);
}

#[test]
fn rules_with_a_zone_are_asked_again_without_zones() {
    // The examples are run with zones and without.
    let example = "\"\"\"\nOne\nTwo\nThree\nFour\nFive\nSix\nSeven\n[-Alpha\nAlpha\nBeta\nBeta-]\nEight\"\"\"";
    let keys = |zone: &str| {
        format!(
            "[[block]]\nid = \"b\"\ncategory = \"promo\"\nnote = \"n\"\ngap = false\n{zone}lines = [{{ text = \"Alpha\" }}, {{ text = \"Beta\" }}]\nremoves = [{example}]\nkeeps = [\"c\"]\n"
        )
    };
    outlet(&keys(""));
    outlet(&keys("zone = { tail = 40 }\n"));
    outlet(&keys("zone = { head = 40 }\n"));
    let file = format!(
        "outlet = \"made\"\nname = \"Made\"\n{}",
        keys("zone = { tail = 2 }\n")
    );
    let wrong = Outlets::with_files([("made.toml".to_owned(), file)]).unwrap_err();
    assert!(wrong.to_string().contains("in its zone"), "{wrong}");
}

#[test]
fn a_step_says_more_of_blank_lines_than_its_block() {
    let steps =
        "gap = false\nlines = [{ text = 'One', gap = true }, { text = 'Two' }, { text = 'Three' }]";
    let cases = [
        ("a\nOne\n\nTwo\nThree\n", "a\n"),
        ("a\nOne\nTwo\n\nThree\n", "a\nOne\nTwo\n\nThree\n"),
    ];
    check(&rule("block", "b", "One\n\nTwo\nThree", steps), &cases);
}

#[test]
fn a_title_of_another_number_is_no_copy() {
    let steps = "lines = [{ line = 40, keep = true }, { text = 'Key' }, { same = 1 }]";
    let rules = rule(
        "block",
        "b",
        "The Ten Best Mills\n[-Key\nThe Ten Best Mills-]",
        steps,
    );
    let other = "The Best Mills of 2015\nKey\nThe Best Mills of 2014\n";
    let cases = [
        (other, other),
        (
            "The Best Mills of 2015\nKey\nThe Best Mill of 2015\n",
            "The Best Mills of 2015\n",
        ),
    ];
    check(&rules, &cases);
}

#[test]
fn what_stands_behind_its_end_hides_no_sentence() {
    let steps = "lines = [{ text = 'Key' }, { title = true }]";
    let rules = rule("block", "b", "Key\nThe Mill", steps);
    for end in ["*", "**", "†", " 🚢", " ❤️"] {
        let sentence = format!("Key\nHe left the mill.{end}\n");
        let title = format!("Key\nA Song of the Mill{end}\na.\n");
        check(&rules, &[(&sentence, &sentence), (&title, "a.\n")]);
    }
}

#[test]
fn white_space_that_runs_hides_no_copy() {
    let spaces = " ".repeat(5000);
    let rules = rule(
        "duplicate",
        "d",
        "one two three four five\n[-one two three four five-]",
        "",
    );
    let text = format!("one two three four five\none two{spaces}three four five\n");
    check(&rules, &[(&text, "one two three four five\n")]);
    let text = format!("{spaces}one two three four five\none two three four five\n");
    check(
        &rules,
        &[(&text, &format!("{spaces}one two three four five\n"))],
    );
}

#[test]
fn long_lines_and_many_lines_pass() {
    let cleaner = outlet(&(line("X") + &rule("inline", "i", "a[-<x>-]", "text = '<x>'")));
    let long = "a<x>".repeat(4 << 20);
    assert_eq!(
        cleaner.clean(&format!("{long}\nX\n")).text,
        format!("{long}\n")
    );
    let many = "a\nX\n\n".repeat(200_000);
    assert_eq!(cleaner.clean(&many).text, "a\n\n".repeat(199_999) + "a\n");
}

/// What is told of the lines of a text that stay: the line, the rule, and why it does not take it.
fn check_misses(rules: &str, text: &str, expected: &[(usize, &str, &str)]) {
    let misses = outlet(rules).misses(text, Categories::default());
    let told: Vec<_> = misses
        .iter()
        .map(|miss| (miss.line, miss.rule.id.as_str(), miss.why.as_str()))
        .collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn a_line_outside_its_zone_is_told_where_it_is() {
    let keys = "text = 'X'\nzone = { head = 1, tail = 2 }";
    check_misses(
        &rule("line", "l", "X", keys),
        "a\nX\n\nb\nc\n",
        &[(
            2,
            "made/l",
            "stands outside its zone, the first line or the last 2 lines: it is the 2nd of the 4 that are left",
        )],
    );
    let tail = rule(
        "inline",
        "i",
        "a[-(X)-]",
        "text = '(X)'\nzone = { tail = 1 }",
    );
    check_misses(
        &tail,
        "b (X)\na\n",
        &[(
            1,
            "made/i",
            "stands outside its zone, the last line: it is the 1st of the 2 that are left",
        )],
    );
    let keys = "zone = { head = 2 }\nlines = [{ text = 'One' }, { text = 'Two' }]";
    let why = |step: usize, at: &str| {
        format!(
            "is step {step} of 2 of a block that stands outside its zone, the first 2 lines: it is the {at} of the 5 that are left"
        )
    };
    check_misses(
        &rule("block", "b", "One\nTwo", keys),
        "a\nb\nOne\nTwo\nc\n",
        &[(3, "made/b", &why(1, "3rd")), (4, "made/b", &why(2, "4th"))],
    );
}

#[test]
fn a_part_of_a_block_is_told_what_is_missing() {
    let block = |keys: &str| rule("block", "b", "One\nTwo", keys);
    let two = block("lines = [{ text = 'One' }, { text = 'Two' }]");
    check_misses(
        &two,
        "a\n\nOne\nb\nTwo\nc\nOne\n",
        &[
            (
                3,
                "made/b",
                "is step 1 of 2, and line 4 is not step 2, “Two”",
            ),
            (
                5,
                "made/b",
                "is step 2 of 2, and line 4 before it is not step 1, “One”",
            ),
            (
                7,
                "made/b",
                "is step 1 of 2, and the page ends where this must stand: step 2, “Two”",
            ),
        ],
    );
    check_misses(
        &two,
        "Two\nb\n",
        &[(
            1,
            "made/b",
            "is step 2 of 2, and nothing stands before it, where this must: step 1, “One”",
        )],
    );
    check_misses(
        &block(
            "gap = false\nlines = [{ text = 'One' }, { text = ['Two', 'Three'], pattern = '2 \\d' }]",
        ),
        "a\nOne\n\nTwo\nOne\nThrew\n",
        &[
            (
                2,
                "made/b",
                "is step 1 of 2, and a blank line stands before line 4, step 2",
            ),
            (
                4,
                "made/b",
                "is step 2 of 2, and line 2 before it is not step 1, “One”",
            ),
            (
                5,
                "made/b",
                "is step 1 of 2, and line 6 is not step 2, “Three” or one of 2 others",
            ),
            (
                6,
                "made/b",
                "has “Threw” where step 2 of 2 of the rule has “Three”",
            ),
        ],
    );
    check_misses(
        &block(
            "least = 2\nlines = [{ text = 'One', optional = true }, { text = 'Two', optional = true }, { text = 'Three', optional = true }]",
        ),
        "a\nOne\nb\n",
        &[(
            2,
            "made/b",
            "is step 1 of 3, and fewer than 2 steps that tell the block are there",
        )],
    );
    // Where all of them have to be there, the one that is not is told.
    check_misses(
        &block(
            "least = 2\nlines = [{ text = 'One', optional = true }, { text = 'Two', optional = true }]",
        ),
        "a\nOne\nb\n",
        &[(
            2,
            "made/b",
            "is step 1 of 2, and line 3 is not step 2, “Two”",
        )],
    );
    check_misses(
        &rule(
            "block",
            "b",
            "x\nOne\nx",
            "lines = [{ title = true }, { text = 'One' }, { same = 1 }]",
        ),
        "A sentence.\nOne\nb\n",
        &[(
            2,
            "made/b",
            "is step 2 of 3, and line 3 is not step 3, a copy of step 1",
        )],
    );
}

#[test]
fn a_copy_that_stays_is_told_why() {
    let twice = "A caption that stands twice.\n[-A caption that stands twice.-]";
    let check = |keys: &str, between: &str, why: Option<&str>| {
        let text = format!(
            "Some words.\nA caption that is twice here.\n{between}A caption that is twice here.\nb\n"
        );
        let line = text.lines().count() - 1;
        let why = why.map(|why| format!("is a copy of line 2, and {why}"));
        let expected: Vec<_> = why
            .iter()
            .map(|why| (line, "made/d", why.as_str()))
            .collect();
        check_misses(&rule("duplicate", "d", twice, keys), &text, &expected);
    };
    check("", "", None);
    check(
        "",
        "c\n",
        Some("1 other line stands between, and the rule allows 0"),
    );
    check(
        "apart = 1",
        "c\n\nd\n",
        Some("2 other lines stand between, and the rule allows 1"),
    );
    check("gap = false", "\n", Some("a blank line stands between"));
    check(
        "most = 28",
        "",
        Some("has 29 characters, and the rule wants at most 28"),
    );
    check(
        "pattern = '.+ twice\\.'",
        "",
        Some("is no line that its pattern wants"),
    );
    check(
        "zone = { head = 2 }",
        "",
        Some("stands outside its zone, the first 2 lines: it is the 3rd of the 4 that are left"),
    );
    // Short lines recur in any text.
    check_misses(&rule("duplicate", "d", twice, ""), "* * *\na\n* * *\n", &[]);
}

#[test]
fn a_line_that_is_nearly_a_literal_is_told_the_words_that_differ() {
    let text = "text = ['Read more from the Valley Herald', 'Subscribe', 'Всё о долине']";
    let rules = rule("line", "l", "Subscribe", text)
        + &rule(
            "inline",
            "i",
            "[-VALLEY HERALD - -]x",
            "text = 'VALLEY HERALD - '",
        );
    let cases = [
        (
            "Read more from the River Herald",
            "has “River” where the rule has “Valley”",
        ),
        (
            "Read more from the Valley Times and Herald",
            "has “Times and”, which the rule has not",
        ),
        (
            "Read more from Valley Herald",
            "lacks “the”, which the rule has",
        ),
        (
            "  • Read More from the Valley Herald",
            "has “More” where the rule has “more”",
        ),
        (
            "Sbuscribe",
            "has “Sbuscribe” where the rule has “Subscribe”",
        ),
        (
            "Subscribe!",
            "has “Subscribe!” where the rule has “Subscribe”",
        ),
        ("Все о долине", "has “Все” where the rule has “Всё”"),
    ];
    for (line, why) in cases {
        check_misses(&rules, &format!("a\n{line}\n"), &[(2, "made/l", why)]);
    }
    let why = "has “Valley Herald - ” where the rule has “VALLEY HERALD - ”";
    check_misses(
        &rules,
        "a\nValley Herald - He came.\n",
        &[(2, "made/i", why)],
    );
    for line in [
        "Read on",
        "Read more from the river to the Herald",
        "Describe",
        "The Valley Herald",
    ] {
        check_misses(&rules, &format!("a\n{line}\n"), &[]);
    }
    let zone = text.to_owned() + "\nzone = { tail = 1 }";
    let why = "has “Sbuscribe” where the rule has “Subscribe”, and stands outside its zone, the last line: it is the 1st of the 2 that are left";
    check_misses(
        &rule("line", "l", "Subscribe", &zone),
        "Sbuscribe\na\n",
        &[(1, "made/l", why)],
    );
}

#[test]
fn a_line_that_begins_as_a_pattern_is_told_how_far_it_fits() {
    let keys = r"pattern = 'Valley Herald, (?<published>[A-Z][a-z]+ \d{1,2}), page \d+'";
    let rules = rule("line", "l", "Valley Herald, May 3, page 7", keys)
        + &rule(
            "inline",
            "i",
            "[-HERALD.COM - -]x",
            r"pattern = '^(?<cut>HERALD\.COM\s+[-–]\s+)\p{Lu}?'",
        );
    let cases = [
        (
            "l",
            "Valley Herald, May, page 7",
            "fits its pattern as far as “Valley Herald, May”; then it has “, page 7” where the pattern has ` \\d{1,2}), page \\d+`",
        ),
        (
            "l",
            "Valley Herald, May 3, page seven",
            "fits its pattern as far as “Valley Herald, May 3, page”; then it has “seven” where the pattern has `\\d+`",
        ),
        (
            "i",
            "HERALD.COM -He came.",
            "fits its pattern as far as “HERALD.COM -”; then it has “He came.” where the pattern has `\\s+)\\p{Lu}?`",
        ),
    ];
    for (id, line, why) in cases {
        check_misses(
            &rules,
            &format!("a\n{line}\n"),
            &[(2, &format!("made/{id}"), why)],
        );
    }
    check_misses(&rules, "a\nHe read the Valley Herald, on page 7.\n", &[]);
}

#[test]
fn lines_of_a_page_that_is_left_as_it_is_are_told_what_would_take_them() {
    let file = "outlet = 'made'\nname = 'Made'\nceiling = 0.5\n".to_owned()
        + &line("X")
        + &rule("line", "p", "junk 1", r"pattern = 'junk \d+'")
        + &rule("line", "c", "By AP", "text = 'By AP'").replace("promo", "credit");
    let outlets = Outlets::with_files([("made.toml".to_owned(), file)]).unwrap();
    let cleaner = outlets.cleaner("made").unwrap().unwrap();
    let misses = cleaner.misses(
        "junk 123456789012\n\nstory.\nX\nBy AP\n",
        Categories::default(),
    );
    let told: Vec<_> = misses
        .iter()
        .map(|miss| (miss.line, miss.rule.id.as_str(), miss.why.as_str()))
        .collect();
    let why = "is on a page that is left as it is";
    assert_eq!(told, [(1, "made/p", why), (4, "made/line", why)]);
}

#[test]
fn many_references_in_one_line_go_and_are_no_cascade() {
    let refs = rule("inline", "i", "a[- [1]-]", r"pattern = ' \[\d+\]'");
    let cited = |count: usize| {
        (0..count)
            .map(|at| format!("A sentence of the one long line [{at}]. "))
            .collect::<String>()
    };
    let text = cited(2000);
    assert_eq!(
        outlet(&refs).clean(&text).text,
        text.replace(" [", "\0")
            .split('\0')
            .map(|part| part
                .split_once("].")
                .map_or(part.to_owned(), |(_, rest)| format!(".{rest}")))
            .collect::<String>()
    );
    let some =
        rule("inline", "i", "a[-c-]", "pattern = 'a|b(?<cut>c)'").replace("a[-c-]", "b[-c-]");
    assert_eq!(
        outlet(&some)
            .clean(&format!("{}bc and more", "a".repeat(3000)))
            .text,
        format!("{}b and more", "a".repeat(3000))
    );
}

#[test]
fn a_block_with_many_starts_is_no_cascade() {
    let rules = rule(
        "block",
        "b",
        "Photo 1\nShare",
        "lines = [{ title = true, repeat = 64, optional = true }, { pattern = 'Photo .+' }, { text = 'Share' }]",
    ) + &line("Gone");
    let photos: String = (0..4000)
        .map(|at| format!("Photo {at} of the gallery\n"))
        .collect();
    assert_eq!(
        outlet(&rules).clean(&format!("Gone\n{photos}")).text,
        photos
    );
}

#[test]
fn a_ceiling_counts_what_is_left_in_each_round() {
    let file = "outlet = 'made'\nname = 'Made'\nceiling = 0.6\n".to_owned()
        + &rule("inline", "i", "a[-[cut]-]", "text = '[cut]'")
        + &line("By AP").replace("promo", "credit")
        + &rule(
            "block",
            "b",
            "By AP\n[-No 5-]",
            r"lines = [{ text = 'By AP', keep = true }, { pattern = 'No \d+' }]",
        );
    let outlets = Outlets::with_files([("made.toml".to_owned(), file)]).unwrap();
    let cleaner = outlets.cleaner("made").unwrap().unwrap();
    let article = "The article is here and it is long enough, is it not?\nBy AP\n";
    let cleaned = cleaner.clean(&format!("{article}{}No 5\n", "[cut]".repeat(100)));
    assert_eq!(cleaned.text, article);
    assert_eq!(cleaner.clean(article).text, article);
}

#[test]
fn a_ceiling_counts_no_mark_that_an_earlier_round_moved_to_a_line_s_start() {
    let file = "outlet = 'made'\nname = 'Made'\nceiling = 0.7\n".to_owned()
        + &rule("inline", "i", "a[-[cut]-]", "text = '[cut]'")
        + &rule("inline", "c", "a [-7-]", "pattern = '[0-9]+$'").replace("promo", "credit")
        + &rule("line", "n", "No 5", r"pattern = 'No \d+'");
    let outlets = Outlets::with_files([("made.toml".to_owned(), file)]).unwrap();
    let cleaner = outlets.cleaner("made").unwrap().unwrap();
    // Ten of fifteen bytes go; sixteen of twenty-one would be too many.
    for page in [
        "Alpha\n\u{feff}No 12\n\u{feff}No 12",
        "Alpha\n[cut]\u{feff}No 12\n[cut]\u{feff}No 12",
    ] {
        assert_eq!(cleaner.clean(page).text, "Alpha", "{page}");
    }
}

#[test]
fn a_line_that_is_put_back_has_lost_what_was_cut_of_it() {
    let rules = rule("inline", "i", "a[-[cut]-]", "text = '[cut]'")
        + &rule(
            "block",
            "c",
            "[-Gamma delta-]\n[-Alpha-]",
            "lines = [{ text = 'Gamma delta' }, { rest = true }]",
        )
        .replace("promo", "credit");
    check(&rules, &[("Gamma delta\nx [cut] y", "Gamma delta\nx  y")]);
}

#[test]
fn a_line_that_was_cut_is_copied_by_the_next_one() {
    let rules = rule("inline", "i", "a[-[cut]-]", "text = '[cut]'")
        + &rule(
            "duplicate",
            "d",
            "[-No 1-]\nNo 1",
            "gap = false\nleast = 3\nalike = 1.0\ngoes = 'earlier'",
        );
    check(&rules, &[("[cut]\u{feff}No 12\nNo 12", "No 12")]);
}

#[test]
fn a_line_that_a_round_cut_is_a_copy_of_one_that_is_put_back() {
    let rules = rule("inline", "i", "a[-[cut]-]", "text = '[cut]'")
        + &rule(
            "duplicate",
            "d",
            "No 1\n[-No 1-]",
            "gap = false\nleast = 3\nalike = 1.0",
        )
        + &rule(
            "block",
            "c",
            "[-one-]\n12",
            r"lines = [{ title = true }, { pattern = '.*\d.*', keep = true }]",
        )
        .replace("promo", "credit");
    check(&rules, &[("No 12[cut]\n[cut]No 12", "No 12")]);
}

#[test]
fn a_line_that_came_into_a_zone_is_a_copy_of_one_that_is_put_back() {
    let rules = rule(
        "duplicate",
        "c",
        "one two three\n[-one two three-]",
        "gap = false\nleast = 3\nalike = 0.6",
    )
    .replace("promo", "credit")
        + &rule(
            "duplicate",
            "d",
            "[-one two three-]\none two three",
            "gap = false\nleast = 3\nalike = 0.6\ngoes = 'earlier'\nzone = { head = 3 }",
        );
    let lines = [
        "one two three four five six",
        "one two three five six",
        "Alpha",
        "* - Alpha",
    ];
    let left = format!("{}\n{}", lines[1], lines[3]);
    check(&rules, &[(&lines.join("\n"), &left)]);
}

#[test]
fn what_another_rule_took_is_not_kept() {
    let rules = line("With AP").replace("promo", "credit")
        + &rule("line", "p", "With AP", "pattern = 'With .+'");
    let cleaned = outlet(&rules).clean("a\nWith AP\n");
    assert_eq!((cleaned.text.as_str(), cleaned.kept.len()), ("a\n", 0));
}

#[test]
fn marks_and_carriage_returns_that_move_to_an_edge_change_nothing() {
    let rules = line("X")
        + &rule("inline", "i", "a[-[cut]-]", "text = '[cut]'")
        + &rule("inline", "j", "b [-end-]", "pattern = ' ?end$'").replace("b [-end-]", "b[- end-]");
    let cases = [
        ("X\n\u{feff}X\nmore\n", "more\n"),
        ("X\n\u{feff}a\n", "\u{feff}a\n"),
        ("a\nb end\r[cut]\nc\n", "a\nb\r\nc\n"),
        ("a\r[cut]\nX", "a"),
    ];
    check(&rules, &cases);
}

#[test]
fn hunks_take_any_context() {
    let cleaned = outlet(&line("X")).clean("a\nX\nb\n");
    assert_eq!(
        cleaned.hunks("a\nX\nb\n", usize::MAX),
        cleaned.hunks("a\nX\nb\n", 3)
    );
}

#[test]
fn white_space_quotes_and_dashes_where_a_line_begins_hide_it_from_nobody() {
    let plain = [
        "No-one is in",
        "\"No\" - said he",
        "It's all one",
        "Нет – и точка",
        "a b",
        "Ab  c d",
    ];
    let outlet = |key: &str, value: &str| {
        let file = format!("outlet = \"valley\"\nname = \"Valley\"\n{key}{value}\n");
        Outlets::with_files([("valley.toml".to_owned(), file)]).unwrap()
    };
    for line in plain {
        let quoted = format!("{line:?}");
        let signs = outlet("", &format!("signs = [{{ text = {quoted} }}]"));
        let rules = outlet(
            "",
            &format!(
                "[[line]]\nid = \"l\"\ncategory = \"promo\"\nnote = \"n\"\ntext = [{quoted}]\nremoves = [{quoted}]\nkeeps = [\"No.\"]"
            ),
        );
        let cleaner = rules.cleaner("valley").unwrap().unwrap();
        let mut variants = vec![line.to_owned()];
        // Each character in each way that folding takes for the same, at each place.
        for (plain, others) in [
            (
                ' ',
                &["\u{a0}", "\t", "  ", " \u{2009}", "\u{3000}", "\u{1680}"][..],
            ),
            ('-', &["–", "—", "\u{2011}"]),
            ('–', &["-", "—"]),
            ('"', &["“", "”", "„"]),
            ('\'', &["’", "‘", "`"]),
        ] {
            for (at, _) in line.match_indices(plain) {
                for other in others {
                    let (before, after) = line.split_at(at);
                    let after = &after[plain.len_utf8()..];
                    variants.push(format!("{before}{other}{after}"));
                }
            }
        }
        for variant in variants {
            let page = format!("He came.\n{variant}\nHe left.\n");
            assert_eq!(
                cleaner.clean(&page).text,
                "He came.\nHe left.\n",
                "{variant:?}"
            );
            let by_signs = signs.by_signs(&page).map(|outlet| &outlet.id[..]);
            assert_eq!(by_signs, Some("valley"), "{variant:?}");
        }
    }
}
