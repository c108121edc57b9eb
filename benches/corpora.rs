//! The program over corpora in every format that it reads, beside the floor: only reading and
//! writing the same.
//!
//! `cargo bench --bench corpora` prints medians of whole processes, run in turn, their ratios and
//! their peak memory; with `-- JSONL Parquet` behind it only of formats whose names begin so. The
//! records are generated, 1000 MB of them or what CORPORA_MB says, one format at a time, in a
//! folder in memory if there is room. A tool that is not installed is left out, and said to be.
//! Times differ from machine to machine and from hour to hour; only the ratios of one run mean
//! something.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use flate2::write::GzEncoder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use sha1::{Digest, Sha1};

use pages::{Page, lines, pages};
use race::Run;

mod pages;
mod race;

const RUNS: usize = 3;
const MEGABYTES: usize = 1000;
/// Rows of a row group.
const GROUP: usize = 10_000;
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [floor, input, output] = &arguments[..]
        && let Some(how) = Floor::named(floor)
    {
        return how
            .run(Path::new(input), Path::new(output))
            .expect("the floor is laid");
    }
    // `cargo test --benches` only wants to know that it builds.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let megabytes = std::env::var("CORPORA_MB").map_or(MEGABYTES, |megabytes| {
        megabytes.parse().expect("CORPORA_MB is a number")
    });
    let home = race::memory(megabytes * 5 / 2);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{megabytes} MB of records in {}, {cores} cores, median of {RUNS}\n",
        home.display()
    );
    println!(
        "MB and MB/s count what the file holds when it is decompressed, of Parquet the values; \
         floor: one thread that only reads and writes\n"
    );
    println!(
        "| input → output | MB | MB/s, -j1 | MB/s, -j{cores} | floor | MB/s, floor | -j1 / floor | -j{cores} / floor | peak MB, -j1 | peak MB, -j{cores} |"
    );
    println!("|---|---:|---:|---:|---|---:|---:|---:|---:|---:|");
    let mut missing = BTreeSet::new();
    let wanted: Vec<&String> = arguments
        .iter()
        .filter(|name| !name.starts_with('-'))
        .collect();
    let is_wanted = |kind: &&Kind| {
        wanted.is_empty() || wanted.iter().any(|name| kind.name.starts_with(&**name))
    };
    for kind in KINDS.iter().filter(is_wanted) {
        let folder = tempfile::tempdir_in(&home).expect("a folder for the records");
        measure(kind, folder.path(), megabytes, &mut missing);
    }
    for tool in missing {
        println!("\n{tool}: not installed");
    }
}

/// What only reads and writes, with the libraries of the program: this very executable, started
/// with its name and two paths.
#[derive(Clone, Copy)]
enum Floor {
    Copy,
    Gunzip,
    Unzstd,
}

impl Floor {
    fn name(self) -> &'static str {
        match self {
            Floor::Copy => "--copy",
            Floor::Gunzip => "--gunzip",
            Floor::Unzstd => "--unzstd",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Floor::Copy => "read and write",
            Floor::Gunzip => "flate2",
            Floor::Unzstd => "libzstd",
        }
    }

    fn named(name: &str) -> Option<Floor> {
        [Floor::Copy, Floor::Gunzip, Floor::Unzstd]
            .into_iter()
            .find(|floor| floor.name() == name)
    }

    fn run(self, input: &Path, output: &Path) -> io::Result<()> {
        if input.is_dir() {
            std::fs::create_dir_all(output)?;
            let mut names = Vec::new();
            for entry in std::fs::read_dir(input)? {
                names.push(entry?.file_name());
            }
            names.sort_unstable();
            for name in names {
                self.run(&input.join(&name), &output.join(&name))?;
            }
            return Ok(());
        }
        let file = File::open(input)?;
        let mut reader: Box<dyn Read> = match self {
            Floor::Copy => Box::new(file),
            Floor::Gunzip => Box::new(flate2::read::MultiGzDecoder::new(file)),
            Floor::Unzstd => Box::new(zstd::stream::read::Decoder::new(file)?),
        };
        let mut output = File::create(output)?;
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = reader.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            output.write_all(&buffer[..read])?;
        }
    }
}

