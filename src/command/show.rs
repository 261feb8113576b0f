//! `ckpt show`: everything known of one variable.

use std::path::Path;

use super::slice::{self, Sliced, Slicing};
use super::{Context, output};
use crate::bytes::{Fault, FaultKind};
use crate::cli;
use crate::error::Error;
use crate::model::{Checkpoint, Container, DType, Depth, Entry, Key, Resolved, Variable, VariableId};
use crate::tensor::{self, Elements};
use crate::view::{Outcome, Show, ShownValues, Tensor};

/// Steps of a histogram: as wide as two words on a terminal.
const STEPS: usize = 32;

/// Looks at variables.
///
/// # Errors
/// If there is no checkpoint at the path or no such variable in it; if `--npy` cannot be written.
pub(crate) fn show(context: &Context, args: &cli::Show) -> Result<Outcome, Error> {
    let (resolved, checkpoint) = context.open(&args.path)?;
    let mut tensors = Vec::new();
    let mut written = Vec::new();
    if args.npy.is_some() && args.variables.len() > 1 {
        return Err(Error::new("--npy takes one variable").hint("call it once for each"));
    }
    for text in &args.variables {
        let (variable, slicing) = find(&resolved, &checkpoint, text)?;
        let pair = checkpoint.pair(variable);
        let (_, entry) = pair.ok_or_else(|| Error::new(format!("{text} has no entry")))?;
        if !entry.fits() && checkpoint.container != Container::MetaGraph {
            let error = Error::new(format!("the record of {text} does not fit its bytes"));
            return Err(error.hint(format!("ckpt doctor {} says what is wrong", resolved.given)));
        }
        let sliced = slicing.map(|slicing| slicing.of(entry.shape.axes().unwrap_or_default())).transpose()?;
        if let Some(file) = &args.npy {
            written.push(npy(context, &checkpoint, entry, sliced.as_ref(), (file, &[&args.path]))?);
        }
        tensors.push(tensor(context, args, &checkpoint, variable, entry, sliced, text));
    }
    Ok(Outcome::Show(Box::new(Show { resolved, checkpoint, tensors, written })))
}

/// The variable that a text names; a bracket at the end may be part of the name.
fn find(resolved: &Resolved, checkpoint: &Checkpoint, text: &str) -> Result<(VariableId, Option<Slicing>), Error> {
    if let Some(variable) = checkpoint.named(text) {
        return Ok((variable, None));
    }
    let (name, slicing) = slice::split(text);
    if let Some(variable) = checkpoint.named(name) {
        return Ok((variable, slicing));
    }
    let error = Error::new(format!("no variable named {name} in {}", checkpoint.label));
    Err(match nearest(checkpoint, name) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None if !checkpoint.faults.is_empty() => {
            error.hint(format!("its files {}: ckpt doctor {} says why", checkpoint.plight(), resolved.given))
        }
        None => error.hint(format!("ckpt ls {} --role all lists them", resolved.given)),
    })
}

/// The name that is most like a text: letter by letter, or with the text as a part.
fn nearest<'a>(checkpoint: &'a Checkpoint, text: &str) -> Option<&'a str> {
    let names = || checkpoint.variables.iter().map(|variable: &Variable| variable.name.as_str());
    let scored = names().map(|name| (strsim::normalized_damerau_levenshtein(name, text), name));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.6).map(|(_, name)| name);
    best.or_else(|| names().find(|name| name.contains(text)))
}

fn tensor(
    context: &Context,
    args: &cli::Show,
    checkpoint: &Checkpoint,
    variable: VariableId,
    entry: &Entry,
    sliced: Option<Sliced>,
    text: &str,
) -> Tensor {
    let id = checkpoint.variables.get(variable).map(|variable| variable.entry).unwrap_or_default();
    context.progress.expect(entry.stored_bytes());
    let request = tensor::Request { depth: Depth::Values, sha256: false, entries: Some(vec![id]) };
    let digests = tensor::digest(context.store, checkpoint, &request, &|bytes| context.progress.advance(bytes));
    let mut problems: Vec<String> = digests.faults.iter().map(ToString::to_string).collect();
    if !entry.trusted {
        problems.push("its record lies in a damaged block: any of this may be wrong".to_owned());
    }
    let elsewhere = lies_elsewhere(checkpoint, entry);
    let stats = digests.stats(id).copied();
    let histogram = stats.map(|stats| tensor::histogram(context.store, checkpoint, entry, &stats, STEPS)).transpose();
    let histogram = histogram.map(Option::flatten).unwrap_or_else(|fault| {
        problems.push(fault.to_string());
        None
    });
    let values = match values(context, args, checkpoint, entry, sliced.as_ref()) {
        Ok(values) => Some(values),
        // Nothing is wrong with a graph.
        Err(_) if checkpoint.container == Container::MetaGraph => None,
        Err(problem) => {
            problems.push(elsewhere.unwrap_or(problem));
            None
        }
    };
    problems.dedup();
    Tensor {
        variable,
        digest: digests.get(id).cloned(),
        problems,
        histogram,
        values,
        slice: sliced.and(text.rfind('[').and_then(|at| text.get(at..))).map(str::to_owned),
    }
}

