//! JSONL: only the text changes, as it is written; what is no record is told with its line.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::place::*;

/// Without a sign of whose it is.
const UNSIGNED: &str = "+ Read more\nThe school was opened.\n";
const UNSIGNED_CLEAN: &str = "The school was opened.\n";

#[test]
fn text_is_cut_as_it_is_written_and_no_other_byte_changes() {
    let place = Place::new();
    for (line, wanted) in [
        (
            r#"{"z":12345678901234567890123,"a":1.10,"n":[1e400,-0,1E+2],"text":"SAMPLE -- One sentence.\n\nSample Media ©","b":null}"#,
            r#"{"z":12345678901234567890123,"a":1.10,"n":[1e400,-0,1E+2],"text":"One sentence.","b":null}"#,
        ),
        (
            " \t{ \"b\" :{ } , \"text\"  : \"SAMPLE -- One sentence.\\n\" ,\t\"a\" : [ true ,false ] } \t",
            " \t{ \"b\" :{ } , \"text\"  : \"One sentence.\\n\" ,\t\"a\" : [ true ,false ] } \t",
        ),
        // What goes may be written with escapes, and what stays keeps its own.
        (
            r#"{"t\u0065xt":"S\u0041MPLE \u002d- \u00e9\/é/\ud83d\ude00\t\"\\\r\nSample Media \u00A9\nTwo\b\f.","k\/":"\u0041"}"#,
            r#"{"t\u0065xt":"\u00e9\/é/\ud83d\ude00\t\"\\\r\nTwo\b\f.","k\/":"\u0041"}"#,
        ),
        // Surrogates without their other half are no characters, and stay.
        (
            r#"{"text":"SAMPLE -- One \ud83d\ud83d\ude00 \ude00 \ud83d.\nSample Media ©\n\udead","x":"\ud83d"}"#,
            r#"{"text":"One \ud83d\ud83d\ude00 \ude00 \ud83d.\n\udead","x":"\ud83d"}"#,
        ),
        // Texts elsewhere are not the text.
        (
            r#"{"a":{"text":"SAMPLE -- One sentence."},"b":[{"text":"SAMPLE -- One sentence."}],"text ":"SAMPLE -- One sentence.","text":"SAMPLE -- One sentence."}"#,
            r#"{"a":{"text":"SAMPLE -- One sentence."},"b":[{"text":"SAMPLE -- One sentence."}],"text ":"SAMPLE -- One sentence.","text":"One sentence."}"#,
        ),
        // Other keys may occur twice.
        (
            r#"{"a":1,"text":"SAMPLE -- One sentence.","a":2,"":{},"":{}}"#,
            r#"{"a":1,"text":"One sentence.","a":2,"":{},"":{}}"#,
        ),
    ] {
        let args = ["--format", "jsonl", "-O", "sample"];
        check(place.run_on(&args, line), 0, wanted, "");
    }
    let unchanged = r#"{ "text":"\u004fne \/ \ud83d.\n\n\n\nTwo. \u00E9" ,"a":1.0 }"#;
    check(
        place.run_on(&["--format", "jsonl", "-O", "sample"], unchanged),
        0,
        unchanged,
        "",
    );
}

#[test]
fn bom_line_ends_and_blank_lines_stay() {
    let place = Place::new();
    let (dirty, clean) = (
        r#"{"text":"SAMPLE -- One sentence."}"#,
        r#"{"text":"One sentence."}"#,
    );
    let lines = "\u{feff}DIRTY\r\n\r\n \t\nDIRTY\n\nDIRTY\r\n\u{c}\nDIRTY";
    let (input, wanted) = (lines.replace("DIRTY", dirty), lines.replace("DIRTY", clean));
    place.put("in.jsonl", &input);
    check(place.run(&["in.jsonl"]), 0, &wanted, "");
    check(place.run_on(&[], &input), 0, &wanted, "");
    check(place.run(&["-o", "out.jsonl", "in.jsonl"]), 0, "", "");
    assert_eq!(place.read("out.jsonl"), wanted);
    for empty in ["", "\n", "\u{feff}", "\r\n\r\n", " "] {
        let run = place.run_on(&["--format", "jsonl"], empty);
        check(run, 0, empty, "");
    }
    // A mark of the byte order is only that at the beginning.
    let second = format!("{clean}\n\u{feff}{clean}\n");
    let err = "<stdin>:2: error: this is not JSON: expected value near byte 1 of the line\n";
    check(place.run_on(&["-q"], second), 2, &format!("{clean}\n"), err);
}

