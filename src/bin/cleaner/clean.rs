//! The run over the inputs: from the arguments to jobs, work and results.

use std::cmp::Reverse;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use cleaner::{Categories, Cleaner, Outlets};

use crate::args::{Clean, OnError, Shared, Stats};
use crate::console::{Console, Failure, counted};
use crate::formats::jsonl::Fields;
use crate::formats::{self, Buffers, Compression, Format, parquet};
use crate::inputs::{self, Inputs};
use crate::jobs::{Jobs, Reading};
use crate::listed::List;
use crate::output::{self, Naming, Targets};
use crate::render::stats::Totals;
use crate::results::Results;
use crate::resume::Manifest;
use crate::rules::Source;
use crate::work::{Gathered, Rules, Show, Work};
use crate::{DIFFERENT, ERROR, FINE, pipeline};

/// The fields that tell a page's address in the records of FineWeb, C4, CC-News, Dolma, datatrove
/// and DCLM.
const URL_FIELDS: &[&str] = &[
    "url",
    "metadata.url",
    "metadata.WARC-Target-URI",
    "WARC-Target-URI",
    "warc_target_uri",
    "requested_url",
    "responded_url",
    "source_url",
    "metadata.source_url",
    "domain",
    "metadata.domain",
];
/// The bytes of a file that one thread cleans sooner than several.
const SMALL: u64 = 16 << 10;
/// How many names of outlets that there are not are told.
const TOLD: usize = 3;
/// The fields that tell a page's outlet.
const OUTLET_FIELDS: &[&str] = &["outlet", "metadata.outlet"];

/// Cleans the inputs that the arguments name; returns the exit code.
pub fn run(args: &Clean, console: Console) -> Result<u8, Failure> {
    // The memory of ten thousand rule files is sooner given back by the end of the program.
    let outlets = Box::leak(Box::new(Source::of(&args.shared.rules)?));
    once(args, outlets, console)
}

/// Cleans the inputs that the arguments name by these rules; returns the exit code.
///
/// # Errors
/// As those of [`run`].
pub fn once(args: &Clean, outlets: &Outlets, console: Console) -> Result<u8, Failure> {
    let (totals, _, show) = with(args, outlets, None, None, None, console)?;
    Ok(status(&totals, args, show, console))
}

/// Reads the inputs that the arguments name and writes nothing: what is gathered of them, and the
/// exit code.
///
/// `against`: the rules that the run compares with; `file`: what is written of it, which is nothing that is
/// read.
///
/// # Errors
/// As those of [`run`].
pub fn gather(
    args: &Clean,
    show: Show,
    outlets: &Outlets,
    against: Option<&Outlets>,
    file: Option<&Path>,
    console: Console,
) -> Result<(Totals, Gathered, u8), Failure> {
    let (mut totals, gathered, show) = with(args, outlets, against, Some(show), file, console)?;
    totals.look_for_idle_rules(outlets);
    let status = status(&totals, args, show, console);
    Ok((totals, gathered, status))
}

