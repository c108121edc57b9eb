//! JSON Lines: where a record's text is, and cutting it without touching any other byte.
//!
//! A text is cut inside its literal, as it is written: the escapes of what stays are the input's.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::memrchr;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::utf8;
use literal::Text;
use walk::Walk;

pub use literal::{Room, escape_into};

mod literal;
mod walk;

/// What is read of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Slot {
    Text,
    /// The place in the list of paths: the first that a record has counts.
    Url(usize),
    Outlet(usize),
    Id,
    /// A key that may not be there.
    Added,
}

/// What a key of an object means.
enum Looked<'f> {
    Nothing,
    Slot(Slot),
    /// The beginning of a path, with its last dot.
    Below(&'f str),
}

/// The fields of records that are read, each a key or a dotted path of keys.
#[derive(Debug)]
pub struct Fields(Vec<(String, Slot)>);

impl Fields {
    /// `added`: the key under which something is added to records.
    pub fn new(text: &str, urls: &[String], outlets: &[String], added: Option<&str>) -> Fields {
        let mut fields = vec![(text.to_owned(), Slot::Text), ("id".to_owned(), Slot::Id)];
        fields.extend(
            urls.iter()
                .cloned()
                .enumerate()
                .map(|(at, path)| (path, Slot::Url(at))),
        );
        fields.extend(
            outlets
                .iter()
                .cloned()
                .enumerate()
                .map(|(at, path)| (path, Slot::Outlet(at))),
        );
        fields.extend(added.map(|key| (key.to_owned(), Slot::Added)));
        Fields(fields)
    }

    /// What a key means in an object whose keys are below this beginning of a path.
    fn look(&self, below: &str, key: &[u8]) -> Looked<'_> {
        let mut looked = Looked::Nothing;
        for (path, slot) in &self.0 {
            // Nearly all are told by a byte.
            if !key.is_empty() && path.as_bytes().get(below.len()) != key.first() {
                continue;
            }
            let Some((above, rest)) = path.as_bytes().split_at_checked(below.len()) else {
                continue;
            };
            // Others are told by their lengths; comparing costs more.
            let is_whole = match (rest.get(key.len()), &looked) {
                (None, _) if rest.len() == key.len() => true,
                (Some(b'.'), Looked::Nothing) => false,
                _ => continue,
            };
            // Some processors take long to compare nothing with nothing.
            let is_below = below.is_empty() || above == below.as_bytes();
            if !is_below || !rest.starts_with(key) {
                continue;
            }
            if is_whole {
                return Looked::Slot(*slot);
            }
            looked = Looked::Below(&path[..below.len() + key.len() + 1]);
        }
        looked
    }
}

