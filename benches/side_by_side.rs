//! The program beside the tools that one would take instead, on generated pages.
//!
//! `cargo bench --bench side_by_side` prints medians of whole processes, run in turn, their ratios
//! and their peak memory, as tables; the last column says what is wanted and whether it is met. With
//! `-- JSONL` behind it only tables whose titles begin so. `SIDE_BY_SIDE_MB` says how many megabytes
//! of pages (64), `SIDE_BY_SIDE_PYTHON` which Python (python3). A tool that is not installed is left
//! out, and said to be. Times differ from machine to machine and from hour to hour; only the ratios
//! of one run mean something.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pages::{Generator, SHELLS};
use race::Run;
use rule_files::{Bundled, Kind, rule_file};

mod pages;
mod race;
mod rule_files;

const ROUNDS: usize = 11;
const MEGABYTES: usize = 64;
const PROGRAM: &str = env!("CARGO_BIN_EXE_cleaner");
/// How many pages are in one folder: in a single one the system lets one thread at a time in.
const FOLDER: usize = 100;
/// The largest page, in bytes.
const PAGE: u64 = 13_000;

/// What is wanted of a row.
enum Limit {
    None,
    /// The first row is so many times as fast as this one.
    Faster(f64),
    /// The first row takes no more than so many times the time of this one.
    Within(f64),
    /// This row takes no more than so many times the time of the first one.
    Costs(f64),
    /// It takes less than so many milliseconds.
    Under(f64),
    /// It takes no more than so many kilobytes.
    Peak(u64),
    /// It takes no more than so many kilobytes more than the first row.
    PeakMore(u64),
}

type Row = (Run, Limit);

/// The files that the tools read.
struct Corpus {
    home: PathBuf,
    only: Vec<String>,
    python: String,
    /// What makes a command run on one core.
    pin: Vec<String>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know that it builds.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let megabytes = std::env::var("SIDE_BY_SIDE_MB").map_or(MEGABYTES, |megabytes| {
        megabytes.parse().expect("SIDE_BY_SIDE_MB is a number")
    });
    let size = megabytes * 1_000_000;
    let folder = tempfile::tempdir_in(race::memory(megabytes * 8)).expect("a folder for the pages");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let core = (cores - 1).to_string();
    let pin = ["taskset", "-c", &core];
    let is_pinned = Command::new(pin[0]).args(&pin[1..]).arg("true").status();
    let is_pinned = is_pinned.is_ok_and(|status| status.success());
    let corpus = Corpus {
        home: folder.path().to_owned(),
        only: arguments
            .into_iter()
            .filter(|argument| !argument.starts_with('-'))
            .collect(),
        python: std::env::var("SIDE_BY_SIDE_PYTHON").unwrap_or_else(|_| "python3".to_owned()),
        pin: pin
            .iter()
            .filter(|_| is_pinned)
            .map(|&word| word.to_owned())
            .collect(),
    };
    println!(
        "{megabytes} MB of pages of 2 to 12 kB in {}, {cores} cores{}; medians of {ROUNDS} rounds, tools in turn{}",
        folder.path().display(),
        if is_pinned {
            ", one core: pinned to it"
        } else {
            ""
        },
        load(),
    );
    corpus.write_lists();
    corpus.text(size);
    corpus.files(size);
    corpus.records(size);
    corpus.page();
    println!("\nat the end{}", load());
}

/// How busy the machine is, where it tells.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace()
        .next()
        .map_or(String::new(), |load| format!("; load {load}"))
}

impl Corpus {
    fn path(&self, name: &str) -> String {
        self.home.join(name).display().to_string()
    }

    fn is_wanted(&self, title: &str) -> bool {
        self.only.is_empty()
            || self
                .only
                .iter()
                .any(|only| title.starts_with(only.as_str()))
    }

    /// A command on one core.
    fn one(&self, name: &str, command: &[&str]) -> Run {
        let pin = self.pin.iter().map(String::as_str);
        let command: Vec<&str> = pin.chain(command.iter().copied()).collect();
        // Behind the pin a tool that is not there is no error of the start.
        let is_there = format!("command -v '{}'", command[self.pin.len()]);
        Run::new(name, &command).if_runs(&["sh", "-c", &is_there])
    }

