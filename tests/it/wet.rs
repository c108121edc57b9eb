//! WET files: records, their lengths and digests, members, and what is wrong with them.

use serde_json::Value;
use sha1::{Digest, Sha1};

use crate::place::*;

const DIRTY: &str = "SAMPLE -- The schöol was opened.\n\nSample Media ©\n";
const CLEANED: &str = "The schöol was opened.\n";
const INFO: &str = "WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Date: 2024-01-01T00:00:00Z\r\nContent-Type: application/warc-fields\r\nContent-Length: 45\r\n\r\nSoftware-Info: x\r\nSAMPLE -- \r\nSample Media ©\r\n\r\n";

fn digest(text: &str) -> String {
    let digest = data_encoding::BASE32.encode(&Sha1::digest(text.as_bytes()));
    format!("sha1:{digest}")
}

/// A record as Common Crawl writes it.
fn crawled(number: usize, text: &str) -> String {
    let (length, digest) = (text.len(), digest(text));
    format!(
        "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://www.sample.example/{number}\r\nWARC-Date: 2024-01-0{number}T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nWARC-Refers-To: <urn:uuid:9{number}>\r\nWARC-Block-Digest: {digest}\r\nWARC-Identified-Content-Language: eng,rus\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n"
    )
}

fn records(texts: [&str; 3]) -> [String; 4] {
    let [a, b, c] = texts;
    [INFO.to_owned(), crawled(1, a), crawled(2, b), crawled(3, c)]
}

const OTHER_TEXT: &str = "It rained.\r\nWARC/1.0\r\nContent-Length: 3\r\n\r\n";

#[test]
fn lengths_and_digests_fit_and_all_else_stays() {
    let place = Place::new();
    let dirty = records([DIRTY, OTHER_TEXT, DIRTY]).concat();
    let clean = records([CLEANED, OTHER_TEXT, CLEANED]).concat();
    place.put("in.wet", &dirty);
    check(place.run(&["in.wet"]), 0, &clean, "");
    check(place.run_on(&[], &dirty), 0, &clean, "");
    check(place.run(&["-o", "out.warc", "in.wet"]), 0, "", "");
    assert_eq!(place.read("out.warc"), clean);
    // Without `\r`, and with other headers, which keep their letters and their spacing.
    let odd = |length: usize, text: &str| {
        format!(
            "WARC/1.1\nwarc-type:conversion\nContent-length :  {length} \nX-Other: a\n b\n\n{text}\n\n"
        )
    };
    let (dirty, clean) = (odd(DIRTY.len(), DIRTY), odd(CLEANED.len(), CLEANED));
    check(place.run_on(&[], dirty), 0, &clean, "");
}

#[test]
fn compressed_file_has_a_member_for_each_record() {
    let place = Place::new();
    let dirty = records([DIRTY, OTHER_TEXT, DIRTY]);
    let clean = records([CLEANED, OTHER_TEXT, CLEANED]);
    let packed: Vec<u8> = dirty.iter().flat_map(gz).collect();
    let wanted: Vec<Vec<u8>> = clean.iter().map(|record| record.clone().into()).collect();
    place.put("in.wet.gz", &packed);
    place.put("one.wet.gz", gz(dirty.concat()));
    place.put("in.wet.zst", zst(dirty.concat()));
    for input in ["in.wet.gz", "one.wet.gz", "in.wet.zst"] {
        check(place.run(&["-o", "out.wet.gz", input]), 0, "", "");
        assert_eq!(members(&place.bytes("out.wet.gz")), wanted, "{input}");
        let run = place.run_raw(&["--compress=gz", input], "");
        assert_eq!((run.status, run.err.as_str()), (0, ""));
        assert_eq!(members(&run.out), wanted, "{input}");
        check(place.run(&["-o", "out.wet.zst", input]), 0, "", "");
        assert_eq!(
            unzst(&place.bytes("out.wet.zst")),
            clean.concat().into_bytes()
        );
    }
    let run = place.run_raw(&["--compress=gz"], &packed);
    assert_eq!(members(&run.out), wanted);
    check(place.run(&["-i", "in.wet.gz"]), 0, "", "");
    assert_eq!(members(&place.bytes("in.wet.gz")), wanted);
}

