//! The same content, from the two indexes alone.

use std::cell::LazyCell;

use foldhash::{HashMap, HashMapExt};

use super::Proof;
use super::matching::Matching;
use super::naming::counted;
use crate::bytes::Crc32c;
use crate::model::{Checkpoint, DType, Payload, Role, VariableId};

/// Elements that a tensor has at the least for its checksum to say something.
const ELEMENTS: u64 = 4;

/// What proves the content: the checksum, with size and type.
type Content = (u32, u64, DType);

/// Pairs what has the same content, which nothing else of either side has.
pub(super) fn settle(matching: &mut Matching) {
    let (old, new) = (matching.old, matching.new);
    if old.endianness != new.endianness {
        return;
    }
    let theirs = contents(new);
    let mut found: Vec<(VariableId, VariableId)> = Vec::new();
    // Tensors of one size have one checksum if they are constant: it is worked out once.
    let mut constants: HashMap<(DType, u64), [u32; 2]> = HashMap::new();
    for (content, id) in contents(old) {
        let (checksum, length, dtype) = content;
        if let (Some(a), Some(&Some(b))) = (id, theirs.get(&content))
            && matching.same_form(a, b)
            && !constants.entry((dtype, length)).or_insert_with(|| constant(dtype, length)).contains(&checksum)
        {
            found.push((a, b));
        }
    }
    // In the order of the variables: those of one layer follow each other.
    found.sort_unstable();
    let (mut of_old, mut of_new) = (vec![false; old.variables.len()], vec![false; new.variables.len()]);
    for (of, id) in found.iter().flat_map(|&(a, b)| [(true, a), (false, b)]) {
        if let Some(mark) = if of { of_old.get_mut(id) } else { of_new.get_mut(id) } {
            *mark = true;
        }
    }
    let named: LazyCell<[HashMap<&str, VariableId>; 2], _> = LazyCell::new(|| [names(old), names(new)]);
    for (a, b) in found {
        let (Some(was), Some(is)) = (old.variables.get(a), new.variables.get(b)) else { continue };
        if was.name == is.name {
            matching.pair(a, b, Proof::SameName);
            continue;
        }
        // A copy of one variable in another of a name of its own (a target network, a moving average)
        // is not the variable: unless those of these names have moved, too.
        let moved = |name: &str, names: &HashMap<&str, VariableId>, of: &[bool]| {
            names.get(name).is_none_or(|id| of.get(*id) == Some(&true))
        };
        let consistent = || {
            let [names_old, names_new] = &*named;
            moved(&was.name, names_new, &of_new) && moved(&is.name, names_old, &of_old)
        };
        if counted_on(&was.name, &is.name) || consistent() {
            matching.pair(a, b, Proof::SameChecksum);
        }
    }
}

fn names(checkpoint: &Checkpoint) -> HashMap<&str, VariableId> {
    checkpoint.variables.iter().enumerate().map(|(id, variable)| (variable.name.as_str(), id)).collect()
}

/// True if the parts of two names differ by their numbers alone.
fn counted_on(a: &str, b: &str) -> bool {
    let stems = |name| str::split(name, '/').map(|part| counted(part).0);
    stems(a).eq(stems(b))
}

/// Variables by content; none where several have the same.
fn contents(checkpoint: &Checkpoint) -> HashMap<Content, Option<VariableId>> {
    let mut contents = HashMap::new();
    for (id, (variable, entry)) in checkpoint.pairs().enumerate() {
        if !matches!(variable.role, Role::Weight | Role::Statistic | Role::Slot) || entry.elements() < ELEMENTS {
            continue;
        }
        if let (Payload::Extent(extent), Some(checksum)) = (&entry.payload, entry.checksum) {
            let content = (checksum, extent.length, entry.dtype);
            contents.entry(content).and_modify(|known| *known = None).or_insert(Some(id));
        }
    }
    contents
}

/// The checksums of ones and of zeros: what many variables begin with.
fn constant(dtype: DType, length: u64) -> [u32; 2] {
    let unit: &[u8] = match dtype.name() {
        "float32" => &[0, 0, 0x80, 0x3f],
        "float64" => &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
        "bfloat16" => &[0x80, 0x3f],
        "float16" => &[0, 0x3c],
        _ => &[0],
    };
    let zeros = vec![0; unit.len()];
    [unit, &zeros].map(|pattern| repeated(pattern, length))
}

/// The checksum of a pattern over this many bytes.
fn repeated(pattern: &[u8], length: u64) -> u32 {
    let (mut times, mut piece, mut size) =
        (length / (pattern.len().max(1) as u64), Crc32c::of(pattern), pattern.len() as u64);
    let mut sum = Crc32c::default();
    while times > 0 {
        if times & 1 == 1 {
            sum.append(piece, size);
        }
        let mut double = Crc32c::default();
        double.append(piece, size);
        double.append(piece, size);
        (piece, size, times) = (double.value(), size.saturating_mul(2), times >> 1);
    }
    sum.value()
}
