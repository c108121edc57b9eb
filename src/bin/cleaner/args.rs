//! The arguments, and the help that explains them.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use clap::builder::{
    NonEmptyStringValueParser, PathBufValueParser, PossibleValue, PossibleValuesParser,
    TypedValueParser,
};
use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, Parser, Subcommand, ValueEnum};
use cleaner::{Category, Lint};

use crate::formats::{Compression, Format};

const READ: &str = "What is read";
const FROM: &str = "Who the page is from";
const TO: &str = "Where the cleaned text goes";
const SHOW: &str = "What is shown instead of the text";
const WHAT: &str = "What goes";
const RUN: &str = "About the run";

const SHORT_ABOUT: &str = "Takes the boilerplate out of the text of news pages";

const LONG_ABOUT: &str = "\
Takes the boilerplate out of the text of news pages: navigation, what media players leave, legal
notices, captions printed twice, log-in forms, promo boxes.

It reads text as an extractor left it (not HTML) and writes the same text without the boilerplate:
plain text, JSONL, WET and Parquet, also compressed, and writes what it read: a JSONL file with
cleaned texts is a JSONL file, all else in it byte for byte. What boilerplate is, rule files say,
one for each outlet; `cleaner rules list` shows the outlets. A page whose outlet is not known passes
unchanged. Nothing but boilerplate and the blank lines around it is touched.";

const EXAMPLES: &str = "\
Examples:
  Clean one page; the outlet is known by the page's address:
      cleaner --url https://www.rferl.org/a/28424158.html page.txt > clean.txt

  See what would go, and by which rules, before anything is written:
      cleaner --diff pages/

  Clean a folder into another one, with a table of what went:
      cleaner --stats -o clean/ pages/

  Clean a corpus of JSONL files on all cores; the same command goes on after an interruption:
      cleaner --resume -o clean/ corpus/

  Clean records on their way:
      zstd -dc corpus.jsonl.zst | cleaner | next-step

Exit codes:
  0    nothing to report
  1    --diff or --check found something that would go, `rules check --strict` a warning
  2    an error; other files are still processed
  130  interrupted; no half file is left";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "cleaner",
    about = SHORT_ABOUT,
    long_about = LONG_ABOUT,
    after_help = "`--help` says more, with examples.",
    after_long_help = EXAMPLES,
    version,
    // Ours prints the hash of the rules too.
    disable_version_flag = true,
    args_conflicts_with_subcommands = true,
    subcommand_precedence_over_arg = true,
    max_term_width = 100
)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub run: Run,
}

/// The command line without a command.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true)]
pub struct Run {
    #[command(flatten)]
    pub clean: Clean,

    /// When to use colour
    ///
    /// `auto`: on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = RUN)]
    pub color: Color,

    /// Print the version, with the hash that names the rule set
    #[arg(short = 'V', long, help_heading = RUN)]
    pub version: bool,
}

/// The arguments of cleaning.
#[derive(Debug, clap::Args)]
pub struct Clean {
    /// Files and folders to clean; none, or `-`, is standard input
    ///
    /// Of a folder all files below it that are not hidden and whose names tell their format, in the
    /// order of their names: *.txt, *.jsonl, *.ndjson, *.wet, *.warc and *.parquet, also with .gz or
    /// .zst behind, and *.json.gz, *.json.zst. A path named like a command is written with its
    /// folder, as ./rules.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// A file that lists files to clean, one a line; `-` is standard input
    #[arg(long, value_name = "FILE", help_heading = READ)]
    pub file_list: Option<PathBuf>,

    /// The names in --file-list end with a NUL, as `find -print0` writes them
    #[arg(short = '0', long, requires = "file_list", help_heading = READ)]
    pub null: bool,

    #[command(flatten)]
    pub shared: Shared,

    /// A record without a text is an error
    ///
    /// Without it a record whose text is missing or null passes unchanged, and is counted.
    #[arg(long, help_heading = READ)]
    pub require_text: bool,