#[test]
fn documents_become_jsonl() {
    let place = Place::new();
    place.put(
        "in.wet.gz",
        gz(records([DIRTY, "", "\"Ünï\"\u{1}\n"]).concat()),
    );
    let line = |number: usize, text: &str| {
        let text = json_string(text);
        format!(
            "{{\"id\":\"<urn:uuid:{number}>\",\"url\":\"https://www.sample.example/{number}\",\"date\":\"2024-01-0{number}T00:00:00Z\",\"language\":\"eng,rus\",\"text\":{text}}}\n"
        )
    };
    let wanted = [line(1, CLEANED), line(2, ""), line(3, "\"Ünï\"\u{1}\n")].concat();
    check(place.run(&["--to=jsonl", "in.wet.gz"]), 0, &wanted, "");
    let run = place.run(&["--to=jsonl", "-o", "out.jsonl.zst", "in.wet.gz"]);
    check(run, 0, "", "");
    assert_eq!(unzst(&place.bytes("out.jsonl.zst")), wanted.as_bytes());
    place.put("in/a/b.warc.wet.gz", place.bytes("in.wet.gz"));
    check(place.run(&["--to=jsonl", "-o", "out", "in"]), 0, "", "");
    let out = place
        .names()
        .into_iter()
        .find(|name| name.starts_with("out/"));
    let out = out.unwrap();
    assert_eq!(
        (out.as_str(), gunzip(&place.bytes(&out))),
        ("out/a/b.jsonl.gz", wanted.clone().into())
    );
    // Cleaning what was made changes nothing.
    check(place.run_on(&[], &wanted), 0, &wanted, "");
    // Headers that are missing.
    let bare = format!(
        "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: {}\r\n\r\n{DIRTY}\r\n\r\n",
        DIRTY.len()
    );
    let run = place.run_on(&["--to=jsonl"], bare);
    let wanted = format!(
        "{{\"id\":null,\"url\":null,\"date\":null,\"language\":null,\"text\":{}}}\n",
        json_string(CLEANED)
    );
    check(run, 0, &wanted, "");
}

#[test]
fn wrong_record_is_told_with_its_byte_and_does_not_take_the_others() {
    let place = Place::new();
    let [info, first, _, last] = records([DIRTY, "", DIRTY]);
    let [_, clean, _, clean_last] = records([CLEANED, "", CLEANED]);
    let at = info.len() + first.len();
    let good = crawled(2, DIRTY);
    let length = format!("Content-Length: {}", DIRTY.len());
    let with_length = |other: &str| good.replace(&length, &format!("Content-Length: {other}"));
    let more = format!("{}", DIRTY.len() + 5);
    let less = format!("{}", DIRTY.len() - 5);
    for (bad, part) in [
        (
            with_length(&more),
            "expected two line ends and `WARC/1.` behind 56 bytes by Content-Length",
        ),
        (
            with_length(&less),
            "expected two line ends and `WARC/1.` behind 46 bytes by Content-Length",
        ),
        (
            with_length("12x"),
            "expected a number as Content-Length, found `12x`",
        ),
        (
            with_length("99999999999999999999999"),
            "expected a record of at most 268435456 bytes",
        ),
        (
            good.replace(&format!("{length}\r\n"), ""),
            "expected a Content-Length, found none",
        ),
        (
            good.replace("\n\r\n\r\n", "\n"),
            "expected two line ends and `WARC/1.` behind 51 bytes by Content-Length",
        ),
        (good.replacen("WARC/1.0", "WARC/2.0", 1), "WARC/2.0"),
        (
            good.replacen("SAMPLE", "S\u{0}MPL\n", 1)
                .replace("\r\n\r\nS", "\r\nno header\r\n\r\nS"),
            "expected `Name: value`",
        ),
    ] {
        let file = [info.as_str(), &first, &bad, &last].concat();
        place.put("in.wet", &file);
        let run = place.run(&["-o", "out.wet", "in.wet"]);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{bad}");
        assert!(run.err.starts_with("in.wet:"), "{}", run.err);
        assert!(run.err.contains(part), "{part} in {}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        assert!(!place.path("out.wet").exists());
        if bad.starts_with("WARC/2") {
            // What stands behind a length has to be a record, and so the one before is told.
            continue;
        }
        assert!(
            run.err
                .starts_with(&format!("in.wet:3: error: at byte {at}: ")),
            "{}",
            run.err
        );
        let run = place.run(&["--on-error=keep", "in.wet"]);
        let wanted = [info.as_str(), &clean, &bad, &clean_last].concat();
        assert_eq!((run.status, run.out), (0, wanted), "{}", run.err);
        let run = place.run(&["--on-error=reject=bad.wet", "in.wet"]);
        let wanted = [info.as_str(), &clean, &clean_last].concat();
        assert_eq!((run.status, run.out), (0, wanted), "{}", run.err);
        assert_eq!(place.read("bad.wet").trim_end(), bad.trim_end());
    }
}

#[test]
fn text_that_is_not_utf8_is_a_wrong_record() {
    let place = Place::new();
    let [info, first, second, _] = records([DIRTY, "SAMPLE - x.\n", ""]);
    let mut file = [info.as_str(), &first, &second].concat().into_bytes();
    let at = file.len() - "SAMPLE - x.\n\r\n\r\n".len();
    file[at] = 0xff;
    let [_, clean, ..] = records([CLEANED, "", ""]);
    let mut wanted = file.clone();
    wanted.splice(info.len()..info.len() + first.len(), clean.bytes());
    place.put("in.wet", &file);
    let err = "in.wet:3: error: this is not UTF-8: 0xff at byte offset 0\n";
    let run = place.run_raw(&["--on-error=keep", "in.wet"], "");
    check_raw(run, 0, &wanted, err);
    check_raw(place.run_raw(&["-o", "out.wet", "in.wet"], ""), 2, b"", err);
    assert_eq!(place.names(), ["in.wet"]);
}

#[test]
fn file_cut_off_anywhere_is_told() {
    let place = Place::new();
    let bare = |text: &str| {
        let length = text.len();
        format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n"
        )
    };
    let (first, second) = (bare("SAMPLE -- Öne sentence."), bare("Two.\n"));
    let whole = format!("{first}{second}");
    let clean = bare("Öne sentence.");
    // Where only the line ends behind a text are missing, all of it is there.
    let is_whole = |cut: usize| {
        let behind = |end: usize| (end - 4..=end).contains(&cut);
        cut == 0 || behind(first.len()) || behind(whole.len())
    };
    for cut in 0..whole.len() {
        let bytes = &whole.as_bytes()[..cut];
        let run = place.run_raw(&["-q", "-j1", "--format=wet", "-o", "out.wet"], bytes);
        assert_eq!(
            run.status,
            if is_whole(cut) { 0 } else { 2 },
            "{cut}: {}",
            run.err
        );
        if !is_whole(cut) {
            let number = if cut < first.len() { 1 } else { 2 };
            let at = if number == 1 { 0 } else { first.len() };
            let begin = format!("<stdin>:{number}: error: at byte {at}: expected ");
            assert!(run.err.starts_with(&begin), "{cut}: {}", run.err);
            assert!(!place.path("out.wet").exists());
            continue;
        }
        let lost = first.len().saturating_sub(cut.max(1));
        let wanted = match cut {
            0 => String::new(),
            cut if cut <= first.len() => clean[..clean.len() - lost].to_owned(),
            cut => clean.clone() + &second[..cut - first.len()],
        };
        assert_eq!(place.read("out.wet"), wanted, "{cut}");
        std::fs::remove_file(place.path("out.wet")).unwrap();
    }
}

