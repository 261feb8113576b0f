//! What the commands give: plain values, one for each command.

use std::collections::BTreeMap;
use std::io;

use jiff::tz::TimeZone;

use super::json::Schema;
use crate::compare::align::Alignment;
use crate::compare::change::{Change, ChangeKind, Changes};
use crate::compare::story::Event;
use crate::doctor::log::KnownError;
use crate::doctor::{Finding, Report, Rule, Severity};
use crate::model::{
    Checkpoint, Digest, Digests, Directory, Entry, EntryId, File, Histogram, Resolved, Stats, Variable, VariableId,
};
use crate::restore::{Goal, Goals};

/// The answer of a command.
#[derive(Debug)]
pub enum Outcome {
    /// Of `ls`.
    Listing(Box<Listing>),
    /// Of `show`: one or more variables of one checkpoint.
    Show(Box<Show>),
    /// Of `diff`.
    Diff(Box<Diff>),
    /// Of `doctor`.
    Reports(Box<Reports>),
    /// Of `explain`: the pages asked for.
    Pages(Vec<&'static Rule>),
    /// Of `explain` with a text: the errors in it that rules know.
    Matched(Vec<KnownError>),
    /// Of `rules`: the whole register.
    Rules(&'static [&'static Rule]),
    /// Of `schema`: that of one kind of output, or all of which there is one.
    Schemas(&'static [Schema]),
    /// Of `completions` and `man`: what another program reads, to be written as it is.
    Script(String),
}

/// One report for each path or checkpoint, and what they come to together.
#[derive(Debug)]
pub struct Reports {
    /// In the order in which the paths were given.
    pub list: Vec<Report>,
    /// What makes the exit code 1.
    pub fails: Fails,
    /// True if the exit code is 0 nevertheless.
    pub lenient: bool,
    /// True if it is to be told how often each rule spoke, and not what it said.
    pub statistics: bool,
    /// What was held against known findings, if there was a baseline.
    pub baseline: Option<Baseline>,
    /// The file that settings were taken from.
    pub settings: Option<String>,
}

/// What makes a report fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// A finding as bad as this, or worse.
    On(Severity),
    /// A goal that is not reached.
    For(Goal),
    /// Nothing.
    Never,
}

/// What became of a list of known findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The file that it was read from, or written to.
    pub file: String,
    /// Entries that did not serve, a line each.
    pub notes: Vec<String>,
    /// How many entries were written; none if it was read.
    pub written: Option<usize>,
}

impl Reports {
    /// True if a finding is bad enough for the exit code 1.
    pub fn fails(&self, finding: &Finding) -> bool {
        matches!(self.fails, Fails::On(severity) if finding.severity >= severity)
    }

    /// The goal that decides and is not reached by a report.
    pub fn missed(&self, report: &Report) -> Option<Goal> {
        let Fails::For(goal) = self.fails else { return None };
        (!report.goals.as_ref().is_some_and(|goals| goals.reached(goal))).then_some(goal)
    }

    /// How often each rule spoke, and how bad it was: the worst first, then the most frequent.
    pub fn by_rule(&self) -> Vec<(&'static Rule, Severity, usize)> {
        let mut counts: Vec<(&'static Rule, Severity, usize)> = Vec::new();
        for finding in self.list.iter().flat_map(|report| &report.findings) {
            let same = |(rule, severity, _): &&mut (&'static Rule, Severity, usize)| {
                rule.code == finding.rule.code && *severity == finding.severity
            };
            match counts.iter_mut().find(same) {
                Some((_, _, count)) => *count = count.saturating_add(1),
                None => counts.push((finding.rule, finding.severity, 1)),
            }
        }
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(b.2.cmp(&a.2)).then(a.0.code.cmp(b.0.code)));
        counts
    }

    /// The exit code: 1 where something fails, else 2 where nothing could be looked at: no choice of findings makes a
    /// success of that.
    pub fn exit(&self) -> u8 {
        let fails =
            |report: &Report| self.missed(report).is_some() || report.findings.iter().any(|one| self.fails(one));
        let blind = self.list.iter().any(|report| report.looked.checkpoints.is_empty());
        match (!self.lenient && self.list.iter().any(fails), blind) {
            (true, _) => 1,
            (false, true) => 2,
            (false, false) => 0,
        }
    }
}

/// Which name of a variable is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The owner's name.
    Full,
    /// The key as stored.
    Key,
    /// The best object path, as Python.
    Path,
}

