//! Files of documents: the same texts in every format, many files, what is drawn and added.

use std::fs;

use serde_json::Value;

use crate::place::*;

/// Documents of The Sample and of nobody, with all that is hard to keep.
fn documents() -> Vec<String> {
    let mut documents: Vec<String> = [
        PAGE,
        OTHER,
        EMPTIED,
        CLEAN,
        "",
        "\n",
        "\u{feff}SAMPLE -- The school was opened.\n",
        "Ünï\u{1f600}\u{2028}\0\x1b \"q\" \\ / .\r\nSample Media ©",
        "SAMPLE -- The school was opened.\r\n\r\nSample Media ©\r\n",
        "One.\rTwo.\nSample Media ©\n\n\n\nThree.\n \t\n",
    ]
    .map(str::to_owned)
    .into();
    for number in 0..300 {
        let story = "Words of a story that is long enough.\n".repeat(number % 7 + 1);
        documents.push(format!("SAMPLE -- {number}. {story}\nSample Media ©\n"));
    }
    documents
}

/// A file of the documents in each format, written without the program.
fn put_all(place: &Place, documents: &[String]) {
    for (at, text) in documents.iter().enumerate() {
        place.put(&format!("txt/{at:03}.txt"), text);
    }
    let lines: String = documents.iter().map(|text| record(text)).collect();
    place.put("in.jsonl", &lines);
    place.put("in.jsonl.zst", zst(&lines));
    let wet: Vec<String> = documents
        .iter()
        .map(|text| wet_record("conversion", "", text))
        .collect();
    place.put("in.wet", wet.concat());
    place.put("in.wet.gz", wet.iter().flat_map(gz).collect::<Vec<_>>());
    #[cfg(feature = "parquet")]
    place.put("in.parquet", parquet_files::written(documents));
}

/// The texts of a file, read without the program.
fn texts(place: &Place, name: &str) -> Vec<String> {
    let bytes = place.bytes(name);
    let bytes = match name.rsplit_once('.') {
        Some((_, "gz")) => gunzip(&bytes),
        Some((_, "zst")) => unzst(&bytes),
        _ => bytes,
    };
    #[cfg(feature = "parquet")]
    if name.ends_with(".parquet") {
        return parquet_files::texts(bytes);
    }
    let text = String::from_utf8(bytes).unwrap();
    if name.contains(".jsonl") {
        let text_of = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            record["text"].as_str().unwrap().to_owned()
        };
        return text.lines().map(text_of).collect();
    }
    let mut texts = Vec::new();
    let mut rest = text.as_str();
    while let Some((head, behind)) = rest.split_once("\r\n\r\n") {
        let (_, length) = head.split_once("Content-Length: ").unwrap();
        let length: usize = length.parse().unwrap();
        texts.push(behind[..length].to_owned());
        rest = behind[length..].strip_prefix("\r\n\r\n").unwrap();
    }
    assert_eq!(rest, "");
    texts
}

