//! `cleaner snapshot`, and outlets that folders name.

use serde_json::Value;

use crate::place::*;

const SNAPSHOT: &str = "outlet sample, by its signs
~[sample/agency-mark] [-SAMPLE -- -]The school was opened.␊
= ␊
= Nobody came.␊
= ␊
-[sample/copyright-line] Sample Media ©␊
-[seam] ␊
=(sample/agency-credit) With reporting by AP␊
field agencies: AP
";

fn told(run: &Run) -> Vec<&str> {
    run.err.lines().collect()
}

#[test]
fn snapshots_are_written_and_then_compared_with() {
    let place = Place::with(&[("pages/a/1.txt", PAGE), ("pages/2.txt", OTHER)]);
    let run = place.run(&["snapshot", "pages", "-o", "snapshots"]);
    assert_eq!((run.status, run.out.as_str()), (0, ""));
    assert_eq!(
        told(&run),
        [
            "cleaner: note: 1 of 2 pages is unchanged, the outlet is not known; --outlet or --url names it",
            "snapshots: note: 2 snapshots: 2 new, 0 changed, 0 of no page",
        ]
    );
    assert_eq!(place.read("snapshots/a/1.txt.snap"), SNAPSHOT);
    assert_eq!(
        place.read("snapshots/2.txt.snap"),
        "outlet not known\n= The bridge was closed.␊\n= ␊\n= It rained.␊\n"
    );
    let check = ["snapshot", "pages", "-o", "snapshots", "--check", "-q"];
    let same = place.run(&check);
    assert_eq!(
        (same.status, same.out.as_str(), same.err.as_str()),
        (0, "", "")
    );

    // Another rule takes the line: the same bytes, by other words.
    let rules = place.read("rules/sample.toml");
    place.put("rules/sample.toml", rules.replace("copyright-line", "mark"));
    let files = place.files();
    let changed = place.run(&check);
    assert_eq!(changed.status, 1);
    assert_eq!(
        changed.out,
        "--- snapshots/a/1.txt.snap
+++ snapshots/a/1.txt.snap
@@ -3,7 +3,7 @@
 = ␊
 = Nobody came.␊
 = ␊
--[sample/copyright-line] Sample Media ©␊
+-[sample/mark] Sample Media ©␊
 -[seam] ␊
 =(sample/agency-credit) With reporting by AP␊
 field agencies: AP
"
    );
    assert_eq!(place.files(), files);
    assert_eq!(place.run(&check[..4]).status, 0);
    assert_eq!(
        place.read("snapshots/a/1.txt.snap"),
        SNAPSHOT.replace("copyright-line", "mark")
    );
}

#[test]
fn missing_snapshots_and_those_of_no_page_are_differences() {
    let place = Place::with(&[("pages/1.txt", OTHER), ("snapshots/0.txt.snap", "=\n")]);
    let check = ["snapshot", "pages", "-o", "snapshots", "--check"];
    let run = place.run(&check);
    assert_eq!(run.status, 1);
    assert!(run.out.starts_with(
        "--- /dev/null\n+++ snapshots/1.txt.snap\n@@ -0,0 +1,4 @@\n+outlet not known\n"
    ));
    assert_eq!(
        told(&run)[1..],
        ["snapshots: note: 1 snapshot: 1 new, 0 changed, 1 of no page",]
    );
    assert_eq!(place.names(), ["pages/1.txt", "snapshots/0.txt.snap"]);
}

#[test]
fn snapshots_are_compared_whatever_version_control_makes_of_line_ends() {
    let place = Place::with(&[("pages/notes.snap/1.txt", PAGE)]);
    // Snapshots may stand among the pages: nothing reads them as pages.
    let written = place.run(&["snapshot", "pages", "-q", "-o", "pages"]);
    assert_eq!(written.status, 0, "{}", written.err);
    let check = ["snapshot", "pages", "-q", "-o", "pages", "--check"];
    let file = "pages/notes.snap/1.txt.snap";
    place.put(file, SNAPSHOT.replace('\n', "\r\n"));
    let same = place.run(&check);
    assert_eq!((same.status, same.out.as_str()), (0, ""));
    place.put(file, SNAPSHOT.trim_end());
    let cut = place.run(&check);
    assert_eq!(cut.status, 1);
    assert!(
        cut.out
            .ends_with("-field agencies: AP\n\\ No newline at end of file\n+field agencies: AP\n")
    );
}

