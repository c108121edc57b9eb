//! How many instructions the program takes for a small corpus, beside the figures that are kept: a
//! gate that does not depend on how busy the machine is.
//!
//! `cargo bench --bench instructions` counts them under valgrind and fails where a figure is more
//! than 5 % above the one in `benches/instructions.toml`; with `-- --accept` it writes the new
//! figures there instead. Figures of another compiler or processor are not compared: it says so.
//! The same program takes the same instructions within 0.1 %.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use sha2::{Digest, Sha256};
use toml::de::DeTable;

use pages::{Generator, SHELLS};

mod pages;

/// Bytes of text in a corpus.
const SIZE: usize = 4_000_000;
/// The share by which a figure may grow.
const LOSS: f64 = 0.05;
const KEPT: &str = "benches/instructions.toml";
const ACCEPT: &str = "cargo bench --bench instructions -- --accept";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only wants to know that it builds.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let Some(valgrind) = told(Command::new("valgrind").arg("--version")) else {
        println!("instructions: not counted, for valgrind is not installed");
        return ExitCode::SUCCESS;
    };
    let folder = tempfile::tempdir().expect("a folder for the corpus");
    let (runs, corpus) = make(folder.path());
    let counted = Figures {
        told: BTreeMap::from([
            ("corpus", corpus),
            ("processor", std::env::consts::ARCH.to_owned()),
            ("rustc", rustc()),
            ("valgrind", valgrind),
        ]),
        counts: runs.iter().map(|run| (run.name, run.count())).collect(),
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(KEPT);
    if arguments.iter().any(|argument| argument == "--accept") {
        std::fs::write(&path, counted.file()).expect("the figures can be written");
        print!("{}", counted.file());
        return ExitCode::SUCCESS;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    counted.compare(&kept)
}

/// What was counted, and what it depends on.
struct Figures {
    told: BTreeMap<&'static str, String>,
    counts: Vec<(&'static str, u64)>,
}

impl Figures {
    fn file(&self) -> String {
        let mut file = format!(
            "# Instructions of the release program, counted by cachegrind: see benches/instructions.rs.\n\
             # Made by `{ACCEPT}`.\n"
        );
        for (name, value) in &self.told {
            writeln!(file, "{name} = {value:?}").expect("memory");
        }
        file += "\n[instructions]\n";
        for (name, count) in &self.counts {
            writeln!(file, "{name} = {count}").expect("memory");
        }
        file
    }

    /// Prints both, and fails on a loss.
    fn compare(&self, kept: &str) -> ExitCode {
        let kept = DeTable::parse(kept).expect("the kept figures are TOML");
        let kept = kept.get_ref();
        let mut comparable = true;
        // Other versions of valgrind count the same.
        for name in ["rustc", "processor", "corpus"] {
            let known = kept.get(name).and_then(|value| value.get_ref().as_str());
            let known = known.unwrap_or("unknown");
            if known != self.told[name] {
                comparable = false;
                println!(
                    "not compared: the kept figures are of {name} {known}, these of {}",
                    self.told[name]
                );
            }
        }
        println!("| run | instructions | kept | change |\n|---|---:|---:|---:|");
        let counts = kept
            .get("instructions")
            .and_then(|counts| counts.get_ref().as_table());
        let (mut lost, mut gained) = (false, false);
        for (name, count) in &self.counts {
            let kept = counts.and_then(|counts| {
                let kept = counts.get(*name)?.get_ref().as_integer()?;
                u64::from_str_radix(kept.as_str(), kept.radix()).ok()
            });
            match kept.filter(|_| comparable) {
                Some(kept) => {
                    let change = *count as f64 / kept as f64 - 1.0;
                    println!("| {name} | {count} | {kept} | {:+.1} % |", change * 100.0);
                    lost |= change > LOSS;
                    gained |= change < -LOSS;
                }
                None => println!("| {name} | {count} | | |"),
            }
        }
        if lost {
            println!(
                "\nmore than {:.0} % slower. If that is meant: {ACCEPT}",
                LOSS * 100.0
            );
            return ExitCode::FAILURE;
        }
        if gained || !comparable {
            println!("\nto keep these figures: {ACCEPT}");
        }
        ExitCode::SUCCESS
    }
}

/// A way to run the program.
struct Run {
    name: &'static str,
    arguments: Vec<String>,
    folder: PathBuf,
}

impl Run {
    fn count(&self) -> u64 {
        let counts = self.folder.join("counts");
        let output = Command::new("valgrind")
            .args(["--tool=cachegrind", "--cache-sim=no", "--branch-sim=no"])
            .arg(format!("--cachegrind-out-file={}", counts.display()))
            .arg(env!("CARGO_BIN_EXE_cleaner"))
            .args(["--quiet", "-j1"])
            .args(&self.arguments)
            .env_remove("CLEANER_RULES")
            .output()
            .expect("valgrind starts");
        assert!(
            output.status.success(),
            "{}: {}\n{}",
            self.name,
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        let counts = std::fs::read_to_string(counts).expect("the counts are written");
        let total = counts
            .lines()
            .find_map(|line| line.strip_prefix("summary:"));
        total
            .and_then(|total| total.trim().parse().ok())
            .expect("a total is written")
    }
}

/// Writes the corpus, and says how it is run, and what tells it from another corpus.
fn make(folder: &Path) -> (Vec<Run>, String) {
    let mut hash = Sha256::new();
    let mut write = |name: &str, content: &[u8]| {
        hash.update(content);
        let path = folder.join(name);
        std::fs::write(&path, content).expect("room for the corpus");
        path.display().to_string()
    };
    let mut generator = Generator::new();
    let page = write("page.txt", generator.page(&SHELLS[0]).0.as_bytes());
    let mut long = String::new();
    while long.len() < SIZE {
        long += &generator.page(&SHELLS[0]).0;
    }
    let long = write("long.txt", long.as_bytes());
    let (_, records) = pages::lines(&mut pages::pages(SIZE), Vec::new());
    let records = write("records.jsonl", &records);
    let mut unknown = Vec::new();
    for page in pages::pages(SIZE) {
        let line = serde_json::json!({"text": page.text}).to_string() + "\n";
        unknown.extend_from_slice(line.as_bytes());
    }
    let unknown = write("unknown.jsonl", &unknown);
    // As other extractors write the same pages: no blank lines.
    let mut close = Vec::new();
    for page in pages::pages(SIZE) {
        let text = page.text.replace("\n\n", "\n");
        let line = serde_json::json!({"text": text, "url": page.url}).to_string() + "\n";
        close.extend_from_slice(line.as_bytes());
    }
    let close = write("close.jsonl", &close);
    let mut generator = Generator::new();
    let languages = write("languages.txt", generator.other_languages(SIZE).as_bytes());
    let lists = write("lists.txt", generator.lists(SIZE).as_bytes());
    let output = folder.join("output.jsonl").display().to_string();
    let text = folder.join("output.txt").display().to_string();
    let run = |name, arguments: &[&str]| Run {
        name,
        arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
        folder: folder.to_owned(),
    };
    let runs = vec![
        run("page", &["--outlet", "rferl", &page, "-o", &text]),
        run("text", &["--outlet", "rferl", &long, "-o", &text]),
        run("records", &[&records, "-o", &output]),
        run("records_by_signs", &[&unknown, "-o", &output]),
        run("records_without_blank_lines", &[&close, "-o", &output]),
        run("languages", &["--outlet", "rferl", &languages, "-o", &text]),
        run("lists", &["--outlet", "rferl", &lists, "-o", &text]),
    ];
    (runs, format!("{:x}", hash.finalize())[..16].to_owned())
}

/// The compiler of this build: cargo names it to its children, or it is the one on the path.
fn rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    told(Command::new(rustc).arg("--version")).expect("the compiler tells its version")
}

/// What a command prints, if it can be started.
fn told(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
