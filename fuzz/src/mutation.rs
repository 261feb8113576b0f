//! Changes within messages of protobuf: a flipped byte alone would mostly break the lengths around it, and what is
//! inside would never be seen changed.

use libfuzzer_sys::fuzzer_mutate;

use crate::forge::bytes::varint;
use crate::fuzzed::pieces::{MARK, pieces};

/// Changes one field of one message, at any depth, and every length around it with it; or any bytes, as libFuzzer does,
/// if the input has no message at the chosen place.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let mut chance = Chance(u64::from(seed) | 1 << 40);
    if chance.below(3) > 0
        && let Some(changed) = changed(&data[..size], &mut chance)
        && changed.len() <= most
        && let Some(place) = data.get_mut(..changed.len())
    {
        place.copy_from_slice(&changed);
        return changed.len();
    }
    fuzzer_mutate(data, size, most)
}

fn changed(input: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let pieces = pieces(input);
    let chosen = chance.below(pieces.len());
    let new = message(pieces.get(chosen)?, chance)?;
    let all: Vec<&[u8]> =
        pieces.iter().enumerate().map(|(at, piece)| if at == chosen { &new[..] } else { piece }).collect();
    Some(all.join(&MARK[..]))
}

/// A field: its number, and what it holds.
#[derive(Clone)]
struct Field(u64, Value);

#[derive(Clone)]
enum Value {
    Number(u64),
    Long([u8; 8]),
    Short([u8; 4]),
    Bytes(Vec<u8>),
}

/// Numbers that readers stumble over.
const NUMBERS: [u64; 16] = [
    0,
    1,
    2,
    7,
    20,
    127,
    128,
    255,
    1 << 20,
    u32::MAX as u64,
    1 << 31,
    1 << 32,
    1 << 62,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// The message with one change. None if it is no message, or has no field.
fn message(bytes: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let mut fields = parsed(bytes)?;
    let at = chance.below(fields.len());
    let Field(number, value) = fields.get_mut(at)?;
    match (chance.below(12), value) {
        (0, _) => drop(fields.remove(at)),
        (1, _) => fields.insert(at, fields[at].clone()),
        (2, _) => fields.rotate_left(at),
        (3, _) => *number = number.wrapping_add(1).max(1) % (1 << 28),
        (_, Value::Bytes(bytes)) => {
            let inner = if chance.below(8) > 0 { message(bytes, chance) } else { None };
            *bytes = inner.unwrap_or_else(|| mutated(bytes));
        }
        (_, Value::Number(number)) => {
            *number = match chance.below(4) {
                0 => number.wrapping_add(1),
                1 => number.wrapping_sub(1),
                2 => *number ^ 1 << chance.below(64),
                _ => NUMBERS[chance.below(NUMBERS.len())],
            };
        }
        (_, Value::Long(bytes)) => bytes[chance.below(8)] ^= 1 << chance.below(8),
        (_, Value::Short(bytes)) => bytes[chance.below(4)] ^= 1 << chance.below(8),
    }
    Some(fields.iter().flat_map(written).collect())
}

/// Bytes as libFuzzer changes them.
fn mutated(bytes: &[u8]) -> Vec<u8> {
    let most = bytes.len() + 16;
    let mut room = bytes.to_vec();
    room.resize(most, 0);
    let size = fuzzer_mutate(&mut room, bytes.len(), most);
    room.truncate(size);
    room
}

fn parsed(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = number(&mut bytes)?;
        let value = match tag % 8 {
            0 => Value::Number(number(&mut bytes)?),
            1 => Value::Long(*taken(&mut bytes, 8)?.first_chunk()?),
            2 => {
                let length = usize::try_from(number(&mut bytes)?).ok()?;
                Value::Bytes(taken(&mut bytes, length)?.to_vec())
            }
            5 => Value::Short(*taken(&mut bytes, 4)?.first_chunk()?),
            _ => return None,
        };
        fields.push(Field(tag / 8, value));
    }
    Some(fields)
}

fn taken<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *taken(bytes, 1)?.first()?;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

fn written(Field(number, value): &Field) -> Vec<u8> {
    let tag = |wire: u64| varint(number * 8 + wire);
    match value {
        Value::Number(value) => [tag(0), varint(*value)].concat(),
        Value::Long(bytes) => [tag(1), bytes.to_vec()].concat(),
        Value::Short(bytes) => [tag(5), bytes.to_vec()].concat(),
        Value::Bytes(bytes) => [&tag(2)[..], &varint(bytes.len() as u64), bytes].concat(),
    }
}

/// Numbers that follow from the seed (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}
