//! The same content, from the two indexes alone.

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
    let of_old: HashMap<VariableId, VariableId> = found.iter().copied().collect();
    let of_new: HashMap<VariableId, VariableId> = found.iter().map(|&(a, b)| (b, a)).collect();
    let (names_old, names_new) = (names(old), names(new));
    for (a, b) in found {
        let (Some(was), Some(is)) = (old.variables.get(a), new.variables.get(b)) else { continue };
        // A copy of one variable in another of a name of its own (a target network, a moving average)
        // is not the variable: unless those of these names have moved, too.
        let moved =
            |id: Option<&VariableId>, of: &HashMap<VariableId, VariableId>| id.is_none_or(|id| of.contains_key(id));
        let same_name = was.name == is.name;
        let counted_on = stem(&was.name) == stem(&is.name);
        let consistent =
            moved(names_new.get(was.name.as_str()), &of_new) && moved(names_old.get(is.name.as_str()), &of_old);
        if same_name || counted_on || consistent {
            matching.pair(a, b, if same_name { Proof::SameName } else { Proof::SameChecksum });
        }
    }
}

fn names(checkpoint: &Checkpoint) -> HashMap<&str, VariableId> {
    checkpoint.variables.iter().enumerate().map(|(id, variable)| (variable.name.as_str(), id)).collect()
}

/// A name without the numbers of its parts.
fn stem(name: &str) -> Vec<&str> {
    name.split('/').map(|part| counted(part).0).collect()
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
