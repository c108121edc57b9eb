//! `cleaner suggest`: the draft of a rule file from sample pages.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use cleaner::{Outlets, Sample};

use crate::args;
use crate::console::{Console, Failure, counted, printable};
use crate::formats::{self, Format, Opening, Source, jsonl, parquet, utf8, wet};
use crate::inputs::{Input, Inputs};
use crate::review::Review;
use crate::rules::{self, new::note_replaced};
use crate::{ERROR, FINE, output};

/// Writes the draft that the arguments ask for; returns the exit code.
pub fn run(args: &args::Suggest, console: Console) -> Result<u8, Failure> {
    let outlets = outlets(args)?;
    if args.review && args.paths.iter().any(|path| path.as_os_str() == "-") {
        let what = "--review is answered on standard input: pages cannot come from there";
        return Err(Failure::Said(what.to_owned()));
    }
    let output = args.output.as_deref().map(|path| target(path, args));
    let output = output.transpose()?;
    let inputs = Inputs::find(&args.paths, None, None, true, console)?;
    let mut failed = inputs.failed > 0;
    let mut pages = Vec::new();
    for input in &inputs.list {
        if let Err(what) = read(input, args, &mut pages) {
            console.error(input.name(), what);
            failed = true;
        }
    }
    if failed {
        return Ok(ERROR);
    }
    // The same text twice, as of a folder named with one of its files, tells nothing more.
    let mut seen = HashSet::new();
    pages.retain(|(_, page): &(String, String)| {
        !page.trim().is_empty() && seen.insert(page.clone())
    });
    if pages.is_empty() {
        let field = &args.text_field;
        return Err(Failure::Said(format!(
            "there is no page to learn from: no text that is not empty (of records that under `{field}`; --text-field names another)"
        )));
    }
    if pages.len() == 1 {
        console.note(
            "cleaner",
            "one page shows nothing that recurs: give two at least, better five",
        );
    }
    let sample = Sample {
        outlet: args.outlet.clone(),
        name: args.name.clone(),
        domains: args.domain.clone(),
        pages: pages.iter().map(|(_, page)| page.clone()).collect(),
        words: !args.no_words,
    };
    let mut draft = cleaner::suggest(&sample, &outlets)?;
    if args.review {
        let review = Review {
            outlet: &args.outlet,
            outlets: &outlets,
            pages: &pages,
            console,
        };
        if !review.run(&mut draft)? {
            return Err(Failure::Said(
                "the review was left: nothing is written".to_owned(),
            ));
        }
    }
    let toml = draft.toml();
    match &output {
        Some(path) => {
            // A folder that is named, and not there yet, is made, as for cleaned files.
            let is_folder = args
                .output
                .as_deref()
                .is_some_and(output::is_meant_as_folder);
            let made = if is_folder {
                output::make_folder(path)
            } else {
                Ok(())
            };
            made.and_then(|()| output::write(path, toml.as_bytes()))
                .map_err(|error| Failure::Said(format!("{}: {error}", path.display())))?;
        }
        None => console.print(&toml)?,
    }
    note_replaced(&args.outlet, console);
    let disabled = draft
        .proposals
        .iter()
        .filter(|proposal| proposal.disabled.is_some())
        .count();
    console.note(
        &printable(&args.outlet),
        format!(
            "{}, {}: {}, {disabled} of them disabled",
            counted(draft.pages, "page", "pages"),
            counted(draft.stories, "story", "stories"),
            counted(draft.proposals.len(), "rule", "rules")
        ),
    );
    Ok(FINE)
}

/// The file to write the draft to: in a folder under the outlet's id. A rule file that is there, which
/// somebody may have worked on, is not written over.
fn target(path: &Path, args: &args::Suggest) -> Result<PathBuf, Failure> {
    let name = format!("{}.toml", args.outlet);
    let path = match output::is_meant_as_folder(path) {
        true => path.join(&name),
        false => path.to_owned(),
    };
    let shown = path.display();
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => Err(Failure::Said(format!(
            "{shown} is there already; nothing is written over it: name another folder, or take it away"
        ))),
        Err(_) if path.file_name().is_some_and(|file| file != name.as_str()) => {
            let help = match path.extension() {
                Some(_) => "",
                None => "; a folder that is to be made ends with /",
            };
            Err(Failure::Said(format!(
                "a rule file is named as its outlet; expected {name}, found {shown}{help}"
            )))
        }
        _ => Ok(path),
    }
}

/// The outlets whose families a draft may extend: with `--no-bundled` alone, none.
fn outlets(args: &args::Suggest) -> Result<rules::Source, Failure> {
    if args.rules.is_alone() && args.rules.folder().is_none() {
        return Ok(rules::Source::Brought(Box::new(Outlets::none())));
    }
    rules::Source::of(&args.rules)
}

/// Adds the pages of an input, each with its name.
fn read(
    input: &Input,
    args: &args::Suggest,
    pages: &mut Vec<(String, String)>,
) -> Result<(), String> {
    let record = |number: usize| format!("{}:{number}", input.name());
    let file = input.as_file();
    let mut source = Source::open(file, args.format, Opening::default())?;
    let fields = jsonl::Fields::new(&args.text_field, &[], &[], None);
    match source.format {
        Format::Text => {
            let bytes = source.read_all()?;
            let text = utf8(&bytes)
                .map_err(|(byte, at)| format!("this is not UTF-8: 0x{byte:02x} at byte {at}"))?;
            pages.push((input.name().to_owned(), text.to_owned()));
        }
        Format::Jsonl => {
            let mut room = jsonl::Room::default();
            while let Some(piece) = source.lines()? {
                for (at, line) in piece
                    .bytes
                    .split_inclusive(|&byte| byte == b'\n')
                    .enumerate()
                {
                    let is_first = piece.place.byte == 0 && at == 0;
                    let mark = is_first.then(|| line.strip_prefix(formats::BOM)).flatten();
                    let line = mark.unwrap_or(line);
                    if line.trim_ascii().is_empty() {
                        continue;
                    }
                    let number = piece.place.line as usize + at;
                    let read = jsonl::Record::read(line, &fields, &mut room)
                        .map_err(|what| format!("line {number}: {what}"))?;
                    pages.extend(read.text().map(|text| (record(number), text.to_owned())));
                }
            }
        }
        Format::Wet => {
            while let Some((piece, extents)) = source.wet()? {
                for extent in extents {
                    if let Some(what) = extent.broken {
                        return Err(format!("record {}: {what}", extent.number));
                    }
                    let read = wet::Record::read(&piece.bytes[extent.bytes])?;
                    if read.is_document() {
                        pages.push((record(extent.number as usize), read.text()?.to_owned()));
                    }
                }
            }
        }
        Format::Parquet => {
            let file = file.ok_or("Parquet is read from a file, not from standard input")?;
            let file = File::open(file).map_err(|error| error.to_string())?;
            let columns = parquet::Columns {
                text: &args.text_field,
                url: &[],
                outlet: &[],
            };
            let mut reader = parquet::Reader::open(file, &columns)?;
            while let Some(rows) = reader.next()? {
                for (number, text) in (rows.first as usize..).zip(&rows.texts) {
                    let Some(text) = text else { continue };
                    let text = std::str::from_utf8(text.data())
                        .map_err(|error| format!("row {number}: {error}"))?;
                    pages.push((record(number), text.to_owned()));
                }
            }
        }
    }
    Ok(())
}