/// A run with these rules; what it shows, unless that is said, the arguments tell.
fn with(
    args: &Clean,
    outlets: &Outlets,
    against: Option<&Outlets>,
    gathers: Option<Show>,
    file: Option<&Path>,
    console: Console,
) -> Result<(Totals, Gathered, Show), Failure> {
    let rules = Rules {
        outlets,
        named: named_outlet(args, outlets)?,
        addressed: addressed_outlet(args, outlets, console)?,
        by_folder: args.shared.by_folder,
    };
    let against = against.map(|outlets| before(args, outlets)).transpose()?;
    let categories = categories(args).map_err(Failure::Said)?;
    refuse_senseless(args).map_err(Failure::Said)?;
    if args.file_list.iter().any(|list| inputs::is_stdin(list))
        && args.paths.iter().any(|path| inputs::is_stdin(path))
    {
        let what = "`-`, standard input, is named twice: as the list of files and as a page";
        return Err(Failure::Said(what.to_owned()));
    }
    let listed = args.file_list.as_deref();
    let listed = listed
        .map(|list| inputs::listed(list, args.null))
        .transpose();
    let listed = listed.map_err(Failure::Said)?;
    let is_stdin = args.paths.is_empty() && listed.is_none();
    let stdin_name = args.stdin_filename.as_deref();
    let mut inputs = Inputs::find(&args.paths, listed, stdin_name, args.shared.follow, console)
        .map_err(Failure::Said)?;
    if args.annotate.is_some() && args.output.is_none() {
        inputs.leave_out_attributes();
    }
    let targets = targets(args, &inputs).map_err(Failure::Said)?;
    if targets.is_none() {
        output::refuse_own_input(&inputs).map_err(Failure::Said)?;
        if args.removed.is_some() && inputs.list.len() > 1 {
            let what = "--removed of several files needs --output or --in-place: what is put together on standard output could not be taken apart again";
            return Err(Failure::Said(what.to_owned()));
        }
    }
    refuse_names(args, &inputs, targets.as_ref()).map_err(Failure::Said)?;
    let lists = [
        (List::Removed, args.removed.as_deref()),
        (List::Rejected, args.on_error.rejected()),
    ];
    let beside: Vec<&Path> = lists.iter().filter_map(|(_, path)| *path).collect();
    for path in &beside {
        refuse_unknown_compression(path, !output::is_meant_as_folder(path))
            .map_err(Failure::Said)?;
    }
    let beside: Vec<&Path> = beside.into_iter().chain(file).collect();
    let folder = args.shared.rules.folder();
    let rule_files = outlets.outlets().map(|outlet| Path::new(&outlet.file));
    let is_of_folder = |file: &&Path| {
        folder
            .as_ref()
            .is_some_and(|folder| file.starts_with(folder))
    };
    let mut rule_files = rule_files.filter(is_of_folder).peekable();
    let is_empty = rule_files.peek().is_none();
    let list = args.file_list.as_deref();
    let list = list.filter(|list| !inputs::is_stdin(list));
    let told_by = rule_files
        .map(|file| (file, "a rule file"))
        .chain(list.map(|list| (list, "the list of files")));
    output::refuse_beside(&inputs, targets.as_ref(), told_by, &beside).map_err(Failure::Said)?;
    if let Some(folder) = &folder
        && is_empty
    {
        let what = "no rule files (*.toml) are in this folder";
        console.note(&folder.display().to_string(), what);
    }
    if is_stdin && io::stdin().is_terminal() {
        console.note("cleaner", "reading from the terminal; see also --help");
    }
    let show = match gathers {
        Some(show) => show,
        None => show(args, &inputs, targets.is_some()).map_err(Failure::Said)?,
    };
    let (urls, outlet_fields) = (
        or_usual(&args.shared.url_field, URL_FIELDS),
        or_usual(&args.shared.outlet_field, OUTLET_FIELDS),
    );
    let added = args.add_fields.as_deref();
    if let Some(key) = added
        && (key == args.shared.text_field
            || key == "id"
            || urls.iter().chain(&outlet_fields).any(|field| field == key))
    {
        let what = format!(
            "--add-fields {key}: this is a field of records that is read; name another key"
        );
        return Err(Failure::Said(what));
    }
    let buffers: Arc<Buffers> = Arc::default();
    let work = Work {
        console,
        read: buffers.clone(),
        written: Buffers::default(),
        args,
        rules,
        against,
        rules_hash: if args.json || args.removed.is_some() || args.resume {
            outlets.hash()
        } else {
            String::new()
        },
        refused: Mutex::default(),
        categories,
        show,
        fields: Fields::new(&args.shared.text_field, &urls, &outlet_fields, added),
        inputs: &inputs,
        targets: targets.as_ref(),
        sample_below: AtomicU64::new(if args.sample == Some(0) { 0 } else { u64::MAX }),
    };
    for (list, path) in lists {
        if let Some(folder) = path.filter(|path| output::is_meant_as_folder(path)) {
            let name = |at| work.listed(at, list);
            output::refuse_shared(&inputs, list, folder, name).map_err(Failure::Said)?;
        }
    }
    let reading = Reading {
        args,
        buffers,
        columns: parquet::Columns {
            text: &args.shared.text_field,
            url: &urls,
            outlet: &outlet_fields,
        },
        passed: Arc::default(),
        is_over: inputs.list.iter().map(|_| AtomicBool::new(false)).collect(),
    };
    let manifest = resumed(&work, &reading).map_err(Failure::Said)?;
    let (totals, gathered) = over(&work, &reading, manifest)?;
    note_undecided(&totals, outlets, console);
    for (count, what) in [
        (
            totals.kept,
            "records that could not be read, kept as they are",
        ),
        (totals.rejected, "records that could not be read, rejected"),
    ] {
        if count > TOLD && args.stats.is_none() {
            console.note("cleaner", format!("{what}: {count}"));
        }
    }
    if totals.without_text > 0 && args.stats.is_none() {
        let (without, field) = (totals.without_text, &args.shared.text_field);
        let what = format!("records without a text under `{field}`, unchanged: {without}");
        console.note("cleaner", what);
    }
    Ok((totals, gathered, show))
}

