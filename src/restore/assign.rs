//! One `RestoreV2` and the assignments after it: everything is read before anything is assigned.

use super::reader::{Code, Data, Trouble, find, tuple, type_name};
use super::tensors::Wanted;
use super::{Bound, Exception, Scene};
use crate::model::{Checkpoint, Entry, EntryId, Shape, VariableId};

/// Reads what is wanted and assigns it in the order of the keys, up to the first shape that does not fit.
///
/// # Errors
/// With what is raised; values that were assigned before it are in `bound`.
pub(super) fn assign(
    scene: &Scene,
    old: &Checkpoint,
    new: &Checkpoint,
    mut wanted: Vec<Wanted>,
    bound: &mut Vec<Bound>,
) -> Result<(), Exception> {
    wanted.sort_by(|a, b| a.key.cmp(&b.key));
    for one in read(scene, old, new, &wanted).map_err(Trouble::in_op)? {
        let (stored, declared) = (old.entries.get(one.old), entry(new, one.new));
        if let Some((stored, declared)) = stored.zip(declared)
            && !compatible(&stored.shape, &declared.shape)
        {
            let name = new.variables.get(one.new).map(|variable| variable.full_name().unwrap_or(&variable.name));
            let name = format!("{}:0", name.unwrap_or_default());
            return Err(incompatible(&stored.shape, &declared.shape, &name));
        }
        bound.push(one);
    }
    Ok(())
}

/// The values of what is wanted, in its order.
///
/// # Errors
/// A key that is not there; then types that differ, all of them; then what cannot be read. The last two in
/// the order of the files.
pub(super) fn read(
    scene: &Scene,
    old: &Checkpoint,
    new: &Checkpoint,
    wanted: &[Wanted],
) -> Result<Vec<Bound>, Trouble> {
    let mut found = Vec::with_capacity(wanted.len());
    for one in wanted {
        let Some((entry, _)) = find(old, &one.key) else {
            return Err(Trouble::new(Code::NotFound, format!("Key {} not found in checkpoint", one.key)));
        };
        found.push(Bound { old: entry, new: one.new });
    }
    let mut in_file: Vec<&Bound> = found.iter().collect();
    in_file.sort_by_key(|bound| place(old, bound.old));
    let retyped = |bound: &&Bound| {
        let (stored, declared) = (old.entries.get(bound.old)?, entry(new, bound.new)?);
        let text = || {
            format!(
                "tensor_name = {}; expected dtype {} does not equal original dtype {}",
                stored.key,
                type_name(declared.dtype),
                type_name(stored.dtype)
            )
        };
        (stored.dtype != declared.dtype).then(text)
    };
    let retyped: Vec<String> = in_file.iter().filter_map(retyped).collect();
    if !retyped.is_empty() {
        return Err(Trouble::new(Code::InvalidArgument, retyped.join("\n")));
    }
    let data = Data::of(scene, old);
    match in_file.iter().find_map(|bound| data.trouble(bound.old)) {
        Some(trouble) => Err(trouble),
        None => Ok(found),
    }
}

/// Where the bytes of an entry begin.
fn place(checkpoint: &Checkpoint, id: EntryId) -> Option<(usize, u64)> {
    let (extent, _) = checkpoint.entries.get(id)?.extents().next()?;
    Some((extent.file, extent.offset))
}

fn entry(checkpoint: &Checkpoint, id: VariableId) -> Option<&Entry> {
    checkpoint.entry(checkpoint.variables.get(id)?)
}

/// True unless both shapes are known and differ.
pub(super) fn compatible(stored: &Shape, declared: &Shape) -> bool {
    stored == declared || stored.rank().is_none() || declared.rank().is_none()
}

/// What a variable says of a value of another shape.
pub(super) fn incompatible(stored: &Shape, declared: &Shape, name: &str) -> Exception {
    let text = format!(
        "Received incompatible tensor with shape {} when attempting to restore variable with shape {} and name {name}.",
        tuple(stored),
        tuple(declared)
    );
    Exception::new("ValueError", text)
}