#[test]
fn records_have_snapshots_of_their_own() {
    let records = format!("{{\"text\":{}}}\n{{\"text\":\"\"}}\n", Value::from(PAGE));
    let place = Place::with(&[("in.jsonl", &records)]);
    let run = place.run(&["snapshot", "in.jsonl", "-o", "snapshots", "-q"]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert_eq!(place.read("snapshots/in.jsonl.1.snap"), SNAPSHOT);
    assert_eq!(
        place.read("snapshots/in.jsonl.2.snap"),
        "outlet not known\n"
    );
}

#[test]
fn pages_without_a_name_of_their_own_are_refused() {
    let place = Place::with(&[("a/1.txt", PAGE), ("b/1.txt", PAGE)]);
    for (args, input, wrong) in [
        (
            &["snapshot", "a/1.txt", "b/1.txt", "-o", "s"][..],
            "",
            "cleaner: error: two pages have the snapshot 1.txt.snap; name the folder that both are in\n",
        ),
        (
            &["snapshot", "-o", "s"],
            PAGE,
            "cleaner: error: a page from standard input has no snapshot; name its file\n",
        ),
    ] {
        let run = place.run_on(args, input);
        assert_eq!((run.status, run.err.as_str()), (2, wrong));
    }
    assert_eq!(place.names(), ["a/1.txt", "b/1.txt"]);
    // A name that begins with a dot is one.
    place.put(".1.txt", PAGE);
    assert_eq!(
        place.run(&["snapshot", "-q", ".1.txt", "-o", "s"]).status,
        0
    );
    assert_eq!(place.read("s/.1.txt.snap"), SNAPSHOT);
}

#[test]
fn folders_name_outlets_where_that_is_asked_for() {
    let unsigned = "+ Read more\nThe school was opened.\n";
    let record = "{\"text\":\"+ Read more\\nIt rained.\\n\",\"outlet\":\"none\",\"url\":\"https://www.vice.com/a\"}\n";
    let place = Place::with(&[
        ("pages/vice/sample/2024/1.txt", unsigned),
        ("pages/sample/2.jsonl", record),
        ("pages/other/3.txt", unsigned),
        ("pages/crawl/4.txt", PAGE),
    ]);
    let by = |run: Run| -> Vec<Value> {
        let records = run
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        records.map(|record: Value| record["by"].clone()).collect()
    };
    let asked = place.run(&["--json", "--by-folder", "pages"]);
    assert_eq!(
        by(asked),
        [
            "signs".into(),
            Value::Null,
            "folder".into(),
            "folder".into()
        ]
    );
    let unasked = place.run(&["--json", "pages"]);
    assert_eq!(
        by(unasked),
        ["signs".into(), Value::Null, "address".into(), Value::Null]
    );
    let named = place.run(&["--json", "--by-folder", "-O", "sample", "pages"]);
    assert_eq!(by(named), ["name"; 4].map(Value::from));
    // A page that is given alone is in its folder too.
    let alone = place.run(&["--by-folder", "pages/vice/sample/2024/1.txt"]);
    assert_eq!(alone.out, "The school was opened.\n");
}

#[test]
fn outlets_of_records_that_there_are_not_are_told() {
    let place = Place::new();
    let record = |outlet: &str| format!("{{\"text\":\"It rained.\",\"outlet\":\"{outlet}\"}}\n");
    let records = [
        record("simple"),
        record("gazette"),
        record("simple"),
        record(""),
    ]
    .concat();
    let run = place.run_on(&[], &records);
    assert_eq!((run.status, run.out.as_str()), (0, records.as_str()));
    assert_eq!(
        told(&run),
        [
            "cleaner: note: 4 of 4 pages are unchanged, the outlet is not known; --outlet or --url names it",
            "cleaner: note: 2 records name the outlet `simple`, which there is not; did you mean `sample`?",
            "cleaner: note: 1 record names the outlet `gazette`, which there is not",
        ]
    );
    let stats = place.run_on(&["--stats=json", "-o", "out.jsonl", "-q"], &records);
    let stats: Value = serde_json::from_str(&stats.out).unwrap();
    assert_eq!(
        stats["unknown_outlets"],
        serde_json::json!({"gazette": 1, "simple": 2})
    );
}

#[test]
fn ties_of_signs_are_explained() {
    let place = Place::new();
    let twin = RULES.replace("\"sample\"", "\"twin\"");
    place.put(
        "rules/twin.toml",
        twin.replace("sample.example", "twin.example"),
    );
    let run = place.run_on(&["--explain"], PAGE);
    let first = run.out.lines().next().unwrap();
    assert_eq!(
        first,
        "<stdin>: outlet not known, unchanged: it has equally many signs of sample, twin"
    );
}