/// Runs over the inputs.
fn over(
    work: &Work,
    reading: &Reading,
    manifest: Option<Manifest>,
) -> Result<(Totals, Gathered), Failure> {
    let mut results = Results::new(work, reading, manifest).map_err(Failure::Said)?;
    let mut jobs = Jobs::new(work.inputs, reading);
    let is_small = is_small(work.inputs);
    if !is_small {
        output::heed_signals();
    }
    let threads = if is_small {
        1
    } else {
        threads(work.args.threads)
    };
    let sharing = if work.writes_pages() { threads } else { 0 };
    pipeline::run(
        threads,
        || jobs.next_few(sharing),
        |jobs| jobs.iter().any(|job| job.is_large(work.inputs)),
        |jobs| jobs.into_iter().map(|job| work.on(job)).collect::<Vec<_>>(),
        |done| done.into_iter().try_for_each(|done| results.take(done)),
    )?;
    let gathered = std::mem::take(&mut results.gathered);
    let stats = work.args.stats.map(|form| {
        results.totals.look_for_idle_rules(work.rules.outlets);
        match form {
            Stats::Table => results.totals.table(),
            Stats::Json => results.totals.json(),
        }
    });
    Ok((results.finish(stats.as_deref())?, gathered))
}

/// Whether all there is to do is done before another thread has started.
fn is_small(inputs: &Inputs) -> bool {
    let [input] = &inputs.list[..] else {
        return false;
    };
    let metadata = input.as_file().and_then(|path| path.metadata().ok());
    metadata.is_some_and(|file| file.is_file() && file.len() < SMALL)
}

fn threads(asked: u16) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        asked => usize::from(asked),
    }
}

fn or_usual(asked: &[String], usual: &[&str]) -> Vec<String> {
    if asked.is_empty() {
        usual.iter().map(|&field| field.to_owned()).collect()
    } else {
        asked.to_vec()
    }
}

/// The outlet that `--outlet` names.
fn named_outlet(args: &Clean, outlets: &Outlets) -> Result<Option<Arc<Cleaner>>, Failure> {
    let Some(id) = &args.shared.outlet else {
        return Ok(None);
    };
    let cleaner = outlets.cleaner(id)?.ok_or_else(|| {
        let nearest = outlets.nearest_id(id);
        let meant = nearest.map_or(String::new(), |id| format!("; did you mean `{id}`?"));
        format!("there is no outlet `{id}`{meant} (`cleaner rules list` shows all)")
    })?;
    Ok(Some(cleaner))
}

/// The outlet of the address that `--url` names.
fn addressed_outlet(
    args: &Clean,
    outlets: &Outlets,
    console: Console,
) -> Result<Option<Arc<Cleaner>>, Failure> {
    let Some(url) = args
        .shared
        .url
        .as_ref()
        .filter(|_| args.shared.outlet.is_none())
    else {
        return Ok(None);
    };
    let Some(outlet) = outlets.by_address(url) else {
        console.note(
            url,
            "no outlet has this address; the text's own signs decide",
        );
        return Ok(None);
    };
    Ok(outlets.cleaner(&outlet.id)?)
}

/// The rules that the run compares with. They need not know the outlet that the arguments name: a
/// new one is what is to be seen.
fn before<'a>(args: &Clean, outlets: &'a Outlets) -> Result<Rules<'a>, Failure> {
    let cleaner = |id: &str| outlets.cleaner(id);
    let named = args
        .shared
        .outlet
        .as_deref()
        .map(cleaner)
        .transpose()?
        .flatten();
    let by_address = args
        .shared
        .url
        .as_deref()
        .and_then(|url| outlets.by_address(url));
    let addressed = by_address.map(|outlet| cleaner(&outlet.id)).transpose()?;
    Ok(Rules {
        outlets,
        named,
        addressed: addressed.flatten(),
        by_folder: args.shared.by_folder,
    })
}