    /// The filter in Python.
    fn filter(&self, name: &str, mode: &str, input: &str, output: &str) -> Run {
        let filter = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/filter.py");
        let filter = filter.display().to_string();
        let lists = self.path("lists");
        self.one(name, &[&self.python, &filter, mode, &lists, input, output])
    }

    /// What the other tools know of the rules.
    fn write_lists(&self) {
        let bundled = Bundled::read();
        let lists = self.home.join("lists");
        std::fs::create_dir(&lists).expect("room");
        let write = |name: &str, lines: &[String]| {
            std::fs::write(lists.join(name), lines.join("\n") + "\n").expect("room");
        };
        let literals: Vec<String> = bundled.literals.iter().cloned().collect();
        let escaped: Vec<String> = literals.iter().map(|text| regex::escape(text)).collect();
        // Names of groups are the rules' own, and may not occur twice in what is joined.
        let name = regex::Regex::new(r"\(\?<[a-z]+>").expect("it is a pattern");
        let patterns: Vec<String> = bundled
            .patterns
            .iter()
            .map(|pattern| name.replace_all(pattern, "(?:").into_owned())
            .collect();
        println!(
            "other tools: the {} literals of the bundled rules; Python's filter also their {} patterns of lines",
            literals.len(),
            patterns.len()
        );
        let object: Vec<String> = literals
            .iter()
            .map(|text| format!("{}: 1", serde_json::Value::from(text.as_str())))
            .collect();
        std::fs::write(
            lists.join("literals.json"),
            format!("{{{}}}", object.join(",")),
        )
        .expect("room");
        write("literals", &literals);
        write("escaped", &escaped);
        write("patterns", &patterns);
    }

    fn text(&self, size: usize) {
        let titles = ["text, dense, to a file", "text, dense, dropped"];
        if !titles.iter().any(|title| self.is_wanted(title)) {
            return;
        }
        let literals: Vec<String> = Bundled::read().literals.into_iter().collect();
        let mut generator = Generator::new();
        let mut text = String::with_capacity(size + 20_000);
        while text.len() < size {
            text += &generator.dense_page(&SHELLS[0], &literals);
        }
        let input = self.path("dense.txt");
        std::fs::write(&input, &text).expect("room for the pages");
        let length = text.len();
        drop(text);
        let output = self.home.join("clean.txt");
        let to = output.display().to_string();
        let lists = |name: &str| self.path(&format!("lists/{name}"));
        let (literals, escaped) = (lists("literals"), lists("escaped"));
        let awk = "NR == FNR { known[$0]; next } { line = $0; gsub(/^[ \\t]+|[ \\t]+$/, \"\", line) } !(line in known)";
        let rg = |how: &[&str], list: &str| {
            let command = [&["rg", "-j1", "-v", "-x"], how, &["-f", list, &input]].concat();
            self.one(&command[..command.len() - 2].join(" "), &command)
        };
        let own = ["--outlet", "rferl", "--quiet", "-j1", &input];
        let peak = Limit::Peak(33_600 + 2 * length as u64 / 1000);
        let filed = |run: Run| run.writing(&output).into_file();
        self.table(
            titles[0],
            length,
            vec![
                (
                    self.one("cleaner -o", &[&[PROGRAM], &own[..], &["-o", &to]].concat())
                        .writing(&output),
                    peak,
                ),
                (
                    filed(self.one("cleaner > file", &[&[PROGRAM], &own[..]].concat())),
                    Limit::None,
                ),
                (filed(self.one("cat", &["cat", &input])), Limit::Within(1.8)),
                (
                    filed(rg(&[], &escaped).named("rg -v -x -f, the literals")),
                    Limit::Faster(4.0),
                ),
                (filed(rg(&["-F"], &literals)), Limit::None),
                (
                    filed(
                        self.one(
                            "LC_ALL=C grep -v -x -F -f",
                            &["grep", "-v", "-x", "-F", "-f", &literals, &input],
                        )
                        .with_variable("LC_ALL", "C"),
                    ),
                    Limit::None,
                ),
                (
                    filed(
                        self.one(
                            "awk, a table of the literals",
                            &["awk", awk, &literals, &input],
                        )
                        .at_most(2),
                    ),
                    Limit::None,
                ),
                (
                    self.filter("Python, a line filter", "text", &input, &to)
                        .writing(&output)
                        .at_most(2),
                    Limit::Faster(15.0),
                ),
            ],
        );
        self.table(
            titles[1],
            length,
            vec![
                (
                    self.one("cleaner", &[&[PROGRAM], &own[..]].concat()),
                    Limit::None,
                ),
                (self.one("wc -l", &["wc", "-l", &input]), Limit::Within(4.0)),
                (self.one("cat", &["cat", &input]), Limit::None),
                (
                    rg(&[], &escaped).named("rg -v -x -f, the literals"),
                    Limit::None,
                ),
                (rg(&["-F"], &literals), Limit::None),
            ],
        );
        std::fs::remove_file(input).expect("it was written");
    }

