//! Disks that are full, readers that go away, and the progress bar: what is around a run.
#![cfg(unix)]

use std::io::Write;
use std::os::unix::fs::MetadataExt;

use crate::place::*;

/// What does not get smaller when it is compressed.
fn noise(seed: u64, bytes: usize) -> String {
    let mut x = seed;
    let next = |_| {
        x = x
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + (x >> 59) as u8 % 26)
    };
    (0..bytes).map(next).collect()
}

/// Files of each format of more than a MiB, compressed and not.
fn put_large(place: &Place) -> Vec<&'static str> {
    let texts: Vec<String> = (1..21)
        .map(|seed| format!("SAMPLE -- The school.\n{}\n", noise(seed, 100_000)))
        .collect();
    let lines: String = texts.iter().map(|text| record(text)).collect();
    let wet: String = texts
        .iter()
        .map(|text| wet_record("conversion", "", text))
        .collect();
    place.put("a.txt", texts.concat());
    place.put("b.jsonl", &lines);
    place.put("c.jsonl.gz", gz(&lines));
    place.put("d.jsonl.zst", zst(&lines));
    place.put("e.wet", &wet);
    place.put("f.wet.gz", gz(&wet));
    vec![
        "a.txt",
        "b.jsonl",
        "c.jsonl.gz",
        "d.jsonl.zst",
        "e.wet",
        "f.wet.gz",
    ]
}

#[cfg(target_os = "linux")]
#[test]
fn full_device_is_an_error_for_every_format() {
    let place = Place::new();
    place.put("page.txt", PAGE);
    place.put("a.jsonl", record(PAGE));
    place.put("b.jsonl.gz", gz(record(PAGE)));
    place.put("c.wet", wet_record("conversion", "", PAGE));
    let full = "No space left on device (os error 28)\n";
    for told in ["--help", "help rules", "--version"] {
        let run = place.shell(&format!("\"$CLEANER\" {told} > /dev/full"));
        let err = format!("cleaner: error: standard output: {full}");
        assert_eq!((run.status, run.err), (2, err), "{told}");
    }
    for input in ["page.txt", "a.jsonl", "b.jsonl.gz", "c.wet", "< a.jsonl"] {
        for args in [
            "",
            "--compress=gz",
            "--compress=zst",
            "-j1",
            "--json",
            "--sample=1",
            "--stats --check",
        ] {
            let run = place.shell(&format!("\"$CLEANER\" -q {args} {input} > /dev/full"));
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{args} {input}");
            let told: String = run
                .err
                .lines()
                .filter(|line| line.contains("error"))
                .collect();
            assert_eq!(
                told + "\n",
                format!("cleaner: error: standard output: {full}"),
                "{args} {input}"
            );
        }
        let name = input.strip_prefix("< ").map_or(input, |_| "<stdin>");
        for args in [
            "-o /dev/full",
            "--compress=gz -o /dev/full",
            "--compress=zst -o /dev/full",
        ] {
            let run = place.shell(&format!("\"$CLEANER\" -q {args} {input}"));
            check(
                run,
                2,
                "",
                &format!("{name}: error: cannot write /dev/full: {full}"),
            );
        }
        for args in ["--removed=/dev/full", "--removed=/dev/full -o out"] {
            let run = place.shell(&format!("\"$CLEANER\" -q {args} {input}"));
            assert_eq!(run.status, 2, "{args} {input}");
            assert_eq!(
                run.err,
                format!("cleaner: error: cannot write /dev/full: {full}")
            );
        }
        let _ = std::fs::remove_file(place.path("out"));
    }
    place.put("bad.jsonl", "7\n");
    let run = place.shell("\"$CLEANER\" -q --on-error=reject=/dev/full bad.jsonl");
    assert_eq!(run.status, 2);
    assert!(
        run.err
            .ends_with(&format!("cleaner: error: cannot write /dev/full: {full}")),
        "{}",
        run.err
    );
}