fn categories(args: &Clean) -> Result<Categories, String> {
    if let Some(both) = args
        .shared
        .keep
        .iter()
        .find(|category| args.shared.also.contains(category))
    {
        return Err(format!("--keep and --also both name {both}"));
    }
    let also = |set: Categories, category: &_| set.also(*category);
    let keep = |set: Categories, category: &_| set.keep(*category);
    let categories = args.shared.also.iter().fold(Categories::default(), also);
    Ok(args.shared.keep.iter().fold(categories, keep))
}

/// Arguments that cannot be meant together, as far as clap cannot tell.
fn refuse_senseless(args: &Clean) -> Result<(), String> {
    let is_written = args.in_place || args.output.is_some() || args.annotate.is_some();
    let shows = args.diff || args.check || args.json || args.explain;
    let what = if args.dry_run && !is_written {
        "--dry-run goes with --output or --in-place; to see what would go use --diff"
    } else if args.in_place && args.paths.is_empty() && args.file_list.is_none() {
        "--in-place needs the files or folders to rewrite"
    } else if args.spans != crate::args::Spans::Bytes && !args.json && args.removed.is_none() {
        "--spans goes with --json or --removed"
    } else if args.removed.is_some() && (shows || args.sample.is_some() && !is_written) {
        "--removed goes with the cleaned text: with --output, --in-place or standard output"
    } else if args.annotate.is_some() && shows {
        "--annotate shows nothing; leave out --diff, --check, --json or --explain"
    } else if args.in_place
        && args
            .removed
            .as_deref()
            .is_some_and(|path| !output::is_meant_as_folder(path))
    {
        "--in-place needs --removed to be a folder, so that what goes of a file is kept before the file is rewritten: write it with a slash at its end"
    } else if args.in_place
        && args
            .on_error
            .rejected()
            .is_some_and(|path| !output::is_meant_as_folder(path))
    {
        "--in-place needs --on-error reject to name a folder, so that the records that a file loses are kept before the file is rewritten: write it with a slash at its end"
    } else if args.to.is_some() && args.on_error == OnError::Keep {
        "--to jsonl cannot write a record as it is, which --on-error keep asks for; --on-error reject=FILE puts it aside"
    } else if args.resume
        && args
            .removed
            .as_deref()
            .is_some_and(|path| !output::is_meant_as_folder(path))
    {
        "--resume needs --removed to be a folder, so that it can leave alone what is done: write it with a slash at its end"
    } else if args.resume && args.output.is_none() {
        "--resume goes with an output folder: name it with --output"
    } else if args.resume
        && (args.in_place || args.dry_run || matches!(args.on_error, OnError::Reject(_)))
    {
        "--resume goes with an output folder, not with --in-place, --dry-run or --on-error reject"
    } else {
        return Ok(());
    };
    Err(what.to_owned())
}

fn targets(args: &Clean, inputs: &Inputs) -> Result<Option<Targets>, String> {
    let naming = Naming {
        to: args.to.as_ref().map(|_| Format::Jsonl),
        compression: args.compress,
    };
    Ok(match (&args.output, &args.annotate) {
        (Some(output), _) => Some(Targets::at(output, naming, inputs)?),
        (None, Some(name))
            if !args.to_stdout && inputs.list.iter().any(|input| input.as_file().is_some()) =>
        {
            Some(Targets::beside(name, inputs)?)
        }
        (None, None) if args.in_place => Some(Targets::in_place(inputs)?),
        (None, _) => None,
    })
}

/// Refuses a format that something asked for is not made for.
///
/// # Errors
/// What goes with what, in words.
pub fn refuse_format(args: &Clean, format: Format) -> Result<(), String> {
    let only = |what: &str, formats: &[Format], which: &str| {
        if formats.contains(&format) {
            Ok(())
        } else {
            Err(format!("{what} is for {which}; this is {}", format.name()))
        }
    };
    if args.to.is_some() {
        only("--to jsonl", &[Format::Wet], "WET files")?;
    }
    if args.annotate.is_some() {
        only("--annotate", &[Format::Jsonl], "JSONL")?;
    }
    if args.add_fields.is_some() {
        only("--add-fields", &[Format::Jsonl], "JSONL")?;
    }
    if let OnError::Reject(_) = args.on_error {
        let records = [Format::Jsonl, Format::Wet];
        only(
            "--on-error reject",
            &records,
            "the records of JSONL and WET",
        )?;
    }
    Ok(())
}

