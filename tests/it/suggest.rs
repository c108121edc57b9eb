//! Drafts of rule files from invented pages.

use cleaner::{Draft, Outlets, Risk, Sample, suggest};

use crate::place::{Place, Run};

/// Paragraphs that have little in common, so that each of these pages is a story of its own.
const STORIES: [[&str; 4]; 5] = [
    [
        "Bridge opens after two years of work",
        "The bridge over the Tolma was opened on Friday, two years later than the county had promised, and a brass band of nine walked over it first.",
        "Vera Holm, who is 81 and lives beside the old ferry, said that she had stopped believing in the bridge when the second contractor went home.",
        "The ferry will go on for another month, because its licence has been paid for and because the ferryman would like to finish his book.",
    ],
    [
        "Snow closes the Karst pass",
        "Snow closed the Karst pass on Monday night, and eleven lorries with oranges, coal and one grand piano have been standing below the tunnel since.",
        "A plough is on its way from the coast, but its driver told the radio that nobody had answered when he asked who was going to pay for fuel.",
        "The drivers have elected a cook and a speaker among themselves, and the piano has been tuned by a passenger who says he is a dentist.",
    ],
    [
        "Market square gets its trees back",
        "Fourteen lime trees came back to the market square this week after the court ruled that no underground garage could be dug beneath their roots.",
        "Gardeners planted them at night so that the stalls would not lose a day, and a baker brought out rolls until the last hole was filled again.",
        "Whether the fountain returns as well is an open question; its lions are in a museum whose director has grown rather fond of them.",
    ],
    [
        "School library lends tools now",
        "Pupils of the school at Ebern can borrow drills, saws and a sewing machine from their library, which ran out of room for more encyclopaedias.",
        "Each tool has a card on which borrowers write what they made with it, and the first card of the drill names a rabbit hutch and a wooden leg.",
        "The leg belongs to a chair, the librarian explains, and the rabbit has been asked whether it is content and has not said no so far.",
    ],
    [
        "River pilot retires at ninety",
        "After seventy years at the wheel the river pilot Anselm Kray has handed his cap to his niece, who learnt the sandbanks from him by heart.",
        "He never owned a watch, he says, for the mills along the shore struck the hour, and when the mills fell silent he counted the herons instead.",
        "On his last day all ships between the two locks blew their horns, and a swan that sleeps below the jetty has been offended ever since.",
    ],
];

/// A page of a story: `{title}`, `{1}`, `{2}` and `{3}` stand for its headline and paragraphs.
fn page(form: &str, story: usize) -> String {
    let [title, first, second, third] = STORIES[story];
    form.replace("{title}", title)
        .replace("{1}", first)
        .replace("{2}", second)
        .replace("{3}", third)
}

fn draft_of(pages: Vec<String>) -> Draft {
    let sample = Sample {
        outlet: "made".to_owned(),
        name: Some("The Made Times".to_owned()),
        domains: vec!["made.example".to_owned()],
        pages,
        words: true,
    };
    suggest(&sample, Outlets::bundled()).unwrap()
}

/// The draft of as many stories as there are forms.
fn draft(forms: &[&str]) -> Draft {
    let pages = forms.iter().enumerate();
    draft_of(pages.map(|(story, form)| page(form, story)).collect())
}

/// What a draft leaves of a page; it passes the check before.
fn cleaned(draft: &Draft, text: &str) -> String {
    let files = [("made.toml".to_owned(), draft.toml())];
    let outlets = Outlets::with_files(files).unwrap_or_else(|error| panic!("{error}"));
    outlets.cleaner("made").unwrap().unwrap().clean(text).text
}

/// Drafts from all forms but the last, and cleans a page of the last one.
fn check(forms: &[&str], left: &str) -> Draft {
    let (last, sample) = forms.split_last().unwrap();
    let draft = draft(sample);
    let story = sample.len();
    assert_eq!(
        cleaned(&draft, &page(last, story)),
        page(left, story),
        "{}",
        draft.toml()
    );
    draft
}

const ARTICLE: &str = "{title}\n\n{1}\n\n{2}\n\n{3}\n";

