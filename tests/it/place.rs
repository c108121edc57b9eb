//! A folder with rule files in which the real binary is run.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Child;
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_cleaner");

pub const RULES: &str = r#"outlet = "sample"
name = "The Sample"
domains = ["sample.example"]
signs = [{ part = "Sample Media ©" }, { part = "SAMPLE -- " }]

[[line]]
id = "copyright-line"
category = "legal"
note = "The publisher's mark, on every page."
text = "Sample Media ©"
removes = ["Sample Media ©"]
keeps = ["He works at Sample Media ©"]

[[line]]
id = "agency-credit"
category = "credit"
note = "Who supplied the material."
zone = { tail = 3 }
pattern = 'With reporting by (?<agencies>.+)'
removes = ["With reporting by AP"]
keeps = ["He came With reporting by AP"]

[[inline]]
id = "agency-mark"
category = "dateline"
note = "The agency's mark before the text."
pattern = '^\x{feff}?(?<cut>SAMPLE -- )'
removes = ["[-SAMPLE -- -]The school was opened."]
keeps = ["It was SAMPLE -- all of it"]

[[line]]
id = "footnote"
category = "promo"
note = "Lines that begin with a plus."
pattern = '\+ .+'
removes = ["+ Read more"]
keeps = ["Four + four"]
"#;

/// A page of The Sample with everything that its rules find.
pub const PAGE: &str =
    "SAMPLE -- The school was opened.\n\nNobody came.\n\nSample Media ©\n\nWith reporting by AP\n";
pub const CLEAN: &str = "The school was opened.\n\nNobody came.\n\nWith reporting by AP\n";
pub const DIFF: &str = "--- a/page.txt
+++ b/page.txt
@@ -1,7 +1,5 @@ sample/agency-mark, sample/copyright-line
-SAMPLE -- The school was opened.
+The school was opened.
 \n Nobody came.
 \n-Sample Media ©
-
 With reporting by AP
";

/// A page of no outlet.
pub const OTHER: &str = "The bridge was closed.\n\nIt rained.\n";

/// A page of The Sample of which no line would be left.
pub const EMPTIED: &str = "Sample Media ©\n";

/// A folder with rule files, in which the program is run.
pub struct Place(pub TempDir);

/// What a run of the program did.
#[derive(Debug, PartialEq)]
pub struct Run {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// What a run of the program did that need not write text.
#[derive(Debug, PartialEq)]
pub struct RawRun {
    pub status: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Place {
    pub fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        place.put("rules/sample.toml", RULES);
        place
    }

    /// A place with these files.
    pub fn with(files: &[(&str, &str)]) -> Place {
        let place = Place::new();
        for (path, content) in files {
            place.put(path, content);
        }
        place
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap()
    }

    /// The paths of all files but the rules, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        self.raw_files().into_iter().map(|(name, _)| name).collect()
    }

    /// As [`files`](Place::files), also of files that are no text.
    pub fn raw_files(&self) -> Vec<(String, Vec<u8>)> {
        fn walk(folder: &Path, root: &Path, files: &mut Vec<(String, Vec<u8>)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, files);
                } else {
                    let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                    files.push((name.replace('\\', "/"), fs::read(&path).unwrap()));
                }
            }
        }
        let mut files = Vec::new();
        walk(self.0.path(), self.0.path(), &mut files);
        files.retain(|(name, _)| !name.starts_with("rules/"));
        files.sort();
        files
    }

    /// Every file but the rules, and what is in it.
    pub fn files(&self) -> Vec<(String, String)> {
        let text = |(name, bytes)| (name, String::from_utf8(bytes).unwrap());
        self.raw_files().into_iter().map(text).collect()
    }

    pub fn command<S: AsRef<OsStr>>(&self, program: &str, args: &[S]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path());
        command.env("CLEANER_RULES", "rules");
        // Neither the developer's colours nor a repository around the folder may matter.
        command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR");
        command.env("GIT_CEILING_DIRECTORIES", self.0.path().parent().unwrap());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.run_on(args, "")
    }

    pub fn run_on(&self, args: &[&str], input: impl AsRef<[u8]>) -> Run {
        finish(self.command(BINARY, args), input.as_ref())
    }

    /// As [`run_on`](Place::run_on), also if it does not write text.
    pub fn run_raw(&self, args: &[&str], input: impl AsRef<[u8]>) -> RawRun {
        finish_raw(self.command(BINARY, args), input.as_ref())
    }

    /// Runs a line of shell with the program as `$CLEANER`.
    #[cfg(unix)]
    pub fn shell(&self, line: &str) -> Run {
        let mut command = self.command("sh", &["-c", line]);
        command.env("CLEANER", BINARY);
        finish(command, b"")
    }
}