/// Refuses to compress Parquet.
fn refuse_packed_parquet(args: &Clean, format: Format, target: &Path) -> Result<(), String> {
    let is_packed = |compression| compression != Compression::None;
    let what = if format != Format::Parquet {
        return Ok(());
    } else if args.compress.is_some_and(is_packed) {
        "--compress"
    } else if is_packed(formats::named(target).1) {
        "the name of the output"
    } else {
        return Ok(());
    };
    Err(format!(
        "Parquet compresses its columns itself and stays as it is, but {what} asks for more"
    ))
}

/// Refuses a file whose name tells of a compression that is not written; `is_list`: it is one of records,
/// and no page, which may be named for its host.
fn refuse_unknown_compression(target: &Path, is_list: bool) -> Result<(), String> {
    let extension = target.extension().unwrap_or_default().to_string_lossy();
    let others = ["bz2", "xz", "lz4", "lzma", "br", "zip", "7z", "gzip"];
    let is_format = is_list || formats::named(&target.with_extension("")).0.is_some();
    match is_format && others.contains(&&*extension.to_lowercase()) {
        true => Err(format!(
            "{} would not be compressed as its name says: .gz and .zst are",
            target.display()
        )),
        false => Ok(()),
    }
}

/// Refuses names that a list could not hold, and formats that do not fit, as far as names tell them:
/// nothing has been written yet.
fn refuse_names(args: &Clean, inputs: &Inputs, targets: Option<&Targets>) -> Result<(), String> {
    let lists = [
        ("--removed", args.removed.is_some()),
        ("--resume", args.resume),
    ];
    let list = lists.iter().find(|(_, is_written)| *is_written);
    for (at, input) in inputs.list.iter().enumerate() {
        if let Some((list, _)) = list
            && std::str::from_utf8(input.raw_name()).is_err()
        {
            let name = input.name();
            return Err(format!(
                "{name}: the name is not UTF-8, and {list} could not write it down; rename the file"
            ));
        }
        if let Some(targets) = targets {
            refuse_unknown_compression(&targets.files[at], false)?;
        }
        let Some(format) = args.shared.format.or(input.format()) else {
            continue;
        };
        refuse_format(args, format).map_err(|what| format!("{}: {what}", input.name()))?;
        let Some(targets) = targets else { continue };
        refuse_packed_parquet(args, format, &targets.files[at])
            .map_err(|what| format!("{}: {what}", input.name()))?;
        let is_jsonl = args.to.is_some() || args.annotate.is_some();
        let written = if is_jsonl { Format::Jsonl } else { format };
        let target = &targets.files[at];
        if let (Some(other), _) = formats::named(target)
            && other != written
        {
            let (target, called, other) = (target.display(), written.name(), other.name());
            let hint = if format == Format::Wet && other == Format::Jsonl.name() {
                "; --to jsonl writes JSONL"
            } else {
                ""
            };
            return Err(format!(
                "{target} would be {called}, and is named as {other}{hint}"
            ));
        }
    }
    Ok(())
}

fn show(args: &Clean, inputs: &Inputs, is_written: bool) -> Result<Show, String> {
    let formats: Vec<Option<Format>> = inputs
        .list
        .iter()
        .map(|input| args.shared.format.or(input.format()))
        .collect();
    let is_parquet = formats.contains(&Some(Format::Parquet));
    // Records of several files are as good in one.
    let runs_on = |format: Format| formats.iter().all(|of| *of == Some(format));
    let is_table_alone = args.stats.is_some() && (inputs.are_many || is_parquet);
    let is_one = !inputs.are_many || runs_on(Format::Jsonl) || runs_on(Format::Wet);
    Ok(if args.diff {
        Show::Diff
    } else if args.check {
        Show::Check
    } else if args.json {
        Show::Json
    } else if args.explain {
        Show::Explain
    } else if args.dry_run {
        Show::Plan
    } else if args.sample.is_some() {
        Show::Sample
    } else if is_written || inputs.list.is_empty() || is_table_alone {
        Show::Nothing
    } else if is_parquet {
        return Err("Parquet is no stream; name the file to write with --output".to_owned());
    } else if !is_one {
        return Err(
            "the texts of several pages would run into one; say what to do with them: --output, --in-place, --diff, --check, --json or --stats"
                .to_owned(),
        );
    } else {
        Show::Text
    })
}

