//! Which outlets there are, and whose a page is.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::Read;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use foldhash::fast::RandomState;
use once_cell::sync::{Lazy, OnceCell};
use sha2::{Digest, Sha256};

use crate::check;
use crate::cleaner::{CEILING, Cleaner, Patterns};
use crate::error::{Error, Problem, Result, SourceFile, nearest};
use crate::lint::{self, Finding};
use crate::matcher::sign::Signs;
use crate::packed::{Packed, Unpacker};
use crate::schema::{AnyRule, Lint, RuleFile};

/// The rule files that are built in: the name of each, its text, and as the build has read it what stands
/// above its rules, and all of it.
const BUNDLED: &[(&str, &str, &[u8], &[u8])] = include!(concat!(env!("OUT_DIR"), "/rule_files.rs"));

/// The JSON Schema of rule files (draft 7).
pub const RULE_SCHEMA: &str = include_str!("../rules/schema.json");

/// The family of what crawls and extractors leave on pages of any host.
const CRAWL: &str = "crawl";

/// How many files may extend each other in a row.
const DEPTH: usize = 8;

/// The bytes that there is room for at once when a file is read.
const SMALL: usize = 1 << 14;

/// For each thread at least so many files: fewer are read sooner than a thread has started.
const FEW: usize = 64;

static BUILT_IN: Lazy<Outlets> = Lazy::new(|| {
    let file = |&(name, text, head, whole): &(&str, &'static str, &'static [u8], &'static [u8])| {
        let packed = |bytes| Unpacker::beside(text, bytes);
        let head = RuleFile::unpack(&mut packed(head));
        File::new(SourceFile::new(name, text), head, Some(packed(whole)))
    };
    Outlets::new(BUNDLED.iter().map(file).collect()).expect("bundled rule files fit together")
});

/// The outlets and families that are known, with their rules.
///
/// Whose a page is stands above the rules of a file, which is read at once; the rules are read at
/// the first use of an outlet that has them.
pub struct Outlets {
    /// In the order of their ids.
    files: Vec<File>,
    /// The place of each id in `files`.
    by_id: HashMap<String, usize>,
    /// Asked for each record, several times.
    by_domain: HashMap<String, usize, RandomState>,
    signs: OnceCell<SignTable>,
    patterns: Arc<Patterns>,
}

/// One rule file, compiled at its first use among the others.
struct File {
    written: Arc<Written>,
    /// Whether its examples have been run.
    checked: OnceCell<Found<()>>,
    cleaner: OnceCell<Found<Arc<Cleaner>>>,
}

/// What a rule file says, whatever the others.
#[derive(Debug)]
struct Written {
    outlet: Outlet,
    source: Arc<SourceFile>,
    /// What stands above the rules.
    head: RuleFile,
    /// All of it, once its rules are asked for.
    whole: OnceCell<Box<RuleFile>>,
    /// All of it, as the build has read it; `None`: somebody brought the file. Those that are bundled
    /// have been tried by the tests.
    packed: Option<Unpacker>,
}

impl Deref for File {
    type Target = Written;
    fn deref(&self) -> &Written {
        &self.written
    }
}

/// Problems instead of a value.
type Found<T> = std::result::Result<T, Vec<Problem>>;

/// An outlet or a family, as it is shown to people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outlet {
    /// Its id: the name of its rule file without `.toml`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Whether other files extend it. A family may be named like an outlet.
    pub is_family: bool,
    /// Its hosts; their sub-domains belong to them.
    pub domains: Vec<String>,
    /// The families that it extends.
    pub extends: Vec<String>,
    /// The inherited rules that do not apply, by id, each with the reason.
    pub off: Vec<(String, String)>,
    /// The rule file that it is written in.
    pub file: String,
}

/// Their ids.
impl fmt::Debug for Outlets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.files.iter().map(|file| &file.outlet.id);
        f.debug_tuple("Outlets")
            .field(&ids.collect::<Vec<_>>())
            .finish()
    }
}

/// What lints know of all files.
#[derive(Default)]
struct All<'a> {
    /// The files of each domain, and of each sign.
    hosts: HashMap<&'a str, Vec<usize>>,
    signs: HashMap<String, Vec<usize>>,
    /// Each file and all that it extends.
    lines: Vec<Vec<usize>>,
}

/// Which sign stands for which file.
#[derive(Default)]
struct SignTable {
    signs: Signs,
    /// The file of each sign.
    owners: Vec<usize>,
    /// Each file and all that it extends.
    lines: Vec<Vec<usize>>,
}

