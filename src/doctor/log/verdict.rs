//! Errors of a log held against what was found in the files.

use super::template::Capture;
use super::{Known, KnownError, known_errors};
use crate::doctor::facts::Facts;
use crate::doctor::finding::Report;
use crate::doctor::rule::{Check, Family, Rule, Severity};
use crate::doctor::rules::{key_missing, meta_missing, savedmodel_not_here};
use crate::model::{Checkpoint, Variable};

/// An error of a log with a rule that knows it, and what the files say to that.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The line of the log, from 1.
    pub line: usize,
    /// How often it is in the log, with these names or others.
    pub times: usize,
    /// The text of the error.
    pub text: String,
    /// The rule.
    pub rule: &'static Rule,
    /// Whether it is so.
    pub verdict: Verdict,
}

/// Whether a rule's cause is what is wrong, each with the reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is.
    Confirmed(String),
    /// The files do not tell.
    CannotTell(String),
    /// It is not.
    NotHere(String),
}

impl Verdict {
    /// The word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Confirmed(_) => "confirmed",
            Self::CannotTell(_) => "cannot-tell",
            Self::NotHere(_) => "not-here",
        }
    }

    /// In words, before the reason.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Confirmed(_) => "confirmed",
            Self::CannotTell(_) => "cannot be told from the files",
            Self::NotHere(_) => "not what is wrong here",
        }
    }

    /// Why.
    pub fn why(&self) -> &str {
        match self {
            Self::Confirmed(why) | Self::CannotTell(why) | Self::NotHere(why) => why,
        }
    }
}

/// Holds each error against the files; of the rules of one error, those that are confirmed come first.
pub fn judge(errors: &[KnownError], facts: &Facts, report: &Report) -> Vec<Judged> {
    let mut all = Vec::new();
    for error in errors {
        let row =
            |rule, verdict| Judged { line: error.line, times: error.times, text: error.text.clone(), rule, verdict };
        let mut rows: Vec<Judged> =
            error.rules.iter().map(|known| row(known.rule, verdict(known, facts, report))).collect();
        let is_confirmed = rows.iter().any(|row| matches!(row.verdict, Verdict::Confirmed(_)));
        // Several rules know one text: perhaps another is behind it.
        let behind = if is_confirmed { None } else { raised(error, report) };
        if let Some((rule, loader)) = behind {
            rows.retain(|row| row.rule.code != rule.code);
            let why = format!("the loader {loader} raises the same here, and this is why");
            rows.push(row(rule, Verdict::Confirmed(why)));
        }
        rows.sort_by_key(|row| match row.verdict {
            Verdict::Confirmed(_) => 0,
            Verdict::CannotTell(_) => 1,
            Verdict::NotHere(_) => 2,
        });
        all.extend(rows);
    }
    all
}

fn verdict(known: &Known, facts: &Facts, report: &Report) -> Verdict {
    let code = known.rule.code;
    // What rules of objects call a path is one through objects.
    let of_files = matches!(known.rule.family(), Family::Files | Family::Keras);
    if let Some(path) = other_path(&known.captures, facts).filter(|_| of_files) {
        return Verdict::CannotTell(format!("the log is about {path}, and that was not examined"));
    }
    if report.findings.iter().any(|finding| finding.rule.code == code) {
        return Verdict::Confirmed(format!("ckpt finds the same here ({code})"));
    }
    let checkpoint = facts.checkpoint.as_ref();
    let of_key = checkpoint.filter(|_| code == key_missing::RULE.code).and_then(|checkpoint| of_key(checkpoint, known));
    if let Some(told) = of_key.or_else(|| of_shapes(checkpoint?, &known.captures)) {
        return told;
    }
    if report.skipped.iter().any(|rule| rule.code == code) {
        return Verdict::CannotTell(format!("{code} needs a deeper look, without --quick"));
    }
    let in_files = is_of_files(known.rule);
    let of_program = matches!(known.rule.family(), Family::NameBased | Family::ObjectBased);
    if !in_files && (!facts.restoring || of_program && facts.program().is_none()) {
        let needed = if of_program { "what the new code saves, --against NEW" } else { "the call, --loader NAME" };
        return Verdict::CannotTell(format!("it takes {needed}"));
    }
    let worst = report.findings.iter().find(|finding| finding.severity == Severity::Error);
    Verdict::NotHere(match worst {
        Some(finding) => format!("ckpt finds {} {}", finding.rule.code, finding.rule.name),
        None if in_files && checkpoint.is_some() => "the files are whole now".to_owned(),
        None => "ckpt does not find it".to_owned(),
    })
}

/// True for a rule that the files alone decide, whatever is called.
fn is_of_files(rule: &Rule) -> bool {
    // These speak only where a loader was asked about.
    let of_a_call = [savedmodel_not_here::RULE.code, meta_missing::RULE.code];
    let in_files = matches!(rule.check, Check::Faults) || rule.family() == Family::Files;
    in_files && !of_a_call.contains(&rule.code)
}

/// The path that an error names, if it is another than the one that was examined.
fn other_path(captures: &[Capture], facts: &Facts) -> Option<String> {
    let is_path = |capture: &&Capture| matches!(capture.name, "path" | "prefix" | "directory" | "dir" | "p");
    let named = captures.iter().find(is_path)?;
    let wanted = stem(&named.text);
    let resolved = &facts.resolved;
    let known = [facts.subject.as_str(), resolved.given.as_str()]
        .into_iter()
        .chain(facts.checkpoint.iter().map(|checkpoint| checkpoint.label.as_str()))
        .chain(resolved.directory.iter().map(|directory| directory.label.as_str()));
    let same = known.map(stem).any(|name| name == wanted);
    // What is no name of a file is no path either: `<tensorflow.python...GFile object at 0x...>`.
    (!same && !wanted.is_empty() && !named.text.contains(['<', ' '])).then(|| named.text.clone())
}

