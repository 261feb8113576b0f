//! `ckpt show`: everything known of one variable.

use std::path::Path;

use super::slice::{self, Sliced, Slicing};
use super::values::{self, Stop};
use super::{Context, output};
use crate::bytes::{Fault, FaultKind};
use crate::cli;
use crate::error::Error;
use crate::model::{Checkpoint, Container, DType, Depth, Entry, Resolved, Variable, VariableId};
use crate::tensor;
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
        let axes = entry.shape.axes().unwrap_or_default();
        let is_part = slicing.is_some();
        let sliced = slicing.map_or_else(|| Ok(Sliced::whole(axes)), |slicing| slicing.of(axes))?;
        if let Some(file) = &args.npy {
            written.push(npy(context, &checkpoint, entry, &sliced, (file, &[&args.path]))?);
        }
        tensors.push(tensor(context, args, &checkpoint, variable, entry, &sliced, is_part.then_some(text)));
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
    sliced: &Sliced,
    part: Option<&str>,
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
    let values = match values(context, args, checkpoint, entry, sliced) {
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
        slice: part.and_then(|text| text.get(text.rfind('[')?..)).map(str::to_owned),
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

/// What is shown of the values, which are read once for that: how wide they are, and whether they can be read.
fn values(
    context: &Context,
    args: &cli::Show,
    checkpoint: &Checkpoint,
    entry: &Entry,
    sliced: &Sliced,
) -> Result<ShownValues, String> {
    let shown = if args.values { sliced.count } else { sliced.count.min(args.edge_items as u64) };
    let mut values = ShownValues {
        shape: sliced.shape.clone(),
        shown,
        total: sliced.count,
        all: args.values,
        widest: 0,
        precision: args.precision.into(),
    };
    let mut widest = 0;
    let found = values::texts(context.store, checkpoint, entry, (sliced, &values), |text| {
        widest = widest.max(text.len());
        Ok::<(), Fault>(())
    });
    found.map_err(|fault| fault.to_string())?;
    values.widest = widest;
    Ok(values)
}

fn npy(
    context: &Context,
    checkpoint: &Checkpoint,
    entry: &Entry,
    sliced: &Sliced,
    (file, inputs): (&Path, &[&Path]),
) -> Result<String, Error> {
    let positions = (sliced.positions(), sliced.count);
    if entry.dtype == DType::STRING {
        let mut strings = Vec::new();
        let read = tensor::visit(context.store, checkpoint, entry, positions, |string| {
            strings.push(string.to_vec());
            Ok::<(), Fault>(())
        });
        read.map_err(|fault| Error::new(fault.to_string()))?;
        let bytes = tensor::npy_of_strings(&sliced.shape, &strings)?;
        output::save(file, inputs, |out| out.write_all(&bytes))?;
    } else {
        let header = tensor::npy(entry.dtype, &sliced.shape)?;
        output::save(file, inputs, |out| {
            out.write_all(&header)?;
            let mut turned = Vec::new();
            let written = tensor::visit(context.store, checkpoint, entry, positions, |element| {
                turned.clear();
                turned.extend_from_slice(element);
                tensor::to_npy(entry.dtype, &mut turned);
                out.write_all(&turned).map_err(Stop)
            });
            written.map_err(|Stop(error)| error)
        })?;
    }
    let shape: Vec<String> = sliced.shape.iter().map(u64::to_string).collect();
    Ok(format!("{}: {} [{}]", file.display(), entry.dtype, shape.join(", ")))
}