    /// The longest record, or page of text, that is read: bytes, or with K, M or G behind
    ///
    /// A file of text or JSONL with a longer one fails, whatever --on-error says.
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = size, help_heading = READ)]
    pub max_record: usize,

    /// What to do with a record that cannot be read
    ///
    /// `fail`: nothing is written for the file that it is in (to standard output: nothing more); the
    /// other files are still processed.
    /// `keep`: the record is written as it is. `reject=FILE`: the record goes to that file as it
    /// is, and not to the output; `reject=FOLDER/`: to a file for each input, `rejected-NAME`.
    /// Records that were kept or rejected are counted, and told of.
    #[arg(long, value_name = "HOW", default_value = "fail", value_parser = on_error, help_heading = READ)]
    pub on_error: OnError,

    /// The name of standard input in messages, diffs and --json
    #[arg(long, value_name = "NAME", help_heading = FROM)]
    pub stdin_filename: Option<String>,

    /// Write to a file; for several files, or a folder, to a folder
    ///
    /// The tree below a folder is kept. Every file is written, also one that did not change, in
    /// its own format, compressed as its name says. A file appears whole or not at all. `-` is
    /// standard output.
    #[arg(short, long, value_name = "PATH", help_heading = TO, conflicts_with = "in_place")]
    pub output: Option<PathBuf>,

    /// Whether it was named `-`.
    #[arg(skip)]
    pub to_stdout: bool,

    /// Rewrite the files themselves; those that do not change are not touched
    #[arg(short, long, help_heading = TO)]
    pub in_place: bool,

    /// Say what --output or --in-place would write, and write nothing
    #[arg(long, help_heading = TO)]
    pub dry_run: bool,

    /// Write another format: the documents of WET files as JSONL
    ///
    /// Their records have id, url, date, language and text.
    #[arg(long, value_name = "FORMAT", value_parser = ["jsonl"], help_heading = TO, conflicts_with_all = ["in_place", "removed"])]
    pub to: Option<String>,

    /// How the output is compressed, where its name is not to say it
    #[arg(long, value_name = "HOW", help_heading = TO, conflicts_with = "in_place")]
    pub compress: Option<Compression>,

    /// Add the fields that rules read to JSONL records, as an object under this key
    #[arg(long, value_name = "KEY", value_parser = NonEmptyStringValueParser::new(), help_heading = TO)]
    pub add_fields: Option<String>,

    /// Change nothing; write what would go as Dolma attributes of this name
    ///
    /// For JSONL. Beside documents/x.jsonl.gz it is attributes/NAME/x.jsonl.gz, or what --output
    /// says: for each record a line with its id, the parts that would go as NAME__removed, and as
    /// NAME__ and the category those of each category: [start, end, 1.0] in characters (Unicode code
    /// points), half-open, in order and disjoint.
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "cleaner",
        value_parser = folder_name,
        help_heading = TO,
        conflicts_with_all = ["in_place", "add_fields", "removed", "to"]
    )]
    pub annotate: Option<String>,

    /// Write what went, a JSON object for each document that changed
    ///
    /// To a file, compressed as its name says; or, where it is a folder or ends with a slash, to a
    /// file in it for each input, as --in-place needs it. With the cleaned files `cleaner restore`
    /// makes the input of it again.
    #[arg(long, value_name = "PATH", value_parser = PathBufValueParser::new().try_map(file), help_heading = TO)]
    pub removed: Option<PathBuf>,

    /// Leave out files that an earlier run of the same command has done
    ///
    /// Give it from the first run on: it lists what is done in .cleaner-manifest in the output
    /// folder. A file is done again if it, the rules, the options or the program have changed.
    /// --stats counts what this run has done.
    #[arg(long, requires = "output", help_heading = TO)]
    pub resume: bool,

    /// What would go, as a unified diff whose hunks name the rules
    ///
    /// On a terminal in colour, with the rule behind every line that goes. Into a pipe or a file
    /// it is a patch that `patch -p1` and `git apply` take.
    #[arg(long, help_heading = SHOW, group = "show", conflicts_with_all = ["output", "in_place"])]
    pub diff: bool,

    /// Show the diff again whenever a page or a rule file of --rules changes; Ctrl-C ends it
    ///
    /// On a terminal the screen is cleared before. What is wrong with a rule file is shown in place
    /// of the diff.
    #[arg(long, requires = "diff", help_heading = SHOW)]
    pub watch: bool,

    /// The names of the pages that would change, one a line
    #[arg(long, help_heading = SHOW, group = "show", conflicts_with_all = ["output", "in_place"])]
    pub check: bool,

    /// One JSON object for each page, one a line: its outlet, what went, the cleaned text
    ///
    /// `cleaner restore` makes original pages of text of it again; for files of records it is
    /// --removed that keeps what makes them again.
    #[arg(long, help_heading = SHOW, group = "show", conflicts_with_all = ["output", "in_place"])]
    pub json: bool,

    /// What the places in --json and --removed count: bytes, or characters (Unicode code points)
    #[arg(long, value_name = "UNIT", default_value = "bytes", help_heading = SHOW)]
    pub spans: Spans,

    /// The diffs of so many documents, drawn at random from those that change
    #[arg(long, value_name = "N", help_heading = SHOW, group = "show")]
    pub sample: Option<usize>,

    /// Draw another sample: the same number draws the same documents
    #[arg(long, value_name = "NUMBER", default_value_t = 0, help_heading = SHOW)]
    pub seed: u64,

    /// Every line of the page, with the rule that takes it, or the nearest that misses it and why
    #[arg(long, help_heading = SHOW, group = "show", conflicts_with_all = ["output", "in_place"])]
    pub explain: bool,

    /// A table of what went, by outlet, category and rule; `--stats=json` for programs
    ///
    /// On standard output if nothing else goes there, else on standard error. With several pages
    /// and nothing else asked for, the table is all that is shown.
    #[arg(
        long,
        value_name = "FORM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "table",
        help_heading = RUN
    )]
    pub stats: Option<Stats>,

    /// Work on so many threads; 0: one for each core
    ///
    /// The output is the same for any number.
    #[arg(
        short = 'j',
        long,
        value_name = "N",
        default_value_t = 0,
        value_parser = clap::value_parser!(u16).range(..=1024),
        help_heading = RUN
    )]
    pub threads: u16,

    /// No notes and no progress bar; errors are told all the same
    #[arg(short, long, help_heading = RUN)]
    pub quiet: bool,

    /// Exit with 2 if a page was flagged, its outlet undecided, or a record kept, rejected
    /// or without a text
    ///
    /// A page is flagged, and left as it is, where the rules would empty it or take a share of it
    /// that cannot be right.
    #[arg(long, help_heading = RUN)]
    pub strict: bool,
}

