//! The output does not depend on threads or on how the input comes in, and memory is bounded.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::place::*;

/// Documents of many sizes, one of them of several MB in the midst.
fn documents() -> Vec<String> {
    let page = |number: usize| {
        let story =
            "Words of a story that is long enough to stay.\n".repeat(number * 7919 % 40 + 1);
        format!("SAMPLE -- {number}. {story}\nSample Media ©\n\nWith reporting by AP\n")
    };
    let mut documents: Vec<String> = (0..500).map(page).collect();
    documents[200] = format!(
        "SAMPLE -- {}\nSample Media ©\n",
        ("A line of a book. ".repeat(250) + "\n").repeat(900)
    );
    documents[300] = OTHER.to_owned();
    documents[400] = EMPTIED.to_owned();
    documents
}

fn jsonl(documents: &[String]) -> String {
    documents.iter().map(|text| record(text)).collect()
}

#[test]
fn output_is_the_same_for_any_number_of_threads() {
    let place = Place::new();
    let documents = documents();
    let lines = jsonl(&documents);
    assert!(lines.len() > 4 << 20);
    place.put("in/a.jsonl", &lines);
    let half: String = documents[..150].iter().map(|text| record(text)).collect();
    place.put("in/b.jsonl.gz", gz(&half));
    let wet: Vec<u8> = documents[..100]
        .iter()
        .flat_map(|text| gz(wet_record("conversion", "", text)))
        .collect();
    place.put("in/c.wet.gz", wet);
    for (at, text) in documents[..30].iter().enumerate() {
        place.put(&format!("in/d/{at}.txt"), text);
    }
    let outputs = |threads: &str| {
        let mut outputs: Vec<(String, Vec<u8>)> = Vec::new();
        for args in [
            &["in/a.jsonl"][..],
            &["in/a.jsonl", "in/b.jsonl.gz", "--compress=gz"],
            &["in", "--json"],
            &["in/d", "in/b.jsonl.gz", "--diff"],
            &["in", "--check"],
            &["in", "--stats=json"],
            &["in", "--sample=30"],
            &["in", "-o", "out", "--dry-run"],
        ] {
            let run = place.run_raw(&[&[threads], args].concat(), "");
            assert!(run.status < 2, "{args:?}: {}", run.err);
            outputs.push((format!("{args:?}"), run.out));
            outputs.push((format!("{args:?}, told"), run.err.into_bytes()));
        }
        for args in [
            &["-o", "out", "--removed=went.jsonl", "in"][..],
            &["-o", "out", "--removed=went/", "--stats=json", "in"],
            &["-o", "out/", "--annotate", "in/a.jsonl"],
        ] {
            let run = place.run_raw(&[&[threads, "-q"], args].concat(), "");
            assert_eq!((run.status, run.err.as_str()), (0, ""), "{args:?}");
            outputs.push((format!("{args:?}"), run.out));
            for (name, bytes) in place.raw_files() {
                if !name.starts_with("in/") {
                    outputs.push((format!("{args:?}: {name}"), bytes));
                }
            }
            let _ = std::fs::remove_dir_all(place.path("out"));
            let _ = std::fs::remove_dir_all(place.path("went"));
            let _ = std::fs::remove_file(place.path("went.jsonl"));
        }
        outputs
    };
    let one = outputs("-j1");
    let is_there = |part: &str| {
        one.iter()
            .any(|(name, bytes)| name.contains(part) && !bytes.is_empty())
    };
    for part in [
        "--json",
        "--sample",
        "out/c.wet.gz",
        "out/d/7.txt",
        ": went.jsonl",
        "went/b.jsonl.gz.removed",
        "out/a.jsonl",
    ] {
        assert!(is_there(part), "{part}");
    }
    for threads in ["-j2", "-j7"] {
        let several = outputs(threads);
        assert_eq!(several.len(), one.len());
        for ((name, several), (_, one)) in several.iter().zip(&one) {
            assert!(several == one, "{threads}: {name}");
        }
    }
    assert_eq!(place.run(&["-j1025", "in"]).status, 2);
}