    fn files(&self, size: usize) {
        let titles = ["files, one core", "files, two cores"];
        if !titles.iter().any(|title| self.is_wanted(title)) {
            return;
        }
        let input = self.path("pages");
        std::fs::create_dir(&input).expect("room");
        let mut generator = Generator::new();
        let mut length = 0;
        let mut number = 0;
        while length < size {
            let (page, _) = generator.page(&SHELLS[0]);
            length += page.len();
            number += 1;
            let folder = Path::new(&input).join(format!("{:05}", number / FOLDER));
            if number % FOLDER <= 1 {
                std::fs::create_dir_all(&folder).expect("room");
            }
            std::fs::write(folder.join(format!("{number:08}.txt")), page).expect("room");
        }
        let output = self.home.join("clean");
        let to = output.display().to_string();
        let own = |pin: bool, name: &str, more: &[&str]| {
            let command = [&[PROGRAM, &input, "-o", &to, "--quiet"], more].concat();
            let run = match pin {
                true => self.one(name, &command),
                false => Run::new(name, &command),
            };
            run.writing(&output)
        };
        let known = ["--outlet", "rferl"];
        println!("\n{number} files, {FOLDER} in a folder");
        self.table(
            titles[0],
            length,
            vec![
                (
                    own(true, "cleaner --outlet", &["-j1", known[0], known[1]]),
                    Limit::Peak(33_600 + 2 * PAGE / 1000),
                ),
                (
                    own(true, "cleaner, outlets by their signs", &["-j1"]),
                    Limit::None,
                ),
                (
                    self.one("cp -r", &["cp", "-r", &input, &to])
                        .writing(&output),
                    Limit::None,
                ),
                (
                    self.filter("Python, a line filter", "text", &input, &to)
                        .writing(&output)
                        .at_most(2),
                    Limit::Faster(15.0),
                ),
            ],
        );
        self.table(
            titles[1],
            length,
            vec![
                (
                    own(false, "cleaner -j2", &["-j2", known[0], known[1]]),
                    Limit::Peak(33_600 + 4 * PAGE / 1000),
                ),
                (
                    own(false, "cleaner -j1", &["-j1", known[0], known[1]]),
                    Limit::Faster(1.7),
                ),
            ],
        );
        std::fs::remove_dir_all(input).expect("it was written");
    }

