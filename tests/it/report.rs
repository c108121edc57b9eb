//! `cleaner report`: the HTML file. How a browser shows it, tests/browser.py looks at.

use crate::place::*;

/// The pages of a report, as they are written.
fn pages(html: &str) -> Vec<&str> {
    let (_, behind) = html.split_once("id=\"pages\"").unwrap();
    let (list, _) = behind.split_once("</section>").unwrap();
    let pages = list.match_indices("<details").map(|(at, _)| &list[at..]);
    pages
        .filter(|page| page.split_once('>').unwrap().0.contains("class=\"page\""))
        .map(|page| {
            page.split_once("</details>\n")
                .map_or(page, |(page, _)| page)
        })
        .collect()
}

/// Whether the file says it.
#[track_caller]
fn has(html: &str, what: &str) {
    assert!(html.contains(what), "{what} is not in\n{html}");
}

#[test]
fn report_shows_lines_with_their_rules() {
    let place = Place::with(&[("pages/a.txt", PAGE), ("pages/b.txt", OTHER)]);
    let run = place.run(&["report", "pages", "-o", "report.html"]);
    let err = "cleaner: note: 1 of 2 pages is unchanged, the outlet is not known; --outlet or --url names it\nreport.html: note: 2 pages, 1 with removals\n";
    check(run, 0, "", err);
    let html = place.read("report.html");
    let pages = pages(&html);
    assert_eq!(pages.len(), 2);
    has(
        pages[0],
        "data-outlet=\"sample\" data-categories=\"credit dateline legal\" data-rules=\"sample/agency-credit sample/agency-mark sample/copyright-line\" data-share=\"0.313953\" data-changed=\"1\"",
    );
    has(
        pages[0],
        "<p class=\"line\" data-n=\"1\" dir=\"auto\" title=\"sample/agency-mark\"><del>SAMPLE -- </del>The school was opened.</p>",
    );
    has(
        pages[0],
        "<p class=\"line\" data-n=\"3\" dir=\"auto\">Nobody came.</p>",
    );
    has(
        pages[0],
        "<div class=\"group gone c-legal\"><p class=\"rules\"><a class=\"why\" href=\"#rule-sample/copyright-line\" data-rule=\"sample/copyright-line\"",
    );
    has(
        pages[0],
        "<div class=\"group found c-credit\"><p class=\"rules\"><a class=\"why\" href=\"#rule-sample/agency-credit\" data-rule=\"sample/agency-credit\" data-tip=\"credit; stays unless --also takes it; Who supplied the material. (rules",
    );
    has(pages[1], "outlet not known, unchanged");
    has(&html, "<tr id=\"rule-sample/copyright-line\">");
    has(&html, "<option value=\"sample\">sample</option>");
    has(&html, "<li>sample/footnote</li>");
    assert!(!html.contains("{{"));
}

#[test]
fn nothing_of_a_page_a_rule_or_a_name_is_markup() {
    let hostile = "</details></script><script>alert(1)</script>";
    let place = Place::new();
    let rules = RULES.replace(
        "Lines that begin with a plus.",
        "</script><img src=x> 'a' & b",
    );
    place.put("rules/sample.toml", rules);
    place.put("page.txt", format!("{hostile}\0\u{202e}\n+ {hostile}\n"));
    let run = place.run(&["report", "-q", "-O", "sample", "page.txt"]);
    let html = run.out;
    assert_eq!(html.matches("<script").count(), 1);
    assert_eq!(html.matches("</script").count(), 1);
    assert_eq!(html.matches("<img").count(), 0);
    assert!(!html.contains(['\0', '\u{202e}']));
    has(
        &html,
        "&lt;/details&gt;&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;<span class=\"sign\">U+0000</span><span class=\"sign\">U+202E</span></p>",
    );
    has(
        &html,
        "&lt;/script&gt;&lt;img src=x&gt; &#39;a&#39; &amp; b",
    );
    // No other script may run, and nothing may be fetched.
    has(
        &html,
        "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-",
    );
}

