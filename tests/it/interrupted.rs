//! Runs that are interrupted, killed and resumed: no half file, nothing done twice.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::*;

/// Waits until something is so.
#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn has_temporary(place: &Place) -> bool {
    place.names().iter().any(|name| name.contains(".cleaner-"))
}

#[test]
fn signal_leaves_no_half_file() {
    for name in ["INT", "TERM", "HUP"] {
        for args in [
            &["-o", "old.jsonl", "-"][..],
            &[
                "-o",
                "old.jsonl",
                "--removed=went.jsonl",
                "--on-error=reject=bad.jsonl",
            ],
            &["-o", "old.jsonl", "--compress=gz"],
            &[
                "-o",
                "out/",
                "--stdin-filename=x.jsonl",
                "--resume",
                "--removed=went/",
            ],
        ] {
            let place = Place::new();
            place.put("old.jsonl", "old\n");
            place.put("out/old.jsonl", "old\n");
            let before = place.raw_files();
            let mut command = place.command(BINARY, args);
            command.stdin(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            // It is in the midst of it: something is written, and more is waited for.
            stdin
                .write_all(record(PAGE).repeat(2000).as_bytes())
                .unwrap();
            wait_until("a temporary file", || has_temporary(&place));
            interrupt(&child, name);
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(130), "{name} {args:?}");
            assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
            let mut after = place.raw_files();
            // The list of what is done is no temporary file: nothing is done yet.
            after.retain(|file| *file != ("out/.cleaner-manifest".to_owned(), Vec::new()));
            assert!(after == before, "{name} {args:?}: {:?}", place.names());
        }
    }
}

#[test]
fn signals_that_are_ignored_stay_so() {
    let place = Place::new();
    let line = "trap '' HUP INT; exec \"$0\" -q -O sample -o out.jsonl";
    let mut command = place.command("sh", &["-c", line, BINARY]);
    command.stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(record(PAGE).as_bytes()).unwrap();
    wait_until("a temporary file", || has_temporary(&place));
    for name in ["HUP", "INT"] {
        signal(&child, name);
    }
    std::thread::sleep(Duration::from_millis(100));
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(place.read("out.jsonl"), record(CLEAN));
}