/// The arguments of everything that goes over pages: how they are read, whose they are, and what goes.
#[derive(Clone, Debug, clap::Args)]
pub struct Shared {
    /// The format of the input
    ///
    /// Without it the name tells, and where it does not the first bytes: a text that begins with
    /// `{"` is JSONL. Whether the input is compressed its first bytes tell.
    #[arg(long, value_name = "FORMAT", help_heading = READ)]
    pub format: Option<Format>,

    /// Links in folders are followed; without it they are left out, and counted
    ///
    /// What is named itself is always followed. With --in-place the file that a link leads to is rewritten.
    #[arg(short = 'L', long, help_heading = READ)]
    pub follow: bool,

    /// The field or column with the text; a dotted path goes into objects
    #[arg(long, value_name = "FIELD", default_value = "text", value_parser = field, help_heading = READ)]
    pub text_field: String,

    /// The field or column with the page's address, or its host; may be given several times
    ///
    /// Without it the first that a record has of: url, metadata.url, metadata.WARC-Target-URI,
    /// WARC-Target-URI, warc_target_uri, requested_url, responded_url, source_url, metadata.source_url,
    /// domain, metadata.domain.
    #[arg(long, value_name = "FIELD", help_heading = READ, value_parser = field)]
    pub url_field: Vec<String>,

    /// The field or column with the outlet's id; may be given several times
    ///
    /// Without it the first that a record has of: outlet, metadata.outlet. What is no outlet's id
    /// tells nothing.
    #[arg(long, value_name = "FIELD", help_heading = READ, value_parser = field)]
    pub outlet_field: Vec<String>,

    /// The outlet, by its id in `cleaner rules list`
    ///
    /// Without it the record's outlet or address decides, or --url, and without those the page's own
    /// text. A page that stays undecided passes unchanged, and is counted.
    #[arg(short = 'O', long, value_name = "ID", help_heading = FROM)]
    pub outlet: Option<String>,