#[test]
fn line_that_recurs_goes() {
    let form =
        "Skip to the Times\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n\nThanks for reading the Times\n";
    let draft = check(&[form; 3], ARTICLE);
    let support: Vec<(&str, usize)> = draft
        .proposals
        .iter()
        .map(|proposal| (proposal.id.as_str(), proposal.support))
        .collect();
    assert_eq!(
        support,
        [("skip-to-the-times", 2), ("thanks-for-reading-the", 2)]
    );
    let toml = draft.toml();
    assert!(toml.contains("note = \"Seen on 2 of 2 pages, among the first 4 lines: the same line on several pages.\""), "{toml}");
    assert!(toml.contains("extends = [\"crawl\"]"), "{toml}");
}

#[test]
fn headline_that_other_pages_link_to_stays() {
    let form = "Skip to the Times\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n\nMost read\n{links}\n\nThanks for reading the Times\n";
    let linked = |of: &[usize]| {
        let links: Vec<&str> = of.iter().map(|&story| STORIES[story][0]).collect();
        form.replace("{links}", &links.join("\n"))
    };
    let forms = [linked(&[1, 2]), linked(&[0, 2]), linked(&[0, 1])];
    let pages: Vec<String> = (0..3).map(|story| page(&forms[story], story)).collect();
    let draft = draft_of(pages.clone());
    for (story, text) in pages.iter().enumerate() {
        let left = cleaned(&draft, text);
        let headline = format!("{}\n\n", STORIES[story][0]);
        assert!(left.starts_with(&headline), "{left}{}", draft.toml());
    }
}

#[test]
fn short_headline_that_other_pages_link_to_stays() {
    let short = [
        "Bridge is open again",
        "Snow closes the pass",
        "Trees are back home",
    ];
    let pages = (0..3).map(|story| {
        let [_, first, second, _] = STORIES[story];
        let others = short.iter().filter(|&&other| other != short[story]);
        let others: String = others.map(|other| format!("{other}\n")).collect();
        let headline = short[story];
        format!("Home | News | Sport\n\n{headline}\n\n{first}\n\n{second}\n\nMost read\n{others}\n© 2024 The Made Times. All rights reserved.\n")
    });
    let pages: Vec<String> = pages.collect();
    let draft = draft_of(pages.clone());
    for (story, page) in pages.iter().enumerate() {
        let [_, first, second, _] = STORIES[story];
        let left = format!("{}\n\n{first}\n\n{second}\n", short[story]);
        assert_eq!(cleaned(&draft, page), left, "{}", draft.toml());
    }
}

#[test]
fn dates_are_generalised() {
    let forms = [
        "Made Times\nTuesday, 3 March 2021 at 14:05\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n",
        "Made Times\nFriday, 21 June 2022 at 9:40\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n",
        "Made Times\nSunday, 30 October 2023 at 22:51\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n",
    ];
    check(&forms, ARTICLE);
}

#[test]
fn counts_are_generalised() {
    let forms = [
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n14 comments\n",
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n2 comments\n",
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n1083 comments\n",
    ];
    let draft = check(&forms, ARTICLE);
    assert!(draft.toml().contains(r"pattern = '\d+ comments'"));
}

#[test]
fn run_of_lines_is_one_block() {
    let form =
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\nAbout us\n\nContact the desk\n\nTerms and conditions\n";
    let draft = check(&[form; 3], ARTICLE);
    let [proposal] = &draft.proposals[..] else {
        panic!("{}", draft.toml())
    };
    assert_eq!(proposal.kind, "block");
    assert_eq!(
        proposal
            .toml
            .matches(", optional = true }, # 2 of 2\n")
            .count(),
        3
    );
}

#[test]
fn what_differs_to_the_end_goes() {
    let forms = [
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\nMore from the Times\n\nGoat elected\n\nMayor resigns over soup\n",
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\nMore from the Times\n\nA night at the lock\n",
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\nMore from the Times\n\nTen ways to peel a pear\n\nThe last tram\n\nWhat the owl saw\n",
    ];
    let draft = check(&forms, ARTICLE);
    assert!(draft.toml().contains("{ rest = true }"), "{}", draft.toml());
}

