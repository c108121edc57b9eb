//! The program, end to end: every test runs the real binary in a folder of its own.
//!
//! The rules are those of the folder, so that nothing here changes with the bundled rule files.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::place::*;

#[test]
fn text_goes_to_standard_output() {
    let place = Place::with(&[("page.txt", PAGE), ("none", ""), ("rules.txt", PAGE)]);
    check(place.run(&["page.txt"]), 0, CLEAN, "");
    check(place.run_on(&[], PAGE), 0, CLEAN, "");
    check(place.run_on(&["-"], PAGE), 0, CLEAN, "");
    let quiet = place.run(&["-q", "none"]);
    check(quiet, 0, "", "");
}

#[test]
fn path_named_like_a_command_is_written_with_its_folder() {
    let place = Place::with(&[("restore", PAGE)]);
    check(place.run(&["./restore"]), 0, CLEAN, "");
}

#[test]
fn output_named_by_a_dash_is_standard_output() {
    let place = Place::with(&[("a.txt", PAGE), ("b.txt", PAGE)]);
    check(place.run(&["a.txt", "-o", "-"]), 0, CLEAN, "");
    let run = place.run(&["a.txt", "b.txt", "--output=-"]);
    let err = place.run(&["a.txt", "b.txt"]).err;
    check(run, 2, "", &err);
    let json = place.run(&["--json", "a.txt"]).out;
    check(place.run_on(&["restore", "-o", "-"], &json), 0, PAGE, "");
    let err = "cleaner: error: --dry-run goes with --output or --in-place; to see what would go use --diff\n";
    check(place.run(&["a.txt", "-o", "-", "--dry-run"]), 2, "", err);
    assert!(!place.path("-").exists());
}

#[test]
fn outlet_is_told_by_name_then_address_then_signs() {
    let place = Place::new();
    let unsigned = "+ Read more\nThe school was opened.\n";
    let undecided = "cleaner: note: the page is unchanged, the outlet is not known; --outlet or --url names it\n";
    for (args, page, out, err, by) in [
        (
            &["-O", "sample"][..],
            unsigned,
            "The school was opened.\n",
            "",
            json!("name"),
        ),
        (
            &["--url", "https://www.sample.example/a/1.html"],
            unsigned,
            "The school was opened.\n",
            "",
            json!("address"),
        ),
        (
            &["--url", "sample.example"],
            unsigned,
            "The school was opened.\n",
            "",
            json!("address"),
        ),
        (
            &["--url", "http://example.com"],
            PAGE,
            CLEAN,
            "http://example.com: note: no outlet has this address; the text's own signs decide\n",
            json!("signs"),
        ),
        (&[], PAGE, CLEAN, "", json!("signs")),
        (&[], unsigned, unsigned, undecided, Value::Null),
        (
            &["--url", "http://notsample.example/"],
            unsigned,
            unsigned,
            &format!(
                "http://notsample.example/: note: no outlet has this address; the text's own signs decide\n{undecided}"
            ),
            Value::Null,
        ),
        (&["--quiet"], unsigned, unsigned, "", Value::Null),
    ] {
        check(place.run_on(args, page), 0, out, err);
        let json = place.run_on(&[args, &["--json"]].concat(), page).out;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["by"], by);
    }
}

#[test]
fn unknown_outlet_is_refused_with_the_likely_one() {
    let place = Place::with(&[("page.txt", PAGE)]);
    let err = "cleaner: error: there is no outlet `sampel`; did you mean `sample`? (`cleaner rules list` shows all)\n";
    check(place.run(&["-O", "sampel", "-i", "page.txt"]), 2, "", err);
    assert_eq!(place.read("page.txt"), PAGE);
}

#[test]
fn categories_are_kept_and_added() {
    let place = Place::new();
    let all_but_mark = "SAMPLE -- The school was opened.\n\nNobody came.\n";
    let no_credit = "The school was opened.\n\nNobody came.\n";
    for (args, out) in [
        (&["--also", "credit"][..], no_credit),
        (&["--also=credit", "--keep=dateline"], all_but_mark),
        (&["--keep", "dateline,legal"], PAGE),
        (
            &["--keep", "dateline", "--keep", "legal", "--keep", "credit"],
            PAGE,
        ),
    ] {
        check(place.run_on(args, PAGE), 0, out, "");
    }
    let both = place.run(&["--keep", "legal", "--also", "credit,legal"]);
    let err = "cleaner: error: --keep and --also both name legal\n";
    check(both, 2, "", err);
}

#[test]
fn diff_piped_is_a_patch() {
    let place = Place::with(&[
        ("page.txt", PAGE),
        ("other.txt", OTHER),
        ("sub/page.txt", PAGE),
    ]);
    check(place.run(&["--diff", "page.txt"]), 1, DIFF, "");
    check(place.run(&["--diff", "./page.txt"]), 1, DIFF, "");
    check(place.run(&["--diff", "-q", "other.txt"]), 0, "", "");
    let named = place.run_on(&["--diff", "--stdin-filename", "page.txt"], PAGE);
    check(named, 1, DIFF, "");
    let unnamed = place.run_on(&["--diff"], PAGE);
    check(unnamed, 1, &DIFF.replace("page.txt", "stdin"), "");
    let several = place.run(&["--diff", "-q", "."]);
    let second = DIFF.replace("page.txt", "sub/page.txt");
    check(several, 1, &format!("{DIFF}{second}"), "");
}

#[test]
fn diff_in_colour_names_the_rule_of_every_line_and_escapes() {
    let place = Place::new();
    let page = "SAMPLE -- One.\nTwo \x1b]0;title\x07.\r\nSample Media ©";
    let out = "\
<1>--- a/stdin<0>
<1>+++ b/stdin<0>
<36>@@ -1,3 +1,2 @@ sample/agency-mark, sample/copyright-line<0>
<31>-<0><1><7><31>SAMPLE -- <0>One.  <2>← sample/agency-mark<0>
<31>-<0>Two \\u{1b}]0;title\\u{7}.<1><7><31>␊<0>  <2>← seam<0>
<31>-Sample Media ©<0>  <2>← sample/copyright-line<0>
<2>\\ No newline at end of file<0>
<32>+One.<0>
<32>+Two \\u{1b}]0;title\\u{7}.<0>
<2>\\ No newline at end of file<0>
";
    let out = out
        .replace('<', "\x1b[")
        .replace("0>", "0m")
        .replace("1>", "1m");
    let out = out
        .replace("2>", "2m")
        .replace("6>", "6m")
        .replace("7>", "7m");
    let run = place.run_on(&["--diff", "--color=always"], page);
    check(run, 1, &out, "");
}

#[test]
fn diff_is_taken_by_patch_and_by_git() {
    let pages = [
        PAGE.to_owned(),
        PAGE.replace('\n', "\r\n"),
        PAGE.trim_end().to_owned(),
        PAGE.trim_end().replace('\n', "\r\n"),
        format!("\u{feff}{PAGE}"),
        "One.\nSample Media ©".to_owned(),
        "One.\r\nSample Media ©".to_owned(),
        "One.\n\n\nSample Media ©\n".to_owned(),
        "\n\nSample Media ©\n\n\n\nOne.".to_owned(),
        "One\rtwo.\nSample Media ©\nThree\u{2028}four\u{85}\x0c.\n".to_owned(),
        "\x1b[31mOne\x1b[0m\n\nSample Media ©\n\n".to_owned(),
        format!("{}{PAGE}{}{PAGE}", "Text.\n".repeat(20), "\n".repeat(9)),
    ];
    // What Windows would do to line ends is not asked for.
    let binary = if cfg!(windows) { "--binary" } else { "-s" };
    let exact = "core.autocrlf=false";
    for (tool, forward, back) in [
        (
            "patch",
            &["-p1", "-s", binary][..],
            &["-p1", "-s", binary, "-R"][..],
        ),
        (
            "git",
            &["-c", exact, "apply"],
            &["-c", exact, "apply", "-R"],
        ),
    ] {
        if Command::new(tool).arg("--version").output().is_err() {
            println!("not run: {tool} is not installed");
            continue;
        }
        let names = ["page.txt", "two words.txt", "день.txt"];
        for name in &names[..if cfg!(windows) { 2 } else { 3 }] {
            for page in &pages {
                let place = Place::new();
                place.put(name, page);
                let diff = place.run(&["--diff", name]);
                assert_eq!(diff.status, 1);
                let cleaned = place.run(&[name]).out;
                for (args, wanted) in [(forward, &cleaned), (back, page)] {
                    let run = finish(place.command(tool, args), diff.out.as_bytes());
                    assert_eq!(run.status, 0, "{tool}: {run:?}\n{}", diff.out);
                    assert_eq!(&place.read(name), wanted, "{tool}:\n{}", diff.out);
                }
            }
        }
    }
}