/// The order of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By name, numbers by value.
    Name,
    /// By bytes.
    Size,
    /// By number of elements.
    Params,
    /// As stored: by file and offset.
    Stored,
}

/// What is in a checkpoint, and in the directory around it.
#[derive(Debug)]
pub struct Listing {
    /// How the path led here.
    pub resolved: Resolved,
    /// The directory's checkpoints, if a directory was given; the oldest first.
    pub history: Vec<DirectoryRow>,
    /// The zone of their times for people: for programs they are in UTC.
    pub zone: TimeZone,
    /// How many older checkpoints of the directory were not opened for the history.
    pub older: usize,
    /// The checkpoint whose variables are listed. None with `--all`, or if none can be opened.
    pub checkpoint: Option<Checkpoint>,
    /// The variables that the selection leaves, in the order to show.
    pub chosen: Vec<VariableId>,
    /// True if flags narrowed the selection: totals then speak of the selected alone, and say so.
    pub narrowed: bool,
    /// True if slots are to be listed one by one, false if they are to be summed up.
    pub list_slots: bool,
    /// Values of scalars that say where training stands (`iteration`, `learning_rate`,
    /// `save_counter`, `global_step`), as text, by variable.
    pub scalars: BTreeMap<VariableId, String>,
    /// The step that training had reached, if a variable tells.
    pub step: Option<i64>,
    /// The optimizer's class, as far as it can be told (`Adam`).
    pub optimizer: Option<String>,
    /// Statistics and digests, if they were asked for.
    pub digests: Option<Digests>,
    /// Which name is shown first.
    pub names: Names,
    /// The order asked for.
    pub sort: Sort,
    /// Whether the order is turned round.
    pub reverse: bool,
    /// False with `--no-collapse`: each variable on a line of its own.
    pub collapse: bool,
    /// Deepest scope that gets a line of its own; deeper ones are summed up.
    pub depth: Option<usize>,
    /// Whether to draw scopes as a tree.
    pub tree: bool,
    /// Most lines to show; the rest is counted.
    pub limit: Option<usize>,
}

/// One checkpoint of a directory.
#[derive(Clone, Debug)]
pub struct DirectoryRow {
    /// Name of the prefix.
    pub name: String,
    /// The step that training had reached, if a variable tells.
    pub step: Option<i64>,
    /// When it was saved, in seconds since 1970.
    pub saved: Option<i64>,
    /// Elements of the model's variables; none if the index cannot be read.
    pub params: Option<u64>,
    /// The optimizer and how many kinds of slots it keeps (`Adam`, 2).
    pub optimizer: Option<(String, usize)>,
    /// Bytes of its files.
    pub size: u64,
    /// True for the one that `latest_checkpoint` returns.
    pub latest: bool,
    /// Whether the state file lists it, as a CheckpointManager does with those that it keeps and will
    /// delete; none if there is no list.
    pub kept: Option<bool>,
    /// False if a file of it is missing or too short, or its index damaged.
    pub complete: bool,
    /// What is wrong with it, as far as its index and the sizes of its files tell.
    pub problem: Option<String>,
}

/// Everything known of some variables.
#[derive(Debug)]
pub struct Show {
    /// How the path led here.
    pub resolved: Resolved,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The variables asked for.
    pub tensors: Vec<Tensor>,
    /// Files that were written (`--npy`), with the shape and type written there.
    pub written: Vec<String>,
}

/// Everything known of one variable.
#[derive(Debug)]
pub struct Tensor {
    /// Which one.
    pub variable: VariableId,
    /// Checksum and statistics; none if its bytes could not be read.
    pub digest: Option<Digest>,
    /// Why they could not be read, or do not fit their checksums.
    pub problems: Vec<String>,
    /// How its numbers are spread.
    pub histogram: Option<Histogram>,
    /// Its values, or the first of them.
    pub values: Option<ShownValues>,
    /// The part that was asked for (`NAME[0, :]`), as written.
    pub slice: Option<String>,
}

/// Values to print.
#[derive(Clone, Debug)]
pub struct ShownValues {
    /// Shape of what is shown: the variable's, or that of the slice asked for.
    pub shape: Vec<u64>,
    /// How many elements are shown, the first ones in row-major order.
    pub shown: u64,
    /// How many elements there are in all.
    pub total: u64,
    /// Whether all were asked for.
    pub all: bool,
    /// Bytes of the longest text of one.
    pub widest: usize,
    /// Digits behind the point of numbers.
    pub precision: usize,
}