/// A format, and what stands beside the program for it.
struct Kind {
    name: &'static str,
    input: &'static str,
    output: &'static str,
    write: fn(&Path, &mut dyn Iterator<Item = Page>) -> usize,
    floor: Floor,
    /// Tools that write to standard output what they make of the input.
    tools: &'static [&'static [&'static str]],
    /// Whether the program without rules stands there too.
    ruleless: bool,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "text, a folder",
        input: "pages",
        output: "clean",
        write: write_texts,
        floor: Floor::Copy,
        tools: &[],
        ruleless: false,
    },
    Kind {
        name: "JSONL",
        input: "in.jsonl",
        output: "out.jsonl",
        write: |path, pages| lines(pages, create(path)).0,
        floor: Floor::Copy,
        tools: &[&["cat"]],
        ruleless: true,
    },
    Kind {
        name: "JSONL.gz → plain",
        input: "in.jsonl.gz",
        output: "out.jsonl",
        write: |path, pages| {
            let (size, packed) = lines(pages, gz(create(path)));
            packed
                .finish()
                .and_then(|mut file| file.flush())
                .expect(ROOM);
            size
        },
        floor: Floor::Gunzip,
        tools: &[&["gzip", "-dc"], &["pigz", "-dc"]],
        ruleless: false,
    },
    Kind {
        name: "JSONL.zst → plain",
        input: "in.jsonl.zst",
        output: "out.jsonl",
        write: |path, pages| {
            let packed = zstd::stream::write::Encoder::new(create(path), 3).expect(ROOM);
            let (size, packed) = lines(pages, packed);
            packed
                .finish()
                .and_then(|mut file| file.flush())
                .expect(ROOM);
            size
        },
        floor: Floor::Unzstd,
        tools: &[&["zstd", "-dcq"]],
        ruleless: false,
    },
    Kind {
        name: "WET",
        input: "in.wet",
        output: "out.wet",
        write: |path, pages| {
            let mut out = create(path);
            records(pages, |record| out.write_all(record).expect(ROOM))
        },
        floor: Floor::Copy,
        tools: &[&["cat"]],
        ruleless: false,
    },
    Kind {
        name: "WET.gz → plain",
        input: "in.wet.gz",
        output: "out.wet",
        write: |path, pages| {
            let mut out = create(path);
            records(pages, |record| {
                let mut member = gz(&mut out);
                member.write_all(record).expect(ROOM);
                member.finish().expect(ROOM);
            })
        },
        floor: Floor::Gunzip,
        tools: &[&["gzip", "-dc"], &["pigz", "-dc"]],
        ruleless: false,
    },
    Kind {
        name: "Parquet (zstd)",
        input: "in.parquet",
        output: "out.parquet",
        write: write_parquet,
        floor: Floor::Copy,
        tools: &[],
        ruleless: true,
    },
];

const ROOM: &str = "room for the records";

/// Makes the corpus of a format, and prints its rows of the table.
fn measure(kind: &Kind, folder: &Path, megabytes: usize, missing: &mut BTreeSet<String>) {
    let (input, output) = (folder.join(kind.input), folder.join(kind.output));
    let empty = folder.join("no-rules");
    std::fs::create_dir(&empty).expect("a folder without rules");
    let size = (kind.write)(&input, &mut pages(megabytes * 1_000_000));
    let path = |path: &Path| path.display().to_string();
    let run = |name: &str, command: &[&str]| Run::new(name, command).writing(&output);
    let (from, to, empty) = (path(&input), path(&output), path(&empty));
    let program = env!("CARGO_BIN_EXE_cleaner");
    let own = |threads: &'static str, more: &[&str]| {
        let command = [&[program, &from, "-o", &to, "--quiet", threads], more].concat();
        run("cleaner", &command)
    };
    let itself = path(&std::env::current_exe().expect("this executable"));
    let mut runs = vec![
        own("-j1", &[]),
        own("-j0", &[]),
        run(
            kind.floor.about(),
            &[&itself, kind.floor.name(), &from, &to],
        ),
    ];
    for tool in kind.tools {
        let command = [*tool, &[&from]].concat();
        runs.push(run(&tool.join(" "), &command).into_file());
    }
    if kind.ruleless {
        let mut without = own("-j1", &["--no-bundled", "--rules", &empty]);
        without.name = "cleaner -j1 without rules".to_owned();
        runs.push(without);
    }
    race::race(&mut runs, RUNS);
    assert_eq!(
        runs[0].written, runs[1].written,
        "for any number of threads"
    );
    assert!(
        runs[0].written < size as u64,
        "{} has not changed",
        kind.name
    );
    let pace = |run: &Run| Some(size as f64 / 1e6 / run.median()?.as_secs_f64());
    let peak = |run: &Run| {
        run.peak
            .map_or("?".to_owned(), |peak| format!("{}", peak / 1000))
    };
    let (one, all) = (pace(&runs[0]), pace(&runs[1]));
    let (one, all) = (one.expect("it has run"), all.expect("it has run"));
    for (at, floor) in runs[2..].iter().enumerate() {
        let Some(pace) = pace(floor) else {
            missing.insert(floor.command[0].clone());
            continue;
        };
        let (before, behind) = if at == 0 {
            let before = format!("{} | {} | {one:.0} | {all:.0}", kind.name, size / 1_000_000);
            (before, format!("{} | {}", peak(&runs[0]), peak(&runs[1])))
        } else {
            ("| | |".to_owned(), " | ".to_owned())
        };
        println!(
            "| {before} | {} | {pace:.0} | {:.2} | {:.2} | {behind} |",
            floor.name,
            one / pace,
            all / pace
        );
    }
}

