//! The library in memory, on one core: by outlet, by kind and number of rules, by length of lines,
//! on texts made against it, how its time grows, and how it starts.
//!
//! `cargo bench --bench engine` prints medians of rounds that are run in turn, and their ratios;
//! with `-- hostile growth` behind it only the tables of these names. `ENGINE_PERCENT=10` makes
//! texts and files of rules a tenth of their size.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cleaner::{Categories, Cleaner, Flag, Outlets};

use pages::{Generator, SHELLS};
use rule_files::{Bundled, Kind, rule_file, taken};

mod pages;
mod rule_files;

const ROUNDS: usize = 5;
const BUNDLED: &[&str] = &["rferl", "vice", "akipress", "voa"];

type Table = (&'static str, fn());

/// A text of so many bytes.
type Text = Box<dyn Fn(usize) -> String>;

const TABLES: &[Table] = &[
    ("start", start),
    ("outlets", outlets),
    ("kinds", kinds),
    ("number", number),
    ("lengths", lengths),
    ("hostile", hostile),
    ("rules", hostile_rules),
    ("growth", growth),
];

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    for (name, table) in TABLES {
        if only.is_empty() || only.iter().any(|only| only == name) {
            table();
        }
    }
}

/// A size, or the share of it that is asked for.
fn scaled(size: usize) -> usize {
    let percent = std::env::var("ENGINE_PERCENT").map_or(100, |percent| {
        percent.parse().expect("ENGINE_PERCENT is a number")
    });
    (size * percent / 100).max(1)
}