#[test]
fn documents_of_other_kinds_are_not_touched() {
    let place = Place::new();
    let response = wet_record("response", "https://www.sample.example/", PAGE);
    let html = wet_record("conversion", "https://www.sample.example/", PAGE)
        .replace("text/plain", "text/html");
    let page = wet_record("conversion", "https://www.sample.example/", PAGE);
    let clean = wet_record("conversion", "https://www.sample.example/", CLEAN);
    let file = [response.as_str(), &page, &html].concat();
    let wanted = [response.as_str(), &clean, &html].concat();
    let run = place.run_on(&["--stats=json"], file);
    assert_eq!((run.status, run.out), (0, wanted));
    let stats: Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!(
        (&stats["documents"], &stats["changed"]),
        (&1.into(), &1.into())
    );
}

#[test]
fn head_that_is_not_utf8_is_restored() {
    let place = Place::new();
    let record = wet_record("conversion", "https://www.sample.example/!", PAGE);
    let mut file = record.clone().into_bytes();
    let at = record.find('!').unwrap();
    file[at] = 0xff;
    place.put("a.wet", &file);
    let args = ["-O", "sample", "-o", "out.wet", "a.wet"];
    let run = place.run(&[&args[..], &["--removed=went.jsonl"]].concat());
    check(run, 0, "", "");
    let mut wanted = wet_record("conversion", "https://www.sample.example/!", CLEAN).into_bytes();
    wanted[at] = 0xff;
    assert_eq!(place.bytes("out.wet"), wanted);
    let run = place.run(&["restore", "went.jsonl", "out.wet", "-o", "back.wet"]);
    check(run, 0, "", "");
    assert_eq!(place.bytes("back.wet"), file);
}

#[test]
fn headers_of_several_lines_are_one_in_jsonl() {
    let place = Place::new();
    let record = wet_record("conversion", "<https://www.sample.example/a>", PAGE)
        .replace("WARC-Date: ", "WARC-Date:\r\n\t ");
    let run = place.run_on(&["--to=jsonl", "--format=wet"], record);
    let plain = wet_record("conversion", "https://www.sample.example/a", PAGE);
    let wanted = place.run_on(&["--to=jsonl", "--format=wet"], plain);
    assert_eq!(run, wanted);
    let line: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(line["url"], "https://www.sample.example/a");
    assert_eq!(line["text"], CLEAN);
}

#[test]
fn files_put_together_are_one_with_two_line_ends_behind_each_record() {
    for (end, glue) in [("\r\n\r\n", ""), ("\r\n", "\r\n\r\n"), ("", "\r\n\r\n")] {
        let first = crawled(1, OTHER);
        let first = first.trim_end_matches("\r\n").to_owned() + end;
        let place = Place::new();
        place.put("a.wet", &first);
        place.put("b.wet", crawled(2, DIRTY));
        let run = place.run(&["-q", "a.wet", "b.wet"]);
        let joined = first + glue + &crawled(2, CLEANED);
        check(run, 0, &joined, "");
        place.put("joined.wet", joined);
        assert_eq!(place.run(&["-q", "joined.wet"]).status, 0);
    }
}
