//! What the library alone takes for pages, beside which `benches/speed.py` puts Python.
//!
//! `library write MB FILE` writes generated pages as JSONL; `library time THREADS FILE` prints for how many seconds they are
//! cleaned, of five times the middle one.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use cleaner::Outlets;
use serde_json::Value;

#[path = "../../benches/pages.rs"]
mod pages;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, number, file] = &args[..] else {
        panic!("expected `write MB FILE` or `time THREADS FILE`");
    };
    let number: usize = number.parse().expect("a number");
    match what.as_str() {
        "write" => {
            let file = File::create(file).expect("a file that can be written");
            pages::lines(&mut pages::pages(number << 20), BufWriter::new(file));
        }
        _ => println!("{}", seconds(number, file)),
    }
}

/// Cleans each page, its outlet known by its address, into a text of its own.
fn seconds(threads: usize, file: &str) -> f64 {
    let file = BufReader::new(File::open(file).expect("a file that can be read"));
    let read = |line: std::io::Result<String>| -> (String, String) {
        let record: Value = serde_json::from_str(&line.unwrap()).expect("a record");
        let field = |name: &str| record[name].as_str().unwrap().to_owned();
        (field("text"), field("url"))
    };
    let pages: Vec<(String, String)> = file.lines().map(read).collect();
    let mut times: Vec<f64> = (0..5).map(|_| once(threads, &pages)).collect();
    times.sort_by(f64::total_cmp);
    times[2]
}

fn once(threads: usize, pages: &[(String, String)]) -> f64 {
    let outlets = Outlets::bundled();
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let clean = || {
        let mut texts = Vec::new();
        loop {
            let at = next.fetch_add(32, Ordering::Relaxed);
            if at >= pages.len() {
                return texts;
            }
            for (text, url) in &pages[at..pages.len().min(at + 32)] {
                let outlet = outlets.by_address(url).expect("an outlet's address");
                let cleaner = outlets.cleaner(&outlet.id).unwrap().unwrap();
                texts.push(cleaner.clean(text).text);
            }
        }
    };
    let cleaned: Vec<Vec<String>> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(clean)).collect();
        let mut all = vec![clean()];
        all.extend(others.into_iter().map(|other| other.join().unwrap()));
        all
    });
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(cleaned.iter().map(Vec::len).sum::<usize>(), pages.len());
    seconds
}