impl Outlets {
    /// The outlets that are built in.
    pub fn bundled() -> &'static Outlets {
        &BUILT_IN
    }

    /// No outlets at all, not even the built-in families.
    pub fn none() -> Outlets {
        Outlets::new(Vec::new()).expect("nothing is wrong with no files")
    }

    /// The built-in outlets and those of a folder: its `*.toml`, and those of its `families/`.
    /// A file replaces a built-in one of the same id.
    ///
    /// Of every file only what stands above its rules is looked at, so that ten thousand files are
    /// no burden. The rules are read, and their examples run, at the first use of an outlet that
    /// has them ([`cleaner`](Outlets::cleaner)), or all at once by [`check`](Outlets::check).
    ///
    /// # Errors
    /// A file that cannot be read, and whatever is wrong above the rules of any file: no TOML, a
    /// wrong key, a bad sign, a doubled id or domain, an unknown or cyclic `extends`; any error in
    /// the family `crawl`, which is of every run. Where a file is refused as it is read, the keys of
    /// all rules are looked at too.
    pub fn with_folder(folder: impl AsRef<Path>) -> Result<Outlets> {
        Outlets::gathered(files_of(folder.as_ref())?, &Outlets::bundled().files)
    }

    /// The outlets of a folder alone: its `*.toml`, and those of its `families/`. Of an empty folder
    /// there are none.
    ///
    /// # Errors
    /// As those of [`with_folder`](Outlets::with_folder).
    pub fn of_folder(folder: impl AsRef<Path>) -> Result<Outlets> {
        Outlets::gathered(files_of(folder.as_ref())?, &[])
    }

    /// The built-in outlets and those of rule files, each given as its path and its text.
    /// A file replaces a built-in one of the same id.
    ///
    /// # Errors
    /// Any error in any of the files refuses them all: a wrong key, a bad pattern, an unknown or
    /// cyclic `extends`, an example that does not come out as it says.
    pub fn with_files<N: Into<String>, T: Into<String>>(
        texts: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Outlets> {
        let sources = texts.into_iter();
        let sources: Vec<_> = sources
            .map(|(name, text)| SourceFile::new(name, text.into()))
            .collect();
        let read = each(&sources, |source| File::read(source.clone()));
        let outlets = Outlets::gathered(read, &Outlets::bundled().files)?;
        outlets.check_all(File::is_brought).map_err(Error::new)?;
        Ok(outlets)
    }

    /// These outlets and that of one more rule file, given as its path and its text.
    ///
    /// # Errors
    /// As those of [`with_files`](Outlets::with_files).
    pub fn and_file(&self, name: &str, text: &str) -> Result<Outlets> {
        let read = File::read(SourceFile::new(name, text.to_owned()));
        let outlets = Outlets::gathered(vec![read], &self.files)?;
        let is_new = |file: &File| file.source.name == name;
        outlets.check_all(is_new).map_err(Error::new)?;
        // A file that extends it may have switched off a rule that it has no more.
        let all = 0..outlets.files.len();
        joined(all.map(|at| outlets.check_off(at))).map_err(Error::new)?;
        Ok(outlets)
    }

    /// The outlets of files that have been read, and of others that they do not replace.
    fn gathered(read: Vec<Found<File>>, others: &[File]) -> Result<Outlets> {
        let mut brought: Vec<File> = Vec::with_capacity(read.len());
        let mut places: HashMap<String, usize> = HashMap::with_capacity(read.len());
        let mut problems = Vec::new();
        for file in read {
            let file = match file {
                Ok(file) => file,
                Err(wrong) => {
                    problems.extend(wrong);
                    continue;
                }
            };
            match places.get(&file.outlet.id) {
                Some(&other) => {
                    let other: &File = &brought[other];
                    let message = format!(
                        "the id `{}` is that of {} already",
                        file.outlet.id, other.source.name
                    );
                    let place = file.head.id().place.clone();
                    problems.push(file.source.problem(place, message).at_key("outlet"));
                }
                None => {
                    places.insert(file.outlet.id.clone(), brought.len());
                    brought.push(file);
                }
            }
        }
        if !problems.is_empty() {
            // They are refused: what else is wrong is worth the time of reading it.
            let read = each(&brought, |file| file.whole().map(|_| ()));
            problems.extend(joined(read).err().into_iter().flatten());
            return Err(Error::new(problems));
        }
        let others = others
            .iter()
            .filter(|file| !places.contains_key(&file.outlet.id));
        brought.extend(others.map(|file| File::of(file.written.clone())));
        let outlets = Outlets::new(brought).map_err(Error::new)?;
        // Whatever the outlet, its signs are looked for behind what the crawl left.
        outlets.cleaner(CRAWL)?;
        Ok(outlets)
    }

    fn new(mut files: Vec<File>) -> Found<Outlets> {
        files.sort_by(|one, other| one.outlet.id.cmp(&other.outlet.id));
        let by_id: HashMap<String, usize> = files
            .iter()
            .enumerate()
            .map(|(at, file)| (file.outlet.id.clone(), at))
            .collect();
        let mut outlets = Outlets {
            files,
            by_id,
            by_domain: HashMap::default(),
            signs: OnceCell::new(),
            patterns: Arc::default(),
        };
        let mut problems = Vec::new();
        for at in 0..outlets.files.len() {
            outlets.check_extends(at, &mut problems);
        }
        outlets.take_domains(&mut problems);
        if problems.is_empty() {
            Ok(outlets)
        } else {
            Err(problems)
        }
    }

    /// Takes over what `before` has read and compiled of files that are the same in both, and all
    /// that they extend too.
    ///
    /// For whoever reads a folder again and again: only what has changed is compiled anew.
    ///
    /// ```
    /// use std::sync::Arc;
    /// let rules = |note| format!("outlet = 'sample'\nname = 'Sample'\ndomains = ['sample.example']\n# {note}");
    /// let read = |note| cleaner::Outlets::with_files([("sample.toml".to_owned(), rules(note))]);
    /// let before = read("old")?;
    /// let (pangea, sample) = (before.cleaner("pangea")?.unwrap(), before.cleaner("sample")?.unwrap());
    /// let mut now = read("new")?;
    /// now.reuse(&before);
    /// assert!(Arc::ptr_eq(&now.cleaner("pangea")?.unwrap(), &pangea));
    /// assert!(!Arc::ptr_eq(&now.cleaner("sample")?.unwrap(), &sample));
    /// # Ok::<(), cleaner::Error>(())
    /// ```
    pub fn reuse(&mut self, before: &Outlets) {
        let is_same = |at: usize, was: usize| {
            let (file, other) = (&self.files[at], &before.files[was]);
            let (source, then) = (&file.source, &other.source);
            file.is_brought() == other.is_brought()
                && source.name == then.name
                && source.text == then.text
        };
        let mut same: Vec<(usize, usize)> = Vec::new();
        for at in 0..self.files.len() {
            let Some(&was) = before.by_id.get(&self.files[at].outlet.id) else {
                continue;
            };
            let (line, then) = (self.line_of(at), before.line_of(was));
            let mut pairs = line.iter().zip(&then);
            if line.len() == then.len() && pairs.all(|(&at, &was)| is_same(at, was)) {
                same.push((at, was));
            }
        }
        for (at, was) in same {
            let (file, other) = (&mut self.files[at], &before.files[was]);
            file.written = other.written.clone();
            file.checked = other.checked.clone();
            file.cleaner = other.cleaner.clone();
        }
    }

    /// All outlets and families, by their ids.
    pub fn outlets(&self) -> impl Iterator<Item = &Outlet> {
        self.files.iter().map(|file| &file.outlet)
    }

    /// The outlet or family of an id.
    pub fn outlet(&self, id: &str) -> Option<&Outlet> {
        self.by_id.get(id).map(|&at| &self.files[at].outlet)
    }

    /// The text of the rule file of an outlet or family.
    pub fn source(&self, id: &str) -> Option<&str> {
        let at = self.by_id.get(id)?;
        Some(&self.files[*at].source.text)
    }

    /// The id that was probably meant by one that is not known.
    pub fn nearest_id(&self, id: &str) -> Option<&str> {
        nearest(id, self.files.iter().map(|file| file.outlet.id.as_str()))
    }

    /// The rules of an outlet or family, ready to clean its pages; read and compiled at the first
    /// call.
    ///
    /// # Errors
    /// Any error in its file, or in one that it extends: a wrong key, a bad pattern, an example that
    /// does not come out as it says. Those of bundled outlets, and of [`with_files`](Outlets::with_files),
    /// have none.
    pub fn cleaner(&self, id: &str) -> Result<Option<Arc<Cleaner>>> {
        let at = self.by_id.get(id);
        at.map(|&at| self.compiled(at).map_err(Error::new))
            .transpose()
    }

    /// The rules for a page: those of the outlet of its address, if that is given and known, else of the
    /// outlet that the page's own signs tell; `None` if that stays unknown.
    ///
    /// # Errors
    /// As those of [`cleaner`](Outlets::cleaner).
    ///
    /// ```
    /// let outlets = cleaner::Outlets::bundled();
    /// let cleaner = outlets.cleaner_for(Some("https://akipress.com/news:1/"), "A page.")?;
    /// assert_eq!(cleaner.unwrap().outlet(), "akipress");
    /// assert!(outlets.cleaner_for(None, "A page.")?.is_none());
    /// # Ok::<(), cleaner::Error>(())
    /// ```
    pub fn cleaner_for(&self, address: Option<&str>, text: &str) -> Result<Option<Arc<Cleaner>>> {
        let by_address = address.and_then(|address| self.by_address(address));
        match by_address.or_else(|| self.by_signs(text)) {
            Some(outlet) => self.cleaner(&outlet.id),
            None => Ok(None),
        }
    }

    /// The outlet that a page of this address, a URL or a bare host, is from.
    ///
    /// The longest domain that the host is, or is a sub-domain of, decides; of equal ones that of a
    /// file brought before that of a bundled one, that of an outlet before that of a family.
    ///
    /// ```
    /// let outlets = cleaner::Outlets::bundled();
    /// let outlet = outlets.by_address("https://www.rferl.org/a/28424158.html").unwrap();
    /// assert_eq!(outlet.id, "rferl");
    /// assert!(outlets.by_address("https://rferl.org.example.com/").is_none());
    /// ```
    pub fn by_address(&self, address: &str) -> Option<&Outlet> {
        let host = host(address)?;
        let suffixes = std::iter::successors(Some(&*host), |host| {
            host.split_once('.').map(|(_, rest)| rest)
        });
        let at = suffixes
            .filter_map(|suffix| self.by_domain.get(suffix))
            .next()?;
        Some(&self.files[*at].outlet)
    }

    /// The outlet that a page is from by its own signs.
    ///
    /// Each sign that occurs counts one, for its outlet and for all that extend it. Where outlets of one
    /// family tie and the page has a sign of the family too, the family is the answer; other ties, and a
    /// page without a sign, are undecided. A byte order mark belongs to no line.
    pub fn by_signs(&self, text: &str) -> Option<&Outlet> {
        match self.signed(text)[..] {
            [at] => Some(&self.files[at].outlet),
            _ => None,
        }
    }

    /// The outlets of which a page has equally many signs, where that leaves it undecided; else none.
    pub fn tied_by_signs(&self, text: &str) -> Vec<&Outlet> {
        let tied = self.signed(text);
        let tied = tied.iter().map(|&at| &self.files[at].outlet);
        if tied.len() < 2 {
            Vec::new()
        } else {
            tied.collect()
        }
    }

    /// The file whose signs a page has, or those that tie; none if it has no sign.
    fn signed(&self, text: &str) -> Vec<usize> {
        let table = self.signs.get_or_init(|| self.sign_table());
        if table.owners.is_empty() {
            return Vec::new();
        }
        let mut seen = vec![false; table.owners.len()];
        table.signs.in_text(text, |sign| seen[sign as usize] = true);
        let mut lines = text
            .trim_start_matches('\u{feff}')
            .split('\n')
            .map(str::trim);
        // The crawl may have glued something to the first line.
        if let Some(first) = lines.find(|line| !line.is_empty())
            && let Ok(Some(crawl)) = self.cleaner(CRAWL)
        {
            let bare = crawl.clean(first).text;
            table
                .signs
                .in_line(&bare, |sign| seen[sign as usize] = true);
        }
        let mut own = vec![0; self.files.len()];
        for (sign, _) in seen.iter().enumerate().filter(|(_, seen)| **seen) {
            own[table.owners[sign]] += 1;
        }
        if own.iter().all(|&count| count == 0) {
            return Vec::new();
        }
        let lines = &table.lines;
        let scores: Vec<usize> = lines
            .iter()
            .map(|line| line.iter().map(|&at| own[at]).sum())
            .collect();
        let best = scores.iter().copied().max().unwrap_or(0);
        let winners: Vec<usize> = (0..scores.len()).filter(|&at| scores[at] == best).collect();
        if winners.len() == 1 {
            return winners;
        }
        let shared = |&at: &usize| {
            scores[at] > 0 && winners.iter().all(|&winner| lines[winner].contains(&at))
        };
        let family = (0..scores.len())
            .filter(shared)
            .max_by_key(|&at| scores[at]);
        family.map_or(winners, |family| vec![family])
    }

    /// What names this set of rule files: the first 12 hexadecimal digits of a SHA-256 over their ids and texts.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for file in &self.files {
            for part in [file.outlet.id.as_str(), &file.source.text] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part.as_bytes());
            }
        }
        hash.finalize()[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Runs the checks of every file, bundled ones too: patterns are compiled, examples run.
    ///
    /// # Errors
    /// All problems that were found.
    pub fn check(&self) -> Result<()> {
        self.check_all(|_| true).map_err(Error::new)
    }

    /// What lints find in the files of some outlets, in the order of files and of places in them:
    /// what may be wrong although the rules are in order.
    ///
    /// # Errors
    /// All problems of these files, and of those that they extend.
    ///
    /// ```
    /// let file = "outlet = \"made\"\nname = \"Made\"\ndomains = [\"co.uk\"]\n";
    /// let outlets = cleaner::Outlets::with_files([("made.toml".to_owned(), file.to_owned())])?;
    /// let findings = outlets.lint(|outlet| outlet.id == "made")?;
    /// assert_eq!(findings[0].lint().name(), "public-suffix");
    /// assert_eq!(findings[0].problem().line(), 3);
    /// # Ok::<(), cleaner::Error>(())
    /// ```
    pub fn lint(&self, is_asked: impl Fn(&Outlet) -> bool) -> Result<Vec<Finding>> {
        let asked = (0..self.files.len()).filter(|&at| is_asked(&self.files[at].outlet));
        let mut asked: Vec<usize> = asked.collect();
        asked.sort_by_key(|&at| &self.files[at].source.name);
        let mut all = All {
            lines: (0..self.files.len()).map(|at| self.line_of(at)).collect(),
            ..All::default()
        };
        for (at, file) in self.files.iter().enumerate() {
            for domain in &file.outlet.domains {
                all.hosts.entry(domain).or_default().push(at);
            }
            for (sign, _) in lint::words_of_signs(&file.head) {
                all.signs.entry(sign).or_default().push(at);
            }
        }
        let lint = |&at: &usize| self.lint_file(at, &all);
        let (mut findings, mut problems) = (Vec::new(), Vec::new());
        for found in each(&asked, lint) {
            match found {
                Ok(found) => findings.extend(found),
                Err(wrong) => problems.extend(wrong),
            }
        }
        match problems.is_empty() {
            true => Ok(findings),
            false => Err(Error::new(problems)),
        }
    }

    /// Checks files: whether they can be read, and what those say that can.
    fn check_all(&self, is_asked: impl Fn(&File) -> bool) -> Found<()> {
        let asked = (0..self.files.len()).filter(|&at| is_asked(&self.files[at]));
        let asked: Vec<usize> = asked.collect();
        let are_read = joined(each(&asked, |&at| self.files[at].whole().map(|_| ())));
        // What is off is a rule of another file.
        let off = || joined(each(&asked, |&at| self.check_off(at)));
        let checks = joined(each(&asked, |&at| self.files[at].check()));
        joined([are_read.and_then(|()| off()), checks])
    }

    /// Reads a file and all that it extends, and checks those that somebody brought.
    fn meet(&self, line: &[usize]) -> Found<()> {
        let files = || line.iter().map(|&at| &self.files[at]);
        joined(files().map(|file| file.whole().map(|_| ())))?;
        if files().all(|file| !file.is_brought()) {
            return Ok(());
        }
        joined(line.iter().map(|&at| self.check_off(at)))?;
        let brought = files().filter(|file| file.is_brought());
        joined(brought.map(|file| file.checked.get_or_init(|| file.check()).clone()))
    }

    fn compiled(&self, at: usize) -> Found<Arc<Cleaner>> {
        let compile = || {
            let line = self.line_of(at);
            self.meet(&line)?;
            let rules = self.running(&line)?;
            let ceiling = line
                .iter()
                .find_map(|&at| self.files[at].head.ceiling)
                .unwrap_or(CEILING);
            let cleaner =
                Cleaner::compile(&self.files[at].outlet.id, &rules, ceiling, &self.patterns)?;
            Ok(Arc::new(cleaner))
        };
        self.files[at].cleaner.get_or_init(compile).clone()
    }

    /// The rules that run on the pages of the first of these files, which extends the others.
    fn running(&self, line: &[usize]) -> Found<Vec<lint::Owned<'_>>> {
        let off: Vec<&str> = line
            .iter()
            .flat_map(|&at| &self.files[at].head.off)
            .map(|off| off.rule.as_str())
            .collect();
        let mut rules = Vec::new();
        for file in line.iter().map(|&at| &self.files[at]) {
            let owner = file.outlet.id.as_str();
            let runs = |rule: &AnyRule| {
                let head = rule.head();
                head.disabled.is_none()
                    && !off.contains(&format!("{owner}/{}", head.id.value).as_str())
            };
            let own = file.whole()?.rules().filter(runs);
            rules.extend(own.map(|rule| (owner, file.source.clone(), rule)));
        }
        Ok(rules)
    }

    /// What lints find in a file.
    fn lint_file(&self, at: usize, known: &All) -> Found<Vec<Finding>> {
        let all = self.compiled(at)?;
        let file = &self.files[at];
        let (id, source, whole) = (file.outlet.id.as_str(), &file.source, file.whole()?);
        let line = &known.lines[at];
        let mut findings = lint::domains(source, whole);
        findings.extend(lint::signs(source, whole));
        findings.extend(lint::lists(source, whole));
        self.lint_domains(at, known, &mut findings);
        self.lint_signs(at, known, &mut findings);
        self.lint_extends(at, line, &mut findings)?;
        let rules = whole.rules();
        findings.extend(rules.flat_map(|rule| lint::rule(&(id, source.clone(), rule))));
        findings.extend(lint::shadowed(id, &self.running(line)?, &all));
        Ok(lint::without_allowed(id, source, whole, findings))
    }

    /// Adds the domains of a file that are those of files to which it has no tie.
    fn lint_domains(&self, at: usize, known: &All, findings: &mut Vec<Finding>) {
        let (file, line) = (&self.files[at], &known.lines[at]);
        for domain in &file.head.domains {
            let suffixes = std::iter::successors(Some(domain.as_str()), |host| {
                host.split_once('.').map(|(_, rest)| rest)
            });
            let mut others: Vec<usize> = suffixes
                .filter_map(|suffix| known.hosts.get(suffix))
                .flatten()
                .copied()
                .filter(|&other| !line.contains(&other) && !known.lines[other].contains(&at))
                .collect();
            others.sort_unstable();
            others.dedup();
            for other in others {
                let of = &self.files[other];
                let id = &of.outlet.id;
                let message = of.head.domains.iter().find_map(|wider| {
                    if lint::is_below(domain, wider) {
                        Some(format!(
                            "`{}` is a sub-domain of `{}` of `{id}`",
                            domain.value, wider.value
                        ))
                    } else if domain.value == wider.value && !of.is_brought() && file.is_brought() {
                        Some(format!("`{}` is that of the built-in `{id}`", domain.value))
                    } else {
                        None
                    }
                });
                findings
                    .extend(message.map(|message| lint::overlap(&file.source, domain, message)));
            }
        }
    }

    /// Adds the signs of a file that are those of files to which it has no tie.
    fn lint_signs(&self, at: usize, known: &All, findings: &mut Vec<Finding>) {
        let (file, line) = (&self.files[at], &known.lines[at]);
        for (sign, place) in lint::words_of_signs(&file.head) {
            let owners = known.signs.get(&sign).map_or(&[][..], Vec::as_slice);
            // Itself, and the families of which it is told anyway.
            let own: Vec<&usize> = line.iter().filter(|of| owners.contains(of)).collect();
            let is_tied = |other: &usize| {
                let theirs = &known.lines[*other];
                line.contains(other) || own.iter().any(|of| theirs.contains(of))
            };
            if let Some(other) = owners.iter().find(|other| !is_tied(other)) {
                let other = &self.files[*other].outlet.id;
                findings.push(lint::shared_sign(&file.source, place, other));
            }
        }
    }

    /// Adds the files that a file extends to no effect.
    fn lint_extends(&self, at: usize, line: &[usize], findings: &mut Vec<Finding>) -> Found<()> {
        let file = &self.files[at];
        let rules = self.running(line)?;
        for extended in &file.head.extends {
            let Some(&other) = self.by_id.get(extended.as_str()) else {
                continue;
            };
            let brings = |at: usize| {
                let Written { outlet, head, .. } = &*self.files[at];
                let mut rules = rules.iter();
                !head.signs.is_empty()
                    || head.ceiling.is_some()
                    || rules.any(|(owner, ..)| *owner == outlet.id)
            };
            if !self.line_of(other).into_iter().any(brings) {
                let message = format!("no rule of `{}` runs here", extended.value);
                let problem = file.source.problem(extended.place.clone(), message);
                let problem = problem
                    .at_key("extends")
                    .with_help("take it out, and its rules out of `off`");
                findings.push(Finding::new(Lint::DeadExtends, problem));
            }
        }
        Ok(())
    }

    /// A file and all that it extends, each once: itself first, then in the order in which it names them.
    fn line_of(&self, at: usize) -> Vec<usize> {
        let mut line = vec![at];
        let mut next = 0;
        while next < line.len() {
            for id in &self.files[line[next]].head.extends {
                if let Some(&at) = self.by_id.get(id.as_str()).filter(|at| !line.contains(at)) {
                    line.push(at);
                }
            }
            next += 1;
        }
        line
    }

    fn check_extends(&self, at: usize, problems: &mut Vec<Problem>) {
        let file = &self.files[at];
        let mut unknown = false;
        for id in &file.head.extends {
            if !self.by_id.contains_key(id.as_str()) {
                unknown = true;
                let problem = file
                    .source
                    .problem(
                        id.place.clone(),
                        format!("there is no outlet or family `{}`", id.value),
                    )
                    .at_key("extends");
                let is_bundled = BUNDLED
                    .iter()
                    .any(|(file, ..)| Path::new(file).file_stem() == Some(id.as_str().as_ref()));
                problems.push(match self.nearest_id(id) {
                    _ if is_bundled => problem.with_help("it is bundled with the program, and left out here (--no-bundled): leave that argument out, or copy the file"),
                    Some(near) => problem.with_help(format!("did you mean `{near}`?")),
                    None => problem.with_help("the id is the name of a rule file without .toml, in the same folder or in its families/"),
                });
            }
        }
        let place = || {
            file.head
                .extends
                .first()
                .map_or(0..0, |id| id.place.clone())
        };
        match self.depth(at, &mut HashMap::new(), &mut Vec::new()) {
            Ok(depth) if depth > DEPTH && !unknown => {
                let message = format!(
                    "expected at most {DEPTH} files that extend each other in a row, found {depth}"
                );
                problems.push(file.source.problem(place(), message).at_key("extends"));
            }
            Ok(_) => {}
            Err(cycle) => {
                let message = format!("files extend each other in a circle: {cycle}");
                problems.push(file.source.problem(place(), message).at_key("extends"));
            }
        }
    }

    /// The number of files in the longest row of files that extend each other from this one, or the
    /// circle. `known`: that of files which have been asked; `path`: the row so far.
    fn depth(
        &self,
        at: usize,
        known: &mut HashMap<usize, usize>,
        path: &mut Vec<usize>,
    ) -> std::result::Result<usize, String> {
        if let Some(&depth) = known.get(&at) {
            return Ok(depth);
        }
        if let Some(start) = path.iter().position(|&seen| seen == at) {
            let circle = path[start..].iter().chain([&at]);
            let ids: Vec<&str> = circle
                .map(|&at| self.files[at].outlet.id.as_str())
                .collect();
            return Err(ids.join(" -> "));
        }
        path.push(at);
        let mut longest = 0;
        for id in &self.files[at].head.extends {
            // A row that is too long already need not be followed to its end.
            if let Some(&next) = self
                .by_id
                .get(id.as_str())
                .filter(|_| path.len() <= 2 * DEPTH)
            {
                longest = longest.max(self.depth(next, known, path)?);
            }
        }
        path.pop();
        known.insert(at, longest + 1);
        Ok(longest + 1)
    }

    /// Whether the inherited rules that a file switches off are there.
    fn check_off(&self, at: usize) -> Found<()> {
        let file = &self.files[at];
        if file.head.off.is_empty() {
            return Ok(());
        }
        let mut problems = Vec::new();
        let mut ids: Vec<String> = Vec::new();
        for &at in &self.line_of(at)[1..] {
            let file = &self.files[at];
            let rules = file.whole()?.rules();
            ids.extend(rules.map(|rule| format!("{}/{}", file.outlet.id, rule.head().id.value)));
        }
        for off in &file.head.off {
            if !ids.iter().any(|id| *id == off.rule.value) {
                let message = format!("no inherited rule has the id `{}`", off.rule.value);
                let problem = file
                    .source
                    .problem(off.rule.place.clone(), message)
                    .at_key("off");
                problems.push(match nearest(&off.rule, ids.iter().map(String::as_str)) {
                    Some(near) => problem.with_help(format!("did you mean `{near}`?")),
                    None => problem.with_help(
                        "expected the id of a rule with its file's, such as `family/rule`",
                    ),
                });
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    fn take_domains(&mut self, problems: &mut Vec<Problem>) {
        let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, file) in self.files.iter().enumerate() {
            for domain in &file.head.domains {
                let Some(&other) = taken.get(domain.as_str()) else {
                    taken.insert(domain, at);
                    continue;
                };
                let rank = |at: usize| {
                    let file = &self.files[at];
                    (file.is_brought(), !file.outlet.is_family)
                };
                if rank(at) == rank(other) {
                    let message = format!(
                        "the domain `{}` is that of `{}` already",
                        domain.value, self.files[other].outlet.id
                    );
                    problems.push(
                        file.source
                            .problem(domain.place.clone(), message)
                            .at_key("domains"),
                    );
                } else if rank(at) > rank(other) {
                    taken.insert(domain, at);
                }
            }
        }
        self.by_domain = taken
            .into_iter()
            .map(|(domain, at)| (domain.to_owned(), at))
            .collect();
    }

    fn sign_table(&self) -> SignTable {
        let lines = (0..self.files.len()).map(|at| self.line_of(at)).collect();
        let mut table = SignTable {
            lines,
            ..SignTable::default()
        };
        for (at, file) in self.files.iter().enumerate() {
            for sign in &file.head.signs {
                let number = table.owners.len() as u32;
                let added = table.signs.add(sign, number, &file.source, &self.patterns);
                added.expect("bundled signs are compiled by the tests, others when they are read");
                table.owners.push(at);
            }
        }
        table
    }
}

impl File {
    /// Reads what stands above the rules of a file that somebody brought, and checks it.
    fn read(source: Arc<SourceFile>) -> Found<File> {
        let head = RuleFile::read_head(&source)?;
        let id = head.id();
        let stem = Path::new(&source.name)
            .file_stem()
            .and_then(|stem| stem.to_str());
        if stem != Some(id.as_str()) {
            let message = format!(
                "the id is `{}`, but the file is named `{}`",
                id.value,
                stem.unwrap_or_default()
            );
            let key = if head.family.is_some() {
                "family"
            } else {
                "outlet"
            };
            return Err(vec![
                source
                    .problem(id.place.clone(), message)
                    .at_key(key)
                    .with_help(format!("name the file as the {key}, with .toml behind")),
            ]);
        }
        let file = File::new(source, head, None);
        file.check_signs()?;
        Ok(file)
    }

    fn new(source: Arc<SourceFile>, head: RuleFile, packed: Option<Unpacker>) -> File {
        let outlet = Outlet {
            id: head.id().to_string(),
            name: head.name.to_string(),
            is_family: head.family.is_some(),
            domains: head
                .domains
                .iter()
                .map(|domain| domain.to_string())
                .collect(),
            extends: head.extends.iter().map(|id| id.to_string()).collect(),
            off: head
                .off
                .iter()
                .map(|off| (off.rule.to_string(), off.reason.to_string()))
                .collect(),
            file: source.name.clone(),
        };
        File::of(Arc::new(Written {
            outlet,
            source,
            head,
            whole: OnceCell::new(),
            packed,
        }))
    }

    /// To be compiled among others.
    fn of(written: Arc<Written>) -> File {
        File {
            written,
            checked: OnceCell::new(),
            cleaner: OnceCell::new(),
        }
    }

    fn is_brought(&self) -> bool {
        self.packed.is_none()
    }

    fn whole(&self) -> Found<&RuleFile> {
        let whole = self.whole.get_or_try_init(|| {
            Ok(Box::new(match self.packed {
                Some(mut packed) => RuleFile::unpack(&mut packed),
                None => RuleFile::read(&self.source)?,
            }))
        });
        whole.map(Box::as_ref)
    }

    fn check_signs(&self) -> Found<()> {
        joined(self.head.signs.iter().map(|sign| {
            if sign.pattern.is_empty() {
                return Ok(());
            }
            let patterns = Arc::new(Patterns::at_once());
            Signs::default().add(sign, 0, &self.source, &patterns)
        }))
    }

    /// Compiles the patterns and runs the examples, of a file that cannot be read those of the rules that
    /// can.
    fn check(&self) -> Found<()> {
        let check = |file: &RuleFile| {
            let wrong =
                file.rules().map(
                    |rule| match check::rule(&self.outlet.id, &self.source, rule) {
                        wrong if wrong.is_empty() => Ok(()),
                        wrong => Err(wrong),
                    },
                );
            joined(wrong)
        };
        let rules = match self.whole() {
            Ok(file) => check(file),
            Err(_) => RuleFile::read_part(&self.source).map_or(Ok(()), |file| check(&file)),
        };
        joined([self.check_signs(), rules])
    }
}

/// All problems there are.
fn joined(found: impl IntoIterator<Item = Found<()>>) -> Found<()> {
    let found = found.into_iter().filter_map(std::result::Result::err);
    let problems: Vec<Problem> = found.flatten().collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// What is made of each, in their order; of many on all cores.
fn each<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(items.len() / FEW);
    if threads < 2 {
        return items.iter().map(make).collect();
    }
    // A thread that is held up takes fewer of them.
    let parts = Mutex::new(items.chunks(FEW).enumerate());
    let work = || {
        let mut made: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let part = parts.lock().expect("nothing panics with it").next();
            let Some((at, part)) = part else {
                return made;
            };
            made.push((at, part.iter().map(&make).collect()));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let made = threads.into_iter().flat_map(|thread| {
            let made = thread.join();
            made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        made.collect::<Vec<_>>()
    });
    all.sort_unstable_by_key(|&(at, _)| at);
    all.into_iter().flat_map(|(_, made)| made).collect()
}

/// The rule files of a folder.
fn files_of(folder: &Path) -> Result<Vec<Found<File>>> {
    let read = |path: &PathBuf| {
        let name = path.to_string_lossy().into_owned();
        match bytes_of(path).map(String::from_utf8) {
            Ok(Ok(text)) => File::read(SourceFile::new(name, text)),
            Ok(Err(error)) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
                let problem = SourceFile::new(name, text).problem(at..end, "this is not UTF-8");
                Err(vec![problem.with_help("save the file as UTF-8")])
            }
            Err(error) => Err(vec![unreadable(&name, &error.to_string())]),
        }
    };
    Ok(each(&rule_files(folder)?, read))
}

/// The bytes of a file, which is likely a small one: its size is not asked for first, which would be one
/// call to the system in five.
fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(SMALL);
    let mut file = std::fs::File::open(path)?.take(u64::MAX);
    file.read_to_end(&mut bytes)?;
    bytes.shrink_to_fit();
    Ok(bytes)
}

