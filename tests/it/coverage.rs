//! `cleaner rules coverage`: hits by outlet and month, dead and exploding rules, shares of pages.

use serde_json::{Value, json};

use crate::place::*;

/// An outlet whose pages tell their month, if they have one.
const DATED: &str = r##"outlet = "dated"
name = "The Dated"
signs = [{ text = "The Dated" }]

[[line]]
id = "name-line"
category = "navigation"
note = "The outlet's name, above each page."
text = "The Dated"
removes = ["The Dated"]
keeps = ["The Dated Times"]

[[inline]]
id = "date-prefix"
category = "dateline"
note = "The day before the text."
pattern = '^(?<published>\d{4}-\d\d-\d\d) '
removes = ["[-2019-05-12 -]It rained."]
keeps = ["In 2019-05-12 we trust."]

[[line]]
id = "tag"
category = "share"
note = "Lines of tags."
pattern = '#\w+'
removes = ["#rain"]
keeps = ["# rain"]

[[line]]
id = "old-foot"
category = "legal"
note = "A foot that no page has any more."
text = "Dated Ltd."
removes = ["Dated Ltd."]
keeps = ["Dated Ltd. is closed."]
"##;

/// A page with a tag so many times.
fn page(date: &str, tag: &str, times: usize) -> String {
    let tags = format!("{tag}\nIt went on.\n").repeat(times);
    let text = "It rained on the bridge, and nobody came to see it. ".repeat(3);
    format!("The Dated\n{date}{text}\n{tags}")
}

fn place() -> Place {
    let place = Place::new();
    place.put("rules/dated.toml", DATED);
    for at in 0..9 {
        let date = if at < 6 { "2019-05-12 " } else { "2019-06-01 " };
        place.put(&format!("pages/{at}.txt"), page(date, "#rain", at % 3));
    }
    place.put("pages/odd.txt", page("", "#river_and_bridge_and_rain", 10));
    place.put("pages/other.txt", OTHER);
    place
}

#[test]
fn coverage_tells_hits_and_what_is_unusual() {
    let out = "\
outlet  rule               month    documents  of  removals  bytes  kept  flagged
dated   dated/date-prefix  2019-05          6   6         6     66     0        0
dated   dated/date-prefix  2019-06          3   3         3     33     0        0
dated   dated/name-line    -                1   1         1     10     0        0
dated   dated/name-line    2019-05          6   6         6     60     0        0
dated   dated/name-line    2019-06          3   3         3     30     0        0
dated   dated/tag          -                1   1        10    270     0        0
dated   dated/tag          2019-05          4   6         6     36     0        0
dated   dated/tag          2019-06          2   3         3     18     0        0

dead: rules of these outlets that found nothing
dated/old-foot

exploding: rules that take half of a page, or ten parts of it, and far more than usual (of eight pages or more)
rule       takes  usually  limit  pages  of  worst
dated/tag     10        2     10      1   7  pages/odd.txt

share of the text that goes of each page
outlet       documents   least  lower quartile  median  upper quartile    most  outliers
(undecided)          1   0.0 %           0.0 %   0.0 %           0.0 %   0.0 %         0
dated               10  11.7 %          11.7 %  13.7 %          15.4 %  50.2 %         1

outlier        removed  outlet
pages/odd.txt   50.2 %  dated
";
    let place = place();
    let run = place.run(&["rules", "coverage", "-q", "pages"]);
    let slashed = Run {
        out: run.out.replace('\\', "/"),
        ..run
    };
    check(slashed, 0, out, "");
}

#[test]
fn coverage_is_the_same_for_programs_and_for_any_number_of_threads() {
    let place = place();
    let run = |threads| place.run(&["rules", "coverage", "-q", "--json", threads, "pages"]);
    let first = run("-j1");
    assert_eq!(first, run("-j4"));
    let coverage: Value = serde_json::from_str(&first.out).unwrap();
    let hit = json!({
        "outlet": "dated", "rule": "dated/tag", "month": "2019-06", "of": 3,
        "documents": 2, "removals": 3, "bytes": 18, "lines": 3, "kept": 0, "flagged": 0,
    });
    assert_eq!(coverage["hits"][7], hit);
    assert_eq!(coverage["hits"][5]["month"], Value::Null);
    assert_eq!(coverage["dead"], json!(["dated/old-foot"]));
    let odd = std::path::Path::new("pages").join("odd.txt");
    let odd = odd.to_str().unwrap();
    let exploding = json!([{
        "rule": "dated/tag", "what": "times", "usual": 2, "limit": 10, "hits": 7, "pages": 1,
        "worst": [{ "page": odd, "value": 10 }],
    }]);
    assert_eq!(coverage["exploding"], exploding);
    let shares = json!({
        "outlet": "dated", "documents": 10, "least": 0.117, "quartiles": [0.117, 0.137, 0.154],
        "most": 0.502, "outliers": 1, "pages": [{ "page": odd, "value": 0.502 }],
    });
    assert_eq!(coverage["shares"][1], shares);
    // The sums are those of --stats.
    let stats = place.run(&["--stats=json", "-q", "pages"]);
    let stats: Value = serde_json::from_str(&stats.out).unwrap();
    assert_eq!(coverage["totals"], stats);
}

#[test]
fn rule_that_takes_most_of_a_page_explodes_however_often_it_does() {
    let place = Place::new();
    let text = "Half of it stays.\n\n";
    place.put("page.txt", format!("{text}+ {}\n", "x".repeat(20)));
    let run = place.run(&["rules", "coverage", "-O", "sample", "--json", "page.txt"]);
    let coverage: Value = serde_json::from_str(&run.out).unwrap();
    let exploding = json!([{
        "rule": "sample/footnote", "what": "share", "usual": 0.547, "limit": 0.5, "hits": 1,
        "pages": 1, "worst": [{ "page": "page.txt", "value": 0.547 }],
    }]);
    assert_eq!(coverage["exploding"], exploding);
}

#[test]
fn coverage_of_nothing_and_of_what_cannot_be_read() {
    let place = Place::with(&[("other.txt", OTHER)]);
    let run = place.run(&["rules", "coverage", "-q", "other.txt"]);
    let out = "\
no rule found anything

share of the text that goes of each page
outlet       documents  least  lower quartile  median  upper quartile   most  outliers
(undecided)          1  0.0 %           0.0 %   0.0 %           0.0 %  0.0 %         0
";
    check(run, 0, out, "");
    place.put("bad.txt", b"\xff");
    let run = place.run(&["rules", "coverage", "-q", "bad.txt"]);
    let err = "bad.txt: error: this is not UTF-8: 0xff at byte offset 0\n";
    check(run, 2, "no rule found anything\n", err);
    let run = place.run(&["rules", "coverage", "-q", "-O", "sampel", "other.txt"]);
    let err = "cleaner: error: there is no outlet `sampel`; did you mean `sample`? (`cleaner rules list` shows all)\n";
    check(run, 2, "", err);
}