#[test]
fn every_format_gives_the_same_texts() {
    let place = Place::new();
    let documents = documents();
    put_all(&place, &documents);
    check(place.run(&["-q", "-o", "clean", "txt"]), 0, "", "");
    let clean: Vec<String> = (0..documents.len())
        .map(|at| place.read(&format!("clean/{at:03}.txt")))
        .collect();
    assert_ne!(clean, documents);
    let mut runs = vec![
        ("in.jsonl", "out.jsonl.gz"),
        ("in.jsonl.zst", "out.jsonl.zst"),
        ("in.wet", "out.wet.zst"),
        ("in.wet.gz", "out.wet.gz"),
    ];
    if cfg!(feature = "parquet") {
        runs.push(("in.parquet", "out.parquet"));
    }
    for (input, output) in runs {
        assert_eq!(texts(&place, input), documents, "{input}");
        check(place.run(&["-q", "-o", output, input]), 0, "", "");
        assert_eq!(texts(&place, output), clean, "{output}");
        // What is known of the documents is the same too, but for their places.
        let known = |args: &[&str]| -> Vec<Value> {
            let lines = place.run(&[&["-q", "--json"], args].concat()).out;
            let known = lines.lines().map(|line| {
                let mut known: Value = serde_json::from_str(line).unwrap();
                for key in ["path", "record"] {
                    known.as_object_mut().unwrap().remove(key);
                }
                known
            });
            known.collect()
        };
        assert_eq!(known(&[input]), known(&["txt"]), "{input}");
        // And what is counted.
        let counted = |args: &[&str]| {
            place
                .run(&[&["-q", "--stats=json", "-o", "counted/"], args].concat())
                .out
        };
        assert_eq!(counted(&[input]), counted(&["txt"]), "{input}");
    }
    check(
        place.run(&["-q", "--to=jsonl", "-o", "wet.jsonl", "in.wet.gz"]),
        0,
        "",
        "",
    );
    assert_eq!(texts(&place, "wet.jsonl"), clean);
}

#[test]
fn without_rules_every_file_comes_out_as_it_is() {
    let place = Place::new();
    let mut documents = documents();
    documents.push("Odd \u{1} line ends.\r\n\n\r\n".to_owned());
    put_all(&place, &documents);
    place.put(
        "odd.jsonl",
        b"\xef\xbb\xbf{\"text\" :\"\\u0041\\ud800\"}\r\n\n {}\n\t\n{\"text\":null}",
    );
    fs::create_dir(place.path("none")).unwrap();
    let before = place.raw_files();
    let rules = ["--no-bundled", "--rules", "none", "-q"];
    let run = place.run(
        &[
            &rules[..],
            &["-o", "out", "txt", "odd.jsonl", "in.jsonl", "in.wet"],
        ]
        .concat(),
    );
    check(run, 0, "", "");
    for (name, bytes) in &before {
        let name = name.strip_prefix("txt/").unwrap_or(name);
        if ["in.jsonl.zst", "in.wet.gz", "in.parquet"].contains(&name) {
            continue;
        }
        same(&place.bytes(&format!("out/{name}")), bytes);
    }
    for (input, output) in [
        ("in.jsonl.zst", "same.jsonl.zst"),
        ("in.wet.gz", "same.wet.gz"),
    ] {
        let run = place.run(&[&rules[..], &["-o", output, input]].concat());
        check(run, 0, "", "");
    }
    same(
        &unzst(&place.bytes("same.jsonl.zst")),
        &place.bytes("in.jsonl"),
    );
    assert_eq!(
        members(&place.bytes("same.wet.gz")),
        members(&place.bytes("in.wet.gz"))
    );
    if cfg!(feature = "parquet") {
        let run = place.run(&[&rules[..], &["-o", "same.parquet", "in.parquet"]].concat());
        check(run, 0, "", "");
        same(&place.bytes("same.parquet"), &place.bytes("in.parquet"));
    }
    for (name, bytes) in &before {
        if name.ends_with(".parquet") {
            continue;
        }
        let format = ["txt", "jsonl", "wet"]
            .into_iter()
            .find(|format| name.contains(&format!(".{format}")));
        let format = format!("--format={}", format.unwrap().replace("txt", "text"));
        let run = place.run_raw(&[&rules[..], &[&format]].concat(), bytes);
        let wanted = match name.rsplit_once('.').unwrap().1 {
            "gz" => gunzip(bytes),
            "zst" => unzst(bytes),
            _ => bytes.clone(),
        };
        check_raw(run, 0, &wanted, "");
    }
}