/// Where the values come from while they are written: there may be more of them than memory has room for.
pub trait Values {
    /// Hands on those of a tensor that are shown, as text (numbers with the precision asked for; strings as bytes of
    /// any kind, to be cleaned by the renderer).
    ///
    /// # Errors
    /// If they cannot be read; what `take` says.
    fn each(&self, tensor: &Tensor, take: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()>;
}

/// What changed between two checkpoints.
#[derive(Debug)]
pub struct Diff {
    /// The old side and how its path led there.
    pub old: Checkpoint,
    /// The new side.
    pub new: Checkpoint,
    /// Paths as given: old, new.
    pub given: [String; 2],
    /// Steps of training, if variables tell: old, new.
    pub steps: [Option<i64>; 2],
    /// Which variable is which.
    pub alignment: Alignment,
    /// What changed. After `--values` with deltas.
    pub changes: Changes,
    /// How the values of what changed most are spread, for a page; the most changed first.
    pub spreads: Vec<Spread>,
    /// What that means for the model, the most telling first.
    pub story: Vec<Event>,
    /// Whether the selection was narrowed by flags.
    pub narrowed: bool,
    /// Why the comparison is not complete: faults that touch either side.
    pub trouble: Vec<String>,
    /// Which name is shown.
    pub names: Names,
    /// Only a summary is asked for.
    pub stat: bool,
    /// One line for each change, as `git diff --name-status`.
    pub name_status: bool,
    /// What a restore of the old side in the program of the new one would come to.
    pub goals: Option<Goals>,
    /// What makes the exit code 1.
    pub fails: Differences,
}

/// How the values of one variable are spread on both sides, over one range.
#[derive(Clone, Debug)]
pub struct Spread {
    /// Position in [`Changes::list`].
    pub change: usize,
    /// Before.
    pub old: Histogram,
    /// After, in the same steps.
    pub new: Histogram,
}

/// What makes a comparison fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Differences {
    /// Any difference.
    Any,
    /// Differences of these kinds.
    Of(Vec<ChangeKind>),
    /// A goal that is not reached.
    For(Goal),
}

impl Diff {
    /// The variable that a change is about, with its entry, on each side where it is stored.
    pub fn sides(&self, change: &Change) -> [Option<(&Variable, &Entry)>; 2] {
        [change.old.and_then(|id| self.old.pair(id)), change.new.and_then(|id| self.new.pair(id))]
    }

    fn exit(&self) -> u8 {
        let found = match &self.fails {
            Differences::For(goal) => {
                return u8::from(!self.goals.as_ref().is_some_and(|goals| goals.reached(*goal)));
            }
            Differences::Any => !self.changes.list.is_empty(),
            Differences::Of(kinds) => {
                let of = |change: &Change| {
                    kinds.contains(&change.kind) || change.renamed && kinds.contains(&ChangeKind::Renamed)
                };
                self.changes.list.iter().any(of)
            }
        };
        match (found, self.trouble.is_empty()) {
            (true, _) => 1,
            (false, false) => 2,
            (false, true) => 0,
        }
    }
}

impl Outcome {
    /// The exit code: 0 nothing found, 1 findings or differences, 2 not looked at, or not compared.
    pub fn exit(&self) -> u8 {
        match self {
            // A file of which nothing can be listed is no success.
            Self::Listing(listing) => listing.checkpoint.as_ref().map_or(0, |checkpoint| {
                let unreadable = checkpoint.entries.is_empty() && !checkpoint.faults.is_empty();
                if unreadable { 2 } else { 0 }
            }),
            Self::Pages(_) | Self::Matched(_) | Self::Rules(_) | Self::Schemas(_) | Self::Script(_) => 0,
            Self::Show(show) => u8::from(show.tensors.iter().any(|tensor| !tensor.problems.is_empty())),
            Self::Diff(diff) => diff.exit(),
            Self::Reports(reports) => reports.exit(),
        }
    }
}

impl Listing {
    /// Statistics of a variable.
    pub fn stats(&self, variable: &Variable) -> Option<&Stats> {
        self.digests.as_ref()?.stats(variable.entry)
    }

    /// The directory that was given, if one was.
    pub fn directory(&self) -> Option<&Directory> {
        self.resolved.directory.as_deref().filter(|_| self.resolved.is_directory)
    }

    /// The file of an entry's first byte.
    pub fn file(&self, entry: EntryId) -> Option<&File> {
        let checkpoint = self.checkpoint.as_ref()?;
        let (extent, _) = checkpoint.entries.get(entry)?.extents().next()?;
        checkpoint.files.get(extent.file)
    }
}
