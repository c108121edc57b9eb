//! `--removed` with `restore`, and `--annotate`: what went, where, and back again.

use serde_json::{Value, json};

use crate::place::*;

/// Records with all that is hard to keep, some of which cannot be read.
fn jsonl() -> Vec<u8> {
    let mut file = b"\xef\xbb\xbf".to_vec();
    let mut line = |line: &str| file.extend_from_slice(line.as_bytes());
    line("{\"id\":1.10,\"text\":");
    line(&json_string(PAGE));
    line("}\r\n\r\n");
    line(
        r#"{ "text" : "S\u0041MPLE -- One sentence \u00e9\/ \ud83d \ud83d\ude00\r\n\nSample Media \u00a9" , "n":1e400 }"#,
    );
    line(" \t\r\n \n");
    line("{\"text\":7}\r\n");
    line("{\"text\":");
    line(&json_string(OTHER));
    line("}\n");
    line("{\"text\":");
    line(&json_string(&PAGE.replace("school", "\u{1f600}école")));
    line(",\"z\":{}}\n");
    line("{\"text\":null}\n{}\n");
    file.extend_from_slice(b"{\"text\":\"SAMPLE -- \xff\"}\nSAMPLE -- no record\n");
    // The last record but one is the last line that ends.
    file.extend_from_slice(
        b"{\"text\":\"SAMPLE -- The end of it.\",\"outlet\":\"sample\"}\n{\"text\":\"\x01\"}",
    );
    file
}

fn wet() -> Vec<u8> {
    let page = wet_record("conversion", "https://www.sample.example/", PAGE);
    let other = wet_record("conversion", "", OTHER);
    let info = wet_record("warcinfo", "", PAGE);
    let wrong = page.replace("Content-Length: 86", "Content-Length: 80");
    assert_ne!(wrong, page);
    // A digest that was wrong before, and one that cannot be made.
    let wrong_digest = page.replace(
        "Content-Type",
        "WARC-Block-Digest: sha1:WRONG\r\nWARC-Payload-Digest: crc32:77\r\nContent-Type",
    );
    let odd = page.replace("\r\n", "\n").replace(": ", ":  ");
    [info, page.clone(), wrong, other, wrong_digest, odd, page]
        .concat()
        .into_bytes()
}

fn txt() -> String {
    format!("\u{feff}{}\u{1f600}", PAGE.replace('\n', "\r\n"))
}

/// A folder of all formats.
fn put_tree(place: &Place) {
    place.put("in/a.txt", txt());
    place.put("in/b.txt", OTHER);
    place.put("in/c.txt", EMPTIED);
    place.put("in/sub/d.jsonl", jsonl());
    place.put("in/sub/e.jsonl.gz", gz(jsonl()));
    place.put("in/sub/f.jsonl.zst", zst(jsonl()));
    place.put("in/g.wet", wet());
    place.put("in/h.wet.gz", gz(wet()));
    place.put("in/none.jsonl", "");
    place.put("in/same.jsonl", record(CLEAN));
}

fn unpacked(name: &str, bytes: &[u8]) -> Vec<u8> {
    match name.rsplit_once('.') {
        Some((_, "gz")) => gunzip(bytes),
        Some((_, "zst")) => unzst(bytes),
        _ => bytes.to_owned(),
    }
}

/// The two folders hold the same files, decompressed.
#[track_caller]
fn assert_same_trees(place: &Place, back: &str, input: &str) {
    let tree = |folder: &str| -> Vec<(String, Vec<u8>)> {
        let files = place.raw_files().into_iter().filter_map(|(name, bytes)| {
            let name = name.strip_prefix(folder)?.to_owned();
            let bytes = unpacked(&name, &bytes);
            Some((name, bytes))
        });
        files.collect()
    };
    let (found, wanted) = (tree(back), tree(input));
    let names = |tree: &[(String, Vec<u8>)]| -> Vec<String> {
        tree.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&found), names(&wanted));
    for ((name, found), (_, wanted)) in found.iter().zip(&wanted) {
        println!("{name}");
        same(found, wanted);
    }
}