#[test]
fn file_that_may_not_grow_leaves_the_old_one() {
    let place = Place::new();
    let inputs = put_large(&place);
    // Growing is no signal then but an error; blocks of 512 bytes.
    let limit = "trap '' XFSZ; ulimit -f 1000; exec \"$CLEANER\" -q";
    for input in inputs {
        let output = format!("old.{}", input.split_once('.').unwrap().1);
        place.put(&output, "old\n");
        let before = place.raw_files();
        for args in [
            format!("-o {output} {input}"),
            format!("-o new.{output} {input}"),
            format!("-i {input}"),
            format!("-i --removed=went/ {input}"),
        ] {
            let run = place.shell(&format!("{limit} {args}"));
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{args}");
            let begin = format!("{input}: error: cannot write ");
            assert!(run.err.starts_with(&begin), "{}", run.err);
            assert!(
                run.err.ends_with(": File too large (os error 27)\n"),
                "{}",
                run.err
            );
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
            assert!(place.raw_files() == before, "{args}: {:?}", place.names());
        }
    }
    // The others are gone on with.
    place.put("in/a.jsonl", record(PAGE));
    place.put("in/b.jsonl", place.bytes("b.jsonl"));
    place.put("in/c.jsonl", record(PAGE));
    let run = place.shell(&format!("{limit} -o out in"));
    assert_eq!(run.status, 2);
    assert!(
        run.err
            .starts_with("in/b.jsonl: error: cannot write out/b.jsonl: "),
        "{}",
        run.err
    );
    let mut names = place.names();
    names.retain(|name| name.starts_with("out/"));
    assert_eq!(names, ["out/a.jsonl", "out/c.jsonl"]);
    assert_eq!(place.read("out/c.jsonl"), record(CLEAN));
}

/// A disk of one MiB, if we may make one.
#[cfg(target_os = "linux")]
#[test]
fn full_disk_leaves_no_half_file() {
    let place = Place::new();
    let inputs = put_large(&place);
    std::fs::create_dir(place.path("disk")).unwrap();
    let mounted = place.shell("mount -t tmpfs -o size=1m tmpfs disk");
    if mounted.status != 0 {
        println!("not run: a disk cannot be mounted here, that takes root");
        return;
    }
    let tests = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        place.put("disk/old.txt", "old\n");
        for input in inputs {
            let run = place.run(&["-q", "-o", "disk/", input]);
            let err = format!(
                "{input}: error: cannot write disk/{input}: No space left on device (os error 28)\n"
            );
            check(run, 2, "", &err);
            let run = place.run(
                &[
                    "-q",
                    "--removed=disk/went/",
                    "--resume",
                    "-o",
                    "disk/out",
                    input,
                    "a.txt",
                ][..if input == "a.txt" { 6 } else { 7 }],
            );
            assert_eq!(run.status, 2, "{}", run.err);
            let mut names = place.names();
            names.retain(|name| name.starts_with("disk/"));
            names.retain(|name| !name.ends_with(".cleaner-manifest"));
            assert_eq!(names, ["disk/old.txt"], "{input}");
        }
        assert_eq!(place.read("disk/old.txt"), "old\n");
        // There is room again: nothing was left.
        check(
            place.run_on(&["-q", "-o", "disk/new.jsonl"], record(PAGE)),
            0,
            "",
            "",
        );
        assert_eq!(place.read("disk/new.jsonl"), record(CLEAN));
    }));
    assert_eq!(place.shell("umount disk").status, 0);
    if let Err(panic) = tests {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let lines = record(PAGE).repeat(8_000);
    place.put("in.jsonl", &lines);
    place.put(
        "in.wet.gz",
        gz(wet_record("conversion", "", PAGE).repeat(3_000)),
    );
    let first = record(CLEAN);
    for (args, line) in [
        ("in.jsonl", first.as_str()),
        ("-j7 in.jsonl", &first),
        ("< in.jsonl", &first),
        ("in.jsonl in.jsonl", &first),
        ("--to=jsonl in.wet.gz", "{\"id\":null,"),
        ("in.wet.gz", "WARC/1.0\r\n"),
        ("--json in.jsonl", "{\"path\":\"in.jsonl\",\"record\":1,"),
        ("--check in.jsonl", "in.jsonl:1\n"),
        ("--diff in.jsonl", "--- a/in.jsonl:1\n"),
        ("--sample=8000 in.jsonl", "--- a/in.jsonl:1\n"),
    ] {
        let line_of = format!("{{ \"$CLEANER\" {args}; echo $? > status; }} | head -n 1");
        let run = place.shell(&line_of);
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{args}");
        assert!(run.out.starts_with(line), "{args}: {}", run.out);
        assert_eq!(place.read("status"), "0\n", "{args}");
    }
}

#[test]
fn permissions_of_corpora_outlive_writing() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    for (name, bytes) in [
        ("a.jsonl", record(PAGE).into_bytes()),
        ("a.jsonl.gz", gz(record(PAGE))),
        ("a.wet", wet_record("conversion", "", PAGE).into_bytes()),
    ] {
        place.put(name, &bytes);
        std::fs::set_permissions(place.path(name), std::fs::Permissions::from_mode(0o640)).unwrap();
        check(place.run(&["-i", name]), 0, "", "");
        assert_ne!(place.bytes(name), bytes);
        let after = place.path(name).metadata().unwrap();
        assert_eq!(after.mode() & 0o7777, 0o640, "{name}");
        // What does not change is not touched.
        check(place.run(&["-q", "-i", name]), 0, "", "");
        let again = place.path(name).metadata().unwrap();
        assert_eq!(
            (again.ino(), again.mtime_nsec()),
            (after.ino(), after.mtime_nsec())
        );
    }
}