/// The rule files of a folder, in the order of their names.
fn rule_files(folder: &Path) -> Result<Vec<PathBuf>> {
    if folder.is_file() {
        let problem = unreadable(&folder.display().to_string(), "this is a file");
        return Err(Error::new(vec![
            problem.with_help("name the folder that the rule files are in"),
        ]));
    }
    let mut paths = Vec::new();
    for place in [folder.to_owned(), folder.join("families")] {
        if place != folder && !place.is_dir() {
            continue;
        }
        let list = || -> std::io::Result<Vec<_>> {
            std::fs::read_dir(&place)?
                .map(|entry| Ok(entry?.path()))
                .collect()
        };
        let mut found = list().map_err(|error| {
            let name = place.display().to_string();
            Error::new(vec![unreadable(&name, &error.to_string())])
        })?;
        // Editors and file systems keep files of their own beside them, whose names begin with a dot.
        found.retain(|path| {
            let is_hidden = || {
                let name = path.file_name().unwrap_or_default();
                name.as_encoded_bytes().starts_with(b".")
            };
            path.extension().is_some_and(|of| of == "toml") && !is_hidden()
        });
        // They are of one folder: to compare them part by part would be slow.
        found.sort_unstable_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
        paths.extend(found);
    }
    Ok(paths)
}