#[test]
fn what_is_no_record_is_told_with_its_line_and_kept_if_asked() {
    let place = Place::new();
    let good = r#"{"text":"SAMPLE -- One sentence."}"#;
    for (bad, what) in [
        (
            &b"{\"text\":\"a\xffb\"}"[..],
            "this is not UTF-8: 0xff at byte 11 of the line",
        ),
        (
            b"{\"a\":\"\xed\xa0\x80\",\"text\":\"a\"}",
            "this is not UTF-8: 0xed at byte 7 of the line",
        ),
        (
            br#"{"text":"SAMPLE -- One sentence.","a":NaN}"#,
            "this is not JSON: expected value near byte 39 of the line",
        ),
        (
            br#"{"text":"SAMPLE -- One sentence."} x"#,
            "this is not JSON: trailing characters near byte 36 of the line",
        ),
        (
            br#"{"text":"SAMPLE -- One sentence."}{}"#,
            "this is not JSON: trailing characters near byte 35 of the line",
        ),
        (
            b"{\"text\":\"SAMPLE\x01\"}",
            "this is not JSON: control character (\\u0000-\\u001F) found while parsing a string near byte 15 of the line",
        ),
        (
            br#"{"text":"SAMPLE -- One sentence."#,
            "this is not JSON: EOF while parsing a string near byte 32 of the line",
        ),
        (
            br#"{"text":"\x"}"#,
            "this is not JSON: invalid escape near byte 11 of the line",
        ),
        (
            br#"{"text":"\u12"}"#,
            "this is not JSON: invalid escape near byte 15 of the line",
        ),
        (
            br#"{"text":"SAMPLE -- a","a":1,"text":"SAMPLE -- b"}"#,
            "the key `text` occurs twice",
        ),
        (
            br#"{"text":"SAMPLE -- a","t\u0065xt":"SAMPLE -- b"}"#,
            "the key `text` occurs twice",
        ),
        (
            br#"{"text":5}"#,
            "expected `text` to be a string, found a number",
        ),
        (
            br#"{"text":["SAMPLE -- a"]}"#,
            "expected `text` to be a string, found an array",
        ),
        (
            br#"{"text":{"text":"SAMPLE -- a"}}"#,
            "expected `text` to be a string, found an object",
        ),
        (
            br#"{"text":true}"#,
            "expected `text` to be a string, found a boolean",
        ),
        (
            br#"["SAMPLE -- a"]"#,
            "invalid type: sequence, expected a record, which is a JSON object",
        ),
    ] {
        let with = |good: &str| [good.as_bytes(), b"\n\n", bad, b"\r\n", good.as_bytes()].concat();
        place.put("in.jsonl", with(good));
        let err = format!("in.jsonl:3: error: {what}\n");
        let run = place.run_raw(&["-o", "out.jsonl", "in.jsonl"], "");
        check_raw(run, 2, b"", &err);
        assert_eq!(place.names(), ["in.jsonl"]);
        let run = place.run_raw(&["--on-error=keep", "in.jsonl"], "");
        check_raw(run, 0, &with(r#"{"text":"One sentence."}"#), &err);
    }
}

#[test]
fn record_longer_than_asked_is_refused_however_it_comes() {
    let place = Place::new();
    let record = |length: usize| {
        let record = format!(r#"{{"text":"{}"}}"#, "a".repeat(length - 11));
        assert_eq!(record.len(), length);
        record
    };
    let fits = format!("{}\n{}\r\n", record(1024), record(1023));
    place.put("fits.jsonl", &fits);
    let args = ["-q", "--max-record", "1K"];
    check(
        place.run(&[&args[..], &["fits.jsonl"]].concat()),
        0,
        &fits,
        "",
    );
    check(place.run_on(&args, &fits), 0, &fits, "");
    let what = "is longer than 1024 bytes; --max-record takes longer ones\n";
    for (long, end) in [(1025, "\n"), (1025, ""), (300_000, "\n"), (2_000_000, "")] {
        let lines = format!("{fits}{}{end}", record(long));
        let lines = format!("{lines}{}", if end.is_empty() { "" } else { &fits });
        place.put("long.jsonl", &lines);
        let err = format!("long.jsonl:3: error: the record on line 3 {what}");
        // What came before has gone its way.
        let run = place.run(&[&args[..], &["long.jsonl"]].concat());
        check(run, 2, &fits, &err.replacen(":3", "", 1));
        let run = place.run(&[&args[..], &["-o", "out.jsonl", "long.jsonl"]].concat());
        check(run, 2, "", &err.replacen(":3", "", 1));
        assert!(!place.path("out.jsonl").exists());
        let err = err.replacen("long.jsonl:3", "<stdin>", 1);
        check(place.run_on(&args, &lines), 2, &fits, &err);
    }
    place.put("page.txt", "a".repeat(1025));
    let err =
        "page.txt: error: the page is longer than 1024 bytes; --max-record takes longer ones\n";
    check(place.run(&[&args[..], &["page.txt"]].concat()), 2, "", err);
    place.put("page.txt", "a".repeat(1024));
    let run = place.run(&[&args[..], &["page.txt"]].concat());
    assert_eq!((run.status, run.out.len()), (0, 1024));
    for wrong in ["0", "1T", "-1", "K", "99999999999999999999"] {
        let run = place.run_on(&[&format!("--max-record={wrong}")], "");
        assert_eq!(run.status, 2, "{wrong}");
        assert!(run.err.contains("expected a number of bytes"), "{run:?}");
    }
}

#[test]
fn depth_of_other_values_does_not_matter() {
    let deep = 5_000_000;
    let line = |text: &str| {
        let (open, close) = ("[".repeat(deep), "]".repeat(deep));
        format!(r#"{{"a":{open}{close},"text":"{text}"}}"#) + "\n"
    };
    let place = Place::with(&[("in.jsonl", &line("SAMPLE -- One sentence."))]);
    let run = place.run_raw(&["in.jsonl"], "");
    check_raw(run, 0, line("One sentence.").as_bytes(), "");
    let objects = format!(
        r#"{{"metadata":{}1{},"text":"SAMPLE -- One sentence."}}"#,
        r#"{"url":"#.repeat(100_000),
        "}".repeat(100_000)
    );
    let run = place.run_raw(&["--format=jsonl"], &objects);
    check_raw(run, 0, objects.replace("SAMPLE -- ", "").as_bytes(), "");
}

#[test]
fn record_without_a_text_passes_and_is_counted() {
    let lines = r#"{"text":"SAMPLE -- One sentence."}
{"text":null,"a":"SAMPLE -- One sentence."}
{"content":"SAMPLE -- One sentence."}
{}
{"text":""}
"#;
    let place = Place::with(&[("in.jsonl", lines)]);
    let wanted = lines.replacen("SAMPLE -- ", "", 1);
    let run = place.run(&["-O", "sample", "--stats=json", "in.jsonl"]);
    assert_eq!((run.status, &run.out), (0, &wanted));
    let stats: Value = serde_json::from_str(&run.err).unwrap();
    let count = |key: &str| stats[key].as_u64().unwrap();
    assert_eq!((count("documents"), count("without_text")), (2, 3));
    let args = ["-O", "sample", "--require-text", "in.jsonl"];
    let err = "in.jsonl:2: error: there is no text under `text`\n";
    let run = place.run(&args);
    check(run, 2, "{\"text\":\"One sentence.\"}\n", err);
    let run = place.run(&[&args[..], &["--on-error=keep", "-q"]].concat());
    let errors: String = (2..5)
        .map(|line| err.replacen('2', &line.to_string(), 1))
        .collect();
    check(run, 0, &wanted, &errors);
}

#[test]
fn text_field_may_be_a_path() {
    let place = Place::new();
    for (field, line) in [
        (
            "content",
            r#"{"text":"SAMPLE -- no","content":"SAMPLE -- One sentence."}"#,
        ),
        (
            "doc.body",
            r#"{"doc":{"a":[],"body":"SAMPLE -- One sentence."},"body":"SAMPLE -- no"}"#,
        ),
        (
            "doc.body",
            r#"{"doc.body":"SAMPLE -- One sentence.","text":"SAMPLE -- no"}"#,
        ),
        ("a.b.c", r#"{"a":{"b.c":"SAMPLE -- One sentence."}}"#),
        ("a.b.c", r#"{"a":{"b":{"c":"SAMPLE -- One sentence."}}}"#),
    ] {
        let run = place.run_on(&["--text-field", field], line);
        check(run, 0, &line.replace("SAMPLE -- One s", "One s"), "");
        let record: Value = serde_json::from_str(line).unwrap();
        let json = place.run_on(&["--text-field", field, "--json"], line);
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(
            (&json["text"], &json["record"]),
            (&json!("One sentence."), &json!(1)),
            "{record}"
        );
    }
    let run = place.run_on(&["--text-field=doc.body"], r#"{"doc":{"body":7}}"#);
    let err = "<stdin>:1: error: expected `doc.body` to be a string, found a number\n";
    check(run, 2, "", err);
}

#[test]
fn address_is_found_in_records_of_known_corpora() {
    let place = Place::new();
    let text = json_string(UNSIGNED);
    let url = "\"https://www.sample.example/a/1.html\"";
    for (what, line) in [
        (
            "FineWeb",
            format!(
                r#"{{"text":{text},"id":"<urn:uuid:1>","dump":"CC-MAIN-2024-10","url":{url},"date":"2024-02-20T21:31:48Z","file_path":"s3://x.warc.gz","language":"en","language_score":0.95,"token_count":12}}"#
            ),
        ),
        (
            "C4",
            format!(r#"{{"text":{text},"timestamp":"2019-04-25T12:57:54Z","url":{url}}}"#),
        ),
        (
            "CC-News, as datasets have it",
            format!(
                r#"{{"title":"T","text":{text},"domain":"www.sample.example","date":"2018-01-01 00:00:00","description":"","url":null,"image_url":""}}"#
            ),
        ),
        (
            "Dolma",
            format!(
                r#"{{"id":"1","text":{text},"source":"common-crawl","added":"x","created":"x","metadata":{{"length":5,"url":{url}}}}}"#
            ),
        ),
        (
            "datatrove",
            format!(r#"{{"text":{text},"id":"1","metadata":{{"language":"en","url":{url}}}}}"#),
        ),
        (
            "DCLM",
            format!(
                r#"{{"bff_contained_ngram_count_before_dedupe":0,"metadata":{{"Content-Length":"21","Content-Type":"application/http; msgtype=response","WARC-Date":"2013-05-22T11:21:27Z","WARC-Target-URI":{url}}},"previous_word_count":1,"text":{text},"url":""}}"#
            ),
        ),
        (
            "DCLM, with its address",
            format!(r#"{{"text":{text},"url":{url},"warcinfo":"x"}}"#),
        ),
        (
            "a host with escapes",
            format!(r#"{{"text":{text},"u\u0072l":"https:\/\/sampl\u0065.example\/"}}"#),
        ),
        (
            "responded_url",
            format!(r#"{{"text":{text},"responded_url":{url}}}"#),
        ),
        (
            "source_url",
            format!(r#"{{"text":{text},"source_url":{url}}}"#),
        ),
        (
            "metadata.domain",
            format!(r#"{{"text":{text},"metadata":{{"domain":"sample.example"}}}}"#),
        ),
    ] {
        let wanted = line.replace(&text, &json_string(UNSIGNED_CLEAN));
        let run = place.run_on(&["--format", "jsonl"], &line);
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{what}");
        assert_eq!(run.out, wanted, "{what}");
        let json = place.run_on(&["--format", "jsonl", "--json"], &line);
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["by"], "address", "{what}");
    }
    // CC-News, as its crawler writes it.
    let line = format!(
        r#"{{"requested_url":{url},"responded_url":"https://example.com","title":"T","plain_text":{text},"published_date":"2020","publisher":"x"}}"#
    );
    let wanted = line.replace(&text, &json_string(UNSIGNED_CLEAN));
    check(
        place.run_on(&["--text-field", "plain_text"], &line),
        0,
        &wanted,
        "",
    );
}

#[test]
fn outlet_and_address_are_taken_from_the_fields_that_are_named() {
    let place = Place::new();
    let text = json_string(UNSIGNED);
    let cleaned = json_string(UNSIGNED_CLEAN);
    let undecided = "cleaner: note: the page is unchanged, the outlet is not known; --outlet or --url names it\n";
    for (args, rest, by) in [
        (&[][..], r#""outlet":"sample""#, json!("record")),
        (&[], r#""metadata":{"outlet":"sample"}"#, json!("record")),
        (
            &[],
            r#""outlet":"sample","url":"https://vice.com/""#,
            json!("record"),
        ),
        (
            &[],
            r#""outlet":"nobody","url":"sample.example""#,
            json!("address"),
        ),
        (
            &[],
            r#""outlet":7,"url":"sample.example""#,
            json!("address"),
        ),
        (&[], r#""link":"sample.example""#, Value::Null),
        (
            &["--url-field=link"],
            r#""link":"sample.example""#,
            json!("address"),
        ),
        (
            &["--url-field=link"],
            r#""url":"sample.example""#,
            Value::Null,
        ),
        (
            &["--url-field=a.b", "--url-field=link"],
            r#""link":"sample.example","a":{"b":null}"#,
            json!("address"),
        ),
        (
            &["--outlet-field=paper"],
            r#""paper":"sample""#,
            json!("record"),
        ),
        (
            &["--outlet-field=paper"],
            r#""outlet":"sample""#,
            Value::Null,
        ),
        (
            &["--url=sample.example"],
            r#""url":"https://nobody.example""#,
            json!("address"),
        ),
        (&["-O", "sample"], r#""outlet":"vice""#, json!("name")),
    ] {
        let line = format!(r#"{{"text":{text},{rest}}}"#);
        let json = place.run_on(&[args, &["--json", "-q"]].concat(), &line);
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["by"], by, "{args:?} {rest}");
        let (wanted, err) = match by {
            Value::Null => (line.clone(), undecided),
            _ => (line.replace(&text, &cleaned), ""),
        };
        check(place.run_on(args, &line), 0, &wanted, err);
    }
    let twice = r#"{"text":"a","url":"a","url":"b"}"#;
    let err = "<stdin>:1: error: the key `url` occurs twice\n";
    check(place.run_on(&[], twice), 2, "", err);
}

#[test]
fn json_writes_a_text_in_one_way_however_its_record_does() {
    let place = Place::new();
    for literal in [
        r#""SAMPLE -- A \"q\" \\ \t/é\u0001.\nB""#,
        r#""SAMPLE -- A \u0022q\" \\ \u0009\/\u00e9\u0001.\u000aB""#,
        r#""SAMPLE -- A \"q\" \\ \t\/é\u0001.\nB""#,
        r#""SAMPLE -- A \"q\" \\ \t.\nB""#,
        r#""No boilerplate.\r\n""#,
    ] {
        let text: String = serde_json::from_str(literal).unwrap();
        let text = serde_json::to_string(text.trim_start_matches("SAMPLE -- ")).unwrap();
        let line = format!(r#"{{"text":{literal}}}"#);
        let run = place.run_on(&["-q", "-O", "sample", "--format=jsonl", "--json"], &line);
        assert_eq!(run.status, 0, "{}", run.err);
        let end = format!(r#","text":{text}}}"#) + "\n";
        assert!(run.out.ends_with(&end), "{}", run.out);
    }
}

/// A piece of a text of The Sample.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "SAMPLE -- ",
        "Sample Media ©",
        "With reporting by AP",
        "+ Read more",
        "The schoöl was opened.",
        "\n",
        "\n",
        "\r\n",
        "\n\n\n",
        "\u{1f600} \"q\" \\ / \t\u{1}\u{7f}\u{2028}",
        "\u{feff}",
    ])
}

/// The text as a JSON literal; each number chooses how a character is written.
fn written(text: &str, ways: &[u8]) -> String {
    let mut literal = String::from("\"");
    for (at, c) in text.chars().enumerate() {
        let way = ways[at % ways.len()];
        let short = match c {
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '/' => Some("\\/"),
            _ => None,
        };
        let must_be_escaped = c < ' ' || c == '"' || c == '\\';
        match (way % 4, short) {
            (0 | 1, _) if !must_be_escaped => literal.push(c),
            (0..=2, Some(short)) => literal.push_str(short),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    literal.push_str(&if way >= 128 {
                        format!("\\u{unit:04X}")
                    } else {
                        format!("\\u{unit:04x}")
                    });
                }
            }
        }
    }
    literal + "\""
}

fn decoded(literal: &str) -> String {
    serde_json::from_str(literal).unwrap()
}

proptest! {
    // Every case starts two programs.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn records_are_cleaned_as_their_texts_are(
        records in prop::collection::vec(
            (prop::collection::vec(piece(), 0..12), prop::collection::vec(any::<u8>(), 1..40)),
            1..12,
        ),
    ) {
        let place = Place::new();
        let mut lines = String::new();
        for (at, (pieces, ways)) in records.iter().enumerate() {
            let text = pieces.concat();
            place.put(&format!("pages/{at:02}.txt"), &text);
            let literal = written(&text, ways);
            prop_assert_eq!(&decoded(&literal), &text);
            lines += &format!("{{\"n\": {at}.10, \"text\" :{literal} ,\"z\":\"\\u0041\\/\"}}\n");
        }
        place.put("in.jsonl", &lines);
        place.run(&["-q", "-O", "sample", "-o", "clean", "pages"]);
        let run = place.run(&["-q", "-O", "sample", "in.jsonl"]);
        prop_assert_eq!((run.status, run.err.as_str()), (0, ""));
        prop_assert_eq!(run.out.lines().count(), records.len());
        for (at, (out, line)) in run.out.lines().zip(lines.lines()).enumerate() {
            let (before, after) = (format!("{{\"n\": {at}.10, \"text\" :"), " ,\"z\":\"\\u0041\\/\"}");
            let literal = out.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after));
            let literal = literal.unwrap_or_else(|| panic!("{out}"));
            prop_assert_eq!(decoded(literal), place.read(&format!("clean/{at:02}.txt")));
            let old = line.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after)).unwrap();
            prop_assert!(is_left_of(literal, old), "{} of {}", literal, old);
        }
    }
}

/// Whether a string is what another one is without some of its bytes.
fn is_left_of(left: &str, whole: &str) -> bool {
    let mut whole = whole.bytes();
    left.bytes().all(|byte| whole.any(|other| other == byte))
}