#[test]
fn text_between_a_mark_and_the_tail_stays() {
    // Read with one paragraph below it, the call could be where the tail begins.
    let of = |titles: &str| {
        format!(
            "{{title}}\n\n{{1}}\n\n{{2}}\n\nGet the Made app for free\n\n{{3}}\n\nMost read\n\n{titles}\n\nAll rights reserved by the Made Times\n"
        )
    };
    let longer = "{title}\n\n{1}\n\nGet the Made app for free\n\n{2}\n\n{3}\n\nMost read\n\nHay burns in the upper barn\n\nAll rights reserved by the Made Times\n";
    let forms = [
        of("A goat in the town hall\n\nTwo brides and one bus"),
        of("Rain on the fair\n\nThe mayor learns to swim"),
        longer.to_owned(),
    ];
    let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
    check(&forms, ARTICLE);
}

#[test]
fn headline_in_a_list_begins_no_tail() {
    // Its own page has it at the head, and is so short that the head is near the end.
    let of = |titles: &str, comments: &str| {
        format!(
            "{{title}}\n\n{{1}}\n\n{{2}}\n\n{{3}}\n\nRead next\n\n{titles}\n\n{comments} comments\n"
        )
    };
    let forms = [
        of(
            "School library lends tools now\n\n4 March 2021\n\nA goat in the town hall",
            "14",
        ),
        of(
            "Two brides and one bus\n\nSchool library lends tools now\n\n4 March 2021",
            "2",
        ),
    ];
    let sample = forms.iter().enumerate();
    let draft = draft_of(sample.map(|(story, form)| page(form, story)).collect());
    let toml = draft.toml();
    let tail = "lines = [\n  { text = \"Read next\" },\n  { rest = true },\n]";
    assert!(toml.contains(tail), "{toml}");
    let own = of("Rain on the fair\n\nThe mayor learns to swim", "9");
    let own = own.replace("{title}\n\n", "Lending room\n\n4 March 2021\n\n");
    let left = page("Lending room\n\n{1}\n\n{2}\n\n{3}\n", 3);
    assert_eq!(cleaned(&draft, &page(&own, 3)), left, "{toml}");
}

#[test]
fn box_above_the_last_paragraphs_begins_no_tail() {
    let of = |last: &str, tags: &str, titles: &str| {
        format!(
            "{{title}}\n\n{{1}}\n\n{{2}}\n\n{{3}}\n\nGet the Made app\nFree for all readers\n\n{last}\n\n{tags}\n\nMost read\n\n{titles}\n\nContact\n"
        )
    };
    let last = [
        "Whoever wants to know more may ask at the lodge on Thursday afternoons.\n\nA second hearing is due after Easter, when the roads are dry again.",
        "Nobody has been able to say how long the thaw will take this time.\n\nTea is being handed out by the fire brigade of the next valley.",
        "For the lions there is hope: a sculptor has measured their empty plinths.\n\nThe bill goes to the county, which has not opened the envelope yet.",
    ];
    let tags = ["Roads\n\nTolma", "Winter\n\nFreight", "Trees\n\nCourts"];
    let titles = [
        "A goat in the town hall\n\nTwo brides and one bus\n\nThe last tram",
        "Rain on the fair\n\nThe mayor learns to swim\n\nWhat the owl saw",
        "Hay burns in the barn\n\nNobody wants a piano\n\nA night at the lock",
    ];
    let forms: Vec<String> = (0..3)
        .map(|at| of(last[at], tags[at], titles[at]))
        .collect();
    let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
    let left = format!(
        "{{title}}\n\n{{1}}\n\n{{2}}\n\n{{3}}\n\n{}\n\n{}\n",
        last[2], tags[2]
    );
    check(&forms, &left);
}

#[test]
fn label_amid_the_text_of_most_pages_goes_with_what_it_names() {
    let of = |named: &str, last: &str| {
        format!(
            "{{title}}\n\n{{1}}\n\n{{2}}\n\n{named}{{3}}\n\n{last} was what people of the valley spoke about on that evening.\n"
        )
    };
    let others = [
        "A goat in the town hall",
        "Two brides and one bus",
        "Rain on the fair",
        "What the owl saw",
    ];
    let forms_of = |label: &str| others.map(|other| of(&format!("{label}{other}\n\n"), other));
    for label in ["Read also: ", "延伸阅读："] {
        let forms = forms_of(label);
        let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
        check(&forms, &of("", others[3]));
    }
    // Two pages may be about one case.
    let forms = forms_of("Verdict: ");
    let forms: Vec<&str> = forms[..3].iter().map(String::as_str).collect();
    check(&forms, forms[2]);
}