    /// The page's address, or its host: tells the outlet
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new(), help_heading = FROM)]
    pub url: Option<String>,

    /// A folder named as an outlet's id tells the outlet of the pages in it, as in herald/1.txt
    ///
    /// Of several the innermost. What a record says of its outlet comes before it, addresses and signs
    /// behind it.
    #[arg(long, help_heading = FROM)]
    pub by_folder: bool,

    #[command(flatten)]
    pub rules: RulesFolder,

    /// Boilerplate of this category stays; may be given several times, or as a list a,b
    #[arg(
        long,
        value_name = "CATEGORY",
        value_delimiter = ',',
        action = ArgAction::Append,
        value_parser = category(),
        help_heading = WHAT
    )]
    pub keep: Vec<Category>,

    /// Boilerplate of this category goes too: `credit` is the one that stays unless asked for
    #[arg(
        long,
        value_name = "CATEGORY",
        value_delimiter = ',',
        action = ArgAction::Append,
        value_parser = category(),
        hide_possible_values = true,
        help_heading = WHAT
    )]
    pub also: Vec<Category>,
}

/// Where rule files are besides the bundled ones.
#[derive(Clone, Debug, clap::Args)]
pub struct RulesFolder {
    /// A folder of rule files besides the bundled ones; one of the same id replaces a bundled one
    ///
    /// Without it, the folder that the environment variable CLEANER_RULES names.
    #[arg(id = "rules_folder", long = "rules", value_name = "DIR", help_heading = FROM)]
    named: Option<PathBuf>,

    /// Only the rule files of --rules, none of the bundled ones
    #[arg(long, help_heading = FROM)]
    no_bundled: bool,
}

impl RulesFolder {
    pub fn folder(&self) -> Option<PathBuf> {
        self.named.clone().or_else(rules_of_environment)
    }

    /// Whether the bundled rule files are left out.
    pub fn is_alone(&self) -> bool {
        self.no_bundled
    }
}

/// The folder that CLEANER_RULES names; set to nothing it names none.
pub fn rules_of_environment() -> Option<PathBuf> {
    let folder = std::env::var_os("CLEANER_RULES")?;
    (!folder.is_empty()).then(|| PathBuf::from(folder))
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// What places in a text count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spans {
    Bytes,
    Chars,
}

/// The form of `--stats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stats {
    Table,
    Json,
}

/// The names of the commands.
const COMMANDS: &[&str] = &[
    "rules",
    "report",
    "snapshot",
    "suggest",
    "restore",
    "completions",
    "man",
    "help",
];

impl Args {
    /// Reads the command line.
    ///
    /// # Errors
    /// What to print instead of a run: what is wrong with the arguments, or the help asked for.
    pub fn read() -> Result<Args, clap::Error> {
        let mut args = Args::parsed()?;
        let is_stdout = |path: &mut PathBuf| path == Path::new("-");
        let clean = &mut args.run.clean;
        clean.to_stdout = clean.output.as_mut().is_some_and(is_stdout);
        let output = match &mut args.command {
            None => &mut args.run.clean.output,
            Some(Command::Report(report)) => &mut report.output,
            Some(Command::Suggest(suggest)) => &mut suggest.output,
            Some(Command::Restore(restore)) => &mut restore.output,
            Some(Command::Rules {
                command: RulesCommand::New { output, .. },
            }) => output,
            Some(_) => return Ok(args),
        };
        // Without an output all of them write to standard output.
        output.take_if(is_stdout);
        Ok(args)
    }

    fn parsed() -> Result<Args, clap::Error> {
        let is_command = |word: OsString| COMMANDS.iter().any(|&command| word == command);
        // Where none is named the commands are not made: that takes as long as all else here.
        if !std::env::args_os().skip(1).any(is_command)
            && let Ok(run) = Run::try_parse()
        {
            return Ok(Args { command: None, run });
        }
        let args = Args::try_parse()?;
        match args.late_command() {
            Some(name) => {
                let what = format!(
                    "there is no file `{name}`; as a command it comes first: cleaner {name} …"
                );
                Err(Args::command().error(ErrorKind::ArgumentConflict, what))
            }
            None => Ok(args),
        }
    }

