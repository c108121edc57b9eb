//! Compressed files: told by content before name, whole or not at all, in bounded memory.

use crate::place::*;

const DIRTY: &str = "SAMPLE -- The school was opened.\n";
const CLEANED: &str = "The school was opened.\n";

#[test]
fn output_is_compressed_as_its_name_says_or_as_asked() {
    let place = Place::new();
    let (dirty, clean) = (record(DIRTY), record(CLEANED));
    place.put("in.jsonl", &dirty);
    place.put("in.jsonl.gz", gz(&dirty));
    place.put("in.jsonl.zst", zst(&dirty));
    for input in ["in.jsonl", "in.jsonl.gz", "in.jsonl.zst"] {
        // To standard output nothing is compressed unless asked.
        check(place.run(&[input]), 0, &clean, "");
        let run = place.run_raw(&["--compress=gz", input], "");
        assert_eq!((run.status, gunzip(&run.out)), (0, clean.clone().into()));
        let run = place.run_raw(&["--compress=zst", input], "");
        assert_eq!((run.status, unzst(&run.out)), (0, clean.clone().into()));
        for (output, args) in [
            ("out.jsonl", &[][..]),
            ("out.jsonl.gz", &[]),
            ("out.jsonl.zst", &[]),
            ("out.jsonl", &["--compress=gz"]),
            ("out.jsonl.gz", &["--compress=none"]),
            ("out.jsonl.gz", &["--compress=zst"]),
        ] {
            let run = place.run(&[args, &["-o", output, input]].concat());
            check(run, 0, "", "");
            let bytes = place.bytes(output);
            let unpacked = match (output, args) {
                ("out.jsonl.gz", []) | ("out.jsonl", ["--compress=gz"]) => gunzip(&bytes),
                ("out.jsonl.zst", []) | (_, ["--compress=zst"]) => unzst(&bytes),
                _ => bytes,
            };
            same(&unpacked, clean.as_bytes());
        }
    }
    // In place the file stays what it is.
    check(place.run(&["-i", "in.jsonl.gz", "in.jsonl.zst"]), 0, "", "");
    assert_eq!(gunzip(&place.bytes("in.jsonl.gz")), clean.as_bytes());
    assert_eq!(unzst(&place.bytes("in.jsonl.zst")), clean.as_bytes());
}

#[test]
fn folder_keeps_names_or_takes_those_of_the_compression_asked_for() {
    let place = Place::new();
    let (dirty, clean) = (record(DIRTY), record(CLEANED));
    place.put("in/a.jsonl", &dirty);
    place.put("in/b.jsonl.gz", gz(&dirty));
    place.put("in/sub/c.json.zst", zst(&dirty));
    place.put("in/d.txt.gz", gz(DIRTY));
    let names = |folder: &str| -> Vec<String> {
        let mut names = place.names();
        names.retain(|name| name.starts_with(folder));
        names
    };
    check(place.run(&["-o", "same", "in"]), 0, "", "");
    let wanted = [
        "same/a.jsonl",
        "same/b.jsonl.gz",
        "same/d.txt.gz",
        "same/sub/c.json.zst",
    ];
    assert_eq!(names("same/"), wanted);
    assert_eq!(gunzip(&place.bytes("same/b.jsonl.gz")), clean.as_bytes());
    assert_eq!(gunzip(&place.bytes("same/d.txt.gz")), CLEANED.as_bytes());
    assert_eq!(unzst(&place.bytes("same/sub/c.json.zst")), clean.as_bytes());
    check(place.run(&["-o", "zst", "--compress=zst", "in"]), 0, "", "");
    let wanted = [
        "zst/a.jsonl.zst",
        "zst/b.jsonl.zst",
        "zst/d.txt.zst",
        "zst/sub/c.json.zst",
    ];
    assert_eq!(names("zst/"), wanted);
    assert_eq!(unzst(&place.bytes("zst/b.jsonl.zst")), clean.as_bytes());
    assert_eq!(unzst(&place.bytes("zst/d.txt.zst")), CLEANED.as_bytes());
    check(
        place.run(&["-o", "none", "--compress=none", "in"]),
        0,
        "",
        "",
    );
    let wanted = [
        "none/a.jsonl",
        "none/b.jsonl",
        "none/d.txt",
        "none/sub/c.json",
    ];
    assert_eq!(names("none/"), wanted);
    assert_eq!(place.read("none/sub/c.json"), clean);
}

