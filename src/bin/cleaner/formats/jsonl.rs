//! JSON Lines: where a record's text is, and cutting it without touching any other byte.
//!
//! A text is cut inside its literal, as it is written: the escapes of what stays are the input's.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::memmem::Finder;
use memchr::{memchr, memchr2};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::utf8;

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

/// The fields of records that are read, each a key or a dotted path of keys.
#[derive(Debug)]
pub struct Fields {
    paths: Vec<(String, Slot)>,
    /// The text's key, as it is written.
    key: Finder<'static>,
}

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
        let key = text.rsplit('.').next().unwrap_or(text);
        let key = serde_json::to_string(key).expect("a string is JSON");
        Fields {
            paths: fields,
            key: Finder::new(&key).into_owned(),
        }
    }
}

/// A record: a JSON object on one line.
#[derive(Debug)]
pub struct Record<'a> {
    line: &'a str,
    /// The text. `None`: it is missing, or null.
    text: Option<Text<'a>>,
    /// The page's address.
    pub url: Option<Cow<'a, str>>,
    /// What the record says of its outlet.
    pub outlet: Option<Cow<'a, str>>,
    /// Its id as it is written.
    pub id: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// What is wrong with it, in words: it is no JSON object, a field that is read occurs twice,
    /// the text is no string.
    pub fn read(line: &'a [u8], fields: &Fields) -> Result<Record<'a>, String> {
        let line = utf8(line).map_err(|(byte, at)| {
            format!(
                "this is not UTF-8: 0x{byte:02x} at byte {} of the line",
                at + 1
            )
        })?;
        match Record::around_text(line, fields) {
            Some(record) => Ok(record),
            None => Record::whole(line, fields),
        }
    }

    /// Reads a line of which the text is most: that is unescaped where it stands, and the rest is
    /// read with an empty string in its place. `None` wherever something is not as it mostly is.
    fn around_text(line: &'a str, fields: &Fields) -> Option<Record<'a>> {
        let key = fields.key.find(line.as_bytes())? + fields.key.needle().len();
        let value = line[key..].trim_start().strip_prefix(':')?.trim_start();
        let start = place(line, value.strip_prefix('"')?);
        let text = Text::unescape(line, start)?;
        let (before, behind) = (&line[..start], &line[text.literal.end..]);
        if before.len() + behind.len() > line.len() / 2 {
            return None;
        }
        let rest = [before, behind].concat();
        let found = Found::of(json_of(&rest), fields).ok()?;
        // Only if the empty string is what is found under the path, it is the text that was cut out.
        let empty = found.text.map(RawValue::get)?;
        if empty != "\"\"" || place(&rest, empty) + 1 != start || found.added {
            return None;
        }
        let in_line = |value: &RawValue| {
            let at = place(&rest, value.get());
            let at = if at < start {
                at
            } else {
                at + text.literal.len()
            };
            &line[at..at + value.get().len()]
        };
        let told = |value: Option<(usize, &RawValue)>| told(in_line(value?.1));
        Some(Record {
            line,
            url: told(found.url),
            outlet: told(found.outlet),
            id: found.id.map(in_line),
            text: Some(text),
        })
    }

    /// Reads any line.
    fn whole(line: &'a str, fields: &Fields) -> Result<Record<'a>, String> {
        let found = Found::of(json_of(line), fields).map_err(|error| in_one_line(&error))?;
        let text = match found.text.map(RawValue::get) {
            None | Some("null") => None,
            Some(text) if text.starts_with('"') => {
                let text = Text::unescape(line, place(line, text) + 1);
                Some(text.expect("the literal is known to be right"))
            }
            Some(other) => {
                let path = &fields.paths[0].0;
                return Err(format!(
                    "expected `{path}` to be a string, found {}",
                    kind(other)
                ));
            }
        };
        if found.added {
            let (key, _) = fields.paths.last().expect("it was found");
            return Err(format!(
                "the record has a key `{key}` already, nothing can be added under it"
            ));
        }
        let told = |value: Option<(usize, &'a RawValue)>| told(value?.1.get());
        Ok(Record {
            line,
            text,
            url: told(found.url),
            outlet: told(found.outlet),
            id: found.id.map(RawValue::get),
        })
    }

    /// The text; a surrogate without its other half, which no text can hold, is U+FFFD in it.
    pub fn text(&self) -> Option<&str> {
        self.text.as_ref().map(|text| &*text.text)
    }

    /// Forgets the text: a large record is not in memory more often than it has to be.
    pub fn forget_text(&mut self) {
        self.text = None;
    }

    /// The bytes of the line that stand for parts of the text, which are in order and disjoint.
    pub fn places(&self, parts: &[Range<usize>]) -> Vec<Range<usize>> {
        let Some(text) = &self.text else {
            return Vec::new();
        };
        let mut walk = Walk {
            literal: &self.line[text.literal.clone()],
            raw: 0,
            unescaped: 0,
        };
        let mut to = |place: usize| {
            let known = text.marks.partition_point(|mark| mark.1 <= place);
            if let Some(&(raw, unescaped)) = known.checked_sub(1).map(|at| &text.marks[at])
                && unescaped > walk.unescaped
            {
                (walk.raw, walk.unescaped) = (raw, unescaped);
            }
            text.literal.start + walk.to(place)
        };
        parts
            .iter()
            .map(|part| to(part.start)..to(part.end))
            .collect()
    }

    /// Where something can be added to the object: the byte of its closing brace, and whether there
    /// is anything before it that asks for a comma.
    pub fn end(&self) -> (usize, bool) {
        let brace = self.line.rfind('}').unwrap_or(self.line.len());
        let is_empty = self.line[..brace].trim_end().ends_with('{');
        (brace, !is_empty)
    }
}

/// A record without its line end: of one that is cut off it is the end that is wrong, and not the
/// line end behind it.
fn json_of(line: &str) -> &str {
    let json = line.strip_suffix('\n').unwrap_or(line);
    json.strip_suffix('\r').unwrap_or(json)
}

/// The value of a literal, with its quotes, that is known to be right; `None` if it is no string.
fn told(literal: &str) -> Option<Cow<'_, str>> {
    literal.strip_prefix('"')?;
    Some(Text::unescape(literal, 1)?.text)
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

/// Where a part of a line begins in it.
fn place(line: &str, part: &str) -> usize {
    part.as_ptr() as usize - line.as_ptr() as usize
}

fn kind(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        _ => "a number",
    }
}

/// What was found of a record.
#[derive(Default)]
struct Found<'a> {
    text: Option<&'a RawValue>,
    url: Option<(usize, &'a RawValue)>,
    outlet: Option<(usize, &'a RawValue)>,
    id: Option<&'a RawValue>,
    added: bool,
}

impl<'a> Found<'a> {
    /// What an object has of the fields.
    fn of(json: &'a str, fields: &Fields) -> serde_json::Result<Found<'a>> {
        let wanted = fields.paths.iter();
        let wanted: Vec<(&str, Slot)> = wanted.map(|(path, slot)| (path.as_str(), *slot)).collect();
        let mut found = Found::default();
        let mut json = serde_json::Deserializer::from_str(json);
        let object = Object {
            wanted: &wanted,
            found: &mut found,
        };
        object.deserialize(&mut json).and_then(|()| json.end())?;
        Ok(found)
    }
}

/// An object in which paths are looked for; all else in it is only checked to be JSON.
struct Object<'w, 'f, 'a> {
    /// What is left of the paths at this depth.
    wanted: &'w [(&'w str, Slot)],
    found: &'f mut Found<'a>,
}

impl<'a> DeserializeSeed<'a> for Object<'_, '_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Object<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a record, which is a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let slot = self.wanted.iter().find(|(path, _)| *path == key);
            if let Some(&(path, slot)) = slot {
                let value = map.next_value::<&RawValue>()?;
                self.found.take(slot, value).map_err(|()| {
                    de::Error::custom(format_args!("the key `{path}` occurs twice"))
                })?;
                continue;
            }
            if !self
                .wanted
                .iter()
                .any(|(path, _)| below(path, &key).is_some())
            {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value::<&RawValue>()?.get();
            if value.starts_with('{') {
                let wanted = self.wanted.iter();
                let wanted: Vec<(&str, Slot)> = wanted
                    .filter_map(|&(path, slot)| Some((below(path, &key)?, slot)))
                    .collect();
                let mut json = serde_json::Deserializer::from_str(value);
                Object {
                    wanted: &wanted,
                    found: self.found,
                }
                .deserialize(&mut json)
                .map_err(de::Error::custom)?;
            }
        }
        Ok(())
    }
}

