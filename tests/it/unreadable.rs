//! `--on-error`: records that cannot be read fail their file, are kept, or are put aside.

use serde_json::Value;

use crate::place::*;

const DIRTY: &str = "{\"text\":\"SAMPLE -- One sentence.\"}\n";
const CLEANED: &str = "{\"text\":\"One sentence.\"}\n";

fn counts(stats: &str) -> [u64; 5] {
    let stats: Value = serde_json::from_str(stats).unwrap();
    ["documents", "changed", "failed", "kept", "rejected"].map(|key| stats[key].as_u64().unwrap())
}

/// Many records, of which those of these numbers, from 1, cannot be read.
fn lines(count: usize, bad: &[usize], good: &str) -> Vec<u8> {
    let mut lines = Vec::new();
    for number in 1..=count {
        if bad.contains(&number) {
            lines.extend_from_slice(&[b"{\"text\":\"", &[0xff][..], b"\", \n"].concat());
        } else {
            lines.extend_from_slice(good.as_bytes());
        }
    }
    lines
}

#[test]
fn file_fails_at_its_first_wrong_record_and_others_are_gone_on_with() {
    let place = Place::new();
    place.put("in/a.jsonl", DIRTY);
    // More than is read at once, before the wrong record and behind it.
    place.put(
        "in/b.jsonl",
        lines(12_000, &[11_000, 11_001, 11_999], DIRTY),
    );
    place.put("in/c.txt", PAGE);
    place.put("in/d.jsonl.gz", gz(DIRTY));
    place.put("out/b.jsonl", "old\n");
    let err =
        &on_system("in/b.jsonl:11000: error: this is not UTF-8: 0xff at byte 10 of the line\n");
    for threads in ["-j1", "-j2", "-j7"] {
        let run = place.run(&[threads, "--stats=json", "-o", "out", "in"]);
        assert_eq!((run.status, &run.err), (2, err));
        let [_, _, failed, kept, rejected] = counts(&run.out);
        assert_eq!((failed, kept, rejected), (1, 0, 0));
        let mut names = place.names();
        names.retain(|name| name.starts_with("out/"));
        assert_eq!(
            names,
            ["out/a.jsonl", "out/b.jsonl", "out/c.txt", "out/d.jsonl.gz"]
        );
        assert_eq!(place.read("out/a.jsonl"), CLEANED);
        assert_eq!(place.read("out/b.jsonl"), "old\n");
        assert_eq!(place.read("out/c.txt"), CLEAN);
        assert_eq!(gunzip(&place.bytes("out/d.jsonl.gz")), CLEANED.as_bytes());
        // To standard output goes what is before it.
        let run = place.run_raw(&[threads, "in/b.jsonl"], "");
        check_raw(
            run,
            2,
            CLEANED.repeat(10_999).as_bytes(),
            &err.replace(std::path::MAIN_SEPARATOR, "/"),
        );
    }
    // In place nothing has happened to it.
    let before = place.bytes("in/b.jsonl");
    let run = place.run(&["-q", "-i", "in"]);
    assert_eq!((run.status, &run.err), (2, err));
    same(&place.bytes("in/b.jsonl"), &before);
    assert_eq!(place.read("in/a.jsonl"), CLEANED);
}

#[test]
fn wrong_records_are_kept_where_they_are() {
    let place = Place::new();
    let bad = [1, 5_000, 9_000];
    place.put("in/a.jsonl", lines(9_000, &bad, DIRTY));
    place.put("in/b.txt", b"SAMPLE -- \xff\n");
    let err = bad.map(|line| {
        format!("in/a.jsonl:{line}: error: this is not UTF-8: 0xff at byte 10 of the line\n")
    });
    let err =
        on_system(&(err.concat() + "in/b.txt: error: this is not UTF-8: 0xff at byte offset 10\n"));
    for (args, status) in [(&[][..], 0), (&["--strict"], 2), (&["-q"], 0)] {
        let run = place.run(
            &[
                args,
                &["--on-error=keep", "--stats=json", "-o", "out", "in"],
            ]
            .concat(),
        );
        let strict = match status {
            2 => "cleaner: error: --strict makes an error of these: 4 kept unchanged\n",
            _ => "",
        };
        assert_eq!((run.status, run.err), (status, err.clone() + strict));
        assert_eq!(counts(&run.out), [8_997, 8_997, 0, 4, 0]);
        same(&place.bytes("out/a.jsonl"), &lines(9_000, &bad, CLEANED));
        same(&place.bytes("out/b.txt"), b"SAMPLE -- \xff\n");
    }
    // A table tells them too.
    let table = place.run(&["--on-error=keep", "--stats", "in"]).out;
    assert!(table.contains("records kept as they are  4\n"), "{table}");
}