    /// The command that is read as a page, for it stands behind options, if there is no such file.
    fn late_command(&self) -> Option<&'static str> {
        let first = self.run.clean.paths.first()?;
        let mut names = COMMANDS.iter().copied();
        names.find(|&name| self.command.is_none() && first == Path::new(name) && !first.exists())
    }

    /// Whether notes are left out.
    pub fn is_quiet(&self) -> bool {
        let pages = match &self.command {
            Some(Command::Report(report)) => &report.pages,
            Some(Command::Snapshot(snapshot)) => &snapshot.pages,
            Some(Command::Rules {
                command: RulesCommand::Coverage { pages, .. },
            }) => pages,
            _ => return self.run.clean.quiet,
        };
        pages.quiet
    }
}

/// What the program does besides cleaning.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows and checks the rules
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Writes one HTML file that shows pages, what goes of them and which rules say so
    ///
    /// It needs no network, and no script to be read: the script in it filters the pages by outlet,
    /// category and rule, and puts those first of which most goes.
    Report(Box<Report>),
    /// Writes what becomes of each page to a file of its own, for review, or compares with what was reviewed
    ///
    /// Keep the files beside the rules, under version control: what a change of the rules does to the
    /// pages is then the difference of these files. With --check nothing is written. Exit codes: 0
    /// written, or nothing differs; 1 --check found a difference; 2 an error.
    Snapshot(Box<Snapshot>),
    /// Drafts the rule file of an outlet from a few of its pages
    Suggest(Suggest),
    /// Makes the original pages or files again from what --json or --removed wrote
    Restore(Restore),
    /// Prints the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page, for man(1)
    Man,
}

/// What `cleaner rules` does.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// The outlets and families, with their domains
    List {
        #[command(flatten)]
        rules: RulesFolder,
        /// One JSON object for each, one a line
        #[arg(long)]
        json: bool,
    },
    /// The rules of an outlet or a family, or one rule with what its file says
    Show {
        /// The id of an outlet, a family or a rule, such as rferl or pangea/media-player
        id: String,
        #[command(flatten)]
        rules: RulesFolder,
        /// The rule file itself, to be copied for instance
        #[arg(long)]
        toml: bool,
    },
    /// Reads rule files, runs their examples, and warns of what may be wrong all the same
    ///
    /// A warning names a lint, which `cleaner rules explain` explains; a rule file allows one with
    /// `allow = [{ lint = "…", reason = "…" }]`. Exit codes: 0 fine, also with warnings; 1 warnings
    /// under --strict; 2 an error.
    Check {
        /// Folders of rule files, or some of their files: the others of a folder are read too, since those
        /// may build on them, but warnings are told of these alone. Without any, or CLEANER_RULES, the bundled
        /// ones
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// A warning makes the exit code 1
        #[arg(long)]
        strict: bool,
        /// The bundled rule files are not there: nothing extends them, and no domain is theirs
        #[arg(long)]
        no_bundled: bool,
        /// How errors and warnings are written
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: FindingFormat,
    },
    /// Writes a commented rule file to start from
    ///
    /// It is in order as it stands; its example rules do not run. Nothing is ever written over.
    New {
        /// The id of the outlet, and the name of the file: small letters, digits, single hyphens
        #[arg(value_name = "ID")]
        id: String,
        /// The outlet's name for people; without it, the id
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// A host of the outlet; may be given several times
        #[arg(long, value_name = "HOST")]
        domain: Vec<String>,
        /// The folder for ID.toml, or that file; without it, standard output
        #[arg(short, long, value_name = "PATH", conflicts_with = "collection")]
        output: Option<PathBuf>,
        /// Write a collection of rules into this new folder: rules, pages and snapshots, with a test
        ///
        /// A package of Rust whose test cleans every page and compares it with its reviewed
        /// snapshot. Its first page and rules are examples, and run.
        #[arg(long, value_name = "DIR")]
        collection: Option<PathBuf>,
    },
    /// What a lint of `cleaner rules check` looks for, and what to do about it
    Explain {
        /// The name of the lint; without it, all of them in a line each
        #[arg(value_name = "LINT", value_parser = lint(), hide_possible_values = true)]
        lint: Option<Lint>,
    },
    /// What the rules hit on these pages, by outlet and month, and what is unusual about it
    ///
    /// Hits of each rule; dead rules, which found nothing on any page of an outlet that has them;
    /// exploding ones, which take at least half of a page, or ten parts of it, and far more than
    /// they usually do; and the share of the text that goes of each page, with the pages far off
    /// the others of their outlet. The month is that of the fields `published` or `crawled`, where
    /// rules read them.
    Coverage {
        #[command(flatten)]
        pages: Box<Pages>,
        /// One JSON object instead of the tables
        #[arg(long)]
        json: bool,
    },
    /// Prints the JSON Schema of rule files, for editors
    Schema,
}

