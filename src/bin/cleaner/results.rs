//! The sink of the run: what came of the jobs, in their order, told, shown, counted and written.

use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use crate::console::{Failure, one_line, tell};
use crate::formats::{self, Compression, Packer, parquet};
use crate::jobs::Reading;
use crate::listed::{Beside, Finished, List, Listed};
use crate::output::Pending;
use crate::progress::Progress;
use crate::render::stats::Totals;
use crate::resume::{Manifest, SMALL};
use crate::work::{Done, Drawn, Gathered, Out, Show, Told, Work};

/// What the sink keeps between results.
pub struct Results<'a> {
    work: &'a Work<'a>,
    reading: &'a Reading<'a>,
    pub totals: Totals,
    pub gathered: Gathered,
    /// Standard output, once something is written to it.
    stdout: Option<Stdout>,
    /// The input of which something went there last, and the last bytes of that.
    shown: Option<(usize, [u8; 4])>,
    /// The output of the input whose results come in.
    open: Option<Open>,
    /// The lines of `--removed` and of `--on-error reject`.
    removed: Beside,
    rejected: Beside,
    /// The sample so far: the largest number first.
    sample: BinaryHeap<Drawn>,
    manifest: Option<Manifest>,
    progress: Progress,
    /// Flagged documents that were told one by one.
    noted: usize,
    /// The totals before the input whose results come in, if it has several.
    before: Option<Totals>,
    /// Whether something has changed in the input whose results come in.
    changed: bool,
    /// Whether there were results of it.
    is_within: bool,
    /// Bytes that go of it.
    gone: usize,
}

type Stdout = Packer<BufWriter<Box<dyn Write + Send>>>;

/// An output that is being written.
enum Open {
    Bytes(Box<Packer<Pending>>),
    Rows(Box<parquet::Writer<Pending>>),
}

