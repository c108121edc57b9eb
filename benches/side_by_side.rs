//! The program beside the tools that one would take instead, on generated pages.
//!
//! `cargo bench` prints medians of whole processes, all run in turn on one core, and their ratios.
//! A tool that is not installed is left out, and said to be. Times differ from machine to machine
//! and from hour to hour; only the ratios of one run mean something.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 7;
const MEGABYTES: usize = 64;
const LATIN: &str = "the village school bridge council met early again without light river every winter old road stone roof \
    horse market letter clerk morning snow valley teacher carried first window small behind painted water slowly";
const CYRILLIC: &str = "посёлок школа мост совет собрался рано снова зимой старый дорога камень крыша лошадь рынок письмо утро \
    снег долина учитель окно малый вода медленно вечером сосед колодец печь";

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir_in(memory()).expect("a folder for the pages");
    let text = folder.path().join("pages.txt");
    let page = folder.path().join("page.txt");
    let literals = folder.path().join("literals.txt");
    let wanted = rule_literals();
    std::fs::write(&text, generate(MEGABYTES << 20, &wanted)).expect("room for the pages");
    std::fs::write(&page, generate(5000, &wanted)).expect("room for a page");
    std::fs::write(
        &literals,
        wanted.iter().cloned().collect::<Vec<_>>().join("\n") + "\n",
    )
    .expect("room for the literals");
    let program = env!("CARGO_BIN_EXE_cleaner");
    let path = |path: &Path| path.display().to_string();

    println!("text: {MEGABYTES} MiB of pages to a file in memory, one core, median of {RUNS}\n");
    let tools: Vec<(&str, Vec<String>)> = vec![
        (
            "cleaner",
            own(&[program, "--outlet", "rferl", "--quiet", &path(&text)]),
        ),
        (
            "rg -v -x -F -f (the literals)",
            own(&[
                "rg",
                "-j1",
                "-v",
                "-x",
                "-F",
                "-f",
                &path(&literals),
                &path(&text),
            ]),
        ),
        ("cat", own(&["cat", &path(&text)])),
        ("wc -l", own(&["wc", "-l", &path(&text)])),
    ];
    let times = race(&tools, &folder.path().join("out"));
    let size = std::fs::metadata(&text).expect("it was written").len() as f64;
    println!("| tool | MB/s | time / cleaner |\n|---|---:|---:|");
    for ((name, _), time) in tools.iter().zip(&times) {
        match (time, times[0]) {
            (Some(time), Some(own)) => {
                let rate = size / 1e6 / time.as_secs_f64();
                println!(
                    "| {name} | {rate:.0} | {:.2} |",
                    time.as_secs_f64() / own.as_secs_f64()
                );
            }
            _ => println!("| {name} | not installed | |"),
        }
    }

    println!(
        "\none page of 5 kB, from start to exit, median of {}\n",
        RUNS * 3
    );
    let tools: Vec<(&str, Vec<String>)> = vec![
        (
            "cleaner --outlet rferl",
            own(&[program, "--outlet", "rferl", "--quiet", &path(&page)]),
        ),
        (
            "cleaner (outlet by its signs)",
            own(&[program, "--quiet", &path(&page)]),
        ),
        ("true", own(&["true"])),
    ];
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); tools.len()];
    for _ in 0..3 {
        for (all, time) in times
            .iter_mut()
            .zip(race(&tools, &folder.path().join("out")))
        {
            all.extend(time);
        }
    }
    println!("| command | ms |\n|---|---:|");
    for ((name, _), times) in tools.iter().zip(&mut times) {
        times.sort_unstable();
        let median = times
            .get(times.len() / 2)
            .map(|time| time.as_secs_f64() * 1e3);
        println!(
            "| {name} | {} |",
            median.map_or("not installed".to_owned(), |time| format!("{time:.1}"))
        );
    }
}

fn own(command: &[&str]) -> Vec<String> {
    command.iter().map(|&word| word.to_owned()).collect()
}

/// A folder in memory, so that no disk is measured.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    }
}

/// The median time of each command, run in turn; `None` for one that cannot be started.
fn race(tools: &[(&str, Vec<String>)], out: &Path) -> Vec<Option<Duration>> {
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); tools.len()];
    for round in 0..=RUNS {
        for ((_, command), times) in tools.iter().zip(&mut times) {
            let output = File::create(out).expect("room for the output");
            let start = Instant::now();
            let status = Command::new(&command[0])
                .args(&command[1..])
                .stdout(output)
                .stdin(Stdio::null())
                .status();
            // The first round warms the caches up.
            if status.is_ok() && round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    };
    times.into_iter().map(median).collect()
}

/// The strings of all `text` keys of the bundled rules: what a user of another tool would list.
fn rule_literals() -> BTreeSet<String> {
    let mut literals = BTreeSet::new();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for folder in [rules.clone(), rules.join("families")] {
        for entry in std::fs::read_dir(folder).expect("the rules are there") {
            let path = entry.expect("a file").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                let text = std::fs::read_to_string(path).expect("a rule file");
                let table = toml::de::DeTable::parse(&text).expect("a rule file is TOML");
                for (key, value) in table.get_ref() {
                    if ["line", "block"].contains(&key.get_ref().as_ref()) {
                        texts(value.get_ref(), false, &mut literals);
                    }
                }
            }
        }
    }
    literals
}

fn texts(value: &toml::de::DeValue, wanted: bool, literals: &mut BTreeSet<String>) {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) if wanted => {
            literals.insert(text.trim().to_owned());
        }
        DeValue::Array(items) => items
            .iter()
            .for_each(|item| texts(item.get_ref(), wanted, literals)),
        DeValue::Table(table) => {
            for (key, value) in table {
                texts(value.get_ref(), key.get_ref() == "text", literals);
            }
        }
        _ => {}
    }
}

/// Pages of 2 to 12 kB, one in ten Cyrillic: the bars, a player and the foot that a page of RFE/RL
/// has, and every fourth paragraph a line that some rule names. Half of the lines that are not
/// blank are boilerplate, which is more than real pages have.
fn generate(size: usize, literals: &BTreeSet<String>) -> String {
    let literals: Vec<&String> = literals.iter().collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    let mut text = String::with_capacity(size + 16_000);
    while text.len() < size {
        let words = if random(10) == 0 { CYRILLIC } else { LATIN };
        let words: Vec<&str> = words.split_whitespace().collect();
        let end = text.len() + (2000 + random(10_000)).min(size);
        text += "Accessibility links\n\nBreaking News\n\nA Village Opens Its School\n\n";
        text += "A School Is Opened\nplease wait\n\nNo media source currently available\n\n0:00 0:02:14 0:00\n\n";
        while text.len() < end {
            if random(4) == 0 {
                text += literals[random(literals.len())];
            } else {
                let first = words[random(words.len())];
                text.extend(
                    first
                        .chars()
                        .next()
                        .into_iter()
                        .flat_map(char::to_uppercase),
                );
                text.extend(first.chars().skip(1));
                for _ in 0..10 + random(60) {
                    text.push(' ');
                    text += words[random(words.len())];
                }
                text.push('.');
            }
            text += "\n\n";
        }
        text += "With reporting by AP and dpa\n  • 16x9 Image\n\n    RFE/RL\n\nXS\nSM\nMD\nLG\n";
    }
    text
}