/// The pages that are looked at and not written, and the rules that they are looked at with.
///
/// The arguments mean what they mean where pages are cleaned.
#[derive(Debug, clap::Args)]
pub struct Pages {
    /// Files and folders of pages; none, or `-`, is standard input
    #[arg(value_name = "PAGES")]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub shared: Shared,

    /// What to do with a record that cannot be read: `fail` or `keep`, which goes on behind it
    #[arg(long, value_name = "HOW", default_value = "fail", value_parser = go_on, help_heading = READ)]
    pub on_error: OnError,

    /// Work on so many threads; 0: one for each core
    #[arg(
        short = 'j',
        long,
        value_name = "N",
        default_value_t = 0,
        value_parser = clap::value_parser!(u16).range(..=1024),
        help_heading = RUN
    )]
    pub threads: u16,

    /// No notes and no progress bar; errors are told all the same
    #[arg(short, long, help_heading = RUN)]
    pub quiet: bool,
}

impl Pages {
    /// The run that reads them; in all else it is as a run without options.
    pub fn run(&self) -> Clean {
        Clean {
            paths: self.paths.clone(),
            shared: self.shared.clone(),
            on_error: self.on_error.clone(),
            threads: self.threads,
            quiet: self.quiet,
            ..Run::parse_from(["cleaner"]).clean
        }
    }
}

/// The arguments of `cleaner report`.
#[derive(Debug, clap::Args)]
pub struct Report {
    #[command(flatten)]
    pub pages: Pages,

    /// The file to write; without it, or with `-`, standard output
    #[arg(short, long, value_name = "FILE", help_heading = TO)]
    pub output: Option<PathBuf>,

    /// Show only pages whose result differs from that of the rules in this folder, old beside new
    ///
    /// The old rules are those of this folder as the new ones are those of --rules: besides the
    /// bundled ones, or with --no-bundled alone.
    #[arg(long, value_name = "DIR", help_heading = FROM)]
    pub against: Option<PathBuf>,

    /// Show at most so many pages, the first ones; all are counted
    #[arg(long, value_name = "N", default_value = "2000", value_parser = at_least_one, help_heading = SHOW)]
    pub most: usize,
}

/// The arguments of `cleaner snapshot`.
#[derive(Debug, clap::Args)]
pub struct Snapshot {
    #[command(flatten)]
    pub pages: Pages,

    /// The folder of the snapshots: that of pages/herald/1.txt is DIR/herald/1.txt.snap, if `pages` is named
    #[arg(short, long, value_name = "DIR", help_heading = TO)]
    pub output: PathBuf,

    /// Write nothing: show how the snapshots differ, which are missing, and which are of no page
    #[arg(long, help_heading = TO)]
    pub check: bool,
}

/// The arguments of `cleaner suggest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Three pages are enough to be useful, thirty to be good: of different stories, days and sections.
Read every rule of the draft; `cleaner rules check` and `cleaner --rules DIR --diff PAGES` go on.")]
pub struct Suggest {
    /// The id of the outlet: small letters, digits and single hyphens
    #[arg(short = 'O', long, value_name = "ID")]
    pub outlet: String,

    /// A host of the outlet; may be given several times
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,

    /// The outlet's name for people
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Pages of the outlet: files and folders, as for cleaning; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    /// The format of the input, where neither name nor first bytes tell it
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// The field or column with the text
    #[arg(long, value_name = "FIELD", default_value = "text", value_parser = field)]
    pub text_field: String,

    /// The file ID.toml that the draft goes to, whole or not at all, or its folder; else standard output
    ///
    /// A folder that is not there yet is named with a slash behind it.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub rules: RulesFolder,

    /// Walk through the proposals on the terminal before anything is written
    ///
    /// Each can be accepted, rejected, edited in $VISUAL or $EDITOR, and its diff of every page be
    /// looked at. It is shown on standard error, and answered on standard input.
    #[arg(long)]
    pub review: bool,