#[test]
fn folder_may_hold_all_formats() {
    let place = Place::new();
    let wet = |text: &str| wet_record("conversion", "", text);
    place.put("in/a.txt", PAGE);
    place.put("in/b.jsonl", record(PAGE));
    place.put("in/c/d.ndjson.gz", gz(record(PAGE)));
    place.put("in/c/e.json.zst", zst(record(PAGE)));
    place.put("in/f.warc.wet", wet(PAGE));
    place.put("in/g.json", record(PAGE));
    place.put("in/h.parquet.gz", "");
    place.put("in/.i.jsonl", record(PAGE));
    check(place.run(&["-q", "-o", "out", "in"]), 0, "", "");
    let mut names = place.names();
    names.retain(|name| name.starts_with("out/"));
    assert_eq!(
        names,
        [
            "out/a.txt",
            "out/b.jsonl",
            "out/c/d.ndjson.gz",
            "out/c/e.json.zst",
            "out/f.warc.wet"
        ]
    );
    assert_eq!(place.read("out/a.txt"), CLEAN);
    assert_eq!(place.read("out/b.jsonl"), record(CLEAN));
    assert_eq!(
        gunzip(&place.bytes("out/c/d.ndjson.gz")),
        record(CLEAN).as_bytes()
    );
    assert_eq!(
        unzst(&place.bytes("out/c/e.json.zst")),
        record(CLEAN).as_bytes()
    );
    assert_eq!(place.read("out/f.warc.wet"), wet(CLEAN));
    let out = "in/a.txt\nin/b.jsonl:1\nin/c/d.ndjson.gz:1\nin/c/e.json.zst:1\nin/f.warc.wet:1\n";
    let out = out.replace('/', std::path::MAIN_SEPARATOR_STR);
    check(place.run(&["-q", "--check", "in"]), 1, &out, "");
    let sum = place.run(&["--stats=json", "in"]).out;
    assert!(sum.starts_with(r#"{"documents":5,"changed":5,"#), "{sum}");
    // Texts and records do not go into one stream.
    let run = place.run(&["in"]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
}

#[test]
fn records_of_several_files_are_as_good_in_one() {
    let place = Place::new();
    let dirty = r#"{"text":"SAMPLE -- One sentence."}"#;
    let clean = r#"{"text":"One sentence."}"#;
    place.put("a.jsonl", format!("\u{feff}{dirty}\r\n{dirty}"));
    place.put("b.jsonl", "");
    place.put("c.jsonl.gz", gz(format!("\u{feff}{dirty}\n\n")));
    place.put("d.jsonl", format!("\u{feff}\n{dirty}"));
    // Each is still on a line of its own, and the mark of the byte order is only at the beginning.
    let wanted = format!("\u{feff}{clean}\r\n{clean}\n{clean}\n\n\n{clean}");
    let run = place.run(&["a.jsonl", "b.jsonl", "c.jsonl.gz", "d.jsonl"]);
    check(run, 0, &wanted, "");
    let run = place.run_raw(
        &[
            "--compress=zst",
            "a.jsonl",
            "b.jsonl",
            "c.jsonl.gz",
            "d.jsonl",
        ],
        "",
    );
    assert_eq!(String::from_utf8(unzst(&run.out)).unwrap(), wanted);
}

#[test]
fn files_may_be_listed() {
    let place = Place::with(&[
        ("in/a b.txt", PAGE),
        ("in/c.jsonl", &record(PAGE)),
        ("d.txt", PAGE),
    ]);
    let out = "in/a b.txt\nin/c.jsonl:1\nd.txt\n";
    for list in [
        "in/a b.txt\nin/c.jsonl\nd.txt\n",
        "in/a b.txt\r\n\r\nin/c.jsonl\r\n\nd.txt",
    ] {
        place.put("list", list);
        check(place.run(&["--check", "--file-list", "list"]), 1, out, "");
        check(
            place.run_on(&["--check", "--file-list", "-"], list),
            1,
            out,
            "",
        );
        let nul = list.replace("\r\n", "\n").replace('\n', "\0");
        place.put("nul", &nul);
        check(place.run(&["--check", "-0", "--file-list=nul"]), 1, out, "");
        check(
            place.run_on(&["--check", "-0", "--file-list=-"], &nul),
            1,
            out,
            "",
        );
    }
    // Behind those that are named; each goes below the output folder under its own path.
    place.put("list", "in/c.jsonl\n./in/a b.txt\n");
    let run = place.run(&["-o", "out", "d.txt", "--file-list=list"]);
    check(run, 0, "", "");
    let mut names = place.names();
    names.retain(|name| name.starts_with("out/"));
    assert_eq!(names, ["out/d.txt", "out/in/a b.txt", "out/in/c.jsonl"]);
    // What leads out of the folder goes under its name.
    place.put("work/list", "../d.txt\n");
    let mut command = place.command(BINARY, &["-o", "out", "--file-list=list"]);
    command
        .current_dir(place.path("work"))
        .env("CLEANER_RULES", place.path("rules"));
    check(finish(command, b""), 0, "", "");
    assert_eq!(place.read("work/out/d.txt"), CLEAN);
    // One that is not there does not take the others with it; the list itself has to be there.
    place.put("list", "gone.txt\nd.txt\n");
    let run = place.run(&["--check", "--file-list=list"]);
    assert_eq!((run.status, run.out.as_str()), (2, "d.txt\n"));
    assert!(run.err.starts_with("gone.txt: error: "), "{}", run.err);
    let run = place.run(&["--check", "--file-list=nowhere"]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(
        run.err.starts_with("cleaner: error: nowhere: "),
        "{}",
        run.err
    );
    assert_eq!(place.run(&["-0", "d.txt"]).status, 2);
    check(place.run_on(&["--check", "--file-list=-"], ""), 0, "", "");
}

#[test]
fn names_that_do_not_fit_formats_are_refused() {
    let place = Place::new();
    let wet = wet_record("conversion", "", PAGE);
    place.put("a.txt", PAGE);
    place.put("a.jsonl", record(PAGE));
    place.put("a.wet", &wet);
    place.put("a.parquet", "");
    place.put("page", PAGE);
    place.put("records", record(PAGE));
    place.put("archive", &wet);
    place.put("old.jsonl", "old\n");
    let before = place.files();
    for (args, part) in [
        (
            &["-o", "x.jsonl", "a.txt"][..],
            "x.jsonl would be plain text, and is named as JSONL",
        ),
        (
            &["-o", "x.txt", "a.jsonl"],
            "x.txt would be JSONL, and is named as plain text",
        ),
        (
            &["-o", "x.jsonl.gz", "a.wet"],
            "x.jsonl.gz would be WET, and is named as JSONL; --to jsonl writes JSONL",
        ),
        (
            &["-o", "x.parquet", "a.jsonl"],
            "x.parquet would be JSONL, and is named as Parquet",
        ),
        (
            &["-o", "x.parquet.gz", "a.parquet"],
            "a.parquet: Parquet compresses its columns itself and stays as it is, but the name of the output asks for more",
        ),
        (
            &["--compress=zst", "-o", "out/", "a.parquet"],
            "a.parquet: Parquet compresses its columns itself and stays as it is, but --compress asks for more",
        ),
        (
            &["--to=jsonl", "-o", "x.wet", "a.wet"],
            "x.wet would be JSONL, and is named as WET",
        ),
        (
            &["--to=jsonl", "-o", "x.jsonl", "a.jsonl"],
            "--to jsonl is for WET files; this is JSONL",
        ),
        (
            &["--to=jsonl", "-o", "old.jsonl", "records"],
            "--to jsonl is for WET files; this is JSONL",
        ),
        (
            &["--to=jsonl", "page"],
            "--to jsonl is for WET files; this is plain text",
        ),
        (
            &["--annotate", "-o", "x.jsonl", "a.txt"],
            "--annotate is for JSONL; this is plain text",
        ),
        (
            &["--annotate", "-o", "old.jsonl", "page"],
            "--annotate is for JSONL; this is plain text",
        ),
        (
            &["--annotate", "-o", "old.jsonl", "archive"],
            "--annotate is for JSONL; this is WET",
        ),
        (
            &["--add-fields=f", "a.wet"],
            "--add-fields is for JSONL; this is WET",
        ),
        (
            &["--add-fields=f", "page"],
            "--add-fields is for JSONL; this is plain text",
        ),
        (
            &["--on-error=reject=x", "a.txt"],
            "--on-error reject is for the records of JSONL and WET; this is plain text",
        ),
        (
            &["--format=text", "-o", "x.jsonl", "a.jsonl"],
            "x.jsonl would be plain text, and is named as JSONL",
        ),
        (
            &["a.jsonl", "a.wet"],
            "the texts of several pages would run into one",
        ),
        (
            &["a.jsonl", "a.txt"],
            "the texts of several pages would run into one",
        ),
        (&["-o", "x.jsonl", "a.jsonl", "old.jsonl"], ""),
    ] {
        let run = place.run(args);
        if part.is_empty() {
            // Several files go into a folder, whatever it is called.
            assert_eq!(run.status, 2, "{run:?}");
            assert_eq!(place.read("x.jsonl/a.jsonl"), record(CLEAN));
            fs::remove_dir_all(place.path("x.jsonl")).unwrap();
            continue;
        }
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.contains(part), "{args:?}: {}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{args:?}: {}", run.err);
        assert_eq!(place.files(), before, "{args:?}");
    }
    let run = place.run(&["--on-error=reject=x", "page"]);
    let err =
        "page: error: --on-error reject is for the records of JSONL and WET; this is plain text\n";
    check(run, 2, "", err);
    // What is asked for goes before the name, and the name before the content.
    let text = record(PAGE);
    check(place.run_on(&["--format=text", "-q"], &text), 0, &text, "");
    place.put("records.txt", &text);
    check(place.run(&["-q", "records.txt"]), 0, &text, "");
}

#[test]
fn sample_is_drawn_by_its_seed_alone() {
    let place = Place::new();
    let page = |number: usize| {
        format!("SAMPLE -- Story {number}, which is long enough to stay.\nAnd more.\n")
    };
    for file in ["a", "b"] {
        let lines: String = (0..400).map(|number| record(&page(number))).collect();
        place.put(&format!("in/{file}.jsonl"), lines + &record(OTHER));
    }
    let draw = |args: &[&str]| {
        let run = place.run(&[&["-q"], args, &["in"]].concat());
        assert_eq!((run.status, run.err.as_str()), (0, ""));
        run.out
    };
    let drawn = |diff: &str| -> Vec<(String, usize)> {
        let names = diff.lines().filter_map(|line| line.strip_prefix("--- a/"));
        let parts = names.map(|name| name.rsplit_once(':').unwrap());
        parts
            .map(|(file, record)| (file.replace('\\', "/"), record.parse().unwrap()))
            .collect()
    };
    let first = draw(&["--sample=20"]);
    let documents = drawn(&first);
    assert_eq!(documents.len(), 20);
    let mut ordered = documents.clone();
    ordered.sort();
    ordered.dedup();
    assert_eq!(documents, ordered);
    for file in ["in/a.jsonl", "in/b.jsonl"] {
        assert!(documents.iter().any(|(of, _)| of == file), "{documents:?}");
    }
    for threads in ["-j1", "-j2", "-j7"] {
        assert_eq!(draw(&[threads, "--sample=20"]), first);
        assert_eq!(draw(&[threads, "--sample=20", "--seed=0"]), first);
    }
    assert_ne!(drawn(&draw(&["--sample=20", "--seed=1"])), documents);
    // A smaller sample is a part of a larger one; a larger one than there is is all of it.
    for document in drawn(&draw(&["--sample=5"])) {
        assert!(documents.contains(&document));
    }
    assert_eq!(drawn(&draw(&["--sample=5"])).len(), 5);
    assert_eq!(drawn(&draw(&["--sample=5000"])).len(), 800);
    assert_eq!(draw(&["--sample=5000"]), {
        let run = place.run(&["-q", "--diff", "in"]);
        run.out
    });
    assert_eq!(draw(&["--sample=0"]), "");
    // The cleaned files can be written by the way.
    assert_eq!(draw(&["--sample=20", "-o", "out"]), first);
    assert_eq!(place.read("out/a.jsonl").lines().count(), 401);
}

#[test]
fn fields_are_added_at_the_end_of_the_record() {
    let place = Place::new();
    let page = json_string(PAGE);
    let clean = json_string(CLEAN);
    let fields = r#""read":{"agencies":["AP"]}"#;
    for (line, wanted) in [
        (
            format!("{{\"text\":{page},\"n\":1.10}}\r\n"),
            format!("{{\"text\":{clean},\"n\":1.10,{fields}}}\r\n"),
        ),
        (
            format!(" {{ \"a\":{{}} , \"text\" : {page} }} \t\n"),
            format!(" {{ \"a\":{{}} , \"text\" : {clean} ,{fields}}} \t\n"),
        ),
        // No text changes, but fields are read.
        (
            format!("{{\"text\":{clean}}}"),
            format!("{{\"text\":{clean},{fields}}}"),
        ),
        // Nothing is read.
        (record(OTHER), record(OTHER)),
        ("{}\n".to_owned(), "{}\n".to_owned()),
    ] {
        let args = ["-q", "-O", "sample", "--format=jsonl", "--add-fields=read"];
        check(place.run_on(&args, &line), 0, &wanted, "");
    }
    let args = ["-O", "sample", "--format=jsonl", "--add-fields", "a\"é"];
    let line = format!("{{\"text\":{clean}}}");
    let wanted = format!("{{\"text\":{clean},\"a\\\"é\":{{\"agencies\":[\"AP\"]}}}}");
    check(place.run_on(&args, &line), 0, &wanted, "");
    let taken = format!("{{\"read\":1,\"text\":{page}}}");
    let err =
        "<stdin>:1: error: the record has a key `read` already, nothing can be added under it\n";
    check(place.run_on(&["--add-fields=read"], &taken), 2, "", err);
    check(
        place.run_on(&["--add-fields=read", "--on-error=keep"], &taken),
        0,
        &taken,
        err,
    );
}

#[cfg(feature = "parquet")]
mod parquet_files {
    use std::sync::Arc;

    use bytes::Bytes;
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::record::RowAccessor;
    use parquet::schema::parser::parse_message_type;
    use serde_json::json;

    use super::*;

    /// A Parquet file of texts, and numbers from 0, in groups of 100 rows.
    pub fn written(texts: &[String]) -> Vec<u8> {
        let schema = "message m { required int64 n; required binary text (STRING); }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let properties = Arc::new(WriterProperties::new());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
        for (at, texts) in texts.chunks(100).enumerate() {
            let mut group = writer.next_row_group().unwrap();
            let numbers: Vec<i64> = (0..texts.len()).map(|n| (at * 100 + n) as i64).collect();
            let texts: Vec<ByteArray> = texts.iter().map(|text| text.as_str().into()).collect();
            let mut column = group.next_column().unwrap().unwrap();
            let written = column
                .typed::<Int64Type>()
                .write_batch(&numbers, None, None);
            written.unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let written = column
                .typed::<ByteArrayType>()
                .write_batch(&texts, None, None);
            written.unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        writer.into_inner().unwrap()
    }

    /// The texts of such a file; the numbers are those that were written.
    pub fn texts(file: Vec<u8>) -> Vec<String> {
        let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        let texts = rows.enumerate().map(|(at, row)| {
            let row = row.unwrap();
            assert_eq!(row.get_long(0).unwrap(), at as i64);
            row.get_string(1).unwrap().clone()
        });
        texts.collect()
    }

    #[test]
    fn texts_are_restored_and_threads_do_not_matter() {
        let place = Place::new();
        let documents = documents();
        let file = written(&documents);
        place.put("in/sub/a.parquet", &file);
        place.put("in/b.parquet", written(&[OTHER.to_owned()]));
        for (spans, removed) in [("bytes", "went.jsonl.gz"), ("chars", "went/")] {
            let mut first = Vec::new();
            for threads in ["-j1", "-j2", "-j7"] {
                let run = place.run(&[
                    threads,
                    "-q",
                    "--spans",
                    spans,
                    "--removed",
                    removed,
                    "-o",
                    "out",
                    "in",
                ]);
                check(run, 0, "", "");
                let bytes = place.bytes("out/sub/a.parquet");
                if first.is_empty() {
                    first = bytes;
                } else {
                    same(&bytes, &first);
                }
            }
            assert_ne!(super::texts(&place, "out/sub/a.parquet"), documents);
            check(
                place.run(&["restore", removed, "out", "-o", "back"]),
                0,
                "",
                "",
            );
            assert_eq!(super::texts(&place, "back/sub/a.parquet"), documents);
            assert_eq!(super::texts(&place, "back/b.parquet"), [OTHER]);
        }
        // One that does not fit is refused.
        let run = place.run(&[
            "--removed=x.jsonl",
            "-q",
            "-o",
            "x.parquet",
            "in/sub/a.parquet",
        ]);
        check(run, 0, "", "");
        let run = place.run(&["restore", "x.jsonl", "in/b.parquet", "-o", "y.parquet"]);
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        assert!(run.err.contains("in/b.parquet: error: "), "{}", run.err);
        assert!(!place.path("y.parquet").exists());
    }

    #[test]
    fn file_that_cannot_be_read_does_not_take_the_others() {
        let place = Place::new();
        let good = written(&[PAGE.to_owned(), OTHER.to_owned()]);
        place.put("in/a.parquet", &good);
        place.put("in/b.parquet", &good[..good.len() / 2]);
        place.put("in/c.parquet", "PAR1 and no more PAR1");
        place.put("in/d.parquet", "");
        // The texts are broken behind a footer that is not.
        let mut torn = good.clone();
        let middle = torn.windows(6).position(|part| part == b"SAMPLE").unwrap();
        torn[middle - 40..middle + 40].fill(0xff);
        place.put("in/e.parquet", torn);
        place.put("in/f.parquet", &good);
        let run = place.run(&["-q", "-o", "out", "in"]);
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        let told: Vec<String> = run
            .err
            .lines()
            .map(|line| line.split(": error: ").next().unwrap().replace('\\', "/"))
            .collect();
        assert_eq!(
            told,
            [
                "in/b.parquet",
                "in/c.parquet",
                "in/d.parquet",
                "in/e.parquet"
            ],
            "{}",
            run.err
        );
        let mut names = place.names();
        names.retain(|name| name.starts_with("out"));
        assert_eq!(names, ["out/a.parquet", "out/f.parquet"]);
        assert_eq!(super::texts(&place, "out/f.parquet"), [CLEAN, OTHER]);
    }

    #[test]
    fn file_without_rows_or_text_is_dealt_with() {
        let place = Place::new();
        place.put("none.parquet", written(&[]));
        place.put("page.parquet", written(&[PAGE.to_owned()]));
        check(place.run(&["-o", "out.parquet", "none.parquet"]), 0, "", "");
        assert_eq!(super::texts(&place, "out.parquet"), [""; 0]);
        check(place.run(&["-i", "none.parquet"]), 0, "", "");
        check(place.run(&["--check", "none.parquet"]), 0, "", "");
        let run = place.run(&["--text-field=body", "-o", "x.parquet", "page.parquet"]);
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        assert!(
            run.err.starts_with("page.parquet: error: ") && run.err.contains("no column body"),
            "{}",
            run.err
        );
        assert!(!place.path("x.parquet").exists());
    }

    #[test]
    fn parquet_is_no_stream() {
        let place = Place::new();
        let file = written(&[PAGE.to_owned()]);
        place.put("page.parquet", &file);
        place.put("shard-0001", &file);
        let what = "Parquet is no stream; name the file to write with --output\n";
        check(
            place.run(&["page.parquet"]),
            2,
            "",
            &format!("cleaner: error: {what}"),
        );
        check(
            place.run(&["shard-0001"]),
            2,
            "",
            &format!("shard-0001: error: {what}"),
        );
        let run = place.run_raw(&["-o", "x.parquet"], &file);
        let err = "<stdin>: error: Parquet cannot be read from a pipe; name the file\n";
        check_raw(run, 2, b"", err);
        assert!(!place.path("x.parquet").exists());
        check(place.run(&["-o", "x.parquet", "shard-0001"]), 0, "", "");
        assert_eq!(super::texts(&place, "x.parquet"), [CLEAN]);
        check(place.run(&["-i", "shard-0001"]), 0, "", "");
        assert_eq!(texts(place.bytes("shard-0001")), [CLEAN]);
        let json = place.run(&["--json", "page.parquet"]).out;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&json["record"], &json["text"]), (&json!(1), &json!(CLEAN)));
    }
}

#[test]
fn compression_that_is_not_read_is_told_by_its_name() {
    let place = Place::new();
    for (file, front, compression) in [
        ("a.jsonl", &b"\xfd7zXZ\0\0\x04"[..], "xz"),
        ("a.jsonl", b"\x04\x22\x4d\x18\x64\x40", "LZ4"),
        ("a.jsonl.bz2", b"BZh91AY&SY\x27\x16", "bzip2"),
    ] {
        place.put(file, front);
        let what = "which is not read; decompress it first";
        let err = format!("{file}: error: this is compressed by {compression}, {what}\n");
        check(place.run(&[file]), 2, "", &err);
    }
    // A text that begins so is none.
    let text = "BZh9 is how such a file begins.\n";
    place.put("a.txt", text);
    check(place.run(&["-q", "a.txt"]), 0, text, "");
}

#[test]
fn what_is_left_out_or_has_no_text_is_told() {
    let place = Place::new();
    place.put("in/a.jsonl", record(PAGE));
    place.put("in/b.jsonl.xz", "x");
    place.put("in/c.json", record(PAGE));
    let left_out = "in: note: files left out, since their format is not read, or not told by a bare .json: 2\n";
    check(place.run(&["-o", "out", "in"]), 0, "", left_out);
    assert!(!place.path("out/c.json").exists());
    let args = ["--text-field=txt", "-o", "x.jsonl", "in/a.jsonl"];
    let no_text = "cleaner: note: records without a text under `txt`, unchanged: 1\n";
    check(place.run(&args), 0, "", no_text);
    assert_eq!(place.read("x.jsonl"), record(PAGE));
    check(
        place.run(&[&["--strict"][..], &args].concat()),
        2,
        "",
        &format!("{no_text}cleaner: error: --strict makes an error of these: 1 without a text\n"),
    );
}

#[test]
fn list_of_files_that_is_split_otherwise_is_refused() {
    let place = Place::with(&[("a.txt", PAGE), ("b.txt", PAGE)]);
    let lines = place.run_on(&["--check", "--file-list=-", "-0"], "a.txt\nb.txt\n");
    let err = "cleaner: error: -: this list has lines and no NUL; leave out -0\n";
    check(lines, 2, "", err);
    let nuls = place.run_on(&["--check", "--file-list=-"], "a.txt\0b.txt\0");
    check(
        nuls,
        2,
        "",
        "cleaner: error: -: this list has NULs; -0 reads it\n",
    );
}

#[test]
fn output_without_its_folder_is_told_so() {
    let place = Place::new();
    place.put("a.jsonl", record(PAGE));
    let run = place.run(&["-o", "none/b.jsonl", "a.jsonl"]);
    let err = "a.jsonl: error: cannot write none/b.jsonl: its folder is not there\n";
    check(run, 2, "", err);
}