    fn records(&self, size: usize) {
        let titles = [
            "JSONL, one core",
            "JSONL, two cores",
            "JSONL.zst, one core",
            "JSONL, provenance",
        ];
        if !titles.iter().any(|title| self.is_wanted(title)) {
            return;
        }
        let input = self.path("records.jsonl");
        let mut pages = pages::pages(size);
        let file = File::create(&input).expect("room for the records");
        let (length, _) = pages::lines(&mut pages, std::io::BufWriter::new(file));
        let output = self.home.join("clean.jsonl");
        let to = output.display().to_string();
        let filed = |run: Run| run.writing(&output).into_file();
        let own = |more: &[&str]| {
            let command = [&[PROGRAM, &input, "--quiet"], more].concat();
            self.one("cleaner -o", &command).writing(&output)
        };
        let free = |threads: &str| {
            Run::new(
                &format!("cleaner {threads}"),
                &[PROGRAM, &input, "--quiet", threads, "-o", &to],
            )
            .writing(&output)
        };
        let python = |name: &str, mode: &str, needs: &str| {
            self.filter(name, mode, &input, &to)
                .writing(&output)
                .if_runs(&[&self.python, "-c", needs])
                .at_most(2)
        };
        let table = self.path("lists/literals.json");
        let jq = r#".text |= (split("\n") | map(select($known[0][.] == null)) | join("\n"))"#;
        let peak = |threads: u64| Limit::Peak(33_600 + 2 * threads * PAGE / 1000);
        self.table(
            titles[0],
            length,
            vec![
                (own(&["-j1", "-o", &to]), peak(1)),
                (filed(self.one("cat", &["cat", &input])), Limit::Within(2.2)),
                (
                    python("polars, one thread", "polars", "import polars")
                        .with_variable("POLARS_MAX_THREADS", "1"),
                    Limit::Faster(4.0),
                ),
                (
                    python("Python with orjson", "orjson", "import orjson"),
                    Limit::Faster(18.0),
                ),
                (
                    python("Python with json", "json", "import json"),
                    Limit::None,
                ),
                (
                    filed(
                        self.one(
                            "jq, a table of the literals",
                            &["jq", "-c", "--slurpfile", "known", &table, jq, &input],
                        )
                        .at_most(1),
                    ),
                    Limit::None,
                ),
            ],
        );
        self.table(
            titles[1],
            length,
            vec![(free("-j2"), peak(2)), (free("-j1"), Limit::Faster(1.7))],
        );
        let packed = self.path("records.jsonl.zst");
        self.pack(&input, &packed);
        let repacked = self.home.join("clean.jsonl.zst");
        let pipe = format!("zstd -dcq {packed} | zstd -3 -q -c --single-thread");
        self.table(
            titles[2],
            length,
            vec![
                (
                    self.one(
                        "cleaner -o",
                        &[
                            PROGRAM,
                            &packed,
                            "--quiet",
                            "-j1",
                            "-o",
                            &repacked.display().to_string(),
                        ],
                    )
                    .writing(&repacked),
                    peak(1),
                ),
                (
                    self.one("zstd -dc \\| zstd -3", &["sh", "-c", &pipe])
                        .writing(&repacked)
                        .into_file()
                        .if_runs(&["zstd", "--version"]),
                    Limit::Within(1.15),
                ),
            ],
        );
        let went = self.path("removed.jsonl");
        self.table(
            titles[3],
            length,
            vec![
                (own(&["-j1", "-o", &to]), Limit::None),
                (
                    filed(own(&["-j1", "--json"])).named("cleaner --json > file"),
                    Limit::Costs(1.5),
                ),
                (
                    own(&["-j1", "-o", &to, "--removed", &went]).named("cleaner --removed"),
                    Limit::None,
                ),
                (
                    own(&["-j1", "--annotate", "-o", &to]).named("cleaner --annotate"),
                    Limit::Costs(1.5),
                ),
            ],
        );
    }

    /// Compresses a file as `zstd -3` does.
    fn pack(&self, from: &str, to: &str) {
        let mut input = File::open(from).expect("it was written");
        let output = File::create(to).expect("room for the records");
        let mut packed = zstd::stream::write::Encoder::new(output, 3).expect("room");
        std::io::copy(&mut input, &mut packed).expect("room for the records");
        packed
            .finish()
            .and_then(|mut file| file.flush())
            .expect("room for the records");
    }