/// A record: a JSON object on one line.
#[derive(Debug)]
pub struct Record<'a> {
    line: &'a [u8],
    /// The text, and the bytes of its literal without the quotes. `None`: it is missing, or null.
    text: Option<(Text<'a>, Range<usize>)>,
    /// The page's address.
    pub url: Option<Cow<'a, str>>,
    /// What the record says of its outlet.
    pub outlet: Option<Cow<'a, str>>,
    /// Its id as it is written.
    pub id: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// Reads a line, with or without its end; its text is written into the room.
    ///
    /// # Errors
    /// What is wrong with it, in words: it is no JSON object, a field that is read occurs twice,
    /// the text is no string.
    pub fn read(line: &'a [u8], fields: &Fields, room: &'a mut Room) -> Result<Record<'a>, String> {
        match Record::usual(line, fields, room) {
            Some(record) => Ok(record),
            None => Record::any(line, fields),
        }
    }

    /// Reads a line that is as nearly all are.
    fn usual(line: &'a [u8], fields: &Fields, room: &'a mut Room) -> Option<Record<'a>> {
        let found = Walk::new(line, fields, room).found()?;
        let literal = found.literal()?;
        // Of the line only this can be other than UTF-8, and the text.
        let before = utf8(&line[..literal.start]).ok()?;
        let behind = utf8(&line[literal.end..]).ok()?;
        let piece = |value: Range<usize>| match value.start < literal.start {
            true => &before[value],
            false => &behind[value.start - literal.end..value.end - literal.end],
        };
        Some(Record {
            line,
            url: found.url.and_then(|(_, value)| told(piece(value))),
            outlet: found.outlet.and_then(|(_, value)| told(piece(value))),
            id: found.id.map(piece),
            text: Some((room.text()?, literal)),
        })
    }

    /// Reads any line.
    fn any(line: &'a [u8], fields: &Fields) -> Result<Record<'a>, String> {
        let whole = utf8(line).map_err(|(byte, at)| {
            format!(
                "this is not UTF-8: 0x{byte:02x} at byte {} of the line",
                at + 1
            )
        })?;
        let found = Found::of(whole, fields).map_err(|error| in_one_line(&error))?;
        let text = match found.text.clone().map(|text| &whole[text]) {
            None | Some("null") => None,
            Some(text) if text.starts_with('"') => {
                let literal = found.literal().expect("it is a string");
                let mut room = Room::default();
                let end = room.unescape(line, literal.start);
                end.expect("the literal is known to be right");
                let text = room.into_text();
                Some((text.expect("the line is UTF-8"), literal))
            }
            Some(other) => {
                let (path, _) = &fields.0[0];
                return Err(format!(
                    "expected `{path}` to be a string, found {}",
                    kind(other)
                ));
            }
        };
        if found.added {
            let (key, _) = fields.0.last().expect("it was found");
            return Err(format!(
                "the record has a key `{key}` already, nothing can be added under it"
            ));
        }
        Ok(Record {
            line,
            text,
            url: found.url.and_then(|(_, value)| told(&whole[value])),
            outlet: found.outlet.and_then(|(_, value)| told(&whole[value])),
            id: found.id.map(|value| &whole[value]),
        })
    }

    /// The text; a surrogate without its other half, which no text can hold, is U+FFFD in it.
    pub fn text(&self) -> Option<&str> {
        self.text.as_ref().map(|(text, _)| &*text.text)
    }

    /// The bytes of the line that stand for parts of the text, which are in order and disjoint.
    pub fn places(&self, parts: &[Range<usize>]) -> Vec<Range<usize>> {
        let Some((text, literal)) = &self.text else {
            return Vec::new();
        };
        let mut places = text.places(&self.line[literal.clone()], parts);
        for place in &mut places {
            *place = place.start + literal.start..place.end + literal.start;
        }
        places
    }

    /// The bytes of the line that are the text's literal without its quotes, if serde_json would write
    /// the text so.
    pub fn usual_literal(&self) -> Option<Range<usize>> {
        let (text, literal) = self.text.as_ref()?;
        text.is_usual.then(|| literal.clone())
    }

    /// Where something can be added to the object: the byte of its closing brace, and whether there
    /// is anything before it that asks for a comma.
    pub fn end(&self) -> (usize, bool) {
        let brace = memrchr(b'}', self.line).unwrap_or(self.line.len());
        let is_empty = self.line[..brace].trim_ascii_end().ends_with(b"{");
        (brace, !is_empty)
    }
}

/// The value of a literal, with its quotes, that is known to be right; `None` if it is no string.
fn told(literal: &str) -> Option<Cow<'_, str>> {
    let plain = literal.strip_prefix('"')?.strip_suffix('"')?;
    if !plain.contains('\\') {
        return Some(plain.into());
    }
    let mut room = Room::default();
    room.unescape(literal.as_bytes(), 1)?;
    Some(room.into_text()?.text)
}

/// What is wrong, with the column but without the line, which is always the first.
fn in_one_line(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    if error.is_data() {
        words.to_owned()
    } else {
        format!(
            "this is not JSON: {words} near byte {} of the line",
            error.column()
        )
    }
}

fn kind(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        _ => "a number",
    }
}

/// What was found of a record: bytes of its line, those of strings with their quotes.
struct Found<'a> {
    line: &'a [u8],
    text: Option<Range<usize>>,
    url: Option<(usize, Range<usize>)>,
    outlet: Option<(usize, Range<usize>)>,
    id: Option<Range<usize>>,
    added: bool,
}

