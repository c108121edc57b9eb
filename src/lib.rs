//! Takes the boilerplate out of extracted news text, by declarative rule files, one per outlet.
//!
//! `cleaner` takes the text of a news page as an extractor left it, without HTML, and removes what
//! is not the article: navigation, media-player residue, legal notices, captions printed twice,
//! log-in forms. Every removal is exact, named by the rule that asked for it, and reversible.
//!
//! ```
//! use cleaner::Outlets;
//!
//! let page = "Accessibility links\n\nA School Opens\n\nThe school in Ak-Bulak opened on Monday.\n";
//! // By its address, which need not be known, or by what it says itself.
//! let cleaner = Outlets::bundled().cleaner_for(Some("https://www.rferl.org/a/1.html"), page)?;
//! let cleaned = cleaner.expect("an outlet is known").clean(page);
//! assert_eq!(cleaned.text, "A School Opens\n\nThe school in Ak-Bulak opened on Monday.\n");
//! assert_eq!(cleaned.removals[0].span, 0..20);
//! # Ok::<(), cleaner::Error>(())
//! ```
//!
//! All places are bytes of the original text. Outlets and cleaners are shared by threads as they are; a
//! cleaner works fastest where it cleans one page after the other.
//!
//! **Rules of your own** come from a folder ([`Outlets::with_folder`]) or from strings. What is wrong
//! with them is an [`Error`] with places, and nothing else fails:
//!
//! ```
//! let rules = r#"
//! outlet = "herald"
//! name = "The Herald"
//! domains = ["herald.example"]
//! [[line]]
//! id = "menu"
//! category = "navigation"
//! note = "The menu, on every page."
//! text = "Herald | Home"
//! removes = ["Herald | Home"]
//! keeps = ["Herald | Home is the name of a boat."]
//! "#;
//! let outlets = cleaner::Outlets::with_files([("herald.toml", rules)])?;
//! let herald = outlets.cleaner("herald")?.expect("it was just read");
//! assert_eq!(herald.clean("Herald | Home\nIt rained.\n").text, "It rained.\n");
//!
//! let wrong = rules.replace("navigation", "navigatoin");
//! let error = cleaner::Outlets::with_files([("herald.toml", wrong)]).unwrap_err();
//! let problem = &error.problems()[0];
//! assert_eq!((problem.line(), problem.key()), (7, Some("category")));
//! assert_eq!(problem.help(), Some("did you mean `navigation`?"));
//! # Ok::<(), cleaner::Error>(())
//! ```
//!
//! **What goes** is said by [`Categories`]; by default all but credits. **A page is left as it is**, with a
//! [`Flag`], where the rules would take so much of it that they cannot be right:
//!
//! ```
//! use cleaner::{Categories, Category, Outlets, Reason};
//!
//! let akipress = Outlets::bundled().cleaner("akipress")?.expect("it is built in");
//! let page = "AKIPRESS.COM - The school was opened.\n";
//! let cleaned = akipress.clean_of(page, Categories::default().keep(Category::Dateline));
//! assert_eq!(cleaned.text, page);
//! let flag = akipress.clean("All rights reserved\n").flag.expect("no line would be left");
//! assert_eq!(flag.reason, Reason::Emptied);
//! # Ok::<(), cleaner::Error>(())
//! ```
//!
//! **To undo it**, keep what went while the page is at hand, and give it to [`restore`]. To show it, there are
//! [`Cleaned::unified_diff`], [`Cleaned::lines`] and [`Cleaned::snapshot`].
//!
//! The default features are the program's: a library wants `default-features = false`.
//!
//! # The way of a rule
//!
//! Data as written (`schema`) → one compile step that can fail, with a place (`matcher`, `error`)
//! → an engine that cannot fail (`cleaner`) → one list of [`Removal`]s → several renderings of it:
//! the cleaned text, the lines and hunks of a diff (`diff`), the snapshot of a review (`snapshot`).
//!
//! | module | is |
//! |---|---|
//! | `schema` | the rule file as written |
//! | `error` | why a rule file was refused, with places |
//! | `text` | how lines are folded, and spans |
//! | `line_ends` | where the lines of a text end |
//! | `page` | the lines of one text while rules look at it, and the closing of seams |
//! | `packed` | what the build finds out beforehand, as bytes |
//! | `matcher` | the compiled rules of one outlet; below it one module a kind |
//! | `cleaner` | passes over a text, and what they took |
//! | `check` | a rule's examples, run |
//! | `lint` | what may be wrong with rules that are in order |
//! | `outlets` | the rule files, and whose a page is |
//! | `diff`, `snapshot` | what cleaning did, shown |
//! | `suggest` | sample pages, and the draft of a rule file made of them |
//!
//! Which may use which is held by the `tidy` test.
//!
//! # Invariants
//!
//! 1. **It only deletes.** Kept bytes are the input's, in order. Only `\n`, with its `\r`, ends a
//!    line. Beside a removal the longer of the blank runs stays, the first on a tie; at the start
//!    and end of the text neither; the last kept line loses its end where the text had no final
//!    one. A byte order mark belongs to no line. A text without boilerplate comes out byte for byte.
//! 2. **Nothing is lost.** The cleaned text and the removals rebuild the input ([`restore`]).
//! 3. **Order never matters.** In a pass every rule looks at the same text, and what they find is
//!    united. Passes repeat over what is left until none finds more.
//! 4. **Cleaning twice changes nothing**, for any text and any rules.
//! 5. **Only reading a rule file can fail.** No text panics or takes more than linear time.
//! 6. **A rule without proof is no rule**: its examples are run before it is used where its file is
//!    not built in, and by the tests for those that are.
//! 7. **A page is never emptied by mistake**: a [`Flag`] tells why a page was left as it is.
//! 8. **The library never prints and does no I/O**, but that [`Outlets`] reads folders of rule files.
//!
//! # Why twice is once, in linear time
//!
//! Zones move, and lines become neighbours, when lines between them go; so one pass is not enough,
//! and passes over the whole page until nothing goes would take the square of its length for a page made for it.
//! What a rule can see is bounded: a line or block rule its line or at most 128 of them, a duplicate
//! rule the lines that it may stand apart, a zone the first or last so many. So after a pass only
//! lines within that reach of a change, and those in zones, are asked again; for any other line
//! the answer is known. Each line that goes pays for its neighbourhood once. Of a long run of equal lines,
//! at whose start a zone takes a few with each pass, as many go at once as passes would take before the
//! run's end comes into sight.
//!
//! What this does not bound is a line that loses its inside again and again (`((()))`), and the
//! trying of blocks and copies on lines made for them. So what is looked at is counted, roughly in
//! bytes, and there is an allowance of 64 times the page, or of eight searches of it for each text and pattern
//! of inline rules where these are more, and 4 MiB; a page that takes more is left as it is and flagged [`Reason::Unsettled`],
//! and, being left as it is, is the same the second time. A line of more than 1 MiB is not looked at: it
//! goes with a block's `rest` alone.
//!
//! What stays because of its category is found, and taken off the page for the passes, like
//! everything else; matching does not depend on what a caller keeps. But a page on which it
//! stands may hold what a page without it does not. So it is put back and the page gone over once
//! more, until nothing is found that goes; eight rounds at most, else the page is flagged. What a later round
//! may not take, by the ceiling, stays without a flag; who cleans the result again is told.
//!
//! # Why it is fast
//!
//! Most lines are none of those that rules name, and four bytes at a line's start, capitals taken for
//! small letters, and two at its end nearly always say so: while a text is split into lines, a gate of
//! six tables is asked for each, and no pass looks at a line for which it is closed. Where it is open for
//! these four alone, which are but two letters of most scripts, the first eight are asked once more. The
//! others are folded at their first and last eight bytes, which is enough to leave out most literals and
//! patterns. Most boilerplate is the same on every page: what a line is that serves something is
//! remembered, up to four lines for each literal or pattern and 2,048 in all, so that it is not matched on
//! the next page.
//!
//! What a line serves, line rules and steps of blocks, is kept while it stays as it is. A block is not
//! tried on a page that lacks what it needs. It is anchored at the step that the fewest lines seem to
//! serve, and tried only from lines that can lead to it, walked back over its steps; not where it can
//! only find the end of a match that it has found already. An inline rule whose patterns stand at the
//! start or the end of a line is asked by the gate; another one is left out for a page that lacks what
//! all of its matches have.
//!
//! The first lines for a pattern are told by going over its parts, forth and back, which a run over a page
//! or two is done with before states are made. Then patterns of whole lines are lazy automata of
//! `regex-automata`, first of code points of one or two bytes, and of all Unicode only where a line asks
//! for it; a `Regex`, which also finds where a match begins and its groups, is built only for who asks
//! for these. What edges a pattern's lines have, and what its parts are, the build finds out for bundled
//! rule files, and of others it is found out when they are read or first met; the patterns of a family
//! are compiled once for all its outlets.
//!
//! Where few lines of a page may be concerned by a change, a later pass asks these alone, else the
//! lines near what changed; a line that only came into a zone is asked again by the rules that have one.
//! The memory of one document's passes is used again for the next. The plain cleaner of the tests,
//! which does none of this, has to find the same.
//!
//! A text of more than 1.25 MiB is gone over in windows of 1 MiB, so that neither the text nor what is
//! known of its lines needs more memory than a window: what is found at a line depends only on lines
//! within reach. Windows overlap, and what the passes over each took around a line, with the number of the
//! pass, shows whether they agree there; then they are, taken together, the passes over the whole text.
//! What they do not agree on, and what the ceiling or a block's `rest` has to say, is asked of the whole.
//!
//! # Where the plan was changed
//!
//! * Of a folder's rule files only what stands above the rules is read at the start; the rules are
//!   read and their examples run when a run meets the outlet ([`Outlets::cleaner`]). Ten thousand
//!   files would be no start of a run otherwise. [`Outlets::check`] reads them all.
//! * A seam has no rule of its own; it is a [`Removal`] without one.
//! * Removals of two rules may overlap: both ids are of use to a reader; [`Cleaned::holes`] unites them.
//! * `outlets` asks `matcher` whether a line is a sign: signs and rules find a line the same way.
//! * `suggest` asks `outlets` too: which families an outlet extends, and whether a draft passes the
//!   check that every rule file passes, only it can say.
//! * A duplicate rule may name by `pattern` the raw lines that count: a list item is told by its
//!   bullet, which folding takes off.
//! * Copies that differ begin or end with the same word. It makes a comparison that costs
//!   microseconds rare, and no caption was seen that changes at both ends.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod check;
mod cleaner;
mod diff;
mod error;
mod line_ends;
mod lint;
mod matcher;
mod outlets;
mod packed;
mod page;
mod schema;
mod snapshot;
mod suggest;
mod text;

pub use cleaner::{
    Categories, Cleaned, Cleaner, Flag, Miss, Reason, Removal, Rule, Windows, restore,
};
pub use diff::{Hunk, HunkLine, Line};
pub use error::{Error, Problem, Result};
pub use lint::Finding;
pub use outlets::{Outlet, Outlets, RULE_SCHEMA};
pub use schema::{Category, Lint};
pub use suggest::{Draft, Proposal, Risk, Sample, suggest};

/// The README's examples, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