/// What is left of a path below a key.
fn below<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    path.strip_prefix(key)?.strip_prefix('.')
}

impl<'a> Found<'a> {
    /// `Err` if there is one already.
    fn take(&mut self, slot: Slot, value: &'a RawValue) -> Result<(), ()> {
        let first = |found: &mut Option<(usize, &'a RawValue)>, at: usize| {
            if found.is_some_and(|(before, _)| before == at) {
                return Err(());
            }
            // An address that is null, empty or no string is none.
            let is_string = value.get().starts_with('"') && value.get() != "\"\"";
            if is_string && found.is_none_or(|(before, _)| at < before) {
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
            Slot::Url(at) => first(&mut self.url, at),
            Slot::Outlet(at) => first(&mut self.outlet, at),
            Slot::Added => {
                self.added = true;
                Ok(())
            }
        }
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

/// What a literal stands for.
#[derive(Debug)]
struct Text<'a> {
    text: Cow<'a, str>,
    /// The literal without its quotes: bytes of the line.
    literal: Range<usize>,
    /// Bytes of the literal and of the text that stand for each other, in order: one pair for each
    /// [`APART`] bytes of the text or more, behind an escape.
    marks: Vec<(usize, usize)>,
}

const APART: usize = 256;

impl<'a> Text<'a> {
    /// That of a literal behind whose first quote the line goes on here; `None` if it is not right.
    fn unescape(line: &'a str, start: usize) -> Option<Text<'a>> {
        let rest = &line[start..];
        let plain = |literal: &'a str| {
            let end = match literal.as_bytes().first()? {
                b'"' | b'\\' => 0,
                _ => memchr2(b'"', b'\\', literal.as_bytes())?,
            };
            Some(literal.split_at(end))
        };
        let (first, mut left) = plain(rest)?;
        let mut text = Cow::Borrowed(first);
        let mut marks = Vec::new();
        if left.starts_with('\\') {
            let mut unescaped = String::with_capacity(rest.len());
            unescaped.push_str(first);
            let mut next_mark = APART;
            while let Some(escaped) = left.strip_prefix('\\') {
                // Nearly all escapes are line ends.
                left = if let Some(behind) = escaped.strip_prefix('n') {
                    unescaped.push('\n');
                    behind
                } else {
                    let (c, length) = escape(left)?;
                    unescaped.push(c);
                    &left[length..]
                };
                if unescaped.len() >= next_mark {
                    marks.push((rest.len() - left.len(), unescaped.len()));
                    next_mark = unescaped.len() + APART;
                }
                let (piece, behind) = plain(left)?;
                unescaped.push_str(piece);
                left = behind;
            }
            text = Cow::Owned(unescaped);
        }
        let at = rest.len() - left.len();
        // Without an early exit many bytes are looked at at once.
        let literal = rest.as_bytes()[..at].iter();
        let least = literal.fold(u8::MAX, |least, &byte| least.min(byte));
        (least >= b' ').then_some(Text {
            text,
            literal: start..start + at,
            marks,
        })
    }
}

/// The character that an escape stands for, and how many bytes it is written with; `None` if it is
/// none.
#[inline]
fn escape(literal: &str) -> Option<(char, usize)> {
    let c = match literal.as_bytes().get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return by_number(literal),
        &other @ (b'"' | b'\\' | b'/') => other as char,
        _ => return None,
    };
    Some((c, 2))
}

/// As [`escape`], of `\uXXXX` and of two that are one character.
fn by_number(literal: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = literal.get(at..at + 6)?.strip_prefix("\\u")?;
        let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        are_digits.then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let first = unit(0)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    let pair = unit(6)
        .filter(|second| first < 0xdc00 && (0xdc00..0xe000).contains(second))
        .and_then(|second| char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
    Some(pair.map_or((char::REPLACEMENT_CHARACTER, 6), |c| (c, 12)))
}

/// A walk along a literal and the text that it stands for, side by side.
struct Walk<'a> {
    literal: &'a str,
    /// Bytes of the literal that are behind.
    raw: usize,
    /// Bytes of the text that are behind.
    unescaped: usize,
}

impl Walk<'_> {
    /// The byte of the literal that stands for a byte of the text, which is not behind.
    fn to(&mut self, place: usize) -> usize {
        while self.unescaped < place {
            let rest = &self.literal[self.raw..];
            let ahead = place - self.unescaped;
            let near = &rest.as_bytes()[..ahead.min(rest.len())];
            let plain = memchr(b'\\', near).unwrap_or(near.len());
            self.raw += plain;
            self.unescaped += plain;
            if plain < ahead {
                let (c, length) = escape(&rest[plain..]).expect("the literal is right");
                self.raw += length;
                self.unescaped += c.len_utf8();
            }
        }
        self.raw
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

    fn read(line: &str) -> Result<Record<'_>, String> {
        Record::read(line.as_bytes(), &fields())
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
        let wrong = Record::read(b"{\"a\":\"\xff\"}", &fields()).unwrap_err();
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

    proptest! {
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
            let start = record.text.as_ref().unwrap().literal.start;
            let wanted: Vec<Range<usize>> = pairs.map(|pair| start + raw(pair[0])..start + raw(pair[1])).collect();
            prop_assert_eq!(record.places(&parts), wanted);
        }
    }
}