#[test]
fn content_tells_whether_it_is_compressed() {
    let place = Place::new();
    let (dirty, clean) = (record(DIRTY), record(CLEANED));
    // The names lie, or say nothing.
    for (name, bytes) in [
        ("plain.jsonl.gz", dirty.clone().into_bytes()),
        ("plain.jsonl.zst", dirty.clone().into_bytes()),
        ("gzip.jsonl", gz(&dirty)),
        ("gzip.jsonl.zst", gz(&dirty)),
        ("zstd.jsonl", zst(&dirty)),
        ("zstd.jsonl.gz", zst(&dirty)),
        ("shard-0001", gz(&dirty)),
        ("shard-0002.bin", zst(&dirty)),
    ] {
        place.put(name, &bytes);
        check(place.run(&[name]), 0, &clean, "");
        check(place.run_on(&[], &bytes), 0, &clean, "");
    }
    place.put("page.txt", gz(DIRTY));
    check(place.run(&["page.txt"]), 0, CLEANED, "");
    check(place.run_on(&[], zst(DIRTY)), 0, CLEANED, "");
}

#[test]
fn all_members_and_frames_are_read() {
    let place = Place::new();
    let clean = record(CLEANED).repeat(4);
    let line = record(DIRTY);
    let half = line.len() / 2;
    // Members need not end where records do, and may be empty.
    let parts = [
        line.clone(),
        String::new(),
        line[..half].to_owned(),
        format!("{}{line}", &line[half..]),
        line[..1].to_owned(),
        line[1..].to_owned(),
    ];
    let packed = |pack: &dyn Fn(&str) -> Vec<u8>| -> Vec<u8> {
        parts.iter().flat_map(|part| pack(part)).collect()
    };
    let gzip = packed(&|part| gz(part));
    let zstd = packed(&|part| zst(part));
    // A frame that is to be skipped, with its length.
    let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    for (name, bytes) in [
        ("members.jsonl.gz", gzip.clone()),
        ("zeros.jsonl.gz", [&gzip[..], &[0; 512]].concat()),
        ("many-zeros.jsonl.gz", [&gzip[..], &[0; 300_000]].concat()),
        (
            "zeros-between.jsonl.gz",
            [&gz(&line)[..], &[0; 7], &gz(line.repeat(3))].concat(),
        ),
        ("frames.jsonl.zst", zstd.clone()),
        (
            "skipped.jsonl.zst",
            [&skipped[..], &zstd, &skipped].concat(),
        ),
        ("skipped.bin", [&skipped[..], &zstd].concat()),
    ] {
        place.put(name, &bytes);
        check(place.run(&[name]), 0, &clean, "");
        check(place.run_on(&["--format=jsonl"], &bytes), 0, &clean, "");
    }
}

#[test]
fn what_is_behind_the_last_member_is_told() {
    let place = Place::new();
    let gzip = gz(record(DIRTY));
    let zstd = zst(record(DIRTY));
    let behind = "there is something behind the last gzip member that is not gzip";
    for (name, bytes, what) in [
        ("garbage.jsonl.gz", [&gzip[..], b"garbage"].concat(), behind),
        ("byte.jsonl.gz", [&gzip[..], b"\n"].concat(), behind),
        ("zeros.jsonl.gz", [&gzip[..], b"\0\0\0x"].concat(), behind),
        (
            "magic.jsonl.gz",
            [&gzip[..], &[0x1f, 0x8b]].concat(),
            "the gzip data is cut off",
        ),
        (
            "magic.jsonl.zst",
            [&zstd[..], &[0x28, 0xb5]].concat(),
            "the Zstandard data is cut off",
        ),
        (
            "garbage.jsonl.zst",
            [&zstd[..], b"garbage"].concat(),
            "the Zstandard data is broken: Unknown frame descriptor",
        ),
    ] {
        place.put(name, &bytes);
        place.put("out.jsonl", "old\n");
        let run = place.run(&["-o", "out.jsonl", name]);
        check(run, 2, "", &format!("{name}: error: {what}\n"));
        assert_eq!(place.read("out.jsonl"), "old\n");
    }
}

#[test]
fn broken_data_are_told() {
    let place = Place::new();
    let flipped = |mut bytes: Vec<u8>, at: usize| {
        bytes[at] ^= 0x55;
        bytes
    };
    let text = record(&"SAMPLE -- Öne after the other.\n".repeat(9));
    let gzip = gz(&text);
    let crc = gzip.len() - 6;
    let (summed, end) = {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_checksum(true).unwrap();
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        let bytes = encoder.finish().unwrap();
        let end = bytes.len() - 1;
        (bytes, end)
    };
    for (name, bytes, what) in [
        (
            "crc.jsonl.gz",
            flipped(gzip.clone(), crc),
            "the gzip data is broken: ",
        ),
        (
            "method.jsonl.gz",
            flipped(gzip, 2),
            "the gzip data is broken: ",
        ),
        (
            "sum.jsonl.zst",
            flipped(summed, end),
            "the Zstandard data is broken: ",
        ),
    ] {
        place.put(name, bytes);
        let run = place.run(&["-o", "out.jsonl", name]);
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        let begin = format!("{name}: error: {what}");
        assert!(run.err.starts_with(&begin), "{}", run.err);
        assert_eq!(run.err.lines().count(), 1);
        assert!(!place.path("out.jsonl").exists());
    }
}