#[test]
fn numbers_in_digits_of_any_script_are_generalised() {
    let forms = [
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n۱۴ دیدگاه\n",
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n۲ دیدگاه\n",
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n۱۰۸۳ دیدگاه\n",
    ];
    let draft = check(&forms, ARTICLE);
    assert!(draft.toml().contains(r"pattern = '\p{N}+ دیدگاه'"));
}

#[test]
fn path_of_any_depth_goes() {
    let forms = [
        "Made Times › Region\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n",
        "Made Times › Region › Upper valley\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n",
        "Made Times › Sport › Rowing › Eights\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n",
    ];
    check(&forms, ARTICLE);
}

#[test]
fn arrow_to_another_story_goes() {
    let forms = [
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n← A goat in the town hall\n\nRain on the fair →\n",
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n← Two brides and one bus\n\nThe mayor learns to swim →\n",
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\n← Hay burns in the upper barn\n\nNobody wants the piano →\n",
    ];
    check(&forms, ARTICLE);
}

#[test]
fn short_story_under_a_long_shell_is_believed() {
    let foot: String = (0..30)
        .map(|at| format!("Foot link number {at} of the Made Times\n\n"))
        .collect();
    let form = format!("{{title}}\n\n{{1}}\n\n{{2}}\n\n{{3}}\n\nMost read\n\nVARIES\n\n{foot}");
    let forms = [
        form.replace("VARIES", "A goat in the town hall"),
        form.replace("VARIES", "Rain on the fair"),
        form.replace("VARIES", "Hay burns in the upper barn")
            .replace("\n\n{2}\n\n{3}", ""),
    ];
    let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
    let draft = check(&forms, "{title}\n\n{1}\n");
    assert!(draft.toml().contains("\nceiling = 0."), "{}", draft.toml());
}

#[test]
fn list_under_its_heading_goes() {
    let forms = [
        "{title}\n\n{1}\n\nREAD ON\nGoat elected again\nMayor resigns over soup\n\n{2}\n\n{3}\n",
        "{title}\n\n{1}\n\nREAD ON\nA night at the lock\nThe tram that came late\n\n{2}\n\n{3}\n",
        "{title}\n\n{1}\n\nREAD ON\nTen ways to peel a pear\nWhat the owl saw\n\n{2}\n\n{3}\n",
    ];
    check(&forms, ARTICLE);
}

#[test]
fn prefix_of_paragraphs_goes() {
    let form = "{title}\n\nMADE.TIMES - {1}\n\n{2}\n\n{3}\n";
    let draft = check(&[form; 3], ARTICLE);
    assert_eq!(draft.proposals[0].kind, "inline");
}

#[test]
fn suffix_of_paragraphs_goes() {
    let form = "{title}\n\n{1} [read it in Sorbian]\n\n{2}\n\n{3}\n";
    check(&[form; 3], ARTICLE);
}

#[test]
fn line_printed_twice_goes_once() {
    let form = "{title}\n{title}\n\n{1}\n\n{2}\n\n{3}\n";
    let draft = check(&[form; 3], ARTICLE);
    assert_eq!(draft.proposals[0].kind, "duplicate");
}

#[test]
fn sign_is_a_line_with_the_outlets_name() {
    let form =
        "{title}\n\n{1}\n\n{2}\n\n{3}\n\nTerms and conditions apply\n\nAll of it by made.example\n";
    let draft = draft(&[form; 2]);
    let toml = draft.toml();
    assert!(
        toml.contains("signs = [{ text = \"All of it by made.example\" }, "),
        "{toml}"
    );
    let outlets = Outlets::with_files([("made.toml".to_owned(), toml)]).unwrap();
    let outlet = outlets.by_signs(&page(form, 4)).unwrap();
    assert_eq!(outlet.id, "made");
}

#[test]
fn same_story_on_two_pages_counts_once() {
    let first = page(ARTICLE, 0);
    let again = page("{title}: a film\n\nWatch\n\n{1}\n\n{2}\n\n{3}\n", 0);
    let draft = draft_of(vec![first.clone(), again]);
    assert_eq!((draft.pages, draft.stories), (2, 1));
    assert_eq!(cleaned(&draft, &first), first);
    assert_eq!(draft.proposals, []);
}