#[test]
fn list_that_an_interruption_takes_is_told() {
    let place = Place::with(&[("in/a.jsonl", "7\n{}\n")]);
    let made = Command::new("mkfifo").arg(place.path("b.jsonl")).status();
    assert!(made.unwrap().success());
    let args = [
        "-q",
        "--on-error=reject=bad.jsonl",
        "-o",
        "out",
        "in",
        "b.jsonl",
    ];
    let mut command = place.command(BINARY, &args);
    command.stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_until("an output", || place.path("out/a.jsonl").exists());
    interrupt(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let err = String::from_utf8(output.stderr).unwrap();
    let note = "note: bad.jsonl is not written, and the outputs that are there are without it; run it again\n";
    assert!(err.ends_with(note), "{err}");
    assert!(!place.path("bad.jsonl").exists());
}

#[test]
fn signal_in_place_leaves_whole_files() {
    let place = Place::new();
    let (dirty, clean) = (record(PAGE), record(CLEAN));
    for number in 0..400 {
        place.put(&format!("in/{number:03}.jsonl"), dirty.repeat(20));
    }
    let mut command = place.command(BINARY, &["-j2", "-i", "in"]);
    let child = command.spawn().unwrap();
    wait_until("a rewritten file", || {
        place.read("in/010.jsonl").starts_with(&clean)
    });
    interrupt(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let files = place.files();
    assert_eq!(files.len(), 400);
    let done = files
        .iter()
        .filter(|(_, text)| *text == clean.repeat(20))
        .count();
    let left = files
        .iter()
        .filter(|(_, text)| *text == dirty.repeat(20))
        .count();
    assert_eq!(done + left, 400);
    assert!(done > 10 && left > 0, "{done} were done");
}

/// A tree of shards of several sizes, some of them compressed.
fn put_shards(place: &Place) {
    for number in 0..24 {
        let lines: String = (0..number * 37 % 200 + 1)
            .map(|at| {
                record(&format!(
                    "SAMPLE -- Story {number} of the school, part {at}.\nSample Media ©\n"
                ))
            })
            .collect();
        match number % 4 {
            0 => place.put(&format!("in/a/{number:02}.jsonl"), lines),
            1 => place.put(&format!("in/a/{number:02}.jsonl.gz"), gz(lines)),
            2 => place.put(&format!("in/b/{number:02}.jsonl.zst"), zst(lines)),
            _ => place.put(
                &format!("in/b/{number:02}.txt"),
                format!("SAMPLE -- {number} were there, and no more.\n"),
            ),
        }
    }
}

fn resume() -> Vec<&'static str> {
    vec![
        "-q",
        "-j2",
        "--resume",
        "--removed=went/",
        "-o",
        "out",
        "in",
    ]
}

/// The files of the outputs, without the list of what is done.
fn outputs(place: &Place) -> Vec<(String, Vec<u8>)> {
    let mut files = place.raw_files();
    files.retain(|(name, _)| !name.starts_with("in/") && name != "out/.cleaner-manifest");
    files
}

/// What tells whether files have been written again.
fn states(place: &Place) -> Vec<(String, u64, i64, i64)> {
    let names = place.names().into_iter();
    let names = names.filter(|name| !name.starts_with("in/") && name != "out/.cleaner-manifest");
    let state = |name: String| {
        let metadata = place.path(&name).metadata().unwrap();
        (
            name,
            metadata.ino(),
            metadata.mtime(),
            metadata.mtime_nsec(),
        )
    };
    names.map(state).collect()
}

#[test]
fn killed_run_is_gone_on_with() {
    let unbroken = Place::new();
    put_shards(&unbroken);
    let began = Instant::now();
    check(unbroken.run(&resume()), 0, "", "");
    let length = began.elapsed();
    let wanted = outputs(&unbroken);
    assert_eq!(wanted.len(), 48);
    let mut were_broken = 0;
    for number in 0..20u32 {
        let place = Place::new();
        put_shards(&place);
        let mut command = place.command(BINARY, &resume());
        let mut child = command.spawn().unwrap();
        // At another time of the run each time; how far it is then does not matter.
        std::thread::sleep(length * number / 20);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        were_broken += u32::from(status.signal() == Some(9));
        // Whatever has its name is whole.
        let done = outputs(&place);
        for (name, bytes) in done.iter().filter(|(name, _)| !name.contains(".cleaner-")) {
            let (_, whole) = wanted.iter().find(|(other, _)| other == name).unwrap();
            same(bytes, whole);
        }
        let manifest =
            std::fs::read_to_string(place.path("out/.cleaner-manifest")).unwrap_or_default();
        let listed: Vec<String> = manifest
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .map(|entry| entry["output"].as_str().unwrap().to_owned())
            .collect();
        let mut before = states(&place);
        before.retain(|(name, ..)| listed.contains(name));
        assert_eq!(before.len(), listed.len());
        check(place.run(&resume()), 0, "", "");
        assert!(outputs(&place) == wanted, "{:?}", place.names());
        // What was listed was not done again.
        let after = states(&place);
        for state in &before {
            assert!(after.contains(state), "{state:?}");
        }
    }
    assert!(were_broken >= 5, "{were_broken} of the runs were broken");
}

#[test]
fn what_is_done_is_left_alone_until_something_changes() {
    let place = Place::new();
    put_shards(&place);
    check(place.run(&resume()), 0, "", "");
    let first = states(&place);
    // Not quiet: it says so.
    let run = place.run(&["--resume", "--removed=went/", "-o", "out", "in"]);
    check(
        run,
        0,
        "",
        "cleaner: note: 24 of 24 files are done already\n",
    );
    assert_eq!(states(&place), first);
    let changed = |place: &Place, before: &[(String, u64, i64, i64)]| -> Vec<String> {
        let mut changed: Vec<String> = states(place)
            .into_iter()
            .filter(|state| !before.contains(state))
            .map(|(name, ..)| name)
            .collect();
        changed.retain(|name| name.starts_with("out/"));
        changed
    };
    // An input, an output that is gone, one that is another; what went that is gone.
    place.put("in/a/00.jsonl", record(PAGE));
    std::fs::remove_file(place.path("out/a/05.jsonl.gz")).unwrap();
    place.put("out/b/03.txt", "other");
    std::fs::remove_file(place.path("went/b/07.txt.removed.jsonl")).unwrap();
    let before = states(&place);
    check(place.run(&resume()), 0, "", "");
    assert_eq!(
        changed(&place, &before),
        [
            "out/a/00.jsonl",
            "out/a/05.jsonl.gz",
            "out/b/03.txt",
            "out/b/07.txt"
        ]
    );
    assert_eq!(place.read("out/a/00.jsonl"), record(CLEAN));
    // Options, also those of what went.
    let before = states(&place);
    let run = place.run(&[&["--keep=legal"][..], &resume()].concat());
    check(run, 0, "", "");
    assert_eq!(changed(&place, &before).len(), 24);
    // Threads and what is told do not matter; rules do.
    let before = states(&place);
    check(
        place.run(&[&["--keep=legal", "-j1", "--stats=json"][..], &resume()[2..]].concat()),
        0,
        &place
            .run(&[&["--keep=legal", "--stats=json"][..], &resume()].concat())
            .out,
        "cleaner: note: 24 of 24 files are done already\n",
    );
    assert_eq!(states(&place), before);
    place.put(
        "rules/sample.toml",
        RULES.replace("on every page", "on most pages"),
    );
    check(
        place.run(&[&["--keep=legal"][..], &resume()].concat()),
        0,
        "",
        "",
    );
    assert_eq!(changed(&place, &before).len(), 24);
    // So is where outlets are named.
    let before = states(&place);
    let by_folder = [&["--keep=legal", "--by-folder"][..], &resume()].concat();
    check(place.run(&by_folder), 0, "", "");
    assert_eq!(changed(&place, &before).len(), 24);
    // The longest record is an option as well.
    let before = states(&place);
    let shorter = [&["--keep=legal", "--max-record=1M"][..], &resume()].concat();
    check(place.run(&shorter), 0, "", "");
    assert_eq!(changed(&place, &before).len(), 24);
    check(
        place.run(&[&["--keep=legal"][..], &resume()].concat()),
        0,
        "",
        "",
    );
    // A list that was cut off, or is none, is no harm.
    let manifest = place.read("out/.cleaner-manifest");
    place.put("out/.cleaner-manifest", &manifest[..manifest.len() - 30]);
    let before = states(&place);
    check(
        place.run(&[&["--keep=legal"][..], &resume()].concat()),
        0,
        "",
        "",
    );
    assert_eq!(changed(&place, &before).len(), 1);
    place.put("out/.cleaner-manifest", b"\xff\xfe\0 no list\n");
    let run = place.run(&[&["--keep=legal"][..], &resume()].concat());
    check(run, 0, "", "");
    assert_eq!(changed(&place, &before).len(), 24);
}

#[test]
fn resume_without_an_output_is_refused() {
    let place = Place::with(&[("page.txt", PAGE)]);
    let err = "cleaner: error: --resume goes with an output folder: name it with --output\n";
    for show in ["--diff", "--check", "--json"] {
        check(place.run(&["--resume", show, "page.txt"]), 2, "", err);
    }
}

#[test]
fn failed_files_are_done_again() {
    let place = Place::new();
    place.put("in/a.jsonl", record(PAGE));
    place.put("in/b.jsonl", "7\n");
    let run = place.run(&["-q", "--resume", "-o", "out", "in"]);
    let err = "in/b.jsonl:1: error: invalid type: integer `7`, expected a record, which is a JSON object\n";
    check(run, 2, "", err);
    let run = place.run(&["-q", "--resume", "-o", "out", "in"]);
    check(run, 2, "", err);
    place.put("in/b.jsonl", record(PAGE));
    let run = place.run(&["--resume", "-o", "out", "in"]);
    check(run, 0, "", "cleaner: note: 1 of 2 files are done already\n");
    assert_eq!(place.read("out/b.jsonl"), record(CLEAN));
}

#[test]
fn second_run_on_a_folder_is_refused() {
    let place = Place::new();
    put_shards(&place);
    let args = [
        "-q",
        "--resume",
        "-o",
        "out/",
        "--stdin-filename=x.jsonl",
        "-",
    ];
    let mut child = place
        .command(BINARY, &args)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(record(PAGE).repeat(2000).as_bytes())
        .unwrap();
    wait_until("a temporary file", || {
        place
            .names()
            .iter()
            .any(|name| name.starts_with("out/.cleaner-") && name.ends_with(".tmp"))
    });
    let run = place.run(&resume());
    check(
        run,
        2,
        "",
        "cleaner: error: another run of cleaner writes to out\n",
    );
    // The first one is not disturbed by it.
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(place.read("out/x.jsonl"), record(CLEAN).repeat(2000));
    check(place.run(&resume()), 0, "", "");
}

#[test]
fn resume_asks_for_a_folder() {
    let place = Place::with(&[("a.jsonl", &record(PAGE))]);
    for args in [
        &["--resume", "a.jsonl"][..],
        &["--resume", "-o", "out.jsonl", "a.jsonl"],
        &["--resume", "-i", "a.jsonl"],
        &["--resume", "-o", "out/", "--removed=went.jsonl", "a.jsonl"],
        &["--resume", "-o", "out/", "--on-error=reject=bad", "a.jsonl"],
        &["--resume", "-o", "out/", "--dry-run", "a.jsonl"],
    ] {
        let run = place.run(args);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{args:?}");
        assert!(
            run.err.contains("--resume") || run.err.contains("--output"),
            "{}",
            run.err
        );
        assert_eq!(place.names(), ["a.jsonl"], "{args:?}");
    }
}

/// A reader that is slow takes nothing from it: what it has asked for comes, in order.
#[test]
fn slow_reader_gets_everything() {
    let place = Place::new();
    let lines: String = (0..20_000)
        .map(|number| format!("{{\"n\":{number},\"text\":{}}}\n", json_string(PAGE)))
        .collect();
    place.put("in.jsonl", lines);
    let mut command = place.command(BINARY, &["-j7", "in.jsonl"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::with_capacity(512, child.stdout.take().unwrap());
    let clean = json_string(CLEAN);
    let mut count = 0;
    for line in stdout.lines() {
        assert_eq!(line.unwrap(), format!("{{\"n\":{count},\"text\":{clean}}}"));
        count += 1;
    }
    assert_eq!(count, 20_000);
    assert!(child.wait().unwrap().success());
}
