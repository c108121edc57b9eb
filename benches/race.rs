//! Whole processes, run in turn: their times, their peak memory, and what they write.
#![allow(dead_code, reason = "each benchmark uses its part")]

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A command.
pub struct Run {
    pub name: String,
    pub command: Vec<String>,
    variables: Vec<(String, String)>,
    /// What it writes: gone before and after.
    output: Option<PathBuf>,
    /// Whether its standard output goes there.
    is_stdout: bool,
    /// No more rounds than this.
    most: usize,
    pub times: Vec<Duration>,
    /// Kilobytes.
    pub peak: Option<u64>,
    /// Bytes of its output.
    pub written: u64,
    pub is_there: bool,
}

impl Run {
    pub fn new(name: &str, command: &[&str]) -> Run {
        Run {
            name: name.to_owned(),
            command: command.iter().map(|&word| word.to_owned()).collect(),
            variables: Vec::new(),
            output: None,
            is_stdout: false,
            most: usize::MAX,
            times: Vec::new(),
            peak: None,
            written: 0,
            is_there: true,
        }
    }

    pub fn named(mut self, name: &str) -> Run {
        self.name = name.to_owned();
        self
    }

    /// It writes this file or folder.
    pub fn writing(mut self, output: &Path) -> Run {
        self.output = Some(output.to_owned());
        self
    }

    /// Its standard output is what it writes; else that is dropped.
    pub fn into_file(mut self) -> Run {
        self.is_stdout = true;
        self
    }

    pub fn with_variable(mut self, name: &str, value: &str) -> Run {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// It is slow: so many rounds are enough.
    pub fn at_most(mut self, rounds: usize) -> Run {
        self.most = rounds;
        self
    }

    /// It is left out if this command cannot be run, or fails.
    pub fn if_runs(mut self, command: &[&str]) -> Run {
        let status = Command::new(command[0])
            .args(&command[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        self.is_there &= status.is_ok_and(|status| status.success());
        self
    }

    pub fn median(&self) -> Option<Duration> {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }

    /// Runs it once.
    fn go(&mut self, is_watched: bool) {
        self.clear();
        let mut command = Command::new(&self.command[0]);
        command
            .args(&self.command[1..])
            .env_remove("CLEANER_RULES")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some(path) = self.output.as_ref().filter(|_| self.is_stdout) {
            command.stdout(File::create(path).expect("room for the output"));
        }
        let start = Instant::now();
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.is_there = false;
                self.clear();
                return;
            }
            Err(error) => panic!("{}: {error}", self.command[0]),
        };
        let status = if is_watched {
            let (status, peak) = watch(&mut child);
            self.peak = peak;
            status
        } else {
            let status = child.wait().expect("it ends");
            self.times.push(start.elapsed());
            status
        };
        assert!(status.success(), "{:?}: {status}", self.command);
        if let Some(output) = &self.output {
            self.written = written(output);
            assert!(self.written > 0, "{:?} has written nothing", self.command);
        }
        self.clear();
    }

    fn clear(&self) {
        if let Some(output) = &self.output {
            remove(output);
        }
    }
}

/// Runs all in turn, so many rounds. The first one, which is not timed, warms the caches up and
/// tells the peak memory.
pub fn race(runs: &mut [Run], rounds: usize) {
    for round in 0..=rounds {
        for run in runs.iter_mut() {
            if run.is_there && round <= run.most {
                run.go(round == 0);
            }
        }
    }
}

/// A folder in memory if so many megabytes have room there, so that no disk is measured.
pub fn memory(megabytes: usize) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let free = || -> Option<usize> {
        let told = Command::new("df").arg("-Pk").arg(&memory).output().ok()?;
        let told = String::from_utf8(told.stdout).ok()?;
        told.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
    };
    if free().is_some_and(|kilobytes| kilobytes / 1000 > megabytes) {
        memory
    } else {
        std::env::temp_dir()
    }
}

/// The size of a file, or of those in a folder.
fn written(path: &Path) -> u64 {
    if path.is_dir() {
        let files = std::fs::read_dir(path).expect("the output can be read");
        let sizes = files.map(|file| written(&file.expect("a file").path()));
        return sizes.sum();
    }
    path.metadata().map_or(0, |metadata| metadata.len())
}

fn remove(path: &Path) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).expect("the output can be removed");
    } else if path.exists() {
        std::fs::remove_file(path).expect("the output can be removed");
    }
}

/// Waits for a process, and tells its peak resident memory in kilobytes, where there is /proc.
fn watch(child: &mut Child) -> (ExitStatus, Option<u64>) {
    let path = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        let told = std::fs::read_to_string(&path).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kilobytes);
        if let Some(status) = child.try_wait().expect("it ends") {
            // It counts in units of 1024.
            return (status, peak.map(|peak: u64| peak * 1024 / 1000));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