    fn page(&self) {
        let titles = ["page, from start to exit", "page, with rule files"];
        if !titles.iter().any(|title| self.is_wanted(title)) {
            return;
        }
        let mut generator = Generator::new();
        let page = loop {
            let (page, _) = generator.page(&SHELLS[0]);
            if (4800..5200).contains(&page.len()) {
                break page;
            }
        };
        let input = self.path("page.txt");
        std::fs::write(&input, &page).expect("room for a page");
        let literals = self.path("lists/literals");
        self.table(
            titles[0],
            page.len(),
            vec![
                (
                    Run::new(
                        "cleaner --outlet",
                        &[PROGRAM, "--outlet", "rferl", "--quiet", &input],
                    ),
                    Limit::Under(5.0),
                ),
                (
                    Run::new(
                        "cleaner, outlet by its signs",
                        &[PROGRAM, "--quiet", &input],
                    ),
                    Limit::Under(5.0),
                ),
                (
                    Run::new(
                        "rg -v -x -F -f",
                        &["rg", "-v", "-x", "-F", "-f", &literals, &input],
                    ),
                    Limit::None,
                ),
                (Run::new("true", &["true"]), Limit::None),
            ],
        );
        let many = self.home.join("outlets");
        std::fs::create_dir(&many).expect("room");
        for number in 0..10_000 {
            let id = format!("outlet-{number}");
            let file = rule_file(&id, Kind::Mixed, 2);
            std::fs::write(many.join(format!("{id}.toml")), file).expect("room");
        }
        let many = many.display().to_string();
        let large = self.home.join("large");
        std::fs::create_dir(&large).expect("room");
        std::fs::write(
            large.join("made.toml"),
            rule_file("made", Kind::Mixed, 1000),
        )
        .expect("room");
        let large = large.display().to_string();
        let with = |name: &str, folder: &str, outlet: &str| {
            let command = [
                PROGRAM, "--rules", folder, "--outlet", outlet, "--quiet", &input,
            ];
            Run::new(name, &command)
        };
        self.table(
            titles[1],
            page.len(),
            vec![
                (
                    Run::new(
                        "cleaner --outlet",
                        &[PROGRAM, "--outlet", "rferl", "--quiet", &input],
                    ),
                    Limit::None,
                ),
                (
                    with("10,000 outlet files", &many, "outlet-4242").at_most(3),
                    Limit::Under(100.0),
                ),
                (
                    with("an outlet of 1,000 rules", &large, "made"),
                    Limit::PeakMore(10_000),
                ),
            ],
        );
    }

    /// Runs the rows, and prints their table. Of a page of some kB no MB/s are told.
    fn table(&self, title: &str, size: usize, rows: Vec<Row>) {
        if !self.is_wanted(title) {
            return;
        }
        let (mut runs, limits): (Vec<Run>, Vec<Limit>) = rows.into_iter().unzip();
        // Short runs are cheap, and noisy.
        let rounds = if size < 1_000_000 { ROUNDS * 5 } else { ROUNDS };
        race::race(&mut runs, rounds);
        println!("\n{title}\n");
        println!(
            "| tool | ms | MB/s | time / first | peak MB | wanted |\n|---|---:|---:|---:|---:|---|"
        );
        let first = (runs[0].median().expect("it has run"), runs[0].peak);
        for (run, limit) in runs.iter().zip(limits) {
            let Some(time) = run.median() else {
                println!("| {} | not installed | | | | |", run.name);
                continue;
            };
            let ratio = time.as_secs_f64() / first.0.as_secs_f64();
            let pace = match size {
                0..1_000_000 => String::new(),
                _ => format!("{:.0}", size as f64 / 1e6 / time.as_secs_f64()),
            };
            let peak = run
                .peak
                .map_or("?".to_owned(), |peak| format!("{:.1}", peak as f64 / 1e3));
            println!(
                "| {} | {:.1} | {pace} | {ratio:.2} | {peak} | {} |",
                run.name,
                millis(time),
                limit.says(run, time, ratio, first.1)
            );
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Limit {
    fn says(&self, run: &Run, time: Duration, ratio: f64, first_peak: Option<u64>) -> String {
        let met = |is_met: bool| if is_met { "met" } else { "**missed**" };
        match *self {
            Limit::None => String::new(),
            Limit::Faster(times) => {
                format!(
                    "cleaner {times} times as fast; {ratio:.2}: {}",
                    met(ratio >= times)
                )
            }
            Limit::Within(times) => {
                let own = 1.0 / ratio;
                format!(
                    "cleaner ≤ {times} times it; {own:.2}: {}",
                    met(own <= times)
                )
            }
            Limit::Costs(times) => format!("≤ {times} times the first: {}", met(ratio <= times)),
            Limit::Under(limit) => format!("< {limit} ms: {}", met(millis(time) < limit)),
            Limit::Peak(limit) => match run.peak {
                Some(peak) => format!("≤ {} MB: {}", limit / 1000, met(peak <= limit)),
                None => String::new(),
            },
            Limit::PeakMore(limit) => match (run.peak, first_peak) {
                (Some(peak), Some(first)) => {
                    let more = peak.saturating_sub(first);
                    format!(
                        "≤ {} MB more than the first; {:.1}: {}",
                        limit / 1000,
                        more as f64 / 1e3,
                        met(more <= limit)
                    )
                }
                _ => String::new(),
            },
        }
    }
}
