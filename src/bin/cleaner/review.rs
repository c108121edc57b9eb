//! `cleaner suggest --review`: the proposals of a draft, one after the other, on a terminal.

use std::io::{self, BufRead, Write};
use std::process::Command;

use cleaner::{Draft, HunkLine, Outlets, Proposal};

use crate::console::{
    BOLD, CYAN, Console, DIM, Failure, GREEN, Paint, RED, one_line, printable, tell,
};

const KEYS: &str = "a accept   r reject   u use (take `disabled` out)   d diff of every page   e edit   \
A accept this and the rest   q quit, write nothing   ? help";

/// What a person decides.
enum Answer {
    Next,
    Reject,
    Rest,
    Quit,
}

/// A review, on standard error and standard input: standard output may be the draft's.
pub struct Review<'a> {
    pub outlet: &'a str,
    pub outlets: &'a Outlets,
    /// The pages, each with its name.
    pub pages: &'a [(String, String)],
    pub console: Console,
}

impl Review<'_> {
    /// Walks through the proposals and leaves those that were accepted; whether to write the draft.
    pub fn run(&self, draft: &mut Draft) -> Result<bool, Failure> {
        let paint = self.console.stderr();
        let proposals = std::mem::take(&mut draft.proposals);
        let count = proposals.len();
        let mut rest = false;
        for (at, mut proposal) in proposals.into_iter().enumerate() {
            let answer = match rest {
                true => Answer::Next,
                false => {
                    let heading = format!("{} of {count}: {}", at + 1, proposal.id);
                    tell(&format!("\n{}\n", paint.with(BOLD, heading)));
                    self.ask(&draft.head, &mut proposal, paint)?
                }
            };
            match answer {
                Answer::Next => draft.proposals.push(proposal),
                Answer::Reject => {}
                Answer::Rest => {
                    rest = true;
                    draft.proposals.push(proposal);
                }
                Answer::Quit => return Ok(false),
            }
        }
        Ok(true)
    }

    fn ask(&self, head: &str, proposal: &mut Proposal, paint: Paint) -> Result<Answer, Failure> {
        show(proposal, paint);
        loop {
            tell(&paint.with(CYAN, "a r u d e A q ? > "));
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line);
            if read.map_err(|error| Failure::Said(format!("standard input: {error}")))? == 0 {
                return Ok(Answer::Quit);
            }
            match line.trim() {
                "a" => return Ok(Answer::Next),
                "r" => return Ok(Answer::Reject),
                "A" => return Ok(Answer::Rest),
                "q" => return Ok(Answer::Quit),
                "d" => self.diff(head, &proposal.toml, paint)?,
                "u" => {
                    proposal.toml = used(&proposal.toml);
                    proposal.disabled = None;
                    show(proposal, paint);
                }
                "e" => match self.edited(head, &proposal.toml) {
                    Ok(toml) => {
                        proposal.toml = toml;
                        show(proposal, paint);
                    }
                    Err(what) => tell(&format!("{what}\nthe rule is as it was\n")),
                },
                _ => tell(&format!("{KEYS}\n")),
            }
        }
    }

    /// What the rule alone does to every page, also where it is disabled.
    fn diff(&self, head: &str, toml: &str, paint: Paint) -> Result<(), Failure> {
        let file = format!("{}\n{}", alone(head), used(toml));
        let outlets = self
            .outlets
            .and_file(&format!("{}.toml", self.outlet), &file)?;
        let Some(cleaner) = outlets.cleaner(self.outlet)? else {
            return Ok(());
        };
        let mut changed = 0;
        for (name, text) in self.pages {
            let cleaned = cleaner.clean(text);
            let hunks = cleaned.hunks(text, 2);
            if hunks.is_empty() {
                continue;
            }
            changed += 1;
            tell(&format!("{}\n", paint.with(BOLD, one_line(name))));
            for hunk in hunks {
                tell(&format!("{}\n", paint.with(CYAN, hunk.heading())));
                for line in &hunk.lines {
                    let (sign, content) = line.parts();
                    let content = format!("{sign}{}", printable(content.trim_end()));
                    tell(&match line {
                        HunkLine::Old(..) => format!("{}\n", paint.with(RED, content)),
                        HunkLine::New(..) => format!("{}\n", paint.with(GREEN, content)),
                        HunkLine::Context(..) => format!("{content}\n"),
                    });
                }
            }
        }
        tell(&format!("{changed} of {} pages change\n", self.pages.len()));
        Ok(())
    }

    /// The rule as somebody leaves it in an editor, if it passes the check.
    fn edited(&self, head: &str, toml: &str) -> Result<String, String> {
        let mut file = tempfile::Builder::new()
            .prefix("rule-")
            .suffix(".toml")
            .tempfile()
            .map_err(|error| error.to_string())?;
        file.write_all(toml.as_bytes())
            .and_then(|()| file.flush())
            .map_err(|error| error.to_string())?;
        let path = file.into_temp_path();
        let editor = ["VISUAL", "EDITOR"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|editor| !editor.trim().is_empty())
            .unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
        // An editor may be written with its arguments.
        let mut words = editor.split_whitespace();
        let status = Command::new(words.next().unwrap_or("vi"))
            .args(words)
            .arg(&path)
            .status()
            .map_err(|error| format!("{editor}: {error}"))?;
        if !status.success() {
            return Err(format!("{editor}: {status}"));
        }
        let toml = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let file = format!("{}\n{toml}", alone(head));
        let checked = self
            .outlets
            .and_file(&format!("{}.toml", self.outlet), &file);
        checked.map_err(|error| error.render(false))?;
        Ok(toml)
    }
}

fn show(proposal: &Proposal, paint: Paint) {
    for line in proposal.toml.lines() {
        let line = printable(line);
        let comment = line.starts_with('#');
        tell(&match comment {
            true => format!("{}\n", paint.with(DIM, line)),
            false => format!("{line}\n"),
        });
    }
}

/// The rule without its `disabled`.
fn used(toml: &str) -> String {
    match toml.lines().find(|line| line.starts_with("disabled = ")) {
        Some(line) => toml.replacen(&format!("{line}\n"), "", 1),
        None => toml.to_owned(),
    }
}

/// The head of a file in which a rule stands alone: families would show their own removals.
fn alone(head: &str) -> String {
    let lines = head.lines().filter(|line| !line.starts_with("extends = "));
    lines.flat_map(|line| [line, "\n"]).collect()
}
