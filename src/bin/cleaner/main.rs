//! The program: arguments, documents in and out, printing, exit codes.
//!
//! What boilerplate is, the library and the rule files know. Here is what a run makes of it:
//!
//! - [`clean`] makes the arguments into a run: which files ([`inputs`]), and where they are written
//!   ([`output`]);
//! - [`jobs`] reads them in pieces of whole records ([`formats`]);
//! - [`work`] cleans the documents of a piece, on all cores ([`pipeline`]), and renders what is to
//!   be seen of them ([`render`]);
//! - [`results`] takes what came of the pieces in their order, and is the only one that writes
//!   ([`listed`] beside the outputs), prints and counts; pages of text alone are written by the workers;
//! - [`watch`] does it all again when a file has changed, and [`report`] makes a file of it to look at.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod args;
mod clean;
mod console;
mod formats;
mod inputs;
mod jobs;
mod listed;
mod output;
mod pipeline;
mod progress;
mod render;
mod report;
mod restore;
mod results;
mod resume;
mod review;
mod rules;
mod snapshot;
mod suggest;
mod watch;
mod work;

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::CommandFactory;

use args::{Args, Command};
use console::{Console, Failure, tell};

/// Nothing to report.
const FINE: u8 = 0;
/// `--diff` or `--check` found something that would go, `rules check --strict` a warning.
const DIFFERENT: u8 = 1;
/// Something went wrong, with one document or with all of them.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        if console::panics_are_expected() {
            return;
        }
        tell(&format!(
            "cleaner: this is a bug of cleaner, please report it with the page: {panic}\n"
        ));
    }));
    let args = match Args::read() {
        Ok(args) => args,
        Err(told) => return told_instead(&told),
    };
    let console = Console::new(args.run.color, args.is_quiet());
    if args.command.is_some() || args.run.clean.watch {
        output::heed_signals();
    }
    let status = match catch_unwind(|| run(&args, console)) {
        Ok(Ok(status)) => status,
        // Whoever read our output has had enough of it.
        Ok(Err(Failure::ClosedPipe)) => FINE,
        Ok(Err(Failure::Said(what))) => {
            console.error("cleaner", what);
            ERROR
        }
        Ok(Err(Failure::Rules(error))) => {
            tell(&format!("{}\n", error.render(console.stderr().is_on())));
            ERROR
        }
        // The hook has said it.
        Err(_) => ERROR,
    };
    ExitCode::from(status)
}

/// Prints what is to be told instead of a run; returns the exit code.
fn told_instead(told: &clap::Error) -> ExitCode {
    match told.print().map_err(Failure::from) {
        Err(Failure::Said(what)) => {
            tell(&format!("cleaner: error: {what}\n"));
            ExitCode::from(ERROR)
        }
        _ => ExitCode::from(told.exit_code() as u8),
    }
}

fn run(args: &Args, console: Console) -> Result<u8, Failure> {
    if args.run.version {
        let outlets = rules::Source::of(&args.run.clean.shared.rules)?;
        let version = env!("CARGO_PKG_VERSION");
        console.print(&format!("cleaner {version} (rules {})\n", outlets.hash()))?;
        return Ok(FINE);
    }
    match &args.command {
        None if args.run.clean.watch => watch::run(&args.run.clean, console),
        None => clean::run(&args.run.clean, console),
        Some(Command::Rules { command }) => rules::run(command, console),
        Some(Command::Report(report)) => report::run(report, console),
        Some(Command::Snapshot(args)) => snapshot::run(args, console),
        Some(Command::Suggest(suggest)) => suggest::run(suggest, console),
        Some(Command::Restore(restore)) => restore::run(restore, console),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "cleaner", &mut script);
            console.print_bytes(&script)?;
            Ok(FINE)
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut page)?;
            console.print_bytes(&page)?;
            Ok(FINE)
        }
    }
}