#[test]
fn refrain_stays() {
    let form = "{title}\n\n{1}\n\nAnd the river said nothing\n\n{2}\n\nAnd the river said nothing\n\n{3}\n\nAnd the river said nothing\n";
    let pages = vec![page(form, 0), page(ARTICLE, 1), page(ARTICLE, 2)];
    let draft = draft_of(pages.clone());
    assert_eq!(cleaned(&draft, &pages[0]), pages[0]);
    assert_eq!(draft.proposals, []);
}

#[test]
fn subhead_is_disabled_with_its_reason() {
    let form = "{title}\n\n{1}\n\nWhat comes next\n\n{2}\n\n{3}\n";
    let draft = check(&[form; 3], form);
    let [proposal] = &draft.proposals[..] else {
        panic!("{}", draft.toml())
    };
    assert_eq!(
        proposal.disabled.as_deref(),
        Some("a short line alone amid the text of several pages may be a subhead")
    );
}

#[test]
fn paragraph_that_stories_share_is_disabled() {
    let form = "{title}\n\n{1}\n\nThe county has four rivers, nine mills and a council that last met in full in the spring of 1997.\n\n{2}\n\n{3}\n";
    check(&[form; 3], form);
}

#[test]
fn what_a_family_covers_is_extended() {
    let forms = [
        "Accessibility links\n\n{title}\n\n{1}\n\nA Word With Vera\nplease wait\n\nNo media source currently available\n\n0:00 0:01:59 0:00\n\n{2}\n\n{3}\n\nThanks for reading the Times\n",
        "Accessibility links\n\n{title}\n\n{1}\n\nThe Plough\nplease wait\n\nNo media source currently available\n\n0:00 0:12:08 0:00\n\n{2}\n\n{3}\n\nThanks for reading the Times\n",
    ];
    let draft = draft(&forms);
    assert_eq!(draft.extends, ["crawl", "pangea"]);
    let ids: Vec<&str> = draft
        .proposals
        .iter()
        .map(|proposal| proposal.id.as_str())
        .collect();
    assert_eq!(ids, ["thanks-for-reading-the"]);
    assert_eq!(cleaned(&draft, &page(forms[0], 3)), page(ARTICLE, 3));
}

#[test]
fn risk_is_of_held_out_pages_where_there_are_four() {
    let form = "Skip to the Times\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n";
    let few = draft(&[form; 3]);
    assert!(matches!(
        few.proposals[0].risk,
        Risk::Probe { taken: 0, .. }
    ));
    let many = draft(&[form; 5]);
    let Risk::HeldOut {
        pages, lines, text, ..
    } = many.proposals[0].risk
    else {
        panic!("{:?}", many.proposals[0].risk)
    };
    assert_eq!((pages, lines, text), (5, 5, 0));
    assert!(many.toml().contains("# risk: made anew without them, it took 5 lines of 5 held-out pages, 0 of them prose amid the text"));
}

/// A page of each story, of short lines, with a box amid them, far from both ends.
fn pages_around(boxed: &[&str]) -> Vec<String> {
    let page = |story: usize| {
        let [title, text @ ..] = STORIES[story];
        let words: Vec<&str> = text.iter().flat_map(|text| text.split(' ')).collect();
        let lines: Vec<String> = words
            .chunks(3)
            .map(|words| words.join(" ") + " so.")
            .collect();
        let (above, below) = lines.split_at(lines.len() / 2 - story);
        let boxed: Vec<String> = boxed.iter().map(|line| (*line).to_owned()).collect();
        let text = [above, &boxed, below].concat().join("\n\n");
        format!("{title}\n\n{text}\n")
    };
    (0..STORIES.len()).map(page).collect()
}