fn create(path: &Path) -> BufWriter<File> {
    BufWriter::with_capacity(1 << 20, File::create(path).expect(ROOM))
}

fn gz<W: Write>(out: W) -> GzEncoder<W> {
    GzEncoder::new(out, flate2::Compression::default())
}

/// A file for each page.
fn write_texts(folder: &Path, pages: &mut dyn Iterator<Item = Page>) -> usize {
    std::fs::create_dir(folder).expect(ROOM);
    pages
        .map(|page| {
            std::fs::write(folder.join(format!("{}.txt", page.id)), &page.text).expect(ROOM);
            page.text.len()
        })
        .sum()
}

/// A record of WARC for each page, behind the one that tells of the file; tells their size.
fn records(pages: &mut dyn Iterator<Item = Page>, mut write: impl FnMut(&[u8])) -> usize {
    let info = "Software-Info: corpora\r\n";
    let info = format!(
        "WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n\
         WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n\
         Content-Type: application/warc-fields\r\nContent-Length: {}\r\n\r\n{info}\r\n\r\n",
        info.len()
    );
    write(info.as_bytes());
    let mut size = info.len();
    for (number, page) in pages.enumerate() {
        let digest = data_encoding::BASE32.encode(&Sha1::digest(page.text.as_bytes()));
        let record = format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: {}\r\nWARC-Date: {}\r\n\
             WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{:012}>\r\n\
             WARC-Block-Digest: sha1:{digest}\r\nWARC-Identified-Content-Language: {}\r\n\
             Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}\r\n\r\n",
            page.url,
            page.date,
            number + 1,
            page.language,
            page.text.len(),
            page.text
        );
        size += record.len();
        write(record.as_bytes());
    }
    size
}

/// A row for each page; tells the size of their values.
fn write_parquet(path: &Path, pages: &mut dyn Iterator<Item = Page>) -> usize {
    let schema = "message page {
        required binary id (STRING);
        optional binary text (STRING);
        optional binary url (STRING);
        optional binary date (STRING);
        optional group metadata { optional binary language (STRING); }
    }";
    let schema = Arc::new(parse_message_type(schema).expect("it is a schema"));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer =
        SerializedFileWriter::new(create(path), schema, Arc::new(properties)).expect(ROOM);
    let mut size = 0;
    loop {
        let rows: Vec<Page> = (&mut *pages).take(GROUP).collect();
        if rows.is_empty() {
            break;
        }
        let columns: [fn(&Page) -> &str; 5] = [
            |page| &page.id,
            |page| &page.text,
            |page| &page.url,
            |page| &page.date,
            |page| page.language,
        ];
        let mut group = writer.next_row_group().expect(ROOM);
        for (at, (column, level)) in columns.into_iter().zip([0, 1, 1, 1, 2]).enumerate() {
            let values: Vec<ByteArray> = rows.iter().map(|row| column(row).into()).collect();
            size += values.iter().map(ByteArray::len).sum::<usize>();
            let levels = vec![level; rows.len()];
            let levels = (at > 0).then_some(&levels[..]);
            let mut writer = group.next_column().expect(ROOM).expect("another column");
            writer
                .typed::<ByteArrayType>()
                .write_batch(&values, levels, None)
                .expect(ROOM);
            writer.close().expect(ROOM);
        }
        group.close().expect(ROOM);
    }
    writer.close().expect(ROOM);
    size
}
