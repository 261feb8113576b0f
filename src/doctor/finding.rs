//! What a rule says, and the report that all findings make.

use super::expect;
use super::facts::Facts;
use super::fingerprint;
use super::loader::{self, Advice};
use super::log::Judged;
use super::rule::{Rule, Severity};
use super::select::Selection;
use crate::bytes::Span;
use crate::model::{Checkpoint, Depth, VariableId};
use crate::restore::{Asserts, Exception, Goals, Loader, Outcome, Prediction};

/// One cause, said once.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that says it.
    pub rule: &'static Rule,
    /// How bad it is; the rule's own severity unless this case is another.
    pub severity: Severity,
    /// What is wrong, with its numbers, in one line without the rule's name.
    pub message: String,
    /// What the person did, in the terms of the restore oracle (`truncated-file`).
    pub causes: Vec<&'static str>,
    /// Path of the file or directory that it is about, for people.
    pub path: Option<String>,
    /// Where in the file; only if a range of bytes can be named.
    pub span: Option<Span>,
    /// Names of the variables that it concerns, in natural order.
    pub variables: Vec<String>,
    /// What supports it, a line each.
    pub evidence: Vec<String>,
    /// What TensorFlow says or does, in one line.
    pub tensorflow: Option<String>,
    /// What to do next, in one or two lines.
    pub help: Option<String>,
    /// Code to paste.
    pub fixes: Vec<Fix>,
    /// By what it is known again; empty until the report is made.
    pub fingerprint: String,
}

impl Finding {
    /// A finding of a rule, with its own severity and nothing but a message.
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: message.into(),
            causes: Vec::new(),
            path: None,
            span: None,
            variables: Vec::new(),
            evidence: Vec::new(),
            tensorflow: None,
            help: None,
            fixes: Vec::new(),
            fingerprint: String::new(),
        }
    }

    /// About this file or directory.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// At this place. Sets the path too; an empty range names the file alone.
    #[must_use]
    pub fn at(mut self, span: &Span) -> Self {
        self.path = Some(span.file.to_string());
        self.span = Some(span.clone()).filter(|span| !span.bytes.is_empty());
        self
    }

    /// What the person did; it is named once.
    #[must_use]
    pub fn cause(mut self, cause: &'static str) -> Self {
        if !self.causes.contains(&cause) {
            self.causes.push(cause);
        }
        self
    }

    /// What it concerns.
    #[must_use]
    pub fn variables(mut self, variables: Vec<String>) -> Self {
        self.variables = variables;
        self
    }

    /// One more line that supports it.
    #[must_use]
    pub fn evidence(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// What TensorFlow says or does.
    #[must_use]
    pub fn tensorflow(mut self, line: impl Into<String>) -> Self {
        self.tensorflow = Some(line.into());
        self
    }

    /// What to do next.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Self {
        self.help = Some(line.into());
        self
    }

    /// Code to paste.
    #[must_use]
    pub fn python(self, text: impl Into<String>) -> Self {
        self.fix("python", text.into())
    }

    /// A command to paste.
    #[must_use]
    pub fn shell(self, text: impl Into<String>) -> Self {
        self.fix("shell", text.into())
    }

    /// None with bytes that no text has: what stands for them is no name of a file.
    fn fix(mut self, kind: &'static str, text: String) -> Self {
        if !text.contains(char::REPLACEMENT_CHARACTER) {
            self.fixes.push(Fix { kind, text });
        }
        self
    }
}

/// What has checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksums {
    /// The tensors, or the blocks that they lie in.
    Tensors,
    /// The members of an archive.
    Members,
    /// Nothing: HDF5 has none as Keras writes it.
    Nothing,
}

/// Something to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// `python` or `shell` or `text`.
    pub kind: &'static str,
    /// The text, perhaps of several lines.
    pub text: String,
}

/// Where rules put what they find.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.list.push(finding);
    }

    /// True if a rule has already spoken: a weaker symptom of the same cause can stay silent.
    pub fn has(&self, rule: &'static Rule) -> bool {
        self.list.iter().any(|finding| std::ptr::eq(finding.rule, rule))
    }

    /// What was found so far, in the order of speaking.
    pub(super) fn list(&self) -> &[Finding] {
        &self.list
    }

    /// Sorted, the worst first; what was not chosen is left out.
    pub(super) fn into_report(self, facts: &Facts, selection: &Selection, skipped: Vec<&'static Rule>) -> Report {
        let (mut findings, unasked): (Vec<Finding>, Vec<Finding>) =
            self.list.into_iter().partition(|finding| selection.has(finding.rule));
        expect::settle(&mut findings, facts, selection);
        // A stable sort: within one severity and file the order in which the rules spoke, causes first.
        findings.sort_by(|a, b| {
            let place = |finding: &Finding| finding.span.as_ref().map_or(0, |span| span.bytes.start);
            b.severity.cmp(&a.severity).then_with(|| a.path.cmp(&b.path)).then_with(|| place(a).cmp(&place(b)))
        });
        fingerprint::mark(&mut findings, facts);
        let checkpoint = facts.checkpoint.as_ref();
        let mut all = findings.iter().chain(&unasked);
        let fails = all.any(|finding| finding.severity == Severity::Error);
        Report {
            subject: facts.subject.clone(),
            identity: checkpoint.map(|checkpoint| loader::identity(checkpoint, &facts.resolved)),
            // No advice to load what would fail, whether or not one wants to hear why.
            loader: checkpoint
                .filter(|_| !fails)
                .map(|checkpoint| loader::advice(checkpoint, &facts.resolved).with(facts.options)),
            findings,
            known: Vec::new(),
            skipped,
            predictions: facts.predictions.iter().map(|prediction| Forecast::new(prediction, facts)).collect(),
            goals: facts.goals.clone(),
            looked: facts.summary(selection),
            renamed: facts.renamed(),
            log: None,
        }
    }
}