/// Colours are asked for or not, but what would steer the terminal is never let through.
#[cfg(target_os = "linux")]
#[test]
fn terminal_is_not_steered_by_a_page() {
    let place = Place::new();
    if place.shell("script -qec true /dev/null < /dev/null").status != 0 {
        println!("not run: script(1) of util-linux is not installed");
        return;
    }
    place.put("page.txt", PAGE.replace("Nobody", "\x1b]0;title\x07Nobody"));
    place.put("more.txt", PAGE.replace("opened.", "opened.\x1b[2J"));
    for args in [
        "--diff page.txt",
        "--sample 2 page.txt more.txt",
        "--explain more.txt",
    ] {
        for color in ["auto", "never", "always"] {
            place.put("line.sh", format!("$CLEANER --color={color} {args}"));
            let run = place.shell("script -qec 'sh line.sh' /dev/null < /dev/null");
            assert!(run.out.contains("\\u{1b}"), "{args} {color}: {run:?}");
            assert!(!run.out.contains("\x1b]0"), "{args} {color}: {run:?}");
            assert!(!run.out.contains("\x1b[2J"), "{args} {color}: {run:?}");
            assert_eq!(
                run.out.contains("\x1b["),
                color != "never",
                "{args}: {run:?}"
            );
        }
    }
    // A program that reads the diff gets the bytes.
    let run = place.run(&["--diff", "page.txt"]);
    assert!(
        run.out.contains(" \x1b]0;title\x07Nobody came.\n"),
        "{run:?}"
    );
}

/// Through script(1) the program sees a terminal on its standard error.
#[cfg(target_os = "linux")]
#[test]
fn progress_is_shown_on_a_terminal_alone() {
    let place = Place::new();
    if place.shell("script -qec true /dev/null < /dev/null").status != 0 {
        println!("not run: script(1) of util-linux is not installed");
        return;
    }
    // A record each tenth of a second, for longer than the patience with quick runs: the bar
    // depends on the clock, and so does this test.
    let slow =
        "i=0; while [ $i -lt 14 ]; do cat one; sleep 0.1; i=$((i+1)); done | $1 \"$CLEANER\" $2 $3";
    let shown = |env: &str, args: &str, told: &str| {
        let place = Place::new();
        place.put("one", record(PAGE));
        place.put(
            "slow.sh",
            slow.replace("$1", env)
                .replace("$2", args)
                .replace("$3", told),
        );
        let run = place.shell("unset CI; script -qec 'sh slow.sh' /dev/null < /dev/null");
        assert_eq!(run.status, 0, "{run:?}");
        (place, run.out)
    };
    let bar = "documents, ";
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (place, out) = shown("", "-o out.jsonl", "");
            assert!(out.contains(bar) && out.contains("B/s"), "{out:?}");
            // It is taken away at the end, and nothing of it is in the output.
            assert_eq!(place.read("out.jsonl"), record(CLEAN).repeat(14));
            assert!(out.trim_end().ends_with("\x1b[2K"), "{out:?}");
        });
        scope.spawn(|| {
            let (place, out) = shown("", "-o out.jsonl", "2> told");
            assert_eq!((out.as_str(), place.read("told").as_str()), ("", ""));
        });
        for (env, args) in [
            ("CI=true", "-o out.jsonl"),
            ("", "-q -o out.jsonl"),
            ("", ""),
        ] {
            scope.spawn(move || {
                let (_, out) = shown(env, args, "");
                assert!(!out.contains(bar), "{env} {args}: {out:?}");
            });
        }
    });
    let place = Place::new();
    // A run that is over soon shows none.
    place.put("in.jsonl", record(PAGE));
    place.put("line.sh", "$CLEANER -o out.jsonl in.jsonl");
    check(
        place.shell("unset CI; script -qec 'sh line.sh' /dev/null < /dev/null"),
        0,
        "",
        "",
    );
}

#[test]
fn standard_output_that_is_an_input_is_refused() {
    let place = Place::new();
    place.put("a.jsonl", record(PAGE));
    let before = place.read("a.jsonl");
    let run = place.shell("\"$CLEANER\" -q b.jsonl a.jsonl >> a.jsonl");
    let what = "standard output is the input a.jsonl";
    assert_eq!(run.status, 2);
    assert!(run.err.contains(what), "{}", run.err);
    let run = place.shell("\"$CLEANER\" -q < a.jsonl >> a.jsonl");
    assert_eq!(run.status, 2);
    assert!(
        run.err.contains("standard output is the input <stdin>"),
        "{}",
        run.err
    );
    assert_eq!(place.read("a.jsonl"), before);
}

