//! First bytes of all elements, then their second bytes, and so on: put together again.

use super::{ChunkError, WHOLE};
use crate::tensor::source::{Broken, Held, Source};

/// Bytes of the largest elements of TensorFlow.
pub(super) const PLANES: u32 = 16;

/// Bytes that are put together at a time.
const GROUP: usize = 1 << 14;

/// Puts the elements together in memory. `length` is how many bytes there should be, if that can be told.
pub(super) fn unshuffled<'a>(
    mut inner: Box<dyn Source + 'a>,
    element: u32,
    length: Option<u64>,
) -> Result<Held, Broken> {
    let most = length.unwrap_or(WHOLE);
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        bytes.resize(before + GROUP, 0);
        let filled = inner.fill(bytes.get_mut(before..).unwrap_or_default())?;
        bytes.truncate(before + filled);
        if bytes.len() as u64 > most {
            return Err(ChunkError::Long { expected: most }.into());
        }
        if filled == 0 {
            break;
        }
    }
    Ok(Held::new(in_place(bytes, element as usize)))
}

/// Puts the bytes of each element together again. What is left over from whole elements stays at the end.
fn in_place(bytes: Vec<u8>, element: usize) -> Vec<u8> {
    let count = bytes.len().checked_div(element).unwrap_or(0);
    let Some((planes, rest)) = bytes.split_at_checked(count.saturating_mul(element)).filter(|_| count > 1) else {
        return bytes;
    };
    let mut out = vec![0; planes.len()];
    for (place, plane) in planes.chunks_exact(count).enumerate() {
        for (to, from) in out.iter_mut().skip(place).step_by(element).zip(plane) {
            *to = *from;
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Elements of which each byte comes from a reader of its own: what is in front of its plane is read once for each.
pub(super) struct Planes<'a> {
    planes: Vec<Box<dyn Source + 'a>>,
    /// Elements that are still to come. Behind them, what the last reader has left.
    elements: u64,
    /// Put together, and not yet given away.
    ready: Held,
}

impl<'a> Planes<'a> {
    /// Opens a reader for each byte of an element, of a chunk of `length` bytes.
    pub fn open(
        open: impl Fn() -> Result<Box<dyn Source + 'a>, Broken>,
        element: u32,
        length: u64,
    ) -> Result<Self, Broken> {
        let elements = length / u64::from(element);
        let plane = |number: u32| {
            let mut plane = open()?;
            plane.skip(u64::from(number).saturating_mul(elements))?;
            Ok(plane)
        };
        let planes = (0..element).map(plane).collect::<Result<_, Broken>>()?;
        Ok(Self { planes, elements, ready: Held::new(Vec::new()) })
    }

    fn group(&mut self) -> Result<(), Broken> {
        let wide = self.planes.len();
        let count = usize::try_from(self.elements).unwrap_or(usize::MAX).min(GROUP / wide.max(1));
        let mut group = vec![0; count * wide];
        let mut bytes = vec![0; count];
        let mut whole = count;
        for (place, plane) in self.planes.iter_mut().enumerate() {
            whole = plane.fill(&mut bytes)?.min(whole);
            for (to, from) in group.iter_mut().skip(place).step_by(wide).zip(&bytes) {
                *to = *from;
            }
        }
        // Of a chunk that is too short no more comes.
        group.truncate(whole * wide);
        self.elements = if whole < count { 0 } else { self.elements - count as u64 };
        self.ready = Held::new(group);
        Ok(())
    }
}

impl Source for Planes<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        match self.ready.read(into)? {
            0 if self.elements > 0 => {
                self.group()?;
                self.ready.read(into)
            }
            0 => self.planes.last_mut().map_or(Ok(0), |last| last.read(into)),
            read => Ok(read),
        }
    }
}