#[test]
fn check_names_the_pages_that_would_change() {
    let place = Place::with(&[
        ("pages/b.txt", OTHER),
        ("pages/a/c.txt", PAGE),
        ("pages/d.txt", PAGE),
        ("pages/e.txt", EMPTIED),
    ]);
    let out = "pages/a/c.txt\npages/d.txt\n".replace('/', std::path::MAIN_SEPARATOR_STR);
    check(place.run(&["--check", "-q", "pages/"]), 1, &out, "");
    check(place.run(&["--check", "-q", "pages/b.txt"]), 0, "", "");
}

#[test]
fn folder_stands_for_its_text_files_in_order() {
    let place = Place::new();
    for name in [
        "b.txt",
        "a.txt",
        "a.md",
        ".c.txt",
        ".d/e.txt",
        "f/g.txt",
        "B.txt",
        "h.txt.bak",
    ] {
        place.put(&format!("pages/{name}"), PAGE);
    }
    let out = "pages/B.txt\npages/a.txt\npages/b.txt\npages/f/g.txt\n";
    let out = out.replace('/', std::path::MAIN_SEPARATOR_STR);
    check(place.run(&["--check", "pages"]), 1, &out, "");
    let named = place.run(&["--check", "pages/.c.txt", "pages/a.md"]);
    check(named, 1, "pages/.c.txt\npages/a.md\n", "");
    fs::create_dir(place.path("none")).unwrap();
    let err = "none: note: no files to clean are in this folder (*.txt, *.jsonl, *.wet, *.parquet; also .gz and .zst)\n";
    check(place.run(&["--check", "none"]), 0, "", err);
}

#[test]
fn json_holds_all_that_is_known_of_a_page() {
    let place = Place::with(&[("päge.txt", &PAGE.replace("opened", "opéned"))]);
    let version = place.run(&["--version"]).out;
    let number = env!("CARGO_PKG_VERSION");
    let hash = version
        .strip_prefix(&format!("cleaner {number} (rules "))
        .unwrap();
    let hash = hash.strip_suffix(")\n").unwrap();
    assert_eq!(hash.len(), 12);
    for (spans, places) in [
        ("bytes", [[0, 10], [49, 65], [65, 66], [66, 87]]),
        ("chars", [[0, 10], [48, 63], [63, 64], [64, 85]]),
    ] {
        let run = place.run(&["--json", "--spans", spans, "./päge.txt"]);
        assert_eq!((run.status, run.err.as_str()), (0, ""));
        assert_eq!(run.out.lines().count(), 1);
        let removal = |rule: &str,
                       line: usize,
                       category: &str,
                       place: usize,
                       number: usize,
                       text: &str| {
            let [start, end] = places[place];
            json!({
                "rule": format!("sample/{rule}"), "at": format!("{}:{line}", rule_file()), "category": category,
                "start": start, "end": end, "lines": [number, number], "text": text,
            })
        };
        let [start, end] = places[2];
        let wanted = json!({
            "path": "päge.txt",
            "outlet": "sample",
            "by": "signs",
            "rules_hash": hash,
            "removals": [
                removal("agency-mark", 24, "dateline", 0, 1, "SAMPLE -- "),
                removal("copyright-line", 7, "legal", 1, 5, "Sample Media ©\n"),
                { "rule": null, "at": null, "category": null, "start": start, "end": end, "lines": [6, 6], "text": "\n" },
            ],
            "kept": [removal("agency-credit", 15, "credit", 3, 7, "With reporting by AP\n")],
            "fields": { "agencies": ["AP"] },
            "flag": null,
            "spans": spans,
            "text": CLEAN.replace("opened", "opéned"),
        });
        let found: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(found, wanted);
    }
    for (args, path) in [
        (&["--json"][..], Value::Null),
        (
            &["--json", "--stdin-filename", "./sub/a.txt"],
            json!("sub/a.txt"),
        ),
    ] {
        let found = place.run_on(args, PAGE).out;
        assert_eq!(serde_json::from_str::<Value>(&found).unwrap()["path"], path);
    }
}

#[test]
fn restore_gives_every_page_back() {
    let pages = [
        ("a.txt", PAGE.to_owned()),
        ("b.txt", format!("\u{feff}{}", PAGE.replace('\n', "\r\n"))),
        (
            "sub/c.txt",
            "Ünï\u{1f600}\u{2028}\0\x1b.\r\nSample Media ©".to_owned(),
        ),
        ("sub/d.txt", OTHER.to_owned()),
        ("sub/e.txt", EMPTIED.to_owned()),
        ("sub/f.txt", String::new()),
        (
            "sub/g.txt",
            format!("Ä\n{PAGE}{PAGE}\n\n\n+ é\n+ é\n\nÖ\n{PAGE}"),
        ),
    ];
    for spans in ["bytes", "chars"] {
        let place = Place::new();
        for (name, page) in &pages {
            place.put(&format!("pages/{name}"), page);
            let one = place.run_on(&["--json", "--spans", spans, "-q"], page);
            assert_eq!(one.status, 0);
            check(place.run_on(&["restore"], &one.out), 0, page, "");
            check(
                place.run_on(&["restore", "-", "-o", "out.txt"], &one.out),
                0,
                "",
                "",
            );
            assert_eq!(&place.read("out.txt"), page);
        }
        let json = place.run(&["--json", "--spans", spans, "-q", "pages"]).out;
        place.put("pages.jsonl", json);
        check(
            place.run(&["restore", "pages.jsonl", "-o", "back"]),
            0,
            "",
            "",
        );
        for (name, page) in &pages {
            assert_eq!(&place.read(&format!("back/pages/{name}")), page);
        }
        let err = "cleaner: error: there are several pages; name the folder to restore them into with --output\n";
        check(place.run(&["restore", "pages.jsonl"]), 2, "", err);
    }
}

#[test]
fn restore_refuses_what_it_cannot_trust() {
    let record = |path: Value, start: usize, end: usize| {
        let removal = json!({ "start": start, "end": end, "text": "ab" });
        json!({ "path": path, "spans": "bytes", "removals": [removal], "text": "c\n" }).to_string()
    };
    let lines = [
        record(json!("good.txt"), 0, 2),
        record(json!("../up.txt"), 0, 2),
        record(json!("/root.txt"), 0, 2),
        record(json!("sub/../../up.txt"), 0, 2),
        record(Value::Null, 0, 2),
        record(json!("good.txt"), 0, 2),
        record(json!("far.txt"), 9, 11),
        record(json!("long.txt"), 0, 3),
        "no json".to_owned(),
        String::new(),
        record(json!("./sub/good.txt"), 1, 3),
    ];
    let place = Place::with(&[("in.jsonl", &lines.join("\n"))]);
    let run = place.run(&["restore", "in.jsonl", "-o", "out"]);
    let err = "\
in.jsonl:2: error: the path ../up.txt leads out of the folder; a line alone is restored to the file that --output names
in.jsonl:3: error: the path /root.txt leads out of the folder; a line alone is restored to the file that --output names
in.jsonl:4: error: the path sub/../../up.txt leads out of the folder; a line alone is restored to the file that --output names
in.jsonl:5: error: this page has no path to be restored under
in.jsonl:6: error: out/good.txt has been restored from a line before
in.jsonl:7: error: the removals do not fit the text
in.jsonl:8: error: the removal 0 to 3 has a text of 2
in.jsonl:9: error: this is no line of `cleaner --json` or --removed: expected ident at line 1 column 2
";
    let err = err.replace("out/", &format!("out{}", std::path::MAIN_SEPARATOR));
    check(run, 2, "", &err);
    let files = place.files();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["in.jsonl", "out/good.txt", "out/sub/good.txt"]);
    assert_eq!(place.read("out/good.txt"), "abc\n");
    assert_eq!(place.read("out/sub/good.txt"), "cab\n");
    assert!(!place.path("../up.txt").exists());
    assert_eq!(place.run(&["restore", "none.jsonl"]).status, 2);
}

