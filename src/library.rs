//! What a program asks for that uses this crate: four functions over the files of this machine.

use std::path::Path;

use crate::cli;
use crate::command::{self, Context, Progress};
use crate::compare::align::align;
use crate::compare::change::{self, Changes};
use crate::doctor::Report;
use crate::error::Error;
use crate::model::Checkpoint;
use crate::store::{Kept, Local};
use crate::tensor;
use crate::view::Outcome;

/// Opens the checkpoint that a path means, of whatever kind: a directory's newest, a prefix, a part file, a
/// SavedModel, `.keras`, `.h5`. Reads the index alone; what is wrong in it stands in [`Checkpoint::faults`].
///
/// # Errors
/// If there is none; with the nearest right path as its hint.
pub fn open(path: impl AsRef<Path>) -> Result<Checkpoint, Error> {
    look(|context| Ok(context.open(path.as_ref())?.1))
}

/// The elements of a variable as numbers, in row-major order. It goes by its name, its key or a path to it.
///
/// # Errors
/// If there is no such variable, its bytes cannot be read, or they are strings or complex numbers.
///
/// ```
/// let checkpoint = ckpt::open("testdata/k3-adam")?;
/// assert_eq!(ckpt::numbers(&checkpoint, "adam/iteration")?, [1000.0]);
/// assert!(ckpt::numbers(&checkpoint, "no/such/variable").is_err());
/// # Ok::<(), ckpt::error::Error>(())
/// ```
pub fn numbers(checkpoint: &Checkpoint, name: &str) -> Result<Vec<f64>, Error> {
    let pair = checkpoint.named(name).and_then(|id| checkpoint.pair(id));
    let (_, entry) = pair.ok_or_else(|| Error::new(format!("no variable named {name} in {}", checkpoint.label)))?;
    if !entry.fits() {
        return Err(Error::new(format!("the record of {name} does not fit its bytes")));
    }
    let elements = tensor::read(&Local, checkpoint, entry).map_err(|fault| Error::new(fault.to_string()))?;
    let numbers = elements.numbers(entry.dtype);
    numbers.ok_or_else(|| Error::new(format!("{name} has no numbers, but {}", entry.dtype.name())))
}

/// What changed between two checkpoints, by their indexes: equal checksums prove equal values.
///
/// ```
/// let (old, new) = ("testdata/renames/k3-frozen-equal/old/ckpt", "testdata/renames/k3-frozen-equal/new/ckpt");
/// let (old, new) = (ckpt::open(old)?, ckpt::open(new)?);
/// for change in ckpt::changes(&old, &new).list {
///     let name = change.new.and_then(|id| new.variables.get(id)).map(|variable| &variable.name);
///     println!("{:?} {name:?}", change.kind);
/// }
/// # assert!(!ckpt::changes(&old, &new).list.is_empty());
/// # Ok::<(), ckpt::error::Error>(())
/// ```
pub fn changes(old: &Checkpoint, new: &Checkpoint) -> Changes {
    change::changes(old, new, &align(old, new))
}

/// What is wrong with the checkpoint at a path: every byte is read, every rule asked. What lies there is no error
/// of this call, whatever it is; settings of a project are not looked for.
///
/// ```
/// let report = ckpt::examine("testdata/damaged/demo")?;
/// for finding in &report.findings {
///     println!("{} {}: {}", finding.rule.code, finding.rule.name, finding.message);
/// }
/// # assert!(!report.findings.is_empty());
/// # Ok::<(), ckpt::error::Error>(())
/// ```
///
/// # Errors
/// If it could not be looked at.
pub fn examine(path: impl AsRef<Path>) -> Result<Report, Error> {
    let args = cli::Doctor { paths: vec![path.as_ref().to_owned()], ..cli::Doctor::default() };
    match look(|context| command::doctor(context, &args))? {
        Outcome::Reports(reports) => reports.list.into_iter().next(),
        _ => None,
    }
    .ok_or_else(|| Error::new(format!("nothing was examined at {}", path.as_ref().display())))
}

/// Looks over the files of this machine, without a bar.
fn look<T>(with: impl FnOnce(&Context) -> T) -> T {
    with(&Context::new(&Kept::new(&Local), Progress::new(false), None, None))
}