/// The last part of a path, without what the files of a checkpoint add to its prefix.
fn stem(path: &str) -> &str {
    let name = path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.split(".data-").next().unwrap_or(name);
    name.strip_suffix(".index").or_else(|| name.strip_suffix(".meta")).unwrap_or(name)
}

/// The loader that raises this error, and the rule that says why.
fn raised(error: &KnownError, report: &Report) -> Option<(&'static Rule, &'static str)> {
    let knows = |other: &Known| {
        let is_same = |known: &Known| known.rule.code == other.rule.code && agree(&known.captures, &other.captures);
        error.rules.iter().any(is_same)
    };
    let same = |text: &str| known_errors(text).iter().flat_map(|other| &other.rules).any(knows);
    let loader = report.predictions.iter().find_map(|forecast| {
        let exception = forecast.exception.as_ref()?;
        same(&exception.message).then(|| forecast.loader.word())
    })?;
    let cause = report.findings.iter().find(|finding| finding.severity == Severity::Error)?;
    Some((cause.rule, loader))
}

/// True if two texts name the same; one may be without something.
fn agree(some: &[Capture], others: &[Capture]) -> bool {
    some.iter().all(|one| others.iter().filter(|other| other.name == one.name).all(|other| other.text == one.text))
}

/// An error over a key: is it there?
fn of_key(checkpoint: &Checkpoint, known: &Known) -> Option<Verdict> {
    let key = known.captures.iter().find(|capture| capture.name == "key")?;
    Some(match checkpoint.find(key.text.as_bytes()) {
        Some(_) => Verdict::NotHere(format!("the key {} is in the checkpoint", key.text)),
        None => Verdict::Confirmed(format!("the checkpoint has no key {}", key.text)),
    })
}

/// An error over a shape: is it the stored one?
fn of_shapes(checkpoint: &Checkpoint, captures: &[Capture]) -> Option<Verdict> {
    let text = |name: &str| captures.iter().find(|capture| capture.name == name).map(|capture| capture.text.as_str());
    let (stored, new) = (axes(text("stored")?)?, axes(text("new")?)?);
    let name = text("key").or_else(|| text("name"))?;
    let owner = name.strip_suffix(":0").unwrap_or(name);
    let variable = checkpoint.variables.get(checkpoint.named(owner)?)?;
    let shape = shape_of(checkpoint, variable)?;
    let is = format!("{} is stored as {:?}", variable.name, shape);
    match () {
        () if shape == stored.as_slice() => Some(Verdict::Confirmed(is)),
        () if shape == new.as_slice() => Some(Verdict::NotHere(is)),
        () => None,
    }
}

fn shape_of<'a>(checkpoint: &'a Checkpoint, variable: &Variable) -> Option<&'a [u64]> {
    checkpoint.entry(variable)?.shape.axes()
}

/// The numbers of `(3, 4)`, `[3,4]`, `3,4`; none if anything else stands there.
fn axes(text: &str) -> Option<Vec<u64>> {
    let inner = text.trim_matches(['(', ')', '[', ']', ' ']);
    inner.split(',').map(str::trim).filter(|axis| !axis.is_empty()).map(|axis| axis.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, object};
    use crate::doctor::{Selection, examine};
    use crate::model::sample::named;

    fn judged(facts: &Facts, log: &str, code: &str) -> Verdict {
        let report = examine(facts, &Selection::all());
        let rows = judge(&known_errors(log), facts, &report);
        let row = rows.into_iter().find(|row| row.rule.code == code);
        row.unwrap_or_else(|| panic!("{code} knows nothing of {log}")).verdict
    }

    #[test]
    fn keys_are_looked_up() {
        let facts = facts(named(&[("fc1/kernel", &[2])]));
        let missing = judged(&facts, "NotFoundError: Key fc2/kernel not found in checkpoint", "N001");
        assert_eq!(missing, Verdict::Confirmed("the checkpoint has no key fc2/kernel".to_owned()));
        let there = judged(&facts, "NotFoundError: Key fc1/kernel not found in checkpoint", "N001");
        assert_eq!(there, Verdict::NotHere("the key fc1/kernel is in the checkpoint".to_owned()));
    }

    #[test]
    fn of_whole_files() {
        let facts = facts(object(&[("model/v", "v", &[2])]));
        let whole = judged(&facts, "IndexError: Read less bytes than requested", "F015");
        assert_eq!(whole, Verdict::NotHere("the files are whole now".to_owned()));
        let other = judged(
            &facts,
            "TensorBundle at run/ckpt-9 shard 0 (80 bytes): Checksum does not match: stored 1 vs. \
                                    calculated on the restored bytes 2",
            "F017",
        );
        assert_eq!(other.word(), "cannot-tell");
        let legacy = judged(
            &facts,
            "You are trying to restore a checkpoint from a legacy Keras optimizer into a v2.11+ \
                                     Optimizer, which can cause errors. Please update the optimizer referenced in your \
                                     code to be an instance of `tf.keras.optimizers.legacy.Optimizer`, e.g.: \
                                     `tf.keras.optimizers.legacy.Adam`.",
            "O007",
        );
        assert_eq!(legacy.word(), "cannot-tell");
    }

    #[test]
    fn numbers_of_shapes() {
        assert_eq!(axes("(3, 4)"), Some(vec![3, 4]));
        assert_eq!(axes("[3]"), Some(vec![3]));
        assert_eq!(axes("()"), Some(vec![]));
        assert_eq!(axes("(None, 4)"), None);
    }
}