#[cfg(unix)]
#[test]
fn name_of_a_file_is_no_markup() {
    let place = Place::with(&[("<b onclick=\"x\">.txt", PAGE)]);
    let html = place.run(&["report", "-q", "."]).out;
    has(&html, "data-name=\"./&lt;b onclick=&quot;x&quot;&gt;.txt\"");
    assert!(!html.contains("<b onclick"));
}

#[test]
fn report_against_other_rules_shows_what_differs() {
    let place = Place::with(&[
        ("pages/a.txt", PAGE),
        ("pages/b.txt", OTHER),
        ("pages/c.txt", "Sample Media ©\nIt rained.\n"),
        (
            "pages/d.jsonl",
            &record("Sample Media ©\nIt rained.\nIt snowed.\n+ Read more\n"),
        ),
    ]);
    // The old rules knew neither the mark nor footnotes.
    let before = RULES.split("[[inline]]").next().unwrap();
    place.put("old/sample.toml", before);
    let args = [
        "report",
        "-q",
        "--against",
        "old",
        "-o",
        "report.html",
        "pages",
    ];
    check(place.run(&args), 0, "", "");
    let html = place.read("report.html");
    let pages = pages(&html);
    assert_eq!(pages.len(), 2);
    has(pages[0], "<span class=\"share\">19.8 % → 31.4 %</span>");
    has(
        pages[0],
        "<div class=\"row differs\"><div class=\"cell kept\"><p class=\"line\" data-n=\"1\" dir=\"auto\">SAMPLE -- The school was opened.</p></div><div class=\"cell part c-dateline\">",
    );
    assert_eq!(pages[0].matches("row differs").count(), 1);
    has(pages[0], "lines 5 to 7 are alike");
    has(
        &html,
        "4 pages, 2 with another result; 1 page not compared, for no outlet is known",
    );
    has(&html, "<dt>lines go</dt><dd>");
    // The same rules make the same.
    let same = place.run(&[
        "report",
        "--against",
        "rules",
        "-o",
        "same.html",
        "-q",
        "pages",
    ]);
    check(same, 0, "", "");
    has(
        &place.read("same.html"),
        "4 pages, 0 with another result; 1 page not compared, for no outlet is known",
    );
    has(&place.read("same.html"), "There is no page to show.");
}

#[test]
fn new_outlet_differs_from_rules_without_it() {
    let place = Place::with(&[("page.txt", PAGE), ("old/readme.txt", "no rules yet")]);
    let args = [
        "report",
        "-q",
        "--no-bundled",
        "--rules",
        "rules",
        "--against",
        "old",
        "page.txt",
    ];
    let run = place.run(&args);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    has(
        &run.out,
        "<span class=\"outlet\">(undecided) → sample</span>",
    );
}

#[test]
fn so_many_pages_are_shown_and_all_are_counted() {
    let place = Place::with(&[("many.jsonl", &record(PAGE).repeat(700))]);
    let args = ["report", "--most", "500", "-o", "report.html", "many.jsonl"];
    let err = "report.html: note: 700 pages, 700 with removals; the first 500 are shown\n";
    check(place.run(&args), 0, "", err);
    let html = place.read("report.html");
    assert_eq!(pages(&html).len(), 500);
    has(&html, "data-name=\"many.jsonl:500\"");
}

#[test]
fn report_is_whole_or_not_there() {
    let place = Place::with(&[("page.txt", PAGE)]);
    place.put("folder/x", "");
    let run = place.run(&["report", "page.txt", "-o", "folder"]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    has(&run.err, "cleaner: error: cannot write folder: ");
    let run = place.run(&[
        "report",
        "-q",
        "page.txt",
        "--rules",
        "none",
        "-o",
        "report.html",
    ]);
    assert_eq!(run.status, 2);
    assert!(!place.path("report.html").exists());
}

#[test]
fn report_is_the_same_for_any_number_of_threads() {
    let place = Place::with(&[
        ("many.jsonl", &record(PAGE).repeat(3000)),
        ("page.txt", PAGE),
    ]);
    let run = |threads| {
        place.run(&[
            "report",
            "-q",
            threads,
            "--most=7",
            "many.jsonl",
            "page.txt",
        ])
    };
    assert_eq!(run("-j1"), run("-j3"));
}