#[test]
fn file_cut_off_anywhere_is_told_and_nothing_is_written() {
    // In two members, or frames: one of them may be whole.
    let lines = [
        record("SAMPLE -- The school was opened on Monday."),
        record("SAMPLE -- Nobody else came."),
    ];
    for (extension, pack) in [
        ("gz", (|line| gz(line)) as fn(&String) -> Vec<u8>),
        ("zst", |line| zst(line)),
    ] {
        let place = Place::new();
        let parts: Vec<Vec<u8>> = lines.iter().map(pack).collect();
        let whole = parts.concat();
        let mut files = Vec::new();
        for cut in 0..whole.len() {
            let name = format!("in/{cut:03}.jsonl.{extension}");
            place.put(&name, &whole[..cut]);
            files.push(name);
        }
        // Each in a run of its own, with one thread, so that runs are quick.
        for (cut, name) in files.iter().enumerate() {
            let run = place.run(&["-q", "-j1", "-o", "out.jsonl", name]);
            if cut == parts[0].len() {
                check(run, 0, "", "");
                assert_eq!(place.read("out.jsonl"), lines[0].replace("SAMPLE -- ", ""));
                std::fs::remove_file(place.path("out.jsonl")).unwrap();
                continue;
            }
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{name}");
            let what = if extension == "gz" {
                "gzip"
            } else {
                "Zstandard"
            };
            let begin = format!("{name}: error: the {what} data is cut off");
            assert!(run.err.starts_with(&begin), "{name}: {}", run.err);
            assert_eq!(run.err.lines().count(), 1, "{}", run.err);
            assert_eq!(place.names().len(), whole.len(), "{name}");
        }
        // All of them in one run: the whole one is done all the same.
        let run = place.run(&["-q", "-o", "out", "in"]);
        assert_eq!(run.status, 2);
        assert_eq!(run.err.lines().count(), whole.len() - 1);
        let mut names = place.names();
        names.retain(|name| name.starts_with("out"));
        assert_eq!(
            names,
            [format!("out/{:03}.jsonl.{extension}", parts[0].len())]
        );
    }
}

/// A GiB of zeros, and as many lines, in a MiB.
#[cfg(unix)]
#[test]
fn bomb_takes_no_more_memory_than_a_record_may() {
    let place = Place::new();
    let member = gz(vec![0; 1 << 20]);
    place.put("bomb.jsonl.gz", member.repeat(1024));
    place.put("bomb.txt.gz", member.repeat(1024));
    place.put("bomb.wet.gz", member.repeat(1024));
    let limited = |args: &str| {
        // Threads and libraries take address space that is never used: KiB.
        place.shell(&format!(
            "ulimit -v 400000; exec \"$CLEANER\" -j2 -q {args}"
        ))
    };
    let err = "bomb.jsonl.gz: error: the record on line 1 is longer than 33554432 bytes; --max-record takes longer ones\n";
    check(limited("--max-record=32M bomb.jsonl.gz"), 2, "", err);
    let err = "bomb.txt.gz: error: the page is longer than 33554432 bytes; --max-record takes longer ones\n";
    check(limited("--max-record=32M bomb.txt.gz"), 2, "", err);
    let run = limited("--max-record=32M bomb.wet.gz");
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    let begin = "bomb.wet.gz:1: error: at byte 0: expected `WARC/1.0` or `WARC/1.1`, found";
    assert!(run.err.starts_with(begin), "{}", run.err);
    // The same size in records passes: fields that are not looked at, since these are quick.
    let line = format!(
        r#"{{"text":"SAMPLE -- One sentence.","x":"{}"}}"#,
        "a".repeat(32_726)
    ) + "\n";
    assert_eq!(line.len(), 1 << 15);
    place.put("lines.jsonl.gz", gz(line.repeat(32)).repeat(256));
    let run = limited("--stats=json -o out.jsonl.zst lines.jsonl.gz");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert!(
        run.out.starts_with(r#"{"documents":8192,"changed":8192,"#),
        "{}",
        run.out
    );
}