/// The median time of a run for each, in turn.
fn race<T>(of: &[T], rounds: usize, run: impl Fn(&T) -> usize) -> Vec<Duration> {
    let mut times = vec![Vec::new(); of.len()];
    // The first round compiles the rules.
    for round in 0..=rounds {
        for (one, times) in of.iter().zip(&mut times) {
            let start = Instant::now();
            black_box(run(one));
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn megabytes(size: usize, time: Duration) -> f64 {
    size as f64 / 1e6 / time.as_secs_f64()
}

/// Nanoseconds a byte.
fn cost(size: usize, time: Duration) -> f64 {
    time.as_secs_f64() * 1e9 / size as f64
}

fn bundled(outlet: &str) -> Arc<Cleaner> {
    Outlets::bundled()
        .cleaner(outlet)
        .expect("bundled files are in order")
        .expect("it is built in")
}

fn made(file: String) -> Arc<Cleaner> {
    let files = [("made.toml".to_owned(), file)];
    let outlets = Outlets::with_files(files).unwrap_or_else(|error| panic!("{error}"));
    outlets
        .cleaner("made")
        .expect("it is in order")
        .expect("it is in the file")
}

/// Cleans each page alone; returns the bytes that are left.
fn clean(cleaner: &Cleaner, pages: &[String]) -> usize {
    let cleaned = pages.iter().map(|page| {
        let cleaned = black_box(cleaner.clean_of(page, Categories::default()));
        cleaned.text.len()
    });
    cleaned.sum()
}

fn size(pages: &[String]) -> usize {
    pages.iter().map(String::len).sum()
}

/// Whether a limit is met, as it is printed.
fn met(value: f64, limit: f64) -> String {
    let word = if value <= limit { "met" } else { "**missed**" };
    format!("≤ {limit}: {word}")
}

/// Why a text was left as it is, in a word.
fn flagged(flag: &Flag) -> String {
    let reason = format!("{:?}", flag.reason);
    reason
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn start() {
    let begin = Instant::now();
    let outlets = black_box(Outlets::bundled());
    println!(
        "start of the bundled outlets, their files read: {:.2} ms, once\n",
        begin.elapsed().as_secs_f64() * 1e3
    );
    println!("| outlet | compile, ms | first page, ms | next page, ms |\n|---|---:|---:|---:|");
    for shell in SHELLS {
        let (page, _) = Generator::new().page(shell);
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS * 3 {
            // Others, which nothing has been asked of yet.
            let again = Outlets::with_files::<&str, &str>([]).expect("they fit together");
            let begin = Instant::now();
            let cleaner = again
                .cleaner(shell.outlet)
                .expect("bundled files are in order")
                .expect("it is built in");
            times[0].push(begin.elapsed());
            for times in &mut times[1..] {
                let begin = Instant::now();
                black_box(cleaner.clean(&page));
                times.push(begin.elapsed());
            }
        }
        let [compile, first, next] = times.map(|times| median(times).as_secs_f64() * 1e3);
        println!(
            "| {} | {compile:.2} | {first:.2} | {next:.3} |",
            shell.outlet
        );
    }
    let (page, _) = Generator::new().page(&SHELLS[0]);
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS * 3 {
        let again = Outlets::with_files::<&str, &str>([]).expect("they fit together");
        for times in &mut times {
            let begin = Instant::now();
            black_box(again.by_signs(&page));
            times.push(begin.elapsed());
        }
    }
    let [first, next] = times.map(|times| median(times).as_secs_f64() * 1e3);
    println!("| whose, by its signs | | {first:.2} | {next:.3} |");
    println!("\n| rules in one outlet | read, examples tried, ms | compile, ms | first page, ms |");
    println!("|---|---:|---:|---:|");
    for count in [10, 100, 1000, 10_000].map(scaled) {
        let file = rule_file("made", Kind::Mixed, count);
        let mut times = [const { Vec::new() }; 3];
        for _ in 0..3 {
            let files = [("made.toml".to_owned(), file.clone())];
            let begin = Instant::now();
            let outlets = Outlets::with_files(files).unwrap_or_else(|error| panic!("{error}"));
            times[0].push(begin.elapsed());
            let begin = Instant::now();
            let cleaner = outlets
                .cleaner("made")
                .expect("it is in order")
                .expect("it is in the file");
            times[1].push(begin.elapsed());
            let begin = Instant::now();
            black_box(cleaner.clean(&page));
            times[2].push(begin.elapsed());
        }
        let [read, compile, first] = times.map(|times| median(times).as_secs_f64() * 1e3);
        println!("| {count} | {read:.1} | {compile:.2} | {first:.2} |");
    }
    println!();
    black_box(outlets);
}

fn outlets() {
    println!("pages of 2 to 12 kB, by outlet\n");
    println!(
        "| outlet | pages | kB a page | lines blank | bytes that go | MB/s | MB/s by signs | signs / cleaning |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let mut all = [Duration::ZERO; 2];
    let mut bytes = 0;
    for shell in SHELLS {
        let mut generator = Generator::new();
        let pages: Vec<String> = (0..scaled(800)).map(|_| generator.page(shell).0).collect();
        let size = size(&pages);
        let outlets = Outlets::bundled();
        let clean_of = |page: &str, outlet: &str| {
            let cleaner = outlets
                .cleaner(outlet)
                .expect("bundled files are in order")
                .expect("it is built in");
            black_box(cleaner.clean_of(page, Categories::default()))
                .text
                .len()
        };
        let known = || {
            let cleaned = pages.iter().map(|page| {
                let outlet = outlets.by_address(shell.host).expect("it is its host");
                clean_of(page, &outlet.id)
            });
            cleaned.sum()
        };
        let by_signs = || {
            let cleaned = pages.iter().map(|page| match outlets.by_signs(page) {
                Some(outlet) => clean_of(page, &outlet.id),
                None => page.len(),
            });
            cleaned.sum()
        };
        let ways: [&dyn Fn() -> usize; 2] = [&known, &by_signs];
        let times = race(&ways, ROUNDS, |way| way());
        let lines = pages.iter().flat_map(|page| page.lines());
        let blank = lines.clone().filter(|line| line.trim().is_empty()).count();
        println!(
            "| {} | {} | {:.1} | {:.0} % | {:.0} % | {:.0} | {:.0} | {:.2} |",
            shell.outlet,
            pages.len(),
            size as f64 / 1e3 / pages.len() as f64,
            100.0 * blank as f64 / lines.count() as f64,
            100.0 * (size - known()) as f64 / size as f64,
            megabytes(size, times[0]),
            megabytes(size, times[1]),
            times[1].as_secs_f64() / times[0].as_secs_f64() - 1.0,
        );
        bytes += size;
        for (all, time) in all.iter_mut().zip(times) {
            *all += time;
        }
    }
    let [known, by_signs] = all.map(|time| megabytes(bytes, time));
    println!(
        "| all | | | | | {known:.0} | {by_signs:.0} | {:.2} |\n",
        known / by_signs - 1.0
    );
}

/// Pages of paragraphs, of which every sixth is followed by what one of so many rules takes.
fn pages_for(kind: Kind, count: usize, size: usize) -> Vec<String> {
    let mut pages = Vec::new();
    let mut page = String::new();
    let mut generator = Generator::new();
    generator.prose(size, |generator, paragraph| {
        page += &paragraph;
        page += "\n\n";
        if generator.random(6) == 0 {
            page += &taken(kind, generator.random(count));
            page += "\n\n";
        }
        if page.len() > 2000 + generator.random(10_000) {
            pages.push(std::mem::take(&mut page));
        }
    });
    pages.push(page);
    pages
}

fn kinds() {
    println!("100 rules in an outlet, of one kind (duplicates: 10)\n");
    println!("| kind | MB/s | bytes that go | time a byte / first |\n|---|---:|---:|---:|");
    let kinds = [
        (Kind::Literals, 100),
        (Kind::Patterns, 100),
        (Kind::Mixed, 100),
        (Kind::Blocks, 100),
        (Kind::Inlines, 100),
        (Kind::Duplicates, 10),
    ];
    let of: Vec<(Arc<Cleaner>, Vec<String>)> = kinds
        .iter()
        .map(|&(kind, count)| {
            let cleaner = made(rule_file("made", kind, count));
            (cleaner, pages_for(kind, count, scaled(8 << 20)))
        })
        .collect();
    let times = race(&of, ROUNDS, |(cleaner, pages)| clean(cleaner, pages));
    let first = cost(size(&of[0].1), times[0]);
    for ((kind, (cleaner, pages)), time) in kinds.iter().zip(&of).zip(times) {
        let size = size(pages);
        println!(
            "| {:?} | {:.0} | {:.1} % | {:.2} |",
            kind.0,
            megabytes(size, time),
            100.0 * (size - clean(cleaner, pages)) as f64 / size as f64,
            cost(size, time) / first
        );
    }
    println!();
}

fn number() {
    println!("number of rules in an outlet; pages in which the same share of lines is taken\n");
    println!("| rules | kind | MB/s | time a byte / 100 rules | limit |\n|---:|---|---:|---:|---|");
    let counts = [10, 100, 1000, 10_000].map(scaled);
    for (kind, limit) in [(Kind::Mixed, 3.0), (Kind::Literals, 1.5)] {
        let of: Vec<(Arc<Cleaner>, Vec<String>)> = counts
            .iter()
            .map(|&count| {
                let cleaner = made(rule_file("made", kind, count));
                (cleaner, pages_for(kind, count, scaled(8 << 20)))
            })
            .collect();
        let times = race(&of, ROUNDS, |(cleaner, pages)| clean(cleaner, pages));
        let costs: Vec<f64> = of
            .iter()
            .zip(&times)
            .map(|((_, pages), time)| cost(size(pages), *time))
            .collect();
        for (at, count) in counts.iter().enumerate() {
            let ratio = costs[at] / costs[1];
            let limit = if at == 3 {
                met(ratio, limit)
            } else {
                String::new()
            };
            println!(
                "| {count} | {kind:?} | {:.0} | {ratio:.2} | {limit} |",
                1e3 / costs[at]
            );
        }
    }
    println!();
}

/// Lines of about so many bytes of prose, so many bytes of them.
fn lines_of(length: usize, size: usize) -> String {
    let mut text = String::with_capacity(size + length);
    let mut line = 0;
    Generator::new().prose(size, |_, paragraph| {
        for word in paragraph.split_inclusive(' ') {
            text += word;
            line += word.len();
            if line >= length {
                text.truncate(text.trim_end().len());
                text.push('\n');
                line = 0;
            }
        }
        text.push(' ');
        line += 1;
    });
    text
}

fn lengths() {
    println!("lines by length, documents of 400 kB; all bundled outlets in turn\n");
    println!("| bytes a line | MB/s | time a byte / 80 | ns a line |\n|---:|---:|---:|---:|");
    let lengths = [20, 80, 300, 2000, 100_000];
    let of: Vec<Vec<String>> = lengths
        .iter()
        .map(|&length| {
            let text = lines_of(length, scaled(400_000));
            vec![text; 4]
        })
        .collect();
    let cleaners: Vec<Arc<Cleaner>> = BUNDLED.iter().map(|id| bundled(id)).collect();
    let times = race(&of, ROUNDS, |pages| {
        cleaners.iter().map(|cleaner| clean(cleaner, pages)).sum()
    });
    let costs: Vec<f64> = of
        .iter()
        .zip(times)
        .map(|(pages, time)| cost(size(pages) * cleaners.len(), time))
        .collect();
    for ((length, cost), pages) in lengths.iter().zip(&costs).zip(&of) {
        let lines = pages[0].lines().count();
        println!(
            "| {length} | {:.0} | {:.2} | {:.0} |",
            1e3 / cost,
            cost / costs[1],
            cost * pages[0].len() as f64 / lines as f64
        );
    }
    println!();
}

/// Texts made to cost as much as they can, by name, each of so many bytes.
fn made_against(bundled: &Bundled) -> Vec<(&'static str, Text)> {
    /// Parts in turn, each with an end behind it.
    fn in_turn(parts: &[String], end: &str, size: usize) -> String {
        let mut text = String::with_capacity(size + 10_000);
        for part in parts.iter().cycle() {
            if text.len() >= size {
                break;
            }
            text += part;
            text += end;
        }
        text
    }
    fn counted(size: usize, line: impl Fn(usize) -> String) -> String {
        let mut text = String::with_capacity(size + 10_000);
        for number in 0.. {
            if text.len() >= size {
                break;
            }
            text += &line(number);
            text.push('\n');
        }
        text
    }
    let near: Vec<String> = bundled
        .literals
        .iter()
        .map(|text| format!("{text}x"))
        .collect();
    let literals: Vec<String> = bundled.literals.iter().cloned().collect();
    let begun = bundled.begun.clone();
    let zones = bundled.in_zones.clone();
    let examples = bundled.examples.clone();
    let repeated: Vec<String> = vec!["A boat lies in the snow beside the old mill".to_owned()];
    vec![
        (
            "lines that nearly are literals",
            Box::new(move |size| in_turn(&near, "\n", size)),
        ),
        (
            "lines that are literals",
            Box::new(move |size| in_turn(&literals, "\n", size)),
        ),
        (
            "all lines equal",
            Box::new(move |size| in_turn(&repeated, "\n", size)),
        ),
        (
            "all lines equal, and taken",
            Box::new(|size| {
                in_turn(
                    &["please wait".to_owned(), "please wait".to_owned()],
                    "\n",
                    size,
                )
            }),
        ),
        (
            "all lines equal, as long as a duplicate's",
            Box::new(|size| "The clock of Marsten\n".repeat(size / 21)),
        ),
        (
            "all lines equal, two characters longer",
            Box::new(|size| "The clocks of Marstens\n".repeat(size / 23)),
        ),
        (
            "all lines equal, four characters longer",
            Box::new(|size| "The old clock of Marsten\n".repeat(size / 25)),
        ),
        (
            "every other line blank",
            Box::new(|size| counted(size, |number| format!("Boat {number}\n"))),
        ),
        ("blank lines alone", Box::new(|size| "\n".repeat(size))),
        (
            "white space alone",
            Box::new(|size| " \u{a0}".repeat(size / 3)),
        ),
        ("one line", Box::new(|size| lines_of(usize::MAX, size))),
        (
            "lines of 1 MiB",
            Box::new(|size| lines_of((1 << 20) - 100, size)),
        ),
        ("lines of a letter", Box::new(|size| "a\n".repeat(size / 2))),
        (
            "blocks begun again and again",
            Box::new(move |size| in_turn(&begun, "\n", size)),
        ),
        (
            "what zones take, again and again",
            Box::new(move |size| in_turn(&zones, "\n", size)),
        ),
        (
            "what any rule takes, again and again",
            Box::new(move |size| in_turn(&examples, "\n\n", size)),
        ),
        (
            "captions nearly equal",
            Box::new(|size| {
                counted(size, |number| {
                    format!(
                        "The boats of the {number}th winter lie in the snow beside the old mill, \
                         where the ferry of the valley stopped at noon on each day of market."
                    )
                })
            }),
        ),
        (
            "captions that begin alike",
            Box::new(|size| {
                counted(size, |number| {
                    let words = |by: usize| format!("w{}", (number + 1) * by % 9973);
                    let words: Vec<String> = (1..16).map(words).collect();
                    format!("The boats {} lie there.", words.join(" "))
                })
            }),
        ),
        (
            "titles",
            Box::new(|size| counted(size, |number| format!("A Bridge In The {number}th Winter"))),
        ),
        (
            "lines that wait for a player",
            Box::new(|size| {
                in_turn(
                    &[
                        "WATCH: A Town Argues".to_owned(),
                        "A Title".to_owned(),
                        "please wait".to_owned(),
                    ],
                    "\n",
                    size,
                )
            }),
        ),
        (
            "brackets",
            Box::new(|size| counted(size, |_| "(".repeat(400) + "RFE/RL's " + &")".repeat(400))),
        ),
        (
            "bullets, wide spaces and curly quotes",
            Box::new(|size| {
                counted(size, |number| {
                    format!("  •  “The\u{a0}\u{a0}boat’s”  –  {number}")
                })
            }),
        ),
        (
            "names that patterns begin with",
            Box::new(|size| {
                counted(size, |number| {
                    format!("Photo By Ulla Brandt Of The {number} Boats And Ulla Brandt")
                })
            }),
        ),
    ]
}

fn hostile() {
    let rules = Bundled::read();
    let mut generator = Generator::new();
    println!(
        "texts made against it, one document each, with the bundled rules; the highest time a byte beside that of the outlet's pages of 2 to 12 kB\n"
    );
    println!(
        "| text | MB | worst outlet | MB/s | time a byte / pages | 8 times the text: time a byte | in documents of 8 kB: time a byte | flagged | limit |"
    );
    println!("|---|---:|---|---:|---:|---:|---:|---|---|");
    let small = scaled(512 << 10);
    let cleaners: Vec<Arc<Cleaner>> = BUNDLED.iter().map(|id| bundled(id)).collect();
    let usual: Vec<Vec<String>> = cleaners
        .iter()
        .map(|cleaner| {
            let shell = SHELLS.iter().find(|shell| shell.outlet == cleaner.outlet());
            let shell = shell.expect("each has a shell");
            (0..scaled(400)).map(|_| generator.page(shell).0).collect()
        })
        .collect();
    let mut worst = (0.0, "", "");
    let mut print = |name: &'static str, texts: &[Vec<String>]| {
        let mut found: Option<(f64, usize, Vec<f64>)> = None;
        for (at, cleaner) in cleaners.iter().enumerate() {
            // Beside the pages: a machine's pace changes within a run.
            let all: Vec<&Vec<String>> = texts.iter().chain([&usual[at]]).collect();
            let times = race(&all, ROUNDS, |texts| clean(cleaner, texts));
            let costs = all.iter().zip(times);
            let mut costs: Vec<f64> = costs.map(|(texts, time)| cost(size(texts), time)).collect();
            let pages = costs.pop().expect("the pages are the last");
            let factor = costs.iter().copied().fold(0.0, f64::max) / pages;
            if found.as_ref().is_none_or(|(most, ..)| factor > *most) {
                found = Some((factor, at, costs));
            }
        }
        let (factor, at, costs) = found.expect("there are outlets");
        let flag = cleaners[at].clean(&texts[0][0]).flag;
        let flag = flag.map_or_else(String::new, |flag| flagged(&flag));
        let growth = |at: usize| match costs.get(at) {
            Some(cost) => format!("{:.2}", cost / costs[0]),
            None => String::new(),
        };
        println!(
            "| {name} | {:.1} | {} | {:.0} | {factor:.2} | {} | {} | {flag} | {} |",
            texts[0][0].len() as f64 / 1e6,
            BUNDLED[at],
            1e3 / costs[0],
            growth(1),
            growth(2),
            met(factor, 20.0)
        );
        if factor > worst.0 {
            worst = (factor, name, BUNDLED[at]);
        }
    };
    for (name, make) in made_against(&rules) {
        let texts = [
            vec![make(small)],
            vec![make(small * 8)],
            vec![make(8000); 32],
        ];
        print(name, &texts);
    }
    let long = lines_of(usize::MAX, scaled(64_000_000));
    print("one line of 64 MB", &[vec![long]]);
    let short = (0..scaled(1_000_000)).map(|number| format!("{}\n", number % 1000));
    print("a million short lines", &[vec![short.collect()]]);
    println!(
        "\nworst factor: {:.2}, {} ({})\n",
        worst.0, worst.1, worst.2
    );
}

/// Rules as costly as the limits allow, each with a text against it.
fn hostile_rules() {
    let rule = |kind: &str, keys: &str, removes: &str| {
        let file = format!(
            "outlet = \"made\"\nname = \"Made\"\nceiling = 1.0\n\n[[{kind}]]\nid = \"rule\"\ncategory = \"promo\"\n\
             note = \"Made.\"\n{keys}\nremoves = [{removes:?}]\nkeeps = [\"It was opened at noon, said 3.\"]\n"
        );
        made(file)
    };
    fn lines(line: &str, size: usize) -> String {
        format!("{line}\n").repeat(size / (line.len() + 1))
    }
    let words = |size: usize| lines("a b a c a b a d a e a f a g a h a i", size);
    let cases: Vec<(&str, Arc<Cleaner>, Text)> = vec![
        (
            "a pattern of many gaps",
            rule("line", "pattern = '.*a.*b.*c.*d.*e.*z'", "[-a b c d e z-]"),
            Box::new(words),
        ),
        (
            "a pattern of a counted class",
            rule(
                "line",
                r"pattern = '(?:[a-i] ?){10,200}z'",
                "[-a b c d e a b c d e z-]",
            ),
            Box::new(|size| lines(&"a ".repeat(150), size)),
        ),
        (
            "inline: many matches in a line",
            rule("inline", r"pattern = ' a (?<cut>b) a'", "It is a [-b-] a."),
            Box::new(|size| lines(&"a b a ".repeat(2000), size)),
        ),
        (
            "inline: nested brackets",
            rule("inline", r"pattern = '\(\)'", "He left.[-()-]"),
            Box::new(|size| lines(&("(".repeat(2000) + &")".repeat(2000)), size)),
        ),
        (
            "inline: one line of nested brackets",
            rule("inline", r"pattern = '\(\)'", "He left.[-()-]"),
            Box::new(|size| "(".repeat(size / 2) + &")".repeat(size / 2)),
        ),
        (
            "a block of titles that never ends",
            rule(
                "block",
                "lines = [{ title = true, repeat = 64 }, { title = true, repeat = 64, optional = true }, { text = \"The End Of It\" }]",
                "He left.\n[-A Boat\nThe End Of It-]",
            ),
            Box::new(|size| lines("A Boat", size)),
        ),
        (
            "a block of copies",
            rule(
                "block",
                "lines = [{ line = 200, repeat = 60 }, { same = 1 }, { text = \"The End Of It\" }]",
                "[-A boat lies in the snow.\nA boat lies in the snow.\nThe End Of It-]",
            ),
            Box::new(|size| {
                (0..size / 60)
                    .map(|number| {
                        format!("The boat {number} lies in the snow beside the mill of the town\n")
                    })
                    .collect()
            }),
        ),
        (
            "duplicates far apart",
            rule(
                "duplicate",
                "apart = 64\nalike = 0.7\nleast = 20\nmost = 1000",
                "The boats lie in the snow beside the mill.\n[-The boats lie in the snow beside the mill.-]",
            ),
            Box::new(|size| {
                let line = |number: usize| {
                    let words: Vec<String> = (1..40)
                        .map(|by| format!("w{}", (number + 1) * by % 9973))
                        .collect();
                    format!("The {} end.\n", words.join(" "))
                };
                (0..size / 210).map(line).collect()
            }),
        ),
        (
            "duplicates far apart, words in another order",
            rule(
                "duplicate",
                "apart = 64\nalike = 0.9\nleast = 20\nmost = 1000",
                "The boats lie in the snow beside the mill.\n[-The boats lie in the snow beside the mill.-]",
            ),
            Box::new(|size| {
                let line = |number: usize| {
                    let words: Vec<String> = (0..40)
                        .map(|at| format!("w{}", (number + at * 7) % 41))
                        .collect();
                    format!("The {} end.\n", words.join(" "))
                };
                (0..size / 160).map(line).collect()
            }),
        ),
        (
            "a zone that all lines fall into",
            rule(
                "line",
                "zone = { head = 1 }\npattern = 'Boat \\d+'",
                "[-Boat 12-]",
            ),
            Box::new(|size| {
                (0..size / 12)
                    .map(|number| format!("Boat {number}\n"))
                    .collect()
            }),
        ),
        (
            "a zone of ends that all lines fall into",
            rule(
                "line",
                "zone = { tail = 1 }\npattern = 'Boat \\d+'",
                "[-Boat 12-]",
            ),
            Box::new(|size| {
                (0..size / 12)
                    .map(|number| format!("Boat {number}\n"))
                    .collect()
            }),
        ),
    ];
    println!(
        "rules made against it, alone in their outlet; beside 100 literals on pages of 2 to 12 kB\n"
    );
    println!(
        "| rule | MB/s | time a byte / literals | 8 times the text: time a byte | flagged |\n|---|---:|---:|---:|---|"
    );
    let literals = made(rule_file("made", Kind::Literals, 100));
    let pages = pages_for(Kind::Literals, 100, scaled(4 << 20));
    let usual = cost(
        size(&pages),
        race(&[&pages], ROUNDS, |pages| clean(&literals, pages))[0],
    );
    let mut worst = (0.0, "");
    for (name, cleaner, text) in &cases {
        let texts = [1, 8].map(|times| [text(scaled(256 << 10) * times)]);
        let times = race(&texts, 3, |text| clean(cleaner, text));
        let [one, eight] = [0, 1].map(|at: usize| cost(texts[at][0].len(), times[at]));
        let flag = cleaner.clean(&texts[1][0]).flag;
        let flag = flag.map_or_else(String::new, |flag| flagged(&flag));
        let factor = one.max(eight) / usual;
        println!(
            "| {name} | {:.1} | {factor:.1} | {:.2} | {flag} |",
            1e3 / one,
            eight / one
        );
        if factor > worst.0 {
            worst = (factor, *name);
        }
    }
    println!("\nworst factor: {:.1}, {}\n", worst.0, worst.1);
}

fn growth() {
    println!("growth: time a byte of 1, 2, 4 and 8 times as much, beside that of 1\n");
    println!("| what grows | rules | 1 | 2 | 4 | 8 |\n|---|---|---:|---:|---:|---:|");
    let mut rules: Vec<(&str, Arc<Cleaner>)> =
        BUNDLED.iter().map(|id| (*id, bundled(id))).collect();
    rules.push((
        "1000 mixed",
        made(rule_file("made", Kind::Mixed, scaled(1000))),
    ));
    let unit = scaled(1 << 20);
    let times = [1, 2, 4, 8];
    type Grow = fn(usize) -> Vec<String>;
    let rows: [(&str, Grow); 4] = [
        ("a document of paragraphs", |size| {
            let mut text = String::new();
            Generator::new().prose(size, |_, paragraph| text += &(paragraph + "\n\n"));
            vec![text]
        }),
        ("short lines of a document", |size| {
            let lines = (0..size / 8).map(|number| format!("a {}\n", number % 99_991));
            vec![lines.collect()]
        }),
        ("pages joined to a document", |size| {
            vec![pages::pages(size).map(|page| page.text).collect()]
        }),
        ("documents", |size| {
            pages::pages(size).map(|page| page.text).collect()
        }),
    ];
    for (name, grow) in rows {
        let of = times.map(|times| grow(unit * times));
        for (id, cleaner) in &rules {
            let costs: Vec<f64> = race(&of, 3, |pages| clean(cleaner, pages))
                .into_iter()
                .zip(&of)
                .map(|(time, pages)| cost(size(pages), time))
                .collect();
            let ratios: Vec<String> = costs
                .iter()
                .map(|cost| format!("{:.2}", cost / costs[0]))
                .collect();
            println!("| {name} | {id} | {} |", ratios.join(" | "));
        }
    }
    println!();
}
