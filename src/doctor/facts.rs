//! Everything that the rules may know.

use std::collections::BTreeSet;

use super::finding::{Checksums, Renamed, Summary};
use super::rule::Rule;
use super::rules;
use super::select::Selection;
use super::words::file_name;
use crate::compare::align::Alignment;
use crate::compare::change::Changes;
use crate::compare::story::Event;
use crate::model::{Checkpoint, Container, Depth, Digests, EntryId, File, Resolved, Role, natural};
use crate::restore::{Bound, Goals, Options, Prediction, Way};

/// Everything that was learned about one path, before anything is judged.
#[derive(Debug)]
pub struct Facts {
    /// The path as it was given.
    pub subject: String,
    /// How it led to a checkpoint, and what else lies there.
    pub resolved: Resolved,
    /// The checkpoint; none if nothing at the path can be opened as one.
    pub checkpoint: Option<Checkpoint>,
    /// The step that training had reached, if a variable tells.
    pub step: Option<i64>,
    /// The other whole checkpoints of the directory, newest first, by label: something to go back to.
    pub whole_siblings: Vec<String>,
    /// A sibling whose index is the same but for values: names can be borrowed from it.
    pub names_from: Option<Checkpoint>,
    /// What reading the data told.
    pub digests: Digests,
    /// How deep the look was.
    pub depth: Depth,
    /// The checkpoint that the new code would save, and what differs from it.
    pub comparison: Option<Comparison>,
    /// The checkpoint that the new code would save, where there is none to hold it against.
    pub lone_target: Option<Checkpoint>,
    /// True if a restore was asked about: by a loader, or by a program to restore into.
    pub restoring: bool,
    /// The options of the call.
    pub options: Options,
    /// What loaders would do: the one that was asked about, or those that fit.
    pub predictions: Vec<Prediction>,
    /// What the restore would be good for, if there is a target.
    pub goals: Option<Goals>,
}

/// The checkpoint held against another.
#[derive(Debug)]
pub struct Comparison {
    /// What the new code saves.
    pub target: Checkpoint,
    /// Which variable is which.
    pub alignment: Alignment,
    /// What differs, by the indexes.
    pub changes: Changes,
    /// What that means for the model, the most telling first.
    pub story: Vec<Event>,
    /// Which stored value is meant for which variable, where that can be told: every rule asks for it.
    pub bound: Option<(Way, Vec<Bound>)>,
}

