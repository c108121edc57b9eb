//! The library on pages of ordinary size, on one core: how fast each outlet's pages are cleaned.
//!
//! `cargo bench --bench engine` prints the best of several rounds over generated pages, with the
//! outlet told by the page's host and by its signs. With names of outlets behind `--` only theirs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cleaner::{Categories, Outlets};

use pages::{Generator, SHELLS};

mod pages;

const PAGES: usize = 800;
const ROUNDS: usize = 9;
fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    println!(
        "| outlet | pages | kB a page | lines blank | bytes that go | MB/s | MB/s by signs | signs / cleaning |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let mut all = [Duration::ZERO; 2];
    let mut bytes = 0;
    for shell in SHELLS
        .iter()
        .filter(|shell| only.is_empty() || only.iter().any(|only| only == shell.outlet))
    {
        let mut generator = Generator::new();
        let pages: Vec<String> = (0..PAGES).map(|_| generator.page(shell).0).collect();
        let size: usize = pages.iter().map(String::len).sum();
        let known = |_: &str| {
            let outlet = Outlets::bundled().by_address(shell.host);
            outlet.map_or_else(String::new, |outlet| outlet.id.clone())
        };
        let by_signs = |page: &str| {
            let outlet = Outlets::bundled().by_signs(page);
            outlet.map_or_else(String::new, |outlet| outlet.id.clone())
        };
        let clean_known = || clean(&pages, known);
        let clean_by_signs = || clean(&pages, by_signs);
        let times = race([&clean_known, &clean_by_signs]);
        let left: usize = clean_known();
        let lines = pages.iter().flat_map(|page| page.lines());
        let blank = lines.clone().filter(|line| line.trim().is_empty()).count();
        let rate = |time: Duration| size as f64 / 1e6 / time.as_secs_f64();
        println!(
            "| {} | {} | {:.1} | {:.0} % | {:.0} % | {:.0} | {:.0} | {:.2} |",
            shell.outlet,
            pages.len(),
            size as f64 / 1e3 / pages.len() as f64,
            100.0 * blank as f64 / lines.count() as f64,
            100.0 * (size - left) as f64 / size as f64,
            rate(times[0]),
            rate(times[1]),
            times[1].as_secs_f64() / times[0].as_secs_f64() - 1.0,
        );
        bytes += size;
        all.iter_mut()
            .zip(times)
            .for_each(|(all, time)| *all += time);
    }
    let [known, by_signs] = all.map(|time| bytes as f64 / 1e6 / time.as_secs_f64());
    println!(
        "| all | | | | | {known:.0} | {by_signs:.0} | {:.2} |",
        known / by_signs - 1.0
    );
}

/// Cleans pages as a pipeline does, each alone; returns the bytes that are left.
fn clean(pages: &[String], outlet: impl Fn(&str) -> String) -> usize {
    let outlets = Outlets::bundled();
    let mut left = 0;
    for page in pages {
        let cleaner = outlets
            .cleaner(&outlet(page))
            .expect("bundled outlets are in order");
        let cleaned = cleaner.map(|cleaner| cleaner.clean_of(page, Categories::default()));
        left += black_box(cleaned).map_or(page.len(), |cleaned| cleaned.text.len());
    }
    left
}

/// The shortest time of each, run in turn.
fn race<const N: usize>(runs: [&dyn Fn() -> usize; N]) -> [Duration; N] {
    let mut best = [Duration::MAX; N];
    for round in 0..=ROUNDS {
        for (run, best) in runs.iter().zip(&mut best) {
            let start = Instant::now();
            black_box(run());
            // The first round compiles the rules.
            if round > 0 {
                *best = (*best).min(start.elapsed());
            }
        }
    }
    best
}