/// The link behind which its values lie, if that is why there are none.
fn lies_elsewhere(checkpoint: &Checkpoint, entry: &Entry) -> Option<String> {
    let key = entry.key.to_string();
    let of_entry = |fault: &&Fault| match &fault.kind {
        FaultKind::LinkLeavesFile { path, .. } | FaultKind::LinkInFile { path, .. } => {
            path.trim_start_matches('/') == key
        }
        _ => false,
    };
    checkpoint.faults.iter().find(of_entry).map(|fault| fault.kind.to_string())
}

fn values(
    context: &Context,
    args: &cli::Show,
    checkpoint: &Checkpoint,
    entry: &Entry,
    sliced: Option<&Sliced>,
) -> Result<ShownValues, String> {
    let axes = entry.shape.axes().unwrap_or_default().to_vec();
    let (shape, total) = match sliced {
        Some(sliced) => (sliced.shape.clone(), sliced.positions.len() as u64),
        None => (axes, entry.elements()),
    };
    let wanted = if args.values { total } else { total.min(args.edge_items as u64) };
    let reach = match sliced {
        Some(sliced) => {
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            sliced.positions.iter().take(wanted).max().map_or(0, |last| last.saturating_add(1))
        }
        None => wanted,
    };
    let elements = tensor::front(context.store, checkpoint, entry, reach).map_err(|fault| fault.to_string())?;
    let precision = Some(usize::from(args.precision));
    let one = |at: u64| element(&elements, entry.dtype, at, precision).unwrap_or_default();
    let texts = match sliced {
        Some(sliced) => sliced.positions.iter().take(wanted as usize).map(|at| one(*at)).collect(),
        None => (0..wanted).map(one).collect(),
    };
    Ok(ShownValues { shape, texts, total, all: args.values })
}

/// One element as text; bytes of strings that are not text as `\xff`.
fn element(elements: &Elements, dtype: DType, at: u64, precision: Option<usize>) -> Option<String> {
    let at = usize::try_from(at).ok()?;
    match elements {
        Elements::Bytes(bytes) => {
            let size = usize::try_from(dtype.bytes()?).ok()?;
            let start = at.checked_mul(size)?;
            tensor::text(dtype, bytes.get(start..start.checked_add(size)?)?, precision)
        }
        Elements::Strings(strings) => Some(Key::from(strings.get(at)?.as_slice()).to_string()),
    }
}

fn npy(
    context: &Context,
    checkpoint: &Checkpoint,
    entry: &Entry,
    sliced: Option<&Sliced>,
    (file, inputs): (&Path, &[&Path]),
) -> Result<String, Error> {
    let elements = tensor::read(context.store, checkpoint, entry).map_err(|fault| Error::new(fault.to_string()))?;
    let (elements, shape) = match sliced {
        Some(sliced) => (part(&elements, entry.dtype, sliced), sliced.shape.clone()),
        None => (elements, entry.shape.axes().unwrap_or_default().to_vec()),
    };
    output::save(file, &tensor::npy(entry.dtype, &shape, &elements)?, inputs)?;
    let shape: Vec<String> = shape.iter().map(u64::to_string).collect();
    Ok(format!("{}: {} [{}]", file.display(), entry.dtype, shape.join(", ")))
}

fn part(elements: &Elements, dtype: DType, sliced: &Sliced) -> Elements {
    let positions = sliced.positions.iter().filter_map(|at| usize::try_from(*at).ok());
    match elements {
        Elements::Bytes(bytes) => {
            let size = dtype.bytes().and_then(|size| usize::try_from(size).ok()).unwrap_or(1);
            let element = |at: usize| bytes.get(at.saturating_mul(size)..at.saturating_add(1).saturating_mul(size));
            Elements::Bytes(positions.filter_map(element).flatten().copied().collect())
        }
        Elements::Strings(strings) => Elements::Strings(positions.filter_map(|at| strings.get(at).cloned()).collect()),
    }
}