#[test]
fn explain_shows_every_line_with_its_rules() {
    let place = Place::with(&[("page.txt", &PAGE.replace("Nobody", "\x1b[8mNobody"))]);
    let out = "\
page.txt: sample, as asked
1 ~ [-SAMPLE -- -]The school was opened.  ← sample/agency-mark (dateline) rules/sample.toml:24
2
3   \\u{1b}[8mNobody came.
4
5 - Sample Media ©  ← sample/copyright-line (legal) rules/sample.toml:7
6 -   ← seam
7   With reporting by AP  ← sample/agency-credit (credit) rules/sample.toml:15 stays, --also credit takes it
sample/agency-credit: Who supplied the material.
sample/agency-mark: The agency's mark before the text.
sample/copyright-line: The publisher's mark, on every page.
";
    let run = place.run(&["--explain", "-O", "sample", "page.txt"]);
    check(run, 0, &out.replace("rules/sample.toml", &rule_file()), "");
    let kept = place
        .run_on(
            &["--explain", "--keep=legal"],
            "SAMPLE -- One.\nSample Media ©\n",
        )
        .out;
    let line = "2   Sample Media ©  ← sample/copyright-line (legal) rules/sample.toml:7 stays, as --keep legal asks\n";
    let line = line.replace("rules/sample.toml", &rule_file());
    assert!(kept.contains(&line), "{kept}");
    let near = place.run_on(
        &["--explain", "-q", "-O", "sample"],
        "A\nSample Media\x1b[8m ©\n",
    );
    let out = "\
<stdin>: sample, as asked
1   A
2   Sample Media\\u{1b}[8m ©  ← stays: sample/copyright-line would take it, but it has “Media\\u{1b}[8m” where the rule has “Media”
";
    check(near, 0, out, "");
    let flagged = place.run_on(&["--explain", "-q"], EMPTIED);
    let out = "\
<stdin>: sample, by its signs
left as it is: no line would be left (rules: sample/copyright-line)
1   Sample Media ©  ← stays: sample/copyright-line would take it, but it is on a page that is left as it is
";
    check(flagged, 0, out, "");
}

#[test]
fn stats_leave_out_files_that_failed() {
    let place = Place::new();
    place.put("in/b.jsonl", record(PAGE));
    let run = place.run(&["--stats=json", "-o", "out", "in"]);
    assert_eq!(run.status, 0);
    let mut wanted: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    wanted["failed"] = json!(1);
    // In one piece, and in several.
    for before in [2, 40_000] {
        place.put(
            "in/a.jsonl",
            record(PAGE).repeat(before) + "7\n" + &record(PAGE),
        );
        for threads in ["-j1", "-j2"] {
            let run = place.run(&["--stats=json", threads, "-o", "out", "in"]);
            assert_eq!(run.status, 2);
            let stats: serde_json::Value = serde_json::from_str(&run.out).unwrap();
            assert_eq!(stats, wanted, "{before} {threads}");
        }
    }
}

#[test]
fn fields_that_lead_nowhere_are_refused() {
    let place = Place::new();
    for option in ["--text-field", "--url-field", "--outlet-field"] {
        for field in ["", ".", "a.", ".a", "a..b"] {
            let run = place.run_on(&[&format!("{option}={field}")], record(PAGE));
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{field}");
            let named = format!("'{option} <FIELD>'");
            assert!(run.err.contains(&named), "{}", run.err);
        }
    }
}

#[test]
fn added_fields_take_no_name_that_is_read() {
    let place = Place::new();
    for key in ["text", "id", "url", "metadata.url", "outlet"] {
        let run = place.run_on(&["--add-fields", key], record(PAGE));
        let err = format!(
            "cleaner: error: --add-fields {key}: this is a field of records that is read; name another key\n"
        );
        check(run, 2, "", &err);
    }
}

#[test]
fn output_that_leads_back_is_the_input() {
    let place = Place::with(&[("in/a.txt", PAGE)]);
    for (output, input) in [
        ("new/../in", "in"),
        ("new/../in/", "in/a.txt"),
        ("new/more/../../in/a.txt", "in/a.txt"),
    ] {
        let run = place.run(&["-o", output, input]);
        assert_eq!(run.status, 2, "{output}");
        assert!(
            run.err
                .contains("to rewrite files where they are use --in-place"),
            "{}",
            run.err
        );
        assert_eq!(place.read("in/a.txt"), PAGE);
    }
    let run = place.run(&["-o", "out", "--removed=new/../in/", "in"]);
    assert_eq!(run.status, 2);
    assert!(
        run.err.contains("would be an input next time"),
        "{}",
        run.err
    );
    // Another folder is none.
    check(place.run(&["-o", "new/../out", "in"]), 0, "", "");
    assert_eq!(place.read("out/a.txt"), CLEAN);
}

#[test]
fn stats_add_up_the_run() {
    let pages = [
        ("pages/a.txt", PAGE),
        ("pages/b.txt", OTHER),
        ("pages/c.txt", EMPTIED),
    ];
    let place = Place::with(&pages);
    place.put("pages/d.txt", b"\xff");
    let out = "\
documents      3
  changed      1
  undecided    1
  flagged      1
failed         1
bytes in       137
bytes out      110
bytes removed  27 (19.7 %)
lines removed  2 (18.2 %)

outlet       documents  changed  flagged  bytes removed  lines removed
(undecided)          1        0        0              0              0
sample               2        1        1             27              2

category  removals  bytes  lines
dateline         1     10      1
legal            1     16      1

rule                   removals  bytes  lines  documents  flagged
sample/agency-mark            1     10      1          1        0
sample/copyright-line         1     16      1          1        1

rules of these outlets that never fired
sample/footnote
";
    let file = format!("pages{}d.txt", std::path::MAIN_SEPARATOR);
    let err = format!("{file}: error: this is not UTF-8: 0xff at byte offset 0\n");
    // Nothing else goes to standard output.
    check(place.run(&["--stats", "-q", "pages"]), 2, out, &err);
    check(
        place.run(&["--stats", "-q", "-o", "out", "pages"]),
        2,
        out,
        &err,
    );
    // Something else does.
    let run = place.run(&["--stats", "-q", "--check", "pages"]);
    check(
        run,
        2,
        &format!("{}\n", file.replace('d', "a")),
        &format!("{err}{out}"),
    );
    let run = place.run(&["--stats=json", "pages/a.txt"]);
    assert_eq!((run.status, run.out.as_str()), (0, CLEAN));
    let outlet = json!({ "documents": 1, "changed": 1, "flagged": 0, "bytes_in": 86, "bytes_out": 59, "lines_in": 7, "lines_out": 5 });
    let took = |bytes: usize| json!({ "removals": 1, "bytes": bytes, "lines": 1 });
    let rule = |removals: usize, bytes: usize, kept: usize| json!({ "documents": removals, "removals": removals, "bytes": bytes, "lines": removals, "kept": kept, "flagged": 0 });
    let wanted = json!({
        "documents": 1, "changed": 1, "undecided": 0, "flagged": 0, "failed": 0,
        "kept": 0, "rejected": 0, "without_text": 0, "unknown_outlets": {},
        "bytes_in": 86, "bytes_out": 59, "lines_in": 7, "lines_out": 5,
        "outlets": { "sample": outlet },
        "categories": { "dateline": took(10), "legal": took(16) },
        "rules": {
            "sample/agency-credit": rule(0, 0, 1),
            "sample/agency-mark": rule(1, 10, 0),
            "sample/copyright-line": rule(1, 16, 0),
        },
        "never_fired": ["sample/footnote"],
    });
    assert_eq!(serde_json::from_str::<Value>(&run.err).unwrap(), wanted);
}

#[test]
fn stats_count_bytes_of_a_category_once() {
    let rule = |id: &str| {
        format!(
            "\n[[line]]\nid = \"{id}\"\ncategory = \"promo\"\nnote = \"n\"\ntext = [\"Share\"]\nremoves = [\"Share\"]\nkeeps = [\"Shares fell.\"]\n"
        )
    };
    let place = Place::new();
    let rules = format!(
        "outlet = \"twice\"\nname = \"T\"\n{}{}",
        rule("one"),
        rule("two")
    );
    place.put("mine/twice.toml", rules);
    place.put("a.txt", "Snow fell.\nShare\nIt rained.\n");
    let args = ["--rules=mine", "-O", "twice", "--stats=json", "a.txt"];
    let told: Value = serde_json::from_str(&place.run(&args).err).unwrap();
    assert_eq!(
        told["categories"],
        json!({ "promo": { "removals": 2, "bytes": 6, "lines": 1 } })
    );
    assert_eq!(told["rules"]["twice/one"]["bytes"], 6);
    assert_eq!(told["rules"]["twice/two"]["bytes"], 6);
}

#[test]
fn flagged_page_is_left_and_told() {
    let pluses = "SAMPLE -- One.\n+ Two and more of it.\n+ Three and more of it.\n";
    let emptied = "no line would be left (rules: sample/copyright-line)";
    let over = "patterns would take 93 % of it, over the ceiling of 60 % (rules: sample/agency-mark, sample/footnote)";
    let place = Place::with(&[("a.txt", EMPTIED), ("b.txt", pluses), ("c.txt", PAGE)]);
    let err =
        format!("a.txt: note: left as it is: {emptied}\nb.txt: note: left as it is: {over}\n");
    check(
        place.run(&["--check", "a.txt", "b.txt", "c.txt"]),
        1,
        "c.txt\n",
        &err,
    );
    check(place.run(&["-i", "a.txt", "b.txt"]), 0, "", &err);
    assert_eq!(
        (place.read("a.txt").as_str(), place.read("b.txt").as_str()),
        (EMPTIED, pluses)
    );
    for (file, reason, message, rules) in [
        (
            "a.txt",
            "emptied",
            emptied,
            json!(["sample/copyright-line"]),
        ),
        (
            "b.txt",
            "over-ceiling",
            over,
            json!(["sample/agency-mark", "sample/footnote"]),
        ),
    ] {
        let json = place.run(&["--json", "-q", file]).out;
        let json: Value = serde_json::from_str(&json).unwrap();
        let flag = json!({ "reason": reason, "message": message, "rules": rules });
        assert_eq!(json["flag"], flag);
        assert_eq!(json["text"], place.read(file));
    }
}

#[test]
fn strict_counts_flagged_and_undecided_pages_as_errors() {
    let place = Place::with(&[
        ("good.txt", PAGE),
        ("flagged.txt", EMPTIED),
        ("other.txt", OTHER),
    ]);
    let told = "cleaner: error: --strict makes an error of these: ";
    for (file, strict, err) in [
        ("good.txt", 0, String::new()),
        ("flagged.txt", 2, format!("{told}1 flagged\n")),
        ("other.txt", 2, format!("{told}1 of no known outlet\n")),
    ] {
        let text = place.run(&["-q", file]);
        assert_eq!(text.status, 0);
        let run = place.run(&["-q", "--strict", file]);
        check(run, strict, &text.out, &err);
    }
}

#[test]
fn folder_without_rules_is_told() {
    let place = Place::with(&[("page.txt", PAGE)]);
    std::fs::create_dir(place.path("none")).unwrap();
    let args = ["--rules=none", "--outlet=vice", "page.txt"];
    let err = "none: note: no rule files (*.toml) are in this folder\n";
    check(place.run(&args), 0, PAGE, err);
    check(
        place.run(&["--quiet", args[0], args[1], args[2]]),
        0,
        PAGE,
        "",
    );
}

#[test]
fn standard_output_is_for_the_texts() {
    let place = Place::with(&[("page.txt", PAGE)]);
    for args in [["--removed", "-"], ["--on-error", "reject=-"]] {
        let run = place.run(&[args[0], args[1], "page.txt"]);
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        let what = "expected the name of a file: `-`, standard output, is for the texts";
        assert!(run.err.contains(what), "{}", run.err);
    }
    assert!(!place.path("-").exists());
}

#[test]
fn command_behind_options_is_told_to_come_first() {
    let place = Place::with(&[("page.txt", PAGE)]);
    let run = place.run(&["--quiet", "report", "page.txt"]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    let first = "error: there is no file `report`; as a command it comes first: cleaner report …\n";
    assert!(run.err.starts_with(first), "{}", run.err);
    // A file of that name is a page.
    place.put("report", PAGE);
    let run = place.run(&["--quiet", "report"]);
    assert_eq!((run.status, run.out), (0, place.run(&["page.txt"]).out));
}

#[cfg(unix)]
#[test]
fn name_of_a_page_stays_on_one_line() {
    let place = Place::with(&[("a\nb.txt", PAGE)]);
    let run = place.run(&["--explain", "a\nb.txt"]);
    assert!(run.out.starts_with("a\\nb.txt: sample, "), "{}", run.out);
    let run = place.run(&["--check", "b\nc.txt"]);
    let err = "b\\nc.txt: error: No such file or directory (os error 2)\n";
    check(run, 2, "", err);
}

#[test]
fn wrong_document_does_not_stop_the_others() {
    let place = Place::with(&[("pages/a.txt", PAGE), ("pages/z.txt", PAGE)]);
    let mut bad = PAGE.as_bytes().to_vec();
    bad.insert(12, 0xc3);
    place.put("pages/bad.txt", bad);
    let err = "missing.txt: error: No such file or directory (os error 2)
pages/bad.txt: error: this is not UTF-8: 0xc3 at byte offset 12
";
    let args = [
        "--check",
        "missing.txt",
        "pages/a.txt",
        "pages/bad.txt",
        "pages/z.txt",
    ];
    let run = place.run(&args);
    if cfg!(unix) {
        check(run, 2, "pages/a.txt\npages/z.txt\n", err);
    }
    let run = place.run(&["-o", "out", "pages"]);
    assert_eq!(run.status, 2);
    assert_eq!(place.read("out/a.txt"), CLEAN);
    assert_eq!(place.read("out/z.txt"), CLEAN);
    assert_eq!(fs::read_dir(place.path("out")).unwrap().count(), 2);
    let run = place.run_on(&[], b"ab\xffcd");
    check(
        run,
        2,
        "",
        "<stdin>: error: this is not UTF-8: 0xff at byte offset 2\n",
    );
}

#[test]
fn odd_bytes_pass_as_they_are() {
    let place = Place::new();
    let long = "long line ".repeat(800_000);
    for page in [
        "",
        "\n",
        "\r",
        "\u{feff}",
        "a\0b\0",
        "\x1b]0;x\x07 \u{9b}31m\n",
        "one\rtwo\r\rthree\u{2028}four\u{85}\x0b\x0c",
        "\r\n\r\n \t \r\n",
        long.as_str(),
    ] {
        let run = place.run_on(&["-O", "sample"], page);
        assert_eq!((run.status, run.err.as_str()), (0, ""));
        assert!(run.out == page, "{:?}", &page[..page.len().min(40)]);
        let around = format!("SAMPLE -- One.\n{page}\nSample Media ©\nTwo.");
        let cleaned = format!("One.\n{page}\nTwo.");
        let run = place.run_on(&["-O", "sample"], around);
        assert!(
            run.status == 0 && run.out == cleaned,
            "{:?}",
            &page[..page.len().min(40)]
        );
    }
}

#[test]
fn wrong_rule_files_are_refused_before_any_page_is_touched() {
    let place = Place::with(&[("page.txt", PAGE)]);
    let colour = RULES.replace("category = \"legal\"", "category = \"legl\"");
    place.put("rules/sample.toml", colour.replace("domains =", "domain ="));
    place.put(
        "rules/second.toml",
        "outlet = \"second\"\nname = \"Second\"\nextends = [1]\n",
    );
    for args in [
        &["-i", "page.txt"][..],
        &["--version"],
        &["rules", "list"],
        &["rules", "check", "rules"],
    ] {
        let run = place.run(args);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{run:?}");
        for part in [
            "rules/sample.toml:3:1",
            "rules/sample.toml:8:12",
            "rules/second.toml:3:12",
            "`domain`",
            "`legl`",
        ] {
            assert!(
                run.err.contains(
                    &part.replace("rules/", &format!("rules{}", std::path::MAIN_SEPARATOR))
                ),
                "{part} in {}",
                run.err
            );
        }
        assert!(!run.err.contains('\x1b'), "{}", run.err);
    }
    assert_eq!(place.read("page.txt"), PAGE);
    let run = place.run(&["--rules", "nowhere", "page.txt"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("nowhere"), "{}", run.err);
    let run = place.run(&["--color=always", "page.txt"]);
    assert!(run.err.contains('\x1b'), "{}", run.err);
}

#[test]
fn rules_are_read_and_tried_when_a_run_meets_their_outlet() {
    let place = Place::with(&[("page.txt", PAGE), ("other.txt", "Other Media ©\nNews.\n")]);
    let rules = RULES.replace("Sample Media", "Other Media");
    let rules = rules.replace("sample", "other").replace("SAMPLE", "OTHER");
    let wrong = rules.replace("[\"+ Read more\"]", "[\"Read more\"]");
    assert_ne!(rules, wrong);
    place.put("rules/other.toml", &wrong);
    place.put(
        "pages.jsonl",
        "{\"text\":\"Sample Media ©\\nOne.\"}\n{\"text\":\"Other Media ©\\nTwo.\"}\n",
    );
    for args in [
        &["-O", "sample", "page.txt"][..],
        &["--url", "sample.example", "page.txt"],
        &["page.txt"],
    ] {
        check(place.run(args), 0, CLEAN, "");
    }
    for args in [
        &["-O", "other", "page.txt"][..],
        &["--url", "https://other.example/1", "page.txt"],
        &["other.txt"],
        &["--json", "other.txt"],
        &["--on-error", "keep", "other.txt"],
        &["-i", "other.txt"],
        &["pages.jsonl"],
        &["-o", "clean.jsonl", "pages.jsonl"],
        &["rules", "show", "other"],
        &["rules", "list"],
        &["rules", "check", "rules"],
    ] {
        let run = place.run(args);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{run:?}");
        let at = format!("rules{}other.toml:36:12", std::path::MAIN_SEPARATOR);
        assert!(
            run.err.contains(&at) && run.err.contains("`other/footnote`, key `removes`"),
            "{run:?}"
        );
    }
    assert_eq!(place.read("other.txt"), "Other Media ©\nNews.\n");
    assert!(!place.path("clean.jsonl").exists());
    // Whose a page is has to be known of every file.
    place.put(
        "rules/other.toml",
        wrong.replace("domains = [", "domain = ["),
    );
    let run = place.run(&["-O", "sample", "page.txt"]);
    assert_eq!((run.status, run.out.as_str()), (2, ""), "{run:?}");
    assert!(run.err.contains("other.toml:3:1"), "{run:?}");
}

#[test]
fn rules_come_from_the_argument_before_the_environment() {
    let place = Place::with(&[("page.txt", PAGE)]);
    place.put(
        "mine/sample.toml",
        RULES.replace("© *\"", "\"").replace("The Sample", "Mine"),
    );
    let run = place.run(&["rules", "show", "sample", "--rules", "mine"]);
    assert!(run.out.starts_with("sample: Mine\n"), "{run:?}");
    let mut command = place.command(BINARY, &["rules", "show", "sample"]);
    command.env("CLEANER_RULES", "");
    let run = finish(command, b"");
    assert_eq!(run.status, 2, "{run:?}");
}

#[test]
fn several_pages_do_not_run_into_one_text() {
    let place = Place::with(&[("a.txt", PAGE), ("b.txt", PAGE), ("pages/c.txt", PAGE)]);
    let err = "cleaner: error: the texts of several pages would run into one; say what to do with them: --output, --in-place, --diff, --check, --json or --stats\n";
    for paths in [&["a.txt", "b.txt"][..], &["pages"], &["a.txt", "-"]] {
        check(place.run(paths), 2, "", err);
    }
    let err = "cleaner: error: `-`, standard input, is named twice\n";
    check(place.run(&["--check", "-", "-"]), 2, "", err);
}

#[test]
fn arguments_that_contradict_each_other_are_refused() {
    let place = Place::with(&[("page.txt", PAGE)]);
    for args in [
        &["-i", "-o", "x", "page.txt"][..],
        &["-i", "--diff", "page.txt"],
        &["-o", "x", "--json", "page.txt"],
        &["--check", "--diff", "page.txt"],
        &["--spans", "chars", "page.txt"],
        &["--dry-run", "page.txt"],
        &["-i"],
        &["-i", "-"],
        &["--keep", "credits", "page.txt"],
        &["--nothing"],
        &["rules"],
    ] {
        let run = place.run(args);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.contains("error: ") || args == ["rules"], "{run:?}");
    }
    assert_eq!(place.files(), [("page.txt".to_owned(), PAGE.to_owned())]);
}

#[test]
fn output_of_one_page_is_a_file() {
    let place = Place::with(&[("page.txt", PAGE), ("other.txt", OTHER)]);
    fs::create_dir(place.path("folder")).unwrap();
    check(place.run(&["-o", "out.txt", "page.txt"]), 0, "", "");
    assert_eq!(place.read("out.txt"), CLEAN);
    check(place.run(&["-q", "-o", "out.txt", "other.txt"]), 0, "", "");
    assert_eq!(place.read("out.txt"), OTHER);
    check(place.run_on(&["-o", "in.txt"], PAGE), 0, "", "");
    assert_eq!(place.read("in.txt"), CLEAN);
    check(place.run(&["-o", "folder", "page.txt"]), 0, "", "");
    assert_eq!(place.read("folder/page.txt"), CLEAN);
    check(place.run(&["-o", "new/", "page.txt"]), 0, "", "");
    assert_eq!(place.read("new/page.txt"), CLEAN);
    let run = place.run_on(&["-o", "folder", "--stdin-filename", "a/named.txt"], PAGE);
    check(run, 0, "", "");
    assert_eq!(place.read("folder/named.txt"), CLEAN);
    let err = "cleaner: error: standard input has no name to be written under; give it one with --stdin-filename\n";
    check(place.run_on(&["-o", "folder"], PAGE), 2, "", err);
}

#[test]
fn output_of_a_folder_is_its_tree() {
    let pages = [
        ("pages/a.txt", PAGE),
        ("pages/sub/deep/b.txt", OTHER),
        ("pages/.c.txt", PAGE),
    ];
    let place = Place::with(&pages);
    let run = place.run(&["-o", "out/new", "--dry-run", "-q", "pages"]);
    let out = "would write out/new/a.txt without 27 bytes\nwould write out/new/sub/deep/b.txt without 0 bytes\n";
    check(run, 0, &out.replace('/', std::path::MAIN_SEPARATOR_STR), "");
    assert!(!place.path("out").exists());
    check(place.run(&["-o", "out/new", "-q", "pages"]), 0, "", "");
    let mut wanted: Vec<(String, String)> =
        pages.map(|(name, text)| (name.into(), text.into())).into();
    wanted.push(("out/new/a.txt".into(), CLEAN.into()));
    wanted.push(("out/new/sub/deep/b.txt".into(), OTHER.into()));
    wanted.sort();
    assert_eq!(place.files(), wanted);
}

#[test]
fn output_that_would_harm_an_input_or_another_output_is_refused() {
    let files = [
        ("a.txt", PAGE),
        ("pages/a.txt", PAGE),
        ("pages/sub/b.txt", PAGE),
        ("more/a.txt", PAGE),
        ("one/x", PAGE),
        ("two/x/y.txt", PAGE),
    ];
    let place = Place::with(&files);
    let before = place.files();
    let in_place = "use --in-place";
    let input = "is an input too";
    for (args, part) in [
        (&["-o", "a.txt", "a.txt"][..], input),
        (&["-o", "./pages/../a.txt", "a.txt"], input),
        (&["-o", ".", "a.txt"], input),
        (&["-o", "pages", "pages"], in_place),
        (&["-o", "pages/sub", "pages"], in_place),
        (&["-o", "pages/new/out", "pages"], in_place),
        (
            &["-o", "out", "a.txt", "pages/a.txt"],
            "a.txt and pages/a.txt would both be written to",
        ),
        (&["-o", "out", "pages", "more"], "would both be written to"),
        (&["-o", "out", "a.txt", "a.txt"], "would both be written to"),
        (&["-o", "out", "one/x", "two"], "needs a folder"),
        (&["-o", "a.txt", "pages", "more"], "a.txt is not a folder"),
        (&["-o", "a.txt/", "pages/a.txt"], "a.txt/ is not a folder"),
    ] {
        let run = place.run(args);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.contains(part), "{args:?}: {}", run.err);
        assert_eq!(run.err.lines().count(), 1);
    }
    assert_eq!(place.files(), before);
    let nowhere = place.run(&["-o", "nowhere/out.txt", "a.txt"]);
    assert_eq!(nowhere.status, 2);
    assert_eq!(place.files(), before);
}

#[test]
fn in_place_rewrites_only_what_changes() {
    let place = Place::with(&[("a.txt", PAGE), ("sub/b.txt", OTHER), ("sub/c.txt", CLEAN)]);
    let time = |path: &str| place.path(path).metadata().unwrap().modified().unwrap();
    let before = (time("sub/b.txt"), time("sub/c.txt"));
    let run = place.run(&["-i", "--dry-run", "-q", "a.txt", "sub"]);
    check(run, 0, "would write a.txt without 27 bytes\n", "");
    assert_eq!(place.read("a.txt"), PAGE);
    check(place.run(&["-i", "-q", "a.txt", "sub"]), 0, "", "");
    let files = [("a.txt", CLEAN), ("sub/b.txt", OTHER), ("sub/c.txt", CLEAN)];
    assert_eq!(
        place.files(),
        files.map(|(name, text)| (name.to_owned(), text.to_owned()))
    );
    assert_eq!((time("sub/b.txt"), time("sub/c.txt")), before);
    check(place.run(&["-i", "-q", "a.txt", "sub"]), 0, "", "");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_outlive_writing() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::with(&[("a.txt", PAGE), ("old.txt", ""), ("real/b.txt", PAGE)]);
    let mode = |path: &str| place.path(path).metadata().unwrap().permissions().mode() & 0o7777;
    let set = |path: &str, mode| {
        fs::set_permissions(place.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    set("a.txt", 0o640);
    set("old.txt", 0o604);
    symlink("real/b.txt", place.path("link.txt")).unwrap();
    symlink("nothing.txt", place.path("dangling.txt")).unwrap();
    check(
        place.shell("umask 022; \"$CLEANER\" -o old.txt a.txt; \"$CLEANER\" -o new.txt a.txt"),
        0,
        "",
        "",
    );
    assert_eq!((mode("old.txt"), mode("new.txt")), (0o604, 0o644));
    check(place.run(&["-i", "a.txt"]), 0, "", "");
    assert_eq!(
        (mode("a.txt"), place.read("a.txt").as_str()),
        (0o640, CLEAN)
    );
    set("real/b.txt", 0o600);
    check(place.run(&["-i", "link.txt"]), 0, "", "");
    assert!(place.path("link.txt").is_symlink());
    assert_eq!(
        (mode("real/b.txt"), place.read("real/b.txt").as_str()),
        (0o600, CLEAN)
    );
    place.put("real/b.txt", "old");
    place.put("page.txt", PAGE);
    check(place.run(&["-o", "link.txt", "page.txt"]), 0, "", "");
    assert_eq!(place.read("real/b.txt"), CLEAN);
    let run = place.run(&["-o", "dangling.txt", "page.txt"]);
    let err =
        "page.txt: error: cannot write dangling.txt: No such file or directory (os error 2)\n";
    check(run, 2, "", err);
    // An output that leads to an input is that input.
    let run = place.run(&["-o", "link.txt", "real/b.txt"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("is an input too"));
}

#[cfg(unix)]
#[test]
fn links_in_folders_are_followed_where_that_is_asked_for() {
    use std::os::unix::fs::symlink;
    let place = Place::with(&[
        ("pages/a.txt", PAGE),
        ("pages/sub/b.txt", PAGE),
        ("elsewhere/c.txt", PAGE),
    ]);
    symlink("..", place.path("pages/sub/loop")).unwrap();
    symlink("nothing", place.path("pages/gone.txt")).unwrap();
    symlink("nothing", place.path("pages/.#lock.txt")).unwrap();
    symlink("../elsewhere", place.path("pages/there")).unwrap();
    // Whatever is behind them stays as it is.
    let note = "pages: note: links left out: 3; --follow follows them\n";
    let run = place.run(&["--check", "pages"]);
    check(run, 1, "pages/a.txt\npages/sub/b.txt\n", note);
    check(place.run(&["-i", "pages"]), 0, "", note);
    assert_eq!(place.read("pages/a.txt"), CLEAN);
    assert_eq!(place.read("elsewhere/c.txt"), PAGE);
    place.put("pages/a.txt", PAGE);
    place.put("pages/sub/b.txt", PAGE);
    // What is named is followed.
    let run = place.run(&["--check", "pages/there"]);
    check(run, 1, "pages/there/c.txt\n", "");
    let run = place.run(&["--check", "-L", "pages"]);
    let err = "\
pages/gone.txt: error: No such file or directory (os error 2)
pages/sub/loop: error: this link leads back to pages
";
    check(
        run,
        2,
        "pages/a.txt\npages/sub/b.txt\npages/there/c.txt\n",
        err,
    );
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_an_error_and_leaves_the_old_file() {
    let place = Place::with(&[("page.txt", PAGE), ("old.txt", "old\n")]);
    let err = "cleaner: error: standard output: No space left on device (os error 28)\n";
    for args in [
        "page.txt",
        "--diff page.txt",
        "--json page.txt",
        "--check page.txt",
        "--explain page.txt",
        "--version",
        "rules list",
        "man",
    ] {
        let run = place.shell(&format!("\"$CLEANER\" {args} > /dev/full"));
        check(run, 2, "", err);
    }
    let run = place.run(&["-o", "/dev/full", "page.txt"]);
    let err = "page.txt: error: cannot write /dev/full: No space left on device (os error 28)\n";
    check(run, 2, "", err);
    check(place.run(&["-o", "/dev/null", "page.txt"]), 0, "", "");
    // A file may not grow beyond one block, and growing is no signal but an error.
    place.put("long.txt", PAGE.repeat(1000));
    let before = place.files();
    let limit = "trap '' XFSZ; ulimit -f 1; exec \"$CLEANER\"";
    for args in ["-o old.txt long.txt", "-i long.txt"] {
        let run = place.shell(&format!("{limit} {args}"));
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        assert!(
            run.err.starts_with("long.txt: error: cannot write "),
            "{}",
            run.err
        );
        assert!(
            run.err.ends_with(": File too large (os error 27)\n"),
            "{}",
            run.err
        );
        assert_eq!(place.files(), before);
    }
}

#[cfg(unix)]
#[test]
fn closed_pipe_is_silent() {
    let place = Place::with(&[("page.txt", &PAGE.repeat(20_000))]);
    for args in [
        "page.txt",
        "--diff page.txt",
        "--json page.txt",
        "--explain page.txt",
        "--help",
        "man",
    ] {
        let line = format!("{{ \"$CLEANER\" {args}; echo $? > status; }} | head -c 1 > /dev/null");
        check(place.shell(&line), 0, "", "");
        assert_eq!(place.read("status"), "0\n", "{args}");
    }
}

#[cfg(unix)]
#[test]
fn closed_streams_are_no_bug() {
    let place = Place::with(&[("page.txt", PAGE)]);
    check(place.shell("\"$CLEANER\" page.txt >&-"), 0, "", "");
    check(place.shell("\"$CLEANER\" -q <&-"), 0, "", "");
    check(place.shell("\"$CLEANER\" missing.txt 2>&-"), 2, "", "");
    check(
        place.shell("\"$CLEANER\" missing.txt 2>&1 >&- | grep -c missing"),
        0,
        "1\n",
        "",
    );
}

#[test]
fn rules_are_listed_shown_and_checked() {
    let place = Place::new();
    let list = place.run(&["rules", "list"]).out;
    let row = |start: &str| -> Vec<String> {
        let row = list.lines().find(|line| line.starts_with(start));
        row.unwrap().split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(
        row("ID"),
        ["ID", "KIND", "RULES", "INHERITED", "NAME", "DOMAINS"]
    );
    assert_eq!(
        row("sample"),
        [
            "sample",
            "outlet",
            "4",
            "0",
            "The",
            "Sample",
            "sample.example"
        ]
    );
    assert_eq!(row("pangea")[1], "family");
    let json = place.run(&["rules", "list", "--json"]).out;
    let sample: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|one: &Value| one["id"] == "sample")
        .collect();
    let file = rule_file();
    let wanted = json!({
        "id": "sample", "name": "The Sample", "family": false, "domains": ["sample.example"],
        "extends": [], "own": 4, "rules": 4, "file": file,
    });
    assert_eq!(sample, [wanted]);
    let rule = format!(
        "\
sample/agency-credit
  line, credit, in the last 3 non-blank lines
  {file}:15
  Who supplied the material.
"
    );
    let (_, behind) = RULES
        .split_once("[[line]]\nid = \"agency-credit\"")
        .unwrap();
    let (source, _) = behind.split_once("\n[[inline]]").unwrap();
    let source = format!("[[line]]\nid = \"agency-credit\"{source}");
    check(
        place.run(&["rules", "show", "sample/agency-credit"]),
        0,
        &format!("{rule}\n{source}"),
        "",
    );
    for (id, wanted) in [("sample", RULES), ("sample/agency-credit", &source)] {
        check(place.run(&["rules", "show", "--toml", id]), 0, wanted, "");
    }
    let last = place
        .run(&["rules", "show", "--toml", "sample/footnote"])
        .out;
    assert!(RULES.ends_with(&last) && last.starts_with("[[line]]\nid = \"footnote\""));
    let crawl = include_str!("../../rules/families/crawl.toml");
    check(
        place.run(&["rules", "show", "--toml", "crawl"]),
        0,
        crawl,
        "",
    );
    let all = place.run(&["rules", "show", "sample"]).out;
    let heading = format!(
        "sample: The Sample\n  outlet, {file}\n  domains: sample.example\n\nsample/copyright-line\n"
    );
    assert!(all.starts_with(&heading) && all.contains(&rule), "{all}");
    let err = "cleaner: error: there is no rule `sample/credit` that runs (`cleaner rules show sample` shows those of sample)\n";
    check(place.run(&["rules", "show", "sample/credit"]), 2, "", err);
    let err = "cleaner: error: there is no rule `sample/copyright-lin` that runs; did you mean `sample/copyright-line`? (`cleaner rules show sample` shows those of sample)\n";
    check(
        place.run(&["rules", "show", "sample/copyright-lin"]),
        2,
        "",
        err,
    );
    let err = "cleaner: error: there is no outlet or family `sampel`; did you mean `sample`? (`cleaner rules list` shows all)\n";
    check(place.run(&["rules", "show", "sampel"]), 2, "", err);
    let checked = place.run(&["rules", "check"]);
    assert!(
        checked.status == 0 && checked.out.ends_with(" rules: fine\n"),
        "{checked:?}"
    );
    check(place.run(&["rules", "check", "rules"]), 0, &checked.out, "");
    let schema = place.run(&["rules", "schema"]).out;
    assert_eq!(schema, cleaner::RULE_SCHEMA);
}

#[test]
fn rule_files_in_folders_that_are_not_read_are_told() {
    let place = Place::new();
    place.put(
        "rules/news/herald.toml",
        "outlet = \"herald\"\nname = \"H\"\n",
    );
    place.put("rules/news/Cargo.toml", "[package]\nname = \"news\"\n");
    place.put("rules/.git/x.toml", "outlet = \"x\"\nname = \"X\"\n");
    place.put(
        "rules/families/own.toml",
        "family = \"own\"\nname = \"O\"\n",
    );
    let file = format!("rules{0}news{0}herald.toml", std::path::MAIN_SEPARATOR);
    let err = format!(
        "{file}: note: not read: rule files stand in the folder itself, those of families in its families/\n"
    );
    let out = "2 rule files, 4 rules: fine\n";
    check(place.run(&["rules", "check", "rules"]), 0, out, &err);
    let strict = place.run(&["rules", "check", "--strict", "rules"]);
    check(strict, 1, out, &err);
}

#[test]
fn rule_files_are_checked_without_the_bundled_ones() {
    let place = Place::new();
    place.put(
        "rules/sample.toml",
        RULES.replace("signs =", "extends = [\"crawl\"]\nsigns ="),
    );
    let with = place.run(&["rules", "check", "rules"]);
    check(with, 0, "1 rule file, 4 rules: fine\n", "");
    let without = place.run(&["rules", "check", "--no-bundled", "rules"]);
    assert_eq!(without.status, 2);
    assert!(without.err.contains("there is no outlet or family `crawl`"));
    let none =
        "cleaner: error: --no-bundled needs the folder of the rules that are to be checked\n";
    let mut command = place.command(BINARY, &["rules", "check", "--no-bundled"]);
    command.env_remove("CLEANER_RULES");
    check(finish(command, b""), 2, "", none);
}

#[test]
fn warnings_of_rule_files_are_for_people_and_for_programs() {
    let place = Place::new();
    let rules = "outlet = \"warned\"\nname = \"Warned, 100 %\"\ndomains = [\"co.uk\"]\n\n[[inline]]\nid = \"mark\"\ncategory = \"dateline\"\nnote = \"The paper's mark.\"\ntext = \"WP%\"\nremoves = [\"[-WP%-] He came.\"]\nkeeps = [\"He came.\"]\n";
    place.put("more/warned.toml", rules);
    let file = format!("more{}warned.toml", std::path::MAIN_SEPARATOR);
    let text = format!(
        "\
warning[public-suffix]: anybody may have a site under `co.uk`
 --> {file}:3:12
  |
3 | domains = [\"co.uk\"]
  |            ^^^^^^^ key `domains`
  |
  = help: write the outlet's own domain

warning[too-short]: «WP%» stands in many a text
 --> {file}:9:8
  |
9 | text = \"WP%\"
  |        ^^^^^ rule `warned/mark`, key `text`
  |
  = help: add what stands beside it, or give it a zone

1 rule file, 1 rule: 2 warnings
"
    );
    check(place.run(&["rules", "check", "more"]), 0, &text, "");
    let strict = ["rules", "check", "--strict", "more"];
    check(place.run(&strict), 1, &text, "");
    // A file by itself, also beside another one.
    check(place.run(&["rules", "check", &file]), 0, &text, "");
    let other = "outlet = \"other\"\nname = \"Other\"\n\n[[inline]]\nid = \"mark\"\ncategory = \"dateline\"\nnote = \"Its mark.\"\ntext = \"WP%\"\nremoves = [\"[-WP%-] He came.\"]\nkeeps = [\"He came.\"]\n";
    place.put("more/other.toml", other);
    place.put("more/notes.txt", "Not a rule file.\n");
    check(place.run(&["rules", "check", &file]), 0, &text, "");
    let err =
        "cleaner: error: more/notes.txt is no rule file; expected a name that ends with .toml\n";
    let notes = ["rules", "check", "more/notes.txt"];
    check(place.run(&notes), 2, "", err);
    // Several files of a folder are checked together, those of another one by themselves.
    place.put(
        "less/third.toml",
        other
            .replace("other", "third")
            .replace("WP%", "Third paper: "),
    );
    let run = place.run(&[
        "rules",
        "check",
        "more/other.toml",
        "less/third.toml",
        &file,
    ]);
    let ends = [
        "2 rule files, 2 rules: 4 warnings",
        "1 rule file, 1 rule: 1 warning",
    ];
    let verdicts: Vec<&str> = run
        .out
        .lines()
        .filter(|line| line.contains(" rule file"))
        .collect();
    assert_eq!(
        (run.status, verdicts, run.err.as_str()),
        (0, ends.to_vec(), "")
    );
    let twice = ["rules", "check", "less/third.toml", "less/third.toml"];
    assert_eq!(place.run(&twice).out, place.run(&twice[..3]).out);
    let run = place.run(&[
        "rules",
        "check",
        "less/third.toml",
        "none",
        "--format=github",
    ]);
    let none = "none: No such file or directory (os error 2)";
    assert_eq!(run.status, 2);
    assert!(
        cfg!(windows) || run.out.contains("::error file=none,"),
        "{none} {run:?}"
    );
    std::fs::remove_dir_all(place.path("less")).unwrap();
    std::fs::remove_file(place.path("more/other.toml")).unwrap();
    // Those of families have a folder of their own, and build on the others.
    place.put(
        "more/families/kin.toml",
        "family = \"kin\"\nname = \"Kin\"\nextends = [\"warned\"]\n",
    );
    for path in ["more/families/kin.toml", "./more/families/kin.toml"] {
        check(
            place.run(&["rules", "check", path]),
            0,
            "1 rule file, 0 rules: fine\n",
            "",
        );
    }
    std::fs::remove_file(place.path("more/families/kin.toml")).unwrap();
    let json = format!(
        "\
{{\"level\":\"warning\",\"file\":{file:?},\"line\":3,\"column\":12,\"rule\":null,\"key\":\"domains\",\"lint\":\"public-suffix\",\"message\":\"anybody may have a site under `co.uk`\",\"help\":\"write the outlet's own domain\"}}
{{\"level\":\"warning\",\"file\":{file:?},\"line\":9,\"column\":8,\"rule\":\"warned/mark\",\"key\":\"text\",\"lint\":\"too-short\",\"message\":\"«WP%» stands in many a text\",\"help\":\"add what stands beside it, or give it a zone\"}}
"
    );
    check(
        place.run(&["rules", "check", "more", "--format", "json"]),
        0,
        &json,
        "",
    );
    let github = format!(
        "\
::warning file={file},line=3,col=12,title=public-suffix::anybody may have a site under `co.uk`%0Ahelp: write the outlet's own domain
::warning file={file},line=9,col=8,title=too-short%3A warned/mark::«WP%25» stands in many a text%0Ahelp: add what stands beside it, or give it a zone
"
    );
    let annotate = ["rules", "check", "more", "--strict", "--format", "github"];
    check(place.run(&annotate), 1, &github, "");
    // Errors are told in the same form.
    place.put("more/warned.toml", rules.replace("dateline", "datelin"));
    let annotated = place.run(&annotate);
    let error = format!(
        "::error file={file},line=7,col=12,title=warned/mark::unknown category `datelin`; expected one of: navigation, player, legal, duplicate, promo, share, account, bio, layout, dateline, credit%0Ahelp: did you mean `dateline`?\n"
    );
    check(annotated, 2, &error, "");
    let run = place.run(&["rules", "check", "more", "--format", "json"]);
    assert!(
        run.status == 2 && run.out.starts_with("{\"level\":\"error\","),
        "{run:?}"
    );
}

#[test]
fn lints_are_explained() {
    let place = Place::new();
    let list = place.run(&["rules", "explain"]);
    assert_eq!(list.out.lines().count(), cleaner::Lint::ALL.len());
    assert!(
        list.out.contains(
            "\nshadowed             A rule of which other rules take all that it takes.\n"
        ),
        "{list:?}"
    );
    let one = place.run(&["rules", "explain", "public-suffix"]);
    let out = "\
public-suffix
A domain under which anybody may have a site.

Anybody may have a site under this domain (`co.uk`, `com.kg`, `blogspot.com`), so the rules would
run on pages of anybody. The list is that of publicsuffix.org.

Write the outlet's own domain.
";
    check(one, 0, out, "");
    let wrong = place.run(&["rules", "explain", "shadowd"]);
    assert!(
        wrong.status == 2 && wrong.err.contains("'shadowed'"),
        "{wrong:?}"
    );
}

#[test]
fn bundled_outlets_are_listed_with_their_domains() {
    let place = Place::new();
    let mut command = place.command(BINARY, &["rules", "list"]);
    command.env_remove("CLEANER_RULES");
    let list = finish(command, b"").out;
    for (id, domain) in [
        ("rferl", "rferl.org"),
        ("akipress", "akipress.com"),
        ("vice", "vice.com"),
        ("voa", "voanews.com"),
    ] {
        let row = list
            .lines()
            .find(|line| line.split_whitespace().next() == Some(id));
        let row = row.unwrap_or_else(|| panic!("{id} in {list}"));
        assert!(row.split_whitespace().any(|word| word == domain), "{row}");
    }
}

#[test]
fn help_completions_and_manual_are_there() {
    let place = Place::new();
    for (args, part) in [
        (&["-h"][..], "Usage: cleaner [OPTIONS] [PATH]..."),
        (&["--help"], "Examples:"),
        (&["rules", "--help"], "Usage: cleaner rules"),
        (&["completions", "bash"], "complete -F _cleaner"),
        (&["completions", "zsh"], "#compdef cleaner"),
        (&["man"], ".TH cleaner 1"),
    ] {
        let run = place.run(args);
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{args:?}");
        assert!(run.out.contains(part), "{args:?}: {}", run.out);
    }
    assert_eq!(place.run(&["-V"]), place.run(&["--version"]));
}

#[test]
fn readme_shows_what_the_program_prints() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md"))
        .unwrap()
        .replace("\r\n", "\n");
    let page = "tests/fixtures/akipress/alt-text-lower-case.txt";
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cleaner"))
        .current_dir(root)
        .args(["--diff", page])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let diff = String::from_utf8(output.stdout).unwrap();
    assert!(readme.contains(&format!("```diff\n{diff}```")), "{diff}");
}

#[test]
fn what_is_read_is_not_written_over_by_reports_and_restored_files() {
    let place = Place::with(&[("page.txt", PAGE), ("rules/sample.toml", RULES)]);
    for (output, what) in [
        ("page.txt", "an input too"),
        ("rules/sample.toml", "a rule file"),
    ] {
        let run = place.run(&["report", "page.txt", "-o", output]);
        check(
            run,
            2,
            "",
            &format!("cleaner: error: the file {output} is {what}\n"),
        );
    }
    assert_eq!(
        (place.read("page.txt"), place.read("rules/sample.toml")),
        (PAGE.into(), RULES.into())
    );
    let run = place.run(&["page.txt", "-o", "rules/sample.toml"]);
    let err = "cleaner: error: the output rules/sample.toml is a rule file\n";
    check(run, 2, "", err);
    assert_eq!(place.read("rules/sample.toml"), RULES);
    let run = place.run(&["page.txt", "-o", "left.txt", "--removed=went.jsonl"]);
    assert_eq!(run.status, 0, "{run:?}");
    let went = place.read("went.jsonl");
    let run = place.run(&["restore", "went.jsonl", "left.txt", "-o", "./went.jsonl"]);
    let err = "cleaner: error: ./went.jsonl is what went; restore into another file\n";
    check(run, 2, "", err);
    assert_eq!(place.read("went.jsonl"), went);
    let json = place.run(&["--json", "page.txt"]).out;
    place.put("page.json", &json);
    let run = place.run(&["restore", "page.json", "-o", "page.json"]);
    assert_eq!(run.status, 2, "{run:?}");
    assert_eq!(place.read("page.json"), json);
}

#[cfg(unix)]
#[test]
fn standard_output_by_its_name_is_written_on() {
    let place = Place::with(&[("page.txt", PAGE)]);
    for name in ["/dev/stdout", "/dev/fd/1"] {
        place.put("log", "before\n");
        let run = place.shell(&format!(
            "(\"$CLEANER\" -q page.txt -o {name}; echo after) >> log"
        ));
        check(run, 0, "", "");
        assert_eq!(
            place.read("log"),
            format!("before\n{CLEAN}after\n"),
            "{name}"
        );
    }
    place.put("log", "before\n");
    let run = place.shell("\"$CLEANER\" -q page.txt --removed /dev/stderr -o left.txt 2>> log");
    check(run, 0, "", "");
    let log = place.read("log");
    assert!(
        log.starts_with("before\n{") && log.lines().count() == 2,
        "{log}"
    );
}