/// The list of what is done, with `--resume`; what it has is left out.
fn resumed(work: &Work, reading: &Reading) -> Result<Option<Manifest>, String> {
    let (true, Some(targets)) = (work.args.resume, work.targets) else {
        return Ok(None);
    };
    let Some(folder) = &targets.folder else {
        let what = "--resume goes with an output folder: write it with a slash at its end";
        return Err(what.to_owned());
    };
    let args = work.args;
    let mut manifest = Manifest::open(folder, &run_of(args, &work.rules_hash))?;
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut done = 0;
    for (at, input) in work.inputs.list.iter().enumerate() {
        let target = &targets.files[at];
        folders.extend(target.parent().map(PathBuf::from));
        let mut is_there = true;
        if let Some(removed) = &args.removed {
            let removed =
                output::beside_path(removed, work.listed(at, List::Removed), List::Removed);
            folders.extend(removed.parent().map(PathBuf::from));
            // One that is whole has at least its last line.
            is_there = removed.metadata().is_ok_and(|file| file.len() > 0);
        }
        if manifest.has(input, target) && is_there {
            reading.is_over[at].store(true, Ordering::Relaxed);
            done += 1;
        }
    }
    folders.sort();
    folders.dedup();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        output::sweep(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    if done > 0 {
        let all = work.inputs.list.len();
        work.console
            .note("cleaner", format!("{done} of {all} files are done already"));
    }
    Ok(Some(manifest))
}

/// All that outputs depend on besides their inputs.
fn run_of(args: &Clean, rules_hash: &str) -> String {
    // An option that is new is to be placed among those that count, or those that do not.
    let Clean {
        paths: _,
        file_list: _,
        null: _,
        shared:
            Shared {
                format,
                follow: _,
                text_field,
                url_field,
                outlet_field,
                outlet,
                url,
                by_folder,
                rules: _,
                keep,
                also,
            },
        require_text,
        max_record,
        on_error,
        stdin_filename: _,
        output: _,
        to_stdout: _,
        in_place: _,
        dry_run: _,
        to,
        compress,
        add_fields,
        annotate,
        removed,
        resume: _,
        diff: _,
        watch: _,
        check: _,
        json: _,
        spans,
        sample: _,
        seed: _,
        explain: _,
        stats: _,
        threads: _,
        quiet: _,
        strict: _,
    } = args;
    let version = env!("CARGO_PKG_VERSION");
    let outlets = (outlet, url, by_folder, keep, also);
    let records = (
        format,
        text_field,
        url_field,
        outlet_field,
        require_text,
        max_record,
        on_error,
    );
    let outputs = (to, compress, add_fields, annotate, removed, spans);
    format!("{version} {rules_hash} {outlets:?} {records:?} {outputs:?}")
}

fn note_undecided(totals: &Totals, outlets: &Outlets, console: Console) {
    let (undecided, all) = (totals.undecided, totals.documents);
    if undecided == 0 {
        return;
    }
    let which = match (undecided, all) {
        (1, 1) => "the page is".to_owned(),
        (1, _) => format!("1 of {all} pages is"),
        _ => format!("{undecided} of {all} pages are"),
    };
    console.note(
        "cleaner",
        format!("{which} unchanged, the outlet is not known; --outlet or --url names it"),
    );
    let mut unknown: Vec<(&String, &usize)> = totals.unknown_outlets.iter().collect();
    unknown.sort_by_key(|(id, count)| (Reverse(**count), *id));
    for (id, count) in unknown.into_iter().take(TOLD) {
        let meant = outlets.nearest_id(id);
        let meant = meant.map_or(String::new(), |id| format!("; did you mean `{id}`?"));
        let records = counted(*count, "record names", "records name");
        let what = format!("{records} the outlet `{id}`, which there is not{meant}");
        console.note("cleaner", what);
    }
}

/// The exit code; what `--strict` makes an error is told.
fn status(totals: &Totals, args: &Clean, show: Show, console: Console) -> u8 {
    let wanting = [
        (totals.flagged, "flagged"),
        (totals.undecided, "of no known outlet"),
        (totals.kept, "kept unchanged"),
        (totals.rejected, "rejected"),
        (totals.without_text, "without a text"),
    ];
    let wanting = wanting
        .iter()
        .filter(|(count, _)| args.strict && *count > 0);
    let wanting: Vec<String> = wanting
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !wanting.is_empty() {
        let what = format!("--strict makes an error of these: {}", wanting.join(", "));
        console.error("cleaner", what);
    }
    if totals.failed > 0 || !wanting.is_empty() {
        ERROR
    } else if totals.changed > 0 && matches!(show, Show::Diff | Show::Check) {
        DIFFERENT
    } else {
        FINE
    }
}