impl Facts {
    /// Names of variables by their entries, the model's first, each kind in natural order; borrowed from
    /// a sibling where the checkpoint's own graph is lost.
    pub fn names(&self, entries: impl IntoIterator<Item = EntryId>) -> Vec<String> {
        let Some(checkpoint) = &self.checkpoint else { return Vec::new() };
        let entries: BTreeSet<EntryId> = entries.into_iter().collect();
        let known = |id: EntryId| {
            let (_, own) = checkpoint.variable_of(id)?;
            let borrowed = self.names_from.as_ref().filter(|_| checkpoint.graph.is_none()).and_then(|sibling| {
                let (entry, _) = sibling.find(checkpoint.entry(own)?.key.bytes())?;
                Some(sibling.variable_of(entry)?.1)
            });
            let variable = borrowed.unwrap_or(own);
            Some((variable.role, variable.name.to_string()))
        };
        let mut names: Vec<(Role, String)> = entries.into_iter().filter_map(known).collect();
        names.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| natural(&a.1, &b.1)));
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// What the new code saved.
    pub(super) fn program(&self) -> Option<&Checkpoint> {
        self.comparison.as_ref().map(|comparison| &comparison.target).or(self.lone_target.as_ref())
    }

    /// The variables that the new code keeps under another key.
    pub(super) fn renamed(&self) -> Vec<Renamed> {
        let (Some(old), Some(comparison)) = (&self.checkpoint, &self.comparison) else { return Vec::new() };
        let new = &comparison.target;
        let renamed = comparison.alignment.rekeyed(old, new).filter_map(|pair| {
            let key = |checkpoint: &Checkpoint, id: EntryId| Some(checkpoint.entries.get(id)?.key.to_string());
            Some(Renamed { from: key(old, pair.old)?, to: key(new, pair.new)?, proof: pair.proof.word() })
        });
        renamed.collect()
    }

    fn checksums(&self) -> Checksums {
        match self.checkpoint.as_ref().map(|opened| opened.container) {
            // Its folder, unpacked, has no more than HDF5 has.
            Some(Container::KerasArchive) if !self.resolved.is_directory => Checksums::Members,
            Some(container) if !container.has_checksums() => Checksums::Nothing,
            _ => Checksums::Tensors,
        }
    }

    pub(super) fn summary(&self, selection: &Selection) -> Summary {
        let ran = |rule: &&&Rule| selection.has(rule) && rule.needs <= self.depth;
        let mut not_examined = Vec::new();
        let opened = self.checkpoint.as_ref();
        let bytes = opened.map_or(0, Checkpoint::stored_bytes);
        let skipped: Vec<&str> = rules::ALL
            .iter()
            .filter(|rule| selection.has(rule) && rule.needs > self.depth)
            .map(|rule| rule.code)
            .collect();
        if !skipped.is_empty() {
            let why =
                if self.depth < Depth::Bytes { "the data were not read" } else { "the numbers were not looked at" };
            not_examined.push(format!("{why}: {} rules had no say ({})", skipped.len(), skipped.join(", ")));
        }
        let unasked = rules::ALL.iter().filter(|rule| !selection.has(rule)).count();
        if unasked > 0 {
            let s = if unasked == 1 { " was" } else { "s were" };
            not_examined.push(format!("{unasked} rule{s} not asked, by selection"));
        }
        // What is listed is there, though nobody may look at it.
        let names = self.resolved.directory.as_ref().map(|directory| directory.names.as_slice()).unwrap_or_default();
        let is_listed = |file: &File| names.iter().any(|name| name == file_name(&file.label));
        let absent = opened.map_or(0, |checkpoint| {
            checkpoint.shards().filter(|(_, file)| file.size.is_none() && !is_listed(file)).count()
        });
        if absent > 0 {
            let s = if absent == 1 { "" } else { "s" };
            not_examined.push(format!("{absent} data file{s} not there"));
        }
        let unread = opened.filter(|_| self.depth >= Depth::Bytes).map_or(0, |checkpoint| {
            let all = checkpoint.entries.iter().enumerate();
            all.filter(|(id, entry)| entry.stored_bytes() > 0 && self.digests.get(*id).is_none()).count()
        });
        if unread > 0 {
            let s = if unread == 1 { "" } else { "s" };
            not_examined.push(format!("{unread} tensor{s} could not be read"));
        }
        if let Some(fault) = self.resolved.refused.as_ref().filter(|_| opened.is_some()) {
            not_examined.push(format!("what lies around it. {fault}"));
        }
        if let Some((target, fault)) = self.program().and_then(|target| Some((target, target.faults.first()?))) {
            let n = target.faults.len();
            let s = if n == 1 { "" } else { "s" };
            not_examined.push(format!("{} in full: {n} fault{s} in its files. {fault}", target.label));
        }
        Summary {
            depth: self.depth,
            rules: rules::ALL.iter().filter(ran).count(),
            checkpoints: opened.map(|checkpoint| checkpoint.label.clone()).into_iter().collect(),
            against: self.comparison.as_ref().map(|comparison| comparison.target.label.clone()),
            tensors: opened.map_or(0, |checkpoint| checkpoint.entries.len()),
            bytes,
            bytes_read: self.digests.bytes_read,
            checksums: self.checksums(),
            complete: opened.is_some() && not_examined.is_empty(),
            not_examined,
        }
    }
}