impl<'a> Results<'a> {
    /// Opens what is written beside the outputs.
    ///
    /// # Errors
    /// What cannot be written, in words.
    pub fn new(
        work: &'a Work<'a>,
        reading: &'a Reading<'a>,
        manifest: Option<Manifest>,
    ) -> Result<Results<'a>, String> {
        let args = work.args;
        let is_plan = work.show == Show::Plan;
        let beside = |list, path: Option<&Path>| Beside::new(list, path.filter(|_| !is_plan));
        let removed = beside(List::Removed, args.removed.as_deref())?;
        let rejected = beside(List::Rejected, args.on_error.rejected())?;
        Ok(Results {
            work,
            reading,
            totals: Totals::new(work.inputs.failed),
            gathered: Gathered::default(),
            stdout: None,
            shown: None,
            open: None,
            removed,
            rejected,
            sample: BinaryHeap::new(),
            manifest,
            progress: Progress::new(work, reading),
            noted: 0,
            before: None,
            changed: false,
            is_within: false,
            gone: 0,
        })
    }

    /// Takes what came of a job.
    ///
    /// # Errors
    /// Standard output, `--removed` or `--on-error reject` cannot be written; nothing can be gone on
    /// with then.
    pub fn take(&mut self, mut done: Done) -> Result<(), Failure> {
        let refused = self.work.refused.lock();
        if let Some(error) = refused.unwrap_or_else(PoisonError::into_inner).take() {
            return Err(Failure::Rules(error));
        }
        let at = done.at;
        if self.is_over(at) {
            return Ok(());
        }
        let mut noted = 0;
        for told in done.told.drain(..) {
            match told {
                Told::Note { name, what } => {
                    noted += 1;
                    self.work.console.note(&name, what);
                }
                Told::Error { name, what } => self.work.console.error(&name, what),
            }
        }
        // What has gone to standard output stays there, whatever comes behind it.
        let is_stream = self.work.targets.is_none();
        if !is_stream && !self.is_within && !done.is_end {
            self.before = Some(self.totals.clone());
        }
        self.is_within = true;
        self.gathered.merge(std::mem::take(&mut done.gathered));
        for drawn in done.sample.drain(..) {
            self.draw(drawn);
        }
        self.changed |= done.changed;
        self.gone += done.totals.gone();
        let mut failed = done.failed;
        if !failed || is_stream {
            let name = |list| self.work.listed(at, list);
            let rejected = name(List::Rejected);
            let written = self.rejected.write(rejected, &done.rejected, is_stream);
            written.map_err(Failure::Said)?;
            let removed = name(List::Removed);
            let written = self.removed.write(removed, &done.removed, is_stream);
            written.map_err(Failure::Said)?;
        }
        if is_stream {
            self.show(&mut done)?;
        } else if !failed && let Err(what) = self.write(&mut done) {
            failed = !self.failed(at, what);
        }
        if !failed && done.is_end {
            failed = !self.end(at)?;
        }
        if failed {
            self.open = None;
            // What has gone to standard output has gone.
            if is_stream {
                for list in self.finish_lists(at, true, false)? {
                    list.commit().map_err(Failure::Said)?;
                }
            }
            self.rejected.drop_own();
            self.removed.drop_own();
        }
        if !failed || is_stream {
            self.totals.merge(&done.totals);
            self.noted += noted;
        } else {
            // Of its documents nothing is written.
            let failed = self.totals.failed + done.totals.failed;
            if let Some(before) = self.before.take() {
                self.totals = before;
            }
            self.totals.failed = failed;
        }
        if failed || done.is_end {
            for listed in self.listed() {
                let settled = if failed {
                    listed.forget()
                } else {
                    listed.write(&[], true)
                };
                settled.map_err(Failure::Said)?;
            }
        }
        if failed || done.is_end {
            self.before = None;
            self.changed = false;
            self.is_within = false;
            self.gone = 0;
            self.reading.is_over[at].store(true, Ordering::Relaxed);
        }
        self.progress.show(&self.totals);
        Ok(())
    }

    /// The files of lines of all inputs.
    fn listed(&mut self) -> impl Iterator<Item = &mut Listed> {
        self.rejected
            .common()
            .into_iter()
            .chain(self.removed.common())
    }

    fn is_over(&self, at: usize) -> bool {
        self.reading.is_over[at].load(Ordering::Relaxed)
    }

    /// Writes to standard output.
    fn show(&mut self, done: &mut Done) -> io::Result<()> {
        let (buffer, packed) = match &mut done.out {
            Out::Bytes { bytes, packed } => (std::mem::take(bytes), *packed),
            // It is the only one.
            Out::Left(left) => {
                left.write_to(self.stdout(false)?)?;
                return self.answer(done.at);
            }
            Out::Written | Out::Rows { .. } => return Ok(()),
        };
        if buffer.is_empty() {
            return Ok(());
        }
        let mut bytes = &buffer[..];
        let mut glue: &[u8] = b"";
        // Several files of records become one.
        if let Some((before, last)) = self.shown
            && before != done.at
            && self.work.show == Show::Text
            && !packed
        {
            bytes = bytes.strip_prefix(formats::BOM).unwrap_or(bytes);
            glue = formats::glue(last, bytes);
        }
        let mut last = self.shown.map_or([0; 4], |(_, last)| last);
        let end = &bytes[bytes.len().saturating_sub(4)..];
        for byte in glue.iter().chain(end) {
            last.rotate_left(1);
            last[3] = *byte;
        }
        self.shown = Some((done.at, last));
        let stdout = self.stdout(packed)?;
        stdout.write_all(glue)?;
        stdout.write_all(bytes)?;
        self.work.written.give(buffer);
        self.answer(done.at)
    }

    /// Gives standard output away as far as it is written, if somebody may wait for it before giving us
    /// more.
    fn answer(&mut self, at: usize) -> io::Result<()> {
        let is_live = self.work.inputs.list[at].as_file().is_none();
        match &mut self.stdout {
            Some(stdout) if is_live => stdout.flush(),
            _ => Ok(()),
        }
    }

    /// Standard output; `packed`: what is written to it is compressed already.
    fn stdout(&mut self, packed: bool) -> io::Result<&mut Stdout> {
        let stdout = match self.stdout.take() {
            Some(stdout) => stdout,
            None => {
                let compression = match self.work.targets {
                    None if !packed => self.work.args.compress.unwrap_or(Compression::None),
                    _ => Compression::None,
                };
                Packer::new(self.work.console.out(), compression)?
            }
        };
        Ok(self.stdout.insert(stdout))
    }

    /// Writes to the output of the input.
    fn write(&mut self, done: &mut Done) -> Result<(), String> {
        let targets = self.work.targets.expect("there is an output");
        if self.work.show == Show::Plan {
            return Ok(());
        }
        let at = done.at;
        let nothing = Out::Bytes {
            bytes: Vec::new(),
            packed: false,
        };
        match std::mem::replace(&mut done.out, nothing) {
            Out::Written => Ok(()),
            Out::Rows { rows, texts } => {
                let written = self.rows(at)?.write(&rows, texts);
                written.map_err(|what| targets.cannot(at, &what))
            }
            // Of a Parquet file without rows all the rest is written.
            Out::Bytes { .. } if done.is_parquet => self.rows(at).map(drop),
            Out::Left(left) => {
                let out = self.bytes(at, false)?;
                left.write_to(out)
                    .map_err(|error| targets.cannot(at, &error))
            }
            Out::Bytes { bytes, packed } => {
                let out = self.bytes(at, packed)?;
                out.write_all(&bytes)
                    .map_err(|error| targets.cannot(at, &error))?;
                self.work.written.give(bytes);
                Ok(())
            }
        }
    }

    /// The output of an input of bytes.
    fn bytes(&mut self, at: usize, packed: bool) -> Result<&mut Packer<Pending>, String> {
        let targets = self.work.targets.expect("there is an output");
        if self.open.is_none() {
            let compression = if packed {
                Compression::None
            } else {
                self.work.compression(at)
            };
            let packer = Packer::new(targets.begin(at)?, compression)
                .map_err(|error| targets.cannot(at, &error))?;
            self.open = Some(Open::Bytes(Box::new(packer)));
        }
        match &mut self.open {
            Some(Open::Bytes(out)) => Ok(out),
            _ => unreachable!("an input has one format"),
        }
    }

    /// The output of a Parquet file.
    fn rows(&mut self, at: usize) -> Result<&mut parquet::Writer<Pending>, String> {
        let targets = self.work.targets.expect("there is an output");
        if self.open.is_none() {
            let input = self.work.inputs.list[at].as_file();
            let like = File::open(input.expect("Parquet is a file"));
            let like = like.map_err(|error| error.to_string())?;
            let out = targets.begin(at)?;
            let writer = parquet::Writer::new(like, &self.reading.columns, out)?;
            self.open = Some(Open::Rows(Box::new(writer)));
        }
        match &mut self.open {
            Some(Open::Rows(writer)) => Ok(writer),
            _ => unreachable!("an input has one format"),
        }
    }

    /// The input is at its end: its output appears. Whether it could be written; if not it is told.
    fn end(&mut self, at: usize) -> Result<bool, Failure> {
        let anew = self.work.args.in_place;
        let Some(targets) = self.work.targets else {
            let lists = self.finish_lists(at, true, anew);
            let ended = lists.and_then(|lists| {
                lists
                    .into_iter()
                    .try_for_each(|list| list.commit().map(drop))
            });
            return match ended {
                Ok(()) => Ok(true),
                Err(what) => Ok(self.failed(at, what)),
            };
        };
        if self.work.show == Show::Plan {
            if self.changed || !self.work.args.in_place {
                let target = one_line(&targets.files[at].display().to_string());
                let gone = self.gone;
                let stdout = self.stdout(false)?;
                writeln!(stdout, "would write {target} without {gone} bytes")?;
            }
            return Ok(true);
        }
        let is_kept = self.changed || !self.work.args.in_place;
        let cannot = |error: io::Error| targets.cannot(at, &error);
        // All files are whole before any appears.
        let whole = match self.open.take() {
            None => Ok(None),
            Some(_) if !is_kept => Ok(None),
            Some(Open::Bytes(out)) => out.finish().map(Some).map_err(cannot),
            // Not even the text column is encoded anew where nothing has changed.
            Some(Open::Rows(_)) if !self.changed => self.copy(at).map(Some),
            Some(Open::Rows(writer)) => {
                let file = writer.finish().map(Some);
                file.map_err(|what| targets.cannot(at, &what))
            }
        };
        let mut beside = Vec::new();
        let done = whole.and_then(|whole| {
            let lists = self.finish_lists(at, is_kept, anew)?;
            // Of a small one a power cut may leave less: the list tells then, and it is done again.
            let is_small = |file: &Pending| self.manifest.is_some() && file.size < SMALL;
            let name = || {
                let named = match whole {
                    None => Ok(()),
                    Some(file) if is_small(&file) => file.commit_page(),
                    Some(file) => file.commit(),
                };
                named.map_err(cannot)
            };
            // What went of an input appears before the input is rewritten; and that of an earlier run is not
            // replaced before the output is.
            if !anew {
                name()?;
                return lists
                    .into_iter()
                    .try_for_each(|list| list.commit().map(drop));
            }
            for list in lists {
                beside.push(list.commit()?);
            }
            name()
        });
        if let Err(what) = done {
            // Nothing went.
            for path in beside {
                let _ = std::fs::remove_file(path);
            }
            return Ok(self.failed(at, what));
        }
        let input = &self.work.inputs.list[at];
        if let Some(manifest) = &mut self.manifest {
            manifest
                .add(input, &targets.files[at])
                .map_err(Failure::Said)?;
        }
        Ok(true)
    }

    /// The files of an input's own lines, whole, as [`Beside::finish`] says.
    fn finish_lists(
        &mut self,
        at: usize,
        is_kept: bool,
        anew: bool,
    ) -> Result<Vec<Finished>, String> {
        let lists = [&mut self.rejected, &mut self.removed];
        let mut finished = Vec::new();
        for list in lists {
            let name = self.work.listed(at, list.list);
            finished.extend(list.finish(name, is_kept, anew)?);
        }
        Ok(finished)
    }

    /// Tells that nothing is written of an input; `false`.
    fn failed(&mut self, at: usize, what: String) -> bool {
        self.totals.failed += 1;
        let name = self.work.inputs.list[at].name();
        self.work.console.error(name, what);
        false
    }

    /// A copy of an input for its output.
    fn copy(&self, at: usize) -> Result<Pending, String> {
        let targets = self.work.targets.expect("there is an output");
        let input = self.work.inputs.list[at].as_file();
        let mut out = targets.begin(at)?;
        File::open(input.expect("Parquet is a file"))
            .and_then(|mut file| io::copy(&mut file, &mut out))
            .map_err(|error| targets.cannot(at, &error))?;
        Ok(out)
    }

    fn draw(&mut self, drawn: Drawn) {
        let wanted = self.work.args.sample.unwrap_or_default();
        self.sample.push(drawn);
        if self.sample.len() > wanted {
            self.sample.pop();
        }
        if self.sample.len() == wanted {
            let highest = self.sample.peek().map_or(0, |drawn| drawn.number);
            self.work.sample_below.store(highest, Ordering::Relaxed);
        }
    }

    /// Writes what comes at the end of the run.
    ///
    /// # Errors
    /// As [`take`](Results::take).
    pub fn finish(mut self, stats: Option<&str>) -> Result<Totals, Failure> {
        self.progress.end();
        self.rejected.commit().map_err(Failure::Said)?;
        self.removed.commit().map_err(Failure::Said)?;
        let mut sample = std::mem::take(&mut self.sample).into_vec();
        sample.sort_by_key(|drawn| drawn.place);
        let is_alone = matches!(self.work.show, Show::Nothing | Show::Sample);
        let stdout = self.stdout(false)?;
        for drawn in sample {
            stdout.write_all(&drawn.diff)?;
        }
        if let (Some(table), true) = (stats, is_alone) {
            stdout.write_all(table.as_bytes())?;
        }
        if let Some(stdout) = self.stdout.take() {
            stdout.finish()?.flush()?;
        }
        if let (Some(table), false) = (stats, is_alone) {
            tell(table);
        }
        let flagged = self.totals.flagged - self.noted;
        if flagged > 0 {
            let what = if flagged == 1 {
                "1 document is left as it is, since rules would take too much of it".to_owned()
            } else {
                format!(
                    "{flagged} documents are left as they are, since rules would take too much of them"
                )
            };
            let what = format!("{what}; --json tells which");
            self.work.console.note("cleaner", what);
        }
        Ok(self.totals)
    }
}

impl Ord for Drawn {
    fn cmp(&self, other: &Drawn) -> std::cmp::Ordering {
        (self.number, self.place).cmp(&(other.number, other.place))
    }
}

impl PartialOrd for Drawn {
    fn partial_cmp(&self, other: &Drawn) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Drawn {
    fn eq(&self, other: &Drawn) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Drawn {}