/// Everything that was found, and how far we looked.
#[derive(Clone, Debug)]
pub struct Report {
    /// The path that was asked about.
    pub subject: String,
    /// What it is and who wrote it, if a checkpoint could be opened.
    pub identity: Option<String>,
    /// What loads it; none if it is known that loading fails.
    pub loader: Option<Advice>,
    /// The worst first.
    pub findings: Vec<Finding>,
    /// Those that a baseline knows: they neither count nor fail.
    pub known: Vec<Known>,
    /// Chosen rules that would have needed a deeper look.
    pub skipped: Vec<&'static Rule>,
    /// What loaders would do.
    pub predictions: Vec<Forecast>,
    /// What the restore would be good for, if there is a target.
    pub goals: Option<Goals>,
    /// How far we looked.
    pub looked: Summary,
    /// Variables that the new code keeps under another key.
    pub renamed: Vec<Renamed>,
    /// The errors of a log and what is to be said of them; none if no log was given.
    pub log: Option<Vec<Judged>>,
}

/// A finding that someone has seen and accepted.
#[derive(Clone, Debug)]
pub struct Known {
    /// The finding.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
}

/// A variable that is stored under one key, and that the new code keeps under another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The stored key.
    pub from: String,
    /// The new one.
    pub to: String,
    /// Why the two are one.
    pub proof: &'static str,
}

/// A prediction, with variables by the keys of the files that they are in.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// Which loader.
    pub loader: Loader,
    /// What becomes of the program's variables.
    pub outcome: Outcome,
    /// What ends the restore.
    pub exception: Option<Exception>,
    /// What the asserts of the status object would do, where the call returns one.
    pub asserts: Option<Asserts>,
    /// Variables that keep their initial value.
    pub not_restored: Vec<String>,
    /// Stored values that go nowhere.
    pub unused: Vec<String>,
    /// Variables that take the value of another one: the variable, and whose value.
    pub wrong_values: Vec<(String, String)>,
    /// What is logged.
    pub warnings: Vec<String>,
    /// What is taken for granted, as no file tells it.
    pub rests_on: Vec<String>,
}

impl Forecast {
    fn new(prediction: &Prediction, facts: &Facts) -> Self {
        let old = |id: VariableId| key(facts.checkpoint.as_ref(), id);
        let new = |id: VariableId| key(facts.program(), id);
        let left = prediction.course.left.iter().cloned();
        Self {
            loader: prediction.loader,
            outcome: prediction.outcome,
            exception: prediction.course.exception.clone(),
            asserts: prediction.course.asserts,
            not_restored: prediction.not_restored.iter().map(|id| new(*id)).chain(left).collect(),
            unused: prediction.unused.iter().map(|id| old(*id)).collect(),
            wrong_values: prediction.wrong_values.iter().map(|bound| (new(bound.new), old(bound.old))).collect(),
            warnings: prediction.course.warnings.clone(),
            rests_on: prediction.course.rests_on.clone(),
        }
    }
}

fn key(checkpoint: Option<&Checkpoint>, id: VariableId) -> String {
    let entry = checkpoint.and_then(|checkpoint| checkpoint.entry(checkpoint.variables.get(id)?));
    entry.map(|entry| entry.key.to_string()).unwrap_or_default()
}

impl Report {
    /// Puts those findings apart that are known, each with the reason why.
    pub fn set_apart(&mut self, known: impl Fn(&Finding) -> Option<String>) {
        for finding in std::mem::take(&mut self.findings) {
            match known(&finding) {
                Some(reason) => self.known.push(Known { finding, reason }),
                None => self.findings.push(finding),
            }
        }
    }

    /// How many findings are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// True if any finding is this bad or worse.
    pub fn reaches(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= severity)
    }
}

/// How far we looked.
#[derive(Clone, Debug)]
pub struct Summary {
    /// How deep.
    pub depth: Depth,
    /// Number of rules that had their say.
    pub rules: usize,
    /// Labels of the checkpoints that were opened.
    pub checkpoints: Vec<String>,
    /// Label of the checkpoint that it was held against.
    pub against: Option<String>,
    /// Tensors described by their indexes.
    pub tensors: usize,
    /// Bytes of data that the indexes describe.
    pub bytes: u64,
    /// Bytes of data that were read.
    pub bytes_read: u64,
    /// What has checksums that the data were held against.
    pub checksums: Checksums,
    /// True if nothing that a chosen rule needs was left unread.
    pub complete: bool,
    /// What was not examined, and why, a line each.
    pub not_examined: Vec<String>,
}