pub fn finish(command: Command, input: &[u8]) -> Run {
    let RawRun { status, out, err } = finish_raw(command, input);
    let out = String::from_utf8(out).unwrap();
    Run { status, out, err }
}

pub fn finish_raw(mut command: Command, input: &[u8]) -> RawRun {
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that does not read its input closes it; that is no failure of the test.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    RawRun {
        status: output.status.code().expect("an exit code"),
        out: output.stdout,
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Sends a signal, by its name.
#[cfg(unix)]
pub fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-s", name, &id]).status();
    assert!(status.unwrap().success());
}

/// The same to a program that ends of it. One that is started where signals are ignored, by `nohup` or
/// behind `&` in a script, keeps to that, and a test would wait for it without end.
#[cfg(unix)]
#[track_caller]
pub fn interrupt(child: &Child, name: &str) {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.map_or(0, |bits| u64::from_str_radix(bits.trim(), 16).unwrap());
    let number = [("HUP", 1), ("INT", 2), ("TERM", 15)];
    let number = number.iter().find(|known| known.0 == name).unwrap().1;
    assert!(
        ignored >> (number - 1) & 1 == 0,
        "SIG{name} is ignored here: start the tests from a shell that does not ignore it"
    );
    signal(child, name);
}

/// The path of the rule file, as the system writes it.
pub fn rule_file() -> String {
    format!("rules{}sample.toml", std::path::MAIN_SEPARATOR)
}

/// What is told with the system's own separators in paths.
pub fn on_system(told: &str) -> String {
    told.replace('/', std::path::MAIN_SEPARATOR_STR)
}

#[track_caller]
pub fn check(run: Run, status: i32, out: &str, err: &str) {
    let wanted = Run {
        status,
        out: out.to_owned(),
        err: err.to_owned(),
    };
    assert!(run == wanted, "it did   {run:#?}\nwanted   {wanted:#?}");
}

#[track_caller]
pub fn check_raw(run: RawRun, status: i32, out: &[u8], err: &str) {
    assert_eq!((run.status, run.err.as_str()), (status, err));
    same(&run.out, out);
}

/// That bytes are the same; what is shown if they are not is short.
#[track_caller]
pub fn same(found: &[u8], wanted: &[u8]) {
    if found == wanted {
        return;
    }
    let equal = found.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    let part = |bytes: &[u8]| {
        let from = equal.saturating_sub(40).min(bytes.len());
        bytes[from..bytes.len().min(equal + 200)]
            .escape_ascii()
            .to_string()
    };
    let (found_len, wanted_len) = (found.len(), wanted.len());
    let (found, wanted) = (part(found), part(wanted));
    panic!(
        "they differ at byte {equal}\nfound  {found_len}: {found}\nwanted {wanted_len}: {wanted}"
    );
}

/// One gzip member.
pub fn gz(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// What all members of a gzip file hold; there is nothing behind them.
#[track_caller]
pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    members(bytes).concat()
}

/// What each member of a gzip file holds; there is nothing behind them.
#[track_caller]
pub fn members(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut members = Vec::new();
    while !bytes.is_empty() {
        let mut member = Vec::new();
        let mut decoder = flate2::bufread::GzDecoder::new(bytes);
        decoder.read_to_end(&mut member).unwrap();
        members.push(member);
        bytes = decoder.into_inner();
    }
    members
}

/// One Zstandard frame.
pub fn zst(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    zstd::encode_all(bytes.as_ref(), 3).unwrap()
}

#[track_caller]
pub fn unzst(bytes: &[u8]) -> Vec<u8> {
    zstd::decode_all(bytes).unwrap()
}

/// The text as a JSON string.
pub fn json_string(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A line of JSONL with a text.
pub fn record(text: &str) -> String {
    format!("{{\"text\":{}}}\n", json_string(text))
}

/// A record of a WET file; its digests are left out.
pub fn wet_record(kind: &str, url: &str, text: &str) -> String {
    let length = text.len();
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n"
    )
}
