//! A folder with rule files in which the real binary is run.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
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

    /// Every file but the rules, and what is in it.
    pub fn files(&self) -> Vec<(String, String)> {
        fn walk(folder: &Path, root: &Path, files: &mut Vec<(String, String)>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, root, files);
                } else {
                    let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                    files.push((name.replace('\\', "/"), fs::read_to_string(&path).unwrap()));
                }
            }
        }
        let mut files = Vec::new();
        walk(self.0.path(), self.0.path(), &mut files);
        files.retain(|(name, _)| !name.starts_with("rules/"));
        files.sort();
        files
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

    /// Runs a line of shell with the program as `$CLEANER`.
    #[cfg(unix)]
    pub fn shell(&self, line: &str) -> Run {
        let mut command = self.command("sh", &["-c", line]);
        command.env("CLEANER", BINARY);
        finish(command, b"")
    }
}

pub fn finish(mut command: Command, input: &[u8]) -> Run {
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that does not read its input closes it; that is no failure of the test.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        status: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The path of the rule file, as the system writes it.
pub fn rule_file() -> String {
    format!("rules{}sample.toml", std::path::MAIN_SEPARATOR)
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