#[test]
fn trees_are_restored() {
    for on_error in ["--on-error=keep", "--on-error=reject=bad"] {
        for spans in ["--spans=bytes", "--spans=chars"] {
            for removed in ["went.jsonl", "went.jsonl.gz", "went/"] {
                let place = Place::new();
                put_tree(&place);
                if on_error != "--on-error=keep" {
                    // Pages are no records, so that they cannot be put aside.
                    for name in ["in/a.txt", "in/b.txt", "in/c.txt"] {
                        std::fs::remove_file(place.path(name)).unwrap();
                    }
                }
                let run = place.run(&[
                    "-q",
                    "-O",
                    "sample",
                    on_error,
                    spans,
                    "--removed",
                    removed,
                    "-o",
                    "out",
                    "in",
                ]);
                assert_eq!((run.status, run.out.as_str()), (0, ""));
                let changed = unpacked("x.gz", &place.bytes("out/sub/e.jsonl.gz"));
                assert_ne!(changed, jsonl());
                let run = place.run(&["restore", removed, "out", "-o", "back"]);
                assert_eq!(
                    (run.status, run.out.as_str(), run.err.as_str()),
                    (0, "", ""),
                    "{on_error} {spans} {removed}"
                );
                assert_same_trees(&place, "back/", "in/");
            }
        }
    }
}

#[test]
fn files_of_any_name_are_restored() {
    let place = Place::new();
    for name in ["in/1.txt", "in/2.md", "in/.3.txt", "in/page"] {
        place.put(name, txt());
    }
    place.put("in/same.md", "Nothing goes.\n");
    let names = ["in/1.txt", "in/2.md", "in/.3.txt", "in/page", "in/same.md"];
    for removed in ["went.jsonl", "went/"] {
        let clean = [
            "-q",
            "-O",
            "sample",
            "--format=text",
            "-o",
            "out/",
            "--removed",
            removed,
        ];
        let run = place.run(&[&clean[..], &names].concat());
        assert_eq!(run.status, 0, "{}", run.err);
        assert_ne!(place.read("out/2.md"), place.read("in/2.md"));
        let run = place.run(&["restore", removed, "out", "-o", "back"]);
        check(run, 0, "", "");
        assert_same_trees(&place, "back/", "in/");
    }
}