#[test]
fn what_is_no_ordinary_file_is_not_rewritten() {
    let place = Place::new();
    let run = place.shell("mkfifo pipe && \"$CLEANER\" -i pipe");
    let err = "cleaner: error: pipe is no ordinary file, and cannot be rewritten in place\n";
    check(run, 2, "", err);
}

#[test]
fn outputs_are_not_named_for_what_they_are_not() {
    let place = Place::new();
    place.put("a.jsonl", record(PAGE));
    for name in ["b.jsonl.bz2", "b.jsonl.XZ"] {
        let run = place.run(&["-q", "a.jsonl", "-o", name]);
        let err = format!(
            "cleaner: error: {name} would not be compressed as its name says: .gz and .zst are\n"
        );
        check(run, 2, "", &err);
    }
    for list in ["--removed=", "--on-error=reject="] {
        let args = ["-q", "a.jsonl", "-o", "b.jsonl", &format!("{list}c.xz")];
        let err =
            "cleaner: error: c.xz would not be compressed as its name says: .gz and .zst are\n";
        check(place.run(&args), 2, "", err);
    }
    assert_eq!(place.names(), ["a.jsonl"]);
    let args = ["-q", "a.jsonl", "-o", "b.jsonl", "--on-error=reject=c.br/"];
    assert_eq!(place.run(&args).status, 0);
}

#[test]
fn zstandard_data_that_ask_for_more_are_not_called_broken() {
    let place = Place::new();
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.write_all(record(PAGE).as_bytes()).unwrap();
    place.put("a.jsonl.zst", encoder.finish().unwrap());
    let run = place.run(&["-q", "a.jsonl.zst"]);
    assert_eq!(run.status, 2);
    let what = "has a window of more than 128 MiB, as `zstd --long` makes it; decompress it with `zstd -dc --long=31`";
    assert!(run.err.contains(what), "{}", run.err);
}

#[test]
fn page_whose_output_fails_is_not_counted_among_those_left_as_they_are() {
    let place = Place::with(&[("in/a.txt", EMPTIED), ("out/a.txt/b", "")]);
    let run = place.run(&["-O", "sample", "-o", "out", "in"]);
    let err = "in/a.txt: note: left as it is: no line would be left (rules: sample/copyright-line)\n\
        in/a.txt: error: cannot write out/a.txt: is a directory\n";
    check(run, 2, "", err);
}

#[test]
fn list_of_files_is_not_written_over() {
    let place = Place::with(&[("list.txt", "a.jsonl\n")]);
    place.put("a.jsonl", record(PAGE));
    for written in [
        &["--removed=list.txt", "-o", "out"][..],
        &["--on-error=reject=list.txt", "-o", "out"],
    ] {
        let run =
            place.run(&[&["-q", "-O", "sample", "--file-list=list.txt"][..], written].concat());
        assert_eq!(run.status, 2);
        assert!(
            run.err.ends_with(" list.txt is the list of files\n"),
            "{}",
            run.err
        );
        assert_eq!(place.read("list.txt"), "a.jsonl\n");
    }
    let run = place.run(&["-q", "-O", "sample", "--file-list=-", "-"]);
    let err =
        "cleaner: error: `-`, standard input, is named twice: as the list of files and as a page\n";
    check(run, 2, "", err);
}

#[test]
fn what_went_of_several_files_is_not_kept_of_standard_output() {
    let place = Place::new();
    place.put("a.jsonl", record(PAGE));
    place.put("b.jsonl", record(PAGE));
    let run = place.run(&["-q", "--removed=went.jsonl", "a.jsonl", "b.jsonl"]);
    let err = "cleaner: error: --removed of several files needs --output or --in-place: what is put together on standard output could not be taken apart again\n";
    check(run, 2, "", err);
    assert_eq!(place.names(), ["a.jsonl", "b.jsonl"]);
}

#[test]
fn rejected_records_keep_a_line_each() {
    let place = Place::with(&[("a.jsonl", "{\"text\":1}"), ("b.jsonl", "{\"text\":2}")]);
    let run = place.run(&[
        "-q",
        "--max-record=10",
        "--on-error=reject=rejects.jsonl",
        "-o",
        "out",
        "a.jsonl",
        "b.jsonl",
    ]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert_eq!(place.read("rejects.jsonl"), "{\"text\":1}\n{\"text\":2}\n");
}

#[test]
fn file_that_grows_over_a_limit_is_an_error() {
    let place = Place::new();
    place.put("a.jsonl", record(PAGE).repeat(2000));
    let run = place.shell("ulimit -f 50; \"$CLEANER\" -q a.jsonl -o b.jsonl");
    let err = "a.jsonl: error: cannot write b.jsonl: File too large (os error 27)\n";
    check(run, 2, "", err);
    assert_eq!(place.names(), ["a.jsonl"]);
}