#[test]
fn wrong_records_are_put_aside() {
    let place = Place::new();
    let bad = [1, 5_000, 9_000];
    let mut file = lines(9_000, &bad, DIRTY);
    file.pop();
    place.put("in/a.jsonl", &file);
    place.put("in/b.jsonl", "\u{feff}7\r\n{}\n");
    let err = bad.map(|line| {
        format!("in/a.jsonl:{line}: error: this is not UTF-8: 0xff at byte 10 of the line\n")
    });
    let err = on_system(
        &(err.concat()
            + "in/b.jsonl:1: error: invalid type: integer `7`, expected a record, which is a JSON object\n"),
    );
    let rejected = [&lines(3, &[1, 2, 3], "")[..], b"7\r\n"].concat();
    for (target, status) in [("bad.jsonl", 0), ("bad.jsonl.gz", 0), ("bad.jsonl", 2)] {
        let reject = format!("--on-error=reject={target}");
        let strict: &[&str] = if status == 2 { &["--strict"] } else { &[] };
        let run = place.run(&[strict, &[&reject, "--stats=json", "-o", "out", "in"]].concat());
        let told = match status {
            2 => "cleaner: error: --strict makes an error of these: 4 rejected, 1 without a text\n",
            _ => "",
        };
        assert_eq!((run.status, run.err), (status, err.clone() + told));
        let [documents, _, failed, kept, put_aside] = counts(&run.out);
        assert_eq!([documents, failed, kept, put_aside], [8_997, 0, 0, 4]);
        let out = place.bytes("out/a.jsonl");
        same(&out, CLEANED.repeat(8_997).as_bytes());
        assert_eq!(place.read("out/b.jsonl"), "\u{feff}{}\n");
        let found = place.bytes(target);
        same(
            &if target.ends_with(".gz") {
                gunzip(&found)
            } else {
                found
            },
            &rejected,
        );
    }
    // To standard output; `-` would be a file.
    let run = place.run_raw(&["--on-error=reject=bad.jsonl", "in/b.jsonl"], "");
    assert_eq!(
        (run.status, run.out.as_slice()),
        (0, "\u{feff}{}\n".as_bytes())
    );
    assert_eq!(place.read("bad.jsonl"), "7\r\n");
    for wrong in [
        "--on-error=reject",
        "--on-error=reject=",
        "--on-error=skip",
        "--on-error=Keep",
    ] {
        let run = place.run(&[wrong, "in"]);
        assert_eq!(run.status, 2, "{wrong}");
        assert!(
            run.err.contains("expected fail, keep or reject=FILE"),
            "{}",
            run.err
        );
    }
}

#[test]
fn nothing_is_put_aside_of_a_file_that_fails() {
    // Before the other file and behind it; where what was written can be taken back, and where not.
    for (cut, bad) in [
        ("in/a.jsonl.gz", "bad.jsonl"),
        ("in/c.jsonl.gz", "bad.jsonl"),
        ("in/a.jsonl.gz", "bad.jsonl.zst"),
        ("in/a.jsonl.gz", "/dev/stdout"),
        ("in/c.jsonl.gz", "/dev/stdout"),
    ] {
        if cfg!(not(unix)) && bad == "/dev/stdout" {
            continue;
        }
        let place = Place::new();
        // The file is cut off behind a wrong record.
        let whole = gz(lines(12_000, &[2], DIRTY));
        place.put(cut, &whole[..whole.len() - 9]);
        place.put("in/b.jsonl", "7\n{}\n");
        let reject = format!("--on-error=reject={bad}");
        let run = place.run(&["-q", &reject, "--removed=went.jsonl", "-o", "out", "in"]);
        assert_eq!(run.status, 2);
        let of_cut = format!(
            "\
{cut}:2: error: this is not UTF-8: 0xff at byte 10 of the line
{cut}: error: the gzip data is cut off
"
        );
        let of_other = "in/b.jsonl:1: error: invalid type: integer `7`, expected a record, which is a JSON object\n";
        let err = if cut < "in/b" {
            of_cut + of_other
        } else {
            of_other.to_owned() + &of_cut
        };
        assert_eq!(run.err, on_system(&err));
        assert!(!place.path(&cut.replace("in/", "out/")).exists());
        let found = match bad {
            "/dev/stdout" => run.out,
            _ => {
                assert_eq!(run.out, "");
                let bytes = place.bytes(bad);
                let is_packed = bad.ends_with(".zst");
                String::from_utf8(if is_packed { unzst(&bytes) } else { bytes }).unwrap()
            }
        };
        assert_eq!(found, "7\n", "{cut} {bad}");
        let went = place.read("went.jsonl");
        assert_eq!(went.lines().count(), 1, "{}", &went[..went.len().min(400)]);
        check(
            place.run(&["restore", "went.jsonl", "out", "-o", "back"]),
            0,
            "",
            "",
        );
        assert_eq!(place.read("back/b.jsonl"), "7\n{}\n");
    }
}

