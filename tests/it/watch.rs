//! `--diff --watch`: what is shown again, and when it ends. How fast it is, no test measures.
#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::place::*;

/// A run that watches, and what it has written so far.
struct Watch {
    child: Child,
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
}

/// Gathers what comes out of a pipe.
fn gather(mut pipe: impl Read + Send + 'static) -> Arc<Mutex<Vec<u8>>> {
    let gathered = Arc::new(Mutex::new(Vec::new()));
    let shared = gathered.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            shared.lock().unwrap().extend_from_slice(&buffer[..read]);
        }
    });
    gathered
}

impl Watch {
    fn over(place: &Place, args: &[&str]) -> Watch {
        let mut command = place.command(BINARY, &[&["--diff", "--watch"], args].concat());
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = gather(child.stdout.take().unwrap());
        let err = gather(child.stderr.take().unwrap());
        Watch { child, out, err }
    }

    /// Waits for a round that ends with writing this and telling that.
    ///
    /// Rounds before it may have seen a file half written.
    #[track_caller]
    fn expect(&self, out: &str, err: &str) {
        let began = Instant::now();
        loop {
            let (mut wrote, mut told) = (self.out.lock().unwrap(), self.err.lock().unwrap());
            let shown = String::from_utf8_lossy(&told).into_owned();
            let is_over = shown.ends_with("watched for changes; Ctrl-C ends it\n");
            if is_over && shown.contains(err) && wrote.ends_with(out.as_bytes()) {
                wrote.clear();
                told.clear();
                return;
            }
            let is_late = began.elapsed() > Duration::from_secs(60);
            let so_far = String::from_utf8_lossy(&wrote).into_owned();
            drop((wrote, told));
            assert!(!is_late, "wrote:\n{so_far}\ntold:\n{shown}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn diff_is_shown_again_when_a_page_or_a_rule_file_changes() {
    let place = Place::with(&[("pages/page.txt", PAGE)]);
    let diff = DIFF.replace("page.txt", "pages/page.txt");
    let mut watch = Watch::over(&place, &["pages"]);
    let files = "cleaner: note: 2 files watched for changes; Ctrl-C ends it\n";
    watch.expect(&diff, files);
    // A page.
    place.put("pages/page.txt", "It rained.\nSample Media ©\n");
    let shorter = "--- a/pages/page.txt\n+++ b/pages/page.txt\n@@ -1,2 +1 @@ sample/copyright-line\n It rained.\n-Sample Media ©\n";
    watch.expect(shorter, files);
    // A rule file that is wrong, which does not end it, and right again.
    let rules = RULES.replace("category = \"legal\"", "category = \"leagl\"");
    place.put("rules/sample.toml", rules);
    watch.expect("", "unknown category");
    place.put("rules/sample.toml", RULES);
    watch.expect(shorter, files);
    // A page that is new, as editors put it there.
    place.put("new", PAGE);
    fs::rename(place.path("new"), place.path("pages/more.txt")).unwrap();
    let second = DIFF.replace("page.txt", "pages/more.txt");
    watch.expect(&format!("{second}{shorter}"), "3 files watched");
    // A page that goes.
    fs::remove_file(place.path("pages/page.txt")).unwrap();
    watch.expect(&second, files);
    interrupt(&watch.child, "INT");
    assert_eq!(watch.child.wait().unwrap().code(), Some(130));
}

#[test]
fn what_is_not_there_yet_is_waited_for() {
    let place = Place::new();
    let args = ["page.txt", "--rules", "mine", "--no-bundled"];
    let watch = Watch::over(&place, &args);
    watch.expect("", "mine");
    fs::create_dir(place.path("mine")).unwrap();
    place.put("mine/sample.toml", RULES);
    place.put("page.txt", PAGE);
    watch.expect(DIFF, "2 files watched");
}

#[test]
fn what_is_written_into_a_watched_folder_is_no_change() {
    let place = Place::with(&[("pages/page.txt", PAGE), ("list", "pages/page.txt\n")]);
    let out = fs::File::create(place.path("pages/diff.txt")).unwrap();
    let args = ["--diff", "--watch", "pages", "--file-list", "list"];
    let mut command = place.command(BINARY, &args);
    command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let err = gather(child.stderr.take().unwrap());
    let out = Arc::default();
    let watch = Watch { child, out, err };
    // The page, the list and the rule file.
    watch.expect("", "3 files watched");
    place.put("pages/page.txt", "It rained.\n");
    watch.expect("", "3 files watched");
    // Had its own output been a change, there would be rounds without end.
    std::thread::sleep(Duration::from_millis(300));
    let told = String::from_utf8_lossy(&watch.err.lock().unwrap()).into_owned();
    assert!(told.matches("watched").count() <= 2, "{told}");
}

#[test]
fn standard_input_is_not_watched() {
    let place = Place::new();
    let err = "cleaner: error: --watch needs the files or folders to watch; standard input is read once\n";
    check(place.run(&["--diff", "--watch"]), 2, "", err);
    check(place.run(&["--diff", "--watch", "-"]), 2, "", err);
    let run = place.run(&["--watch", "page.txt"]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
}

#[test]
fn nothing_but_the_diff_is_watched() {
    let place = Place::with(&[("page.txt", PAGE)]);
    let err = "cleaner: error: --watch shows the diff again and again, and nothing else: it goes with --diff\n";
    for args in [
        &["-i"][..],
        &["-o", "out"],
        &["--json"],
        &["--check"],
        &["--explain"],
    ] {
        let run = place.run(&[args, &["--watch", "page.txt"]].concat());
        check(run, 2, "", err);
        assert_eq!(place.read("page.txt"), PAGE);
        assert!(!place.path("out").exists());
    }
}