#[test]
fn text_that_begins_like_a_record_is_restored() {
    let place = Place::new();
    let page = format!("{{\"text\": in braces}}\n{PAGE}");
    for removed in ["went.jsonl", "went/"] {
        place.put("in/page", &page);
        let clean = ["-q", "-O", "sample", "--format=text", "-o", "out/"];
        let clean = [&clean[..], &["--removed", removed, "in/page"]].concat();
        check(place.run(&clean), 0, "", "");
        assert_ne!(place.read("out/page"), page);
        let run = place.run(&["restore", removed, "out", "-o", "back"]);
        check(run, 0, "", "");
        assert_eq!(place.read("back/page"), page);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_no_list_can_hold_are_refused() {
    use std::os::unix::ffi::OsStrExt;

    let place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"in/\xff.txt");
    std::fs::create_dir(place.path("in")).unwrap();
    std::fs::write(place.path("in").parent().unwrap().join(name), PAGE).unwrap();
    for (option, what) in [
        (&["--removed=went.jsonl"][..], "--removed"),
        (&["--resume"], "--resume"),
    ] {
        let run = place.run(&[&["-O", "sample", "in", "-o", "out"][..], option].concat());
        let err = format!(
            "cleaner: error: in/\u{fffd}.txt: the name is not UTF-8, and {what} could not write it down; rename the file\n"
        );
        check(run, 2, "", &err);
        assert!(!place.path("out").exists());
    }
    check(
        place.run(&["-q", "-O", "sample", "in", "-o", "out"]),
        0,
        "",
        "",
    );
    let out = place.path("in").parent().unwrap().join("out");
    let name = std::ffi::OsStr::from_bytes(b"\xff.txt");
    assert_eq!(std::fs::read_to_string(out.join(name)).unwrap(), CLEAN);
}

#[test]
fn a_file_is_rewritten_in_place_once() {
    let place = Place::new();
    place.put("in/a.txt", txt());
    for again in ["in/a.txt", "in", "in/../in/a.txt"] {
        let run = place.run(&["-q", "-i", "-O", "sample", "in/a.txt", again]);
        assert_eq!(run.status, 2);
        assert!(
            run.err
                .contains(" are one file, which would be rewritten twice"),
            "{}",
            run.err
        );
        assert_eq!(place.bytes("in/a.txt"), txt().into_bytes());
    }
}

#[test]
fn single_files_are_restored() {
    let place = Place::new();
    place.put("a.txt", txt());
    place.put("d.jsonl", jsonl());
    place.put("d.jsonl.gz", gz(jsonl()));
    place.put("g.wet", wet());
    place.put("h.wet.gz", gz(wet()));
    for (input, output) in [
        ("a.txt", "out.txt"),
        ("a.txt", "out.txt.gz"),
        ("d.jsonl", "out.jsonl"),
        ("d.jsonl.gz", "out.jsonl.zst"),
        ("g.wet", "out.wet"),
        ("h.wet.gz", "out.wet.gz"),
    ] {
        for args in [&[][..], &["--spans=chars"], &["--add-fields=read"]] {
            if args == ["--add-fields=read"] && !input.contains("jsonl") {
                continue;
            }
            let original = unpacked(input, &place.bytes(input));
            let clean = [
                "-q",
                "-O",
                "sample",
                "--on-error=keep",
                "--removed=went.jsonl",
                "-o",
                output,
                input,
            ];
            let run = place.run(&[args, &clean].concat());
            assert_eq!(run.status, 0, "{}", run.err);
            let cleaned = unpacked(output, &place.bytes(output));
            assert_ne!(cleaned, original);
            // To standard output, and to a file.
            let run = place.run_raw(&["restore", "went.jsonl", output], "");
            check_raw(run, 0, &original, "");
            check(
                place.run(&["restore", "went.jsonl", output, "-o", "back"]),
                0,
                "",
                "",
            );
            same(&place.bytes("back"), &original);
            // What went comes through a pipe.
            let run = place.run_raw(&["restore", "-", output], place.bytes("went.jsonl"));
            check_raw(run, 0, &original, "");
        }
    }
    // Of standard output it is made as well.
    let run = place.run_raw(&["-q", "-O", "sample", "--removed=went.jsonl", "a.txt"], "");
    place.put("clean.txt", run.out);
    let run = place.run_raw(&["restore", "went.jsonl", "clean.txt"], "");
    check_raw(run, 0, txt().as_bytes(), "");
    // And in place.
    let run = place.run(&[
        "-q",
        "-i",
        "-O",
        "sample",
        "--on-error=keep",
        "--removed=went/",
        "d.jsonl",
    ]);
    assert_eq!(run.status, 0);
    assert_ne!(place.bytes("d.jsonl"), jsonl());
    check_raw(
        place.run_raw(&["restore", "went", "d.jsonl"], ""),
        0,
        &jsonl(),
        "",
    );
}

#[test]
fn lines_of_what_went_name_the_record() {
    let place = Place::new();
    place.put("in/sub/a.jsonl", record(OTHER) + "\n" + &record(PAGE));
    let run = place.run(&["-q", "--removed=went.jsonl", "-o", "out", "in"]);
    check(run, 0, "", "");
    let went = place.read("went.jsonl");
    assert_eq!(went.lines().count(), 1);
    let went: Value = serde_json::from_str(&went).unwrap();
    assert_eq!(
        (&went["path"], &went["record"]),
        (&json!("sub/a.jsonl"), &json!(3))
    );
    assert_eq!(
        went["raw"],
        json!([[9, "SAMPLE -- "], [61, "Sample Media ©\\n\\n"]])
    );
    assert_eq!(went["removals"][0]["text"], "SAMPLE -- ");
    assert_eq!(went.get("text"), None);
    assert_eq!(went["rules_hash"].as_str().unwrap().len(), 12);
}

#[test]
fn restore_refuses_files_that_do_not_fit() {
    let place = Place::new();
    let page = |number: usize| format!("SAMPLE -- Story {number} of the school.\n");
    let lines: String = (0..3).map(|number| record(&page(number))).collect();
    place.put("in.jsonl", &lines);
    check(
        place.run(&["--removed=went.jsonl", "-o", "out.jsonl", "in.jsonl"]),
        0,
        "",
        "",
    );
    place.put("in.wet", wet_record("conversion", "", PAGE));
    check(
        place.run(&["--removed=wet.went.jsonl", "-o", "out.wet", "in.wet"]),
        0,
        "",
        "",
    );
    place.put("short.jsonl", "{}\n{}\n{}\n");
    place.put(
        "fewer.jsonl",
        place.read("out.jsonl").lines().next().unwrap(),
    );
    place.put("page.txt", "One.\n");
    place.put("note.jsonl", "no json\n");
    place.put(
        "added.jsonl",
        r#"{"record":1,"removals":[],"added":",\"read\":{}","lines":1}"#,
    );
    for (went, file) in [
        ("went.jsonl", "short.jsonl"),
        ("went.jsonl", "fewer.jsonl"),
        ("went.jsonl", "page.txt"),
        ("went.jsonl", "out.wet"),
        ("wet.went.jsonl", "out.jsonl"),
        ("note.jsonl", "out.jsonl"),
        ("added.jsonl", "out.jsonl"),
        ("went.jsonl", "missing.jsonl"),
        ("missing.jsonl", "out.jsonl"),
    ] {
        let before = place.raw_files();
        let run = place.run(&["restore", went, file, "-o", "back"]);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{went} {file}");
        assert!(run.err.contains("error: "), "{}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        assert_eq!(place.raw_files(), before, "{went} {file}");
    }
    // The input instead of what is left of it.
    for (went, file, what) in [
        (
            "went.jsonl",
            "in.jsonl",
            "this is not what was left: 35 bytes were, here are 45",
        ),
        (
            "page.went.jsonl",
            "in.txt",
            "this is not what was left: 59 bytes were, here are 86",
        ),
    ] {
        place.put("in.txt", PAGE);
        let clean = ["--removed=page.went.jsonl", "-o", "out.txt", "in.txt"];
        check(place.run(&clean), 0, "", "");
        let run = place.run(&["restore", went, file, "-o", "back"]);
        check(run, 2, "", &format!("{file}: error: {what}\n"));
        assert!(!place.path("back").exists());
    }
    // A folder asks for one.
    place.put("out/a.jsonl", "");
    let err = "cleaner: error: name the folder to restore the files into with --output\n";
    check(place.run(&["restore", "went.jsonl", "out"]), 2, "", err);
}

#[test]
fn restore_notices_that_all_lines_are_lost() {
    let place = Place::new();
    place.put("in/a.txt", OTHER);
    place.put("in/b.txt", PAGE);
    let restore = |went: &str| place.run(&["restore", went, "out", "-o", "back"]);
    let err = "the last line, which says how many there are, is missing";
    check(
        place.run(&["-q", "-o", "out", "--removed=went/", "in"]),
        0,
        "",
        "",
    );
    check(
        place.run(&["-q", "-o", "out", "--removed=went.jsonl", "in"]),
        0,
        "",
        "",
    );
    for went in ["went/", "went.jsonl"] {
        check(restore(went), 0, "", "");
        assert_same_trees(&place, "back/", "in/");
    }
    assert_eq!(place.read("went/a.txt.removed.jsonl"), "{\"lines\":0}\n");
    for (name, file) in [("a.txt", "out/a.txt"), ("b.txt", "out/b.txt")] {
        let path = format!("went/{name}.removed.jsonl");
        let before = place.read(&path);
        place.put(&path, "");
        let wanted = format!("{file}: error: line 1 of what went: {err}\n");
        check(restore("went/"), 2, "", &wanted);
        place.put(&path, before);
    }
    place.put("went.jsonl", "");
    let wanted = format!("cleaner: error: line 1 of what went: {err}; nothing has been restored\n");
    check(restore("went.jsonl"), 2, "", &wanted);
    // A run that goes on does not take it for what it has done.
    let resume = ["-q", "--resume", "-o", "next", "--removed=next.went/", "in"];
    check(place.run(&resume), 0, "", "");
    place.put("next.went/b.txt.removed.jsonl", "");
    check(place.run(&resume), 0, "", "");
    let went = place.read("next.went/b.txt.removed.jsonl");
    assert!(went.ends_with(",\"lines\":1}\n"), "{went}");
}

#[test]
fn restore_notices_lines_that_are_lost() {
    let place = Place::new();
    for name in ["a", "b"] {
        place.put(&format!("in/{name}.jsonl"), record(PAGE) + &record(PAGE));
        let input = format!("in/{name}.jsonl");
        let went = format!("--removed={name}.went.jsonl");
        check(place.run(&[&went, "-o", "out/", &input]), 0, "", "");
    }
    let went = ["a", "b"].map(|name| place.read(&format!("{name}.went.jsonl")));
    assert!(went[0].ends_with(",\"lines\":2}\n"));
    // Two runs are as one.
    let all = went.concat();
    place.put("all.jsonl", &all);
    let restore = ["restore", "all.jsonl", "out", "-o", "back"];
    check(place.run(&restore), 0, "", "");
    assert_same_trees(&place, "back/", "in/");
    std::fs::remove_dir_all(place.path("back")).unwrap();

    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    let missing = "the last line, which says how many there are, is missing";
    let fewer = "this is the last of 2 lines, not all of which are there";
    for (lost, line, what) in [(0, 1, fewer), (1, 3, fewer), (2, 3, fewer), (3, 4, missing)] {
        let mut left = lines.clone();
        left.remove(lost);
        place.put("all.jsonl", left.concat());
        let err = format!(
            "cleaner: error: line {line} of what went: {what}; nothing has been restored\n"
        );
        check(place.run(&restore), 2, "", &err);
        assert!(!place.path("back").exists());
    }
    for (lost, line, what) in [(0, 1, fewer), (1, 2, missing)] {
        place.put("a.went.jsonl", lines[1 - lost]);
        let err = format!("out/a.jsonl: error: line {line} of what went: {what}\n");
        let run = place.run(&["restore", "a.went.jsonl", "out/a.jsonl", "-o", "back"]);
        check(run, 2, "", &err);
        assert!(!place.path("back").exists());
    }
}

#[test]
fn restore_of_a_tree_goes_on_after_a_file_that_does_not_fit() {
    let place = Place::new();
    for name in ["a", "b", "c"] {
        place.put(&format!("in/{name}.jsonl"), record(PAGE));
    }
    for removed in ["went.jsonl", "went/"] {
        check(
            place.run(&["--removed", removed, "-o", "out", "in"]),
            0,
            "",
            "",
        );
        place.put("out/b.jsonl", "{}\n");
        let run = place.run(&["restore", removed, "out", "-o", "back"]);
        assert_eq!((run.status, run.err.lines().count()), (2, 1), "{}", run.err);
        assert!(run.err.contains("b.jsonl: error: "), "{}", run.err);
        assert_eq!(place.read("back/a.jsonl"), record(PAGE));
        assert_eq!(place.read("back/c.jsonl"), record(PAGE));
        assert!(!place.path("back/b.jsonl").exists());
        std::fs::remove_dir_all(place.path("back")).unwrap();
    }
}

/// The line of attributes of a document, and its text without what they name.
#[track_caller]
fn without_attributes(text: &str, line: &Value, name: &str) -> String {
    let spans = line["attributes"][format!("{name}__removed")]
        .as_array()
        .unwrap();
    let chars: Vec<char> = text.chars().collect();
    let (mut left, mut from) = (String::new(), 0);
    for (number, span) in spans.iter().enumerate() {
        let [start, end] = [0, 1].map(|at| span[at].as_u64().unwrap() as usize);
        assert_eq!(span[2], 1.0);
        // In order, disjoint, not even touching, none empty.
        assert!(
            start < end && end <= chars.len() && (start > from || number == 0),
            "{line}"
        );
        left.extend(&chars[from..start]);
        from = end;
    }
    left.extend(&chars[from..]);
    left
}

#[test]
fn attributes_name_in_characters_what_would_go() {
    let place = Place::new();
    let hard = format!(
        "\u{1f600} é\n{PAGE}\u{1f600}\n{PAGE}Sample Media ©\n+ \u{1f600}\u{1f600}\n\u{1f600}\n"
    );
    let page = PAGE.replace("school", "\u{1f600}école");
    let texts = [
        page.as_str(),
        OTHER,
        hard.as_str(),
        CLEAN,
        "",
        "Ünï\u{1f600}\r\nSample Media ©",
    ];
    let ids = [
        "\"a\"",
        "1.10",
        "null",
        "[1, 2]",
        "{\"x\":1E+2}",
        "\"\\u0061\"",
    ];
    let mut lines = String::new();
    let mut wanted_texts = Vec::new();
    for (text, id) in texts.iter().zip(ids) {
        lines += &format!("{{\"text\":{},\"id\" : {id}}}\n", json_string(text));
        wanted_texts.push(
            place
                .run_on(&["-q", "-O", "sample", "--format=text"], text)
                .out,
        );
    }
    // Rows without a text have their attributes, and blank lines none.
    lines += "{\"text\":null,\"id\":7}\n\n{}\n";
    place.put("documents/sub/x.jsonl.gz", gz(&lines));
    let before = place.raw_files();
    check(
        place.run(&["-q", "-O", "sample", "--annotate", "documents"]),
        0,
        "",
        "",
    );
    let mut after = place.raw_files();
    let (name, bytes) = after.remove(0);
    assert_eq!(
        (name.as_str(), after),
        ("attributes/cleaner/sub/x.jsonl.gz", before)
    );
    let out = String::from_utf8(gunzip(&bytes)).unwrap();
    assert_eq!(out.lines().count(), 8);
    for ((line, id), (text, wanted)) in out.lines().zip(ids).zip(texts.iter().zip(&wanted_texts)) {
        assert!(
            line.starts_with(&format!("{{\"id\":{id},\"attributes\":{{")),
            "{line}"
        );
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(&without_attributes(text, &line, "cleaner"), wanted);
    }
    let last: Vec<&str> = out.lines().skip(6).collect();
    assert_eq!(
        last,
        [
            r#"{"id":7,"attributes":{"cleaner__removed":[]}}"#,
            r#"{"id":null,"attributes":{"cleaner__removed":[]}}"#
        ]
    );
    // All of one, with its categories.
    let first: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    let wanted = json!({ "id": "a", "attributes": {
        "cleaner__removed": [[0, 10, 1.0], [48, 64, 1.0]],
        "cleaner__dateline": [[0, 10, 1.0]],
        "cleaner__legal": [[48, 63, 1.0]],
    } });
    assert_eq!(first, wanted);
    // What is kept is not named, and the name may be another.
    let args = [
        "-q",
        "-O",
        "sample",
        "--annotate=mine",
        "--keep=legal",
        "-o",
        "x.jsonl",
        "documents/sub/x.jsonl.gz",
    ];
    check(place.run(&args), 0, "", "");
    let kept = place.read("x.jsonl");
    let kept: Value = serde_json::from_str(kept.lines().next().unwrap()).unwrap();
    let wanted = json!({ "id": "a", "attributes": {
        "mine__removed": [[0, 10, 1.0]],
        "mine__dateline": [[0, 10, 1.0]],
    } });
    assert_eq!(kept, wanted);
}

#[test]
fn attributes_have_a_place_beside_documents() {
    let place = Place::new();
    place.put("data/documents/a/documents/b.jsonl", record(PAGE));
    check(
        place.run(&["--annotate=x", "data/documents/a/documents/b.jsonl"]),
        0,
        "",
        "",
    );
    assert!(place.path("data/documents/a/attributes/x/b.jsonl").exists());
    place.put("c.jsonl", record(PAGE));
    let run = place.run(&["--annotate", "c.jsonl"]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(
        run.err.contains("is not below a folder named documents"),
        "{}",
        run.err
    );
    // Where standard output is named they go there.
    let run = place.run(&["-q", "--annotate", "c.jsonl", "-o", "-"]);
    let row = "{\"id\":null,\"attributes\":{\"cleaner__removed\":[";
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with(row), "{}", run.out);
    // Of records that cannot be read there is a row too.
    place.put(
        "documents/d.jsonl",
        "\u{feff}7\n{\"id\":\"x\",\"text\":\"\"}\n",
    );
    let run = place.run(&["-q", "--annotate", "--on-error=keep", "documents/d.jsonl"]);
    assert_eq!(run.status, 0);
    let wanted = "{\"id\":null,\"attributes\":{\"cleaner__removed\":[]}}\n{\"id\":\"x\",\"attributes\":{\"cleaner__removed\":[]}}\n";
    assert_eq!(place.read("attributes/cleaner/d.jsonl"), wanted);
}

#[test]
fn what_went_does_not_take_the_place_of_an_input_or_an_output() {
    let place = Place::new();
    place.put("in/a.jsonl", record(PAGE));
    place.put("b.jsonl", record(PAGE));
    let before = place.files();
    let (input, output) = ("is an input too", "is an output too");
    for (args, part) in [
        (
            &["--removed=b.jsonl", "-o", "x.jsonl", "b.jsonl"][..],
            input,
        ),
        (&["--removed=./in/../b.jsonl", "b.jsonl"], input),
        (
            &["--removed=r.jsonl", "-i", "b.jsonl"],
            "--in-place needs --removed to be a folder",
        ),
        (&["--removed=in/a.jsonl", "-o", "out", "in"], input),
        (&["--on-error=reject=b.jsonl", "b.jsonl"], input),
        (&["--removed=x.jsonl", "-o", "x.jsonl", "b.jsonl"], output),
        (&["--removed=out/a.jsonl", "-o", "out", "in"], output),
        (
            &["--on-error=reject=x.jsonl", "-o", "x.jsonl", "b.jsonl"],
            output,
        ),
        (
            &["--removed=x", "--on-error=reject=x", "b.jsonl"],
            "the file x is to be written twice",
        ),
        (
            &["--removed=in/", "-o", "out", "in"],
            "would be an input next time",
        ),
        (
            &["--removed=in/went/", "-i", "in"],
            "would be an input next time",
        ),
        (
            &["--removed=in/went.jsonl", "-o", "out", "in"],
            "the file in/went.jsonl is inside in; it would be an input next time",
        ),
        (
            &["--removed=out/", "-o", "out", "in"],
            "would be taken for a cleaned file",
        ),
    ] {
        let run = place.run(args);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.contains(part), "{args:?}: {}", run.err);
        assert_eq!(run.err.lines().count(), 1);
        assert!(place.files() == before, "{args:?}");
    }
    check(
        place.run(&["--removed=went/", "-o", "out", "in"]),
        0,
        "",
        "",
    );
}

/// A file that is rewritten in place is all that there is of it but for what went.
#[test]
fn what_went_of_files_in_place_is_never_lost() {
    let place = Place::with(&[("in/a.txt", PAGE), ("in/b.txt", OTHER)]);
    place.put("in/c.jsonl", record(PAGE));
    let before = place.files();
    let args = ["-q", "-O", "sample", "-i", "in", "--removed=went/"];
    check(place.run(&args), 0, "", "");
    let went = place.read("went/a.txt.removed.jsonl");
    assert_eq!(place.read("in/a.txt"), CLEAN);
    assert!(!place.path("went/b.txt.removed.jsonl").exists());
    // Nothing goes the second time, and nothing is written.
    check(place.run(&args), 0, "", "");
    assert_eq!(place.read("went/a.txt.removed.jsonl"), went);
    let note = "went: note: 1 cleaned file has nothing here, and is written as it is\n";
    let restored = place.run(&["restore", "went", "in", "-o", "back"]);
    check(restored, 0, "", note);
    for (path, content) in &before {
        assert_eq!(&place.read(&path.replace("in/", "back/")), content);
    }
    // More goes, which would take the place of what went before.
    let args = [
        "-q",
        "-O",
        "sample",
        "-i",
        "in/a.txt",
        "--also=credit",
        "--removed=went/",
    ];
    let run = place.run(&args);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(
        run.err
            .contains("is there already: what went before would be lost"),
        "{}",
        run.err
    );
    assert_eq!(place.read("in/a.txt"), CLEAN);
    assert_eq!(place.read("went/a.txt.removed.jsonl"), went);
}

#[test]
fn what_went_of_a_stream_goes_to_a_folder_too() {
    let place = Place::with(&[("a.txt", PAGE)]);
    place.put("b.jsonl", record(PAGE));
    let run = place.run(&["-q", "--removed=went/", "a.txt"]);
    check(run, 0, CLEAN, "");
    place.put("a.txt", CLEAN);
    check(place.run(&["restore", "went", "a.txt"]), 0, PAGE, "");
    let run = place.run_on(&["-q", "--removed=went/"], record(PAGE));
    place.put("stdin", &run.out);
    let restored = place.run(&["restore", "went", "stdin"]);
    check(restored, 0, &record(PAGE), "");
}

#[test]
fn what_went_of_files_that_are_not_there_is_refused() {
    let place = Place::new();
    place.put("in/a/b.jsonl", record(PAGE));
    place.put("in/c.jsonl", record(PAGE));
    let run = place.run(&["-q", "--removed=went/", "-o", "out", "in"]);
    check(run, 0, "", "");
    // One folder too deep.
    let run = place.run(&["restore", "went", "out/a", "-o", "back"]);
    let err = "cleaner: error: went/a/b.jsonl.removed.jsonl belongs to none of the cleaned files; nothing has been restored\n";
    check(run, 2, "", err);
    assert!(!place.path("back").exists());
}

#[test]
fn attributes_go_to_a_folder_of_their_own() {
    let place = Place::new();
    place.put("documents/a.jsonl", record(PAGE));
    for name in ["../documents", "..", ".", "", "a/b", "a/", "/tmp/x"] {
        let before = place.raw_files();
        let run = place.run(&[&format!("--annotate={name}"), "documents/a.jsonl"]);
        let err = format!(
            "error: invalid value '{name}' for '--annotate[=<NAME>]': expected the name of a folder, which is no path"
        );
        assert_eq!(run.status, 2);
        assert_eq!(run.err.lines().next(), Some(&err[..]));
        assert_eq!(place.raw_files(), before);
    }
}

#[test]
fn attributes_beside_documents_are_not_annotated() {
    let place = Place::new();
    place.put("data/documents/a.jsonl", record(PAGE));
    check(place.run(&["--annotate", "data"]), 0, "", "");
    let attributes = place.read("data/attributes/cleaner/a.jsonl");
    check(place.run(&["--annotate", "data"]), 0, "", "");
    assert_eq!(place.read("data/attributes/cleaner/a.jsonl"), attributes);
    assert_eq!(place.files().len(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn what_went_before_is_kept_where_the_output_cannot_be_named() {
    let place = Place::with(&[("in/page.txt", PAGE)]);
    let args = ["-q", "--removed=went/", "-o", "out/", "in"];
    check(place.run(&args), 0, "", "");
    let before = place.read("went/page.txt.removed.jsonl");
    place.put("in/page.txt", CLEAN);
    // No file takes the name of one that something is mounted on.
    if place.shell("mount --bind out/page.txt out/page.txt").status != 0 {
        println!("not run: nothing can be mounted here, that takes root");
        return;
    }
    let run = place.run(&args);
    assert_eq!(place.shell("umount out/page.txt").status, 0);
    let err =
        "in/page.txt: error: cannot write out/page.txt: Device or resource busy (os error 16)\n";
    check(run, 2, "", err);
    assert_eq!(place.read("went/page.txt.removed.jsonl"), before);
    assert_eq!(place.read("out/page.txt"), CLEAN);
}