impl<'a> Found<'a> {
    fn new(line: &'a [u8]) -> Found<'a> {
        Found {
            line,
            text: None,
            url: None,
            outlet: None,
            id: None,
            added: false,
        }
    }

    /// What an object has of the fields.
    fn of(line: &'a str, fields: &Fields) -> serde_json::Result<Found<'a>> {
        let mut found = Found::new(line.as_bytes());
        // Of a record that is cut off it is the end that is wrong, and not the line end behind it.
        let json = line.strip_suffix('\n').unwrap_or(line);
        let json = json.strip_suffix('\r').unwrap_or(json);
        let mut json = serde_json::Deserializer::from_str(json);
        let object = Object {
            fields,
            below: "",
            found: &mut found,
        };
        object.deserialize(&mut json).and_then(|()| json.end())?;
        Ok(found)
    }

    /// The text's literal without its quotes, if it is one.
    fn literal(&self) -> Option<Range<usize>> {
        let text = self.text.clone()?;
        (self.line[text.start] == b'"').then(|| text.start + 1..text.end - 1)
    }

    /// `Err` if there is one already.
    fn take(&mut self, slot: Slot, value: Range<usize>) -> Result<(), ()> {
        // An address that is null, empty or no string is none.
        let is_string = self.line[value.start] == b'"' && value.len() > 2;
        let first = |found: &mut Option<(usize, Range<usize>)>, at: usize, value| {
            let before = found.as_ref().map(|(before, _)| *before);
            if before == Some(at) {
                return Err(());
            }
            if is_string && before.is_none_or(|before| at < before) {
                *found = Some((at, value));
            }
            Ok(())
        };
        match slot {
            Slot::Text => self.text.replace(value).map_or(Ok(()), |_| Err(())),
            Slot::Id => {
                self.id = Some(value);
                Ok(())
            }
            Slot::Url(at) => first(&mut self.url, at, value),
            Slot::Outlet(at) => first(&mut self.outlet, at, value),
            Slot::Added => {
                self.added = true;
                Ok(())
            }
        }
    }
}

/// An object in which paths are looked for; all else in it is only checked to be JSON.
struct Object<'w, 'a> {
    fields: &'w Fields,
    /// What its keys are below in paths.
    below: &'w str,
    found: &'w mut Found<'a>,
}

impl<'a> DeserializeSeed<'a> for Object<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Object<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a record, which is a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match self.fields.look(self.below, key.as_bytes()) {
                Looked::Nothing => {
                    map.next_value::<IgnoredAny>()?;
                }
                Looked::Slot(slot) => {
                    let value = map.next_value::<&RawValue>()?.get();
                    // Where it is in the line.
                    let start = value.as_ptr().addr() - self.found.line.as_ptr().addr();
                    let taken = self.found.take(slot, start..start + value.len());
                    taken.map_err(|()| {
                        de::Error::custom(format_args!("the key `{key}` occurs twice"))
                    })?;
                }
                Looked::Below(below) => {
                    let value = map.next_value::<&RawValue>()?.get();
                    if value.starts_with('{') {
                        let object = Object {
                            fields: self.fields,
                            below,
                            found: self.found,
                        };
                        let mut json = serde_json::Deserializer::from_str(value);
                        object.deserialize(&mut json).map_err(de::Error::custom)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A key, borrowed where it is written without escapes.
struct Key<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(json: D) -> Result<Key<'a>, D::Error> {
        struct AsKey;
        impl<'a> Visitor<'a> for AsKey {
            type Value = Key<'a>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        json.deserialize_str(AsKey)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields() -> Fields {
        let list = |paths: &[&str]| {
            paths
                .iter()
                .map(|path| (*path).to_owned())
                .collect::<Vec<_>>()
        };
        Fields::new(
            "doc.text",
            &list(&["url", "metadata.url"]),
            &list(&["outlet"]),
            Some("read"),
        )
    }

    /// A record that stays, with the room that it is in.
    fn read(line: &str) -> Result<Record<'_>, String> {
        Record::read(line.as_bytes(), &fields(), Box::leak(Box::default()))
    }

    #[test]
    fn fields_are_found_by_path_and_in_order_of_the_paths() {
        let line = r#" { "id" : 1.10, "metadata":{"x":[{"url":"no"}],"url":"b"}, "doc":{"text":"A\nB"}, "outlet":"vi\u0063e"} "#;
        let record = read(line).unwrap();
        assert_eq!(record.text().unwrap(), "A\nB");
        assert_eq!(record.url.as_deref(), Some("b"));
        assert_eq!(record.outlet.as_deref(), Some("vice"));
        assert_eq!(record.id, Some("1.10"));
        let line = r#"{"metadata":{"url":"b"},"url":"a","doc.text":"flat"}"#;
        let record = read(line).unwrap();
        assert_eq!(record.url.as_deref(), Some("a"));
        assert_eq!(record.text().unwrap(), "flat");
        let line = r#"{"url":null,"metadata":{"url":"b"},"doc":{"text":null}}"#;
        let record = read(line).unwrap();
        assert_eq!((record.url.as_deref(), record.text()), (Some("b"), None));
    }

    #[test]
    fn what_is_no_record_is_an_error_with_its_place() {
        for (line, wrong) in [
            (
                r#"{"doc":{"text":"a"},"doc":{"text":"b"}}"#,
                "the key `text` occurs twice",
            ),
            (
                r#"{"doc.text":"a","doc":{"text":"b"}}"#,
                "the key `text` occurs twice",
            ),
            (
                r#"{"doc":{"text":5}}"#,
                "expected `doc.text` to be a string, found a number",
            ),
            (
                r#"{"doc":{"text":["a"]}}"#,
                "expected `doc.text` to be a string, found an array",
            ),
            (r#"{"url":"a","url":"a"}"#, "the key `url` occurs twice"),
            (
                r#"{"read":1}"#,
                "the record has a key `read` already, nothing can be added under it",
            ),
            (
                r#"["a"]"#,
                "invalid type: sequence, expected a record, which is a JSON object",
            ),
            (
                r#"{"a":NaN}"#,
                "this is not JSON: expected value near byte 6 of the line",
            ),
            (
                r#"{"a":1} x"#,
                "this is not JSON: trailing characters near byte 9 of the line",
            ),
            (
                "{\"a\":\"\u{1}\"}",
                "this is not JSON: control character (\\u0000-\\u001F) found while parsing a string near byte 6 of the line",
            ),
            (
                r#"{"a":"#,
                "this is not JSON: EOF while parsing a value near byte 5 of the line",
            ),
            (
                r#"{"doc":{"text":"\x"}}"#,
                "this is not JSON: invalid escape near byte 18 of the line",
            ),
        ] {
            assert_eq!(read(line).unwrap_err(), wrong, "{line}");
        }
        let wrong = Record::read(b"{\"a\":\"\xff\"}", &fields(), &mut Room::default()).unwrap_err();
        assert_eq!(wrong, "this is not UTF-8: 0xff at byte 7 of the line");
    }

    #[test]
    fn depth_and_size_of_other_values_do_not_matter() {
        let deep = 5_000_000;
        let line = format!(
            r#"{{"a":{}{},"n":12345678901234567890123,"doc":{{"text":"x"}}}}"#,
            "[".repeat(deep),
            "]".repeat(deep)
        );
        assert_eq!(read(&line).unwrap().text().unwrap(), "x");
        let line = format!(
            r#"{{"doc":{}{}}}"#,
            r#"{"a":"#.repeat(9),
            "1".to_owned() + &"}".repeat(9)
        );
        assert_eq!(read(&line).unwrap().text(), None);
    }

    #[test]
    fn half_a_surrogate_is_one_character() {
        let line = r#"{"doc":{"text":"a\ud83dX\ud83d\ude00\ude00\u00e9\/é"}}"#;
        let record = read(line).unwrap();
        assert_eq!(record.text().unwrap(), "a\u{fffd}X😀\u{fffd}é/é");
        let cut = record.places(&[1..4, 5..9]);
        assert_eq!(&line[cut[0].clone()], r"\ud83d");
        assert_eq!(&line[cut[1].clone()], r"\ud83d\ude00");
    }

    #[test]
    fn object_has_room_at_its_end() {
        assert_eq!(read("{}").unwrap().end(), (1, false));
        assert_eq!(read("{ } \r\n").unwrap().end(), (2, false));
        assert_eq!(read(r#"{"a":{}} "#).unwrap().end(), (7, true));
    }

    #[test]
    fn usual_records_are_read_without_serde_json() {
        for line in [
            "{\"doc\":{\"text\":\"A\\nB\"},\"url\":\"a\"}\n",
            " { \"a\" : [ ] , \"b\" : [ 1 , { } ] , \"doc\" : { \"n\" : 0 , \"text\" : \"\\u0416\" } } \r\n",
            r#"{"n":[0,-1,1.10,1e5,-0.5E-10,12345678901234567890123],"doc.text":"\\\"\/"}"#,
            r#"{"a":{"b":{"c":[true,false,null]}},"url":"https:\/\/a","outlet":"é","id":{"x":"y"},"doc":{"text":""}}"#,
        ] {
            let mut room = Room::default();
            let record = Record::usual(line.as_bytes(), &fields(), &mut room);
            assert!(record.is_some(), "{line}");
        }
    }

    /// A character, and one of the ways to write it.
    fn written() -> impl Strategy<Value = (char, String)> {
        let c = prop_oneof![
            Just('a'),
            Just('\n'),
            Just('"'),
            Just('\\'),
            Just('/'),
            Just('é'),
            Just('😀'),
            Just('\u{1}')
        ];
        (c, 0..3).prop_map(|(c, way)| {
            let numbered: String = c
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| {
                    if way == 1 {
                        format!("\\u{unit:04x}")
                    } else {
                        format!("\\u{unit:04X}")
                    }
                })
                .collect();
            let short = match c {
                '\n' => "\\n".to_owned(),
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '/' if way == 0 => "\\/".to_owned(),
                '\u{1}' => numbered.clone(),
                c => c.to_string(),
            };
            (c, if way == 0 { short } else { numbered })
        })
    }

    /// A part of a record, or of what is nearly one.
    fn token() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\"",
            "{\"",
            "\":",
            "\":\"",
            "\",\"",
            "\"}",
            "\"doc\":{\"text\":\"",
            "doc.text",
            "text",
            "doc",
            "url",
            "metadata",
            "id",
            "outlet",
            "read",
            "a",
            ".",
            "",
            " ",
            "\n",
            "\r",
            "\t",
            "\\n",
            "\\\"",
            "\\\\",
            "\\",
            "\\u0041",
            "\\ud83d",
            "\\ude00",
            "\\u12",
            "\\x",
            "é",
            "\u{1}",
            "0",
            "1",
            "-",
            "01",
            ".5",
            "e",
            "E+1",
            "true",
            "null",
            "nul",
            "the words of a line that is longer than a block of thirty-two bytes",
        ])
    }

    proptest! {
        #[test]
        fn usual_record_is_what_serde_json_reads(
            before in prop::collection::vec(token(), 0..6),
            text in prop::collection::vec(token(), 0..6),
            behind in prop::collection::vec(token(), 0..6),
            is_free in any::<bool>(),
            bad in prop::option::weighted(0.1, 0usize..200),
        ) {
            let (before, text, behind) = (before.concat(), text.concat(), behind.concat());
            let line = match is_free {
                true => format!("{{{before}{text}{behind}"),
                false => format!("{{\"n\":\"{before}\",\"doc\":{{\"text\":\"{text}\"}},\"url\":\"{behind}\"}}"),
            };
            let mut line = line.into_bytes();
            if let Some(at) = bad && at < line.len() {
                line[at] = 0xff;
            }
            let mut room = Room::default();
            if let Some(usual) = Record::usual(&line, &fields(), &mut room) {
                let any = Record::any(&line, &fields()).unwrap();
                prop_assert_eq!(usual.text(), any.text());
                prop_assert_eq!((&usual.url, &usual.outlet, usual.id), (&any.url, &any.outlet, any.id));
                let whole = 0..usual.text().unwrap().len();
                let whole = std::slice::from_ref(&whole);
                prop_assert_eq!(usual.places(whole), any.places(whole));
            }
        }

        #[test]
        fn places_in_the_literal_stand_for_the_places_in_the_text(
            written in prop::collection::vec(written(), 0..40),
            cuts in prop::collection::vec(0usize..41, 0..6),
        ) {
            let line = format!(
                r#"{{"n":1.50,"doc":{{"text":"{}"}},"z":"\u0041"}}"#,
                written.iter().map(|(_, way)| way.as_str()).collect::<String>()
            );
            let record = read(&line).unwrap();
            let text = record.text().unwrap();
            prop_assert_eq!(text, written.iter().map(|(c, _)| *c).collect::<String>());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(written.len())).collect();
            cuts.sort_unstable();
            let decoded = |at: usize| written[..at].iter().map(|(c, _)| c.len_utf8()).sum::<usize>();
            let raw = |at: usize| written[..at].iter().map(|(_, way)| way.len()).sum::<usize>();
            let pairs = cuts.chunks_exact(2);
            let parts: Vec<Range<usize>> = pairs.clone().map(|pair| decoded(pair[0])..decoded(pair[1])).collect();
            let start = record.text.as_ref().unwrap().1.start;
            let wanted: Vec<Range<usize>> = pairs.map(|pair| start + raw(pair[0])..start + raw(pair[1])).collect();
            prop_assert_eq!(record.places(&parts), wanted);
        }
    }
}