fn unreadable(name: &str, why: &str) -> Problem {
    SourceFile::new(name, "").problem(0..0, format!("this cannot be read: {why}"))
}

/// The host of a URL, or a bare host, in small letters.
fn host(address: &str) -> Option<Cow<'_, str>> {
    let usual = usual_host(address).map(Cow::Borrowed);
    usual.or_else(|| any_host(address).map(Cow::Owned))
}

/// That of a URL as nearly all are: nothing but a host in small letters before its path.
fn usual_host(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("http")?;
    let rest = rest.strip_prefix("s").unwrap_or(rest);
    let rest = rest.strip_prefix("://")?;
    let is_usual = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    let end = rest.bytes().position(|byte| !is_usual(byte))?;
    let (host, path) = rest.split_at(end);
    (path.starts_with('/') && !host.is_empty() && !host.ends_with('.')).then_some(host)
}

/// That of anything that may be a URL or a bare host.
fn any_host(address: &str) -> Option<String> {
    let address = address.trim();
    // An address without a scheme may have another one in its path.
    let is_scheme = |before: &str| !before.contains(['/', '?', '#', '\\']);
    let behind_scheme = address
        .split_once("://")
        .filter(|(before, _)| is_scheme(before))
        .map_or(address.trim_start_matches('/'), |(_, rest)| rest);
    let authority = behind_scheme.split(['/', '?', '#', '\\']).next()?;
    let behind_user = authority.rsplit('@').next()?;
    let host = behind_user.split(':').next()?.trim_end_matches('.');
    (!host.is_empty()).then(|| host.to_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_made_of_each_is_in_their_order() {
        for count in [0, 1, FEW, 2 * FEW + 1, 100 * FEW] {
            let items: Vec<usize> = (0..count).collect();
            let wanted: Vec<String> = items.iter().map(usize::to_string).collect();
            assert_eq!(each(&items, usize::to_string), wanted);
        }
    }

    #[test]
    fn bundled_files_are_what_their_texts_say() {
        for file in &Outlets::bundled().files {
            let read = File::read(file.source.clone()).unwrap();
            assert_eq!(file.outlet, read.outlet);
            assert_eq!(format!("{:?}", file.head), format!("{:?}", read.head));
            let (unpacked, read) = (file.whole().unwrap(), read.whole().unwrap());
            assert_eq!(format!("{unpacked:?}"), format!("{read:?}"));
        }
    }

    proptest! {
        #[test]
        fn usual_hosts_are_those_of_any_address(address in "(https?|ftp|http)?(://|:/|//)?[a-zA-Z@:.-]{0,8}[/?# ]?[a-z:/]{0,8}") {
            if let Some(host) = usual_host(&address) {
                prop_assert_eq!(any_host(&address).unwrap(), host);
            }
        }
    }

    #[test]
    fn hosts_are_those_of_the_address_itself() {
        for (address, wanted) in [
            (
                "https://www.Herald.example/a?b=c",
                Some("www.herald.example"),
            ),
            ("herald.example", Some("herald.example")),
            ("//herald.example/a", Some("herald.example")),
            (
                "https://me:secret@herald.example:8080/a",
                Some("herald.example"),
            ),
            ("herald.example./a", Some("herald.example")),
            (
                "herald.example/go?to=http://gazette.example/b",
                Some("herald.example"),
            ),
            (
                "herald.example/http://gazette.example/b",
                Some("herald.example"),
            ),
            (
                "herald.example#http://gazette.example/b",
                Some("herald.example"),
            ),
            (
                "https://herald.example/http://gazette.example/b",
                Some("herald.example"),
            ),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(host(address).as_deref(), wanted, "{address}");
        }
    }

    #[test]
    fn heads_of_bundled_files_are_those_of_the_whole_files() {
        for file in &Outlets::bundled().files {
            let whole = file.whole().unwrap();
            assert!(file.head.rules().next().is_none(), "{}", file.source.name);
            let head = RuleFile {
                list: Vec::new(),
                line: Vec::new(),
                block: Vec::new(),
                inline: Vec::new(),
                duplicate: Vec::new(),
                ..whole.clone()
            };
            assert_eq!(format!("{:?}", file.head), format!("{head:?}"));
        }
    }
}
