//! The arguments, and the help that explains them.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use cleaner::Category;

const FROM: &str = "Who the page is from";
const TO: &str = "Where the cleaned text goes";
const SHOW: &str = "What is shown instead of the text";
const WHAT: &str = "What goes";
const RUN: &str = "About the run";

const SHORT_ABOUT: &str = "Takes the boilerplate out of the text of news pages";

const LONG_ABOUT: &str = "\
Takes the boilerplate out of the text of news pages: navigation, what media players leave, legal
notices, captions printed twice, log-in forms, promo boxes.

It reads plain text as an extractor left it (not HTML) and writes the same text without the
boilerplate. What boilerplate is, rule files say, one for each outlet; `cleaner rules list` shows
the outlets. A page whose outlet is not known passes unchanged. Nothing but boilerplate and the
blank lines around it is touched: what stays, stays byte for byte.";

const EXAMPLES: &str = "\
Examples:
  Clean one page; the outlet is known by the page's address:
      cleaner --url https://www.rferl.org/a/28424158.html page.txt > clean.txt

  See what would go, and by which rules, before anything is written:
      cleaner --diff pages/

  Clean a folder into another one, with a table of what went:
      cleaner --stats -o clean/ pages/

Exit codes:
  0  nothing to report
  1  --diff or --check found something that would go
  2  an error; other documents were gone on with";

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
    /// Of a folder all `*.txt` files below it that are not hidden, in the order of their names. A
    /// path named like a command is written with its folder, as ./rules.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// The outlet, by its id in `cleaner rules list`
    ///
    /// Without it --url decides, and without that the page's own text. A page that stays undecided
    /// passes unchanged, and is counted.
    #[arg(short = 'O', long, value_name = "ID", help_heading = FROM)]
    pub outlet: Option<String>,

    /// The page's address, or its host: tells the outlet
    #[arg(long, value_name = "URL", help_heading = FROM)]
    pub url: Option<String>,

    /// The name of standard input in messages, diffs and --json
    #[arg(long, value_name = "NAME", help_heading = FROM)]
    pub stdin_filename: Option<String>,

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

    /// Write the cleaned text to a file; for several pages, or a folder, to a folder
    ///
    /// The tree below a folder of pages is kept. Every page is written, also one that did not
    /// change. A file appears whole or not at all.
    #[arg(short, long, value_name = "PATH", help_heading = TO, conflicts_with = "in_place")]
    pub output: Option<PathBuf>,

    /// Rewrite the files themselves; those that do not change are not touched
    #[arg(short, long, help_heading = TO)]
    pub in_place: bool,

    /// Say what --output or --in-place would write, and write nothing
    #[arg(long, help_heading = TO)]
    pub dry_run: bool,

    /// What would go, as a unified diff whose hunks name the rules
    ///
    /// On a terminal in colour, with the rule behind every line that goes. Into a pipe or a file
    /// it is a patch that `patch -p1` and `git apply` take.
    #[arg(long, help_heading = SHOW, group = "show", conflicts_with_all = ["output", "in_place"])]
    pub diff: bool,

    /// The names of the pages that would change, one a line
    #[arg(long, help_heading = SHOW, group = "show", conflicts_with_all = ["output", "in_place"])]
    pub check: bool,

    /// One JSON object for each page, one a line: its outlet, what went, the cleaned text
    ///
    /// `cleaner restore` makes the original pages of it again.
    #[arg(long, help_heading = SHOW, group = "show", conflicts_with_all = ["output", "in_place"])]
    pub json: bool,

    /// What the places in --json count: bytes, or characters (Unicode code points)
    #[arg(
        long,
        value_name = "UNIT",
        default_value = "bytes",
        requires = "json",
        help_heading = SHOW
    )]
    pub spans: Spans,

    /// Every line of the page, with the rule that takes it
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

    /// No notes about undecided and flagged pages; errors are told all the same
    #[arg(short, long, help_heading = RUN)]
    pub quiet: bool,

    /// Exit with 2 if a page was flagged, or its outlet undecided
    ///
    /// A page is flagged, and left as it is, where the rules would empty it or take a share of it
    /// that cannot be right.
    #[arg(long, help_heading = RUN)]
    pub strict: bool,
}

/// Where rule files are besides the bundled ones.
#[derive(Debug, clap::Args)]
pub struct RulesFolder {
    /// A folder of rule files besides the bundled ones; one of the same id replaces a bundled one
    ///
    /// Without it, the folder that the environment variable CLEANER_RULES names.
    #[arg(id = "rules_folder", long = "rules", value_name = "DIR", help_heading = FROM)]
    named: Option<PathBuf>,
}

impl RulesFolder {
    pub fn folder(&self) -> Option<PathBuf> {
        self.named.clone().or_else(rules_of_environment)
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

/// What the program does besides cleaning.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows and checks the rules
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Makes the original pages again from what --json wrote
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
    /// The rules of an outlet or a family, or one rule
    Show {
        /// The id of an outlet, a family or a rule, such as rferl or pangea/media-player
        id: String,
        #[command(flatten)]
        rules: RulesFolder,
    },
    /// Reads rule files and runs their examples
    Check {
        /// A folder of rule files; without it, or CLEANER_RULES, the bundled ones
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Prints the JSON Schema of rule files, for editors
    Schema,
}

/// The arguments of `cleaner restore`.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// What --json wrote; without it, or with `-`, standard input
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Where the page goes; several pages go into this folder, under their own paths
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// The names of the categories, explained.
fn category() -> impl TypedValueParser<Value = Category> {
    let values = Category::ALL
        .iter()
        .map(|category| PossibleValue::new(category.name()).help(category.about()));
    PossibleValuesParser::new(values)
        .map(|name| Category::named(&name).expect("only names of categories are taken"))
}