/// Writes the input in pieces, each with a write of its own.
fn fed(place: &Place, args: &[&str], input: &[u8], piece: usize) -> RawRun {
    let mut command = place.command(BINARY, args);
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        for piece in input.chunks(piece) {
            // A program that has found an error reads no further.
            if stdin.write_all(piece).is_err() {
                break;
            }
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    RawRun {
        status: output.status.code().unwrap(),
        out: output.stdout,
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn output_does_not_depend_on_the_pieces_of_the_input() {
    let place = Place::new();
    let mut documents = documents();
    documents.truncate(14);
    let lines = jsonl(&documents);
    let mut with_bad = lines.clone();
    with_bad.insert(lines.len() / 2, '\u{1}');
    let wet: String = documents
        .iter()
        .map(|text| wet_record("conversion", "", text))
        .collect();
    let bad_wet = wet.replacen("Content-Length: 1", "Content-Length: 9", 3);
    assert_ne!(bad_wet, wet);
    let bom = format!("\u{feff}\r\n\n{}", lines.trim_end());
    let long = format!("{}{}", &lines[..lines.len() / 2], &lines[lines.len() / 2..]);
    for (name, input, args) in [
        ("a.jsonl", lines.as_bytes(), &[][..]),
        ("b.jsonl", bom.as_bytes(), &[]),
        ("c.jsonl", with_bad.as_bytes(), &["--on-error=keep"]),
        ("d.jsonl", with_bad.as_bytes(), &[]),
        ("e.jsonl", long.as_bytes(), &["--max-record=1500"]),
        ("f.jsonl.gz", &gz(&lines), &[]),
        ("g.jsonl.zst", &zst(&lines), &[]),
        ("h.wet", wet.as_bytes(), &[]),
        ("i.wet", bad_wet.as_bytes(), &["--on-error=keep"]),
        ("j.wet", wet.as_bytes(), &["--to=jsonl"]),
        ("k.txt", documents[7].as_bytes(), &[]),
    ] {
        place.put(name, input);
        let mut of_file = place.run_raw(&[args, &["-q", name]].concat(), "");
        of_file.err = of_file.err.replace(name, "<stdin>");
        assert_ne!(of_file.out, b"", "{name}");
        let format = match name.split('.').nth(1).unwrap() {
            "txt" => "--format=text".to_owned(),
            format => format!("--format={format}"),
        };
        for piece in [1, 7, 64 << 10] {
            for told in [&[][..], &[format.as_str()]] {
                let run = fed(&place, &[args, told, &["-q"]].concat(), input, piece);
                assert_eq!(
                    (run.status, &run.err),
                    (of_file.status, &of_file.err),
                    "{name} by {piece}"
                );
                same(&run.out, &of_file.out);
            }
        }
    }
}

/// A large text of a file is gone over window by window if its outlet is known, and read into memory of its
/// own if its size is.
#[test]
fn large_text_is_cleaned_as_it_is_however_it_comes() {
    let place = Place::new();
    let story = ("Words of a story. ".repeat(60) + "\n").repeat(50);
    let text = format!("{PAGE}{story}").repeat(90) + "Sample Media ©\n";
    assert!(text.len() > 4 << 20);
    place.put("a.txt", &text);
    place.put("a.txt.gz", gz(&text));
    let args = ["-q", "-O", "sample"];
    let from_stdin = place.run_raw(&args, &text);
    assert!(from_stdin.out.len() < text.len() && from_stdin.status == 0);
    for name in ["a.txt", "a.txt.gz"] {
        let run = place.run_raw(&[&args[..], &[name]].concat(), "");
        assert_eq!((run.status, run.err.as_str()), (0, ""));
        same(&run.out, &from_stdin.out);
        let run = place.run_raw(&[&args[..], &["-o", "out.txt", name]].concat(), "");
        assert_eq!((run.status, run.err.as_str()), (0, ""));
        same(place.read("out.txt").as_bytes(), &from_stdin.out);
    }
    let run = place.run_raw(
        &[&args[..], &["-j2", "-o", "out.txt.zst", "a.txt"]].concat(),
        "",
    );
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    same(&unzst(&place.bytes("out.txt.zst")), &from_stdin.out);
    let run = place.run_raw(&[&args[..], &["--in-place", "a.txt"]].concat(), "");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    same(place.read("a.txt").as_bytes(), &from_stdin.out);

    // What concerns all of it is known when most has been written, which is dropped then.
    let numbers = r#"outlet = "numbers"
        name = "Numbers"
        [[line]]
        id = "number"
        category = "promo"
        note = "They are no part of an article."
        pattern = 'Number \d+ of a list of numbers'
        removes = ["Number 12 of a list of numbers"]
        keeps = ["Number 12 of a list of them"]"#;
    place.put("rules/numbers.toml", numbers);
    let flagged = "Number 1 of a list of numbers\nIt rained.\n".repeat(150_000);
    place.put("flagged.txt", &flagged);
    let args_of_flagged = ["-O", "numbers", "-o", "out.flagged.txt", "flagged.txt"];
    let told = "flagged.txt: note: left as it is: patterns would take 74 % of it, over the ceiling of 60 % \
        (rules: numbers/number)\n";
    check(place.run(&args_of_flagged), 0, "", told);
    same(place.read("out.flagged.txt").as_bytes(), flagged.as_bytes());
    let names = std::fs::read_dir(place.0.path()).unwrap();
    let mut names = names.map(|entry| entry.unwrap().file_name());
    assert!(names.all(|name| !name.to_string_lossy().starts_with(".cleaner")));
    // What is neither there nor a file is written to once.
    let run = place.run_raw(&[&args[..], &["-o", "/dev/stdout", "a.txt"]].concat(), "");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    same(&run.out, &from_stdin.out);

    // What is wrong at its end is told, and nothing is written.
    place.put("b.txt", [text.as_bytes(), b"\xff\n"].concat());
    let told = format!(
        "b.txt: error: this is not UTF-8: 0xff at byte offset {}\n",
        text.len()
    );
    let run = place.run(&[&args[..], &["-o", "out.b.txt", "b.txt"]].concat());
    check(run, 2, "", &told);
    assert!(!place.path("out.b.txt").exists());
    let run = place.run_raw(&[&args[..], &["--on-error=keep", "b.txt"]].concat(), "");
    assert_eq!((run.status, run.err), (0, told));
    same(&run.out, &place.bytes("b.txt"));
    place.put("c.txt", PAGE.repeat(50_000));
    let run = place.run(&["-O", "sample", "--max-record=4M", "c.txt"]);
    let told =
        "c.txt: error: the page is longer than 4194304 bytes; --max-record takes longer ones\n";
    check(run, 2, "", told);
}

#[test]
fn records_come_out_before_more_come_in() {
    let place = Place::new();
    let mut command = place.command(BINARY, &["-j2"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let wanted = record(CLEAN);
    for _ in 0..3 {
        stdin.write_all(record(PAGE).as_bytes()).unwrap();
        let mut answer = vec![0; wanted.len()];
        stdout.read_exact(&mut answer).unwrap();
        assert_eq!(answer, wanted.as_bytes());
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// Fields that are not looked at, since these are quick: most of what a crawl's records are is text,
/// and cleaning it without optimization would take minutes.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    let place = Place::new();
    let line = format!(
        r#"{{"text":{},"x":"{}"}}"#,
        json_string(PAGE),
        "x".repeat(60_000)
    ) + "\n";
    let clean = format!(
        r#"{{"text":{},"x":"{}"}}"#,
        json_string(CLEAN),
        "x".repeat(60_000)
    ) + "\n";
    let count = (220 << 20) / line.len();
    let mut command = Command::new(BINARY);
    command
        .arg("-j2")
        .current_dir(place.0.path())
        .env("CLEANER_RULES", "rules");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut answer = vec![0; clean.len()];
        for _ in 0..count {
            stdout.read_exact(&mut answer).unwrap();
            assert!(answer == clean.as_bytes());
        }
        stdout
    });
    for _ in 0..count {
        stdin.write_all(line.as_bytes()).unwrap();
    }
    // All has been answered, and the program waits for more.
    let mut stdout = reader.join().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(stdout.read(&mut [0]).unwrap(), 0);
    assert!(peak < 200 << 10, "{peak} KiB");
}

/// As [`memory_does_not_grow_with_the_input`], of many pages that are one file each.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_number_of_pages() {
    let place = Place::new();
    let page = ("Words of a story. ".repeat(1000) + "\n").repeat(11);
    assert!(page.len() > 190_000);
    place.put("page.txt", page);
    place.put("list", "page.txt\n".repeat(1000));
    // What it takes of address space with a few pages, and half of what all of them are: KiB.
    let line = "ulimit -v 250000; exec \"$CLEANER\" -j2 -q --json --file-list=list > out.jsonl";
    check(place.shell(line), 0, "", "");
    assert!(place.path("out.jsonl").metadata().unwrap().len() > 180 << 20);
}