#[test]
fn line_that_any_article_may_have_goes_only_beside_another_one() {
    let toml = draft_of(pages_around(&["1", "Popular at the Times"])).toml();
    let both = "least = 2
lines = [
  { text = \"1\", optional = true }, # 5 of 5
  { text = \"Popular at the Times\", optional = true }, # 5 of 5
]";
    assert!(toml.contains(both), "{toml}");
}

#[test]
fn line_that_any_article_may_have_is_disabled() {
    let draft = draft_of(pages_around(&["Background"]));
    let is_of_it = |proposal: &&cleaner::Proposal| proposal.toml.contains("Background");
    let found = draft.proposals.iter().filter(is_of_it);
    let disabled: Vec<bool> = found.map(|proposal| proposal.disabled.is_some()).collect();
    assert_eq!(disabled, [true], "{}", draft.toml());
}

#[test]
fn draft_is_the_same_each_time() {
    let form = "Made Times\nNews\nSport\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n\nMore\n\nGoat elected\n\nAbout us\n";
    let toml = draft(&[form; 5]).toml();
    for _ in 0..4 {
        assert_eq!(draft(&[form; 5]).toml(), toml);
    }
}

#[test]
fn without_words_the_same_is_found() {
    let form =
        "Log in\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n\n© 2024 Made Times. All rights reserved.\n";
    let sample = |words| Sample {
        outlet: "made".to_owned(),
        name: None,
        domains: vec![],
        pages: (0..3).map(|story| page(form, story)).collect(),
        words,
    };
    let with = suggest(&sample(true), Outlets::bundled()).unwrap();
    let without = suggest(&sample(false), Outlets::bundled()).unwrap();
    assert_ne!(with.toml(), without.toml());
    let text = page(form, 4);
    assert_eq!(cleaned(&with, &text), page(ARTICLE, 4));
    assert_eq!(cleaned(&without, &text), page(ARTICLE, 4));
}

#[test]
fn strange_characters_are_quoted() {
    let strange = "Say \"no\" \\ 'yes' \u{1}\u{7f}\u{202e}\u{200b}\t\"\"\" #{x}";
    let form = format!(
        "{strange}\n\n{{title}}\n\n{{1}}\n\n{{2}}\n\n{{3}}\n\n{strange} [- end -]\n[-\n-]\n"
    );
    let draft = draft(&[&form, &form]);
    let text = page(&form, 3);
    assert!(
        !cleaned(&draft, &text).contains("#{x}\n\nSchool"),
        "{}",
        draft.toml()
    );
    assert!(
        !draft
            .toml()
            .contains(['\u{1}', '\u{7f}', '\u{202e}', '\u{200b}'])
    );
}

#[test]
fn hostile_pages_make_a_draft_that_passes() {
    let long = "a ".repeat(40_000);
    let boxes = "x\n".repeat(5_000);
    let lines: String = (0..3_000).map(|at| format!("Line {at} of it\n")).collect();
    let binary: String = (0..0x300).filter_map(char::from_u32).collect();
    let samples: [&[&str]; 9] = [
        &[],
        &[""],
        &["\n\n\n", "\u{feff}"],
        &["one"],
        &["one", "one"],
        &[&long, &long, &long],
        &[&boxes, &boxes],
        &[&lines, &lines, &lines],
        &[&binary, &binary],
    ];
    for sample in samples {
        let pages = sample.iter().map(|page| (*page).to_owned()).collect();
        let draft = draft_of(pages);
        assert_eq!(cleaned(&draft, "A line.\n"), "A line.\n");
    }
}

#[test]
fn one_page_shows_nothing() {
    let draft = draft_of(vec![page(ARTICLE, 0)]);
    assert_eq!(draft.proposals, []);
    cleaned(&draft, ARTICLE);
}

#[test]
fn wrong_id_is_refused() {
    let sample = Sample {
        outlet: "Made Times".to_owned(),
        name: None,
        domains: vec![],
        pages: vec![],
        words: true,
    };
    let error = suggest(&sample, Outlets::bundled()).unwrap_err();
    assert!(error.to_string().contains("is no id"), "{error}");
}

const MENU: &str =
    "Skip to the Times\n\n{title}\n\n{1}\n\n{2}\n\n{3}\n\nThanks for reading the Times\n";

#[test]
fn program_reads_folders_and_records_alike() {
    let place = Place::new();
    let mut records = String::new();
    for story in 0..3 {
        let text = page(MENU, story);
        place.put(&format!("pages/{story}.txt"), &text);
        records.push_str(&serde_json::json!({ "text": text }).to_string());
        records.push('\n');
    }
    let said = "made: note: 3 pages, 3 stories: 2 rules, 0 of them disabled\n";
    let run = place.run(&["suggest", "-O", "made", "pages"]);
    assert_eq!((run.status, run.err.as_str()), (0, said));
    let drafted = run.out;
    let run = place.run_on(&["suggest", "-O", "made", "-"], &records);
    assert_eq!((run.status, run.err.as_str()), (0, said));
    assert_eq!(run.out, drafted);
    let run = place.run(&["suggest", "-O", "made", "pages", "-o", "drafts/made.toml"]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    place.put("mine/none.txt", "");
    let run = place.run(&["suggest", "-O", "made", "pages", "-o", "mine/made.toml"]);
    check_run(&run, 0, "", said);
    assert_eq!(place.read("mine/made.toml"), drafted);
    let run = place.run(&["rules", "check", "mine"]);
    check_run(&run, 0, "1 rule file, 2 rules: fine\n", "");
    // What somebody may have worked on is not written over, and a name that no run would take is refused.
    place.put("mine/made.toml", "# mine\n");
    let run = place.run(&["suggest", "-O", "made", "pages", "-o", "mine/"]);
    let said = "cleaner: error: mine/made.toml is there already; nothing is written over it: name another folder, or take it away\n";
    check_run(&run, 2, "", said);
    assert_eq!(place.read("mine/made.toml"), "# mine\n");
    let run = place.run(&["suggest", "-O", "made", "pages", "-o", "mine/other.toml"]);
    let said = "cleaner: error: a rule file is named as its outlet; expected made.toml, found mine/other.toml\n";
    check_run(&run, 2, "", said);
    // A folder that is written as one is made.
    let run = place.run(&["suggest", "-O", "made", "pages", "-o", "new/rules/"]);
    assert_eq!((run.status, run.out.as_str()), (0, ""));
    assert_eq!(place.read("new/rules/made.toml"), drafted);
    // A folder named as that of the bundled files has its own alone: this one, and the place's of 4 rules.
    place.put("rules/made.toml", drafted);
    let run = place.run(&["rules", "check", "rules"]);
    check_run(&run, 0, "2 rule files, 6 rules: fine\n", "");
}

#[test]
fn program_needs_a_page() {
    let place = Place::with(&[("pages/blank.txt", "\n\n")]);
    let run = place.run(&["suggest", "-O", "made", "pages"]);
    check_run(
        &run,
        2,
        "",
        "cleaner: error: there is no page to learn from: no text that is not empty (of records that under `text`; --text-field names another)\n",
    );
}

#[test]
fn review_leaves_what_was_accepted() {
    let place = Place::new();
    for story in 0..3 {
        place.put(&format!("pages/{story}.txt"), page(MENU, story));
    }
    let args = ["suggest", "-O", "made", "pages", "--review"];
    let run = place.run_on(&args, "d\nr\na\n");
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(
        !run.out.contains("text = \"Skip to the Times\"\nremoves"),
        "{}",
        run.out
    );
    assert!(
        run.out
            .contains("text = \"Thanks for reading the Times\"\nremoves"),
        "{}",
        run.out
    );
    assert!(run.err.contains("-Skip to the Times\n"), "{}", run.err);
    assert!(run.err.contains("3 of 3 pages change\n"), "{}", run.err);
    let left = place.run_on(&args, "a\n");
    assert_eq!((left.status, left.out.as_str()), (2, ""));
    assert!(
        left.err
            .ends_with("cleaner: error: the review was left: nothing is written\n"),
        "{}",
        left.err
    );
}

#[cfg(unix)]
#[test]
fn review_takes_what_the_editor_leaves_if_it_passes_the_check() {
    let place = Place::new();
    for story in 0..3 {
        place.put(&format!("pages/{story}.txt"), page(MENU, story));
    }
    let edit = |editor: &str, answers: &str| {
        let line = format!(
            "printf '{answers}' | EDITOR='{editor}' VISUAL= $CLEANER suggest -O made pages --review"
        );
        place.shell(&line)
    };
    let run = edit("sed -i.bak s/navigation/account/", "e\\nA\\n");
    assert!(
        run.out.contains("category = \"account\""),
        "{} {}",
        run.out,
        run.err
    );
    let run = edit("sed -i.bak s/navigation/nonsense/", "e\\nA\\n");
    assert!(run.out.contains("category = \"navigation\""), "{}", run.out);
    assert!(run.err.contains("unknown category"), "{}", run.err);
    assert!(run.err.contains("the rule is as it was"), "{}", run.err);
}

#[track_caller]
fn check_run(run: &Run, status: i32, out: &str, err: &str) {
    assert_eq!(
        (run.status, run.out.as_str(), run.err.as_str()),
        (status, out, err)
    );
}