#[test]
fn a_record_is_put_aside_in_place_also_where_nothing_else_changes() {
    let place = Place::new();
    place.put("in/a.jsonl", "7\n{}\n");
    place.put("in/b.jsonl", "{}\n");
    let run = place.run(&["-q", "-i", "--on-error=reject=bad/", "in"]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert_eq!(place.read("in/a.jsonl"), "{}\n");
    assert_eq!(place.read("bad/rejected-a.jsonl"), "7\n");
    assert!(!place.path("bad/rejected-b.jsonl").exists());
}

#[test]
fn what_a_file_lost_in_place_is_never_written_over() {
    let place = Place::new();
    place.put("a.jsonl", "7\n{}\n");
    // A file of all inputs would be there only at the end of the run.
    let run = place.run(&["-i", "--on-error=reject=bad.jsonl", "a.jsonl"]);
    let what = "--in-place needs --on-error reject to name a folder";
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(run.err.contains(what), "{}", run.err);
    let args = ["-q", "-i", "--on-error=reject=bad/", "a.jsonl"];
    assert_eq!(place.run(&args).status, 0);
    // The same again finds nothing to put aside, and leaves what is there.
    check(place.run(&args), 0, "", "");
    assert_eq!(place.read("bad/rejected-a.jsonl"), "7\n");
    // Other records would take the place of those: the file stays as it is.
    place.put("a.jsonl", "8\n{}\n");
    let run = place.run(&args);
    let what = "is there already: what went before would be lost";
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(run.err.contains(what), "{}", run.err);
    assert_eq!(place.read("a.jsonl"), "8\n{}\n");
    assert_eq!(place.read("bad/rejected-a.jsonl"), "7\n");
}

#[test]
fn records_are_put_aside_in_a_folder_for_outputs_too() {
    let place = Place::new();
    place.put("in/a.jsonl", "7\n{}\n");
    place.put("in/sub/b.jsonl.gz", gz("{}\n8\n"));
    let args = ["-q", "--on-error=reject=bad/", "in", "-o", "out"];
    assert_eq!(place.run(&args).status, 0);
    assert_eq!(place.read("bad/rejected-a.jsonl"), "7\n");
    assert_eq!(gunzip(&place.bytes("bad/sub/rejected-b.jsonl.gz")), b"8\n");
    assert_eq!(place.read("out/a.jsonl"), "{}\n");
}

#[test]
fn two_inputs_never_share_a_file_of_a_folder() {
    let place = Place::new();
    place.put("x/a.jsonl", "7\n{}\n");
    place.put("y/a.jsonl", "8\n{}\n");
    place.put("x/rejected-a.jsonl", "{}\n");
    for args in [
        &["--json", "--on-error=reject=bad/", "x/a.jsonl", "y/a.jsonl"][..],
        &["-i", "--on-error=reject=bad/", "x/a.jsonl", "y/a.jsonl"],
        &["-i", "--removed=bad/", "x/a.jsonl", "y/a.jsonl"],
    ] {
        let run = place.run(args);
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        assert!(run.err.contains(" would both have bad"), "{}", run.err);
    }
    let run = place.run(&[
        "-q",
        "--on-error=reject=x/",
        "x/a.jsonl",
        "x/rejected-a.jsonl",
    ]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(run.err.contains(" is an input too"), "{}", run.err);
    assert_eq!(place.read("x/a.jsonl"), "7\n{}\n");
    assert!(!place.path("bad").exists());
}

#[test]
fn what_was_put_aside_of_a_stream_stays_where_its_end_is_broken() {
    let place = Place::new();
    let whole = gz("7\n".to_owned() + &record(DIRTY).repeat(40_000));
    place.put("a.jsonl.gz", &whole[..whole.len() - 9]);
    let run = place.run(&["-q", "--on-error=reject=bad/", "a.jsonl.gz"]);
    assert_eq!(run.status, 2);
    assert_eq!(gunzip(&place.bytes("bad/rejected-a.jsonl.gz")), b"7\n");
}

#[test]
fn how_many_records_were_kept_or_put_aside_is_told_where_they_are_many() {
    let place = Place::new();
    place.put("a.jsonl", "7\n".repeat(4) + "{}\n");
    for (how, what) in [("keep", "kept as they are"), ("reject=bad", "rejected")] {
        let run = place.run(&["--on-error", how, "-o", "b.jsonl", "a.jsonl"]);
        let told = format!("cleaner: note: records that could not be read, {what}: 4\n");
        assert!(run.err.contains(&told), "{}", run.err);
    }
}

#[test]
fn attributes_have_a_row_for_a_record_that_is_put_aside() {
    let place = Place::new();
    place.put("documents/a.jsonl", "7\n{\"id\":1,\"text\":\"a\"}\n");
    let mut rows = Vec::new();
    for on_error in ["--on-error=keep", "--on-error=reject=bad.jsonl"] {
        let run = place.run(&["-q", "--annotate=x", on_error, "documents"]);
        assert_eq!(run.status, 0, "{}", run.err);
        rows.push(place.read("attributes/x/a.jsonl"));
    }
    assert_eq!(rows[0].lines().count(), 2, "{}", rows[0]);
    assert_eq!(rows[0], rows[1]);
    assert_eq!(place.read("bad.jsonl"), "7\n");
}

#[test]
fn a_record_as_it_is_is_in_no_other_format() {
    let place = Place::new();
    place.put("a.wet", "WARC/1.0\r\n");
    let run = place.run(&["--to=jsonl", "--on-error=keep", "-o", "a.jsonl", "a.wet"]);
    let what = "cleaner: error: --to jsonl cannot write a record as it is, which --on-error keep asks for; --on-error reject=FILE puts it aside\n";
    check(run, 2, "", what);
    assert_eq!(place.names(), ["a.wet"]);
}

#[test]
fn unreadable_and_missing_files_do_not_stop_the_others() {
    let place = Place::new();
    place.put("a.jsonl", DIRTY);
    place.put("c.jsonl", DIRTY);
    std::fs::create_dir(place.path("b.jsonl")).unwrap();
    let run = place.run(&["--check", "a.jsonl", "missing.jsonl", "b.jsonl", "c.jsonl"]);
    assert_eq!(
        (run.status, run.out.as_str()),
        (2, "a.jsonl:1\nc.jsonl:1\n")
    );
    assert!(run.err.contains("missing.jsonl: error: "), "{}", run.err);
    // A file that cannot be read later than it was looked at.
    place.put("list", "a.jsonl\nb.jsonl\nmissing.jsonl\nc.jsonl\n");
    let run = place.run(&["--check", "--file-list=list"]);
    assert_eq!(
        (run.status, run.out.as_str()),
        (2, "a.jsonl:1\nc.jsonl:1\n")
    );
    assert_eq!(run.err.lines().count(), 2, "{}", run.err);
}

#[cfg(feature = "parquet")]
#[test]
fn rejected_record_that_is_too_long_is_put_aside_as_it_is() {
    let place = Place::new();
    let page = wet_record("conversion", "https://www.sample.example/", PAGE);
    let long = wet_record(
        "conversion",
        "https://www.sample.example/",
        &"x".repeat(900),
    );
    place.put("a.wet", [&page[..], &long, &page].concat());
    let reject = ["--max-record=400", "--on-error=reject=bad.wet"];
    let run = place.run(&[&reject[..], &["-q", "-o", "out.wet", "a.wet"]].concat());
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(place.read("bad.wet"), long);
    let clean = wet_record("conversion", "https://www.sample.example/", CLEAN);
    assert_eq!(place.read("out.wet"), clean.repeat(2));
}

#[test]
fn row_cannot_be_put_aside() {
    let place = Place::new();
    place.put("a.parquet", "");
    let run = place.run(&["--on-error=reject=bad", "-o", "x.parquet", "a.parquet"]);
    let err = "cleaner: error: a.parquet: --on-error reject is for the records of JSONL and WET; this is Parquet\n";
    check(run, 2, "", err);
    assert_eq!(place.names(), ["a.parquet"]);
}

#[test]
fn rejected_records_of_an_earlier_run_go_when_all_can_be_read() {
    let place = Place::with(&[("in/a.jsonl", "7\n"), ("in/b.jsonl", "7\n")]);
    let args = ["-q", "-o", "out/", "--on-error=reject=bad/", "in"];
    place.run(&args);
    assert_eq!(place.read("bad/rejected-a.jsonl"), "7\n");
    place.put("in/a.jsonl", "{\"text\": \"It rained.\"}\n");
    place.run(&args);
    assert!(!place.path("bad/rejected-a.jsonl").exists());
    assert_eq!(place.read("bad/rejected-b.jsonl"), "7\n");
}