    /// Guess categories by place alone, not by words; what is found is the same
    #[arg(long)]
    pub no_words: bool,
}

/// How `cleaner rules check` writes what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FindingFormat {
    /// With the lines of the file, for people
    Text,
    /// One JSON object for each, one a line
    Json,
    /// As annotations of GitHub Actions
    Github,
}

/// The arguments of `cleaner restore`.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// What --json or --removed wrote; without it, or with `-`, standard input
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// For what --removed wrote: the cleaned file, or the folder of cleaned files
    #[arg(value_name = "CLEANED")]
    pub cleaned: Option<PathBuf>,

    /// Where the page goes; several pages go into this folder, under their own paths
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,

    /// The column with the text, for Parquet
    #[arg(long, value_name = "FIELD", default_value = "text", value_parser = field)]
    pub text_field: String,
}

/// What is done with a record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnError {
    Fail,
    Keep,
    Reject(PathBuf),
}

impl OnError {
    /// The file or folder that it goes to, if it goes to one.
    pub fn rejected(&self) -> Option<&Path> {
        match self {
            OnError::Reject(path) => Some(path),
            _ => None,
        }
    }
}

fn at_least_one(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(0) => Err("expected at least 1".to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(error.to_string()),
    }
}

/// The name of a file that is written, which is never standard output.
fn file(path: PathBuf) -> Result<PathBuf, String> {
    match path == Path::new("-") {
        true => {
            Err("expected the name of a file: `-`, standard output, is for the texts".to_owned())
        }
        false => Ok(path),
    }
}

fn on_error(word: &str) -> Result<OnError, String> {
    match (word, word.split_once('=')) {
        ("fail", _) => Ok(OnError::Fail),
        ("keep", _) => Ok(OnError::Keep),
        (_, Some(("reject", name))) if !name.is_empty() => Ok(OnError::Reject(file(name.into())?)),
        _ => Err("expected fail, keep or reject=FILE".to_owned()),
    }
}

/// The name of a folder, and no path.
fn folder_name(word: &str) -> Result<String, String> {
    let mut parts = Path::new(word).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) if name == word => Ok(word.to_owned()),
        _ => Err("expected the name of a folder, which is no path".to_owned()),
    }
}

/// A field: the keys that lead to it, with dots between.
fn field(word: &str) -> Result<String, String> {
    if word.split('.').any(str::is_empty) {
        return Err("expected a key, or several with dots between".to_owned());
    }
    Ok(word.to_owned())
}

/// What can be done with a record where nothing is written.
fn go_on(word: &str) -> Result<OnError, String> {
    match on_error(word) {
        Ok(how @ (OnError::Fail | OnError::Keep)) => Ok(how),
        _ => Err("expected fail or keep".to_owned()),
    }
}

/// A number of bytes.
fn size(word: &str) -> Result<usize, String> {
    let (digits, shift) = match word.char_indices().last() {
        Some((at, 'K' | 'k')) => (&word[..at], 10),
        Some((at, 'M' | 'm')) => (&word[..at], 20),
        Some((at, 'G' | 'g')) => (&word[..at], 30),
        _ => (word, 0),
    };
    let number: Option<usize> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .filter(|&size| size > 0)
        .ok_or_else(|| "expected a number of bytes, or one with K, M or G behind".to_owned())
}

/// The names of the categories, explained.
fn category() -> impl TypedValueParser<Value = Category> {
    let values = Category::ALL
        .iter()
        .map(|category| PossibleValue::new(category.name()).help(category.about()));
    PossibleValuesParser::new(values)
        .map(|name| Category::named(&name).expect("only names of categories are taken"))
}

/// The names of the lints.
fn lint() -> impl TypedValueParser<Value = Lint> {
    let values = Lint::ALL
        .iter()
        .map(|lint| PossibleValue::new(lint.name()).help(lint.about()));
    PossibleValuesParser::new(values)
        .map(|name| Lint::named(&name).expect("only names of lints are taken"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn all_commands_are_named() {
        let mut command = Args::command();
        command.build();
        let named = command.get_subcommands().map(clap::Command::get_name);
        assert_eq!(named.collect::<Vec<_>>(), COMMANDS);
    }
}
